//! Whether a resend was needed: whether every old octet of it had an earlier emission that
//! reached the receiver.
use super::half::Half;
use super::history::{Resend, before};
use super::path::Path;
use super::segment::Segment;
use super::track::Track;
use super::verdict::{Evidence, Kind};

/// What is known as the resend passes.
pub(super) fn at_once(own: &Half, peer: &Half, path: &Path, p: &Segment) -> (Option<bool>, Evidence) {
    let end = if before(own.next, p.end()) { own.next } else { p.end() };
    if !own.disordered {
        if peer.acked.is_some_and(|acked| !before(acked, end)) {
            return (Some(true), Evidence::ACK);
        }
        if own.history.as_ref().is_some_and(|history| history.is_sacked(p.seq, end)) {
            return (Some(true), Evidence::SACK);
        }
    }
    if path.is_near_receiver() {
        let missing = own.history.as_ref().is_some_and(|history| history.has_hole(p.seq, end));
        return (Some(!missing), Evidence::VANTAGE);
    }
    // Nothing is known of the other end's view: one direction was captured.
    if peer.acked.is_none() { (None, Evidence::empty()) } else { (Some(false), Evidence::empty()) }
}

/// An original passes after a resend of it.
pub(super) fn late_original(track: &mut Track<'_>, path: &Path) {
    let p = track.p;
    let at_receiver = path.is_near_receiver();
    let own = track.halves().0;
    let Some(history) = &mut own.history else { return };
    let shares = |resend: &&mut Resend| before(resend.start, p.end()) && before(p.seq, resend.end);
    let mut found = Vec::new();
    for resend in history.resends.iter_mut().filter(shares).filter(|resend| !resend.copy) {
        // At the receiver it had arrived all the same.
        if at_receiver && !before(resend.start, p.seq) && !before(p.end(), resend.end) {
            resend.known = true;
            found.push(resend.packet);
        }
    }
    for packet in found {
        correct(track, true, packet, Evidence::VANTAGE);
    }
}

/// The resends that the ACK in hand covers: `old` was the greatest ACK before it.
pub(super) fn covered(track: &mut Track<'_>, old: u32) {
    let p = track.p;
    let path = Path::new(track.peer(), track.own());
    let peer = track.halves().1;
    let clock = peer.clock.runs();
    let disordered = peer.disordered;
    let Some(history) = &mut peer.history else { return };
    let mut found = Vec::new();
    for resend in &mut history.resends {
        if resend.covered || before(p.ack, resend.end) {
            continue;
        }
        resend.covered = true;
        resend.answered = !too_soon(p, resend, &path);
        if resend.known || disordered {
            continue;
        }
        let older = resend.tsval.zip(p.tsecr()).is_some_and(|(sent, echo)| clock && before(echo, sent));
        let at_edge = !before(old, resend.start);
        if older && at_edge {
            resend.known = true;
            found.push((resend.packet, Evidence::TSECR));
        } else if too_soon(p, resend, &path) {
            resend.known = true;
            found.push((resend.packet, Evidence::ACK | Evidence::TIME));
        }
    }
    for (packet, evidence) in found {
        correct(track, false, packet, evidence);
    }
}

/// The resends that the SACK blocks in hand cover, above the ACK.
pub(super) fn sacked(track: &mut Track<'_>, left: u32, right: u32) {
    let p = track.p;
    let path = Path::new(track.peer(), track.own());
    let peer = track.halves().1;
    let disordered = peer.disordered;
    let Some(history) = &mut peer.history else { return };
    let mut found = Vec::new();
    for resend in &mut history.resends {
        if resend.covered || before(resend.start, left) || before(right, resend.end) {
            continue;
        }
        resend.covered = true;
        resend.answered = !too_soon(p, resend, &path);
        if !resend.known && !disordered && too_soon(p, resend, &path) {
            resend.known = true;
            found.push(resend.packet);
        }
    }
    for packet in found {
        correct(track, false, packet, Evidence::SACK | Evidence::TIME);
    }
}

/// The receiver reports octets that it got twice (RFC 2883).
pub(super) fn twice(track: &mut Track<'_>, left: u32, right: u32) {
    let p = track.p;
    let path = Path::new(track.peer(), track.own());
    let least = path.receiver.unwrap_or(0) / 10 * 8;
    let (own, peer) = track.halves();
    let copied = peer.copied || own.copied;
    let Some(history) = &mut peer.history else { return };
    // It belongs to the newest that can have arrived by then.
    let fits = |resend: &&mut Resend| {
        !before(resend.start, left)
            && !before(right, resend.end)
            && p.time.saturating_sub(resend.time).unsigned_abs() >= least
    };
    let Some(resend) = history.resends.iter_mut().rev().find(fits) else {
        // Nobody sent it twice.
        let shares = |resend: &Resend| before(resend.start, right) && before(left, resend.end);
        peer.copied |= !history.resends.iter().any(shares);
        return;
    };
    if resend.known {
        return;
    }
    resend.known = true;
    // What was acknowledged just when it had arrived was needed: a copy of it came twice.
    if resend.answered && copied {
        return;
    }
    let packet = resend.packet;
    correct(track, false, packet, Evidence::DSACK);
}

/// The other end answers a SYN-ACK for the second time: both have arrived.
pub(super) fn syn_answered_again(track: &mut Track<'_>) {
    let peer = track.halves().1;
    let base = peer.base;
    let Some(history) = &mut peer.history else { return };
    let is = |resend: &&mut Resend| resend.start == base && !resend.copy && !resend.known;
    let Some(resend) = history.resends.iter_mut().find(is) else { return };
    resend.known = true;
    let packet = resend.packet;
    correct(track, false, packet, Evidence::COUNT);
}

/// Whether the ACK comes sooner than the receiver could answer the resend.
fn too_soon(p: &Segment, resend: &Resend, path: &Path) -> bool {
    let passed = p.time.saturating_sub(resend.time).unsigned_abs();
    path.is_before_answer(passed)
}

/// The resend was spurious; it is of this half (`own`) or the other.
fn correct(track: &mut Track<'_>, own: bool, packet: u64, evidence: Evidence) {
    let corrected = track.correct(own, packet, |list| {
        let mut main = *list.as_slice().iter().find(|v| matches!(v.kind, Kind::Retransmission { .. }))?;
        let Kind::Retransmission { spurious, .. } = &mut main.kind else { return None };
        if *spurious == Some(true) {
            return None;
        }
        *spurious = Some(true);
        main.evidence |= evidence;
        Some(list.with_main(Some(main)))
    });
    if corrected {
        let (this, other) = track.halves();
        let half = if own { this } else { other };
        half.counts.spurious += 1;
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::tests::check;

    /// Three segments over a path of 20 ms with the capture 8 ms from the client; the second is lost.
    const LOST: &str = "
        0 c S 0 ts=100/0 ttl=62 ->
        12 s SA 0 ack=1 ts=900/100 ->
        20 c A 1 ack=1 ts=120/900 ttl=62 ->
        21 c A 1+1000 ack=1 ts=121/900 ->
        21.1 c A 1001+1000 ack=1 ts=121/900 ->
        21.2 c A 2001+1000 ack=1 ts=121/900 ->
        33 s A 1 ack=1001 ts=921/121 ->";

    #[track_caller]
    fn after(table: &str) {
        check(&format!("{LOST}\n{table}"));
    }

    #[test]
    fn what_an_ack_or_sack_had_covered_was_not_needed() {
        after("60 c A 1+1000 ack=1 ts=160/921 -> retransmission of 4: unknown, spurious");
        after(
            "34 s A 1 ack=1001 ts=922/121 sack=2001-3001 -> dup_ack 1
             60 c A 2001+1000 ack=1 ts=160/921 -> retransmission of 6: fast, spurious",
        );
        after("60 c A 1001+1000 ack=1 ts=160/921 -> retransmission of 5: unknown");
    }

    #[test]
    fn an_answer_that_comes_too_soon_was_to_the_original() {
        after(
            "250 c A 1001+1000 ack=1 ts=350/921 -> retransmission of 5: timeout, spurious
             251 s A 1 ack=3001 ts=1139/121 ->",
        );
        after(
            "250 c A 1001+1000 ack=1 ts=350/921 -> retransmission of 5: timeout
             262 s A 1 ack=3001 ts=1150/350 ->",
        );
        after(
            "250 c A 2001+1000 ack=1 ts=350/921 -> retransmission of 6: tail_probe, spurious
             251 s A 1 ack=1001 ts=1139/121 sack=2001-3001 -> dup_ack 1",
        );
    }

    #[test]
    fn an_echo_older_than_the_resend_answers_the_original() {
        after(
            "250 c A 1001+1000 ack=1 ts=350/921 -> retransmission of 5: timeout, spurious
             262 s A 1 ack=3001 ts=1150/121 ->",
        );
    }

    #[test]
    fn the_receiver_tells_of_octets_that_came_twice() {
        after(
            "250 c A 1001+1000 ack=1 ts=350/921 -> retransmission of 5: timeout, spurious
             262 s A 1 ack=3001 ts=1150/350 sack=1001-2001 ->",
        );
    }

    #[test]
    fn at_the_receiver_what_came_before_was_there() {
        let open = "
            0 c S 0 ts=100/0 ttl=62 ->
            0.1 s SA 0 ack=1 ts=900/100 ttl=64 ->
            20 c A 1 ack=1 ts=120/900 ttl=62 ->
            21 c A 1+1000 ack=1 ts=121/900 ttl=62 ->
            21.1 s A 1 ack=1001 ts=921/121 ttl=64 ->
            21.2 c A 2001+1000 ack=1 ts=121/900 ttl=62 -> gap: 1000 bytes
            21.3 s A 1 ack=1001 ts=921/121 sack=2001-3001 ttl=64 -> dup_ack 1";
        check(&format!(
            "{open}
             250 c A 2001+1000 ack=1 ts=350/921 ttl=62 -> retransmission of 6: tail_probe, spurious
             251 c A 1001+1000 ack=1 ts=351/921 ttl=62 -> retransmission: fast"
        ));
        // The original comes after all.
        check(&format!(
            "{open}
             251 c A 1001+1000 ack=1 ts=351/921 ttl=62 -> retransmission: timeout, spurious
             252 c A 1001+1000 ack=1 ts=121/900 ttl=62 -> reordered"
        ));
    }

    #[test]
    fn without_timestamps_time_tells_as_well() {
        let open = "
            0 c S 0 ->
            12 s SA 0 ack=1 ->
            20 c A 1 ack=1 ->
            21 c A 1+1000 ack=1 ->
            21.1 c A 1001+1000 ack=1 ->
            33 s A 1 ack=1001 ->";
        check(&format!(
            "{open}\n 250 c A 1001+1000 ack=1 -> retransmission of 5: tail_probe, spurious\n 252 s A 1 ack=2001 ->"
        ));
        check(&format!(
            "{open}\n 250 c A 1001+1000 ack=1 -> retransmission of 5: tail_probe\n 262 s A 1 ack=2001 ->"
        ));
        check(
            "0 c S 0 ->
             12 s SA 0 ack=1 ->
             1012 s SA 0 ack=1 -> retransmission of 2: syn, spurious
             1020 c A 1 ack=1 ->
             1021 c A 1 ack=1 ->",
        );
    }

    #[test]
    fn who_answers_two_syn_acks_has_both() {
        check(
            "0 c S 0 ts=100/0 ->
             12 s SA 0 ack=1 ts=900/100 ->
             1012 s SA 0 ack=1 ts=1900/100 -> retransmission of 2: syn, spurious
             1020 c A 1 ack=1 ts=1120/900 ->
             1021 c A 1 ack=1 ts=1121/1900 ->",
        );
        check(
            "0 c S 0 ts=100/0 ->
             12 s SA 0 ack=1 ts=900/100 ->
             1012 s SA 0 ack=1 ts=1900/100 -> retransmission of 2: syn
             1021 c A 1 ack=1 ts=1121/1900 ->",
        );
    }
}
