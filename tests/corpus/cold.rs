//! What is not TCP: ARP, LLC, and the protocols that ride on IP beside it.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6, RAW};

/// IP protocols whose dissectors are out of scope.
pub(crate) const FOREIGN_PROTOCOLS: [u8; 8] = [8, 9, 46, 55, 88, 89, 103, 113];

/// An ARP packet as Ethernet and IPv4 use it.
pub(crate) fn arp(op: u16) -> Vec<u8> {
    arp_of(1, 0x0800, 6, 4, op, &[MAC_B, MAC_A])
}

fn arp_of(hw: u16, proto: u16, hlen: u8, plen: u8, op: u16, macs: &[[u8; 6]; 2]) -> Vec<u8> {
    let hardware = |n: usize| {
        let mut mac = macs[n].to_vec();
        mac.resize(usize::from(hlen), 0x5a);
        mac
    };
    let address = |n: u8| {
        let mut addr = vec![192, 0, 2, n];
        addr.resize(usize::from(plen), n);
        addr
    };
    cat(&[
        &hw.to_be_bytes(),
        &proto.to_be_bytes(),
        &[hlen, plen],
        &op.to_be_bytes(),
        &hardware(0),
        &address(1),
        &hardware(1),
        &address(2),
    ])
}

fn arps() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for op in (0..=12u16).chain([255, 0xf00d]) {
        frames.push(arp(op));
        frames.push(cat(&[&arp(op), &[0; 18]]));
        frames.push(arp_of(1, 0x0800, 6, 4, op, &[MAC_B, [0; 6]]));
        for hw in [0u16, 1, 6, 7, 15, 16, 19, 23, 24, 32, 33, 0xf00d] {
            frames.push(arp_of(hw, 0x0800, 6, 4, op, &[MAC_B, MAC_A]));
            frames.push(arp_of(hw, 0x0800, 2, 4, op, &[MAC_B, MAC_A]));
        }
        for proto in [0x1000u16, 0x86dd, 0x0806, 0x9999, 0] {
            frames.push(arp_of(1, proto, 6, 4, op, &[MAC_B, MAC_A]));
        }
        for (hlen, plen) in
            [(0u8, 4u8), (0, 0), (6, 0), (6, 16), (6, 3), (1, 4), (8, 4), (20, 4), (5, 4), (3, 4), (4, 4)]
        {
            frames.push(arp_of(1, 0x0800, hlen, plen, op, &[MAC_B, MAC_A]));
            frames.push(arp_of(15, 0x0800, hlen, plen, op, &[MAC_B, MAC_A]));
        }
        for (shl, ssl, spl, thl, tsl, tpl) in [
            (20u8, 0u8, 4u8, 20u8, 0u8, 4u8),
            (20, 6, 4, 0, 0, 4),
            (0, 0, 4, 0, 0, 4),
            (7, 0, 0, 7, 0, 4),
            (0x47, 2, 4, 0x43, 1, 0),
            (2, 0, 16, 2, 0, 16),
        ] {
            let len =
                [shl & 63, ssl & 63, spl, thl & 63, tsl & 63, tpl].iter().map(|n| usize::from(*n)).sum();
            let head = cat(&[&[0, 19, 8, 0, shl, ssl], &op.to_be_bytes(), &[spl, thl, tsl, tpl]]);
            frames.push(cat(&[&head, &bytes(1, len)]));
        }
    }
    frames
}

fn llcs() -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    let packet = tcp(ACK, 1, 2).over4(&ip4(6));
    for dsap in
        [0u8, 1, 2, 3, 4, 0x06, 0x0e, 0x42, 0x43, 0x4e, 0x7e, 0x8e, 0xaa, 0xab, 0xe0, 0xf0, 0xf4, 0xff, 0x12]
    {
        for ssap in [0u8, 1, 0x06, 0x42, 0xaa, 0xab, 0xf0, 0xf1, 0x12] {
            for control in [
                3u8, 0x13, 0xaf, 0xbf, 0xe3, 0xf3, 0x63, 0x43, 0x0f, 0x6f, 0x87, 0x01, 0x05, 0x09, 0x0d,
                0x00, 0x24, 0xfe,
            ] {
                // IPX and OSI have dissectors of their own.
                if dsap & 0xfe == 0xe0 && ssap & 0xfe == 0xe0 || dsap == 0xff && ssap == 0xff {
                    continue;
                }
                if dsap & 0xfe == 0x42 && ssap & 0xfe == 0x42 && control == 3 {
                    continue;
                }
                bodies.push(vec![dsap, ssap, control, 0x55, 0x81, 1, 2, 3, 4, 5, 6, 7]);
            }
        }
    }
    bodies.push(cat(&[&[6, 6, 3], &packet]));
    bodies.push(cat(&[&[6, 7, 3], &packet]));
    for len in 0..6usize {
        bodies.push(vec![0xaa, 0xaa, 3, 0, 0, 0][..len].to_vec());
        bodies.push(vec![0xf0, 0xf0, 0xaf, 0x81, 1, 2][..len].to_vec());
        bodies.push(vec![0xf0, 0xf1, 0x7f, 0, 0, 0][..len].to_vec());
        bodies.push(vec![2, 2, 0, 0, 0, 0][..len].to_vec());
    }
    for oui in
        [[0u8, 0, 0], [0, 0, 0xf8], [0, 0, 0x0c], [8, 0, 7], [0, 0x80, 0xc2], [0, 0x12, 0x0f], [1, 2, 3]]
    {
        for pid in [0x0800u16, 0x0806, 0x86dd, 0x8100, 0x9999, 0x0001, 0x0002, 0x0006, 0x2222] {
            let payload: &[u8] = if pid == 0x0806 { &arp(1) } else { &packet };
            bodies.push(cat(&[&[0xaa, 0xaa, 3], &oui, &pid.to_be_bytes(), payload]));
            bodies.push(cat(&[&[0xaa, 0xaa, 3], &oui, &pid.to_be_bytes()]));
        }
    }
    for pid in [1u16, 7] {
        let inner = eth(0x0800, &packet);
        bodies.push(cat(&[&[0xaa, 0xaa, 3, 0, 0x80, 0xc2], &pid.to_be_bytes(), &[0, 0], &inner]));
    }
    bodies
}

fn spanning_trees() -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for (version, kind) in
        [(0u8, 0u8), (0, 0x80), (2, 2), (3, 2), (4, 2), (0, 2), (2, 0), (1, 0), (3, 0), (9, 9)]
    {
        for flags in [0u8, 1, 0x3c, 0x7e, 0x80, 0xff] {
            let head = cat(&[
                &[0, 0, version, kind, flags],
                &[0x80, 1, 2, 0, 0, 0, 0, 9, 0, 0, 0, 19],
                &[0x80, 2, 2, 0, 0, 0, 0, 8, 0x80, 0x01, 1, 0, 20, 0, 2, 0, 15, 0x80],
            ]);
            bodies.push(head.clone());
            bodies.push(cat(&[&head, &[0]]));
            bodies.push(cat(&[&head, &[0, 0, 64, 0], &bytes(1, 100)]));
            bodies.push(cat(&[
                &head,
                &[0, 0, 80, 0],
                &bytes(b'A', 51),
                &bytes(1, 13),
                &bytes(7, 16),
                &bytes(0, 80),
            ]));
            bodies.push(cat(&[&head, &[0, 0, 200, 0], &bytes(1, 90)]));
        }
    }
    bodies.push(vec![0, 0, 0]);
    bodies.push(vec![0, 0, 0, 0x80]);
    bodies.push(cat(&[&[0, 1, 0, 0], &bytes(0, 40)]));
    bodies
}

fn igmp() -> Vec<Vec<u8>> {
    let group = [224, 0, 0, 22];
    let mut bodies = Vec::new();
    for kind in [0x11u8, 0x12, 0x16, 0x17, 0x22, 0x1e, 0x1f, 0x00, 0x99] {
        for code in [0u8, 1, 100, 127, 128, 255] {
            bodies.push(self_summed(2, &cat(&[&[kind, code, 0, 0], &group])));
            bodies.push(self_summed(2, &[kind, code, 0, 0, 0, 0, 0, 0]));
            for count in [0u16, 1, 2, 50] {
                for (flags, interval) in [(0u8, 0u8), (0x0a, 125), (7, 200)] {
                    let rest =
                        cat(&[&group, &[flags, interval], &count.to_be_bytes(), &[10, 0, 0, 1, 10, 0, 0, 2]]);
                    bodies.push(self_summed(2, &cat(&[&[kind, code, 0, 0], &rest])));
                    bodies.push(self_summed(2, &cat(&[&[kind, code, 0, 0], &rest[..8]])));
                }
            }
        }
    }
    for groups in [0u16, 1, 2, 3] {
        for (kind, sources) in [(1u8, 0u16), (2, 1), (3, 2), (4, 0), (5, 1), (6, 2), (7, 0), (3, 99)] {
            let record = cat(&[&[kind, 0], &sources.to_be_bytes(), &group, &bytes(10, 8)]);
            let body = cat(&[&[0x22, 0, 0, 0, 0, 0], &groups.to_be_bytes(), &record, &record]);
            bodies.push(self_summed(2, &body));
        }
    }
    // Traces: queries and responses.
    for len in [8usize, 12, 24, 25, 56, 60] {
        bodies.push(self_summed(2, &cat(&[&[0x1f, 3, 0, 0], &bytes(0xe0, len)])));
        bodies.push(self_summed(2, &cat(&[&[0x1e, 3, 0, 0], &bytes(10, len)])));
    }
    bodies.push(cat(&[&[0x16, 0, 1, 2], &group]));
    bodies.push(vec![0x16, 0, 1]);
    bodies.push(vec![]);
    bodies
}

fn in_igmp(body: &[u8]) -> Vec<u8> {
    Ip4 { ttl: 1, options: vec![148, 4, 0, 0], ..ip4(2) }.carry(body)
}

fn security() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let segment = tcp(ACK, 1, 2).payload(b"inside").bare();
    for next in [6u8, 17, 50, 51, 59, 250, 4] {
        for len in [0u8, 1, 2, 4, 5, 7, 40] {
            for reserved in [0u8, 1] {
                let body = if next == 4 { tcp(ACK, 1, 2).over4(&ip4(6)) } else { segment.clone() };
                let head = cat(&[
                    &[next, len, 0, reserved],
                    &bytes(0x10, 8 + 4 * usize::from(len).saturating_sub(1).min(9)),
                ]);
                packets.push(ip4(51).carry(&cat(&[&head, &body])));
                packets.push(ip6(51).carry(&cat(&[&head, &body])));
            }
        }
    }
    for len in [0usize, 3, 4, 7, 8, 12, 60] {
        packets.push(ip4(50).carry(&bytes(1, len)));
        packets.push(ip6(50).carry(&bytes(1, len)));
        packets.push(Ip4 { frag: 0x2000, ..ip4(50) }.carry(&bytes(1, len)));
        packets.push(ip4(108).carry(&bytes(1, len)));
        packets.push(ip6(108).carry(&bytes(1, len)));
    }
    packets
}

fn generic_tunnels() -> Vec<Vec<u8>> {
    let inner = tcp(ACK, 1, 2).payload(b"inside").over4(&ip4(6));
    let inner6 = tcp(ACK, 1, 2).payload(b"inside").over6(&ip6(6));
    let mut packets = Vec::new();
    for flags in (0..=0xffu16).map(|n| n << 8).chain((0..16).map(|n| 0x3000 | n << 3)) {
        for version in 0..3u16 {
            let word = flags & 0xfff8 | version;
            let mut head = cat(&[&word.to_be_bytes(), &0x0800u16.to_be_bytes()]);
            head.extend(bytes(0, if flags & 0xc000 != 0 { 4 } else { 0 }));
            head.extend(bytes(0x40, if flags & 0x2000 != 0 { 4 } else { 0 }));
            head.extend(bytes(0x50, if flags & 0x1000 != 0 { 4 } else { 0 }));
            if flags & 0x4000 != 0 && version == 0 {
                head.extend([8, 0, 4, 8, 10, 0, 0, 1, 10, 0, 0, 2]);
                head.extend([0, 0, 0, 0]);
            }
            if version == 1 {
                // Enhanced GRE always names PPP, whose dissector is not ours, when it has data.
                head[2..4].copy_from_slice(&[0x08, 0x00]);
            }
            packets.push(ip4(47).carry(&cat(&[&head, &inner])));
        }
    }
    for (kind, payload) in [
        (0x86ddu16, inner6),
        (0x6558, eth(0x0800, &inner)),
        (0x9999, b"unknown".to_vec()),
        (0x0806, arp(1)),
        (0x8100, b"unknown".to_vec()),
    ] {
        for key in [0u16, 0x2000] {
            let mut head = cat(&[&key.to_be_bytes(), &kind.to_be_bytes()]);
            head.extend(bytes(9, usize::from(key >> 11)));
            packets.push(ip4(47).carry(&cat(&[&head, &payload])));
            packets.push(ip6(47).carry(&cat(&[&head, &payload])));
        }
    }
    for route in [[0u8, 1, 0, 4], [8, 0, 0, 4], [8, 0, 3, 8], [8, 0, 9, 4], [0, 2, 4, 8], [8, 0, 0, 200]] {
        let head =
            cat(&[&[0x40, 0, 8, 0, 0, 0, 0, 0], &route, &bytes(10, usize::from(route[3]).min(12)), &[0; 4]]);
        packets.push(ip4(47).carry(&cat(&[&head, &inner])));
    }
    packets.push(ip4(47).carry(&[]));
    packets.push(ip4(47).carry(&[0]));
    packets.push(ip4(47).carry(&[0, 0, 8]));
    packets
}

fn redundancy() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for version_type in [0x21u8, 0x31, 0x22, 0x11, 0x30, 0x41, 0x2f] {
        for auth in [0u8, 1, 2, 3] {
            for count in [0u8, 1, 2, 9] {
                let mut body = vec![version_type, 7, 100, count, auth, 1, 0, 0];
                body.extend(bytes(10, 4 * usize::from(count.min(2))));
                body.extend(b"secret\0\0");
                let summed = self_summed(6, &body);
                packets.push(Ip4 { ttl: 255, ..ip4(112) }.carry(&summed));
                packets.push(Ip4 { ttl: 64, ..ip4(112) }.carry(&body));
                packets.push(ip6(112).carry(&ip6(0).summed(112, 6, &body)));
            }
        }
    }
    packets
}

fn streams() -> Vec<Vec<u8>> {
    let chunk = |kind: u8, flags: u8, len: usize, body: &[u8]| {
        cat(&[&[kind, flags], &(len as u16).to_be_bytes(), body])
    };
    let mut chunks = Vec::new();
    for kind in (0..16u8).chain([0xc0, 0xc1, 0xc2, 0xff]) {
        for len in [0usize, 3, 4, 5, 8, 12, 15, 16, 17, 20, 21, 24, 60, 300] {
            for flags in [0u8, 3, 5] {
                chunks.push(chunk(kind, flags, len, &bytes(kind, len.clamp(4, 60).next_multiple_of(4) - 4)));
            }
        }
    }
    for (gaps, duplicates) in [(0u16, 0u16), (1, 0), (2, 1), (0, 2), (9, 9)] {
        for extra in [0usize, 4, 6, 12] {
            let counts = cat(&[&gaps.to_be_bytes(), &duplicates.to_be_bytes()]);
            let body =
                cat(&[&[0xff, 0xff, 0xff, 0xf0, 0, 1, 0, 0], &counts, &bytes(0, extra.next_multiple_of(4))]);
            chunks.push(chunk(3, 0, 16 + extra, &body));
        }
    }
    for protocol in (0..30u32).chain([0xffff_ffff]) {
        // M3UA and ForCES have dissectors of their own.
        if !matches!(protocol, 3 | 21..=23) {
            chunks.push(chunk(0, 3, 20, &cat(&[&bytes(1, 8), &protocol.to_be_bytes(), b"data"])));
        }
    }
    let head = [0x9c, 0x40, 0x27, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8];
    let mut bodies: Vec<Vec<u8>> = chunks.iter().map(|c| cat(&[&head, c])).collect();
    bodies.extend(chunks.windows(3).step_by(5).map(|c| cat(&[&head, &c[0], &c[1], &c[2]])));
    bodies.push(head[..7].to_vec());
    bodies.push(cat(&[&head, &[0, 0]]));
    bodies
        .iter()
        .enumerate()
        .map(|(n, b)| if n % 3 == 0 { ip6(132).carry(b) } else { ip4(132).carry(b) })
        .collect()
}

pub(crate) fn captures() -> Vec<Capture> {
    let arp_frames: Vec<_> = arps().iter().map(|a| eth(0x0806, a)).collect();
    let arp_cut = arps().iter().step_by(19).map(|a| eth(0x0806, a)).collect();
    let llc_cut = llcs().iter().rev().step_by(53).map(|b| ether_llc(b)).collect();
    let padded = |b: &Vec<u8>| eth(b.len() as u16, &cat(&[b, &[0; 7]]));
    let stp: Vec<_> = spanning_trees().iter().map(|b| ether_llc(&cat(&[&[0x42, 0x42, 3], b]))).collect();
    let every = |packets: &[Vec<u8>], step: usize| packets.iter().step_by(step).cloned().collect::<Vec<_>>();
    let igmps: Vec<_> = igmp().iter().map(|b| in_igmp(b)).collect();
    let (secure, tunnels, routers) = (security(), generic_tunnels(), redundancy());
    let of = |packets: &[Vec<u8>], nibble: u8| {
        packets.iter().filter(|p| p[0] >> 4 == nibble).cloned().collect::<Vec<_>>()
    };
    vec![
        Capture::new("arp", EN10MB, arp_frames.clone()),
        Capture::new("arp-reverse", EN10MB, arps().iter().step_by(3).map(|a| eth(0x8035, a)).collect()),
        Capture::cut("arp-cut", EN10MB, arp_cut),
        Capture::new("llc", EN10MB, llcs().iter().map(|b| ether_llc(b)).collect()),
        Capture::new("llc-padded", EN10MB, llcs().iter().map(padded).collect()),
        Capture::new("llc-lengths", EN10MB, (0..40u16).map(|n| eth(n, &bytes(0x10, 20))).collect()),
        Capture::cut("llc-cut", EN10MB, llc_cut),
        Capture::new("stp", EN10MB, stp.clone()),
        Capture::cut("stp-cut", EN10MB, every(&stp, 17)),
        Capture::new("igmp", IPV4, igmps.clone()),
        Capture::cut("igmp-cut", IPV4, every(&igmps, 37)),
        Capture::new("ip-security", IPV4, of(&secure, 4)),
        Capture::new("ip-security-six", IPV6, of(&secure, 6)),
        Capture::cut("ip-security-cut", IPV4, every(&of(&secure, 4), 13)),
        Capture::new("gre", IPV4, of(&tunnels, 4)),
        Capture::new("gre-six", IPV6, of(&tunnels, 6)),
        Capture::cut("gre-cut", IPV4, every(&of(&tunnels, 4), 71)),
        Capture::new("sctp", RAW, streams()),
        Capture::cut("sctp-cut", RAW, every(&streams(), 43)),
        Capture::new("vrrp", IPV4, of(&routers, 4)),
        Capture::new("vrrp-six", IPV6, of(&routers, 6)),
        Capture::cut("vrrp-cut", IPV4, every(&of(&routers, 4), 29)),
    ]
}
