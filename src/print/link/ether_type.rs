//! Which printer an EtherType leads to: to print another one, add its row here.
use crate::print::application::ptp;
use crate::print::dissect::{Dissect, Known, Truncated};
use crate::print::link::{eapol, lldp, loopback, ppp, pppoe, slow};
use crate::print::network::{arp, ipv4, ipv6};
use crate::print::tunnel::mpls;
use crate::wire::EtherType as T;

/// Prints what an EtherType announces.
#[inline]
pub(in crate::print) fn ether_type(
    d: &mut Dissect<'_>,
    kind: u16,
    at: usize,
    len: u32,
    cap_len: u32,
) -> Result<Known, Truncated> {
    match T(kind) {
        T::IPV4 => ipv4::packet(d, at, len)?,
        T::IPV6 => ipv6::packet(d, at, len)?,
        T::ARP | T::REVARP => arp::arp(d, at, len, cap_len)?,
        _ => return uncommon(d, kind, at, len),
    }
    Ok(Known::Yes)
}

/// Prints what an EtherType other than IPv4, IPv6 and ARP announces. Of what is not known here
/// the caller shows the link header and dumps the payload.
pub(in crate::print) fn uncommon(
    d: &mut Dissect<'_>,
    kind: u16,
    at: usize,
    len: u32,
) -> Result<Known, Truncated> {
    match T(kind) {
        T::PPPOE_DISCOVERY | T::PPPOE_SESSION | T::PPPOE_DISCOVERY_OLD | T::PPPOE_SESSION_OLD => {
            pppoe::pppoe(d, at, len)?
        }
        T::EAPOL => eapol::eapol(d, at)?,
        T::SLOW => slow::slow(d, at, len)?,
        T::PPP => {
            if len > 0 {
                d.str(": ");
                ppp::ppp(d, at, len)?;
            }
        }
        T::PTP => ptp::ptp(d, at, len)?,
        T::LLDP => lldp::lldp(d, at, len)?,
        T::LOOPBACK => loopback::loopback(d, at, len)?,
        T::MPLS | T::MPLS_MULTICAST => mpls::mpls(d, at, len)?,
        _ => return Ok(Known::No),
    }
    Ok(Known::Yes)
}
