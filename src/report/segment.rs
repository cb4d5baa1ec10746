//! One segment on the page: its words, its headers field by field, and its bytes.
use super::json::Json;
use crate::explain::Explained;
use crate::flow::Direction;
use crate::packet::Packet;
use crate::wire::{Layers, Part};

/// A packet that may come on the page.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) explained: Explained,
    /// Headers and bytes, as they stand in the page's data.
    headers: String,
    bytes: Vec<u8>,
    captured: usize,
    wire_len: u32,
}

/// Names of headers and fields, each told once on a page.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<&'static str>);

impl Names {
    /// The number of a name.
    fn number(&mut self, name: &'static str) -> u32 {
        let at = self.0.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.0.push(name);
            self.0.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }
}

impl Segment {
    /// Keeps what the page shows of a packet; `most` of its bytes.
    pub(super) fn new(
        packet: &Packet<'_>,
        layers: &Layers<'_>,
        explained: Explained,
        most: usize,
        names: &mut Names,
    ) -> Self {
        let bytes = packet.data.get(..most).unwrap_or(packet.data).to_vec();
        Self {
            explained,
            headers: headers(layers, packet.data.len(), names),
            bytes,
            captured: packet.data.len(),
            wire_len: packet.wire_len,
        }
    }

    pub(super) fn push(&self, json: &mut Json) {
        let e = &self.explained;
        json.begin('{');
        json.key("p");
        json.number(e.packet);
        json.key("t");
        json.text(Seconds(e.since_first_ns));
        json.key("d");
        json.number(u8::from(e.direction == Direction::S2c));
        json.key("f");
        json.text(e.flag_words());
        json.key("n");
        json.text(e.numbers());
        if !e.introduction.is_empty() {
            json.key("i");
            json.begin('[');
            e.introduction.iter().for_each(|line| json.text(line));
            json.end(']');
        }
        json.key("c");
        json.begin('[');
        for clause in &e.clauses {
            json.begin('[');
            json.text(clause.topic.name());
            json.text(&clause.text);
            json.end(']');
        }
        json.end(']');
        json.key("s");
        json.begin('[');
        json.text(e.states.0.rfc_name());
        json.text(e.states.1.rfc_name());
        json.end(']');
        json.key("l");
        json.begin('[');
        json.number(self.wire_len);
        json.number(self.captured as u64);
        json.end(']');
        json.key("h");
        json.value(&self.headers);
        json.key("b");
        json.hex(&self.bytes);
        json.end('}');
    }
}

/// Headers with their fields: `[[name, from, to, [[name, from, to, "value"] …]] …]`.
fn headers(layers: &Layers<'_>, captured: usize, names: &mut Names) -> String {
    let mut json = Json::new();
    let mut open = false;
    let mut end = 0;
    json.begin('[');
    layers.parts(&mut |part| match part {
        Part::Header { name, range } => {
            if std::mem::replace(&mut open, true) {
                json.end(']');
                json.end(']');
            }
            json.begin('[');
            json.number(names.number(name));
            json.number(range.start as u64);
            json.number(range.end as u64);
            json.begin('[');
            end = end.max(range.end);
        }
        Part::Field { name, value, range } => {
            json.begin('[');
            json.number(names.number(name));
            json.number(range.start as u64);
            json.number(range.end as u64);
            json.text(value);
            json.end(']');
        }
    });
    if open {
        json.end(']');
        json.end(']');
    }
    if end < captured {
        json.begin('[');
        json.number(names.number("after the packet"));
        json.number(end as u64);
        json.number(captured as u64);
        json.begin('[');
        json.end(']');
        json.end(']');
    }
    json.end(']');
    json.into_string()
}

/// Nanoseconds as seconds with six decimals.
struct Seconds(i64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let us = self.0.unsigned_abs() / 1000;
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:06}", us / 1_000_000, us % 1_000_000)
    }
}
