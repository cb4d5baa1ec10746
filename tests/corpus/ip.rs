//! IPv4 and IPv6: options, fragments, lengths that lie, header chains, tunnels.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6, RAW};

fn option_lists() -> Vec<Vec<u8>> {
    let addr = |n: u8| [192, 0, 2, n];
    let mut list = vec![vec![0], vec![1], vec![1, 1, 0, 7], vec![1, 1, 1]];
    for kind in [7u8, 131, 137] {
        for pointer in [0u8, 1, 3, 4, 5, 8, 12, 16, 40] {
            list.push(cat(&[&[kind, 11, pointer], &addr(1), &addr(2)]));
        }
        for len in [0u8, 1, 2, 3, 4, 6, 7, 8, 11, 15, 39, 40, 41, 255] {
            list.push(cat(&[&[kind, len, 4], &addr(1), &addr(2), &addr(3)]));
        }
    }
    for kind in [68u8] {
        for flag in 0..=255u8 {
            if flag & 15 < 5 || flag & 15 == 15 {
                list.push(cat(&[&[kind, 12, 5, flag], &addr(1), &[0, 1, 2, 3]]));
            }
        }
        for len in [0u8, 1, 2, 3, 4, 5, 8, 9, 11, 12, 13, 16, 20, 40] {
            for flag in [0u8, 1, 3] {
                for pointer in [0u8, 4, 5, 9, 13, 14, 255] {
                    list.push(cat(&[&[kind, len, pointer, flag], &bytes(1, 16)]));
                }
            }
        }
    }
    for (kind, lens) in
        [(148u8, [0u8, 2, 3, 4, 5, 255]), (130, [0, 2, 3, 11, 12, 40]), (82, [0, 2, 4, 12, 13, 40])]
    {
        for len in lens {
            for fill in [0u8, 9] {
                list.push(cat(&[&[kind, len], &[fill; 10]]));
            }
        }
    }
    for kind in (2..=255u8).filter(|k| k % 5 == 1 || *k > 140) {
        list.push(cat(&[&[kind, 4, 1, 2], &[kind, 3, 9]]));
    }
    list
}

fn options() -> Vec<Vec<u8>> {
    option_lists()
        .into_iter()
        .map(|options| eth(0x0800, &tcp(SYN, 1, 0).over4(&Ip4 { options, ..ip4(6) })))
        .collect()
}

fn fragments() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let long = tcp(PSH | ACK, 1, 2).payload(&bytes(b'A', 60)).bare();
    for frag in [0u16, 0x2000, 0x4000, 0x8000, 0xe000, 1, 0x2001, 0x1fff, 0x3fff, 0x6001, 0xffff, 0x2002] {
        for proto in [1u8, 2, 4, 6, 17, 41, 47, 50, 58, 132, 250, 59] {
            if frag & 0x1fff == 0 && !matches!(proto, 1 | 6 | 17 | 58 | 250 | 59) {
                continue;
            }
            for payload in [&long[..], &long[..8], &long[..0]] {
                packets.push(eth(0x0800, &Ip4 { frag, ..ip4(proto) }.carry(payload)));
            }
        }
    }
    packets
}

fn lies() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let segment = tcp(PSH | ACK, 1, 2).payload(b"0123456789").bare();
    for version_ihl in 0..=255u8 {
        packets.push(Ip4 { version_ihl: Some(version_ihl), ..ip4(6) }.carry(&segment));
    }
    for total in [1u16, 2, 19, 20, 21, 23, 24, 39, 40, 41, 49, 50, 51, 52, 100, 1500, 65535] {
        for proto in [6u8, 17, 1, 250] {
            packets.push(Ip4 { total: Some(total), ..ip4(proto) }.carry(&segment));
            packets.push(cat(&[&Ip4 { total: Some(total), ..ip4(proto) }.carry(&segment), &[0; 9]]));
            packets.push(
                Ip4 { total: Some(total), options: vec![1, 1, 7, 7, 4, 1, 2, 3, 4], ..ip4(proto) }
                    .carry(&segment),
            );
        }
    }
    for tos in [0u8, 1, 2, 3, 0x10, 0xb8, 0xff] {
        for ttl in [0u8, 1, 255] {
            packets.push(Ip4 { tos, ttl, id: u16::from(tos), ..ip4(6) }.carry(&segment));
        }
    }
    for sum in [0u16, 1, 0xffff] {
        packets.push(Ip4 { sum: Some(sum), ..ip4(6) }.carry(&segment));
        packets.push(Ip4 { sum: Some(sum), options: vec![1; 40], ..ip4(6) }.carry(&segment));
    }
    packets.into_iter().map(|p| eth(0x0800, &p)).collect()
}

/// A protocol number and the header chain that ends in it.
pub(crate) fn chains() -> Vec<(u8, Vec<u8>)> {
    let ip = ip6(6);
    let segment = tcp(PSH | ACK, 9, 8).payload(b"chain").bare();
    let datagram = udp6(&ip, 4000, 4001, b"chain");
    let ends: Vec<(u8, Vec<u8>)> = vec![
        (6, segment.clone()),
        (17, datagram),
        (58, ip.summed(58, 2, &[128, 0, 0, 0, 0, 1, 0, 2, 5, 6])),
        (59, b"nothing".to_vec()),
        (250, b"strange".to_vec()),
        (4, tcp(ACK, 1, 2).over4(&ip4(6))),
        (41, tcp(ACK, 1, 2).over6(&ip6(6))),
        (1, icmp4(8, 0, &[0; 8])),
    ];
    let mut list = Vec::new();
    for (n, end) in &ends {
        let mut heads: Vec<(u8, Vec<u8>)> = Vec::new();
        for kind in [0u8, 60] {
            heads.push((kind, vec![*n, 0, 1, 4, 0, 0, 0, 0]));
            heads.push((kind, vec![*n, 0, 5, 2, 0, 0, 1, 0]));
            heads.push((kind, vec![*n, 0, 0, 0, 0, 0, 0, 0]));
            heads.push((kind, vec![*n, 1, 0xc2, 4, 0, 1, 0, 0, 1, 6, 0, 0, 0, 0, 0, 0]));
            heads.push((kind, cat(&[&[*n, 2, 0xc9, 16], &bytes(1, 16), &[0, 0, 0, 0]])));
            heads.push((kind, vec![*n, 0, 0x1e, 4, 1, 2, 3, 4]));
            heads.push((kind, vec![*n, 0, 1, 9, 0, 0, 0, 0]));
            heads.push((kind, vec![*n, 0, 5, 3, 0, 0, 1, 1]));
            heads.push((kind, vec![*n, 40, 1, 4, 0, 0, 0, 0]));
        }
        for off in [0u16, 1, 8, 0xfff8, 0xfff9, 6] {
            heads.push((44, cat(&[&[*n, 0], &off.to_be_bytes(), &[0xde, 0xad, 0xbe, 0xef]])));
        }
        for (kind, segs) in [(0u8, 1u8), (2, 1), (0, 0), (0, 2), (1, 1), (253, 1)] {
            heads.push((43, cat(&[&[*n, 2, kind, segs, 0, 0, 0, 0], &ip6(0).src.octets()])));
            heads.push((
                43,
                cat(&[&[*n, 4, kind, segs, 0, 0, 0, 0], &ip6(0).src.octets(), &ip6(0).dst.octets()]),
            ));
            heads.push((43, cat(&[&[*n, 3, kind, segs, 0, 0, 0, 0], &ip6(0).src.octets(), &[0; 8]])));
        }
        for last in 0..3u8 {
            // RFC 8754: last entry, flags, tag, segment list.
            heads.push((
                43,
                cat(&[&[*n, 4, 4, last, last, 0x80, 0, 7], &ip6(0).src.octets(), &ip6(0).dst.octets()]),
            ));
        }
        heads.push((51, cat(&[&[*n, 4, 0, 0], &bytes(1, 20)])));
        heads.push((51, cat(&[&[*n, 1, 0, 0], &bytes(1, 8)])));
        heads.push((135, vec![*n, 0, 0, 0, 0, 0, 0, 0]));
        for (kind, head) in heads {
            list.push((kind, cat(&[&head, end])));
        }
    }
    // Chains of several.
    let rest = cat(&[&[6, 0, 1, 4, 0, 0, 0, 0], &segment]);
    let frag = cat(&[&[60, 0, 0, 1, 0, 0, 0, 7], &rest]);
    list.push((0, cat(&[&[43, 0, 1, 4, 0, 0, 0, 0, 44, 2, 0, 1, 0, 0, 0, 0], &ip.dst.octets(), &frag])));
    list.push((0, cat(&[&[0, 0, 1, 4, 0, 0, 0, 0], &[6, 0, 1, 4, 0, 0, 0, 0], &segment])));
    list.push((60, rest.clone()));
    list.push((44, cat(&[&[44, 0, 0, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 0, 0, 1], &segment])));
    list
}

fn mobility() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for kind in 0..14u8 {
        for len in [0u8, 1, 2, 3, 5] {
            let body = cat(&[&[59, len, kind, 0, 0x12, 0x34], &bytes(kind, 2 + 8 * usize::from(len))]);
            packets.push(ip6(135).carry(&body));
            for option in 0..6u8 {
                let mut body = cat(&[&[59, len, kind, 0, 0x12, 0x34], &bytes(0, 2 + 8 * usize::from(len))]);
                let at = body.len().saturating_sub(8 * usize::from(len.min(2)));
                if at + 2 <= body.len() {
                    body[at..at + 2].copy_from_slice(&[option, if option == 3 { 16 } else { 2 }]);
                }
                packets.push(ip6(135).carry(&body));
            }
        }
    }
    packets
}

fn six_lies() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let segment = tcp(PSH | ACK, 1, 2).payload(b"0123456789").bare();
    for nibble in 0..16u32 {
        packets.push(Ip6 { word: nibble << 28, ..ip6(6) }.carry(&segment));
    }
    for len in [0u16, 1, 3, 19, 20, 29, 30, 31, 32, 100, 65535] {
        for next in [6u8, 17, 58, 250, 0, 44, 59] {
            let packet = Ip6 { len: Some(len), ..ip6(next) }.carry(&segment);
            packets.push(cat(&[&packet, &[0; 6]]));
            packets.push(packet);
        }
    }
    for word in [0x6000_0001u32, 0x600f_ffff, 0x6ff0_0000, 0x6020_1234, 0x6030_0000] {
        for hops in [0u8, 1, 255] {
            packets.push(Ip6 { word, hops, ..ip6(6) }.carry(&segment));
        }
    }
    for next in 0..=255u8 {
        if matches!(next, 1 | 2 | 6 | 17 | 41 | 43 | 44 | 59 | 60 | 0 | 97 | 61..=76 | 78..=87 | 140..=255) {
            packets.push(ip6(next).carry(&[]));
            packets.push(ip6(next).carry(&bytes(0, 33)));
        }
    }
    packets
}

fn tunnels() -> Vec<Vec<u8>> {
    let four = tcp(PSH | ACK, 1, 2).payload(b"inner").over4(&ip4(6));
    let six = tcp(PSH | ACK, 1, 2).payload(b"inner").over6(&ip6(6));
    let mut packets = vec![
        ip4(4).carry(&four),
        ip4(41).carry(&six),
        ip6(4).carry(&four),
        ip6(41).carry(&six),
        ip4(4).carry(&ip6(41).carry(&six)),
        ip4(4).carry(&ip4(4).carry(&ip4(4).carry(&four))),
        ip4(41).carry(&ip6(4).carry(&four)),
        ip4(4).carry(&six),
        ip4(41).carry(&four),
        Ip4 { frag: 0x2000, ..ip4(4) }.carry(&four),
        Ip4 { total: Some(50), ..ip4(4) }.carry(&four),
        ip4(4).carry(&Ip4 { total: Some(200), ..ip4(6) }.carry(b"short")),
        ip4(4).carry(&Ip4 { total: Some(21), ..ip4(6) }.carry(b"longer than said")),
        ip6(41).carry(&Ip6 { len: Some(200), ..ip6(6) }.carry(b"short")),
        ip4(4).carry(&[]),
        ip4(41).carry(&[]),
        ip4(4).carry(&four[..15]),
        ip4(41).carry(&six[..35]),
    ];
    let mut deep = four.clone();
    for _ in 0..30 {
        deep = ip4(4).carry(&deep);
    }
    packets.push(deep);
    packets
}

fn protocols() -> Vec<Vec<u8>> {
    // Every number that no part of tcpdump dissects.
    let plain = (0..=255u8).filter(|p| {
        !matches!(
            p,
            1 | 2
                | 4
                | 6
                | 8
                | 9
                | 17
                | 33
                | 41
                | 46
                | 47
                | 50
                | 51
                | 55
                | 58
                | 88
                | 89
                | 103
                | 108
                | 112
                | 113
                | 132
        )
    });
    plain.flat_map(|p| [ip4(p).carry(&bytes(p, 5)), ip4(p).carry(&[])]).collect()
}

pub(crate) fn captures() -> Vec<Capture> {
    let six: Vec<Vec<u8>> = chains().into_iter().map(|(next, body)| ip6(next).carry(&body)).collect();
    let some = |step: usize| six.iter().step_by(step).cloned().collect::<Vec<_>>();
    let cut_options = option_lists()
        .into_iter()
        .step_by(11)
        .map(|options| tcp(SYN, 1, 0).over4(&Ip4 { options, ..ip4(6) }))
        .collect();
    vec![
        Capture::new("ipv4-options", EN10MB, options()),
        Capture::cut("ipv4-options-cut", IPV4, cut_options),
        Capture::new("ipv4-fragments", EN10MB, fragments()),
        Capture::new("ipv4-lies", EN10MB, lies()),
        Capture::new("ipv4-protocols", IPV4, protocols()),
        Capture::new("ipv6-chains", EN10MB, six.iter().map(|p| eth(0x86dd, p)).collect()),
        Capture::new(
            "ipv6-chains-padded",
            EN10MB,
            six.iter().map(|p| eth(0x86dd, &cat(&[p, &[0; 5]]))).collect(),
        ),
        Capture::cut("ipv6-chains-cut", IPV6, some(9)),
        Capture::new("ipv6-mobility", IPV6, mobility()),
        Capture::cut("ipv6-mobility-cut", IPV6, mobility().into_iter().step_by(13).collect()),
        Capture::new("ipv6-lies", RAW, six_lies()),
        Capture::new("ip-tunnels", RAW, tunnels()),
        Capture::cut("ip-tunnels-cut", RAW, tunnels().into_iter().take(11).collect()),
    ]
}
