//! Why a host sends again, as far as the other end's ACKs tell.
use super::half::Half;
use super::history::{SentAck, before};
use super::judge::TIMEOUT;
use super::path::Path;
use super::segment::Segment;
use super::verdict::Cause;
use crate::wire::TcpFlags;

/// Most ACKs that are looked back at.
const MOST_LOOKED_AT: usize = 512;

fn acks(peer: &Half) -> impl DoubleEndedIterator<Item = &SentAck> {
    let acks = peer.history.iter().flat_map(|history| &history.acks);
    acks.into_iter()
}

/// When the other end first told of a hole where `p` is: by SACK above it, by a third duplicate
/// ACK, or by an ACK up to it in the middle of a recovery. What passed before `since` cannot have.
pub(super) fn trigger(own: &Half, peer: &Half, p: &Segment, since: Option<i64>) -> Option<i64> {
    let mut told = None;
    let mut recovering = None;
    let resends = own.episode.is_some() || own.recover.is_some() || own.doubt.is_some();
    let selective = own.sack && peer.sack;
    let possible = |ack: &&SentAck| since.is_none_or(|since| ack.time >= since);
    for ack in acks(peer).rev().take(MOST_LOOKED_AT).take_while(possible) {
        if before(p.seq, ack.ack) {
            continue;
        }
        // An ACK that ends below a hole for which the sender resends already.
        if resends && recovering == Some(ack.ack) && ack.dup == 0 && ack.ack == p.seq {
            told = Some(ack.time);
        }
        let sacked = before(p.end().wrapping_sub(1), ack.top);
        let third = ack.dup >= 3 && (ack.ack == p.seq || selective);
        if sacked || third {
            told = Some(ack.time);
        }
        recovering = Some(ack.ack);
    }
    told
}

/// When the other end acknowledged all before `p` while this one, without SACK, sends again what is not
/// acknowledged: it then sends `p`, needed or not (RFC 6582 §3.2).
pub(super) fn partial(own: &Half, peer: &Half, p: &Segment) -> Option<i64> {
    if own.episode.is_none() && own.doubt.is_none() || own.sack && peer.sack {
        return None;
    }
    let ack = acks(peer).rev().take(MOST_LOOKED_AT).find(|ack| !before(p.seq, ack.ack));
    let first = |ack: &SentAck| {
        acks(peer).rev().take(MOST_LOOKED_AT).filter(|a| a.ack == ack.ack).last().map(|a| a.time)
    };
    ack.filter(|ack| ack.ack == p.seq).and_then(first)
}

/// When the second of the ACKs passed that cover `p`.
pub(super) fn second_cover(peer: &Half, p: &Segment) -> Option<i64> {
    let covering = acks(peer).rev().take(MOST_LOOKED_AT).take_while(|ack| !before(ack.ack, p.end()));
    let mut times = [None; 2];
    for ack in covering {
        times = [Some(ack.time), times[0]];
    }
    times[1]
}

/// Why `p` was sent again.
pub(super) fn cause(own: &Half, peer: &Half, path: &Path, p: &Segment) -> Cause {
    if p.has(TcpFlags::SYN) {
        return Cause::Syn;
    }
    if p.has(TcpFlags::FIN) && p.len == 0 {
        return Cause::Fin;
    }
    if own.recover.is_some_and(|recover| before(p.seq, recover)) {
        return Cause::Timeout;
    }
    let idle = p.time.saturating_sub(own.last_sent).unsigned_abs();
    let least = path.sender.unwrap_or(0) / 10 * 9;
    let told = trigger(own, peer, p, None).map(|time| p.time.saturating_sub(time).unsigned_abs());
    // What was told of that long ago did not make the host send again.
    if told.is_some_and(|ago| ago >= least && !(idle >= TIMEOUT && ago >= TIMEOUT)) {
        return Cause::Fast;
    }
    let last = p.end() == own.next;
    let first_out = peer.acked.is_some_and(|acked| acked == p.seq);
    if last && path.rtt.is_some_and(|rtt| idle >= rtt) && !(first_out && own.unanswered > 0) {
        return Cause::TailProbe;
    }
    if idle >= TIMEOUT { Cause::Timeout } else { Cause::Unknown }
}
