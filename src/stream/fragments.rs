//! IP fragments put together (RFC 791 §3.2, RFC 8200 §4.5, RFC 5722), as Linux does.
//!
//! A fragment that overlaps another one drops the whole datagram, but for copies of what is there
//! (`inet_frag_queue_insert` in `net/ipv4/inet_fragment.c`).
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::ops::Range;

use foldhash::quality::RandomState;

use crate::packet::{ChecksumStatus, Packet, Timestamp};
use crate::wire::{IpProtocol, Ipv4, Ipv6, Layers, LinkType, Network, checksum};

use super::limits::StreamLimits;

/// Longest datagram.
const LONGEST: usize = 65_535;

/// What a fragment is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    /// IPv4 tells datagrams of several protocols apart.
    protocol: Option<IpProtocol>,
}

/// One fragment, read.
#[derive(Debug)]
struct Piece<'a> {
    key: Key,
    /// The header to come before the whole payload: without fragment header in IPv6.
    header: Header<'a>,
    offset: usize,
    more: bool,
    payload: &'a [u8],
}

#[derive(Debug)]
enum Header<'a> {
    V4(&'a [u8]),
    V6 {
        /// Up to the fragment header.
        bytes: &'a [u8],
        /// Where in `bytes` the number of the fragment header stands.
        next_at: usize,
        /// What follows it.
        next: IpProtocol,
    },
}

/// A datagram in the making.
#[derive(Debug)]
struct Datagram {
    key: Key,
    born: Timestamp,
    /// The rebuilt header, once the first fragment came.
    header: Vec<u8>,
    data: Vec<u8>,
    /// What is there, in order, apart; only at the end do fragments that touch become one, as in Linux.
    runs: Vec<Range<usize>>,
    /// Its length, as far as it is known, and whether the last fragment said it.
    len: usize,
    last: bool,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Fragment<'a> {
    /// It is no fragment: take it as it is.
    None,
    /// It waits for others, or was a copy.
    Kept,
    /// It was the last one missing: the datagram, from its IP header on.
    Complete(Packet<'a>),
    /// It is dropped, and what was there of the datagram with it.
    Dropped(FragmentDrop),
}

/// Why fragments are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FragmentDrop {
    /// It overlaps another one.
    Overlap,
    /// Its length or place cannot be.
    Invalid,
    /// The capture has only part of it.
    Cut,
}

/// What was forgotten before it was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FragmentStats {
    /// Datagrams dropped because fragments overlapped or could not be.
    pub dropped: u64,
    /// Datagrams that waited too long.
    pub expired: u64,
    /// Datagrams that had to go because a limit was reached.
    pub evicted: u64,
}

/// Puts fragments together, for all hosts; TCP or not.
///
/// ```
/// use synack::stream::{Fragment, Fragments, StreamLimits};
/// use synack::{Layers, LinkType, Packet};
///
/// let mut fragments = Fragments::new(StreamLimits::default());
/// // Sixteen bytes, eight in each fragment, the second one first.
/// let second = b"E\0\0\x1c\0\x01\0\x01@\xfd\0\0\x0a\0\0\x01\x0a\0\0\x02ijklmnop";
/// let first = b"E\0\0\x1c\0\x01\x20\0@\xfd\0\0\x0a\0\0\x01\x0a\0\0\x02abcdefgh";
/// for (data, whole) in [(second, false), (first, true)] {
///     let packet = Packet::new(LinkType::RAW, data);
///     let layers = Layers::decode(packet.link, packet.data);
///     match fragments.push(&packet, &layers) {
///         Fragment::Complete(packet) => {
///             let layers = Layers::decode(packet.link, packet.data);
///             assert!(whole && layers.payload == b"abcdefghijklmnop");
///         }
///         _ => assert!(!whole),
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Fragments {
    limits: StreamLimits,
    datagrams: HashMap<Key, Datagram, RandomState>,
    /// Oldest first; a key may be gone, or come again with another birth.
    order: VecDeque<(Key, Timestamp)>,
    bytes: usize,
    stats: FragmentStats,
    /// The last complete one.
    whole: Vec<u8>,
}

impl Fragments {
    /// Nothing waits yet.
    pub fn new(limits: StreamLimits) -> Self {
        Self {
            limits,
            datagrams: HashMap::default(),
            order: VecDeque::new(),
            bytes: 0,
            stats: FragmentStats::default(),
            whole: Vec::new(),
        }
    }

    /// What was forgotten so far.
    pub fn stats(&self) -> FragmentStats {
        self.stats
    }

    /// Takes a packet. What is no fragment is told at once and not looked at further.
    #[inline]
    pub fn push<'a>(&'a mut self, packet: &Packet<'_>, layers: &Layers<'_>) -> Fragment<'a> {
        match layers.network {
            Some(Network::Ipv4(ip)) if ip.flags_fragment() & 0x3fff != 0 => {
                self.push_piece(packet, read_ipv4(packet, layers, ip))
            }
            Some(Network::Ipv6(ip)) if ip.next_header() != IpProtocol::TCP => {
                match read_ipv6(packet, layers, ip) {
                    None => Fragment::None,
                    Some(piece) => self.push_piece(packet, piece),
                }
            }
            _ => Fragment::None,
        }
    }

    fn push_piece(&mut self, packet: &Packet<'_>, piece: Result<Piece<'_>, FragmentDrop>) -> Fragment<'_> {
        self.expire(packet.time);
        let piece = match piece {
            Ok(piece) => piece,
            Err(why) => return Fragment::Dropped(why),
        };
        let key = piece.key;
        let new = !self.datagrams.contains_key(&key);
        if new {
            self.order.push_back((key, packet.time));
        }
        let datagram = self.datagrams.entry(key).or_insert_with(|| Datagram {
            key,
            born: packet.time,
            header: Vec::new(),
            data: Vec::new(),
            runs: Vec::new(),
            len: 0,
            last: false,
        });
        // A new one takes room before it holds anything.
        let before = if new { 0 } else { datagram.cost() };
        let added = datagram.add(&piece);
        self.bytes = self.bytes + datagram.cost() - before;
        match added {
            Err(why) => {
                self.stats.dropped += 1;
                self.remove(&key);
                Fragment::Dropped(why)
            }
            Ok(false) => {
                self.keep_limits();
                Fragment::Kept
            }
            Ok(true) => self.complete(packet, &key),
        }
    }

    fn complete(&mut self, packet: &Packet<'_>, key: &Key) -> Fragment<'_> {
        let Some(datagram) = self.remove(key) else { return Fragment::Kept };
        let Some(whole) = datagram.finish() else {
            self.stats.dropped += 1;
            return Fragment::Dropped(FragmentDrop::Invalid);
        };
        self.whole = whole;
        let checksum = match packet.checksum {
            // Said of a fragment, it is not said of the segment.
            ChecksumStatus::Verified => ChecksumStatus::Unknown,
            status => status,
        };
        let packet = Packet {
            time: packet.time,
            interface: packet.interface,
            direction: packet.direction,
            checksum,
            ..Packet::new(LinkType::RAW, &self.whole)
        };
        Fragment::Complete(packet)
    }

    fn remove(&mut self, key: &Key) -> Option<Datagram> {
        let datagram = self.datagrams.remove(key)?;
        self.bytes -= datagram.cost();
        Some(datagram)
    }

    /// Forgets what waited too long.
    fn expire(&mut self, now: Timestamp) {
        let age = i64::try_from(self.limits.fragment_time.as_secs()).unwrap_or(i64::MAX);
        while let Some(&(key, born)) = self.order.front() {
            let there = self.datagrams.get(&key).is_some_and(|datagram| datagram.born == born);
            if there && now.secs.saturating_sub(born.secs) <= age {
                return;
            }
            self.order.pop_front();
            if there {
                self.stats.expired += 1;
                self.remove(&key);
            }
        }
    }

    fn keep_limits(&mut self) {
        while self.bytes > self.limits.fragment_bytes || self.datagrams.len() > self.limits.datagrams {
            let Some((key, born)) = self.order.pop_front() else { return };
            if self.datagrams.get(&key).is_some_and(|datagram| datagram.born == born) {
                self.stats.evicted += 1;
                self.remove(&key);
            }
        }
        // Keys of what is gone must not pile up behind one that waits.
        if self.order.len() > 2 * self.limits.datagrams + 16 {
            let datagrams = &self.datagrams;
            self.order.retain(|(key, born)| datagrams.get(key).is_some_and(|there| there.born == *born));
        }
    }
}

impl Datagram {
    /// What it costs to keep, in bytes.
    fn cost(&self) -> usize {
        size_of::<Self>() + self.header.len() + self.data.len() + self.runs.len() * size_of::<Range<usize>>()
    }

    /// Adds a fragment; whether the datagram is complete.
    fn add(&mut self, piece: &Piece<'_>) -> Result<bool, FragmentDrop> {
        let mut end = piece.offset + piece.payload.len();
        if piece.more {
            // What does not fill the last eight bytes is cut (IPv4) or refused (IPv6).
            if !end.is_multiple_of(8) {
                if matches!(piece.header, Header::V6 { .. }) {
                    return Ok(false);
                }
                end -= end % 8;
            }
            if end > self.len && self.last {
                return Err(FragmentDrop::Invalid);
            }
        } else if end < self.len || (self.last && end != self.len) {
            return Err(FragmentDrop::Invalid);
        }
        if end <= piece.offset || end > LONGEST {
            return Err(FragmentDrop::Invalid);
        }
        self.last |= !piece.more;
        self.len = self.len.max(end);
        if !self.insert(piece.offset..end)? {
            return Ok(false);
        }
        if self.data.len() < end {
            self.data.resize(end, 0);
        }
        if let (Some(to), Some(from)) =
            (self.data.get_mut(piece.offset..end), piece.payload.get(..end - piece.offset))
        {
            to.copy_from_slice(from);
        }
        if piece.offset == 0 {
            self.header = piece.header.rebuilt();
        }
        let there: usize = self.runs.iter().map(ExactSizeIterator::len).sum();
        Ok(self.last && !self.header.is_empty() && there == self.len)
    }

    /// Notes that `new` is there; false for a copy of what was.
    fn insert(&mut self, new: Range<usize>) -> Result<bool, FragmentDrop> {
        let Some(last) = self.runs.last_mut() else {
            self.runs.push(new);
            return Ok(true);
        };
        if last.end < new.end {
            if new.start < last.end {
                return Err(FragmentDrop::Overlap);
            }
            if new.start == last.end {
                last.end = new.end;
            } else {
                self.runs.push(new);
            }
            return Ok(true);
        }
        let at = self.runs.partition_point(|run| run.end <= new.start);
        match self.runs.get(at) {
            Some(run) if run.start < new.end => {
                let copy = run.start <= new.start && new.end <= run.end;
                if copy { Ok(false) } else { Err(FragmentDrop::Overlap) }
            }
            _ => {
                self.runs.insert(at, new);
                Ok(true)
            }
        }
    }

    /// Header and data, with lengths and checksum set right; `None` if it would be too long.
    fn finish(mut self) -> Option<Vec<u8>> {
        self.data.truncate(self.len);
        let mut whole = self.header;
        whole.extend_from_slice(&self.data);
        match self.key.protocol {
            Some(_) => {
                let total = u16::try_from(whole.len()).ok()?;
                whole.get_mut(2..4)?.copy_from_slice(&total.to_be_bytes());
                let header_len = usize::from(whole.first()? & 0x0f) * 4;
                let sum = checksum::expected(0, checksum::ipv4_header(whole.get(..header_len)?));
                whole.get_mut(10..12)?.copy_from_slice(&sum.to_be_bytes());
            }
            None => {
                let payload = u16::try_from(whole.len().checked_sub(Ipv6::HEADER_LEN)?).ok()?;
                whole.get_mut(4..6)?.copy_from_slice(&payload.to_be_bytes());
            }
        }
        Some(whole)
    }
}

impl Header<'_> {
    /// As it stands before the whole: no fragment flags nor offset, no checksum, no fragment header.
    fn rebuilt(&self) -> Vec<u8> {
        match self {
            Self::V4(bytes) => {
                let mut header = bytes.to_vec();
                if let Some(fields) = header.get_mut(6..8) {
                    fields.fill(0);
                }
                if let Some(checksum) = header.get_mut(10..12) {
                    checksum.fill(0);
                }
                header
            }
            Self::V6 { bytes, next_at, next } => {
                let mut header = bytes.to_vec();
                if let Some(number) = header.get_mut(*next_at) {
                    *number = next.0;
                }
                header
            }
        }
    }
}

fn read_ipv4<'a>(packet: &Packet<'a>, layers: &Layers<'_>, ip: Ipv4<'a>) -> Result<Piece<'a>, FragmentDrop> {
    if ip.missing() > 0 || ip.options_missing() > 0 {
        return Err(FragmentDrop::Cut);
    }
    let at = layers.network_offset;
    let header = packet.data.get(at..at + ip.header_len()).ok_or(FragmentDrop::Cut)?;
    if packet.checksum == ChecksumStatus::Unknown && !checksum::is_correct(checksum::ipv4_header(header))
        // A card that computes this one too leaves a zero.
        && ip.checksum() != 0
    {
        return Err(FragmentDrop::Invalid);
    }
    let key =
        Key { src: ip.src().into(), dst: ip.dst().into(), id: ip.id().into(), protocol: Some(ip.protocol()) };
    Ok(Piece {
        key,
        header: Header::V4(header),
        offset: ip.fragment_offset().into(),
        more: ip.more_fragments(),
        payload: ip.payload(),
    })
}

/// How much of a header Linux wants to see in the first fragment.
const fn least_header(protocol: IpProtocol) -> usize {
    match protocol {
        IpProtocol::TCP => 20,
        IpProtocol::UDP | IpProtocol::ICMPV6 => 8,
        _ => 1,
    }
}

/// `None` for a packet without fragment header, or with one that says that it is whole (RFC 6946).
fn read_ipv6<'a>(
    packet: &Packet<'a>,
    layers: &Layers<'_>,
    ip: Ipv6<'a>,
) -> Option<Result<Piece<'a>, FragmentDrop>> {
    let start = layers.network_offset;
    // Where the number of the next header stands, and where that header does.
    let (mut next_at, mut at) = (6, Ipv6::HEADER_LEN);
    for header in ip.extensions().map_while(Result::ok) {
        let len = header.bytes().len();
        if let Some(fragment) = header.fragment() {
            if fragment.offset == 0 && !fragment.more {
                return None;
            }
            if ip.missing() > 0 {
                return Some(Err(FragmentDrop::Cut));
            }
            let bytes = packet.data.get(start..start + at)?;
            let payload = ip.payload().get(at + len - Ipv6::HEADER_LEN..)?;
            // RFC 8200 §4.5: the first fragment has all headers.
            if fragment.offset == 0 && payload.len() < least_header(header.next_header()) {
                return Some(Err(FragmentDrop::Invalid));
            }
            let key = Key { src: ip.src().into(), dst: ip.dst().into(), id: fragment.id, protocol: None };
            return Some(Ok(Piece {
                key,
                header: Header::V6 { bytes, next_at, next: header.next_header() },
                offset: fragment.offset.into(),
                more: fragment.more,
                payload,
            }));
        }
        next_at = at;
        at += len;
    }
    None
}
