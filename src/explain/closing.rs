//! FINs, and the end by them.
use super::segment::Scene;
use super::{Tale, Topic};
use crate::flow::{Ended, Kind};
use crate::wire::TcpFlags;

/// What a FIN does.
pub(super) fn fin(scene: &Scene<'_>, tale: &mut Tale) {
    if !scene.has(TcpFlags::FIN) || scene.has(TcpFlags::SYN) || scene.has(TcpFlags::RST) {
        return;
    }
    let again = scene.is(|kind| matches!(kind, Kind::Retransmission { .. } | Kind::Ambiguous { .. }));
    if again && scene.own().fin.is_some() {
        return;
    }
    let (who, other) = (scene.who(), scene.other());
    let fin = scene.end().before();
    let next = scene.end();
    match scene.peer().fin {
        None => tale.tell(
            Topic::Closing,
            format_args!("FIN {fin}"),
            format_args!(
                "closes its half: no more data from the {who}, Seq = {fin} is the FIN, next expected {next}, because a FIN counts as one byte; the {other} may still send"
            ),
            format_args!(
                "The {who} has nothing more to send and closes its half of the connection (FIN). The FIN has the number {fin} and counts as one byte, so {next} is next. The {other} may still send."
            ),
        ),
        Some((end, packet)) => {
            let knew = scene.has(TcpFlags::ACK) && scene.ack.absolute == end;
            let crossing = if knew {
                ""
            } else {
                ", and it had not got that FIN yet (simultaneous close)"
            };
            tale.tell(
                Topic::Closing,
                format_args!("FIN {fin}{}", if knew { "" } else { ", crossing" }),
                format_args!(
                    "closes its half too, after the {other}'s FIN of packet {packet}{crossing}: Seq = {fin} is the FIN, next expected {next}, because a FIN counts as one byte"
                ),
                format_args!(
                    "The {who} closes its half too (FIN), after the {other}'s FIN of packet {packet}{crossing}. This FIN has the number {fin} and counts as one byte, so {next} is next."
                ),
            );
        }
    }
}

/// The packet with which both halves are closed and acknowledged.
pub(super) fn closed(scene: &Scene<'_>, tale: &mut Tale) {
    if !scene.seen.closed() || scene.conn.ended() != Ended::Fin {
        return;
    }
    let by = scene.conn.ended_by().map_or("nobody", crate::flow::Direction::sender);
    tale.tell(
        Topic::Closing,
        format_args!("closed"),
        format_args!("ends the connection: both FINs are acknowledged; the {by} closed first"),
        format_args!("Both FINs are acknowledged: the connection is over. The {by} closed first."),
    );
}
