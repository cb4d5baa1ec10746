//! A segment that may have been refused, until the receiver's answer tells what became of it.
//!
//! * It reaches beyond the receive window. RFC 9293 §3.10.7.4 lets a receiver take what starts inside. Linux
//!   before 6.17 does; since then it does so only while nothing waits to be read.
//! * It is the expected one, but its acknowledgment is too old. Linux notices that only when it is short of
//!   memory at hand.
//!
//! A capture shows neither. But a refused segment is answered at once, by an acknowledgment that moves
//! nothing.
use crate::wire::{Seq, TcpFlags, TcpOption, TcpOptions};

use super::event::Ignored;
use super::segment::Segment;

/// The segment and its bytes.
#[derive(Debug)]
pub(super) struct Held {
    segment: Segment<'static>,
    payload: Box<[u8]>,
    reason: Ignored,
}

impl Held {
    pub(super) fn new(segment: &Segment<'_>, reason: Ignored) -> Self {
        let payload = segment.payload.into();
        Self { segment: Segment { payload: &[], raw_options: &[], ..*segment }, payload, reason }
    }

    /// Why it is refused, if it is.
    pub(super) fn reason(&self) -> Ignored {
        self.reason
    }

    pub(super) fn segment(&self) -> Segment<'_> {
        Segment { payload: &self.payload, ..self.segment }
    }

    /// Whether `answer`, of a receiver that expects `rcv_nxt`, tells that the segment was taken; `None` if
    /// it tells nothing. `sack`: whether it would tell of what waits.
    pub(super) fn is_taken(&self, answer: &Segment<'_>, rcv_nxt: Seq, sack: bool) -> Option<bool> {
        if !answer.has(TcpFlags::ACK) || answer.has(TcpFlags::RST) || answer.ack.before(rcv_nxt) {
            return None;
        }
        if answer.ack.after(rcv_nxt) || !self.segment.seq.after(rcv_nxt) {
            return Some(answer.ack.after(rcv_nxt));
        }
        sack.then(|| covers(answer.raw_options, self.segment.seq))
    }
}

/// Whether one of the SACK blocks has the octet at `seq`.
fn covers(options: &[u8], seq: Seq) -> bool {
    TcpOptions::new(options).map_while(Result::ok).any(|option| match option {
        TcpOption::Sack(blocks) => {
            blocks.into_iter().any(|(start, end)| !seq.before(start) && seq.before(end))
        }
        _ => false,
    })
}
