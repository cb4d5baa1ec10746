//! Capture, decode, filter and print TCP traffic the way `tcpdump` does.
//!
//! The crate is layered; each module uses only those above it in this list:
//!
//! | module | what it does |
//! | --- | --- |
//! | [`wire`] | zero-copy views of packet headers |
//! | [`bpf`] | classic BPF: instructions, validator, virtual machine |
//! | [`packet`] | a packet with its time, lengths and link type; the [`packet::Source`] trait |
//! | [`filter`] | the pcap filter language, compiled to BPF |
//! | [`capture`] | live capture on Linux |
//! | [`savefile`] | capture files, read and written |
//! | [`flow`] | what is remembered per connection |
//! | [`mod@print`] | tcpdump's text |
//! | [`hex`] | hex and ASCII dumps |
pub mod bpf;
#[cfg(all(target_os = "linux", feature = "capture"))]
pub mod capture;
pub mod error;
pub mod filter;
pub mod flow;
#[doc(hidden)]
pub mod fuzzing;
pub mod hex;
pub mod packet;
pub mod print;
pub mod savefile;
#[cfg(all(target_os = "linux", feature = "capture"))]
pub mod sys;
pub mod wire;

pub use error::Error;
pub use packet::{Packet, Source, Step, Timestamp};
pub use wire::{Layers, LinkType};
