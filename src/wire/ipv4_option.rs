//! IPv4 options (RFC 791 §3.1), one at a time and typed.
//!
//! ```
//! use synack::wire::{Error, Ipv4Option, Ipv4Options};
//!
//! let options: Result<Vec<_>, Error> = Ipv4Options::new(&[1, 148, 4, 0, 0, 0]).collect();
//! assert_eq!(options?, [Ipv4Option::Nop, Ipv4Option::RouterAlert(0), Ipv4Option::Eol]);
//! # Ok::<(), Error>(())
//! ```
use core::iter::FusedIterator;
use core::net::Ipv4Addr;

use super::option_list::{OptionList, RawOption};
use super::{Error, Ipv4OptionKind, Layer};

/// One option of an IPv4 header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ipv4Option<'a> {
    /// End of the option list; nothing after it is read.
    Eol,
    /// No operation: padding.
    Nop,
    /// Record route.
    RecordRoute(Route<'a>),
    /// Loose source and record route.
    LooseSourceRoute(Route<'a>),
    /// Strict source and record route.
    StrictSourceRoute(Route<'a>),
    /// Internet timestamp.
    Timestamp {
        /// First free byte, counted from 1 at the option's start.
        pointer: u8,
        /// Hosts that had no room.
        overflow: u8,
        /// What is recorded: 0 timestamps, 1 with addresses, 3 at given addresses.
        flag: u8,
        /// Timestamps, or pairs of address and timestamp, four bytes each.
        data: &'a [u8],
    },
    /// Routers look closer (RFC 2113).
    RouterAlert(u16),
    /// Another kind, or a known one with a length that cannot be its own.
    Unknown {
        /// The kind.
        kind: Ipv4OptionKind,
        /// Everything after kind and length.
        data: &'a [u8],
    },
}

/// A recorded or prescribed route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    pointer: u8,
    addresses: &'a [[u8; 4]],
}

impl<'a> Route<'a> {
    /// The next address to use, counted from 1 at the option's start: 4 is the first.
    pub const fn pointer(self) -> u8 {
        self.pointer
    }
    /// Every address there is room for.
    pub fn addresses(self) -> impl ExactSizeIterator<Item = Ipv4Addr> + DoubleEndedIterator + 'a {
        self.addresses.iter().map(|&a| Ipv4Addr::from(a))
    }
}

impl<'a> Ipv4Option<'a> {
    fn new(kind: Ipv4OptionKind, data: &'a [u8]) -> Self {
        use Ipv4OptionKind as K;
        let unknown = Self::Unknown { kind, data };
        match (kind, data) {
            (K::RECORD_ROUTE | K::LOOSE_SOURCE_ROUTE | K::STRICT_SOURCE_ROUTE, &[pointer, ref rest @ ..]) => {
                let (addresses, []) = rest.as_chunks::<4>() else { return unknown };
                let route = Route { pointer, addresses };
                match kind {
                    K::RECORD_ROUTE => Self::RecordRoute(route),
                    K::LOOSE_SOURCE_ROUTE => Self::LooseSourceRoute(route),
                    _ => Self::StrictSourceRoute(route),
                }
            }
            (K::TIMESTAMP, &[pointer, flags, ref data @ ..]) => {
                Self::Timestamp { pointer, overflow: flags >> 4, flag: flags & 0x0f, data }
            }
            (K::ROUTER_ALERT, &[a, b]) => Self::RouterAlert(u16::from_be_bytes([a, b])),
            _ => unknown,
        }
    }

    /// The option's kind.
    pub const fn kind(self) -> Ipv4OptionKind {
        match self {
            Self::Eol => Ipv4OptionKind::EOL,
            Self::Nop => Ipv4OptionKind::NOP,
            Self::RecordRoute(_) => Ipv4OptionKind::RECORD_ROUTE,
            Self::LooseSourceRoute(_) => Ipv4OptionKind::LOOSE_SOURCE_ROUTE,
            Self::StrictSourceRoute(_) => Ipv4OptionKind::STRICT_SOURCE_ROUTE,
            Self::Timestamp { .. } => Ipv4OptionKind::TIMESTAMP,
            Self::RouterAlert(_) => Ipv4OptionKind::ROUTER_ALERT,
            Self::Unknown { kind, .. } => kind,
        }
    }
}

/// The options of an IPv4 header in order.
///
/// Ends after end-of-list, or after one `Err` where a length is below two or leads beyond
/// the options.
#[derive(Debug, Clone)]
pub struct Ipv4Options<'a> {
    list: OptionList<'a>,
}

impl<'a> Ipv4Options<'a> {
    /// The options in `bytes`, all of them captured.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::with_missing(bytes, 0)
    }

    /// The options in `bytes`, when `missing` more were not captured.
    #[inline]
    pub const fn with_missing(bytes: &'a [u8], missing: usize) -> Self {
        Self { list: OptionList::new(bytes, missing) }
    }

    /// The last hop of a source route (RFC 1122 §3.2.1.8): the last four bytes of the first such
    /// option that has room for an address, which is what tcpdump takes whatever the length.
    pub fn final_hop(mut self) -> Option<Ipv4Addr> {
        while let Some(Ok(option)) = self.list.next(Layer::Ipv4Options) {
            if let RawOption::Other(kind, [_, route @ ..]) = option
                && let Ipv4OptionKind::LOOSE_SOURCE_ROUTE | Ipv4OptionKind::STRICT_SOURCE_ROUTE =
                    Ipv4OptionKind(kind)
                && let Some(hop) = route.last_chunk::<4>()
            {
                return Some(Ipv4Addr::from(*hop));
            }
        }
        None
    }
}

impl<'a> Iterator for Ipv4Options<'a> {
    type Item = Result<Ipv4Option<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        Some(self.list.next(Layer::Ipv4Options)?.map(|option| match option {
            RawOption::Eol => Ipv4Option::Eol,
            RawOption::Nop => Ipv4Option::Nop,
            RawOption::Other(kind, data) => Ipv4Option::new(Ipv4OptionKind(kind), data),
        }))
    }
}

impl FusedIterator for Ipv4Options<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Result<Ipv4Option<'_>, Error>> {
        Ipv4Options::new(bytes).collect()
    }

    #[test]
    fn routes_give_their_addresses() {
        for kind in [7, 131, 137] {
            let bytes = [kind, 11, 4, 10, 0, 0, 1, 10, 0, 0, 2, 0];
            let options = read(&bytes);
            assert_eq!(options.len(), 2);
            let option = options[0].unwrap();
            assert_eq!(option.kind(), Ipv4OptionKind(kind));
            let (Ipv4Option::RecordRoute(route)
            | Ipv4Option::LooseSourceRoute(route)
            | Ipv4Option::StrictSourceRoute(route)) = option
            else {
                panic!("{option:?}");
            };
            assert_eq!(route.pointer(), 4);
            assert_eq!(route.addresses().map(|a| a.octets()[3]).collect::<Vec<_>>(), [1, 2]);
        }
    }

    #[test]
    fn timestamps_split_overflow_and_flag() {
        let bytes = [68, 8, 9, 0x31, 1, 2, 3, 4];
        let expected = Ipv4Option::Timestamp { pointer: 9, overflow: 3, flag: 1, data: &[1, 2, 3, 4] };
        assert_eq!(read(&bytes), [Ok(expected)]);
    }

    #[test]
    fn wrong_lengths_are_unknown_not_fatal() {
        for bytes in [&[7, 5, 4, 1, 2][..], &[148, 3, 0], &[68, 3, 5], &[7, 2], &[130, 4, 1, 1]] {
            let unknown = Ipv4Option::Unknown { kind: Ipv4OptionKind(bytes[0]), data: &bytes[2..] };
            assert_eq!(read(bytes), [Ok(unknown)]);
        }
    }

    #[test]
    fn malformed_is_one_error_and_the_end() {
        for bytes in [&[7][..], &[7, 0, 1], &[1, 7, 9, 4]] {
            let options = read(bytes);
            assert!(matches!(options.last(), Some(Err(Error::Invalid { .. }))), "{bytes:?}");
            assert_eq!(options.iter().filter(|o| o.is_err()).count(), 1);
        }
        let cut = Ipv4Options::with_missing(&[7, 7, 4], 4).last();
        assert!(matches!(cut, Some(Err(Error::Truncated { need: 7, have: 3, .. }))));
    }
}
