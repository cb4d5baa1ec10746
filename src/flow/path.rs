//! The way between the hosts, as the capture point knows it: how long answers take from either
//! side, where it stands, how late originals come.
use super::half::{Half, Vantage};

/// An answer within this comes from the host where the capture is made.
const LOCAL: u64 = 1_200_000;

/// No path answers so soon that is worth a capture in its middle.
pub(super) const AT_ONCE: u64 = 300_000;

/// Times that TTLs start from.
const FIRST_TTLS: [u8; 3] = [64, 128, 255];

/// What is known of the way when a segment passes, seen from its sender. Nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Path {
    /// From the capture point to the sender and back: least and greatest.
    pub(super) sender: Option<u64>,
    pub(super) sender_most: u64,
    /// From the capture point to the receiver and back.
    pub(super) receiver: Option<u64>,
    /// Both together.
    pub(super) rtt: Option<u64>,
    prompt: bool,
    /// Whether the way to the sender was measured often enough.
    measured: bool,
    /// Whether the way to the receiver was.
    receiver_measured: bool,
    /// Both ways, as what was permitted to send tells; more rather than less.
    permitted: Option<u64>,
    shortest: Option<u64>,
    /// Where the capture was made.
    pub(super) vantage: Vantage,
    /// How late a certain original of this half came at most.
    pub(super) lateness: u64,
}

impl Path {
    pub(super) fn new(own: &Half, peer: &Half) -> Self {
        let (sender, receiver) = (peer.least_answer(), own.least_answer());
        let rtt = sender.zip(receiver).map(|(sender, receiver)| sender.saturating_add(receiver));
        let mut path = Self {
            sender,
            sender_most: peer.answer.max,
            receiver,
            rtt,
            prompt: own.prompt,
            measured: peer.is_measured(),
            receiver_measured: own.is_measured(),
            permitted: own.history.as_ref().and_then(|history| history.permits.least()),
            shortest: own.history.as_ref().and_then(|history| history.permits.shortest()),
            vantage: Vantage::Unknown,
            lateness: own.lateness,
        };
        path.vantage = path.place(own, peer);
        path
    }

    fn place(&self, own: &Half, peer: &Half) -> Vantage {
        let Some(rtt) = self.rtt else { return Vantage::Unknown };
        let local = |answer: Option<u64>| answer.is_some_and(|ns| ns < LOCAL && ns < rtt / 4);
        if local(self.sender) && !own.overtaken && starts(own) {
            Vantage::Sender
        } else if local(self.receiver) && !peer.overtaken && starts(peer) {
            Vantage::Receiver
        } else {
            Vantage::Middle
        }
    }

    pub(super) fn at_sender(&self) -> bool {
        self.vantage == Vantage::Sender
    }

    pub(super) fn at_receiver(&self) -> bool {
        self.vantage == Vantage::Receiver
    }

    /// Whether the receiver answers as only a host does on which the capture was made; the way to the
    /// sender may not have been measured yet.
    pub(super) fn is_near_receiver(&self) -> bool {
        self.at_receiver() || self.rtt.is_none() && self.prompt
    }

    /// Nine tenths of the shortest loop that feedback takes: what comes sooner is no answer to it.
    /// Zero when it was not measured.
    pub(super) fn too_soon(&self) -> u64 {
        self.rtt.unwrap_or(0) / 10 * 9
    }

    /// What is sooner than this is no answer, however the loops may have shrunk since they were
    /// measured.
    pub(super) fn surely_too_soon(&self) -> u64 {
        let soon = self.too_soon();
        if self.measured {
            return soon;
        }
        // A loop that was measured once or twice may be much shorter: no program and no machine is at its
        // best as it begins.
        let permitted = self.permitted.zip(self.receiver).map(|(sender, receiver)| (sender + receiver) / 2);
        permitted.unwrap_or(soon / 4).min(soon)
    }

    /// Whether an answer may take no longer than this, though the loops that were measured did.
    pub(super) fn may_be_answered_in(&self, passed: u64) -> bool {
        let shortest = self.shortest.zip(self.receiver).filter(|_| !self.measured);
        shortest.is_some_and(|(sender, receiver)| passed >= (sender + receiver) / 10 * 9)
    }

    /// Whether nothing that passed so long ago can have been answered by the receiver.
    pub(super) fn is_before_answer(&self, passed: u64) -> bool {
        let least = |receiver: u64| if self.receiver_measured { receiver / 4 * 3 } else { receiver / 4 };
        self.receiver.is_some_and(|receiver| passed < least(receiver))
    }

    /// Whether the way to the sender was measured often enough to know its least time.
    pub(super) fn is_measured(&self) -> bool {
        self.measured
    }

    /// Whether originals of this half have come so late that time cannot be trusted.
    pub(super) fn is_late(&self) -> bool {
        self.lateness > 0 && self.lateness > self.rtt.unwrap_or(0) / 2
    }
}

/// Whether the packets of this end have gone by no router.
fn starts(half: &Half) -> bool {
    half.ttl.is_none_or(|(low, high)| low == high && FIRST_TTLS.contains(&low))
}
