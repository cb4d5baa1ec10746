//! Domain names as DNS writes them (RFC 1035 §4.1.4).
use crate::print::dissect::{Dissect, Stop, put};

/// Most characters of a name that are printed.
const MAX_NAME: u32 = 255;

/// What the two upper bits of a length byte say.
const KIND: u8 = 0xc0;
const LABEL: u8 = 0x00;
const EXTENDED: u8 = 0x40;
const POINTER: u8 = 0xc0;
/// The extended label that is a string of bits (RFC 2673).
const BIT_STRING: u8 = 0x01;

/// Prints the name at `at`; pointers in it count from `base`. Gives the offset after it; stops
/// where the name makes no sense or bytes are missing.
pub(in crate::print) fn print(d: &mut Dissect<'_>, at: usize, base: usize) -> Result<usize, Stop> {
    let mut len = label_len(d, at)?;
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
        return Ok(after);
    }
    while byte != 0 && here < d.end {
        let pointer = byte & KIND == POINTER;
        if pointer {
            if !jumped {
                after = here + 1;
                jumped = true;
            }
            limit = target(d, byte, here, limit)?;
            here = base + limit;
        } else {
            label(d, byte, here, len, &mut chars)?;
            here += len;
            if chars <= MAX_NAME {
                d.char(b'.');
            }
            chars = chars.wrapping_add(1);
        }
        d.check(here, 1)?;
        byte = d.u8(here)?;
        len = label_len(d, here)?;
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
        return Err(Stop::Missing);
    }
    Ok(after)
}

/// Where a pointer leads, of which `first` is the first byte and the second at `at`: before `limit`.
fn target(d: &mut Dissect<'_>, first: u8, at: usize, limit: usize) -> Result<usize, Stop> {
    d.check(at, 1)?;
    let offset = usize::from(u16::from_be_bytes([first & 0x3f, d.u8(at)?]));
    if offset >= limit {
        d.str("<BAD PTR>");
        return Err(Stop::Missing);
    }
    Ok(offset)
}

/// Prints a label whose first byte is `first`, as far as the name is not too long; `chars` counts it.
fn label(d: &mut Dissect<'_>, first: u8, at: usize, len: usize, chars: &mut u32) -> Result<(), Stop> {
    if first & KIND == EXTENDED {
        // `label_len` knows of no others.
        return bit_string(d, at);
    }
    let shown = MAX_NAME.saturating_sub(*chars).min(len as u32);
    for i in 0..shown as usize {
        d.check(at + i, 1)?;
        let c = d.u8(at + i)?;
        d.visible(c);
    }
    *chars = chars.wrapping_add(len as u32);
    Ok(())
}

/// Bytes of the label at `at` after its first.
fn label_len(d: &mut Dissect<'_>, at: usize) -> Result<usize, Stop> {
    d.check(at, 1)?;
    let byte = d.u8(at)?;
    match byte & KIND {
        LABEL | POINTER => return Ok(byte.into()),
        EXTENDED if byte & !KIND != BIT_STRING => put!(d, "<ELT {}>", byte & !KIND),
        EXTENDED => {
            d.check(at + 1, 1)?;
            return Ok(bits(d.u8(at + 1)?).div_ceil(8) + 1);
        }
        _ => d.str("<BAD LABEL TYPE>"),
    }
    Err(Stop::Missing)
}

fn bits(byte: u8) -> usize {
    if byte == 0 { 256 } else { byte.into() }
}

/// Prints a bit string label.
fn bit_string(d: &mut Dissect<'_>, at: usize) -> Result<(), Stop> {
    d.check(at, 1)?;
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
    Ok(())
}
