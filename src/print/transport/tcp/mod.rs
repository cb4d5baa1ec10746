//! TCP (RFC 9293): the line up to `length N`.
pub(in crate::print) mod mptcp;
pub(in crate::print) mod option;
pub(in crate::print) mod payload;

use std::net::Ipv4Addr;

use crate::flow::relative::{self, Relative};
use crate::packet::ChecksumStatus;
use crate::print::Payload;
use crate::print::application::{dns, resp};
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::network::ip::Carrier;
use crate::print::network::ipv6;
use crate::print::sequence::{Number, Shown};
use crate::print::transport::tcp::option::Segment;
use crate::wire::checksum::{Checksum, expected};
use crate::wire::{IpProtocol, Ipv4Header, Ipv4Options, TcpFlags, TcpHeader};

/// Bytes of a header without options.
const MIN_HEADER_LEN: u32 = 20;

/// Prints a segment of `len` bytes at `at`.
pub(in crate::print) fn tcp(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "tcp";
    let Ok(&[s0, s1, d0, d1]) = d.array::<4>(at) else {
        ip.push_pair(d)?;
        d.char(b':');
        d.trunc();
        return Ok(());
    };
    let (src_port, dst_port) = (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]));
    hosts_and_ports(d, ip, src_port, dst_port)?;
    let Ok(header) = d.array(at).map(TcpHeader) else {
        d.trunc();
        return Ok(());
    };
    let header_len = header.header_len() as u32;
    let payload_len = len.wrapping_sub(header_len);
    if header_len < MIN_HEADER_LEN {
        put!(d, " tcp {payload_len} [bad hdr length {header_len} - too short, < 20]");
        return Ok(());
    }
    if d.opts.quiet > 0 {
        d.str("tcp ");
        d.dec(payload_len);
        if header_len > len {
            too_long(d, header_len, len);
        }
        return Ok(());
    }
    segment(d, at, len, ip, header)
}

/// Prints a segment from its flags on.
#[inline]
fn segment(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    ip: Carrier,
    header: TcpHeader<'_>,
) -> Result<(), Truncated> {
    let header_len = header.header_len() as u32;
    let payload_len = len.wrapping_sub(header_len);
    let flags = header.flags();
    d.str("Flags [");
    push_flags(d, flags);
    d.char(b']');
    let shown = numbers(d, ip, header)?;
    if header_len > len {
        too_long(d, header_len, len);
        return Ok(());
    }
    if d.verbose() > 0 && d.opts.verify_checksums && !ip.fragmented {
        checksum(d, at, len, ip)?;
    }
    if d.verbose() > 1 || payload_len > 0 || flags.intersects(TcpFlags::SYN | TcpFlags::FIN | TcpFlags::RST) {
        d.str(", seq ");
        d.relative(shown, Number::Seq(0));
        if payload_len > 0 {
            d.char(b':');
            d.relative(shown, Number::Seq(payload_len));
        }
    }
    if flags.contains(TcpFlags::ACK) {
        d.str(", ack ");
        d.relative(shown, Number::Ack);
    }
    d.str(", win ");
    d.dec(header.window());
    if flags.contains(TcpFlags::URG) {
        d.str(", urg ");
        d.dec(header.urgent_pointer());
    }
    if header_len > MIN_HEADER_LEN
        && let Err(stop) = option::list(d, Segment { at, len, header_len, flags, shown, ip })
    {
        return d.stop(stop);
    }
    d.str(", length ");
    d.dec(payload_len);
    if payload_len == 0 {
        return Ok(());
    }
    if !d.has(at, header_len as usize) {
        put!(d, " [remaining caplen({}) < header length({header_len})]", d.left(at));
        return Err(Truncated);
    }
    carried(d, at + header_len as usize, payload_len, header)
}

/// Prints the payload of a segment.
#[inline]
fn carried(d: &mut Dissect<'_>, at: usize, len: u32, header: TcpHeader<'_>) -> Result<(), Truncated> {
    if header.flags().contains(TcpFlags::RST) && d.verbose() > 0 {
        payload::reset_reason(d, at, len);
        return Ok(());
    }
    match d.opts.payload {
        Payload::ByPort => payload::payload(d, at, len, header.src_port(), header.dst_port()),
        Payload::Domain => dns::message(d, at, len, dns::Transport::Tcp),
        Payload::Resp => resp::resp(d, at, len),
        Payload::Nothing => Ok(()),
    }
}

/// Appends `SRC.sport > DST.dport: `; only the ports when the IP header does not name
/// TCP itself (extension headers, AH).
#[inline]
fn hosts_and_ports(d: &mut Dissect<'_>, ip: Carrier, src: u16, dst: u16) -> Result<(), Truncated> {
    if ip.protocol(d)? != 6 {
        d.tcp_port(src);
        d.str(" > ");
        d.tcp_port(dst);
    } else if ip.v6 {
        let (from, to) = (d.ipv6(ip.at + 8)?, d.ipv6(ip.at + 24)?);
        d.addr6(from);
        d.char(b'.');
        d.tcp_port(src);
        d.str(" > ");
        d.addr6(to);
        d.char(b'.');
        d.tcp_port(dst);
    } else if d.opts.numeric {
        d.numeric_pair(ip.at, src, dst)?;
        return Ok(());
    } else {
        let (from, to) = (d.ipv4(ip.at + 12)?, d.ipv4(ip.at + 16)?);
        d.addr4(from);
        d.char(b'.');
        d.tcp_port(src);
        d.str(" > ");
        d.addr4(to);
        d.char(b'.');
        d.tcp_port(dst);
    }
    d.str(": ");
    Ok(())
}

/// Appends the letters of the flags that are set, or `none`.
#[inline]
fn push_flags(d: &mut Dissect<'_>, flags: TcpFlags) {
    // The ninth bit has no letter.
    let bits = flags.bits() as u8;
    match bits {
        0 => d.str("none"),
        0x02 => d.char(b'S'),
        0x10 => d.char(b'.'),
        0x18 => d.str("P."),
        _ => {
            for (bit, &letter) in b"FSRP.UEW".iter().enumerate() {
                if bits >> bit & 1 != 0 {
                    d.char(letter);
                }
            }
        }
    }
}

fn too_long(d: &mut Dissect<'_>, header_len: u32, len: u32) {
    put!(d, " [bad hdr length {header_len} - too long, > {len}]");
}

/// The sequence numbers to show.
#[inline]
fn numbers(d: &mut Dissect<'_>, ip: Carrier, header: TcpHeader<'_>) -> Result<Shown, Truncated> {
    let (flags, seq, ack) = (header.flags(), header.seq().0, header.ack().0);
    // A SYN alone is looked at: it may begin another connection between the same ports.
    if d.opts.absolute_seq || !flags.intersects(TcpFlags::ACK | TcpFlags::SYN) {
        return Ok(Shown::Known(Relative { seq, ack, sack_base: 0 }));
    }
    let (src_port, dst_port) = (header.src_port(), header.dst_port());
    let [syn, acks, rst] = [TcpFlags::SYN, TcpFlags::ACK, TcpFlags::RST].map(|flag| flags.contains(flag));
    let segment = relative::Segment { src_port, dst_port, seq, ack, syn, acks, rst };
    Ok(if ip.v6 {
        let (src, dst) = (d.ipv6(ip.at + 8)?, d.ipv6(ip.at + 24)?);
        d.numbers.observe_v6(src, dst, segment)
    } else {
        let (src, dst) = (d.ipv4(ip.at + 12)?, d.ipv4(ip.at + 16)?);
        d.numbers.observe_v4(src, dst, segment)
    })
}

/// Appends the checksum and whether it is right, if all it covers was captured.
fn checksum(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    let Ok(segment) = d.bytes(at, len as usize) else { return Ok(()) };
    let found = d.u16(at + 16)?;
    d.str(", cksum 0x");
    d.hex(found, 4);
    match d.checksum {
        ChecksumStatus::Verified => d.str(" (correct)"),
        ChecksumStatus::NotReady => d.str(" (not yet computed)"),
        ChecksumStatus::Unknown => {
            let sum = pseudo_header(d, ip, len, 6)?.over(segment).residual();
            if sum == 0 {
                d.str(" (correct)");
            } else {
                d.str(" (incorrect -> 0x");
                d.hex(expected(found, sum), 4);
                d.char(b')');
            }
        }
    }
    Ok(())
}

/// The sum of the pseudo header that a transport checksum covers.
pub(in crate::print) fn pseudo_header(
    d: &Dissect<'_>,
    ip: Carrier,
    len: u32,
    protocol: u8,
) -> Result<Checksum, Truncated> {
    let (sum, protocol) = (Checksum::new(), IpProtocol(protocol));
    Ok(if ip.v6 {
        let dst = ipv6::final_destination(d, ip.at)?;
        sum.over_pseudo_v6(d.ipv6(ip.at + 8)?, dst, protocol, len)
    } else {
        let dst = ipv4_final_destination(d, ip.at)?;
        sum.over_pseudo_v4(d.ipv4(ip.at + 12)?, dst, protocol, len)
    })
}

/// The last hop of a source route, if the IPv4 header at `at` has one, or its
/// destination.
fn ipv4_final_destination(d: &Dissect<'_>, at: usize) -> Result<Ipv4Addr, Truncated> {
    let header = Ipv4Header(d.array(at)?);
    let options = header.header_len().saturating_sub(Ipv4Header::LEN);
    let hop = Ipv4Options::new(d.bytes(at + Ipv4Header::LEN, options)?).final_hop();
    Ok(hop.unwrap_or_else(|| header.dst()))
}
