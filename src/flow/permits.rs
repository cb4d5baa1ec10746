//! How long a sender takes to answer, from what the other end's ACKs permit it to send.
use std::collections::VecDeque;

use super::history::before;

/// Most edges that are remembered.
const MOST_EDGES: usize = 32;

/// Of so many times that are hardly different, the shortest was waited for.
const ENOUGH: usize = 4;

/// From ACKs to what could not have been sent before: rather more than the time that the sender
/// takes to answer, never less.
#[derive(Debug, Default)]
pub(super) struct Permits {
    /// Sequence numbers up to which ACKs permit to send, and when these passed.
    edges: VecDeque<(u32, i64)>,
    /// What was permitted before those.
    floor: Option<u32>,
    /// The shortest times, in order.
    least: [u64; ENOUGH],
    count: usize,
}

impl Permits {
    /// An ACK permits to send up to `edge`.
    pub(super) fn add(&mut self, edge: u32, time: i64) {
        let last = self.edges.back().map(|(edge, _)| *edge).or(self.floor);
        if last.is_some_and(|last| !before(last, edge)) {
            return;
        }
        if self.edges.len() >= MOST_EDGES {
            self.floor = self.edges.pop_front().map(|(edge, _)| edge);
        }
        self.edges.push_back((edge, time));
    }

    /// The first transmission of what ends before `end` passes.
    pub(super) fn sent(&mut self, end: u32, time: i64) {
        while let Some(&(edge, _)) = self.edges.front()
            && before(edge, end)
        {
            self.floor = Some(edge);
            self.edges.pop_front();
        }
        let Some(&(_, permitted)) = self.edges.front() else { return };
        if self.floor.is_some_and(|floor| before(floor, end)) {
            let passed = u64::try_from(time.saturating_sub(permitted)).unwrap_or(0);
            self.remember(passed);
        }
    }

    fn remember(&mut self, passed: u64) {
        let shortest = &mut self.least[..self.count];
        let at = shortest.partition_point(|least| *least <= passed);
        if self.count < ENOUGH {
            self.count += 1;
        }
        if at < self.count {
            self.least[at..self.count].rotate_right(1);
            self.least[at] = passed;
        }
    }

    /// The shortest time of all, waited for or not.
    pub(super) fn shortest(&self) -> Option<u64> {
        (self.count > 0).then_some(self.least[0])
    }

    /// The shortest time, if the next longer ones are hardly longer: then it was waited for.
    pub(super) fn least(&self) -> Option<u64> {
        let [first, .., last] = self.least;
        (self.count == ENOUGH && last - first <= first / 8).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u32 = u32::MAX - 5_000;

    fn at(octets: u32) -> u32 {
        START.wrapping_add(octets)
    }

    /// A sender with a window of ten segments, that answers each ACK `loop_ns` after it passed.
    fn windows(loop_ns: impl Fn(u32) -> i64) -> Permits {
        let mut permits = Permits::default();
        permits.add(at(10_000), 0);
        permits.sent(at(10_000), 100);
        for n in 1..=20 {
            let time = i64::from(n) * 1_000_000;
            permits.add(at(10_000 + n * 1_000), time);
            permits.sent(at(10_000 + n * 1_000), time + loop_ns(n));
        }
        permits
    }

    #[test]
    fn what_a_full_window_waited_for_tells_the_time_of_an_answer() {
        assert_eq!(windows(|n| 500_000 + i64::from(n % 7) * 1_000).least(), Some(500_000));
    }

    #[test]
    fn one_short_time_among_longer_ones_tells_nothing() {
        assert_eq!(windows(|n| if n == 3 { 100_000 } else { 700_000 }).least(), None);
    }

    #[test]
    fn what_was_permitted_before_was_not_waited_for() {
        let mut permits = Permits::default();
        permits.add(at(100_000), 0);
        for n in 1..=50 {
            permits.add(at(100_000 + n * 1_000), i64::from(n) * 1_000);
            permits.sent(at(n * 1_000), i64::from(n) * 1_000 + 1);
        }
        assert_eq!(permits.least(), None);
    }

    #[test]
    fn edges_that_are_forgotten_make_times_longer_never_shorter() {
        let mut permits = Permits::default();
        for n in 0..1_000 {
            permits.add(at(n * 1_000), i64::from(n) * 1_000);
        }
        permits.sent(at(10_000), 2_000_000);
        assert_eq!(permits.least(), None, "what permitted it is not remembered");
        for _ in 0..4 {
            permits.sent(at(999_000), 2_000_000);
        }
        assert_eq!(permits.least(), Some(2_000_000 - 999_000));
    }
}
