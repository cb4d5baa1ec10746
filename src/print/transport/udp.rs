//! UDP (RFC 768).

use crate::packet::ChecksumStatus;
use crate::print::Payload;
use crate::print::application::{
    bfd, dhcp, dhcp6, dns, hsrp, kerberos, ntp, ptp, rip, ripng, snmp, syslog, tftp,
};
use crate::print::dissect::{Dissect, Known, Truncated, put};
use crate::print::link::ethernet::ethernet;
use crate::print::network::ip::Carrier;
use crate::print::network::ipsec;
use crate::print::network::{ipv4, ipv6};
use crate::print::transport::tcp::payload;
use crate::print::transport::tcp::pseudo_header;
use crate::print::tunnel::{mpls, overlay};
use crate::wire::checksum::expected;

/// Prints a datagram of `len` bytes at `at`.
pub(in crate::print) fn udp(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "udp";
    if !d.has(at, 4) {
        if ip.protocol(d)? == 17 {
            ip.push_pair(d)?;
            d.str(": ");
        }
        d.trunc();
        return Ok(());
    }
    let (src_port, dst_port) = (d.u16(at)?, d.u16(at + 2)?);
    if len < 8 {
        hosts_and_ports(d, ip, src_port, dst_port)?;
        put!(d, "truncated-udp {len}");
        return Ok(());
    }
    if !d.has(at, 6) {
        hosts_and_ports(d, ip, src_port, dst_port)?;
        d.trunc();
        return Ok(());
    }
    let mut declared = u32::from(d.u16(at + 4)?);
    // RFC 2675: a length of zero in a jumbogram.
    if declared == 0 && len > 65_535 {
        declared = len;
    }
    if declared < 8 {
        hosts_and_ports(d, ip, src_port, dst_port)?;
        put!(d, "truncated-udplength {declared}");
        return Ok(());
    }
    let declared = declared - 8;
    let len = declared.min(len - 8);
    if !d.has(at, 8) {
        hosts_and_ports(d, ip, src_port, dst_port)?;
        d.trunc();
        return Ok(());
    }
    // A forced protocol that UDP does not carry leaves nothing to print, not even hosts.
    if matches!(d.opts.payload, Payload::Nothing | Payload::Resp) {
        return Ok(());
    }
    hosts_and_ports(d, ip, src_port, dst_port)?;
    if d.opts.payload == Payload::Domain {
        return dns::message(d, at + 8, len, dns::Transport::Udp);
    }
    if d.verbose() > 0 && d.opts.verify_checksums && !ip.fragmented {
        checksum(d, at, len, ip)?;
    }
    if d.opts.quiet == 0 && payload(d, at + 8, len, src_port, dst_port)? == Known::Yes {
        return Ok(());
    }
    if declared > len && !ip.fragmented {
        put!(d, "UDP, bad length {declared} > {len}");
    } else {
        d.str("UDP, length ");
        d.dec(declared);
    }
    Ok(())
}

/// Prints the payload of a datagram between two ports, if one of them is known.
fn payload(d: &mut Dissect<'_>, at: usize, len: u32, src: u16, dst: u16) -> Result<Known, Truncated> {
    let is = |port: u16| src == port || dst == port;
    if is(53) {
        dns::message(d, at, len, dns::Transport::Udp)?;
    } else if is(5353) {
        dns::message(d, at, len, dns::Transport::Multicast)?;
    } else if is(69) {
        tftp::tftp(d, at, len)?;
    } else if is(67) || is(68) {
        dhcp::dhcp(d, at, len)?;
    } else if is(520) {
        rip::rip(d, at, len)?;
    } else if is(521) {
        ripng::ripng(d, at, len)?;
    } else if is(4500) {
        return ipsec::traversal(d, at, len);
    } else if is(161) || is(162) {
        snmp::snmp(d, at, len)?;
    } else if is(123) {
        ntp::ntp(d, at, len)?;
    } else if is(88) || is(750) {
        kerberos::kerberos(d, at)?;
    } else if is(546) || is(547) {
        dhcp6::dhcp6(d, at, len)?;
    } else if dst == 1985 {
        hsrp::hsrp(d, at, len)?;
    } else if src == 49_152 {
        shim(d, at, len)?;
    } else if bfd::is_destination(dst) {
        bfd::bfd(d, at, len, dst)?;
    } else if is(5060) {
        payload::lines(d, at, len, "sip", Some(SIP_METHODS))?;
    } else if is(514) {
        syslog::syslog(d, at, len)?;
    } else if is(8472) {
        overlay::otv(d, at, len)?;
    } else if is(4789) {
        overlay::vxlan(d, at, len)?;
    } else if is(6081) {
        overlay::geneve(d, at, len)?;
    } else if is(6635) {
        mpls::mpls(d, at, len)?;
    } else if is(319) || is(320) {
        ptp::ptp(d, at, len)?;
    } else {
        return Ok(Known::No);
    }
    Ok(Known::Yes)
}

/// Prints a shim of Broadcom's for lawful interception. Many systems take its port first
/// for what they send, so it is mostly something else that is printed so.
fn shim(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "bcm_li";
    if len < 4 {
        put!(d, " (length {len} < 4)");
        d.invalid();
        return Ok(());
    }
    let word = d.u32(at)?;
    let name = |names: &[&'static str], bits: u32| {
        names.get(bits as usize).filter(|name| !name.is_empty()).copied().unwrap_or("unknown")
    };
    let direction = name(&["", "unused", "egress", "ingress"], word >> 29);
    let kind = word >> 25 & 0xf;
    let kind_name = name(&["", "", "", "", "undecided", "ipv4", "ipv6", "ethernet"], kind);
    let tags = name(&["", "single VLAN tag", "double VLAN tag", "untagged"], word >> 22 & 7);
    let (at, len) = (at + 4, len - 4);
    let indent = if d.verbose() > 0 { "\n    " } else { "" };
    put!(d, "{indent}BCM-LI-SHIM: direction {direction}, pkt-type {kind_name}, pkt-subtype {tags}");
    put!(d, ", li-id {}{indent}", word & 0x3f_ffff);
    if indent.is_empty() {
        return d.bytes(at, len as usize).map(drop);
    }
    let version = if kind == 4 { d.u8(at)? >> 4 } else { 0 };
    match (kind, version) {
        (5, _) | (4, 4) => d.nested(|d| ipv4::packet(d, at, len)),
        (6, _) | (4, 6) => d.nested(|d| ipv6::packet(d, at, len)),
        (7, _) => {
            let cap_len = d.left(at);
            d.nested(|d| ethernet(d, at, len, cap_len).map(drop))
        }
        (4, _) => {
            d.str("unknown payload");
            Ok(())
        }
        _ => {
            d.invalid();
            Ok(())
        }
    }
}

/// First words of requests of the Session Initiation Protocol (RFC 3261 and later).
const SIP_METHODS: &[&str] = &[
    "DO",
    "ACK",
    "BYE",
    "INFO",
    "PRACK",
    "QAUTH",
    "REFER",
    "CANCEL",
    "INVITE",
    "NOTIFY",
    "SPRACK",
    "UPDATE",
    "MESSAGE",
    "OPTIONS",
    "PUBLISH",
    "REGISTER",
    "SUBSCRIBE",
];

/// Appends `SRC.sport > DST.dport: `; only the ports when the IP header does not name
/// UDP itself.
fn hosts_and_ports(d: &mut Dissect<'_>, ip: Carrier, src: u16, dst: u16) -> Result<(), Truncated> {
    let named = ip.protocol(d)? == 17;
    if named && !ip.v6 && d.opts.numeric {
        return d.numeric_pair(ip.at, src, dst);
    }
    let hosts = match (named, ip.v6) {
        (false, _) => None,
        (true, true) => Some((d.ipv6(ip.at + 8)?.into(), d.ipv6(ip.at + 24)?.into())),
        (true, false) => Some((d.ipv4(ip.at + 12)?.into(), d.ipv4(ip.at + 16)?.into())),
    };
    if let Some((from, _)) = hosts {
        d.addr(from);
        d.char(b'.');
    }
    d.udp_port(src);
    d.str(" > ");
    if let Some((_, to)) = hosts {
        d.addr(to);
        d.char(b'.');
    }
    d.udp_port(dst);
    d.str(": ");
    Ok(())
}

/// Appends what the checksum is worth: over IPv4 only with `-vv`.
fn checksum(d: &mut Dissect<'_>, at: usize, payload_len: u32, ip: Carrier) -> Result<(), Truncated> {
    if !ip.v6 && d.verbose() < 2 {
        return Ok(());
    }
    let found = d.u16(at + 6)?;
    if found == 0 && !ip.v6 {
        d.str("[no cksum] ");
        return Ok(());
    }
    let len = payload_len + 8;
    let Ok(datagram) = d.bytes(at, len as usize) else { return Ok(()) };
    match d.checksum {
        ChecksumStatus::Verified => d.str("[udp sum ok] "),
        ChecksumStatus::NotReady => d.str("[udp cksum not yet computed] "),
        ChecksumStatus::Unknown => {
            let sum = pseudo_header(d, ip, len, 17)?.over(datagram).residual();
            if sum == 0 {
                d.str("[udp sum ok] ");
            } else {
                put!(d, "[bad udp cksum 0x{found:04x} -> 0x{:04x}!] ", expected(found, sum));
            }
        }
    }
    Ok(())
}
