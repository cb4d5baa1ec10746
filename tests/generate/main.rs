//! `cargo run --release --example generate -- KIND COUNT FILE`: a capture by rule, for benches and
//! for looking at.
#![allow(clippy::expect_used, reason = "a tool for developers stops where it cannot go on")]

#[path = "mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests use the rest")]
mod generate;

use std::fs::File;
use std::process::ExitCode;

use generate::{flood, hole, http, small};
use synack::savefile::PacketWriter;
use synack::savefile::pcap::{PcapOptions, PcapWriter, Precision};
use synack::{LinkType, Packet, Timestamp};

const USAGE: &str = "usage: generate KIND COUNT FILE
KIND is http (COUNT packets), small (COUNT packets of 256 hosts), hosts (the same of 20,000), syn (COUNT SYNs around 1,000 connections of 100 segments), ack,
collisions, behind, backwards or overlapping (COUNT segments).";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count, file] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let Some(generate) = count.parse().ok().and_then(|count| generator(kind, count)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let sink = File::create(file).expect("the file can be made");
    let options = PcapOptions { precision: Precision::Nano, ..PcapOptions::new(LinkType::ETHERNET) };
    let mut writer = PcapWriter::new(sink, file, options).expect("the file takes its header");
    generate(&mut |time, frame| writer.write(&packet(time, frame)).expect("there is room"));
    writer.flush().expect("there is room");
    println!("{} packets in {file}", writer.written());
    ExitCode::SUCCESS
}

type Generator = Box<dyn FnOnce(&mut dyn FnMut(u64, &[u8]))>;

fn generator(kind: &str, count: u64) -> Option<Generator> {
    let few = u32::try_from(count).ok()?;
    Some(match kind {
        "http" => Box::new(move |each| http::file(count, each)),
        "small" => Box::new(move |each| small::talk(count, 256, each)),
        "hosts" => Box::new(move |each| small::talk(count, 20_000, each)),
        "syn" => Box::new(move |each| flood::syn(count, 1_000, 100, each)),
        "ack" => Box::new(move |each| flood::ack(count, each)),
        "collisions" => Box::new(move |each| flood::collisions(count, each)),
        "behind" => Box::new(move |each| hole::behind(few, each)),
        "backwards" => Box::new(move |each| hole::backwards(few, each)),
        "overlapping" => Box::new(move |each| hole::overlapping(few, each)),
        _ => return None,
    })
}

fn packet(time: u64, frame: &[u8]) -> Packet<'_> {
    let seconds = i64::try_from(time / 1_000_000_000).unwrap_or(i64::MAX);
    Packet { time: Timestamp::new(seconds, time % 1_000_000_000), ..Packet::new(LinkType::ETHERNET, frame) }
}
