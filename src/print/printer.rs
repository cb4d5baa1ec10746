//! The convenient whole: a formatter, what it needs, and a writer.
use std::fmt;
use std::io;

use crate::packet::Packet;
use crate::print::PrinterBuilder;
use crate::print::formatter::{Formatter, Scratch};
use crate::print::sequence::Sequence;

/// Prints packets as tcpdump does.
///
/// Every packet is one call of the writer's `write_all`: give it a
/// [`BufWriter`](io::BufWriter) where calls are dear.
///
/// ```
/// use synack::print::{Printer, TimeStyle};
/// use synack::{LinkType, Packet};
///
/// let data = [
///     0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, // IPv4
///     0x04, 0x01, 0, 80, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 2, 0x10, 0, 0, 0, 0, 0, // TCP
/// ];
/// let packet = Packet::new(LinkType::RAW, &data);
/// let mut printer = Printer::builder().numeric(true).time(TimeStyle::None).build(Vec::new());
/// printer.print(&packet)?;
/// assert_eq!(
///     String::from_utf8_lossy(printer.get_ref()),
///     "IP 192.0.2.1.1025 > 192.0.2.2.80: Flags [S], seq 7, win 4096, length 0\n"
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Printer<W> {
    writer: W,
    formatter: Formatter,
    sequence: Sequence,
    scratch: Scratch,
    /// The text of one packet.
    text: Vec<u8>,
}

impl<W> fmt::Debug for Printer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer")
            .field("formatter", &self.formatter)
            .field("count", &self.sequence.count())
            .finish_non_exhaustive()
    }
}

impl Printer<io::Sink> {
    /// Options to print with; at first those of `tcpdump` without any, with no names.
    pub fn builder() -> PrinterBuilder {
        PrinterBuilder::default()
    }
}

impl<W: io::Write> Printer<W> {
    /// Prints one packet.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub fn print(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        self.text.clear();
        let Self { formatter, sequence, scratch, text, .. } = self;
        formatter.format(packet, sequence, scratch, text);
        self.writer.write_all(&self.text)
    }

    /// Flushes the writer.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl<W> Printer<W> {
    /// The writer.
    pub fn get_ref(&self) -> &W {
        &self.writer
    }

    /// The writer, mutable: what is written to it comes between packets.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.writer
    }

    /// Gives the writer back.
    pub fn into_inner(self) -> W {
        self.writer
    }

    /// How many packets were printed.
    pub fn count(&self) -> u64 {
        self.sequence.count()
    }

    /// Connections whose relative numbers were forgotten because there were too many.
    pub fn evicted(&self) -> u64 {
        self.sequence.evicted()
    }
}

impl PrinterBuilder {
    /// A printer that writes to `writer`.
    pub fn build<W>(self, writer: W) -> Printer<W> {
        let formatter = self.formatter();
        let (sequence, scratch) = (formatter.sequence(), formatter.scratch());
        Printer { writer, formatter, sequence, scratch, text: Vec::with_capacity(1024) }
    }
}
