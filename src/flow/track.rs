//! The way of a segment through its connection: copies out, octets, ACK, window, state.
use super::connection::{Connection, Direction, Ended};
use super::facts::Facts;
use super::half::{Episode, Half, Woke};
use super::history::{Role, Seen, before};
use super::judge::{Judge, Judgment};
use super::limits::{Evicted, Limits};
use super::path::Path;
use super::segment::{Segment, Sum, SynOptions};
use super::verdict::{Confidence, Correction, Evidence, Kind, List, MadeBy, Verdict};
use super::{ack, lifecycle, reset, spurious};
use crate::wire::TcpFlags;

/// How long a segment is remembered that was acknowledged, at least.
const KEPT_NS: i64 = 1_000_000_000;

/// A connection and what is said of the segment in hand.
pub(super) struct Track<'a> {
    pub(super) conn: &'a mut Connection,
    pub(super) direction: Direction,
    pub(super) p: &'a Segment,
    pub(super) limits: &'a Limits,
    pub(super) evicted: &'a mut Evicted,
    pub(super) verdicts: &'a mut List,
    pub(super) corrections: &'a mut Vec<Correction>,
    pub(super) rtt: Option<u64>,
}

impl Track<'_> {
    /// This half and the other.
    pub(super) fn halves(&mut self) -> (&mut Half, &mut Half) {
        let [client, server] = &mut self.conn.halves;
        match self.direction {
            Direction::C2s => (client, server),
            Direction::S2c => (server, client),
        }
    }

    pub(super) fn own(&self) -> &Half {
        self.conn.half(self.direction)
    }

    pub(super) fn peer(&self) -> &Half {
        self.conn.half(self.direction.reverse())
    }

    pub(super) fn say(&mut self, verdict: Verdict) {
        self.verdicts.push(verdict);
    }

    /// Takes the segment.
    pub(super) fn take(&mut self, sum: Sum, syn: Option<SynOptions>) {
        let p = self.p;
        let counts = &mut self.halves().0.counts;
        counts.packets += 1;
        counts.frame_bytes += u64::from(p.frame_len);
        counts.bytes += u64::from(p.len);
        match sum {
            Sum::Right => {}
            Sum::Wrong => {
                self.halves().0.counts.bad_checksums += 1;
                return self.say(Verdict::certain(Kind::BadChecksum, Evidence::CHECKSUM));
            }
            Sum::Offloaded => self.say(Verdict::certain(Kind::Offloaded, Evidence::CHECKSUM)),
        }
        if p.has(TcpFlags::RST) {
            let half = self.halves().0;
            half.refused |= half.acked.is_none() && half.syn;
            if !reset::take(self) {
                self.note(p.span() == 0);
            }
            return;
        }
        if let Some(options) = syn {
            self.syn_options(&options);
        }
        let copy = if p.span() > 0 { self.octets() } else { ack::copy(self) };
        if copy {
            if p.window == 0 && p.has(TcpFlags::ACK) && !p.has(TcpFlags::SYN) {
                self.say(Verdict::certain(Kind::ZeroWindow, Evidence::WINDOW));
            }
        } else {
            self.note(p.span() == 0);
            if p.has(TcpFlags::ACK) {
                ack::take(self);
            }
            lifecycle::advance(self);
        }
    }

    /// Takes what only a packet that is no copy tells of its host.
    fn note(&mut self, pure: bool) {
        let p = self.p;
        let own = self.halves().0;
        if let Some(id) = p.ip_id {
            own.ids.add(id);
        }
        own.add_ttl(p.ttl);
        if let Some(tsval) = p.tsval() {
            own.clock.add(tsval, p.time);
            own.timestamps = true;
            if let Some(history) = &mut own.history {
                history.add_tick(tsval, p.time);
                if history.open_syn.is_some() {
                    self.close_open_syn();
                }
            }
        }
        if p.len > 0 {
            self.halves().0.answered = Some(p.ack);
        }
        if p.timestamps.is_some() {
            let (own, peer) = self.halves();
            ack::echo(own, peer, p);
            own.last_echo = p.tsecr();
        }
        let (own, peer) = self.halves();
        if !own.started {
            // The first of the half is an ACK: its octets begin there.
            own.start(p.seq.wrapping_sub(1), p.seq);
        }
        if !pure {
            let silent = p.time.saturating_sub(own.last_sent).unsigned_abs();
            if silent >= super::judge::TIMEOUT {
                own.woke =
                    Some(Woke { time: p.time, len: p.len, end: p.end(), answered: None, next_tick: None });
            } else if own.woke.is_some_and(|woke| woke.time == own.last_sent) {
                // A host that timed out waits for an answer to the first.
                let path = Path::new(own, peer);
                if path.rtt.is_none() || silent < path.surely_too_soon() {
                    own.woke = None;
                }
            }
            if let Some(woke) =
                own.woke.as_mut().filter(|woke| woke.answered.is_some() && woke.next_tick.is_none())
            {
                woke.next_tick = p.tsval();
            }
            own.mss_sent = own.mss_sent.max(p.len);
            own.last_sent = p.time;
        }
    }

    fn syn_options(&mut self, options: &SynOptions) {
        let own = self.halves().0;
        own.mss = options.mss.or(own.mss);
        own.scale = options.scale;
        own.sack |= options.sack;
        own.timestamps |= options.timestamps;
    }

    /// A segment with data, SYN or FIN: whether it is a copy.
    fn octets(&mut self) -> bool {
        let p = self.p;
        if p.has(TcpFlags::SYN) {
            return self.syn();
        }
        let own = self.own();
        if !own.started {
            self.halves().0.start(p.seq.wrapping_sub(1), p.seq);
            self.append(0);
            return false;
        }
        let ahead = p.seq.wrapping_sub(own.next).cast_signed();
        if ahead >= 0 {
            if ahead > 0 && self.is_beyond_window() {
                self.say(Verdict::likely(Kind::OutOfWindow, Evidence::WINDOW));
                return false;
            }
            self.append(ahead.unsigned_abs());
            return false;
        }
        self.again()
    }

    /// A segment that is not simply the next.
    #[inline(never)]
    fn again(&mut self) -> bool {
        let p = self.p;
        if ack::is_probe_of_one(self) {
            return false;
        }
        let judgment = self.judgment();
        let copy = self.conclude(&judgment);
        if !copy {
            let fresh = self.fill(p.seq, p.end());
            self.remember(judgment.role, fresh);
            if self.own().next.wrapping_sub(p.end()).cast_signed() < 0 {
                self.move_to(p.end());
            }
        }
        copy
    }

    /// A SYN or SYN-ACK.
    fn syn(&mut self) -> bool {
        let p = self.p;
        let side = self.direction as usize;
        if p.has(TcpFlags::ACK) {
            let asked = self.conn.life.syn_time[1 - side];
            self.halves().1.prompt |= p.time.abs_diff(asked) < super::path::AT_ONCE;
        }
        if !self.own().syn || self.own().base != p.seq {
            let own = self.halves().0;
            own.begin(p);
            let seen = Seen::new(p, p.seq, Role::Original);
            own.syn_seen = Some((seen, seen));
            own.counts.unique_bytes += u64::from(p.len);
            self.conn.life.syn_time[side] = p.time;
            self.conn.life.syns[side] = 1;
            self.conn.life.ask(side, p.has(TcpFlags::ACK), false);
            let peer = self.peer();
            if peer.acked == Some(p.end()) {
                let answer = peer.history.as_ref().and_then(|history| history.acknowledged(p.end()));
                self.syn_skewed(answer.or_else(|| peer.syn.then_some(self.conn.life.syn_time[1 - side])));
            }
            return false;
        }
        let judgment = self.judgment();
        let copy = self.conclude(&judgment);
        if judgment.role == Role::Open && p.has(TcpFlags::ACK) && p.timestamps.is_some() {
            self.keep_open_syn();
        }
        let life = &mut self.conn.life;
        // A copied SYN is answered too, so it counts; a copy that the capture made is none.
        let made = matches!(judgment.verdict, Some(Verdict { kind: Kind::Duplicate { made_by, .. }, .. }) if made_by == MadeBy::Capture);
        if !made {
            life.syns[side] = life.syns[side].saturating_add(1);
            life.ask(side, p.has(TcpFlags::ACK), copy);
        }
        if !copy {
            life.syn_time[side] = p.time;
            if !p.has(TcpFlags::ACK) && self.conn.ended == Ended::Reset && !self.conn.life.established {
                // It goes on asking: no reset has reached it.
                (self.conn.ended, self.conn.ended_by, self.conn.reset) = (Ended::Open, None, None);
            }
            if let Some((_, newest)) = &mut self.halves().0.syn_seen {
                *newest = Seen::new(p, p.seq, judgment.role);
            }
        }
        copy
    }

    /// A SYN-ACK passes once more, and nothing tells yet whether the other end made it again or the
    /// network copied it.
    fn keep_open_syn(&mut self) {
        let p = self.p;
        let own = self.halves().0;
        let Some((_, newest)) = own.syn_seen.filter(|(first, newest)| first.is(p) && newest.is(p)) else {
            return;
        };
        let passed = p.time.saturating_sub(newest.time).unsigned_abs();
        let kind = Kind::Duplicate { of: Some(newest.number(p.packet)), made_by: MadeBy::Network };
        let copy = Verdict::likely(kind, Evidence::IDENTICAL | Evidence::TSVAL);
        own.history().open_syn = Some((p.packet, copy, passed));
    }

    /// A SYN-ACK that is made again carries the time of then, as soon as it is known how long a tick is.
    fn close_open_syn(&mut self) {
        let own = self.halves().0;
        let (measured, tick) = (own.clock.is_measured(), own.clock.tick());
        let Some(history) = own.history.as_mut().filter(|_| measured) else { return };
        let Some((packet, copy, passed)) = history.open_syn.take() else { return };
        if passed > 2 * tick && self.correct(true, packet, |list| Some(list.with_main(Some(copy)))) {
            let counts = &mut self.halves().0.counts;
            counts.ambiguous = counts.ambiguous.saturating_sub(1);
            counts.duplicates += 1;
        }
    }

    fn judgment(&self) -> Judgment {
        let (own, peer) = (self.own(), self.peer());
        let side = self.direction as usize;
        let judge = Judge {
            own,
            peer,
            path: Path::new(own, peer),
            p: self.p,
            facts: Facts::gather(own, self.p),
            syns: (self.conn.life.asked[1 - side], self.conn.life.answered[1 - side]),
        };
        judge.judge()
    }

    /// Says what was found and counts it. Whether it is a copy.
    fn conclude(&mut self, judgment: &Judgment) -> bool {
        let Some(mut verdict) = judgment.verdict else { return false };
        let p = self.p;
        let path = Path::new(self.own(), self.peer());
        match &mut verdict.kind {
            Kind::Retransmission { spurious: told, cause, .. } => {
                let (known, evidence) = spurious::at_once(self.own(), self.peer(), &path, p);
                *told = known;
                verdict.evidence |= evidence;
                let own = self.halves().0;
                own.counts.retransmissions[*cause as usize] += 1;
                own.counts.spurious += u32::from(known == Some(true));
                own.resent(p, known == Some(true) || path.at_receiver(), *cause);
            }
            Kind::Reordered { late_by_ns, .. } => {
                let late = *late_by_ns;
                let certain = verdict.confidence == Confidence::Certain;
                let own = self.halves().0;
                own.counts.reordered += 1;
                own.overtaken = true;
                if certain {
                    own.lateness = own.lateness.max(late);
                }
            }
            Kind::Duplicate { made_by, .. } => {
                let by_network = *made_by != MadeBy::Capture;
                let own = self.halves().0;
                own.copied |= by_network;
                own.counts.duplicates += 1;
                own.add_copy(p);
            }
            _ => {
                let own = self.halves().0;
                own.counts.ambiguous += 1;
                own.doubt = Some(Episode { next: own.next });
            }
        }
        self.verdicts.push(verdict);
        if judgment.shows_resends {
            spurious::late_original(self, &path);
        }
        judgment.role == Role::Copy
    }

    /// The segment begins where the half ends, or `gap` octets later.
    #[inline]
    fn append(&mut self, gap: u32) {
        let p = self.p;
        if gap > 0 {
            self.gap(gap);
        }
        let (own, peer) = self.halves();
        own.counts.unique_bytes += u64::from(p.len);
        if !peer.is_measured() {
            own.history().permits.sent(p.end(), p.time);
        }
        self.remember(Role::Original, p.len);
        self.move_to(p.end());
    }

    #[inline(never)]
    fn gap(&mut self, gap: u32) {
        let most = self.limits.holes;
        let own = self.halves().0;
        let from = own.next;
        let to = self.p.seq;
        let own = self.halves().0;
        let given_up = own.history().add_hole(from, to, most);
        own.lost += u64::from(given_up.unwrap_or(0));
        self.evicted.holes += u64::from(given_up.is_some());
        self.say(Verdict::certain(Kind::Gap { missing: gap.into() }, Evidence::OCTETS));
    }

    /// The half has come to `next`.
    #[inline]
    fn move_to(&mut self, next: u32) {
        let p = self.p;
        let own = self.halves().0;
        own.next = next;
        if p.has(TcpFlags::FIN) {
            self.fin();
        }
        self.window_full();
    }

    fn fin(&mut self) {
        let (p, direction) = (self.p, self.direction);
        let (own, peer) = self.halves();
        if own.fin.is_some() {
            return;
        }
        own.fin = Some(p.end());
        let passive = peer.fin.is_some_and(|fin| p.has(TcpFlags::ACK) && !before(p.ack, fin));
        self.conn.life.passive[direction as usize] = passive;
        self.conn.life.first_fin.get_or_insert(direction);
    }

    /// Takes octets out of the holes; how many of payload had not been seen.
    fn fill(&mut self, start: u32, end: u32) -> u32 {
        let own = self.halves().0;
        let above = end.wrapping_sub(own.next).cast_signed();
        let above = if above > 0 { above.unsigned_abs().min(end.wrapping_sub(start)) } else { 0 };
        let filled = own.history.as_mut().map_or(0, |history| history.fill(start, end));
        if filled > 0 {
            self.disorder();
            self.skewed();
        }
        let own = self.halves().0;
        own.overtaken |= filled > 0 && !own.disordered;
        let fresh = filled.wrapping_add(above);
        own.counts.unique_bytes += u64::from(fresh);
        fresh
    }

    #[inline]
    fn remember(&mut self, role: Role, _fresh: u32) {
        let p = self.p;
        let most = self.limits.segments;
        let (own, peer) = self.halves();
        let seen = Seen::new(p, own.next, role);
        own.history().add_segment(seen, peer.acked, p.time.saturating_sub(KEPT_NS), most);
    }

    /// Whether it lies beyond all that the other end ever offered.
    fn is_beyond_window(&self) -> bool {
        let (own, peer) = (self.own(), self.peer());
        // Where ACKs are captured late, what they permit comes before them.
        let ordered = !own.disordered && !peer.disordered;
        ordered && own.syn && peer.syn && peer.acked.is_some() && before(peer.right, self.p.seq)
    }

    /// Whether it fills the other end's window.
    #[inline]
    fn window_full(&mut self) {
        let p = self.p;
        let (own, peer) = (self.own(), self.peer());
        if p.len > 0 && own.next == peer.right && own.syn && peer.syn && peer.acked.is_some() {
            self.say(Verdict::certain(Kind::WindowFull, Evidence::WINDOW));
        }
    }

    /// Replaces the verdicts of an earlier packet, of this half (`own`) or the other, if `change`
    /// gives new ones. Whether it did.
    pub(super) fn correct(&mut self, own: bool, packet: u64, change: impl Fn(&List) -> Option<List>) -> bool {
        let because = self.p.packet;
        let (this, other) = self.halves();
        let half = if own { this } else { other };
        let Some(history) = &mut half.history else { return false };
        let Some(list) = history.list(packet) else { return false };
        let Some(new) = change(list) else { return false };
        *list = new;
        self.corrections.push(Correction::new(packet, because, new));
        true
    }

    /// When the SYN passed that the ACK in hand is the first to answer, and once only.
    pub(super) fn syn_answered(&self) -> Option<i64> {
        let side = self.direction.reverse() as usize;
        let peer = self.peer();
        let is = peer.syn && self.p.ack == peer.base.wrapping_add(1) && self.conn.life.syns[side] == 1;
        is.then(|| self.conn.life.syn_time[side])
    }

    /// The ACK in hand answers what passed at `time`; `clean`: nothing of what it covers was resent.
    pub(super) fn measured(&mut self, time: i64, clean: bool) {
        let Ok(ns) = u64::try_from(self.p.time.saturating_sub(time)) else { return };
        self.rtt = Some(ns);
        let peer = self.halves().1;
        peer.rtt.get_or_insert_with(Default::default).add(ns);
        if clean {
            peer.answer.add(ns);
            let vantage = Path::new(self.own(), self.peer()).vantage;
            let (own, peer) = self.halves();
            (own.vantage, peer.vantage) = (vantage, vantage.reverse());
        }
    }

    /// Remembers what was said, should it prove wrong.
    pub(super) fn keep(&mut self) {
        let worth = self.verdicts.as_slice().iter().any(|v| {
            matches!(
                v.kind,
                Kind::Retransmission { .. }
                    | Kind::AckUnseen { .. }
                    | Kind::Reordered { .. }
                    | Kind::Ambiguous { .. }
            )
        });
        if worth {
            let (packet, list) = (self.p.packet, *self.verdicts);
            self.halves().0.history().add_list(packet, list);
        }
    }

    /// Where the capture has the directions out of order: by how much, and what an answer took then.
    fn skewed(&mut self) {
        let p = self.p;
        let (own, peer) = self.halves();
        if !own.disordered {
            return;
        }
        let answered = peer.history.as_ref().and_then(|history| history.acknowledged(p.end()));
        let Some(late) = answered.map(|answered| p.time.saturating_sub(answered)) else { return };
        if late <= 0 {
            own.answer.add(late.unsigned_abs());
            return;
        }
        // What the capture lost and was sent again in vain looks the same, but not twice in a row.
        let history = own.history();
        let before = std::mem::replace(&mut history.violation, late);
        history.skew = history.skew.saturating_add(before.min(late));
    }

    /// A SYN passes after its answer did at `answered`.
    fn syn_skewed(&mut self, answered: Option<i64>) {
        let late = answered.map_or(0, |answered| self.p.time.saturating_sub(answered));
        if late > 0 {
            let own = self.halves().0;
            own.disordered = true;
            own.history().skew += late;
            self.tell_disorder(Evidence::STATE);
        }
    }

    /// Octets pass that were acknowledged already: the capture has the directions out of order.
    #[cold]
    fn disorder(&mut self) {
        let p = self.p;
        let own = self.halves().0;
        let Some(history) = &mut own.history else { return };
        let unseen = history.take_unseen(p.seq, p.end());
        if unseen.is_empty() {
            return;
        }
        own.disordered = true;
        for (packet, ..) in unseen {
            self.correct(false, packet, |list| Some(list.without_unseen()));
        }
        self.tell_disorder(Evidence::OCTETS);
    }

    fn tell_disorder(&mut self, evidence: Evidence) {
        if !self.conn.life.disorder {
            self.conn.life.disorder = true;
            self.say(Verdict::certain(Kind::Disorder, evidence));
        }
    }
}
