//! Ethernet (IEEE 802.3) with its tags (IEEE 802.1Q), on its own or inside tunnels.
use crate::print::dissect::{Dissect, Known, Truncated, number, put};
use crate::print::link::ether_type::ether_type;
use crate::print::link::llc;
use crate::print::link::macsec::{self, Tagged};
use crate::wire::{EtherType, MacAddr};

/// Largest value of an Ethernet type field that is a length (IEEE 802.3).
pub(in crate::print) const MAX_LENGTH: u16 = 1500;

/// Source and destination hardware address of a frame.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) struct Macs {
    pub(in crate::print) src: MacAddr,
    pub(in crate::print) dst: MacAddr,
}

/// Ethernet, at `at`; `cap_len` of its `len` bytes were captured. Also found inside
/// tunnels. Gives the length of the header with its tags.
pub(in crate::print) fn ethernet(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    cap_len: u32,
) -> Result<usize, Truncated> {
    d.protocol = "ether";
    if len < cap_len {
        put!(d, "[length {len} < caplen {cap_len}]");
        d.invalid();
        return Ok(len as usize);
    }
    if cap_len < 14 {
        d.trunc();
        return Ok(cap_len as usize);
    }
    let macs = Macs { src: d.mac(at + 6)?, dst: d.mac(at)? };
    if d.opts.link_header {
        push_macs(d, macs);
    }
    let mut kind = d.u16(at + 12)?;
    let mut header = 14;
    let mut printed_length = false;
    // Wire and captured bytes after the header.
    let (mut rest, mut cap_rest) = (len - 14, cap_len - 14);
    if EtherType(kind) == EtherType::MACSEC {
        if d.opts.link_header {
            push_type(d, kind);
            push_length(d, len);
            printed_length = true;
        }
        let (tag, frame_end) = (at + header, header + cap_rest as usize);
        match macsec::tag(d, tag, &mut rest, &mut cap_rest, macs)? {
            Tagged::Nothing => return Ok(frame_end),
            Tagged::Secret(n) => {
                d.unknown_dump(tag + n as usize, cap_rest)?;
                return Ok(header + n as usize);
            }
            Tagged::Clear(n) => header += n as usize,
        }
        kind = d.u16(at + header)?;
        if cap_rest < 2 {
            put!(d, " [caplen {cap_rest} < 2]");
            return Ok(header);
        }
        header += 2;
        rest -= 2;
        cap_rest -= 2;
    }
    while EtherType(kind).is_vlan() {
        if cap_rest < 4 {
            d.protocol = "vlan";
            d.trunc();
            return Ok(header + cap_rest as usize);
        }
        let tag = d.u16(at + header)?;
        let inner = d.u16(at + header + 2)?;
        if d.opts.link_header {
            push_type(d, kind);
            if printed_length {
                d.str(", ");
            } else {
                push_length(d, len);
                printed_length = true;
            }
            push_tag(d, tag);
        }
        kind = inner;
        header += 4;
        rest -= 4;
        cap_rest -= 4;
    }
    let body = at + header;
    if kind <= MAX_LENGTH {
        if u32::from(kind) < rest {
            rest = kind.into();
            cap_rest = cap_rest.min(rest);
        }
        d.push_end(body, rest);
        if d.opts.link_header {
            d.str("802.3");
            if !printed_length {
                push_length(d, rest);
            }
        }
        let inner = llc::llc(d, body, rest, cap_rest, Some(macs))?;
        if inner.payload == Known::No {
            d.unknown_dump(body, cap_rest)?;
        }
        d.pop_end();
        return Ok(header + inner.header_len);
    }
    if EtherType(kind) == EtherType::JUMBO {
        // Jumbo frames put a type where the length does not fit; LLC follows.
        let inner = llc::llc(d, body, rest, cap_rest, Some(macs))?;
        if inner.payload == Known::No {
            d.unknown_dump(body, cap_rest)?;
        }
        return Ok(header + inner.header_len);
    }
    if d.opts.link_header {
        push_type(d, kind);
        if printed_length {
            d.str(", ");
        } else {
            push_length(d, len);
        }
    }
    if ether_type(d, kind, body, rest, cap_rest)? == Known::No {
        if !d.opts.link_header {
            push_macs(d, macs);
            push_type(d, kind);
            push_length(d, len);
        }
        d.unknown_dump(body, cap_rest)?;
    }
    Ok(header)
}

/// Appends `SRC > DST, `.
pub(in crate::print) fn push_macs(d: &mut Dissect<'_>, macs: Macs) {
    d.mac_addr(macs.src);
    d.str(" > ");
    d.mac_addr(macs.dst);
    d.str(", ");
}

fn push_type(d: &mut Dissect<'_>, kind: u16) {
    let name = number::ether_type(kind);
    if d.opts.quiet == 0 {
        push_long_type(d, kind);
    } else if let Some(name) = name {
        d.str(name);
    } else {
        put!(d, "Unknown Ethertype (0x{kind:04x})");
    }
}

pub(in crate::print) fn push_long_type(d: &mut Dissect<'_>, kind: u16) {
    d.str("ethertype ");
    d.str(number::ether_type(kind).unwrap_or("Unknown"));
    d.str(" (0x");
    d.hex(kind, 4);
    d.char(b')');
}

pub(in crate::print) fn push_length(d: &mut Dissect<'_>, len: u32) {
    d.str(", length ");
    d.dec(len);
    d.str(": ");
}

/// Appends an 802.1Q tag control field and the comma after it.
pub(in crate::print) fn push_tag(d: &mut Dissect<'_>, tag: u16) {
    d.str("vlan ");
    d.dec(tag & 0xfff);
    d.str(", p ");
    d.dec(tag >> 13);
    if tag & 0x1000 != 0 {
        d.str(", DEI");
    }
    d.str(", ");
}
