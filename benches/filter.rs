//! How fast are filters compiled and run, compared with libpcap on the same packets?
//!
//! `cargo bench --bench filter` prints a table. Without a C compiler and libpcap's headers the columns of
//! the rival stay empty.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

#[path = "../tests/filter/libpcap.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod libpcap;

#[path = "../tests/needs.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod needs;

use libpcap::{Answer, Libpcap};
use std::hint::black_box;
use std::time::Instant;
use synack::LinkType;
use synack::bpf::Program;
use synack::etc::EtcNames;
use synack::filter::Filter;

const EVERYDAY: [&str; 10] = [
    "tcp port 80",
    "host 10.0.0.1",
    "tcp",
    "port 53",
    "net 192.168.0.0/16 and not port 22",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "ip6 and udp portrange 1024-65535",
    "vlan 7 and tcp port 443",
    "(host 10.0.0.1 or host 10.0.0.2) and (port 80 or port 443) and not icmp",
    "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
];

/// An office's traffic: web, some names, some of it over IPv6, a little else.
fn packets() -> Vec<(Vec<u8>, u32)> {
    let frame = |index: usize| {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
        let (src, dst): (u16, u16) = match index % 8 {
            0 | 1 => (80, 40_000),
            2 => (40_000, 80),
            3..=5 => (443, 50_000),
            6 => (53, 33_333),
            _ => (22, 60_000),
        };
        let protocol = if index % 8 == 6 { 17 } else { 6 };
        match index % 5 {
            0 if index.is_multiple_of(3) => frame.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]),
            0 => {
                frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, protocol, 64]);
                frame.extend([0xfe; 32]);
            }
            _ => {
                frame.extend([8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, protocol, 0, 0]);
                frame.extend([10, 0, 0, index as u8 % 4, 192, 168, 1, 1]);
            }
        }
        frame.extend(src.to_be_bytes());
        frame.extend(dst.to_be_bytes());
        frame.extend([
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            1,
            0x50,
            if index.is_multiple_of(9) { 2 } else { 16 },
            1,
            0,
            0,
            0,
            0,
            0,
        ]);
        frame.resize(if index.is_multiple_of(2) { 1514 } else { 66 }, 0);
        frame
    };
    (0..64).map(|index| (frame(index), 1514)).collect()
}

/// The shortest of several runs, in nanoseconds: what the machine can do when nothing interferes.
fn fastest(rounds: u32, mut work: impl FnMut()) -> f64 {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_nanos() as f64
    };
    (0..rounds).map(|_| once(&mut work)).fold(f64::INFINITY, f64::min)
}

/// Nanoseconds per packet.
fn speed(program: &Program, packets: &[(Vec<u8>, u32)]) -> f64 {
    let run = || {
        for _ in 0..100 {
            for (data, wire_len) in packets {
                black_box(program.run(black_box(data), *wire_len));
            }
        }
    };
    fastest(50, run) / 100.0 / packets.len() as f64
}

fn main() {
    let packets = packets();
    let names = EtcNames::new();
    let mut libpcap = Libpcap::start(LinkType::ETHERNET, &packets);
    println!(
        "{:<76} {:>9} {:>9} {:>6} | {:>7} {:>7} {:>6} {:>8} | {:>5} {:>5}",
        "expression", "compile", "libpcap", "ratio", "run", "libpcap", "ratio", "same prg", "insns", "theirs"
    );
    for text in EVERYDAY {
        let builder = Filter::builder().resolver(&names);
        let compiled = builder.compile(text, LinkType::ETHERNET);
        let compile =
            fastest(200, || drop(black_box(builder.compile(black_box(text), LinkType::ETHERNET)))) / 1000.0;
        let (run, insns) = match &compiled {
            Ok(filter) => (speed(filter.program(), &packets), filter.program().raw().len()),
            Err(_) => (f64::NAN, 0),
        };
        let (mut rival_compile, mut rival_run, mut same, mut rival_insns) = (f64::NAN, f64::NAN, f64::NAN, 0);
        if let Some(libpcap) = &mut libpcap {
            if let Some([compile, run, insns]) = libpcap.measure(text) {
                (rival_compile, rival_run, rival_insns) =
                    (compile / 1000.0, run / 1000.0 / packets.len() as f64, insns as usize);
            }
            if let Answer::Accepted { program, .. } = libpcap.ask(text, true) {
                same = speed(&Program::for_user_space(program).unwrap(), &packets);
            }
        }
        println!(
            "{text:<76} {compile:>6.1} µs {rival_compile:>6.1} µs {:>6.2} | {run:>4.1} ns {rival_run:>4.1} ns {:>6.2} {:>8.2} | {insns:>5} {rival_insns:>5}",
            compile / rival_compile,
            run / rival_run,
            same / rival_run,
        );
    }
}
