//! What a segment with data, SYN or FIN is, given those that passed before it.
//!
//! TCP sends first transmissions in the order of their numbers. So a segment that was
//! emitted after a higher-numbered one, or after one with the same octets, is a
//! retransmission, and one that passes after a higher-numbered one but was emitted before it
//! is late. What was emitted first is told by the IP identification, the timestamp, or
//! the acknowledgment field; where none of them tells, by what is possible in the time.
use super::artefact::{self, Before};
use super::cause;
use super::facts::Facts;
use super::half::Half;
use super::history::{History, Role, Seen, before};
use super::path::Path;
use super::segment::Segment;
use super::verdict::{Between, Confidence, Evidence, Kind, Verdict};
use crate::wire::TcpFlags;

/// The shortest retransmission timeout of Linux is 200 ms; less by the capture's jitter.
pub(super) const TIMEOUT: u64 = 190_000_000;

/// The first timeout of a SYN is a second (RFC 6298 §2); less by the path's jitter.
const SYN_TIMEOUT: u64 = 800_000_000;

/// What is not further apart than this may have changed places on its way.
const BESIDE: u64 = 200_000;

/// What a host sent comes twice within this only because it was captured twice.
const AT_ONCE: u64 = 20_000;

/// Segments that a host sends before the first ACK of any (RFC 6928).
const INITIAL_WINDOW: u32 = 10;

/// The verdict on a segment, and what follows of it for those that passed before.
#[derive(Debug)]
pub(super) struct Judgment {
    pub(super) verdict: Option<Verdict>,
    pub(super) role: Role,
    /// Segments with its octets that passed before it are resends.
    pub(super) shows_resends: bool,
}

impl Judgment {
    pub(super) const FIRST: Self = Self { verdict: None, role: Role::Original, shows_resends: false };

    fn new(verdict: Verdict, role: Role) -> Self {
        Self { verdict: Some(verdict), role, shows_resends: false }
    }
}

/// Everything that a judgment looks at.
pub(super) struct Judge<'a> {
    pub(super) own: &'a Half,
    pub(super) peer: &'a Half,
    pub(super) path: Path,
    pub(super) p: &'a Segment,
    pub(super) facts: Facts,
    /// How often the other end's newest SYN passed, and how many SYN-ACKs since.
    pub(super) syns: (u8, u8),
}

impl Judge<'_> {
    /// Judges a segment that is not simply the next.
    pub(super) fn judge(&self) -> Judgment {
        if let Some((first, last)) = self.facts.same {
            return self.same_again(&first, &last);
        }
        if let Some((first, last)) = self.facts.shared {
            return self.seen_before(&first, &last);
        }
        if self.own.has_forgotten(self.p.seq) {
            return self.resend(None, Evidence::OCTETS, Confidence::Likely);
        }
        match self.facts.higher {
            Some(higher) => self.overtaken(&higher),
            None => Judgment::FIRST,
        }
    }

    /// The latest that it can have been emitted, as times pass here: before a packet with a later time.
    fn emitted_by(&self) -> i64 {
        let later = self.p.tsval().filter(|_| self.own.clock.runs());
        let over = later.zip(self.own.history.as_ref()).and_then(|(value, history)| history.tick_over(value));
        over.map_or(self.p.time, |time| time.min(self.p.time))
    }

    /// Whether it echoes a timestamp that passed after this time, and so was emitted after it.
    fn echoes_later_than(&self, time: i64) -> bool {
        let echo = self.p.tsecr().filter(|_| self.peer.clock.runs() && self.is_ordered());
        let passed =
            echo.zip(self.peer.history.as_ref()).and_then(|(echo, history)| history.tick_passed(echo));
        passed.is_some_and(|passed| passed > time)
    }

    /// Whether the capture has what one end sends and the answers to it in the order of their passing.
    fn is_ordered(&self) -> bool {
        let known = |half: &Half| !half.disordered || half.skew() > 0;
        known(self.own) && known(self.peer)
    }

    fn since(&self, time: i64) -> u64 {
        u64::try_from(self.p.time.saturating_sub(time)).unwrap_or(0)
    }

    /// The same IP packet passed before: a copy, or made once more with nothing changed.
    fn same_again(&self, first: &Seen, last: &Seen) -> Judgment {
        let p = self.p;
        let once = Before { time: first.time, place: first.place, ttl: first.ttl };
        let identical = Evidence::IDENTICAL;
        if p.ip_id.is_some_and(|id| id != 0) && self.own.ids.tell_copies() {
            return self.copy(first, identical | Evidence::IP_ID, Confidence::Certain);
        }
        let last_place = Before { time: last.time, place: last.place, ttl: last.ttl };
        if artefact::seen_twice(p, once) || artefact::seen_twice(p, last_place) {
            return self.copy(first, identical | Evidence::PLACE, Confidence::Certain);
        }
        let passed = self.since(last.time);
        if p.has(TcpFlags::SYN) {
            if self.is_detour(first, last) && passed < SYN_TIMEOUT {
                return self.copy(first, identical | Evidence::TTL, Confidence::Likely);
            }
            return self.same_syn(first, passed);
        }
        let tick = self.own.clock.tick();
        if p.timestamps.is_some()
            && self.own.clock.runs()
            && (passed > 2 * tick || self.path.rtt.is_some_and(|rtt| rtt > tick))
        {
            // Made again, then or a round trip later, it would carry the time of then.
            return self.copy(first, identical | Evidence::TSVAL, Confidence::Certain);
        }
        if self.path.at_sender() {
            // A host takes more time to send again than a capture to see a packet twice.
            return if passed < AT_ONCE {
                self.copy(first, identical | Evidence::TIME, Confidence::Likely)
            } else {
                self.resend(Some(first), identical | Evidence::VANTAGE, Confidence::Likely)
            };
        }
        if p.timestamps.is_some() && self.own.clock.runs() && self.path.rtt.is_some_and(|rtt| rtt > tick / 2)
        {
            // Few round trips begin and end in one tick.
            return self.copy(first, identical | Evidence::TSVAL, Confidence::Likely);
        }
        self.same_by_time(first, last)
    }

    /// Whether not all passages of the same packet went by the same routers.
    fn is_detour(&self, first: &Seen, last: &Seen) -> bool {
        self.own.is_detour(self.p.ttl, first.ttl) || self.own.is_detour(self.p.ttl, last.ttl)
    }

    /// Nothing but time tells whether the same packet was made once or twice.
    fn same_by_time(&self, first: &Seen, last: &Seen) -> Judgment {
        let passed = self.since(last.time);
        let hole = self.facts.higher.map_or(0, |higher| self.since(higher.time)).max(passed);
        let soon = self.path.too_soon();
        let either = Between::RETRANSMISSION | Between::DUPLICATE;
        let evidence = Evidence::IDENTICAL | Evidence::TIME;
        let told = self.told();
        let trigger = self.is_trigger(told);
        let timed_out = passed >= TIMEOUT;
        if self.is_detour(first, last) {
            // What was sent again may have been copied, and its copy alone have come here.
            let sent_again = trigger || timed_out;
            return if sent_again && hole >= self.path.surely_too_soon() {
                self.open(either, evidence | Evidence::TTL)
            } else {
                self.copy(first, Evidence::IDENTICAL | Evidence::TTL, Confidence::Likely)
            };
        }
        if self.path.rtt.is_none() {
            return self.open(either, evidence);
        }
        let covered = self.covered_for(self.path.sender_most.saturating_mul(3) / 2);
        if timed_out && !covered {
            return self.resend(Some(first), evidence, Confidence::Likely);
        }
        // Half the time and less is too soon however the loops may have shrunk, a quarter if they were
        // hardly measured; but a trigger from before it passed can have been on its way for long.
        let early = trigger && last.role != Role::Original && told.is_some_and(|time| time < last.time)
            || self.is_due_by_partial_ack();
        let answered = passed < soon / 2 && last.role == Role::Resend && trigger && !self.path.is_late();
        let short = self.path.surely_too_soon() / 2;
        // Where nobody knows what the first was, this may be what it was not.
        let early = early || last.role == Role::Open && self.is_doubtful();
        if hole < short && !early || answered {
            return self.copy(first, evidence, Confidence::Likely);
        }
        let due = trigger && !covered && hole >= soon && passed >= soon / 2;
        if (due || passed >= soon * 2 && self.is_recovering()) && self.p.timestamps.is_none() {
            let evidence = if trigger { evidence | Evidence::TRIGGER } else { evidence };
            return self.resend(Some(first), evidence, Confidence::Likely);
        }
        self.open(either, evidence)
    }

    /// A SYN or SYN-ACK once more, octet for octet.
    fn same_syn(&self, first: &Seen, passed: u64) -> Judgment {
        let evidence = Evidence::IDENTICAL | Evidence::TIME;
        if self.p.has(TcpFlags::ACK) {
            // A copied SYN is answered by a second SYN-ACK, in the same tick octet for octet the same.
            let (asked, answered) = self.syns;
            return if asked > answered || self.path.at_sender() || passed >= SYN_TIMEOUT {
                self.resend(Some(first), evidence | Evidence::COUNT, Confidence::Likely)
            } else {
                self.open(Between::RETRANSMISSION | Between::DUPLICATE, evidence)
            };
        }
        if self.own.refused {
            // A host that refused an answer to a connection before sends again at once.
            return self.open(Between::RETRANSMISSION | Between::DUPLICATE, evidence);
        }
        if self.p.timestamps.is_some() || passed < SYN_TIMEOUT {
            self.copy(first, evidence, Confidence::Certain)
        } else {
            self.resend(Some(first), evidence, Confidence::Certain)
        }
    }

    /// Some of its octets passed before, in another packet.
    fn seen_before(&self, first: &Seen, last: &Seen) -> Judgment {
        let octets = Evidence::OCTETS;
        if let Some(evidence) = self.facts.higher_order.earlier {
            return self.resend(Some(first), octets | evidence, Confidence::Certain);
        }
        let order = &self.facts.shared_order;
        if let Some(evidence) = order.earlier {
            return self.resend(Some(first), octets | evidence, Confidence::Certain);
        }
        if let (Some(evidence), false) = (order.later, order.open) {
            let higher = self.facts.higher.unwrap_or(*first);
            let mut judgment = self.late(&higher, evidence, Confidence::Certain);
            judgment.shows_resends = true;
            return judgment;
        }
        let passed = self.since(last.time);
        // Of two that cannot be told apart, either is the first.
        let answers = self.p.has(TcpFlags::SYN | TcpFlags::ACK) && passed < BESIDE && !self.peer.prompt;
        let recently = answers
            || passed < self.path.too_soon() && self.path.is_late()
            || passed < self.path.surely_too_soon() && last.role == Role::Open;
        if recently && !self.path.at_sender() {
            return self.open(Between::RETRANSMISSION | Between::REORDERED, octets | Evidence::TIME);
        }
        self.resend(Some(first), octets, Confidence::Likely)
    }

    /// None of its octets passed before, but higher ones did.
    fn overtaken(&self, higher: &Seen) -> Judgment {
        let order = &self.facts.higher_order;
        if let Some(evidence) = order.earlier.or(self.facts.claimed) {
            return self.resend(None, evidence, Confidence::Certain);
        }
        if let (Some(evidence), false) = (order.later, order.open) {
            return self.late(higher, evidence, Confidence::Certain);
        }
        if self.echoes_later_than(higher.time) {
            return self.resend(None, Evidence::TSECR, Confidence::Certain);
        }
        if self.facts.same_tick && self.is_longer_than_a_tick() {
            return self.late(higher, Evidence::TSVAL, Confidence::Certain);
        }
        self.overtaken_by_time(higher)
    }

    /// Whether what is sent again for an answer has another timestamp than what was answered.
    fn is_longer_than_a_tick(&self) -> bool {
        let tick = self.own.clock.tick();
        // A loop that was measured once or twice may be shorter.
        let least = if self.path.is_measured() { tick + tick / 50 } else { tick * 2 };
        self.path.rtt.is_some_and(|rtt| rtt > least)
    }

    /// Nothing but time tells whether what fills a hole was late or sent again.
    fn overtaken_by_time(&self, higher: &Seen) -> Judgment {
        let since_higher = u64::try_from(self.emitted_by().saturating_sub(higher.time)).unwrap_or(0);
        let since_previous = self.facts.previous.map_or(since_higher, |time| self.since(time));
        let timed_out = since_previous >= TIMEOUT;
        let soon = self.path.too_soon();
        let trigger = self.trigger();
        if self.path.rtt.is_none() && !timed_out {
            return self.open(Between::RETRANSMISSION | Between::REORDERED, Evidence::TIME);
        }
        let either = Between::RETRANSMISSION | Between::REORDERED;
        let hinted = self.told().is_some() || self.is_hinted();
        let unsure = hinted && since_higher >= self.path.surely_too_soon()
            || self.path.may_be_answered_in(since_higher)
            || self.is_due_by_partial_ack();
        if since_higher < soon && !timed_out && !unsure {
            return self.late(higher, Evidence::TIME, Confidence::Likely);
        }
        let stale = since_higher >= soon * 2 && self.p.timestamps.is_none() && self.is_recovering();
        let sure = trigger && !self.is_just_told() && self.has_reacted() || timed_out || stale;
        if since_higher < soon || self.path.is_late() || !sure {
            return self.open(either, Evidence::TIME);
        }
        let evidence = if trigger { Evidence::TRIGGER | Evidence::TIME } else { Evidence::TIME };
        self.resend(None, evidence, Confidence::Likely)
    }

    /// Duplicate ACKs or SACK told of the hole, a sender's loop before or more.
    fn trigger(&self) -> bool {
        self.is_trigger(self.told())
    }

    /// Whether the other end told of the hole sooner than the sender was ever seen to answer.
    fn is_just_told(&self) -> bool {
        let least = self.path.sender.unwrap_or(0);
        self.told().is_some_and(|time| self.since(time) < least)
    }

    /// Whether the sender was seen to send what only an ACK of its data permits: until then what it does
    /// about a hole is behind what it had sent before.
    fn has_reacted(&self) -> bool {
        let (own, peer) = (self.own, self.peer);
        let sent = own.next.wrapping_sub(own.base.wrapping_add(1));
        !own.syn || self.path.is_measured() || sent > INITIAL_WINDOW * u32::from(peer.mss.unwrap_or(1460))
    }

    /// Whether an ACK up to here, in a recovery without SACK, can have made the sender send it again.
    fn is_due_by_partial_ack(&self) -> bool {
        let least = self.path.sender.unwrap_or(0) / 10 * 8;
        let least = if self.path.is_measured() { least } else { least / 4 };
        cause::partial(self.own, self.peer, self.p).is_some_and(|time| self.since(time) >= least)
    }

    /// Whether the sender may have begun to send again, for all that is known.
    fn is_doubtful(&self) -> bool {
        self.own.doubt.is_some() || self.is_recovering()
    }

    /// Whether the sender has begun to send again what was not acknowledged.
    fn is_recovering(&self) -> bool {
        self.own.recover.is_some() || self.own.episode.is_some()
    }

    fn is_trigger(&self, told: Option<i64>) -> bool {
        let least = self.path.sender.unwrap_or(0) / 10 * 9;
        told.is_some_and(|time| self.since(time) >= least)
    }

    /// When the other end told of the hole.
    fn told(&self) -> Option<i64> {
        cause::trigger(self.own, self.peer, self.p, self.told_since())
            .filter(|time| !self.is_known_to_have(*time))
    }

    /// Whether the other end told of a hole at all, be it by one duplicate ACK: on the way to the sender
    /// others may have been made of it.
    fn is_hinted(&self) -> bool {
        !self.path.is_measured() && self.peer.dup_acks > 0 && self.peer.acked == Some(self.p.seq)
    }

    /// Whether what the other end told by then was also that it had this segment.
    fn is_known_to_have(&self, told: i64) -> bool {
        let Some((first, _)) = self.facts.same else { return false };
        let sacked = self.own.history.as_ref().is_some_and(|h| h.is_sacked(self.p.seq, self.p.end()));
        let answer = i64::try_from(self.path.receiver.unwrap_or(0)).unwrap_or(i64::MAX);
        sacked && self.is_ordered() && told >= first.time.saturating_add(answer)
    }

    /// When it could first be told of: once a higher one had gone to the other end, and the answer come.
    fn told_since(&self) -> Option<i64> {
        let answer = i64::try_from(self.path.receiver? / 10 * 9).unwrap_or(i64::MAX);
        self.facts.higher.filter(|_| self.is_ordered()).map(|higher| higher.time.saturating_add(answer))
    }

    /// Two ACKs that cover it passed longer ago than this.
    fn covered_for(&self, ns: u64) -> bool {
        cause::second_cover(self.peer, self.p).is_some_and(|time| self.since(time) > ns)
    }

    fn copy(&self, first: &Seen, evidence: Evidence, confidence: Confidence) -> Judgment {
        let once = Before { time: first.time, place: first.place, ttl: first.ttl };
        let (made_by, more) = artefact::maker(self.p, once, self.own.is_mirrored());
        let kind = Kind::Duplicate { of: Some(first.number(self.p.packet)), made_by };
        Judgment::new(Verdict { kind, evidence: evidence | more, confidence }, Role::Copy)
    }

    fn resend(&self, first: Option<&Seen>, evidence: Evidence, confidence: Confidence) -> Judgment {
        // Where the first is no longer remembered, what is may be a resend itself.
        let is_first = |first: &&Seen| first.role != Role::Resend || !self.own.has_forgotten(self.p.seq);
        let of = first.filter(is_first).map(|first| first.number(self.p.packet));
        let cause = cause::cause(self.own, self.peer, &self.path, self.p);
        let kind = Kind::Retransmission { of, cause, spurious: None };
        Judgment::new(Verdict { kind, evidence, confidence }, Role::Resend)
    }

    /// Whether it may be the resend of a segment that never passed: such are resent among others that
    /// were, or after a timeout, and lie beyond all that had passed by then.
    fn may_be_traceless(&self, evidence: Evidence) -> bool {
        if self.path.at_sender() {
            return false;
        }
        let (own, p) = (self.own, self.p);
        let beyond = own.episode.filter(|episode| !before(p.seq, episode.next));
        // What a host sends alone after a timeout is a whole segment if others had followed it.
        let woke =
            own.woke.filter(|woke| woke.len > 0 && woke.len >= own.mss_sent && !before(p.seq, woke.end));
        let rtt = self.path.rtt.unwrap_or(TIMEOUT);
        let within = |time: Option<i64>, trips: u64| time.is_some_and(|time| self.since(time) < trips * rtt);
        if evidence.contains(Evidence::IP_ID) {
            return beyond.is_some() && self.lacks_octets();
        }
        if evidence.intersects(Evidence::TSVAL | Evidence::TSECR) {
            let coarse = own.clock.tick() > 2_000_000;
            // What was never seen is sent again in one tick with what is new.
            let together = self.facts.same_tick && woke.is_some_and(|woke| woke.next_tick == p.tsval());
            return coarse && own.recover.is_some_and(|recover| !before(p.seq, recover))
                || together
                || within(woke.map(|woke| woke.time), 2);
        }
        // It goes on when that is acknowledged, which may take long.
        let woke = within(woke.map(|woke| woke.answered.unwrap_or(p.time)), 4);
        within(own.recovers.filter(|_| beyond.is_some()), 2) || woke
    }

    /// Whether so many identifications never passed since the segment before it was emitted that all
    /// between, and it, can have been among them, and whether there was time to send it again.
    fn lacks_octets(&self) -> bool {
        let (own, p) = (self.own, self.p);
        let lacks = |history: &History| {
            let last = history.original_below(p.seq)?;
            let id = p.ip_id.filter(|id| id.wrapping_sub(last.ip_id).cast_signed() > 0)?;
            let overtaken = self.facts.higher.map_or(p.time, |higher| higher.time);
            let passed = u64::try_from(overtaken.saturating_sub(last.time)).unwrap_or(0);
            let octets = own.mss_sent.max(p.len).saturating_mul(history.lacking_ids(last.ip_id, id).into());
            Some(p.end().wrapping_sub(last.end) <= octets && passed >= self.path.too_soon())
        };
        own.history.as_deref().and_then(lacks).unwrap_or(false)
    }

    fn late(&self, higher: &Seen, evidence: Evidence, confidence: Confidence) -> Judgment {
        if self.facts.shared.is_none() && self.may_be_traceless(evidence) {
            return self.open(Between::RETRANSMISSION | Between::REORDERED, evidence);
        }
        let kind =
            Kind::Reordered { late_by_ns: self.since(higher.time), late_by_packets: self.facts.higher_count };
        Judgment::new(Verdict { kind, evidence, confidence }, Role::Late)
    }

    fn open(&self, between: Between, evidence: Evidence) -> Judgment {
        let kind = Kind::Ambiguous { between };
        Judgment::new(Verdict { kind, evidence, confidence: Confidence::Likely }, Role::Open)
    }
}
