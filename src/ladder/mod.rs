//! The sequence diagram of a connection: one model, drawn as text, Mermaid and SVG.
//!
//! [`Ladder`] takes the segments of one connection in order and keeps what the drawings show:
//! arrows with flags and relative numbers, marks for verdicts, states where they change, pauses,
//! and long transfers folded into one line.
//!
//! | to change | look in |
//! | --- | --- |
//! | what an arrow knows | here: [`Arrow`] |
//! | the words of its marks | `mark` |
//! | which segments are folded | `fold` |
//! | lines of ASCII or Unicode | `text` |
//! | Mermaid's source | `mermaid` |
//! | SVG | `svg` |
//!
//! ```
//! use synack::flow::{FlowTable, Limits};
//! use synack::ladder::{Ladders, LadderText};
//! use synack::{Layers, Source, savefile};
//!
//! let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
//! let mut flows = FlowTable::new(Limits::default());
//! let mut ladders = Ladders::default();
//! while let Some(packet) = source.next_packet()? {
//!     let layers = Layers::decode(packet.link, packet.data);
//!     let seen = flows.observe(&packet, &layers);
//!     ladders.push(&packet, &layers, &seen);
//! }
//! let mut text = String::new();
//! for ladder in ladders.finish() {
//!     LadderText::ascii(60).draw(&mut text, &ladder);
//! }
//! let syn = text.lines().find(|line| line.contains("SYN")).ok_or("no SYN")?;
//! assert_eq!(syn, "  0.000000 |----------------- SYN seq 0 ------------------>|");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod fold;
mod mark;
mod mermaid;
mod svg;
mod text;

use std::collections::BTreeMap;

use fold::Folder;
pub use fold::HELD;
pub use mark::{Mark, Weight};
pub use mermaid::mermaid;
pub use svg::{STYLE, embedded, svg};
pub use text::LadderText;

use crate::flow::{ConnId, Connection, Correction, Direction, Endpoint, Judged, Observation, Opened, State};
use crate::packet::Packet;
use crate::wire::{Layers, TcpFlags};

/// A segment in the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arrow {
    /// Number of the packet.
    pub packet: u64,
    /// Nanoseconds since the first packet of the connection; below zero when the clock went back.
    pub at_ns: i64,
    /// Which way it goes.
    pub direction: Direction,
    /// Its flags.
    pub flags: TcpFlags,
    /// Its relative sequence number.
    pub seq: u32,
    /// Its relative acknowledgment number, with the ACK flag.
    pub ack: Option<u32>,
    /// Bytes of payload.
    pub len: u32,
    /// What is to be said of it.
    pub marks: Vec<Mark>,
    /// The states after it, where they changed: the client's and the server's.
    pub states: Option<(State, State)>,
}

impl Arrow {
    /// Flags and numbers in one line: `PSH, ACK seq 1 ack 1 len 9`.
    pub fn label(&self) -> String {
        let mut label = self.flags.to_string().replace('|', ", ");
        let mut number = |name: &str, n: u32| {
            label.push(' ');
            label.push_str(name);
            label.push(' ');
            label.push_str(itoa::Buffer::new().format(n));
        };
        number("seq", self.seq);
        if let Some(ack) = self.ack {
            number("ack", ack);
        }
        if self.len > 0 {
            number("len", self.len);
        }
        label
    }

    /// The heaviest of its marks.
    pub fn weight(&self) -> Option<Weight> {
        self.marks.iter().map(|mark| mark.weight).max()
    }

    /// Whether it is one of many of its kind: nothing to be said, no flag but ACK and PSH.
    fn is_plain(&self) -> bool {
        self.states.is_none() && !self.is_of_note()
    }

    /// Whether it has a mark, or a flag beside ACK and PSH.
    pub fn is_of_note(&self) -> bool {
        let plain = TcpFlags::ACK | TcpFlags::PSH;
        !self.marks.is_empty() || !plain.contains(self.flags)
    }
}

/// Segments that are not drawn one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fold {
    /// How many each side sent: the client, the server.
    pub segments: [u64; 2],
    /// Bytes of payload each sent.
    pub bytes: [u64; 2],
    /// Segments of which something would be to be said: there was no room for them.
    pub of_note: u64,
    /// Numbers of the first and the last packet.
    pub packets: (u64, u64),
    /// When the first and the last passed, as [`Arrow::at_ns`].
    pub at_ns: (i64, i64),
}

impl Fold {
    /// In words: `412 segments, 596 kB to the client`.
    pub fn label(&self) -> String {
        let [c2s, s2c] = self.bytes;
        let segments = self.segments.iter().sum::<u64>();
        let bytes = match (c2s, s2c) {
            (0, 0) => "no data".to_owned(),
            (0, n) => format!("{} to the client", Size(n)),
            (n, 0) => format!("{} to the server", Size(n)),
            (c, s) => format!("{} to the server, {} to the client", Size(c), Size(s)),
        };
        let of_note = match self.of_note {
            0 => String::new(),
            n => format!(", {n} of them of note"),
        };
        let plural = if segments == 1 { "" } else { "s" };
        format!("{segments} segment{plural}, {bytes}{of_note}")
    }
}

/// Bytes as people say them, in powers of 1000: `23 B`, `596 kB`, `1.2 MB`.
struct Size(u64);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = self.0;
        let scaled = |unit: u64| (n / unit, n / (unit / 10) % 10);
        let (whole, tenth, unit) = match n {
            0..1000 => return write!(f, "{n} B"),
            1000..1_000_000 => (scaled(1000).0, scaled(1000).1, "kB"),
            1_000_000..1_000_000_000 => (scaled(1_000_000).0, scaled(1_000_000).1, "MB"),
            _ => (scaled(1_000_000_000).0, scaled(1_000_000_000).1, "GB"),
        };
        if whole >= 100 { write!(f, "{whole} {unit}") } else { write!(f, "{whole}.{tenth} {unit}") }
    }
}

/// One line of a drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A segment.
    Arrow(Arrow),
    /// Many segments.
    Fold(Fold),
    /// Nothing passed for so many nanoseconds.
    Pause(u64),
}

/// What is drawn of one connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ladder {
    conn: ConnId,
    client: Endpoint,
    server: Endpoint,
    opened: Opened,
    origin: i64,
    states: Option<(State, State)>,
    last: Option<i64>,
    folder: Folder,
    items: Vec<Item>,
    left_out: u64,
}

/// From here on a pause is drawn, in nanoseconds.
const PAUSE: i64 = 200_000_000;

/// Lines that a ladder keeps; what comes after is counted.
const MOST_ITEMS: usize = 20_000;

impl Ladder {
    /// The ladder of a connection; its times count from the connection's first packet.
    pub fn new(conn: &Connection) -> Self {
        Self {
            conn: conn.id(),
            client: conn.client(),
            server: conn.server(),
            opened: conn.opened(),
            origin: conn.first().saturating_nanos(),
            states: None,
            last: None,
            folder: Folder::new(),
            items: Vec::new(),
            left_out: 0,
        }
    }

    /// Draws every segment, however many.
    #[must_use]
    pub fn unfolded(mut self) -> Self {
        self.folder.disable();
        self
    }

    /// The connection.
    pub const fn conn(&self) -> ConnId {
        self.conn
    }

    /// The left end.
    pub const fn client(&self) -> Endpoint {
        self.client
    }

    /// The right end.
    pub const fn server(&self) -> Endpoint {
        self.server
    }

    /// How it is known who the client is.
    pub const fn opened(&self) -> Opened {
        self.opened
    }

    /// What is to be drawn, from above.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Lines that were not kept.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Takes a segment of this connection.
    pub fn push(&mut self, packet: &Packet<'_>, layers: &Layers<'_>, seen: &Observation<'_>) {
        self.push_with(&Judged::new(packet, layers, seen));
    }

    /// As [`Ladder::push`], by what is said of the packet now.
    pub fn push_with(&mut self, judged: &Judged<'_>) {
        self.correct(judged.corrections);
        let Some(arrow) = self.arrow(judged) else { return };
        if let Some(last) = self.last.replace(arrow.at_ns)
            && let Ok(pause) = u64::try_from(arrow.at_ns.saturating_sub(last))
            && pause >= PAUSE.unsigned_abs()
        {
            self.flush();
            self.keep(Item::Pause(pause));
        }
        let mut ready = Vec::new();
        self.folder.push(arrow, &mut ready);
        ready.into_iter().for_each(|item| self.keep(item));
    }

    /// Draws what is held back to be folded: at the end, or when nothing came for a while.
    pub fn flush(&mut self) {
        let mut ready = Vec::new();
        self.folder.flush(&mut ready);
        ready.into_iter().for_each(|item| self.keep(item));
    }

    /// Takes the lines out that are ready: a live drawing grows by these.
    pub fn take_items(&mut self) -> Vec<Item> {
        std::mem::take(&mut self.items)
    }

    /// Folds the arrows so far that `keeps` refuses into lines that count them. What is still held back
    /// to be folded is not among them: see [`Ladder::flush`].
    pub fn fold(&mut self, keeps: impl FnMut(&Arrow) -> bool) {
        self.items = fold::refold(std::mem::take(&mut self.items), keeps);
    }

    fn keep(&mut self, item: Item) {
        if self.items.len() < MOST_ITEMS {
            self.items.push(item);
        } else {
            self.left_out += 1;
        }
    }

    fn arrow(&mut self, judged: &Judged<'_>) -> Option<Arrow> {
        let Judged { packet, layers, seen, verdicts, .. } = *judged;
        let conn = seen.connection()?;
        let (layers, tcp) = layers.segment()?;
        let states = (conn.state(Direction::C2s), conn.state(Direction::S2c));
        let changed = self.states.replace(states) != Some(states);
        Some(Arrow {
            packet: seen.packet(),
            at_ns: packet.time.saturating_nanos().saturating_sub(self.origin),
            direction: seen.direction(),
            flags: tcp.flags(),
            seq: seen.seq(),
            ack: seen.ack(),
            len: u32::try_from(layers.payload_len()).unwrap_or(u32::MAX),
            marks: mark::marks(verdicts),
            states: changed.then_some(states),
        })
    }

    /// What the packet shows of earlier ones: these get other marks, where they are still there.
    fn correct(&mut self, corrections: &[Correction]) {
        for correction in corrections {
            let found = self.items.iter_mut().rev().find_map(|item| match item {
                Item::Arrow(arrow) if arrow.packet == correction.packet => Some(arrow),
                _ => None,
            });
            if let Some(arrow) = found {
                arrow.marks = mark::marks(correction.verdicts());
            }
        }
    }
}

/// The ladders of a capture, up to a bound.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Ladders {
    by_conn: BTreeMap<ConnId, Ladder>,
    unfolded: bool,
    left_out: u64,
}

/// Connections that are drawn.
const MOST_CONNECTIONS: usize = 1000;

impl Ladders {
    /// Ladders in which every segment is drawn.
    pub fn unfolded() -> Self {
        Self { unfolded: true, ..Self::default() }
    }

    /// Takes a packet; what is no segment of a connection is passed over.
    pub fn push(&mut self, packet: &Packet<'_>, layers: &Layers<'_>, seen: &Observation<'_>) {
        if let Some(ladder) = self.of(seen) {
            ladder.push(packet, layers, seen);
        }
    }

    /// The ladder of a packet's connection; `None` when there is no room for another one.
    pub fn of(&mut self, seen: &Observation<'_>) -> Option<&mut Ladder> {
        let conn = seen.connection()?;
        let room = self.by_conn.len() < MOST_CONNECTIONS;
        let unfolded = self.unfolded;
        let ladder = match self.by_conn.entry(conn.id()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) if room => {
                let ladder = Ladder::new(conn);
                entry.insert(if unfolded { ladder.unfolded() } else { ladder })
            }
            std::collections::btree_map::Entry::Vacant(_) => {
                self.left_out += u64::from(seen.opened());
                return None;
            }
        };
        Some(ladder)
    }

    /// Connections of which there was no room for a ladder.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The ladders as they are.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Ladder> {
        self.by_conn.values_mut()
    }

    /// The ladders, in the order of their connections.
    pub fn finish(self) -> impl Iterator<Item = Ladder> {
        self.by_conn.into_values().map(|mut ladder| {
            ladder.flush();
            ladder
        })
    }
}

/// Nanoseconds as seconds with six decimals.
fn seconds(ns: i64) -> String {
    let us = ns.unsigned_abs() / 1000;
    let sign = if ns < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", us / 1_000_000, us % 1_000_000)
}

/// A pause in words.
fn pause(ns: u64) -> String {
    let ms = ns / 1_000_000;
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

#[cfg(test)]
mod tests;
