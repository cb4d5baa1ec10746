//! One block: its frame is checked here, its body elsewhere.
use std::io::Read;

use crate::error::{Error, ErrorKind};
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::pcap::patient;
use crate::savefile::window::Window;

/// Section Header Block; the number reads the same in both byte orders.
pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
/// Interface Description Block.
pub(crate) const INTERFACE: u32 = 1;
/// Packet Block, obsolete.
pub(crate) const OLD_PACKET: u32 = 2;
/// Simple Packet Block.
pub(crate) const SIMPLE_PACKET: u32 = 3;
/// Name Resolution Block.
pub(crate) const NAMES: u32 = 4;
/// Interface Statistics Block.
pub(crate) const STATISTICS: u32 = 5;
/// Enhanced Packet Block.
pub(crate) const PACKET: u32 = 6;
/// Decryption Secrets Block.
pub(crate) const SECRETS: u32 = 10;

/// What a section begins with, after type and length, in the section's byte order.
pub(crate) const ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Type and length.
pub(crate) const HEADER: usize = 8;
/// Header and trailer.
pub(crate) const FRAME: usize = HEADER + 4;
/// A first section header longer than this is taken for damage.
const SECTION_MAX: u32 = 1 << 20;
/// Largest block that is read.
pub(crate) const BLOCK_MAX: u32 = 16 << 20;

/// A block at the front of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u32,
    /// Whole length in bytes.
    pub(crate) total: usize,
    /// Byte order its numbers are in.
    pub(crate) order: ByteOrder,
}

impl Frame {
    /// What is between header and trailer, in the bytes from the block's start.
    pub(crate) fn body(self, bytes: &[u8]) -> &[u8] {
        bytes.get(HEADER..self.total.saturating_sub(4)).unwrap_or_default()
    }
}

/// What came of the attempt to read a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read1 {
    Block(Frame),
    /// A signal came; nothing was consumed.
    Interrupted,
    End,
}

/// The byte order a section header names, if it is one.
pub(crate) fn section_order(bytes: &[u8]) -> Option<ByteOrder> {
    let magic = *bytes.get(8..)?.first_chunk()?;
    [ByteOrder::Little, ByteOrder::Big].into_iter().find(|order| order.u32(magic) == ORDER_MAGIC)
}

/// Reads the section header a file begins with.
pub(crate) fn first<R: Read>(window: &mut Window<R>) -> Result<Read1, Error> {
    let Some(got) = patient(window.fill(FRAME))? else { return Ok(Read1::Interrupted) };
    let bytes = window.peek();
    let order = section_order(bytes).filter(|_| bytes.starts_with(&SECTION.to_le_bytes()));
    let (Some(order), true) = (order, got >= FRAME) else {
        // Type and magic are one signature: text can begin with the former by chance.
        return Err(Error::new(ErrorKind::Format, "unknown file format"));
    };
    let length = order.u32_at(bytes, 4).unwrap_or_default();
    if !(28..=SECTION_MAX).contains(&length) {
        let text = format!(
            "Section Header Block in pcapng dump file has invalid length \
             28 < _{length}_ < {SECTION_MAX} (BT_SHB_INSANE_MAX)"
        );
        return Err(Error::new(ErrorKind::Format, text));
    }
    let total = length as usize;
    let Some(got) = patient(window.fill(total))? else { return Ok(Read1::Interrupted) };
    if got < total {
        return Err(truncated(total - FRAME, got - FRAME));
    }
    // libpcap does not compare the trailer of this one block.
    Ok(Read1::Block(Frame { kind: SECTION, total, order }))
}

/// Reads any other block; `order` is that of the section, `limit` the longest accepted.
#[inline]
pub(crate) fn next<R: Read>(
    window: &mut Window<R>,
    mut order: ByteOrder,
    limit: u32,
) -> Result<Read1, Error> {
    let Some(got) = patient(window.fill(HEADER))? else { return Ok(Read1::Interrupted) };
    if got < HEADER {
        return if got == 0 { Ok(Read1::End) } else { Err(truncated(HEADER, got)) };
    }
    let kind = order.u32_at(window.peek(), 0).unwrap_or_default();
    if kind == SECTION {
        // The order must be known before the length can be read.
        if patient(window.fill(FRAME))?.is_none() {
            return Ok(Read1::Interrupted);
        }
        order = section_order(window.peek()).unwrap_or(order);
    }
    let length = order.u32_at(window.peek(), 4).unwrap_or_default();
    if length < FRAME as u32 || !length.is_multiple_of(4) || length > limit {
        return Err(bad_length(length, limit));
    }
    let total = length as usize;
    let Some(got) = patient(window.fill(total))? else { return Ok(Read1::Interrupted) };
    if got < total {
        return Err(truncated(total - HEADER, got - HEADER));
    }
    if order.u32_at(window.peek(), total - 4) != Some(length) {
        let text = "block total length in header and trailer don't match";
        return Err(Error::new(ErrorKind::Format, text));
    }
    Ok(Read1::Block(Frame { kind, total, order }))
}

/// The blocks that lie whole in `bytes`, one after the other, of a section of this order.
pub(crate) fn complete(mut bytes: &[u8], order: ByteOrder) -> impl Iterator<Item = (Frame, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, length) = (order.u32_at(bytes, 0)?, order.u32_at(bytes, 4)?);
        let total = length as usize;
        let (whole, rest) = bytes.split_at_checked(total).filter(|_| total >= FRAME)?;
        bytes = rest;
        Some((Frame { kind, total, order }, whole))
    })
}

#[cold]
fn truncated(wanted: usize, got: usize) -> Error {
    let text = format!("truncated pcapng dump file; tried to read {wanted} bytes, only got {got}");
    Error::new(ErrorKind::Truncated, text)
}

#[cold]
fn bad_length(length: u32, limit: u32) -> Error {
    let text = if length < FRAME as u32 {
        format!("block in pcapng dump file has a length of {length} < {FRAME}")
    } else if !length.is_multiple_of(4) {
        format!("block in pcapng dump file has a length of {length} that is not a multiple of 4")
    } else {
        format!("pcapng block size {length} > maximum {limit}")
    };
    Error::new(ErrorKind::Format, text)
}

/// A block whose body is shorter than its fixed part.
#[cold]
pub(crate) fn too_short(kind: u32) -> Error {
    let text = format!("block of type {kind} in pcapng dump file is too short");
    Error::new(ErrorKind::Format, text)
}
