//! What must be remembered of earlier segments to name them: which packet carried the octets that
//! an ACK covers, which one a reset answers. Bounded per direction and in all.
use std::collections::{HashMap, VecDeque};

use crate::flow::{ConnId, Connection, Direction, State};

/// Segments remembered of a direction.
const MOST_SENT: usize = 2048;
/// Acknowledged ones among them, which may still be repeated.
const MOST_ACKED: usize = 256;
/// Segments of any kind that a reset may answer.
const MOST_RECENT: usize = 64;
/// Segments remembered in all: about 40 MB.
const MOST: usize = 1 << 20;

/// A segment with octets that passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) packet: u64,
    /// Nanoseconds since the epoch.
    pub(super) time: i64,
    pub(super) seq: u32,
    pub(super) end: u32,
}

/// A segment that may have an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recent {
    pub(super) packet: u64,
    pub(super) end: u32,
    pub(super) ack: u32,
    /// Octets of payload, SYN and FIN.
    pub(super) span: u32,
    pub(super) len: u32,
    pub(super) answered: bool,
}

/// What is remembered of one direction.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// In the order of passing.
    pub(super) sent: VecDeque<Sent>,
    pub(super) recent: VecDeque<Recent>,
    /// The number after the highest octet.
    pub(super) next: Option<u32>,
    /// The greatest acknowledgment, and the packet that brought it.
    pub(super) acked: Option<u32>,
    pub(super) acked_by: u64,
    /// The window of the last ACK, in bytes.
    pub(super) window: Option<u32>,
    /// The acknowledgment and the window that reach furthest together.
    pub(super) edge: Option<(u32, u32)>,
    /// The right edge that its first ACK offered.
    pub(super) first_right: Option<u32>,
    /// The number after its FIN, and the packet.
    pub(super) fin: Option<(u32, u64)>,
    /// Its first SYN.
    pub(super) syn: Option<u64>,
    /// It sent something that is no RST: there are numbers of its own.
    pub(super) spoke: bool,
    /// Duplicate ACKs in a row, as the verdicts count them.
    pub(super) dup_acks: u32,
    /// Its first packet with a checksum left to the card.
    pub(super) offloaded: Option<u64>,
    /// The packet of its last probe.
    pub(super) probe: Option<u64>,
    /// The newest segment that its receiver must not take.
    pub(super) unacceptable: Option<u64>,
}

/// Whether `a` comes before `b`.
pub(super) const fn before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

impl Side {
    /// Remembers a segment with octets; how many more are remembered now.
    fn send(&mut self, sent: Sent, acked: Option<u32>) -> isize {
        let was = self.sent.len();
        self.sent.push_back(sent);
        let spent = |first: &Sent| acked.is_some_and(|acked| !before(acked, first.end));
        while self.sent.len() > MOST_SENT
            || self.sent.len() > MOST_ACKED && self.sent.get(self.sent.len() - MOST_ACKED).is_some_and(spent)
        {
            self.sent.pop_front();
        }
        self.sent.len().cast_signed() - was.cast_signed()
    }

    pub(super) fn remember(&mut self, recent: Recent) {
        if self.recent.len() == MOST_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(recent);
    }

    /// The packets with octets from `from` up to `to`, each octet's first.
    pub(super) fn packets(&self, from: u32, to: u32) -> Packets {
        let mut packets = Packets::default();
        let mut seen_to = from;
        for sent in &self.sent {
            if before(sent.seq, to) && before(from, sent.end) {
                packets.add(sent.packet);
                if !before(sent.end, seen_to) {
                    seen_to = sent.end;
                }
            }
        }
        packets
    }

    /// The last packet that carried any of these octets.
    pub(super) fn last(&self, from: u32, to: u32) -> Option<Sent> {
        self.sent.iter().rev().find(|sent| before(sent.seq, to) && before(from, sent.end)).copied()
    }

    pub(super) fn find(&self, packet: u64) -> Option<&Sent> {
        self.sent.iter().find(|sent| sent.packet == packet)
    }
}

/// Some packets, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Packets {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) count: u64,
    few: Vec<u64>,
}

impl Packets {
    pub(super) fn add(&mut self, packet: u64) {
        if self.count == 0 {
            self.first = packet;
        }
        self.last = packet;
        self.count += 1;
        if self.few.len() < 4 {
            self.few.push(packet);
        }
    }
}

impl std::fmt::Display for Packets {
    /// `packet 4`, `packets 4 and 6`, `9 packets from 6 to 14`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.count, self.few.as_slice()) {
            (0, _) => f.write_str("no packet captured here"),
            (1, _) => write!(f, "packet {}", self.first),
            (2..=4, [head @ .., last]) => {
                f.write_str("packets ")?;
                for (n, packet) in head.iter().enumerate() {
                    write!(f, "{}{packet}", if n > 0 { ", " } else { "" })?;
                }
                write!(f, " and {last}")
            }
            _ => write!(f, "{} packets from {} to {}", self.count, self.first, self.last),
        }
    }
}

/// What is remembered of a connection.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What the client sent, and the server.
    pub(super) sides: [Side; 2],
    pub(super) states: Option<(State, State)>,
    /// The numbers that X and Y were said to be.
    pub(super) introduced: [Option<u32>; 2],
    pub(super) previous: Option<i64>,
}

impl Memory {
    /// A side begins anew with other numbers: nothing of the old ones counts.
    pub(super) fn renumber(&mut self, side: usize) {
        let own = &mut self.sides[side];
        own.sent.clear();
        own.recent.clear();
        (own.next, own.fin, own.syn) = (None, None, None);
        (own.acked, own.acked_by, own.edge, own.first_right) = (None, 0, None, None);
        let peer = &mut self.sides[1 - side];
        (peer.acked, peer.acked_by, peer.edge, peer.first_right) = (None, 0, None, None);
    }
}

impl Memory {
    /// Where the numbers of each side begin. Of a side that only refuses nothing begins: the numbers of its
    /// RST are those of what it answers. `speaks`: who sends something else now.
    pub(super) fn bases(&self, conn: &Connection, speaks: Option<Direction>) -> [Option<u32>; 2] {
        [Direction::C2s, Direction::S2c].map(|of| {
            let half = conn.half(of);
            let own = half.initial_seq().is_some() || self.sides[of as usize].spoke || speaks == Some(of);
            half.base().filter(|_| own)
        })
    }
}

/// What is remembered of all connections.
#[derive(Debug, Default)]
pub(super) struct Memories {
    by_conn: HashMap<ConnId, Memory>,
    /// In the order of their first segment, to forget the oldest.
    order: VecDeque<ConnId>,
    total: usize,
}

impl Memories {
    pub(super) fn of(&mut self, conn: ConnId) -> &mut Memory {
        if !self.by_conn.contains_key(&conn) {
            self.order.push_back(conn);
        }
        self.by_conn.entry(conn).or_default()
    }

    /// Remembers that a segment with octets passed.
    pub(super) fn send(&mut self, conn: ConnId, side: usize, sent: Sent) {
        let memory = self.of(conn);
        let acked = memory.sides[1 - side].acked;
        let change = memory.sides[side].send(sent, acked);
        self.total = self.total.saturating_add_signed(change);
        while self.total > MOST && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { return };
            if oldest == conn {
                self.order.push_back(oldest);
                continue;
            }
            self.empty(oldest);
        }
    }

    /// Forgets the segments of a connection.
    fn empty(&mut self, conn: ConnId) {
        if let Some(memory) = self.by_conn.get_mut(&conn) {
            for side in &mut memory.sides {
                self.total = self.total.saturating_sub(side.sent.len());
                side.sent = VecDeque::new();
                side.recent = VecDeque::new();
            }
        }
    }

    /// Forgets a connection.
    pub(super) fn forget(&mut self, conn: ConnId) {
        self.empty(conn);
        self.by_conn.remove(&conn);
        if self.order.len() > 2 * self.by_conn.len() + 64 {
            self.order.retain(|conn| self.by_conn.contains_key(conn));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(packet: u64, seq: u32, len: u32) -> Sent {
        Sent { packet, time: 0, seq, end: seq.wrapping_add(len) }
    }

    #[test]
    fn memory_is_bounded() {
        let mut memories = Memories::default();
        for n in 0..10_000_u32 {
            memories.send(ConnId(1), 0, sent(u64::from(n), n, 1));
        }
        assert_eq!(memories.of(ConnId(1)).sides[0].sent.len(), MOST_SENT);
        for conn in 2..2000 {
            for n in 0..1000_u32 {
                memories.send(ConnId(conn), 0, sent(u64::from(n), n, 1));
            }
        }
        let held: usize = memories.by_conn.values().map(|m| m.sides[0].sent.len()).sum();
        assert!(held == memories.total && held <= MOST, "{held} {}", memories.total);
        (1..2000).for_each(|conn| memories.forget(ConnId(conn)));
        assert!(memories.by_conn.is_empty() && memories.total == 0 && memories.order.len() <= 64);
    }

    #[test]
    fn names_packets_as_a_person_would() {
        let mut packets = Packets::default();
        for (packet, text) in [
            (4, "packet 4"),
            (6, "packets 4 and 6"),
            (7, "packets 4, 6 and 7"),
            (9, "packets 4, 6, 7 and 9"),
            (12, "5 packets from 4 to 12"),
        ] {
            packets.add(packet);
            assert_eq!(packets.to_string(), text);
        }
    }
}
