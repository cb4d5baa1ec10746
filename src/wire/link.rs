//! The link-layer header that a packet starts with.
use super::{Ethernet, LinuxSll, LinuxSll2, Null};

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
