//! The line of a connection.
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::time::Rfc3339;
use super::verdict::Names;
use super::{Plain, RECORD};
use crate::flow::{Cause, Connection, Direction, Endpoint, Half, Rtt};

/// Everything known of a connection.
pub(super) struct Record<'a>(pub(super) &'a Connection);

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let c = self.0;
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("type", "connection")?;
        map.serialize_entry("conn", &c.id().0)?;
        map.serialize_entry("client", &End(c.client()))?;
        map.serialize_entry("server", &End(c.server()))?;
        map.serialize_entry("opened", c.opened().name())?;
        map.serialize_entry("midstream", &c.midstream())?;
        map.serialize_entry("state", &States(c))?;
        map.serialize_entry("first", &Rfc3339(c.first()))?;
        map.serialize_entry("last", &Rfc3339(c.last()))?;
        map.serialize_entry("first_packet", &c.first_packet())?;
        map.serialize_entry("last_packet", &c.last_packet())?;
        map.serialize_entry("duration_ns", &c.duration_ns())?;
        map.serialize_entry("ended", c.ended().name())?;
        map.serialize_entry("ended_by", &c.ended_by().map(Direction::sender))?;
        map.serialize_entry("reset_cause", &c.reset_cause().map(|cause| cause.name()))?;
        map.serialize_entry("reset_evidence", &c.reset_evidence().map(Names))?;
        map.serialize_entry("handshake_rtt_ns", &c.handshake_rtt_ns())?;
        map.serialize_entry("c2s", &Side(c.c2s()))?;
        map.serialize_entry("s2c", &Side(c.s2c()))?;
        map.end()
    }
}

/// An address and a port.
struct End(Endpoint);

impl Serialize for End {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(2))?;
        map.serialize_entry("addr", &self.0.addr)?;
        map.serialize_entry("port", &self.0.port)?;
        map.end()
    }
}

/// The states of both ends by RFC 9293.
pub(super) struct States<'a>(pub(super) &'a Connection);

impl Serialize for States<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_struct(RECORD, 2)?;
        map.serialize_field("client", &Plain(self.0.state(Direction::C2s).name()))?;
        map.serialize_field("server", &Plain(self.0.state(Direction::S2c).name()))?;
        map.end()
    }
}

/// What one side sent.
struct Side<'a>(&'a Half);

impl Serialize for Side<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let (half, counts) = (self.0, self.0.counts());
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("packets", &counts.packets)?;
        map.serialize_entry("bytes", &counts.bytes)?;
        map.serialize_entry("unique_bytes", &counts.unique_bytes)?;
        map.serialize_entry("missing_bytes", &half.missing_bytes())?;
        map.serialize_entry("retransmissions", &Causes(half))?;
        map.serialize_entry("spurious", &counts.spurious)?;
        map.serialize_entry("reordered", &counts.reordered)?;
        map.serialize_entry("duplicates", &counts.duplicates)?;
        map.serialize_entry("ambiguous", &counts.ambiguous)?;
        map.serialize_entry("dup_acks", &counts.dup_acks)?;
        map.serialize_entry("zero_windows", &counts.zero_windows)?;
        map.serialize_entry("zero_window_ns", &counts.zero_window_ns)?;
        map.serialize_entry("bad_checksums", &counts.bad_checksums)?;
        map.serialize_entry("initial_seq", &half.initial_seq())?;
        map.serialize_entry("mss", &half.mss())?;
        map.serialize_entry("window_scale", &half.window_scale())?;
        map.serialize_entry("sack", &half.sack())?;
        map.serialize_entry("timestamps", &half.timestamps())?;
        map.serialize_entry("vantage", half.vantage().name())?;
        map.serialize_entry("rtt_ns", &Times(half.rtt()))?;
        map.serialize_entry("ts_rtt_ns", &Times(half.ts_rtt()))?;
        map.end()
    }
}

/// Retransmissions by cause.
struct Causes<'a>(&'a Half);

impl Serialize for Causes<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let counts = self.0.counts();
        let mut map = s.serialize_map(Some(Cause::ALL.len() + 1))?;
        for (cause, n) in Cause::ALL.iter().zip(&counts.retransmissions) {
            map.serialize_entry(cause.name(), n)?;
        }
        map.serialize_entry("total", &counts.retransmissions_total())?;
        map.end()
    }
}

/// A histogram's figures; null where nothing was measured.
struct Times<'a>(&'a Rtt);

impl Serialize for Times<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let times = self.0;
        if times.count() == 0 {
            return s.serialize_none();
        }
        let mut map = s.serialize_map(Some(6))?;
        map.serialize_entry("min", &times.min())?;
        map.serialize_entry("avg", &times.avg())?;
        map.serialize_entry("p50", &times.quantile(0.5))?;
        map.serialize_entry("p95", &times.quantile(0.95))?;
        map.serialize_entry("max", &times.max())?;
        map.serialize_entry("count", &times.count())?;
        map.end()
    }
}
