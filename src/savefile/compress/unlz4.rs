//! LZ4 decoded: frames, also what a cut one still holds, and the format before there were frames.
use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

use super::lz4_part;
use super::member::{Got, LZ4_MAGIC, fill};

/// In the size of a block: it is not compressed.
const RAW_BLOCK: u32 = 1 << 31;
/// What a block of the legacy format holds.
const LEGACY_BLOCK: usize = 8 << 20;
/// The longest that such a block can be when it cannot be compressed.
const LEGACY_LONGEST: u32 = (LEGACY_BLOCK + LEGACY_BLOCK / 255 + 16) as u32;

/// A frame, and of one that is cut what its last block still holds.
pub(super) struct Lz4Frame<R: Read> {
    decoder: FrameDecoder<Watched<R>>,
    /// What is left of a block that is cut, and how much of it was given.
    cut: Option<(Vec<u8>, usize)>,
}

impl<R: Read> Lz4Frame<R> {
    /// After the first bytes of the frame.
    pub(super) fn new(magic: [u8; 4], stream: R) -> Self {
        let watched = Watched {
            magic: io::Cursor::new(magic),
            stream,
            ended: false,
            block: Vec::new(),
            history: Vec::new(),
        };
        Self { decoder: FrameDecoder::new(watched), cut: None }
    }

    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<Got> {
        if self.cut.is_none() {
            match self.decoder.read(room) {
                Ok(0) => return Ok(Got::End(None)),
                Ok(n) => {
                    self.decoder.get_mut().given(room.get(..n).unwrap_or_default());
                    return Ok(Got::Bytes(n));
                }
                Err(e) if self.decoder.get_ref().ended && e.kind() == io::ErrorKind::UnexpectedEof => {}
                Err(e) => return Err(e),
            }
        }
        let (block, at) = self.cut.get_or_insert_with(|| (self.decoder.get_ref().rescue(), 0));
        match copied(block, at, room) {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => Ok(Got::Bytes(n)),
        }
    }

    /// The stream behind the frame.
    ///
    /// # Errors
    /// It ended without the frame's end mark, which the decoder takes for the end.
    pub(super) fn into_stream(self) -> io::Result<R> {
        let watched = self.decoder.into_inner();
        if watched.ended { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(watched.stream) }
    }
}

/// A stream that is given the magic number back and remembers whether it has ended, and what a
/// block that is cut can be decoded with.
struct Watched<R> {
    magic: io::Cursor<[u8; 4]>,
    stream: R,
    ended: bool,
    /// What was read since bytes were given last: a block, before it the frame's header.
    block: Vec<u8>,
    /// What was given last.
    history: Vec<u8>,
}

impl<R> Watched<R> {
    /// These bytes were decoded.
    fn given(&mut self, bytes: &[u8]) {
        self.block.clear();
        let kept = lz4_part::WINDOW.saturating_sub(bytes.len()).min(self.history.len());
        self.history.drain(..self.history.len() - kept);
        let new = bytes.len().saturating_sub(lz4_part::WINDOW);
        self.history.extend(bytes.get(new..).unwrap_or_default());
    }

    /// What the block that is cut still holds.
    fn rescue(&self) -> Vec<u8> {
        let mut block = &self.block[..];
        if block.starts_with(&LZ4_MAGIC.to_le_bytes()) && self.history.is_empty() {
            // Magic, flags, size of blocks; size of the content; a dictionary; a checksum.
            let flags = block.get(4).copied().unwrap_or_default();
            let length = 7 + usize::from(flags >> 3 & 1) * 8 + usize::from(flags & 1) * 4;
            block = block.get(length..).unwrap_or_default();
        }
        let Some((size, rest)) = block.split_first_chunk() else { return Vec::new() };
        let size = u32::from_le_bytes(*size);
        // A checksum may follow; no block has no bytes, but that ends the frame.
        let packed = rest.iter().take((size & !RAW_BLOCK) as usize).copied().collect::<Vec<u8>>();
        if size & RAW_BLOCK != 0 { packed } else { lz4_part::unpack(&packed, &self.history) }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut got = self.magic.read(room)?;
        if got == 0 && !room.is_empty() {
            // The decoder would lose its place when interrupted.
            got = loop {
                match self.stream.read(room) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    result => break result?,
                }
            };
            self.ended = got == 0;
        }
        self.block.extend(room.get(..got).unwrap_or_default());
        Ok(got)
    }
}

/// Copies what has not been given of a block.
fn copied(block: &[u8], at: &mut usize, room: &mut [u8]) -> usize {
    let rest = block.get(*at..).unwrap_or_default();
    let n = rest.len().min(room.len());
    for (to, from) in room.iter_mut().zip(rest) {
        *to = *from;
    }
    *at += n;
    n
}

/// LZ4's legacy format: each block with its length before it.
#[derive(Default)]
pub(super) struct Lz4Legacy {
    block: Vec<u8>,
    at: usize,
    /// The stream ended in this block.
    cut: bool,
}

impl Lz4Legacy {
    pub(super) fn read(&mut self, stream: &mut impl Read, room: &mut [u8]) -> io::Result<Got> {
        loop {
            let n = copied(&self.block, &mut self.at, room);
            if n > 0 {
                return Ok(Got::Bytes(n));
            }
            if self.cut {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut length = [0; 4];
            match fill(stream, &mut length)? {
                0 => return Ok(Got::End(None)),
                4 => {}
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
            let number = u32::from_le_bytes(length);
            if number > LEGACY_LONGEST {
                return Ok(Got::End(Some(length)));
            }
            let mut packed = Vec::new();
            if stream.take(number.into()).read_to_end(&mut packed)? < number as usize {
                self.block = lz4_part::unpack(&packed, &[]);
                self.at = 0;
                self.cut = true;
                continue;
            }
            self.block.resize(LEGACY_BLOCK, 0);
            let unpacked = lz4_flex::block::decompress_into(&packed, &mut self.block);
            let length = unpacked.map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
            self.block.truncate(length);
            self.at = 0;
        }
    }
}
