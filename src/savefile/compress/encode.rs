//! Pieces of whole records compressed, each with what ends the stream after it.
use std::io::{self, Write};

use flate2::GzBuilder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

use super::Compression;

/// An extra field of a gzip header, named `SY`: the length of the whole member, which the format does
/// not tell, in four bytes. So the end of a file can be found without decompressing it.
const GZIP_LENGTH: &[u8] = b"SY\x04\x00\0\0\0\0";

/// The length of the gzip member that begins so, which must be one of ours.
#[cfg(feature = "cli")]
pub(crate) fn gzip_length(header: [u8; 20]) -> Option<u64> {
    let [0x1f, 0x8b, 8, 4, _, _, _, _, _, _, 8, 0, b'S', b'Y', 4, 0, a, b, c, d] = header else {
        return None;
    };
    Some(u64::from(u32::from_le_bytes([a, b, c, d]))).filter(|&length| length >= 20)
}

/// How hard zstd tries: its own default.
const LEVEL: i32 = 3;

/// The last block of a zstd frame, empty (RFC 8878, 3.1.1.2).
pub(crate) const ZSTD_END: [u8; 3] = [1, 0, 0];

/// A block of zstd that is empty and not the last: a whole record ends there, which the ends of
/// other blocks don't tell.
pub(crate) const ZSTD_MARK: [u8; 3] = [0, 0, 0];

/// What ends an LZ4 frame without a checksum of its content.
pub(crate) const LZ4_END: [u8; 4] = [0, 0, 0, 0];

/// Bytes of the header of an LZ4 frame that tells nothing of the content.
const LZ4_HEADER: usize = 7;

/// Compresses pieces of whole records.
///
/// Not each into a stream that stands alone, where it can be helped: Wireshark reads what follows
/// the first stream of zstd or LZ4 as if it were not compressed, unless it is among the first
/// bytes of the file. So the pieces are one stream, and after each comes what ends it: the
/// [`tail`](Self::tail), which the next piece is written over.
pub(crate) enum Encoder {
    Gzip(Vec<u8>),
    Zstd(zstd::bulk::Compressor<'static>),
    ZstdJoined(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
    Lz4 {
        spare: Vec<u8>,
        joined: bool,
        /// Whether the header of the stream is written.
        begun: bool,
    },
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) | Self::ZstdJoined(_) => "Zstd",
            Self::Lz4 { .. } => "Lz4",
        })
    }
}

impl Encoder {
    /// `joined`: pieces continue one stream, for a file; else each stands alone, for a pipe.
    pub(crate) fn new(compression: Compression, joined: bool) -> io::Result<Self> {
        Ok(match compression {
            Compression::Gzip => Self::Gzip(Vec::new()),
            Compression::Zstd if joined => {
                Self::ZstdJoined(Box::new(zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?))
            }
            Compression::Zstd => Self::Zstd(zstd::bulk::Compressor::new(LEVEL)?),
            Compression::Lz4 => Self::Lz4 { spare: Vec::new(), joined, begun: false },
        })
    }

    /// What ends the stream after the piece encoded last; the next takes its place.
    pub(crate) fn tail(&self) -> &'static [u8] {
        match self {
            Self::ZstdJoined(_) => &ZSTD_END,
            Self::Lz4 { joined: true, .. } => &LZ4_END,
            _ => &[],
        }
    }

    /// Replaces the bytes by their compressed form, without the tail.
    pub(crate) fn encode(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Gzip(spare) => {
                spare.clear();
                let header = GzBuilder::new().extra(GZIP_LENGTH);
                let mut gzip = header.write(std::mem::take(spare), flate2::Compression::new(6));
                gzip.write_all(bytes)?;
                let mut member = gzip.finish()?;
                let length = u32::try_from(member.len());
                if let (Some(field), Ok(length)) = (member.get_mut(16..20), length) {
                    field.copy_from_slice(&length.to_le_bytes());
                }
                *spare = std::mem::replace(bytes, member);
            }
            Self::Zstd(compressor) => *bytes = compressor.compress(bytes)?,
            Self::ZstdJoined(encoder) => {
                encoder.write_all(bytes)?;
                encoder.flush()?;
                bytes.clear();
                std::mem::swap(bytes, encoder.get_mut());
                bytes.extend(ZSTD_MARK);
            }
            Self::Lz4 { spare, joined, begun } => {
                spare.clear();
                let info = FrameInfo::new().block_mode(BlockMode::Independent);
                let info = if *joined {
                    // A piece is one block: the end of a block is the end of a record.
                    info.block_size(BlockSize::Max4MB).block_checksums(true)
                } else {
                    info.block_size(BlockSize::Max1MB).content_checksum(true)
                };
                let mut lz4 = FrameEncoder::with_frame_info(info, std::mem::take(spare));
                lz4.write_all(bytes)?;
                *spare = std::mem::replace(bytes, lz4.finish()?);
                if *joined {
                    bytes.truncate(bytes.len().saturating_sub(LZ4_END.len()));
                    if std::mem::replace(begun, true) {
                        bytes.drain(..LZ4_HEADER.min(bytes.len()));
                    }
                }
            }
        }
        Ok(())
    }
}
