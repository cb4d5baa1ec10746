//! DNS over UDP and TCP, and mDNS: questions and answers of every type, names that make
//! no sense, counts and lengths that lie.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6};

const NAME: &[u8] = b"\x03www\x07example\x03com\0";
/// A pointer to the name of the question.
const POINTER: &[u8] = &[0xc0, 12];

fn header(id: u16, flags: u16, counts: [u16; 4]) -> Vec<u8> {
    let mut out = [id.to_be_bytes(), flags.to_be_bytes()].concat();
    out.extend(counts.iter().flat_map(|n| n.to_be_bytes()));
    out
}

fn question(name: &[u8], kind: u16, class: u16) -> Vec<u8> {
    cat(&[name, &kind.to_be_bytes(), &class.to_be_bytes()])
}

fn record(name: &[u8], kind: u16, class: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let len = (data.len() as u16).to_be_bytes();
    cat(&[name, &kind.to_be_bytes(), &class.to_be_bytes(), &ttl.to_be_bytes(), &len, data])
}

fn questions() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for kind in (0..=70u16).chain([99, 100, 101, 102, 249, 250, 251, 252, 253, 254, 255, 256, 32768, 65535]) {
        for class in [1u16, 3, 255, 0x8001] {
            list.push(cat(&[&header(kind, 0x0100, [1, 0, 0, 0]), &question(NAME, kind, class)]));
        }
    }
    for flags in (0..16u16)
        .map(|bit| 1 << bit)
        .chain((0..16).map(|code| code << 11))
        .chain((0..16).map(|code| 0x8000 | code))
    {
        list.push(cat(&[&header(7, flags, [1, 0, 0, 0]), &question(NAME, 1, 1)]));
        list.push(cat(&[
            &header(7, flags | 0x8000, [1, 1, 0, 0]),
            &question(NAME, 1, 1),
            &record(POINTER, 1, 1, 60, &[1, 2, 3, 4]),
        ]));
    }
    for counts in
        [[0u16, 0, 0, 0], [2, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 2, 3], [9, 9, 9, 9]]
    {
        for flags in [0x0100u16, 0x8180, 0x2800] {
            list.push(cat(&[
                &header(1, flags, counts),
                &question(NAME, 28, 1),
                &record(POINTER, 1, 1, 5, &[9, 9, 9, 9]),
            ]));
        }
    }
    list
}

fn answers() -> Vec<Vec<u8>> {
    let name = cat(&[b"\x04mail", POINTER]);
    let soa = cat(&[POINTER, &name, &bytes(1, 20)]);
    let signature = cat(&[&[0, 1, 8, 2], &bytes(1, 14), NAME, &bytes(0, 16)]);
    let data: Vec<(u16, Vec<u8>)> = vec![
        (1, vec![192, 0, 2, 1]),
        (1, vec![192, 0, 2]),
        (28, ip6(0).src.octets().to_vec()),
        (28, vec![1, 2]),
        (38, cat(&[&[64], &bytes(1, 8), NAME])),
        (38, cat(&[&[0], NAME])),
        (38, cat(&[&[128], NAME])),
        (38, vec![129, 0]),
        (2, name.clone()),
        (5, name.clone()),
        (12, name.clone()),
        (39, name.clone()),
        (15, cat(&[&[0, 10], &name])),
        (15, vec![0]),
        (33, cat(&[&[0, 1, 0, 2, 0x14, 0x66], &name])),
        (6, soa.clone()),
        (6, soa[..8].to_vec()),
        (16, b"\x05hello\x05world".to_vec()),
        (16, b"\x09short".to_vec()),
        (16, b"\x03a\x01\xff".to_vec()),
        (13, b"\x03cpu\x02os".to_vec()),
        (35, cat(&[&bytes(0, 4), b"\x01s\x03E2U\0", NAME])),
        (41, vec![]),
        (41, vec![0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2]),
        (41, vec![0, 3, 0, 4, b'n', b's', b'i', b'd', 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]),
        (41, vec![0, 10, 0, 20, 1]),
        (41, vec![0, 12, 0, 4, 0, 0, 0, 0, 0, 15, 0, 2, 0, 6, 0, 11, 0, 0]),
        (43, bytes(0, 24)),
        (46, signature),
        (48, bytes(0, 20)),
        (52, bytes(3, 35)),
        (64, cat(&[&[0, 1, 0], &[0, 1, 0, 3, 2, b'h', b'2']])),
        (250, cat(&[b"\x04hmac\0", &bytes(0, 10), &[0, 4, 1, 2, 3, 4], &[0, 7, 0, 0, 0, 0]])),
        (10, bytes(0, 9)),
        (65, bytes(0, 9)),
        (999, bytes(0, 9)),
    ];
    let mut list = Vec::new();
    for (kind, data) in &data {
        let answer = |class: u16, ttl: u32| record(POINTER, *kind, class, ttl, data);
        for (class, ttl) in
            [(1u16, 0u32), (1, 300), (3, 86_400), (0x8001, 0x8000_8000), (4096, 0x0000_8000), (255, 0)]
        {
            let head = header(9, 0x8180, [1, 1, 0, 0]);
            list.push(cat(&[&head, &question(NAME, *kind, 1), &answer(class, ttl)]));
        }
        let head = header(9, 0x8580, [1, 2, 1, 1]);
        let (a, b) = (answer(1, 60), record(&[0], 41, 1232, 0x8000, &[]));
        list.push(cat(&[&head, &question(NAME, *kind, 1), &a, &a, &a, &b]));
        list.push(cat(&[&header(9, 0x0120, [1, 0, 0, 1]), &question(NAME, *kind, 1), &answer(1232, 0x8000)]));
        list.push(cat(&[&header(9, 0xa800, [1, 1, 1, 1]), &question(NAME, 6, 1), &a, &answer(254, 0), &a]));
    }
    list
}

fn names() -> Vec<Vec<u8>> {
    let long: Vec<u8> = (0..6).flat_map(|_| cat(&[&[63], &[b'a'; 63]])).chain([0]).collect();
    let list: Vec<Vec<u8>> = vec![
        vec![0],
        b"\x01a\0".to_vec(),
        long,
        POINTER.to_vec(),
        vec![0xc0, 0],
        vec![0xc0, 11],
        vec![0xff, 0xff],
        vec![0xc0],
        b"\x03www\xc0\x0c".to_vec(),
        b"\x03w\xffw\0".to_vec(),
        b"\x03a.b\0".to_vec(),
        b"\x41\x08\xf0\0".to_vec(),
        b"\x41\0\xf0\0".to_vec(),
        b"\x41\x05\xf8\0".to_vec(),
        b"\x42x\0".to_vec(),
        b"\x80x\0".to_vec(),
        b"\x3fshort".to_vec(),
        b"\x04_tcp\x05local\0".to_vec(),
    ];
    let mut messages = Vec::new();
    for name in &list {
        messages.push(cat(&[&header(3, 0x0100, [1, 0, 0, 0]), &question(name, 1, 1)]));
        let answer = record(name, 5, 1, 60, name);
        messages.push(cat(&[&header(3, 0x8180, [1, 1, 0, 0]), &question(NAME, 1, 1), &answer]));
    }
    messages
}

fn messages() -> Vec<Vec<u8>> {
    let mut all = questions();
    all.extend(answers());
    all.extend(names());
    all.push(vec![]);
    all.push(bytes(0, 11));
    all
}

fn over_udp(messages: &[Vec<u8>], port: u16) -> Vec<Vec<u8>> {
    let packet = |(n, m): (usize, &Vec<u8>)| {
        let (from, to) = if n % 2 == 0 { (40_000, port) } else { (port, 40_000) };
        ip4(17).carry(&udp4(&ip4(17), from, to, m))
    };
    messages.iter().enumerate().map(packet).collect()
}

fn over_tcp(messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for (n, m) in messages.iter().enumerate() {
        let len = m.len() as u16;
        let said = [len, len, len, len + 1, len.saturating_sub(3), 0][n % 6];
        let mut payload = cat(&[&said.to_be_bytes(), m]);
        if n % 5 == 0 {
            payload.extend(cat(&[&len.to_be_bytes(), m]));
        }
        frames.push(tcp(PSH | ACK, 1, 1).ports(40_000, 53).payload(&payload).frame());
    }
    for short in [&[0u8][..], &[0, 12], &[0, 0], &[0, 4, 1, 2, 3, 4]] {
        frames.push(tcp(PSH | ACK, 1, 1).ports(40_000, 53).payload(short).frame());
    }
    frames
}

pub(crate) fn captures() -> Vec<Capture> {
    let all = messages();
    let some: Vec<_> = all.iter().step_by(17).cloned().collect();
    let six = all.iter().step_by(7).map(|m| ip6(17).carry(&udp6(&ip6(17), 40_000, 53, m))).collect();
    vec![
        Capture::new("dns", IPV4, over_udp(&all, 53)),
        Capture::new("dns-multicast", IPV4, over_udp(&all, 5353)),
        Capture::new("dns-six", IPV6, six),
        Capture::new("dns-over-tcp", EN10MB, over_tcp(&all)),
        Capture::cut("dns-cut", IPV4, over_udp(&some, 53)),
        Capture::cut("dns-over-tcp-cut", EN10MB, over_tcp(&all).into_iter().step_by(61).collect()),
    ]
}
