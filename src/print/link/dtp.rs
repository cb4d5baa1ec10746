//! Cisco's Dynamic Trunking Protocol, by which switches agree on trunks.
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Type and length before a value; the length counts them.
const HEADER: u32 = 4;

const DOMAIN: u16 = 1;
const STATUS: u16 = 2;
const TYPE: u16 = 3;
const NEIGHBOUR: u16 = 4;

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn dtp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "dtp";
    message(d, at, len).or_else(|stop| d.stop_message(stop, at, len))
}

fn message(d: &mut Dissect<'_>, mut at: usize, len: u32) -> Result<(), Stop> {
    if len < 1 {
        d.str("[zero packet length]");
        return Err(Stop::Invalid);
    }
    put!(d, "DTPv{}, length {len}", d.u8(at)?);
    if d.verbose() < 1 {
        return Ok(());
    }
    at += 1;
    let mut left = len - 1;
    while left > 0 {
        if left < HEADER {
            put!(d, "[{left} bytes remaining]");
            return Err(Stop::Invalid);
        }
        let (kind, length) = (d.u16(at)?, d.u16(at + 2)?);
        if kind == 0 {
            return Ok(());
        }
        let name = match kind {
            DOMAIN => "Domain",
            STATUS => "Status",
            TYPE => "DTP type",
            NEIGHBOUR => "Neighbor",
            _ => "Unknown",
        };
        put!(d, "\n\t{name} (0x{kind:04x}) TLV, length {length}");
        let length = u32::from(length);
        if length < HEADER || length > left {
            put!(d, "[invalid TLV length {length}]");
            return Err(Stop::Invalid);
        }
        value(d, kind, at + HEADER as usize, length - HEADER)?;
        at += length as usize;
        left -= length;
    }
    Ok(())
}

fn value(d: &mut Dissect<'_>, kind: u16, at: usize, len: u32) -> Result<(), Stop> {
    match (kind, len) {
        (DOMAIN, _) => {
            d.str(", ");
            d.padded_text(at, len as usize)?;
        }
        (STATUS | TYPE, 1) => put!(d, ", 0x{:x}", d.u8(at)?),
        (NEIGHBOUR, 6) => {
            let address = d.mac(at)?;
            d.str(", ");
            d.mac_addr(address);
        }
        (STATUS | TYPE | NEIGHBOUR, _) => return Err(Stop::Invalid),
        _ => {
            d.bytes(at, len as usize)?;
        }
    }
    Ok(())
}
