//! The end of a capture file whose writer was killed: a record that is not whole is cut off.
//!
//! A write of many pages can be killed between two of them. What the capture can't do any more,
//! the helper that made the file does.
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// What became of the end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It holds whole records, or is none of our formats.
    Whole,
    /// Not even what a file begins with is there: it is no capture file and should be removed.
    Nothing,
}

/// Cuts `file` back to its last whole record. `from` is a place where a record is known to begin,
/// or 0. Compressed files are left as they are: their readers give every whole packet.
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
        _ => return Ok(End::Whole),
    };
    let mut end = from.max(first);
    while let Some(next) = shape(file, end)
        && next <= length
    {
        end = next;
    }
    if end < length {
        file.set_len(end)?;
    }
    Ok(if end.min(length) < least { End::Nothing } else { End::Whole })
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

/// Four bytes in this machine's order.
fn number(file: &File, at: u64) -> Option<u64> {
    let mut bytes = [0; 4];
    file.read_exact_at(&mut bytes, at).ok()?;
    Some(u32::from_ne_bytes(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use synack::savefile::{PacketWriter, pcap, pcapng};
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
    fn what_is_no_capture_file_is_left_alone() {
        let path = std::env::temp_dir().join(format!("synack-tail-other-{}", std::process::id()));
        fs::write(&path, b"\x1f\x8b\x08 and so on").unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        assert_eq!(mend(&file, 0).unwrap(), End::Whole);
        assert_eq!(fs::read(&path).unwrap(), b"\x1f\x8b\x08 and so on");
        fs::remove_file(path).unwrap();
    }
}
