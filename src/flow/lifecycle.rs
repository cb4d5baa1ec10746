//! The states of both ends (RFC 9293 §3.3.2), told as if what passes the capture point arrives.
use super::connection::{Connection, Direction, Ended, State};
use super::history::before;
use super::segment::Segment;
use super::track::Track;
use crate::wire::TcpFlags;

/// What a connection went through.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Life {
    /// Data may flow: the handshake is over, or the capture began later.
    pub(super) established: bool,
    /// When the newest SYN and SYN-ACK passed, and how many did.
    pub(super) syn_time: [i64; 2],
    pub(super) syns: [u8; 2],
    /// How often the newest that was no copy passed, and how many SYN-ACKs of the other end since.
    pub(super) asked: [u8; 2],
    pub(super) answered: [u8; 2],
    /// Who sent its FIN after it acknowledged the other's.
    pub(super) passive: [bool; 2],
    /// Who sent the first FIN.
    pub(super) first_fin: Option<Direction>,
    /// That the directions of the capture are out of order was told.
    pub(super) disorder: bool,
}

impl Life {
    /// A SYN of this side passed, or a SYN-ACK (`answer`); the network may have made it twice (`copy`).
    pub(super) fn ask(&mut self, side: usize, answer: bool, copy: bool) {
        if answer {
            self.answered[1 - side] = self.answered[1 - side].saturating_add(1);
        } else if copy {
            self.asked[side] = self.asked[side].saturating_add(1);
        } else {
            // What came before it was answered before, or not at all: it waits for a second.
            (self.asked[side], self.answered[side]) = (1, 0);
        }
    }
}

/// The state of the end that sends in `direction`.
pub(super) fn state(conn: &Connection, direction: Direction) -> State {
    let (own, peer) = (conn.half(direction), conn.half(direction.reverse()));
    if matches!(conn.ended, Ended::Reset | Ended::Timeout) {
        return State::Closed;
    }
    if !conn.life.established {
        return match (own.syn, peer.syn) {
            (false, false) => State::Listen,
            (true, false) => State::SynSent,
            // The server as it gets the SYN, and both in a simultaneous open.
            (false, true) => State::SynReceived,
            (true, true) if answered(conn, direction) => State::Established,
            (true, true) => State::SynReceived,
        };
    }
    let Some(fin) = own.fin else {
        return if peer.fin.is_some() { State::CloseWait } else { State::Established };
    };
    let acked = peer.acked.is_some_and(|ack| !before(ack, fin));
    let passive = conn.life.passive[direction as usize];
    match (peer.fin.is_some(), acked) {
        (false, false) => State::FinWait1,
        (false, true) => State::FinWait2,
        (true, false) if passive => State::LastAck,
        (true, false) => State::Closing,
        (true, true) if passive => State::Closed,
        (true, true) => State::TimeWait,
    }
}

/// Whether the SYN of this end was acknowledged.
fn answered(conn: &Connection, direction: Direction) -> bool {
    let own = conn.half(direction);
    conn.half(direction.reverse()).acked.is_some_and(|ack| !before(ack, own.base.wrapping_add(1)))
}

/// What a segment that is no copy moved.
#[inline]
pub(super) fn advance(track: &mut Track<'_>) {
    let p = track.p;
    let conn = &mut *track.conn;
    if !conn.life.established {
        establish(track);
    } else if conn.life.first_fin.is_some() && conn.ended == Ended::Open {
        let done = |direction: Direction| {
            let fin = conn.half(direction).fin;
            let acked = conn.half(direction.reverse()).acked;
            fin.zip(acked).is_some_and(|(fin, acked)| !before(acked, fin))
        };
        if done(Direction::C2s) && done(Direction::S2c) {
            conn.ended = Ended::Fin;
            conn.ended_by = conn.life.first_fin;
        }
    }
    let _ = p;
}

/// Before the handshake is over.
fn establish(track: &mut Track<'_>) {
    let p = track.p;
    let side = track.direction as usize;
    let conn = &mut *track.conn;
    if p.has(TcpFlags::SYN) {
        return;
    }
    if conn.midstream && !(conn.halves[0].syn || conn.halves[1].syn) {
        conn.life.established = true;
        return;
    }
    // The third segment of the handshake; or one later, where the capture lost it.
    let both = conn.halves[0].syn && conn.halves[1].syn;
    if both && p.has(TcpFlags::ACK) && answered(conn, track.direction.reverse()) {
        conn.life.established = true;
        if side == Direction::C2s as usize {
            let since = p.time.saturating_sub(conn.life.syn_time[side]);
            conn.handshake_rtt = u64::try_from(since).ok();
        }
    } else if p.span() > 0 && !both {
        // One direction was captured, or the answer was lost to the capture.
        conn.life.established = conn.halves[side].syn && p.has(TcpFlags::ACK);
    }
}

/// Resends without an answer after which a connection is given up, in a capture that goes on.
const GIVEN_UP_AFTER: u16 = 3;

/// The end of the input, at `now`.
pub(super) fn finish(conn: &mut Connection, now: i64) {
    for half in &mut conn.halves {
        if let Some(since) = half.closed_since.take() {
            half.counts.zero_window_ns += now.saturating_sub(since).unsigned_abs();
        }
    }
    if conn.ended != Ended::Open {
        return;
    }
    if conn.halves.iter().all(|half| half.fin.is_some()) {
        conn.ended = Ended::Fin;
        conn.ended_by = conn.life.first_fin;
        return;
    }
    for side in 0..conn.halves.len() {
        let half = &conn.halves[side];
        let syns = u16::from(conn.life.syns[side].saturating_sub(1));
        let unheard = !conn.halves[1 - side].started;
        let silent = now.saturating_sub(conn.last.saturating_nanos()).unsigned_abs();
        let tries = half.unanswered.max(half.probes).max(if unheard { syns } else { 0 });
        let waited = half.last_sent.saturating_sub(half.unanswered_since).unsigned_abs();
        if tries >= GIVEN_UP_AFTER || tries >= 1 && silent > waited.saturating_mul(2).max(1_000_000_000) {
            conn.ended = Ended::Timeout;
        }
    }
}

/// Whether a SYN on addresses and ports that have a connection begins another one.
pub(super) fn begins_another(old: &Connection, direction: Direction, p: &Segment) -> bool {
    let (own, peer) = (old.half(direction), old.half(direction.reverse()));
    if own.syn && own.base == p.seq {
        return false;
    }
    if p.has(TcpFlags::ACK) && peer.syn && !old.life.established && p.ack == peer.base.wrapping_add(1) {
        // A server that forgot its first answer.
        return false;
    }
    if old.ended != Ended::Open {
        return true;
    }
    if p.has(TcpFlags::ACK) {
        // An answer to a SYN that the capture missed.
        return own.syn && old.life.established && own.fin.is_some();
    }
    if !own.started {
        // Both open at the same time.
        return false;
    }
    // In the window it is for this connection, and challenged there (RFC 5961 §4).
    let inside = peer.acked.is_some_and(|acked| !before(p.seq, acked) && before(p.seq, peer.right));
    !(inside && own.fin.is_none() && old.life.established)
}

#[cfg(test)]
mod tests {
    use crate::flow::tests::check;
    use crate::flow::{Change, Direction, Ended, State};

    const OPEN: &str = "
        0 c S 0 ->
        20 s SA 0 ack=1 ->
        21 c A 1 ack=1 ->";

    /// The states of client and server after what follows the handshake.
    fn states(more: &str) -> (State, State) {
        let told = check(&format!("{OPEN}\n{more}"));
        let connection = told.connection();
        (connection.state(Direction::C2s), connection.state(Direction::S2c))
    }

    #[test]
    fn states_are_those_of_the_standard() {
        use State::{CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, TimeWait};
        let fin = "30 c FA 1 ack=1 ->";
        let acked = "50 s A 1 ack=2 ->";
        let other = "60 s FA 1 ack=2 ->";
        assert_eq!(states(""), (Established, Established));
        assert_eq!(states(fin), (FinWait1, CloseWait));
        assert_eq!(states(&format!("{fin}\n{acked}")), (FinWait2, CloseWait));
        assert_eq!(states(&format!("{fin}\n{acked}\n{other}")), (TimeWait, LastAck));
        assert_eq!(states(&format!("{fin}\n{acked}\n{other}\n80 c A 2 ack=2 ->")), (TimeWait, Closed));
        // Both at once: neither has the other's yet.
        let both = "30 c FA 1 ack=1 ->\n31 s FA 1 ack=1 ->";
        assert_eq!(states(both), (Closing, Closing));
        assert_eq!(states(&format!("{both}\n50 s A 2 ack=2 ->\n51 c A 2 ack=2 ->")), (TimeWait, TimeWait));
        assert_eq!(states("30 s R 1 ->"), (Closed, Closed));
    }

    /// The states as the handshake goes on.
    #[test]
    fn a_handshake_passes_through_its_states() {
        use State::{Established, Listen, SynReceived, SynSent};
        for (lines, client, server) in
            [(1, SynSent, SynReceived), (2, Established, SynReceived), (3, Established, Established)]
        {
            let part: Vec<&str> = OPEN.trim().lines().take(lines).collect();
            let told = check(&part.join("\n"));
            let connection = told.connection();
            assert_eq!(connection.state(Direction::C2s), client, "{lines}");
            assert_eq!(connection.state(Direction::S2c), server, "{lines}");
        }
        let told = check("0 c S 0 ->\n 5 s S 0 ->");
        assert_eq!(told.connection().state(Direction::C2s), SynReceived, "both open");
        let told = check("0 s SA 0 ack=1 ->");
        assert_eq!(told.connection().state(Direction::S2c), SynSent);
        let told = check("0 c A 1+100 ack=1 ->");
        assert_eq!(told.connection().state(Direction::S2c), Established, "from the middle");
        assert_ne!(told.connection().state(Direction::S2c), Listen);
    }

    #[test]
    fn a_handshake_is_measured_from_the_newest_syn() {
        let told = check(
            "0 c S 0 ts=1/0 ->
             1000 c S 0 ts=1001/0 -> retransmission of 1: syn
             1020 s SA 0 ack=1 ts=5/1001 ->
             1030 c A 1 ack=1 ts=1031/5 ->",
        );
        assert_eq!(told.connection().handshake_rtt_ns(), Some(30_000_000));
        assert_eq!(told.changes[3], Change::ESTABLISHED);
    }

    #[test]
    fn it_ends_when_both_fins_are_acknowledged_and_by_who_was_first() {
        let told = check(&format!(
            "{OPEN}
             30 s FA 1 ack=1 ->
             40 c FA 1 ack=2 ->
             50 s A 2 ack=2 ->"
        ));
        assert_eq!(told.changes[4], Change::empty());
        assert_eq!(told.changes[5], Change::CLOSED);
        assert_eq!(
            (told.connection().ended(), told.connection().ended_by()),
            (Ended::Fin, Some(Direction::S2c))
        );
        // The capture ends before the last ACK.
        let told = check(&format!("{OPEN}\n 30 c FA 1 ack=1 ->\n 40 s FA 1 ack=2 ->"));
        assert_eq!(
            (told.connection().ended(), told.connection().ended_by()),
            (Ended::Fin, Some(Direction::C2s))
        );
    }

    #[test]
    fn what_is_never_answered_ends_by_timeout_and_by_nobody() {
        let told = check(
            "0 c S 0 ts=1/0 ->
             1000 c S 0 ts=1001/0 -> retransmission of 1: syn
             3000 c S 0 ts=3001/0 -> retransmission of 1: syn
             7000 c S 0 ts=7001/0 -> retransmission of 1: syn",
        );
        assert_eq!((told.connection().ended(), told.connection().ended_by()), (Ended::Timeout, None));
        let told = check("0 c S 0 ts=1/0 ->\n1000 c S 0 ts=1001/0 -> retransmission of 1: syn");
        assert_eq!(told.connection().ended(), Ended::Open, "the capture may have ended too early");
    }

    #[test]
    fn a_syn_begins_another_connection_unless_it_belongs_to_this_one() {
        let closed = format!("{OPEN}\n 30 c FA 1 ack=1 ->\n 40 s FA 1 ack=2 ->\n 50 c A 2 ack=2 ->");
        let reused = Change::OPENED | Change::REUSED;
        let told = check(&format!("{closed}\n 900 c S 70000 -> port_reused: before in connection 1"));
        assert_eq!(told.changes[6], reused);
        let told = check(&format!("{closed}\n 900 c S 0 -> retransmission of 1: syn, spurious"));
        assert_eq!(told.changes[6], Change::empty());
        // In the window of an open connection it is challenged (RFC 5961 §4), outside it is another one.
        let told = check(&format!("{OPEN}\n 900 c S 500 ->"));
        assert_eq!(told.changes[3], Change::empty());
        let told = check(&format!("{OPEN}\n 900 c S 900000 -> port_reused: before in connection 1"));
        assert_eq!(told.changes[3], reused);
    }
}
