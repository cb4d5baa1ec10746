//! One segment: what is known of it, the order of what is said, and what is remembered after.
use super::memory::{Memories, Memory, Recent, Sent, Side, before};
use super::number::Number;
use super::{Clause, Style, Tale, Topic, ack, closing, data, opening, reset, verdict};
use crate::flow::{ConnId, Connection, Correction, Direction, Judged, Kind, Observation, State, Verdict};
use crate::packet::{Packet, Timestamp};
use crate::wire::{Layers, Tcp, TcpFlags};

/// A segment in words.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explained {
    /// Number of the packet.
    pub packet: u64,
    /// When it passed.
    pub time: Timestamp,
    /// Nanoseconds since the first packet of the input; below zero when the clock went back.
    pub since_first_ns: i64,
    /// Nanoseconds since the packet before of this connection.
    pub since_previous_ns: Option<i64>,
    /// The connection.
    pub conn: ConnId,
    /// Who sent it.
    pub direction: Direction,
    /// Its flags.
    pub flags: TcpFlags,
    /// Its sequence number.
    pub seq: Number,
    /// Its acknowledgment number, with the ACK flag.
    pub ack: Option<Number>,
    /// Bytes of payload, as the headers declare them.
    pub len: u32,
    /// Its window in bytes.
    pub window: u32,
    /// Whether that is the field times a scale.
    pub window_is_scaled: bool,
    /// Who the ends are and where their numbers begin, when this packet tells it first.
    pub introduction: Vec<String>,
    /// What it does, and why; never empty.
    pub clauses: Vec<Clause>,
    /// The states after it: the client's and the server's.
    pub states: (State, State),
    /// The style of the words.
    pub style: Style,
}

/// Explains segments in the order in which they were captured.
#[derive(Debug)]
pub struct Explainer {
    style: Style,
    memories: Memories,
    first: Option<i64>,
}

/// Everything that a clause may need.
pub(super) struct Scene<'a> {
    pub(super) packet: u64,
    pub(super) time: i64,
    pub(super) conn: &'a Connection,
    pub(super) direction: Direction,
    pub(super) seen: &'a Observation<'a>,
    verdicts: &'a [Verdict],
    pub(super) corrections: &'a [Correction],
    pub(super) layers: &'a Layers<'a>,
    pub(super) tcp: Tcp<'a>,
    pub(super) flags: TcpFlags,
    pub(super) seq: Number,
    /// The acknowledgment number, whether the flag is set or not.
    pub(super) ack: Number,
    pub(super) len: u32,
    /// Where the numbers of the client begin, and of the server, where they are known.
    pub(super) bases: [Option<u32>; 2],
    pub(super) memory: &'a Memory,
}

impl Scene<'_> {
    pub(super) fn has(&self, flags: TcpFlags) -> bool {
        self.flags.contains(flags)
    }

    /// Payload, SYN and FIN.
    pub(super) fn span(&self) -> u32 {
        let ends = u32::from(self.has(TcpFlags::SYN)) + u32::from(self.has(TcpFlags::FIN));
        self.len.wrapping_add(ends)
    }

    /// The number after it.
    pub(super) fn end(&self) -> Number {
        self.seq.plus(self.span())
    }

    /// The first octet of payload.
    pub(super) fn data(&self) -> Number {
        self.seq.plus(u32::from(self.has(TcpFlags::SYN)))
    }

    pub(super) fn own(&self) -> &Side {
        &self.memory.sides[self.direction as usize]
    }

    pub(super) fn peer(&self) -> &Side {
        &self.memory.sides[self.direction.reverse() as usize]
    }

    /// Who sent it.
    pub(super) fn who(&self) -> &'static str {
        self.direction.sender()
    }

    /// Who gets it.
    pub(super) fn other(&self) -> &'static str {
        self.direction.reverse().sender()
    }

    /// A number of the sender's octets.
    pub(super) fn own_number(&self, absolute: u32) -> Number {
        self.seq.plus(absolute.wrapping_sub(self.seq.absolute))
    }

    /// A number of the other side's octets.
    pub(super) fn peer_number(&self, absolute: u32) -> Number {
        self.ack.plus(absolute.wrapping_sub(self.ack.absolute))
    }

    pub(super) fn verdicts(&self) -> &[Verdict] {
        self.verdicts
    }

    pub(super) fn is(&self, kind: impl Fn(&Kind) -> bool) -> bool {
        self.verdicts().iter().any(|verdict| kind(&verdict.kind))
    }

    /// Whether its receiver does nothing with it: a copy, or damaged.
    pub(super) fn is_void(&self) -> bool {
        self.is(|kind| matches!(kind, Kind::Duplicate { .. } | Kind::BadChecksum))
    }

    /// Nanoseconds since an earlier time.
    pub(super) fn since(&self, time: i64) -> super::Elapsed {
        super::Elapsed(u64::try_from(self.time.saturating_sub(time)).unwrap_or(0))
    }
}

impl Explainer {
    /// An explainer that knows of nothing yet.
    pub fn new(style: Style) -> Self {
        Self { style, memories: Memories::default(), first: None }
    }

    /// Explains a packet; `None` when it holds no segment of a connection.
    pub fn explain(
        &mut self,
        packet: &Packet<'_>,
        layers: &Layers<'_>,
        seen: &Observation<'_>,
    ) -> Option<Explained> {
        self.explain_with(&Judged::new(packet, layers, seen))
    }

    /// As [`Explainer::explain`], by what is said of the packet now.
    pub fn explain_with(&mut self, judged: &Judged<'_>) -> Option<Explained> {
        let Judged { packet, layers, seen, .. } = *judged;
        let time = packet.time.saturating_nanos();
        let first = *self.first.get_or_insert(time);
        if let Some(retired) = seen.retired() {
            self.memories.forget(retired.id());
        }
        let conn = seen.connection()?;
        let (layers, tcp) = layers.segment()?;
        let direction = seen.direction();
        let memory = self.memories.of(conn.id());
        let bases = memory.bases(conn, Some(direction).filter(|_| !tcp.flags().contains(TcpFlags::RST)));
        for (side, base) in bases.into_iter().enumerate() {
            let was = memory.introduced[side];
            if was.is_some() && base.is_some() && was != base {
                memory.renumber(side);
            }
        }
        let scene = scene(judged, &layers, tcp, (conn, bases), memory);
        let mut tale = Tale { style: self.style, clauses: Vec::new() };
        tell(&scene, &mut tale);
        let states = (conn.state(Direction::C2s), conn.state(Direction::S2c));
        let introduction = introduction(&scene, seen);
        let (sent, notes) = notes(&scene);
        let explained = Explained {
            packet: seen.packet(),
            time: packet.time,
            since_first_ns: time.saturating_sub(first),
            since_previous_ns: memory.previous.map(|previous| time.saturating_sub(previous)),
            conn: conn.id(),
            direction,
            flags: scene.flags,
            seq: scene.seq,
            ack: scene.has(TcpFlags::ACK).then_some(scene.ack),
            len: scene.len,
            window: seen.window(),
            window_is_scaled: is_scaled(conn, direction, scene.flags),
            introduction,
            clauses: tale.clauses,
            states,
            style: self.style,
        };
        let side = direction as usize;
        memory.previous = Some(time);
        memory.states = Some(states);
        memory.introduced = bases;
        notes.apply(memory, side);
        if let Some(sent) = sent {
            self.memories.send(conn.id(), side, sent);
        }
        Some(explained)
    }
}

fn scene<'a>(
    judged: &'a Judged<'a>,
    layers: &'a Layers<'a>,
    tcp: Tcp<'a>,
    (conn, bases): (&'a Connection, [Option<u32>; 2]),
    memory: &'a Memory,
) -> Scene<'a> {
    let Judged { packet, seen, verdicts, corrections, .. } = *judged;
    let direction = seen.direction();
    let number = |absolute: u32, of: Direction| {
        let relative = bases[of as usize].map(|base| absolute.wrapping_sub(base));
        Number { absolute, relative, of }
    };
    Scene {
        packet: seen.packet(),
        time: packet.time.saturating_nanos(),
        conn,
        direction,
        seen,
        verdicts,
        corrections,
        layers,
        tcp,
        flags: tcp.flags(),
        seq: number(tcp.seq().0, direction),
        ack: number(tcp.ack().0, direction.reverse()),
        len: u32::try_from(layers.payload_len()).unwrap_or(u32::MAX),
        bases,
        memory,
    }
}

fn is_scaled(conn: &Connection, direction: Direction, flags: TcpFlags) -> bool {
    let scale = |direction| conn.half(direction).window_scale();
    let both = scale(direction).is_some_and(|shift| shift > 0) && scale(direction.reverse()).is_some();
    both && !flags.contains(TcpFlags::SYN)
}

/// Everything that is to be said of a segment, the weightiest first.
fn tell(scene: &Scene<'_>, tale: &mut Tale) {
    verdict::before(scene, tale);
    if !scene.is_void() {
        opening::syn(scene, tale);
        data::carries(scene, tale);
        closing::fin(scene, tale);
        reset::reset(scene, tale);
        ack::ack(scene, tale);
        verdict::after(scene, tale);
        opening::established(scene, tale);
        closing::closed(scene, tale);
    }
    verdict::corrections(scene, tale);
    if tale.clauses.is_empty() {
        nothing(scene, tale);
    }
}

/// A segment that says nothing new.
fn nothing(scene: &Scene<'_>, tale: &mut Tale) {
    let who = scene.who();
    if !scene.has(TcpFlags::ACK) {
        return tale.tell(
            Topic::Ack,
            format_args!("empty"),
            format_args!("carries nothing: no data, no ACK, no SYN, FIN or RST"),
            format_args!("The {who} sends a segment that carries nothing at all."),
        );
    }
    let ack = scene.ack;
    tale.tell(
        Topic::Ack,
        format_args!("ack {ack} again"),
        format_args!("acknowledges nothing new: Ack = {ack} as before"),
        format_args!("The {who} says once more that it expects {ack} next: nothing new."),
    );
}

/// Who the ends are, with the first packet; where their numbers begin, when it is known.
fn introduction(scene: &Scene<'_>, seen: &Observation<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let conn = scene.conn;
    if seen.opened() {
        let how = if conn.midstream() { " (the capture begins inside it: guessed by the ports)" } else { "" };
        let (client, server) = (conn.client(), conn.server());
        lines.push(format!("connection {}: client {client}, server {server}{how}", conn.id()));
    }
    for (of, symbol) in [(Direction::C2s, 'X'), (Direction::S2c, 'Y')] {
        let half = conn.half(of);
        let was = scene.memory.introduced[of as usize];
        let Some(base) = scene.bases[of as usize].filter(|base| was != Some(*base)) else { continue };
        let name = of.sender();
        lines.push(if half.initial_seq().is_some() {
            let anew = if was.is_some() { ", which began anew" } else { "" };
            format!("{symbol} = {base} is the {name}'s first sequence number{anew}")
        } else {
            format!("{symbol} = {base} is one less than the {name}'s first number captured here")
        });
    }
    lines
}

/// What is to be remembered of a segment, beside its octets.
struct Notes {
    void: bool,
    reset: bool,
    recent: Recent,
    syn: Option<u64>,
    fin: Option<(u32, u64)>,
    end: Option<u32>,
    ack: Option<u32>,
    window: u32,
    dup_acks: Option<u32>,
    probe: bool,
    unacceptable: bool,
    offloaded: Option<u64>,
    answers: Option<u32>,
}

fn notes(scene: &Scene<'_>) -> (Option<Sent>, Notes) {
    let void = scene.is_void();
    let reset = scene.has(TcpFlags::RST);
    let (packet, span) = (scene.packet, scene.span());
    let (seq, end) = (scene.seq.absolute, scene.end().absolute);
    let out = scene.is(|kind| matches!(kind, Kind::OutOfWindow));
    let sent = (!void && !reset && !out && span > 0).then_some(Sent { packet, time: scene.time, seq, end });
    let dup_acks = scene.verdicts().iter().find_map(|verdict| match verdict.kind {
        Kind::DupAck { n } => Some(n),
        _ => None,
    });
    let has_ack = scene.has(TcpFlags::ACK);
    let notes = Notes {
        void,
        reset,
        recent: Recent {
            packet,
            end,
            ack: if has_ack { scene.ack.absolute } else { 0 },
            span,
            len: scene.len,
            answered: !has_ack,
        },
        syn: scene.has(TcpFlags::SYN).then_some(packet),
        fin: scene.has(TcpFlags::FIN).then_some((end, packet)),
        end: sent.map(|sent| sent.end),
        ack: has_ack.then_some(scene.ack.absolute),
        window: scene.seen.window(),
        dup_acks,
        probe: scene.is(|kind| matches!(kind, Kind::KeepAlive | Kind::ZeroWindowProbe)),
        unacceptable: out,
        offloaded: scene.is(|kind| matches!(kind, Kind::Offloaded)).then_some(packet),
        answers: (reset && !has_ack).then_some(seq),
    };
    (sent, notes)
}

impl Notes {
    fn apply(self, memory: &mut Memory, side: usize) {
        if self.void {
            return;
        }
        if let Some(seq) = self.answers {
            reset::answered(&mut memory.sides[1 - side], seq);
        }
        let own = &mut memory.sides[side];
        own.remember(self.recent);
        if self.unacceptable {
            own.unacceptable = Some(self.recent.packet);
        }
        own.offloaded = own.offloaded.or(self.offloaded);
        if self.reset {
            return;
        }
        own.spoke = true;
        own.syn = own.syn.or(self.syn);
        own.fin = own.fin.or(self.fin);
        if let Some(end) = self.end.filter(|end| own.next.is_none_or(|next| before(next, *end))) {
            own.next = Some(end);
        }
        own.probe = if self.probe { Some(self.recent.packet) } else { own.probe };
        let Some(ack) = self.ack else { return };
        let newer = own.acked.is_none_or(|acked| before(acked, ack));
        own.dup_acks = if newer { 0 } else { self.dup_acks.unwrap_or(own.dup_acks) };
        if newer {
            own.acked = Some(ack);
            own.acked_by = self.recent.packet;
        }
        if own.acked == Some(ack) {
            own.window = Some(self.window);
        }
        let right = |(ack, window): (u32, u32)| ack.wrapping_add(window);
        if own.edge.is_none_or(|edge| !before(right((ack, self.window)), right(edge))) {
            own.edge = Some((ack, self.window));
        }
        own.first_right.get_or_insert(ack.wrapping_add(self.window));
    }
}
