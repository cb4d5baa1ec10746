//! Domain names as DNS writes them (RFC 1035 §4.1.4).
use crate::print::dissect::{Dissect, Truncated, put};

/// Most characters of a name that are printed.
const MAX_NAME: u32 = 255;

/// What the two upper bits of a length byte say.
const KIND: u8 = 0xc0;
const LABEL: u8 = 0x00;
const EXTENDED: u8 = 0x40;
const POINTER: u8 = 0xc0;
/// The extended label that is a string of bits (RFC 2673).
const BIT_STRING: u8 = 0x01;

/// Prints the name at `at`; pointers in it count from `base`. Gives the offset after
/// it, `None` where the name makes no sense or bytes are missing.
pub(in crate::print) fn print(
    d: &mut Dissect<'_>,
    at: usize,
    base: usize,
) -> Result<Option<usize>, Truncated> {
    let Some(mut len) = label_len(d, at)? else { return Ok(None) };
    let first = d.u8(at)?;
    let mut byte = first;
    let mut here = at + 1;
    // Pointers must lead backwards, so that they come to an end.
    let mut limit = at.wrapping_sub(base);
    let mut after = here + len;
    let mut jumped = false;
    let mut chars = 0_u32;
    if byte == 0 {
        d.char(b'.');
        return Ok(Some(after));
    }
    while byte != 0 && here < d.end {
        match byte & KIND {
            POINTER => {
                if !jumped {
                    after = here + 1;
                    jumped = true;
                }
                if !d.has(here, 1) {
                    return Ok(None);
                }
                let offset = usize::from(u16::from_be_bytes([byte & 0x3f, d.u8(here)?]));
                if offset >= limit {
                    d.str("<BAD PTR>");
                    return Ok(None);
                }
                limit = offset;
                here = base + offset;
            }
            EXTENDED => {
                if byte & !KIND != BIT_STRING {
                    put!(d, "<ELT {}>", byte & !KIND);
                    return Ok(None);
                }
                if !bit_string(d, here)? {
                    return Ok(None);
                }
            }
            LABEL => {
                let shown = MAX_NAME.saturating_sub(chars).min(len as u32);
                for i in 0..shown as usize {
                    if here + i >= d.end {
                        return Ok(None);
                    }
                    let c = d.u8(here + i)?;
                    d.visible(c);
                }
                chars = chars.wrapping_add(len as u32);
            }
            _ => {
                d.str("<BAD LABEL TYPE>");
                return Ok(None);
            }
        }
        if byte & KIND != POINTER {
            here += len;
            if chars <= MAX_NAME {
                d.char(b'.');
            }
            chars = chars.wrapping_add(1);
        }
        let pointer = byte & KIND == POINTER;
        if !d.has(here, 1) {
            return Ok(None);
        }
        byte = d.u8(here)?;
        match label_len(d, here)? {
            Some(n) => len = n,
            None => return Ok(None),
        }
        here += 1;
        if !jumped && !pointer {
            after += len + 1;
        }
    }
    if chars > MAX_NAME {
        d.str("<DOMAIN NAME TOO LONG>");
    }
    // A pointer cut after its first byte leads nowhere.
    if first & KIND == POINTER && !jumped {
        return Ok(None);
    }
    Ok(Some(after))
}

/// Bytes of the label at `at` after its first.
fn label_len(d: &mut Dissect<'_>, at: usize) -> Result<Option<usize>, Truncated> {
    if !d.has(at, 1) {
        return Ok(None);
    }
    let byte = d.u8(at)?;
    match byte & KIND {
        LABEL | POINTER => Ok(Some(byte.into())),
        EXTENDED if byte & !KIND != BIT_STRING => {
            put!(d, "<ELT {}>", byte & !KIND);
            Ok(None)
        }
        EXTENDED if d.has(at + 1, 1) => Ok(Some(bits(d.u8(at + 1)?).div_ceil(8) + 1)),
        EXTENDED => Ok(None),
        _ => {
            d.str("<BAD LABEL TYPE>");
            Ok(None)
        }
    }
}

fn bits(byte: u8) -> usize {
    if byte == 0 { 256 } else { byte.into() }
}

/// Prints a bit string label; false if nothing of it was captured.
fn bit_string(d: &mut Dissect<'_>, at: usize) -> Result<bool, Truncated> {
    if !d.has(at, 1) {
        return Ok(false);
    }
    let total = bits(d.u8(at)?);
    let mut here = at + 1;
    let mut left = total;
    d.str("\\[x");
    while left > 7 {
        let byte = d.u8(here)?;
        d.hex(byte, 2);
        here += 1;
        left -= 8;
    }
    if left > 4 {
        let byte = d.u8(here)?;
        d.hex(u32::from(byte) & 0xff << (8 - left), 2);
    } else if left > 0 {
        let byte = d.u8(here)?;
        d.hex(u32::from(byte >> 4) & 0x0f << (4 - left), 1);
    }
    put!(d, "/{total}]");
    Ok(true)
}
