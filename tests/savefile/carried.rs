//! What is no packet, and what of a packet is not understood, when files are written anew.
use std::io::Cursor;

use synack::savefile::{Merge, PacketWriter, Savefile, pcapng};
use synack::{LinkType, Packet, Source, Timestamp};

use super::craft::{END, File, frame};

fn open(file: &File) -> Savefile {
    Savefile::from_stream("x", Box::new(Cursor::new(file.bytes.clone()))).unwrap()
}

/// The blocks of a file in this machine's byte order: type and body.
fn blocks(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let number = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = number(at + 4) as usize;
        blocks.push((number(at), &bytes[at + 8..at + length - 4]));
        at += length;
    }
    blocks
}

/// All of these files written into one.
fn merged(files: &[&File]) -> Vec<u8> {
    let carried = pcapng::Carried::new(files.len());
    let mut sources: Vec<Savefile> = files.iter().map(|file| open(file)).collect();
    sources.iter_mut().enumerate().for_each(|(n, source)| source.carry(&carried, n));
    let mut source = Merge::new(sources);
    let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", &Default::default()).unwrap();
    writer.carry(carried).unwrap();
    while let Some(packet) = source.next_packet().unwrap() {
        writer.write(&packet).unwrap();
    }
    writer.into_sink().unwrap()
}

/// Names of the interfaces of packets, with their comments.
fn packets(bytes: &[u8]) -> Vec<(String, String)> {
    let mut reader = pcapng::PcapngReader::new(bytes).unwrap();
    let mut seen = Vec::new();
    while let Some(packet) = reader.next_packet().unwrap() {
        let interface = packet.interface as usize;
        let name = reader.interfaces()[interface].name().unwrap_or_default().to_owned();
        seen.push((name, reader.comments().collect()));
    }
    seen
}

#[test]
fn merged_files_keep_names_comments_and_blocks_of_each() {
    let mut one = File::new(false);
    one.section(&[]).interface(1, 0, &[(2, b"eth0"), END]).packet(0, 1, &frame(1), &[(1, b"a"), END]);
    // Described between packets.
    one.interface(101, 0, &[(2, b"tun0"), END]).packet(1, 5, &[0x45; 20], &[(1, b"c"), END]);
    let mut two = File::new(true);
    two.section(&[]).interface(1, 0, &[(2, b"wlan0"), END]).packet(0, 3, &frame(2), &[(1, b"b"), END]);
    two.block(0xbad, &[0, 0, 0, 9, 1, 2, 3, 4]);
    let copy = merged(&[&one, &two]);
    let seen: Vec<_> = packets(&copy);
    let expected = [("eth0", "a"), ("wlan0", "b"), ("tun0", "c")].map(|(n, c)| (n.to_owned(), c.to_owned()));
    assert_eq!(seen, expected);
    let custom = [&9u32.to_ne_bytes()[..], &[1, 2, 3, 4]].concat();
    assert!(blocks(&copy).contains(&(0xbad, &custom[..])));
}

#[test]
fn every_option_of_an_interface_is_kept() {
    let speed = 1_000_000_000u64.to_be_bytes();
    let mut file = File::new(true);
    let options: [(u16, &[u8]); 6] =
        [(1, b"first"), (1, b"second"), (6, &[2, 0, 0, 0, 0, 1]), (8, &speed), (13, &[4]), END];
    file.section(&[]).interface(1, 0, &options).packet(0, 1, &frame(1), &[]);
    let copy = merged(&[&file]);
    let (_, body) = blocks(&copy)[1];
    let has = |code: u16, value: &[u8]| {
        let option = [&code.to_ne_bytes()[..], &(value.len() as u16).to_ne_bytes(), value].concat();
        body.windows(option.len()).any(|window| window == option)
    };
    assert!(has(1, b"first") && has(1, b"second") && has(6, &[2, 0, 0, 0, 0, 1]) && has(13, &[4]));
    assert!(has(8, &1_000_000_000u64.to_ne_bytes()), "{body:?}");
}

#[test]
fn times_of_statistics_are_in_the_unit_of_the_copy() {
    // Milliseconds, 1,000 seconds later.
    let offset = 1000u64.to_le_bytes();
    let mut file = File::new(false);
    file.section(&[]).interface(1, 0, &[(9, &[3]), (14, &offset), END]).packet(0, 5, &frame(1), &[]);
    let time = [0u32, 2500].map(u32::to_le_bytes).concat();
    let start = [&2u16.to_le_bytes()[..], &8u16.to_le_bytes(), &time].concat();
    file.block(5, &[&[0; 4][..], &time, &start].concat());
    let copy = merged(&[&file]);
    let (_, body) = *blocks(&copy).last().unwrap();
    let stamp = |at: usize| {
        let half = |at: usize| u64::from(u32::from_ne_bytes(body[at..at + 4].try_into().unwrap()));
        half(at) << 32 | half(at + 4)
    };
    assert_eq!((stamp(4), stamp(16)), (1_002_500_000_000, 1_002_500_000_000));
}

#[test]
fn a_packet_without_a_time_does_not_get_one() {
    let mut file = File::new(false);
    file.section(&[]).interface(1, 0, &[]).simple(14, &[7; 14]).packet(0, 1, &frame(1), &[]);
    let copy = merged(&[&file]);
    let kinds: Vec<u32> = blocks(&copy).iter().map(|block| block.0).collect();
    assert_eq!(kinds, [0x0a0d_0d0a, 1, 3, 6]);
    assert_eq!(blocks(&copy)[2].1, [&14u32.to_ne_bytes()[..], &[7; 14], &[0; 2]].concat());
}

#[test]
fn a_file_begun_later_has_what_its_packets_need() {
    let mut file = File::new(false);
    file.section(&[]).interface(1, 0, &[(2, b"eth0"), END]).block(10, b"KSLT\x04\0\0\0keys");
    file.block(0xbad, &[0; 4]).packet(0, 1, &frame(1), &[]).packet(0, 2, &frame(2), &[]);
    let carried = pcapng::Carried::new(1);
    let mut source = open(&file);
    source.carry(&carried, 0);
    let mut copies = Vec::new();
    let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", &Default::default()).unwrap();
    writer.carry(carried.clone()).unwrap();
    while let Some(packet) = source.next_packet().unwrap() {
        writer.write(&packet).unwrap();
        copies.push(writer.into_sink().unwrap());
        writer = pcapng::PcapngWriter::new(Vec::new(), "x", &Default::default()).unwrap();
        writer.carry(carried.clone()).unwrap();
    }
    let kinds = |copy: usize| -> Vec<u32> { blocks(&copies[copy]).iter().map(|block| block.0).collect() };
    assert_eq!(kinds(0), [0x0a0d_0d0a, 1, 10, 0xbad, 6]);
    assert_eq!(kinds(1), [0x0a0d_0d0a, 1, 10, 6]);
}

#[test]
fn the_words_of_many_interfaces_are_bounded() {
    let mut file = File::new(false);
    file.section(&[]);
    let long = [b'n'; 60_000];
    for _ in 0..200 {
        file.interface(1, 0, &[(2, &long), END]);
    }
    file.packet(199, 1, &frame(1), &[]);
    let mut source = open(&file);
    assert_eq!(source.next_packet().unwrap().map(|p| p.interface), Some(199));
    let kept: usize = source.interfaces().iter().filter_map(|i| i.name()).map(str::len).sum();
    assert!((1 << 20..=4 << 20).contains(&kept), "{kept}");
}

#[test]
fn classic_files_keep_their_snapshot_length_and_frame_check_sequence() {
    let words = [0u32, 0, 777, 1 | 0x2400_0000, 7, 8, 3, 60].map(u32::to_ne_bytes).concat();
    let classic =
        [&0xa1b2_c3d4_u32.to_ne_bytes()[..], &2u16.to_ne_bytes(), &4u16.to_ne_bytes(), &words, b"abc"]
            .concat();
    let mut source = Savefile::from_stream("x", Box::new(Cursor::new(classic))).unwrap();
    let carried = pcapng::Carried::new(1);
    source.carry(&carried, 0);
    let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", &Default::default()).unwrap();
    writer.carry(carried).unwrap();
    while let Some(packet) = source.next_packet().unwrap() {
        writer.write(&packet).unwrap();
    }
    let copy = writer.into_sink().unwrap();
    let mut reader = pcapng::PcapngReader::new(&copy[..]).unwrap();
    let packet = reader.next_packet().unwrap().unwrap();
    let expected =
        Packet { time: Timestamp::new(7, 8000), wire_len: 60, ..Packet::new(LinkType::ETHERNET, b"abc") };
    assert_eq!(
        (packet.time, packet.wire_len, packet.data),
        (expected.time, expected.wire_len, expected.data)
    );
    let interface = &reader.interfaces()[0];
    assert_eq!((interface.snaplen, interface.fcs_len), (777, Some(4)));
}
