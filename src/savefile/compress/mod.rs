//! Compressed capture files: gzip, Zstandard and LZ4; xz and bzip2 are only read.
//!
//! | to change | look in |
//! | --- | --- |
//! | which name means which compression | here |
//! | what is written, and what ends it after every piece | `encode` |
//! | which members follow each other, padding, messages | `decompress` |
//! | what a format begins with | `member` |
//! | one more format read | `member`, `decompress`, a file here; builds without it: `../open`; what the program says: `cli/run/input`, `cli/args/{typed,written}` |
//! | one format read | `gunzip`, `unzstd`, `unlz4`, `unxz`, `bunzip`; a block of LZ4 that is cut: `lz4_part` |
mod bunzip;
mod decompress;
mod encode;
mod gunzip;
mod lz4_part;
mod member;
mod unlz4;
mod unxz;
mod unzstd;

use std::path::Path;

pub(in crate::savefile) use decompress::{Members, is_compressed};
pub(in crate::savefile) use encode::Encoder;
#[cfg(feature = "cli")]
pub(in crate::savefile) use encode::{LZ4_END, ZSTD_END, gzip_length};

/// How a capture file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
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
}
