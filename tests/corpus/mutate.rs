//! Seeded damage: bytes overwritten, bits flipped, records cut or stretched.
//!
//! A mutation that turns a packet into one of a protocol whose dissector is not ours is
//! thrown away, for it would compare nothing.
use super::{Capture, LOOP, NULL, Record, SLL, SLL2};
use crate::random::Random;

/// Ports and EtherTypes whose dissectors are out of scope.
const FOREIGN_WORDS: &[u16] = &[
    // UDP
    496, 500, 521, 525, 646, 654, 698, 701, 921, 1589, 1645, 1646, 1700, 1701, 1812, 1813, 2049, 2103, 2104,
    3456, 3503, 3799, 4342, 4500, 4567, 4790, 5359, 6343, 6696, 6697, 7000, 7001, 7002, 7003, 7004, 7005,
    7006, 7007, 7008, 7009, 7500, 8231, 8500, 12222, 12223, 17754, 30490, // TCP
    179, 323, 639, 1723, 6633, 6653, // EtherTypes
    0x6003, 0x809b, 0x80f3, 0x8137, 0x00fe, 0x8899, 0x8808, 0x8902, 0x8903, 0x894f, 0x88ca, 0x886f, 0x0707,
    0x8947, 0x04e0, 0x88a2, 0x1111, 0x2003, 0x2004, 0x0111, // PPP
    0x0023, 0x002b,
];

/// IP protocols whose dissectors are out of scope.
const FOREIGN_PROTOCOLS: &[u8] = &super::cold::FOREIGN_PROTOCOLS;

fn words(data: &[u8], at: usize) -> impl Iterator<Item = u16> {
    let lo = at.saturating_sub(1);
    let near = data.get(lo..(at + 2).min(data.len())).unwrap_or_default().to_vec();
    (0..near.len().saturating_sub(1)).map(move |i| u16::from_be_bytes([near[i], near[i + 1]]))
}

fn is_appletalk(port: u16) -> bool {
    matches!(port, 200..=327 | 768..=895 | 16512..=16639)
}

/// Whether the byte at `at`, which was `old`, now makes the packet another dissector's.
fn is_foreign(link: u32, data: &[u8], at: usize, old: u8) -> bool {
    let Some(&now) = data.get(at) else { return false };
    let is_protocol =
        |b: u8| matches!(b, 0..=6 | 17 | 41 | 43 | 44 | 47 | 50 | 51 | 58..=60 | 108 | 112 | 135 | 250);
    if FOREIGN_PROTOCOLS.contains(&now) && (at < 60 || is_protocol(old)) {
        return true;
    }
    // DVMRP and PIM version 1 in IGMP.
    if matches!(now, 0x13 | 0x14) && matches!(old, 0x11..=0x1f | 0x22) {
        return true;
    }
    // OSI and IPX over PPP, whose protocol numbers may be of one byte.
    if matches!(now, 0x23 | 0x2b) {
        return true;
    }
    // AppleTalk in UDP: its ports, and the third byte of its payload.
    let port = |back: usize| at.checked_sub(back).and_then(|from| words(data, from + 1).next());
    if now == 2 && [port(8), port(10)].into_iter().flatten().any(is_appletalk) {
        return true;
    }
    // The key exchange of IPsec begins with zeros where its payload does not.
    if now == 0 && (6..14).filter_map(port).any(|port| port == 4500) {
        return true;
    }
    let in_link_header = match link {
        // OSI, AppleTalk and IPX families; the interface index, whose name is this host's.
        NULL | LOOP => at < 4 && matches!(now, 7 | 16 | 23),
        SLL2 => (4..8).contains(&at) || words(data, at).any(|w| w == 1),
        SLL => words(data, at).any(|w| w == 1),
        _ => false,
    };
    // OSI and IPX service access points.
    let is_access_point = at < 30 && words(data, at).any(|w| matches!(w & 0xfefe, 0xfefe | 0xe0e0));
    in_link_header
        || is_access_point
        || words(data, at).any(|w| FOREIGN_WORDS.contains(&w) || is_appletalk(w))
}

/// Damages one record.
pub(crate) fn mutate_record(link: u32, record: &Record, random: &mut Random) -> Record {
    let mut record = record.clone();
    let times = 1 + random.below(3);
    for _ in 0..times {
        let len = record.data.len();
        if len == 0 {
            break;
        }
        // Headers are at the front: half of the damage goes there.
        let reach = if random.below(2) == 0 { len.min(60) } else { len };
        let at = random.below(reach);
        let before = record.clone();
        let byte = &mut record.data[at];
        match random.below(14) {
            0 => record.data.truncate(at.max(1)),
            1 => {
                let extra = random.below(9);
                record.data.extend((0..extra).map(|n| n as u8));
                record.wire_len = record.wire_len.saturating_add(extra as u32);
            }
            2 => record.wire_len = record.wire_len.max(len as u32).saturating_add(random.below(70) as u32),
            3..=5 => *byte ^= 1 << random.below(8),
            6 | 7 => *byte = [0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff, 0x45, 0x60, 6, 17, 58][random.below(14)],
            8 | 9 => *byte = byte.wrapping_add(if random.below(2) == 0 { 1 } else { 255 }),
            10 => {
                let end = (at + 1 + random.below(4)).min(len);
                if end - at < len {
                    record.data.drain(at..end);
                }
            }
            11 => {
                let value = [0, 0xff, random.next() as u8][random.below(3)];
                record.data.splice(at..at, std::iter::repeat_n(value, 1 + random.below(4)));
            }
            _ => *byte = random.next() as u8,
        }
        // Where bytes moved, all that follow are new.
        let moved = record.data.len() != len;
        let old = |i: usize| before.data.get(i).copied().unwrap_or_default();
        let new = if moved { at..record.data.len() } else { at..at + 1 };
        if new.into_iter().any(|i| is_foreign(link, &record.data, i, old(i))) {
            record = before;
        }
    }
    record.wire_len = record.wire_len.max(record.data.len() as u32);
    record
}

/// A capture of `count` damaged records of `capture`.
pub(crate) fn mutate(capture: &Capture, seed: u64, count: usize) -> Capture {
    let name_hash = capture.name.bytes().fold(seed, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
    let mut random = Random::new(name_hash);
    let mut out =
        Capture { name: format!("{}-damaged-{seed}", capture.name), records: Vec::new(), ..capture.clone() };
    for _ in 0..count {
        if capture.records.is_empty() {
            break;
        }
        let record = &capture.records[random.below(capture.records.len())];
        out.records.push(mutate_record(capture.link, record, &mut random));
    }
    out
}
