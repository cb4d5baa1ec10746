//! Compressed files: what the usual tools write is read, and what is written they read.
use std::fs;
use std::process::Command;

use synack::savefile::{self, Compression, PacketWriter, pcap, pcapng};
use synack::{LinkType, Packet, Source};

use super::craft::{Dice, frame};
use super::oracle::{Dir, each};
use crate::needs;

const TOOLS: [(&str, &str, Compression); 3] =
    [("gzip", "gz", Compression::Gzip), ("zstd", "zst", Compression::Zstd), ("lz4", "lz4", Compression::Lz4)];

fn plain(count: u8) -> Vec<u8> {
    let mut writer =
        pcap::PcapWriter::new(Vec::new(), "x", pcap::PcapOptions::new(LinkType::ETHERNET)).unwrap();
    for n in 0..count {
        writer.write(&Packet::new(LinkType::ETHERNET, &frame(n))).unwrap();
    }
    writer.into_sink().unwrap()
}

fn count(bytes: &[u8]) -> (usize, Option<String>) {
    let mut packets = 0;
    let error = each(bytes, |_| packets += 1);
    (packets, error)
}

#[test]
fn reads_what_the_tools_compress_also_in_pieces() {
    let dir = Dir::new();
    let file = plain(200);
    let (head, tail) = file.split_at(1234);
    for (tool, _, _) in TOOLS {
        if !needs::program(tool) {
            continue;
        }
        let packed: Vec<u8> = [head, tail]
            .into_iter()
            .flat_map(|part| {
                let path = dir.file("part", part);
                Command::new(tool).arg("-c").arg(path).output().unwrap().stdout
            })
            .collect();
        assert_eq!(count(&packed), (200, None), "{tool}");
        let path = dir.file("packed", &packed);
        let mut opened = savefile::open(path).unwrap();
        assert!(opened.next_packet().unwrap().is_some());
    }
}

#[test]
fn the_tools_unpack_what_is_written() {
    let dir = Dir::new();
    for (tool, ending, compression) in TOOLS {
        if !needs::program(tool) {
            continue;
        }
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let mut writer = pcap::PcapWriter::compressed(Vec::new(), "x", options, compression).unwrap();
        for n in 0..200 {
            writer.write(&Packet::new(LinkType::ETHERNET, &frame(n))).unwrap();
            if n % 50 == 3 {
                writer.flush().unwrap();
            }
        }
        let packed = writer.into_sink().unwrap();
        assert!(packed.len() < plain(200).len());
        let path = dir.file(&format!("x.pcap.{ending}"), &packed);
        let output = Command::new(tool).arg("-dc").arg(path).output().unwrap();
        assert!(output.stdout == plain(200), "{tool}");
    }
}

#[test]
fn a_flushed_file_is_whole_while_more_is_written() {
    let dir = Dir::new();
    for (tool, ending, compression) in TOOLS {
        let path = dir.path().join(format!("growing.{ending}"));
        let tested = needs::program(tool);
        let file = fs::File::create(&path).unwrap();
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let mut writer = pcap::PcapWriter::compressed(file, "x", options, compression).unwrap();
        for n in 0..20 {
            writer.write(&Packet::new(LinkType::ETHERNET, &frame(n))).unwrap();
            writer.flush().unwrap();
            assert_eq!(count(&fs::read(&path).unwrap()), (usize::from(n) + 1, None), "{compression:?}");
            if tested {
                assert!(Command::new(tool).arg("-t").arg(&path).output().unwrap().status.success(), "{tool}");
            }
        }
    }
}

/// Wireshark takes what follows a first stream of zstd or LZ4 for uncompressed, once it is past
/// the first bytes of the file.
#[test]
fn tshark_reads_long_compressed_files_that_were_flushed() {
    if !needs::program("tshark") {
        return;
    }
    let dir = Dir::new();
    for (_, ending, compression) in TOOLS {
        let path = dir.path().join(format!("long.pcap.{ending}"));
        let file = fs::File::create(&path).unwrap();
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let mut writer = pcap::PcapWriter::compressed(file, "x", options, compression).unwrap();
        let mut dice = Dice(7);
        for n in 0..2000 {
            let noise: Vec<u8> = (0..1400).map(|_| dice.roll(256) as u8).collect();
            writer.write(&Packet::new(LinkType::ETHERNET, &noise)).unwrap();
            if n % 150 == 0 {
                writer.flush().unwrap();
            }
        }
        drop(writer.into_sink().unwrap());
        let mut tshark = Command::new("tshark");
        let output = tshark.args(["-n", "-T", "fields", "-e", "frame.len", "-r"]).arg(path).output().unwrap();
        let lines = output.stdout.split(|b| *b == b'\n').filter(|line| *line == b"1400").count();
        assert_eq!(lines, 2000, "{compression:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_pipe_gets_whole_streams() {
    for (_, _, compression) in TOOLS {
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let pipe = savefile::Stream(Vec::new());
        let mut writer = pcap::PcapWriter::compressed(pipe, "x", options, compression).unwrap();
        let mut ends = Vec::new();
        for n in 0..3 {
            writer.write(&Packet::new(LinkType::ETHERNET, &frame(n))).unwrap();
            writer.flush().unwrap();
            ends.push(writer.held() as usize);
        }
        let bytes = writer.into_sink().unwrap().0;
        for (packets, end) in (1..).zip(ends) {
            assert_eq!(count(&bytes[..end]), (packets, None), "{compression:?}");
        }
    }
}

#[test]
fn a_cut_file_gives_its_whole_packets_and_then_the_error() {
    for (_, _, compression) in TOOLS {
        let section = pcapng::SectionOptions::default();
        let mut writer = pcapng::PcapngWriter::compressed(Vec::new(), "x", &section, compression).unwrap();
        let mut sizes = Vec::new();
        for n in 0..20u8 {
            writer.write(&Packet::new(LinkType::ETHERNET, &frame(n))).unwrap();
            writer.flush().unwrap();
            sizes.push(writer.held() as usize);
        }
        let file = writer.into_sink().unwrap();
        let mut cuts: Vec<usize> = (sizes[0]..file.len()).step_by(23).collect();
        cuts.extend(sizes.iter().flat_map(|size| [size - 1, *size]).filter(|&cut| cut >= sizes[0]));
        for cut in cuts {
            let (packets, error) = count(&file[..cut]);
            let whole = sizes.iter().filter(|&&size| size <= cut).count();
            assert!(packets >= whole, "{compression:?} cut at {cut}: {packets} of {whole}");
            // Each flush ends a stream of gzip; one of the others ends with the file.
            let ended = compression == Compression::Gzip && sizes.contains(&cut) || cut == file.len();
            assert_eq!(error.is_none(), ended, "{compression:?} cut at {cut}: {error:?}");
        }
    }
}

#[test]
fn an_error_in_the_compression_is_told_as_such() {
    let options = pcap::PcapOptions::new(LinkType::ETHERNET);
    let mut writer = pcap::PcapWriter::compressed(Vec::new(), "x", options, Compression::Gzip).unwrap();
    writer.write(&Packet::new(LinkType::ETHERNET, &frame(9))).unwrap();
    let file = writer.into_sink().unwrap();
    let (_, error) = count(&file[..file.len() - 4]);
    assert_eq!(error.as_deref(), Some("error reading dump file: the gzip data ends too early"));
}
