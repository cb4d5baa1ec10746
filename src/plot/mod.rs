//! Graphs of a connection over time: sequence numbers as W. R. Stevens draws them, round trips,
//! throughput, bytes in flight; as SVG, and in braille on the terminal.
//!
//! [`Trace`] takes the segments of one connection; [`Trace::figure`] makes a [`Figure`] of one
//! direction, which [`svg`] and [`braille`] draw.
//!
//! | to change | look in |
//! | --- | --- |
//! | what is kept of segments, and bounds | here |
//! | which series a graph has | `figure` |
//! | what is too dense to be drawn point by point | `envelope` |
//! | SVG | `svg` |
//! | the terminal | `braille` |
//!
//! ```
//! use synack::flow::{Direction, FlowTable, Limits};
//! use synack::plot::{Graph, Trace, braille};
//! use synack::{Layers, Source, savefile};
//!
//! let mut source = savefile::open("tests/data/seeds/lab_v3.pcap")?;
//! let mut flows = FlowTable::new(Limits::default());
//! let mut trace = Trace::default();
//! while let Some(packet) = source.next_packet()? {
//!     let layers = Layers::decode(packet.link, packet.data);
//!     let seen = flows.observe(&packet, &layers);
//!     trace.push(&packet, &layers, &seen);
//! }
//! let figure = trace.figure(Graph::Sequence, Direction::S2c);
//! assert_eq!(figure.series[0].name, "data");
//! assert!(braille(&figure, 60, 12).lines().count() > 12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod braille;
mod envelope;
mod figure;
mod svg;

pub use braille::braille;
pub use figure::{Figure, Graph, Series, Shape, Unit};
pub use svg::{STYLE, embedded, svg};

use crate::flow::{Direction, Judged, Kind, Observation};
use crate::packet::Packet;
use crate::wire::{Layers, TcpFlags, TcpOption};

/// Things that a trace keeps of a direction; what comes after is counted.
const MOST: usize = 200_000;

/// Octets of a segment: when, from, to.
#[derive(Debug, Clone, Copy)]
struct Span {
    at: i64,
    from: i64,
    to: i64,
}

/// What is kept of one direction, in nanoseconds and octets since the first of it.
#[derive(Debug, Default)]
struct Half {
    fresh: Vec<Span>,
    resent: Vec<Span>,
    /// What the other end acknowledged of it, and where its window ended.
    acked: Vec<(i64, i64)>,
    window: Vec<(i64, i64)>,
    sacked: Vec<Span>,
    rtt: Vec<(i64, i64)>,
    /// The greatest number so far, beyond 32 bits.
    next: i64,
    ack: i64,
    left_out: u64,
}

/// The segments of a connection, as far as graphs show them.
#[derive(Debug, Default)]
pub struct Trace {
    halves: [Half; 2],
    origin: Option<i64>,
    last: i64,
}

impl Half {
    /// A relative number, beyond 32 bits: the one nearest to what was before.
    fn unwrap(&self, relative: u32) -> i64 {
        self.next + i64::from(relative.wrapping_sub(self.next as u32).cast_signed())
    }

    fn len(&self) -> usize {
        self.fresh.len() + self.resent.len() + self.acked.len() + self.sacked.len() + self.rtt.len()
    }
}

impl Trace {
    /// Takes a segment of the connection.
    pub fn push(&mut self, packet: &Packet<'_>, layers: &Layers<'_>, seen: &Observation<'_>) {
        self.push_with(&Judged::new(packet, layers, seen));
    }

    /// As [`Trace::push`], by what is said of the segment now.
    pub fn push_with(&mut self, judged: &Judged<'_>) {
        let Judged { packet, layers, seen, verdicts, .. } = *judged;
        let Some((layers, tcp)) = layers.segment() else { return };
        let time = packet.time.secs.saturating_mul(1_000_000_000).saturating_add_unsigned(packet.time.nanos);
        let at = time.saturating_sub(*self.origin.get_or_insert(time));
        self.last = self.last.max(at);
        let is = |kind: fn(&Kind) -> bool| verdicts.iter().any(|verdict| kind(&verdict.kind));
        if is(|kind| matches!(kind, Kind::Duplicate { .. } | Kind::BadChecksum | Kind::OutOfWindow)) {
            return;
        }
        let again = is(|kind| matches!(kind, Kind::Retransmission { .. }));
        let flags = tcp.flags();
        let ends = u32::from(flags.contains(TcpFlags::SYN)) + u32::from(flags.contains(TcpFlags::FIN));
        let span = i64::from(u32::try_from(layers.payload_len()).unwrap_or(u32::MAX)) + i64::from(ends);
        let own = &mut self.halves[seen.direction() as usize];
        if own.len() >= MOST {
            own.left_out += 1;
        } else if span > 0 && !flags.contains(TcpFlags::RST) {
            let from = own.unwrap(seen.seq());
            let octets = Span { at, from, to: from + span };
            if again {
                own.resent.push(octets)
            } else {
                own.fresh.push(octets)
            }
            own.next = own.next.max(octets.to);
        }
        let Some(ack) = seen.ack().filter(|_| !flags.contains(TcpFlags::RST)) else { return };
        let peer = &mut self.halves[seen.direction().reverse() as usize];
        if peer.len() >= MOST {
            peer.left_out += 1;
            return;
        }
        let ack = peer.unwrap(ack);
        peer.ack = peer.ack.max(ack);
        peer.acked.push((at, peer.ack));
        peer.window.push((at, ack + i64::from(seen.window())));
        peer.rtt.extend(seen.rtt_ns().and_then(|ns| i64::try_from(ns).ok()).map(|ns| (at, ns)));
        // SACK edges are given as they stand: the segment's own ack tells where they lie.
        for option in tcp.options_iter().map_while(Result::ok) {
            let TcpOption::Sack(blocks) = option else { continue };
            for (left, right) in blocks {
                let place = |edge: u32| ack + i64::from(edge.wrapping_sub(tcp.ack().0).cast_signed());
                peer.sacked.push(Span { at, from: place(left.0), to: place(right.0) });
            }
        }
    }

    /// The direction that carried more.
    pub fn busier(&self) -> Direction {
        if self.halves[0].next >= self.halves[1].next { Direction::C2s } else { Direction::S2c }
    }

    /// Segments of which there was no room for more.
    pub const fn left_out(&self) -> u64 {
        self.halves[0].left_out + self.halves[1].left_out
    }
}

#[cfg(test)]
mod tests;
