//! How fast are packets printed, and does remembering connections cost much under a
//! flood of new ones? Each group prints its question.
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on should stop")]
use std::hint::black_box;
use std::io;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use synack::print::{Dump, Printer, PrinterBuilder};
use synack::{LinkType, Packet, Timestamp};

/// Ethernet, IPv4 and TCP with timestamps: one segment of `payload` bytes.
fn segment(client: u32, port: u16, seq: u32, payload: usize) -> Vec<u8> {
    let len = u16::try_from(52 + payload).expect("fits");
    let mut frame = vec![2; 12];
    frame.extend_from_slice(&[8, 0, 0x45, 0]);
    frame.extend_from_slice(&len.to_be_bytes());
    frame.extend_from_slice(&[0, 1, 0x40, 0, 64, 6, 0, 0]);
    frame.extend_from_slice(&client.to_be_bytes());
    frame.extend_from_slice(&[192, 0, 2, 1]);
    frame.extend_from_slice(&port.to_be_bytes());
    frame.extend_from_slice(&[0x01, 0xbb]);
    frame.extend_from_slice(&seq.to_be_bytes());
    frame.extend_from_slice(&[0, 0, 0, 7, 0x80, 0x10, 1, 0, 0, 0, 0, 0]);
    frame.extend_from_slice(&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
    frame.resize(frame.len() + payload, b'x');
    frame
}

/// Prints all frames, a microsecond apart.
fn print_all(printer: &mut Printer<io::Sink>, frames: &[Vec<u8>]) {
    for (frame, nanos) in frames.iter().zip((0..).step_by(1000)) {
        let mut packet = Packet::new(LinkType::ETHERNET, black_box(frame));
        packet.time = Timestamp::new(1_700_000_000, nanos);
        printer.print(&packet).expect("a sink takes all");
    }
}

fn lines(c: &mut Criterion) {
    println!("How many packets a second become text?");
    let frames: Vec<_> = (0..1000_u32)
        .map(|i| segment(0x0a00_0001 + i % 50, 40_000, i * 700, if i % 2 == 0 { 1000 } else { 0 }))
        .collect();
    let mut group = c.benchmark_group("print");
    group.throughput(Throughput::Elements(1000));
    let plain = || Printer::builder().numeric(true);
    let flags: [(&str, PrinterBuilder); 5] = [
        ("-n", plain()),
        ("-nS", plain().absolute_seq(true)),
        ("-ne", plain().link_header(true)),
        ("-nvv", plain().verbose(2)),
        ("-nX", plain().dump(Dump::HexAscii { link: false })),
    ];
    for (name, builder) in flags {
        let mut printer = builder.build(io::sink());
        group.bench_function(name, |b| b.iter(|| print_all(&mut printer, &frames)));
    }
    group.finish();
}

fn flood(c: &mut Criterion) {
    println!("Does a flood of segments from new connections cost more than -S? (at most half as much again)");
    let mut x = 1_u32;
    let frames: Vec<_> = (0..200_000)
        .map(|_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            segment(x, (x >> 7) as u16, x, 0)
        })
        .collect();
    let mut group = c.benchmark_group("ack flood");
    group.sample_size(10).throughput(Throughput::Elements(200_000));
    for absolute in [true, false] {
        let name = if absolute { "-S" } else { "relative" };
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter_batched(
                || Printer::builder().numeric(true).absolute_seq(absolute).build(io::sink()),
                |mut printer| {
                    print_all(&mut printer, &frames);
                    printer
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, lines, flood);
criterion_main!(benches);
