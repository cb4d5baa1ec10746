//! Repair of classic pcap: records are known by numbers that make sense, one after another.
use std::io::Read;

use super::{Repaired, available, leading_zeros, nothing};
use crate::error::Error;
use crate::packet::Packet;
use crate::savefile::PacketWriter;
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::linktype::{self, MAX_SNAPLEN};
use crate::savefile::pcap::{
    FILE_HEADER, MAGIC_MICRO, MAGIC_NANO, PcapHeader, PcapOptions, PcapWriter, RECORD_HEADER, Record,
};
use crate::savefile::pseudo;
use crate::savefile::sink::Sink;
use crate::savefile::window::Window;
use crate::wire::LinkType;

/// Records that must follow each other where the file is searched.
const CHAIN: usize = 3;
/// The same where their times are far from those of the last good one.
const CHAIN_FAR: usize = 6;
/// Bytes searched at a time, so that little is held of a long stretch of nonsense.
const STEP: usize = 64 * 1024;
/// Seconds by which a found record may differ from the last good one: a year.
const FAR: u32 = 366 * 86_400;
/// Shorter packets are too like zeros to be known by themselves.
const SMALLEST: u32 = 14;
/// Longest packet on a wire: larger numbers are damage.
const WIRE_MAX: u32 = 16 << 20;

pub(super) fn repair<R: Read, S: Sink>(
    window: &mut Window<R>,
    output: S,
    name: &str,
    report: &mut Repaired,
) -> Result<(), Error> {
    available(window, FILE_HEADER);
    let parsed = window.peek().first_chunk().and_then(|bytes| PcapHeader::parse(bytes).ok());
    let header = match parsed {
        Some(header) => {
            window.consume(FILE_HEADER);
            header
        }
        None => {
            report.assume("the file header is lost: the link type is taken to be Ethernet");
            guess(window, report).ok_or_else(nothing)?
        }
    };
    let options = PcapOptions {
        link: header.link,
        snaplen: header.snaplen,
        precision: header.precision,
        link_extra: header.link_extra,
    };
    let mut writer = PcapWriter::new(output, name, options)?;
    let mut search = Search { window, header, link: header.link, last: None };
    let result = search.run(&mut writer, report);
    let flushed = writer.flush();
    report.packets = writer.written();
    result.and(flushed)
}

/// A header under which records follow each other, found without one.
fn guess<R: Read>(window: &mut Window<R>, report: &mut Repaired) -> Option<PcapHeader> {
    let headers: Vec<PcapHeader> = [ByteOrder::NATIVE, ByteOrder::NATIVE.swapped()]
        .into_iter()
        .flat_map(|order| [MAGIC_MICRO, MAGIC_NANO].map(|magic| plain_header(order, magic)))
        .flatten()
        .collect();
    while available(window, RECORD_HEADER) >= RECORD_HEADER {
        let found = headers.iter().find(|header| {
            let mut search = Search { window, header: **header, link: header.link, last: None };
            search.chain(0).is_some()
        });
        if let Some(header) = found {
            return Some(*header);
        }
        report.skip(window.offset(), 1);
        window.consume(1);
    }
    None
}

fn plain_header(order: ByteOrder, magic: u32) -> Option<PcapHeader> {
    let mut bytes = [0; FILE_HEADER];
    let version = match order {
        ByteOrder::Little => [2, 0, 4, 0],
        ByteOrder::Big => [0, 2, 0, 4],
    };
    for (at, part) in [
        (0, order.put(magic)),
        (4, version),
        (16, order.put(MAX_SNAPLEN)),
        (20, order.put(LinkType::ETHERNET.0)),
    ] {
        bytes.get_mut(at..at + 4)?.copy_from_slice(&part);
    }
    PcapHeader::parse(&bytes).ok()
}

struct Search<'a, R> {
    window: &'a mut Window<R>,
    /// Changes where another file was appended.
    header: PcapHeader,
    /// The output can have only this link type.
    link: LinkType,
    /// Seconds of the last good record.
    last: Option<u32>,
}

/// What is at a place.
enum Place {
    /// The end of the input.
    End,
    /// A record that can be what it says.
    Record(Record),
    /// The header of another file.
    File(PcapHeader),
    Nonsense,
}

impl<R: Read> Search<'_, R> {
    fn run<S: Sink>(&mut self, writer: &mut PcapWriter<S>, report: &mut Repaired) -> Result<(), Error> {
        loop {
            match self.place(0, false) {
                Place::End => return Ok(()),
                Place::File(header) => {
                    self.header = header;
                    self.window.consume(FILE_HEADER);
                }
                Place::Record(record) if self.believed(&record) => self.take(&record, writer, report)?,
                Place::Record(record) => {
                    // Either this record's length is wrong, or what comes after it is.
                    let end = self.total(&record);
                    let whole = available(self.window, end) >= end;
                    match self.overlap(&record, end) {
                        Some(at) => self.skip(at, report),
                        // What follows is damaged: this one must be above suspicion.
                        None if whole && self.trusted(&record) => self.take(&record, writer, report)?,
                        None => self.resume(report),
                    }
                }
                Place::Nonsense => self.resume(report),
            }
        }
    }

    /// Passes over everything up to the next place that makes sense.
    fn resume(&mut self, report: &mut Repaired) {
        let mut from = 1;
        while available(self.window, from) >= from {
            if let Some(at) = self.find(from, STEP) {
                self.skip(at, report);
                return;
            }
            let passed = available(self.window, STEP).min(STEP);
            self.skip(passed, report);
            from = 0;
            if passed == 0 {
                return;
            }
        }
        let rest = self.window.peek().len();
        self.skip(rest, report);
    }

    fn skip(&mut self, n: usize, report: &mut Repaired) {
        report.skip(self.window.offset(), n as u64);
        self.window.consume(n);
    }

    fn take<S: Sink>(
        &mut self,
        record: &Record,
        writer: &mut PcapWriter<S>,
        report: &mut Repaired,
    ) -> Result<(), Error> {
        let total = self.total(record);
        let start = self.header.record_header;
        if self.header.order != ByteOrder::NATIVE {
            // The output is in this machine's order, and so is what packets have of their host's.
            let data = self.window.peek_mut().get_mut(start..total);
            pseudo::to_native(self.header.link, data.unwrap_or_default());
        }
        let data = self.window.peek().get(start..total).unwrap_or_default();
        if self.header.link == self.link {
            let time = self.header.time(record);
            writer.write(&Packet { time, wire_len: record.wire_len, ..Packet::new(self.link, data) })?;
            self.last = Some(record.secs);
        } else {
            report.assume("packets of another link type, of an appended file, are left out");
            report.skip(self.window.offset(), total as u64);
        }
        self.window.consume(total);
        Ok(())
    }

    /// Length of a record with its header.
    fn total(&self, record: &Record) -> usize {
        self.header.record_header + record.cap_len as usize
    }

    /// What there is `at` bytes from here. In a `strict` view all numbers must make sense.
    fn place(&mut self, at: usize, strict: bool) -> Place {
        let wanted = at + self.header.record_header.max(FILE_HEADER);
        if available(self.window, wanted) <= at {
            return Place::End;
        }
        let bytes = self.window.peek().get(at..).unwrap_or_default();
        if let Some(Ok(header)) = bytes.first_chunk().map(PcapHeader::parse) {
            return Place::File(header);
        }
        let Some(record) = bytes.first_chunk().map(|bytes| self.header.record(bytes)) else {
            return Place::Nonsense;
        };
        let second = 1_000_000_000 / self.header.precision.unit();
        // In order, a record may be odd: only what cannot be read is refused.
        let sane = if strict {
            u64::from(record.fraction) < second
                && (1..=record.wire_len).contains(&record.cap_len)
                && record.cap_len <= self.header.snaplen
                && record.wire_len <= WIRE_MAX
                // One number again and again is data.
                && (record.secs != record.fraction || record.secs != record.cap_len)
        } else {
            record.cap_len <= linktype::max_snaplen(self.header.link)
        };
        if sane { Place::Record(record) } else { Place::Nonsense }
    }

    /// Whether a record where one is expected can be believed though nothing sensible follows it.
    fn trusted(&mut self, record: &Record) -> bool {
        if !matches!(self.place(0, true), Place::Record(_)) || !self.near(record) {
            return false;
        }
        if self.complete(record) {
            return true;
        }
        // Cut at its capture, or is the length damaged? Then there is room for the true one.
        let end = self.total(record);
        let next = self.find(end, STEP);
        let room = next.unwrap_or_else(|| available(self.window, end + STEP)) - self.header.record_header;
        let flipped = (room ^ record.cap_len as usize).is_power_of_two();
        room != record.wire_len as usize && !(flipped && next.is_some())
    }

    /// Whether the time of a record is like that of the last good one.
    fn near(&self, record: &Record) -> bool {
        self.last.is_none_or(|last| record.secs.abs_diff(last) <= FAR)
    }

    /// Whether both lengths are one number, unless the capture was cut where the file says.
    fn complete(&self, record: &Record) -> bool {
        record.cap_len == record.wire_len.min(self.header.snaplen)
    }

    /// Whether the numbers of a record agree with each other and with the last good one.
    fn credible(&self, record: &Record) -> bool {
        self.complete(record) && self.near(record)
    }

    /// The first place before `end` from which records go on past it: then what ends there has
    /// lost bytes. Records that are data, of a capture that was sent over the network, end with it.
    fn overlap(&mut self, record: &Record, end: usize) -> Option<usize> {
        let reach = available(self.window, end).min(end);
        // Of the first record nothing is known but what it says itself.
        let last = self.last;
        self.last = last.or(Some(record.secs));
        let found = (1..reach).find(|&start| self.goes_past(start, end));
        self.last = last;
        found
    }

    fn goes_past(&mut self, start: usize, end: usize) -> bool {
        let mut at = start;
        while at < end {
            let record = match self.place(at, true) {
                Place::Record(record) if self.near(&record) => record,
                Place::File(_) => return true,
                _ => return false,
            };
            let next = at + self.total(&record);
            if next > end && self.known(&record, at) {
                return true;
            }
            at = next;
        }
        at > end && self.chain(at).is_some()
    }

    /// Whether a record that is not where one is expected is known by itself, whatever follows it.
    fn known(&mut self, record: &Record, at: usize) -> bool {
        let end = at + self.total(record);
        // So much agreement is no chance.
        let agrees = self.last.is_some() && record.cap_len >= SMALLEST && self.credible(record);
        agrees && available(self.window, end) >= end
    }

    /// Whether a record where one is expected is to be taken for what it says.
    fn believed(&mut self, record: &Record) -> bool {
        if !self.follows(record) {
            return false;
        }
        if self.near(record) && matches!(self.place(0, true), Place::Record(_)) {
            return true;
        }
        // Odd numbers, and by chance one record seems to follow: more must.
        let end = self.total(record);
        matches!(self.place(end, true), Place::End | Place::File(_)) || self.chain(end).is_some()
    }

    /// Whether the input goes on sensibly after this record, or ends with it.
    fn follows(&mut self, record: &Record) -> bool {
        let end = self.total(record);
        if available(self.window, end) < end {
            return false;
        }
        match self.place(end, true) {
            Place::End | Place::File(_) => true,
            Place::Record(next) => next.secs.abs_diff(record.secs) <= FAR,
            Place::Nonsense => false,
        }
    }

    /// Whether records follow each other from `at` on, or a file begins there.
    fn chain(&mut self, mut at: usize) -> Option<()> {
        let mut previous: Option<Record> = None;
        let mut wanted = CHAIN;
        let mut got = 0;
        while got < wanted {
            match self.place(at, true) {
                Place::Record(record) => {
                    if previous.is_some_and(|p| p.secs.abs_diff(record.secs) > FAR / 12) {
                        return None;
                    }
                    if !self.near(&record) {
                        // Of another capture: more must follow each other.
                        wanted = CHAIN_FAR;
                    }
                    if self.known(&record, at) {
                        return Some(());
                    }
                    at += self.total(&record);
                    if available(self.window, at) < at {
                        return None;
                    }
                    previous = Some(record);
                    got += 1;
                }
                Place::End => return previous.filter(|_| wanted == CHAIN).map(|_| ()),
                Place::File(_) => return Some(()),
                Place::Nonsense => return None,
            }
        }
        Some(())
    }

    /// The first place of the next `span` bytes from which records follow each other.
    fn find(&mut self, from: usize, span: usize) -> Option<usize> {
        let end = available(self.window, from + span).min(from + span);
        let mut at = from;
        while at < end {
            let zeros = leading_zeros(self.window.peek().get(at..end).unwrap_or_default());
            if zeros >= RECORD_HEADER {
                // No record begins with nothing but zeros, and files have long holes.
                at += zeros - RECORD_HEADER + 1;
            } else if self.chain(at).is_some() {
                return Some(at);
            } else {
                at += 1;
            }
        }
        None
    }
}
