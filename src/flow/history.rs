//! What is remembered of the packets of one direction, within bounds.
//!
//! Segments with data and ACKs are each kept in a ring in the order of their capture. A segment
//! knows how high the half had come when it passed, which only grows: so what overlaps
//! some octets or came after them is found by halving.
use std::collections::VecDeque;

use super::permits::Permits;
use super::segment::Segment;
use super::verdict::{List, Verdict};
use crate::wire::TcpFlags;

/// Whether `a` comes before `b` in the number space.
#[inline]
pub(super) const fn before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

/// What a remembered segment was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Emitted once, as far as is known.
    Original,
    /// An original that passed late.
    Late,
    /// Emitted again.
    Resend,
    /// A copy: it was emitted once, and is remembered once.
    Copy,
    /// Not decided.
    Open,
}

/// A segment with data that passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) time: i64,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The highest end of this and all before.
    pub(super) high: u32,
    /// Low 32 bits of the packet's number.
    packet: u32,
    pub(super) ack: u32,
    pub(super) tsval: u32,
    pub(super) tsecr: u32,
    pub(super) ip_id: u16,
    pub(super) checksum: u16,
    pub(super) window: u16,
    pub(super) place: u16,
    pub(super) ttl: u8,
    flags: u8,
    pub(super) role: Role,
}

/// An ACK that passed: without data, or greater than those before.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentAck {
    pub(super) time: i64,
    packet: u32,
    pub(super) ack: u32,
    /// The highest right edge of its SACK blocks, or `ack`.
    pub(super) top: u32,
    pub(super) seq: u32,
    pub(super) tsval: u32,
    pub(super) tsecr: u32,
    pub(super) ip_id: u16,
    pub(super) checksum: u16,
    pub(super) window: u16,
    pub(super) place: u16,
    pub(super) ttl: u8,
    flags: u8,
    /// The SACK blocks in their order: the checksum is the same in another one.
    order: u32,
    pub(super) blocks: u8,
    /// How many duplicates of this ACK there were, this included.
    pub(super) dup: u16,
}

/// A segment that passed once more: sent again, or copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resend {
    pub(super) packet: u64,
    pub(super) time: i64,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) tsval: Option<u32>,
    /// It was not sent again, but copied on the way.
    pub(super) copy: bool,
    /// Whether it was spurious is known.
    pub(super) known: bool,
    /// An ACK or SACK covered it; a DSACK may still come.
    pub(super) covered: bool,
    /// That ACK or SACK came when the answer could.
    pub(super) answered: bool,
}

impl Resend {
    pub(super) fn new(p: &Segment, known: bool, copy: bool) -> Self {
        Self {
            packet: p.packet,
            time: p.time,
            start: p.seq,
            end: p.end(),
            tsval: p.tsval(),
            copy,
            known,
            covered: false,
            answered: false,
        }
    }
}

/// Most ACKs, resends and lists of verdicts remembered of one direction.
const MOST_ACKS: usize = 1024;
const MOST_RESENDS: usize = 256;
const MOST_LISTS: usize = 512;
const MOST_SACKED: usize = 256;
const MOST_TICKS: usize = 256;
const MOST_UNSEEN: usize = 64;

/// What is remembered of one direction.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) segments: VecDeque<Seen>,
    pub(super) acks: VecDeque<SentAck>,
    holes: VecDeque<(u32, u32)>,
    /// What the other end has SACKed above its ACK: disjoint, in order.
    pub(super) sacked: Vec<(u32, u32)>,
    pub(super) resends: VecDeque<Resend>,
    lists: VecDeque<(u64, List)>,
    /// ACKs of octets that had not passed: the packet, and which.
    unseen: VecDeque<(u64, u32, u32)>,
    /// New timestamps and when they first passed.
    pub(super) ticks: VecDeque<(u32, i64)>,
    /// The highest end of a segment that is no longer remembered.
    pub(super) forgotten: Option<u32>,
    /// A SYN-ACK once more that was left open, what it is if it is a copy, and nanoseconds since the
    /// first.
    pub(super) open_syn: Option<(u64, Verdict, u64)>,
    /// Up to where the other end's ACKs permit to send.
    pub(super) permits: Permits,
    /// How late this direction is captured at least, by what passed after its answer, in nanoseconds.
    pub(super) skew: i64,
    /// The newest time by which something did.
    pub(super) violation: i64,
}

impl Seen {
    pub(super) fn new(segment: &Segment, high: u32, role: Role) -> Self {
        let end = segment.end();
        Self {
            time: segment.time,
            start: segment.seq,
            end,
            high: if before(high, end) { end } else { high },
            packet: segment.packet as u32,
            ack: segment.ack,
            tsval: segment.tsval().unwrap_or(0),
            tsecr: segment.tsecr().unwrap_or(0),
            ip_id: segment.ip_id.unwrap_or(0),
            checksum: segment.checksum,
            window: segment.window,
            place: segment.place,
            ttl: segment.ttl,
            flags: segment.flags.bits() as u8,
            role,
        }
    }

    /// Its packet's number, when `now` is the number of the current one.
    pub(super) fn number(&self, now: u64) -> u64 {
        whole(self.packet, now)
    }

    /// Whether a flag of the header's second byte is set.
    pub(super) fn has(&self, flags: TcpFlags) -> bool {
        u16::from(self.flags) & flags.bits() == flags.bits()
    }

    /// Whether it is the same IP packet, but for TTL and header checksum.
    pub(super) fn is(&self, segment: &Segment) -> bool {
        self.start == segment.seq
            && self.end == segment.end()
            && self.ack == segment.ack
            && self.checksum == segment.checksum
            && self.ip_id == segment.ip_id.unwrap_or(0)
            && self.tsval == segment.tsval().unwrap_or(0)
            && self.window == segment.window
            && self.flags == segment.flags.bits() as u8
    }
}

impl SentAck {
    pub(super) fn new(segment: &Segment, top: u32, dup: u16) -> Self {
        let (tsval, tsecr) = segment.timestamps.unwrap_or((0, 0));
        Self {
            time: segment.time,
            packet: segment.packet as u32,
            ack: segment.ack,
            top,
            seq: segment.seq,
            tsval,
            tsecr,
            ip_id: segment.ip_id.unwrap_or(0),
            checksum: segment.checksum,
            window: segment.window,
            place: segment.place,
            ttl: segment.ttl,
            flags: segment.flags.bits() as u8,
            order: order(segment),
            blocks: segment.blocks,
            dup,
        }
    }

    /// Its packet's number, when `now` is the number of the current one.
    pub(super) fn number(&self, now: u64) -> u64 {
        whole(self.packet, now)
    }

    /// Whether it is the same IP packet, but for TTL and header checksum.
    pub(super) fn is(&self, segment: &Segment) -> bool {
        self.ack == segment.ack
            && self.seq == segment.seq
            && self.checksum == segment.checksum
            && self.ip_id == segment.ip_id.unwrap_or(0)
            && segment.timestamps.unwrap_or((0, 0)) == (self.tsval, self.tsecr)
            && self.window == segment.window
            && self.blocks == segment.blocks
            && self.order == order(segment)
            && self.flags == segment.flags.bits() as u8
    }
}

/// A number for the SACK blocks in their order.
fn order(segment: &Segment) -> u32 {
    let blocks = segment.blocks().iter();
    blocks.fold(0, |order: u32, (left, right)| order.rotate_left(7) ^ left ^ right.rotate_left(16))
}

/// A packet's number from its low 32 bits, `now` being the current one.
fn whole(low: u32, now: u64) -> u64 {
    now - u64::from((now as u32).wrapping_sub(low))
}

impl History {
    /// Octets never seen, between those that were.
    pub(super) fn holes(&self) -> impl Iterator<Item = (u32, u32)> {
        self.holes.iter().copied()
    }

    /// Remembers that the octets between were not seen; the octets given up for it.
    pub(super) fn add_hole(&mut self, from: u32, to: u32, most: usize) -> Option<u32> {
        self.holes.push_back((from, to));
        if self.holes.len() > most {
            return self.holes.pop_front().map(|(from, to)| to.wrapping_sub(from));
        }
        None
    }

    /// Whether some octet between was not seen.
    pub(super) fn has_hole(&self, start: u32, end: u32) -> bool {
        let at = self.holes.partition_point(|hole| !before(start, hole.1));
        self.holes.get(at).is_some_and(|hole| before(hole.0, end))
    }

    /// Remembers an ACK of octets that had not passed.
    pub(super) fn add_unseen(&mut self, packet: u64, from: u32, to: u32) {
        if self.unseen.len() >= MOST_UNSEEN {
            self.unseen.pop_front();
        }
        self.unseen.push_back((packet, from, to));
    }

    /// The ACKs of octets that had not passed, once, when these do.
    pub(super) fn take_unseen(&mut self, start: u32, end: u32) -> VecDeque<(u64, u32, u32)> {
        if self.unseen.iter().any(|(_, from, to)| before(start, *to) && before(*from, end)) {
            return std::mem::take(&mut self.unseen);
        }
        VecDeque::new()
    }

    /// Takes octets out of the holes: how many of them had not been seen.
    pub(super) fn fill(&mut self, start: u32, end: u32) -> u32 {
        let mut at = self.holes.partition_point(|hole| !before(start, hole.1));
        let mut fresh = 0_u32;
        while let Some(&(from, to)) = self.holes.get(at) {
            if !before(from, end) {
                break;
            }
            let left = if before(from, start) { start } else { from };
            let right = if before(end, to) { end } else { to };
            fresh = fresh.wrapping_add(right.wrapping_sub(left));
            match (left != from, right != to) {
                (false, false) => {
                    self.holes.remove(at);
                    continue;
                }
                (true, false) => self.holes[at].1 = left,
                (false, true) => self.holes[at].0 = right,
                (true, true) => {
                    self.holes[at].1 = left;
                    self.holes.insert(at + 1, (right, to));
                    break;
                }
            }
            at += 1;
        }
        fresh
    }

    /// Remembers a segment. Those that were acknowledged (below `acked`) go when they are old or
    /// there are many; any when there are `most`.
    #[inline]
    pub(super) fn add_segment(&mut self, seen: Seen, acked: Option<u32>, keep_since: i64, most: usize) {
        if self.segments.len() == self.segments.capacity() {
            self.prune(acked, keep_since, most);
        }
        self.segments.push_back(seen);
    }

    #[cold]
    fn prune(&mut self, acked: Option<u32>, keep_since: i64, most: usize) {
        let len = self.segments.len();
        let mut gone = 0;
        for seen in self.segments.range(..) {
            let done = acked.is_some_and(|acked| !before(acked, seen.high));
            let old = seen.time < keep_since || len - gone > most / 4;
            if !(done && old || len - gone >= most) {
                break;
            }
            gone += 1;
        }
        // A ring that is nearly full of what must be kept grows rather than to be looked at each time.
        if let Some(last) = gone.checked_sub(1).and_then(|last| self.segments.get(last)) {
            self.forgotten = Some(last.high);
            self.segments.drain(..gone);
        }
        if self.segments.len() * 4 > self.segments.capacity() * 3 {
            let more = self.segments.capacity().clamp(4, most.max(4));
            self.segments.reserve_exact(more);
        }
    }

    /// Where the segments start that share octets with `start` and what follows, or came after those.
    pub(super) fn first_above(&self, start: u32) -> usize {
        self.segments.partition_point(|seen| !before(start, seen.high))
    }

    /// The original nearest below an octet, among those of late, that has an identification.
    pub(super) fn original_below(&self, start: u32) -> Option<&Seen> {
        let original = |seen: &&Seen| matches!(seen.role, Role::Original | Role::Late) && seen.ip_id != 0;
        let below = |seen: &&Seen| !before(start, seen.end);
        let late = self.segments.iter().rev().take(MOST_ACKS).filter(original).filter(below);
        late.min_by_key(|seen| start.wrapping_sub(seen.end))
    }

    /// When the first of those that acknowledge an octet, and all below it, passed.
    pub(super) fn acknowledged(&self, end: u32) -> Option<i64> {
        let covering = self.acks.iter().rev().take(MOST_ACKS).take_while(|ack| !before(ack.ack, end));
        covering.last().map(|ack| ack.time)
    }

    pub(super) fn add_ack(&mut self, ack: SentAck) {
        if self.acks.len() >= MOST_ACKS {
            self.acks.pop_front();
        }
        self.acks.push_back(ack);
    }

    pub(super) fn add_resend(&mut self, resend: Resend) {
        if self.resends.len() >= MOST_RESENDS {
            self.resends.pop_front();
        }
        self.resends.push_back(resend);
    }

    /// Remembers the verdicts of a packet, for a correction.
    pub(super) fn add_list(&mut self, packet: u64, list: List) {
        if self.lists.len() >= MOST_LISTS {
            self.lists.pop_front();
        }
        self.lists.push_back((packet, list));
    }

    /// The verdicts of a packet that are remembered.
    pub(super) fn list(&mut self, packet: u64) -> Option<&mut List> {
        let at = self.lists.binary_search_by_key(&packet, |(packet, _)| *packet).ok()?;
        self.lists.get_mut(at).map(|(_, list)| list)
    }

    /// Remembers when a new timestamp first passed.
    #[inline]
    pub(super) fn add_tick(&mut self, value: u32, time: i64) {
        if self.ticks.back().is_some_and(|(last, _)| !before(*last, value)) {
            return;
        }
        if self.ticks.len() >= MOST_TICKS {
            self.ticks.pop_front();
        }
        self.ticks.push_back((value, time));
    }

    /// When a timestamp first passed.
    pub(super) fn tick_passed(&self, value: u32) -> Option<i64> {
        let at =
            self.ticks.binary_search_by(|(tick, _)| tick.wrapping_sub(value).cast_signed().cmp(&0)).ok()?;
        self.ticks.get(at).map(|(_, time)| *time)
    }

    /// When a timestamp first passed that is later than this one.
    pub(super) fn tick_over(&self, value: u32) -> Option<i64> {
        let at = self.ticks.partition_point(|(tick, _)| !before(value, *tick));
        // Those before it are known, so that it is the first.
        self.ticks.get(at).filter(|_| at > 0).map(|(_, time)| *time)
    }

    /// How many packets between two IP identifications of a counter have not passed.
    pub(super) fn lacking_ids(&self, after: u16, until: u16) -> u16 {
        let between = until.wrapping_sub(after).wrapping_sub(1);
        if between == 0 || between > 1024 {
            return between;
        }
        let segments = self.segments.iter().rev().take(MOST_ACKS).map(|seen| seen.ip_id);
        let acks = self.acks.iter().rev().map(|ack| ack.ip_id);
        let inside = |id: &u16| (1..=between).contains(&id.wrapping_sub(after));
        let mut passed: Vec<u16> = segments.chain(acks).filter(inside).collect();
        passed.sort_unstable();
        passed.dedup();
        between.saturating_sub(u16::try_from(passed.len()).unwrap_or(u16::MAX))
    }

    /// Takes a SACK block.
    pub(super) fn add_sacked(&mut self, left: u32, right: u32) {
        let from = self.sacked.partition_point(|block| before(block.1, left));
        let to = self.sacked.partition_point(|block| !before(right, block.0));
        if from < to {
            let block = (self.sacked[from].0, self.sacked[to - 1].1);
            let left = if before(block.0, left) { block.0 } else { left };
            let right = if before(right, block.1) { block.1 } else { right };
            self.sacked[from] = (left, right);
            self.sacked.drain(from + 1..to);
        } else if self.sacked.len() < MOST_SACKED {
            self.sacked.insert(from, (left, right));
        }
    }

    /// Whether SACK covers all of it.
    pub(super) fn is_sacked(&self, start: u32, end: u32) -> bool {
        self.sacked.iter().any(|block| !before(start, block.0) && !before(block.1, end))
    }

    /// Forgets SACK blocks below an ACK.
    pub(super) fn acked_to(&mut self, ack: u32) {
        self.sacked.retain(|block| before(ack, block.1));
    }

    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.segments.capacity() * size_of::<Seen>()
            + self.acks.capacity() * size_of::<SentAck>()
            + self.holes.capacity() * size_of::<(u32, u32)>()
            + self.resends.capacity() * size_of::<Resend>()
            + self.lists.capacity() * size_of::<(u64, List)>()
            + self.ticks.capacity() * size_of::<(u32, i64)>()
            + self.sacked.capacity() * size_of::<(u32, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers by rule, and a start near the wrap of the number space.
    fn numbers() -> impl Iterator<Item = u32> {
        let mut x = 7_u32;
        std::iter::repeat_with(move || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            x >> 8
        })
    }

    const START: u32 = u32::MAX - 300;

    #[test]
    fn holes_are_what_was_not_filled_also_across_the_wrap() {
        let mut random = numbers();
        for _ in 0..50 {
            let mut history = History::default();
            let mut seen = vec![false; 600];
            assert_eq!(history.add_hole(START, START.wrapping_add(600), 64), None);
            for _ in 0..40 {
                let from = (random.next().unwrap() % 600) as usize;
                let to = (from + 1 + (random.next().unwrap() % 60) as usize).min(600);
                let (left, right) = (START.wrapping_add(from as u32), START.wrapping_add(to as u32));
                let fresh = seen[from..to].iter().filter(|seen| !**seen).count();
                assert_eq!(history.has_hole(left, right), fresh > 0);
                assert_eq!(history.fill(left, right), fresh as u32);
                seen[from..to].fill(true);
            }
            let left: u32 = history.holes().map(|(from, to)| to.wrapping_sub(from)).sum();
            assert_eq!(left as usize, seen.iter().filter(|seen| !**seen).count());
        }
    }

    #[test]
    fn holes_beyond_the_limit_are_given_up_from_the_oldest() {
        let mut history = History::default();
        assert_eq!(history.add_hole(10, 15, 2), None);
        assert_eq!(history.add_hole(20, 26, 2), None);
        assert_eq!(history.add_hole(30, 37, 2), Some(5));
        assert_eq!(history.holes().collect::<Vec<_>>(), [(20, 26), (30, 37)]);
    }

    #[test]
    fn sack_blocks_join_and_cover_what_they_covered_apart() {
        let mut random = numbers();
        for _ in 0..50 {
            let mut history = History::default();
            let mut covered = vec![false; 600];
            for _ in 0..30 {
                let from = (random.next().unwrap() % 590) as usize;
                let to = (from + 1 + (random.next().unwrap() % 40) as usize).min(600);
                history.add_sacked(START.wrapping_add(from as u32), START.wrapping_add(to as u32));
                covered[from..to].fill(true);
                assert!(history.sacked.is_sorted_by(|a, b| before(a.1, b.0)), "{:?}", history.sacked);
                let at = (random.next().unwrap() % 590) as usize;
                let (left, right) = (START.wrapping_add(at as u32), START.wrapping_add(at as u32 + 10));
                assert_eq!(history.is_sacked(left, right), covered[at..at + 10].iter().all(|one| *one));
            }
            history.acked_to(START.wrapping_add(300));
            assert!(history.sacked.iter().all(|block| before(START.wrapping_add(300), block.1)));
        }
    }

    fn seen(ip_id: u16) -> Seen {
        Seen {
            time: 0,
            start: 1,
            end: 2,
            high: 2,
            packet: 1,
            ack: 0,
            tsval: 0,
            tsecr: 0,
            ip_id,
            checksum: 0,
            window: 0,
            place: 0,
            ttl: 64,
            flags: 0,
            role: Role::Original,
        }
    }

    #[test]
    fn identifications_that_never_passed_are_counted_across_the_wrap() {
        let mut history = History::default();
        for id in [65_533, 65_534, 2, 4, 65_534] {
            history.segments.push_back(seen(id));
        }
        // 65535, 0, 1 and 3 are missing between 65533 and 4.
        assert_eq!(history.lacking_ids(65_533, 4), 4);
        assert_eq!(history.lacking_ids(65_533, 65_534), 0);
        assert_eq!(history.lacking_ids(2, 4), 1);
        assert_eq!(history.lacking_ids(10, 5_000), 4_989, "too many to have been remembered");
    }

    #[test]
    fn octets_acknowledged_before_they_passed_are_told_once() {
        let mut history = History::default();
        history.add_unseen(7, 100, 200);
        history.add_unseen(9, 200, 300);
        assert!(history.take_unseen(300, 400).is_empty());
        assert_eq!(history.take_unseen(150, 160), [(7, 100, 200), (9, 200, 300)]);
        assert!(history.take_unseen(150, 160).is_empty());
    }
}
