//! Conversations as tables: a segment a line, and what is said of it in the end.
use std::fmt::Write as _;

use super::{Change, Connection, FlowTable, Kind, Limits, Verdict};
use crate::packet::{ChecksumStatus, Packet, Timestamp};
use crate::wire::{Layers, LinkType};

/// First sequence numbers of client and server: one near the end of the number space.
const ISN: [u32; 2] = [u32::MAX - 3_000, 77_000];

/// One line: `TIME SIDE FLAGS SEQ+LEN [NAME=VALUE …] -> VERDICTS`.
///
/// Time is in milliseconds, side `c` or `s`, numbers are relative to the first sequence numbers (a SYN
/// has 0). Without `+LEN` there is no payload. Names: `ack`, `w` (window as it stands, 10000 by default), `id`, `ttl`,
/// `ts=VALUE/ECHO`, `sack=LEFT-RIGHT,…`, `if` (interface), `sum=bad`, and of a SYN `opt=` with letters:
/// `m` (MSS 1000), `s` (SACK), `w` (shift 2); all by default.
struct Line<'a> {
    time: f64,
    side: usize,
    flags: u8,
    seq: u32,
    len: usize,
    rest: Vec<(&'a str, &'a str)>,
    expected: &'a str,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Self {
        let (segment, expected) = line.split_once("->").expect("an arrow");
        let mut words = segment.split_whitespace();
        let time = words.next().and_then(|word| word.parse().ok()).expect("a time");
        let side = usize::from(words.next() == Some("s"));
        let letters = words.next().expect("flags");
        let flags = letters.chars().map(|letter| 1 << "FSRPAUEC".find(letter).expect("a flag")).sum();
        let numbers = words.next().expect("a sequence number");
        let (seq, len) = numbers.split_once('+').unwrap_or((numbers, "0"));
        let rest = words.map(|word| word.split_once('=').expect("a name and a value")).collect();
        let number = "a number";
        Self {
            time,
            side,
            flags,
            seq: seq.parse().expect(number),
            len: len.parse().expect(number),
            rest,
            expected: expected.trim(),
        }
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.rest.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.get(name).map(|value| value.parse().expect("a number"))
    }

    fn options(&self) -> Vec<u8> {
        let mut options = Vec::new();
        if self.flags & 2 != 0 {
            for letter in self.get("opt").unwrap_or("msw").chars() {
                options.extend(match letter {
                    'm' => &[2, 4, 0x03, 0xe8][..],
                    's' => &[1, 1, 4, 2],
                    'w' => &[1, 3, 3, 2],
                    _ => &[],
                });
            }
        }
        if let Some((value, echo)) = self.get("ts").and_then(|ts| ts.split_once('/')) {
            options.extend([1, 1, 8, 10]);
            for ticks in [value, echo] {
                options.extend(ticks.parse::<u32>().expect("ticks").to_be_bytes());
            }
        }
        if let Some(blocks) = self.get("sack") {
            let blocks: Vec<&str> = blocks.split(',').collect();
            options.extend([1, 1, 5, 2 + 8 * blocks.len() as u8]);
            for edge in blocks.iter().flat_map(|block| block.split('-')) {
                let edge: u32 = edge.parse().expect("an edge");
                options.extend(ISN[1 - self.side].wrapping_add(edge).to_be_bytes());
            }
        }
        options
    }

    /// The segment, with a number for a checksum that is the same for the same contents.
    fn tcp(&self) -> Vec<u8> {
        let ports = [40_000_u16, 80];
        let options = self.options();
        let mut tcp = Vec::new();
        tcp.extend(ports[self.side].to_be_bytes());
        tcp.extend(ports[1 - self.side].to_be_bytes());
        tcp.extend(ISN[self.side].wrapping_add(self.seq).to_be_bytes());
        let ack = self.number("ack").map_or(0, |ack| ISN[1 - self.side].wrapping_add(ack));
        tcp.extend(ack.to_be_bytes());
        tcp.extend([(5 + options.len() as u8 / 4) << 4, self.flags]);
        tcp.extend((self.number("w").unwrap_or(10_000) as u16).to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(options);
        tcp.extend((0..self.len).map(|n| (self.seq as usize + n) as u8));
        let sum = tcp.iter().fold(7_u16, |sum, byte| sum.rotate_left(3) ^ u16::from(*byte));
        tcp[16..18].copy_from_slice(&sum.to_be_bytes());
        tcp
    }

    fn frame(&self) -> Vec<u8> {
        let tcp = self.tcp();
        let mut frame = vec![0x45, 0];
        frame.extend((20 + tcp.len() as u16).to_be_bytes());
        frame.extend((self.number("id").unwrap_or(0) as u16).to_be_bytes());
        frame.extend([0x40, 0, self.number("ttl").unwrap_or(60) as u8, 6, 0, 0]);
        for side in [self.side, 1 - self.side] {
            frame.extend([10, 0, 0, 1 + side as u8]);
        }
        frame.extend(tcp);
        frame
    }
}

/// What came of a conversation.
pub(super) struct Told {
    table: FlowTable,
    verdicts: Vec<Vec<Verdict>>,
    pub(super) changes: Vec<Change>,
}

impl Told {
    /// The newest connection.
    pub(super) fn connection(&self) -> &Connection {
        self.table.connections().max_by_key(|connection| connection.id()).expect("a segment passed")
    }
}

/// What is said of every segment of a table; panics where it is not what the table expects: verdicts
/// as text without their evidence, `;` between.
#[track_caller]
pub(super) fn check(table: &str) -> Told {
    let lines: Vec<Line<'_>> =
        table.lines().filter(|line| !line.trim().is_empty()).map(Line::parse).collect();
    let told = tell(&lines);
    let (mut expected, mut found) = (String::new(), String::new());
    for (n, (line, verdicts)) in (1..).zip(lines.iter().zip(&told.verdicts)) {
        writeln!(expected, "{n}: {}", line.expected).expect("a string grows");
        let texts: Vec<String> = verdicts.iter().map(text).collect();
        writeln!(found, "{n}: {}", texts.join("; ")).expect("a string grows");
    }
    assert_eq!(found, expected);
    told
}

fn text(verdict: &Verdict) -> String {
    let text = verdict.to_string();
    let told = text.split_once(", by ").map_or(text.as_str(), |(told, _)| told);
    match verdict.kind {
        Kind::Reordered { .. } => "reordered".to_owned(),
        _ => told.to_owned(),
    }
}

fn tell(lines: &[Line<'_>]) -> Told {
    let mut told =
        Told { table: FlowTable::new(Limits::default()), verdicts: Vec::new(), changes: Vec::new() };
    for line in lines {
        let frame = line.frame();
        let mut packet = Packet::new(LinkType::RAW, &frame);
        packet.time = Timestamp::new(1_000, (line.time * 1e6) as u64);
        packet.interface = line.number("if").unwrap_or(0);
        if line.get("sum").is_none() {
            packet.checksum = ChecksumStatus::Verified;
        }
        let seen = told.table.observe(&packet, &Layers::decode(packet.link, packet.data));
        told.changes.push(seen.change());
        told.verdicts.push(seen.verdicts().to_vec());
        for correction in seen.corrections() {
            told.verdicts[correction.packet as usize - 1] = correction.verdicts().to_vec();
        }
    }
    told.table.finish();
    told
}
