//! What tells connections apart: both addresses and both ports, whichever way a segment goes.
use std::net::IpAddr;

use super::connection::Endpoint;
use crate::wire::Network;

/// Addresses and ports of a connection, the lower end first. IPv4 addresses are mapped
/// into IPv6 (RFC 4291 §2.5.5.2), in words of the wire's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    first: [u64; 2],
    second: [u64; 2],
    ports: u32,
}

impl Key {
    /// The key of a segment, and whether it goes from the second end to the first.
    #[inline]
    pub(super) fn new(network: Network<'_>, src_port: u16, dst_port: u16) -> Option<(Self, bool)> {
        let (src, dst) = match network {
            Network::Ipv4(ip) => {
                let map = |addr: [u8; 4]| [0, 0xffff << 32 | u64::from(u32::from_be_bytes(addr))];
                (map(ip.src().octets()), map(ip.dst().octets()))
            }
            Network::Ipv6(ip) => {
                let halves = |addr: u128| [(addr >> 64) as u64, addr as u64];
                (halves(ip.src().into()), halves(ip.dst().into()))
            }
            _ => return None,
        };
        let reverse = (src_port, src) > (dst_port, dst);
        let (first, second, low, high) =
            if reverse { (dst, src, dst_port, src_port) } else { (src, dst, src_port, dst_port) };
        Some((Self { first, second, ports: u32::from(low) << 16 | u32::from(high) }, reverse))
    }
}

/// Where a segment comes from and goes to.
pub(super) fn endpoints(network: Network<'_>, src_port: u16, dst_port: u16) -> Option<(Endpoint, Endpoint)> {
    let (src, dst): (IpAddr, IpAddr) = match network {
        Network::Ipv4(ip) => (ip.src().into(), ip.dst().into()),
        Network::Ipv6(ip) => (ip.src().into(), ip.dst().into()),
        _ => return None,
    };
    Some((Endpoint { addr: src, port: src_port }, Endpoint { addr: dst, port: dst_port }))
}
