//! What is said of a packet: the kind, on what evidence, how sure.
use std::fmt;

bitflags::bitflags! {
    /// What a verdict rests on.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Evidence: u32 {
        /// The IPv4 identification: a counter orders emissions, equality tells copies.
        const IP_ID = 1 << 0;
        /// The sender's timestamp (RFC 7323): smaller is earlier, equal is the same flight or a copy.
        const TSVAL = 1 << 1;
        /// The acknowledgment field of the segment itself, which never goes back.
        const ACK_FIELD = 1 << 2;
        /// Too soon or late enough for a resend, by the loops measured at the capture point.
        const TIME = 1 << 3;
        /// Three duplicate ACKs, or SACK above the hole, a sender's loop before.
        const TRIGGER = 1 << 4;
        /// SACK had covered it.
        const SACK = 1 << 5;
        /// The receiver reported it twice (RFC 2883).
        const DSACK = 1 << 6;
        /// An ACK had covered it, or came too soon to be the answer.
        const ACK = 1 << 7;
        /// The echoed timestamp is older than the resend (RFC 3522).
        const TSECR = 1 << 8;
        /// Where the capture was made: at the sender's or at the receiver's host.
        const VANTAGE = 1 << 9;
        /// Which octets were seen before, and which with higher numbers.
        const OCTETS = 1 << 10;
        /// Octet for octet the same packet (but for TTL and header checksum).
        const IDENTICAL = 1 << 11;
        /// Other interface, link addresses, VLAN tag or TTL than the same packet had.
        const PLACE = 1 << 12;
        /// The advertised window.
        const WINDOW = 1 << 13;
        /// The checksum, as it stands or as the kernel tells.
        const CHECKSUM = 1 << 14;
        /// Flags and numbers of a segment, by RFC 9293.
        const STATE = 1 << 15;
        /// The time to live, unlike the sender's other packets.
        const TTL = 1 << 16;
        /// There are more of them than could have been caused.
        const COUNT = 1 << 17;
    }
}

impl Evidence {
    /// The names in use in text and JSON, in a fixed order.
    ///
    /// ```
    /// use synack::flow::Evidence;
    ///
    /// let evidence = Evidence::TIME | Evidence::IP_ID;
    /// assert_eq!(evidence.names().collect::<Vec<_>>(), ["ip_id", "time"]);
    /// ```
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.iter().map(|one| match one {
            Self::IP_ID => "ip_id",
            Self::TSVAL => "tsval",
            Self::ACK_FIELD => "ack_field",
            Self::TIME => "time",
            Self::TRIGGER => "trigger",
            Self::SACK => "sack",
            Self::DSACK => "dsack",
            Self::ACK => "ack",
            Self::TSECR => "tsecr",
            Self::VANTAGE => "vantage",
            Self::OCTETS => "octets",
            Self::IDENTICAL => "identical",
            Self::PLACE => "place",
            Self::WINDOW => "window",
            Self::CHECKSUM => "checksum",
            Self::STATE => "state",
            Self::TTL => "ttl",
            _ => "count",
        })
    }
}

/// Why a host sent something again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Duplicate ACKs or SACK told of a loss (RFC 5681 §3.2, RFC 6675, RFC 8985).
    Fast,
    /// The retransmission timer (RFC 6298).
    Timeout,
    /// A probe for the loss of a flight's last segment (RFC 8985 §7).
    TailProbe,
    /// The SYN or SYN-ACK again.
    Syn,
    /// The FIN again.
    Fin,
    /// Nothing tells.
    Unknown,
}

impl Cause {
    /// All causes, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Fast, Self::Timeout, Self::TailProbe, Self::Syn, Self::Fin, Self::Unknown];

    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Timeout => "timeout",
            Self::TailProbe => "tail_probe",
            Self::Syn => "syn",
            Self::Fin => "fin",
            Self::Unknown => "unknown",
        }
    }
}

/// Who made a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MadeBy {
    /// The path delivered the packet twice.
    Network,
    /// The capture saw one packet twice on its way.
    Capture,
    /// Nothing tells.
    Unknown,
}

impl MadeBy {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Capture => "capture",
            Self::Unknown => "unknown",
        }
    }
}

bitflags::bitflags! {
    /// The kinds between which the evidence does not decide.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Between: u8 {
        /// Sent again.
        const RETRANSMISSION = 1 << 0;
        /// An original that came late.
        const REORDERED = 1 << 1;
        /// A copy.
        const DUPLICATE = 1 << 2;
        /// An ACK of its own.
        const DUP_ACK = 1 << 3;
    }
}

impl Between {
    /// The names in use in text and JSON.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.iter().map(|one| match one {
            Self::RETRANSMISSION => "retransmission",
            Self::REORDERED => "reordered",
            Self::DUPLICATE => "duplicate",
            _ => "dup_ack",
        })
    }
}

/// What a packet is. The words mean what Wireshark's `tcp.analysis.*` mean where both have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Some octet of it had been emitted before by this host.
    Retransmission {
        /// Number of the earliest captured packet with these octets; `None` when none was
        /// captured, or is remembered.
        of: Option<u64>,
        /// Why it was sent again.
        cause: Cause,
        /// Whether every old octet had an earlier emission that reached the receiver.
        spurious: Option<bool>,
    },
    /// An original that passes after a higher-numbered original of its half.
    Reordered {
        /// Nanoseconds since the first of those passed.
        late_by_ns: u64,
        /// Packets of this half that passed since, the first of those included.
        late_by_packets: u32,
    },
    /// A copy of a packet, made on the path or by the capture.
    Duplicate {
        /// Number of the packet seen first.
        of: Option<u64>,
        /// Who made it.
        made_by: MadeBy,
    },
    /// The evidence does not decide.
    Ambiguous {
        /// What it may be.
        between: Between,
    },
    /// Sent into a closed window to have it told again (RFC 9293 §3.8.6.1).
    ZeroWindowProbe,
    /// Sent with nothing outstanding to see whether the other side is there (RFC 9293 §3.8.4).
    KeepAlive,
    /// A duplicate ACK (RFC 5681 §2).
    DupAck {
        /// The how manieth in a row, from 1.
        n: u32,
    },
    /// The same ACK with another window.
    WindowUpdate,
    /// An ACK below the greatest one.
    OldAck,
    /// The answer to a keep-alive.
    KeepAliveAck,
    /// The answer to a zero window probe.
    ZeroWindowProbeAck,
    /// The answer to an unacceptable SYN, RST or ACK (RFC 5961).
    ChallengeAck,
    /// It says that the window is closed.
    ZeroWindow,
    /// It fills the other side's window.
    WindowFull,
    /// Octets between what was seen and this segment.
    Gap {
        /// How many.
        missing: u64,
    },
    /// It acknowledges octets that the capture never saw.
    AckUnseen {
        /// How many.
        missing: u64,
    },
    /// The capture puts the directions out of order: told once a connection.
    Disorder,
    /// A SYN on addresses and ports that had another connection before.
    PortReused {
        /// The connection before; its number.
        of: u64,
    },
    /// The checksum is wrong: no receiver takes it.
    BadChecksum,
    /// Bigger than a frame, or with a checksum left to the card: not what the wire carries.
    Offloaded,
    /// Outside of what the other side takes.
    OutOfWindow,
}

impl Kind {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retransmission { .. } => "retransmission",
            Self::Reordered { .. } => "reordered",
            Self::Duplicate { .. } => "duplicate",
            Self::Ambiguous { .. } => "ambiguous",
            Self::ZeroWindowProbe => "zero_window_probe",
            Self::KeepAlive => "keep_alive",
            Self::DupAck { .. } => "dup_ack",
            Self::WindowUpdate => "window_update",
            Self::OldAck => "old_ack",
            Self::KeepAliveAck => "keep_alive_ack",
            Self::ZeroWindowProbeAck => "zero_window_probe_ack",
            Self::ChallengeAck => "challenge_ack",
            Self::ZeroWindow => "zero_window",
            Self::WindowFull => "window_full",
            Self::Gap { .. } => "gap",
            Self::AckUnseen { .. } => "ack_unseen",
            Self::Disorder => "disorder",
            Self::PortReused { .. } => "port_reused",
            Self::BadChecksum => "bad_checksum",
            Self::Offloaded => "offloaded",
            Self::OutOfWindow => "out_of_window",
        }
    }

    /// Every name that [`Kind::name`] can give.
    pub const NAMES: [&'static str; 21] = [
        "retransmission",
        "reordered",
        "duplicate",
        "ambiguous",
        "zero_window_probe",
        "keep_alive",
        "dup_ack",
        "window_update",
        "old_ack",
        "keep_alive_ack",
        "zero_window_probe_ack",
        "challenge_ack",
        "zero_window",
        "window_full",
        "gap",
        "ack_unseen",
        "disorder",
        "port_reused",
        "bad_checksum",
        "offloaded",
        "out_of_window",
    ];
}

/// How sure a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// More probable than anything else by far.
    Likely,
    /// Nothing else explains the evidence.
    Certain,
}

impl Confidence {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// One thing said of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// What it is.
    pub kind: Kind,
    /// Why that is believed.
    pub evidence: Evidence,
    /// How firmly.
    pub confidence: Confidence,
}

impl Verdict {
    /// A verdict that nothing else explains.
    pub(super) const fn certain(kind: Kind, evidence: Evidence) -> Self {
        Self { kind, evidence, confidence: Confidence::Certain }
    }

    /// A verdict that could be wrong.
    pub(super) const fn likely(kind: Kind, evidence: Evidence) -> Self {
        Self { kind, evidence, confidence: Confidence::Likely }
    }
}

impl fmt::Display for Verdict {
    /// As `-a` prints it: `retransmission of 812: fast, by ip_id`.
    ///
    /// ```
    /// use synack::flow::{Cause, Confidence, Evidence, Kind, Verdict};
    ///
    /// let kind = Kind::Retransmission { of: Some(812), cause: Cause::Fast, spurious: Some(false) };
    /// let verdict = Verdict { kind, evidence: Evidence::IP_ID, confidence: Confidence::Certain };
    /// assert_eq!(verdict.to_string(), "retransmission of 812: fast, by ip_id");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        match self.kind {
            Kind::Retransmission { of, cause, spurious } => {
                if let Some(of) = of {
                    write!(f, " of {of}")?;
                }
                write!(f, ": {}", cause.name())?;
                if spurious == Some(true) {
                    f.write_str(", spurious")?;
                }
            }
            Kind::Reordered { late_by_ns, late_by_packets } => {
                let (ms, us) = (late_by_ns / 1_000_000, late_by_ns / 1000 % 1000);
                write!(f, ": {ms}.{us:03} ms, {late_by_packets} packets late")?;
            }
            Kind::Duplicate { of, made_by } => {
                if let Some(of) = of {
                    write!(f, " of {of}")?;
                }
                if made_by != MadeBy::Unknown {
                    write!(f, ": made by the {}", made_by.name())?;
                }
            }
            Kind::Ambiguous { between } => {
                let mut separator = ": ";
                for name in between.names() {
                    write!(f, "{separator}{name}")?;
                    separator = " or ";
                }
            }
            Kind::DupAck { n } => write!(f, " {n}")?,
            Kind::Gap { missing } | Kind::AckUnseen { missing } => write!(f, ": {missing} bytes")?,
            Kind::PortReused { of } => write!(f, ": before in connection {of}")?,
            _ => return Ok(()),
        }
        let mut separator = ", by ";
        for name in self.evidence.names() {
            write!(f, "{separator}{name}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// Most verdicts that one packet gets.
const MOST: usize = 6;

/// What a later packet showed of an earlier one: the list replaces the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Correction {
    /// Number of the packet whose verdicts these are.
    pub packet: u64,
    /// Number of the packet that showed it.
    pub because: u64,
    list: List,
}

impl Correction {
    pub(super) const fn new(packet: u64, because: u64, list: List) -> Self {
        Self { packet, because, list }
    }

    /// The whole new list.
    pub fn verdicts(&self) -> &[Verdict] {
        self.list.as_slice()
    }
}

/// The verdicts of one packet, without an allocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct List {
    len: u8,
    items: [Verdict; MOST],
}

impl List {
    pub(super) const EMPTY: Self = {
        let filler = Verdict::likely(Kind::OldAck, Evidence::empty());
        Self { len: 0, items: [filler; MOST] }
    };

    /// Adds one; more than fit are dropped, the first are the weightiest.
    pub(super) fn push(&mut self, verdict: Verdict) {
        if let Some(free) = self.items.get_mut(usize::from(self.len)) {
            *free = verdict;
            self.len += 1;
        }
    }

    pub(super) fn as_slice(&self) -> &[Verdict] {
        self.items.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The same list without an ACK of octets unseen.
    pub(super) fn without_unseen(&self) -> Self {
        let mut list = Self::EMPTY;
        let others = self.as_slice().iter().filter(|v| !matches!(v.kind, Kind::AckUnseen { .. }));
        others.for_each(|verdict| list.push(*verdict));
        list
    }

    /// The same list with its first verdict on the segment's history replaced or put first.
    pub(super) fn with_main(&self, main: Option<Verdict>) -> Self {
        let mut list = Self::EMPTY;
        if let Some(main) = main {
            list.push(main);
        }
        for verdict in self.as_slice() {
            let replaced = matches!(
                verdict.kind,
                Kind::Retransmission { .. }
                    | Kind::Reordered { .. }
                    | Kind::Duplicate { .. }
                    | Kind::Ambiguous { .. }
            );
            if !replaced {
                list.push(*verdict);
            }
        }
        list
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}
