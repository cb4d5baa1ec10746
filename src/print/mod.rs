//! tcpdump's text: the lines tcpdump 4.99.3 prints, byte for byte.
//!
//! [`Printer`] takes packets and writes their text to any [`io::Write`]. Each protocol has its own
//! file with a function of the shape described in `dissect/mod.rs`, and each calls the next.
//!
//! | to change | look in |
//! | --- | --- |
//! | options, and what embedders set | `options` |
//! | the time in front | `time` |
//! | fetching, truncation marks, numbers and bytes as text | `dissect/mod` |
//! | names of hosts, ports and hardware; how addresses look | `dissect/name` |
//! | names of EtherTypes and protocols; bits with names | `dissect/number`, `dissect/flags` |
//! | a link type | `link/mod` (which header), `link/{ethernet,cooked,family,ppp}` |
//! | an EtherType, an LLC access point | `link/ether_type`, `link/llc` |
//! | what switches tell each other | `link/{stp,lldp,cdp,slow,loopback,eapol}` |
//! | an IP protocol | `network/ip` (the frequent ones), `network/protocol` |
//! | IP headers, options, extension headers | `network/{ipv4,ipv6}` |
//! | ARP, ICMP, IGMP, routing protocols on IP, IPsec | `network/` |
//! | tunnels | `tunnel/` |
//! | the TCP line; its options | `transport/tcp/mod`; `transport/tcp/{option,mptcp}` |
//! | what TCP or UDP carries, by port | `transport/tcp/payload`, `transport/udp` |
//! | a protocol over UDP or TCP | `application/` |
//!
//! The printers read the bytes themselves, not [`Layers`](crate::wire::Layers): where a
//! packet is cut or wrong, tcpdump's text tells in which order it looked, and a header
//! that was decoded as a whole cannot.
mod application;
mod dissect;
mod link;
mod network;
mod options;
mod time;
mod transport;
mod tunnel;

use std::fmt;
use std::io;

use self::dissect::Dissect;
pub use self::dissect::name::{Names, NoNames};
use self::options::Options;
pub use self::options::{Builder, Dump, Payload};
use self::time::Clock;
pub use self::time::{LocalTime, TimeStyle, Utc};
use crate::flow::relative::RelativeTable;
use crate::packet::Packet;

/// Longest packet tcpdump accepts, in bytes.
const MAX_PACKET: u32 = 262_144;

/// Prints packets as tcpdump does.
///
/// Every packet is one call of the writer's `write_all`: give it a
/// [`BufWriter`](io::BufWriter) where calls are dear.
///
/// ```
/// use synack::print::{Printer, TimeStyle};
/// use synack::{LinkType, Packet};
///
/// let data = [
///     0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
///     0x04, 0x01, 0, 80, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 2, 0x10, 0, 0, 0, 0, 0, // TCP
/// ];
/// let packet = Packet::new(LinkType::RAW, &data);
/// let mut printer = Printer::builder().numeric(true).time(TimeStyle::None).build(Vec::new());
/// printer.print(&packet)?;
/// assert_eq!(
///     String::from_utf8_lossy(printer.get_ref()),
///     "IP 192.0.2.1.1025 > 192.0.2.2.80: Flags [S], seq 7, win 4096, length 0\n"
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Printer<W> {
    writer: W,
    options: Options,
    names: Box<dyn Names>,
    clock: Clock,
    relative: RelativeTable,
    /// How many packets were printed.
    count: u64,
    /// The text of one packet.
    text: Vec<u8>,
    /// Scratch for nested ends.
    ends: Vec<usize>,
}

impl<W> fmt::Debug for Printer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer")
            .field("options", &self.options)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl Printer<io::Sink> {
    /// Options to print with; at first those of `tcpdump` without any, with no names.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl<W: io::Write> Printer<W> {
    /// Prints one packet.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub fn print(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        self.text.clear();
        self.format(packet);
        self.writer.write_all(&self.text)
    }

    /// Flushes the writer.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl<W> Printer<W> {
    /// The writer.
    pub fn get_ref(&self) -> &W {
        &self.writer
    }

    /// The writer, mutable: what is written to it comes between packets.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.writer
    }

    /// Gives the writer back.
    pub fn into_inner(self) -> W {
        self.writer
    }

    /// How many packets were printed.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Connections whose relative numbers were forgotten because there were too many.
    pub fn evicted(&self) -> u64 {
        self.relative.evicted()
    }

    /// Says that times have more than 31 bits of seconds. Without it seconds from 2^31 to
    /// 2^32 count as negative, which shows in differences (`-ttt`): tcpdump does so for
    /// classic files in the byte order of the host.
    pub fn set_unsigned_seconds(&mut self, unsigned: bool) {
        self.clock.unsigned = unsigned;
    }

    fn format(&mut self, packet: &Packet<'_>) {
        self.count += 1;
        let out = &mut self.text;
        if self.options.number {
            push_count(out, self.count);
        }
        if push_impossible(out, packet) {
            return;
        }
        self.clock.print(out, packet.time);
        self.ends.clear();
        let mut d = Dissect {
            out,
            opts: &self.options,
            names: &*self.names,
            relative: &mut self.relative,
            data: packet.data,
            end: packet.data.len(),
            ends: &mut self.ends,
            protocol: "",
            checksum: packet.checksum,
            depth: 0,
        };
        let header_len = match link::packet(&mut d, packet.link, packet.wire_len) {
            Ok(n) => n,
            Err(dissect::Truncated) => {
                d.trunc();
                0
            }
        };
        self.options.dump.push(&mut self.text, packet.data, header_len);
        self.text.push(b'\n');
    }
}

/// Appends the number of a packet, five columns wide.
fn push_count(out: &mut Vec<u8>, count: u64) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(count);
    out.extend(std::iter::repeat_n(b' ', 5_usize.saturating_sub(digits.len())));
    out.extend_from_slice(digits.as_bytes());
    out.extend_from_slice(b"  ");
}

/// Appends what is wrong with the lengths of a record, if anything is.
fn push_impossible(out: &mut Vec<u8>, packet: &Packet<'_>) -> bool {
    let (cap, wire) = (packet.cap_len, packet.wire_len);
    if cap > 0 && wire >= cap && wire <= MAX_PACKET {
        return false;
    }
    let start = out.len();
    let mut item = |args: fmt::Arguments<'_>| {
        out.extend_from_slice(if out.len() == start { b"[Invalid header: " } else { b", " });
        // Writing to a vector cannot fail.
        let _ = io::Write::write_fmt(out, args);
    };
    if cap == 0 {
        item(format_args!("caplen==0"));
    }
    if wire == 0 {
        item(format_args!("len==0"));
    } else if wire < cap {
        item(format_args!("len({wire}) < caplen({cap})"));
    }
    if cap > MAX_PACKET {
        item(format_args!("caplen({cap}) > {MAX_PACKET}"));
    }
    if wire > MAX_PACKET {
        item(format_args!("len({wire}) > {MAX_PACKET}"));
    }
    out.extend_from_slice(b"]\n");
    true
}

#[cfg(test)]
mod tests;
