//! What IPv4 and IPv6 have in common: the choice of the next printer.
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Known, Truncated, put};
use crate::print::link::ethernet::ethernet;
use crate::print::network::{icmpv4, icmpv6, ipv4, ipv6, protocol};
use crate::print::transport::{tcp, udp};
use crate::wire::IpProtocol as P;

/// The IP header that carried a payload.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) struct Carrier {
    /// Offset of the header in the frame.
    pub(in crate::print) at: usize,
    /// IPv6, not IPv4.
    pub(in crate::print) v6: bool,
    /// More fragments follow: nothing covers the whole payload.
    pub(in crate::print) fragmented: bool,
    /// Time to live, or hop limit.
    pub(in crate::print) hop_limit: u8,
}

impl Carrier {
    /// Appends `SRC > DST`.
    pub(in crate::print) fn push_pair(self, d: &mut Dissect<'_>) -> Result<(), Truncated> {
        if self.v6 { d.pair6(self.at) } else { d.pair4(self.at) }
    }

    /// The header's own protocol field, whatever extension headers follow.
    pub(in crate::print) fn protocol(self, d: &Dissect<'_>) -> Result<u8, Truncated> {
        d.u8(self.at + if self.v6 { 6 } else { 9 })
    }
}

/// Longest packet that a length field can tell.
pub(in crate::print) const LONGEST: u32 = 65_535;

/// Appends a length that was presumed where the header says 0, and of what: one packet of several
/// segments, which a card cuts (TSO), or merged beyond what the field can tell (BIG TCP). Later
/// versions of tcpdump say it so, where 4.99.3 prints no more of the packet.
pub(in crate::print) fn push_presumed(d: &mut Dissect<'_>, len: u32) {
    d.dec(len);
    d.str(if len > LONGEST { " [was 0, presumed BIG TCP]" } else { " [was 0, presumed TSO]" });
}

/// A packet inside a packet, to be printed next.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) enum Inner {
    V4 { at: usize, len: u32 },
    V6 { at: usize, len: u32 },
}

/// Prints a packet and those inside it. A loop, so that no nesting exhausts the stack.
#[inline]
pub(in crate::print) fn packets(d: &mut Dissect<'_>, first: Inner) -> Result<(), Truncated> {
    let depth = d.ends.len();
    let mut next = Some(first);
    while let Some(inner) = next {
        next = match inner {
            Inner::V4 { at, len } => ipv4::header(d, at, len)?,
            Inner::V6 { at, len } => ipv6::header(d, at, len)?,
        };
    }
    while d.ends.len() > depth {
        d.pop_end();
    }
    Ok(())
}

/// Prints an IP packet of either version, told by its first four bits.
pub(in crate::print) fn any_version(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "ipn";
    if len < 1 {
        put!(d, "truncated-ip {len}");
        return Ok(());
    }
    match d.u8(at)? >> 4 {
        4 => ipv4::packet(d, at, len),
        6 => ipv6::packet(d, at, len),
        version => {
            put!(d, "unknown ip {version}");
            Ok(())
        }
    }
}

/// Whether the printer of a payload shows the hosts itself, with ports.
#[inline]
pub(in crate::print) fn names_its_hosts(protocol: u8) -> bool {
    matches!(P(protocol), P::TCP | P::UDP | P::DCCP | P::SCTP)
}

/// Prints the payload `protocol` names, or gives the packet in it.
#[inline]
pub(in crate::print) fn payload(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    ip: Carrier,
    protocol: u8,
) -> Result<Option<Inner>, Truncated> {
    match P(protocol) {
        P::TCP => tcp::tcp(d, at, len, ip)?,
        P::UDP => udp::udp(d, at, len, ip)?,
        P::IPV4 => return Ok(Some(Inner::V4 { at, len })),
        P::IPV6 => return Ok(Some(Inner::V6 { at, len })),
        _ => return other_payload(d, at, len, ip, protocol),
    }
    Ok(None)
}

fn other_payload(
    d: &mut Dissect<'_>,
    mut at: usize,
    mut len: u32,
    ip: Carrier,
    mut protocol: u8,
) -> Result<Option<Inner>, Truncated> {
    while P(protocol) == P::AH {
        d.protocol = "ah";
        if !d.has(at, 1) {
            d.trunc();
            return Ok(None);
        }
        protocol = d.u8(at)?;
        let header = authentication_header(d, at)?;
        at += header as usize;
        len = len.wrapping_sub(header);
    }
    match P(protocol) {
        P::IPV4 | P::TCP | P::UDP | P::IPV6 => return payload(d, at, len, ip, protocol),
        P::ICMP if !ip.v6 => icmpv4::icmp(d, at, len, ip)?,
        P::ICMPV6 if ip.v6 => icmpv6::icmp6(d, at, len, ip)?,
        P::ICMP | P::IGMP if ip.v6 => wrong_version(d, protocol, "IPv4"),
        P::ICMPV6 | P::ETHERNET if !ip.v6 => wrong_version(d, protocol, "IPv6"),
        P::ETHERNET => {
            let cap_len = d.left(at);
            d.nested(|d| ethernet(d, at, len, cap_len).map(drop))?;
        }
        P::NO_NEXT_HEADER => d.str("no next header"),
        P::ND => put!(d, " nd {len}"),
        _ if protocol::uncommon(d, protocol, at, len, ip)? == Known::Yes => {}
        _ => {
            match number::protocol_name(protocol) {
                Some(name) if !d.opts.numeric => put!(d, " {name}"),
                _ => put!(d, " ip-proto-{protocol}"),
            }
            put!(d, " {len}");
        }
    }
    Ok(None)
}

fn wrong_version(d: &mut Dissect<'_>, protocol: u8, version: &str) {
    put!(d, "[{} requires {version}]", number::ip_protocol(protocol).unwrap_or("unknown"));
    d.invalid();
}

/// Prints an IPsec authentication header (RFC 4302) and gives its length.
fn authentication_header(d: &mut Dissect<'_>, at: usize) -> Result<u32, Truncated> {
    d.str("AH");
    let words = d.u8(at + 1)?;
    let len = (u32::from(words) + 2) * 4;
    d.char(b'(');
    if d.verbose() > 0 {
        put!(d, "length={words}({len}-bytes),");
    }
    let reserved = d.u16(at + 2)?;
    if reserved != 0 {
        put!(d, "reserved=0x{reserved:x}[MustBeZero],");
    }
    put!(d, "spi=0x{:08x},", d.u32(at + 4)?);
    put!(d, "seq=0x{:x},", d.u32(at + 8)?);
    d.str("icv=0x");
    for i in 12..len as usize {
        let byte = d.u8(at + i)?;
        d.hex(byte, 2);
    }
    d.str("): ");
    Ok(len)
}
