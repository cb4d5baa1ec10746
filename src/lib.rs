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
//! | [`stream`] | connections as streams: reassembly as a receiver does it |
//! | [`explain`] | every segment in words, with its numbers and reasons |
//! | [`ladder`] | sequence diagrams: text, Mermaid, SVG |
//! | [`plot`] | graphs over time: SVG, braille |
//! | [`report`] | a capture as one page of HTML that needs nothing else |
//! | [`markup`] | SVG and HTML, escaped by construction |
//! | `json` | packets, connections and corrections as JSON Lines (feature `json`) |
//! | [`mod@print`] | tcpdump's text |
//! | [`hex`] | hex and ASCII dumps |
//!
//! # Features
//!
//! | feature | what it brings |
//! | --- | --- |
//! | `capture` | [`capture`]: live capture from the Linux kernel |
//! | `compress` | capture files that gzip, zstd and lz4 compressed, read and written |
//! | `json` | `json`: packets, connections and corrections as JSON Lines |
//! | `cli` (default) | all of them, and what the program `synack` needs beside the library |
//!
//! A library wants `default-features = false`, and of these what it uses.
//!
//! Without `capture` it compiles for Windows and WebAssembly too: all but what makes capture files safely on
//! disk, which is for Unix (`savefile::create`, `savefile::RotatingWriter`); a writer takes any
//! [`savefile::Sink`].
//!
//! # Example
//!
//! The segments of a capture file that a filter selects, as text:
//!
//! ```
//! use synack::filter::Filter;
//! use synack::print::Printer;
//! use synack::{LinkType, Source, savefile};
//!
//! let filter = Filter::compile("tcp[tcpflags] & tcp-fin != 0", LinkType::ETHERNET)?;
//! let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
//! let mut printer = Printer::builder().numeric(true).build(Vec::new());
//! while let Some(packet) = source.next_packet()? {
//!     if filter.matches(packet.data, packet.wire_len) {
//!         printer.print(&packet)?;
//!     }
//! }
//! let text = String::from_utf8(printer.into_inner())?;
//! assert_eq!(text.lines().count(), 2);
//! assert!(text.lines().all(|line| line.contains("Flags [F.]")), "{text}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod bpf;
#[cfg(all(target_os = "linux", feature = "capture"))]
pub mod capture;
pub mod error;
pub mod etc;
pub mod explain;
pub mod filter;
pub mod flow;
#[doc(hidden)]
pub mod fuzzing;
pub mod hex;
#[cfg(feature = "json")]
pub mod json;
pub mod ladder;
pub mod markup;
pub mod packet;
pub mod plot;
pub mod print;
pub mod report;
pub mod savefile;
pub mod stream;
#[cfg(all(target_os = "linux", feature = "capture"))]
#[doc(hidden)]
pub mod sys;
mod text;
pub mod wire;

pub use error::Error;
pub use packet::{Packet, PacketBuf, Packets, Source, Step, Timestamp};
pub use wire::{Layers, LinkType};

/// The README's examples are compiled and run like all others.
#[cfg(all(doctest, target_os = "linux", feature = "capture"))]
#[doc = include_str!("../README.md")]
struct Readme;
