//! Who is at the other end of a PPP line: CHAP (RFC 1994) and PAP (RFC 1334).
use crate::print::dissect::{Dissect, Truncated, put};

/// Prints the header of a message of `length` bytes at `at`: what it is, its identifier
/// and the length it says; `None` where it has no header.
fn header(
    d: &mut Dissect<'_>,
    names: [&str; 2],
    codes: &[&str],
    at: usize,
    length: u32,
) -> Result<Option<(u8, u32)>, Truncated> {
    let [title, mark] = names;
    if length == 0 {
        put!(d, "[|{mark}]");
        return Ok(None);
    }
    let code = d.u8(at)?;
    if length < 4 {
        put!(d, "[|{mark} 0x{code:02x}]");
        return Ok(None);
    }
    let name = codes.get(usize::from(code).wrapping_sub(1)).unwrap_or(&"unknown");
    put!(d, "{title}, {name} (0x{code:02x})");
    put!(d, ", id {}", d.u8(at + 1)?);
    Ok(Some((code, d.u16(at + 2)?.into())))
}

/// Prints `len` bytes as text.
fn text(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    for n in 0..len as usize {
        let byte = d.u8(at + n)?;
        d.visible(byte);
    }
    Ok(())
}

/// Prints a text after its length in one byte; gives the offset after it, `None` where it
/// does not end before `end`.
fn counted(d: &mut Dissect<'_>, title: &str, at: usize, end: usize) -> Result<Option<usize>, Truncated> {
    if at >= end {
        return Ok(None);
    }
    let len = d.u8(at)?;
    let after = at + 1 + usize::from(len);
    if after > end {
        return Ok(None);
    }
    d.str(title);
    text(d, at + 1, len.into())?;
    Ok(Some(after))
}

/// Prints a message of the challenge handshake of `length` bytes at `at`.
pub(in crate::print) fn challenge(d: &mut Dissect<'_>, at: usize, length: u32) -> Result<(), Truncated> {
    let codes = ["Challenge", "Response", "Success", "Fail"];
    let Some((code, len)) = header(d, ["CHAP", "chap"], &codes, at, length)? else { return Ok(()) };
    match code {
        1 | 2 => {
            if length < 5 {
                return Ok(());
            }
            let size = u32::from(d.u8(at + 4)?);
            if length - 5 < size {
                return Ok(());
            }
            d.str(", Value ");
            for n in 0..size as usize {
                put!(d, "{:02x}", d.u8(at + 5 + n)?);
            }
            d.str(", Name ");
            // A length too small for the value makes the name endless, as in tcpdump.
            text(d, at + 5 + size as usize, len.wrapping_sub(5 + size))
        }
        3 | 4 => {
            d.str(", Msg ");
            text(d, at + 4, len.wrapping_sub(4))
        }
        _ => Ok(()),
    }
}

/// Prints a message of the password protocol of `length` bytes at `at`.
pub(in crate::print) fn password(d: &mut Dissect<'_>, at: usize, length: u32) -> Result<(), Truncated> {
    let codes = ["Auth-Req", "Auth-ACK", "Auth-NACK"];
    let Some((code, len)) = header(d, ["PAP", "pap"], &codes, at, length)? else { return Ok(()) };
    if len > length {
        put!(d, ", length {len} > packet size");
        return Ok(());
    }
    if len < 4 {
        put!(d, ", length {len} < PAP header length");
        return Ok(());
    }
    let end = at + len as usize;
    match code {
        1 if len < 6 => d.str("[|pap]"),
        2 | 3 if len < 5 => d.str("[|pap]"),
        1 => {
            if let Some(next) = counted(d, ", Peer ", at + 4, end)? {
                counted(d, ", Name ", next, end)?;
            }
        }
        2 | 3 => {
            counted(d, ", Msg ", at + 4, end)?;
        }
        _ => {}
    }
    Ok(())
}
