//! The table of connections, and the way of a packet through it.
use std::collections::VecDeque;

use foldhash::quality::RandomState;

use super::connection::{ConnId, Connection, Direction, Ended, Opened};
use super::half::Half;
use super::key::{Key, endpoints};
use super::lifecycle::Life;
use super::limits::{Evicted, Limits};
use super::segment::{Segment, SynOptions, check};
use super::table::{Place, Table};
use super::track::Track;
use super::verdict::{Correction, Evidence, Kind, List, Verdict};
use crate::packet::{Packet, Timestamp};
use crate::wire::{Layers, Network, Tcp, TcpFlags};

bitflags::bitflags! {
    /// What a packet changed about its connection.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Change: u8 {
        /// It is the connection's first.
        const OPENED = 1 << 0;
        /// It ended the connection.
        const CLOSED = 1 << 1;
        /// There was another connection with these addresses and ports before.
        const REUSED = 1 << 2;
        /// It ended the handshake.
        const ESTABLISHED = 1 << 3;
    }
}

/// Every connection that passes, up to [`Limits`].
///
/// ```
/// use synack::flow::{Direction, Ended, FlowTable, Limits, State};
/// use synack::{Layers, Source, savefile};
///
/// let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
/// let mut table = FlowTable::new(Limits::default());
/// let mut closed = 0;
/// while let Some(packet) = source.next_packet()? {
///     let seen = table.observe(&packet, &Layers::decode(packet.link, packet.data));
///     closed += usize::from(seen.closed());
/// }
/// table.finish();
/// let ended = table.connections().filter(|c| c.ended() == Ended::Fin).count();
/// assert_eq!(ended, closed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FlowTable {
    pub(super) limits: Limits,
    pub(super) table: Table<Key, Connection>,
    packets: u64,
    opened: u64,
    pub(super) evicted: Evicted,
    pub(super) now: Timestamp,
    pub(super) verdicts: List,
    pub(super) corrections: Vec<Correction>,
    retired: Option<Box<Connection>>,
    /// Bytes that histories take, and where to look next for some to give up.
    bytes: usize,
    shed_hand: usize,
    /// Those that ended last: stray segments of theirs may still come.
    closing: VecDeque<(usize, ConnId)>,
}

/// Connections that ended and keep what is remembered of their segments.
const KEPT_CLOSED: usize = 256;

/// What one packet was: everything borrowed until the next.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    packet: u64,
    connection: Option<&'a Connection>,
    direction: Direction,
    change: Change,
    seq: u32,
    ack: Option<u32>,
    window: u32,
    rtt: Option<u64>,
    verdicts: &'a [Verdict],
    corrections: &'a [Correction],
    retired: Option<&'a Connection>,
}

impl<'a> Observation<'a> {
    /// The packet's number, from 1.
    pub const fn packet(&self) -> u64 {
        self.packet
    }

    /// The connection it belongs to; `None` when it is no TCP segment.
    pub const fn connection(&self) -> Option<&'a Connection> {
        self.connection
    }

    /// The number of that connection.
    pub fn conn(&self) -> Option<ConnId> {
        self.connection.map(Connection::id)
    }

    /// Which way it goes.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// What it changed about its connection.
    pub const fn change(&self) -> Change {
        self.change
    }

    /// Whether it is the connection's first.
    pub const fn opened(&self) -> bool {
        self.change.contains(Change::OPENED)
    }

    /// Whether it ended the connection.
    pub const fn closed(&self) -> bool {
        self.change.contains(Change::CLOSED)
    }

    /// Whether it opened a connection on addresses and ports that had another before.
    pub const fn reused(&self) -> bool {
        self.change.contains(Change::REUSED)
    }

    /// The sequence number relative to the initial one: 0 for a SYN, 1 for the first octet.
    pub const fn seq(&self) -> u32 {
        self.seq
    }

    /// The acknowledgment number relative to the other side's initial sequence number;
    /// `None` without the ACK flag.
    pub const fn ack(&self) -> Option<u32> {
        self.ack
    }

    /// The window in bytes: scaled when both SYNs were seen to allow it.
    pub const fn window(&self) -> u32 {
        self.window
    }

    /// Nanoseconds since the segment that ends where this packet acknowledges, when it is the
    /// first to do so and the segment was not sent again (Karn's algorithm).
    pub const fn rtt_ns(&self) -> Option<u64> {
        self.rtt
    }

    /// What it is, the weightiest first; nothing is said of a plain packet.
    pub const fn verdicts(&self) -> &'a [Verdict] {
        self.verdicts
    }

    /// What it showed of earlier packets.
    pub const fn corrections(&self) -> &'a [Correction] {
        self.corrections
    }

    /// The connection that is no longer in the table because of this packet: its addresses and
    /// ports were used again, or there was no room. This is the last that is heard of it.
    pub const fn retired(&self) -> Option<&'a Connection> {
        self.retired
    }
}

/// What [`FlowTable::take`] found.
struct Found {
    index: usize,
    direction: Direction,
    change: Change,
    segment: Segment,
    rtt: Option<u64>,
}

impl FlowTable {
    /// An empty table.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            table: Table::new(limits.flows, RandomState::default()),
            packets: 0,
            opened: 0,
            evicted: Evicted::default(),
            now: Timestamp::default(),
            verdicts: List::EMPTY,
            corrections: Vec::new(),
            retired: None,
            bytes: 0,
            shed_hand: 0,
            closing: VecDeque::new(),
        }
    }

    /// Takes the next packet. Packets in IP packets are looked into.
    #[inline]
    pub fn observe(&mut self, packet: &Packet<'_>, layers: &Layers<'_>) -> Observation<'_> {
        self.pass_over();
        self.now = packet.time;
        let found = match (layers.tcp(), layers.network) {
            (Some(tcp), Some(network)) => self.take(packet, layers, layers, tcp, network),
            _ => self.look_inside(packet, layers),
        };
        let Some(found) = found else { return self.nothing() };
        let Found { index, direction, change, segment, rtt } = found;
        let connection = self.table.at(index);
        let (own, peer) = (connection.half(direction), connection.half(direction.reverse()));
        Observation {
            packet: self.packets,
            connection: Some(connection),
            direction,
            change,
            seq: segment.seq.wrapping_sub(own.base),
            ack: segment.has(TcpFlags::ACK).then(|| segment.ack.wrapping_sub(peer.base)),
            window: scaled(own, peer, &segment),
            rtt,
            verdicts: self.verdicts.as_slice(),
            corrections: &self.corrections,
            retired: self.retired.as_deref(),
        }
    }

    /// Counts a packet that is not to be looked at.
    #[inline]
    pub fn pass_over(&mut self) {
        self.packets += 1;
        self.verdicts = List::EMPTY;
        self.corrections.clear();
        if self.retired.is_some() {
            self.retired = None;
        }
    }

    /// How many packets were counted.
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// How many connections were seen, those forgotten included.
    pub const fn opened(&self) -> u64 {
        self.opened
    }

    /// The connections that are remembered, in no order that means something.
    pub fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.table.values()
    }

    /// The connection with a number, looked for one by one; `None` when it is not remembered.
    pub fn connection(&self, id: ConnId) -> Option<&Connection> {
        self.connections().find(|connection| connection.id == id)
    }

    /// What was forgotten because of the limits.
    pub fn evicted(&self) -> Evicted {
        Evicted { flows: self.table.evicted(), ..self.evicted }
    }

    /// The end of the input: what was still open is judged by the time since.
    pub fn finish(&mut self) {
        let now = self.now.saturating_nanos();
        for connection in self.table.values_mut() {
            super::lifecycle::finish(connection, now);
        }
    }

    fn nothing(&self) -> Observation<'_> {
        Observation {
            packet: self.packets,
            connection: None,
            direction: Direction::C2s,
            change: Change::empty(),
            seq: 0,
            ack: None,
            window: 0,
            rtt: None,
            verdicts: &[],
            corrections: &[],
            retired: None,
        }
    }

    /// A segment in a packet in the packet.
    #[cold]
    fn look_inside(&mut self, packet: &Packet<'_>, outer: &Layers<'_>) -> Option<Found> {
        let (layers, tcp) = outer.segment()?;
        self.take(packet, outer, &layers, tcp, layers.network?)
    }

    /// The way of a segment.
    fn take(
        &mut self,
        packet: &Packet<'_>,
        outer: &Layers<'_>,
        layers: &Layers<'_>,
        tcp: Tcp<'_>,
        network: Network<'_>,
    ) -> Option<Found> {
        let (key, reverse) = Key::new(network, tcp.src_port(), tcp.dst_port())?;
        let mut segment = Segment::new(packet, outer, layers, tcp, self.packets);
        let sum = check(packet, layers, tcp);
        let place = self.table.place(&key);
        let mut change = Change::empty();
        let index = match self.table.find(place, &key) {
            Some(index) => index,
            None => {
                change |= Change::OPENED;
                self.open(place, key, reverse, network, tcp, &segment)?
            }
        };
        let index = if change.is_empty() && segment.has(TcpFlags::SYN) {
            change |= self.reuse(index, reverse, network, tcp, &segment)?;
            index
        } else {
            index
        };
        let (now, packets) = (self.now, self.packets);
        let connection = self.table.at_mut(index);
        let direction = if reverse == connection.client_first { Direction::S2c } else { Direction::C2s };
        segment.time = segment.time.saturating_sub(connection.half(direction).skew());
        connection.last = now;
        connection.last_packet = packets;
        let (was_open, was_established) = (connection.ended == Ended::Open, connection.life.established);
        let syn = segment.has(TcpFlags::SYN).then(|| SynOptions::new(tcp));
        let mut track = Track {
            conn: connection,
            direction,
            p: &segment,
            limits: &self.limits,
            evicted: &mut self.evicted,
            verdicts: &mut self.verdicts,
            corrections: &mut self.corrections,
            rtt: None,
        };
        track.take(sum, syn);
        if !track.verdicts.as_slice().is_empty() {
            track.keep();
        }
        let rtt = track.rtt;
        let connection = self.table.at(index);
        if was_open && connection.ended != Ended::Open {
            change |= Change::CLOSED;
            self.table.hold(index, false);
        }
        if !was_established && self.table.at(index).life.established {
            change |= Change::ESTABLISHED;
        }
        self.settle(index, change);
        Some(Found { index, direction, change, segment, rtt })
    }

    /// A SYN for addresses and ports that have a connection: whether it begins another.
    fn reuse(
        &mut self,
        index: usize,
        reverse: bool,
        network: Network<'_>,
        tcp: Tcp<'_>,
        segment: &Segment,
    ) -> Option<Change> {
        let old = self.table.at(index);
        let direction = if reverse == old.client_first { Direction::S2c } else { Direction::C2s };
        if !super::lifecycle::begins_another(old, direction, segment) {
            return Some(Change::empty());
        }
        let of = old.id.0;
        let new = self.begin(reverse, network, tcp, segment)?;
        self.release(index);
        let old = std::mem::replace(self.table.at_mut(index), new);
        self.retired = Some(Box::new(old));
        self.table.hold(index, false);
        if !segment.has(TcpFlags::ACK) {
            self.verdicts.push(Verdict::certain(Kind::PortReused { of }, Evidence::STATE));
        }
        Some(Change::OPENED | Change::REUSED)
    }

    /// After a packet: who is worth more than others, and whose memory is counted.
    #[inline]
    fn settle(&mut self, index: usize, change: Change) {
        let connection = self.table.at(index);
        let bytes = connection.halves.iter().map(Half::bytes).sum::<usize>();
        let held = connection.held;
        let answered = connection.halves.iter().all(|half| half.started) && connection.life.established;
        if bytes != connection.bytes {
            self.bytes = self.bytes + bytes - connection.bytes;
            self.table.at_mut(index).bytes = bytes;
        }
        if answered && !held && self.table.at(index).ended == Ended::Open {
            self.table.at_mut(index).held = true;
            self.table.hold(index, true);
        }
        if change.contains(Change::CLOSED) {
            self.closing.push_back((index, self.table.at(index).id));
            if self.closing.len() > KEPT_CLOSED {
                self.let_go();
            }
        }
        if self.bytes > self.limits.bytes {
            self.shed(index);
        }
    }

    /// The oldest of those that ended needs its segments no more.
    fn let_go(&mut self) {
        let Some((index, id)) = self.closing.pop_front() else { return };
        if self.table.at(index).id == id && self.table.at(index).ended != Ended::Open {
            self.release(index);
        }
    }

    /// Gives up what is remembered of a connection's segments; its record stays.
    fn release(&mut self, index: usize) {
        let connection = self.table.at_mut(index);
        let bytes = std::mem::take(&mut connection.bytes);
        let mut had = false;
        for half in &mut connection.halves {
            half.lost = half.missing_bytes();
            had |= half.history.take().is_some();
        }
        self.bytes -= bytes;
        let _ = had;
    }

    /// Gives up what is remembered of segments, connection by connection, until there is room.
    #[cold]
    fn shed(&mut self, current: usize) {
        for _ in 0..self.table.len() {
            if self.bytes <= self.limits.bytes / 8 * 7 {
                return;
            }
            self.shed_hand = (self.shed_hand + 1) % self.table.len();
            let index = self.shed_hand;
            if index != current && self.table.at(index).bytes > 0 {
                self.release(index);
                self.evicted.histories += 1;
            }
        }
    }

    /// A new connection, numbered next.
    fn open(
        &mut self,
        place: Place,
        key: Key,
        reverse: bool,
        network: Network<'_>,
        tcp: Tcp<'_>,
        segment: &Segment,
    ) -> Option<usize> {
        let connection = self.begin(reverse, network, tcp, segment)?;
        let (index, retired) = self.table.insert(place, key, connection);
        self.bytes -= retired.as_ref().map_or(0, |retired| retired.bytes);
        self.retired = retired.map(Box::new);
        Some(index)
    }

    fn begin(
        &mut self,
        reverse: bool,
        network: Network<'_>,
        tcp: Tcp<'_>,
        segment: &Segment,
    ) -> Option<Connection> {
        let (src, dst) = endpoints(network, tcp.src_port(), tcp.dst_port())?;
        let syn = segment.has(TcpFlags::SYN);
        let from_client = match (syn, segment.has(TcpFlags::ACK)) {
            (true, ack) => !ack,
            // Servers listen on the lower port, mostly.
            (false, _) => src.port >= dst.port,
        };
        self.opened += 1;
        let (client, server) = if from_client { (src, dst) } else { (dst, src) };
        Some(Connection {
            id: ConnId(self.opened),
            client,
            server,
            opened: if syn { Opened::Seen } else { Opened::Guessed },
            midstream: !syn,
            client_first: from_client != reverse,
            first: self.now,
            last: self.now,
            first_packet: self.packets,
            last_packet: self.packets,
            ended: Ended::Open,
            ended_by: None,
            reset: None,
            handshake_rtt: None,
            life: Life::default(),
            halves: Default::default(),
            held: false,
            bytes: 0,
        })
    }
}

/// The window in bytes (RFC 7323 §2.2: never scaled in a SYN).
fn scaled(own: &Half, peer: &Half, segment: &Segment) -> u32 {
    let shift = match (own.scale, peer.scale) {
        (Some(shift), Some(_)) if !segment.has(TcpFlags::SYN) => shift,
        _ => 0,
    };
    u32::from(segment.window) << shift
}
