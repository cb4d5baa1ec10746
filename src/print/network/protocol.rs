//! Which printer an IP protocol number leads to: to print another one, add its row here.
use crate::print::dissect::{Dissect, Known, Truncated};
use crate::print::network::ip::Carrier;
use crate::print::network::{igmp, ipsec, ospf, routing, vrrp};
use crate::print::transport::{dccp, sctp};
use crate::print::tunnel::gre;
use crate::wire::IpProtocol as P;

/// Prints the payload of an IP packet that is not TCP, UDP, ICMP or IP. Of what is not known
/// here the caller prints ` ip-proto-N LENGTH`.
pub(in crate::print) fn uncommon(
    d: &mut Dissect<'_>,
    protocol: u8,
    at: usize,
    len: u32,
    ip: Carrier,
) -> Result<Known, Truncated> {
    match P(protocol) {
        P::IGMP => igmp::igmp(d, at, len)?,
        P::EGP => routing::egp(d, at, len)?,
        P::IGRP => routing::igrp(d, at, len)?,
        P::DCCP => dccp::dccp(d, at, len, ip)?,
        P::RSVP => routing::rsvp(d, at, len)?,
        P::GRE => gre::gre(d, at, len)?,
        P::ESP => ipsec::encapsulated(d, at, len)?,
        P::MINIMAL_ENCAPSULATION => routing::minimal_encapsulation(d, at, len)?,
        P::EIGRP => routing::eigrp(d, at, len)?,
        P::OSPF if ip.v6 => routing::ospf6(d, at, len)?,
        P::OSPF => ospf::ospf(d, at, len)?,
        P::PIM => routing::pim(d, at, len)?,
        P::IPCOMP => ipsec::compressed(d, at)?,
        P::VRRP => vrrp::vrrp(d, at, len, ip)?,
        P::SCTP => sctp::sctp(d, at, len, ip)?,
        _ => return Ok(Known::No),
    }
    Ok(Known::Yes)
}
