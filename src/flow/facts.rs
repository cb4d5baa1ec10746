//! What the segments that passed before say of one with data, SYN or FIN.
use std::cmp::Ordering;

use super::half::Half;
use super::history::{Seen, SentAck, before};
use super::segment::Segment;
use super::verdict::Evidence;
use crate::wire::TcpFlags;

/// Most segments of each end of those in question that are looked at.
const MOST_LOOKED_AT: usize = 1024;

/// How many segments were emitted before one, after it, or nobody knows; and how it is known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) earlier: Option<Evidence>,
    pub(super) later: Option<Evidence>,
    pub(super) open: bool,
}

impl Tally {
    fn add(&mut self, order: Option<(Ordering, Evidence)>) {
        let (kept, evidence) = match order {
            Some((Ordering::Greater, evidence)) => (&mut self.earlier, evidence),
            Some((Ordering::Less, evidence)) => (&mut self.later, evidence),
            _ => {
                self.open = true;
                return;
            }
        };
        // The strongest has the lowest number.
        *kept = Some(kept.filter(|old| old.bits() < evidence.bits()).unwrap_or(evidence));
    }
}

/// What the segments that passed before say of one.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The same IP packet: the first and the last time that it passed.
    pub(super) same: Option<(Seen, Seen)>,
    /// Segments that share octets: first and last captured.
    pub(super) shared: Option<(Seen, Seen)>,
    pub(super) shared_order: Tally,
    /// The first captured segment with a higher number, and how many there are.
    pub(super) higher: Option<Seen>,
    pub(super) higher_count: u32,
    pub(super) higher_order: Tally,
    /// A higher one carries the same timestamp.
    pub(super) same_tick: bool,
    /// An ACK was emitted before that says that more had been sent.
    pub(super) claimed: Option<Evidence>,
    /// When the segment before the hole passed.
    pub(super) previous: Option<i64>,
}

/// What tells the order of emission of a packet that passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    ip_id: u16,
    tsval: u32,
    tsecr: u32,
    ack: Option<u32>,
}

impl From<&Seen> for Stamp {
    fn from(seen: &Seen) -> Self {
        let ack = seen.has(TcpFlags::ACK).then_some(seen.ack);
        Self { ip_id: seen.ip_id, tsval: seen.tsval, tsecr: seen.tsecr, ack }
    }
}

impl From<&SentAck> for Stamp {
    fn from(ack: &SentAck) -> Self {
        Self { ip_id: ack.ip_id, tsval: ack.tsval, tsecr: ack.tsecr, ack: Some(ack.ack) }
    }
}

/// Which of two packets of a half was emitted later, as seen from `p`; `None` when nothing tells.
pub(super) fn order(own: &Half, p: &Segment, q: impl Into<Stamp>) -> Option<(Ordering, Evidence)> {
    let q = q.into();
    let compare = |p: u32, q: u32| p.wrapping_sub(q).cast_signed().cmp(&0);
    if let Some(id) = p.ip_id
        && id != 0
        && q.ip_id != 0
        && id != q.ip_id
        && own.ids.order(id, q.ip_id)
    {
        return Some((id.wrapping_sub(q.ip_id).cast_signed().cmp(&0), Evidence::IP_ID));
    }
    if let Some(tsval) = p.tsval()
        && tsval != q.tsval
        && own.clock.runs()
    {
        return Some((compare(tsval, q.tsval), Evidence::TSVAL));
    }
    if let Some(ack) = q.ack
        && p.has(TcpFlags::ACK)
        && p.ack != ack
    {
        return Some((compare(p.ack, ack), Evidence::ACK_FIELD));
    }
    // What it echoes only grows (RFC 7323 §4.3), and the other end's ticks are not its own.
    if let Some(tsecr) = p.tsecr()
        && q.ack.is_some()
        && p.has(TcpFlags::ACK)
        && tsecr != q.tsecr
        && own.clock.runs()
    {
        return Some((compare(tsecr, q.tsecr), Evidence::TSECR));
    }
    None
}

impl Facts {
    /// Looks at everything that passed with a segment's octets or higher ones.
    pub(super) fn gather(own: &Half, p: &Segment) -> Self {
        let mut facts = Self::default();
        if let Some((first, newest)) = own.syn_seen.as_ref().filter(|(first, _)| first.start == p.seq) {
            facts.add(own, p, first);
            facts.add(own, p, newest);
        }
        let Some(history) = &own.history else { return facts };
        let from = history.first_above(p.seq);
        facts.previous = from.checked_sub(1).and_then(|at| history.segments.get(at)).map(|seen| seen.time);
        let len = history.segments.len();
        let head_to = len.min(from + MOST_LOOKED_AT);
        let tail_from = head_to.max(len.saturating_sub(MOST_LOOKED_AT));
        for seen in history.segments.range(from..head_to).chain(history.segments.range(tail_from..)) {
            facts.add(own, p, seen);
        }
        if own.claimed.is_some_and(|claimed| before(p.seq, claimed)) {
            let claims = history.acks.iter().rev().take(MOST_LOOKED_AT).filter(|ack| before(p.seq, ack.seq));
            let before_p = |order: Option<(Ordering, Evidence)>| order.filter(|(order, _)| order.is_gt());
            facts.claimed =
                claims.filter_map(|ack| before_p(order(own, p, ack))).map(|(_, evidence)| evidence).next();
        }
        facts
    }

    fn add(&mut self, own: &Half, p: &Segment, seen: &Seen) {
        let shares = before(seen.start, p.end()) && before(p.seq, seen.end);
        let higher = before(p.seq, seen.start);
        if shares {
            let first = self.shared.map_or(*seen, |(first, _)| first);
            self.shared = Some((first, *seen));
            if seen.is(p) {
                let first = self.same.map_or(*seen, |(first, _)| first);
                self.same = Some((first, *seen));
            }
            self.shared_order.add(order(own, p, seen));
        }
        if higher {
            self.higher.get_or_insert(*seen);
            self.higher_count += 1;
            self.higher_order.add(order(own, p, seen));
            self.same_tick |= p.timestamps.is_some() && p.tsval() == Some(seen.tsval) && own.clock.runs();
        }
    }
}
