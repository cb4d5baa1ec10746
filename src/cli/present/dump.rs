//! The dump layouts of `--dump`, after each packet's line.
use std::io::{self, Write};

use synack::hex::DumpStyle;
use synack::{Layers, Packet};

/// A layout of our own, and its buffer.
pub(crate) struct Style {
    style: DumpStyle,
    text: Vec<u8>,
}

impl Style {
    pub(crate) fn new(style: DumpStyle) -> Self {
        Self { style, text: Vec::new() }
    }

    /// Whether the lines between dumps must be comments: text2pcap takes a number such as that of
    /// `length 24` for an offset, and cuts the packet before it there.
    pub(crate) fn wants_comments(&self) -> bool {
        self.style == DumpStyle::Wireshark
    }

    /// Prints the dump of a packet: from the network header on, as `-X` does, but the whole
    /// frame in Wireshark's layout, because text2pcap reads that back.
    pub(crate) fn print(&mut self, out: &mut impl Write, packet: &Packet<'_>) -> io::Result<()> {
        let from = match self.style {
            DumpStyle::Wireshark => 0,
            _ => Layers::decode(packet.link, packet.data).network_offset,
        };
        self.text.clear();
        self.style.append(&mut self.text, packet.data.get(from..).unwrap_or_default());
        // The printer has ended its line; the dump begins with a newline of its own.
        match self.text.split_first() {
            Some((_, lines)) => {
                out.write_all(lines)?;
                out.write_all(b"\n")
            }
            None => Ok(()),
        }
    }
}
