//! Folding: of a run of segments of which nothing is to be said, the first and the last are drawn; and
//! what there is no room for.
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
        self.fold.get_or_insert_with(|| Fold::at(arrow)).add(arrow);
    }
}

impl Fold {
    /// One that is empty, where an arrow is.
    const fn at(arrow: &Arrow) -> Self {
        Self {
            segments: [0; 2],
            bytes: [0; 2],
            of_note: 0,
            packets: (arrow.packet, arrow.packet),
            at_ns: (arrow.at_ns, arrow.at_ns),
        }
    }

    fn add(&mut self, arrow: &Arrow) {
        let side = arrow.direction as usize;
        self.segments[side] += 1;
        self.bytes[side] += u64::from(arrow.len);
        self.of_note += u64::from(arrow.is_of_note());
        self.packets.1 = arrow.packet;
        self.at_ns.1 = arrow.at_ns;
    }

    /// Takes one in that comes right after it.
    fn join(&mut self, next: &Self) {
        for side in 0..2 {
            self.segments[side] += next.segments[side];
            self.bytes[side] += next.bytes[side];
        }
        self.of_note += next.of_note;
        self.packets.1 = next.packets.1;
        self.at_ns.1 = next.at_ns.1;
    }
}

/// The same lines with the arrows that `keeps` refuses folded, beside what is folded already; pauses
/// inside of a fold go with it.
pub(super) fn refold(items: Vec<Item>, mut keeps: impl FnMut(&Arrow) -> bool) -> Vec<Item> {
    let mut out = Vec::new();
    let mut fold: Option<Fold> = None;
    let mut pause = None;
    for item in items {
        match item {
            Item::Pause(_) => pause = Some(item),
            Item::Arrow(arrow) if keeps(&arrow) => {
                out.extend(fold.take().map(Item::Fold));
                out.extend(pause.take());
                out.push(Item::Arrow(arrow));
            }
            Item::Arrow(arrow) => {
                let before = pause.take();
                if fold.is_none() {
                    out.extend(before);
                }
                fold.get_or_insert_with(|| Fold::at(&arrow)).add(&arrow);
            }
            Item::Fold(next) => match &mut fold {
                Some(fold) => {
                    pause = None;
                    fold.join(&next);
                }
                None => {
                    out.extend(pause.take());
                    fold = Some(next);
                }
            },
        }
    }
    out.extend(fold.map(Item::Fold));
    out.extend(pause);
    out
}
