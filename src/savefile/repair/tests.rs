//! Repair: what was not touched is found again, and nothing is made up.
use proptest::prelude::*;

use super::*;
use crate::packet::{Packet, Source, Timestamp};
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::{PacketWriter, Savefile, pcap, pcapng};
use crate::wire::LinkType;

/// The data of packet `n`: it begins with its number and looks like nothing else.
fn data(n: u32) -> Vec<u8> {
    let mut data = n.to_be_bytes().to_vec();
    data.extend((0..60 + n % 90).map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(n * 97) >> 13) as u8));
    data
}

const COUNT: u32 = 60;

/// A file of `COUNT` packets and where each begins; the last place is the end.
fn file(pcapng: bool) -> (Vec<u8>, Vec<usize>) {
    let mut places = Vec::new();
    let write = |writer: &mut dyn PacketWriter, places: &mut Vec<usize>| {
        for n in 0..COUNT {
            let data = data(n);
            let time = Timestamp::new(1_700_000_000 + i64::from(n) * 3, u64::from(n) * 1000);
            writer.write(&Packet { time, ..Packet::new(LinkType::ETHERNET, &data) }).unwrap();
            places.push(writer.len() as usize);
        }
    };
    let bytes = if pcapng {
        let mut writer =
            pcapng::PcapngWriter::new(Vec::new(), "x", &pcapng::SectionOptions::default()).unwrap();
        writer.describe(None, &pcapng::InterfaceOptions::new(LinkType::ETHERNET)).unwrap();
        places.push(writer.len() as usize);
        write(&mut writer, &mut places);
        writer.into_sink().unwrap()
    } else {
        let mut writer =
            pcap::PcapWriter::new(Vec::new(), "x", pcap::PcapOptions::new(LinkType::ETHERNET)).unwrap();
        places.push(writer.len() as usize);
        write(&mut writer, &mut places);
        writer.into_sink().unwrap()
    };
    (bytes, places)
}

/// The numbers of the packets in a repaired file, and the report.
fn mend(bytes: &[u8]) -> (Vec<u32>, Repaired) {
    let mut out = Vec::new();
    let (report, result) = repair(bytes, &mut out, "out");
    result.unwrap();
    let mut numbers = Vec::new();
    let mut source = Savefile::from_stream("x", Box::new(std::io::Cursor::new(out))).unwrap();
    // The repaired file is sound to its end.
    while let Some(packet) = source.next_packet().unwrap() {
        let n = u32::from_be_bytes(packet.data[..4].try_into().unwrap());
        assert_eq!(packet.data, data(n), "a packet that never was");
        numbers.push(n);
    }
    assert_eq!(numbers.len() as u64, report.packets);
    (numbers, report)
}

/// All numbers without these.
fn without(lost: &[u32]) -> Vec<u32> {
    (0..COUNT).filter(|n| !lost.contains(n)).collect()
}

#[test]
fn a_sound_file_comes_out_as_it_went_in() {
    for pcapng in [false, true] {
        let (bytes, _) = file(pcapng);
        let mut out = Vec::new();
        let (report, result) = repair(&bytes[..], &mut out, "out");
        result.unwrap();
        assert!(out == bytes && report.skipped == 0 && report.packets == u64::from(COUNT));
    }
}

#[test]
fn a_torn_tail_is_cut_off() {
    for pcapng in [false, true] {
        let (bytes, places) = file(pcapng);
        for cut in 1..30 {
            let (numbers, report) = mend(&bytes[..bytes.len() - cut]);
            assert_eq!(numbers, without(&[COUNT - 1]));
            assert_eq!(
                report.gaps,
                [Gap {
                    offset: places[COUNT as usize - 1] as u64,
                    length: (bytes.len() - cut - places[COUNT as usize - 1]) as u64,
                }]
            );
        }
    }
}

#[test]
fn a_torn_record_in_the_middle_costs_only_itself() {
    for pcapng in [false, true] {
        let (bytes, places) = file(pcapng);
        for torn in 1..places[8] - places[7] {
            let spliced = [&bytes[..places[7] + torn], &bytes[places[8]..]].concat();
            let (numbers, report) = mend(&spliced);
            assert_eq!(
                (numbers, report.skipped, report.gap_count),
                (without(&[7]), torn as u64, 1),
                "torn at {torn}"
            );
        }
    }
}

#[test]
fn a_wrong_length_costs_only_its_record() {
    for (pcapng, at) in [(false, 8), (true, 4)] {
        let (bytes, places) = file(pcapng);
        for bit in 0..32 {
            let mut damaged = bytes.clone();
            damaged[places[20] + at + bit / 8] ^= 1 << (bit % 8);
            assert_eq!(mend(&damaged).0, without(&[20]), "bit {bit} pcapng={pcapng}");
        }
    }
}

#[test]
fn noise_in_between_is_left_out() {
    for pcapng in [false, true] {
        let (bytes, places) = file(pcapng);
        let noise: Vec<u8> =
            (0..200_001u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8).collect();
        let spliced = [&bytes[..places[30]], &noise, &bytes[places[30]..]].concat();
        let (numbers, report) = mend(&spliced);
        assert_eq!((numbers, report.skipped), (without(&[]), noise.len() as u64));
        let zeros = [&bytes[..places[30]], &[0; 5000], &bytes[places[30]..]].concat();
        assert_eq!(mend(&zeros).0, without(&[]));
    }
}

#[test]
fn a_hole_of_any_size_costs_no_record_after_it() {
    for pcapng in [false, true] {
        let (bytes, places) = file(pcapng);
        for hole in [1, 15, 16, 17, 64 << 20] {
            let spliced = [&bytes[..places[30]], &vec![0; hole], &bytes[places[30]..]].concat();
            let (numbers, report) = mend(&spliced);
            assert_eq!((numbers, report.skipped), (without(&[]), hole as u64));
        }
    }
}

#[test]
fn files_put_one_after_the_other_become_one() {
    for pcapng in [false, true] {
        let (bytes, places) = file(pcapng);
        let both = [&bytes[..places[10] + 9], &bytes[..]].concat();
        let (numbers, _) = mend(&both);
        assert_eq!(numbers, (0..10).chain(0..COUNT).collect::<Vec<_>>());
    }
}

#[test]
fn a_lost_beginning_is_supposed() {
    for pcapng in [false, true] {
        let (bytes, places) = file(pcapng);
        for from in [1, 5, 23, places[0] - 1, places[0], places[0] + 1] {
            let (numbers, report) = mend(&bytes[from..]);
            let lost: &[u32] = if from > places[0] { &[0] } else { &[] };
            assert_eq!(numbers, without(lost), "from {from} pcapng={pcapng}");
            assert!(!report.assumed.is_empty());
        }
    }
}

#[test]
fn a_damaged_interface_keeps_its_number() {
    let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", &pcapng::SectionOptions::default()).unwrap();
    writer.describe(Some(0), &pcapng::InterfaceOptions::new(LinkType::RAW)).unwrap();
    for n in 0..3 {
        writer.write(&Packet::new(LinkType::ETHERNET, &data(n))).unwrap();
    }
    let mut bytes = writer.into_sink().unwrap();
    // The resolution of the first interface: 10^-9 becomes 10^-99.
    let at = bytes.windows(5).position(|w| w == [9, 0, 1, 0, 9]).unwrap() + 4;
    bytes[at] = 99;
    assert_eq!(mend(&bytes).0, [0, 1, 2]);
}

#[test]
fn a_damaged_version_does_not_make_the_copy_unreadable() {
    let (mut bytes, _) = file(true);
    bytes[14] = 0xcc;
    let (numbers, report) = mend(&bytes);
    assert_eq!(numbers, without(&[]));
    assert_eq!(report.assumed, ["the minor version of a section is damaged: 0 is taken"]);
}

#[test]
fn unknown_blocks_are_kept_where_a_block_is_expected() {
    let (mut bytes, places) = file(true);
    let unknown = [0x1234u32, 16, 7, 16].map(u32::to_ne_bytes).concat();
    bytes.splice(places[5]..places[5], unknown.clone());
    let mut out = Vec::new();
    let (report, result) = repair(&bytes[..], &mut out, "out");
    result.unwrap();
    assert!(out == bytes && report.skipped == 0);
}

#[test]
fn what_is_no_capture_is_refused() {
    for bytes in [&b""[..], b"abc", &[0; 5000], include_bytes!("mod.rs")] {
        let mut out = Vec::new();
        assert!(repair(bytes, &mut out, "out").1.is_err());
    }
}

#[test]
fn odd_numbers_are_not_believed_for_one_record_that_seems_to_follow() {
    let record = |numbers: [u32; 4], data: &[u8]| [&numbers.map(u32::to_ne_bytes).concat(), data].concat();
    let good = |n: u8| record([1_700_000_000, n.into(), 60, 60], &[n; 60]);
    let header = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1].map(u32::to_le_bytes).concat();
    if ByteOrder::NATIVE == ByteOrder::Big {
        return;
    }
    // Four bytes too many, so that the lengths of the next record are read as one further on; and
    // within what seems to be its data ends something that looks like another.
    let mut bytes = [&header[..], &good(0), &good(1), &[0; 4]].concat();
    let lookalike = record([2_556_094, 409_600, 2560, 2561], &[0xff; 12]);
    let inner = [&[9; 544][..], &lookalike, &[9; 28]].concat();
    bytes.extend(record([1_700_000_000, 548, 600, 600], &inner));
    bytes.extend([good(2), good(3), good(4)].concat());
    let mut out = Vec::new();
    let (report, result) = repair(&bytes[..], &mut out, "out");
    result.unwrap();
    assert_eq!((report.packets, report.skipped), (6, 4));
}

/// A classic file of these records: seconds, data, bytes that the capture cut off.
fn classic(records: &[(u32, &[u8], u32)]) -> (Vec<u8>, Vec<usize>) {
    let mut writer =
        pcap::PcapWriter::new(Vec::new(), "x", pcap::PcapOptions::new(LinkType::ETHERNET)).unwrap();
    let mut places = vec![writer.len() as usize];
    for (secs, data, cut) in records {
        let time = Timestamp::new((*secs).into(), 5000);
        let packet = Packet { time, ..Packet::new(LinkType::ETHERNET, data) };
        writer.write(&Packet { wire_len: packet.wire_len + cut, ..packet }).unwrap();
        places.push(writer.len() as usize);
    }
    (writer.into_sink().unwrap(), places)
}

/// The packets of a repaired file.
fn mended(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    repair(bytes, &mut out, "out").1.unwrap();
    let mut source = Savefile::from_stream("x", Box::new(std::io::Cursor::new(out))).unwrap();
    let mut found = Vec::new();
    while let Some(packet) = source.next_packet().unwrap() {
        found.push(packet.data.to_vec());
    }
    found
}

#[test]
fn a_record_cut_at_its_capture_is_kept_before_damage() {
    let packets: Vec<Vec<u8>> = (0..5).map(data).collect();
    let records: Vec<_> = packets.iter().map(|data| (1_700_000_000, &data[..], 1000)).collect();
    let (mut bytes, places) = classic(&records);
    let noise: Vec<u8> = (0..90u32).map(|n| (n.wrapping_mul(0x9e37_79b9) >> 23) as u8).collect();
    for length in [1, 2, 3, 8, 20, 64, 90] {
        assert_eq!(mended(&[&bytes[..], &noise[..length]].concat()), packets, "{length}");
    }
    bytes.splice(places[2]..places[2], noise);
    assert_eq!(mended(&bytes), packets);
}

#[test]
fn numbers_in_the_data_are_not_taken_for_records() {
    // A word again and again reads as a record of just that many bytes, at any of its places.
    let packets: Vec<Vec<u8>> = (20..30u32).map(|n| n.to_be_bytes().repeat(350)).collect();
    let little: Vec<Vec<u8>> = (20..30u32).map(|n| n.to_le_bytes().repeat(350)).collect();
    for packets in [packets, little] {
        let records: Vec<_> = packets.iter().map(|data| (1_700_000_000, &data[..], 0)).collect();
        let (bytes, places) = classic(&records);
        for (which, from, to) in [(4, 3, 40), (4, 17, 30), (4, 100, 400), (1, 2, 50), (1, 21, 90)] {
            let torn = [&bytes[..places[which] + from], &bytes[places[which] + to..]].concat();
            let found = mended(&torn);
            let whole: Vec<_> = found.iter().filter(|data| packets.contains(data)).collect();
            assert_eq!(whole.len(), 9, "{which}: {from}..{to}");
            assert!(found.len() <= 10, "{which}: {from}..{to} invents {}", found.len() - 9);
        }
    }
}

#[test]
fn a_found_record_of_the_other_byte_order_is_turned_like_one_that_is_read() {
    let cooked = [&[0; 14][..], &[0, 0x0c], &[1, 2, 3, 4], &[9; 8]].concat();
    let turned = [&[0; 14][..], &[0, 0x0c], &[4, 3, 2, 1], &[9; 8]].concat();
    let other = ByteOrder::NATIVE.swapped();
    let word = |n: u32| other.put(n);
    let version = if other == ByteOrder::Big { [0, 2, 0, 4] } else { [2, 0, 4, 0] };
    let header = [word(0xa1b2_c3d4), version, word(0), word(0), word(65_535), word(113)].concat();
    let record = [word(1_700_000_000), word(1), word(28), word(28)].concat();
    assert_eq!(mended(&[header, record, cooked].concat()), [turned]);
}

#[test]
fn damaged_options_cost_only_themselves() {
    let (bytes, places) = file(true);
    let mut packet = bytes[places[3]..places[4]].to_vec();
    let length = u32::try_from(packet.len() + 8).unwrap().to_ne_bytes();
    packet.truncate(packet.len() - 4);
    packet[4..8].copy_from_slice(&length);
    // A comment longer than its block.
    packet.extend([&1u16.to_ne_bytes()[..], &999u16.to_ne_bytes(), b"abcd", &length].concat());
    let statistics = [5u32, 16, 0, 16].map(u32::to_ne_bytes).concat();
    let damaged = [&bytes[..places[3]], &packet, &statistics, &bytes[places[4]..]].concat();
    let mut out = Vec::new();
    let (report, result) = repair(&damaged[..], &mut out, "out");
    result.unwrap();
    assert!(out == bytes, "{report:?}");
    assert_eq!(report.assumed, ["options of a packet are damaged: they are left out"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_was_not_touched_is_found(
        pcapng in any::<bool>(),
        hits in proptest::collection::vec((0..100usize, 0..1000usize, any::<u8>(), 0..3u8), 1..4),
    ) {
        let (mut bytes, places) = file(pcapng);
        let mut touched = Vec::new();
        for (percent, at, value, kind) in hits {
            let at = places[0] + (bytes.len() - places[0]) * percent / 100 + at % 60;
            if at + 40 > bytes.len() || touched.iter().any(|&t: &usize| t.abs_diff(at) < 400) {
                continue;
            }
            touched.push(at);
            match kind {
                0 => bytes[at] ^= value | 1,
                1 => bytes[at..at + 40].fill(value),
                _ => bytes[at..at + 40].rotate_left(7),
            }
        }
        let mut out = Vec::new();
        let (report, result) = repair(&bytes[..], &mut out, "out");
        result.unwrap();
        let mut source = Savefile::from_stream("x", Box::new(std::io::Cursor::new(out))).unwrap();
        let mut found = Vec::new();
        while let Some(packet) = source.next_packet().unwrap() {
            found.push(packet.data.to_vec());
        }
        for n in 0..COUNT {
            let (start, end) = (places[n as usize], places[n as usize + 1]);
            // A record is safe if no damage is in it or so close before it that it cannot be told.
            if touched.iter().all(|&t| t >= end || t + 40 <= start) {
                prop_assert!(found.contains(&data(n)), "{n} of {touched:?} {report:?}");
            }
        }
    }
}
