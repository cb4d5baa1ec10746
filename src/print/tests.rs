//! What whole lines look like, and what no bytes can make the printer do.
use proptest::prelude::*;

use super::*;
use crate::packet::{ChecksumStatus, Packet, Timestamp};
use crate::wire::LinkType;

const LINKS: [LinkType; 9] = [
    LinkType::ETHERNET,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::RAW,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType(12_345),
];

fn plain() -> PrinterBuilder {
    Printer::builder().numeric(true).time(TimeStyle::None)
}

/// The text of packets, one printer for all.
fn text(builder: PrinterBuilder, packets: &[Packet<'_>]) -> String {
    let mut printer = builder.build(Vec::new());
    for packet in packets {
        printer.print(packet).unwrap();
    }
    String::from_utf8(printer.into_inner()).unwrap()
}

/// The line of one raw IP packet.
fn line(builder: PrinterBuilder, data: &[u8]) -> String {
    text(builder, &[Packet::new(LinkType::RAW, data)])
}

/// IPv4 from 192.0.2.1 to 192.0.2.2 around `payload`.
fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut data = vec![0x45, 0, 0, 0, 0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
    data.extend_from_slice(payload);
    let len = u16::try_from(data.len()).unwrap();
    data[2..4].copy_from_slice(&len.to_be_bytes());
    data
}

/// IPv6 from fe80::1 to fe80::2 around `payload`.
fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut data = vec![0x60, 0, 0, 0, 0, 0, next, 64];
    for last in [1, 2] {
        data.extend_from_slice(&[0xfe, 0x80]);
        data.extend_from_slice(&[0; 13]);
        data.push(last);
    }
    data[4..6].copy_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
    data.extend_from_slice(payload);
    data
}

/// A TCP segment from port 1025 to 80; `options` is padded with zeros.
fn tcp(seq: u32, ack: u32, flags: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let words = 5 + options.len().div_ceil(4);
    let mut data = vec![4, 1, 0, 80];
    data.extend_from_slice(&seq.to_be_bytes());
    data.extend_from_slice(&ack.to_be_bytes());
    data.extend_from_slice(&[u8::try_from(words << 4).unwrap(), flags, 2, 0, 0, 0, 0, 0]);
    data.extend_from_slice(options);
    data.resize(words * 4, 0);
    data.extend_from_slice(payload);
    data
}

fn ethernet(payload: &[u8]) -> Vec<u8> {
    let mut data = vec![0, 17, 34, 51, 68, 85, 170, 187, 204, 221, 238, 255, 8, 0];
    data.extend_from_slice(payload);
    data
}

#[test]
fn shows_a_handshake_with_relative_numbers_after_it() {
    let syn = ipv4(6, &tcp(1000, 0, 2, &[2, 4, 5, 180, 1, 3, 3, 7], &[]));
    let data = ipv4(6, &tcp(1001, 5001, 0x18, &[], b"abc"));
    let more = ipv4(6, &tcp(1004, 5001, 0x10, &[1, 1, 5, 10, 0, 0, 19, 138, 0, 0, 19, 146], b"d"));
    let shown = text(plain(), &[&syn, &data, &more].map(|data| Packet::new(LinkType::RAW, data)));
    assert_eq!(
        shown,
        "IP 192.0.2.1.1025 > 192.0.2.2.80: Flags [S], seq 1000, win 512, options [mss 1460,nop,wscale 7], length 0\n\
         IP 192.0.2.1.1025 > 192.0.2.2.80: Flags [P.], seq 1001:1004, ack 5001, win 512, length 3: HTTP\n\
         IP 192.0.2.1.1025 > 192.0.2.2.80: Flags [.], seq 3:4, ack 1, win 512, options [nop,nop,sack 1 {2:10}], length 1: HTTP\n"
    );
}

#[test]
fn quiet_is_one_word_and_a_length() {
    let data = ipv4(6, &tcp(1, 2, 0x10, &[], b"abc"));
    assert_eq!(line(plain().quiet(1), &data), "IP 192.0.2.1.1025 > 192.0.2.2.80: tcp 3\n");
}

#[test]
fn verbose_shows_headers_and_judges_checksums() {
    let data = ipv4(6, &tcp(1, 2, 0x10, &[], &[]));
    assert_eq!(
        line(plain().verbose(1), &data),
        "IP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto TCP (6), length 40, bad cksum 0 (->f6cb)!)\n    \
         192.0.2.1.1025 > 192.0.2.2.80: Flags [.], cksum 0x0000 (incorrect -> 0x257d), ack 2, win 512, length 0\n"
    );
    assert!(!line(plain().verbose(1).verify_checksums(false), &data).contains("cksum"));
}

#[test]
fn a_checksum_still_to_be_computed_is_not_called_wrong() {
    let data = ipv4(6, &tcp(1, 2, 0x10, &[], &[]));
    let packet = Packet { checksum: ChecksumStatus::NotReady, ..Packet::new(LinkType::RAW, &data) };
    let shown = text(plain().verbose(1), &[packet]);
    assert!(shown.contains("cksum 0x0000 (not yet computed)"), "{shown}");
    assert!(!shown.contains("incorrect"), "{shown}");
    let packet = Packet { checksum: ChecksumStatus::Verified, ..packet };
    assert!(text(plain().verbose(1), &[packet]).contains("cksum 0x0000 (correct)"));
}

#[test]
fn text_protocols_show_their_first_line_or_with_verbose_all() {
    let data = ipv4(6, &tcp(1, 2, 4, &[], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(line(plain(), &data).ends_with("length 27: HTTP: GET / HTTP/1.1\n"));
    let data = ipv4(6, &tcp(1, 2, 0x10, &[], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(
        line(plain().verbose(1), &data).ends_with(": HTTP, length: 27\n\tGET / HTTP/1.1\n\tHost: x\n\t\n")
    );
    let data = ipv4(6, &tcp(1, 2, 0x10, &[], b"GET / \x1b[2J\r\n"));
    assert!(line(plain(), &data).ends_with("length 12: HTTP\n"));
    assert!(line(plain().payload(Payload::Nothing), &data).ends_with("length 12\n"));
}

#[test]
fn a_reset_may_say_why() {
    let data = ipv4(6, &tcp(1, 2, 4, &[], b"gone\n\xff"));
    assert!(line(plain().verbose(1), &data).ends_with("length 6 [RST gone^JM-^?]\n"));
}

#[test]
fn impossible_options_end_the_line() {
    for (options, end) in [
        (&[2, 4, 5][..], "[mss 1280]"),
        (&[1, 8, 0], "[nop,[bad opt]]"),
        (&[8, 1], "[[bad opt]"),
        (&[2, 3, 5, 180, 0], "[mss 1460[len 3],eol]"),
        (&[99, 3, 7, 0], "[unknown-99 0x07,eol]"),
    ] {
        let shown = line(plain(), &ipv4(6, &tcp(1, 0, 2, options, &[])));
        assert!(shown.contains(&format!("options {end}")), "{shown}");
    }
}

#[test]
fn extension_headers_come_before_the_ports() {
    let mut chain = vec![44, 0, 1, 4, 0, 0, 0, 0];
    chain.extend_from_slice(&[6, 0, 0, 1, 0, 0, 0, 9]);
    chain.extend_from_slice(&tcp(1, 0, 2, &[], &[]));
    let data = ipv6(0, &chain);
    assert_eq!(
        line(plain().verbose(1), &data),
        "IP6 (hlim 64, next-header Options (0) payload length: 36) fe80::1 > fe80::2: HBH (padn) \
         frag (0x00000009:0|20) 1025 > 80: Flags [S], seq 1, win 512, length 0\n"
    );
}

#[test]
fn packets_in_packets_are_one_line() {
    let inner = ipv6(6, &tcp(1, 0, 2, &[], &[]));
    assert_eq!(
        line(plain(), &ipv4(41, &ipv4(4, &inner)[..])),
        "IP 192.0.2.1 > 192.0.2.2: IP6 version error: 4 != 6\n"
    );
    assert_eq!(
        line(plain(), &ipv4(4, &ipv4(41, &inner))),
        "IP 192.0.2.1 > 192.0.2.2: IP 192.0.2.1 > 192.0.2.2: IP6 fe80::1.1025 > fe80::2.80: Flags [S], seq 1, \
         win 512, length 0\n"
    );
}

#[test]
fn three_thousand_nested_headers_do_not_exhaust_the_stack() {
    let mut data = Vec::new();
    for i in (0..3200_u16).rev() {
        data.extend_from_slice(&[0x45, 0]);
        data.extend_from_slice(&((i + 1) * 20).to_be_bytes());
        data.extend_from_slice(&[0, 1, 0, 0, 64, 4, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
    let shown = line(plain(), &data);
    assert_eq!(shown.matches("IP 1.2.3.4 > 5.6.7.8: ").count(), 3200);
}

#[test]
fn a_dump_starts_at_byte_zero_when_a_fetch_went_too_far() {
    let frame = ethernet(&ipv4(6, &tcp(1, 0, 2, &[2, 4, 5, 180], &[])));
    let cut = |len: usize| {
        let wire_len = u32::try_from(frame.len()).unwrap();
        let data = &frame[..len];
        let packet = Packet { wire_len, ..Packet::new(LinkType::ETHERNET, data) };
        text(plain().dump(Dump::Hex { link: false }), &[packet])
    };
    assert!(cut(55).contains("options [ [|tcp]\n\t0x0000:  0011 2233"), "{}", cut(55));
    assert!(cut(57).contains("options [mss [|tcp]\n\t0x0000:  4500 002c"), "{}", cut(57));
    assert!(
        cut(30).ends_with("IP  [|ip]\n\t0x0000:  4500 002c 0001 0000 4006 0000 c000 0201\n"),
        "{}",
        cut(30)
    );
}

#[test]
fn tags_are_shown_with_the_link_header_only() {
    let mut frame = ethernet(&[]);
    frame.truncate(12);
    frame.extend_from_slice(&[0x81, 0, 0x30, 5, 8, 0]);
    frame.extend_from_slice(&ipv4(6, &tcp(1, 0, 2, &[], &[])));
    let packet = Packet::new(LinkType::ETHERNET, &frame);
    assert!(text(plain(), &[packet]).starts_with("IP 192.0.2.1.1025"));
    assert!(text(plain().link_header(true), &[packet]).starts_with(
        "aa:bb:cc:dd:ee:ff > 00:11:22:33:44:55, ethertype 802.1Q (0x8100), length 58: vlan 5, p 1, DEI, \
         ethertype IPv4 (0x0800), 192.0.2.1.1025"
    ));
}

#[test]
fn impossible_lengths_are_said_and_the_packet_skipped() {
    let packet = Packet { wire_len: 3, cap_len: 5, ..Packet::new(LinkType::RAW, &[0; 5]) };
    assert_eq!(text(plain().number(true), &[packet]), "    1  [Invalid header: len(3) < caplen(5)]\n");
    let packet = Packet::new(LinkType::RAW, &[]);
    assert_eq!(text(plain(), &[packet]), "[Invalid header: caplen==0, len==0]\n");
}

fn any_builder() -> impl Strategy<Value = PrinterBuilder> {
    let dump = prop_oneof![
        Just(Dump::None),
        any::<bool>().prop_map(|link| Dump::Hex { link }),
        any::<bool>().prop_map(|link| Dump::HexAscii { link }),
        any::<bool>().prop_map(|link| Dump::Ascii { link }),
    ];
    (any::<[bool; 5]>(), 0..4_u8, 0..3_u8, dump).prop_map(|([n, e, s, k, t], v, q, dump)| {
        let style = if t { TimeStyle::DateTime } else { TimeStyle::SincePrevious };
        Printer::builder()
            .numeric(n)
            .link_header(e)
            .absolute_seq(s)
            .verify_checksums(k)
            .verbose(v)
            .quiet(q)
            .time(style)
            .dump(dump)
    })
}

/// Bytes that begin like packets, here and there with others over them.
fn any_packet() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        Just(b"GET / HTTP/1.1\r\nA: b\r\n\r\n".to_vec()),
    ];
    let segment = (any::<u32>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40), payload)
        .prop_map(|(seq, flags, options, payload)| tcp(seq, 1, flags, &options, &payload));
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        segment.clone().prop_map(|s| ipv4(6, &s)),
        segment.clone().prop_map(|s| ipv6(6, &s)),
        (any::<u8>(), segment.clone()).prop_map(|(protocol, s)| ipv4(protocol, &s)),
        (any::<u8>(), segment).prop_map(|(next, s)| ipv6(next, &s)),
    ];
    let link = prop_oneof![
        Just(vec![]),
        (any::<u16>(), any::<bool>()).prop_map(|(kind, ip)| {
            let mut header = vec![7; 12];
            header.extend_from_slice(&if ip { 0x0800 } else { kind }.to_be_bytes());
            header
        }),
        proptest::collection::vec(any::<u8>(), 0..24),
    ];
    (link, body, proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4)).prop_map(
        |(mut data, body, changes)| {
            data.extend_from_slice(&body);
            for (index, byte) in changes {
                if !data.is_empty() {
                    let at = index.index(data.len());
                    data[at] = byte;
                }
            }
            data
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_bytes_panic_or_get_to_the_terminal(
        data in any_packet(),
        builder in any_builder(),
        link in proptest::sample::select(&LINKS[..]),
        beyond in 0..100_u32,
        secs in any::<i64>(),
        nanos in any::<u64>(),
        checksum in proptest::sample::select(&[ChecksumStatus::Unknown, ChecksumStatus::NotReady][..]),
    ) {
        let mut packet = Packet::new(link, &data);
        packet.time = Timestamp::new(secs, nanos);
        packet.wire_len += beyond;
        packet.checksum = checksum;
        let mut printer = builder.build(Vec::new());
        for _ in 0..2 {
            printer.print(&packet).unwrap();
        }
        let out = printer.into_inner();
        prop_assert!(out.iter().all(|b| matches!(b, b'\n' | b'\t' | b' '..=b'~')), "{:?}", String::from_utf8_lossy(&out));
        prop_assert_eq!(out.last(), Some(&b'\n'));
    }

    #[test]
    fn numbers_left_open_and_put_in_later_are_those_put_in_at_once(
        list in proptest::collection::vec((any_packet(), any::<i32>()), 1..6),
        builder in any_builder(),
        link in proptest::sample::select(&LINKS[..]),
    ) {
        let formatter = builder.formatter();
        let mut scratch = formatter.scratch();
        let (mut now, mut later) = (formatter.sequence(), formatter.sequence());
        let (mut at_once, mut closed, mut draft) = (Vec::new(), Vec::new(), Draft::default());
        for (data, secs) in &list {
            let mut packet = Packet::new(link, data);
            packet.time = Timestamp::new((*secs).into(), 0);
            let header_len = formatter.format(&packet, &mut now, &mut scratch, &mut at_once);
            let place = formatter.place(&packet, &mut later);
            prop_assert_eq!(formatter.draft(&packet, place, &mut scratch, &mut draft), header_len);
        }
        later.close(&draft, &mut closed);
        prop_assert_eq!(String::from_utf8_lossy(&closed), String::from_utf8_lossy(&at_once));
    }
}

#[test]
fn signatures_are_checked_with_the_secret() {
    let bytes = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    // Made with the secret "secret" over a payload of "hello".
    let header = "00b303e80000000700000009a01802001234000001011312";
    let payload = "68656c6c6f";
    let four = ipv4(6, &bytes(&format!("{header}93572501ee71fd91b51e079c91ff743d{payload}")));
    let six = ipv6(6, &bytes(&format!("{header}8fdb6089e0a31f1b0675039f082c59a6{payload}")));
    let mut six = six;
    for (at, last) in [(8, 1), (24, 2)] {
        six[at..at + 16].copy_from_slice(&[&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[last]].concat());
    }
    for packet in [&four, &six] {
        let right = line(plain().md5_secret(*b"secret"), packet);
        assert!(right.contains("options [nop,nop,md5 valid], length 5"), "{right}");
        let wrong = line(plain().md5_secret(*b"Secret"), packet);
        assert!(wrong.contains("options [nop,nop,md5  (invalid)], length 5"), "{wrong}");
        let without = line(plain(), packet);
        assert!(without.contains("md5 shared secret not supplied with -M, can't check - "), "{without}");
    }
    // A byte of the payload was not captured.
    let cut = line(plain().md5_secret(*b"secret"), &four[..four.len() - 1]);
    assert!(cut.contains("md5 snaplen too short, can't check - 93572501"), "{cut}");
}
