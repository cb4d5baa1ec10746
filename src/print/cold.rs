//! Protocols off the main road: by EtherType and by IP protocol number.
use crate::print::application::ptp;
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::link::Macs;
use crate::print::link::{eapol, lldp, loopback, ppp, pppoe, slow};
use crate::print::network::ip::Carrier;
use crate::print::network::{igmp, ospf, routing, vrrp};
use crate::print::transport::{dccp, sctp};
use crate::print::tunnel::{gre, mpls};

/// Prints what an EtherType other than IPv4, IPv6 and ARP announces; false when it is
/// not known here: the caller then shows the link header and dumps the payload.
pub(in crate::print) fn ether_type(
    d: &mut Dissect<'_>,
    kind: u16,
    at: usize,
    len: u32,
    cap_len: u32,
    macs: Option<Macs>,
) -> Result<bool, Truncated> {
    let _ = (cap_len, macs);
    match kind {
        0x8863 | 0x8864 | 0x3c12 | 0x3c13 => pppoe::pppoe(d, at, len)?,
        0x888e => eapol::eapol(d, at)?,
        0x8809 => slow::slow(d, at, len)?,
        0x880b => {
            if len > 0 {
                d.str(": ");
                ppp::ppp(d, at, len)?;
            }
        }
        0x88f7 => ptp::ptp(d, at, len)?,
        0x88cc => lldp::lldp(d, at, len)?,
        0x9000 => loopback::loopback(d, at, len)?,
        0x8847 | 0x8848 => mpls::mpls(d, at, len)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Prints the payload of an IP packet that is not TCP, UDP, ICMP or IP; false when it
/// is not known here: the caller then prints ` ip-proto-N LENGTH`.
pub(in crate::print) fn ip_protocol(
    d: &mut Dissect<'_>,
    protocol: u8,
    at: usize,
    len: u32,
    ip: Carrier,
) -> Result<bool, Truncated> {
    match protocol {
        2 => igmp::igmp(d, at, len)?,
        8 => routing::egp(d, at, len)?,
        9 => routing::igrp(d, at, len)?,
        33 => dccp::dccp(d, at, len, ip)?,
        46 => routing::rsvp(d, at, len)?,
        47 => gre::gre(d, at, len)?,
        50 => encapsulated(d, at, len)?,
        55 => routing::minimal_encapsulation(d, at, len)?,
        88 => routing::eigrp(d, at, len)?,
        89 if ip.v6 => routing::ospf6(d, at, len)?,
        89 => ospf::ospf(d, at, len)?,
        103 => routing::pim(d, at, len)?,
        108 => compressed(d, at)?,
        112 => vrrp::vrrp(d, at, len, ip)?,
        132 => sctp::sctp(d, at, len, ip)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Prints the header of an IPsec encapsulated payload (RFC 4303); what follows is secret.
fn encapsulated(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "esp";
    // tcpdump wants at least one byte after the header.
    if d.left(at) <= 8 {
        d.trunc();
        return Ok(());
    }
    put!(d, "ESP(spi=0x{:08x},seq=0x{:x}), length {len}", d.u32(at)?, d.u32(at + 4)?);
    Ok(())
}

/// Prints what IPsec sends through address translators in UDP (RFC 3948); false for a
/// message of the key exchange.
pub(in crate::print) fn traversal(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<bool, Truncated> {
    d.protocol = "isakmp_rfc3948";
    if len == 1 && d.u8(at)? == 0xff {
        d.str("isakmp-nat-keep-alive");
    } else if len < 4 {
        d.trunc();
    } else if d.u32(at)? == 0 {
        return Ok(false);
    } else {
        d.str("UDP-encap: ");
        encapsulated(d, at, len)?;
    }
    Ok(true)
}

/// Prints the header of a compressed payload (RFC 3173).
fn compressed(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    d.protocol = "ipcomp";
    put!(d, "IPComp(cpi=0x{:04x})", d.u16(at + 2)?);
    Ok(())
}
