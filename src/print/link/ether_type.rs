//! Which printer an EtherType leads to: to print another one, add its row here.
use crate::print::application::ptp;
use crate::print::dissect::{Dissect, Truncated};
use crate::print::link::{eapol, lldp, loopback, ppp, pppoe, slow};
use crate::print::network::{arp, ipv4, ipv6};
use crate::print::tunnel::mpls;

/// Prints what an EtherType announces; false when nothing here knows it.
#[inline]
pub(in crate::print) fn ether_type(
    d: &mut Dissect<'_>,
    kind: u16,
    at: usize,
    len: u32,
    cap_len: u32,
) -> Result<bool, Truncated> {
    match kind {
        0x0800 => ipv4::packet(d, at, len)?,
        0x86dd => ipv6::packet(d, at, len)?,
        0x0806 | 0x8035 => arp::arp(d, at, len, cap_len)?,
        _ => return uncommon(d, kind, at, len),
    }
    Ok(true)
}

/// Prints what an EtherType other than IPv4, IPv6 and ARP announces; false when it is
/// not known here: the caller then shows the link header and dumps the payload.
pub(in crate::print) fn uncommon(
    d: &mut Dissect<'_>,
    kind: u16,
    at: usize,
    len: u32,
) -> Result<bool, Truncated> {
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
