//! One end as a receiver: what of the other's segments it accepts.
//!
//! The rules are Linux's (`tcp_validate_incoming`, `tcp_ack`, `tcp_data_queue` in `net/ipv4/tcp_input.c`,
//! 6.x), which are RFC 9293 §3.10.7.4, RFC 5961 and RFC 7323 with decisions where those leave room. What the
//! capture does not tell refuses nothing.
use crate::wire::{Seq, TcpFlags};

use super::event::Ignored;
use super::opening::Opening;
use super::segment::Segment;

/// Where the end is in the connection's life, as far as acceptance depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing is known: the capture begins inside the connection, or has only the other side.
    Unknown,
    /// It answered a SYN and waits for the acknowledgment.
    SynReceived,
    /// Data flows.
    Established,
    /// It was reset.
    Closed,
}

/// What a segment is to its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its data is looked at.
    Accept,
    /// The capture does not show whether it is accepted or, for this reason, refused. The answer will.
    Open(Ignored),
    /// The connection ends here.
    Reset,
}

/// What the receiver's stream has come to, asked of the assembler.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// The sequence number it expects next.
    pub(super) rcv_nxt: Seq,
    /// Behind the last segment that waits, if any does.
    pub(super) parked_end: Option<Seq>,
    /// The FIN was received.
    pub(super) finished: bool,
    /// Waits for urgent data.
    pub(super) urgent: bool,
}

/// An end, known by the segments it sent and got.
#[derive(Debug, Clone)]
pub(super) struct Receiver {
    pub(super) state: State,
    /// The sequence number behind the last one it sent; `None` while it was not heard.
    snd_nxt: Option<Seq>,
    /// The last acknowledgment it accepted.
    snd_una: Option<Seq>,
    /// Its first sequence number after the SYN, if that was seen.
    first: Option<Seq>,
    /// The window field it got last, and the segment that set it.
    snd_wnd: u32,
    snd_wl1: Seq,
    /// The largest window it was offered, in bytes.
    max_window: u32,
    /// The last acknowledgment it sent.
    rcv_wup: Option<Seq>,
    /// The right edge of the window it offered: the first sequence number beyond.
    edge: Option<Seq>,
    /// Shift of the windows it offers, and of those it is offered; `None` where the SYNs were not seen.
    pub(super) shift: Option<u8>,
    pub(super) other_shift: Option<u8>,
    /// Whether timestamps were agreed on.
    pub(super) timestamps: Option<bool>,
    /// Whether selective acknowledgments were agreed on.
    pub(super) sack: Option<bool>,
    ts_recent: Option<u32>,
    /// First and last timestamp value of the SYN-ACKs it sent.
    synack_values: Option<(u32, u32)>,
    /// Header prediction: the window field that lets the next segment pass quickly.
    predicted: Option<u16>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            state: State::Unknown,
            snd_nxt: None,
            snd_una: None,
            first: None,
            snd_wnd: 0,
            snd_wl1: Seq(0),
            max_window: 0,
            rcv_wup: None,
            edge: None,
            shift: None,
            other_shift: None,
            timestamps: None,
            sack: None,
            ts_recent: None,
            synack_values: None,
            predicted: None,
        }
    }
}

impl Receiver {
    /// The last acknowledgment it sent.
    pub(super) fn last_ack(&self) -> Option<Seq> {
        self.rcv_wup
    }

    /// Whether a segment of this end was seen.
    pub(super) fn is_heard(&self) -> bool {
        self.snd_nxt.is_some()
    }

    /// It sent a SYN, alone or with an acknowledgment; `len` is that of the data in it.
    pub(super) fn sent_syn(&mut self, segment: &Segment<'_>) {
        let first = segment.seq + 1;
        // Linux counts the SYN of who opens, but not that of who answers, as acknowledged data.
        let answers = segment.has(TcpFlags::ACK);
        self.first = Some(if answers { first } else { segment.seq });
        self.snd_una = Some(segment.seq);
        self.snd_nxt = Some(first + segment.len);
        if answers {
            self.rcv_wup = Some(segment.ack);
            // The window of a SYN is not scaled (RFC 7323 §2.2).
            self.edge = Some(segment.ack + u32::from(segment.window));
            if let Some((value, _)) = segment.options.timestamps {
                let first = self.synack_values.map_or(value, |(first, _)| first);
                self.synack_values = Some((first, value));
            }
        }
    }

    /// The SYN-ACK was sent again.
    pub(super) fn sent_syn_again(&mut self, segment: &Segment<'_>) {
        if let (Some((value, _)), Some((first, _))) = (segment.options.timestamps, self.synack_values) {
            self.synack_values = Some((first, value));
        }
    }

    /// It got the SYN, or SYN-ACK, that it goes by.
    pub(super) fn got_syn(&mut self, opening: &Opening) {
        self.ts_recent = opening.timestamps;
        self.snd_wnd = opening.window.into();
        self.max_window = opening.window.into();
        self.snd_wl1 = opening.isn;
    }

    /// Its SYN was answered.
    pub(super) fn got_ack(&mut self, ack: Seq) {
        self.snd_una = Some(ack);
    }

    /// Both SYNs are known.
    pub(super) fn establish(&mut self, progress: Progress) {
        self.state = State::Established;
        self.predict(progress);
    }

    /// It sent a segment that is no SYN.
    pub(super) fn sent(&mut self, segment: &Segment<'_>) {
        let end = segment.end();
        if self.snd_nxt.is_none_or(|next| end.after(next)) {
            self.snd_nxt = Some(end);
        }
        if !segment.has(TcpFlags::ACK) || segment.has(TcpFlags::RST) {
            return;
        }
        if self.rcv_wup.is_some_and(|last| segment.ack.before(last)) {
            return;
        }
        self.rcv_wup = Some(segment.ack);
        let Some(shift) = self.shift else { return };
        let edge = segment.ack + (u32::from(segment.window) << shift);
        // A window never shrinks (RFC 9293 §3.8.6), but for want of memory.
        if segment.window == 0 || self.edge.is_none_or(|old| edge.after(old)) {
            self.edge = Some(edge);
        }
    }

    /// Whether it can have meant this acknowledgment: no farther than it lets the other send.
    pub(super) fn may_acknowledge(&self, ack: Seq) -> bool {
        self.edge.is_none_or(|edge| !ack.after(edge))
    }

    /// What a segment that is no SYN is to it. Nothing changes.
    pub(super) fn judge(&self, segment: &Segment<'_>, progress: Progress) -> Result<Verdict, Ignored> {
        let rst = segment.has(TcpFlags::RST);
        if !segment.has(TcpFlags::ACK) && !rst {
            return Err(Ignored::NoAck);
        }
        if self.is_predicted(segment, progress) {
            // Linux asks for the age of the acknowledgment only when it is short of memory at hand.
            return Ok(self.check_ack(segment).map_or_else(Verdict::Open, |()| Verdict::Accept));
        }
        if !rst && self.is_old_timestamp(segment) {
            return Err(Ignored::OldTimestamp);
        }
        self.check_sequence(segment, progress)?;
        if rst {
            return self.judge_rst(segment, progress);
        }
        self.check_ack(segment)?;
        self.check_data(segment, progress)?;
        let beyond = self.is_beyond(segment, progress);
        Ok(if beyond { Verdict::Open(Ignored::OutOfWindow) } else { Verdict::Accept })
    }

    /// Linux's fast path: the expected segment, with nothing new in its header. The age of its
    /// acknowledgment is not asked.
    #[inline]
    fn is_predicted(&self, segment: &Segment<'_>, progress: Progress) -> bool {
        let plain = segment.flags - TcpFlags::PSH == TcpFlags::ACK;
        let header_len = if self.timestamps == Some(true) { 32 } else { 20 };
        let fits = self.edge.is_none_or(|edge| !segment.end().after(edge) && progress.rcv_nxt != edge);
        plain
            && segment.seq == progress.rcv_nxt
            && self.state == State::Established
            && self.predicted == Some(segment.window)
            && progress.parked_end.is_none()
            && !progress.urgent
            && !progress.finished
            && segment.header_len == header_len
            && fits
            && self.snd_nxt.is_none_or(|next| !segment.ack.after(next))
            && self.is_new_timestamp(segment)
    }

    fn is_new_timestamp(&self, segment: &Segment<'_>) -> bool {
        match (self.timestamps, segment.options.timestamps, self.ts_recent) {
            (Some(true), Some((value, _)), Some(recent)) => !Seq(value).before(Seq(recent)),
            (Some(true), ..) => false,
            _ => true,
        }
    }

    /// PAWS (RFC 7323 §5.3): older by more than one tick than the last one of the left edge. A last one of
    /// zero does not count.
    fn is_old_timestamp(&self, segment: &Segment<'_>) -> bool {
        if self.timestamps == Some(false) {
            return false;
        }
        match (segment.options.timestamps, self.ts_recent) {
            (Some((value, _)), Some(recent)) => recent != 0 && Seq(recent) - Seq(value) > 1,
            _ => false,
        }
    }

    /// RFC 9293 §3.10.7.4, first check. A segment may reach beyond the window as long as it starts in it.
    fn check_sequence(&self, segment: &Segment<'_>, progress: Progress) -> Result<(), Ignored> {
        let Some(edge) = self.edge else { return Ok(()) };
        let edge = if edge.before(progress.rcv_nxt) { progress.rcv_nxt } else { edge };
        if self.rcv_wup.is_some_and(|last| segment.end().before(last)) {
            return Err(Ignored::OutOfWindow);
        }
        if segment.seq.after(edge) { Err(Ignored::OutOfWindow) } else { Ok(()) }
    }

    /// Whether an acceptable segment reaches beyond the window, so that it may be refused all the same.
    fn is_beyond(&self, segment: &Segment<'_>, progress: Progress) -> bool {
        let beyond = |edge: Seq| segment.end().after(edge) && segment.end().after(progress.rcv_nxt);
        self.edge.is_some_and(beyond)
    }

    /// RFC 5961 §3.2, with Linux's extensions: the number behind all that it has and told of by SACK,
    /// or, after a FIN, the FIN's own.
    fn judge_rst(&self, segment: &Segment<'_>, progress: Progress) -> Result<Verdict, Ignored> {
        let seq = segment.seq;
        let exact = seq == progress.rcv_nxt
            || (progress.finished && seq + 1 == progress.rcv_nxt)
            || (progress.parked_end == Some(seq) && self.sack != Some(false))
            // A request that was not answered yet dies by any number in the window.
            || self.state == State::SynReceived
            || (self.state == State::Unknown && !self.is_heard());
        if exact { Ok(Verdict::Reset) } else { Err(Ignored::Rst) }
    }

    fn check_ack(&self, segment: &Segment<'_>) -> Result<(), Ignored> {
        let (ack, Some(next)) = (segment.ack, self.snd_nxt) else { return Ok(()) };
        if ack.after(next) {
            return Err(Ignored::UnsentAck);
        }
        if self.state == State::SynReceived {
            return self.check_handshake(segment);
        }
        let Some(una) = self.snd_una else { return Ok(()) };
        // RFC 5961 §5.2: no older than the largest window that was offered, nor than all that was sent.
        let sent = self.first.map_or(u32::MAX, |first| una.0.wrapping_sub(first.0));
        let oldest = Seq(una.0.wrapping_sub(self.max_window.min(sent)));
        if ack.before(una) && ack.before(oldest) { Err(Ignored::OldAck) } else { Ok(()) }
    }

    /// The acknowledgment of a SYN-ACK is exact, and echoes one of its timestamps.
    fn check_handshake(&self, segment: &Segment<'_>) -> Result<(), Ignored> {
        if self.first.is_some_and(|first| segment.ack.before(first)) {
            return Err(Ignored::OldAck);
        }
        match (segment.options.timestamps, self.synack_values) {
            (Some((_, echo)), Some((first, last))) if self.timestamps == Some(true) && echo != 0 => {
                let between = last.wrapping_sub(first) >= echo.wrapping_sub(first);
                if between { Ok(()) } else { Err(Ignored::OldTimestamp) }
            }
            _ => Ok(()),
        }
    }

    /// `tcp_data_queue`: the window once more, for data and FIN.
    fn check_data(&self, segment: &Segment<'_>, progress: Progress) -> Result<(), Ignored> {
        let (Some(edge), next) = (self.edge, progress.rcv_nxt) else { return Ok(()) };
        if segment.end() == segment.seq || !segment.end().after(next) {
            return Ok(());
        }
        if progress.finished {
            return Err(Ignored::AfterFin);
        }
        if !edge.after(next) {
            let bare_fin = segment.len == 0 && segment.seq == next;
            return if bare_fin { Ok(()) } else { Err(Ignored::ZeroWindow) };
        }
        if segment.seq.before(edge) { Ok(()) } else { Err(Ignored::OutOfWindow) }
    }

    /// Takes over what an accepted segment says.
    pub(super) fn accept(&mut self, segment: &Segment<'_>, progress: Progress) {
        if self.state == State::SynReceived {
            self.state = State::Established;
        }
        if !segment.has(TcpFlags::ACK) {
            return;
        }
        let old = self.snd_una.is_some_and(|una| segment.ack.before(una));
        let fast = self.is_predicted(segment, progress);
        self.take_timestamp(segment, progress, fast, old);
        if !old {
            self.take_window(segment);
            self.snd_una = Some(segment.ack);
        }
    }

    /// Only a segment at the left edge of what was acknowledged sets the last timestamp (RFC 7323 §4.3).
    fn take_timestamp(&mut self, segment: &Segment<'_>, progress: Progress, fast: bool, old: bool) {
        let Some((value, _)) = segment.options.timestamps.filter(|_| self.timestamps != Some(false)) else {
            return;
        };
        let left = match self.rcv_wup {
            Some(last) if fast => last == progress.rcv_nxt,
            Some(last) => !old && !segment.seq.after(last),
            // The other side is not in the capture: it acknowledges at once, for all that is known.
            None => !segment.seq.after(progress.rcv_nxt),
        };
        let newer = self.ts_recent.is_none_or(|recent| recent == 0 || !Seq(value).before(Seq(recent)));
        if left && newer {
            self.ts_recent = Some(value);
        }
    }

    fn take_window(&mut self, segment: &Segment<'_>) {
        let window = u32::from(segment.window) << self.other_shift.unwrap_or(0);
        let newer = self.snd_una.is_none_or(|una| segment.ack.after(una))
            || segment.seq.after(self.snd_wl1)
            || (segment.seq == self.snd_wl1 && (window > self.snd_wnd || window == 0));
        if newer {
            self.snd_wl1 = segment.seq;
            self.snd_wnd = window;
            self.max_window = self.max_window.max(window);
        }
    }

    /// After the data was taken: whether the next segment can be expected to look the same.
    pub(super) fn predict(&mut self, progress: Progress) {
        let field = self.snd_wnd >> self.other_shift.unwrap_or(0);
        let can = progress.parked_end.is_none() && !progress.urgent;
        self.predicted = u16::try_from(field).ok().filter(|_| can);
    }
}
