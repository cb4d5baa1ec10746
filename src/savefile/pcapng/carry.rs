//! What a copy keeps though it is not understood: blocks between packets, options of packets.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::{
    FRAME, Frame, INTERFACE, NAMES, OLD_PACKET, PACKET, SECRETS, SECTION, SIMPLE_PACKET, STATISTICS,
};
use super::code::{Shape, common_shape, packet_shape, statistics_shape, value};
use super::interface::InterfaceDescription;
use super::option::{BlockOptions, DROP_COUNT, END, Value, put};
use super::stamp::Stamp;
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::merge;

/// Most bytes of blocks that wait for the next packet to be written.
const WAITING_MAX: usize = 16 << 20;
/// Most bytes of names and secrets that are repeated in each file of a rotation.
const LASTING_MAX: usize = 1 << 20;

/// Carries from readers to a [`PcapngWriter`](super::PcapngWriter) what is no packet: descriptions of
/// interfaces, names, decryption secrets, statistics, custom blocks; and the options of each
/// packet, comments among them.
///
/// Give it to each reader with [`PcapngReader::carry`](super::PcapngReader::carry) before its first packet,
/// and to the writer with [`PcapngWriter::carry`](super::PcapngWriter::carry). The writer uses it for the
/// packet the reader is at, so a packet must be written before its reader goes on.
///
/// With several readers, packets must have the interface numbers that [`number`](Self::number)
/// gives: those of [`Merge`](crate::savefile::Merge).
#[derive(Debug, Clone)]
pub struct Carried {
    parts: Vec<Part>,
    /// Most bytes kept of a packet, whatever the interfaces said.
    snaplen: u32,
}

impl Carried {
    /// For this many readers.
    pub fn new(sources: usize) -> Self {
        let parts = std::iter::repeat_with(Part::default).take(sources.max(1)).collect();
        Self { parts, snaplen: u32::MAX }
    }

    /// Describes the interfaces as keeping so many bytes of a packet at most: who copies the packets
    /// cuts them.
    #[must_use]
    pub fn cut_to(self, snaplen: u32) -> Self {
        Self { snaplen, ..self }
    }

    pub(super) fn snaplen(&self) -> u32 {
        self.snaplen
    }

    /// The number that an interface of a reader has among the interfaces of all.
    pub fn number(&self, source: usize, interface: u32) -> u32 {
        merge::number(self.parts.len(), source, interface)
    }

    /// The reader and its interface that a number means.
    pub(super) fn origin(&self, number: u32) -> (usize, u32) {
        merge::origin(self.parts.len(), number)
    }

    pub(crate) fn part(&self, source: usize) -> Option<&Part> {
        self.parts.get(source)
    }

    pub(super) fn sources(&self) -> usize {
        self.parts.len()
    }
}

/// What comes from one reader.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    load: Mutex<Load>,
    /// Whether there is anything in the load: most packets bring nothing with them.
    news: AtomicBool,
}

/// All in the byte order of this machine.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// The interfaces described so far.
    pub(super) interfaces: Vec<InterfaceDescription>,
    /// How many of them a writer has described.
    pub(super) described: usize,
    /// Whole blocks that came since the last packet that was written.
    pub(super) blocks: Vec<u8>,
    /// Of those written: what the packets of a later file cannot be understood without.
    pub(super) lasting: Vec<u8>,
    /// Options of the current packet, with their end.
    pub(super) options: Vec<u8>,
    /// The current packet has no time.
    pub(super) timeless: bool,
}

impl Load {
    /// Keeps a block that was written, for files that begin later.
    pub(super) fn remember(&mut self, block: &[u8]) {
        let kind = ByteOrder::NATIVE.u32_at(block, 0);
        if matches!(kind, Some(NAMES | SECRETS)) && self.lasting.len() + block.len() <= LASTING_MAX {
            self.lasting.extend(block);
        }
    }
}

impl Part {
    pub(super) fn load(&self) -> MutexGuard<'_, Load> {
        // Whoever panicked left whole blocks.
        self.0.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the current packet may bring anything with it.
    pub(super) fn has_news(&self) -> bool {
        self.0.news.load(Ordering::Acquire)
    }

    fn tell(&self, news: bool) {
        self.0.news.store(news, Ordering::Release);
    }

    /// Goes on with what another has taken up.
    pub(super) fn take_over(&self, other: &Self) {
        let taken = std::mem::take(&mut *other.load());
        *self.load() = taken;
        self.tell(true);
    }

    /// Takes up an interface.
    pub(crate) fn interface(&self, interface: InterfaceDescription) {
        self.load().interfaces.push(interface);
        self.tell(true);
    }

    /// Takes up any other block; `first` is the index of the section's first interface.
    pub(super) fn block(
        &self,
        frame: Frame,
        bytes: &[u8],
        interfaces: &[InterfaceDescription],
        first: usize,
    ) {
        let block = match frame.kind {
            SECTION | INTERFACE => None,
            STATISTICS => statistics(frame, bytes, interfaces, first),
            _ => native(frame, bytes),
        };
        let Some(block) = block else { return };
        let mut load = self.load();
        if load.blocks.len() + block.len() <= WAITING_MAX {
            load.blocks.extend(block);
        }
        drop(load);
        self.tell(true);
    }

    /// Takes up the options of the packet that comes now.
    pub(super) fn packet(&self, frame: Frame, bytes: &[u8], options: BlockOptions<'_>) {
        if frame.kind == PACKET && options.is_empty() && !self.has_news() {
            return;
        }
        let mut load = self.load();
        load.options.clear();
        load.timeless = frame.kind == SIMPLE_PACKET;
        if frame.kind == OLD_PACKET {
            // What became an option later was a field then; all ones is unknown.
            let lost = frame.order.u16_at(frame.body(bytes), 2).filter(|&lost| lost != 0 && lost != u16::MAX);
            if let Some(lost) = lost {
                put(&mut load.options, DROP_COUNT, &u64::from(lost).to_ne_bytes());
            }
        }
        put_options(&mut load.options, options, frame.order, packet_shape);
        let waiting = !load.blocks.is_empty() || load.interfaces.len() > load.described;
        let news = waiting || load.timeless || !load.options.is_empty();
        drop(load);
        self.tell(news);
    }
}

/// Adds options in this machine's order; with the end of the list if there are any.
fn put_options(out: &mut Vec<u8>, options: BlockOptions<'_>, order: ByteOrder, shape: fn(u16) -> Shape) {
    for Value { code, bytes } in options {
        put(out, code, &value(bytes, order, shape(code)));
    }
    if !out.is_empty() {
        put(out, END, &[]);
    }
}

/// A block of these parts in the byte order of this machine.
fn framed(kind: u32, body: &[u8], options: &[u8]) -> Option<Vec<u8>> {
    let total = u32::try_from(body.len() + options.len() + FRAME).ok()?.to_ne_bytes();
    Some([&kind.to_ne_bytes()[..], &total, body, options, &total].concat())
}

/// Statistics of an interface, whose number becomes that among the interfaces of all sections and
/// whose times become nanoseconds, as the copy has them.
fn statistics(
    frame: Frame,
    bytes: &[u8],
    interfaces: &[InterfaceDescription],
    first: usize,
) -> Option<Vec<u8>> {
    let (order, body) = (frame.order, frame.body(bytes));
    let index = first.checked_add(order.u32_at(body, 0)? as usize)?;
    let interface = interfaces.get(index)?;
    let stamp = |at: &[u8]| {
        let high = u64::from(order.u32_at(at, 0)?);
        let low = u64::from(order.u32_at(at, 4)?);
        Some(Stamp::of(interface.clock.time(high << 32 | low)).bytes())
    };
    let mut fixed = Vec::with_capacity(12);
    fixed.extend(u32::try_from(index).ok()?.to_ne_bytes());
    fixed.extend(stamp(body.get(4..)?)?);
    let mut options = Vec::new();
    for option in BlockOptions::new(body.get(12..)?, order) {
        match option.code {
            2 | 3 => {
                if let Some(time) = stamp(option.bytes) {
                    put(&mut options, option.code, &time);
                }
            }
            code => put(&mut options, code, &value(option.bytes, order, statistics_shape(code))),
        }
    }
    if !options.is_empty() {
        put(&mut options, END, &[]);
    }
    framed(STATISTICS, &fixed, &options)
}

/// A block in the byte order of this machine; `None` for a foreign one of unknown type.
fn native(frame: Frame, bytes: &[u8]) -> Option<Vec<u8>> {
    if frame.order == ByteOrder::NATIVE {
        return Some(bytes.to_vec());
    }
    let order = frame.order;
    let body = frame.body(bytes);
    let mut out = Vec::with_capacity(body.len());
    let mut options = Vec::new();
    let mut word = |at: usize| order.u32_at(body, at).map(|n| out.extend(n.to_ne_bytes()));
    match frame.kind {
        // Custom: an enterprise's number and what only it knows.
        0xbad | 0x4000_0bad => {
            word(0)?;
            out.extend(body.get(4..)?);
        }
        // An entry of systemd's journal: text.
        9 => out.extend(body),
        // Type, length, bytes.
        SECRETS => {
            for at in [0, 4] {
                word(at)?;
            }
            let end = (order.u32_at(body, 4)? as usize).checked_next_multiple_of(4)?.checked_add(8)?;
            out.extend(body.get(8..end)?);
            put_options(&mut options, BlockOptions::new(body.get(end..)?, order), order, common_shape);
        }
        // Records that look like options, ended like options; then options.
        NAMES => {
            let mut records = BlockOptions::new(body, order);
            while let Some(Ok(record)) = records.strict() {
                put(&mut out, record.code, record.bytes);
                if record.code == END {
                    put_options(&mut options, records, order, common_shape);
                    break;
                }
            }
        }
        _ => return None,
    }
    framed(frame.kind, &out, &options)
}
