//! What a member of a compressed stream begins with, and how its decoders say how far they are.
use std::io::{self, Read};

/// First bytes of a gzip member: RFC 1952, with the one compression method there is.
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// First bytes of an xz stream: four of six.
const XZ_MAGIC: [u8; 4] = [0xfd, b'7', b'z', b'X'];
/// First bytes of a bzip2 stream, before a digit that says how large its blocks are.
const BZIP_MAGIC: [u8; 3] = *b"BZh";
const ZSTD_MAGIC: u32 = 0xfd2f_b528;
pub(super) const LZ4_MAGIC: u32 = 0x184d_2204;
/// LZ4 before it had frames: blocks of 8 MiB up to the end.
pub(super) const LZ4_LEGACY_MAGIC: u32 = 0x184c_2102;
/// A frame to be passed over, of Zstandard and LZ4; the last four bits are free.
const SKIP_MAGIC: u32 = 0x184d_2a50;

/// How a member is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gzip,
    Zstd,
    Lz4,
    LegacyLz4,
    Xz,
    Bzip,
    Skip,
}

impl Kind {
    pub(super) fn of(magic: [u8; 4]) -> Option<Self> {
        if magic.starts_with(&GZIP_MAGIC) {
            return Some(Self::Gzip);
        }
        if magic == XZ_MAGIC {
            return Some(Self::Xz);
        }
        if let [head @ .., b'1'..=b'9'] = magic
            && head == BZIP_MAGIC
        {
            return Some(Self::Bzip);
        }
        Some(match u32::from_le_bytes(magic) {
            ZSTD_MAGIC => Self::Zstd,
            LZ4_MAGIC => Self::Lz4,
            LZ4_LEGACY_MAGIC => Self::LegacyLz4,
            magic if magic & !0xf == SKIP_MAGIC => Self::Skip,
            _ => return None,
        })
    }

    /// What to call it in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 | Self::LegacyLz4 => "lz4",
            Self::Xz => "xz",
            Self::Bzip => "bzip2",
            Self::Skip => "compressed",
        }
    }
}

/// Progress of a member.
pub(super) enum Got {
    Bytes(usize),
    /// The member is complete; with the first bytes of the next where they had to be read.
    End(Option<[u8; 4]>),
}

/// Reads until the room is full or the stream ends, also when signals come.
pub(super) fn fill(stream: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while let Some(rest) = room.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}
