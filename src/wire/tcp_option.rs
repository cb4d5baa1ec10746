//! TCP options (RFC 9293 §3.2), one at a time and typed.
//!
//! ```text
//! kind(1)                       end of list, no-operation
//! kind(1) length(1) data(length - 2)   everything else
//! ```
//!
//! ```
//! use synack::wire::{Error, TcpOption, TcpOptions};
//!
//! let bytes = [2, 4, 0x05, 0xb4, 1, 3, 3, 7, 199, 3, 9];
//! let options: Result<Vec<_>, Error> = TcpOptions::new(&bytes).collect();
//! assert_eq!(
//!     options?,
//!     [
//!         TcpOption::Mss(1460),
//!         TcpOption::Nop,
//!         TcpOption::WindowScale(7),
//!         TcpOption::Unknown { kind: synack::wire::TcpOptionKind(199), data: &[9] },
//!     ]
//! );
//! # Ok::<(), Error>(())
//! ```
use core::fmt;
use core::iter::FusedIterator;

use super::option_list::{OptionList, RawOption};
use super::{Error, Layer, Seq, TcpOptionKind};

/// One option of a TCP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpOption<'a> {
    /// End of the option list; nothing after it is read.
    Eol,
    /// No operation: padding.
    Nop,
    /// Maximum segment size in bytes.
    Mss(u16),
    /// Shift count of the window (RFC 7323 §2).
    WindowScale(u8),
    /// Selective acknowledgments are welcome (RFC 2018 §2).
    SackPermitted,
    /// Selective acknowledgment (RFC 2018 §3).
    Sack(SackBlocks<'a>),
    /// Echo (RFC 1072, obsolete).
    Echo(u32),
    /// Echo reply (RFC 1072, obsolete).
    EchoReply(u32),
    /// Timestamps (RFC 7323 §3).
    Timestamps {
        /// The sender's clock.
        value: u32,
        /// The last value from the other side.
        echo_reply: u32,
    },
    /// Connection count (RFC 1644, historic).
    Cc(u32),
    /// New connection count (RFC 1644, historic).
    CcNew(u32),
    /// Connection count echo (RFC 1644, historic).
    CcEcho(u32),
    /// MD5 signature (RFC 2385).
    Md5(&'a [u8; 16]),
    /// Space communications capabilities (CCSDS 714.0-B-2).
    Scps {
        /// Capability bits.
        capabilities: u8,
        /// Connection identifier.
        connection_id: u8,
    },
    /// User timeout (RFC 5482).
    UserTimeout {
        /// Whether `value` counts minutes, not seconds.
        minutes: bool,
        /// The timeout, 15 bits.
        value: u16,
    },
    /// Authentication (RFC 5925).
    Authentication {
        /// Key that signed this segment.
        key_id: u8,
        /// Key the sender is ready to receive.
        next_key_id: u8,
        /// Message authentication code.
        mac: &'a [u8],
    },
    /// Multipath (RFC 8684): everything after kind and length.
    Mptcp(&'a [u8]),
    /// Fast open (RFC 7413): the cookie; an empty one asks for a cookie.
    FastOpen(&'a [u8]),
    /// Shared use of an experimental kind (RFC 6994).
    Experimental {
        /// Kind 253 or 254.
        kind: TcpOptionKind,
        /// Experiment identifier, 16 bits.
        experiment: u16,
        /// What follows the identifier.
        data: &'a [u8],
    },
    /// A kind that is not known, or a known one with a length that cannot be its own.
    Unknown {
        /// The kind.
        kind: TcpOptionKind,
        /// Everything after kind and length.
        data: &'a [u8],
    },
}

impl<'a> TcpOption<'a> {
    /// The experiment identifier of fast open before it had a kind (RFC 7413 §4.1.1).
    pub const EXPERIMENT_FAST_OPEN: u16 = 0xf989;

    /// Reads the data of an option.
    fn new(kind: TcpOptionKind, data: &'a [u8]) -> Self {
        use TcpOptionKind as K;
        match (kind, data) {
            (K::MSS, &[a, b]) => Self::Mss(u16::from_be_bytes([a, b])),
            (K::WINDOW_SCALE, &[shift]) => Self::WindowScale(shift),
            (K::SACK_PERMITTED, []) => Self::SackPermitted,
            (K::TIMESTAMPS, &[a, b, c, d, e, f, g, h]) => Self::Timestamps {
                value: u32::from_be_bytes([a, b, c, d]),
                echo_reply: u32::from_be_bytes([e, f, g, h]),
            },
            (K::ECHO, &[a, b, c, d]) => Self::Echo(u32::from_be_bytes([a, b, c, d])),
            (K::ECHO_REPLY, &[a, b, c, d]) => Self::EchoReply(u32::from_be_bytes([a, b, c, d])),
            (K::CC, &[a, b, c, d]) => Self::Cc(u32::from_be_bytes([a, b, c, d])),
            (K::CC_NEW, &[a, b, c, d]) => Self::CcNew(u32::from_be_bytes([a, b, c, d])),
            (K::CC_ECHO, &[a, b, c, d]) => Self::CcEcho(u32::from_be_bytes([a, b, c, d])),
            (K::SCPS, &[capabilities, connection_id]) => Self::Scps { capabilities, connection_id },
            (K::USER_TIMEOUT, &[a, b]) => {
                Self::UserTimeout { minutes: a & 0x80 != 0, value: u16::from_be_bytes([a & 0x7f, b]) }
            }
            (K::AUTHENTICATION, &[key_id, next_key_id, ref mac @ ..]) => {
                Self::Authentication { key_id, next_key_id, mac }
            }
            (K::MPTCP, [_, ..]) => Self::Mptcp(data),
            (K::FAST_OPEN, _) => Self::FastOpen(data),
            (K::EXPERIMENT_1 | K::EXPERIMENT_2, &[a, b, ref data @ ..]) => {
                Self::Experimental { kind, experiment: u16::from_be_bytes([a, b]), data }
            }
            _ => match (kind, data.as_chunks::<8>(), data.try_into()) {
                (K::SACK, (blocks @ [_, ..], []), _) => Self::Sack(SackBlocks { rest: blocks }),
                (K::MD5, _, Ok(digest)) => Self::Md5(digest),
                _ => Self::Unknown { kind, data },
            },
        }
    }

    /// The option's kind.
    pub const fn kind(self) -> TcpOptionKind {
        match self {
            Self::Eol => TcpOptionKind::EOL,
            Self::Nop => TcpOptionKind::NOP,
            Self::Mss(_) => TcpOptionKind::MSS,
            Self::WindowScale(_) => TcpOptionKind::WINDOW_SCALE,
            Self::SackPermitted => TcpOptionKind::SACK_PERMITTED,
            Self::Sack(_) => TcpOptionKind::SACK,
            Self::Echo(_) => TcpOptionKind::ECHO,
            Self::EchoReply(_) => TcpOptionKind::ECHO_REPLY,
            Self::Timestamps { .. } => TcpOptionKind::TIMESTAMPS,
            Self::Cc(_) => TcpOptionKind::CC,
            Self::CcNew(_) => TcpOptionKind::CC_NEW,
            Self::CcEcho(_) => TcpOptionKind::CC_ECHO,
            Self::Md5(_) => TcpOptionKind::MD5,
            Self::Scps { .. } => TcpOptionKind::SCPS,
            Self::UserTimeout { .. } => TcpOptionKind::USER_TIMEOUT,
            Self::Authentication { .. } => TcpOptionKind::AUTHENTICATION,
            Self::Mptcp(_) => TcpOptionKind::MPTCP,
            Self::FastOpen(_) => TcpOptionKind::FAST_OPEN,
            Self::Experimental { kind, .. } | Self::Unknown { kind, .. } => kind,
        }
    }
}

impl fmt::Display for TcpOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Eol => f.write_str("eol"),
            Self::Nop => f.write_str("nop"),
            Self::Mss(n) => write!(f, "mss {n}"),
            Self::WindowScale(n) => write!(f, "wscale {n}"),
            Self::SackPermitted => f.write_str("sackOK"),
            Self::Sack(blocks) => {
                f.write_str("sack")?;
                blocks.into_iter().try_for_each(|(l, r)| write!(f, " {}:{}", l.0, r.0))
            }
            Self::Echo(n) => write!(f, "echo {n}"),
            Self::EchoReply(n) => write!(f, "echoreply {n}"),
            Self::Timestamps { value, echo_reply } => write!(f, "TS val {value} ecr {echo_reply}"),
            Self::Cc(n) => write!(f, "cc {n}"),
            Self::CcNew(n) => write!(f, "ccnew {n}"),
            Self::CcEcho(n) => write!(f, "ccecho {n}"),
            Self::Md5(digest) => write!(f, "md5 {}", Hex(digest)),
            Self::Scps { capabilities, connection_id } => {
                write!(f, "scps cap {capabilities:02x} id {connection_id}")
            }
            Self::UserTimeout { minutes, value } => {
                write!(f, "uto {value} {}", if minutes { "min" } else { "s" })
            }
            Self::Authentication { key_id, next_key_id, mac } => {
                write!(f, "tcp-ao keyid {key_id} rnextkeyid {next_key_id} mac {}", Hex(mac))
            }
            Self::Mptcp(data) => write!(f, "mptcp {}", Hex(data)),
            Self::FastOpen([]) => f.write_str("tfo cookiereq"),
            Self::FastOpen(cookie) => write!(f, "tfo cookie {}", Hex(cookie)),
            Self::Experimental { experiment, data, .. } => write!(f, "exp-{experiment:04x} {}", Hex(data)),
            Self::Unknown { kind, data } => write!(f, "unknown-{} {}", kind.0, Hex(data)),
        }
    }
}

/// Bytes as hex digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// The blocks of a SACK option: left edge and the sequence number after the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SackBlocks<'a> {
    rest: &'a [[u8; 8]],
}

impl SackBlocks<'_> {
    /// How many blocks there are.
    pub const fn len(self) -> usize {
        self.rest.len()
    }
    /// Whether there are none; an option read by [`TcpOptions`] has at least one.
    pub const fn is_empty(self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> IntoIterator for SackBlocks<'a> {
    type Item = (Seq, Seq);
    type IntoIter = SackBlocksIter<'a>;

    fn into_iter(self) -> SackBlocksIter<'a> {
        SackBlocksIter { rest: self.rest.iter() }
    }
}

/// Iterator over the blocks of a SACK option.
#[derive(Debug, Clone)]
pub struct SackBlocksIter<'a> {
    rest: core::slice::Iter<'a, [u8; 8]>,
}

impl Iterator for SackBlocksIter<'_> {
    type Item = (Seq, Seq);

    #[inline]
    fn next(&mut self) -> Option<(Seq, Seq)> {
        let &[a, b, c, d, e, f, g, h] = self.rest.next()?;
        Some((Seq(u32::from_be_bytes([a, b, c, d])), Seq(u32::from_be_bytes([e, f, g, h]))))
    }
}

/// The options of a TCP header in order.
///
/// Ends after end-of-list, or after one `Err` where a length is below two or leads beyond
/// the options.
#[derive(Debug, Clone)]
pub struct TcpOptions<'a> {
    list: OptionList<'a>,
}

impl<'a> TcpOptions<'a> {
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
}

impl<'a> Iterator for TcpOptions<'a> {
    type Item = Result<TcpOption<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        Some(self.list.next(Layer::TcpOptions)?.map(|option| match option {
            RawOption::Eol => TcpOption::Eol,
            RawOption::Nop => TcpOption::Nop,
            RawOption::Other(kind, data) => TcpOption::new(TcpOptionKind(kind), data),
        }))
    }
}

impl FusedIterator for TcpOptions<'_> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Result<TcpOption<'_>, Error>> {
        TcpOptions::new(bytes).collect()
    }

    #[test]
    fn every_option_is_typed() {
        let cases: &[(&[u8], &str)] = &[
            (&[0], "eol"),
            (&[1], "nop"),
            (&[2, 4, 5, 0xb4], "mss 1460"),
            (&[3, 3, 14], "wscale 14"),
            (&[4, 2], "sackOK"),
            (&[5, 10, 0, 0, 0, 1, 0, 0, 0, 9], "sack 1:9"),
            (&[5, 18, 0, 0, 0, 1, 0, 0, 0, 9, 255, 255, 255, 255, 0, 0, 0, 4], "sack 1:9 4294967295:4"),
            (&[6, 6, 0, 0, 1, 0], "echo 256"),
            (&[7, 6, 0, 0, 0, 2], "echoreply 2"),
            (&[8, 10, 0, 0, 0, 1, 0, 0, 0, 2], "TS val 1 ecr 2"),
            (&[11, 6, 0, 0, 0, 3], "cc 3"),
            (&[12, 6, 0, 0, 0, 4], "ccnew 4"),
            (&[13, 6, 0, 0, 0, 5], "ccecho 5"),
            (
                &[19, 18, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
                "md5 000102030405060708090a0b0c0d0e0f",
            ),
            (&[20, 4, 0xa0, 7], "scps cap a0 id 7"),
            (&[28, 4, 0x80, 5], "uto 5 min"),
            (&[28, 4, 0x01, 0x2c], "uto 300 s"),
            (&[29, 6, 1, 2, 0xab, 0xcd], "tcp-ao keyid 1 rnextkeyid 2 mac abcd"),
            (&[30, 4, 0x10, 0x01], "mptcp 1001"),
            (&[34, 2], "tfo cookiereq"),
            (&[34, 6, 1, 2, 3, 4], "tfo cookie 01020304"),
            (&[254, 6, 0xf9, 0x89, 1, 2], "exp-f989 0102"),
            (&[253, 4, 0xe2, 0xd4], "exp-e2d4 "),
            (&[99, 3, 7], "unknown-99 07"),
        ];
        for (bytes, text) in cases {
            let options = read(bytes);
            assert_eq!(options.len(), 1, "{text}");
            let option = options[0].unwrap();
            assert_eq!(option.to_string(), *text);
            assert_eq!(option.kind(), TcpOptionKind(bytes[0]));
        }
    }

    #[test]
    fn a_known_kind_of_wrong_length_is_unknown_and_does_not_end_the_list() {
        for bytes in
            [&[2, 3, 5][..], &[3, 2], &[4, 3, 0], &[5, 2], &[5, 9, 0, 0, 0, 0, 0, 0, 0], &[8, 2], &[19, 3, 0]]
        {
            let with_nop = [bytes, &[1]].concat();
            let options = read(&with_nop);
            let unknown = TcpOption::Unknown { kind: TcpOptionKind(bytes[0]), data: &bytes[2..] };
            assert_eq!(options, [Ok(unknown), Ok(TcpOption::Nop)]);
        }
    }

    #[test]
    fn end_of_list_ends_it() {
        assert_eq!(read(&[1, 0, 2, 4, 5, 6]), [Ok(TcpOption::Nop), Ok(TcpOption::Eol)]);
    }

    #[test]
    fn malformed_is_one_error_and_the_end() {
        for bytes in [&[2][..], &[2, 0], &[2, 1, 1], &[1, 8, 10, 0]] {
            let options = read(bytes);
            assert!(matches!(options.last(), Some(Err(Error::Invalid { .. }))), "{bytes:?}");
            assert_eq!(options.iter().filter(|o| o.is_err()).count(), 1);
        }
    }

    #[test]
    fn cut_by_the_capture_is_truncated_not_invalid() {
        let whole = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        for n in 0..whole.len() {
            let last = TcpOptions::with_missing(&whole[..n], whole.len() - n).last();
            assert!(matches!(last, Some(Err(Error::Truncated { layer: Layer::TcpOptions, .. }))), "{n}");
        }
        let beyond = TcpOptions::with_missing(&[8, 10], 4).last();
        assert!(matches!(beyond, Some(Err(Error::Invalid { .. }))));
    }

    proptest! {
        #[test]
        fn agrees_with_etherparse(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            use etherparse::TcpOptionElement as E;
            for (ours, theirs) in TcpOptions::new(&bytes).zip(etherparse::TcpOptionsIterator::from_slice(&bytes)) {
                // It ends at unknown kinds and wrong lengths, where ours goes on.
                let (Ok(ours), Ok(theirs)) = (ours, theirs) else { break };
                match (ours, theirs) {
                    (TcpOption::Nop, E::Noop) | (TcpOption::SackPermitted, E::SelectiveAcknowledgementPermitted) => {}
                    (TcpOption::Mss(a), E::MaximumSegmentSize(b)) => prop_assert_eq!(a, b),
                    (TcpOption::WindowScale(a), E::WindowScale(b)) => prop_assert_eq!(a, b),
                    (TcpOption::Timestamps { value, echo_reply }, E::Timestamp(a, b)) => {
                        prop_assert_eq!((value, echo_reply), (a, b));
                    }
                    (TcpOption::Sack(blocks), E::SelectiveAcknowledgement(first, more)) => {
                        let theirs: Vec<_> = core::iter::once(first).chain(more.into_iter().flatten()).collect();
                        let ours: Vec<_> = blocks.into_iter().map(|(l, r)| (l.0, r.0)).collect();
                        prop_assert_eq!(ours, theirs);
                    }
                    (ours, theirs) => prop_assert!(false, "{ours:?} {theirs:?}"),
                }
            }
        }

        #[test]
        fn options_account_for_every_byte(bytes in proptest::collection::vec(any::<u8>(), 0..60), missing in 0usize..10) {
            let options: Vec<_> = TcpOptions::with_missing(&bytes, missing).collect();
            prop_assert!(options.len() <= bytes.len() + 1);
            prop_assert!(options.iter().rev().skip(1).all(Result::is_ok));
        }
    }
}
