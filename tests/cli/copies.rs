//! What a copy of a capture file keeps, and what is said of what it does not.
use std::fs;
use std::path::Path;

use synack::savefile::{self, PacketWriter, pcap, pcapng};
use synack::{LinkType, Packet, Source, Timestamp};

use super::{Scratch, run, text};

/// Times of a file to the nanosecond, lengths of its packets, and its snapshot length.
fn look(path: &Path) -> (Vec<u64>, Vec<usize>, u32) {
    let mut file = savefile::open(path).expect("a capture file");
    let (mut times, mut lengths) = (Vec::new(), Vec::new());
    while let Some(packet) = file.next_packet().expect("sound") {
        assert!(packet.wire_len as usize >= packet.data.len());
        times.push(packet.time.nanos);
        lengths.push(packet.data.len());
    }
    (times, lengths, file.largest_snaplen())
}

/// A file of two packets, 100 and 60 bytes long, at this many nanoseconds and 1000 more.
fn write(path: &Path, precision: pcap::Precision, nanos: u64) {
    let file = fs::File::create(path).expect("a file");
    let mut writer: Box<dyn PacketWriter> = if path.extension().is_some_and(|e| e == "pcapng") {
        let section = pcapng::SectionOptions::default();
        Box::new(pcapng::PcapngWriter::new(file, "x", &section).expect("written"))
    } else {
        let options = pcap::PcapOptions { precision, ..pcap::PcapOptions::new(LinkType::ETHERNET) };
        Box::new(pcap::PcapWriter::new(file, "x", options).expect("written"))
    };
    for (n, length) in [(0, 100), (1000, 60)] {
        let time = Timestamp::new(1_700_000_000, nanos + n);
        let data = vec![7; length];
        writer.write(&Packet { time, ..Packet::new(LinkType::ETHERNET, &data) }).expect("written");
    }
    writer.flush().expect("written");
}

/// Copies files with these words between; what was said.
fn copy(inputs: &[&Path], words: &str, output: &Path) -> String {
    let mut args: Vec<&std::ffi::OsStr> = Vec::new();
    for input in inputs {
        args.extend(["-r".as_ref(), input.as_os_str()]);
    }
    args.extend(words.split_whitespace().map(std::ffi::OsStr::new));
    args.extend(["-w".as_ref(), output.as_os_str()]);
    let done = run(args);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    text(&done.stderr).to_owned()
}

#[test]
fn times_are_as_fine_as_those_of_the_finest_input() {
    use pcap::Precision::{Micro, Nano};
    let dir = Scratch::new();
    let (coarse, fine, blocks) = (dir.path("coarse.pcap"), dir.path("fine.pcap"), dir.path("blocks.pcapng"));
    write(&coarse, Micro, 123_456_000);
    write(&fine, Nano, 123_456_789);
    write(&blocks, Nano, 123_456_789);
    for name in ["out.pcap", "out.pcapng", "out.pcap.gz"] {
        let out = dir.path(name);
        for inputs in [&[&*fine][..], &[&*blocks], &[&*coarse, &*fine]] {
            let said = copy(inputs, "", &out);
            assert!(look(&out).0.contains(&123_456_789), "{name} of {inputs:?}");
            assert!(!said.contains("microseconds"), "{said}");
        }
    }
    let out = dir.path("out.pcap");
    // As coarse as before, and as asked for.
    copy(&[&coarse], "", &out);
    assert_eq!(fs::read(&out).expect("there")[..4], 0xa1b2_c3d4_u32.to_ne_bytes());
    assert!(!copy(&[&fine], "--micro", &out).contains("reading from file x"));
    assert_eq!(look(&out).0, [123_456_000, 123_457_000]);
    assert_eq!(copy(&[&fine], "--micro", &out).matches("times are cut to microseconds").count(), 1);
    // Of a list of files the first decides; what is cut then is said.
    let list = dir.path("list");
    fs::write(&list, format!("{}\n{}\n", coarse.display(), fine.display())).expect("written");
    let done = run(["-V".as_ref(), list.as_os_str(), "-w".as_ref(), out.as_os_str()]);
    assert_eq!(text(&done.stderr).matches("times are cut to microseconds").count(), 1);
}

#[test]
fn seconds_that_a_pcap_file_has_no_room_for_are_told() {
    let dir = Scratch::new();
    let (input, out, blocks) = (dir.path("in.pcapng"), dir.path("out.pcap"), dir.path("out.pcapng"));
    for (secs, fits) in [(0, true), (0xffff_ffff, true), (1 << 32, false), (1 << 33, false)] {
        let file = fs::File::create(&input).expect("a file");
        let section = pcapng::SectionOptions::default();
        let mut writer = pcapng::PcapngWriter::new(file, "x", &section).expect("written");
        let time = Timestamp::new(secs, 5);
        for _ in 0..2 {
            writer.write(&Packet { time, ..Packet::new(LinkType::ETHERNET, b"as is") }).expect("written");
        }
        writer.flush().expect("written");
        let said = copy(&[&input], "", &out);
        assert_eq!(said.matches("after 2106").count(), usize::from(!fits), "{said}");
        assert!(!copy(&[&input], "", &blocks).contains("2106"));
        let copied =
            |path| savefile::open(path).expect("there").next_packet().expect("sound").expect("one").time;
        assert_eq!(copied(&blocks), time);
        assert_eq!(copied(&out) == time, fits);
    }
}

#[test]
fn a_snapshot_length_cuts_what_is_copied() {
    let dir = Scratch::new();
    for name in ["in.pcap", "in.pcapng"] {
        let input = dir.path(name);
        write(&input, pcap::Precision::Micro, 0);
        for ending in ["pcap", "pcapng", "pcap.zst"] {
            let out = dir.path(&format!("out.{ending}"));
            copy(&[&input], "-s 80", &out);
            assert_eq!(look(&out), (vec![0, 1000], vec![80, 60], 80), "{name} to {ending}");
            let whole =
                savefile::open(&out).expect("there").next_packet().expect("sound").expect("one").wire_len;
            assert_eq!(whole, 100);
            copy(&[&input], "-s 0", &out);
            assert_eq!(look(&out).1, [100, 60]);
        }
    }
}
