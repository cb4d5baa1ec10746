//! PPP over Ethernet (RFC 2516): how a line is found, and what goes over it.
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::link::ppp;

/// Longest text of a tag that is printed.
const MAX_TEXT: usize = 79;

const INITIATION: u8 = 0x09;

/// Prints a packet of `len` bytes at `at`.
pub(in crate::print) fn pppoe(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "pppoe";
    if len < 6 {
        put!(d, " (length {len} < 6)");
        d.invalid();
        return Ok(());
    }
    let left = len - 6;
    d.bytes(at, 6)?;
    let (first, code) = (d.u8(at)?, d.u8(at + 1)?);
    let (session, mut size) = (d.u16(at + 2)?, u32::from(d.u16(at + 4)?));
    if first >> 4 != 1 {
        put!(d, " [ver {}]", first >> 4);
    }
    if first & 0xf != 1 {
        put!(d, " [type {}]", first & 0xf);
    }
    match code {
        INITIATION => d.str("PPPoE PADI"),
        0x07 => d.str("PPPoE PADO"),
        0x19 => d.str("PPPoE PADR"),
        0x65 => d.str("PPPoE PADS"),
        0xa7 => d.str("PPPoE PADT"),
        0 => d.str("PPPoE "),
        other => put!(d, "PPPoE PAD-{other:x}"),
    }
    if code == INITIATION && size > 1478 {
        put!(d, " [len {size}!]");
    }
    if size > left {
        put!(d, " [len {size} > {left}!]");
        size = left;
    }
    if session != 0 {
        put!(d, " [ses 0x{session:x}]");
    }
    if code == 0 {
        d.char(b' ');
        return ppp::ppp(d, at + 6, size);
    }
    tags(d, at + 6, at + 6 + size as usize)
}

/// Prints the tags from `at` to `end`, or to the one that ends them.
fn tags(d: &mut Dissect<'_>, mut at: usize, end: usize) -> Result<(), Truncated> {
    while at < end {
        let (kind, len) = (d.u16(at)?, usize::from(d.u16(at + 2)?));
        at += 4;
        let value = d.bytes(at, len)?;
        d.str(" [");
        match kind {
            0 => d.str("EOL"),
            0x0101 => d.str("Service-Name"),
            0x0102 => d.str("AC-Name"),
            0x0103 => d.str("Host-Uniq"),
            0x0104 => d.str("AC-Cookie"),
            0x0105 => d.str("Vendor-Specific"),
            0x0110 => d.str("Relay-Session-ID"),
            0x0120 => d.str("PPP-Max-Payload"),
            0x0201 => d.str("Service-Name-Error"),
            0x0202 => d.str("AC-System-Error"),
            0x0203 => d.str("Generic-Error"),
            other => put!(d, "TAG-0x{other:x}"),
        }
        let shown = value.get(..MAX_TEXT).unwrap_or(value);
        let is_text = |byte: &u8| matches!(byte, b' '..=b'~');
        let readable = shown.iter().filter(|byte| is_text(byte)).count();
        if readable > shown.len() - readable {
            d.str(" \"");
            for byte in shown {
                d.char(if is_text(byte) { *byte } else { b'.' });
            }
            d.char(b'"');
        } else if len > 0 {
            d.str(" 0x");
            for byte in value {
                put!(d, "{byte:02X}");
            }
        }
        d.char(b']');
        if kind == 0 {
            break;
        }
        at += len;
    }
    Ok(())
}
