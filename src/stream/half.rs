//! One half of a connection: the stream of one end and the other end as its receiver.
use crate::packet::Timestamp;
use crate::wire::{Seq, TcpFlags};

use super::assembler::{Assembler, Sink};
use super::doubt::Doubts;
use super::event::{Event, Ignored, Side};
use super::held::Held;
use super::limits::StreamLimits;
use super::opening::Opening;
use super::part::Piece;
use super::policy::Policy;
use super::receiver::{Progress, Receiver, State, Verdict};
use super::segment::{ChecksumTrust, Segment};

/// Longest distance of an offset from the next one that is believed: half of the numbers.
const FARTHEST: i64 = 1 << 31;

#[derive(Debug)]
pub(super) struct Half {
    pub(super) from: Side,
    pub(super) assembler: Assembler,
    /// The other end.
    pub(super) receiver: Receiver,
    pub(super) trust: ChecksumTrust,
    pub(super) opening: Option<Opening>,
    /// The sequence number of offset 0.
    base: Option<Seq>,
    /// The receiver's SYN-ACK, or data, settled `base`.
    pub(super) settled: bool,
    /// How far the receiver acknowledged, where it is known to have meant it.
    acked: u64,
    doubts: Doubts,
    /// What may have been refused and was not answered yet.
    held: Option<Box<Held>>,
    /// Since when, and for how many packets, there is a hole that was acknowledged.
    hole: Option<(Timestamp, u32)>,
}

impl Half {
    pub(super) fn new(from: Side, policy: Policy) -> Self {
        Self {
            from,
            assembler: Assembler::new(from, policy),
            receiver: Receiver::default(),
            trust: ChecksumTrust::default(),
            opening: None,
            base: None,
            settled: false,
            acked: 0,
            doubts: Doubts::default(),
            held: None,
            hole: None,
        }
    }

    /// The sequence number of an offset.
    fn seq(&self, offset: u64) -> Seq {
        // The low 32 bits are what the wire has.
        self.base.unwrap_or_default() + (offset & u64::from(u32::MAX)) as u32
    }

    /// The offset of a sequence number near the next one; negative before the start.
    fn offset(&self, seq: Seq) -> i64 {
        let next = self.assembler.next();
        i64::try_from(next).unwrap_or(i64::MAX).saturating_add(i64::from(seq - self.seq(next)))
    }

    pub(super) fn progress(&self) -> Progress {
        let next = self.assembler.next();
        let fin = u64::from(self.assembler.is_finished());
        let parked = if self.assembler.is_empty() { None } else { self.assembler.parked_end() };
        Progress {
            // What it acknowledged it has, whether or not it is in the capture.
            rcv_nxt: self.seq((next + fin).max(self.acked)),
            parked_end: parked.map(|end| self.seq(end)),
            finished: self.assembler.is_finished(),
            urgent: self.assembler.urgent().is_some(),
        }
    }

    /// A SYN of this half. The last one counts until the other side answers one.
    pub(super) fn open(&mut self, segment: &Segment<'_>) {
        self.opening = Some(Opening {
            isn: segment.seq,
            window: segment.window,
            window_scale: segment.options.window_scale,
            timestamps: segment.options.timestamps.map(|(value, _)| value),
            sack_permitted: segment.options.sack_permitted,
            signature: segment.options.signature,
            data: segment.payload.into(),
        });
        self.base = Some(segment.seq + 1);
    }

    /// The answer to a SYN says where the half begins, and whether the SYN's data was taken.
    pub(super) fn settle(&mut self, ack: Seq, segment: &Segment<'_>, limits: &StreamLimits, out: Sink<'_>) {
        if self.settled && self.assembler.next() > 0 {
            return;
        }
        self.settled = true;
        let opening = self.opening.take();
        let data = opening.as_ref().map(|opening| (opening.isn + 1, &opening.data));
        match data {
            Some((first, data)) if !ack.before(first) && (ack - first) as usize <= data.len() => {
                self.base = Some(first);
                let taken = data.get(..(ack - first) as usize).unwrap_or_default();
                if !taken.is_empty() {
                    let piece = Piece { bytes: taken, missing: 0, fin: false, origin: segment.origin };
                    self.assembler.insert(0, piece, limits, out);
                } else if !data.is_empty() {
                    let reason = Ignored::SynData;
                    out(Event::Ignored { from: self.from, origin: segment.origin, reason });
                }
            }
            _ => self.base = Some(ack),
        }
        self.opening = opening;
    }

    /// Begins inside the connection, where the receiver or this segment says.
    fn begin(&mut self, segment: &Segment<'_>) {
        let base = match self.receiver.last_ack() {
            // Keep-alives begin before it, reordered data behind it.
            Some(ack) if segment.seq - ack >= -1 => ack,
            _ => segment.seq,
        };
        self.base = Some(base);
        self.settled = true;
    }

    /// A segment of this half that is no SYN.
    pub(super) fn push(
        &mut self,
        segment: &Segment<'_>,
        limits: &StreamLimits,
        out: Sink<'_>,
    ) -> Result<Verdict, Ignored> {
        if self.base.is_none() {
            self.begin(segment);
        }
        if self.held.is_some() {
            self.decide(None, limits, out);
        }
        let progress = self.progress();
        let verdict = self.receiver.judge(segment, progress);
        let verdict = match verdict {
            // A copy of what the capture lacks is as good as the first.
            Err(Ignored::OutOfWindow) if self.fills(segment) => Ok(Verdict::Accept),
            verdict => verdict,
        };
        match verdict {
            Ok(Verdict::Open(reason)) => self.held = Some(Box::new(Held::new(segment, reason))),
            Ok(Verdict::Accept) => self.admit(segment, progress, limits, out),
            Ok(Verdict::Reset) => {}
            Err(reason) => {
                if reason == Ignored::OutOfWindow {
                    self.compare(segment, out);
                }
                self.doubt(reason, segment, limits);
            }
        }
        verdict
    }

    /// The receiver takes the segment.
    #[inline]
    fn admit(&mut self, segment: &Segment<'_>, progress: Progress, limits: &StreamLimits, out: Sink<'_>) {
        self.receiver.accept(segment, progress);
        self.settled = true;
        self.take(segment, limits, out);
        if segment.len > 0 || segment.flags != TcpFlags::ACK {
            self.receiver.predict(self.progress());
        }
    }

    /// What became of the segment whose fate is open, if `answer` tells; without one it was taken, or it
    /// would have been answered at once.
    #[cold]
    fn decide(&mut self, answer: Option<&Segment<'_>>, limits: &StreamLimits, out: Sink<'_>) {
        let Some(held) = self.held.take() else { return };
        let progress = self.progress();
        let sack = self.receiver.sack == Some(true);
        let taken = match answer {
            Some(answer) => held.is_taken(answer, progress.rcv_nxt, sack),
            None => Some(held.reason() != Ignored::OldAck),
        };
        let segment = held.segment();
        match taken {
            Some(true) => self.admit(&segment, progress, limits, out),
            Some(false) => {
                let reason = held.reason();
                self.doubt(reason, &segment, limits);
                out(Event::Ignored { from: self.from, origin: segment.origin, reason });
            }
            None => self.held = Some(held),
        }
    }

    /// Whether the segment has bytes of a hole that was acknowledged.
    fn fills(&self, segment: &Segment<'_>) -> bool {
        let next = i64::try_from(self.assembler.next()).unwrap_or(i64::MAX);
        let start = self.offset(segment.seq);
        let end = start.saturating_add(segment.len.into());
        end > next && start <= i64::try_from(self.acked).unwrap_or(i64::MAX)
    }

    #[inline]
    fn take(&mut self, segment: &Segment<'_>, limits: &StreamLimits, out: Sink<'_>) {
        if segment.has(TcpFlags::URG) {
            self.take_urgent(segment);
        }
        let fin = segment.has(TcpFlags::FIN);
        if segment.len == 0 && !fin {
            return;
        }
        if let Some((start, piece)) = self.place(segment) {
            self.assembler.insert(start, piece, limits, out);
        }
    }

    /// Where the segment's data belongs, without what lies before the start.
    #[inline]
    fn place<'a>(&self, segment: &Segment<'a>) -> Option<(u64, Piece<'a>)> {
        let start = self.offset(segment.seq);
        let missing = u64::from(segment.len).saturating_sub(segment.payload.len() as u64);
        let fin = segment.has(TcpFlags::FIN);
        let piece = Piece { bytes: segment.payload, missing, fin, origin: segment.origin };
        if start >= 0 {
            return Some((start.unsigned_abs(), piece));
        }
        let before = start.unsigned_abs();
        (before < piece.len() + u64::from(fin) && start > -FARTHEST).then(|| (0, piece.skip(before)))
    }

    /// `tcp_check_urg`: the pointer counts from the segment's start, and Linux takes the byte before it.
    fn take_urgent(&mut self, segment: &Segment<'_>) {
        let pointer = u32::from(segment.urgent_pointer).saturating_sub(1);
        let at = self.offset(segment.seq).saturating_add(pointer.into());
        let Ok(at) = u64::try_from(at) else { return };
        if at >= self.assembler.next() && self.assembler.urgent().is_none_or(|urgent| at > urgent) {
            self.assembler.set_urgent(at);
        }
    }

    /// A segment that was acknowledged before it came: whether it says the same as then.
    fn compare(&self, segment: &Segment<'_>, out: Sink<'_>) {
        if let Some((start, piece)) = self.place(segment).filter(|(start, _)| *start < self.assembler.next())
        {
            self.assembler.compare(start, piece, out);
        }
    }

    /// Keeps what the receiver seems to have ignored, if that can be a mistake.
    pub(super) fn doubt(&mut self, reason: Ignored, segment: &Segment<'_>, limits: &StreamLimits) {
        let may_be_wrong = matches!(
            reason,
            Ignored::UnsentAck
                | Ignored::OldAck
                | Ignored::OldTimestamp
                | Ignored::OutOfWindow
                | Ignored::ZeroWindow
                | Ignored::Options
        );
        let empty = segment.payload.is_empty() && !segment.has(TcpFlags::FIN);
        if !may_be_wrong || empty || self.base.is_none() {
            return;
        }
        if let Some((start, piece)) = self.place(segment)
            && start + piece.len() + u64::from(piece.fin) > self.assembler.next()
        {
            self.doubts.keep(start, piece, limits);
        }
    }

    /// The receiver sent a segment, which may answer the last one of this half.
    #[inline]
    pub(super) fn answered(&mut self, answer: &Segment<'_>, limits: &StreamLimits, out: Sink<'_>) {
        if self.held.is_some() {
            self.decide(Some(answer), limits, out);
        }
    }

    /// The receiver acknowledged `ack`.
    #[inline]
    pub(super) fn acknowledged(&mut self, ack: Seq) {
        if self.base.is_none() {
            return;
        }
        let at = self.offset(ack);
        let fin = u64::from(self.assembler.is_finished());
        if let Ok(at) = u64::try_from(at)
            && at > self.acked.max(self.assembler.next() + fin)
        {
            self.acked = at;
        }
    }

    /// Looks after holes that the receiver acknowledged.
    #[inline]
    pub(super) fn tend(&mut self, now: Timestamp, limits: &StreamLimits, out: Sink<'_>) {
        if self.acked > self.assembler.next() && !self.assembler.is_finished() {
            self.tend_hole(now, limits, out);
        } else {
            self.hole = None;
            if !self.doubts.is_empty() {
                self.doubts.forget(self.assembler.next());
            }
        }
    }

    #[cold]
    fn tend_hole(&mut self, now: Timestamp, limits: &StreamLimits, out: Sink<'_>) {
        self.use_doubts(limits, out);
        let next = self.assembler.next();
        if self.acked <= next || self.assembler.is_empty() {
            self.hole = None;
            return;
        }
        let (since, packets) = *self.hole.get_or_insert((now, 0));
        self.hole = Some((since, packets + 1));
        if packets >= limits.grace_packets || elapsed(since, now) >= limits.grace.as_nanos() {
            self.hole = None;
            self.skip_hole(limits, out);
        }
    }

    /// Gives up what was acknowledged but is missing, as far as something follows.
    fn skip_hole(&mut self, limits: &StreamLimits, out: Sink<'_>) {
        let next = self.assembler.next();
        let doubtful = self.doubts.first(next, self.acked).unwrap_or(self.acked);
        let to = self.assembler.first_parked().unwrap_or(self.acked).min(doubtful).min(self.acked);
        self.assembler.skip(to, true, limits, out);
        self.use_doubts(limits, out);
    }

    /// What seemed to be ignored, but was acknowledged.
    fn use_doubts(&mut self, limits: &StreamLimits, out: Sink<'_>) {
        if self.assembler.is_finished() {
            return;
        }
        while let Some(doubt) = self.doubts.take(self.assembler.next(), self.acked) {
            self.assembler.insert(doubt.start(), doubt.piece(), limits, out);
        }
    }

    /// The connection was reset: nothing is accepted any more.
    pub(super) fn close(&mut self, limits: &StreamLimits, out: Sink<'_>) {
        self.decide(None, limits, out);
        self.receiver.state = State::Closed;
        self.doubts.clear();
    }

    /// The capture is over: what is missing is a gap.
    pub(super) fn finish(&mut self, limits: &StreamLimits, out: Sink<'_>) {
        self.decide(None, limits, out);
        self.use_doubts(limits, out);
        while self.acked > self.assembler.next() && !self.assembler.is_finished() {
            self.skip_hole(limits, out);
        }
        if self.receiver.is_heard() {
            self.assembler.set_undelivered();
        }
        while let Some(to) = self.assembler.first_parked() {
            self.assembler.skip(to, false, limits, out);
        }
    }
}

/// Nanoseconds from one time to another; none backwards.
fn elapsed(since: Timestamp, now: Timestamp) -> u128 {
    let nanos = |time: Timestamp| i128::from(time.secs) * 1_000_000_000 + i128::from(time.nanos);
    u128::try_from(nanos(now) - nanos(since)).unwrap_or(0)
}
