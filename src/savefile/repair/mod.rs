//! Intact records out of damaged capture files.
//!
//! Where a record cannot be what it says, the file is searched for the next place from
//! which records follow each other. What lies between is left out and reported.
mod blocks;
mod classic;
#[cfg(test)]
mod tests;

use std::io::Read;

use super::pcap::{PcapHeader, fill};
use super::pcapng::SECTION;
use super::sink::Sink;
use super::window::Window;
use crate::error::{Error, ErrorKind};

/// What a repair came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Repaired {
    /// Packets the output holds for certain.
    pub packets: u64,
    /// Bytes of the input that are not in the output.
    pub skipped: u64,
    /// Where they were: the first hundred places.
    pub gaps: Vec<Gap>,
    /// How many places there were.
    pub gap_count: u64,
    /// What had to be supposed, because it was lost: in words.
    pub assumed: Vec<&'static str>,
}

/// A stretch of the input that was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Where it begins, in bytes from the start.
    pub offset: u64,
    /// How long it is, in bytes.
    pub length: u64,
}

/// Places that are kept.
const GAPS: usize = 100;

impl Repaired {
    /// Adds a gap, or lengthens the last.
    fn skip(&mut self, offset: u64, length: u64) {
        if length == 0 {
            return;
        }
        self.skipped += length;
        match self.gaps.last_mut() {
            Some(last) if last.offset + last.length == offset => last.length += length,
            _ => {
                self.gap_count += 1;
                if self.gaps.len() < GAPS {
                    self.gaps.push(Gap { offset, length });
                }
            }
        }
    }

    fn assume(&mut self, what: &'static str) {
        if !self.assumed.contains(&what) {
            self.assumed.push(what);
        }
    }
}

/// Writes the intact records of `input` to `output`, in the same format.
///
/// The report is right also when there is an error. A failing read counts as the end.
///
/// # Errors
/// The output cannot be written; or nothing in the input looks like a record.
///
/// ```
/// use synack::savefile::{self, pcap, PacketWriter};
/// use synack::{LinkType, Packet};
///
/// # fn main() -> Result<(), synack::Error> {
/// let mut writer = pcap::PcapWriter::new(Vec::new(), "x", pcap::PcapOptions::new(LinkType::ETHERNET))?;
/// for _ in 0..10 {
///     writer.write(&Packet::new(LinkType::ETHERNET, &[7; 60]))?;
/// }
/// let mut file = writer.into_sink()?;
/// file.drain(200..300); // somebody lost a piece
///
/// let mut mended = Vec::new();
/// let (report, result) = savefile::repair(&file[..], &mut mended, "mended.pcap");
/// result?;
/// assert_eq!(report.packets, 8);
/// assert_eq!((report.gaps[0].offset, report.skipped), (176, 52));
/// # Ok(())
/// # }
/// ```
pub fn repair<R: Read + Send, S: Sink>(input: R, output: S, name: &str) -> (Repaired, Result<(), Error>) {
    let mut report = Repaired::default();
    let mut window = Window::new(input);
    let result = fill(&mut window, 4).and_then(|_| {
        let start = window.peek();
        if start.starts_with(&SECTION.to_le_bytes()) {
            blocks::repair(&mut window, output, name, &mut report)
        } else if start.first_chunk().is_some_and(|magic| PcapHeader::is_magic(*magic))
            || !blocks::likely(&mut window)
        {
            classic::repair(&mut window, output, name, &mut report)
        } else {
            blocks::repair(&mut window, output, name, &mut report)
        }
    });
    (report, result)
}

/// Bytes available, where a failing stream is an ended one.
fn available<R: Read>(window: &mut Window<R>, n: usize) -> usize {
    fill(window, n).unwrap_or_else(|_| window.peek().len())
}

/// How many zeros come first.
fn leading_zeros(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len())
}

fn nothing() -> Error {
    Error::new(ErrorKind::Format, "nothing in the file looks like a record of a capture")
}
