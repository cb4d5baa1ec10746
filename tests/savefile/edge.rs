//! pcapng files at the edges of the format, each with what the draft says it holds.
use synack::Source;
use synack::savefile::Savefile;

use super::craft::{END, File, frame};
use super::oracle::{Dir, each, run};
use crate::needs;

/// Packets as (seconds, nanoseconds, link type, data length), then the error.
type Expected<'a> = (&'a [(i64, u64, u32, usize)], Option<&'a str>);

/// A file's name, its bytes, what it holds, and whether tshark agrees on the packets.
struct Case<'a>(&'a str, File, Expected<'a>, bool);

/// These packets and no error.
fn ok<'a>(packets: &'a [(i64, u64, u32, usize)]) -> Expected<'a> {
    (packets, None)
}

/// A section with one Ethernet interface that has these options.
fn with(options: &[(u16, &[u8])]) -> File {
    let mut file = File::new(false);
    file.section(&[]).interface(1, 65_535, options);
    file
}

fn plus(mut file: File, f: impl FnOnce(&mut File) -> &mut File) -> File {
    f(&mut file);
    file
}

/// A packet with this time on interface 0.
fn stamped(file: File, time: u64) -> File {
    plus(file, |f| f.packet(0, time, &[0; 14], &[]))
}

#[rustfmt::skip]
fn cases() -> Vec<Case<'static>> {
    const SEC: u64 = 1_000_000;
    let plain = || with(&[]);
    let one: &[(i64, u64, u32, usize)] = &[(1, 0, 1, 14)];
    let two: &[(i64, u64, u32, usize)] = &[(1, 0, 1, 14), (1, 0, 1, 14)];
    vec![
        Case("microseconds unless said", stamped(plain(), SEC + 7), ok(&[(1, 7_000, 1, 14)]), true),
        Case("nanoseconds", stamped(with(&[(9, &[9]), END]), 1_000_000_007), ok(&[(1, 7, 1, 14)]), true),
        Case("milliseconds", stamped(with(&[(9, &[3])]), 1_005), ok(&[(1, 5_000_000, 1, 14)]), true),
        Case("seconds", stamped(with(&[(9, &[0])]), 9), ok(&[(9, 0, 1, 14)]), true),
        Case("picoseconds", stamped(with(&[(9, &[12])]), 1_000_000_007_999), ok(&[(1, 7, 1, 14)]), true),
        Case("finest decimal", stamped(with(&[(9, &[19])]), 15_000_000_000_000_000_000), ok(&[(1, 500_000_000, 1, 14)]), false),
        Case("binary", stamped(with(&[(9, &[0x8a])]), 1536), ok(&[(1, 500_000_000, 1, 14)]), true),
        Case("binary seconds", stamped(with(&[(9, &[0x80])]), 4), ok(&[(4, 0, 1, 14)]), true),
        Case("finest binary", stamped(with(&[(9, &[0xbf])]), 3 << 62), ok(&[(1, 500_000_000, 1, 14)]), false),
        Case("too fine decimal", with(&[(9, &[20])]), (&[], Some("Interface Description Block if_tsresol option resolution 10^-20 is too high")), false),
        Case("too fine binary", with(&[(9, &[0xc0])]), (&[], Some("Interface Description Block if_tsresol option resolution 2^-64 is too high")), false),
        Case("offset", stamped(with(&[(14, &1000u64.to_le_bytes()), END]), SEC), ok(&[(1001, 0, 1, 14)]), true),
        Case("negative offset", stamped(with(&[(14, &(-3i64).to_le_bytes()), END]), 5 * SEC), ok(&[(2, 0, 1, 14)]), true),
        Case("time before 1970", stamped(with(&[(14, &(-30i64).to_le_bytes()), END]), 5 * SEC), ok(&[(-25, 0, 1, 14)]), false),
        Case("offset of wrong length", with(&[(14, &[0; 4])]), (&[], Some("Interface Description Block has if_tsoffset option with length 4 != 8")), false),
        Case("two offsets", with(&[(14, &[0; 8]), (14, &[0; 8])]), (&[], Some("Interface Description Block has more than one if_tsoffset option")), false),
        Case("two resolutions", with(&[(9, &[6]), (9, &[6])]), (&[], Some("Interface Description Block has more than one if_tsresol option")), false),
        Case("resolution of wrong length", with(&[(9, &[6, 0])]), (&[], Some("Interface Description Block has if_tsresol option with length 2 != 1")), false),
        Case("end of options with a value", with(&[(0, &[1])]), (&[], Some("Interface Description Block has opt_endofopt option with length 1 != 0")), false),
        Case("what follows the end of options does not count", stamped(with(&[END, (9, &[0])]), SEC), ok(one), true),
        Case("option cut by its block", plus(File::new(false), |f| f.section(&[]).block(1, &[1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 5, 0])), (&[], Some("block of type 1 in pcapng dump file is too short")), false),
        Case("largest stamp", stamped(plain(), u64::MAX), ok(&[(18_446_744_073_709, 551_615_000, 1, 14)]), false),
        Case("unlimited snapshot length", stamped(plus(File::new(false), |f| f.section(&[]).interface(1, 0, &[])), SEC), ok(one), true),
        Case("big-endian", plus(File::new(true), |f| f.section(&[]).interface(1, 0, &[]).packet(0, SEC, &[0; 14], &[])), ok(one), true),
        Case("sections of both byte orders", plus(plain(), |f| f.packet(0, SEC, &[0; 14], &[]).swap().section(&[]).interface(1, 65_535, &[]).packet(0, SEC, &[0; 14], &[])), ok(two), true),
        Case("interfaces are numbered anew in each section", plus(plain(), |f| f.section(&[]).interface(101, 65_535, &[(9, &[0])]).packet(0, 8, &[0x45; 20], &[])), ok(&[(8, 0, 101, 20)]), true),
        Case("a section does not inherit interfaces", plus(plain(), |f| f.section(&[]).packet(0, SEC, &[0; 14], &[])), (&[], Some("a packet arrived on interface 0, but there's no Interface Description Block for that interface")), false),
        Case("interfaces of different types", plus(plain(), |f| f.interface(101, 65_535, &[]).packet(1, SEC, &[0x45; 20], &[]).packet(0, SEC, &[0; 14], &[])), ok(&[(1, 0, 101, 20), (1, 0, 1, 14)]), true),
        Case("interfaces of different snapshot lengths", plus(plain(), |f| f.interface(1, 20, &[]).packet(1, SEC, &[0; 20], &[])), ok(&[(1, 0, 1, 20)]), true),
        Case("interfaces of different resolutions", plus(plain(), |f| f.interface(1, 65_535, &[(9, &[9])]).packet(1, 1_000_000_000, &[0; 14], &[]).packet(0, SEC, &[0; 14], &[])), ok(two), true),
        Case("interface described between packets", plus(plain(), |f| f.packet(0, SEC, &[0; 14], &[]).interface(1, 65_535, &[]).packet(1, SEC, &[0; 14], &[])), ok(two), true),
        Case("unknown interface", plus(plain(), |f| f.packet(0, SEC, &[0; 14], &[]).packet(1, SEC, &[0; 14], &[])), (one, Some("a packet arrived on interface 1, but there's no Interface Description Block for that interface")), false),
        Case("packet before any interface", plus(File::new(false), |f| f.section(&[]).packet(0, SEC, &[0; 14], &[])), (&[], Some("the capture file has a packet block before any Interface Description Blocks")), false),
        Case("no interface", plus(File::new(false), |f| f.section(&[])), (&[], Some("the capture file has no Interface Description Blocks")), false),
        Case("simple packet", plus(plain(), |f| f.simple(14, &[0; 14])), ok(&[(0, 0, 1, 14)]), false),
        Case("simple packet cut to the snapshot length", plus(File::new(false), |f| f.section(&[]).interface(1, 16, &[]).simple(60, &[0; 16])), ok(&[(0, 0, 1, 16)]), false),
        Case("simple packet shorter than it says", plus(plain(), |f| f.simple(60, &[0; 16])), (&[], Some("block of type 3 in pcapng dump file is too short")), false),
        Case("obsolete packet", plus(plain(), |f| f.old_packet(0, 0xffff, SEC, &[0; 14])), ok(one), true),
        Case("obsolete packet of another interface", plus(plain(), |f| f.interface(101, 65_535, &[]).old_packet(1, 0, SEC, &[0x45; 20])), ok(&[(1, 0, 101, 20)]), true),
        Case("empty packet", plus(plain(), |f| f.packet(0, SEC, &[], &[])), ok(&[(1, 0, 1, 0)]), true),
        Case("every length of padding", plus(plain(), |f| f.packet(0, SEC, &[0; 15], &[]).packet(0, SEC, &[0; 16], &[]).packet(0, SEC, &[0; 17], &[])), ok(&[(1, 0, 1, 15), (1, 0, 1, 16), (1, 0, 1, 17)]), true),
        Case("captured more than the packet had", plus(plain(), |f| f.packet_lengths(0, SEC, 14, 3, &[0; 14], &[])), ok(one), false),
        Case("captured more than the snapshot length", plus(File::new(false), |f| f.section(&[]).interface(1, 10, &[]).packet(0, SEC, &[0; 14], &[])), (&[], Some("invalid packet capture length 14, bigger than snaplen of 10")), false),
        Case("captured more than the block holds", plus(plain(), |f| f.packet_lengths(0, SEC, 99, 99, &[0; 14], &[])), (&[], Some("block of type 6 in pcapng dump file is too short")), false),
        Case("packet block without its fixed part", plus(plain(), |f| f.block(6, &[0; 16])), (&[], Some("block of type 6 in pcapng dump file is too short")), false),
        Case("names, statistics, secrets, custom, unknown", plus(plain(), |f| f.block(4, &[0; 4]).block(5, &[0; 12]).block(10, b"KLSTxxxx").block(0xbad, &[1; 8]).block(0x4000_0bad, &[1; 8]).block(0x1234, &[]).packet(0, SEC, &[0; 14], &[])), ok(one), false),
        Case("custom block before the interface", plus(File::new(false), |f| f.section(&[]).block(0xbad, &[0, 0, 0x7e, 0xd9]).interface(1, 0, &[]).packet(0, SEC, &[0; 14], &[])), ok(one), false),
        Case("packet options and comments", plus(plain(), |f| f.packet(0, SEC, &[0; 14], &[(1, b"one"), (1, b"two"), (2, &[2, 0, 0, 0]), (0x8001, &[9; 3]), END])), ok(one), true),
        Case("packet options cut by the block", plus(plain(), |f| { let mut body = vec![0u8; 20]; body[8] = 1; body.extend([1, 0, 99, 0]); f.block(6, &body) }), ok(&[(0, 1_000, 1, 0)]), false),
        Case("version 1.2", plus(File::new(false), |f| f.section_version(1, 2, &[]).interface(1, 0, &[]).packet(0, SEC, &[0; 14], &[])), ok(one), true),
        Case("version 1.1", plus(File::new(false), |f| f.section_version(1, 1, &[])), (&[], Some("unsupported pcapng savefile version 1.1")), false),
        Case("version 2.0", plus(File::new(false), |f| f.section_version(2, 0, &[])), (&[], Some("unsupported pcapng savefile version 2.0")), false),
        Case("later section of version 2", plus(plain(), |f| f.packet(0, SEC, &[0; 14], &[]).section_version(2, 0, &[])), (one, Some("unknown pcapng savefile major version number 2")), false),
        Case("later section without magic", plus(plain(), |f| f.packet(0, SEC, &[0; 14], &[]).block(0x0a0d_0d0a, &[0; 16])), (one, Some("the file has a section with a bad byte order magic field")), false),
        Case("later section too short", plus(plain(), |f| f.packet(0, SEC, &[0; 14], &[]).block(0x0a0d_0d0a, &[0; 12])), (one, Some("block of type 168627466 in pcapng dump file is too short")), false),
        Case("block of 8", plus(plain(), |f| f.u32(6).u32(8)), (&[], Some("block in pcapng dump file has a length of 8 < 12")), false),
        Case("block of odd length", plus(plain(), |f| f.u32(6).u32(33).raw(&[0; 25])), (&[], Some("block in pcapng dump file has a length of 33 that is not a multiple of 4")), false),
        Case("block too large", plus(plain(), |f| f.u32(6).u32(0x0100_0004)), (&[], Some("pcapng block size 16777220 > maximum 16777216")), false),
        Case("trailer differs", plus(plain(), |f| f.u32(0x99).u32(16).u32(0).u32(20)), (&[], Some("block total length in header and trailer don't match")), false),
        Case("cut in a block's header", plus(plain(), |f| f.raw(&[6, 0, 0])), (&[], Some("truncated pcapng dump file; tried to read 8 bytes, only got 3")), false),
        Case("cut in a block's body", plus(plain(), |f| f.u32(6).u32(60).raw(&[0; 10])), (&[], Some("truncated pcapng dump file; tried to read 52 bytes, only got 10")), false),
        Case("only the first magic number", plus(File::new(false), |f| f.raw(b"\n\r\r\n")), (&[], Some("unknown file format")), false),
        Case("text", plus(File::new(false), |f| f.raw(b"\n\r\r\nlines of text and more")), (&[], Some("unknown file format")), false),
        Case("section header too long", plus(File::new(false), |f| f.u32(0x0a0d_0d0a).u32(0x0010_0004).u32(0x1a2b_3c4d)), (&[], Some("Section Header Block in pcapng dump file has invalid length 28 < _1048580_ < 1048576 (BT_SHB_INSANE_MAX)")), false),
        Case("number of the system for raw IP", plus(File::new(false), |f| f.section(&[]).interface(12, 0, &[]).packet(0, SEC, &[0x45; 20], &[])), ok(&[(1, 0, 101, 20)]), false),
    ]
}

#[test]
fn every_edge_file_holds_what_the_draft_says() {
    for Case(name, file, (packets, error), _) in cases() {
        let mut seen = Vec::new();
        let end = each(&file.bytes, |p| seen.push((p.time.secs, p.time.nanos, p.link.0, p.data.len())));
        assert_eq!((&seen[..], end.as_deref()), (packets, error), "{name}");
    }
}

#[test]
fn tshark_finds_the_same_packets_in_edge_files() {
    if !needs::program("tshark") {
        return;
    }
    let dir = Dir::new();
    for Case(name, file, (packets, _), asked) in cases() {
        if !asked {
            continue;
        }
        let path = dir.file("edge.pcapng", &file.bytes);
        let args =
            ["-r", path.to_str().unwrap(), "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.cap_len"];
        let theirs = run("tshark", &args).unwrap_or_else(|| panic!("tshark refuses: {name}"));
        let ours: String =
            packets.iter().map(|(secs, nanos, _, len)| format!("{secs}.{nanos:09}\t{len}\n")).collect();
        assert_eq!(theirs, ours, "{name}");
    }
}

#[test]
fn options_of_a_packet_can_be_asked_for() {
    let mut file = File::new(true);
    file.section(&[]).interface(1, 0, &[(2, b"en\x1b0"), (11, b"\0tcp"), (13, &[4]), END]);
    let drops = 7u64.to_be_bytes();
    file.packet(0, 1, &frame(1), &[(1, b"first"), (4, &drops), (1, b"second"), (2, &[0, 0, 0, 1]), END]);
    let mut reader = synack::savefile::pcapng::PcapngReader::new(&file.bytes[..]).unwrap();
    let packet = reader.next_packet().unwrap().unwrap();
    assert_eq!(packet.direction, synack::packet::PacketDirection::In);
    assert_eq!(reader.comments().collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(reader.drop_count(), Some(7));
    let interface = &reader.interfaces()[0];
    assert_eq!((interface.filter(), interface.fcs_len), (Some("tcp"), Some(4)));
}

#[test]
fn a_stream_of_many_interfaces_stays_small() {
    // A million descriptions of 20 bytes in sections of their own.
    let mut part = File::new(false);
    part.section(&[]);
    for _ in 0..1000 {
        part.interface(1, 0, &[]);
    }
    let mut file = part.bytes.repeat(20);
    file.extend(plus(part, |f| f.packet(999, 0, &frame(0), &[])).bytes);
    let mut source = Savefile::from_stream("x", Box::new(std::io::Cursor::new(file))).unwrap();
    assert_eq!(source.next_packet().unwrap().map(|p| p.interface), Some(20_999));
}

/// Block types and the text of all packet comments, as they stand in a file.
fn anatomy(bytes: &[u8]) -> (Vec<u32>, Vec<String>) {
    let number = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut kinds = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        kinds.push(number(at));
        at += number(at + 4) as usize;
    }
    let mut comments = Vec::new();
    let mut reader = synack::savefile::pcapng::PcapngReader::new(bytes).unwrap();
    while reader.next_packet().unwrap().is_some() {
        comments.extend(reader.comments().map(|comment| comment.into_owned()));
    }
    (kinds, comments)
}

#[test]
fn what_is_no_packet_is_kept_when_packets_are_written_anew() {
    use synack::savefile::{PacketWriter, pcapng};
    for big in [false, true] {
        let mut file = File::new(big);
        file.section(&[(1, b"whole"), (2, b"box"), END]).block(0xbad, &[0, 0, 0, 1, 9, 9, 9]);
        file.interface(1, 0, &[(2, b"eth0"), END]);
        let (one, four) = (if big { [0, 1] } else { [1, 0] }, if big { [0, 4] } else { [4, 0] });
        let name =
            [&one[..], &if big { [0, 6] } else { [6, 0] }, &[10, 0, 0, 1], b"a\0", &[0, 0], &[0; 4]].concat();
        file.block(4, &name).packet(0, 1, &frame(1), &[(1, b"first"), END]);
        let length: [u8; 4] = if big { [0, 0, 0, 3] } else { [3, 0, 0, 0] };
        let kind: [u8; 4] = if big { *b"TLSK" } else { *b"KSLT" };
        file.block(10, &[&kind[..], &length, b"key\0"].concat());
        file.packet(0, 2, &frame(2), &[(1, b"left out"), END]).packet(0, 3, &frame(3), &[(1, b"third"), END]);
        let mut statistics = [&[0; 12][..], &four, &if big { [0, 8] } else { [8, 0] }].concat();
        statistics.extend(if big { 42u64.to_be_bytes() } else { 42u64.to_le_bytes() });
        file.block(5, &statistics);
        let mut source = Savefile::from_stream("x", Box::new(std::io::Cursor::new(file.bytes))).unwrap();
        let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", source.section().unwrap()).unwrap();
        let carried = pcapng::Carried::new(1);
        source.carry(&carried, 0);
        writer.carry(carried).unwrap();
        let mut n = 0;
        while let Some(packet) = source.next_packet().unwrap() {
            n += 1;
            if n != 2 {
                writer.write(&packet).unwrap();
            }
        }
        let copy = writer.into_sink().unwrap();
        let (kinds, comments) = anatomy(&copy);
        assert_eq!(kinds, [0x0a0d_0d0a, 1, 0xbad, 4, 6, 10, 6, 5], "big={big}");
        assert_eq!(comments, ["first", "third"]);
        assert_eq!(
            synack::savefile::pcapng::PcapngReader::new(&copy[..]).unwrap().section().comment.as_deref(),
            Some("whole")
        );
        if needs::program("tshark") {
            let dir = Dir::new();
            let path = dir.file("copy.pcapng", &copy);
            let text = run("capinfos", &[path.to_str().unwrap()]).unwrap();
            assert!(text.contains("Number of stat entries = 1"), "{text}");
            assert!(text.contains("Number of resolved IPv4 addresses in file: 1"), "{text}");
            assert!(text.contains("Number of decryption secrets in file: 1"), "{text}");
        }
    }
}
