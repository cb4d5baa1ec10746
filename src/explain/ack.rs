//! Acknowledgments: what they cover, and which packets carried that.
use super::memory::before;
use super::number::{Number, Octets, bytes};
use super::segment::Scene;
use super::{Tale, Topic};
use crate::flow::Kind;
use crate::wire::{TcpFlags, TcpOption};

/// What an ACK acknowledges.
pub(super) fn ack(scene: &Scene<'_>, tale: &mut Tale) {
    if !scene.has(TcpFlags::ACK) || scene.has(TcpFlags::RST) {
        return;
    }
    let peer = scene.conn.half(scene.direction.reverse());
    let from = scene.own().acked.or(peer.initial_seq());
    match from {
        Some(from) if before(from, scene.ack.absolute) => covers(scene, tale, from),
        Some(_) if scene.own().acked.is_some() => again(scene, tale),
        Some(isn) => stray(scene, tale, isn),
        None => first(scene, tale),
    }
    selective(scene, tale);
}

/// What an ACK covers that none before it did.
fn covers(scene: &Scene<'_>, tale: &mut Tale, from: u32) {
    let ack = scene.ack;
    let peer = scene.conn.half(scene.direction.reverse());
    let syn = peer.initial_seq() == Some(from);
    let fin = scene.peer().fin.filter(|(end, _)| before(from, *end) && !before(ack.absolute, *end));
    let data = scene.peer_number(from.wrapping_add(u32::from(syn)));
    let data_end = ack.plus(if fin.is_some() { u32::MAX } else { 0 });
    let n = data_end.absolute.wrapping_sub(data.absolute);
    let when = scene.seen.rtt_ns().map(super::Elapsed);
    if syn {
        let packet = scene.peer().packets(from, from.wrapping_add(1));
        number(scene, tale, "SYN", scene.peer_number(from), &packet.to_string());
    }
    if n > 0 {
        octets(scene, tale, data, data_end);
    }
    if let Some((end, packet)) = fin {
        number(scene, tale, "FIN", scene.peer_number(end.wrapping_sub(1)), &format!("packet {packet}"));
    }
    if let Some(when) = when {
        tale.tell(
            Topic::Ack,
            format_args!("rtt {when}"),
            format_args!("comes {when} after what it acknowledges passed here"),
            format_args!("It comes {when} after what it acknowledges passed the capture point."),
        );
    }
}

/// A SYN or FIN is acknowledged.
fn number(scene: &Scene<'_>, tale: &mut Tale, what: &str, of: Number, packet: &str) {
    let (who, other) = (scene.who(), scene.other());
    let next = of.plus(1);
    let is = if next == scene.ack { "Ack = " } else { "what follows it is " };
    tale.tell(
        Topic::Ack,
        format_args!("acks {what}"),
        format_args!("acknowledges the {what} of {packet}, Seq = {of}: {is}{next}, because a {what} counts as one byte"),
        format_args!("The {who} got the {other}'s {what} ({packet}): it had the number {of} and counts as one byte, so {next} comes after it."),
    );
}

fn octets(scene: &Scene<'_>, tale: &mut Tale, from: Number, to: Number) {
    let (who, other) = (scene.who(), scene.other());
    let n = bytes(to.absolute.wrapping_sub(from.absolute));
    let range = Octets(from, to);
    let packets = scene.peer().packets(from.absolute, to.absolute);
    let ack = scene.ack;
    tale.tell(
        Topic::Ack,
        format_args!("acks {n} of {packets}"),
        format_args!("acknowledges {n}, {range}, of {packets}: expects {to} next"),
        format_args!("The {who} got {n} of the {other}'s, {range} ({packets}). Its Ack = {ack} is the number that it expects next."),
    );
}

/// Nothing new is acknowledged. Of a segment with something else nothing need be said.
fn again(scene: &Scene<'_>, tale: &mut Tale) {
    let said = scene.is(|kind| {
        matches!(
            kind,
            Kind::DupAck { .. }
                | Kind::WindowUpdate
                | Kind::OldAck
                | Kind::KeepAlive
                | Kind::KeepAliveAck
                | Kind::ZeroWindowProbe
                | Kind::ZeroWindowProbeAck
                | Kind::ChallengeAck
        )
    });
    if scene.span() > 0 || said {
        return;
    }
    let (who, other, ack) = (scene.who(), scene.other(), scene.ack);
    let by = scene.own().acked_by;
    tale.tell(
        Topic::Ack,
        format_args!("acks nothing new"),
        format_args!("acknowledges nothing new: Ack = {ack} as in packet {by}"),
        format_args!(
            "The {who} says again, as in packet {by}, that it expects {ack} from the {other}: nothing new."
        ),
    );
}

/// An ACK of something before this connection: a segment of an older one.
fn stray(scene: &Scene<'_>, tale: &mut Tale, isn: u32) {
    let (who, other, ack) = (scene.who(), scene.other(), scene.ack.absolute);
    tale.tell(
        Topic::Trouble,
        format_args!("acks {ack}, before {isn}"),
        format_args!("acknowledges nothing of this connection: Ack = {ack} lies before {isn}, the {other}'s first"),
        format_args!("The {who} acknowledges {ack}, which is nothing of this connection: the {other}'s first number is {isn}."),
    );
}

/// The first ACK of a side whose other side's beginning was not captured.
fn first(scene: &Scene<'_>, tale: &mut Tale) {
    let (who, other, ack) = (scene.who(), scene.other(), scene.ack);
    let Some(base) = scene.bases[scene.direction.reverse() as usize] else {
        return tale.tell(
            Topic::Ack,
            format_args!("expects {ack}"),
            format_args!("expects {ack} next; nothing of the {other} was captured before"),
            format_args!("The {who} expects the number {ack} from the {other} next. Nothing that the {other} sent was captured before."),
        );
    };
    let start = base.wrapping_add(1);
    if before(start, ack.absolute) {
        return octets(scene, tale, scene.peer_number(start), ack);
    }
    tale.tell(
        Topic::Ack,
        format_args!("expects {ack}"),
        format_args!("expects {ack} next: nothing that was captured here is acknowledged"),
        format_args!(
            "The {who} expects {ack} from the {other} next: nothing that was captured here is acknowledged."
        ),
    );
}

/// SACK blocks: what came out of order, or twice (RFC 2018, RFC 2883).
fn selective(scene: &Scene<'_>, tale: &mut Tale) {
    let Some(blocks) = scene.tcp.options_iter().map_while(Result::ok).find_map(|option| match option {
        TcpOption::Sack(blocks) => Some(blocks),
        _ => None,
    }) else {
        return;
    };
    let blocks: Vec<(u32, u32)> = blocks.into_iter().map(|(left, right)| (left.0, right.0)).collect();
    let ack = scene.ack;
    let twice = blocks.first().filter(|first| {
        before(first.0, ack.absolute)
            || blocks.get(1).is_some_and(|b| !before(first.0, b.0) && !before(b.1, first.1))
    });
    if let Some(&(left, right)) = twice {
        let range = Octets(scene.peer_number(left), scene.peer_number(right));
        tale.tell(
            Topic::Ack,
            format_args!("D-SACK {range}"),
            format_args!("reports {range} as received twice (D-SACK)"),
            format_args!("It reports that it received {range} twice (D-SACK)."),
        );
    }
    let mut above: Vec<(u32, u32)> = blocks.iter().skip(usize::from(twice.is_some())).copied().collect();
    above.retain(|(left, right)| before(*left, *right) && before(ack.absolute, *right));
    above.sort_by_key(|(left, _)| left.wrapping_sub(ack.absolute));
    let Some(lowest) = above.first() else { return };
    let list: Vec<String> = above
        .iter()
        .map(|(left, right)| Octets(scene.peer_number(*left), scene.peer_number(*right)).to_string())
        .collect();
    let list = list.join(" and ");
    let hole = Octets(ack, scene.peer_number(lowest.0));
    let missing = bytes(lowest.0.wrapping_sub(ack.absolute));
    tale.tell(
        Topic::Ack,
        format_args!("SACK {list}"),
        format_args!("has {list} as well (SACK): before that {hole} is missing, {missing}"),
        format_args!("It has received {list} as well (SACK), but before that {hole} is missing ({missing})."),
    );
}
