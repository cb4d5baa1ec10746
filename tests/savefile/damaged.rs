//! Damaged files: accepted, refused and described as tcpdump does.
use super::craft::{Dice, END, File, frame};
use super::oracle::{Dir, Reading, ours, tcpdump};
use crate::needs;

/// Classic files: every header libpcap treats specially, then damage.
fn classic() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for big in [false, true] {
        for magic in [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34, 0xa12b_3c4d, 0xa1b2_34cd] {
            for version in [(2, 4), (2, 3), (2, 2), (543, 0), (1, 0), (2, 5), (3, 0), (0, 0)] {
                for (snaplen, link) in [
                    (262_144, 1),
                    (96, 1),
                    (0, 1),
                    (u32::MAX, 101),
                    (0x7fff_ffff, 0x2400_0001),
                    (65_535, 249),
                ] {
                    let mut file = File::pcap(big, magic, version, snaplen, link);
                    for n in 0..4u8 {
                        if magic == 0xa1b2_cd34 {
                            let data = frame(n * 9);
                            let len = data.len() as u32;
                            file.record(1_700_000_000, 999_999, len, len + 5, &[0; 8]).raw(&data);
                        } else {
                            let data = frame(n * 9);
                            let len = data.len() as u32;
                            file.record(1_700_000_000 + u32::from(n), 1_234_567, len, len + 5, &data);
                        }
                    }
                    let name = format!("classic big={big} {magic:x} {version:?} {snaplen} {link:x}");
                    files.push((name, file.bytes));
                }
            }
        }
    }
    files
}

/// One good file of each format, as ground for damage.
fn sound(big: bool, pcapng: bool) -> Vec<u8> {
    let mut file;
    if pcapng {
        file = File::new(big);
        file.section(&[(4, b"test")]).interface(1, 0, &[(2, b"eth0"), (9, &[9]), END]);
        file.block(4, &[0; 8]);
        for n in 0..6 {
            let data = frame(n * 7);
            file.packet(0, 1_700_000_000_000_000_000 + u64::from(n), &data, &[(1, b"hello"), END]);
        }
        file.simple(20, &frame(6)).old_packet(0, 3, 5, &frame(3));
        file.block(5, &[0; 12]);
    } else {
        file = File::pcap(big, 0xa1b2_c3d4, (2, 4), 65_535, 1);
        for n in 0..6 {
            let data = frame(n * 7);
            file.record(1_700_000_000, u32::from(n), data.len() as u32, data.len() as u32, &data);
        }
    }
    file.bytes
}

/// Cuts, flipped bytes, absurd numbers, removed and doubled stretches.
fn damage(base: &[u8], rounds: usize, dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for round in 0..rounds {
        let mut file = base.to_vec();
        let at = dice.roll(file.len());
        match round % 6 {
            0 => file.truncate(at),
            1 => file[at] ^= 1 << dice.roll(8),
            2 => {
                let value = [0, 1, 11, 12, 13, 0xffff, 0x0100_0000, 0x0100_0001, 0x7fff_ffff, u32::MAX];
                let at = at / 4 * 4;
                let bytes = value[dice.roll(value.len())].to_le_bytes();
                let end = (at + 4).min(file.len());
                file[at..end].copy_from_slice(&bytes[..end - at]);
            }
            3 => drop(file.drain(at..(at + 1 + dice.roll(20)).min(base.len()))),
            4 => {
                let piece: Vec<u8> = file[at..].iter().take(1 + dice.roll(30)).copied().collect();
                file.splice(at..at, piece);
            }
            _ => file[at] = [0, 1, 0x7f, 0x80, 0xff][dice.roll(5)],
        }
        files.push(file);
    }
    files
}

/// What we accept and tcpdump does not, on purpose.
fn more_than_tcpdump(theirs: &Reading) -> bool {
    theirs.error.as_deref().is_some_and(|error| {
        error.starts_with("an interface has a ")
            || error == "the file has sections with different byte orders"
            // Not the reader's word but the filter compiler's, which is not asked here.
            || error.starts_with("unknown data link type ")
    })
}

fn compare(dir: &Dir, name: &str, bytes: &[u8]) {
    let path = dir.file("file", bytes);
    // One unit for each file is enough: there are many.
    let nano = bytes.iter().fold(0, |sum, byte| sum ^ byte) & 1 == 1;
    let theirs = tcpdump(dir, &path, nano);
    let ours = ours(bytes, nano);
    if more_than_tcpdump(&theirs) {
        assert!(ours.copy.len() >= theirs.copy.len(), "{name}");
        return;
    }
    // A file refused when opened leaves no copy in either.
    assert_eq!(ours.error, theirs.error, "{name} nano={nano}\n{bytes:02x?}");
    assert_eq!(ours.copy, theirs.copy, "{name} nano={nano}\n{bytes:02x?}");
}

#[test]
fn classic_headers_are_read_as_tcpdump_reads_them() {
    if !needs::tcpdump() {
        return;
    }
    let dir = Dir::new();
    for (name, bytes) in classic() {
        compare(&dir, &name, &bytes);
    }
}

#[test]
fn damage_is_found_where_tcpdump_finds_it() {
    if !needs::tcpdump() {
        return;
    }
    let dir = Dir::new();
    let mut dice = Dice(0x5eed);
    for (big, pcapng) in [(false, false), (true, false), (false, true), (true, true)] {
        let base = sound(big, pcapng);
        compare(&dir, "sound", &base);
        for (n, file) in damage(&base, 150, &mut dice).iter().enumerate() {
            compare(&dir, &format!("damage {n} big={big} pcapng={pcapng}"), file);
        }
    }
}

#[test]
fn a_file_cut_at_any_byte_reads_as_in_tcpdump() {
    if !needs::tcpdump() {
        return;
    }
    let dir = Dir::new();
    for pcapng in [false, true] {
        let base = sound(false, pcapng);
        for cut in (0..40).chain((40..base.len()).step_by(5)) {
            compare(&dir, &format!("cut at {cut}"), &base[..cut]);
        }
    }
}

#[test]
fn no_damage_makes_it_panic_or_loop() {
    let mut dice = Dice(0xfeed);
    for (big, pcapng) in [(false, false), (true, false), (false, true), (true, true)] {
        let base = sound(big, pcapng);
        for once in damage(&base, 600, &mut dice) {
            for file in damage(&once, if once.is_empty() { 0 } else { 5 }, &mut dice) {
                let reading = ours(&file, true);
                assert!(reading.copy.len() <= 3 * base.len() + 3 * 65_536);
            }
        }
    }
}
