//! tcpdump's text: the lines tcpdump 4.99.3 prints, byte for byte.
//!
//! [`Printer`] takes packets and writes their text to any [`std::io::Write`]; [`Formatter`] appends
//! it to a buffer, on as many threads as there are. Each protocol has its own
//! file with a function of the shape described in `dissect/mod.rs`, and each calls the next.
//!
//! | to change | look in |
//! | --- | --- |
//! | options, and what embedders set | `options` |
//! | the time in front | `time` |
//! | a packet's line as a whole: number, time, text, dump | `formatter` |
//! | what depends on the packets before: number, differences of time, relative numbers | `sequence` |
//! | fetching, truncation marks, numbers and bytes as text | `dissect/mod` |
//! | names of hosts, ports and hardware; how addresses look | `dissect/name` |
//! | names of EtherTypes and protocols; bits with names | `dissect/number`, `dissect/flags` |
//! | a link type | its row: `src/wire/link_type.rs`; `link/mod` (which header), `link/{ethernet,cooked,family,macsec,nflog,ppp,pppoe}` |
//! | an EtherType, an LLC access point | `link/ether_type`, `link/llc` |
//! | what switches tell each other | `link/{stp,lldp,cdp,slow,loopback,eapol}` |
//! | an IP protocol | `network/ip` (the frequent ones), `network/protocol` |
//! | IP headers, options; extension headers: which follows, its text | `network/ipv4`, `network/ipv6/mod`; `network/ipv6/{mod,extension,mobility}` |
//! | ARP, ICMP, IGMP, routing protocols on IP, IPsec | `network/` |
//! | tunnels | `tunnel/` |
//! | the TCP line; its options | `transport/tcp/mod`; `transport/tcp/{option,mptcp}` |
//! | what TCP or UDP carries, by port | `transport/tcp/payload`, `transport/udp` |
//! | a protocol over UDP or TCP; of DNS a type of record | `application/`; `application/dns/record` |
//!
//! The printers read the bytes themselves, not [`Layers`](crate::wire::Layers): where a
//! packet is cut or wrong, tcpdump's text tells in which order it looked, and a header
//! that was decoded as a whole cannot.
mod application;
mod dissect;
mod formatter;
mod link;
mod network;
mod options;
mod printer;
mod sequence;
mod time;
mod transport;
mod tunnel;

pub use self::dissect::name::{Names, NoNames};
pub use self::formatter::{Formatter, Scratch, carried};
pub use self::options::{Dump, Payload, PrinterBuilder};
pub use self::printer::Printer;
pub use self::sequence::{Draft, Place, Sequence};
pub use self::time::{LocalTime, TimeStyle, Utc};

#[cfg(test)]
mod tests;
