//! Compressed capture files written: known by their name.
use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;
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
                let mut gzip = GzEncoder::new(std::mem::take(spare), flate2::Compression::new(6));
                gzip.write_all(bytes)?;
                *spare = std::mem::replace(bytes, gzip.finish()?);
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
