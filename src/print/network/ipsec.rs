//! IPsec: what shows of encapsulated (RFC 4303) and compressed (RFC 3173) payloads.
use crate::print::dissect::{Dissect, Known, Truncated, put};

/// Prints the header of an IPsec encapsulated payload (RFC 4303); what follows is secret.
pub(in crate::print) fn encapsulated(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "esp";
    // tcpdump wants at least one byte after the header.
    if d.left(at) <= 8 {
        d.trunc();
        return Ok(());
    }
    put!(d, "ESP(spi=0x{:08x},seq=0x{:x}), length {len}", d.u32(at)?, d.u32(at + 4)?);
    Ok(())
}

/// Prints what IPsec sends through address translators in UDP (RFC 3948); messages of the key
/// exchange are not known.
pub(in crate::print) fn traversal(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Known, Truncated> {
    d.protocol = "isakmp_rfc3948";
    if len == 1 && d.u8(at)? == 0xff {
        d.str("isakmp-nat-keep-alive");
    } else if len < 4 {
        d.trunc();
    } else if d.u32(at)? == 0 {
        return Ok(Known::No);
    } else {
        d.str("UDP-encap: ");
        encapsulated(d, at, len)?;
    }
    Ok(Known::Yes)
}

/// Prints the header of a compressed payload (RFC 3173).
pub(in crate::print) fn compressed(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    d.protocol = "ipcomp";
    put!(d, "IPComp(cpi=0x{:04x})", d.u16(at + 2)?);
    Ok(())
}
