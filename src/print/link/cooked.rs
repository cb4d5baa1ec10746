//! Linux cooked headers, which `-i any` and interfaces without a header of their own give:
//! <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html> and its second version.
use crate::print::dissect::name::push_clean;
use crate::print::dissect::{Dissect, Known, Truncated, number, put};
use crate::print::link::ether_type::{self, ether_type};
use crate::print::link::ethernet::{MAX_LENGTH, push_length, push_long_type, push_tag};
use crate::print::link::llc;
use crate::wire::EtherType;

/// Where the fields of a Linux cooked header are.
pub(in crate::print) struct Cooked {
    protocol: &'static str,
    header_len: usize,
    kind_at: usize,
    hardware_at: usize,
    second: bool,
}

pub(in crate::print) const SLL: Cooked =
    Cooked { protocol: "sll", header_len: 16, kind_at: 14, hardware_at: 2, second: false };
pub(in crate::print) const SLL2: Cooked =
    Cooked { protocol: "sll2", header_len: 20, kind_at: 0, hardware_at: 8, second: true };

/// ARPHRD_IEEE80211_RADIOTAP: a radiotap header follows.
const HARDWARE_RADIOTAP: u16 = 803;

pub(in crate::print) fn cooked(d: &mut Dissect<'_>, len: u32, layout: &Cooked) -> Result<usize, Truncated> {
    d.protocol = layout.protocol;
    let mut header = layout.header_len;
    if !d.has(0, header) {
        return Err(Truncated);
    }
    if layout.second {
        let (index, direction) = (d.u32(4)?, d.u8(10)?);
        push_interface(d, index, packet_type(direction.into()));
    }
    if d.opts.link_header {
        cooked_header(d, len, layout)?;
    }
    let (mut rest, mut cap_rest) = (len.wrapping_sub(header as u32), d.left(header));
    if d.u16(layout.hardware_at)? == HARDWARE_RADIOTAP {
        d.unknown_dump(header, cap_rest)?;
        return Ok(header);
    }
    let mut kind = d.u16(layout.kind_at)?;
    while EtherType(kind) == EtherType::VLAN {
        if cap_rest < 4 {
            d.protocol = "vlan";
            d.trunc();
            return Ok(header + cap_rest as usize);
        }
        let (tag, inner) = (d.u16(header)?, d.u16(header + 2)?);
        if d.opts.link_header {
            push_tag(d, tag);
        }
        kind = if inner <= MAX_LENGTH { COOKED_LLC } else { inner };
        if d.opts.quiet == 0 {
            put!(d, "ethertype {}, ", number::ether_type(kind).unwrap_or("Unknown"));
        }
        header += 4;
        rest = rest.wrapping_sub(4);
        cap_rest -= 4;
    }
    if kind == COOKED_LLC {
        let inner = llc::llc(d, header, rest, cap_rest, None)?;
        match inner.payload {
            Known::Yes => header += inner.header_len,
            Known::No => d.unknown_dump(header, cap_rest)?,
        }
    } else if kind <= MAX_LENGTH {
        if kind != COOKED_IPX || ether_type::uncommon(d, EtherType::IPX.0, header, rest)? == Known::No {
            d.unknown_dump(header, cap_rest)?;
        }
    } else if ether_type(d, kind, header, rest, cap_rest)? == Known::No {
        if !d.opts.link_header {
            cooked_header(d, rest.wrapping_add(layout.header_len as u32), layout)?;
        }
        d.unknown_dump(header, cap_rest)?;
    }
    Ok(header)
}

/// The columns of the interface and the direction.
pub(in crate::print) fn push_interface(d: &mut Dissect<'_>, index: u32, direction: &str) {
    let start = d.out.len();
    match d.names.interface(index) {
        Some(name) if index != 0 => push_clean(d.out, &name),
        _ => d.char(b'?'),
    }
    pad_to(d, start, 5);
    d.char(b' ');
    let start = d.out.len();
    d.str(direction);
    pad_to(d, start, 3);
    d.char(b' ');
}

/// "Protocols" of a cooked header below the EtherTypes: `ETH_P_802_3`, `ETH_P_802_2`.
const COOKED_IPX: u16 = 1;
const COOKED_LLC: u16 = 4;

/// What `-e` shows of a cooked header.
fn cooked_header(d: &mut Dissect<'_>, len: u32, layout: &Cooked) -> Result<(), Truncated> {
    d.protocol = layout.protocol;
    let address = if layout.second {
        put!(d, "ifindex {} ", d.u32(4)?);
        (d.u8(11)? == 6).then(|| d.mac(12))
    } else {
        let name = packet_type(d.u16(0)?);
        put!(d, "{name:>3} ");
        (d.u16(4)? == 6).then(|| d.mac(6))
    };
    if let Some(mac) = address {
        d.mac_addr(mac?);
        d.char(b' ');
    }
    if d.opts.quiet == 0 {
        match d.u16(layout.kind_at)? {
            COOKED_IPX => d.str("802.3"),
            COOKED_LLC => d.str("802.2"),
            kind if kind <= MAX_LENGTH => put!(d, "ethertype Unknown (0x{kind:04x})"),
            kind => push_long_type(d, kind),
        }
        push_length(d, len);
    }
    Ok(())
}

fn packet_type(value: u16) -> &'static str {
    match value {
        0 => "In",
        1 => "B",
        2 => "M",
        3 => "P",
        4 => "Out",
        _ => "?",
    }
}

fn pad_to(d: &mut Dissect<'_>, start: usize, width: usize) {
    while d.out.len() < start + width {
        d.char(b' ');
    }
}
