//! Compressed capture files read: members one after the other, of any format, to the last.
//!
//! What was decoded before damage is given, then the error.
use std::io::{self, BufRead, BufReader, Read};

use super::lz4_part;
use flate2::{Decompress, FlushDecompress, Status};
use lz4_flex::frame::FrameDecoder;
use zstd::stream::raw::{Decoder as ZstdDecoder, Operation};

/// First bytes of a gzip member: RFC 1952, with the one compression method there is.
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
const ZSTD_MAGIC: u32 = 0xfd2f_b528;
const LZ4_MAGIC: u32 = 0x184d_2204;
/// In the size of a block: it is not compressed.
const RAW_BLOCK: u32 = 1 << 31;
/// LZ4 before it had frames: blocks of 8 MiB up to the end.
const LZ4_LEGACY_MAGIC: u32 = 0x184c_2102;
/// A frame to be passed over, of Zstandard and LZ4; the last four bits are free.
const SKIP_MAGIC: u32 = 0x184d_2a50;
/// What a block of the legacy format holds.
const LEGACY_BLOCK: usize = 8 << 20;
/// The longest that such a block can be when it cannot be compressed.
const LEGACY_LONGEST: u32 = (LEGACY_BLOCK + LEGACY_BLOCK / 255 + 16) as u32;

/// How a member is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gzip,
    Zstd,
    Lz4,
    LegacyLz4,
    Skip,
}

impl Kind {
    fn of(magic: [u8; 4]) -> Option<Self> {
        if magic.starts_with(&GZIP_MAGIC) {
            return Some(Self::Gzip);
        }
        Some(match u32::from_le_bytes(magic) {
            ZSTD_MAGIC => Self::Zstd,
            LZ4_MAGIC => Self::Lz4,
            LZ4_LEGACY_MAGIC => Self::LegacyLz4,
            magic if magic & !0xf == SKIP_MAGIC => Self::Skip,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 | Self::LegacyLz4 => "lz4",
            Self::Skip => "compressed",
        }
    }
}

/// Whether a stream that begins so is compressed.
pub(in crate::savefile) fn is_compressed(start: &[u8]) -> bool {
    start.first_chunk().is_some_and(|magic| Kind::of(*magic).is_some())
}

/// The stream decompressed, to the end of its last member.
pub(in crate::savefile) struct Members<R: Read> {
    state: State<BufReader<R>>,
    /// Of the current or last member, for messages.
    kind: Kind,
    /// What is wrong after the bytes given last.
    failure: Option<io::Error>,
}

enum State<R: Read> {
    Between(R),
    Gzip(R, Box<Decompress>),
    Zstd(R, Box<Zstd>),
    Lz4(Box<FrameDecoder<Watched<R>>>),
    /// What is left of a block that is cut, and how much of it was given.
    Cut(Vec<u8>, usize),
    Legacy(R, Legacy),
    /// After the end or an error nothing more comes.
    Done,
}

/// Progress of a member.
enum Got {
    Bytes(usize),
    /// The member is complete; with the first bytes of the next where they had to be read.
    End(Option<[u8; 4]>),
}

impl<R: Read> Members<R> {
    pub(in crate::savefile) fn new(stream: R) -> Self {
        Self {
            state: State::Between(BufReader::with_capacity(64 * 1024, stream)),
            kind: Kind::Skip,
            failure: None,
        }
    }

    /// Goes on to the next member; false at the end.
    fn begin(&mut self, mut stream: BufReader<R>, start: Option<[u8; 4]>) -> io::Result<bool> {
        let mut magic = start.unwrap_or_default();
        let got = if start.is_some() { 4 } else { fill(&mut stream, &mut magic)? };
        if got == 0 {
            return Ok(false);
        }
        if magic.iter().take(got).all(|&byte| byte == 0) && self.kind != Kind::Skip {
            // Tapes and blocks are filled up with zeros: gzip passes over them too.
            return match only_zeros(&mut stream)? {
                true => Ok(false),
                false => Err(garbage()),
            };
        }
        if got < magic.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let kind = Kind::of(magic).ok_or_else(garbage)?;
        self.state = match kind {
            Kind::Gzip => {
                let mut inflate = Box::new(Decompress::new_gzip(15));
                inflate.decompress(&magic, &mut [], FlushDecompress::None)?;
                State::Gzip(stream, inflate)
            }
            Kind::Zstd => State::Zstd(stream, Box::new(Zstd::new(magic)?)),
            Kind::Lz4 => {
                let watched = Watched {
                    magic: io::Cursor::new(magic),
                    stream,
                    ended: false,
                    block: Vec::new(),
                    history: Vec::new(),
                };
                State::Lz4(Box::new(FrameDecoder::new(watched)))
            }
            Kind::LegacyLz4 => State::Legacy(stream, Legacy::default()),
            Kind::Skip => {
                let mut length = [0; 4];
                if fill(&mut stream, &mut length)? < length.len() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let length = u64::from(u32::from_le_bytes(length));
                // Repeats what a signal interrupts.
                if io::copy(&mut (&mut stream).take(length), &mut io::sink())? < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                State::Between(stream)
            }
        };
        if kind != Kind::Skip {
            self.kind = kind;
        }
        Ok(true)
    }

    fn step(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let got = match &mut self.state {
                State::Done => return Ok(0),
                State::Between(_) => Got::End(None),
                State::Gzip(stream, inflate) => gunzip(stream, inflate, room, &mut self.failure)?,
                State::Zstd(stream, zstd) => zstd.read(stream, room)?,
                State::Lz4(decoder) => match decoder.read(room) {
                    Ok(0) => Got::End(None),
                    Ok(n) => {
                        decoder.get_mut().given(room.get(..n).unwrap_or_default());
                        Got::Bytes(n)
                    }
                    Err(e) if decoder.get_ref().ended && e.kind() == io::ErrorKind::UnexpectedEof => {
                        self.state = State::Cut(decoder.get_ref().rescue(), 0);
                        continue;
                    }
                    Err(e) => return Err(e),
                },
                State::Cut(block, at) => match copied(block, at, room) {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    n => Got::Bytes(n),
                },
                State::Legacy(stream, legacy) => legacy.read(stream, room)?,
            };
            let next = match got {
                Got::Bytes(n) => return Ok(n),
                Got::End(next) => next,
            };
            let stream = match std::mem::replace(&mut self.state, State::Done) {
                State::Between(stream)
                | State::Gzip(stream, _)
                | State::Zstd(stream, _)
                | State::Legacy(stream, _) => stream,
                State::Lz4(decoder) => {
                    let watched = decoder.into_inner();
                    if watched.ended {
                        // The decoder takes a missing end mark for the end.
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    watched.stream
                }
                State::Done | State::Cut(..) => return Ok(0),
            };
            if !self.begin(stream, next)? {
                return Ok(0);
            }
        }
    }

    /// Puts the decoders' errors into words that say what is compressed how.
    fn explain(&self, e: io::Error) -> io::Error {
        let name = self.kind.name();
        match e.kind() {
            io::ErrorKind::UnexpectedEof => {
                io::Error::new(e.kind(), format!("the {name} data ends too early"))
            }
            // What the system says of the file itself.
            _ if e.raw_os_error().is_some() => e,
            io::ErrorKind::Interrupted => e,
            _ => io::Error::new(io::ErrorKind::InvalidData, format!("the {name} data is damaged: {e}")),
        }
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        let result = match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.step(room),
        };
        result.map_err(|e| {
            if e.kind() != io::ErrorKind::Interrupted {
                self.state = State::Done;
            }
            self.explain(e)
        })
    }
}

fn garbage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "something else follows its end")
}

/// Reads until the room is full or the stream ends, also when signals come.
fn fill(stream: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
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

/// Whether nothing but zeros comes up to the end.
fn only_zeros(stream: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = match stream.fill_buf() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            return Ok(true);
        }
        if bytes.iter().any(|&byte| byte != 0) {
            return Ok(false);
        }
        let passed = bytes.len();
        stream.consume(passed);
    }
}

/// What an inflater makes of the stream. Bytes before damage are given, and the damage is told
/// by `failure`.
fn gunzip(
    stream: &mut impl BufRead,
    inflate: &mut Decompress,
    room: &mut [u8],
    failure: &mut Option<io::Error>,
) -> io::Result<Got> {
    loop {
        let input = stream.fill_buf()?;
        let at_end = input.is_empty();
        let (taken, given) = (inflate.total_in(), inflate.total_out());
        let result = inflate.decompress(input, room, FlushDecompress::None);
        let passed = usize::try_from(inflate.total_in() - taken).unwrap_or(0);
        let got = usize::try_from(inflate.total_out() - given).unwrap_or(0);
        stream.consume(passed);
        match result {
            Err(e) if got == 0 => return Err(e.into()),
            Err(e) => *failure = Some(e.into()),
            // The checksum is right, which is all that is left to be said.
            Ok(Status::StreamEnd) if got == 0 => return Ok(Got::End(None)),
            Ok(_) => {}
        }
        if got > 0 {
            return Ok(Got::Bytes(got));
        }
        if at_end || passed == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// A Zstandard frame, decoded block by block: so damage in one does not cost the ones before.
struct Zstd {
    decoder: ZstdDecoder<'static>,
    /// How many bytes the next step needs; 0 at the end of the frame.
    wanted: usize,
}

impl Zstd {
    fn new(magic: [u8; 4]) -> io::Result<Self> {
        let mut decoder = ZstdDecoder::new()?;
        let status = decoder.run_on_buffers(&magic, &mut [0; 0])?;
        Ok(Self { decoder, wanted: status.remaining })
    }

    fn read(&mut self, stream: &mut impl BufRead, room: &mut [u8]) -> io::Result<Got> {
        loop {
            if self.wanted == 0 {
                return Ok(Got::End(None));
            }
            // What is decoded first: a call that finds damage gives nothing.
            let status = self.decoder.run_on_buffers(&[], room)?;
            if status.bytes_written > 0 {
                self.wanted = status.remaining;
                return Ok(Got::Bytes(status.bytes_written));
            }
            let input = stream.fill_buf()?;
            let at_end = input.is_empty();
            let input = input.get(..self.wanted).unwrap_or(input);
            let status = self.decoder.run_on_buffers(input, room)?;
            stream.consume(status.bytes_read);
            self.wanted = status.remaining;
            if status.bytes_written > 0 {
                return Ok(Got::Bytes(status.bytes_written));
            }
            if at_end {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
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
struct Legacy {
    block: Vec<u8>,
    at: usize,
    /// The stream ended in this block.
    cut: bool,
}

impl Legacy {
    fn read(&mut self, stream: &mut impl Read, room: &mut [u8]) -> io::Result<Got> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::savefile::Compression;

    const ALL: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Lz4];

    fn pack(compression: Compression, pieces: &[&[u8]]) -> Vec<u8> {
        let mut encoder = compression.encoder(false).unwrap();
        let mut out = Vec::new();
        for piece in pieces {
            let mut bytes = piece.to_vec();
            encoder.encode(&mut bytes).unwrap();
            out.extend(bytes);
        }
        out
    }

    /// Everything that comes out before the end or an error.
    fn unpack(bytes: Vec<u8>) -> (Vec<u8>, Option<io::Error>) {
        let mut decoder = Members::new(io::Cursor::new(bytes));
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
            assert!(is_compressed(&packed));
            let (out, error) = unpack(packed);
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
                let (out, error) = unpack(packed[..cut].to_vec());
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
    fn a_block_of_lz4_that_is_cut_gives_what_it_holds() {
        use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
        let text: Vec<u8> = text()
            .into_iter()
            .zip((0..).map(|n: u32| (n.wrapping_mul(n) >> 7) as u8))
            .flat_map(|(a, b)| [a, b & 3])
            .collect();
        let mut packed = Vec::new();
        for mode in [BlockMode::Independent, BlockMode::Linked] {
            for size in [BlockSize::Max64KB, BlockSize::Max4MB] {
                for info in [FrameInfo::new(), FrameInfo::new().content_size(Some(text.len() as u64))] {
                    let info = info.block_mode(mode).block_size(size).block_checksums(true);
                    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
                    io::Write::write_all(&mut encoder, &text).unwrap();
                    packed.push(encoder.finish().unwrap());
                }
            }
        }
        let raw = lz4_flex::block::compress(&text);
        let length = u32::try_from(raw.len()).unwrap().to_le_bytes();
        packed.push([&LZ4_LEGACY_MAGIC.to_le_bytes()[..], &length, &raw].concat());
        for packed in packed {
            for percent in [10, 37, 50, 80, 99] {
                let (out, error) = unpack(packed[..packed.len() * percent / 100].to_vec());
                assert!(text.starts_with(&out));
                assert!(out.len() > text.len() * percent * 8 / 1000, "{percent}%: {}", out.len());
                assert_eq!(error.unwrap().to_string(), "the lz4 data ends too early");
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
                let (out, _) = unpack(damaged);
                assert!(out.len() <= 1 << 23);
            }
        }
    }

    /// A frame to be passed over.
    const SKIPPED: [u8; 11] = [0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9];

    #[test]
    fn skippable_frames_are_passed_over_anywhere() {
        for compression in [Compression::Lz4, Compression::Zstd] {
            let one = pack(compression, &[b"one"]);
            let two = pack(compression, &[b"two"]);
            let packed = [&SKIPPED[..], &one, &SKIPPED, &two, &SKIPPED].concat();
            assert!(is_compressed(&packed));
            let (out, error) = unpack(packed);
            assert_eq!((&out[..], error.map(|e| e.to_string())), (&b"onetwo"[..], None));
        }
    }

    #[test]
    fn members_of_different_formats_follow_each_other() {
        let packed = ALL.map(|compression| pack(compression, &[b"member,"])).concat();
        let (out, error) = unpack(packed);
        assert_eq!((&out[..], error.is_none()), (&b"member,member,member,"[..], true));
    }

    #[test]
    fn zeros_after_the_end_are_padding_and_anything_else_is_an_error() {
        for compression in ALL {
            let packed = pack(compression, &[b"all"]);
            for zeros in [1, 4, 700] {
                let (out, error) = unpack([&packed[..], &vec![0; zeros]].concat());
                assert_eq!((&out[..], error.map(|e| e.to_string())), (&b"all"[..], None));
            }
            for rest in [&b"garbage"[..], &[0, 0, 0, 0, 0, 7]] {
                let (out, error) = unpack([&packed[..], rest].concat());
                let error = error.unwrap().to_string();
                assert_eq!(out, b"all");
                assert!(error.ends_with("data is damaged: something else follows its end"), "{error}");
            }
        }
    }

    #[test]
    fn what_was_decoded_before_damage_is_given() {
        let text = text();
        // One zstd frame of many blocks, with a checksum at its end.
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_checksum(true).unwrap();
        io::copy(&mut &text.repeat(10)[..], &mut encoder).unwrap();
        let mut packed = encoder.finish().unwrap();
        *packed.last_mut().unwrap() ^= 1;
        let (out, error) = unpack(packed);
        assert!(out == text.repeat(10) && error.is_some());

        let mut packed = pack(Compression::Gzip, &[&text]);
        let check = packed.len() - 5;
        packed[check] ^= 1;
        let (out, error) = unpack(packed.clone());
        assert!(out == text && error.is_some());
        // A block type that does not exist, in the middle.
        let middle = packed.len() / 2;
        packed[middle..middle + 40].fill(0xff);
        let (out, error) = unpack(packed);
        assert!(out.len() > text.len() / 3 && text.starts_with(&out[..text.len() / 3]), "{}", out.len());
        assert!(error.is_some());
    }

    #[test]
    fn the_legacy_format_of_lz4_is_read() {
        let text = text();
        let block = |bytes: &[u8]| {
            let packed = lz4_flex::block::compress(bytes);
            [&u32::try_from(packed.len()).unwrap().to_le_bytes()[..], &packed].concat()
        };
        let legacy = [&LZ4_LEGACY_MAGIC.to_le_bytes()[..], &block(&text), &block(b"end")].concat();
        let whole = [&text[..], b"end"].concat();
        let (out, error) = unpack(legacy.clone());
        assert!(out == whole && error.is_none());
        let (out, error) = unpack([&legacy[..], &pack(Compression::Lz4, &[b", frame"])].concat());
        assert!(out == [&whole[..], b", frame"].concat() && error.is_none());
        let (out, error) = unpack(legacy[..legacy.len() - 1].to_vec());
        assert!(out.starts_with(&text) && whole.starts_with(&out));
        assert_eq!(error.unwrap().to_string(), "the lz4 data ends too early");
    }
}
