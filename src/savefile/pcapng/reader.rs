//! Reading pcapng.
use std::io::Read;
use std::ops::Range;
use std::time::Duration;

use super::block::{
    self, BLOCK_MAX, FRAME, Frame, INTERFACE, OLD_PACKET, PACKET, Read1, SECTION, SIMPLE_PACKET,
};
use super::carry::{Carried, Part};
use super::code::section_value;
use super::describe::SectionOptions;
use super::interface::InterfaceDescription;
use super::option::{self, BlockOptions, DROP_COUNT, FLAGS};
use crate::error::{Error, ErrorKind};
use crate::packet::{Packet, PacketDirection, Source, Step, Timestamp};
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::linktype;
use crate::savefile::pcap::Precision;
use crate::savefile::pseudo;
use crate::savefile::window::Window;
use crate::wire::LinkType;

/// The fixed part of an Enhanced Packet Block, and of an obsolete one.
const PACKET_FIXED: usize = 20;

/// Most interfaces of all sections together: a description is small in the file, not in memory.
const INTERFACES_MAX: usize = 1 << 20;

/// Most bytes of names and other words that are kept of all interfaces together.
const WORDS_MAX: usize = 4 << 20;

/// Reads pcapng from any stream.
///
/// Packets are borrowed from the reader's buffer. [`Packet::interface`] is an index into
/// [`interfaces`](Self::interfaces), which counts on across sections.
#[derive(Debug)]
pub struct PcapngReader<R> {
    window: Window<R>,
    order: ByteOrder,
    /// Longest block accepted, in bytes.
    limit: u32,
    interfaces: Vec<InterfaceDescription>,
    /// Index of the first interface of this section.
    section: usize,
    state: State,
    current: Current,
    /// Until the first packet, and longer if somebody wants it.
    carried: Option<Part>,
    /// Whether somebody wants it.
    wanted: bool,
    /// Bytes that the words of all interfaces take.
    words: usize,
    /// What the first section header says.
    about: SectionOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has been read.
    Start,
    /// No interface has been described yet.
    Header,
    Packets,
    /// After the end or an error nothing more comes.
    Done,
}

/// The block at the front of the window, and what it says if it is a packet.
#[derive(Debug, Clone, Default)]
struct Current {
    /// Whole length in the file, passed over by the next step.
    total: usize,
    time: Timestamp,
    wire_len: u32,
    link: Option<LinkType>,
    interface: u32,
    direction: PacketDirection,
    /// Where the data is, from the block's start.
    data: Range<usize>,
    /// Where the options are.
    options: Range<usize>,
}

/// What a step over one block came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A packet, ready to be given.
    Packet,
    /// Any other block.
    Other(Frame),
    Idle,
    End,
}

impl<R: Read + Send> PcapngReader<R> {
    /// Reads up to the first interface description.
    ///
    /// # Errors
    /// The stream fails, is not pcapng, or describes no interface.
    pub fn new(stream: R) -> Result<Self, Error> {
        Self::from_window(Window::new(stream))
    }

    pub(crate) fn from_window(window: Window<R>) -> Result<Self, Error> {
        let mut reader = Self::unread(window);
        reader.carried = Some(Part::default());
        while reader.interfaces.is_empty() {
            reader.step()?;
        }
        Ok(reader)
    }

    /// A reader of which nothing has been read, for those who want every block.
    pub(super) fn unread(window: Window<R>) -> Self {
        Self {
            window,
            order: ByteOrder::NATIVE,
            limit: BLOCK_MAX,
            interfaces: Vec::new(),
            section: 0,
            state: State::Start,
            current: Current::default(),
            carried: None,
            wanted: false,
            words: 0,
            about: SectionOptions::default(),
        }
    }

    /// The byte order of the current section.
    pub fn byte_order(&self) -> ByteOrder {
        self.order
    }

    /// From now on what is no packet is carried to a [`PcapngWriter`](super::PcapngWriter), as coming from
    /// reader number `source`: with what has come so far, if no packet has.
    pub fn carry(&mut self, to: &Carried, source: usize) {
        let Some(part) = to.part(source) else { return };
        if let Some(own) = self.carried.take() {
            part.take_over(&own);
        }
        for interface in &self.interfaces {
            part.interface(interface.clone());
        }
        self.carried = Some(part.clone());
        self.wanted = true;
    }

    /// What the first section header says of where the file comes from.
    pub fn section(&self) -> &SectionOptions {
        &self.about
    }

    /// The interfaces described so far, of all sections.
    pub fn interfaces(&self) -> &[InterfaceDescription] {
        &self.interfaces
    }

    /// The largest snapshot length of the interfaces described so far, and of those whose
    /// description follows before the next packet, as far as it has been read from the stream.
    pub fn largest_snaplen(&self) -> u32 {
        let known = self.interfaces.iter().map(|interface| interface.snaplen);
        known
            .chain(self.following().map(|interface| interface.snaplen))
            .max()
            .unwrap_or(linktype::MAX_SNAPLEN)
    }

    /// What holds the times of all packets, as far as that is known in the same way.
    pub fn finest_precision(&self) -> Precision {
        let known = self.interfaces.iter().map(InterfaceDescription::precision);
        let mut all = known.chain(self.following().map(|interface| interface.precision()));
        if all.any(|precision| precision == Precision::Nano) { Precision::Nano } else { Precision::Micro }
    }

    /// The interfaces whose description follows before the next packet, as far as it has been read.
    fn following(&self) -> impl Iterator<Item = InterfaceDescription> {
        let ahead = self.window.peek().get(self.current.total..).unwrap_or_default();
        block::complete(ahead, self.order)
            .take_while(|(frame, _)| !matches!(frame.kind, SECTION | PACKET | SIMPLE_PACKET | OLD_PACKET))
            .filter(|(frame, _)| frame.kind == INTERFACE)
            .filter_map(|(frame, bytes)| InterfaceDescription::parse(frame.body(bytes), frame.order).ok())
    }

    /// The options of the current packet: comments, flags, hashes, drop count.
    pub fn options(&self) -> BlockOptions<'_> {
        let bytes = self.window.peek().get(self.current.options.clone()).unwrap_or_default();
        BlockOptions::new(bytes, self.order)
    }

    /// The comments of the current packet. From the file: they can hold any character.
    pub fn comments(&self) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        let comments = self.options().filter(|option| option.code == option::COMMENT);
        comments.map(|option| String::from_utf8_lossy(option.bytes))
    }

    /// How many packets were lost just before the current one, where the file tells.
    pub fn drop_count(&self) -> Option<u64> {
        self.options().find(DROP_COUNT)?.first_chunk().map(|bytes| self.order.u64(*bytes))
    }

    /// How many bytes of the file lie before the current block.
    pub fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// The current block, whole.
    pub(super) fn raw(&self) -> &[u8] {
        self.window.peek().get(..self.current.total).unwrap_or_default()
    }

    /// Goes to the next block.
    pub(super) fn step(&mut self) -> Result<Event, Error> {
        self.window.consume(std::mem::take(&mut self.current).total);
        let event = self.read_block();
        if let Ok(Event::End) | Err(_) = event {
            self.state = State::Done;
        }
        event
    }

    fn read_block(&mut self) -> Result<Event, Error> {
        let read = match self.state {
            State::Start => block::first(&mut self.window)?,
            State::Header | State::Packets => block::next(&mut self.window, self.order, self.limit)?,
            State::Done => return Ok(Event::End),
        };
        let frame = match read {
            Read1::Block(frame) => frame,
            Read1::Interrupted => return Ok(Event::Idle),
            Read1::End if self.state == State::Header => {
                let text = "the capture file has no Interface Description Blocks";
                return Err(Error::new(ErrorKind::Format, text));
            }
            Read1::End => return Ok(Event::End),
        };
        let is_packet = match frame.kind {
            PACKET | SIMPLE_PACKET | OLD_PACKET => {
                self.read_packet(frame)?;
                true
            }
            INTERFACE => {
                let interface = InterfaceDescription::parse(frame.body(self.window.peek()), self.order)?;
                if self.interfaces.len() >= INTERFACES_MAX {
                    let text = format!("the capture file has more than {INTERFACES_MAX} interfaces");
                    return Err(Error::new(ErrorKind::Format, text));
                }
                self.describe(interface);
                false
            }
            SECTION => {
                self.begin_section(frame)?;
                false
            }
            // Names, statistics, secrets, custom and unknown blocks are passed over.
            _ => false,
        };
        self.current.total = frame.total;
        if self.carried.is_some() {
            self.take_up(frame, is_packet);
        }
        Ok(if is_packet { Event::Packet } else { Event::Other(frame) })
    }

    #[cold]
    fn take_up(&mut self, frame: Frame, is_packet: bool) {
        let Some(part) = &self.carried else { return };
        if !is_packet {
            part.block(frame, self.raw(), &self.interfaces, self.section);
        } else if self.wanted {
            part.packet(frame, self.raw(), self.options());
        } else {
            self.carried = None;
        }
    }

    fn describe(&mut self, mut interface: InterfaceDescription) {
        // Room for the largest packet of the type and 128 KiB of options.
        let room = linktype::max_snaplen(interface.link).saturating_add(131_072 + 32);
        self.limit = self.limit.max(room);
        let words = self.words + interface.weight();
        if words <= WORDS_MAX {
            self.words = words;
        } else {
            interface.forget();
        }
        if let Some(part) = self.carried.as_ref().filter(|_| self.wanted) {
            part.interface(interface.clone());
        }
        self.interfaces.push(interface);
        self.state = State::Packets;
    }

    fn begin_section(&mut self, frame: Frame) -> Result<(), Error> {
        let bytes = self.window.peek();
        let version = (frame.order.u16_at(bytes, 12), frame.order.u16_at(bytes, 14));
        let major = version.0.unwrap_or_default();
        let error = match self.state {
            State::Start => match version {
                (Some(1), Some(0 | 2)) => None,
                (_, minor) => {
                    Some(format!("unsupported pcapng savefile version {major}.{}", minor.unwrap_or_default()))
                }
            },
            // libpcap looks at nothing but interfaces until it has one.
            State::Header => None,
            _ if frame.total < FRAME + 16 => return Err(block::too_short(SECTION)),
            _ if block::section_order(bytes).is_none() => {
                Some("the file has a section with a bad byte order magic field".to_owned())
            }
            _ if major != 1 => Some(format!("unknown pcapng savefile major version number {major}")),
            _ => None,
        };
        if let Some(text) = error {
            return Err(Error::new(ErrorKind::Format, text));
        }
        if self.state == State::Start {
            self.state = State::Header;
            let options = BlockOptions::new(frame.body(bytes).get(16..).unwrap_or_default(), frame.order);
            let mut about = SectionOptions::default();
            for option in options {
                let place = match option.code {
                    option::COMMENT if about.comment.is_none() => &mut about.comment,
                    2 => &mut about.hardware,
                    3 => &mut about.os,
                    4 => &mut about.application,
                    code => {
                        about.others.push((code, section_value(option, frame.order)));
                        continue;
                    }
                };
                *place = Some(String::from_utf8_lossy(option.bytes).into_owned());
            }
            self.about = about;
        }
        self.order = frame.order;
        self.section = self.interfaces.len();
        Ok(())
    }

    fn read_packet(&mut self, frame: Frame) -> Result<(), Error> {
        if self.state == State::Header {
            let text = "the capture file has a packet block before any Interface Description Blocks";
            return Err(Error::new(ErrorKind::Format, text));
        }
        let order = self.order;
        let body = frame.body(self.window.peek());
        let at = |offset| order.u32_at(body, offset).ok_or_else(|| block::too_short(frame.kind));
        let (id, stamp, lengths, fixed) = if frame.kind == SIMPLE_PACKET {
            (0, 0, (None, at(0)?), 4)
        } else {
            let lengths = (Some(at(12)?), at(16)?);
            let id = match frame.kind {
                PACKET => at(0)?,
                _ => order.u16_at(body, 0).map_or(0, u32::from),
            };
            (id, u64::from(at(4)?) << 32 | u64::from(at(8)?), lengths, PACKET_FIXED)
        };
        let index = self.section + id as usize;
        let Some(interface) = self.interfaces.get(index) else {
            return Err(no_interface(id));
        };
        let cap_len = lengths.0.unwrap_or(lengths.1.min(interface.snaplen));
        if cap_len > interface.snaplen {
            return Err(too_long(cap_len, interface.snaplen));
        }
        let data = fixed..fixed + cap_len as usize;
        if data.end > body.len() {
            return Err(block::too_short(frame.kind));
        }
        let options = data.end.next_multiple_of(4)..body.len();
        let mut direction = PacketDirection::Unknown;
        if frame.kind != SIMPLE_PACKET && !options.is_empty() {
            let list = BlockOptions::new(body.get(options.clone()).unwrap_or_default(), order);
            let flags = list.find(FLAGS).and_then(|bytes| bytes.first_chunk());
            direction = match flags.map(|flags| order.u32(*flags) & 3) {
                Some(1) => PacketDirection::In,
                Some(2) => PacketDirection::Out,
                _ => PacketDirection::Unknown,
            };
        }
        let shifted = |range: Range<usize>| range.start + block::HEADER..range.end + block::HEADER;
        self.current = Current {
            total: frame.total,
            time: interface.clock.time(stamp),
            wire_len: lengths.1,
            link: Some(interface.link),
            interface: u32::try_from(index).unwrap_or(u32::MAX),
            direction,
            data: shifted(data.clone()),
            options: if frame.kind == SIMPLE_PACKET { 0..0 } else { shifted(options) },
        };
        if order != ByteOrder::NATIVE {
            let link = interface.link;
            let data = self.window.peek_mut().get_mut(shifted(data));
            pseudo::to_native(link, data.unwrap_or_default());
        }
        Ok(())
    }
}

impl<R: Read + Send> Source for PcapngReader<R> {
    fn advance(&mut self, _timeout: Option<Duration>) -> Result<Step, Error> {
        loop {
            match self.step()? {
                Event::Packet => return Ok(Step::Packet),
                Event::Other(_) => {}
                Event::Idle => return Ok(Step::Idle),
                Event::End => return Ok(Step::End),
            }
        }
    }

    #[inline]
    fn packet(&self) -> Packet<'_> {
        let current = &self.current;
        let data = self.window.peek().get(current.data.clone()).unwrap_or_default();
        Packet {
            time: current.time,
            wire_len: current.wire_len,
            interface: current.interface,
            direction: current.direction,
            ..Packet::new(current.link.unwrap_or_else(|| self.link_type()), data)
        }
    }

    fn link_type(&self) -> LinkType {
        self.interfaces.first().map_or(LinkType::NULL, |interface| interface.link)
    }

    fn snaplen(&self) -> u32 {
        self.interfaces.first().map_or(linktype::MAX_SNAPLEN, |interface| interface.snaplen)
    }
}

#[cold]
fn no_interface(id: u32) -> Error {
    let text = format!(
        "a packet arrived on interface {id}, but there's no Interface Description Block for that interface"
    );
    Error::new(ErrorKind::Format, text)
}

#[cold]
fn too_long(cap_len: u32, snaplen: u32) -> Error {
    let text = format!("invalid packet capture length {cap_len}, bigger than snaplen of {snaplen}");
    Error::new(ErrorKind::Format, text)
}
