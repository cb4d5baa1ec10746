//! Classic pcap: every quirk of the header, damage at every byte, failing writes.
use std::io::{self, Write};

use proptest::prelude::*;

use super::*;
use crate::error::{Error, ErrorKind};
use crate::packet::{Packet, Source, Step, Timestamp};
use crate::savefile::{ByteOrder, PacketWriter, Sink};
use crate::wire::LinkType;

/// A file header in `order`.
fn header(order: ByteOrder, magic: u32, version: (u16, u16), snaplen: u32, link: u32) -> Vec<u8> {
    let mut out = Vec::new();
    put(order, &mut out, &[magic]);
    for part in [version.0, version.1] {
        out.extend(if order == ByteOrder::Big { part.to_be_bytes() } else { part.to_le_bytes() });
    }
    put(order, &mut out, &[0, 0, snaplen, link]);
    out
}

fn put(order: ByteOrder, out: &mut Vec<u8>, numbers: &[u32]) {
    for n in numbers {
        out.extend(if order == ByteOrder::Big { n.to_be_bytes() } else { n.to_le_bytes() });
    }
}

fn record(order: ByteOrder, out: &mut Vec<u8>, fields: [u32; 4], data: &[u8]) {
    put(order, out, &fields);
    out.extend(data);
}

const LITTLE: ByteOrder = ByteOrder::Little;
const ETHERNET: u32 = 1;

/// Captured length, length on the wire, data.
type Plain = (u32, u32, Vec<u8>);

/// Everything a file gives: its packets and the error.
fn read(file: &[u8]) -> (Vec<Plain>, Option<String>) {
    let mut packets = Vec::new();
    let mut reader = match PcapReader::new(file) {
        Ok(reader) => reader,
        Err(e) => return (packets, Some(e.to_string())),
    };
    loop {
        match reader.next_packet() {
            Ok(Some(p)) => packets.push((p.cap_len, p.wire_len, p.data.to_vec())),
            Ok(None) => return (packets, None),
            Err(e) => return (packets, Some(e.to_string())),
        }
    }
}

fn error_of(file: &[u8]) -> String {
    read(file).1.unwrap_or_default()
}

#[test]
fn reads_both_byte_orders_and_both_units() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for (magic, nanos) in [(MAGIC_MICRO, 7_000), (MAGIC_NANO, 7)] {
            let mut file = header(order, magic, (2, 4), 65_535, ETHERNET);
            record(order, &mut file, [0xffff_fff0, 7, 2, 9], b"ab");
            let mut reader = PcapReader::new(&file[..]).unwrap();
            assert_eq!(reader.header().order, order);
            let packet = reader.next_packet().unwrap().unwrap();
            // Seconds are unsigned: files last until 2106.
            assert_eq!(packet.time, Timestamp::new(0xffff_fff0, nanos));
            assert_eq!((packet.link, packet.data, packet.wire_len), (LinkType::ETHERNET, &b"ab"[..], 9));
        }
    }
}

#[test]
fn keeps_an_impossible_fraction_as_it_is() {
    let fraction = |order| {
        let mut file = header(order, MAGIC_MICRO, (2, 4), 65_535, ETHERNET);
        record(order, &mut file, [1, u32::MAX, 0, 0], b"");
        let mut reader = PcapReader::new(&file[..]).unwrap();
        reader.next_packet().unwrap().unwrap().time.nanos
    };
    assert_eq!(fraction(ByteOrder::NATIVE), (-1000_i64).cast_unsigned());
    assert_eq!(fraction(ByteOrder::NATIVE.swapped()), u64::from(u32::MAX) * 1000);
}

#[test]
fn old_versions_have_the_lengths_the_other_way_round() {
    for (version, fields, expected) in [
        ((2, 2), [9, 2], (2, 9)),
        ((543, 0), [9, 2], (2, 9)),
        ((2, 3), [9, 2], (2, 9)),
        ((2, 3), [2, 9], (2, 9)),
        ((2, 4), [2, 9], (2, 9)),
    ] {
        let mut file = header(LITTLE, MAGIC_MICRO, version, 65_535, ETHERNET);
        record(LITTLE, &mut file, [1, 1, fields[0], fields[1]], b"ab");
        let (packets, error) = read(&file);
        assert_eq!((packets[0].0, packets[0].1, error), (expected.0, expected.1, None), "{version:?}");
    }
}

#[test]
fn refuses_versions_that_never_were() {
    for (version, text) in [
        ((1, 9), "archaic pcap savefile format"),
        ((2, 5), "unsupported pcap savefile version 2.5"),
        ((3, 0), "unsupported pcap savefile version 3.0"),
        ((543, 1), "unsupported pcap savefile version 543.1"),
    ] {
        assert_eq!(error_of(&header(LITTLE, MAGIC_MICRO, version, 65_535, ETHERNET)), text);
    }
}

#[test]
fn refuses_magics_that_libpcap_only_reserves() {
    for magic in [0xa12b_3c4d, 0xa1b2_34cd, 0] {
        let error = PcapReader::new(&header(LITTLE, magic, (2, 4), 65_535, ETHERNET)[..]).err().unwrap();
        assert_eq!((error.to_string().as_str(), error.kind()), ("unknown file format", ErrorKind::Format));
    }
}

#[test]
fn the_modified_format_has_eight_more_bytes_and_room_for_a_link_header() {
    let mut file = header(LITTLE, MAGIC_MODIFIED, (2, 4), 96, ETHERNET);
    record(LITTLE, &mut file, [1, 1, 2, 2], b"IIIIPPTxab");
    assert_eq!(read(&file), (vec![(2, 2, b"ab".to_vec())], None));
    assert_eq!(PcapReader::new(&file[..]).unwrap().snaplen(), 110);
}

#[test]
fn link_types_of_old_systems_are_folded_and_upper_bits_kept() {
    for (field, link, extra) in [
        (12, LinkType::RAW, 0),
        (101, LinkType::RAW, 0),
        (0x2400_0001, LinkType::ETHERNET, 0x2400_0000),
        (0x0001_0001, LinkType(0x1_0001), 0),
    ] {
        let file = header(LITTLE, MAGIC_MICRO, (2, 4), 65_535, field);
        let reader = PcapReader::new(&file[..]).unwrap();
        assert_eq!((reader.link_type(), reader.header().link_extra), (link, extra));
    }
}

#[test]
fn a_senseless_snapshot_length_becomes_the_maximum() {
    for (snaplen, expected) in [(0, 262_144), (0x8000_0000, 262_144), (1, 1), (0x7fff_ffff, 0x7fff_ffff)] {
        let file = header(LITTLE, MAGIC_MICRO, (2, 4), snaplen, ETHERNET);
        let reader = PcapReader::new(&file[..]).unwrap();
        assert_eq!(reader.snaplen(), expected);
    }
}

#[test]
fn a_packet_longer_than_the_snapshot_length_is_cut_to_it() {
    let mut file = header(LITTLE, MAGIC_MICRO, (2, 4), 3, ETHERNET);
    record(LITTLE, &mut file, [1, 1, 5, 9], b"abcde");
    record(LITTLE, &mut file, [1, 1, 2, 9], b"fg");
    assert_eq!(read(&file).0, [(3, 9, b"abc".to_vec()), (2, 9, b"fg".to_vec())]);
    let cut = |n: usize| error_of(&file[..24 + 16 + n]);
    assert_eq!(cut(2), "truncated dump file; tried to read 3 captured bytes, only got 2");
    assert_eq!(cut(4), "truncated dump file; tried to read 5 captured bytes, only got 4");
}

#[test]
fn an_absurd_length_is_refused_in_libpcaps_words() {
    for (snaplen, link, cap_len, text) in [
        (100, 1, 262_145, "invalid packet capture length 262145, bigger than snaplen of 100"),
        (0x7fff_ffff, 1, 262_145, "invalid packet capture length 262145, bigger than maximum of 262144"),
        (0, 249, 1_048_577, "invalid packet capture length 1048577, bigger than snaplen of 1048576"),
        (0, 231, u32::MAX, "invalid packet capture length 4294967295, bigger than snaplen of 134217728"),
    ] {
        let mut file = header(LITTLE, MAGIC_MICRO, (2, 4), snaplen, link);
        record(LITTLE, &mut file, [1, 1, cap_len, cap_len], b"");
        assert_eq!(error_of(&file), text);
    }
}

#[test]
fn cut_at_every_byte_it_gives_the_whole_packets_and_says_what_is_missing() {
    let mut file = header(ByteOrder::Big, MAGIC_MICRO, (2, 4), 65_535, ETHERNET);
    let mut ends = vec![24];
    for data in [&b"abc"[..], b"", b"defghij"] {
        record(ByteOrder::Big, &mut file, [1, 2, data.len() as u32, 60], data);
        ends.push(file.len());
    }
    for cut in 0..=file.len() {
        let (packets, error) = read(&file[..cut]);
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        assert_eq!(packets.len(), whole.saturating_sub(1), "cut at {cut}");
        let error = error.unwrap_or_default();
        if cut < 4 {
            let text = format!("truncated dump file; tried to read 4 file header bytes, only got {cut}");
            assert_eq!(error, text);
        } else if cut < 24 {
            let got = cut - 4;
            let text = format!("truncated dump file; tried to read 24 file header bytes, only got {got}");
            assert_eq!(error, text);
        } else if ends.contains(&cut) {
            assert_eq!(error, "");
        } else {
            assert!(error.starts_with("truncated dump file; tried to read "), "{error}");
        }
    }
}

#[test]
fn after_an_error_comes_the_end() {
    let mut file = header(LITTLE, MAGIC_MICRO, (2, 4), 65_535, ETHERNET);
    file.extend(b"torn");
    let mut reader = PcapReader::new(&file[..]).unwrap();
    assert_eq!(reader.advance(None).unwrap_err().kind(), ErrorKind::Truncated);
    assert_eq!(reader.advance(None).unwrap(), Step::End);
    assert!(reader.packet().data.is_empty());
}

/// Interrupts every other read, and gives three bytes at a time.
struct Signals<'a>(&'a [u8], bool);
impl io::Read for Signals<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = room.len().min(3);
        self.0.read(&mut room[..n])
    }
}

#[test]
fn a_signal_makes_it_idle_and_nothing_is_lost() {
    let mut file = header(LITTLE, MAGIC_MICRO, (2, 4), 65_535, ETHERNET);
    for data in [b"abcde", b"fghij"] {
        record(LITTLE, &mut file, [1, 2, 5, 5], data);
    }
    let mut reader = PcapReader::new(Signals(&file, false)).unwrap();
    let (mut seen, mut idle) = (Vec::new(), 0);
    loop {
        match reader.advance(None).unwrap() {
            Step::Packet => seen.extend_from_slice(reader.packet().data),
            Step::Idle => idle += 1,
            Step::End => break,
        }
    }
    assert_eq!(seen, b"abcdefghij");
    assert!(idle > 4);
}

/// A disk with room for so many bytes, which it takes in pieces.
#[derive(Debug, Default)]
struct Disk {
    bytes: Vec<u8>,
    room: usize,
    piece: usize,
}
impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(self.piece).min(self.room - self.bytes.len());
        self.bytes.extend(&bytes[..n]);
        if n == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(n) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
impl Sink for Disk {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.bytes.truncate(len as usize);
        Ok(())
    }
}

#[test]
fn a_full_disk_leaves_whole_records_and_a_true_count() {
    for room in 0..400 {
        let mut disk = Disk { room, piece: 1 + room % 97, ..Disk::default() };
        let result = (|| -> Result<(), (u64, Error)> {
            let options = PcapOptions::new(LinkType::ETHERNET);
            let mut writer = PcapWriter::new(&mut disk, "full.pcap", options).map_err(|e| (0, e))?;
            for i in 0..20u8 {
                let data = vec![i; usize::from(i)];
                let written = writer.write(&Packet::new(LinkType::ETHERNET, &data));
                written.map_err(|e| (writer.written(), e))?;
                if i % 7 == 6 {
                    writer.flush().map_err(|e| (writer.written(), e))?;
                }
            }
            writer.flush().map_err(|e| (writer.written(), e))
        })();
        let (written, error) = result.unwrap_err();
        assert_eq!(error.to_string(), "full.pcap: no storage space");
        if room < 24 {
            assert_eq!(disk.bytes, b"");
        } else {
            let (packets, error) = read(&disk.bytes);
            assert_eq!((packets.len() as u64, error), (written, None), "room for {room}");
            // What fits is there: the next record would not have.
            let next = 16 + written as usize;
            assert!(disk.bytes.len() + next > room, "room for {room}");
        }
    }
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    let mut disk = Disk { room: 24 + 10, piece: 1000, ..Disk::default() };
    let mut writer = PcapWriter::new(&mut disk, "x", PcapOptions::new(LinkType::ETHERNET)).unwrap();
    writer.write(&Packet::new(LinkType::ETHERNET, b"abc")).unwrap();
    assert!(writer.flush().is_err() && writer.flush().is_err());
    assert!(writer.write(&Packet::new(LinkType::ETHERNET, b"")).is_err());
    // The file has its header; the packet waits.
    assert_eq!((writer.written(), writer.len()), (0, 24 + 19));
}

#[test]
fn a_writer_that_is_dropped_has_handed_over_what_it_gathered() {
    let mut disk = Disk { room: 1000, piece: 7, ..Disk::default() };
    let mut writer = PcapWriter::new(&mut disk, "x", PcapOptions::new(LinkType::ETHERNET)).unwrap();
    for i in 0..3 {
        writer.write(&Packet::new(LinkType::ETHERNET, &[i; 3])).unwrap();
    }
    drop(writer);
    assert_eq!(read(&disk.bytes).0.len(), 3);
    // After a failure the file stays as it was said to be.
    let mut disk = Disk { room: 24 + 30, piece: 7, ..Disk::default() };
    let mut writer = PcapWriter::new(&mut disk, "x", PcapOptions::new(LinkType::ETHERNET)).unwrap();
    for i in 0..3 {
        writer.write(&Packet::new(LinkType::ETHERNET, &[i; 3])).unwrap();
    }
    writer.flush().unwrap_err();
    writer.records_mut().room = 1000;
    assert_eq!(writer.written(), 1);
    drop(writer);
    assert_eq!(read(&disk.bytes).0.len(), 1);
}

#[test]
fn when_room_is_made_nothing_is_lost_and_nothing_is_twice() {
    for room in 24..24 + 10 * 19 {
        let mut disk = Disk { room, piece: 7, ..Disk::default() };
        let mut writer = PcapWriter::new(&mut disk, "x", PcapOptions::new(LinkType::ETHERNET)).unwrap();
        for i in 0..10 {
            writer.write(&Packet::new(LinkType::ETHERNET, &[i; 3])).unwrap();
        }
        writer.flush().unwrap_err();
        let written = writer.written();
        assert_eq!(written, (room as u64 - 24) / 19);
        writer.retry().unwrap_err();
        assert_eq!(writer.written(), written);
        writer.records_mut().room = 10_000;
        writer.retry().unwrap();
        writer.write(&Packet::new(LinkType::ETHERNET, &[10; 3])).unwrap();
        writer.flush().unwrap();
        assert_eq!(writer.written(), 11);
        drop(writer);
        let numbers: Vec<u8> = read(&disk.bytes).0.iter().map(|packet| packet.2[0]).collect();
        assert_eq!(numbers, (0..11).collect::<Vec<_>>());
    }
}

/// A pipe that remembers how it was written to.
#[derive(Default)]
struct Pipe(Vec<Vec<u8>>);
impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes.to_vec());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_write_is_of_whole_records() {
    let mut sink = crate::savefile::Stream(Pipe::default());
    let mut writer = PcapWriter::new(sink, "-", PcapOptions::new(LinkType::ETHERNET)).unwrap();
    for i in 0..3000usize {
        writer.write(&Packet::new(LinkType::ETHERNET, &vec![1; i % 1500])).unwrap();
    }
    sink = writer.into_sink().unwrap();
    assert!(sink.0.0.len() > 10);
    let mut sofar = Vec::new();
    for write in sink.0.0 {
        sofar.extend(write);
        assert_eq!(read(&sofar).1, None);
    }
    assert_eq!(read(&sofar).0.len(), 3000);
}

#[test]
fn writes_what_tcpdump_writes() {
    let options =
        PcapOptions { snaplen: 96, link: LinkType::DLT_RAW, ..PcapOptions::new(LinkType::ETHERNET) };
    let mut writer = PcapWriter::new(Vec::new(), "x", options).unwrap();
    let time = Timestamp::new(0x1_0000_0001, 2_000_999);
    writer.write(&Packet { time, wire_len: 70, ..Packet::new(LinkType::DLT_RAW, b"ab") }).unwrap();
    let mut expected = header(ByteOrder::NATIVE, MAGIC_MICRO, (2, 4), 96, 101);
    record(ByteOrder::NATIVE, &mut expected, [1, 2000, 2, 70], b"ab");
    assert_eq!(writer.into_sink().unwrap(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_is_read_back(
        packets in proptest::collection::vec(
            (any::<u32>(), 0..1_000_000_000u32, proptest::collection::vec(any::<u8>(), 0..300), any::<u32>()),
            0..40,
        ),
        nano in any::<bool>(),
    ) {
        let precision = if nano { Precision::Nano } else { Precision::Micro };
        let options = PcapOptions { precision, ..PcapOptions::new(LinkType::ETHERNET) };
        let mut writer = PcapWriter::new(Vec::new(), "x", options).unwrap();
        for (secs, nanos, data, wire_len) in &packets {
            let time = Timestamp::new(i64::from(*secs), u64::from(*nanos));
            writer.write(&Packet { time, wire_len: *wire_len, ..Packet::new(LinkType::ETHERNET, data) }).unwrap();
        }
        let file = writer.into_sink().unwrap();
        let mut reader = PcapReader::new(&file[..]).unwrap();
        for (secs, nanos, data, wire_len) in &packets {
            let p = reader.next_packet().unwrap().unwrap();
            let unit = precision.unit();
            prop_assert_eq!(p.time, Timestamp::new(i64::from(*secs), u64::from(*nanos) / unit * unit));
            prop_assert_eq!((p.data, p.wire_len), (&data[..], *wire_len));
        }
        prop_assert!(reader.next_packet().unwrap().is_none());
    }
}

#[test]
fn wild_fractions_of_nanoseconds_are_signed_in_files_of_this_machines_order_and_survive_a_copy() {
    for order in [ByteOrder::NATIVE, ByteOrder::NATIVE.swapped()] {
        let two = match order {
            ByteOrder::Little => [2, 0, 4, 0],
            ByteOrder::Big => [0, 2, 0, 4],
        };
        let words = [0, 0, 262_144, 1, 7, 0x8000_0001, 0, 0].map(|n| order.put(n)).concat();
        let file = [&order.put(0xa1b2_3c4d)[..], &two, &words].concat();
        let mut reader = PcapReader::new(&file[..]).unwrap();
        let packet = reader.next_packet().unwrap().unwrap();
        let signed = i64::from(0x8000_0001_u32.cast_signed()).cast_unsigned();
        assert_eq!(packet.time.nanos, if order == ByteOrder::NATIVE { signed } else { 0x8000_0001 });
        let options = PcapOptions { precision: Precision::Nano, ..PcapOptions::new(LinkType::ETHERNET) };
        let mut writer = PcapWriter::new(Vec::new(), "x", options).unwrap();
        writer.write(&packet).unwrap();
        let copy = writer.into_sink().unwrap();
        assert_eq!(copy[28..32], 0x8000_0001_u32.to_ne_bytes());
    }
}
