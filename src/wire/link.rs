//! Link layers: their numbers in capture files, and the header a packet starts with.
use core::fmt;

use super::{Ethernet, LinuxSll, LinuxSll2, Null};

/// A link-layer header type (`DLT_*`/`LINKTYPE_*`), see <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: a four-byte address family in host byte order.
    pub const NULL: Self = Self(0);
    /// Ethernet (`DLT_EN10MB`).
    pub const ETHERNET: Self = Self(1);
    /// Raw IP as live captures number it (`DLT_RAW` on Linux); files use [`LinkType::RAW`].
    pub const DLT_RAW: Self = Self(12);
    /// Raw IPv4 or IPv6, told apart by the first nibble.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: a four-byte address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// libpcap's short name: `EN10MB`.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NULL => "NULL",
            Self::ETHERNET => "EN10MB",
            Self::DLT_RAW | Self::RAW => "RAW",
            Self::LOOP => "LOOP",
            Self::LINUX_SLL => "LINUX_SLL",
            Self::IPV4 => "IPV4",
            Self::IPV6 => "IPV6",
            Self::LINUX_SLL2 => "LINUX_SLL2",
            _ => return None,
        })
    }
}

impl fmt::Debug for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "LinkType({})", self.0),
        }
    }
}

/// The link-layer header of a packet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Link<'a> {
    /// Ethernet II or 802.3.
    Ethernet(Ethernet<'a>),
    /// Linux cooked capture, version 1.
    LinuxSll(LinuxSll<'a>),
    /// Linux cooked capture, version 2.
    LinuxSll2(LinuxSll2<'a>),
    /// BSD loopback (`NULL`, `LOOP`).
    Null(Null<'a>),
    /// No link header: the packet starts with IP.
    Raw,
}
