//! Interface descriptions as read: link type, limits, and the clock.
use super::block::{INTERFACE, too_short};
use super::code::interface_value;
use super::describe::InterfaceOptions;
use super::option::{BlockOptions, END};
use crate::error::{Error, ErrorKind};
use crate::packet::Timestamp;
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::linktype;
use crate::savefile::pcap::Precision;
use crate::wire::LinkType;

const NAME: u16 = 2;
const DESCRIPTION: u16 = 3;
const TS_RESOLUTION: u16 = 9;
const FILTER: u16 = 11;
const OS: u16 = 12;
const FCS_LENGTH: u16 = 13;
const TS_OFFSET: u16 = 14;

/// An interface, as its description block tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceDescription {
    /// What its packets begin with.
    pub link: LinkType,
    /// Most bytes kept of a packet, never 0.
    pub snaplen: u32,
    /// Length of the frame check sequence in bytes, where the file tells.
    pub fcs_len: Option<u8>,
    pub(crate) clock: Clock,
    /// Most interfaces have few words, hostile files have many interfaces.
    words: Option<Box<Words>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Words {
    name: Option<Box<str>>,
    description: Option<Box<str>>,
    filter: Option<Box<str>>,
    os: Option<Box<str>>,
    /// Options that nobody here understands.
    others: Vec<(u16, Box<[u8]>)>,
}

impl InterfaceDescription {
    /// An interface of which nothing more is known.
    pub(crate) fn plain(link: LinkType, snaplen: u32, fcs_len: Option<u8>) -> Self {
        Self { link, snaplen, fcs_len, clock: Clock::MICROSECONDS, words: None }
    }

    /// What holds the times of its packets: nanoseconds where the file counts finer than microseconds.
    pub fn precision(&self) -> Precision {
        if self.clock.resolution > Clock::MICROSECONDS.resolution {
            Precision::Nano
        } else {
            Precision::Micro
        }
    }

    /// Reads the body of an interface description block.
    pub(crate) fn parse(body: &[u8], order: ByteOrder) -> Result<Self, Error> {
        let (Some(link), Some(snaplen)) = (order.u16_at(body, 0), order.u32_at(body, 4)) else {
            return Err(too_short(INTERFACE));
        };
        let link = LinkType(link.into()).in_files();
        let mut interface = Self::plain(link, linktype::believable_snaplen(link, snaplen), None);
        let (mut resolved, mut offset) = (false, None);
        let mut options = BlockOptions::new(body.get(8..).unwrap_or_default(), order);
        while let Some(option) = options.strict() {
            let option = option.map_err(|_| too_short(INTERFACE))?;
            let text = |bytes: &[u8]| Some(String::from_utf8_lossy(bytes).into());
            match option.code {
                END if option.bytes.is_empty() => break,
                END => return Err(wrong("opt_endofopt", option.bytes.len(), 0)),
                TS_RESOLUTION => match option.bytes {
                    [_] if resolved => return Err(twice("if_tsresol")),
                    [code] => {
                        interface.clock = Clock::from_option(*code)?;
                        resolved = true;
                    }
                    bytes => return Err(wrong("if_tsresol", bytes.len(), 1)),
                },
                TS_OFFSET => match <[u8; 8]>::try_from(option.bytes) {
                    Ok(_) if offset.is_some() => return Err(twice("if_tsoffset")),
                    Ok(bytes) => offset = Some(order.u64(bytes)),
                    Err(_) => return Err(wrong("if_tsoffset", option.bytes.len(), 8)),
                },
                FCS_LENGTH => interface.fcs_len = option.bytes.first().copied(),
                NAME => interface.words().name = text(option.bytes),
                DESCRIPTION => interface.words().description = text(option.bytes),
                // The first byte tells text (0) from BPF instructions (1).
                FILTER if option.bytes.first() == Some(&0) => {
                    interface.words().filter = text(option.bytes.get(1..).unwrap_or_default());
                }
                OS => interface.words().os = text(option.bytes),
                code => interface.words().others.push((code, interface_value(option, order))),
            }
        }
        interface.clock.offset = offset.unwrap_or(0);
        Ok(interface)
    }

    /// Bytes that its words take.
    pub(super) fn weight(&self) -> usize {
        let Some(words) = &self.words else { return 0 };
        let texts = [&words.name, &words.description, &words.filter, &words.os];
        let texts: usize = texts.into_iter().flatten().map(|text| text.len()).sum();
        let others: usize = words.others.iter().map(|(_, value)| 32 + value.len()).sum();
        size_of::<Words>() + texts + others
    }

    /// Forgets its words, for want of room.
    pub(super) fn forget(&mut self) {
        self.words = None;
    }

    /// What a file that takes up its packets should say of it.
    pub fn to_options(&self) -> InterfaceOptions {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        InterfaceOptions {
            snaplen: self.snaplen,
            name: owned(self.name()),
            description: owned(self.description()),
            filter: owned(self.filter()),
            os: owned(self.os()),
            fcs_len: self.fcs_len,
            others: self.words.as_ref().map(|words| words.others.clone()).unwrap_or_default(),
            ..InterfaceOptions::new(self.link)
        }
    }

    fn words(&mut self) -> &mut Words {
        self.words.get_or_insert_default()
    }

    /// Name, like `eth0`. From the file: it can hold any character.
    pub fn name(&self) -> Option<&str> {
        self.words.as_ref()?.name.as_deref()
    }

    /// Description for people.
    pub fn description(&self) -> Option<&str> {
        self.words.as_ref()?.description.as_deref()
    }

    /// Capture filter in words.
    pub fn filter(&self) -> Option<&str> {
        self.words.as_ref()?.filter.as_deref()
    }

    /// Operating system of the machine the interface was in.
    pub fn os(&self) -> Option<&str> {
        self.words.as_ref()?.os.as_deref()
    }
}

fn wrong(option: &str, length: usize, expected: usize) -> Error {
    let text = format!("Interface Description Block has {option} option with length {length} != {expected}");
    Error::new(ErrorKind::Format, text)
}

fn twice(option: &str) -> Error {
    let text = format!("Interface Description Block has more than one {option} option");
    Error::new(ErrorKind::Format, text)
}

/// How an interface counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// Units in a second.
    resolution: u64,
    scale: Scale,
    /// Seconds to add, two's complement.
    offset: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Nanoseconds in a unit.
    Times(u64),
    /// Units in a nanosecond.
    Over(u64),
    /// A unit is a second divided by two to this power.
    Shift(u32),
}

impl Clock {
    /// What holds when the file says nothing.
    const MICROSECONDS: Self = Self { resolution: 1_000_000, scale: Scale::Times(1000), offset: 0 };

    /// From the one byte of `if_tsresol`: a power of ten, or of two with the upper bit.
    fn from_option(code: u8) -> Result<Self, Error> {
        let power = u32::from(code & 0x7f);
        let binary = code & 0x80 != 0;
        let resolution = if binary { 1u64.checked_shl(power) } else { 10u64.checked_pow(power) };
        let Some(resolution) = resolution else {
            let base = if binary { 2 } else { 10 };
            let text = format!(
                "Interface Description Block if_tsresol option resolution {base}^-{power} is too high"
            );
            return Err(Error::new(ErrorKind::Format, text));
        };
        let scale = match power {
            _ if binary => Scale::Shift(power),
            0..=9 => Scale::Times(10u64.pow(9 - power)),
            _ => Scale::Over(10u64.pow(power - 9)),
        };
        Ok(Self { resolution, scale, offset: 0 })
    }

    /// The time of a packet's 64-bit stamp.
    #[expect(
        clippy::cast_possible_wrap,
        clippy::cast_possible_truncation,
        reason = "two's complement; below a second"
    )]
    #[inline]
    pub(crate) fn time(&self, stamp: u64) -> Timestamp {
        let (secs, part) = match self.resolution {
            // Constants, so that the usual cases need no division.
            1_000_000 => (stamp / 1_000_000, stamp % 1_000_000),
            1_000_000_000 => (stamp / 1_000_000_000, stamp % 1_000_000_000),
            resolution => (stamp / resolution, stamp % resolution),
        };
        let nanos = match self.scale {
            Scale::Times(factor) => part * factor,
            Scale::Over(divisor) => part / divisor,
            Scale::Shift(bits) => ((u128::from(part) * 1_000_000_000) >> bits) as u64,
        };
        Timestamp::new(secs.wrapping_add(self.offset) as i64, nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(code: u8, stamp: u64) -> (i64, u64) {
        let time = Clock::from_option(code).unwrap().time(stamp);
        (time.secs, time.nanos)
    }

    #[test]
    fn every_resolution_gives_nanoseconds() {
        assert_eq!(at(0, 5), (5, 0));
        assert_eq!(at(3, 1_234), (1, 234_000_000));
        assert_eq!(at(6, 1_000_007), (1, 7_000));
        assert_eq!(at(9, 2_000_000_007), (2, 7));
        assert_eq!(at(12, 3_000_000_007_999), (3, 7));
        assert_eq!(at(19, 10_000_000_000_000_000_000), (1, 0));
        assert_eq!(at(0x80, 7), (7, 0));
        assert_eq!(at(0x81, 3), (1, 500_000_000));
        // The highest: no overflow between.
        assert_eq!(at(0x80 | 63, u64::MAX), (1, 999_999_999));
    }

    #[test]
    fn resolutions_beyond_64_bits_are_refused() {
        let error = |code| Clock::from_option(code).unwrap_err().to_string();
        assert!(error(20).ends_with("if_tsresol option resolution 10^-20 is too high"));
        assert!(error(0x80 | 64).ends_with("if_tsresol option resolution 2^-64 is too high"));
        assert!(error(0xff).ends_with("if_tsresol option resolution 2^-127 is too high"));
    }
}
