//! Text formatted in any order on several threads and closed in order, against text printed
//! packet by packet: the whole corpus and damage done to it, under all flag sets.
use std::sync::atomic::{AtomicUsize, Ordering};

use synack::print::{Draft, Formatter};
use synack::savefile::pcap::PcapReader as Reader;
use synack::{Packet, Source as _};

use crate::corpus::{self, Capture, mutate};
use crate::differential::{FLAG_SETS, builder, ours};

/// Packets in a draft: few, so that connections reach over many drafts.
const TOGETHER: usize = 7;

fn shared(formatter: &Formatter) -> &(impl Sync + use<>) {
    formatter
}

/// What the library prints for a capture whose drafts are made from the last to the first.
pub(crate) fn drafted(capture: &Capture, flags: &str) -> Vec<u8> {
    let formatter = builder(flags).formatter();
    let _ = shared(&formatter);
    let mut sequence = formatter.sequence();
    let file = capture.to_pcap();
    let mut reader = Reader::new(&file[..]).expect("the header is right");
    let mut packets = Vec::new();
    while let Some(packet) = reader.next_packet().expect("the records are right") {
        let place = formatter.place(&packet, &mut sequence);
        packets.push((place, Packet { data: &[], ..packet }, packet.data.to_vec()));
    }
    let mut scratch = formatter.scratch();
    let mut drafts: Vec<Draft> = packets
        .chunks(TOGETHER)
        .rev()
        .map(|packets| {
            let mut draft = Draft::default();
            for (place, packet, data) in packets {
                let packet = Packet { data, ..*packet };
                formatter.draft(&packet, *place, &mut scratch, &mut draft);
            }
            draft
        })
        .collect();
    let mut out = Vec::new();
    while let Some(draft) = drafts.pop() {
        sequence.close(&draft, &mut out);
    }
    out
}

/// Compares on two threads.
fn compare(work: &[(Capture, &str)]) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((capture, flags)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (expected, got) = (ours(capture, flags), drafted(capture, flags));
                    if let Some(at) =
                        (0..expected.len().max(got.len())).find(|&at| expected.get(at) != got.get(at))
                    {
                        let around = |text: &[u8]| {
                            let part = text.get(at.saturating_sub(100)..text.len().min(at + 60));
                            String::from_utf8_lossy(part.unwrap_or_default()).into_owned()
                        };
                        panic!(
                            "{} {flags}, byte {at}\n  in order: {}\n  drafted:  {}",
                            capture.name,
                            around(&expected),
                            around(&got)
                        );
                    }
                }
            });
        }
    });
}

#[test]
fn drafts_closed_in_order_are_the_text_printed_in_order() {
    let mut work = Vec::new();
    for (capture, n) in corpus::all().iter().chain(&corpus::sample()).zip(0..) {
        // All flag sets where relative numbers are; elsewhere a few of them in turn.
        let every = if capture.name.contains("tcp") { 1 } else { 10 };
        let chosen = FLAG_SETS.iter().skip(n % every).step_by(every);
        work.extend(chosen.map(|flags| (capture.clone(), *flags)));
        work.push((mutate::mutate(capture, n as u64, 60), FLAG_SETS[n % FLAG_SETS.len()]));
    }
    compare(&work);
}

#[test]
fn one_formatter_serves_several_threads_each_with_its_scratch() {
    let captures = corpus::all();
    let formatter = builder("-nevv").formatter();
    let whole = |capture: &Capture| {
        let (mut sequence, mut scratch, mut text) = (formatter.sequence(), formatter.scratch(), Vec::new());
        let file = capture.to_pcap();
        let mut reader = Reader::new(&file[..]).expect("the header is right");
        while let Some(packet) = reader.next_packet().expect("the records are right") {
            formatter.format(&packet, &mut sequence, &mut scratch, &mut text);
        }
        text
    };
    let alone: Vec<Vec<u8>> = captures.iter().map(whole).collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert!(captures.iter().map(whole).eq(alone.iter().cloned())));
        }
    });
}

#[test]
fn a_scratch_of_another_formatter_changes_nothing() {
    struct Later;
    impl synack::print::LocalTime for Later {
        fn utc_offset(&self, _unix: i64) -> i32 {
            3600
        }
    }
    let (here, there) = (builder("-n").formatter(), builder("-n").local_time(Box::new(Later)).formatter());
    let packet = Packet::new(synack::LinkType::RAW, &[0x45]);
    let (mut sequence, mut scratch, mut text) = (here.sequence(), here.scratch(), Vec::new());
    for formatter in [&here, &there, &here] {
        formatter.format(&packet, &mut sequence, &mut scratch, &mut text);
    }
    let hours: Vec<u8> = text.split_inclusive(|byte| *byte == b'\n').map(|line| line[1]).collect();
    assert_eq!(hours, b"010", "{}", String::from_utf8_lossy(&text));
}
