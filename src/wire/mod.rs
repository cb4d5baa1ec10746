//! Zero-copy views of packet headers: borrowed, `Copy`, never allocating.
//!
//! The contract: **after `parse` succeeds, no accessor can fail or panic.** Lengths come
//! from the packet, so decoding is lax: a payload is the smaller of what was declared
//! and what was captured.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions,
        clippy::arithmetic_side_effects
    )
)]

pub mod checksum;
mod error;
mod ethernet;
mod ipv4;
mod ipv6;
mod layers;
mod link;
mod proto;
mod seq;
mod tcp;
mod udp;
mod vlan;

pub use error::{Error, Layer};
pub use ethernet::{Ethernet, MacAddr};
pub use ipv4::Ipv4;
pub use ipv6::Ipv6;
pub use layers::{Layers, Network, Transport};
pub use link::LinkType;
pub use proto::{EtherType, IpProtocol};
pub use seq::Seq;
pub use tcp::{Ports, Tcp, TcpFlags};
pub use udp::Udp;
pub use vlan::{Vlan, VlanTag};
