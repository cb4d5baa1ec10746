//! The transport layer: TCP, UDP, ICMP, or only its ports.
use super::{Icmpv4, Icmpv6, Ports, Tcp, Udp};

/// The transport layer of a packet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Transport<'a> {
    /// TCP; its options may be cut by the capture, see [`Tcp::options_missing`].
    Tcp(Tcp<'a>),
    /// UDP.
    Udp(Udp<'a>),
    /// ICMP.
    Icmpv4(Icmpv4<'a>),
    /// ICMPv6.
    Icmpv6(Icmpv6<'a>),
    /// A transport header that is cut or wrong after its ports, or that of SCTP and DCCP;
    /// [`Layers::protocol`](super::Layers::protocol) says which protocol.
    Ports(Ports),
}

impl Transport<'_> {
    /// Source and destination port, where the protocol has them.
    #[inline]
    pub fn ports(self) -> Option<Ports> {
        match self {
            Self::Tcp(t) => Some(Ports { src_port: t.src_port(), dst_port: t.dst_port() }),
            Self::Udp(u) => Some(Ports { src_port: u.src_port(), dst_port: u.dst_port() }),
            Self::Ports(p) => Some(p),
            Self::Icmpv4(_) | Self::Icmpv6(_) => None,
        }
    }
}
