//! Names in expressions: what a host, service, protocol, network or Ethernet name stands for.
//!
//! The library looks nothing up by itself: no DNS, no files. Whoever compiles a filter hands in a
//! [`Resolver`]; [`EtcNames`](crate::etc::EtcNames) is one that is filled from the text of `/etc/services` and
//! its neighbours.
use std::net::{IpAddr, Ipv4Addr};

/// The ports that a service name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Service {
    /// The port over TCP.
    pub tcp: Option<u16>,
    /// The port over UDP.
    pub udp: Option<u16>,
}

/// Looks names up. Every method has a default that knows nothing.
pub trait Resolver {
    /// Every address of a host, IPv4 and IPv6, in the order to test them.
    fn host(&self, name: &str) -> Vec<IpAddr> {
        let _ = name;
        Vec::new()
    }

    /// The ports of a service, as `getaddrinfo` gives them for TCP and for UDP.
    fn service(&self, name: &str) -> Service {
        let _ = name;
        Service::default()
    }

    /// The number of an IP protocol, as `getprotobyname` gives it.
    fn protocol(&self, name: &str) -> Option<u32> {
        let _ = name;
        None
    }

    /// The number of an IPv4 network, as `getnetbyname` gives it: all four bytes, `127.0.0.0`.
    fn network(&self, name: &str) -> Option<Ipv4Addr> {
        let _ = name;
        None
    }

    /// The MAC address of an Ethernet name, as `/etc/ethers` gives it.
    fn ether(&self, name: &str) -> Option<[u8; 6]> {
        let _ = name;
        None
    }
}

/// Knows no name at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoResolver;

impl Resolver for NoResolver {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_nothing_by_default() {
        assert!(NoResolver.host("localhost").is_empty());
        assert_eq!(NoResolver.service("http"), Service::default());
        assert_eq!(NoResolver.protocol("tcp"), None);
        assert_eq!(NoResolver.network("loopback"), None);
        assert_eq!(NoResolver.ether("box"), None);
    }
}
