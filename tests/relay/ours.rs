//! What our own analyser says of the packets at a tap, corrections folded in.
use synack::flow::{FlowTable, Kind as Found, Limits, Verdict};
use synack::{Layers, LinkType, Packet, Timestamp};

use super::run::Passage;
use super::score::Said;
use super::truth::Kind;

/// The verdicts on each packet in the end: time in nanoseconds, frame, interface.
pub(crate) fn verdicts<'a>(packets: impl Iterator<Item = (u64, &'a [u8], u32)>) -> Vec<Vec<Verdict>> {
    let mut table = FlowTable::new(Limits::default());
    let mut lists: Vec<Vec<Verdict>> = Vec::new();
    for (time, frame, interface) in packets {
        let mut packet = Packet::new(LinkType::ETHERNET, frame);
        packet.time = Timestamp::new((time / 1_000_000_000) as i64, time % 1_000_000_000);
        packet.interface = interface;
        let seen = table.observe(&packet, &Layers::decode(packet.link, packet.data));
        lists.push(seen.verdicts().to_vec());
        for correction in seen.corrections() {
            lists[correction.packet as usize - 1] = correction.verdicts().to_vec();
        }
    }
    lists
}

/// What it says of each packet in the end.
pub(crate) fn said(passages: &[Passage]) -> Vec<Said> {
    let lists = verdicts(passages.iter().map(|passage| (passage.time, passage.frame.as_slice(), 0)));
    lists.iter().map(|list| line(list)).collect()
}

fn line(verdicts: &[Verdict]) -> Said {
    let mut said = Said::default();
    for verdict in verdicts {
        match verdict.kind {
            Found::Retransmission { of, cause, spurious } => {
                said.kinds.push(Kind::Retransmission);
                said.of = of.map(|of| of as usize);
                said.spurious = spurious;
                said.cause = Some(cause.name().to_owned());
            }
            Found::Duplicate { of, .. } => {
                said.kinds.push(Kind::Duplicate);
                said.of = of.map(|of| of as usize);
            }
            Found::Reordered { .. } => said.kinds.push(Kind::Reordered),
            Found::DupAck { .. } => said.kinds.push(Kind::DupAck),
            Found::WindowUpdate => said.kinds.push(Kind::WindowUpdate),
            Found::KeepAlive => said.kinds.push(Kind::KeepAlive),
            Found::ZeroWindowProbe => said.kinds.push(Kind::ZeroWindowProbe),
            Found::KeepAliveAck => said.kinds.push(Kind::KeepAliveAck),
            Found::ZeroWindowProbeAck => said.kinds.push(Kind::ZeroWindowProbeAck),
            Found::OldAck => said.kinds.push(Kind::OldAck),
            Found::Ambiguous { .. } => said.open = true,
            Found::ZeroWindow => said.zero_window = true,
            Found::AckUnseen { .. } => said.ack_unseen = true,
            Found::PortReused { .. } => said.port_reused = true,
            _ => {}
        }
    }
    said
}
