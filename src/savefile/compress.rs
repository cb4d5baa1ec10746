//! Compressed capture files: known by their first bytes when read, by their name when written.
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

use crate::error::Error;

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

const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
const ZSTD_MAGIC: u32 = 0xfd2f_b528;
const LZ4_MAGIC: u32 = 0x184d_2204;
/// A frame to be passed over, in both of the latter; the last four bits are free.
const SKIP_MAGIC: u32 = 0x184d_2a50;

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

    /// By the first four bytes.
    pub(crate) fn detect(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&GZIP_MAGIC) {
            return Some(Self::Gzip);
        }
        match u32::from_le_bytes(*bytes.first_chunk()?) {
            ZSTD_MAGIC => Some(Self::Zstd),
            LZ4_MAGIC => Some(Self::Lz4),
            // Zstandard's tools write such frames; those of LZ4 do not.
            magic if magic & !0xf == SKIP_MAGIC => Some(Self::Zstd),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        }
    }

    /// The stream decompressed, to the end of the last of its concatenated members.
    pub(crate) fn decoder(self, stream: impl Read + Send + 'static) -> Result<Box<dyn Read + Send>, Error> {
        let stream = BufReader::with_capacity(64 * 1024, stream);
        let inner: Box<dyn Read + Send> = match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(stream)),
            Self::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(stream);
                Box::new(decoder.map_err(|e| Error::io("error reading dump file", e))?)
            }
            Self::Lz4 => Box::new(Lz4::new(stream)),
        };
        Ok(Box::new(Decoder { inner, compression: self }))
    }

    pub(crate) fn encoder(self) -> io::Result<Encoder> {
        Ok(match self {
            Self::Gzip => Encoder::Gzip(Vec::new()),
            Self::Zstd => Encoder::Zstd(zstd::bulk::Compressor::new(3)?),
            Self::Lz4 => Encoder::Lz4(Vec::new()),
        })
    }
}

/// Puts the decoders' errors into words that say what is compressed how.
struct Decoder {
    inner: Box<dyn Read + Send>,
    compression: Compression,
}

impl Read for Decoder {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.inner.read(room).map_err(|e| {
            let name = self.compression.name();
            match e.kind() {
                io::ErrorKind::UnexpectedEof => {
                    io::Error::new(e.kind(), format!("the {name} data ends too early"))
                }
                // What the system says of the file itself.
                _ if e.raw_os_error().is_some() => e,
                io::ErrorKind::Interrupted => e,
                _ => {
                    let text = format!("the {name} data is damaged: {e}");
                    io::Error::new(io::ErrorKind::InvalidData, text)
                }
            }
        })
    }
}

/// Decodes concatenated LZ4 frames, and tells a clean end from a cut one.
struct Lz4<R: Read> {
    state: Option<Lz4State<R>>,
}

enum Lz4State<R: Read> {
    Between(R),
    Frame(Box<FrameDecoder<Watched<R>>>),
}

/// A stream that is given the magic number back and remembers whether it has ended.
struct Watched<R> {
    magic: io::Cursor<[u8; 4]>,
    stream: R,
    ended: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let got = self.magic.read(room)?;
        if got > 0 || room.is_empty() {
            return Ok(got);
        }
        // The decoder would lose its place when interrupted.
        let got = loop {
            match self.stream.read(room) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.ended = got == 0;
        Ok(got)
    }
}

impl<R: Read> Lz4<R> {
    fn new(stream: R) -> Self {
        Self { state: Some(Lz4State::Between(stream)) }
    }
}

impl<R: Read> Read for Lz4<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.state.take() {
                None => return Ok(0),
                Some(Lz4State::Between(mut stream)) => {
                    let mut magic = [0; 4];
                    match io::copy(&mut (&mut stream).take(4), &mut &mut magic[..])? {
                        0 => return Ok(0),
                        4 => {}
                        _ => return Err(io::ErrorKind::UnexpectedEof.into()),
                    }
                    if u32::from_le_bytes(magic) & !0xf == SKIP_MAGIC {
                        let mut length = [0; 4];
                        stream.read_exact(&mut length)?;
                        let length = u64::from(u32::from_le_bytes(length));
                        if io::copy(&mut (&mut stream).take(length), &mut io::sink())? < length {
                            return Err(io::ErrorKind::UnexpectedEof.into());
                        }
                        self.state = Some(Lz4State::Between(stream));
                        continue;
                    }
                    let watched = Watched { magic: io::Cursor::new(magic), stream, ended: false };
                    // A decoder for each frame: their block sizes may differ.
                    self.state = Some(Lz4State::Frame(Box::new(FrameDecoder::new(watched))));
                }
                Some(Lz4State::Frame(mut decoder)) => {
                    let got = decoder.read(room)?;
                    if got == 0 && !room.is_empty() {
                        let watched = decoder.into_inner();
                        if watched.ended {
                            // The decoder takes a missing end mark for the end.
                            return Err(io::ErrorKind::UnexpectedEof.into());
                        }
                        self.state = Some(Lz4State::Between(watched.stream));
                        continue;
                    }
                    self.state = Some(Lz4State::Frame(decoder));
                    return Ok(got);
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Lz4];

    fn pack(compression: Compression, pieces: &[&[u8]]) -> Vec<u8> {
        let mut encoder = compression.encoder().unwrap();
        let mut out = Vec::new();
        for piece in pieces {
            let mut bytes = piece.to_vec();
            encoder.encode(&mut bytes).unwrap();
            out.extend(bytes);
        }
        out
    }

    /// Everything that comes out before the end or an error.
    fn unpack(compression: Compression, bytes: Vec<u8>) -> (Vec<u8>, Option<io::Error>) {
        let mut decoder = compression.decoder(io::Cursor::new(bytes)).unwrap();
        let (mut out, mut room) = (Vec::new(), [0; 1000]);
        loop {
            match decoder.read(&mut room) {
                Ok(0) => return (out, None),
                Ok(n) => out.extend(&room[..n]),
                Err(e) => return (out, Some(e)),
            }
        }
    }

    fn text() -> Vec<u8> {
        (0..50_000u32).flat_map(|n| (n / 3).to_le_bytes()).collect()
    }

    #[test]
    fn concatenated_members_are_read_to_the_last() {
        let text = text();
        for compression in ALL {
            let packed = pack(compression, &[&text, b"", b"and more", &text[..9]]);
            assert_eq!(Compression::detect(&packed), Some(compression));
            let (out, error) = unpack(compression, packed);
            assert_eq!(error.map(|e| e.to_string()), None, "{compression:?}");
            assert!(out == [&text[..], b"and more", &text[..9]].concat(), "{compression:?}");
        }
    }

    #[test]
    fn cut_anywhere_it_gives_a_prefix_and_says_so() {
        for compression in ALL {
            let first = pack(compression, &[b"first member"]);
            let packed = [&first[..], &pack(compression, &[&text()[..300]])].concat();
            for cut in 4..packed.len() {
                let (out, error) = unpack(compression, packed[..cut].to_vec());
                assert!([b"first member", &text()[..300]].concat().starts_with(&out));
                if cut == first.len() {
                    assert!(error.is_none(), "{compression:?} cut at {cut}");
                } else {
                    let error = error.unwrap_or_else(|| panic!("{compression:?} cut at {cut}"));
                    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{compression:?} {cut}: {error}");
                }
                assert!(cut < first.len() || out.starts_with(b"first member"), "{compression:?}");
            }
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let text = text();
        for compression in ALL {
            let packed = pack(compression, &[&text[..2000]]);
            for at in (0..packed.len()).step_by(7) {
                let mut damaged = packed.clone();
                damaged[at] ^= 0x55;
                let (out, _) = unpack(compression, damaged);
                assert!(out.len() <= 1 << 23);
            }
        }
    }

    #[test]
    fn lz4_passes_over_skippable_frames() {
        let mut packed = pack(Compression::Lz4, &[b"one"]);
        packed.extend([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
        packed.extend(pack(Compression::Lz4, &[b"two"]));
        assert_eq!(unpack(Compression::Lz4, packed).0, b"onetwo");
    }
}
