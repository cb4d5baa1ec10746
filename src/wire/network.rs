//! The network layer: IPv4, IPv6 or ARP.
use core::net::IpAddr;

use super::{Arp, Error, Ipv4, Ipv6, Layer};

/// The network layer of a packet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Network<'a> {
    /// IPv4.
    Ipv4(Ipv4<'a>),
    /// IPv6.
    Ipv6(Ipv6<'a>),
    /// Address resolution.
    Arp(Arp<'a>),
}

impl<'a> Network<'a> {
    /// Reads an IPv4 or IPv6 header, told apart by the version in its first byte.
    ///
    /// # Errors
    /// No bytes, another version, or as [`Ipv4::parse`] and [`Ipv6::parse`].
    #[inline]
    pub fn decode(data: &'a [u8]) -> Result<Self, Error> {
        match data.first().map(|b| b >> 4) {
            Some(4) => Ipv4::parse(data).map(Self::Ipv4),
            Some(6) => Ipv6::parse(data).map(Self::Ipv6),
            Some(_) => Err(Error::Invalid { layer: Layer::Raw, reason: "version is neither 4 nor 6" }),
            None => Err(Error::Truncated { layer: Layer::Raw, need: 1, have: 0 }),
        }
    }

    /// The address that it comes from; of ARP none, which has its own.
    #[inline]
    pub fn src(self) -> Option<IpAddr> {
        match self {
            Self::Ipv4(ip) => Some(ip.src().into()),
            Self::Ipv6(ip) => Some(ip.src().into()),
            Self::Arp(_) => None,
        }
    }

    /// The address in the header that it goes to: with a source route, the next hop.
    #[inline]
    pub fn dst(self) -> Option<IpAddr> {
        match self {
            Self::Ipv4(ip) => Some(ip.dst().into()),
            Self::Ipv6(ip) => Some(ip.dst().into()),
            Self::Arp(_) => None,
        }
    }

    /// Captured bytes after the (fixed, for IPv6) network header, without link padding.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        match self {
            Self::Ipv4(ip) => ip.payload(),
            Self::Ipv6(ip) => ip.payload(),
            Self::Arp(_) => &[],
        }
    }

    /// Bytes after the network header that it declares but the capture lacks.
    #[inline]
    pub const fn missing(self) -> usize {
        match self {
            Self::Ipv4(ip) => ip.missing(),
            Self::Ipv6(ip) => ip.missing(),
            Self::Arp(_) => 0,
        }
    }
}
