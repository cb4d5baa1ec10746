//! What netfilter logs of a packet (NFLOG): a header, attributes, and the packet among them.
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::link::ethernet::push_length;
use crate::print::network::{ipv4, ipv6};

/// Family, version, and which group it was logged to.
const HEADER: u32 = 4;
/// Length and type of an attribute.
const ATTRIBUTE: u32 = 4;
/// The attribute that is the packet (`NFULA_PAYLOAD`).
const PAYLOAD: u16 = 9;

/// Prints a message of `len` bytes; gives where the packet in it begins, or where it was left.
pub(in crate::print) fn nflog(d: &mut Dissect<'_>, len: u32) -> Result<usize, Truncated> {
    d.protocol = "nflog";
    let cap_len = d.left(0);
    if cap_len < HEADER {
        d.trunc();
        return Ok(cap_len as usize);
    }
    let [family, version] = *d.array(0)?;
    if version != 0 {
        put!(d, "version {version} (unknown)");
        return Ok(HEADER as usize);
    }
    if d.opts.link_header {
        header(d, family, len)?;
    }
    let (mut at, mut rest) = (HEADER as usize, len.wrapping_sub(HEADER));
    while rest > 0 {
        let Ok([a, b, c, d1]) = d.array(at).copied() else {
            d.trunc();
            return Ok(at);
        };
        // In the order of the machine that logged, which the reader of files has made this one's.
        let (size, kind) = (u16::from_ne_bytes([a, b]), u16::from_ne_bytes([c, d1]));
        let size = size.checked_next_multiple_of(4).unwrap_or(0);
        if u32::from(size) < ATTRIBUTE || d.left(at) < size.into() {
            d.trunc();
            return Ok(at);
        }
        if kind == PAYLOAD {
            at += ATTRIBUTE as usize;
            rest = rest.wrapping_sub(ATTRIBUTE);
            break;
        }
        at += usize::from(size);
        rest = rest.wrapping_sub(size.into());
    }
    match family {
        2 => ipv4::packet(d, at, rest)?,
        10 => ipv6::packet(d, at, rest)?,
        _ => {
            if !d.opts.link_header {
                header(d, family, rest.wrapping_add(HEADER))?;
            }
            d.unknown_dump(at, d.left(at))?;
        }
    }
    Ok(at)
}

/// The header in words: `family` is the kernel's number of a family of addresses.
fn header(d: &mut Dissect<'_>, family: u8, len: u32) -> Result<(), Truncated> {
    put!(d, "version 0, resource ID {}", d.u16(2)?);
    let name = match family {
        2 => Some("IPv4"),
        10 => Some("IPv6"),
        _ => None,
    };
    match name {
        _ if d.opts.quiet == 0 => put!(d, ", family {} ({family})", name.unwrap_or("Unknown")),
        Some(name) => put!(d, ", {name}"),
        None => put!(d, ", Unknown NFLOG (0x{family:02x})"),
    }
    push_length(d, len);
    Ok(())
}
