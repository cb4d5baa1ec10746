//! The bytes of one segment that wait, and how two copies compare.
use std::ops::Range;

use super::event::Origin;
use super::limits::StreamLimits;

/// What a segment carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) bytes: &'a [u8],
    /// How many more the segment had that the capture lacks.
    pub(super) missing: u64,
    pub(super) fin: bool,
    pub(super) origin: Origin,
}

impl<'a> Piece<'a> {
    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64 + self.missing
    }

    /// What is left without the first `n` bytes.
    pub(super) fn skip(self, n: u64) -> Self {
        let captured = self.bytes.len() as u64;
        let bytes = usize::try_from(n).ok().and_then(|n| self.bytes.get(n..)).unwrap_or_default();
        Self { bytes, missing: self.missing.saturating_sub(n.saturating_sub(captured)), ..self }
    }

    /// The first `n` bytes.
    pub(super) fn take(self, n: u64) -> Self {
        let bytes = usize::try_from(n).ok().and_then(|n| self.bytes.get(..n)).unwrap_or(self.bytes);
        Self { bytes, missing: self.missing.min(n.saturating_sub(bytes.len() as u64)), ..self }
    }
}

/// The bytes of one segment, kept.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) start: u64,
    bytes: Box<[u8]>,
    missing: u64,
    origin: Origin,
}

impl Part {
    pub(super) fn new(start: u64, piece: Piece<'_>) -> Self {
        Self { start, bytes: piece.bytes.into(), missing: piece.missing, origin: piece.origin }
    }

    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64 + self.missing
    }

    pub(super) fn cost(&self) -> usize {
        self.bytes.len() + StreamLimits::SEGMENT_COST
    }

    pub(super) fn piece(&self) -> Piece<'_> {
        Piece { bytes: &self.bytes, missing: self.missing, fin: false, origin: self.origin }
    }

    /// From the first to the last byte that differs from `piece` at `start`.
    pub(super) fn differs(&self, start: u64, piece: Piece<'_>) -> Option<Range<u64>> {
        let from = self.start.max(start);
        let ours = self.piece().skip(from - self.start).bytes;
        let theirs = piece.skip(from - start).bytes;
        let len = ours.len().min(theirs.len());
        let (ours, theirs) = (ours.get(..len)?, theirs.get(..len)?);
        if ours == theirs {
            return None;
        }
        let first = ours.iter().zip(theirs).position(|(a, b)| a != b)?;
        let last = ours.iter().zip(theirs).rposition(|(a, b)| a != b)?;
        Some(from + first as u64..from + last as u64 + 1)
    }
}

/// Joins two ranges into the one that holds both.
pub(super) fn span(a: Option<Range<u64>>, b: Option<Range<u64>>) -> Option<Range<u64>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.start.min(b.start)..a.end.max(b.end)),
        (a, b) => a.or(b),
    }
}
