//! Why a header could not be read: which layer, where, and what was missing.

/// A header of which [`Error`] speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Layer {
    Link,
    Ethernet,
    Vlan,
    Llc,
    LinuxSll,
    LinuxSll2,
    Null,
    Raw,
    Arp,
    Ipv4,
    Ipv4Options,
    Ipv6,
    Ipv6Extension,
    Tcp,
    TcpOptions,
    Udp,
    Icmpv4,
    Icmpv6,
}

/// A header that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer bytes captured than the header needs.
    #[error("{layer:?}: {have} bytes captured of {need}")]
    Truncated {
        /// Whose header.
        layer: Layer,
        /// Bytes it needs.
        need: usize,
        /// Bytes there are.
        have: usize,
    },
    /// A field has a value that cannot be.
    #[error("{layer:?}: {reason}")]
    Invalid {
        /// Whose header.
        layer: Layer,
        /// Which field and why.
        reason: &'static str,
    },
    /// A protocol this decoder does not read.
    #[error("{layer:?}: payload of type {number:#06x} is not decoded")]
    Unsupported {
        /// Whose payload.
        layer: Layer,
        /// The number that named it.
        number: u32,
    },
}
