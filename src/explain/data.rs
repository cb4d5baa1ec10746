//! Payload: its octets' numbers, and how it begins.
use super::number::{Octets, bytes};
use super::preview::Preview;
use super::segment::Scene;
use super::{Tale, Topic};
use crate::flow::Kind;
use crate::wire::TcpFlags;

/// What a segment carries.
pub(super) fn carries(scene: &Scene<'_>, tale: &mut Tale) {
    let probe = scene.is(|kind| {
        matches!(
            kind,
            Kind::Retransmission { .. }
                | Kind::Reordered { .. }
                | Kind::Ambiguous { .. }
                | Kind::KeepAlive
                | Kind::ZeroWindowProbe
        )
    });
    if scene.len == 0 || scene.has(TcpFlags::RST) {
        return;
    }
    // Of what is sent again, or late, more is said elsewhere: the numbers are there.
    if !probe {
        plain(scene, tale);
    }
    wraps(scene, tale);
    giant(scene, tale);
    urgent(scene, tale);
}

fn plain(scene: &Scene<'_>, tale: &mut Tale) {
    let (who, other) = (scene.who(), scene.other());
    let n = bytes(scene.len);
    let (first, next) = (scene.data(), scene.data().plus(scene.len));
    let octets = Octets(first, next);
    let preview = Preview::new(scene.layers.payload, scene.len as usize);
    let early = if scene.has(TcpFlags::SYN) { " in the SYN already" } else { "" };
    tale.tell(
        Topic::Data,
        format_args!("{n} {preview}"),
        format_args!("carries {n}{early} {preview}: Seq = {octets}, next expected {next}"),
        format_args!(
            "The {who} sends {n}{early}: {preview}. Numbered {octets}; {first} and {n} give {next}, which the {other} should expect next."
        ),
    );
}

/// Numbers that go on at 0.
fn wraps(scene: &Scene<'_>, tale: &mut Tale) {
    let first = scene.data();
    let last = first.plus(scene.len).before();
    if last.absolute >= first.absolute {
        return;
    }
    let (from, to) = (first.absolute, last.absolute);
    tale.tell(
        Topic::Data,
        format_args!("wraps"),
        format_args!("goes past the greatest number: from {from} by 4294967295 and 0 to {to}, because sequence numbers have 32 bits"),
        format_args!("Sequence numbers have 32 bits: after 4294967295 comes 0, so this segment goes from {from} to {to}."),
    );
}

/// More than the receiver takes in one segment.
fn giant(scene: &Scene<'_>, tale: &mut Tale) {
    let Some(mss) = scene.conn.half(scene.direction.reverse()).mss().map(u32::from) else { return };
    if scene.len <= mss || mss == 0 {
        return;
    }
    let (n, other) = (bytes(scene.len), scene.other());
    let least = scene.len.div_ceil(mss);
    tale.tell(
        Topic::Data,
        format_args!("{n} > MSS {mss}"),
        format_args!("is more than the MSS of {mss} that the {other} announced: at least {least} segments on the wire, which the card cuts after this point or has joined before it"),
        format_args!("The {other} takes at most {mss} bytes a segment, so {n} are at least {least} segments on the wire: the network card cuts them after this capture point, or has joined them before it."),
    );
}

fn urgent(scene: &Scene<'_>, tale: &mut Tale) {
    if !scene.has(TcpFlags::URG) {
        return;
    }
    let pointer = scene.tcp.urgent_pointer();
    let to = scene.seq.plus(u32::from(pointer));
    tale.tell(
        Topic::Data,
        format_args!("urgent to {to}"),
        format_args!("is urgent up to {to}: Seq plus the urgent pointer of {pointer}"),
        format_args!("The data up to {to} is marked as urgent (Seq plus the urgent pointer of {pointer})."),
    );
}
