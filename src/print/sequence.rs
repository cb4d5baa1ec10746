//! What of a packet's text depends on the packets before it: its number, the time that
//! others are shown relative to, and TCP's relative sequence numbers.
//!
//! The first two are cheap to know before a packet is formatted: [`Place`]. The relative
//! numbers are not, because which segments count is decided deep inside printing. So a
//! packet is formatted either in its turn, and they are known ([`Numbers::Now`]), or in any
//! order, on any thread: then where they belong in the text is noted ([`Numbers::Later`])
//! and they are put in when the turn has come ([`Sequence::close`]). Nothing looks at them
//! once they are printed.
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::flow::relative::{Relative, RelativeTable, Segment};
use crate::print::time::Moment;
use crate::text::decimal::{push_decimal, push_some};

/// What is remembered from packet to packet.
#[derive(Debug)]
pub struct Sequence {
    /// How many packets there were.
    pub(in crate::print) count: u64,
    /// The time that times are shown relative to.
    pub(in crate::print) reference: Moment,
    pub(in crate::print) relative: RelativeTable,
}

/// Where a packet stands among the others; made by [`Formatter::place`].
///
/// [`Formatter::place`]: super::Formatter::place
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub(in crate::print) number: u64,
    pub(in crate::print) reference: Moment,
}

impl Sequence {
    /// Nothing has come yet. Relative numbers are remembered for so many TCP connections,
    /// for each of IPv4 and IPv6.
    pub(in crate::print) fn new(max_conversations: usize) -> Self {
        Self { count: 0, reference: Moment::default(), relative: RelativeTable::new(max_conversations) }
    }

    /// How many packets there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Connections whose relative numbers were forgotten because there were too many.
    pub fn evicted(&self) -> u64 {
        self.relative.evicted()
    }

    /// Appends the text of a draft with its open numbers put in. Drafts are closed in the
    /// order of their packets: each once, none left out.
    pub fn close(&mut self, draft: &Draft, out: &mut Vec<u8>) {
        out.reserve(draft.text.len() + draft.text.len() / 8);
        let mut copied = 0;
        let mut shown = Relative::default();
        for open in &draft.open {
            match *open {
                Open::V4 { src, dst, segment } => shown = self.relative.observe_v4(src, dst, segment),
                Open::V6 { src, dst, segment } => shown = self.relative.observe_v6(src, dst, segment),
                Open::Number { at, number } => {
                    push_piece(out, &draft.text, copied, at);
                    copied = at;
                    push_decimal(out, number.of(shown));
                }
            }
        }
        out.extend_from_slice(draft.text.get(copied..).unwrap_or_default());
    }
}

/// Appends a piece of a text. Most are short: those are copied with what is after them, in one
/// instruction instead of a call.
#[inline]
fn push_piece(out: &mut Vec<u8>, text: &[u8], from: usize, to: usize) {
    const SHORT: usize = 16;
    let rest = text.get(from..).unwrap_or_default();
    let len = to.saturating_sub(from);
    match rest.first_chunk::<SHORT>() {
        Some(short) if len <= SHORT => push_some(out, short, len),
        _ => out.extend_from_slice(rest.get(..len).unwrap_or_default()),
    }
}

/// The text of packets whose relative numbers are still open.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub(in crate::print) text: Vec<u8>,
    pub(in crate::print) open: Vec<Open>,
}

impl Draft {
    /// Forgets the text, and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.open.clear();
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends text of the caller's own, after that of the last packet.
    pub fn push(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }
}

/// A step that had to be left out, in the order in which the steps come.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) enum Open {
    /// A segment that the table must see.
    V4 {
        src: Ipv4Addr,
        dst: Ipv4Addr,
        segment: Segment,
    },
    V6 {
        src: Ipv6Addr,
        dst: Ipv6Addr,
        segment: Segment,
    },
    /// A number of the last such segment, and how much of the draft's text is before it.
    Number {
        at: usize,
        number: Number,
    },
}

/// A number that is printed relative to the first of its connection.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) enum Number {
    /// The sequence number and so many bytes more.
    Seq(u32),
    Ack,
    /// The edge of a SACK block as it stands in the header.
    SackEdge(u32),
}

impl Number {
    #[inline]
    pub(in crate::print) fn of(self, shown: Relative) -> u32 {
        match self {
            Self::Seq(more) => shown.seq.wrapping_add(more),
            Self::Ack => shown.ack,
            Self::SackEdge(edge) => edge.wrapping_sub(shown.sack_base),
        }
    }
}

/// When the relative numbers are known.
#[derive(Debug)]
pub(in crate::print) enum Numbers<'p> {
    /// At once: packets come in their order.
    Now(&'p mut RelativeTable),
    /// When the packet's turn has come.
    Later(&'p mut Vec<Open>),
}

/// The numbers of one segment.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) enum Shown {
    Known(Relative),
    /// Those of the last segment noted.
    Open,
}

impl Numbers<'_> {
    /// The same, borrowed for a packet within the packet.
    pub(in crate::print) fn reborrow(&mut self) -> Numbers<'_> {
        match self {
            Self::Now(table) => Numbers::Now(table),
            Self::Later(open) => Numbers::Later(open),
        }
    }

    /// The numbers of a segment over IPv4 that has ACK or SYN set.
    #[inline]
    pub(in crate::print) fn observe_v4(&mut self, src: Ipv4Addr, dst: Ipv4Addr, segment: Segment) -> Shown {
        match self {
            Self::Now(table) => Shown::Known(table.observe_v4(src, dst, segment)),
            Self::Later(open) => {
                open.push(Open::V4 { src, dst, segment });
                Shown::Open
            }
        }
    }

    /// The numbers of a segment over IPv6 that has ACK or SYN set.
    #[inline]
    pub(in crate::print) fn observe_v6(&mut self, src: Ipv6Addr, dst: Ipv6Addr, segment: Segment) -> Shown {
        match self {
            Self::Now(table) => Shown::Known(table.observe_v6(src, dst, segment)),
            Self::Later(open) => {
                open.push(Open::V6 { src, dst, segment });
                Shown::Open
            }
        }
    }

    /// Appends a number of a segment, now or later.
    #[inline]
    pub(in crate::print) fn push(&mut self, out: &mut Vec<u8>, shown: Shown, number: Number) {
        match (shown, self) {
            (Shown::Known(shown), _) => {
                push_decimal(out, number.of(shown));
            }
            (Shown::Open, Self::Later(open)) => open.push(Open::Number { at: out.len(), number }),
            // Only what is left for later is open.
            (Shown::Open, Self::Now(_)) => {}
        }
    }
}
