//! What passes once more, or late: retransmissions, reordering, copies, and what stays open.
use super::evidence::{Known, probably};
use super::memory::before;
use super::number::{Number, Octets, Packet, bytes};
use super::segment::Scene;
use super::{Elapsed, Tale, Topic};
use crate::flow::{Between, Cause, MadeBy, Verdict};
use crate::wire::TcpFlags;

/// A retransmission.
pub(super) fn retransmission(
    scene: &Scene<'_>,
    tale: &mut Tale,
    verdict: &Verdict,
    of: Option<u64>,
    cause: Cause,
    spurious: Option<bool>,
) {
    if let Some(syn) = crossed(scene) {
        return answers(scene, tale, syn, of);
    }
    let what = what(scene);
    let origin = origin(scene, of);
    let reason = reason(scene, cause);
    let (who, known, maybe) = (scene.who(), Known(verdict), probably(verdict));
    tale.tell(
        Topic::Trouble,
        format_args!("{maybe}retransmits {what}{}: {}", Of(of), cause.name()),
        format_args!("{maybe}repeats {what}{origin}, {reason}; {known}"),
        format_args!("The {who} {maybe}sends {what} again{origin}, {reason}. This is {known}."),
    );
    fresh(scene, tale);
    if spurious == Some(true) {
        tale.tell(
            Topic::Trouble,
            format_args!("needless"),
            format_args!("was not needed: an earlier sending of every byte of it had arrived"),
            format_args!("It was not needed: an earlier sending of all of it had arrived."),
        );
    }
}

/// The SYN of the other side that this one answers, where both opened at once: its own SYN went before, and
/// goes again because the Ack must (RFC 9293 §3.5, figure 7).
fn crossed(scene: &Scene<'_>) -> Option<u64> {
    let answers = scene.has(TcpFlags::SYN | TcpFlags::ACK) && scene.own().acked.is_none();
    scene.peer().syn.filter(|_| answers && scene.own().syn.is_some())
}

fn answers(scene: &Scene<'_>, tale: &mut Tale, syn: u64, of: Option<u64>) {
    let (who, seq) = (scene.who(), scene.seq);
    let of = of.map_or_else(String::new, |of| format!(" as in packet {of}"));
    tale.tell(
        Topic::Opening,
        format_args!("answers the SYN of {syn} (simultaneous open)"),
        format_args!("answers the SYN of packet {syn}, which crossed its own: its SYN goes again, Seq = {seq}{of}, now with an Ack (simultaneous open)"),
        format_args!("The {who} answers the SYN of packet {syn}, which crossed its own: it sends its SYN again, Seq = {seq}{of}, now with an Ack. Both open at once."),
    );
}

/// ` of 14`.
struct Of(Option<u64>);

impl std::fmt::Display for Of {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |of| write!(f, " of {of}"))
    }
}

/// Where what is sent again ends: new octets may follow.
fn repeated_to(scene: &Scene<'_>) -> Number {
    match scene.own().next {
        Some(next) if before(next, scene.end().absolute) && before(scene.seq.absolute, next) => {
            scene.own_number(next)
        }
        _ => scene.end(),
    }
}

/// What is sent again.
fn what(scene: &Scene<'_>) -> String {
    if scene.has(TcpFlags::SYN) {
        return format!("its SYN, Seq = {}", scene.seq);
    }
    let end = repeated_to(scene);
    let with_fin = scene.has(TcpFlags::FIN) && end.absolute == scene.end().absolute;
    if with_fin && scene.len == 0 {
        return format!("its FIN, Seq = {}", scene.seq);
    }
    let data_end = if with_fin { end.before() } else { end };
    let n = bytes(data_end.absolute.wrapping_sub(scene.seq.absolute));
    let fin = if with_fin { " and its FIN" } else { "" };
    format!("{n}, {}{fin}", Octets(scene.seq, data_end))
}

/// Which packet it was in before, and how long ago.
fn origin(scene: &Scene<'_>, of: Option<u64>) -> String {
    let last = scene.own().last(scene.seq.absolute, scene.end().absolute);
    let wait = |time: i64| scene.since(time);
    match (of, last) {
        (Some(of), Some(last)) if last.packet != of => {
            let first = scene.own().find(of);
            let first = first.map_or(String::new(), |first| format!("{} after that and ", wait(first.time)));
            format!(" of {}, {first}{} after packet {}", Packet(of), wait(last.time), last.packet)
        }
        (Some(of), Some(last)) => format!(" of {}, {} after it", Packet(of), wait(last.time)),
        (Some(of), None) => format!(" of {}", Packet(of)),
        (None, Some(last)) => {
            format!(" last sent in packet {}, {} before", last.packet, wait(last.time))
        }
        (None, None) => " whose first sending was not captured here".to_owned(),
    }
}

/// Why it was sent again.
fn reason(scene: &Scene<'_>, cause: Cause) -> String {
    let end = repeated_to(scene).absolute;
    let peer = scene.peer();
    let other = scene.other();
    let answered = peer.acked.is_some_and(|acked| !before(acked, end));
    let although = format!("although packet {} had acknowledged it here", peer.acked_by);
    match cause {
        Cause::Fast if peer.dup_acks >= 3 => {
            format!(
                "because {} duplicate ACKs told the {} that it was missing (fast retransmission)",
                peer.dup_acks,
                scene.who()
            )
        }
        Cause::Fast => format!(
            "because SACK, duplicate ACKs or an ACK up to it told the {} that it was missing (fast retransmission)",
            scene.who()
        ),
        Cause::TailProbe if !answered => format!(
            "because it is the last that the {} sent and no ACK of the {other} for it came: a probe whether the end was lost (tail loss probe)",
            scene.who()
        ),
        _ if answered => match cause {
            Cause::Timeout => format!("after its timer ran out, {although}"),
            _ => although,
        },
        Cause::Timeout => format!(
            "because no ACK of the {other} for it came before its timer ran out (retransmission timeout)"
        ),
        Cause::Syn => format!("because no answer of the {other} came"),
        Cause::Fin => format!("because no ACK of the {other} for it came"),
        _ => "and nothing here tells why".to_owned(),
    }
}

/// The new octets behind those that are sent again.
fn fresh(scene: &Scene<'_>, tale: &mut Tale) {
    let from = repeated_to(scene);
    let end = scene.data().plus(scene.len);
    if !before(from.absolute, end.absolute) || scene.has(TcpFlags::SYN) {
        return;
    }
    let n = bytes(end.absolute.wrapping_sub(from.absolute));
    let range = Octets(from, end);
    tale.tell(
        Topic::Data,
        format_args!("and {n} new"),
        format_args!("carries {n} that are new as well: Seq = {range}, next expected {end}"),
        format_args!("It carries {n} that are new as well, {range}."),
    );
}

/// An original that comes late.
pub(super) fn reordered(
    scene: &Scene<'_>,
    tale: &mut Tale,
    verdict: &Verdict,
    late_by_ns: u64,
    packets: u32,
) {
    let range = range(scene);
    let (late, known, maybe) = (Elapsed(late_by_ns), Known(verdict), probably(verdict));
    let overtaken = super::number::Count(packets.into(), "packet");
    let (who, other) = (scene.who(), scene.other());
    tale.tell(
        Topic::Trouble,
        format_args!("{maybe}late by {late}, {overtaken}"),
        format_args!(
            "{maybe}comes late: {range} was sent first and overtaken by {overtaken} of the {who}, the first of them {late} ago; {known}"
        ),
        format_args!(
            "This segment {maybe}comes late: the {who} had sent {range} before {overtaken} that overtook it on the way to the {other}, the first of them {late} ago. Nothing was sent twice. This is {known}."
        ),
    );
}

/// A copy.
pub(super) fn duplicate(tale: &mut Tale, verdict: &Verdict, of: Option<u64>, by: MadeBy) {
    let maker = match by {
        MadeBy::Network => "made on the way (the sender sent it once)",
        MadeBy::Capture => "made by the capture, which saw one packet twice",
        _ => "made on the way or by the capture",
    };
    let (known, maybe) = (Known(verdict), probably(verdict));
    let origin = of.map_or("an earlier packet".to_owned(), |of| Packet(of).to_string());
    tale.tell(
        Topic::Trouble,
        format_args!("{maybe}copy of {origin} ({})", by.name()),
        format_args!("is {maybe}a copy of {origin}, {maker}: it counts for nothing; {known}"),
        format_args!("This is {maybe}a copy of {origin}, {maker}: it counts for nothing. This is {known}."),
    );
}

/// What the evidence leaves open.
pub(super) fn ambiguous(scene: &Scene<'_>, tale: &mut Tale, between: Between) {
    let names: Vec<&str> = between
        .iter()
        .map(|one| match one {
            Between::RETRANSMISSION => "sent again",
            Between::REORDERED => "late",
            Between::DUPLICATE => "a copy made on the way",
            _ => "an ACK of its own",
        })
        .collect();
    let either = names.join(" or ");
    let range = range(scene);
    tale.tell(
        Topic::Trouble,
        format_args!("{either}?"),
        format_args!("{range}: is {either}; the capture does not tell which"),
        format_args!("The capture does not tell what this is, {range}: {either}."),
    );
}

/// The numbers of a segment, as one noun.
fn range(scene: &Scene<'_>) -> String {
    if scene.span() == 0 {
        return format!("Ack = {}", scene.ack);
    }
    if scene.len > 0 {
        return Octets(scene.seq, scene.end()).to_string();
    }
    let name = if scene.has(TcpFlags::SYN) { "the SYN" } else { "the FIN" };
    format!("{name}, Seq = {}", scene.seq)
}
