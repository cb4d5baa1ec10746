//! Why a RST came, with the arithmetic that shows it.
use super::memory::{Packets, Side, before};
use super::number::{Octets, Packet, bytes};
use super::segment::Scene;
use super::{Tale, Topic};
use crate::flow::{Ended, Evidence, Kind, ResetCause};
use crate::wire::TcpFlags;

/// What a RST does, and why it came.
pub(super) fn reset(scene: &Scene<'_>, tale: &mut Tale) {
    if !scene.has(TcpFlags::RST) {
        return;
    }
    let ends = scene.seen.closed() && scene.conn.ended() == Ended::Reset;
    match scene.conn.reset_cause().filter(|_| ends) {
        Some(cause) => ending(scene, tale, cause),
        None if scene.own().fin.is_some() && !scene.has(TcpFlags::ACK) => late(scene, tale),
        None => stray(scene, tale),
    }
    numbers(scene, tale);
}

/// The packets of the other side that a RST without ACK may answer: those whose Ack is its Seq
/// (RFC 9293 §3.10.7.1), and that had something which nobody took.
fn questions(peer: &Side, own_acked: Option<u32>, seq: u32) -> Vec<(u64, u32, u32)> {
    let asks = |fresh: bool| {
        let found = peer.recent.iter().filter(move |recent| !recent.answered && recent.ack == seq);
        let open = move |end: u32| own_acked.is_none_or(|acked| before(acked, end));
        found.filter(move |recent| !fresh || recent.span > 0 && open(recent.end))
    };
    let list = |fresh| asks(fresh).map(|r| (r.packet, r.len, r.end)).collect::<Vec<_>>();
    let fresh = list(true);
    if fresh.is_empty() { list(false) } else { fresh }
}

/// The oldest segment that a RST with `seq` may answer has its answer: each RST answers another.
pub(super) fn answered(peer: &mut Side, seq: u32) {
    let mut open: Vec<_> = peer.recent.iter_mut().filter(|r| !r.answered && r.ack == seq).collect();
    // With several it stays open which of them it was.
    if let [only] = open.as_mut_slice() {
        only.answered = true;
    }
}

/// The reset that ended the connection.
fn ending(scene: &Scene<'_>, tale: &mut Tale, cause: ResetCause) {
    let (who, other) = (scene.who(), scene.other());
    let port = scene.tcp.src_port();
    match cause {
        ResetCause::ClosedPort => {
            let syn = scene
                .peer()
                .syn
                .map_or_else(|| "the SYN".to_owned(), |syn| format!("the SYN of packet {syn}"));
            tale.tell(
                Topic::Reset,
                format_args!("refuses {syn}"),
                format_args!("refuses {syn}: nobody listens on port {port}"),
                format_args!("The {who} refuses {syn} (RST): no program listens on its port {port}."),
            );
        }
        ResetCause::LateData => late(scene, tale),
        ResetCause::HalfOpen => tale.tell(
            Topic::Reset,
            format_args!("no such connection"),
            format_args!("says that the {who} knows of no such connection (any more)"),
            format_args!("The {who} says (RST) that it knows of no such connection, or not any more."),
        ),
        ResetCause::UnreadData => unread(scene, tale),
        ResetCause::Abort => abort(scene, tale),
        ResetCause::Timeout => tale.tell(
            Topic::Reset,
            format_args!("gives up"),
            format_args!(
                "gives the connection up: what it sent again and again had no answer of the {other}"
            ),
            format_args!(
                "The {who} gives up (RST): what it sent again and again had no answer of the {other}."
            ),
        ),
        ResetCause::Middlebox => {
            let by = scene.conn.reset_evidence().unwrap_or_default();
            let by = super::evidence::Words(by);
            tale.tell(
                Topic::Reset,
                format_args!("forged? by {by}"),
                format_args!("does not come from the {who}, but from something between: {by} is unlike that of its other packets"),
                format_args!("This RST does not come from the {who} but from something on the way: {by} is unlike that of the {who}'s other packets."),
            );
        }
        _ => tale.tell(
            Topic::Reset,
            format_args!("resets"),
            format_args!("resets the connection; nothing here tells why"),
            format_args!("The {who} ends the connection at once (RST). Nothing here tells why."),
        ),
    }
}

/// What the other end sent that this one had not acknowledged.
fn left(scene: &Scene<'_>) -> String {
    let (other, ack) = (scene.other(), scene.ack);
    let out = scene.peer().next.map_or(0, |next| next.wrapping_sub(ack.absolute).cast_signed());
    match u32::try_from(out) {
        Ok(out) if out > 0 => {
            let range = Octets(ack, ack.plus(out));
            format!("; {}, {range}, of the {other} that passed here were not acknowledged", bytes(out))
        }
        _ => String::new(),
    }
}

/// The program dropped the connection: by the window alone it is not known how much it had read,
/// because a receiver may let the window grow before that.
fn abort(scene: &Scene<'_>, tale: &mut Tale) {
    let (who, ack) = (scene.who(), scene.ack);
    let first = scene.conn.half(scene.direction.reverse()).initial_seq().map(|isn| isn.wrapping_add(1));
    let how = if first == Some(ack.absolute) {
        "hard (linger of 0): nothing had arrived that could lie unread"
    } else {
        "hard (linger of 0) or with data unread, and the numbers do not tell which"
    };
    let left = left(scene);
    tale.tell(
        Topic::Reset,
        format_args!("aborts"),
        format_args!("aborts the connection, because its program closed the socket {how}{left}"),
        format_args!(
            "The {who} aborts the connection (RST), because its program closed the socket {how}{left}."
        ),
    );
}

/// Data for a socket that is closed.
fn late(scene: &Scene<'_>, tale: &mut Tale) {
    let who = scene.who();
    let closed = scene.own().fin.map_or_else(String::new, |(_, packet)| format!(" (FIN, packet {packet})"));
    let asked = questions(scene.peer(), scene.own().acked, scene.seq.absolute);
    match asked.as_slice() {
        [(packet, len, end)] if *len > 0 => {
            let n = bytes(*len);
            let end = scene.peer_number(*end);
            let range = Octets(end.plus(len.wrapping_neg()), end);
            tale.tell(
                Topic::Reset,
                format_args!("refuses {n} of {packet}: closed"),
                format_args!("refuses the {n} {range} of packet {packet}: the {who}'s program had closed its socket{closed} and nobody is left to read them; they were never acknowledged"),
                format_args!("The {who} refuses (RST) the {n} of packet {packet}, {range}: its program had closed the socket{closed}, so nobody will ever read them. They were never acknowledged."),
            );
        }
        asked => {
            let which = which(asked);
            tale.tell(
                Topic::Reset,
                format_args!("refuses {which}: closed"),
                format_args!("refuses {which}: the {who}'s program had closed its socket{closed} and nobody is left to take it"),
                format_args!("The {who} refuses (RST) {which}: its program had closed the socket{closed}, so nobody is left to take it."),
            );
        }
    }
}

/// The packets that may have been answered.
fn which(asked: &[(u64, u32, u32)]) -> String {
    let mut packets = Packets::default();
    asked.iter().for_each(|(packet, ..)| packets.add(*packet));
    match packets.count {
        0 => "a segment that was not captured".to_owned(),
        1 => packets.to_string(),
        _ => format!("one of {packets}"),
    }
}

/// Closed with data unread (RFC 2525 §2.17): the window's right edge tells how much was read, or
/// what the program did after it.
fn unread(scene: &Scene<'_>, tale: &mut Tale) {
    let (who, ack) = (scene.who(), scene.ack);
    let peer = scene.conn.half(scene.direction.reverse());
    let received = peer.initial_seq().map(|isn| ack.absolute.wrapping_sub(isn.wrapping_add(1)));
    let right = ack.absolute.wrapping_add(scene.seen.window());
    let moved =
        scene.own().first_right.map(|first| right.wrapping_sub(first).cast_signed().max(0).unsigned_abs());
    let (Some(received), Some(moved)) = (received, moved) else {
        return tale.tell(
            Topic::Reset,
            format_args!("aborts: unread data"),
            format_args!("aborts, because the {who}'s program closed its socket with data unread"),
            format_args!("The {who} aborts (RST), because its program closed the socket with data unread."),
        );
    };
    let got = bytes(received);
    if !scene.conn.reset_evidence().is_some_and(|evidence| evidence.contains(Evidence::WINDOW)) {
        let left = left(scene);
        return tale.tell(
            Topic::Reset,
            format_args!("aborts: unread data (most likely)"),
            format_args!("aborts, most likely because the {who}'s program closed its socket with data unread: {got} had arrived, and it sent no data after the last of them{left}"),
            format_args!("The {who} aborts (RST), most likely because its program closed the socket before it had read everything: {got} had arrived, and it sent no data after the last of them{left}."),
        );
    }
    if moved >= received {
        let (before, now) = (bytes(scene.conn.half(scene.direction).window()), bytes(scene.seen.window()));
        return tale.tell(
            Topic::Reset,
            format_args!("aborts: unread data"),
            format_args!("aborts, because the {who}'s program closed its socket with data unread: {got} had arrived, and its window opens from {before} to {now} only now"),
            format_args!("The {who} aborts (RST), because its program closed the socket before it had read everything: {got} had arrived, and the window, which opens as the program reads, opens from {before} to {now} only now, as the rest is thrown away."),
        );
    }
    let moved = bytes(moved);
    tale.tell(
        Topic::Reset,
        format_args!("aborts: unread data"),
        format_args!("aborts, because the {who}'s program closed its socket with data unread: {got} had arrived, but the right edge of its window had moved by {moved} only"),
        format_args!("The {who} aborts (RST), because its program closed the socket before it had read everything: {got} had arrived, but the right edge of its window, which moves on as the program reads, had moved by {moved} only."),
    );
}

/// A RST after the end, or one that ends nothing.
fn stray(scene: &Scene<'_>, tale: &mut Tale) {
    let who = scene.who();
    if scene.has(TcpFlags::ACK) {
        return tale.tell(
            Topic::Reset,
            format_args!("RST again"),
            format_args!("says once more that there is no connection: it had ended before"),
            format_args!("The {who} says once more (RST) that there is no connection: it had ended before."),
        );
    }
    let asked = questions(scene.peer(), scene.own().acked, scene.seq.absolute);
    if asked.is_empty() && scene.is(|kind| matches!(kind, Kind::OutOfWindow)) {
        let seq = scene.seq;
        return tale.tell(
            Topic::Reset,
            format_args!("answers nothing captured"),
            format_args!("answers nothing that was captured: Seq = {seq} is the Ack of no segment here, so it is forged, or late, or answers one that is missing"),
            format_args!("This RST answers nothing that was captured: its Seq = {seq} is the Ack number of no segment here. It is forged, or late, or answers one that is missing."),
        );
    }
    let which = which(&asked);
    tale.tell(
        Topic::Reset,
        format_args!("refuses {which}: gone"),
        format_args!("refuses {which}: the connection is gone on this side"),
        format_args!("The {who} refuses (RST) {which}: the connection is gone on its side."),
    );
}

/// Where the numbers of a RST come from (RFC 9293 §3.5.2).
fn numbers(scene: &Scene<'_>, tale: &mut Tale) {
    let (seq, ack) = (scene.seq, scene.ack);
    if !scene.has(TcpFlags::ACK) {
        let asked = questions(scene.peer(), scene.own().acked, seq.absolute);
        let Some((packet, ..)) = asked.first() else { return };
        let which = if asked.len() == 1 { Packet(*packet).to_string() } else { which(&asked) };
        return tale.tell(
            Topic::Reset,
            format_args!("Seq = Ack of {which}"),
            format_args!("Seq = {seq} is the Ack of {which}, because a RST that answers a segment with an Ack takes that as its Seq"),
            format_args!("Its Seq = {seq} is the Ack number of {which}: a RST takes its number from what it answers."),
        );
    }
    let peer = scene.conn.half(scene.direction.reverse());
    let refuses = scene.conn.reset_cause() == Some(ResetCause::ClosedPort) && seq.absolute == 0;
    if let Some(isn) = peer.initial_seq().filter(|_| refuses) {
        let syn = scene.peer_number(isn);
        let carried = ack.absolute.wrapping_sub(isn).wrapping_sub(1);
        let data = if carried == 0 { String::new() } else { format!(" and {} of data", bytes(carried)) };
        tale.tell(
            Topic::Reset,
            format_args!("acks the SYN"),
            format_args!("Ack = {ack} is {syn} plus 1{data}, because a SYN counts as one byte; Seq = 0, because the SYN had no Ack to take it from"),
            format_args!("Its Ack = {ack} is {syn} plus 1{data}, because a SYN counts as one byte; its Seq is 0, because the SYN had no Ack number to take it from."),
        );
    }
}
