//! What to print, and how: tcpdump's options as a builder.
use std::fmt;

use crate::flow::relative::RelativeTable;
use crate::hex;
use crate::print::dissect::name::{Names, NoNames};
use crate::print::time::{LocalTime, TimeStyle, Utc};

/// The dump after each packet. tcpdump lets `-X` win over `-x`, and `-x` over `-A`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Dump {
    /// None.
    #[default]
    None,
    /// Hex (`-x`).
    Hex {
        /// From the link header on (`-xx`), not only after it.
        link: bool,
    },
    /// Hex and ASCII (`-X`).
    HexAscii {
        /// From the link header on (`-XX`), not only after it.
        link: bool,
    },
    /// ASCII (`-A`).
    Ascii {
        /// From the link header on (`-AA`), not only after it.
        link: bool,
    },
    /// None here, but the caller dumps the packet: so a payload that nothing knows is not dumped
    /// either.
    Elsewhere,
}

impl Dump {
    /// Appends the dump of a frame whose link header has `header_len` bytes.
    pub(in crate::print) fn push(self, out: &mut Vec<u8>, frame: &[u8], header_len: usize) {
        let (Self::Hex { link } | Self::HexAscii { link } | Self::Ascii { link }) = self else { return };
        let bytes = if link { frame } else { frame.get(header_len..).unwrap_or_default() };
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::None | Self::Elsewhere => {}
            Self::Hex { .. } => hex::hex(out, bytes),
            Self::HexAscii { .. } => hex::hex_ascii(out, bytes),
            Self::Ascii { .. } => hex::ascii(out, bytes),
        }
    }
}

/// How the payload of TCP and UDP is read (`-T`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Payload {
    /// By the ports.
    #[default]
    ByPort,
    /// As DNS, whatever the ports.
    Domain,
    /// On TCP as RESP, whatever the ports; nothing is printed of UDP.
    Resp,
    /// Not at all on TCP; nothing is printed of UDP. tcpdump does so when it is told a
    /// protocol that these do not carry.
    Nothing,
}

/// What printers ask for.
#[derive(Debug, Clone)]
pub(in crate::print) struct Options {
    pub(in crate::print) numeric: bool,
    pub(in crate::print) no_domain: bool,
    pub(in crate::print) verbose: u8,
    pub(in crate::print) quiet: u8,
    pub(in crate::print) link_header: bool,
    pub(in crate::print) absolute_seq: bool,
    pub(in crate::print) number: bool,
    pub(in crate::print) interfaces: bool,
    pub(in crate::print) verify_checksums: bool,
    pub(in crate::print) payload: Payload,
    pub(in crate::print) md5_secret: Option<Box<[u8]>>,
    pub(in crate::print) dump: Dump,
    /// Whether it begins at the payload.
    pub(in crate::print) dump_payload: bool,
    /// Whether payloads that nothing knows are dumped.
    pub(in crate::print) default_dump: bool,
}

/// Options to make a [`Printer`](super::Printer) or a [`Formatter`](super::Formatter) with.
pub struct PrinterBuilder {
    pub(in crate::print) options: Options,
    pub(in crate::print) time: TimeStyle,
    pub(in crate::print) nanos: bool,
    pub(in crate::print) names: Box<dyn Names>,
    pub(in crate::print) zone: Box<dyn LocalTime>,
    pub(in crate::print) max_conversations: usize,
}

impl fmt::Debug for PrinterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrinterBuilder")
            .field("options", &self.options)
            .field("time", &self.time)
            .field("nanos", &self.nanos)
            .finish_non_exhaustive()
    }
}

impl Default for PrinterBuilder {
    fn default() -> Self {
        Self {
            options: Options {
                numeric: false,
                no_domain: false,
                verbose: 0,
                quiet: 0,
                link_header: false,
                absolute_seq: false,
                number: false,
                interfaces: false,
                verify_checksums: true,
                payload: Payload::ByPort,
                md5_secret: None,
                dump: Dump::None,
                dump_payload: false,
                default_dump: true,
            },
            time: TimeStyle::default(),
            nanos: false,
            names: Box::new(NoNames),
            zone: Box::new(Utc),
            max_conversations: RelativeTable::DEFAULT_LIMIT,
        }
    }
}

impl PrinterBuilder {
    /// Numbers instead of names, for everything (`-n`).
    #[must_use]
    pub fn numeric(mut self, yes: bool) -> Self {
        self.options.numeric = yes;
        self
    }

    /// Host names without their domain (`-N`).
    #[must_use]
    pub fn no_domain(mut self, yes: bool) -> Self {
        self.options.no_domain = yes;
        self
    }

    /// How much of each protocol is shown: 0, or the number of `-v`.
    #[must_use]
    pub fn verbose(mut self, level: u8) -> Self {
        self.options.verbose = level;
        self
    }

    /// How little is shown: 0, or the number of `-q`; `-qq` leaves out later fragments.
    #[must_use]
    pub fn quiet(mut self, level: u8) -> Self {
        self.options.quiet = level;
        self
    }

    /// The link header on each line (`-e`).
    #[must_use]
    pub fn link_header(mut self, yes: bool) -> Self {
        self.options.link_header = yes;
        self
    }

    /// TCP sequence numbers as they stand in the header (`-S`).
    #[must_use]
    pub fn absolute_seq(mut self, yes: bool) -> Self {
        self.options.absolute_seq = yes;
        self
    }

    /// How the time is shown (`-t` to `-ttttt`).
    #[must_use]
    pub fn time(mut self, style: TimeStyle) -> Self {
        self.time = style;
        self
    }

    /// Nine digits after the second instead of six (`--nano`).
    #[must_use]
    pub fn nanos(mut self, yes: bool) -> Self {
        self.nanos = yes;
        self
    }

    /// The name of the interface and the direction of each packet, in the columns in which a Linux cooked
    /// header of version 2 has them: for packets of several interfaces. What has such a header prints them once.
    #[must_use]
    pub fn interfaces(mut self, yes: bool) -> Self {
        self.options.interfaces = yes;
        self
    }

    /// A packet number at the start of each line (`-#`).
    #[must_use]
    pub fn number(mut self, yes: bool) -> Self {
        self.options.number = yes;
        self
    }

    /// Whether `-v` checks IPv4, TCP and UDP checksums; it does unless told (`-K`).
    #[must_use]
    pub fn verify_checksums(mut self, yes: bool) -> Self {
        self.options.verify_checksums = yes;
        self
    }

    /// How the payload of TCP and UDP is read (`-T`).
    #[must_use]
    pub fn payload(mut self, payload: Payload) -> Self {
        self.options.payload = payload;
        self
    }

    /// The secret that TCP segments with a signature (RFC 2385) are checked with (`-M`).
    #[must_use]
    pub fn md5_secret(mut self, secret: impl Into<Box<[u8]>>) -> Self {
        self.options.md5_secret = Some(secret.into());
        self
    }

    /// The dump after each packet (`-x`, `-X`, `-A`).
    #[must_use]
    pub fn dump(mut self, dump: Dump) -> Self {
        self.options.dump = dump;
        self
    }

    /// Whether the dump begins at what the headers carry, and not at the end of the link header: after
    /// TCP's, in tunnels the inner one's, or after the last that is known. Link padding is not dumped.
    ///
    /// ```
    /// use synack::print::{Dump, Printer, TimeStyle};
    /// use synack::{LinkType, Packet};
    ///
    /// let data = [
    ///     0x45, 0, 0, 44, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
    ///     0x04, 0x01, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 8, 0x10, 0, 0, 0, 0, 0, // TCP
    ///     b'd', b'a', b't', b'a',
    /// ];
    /// let builder = Printer::builder().numeric(true).time(TimeStyle::None);
    /// let mut printer = builder.dump(Dump::HexAscii { link: false }).dump_payload(true).build(Vec::new());
    /// printer.print(&Packet::new(LinkType::RAW, &data))?;
    /// let text = String::from_utf8_lossy(printer.get_ref());
    /// assert!(text.ends_with("\n\t0x0000:  6461 7461                                data\n"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn dump_payload(mut self, on: bool) -> Self {
        self.options.dump_payload = on;
        self
    }

    /// Where names come from; without this there are none.
    #[must_use]
    pub fn names(mut self, names: Box<dyn Names>) -> Self {
        self.names = names;
        self
    }

    /// The local time zone; UTC without this.
    #[must_use]
    pub fn local_time(mut self, zone: Box<dyn LocalTime>) -> Self {
        self.zone = zone;
        self
    }

    /// For how many TCP connections relative numbers are remembered, for each of IPv4
    /// and IPv6 ([`RelativeTable::DEFAULT_LIMIT`]).
    #[must_use]
    pub fn max_conversations(mut self, limit: usize) -> Self {
        self.max_conversations = limit;
        self
    }
}
