//! What routers and switches say to those next to them: DVMRP, RIPng, DTP, UDLD.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6};

/// Type, length, value; `lie` is added to the length.
fn element(kind: u16, value: &[u8], lie: i16) -> Vec<u8> {
    let len = (value.len() as i16 + 4).wrapping_add(lie) as u16;
    cat(&[&kind.to_be_bytes(), &len.to_be_bytes(), value])
}

/// After Cisco's organisation code.
fn snap(protocol: u16, body: &[u8]) -> Vec<u8> {
    ether_llc(&cat(&[&[0xaa, 0xaa, 3, 0, 0, 0x0c], &protocol.to_be_bytes(), body]))
}

/// Elements of every kind with every length, after `header`.
fn elements(protocol: u16, header: &[u8], whole: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut bodies = vec![cat(&[header, &whole.concat()]), header.to_vec(), Vec::new()];
    bodies.extend((0..header.len()).map(|len| header[..len].to_vec()));
    for kind in (0..10u16).chain([0x100, 0xffff]) {
        for value in [&b""[..], b"\x05", b"ab", b"a\0b\x1b\xff", b"\0\0\0\x09", b"sixsix", b"sevenly"] {
            bodies.push(cat(&[header, &element(kind, value, 0), &whole[0]]));
        }
        for lie in [-4, -1, 1, 5, 100] {
            bodies.push(cat(&[header, &whole[0], &element(kind, b"abc", lie)]));
        }
    }
    for rest in 1..4 {
        bodies.push(cat(&[header, &whole[0], &bytes(0, rest)]));
    }
    bodies.iter().map(|body| snap(protocol, body)).collect()
}

fn trunking() -> Vec<Vec<u8>> {
    let whole =
        [element(1, b"domain\0\0", 0), element(2, &[4], 0), element(3, &[0xa5], 0), element(4, &MAC_A, 0)];
    let mut frames = elements(0x2004, &[1], &whole);
    frames.extend([0, 2, 255].map(|version| snap(0x2004, &cat(&[&[version], &whole.concat()]))));
    frames
}

fn detection() -> Vec<Vec<u8>> {
    let echo = [&[0, 0, 0, 1, 0, 3][..], b"abc", &[0, 2], b"xy"].concat();
    let whole = [
        element(1, b"FOC12", 0),
        element(2, b"Fa0/1", 0),
        element(3, &echo, 0),
        element(4, &[7], 0),
        element(5, &[5], 0),
        element(6, b"sw1", 0),
        element(7, &[0, 0, 0, 9], 0),
    ];
    let mut frames = elements(0x0111, &[0x21, 0, 0x12, 0x34], &whole);
    for first in 0..=255u8 {
        frames.push(snap(0x0111, &[first, first.wrapping_mul(37), 0, 0]));
    }
    frames
}

fn route(prefix: u8, tag: u16, length: u8, metric: u8) -> Vec<u8> {
    let mut address = [0; 16];
    address[..2].copy_from_slice(&[prefix, prefix / 2]);
    cat(&[&address, &tag.to_be_bytes(), &[length, metric]])
}

fn routes() -> Vec<Vec<u8>> {
    let all = route(0, 0, 0, 16);
    let mut messages = vec![b"\x02".to_vec(), b"\x02\x01\x00".to_vec(), b"\x02\x07\x00".to_vec()];
    for command in [0u8, 1, 2, 3, 200] {
        for version in [0u8, 1, 2] {
            let header = [command, version, 0, 0];
            for body in [
                Vec::new(),
                all.clone(),
                cat(&[&all, &all]),
                cat(&[&all, b"xy"]),
                route(0, 0, 0, 1),
                route(0, 7, 5, 16),
                route(0x20, 0, 32, 16),
                cat(&[&route(0x20, 0, 32, 0), &route(0x20, 9, 64, 1), &route(0x20, 65535, 255, 255)]),
                route(0x20, 1, 128, 2)[..19].to_vec(),
                b"abc".to_vec(),
            ] {
                messages.push(cat(&[&header, &body]));
            }
        }
    }
    messages.iter().map(|message| ip6(17).carry(&udp6(&ip6(17), 521, 521, message))).collect()
}

/// A message of IGMP's that DVMRP is, whose checksum is right.
fn multicast(code: u8, body: &[u8]) -> Vec<u8> {
    ip4(2).carry(&self_summed(2, &cat(&[&[0x13, code, 0, 0], body])))
}

fn distance_vectors() -> Vec<Vec<u8>> {
    let (a, b, c) = ([10, 0, 0, 1], [192, 0, 2, 7], [224, 1, 1, 1]);
    let header = [0, 0x0e, 0xff, 3];
    let neighbour = |count: u8| cat(&[&a, &[1, 2, count]]);
    let newer = |flags: u8, count: u8| cat(&[&a, &[1, 2, flags, count]]);
    let mut bodies: Vec<Vec<u8>> = (0..14).map(|len| bytes(3, len)).collect();
    bodies.extend([
        cat(&[&a, &b, &c]),
        cat(&[
            &[0xff, 0xff, 0],
            &[10, 1, 2, 0x21],
            &[10, 1, 3, 0xa1],
            &[0xff, 0xff, 0xff],
            &[10, 1, 2, 3, 0x85],
        ]),
        cat(&[&[0, 0, 0], &[0, 0x85], &[0xff, 0, 0], &[10, 9, 0x7f], &[11, 9, 0xff]]),
        cat(&[&[0xff, 0, 0xff], &[10, 9, 1, 2, 0x81], &[0xff]]),
        cat(&[&neighbour(2), &b, &c, &neighbour(0), &neighbour(1), &a]),
        cat(&[&neighbour(3), &b]),
        cat(&[&neighbour(1), &b[..3]]),
        cat(&[&newer(0, 2), &[0; 4], &b, &newer(3, 1), &c]),
        cat(&[&newer(0xff, 5), &b]),
        cat(&[&newer(0, 1), &b[..2]]),
    ]);
    bodies.extend([1u8, 2, 4, 8, 16, 32, 64, 128].map(|flag| cat(&[&newer(flag, 1), &b])));
    bodies.extend([0u32, 1, 59, 60, 3600, 86_400, u32::MAX].map(|time| cat(&[&a, &c, &time.to_be_bytes()])));
    let mut packets = Vec::new();
    for code in (0..12).chain([255]) {
        for body in &bodies {
            packets.push(multicast(code, &cat(&[&header, body])));
        }
    }
    for len in 0..4 {
        packets.push(multicast(1, &header[..len]));
    }
    packets.push(multicast(6, &cat(&[&[0, 0xff, 4, 12], &newer(0, 1), &b])));
    packets
}

/// One packet in so many, and the first.
fn some(packets: &[Vec<u8>], step: usize) -> Vec<Vec<u8>> {
    packets.iter().step_by(step).cloned().collect()
}

pub(crate) fn captures() -> Vec<Capture> {
    let (trunking, detection) = (trunking(), detection());
    let (routes, vectors) = (routes(), distance_vectors());
    vec![
        Capture::cut("neighbour-dtp-cut", EN10MB, some(&trunking, 29)),
        Capture::new("neighbour-dtp", EN10MB, trunking),
        Capture::cut("neighbour-udld-cut", EN10MB, some(&detection, 61)),
        Capture::new("neighbour-udld", EN10MB, detection),
        Capture::cut("neighbour-ripng-cut", IPV6, some(&routes, 11)),
        Capture::new("neighbour-ripng", IPV6, routes),
        Capture::cut("neighbour-dvmrp-cut", IPV4, some(&vectors, 23)),
        Capture::new("neighbour-dvmrp", IPV4, vectors),
    ]
}
