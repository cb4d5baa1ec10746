//! One half of the way in one direction: what happens to a frame there, by seed.
use super::plan::{MS, Stage};
use crate::random::Random;

/// A stage at work.
#[derive(Debug)]
pub(crate) struct Path {
    stage: Stage,
    random: Random,
    in_burst: bool,
    /// When the queue before a slow line is empty again.
    free_at: u64,
    /// When the last frame that keeps its place leaves.
    last_out: u64,
}

/// A frame that leaves a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit {
    /// Nanoseconds since the Unix epoch.
    pub(crate) at: u64,
    /// A copy that the network made.
    pub(crate) copied: bool,
    /// A copy that went by one router more.
    pub(crate) aged: bool,
    /// Met a queue that marks instead of dropping, where it may.
    pub(crate) crowded: bool,
}

impl Path {
    pub(crate) fn new(stage: &Stage, random: Random) -> Self {
        Self { stage: stage.clone(), random, in_burst: false, free_at: 0, last_out: 0 }
    }

    fn chance(&mut self, of_ten_thousand: usize) -> bool {
        self.random.below(10_000) < of_ten_thousand
    }

    fn up_to(&mut self, most: u64) -> u64 {
        self.random.below(most as usize + 1) as u64
    }

    /// What leaves of a frame of `len` bytes that comes at `now`: nothing, it, or it and a copy.
    pub(crate) fn pass(&mut self, len: usize, now: u64) -> Vec<Exit> {
        if self.is_lost() {
            return Vec::new();
        }
        let Some((ready, crowded)) = self.queue(len, now) else { return Vec::new() };
        let jitter = self.up_to(self.stage.jitter);
        let in_place = (ready + self.stage.delay + jitter).max(self.last_out);
        let (chance, most) = self.stage.late;
        let at = if self.chance(chance) {
            in_place + self.up_to(most)
        } else {
            self.last_out = in_place;
            in_place
        };
        let mut exits = vec![Exit { at, copied: false, aged: false, crowded }];
        let (chance, most, aged) = self.stage.copy;
        if self.chance(chance) {
            // A copy may come on the heels of the original.
            let most = if self.random.one_in(3) { MS / 10 } else { most };
            exits.push(Exit { at: at + self.up_to(most), copied: true, aged, crowded });
        }
        exits
    }

    fn is_lost(&mut self) -> bool {
        let (begins, ends) = self.stage.burst;
        let turns = if self.in_burst { ends } else { begins };
        if self.chance(turns) {
            self.in_burst = !self.in_burst;
        }
        let loss = self.stage.loss;
        self.in_burst || self.chance(loss)
    }

    /// When the frame is through the slow line, and whether the queue was half full; `None` when
    /// there was no room.
    fn queue(&mut self, len: usize, now: u64) -> Option<(u64, bool)> {
        let Some((rate, room)) = self.stage.rate else { return Some((now, false)) };
        let start = self.free_at.max(now);
        let waiting = (start - now) * rate / 1_000_000_000;
        if waiting + len as u64 > room {
            return None;
        }
        self.free_at = start + len as u64 * 1_000_000_000 / rate;
        Some((self.free_at, waiting * 2 > room))
    }
}
