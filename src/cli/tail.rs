//! The end of a capture file whose writer was killed: a record that is not whole is cut off.
//!
//! A write of many pages can be killed between two of them. What the capture can't do any more,
//! the helper that made the file does.
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use synack::savefile::Savefile;

/// What became of the end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It holds whole records, or is none of our formats.
    Whole,
    /// Not even what a file begins with is there: it is no capture file and should be removed.
    Nothing,
}

/// Cuts `file` back to its last whole record, or its last whole member if it is compressed. `from`
/// is a place where one is known to begin, or 0.
pub(super) fn mend(file: &File, from: u64) -> io::Result<End> {
    let length = file.metadata()?.len();
    let mut magic = [0; 4];
    if length < 4 || file.read_exact_at(&mut magic, 0).is_err() {
        return Ok(End::Nothing);
    }
    let (first, least, shape): (u64, u64, Shape) = match u32::from_ne_bytes(magic) {
        0xa1b2_c3d4 | 0xa1b2_3c4d => (24, 24, pcap),
        // A section alone has no packets and no link type.
        0x0a0d_0d0a => (0, pcapng(file, 0).map_or(u64::MAX, |section| section.saturating_add(1)), pcapng),
        _ => match u32::from_le_bytes(magic) {
            0xfd2f_b528 => (0, 1, zstd),
            0x184d_2204 => (0, 1, lz4),
            gzip if gzip << 8 == 0x088b_1f00 => (0, 1, self::gzip),
            _ => return Ok(End::Whole),
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
    Ok(if end < least || least == 1 && !has_begun(file, end)? { End::Nothing } else { End::Whole })
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
    let header: [u8; 20] = bytes(file, at)?;
    let [0x1f, 0x8b, 8, 4, _, _, _, _, _, _, 8, 0, b'S', b'Y', 4, 0, a, b, c, d] = header else {
        return None;
    };
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    if length < 20 { None } else { at.checked_add(length) }
}

/// A Zstandard frame (RFC 8878, 3.1.1).
fn zstd(file: &File, at: u64) -> Option<u64> {
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor] = bytes(file, at)? else { return None };
    let single = descriptor & 0x20 != 0;
    let window = u64::from(!single);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = match descriptor >> 6 {
        0 => u64::from(single),
        power => 1 << power,
    };
    let mut at = at.checked_add(5 + window + dictionary + size)?;
    loop {
        let [a, b, c] = bytes(file, at)?;
        let header = u32::from_le_bytes([a, b, c, 0]);
        // The second kind of block is one byte that is repeated.
        let length = if header >> 1 & 3 == 1 { 1 } else { header >> 3 };
        at = at.checked_add(3 + u64::from(length))?;
        if header & 1 != 0 {
            return at.checked_add(if descriptor & 4 != 0 { 4 } else { 0 });
        }
    }
}

/// An LZ4 frame.
fn lz4(file: &File, at: u64) -> Option<u64> {
    let [4, 0x22, 0x4d, 0x18, flags, _] = bytes(file, at)? else { return None };
    let has = |bit: u8, length: u64| if flags & bit != 0 { length } else { 0 };
    let mut at = at.checked_add(7 + has(8, 8) + has(1, 4))?;
    loop {
        let length = u32::from_le_bytes(bytes(file, at)?);
        at = at.checked_add(4)?;
        if length == 0 {
            return at.checked_add(has(4, 4));
        }
        at = at.checked_add(u64::from(length & 0x7fff_ffff) + has(16, 4))?;
    }
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
    use std::fs;
    use synack::savefile::{Compression, PacketWriter, pcap, pcapng};
    use synack::{LinkType, Packet};

    /// Cuts a file of three records at every byte: what is left holds the whole ones.
    fn cut_everywhere(name: &str, whole: &[u8], ends: &[usize]) {
        let path = std::env::temp_dir().join(format!("synack-tail-{name}-{}", std::process::id()));
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let file = File::options().read(true).write(true).open(&path).unwrap();
            let end = mend(&file, 0).unwrap();
            assert_eq!(
                end == End::Nothing,
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
        let mut writer = pcap::Writer::new(Vec::new(), "x", pcap::Options::new(LinkType::ETHERNET)).unwrap();
        for _ in 0..3 {
            writer.write(&packet).unwrap();
        }
        cut_everywhere("pcap", &writer.into_sink().unwrap(), &[24, 57, 90, 123]);

        let section = pcapng::SectionOptions::default();
        let mut writer = pcapng::Writer::new(Vec::new(), "x", &section).unwrap();
        let mut ends = vec![usize::try_from(writer.len()).unwrap()];
        for _ in 0..3 {
            writer.describe(None, &pcapng::InterfaceOptions::new(LinkType::ETHERNET)).unwrap();
            writer.flush().unwrap();
            ends.push(usize::try_from(writer.len()).unwrap());
        }
        cut_everywhere("pcapng", &writer.into_sink().unwrap(), &ends);
    }

    #[test]
    fn a_compressed_file_cut_anywhere_ends_with_its_last_whole_member() {
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Lz4] {
            let options = pcap::Options::new(LinkType::ETHERNET);
            let mut writer = pcap::Writer::compressed(Vec::new(), "x", options, compression).unwrap();
            let mut ends = vec![usize::try_from(writer.len()).unwrap()];
            for n in 0..3u8 {
                writer.write(&Packet::new(LinkType::ETHERNET, &[n; 200])).unwrap();
                writer.write(&Packet::new(LinkType::ETHERNET, b"seventeen bytes..")).unwrap();
                writer.flush().unwrap();
                ends.push(usize::try_from(writer.len()).unwrap());
            }
            cut_everywhere(&format!("{compression:?}"), &writer.into_sink().unwrap(), &ends);
        }
    }

    #[test]
    fn a_wrong_place_to_begin_costs_nothing() {
        let options = pcap::Options::new(LinkType::ETHERNET);
        let mut writer = pcap::Writer::compressed(Vec::new(), "x", options, Compression::Gzip).unwrap();
        writer.write(&Packet::new(LinkType::ETHERNET, &[7; 200])).unwrap();
        // What is still to be compressed is not in the file.
        assert!(writer.held() < writer.len());
        let bytes = writer.into_sink().unwrap();
        let path = std::env::temp_dir().join(format!("synack-tail-place-{}", std::process::id()));
        fs::write(&path, &bytes).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        for from in 0..bytes.len() as u64 {
            assert_eq!(mend(&file, from).unwrap(), End::Whole);
            assert_eq!(fs::metadata(&path).unwrap().len(), bytes.len() as u64, "from {from}");
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn members_of_other_makers_are_measured_too() {
        let zstd = [
            // A window of its own, four bytes of dictionary number, a repeated byte, a checksum.
            &[0x28, 0xb5, 0x2f, 0xfd, 0b0000_0111, 0x50, 1, 2, 3, 4, 0b0100_0011, 1, 0, b'a', 9, 9, 9, 9][..],
            // A single segment of two bytes of length, a stored block and a last one.
            &[
                0x28,
                0xb5,
                0x2f,
                0xfd,
                0b0110_0000,
                0,
                0,
                0b0001_0000,
                0,
                0,
                b'b',
                b'c',
                0b0000_1001,
                0,
                0,
                b'd',
            ],
        ];
        // Lengths of blocks and content, block and content checksums.
        let lz4 = [4, 0x22, 0x4d, 0x18, 0b0111_1100, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 7, 2, 0, 0, 0x80, 1, 2];
        let lz4 = [&lz4[..], &[5; 4], &[0; 4], &[6; 4]].concat();
        let path = std::env::temp_dir().join(format!("synack-tail-measure-{}", std::process::id()));
        let measured = |bytes: &[u8], shape: Shape| {
            fs::write(&path, [b"before", bytes, b"after"].concat()).unwrap();
            shape(&File::open(&path).unwrap(), 6).map(|end| end - 6)
        };
        for frame in zstd {
            assert_eq!(measured(frame, super::zstd), Some(frame.len() as u64));
        }
        assert_eq!(measured(&lz4, super::lz4), Some(lz4.len() as u64));
        assert_eq!(measured(b"\x1f\x8b\x08\0 of another program", super::gzip), None);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_no_capture_file_is_left_alone() {
        let path = std::env::temp_dir().join(format!("synack-tail-other-{}", std::process::id()));
        fs::write(&path, b"some text that is no capture").unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        assert_eq!(mend(&file, 0).unwrap(), End::Whole);
        assert_eq!(fs::read(&path).unwrap(), b"some text that is no capture");
        fs::remove_file(path).unwrap();
    }
}
