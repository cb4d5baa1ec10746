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
        return (ResetCause::ClosedPort, Evidence::STATE);
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
