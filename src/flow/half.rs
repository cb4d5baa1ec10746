//! One direction of a connection: what one end sends.
use super::history::{History, Resend, Seen, before};
use super::order::{Clock, Ids};
use super::reset::SentReset;
use super::rtt::Rtt;
use super::segment::Segment;
use super::verdict::Cause;

/// Where a capture was made, seen from the sender of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Vantage {
    /// On the sender's host.
    Sender,
    /// On the way.
    Middle,
    /// On the receiver's host.
    Receiver,
    /// Nothing was measured yet.
    #[default]
    Unknown,
}

impl Vantage {
    /// The name in use in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Middle => "middle",
            Self::Receiver => "receiver",
            Self::Unknown => "unknown",
        }
    }

    /// What it is for the other direction.
    #[must_use]
    pub const fn reverse(self) -> Self {
        match self {
            Self::Sender => Self::Receiver,
            Self::Receiver => Self::Sender,
            other => other,
        }
    }
}

/// What was counted of one direction. Copies count as packets and bytes, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Packets.
    pub packets: u64,
    /// Bytes of whole frames.
    pub frame_bytes: u64,
    /// Bytes of payload, repeated ones too.
    pub bytes: u64,
    /// Bytes of payload, each once.
    pub unique_bytes: u64,
    /// Retransmissions by [`Cause`], in the order of [`Cause::ALL`].
    pub retransmissions: [u32; Cause::ALL.len()],
    /// Retransmissions whose octets the receiver had.
    pub spurious: u32,
    /// Originals that came late.
    pub reordered: u32,
    /// Copies, made by the network or the capture.
    pub duplicates: u32,
    /// Packets whose kind stayed open.
    pub ambiguous: u32,
    /// Duplicate ACKs.
    pub dup_acks: u32,
    /// How many times the window closed.
    pub zero_windows: u32,
    /// Nanoseconds with a closed window.
    pub zero_window_ns: u64,
    /// Segments with a wrong checksum.
    pub bad_checksums: u32,
}

impl Counts {
    /// Retransmissions of every cause.
    pub fn retransmissions_total(&self) -> u64 {
        self.retransmissions.iter().map(|n| u64::from(*n)).sum()
    }
}

/// Times from a packet's passing the capture point to the passing of its answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Loop {
    pub(super) min: u64,
    pub(super) max: u64,
    pub(super) count: u32,
}

impl Loop {
    pub(super) fn add(&mut self, ns: u64) {
        self.min = if self.count == 0 { ns } else { self.min.min(ns) };
        self.max = self.max.max(ns);
        self.count = self.count.saturating_add(1);
    }

    /// The least; `None` when nothing was measured.
    pub(super) fn least(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }
}

/// What one end of a connection sends.
#[derive(Debug, Default)]
pub struct Half {
    pub(super) counts: Counts,
    pub(super) mss: Option<u16>,
    pub(super) scale: Option<u8>,
    pub(super) sack: bool,
    pub(super) timestamps: bool,
    pub(super) syn: bool,
    /// The first SYN and the newest.
    pub(super) syn_seen: Option<(Seen, Seen)>,
    /// Its newest resets.
    pub(super) resets: Vec<SentReset>,
    /// It sent a reset after its SYN, to what answers no SYN of it.
    pub(super) refused: bool,
    pub(super) started: bool,
    /// What relative sequence numbers are relative to.
    pub(super) base: u32,
    /// The sequence number after the highest octet seen.
    pub(super) next: u32,
    /// The most octets that a segment of it had.
    pub(super) mss_sent: u32,
    /// The greatest sequence number of its ACKs without data: all below was sent before.
    pub(super) claimed: Option<u32>,
    /// The sequence number after the FIN.
    pub(super) fin: Option<u32>,
    /// The greatest acknowledgment number it sent.
    pub(super) acked: Option<u32>,
    /// The window of its last segment with ACK but SYN, as it stands.
    pub(super) raw_window: Option<u16>,
    /// The window of its newest ACK, in bytes.
    pub(super) window: u32,
    /// The greatest right edge of its window.
    pub(super) right: u32,
    /// Since when its window is closed.
    pub(super) closed_since: Option<i64>,
    /// How many duplicate ACKs in a row.
    pub(super) dup_acks: u32,
    /// The least and the greatest time to live of its packets, and what most have, with a vote.
    pub(super) ttl: Option<(u8, u8)>,
    usual_ttl: (u8, u8),
    pub(super) ids: Ids,
    pub(super) clock: Clock,
    /// The network makes copies: one passed, or the other end got octets twice that were sent once.
    pub(super) copied: bool,
    /// A SYN of it was answered as soon as only its receiver's host can.
    pub(super) prompt: bool,
    /// From this half's packets to the answers of the other end.
    pub(super) answer: Loop,
    pub(super) rtt: Option<Box<Rtt>>,
    pub(super) ts_rtt: Option<Box<Rtt>>,
    pub(super) history: Option<Box<History>>,
    pub(super) vantage: Vantage,
    /// How late a certain original came at most, in nanoseconds.
    pub(super) lateness: u64,
    /// A hole of it was filled: no host sees that of its own packets.
    pub(super) overtaken: bool,
    /// The newest segment of this half was a probe of this kind.
    pub(super) probe: Option<(Probe, i64)>,
    /// How many probes had no answer.
    pub(super) probes: u16,
    /// The newest timestamp of the other end that it echoed.
    pub(super) last_echo: Option<u32>,
    /// What it had acknowledged when it last sent data.
    pub(super) answered: Option<u32>,
    /// When a segment with new octets, or a resend, passed last.
    pub(super) last_sent: i64,
    /// When a segment passed last that was sent again.
    pub(super) recovers: Option<i64>,
    /// When the first segment passed after a silence as long as a timeout, and its octets, unless
    /// others followed at once.
    pub(super) woke: Option<Woke>,
    /// The resends that go on: what was emitted before them may never have passed.
    pub(super) episode: Option<Episode>,
    /// The same, where nobody knows whether it was sent again.
    pub(super) doubt: Option<Episode>,
    /// How many times in a row the same was sent again without an answer, and when first.
    pub(super) unanswered: u16,
    pub(super) unanswered_since: i64,
    /// Since a timeout: where the half ended then. All below is sent again.
    pub(super) recover: Option<u32>,
    /// Data comes after the ACKs for it: the capture puts the directions out of order.
    pub(super) disordered: bool,
    /// The right edge that its first ACK offered.
    pub(super) first_right: Option<u32>,
    /// Octets given up with a hole that did not fit the limits.
    pub(super) lost: u64,
}

/// Resends from the first to when all is acknowledged that was seen then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Episode {
    /// Where the half ended.
    pub(super) next: u32,
}

/// The first segment after a silence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Woke {
    pub(super) time: i64,
    /// Its octets, and the sequence number after them.
    pub(super) len: u32,
    pub(super) end: u32,
    /// When it was acknowledged.
    pub(super) answered: Option<i64>,
    /// The timestamp of what was sent first upon that.
    pub(super) next_tick: Option<u32>,
}

/// A segment that only wants an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    KeepAlive,
    ZeroWindow,
    /// A SYN or RST inside a connection, or an ACK of what was never sent (RFC 5961).
    Unacceptable,
}

/// Most resets that are remembered.
const MOST_RESETS: usize = 8;

/// Of so many echoes, one is of the first packet in its tick.
const ENOUGH_ECHOES: u32 = 4;

/// Times of which there are none.
static NO_TIMES: Rtt = Rtt::NONE;

impl Half {
    /// What was counted.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The greatest segment this end takes, as its SYN said.
    pub const fn mss(&self) -> Option<u16> {
        self.mss
    }

    /// The shift count of its SYN (RFC 7323 §2); `None` when there was none, or no SYN seen.
    pub const fn window_scale(&self) -> Option<u8> {
        self.scale
    }

    /// Whether its SYN permitted SACK, or it was seen to send one.
    pub const fn sack(&self) -> bool {
        self.sack
    }

    /// Whether its segments carry timestamps.
    pub const fn timestamps(&self) -> bool {
        self.timestamps
    }

    /// Its first sequence number; `None` when its SYN was not seen.
    pub fn initial_seq(&self) -> Option<u32> {
        self.syn.then_some(self.base)
    }

    /// What its relative sequence numbers count from: its first sequence number, or one less than
    /// the first that was captured; `None` when nothing of it was.
    pub fn base(&self) -> Option<u32> {
        self.started.then_some(self.base)
    }

    /// The window of its newest ACK in bytes, scaled where the shift count is known.
    pub const fn window(&self) -> u32 {
        self.window
    }

    /// The relative sequence number after the highest octet seen.
    pub const fn next_seq(&self) -> u32 {
        self.next.wrapping_sub(self.base)
    }

    /// Where the capture was made, seen from this end.
    pub fn vantage(&self) -> Vantage {
        self.vantage
    }

    /// From segments of this end to the ACKs that end with them, at the capture point,
    /// but for those that were sent again (Karn's algorithm, RFC 6298 §3).
    pub fn rtt(&self) -> &Rtt {
        self.rtt.as_deref().unwrap_or(&NO_TIMES)
    }

    /// From a timestamp of this end to its first echo (RFC 7323 §4).
    pub fn ts_rtt(&self) -> &Rtt {
        self.ts_rtt.as_deref().unwrap_or(&NO_TIMES)
    }

    /// Bytes of payload between the first and the last octet that were never seen.
    pub fn missing_bytes(&self) -> u64 {
        let holes: u64 =
            self.history.as_ref().map_or(0, |h| h.holes().map(|(a, b)| u64::from(b.wrapping_sub(a))).sum());
        holes + self.lost
    }

    /// The shortest time to an answer of the other end, as its ACKs tell or the timestamps that it
    /// echoes; of few of these at least, for the packet echoed may be the last in its tick, if the
    /// first was lost.
    pub(super) fn least_answer(&self) -> Option<u64> {
        let answer = self.answer.least();
        let sure = answer.is_some() && self.echoes() >= ENOUGH_ECHOES;
        let slack = if sure { 0 } else { self.clock.tick() };
        let echo = self.ts_rtt.as_ref().and_then(|rtt| rtt.min());
        let echo = echo.map(|ns| ns.saturating_sub(slack)).filter(|ns| *ns > 0);
        match (answer, echo) {
            (Some(answer), Some(echo)) => Some(answer.min(echo)),
            (answer, echo) => answer.or(echo),
        }
    }

    /// Whether answers to it were measured so often that the shortest is known.
    #[inline]
    pub(super) fn is_measured(&self) -> bool {
        self.answer.count.saturating_add(self.echoes()) >= ENOUGH_ECHOES
    }

    /// How many of its timestamps were echoed.
    pub(super) fn echoes(&self) -> u32 {
        self.ts_rtt.as_ref().map_or(0, |rtt| u32::try_from(rtt.count()).unwrap_or(u32::MAX))
    }

    /// Whether the octet at `seq` was seen, in a segment that is no longer remembered.
    pub(super) fn has_forgotten(&self, seq: u32) -> bool {
        let forgotten = self.history.as_ref().and_then(|history| history.forgotten);
        forgotten.is_some_and(|forgotten| before(seq, forgotten))
    }

    /// The first of it was seen: its base, and where it goes on.
    pub(super) fn start(&mut self, base: u32, next: u32) {
        self.started = true;
        (self.base, self.next) = (base, next);
    }

    /// Its SYN was seen: its numbers begin there. ACKs of other numbers were of another connection.
    pub(super) fn begin(&mut self, p: &Segment) {
        if self.started && self.base != p.seq {
            (self.acked, self.raw_window, self.first_right) = (None, None, None);
            self.dup_acks = 0;
        }
        self.start(p.seq, p.end());
        self.syn = true;
    }

    /// What is remembered of its segments.
    #[inline]
    pub(super) fn history(&mut self) -> &mut History {
        self.history.get_or_insert_with(Default::default)
    }

    /// A resend passed; `known`: whether it was spurious is known for good.
    pub(super) fn resent(&mut self, p: &Segment, known: bool, cause: Cause) {
        let resend = Resend::new(p, known, false);
        self.history().add_resend(resend);
        if self.unanswered == 0 {
            self.unanswered_since = self.last_sent;
        }
        self.unanswered = self.unanswered.saturating_add(1);
        self.recovers = Some(p.time);
        self.episode.get_or_insert(Episode { next: self.next });
        if cause == Cause::Timeout && self.recover.is_none() {
            self.recover = Some(self.next);
        }
    }

    /// A copy of a segment passed.
    pub(super) fn add_copy(&mut self, p: &Segment) {
        let resend = Resend::new(p, true, true);
        self.history().add_resend(resend);
    }

    /// A reset passed that is no copy.
    pub(super) fn remember_reset(&mut self, reset: SentReset) {
        if self.resets.len() >= MOST_RESETS {
            self.resets.remove(0);
        }
        self.resets.push(reset);
    }

    /// Whether so many packets pass twice that the capture must make the copies.
    pub(super) fn is_mirrored(&self) -> bool {
        self.counts.duplicates >= 4 && u64::from(self.counts.duplicates) * 3 > self.counts.packets
    }

    /// Takes the time to live of a packet that is no copy.
    #[inline]
    pub(super) fn add_ttl(&mut self, ttl: u8) {
        let (low, high) = self.ttl.unwrap_or((ttl, ttl));
        self.ttl = Some((low.min(ttl), high.max(ttl)));
        let (usual, votes) = &mut self.usual_ttl;
        if *votes == 0 {
            (*usual, *votes) = (ttl, 1);
        } else if *usual == ttl {
            *votes = votes.saturating_add(1);
        } else {
            *votes -= 1;
        }
    }

    /// Whether of two passages of what may be one packet just one went by the routers that this end's
    /// packets go by.
    pub(super) fn is_detour(&self, ttl: u8, before: u8) -> bool {
        let (usual, votes) = self.usual_ttl;
        votes > 0 && (ttl == usual) != (before == usual)
    }

    /// How late it is captured at least, against the other direction, in nanoseconds.
    #[inline]
    pub(super) fn skew(&self) -> i64 {
        self.history.as_ref().map_or(0, |history| history.skew)
    }

    /// Bytes of what is remembered.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.history.as_ref().map_or(0, |history| history.bytes())
    }
}
