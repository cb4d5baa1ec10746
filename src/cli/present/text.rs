//! The printer, set up as the command line asks.
use std::os::unix::ffi::OsStrExt;

use synack::print::{Dump, Names, Payload, Printer, TimeStyle};

use super::dump::Style;
use crate::cli::args::checked::{Display, DumpStyle, PayloadType};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::run::pipeline::Screen;
use crate::cli::zone::Zone;

/// A printer on `output`. `flush_each`: after every packet.
pub(crate) fn screen(
    display: &Display,
    names: Box<dyn Names>,
    flush_each: bool,
    output: Output,
) -> Result<Screen, Failure> {
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
    let style = match display.dump {
        DumpStyle::Other(style) => Some(Style::new(style)),
        _ => None,
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
    let printer = builder
        .numeric(display.numeric)
        .no_domain(display.no_domain)
        .verbose(display.verbose)
        .quiet(display.quiet)
        .link_header(display.link_header)
        .absolute_seq(display.absolute_seq)
        .number(display.number)
        .verify_checksums(display.verify_checksums)
        .payload(payload)
        .time(time)
        .nanos(display.nanos)
        .dump(dump)
        .names(names)
        .local_time(Box::new(Zone::system()))
        .build(output);
    Ok(Screen { printer, style, line_buffered: flush_each })
}
