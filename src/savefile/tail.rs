//! The end of a capture file whose writer was killed: a record that is not whole is cut off.
//!
//! A write of many pages can be killed between two of them. What the capture can't do any more,
//! the helper that made the file does.
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::Savefile;
use super::compress::{LZ4_END, ZSTD_END, gzip_length};

/// What became of the end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// It holds whole records.
    Whole,
    /// It is none of our formats, and was left alone.
    Other,
    /// Not even what a file begins with is there: it is no capture file and should be removed.
    Nothing,
}

/// Cuts `file` back to its last whole record, or to the last whole piece if it is compressed, and
/// ends it there as its format wants. `from` is a place where a record is known to begin, or 0.
pub fn mend(file: &File, from: u64) -> io::Result<Tail> {
    let length = file.metadata()?.len();
    let mut magic = [0; 4];
    if length < 4 || file.read_exact_at(&mut magic, 0).is_err() {
        return Ok(Tail::Nothing);
    }
    // Somebody has cut the file since.
    let from = if from > length { 0 } else { from };
    let (first, least, shape): (u64, u64, Shape) = match u32::from_ne_bytes(magic) {
        0xa1b2_c3d4 | 0xa1b2_3c4d => (24, 24, pcap),
        // A section alone has no packets and no link type.
        0x0a0d_0d0a => (0, pcapng(file, 0).map_or(u64::MAX, |section| section.saturating_add(1)), pcapng),
        _ => match u32::from_le_bytes(magic) {
            0xfd2f_b528 => return mend_frames(file, from, length, zstd, &ZSTD_END),
            0x184d_2204 => return mend_frames(file, from, length, lz4, &LZ4_END),
            gzip if gzip << 8 == 0x088b_1f00 => (0, 1, self::gzip),
            _ => return Ok(Tail::Other),
        },
    };
    let walk = |mut end: u64| {
        while let Some(next) = shape(file, end)
            && next <= length
        {
            end = next;
        }
        end
    };
    let mut end = walk(from.max(first));
    if from > first && end == from && end < length {
        // Nothing whole begins there: before anything is cut off the whole file is looked at.
        end = walk(first);
    }
    if end < length {
        file.set_len(end)?;
    }
    let end = end.min(length);
    Ok(if end < least || least == 1 && !has_begun(file, end)? { Tail::Nothing } else { Tail::Whole })
}

/// The same for a file made of frames, which are made of blocks: records end where a frame does,
/// and where the blocks say so. Then `tail` is what ends the frame.
fn mend_frames(file: &File, from: u64, length: u64, frames: Frames, tail: &[u8]) -> io::Result<Tail> {
    let mut end = frames(file, from, length);
    if from > 0 && end.0 <= from && end.0 < length {
        // As above.
        end = frames(file, 0, length);
    }
    let (end, within) = end;
    if within {
        // In this order it is right also where writes go to the end whatever their place.
        file.set_len(end)?;
        file.write_all_at(tail, end)?;
    } else if end < length {
        file.set_len(end)?;
    }
    Ok(if end == 0 || !has_begun(file, end)? { Tail::Nothing } else { Tail::Whole })
}

/// Whether the first member of a compressed file, which may be all there is, is what a file must
/// begin with: the head of a pcapng file can be in two.
fn has_begun(file: &File, end: u64) -> io::Result<bool> {
    if end > 4096 {
        return Ok(true);
    }
    let mut bytes = vec![0; usize::try_from(end).unwrap_or(0)];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(Savefile::from_stream("", Box::new(io::Cursor::new(bytes))).is_ok())
}

/// Where the record that begins at a place ends; `None` when it can't be told.
type Shape = fn(&File, u64) -> Option<u64>;

fn pcap(file: &File, at: u64) -> Option<u64> {
    let length = number(file, at.checked_add(8)?)?;
    at.checked_add(16)?.checked_add(length)
}

fn pcapng(file: &File, at: u64) -> Option<u64> {
    // Less than a block has cannot be a length that we wrote.
    let length = number(file, at.checked_add(4)?).filter(|&length| length >= 12)?;
    at.checked_add(length)
}

/// A gzip member, which we tell the length of in its header.
fn gzip(file: &File, at: u64) -> Option<u64> {
    at.checked_add(gzip_length(bytes(file, at)?)?)
}

/// Where the last whole record of a file of frames ends, below a length, and whether that is
/// within a frame. The second number is a place within the first frame where one is known to
/// end, or 0.
type Frames = fn(&File, u64, u64) -> (u64, bool);

/// Zstandard frames (RFC 8878, 3.1.1). A block that is empty follows on a record's end.
fn zstd(file: &File, from: u64, length: u64) -> (u64, bool) {
    let mut whole = (0, false);
    while let Some((mut at, checked)) = zstd_header(file, whole.0) {
        if whole.0 == 0 && from > at {
            at = from;
            whole = (from, true);
        }
        loop {
            let Some([a, b, c]) = bytes(file, at) else { return whole };
            let header = u32::from_le_bytes([a, b, c, 0]);
            // The second kind of block is one byte that is repeated.
            let size = if header >> 1 & 3 == 1 { 1 } else { header >> 3 };
            let last = header & 1 != 0;
            at += 3 + u64::from(size) + if last && checked { 4 } else { 0 };
            if at > length {
                return whole;
            }
            if last {
                whole = (at, false);
                break;
            }
            if header == 0 {
                whole = (at, true);
            }
        }
    }
    whole
}

/// Where the blocks of the frame begin, and whether a checksum follows them.
fn zstd_header(file: &File, at: u64) -> Option<(u64, bool)> {
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor] = bytes(file, at)? else { return None };
    let single = descriptor & 0x20 != 0;
    let window = u64::from(!single);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = match descriptor >> 6 {
        0 => u64::from(single),
        power => 1 << power,
    };
    Some((at.checked_add(5 + window + dictionary + size)?, descriptor & 4 != 0))
}

/// LZ4 frames. Each of our blocks ends with a record, and has a checksum; the blocks of others
/// end anywhere.
fn lz4(file: &File, from: u64, length: u64) -> (u64, bool) {
    let mut whole = (0, false);
    while let Some([4, 0x22, 0x4d, 0x18, flags, _]) = bytes(file, whole.0) {
        let has = |bit: u8, length: u64| if flags & bit != 0 { length } else { 0 };
        let ours = flags & 0x3f == 0x30;
        let mut at = whole.0 + 7 + has(8, 8) + has(1, 4);
        if whole.0 == 0 && from > at {
            at = from;
            whole = (from, true);
        }
        loop {
            let Some(header) = bytes(file, at) else { return whole };
            let size = u32::from_le_bytes(header);
            let rest = if size == 0 { has(4, 4) } else { u64::from(size & 0x7fff_ffff) + has(16, 4) };
            at += 4 + rest;
            if at > length {
                return whole;
            }
            if size == 0 {
                whole = (at, false);
                break;
            }
            if ours {
                whole = (at, true);
            }
        }
    }
    whole
}

fn bytes<const N: usize>(file: &File, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact_at(&mut bytes, at).ok()?;
    Some(bytes)
}

/// Four bytes in this machine's order.
fn number(file: &File, at: u64) -> Option<u64> {
    Some(u32::from_ne_bytes(bytes(file, at)?).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Packet, Source};
    use crate::savefile::{Compression, PacketWriter, pcap, pcapng};
    use crate::wire::LinkType;
    use std::fs;

    /// Cuts a file of three records at every byte: what is left holds the whole ones.
    fn cut_everywhere(name: &str, whole: &[u8], ends: &[usize]) {
        let path = std::env::temp_dir().join(format!("synack-tail-{name}-{}", std::process::id()));
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let file = File::options().read(true).write(true).open(&path).unwrap();
            let end = mend(&file, 0).unwrap();
            assert_eq!(
                end == Tail::Nothing,
                length < ends[usize::from(name == "pcapng")],
                "{name} cut at {length}"
            );
            let kept = fs::metadata(&path).unwrap().len();
            let wanted = ends.iter().rev().find(|end| **end <= length).copied().unwrap_or(0);
            if length >= ends[0] {
                assert_eq!(kept, wanted as u64, "{name} cut at {length}");
            }
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_cut_anywhere_ends_with_its_last_whole_record() {
        let packet = Packet::new(LinkType::ETHERNET, b"seventeen bytes..");
        let mut writer =
            pcap::PcapWriter::new(Vec::new(), "x", pcap::PcapOptions::new(LinkType::ETHERNET)).unwrap();
        for _ in 0..3 {
            writer.write(&packet).unwrap();
        }
        cut_everywhere("pcap", &writer.into_sink().unwrap(), &[24, 57, 90, 123]);

        let section = pcapng::SectionOptions::default();
        let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", &section).unwrap();
        let mut ends = vec![usize::try_from(writer.len()).unwrap()];
        for _ in 0..3 {
            writer.describe(None, &pcapng::InterfaceOptions::new(LinkType::ETHERNET)).unwrap();
            writer.flush().unwrap();
            ends.push(usize::try_from(writer.len()).unwrap());
        }
        cut_everywhere("pcapng", &writer.into_sink().unwrap(), &ends);
    }

    /// A compressed file of three pieces, and the places where each ends.
    fn pieces(compression: Compression) -> (Vec<u8>, Vec<usize>) {
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let mut writer = pcap::PcapWriter::compressed(Vec::new(), "x", options, compression).unwrap();
        let mut ends = vec![usize::try_from(writer.held()).unwrap()];
        for n in 0..3u8 {
            // Longer than a block of zstd, so that not every block ends a record.
            let noise: Vec<u8> =
                (0..140_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 ^ n).collect();
            let noise = if n == 1 { &noise[..] } else { &noise[..200] };
            writer.write(&Packet::new(LinkType::ETHERNET, noise)).unwrap();
            writer.write(&Packet::new(LinkType::ETHERNET, b"seventeen bytes..")).unwrap();
            writer.flush().unwrap();
            ends.push(usize::try_from(writer.held()).unwrap());
        }
        (writer.into_sink().unwrap(), ends)
    }

    /// Packets in a file, which must be sound.
    fn packets(bytes: &[u8]) -> usize {
        let mut file = Savefile::from_stream("x", Box::new(io::Cursor::new(bytes.to_vec()))).unwrap();
        let mut packets = 0;
        while file.next_packet().unwrap().is_some() {
            packets += 1;
        }
        packets
    }

    #[test]
    fn a_compressed_file_cut_anywhere_ends_with_its_last_whole_piece() {
        let path = std::env::temp_dir().join(format!("synack-tail-pieces-{}", std::process::id()));
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Lz4] {
            let (whole, ends) = pieces(compression);
            let near =
                |cut: &usize| cut.is_multiple_of(29_989) || ends.iter().any(|end| end.abs_diff(*cut) < 5);
            for cut in (0..=whole.len()).filter(near) {
                let pieces = ends.iter().filter(|end| **end <= cut).count();
                for from in std::iter::once(0).chain(ends[..pieces].last().copied()) {
                    fs::write(&path, &whole[..cut]).unwrap();
                    let file = File::options().read(true).write(true).open(&path).unwrap();
                    let end = mend(&file, from as u64).unwrap();
                    assert_eq!(end == Tail::Nothing, pieces == 0, "{compression:?} cut at {cut}");
                    if pieces > 0 {
                        assert_eq!(
                            packets(&fs::read(&path).unwrap()),
                            2 * (pieces - 1),
                            "{compression:?} cut at {cut}"
                        );
                    }
                }
            }
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_piece_without_its_head_is_cut_off() {
        let path = std::env::temp_dir().join(format!("synack-tail-headless-{}", std::process::id()));
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Lz4] {
            let head: &[u8] = match compression {
                Compression::Gzip => &[0; 4],
                Compression::Zstd => &ZSTD_END,
                Compression::Lz4 => &LZ4_END,
            };
            let (whole, ends) = pieces(compression);
            // The head of the last piece is not written yet.
            let (at, count) = (ends[2], 4);
            for cut in (at + head.len()..whole.len()).step_by(13) {
                for from in [0, at, whole.len() + 99] {
                    let bytes = [&whole[..at], head, &whole[at + head.len()..cut]].concat();
                    fs::write(&path, bytes).unwrap();
                    let file = File::options().read(true).write(true).open(&path).unwrap();
                    assert_eq!(mend(&file, from as u64).unwrap(), Tail::Whole);
                    assert_eq!(packets(&fs::read(&path).unwrap()), count, "{compression:?} cut at {cut}");
                }
            }
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_wrong_place_to_begin_costs_nothing() {
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let mut writer = pcap::PcapWriter::compressed(Vec::new(), "x", options, Compression::Gzip).unwrap();
        writer.write(&Packet::new(LinkType::ETHERNET, &[7; 200])).unwrap();
        // What is still to be compressed is not in the file.
        assert!(writer.held() < writer.len());
        let bytes = writer.into_sink().unwrap();
        let path = std::env::temp_dir().join(format!("synack-tail-place-{}", std::process::id()));
        fs::write(&path, &bytes).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        for from in 0..bytes.len() as u64 {
            assert_eq!(mend(&file, from).unwrap(), Tail::Whole);
            assert_eq!(fs::read(&path).unwrap(), bytes, "from {from}");
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn frames_of_other_makers_are_measured_too() {
        let zstd = [
            // A window of its own, four bytes of dictionary number, a repeated byte, a checksum.
            &[0x28, 0xb5, 0x2f, 0xfd, 0b0000_0111, 0x50, 1, 2, 3, 4, 0b0100_0011, 1, 0, b'a', 9, 9, 9, 9][..],
            // A single segment of two bytes of length, a stored block and a last one.
            &[0x28, 0xb5, 0x2f, 0xfd, 0b0110_0000, 0, 0, 0x10, 0, 0, b'b', b'c', 9, 0, 0, b'd'],
        ];
        // Lengths of blocks and content, block and content checksums.
        let lz4 = [4, 0x22, 0x4d, 0x18, 0b0111_1100, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 7, 2, 0, 0, 0x80, 1, 2];
        let lz4 = [&lz4[..], &[5; 4], &[0; 4], &[6; 4]].concat();
        let path = std::env::temp_dir().join(format!("synack-tail-measure-{}", std::process::id()));
        let measured = |bytes: &[u8], frames: Frames| {
            fs::write(&path, bytes).unwrap();
            let end = frames(&File::open(&path).unwrap(), 0, bytes.len() as u64);
            assert!(!end.1);
            usize::try_from(end.0).unwrap()
        };
        for frame in zstd {
            assert_eq!(measured(frame, super::zstd), frame.len());
            assert_eq!(measured(&[frame, frame, b"after"].concat(), super::zstd), 2 * frame.len());
            assert_eq!(measured(&frame[..frame.len() - 1], super::zstd), 0);
        }
        assert_eq!(measured(&[&lz4[..], &lz4, b"after"].concat(), super::lz4), 2 * lz4.len());
        assert_eq!(measured(&lz4[..lz4.len() - 1], super::lz4), 0);
        fs::write(&path, b"\x1f\x8b\x08\0 of another program").unwrap();
        assert_eq!(super::gzip(&File::open(&path).unwrap(), 0), None);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_no_capture_file_is_left_alone() {
        let path = std::env::temp_dir().join(format!("synack-tail-other-{}", std::process::id()));
        fs::write(&path, b"some text that is no capture").unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        assert_eq!(mend(&file, 0).unwrap(), Tail::Other);
        assert_eq!(fs::read(&path).unwrap(), b"some text that is no capture");
        fs::remove_file(path).unwrap();
    }
}
