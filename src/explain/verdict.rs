//! The verdicts in words: what comes before all else, and what is added.
use super::evidence::Words;
use super::memory::before as is_before;
use super::number::{Octets, bytes};
use super::segment::Scene;
use super::{Elapsed, Tale, Topic, again};
use crate::flow::{Correction, Kind, Verdict};
use crate::wire::TcpFlags;

/// What must be known of a segment before anything else makes sense.
pub(super) fn before(scene: &Scene<'_>, tale: &mut Tale) {
    for verdict in scene.verdicts() {
        match verdict.kind {
            Kind::Retransmission { of, cause, spurious } => {
                again::retransmission(scene, tale, verdict, of, cause, spurious);
            }
            Kind::Reordered { late_by_ns, late_by_packets } => {
                again::reordered(scene, tale, verdict, late_by_ns, late_by_packets);
            }
            Kind::Duplicate { of, made_by } => again::duplicate(tale, verdict, of, made_by),
            Kind::Ambiguous { between } => again::ambiguous(scene, tale, between),
            Kind::PortReused { of } => tale.tell(
                Topic::Opening,
                format_args!("ports of connection {of} again"),
                format_args!("uses the addresses and ports of connection {of} again, which is over: this is another connection"),
                format_args!("The addresses and ports are those of connection {of}, which is over: this is another connection."),
            ),
            Kind::BadChecksum => {
                let (sum, other) = (scene.tcp.checksum(), scene.other());
                tale.tell(
                    Topic::Trouble,
                    format_args!("bad checksum 0x{sum:04x}"),
                    format_args!("is damaged: its checksum 0x{sum:04x} does not fit its bytes, so the {other} drops it and nothing in it counts"),
                    format_args!("This segment is damaged: its checksum 0x{sum:04x} does not fit its bytes. The {other} drops it, so nothing in it counts."),
                );
            }
            Kind::Gap { missing } => gap(scene, tale, missing),
            Kind::OutOfWindow if !scene.has(TcpFlags::RST) => out_of_window(scene, tale),
            _ => {}
        }
    }
}

fn gap(scene: &Scene<'_>, tale: &mut Tale, missing: u64) {
    let n = bytes(missing);
    let from = scene.seq.plus(u32::try_from(missing).unwrap_or(u32::MAX).wrapping_neg());
    let hole = Octets(from, scene.seq);
    tale.tell(
        Topic::Trouble,
        format_args!("{n} missing before it"),
        format_args!("comes after a hole: {hole}, {n}, did not pass here yet, because they were lost, come later, or the capture missed them"),
        format_args!("Before this segment {n} are missing, {hole}: they were lost, come later, or the capture missed them."),
    );
}

fn out_of_window(scene: &Scene<'_>, tale: &mut Tale) {
    let other = scene.other();
    let full = scene.seq.full();
    let Some(acked) = scene.peer().acked else {
        return tale.tell(
            Topic::Trouble,
            format_args!("unacceptable"),
            format_args!("is not acceptable to the {other}: its numbers fit nothing of this connection"),
            format_args!(
                "The {other} must not take this segment: its numbers fit nothing of this connection."
            ),
        );
    };
    let expected = scene.own_number(acked);
    if scene.has(TcpFlags::RST) {
        let seq = scene.seq;
        return tale.tell(
            Topic::Trouble,
            format_args!("RST not at {expected}"),
            format_args!("ends nothing: Seq = {seq} is not {expected}, which the {other} expects, so it must not take this RST (RFC 5961 section 3)"),
            format_args!("The {other} must not take this RST: its Seq = {seq} is not {expected}, the number that the {other} expects. It ends nothing."),
        );
    }
    let right = scene.peer().window.map_or(expected, |window| expected.plus(window));
    tale.tell(
        Topic::Trouble,
        format_args!("outside the window {expected} … {right}"),
        format_args!(
            "lies outside the window: Seq = {full}, while the {other} takes from {expected} up to {right}"
        ),
        format_args!(
            "The {other} takes bytes from {expected} up to {right}; this segment, Seq = {full}, lies outside."
        ),
    );
}

/// What is added at the end.
pub(super) fn after(scene: &Scene<'_>, tale: &mut Tale) {
    for verdict in scene.verdicts() {
        match verdict.kind {
            Kind::DupAck { n } => dup_ack(scene, tale, n),
            Kind::OutOfWindow if scene.has(TcpFlags::RST) => out_of_window(scene, tale),
            Kind::OldAck => old_ack(scene, tale),
            Kind::AckUnseen { missing } => unseen(scene, tale, missing),
            Kind::Disorder => tale.tell(
                Topic::Trouble,
                format_args!("capture out of order"),
                format_args!(
                    "was acknowledged before it passed: the capture has the two directions out of order"
                ),
                format_args!(
                    "This was acknowledged before it passed: the capture has the two directions out of order."
                ),
            ),
            Kind::Offloaded => offloaded(scene, tale),
            _ => window(scene, tale, verdict),
        }
    }
}

/// A checksum that is left to the card: said of the first packet of a side, and where nothing leaves the
/// machine of the first of the connection. Hardly another verdict comes as often and says as little.
fn offloaded(scene: &Scene<'_>, tale: &mut Tale) {
    let who = scene.who();
    let of_peer = scene.peer().offloaded.is_some();
    if scene.own().offloaded.is_some() || (of_peer && stays_inside(scene)) {
        return;
    }
    let (normal, plain) = match (stays_inside(scene), of_peer) {
        (true, _) => (
            "has no checksum, and needs none, because what these two send never leaves the machine"
                .to_owned(),
            "Its checksum is not filled in, and need not be: what these two send never leaves the machine."
                .to_owned(),
        ),
        (false, true) => (
            format!("has no checksum yet, because the {who}'s machine too leaves it to its network card"),
            format!(
                "Its checksum is not filled in yet: the {who}'s machine, too, leaves that to its network card."
            ),
        ),
        (false, false) => (
            format!(
                "has no checksum yet, because the {who}'s machine leaves it to its network card, after this capture point"
            ),
            format!(
                "Its checksum is not filled in yet: the {who}'s machine leaves that to its network card, after this capture point. Nothing is wrong."
            ),
        ),
    };
    tale.tell(
        Topic::Data,
        format_args!("checksum offloaded"),
        format_args!("{normal} (said of the first such packet only)"),
        format_args!("{plain} This is said of the first such packet only."),
    );
}

/// Whether both ends are one machine, by their addresses.
fn stays_inside(scene: &Scene<'_>) -> bool {
    let (client, server) = (scene.conn.client().addr, scene.conn.server().addr);
    client == server || (client.is_loopback() && server.is_loopback())
}

/// Verdicts of windows and probes.
fn window(scene: &Scene<'_>, tale: &mut Tale, verdict: &Verdict) {
    let (who, other) = (scene.who(), scene.other());
    let (seq, ack, now) = (scene.seq, scene.ack, scene.seen.window());
    match verdict.kind {
        Kind::ZeroWindow => tale.tell(
            Topic::Window,
            format_args!("window 0"),
            format_args!("has no room left: window 0, so the {other} must wait"),
            format_args!("The {who} has no room left (window 0): the {other} must stop sending until it hears of another window."),
        ),
        Kind::WindowUpdate => {
            let old = scene.own().window.map_or_else(String::new, |old| format!(" from {old}"));
            tale.tell(
                Topic::Window,
                format_args!("window{old} to {now}"),
                format_args!("tells another window{old} to {now} bytes; Ack = {ack} as before"),
                format_args!("The {who} tells how much room it has now: its window goes{old} to {now} bytes. Its Ack = {ack} is as before."),
            );
        }
        Kind::WindowFull => {
            let end = scene.end();
            let room = scene.peer().edge;
            let sum = room.map_or_else(String::new, |(acked, window)| {
                format!(": {} plus the window of {window} is {end}", scene.own_number(acked))
            });
            tale.tell(
                Topic::Window,
                format_args!("fills the window"),
                format_args!("fills the {other}'s window{sum}, so the {who} must wait"),
                format_args!("This fills the window of the {other}{sum}. The {who} must wait for an ACK or another window."),
            );
        }
        Kind::KeepAlive => probe(scene, tale, "nothing is outstanding, it only asks whether the other side is there (keep-alive)", "keep-alive"),
        Kind::ZeroWindowProbe => probe(scene, tale, "the window is closed, it only asks for it again (zero window probe)", "zero window probe"),
        Kind::KeepAliveAck => answer(scene, tale, "keep-alive", "it is there"),
        Kind::ZeroWindowProbeAck => {
            let room = if now == 0 { "the window is still closed".to_owned() } else { format!("there is room for {now} bytes") };
            answer(scene, tale, "zero window probe", &room);
        }
        Kind::ChallengeAck => {
            let what = scene.peer().unacceptable.map_or_else(|| "a segment".to_owned(), |packet| format!("packet {packet}"));
            tale.tell(
                Topic::Trouble,
                format_args!("challenge ACK"),
                format_args!("answers {what}, which was not acceptable, with what it expects: Seq = {seq}, Ack = {ack} (challenge ACK)"),
                format_args!("The {who} could not accept {what}, and says what it expects: Ack = {ack} (a challenge ACK)."),
            );
        }
        _ => {}
    }
}

fn probe(scene: &Scene<'_>, tale: &mut Tale, why: &str, short: &str) {
    let expected = scene.peer().acked.map_or(scene.seq, |acked| scene.own_number(acked));
    let (seq, who, len) = (scene.seq, scene.who(), bytes(scene.len));
    let below = if is_before(seq.absolute, expected.absolute) {
        format!("is one below {expected}, which is expected")
    } else {
        "is the one expected".to_owned()
    };
    tale.tell(
        Topic::Window,
        format_args!("{short}"),
        format_args!("probes with {len}: Seq = {seq} {below}; {why}"),
        format_args!("The {who} probes with {len}: its Seq = {seq} {below}; {why}."),
    );
}

fn answer(scene: &Scene<'_>, tale: &mut Tale, what: &str, says: &str) {
    let (who, ack) = (scene.who(), scene.ack);
    let of = scene.peer().probe.map_or_else(String::new, |packet| format!(" of packet {packet}"));
    tale.tell(
        Topic::Window,
        format_args!("answers {what}"),
        format_args!("answers the {what}{of}: {says}, Ack = {ack} as before"),
        format_args!("The {who} answers the {what}{of}: {says}. Its Ack = {ack} is as before."),
    );
}

fn dup_ack(scene: &Scene<'_>, tale: &mut Tale, n: u32) {
    let (who, ack) = (scene.who(), scene.ack);
    let out = scene.peer().next.map_or(0, |next| next.wrapping_sub(ack.absolute));
    let waits = bytes(out);
    let by = scene.own().acked_by;
    tale.tell(
        Topic::Trouble,
        format_args!("dup ACK {n}"),
        format_args!("repeats Ack = {ack} of packet {by} (duplicate ACK {n}): it still waits for {ack}, although {waits} from there on have passed here"),
        format_args!("The {who} repeats the Ack = {ack} of packet {by} (duplicate ACK number {n}): it still waits for {ack}, although {waits} from there on have passed here. Three of them make a sender repeat."),
    );
}

fn old_ack(scene: &Scene<'_>, tale: &mut Tale) {
    let (who, ack) = (scene.who(), scene.ack);
    let greatest = scene.own().acked.map_or(ack, |acked| scene.peer_number(acked));
    let by = scene.own().acked_by;
    tale.tell(
        Topic::Trouble,
        format_args!("old ACK: {ack} < {greatest}"),
        format_args!("is an old ACK: {ack} is below {greatest} of packet {by}, so it was sent before that and came later"),
        format_args!("This ACK is old: {ack} is below {greatest}, which the {who} had acknowledged in packet {by} already. It was sent before and came later."),
    );
}

fn unseen(scene: &Scene<'_>, tale: &mut Tale, missing: u64) {
    let (who, n) = (scene.who(), bytes(missing));
    let from = scene.ack.plus(u32::try_from(missing).unwrap_or(u32::MAX).wrapping_neg());
    let range = Octets(from, scene.ack);
    tale.tell(
        Topic::Trouble,
        format_args!("acks {n} never captured"),
        format_args!("acknowledges {n}, {range}, that never passed here: the {who} has them, so the capture lost them and not the path"),
        format_args!("The {who} acknowledges {n}, {range}, that are not in this capture: it did receive them, so the capture lost them, not the network."),
    );
}

/// What the packet shows of earlier ones.
pub(super) fn corrections(scene: &Scene<'_>, tale: &mut Tale) {
    for correction in scene.corrections {
        let packet = correction.packet;
        let words = corrected(correction);
        tale.tell(
            Topic::Correction,
            format_args!("so {packet}: {words}"),
            format_args!("shows of packet {packet}: {words}"),
            format_args!("It shows of packet {packet}: {words}."),
        );
    }
}

/// The new verdicts of an earlier packet.
fn corrected(correction: &Correction) -> String {
    let said: Vec<String> = correction.verdicts().iter().map(brief).collect();
    if said.is_empty() { "nothing was wrong with it".to_owned() } else { said.join("; ") }
}

/// A verdict in few words, without the numbers of the packet in hand.
fn brief(verdict: &Verdict) -> String {
    let words = match verdict.kind {
        Kind::Retransmission { of, spurious, .. } => {
            let of = of.map_or_else(String::new, |of| format!(" of packet {of}"));
            let needless = match spurious {
                Some(true) => ", not needed, because an earlier sending had arrived",
                _ => "",
            };
            format!("a retransmission{of}{needless}")
        }
        Kind::Reordered { late_by_ns, .. } => format!("late by {}", Elapsed(late_by_ns)),
        Kind::Duplicate { of, .. } => {
            of.map_or_else(|| "a copy".to_owned(), |of| format!("a copy of packet {of}"))
        }
        other => other.name().replace('_', " "),
    };
    format!("{words}, by {}", Words(verdict.evidence))
}
