//! Decoding and printing allocate nothing once they are warm.
#![allow(unsafe_code, reason = "an allocator that counts is an unsafe trait")]
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::io;

use synack::print::{Dump, Printer};
use synack::{Layers, LinkType, Packet, Timestamp};

use crate::{corpus, differential};

/// The system's allocator; counts what this thread asks for.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is ending has no counter any more.
        let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `alloc` above.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// Ethernet, IPv4 and TCP with timestamps, 100 bytes of payload, from one of 200 ports.
fn frame(port: u16) -> Vec<u8> {
    let mut frame = vec![2; 12];
    frame.extend_from_slice(&[8, 0, 0x45, 0, 0, 152, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    frame.extend_from_slice(&port.to_be_bytes());
    frame.extend_from_slice(&[0, 80, 0, 0, 0, 9, 0, 0, 0, 7, 0x80, 0x18, 1, 0, 0, 0, 0, 0]);
    frame.extend_from_slice(&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
    frame.extend_from_slice(&[b'x'; 100]);
    frame
}

#[test]
fn printing_allocates_nothing_in_the_steady_state() {
    let frames: Vec<_> = (2000..2200).map(frame).collect();
    let mut printer = Printer::builder()
        .numeric(true)
        .verbose(2)
        .link_header(true)
        .dump(Dump::HexAscii { link: true })
        .build(io::sink());
    let run = |printer: &mut Printer<io::Sink>, secs: i64| {
        for (data, nanos) in frames.iter().zip(0..) {
            let mut packet = Packet::new(LinkType::ETHERNET, data);
            packet.time = Timestamp::new(secs, nanos);
            black_box(Layers::decode(packet.link, packet.data));
            printer.print(&packet).expect("a sink takes all");
        }
    };
    run(&mut printer, 1);
    let before = ALLOCATIONS.get();
    assert!(before > 0, "the counter does not count");
    for secs in 2..12 {
        run(&mut printer, secs);
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
}

#[test]
fn no_protocol_of_the_corpus_allocates_in_the_steady_state() {
    let mut faults = Vec::new();
    // Some captures need no memory even the first time.
    let mut warm_up = 0;
    for capture in corpus::all() {
        for flags in ["-n", "-nevvv", "-nqX"] {
            let mut printer = differential::builder(flags).build(io::sink());
            let mut print = |n: usize| {
                let Some(record) = capture.records.get(n) else { return 0 };
                let mut packet = Packet::new(LinkType(capture.link), &record.data);
                packet.time = Timestamp::new(record.secs.into(), record.frac.into());
                packet.wire_len = record.wire_len;
                let before = ALLOCATIONS.get();
                black_box(Layers::decode(packet.link, packet.data));
                printer.print(&packet).expect("a sink takes all");
                ALLOCATIONS.get() - before
            };
            let all = 0..capture.records.len();
            warm_up += all.clone().map(&mut print).sum::<u64>();
            let guilty = all.clone().find(|n| print(*n) > 0);
            faults.extend(guilty.map(|n| format!("{} {flags}, packet {}", capture.name, n + 1)));
        }
    }
    assert!(warm_up > 0, "the counter does not count");
    assert!(faults.is_empty(), "{} allocate:\n{}", faults.len(), faults.join("\n"));
}
