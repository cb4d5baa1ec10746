//! Zero-copy views of packet headers: borrowed, `Copy`, never allocating.
//!
//! The contract: **after `parse` succeeds, no accessor can fail or panic.** Lengths come
//! from the packet, so decoding is lax: a payload is the smaller of what was declared
//! and what was captured.
//!
//! | to change | look in |
//! | --- | --- |
//! | a link type: number, name, headers, whether printed and filtered | `link_type` |
//! | which header follows which | `layers` |
//! | a header's fields | the file of its name |
//! | an option: its number; its data | `option_kind`; `tcp_option`, `ipv4_option` |
//! | an IPv6 extension header | `ipv6_extension` |
//! | what fields are called where they are shown | `field` |
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

/// `Debug` of a view: its fields, and how many bytes its slices hold.
macro_rules! debug_view {
    ($view:ident: $($field:ident),+ $(; $($bytes:ident),+)?) => {
        impl core::fmt::Debug for $view<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($view))
                    $(.field(stringify!($field), &self.$field()))+
                    $($(.field(stringify!($bytes), &format_args!("{} bytes", self.$bytes().len())))+)?
                    .finish()
            }
        }
    };
}

mod arp;
pub mod checksum;
mod convert;
mod error;
mod ethernet;
mod field;
mod icmp;
mod icmpv4;
mod icmpv6;
mod ipv4;
mod ipv4_option;
mod ipv6;
mod ipv6_extension;
mod layers;
mod link;
mod link_type;
mod llc;
mod network;
mod null;
mod option_kind;
mod option_list;
mod proto;
mod seq;
mod sll;
mod tcp;
mod tcp_option;
mod transport;
mod udp;
mod vlan;

pub use arp::Arp;
pub use error::{Error, Layer};
pub use ethernet::{Ethernet, MacAddr};
pub use field::Part;
pub use icmpv4::Icmpv4;
pub use icmpv6::Icmpv6;
pub use ipv4::{Ipv4, Ipv4Header};
pub use ipv4_option::{Ipv4Option, Ipv4Options, Route};
pub use ipv6::{Ipv6, Ipv6Header};
pub use ipv6_extension::{Ipv6Extension, Ipv6Extensions, Ipv6Fragment};
pub use layers::Layers;
pub use link::Link;
pub(crate) use link_type::{Headers, Radio};
pub use link_type::{LinkType, UnknownLinkType};
pub use llc::Llc;
pub use network::Network;
pub use null::Null;
pub use option_kind::{Ipv4OptionKind, TcpOptionKind};
pub use proto::{EtherType, IpProtocol, PppProtocol};
pub use seq::Seq;
pub use sll::{LinuxSll, LinuxSll2, PacketType};
pub use tcp::{Ports, Tcp, TcpFlags, TcpHeader};
pub use tcp_option::{SackBlocks, SackBlocksIter, TcpOption, TcpOptions};
pub use transport::Transport;
pub use udp::Udp;
pub use vlan::{Vlan, VlanTag, Vlans};

#[cfg(test)]
mod tests;
