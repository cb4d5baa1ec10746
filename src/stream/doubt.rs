//! Segments that the receiver seems to have ignored, kept for a while.
//!
//! What a receiver accepts depends on what it sent and was sent before. A capture that lacks some of
//! that misjudges; the acknowledgments that follow tell.
use std::collections::VecDeque;

use super::limits::Limits;
use super::part::{Part, Piece};

/// The segments, oldest first.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    parts: VecDeque<Part>,
    cost: usize,
}

impl Doubts {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Keeps a copy, and forgets the oldest ones beyond the limit.
    pub(super) fn keep(&mut self, start: u64, piece: Piece<'_>, limits: &Limits) {
        let part = Part::new(start, piece);
        self.cost += part.cost();
        self.parts.push_back(part);
        while self.cost > limits.doubtful {
            let Some(part) = self.parts.pop_front() else { break };
            self.cost -= part.cost();
        }
    }

    /// Forgets what lies before `next`.
    pub(super) fn forget(&mut self, next: u64) {
        while self.parts.front().is_some_and(|part| part.end() <= next) {
            if let Some(part) = self.parts.pop_front() {
                self.cost -= part.cost();
            }
        }
    }

    /// Takes the oldest one that has the byte at `next` and ends by `acked`.
    pub(super) fn take(&mut self, next: u64, acked: u64) -> Option<Part> {
        let fits = |part: &Part| part.start <= next && part.end() > next && part.end() <= acked;
        let at = self.parts.iter().position(fits)?;
        let part = self.parts.remove(at)?;
        self.cost -= part.cost();
        Some(part)
    }

    pub(super) fn clear(&mut self) {
        self.parts.clear();
        self.cost = 0;
    }
}
