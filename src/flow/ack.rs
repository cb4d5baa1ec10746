//! What an ACK tells: of itself, and of what the other end sent.
use super::artefact::{self, Before};
use super::half::{Half, Probe};
use super::history::{Role, SentAck, before};
use super::path::Path;
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

/// How long what passed a second time is on its way to the receiver, and its answer back, at most.
const ANSWERED_AGAIN: i64 = 400_000_000;

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
    let Some((evidence, confidence)) = copied(own, track.peer(), p, &first) else { return false };
    let at = Before { time: first.time, place: first.place, ttl: first.ttl };
    let (made_by, more) = artefact::maker(p, at, own.is_mirrored());
    let kind = Kind::Duplicate { of: Some(first.number(p.packet)), made_by };
    track.say(Verdict { kind, evidence: Evidence::IDENTICAL | evidence | more, confidence });
    let own = track.halves().0;
    own.counts.duplicates += 1;
    own.copied |= made_by != MadeBy::Capture;
    true
}

/// By what an ACK is known for a copy of one that is octet for octet the same; `None` if the host
/// may have sent both.
fn copied(own: &Half, peer: &Half, p: &Segment, first: &SentAck) -> Option<(Evidence, Confidence)> {
    if p.ip_id.is_some_and(|id| id != 0) && own.ids.tell_copies() {
        return Some((Evidence::IP_ID, Confidence::Certain));
    }
    let at = Before { time: first.time, place: first.place, ttl: first.ttl };
    if artefact::seen_twice(p, at) {
        return Some((Evidence::PLACE, Confidence::Certain));
    }
    // The network copies nothing before a host's own capture point.
    if Path::new(own, peer).at_sender() {
        return None;
    }
    if own.is_detour(p.ttl, first.ttl) {
        return Some((Evidence::TTL, Confidence::Likely));
    }
    let passed = p.time.saturating_sub(first.time).unsigned_abs();
    // A host waits for a timeout before it probes again.
    if is_idle_probe(own, p, first.time) && passed < PROBED_AFTER {
        return Some((Evidence::TIME, Confidence::Likely));
    }
    p.timestamps.filter(|_| own.clock.runs())?;
    // Where segments out of order are answered with nothing but the same ACK again, many of a tick are
    // the same, and late ones pass long after.
    if !(own.sack && peer.sack) {
        return None;
    }
    if passed > 2 * own.clock.spread() {
        return Some((Evidence::TSVAL, Confidence::Likely));
    }
    // With SACK, only what the receiver had already gets the same answer again.
    let fresh = p.blocks > 0 && own.clock.tick() <= 2_000_000 && !had_already(peer, first.time);
    fresh.then_some((Evidence::TSVAL | Evidence::SACK, Confidence::Likely))
}

/// Whether octets passed towards a host once more, lately, at `time`: it answers these with the ACK that
/// it sent last.
fn had_already(peer: &Half, time: i64) -> bool {
    let since = time.saturating_sub(ANSWERED_AGAIN);
    let resends = peer.history.iter().flat_map(|history| history.resends.iter().rev());
    resends.take_while(|resend| resend.time >= since).next().is_some()
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

/// Whether a segment without octets that begins one below where the half ends was a probe at `time`: all
/// had passed long before.
fn is_idle_probe(own: &Half, p: &Segment, time: i64) -> bool {
    let silent = time.saturating_sub(own.last_sent);
    p.seq.wrapping_add(1) == own.next && own.fin.is_none() && silent >= PROBED_AFTER.cast_signed()
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
        _ => is_idle_probe(own, p, p.time),
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
    let stale = step == Some(0) && is_stale(own, p);
    if pure && !stale {
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
    window(track, step.is_none_or(|step| step >= 0) && !stale);
    let own = track.halves().0;
    if !pure {
        own.probe = None;
    }
}

/// Whether it passed before, octet for octet, and then one with the same ACK and a greater window: a
/// window is not taken back, so that this one is late or a copy.
fn is_stale(own: &Half, p: &Segment) -> bool {
    if own.raw_window.is_none_or(|window| window <= p.window) {
        return false;
    }
    let Some(history) = &own.history else { return false };
    let newer = history.acks.iter().rev().take(MOST_LOOKED_AT).take_while(|ack| ack.ack == p.ack);
    newer.skip_while(|ack| ack.window == own.raw_window.unwrap_or(0)).any(|ack| ack.is(p))
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
    if peer.doubt.is_some_and(|doubt| before(doubt.next, p.ack)) {
        peer.doubt = None;
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
    if !syn && newest {
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

#[cfg(test)]
mod tests {
    use crate::flow::tests::check;

    #[test]
    fn an_old_ack_does_not_change_the_window() {
        check(
            "0 c S 0 ->
             20 s SA 0 ack=1 ->
             20.1 c A 1 ack=1 ->
             21 c A 1+1000 ack=1 ->
             21.1 c A 1001+1000 ack=1 ->
             21.2 c A 2001+1000 ack=1 ->
             41 s A 1 ack=1001 w=900 ->
             41.1 s A 1 ack=2001 w=800 ->
             41.2 s A 1 ack=1001 w=900 -> old_ack
             41.3 s A 1 ack=2001 w=800 -> dup_ack 1
             41.4 s A 1 ack=2001 w=850 -> window_update",
        );
    }

    #[test]
    fn a_window_that_was_greater_since_is_not_taken_back() {
        check(
            "0 c S 0 ->
             20 s SA 0 ack=1 ->
             20.1 c A 1 ack=1 ->
             21 c A 1+1000 ack=1 ->
             21.2 c A 1001+1000 ack=1 ->
             41 s A 1 ack=1001 w=400 ->
             41.2 s A 1 ack=1001 w=900 -> window_update
             41.3 s A 1 ack=1001 w=400 ->
             41.4 s A 1 ack=1001 w=900 -> dup_ack 1
             41.5 s A 1 ack=1001 w=300 -> window_update",
        );
    }

    /// Segments out of order, the first answers to which are far apart though of one tick.
    fn of_one_tick(option: &str, first: &str, second: &str) {
        check(&format!(
            "0 c S 0 ts=10/0 opt={option} ->
             20 s SA 0 ack=1 ts=500/10 opt={option} ->
             20.1 c A 1 ack=1 ts=30/500 ->
             21 c A 1+1000 ack=1 ts=31/500 ->
             41 s A 1 ack=1001 ts=521/31 ->
             42 c A 2001+1000 ack=1 ts=52/521 -> gap: 1000 bytes
             42.1 c A 3001+1000 ack=1 ts=52/521 ->
             62 s A 1 ack=1001 ts=542/31 {first} -> dup_ack 1
             75 s A 1 ack=1001 ts=542/31 {first} -> {second}"
        ));
    }

    #[test]
    fn answers_of_one_tick_are_copies_only_where_each_says_more() {
        of_one_tick("mw", "", "dup_ack 2");
        of_one_tick("msw", "sack=2001-3001", "duplicate of 8: made by the network");
    }

    #[test]
    fn what_the_receiver_had_already_is_answered_by_the_same_ack() {
        let handshake = "0 c S 0 ts=10/0 ->
             20 s SA 0 ack=1 ts=500/10 ->
             20.1 c A 1 ack=1 ts=30/500 ->
             21 c A 1+1000 ack=1 ts=31/500 ->
             41 s A 1 ack=1001 ts=521/31 ->
             42 c A 2001+1000 ack=1 ts=52/521 -> gap: 1000 bytes";
        check(&format!(
            "{handshake}
             62 s A 1 ack=1001 ts=542/31 sack=2001-3001 -> dup_ack 1
             62.1 s A 1 ack=1001 ts=542/31 sack=2001-3001 -> duplicate of 7: made by the network"
        ));
        check(&format!(
            "{handshake}
             50 c A 2001+1000 ack=1 ts=52/521 -> duplicate of 6: made by the network
             62 s A 1 ack=1001 ts=542/31 sack=2001-3001 -> dup_ack 1
             62.1 s A 1 ack=1001 ts=542/31 sack=2001-3001 -> dup_ack 2"
        ));
    }

    #[test]
    fn the_same_ack_by_another_router_is_a_copy() {
        check(
            "0 c S 0 ->
             20 s SA 0 ack=1 ->
             20.1 c A 1 ack=1 ->
             21 c A 1+1000 ack=1 ->
             21.1 c A 1001+1000 ack=1 ->
             41 s A 1 ack=1001 ->
             41.1 s A 1 ack=1001 -> dup_ack 1
             41.2 s A 1 ack=1001 ttl=59 -> duplicate of 7
             41.3 s A 1 ack=1001 -> dup_ack 2
             42 s A 1 ack=2001 ttl=58 ->
             42.1 s A 1 ack=2001 -> duplicate of 10
             42.2 c A 2001+1000 ack=1 ->
             62 s A 1 ack=3001 ttl=58 ->
             62.1 s A 1 ack=3001 ttl=58 -> ",
        );
    }

    #[test]
    fn a_host_does_not_probe_again_at_once() {
        check(
            "0 c S 0 ->
             20 s SA 0 ack=1 ->
             20.1 c A 1 ack=1 ->
             21 c A 1+1000 ack=1 ->
             41 s A 1 ack=1001 ->
             1041 c A 1000 ack=1 -> keep_alive
             1042 c A 1000 ack=1 -> duplicate of 6: made by the network
             1061 s A 1 ack=1001 -> keep_alive_ack
             2041 c A 1000 ack=1 -> keep_alive",
        );
    }

    #[test]
    fn a_copy_with_a_closed_window_is_told_for_both() {
        check(
            "0 c S 0 ->
             20 s SA 0 ack=1 id=0 ->
             20.1 c A 1 ack=1 ->
             21 c A 1+1000 ack=1 ->
             41 s A 1 ack=1001 w=0 id=17 -> zero_window
             42 s A 1 ack=1001 w=0 id=17 -> duplicate of 5: made by the network; zero_window",
        );
    }

    #[test]
    fn acks_before_a_syn_were_of_another_connection() {
        check(
            "0 c S 0 ts=10/0 ->
             20 s A 9000 ack=5000 w=100 ts=1/2 -> ack_unseen: 4999 bytes
             20.1 c R 5000 ->
             1000 c S 0 ts=1010/0 -> retransmission of 1: syn, spurious
             1020 s SA 0 ack=1 ->
             1021 c A 1 ack=1 ->
             1041 s A 1 ack=1 w=250 -> ",
        );
    }
}
