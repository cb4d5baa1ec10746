//! What is true of every packet at a tap, derived from the account of the relay and from nothing
//! that a verdict is made of.
use std::collections::HashMap;

use super::plan::{CLIENT, SERVER};
use super::run::{Emission, Run};
use super::segment::{ACK, FIN, RST, SYN, Segment};

/// What a packet is, as far as verdicts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A first transmission in its place.
    First,
    Retransmission,
    Reordered,
    Duplicate,
    KeepAlive,
    ZeroWindowProbe,
    KeepAliveAck,
    ZeroWindowProbeAck,
    DupAck,
    WindowUpdate,
    OldAck,
    /// A pure ACK or a reset with nothing to say of it.
    Plain,
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Retransmission => "retransmission",
            Self::Reordered => "reordered",
            Self::Duplicate => "duplicate",
            Self::KeepAlive => "keep_alive",
            Self::ZeroWindowProbe => "zero_window_probe",
            Self::KeepAliveAck => "keep_alive_ack",
            Self::ZeroWindowProbeAck => "zero_window_probe_ack",
            Self::DupAck => "dup_ack",
            Self::WindowUpdate => "window_update",
            Self::OldAck => "old_ack",
            Self::Plain => "plain",
        }
    }
}

/// Payload, SYN or FIN; or neither; or a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Data,
    Ack,
    Reset,
}

/// Where a tap is, seen from the sender of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Sender,
    Middle,
    Receiver,
}

impl Place {
    fn new(tap: usize, from: usize) -> Self {
        match (tap, from) {
            (1, _) => Self::Middle,
            (0, CLIENT) | (2, SERVER) => Self::Sender,
            _ => Self::Receiver,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Middle => "middle",
            Self::Receiver => "receiver",
        }
    }
}

/// The truth of one packet at a tap. Packets count from 1.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    pub(crate) class: Class,
    pub(crate) place: Place,
    /// Its receiver tells of octets that come twice.
    pub(crate) dsack: bool,
    pub(crate) kind: Kind,
    /// What may be said too: where the words leave room, or a view from the tap differs from the
    /// host's own.
    pub(crate) also: Vec<Kind>,
    /// The packet that it repeats, where one was captured before it.
    pub(crate) of: Option<usize>,
    /// Of retransmissions.
    pub(crate) spurious: Option<bool>,
    /// Of retransmissions, where the kernel told.
    pub(crate) cause: Option<&'static str>,
    /// A retransmission before which nothing passed that could show it.
    pub(crate) traceless: bool,
    pub(crate) zero_window: bool,
    /// Acknowledges octets that did not pass this tap before.
    pub(crate) ack_unseen: bool,
    /// A SYN that begins a connection on ports that had one.
    pub(crate) port_reused: bool,
    pub(crate) emission: usize,
    /// Number of its connection, from 0.
    pub(crate) connection: usize,
}

/// What is true of an emission wherever it is seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Emitted {
    /// First octet and the one after the last, relative to the half's first sequence number.
    range: (i64, i64),
    /// Earlier emissions that share octets.
    earlier: Vec<usize>,
    pub(crate) retransmission: bool,
    spurious: bool,
    probe: Option<Kind>,
    reply: Option<Kind>,
    /// The kind of a pure ACK as its host knew it.
    ack: Option<Kind>,
    ack_relative: i64,
    connection: usize,
    half: usize,
    port_reused: bool,
}

/// One half of a connection, as its host knows it.
#[derive(Debug, Default)]
struct Half {
    base: Option<u32>,
    /// One after the greatest octet emitted.
    end: i64,
    /// Ranges with octets, by emission.
    ranges: Vec<(i64, i64, usize)>,
    acks: Acks,
    /// Greatest acknowledgment that came, and the window with it.
    acknowledged: Option<(u32, u16)>,
    /// A probe of the other side that came and has no answer yet.
    asked: Option<(Kind, u64)>,
    /// Distinguishes halves of one key.
    id: usize,
}

/// What the ACKs of one half said so far.
#[derive(Debug, Default, Clone)]
struct Acks {
    greatest: Option<u32>,
    /// Of the last segment with ACK but SYN.
    window: Option<u16>,
}

impl Acks {
    /// The kind of a pure ACK by RFC 5681 §2, and remembers it. `outstanding`: whether the other
    /// half has octets beyond it.
    fn kind(&mut self, segment: &Segment, outstanding: bool) -> Kind {
        if !segment.has(ACK) || segment.has(RST) {
            return Kind::Plain;
        }
        let before = self.greatest.map(|greatest| segment.ack.wrapping_sub(greatest) as i32);
        let same_window = self.window == Some(segment.window);
        let first_window = self.window.is_none();
        if before.is_none_or(|step| step >= 0) {
            self.greatest = Some(segment.ack);
        }
        // The window of a SYN is another unit.
        if !segment.has(SYN) {
            self.window = Some(segment.window);
        }
        match before {
            _ if !segment.is_pure_ack() => Kind::Plain,
            Some(step) if step < 0 => Kind::OldAck,
            Some(0) if first_window => Kind::Plain,
            Some(0) if !same_window => Kind::WindowUpdate,
            Some(0) if outstanding => Kind::DupAck,
            _ => Kind::Plain,
        }
    }
}

type Key = (u16, u16);

/// Both halves' states and the connections by ports, client's port first.
#[derive(Debug, Default)]
struct Hosts {
    halves: HashMap<(usize, Key), Half>,
    connections: HashMap<Key, usize>,
    count: usize,
    next_half: usize,
}

impl Hosts {
    fn half(&mut self, from: usize, key: Key) -> &mut Half {
        let next = &mut self.next_half;
        self.halves.entry((from, key)).or_insert_with(|| {
            *next += 1;
            Half { id: *next, ..Half::default() }
        })
    }
}

fn key(emission: &Emission) -> Key {
    let (source, destination) = emission.segment.ports;
    if emission.from == CLIENT { (source, destination) } else { (destination, source) }
}

/// What is true of every emission, by number.
pub(crate) fn emitted(run: &Run) -> Vec<Emitted> {
    // Emissions and arrivals as the hosts knew of them.
    let mut events: Vec<(u64, bool, usize)> = Vec::new();
    for (n, emission) in run.emissions.iter().enumerate() {
        events.push((emission.time, true, n));
        if let Some(time) = emission.reached {
            events.push((time, false, n));
        }
    }
    events.sort_by_key(|&(time, emitted, n)| (time, emitted, n));
    let mut hosts = Hosts::default();
    let mut all = vec![Emitted::default(); run.emissions.len()];
    for (time, is_emission, n) in events {
        if is_emission {
            all[n] = hosts.emit(&run.emissions, n);
        } else {
            hosts.arrive(&run.emissions[n], &all[n], time);
        }
    }
    all
}

impl Hosts {
    fn emit(&mut self, emissions: &[Emission], n: usize) -> Emitted {
        let emission = &emissions[n];
        let segment = &emission.segment;
        let (from, key) = (emission.from, key(emission));
        let port_reused = self.begin(emission, key);
        let connection = self.connections.get(&key).copied().unwrap_or(0);
        let other = self.half(1 - from, key);
        let outstanding = other.base.is_some_and(|base| unwrap(segment.ack, base, other.end) < other.end);
        let ack_relative = other.base.map_or(0, |base| unwrap(segment.ack, base, other.end));
        let half = self.half(from, key);
        let base = *half.base.get_or_insert(segment.seq);
        let start = unwrap(segment.seq, base, half.end);
        let range = (start, start + i64::from(segment.octets()));
        let mut emitted =
            Emitted { range, connection, half: half.id, port_reused, ack_relative, ..Emitted::default() };
        if range.1 > range.0 {
            let share = |&&(from, to, _): &&(i64, i64, usize)| from < range.1 && to > range.0;
            let shared: Vec<(i64, i64, usize)> = half.ranges.iter().filter(share).copied().collect();
            emitted.earlier = shared.iter().map(|&(.., n)| n).collect();
            emitted.retransmission = !shared.is_empty();
            let reached = shared.iter().filter(|&&(.., n)| emissions[n].reached.is_some()).copied();
            emitted.spurious = covered(range, shared.iter().copied()) == covered(range, reached);
            half.ranges.push((range.0, range.1, n));
        } else if segment.is_pure_ack() && half.end > 1 && start == half.end - 1 {
            let closed = half.acknowledged.is_some_and(|(_, window)| window == 0);
            emitted.probe = Some(if closed { Kind::ZeroWindowProbe } else { Kind::KeepAlive });
        }
        half.end = half.end.max(range.1);
        emitted.reply = half.asked.take().and_then(|(kind, asked)| {
            let same = half.acks.greatest == Some(segment.ack);
            (segment.is_pure_ack() && same && emission.time < asked + 40_000_000).then_some(kind)
        });
        emitted.ack = Some(half.acks.kind(segment, outstanding));
        emitted
    }

    /// A SYN with a new sequence number begins a half anew. Whether its ports had a connection.
    fn begin(&mut self, emission: &Emission, key: Key) -> bool {
        let segment = &emission.segment;
        let half = self.half(emission.from, key);
        let id = half.id;
        let had_one = half.base.is_some();
        if !segment.has(SYN) || half.base == Some(segment.seq) {
            return false;
        }
        self.next_half += 1;
        // The ACK numbers of the other half begin anew as well.
        let fresh = Half { id: if had_one { self.next_half } else { id }, ..Half::default() };
        self.halves.insert((emission.from, key), fresh);
        if segment.has(ACK) {
            return false;
        }
        self.connections.insert(key, self.count);
        self.count += 1;
        had_one
    }

    fn arrive(&mut self, emission: &Emission, emitted: &Emitted, time: u64) {
        let segment = &emission.segment;
        let half = self.half(1 - emission.from, key(emission));
        if segment.has(ACK) && !segment.has(RST) {
            let newer = |(ack, _): (u32, u16)| segment.ack.wrapping_sub(ack) as i32 >= 0;
            if half.acknowledged.is_none_or(newer) {
                half.acknowledged = Some((segment.ack, segment.window));
            }
        }
        half.asked = match emitted.probe {
            Some(Kind::ZeroWindowProbe) => Some((Kind::ZeroWindowProbeAck, time)),
            Some(_) => Some((Kind::KeepAliveAck, time)),
            None => half.asked.filter(|_| segment.is_pure_ack()),
        };
    }
}

/// A sequence number relative to `base`, near `place`.
fn unwrap(number: u32, base: u32, place: i64) -> i64 {
    let near = base.wrapping_add(place as u32);
    place + i64::from(number.wrapping_sub(near) as i32)
}

/// How many octets of `range` are in one of these.
fn covered(range: (i64, i64), parts: impl Iterator<Item = (i64, i64, usize)>) -> i64 {
    let mut parts: Vec<(i64, i64)> = parts
        .map(|(from, to, _)| (from.max(range.0), to.min(range.1)))
        .filter(|(from, to)| from < to)
        .collect();
    parts.sort_unstable();
    let (mut sum, mut end) = (0, range.0);
    for (from, to) in parts {
        sum += (to - from.max(end)).max(0);
        end = end.max(to);
    }
    sum
}

/// One half as far as it passed a tap.
#[derive(Debug, Default)]
struct Seen {
    /// Greatest start of a first transmission.
    highest: Option<i64>,
    /// Greatest start and greatest end of any segment.
    highest_any: Option<i64>,
    end: i64,
    /// The last emission with octets, in order of emission.
    latest: usize,
    acks: Acks,
}

/// What is true of these passages, in the order of a capture.
pub(crate) fn at_tap(run: &Run, all: &[Emitted], tap: usize) -> Vec<Truth> {
    let passages = &run.taps[tap];
    let mut first: HashMap<usize, usize> = HashMap::new();
    let mut halves: HashMap<usize, Seen> = HashMap::new();
    // The half that a half acknowledges.
    let mut others: HashMap<(usize, Key), usize> = HashMap::new();
    let mut truths = Vec::new();
    for (n, passage) in (1..).zip(passages) {
        let emission = &run.emissions[passage.emission];
        let it = &all[passage.emission];
        others.insert((emission.from, key(emission)), it.half);
        let other = others.get(&(1 - emission.from, key(emission))).copied();
        let other_end = other.and_then(|id| halves.get(&id)).map_or(0, |seen| seen.end);
        let mut truth = bare(emission, it, passage.emission);
        truth.place = Place::new(tap, emission.from);
        let (own, receiver) = (&run.plan.hosts[emission.from], &run.plan.hosts[1 - emission.from]);
        truth.dsack = own.sack && receiver.sack && receiver.dsack;
        truth.ack_unseen =
            emission.segment.has(ACK) && !emission.segment.has(RST) && it.ack_relative > other_end;
        let seen = halves.entry(it.half).or_default();
        if let Some(&of) = first.get(&passage.emission) {
            truth.kind = Kind::Duplicate;
            truth.of = Some(of);
            truth.spurious = None;
            truth.port_reused = false;
            let as_ack = seen.acks.clone().kind(&emission.segment, it.ack_relative < other_end);
            truth.also = vec![as_ack];
        } else if truth.class == Class::Data {
            data(&mut truth, it, seen, &first);
        }
        if truth.kind != Kind::Duplicate {
            first.insert(passage.emission, n);
            let by_tap = seen.acks.kind(&emission.segment, it.ack_relative < other_end);
            if truth.class == Class::Ack {
                ack(&mut truth, it, by_tap);
            }
        }
        if truth.class == Class::Data {
            seen.highest_any = Some(seen.highest_any.unwrap_or(i64::MIN).max(it.range.0));
            seen.end = seen.end.max(it.range.1);
            seen.latest = seen.latest.max(passage.emission);
            if !it.retransmission {
                seen.highest = Some(seen.highest.unwrap_or(i64::MIN).max(it.range.0));
            }
        }
        truths.push(truth);
    }
    truths
}

fn bare(emission: &Emission, it: &Emitted, number: usize) -> Truth {
    let segment = &emission.segment;
    let class = match () {
        () if segment.has(RST) => Class::Reset,
        () if segment.octets() > 0 => Class::Data,
        () => Class::Ack,
    };
    Truth {
        class,
        place: Place::Middle,
        dsack: false,
        kind: if class == Class::Data { Kind::First } else { Kind::Plain },
        also: Vec::new(),
        of: None,
        spurious: it.retransmission.then_some(it.spurious),
        cause: None,
        traceless: false,
        zero_window: segment.window == 0 && segment.has(ACK) && !segment.has(SYN) && !segment.has(RST),
        ack_unseen: false,
        port_reused: it.port_reused,
        emission: number,
        connection: it.connection,
    }
    .with_cause(emission, it)
}

impl Truth {
    fn with_cause(mut self, emission: &Emission, it: &Emitted) -> Self {
        if it.retransmission {
            let only = |flag| emission.segment.has(flag) && emission.segment.payload.is_empty();
            self.cause = if only(SYN) {
                Some("syn")
            } else if only(FIN) {
                None
            } else {
                emission.cause
            };
        }
        self
    }
}

/// The kind of a segment with octets that is no copy.
fn data(truth: &mut Truth, it: &Emitted, seen: &Seen, first: &HashMap<usize, usize>) {
    if it.retransmission {
        truth.kind = Kind::Retransmission;
        truth.of = it.earlier.iter().filter_map(|n| first.get(n)).min().copied();
        let higher = seen.highest_any.is_some_and(|highest| highest > it.range.0);
        truth.traceless = truth.of.is_none() && !higher;
        if truth.traceless {
            truth.also.push(Kind::First);
        }
    } else if seen.highest.is_some_and(|highest| highest > it.range.0) {
        truth.kind = Kind::Reordered;
    } else if seen.latest > truth.emission {
        // Only retransmissions were quicker: by the letter not reordered, but late all the same.
        truth.also.push(Kind::Reordered);
    }
}

/// The kind of an ACK that is no copy: what its host meant, and what the tap shows.
fn ack(truth: &mut Truth, it: &Emitted, by_tap: Kind) {
    let by_host = it.probe.or(it.reply).or(it.ack).unwrap_or(Kind::Plain);
    truth.kind = by_host;
    for kind in [Some(by_tap), it.ack, it.reply, it.probe].into_iter().flatten() {
        if kind != by_host && !truth.also.contains(&kind) {
            truth.also.push(kind);
        }
    }
}

/// Retransmissions of each host: what the kernel must have counted.
pub(crate) fn retransmissions(run: &Run, all: &[Emitted]) -> [u64; 2] {
    [0, 1].map(|from| {
        let of = run.emissions.iter().zip(all).filter(|(e, it)| e.from == from && it.retransmission);
        of.count() as u64
    })
}
