//! Compressed capture files written: known by their name.
use std::io::{self, Write};
use std::path::Path;

use flate2::GzBuilder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

/// How a capture file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
    /// LZ4 frames.
    Lz4,
}

/// An extra field of a gzip header, named `SY`: the length of the whole member, which the format does
/// not tell, in four bytes. So the end of a file can be found without decompressing it.
const GZIP_LENGTH: &[u8] = b"SY\x04\x00\0\0\0\0";

impl Compression {
    /// By the ending of a file's name: `gz`, `zst` or `lz4`.
    ///
    /// ```
    /// use std::path::Path;
    /// use synack::savefile::Compression;
    ///
    /// assert_eq!(Compression::by_name(Path::new("a.pcapng.zst")), Some(Compression::Zstd));
    /// assert_eq!(Compression::by_name(Path::new("a.pcap")), None);
    /// ```
    pub fn by_name(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "gz" | "gzip" => Some(Self::Gzip),
            "zst" | "zstd" => Some(Self::Zstd),
            "lz4" => Some(Self::Lz4),
            _ => None,
        }
    }

    pub(crate) fn encoder(self) -> io::Result<Encoder> {
        Ok(match self {
            Self::Gzip => Encoder::Gzip(Vec::new()),
            Self::Zstd => Encoder::Zstd(zstd::bulk::Compressor::new(3)?),
            Self::Lz4 => Encoder::Lz4(Vec::new()),
        })
    }
}

/// Compresses pieces, each into a stream that stands alone.
pub(crate) enum Encoder {
    Gzip(Vec<u8>),
    Zstd(zstd::bulk::Compressor<'static>),
    Lz4(Vec<u8>),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
            Self::Lz4(_) => "Lz4",
        })
    }
}

impl Encoder {
    /// Replaces the bytes by their compressed form.
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
            Self::Lz4(spare) => {
                spare.clear();
                let info = FrameInfo::new()
                    .block_mode(BlockMode::Independent)
                    .block_size(BlockSize::Max1MB)
                    .content_checksum(true);
                let mut lz4 = FrameEncoder::with_frame_info(info, std::mem::take(spare));
                lz4.write_all(bytes)?;
                *spare = std::mem::replace(bytes, lz4.finish()?);
            }
        }
        Ok(())
    }
}
