//! The Point-to-Point Protocol (RFC 1661) within other protocols.
pub(in crate::print) mod login;
pub(in crate::print) mod option;

use crate::print::dissect::flags::push_bits;
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Spare, Stop, Truncated, put};
use crate::print::network::{ipv4, ipv6};
use crate::print::tunnel::mpls;
use crate::wire::{EtherType, PppProtocol, PppProtocol as P};

/// Prints a packet of `length` bytes at `at`, with or without an address before it.
pub(in crate::print) fn ppp(d: &mut Dissect<'_>, mut at: usize, length: u32) -> Result<(), Truncated> {
    d.protocol = "ppp";
    let mut len = length;
    if len < 2 {
        d.trunc();
        return Ok(());
    }
    let marker = match d.u16(at)? {
        0x0003 => Some("In  "),
        0x0103 => Some("Out "),
        0xff03 => Some(""),
        _ => None,
    };
    if let Some(marker) = marker {
        if d.opts.link_header {
            d.str(marker);
        }
        at += 2;
        len -= 2;
    }
    if len < 2 {
        d.trunc();
        return Ok(());
    }
    let first = d.u8(at)?;
    let (protocol, size) = if first % 2 == 1 { (first.into(), 1) } else { (d.u16(at)?, 2) };
    at += size as usize;
    len -= size;
    if d.opts.link_header {
        put!(d, "{} (0x{protocol:04x}), length {length}", name(protocol).unwrap_or("unknown"));
        if name(protocol).is_none() {
            return Ok(());
        }
        d.str(": ");
    }
    payload(d, protocol, at, len)
}

/// Prints what a protocol number announces.
fn payload(d: &mut Dissect<'_>, protocol: u16, at: usize, len: u32) -> Result<(), Truncated> {
    // tcpdump takes EtherTypes too.
    const ETHER_IPV4: PppProtocol = PppProtocol(EtherType::IPV4.0);
    const ETHER_IPV6: PppProtocol = PppProtocol(EtherType::IPV6.0);
    match PppProtocol(protocol) {
        P::IPV4 | P::VJ_UNCOMPRESSED | ETHER_IPV4 => d.nested(|d| ipv4::packet(d, at, len)),
        P::IPV6 | ETHER_IPV6 => d.nested(|d| ipv6::packet(d, at, len)),
        P::MPLS | P::MPLS_MULTICAST => d.nested(|d| mpls::mpls(d, at, len)),
        P::COMPRESSED => {
            d.str("compressed PPP data");
            Ok(())
        }
        P::MULTILINK => multilink(d, at, len),
        P::CHAP => login::challenge(d, at, len),
        P::PAP => login::password(d, at, len),
        // tcpdump says nothing of bandwidth allocation.
        P::BAP => Ok(()),
        P::IPCP | P::OSICP | P::IPV6CP | P::CCP | P::MPLSCP | P::LCP | P::BACP => {
            control(d, protocol, at, len)
        }
        _ if is_escape(protocol) => escaped(d, at - 1, len),
        _ => {
            match name(protocol) {
                Some(name) => put!(d, "{name} "),
                None => put!(d, "unknown PPP protocol (0x{protocol:04x}) "),
            }
            d.unknown_data(at, "\n\t", len);
            Ok(())
        }
    }
}

/// Whether a protocol number begins with the flag of HDLC framing.
fn is_escape(protocol: u16) -> bool {
    protocol >> 8 == 0x7e
}

/// Prints a packet whose bytes are escaped as on a serial line (RFC 1662).
fn escaped(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if d.left(at) == 0 || len == 0 {
        return Ok(());
    }
    let Spare { bytes: mut plain, mut ends } = d.spare.pop().unwrap_or_default();
    plain.clear();
    ends.clear();
    let mut bytes = d.rest(at).iter();
    while let Some(&byte) = bytes.next() {
        match (byte, bytes.as_slice().first()) {
            (0x7d, None) => break,
            (0x7d, Some(next)) => {
                plain.push(next ^ 0x20);
                bytes.next();
            }
            _ => plain.push(byte),
        }
    }
    let mut inner = Dissect {
        out: &mut *d.out,
        opts: d.opts,
        names: d.names,
        numbers: d.numbers.reborrow(),
        data: &plain,
        end: plain.len(),
        ends: &mut ends,
        spare: &mut *d.spare,
        pairs: &mut *d.pairs,
        protocol: d.protocol,
        checksum: d.checksum,
        depth: d.depth,
    };
    let result = guessed(&mut inner);
    d.protocol = inner.protocol;
    d.spare.push(Spare { bytes: plain, ends });
    result
}

/// Prints a packet that begins with one byte of protocol, two of it, or an address.
fn guessed(d: &mut Dissect<'_>) -> Result<(), Truncated> {
    let len = d.left(0);
    match d.rest(0) {
        [0x21, ..] => return d.nested(|d| ipv4::packet(d, 1, len - 1)),
        [0x57, ..] => return d.nested(|d| ipv6::packet(d, 1, len - 1)),
        [] | [_] | [0xff, 0x03] | [0xff, 0x03, _] => {
            d.trunc();
            return Ok(());
        }
        _ => {}
    }
    let at = if d.u16(0)? == 0xff03 { 2 } else { 0 };
    let protocol = d.u16(at)?;
    if is_escape(protocol) {
        put!(d, "(protocol 0x{protocol:04x} invalid)");
        return Ok(());
    }
    payload(d, protocol, at + 2, len - at as u32 - 2)
}

/// Prints a fragment of a packet sent over several lines (RFC 1990).
fn multilink(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if !d.opts.link_header {
        d.str("MLPPP, ");
    }
    if len < 2 || !d.has(at, 2) {
        d.str("[|mlppp]");
        return Ok(());
    }
    put!(d, "seq 0x{:03x}, Flags [", d.u16(at)? & 0xfff);
    let flags = u32::from(d.u8(at)? & 0xc0);
    push_bits(d, flags, &[(0x80, "begin"), (0x40, "end")]);
    put!(d, "], length {len}");
    Ok(())
}

/// Prints a message that sets a line up: of `len` bytes at `at`.
fn control(d: &mut Dissect<'_>, protocol: u16, at: usize, len: u32) -> Result<(), Truncated> {
    let title = name(protocol).unwrap_or_default();
    put!(d, "{title}, ");
    if len < 4 || !d.has(at, 2) {
        put!(d, "[|{title}]");
        return Ok(());
    }
    let (code, id) = (d.u8(at)?, d.u8(at + 1)?);
    let what = CODES.get(usize::from(code)).unwrap_or(&"Unknown Opcode");
    put!(d, "{what} (0x{code:02x}), id {id}, length {}", len + 2);
    if d.verbose() == 0 {
        return Ok(());
    }
    let declared = u32::from(d.u16(at + 2)?);
    put!(d, "\n\tencoded length {declared} ");
    if declared < 4 {
        d.str("(< 4))");
    } else if declared > len {
        put!(d, "(> packet length {len}))");
    } else {
        put!(d, "(=Option(s) length {})", declared - 4);
        if declared > 4 {
            match body(d, protocol, code, at, declared) {
                Err(Stop::Missing) => put!(d, "[|{title}]"),
                result => result.or_else(|stop| d.stop(stop))?,
            }
        }
    }
    Ok(())
}

/// Prints what is in a message of `len` bytes at `at`.
fn body(d: &mut Dissect<'_>, protocol: u16, code: u8, at: usize, len: u32) -> Result<(), Stop> {
    if d.verbose() > 1 {
        d.unknown_data(at - 2, "\n\t", 6);
    }
    let inside = at + 4;
    let magic = |d: &mut Dissect<'_>| -> Result<(), Truncated> {
        put!(d, "\n\t  Magic-Num 0x{:08x}", d.u32(inside)?);
        Ok(())
    };
    match code {
        0 if len >= 11 => {
            magic(d)?;
            let vendor = d.u24(inside + 4)?;
            put!(d, " Vendor: {} ({vendor})", number::oui(vendor).unwrap_or("Unknown"));
        }
        1..=4 => option::options(d, protocol, inside, len)?,
        8 if len >= 6 => {
            let rejected = d.u16(inside)?;
            put!(d, "\n\t  Rejected {} Protocol (0x{rejected:04x})", name(rejected).unwrap_or("unknown"));
            if len > 6 {
                d.str("\n\t  Rejected Packet");
                d.unknown_data(inside + 2, "\n\t    ", len - 2);
            }
        }
        9..=11 if len >= 8 => {
            magic(d)?;
            if len > 8 {
                d.str("\n\t  -----trailing data-----");
                d.check(inside + 4, len as usize - 8)?;
                d.unknown_data(inside + 4, "\n\t  ", len - 8);
            }
        }
        12 if len >= 8 => {
            magic(d)?;
            if len > 8 {
                d.str("\n\t  Message\n\t    ");
                d.text(inside + 4, len - 4);
                d.check(inside + 4, len as usize - 4)?;
            }
        }
        13 if len >= 12 => {
            magic(d)?;
            put!(d, ", Seconds-Remaining {}s", d.u32(inside + 4)?);
        }
        14.. if d.verbose() < 2 => d.unknown_data(at - 2, "\n\t  ", len + 2),
        _ => {}
    }
    Ok(())
}

const CODES: [&str; 16] = [
    "Vendor-Extension",
    "Conf-Request",
    "Conf-Ack",
    "Conf-Nack",
    "Conf-Reject",
    "Term-Request",
    "Term-Ack",
    "Code-Reject",
    "Prot-Reject",
    "Echo-Request",
    "Echo-Reply",
    "Disc-Req",
    "Ident",
    "Time-Rem",
    "Reset-Req",
    "Reset-Ack",
];

pub(in crate::print) fn name(protocol: u16) -> Option<&'static str> {
    Some(match protocol {
        0x0021 => "IP",
        0x0023 => "OSI",
        0x0025 => "NS",
        0x0027 => "DECNET",
        0x0029 => "APPLE",
        0x002b => "IPX",
        0x002d => "VJC IP",
        0x002f => "VJNC IP",
        0x0031 => "BRPDU",
        0x0033 => "STII",
        0x0035 => "VINES",
        0x003d => "MLPPP",
        0x0057 => "IP6",
        0x00fd => "Compressed",
        0x0201 => "HELLO",
        0x0231 => "LUXCOM",
        0x0233 => "SNS",
        0x0281 | 0x0283 => "MPLS",
        0x8021 => "IPCP",
        0x8023 => "OSICP",
        0x8025 => "NSCP",
        0x8027 => "DECNETCP",
        0x8029 => "APPLECP",
        0x802b => "IPXCP",
        0x8033 => "STIICP",
        0x8035 => "VINESCP",
        0x8057 => "IP6CP",
        0x80fd => "CCP",
        0x8281 => "MPLSCP",
        0xc021 => "LCP",
        0xc023 => "PAP",
        0xc025 => "LQM",
        0xc027 => "SPAP",
        0xc02b => "BACP",
        0xc02d => "BAP",
        0xc03d => "MLPPP-CP",
        0xc123 => "Old-SPAP",
        0xc223 => "CHAP",
        0xc227 => "EAP",
        _ => return None,
    })
}
