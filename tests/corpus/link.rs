//! Link layers: the same packets in each, tags, LLC, and headers that say something else.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6, LOOP, NFLOG, NULL, RAW, SLL, SLL2};

fn sll(kind: u16, hatype: u16, halen: u16, protocol: u16, payload: &[u8]) -> Vec<u8> {
    cat(&[
        &kind.to_be_bytes(),
        &hatype.to_be_bytes(),
        &halen.to_be_bytes(),
        &MAC_A,
        &[0xbe, 0xef],
        &protocol.to_be_bytes(),
        payload,
    ])
}

fn sll2(kind: u8, hatype: u16, halen: u8, index: u32, protocol: u16, payload: &[u8]) -> Vec<u8> {
    cat(&[
        &protocol.to_be_bytes(),
        &[0, 0],
        &index.to_be_bytes(),
        &hatype.to_be_bytes(),
        &[kind, halen],
        &MAC_A,
        &[0, 0],
        payload,
    ])
}

fn ethertype(packet: &[u8]) -> u16 {
    if packet.first().is_some_and(|b| b >> 4 == 6) { 0x86dd } else { 0x0800 }
}

fn is_six(packet: &[u8]) -> bool {
    ethertype(packet) == 0x86dd
}

fn in_family(packet: &[u8], bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
    cat(&[&bytes(if is_six(packet) { 30 } else { 2 }), packet])
}

fn tags() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for packet in assorted() {
        let kind = ethertype(&packet);
        frames.push(eth(0x8100, &tag(5, kind, &packet)));
    }
    let packet = tcp(PSH | ACK, 1, 2).payload(b"tagged").over4(&ip4(6));
    for outer in [0x8100u16, 0x88a8, 0x9100, 0x9200] {
        for tci in [0u16, 1, 0x0fff, 0x1000, 0xe064, 0xf3ff] {
            frames.push(eth(outer, &tag(tci, 0x0800, &packet)));
            for inner in [0x8100u16, 0x88a8, 0x9100, 0x9200] {
                frames.push(eth(outer, &tag(tci, inner, &tag(7, 0x0800, &packet))));
            }
            frames.push(eth(outer, &tag(tci, 0x9999, b"what is this")));
            frames.push(eth(outer, &tag(tci, 0x0806, &super::cold::arp(1))));
            frames.push(eth(outer, &tag(tci, 12, &[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0, 1, 2, 3, 4])));
        }
    }
    frames.push(eth(0x8100, &tag(1, 0x8100, &tag(2, 0x8100, &tag(3, 0x8100, &tag(4, 0x0800, &packet))))));
    frames
}

fn unknown() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for kind in
        [0x0601u16, 0x9999, 0xffff, 0x05dd, 0x0700, 0x6001, 0x6002, 0x6004, 0x6007, 0x88b5, 0x893a, 0x1234]
    {
        for payload in [0usize, 1, 2, 15, 16, 17, 40] {
            frames.push(eth(kind, &bytes(b'A' - 9, payload)));
        }
    }
    frames
}

/// A frame of each link layer, for cutting.
fn frames_of(link: u32) -> Vec<Vec<u8>> {
    let packets = [0usize, 3, 7, 8].map(|n| assorted()[n].clone());
    packets
        .iter()
        .map(|p| match link {
            EN10MB => eth(0x8100, &tag(0x2005, ethertype(p), p)),
            NULL => in_family(p, u32::to_le_bytes),
            LOOP => in_family(p, u32::to_be_bytes),
            SLL => sll(4, 1, 6, ethertype(p), p),
            SLL2 => sll2(0, 1, 6, 7_000_001, ethertype(p), p),
            _ => p.clone(),
        })
        .collect()
}

pub(crate) fn captures() -> Vec<Capture> {
    let packets = assorted();
    let mut list = vec![
        Capture::new("link-ethernet", EN10MB, packets.iter().map(|p| eth(ethertype(p), p)).collect()),
        Capture::new(
            "link-ethernet-padded",
            EN10MB,
            packets.iter().map(|p| eth(ethertype(p), &cat(&[p, &[0xcc; 11]]))).collect(),
        ),
        Capture::new(
            "link-ethernet-wrong-type",
            EN10MB,
            packets.iter().map(|p| eth(ethertype(p) ^ (0x0800 ^ 0x86dd), p)).collect(),
        ),
        Capture::new("link-tags", EN10MB, tags()),
        Capture::new("link-unknown-type", EN10MB, unknown()),
        Capture::new("link-raw", RAW, packets.clone()),
        Capture::new("link-ipv4", IPV4, packets.clone()),
        Capture::new("link-ipv6", IPV6, packets.clone()),
        Capture::new("link-raw-nibbles", RAW, (0..=255u8).map(|n| cat(&[&[n], &bytes(9, 60)])).collect()),
        Capture::new("link-null", NULL, packets.iter().map(|p| in_family(p, u32::to_le_bytes)).collect()),
        Capture::new(
            "link-null-other-order",
            NULL,
            packets.iter().map(|p| in_family(p, u32::to_be_bytes)).collect(),
        ),
        Capture::new("link-loop", LOOP, packets.iter().map(|p| in_family(p, u32::to_be_bytes)).collect()),
        Capture::new(
            "link-loop-other-order",
            LOOP,
            packets.iter().map(|p| in_family(p, u32::to_le_bytes)).collect(),
        ),
    ];
    let mut families = Vec::new();
    for family in (0..40u32).chain([0xffff, 0x0001_0000, 0x0200_0000, 0x1e00_0000, 0x1234_5678, u32::MAX]) {
        // OSI, AppleTalk and IPX have dissectors that are not ours.
        if !matches!(family, 7 | 16 | 23) {
            families.push(cat(&[&family.to_le_bytes(), &packets[0]]));
            families.push(cat(&[&family.to_le_bytes(), &packets[5]]));
        }
    }
    list.push(Capture::new("link-null-families", NULL, families.clone()));
    list.push(Capture::new("link-loop-families", LOOP, families));

    let mut cooked = Vec::new();
    let mut cooked2 = Vec::new();
    for (n, p) in packets.iter().enumerate() {
        let kind = n as u16 % 6;
        cooked.push(sll(kind, 1, 6, ethertype(p), p));
        cooked2.push(sll2(kind as u8, 1, 6, 7_000_000 + n as u32, ethertype(p), p));
    }
    for kind in [0u16, 1, 2, 3, 4, 5, 6, 7, 255] {
        for halen in [0u16, 4, 5, 6, 7, 8, 20] {
            let p = &packets[n_mod(kind, packets.len())];
            cooked.push(sll(kind, 1, halen, ethertype(p), p));
            cooked2.push(sll2(kind as u8, 1, halen as u8, 0, ethertype(p), p));
        }
    }
    for protocol in [0x9999u16, 0x0806, 0x8100, 0x0003, 0x0004, 0x000c, 0x0005, 0x88b5, 0x6007] {
        for hatype in [1u16, 772, 778, 512, 65535] {
            let payload: &[u8] = if protocol == 0x0806 { &super::cold::arp(2) } else { &packets[3] };
            cooked.push(sll(0, hatype, 6, protocol, payload));
            cooked2.push(sll2(4, hatype, 6, 0, protocol, payload));
        }
    }
    for kind in [0x8100u16, 0x88a8, 0x9100, 0x9200] {
        for tci in [0u16, 0x2064, 0xf3ff] {
            cooked.push(sll(4, 1, 6, kind, &tag(tci, 0x0800, &packets[0])));
            cooked2.push(sll2(4, 1, 6, 0, kind, &tag(tci, 0x0800, &packets[0])));
            cooked.push(sll(4, 1, 6, kind, &tag(tci, 0x8100, &tag(9, 0x86dd, &packets[5]))));
            cooked2.push(sll2(4, 1, 6, 0, kind, &tag(tci, 0x8100, &tag(9, 0x86dd, &packets[5]))));
            cooked.push(sll(4, 1, 6, kind, &tag(tci, 0x9999, b"?")));
            cooked2.push(sll2(4, 1, 6, 0, kind, &tag(tci, 0x9999, b"?")));
        }
    }
    list.push(Capture::new("link-cooked", SLL, cooked));
    list.push(Capture::new("link-cooked-two", SLL2, cooked2));
    list.push(Capture::new("link-nflog", NFLOG, logged(u16::to_le_bytes)));
    let foreign = Capture::new("link-nflog-foreign", NFLOG, logged(u16::to_be_bytes));
    list.push(Capture { big_endian: true, ..foreign });
    list.push(Capture::cut("link-nflog-cut", NFLOG, logged(u16::to_le_bytes)[..3].to_vec()));
    for (name, link) in [
        ("link-ethernet-cut", EN10MB),
        ("link-null-cut", NULL),
        ("link-loop-cut", LOOP),
        ("link-cooked-cut", SLL),
        ("link-cooked-two-cut", SLL2),
        ("link-ipv4-cut", IPV4),
        ("link-ipv6-cut", IPV6),
    ] {
        list.push(Capture::cut(name, link, frames_of(link)));
    }
    list
}

/// An attribute of a message of netfilter's log, whose numbers are in the order that `number` gives.
fn attribute(number: fn(u16) -> [u8; 2], kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = cat(&[&number(4 + value.len() as u16), &number(kind), value]);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// What netfilter logs: families, versions, attributes of every length, with and without a packet.
fn logged(number: fn(u16) -> [u8; 2]) -> Vec<Vec<u8>> {
    let before = [attribute(number, 1, &[8, 0, 1, 0]), attribute(number, 10, b"dropped \0")].concat();
    let message = |family: u8, version: u8, group: u16, rest: &[u8]| {
        cat(&[&[family, version], &group.to_be_bytes(), rest])
    };
    let mut messages = Vec::new();
    for packet in assorted() {
        let family = if is_six(&packet) { 10 } else { 2 };
        messages.push(message(family, 0, 5, &[&before[..], &attribute(number, 9, &packet)].concat()));
    }
    let packet = &assorted()[0];
    let payload = attribute(number, 9, packet);
    for family in [0u8, 1, 2, 3, 5, 7, 10, 12, 17, 255] {
        messages.push(message(family, 0, 0, &[&before[..], &payload].concat()));
        messages.push(message(family, 0, 65535, &payload));
        messages.push(message(family, 0, 256, &before));
        messages.push(message(family, 1, 256, &payload));
        messages.push(message(family, 0, 1, b""));
    }
    for length in 0..12u16 {
        let odd = cat(&[&number(length), &number(3), b"four", &payload]);
        messages.push(message(2, 0, 5, &odd));
        messages.push(message(2, 0, 5, &odd[..4 + usize::from(length % 5)]));
    }
    for length in [100u16, 0xfffc, 0xfffd, 0xffff] {
        messages.push(message(2, 0, 5, &cat(&[&number(length), &number(9), packet])));
        messages.push(message(2, 0, 5, &cat(&[&number(length), &number(3), packet])));
    }
    messages.push(message(2, 0, 5, &[&payload[..], &attribute(number, 4, b"last")].concat()));
    messages
}

fn n_mod(n: u16, len: usize) -> usize {
    usize::from(n) % len
}
