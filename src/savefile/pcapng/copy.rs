//! Copying pcapng block by block: what is not understood is kept.
use std::io::Read;

use super::block::{FRAME, SECTION, section_order};
use super::reader::{Event, PcapngReader};
use crate::error::Error;
use crate::packet::{Packet, Source};
use crate::savefile::sink::{Records, Sink};
use crate::savefile::window::Window;

/// What a copy came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Copied {
    /// Packets in the input.
    pub read: u64,
    /// Packets the output holds for certain.
    pub written: u64,
}

/// Copies the packets that `keep` wants, and every other block as it is: names,
/// statistics, decryption secrets, custom and unknown blocks, with all options.
///
/// The count is right also when there is an error: then the packets before it are there.
///
/// ```
/// use synack::savefile::{pcapng, PacketWriter};
/// use synack::{LinkType, Packet};
///
/// # fn main() -> Result<(), synack::Error> {
/// let mut writer = pcapng::PcapngWriter::new(Vec::new(), "memory", &Default::default())?;
/// for data in ["a", "bb", "ccc"] {
///     writer.write(&Packet::new(LinkType::ETHERNET, data.as_bytes()))?;
/// }
/// let file = writer.into_sink()?;
///
/// let mut copy = Vec::new();
/// let (copied, result) = pcapng::copy(&file[..], &mut copy, "copy", |p| p.data.len() > 1);
/// result?;
/// assert_eq!((copied.read, copied.written), (3, 2));
/// # Ok(())
/// # }
/// ```
pub fn copy<R: Read + Send, S: Sink>(
    input: R,
    output: S,
    name: &str,
    keep: impl FnMut(&Packet<'_>) -> bool,
) -> (Copied, Result<(), Error>) {
    let mut reader = PcapngReader::unread(Window::new(input));
    let mut records = Records::new(output, name.to_owned());
    let mut copied = Copied::default();
    let result = run(&mut reader, &mut records, &mut copied.read, keep);
    // What was copied before damage in the input is kept.
    let flushed = records.flush();
    let result = result.and(flushed);
    copied.written = records.written();
    (copied, result)
}

fn run<R: Read + Send, S: Sink>(
    reader: &mut PcapngReader<R>,
    records: &mut Records<S>,
    read: &mut u64,
    mut keep: impl FnMut(&Packet<'_>) -> bool,
) -> Result<(), Error> {
    loop {
        match reader.step()? {
            Event::Packet => {
                *read += 1;
                if keep(&reader.packet()) {
                    records.push(&[reader.raw()])?;
                }
            }
            // A section's length is no longer true when packets are left out.
            Event::Other(frame) if frame.kind == SECTION && frame.total >= FRAME + 16 => {
                let block = open_ended(reader.raw());
                records.push_other(&block)?;
            }
            Event::Other(_) => records.push_other(reader.raw())?,
            Event::Idle => {}
            Event::End => return Ok(()),
        }
    }
}

/// A section header that does not say how long its section is. One whose frame is not
/// sound, which is tolerated at the start of a file, loses its options.
pub(crate) fn open_ended(block: &[u8]) -> Vec<u8> {
    let sound =
        block.len().is_multiple_of(4) && block.get(4..8) == block.last_chunk().map(|t: &[u8; 4]| &t[..]);
    let mut copy = block.to_vec();
    if !sound && let Some(order) = section_order(block) {
        copy.truncate(28);
        for at in [4, 24] {
            if let Some(length) = copy.get_mut(at..at + 4) {
                length.copy_from_slice(&order.put(28));
            }
        }
    }
    if let Some(length) = copy.get_mut(16..24) {
        length.fill(0xff);
    }
    copy
}
