//! What an ACK tells: of itself, and of what the other end sent.
use super::artefact::{self, Before};
use super::half::{Half, Probe};
use super::history::{Role, SentAck, before};
use super::rtt::Rtt;
use super::segment::Segment;
use super::spurious;
use super::track::Track;
use super::verdict::{Confidence, Evidence, Kind, MadeBy, Verdict};
use crate::wire::TcpFlags;

/// Most ACKs looked back at for a copy.
const MOST_LOOKED_AT: usize = 128;

/// How soon an answer to a probe comes, once it has arrived.
const ANSWERED_WITHIN: u64 = 2_000_000_000;

/// A probe waits for a timeout first.
const PROBED_AFTER: u64 = 150_000_000;

/// Whether a segment without octets is the same IP packet as one before.
pub(super) fn copy(track: &mut Track<'_>) -> bool {
    let p = track.p;
    let own = track.own();
    let Some(history) = &own.history else { return false };
    // A greater ACK than all before cannot have passed.
    if own.acked.is_none_or(|acked| before(acked, p.ack)) {
        return false;
    }
    let Some(first) = history.acks.iter().rev().take(MOST_LOOKED_AT).find(|ack| ack.is(p)).copied() else {
        return false;
    };
    let passed = p.time.saturating_sub(first.time).unsigned_abs();
    let at = Before { time: first.time, place: first.place, ttl: first.ttl };
    let (evidence, confidence) = if p.ip_id.is_some_and(|id| id != 0) && own.ids.tell_copies() {
        (Evidence::IP_ID, Confidence::Certain)
    } else if artefact::seen_twice(p, at) {
        (Evidence::PLACE, Confidence::Certain)
    } else if p.timestamps.is_some() && own.clock.runs() && passed > 2 * own.clock.spread() {
        (Evidence::TSVAL, Confidence::Certain)
    } else if p.timestamps.is_some() && p.blocks > 0 && own.clock.tick() <= 2_000_000 {
        (Evidence::TSVAL | Evidence::SACK, Confidence::Likely)
    } else {
        return false;
    };
    let (made_by, more) = artefact::maker(p, at, own.is_mirrored());
    let kind = Kind::Duplicate { of: Some(first.number(p.packet)), made_by };
    track.say(Verdict { kind, evidence: Evidence::IDENTICAL | evidence | more, confidence });
    let own = track.halves().0;
    own.counts.duplicates += 1;
    own.copied |= made_by != MadeBy::Capture;
    true
}

/// A segment of one octet below what the other end expects, with nothing outstanding.
pub(super) fn is_probe_of_one(track: &mut Track<'_>) -> bool {
    let p = track.p;
    let (own, peer) = (track.own(), track.peer());
    if p.len != 1 || p.flags.intersects(TcpFlags::FIN | TcpFlags::SYN) {
        return false;
    }
    let below = p.seq.wrapping_add(1) == own.next && peer.acked == Some(own.next);
    // A segment that had been just this octet is that segment again.
    let was_one = own
        .history
        .as_ref()
        .is_some_and(|h| h.segments.iter().rev().take(64).any(|s| s.start == p.seq && s.end == p.end()));
    if !below || was_one {
        return false;
    }
    probe(track);
    true
}

/// Says that it is a probe, of one kind or the other.
fn probe(track: &mut Track<'_>) {
    let closed = track.peer().acked.is_some() && track.peer().window == 0;
    let (kind, probe, evidence) = if closed {
        (Kind::ZeroWindowProbe, Probe::ZeroWindow, Evidence::WINDOW)
    } else {
        (Kind::KeepAlive, Probe::KeepAlive, Evidence::STATE)
    };
    let time = track.p.time;
    let own = track.halves().0;
    own.probe = Some((probe, time));
    own.probes = own.probes.saturating_add(1);
    track.say(Verdict::certain(kind, evidence));
}

/// Whether a segment without octets is a probe: it begins one below where the half ends.
fn is_probe(track: &Track<'_>) -> bool {
    let p = track.p;
    let own = track.own();
    if p.span() != 0
        || p.seq.wrapping_add(1) != own.next
        // Where the number of its SYN is not known, this may be the first that it has.
        || own.next.wrapping_sub(own.base) <= 1 && !(own.syn && own.acked.is_some())
        || own.acked.is_some_and(|acked| before(p.ack, acked))
    {
        return false;
    }
    // An ACK emitted before the last octet, or before the FIN, that passes late, looks the same.
    let last = own.history.as_ref().and_then(|h| h.segments.iter().rev().find(|s| s.end == own.next));
    match last.and_then(|last| super::facts::order(own, p, last)) {
        Some((order, evidence)) if evidence != Evidence::ACK_FIELD => order.is_gt(),
        _ => own.fin.is_none() && p.time.saturating_sub(own.last_sent).unsigned_abs() >= PROBED_AFTER,
    }
}

/// Takes the acknowledgment and the window of a segment that is no copy.
#[inline]
pub(super) fn take(track: &mut Track<'_>) {
    let p = track.p;
    let pure = p.span() == 0;
    let peer = track.halves().1;
    if peer.started && before(peer.next, p.ack) {
        unseen(track);
    }
    let (own, _) = track.halves();
    let step = own.acked.map(|acked| p.ack.wrapping_sub(acked).cast_signed());
    let advanced = step.is_none_or(|step| step > 0);
    let old = own.acked.unwrap_or(p.ack);
    if pure {
        alone(track, step);
    } else if advanced {
        track.halves().0.dup_acks = 0;
    }
    if advanced {
        advance(track, old);
    }
    if p.blocks > 0 {
        blocks(track, old);
    }
    if pure || advanced {
        record(track);
    }
    window(track, step.is_none_or(|step| step >= 0));
    let own = track.halves().0;
    if !pure {
        own.probe = None;
    }
}

fn record(track: &mut Track<'_>) {
    let p = track.p;
    // A flood of SYNs and bare answers takes no history.
    if p.has(TcpFlags::SYN) {
        return;
    }
    let own = track.halves().0;
    if p.span() == 0 && own.claimed.is_none_or(|claimed| before(claimed, p.seq)) {
        own.claimed = Some(p.seq);
    }
    let top = p.blocks().iter().fold(p.ack, |top, block| if before(top, block.1) { block.1 } else { top });
    let own = track.halves().0;
    let dup = u16::try_from(own.dup_acks).unwrap_or(u16::MAX);
    own.history().add_ack(SentAck::new(p, top, dup));
}

/// A segment that is nothing but an ACK: what it is.
fn alone(track: &mut Track<'_>, step: Option<i32>) {
    let p = track.p;
    if is_probe(track) {
        return probe(track);
    }
    let peer = track.peer();
    if step == Some(0) && peer.syn && p.ack == peer.base.wrapping_add(1) && peer.next == p.ack {
        spurious::syn_answered_again(track);
    }
    let asked =
        track.peer().probe.filter(|(_, time)| p.time.saturating_sub(*time).unsigned_abs() < ANSWERED_WITHIN);
    let (own, peer) = track.halves();
    let same_window = own.raw_window == Some(p.window);
    // Where the capture has the directions out of order, what is outstanding has yet to pass.
    let outstanding = before(p.ack, peer.next) || peer.disordered;
    let first_window = own.raw_window.is_none();
    match step {
        Some(step) if step < 0 => return track.say(Verdict::certain(Kind::OldAck, Evidence::ACK_FIELD)),
        Some(0) if !first_window => {}
        _ => return own.dup_acks = 0,
    }
    if let Some((probe, _)) = asked
        && (same_window || probe == Probe::Unacceptable)
    {
        let kind = match probe {
            Probe::KeepAlive => Kind::KeepAliveAck,
            Probe::ZeroWindow => Kind::ZeroWindowProbeAck,
            Probe::Unacceptable => Kind::ChallengeAck,
        };
        peer.probe = None;
        peer.probes = 0;
        return track.say(Verdict::likely(kind, Evidence::STATE));
    }
    if !same_window {
        return track.say(Verdict::certain(Kind::WindowUpdate, Evidence::WINDOW));
    }
    if outstanding {
        own.dup_acks += 1;
        own.counts.dup_acks += 1;
        let n = own.dup_acks;
        track.say(Verdict::certain(Kind::DupAck { n }, Evidence::STATE));
    }
}

/// A greater ACK than all before.
fn advance(track: &mut Track<'_>, old: u32) {
    let p = track.p;
    let (own, peer) = track.halves();
    own.acked = Some(p.ack);
    own.dup_acks = 0;
    peer.unanswered = 0;
    peer.probes = 0;
    if let Some(woke) = peer.woke.as_mut().filter(|woke| !before(p.ack, woke.end)) {
        woke.answered.get_or_insert(p.time);
    }
    if peer.recover.is_some_and(|recover| !before(p.ack, recover)) {
        peer.recover = None;
    }
    if peer.episode.is_some_and(|episode| before(episode.next, p.ack)) {
        peer.episode = None;
    }
    sample(track, old);
    spurious::covered(track, old);
    let peer = track.halves().1;
    if let Some(history) = &mut peer.history {
        history.acked_to(p.ack);
    }
}

/// Measures the time from the segment that ends where this ACK does.
fn sample(track: &mut Track<'_>, old: u32) {
    let p = track.p;
    if let Some(time) = track.syn_answered() {
        return track.measured(time, true);
    }
    let (_, peer) = track.halves();
    let Some(history) = &peer.history else { return };
    let Some(at) = history.first_above(p.ack).checked_sub(1) else { return };
    let Some(seen) = history.segments.range(..=at).rev().take(8).find(|seen| seen.end == p.ack) else {
        return;
    };
    let seen = *seen;
    // Karn's algorithm, for all that this ACK covers: what fills a hole tells of the filling.
    let again =
        history.resends.iter().rev().any(|resend| before(old, resend.end) && before(resend.start, p.ack));
    let sent_again =
        history.resends.iter().any(|resend| before(resend.start, seen.end) && before(seen.start, resend.end));
    if seen.role == Role::Resend || seen.role == Role::Open || sent_again || peer.disordered {
        return;
    }
    let clean = !again && seen.role == Role::Original;
    track.measured(seen.time, clean);
}

/// A new echo of a timestamp, from when that first passed.
pub(super) fn echo(own: &Half, peer: &mut Half, p: &Segment) {
    let Some((_, echo)) = p.timestamps else { return };
    if own.last_echo == Some(echo) || !p.has(TcpFlags::ACK) {
        return;
    }
    let Some(history) = &peer.history else { return };
    let Some(time) = history.tick_passed(echo) else { return };
    let passed = p.time.saturating_sub(time);
    if passed >= 0 {
        peer.ts_rtt.get_or_insert_with(Box::<Rtt>::default).add(passed.unsigned_abs());
    }
}

/// SACK blocks: what arrived out of order, or twice.
#[inline(never)]
fn blocks(track: &mut Track<'_>, old: u32) {
    let p = track.p;
    track.halves().0.sack = true;
    let _ = old;
    let blocks = p.blocks();
    let twice = blocks.first().is_some_and(|first| {
        // RFC 2883 §4: below the ACK, or inside the second block.
        before(first.0, p.ack)
            || blocks.get(1).is_some_and(|second| !before(first.0, second.0) && !before(second.1, first.1))
    });
    for (n, &(left, right)) in blocks.iter().enumerate() {
        if !before(left, right) || right.wrapping_sub(left) > 1 << 30 {
            continue;
        }
        if n == 0 && twice {
            spurious::twice(track, left, right);
            continue;
        }
        spurious::sacked(track, left, right);
        let peer = track.halves().1;
        if before(p.ack, right) && !before(peer.next, right) {
            peer.history().add_sacked(left, right);
        }
    }
}

/// It acknowledges octets that the capture has not seen.
#[cold]
fn unseen(track: &mut Track<'_>) {
    let p = track.p;
    let most = track.limits.holes;
    let peer = track.halves().1;
    let missing = p.ack.wrapping_sub(peer.next);
    // What is not even near is no ACK of this connection.
    if missing > 1 << 30 {
        return;
    }
    let (from, told) = (peer.next, peer.disordered);
    let given_up = peer.history().add_hole(from, p.ack, most);
    peer.next = p.ack;
    peer.lost += u64::from(given_up.unwrap_or(0));
    track.evicted.holes += u64::from(given_up.is_some());
    if !told {
        let peer = track.halves().1;
        peer.history().add_unseen(p.packet, from, p.ack);
        track.say(Verdict::certain(Kind::AckUnseen { missing: missing.into() }, Evidence::OCTETS));
    }
}

/// Notes up to where the other end may send now: by the window, and by slow start until there are
/// duplicates (RFC 6928, RFC 5681 §3.1: ten segments, and one more for each acknowledged).
#[inline(never)]
fn permit(track: &mut Track<'_>) {
    let p = track.p;
    let (own, peer) = track.halves();
    if !peer.started {
        return;
    }
    let first = peer.base.wrapping_add(1);
    let acked = p.ack.wrapping_sub(first);
    let slow_start = peer.syn && own.counts.dup_acks == 0 && p.blocks == 0 && acked < 1 << 28;
    let most =
        first.wrapping_add(10 * u32::from(own.mss.unwrap_or(1460))).wrapping_add(acked.wrapping_mul(2));
    let edge = if slow_start && before(most, own.right) { most } else { own.right };
    peer.history().permits.add(edge, p.time);
}

/// Takes the window.
#[inline]
fn window(track: &mut Track<'_>, newest: bool) {
    let p = track.p;
    let (own, peer) = track.halves();
    let syn = p.has(TcpFlags::SYN);
    let shift = if syn || own.scale.is_none() || peer.scale.is_none() { 0 } else { own.scale.unwrap_or(0) };
    if !syn {
        own.raw_window = Some(p.window);
    }
    if newest {
        own.window = u32::from(p.window) << shift;
        let right = p.ack.wrapping_add(own.window);
        if own.first_right.is_none() || before(own.right, right) {
            own.right = right;
        }
        own.first_right.get_or_insert(right);
        if own.window > 0
            && let Some(since) = own.closed_since.take()
        {
            own.counts.zero_window_ns += p.time.saturating_sub(since).unsigned_abs();
        }
    }
    if p.window == 0 && !syn {
        if own.closed_since.is_none() && newest {
            own.closed_since = Some(p.time);
            own.counts.zero_windows += 1;
        }
        track.say(Verdict::certain(Kind::ZeroWindow, Evidence::WINDOW));
    }
    if newest && !track.own().is_measured() {
        permit(track);
    }
}
