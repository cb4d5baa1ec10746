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

#[cfg(test)]
mod tests {
    use crate::flow::tests::check;

    /// A handshake over a path of 20 ms with the capture 8 ms from the client, without timestamps.
    const OPEN: &str = "
        0 c S 0 ttl=62 ->
        12 s SA 0 ack=1 w=60000 ->
        20 c A 1 ack=1 ttl=62 ->";

    /// The same with timestamps.
    const STAMPED: &str = "
        0 c S 0 ts=100/0 ttl=62 ->
        12 s SA 0 ack=1 ts=900/100 ->
        20 c A 1 ack=1 ts=120/900 ttl=62 ->";

    /// The same with a counter for identification.
    const COUNTED: &str = "
        0 c S 0 id=1 ttl=62 ->
        12 s SA 0 ack=1 ->
        20 c A 1 ack=1 id=2 ttl=62 ->
        20.1 c A 1+100 ack=1 id=3 ttl=62 ->
        20.2 c A 101+100 ack=1 id=4 ttl=62 ->";

    #[track_caller]
    fn after(handshake: &str, table: &str) {
        check(&format!("{handshake}\n{table}"));
    }

    #[test]
    fn an_identification_that_counts_tells_all() {
        after(
            COUNTED,
            "21 c A 401+100 ack=1 id=7 -> gap: 200 bytes
             21.1 c A 201+100 ack=1 id=5 -> reordered
             21.2 c A 301+100 ack=1 id=9 -> retransmission: unknown
             21.3 c A 401+100 ack=1 id=7 -> duplicate of 6: made by the network
             21.4 c A 401+100 ack=1 id=10 -> retransmission of 6: unknown",
        );
    }

    #[test]
    fn an_original_that_comes_after_its_resend_is_late() {
        after(
            COUNTED,
            "21 c A 401+100 ack=1 id=7 -> gap: 200 bytes
             250 c A 201+100 ack=1 id=9 -> retransmission: timeout
             251 c A 201+100 ack=1 id=5 -> reordered",
        );
    }

    #[test]
    fn timestamps_tell_what_was_emitted_before() {
        after(
            STAMPED,
            "21 c A 1+100 ack=1 ts=121/900 ->
             21.1 c A 201+100 ack=1 ts=121/900 -> gap: 100 bytes
             22 c A 301+100 ack=1 ts=122/900 ->
             23 c A 101+100 ack=1 ts=121/900 -> reordered
             45 c A 101+100 ack=1 ts=145/900 -> retransmission of 7: unknown
             46 c A 301+100 ack=1 ts=122/900 -> duplicate of 6: made by the network",
        );
    }

    #[test]
    fn the_acknowledgment_field_orders_where_nothing_else_does() {
        after(
            OPEN,
            "21 c A 201+100 ack=1 -> gap: 200 bytes
             22 s A 1+50 ack=1 ->
             30 c A 1+100 ack=51 -> retransmission: unknown
             30.1 c A 101+100 ack=1 -> reordered",
        );
    }

    #[test]
    fn what_comes_too_soon_for_an_answer_is_late_or_a_copy() {
        after(
            OPEN,
            "21 c A 101+100 ack=1 -> gap: 100 bytes
             22 c A 1+100 ack=1 -> reordered
             23 c A 101+100 ack=1 -> duplicate of 4: made by the network",
        );
    }

    #[test]
    fn what_comes_after_a_timeout_was_sent_again() {
        after(
            OPEN,
            "21 c A 1+100 ack=1 ->
             21.1 c A 201+100 ack=1 -> gap: 100 bytes
             231 c A 101+100 ack=1 -> retransmission: timeout",
        );
        after(OPEN, "21 c A 1+100 ack=1 ->\n 231 c A 1+100 ack=1 -> retransmission of 4: tail_probe");
    }

    /// Ten segments of a thousand octets or more, one of which is missing, and three duplicate ACKs.
    fn missing_one(segments: u32, handshake: &str) -> String {
        let mut table = handshake.to_owned();
        for n in 0..segments {
            let gap = if n == 2 { "gap: 1000 bytes" } else { "" };
            if n != 1 {
                table +=
                    &format!("\n{} c A {}+1000 ack=1 -> {gap}", 21.0 + f64::from(n) / 10.0, 1 + n * 1000);
            }
        }
        for n in 0..4 {
            let said = if n == 0 { String::new() } else { format!("dup_ack {n}") };
            table += &format!("\n{} s A 1 ack=1001 -> {said}", 35.0 + f64::from(n) / 10.0);
        }
        table
    }

    #[test]
    fn three_duplicates_bring_a_resend_about_once_the_sender_was_seen_to_react() {
        let all = missing_one(12, OPEN);
        check(&format!("{all}\n 48 c A 1001+1000 ack=1 -> retransmission: fast"));
        // Of a first flight, all that is behind may still be under way.
        let first = missing_one(8, OPEN);
        check(&format!("{first}\n 48 c A 1001+1000 ack=1 -> ambiguous: retransmission or reordered"));
    }

    #[test]
    fn a_host_s_own_capture_sees_no_copies_of_the_network() {
        let open = "
            0 c S 0 ttl=64 ->
            20 s SA 0 ack=1 ->
            20.1 c A 1 ack=1 ttl=64 ->
            21 c A 1+100 ack=1 ttl=64 ->";
        after(open, "22 c A 1+100 ack=1 ttl=64 -> retransmission of 4: unknown");
        after(open, "21.01 c A 1+100 ack=1 ttl=64 -> duplicate of 4: made by the network");
        after(open, "21.01 c A 1+100 ack=1 ttl=64 if=3 -> duplicate of 4: made by the capture");
        // One round trip fits into a tick of ten milliseconds.
        let mut coarse = "
            0 c S 0 ttl=64 ts=10/0 ->
            8 s SA 0 ack=1 ts=1/10 ->
            8.1 c A 1 ack=1 ttl=64 ts=10/1 ->"
            .to_owned();
        for n in 1..6 {
            let (time, seq) = (n * 10, n * 100 - 99);
            coarse += &format!("\n{time} c A {seq}+100 ack=1 ttl=64 ts={}/1 ->", 10 + n);
            if n < 5 {
                coarse += &format!("\n{} s A 1 ack={} ts=1/{} ->", time + 8, seq + 100, 10 + n);
            }
        }
        after(&coarse, "58.5 c A 401+100 ack=1 ttl=64 ts=15/1 -> retransmission of 12: tail_probe");
    }

    #[test]
    fn a_copy_is_known_by_its_routers() {
        after(OPEN, "21 c A 1+100 ack=1 ttl=62 ->\n 41 c A 1+100 ack=1 ttl=61 -> duplicate of 4");
        after(
            OPEN,
            "21 c A 1+100 ack=1 ttl=62 ->\n 41 c A 1+100 ack=1 ttl=62 -> ambiguous: retransmission or duplicate",
        );
        // After a timeout the copy may be of what was sent again.
        after(
            OPEN,
            "21 c A 1+100 ack=1 ttl=62 ->\n 301 c A 1+100 ack=1 ttl=61 -> ambiguous: retransmission or duplicate",
        );
    }

    #[test]
    fn a_syn_comes_again_by_its_timer() {
        check("0 c S 0 ->\n 700 c S 0 -> duplicate of 1: made by the network");
        check("0 c S 0 ->\n 1000 c S 0 -> retransmission of 1: syn");
        check("0 c S 0 ts=1/0 ->\n 1000 c S 0 ts=1/0 -> duplicate of 1: made by the network");
        check("0 c S 0 ts=1/0 ->\n 1000 c S 0 ts=1001/0 -> retransmission of 1: syn");
    }

    #[test]
    fn a_second_syn_ack_answers_a_second_syn_or_is_open() {
        let open = "0 c S 0 ->\n 12 s SA 0 ack=1 ->";
        after(open, "13 s SA 0 ack=1 -> ambiguous: retransmission or duplicate");
        after(open, "13 s SA 0 ack=1 ttl=59 -> duplicate of 2");
        after(open, "1012 s SA 0 ack=1 -> retransmission of 2: syn");
        after(
            open,
            "12.1 c S 0 -> duplicate of 1: made by the network
             24 s SA 0 ack=1 -> retransmission of 2: syn",
        );
        // Made again in the same tick, but which was first is not known side by side.
        let open = "0 c S 0 ts=1/0 ->\n 12 s SA 0 ack=1 ts=5/1 id=500 ->";
        after(open, "12.1 s SA 0 ack=1 ts=5/1 id=40000 -> ambiguous: retransmission or reordered");
        after(open, "13 s SA 0 ack=1 ts=5/1 id=40000 -> retransmission of 2: syn");
    }

    #[test]
    fn what_was_never_seen_is_sent_again_in_one_tick_with_what_is_new() {
        // The flight to 3001 was lost before it came here; the first of it times out and is acknowledged.
        let lost = format!(
            "{STAMPED}
             250 c A 1+1000 ack=1 ts=350/900 ->
             262 s A 1 ack=1001 ts=1150/350 ->"
        );
        check(&format!(
            "{lost}
             290 c A 3001+1000 ack=1 ts=371/1150 -> gap: 2000 bytes
             291 c A 1001+1000 ack=1 ts=371/1150 -> ambiguous: retransmission or reordered"
        ));
        check(&format!(
            "{lost}
             290 c A 1001+1000 ack=1 ts=371/1150 ->
             320 c A 3001+1000 ack=1 ts=400/1150 -> gap: 1000 bytes
             321 c A 2001+1000 ack=1 ts=400/1150 -> reordered"
        ));
    }
}
