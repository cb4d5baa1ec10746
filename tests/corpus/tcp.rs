//! TCP: conversations, flags, sequence wrap, every option at right and wrong lengths.
use super::build::*;
use super::{Capture, EN10MB, IPV4, RAW};

const TS: [u8; 12] = [1, 1, 8, 10, 0, 2, 0xbc, 0xf0, 0, 0, 0x65, 0x9d];

fn conversation(isn_a: u32, isn_b: u32, v6: bool) -> Vec<Vec<u8>> {
    let a = |s: Segment| if v6 { eth(0x86dd, &s.over6(&ip6(6))) } else { s.frame() };
    let b = |s: Segment| {
        let s = s.back();
        if v6 { eth(0x86dd, &s.over6(&ip6(6).back())) } else { s.frame_back() }
    };
    let syn = cat(&[&[2, 4, 5, 0xb4, 4, 2], &TS[2..], &[1, 3, 3, 7]]);
    let (x, y) = (isn_a.wrapping_add(1), isn_b.wrapping_add(1));
    vec![
        a(tcp(SYN, isn_a, 0).options(&syn)),
        b(tcp(SYN | ACK, isn_b, x).options(&syn)),
        a(tcp(ACK, x, y).options(&TS)),
        a(tcp(PSH | ACK, x, y).options(&TS).payload(&bytes(b'a', 20))),
        b(tcp(ACK, y, x.wrapping_add(20)).options(&TS)),
        b(tcp(ACK, y, x.wrapping_add(20)).payload(&bytes(0, 200))),
        b(tcp(PSH | ACK, y.wrapping_add(200), x.wrapping_add(20)).payload(&bytes(0, 100))),
        a(tcp(ACK, x.wrapping_add(20), y).options(&sack(&[(y.wrapping_add(200), y.wrapping_add(300))]))),
        a(tcp(ACK, x.wrapping_sub(1), y.wrapping_add(300)).payload(b"k")),
        a(tcp(FIN | ACK, x.wrapping_add(20), y.wrapping_add(300))),
        b(tcp(FIN | PSH | ACK, y.wrapping_add(300), x.wrapping_add(21)).payload(b"bye")),
        a(tcp(ACK, x.wrapping_add(21), y.wrapping_add(304))),
        b(tcp(RST, y.wrapping_add(304), 0)),
        b(tcp(RST | ACK, y.wrapping_add(304), x.wrapping_add(21))),
        a(tcp(SYN, isn_a ^ 0xff, 0)),
        b(tcp(SYN | ACK, isn_b ^ 0xff, isn_a ^ 0xfe)),
        a(tcp(ACK, (isn_a ^ 0xff).wrapping_add(1), (isn_b ^ 0xff).wrapping_add(1))),
    ]
}

fn sack(blocks: &[(u32, u32)]) -> Vec<u8> {
    let mut out = vec![1, 1, 5, 2 + 8 * blocks.len() as u8];
    for (left, right) in blocks {
        out.extend(left.to_be_bytes());
        out.extend(right.to_be_bytes());
    }
    out
}

/// Option lists that a real stack could send.
fn good_options() -> Vec<Vec<u8>> {
    let mut list = vec![
        vec![0],
        vec![1],
        vec![1, 1, 1, 0],
        vec![2, 4, 0xff, 0xd7],
        vec![3, 3, 14],
        vec![4, 2],
        sack(&[(100, 200)]),
        sack(&[(100, 200), (300, 400), (500, 0xffff_fff0)]),
        cat(&[&[6, 6], &bytes(1, 4)]),
        cat(&[&[7, 6], &bytes(9, 4)]),
        TS.to_vec(),
        vec![9, 2],
        vec![10, 3, 1],
        cat(&[&[11, 6], &bytes(9, 4)]),
        cat(&[&[12, 6], &bytes(9, 4)]),
        cat(&[&[13, 6], &bytes(9, 4)]),
        vec![14, 3, 2],
        vec![15, 5, 1, 2, 3],
        vec![18, 3, 9],
        cat(&[&[19, 18], &bytes(0xf0, 16)]),
        vec![20, 4, 0x80, 9],
        vec![21, 4, 1, 2],
        vec![27, 8, 1, 2, 3, 4, 5, 6],
        vec![28, 4, 0x80, 1],
        vec![28, 4, 0x00, 90],
        cat(&[&[29, 16, 1, 2], &bytes(0xa0, 12)]),
        vec![29, 4, 1, 2],
        vec![34, 2],
        cat(&[&[34, 10], &bytes(0x11, 8)]),
        cat(&[&[34, 18], &bytes(0x11, 16)]),
        cat(&[&[34, 6], &bytes(0x11, 4)]),
        vec![34, 3, 9],
        vec![253, 4, 0xf9, 0x89],
        vec![254, 4, 0xf9, 0x89],
        cat(&[&[254, 8, 0xf9, 0x89], &bytes(0x33, 4)]),
        cat(&[&[254, 12, 0xf9, 0x89], &bytes(0x33, 8)]),
        cat(&[&[254, 20, 0xf9, 0x89], &bytes(0x33, 16)]),
        vec![254, 6, 0x12, 0x34, 5, 6],
        vec![254, 2],
        vec![254, 3, 1],
        vec![77, 2],
        vec![78, 9, 1, 2, 3, 4, 5, 6, 7],
        vec![255, 4, 0xde, 0xad],
    ];
    // Multipath TCP (RFC 8684): every subtype at every length it might have.
    for subtype in 0..16u8 {
        for len in [3u8, 4, 6, 8, 10, 12, 16, 18, 20, 22, 24, 26, 28] {
            for low in [0u8, 1, 5, 0x0f] {
                if usize::from(low) % 2 == 1 && len % 8 != 4 {
                    continue;
                }
                let body = bytes(subtype << 4 | low, usize::from(len) - 2);
                list.push(cat(&[&[30, len], &body]));
            }
        }
    }
    for flags in 0..32u8 {
        for len in [12u8, 16, 20, 24, 26, 28] {
            list.push(cat(&[&[30, len, 0x20, flags], &bytes(1, usize::from(len) - 4)]));
        }
    }
    list
}

/// Every kind with every length byte, in a space that is sometimes too small.
fn bad_options() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for kind in (2..=34).chain([64, 127, 253, 254, 255]) {
        for len in [0u8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 17, 18, 19, 20, 36, 37, 40, 41, 255] {
            list.push(cat(&[&[kind, len], &bytes(0x21, 10)]));
        }
    }
    list
}

fn with_options(list: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for (n, options) in list.into_iter().enumerate() {
        let flags = if n % 3 == 0 { SYN } else { ACK };
        // On their own, and behind two others, so that the separators are seen.
        packets.push(tcp(flags, 5, 9).ports(1024 + n as u16, 9999).options(&options).frame());
        let after = cat(&[&[1, 1], &options]);
        packets.push(tcp(flags, 5, 9).options(&after).payload(b"xy").frame());
        let mut lead = vec![2, 4, 1, 0];
        lead.extend(&options);
        packets.push(tcp(SYN, 5, 9).options(&lead[..lead.len().min(40)]).frame());
    }
    packets
}

fn lies() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for offset in 0..16 {
        for payload in [0usize, 3, 12, 80] {
            let s = tcp(PSH | ACK, 77, 88).payload(&bytes(0, payload));
            packets.push(Segment { offset: Some(offset), ..s.clone() }.frame());
            packets.push(Segment { offset: Some(offset), flags: SYN, ..s }.frame());
        }
    }
    for flags in 0..4096u16 {
        if flags < 512 || flags % 64 == 2 {
            packets.push(Segment { urg: flags, ..tcp(flags, 1, 2) }.frame());
        }
    }
    for sum_error in [1u16, 0xff00, 0xffff] {
        packets.push(Segment { sum_error, ..tcp(ACK, 1, 2) }.frame());
        packets.push(Segment { sum_error, ..tcp(ACK, 1, 2).payload(b"odd") }.frame());
        packets.push(eth(0x86dd, &Segment { sum_error, ..tcp(ACK, 1, 2) }.over6(&ip6(6))));
    }
    for text in [
        &b"reset because"[..],
        b"a much longer explanation than thirty bytes",
        b"\x01\x80\xffz\x7f\r\n",
        b"x",
    ] {
        packets.push(tcp(RST | ACK, 1, 2).payload(text).frame());
        packets.push(tcp(RST, 1, 2).payload(text).frame());
    }
    packets
}

fn mid_stream() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for (seq, ack) in [(0u32, 0u32), (1, 1), (u32::MAX, u32::MAX), (0x7fff_ffff, 0x8000_0000)] {
        for (sport, dport) in [(1000u16, 2000u16), (2000, 1000), (3000, 3000), (0, 65535)] {
            let s = |d: u32| tcp(ACK, seq.wrapping_add(d), ack.wrapping_sub(d)).ports(sport, dport);
            packets.push(s(0).frame());
            packets.push(s(10).payload(b"0123456789").frame());
            packets.push(s(5).back().frame_back());
            packets.push(s(0x8000_0000).options(&sack(&[(ack, seq), (1, 2)])).frame());
            packets.push(s(3).back().options(&sack(&[(ack, seq)])).payload(b"abc").frame_back());
            packets.push(tcp(RST, seq, ack).ports(sport, dport).frame());
            packets.push(tcp(FIN, seq, ack).ports(sport, dport).payload(b"fin").frame());
            packets.push(tcp(URG | ACK, seq, ack).ports(sport, dport).options(&sack(&[(seq, ack)])).frame());
            packets.push(tcp(SYN, seq, 0).ports(sport, dport).payload(b"fast open").frame());
            packets.push(tcp(SYN | ACK, seq, ack).ports(sport, dport).frame());
            packets.push(s(7).frame());
        }
    }
    // Equal ports, addresses in both orders: what decides the direction is the address.
    for (seq, ack) in [(100, 200), (101, 200), (102, 205)] {
        packets.push(tcp(ACK, seq, ack).ports(5000, 5000).frame());
        packets.push(tcp(ACK, ack, seq).ports(5000, 5000).frame_back());
        packets.push(eth(0x86dd, &tcp(ACK, seq, ack).ports(5000, 5000).over6(&ip6(6))));
        packets.push(eth(0x86dd, &tcp(ACK, ack, seq).ports(5000, 5000).over6(&ip6(6).back())));
    }
    packets
}

pub(crate) fn captures() -> Vec<Capture> {
    let full = tcp(SYN, 1, 0)
        .options(&cat(&[&[2, 4, 5, 0xb4, 4, 2, 8, 10], &bytes(1, 8), &[1, 3, 3, 7]]))
        .payload(b"payload");
    let spread: Vec<Vec<u8>> = good_options().into_iter().take(43).collect();
    vec![
        Capture::new("tcp-conversation", EN10MB, conversation(1_000_000, 2_000_000, false)),
        Capture::new("tcp-conversation-six", EN10MB, conversation(1_000_000, 2_000_000, true)),
        Capture::new("tcp-sequence-wrap", EN10MB, conversation(u32::MAX - 9, u32::MAX - 150, false)),
        Capture::new("tcp-options-good", EN10MB, with_options(good_options())),
        Capture::new("tcp-options-bad", EN10MB, with_options(bad_options())),
        Capture::new("tcp-lies", EN10MB, lies()),
        Capture::new("tcp-mid-stream", EN10MB, mid_stream()),
        Capture::cut("tcp-cut", EN10MB, vec![full.frame(), eth(0x86dd, &full.over6(&ip6(6)))]),
        Capture::cut("tcp-cut-raw", RAW, vec![full.over4(&ip4(6)), full.over6(&ip6(6))]),
        Capture::cut(
            "tcp-cut-options",
            IPV4,
            spread.iter().map(|o| tcp(ACK, 5, 9).options(o).payload(b"tail").over4(&ip4(6))).collect(),
        ),
        Capture::cut(
            "tcp-cut-multipath",
            IPV4,
            good_options()
                .iter()
                .skip(43)
                .step_by(7)
                .map(|o| tcp(ACK, 5, 9).options(o).over4(&ip4(6)))
                .collect(),
        ),
    ]
}
