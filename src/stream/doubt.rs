//! Segments that the receiver seems to have ignored, kept for a while.
//!
//! What a receiver accepts depends on what it sent and was sent before. A capture that lacks some of
//! that misjudges; the acknowledgments that follow tell.
use std::collections::VecDeque;

use super::limits::StreamLimits;
use super::part::{Part, Piece};

/// One of them.
#[derive(Debug)]
pub(super) struct Doubt {
    part: Part,
    fin: bool,
}

impl Doubt {
    pub(super) fn start(&self) -> u64 {
        self.part.start
    }

    pub(super) fn piece(&self) -> Piece<'_> {
        Piece { fin: self.fin, ..self.part.piece() }
    }

    /// Behind the last byte and the FIN.
    fn end(&self) -> u64 {
        self.part.end() + u64::from(self.fin)
    }
}

/// The segments, oldest first.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    parts: VecDeque<Doubt>,
    cost: usize,
}

impl Doubts {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Keeps a copy, and forgets the oldest ones beyond the limit.
    pub(super) fn keep(&mut self, start: u64, piece: Piece<'_>, limits: &StreamLimits) {
        let part = Part::new(start, piece);
        self.cost += part.cost();
        self.parts.push_back(Doubt { part, fin: piece.fin });
        while self.cost > limits.doubtful {
            let Some(doubt) = self.parts.pop_front() else { break };
            self.cost -= doubt.part.cost();
        }
    }

    /// Forgets what lies before `next`.
    pub(super) fn forget(&mut self, next: u64) {
        while self.parts.front().is_some_and(|doubt| doubt.end() <= next) {
            if let Some(doubt) = self.parts.pop_front() {
                self.cost -= doubt.part.cost();
            }
        }
    }

    /// Takes the oldest one that has the byte, or FIN, at `next` and ends by `acked`.
    pub(super) fn take(&mut self, next: u64, acked: u64) -> Option<Doubt> {
        let fits = |doubt: &Doubt| doubt.start() <= next && doubt.end() > next && doubt.end() <= acked;
        let at = self.parts.iter().position(fits)?;
        let doubt = self.parts.remove(at)?;
        self.cost -= doubt.part.cost();
        Some(doubt)
    }

    /// Where the first one begins behind `next` that ends by `acked`.
    pub(super) fn first(&self, next: u64, acked: u64) -> Option<u64> {
        let fits = |doubt: &&Doubt| doubt.start() > next && doubt.end() <= acked;
        self.parts.iter().filter(fits).map(Doubt::start).min()
    }

    pub(super) fn clear(&mut self) {
        self.parts.clear();
        self.cost = 0;
    }
}
