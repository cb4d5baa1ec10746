//! One half of a connection as a stream: what is next, what waits behind a hole, whose bytes count.
use std::fmt;
use std::ops::Range;

use super::event::{Event, Limit, Origin, Side};
use super::history::History;
use super::limits::StreamLimits;
use super::part::{Part, Piece};
use super::pieces::Pieces;
use super::policy::Policy;
use super::queue::{Inserted, Queue};

/// Where events go.
pub(super) type Sink<'s> = &'s mut dyn FnMut(Event<'_>);

/// What waits behind a hole.
#[derive(Debug)]
enum Parked {
    Linux(Queue),
    Other {
        pieces: Pieces,
        /// Where the half ends, if a FIN waits.
        fin: Option<(u64, Origin)>,
    },
}

/// Reassembles one half under a policy. It does not ask whether a segment is acceptable.
///
/// Invariants: nothing that waits starts at or before `next`, unless a FIN was given; what waits
/// costs no more than the limits allow.
#[derive(Debug)]
pub(super) struct Assembler {
    from: Side,
    policy: Policy,
    /// Offset of the next byte to give.
    next: u64,
    /// The FIN was given.
    finished: bool,
    /// A byte to take out of the stream.
    urgent: Option<u64>,
    /// What comes was not acknowledged, see [`Event::Data`].
    undelivered: bool,
    history: History,
    parked: Parked,
}

impl Assembler {
    pub(super) fn new(from: Side, policy: Policy) -> Self {
        let parked = match policy {
            Policy::Linux => Parked::Linux(Queue::default()),
            _ => Parked::Other { pieces: Pieces::default(), fin: None },
        };
        Self {
            from,
            policy,
            next: 0,
            finished: false,
            urgent: None,
            undelivered: false,
            history: History::default(),
            parked,
        }
    }

    /// Offset of the next byte to give.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Whether the FIN was given.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        match &self.parked {
            Parked::Linux(queue) => queue.is_empty(),
            Parked::Other { pieces, fin } => pieces.is_empty() && fin.is_none(),
        }
    }

    /// Where the first hole ends.
    pub(super) fn first_parked(&self) -> Option<u64> {
        match &self.parked {
            Parked::Linux(queue) => queue.first(),
            Parked::Other { pieces, fin } => pieces.first().or(fin.map(|(at, _)| at)),
        }
    }

    /// Behind the last sequence number that waits.
    pub(super) fn parked_end(&self) -> Option<u64> {
        match &self.parked {
            Parked::Linux(queue) => queue.end(),
            Parked::Other { pieces, fin } => pieces.end().max(fin.map(|(at, _)| at + 1)),
        }
    }

    /// What waits, by [`StreamLimits::parked`], and how many segments.
    pub(super) fn parked_cost(&self) -> (usize, usize) {
        match &self.parked {
            Parked::Linux(queue) => (queue.cost(), queue.segments()),
            Parked::Other { pieces, .. } => (pieces.cost(), pieces.segments()),
        }
    }

    /// The urgent byte that is still to come.
    pub(super) fn urgent(&self) -> Option<u64> {
        self.urgent
    }

    /// Takes the byte at `offset`, which was not given yet, out of the stream.
    pub(super) fn set_urgent(&mut self, offset: u64) {
        debug_assert!(offset >= self.next);
        self.urgent = Some(offset);
    }

    /// What is given from now on was not acknowledged.
    pub(super) fn set_undelivered(&mut self) {
        self.undelivered = true;
    }

    /// Nothing waits any more.
    pub(super) fn clear(&mut self) {
        match &mut self.parked {
            Parked::Linux(queue) => queue.clear(),
            Parked::Other { pieces, fin } => {
                pieces.clear();
                *fin = None;
            }
        }
    }

    /// A segment that starts at `start`.
    #[inline]
    pub(super) fn insert(&mut self, start: u64, piece: Piece<'_>, limits: &StreamLimits, out: Sink<'_>) {
        if start == self.next && !self.finished && self.is_empty() {
            self.give(piece, limits, out);
            if piece.fin {
                self.finish(piece.origin, out);
            }
            return;
        }
        self.insert_out_of_order(start, piece, limits, out);
    }

    #[inline(never)]
    fn insert_out_of_order(&mut self, start: u64, piece: Piece<'_>, limits: &StreamLimits, out: Sink<'_>) {
        let end = start + piece.len() + u64::from(piece.fin);
        if start < self.next {
            self.compare(start, piece, out);
        }
        if self.finished || end <= self.next {
            return;
        }
        let from = self.from;
        let early = self.next.saturating_sub(start);
        let (at, cut) = (start + early, piece.skip(early));
        let inserted = match &mut self.parked {
            Parked::Linux(queue) if start <= self.next => {
                let won = queue.differs(at, cut);
                self.give(cut, limits, out);
                if piece.fin {
                    self.finish(piece.origin, out);
                }
                Inserted { lost: None, won }
            }
            Parked::Linux(queue) => queue.insert(start, piece),
            Parked::Other { pieces, fin } => {
                if piece.fin && fin.is_none() {
                    *fin = Some((start + piece.len(), piece.origin));
                }
                pieces.insert(self.policy, at, cut, &(start..start + piece.len()))
            }
        };
        for (range, newer_wins) in [(inserted.won, true), (inserted.lost, false)] {
            if let Some(range) = range {
                out(Event::Conflict { from, range, origin: piece.origin, newer_wins });
            }
        }
        self.drain(limits, out);
        self.keep_limits(limits, out);
    }

    /// A segment that starts before what is next: whether it says what was given already. One byte alone may be
    /// a keep-alive's, which is any (RFC 9293 §3.8.4).
    pub(super) fn compare(&self, start: u64, piece: Piece<'_>, out: Sink<'_>) {
        if piece.len() <= 1 {
            return;
        }
        if let Some(range) = self.history.differs(start, piece) {
            let (from, origin) = (self.from, piece.origin);
            out(Event::Conflict { from, range, origin, newer_wins: false });
        }
    }

    fn keep_limits(&mut self, limits: &StreamLimits, out: Sink<'_>) {
        loop {
            let (cost, segments) = self.parked_cost();
            let limit = match (cost > limits.parked, segments > limits.segments) {
                (true, _) => Limit::Parked,
                (false, true) => Limit::Segments,
                (false, false) => return,
            };
            let Some(to) = self.first_parked() else { return };
            out(Event::Limit { from: self.from, limit });
            self.skip(to, false, limits, out);
        }
    }

    /// Gives up what is missing before `to`, which is not beyond what waits.
    pub(super) fn skip(&mut self, to: u64, acknowledged: bool, limits: &StreamLimits, out: Sink<'_>) {
        if to > self.next && !self.finished {
            out(Event::Gap { from: self.from, range: self.next..to, acknowledged });
            self.next = to;
            self.urgent = self.urgent.filter(|&at| at >= to);
        }
        self.drain(limits, out);
    }

    /// Gives what the hole no longer keeps.
    fn drain(&mut self, limits: &StreamLimits, out: Sink<'_>) {
        loop {
            match &mut self.parked {
                Parked::Linux(queue) => {
                    let Some(run) = queue.pop(self.next) else { return };
                    if run.end() <= self.next {
                        continue;
                    }
                    let mut origin = Origin::default();
                    for part in run.parts() {
                        origin = part.piece().origin;
                        self.give_part(part, limits, out);
                    }
                    if run.fin() {
                        self.next = run.end() - 1;
                        self.finish(origin, out);
                    }
                }
                Parked::Other { pieces, fin } => {
                    if let Some((_, origin)) = fin.filter(|&(at, _)| at <= self.next) {
                        self.finish(origin, out);
                        return;
                    }
                    let Some(mut part) = pieces.pop(self.next) else { return };
                    // What lies behind a FIN is not of the stream.
                    if let Some((at, _)) = fin.filter(|&(at, _)| at < part.end()) {
                        part = Part::new(part.start, part.piece().take(at - part.start));
                    }
                    self.give_part(&part, limits, out);
                }
            }
        }
    }

    fn give_part(&mut self, part: &Part, limits: &StreamLimits, out: Sink<'_>) {
        if part.end() > self.next {
            self.give(part.piece().skip(self.next - part.start), limits, out);
        }
    }

    /// The FIN is next: purges what waits behind it, as Linux does.
    fn finish(&mut self, origin: Origin, out: Sink<'_>) {
        self.finished = true;
        self.clear();
        let delivered = !self.undelivered;
        out(Event::Fin { from: self.from, offset: self.next, origin, delivered });
    }

    /// Gives bytes that are next.
    #[inline]
    fn give(&mut self, piece: Piece<'_>, limits: &StreamLimits, out: Sink<'_>) {
        let offset = self.next;
        self.next += piece.len();
        self.history.push(offset, piece.bytes, limits.remembered);
        if let Some(at) = self.urgent.filter(|&at| at < self.next) {
            self.urgent = None;
            return self.give_around(offset, at, piece, out);
        }
        self.emit(offset, piece, out);
    }

    #[cold]
    fn give_around(&self, offset: u64, urgent: u64, piece: Piece<'_>, out: Sink<'_>) {
        let (from, delivered) = (self.from, !self.undelivered);
        let before = urgent - offset;
        self.emit(offset, piece.take(before), out);
        if let Some(&byte) = piece.skip(before).bytes.first() {
            out(Event::Urgent { from, offset: urgent, byte, origin: piece.origin, delivered });
        }
        self.emit(urgent + 1, piece.skip(before + 1), out);
    }

    #[inline]
    fn emit(&self, offset: u64, piece: Piece<'_>, out: Sink<'_>) {
        let Piece { bytes, missing, origin, .. } = piece;
        let (from, delivered) = (self.from, !self.undelivered);
        if !bytes.is_empty() {
            out(Event::Data { from, offset, bytes, origin, delivered });
        }
        if missing > 0 {
            let start = offset + bytes.len() as u64;
            out(Event::Gap { from, range: start..start + missing, acknowledged: true });
        }
    }

    fn parked_ranges(&self) -> Vec<(Range<u64>, bool)> {
        match &self.parked {
            Parked::Linux(queue) => queue.ranges().collect(),
            Parked::Other { pieces, fin } => {
                let fin = fin.map(|(at, _)| (at..at, true));
                pieces.ranges().map(|range| (range, false)).chain(fin).collect()
            }
        }
    }
}

impl fmt::Display for Assembler {
    /// `linux: 120 then 130..140 150..152F`: the next byte, then what waits, `F` for a FIN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.policy, self.next)?;
        if self.finished {
            f.write_str(" ended")?;
        }
        for (i, (range, fin)) in self.parked_ranges().into_iter().enumerate() {
            let before = if i == 0 { " then " } else { " " };
            write!(f, "{before}{}..{}{}", range.start, range.end, if fin { "F" } else { "" })?;
        }
        match self.urgent {
            Some(at) => write!(f, " urgent {at}"),
            None => Ok(()),
        }
    }
}
