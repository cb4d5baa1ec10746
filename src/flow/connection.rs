//! The record of one connection: who, how it began and ended, and what each side sent.
use std::fmt;
use std::net::IpAddr;

use super::half::Half;
use super::verdict::Evidence;
use crate::packet::Timestamp;

/// The number of a connection, from 1 in the order of their first packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which way a segment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client, which opened the connection or is guessed to have.
    C2s,
    /// From the server.
    S2c,
}

impl Direction {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::C2s => "c2s",
            Self::S2c => "s2c",
        }
    }

    /// The end that sends this way, as a word.
    pub const fn sender(self) -> &'static str {
        match self {
            Self::C2s => "client",
            Self::S2c => "server",
        }
    }

    /// The other way.
    #[must_use]
    pub const fn reverse(self) -> Self {
        match self {
            Self::C2s => Self::S2c,
            Self::S2c => Self::C2s,
        }
    }
}

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its address.
    pub addr: IpAddr,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    /// As a socket address: `10.0.0.1:80`, `[::1]:80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::net::SocketAddr::new(self.addr, self.port).fmt(f)
    }
}

/// How it is known who the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Opened {
    /// A SYN or SYN-ACK was seen.
    Seen,
    /// By the ports.
    Guessed,
}

impl Opened {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Guessed => "guessed",
        }
    }
}

/// The state of one end (RFC 9293 §3.3.2), as far as the packets up to now tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// No packet of this end was seen, and none to it that would have changed that.
    Listen,
    /// It sent a SYN.
    SynSent,
    /// It got a SYN and answered with its own.
    SynReceived,
    /// Data may flow.
    Established,
    /// It sent a FIN.
    FinWait1,
    /// Its FIN was acknowledged.
    FinWait2,
    /// It acknowledged the other's FIN.
    CloseWait,
    /// Both sent a FIN before either was acknowledged.
    Closing,
    /// It sent a FIN after the other's.
    LastAck,
    /// All is acknowledged; it waits for stray segments.
    TimeWait,
    /// Nothing is left.
    Closed,
}

impl State {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::SynSent => "syn_sent",
            Self::SynReceived => "syn_received",
            Self::Established => "established",
            Self::FinWait1 => "fin_wait_1",
            Self::FinWait2 => "fin_wait_2",
            Self::CloseWait => "close_wait",
            Self::Closing => "closing",
            Self::LastAck => "last_ack",
            Self::TimeWait => "time_wait",
            Self::Closed => "closed",
        }
    }

    /// The name as the RFC writes it.
    ///
    /// ```
    /// assert_eq!(synack::flow::State::FinWait1.rfc_name(), "FIN-WAIT-1");
    /// ```
    pub const fn rfc_name(self) -> &'static str {
        match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// Both sides sent a FIN and had it acknowledged.
    Fin,
    /// A reset that its receiver took.
    Reset,
    /// What was sent again and again was never answered.
    Timeout,
    /// It did not, as far as was seen.
    Open,
}

impl Ended {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Open => "open",
        }
    }
}

/// Why a reset came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResetCause {
    /// Nobody listens on the port.
    ClosedPort,
    /// The program closed its socket before it had read everything (RFC 2525 §2.17).
    UnreadData,
    /// The program wanted it so (`SO_LINGER` of zero).
    Abort,
    /// Data came for a socket that was closed already.
    LateData,
    /// This end knew nothing of the connection.
    HalfOpen,
    /// This end gave the other one up.
    Timeout,
    /// It came from neither end.
    Middlebox,
    /// Nothing tells.
    Unknown,
}

impl ResetCause {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClosedPort => "closed_port",
            Self::UnreadData => "unread_data",
            Self::Abort => "abort",
            Self::LateData => "late_data",
            Self::HalfOpen => "half_open",
            Self::Timeout => "timeout",
            Self::Middlebox => "middlebox",
            Self::Unknown => "unknown",
        }
    }
}

/// Everything known of one connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) id: ConnId,
    pub(super) client: Endpoint,
    pub(super) server: Endpoint,
    pub(super) opened: Opened,
    pub(super) midstream: bool,
    /// Whether the client is the side that comes first in the table's key.
    pub(super) client_first: bool,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) first_packet: u64,
    pub(super) last_packet: u64,
    pub(super) ended: Ended,
    pub(super) ended_by: Option<Direction>,
    pub(super) reset: Option<(ResetCause, Evidence)>,
    pub(super) handshake_rtt: Option<u64>,
    pub(super) life: super::lifecycle::Life,
    pub(super) halves: [Half; 2],
    /// It is held in the table, and what its histories take.
    pub(super) held: bool,
    pub(super) bytes: usize,
}

impl Connection {
    /// Its number.
    pub const fn id(&self) -> ConnId {
        self.id
    }

    /// The end that opened it, or is guessed to have: see [`Connection::opened`].
    pub const fn client(&self) -> Endpoint {
        self.client
    }

    /// The other end.
    pub const fn server(&self) -> Endpoint {
        self.server
    }

    /// How it is known who the client is.
    pub const fn opened(&self) -> Opened {
        self.opened
    }

    /// Whether its first captured packet was none of a handshake.
    pub const fn midstream(&self) -> bool {
        self.midstream
    }

    /// Time of its first packet.
    pub const fn first(&self) -> Timestamp {
        self.first
    }

    /// Time of its last packet.
    pub const fn last(&self) -> Timestamp {
        self.last
    }

    /// Number of its first packet.
    pub const fn first_packet(&self) -> u64 {
        self.first_packet
    }

    /// Number of its last packet.
    pub const fn last_packet(&self) -> u64 {
        self.last_packet
    }

    /// Nanoseconds from the first packet to the last.
    pub fn duration_ns(&self) -> u64 {
        let ns = self.last.saturating_nanos().saturating_sub(self.first.saturating_nanos());
        u64::try_from(ns).unwrap_or(0)
    }

    /// How it ended.
    pub const fn ended(&self) -> Ended {
        self.ended
    }

    /// Who sent the first FIN, or the reset that ended it; `None` while it is open, and where nobody
    /// answered any more.
    pub const fn ended_by(&self) -> Option<Direction> {
        self.ended_by
    }

    /// Why the reset came that ended it.
    pub fn reset_cause(&self) -> Option<ResetCause> {
        self.reset.map(|(cause, _)| cause)
    }

    /// What [`Connection::reset_cause`] rests on.
    pub fn reset_evidence(&self) -> Option<Evidence> {
        self.reset.map(|(_, evidence)| evidence)
    }

    /// Nanoseconds from the newest SYN to the ACK that ended the handshake, both of the client.
    pub const fn handshake_rtt_ns(&self) -> Option<u64> {
        self.handshake_rtt
    }

    /// What one side sent.
    pub const fn half(&self, direction: Direction) -> &Half {
        match direction {
            Direction::C2s => &self.halves[0],
            Direction::S2c => &self.halves[1],
        }
    }

    /// What the client sent.
    pub const fn c2s(&self) -> &Half {
        &self.halves[0]
    }

    /// What the server sent.
    pub const fn s2c(&self) -> &Half {
        &self.halves[1]
    }

    /// The state of the end that sends in this direction.
    pub fn state(&self, direction: Direction) -> State {
        super::lifecycle::state(self, direction)
    }
}
