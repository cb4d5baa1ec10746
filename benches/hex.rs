//! How fast are dumps written, compared with the `hexdump` crate and with one `write!` a byte?
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may stop")]
mod race;

use std::fmt::Write as _;

use criterion::{Criterion, Throughput};
use race::{Lane, race};
use synack::hex::DumpStyle;

fn main() {
    // A full-size segment's frame, with bytes of every value.
    let data: Vec<u8> = (0..1514u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();

    let mut criterion = Criterion::default()
        .measurement_time(std::time::Duration::from_secs(1))
        .warm_up_time(std::time::Duration::from_millis(300))
        .configure_from_args();
    let mut group = criterion.benchmark_group("hex");
    group.throughput(Throughput::Bytes(data.len() as u64));
    for (name, mut work) in lanes(&data) {
        group.bench_function(name, |b| b.iter(&mut work));
    }
    group.finish();
    if !std::env::args().any(|a| a == "--test") {
        race("what does it cost to dump a frame of 1,514 bytes?", 1, &mut lanes(&data));
    }
}

fn lanes(data: &[u8]) -> Vec<Lane<'_>> {
    let mut lanes: Vec<Lane<'_>> = Vec::new();
    for style in [DumpStyle::HexAscii, DumpStyle::Hex, DumpStyle::Ascii] {
        lanes.push((style.name(), in_style(style, data)));
    }
    lanes.push(("hexdump crate, into a Vec", in_style(DumpStyle::Hexdump, data)));
    lanes.push((
        "one write! a byte",
        Box::new(move || u64::from(std::hint::black_box(naive(data)).is_empty())),
    ));
    for style in [DumpStyle::Sn, DumpStyle::Canonical, DumpStyle::Wireshark] {
        lanes.push((style.name(), in_style(style, data)));
    }
    lanes
}

/// Appends to one buffer, as the printer does.
fn in_style(style: DumpStyle, data: &[u8]) -> Box<dyn FnMut() -> u64 + '_> {
    let mut out = Vec::new();
    Box::new(move || {
        out.clear();
        style.append(&mut out, data);
        // Layouts differ in length: there is nothing to compare.
        std::hint::black_box(&out);
        0
    })
}

/// `-X` as one would write it first.
fn naive(data: &[u8]) -> String {
    let mut out = String::new();
    for (i, chunk) in data.chunks(16).enumerate() {
        let mut hex = String::new();
        for two in chunk.chunks(2) {
            hex.push(' ');
            for byte in two {
                write!(hex, "{byte:02x}").unwrap();
            }
        }
        write!(out, "\n\t0x{:04x}: {hex:<40}  ", i * 16).unwrap();
        out.extend(chunk.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '.' }));
    }
    out
}
