//! Verdicts: what was said of a packet, and what a later one corrected.
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::flow::{Correction, Evidence, Kind, Verdict};

/// A list of verdicts.
pub(super) struct Verdicts<'a>(pub(super) &'a [Verdict]);

impl Serialize for Verdicts<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut list = s.serialize_seq(Some(self.0.len()))?;
        for verdict in self.0 {
            list.serialize_element(&One(verdict))?;
        }
        list.end()
    }
}

/// What a verdict rests on.
pub(super) struct Names(pub(super) Evidence);

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.names())
    }
}

struct One<'a>(&'a Verdict);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("kind", self.0.kind.name())?;
        match self.0.kind {
            Kind::Retransmission { of, cause, spurious } => {
                map.serialize_entry("of", &of)?;
                map.serialize_entry("cause", cause.name())?;
                map.serialize_entry("spurious", &spurious)?;
            }
            Kind::Reordered { late_by_ns, late_by_packets } => {
                map.serialize_entry("late_by_ns", &late_by_ns)?;
                map.serialize_entry("late_by_packets", &late_by_packets)?;
            }
            Kind::Duplicate { of, made_by } => {
                map.serialize_entry("of", &of)?;
                map.serialize_entry("made_by", made_by.name())?;
            }
            Kind::Ambiguous { between } => {
                map.serialize_entry("between", &between.names().collect::<Vec<_>>())?;
            }
            Kind::DupAck { n } => map.serialize_entry("n", &n)?,
            Kind::Gap { missing } | Kind::AckUnseen { missing } => {
                map.serialize_entry("missing_bytes", &missing)?;
            }
            Kind::PortReused { of } => map.serialize_entry("of_conn", &of)?,
            _ => {}
        }
        map.serialize_entry("evidence", &Names(self.0.evidence))?;
        map.serialize_entry("confidence", self.0.confidence.name())?;
        map.end()
    }
}

/// The line of a correction.
pub(super) struct Corrected<'a>(pub(super) &'a Correction);

impl Serialize for Corrected<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(4))?;
        map.serialize_entry("type", "correction")?;
        map.serialize_entry("packet", &self.0.packet)?;
        map.serialize_entry("verdicts", &Verdicts(self.0.verdicts()))?;
        map.serialize_entry("because", &self.0.because)?;
        map.end()
    }
}
