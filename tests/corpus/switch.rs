//! What switches and gateways say and add: LLDP, CDP, LACP, MACsec, IPsec in UDP, OTV; and DCCP.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6};

fn element(kind: u16, value: &[u8], lie: i16) -> Vec<u8> {
    let len = (value.len() as i16 + 4 + lie) as u16;
    cat(&[&kind.to_be_bytes(), &len.to_be_bytes(), value])
}

fn neighbours() -> Vec<Vec<u8>> {
    let v4 = [1, 1, 0xcc, 0, 4, 192, 0, 2, 1];
    let v6 = cat(&[&[2, 8, 0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd, 0, 16, 0x20, 1], &bytes(3, 14)]);
    let addresses = |count: u32, parts: &[&[u8]]| cat(&[&count.to_be_bytes(), &cat(parts)]);
    let mut values: Vec<Vec<u8>> = (0..7).map(|n| bytes(b'0', n)).collect();
    values.extend([
        b"switch\x1b\xe9\nsecond line".to_vec(),
        addresses(1, &[&v4]),
        addresses(2, &[&v6, &v4]),
        addresses(2, &[&[9, 3, 1, 2, 3, 0, 2, 7, 8], &v4, &[1, 2, 3]]),
        addresses(3, &[&v4]),
        addresses(1, &[&v4[..3]]),
        addresses(1, &[&v4[..7]]),
        addresses(1, &[&v6[..20]]),
        addresses(0, &[]),
        cat(&[&[10, 0, 0, 0, 8], &[192, 168, 0, 0, 16]]),
        vec![0, 0, 0, 0x29],
        vec![0xff; 4],
    ]);
    let mut packets = Vec::new();
    let name = element(1, b"Switch", 0);
    for kind in (0..0x1a_u16).chain([0x101]) {
        for value in &values {
            packets.push(cat(&[&name, &element(kind, value, 0)]));
        }
        for lie in [-5, -4, -1, 1, 90] {
            packets.push(cat(&[&element(kind, b"abcd", lie), &name]));
        }
        packets.push(cat(&[&element(kind, &[5], -4), &name]));
    }
    packets.push(cat(&[&name, &[0, 3]]));
    packets.push(vec![]);
    let mut bodies: Vec<Vec<u8>> = packets.iter().map(|p| cat(&[&[2, 180, 0x12, 0x34], p])).collect();
    bodies.push(vec![2, 180, 1]);
    bodies.iter().map(|b| ether_llc(&cat(&[&[0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0], b]))).collect()
}

fn protected() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let packet = tcp(ACK, 1, 2).payload(b"inside").over4(&ip4(6));
    let clear = cat(&[&[8, 0], &packet]);
    let tagged = cat(&[&[0x81, 0], &tag(5, 0x0800, &packet)]);
    let length = cat(&[&[0, 60], &[6, 6, 3], &packet]);
    for control in [0u8, 1, 0x20, 0x23, 0x2c, 0x0c, 0x08, 0x04, 0x40, 0x5b, 0x7c, 0x80, 0xa0] {
        for short in [0u8, 1, 2, 4, 8, 30, 47, 63, 64, 0xc0] {
            let channel = if control & 0x20 == 0 { vec![] } else { bytes(2, 8) };
            for inside in [&clear[..], &tagged, &length, &clear[..2], &[8], &[]] {
                let check = bytes(0xa0, 16);
                let tag = cat(&[&[control, short, 0, 0, 1, 2], &channel, inside, &check]);
                frames.push(eth(0x88e5, &tag));
            }
        }
    }
    for len in 0..30 {
        frames.push(eth(0x88e5, &cat(&[&[0x20, 0], &bytes(0, len)])));
        frames.push(eth(0x88e5, &bytes(0, len)));
    }
    frames.push(eth(0x8100, &tag(5, 0x88e5, &bytes(0, 40))));
    frames
}

fn through_translators() -> Vec<Vec<u8>> {
    let mut messages = vec![vec![0xff], vec![0], vec![], vec![1, 2, 3], vec![0xff, 0xff]];
    for len in 4..14 {
        messages.push(bytes(1, len));
    }
    messages.push(bytes(0xc0, 120));
    messages.iter().map(|m| ip4(17).carry(&udp4(&ip4(17), 4500, 40_000, m))).collect()
}

fn overlays() -> Vec<Vec<u8>> {
    let frame = eth(0x0800, &tcp(ACK, 1, 2).payload(b"inside").over4(&ip4(6)));
    let mut messages = Vec::new();
    for flags in [0u8, 8, 0xff] {
        let head = cat(&[&[flags, 0, 0, 7, 0, 1, 2, 0], &frame]);
        for len in [0, 1, 7, 8, 9, 20, 22, head.len()] {
            messages.push(head[..len].to_vec());
        }
    }
    messages.iter().map(|m| ip6(17).carry(&udp6(&ip6(17), 8472, 40_000, m))).collect()
}

fn datagrams() -> Vec<Vec<u8>> {
    let mut options = cat(&[&[0, 1, 2, 3, 31]]);
    for kind in (32..50u8).chain([127, 128, 200, 255]) {
        for len in [2u8, 3, 4, 6, 8, 10] {
            options.extend(cat(&[&[kind, len], &bytes(kind & 3, usize::from(len) - 2)]));
        }
    }
    let mut packets = Vec::new();
    let mut add = |words: u8, coverage: u8, last: u8, rest: &[u8]| {
        let head = [0x9c, 0x40, 0x13, 0x88, words, 0x50 | coverage, 0, 0, last, 0xaa, 0, 7];
        let body = cat(&[&head, rest]);
        let covered = match coverage {
            0 => body.len(),
            n => (4 * (usize::from(words) + usize::from(n) - 1)).min(body.len()),
        };
        if packets.len() % 2 == 0 {
            let pseudo = cat(&[&ip4(33).src.octets(), &ip4(33).dst.octets(), &[0, 33]]);
            let sum = checksum(&[&pseudo, &(body.len() as u16).to_be_bytes(), &body[..covered]]);
            packets.push(ip4(33).carry(&cat(&[&body[..6], &sum.to_be_bytes(), &body[8..]])));
        } else {
            packets.push(ip6(33).carry(&body));
        }
    };
    for last in 0..32u8 {
        for len in [0usize, 3, 4, 8, 11, 12, 16, 20, 40] {
            add(3, 0, last, &bytes(last, len));
            add(8, 1, last, &bytes(last, len));
        }
        for code in [0u8, 5, 11, 12, 255] {
            add(7, 2, last, &cat(&[&bytes(0, 8), &[code], &bytes(0, 30)]));
        }
    }
    for part in options.chunks(40) {
        add(3 + 10, 1, 2 << 1, part);
    }
    for kind in [2u8, 32, 36, 41, 42, 43, 44, 128, 130] {
        for len in [0u8, 1, 2, 5, 9, 30] {
            add(6, 0, 2 << 1, &cat(&[&[0, kind, len], &bytes(0, 9)]));
        }
    }
    for words in [0u8, 1, 2, 20, 255] {
        for coverage in [0u8, 1, 15] {
            if usize::from(words) + usize::from(coverage) > 0 {
                add(words, coverage, 4, b"payload");
            }
        }
    }
    packets.extend([ip4(33).carry(&[]), ip4(33).carry(&bytes(1, 11)), ip4(33).carry(&bytes(1, 13))]);
    packets
}

/// Link aggregation, markers and maintenance: elements of every type and likely length.
fn aggregations() -> Vec<Vec<u8>> {
    let element = |kind: u8, len: u8| cat(&[&[kind, len], &bytes(kind ^ len, usize::from(len.max(2)) - 2)]);
    let mut bodies = Vec::new();
    for head in [&[1u8, 1][..], &[2, 1], &[3, 0, 0x55, 0], &[3, 0, 0x2a, 1, 0, 9]] {
        for kind in (0..6u8).chain([0xfe]) {
            for len in [0u8, 1, 2, 3, 14, 15, 16, 20, 40, 41] {
                let first = element(kind, len);
                bodies.push(cat(&[head, &first, &element(1, 20), &element(2, 16), &[0, 0], &bytes(0, 9)]));
                bodies.push(cat(&[head, &first[..first.len() - 1]]));
            }
        }
        bodies.push(cat(&[head, &element(1, 20), &[2]]));
        bodies.push(head.to_vec());
    }
    for code in (0..8u8).chain([0xfe, 0xff]) {
        for len in [0usize, 1, 2, 5] {
            bodies.push(cat(&[&[3, 0xff, 0xff, code], &bytes(code, len)]));
            bodies.push(cat(&[&[code, 1], &bytes(code, len)]));
            bodies.push(cat(&[&[code, 2], &bytes(code, len)]));
        }
    }
    bodies.extend([vec![], vec![1], vec![2], vec![3], vec![3, 0, 0], vec![9]]);
    bodies.iter().map(|body| eth(0x8809, body)).collect()
}

/// An element of LLDP; `lie` is added to its length.
fn described(kind: u16, value: &[u8], lie: i16) -> Vec<u8> {
    let len = (value.len() as i16 + lie) as u16 & 0x1ff;
    cat(&[&(kind << 9 | len).to_be_bytes(), value])
}

/// Values of the elements that organisations define.
fn organised() -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    for organisation in
        [[0u8, 0x80, 0xc2], [0, 0x12, 0x0f], [0, 0, 0x5e], [0, 0x12, 0xbb], [0, 0x1b, 0x21], [9, 9, 9]]
    {
        for subtype in 0..16u8 {
            for len in [0usize, 1, 2, 3, 4, 5, 8, 21, 26] {
                values.push(cat(&[&organisation, &[subtype], &bytes(subtype.wrapping_mul(37), len)]));
            }
            values.push(cat(&[&organisation, &[subtype], b"\0\x05\x03abc!"]));
            values.push(cat(&[&organisation, &[subtype], &[0xff; 22]]));
        }
        values.push(organisation.to_vec());
    }
    let endpoint = |rest: &[u8]| cat(&[&[0, 0x12, 0xbb, 3], rest]);
    for what in 0..4u8 {
        values.push(endpoint(&cat(&[&[2, 14, what], b"DE\x01\x03abc\x06\x04road"])));
        values.push(endpoint(&cat(&[&[2, 15, what], b"DE\x07\x03abc\x00\x04roads"])));
        values.push(endpoint(&[2, what, 1, b'D', b'E', 1, 9, 2]));
        values.push(endpoint(&cat(&[&[1, 0x4b], &bytes(what << 4, 15)])));
        values.push(endpoint(&cat(&[&[3 + what], b"112\0\x1b"])));
    }
    for power in 0..=255u8 {
        values.push(vec![0, 0x12, 0xbb, 4, power, power >> 5, power]);
    }
    for medium in 0..43u8 {
        values.push(vec![0, 0x12, 0x0f, 1, medium & 7, medium << 3, medium, 0, medium]);
    }
    let feature = |kind: u8, len: usize| described(kind.into(), &bytes(kind << 5, len), 0);
    for kind in 0..7u8 {
        for len in [0usize, 3, 4, 5, 6, 9, 10, 16, 17, 30] {
            let inside = cat(&[&feature(kind, len), &feature(4, 10), &[0, 0, 1]]);
            values.push(cat(&[&[0, 0x1b, 0x21, 2], &inside]));
            values.push(cat(&[&[0, 0x1b, 0x21, 2], &feature(4, 16), &inside[..inside.len().min(9)]]));
        }
    }
    values
}

fn descriptions() -> Vec<Vec<u8>> {
    let name = described(5, b"switch", 0);
    let mut frames = Vec::new();
    let mut add = |parts: &[&[u8]]| frames.push(eth(0x88cc, &cat(parts)));
    for kind in [1u16, 2] {
        for subtype in 0..10u8 {
            for len in [0usize, 1, 4, 5, 6, 7, 17, 30] {
                add(&[&described(kind, &cat(&[&[subtype], &bytes(1, len)]), 0), &name]);
            }
        }
        add(&[&described(kind, &[], 0), &name]);
    }
    for family in (0..30u8).chain([196, 255]) {
        let address = cat(&[&[5, family], &bytes(1, 16)]);
        add(&[&described(1, &address, 0), &name]);
        for (len, oid) in
            [(5usize, &b""[..]), (6, b"\0"), (7, b"\x02\x2b\x06"), (17, b"\x09\x01"), (200, b"")]
        {
            let head =
                cat(&[&[len as u8, family], &bytes(1, len.min(20) - 1), &[family & 3, 0, 0, 1, 2], oid]);
            add(&[&described(8, &head, 0), &name]);
            add(&[&described(8, &head[..head.len().min(8)], 0), &name]);
        }
    }
    for kind in 0..12u16 {
        for len in [0usize, 1, 2, 3, 4, 9, 300] {
            add(&[&described(kind, &bytes(b'A', len), 0), &name]);
        }
        for lie in [-1, 1, 80] {
            add(&[&described(kind, b"\0\x80text\x1b\0more", lie), &name]);
        }
    }
    for value in organised() {
        add(&[&described(127, &value, 0), &name, &[0, 0]]);
    }
    add(&[]);
    add(&[&[2]]);
    frames
}

pub(crate) fn captures() -> Vec<Capture> {
    let every = |packets: &[Vec<u8>], step: usize| packets.iter().step_by(step).cloned().collect::<Vec<_>>();
    let of = |packets: &[Vec<u8>], nibble: u8| {
        packets.iter().filter(|p| p[0] >> 4 == nibble).cloned().collect::<Vec<_>>()
    };
    let (neighbours, protected, datagrams) = (neighbours(), protected(), datagrams());
    vec![
        Capture::cut("switch-aggregations-cut", EN10MB, every(&aggregations(), 19)),
        Capture::new("switch-aggregations", EN10MB, aggregations()),
        Capture::cut("switch-descriptions-cut", EN10MB, every(&descriptions(), 83)),
        Capture::new("switch-descriptions", EN10MB, descriptions()),
        Capture::cut("switch-neighbours-cut", EN10MB, every(&neighbours, 37)),
        Capture::new("switch-neighbours", EN10MB, neighbours),
        Capture::cut("switch-protected-cut", EN10MB, every(&protected, 41)),
        Capture::new("switch-protected", EN10MB, protected),
        Capture::cut("switch-translators-cut", IPV4, every(&through_translators(), 5)),
        Capture::new("switch-translators", IPV4, through_translators()),
        Capture::cut("switch-overlays-cut", IPV6, every(&overlays(), 7)),
        Capture::new("switch-overlays", IPV6, overlays()),
        Capture::cut("switch-datagrams-cut", IPV4, every(&of(&datagrams, 4), 23)),
        Capture::new("switch-datagrams", IPV4, of(&datagrams, 4)),
        Capture::new("switch-datagrams-six", IPV6, of(&datagrams, 6)),
    ]
}
