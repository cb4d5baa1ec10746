//! TFTP (RFC 1350) with its options (RFC 2347).
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Prints a packet of `len` bytes at `at`.
pub(in crate::print) fn tftp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "tftp";
    put!(d, "TFTP, length {len}");
    packet(d, at, len).or_else(|stop| d.stop(stop))
}

/// Where the packet itself ends too early, bytes are missing too.
fn packet(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len < 2 {
        return Err(Stop::Missing);
    }
    let code = d.u16(at)?;
    let Some(name) = code.checked_sub(1).and_then(|n| OPERATIONS.get(usize::from(n))) else {
        put!(d, ", tftp-#{code}");
        return Ok(());
    };
    put!(d, ", {name}");
    let (at, len) = (at + 2, len - 2);
    match code {
        1 | 2 => request(d, at, len),
        3 | 4 => {
            if len < 2 {
                return Err(Stop::Missing);
            }
            put!(d, " block {}", d.u16(at)?);
            Ok(())
        }
        5 => error(d, at, len),
        _ => options(d, at, len),
    }
}

/// A file, how to transfer it, and options.
fn request(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len == 0 {
        return Err(Stop::Missing);
    }
    d.str(" \"");
    let name = d.until_nul(at, len);
    d.char(b'"');
    let name = name.ok_or(Stop::Missing)?;
    let (at, len) = (at + name as usize, len - name);
    if len == 0 {
        return Err(Stop::Missing);
    }
    d.char(b' ');
    let mode = d.until_nul(at, len).ok_or(Stop::Missing)?;
    options(d, at + mode as usize, len - mode)
}

/// Names and values, each ended by a NUL.
fn options(d: &mut Dissect<'_>, mut at: usize, mut len: u32) -> Result<(), Stop> {
    while len > 0 {
        if d.u8(at)? != 0 {
            d.char(b' ');
        }
        let text = d.until_nul(at, len).ok_or(Stop::Missing)?;
        at += text as usize;
        len -= text;
    }
    Ok(())
}

fn error(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len < 2 {
        return Err(Stop::Missing);
    }
    let code = d.u16(at)?;
    match ERRORS.get(usize::from(code)) {
        Some(name) => put!(d, " {name}"),
        None => put!(d, " tftp-err-#{code} \""),
    }
    if len == 2 {
        return Err(Stop::Missing);
    }
    d.str(" \"");
    let text = d.until_nul(at + 2, len - 2);
    d.char(b'"');
    text.map(drop).ok_or(Stop::Missing)
}

/// From 1 on.
const OPERATIONS: [&str; 6] = ["RRQ", "WRQ", "DATA", "ACK", "ERROR", "OACK"];

const ERRORS: [&str; 8] =
    ["EUNDEF", "ENOTFOUND", "EACCESS", "ENOSPACE", "EBADOP", "EBADID", "EEXISTS", "ENOUSER"];
