//! What reassembly has to tell.
use std::fmt;
use std::ops::Range;

use crate::packet::Timestamp;

/// One end of a connection: the one that opened it, or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Who sent the first SYN.
    Client,
    /// Who was called.
    Server,
}

impl Side {
    /// The other end.
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// `client` or `server`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 1,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The packet that something came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Origin {
    /// Its number, as the caller counts.
    pub packet: u64,
    /// When it was captured.
    pub time: Timestamp,
}

/// What a segment led to. Offsets count the sequence numbers of one half, from 0 for the first byte
/// after the SYN (or the first that is known), and do not wrap.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The next bytes of the stream, in order: what the application reads is these, end to end.
    Data {
        /// Who sent them.
        from: Side,
        /// Where they belong.
        offset: u64,
        /// The bytes.
        bytes: &'a [u8],
        /// The packet that carried them, which need not be the one that made them readable.
        origin: Origin,
        /// Whether the application can have read them: not behind a gap that the other side,
        /// which was heard, never acknowledged.
        delivered: bool,
    },
    /// Bytes that are not in the capture. What comes next is behind them.
    Gap {
        /// Who sent them.
        from: Side,
        /// Where they belong.
        range: Range<u64>,
        /// Whether the other side said that it has them.
        acknowledged: bool,
    },
    /// Two copies of the same bytes differ: both wait, or one was given already.
    Conflict {
        /// Who sent them.
        from: Side,
        /// From the first to the last byte that differs.
        range: Range<u64>,
        /// The packet with the second copy.
        origin: Origin,
        /// Whether the second copy is what the application gets.
        newer_wins: bool,
    },
    /// A byte that the receiver takes out of the stream (RFC 6093; `SO_OOBINLINE` off).
    Urgent {
        /// Who sent it.
        from: Side,
        /// Where it was.
        offset: u64,
        /// The byte.
        byte: u8,
        /// The packet that carried it.
        origin: Origin,
        /// As with data.
        delivered: bool,
    },
    /// The end of a half: nothing of it comes after.
    Fin {
        /// Whose half.
        from: Side,
        /// How long the half was.
        offset: u64,
        /// The packet with the FIN.
        origin: Origin,
        /// Whether the application can have read the end of the stream: as with data.
        delivered: bool,
    },
    /// The connection was reset. Nothing follows of either half, but for what [`finish`] finds.
    ///
    /// [`finish`]: super::Pair::finish
    Reset {
        /// Who sent it.
        from: Side,
        /// The packet with the RST.
        origin: Origin,
    },
    /// A segment that its receiver ignores, with all its data.
    Ignored {
        /// Who sent it.
        from: Side,
        /// The packet.
        origin: Origin,
        /// Why.
        reason: Ignored,
    },
    /// A limit was reached: what was waiting for a hole to be filled is given behind a gap.
    Limit {
        /// Whose half.
        from: Side,
        /// Which one.
        limit: Limit,
    },
}

impl Event<'_> {
    /// Whose half, or who sent what is told of.
    ///
    /// ```
    /// use synack::stream::{Event, Limit, Side};
    ///
    /// let event = Event::Limit { from: Side::Server, limit: Limit::Parked };
    /// assert_eq!(event.from().to_string(), "server");
    /// ```
    pub const fn from(&self) -> Side {
        match *self {
            Self::Data { from, .. }
            | Self::Gap { from, .. }
            | Self::Conflict { from, .. }
            | Self::Urgent { from, .. }
            | Self::Fin { from, .. }
            | Self::Reset { from, .. }
            | Self::Ignored { from, .. }
            | Self::Limit { from, .. } => from,
        }
    }
}

/// Why a receiver ignores a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ignored {
    /// The checksum of the IPv4 header is wrong.
    IpChecksum,
    /// The TCP checksum is wrong.
    Checksum,
    /// The data offset leads beyond the segment.
    DataOffset,
    /// A source route (RFC 791 §3.1, RFC 5095), which hosts refuse.
    SourceRoute,
    /// A signature (RFC 2385, RFC 5925) where none was agreed on.
    Signature,
    /// An option with a length that cannot be.
    Options,
    /// No ACK flag, nor SYN or RST.
    NoAck,
    /// The acknowledgment number is beyond what was sent.
    UnsentAck,
    /// The acknowledgment number is too old (RFC 5961 §5.2).
    OldAck,
    /// The timestamp is older than the last one (PAWS, RFC 7323 §5.3).
    OldTimestamp,
    /// Before or beyond the receive window.
    OutOfWindow,
    /// The receive window is zero.
    ZeroWindow,
    /// A SYN inside a connection (RFC 5961 §4.2).
    Syn,
    /// Data in a SYN that was not taken (RFC 7413).
    SynData,
    /// A RST whose sequence number is not the expected one (RFC 5961 §3.2).
    Rst,
    /// Data behind the FIN.
    AfterFin,
    /// The connection was reset before.
    Closed,
}

/// Which of [`StreamLimits`](super::StreamLimits) was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Bytes that wait behind a hole.
    Parked,
    /// Segments that wait behind a hole.
    Segments,
}
