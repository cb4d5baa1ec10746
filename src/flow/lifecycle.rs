//! The states of both ends (RFC 9293 §3.3.2), told as if what passes the capture point arrives.
use super::connection::{Connection, Direction, Ended, State};
use super::history::before;

/// What a connection went through.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Life {
    /// Data may flow: the handshake is over, or the capture began later.
    pub(super) established: bool,
    /// When the newest SYN and SYN-ACK passed, and how many did.
    pub(super) syn_time: [i64; 2],
    pub(super) syns: [u8; 2],
    /// Who sent its FIN after it acknowledged the other's.
    pub(super) passive: [bool; 2],
    /// Who sent the first FIN.
    pub(super) first_fin: Option<Direction>,
    /// That the directions of the capture are out of order was told.
    pub(super) disorder: bool,
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

/// The end of the input, at `now`.
pub(super) fn finish(_conn: &mut Connection, _now: i64) {}
