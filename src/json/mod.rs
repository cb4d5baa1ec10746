//! Packets, connections and corrections as JSON Lines: an object a line, UTF-8, escaped.
//!
//! Every function appends one line to a buffer. What the lines may hold is said by [`SCHEMA`],
//! a JSON Schema (2020-12); names are the RFCs' in snake case, integers stay below 2^53 (what is larger is
//! written as 2^53 - 1: durations over 104 days) and end
//! in their unit where they have one.
//!
//! | to change | look in |
//! | --- | --- |
//! | the line of a packet: link, network, transport | `packet` |
//! | options of TCP | `tcp_option` |
//! | verdicts and corrections | `verdict` |
//! | the line of a connection, its halves and times | `connection` |
//! | what the capture lost, and the last line | `summary` |
//! | times as text | `time` |
//! | how JSON is written and escaped | `writer` |
//! | what is allowed | `schema.json` |
//!
//! ```
//! use synack::flow::{FlowTable, Limits};
//! use synack::{Layers, Source, json, savefile};
//!
//! let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
//! let mut flows = FlowTable::new(Limits::default());
//! let mut lines = json::Lines::new();
//! let mut out = Vec::new();
//! while let Some(packet) = source.next_packet()? {
//!     let layers = Layers::decode(packet.link, packet.data);
//!     let seen = flows.observe(&packet, &layers);
//!     lines.packet(&mut out, &packet, &layers, &seen);
//! }
//! let first = String::from_utf8(out)?;
//! assert!(first.starts_with(r#"{"type":"packet","packet":1,"time":"20"#), "{first}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod bytes;
mod connection;
mod packet;
mod summary;
mod tcp_option;
mod time;
mod verdict;
mod writer;

pub use summary::{End, Loss};
pub use time::Rfc3339;

use crate::flow::{Connection, Correction, Observation, Verdict};
use crate::packet::{Packet, Timestamp};
use crate::wire::Layers;

/// The name of records, which JSON does not show. They go through serde as structures, though what is
/// absent is left out: then a key is known where it is written.
const RECORD: &str = "record";

/// A name of our own, in which nothing is to be escaped.
struct Plain(&'static str);

impl serde::Serialize for Plain {
    #[inline]
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        // What serde calls a name that is a value.
        s.serialize_unit_variant(RECORD, 0, self.0)
    }
}

/// What every line keeps to: a JSON Schema (2020-12).
pub const SCHEMA: &str = include_str!("schema.json");

/// Appends lines; knows when the first packet came, which `t` counts from.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    first: Option<Timestamp>,
    payload: bool,
}

impl Lines {
    /// Lines without payloads.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the lines of packets hold what they carry, in base64 (RFC 4648 §4).
    #[must_use]
    pub fn with_payload(mut self, payload: bool) -> Self {
        self.payload = payload;
        self
    }

    /// Counts `t` from this time, unless a packet came before.
    pub fn start(&mut self, time: Timestamp) {
        self.first.get_or_insert(time);
    }

    /// Appends the line of a packet with what was said of it when it passed.
    pub fn packet(
        &mut self,
        out: &mut Vec<u8>,
        packet: &Packet<'_>,
        layers: &Layers<'_>,
        seen: &Observation<'_>,
    ) {
        self.packet_with(out, packet, layers, seen, seen.verdicts(), None);
    }

    /// As [`Lines::packet`], with other verdicts (those that corrections left) and the name of the
    /// interface.
    pub fn packet_with(
        &mut self,
        out: &mut Vec<u8>,
        packet: &Packet<'_>,
        layers: &Layers<'_>,
        seen: &Observation<'_>,
        verdicts: &[Verdict],
        interface_name: Option<&str>,
    ) {
        let first = *self.first.get_or_insert(packet.time);
        let record = packet::Record {
            packet,
            layers,
            seen,
            verdicts,
            interface_name,
            since: first,
            payload: self.payload,
        };
        line(out, &record);
    }
}

/// Appends the line of a correction.
pub fn correction(out: &mut Vec<u8>, correction: &Correction) {
    line(out, &verdict::Corrected(correction));
}

/// Appends the line of a connection.
pub fn connection(out: &mut Vec<u8>, connection: &Connection) {
    line(out, &connection::Record(connection));
}

/// Appends the line of what the capture lost.
pub fn loss(out: &mut Vec<u8>, loss: &Loss) {
    line(out, loss);
}

/// Appends the last line.
pub fn end(out: &mut Vec<u8>, end: &End) {
    line(out, end);
}

/// Appends one object and the end of the line.
fn line(out: &mut Vec<u8>, record: &impl serde::Serialize) {
    // These records are of what the writer knows.
    let written = record.serialize(writer::Writer(out));
    debug_assert!(written.is_ok(), "a record that cannot be written");
    out.push(b'\n');
}

#[cfg(test)]
mod tests;
