//! TFTP (RFC 1350) with its options (RFC 2347).
use crate::print::dissect::{Dissect, Truncated, put};

/// Prints a packet of `len` bytes at `at`.
pub(in crate::print) fn tftp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "tftp";
    put!(d, "TFTP, length {len}");
    if !packet(d, at, len)? {
        d.trunc();
    }
    Ok(())
}

/// False if the packet ends too early.
fn packet(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<bool, Truncated> {
    if len < 2 {
        return Ok(false);
    }
    let code = d.u16(at)?;
    let Some(name) = code.checked_sub(1).and_then(|n| OPERATIONS.get(usize::from(n))) else {
        put!(d, ", tftp-#{code}");
        return Ok(true);
    };
    put!(d, ", {name}");
    let (at, len) = (at + 2, len - 2);
    match code {
        1 | 2 => request(d, at, len),
        3 | 4 => {
            if len < 2 {
                return Ok(false);
            }
            put!(d, " block {}", d.u16(at)?);
            Ok(true)
        }
        5 => error(d, at, len),
        _ => options(d, at, len),
    }
}

/// A file, how to transfer it, and options.
fn request(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<bool, Truncated> {
    if len == 0 {
        return Ok(false);
    }
    d.str(" \"");
    let name = d.until_nul(at, len);
    d.char(b'"');
    let Some(name) = name else { return Ok(false) };
    let (at, len) = (at + name as usize, len - name);
    if len == 0 {
        return Ok(false);
    }
    d.char(b' ');
    let Some(mode) = d.until_nul(at, len) else { return Ok(false) };
    options(d, at + mode as usize, len - mode)
}

/// Names and values, each ended by a NUL.
fn options(d: &mut Dissect<'_>, mut at: usize, mut len: u32) -> Result<bool, Truncated> {
    while len > 0 {
        if d.u8(at)? != 0 {
            d.char(b' ');
        }
        let Some(text) = d.until_nul(at, len) else { return Ok(false) };
        at += text as usize;
        len -= text;
    }
    Ok(true)
}

fn error(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<bool, Truncated> {
    if len < 2 {
        return Ok(false);
    }
    let code = d.u16(at)?;
    match ERRORS.get(usize::from(code)) {
        Some(name) => put!(d, " {name}"),
        None => put!(d, " tftp-err-#{code} \""),
    }
    if len == 2 {
        return Ok(false);
    }
    d.str(" \"");
    let text = d.until_nul(at + 2, len - 2);
    d.char(b'"');
    Ok(text.is_some())
}

/// From 1 on.
const OPERATIONS: [&str; 6] = ["RRQ", "WRQ", "DATA", "ACK", "ERROR", "OACK"];

const ERRORS: [&str; 8] =
    ["EUNDEF", "ENOTFOUND", "EACCESS", "ENOSPACE", "EBADOP", "EBADID", "EEXISTS", "ENOUSER"];
