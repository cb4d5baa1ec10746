//! Why a reset came, and whether its receiver took it.
use super::artefact::{self, Before};
use super::connection::{Direction, Ended, ResetCause};
use super::half::{Half, Probe};
use super::history::before;
use super::segment::Segment;
use super::track::Track;
use super::verdict::{Evidence, Kind, Verdict};
use crate::wire::TcpFlags;

/// Identifications further than this from a counter are not of it.
const FAR: u16 = 2_000;

/// Octets by which a Linux buffer may let the window grow though nobody reads (`tcp_rmem`).
const GROWS: u32 = 131_072;

/// Octets that a program reads at once, and nanoseconds in which it goes on when it has.
const ONE_READ: u32 = 4096;
const AT_ONCE: u64 = 50_000_000;

/// A reset of one direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentReset {
    time: i64,
    packet: u64,
    seq: u32,
    ack: u32,
    ip_id: u16,
    checksum: u16,
    place: u16,
    ttl: u8,
}

/// Takes a segment with RST. Whether it is a copy.
#[cold]
pub(super) fn take(track: &mut Track<'_>) -> bool {
    if copy(track) {
        return true;
    }
    if track.conn.ended == Ended::Open {
        end(track);
    }
    false
}

/// Whether it is the same IP packet as the reset before.
fn copy(track: &mut Track<'_>) -> bool {
    let p = track.p;
    let own = track.halves().0;
    let ip_id = p.ip_id.unwrap_or(0);
    let this = SentReset {
        time: p.time,
        packet: p.packet,
        seq: p.seq,
        ack: p.ack,
        ip_id,
        checksum: p.checksum,
        place: p.place,
        ttl: p.ttl,
    };
    let same = |sent: &&SentReset| {
        (sent.seq, sent.ack, sent.ip_id, sent.checksum) == (p.seq, p.ack, ip_id, p.checksum)
    };
    let Some(first) = own.resets.iter().rev().find(same).copied() else {
        own.remember_reset(this);
        return false;
    };
    let at = Before { time: first.time, place: first.place, ttl: first.ttl };
    let evidence = if ip_id != 0 && own.ids.tell_copies() {
        Evidence::IP_ID
    } else if artefact::seen_twice(p, at) {
        Evidence::PLACE
    } else {
        own.remember_reset(this);
        return false;
    };
    let (made_by, more) = artefact::maker(p, at, own.is_mirrored());
    own.counts.duplicates += 1;
    let kind = Kind::Duplicate { of: Some(first.packet), made_by };
    track.say(Verdict::certain(kind, Evidence::IDENTICAL | evidence | more));
    true
}

fn end(track: &mut Track<'_>) {
    let p = track.p;
    let (own, peer) = (track.own(), track.peer());
    if !is_acceptable(own, peer, p) {
        let time = p.time;
        track.halves().0.probe = Some((Probe::Unacceptable, time));
        return track.say(Verdict::certain(Kind::OutOfWindow, Evidence::STATE));
    }
    let reset = cause(own, peer, p, track.conn.life.established, track.direction == Direction::C2s);
    track.conn.reset = Some(reset);
    track.conn.ended = Ended::Reset;
    track.conn.ended_by = Some(track.direction);
}

/// Whether the receiver takes it (RFC 5961 §3.2, RFC 9293 §3.10.7.3): at the number that it expects,
/// which lies between what it acknowledged and what passed.
fn is_acceptable(own: &Half, peer: &Half, p: &Segment) -> bool {
    if !own.started {
        // In answer to a SYN it must acknowledge that.
        return !peer.syn
            || !p.has(TcpFlags::ACK)
            || p.ack == peer.base.wrapping_add(1)
            || p.ack == peer.next;
    }
    let Some(expected) = peer.acked else { return p.seq == own.next || !own.syn };
    !before(p.seq, expected) && !before(own.next, p.seq)
}

fn cause(own: &Half, peer: &Half, p: &Segment, established: bool, is_client: bool) -> (ResetCause, Evidence) {
    if let Some(evidence) = is_foreign(own, p) {
        return (ResetCause::Middlebox, evidence);
    }
    let with_ack = p.has(TcpFlags::ACK);
    if !own.syn && peer.syn && !established {
        // A SYN finds nobody who listens; a SYN-ACK, nobody who asked for it.
        let cause = if peer.acked.is_some() { ResetCause::HalfOpen } else { ResetCause::ClosedPort };
        return (cause, Evidence::STATE);
    }
    if !with_ack {
        // The answer of a host that has no such socket, or none that is open.
        return if own.fin.is_some() {
            (ResetCause::LateData, Evidence::STATE)
        } else {
            (ResetCause::HalfOpen, Evidence::STATE)
        };
    }
    if own.probes >= 1 && own.probe.is_some() || own.unanswered >= 3 {
        return (ResetCause::Timeout, Evidence::COUNT);
    }
    abort(own, peer, p, is_client)
}

/// Whether it is unlike the other packets of its sender.
fn is_foreign(own: &Half, p: &Segment) -> Option<Evidence> {
    let ttl =
        own.ttl.is_some_and(|(low, high)| p.ttl.saturating_add(1) < low || p.ttl > high.saturating_add(1));
    let id = p.ip_id.filter(|id| *id != 0).and_then(|id| own.ids.distance(id)).is_some_and(|far| far > FAR);
    let mut evidence = Evidence::empty();
    evidence.set(Evidence::TTL, ttl);
    evidence.set(Evidence::IP_ID, id);
    (!evidence.is_empty()).then_some(evidence)
}

/// Whether the window is twice what it was, with nothing new acknowledged: a program that had read so
/// much would have made its host tell at once, so that the octets went as the socket was closed.
fn opens(own: &Half, p: &Segment) -> bool {
    own.raw_window.is_some_and(|window| u32::from(p.window) >= 2 * u32::from(window) && p.window > 0)
}

/// A program closed its socket hard: with data in it that it had not read, or because it wanted so.
///
/// What it read makes the right edge of its window go on; what it did not holds that back. A buffer
/// that still grows hides some of it: then whoever had answered had read, and so, most likely, had who
/// asked and went as soon as there was an answer.
fn abort(own: &Half, peer: &Half, p: &Segment, is_client: bool) -> (ResetCause, Evidence) {
    let base = peer.base.wrapping_add(1);
    let fin = u32::from(peer.fin == Some(p.ack));
    let end = p.ack.wrapping_sub(fin);
    let received = end.wrapping_sub(base);
    if !peer.syn || received == 0 || received > 1 << 31 {
        return (ResetCause::Abort, Evidence::STATE);
    }
    let shift = own.scale.filter(|_| peer.scale.is_some()).unwrap_or(0);
    let right = p.ack.wrapping_add(u32::from(p.window) << shift);
    let moved = own.first_right.map_or(0, |first| right.wrapping_sub(first).cast_signed());
    let read = u32::try_from(moved).unwrap_or(0);
    if own.acked == Some(p.ack) && opens(own, p) {
        return (ResetCause::UnreadData, Evidence::WINDOW);
    }
    let slack = 2_u32 << shift;
    if read.saturating_add(slack) < received {
        return (ResetCause::UnreadData, Evidence::WINDOW);
    }
    if received > GROWS {
        return (ResetCause::Abort, Evidence::WINDOW);
    }
    let left = own.answered.map_or(received, |answered| end.wrapping_sub(answered));
    // The FIN may be answered, too.
    if left == 0 || left > received {
        return (ResetCause::Abort, Evidence::OCTETS);
    }
    let asked = is_client && own.next.wrapping_sub(own.base) > 1 + u32::from(own.fin.is_some());
    let since = p.time.saturating_sub(peer.last_sent).unsigned_abs();
    if asked && left <= ONE_READ && since < AT_ONCE {
        return (ResetCause::Abort, Evidence::TIME);
    }
    (ResetCause::UnreadData, Evidence::OCTETS)
}

#[cfg(test)]
mod tests {
    use crate::flow::tests::{Told, check};
    use crate::flow::{Direction, Ended, ResetCause};

    const OPEN: &str = "
        0 c S 0 id=100 ->
        20 s SA 0 ack=1 id=0 ->
        21 c A 1 ack=1 id=101 ->";

    fn after(table: &str) -> Told {
        check(&format!("{OPEN}\n{table}"))
    }

    fn cause(told: &Told) -> (Ended, Option<Direction>, Option<ResetCause>) {
        let connection = told.connection();
        (connection.ended(), connection.ended_by(), connection.reset_cause())
    }

    #[track_caller]
    fn assert_cause(told: &Told, by: Direction, why: ResetCause) {
        assert_eq!(cause(told), (Ended::Reset, Some(by), Some(why)));
    }

    #[test]
    fn a_refused_port_answers_the_syn_alone() {
        let told = check("0 c S 0 ->\n 20 s RA 0 ack=1 ->");
        assert_cause(&told, Direction::S2c, ResetCause::ClosedPort);
        // It must acknowledge the SYN.
        let told = check("0 c S 0 ->\n 20 s RA 0 ack=77 -> out_of_window");
        assert_eq!(cause(&told), (Ended::Open, None, None));
    }

    #[test]
    fn only_a_reset_at_the_expected_number_is_taken() {
        let told = after("30 s A 1+100 ack=1 ->\n 50 c A 1 ack=101 ->\n 60 s R 101 ->");
        assert_cause(&told, Direction::S2c, ResetCause::HalfOpen);
        let told = after(
            "30 s A 1+100 ack=1 ->
             50 c A 1 ack=101 ->
             60 s R 60 -> out_of_window
             61 s R 5000 -> out_of_window",
        );
        assert_eq!(cause(&told).0, Ended::Open);
        // What passed but was not acknowledged yet may have arrived.
        let told = after("30 s A 1+100 ack=1 ->\n 60 s R 60 ->");
        assert_eq!(cause(&told).0, Ended::Reset);
    }

    #[test]
    fn a_reset_without_ack_is_of_a_host_without_the_socket() {
        assert_cause(&after("30 c R 1 ->"), Direction::C2s, ResetCause::HalfOpen);
        let late = after("30 c FA 1 ack=1 ->\n 50 s A 1 ack=2 ->\n 60 s A 1+100 ack=2 ->\n 80 c R 2 ->");
        assert_cause(&late, Direction::C2s, ResetCause::LateData);
    }

    #[test]
    fn what_holds_the_window_back_was_not_read() {
        // The window shrinks by what lies in the buffer.
        let unread =
            after("30 s A 1+4000 ack=1 ->\n 50 c A 1 ack=4001 w=9000 ->\n 60 c RA 1 ack=4001 w=9000 ->");
        assert_cause(&unread, Direction::C2s, ResetCause::UnreadData);
        // It opens as the socket is closed, and that throws away what nobody had read.
        let open = "30 s A 1+4000 ack=1 ->\n 50 c A 1 ack=4001 ->\n 51 c A 1+10 ack=4001 ->";
        let thrown = after(&format!("{open}\n 60 c RA 11 ack=4001 w=20000 ->"));
        assert_cause(&thrown, Direction::C2s, ResetCause::UnreadData);
        let read = after(&format!("{open}\n 60 c RA 11 ack=4001 w=19999 ->"));
        assert_cause(&read, Direction::C2s, ResetCause::Abort);
        let newer = after(&format!("{open}\n 59 s A 4001+10 ack=11 ->\n 60 c RA 11 ack=4011 w=20000 ->"));
        assert_cause(&newer, Direction::C2s, ResetCause::Abort);
        let read = after(
            "30 s A 1+4000 ack=1 ->
             50 c A 1 ack=4001 ->
             60 c A 1+10 ack=4001 ->
             61 c RA 11 ack=4001 ->",
        );
        assert_cause(&read, Direction::C2s, ResetCause::Abort);
        let nothing = after("60 c RA 1 ack=1 ->");
        assert_cause(&nothing, Direction::C2s, ResetCause::Abort);
    }

    #[test]
    fn who_asked_and_went_with_the_answer_had_read_it() {
        let asked = "25 c A 1+10 ack=1 ->\n 45 s A 1+100 ack=11 ->";
        let at_once = after(&format!("{asked}\n 46 c RA 11 ack=101 ->"));
        assert_cause(&at_once, Direction::C2s, ResetCause::Abort);
        let later = after(&format!("{asked}\n 146 c RA 11 ack=101 ->"));
        assert_cause(&later, Direction::C2s, ResetCause::UnreadData);
        let much = after("25 c A 1+10 ack=1 ->\n 45 s A 1+4097 ack=11 ->\n 46 c RA 11 ack=4098 ->");
        assert_cause(&much, Direction::C2s, ResetCause::UnreadData);
        // A server that is asked and goes without an answer has not read.
        let server = after("25 c A 1+10 ack=1 ->\n 46 s RA 1 ack=11 ->");
        assert_cause(&server, Direction::S2c, ResetCause::UnreadData);
        let server = after("22 s A 1+10 ack=1 ->\n 42 c A 1+10 ack=11 ->\n 43 s RA 11 ack=11 ->");
        assert_cause(&server, Direction::S2c, ResetCause::UnreadData);
    }

    #[test]
    fn who_gave_the_other_up_says_so_with_a_reset() {
        let told = after(
            "30 c A 1+10 ack=1 ->
             230 c A 1+10 ack=1 id=9 -> retransmission of 4: tail_probe
             630 c A 1+10 ack=1 id=10 -> retransmission of 4: timeout
             1430 c A 1+10 ack=1 id=11 -> retransmission of 4: timeout
             3030 c RA 11 ack=1 ->",
        );
        assert_cause(&told, Direction::C2s, ResetCause::Timeout);
    }

    #[test]
    fn a_forged_reset_is_known_by_its_way_or_its_identification() {
        let told = after("30 s RA 1 ack=1 ttl=57 ->");
        assert_cause(&told, Direction::S2c, ResetCause::Middlebox);
        let told = after("30 s RA 1 ack=1 ttl=59 ->");
        assert_cause(&told, Direction::S2c, ResetCause::Abort);
        let counted = "30 c A 1+10 ack=1 id=102 ->\n 31 c A 11+10 ack=1 id=103 ->";
        let told = after(&format!("{counted}\n 40 c RA 21 ack=1 id=104 ->"));
        assert_cause(&told, Direction::C2s, ResetCause::Abort);
        let told = after(&format!("{counted}\n 40 c RA 21 ack=1 id=9000 ->"));
        assert_cause(&told, Direction::C2s, ResetCause::Middlebox);
    }

    #[test]
    fn a_reset_that_passes_twice_is_a_copy_by_its_identification() {
        after("30 c RA 1 ack=1 id=102 ->\n 31 c RA 1 ack=1 id=102 -> duplicate of 4: made by the network");
        after("30 c RA 1 ack=1 id=0 ->\n 31 c RA 1 ack=1 id=0 ->");
        after("30 c RA 1 ack=1 id=0 ->\n 31 c RA 1 ack=1 id=0 if=1 -> duplicate of 4: made by the capture");
    }
}
