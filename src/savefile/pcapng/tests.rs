//! pcapng: what is written is read back, block by block and when the disk is full.
use std::io::{self, Write};

use proptest::prelude::*;

use super::*;
use crate::packet::{Packet, PacketDirection, Source, Timestamp};
use crate::savefile::{InterfaceStatistics, PacketWriter, Sink};
use crate::wire::LinkType;

fn packet(data: &[u8]) -> Packet<'_> {
    Packet::new(LinkType::ETHERNET, data)
}

fn writer() -> PcapngWriter<Vec<u8>> {
    PcapngWriter::new(Vec::new(), "x", &SectionOptions::default()).unwrap()
}

#[test]
fn describes_interfaces_as_they_come_and_keeps_link_types_apart() {
    let mut w = writer();
    for (interface, link) in
        [(7, LinkType::ETHERNET), (3, LinkType::RAW), (7, LinkType::ETHERNET), (7, LinkType::RAW)]
    {
        w.write(&Packet { interface, ..Packet::new(link, b"x") }).unwrap();
    }
    let file = w.into_sink().unwrap();
    let mut reader = PcapngReader::new(&file[..]).unwrap();
    let mut seen = Vec::new();
    while let Some(p) = reader.next_packet().unwrap() {
        seen.push((p.interface, p.link));
    }
    assert_eq!(
        seen,
        [(0, LinkType::ETHERNET), (1, LinkType::RAW), (0, LinkType::ETHERNET), (2, LinkType::RAW)]
    );
}

#[test]
fn one_description_can_serve_every_interface() {
    let mut w = writer();
    let any = InterfaceOptions { name: Some("any".into()), ..InterfaceOptions::new(LinkType::LINUX_SLL2) };
    w.describe(None, &any).unwrap();
    for interface in [1, 9] {
        w.write(&Packet { interface, ..Packet::new(LinkType::LINUX_SLL2, b"x") }).unwrap();
    }
    let file = w.into_sink().unwrap();
    let mut reader = PcapngReader::new(&file[..]).unwrap();
    while let Some(p) = reader.next_packet().unwrap() {
        assert_eq!(p.interface, 0);
    }
    assert_eq!(reader.interfaces().len(), 1);
}

#[test]
fn every_word_of_an_interface_is_read_back() {
    let mut w = writer();
    let options = InterfaceOptions {
        snaplen: 96,
        name: Some("eth0".into()),
        description: Some("uplink".into()),
        filter: Some("tcp port 443".into()),
        os: Some("Linux 6.18".into()),
        ..InterfaceOptions::new(LinkType::ETHERNET)
    };
    w.describe(Some(2), &options).unwrap();
    let file = w.into_sink().unwrap();
    let reader = PcapngReader::new(&file[..]).unwrap();
    let i = &reader.interfaces()[0];
    assert_eq!((i.snaplen, i.name(), i.description()), (96, Some("eth0"), Some("uplink")));
    assert_eq!((i.filter(), i.os()), (Some("tcp port 443"), Some("Linux 6.18")));
}

#[test]
fn the_length_kept_of_packets_is_the_first_interface_s_and_the_largest_that_of_all() {
    let mut w = writer();
    for (interface, snaplen) in [(1, 77), (2, 96), (3, 60)] {
        let options = InterfaceOptions { snaplen, ..InterfaceOptions::new(LinkType::ETHERNET) };
        w.describe(Some(interface), &options).unwrap();
    }
    let file = w.into_sink().unwrap();
    let mut reader = PcapngReader::new(&file[..]).unwrap();
    assert!(reader.next_packet().unwrap().is_none());
    assert_eq!((reader.snaplen(), reader.largest_snaplen()), (77, 96));
}

#[test]
fn direction_and_losses_travel_with_the_packet() {
    let mut w = writer();
    w.note_drops(0, LinkType::ETHERNET, 40).unwrap();
    w.note_drops(0, LinkType::ETHERNET, 2).unwrap();
    for direction in [PacketDirection::Out, PacketDirection::In, PacketDirection::Unknown] {
        w.write(&Packet { direction, ..packet(b"abcde") }).unwrap();
    }
    let file = w.into_sink().unwrap();
    let mut reader = PcapngReader::new(&file[..]).unwrap();
    for (direction, drops) in
        [(PacketDirection::Out, Some(42)), (PacketDirection::In, None), (PacketDirection::Unknown, None)]
    {
        assert_eq!(reader.next_packet().unwrap().unwrap().direction, direction);
        assert_eq!(reader.drop_count(), drops);
    }
}

fn statistics() -> InterfaceStatistics {
    InterfaceStatistics {
        interface: 0,
        link: LinkType::ETHERNET,
        start: Timestamp::new(1, 0),
        end: Timestamp::new(2, 0),
        received: Some(10),
        dropped_by_interface: None,
        accepted: Some(9),
        dropped_by_kernel: Some(1),
        delivered: Some(8),
    }
}

#[test]
fn a_copy_without_a_choice_is_the_same_file() {
    let mut w = writer();
    for data in [&b"a"[..], b"bb", b"ccc", b"dddd"] {
        w.write(&packet(data)).unwrap();
    }
    w.statistics(&statistics()).unwrap();
    let file = w.into_sink().unwrap();
    let mut same = Vec::new();
    let (copied, result) = copy(&file[..], &mut same, "x", |_| true);
    result.unwrap();
    assert_eq!((copied.read, copied.written), (4, 4));
    assert_eq!(same, file);
}

#[test]
fn a_copy_of_a_damaged_file_keeps_what_came_before() {
    let mut w = writer();
    for data in [&b"a"[..], b"bb"] {
        w.write(&packet(data)).unwrap();
    }
    let file = w.into_sink().unwrap();
    let mut out = Vec::new();
    let (copied, result) = copy(&file[..file.len() - 1], &mut out, "x", |_| true);
    assert!(result.unwrap_err().to_string().starts_with("truncated pcapng dump file"));
    assert_eq!((copied.read, copied.written), (1, 1));
    assert_eq!(out, file[..out.len()]);
}

#[test]
fn a_copy_mends_a_first_block_whose_frame_is_not_sound() {
    let mut file = writer().into_sink().unwrap();
    let interface = {
        let mut w = writer();
        w.describe(None, &InterfaceOptions::new(LinkType::ETHERNET)).unwrap();
        w.into_sink().unwrap().split_off(28)
    };
    file[4..8].copy_from_slice(&30u32.to_ne_bytes());
    file.extend([7, 7]);
    file.extend(interface);
    let mut out = Vec::new();
    copy(&file[..], &mut out, "x", |_| true).1.unwrap();
    assert_eq!(out[4..8], 28u32.to_ne_bytes());
    assert!(PcapngReader::new(&out[..]).is_ok());
}

struct Disk {
    bytes: Vec<u8>,
    room: usize,
}
impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(self.room - self.bytes.len());
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
fn a_full_disk_leaves_whole_blocks_and_a_true_count() {
    for room in 0..600 {
        let mut disk = Disk { bytes: Vec::new(), room };
        let mut written = 0;
        if let Ok(mut w) = PcapngWriter::new(&mut disk, "x", &SectionOptions::default()) {
            for i in 0..20 {
                if w.write(&packet(&vec![1; i])).and(w.flush()).is_err() {
                    break;
                }
            }
            written = w.written();
        }
        assert!(written < 20);
        let mut copied = Vec::new();
        if disk.bytes.len() > 28 {
            let (counted, result) = copy(&disk.bytes[..], &mut copied, "x", |_| true);
            result.unwrap();
            assert_eq!(counted.read, written, "room for {room}");
        } else {
            assert!(disk.bytes.is_empty() || disk.bytes.len() == 28);
        }
    }
}

#[test]
fn a_file_without_an_interface_is_refused_like_an_interface_without_file() {
    let file = writer().into_sink().unwrap();
    let error = PcapngReader::new(&file[..]).unwrap_err().to_string();
    assert_eq!(error, "the capture file has no Interface Description Blocks");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_is_read_back(
        packets in proptest::collection::vec(
            (0..u64::MAX / 1_000_000_000, 0..1_000_000_000u64, proptest::collection::vec(any::<u8>(), 0..300), any::<u32>(), 0..3u32, 0..3u8),
            1..40,
        ),
    ) {
        let mut w = writer();
        let direction = |n| [PacketDirection::Unknown, PacketDirection::In, PacketDirection::Out][usize::from(n)];
        for (secs, nanos, data, wire_len, interface, way) in &packets {
            let time = Timestamp::new(*secs as i64, *nanos);
            w.write(&Packet { time, wire_len: *wire_len, interface: *interface, direction: direction(*way), ..packet(data) }).unwrap();
        }
        let file = w.into_sink().unwrap();
        let mut reader = PcapngReader::new(&file[..]).unwrap();
        for (secs, nanos, data, wire_len, _, way) in &packets {
            let p = reader.next_packet().unwrap().unwrap();
            prop_assert_eq!(p.time, Timestamp::new(*secs as i64, *nanos));
            prop_assert_eq!((p.data, p.wire_len, p.direction), (&data[..], *wire_len, direction(*way)));
        }
        prop_assert!(reader.next_packet().unwrap().is_none());
    }

    #[test]
    fn cut_anywhere_it_gives_a_prefix(cut in 0..2000usize) {
        let mut w = writer();
        for i in 0..30 {
            w.write(&packet(&vec![i; usize::from(i)])).unwrap();
        }
        let file = w.into_sink().unwrap();
        let cut = cut.min(file.len());
        if let Ok(mut reader) = PcapngReader::new(&file[..cut]) {
            let mut next = 0;
            while let Ok(Some(p)) = reader.next_packet() {
                prop_assert_eq!(p.data, &vec![next; usize::from(next)][..]);
                next += 1;
            }
        }
    }
}

#[test]
fn interfaces_without_end_are_refused_before_they_fill_the_memory() {
    let mut w = writer();
    w.describe(None, &InterfaceOptions::new(LinkType::ETHERNET)).unwrap();
    let mut file = w.into_sink().unwrap();
    let one = [1u32, 20, 1, 0, 20].map(u32::to_ne_bytes).concat();
    file.extend(one.repeat(1 << 20));
    let error = PcapngReader::new(&file[..]).unwrap().next_packet().unwrap_err();
    assert_eq!(error.to_string(), "the capture file has more than 1048576 interfaces");
}
