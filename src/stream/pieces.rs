//! Segments that wait under the other policies: pieces that do not overlap, each with the extent of the
//! segment it is from, by which the rule decides.
use std::collections::BTreeMap;
use std::ops::Range;

use super::part::{Part, Piece, span};
use super::policy::Policy;
use super::queue::Inserted;

#[derive(Debug)]
struct Owned {
    part: Part,
    /// The segment as it was sent.
    whole: Range<u64>,
}

/// The pieces.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pieces: BTreeMap<u64, Owned>,
    cost: usize,
}

impl Pieces {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    pub(super) fn segments(&self) -> usize {
        self.pieces.len()
    }

    pub(super) fn first(&self) -> Option<u64> {
        self.pieces.first_key_value().map(|(&start, _)| start)
    }

    pub(super) fn end(&self) -> Option<u64> {
        self.pieces.last_key_value().map(|(_, owned)| owned.part.end())
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.pieces.iter().map(|(&start, owned)| start..owned.part.end())
    }

    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.cost = 0;
    }

    /// Takes the first piece, if it starts at `at` or before.
    pub(super) fn pop(&mut self, at: u64) -> Option<Part> {
        let entry = self.pieces.first_entry().filter(|entry| *entry.key() <= at)?;
        let owned = entry.remove();
        self.cost -= owned.part.cost();
        Some(owned.part)
    }

    fn put(&mut self, start: u64, piece: Piece<'_>, whole: &Range<u64>) {
        if piece.len() == 0 {
            return;
        }
        let part = Part::new(start, piece);
        self.cost += part.cost();
        self.pieces.insert(start, Owned { part, whole: whole.clone() });
    }

    /// Puts a segment among the pieces; `whole` is its extent as it was sent.
    pub(super) fn insert(
        &mut self,
        policy: Policy,
        start: u64,
        piece: Piece<'_>,
        whole: &Range<u64>,
    ) -> Inserted {
        let end = start + piece.len();
        let mut inserted = Inserted::default();
        let mut from = start;
        while from < end {
            let Some(at) = self.overlapping(from, end) else {
                self.put(from, piece.skip(from - start), whole);
                break;
            };
            if from < at {
                self.put(from, piece.skip(from - start).take(at - from), whole);
            }
            let Some(old) = self.pieces.get(&at) else { break };
            let shared = at.max(from)..old.part.end().min(end);
            let copy = piece.skip(shared.start - start).take(shared.end - shared.start);
            let differs = old.part.differs(shared.start, copy);
            if policy.newer_wins(&old.whole, whole) {
                inserted.won = span(inserted.won, differs);
                self.cut(at, &shared);
                self.put(shared.start, copy, whole);
            } else {
                inserted.lost = span(inserted.lost, differs);
            }
            from = shared.end;
        }
        inserted
    }

    /// The start of the first piece that has bytes in `from..end`.
    fn overlapping(&self, from: u64, end: u64) -> Option<u64> {
        let before = self.pieces.range(..=from).next_back().filter(|(_, old)| old.part.end() > from);
        before.or_else(|| self.pieces.range(from..end).next()).map(|(&at, _)| at)
    }

    /// Takes `hole` out of the piece that starts at `at`.
    fn cut(&mut self, at: u64, hole: &Range<u64>) {
        let Some(old) = self.pieces.remove(&at) else { return };
        self.cost -= old.part.cost();
        let piece = old.part.piece();
        self.put(at, piece.take(hole.start - at), &old.whole);
        self.put(hole.end, piece.skip(hole.end - at), &old.whole);
    }
}
