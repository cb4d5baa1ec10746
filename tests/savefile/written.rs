//! What is written, as other programs and other crates read it.
use std::fs;
use std::process::Command;

use synack::packet::PacketDirection;
use synack::savefile::{InterfaceStatistics, PacketWriter, pcap, pcapng};
use synack::{LinkType, Packet, Source, Timestamp};

use super::craft::frame;
use super::oracle::{Dir, each, run};
use crate::needs;

const COUNT: u8 = 25;

fn packet(n: u8, data: &[u8]) -> Packet<'_> {
    let time = Timestamp::new(1_700_000_000 + i64::from(n), 123_456_000 + u64::from(n));
    Packet { time, wire_len: data.len() as u32 + 3, ..Packet::new(LinkType::ETHERNET, data) }
}

/// A file with everything the writer can say.
fn full() -> Vec<u8> {
    let section = pcapng::SectionOptions {
        hardware: Some("x86_64".into()),
        os: Some("Linux 6.18".into()),
        application: Some("synack test".into()),
        comment: Some("whole file".into()),
        ..pcapng::SectionOptions::default()
    };
    let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", &section).unwrap();
    for (number, name, link) in [(4, "eth0", LinkType::ETHERNET), (9, "tun0", LinkType::RAW)] {
        let options = pcapng::InterfaceOptions {
            name: Some(name.into()),
            description: Some(format!("the {name}")),
            filter: Some("tcp port 80".into()),
            os: Some("Linux".into()),
            ..pcapng::InterfaceOptions::new(link)
        };
        writer.describe(Some(number), &options).unwrap();
    }
    writer.note_drops(4, LinkType::ETHERNET, 17).unwrap();
    for n in 0..COUNT {
        let data = frame(n);
        let direction =
            [PacketDirection::In, PacketDirection::Out, PacketDirection::Unknown][usize::from(n % 3)];
        let ethernet = Packet { interface: 4, direction, ..packet(n, &data) };
        writer.write(&ethernet).unwrap();
    }
    let data = [0x45; 20];
    writer.write(&Packet { interface: 9, link: LinkType::RAW, ..packet(COUNT, &data) }).unwrap();
    let statistics = InterfaceStatistics {
        interface: 4,
        link: LinkType::ETHERNET,
        start: Timestamp::new(1_700_000_000, 0),
        end: Timestamp::new(1_700_000_100, 0),
        received: Some(42),
        dropped_by_interface: Some(1),
        accepted: Some(41),
        dropped_by_kernel: Some(17),
        delivered: Some(25),
    };
    writer.statistics(&statistics).unwrap();
    writer.into_sink().unwrap()
}

#[test]
fn capinfos_reads_every_word_of_a_pcapng_file() {
    if !needs::program("capinfos") {
        return;
    }
    let dir = Dir::new();
    let path = dir.file("x.pcapng", &full());
    let text = run("capinfos", &[path.to_str().unwrap()]).unwrap();
    for line in [
        "Number of packets:   26",
        "File encapsulation:  Per packet",
        "File timestamp precision:  nanoseconds (9)",
        "Capture hardware:    x86_64",
        "Capture oper-sys:    Linux 6.18",
        "Capture application: synack test",
        "Capture comment:     whole file",
        "Name = eth0",
        "Description = the tun0",
        "Filter string = tcp port 80",
        "Operating system = Linux",
        "Time precision = nanoseconds (9)",
        "Number of packets = 25",
        "Number of packets = 1",
        "Number of stat entries = 1",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}

#[test]
fn tshark_reads_times_lengths_and_interfaces() {
    if !needs::program("tshark") {
        return;
    }
    let dir = Dir::new();
    let path = dir.file("x.pcapng", &full());
    let fields = [
        "frame.time_epoch",
        "frame.len",
        "frame.cap_len",
        "frame.interface_name",
        "frame.packet_flags_direction",
        "frame.drop_count",
    ];
    let mut args = vec!["-r", path.to_str().unwrap(), "-T", "fields"];
    args.extend(fields.iter().flat_map(|field| ["-e", field]));
    let text = run("tshark", &args).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), usize::from(COUNT) + 1);
    for (n, line) in lines.iter().enumerate().take(usize::from(COUNT)) {
        let length = frame(n as u8).len();
        let direction = ["0x00000001", "0x00000002", ""][n % 3];
        let drops = if n == 0 { "17" } else { "" };
        let time = format!("{}.{:09}", 1_700_000_000 + n, 123_456_000 + n);
        assert_eq!(*line, format!("{time}\t{}\t{length}\teth0\t{direction}\t{drops}", length + 3));
    }
}

#[test]
fn editcap_makes_a_classic_file_of_it_and_back() {
    if !needs::program("editcap") {
        return;
    }
    let dir = Dir::new();
    let mut writer = pcapng::PcapngWriter::new(Vec::new(), "x", &pcapng::SectionOptions::default()).unwrap();
    for n in 0..COUNT {
        writer.write(&packet(n, &frame(n))).unwrap();
    }
    let path = dir.file("x.pcapng", &writer.into_sink().unwrap());
    for format in ["nsecpcap", "pcapng"] {
        let copy = dir.path().join("copy");
        let status = Command::new("editcap").args(["-F", format]).arg(&path).arg(&copy).status().unwrap();
        assert!(status.success());
        let mut n = 0;
        let error = each(&fs::read(copy).unwrap(), |p| {
            let data = frame(n);
            let wanted = packet(n, &data);
            assert_eq!((p.time, p.data, p.wire_len), (wanted.time, wanted.data, wanted.wire_len));
            n += 1;
        });
        assert_eq!((n, error), (COUNT, None), "{format}");
    }
}

/// Times and data as another crate reads them, beside ours.
type Plain = Vec<(u64, Vec<u8>)>;

fn ours(file: &[u8]) -> Plain {
    let mut seen = Vec::new();
    each(file, |p| seen.push((p.time.secs as u64 * 1_000_000_000 + p.time.nanos, p.data.to_vec())));
    seen
}

fn classic(precision: pcap::Precision) -> Vec<u8> {
    let options = pcap::PcapOptions { precision, ..pcap::PcapOptions::new(LinkType::ETHERNET) };
    let mut writer = pcap::PcapWriter::new(Vec::new(), "x", options).unwrap();
    for n in 0..COUNT {
        writer.write(&packet(n, &frame(n))).unwrap();
    }
    writer.into_sink().unwrap()
}

#[test]
fn the_crate_pcap_file_reads_the_same() {
    for precision in [pcap::Precision::Micro, pcap::Precision::Nano] {
        let file = classic(precision);
        let mut reader = pcap_file::pcap::PcapReader::new(&file[..]).unwrap();
        let mut theirs = Plain::new();
        while let Some(packet) = reader.next_packet() {
            let packet = packet.unwrap();
            theirs.push((packet.timestamp.as_nanos() as u64, packet.data.to_vec()));
        }
        assert_eq!(theirs, ours(&file));
    }
}

#[test]
fn the_crate_pcap_parser_reads_the_same() {
    use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapNGReader, traits::PcapReaderIterator};
    let file = full();
    let mut reader = PcapNGReader::new(65_536, &file[..]).unwrap();
    let mut theirs = Plain::new();
    loop {
        match reader.next() {
            Ok((offset, block)) => {
                if let PcapBlockOwned::NG(Block::EnhancedPacket(packet)) = block {
                    let stamp = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                    theirs.push((stamp, packet.data[..packet.caplen as usize].to_vec()));
                }
                reader.consume(offset);
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(e) => panic!("{e:?}"),
        }
    }
    assert_eq!(theirs, ours(&file));
}

#[test]
fn a_copy_keeps_what_tshark_finds_in_blocks_we_do_not_read() {
    if !needs::program("tshark") || !needs::program("editcap") {
        return;
    }
    let dir = Dir::new();
    let plain = dir.file("plain", &classic(pcap::Precision::Micro));
    let commented = dir.path().join("commented.pcapng");
    let status = Command::new("editcap")
        .args(["-a", "3:third packet", "--capture-comment", "all of it"])
        .args([&plain, &commented])
        .status();
    assert!(status.unwrap().success());
    let mut copy = Vec::new();
    let mut n = 0;
    let input = fs::read(&commented).unwrap();
    let (copied, result) = pcapng::copy(&input[..], &mut copy, "copy", |_| {
        n += 1;
        n % 3 == 0
    });
    result.unwrap();
    assert_eq!((copied.read, copied.written), (u64::from(COUNT), u64::from(COUNT) / 3));
    let path = dir.file("copy.pcapng", &copy);
    let text = run("tshark", &["-r", path.to_str().unwrap(), "-T", "fields", "-e", "frame.comment"]).unwrap();
    assert_eq!(text.lines().next(), Some("third packet"));
    assert_eq!(text.lines().count(), usize::from(COUNT) / 3);
    let text = run("capinfos", &["-k", path.to_str().unwrap()]).unwrap();
    assert!(text.contains("all of it"), "{text}");
}

#[test]
fn a_merge_gives_what_mergecap_gives() {
    if !needs::program("mergecap") {
        return;
    }
    let dir = Dir::new();
    let part = |seed: u64, name: &str| {
        let mut writer =
            pcap::PcapWriter::new(Vec::new(), "x", pcap::PcapOptions::new(LinkType::ETHERNET)).unwrap();
        for n in 0..COUNT {
            let time = Timestamp::new(1000 + (u64::from(n) * seed % 9 + u64::from(n)) as i64, seed * 1000);
            writer.write(&Packet { time, ..packet(n, &[frame(n), name.into()].concat()) }).unwrap();
        }
        dir.file(name, &writer.into_sink().unwrap())
    };
    let parts = [part(1, "one"), part(5, "two"), part(7, "three")];
    let theirs = dir.path().join("theirs");
    let status = Command::new("mergecap").args(["-F", "pcap", "-w"]).arg(&theirs).args(&parts).status();
    assert!(status.unwrap().success());
    let opened = parts.iter().map(|path| synack::savefile::open(path).unwrap()).collect();
    let mut merge = synack::savefile::Merge::new(opened);
    let mut seen = Plain::new();
    while let Some(p) = merge.next_packet().unwrap() {
        seen.push((p.time.secs as u64 * 1_000_000_000 + p.time.nanos, p.data.to_vec()));
    }
    // No two times are equal here: mergecap puts the last file first then.
    assert!(seen == ours(&fs::read(theirs).unwrap()));
}
