//! Packets to text, without a writer and without memory of its own: one formatter serves
//! any number of threads.
//!
//! What changes is the caller's: a [`Scratch`] for each thread, the buffer that text is
//! appended to, and the [`Sequence`] that the packets make.
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::packet::{Packet, PacketDirection};
use crate::print::dissect::pairs::Pairs;
use crate::print::dissect::{Dissect, Spare, Truncated};
use crate::print::link::cooked;
use crate::print::options::Options;
use crate::print::sequence::{Draft, Numbers, Place, Sequence};
use crate::print::time::{Clock, Moment, Second};
use crate::print::{Dump, Names, PrinterBuilder, link};
use crate::wire::{Layers, LinkType};

/// Longest packet tcpdump accepts, in bytes.
const MAX_PACKET: u32 = 262_144;

/// Longest that Linux merges segments to (`GSO_MAX_SIZE`, 8 times 65,535), with room for link headers.
/// More than a snapshot holds, so tcpdump calls such a record invalid.
const MAX_MERGED: u32 = 8 * 65_535 + 256;

/// What was captured of a packet must be more than this for it to be a merged one.
const LEAST_MERGED: u32 = 65_535;

/// Formats packets as tcpdump prints them; made by [`PrinterBuilder::formatter`].
///
/// [`Printer`](super::Printer) is this, with everything it needs and a writer.
///
/// ```
/// use synack::print::{Printer, TimeStyle};
/// use synack::{LinkType, Packet};
///
/// let data = [
///     0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
///     0x04, 0x01, 0, 80, 0, 0, 0, 7, 0, 0, 0, 1, 0x50, 16, 0x10, 0, 0, 0, 0, 0, // TCP
/// ];
/// let packet = Packet::new(LinkType::RAW, &data);
/// let formatter = Printer::builder().numeric(true).number(true).time(TimeStyle::None).formatter();
/// let (mut sequence, mut scratch) = (formatter.sequence(), formatter.scratch());
/// let mut text = Vec::new();
/// for _ in 0..2 {
///     formatter.format(&packet, &mut sequence, &mut scratch, &mut text);
/// }
/// assert_eq!(
///     String::from_utf8_lossy(&text),
///     "    1  IP 192.0.2.1.1025 > 192.0.2.2.80: Flags [.], ack 1, win 4096, length 0\n    \
///      2  IP 192.0.2.1.1025 > 192.0.2.2.80: Flags [.], ack 1, win 4096, length 0\n"
/// );
///
/// // The same in two steps, of which the second may be taken on several threads at once.
/// let mut sequence = formatter.sequence();
/// let places = [(); 2].map(|()| formatter.place(&packet, &mut sequence));
/// let mut drafts = places.map(|place| {
///     let mut draft = Default::default();
///     formatter.draft(&packet, place, &mut scratch, &mut draft);
///     draft
/// });
/// let mut again = Vec::new();
/// for draft in &mut drafts {
///     sequence.close(draft, &mut again);
/// }
/// assert_eq!(again, text);
/// ```
///
/// [`PrinterBuilder::formatter`]: super::PrinterBuilder::formatter
pub struct Formatter {
    options: Options,
    names: Box<dyn Names>,
    clock: Clock,
    max_conversations: usize,
    /// Tells the scratches of one from those of another.
    id: u64,
}

impl fmt::Debug for Formatter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Formatter").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Memory to format with, for one thread; made by [`Formatter::scratch`].
#[derive(Debug, Clone)]
pub struct Scratch {
    /// Nested ends of the data.
    ends: Vec<usize>,
    /// For packets that are unescaped, one a level.
    spare: Vec<Spare>,
    /// How pairs of hosts and ports look.
    pairs: Pairs,
    /// The last second shown.
    second: Second,
    /// Whose second that is: another formatter may be in another zone.
    owner: u64,
}

impl Formatter {
    /// A sequence of packets without any yet.
    pub fn sequence(&self) -> Sequence {
        Sequence::new(self.max_conversations)
    }

    /// Memory to format with.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            ends: Vec::with_capacity(8),
            spare: Vec::new(),
            pairs: Pairs::default(),
            second: Second::default(),
            owner: self.id,
        }
    }

    /// Appends the text of the next packet of a sequence: its line, the lines under it, its
    /// dump, and a newline. Gives the length of the link header in bytes, after which
    /// tcpdump's dumps begin; 0 where it was cut.
    pub fn format(
        &self,
        packet: &Packet<'_>,
        sequence: &mut Sequence,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) -> usize {
        let line = self.line(packet, sequence, scratch, out);
        self.end(packet, line, out);
        line.unwrap_or(0)
    }

    /// As [`Formatter::format`], but without the dump and the newline: something may be appended
    /// to the line, before [`Formatter::end`] ends it. `None` when the lengths of the record
    /// cannot be true: then the text is whole.
    pub fn line(
        &self,
        packet: &Packet<'_>,
        sequence: &mut Sequence,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let place = self.place(packet, sequence);
        self.push(packet, place, Numbers::Now(&mut sequence.relative), scratch, out)
    }

    /// Ends what [`Formatter::line`] began and gave `line` for.
    pub fn end(&self, packet: &Packet<'_>, line: Option<usize>, out: &mut Vec<u8>) {
        if let Some(header_len) = line {
            if self.options.dump_payload {
                self.options.dump.push(out, carried(packet), 0);
            } else {
                self.options.dump.push(out, packet.data, header_len);
            }
            out.push(b'\n');
        }
    }

    /// Makes a packet the next of a sequence, to be formatted by [`Formatter::draft`].
    #[inline]
    pub fn place(&self, packet: &Packet<'_>, sequence: &mut Sequence) -> Place {
        sequence.count += 1;
        let reference = if is_possible(packet) {
            self.clock.reference(packet.time.into(), &mut sequence.reference)
        } else {
            // Its time is not shown.
            Moment::default()
        };
        Place { number: sequence.count, reference }
    }

    /// Appends the text of a packet to a draft, as [`Formatter::format`] does but for what
    /// only [`Sequence::close`] can tell.
    pub fn draft(
        &self,
        packet: &Packet<'_>,
        place: Place,
        scratch: &mut Scratch,
        draft: &mut Draft,
    ) -> usize {
        let line = self.push(packet, place, Numbers::Later(&mut draft.open), scratch, &mut draft.text);
        self.end(packet, line, &mut draft.text);
        line.unwrap_or(0)
    }

    fn push(
        &self,
        packet: &Packet<'_>,
        place: Place,
        numbers: Numbers<'_>,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        if scratch.owner != self.id {
            *scratch = self.scratch();
        }
        if self.options.number {
            push_number(out, place.number);
        }
        if !is_possible(packet) {
            push_impossible(out, packet);
            return None;
        }
        self.clock.print(out, packet.time.into(), place.reference, &mut scratch.second);
        scratch.ends.clear();
        let mut d = Dissect {
            out: &mut *out,
            opts: &self.options,
            names: &*self.names,
            numbers,
            data: packet.data,
            end: packet.data.len(),
            ends: &mut scratch.ends,
            spare: &mut scratch.spare,
            pairs: &mut scratch.pairs,
            protocol: "",
            checksum: packet.checksum,
            depth: 0,
        };
        if d.opts.interfaces && packet.link != LinkType::LINUX_SLL2 {
            let direction = match packet.direction {
                PacketDirection::In => "In",
                PacketDirection::Out => "Out",
                PacketDirection::Unknown => "?",
            };
            cooked::push_interface(&mut d, packet.interface, direction);
        }
        match link::packet(&mut d, packet.link, packet.wire_len) {
            Ok(n) => Some(n),
            Err(Truncated) => {
                d.trunc();
                Some(0)
            }
        }
    }
}

/// The bytes that the headers of a packet carry, as far as they were captured.
pub fn carried<'a>(packet: &Packet<'a>) -> &'a [u8] {
    let layers = Layers::decode(packet.link, packet.data);
    match layers.segment() {
        Some((inner, _)) => inner.payload,
        None => layers.payload,
    }
}

impl PrinterBuilder {
    /// A formatter.
    pub fn formatter(self) -> Formatter {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut options = self.options;
        options.default_dump = options.quiet == 0
            && !matches!(options.dump, Dump::Hex { .. } | Dump::HexAscii { .. } | Dump::Elsewhere);
        Formatter {
            options,
            names: self.names,
            clock: Clock::new(self.time, self.nanos, self.zone),
            max_conversations: self.max_conversations,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// Appends the number of a packet, five columns wide.
fn push_number(out: &mut Vec<u8>, number: u64) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    out.extend(std::iter::repeat_n(b' ', 5_usize.saturating_sub(digits.len())));
    out.extend_from_slice(digits.as_bytes());
    out.extend_from_slice(b"  ");
}

/// Whether the lengths of a record can be true.
#[inline]
fn is_possible(packet: &Packet<'_>) -> bool {
    let (cap, wire) = (packet.cap_len, packet.wire_len);
    cap > 0 && wire >= cap && (wire <= MAX_PACKET || cap > LEAST_MERGED && wire <= MAX_MERGED)
}

/// Appends what is wrong with the lengths of a record.
#[cold]
fn push_impossible(out: &mut Vec<u8>, packet: &Packet<'_>) {
    let (cap, wire) = (packet.cap_len, packet.wire_len);
    let start = out.len();
    let mut item = |args: fmt::Arguments<'_>| {
        out.extend_from_slice(if out.len() == start { b"[Invalid header: " } else { b", " });
        // Writing to a vector cannot fail.
        let _ = io::Write::write_fmt(out, args);
    };
    if cap == 0 {
        item(format_args!("caplen==0"));
    }
    if wire == 0 {
        item(format_args!("len==0"));
    } else if wire < cap {
        item(format_args!("len({wire}) < caplen({cap})"));
    }
    if cap > MAX_PACKET {
        item(format_args!("caplen({cap}) > {MAX_PACKET}"));
    }
    if wire > MAX_PACKET {
        item(format_args!("len({wire}) > {MAX_PACKET}"));
    }
    out.extend_from_slice(b"]\n");
}
