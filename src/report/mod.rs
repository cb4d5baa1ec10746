//! A capture as one page of HTML that needs nothing else: what happened in sentences, a table of
//! connections, and of each its ladder, its graphs, and its segments in words beside their bytes.
//!
//! [`Report`] takes packets with what [`FlowTable`](crate::flow::FlowTable) said of them, and writes
//! the page in the end. It claims no more than [`explain`](crate::explain), which its words are. What
//! comes from the wire reaches the page as text only: through [`markup`](crate::markup), or as JSON in
//! which no `<` is left; a Content-Security-Policy lets nothing run but the page's own script, and
//! nothing be fetched. The page is bounded; what is not on it is counted there, and the rule is said.
//!
//! | to change | look in |
//! | --- | --- |
//! | what is kept of packets, and bounds | here: [`ReportLimits`] |
//! | what is kept of one connection, what is folded | `connection` |
//! | who gets the room, and for what | `share` |
//! | a segment, its headers and bytes | `segment` |
//! | a row of the table | `row` |
//! | the sentences at the top | `sentences` |
//! | the document | `page`; its style and script: `page.css`, `page.js` |
//! | JSON in a page | `json`; digests of the policy: `digest` |
//!
//! ```
//! use synack::explain::Style;
//! use synack::flow::{self, FlowTable};
//! use synack::report::Report;
//! use synack::{Layers, Source, savefile};
//!
//! let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
//! let mut flows = FlowTable::new(flow::Limits::default());
//! let mut report = Report::new("lab_v0.pcap", Style::Normal);
//! while let Some(packet) = source.next_packet()? {
//!     let layers = Layers::decode(packet.link, packet.data);
//!     let seen = flows.observe(&packet, &layers);
//!     report.push(&packet, &layers, &seen);
//! }
//! let mut page = Vec::new();
//! report.write(flows.connections(), &mut page)?;
//! let page = String::from_utf8(page)?;
//! assert!(page.starts_with("<!DOCTYPE html>"));
//! assert!(page.contains("1 connection ended in order"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod connection;
mod digest;
mod json;
mod page;
mod row;
mod segment;
mod sentences;
mod share;

use std::collections::BTreeMap;
use std::io;

use connection::Kept;
use row::Row;
use sentences::Totals;

use crate::explain::{Explainer, Style};
use crate::flow::{ConnId, Connection, Judged, Observation};
use crate::packet::Packet;
use crate::wire::Layers;

/// How much a page holds.
///
/// ```
/// use synack::report::ReportLimits;
///
/// assert!(ReportLimits::default().connections <= ReportLimits::default().rows);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportLimits {
    /// Connections in the table.
    pub rows: usize,
    /// Connections with a ladder and explained segments: the first of them.
    pub connections: usize,
    /// Segments of one connection that are explained; the runs between them are folded, a line each.
    pub lines: usize,
    /// Segments explained on the whole page, shared evenly.
    pub segments: usize,
    /// Bytes shown of a packet.
    pub bytes: usize,
    /// Connections with graphs: those that carried most.
    pub graphs: usize,
    /// Segments whose numbers are kept for graphs.
    pub traced: usize,
}

impl Default for ReportLimits {
    fn default() -> Self {
        Self {
            rows: 100_000,
            connections: 1000,
            lines: 1000,
            segments: 8000,
            bytes: 512,
            graphs: 40,
            traced: 1_000_000,
        }
    }
}

impl ReportLimits {
    /// Segments of one connection: its ladder has some more lines than this.
    fn of_one(&self) -> usize {
        self.lines.min(5000)
    }
}

/// A page in the making.
#[derive(Debug)]
pub struct Report {
    title: String,
    began: Option<String>,
    limits: ReportLimits,
    explainer: Explainer,
    totals: Totals,
    connections: BTreeMap<ConnId, Kept>,
    /// Connections that the table of flows let go.
    retired: Vec<Row>,
    names: segment::Names,
    /// Segments explained on the page so far, of all connections together.
    explained: usize,
    traced: usize,
}

impl Report {
    /// A page about what `title` names; `style`: for whom the words are.
    pub fn new(title: &str, style: Style) -> Self {
        Self {
            title: title.to_owned(),
            began: None,
            limits: ReportLimits::default(),
            explainer: Explainer::new(style),
            totals: Totals::default(),
            connections: BTreeMap::new(),
            retired: Vec::new(),
            names: segment::Names::default(),
            explained: 0,
            traced: 0,
        }
    }

    /// With other bounds.
    #[must_use]
    pub const fn with_limits(mut self, limits: ReportLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Says when the first packet passed, as the reader's calendar has it.
    pub fn set_began(&mut self, began: String) {
        self.began = Some(began);
    }

    /// Takes a packet, whatever it is.
    pub fn push(&mut self, packet: &Packet<'_>, layers: &Layers<'_>, seen: &Observation<'_>) {
        self.push_with(&Judged::new(packet, layers, seen));
    }

    /// As [`Report::push`], by what is said of the packet now.
    pub fn push_with(&mut self, judged: &Judged<'_>) {
        let seen = judged.seen;
        self.retire(seen);
        self.totals.packet(judged.packet);
        let segment = self.explainer.explain_with(judged);
        let (Some(explained), Some(conn)) = (segment, seen.connection()) else {
            self.totals.other += 1;
            return;
        };
        let room = self.connections.len() < self.limits.connections;
        let kept = match self.connections.entry(conn.id()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) if room => entry.insert(Kept::new(conn)),
            std::collections::btree_map::Entry::Vacant(_) => {
                self.totals.left_out += 1;
                return;
            }
        };
        if self.traced < self.limits.traced {
            self.traced += 1;
            kept.trace(judged);
        } else {
            kept.untraced += 1;
        }
        let was = kept.explained();
        kept.push(judged, explained, self.limits.bytes, &mut self.names);
        // Folding looks at all segments of a connection: it is done when there are some too many.
        let some = |limit: usize| limit.saturating_add(limit / 4);
        let most = self.limits.of_one();
        if kept.explained() > some(most) {
            kept.shrink(most);
        }
        self.explained = (self.explained + kept.explained()).saturating_sub(was);
        if self.explained > some(self.limits.segments) {
            self.share();
        }
    }

    /// Folds segments of the connections that have more than their share, until there is room.
    fn share(&mut self) {
        let most = self.limits.of_one();
        let wants: Vec<usize> = self.connections.values().map(|kept| kept.explained().min(most)).collect();
        let shares = share::shares(&wants, self.limits.segments);
        for (kept, share) in self.connections.values_mut().zip(&shares) {
            kept.shrink(*share);
        }
        self.explained = shares.iter().sum();
    }

    /// A packet that is not to be shown; what the connection table let go with it is kept.
    pub fn pass_over(&mut self, seen: &Observation<'_>) {
        self.retire(seen);
        self.totals.passed_over += 1;
    }

    /// A packet that waits to be put together with others: a fragment.
    pub fn fragment(&mut self, packet: &Packet<'_>, seen: &Observation<'_>) {
        self.retire(seen);
        self.totals.packet(packet);
        self.totals.other += 1;
    }

    fn retire(&mut self, seen: &Observation<'_>) {
        let Some(connection) = seen.retired() else { return };
        if self.counts(connection) {
            self.totals.connection(connection);
        }
        if let Some(kept) = self.connections.get_mut(&connection.id()) {
            kept.settle(connection);
        }
        if self.retired.len() < self.limits.rows {
            self.retired.push(Row::of(connection));
        }
    }

    /// Whether a connection is one of those that the page is about.
    fn counts(&self, connection: &Connection) -> bool {
        self.totals.passed_over == 0 || self.connections.contains_key(&connection.id())
    }

    /// Writes the page. `connections`: those that the table of flows still knows, in any order; they
    /// are left out where no packet of them was shown and others were passed over.
    ///
    /// # Errors
    /// As `out` fails.
    pub fn write<'a>(
        mut self,
        connections: impl IntoIterator<Item = &'a Connection>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let narrow = self.totals.passed_over > 0;
        let mut rows = std::mem::take(&mut self.retired);
        for connection in connections {
            if self.counts(connection) {
                self.totals.connection(connection);
            }
            if let Some(kept) = self.connections.get_mut(&connection.id()) {
                kept.settle(connection);
            }
            if rows.len() < self.limits.rows {
                rows.push(Row::of(connection));
            }
        }
        rows.retain(|row| !narrow || self.connections.contains_key(&row.id));
        rows.sort_unstable_by_key(|row| row.id);
        for kept in self.connections.values_mut() {
            kept.finish();
        }
        self.share();
        page::write(&self, &rows, out)
    }

    /// The connections whose graphs are drawn: those that carried most of what has a shape at all.
    fn drawn(&self) -> Vec<ConnId> {
        let mut most: Vec<(u64, ConnId)> = self
            .connections
            .iter()
            .filter(|(_, kept)| kept.data_segments() >= connection::LEAST_FOR_GRAPHS)
            .map(|(id, kept)| (kept.payload_bytes(), *id))
            .collect();
        most.sort_unstable_by_key(|(bytes, id)| (std::cmp::Reverse(*bytes), *id));
        most.truncate(self.limits.graphs);
        most.into_iter().map(|(_, id)| id).collect()
    }
}

#[cfg(test)]
mod tests;
