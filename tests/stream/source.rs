//! Streams made up by rule, sent over a made-up path: what reassembly gives is the source, or marks exactly
//! what the capture lacks.
//!
//! `SYNACK_STREAMS=10000 cargo test --test integration stream::source` makes as many; without it a sample.
use std::net::IpAddr;
use std::ops::Range;

use synack::stream::{Event, Pair, Policy, Side, StreamLimits};
use synack::{Layers, LinkType, Packet, Timestamp};

use super::frame::{ACK, FIN, INJECTOR_V4, INJECTOR_V6, PSH, SYN, Segment};
use crate::random::Random;

/// How many streams are made.
const STREAMS: u64 = 1500;

#[test]
fn a_stream_equals_its_source_or_the_missing_range_is_marked() {
    let streams = std::env::var("SYNACK_STREAMS").ok().and_then(|text| text.parse().ok()).unwrap_or(STREAMS);
    let (mut whole, mut missing) = (0, 0);
    for seed in 0..streams {
        let lost = run(seed);
        whole += u64::from(lost == 0);
        missing += lost;
    }
    eprintln!("{streams} streams, {whole} whole, {missing} bytes marked missing in the others");
    assert!(whole > streams / 4 && whole < streams, "{whole} of {streams} are whole");
}

/// One direction of what an exchange is made of.
struct Half {
    side: Side,
    isn: u32,
    source: Vec<u8>,
    /// What the receiver has.
    have: Vec<bool>,
    /// What the capture has.
    captured: Vec<bool>,
    fin_captured: bool,
    acked: u32,
}

impl Half {
    fn new(side: Side, r: &mut Random) -> Self {
        let isn = if r.one_in(3) { u32::MAX - r.below(3000) as u32 } else { r.next() as u32 };
        let len = r.of(&[0, 1, 50, 700, 4000]);
        let len = r.below(len + 1);
        let source = r.bytes(len);
        let (have, captured) = (vec![false; source.len() + 1], vec![false; source.len()]);
        Self { side, isn, source, have, captured, fin_captured: false, acked: 0 }
    }

    fn seq(&self, offset: usize) -> u32 {
        self.isn.wrapping_add(1).wrapping_add(offset as u32)
    }

    /// Ranges to send, the FIN as the byte behind the last: cut anew for each copy, a little out of order.
    fn emissions(&self, r: &mut Random) -> Vec<Range<usize>> {
        let mut keyed = Vec::new();
        let most = r.of(&[3, 40, 500, 1400]);
        let copies = 1 + r.below(3);
        for copy in 0..copies {
            let mut at = 0;
            while at <= self.source.len() {
                let end = (at + 1 + r.below(most)).min(self.source.len() + 1);
                if copy == 0 || r.one_in(4) {
                    keyed.push((at + copy * 300 + r.below(2 * most), at..end));
                }
                at = end;
            }
        }
        keyed.sort_by_key(|(key, _)| *key);
        keyed.into_iter().map(|(_, range)| range).collect()
    }
}

fn run(seed: u64) -> usize {
    let r = &mut Random::new(seed ^ 0x5eed_0000);
    let v6 = r.one_in(4);
    let loss = r.of(&[0, 0, 3, 20, 60]);
    let mut halves = [Half::new(Side::Client, r), Half::new(Side::Server, r)];
    let mut frames: Vec<Vec<u8>> = Vec::new();
    let emissions = [halves[0].emissions(r), halves[1].emissions(r)];
    let one_sided = r.one_in(6);
    let handshake = !one_sided && !r.one_in(8);
    if handshake {
        for (from, flags) in [(0, SYN), (1, SYN | ACK), (0, ACK)] {
            frames.push(segment(&halves, from, usize::MAX, &[], flags, v6));
        }
    }
    let mut at = [0, 0];
    while at[0] < emissions[0].len() || at[1] < emissions[1].len() {
        let from = usize::from(at[0] == emissions[0].len() || (at[1] < emissions[1].len() && r.one_in(2)));
        let range = emissions[from][at[from]].clone();
        at[from] += 1;
        let half = &halves[from];
        let fin = range.end > half.source.len();
        let data = half.source[range.start..range.end.min(half.source.len())].to_vec();
        let flags = if fin { ACK | FIN } else { r.of(&[ACK, ACK | PSH]) };
        let frame = segment(&halves, from, range.start, &data, flags, v6);
        let half = &mut halves[from];
        half.have[range.clone()].fill(true);
        half.acked = half.have.iter().take_while(|have| **have).count() as u32;
        // Without the handshake the first segment says where the half begins.
        let keep = range.start == 0 && half.captured.iter().all(|have| !have) && !handshake;
        let begun = half.fin_captured || half.captured.iter().any(|have| *have) || handshake;
        if one_sided && from == 1 {
            continue;
        }
        if keep || (begun && r.below(1000) >= loss * 10) {
            let end = range.end.min(half.source.len());
            half.captured[range.start..end].fill(true);
            half.fin_captured |= fin;
            frames.push(frame);
        }
        if !one_sided && (r.one_in(2) || fin) && r.below(1000) >= loss * 10 {
            frames.push(segment(&halves, 1 - from, usize::MAX, &[], ACK, v6));
        }
    }
    // All is acknowledged at last.
    if !one_sided {
        for from in [0, 1] {
            frames.push(segment(&halves, from, usize::MAX, &[], ACK, v6));
        }
    }
    let client = if v6 { IpAddr::from(INJECTOR_V6) } else { IpAddr::from(INJECTOR_V4) };
    check(seed, client, &halves, &frames, one_sided)
}

/// A segment at an offset, or at the end of what is acknowledged.
fn segment(halves: &[Half; 2], from: usize, offset: usize, data: &[u8], flags: u8, v6: bool) -> Vec<u8> {
    let (half, other) = (&halves[from], &halves[1 - from]);
    let seq = match offset {
        usize::MAX if flags & SYN != 0 => half.isn,
        usize::MAX => half.seq(half.acked as usize),
        offset => half.seq(offset),
    };
    let ack = if flags & ACK == 0 { 0 } else { other.seq(other.acked as usize) };
    let ports = if from == 0 { (40_000, 80) } else { (80, 40_000) };
    Segment { v6, back: from == 1, ..Segment::plain(ports, seq, ack, flags, data) }.frame()
}

fn check(seed: u64, client: IpAddr, halves: &[Half; 2], frames: &[Vec<u8>], one_sided: bool) -> usize {
    // A copy may come long after its range was acknowledged: so long the hole is to wait.
    let mut limits = StreamLimits::default();
    limits.grace_packets = u32::MAX;
    let mut pair = Pair::new(limits, Policy::Linux);
    pair.set_client(client, 40_000);
    let mut seen = [Vec::new(), Vec::new()];
    let (mut fins, mut next, mut conflicts) = ([None; 2], [0usize; 2], 0);
    let mut gaps: [Vec<Range<usize>>; 2] = [Vec::new(), Vec::new()];
    let mut take = |event: Event<'_>| {
        let side = usize::from(event.from() == Side::Server);
        match event {
            Event::Data { offset, bytes, delivered, .. } => {
                assert_eq!(offset as usize, next[side], "seed {seed}: in order");
                assert!(delivered || !one_sided, "seed {seed}");
                next[side] += bytes.len();
                seen[side].extend_from_slice(bytes);
            }
            Event::Gap { range, .. } => {
                assert_eq!(range.start as usize, next[side], "seed {seed}: in order");
                next[side] = range.end as usize;
                let range = range.start as usize..range.end as usize;
                seen[side].resize(range.end, 0);
                gaps[side].push(range);
            }
            Event::Fin { offset, .. } => fins[side] = Some(offset as usize),
            Event::Conflict { .. } => conflicts += 1,
            _ => {}
        }
    };
    for (number, data) in frames.iter().enumerate() {
        let time = Timestamp::new(0, number as u64 * 10_000);
        let packet = Packet { time, ..Packet::new(LinkType::ETHERNET, data) };
        let layers = Layers::decode(packet.link, packet.data);
        pair.push(number as u64, &packet, &layers, &mut take);
    }
    pair.finish(&mut take);
    assert_eq!(conflicts, 0, "seed {seed}: nothing was changed");
    let mut lost = 0;
    for (side, half) in halves.iter().enumerate() {
        let begun = half.fin_captured || half.captured.iter().any(|have| *have);
        let mut marked = vec![false; half.source.len()];
        for range in &gaps[side] {
            let end = range.end.min(marked.len());
            marked[range.start.min(end)..end].fill(true);
        }
        if one_sided && !begun {
            continue;
        }
        // Nobody knows of what is lost at the end of a half that the other side did not acknowledge.
        let known = if one_sided { next[side].min(half.source.len()) } else { half.source.len() };
        for at in 0..known {
            assert_eq!(marked[at], !half.captured[at], "seed {seed} {:?}: byte {at}", half.side);
            if !marked[at] {
                assert_eq!(seen[side][at], half.source[at], "seed {seed} {:?}: byte {at}", half.side);
            }
        }
        lost += marked.iter().filter(|lost| **lost).count();
        if half.fin_captured {
            assert_eq!(fins[side], Some(half.source.len()), "seed {seed} {:?}", half.side);
        }
    }
    lost
}
