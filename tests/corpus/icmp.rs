//! ICMP and ICMPv6: every type and code, quoted packets, extensions, neighbour discovery,
//! listener discovery, node information, renumbering, RPL.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6};

fn quoted() -> Vec<Vec<u8>> {
    vec![
        ip4(17).carry(&udp4(&ip4(17), 4000, 4001, b"payload!")),
        tcp(PSH | ACK, 7, 8).payload(b"quoted").over4(&ip4(6)),
        ip4(1).carry(&icmp4(8, 0, &[0, 1, 0, 2, 3, 4])),
        Ip4 { options: vec![7, 11, 4, 1, 2, 3, 4, 5, 6, 7, 8], ..ip4(6) }.carry(&tcp(SYN, 1, 0).bare()[..8]),
        Ip4 { total: Some(1500), ..ip4(17) }.carry(&udp_bare(1, 2, Some(1480), 0, b"")),
        Ip4 { frag: 0x00b9, ..ip4(17) }.carry(&bytes(0, 8)),
        Ip4 { version_ihl: Some(0x43), ..ip4(6) }.carry(&bytes(0, 8)),
        Ip4 { version_ihl: Some(0x65), ..ip4(6) }.carry(&bytes(0, 8)),
        ip4(99).carry(&bytes(0, 12)),
        // The quoted length ends the quotation, even before the length itself.
        Ip4 { total: Some(0), ..ip4(17) }.carry(&bytes(0, 8)),
        Ip4 { total: Some(3), ..ip4(17) }.carry(&bytes(0, 8)),
        Ip4 { total: Some(4), ..ip4(17) }.carry(&bytes(0, 8)),
        Ip4 { total: Some(22), ..ip4(17) }.carry(&bytes(0, 8)),
        ip4(250).carry(&bytes(0, 12)),
        ip4(4).carry(&tcp(ACK, 1, 1).over4(&ip4(6))),
    ]
}

fn errors() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for kind in 0..=50u8 {
        for code in 0..=17u8 {
            if !matches!(kind, 3 | 5 | 11 | 12) && code > 2 {
                continue;
            }
            for inner in quoted() {
                for word in [[0u8, 0, 0, 0], [9, 0, 5, 0xdc]] {
                    packets.push(ip4(1).carry(&icmp4(kind, code, &cat(&[&word, &inner]))));
                }
                if !matches!(kind, 3 | 5 | 11 | 12) {
                    break;
                }
            }
        }
    }
    packets
}

fn queries() -> Vec<Vec<u8>> {
    let mut bodies: Vec<(u8, u8, Vec<u8>)> = Vec::new();
    for kind in [0u8, 8, 10, 13, 14, 15, 16, 17, 18, 30, 37, 40, 42, 43] {
        for len in [0usize, 1, 3, 4, 7, 8, 15, 16, 20, 100] {
            bodies.push((kind, 0, bytes(kind, len)));
        }
    }
    for (count, size) in [(0u8, 2u8), (1, 2), (2, 2), (3, 2), (1, 3), (255, 2)] {
        for life in [0u16, 59, 60, 3599, 3600, 65535] {
            bodies.push((9, 0, cat(&[&[count, size], &life.to_be_bytes(), &bytes(10, 20)])));
        }
    }
    for value in [0u32, 999, 86_399_999, 86_400_000, u32::MAX] {
        bodies.push((14, 0, cat(&[&[0, 1, 0, 2], &value.to_be_bytes(), &value.to_be_bytes(), &[0; 4]])));
    }
    let mut packets: Vec<_> = bodies.iter().map(|(k, c, b)| ip4(1).carry(&icmp4(*k, *c, b))).collect();
    let mut wrong = icmp4(8, 0, &bytes(0, 20));
    wrong[2] ^= 0x40;
    packets.push(ip4(1).carry(&wrong));
    packets.push(Ip4 { frag: 0x2000, ..ip4(1) }.carry(&wrong));
    packets.push(ip6(1).carry(&wrong));
    packets.push(ip4(58).carry(&wrong));
    packets
}

fn object(class: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    cat(&[&(4 + body.len() as u16).to_be_bytes(), &[class, kind], body])
}

/// RFC 4884 extensions: a 128-byte quotation, a header, objects.
fn extended() -> Vec<Vec<u8>> {
    let mut inner = ip4(17).carry(&udp4(&ip4(17), 4000, 4001, &bytes(0, 60)));
    inner.resize(128, 0);
    let label = object(1, 1, &[0x00, 0x01, 0x21, 0x40]);
    let objects: Vec<Vec<u8>> = vec![
        vec![],
        label.clone(),
        object(1, 1, &[0x00, 0x01, 0x20, 0xff, 0xff, 0xff, 0xff, 0x01]),
        object(1, 2, &[1, 2, 3, 4]),
        object(2, 0x0f, &bytes(1, 20)),
        object(3, 1, &bytes(1, 4)),
        cat(&[&label, &object(2, 1, &[0, 0, 0, 9])]),
        object(0, 0, &[1, 2, 3, 4]),
        vec![0, 3, 1, 1, 0, 0, 0, 0],
        vec![0, 60, 2, 1, 0, 0, 0, 0],
        vec![0, 60, 1, 1, 0, 0, 0, 0],
        vec![0, 8, 1, 1],
        vec![0, 8, 1, 1, 0],
    ];
    let mut packets = Vec::new();
    for kind in [3u8, 11, 12, 5] {
        for length in [0u8, 32] {
            for version in [0x20u8, 0x10, 0x2f] {
                for objects in &objects {
                    let bare = cat(&[&[version, 0, 0, 0], objects]);
                    for spoil in [0u8, 1] {
                        let mut extension = self_summed(2, &bare);
                        extension[2] ^= spoil;
                        let body = cat(&[&[0, length, 0, 0], &inner, &extension]);
                        packets.push(ip4(1).carry(&icmp4(kind, 0, &body)));
                    }
                }
            }
        }
    }
    packets
}

fn six_quoted() -> Vec<Vec<u8>> {
    let chain = super::ip::chains();
    let mut list = vec![
        ip6(17).carry(&udp6(&ip6(17), 4000, 4001, b"payload!")),
        tcp(PSH | ACK, 7, 8).payload(b"quoted").over6(&ip6(6)),
        ip6(59).carry(b""),
        ip6(250).carry(b"what"),
        ip6(58).carry(&[128, 0, 0, 0, 0, 1, 0, 2]),
        ip6(6).carry(&[1, 2, 3]),
    ];
    list.extend(chain.into_iter().step_by(3).map(|(next, body)| ip6(next).carry(&body)));
    list
}

fn six_errors() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for kind in 1..=5u8 {
        for code in 0..=7u8 {
            for (n, inner) in six_quoted().iter().enumerate() {
                if n < 6 || kind == 1 && code == 4 {
                    packets.push(icmp6(&ip6(58), kind, code, &cat(&[&[0, 0, 5, 0x14], inner])));
                }
            }
        }
    }
    packets
}

fn six_types() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for kind in 0..=255u8 {
        for code in [0u8, 1, 0x80] {
            for len in [0usize, 4, 12, 16, 20, 24, 40] {
                if code == 0 || len == 20 {
                    packets.push(icmp6(&ip6(58), kind, code, &bytes(kind, len)));
                }
            }
        }
    }
    packets.push(ip6(58).carry(&[]));
    packets.push(ip6(58).carry(&[128]));
    packets.push(ip6(58).carry(&[128, 0, 1, 2, 0, 0, 0, 0]));
    packets
}

fn discovery_options() -> Vec<Vec<u8>> {
    let addr = ip6(0).src.octets();
    let mut list = vec![
        vec![],
        vec![1, 1, 2, 0, 0, 0, 0, 1],
        vec![2, 1, 2, 0, 0, 0, 0, 1],
        cat(&[&[1, 2], &bytes(0, 14)]),
        cat(&[&[3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], &addr]),
        cat(&[&[3, 5, 128, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], &addr, &[0; 8]]),
        cat(&[&[3, 1, 64, 0, 0, 0, 0, 1], &[5, 1, 0, 0, 0, 0, 5, 0xdc]]),
        cat(&[&[4, 3, 0, 0, 0, 0, 0, 0], &bytes(b'A', 16)]),
        vec![5, 1, 0, 0, 0, 0, 5, 0xdc],
        cat(&[&[5, 2, 0, 0, 0, 0, 5, 0xdc], &[0; 8]]),
        vec![7, 1, 0, 0, 0, 0, 3, 0xe8],
        vec![8, 1, 0, 0, 0, 9, 0x0e, 0x10],
        vec![24, 1, 0, 0x08, 0, 0, 0, 60],
        cat(&[&[24, 2, 64, 0x18, 0xff, 0xff, 0xff, 0xff], &addr[..8]]),
        cat(&[&[24, 3, 128, 0x10, 0, 0, 0, 60], &addr]),
        cat(&[&[24, 4, 128, 0x10, 0, 0, 0, 60], &addr, &[0; 8]]),
        cat(&[&[25, 3, 0, 0, 0, 0, 2, 0x58], &addr]),
        cat(&[&[25, 5, 0, 0, 0, 0, 2, 0x58], &addr, &addr]),
        cat(&[&[25, 1, 0, 0, 0, 0, 2, 0x58], &[1, 1, 2, 0, 0, 0, 0, 1]]),
        cat(&[&[31, 3, 0, 0, 0, 0, 2, 0x58], b"\x07example\x03com\0\0\0\0"]),
        cat(&[&[31, 4, 0, 0, 0, 0, 2, 0x58], b"\x07example\x03com\0\x03net\0\x01\xc1\0\0\0\0\0"]),
        cat(&[&[31, 2, 0, 0, 0, 0, 2, 0x58], b"\x07example"]),
        cat(&[&[31, 2, 0, 0, 0, 0, 2, 0x58], b"\x02a\x80\xc0\x08\0\0\0"]),
        cat(&[&[31, 2, 0, 0, 0, 0, 2, 0x58], b"\x02a.\x40\x08ab\0"]),
        vec![14, 1, 1, 2, 3, 4, 5, 6],
        cat(&[&[200, 2], &bytes(0, 14)]),
        vec![1, 0, 0, 0, 0, 0, 0, 0],
        vec![1, 3, 0, 0, 0, 0, 0, 0],
        vec![1],
        vec![1, 1],
    ];
    let several = cat(&[&list[1], &list[4], &list[8], &list[16], &list[19], &list[14]]);
    list.push(cat(&[&list[24], &list[1]]));
    list.push(several);
    list
}

fn discovery() -> Vec<Vec<u8>> {
    let ip = Ip6 { hops: 255, ..ip6(58) };
    let addr = ip.dst.octets();
    let mut packets = Vec::new();
    for options in discovery_options() {
        packets.push(icmp6(&ip, 133, 0, &cat(&[&[0; 4], &options])));
        for flags in [0u8, 0xc8, 0x30, 0x18, 0xff] {
            packets.push(icmp6(&ip, 134, 0, &cat(&[&[64, flags, 7, 8], &bytes(0, 8), &options])));
            packets.push(icmp6(&ip, 136, 0, &cat(&[&[flags, 0, 0, 0], &addr, &options])));
        }
        packets.push(icmp6(&ip, 135, 0, &cat(&[&[0; 4], &addr, &options])));
        packets.push(icmp6(&ip, 137, 0, &cat(&[&[0; 4], &addr, &ip.src.octets(), &options])));
        packets.push(icmp6(&ip, 147, 0, &cat(&[&[1, 2, 0xc0, 0], &options])));
        packets.push(icmp6(&ip, 147, 0, &cat(&[&[1, 2, 0x40, 0], &options])));
        packets.push(icmp6(&ip, 145, 0, &cat(&[&[1, 2, 0, 0], &options])));
    }
    packets
}

fn listeners() -> Vec<Vec<u8>> {
    let group = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16];
    let source = ip6(0).src.octets();
    // Query, report and done travel behind a router alert.
    let alert = |message: Vec<u8>| ip6(0).carry(&cat(&[&[58, 0, 5, 2, 0, 0, 1, 0], &message]));
    let message = |kind: u8, rest: &[u8]| ip6(58).summed(58, 2, &cat(&[&[kind, 0, 0, 0], rest]));
    let mut packets = Vec::new();
    for kind in 130..=132u8 {
        for len in [4usize, 8, 19, 20, 21, 24, 30] {
            packets.push(alert(message(kind, &cat(&[&[0x27, 0x10, 0, 0], &group, &[0; 20]])[..len])));
        }
    }
    for (code, flags, interval, sources) in [
        (0u16, 0u8, 125u8, 0u16),
        (10_000, 0x0a, 127, 1),
        (32_767, 8, 128, 2),
        (32_768, 7, 255, 1),
        (0xffff, 0xff, 0x90, 9),
    ] {
        let body = cat(&[
            &code.to_be_bytes(),
            &[0, 0],
            &group,
            &[flags, interval],
            &sources.to_be_bytes(),
            &source,
            &group,
        ]);
        packets.push(alert(message(130, &body)));
        packets.push(alert(message(130, &body[..40])));
        packets.push(alert(message(130, &body[..24])));
    }
    for count in [0u16, 1, 2, 3, 9] {
        for (kind, sources) in [(1u8, 0u16), (2, 1), (3, 2), (4, 0), (5, 1), (6, 3), (7, 0), (0, 200)] {
            let record = cat(&[&[kind, 0], &sources.to_be_bytes(), &group, &source, &source]);
            let body = cat(&[&[0, 0], &count.to_be_bytes(), &record, &record]);
            packets.push(alert(message(143, &body)));
            packets.push(alert(message(143, &body[..24])));
            packets.push(alert(message(143, &body[..4])));
        }
    }
    packets
}

fn node_information() -> Vec<Vec<u8>> {
    let ip = ip6(58);
    let addr = ip.src.octets();
    let nonce = bytes(1, 8);
    let mut packets = Vec::new();
    for kind in [139u8, 140] {
        for code in 0..4u8 {
            for qtype in 0..6u16 {
                for flags in [0u16, 1, 0x7f] {
                    for rest in [
                        vec![],
                        addr.to_vec(),
                        vec![10, 0, 0, 1],
                        b"\x04host\x03lab\0".to_vec(),
                        b"\x04host".to_vec(),
                        b"\0\0\0\x09\x04host".to_vec(),
                        b"\0\0\0\x09\x04host\x02l\x80\0\0".to_vec(),
                        b"\0\0\0\x09\x20host".to_vec(),
                        cat(&[&[0, 0, 0, 9], &addr, &[0, 0, 1, 9], &addr]),
                        b"\x04host\0\0".to_vec(),
                        b"\x04host\0\x01".to_vec(),
                    ] {
                        let body = cat(&[&qtype.to_be_bytes(), &flags.to_be_bytes(), &nonce, &rest]);
                        packets.push(icmp6(&ip, kind, code, &body));
                    }
                }
            }
        }
        packets.push(icmp6(&ip, kind, 0, &bytes(0, 8)));
    }
    packets
}

fn renumbering() -> Vec<Vec<u8>> {
    let ip = ip6(58);
    let prefix = ip.src.octets();
    let mut packets = Vec::new();
    for code in [0u8, 1, 2, 255] {
        for flags in [0u8, 0xf8, 0x80] {
            for rsvd in [0u8, 7] {
                let head = cat(&[&[0, 0, 0, 9, 3, flags, 0, 100, 0, 0, 0, rsvd]]);
                for (op, len) in [(1u8, 7u8), (2, 3), (3, 11), (4, 5), (9, 2)] {
                    let change = cat(&[&[op, len, 1, 48, 0, 64, 0, 0], &prefix]);
                    let with = cat(&[
                        &[64, 0, 0xc0, 0x80, 0xff, 0xff, 0xff, 0xff, 0, 0, 1, 0, 0xc0, 0, 0, 0],
                        &prefix,
                    ]);
                    let plain =
                        cat(&[&[64, 0, 0, 0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1], &prefix]);
                    packets.push(icmp6(&ip, 138, code, &cat(&[&head, &change, &with, &plain])));
                    packets.push(icmp6(&ip, 138, code, &cat(&[&head, &change, &plain])));
                }
                packets.push(icmp6(&ip, 138, code, &head));
            }
        }
    }
    packets
}

fn rpl() -> Vec<Vec<u8>> {
    let ip = ip6(58);
    let id = ip.src.octets();
    let mut packets = Vec::new();
    let mut options = vec![vec![], vec![0], vec![1, 2, 0, 0], vec![1], vec![9, 200, 1]];
    for kind in 2..12u8 {
        options.push(cat(&[&[0, kind, 5], &bytes(kind, 5), &[1, 0]]));
    }
    options.push(cat(&[&[4, 30], &bytes(7, 30)]));
    for code in [0u8, 1, 2, 3, 4, 0x7f, 0x80, 0x81, 0x8a] {
        for options in &options {
            for flags in [0u8, 0x40, 0x80, 0xc0, 0x8b, 0x3f] {
                packets.push(icmp6(&ip, 155, code, &cat(&[&[1, 2, 1, 0, flags, 6, 0, 0], &id, options])));
                packets.push(icmp6(&ip, 155, code, &cat(&[&[1, flags, 0, 7], &id, options])));
                packets.push(icmp6(&ip, 155, code, &cat(&[&[1, flags, 0, 7], options])));
            }
        }
    }
    packets
}

fn over_ethernet(packets: Vec<Vec<u8>>, ethertype: u16) -> Vec<Vec<u8>> {
    packets.iter().map(|p| eth(ethertype, p)).collect()
}

pub(crate) fn captures() -> Vec<Capture> {
    let mut captures = vec![
        Capture::new("icmp-errors", EN10MB, over_ethernet(errors(), 0x0800)),
        Capture::new("icmp-queries", EN10MB, over_ethernet(queries(), 0x0800)),
        Capture::new("icmp-extended", IPV4, extended()),
        Capture::cut("icmp-errors-cut", IPV4, errors().into_iter().step_by(83).collect()),
        Capture::cut("icmp-queries-cut", IPV4, queries().into_iter().step_by(9).collect()),
        Capture::cut("icmp-extended-cut", IPV4, extended().into_iter().step_by(29).collect()),
    ];
    for (name, packets, step) in [
        ("icmp6-types", six_types(), 97),
        ("icmp6-errors", six_errors(), 23),
        ("icmp6-discovery", discovery(), 17),
        ("icmp6-listeners", listeners(), 13),
        ("icmp6-node-information", node_information(), 61),
        ("icmp6-renumbering", renumbering(), 29),
        ("icmp6-rpl", rpl(), 61),
    ] {
        let cut = packets.iter().step_by(step).cloned().collect();
        captures.push(Capture::new(name, EN10MB, over_ethernet(packets, 0x86dd)));
        captures.push(Capture::cut(&format!("{name}-cut"), IPV6, cut));
    }
    captures
}
