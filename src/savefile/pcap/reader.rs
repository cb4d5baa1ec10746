//! Reading classic pcap.
use std::io::{self, Read};
use std::time::Duration;

use super::{FCS_KNOWN, FILE_HEADER, MAGIC_MICRO, MAGIC_MODIFIED, MAGIC_NANO, Precision, RECORD_HEADER};
use crate::error::{Error, ErrorKind};
use crate::packet::{Packet, Source, Step, Timestamp};
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::linktype;
use crate::savefile::pseudo;
use crate::savefile::window::Window;
use crate::wire::LinkType;

/// What the header of a classic pcap file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcapHeader {
    /// Byte order of the file.
    pub order: ByteOrder,
    /// Unit of the time stamps' fractions.
    pub precision: Precision,
    /// Format version, normally 2.4.
    pub version: (u16, u16),
    /// Most bytes kept of a packet, never 0.
    pub snaplen: u32,
    /// What the packets begin with.
    pub link: LinkType,
    /// Upper six bits of the link type field (whether and how long a frame check
    /// sequence is), where the file has them: a copy keeps them.
    pub link_extra: u32,
    /// Length of a record header in bytes: 16, or 24 in Kuznetzov's variant.
    pub(crate) record_header: usize,
    lengths: Lengths,
}

/// In which order a record has its two lengths. It was changed in version 2.3, and
/// some writers of 2.3 did not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    OriginalFirst,
    /// The smaller one is the captured one.
    Either,
}

impl PcapHeader {
    /// Whether a file that begins with these four bytes is classic pcap.
    pub(crate) fn is_magic(magic: [u8; 4]) -> bool {
        detect(magic).is_some()
    }

    /// Reads the 24 bytes of a file header.
    ///
    /// # Errors
    /// `unknown file format`, or a version that does not exist.
    pub fn parse(bytes: &[u8; FILE_HEADER]) -> Result<Self, Error> {
        let [m0, m1, m2, m3, ..] = *bytes;
        let Some((order, magic)) = detect([m0, m1, m2, m3]) else {
            return Err(Error::new(ErrorKind::Format, "unknown file format"));
        };
        let u16_at = |at| order.u16_at(bytes, at).unwrap_or_default();
        let u32_at = |at| order.u32_at(bytes, at).unwrap_or_default();
        let version = (u16_at(4), u16_at(6));
        let lengths = match version {
            (major, _) if major < 2 => {
                return Err(Error::new(ErrorKind::Format, "archaic pcap savefile format"));
            }
            // 543.0 is what DG/UX wrote, with the lengths in the order of old.
            (543, 0) | (2, 0..=2) => Lengths::OriginalFirst,
            (2, 3) => Lengths::Either,
            (2, 4) => Lengths::CapturedFirst,
            (major, minor) => {
                let text = format!("unsupported pcap savefile version {major}.{minor}");
                return Err(Error::new(ErrorKind::Format, text));
            }
        };
        let field = u32_at(20);
        let link = LinkType(field & 0x03ff_ffff).in_files();
        let mut snaplen = linktype::believable_snaplen(link, u32_at(16));
        let modified = magic == MAGIC_MODIFIED;
        if modified && link == LinkType::ETHERNET {
            // The patched kernels put an Ethernet header before cooked packets without
            // counting it in the snapshot length.
            snaplen = snaplen.saturating_add(14).min(i32::MAX as u32);
        }
        Ok(Self {
            order,
            precision: if magic == MAGIC_NANO { Precision::Nano } else { Precision::Micro },
            version,
            snaplen,
            link,
            link_extra: field & 0xfc00_0000,
            record_header: if modified { RECORD_HEADER + 8 } else { RECORD_HEADER },
            lengths,
        })
    }

    /// Length of the frame check sequence in bytes, where the file tells.
    pub fn fcs_len(&self) -> Option<u8> {
        let known = self.link_extra & FCS_KNOWN != 0;
        // The field counts words of 16 bits.
        known.then_some(((self.link_extra >> 28) * 2) as u8)
    }

    /// The numbers of a record header: seconds, fraction, captured and original length.
    #[inline]
    pub(crate) fn record(&self, bytes: &[u8; RECORD_HEADER]) -> Record {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *bytes;
        let first = self.order.u32([i, j, k, l]);
        let second = self.order.u32([m, n, o, p]);
        let swap = match self.lengths {
            Lengths::CapturedFirst => false,
            Lengths::OriginalFirst => true,
            Lengths::Either => first > second,
        };
        let (cap_len, wire_len) = if swap { (second, first) } else { (first, second) };
        Record {
            secs: self.order.u32([a, b, c, d]),
            fraction: self.order.u32([e, f, g, h]),
            cap_len,
            wire_len,
        }
    }
}

impl PcapHeader {
    /// The time of a record. As in libpcap, the fraction has a sign where the file
    /// is in this machine's order, and none where it is not.
    #[inline]
    pub(crate) fn time(&self, record: &Record) -> Timestamp {
        let fraction = match self.order {
            ByteOrder::NATIVE => i64::from(record.fraction.cast_signed()),
            _ => i64::from(record.fraction),
        };
        let nanos = fraction.wrapping_mul(self.precision.unit().cast_signed()).cast_unsigned();
        Timestamp::new(i64::from(record.secs), nanos)
    }
}

/// The numbers of one record header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) secs: u32,
    pub(crate) fraction: u32,
    pub(crate) cap_len: u32,
    pub(crate) wire_len: u32,
}

fn detect(magic: [u8; 4]) -> Option<(ByteOrder, u32)> {
    [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| match order.u32(magic) {
        m @ (MAGIC_MICRO | MAGIC_NANO | MAGIC_MODIFIED) => Some((order, m)),
        _ => None,
    })
}

/// Reads classic pcap from any stream.
///
/// Packets are borrowed from the reader's buffer: nothing is copied or allocated per
/// packet. A pipe is read only as far as the next packet needs.
///
/// ```
/// use synack::savefile::pcap;
/// use synack::Source;
///
/// # fn main() -> Result<(), synack::Error> {
/// let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// file.extend([0, 0, 4, 0, 1, 0, 0, 0]); // snapshot length 262144, Ethernet
/// file.extend([1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 60, 0, 0, 0, b'a', b'b', b'c']);
///
/// let mut reader = pcap::PcapReader::new(&file[..])?;
/// let packet = reader.next_packet()?.expect("one packet");
/// assert_eq!((packet.time.secs, packet.time.nanos), (1, 5_000));
/// assert_eq!((packet.data, packet.wire_len), (&b"abc"[..], 60));
/// assert!(reader.next_packet()?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PcapReader<R> {
    window: Window<R>,
    header: PcapHeader,
    current: Current,
    /// After the end or an error nothing more comes.
    done: bool,
}

/// The record `packet` gives: it lies at the front of the window.
#[derive(Debug, Clone, Copy, Default)]
struct Current {
    time: Timestamp,
    cap_len: u32,
    wire_len: u32,
    /// Bytes before the data.
    header: usize,
    /// Whole length in the file, passed over by the next `advance`.
    total: usize,
}

impl<R: Read + Send> PcapReader<R> {
    /// Reads the file header.
    ///
    /// # Errors
    /// The stream fails, is shorter than a header, or is not classic pcap.
    pub fn new(stream: R) -> Result<Self, Error> {
        Self::from_window(Window::new(stream))
    }

    pub(crate) fn from_window(mut window: Window<R>) -> Result<Self, Error> {
        let got = fill(&mut window, FILE_HEADER)?;
        let Some(bytes) = window.peek().first_chunk::<FILE_HEADER>() else {
            if window.peek().first_chunk().is_some_and(|m| PcapHeader::is_magic(*m)) {
                // libpcap counts only what came after the magic number.
                return Err(truncated(format_args!("{FILE_HEADER} file header"), got - 4));
            }
            if got >= 4 {
                return Err(Error::new(ErrorKind::Format, "unknown file format"));
            }
            return Err(truncated(format_args!("4 file header"), got));
        };
        let header = PcapHeader::parse(bytes)?;
        window.consume(FILE_HEADER);
        Ok(Self { window, header, current: Current::default(), done: false })
    }

    /// What the file's header says.
    pub fn header(&self) -> &PcapHeader {
        &self.header
    }

    /// How many bytes of the file lie before the current packet's record.
    pub fn offset(&self) -> u64 {
        self.window.offset()
    }

    #[inline]
    fn step(&mut self) -> Result<Step, Error> {
        self.window.consume(std::mem::take(&mut self.current).total);
        let wanted = self.header.record_header;
        let Some(got) = patient(self.window.fill(wanted))? else { return Ok(Step::Idle) };
        let Some(bytes) = self.window.peek().first_chunk().filter(|_| got >= wanted) else {
            if got == 0 {
                return Ok(Step::End);
            }
            return Err(truncated(format_args!("{wanted} header"), got));
        };
        let record = self.header.record(bytes);
        let snaplen = self.header.snaplen;
        let limit = linktype::max_snaplen(self.header.link);
        if record.cap_len > limit {
            return Err(too_long(record.cap_len, snaplen, limit));
        }
        let length = record.cap_len as usize;
        let Some(got) = patient(self.window.fill(wanted + length))? else { return Ok(Step::Idle) };
        let kept = record.cap_len.min(snaplen);
        if got < wanted + length {
            // libpcap reads up to the snapshot length first and passes over the rest.
            let got = got - wanted;
            let asked = if got < kept as usize { kept } else { record.cap_len };
            return Err(truncated(format_args!("{asked} captured"), got));
        }
        if self.header.order != ByteOrder::NATIVE {
            let data = self.window.peek_mut().get_mut(wanted..wanted + kept as usize);
            pseudo::to_native(self.header.link, data.unwrap_or_default());
        }
        self.current = Current {
            time: self.header.time(&record),
            cap_len: kept,
            wire_len: record.wire_len,
            header: wanted,
            total: wanted + length,
        };
        Ok(Step::Packet)
    }
}

impl<R: Read + Send> Source for PcapReader<R> {
    fn advance(&mut self, _timeout: Option<Duration>) -> Result<Step, Error> {
        if self.done {
            return Ok(Step::End);
        }
        let step = self.step();
        self.done = matches!(step, Ok(Step::End) | Err(_));
        step
    }

    #[inline]
    fn packet(&self) -> Packet<'_> {
        let Current { time, cap_len, wire_len, header, .. } = self.current;
        let data = self.window.peek().get(header..header + cap_len as usize).unwrap_or_default();
        Packet { time, wire_len, cap_len, ..Packet::new(self.header.link, data) }
    }

    fn link_type(&self) -> LinkType {
        self.header.link
    }

    fn snaplen(&self) -> u32 {
        self.header.snaplen
    }
}

/// The error of a stream that fails while a capture file is read.
pub(crate) fn read_error(source: io::Error) -> Error {
    let kind = match source.kind() {
        // A compressed stream that is cut or damaged.
        io::ErrorKind::UnexpectedEof => Some(ErrorKind::Truncated),
        io::ErrorKind::InvalidData => Some(ErrorKind::Format),
        _ => None,
    };
    let error = Error::io("error reading dump file", source);
    match kind {
        Some(kind) => error.with_kind(kind),
        None => error,
    }
}

/// What was read; `None` when a signal interrupted the wait.
#[inline]
pub(crate) fn patient<T>(result: io::Result<T>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(e) => Err(read_error(e)),
    }
}

/// Fills the window though signals come: for headers, before there is anything to lose.
pub(crate) fn fill<R: Read>(window: &mut Window<R>, n: usize) -> Result<usize, Error> {
    loop {
        if let Some(got) = patient(window.fill(n))? {
            return Ok(got);
        }
    }
}

#[cold]
fn truncated(wanted: std::fmt::Arguments<'_>, got: usize) -> Error {
    let text = format!("truncated dump file; tried to read {wanted} bytes, only got {got}");
    Error::new(ErrorKind::Truncated, text)
}

#[cold]
fn too_long(cap_len: u32, snaplen: u32, limit: u32) -> Error {
    let than =
        if cap_len > snaplen { format!("snaplen of {snaplen}") } else { format!("maximum of {limit}") };
    let text = format!("invalid packet capture length {cap_len}, bigger than {than}");
    Error::new(ErrorKind::Format, text)
}
