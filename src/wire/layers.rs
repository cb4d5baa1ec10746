//! One packet, described once.
use super::{Error, Ipv4, Ipv6, LinkType, Ports, Tcp, Udp};

/// The network layer of a packet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Network<'a> {
    /// IPv4.
    Ipv4(Ipv4<'a>),
    /// IPv6.
    Ipv6(Ipv6<'a>),
}

/// The transport layer of a packet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Transport<'a> {
    /// TCP.
    Tcp(Tcp<'a>),
    /// UDP.
    Udp(Udp<'a>),
    /// A transport header cut after its ports.
    Ports(Ports),
}

/// What could be read of a packet, from the outside in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// The outermost network header.
    pub network: Option<Network<'a>>,
    /// The transport header in it.
    pub transport: Option<Transport<'a>>,
    /// Where and why decoding stopped early.
    pub stop: Option<Error>,
}

impl<'a> Layers<'a> {
    /// Reads what can be read of `data`; never fails.
    pub fn decode(_link: LinkType, _data: &'a [u8]) -> Self {
        Self::default()
    }
}
