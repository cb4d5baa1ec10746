//! Connections made up at random, and what an application on Linux read of them.
use super::frame::{ACK, FIN, PSH, RST, SYN, Segment, URG};
use super::lab::{Difference, Lab, Opening, Talk};
use crate::live::in_namespace;
use crate::random::Random;

/// How many connections are made; `SYNACK_STREAM_CASES` says otherwise, and `SYNACK_STREAM_SEED` where
/// to begin.
const CASES: u64 = 3000;

/// How many of a thousand may differ in bytes of which reassembly tells that the copies differ. Linux keeps
/// what waits in a red-black tree, and which segments a new one meets on its way down depends on the
/// tree's shape.
const TOLD: u64 = 15;

/// How many of a thousand may differ where the receiver has little room: short of memory it drops what
/// waits, and without SACK nothing tells of that.
const SHORT: u64 = 6;

/// How many of a thousand may differ in anything else.
const OTHER: u64 = 1;

#[test]
fn an_application_reads_what_we_do() {
    in_namespace("stream::generated::an_application_reads_what_we_do", || {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let cases = number("SYNACK_STREAM_CASES").unwrap_or(CASES);
        let first = number("SYNACK_STREAM_SEED").unwrap_or(1);
        let mut lab = Lab::new();
        let (mut texts, mut told, mut short, mut other) = (Vec::new(), 0, 0, 0);
        for seed in first..first + cases {
            let Err((small, difference)) = connection(&mut lab, seed) else { continue };
            match (difference.only_told, small) {
                (true, _) => told += 1,
                (false, true) => short += 1,
                (false, false) => other += 1,
            }
            if !difference.only_told {
                texts.push(format!("seed {seed}: {}", difference.text));
            }
        }
        let found = format!(
            "{cases} connections from seed {first}: {told} differ where it is told, {short} where memory is \
             short, {other} otherwise"
        );
        eprintln!("{found}");
        let shown: Vec<_> = texts.iter().take(5).map(String::as_str).collect();
        let within = |count: u64, of_a_thousand: u64| count * 1000 <= cases * of_a_thousand;
        assert!(
            within(told, TOLD) && within(short, SHORT) && within(other, OTHER),
            "{found}\n{}",
            shown.join("\n")
        );
    });
}

/// The difference, and whether the receiver had little room.
fn connection(lab: &mut Lab, seed: u64) -> Result<(), (bool, Difference)> {
    let mut random = Random::new(seed);
    let r = &mut random;
    let opening = Opening {
        v6: r.one_in(4),
        isn: if r.one_in(3) { u32::MAX - r.below(100) as u32 } else { r.next() as u32 },
        timestamps: r.one_in(2),
        sack: !r.one_in(4),
        scale: (!r.one_in(3)).then(|| r.below(8) as u8),
        small: r.one_in(5),
    };
    let mut talk = Talk::new(lab, opening);
    talk.handshake();
    // Without a reader nothing is urgent: what happens then depends on when it wakes up.
    talk.reading = !(opening.small && r.one_in(2));
    let tricky = r.one_in(3);
    for _ in 0..3 + r.below(25) {
        if tricky || r.one_in(4) { trick(&mut talk, r) } else { plain(&mut talk, r) }
    }
    if r.one_in(2) {
        fill(&mut talk, r);
    }
    talk.compare().map_err(|difference| (opening.small, difference))
}

/// A segment near the next byte, so that many overlap.
fn near(talk: &mut Talk<'_>, r: &mut Random) -> Segment {
    let spread = r.of(&[12, 40, 40, 200]);
    let offset = talk.expected() + r.below(spread) as i64 - (spread / 6) as i64;
    let most = if talk.opening.small && r.one_in(3) { 1400 } else { r.of(&[4, 12, 30]) };
    let len = 1 + r.below(most);
    let payload = r.bytes(len);
    talk.segment(offset.max(-3), &payload, r.of(&[ACK, ACK, ACK | PSH]))
}

fn plain(talk: &mut Talk<'_>, r: &mut Random) {
    let mut segment = near(talk, r);
    if r.one_in(4) {
        // The next byte, as most are.
        segment.seq = talk.kernel_ack;
    }
    talk.clock += r.below(3) as u32;
    talk.send(&segment);
}

/// All holes are filled, from the kernel's acknowledgment on.
fn fill(talk: &mut Talk<'_>, r: &mut Random) {
    for _ in 0..30 {
        let from = talk.expected();
        let len = 1 + r.below(25);
        let payload = r.bytes(len);
        talk.data(from, &payload);
    }
    let flags = r.of(&[ACK, ACK | FIN, RST, ACK | FIN]);
    let last = talk.segment(talk.expected(), &[], flags);
    talk.send(&last);
}

fn trick(talk: &mut Talk<'_>, r: &mut Random) {
    let mut segment = near(talk, r);
    if r.one_in(2) {
        segment.seq = talk.kernel_ack;
    }
    let room = i64::from(talk.kernel_edge.wrapping_sub(talk.kernel_ack));
    match r.below(26) {
        0 => segment.wrong = r.of(&[1, 0x100, 0xff]),
        1 => segment.flags = r.of(&[0, PSH, URG, FIN]),
        2 => segment.ack = segment.ack.wrapping_add(1 + r.below(100_000) as u32),
        3 => segment.ack = segment.ack.wrapping_sub(1 + r.below(20) as u32),
        // Whether Linux notices it in the expected segment depends on its memory.
        4 if segment.seq != talk.kernel_ack => {
            segment.ack = segment.ack.wrapping_sub(r.below(100_000) as u32)
        }
        5 | 6 if talk.opening.timestamps => {
            let old = talk.clock.wrapping_sub(r.of(&[0, 1, 2, 3, 1000, 0x7fff_ffff]));
            segment.options[4..8].copy_from_slice(&old.to_be_bytes());
        }
        7 if talk.opening.timestamps => segment.options.clear(),
        5..=7 => segment.options = [&[1u8, 1, 8, 10][..], &r.bytes(8)].concat(),
        8 => segment.seq = talk.kernel_edge.wrapping_add(r.of(&[0, 1, 2, 1000, 0x7000_0000])),
        9 => segment.seq = talk.kernel_edge.wrapping_sub(r.below(40) as u32),
        10 => {
            segment.flags |= SYN;
            segment.seq =
                r.of(&[talk.opening.isn, segment.seq, talk.kernel_ack, talk.kernel_ack.wrapping_sub(1)]);
            if r.one_in(2) {
                segment.flags = SYN;
            }
        }
        11 => {
            segment.flags = r.of(&[RST, RST | ACK]);
            let away = r.of(&[1u32, 2, 10, u32::MAX]).wrapping_add(r.of(&[0, 0, 0, room as u32]));
            segment.seq = talk.kernel_ack.wrapping_add(away);
            segment.payload.clear();
        }
        12 if r.one_in(4) => {
            segment.flags = r.of(&[RST, RST | ACK]);
            segment.seq = talk.kernel_ack;
            let wild = r.next() as u32;
            segment.ack = r.of(&[segment.ack, 0, wild]);
            segment.payload.clear();
        }
        13 => segment.flags |= FIN,
        14 => {
            segment.flags |= FIN;
            segment.payload.clear();
            segment.seq = segment.seq.wrapping_add(1 + r.below(20) as u32);
        }
        15 | 16 if talk.reading => {
            segment.flags |= URG;
            segment.urgent = r.below(2 * segment.payload.len() + 4) as u16;
        }
        17 => segment
            .options
            .splice(0..0, [1, 1, 19, 18, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
            .for_each(drop),
        18 => segment.offset = r.of(&[1, 2, 5, 10]),
        19 if !talk.opening.v6 => segment.ip_options = vec![r.of(&[131, 137]), 7, r.of(&[4, 8]), 10, 9, 0, 2],
        20 => segment.ttl = r.of(&[0, 1, 255]),
        21 => {
            segment.options = r
                .of(&[&[3u8, 0, 1, 1], &[2, 9, 1, 1], &[99, 4, 1, 1], &[0, 1, 1, 1], &[8, 10, 0, 0]])
                .to_vec()
        }
        22 => return fragments(talk, r, &segment),
        23 => {
            let len = 1 + r.below(30);
            let bytes = r.bytes(len);
            return talk.write(&bytes);
        }
        24 => segment.window = r.of(&[0, 1, 100, 8000, 65_535]),
        _ => segment.flags |= r.of(&[64, 128]),
    }
    talk.send(&segment);
}

fn fragments(talk: &mut Talk<'_>, r: &mut Random, segment: &Segment) {
    let mut segment = segment.clone();
    let more = r.below(80);
    segment.payload.extend(r.bytes(more));
    let len = segment.segment_len();
    let mut cuts = vec![0];
    while let Some(&at) = cuts.last().filter(|&&at| at < len) {
        let least = if at == 0 { segment.segment_len() - segment.payload.len() } else { 8 };
        cuts.push((at + least.next_multiple_of(8) + 8 * r.below(3)).min(len));
    }
    let mut ranges: Vec<_> = cuts.windows(2).map(|cut| (cut[0]..cut[1], cut[1] == len)).collect();
    match r.below(6) {
        0 => ranges.reverse(),
        1 => {
            let again = ranges[r.below(ranges.len())].clone();
            let at = r.below(ranges.len() + 1);
            ranges.insert(at, again);
        }
        2 if len >= 40 => {
            let from = 8 * r.below(len / 8 - 1);
            ranges.insert(r.below(ranges.len()), (from..(from + 16).min(len & !7), false));
        }
        3 => drop(ranges.remove(r.below(ranges.len()))),
        _ => {}
    }
    let spoil = r.one_in(8);
    talk.send_fragments(&segment, &ranges, spoil);
}
