//! SYNs: who opens, what is offered, when the handshake is over.
use super::number::bytes;
use super::segment::Scene;
use super::{Tale, Topic};
use crate::flow::{Change, Kind, State};
use crate::wire::{TcpFlags, TcpOption};

/// What a SYN does.
pub(super) fn syn(scene: &Scene<'_>, tale: &mut Tale) {
    if !scene.has(TcpFlags::SYN) || scene.has(TcpFlags::RST) {
        return;
    }
    let again = scene.is(|kind| matches!(kind, Kind::Retransmission { .. } | Kind::Ambiguous { .. }));
    if again {
        return;
    }
    let established = scene.memory.states.is_some_and(|(client, server)| {
        client == State::Established && server == State::Established && !scene.seen.opened()
    });
    match (scene.has(TcpFlags::ACK), scene.peer().syn) {
        _ if established => inside(scene, tale),
        (false, None) => opens(scene, tale),
        (false, Some(first)) => opens_too(scene, tale, first),
        (true, _) => accepts(scene, tale),
    }
    offers(scene, tale);
    fast_open(scene, tale);
}

fn opens(scene: &Scene<'_>, tale: &mut Tale) {
    let (who, other, seq) = (scene.who(), scene.other(), scene.seq);
    let (first, absolute) = (scene.data(), seq.absolute);
    tale.tell(
        Topic::Opening,
        format_args!("opens, {seq} = {absolute}"),
        format_args!(
            "opens the connection: Seq = {seq} ({absolute}), the first byte of data will be {first}, because a SYN counts as one byte"
        ),
        format_args!(
            "The {who} asks the {other} to open a connection (SYN). It numbers its bytes from {absolute}, which we call {seq}. The SYN itself counts as one byte, so its first byte of data will be {first}."
        ),
    );
}

fn opens_too(scene: &Scene<'_>, tale: &mut Tale, first: u64) {
    let (who, seq) = (scene.who(), scene.seq);
    let absolute = seq.absolute;
    tale.tell(
        Topic::Opening,
        format_args!("opens too (crosses packet {first}), {seq} = {absolute}"),
        format_args!(
            "opens too: Seq = {seq} ({absolute}), and acknowledges nothing, because it was sent before the SYN of packet {first} arrived (simultaneous open)"
        ),
        format_args!(
            "The {who} asks to open a connection at the same time: its SYN acknowledges nothing, so it had not got the SYN of packet {first} yet (a simultaneous open). It numbers its bytes from {absolute}, which we call {seq}."
        ),
    );
}

fn accepts(scene: &Scene<'_>, tale: &mut Tale) {
    let (who, seq) = (scene.who(), scene.seq);
    let (first, absolute) = (scene.data(), seq.absolute);
    tale.tell(
        Topic::Opening,
        format_args!("accepts, {seq} = {absolute}"),
        format_args!(
            "accepts the connection: Seq = {seq} ({absolute}), the first byte of data will be {first}, because a SYN counts as one byte"
        ),
        format_args!(
            "The {who} accepts (SYN and ACK in one segment). It numbers its own bytes from {absolute}, which we call {seq}; its first byte of data will be {first}."
        ),
    );
}

/// A SYN in the middle of a connection (RFC 5961 §4).
fn inside(scene: &Scene<'_>, tale: &mut Tale) {
    let (who, other, full) = (scene.who(), scene.other(), scene.seq.full());
    tale.tell(
        Topic::Trouble,
        format_args!("SYN inside the connection"),
        format_args!(
            "is a SYN in the middle of the connection, Seq = {full}: the {other} must not take it, but answer with an ACK (RFC 5961 section 4)"
        ),
        format_args!(
            "The {who} sends a SYN although the connection is open. The {other} must not open another one for it: it answers with an ACK, and goes on."
        ),
    );
}

/// The options that only a SYN has.
fn offers(scene: &Scene<'_>, tale: &mut Tale) {
    let mut offers = Vec::new();
    let mut scale = None;
    for option in scene.tcp.options_iter().map_while(Result::ok) {
        match option {
            TcpOption::Mss(mss) => offers.push(format!("MSS {mss}")),
            TcpOption::WindowScale(shift) => {
                scale = Some(shift.min(14));
                offers.push(format!("window scale {shift}"));
            }
            TcpOption::SackPermitted => offers.push("SACK".to_owned()),
            TcpOption::Timestamps { .. } => offers.push("timestamps".to_owned()),
            _ => {}
        }
    }
    let with_ack = scene.has(TcpFlags::ACK);
    match (scene.has(TcpFlags::ECE), scene.has(TcpFlags::CWR)) {
        (true, true) if !with_ack => offers.push("ECN".to_owned()),
        (true, false) if with_ack => offers.push("ECN (agreed)".to_owned()),
        _ => {}
    }
    if offers.is_empty() {
        return;
    }
    let (who, list) = (scene.who(), offers.join(", "));
    let scaled = scaled(scene, scale);
    tale.tell(
        Topic::Opening,
        format_args!("{list}"),
        format_args!("offers {list}{scaled}"),
        format_args!("The {who} offers: {list}{scaled}."),
    );
}

/// What comes of the window scales, once both are known.
fn scaled(scene: &Scene<'_>, own: Option<u8>) -> String {
    if !scene.has(TcpFlags::ACK) || scene.conn.half(scene.direction.reverse()).initial_seq().is_none() {
        return String::new();
    }
    let peer = scene.conn.half(scene.direction.reverse()).window_scale();
    let (who, other) = (scene.who(), scene.other());
    match (own, peer) {
        (Some(own), Some(peer)) => format!(
            "; from now on the {other}'s windows count times {}, the {who}'s times {}",
            1_u32 << peer,
            1_u32 << own
        ),
        (Some(_), None) => format!("; windows are not scaled, because the {other}'s SYN did not offer it"),
        (None, Some(_)) => "; windows are not scaled, because this SYN does not offer it".to_owned(),
        (None, None) => String::new(),
    }
}

/// TCP Fast Open (RFC 7413).
fn fast_open(scene: &Scene<'_>, tale: &mut Tale) {
    let cookie = scene.tcp.options_iter().map_while(Result::ok).find_map(|option| match option {
        TcpOption::FastOpen(cookie) => Some(cookie.len()),
        _ => None,
    });
    let (who, other) = (scene.who(), scene.other());
    match (cookie, scene.has(TcpFlags::ACK)) {
        (Some(0), false) => tale.tell(
            Topic::Opening,
            format_args!("asks for a Fast Open cookie"),
            format_args!("asks for a cookie, to send data in the SYN the next time (TCP Fast Open)"),
            format_args!(
                "The {who} asks for a cookie, with which its next SYN may carry data (TCP Fast Open)."
            ),
        ),
        (Some(n), false) => {
            let n = bytes(n as u64);
            tale.tell(
                Topic::Opening,
                format_args!("Fast Open cookie of {n}"),
                format_args!("shows a cookie of {n} that the {other} once gave it (TCP Fast Open)"),
                format_args!("The {who} shows a cookie of {n} that the {other} once gave it, so that its SYN may carry data (TCP Fast Open)."),
            );
        }
        (Some(n), true) => {
            let n = bytes(n as u64);
            tale.tell(
                Topic::Opening,
                format_args!("gives a Fast Open cookie of {n}"),
                format_args!("gives a cookie of {n} for data in the SYN the next time (TCP Fast Open)"),
                format_args!("The {who} gives the {other} a cookie of {n}, with which its next SYN may carry data (TCP Fast Open)."),
            );
        }
        (None, _) => {}
    }
}

/// The end of the handshake.
pub(super) fn established(scene: &Scene<'_>, tale: &mut Tale) {
    if !scene.seen.change().contains(Change::ESTABLISHED) || scene.conn.midstream() {
        return;
    }
    // One direction was captured: nothing shows that the other end answered.
    if scene.conn.half(scene.direction.reverse()).initial_seq().is_none() {
        return;
    }
    tale.tell(
        Topic::Opening,
        format_args!("established"),
        format_args!("completes the handshake: both ends may send data now"),
        format_args!("That completes the handshake: the connection is open, and both ends may send data."),
    );
}
