//! Which printer an IP protocol number leads to: to print another one, add its row here.
use crate::print::dissect::{Dissect, Truncated};
use crate::print::network::ip::Carrier;
use crate::print::network::{igmp, ipsec, ospf, routing, vrrp};
use crate::print::transport::{dccp, sctp};
use crate::print::tunnel::gre;

/// Prints the payload of an IP packet that is not TCP, UDP, ICMP or IP; false when it
/// is not known here: the caller then prints ` ip-proto-N LENGTH`.
pub(in crate::print) fn uncommon(
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
        50 => ipsec::encapsulated(d, at, len)?,
        55 => routing::minimal_encapsulation(d, at, len)?,
        88 => routing::eigrp(d, at, len)?,
        89 if ip.v6 => routing::ospf6(d, at, len)?,
        89 => ospf::ospf(d, at, len)?,
        103 => routing::pim(d, at, len)?,
        108 => ipsec::compressed(d, at)?,
        112 => vrrp::vrrp(d, at, len, ip)?,
        132 => sctp::sctp(d, at, len, ip)?,
        _ => return Ok(false),
    }
    Ok(true)
}
