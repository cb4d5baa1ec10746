//! Compressed files: what the usual tools write is read, and what is written they read.
use std::process::Command;

use synack::savefile::{self, Compression, PacketWriter, pcap, pcapng};
use synack::{LinkType, Packet, Source};

use super::craft::frame;
use super::oracle::{Dir, each, installed};

const TOOLS: [(&str, &str, Compression); 3] =
    [("gzip", "gz", Compression::Gzip), ("zstd", "zst", Compression::Zstd), ("lz4", "lz4", Compression::Lz4)];

fn plain(count: u8) -> Vec<u8> {
    let mut writer = pcap::Writer::new(Vec::new(), "x", pcap::Options::new(LinkType::ETHERNET)).unwrap();
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
        if !installed(tool) {
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
        if !installed(tool) {
            continue;
        }
        let options = pcap::Options::new(LinkType::ETHERNET);
        let mut writer = pcap::Writer::compressed(Vec::new(), "x", options, compression).unwrap();
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
fn a_cut_file_gives_its_whole_packets_and_then_the_error() {
    for (_, _, compression) in TOOLS {
        let section = pcapng::SectionOptions::default();
        let mut writer = pcapng::Writer::compressed(Vec::new(), "x", &section, compression).unwrap();
        let mut sizes = Vec::new();
        for n in 0..20u8 {
            writer.write(&Packet::new(LinkType::ETHERNET, &frame(n))).unwrap();
            writer.flush().unwrap();
            sizes.push(writer.len() as usize);
        }
        let file = writer.into_sink().unwrap();
        let mut cuts: Vec<usize> = (sizes[0]..file.len()).step_by(23).collect();
        cuts.extend(sizes.iter().flat_map(|size| [size - 1, *size]).filter(|&cut| cut >= sizes[0]));
        for cut in cuts {
            let (packets, error) = count(&file[..cut]);
            let whole = sizes.iter().filter(|&&size| size <= cut).count();
            assert!(packets >= whole, "{compression:?} cut at {cut}: {packets} of {whole}");
            // Each flush ends a stream: there the file is whole.
            assert_eq!(error.is_none(), sizes.contains(&cut), "{compression:?} cut at {cut}: {error:?}");
        }
    }
}

#[test]
fn an_error_in_the_compression_is_told_as_such() {
    let options = pcap::Options::new(LinkType::ETHERNET);
    let mut writer = pcap::Writer::compressed(Vec::new(), "x", options, Compression::Gzip).unwrap();
    writer.write(&Packet::new(LinkType::ETHERNET, &frame(9))).unwrap();
    let file = writer.into_sink().unwrap();
    let (_, error) = count(&file[..file.len() - 4]);
    assert_eq!(error.as_deref(), Some("error reading dump file: the gzip data ends too early"));
}
