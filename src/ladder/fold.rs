//! Folding: of a run of segments of which nothing is to be said, the first and the last are drawn.
use std::collections::VecDeque;

use super::{Arrow, Fold, Item};

/// Segments at the beginning of a run that are drawn.
const HEAD: usize = 4;
/// Segments at its end that are.
const TAIL: usize = 2;

/// Arrows that are held back at most while it is not known whether they are folded.
pub const HELD: usize = TAIL + 1;

/// Holds back the middle of a run until it is known how long it is.
#[derive(Debug)]
pub(super) struct Folder {
    drawn: usize,
    /// The newest of the run, not drawn yet: one more than [`TAIL`], so that one is never a fold.
    held: VecDeque<Arrow>,
    fold: Option<Fold>,
    disabled: bool,
}

impl Folder {
    pub(super) const fn new() -> Self {
        Self { drawn: 0, held: VecDeque::new(), fold: None, disabled: false }
    }

    pub(super) const fn disable(&mut self) {
        self.disabled = true;
    }

    /// Takes an arrow and gives what can be drawn.
    pub(super) fn push(&mut self, arrow: Arrow, ready: &mut Vec<Item>) {
        if self.disabled || !arrow.is_plain() {
            self.flush(ready);
            return ready.push(Item::Arrow(arrow));
        }
        if self.drawn < HEAD {
            self.drawn += 1;
            return ready.push(Item::Arrow(arrow));
        }
        self.held.push_back(arrow);
        let keep = TAIL + usize::from(self.fold.is_none());
        if self.held.len() > keep {
            while self.held.len() > TAIL {
                if let Some(arrow) = self.held.pop_front() {
                    self.add(&arrow);
                }
            }
        }
    }

    /// The end of a run.
    pub(super) fn flush(&mut self, ready: &mut Vec<Item>) {
        ready.extend(self.fold.take().map(Item::Fold));
        ready.extend(self.held.drain(..).map(Item::Arrow));
        self.drawn = 0;
    }

    fn add(&mut self, arrow: &Arrow) {
        let fold = self.fold.get_or_insert(Fold {
            segments: [0; 2],
            bytes: [0; 2],
            packets: (arrow.packet, arrow.packet),
            at_ns: (arrow.at_ns, arrow.at_ns),
        });
        let side = arrow.direction as usize;
        fold.segments[side] += 1;
        fold.bytes[side] += u64::from(arrow.len);
        fold.packets.1 = arrow.packet;
        fold.at_ns.1 = arrow.at_ns;
    }
}
