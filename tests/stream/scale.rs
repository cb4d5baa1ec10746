//! Reassembly of what is meant to wear it out: bounded time and memory.
use std::time::Instant;

use synack::stream::{Event, Pair, Policy, Side, StreamLimits};
use synack::{Layers, LinkType, Packet, Timestamp};

use super::frame::{ACK, SYN, Segment};

/// Segments in the floods; fewer without optimisation.
const FLOOD: u32 = if cfg!(debug_assertions) { 40_000 } else { 200_000 };

/// What a flood may take, in seconds: the goal is two, and a busy machine has other things to do. Were the
/// cost of a segment to grow with their number, it would be minutes.
const SECONDS: u64 = 20;

/// Gives frames to a connection; counts what comes out.
fn feed(policy: Policy, limits: StreamLimits, frames: impl Iterator<Item = Vec<u8>>) -> (u64, u64, Pair) {
    let mut pair = Pair::new(limits, policy);
    pair.set_verify_checksums(false);
    let (mut bytes, mut missing) = (0, 0);
    let mut take = |event: Event<'_>| match event {
        Event::Data { from: Side::Client, bytes: data, .. } => bytes += data.len() as u64,
        Event::Gap { from: Side::Client, range, .. } => missing += range.end - range.start,
        _ => {}
    };
    for (number, frame) in (1..).zip(frames) {
        let packet =
            Packet { time: Timestamp::new(number / 1_000_000, 0), ..Packet::new(LinkType::ETHERNET, &frame) };
        let layers = Layers::decode(packet.link, packet.data);
        pair.push(number.unsigned_abs(), &packet, &layers, &mut take);
        assert!(pair.parked() <= 2 * limits.parked, "{} bytes wait", pair.parked());
    }
    pair.finish(&mut take);
    (bytes, missing, pair)
}

fn client(seq: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    Segment::plain((40_000, 80), seq, 1, flags, payload).frame()
}

/// The same frame with these sequence numbers, and a checksum that nobody asks for.
fn at<'f>(frame: &'f [u8], seqs: impl Iterator<Item = u32> + 'f) -> impl Iterator<Item = Vec<u8>> + 'f {
    seqs.map(|seq| {
        let mut frame = frame.to_vec();
        frame[38..42].copy_from_slice(&seq.to_be_bytes());
        frame
    })
}

#[test]
fn segments_behind_a_hole_cost_no_more_each_the_more_there_are() {
    for policy in Policy::ALL {
        let start = Instant::now();
        let frame = client(0, ACK, b"xy");
        let frames = at(&frame, (0..FLOOD).map(|n| 10 + 3 * n));
        let first = std::iter::once(client(0, SYN, b""));
        let (bytes, missing, _) = feed(policy, StreamLimits::default(), first.chain(frames));
        assert_eq!(bytes, u64::from(2 * FLOOD), "{policy}");
        assert_eq!(missing, u64::from(9 + FLOOD - 1), "{policy}");
        assert!(start.elapsed().as_secs() < SECONDS, "{policy}: {:?}", start.elapsed());
    }
}

#[test]
fn overlapping_segments_of_two_bytes_cost_no_more_each_the_more_there_are() {
    for policy in Policy::ALL {
        let start = Instant::now();
        // Each overlaps the one before it and the one after, from behind and from before.
        let (one, other) = (client(0, ACK, b"xy"), client(0, ACK, b"zw"));
        let there = at(&one, (0..FLOOD / 2).map(|n| 10 + 2 * n));
        let back = at(&other, (0..FLOOD / 2).rev().map(|n| 9 + 2 * n));
        let first = std::iter::once(client(0, SYN, b""));
        let (bytes, missing, _) = feed(policy, StreamLimits::default(), first.chain(there).chain(back));
        assert_eq!((bytes, missing), (u64::from(FLOOD + 1), 8), "{policy}");
        assert!(start.elapsed().as_secs() < SECONDS, "{policy}: {:?}", start.elapsed());
    }
}

/// A stream of ten gigabytes: `SYNACK_STREAM_BYTES=10737418240 cargo test --release --test integration
/// stream::scale`. Without it, 200 MB.
#[test]
fn a_long_stream_needs_no_more_memory_than_a_short_one() {
    let total: u64 =
        std::env::var("SYNACK_STREAM_BYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000_000);
    let payload = vec![b'x'; 60_000];
    let count = total.div_ceil(payload.len() as u64);
    let frame = client(1, ACK, &payload);
    let first = std::iter::once(client(0, SYN, b""));
    // The numbers wrap; that is what the low bits are for.
    let frames = at(&frame, (0..count).map(|n| 1u32.wrapping_add((n * payload.len() as u64) as u32)));
    let mut pair = Pair::new(StreamLimits::default(), Policy::Linux);
    pair.set_verify_checksums(false);
    let mut bytes = 0;
    let mut most = 0;
    for (number, frame) in (1..).zip(first.chain(frames)) {
        let packet = Packet::new(LinkType::ETHERNET, &frame);
        let layers = Layers::decode(packet.link, packet.data);
        pair.push(number, &packet, &layers, &mut |event| {
            if let Event::Data { bytes: data, offset, .. } = event {
                assert_eq!(offset, bytes);
                bytes += data.len() as u64;
            }
        });
        most = most.max(pair.parked());
    }
    assert_eq!((bytes, most), (count * payload.len() as u64, 0));
}
