//! A captured packet, and the one trait that live captures and capture files share.
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::Error;
use crate::wire::LinkType;

/// The largest snapshot length of ordinary link types, in bytes: longer packets are cut.
pub const MAX_SNAPLEN: u32 = 262_144;

/// When a packet was captured: seconds since the Unix epoch and a fraction.
///
/// The fraction is kept as the file gave it: a damaged file can hold more than
/// 999,999,999 nanoseconds, and tcpdump prints such a value unchecked.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use synack::Timestamp;
///
/// let syn = Timestamp::new(1_700_000_000, 250_000_000);
/// let syn_ack = Timestamp::new(1_700_000_001, 5);
/// assert_eq!(syn_ack.duration_since(syn), Some(Duration::from_nanos(750_000_005)));
/// assert_eq!(syn.duration_since(syn_ack), None);
/// assert_eq!(syn.nanos_since(syn_ack), -750_000_005);
/// assert_eq!(syn.to_string(), "1700000000.250000000");
///
/// let time = UNIX_EPOCH + Duration::from_millis(1_500);
/// assert_eq!(Timestamp::from(time), Timestamp::new(1, 500_000_000));
/// assert_eq!(Timestamp::from(time).to_system_time(), Some(time));
/// ```
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

    /// The time of the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Nanoseconds since the Unix epoch; negative before it.
    pub fn as_nanos(self) -> i128 {
        i128::from(self.secs) * NANOS + i128::from(self.nanos.cast_signed())
    }

    /// Nanoseconds since the Unix epoch, where times are only compared: what does not fit in 64 bits
    /// is the greatest that does.
    #[inline]
    pub(crate) const fn saturating_nanos(self) -> i64 {
        self.secs.saturating_mul(1_000_000_000).saturating_add_unsigned(self.nanos)
    }

    /// Nanoseconds from `earlier` to this; negative when it is later after all.
    pub fn nanos_since(self, earlier: Self) -> i128 {
        self.as_nanos() - earlier.as_nanos()
    }

    /// Time from `earlier` to this; `None` when it is later after all.
    pub fn duration_since(self, earlier: Self) -> Option<Duration> {
        let nanos = u128::try_from(self.nanos_since(earlier)).ok()?;
        let secs = u64::try_from(nanos / NANOS.unsigned_abs()).ok()?;
        Some(Duration::new(secs, u32::try_from(nanos % NANOS.unsigned_abs()).ok()?))
    }

    /// The same time as the system has it; `None` where it cannot.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let epoch = Self::default();
        match self.duration_since(epoch) {
            Some(since) => UNIX_EPOCH.checked_add(since),
            None => UNIX_EPOCH.checked_sub(epoch.duration_since(self)?),
        }
    }
}

/// Nanoseconds of a second.
const NANOS: i128 = 1_000_000_000;

impl From<SystemTime> for Timestamp {
    /// Seconds beyond 63 bits are cut to the last there is.
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => {
                Self::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos().into())
            }
            Err(before) => {
                let before = before.duration();
                let whole = -i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                match u64::from(before.subsec_nanos()) {
                    0 => Self::new(whole, 0),
                    nanos => Self::new(whole.saturating_sub(1), 1_000_000_000 - nanos),
                }
            }
        }
    }
}

/// Seconds since the Unix epoch with nine decimals.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.as_nanos();
        let sign = if nanos < 0 { "-" } else { "" };
        let nanos = nanos.unsigned_abs();
        write!(f, "{sign}{}.{:09}", nanos / NANOS.unsigned_abs(), nanos % NANOS.unsigned_abs())
    }
}

/// Which way a packet went, as the kernel or a cooked header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PacketDirection {
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
#[non_exhaustive]
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
    pub direction: PacketDirection,
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
            direction: PacketDirection::Unknown,
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

impl Packet<'_> {
    /// A copy that owns its bytes.
    pub fn to_buf(&self) -> PacketBuf {
        PacketBuf {
            time: self.time,
            link: self.link,
            data: self.data.to_vec(),
            wire_len: self.wire_len,
            cap_len: self.cap_len,
            interface: self.interface,
            direction: self.direction,
            checksum: self.checksum,
        }
    }
}

/// A packet that owns its bytes: to be kept, or sent to another thread.
///
/// ```
/// use synack::{LinkType, Packet};
///
/// let kept = Packet::new(LinkType::ETHERNET, b"frame").to_buf();
/// assert_eq!(kept.as_packet().data, b"frame");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketBuf {
    /// When it was captured.
    pub time: Timestamp,
    /// What the first byte of `data` is.
    pub link: LinkType,
    /// The captured bytes, from the link header on.
    pub data: Vec<u8>,
    /// Length on the wire in bytes; normally at least `data.len()`.
    pub wire_len: u32,
    /// Captured length as the record says it; normally `data.len()`.
    pub cap_len: u32,
    /// The interface, as in [`Packet::interface`].
    pub interface: u32,
    /// Which way it went.
    pub direction: PacketDirection,
    /// What the kernel says of the transport checksum.
    pub checksum: ChecksumStatus,
}

impl PacketBuf {
    /// The packet, borrowed.
    pub fn as_packet(&self) -> Packet<'_> {
        Packet {
            time: self.time,
            link: self.link,
            data: &self.data,
            wire_len: self.wire_len,
            cap_len: self.cap_len,
            interface: self.interface,
            direction: self.direction,
            checksum: self.checksum,
        }
    }
}

impl From<Packet<'_>> for PacketBuf {
    fn from(packet: Packet<'_>) -> Self {
        packet.to_buf()
    }
}

/// The packets of a source, each in bytes of its own: see [`Source::into_packets`].
#[derive(Debug)]
pub struct Packets<S> {
    source: S,
    ended: bool,
}

impl<S> Packets<S> {
    /// The source, to go on with.
    pub fn into_source(self) -> S {
        self.source
    }
}

impl<S: Source> Iterator for Packets<S> {
    type Item = Result<PacketBuf, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.source.next_packet().map(|packet| packet.map(PacketBuf::from)).transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl<S: Source> std::iter::FusedIterator for Packets<S> {}

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
///
/// ```
/// use synack::{Source, Step, savefile};
///
/// let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
/// let mut bytes = 0;
/// while source.advance(None)? == Step::Packet {
///     bytes += source.packet().data.len();
/// }
/// // The same with `while let`, or as an iterator of packets that own their bytes.
/// let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
/// let mut again = 0;
/// while let Some(packet) = source.next_packet()? {
///     again += packet.data.len();
/// }
/// assert_eq!(bytes, again);
/// let source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
/// let packets = source.into_packets().collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(bytes, packets.iter().map(|packet| packet.data.len()).sum::<usize>());
/// # Ok::<(), synack::Error>(())
/// ```
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

    /// An iterator over the packets, each in bytes of its own. It ends after the first error.
    fn into_packets(self) -> Packets<Self>
    where
        Self: Sized,
    {
        Packets { source: self, ended: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_epoch_and_damaged_ones_are_the_same_time_in_every_form() {
        for (time, nanos, text) in [
            (Timestamp::new(0, 0), 0, "0.000000000"),
            (Timestamp::new(-1, 750_000_000), -250_000_000, "-0.250000000"),
            (Timestamp::new(-2, 0), -2_000_000_000, "-2.000000000"),
            (Timestamp::new(1, 2_500_000_000), 3_500_000_000, "3.500000000"),
            (Timestamp::new(5, u64::MAX), 4_999_999_999, "4.999999999"),
        ] {
            assert_eq!((time.as_nanos(), time.to_string().as_str()), (nanos, text));
            let system = time.to_system_time().unwrap();
            let back = Timestamp::from(system);
            assert_eq!(back.as_nanos(), nanos);
            assert!(back.nanos < 1_000_000_000);
        }
        assert_eq!(
            Timestamp::new(i64::MAX, 0).duration_since(Timestamp::new(i64::MIN, 0)).unwrap().as_secs(),
            u64::MAX
        );
    }

    #[test]
    fn an_iterator_ends_after_the_first_error() {
        struct Faulty(u8);
        impl Source for Faulty {
            fn advance(&mut self, _timeout: Option<Duration>) -> Result<Step, Error> {
                self.0 += 1;
                match self.0 {
                    1 => Ok(Step::Packet),
                    2 => Ok(Step::Idle),
                    _ => Err(Error::new(crate::error::ErrorKind::Truncated, "cut")),
                }
            }
            fn packet(&self) -> Packet<'_> {
                Packet::new(LinkType::RAW, b"packet")
            }
            fn link_type(&self) -> LinkType {
                LinkType::RAW
            }
            fn snaplen(&self) -> u32 {
                MAX_SNAPLEN
            }
        }
        let mut packets = Faulty(0).into_packets();
        assert_eq!(packets.next().unwrap().unwrap().data, b"packet");
        assert_eq!(packets.next().unwrap().unwrap_err().to_string(), "cut");
        assert!(packets.next().is_none());
    }
}
