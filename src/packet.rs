//! A captured packet, and the one trait that live captures and capture files share.
use std::time::Duration;

use crate::error::Error;
use crate::wire::LinkType;

/// The largest snapshot length of ordinary link types, in bytes: longer packets are cut.
pub const MAX_SNAPLEN: u32 = 262_144;

/// When a packet was captured: seconds since the Unix epoch and a fraction.
///
/// The fraction is kept as the file gave it: a damaged file can hold more than
/// 999,999,999 nanoseconds, and tcpdump prints such a value unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    /// Whole seconds since 1970-01-01 00:00:00 UTC.
    pub secs: i64,
    /// Nanoseconds; normally, but not always, below 1,000,000,000. What libpcap takes as negative
    /// is in two's complement.
    pub nanos: u64,
}

impl Timestamp {
    /// A time from seconds and nanoseconds.
    pub const fn new(secs: i64, nanos: u64) -> Self {
        Self { secs, nanos }
    }
}

/// Which way a packet went, as the kernel or a cooked header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Not known.
    #[default]
    Unknown,
    /// Addressed to this host (or broadcast, multicast, promiscuously seen).
    In,
    /// Sent by this host.
    Out,
}

/// What the kernel said of a transport checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChecksumStatus {
    /// Nothing is known: the bytes are the evidence.
    #[default]
    Unknown,
    /// Verified by the network card or the kernel.
    Verified,
    /// Not computed yet: the card will fill it in after the capture (checksum offload).
    NotReady,
}

/// One captured packet: borrowed bytes and what is known about them.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// When it was captured.
    pub time: Timestamp,
    /// What the first byte of `data` is.
    pub link: LinkType,
    /// The captured bytes, from the link header on.
    pub data: &'a [u8],
    /// Length on the wire in bytes; normally at least `data.len()`.
    pub wire_len: u32,
    /// Captured length as the record says it; normally `data.len()`.
    pub cap_len: u32,
    /// The interface: `ifindex` when live, interface number in a pcapng file.
    pub interface: u32,
    /// Which way it went.
    pub direction: Direction,
    /// What the kernel says of the transport checksum.
    pub checksum: ChecksumStatus,
}

impl<'a> Packet<'a> {
    /// A packet captured whole, with no time: for decoders that have only bytes.
    pub fn new(link: LinkType, data: &'a [u8]) -> Self {
        let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        Self {
            time: Timestamp::default(),
            link,
            data,
            wire_len: len,
            cap_len: len,
            interface: 0,
            direction: Direction::Unknown,
            checksum: ChecksumStatus::Unknown,
        }
    }
}

/// Packets with their bytes, kept together: to be handed to another thread, or looked at again.
///
/// ```
/// use synack::packet::Batch;
/// use synack::{LinkType, Packet};
///
/// let mut batch = Batch::default();
/// batch.push(&Packet::new(LinkType::RAW, &[0x45, 0]));
/// batch.push(&Packet::new(LinkType::RAW, &[0x60]));
/// assert_eq!((batch.len(), batch.bytes()), (2, 3));
/// assert!(batch.iter().map(|packet| packet.data[0]).eq([0x45, 0x60]));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// Each packet without its bytes, and where those end.
    packets: Vec<(Packet<'static>, usize)>,
}

impl Batch {
    /// Copies a packet to the end.
    pub fn push(&mut self, packet: &Packet<'_>) {
        self.bytes.extend_from_slice(packet.data);
        self.packets.push((Packet { data: &[], ..*packet }, self.bytes.len()));
    }

    /// The packets, in order.
    pub fn iter(&self) -> impl Iterator<Item = Packet<'_>> {
        let mut start = 0;
        self.packets.iter().map(move |(packet, end)| {
            let data = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            Packet { data, ..*packet }
        })
    }

    /// How many packets there are.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// How many bytes the packets have together.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the packets, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.packets.clear();
    }
}

/// What [`Source::advance`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// [`Source::packet`] has a new packet.
    Packet,
    /// Nothing came within the time given, or a signal interrupted the wait.
    Idle,
    /// The file ended, or a stopped capture has given its last packet.
    End,
}

/// Where packets come from: a live capture or a capture file.
pub trait Source: Send {
    /// Moves to the next packet; `timeout` bounds the wait of a live source
    /// (`None`: as long as it takes; zero: do not wait).
    ///
    /// # Errors
    /// The file is damaged, or the interface failed; packets before it were given.
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error>;

    /// The packet the last `advance` found. Empty before the first.
    fn packet(&self) -> Packet<'_>;

    /// The link type of the packets (of the first interface when there are several).
    fn link_type(&self) -> LinkType;

    /// Most bytes kept of a packet.
    fn snaplen(&self) -> u32;

    /// The next packet; `None` at the end. Waits as long as it takes.
    ///
    /// # Errors
    /// As [`Source::advance`].
    fn next_packet(&mut self) -> Result<Option<Packet<'_>>, Error> {
        loop {
            match self.advance(None)? {
                Step::Packet => break,
                Step::Idle => {}
                Step::End => return Ok(None),
            }
        }
        Ok(Some(self.packet()))
    }
}
