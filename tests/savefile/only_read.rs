//! Files compressed by xz and bzip2, which are only read: kept ones, and what the programs write.
use std::fs;
use std::process::Command;

use flate2::Crc;

use super::oracle::{Dir, each};
use crate::needs;

/// The bytes of a kept file.
fn kept(name: &str) -> Vec<u8> {
    fs::read(format!("tests/data/compressed/{name}")).unwrap()
}

/// How many packets are read, and what is wrong after the last.
fn count(bytes: &[u8]) -> (usize, Option<String>) {
    let mut packets = 0;
    let error = each(bytes, |_| packets += 1);
    (packets, error)
}

/// An uncompressed file of as many packets, with noise in them, and where each ends.
fn noisy(packets: u32) -> (Vec<u8>, Vec<usize>) {
    let mut file = fs::read("tests/data/seeds/lottery.pcap").unwrap()[..24].to_vec();
    let mut ends = Vec::new();
    for n in 0..packets {
        file.extend([n, 0, 1000, 1000].iter().flat_map(|word| word.to_le_bytes()));
        file.extend((0..1000u32).map(|at| (n.wrapping_mul(at).wrapping_mul(2_654_435_761) >> 24) as u8));
        ends.push(file.len());
    }
    (file, ends)
}

/// What a program makes of a file.
fn packed(dir: &Dir, words: &str, file: &[u8]) -> Vec<u8> {
    let (tool, options) = words.split_once(' ').unwrap();
    let path = dir.file("plain", file);
    let output = Command::new(tool).args(options.split(' ')).arg(path).output().unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn kept_files_of_several_streams_are_read_to_the_last() {
    for name in ["lottery.pcap.xz", "lottery.pcap.bz2"] {
        assert_eq!(count(&kept(name)), (7, None), "{name}");
    }
}

#[test]
fn what_the_programs_write_is_read_whatever_the_options() {
    let dir = Dir::new();
    let (file, _) = noisy(300);
    let ways = [
        "xz -c",
        "xz -0 -c",
        "xz -9e -c",
        "xz -c --check=none",
        "xz -c --check=crc32 --block-size=10000",
        "xz -c -T2 --check=sha256 --block-size=50000",
        "xz -c --delta=dist=4 --lzma2=dict=4096",
        "bzip2 -1 -c",
        "bzip2 -9 -c",
    ];
    for words in ways {
        if needs::program(words.split(' ').next().unwrap()) {
            let packed = packed(&dir, words, &file);
            assert_eq!(count(&packed), (300, None), "{words}");
            // One after the other, as `cat` makes them.
            let parts = [&file[..777], &file[777..]].map(|part| self::packed(&dir, words, part)).concat();
            assert_eq!(count(&parts), (300, None), "{words}");
        }
    }
}

#[test]
fn a_cut_file_gives_what_was_whole_and_says_so() {
    let dir = Dir::new();
    let (file, ends) = noisy(2000);
    for (words, name) in [("xz -0 -c --block-size=100000", "xz"), ("bzip2 -1 -c", "bzip2")] {
        if !needs::program(name) {
            continue;
        }
        let packed = packed(&dir, words, &file);
        for percent in [1, 20, 50, 90, 99] {
            let (packets, error) = count(&packed[..packed.len() * percent / 100]);
            assert_eq!(
                error.as_deref(),
                Some(&*format!("error reading dump file: the {name} data ends too early")),
                "{name} {percent}%: {packets}"
            );
            // A block of bzip2 is read whole or not at all.
            let lost = if name == "xz" { 30_000 } else { 110_000 };
            let there = (file.len() * percent / 100).saturating_sub(lost);
            let least = ends.iter().filter(|end| **end <= there).count();
            assert!(packets >= least, "{name} {percent}%: {packets} of {least}");
        }
    }
}

#[test]
fn kept_files_cut_anywhere_end_in_an_error_unless_a_stream_ends_there() {
    for name in ["lottery.pcap.xz", "lottery.pcap.bz2"] {
        let bytes = kept(name);
        for cut in 6..bytes.len() {
            let (packets, error) = count(&bytes[..cut]);
            assert!(error.is_some() && packets <= 7, "{name} cut at {cut}: {packets} {error:?}");
        }
    }
}

#[test]
fn damage_anywhere_is_an_error_or_nothing_and_never_a_panic() {
    for name in ["lottery.pcap.xz", "lottery.pcap.bz2"] {
        let bytes = kept(name);
        let mut noticed = 0;
        for at in 0..bytes.len() {
            for bits in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= bits;
                let (packets, error) = count(&damaged);
                assert!(packets <= 7, "{name} at {at}");
                noticed += usize::from(error.is_some());
            }
        }
        // Padding and what is not checked may be anything.
        assert!(noticed * 10 > bytes.len() * 3 * 9, "{name}: {noticed} of {}", bytes.len() * 3);
    }
}

#[test]
fn a_dictionary_larger_than_64_mib_is_refused_before_memory_is_taken_for_it() {
    // The block's header stands after the stream's: its length in words less one, flags, the filter, how
    // many bytes of properties, and of these one, the size of the dictionary; at its end a checksum.
    let with = |size: u8| {
        let mut file = kept("lottery.pcap.xz");
        let length = (usize::from(file[12]) + 1) * 4;
        let filter = (14..12 + length).find(|at| file[*at..*at + 2] == [0x21, 1]).unwrap();
        file[filter + 2] = size;
        let mut check = Crc::new();
        check.update(&file[12..12 + length - 4]);
        file[12 + length - 4..12 + length].copy_from_slice(&check.sum().to_le_bytes());
        file
    };
    assert_eq!(count(&with(28)), (7, None), "64 MiB, as xz -9");
    for (size, mib) in [(29, "96"), (30, "128"), (40, "4096")] {
        let (packets, error) = count(&with(size));
        let error = error.unwrap();
        assert_eq!(packets, 0);
        assert!(error.contains("the xz data is damaged: a block of it needs"), "{error}");
        assert!(error.contains(mib) && error.ends_with("MiB of memory, more than 65"), "{error}");
    }
}
