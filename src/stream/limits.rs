//! How much reassembly may keep.
use std::time::Duration;

/// Bounds of a [`Pair`](super::Pair) and of [`Fragments`](super::Fragments). Reaching one is an event,
/// not silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamLimits {
    /// Most bytes that wait behind a hole, per half; every segment counts [`StreamLimits::SEGMENT_COST`] more
    /// than its data.
    pub parked: usize,
    /// Most segments that wait behind a hole, per half.
    pub segments: usize,
    /// Most bytes kept of segments that the receiver seems to have ignored, per half. They fill a hole
    /// that it acknowledges all the same, because the capture did not see all it knew.
    pub doubtful: usize,
    /// How many of the bytes given last are remembered, per half, to tell whether another copy of them differs.
    pub remembered: usize,
    /// How long, by the packets' times, an acknowledged hole waits for a late packet.
    pub grace: Duration,
    /// How many packets of the connection it waits at most.
    pub grace_packets: u32,
    /// Most bytes of IP fragments that wait for others.
    pub fragment_bytes: usize,
    /// Most datagrams that wait for fragments.
    pub datagrams: usize,
    /// How long, by the packets' times, a datagram waits for its fragments (Linux: 30 s).
    pub fragment_time: Duration,
}

impl StreamLimits {
    /// What a waiting segment costs beside its data, in bytes.
    pub const SEGMENT_COST: usize = 64;
}

impl Default for StreamLimits {
    /// 16 MiB and 262,144 segments per half, 1 MiB in doubt, 8 KiB
    /// remembered; 4 MiB of fragments.
    fn default() -> Self {
        Self {
            parked: 16 << 20,
            segments: 1 << 18,
            doubtful: 1 << 20,
            remembered: 8 << 10,
            grace: Duration::from_millis(100),
            grace_packets: 256,
            fragment_bytes: 4 << 20,
            datagrams: 1024,
            fragment_time: Duration::from_secs(30),
        }
    }
}
