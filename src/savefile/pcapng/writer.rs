//! Writing pcapng.
use std::collections::HashMap;

use super::block::{INTERFACE, ORDER_MAGIC, PACKET, SECTION, SIMPLE_PACKET, STATISTICS};
use super::carry::{Carried, Load, Part};
use super::describe::{InterfaceOptions, SectionOptions};
use super::option::{self, DROP_COUNT, FLAGS, put, put_text};
use super::stamp::Stamp;
use crate::error::Error;
use crate::packet::{Packet, PacketDirection};
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::sink::{Records, Sink};
use crate::savefile::{InterfaceStatistics, PacketWriter};
use crate::wire::LinkType;

/// Writes pcapng: nanosecond times, one section, any number of interfaces.
///
/// Each packet says which way it went and how many were lost before it, where that is
/// known. Interfaces that were not described are described when their first packet comes.
/// Records are written whole, as with [`pcap::PcapWriter`](crate::savefile::pcap::PcapWriter).
///
/// ```
/// use synack::savefile::{pcapng, PacketWriter};
/// use synack::{LinkType, Packet, Source};
///
/// # fn main() -> Result<(), synack::Error> {
/// let mut writer = pcapng::PcapngWriter::new(Vec::new(), "memory", &pcapng::SectionOptions::default())?;
/// let eth0 = pcapng::InterfaceOptions {
///     name: Some("eth0".into()),
///     ..pcapng::InterfaceOptions::new(LinkType::ETHERNET)
/// };
/// writer.describe(Some(2), &eth0)?; // packets of interface 2 will belong to it
/// writer.write(&Packet { interface: 2, ..Packet::new(LinkType::ETHERNET, b"frame") })?;
/// let file = writer.into_sink()?;
///
/// let mut reader = pcapng::PcapngReader::new(&file[..])?;
/// assert_eq!(reader.next_packet()?.map(|p| p.data), Some(&b"frame"[..]));
/// assert_eq!(reader.interfaces()[0].name(), Some("eth0"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PcapngWriter<S: Sink> {
    records: Records<S>,
    /// Interface numbers in the file.
    ids: HashMap<Key, u32>,
    /// The one used last: most files have only one.
    last: Option<(Key, u32)>,
    count: u32,
    /// Losses to report with the next packet of an interface.
    drops: HashMap<u32, u64>,
    scratch: Vec<u8>,
    carried: Option<Carried>,
    /// How many interfaces of each reader have been described.
    described: Vec<usize>,
    /// The options of a packet that a reader gave.
    given: Vec<u8>,
    /// The packet has no time.
    timeless: bool,
    /// Most bytes kept of a packet of interface 0.
    first_snaplen: u32,
}

/// The caller's number of an interface (`None`: all of a link type), and the link type:
/// a device that changes its type is a new interface in the file.
type Key = (Option<u32>, LinkType);

impl<S: Sink> PcapngWriter<S> {
    /// Writes the section header at once. `name` is what errors call the file.
    ///
    /// # Errors
    /// The sink fails; it is left empty then.
    pub fn new(sink: S, name: impl Into<String>, section: &SectionOptions) -> Result<Self, Error> {
        Self::begin(Records::new(sink, name.into()), section)
    }

    /// The same, compressed. Whoever reads it sees whole streams only.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    #[cfg(feature = "compress")]
    pub fn compressed(
        sink: S,
        name: impl Into<String>,
        section: &SectionOptions,
        compression: crate::savefile::Compression,
    ) -> Result<Self, Error> {
        Self::begin(Records::new(sink, name.into()).compressed(compression)?, section)
    }

    fn begin(mut records: Records<S>, section: &SectionOptions) -> Result<Self, Error> {
        let mut body = Vec::with_capacity(256);
        body.extend(ORDER_MAGIC.to_ne_bytes());
        body.extend(1u16.to_ne_bytes());
        body.extend(0u16.to_ne_bytes());
        // Length of the section: not known in advance.
        body.extend(u64::MAX.to_ne_bytes());
        debug_assert_eq!(body.len(), SECTION_FIXED);
        let options = [
            (option::COMMENT, &section.comment),
            (2, &section.hardware),
            (3, &section.os),
            (4, &section.application),
        ];
        put_texts(&mut body, &options);
        for (code, value) in &section.others {
            put(&mut body, *code, value);
        }
        if body.len() > SECTION_FIXED {
            put(&mut body, option::END, &[]);
        }
        // Gathered like the interfaces that follow: a section without any is no capture file for
        // some readers, so none is to see it alone.
        records.push_other(&block(SECTION, &body))?;
        Ok(Self {
            records,
            ids: HashMap::new(),
            last: None,
            count: 0,
            drops: HashMap::new(),
            scratch: Vec::new(),
            carried: None,
            described: Vec::new(),
            given: Vec::new(),
            timeless: false,
            first_snaplen: 0,
        })
    }

    /// Describes an interface; packets whose `interface` is `number` and whose link type
    /// is the same will belong to it. `None` takes every packet of the link type that
    /// has no interface of its own.
    ///
    /// # Errors
    /// The sink fails.
    pub fn describe(&mut self, number: Option<u32>, options: &InterfaceOptions) -> Result<(), Error> {
        self.add((number, options.link), options).map(|_| ())
    }

    fn add(&mut self, key: Key, options: &InterfaceOptions) -> Result<u32, Error> {
        let mut body = Vec::with_capacity(128);
        // The field has 16 bits: all assigned link types fit.
        let link = u16::try_from(options.link.in_files().0).unwrap_or(u16::MAX);
        body.extend(link.to_ne_bytes());
        body.extend([0, 0]);
        body.extend(options.snaplen.to_ne_bytes());
        put_text(&mut body, 2, options.name.as_deref());
        put_text(&mut body, 3, options.description.as_deref());
        // Resolution: nanoseconds.
        put(&mut body, 9, &[9]);
        let filter = options.filter.as_deref().filter(|filter| !filter.is_empty());
        put_text(&mut body, 11, filter.map(|filter| format!("\0{filter}")).as_deref());
        put_text(&mut body, 12, options.os.as_deref());
        if let Some(length) = options.fcs_len {
            put(&mut body, 13, &[length]);
        }
        for (code, value) in &options.others {
            put(&mut body, *code, value);
        }
        put(&mut body, option::END, &[]);
        self.records.push_other(&block(INTERFACE, &body))?;
        let id = self.count;
        if id == 0 {
            self.first_snaplen = options.snaplen;
        }
        self.count += 1;
        self.ids.insert(key, id);
        self.last = None;
        Ok(id)
    }

    /// Keeps what readers carry: their interfaces are described now and as they come, their blocks
    /// come before the next packet of theirs, and each packet has the options it was read with.
    ///
    /// # Errors
    /// The sink fails.
    ///
    /// ```
    /// use synack::savefile::{PacketWriter, pcapng};
    /// use synack::{LinkType, Packet, Source};
    ///
    /// # fn main() -> Result<(), synack::Error> {
    /// # let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", &Default::default())?;
    /// # writer.write(&Packet::new(LinkType::ETHERNET, b"frame"))?;
    /// # let mut original = writer.into_sink()?;
    /// // A custom block that nobody here understands.
    /// original.extend([0x0bad_u32, 20, 0xabcd, 0x1234, 20].map(u32::to_ne_bytes).concat());
    /// let mut reader = pcapng::PcapngReader::new(&original[..])?;
    /// let mut writer = pcapng::PcapngWriter::new(Vec::new(), "copy", reader.section())?;
    /// let carried = pcapng::Carried::new(1);
    /// reader.carry(&carried, 0);
    /// writer.carry(carried)?;
    /// while let Some(packet) = reader.next_packet()? {
    ///     writer.write(&packet)?;
    /// }
    /// assert!(writer.into_sink()?.ends_with(&original[original.len() - 20..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn carry(&mut self, carried: Carried) -> Result<(), Error> {
        self.described = vec![0; carried.sources()];
        self.carried = Some(carried);
        for source in 0..self.described.len() {
            let lasting = self.load(source, |load| load.lasting.clone());
            self.describe_new(source)?;
            self.put_blocks(&lasting.unwrap_or_default())?;
        }
        Ok(())
    }

    /// Uses what a reader carries.
    fn load<T>(&self, source: usize, f: impl FnOnce(&mut Load) -> T) -> Option<T> {
        let part = self.carried.as_ref()?.part(source)?;
        Some(f(&mut part.load()))
    }

    /// Describes the interfaces that a reader has come upon.
    fn describe_new(&mut self, source: usize) -> Result<(), Error> {
        let from = self.described.get(source).copied().unwrap_or_default();
        let new = self.load(source, |load| load.interfaces.get(from..).unwrap_or_default().to_vec());
        for (interface, local) in new.unwrap_or_default().iter().zip(from..) {
            let local = u32::try_from(local).unwrap_or(u32::MAX);
            let number = self.carried.as_ref().map_or(local, |carried| carried.number(source, local));
            let mut options = interface.to_options();
            options.snaplen = options.snaplen.min(self.carried.as_ref().map_or(u32::MAX, Carried::snaplen));
            self.describe(Some(number), &options)?;
            if let Some(count) = self.described.get_mut(source) {
                *count += 1;
            }
        }
        let count = self.described.get(source).copied().unwrap_or_default();
        self.load(source, |load| load.described = count);
        Ok(())
    }

    /// Writes what a reader has carried here.
    #[cold]
    fn deliver(&mut self, source: usize) -> Result<(), Error> {
        self.describe_new(source)?;
        let blocks = self.load(source, |load| std::mem::take(&mut load.blocks)).unwrap_or_default();
        let statistics = |block: &[u8]| ByteOrder::NATIVE.u32_at(block, 0) == Some(STATISTICS);
        for block in Blocks(&blocks) {
            if !statistics(block) {
                self.records.push_other(block)?;
                self.load(source, |load| load.remember(block));
            } else if let Some(block) = self.renumbered(source, block) {
                self.records.push_other(&block)?;
            }
        }
        Ok(())
    }

    fn put_blocks(&mut self, blocks: &[u8]) -> Result<(), Error> {
        Blocks(blocks).try_for_each(|block| self.records.push_other(block))
    }

    /// Statistics with this file's number of the interface.
    fn renumbered(&self, source: usize, block: &[u8]) -> Option<Vec<u8>> {
        let local = ByteOrder::NATIVE.u32_at(block, 8)?;
        let link = self.load(source, |load| Some(load.interfaces.get(local as usize)?.link))??;
        let number = self.carried.as_ref()?.number(source, local);
        let id = self.ids.get(&(Some(number), link))?;
        let mut block = block.to_vec();
        block.get_mut(8..12)?.copy_from_slice(&id.to_ne_bytes());
        Some(block)
    }

    /// Whether a Simple Packet Block says all there is to say of a packet: its length follows from
    /// the snapshot length of interface 0.
    fn is_simple(&self, id: u32, packet: &Packet<'_>) -> bool {
        let most = if self.first_snaplen == 0 { u32::MAX } else { self.first_snaplen };
        id == 0 && packet.data.len() == packet.wire_len.min(most) as usize
    }

    #[cold]
    fn write_simple(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        let mut body = Vec::with_capacity(packet.data.len() + 8);
        body.extend(packet.wire_len.to_ne_bytes());
        body.extend(packet.data);
        body.resize(body.len().next_multiple_of(4), 0);
        self.records.push(&[&block(SIMPLE_PACKET, &body)])
    }

    /// Everything carried for a packet, before it is written: its options are in `given` then.
    fn collect(&mut self, interface: u32) -> Result<(), Error> {
        self.given.clear();
        self.timeless = false;
        let Some(carried) = &self.carried else { return Ok(()) };
        let (source, _) = carried.origin(interface);
        if !carried.part(source).is_some_and(Part::has_news) {
            return Ok(());
        }
        let known = self.described.get(source).copied().unwrap_or_default();
        let Some(part) = carried.part(source) else { return Ok(()) };
        let load = part.load();
        // A copy: a write that fails may be tried again.
        self.given.extend_from_slice(&load.options);
        self.timeless = load.timeless;
        let news = !load.blocks.is_empty() || load.interfaces.len() > known;
        drop(load);
        if news { self.deliver(source) } else { Ok(()) }
    }

    /// Reports `count` packets lost on interface `number`: it is written with the next
    /// packet of that interface.
    pub fn note_drops(&mut self, number: u32, link: LinkType, count: u64) -> Result<(), Error> {
        let id = self.id(number, link)?;
        let drops = self.drops.entry(id).or_default();
        *drops = drops.saturating_add(count);
        Ok(())
    }

    /// The number in the file of an interface, described now if it is new.
    #[inline]
    fn id(&mut self, number: u32, link: LinkType) -> Result<u32, Error> {
        let key = (Some(number), link);
        match self.last {
            Some((last, id)) if last == key => Ok(id),
            _ => self.find(key),
        }
    }

    #[cold]
    fn find(&mut self, key: Key) -> Result<u32, Error> {
        let known = self.ids.get(&key).or_else(|| self.ids.get(&(None, key.1))).copied();
        let id = match known {
            Some(id) => id,
            None => self.add(key, &InterfaceOptions::new(key.1))?,
        };
        self.last = Some((key, id));
        Ok(id)
    }

    /// Flushes and gives the sink back.
    ///
    /// # Errors
    /// The last write fails.
    pub fn into_sink(mut self) -> Result<S, Error> {
        self.flush()?;
        self.records.finish()
    }
}

impl<S: Sink> PacketWriter for PcapngWriter<S> {
    #[inline]
    fn write(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        if self.carried.is_some() {
            self.collect(packet.interface)?;
        }
        let id = self.id(packet.interface, packet.link)?;
        if self.timeless && self.is_simple(id, packet) {
            return self.write_simple(packet);
        }
        let length = packet.data.len();
        let mut options = [0; 28];
        let options = self.options(id, packet.direction, &mut options);
        let options = if self.given.is_empty() { options } else { &self.given };
        let padding = [0; 3];
        let padding = padding.get(..length.next_multiple_of(4) - length).unwrap_or_default();
        let total = fits(32 + length + padding.len() + options.len());
        let Stamp { high, low } = Stamp::of(packet.time);
        let mut header = [0; 28];
        let fields = [PACKET, total, id, high, low, fits(length), packet.wire_len];
        for (to, field) in header.chunks_exact_mut(4).zip(fields) {
            to.copy_from_slice(&field.to_ne_bytes());
        }
        self.records.push(&[&header, packet.data, padding, options, &total.to_ne_bytes()])
    }

    fn flush(&mut self) -> Result<(), Error> {
        for source in 0..self.described.len() {
            self.deliver(source)?;
        }
        self.records.flush()
    }

    fn retry(&mut self) -> Result<(), Error> {
        self.records.retry()
    }

    fn written(&self) -> u64 {
        self.records.written()
    }

    fn len(&self) -> u64 {
        self.records.len()
    }

    fn held(&self) -> u64 {
        self.records.held()
    }

    fn lost(&mut self, interface: u32, link: LinkType, count: u64) -> Result<(), Error> {
        self.note_drops(interface, link, count)
    }

    fn statistics(&mut self, statistics: &InterfaceStatistics) -> Result<(), Error> {
        let id = self.id(statistics.interface, statistics.link)?;
        let mut body = std::mem::take(&mut self.scratch);
        body.clear();
        body.extend(id.to_ne_bytes());
        body.extend(Stamp::of(statistics.end).bytes());
        for (code, time) in [(2, statistics.start), (3, statistics.end)] {
            put(&mut body, code, &Stamp::of(time).bytes());
        }
        let counts = [
            (4, statistics.received),
            (5, statistics.dropped_by_interface),
            (6, statistics.accepted),
            (7, statistics.dropped_by_kernel),
            (8, statistics.delivered),
        ];
        for (code, count) in counts {
            if let Some(count) = count {
                put(&mut body, code, &count.to_ne_bytes());
            }
        }
        put(&mut body, option::END, &[]);
        let result = self.records.push_other(&block(STATISTICS, &body));
        self.scratch = body;
        result
    }
}

impl<S: Sink> PcapngWriter<S> {
    /// The options of a packet: direction and losses, or nothing.
    #[inline]
    fn options<'a>(&mut self, id: u32, direction: PacketDirection, room: &'a mut [u8; 28]) -> &'a [u8] {
        let flags: u32 = match direction {
            PacketDirection::Unknown => 0,
            PacketDirection::In => 1,
            PacketDirection::Out => 2,
        };
        let drops = if self.drops.is_empty() { None } else { self.drops.remove(&id) };
        let mut used = 0;
        let mut add = |bytes: &[u8]| {
            if let Some(to) = room.get_mut(used..used + bytes.len()) {
                to.copy_from_slice(bytes);
                used += bytes.len();
            }
        };
        let mut any = false;
        for (code, value) in [
            (FLAGS, (flags != 0).then_some(&flags.to_ne_bytes()[..])),
            (DROP_COUNT, drops.map(u64::to_ne_bytes).as_ref().map(|bytes| &bytes[..])),
        ] {
            if let Some(value) = value {
                any = true;
                add(&code.to_ne_bytes());
                add(&(value.len() as u16).to_ne_bytes());
                add(value);
            }
        }
        if any {
            add(&[0; 4]);
        }
        room.get(..used).unwrap_or_default()
    }
}

/// What a section header has before its options: magic, version, length of the section.
const SECTION_FIXED: usize = 16;

fn put_texts(body: &mut Vec<u8>, options: &[(u16, &Option<String>)]) {
    for (code, text) in options {
        put_text(body, *code, text.as_deref());
    }
}

/// A whole block around `body`, whose length is a multiple of 4.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let total = fits(body.len() + 12);
    let mut block = Vec::with_capacity(body.len() + 12);
    block.extend(kind.to_ne_bytes());
    block.extend(total.to_ne_bytes());
    block.extend(body);
    block.extend(total.to_ne_bytes());
    block
}

/// A length as the format holds it. Packets are far below 4 GiB.
fn fits(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Whole blocks one after the other, in the byte order of this machine.
struct Blocks<'a>(&'a [u8]);

impl<'a> Iterator for Blocks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let total = ByteOrder::NATIVE.u32_at(self.0, 4)? as usize;
        let (block, rest) = self.0.split_at_checked(total.max(1))?;
        self.0 = rest;
        Some(block)
    }
}
