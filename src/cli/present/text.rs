//! tcpdump's text, set up as the command line asks.
use std::os::unix::ffi::OsStrExt;

use synack::Packet;
use synack::hex;
use synack::print::{Dump, Formatter, Names, Payload, Printer, Scratch, Sequence, TimeStyle, carried};

use super::palette::Palette;
use super::{Presenter, dump, marks, paint};
use crate::cli::args::checked::{Display, DumpStyle, PayloadType};
use crate::cli::failure::Failure;
use crate::cli::run::analysis::Seen;
use crate::cli::zone::Zone;

/// Prints packets as tcpdump does, with a dump of a layout of our own if wanted.
pub(super) struct Text {
    formatter: Formatter,
    sequence: Sequence,
    scratch: Scratch,
    style: Option<hex::DumpStyle>,
    /// Dumps begin at the payload.
    payload: bool,
    /// Say at the end of lines what was found.
    marks: bool,
    palette: Palette,
    /// Text before it gets its colours.
    plain: Vec<u8>,
}

impl Text {
    pub(super) fn new(
        display: &Display,
        names: Box<dyn Names>,
        marks: bool,
        palette: Palette,
    ) -> Result<Self, Failure> {
        let formatter = formatter(display, names)?;
        let style = match display.dump {
            DumpStyle::Other(style) => Some(style),
            _ => None,
        };
        let (sequence, scratch) = (formatter.sequence(), formatter.scratch());
        let payload = display.payload;
        Ok(Self { formatter, sequence, scratch, style, payload, marks, palette, plain: Vec::new() })
    }
}

impl Presenter for Text {
    fn packet(
        &mut self,
        packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let Self { formatter, sequence, scratch, style, payload, marks, palette, plain } = self;
        let (start, coloured) = (out.len(), palette.is_coloured());
        let line = formatter.line(packet, sequence, scratch, out);
        if let Some(seen) = seen.filter(|_| *marks && line.is_some()) {
            marks::push(out, start, seen);
        }
        formatter.end(packet, line, out);
        if let Some(style) = *style {
            if style == hex::DumpStyle::Wireshark {
                dump::comment(out, start);
            }
            if *payload {
                dump::push_payload(style, out, carried(packet));
            } else {
                dump::push(style, out, packet.data, line.unwrap_or(0));
            }
        }
        if coloured {
            plain.clear();
            plain.extend(out.drain(start..));
            paint::lines(plain, palette, out);
        }
        Ok(())
    }

    /// Numbers, differences of time and relative numbers are those of the text as a whole.
    fn pass_over(&mut self, packet: &Packet<'_>, _seen: &Seen<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        let start = out.len();
        self.formatter.line(packet, &mut self.sequence, &mut self.scratch, out);
        out.truncate(start);
        Ok(())
    }

    fn is_tcpdumps(&self) -> bool {
        true
    }
}

/// The formatter that the options describe.
pub(super) fn formatter(display: &Display, names: Box<dyn Names>) -> Result<Formatter, Failure> {
    let time = match display.time {
        0 => TimeStyle::TimeOfDay,
        1 => TimeStyle::None,
        2 => TimeStyle::Unix,
        3 => TimeStyle::SincePrevious,
        4 => TimeStyle::DateTime,
        _ => TimeStyle::SinceFirst,
    };
    let dump = match display.dump {
        DumpStyle::Hex(link) => Dump::Hex { link },
        DumpStyle::HexAscii(link) => Dump::HexAscii { link },
        DumpStyle::Ascii(link) => Dump::Ascii { link },
        DumpStyle::None => Dump::None,
        DumpStyle::Other(_) => Dump::Elsewhere,
    };
    let payload = match display.payload_type {
        None => Payload::ByPort,
        Some(PayloadType::Domain) => Payload::Domain,
        Some(PayloadType::Resp) => Payload::Resp,
        Some(PayloadType::NotTcp) => Payload::Nothing,
        Some(PayloadType::Zmtp1) => {
            return Err(Failure::new("option -T zmtp1 is not supported: it is not printed"));
        }
    };
    let mut builder = Printer::builder();
    if let Some(secret) = &display.md5_secret {
        builder = builder.md5_secret(secret.as_bytes());
    }
    Ok(builder
        .numeric(display.numeric)
        .no_domain(display.no_domain)
        .verbose(display.verbose)
        .quiet(display.quiet)
        .link_header(display.link_header)
        .absolute_seq(display.absolute_seq)
        .number(display.number)
        .interfaces(display.interfaces)
        .verify_checksums(display.verify_checksums)
        .payload(payload)
        .time(time)
        .nanos(display.nanos)
        .dump(dump)
        .dump_payload(display.payload)
        .names(names)
        .local_time(Box::new(Zone::system()))
        .formatter())
}
