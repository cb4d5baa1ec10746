//! Link layers: what each header shows, and which printer comes next.
pub(in crate::print) mod cdp;
pub(in crate::print) mod eapol;
pub(in crate::print) mod llc;
pub(in crate::print) mod lldp;
pub(in crate::print) mod loopback;
pub(in crate::print) mod macsec;
pub(in crate::print) mod ppp;
pub(in crate::print) mod pppoe;
pub(in crate::print) mod slow;
pub(in crate::print) mod stp;

use self::macsec::Tagged;
use crate::print::cold;
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::network::{arp, ip, ipv4, ipv6};
use crate::wire::{LinkType, MacAddr};

/// Largest value of an Ethernet type field that is a length (IEEE 802.3).
const MAX_LENGTH: u16 = 1500;

/// What a serial line carries, without its framing.
const POINT_TO_POINT: LinkType = LinkType(9);

/// Source and destination hardware address of a frame.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) struct Macs {
    pub(in crate::print) src: MacAddr,
    pub(in crate::print) dst: MacAddr,
}

/// Prints a captured frame; gives the length of its link header, where dumps begin.
pub(in crate::print) fn packet(d: &mut Dissect<'_>, link: LinkType, len: u32) -> Result<usize, Truncated> {
    match link {
        LinkType::ETHERNET => ethernet(d, 0, len, d.left(0)),
        LinkType::LINUX_SLL => cooked(d, len, &SLL),
        LinkType::LINUX_SLL2 => cooked(d, len, &SLL2),
        LinkType::NULL | LinkType::LOOP => family(d, len),
        LinkType::RAW | LinkType::DLT_RAW | LinkType::IPV4 | LinkType::IPV6 => {
            d.protocol = "raw";
            if d.opts.link_header {
                d.str("ip: ");
            }
            ip::any_version(d, 0, len)?;
            Ok(0)
        }
        POINT_TO_POINT => {
            d.protocol = "ppp";
            let cap_len = d.left(0);
            if cap_len < 4 {
                d.trunc();
                return Ok(cap_len as usize);
            }
            ppp::ppp(d, 0, len)?;
            Ok(4)
        }
        _ => {
            d.protocol = "unsupported";
            d.str("UNSUPPORTED");
            d.default_dump(0, d.left(0))?;
            Ok(0)
        }
    }
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
    if kind == 0x88e5 {
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
    while matches!(kind, 0x8100 | 0x9100 | 0x9200 | 0x88a8) {
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
        if !inner.known {
            d.unknown_dump(body, cap_rest)?;
        }
        d.pop_end();
        return Ok(header + inner.header_len);
    }
    if kind == 0x8870 {
        // Jumbo frames put a type where the length does not fit; LLC follows.
        let inner = llc::llc(d, body, rest, cap_rest, Some(macs))?;
        if !inner.known {
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
    if !ether_type(d, kind, body, rest, cap_rest, Some(macs))? {
        if !d.opts.link_header {
            push_macs(d, macs);
            push_type(d, kind);
            push_length(d, len);
        }
        d.unknown_dump(body, cap_rest)?;
    }
    Ok(header)
}

/// Prints what an EtherType announces; false when nothing here knows it.
#[inline]
pub(in crate::print) fn ether_type(
    d: &mut Dissect<'_>,
    kind: u16,
    at: usize,
    len: u32,
    cap_len: u32,
    macs: Option<Macs>,
) -> Result<bool, Truncated> {
    match kind {
        0x0800 => ipv4::packet(d, at, len)?,
        0x86dd => ipv6::packet(d, at, len)?,
        0x0806 | 0x8035 => arp::arp(d, at, len, cap_len)?,
        _ => return cold::ether_type(d, kind, at, len, cap_len, macs),
    }
    Ok(true)
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

fn push_long_type(d: &mut Dissect<'_>, kind: u16) {
    d.str("ethertype ");
    d.str(number::ether_type(kind).unwrap_or("Unknown"));
    d.str(" (0x");
    d.hex(kind, 4);
    d.char(b')');
}

fn push_length(d: &mut Dissect<'_>, len: u32) {
    d.str(", length ");
    d.dec(len);
    d.str(": ");
}

/// Appends an 802.1Q tag control field and the comma after it.
fn push_tag(d: &mut Dissect<'_>, tag: u16) {
    d.str("vlan ");
    d.dec(tag & 0xfff);
    d.str(", p ");
    d.dec(tag >> 13);
    if tag & 0x1000 != 0 {
        d.str(", DEI");
    }
    d.str(", ");
}

/// Where the fields of a Linux cooked header are.
struct Cooked {
    protocol: &'static str,
    header_len: usize,
    kind_at: usize,
    hardware_at: usize,
    second: bool,
}

const SLL: Cooked = Cooked { protocol: "sll", header_len: 16, kind_at: 14, hardware_at: 2, second: false };
const SLL2: Cooked = Cooked { protocol: "sll2", header_len: 20, kind_at: 0, hardware_at: 8, second: true };

/// ARPHRD_IEEE80211_RADIOTAP: a radiotap header follows.
const HARDWARE_RADIOTAP: u16 = 803;

fn cooked(d: &mut Dissect<'_>, len: u32, layout: &Cooked) -> Result<usize, Truncated> {
    d.protocol = layout.protocol;
    let mut header = layout.header_len;
    if !d.has(0, header) {
        return Err(Truncated);
    }
    if layout.second {
        let (index, direction) = (d.u32(4)?, d.u8(10)?);
        let start = d.out.len();
        match d.names.interface(index) {
            Some(name) if index != 0 => crate::print::dissect::name::push_clean(d.out, &name),
            _ => d.char(b'?'),
        }
        pad_to(d, start, 5);
        d.char(b' ');
        let start = d.out.len();
        d.str(packet_type(direction.into()));
        pad_to(d, start, 3);
        d.char(b' ');
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
    while kind == 0x8100 {
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
        if inner.known {
            header += inner.header_len;
        } else {
            d.unknown_dump(header, cap_rest)?;
        }
    } else if kind <= MAX_LENGTH {
        if kind != COOKED_IPX || !cold::ether_type(d, 0x8137, header, rest, cap_rest, None)? {
            d.unknown_dump(header, cap_rest)?;
        }
    } else if !ether_type(d, kind, header, rest, cap_rest, None)? {
        if !d.opts.link_header {
            cooked_header(d, rest.wrapping_add(layout.header_len as u32), layout)?;
        }
        d.unknown_dump(header, cap_rest)?;
    }
    Ok(header)
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

/// NULL and LOOP: four bytes of address family, in one byte order or the other.
fn family(d: &mut Dissect<'_>, len: u32) -> Result<usize, Truncated> {
    d.protocol = "null";
    let mut family = u32::from_le_bytes(*d.array(0)?);
    if family & 0xffff_0000 != 0 {
        family = family.swap_bytes();
    }
    if d.opts.link_header {
        push_family(d, family, len);
    }
    match family {
        2 => ipv4::packet(d, 4, len.wrapping_sub(4))?,
        24 | 28 | 30 => ipv6::packet(d, 4, len.wrapping_sub(4))?,
        _ => {
            if !d.opts.link_header {
                push_family(d, family, len);
            }
            d.unknown_dump(4, d.left(4))?;
        }
    }
    Ok(4)
}

fn push_family(d: &mut Dissect<'_>, family: u32, len: u32) {
    let name = match family {
        2 => Some("IPv4"),
        6 => Some("NS"),
        7 => Some("ISO"),
        16 => Some("Appletalk"),
        23 => Some("IPX"),
        24 | 28 | 30 => Some("IPv6"),
        _ => None,
    };
    match name {
        _ if d.opts.quiet == 0 => put!(d, "AF {} ({family})", name.unwrap_or("Unknown")),
        Some(name) => d.str(name),
        None => put!(d, "Unknown AF {family}"),
    }
    push_length(d, len);
}
