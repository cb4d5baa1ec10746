//! The out-of-order queue of Linux: whole segments, sorted by where they start, that may overlap.
//!
//! As in `tcp_data_queue_ofo` (`net/ipv4/tcp_input.c`, since Linux 4.9): a new segment that lies in the one
//! before it is dropped; one that starts where another does and ends later takes its place; those
//! that it covers to its right go; one that touches the end of another becomes part of it. What overlaps
//! after that is decided when the hole is filled: the segment that starts first gives its bytes.
use std::collections::BTreeMap;
use std::ops::Range;

use super::part::{Part, Piece, span};

/// One entry of the queue: segments that touched each other when they came.
#[derive(Debug)]
pub(super) struct Run {
    first: Part,
    more: Vec<Part>,
    fin: bool,
    /// Behind the last byte and the FIN, which takes a sequence number too. (Linux does not mind
    /// data behind a FIN: what touches it is part of the stream, without a place for the FIN's number.)
    end: u64,
}

impl Run {
    fn new(start: u64, piece: Piece<'_>) -> Self {
        let end = start + piece.len() + u64::from(piece.fin);
        Self { first: Part::new(start, piece), more: Vec::new(), fin: piece.fin, end }
    }

    /// Behind the last byte.
    fn data_end(&self) -> u64 {
        self.more.last().unwrap_or(&self.first).end()
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn fin(&self) -> bool {
        self.fin
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.first).chain(&self.more)
    }

    fn cost(&self) -> usize {
        self.parts().map(Part::cost).sum()
    }

    /// Where the bytes differ from `piece` at `start`, of those from `from` on.
    fn differs(&self, start: u64, piece: Piece<'_>, from: u64) -> Option<Range<u64>> {
        let skipped = from.saturating_sub(start);
        let (start, piece) = (start + skipped, piece.skip(skipped));
        let end = start + piece.len();
        let at = self.more.partition_point(|part| part.end() <= start);
        let first = (self.first.end() > start).then(|| self.first.differs(start, piece)).flatten();
        let rest = self.more.get(at..).unwrap_or_default();
        rest.iter()
            .take_while(|part| part.start < end)
            .fold(first, |all, part| span(all, part.differs(start, piece)))
    }
}

/// What an insertion came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inserted {
    /// Where the new bytes differ from those of segments that keep theirs.
    pub(super) lost: Option<Range<u64>>,
    /// Where they differ from those of segments that they stand before or replace.
    pub(super) won: Option<Range<u64>>,
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    runs: BTreeMap<u64, Run>,
    /// What the segments in it cost.
    cost: usize,
    parts: usize,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    pub(super) fn segments(&self) -> usize {
        self.parts
    }

    pub(super) fn first(&self) -> Option<u64> {
        self.runs.first_key_value().map(|(&start, _)| start)
    }

    /// Behind the last sequence number in it.
    pub(super) fn end(&self) -> Option<u64> {
        self.runs.last_key_value().map(|(_, run)| run.end())
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = (Range<u64>, bool)> {
        self.runs.iter().map(|(&start, run)| (start..run.data_end(), run.fin))
    }

    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.cost = 0;
        self.parts = 0;
    }

    /// Takes the first entry, if it starts at `at` or before.
    pub(super) fn pop(&mut self, at: u64) -> Option<Run> {
        let entry = self.runs.first_entry().filter(|entry| *entry.key() <= at)?;
        let run = entry.remove();
        self.forget(&run);
        Some(run)
    }

    fn forget(&mut self, run: &Run) {
        self.cost -= run.cost();
        self.parts -= 1 + run.more.len();
    }

    /// Where `piece` at `start` differs from what waits.
    pub(super) fn differs(&self, start: u64, piece: Piece<'_>) -> Option<Range<u64>> {
        // Every byte is compared once, with the first that covers it, or many segments that overlap
        // one another would cost their product.
        let end = start + piece.len();
        let mut found = None;
        let mut from = start;
        if let Some((_, before)) = self.runs.range(..=start).next_back() {
            found = before.differs(start, piece, from);
            from = from.max(before.data_end());
        }
        for (&at, run) in self.runs.range(start + 1..end.max(start + 1)) {
            if from >= end {
                break;
            }
            found = span(found, run.differs(start, piece, from.max(at)));
            from = from.max(run.data_end());
        }
        found
    }

    /// Puts a segment where it belongs.
    pub(super) fn insert(&mut self, start: u64, piece: Piece<'_>) -> Inserted {
        let end = start + piece.len() + u64::from(piece.fin);
        let touches = |run: &Run| run.end() == start;
        if self.runs.last_entry().is_some_and(|last| touches(last.get())) {
            self.append(start, piece, None);
            return Inserted::default();
        }
        let mut inserted = Inserted::default();
        if let Some((&at, before)) = self.runs.range(..=start).next_back() {
            if start < before.end() {
                if end <= before.end() {
                    inserted.lost = before.differs(start, piece, start);
                    return inserted;
                }
                if at == start {
                    inserted.won = before.differs(start, piece, start);
                } else {
                    inserted.lost = before.differs(start, piece, start);
                }
            } else if touches(before) {
                inserted.won = self.covered(start, piece, start + 1);
                self.append(start, piece, Some(at));
                return inserted;
            }
        }
        let from = start + 1;
        inserted.won = span(inserted.won, self.covered(start, piece, from));
        if let Some(replaced) = self.runs.remove(&start) {
            self.forget(&replaced);
        }
        self.remove_covered(from, end);
        let run = Run::new(start, piece);
        self.cost += run.cost();
        self.parts += 1;
        self.runs.insert(start, run);
        inserted
    }

    /// Adds to the run that starts at `at`, or to the last.
    fn append(&mut self, start: u64, piece: Piece<'_>, at: Option<u64>) {
        let run = match at {
            Some(at) => self.runs.get_mut(&at),
            None => self.runs.last_entry().map(|last| last.into_mut()),
        };
        let Some(run) = run else { return };
        let part = Part::new(run.data_end(), piece);
        self.cost += part.cost();
        self.parts += 1;
        run.more.push(part);
        run.fin |= piece.fin;
        run.end = start + piece.len() + u64::from(piece.fin);
    }

    /// Where `piece` at `start` differs from segments that start at `from` or later.
    fn covered(&self, start: u64, piece: Piece<'_>, from: u64) -> Option<Range<u64>> {
        let end = start + piece.len();
        let mut compared = start;
        let mut found = None;
        for (&at, run) in self.runs.range(from..end.max(from)) {
            if compared >= end {
                break;
            }
            found = span(found, run.differs(start, piece, compared.max(at)));
            compared = compared.max(run.data_end());
        }
        found
    }

    /// Removes what starts at `from` or later, one after the other, as long as it ends by `end`.
    fn remove_covered(&mut self, from: u64, end: u64) {
        while let Some((&at, run)) = self.runs.range(from..).next() {
            if at >= end || run.end() > end {
                break;
            }
            if let Some(run) = self.runs.remove(&at) {
                self.forget(&run);
            }
        }
    }
}
