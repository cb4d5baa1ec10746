//! Compressed capture files read: members one after the other, of any format, to the last.
//!
//! What was decoded before damage is given, then the error.
use std::io::{self, BufRead, BufReader, Read};

use super::bunzip::BzipStream;
use super::gunzip::Inflater;
use super::member::{Got, Kind, fill};
use super::unlz4::{Lz4Frame, Lz4Legacy};
use super::unxz::XzStream;
use super::unzstd::ZstdFrame;

/// Whether a stream that begins so is compressed.
pub(in crate::savefile) fn is_compressed(start: &[u8]) -> bool {
    start.first_chunk().is_some_and(|magic| Kind::of(*magic).is_some())
}

/// The stream decompressed, to the end of its last member.
pub(in crate::savefile) struct Members<R: Read> {
    state: State<BufReader<R>>,
    /// Of the current or last member, for messages.
    kind: Kind,
}

enum State<R: Read> {
    Between(R),
    Gzip(R, Inflater),
    Zstd(R, Box<ZstdFrame>),
    Lz4(Box<Lz4Frame<R>>),
    Legacy(R, Lz4Legacy),
    Xz(R, XzStream),
    Bzip(R, BzipStream),
    /// After the end or an error nothing more comes.
    Done,
}

impl<R: Read> Members<R> {
    pub(in crate::savefile) fn new(stream: R) -> Self {
        Self { state: State::Between(BufReader::with_capacity(64 * 1024, stream)), kind: Kind::Skip }
    }

    /// Goes on to the next member; false at the end.
    fn begin(&mut self, mut stream: BufReader<R>, start: Option<[u8; 4]>) -> io::Result<bool> {
        let mut magic = start.unwrap_or_default();
        let mut got = match (start, &mut magic) {
            (Some(_), _) => 4,
            (None, [first, rest @ ..]) => match stream.read(std::slice::from_mut(first)) {
                // Nothing more for now: whoever reads has other things to do.
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {
                    self.state = State::Between(stream);
                    return Err(e);
                }
                Err(e) => return Err(e),
                Ok(0) => 0,
                Ok(_) => 1 + fill(&mut stream, rest)?,
            },
        };
        while got == magic.len() && magic == [0; 4] && self.kind == Kind::Xz {
            // Zeros may stand between the streams of an xz file too, in fours.
            got = fill(&mut stream, &mut magic)?;
        }
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
            Kind::Gzip => State::Gzip(stream, Inflater::new(magic)?),
            Kind::Zstd => State::Zstd(stream, Box::new(ZstdFrame::new(magic)?)),
            Kind::Lz4 => State::Lz4(Box::new(Lz4Frame::new(magic, stream))),
            Kind::LegacyLz4 => State::Legacy(stream, Lz4Legacy::default()),
            Kind::Xz => State::Xz(stream, XzStream::new(magic)?),
            Kind::Bzip => State::Bzip(stream, BzipStream::new(magic)?),
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
                State::Gzip(stream, inflater) => inflater.read(stream, room)?,
                State::Zstd(stream, frame) => frame.read(stream, room)?,
                State::Lz4(frame) => frame.read(room)?,
                State::Legacy(stream, legacy) => legacy.read(stream, room)?,
                State::Xz(stream, decoder) => decoder.read(stream, room)?,
                State::Bzip(stream, decoder) => decoder.read(stream, room)?,
            };
            let next = match got {
                Got::Bytes(n) => return Ok(n),
                Got::End(next) => next,
            };
            let stream = match std::mem::replace(&mut self.state, State::Done) {
                State::Between(stream)
                | State::Gzip(stream, _)
                | State::Zstd(stream, _)
                | State::Xz(stream, _)
                | State::Bzip(stream, _)
                | State::Legacy(stream, _) => stream,
                State::Lz4(frame) => frame.into_stream()?,
                State::Done => return Ok(0),
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
        self.step(room).map_err(|e| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::savefile::compress::member::LZ4_LEGACY_MAGIC;
    use crate::savefile::compress::{Compression, Encoder};

    const ALL: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Lz4];

    fn pack(compression: Compression, pieces: &[&[u8]]) -> Vec<u8> {
        let mut encoder = Encoder::new(compression, false).unwrap();
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
