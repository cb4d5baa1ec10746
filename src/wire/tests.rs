//! `Layers` on whole packets: known ones, damaged ones, and etherparse as a second opinion.
use etherparse::PacketBuilder;
use proptest::prelude::*;

use super::*;

const LINKS: [LinkType; 10] = [
    LinkType::NULL,
    LinkType::ETHERNET,
    LinkType::DLT_RAW,
    LinkType::RAW,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL2,
    LinkType(12345),
];

/// IPv4 and TCP with timestamps, 33 bytes of payload.
fn tcp_over_ipv4() -> Vec<u8> {
    let mut out = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .tcp(443, 51234, 7, 1024)
        .ack(9)
        .options_raw(&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2])
        .unwrap()
        .write(&mut out, &[b'x'; 33])
        .unwrap();
    out
}

fn with(header: &[u8], packet: &[u8]) -> Vec<u8> {
    [header, packet].concat()
}

#[test]
fn every_link_header_leads_to_the_same_segment() {
    let ip = tcp_over_ipv4();
    let macs = [2u8; 12];
    let length = u16::try_from(ip.len() + 8).unwrap().to_be_bytes();
    let cases: [(LinkType, Vec<u8>); 12] = [
        (LinkType::ETHERNET, with(&macs, &[8, 0])),
        (LinkType::ETHERNET, with(&macs, &[0x81, 0, 0, 7, 8, 0])),
        (LinkType::ETHERNET, with(&macs, &[0x88, 0xa8, 0, 7, 0x91, 0, 0, 8, 0x81, 0, 0, 9, 8, 0])),
        (LinkType::ETHERNET, with(&macs, &with(&length, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]))),
        (LinkType::LINUX_SLL, with(&[0; 14], &[8, 0])),
        (LinkType::LINUX_SLL, with(&[0; 14], &[0x81, 0, 0, 7, 8, 0])),
        (LinkType::LINUX_SLL, with(&[0; 14], &[0, 4, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0])),
        (LinkType::LINUX_SLL2, with(&[8, 0], &[0; 18])),
        (LinkType::NULL, vec![2, 0, 0, 0]),
        (LinkType::LOOP, vec![0, 0, 0, 2]),
        (LinkType::RAW, vec![]),
        (LinkType::IPV4, vec![]),
    ];
    for (link, header) in cases {
        // Link padding after the packet is nobody's payload.
        let frame = [&header[..], &ip[..], &[0xee; 9]].concat();
        let layers = Layers::decode(link, &frame);
        let tcp = layers.tcp().unwrap_or_else(|| panic!("{link:?} {header:x?}: {layers:?}"));
        assert_eq!((tcp.src_port(), tcp.dst_port()), (443, 51234));
        assert_eq!(layers.payload, [b'x'; 33]);
        assert_eq!(layers.stop, None);
        assert_eq!(layers.network_offset, header.len());
        assert_eq!(layers.transport_offset, header.len() + 20);
        assert_eq!(layers.payload_offset, header.len() + 20 + 32);
        assert_eq!((layers.transport_len(), layers.payload_len(), layers.missing()), (65, 33, 0));
        assert_eq!(layers.ether_type, Some(EtherType::IPV4));
        assert_eq!(layers.protocol, Some(IpProtocol::TCP));
    }
}

#[test]
fn a_segment_cut_anywhere_says_what_is_missing() {
    let frame = with(&with(&[2; 12], &[8, 0]), &tcp_over_ipv4());
    for have in 0..frame.len() {
        let layers = Layers::decode(LinkType::ETHERNET, &frame[..have]);
        let layer = match layers.stop {
            Some(Error::Truncated { layer, .. }) => Some(layer),
            None => None,
            other => panic!("{have}: {other:?}"),
        };
        let expected = match have {
            0..14 => Some(Layer::Ethernet),
            14..34 => Some(Layer::Ipv4),
            34..54 => Some(Layer::Tcp),
            54..66 => Some(Layer::TcpOptions),
            _ => None,
        };
        assert_eq!(layer, expected, "{have}");
        assert_eq!(layers.transport.is_some(), have >= 38, "{have}");
        assert_eq!(matches!(layers.transport, Some(Transport::Ports(_))), (38..54).contains(&have));
        if have >= 54 {
            assert_eq!(layers.payload_len(), 33, "{have}");
            assert_eq!(layers.missing(), 33 - have.saturating_sub(66));
        }
        assert!(layers.payload_offset + layers.payload.len() <= have);
    }
}

#[test]
fn only_the_first_fragment_has_a_transport_header() {
    let mut packet = tcp_over_ipv4();
    packet[6] = 0x20;
    assert!(Layers::decode(LinkType::RAW, &packet).tcp().is_some());
    packet[7] = 1;
    let later = Layers::decode(LinkType::RAW, &packet);
    assert!(later.transport.is_none() && later.is_later_fragment() && later.stop.is_none());
    assert_eq!((later.payload.len(), later.payload_offset), (65, 20));
}

#[test]
fn a_bad_data_offset_leaves_the_ports() {
    let mut packet = tcp_over_ipv4();
    packet[32] = 0x40;
    let layers = Layers::decode(LinkType::RAW, &packet);
    let ports = Ports { src_port: 443, dst_port: 51234 };
    assert!(matches!(layers.transport, Some(Transport::Ports(p)) if p == ports));
    assert_eq!(layers.stop, Some(Error::Invalid { layer: Layer::Tcp, reason: "data offset below 5" }));
}

#[test]
fn tunnels_are_decoded_one_step_at_a_time() {
    let mut packet = tcp_over_ipv4();
    for _ in 0..50 {
        let len = u16::try_from(packet.len() + 20).unwrap().to_be_bytes();
        let mut outer = vec![0x45, 0, len[0], len[1], 0, 0, 0, 0, 64, 4, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        outer.append(&mut packet);
        packet = outer;
    }
    let mut layers = Layers::decode(LinkType::RAW, &packet);
    for depth in 0..50 {
        assert_eq!(layers.network_offset, 20 * depth);
        layers = layers.inner().expect("there is one more");
    }
    assert_eq!(layers.tcp().expect("in the middle").src_port(), 443);
    assert_eq!(layers.payload_offset, packet.len() - 33);
    assert!(layers.inner().is_none());
}

#[test]
fn transports_behind_extension_headers_are_found() {
    let tcp = &tcp_over_ipv4()[20..];
    let mut packet = vec![0x60, 0, 0, 0, 0, 16 + 65, 60, 64];
    packet.extend([0xfe; 32]);
    packet.extend([44, 0, 1, 4, 0, 0, 0, 0]);
    packet.extend([6, 0, 0, 1, 0, 0, 0, 9]);
    packet.extend(tcp);
    let layers = Layers::decode(LinkType::IPV6, &packet);
    assert_eq!((layers.protocol, layers.stop), (Some(IpProtocol::TCP), None));
    assert_eq!((layers.transport_offset, layers.transport_len(), layers.payload_len()), (56, 65, 33));
    assert_eq!(layers.payload, [b'x'; 33]);

    packet[51] = 0xf9;
    let later = Layers::decode(LinkType::IPV6, &packet);
    assert!(later.is_later_fragment() && later.transport.is_none());

    let cut = Layers::decode(LinkType::IPV6, &packet[..50]);
    assert!(matches!(cut.stop, Some(Error::Truncated { layer: Layer::Ipv6Extension, need: 8, have: 2 })));
}

#[test]
fn an_authentication_header_in_ipv4_is_walked_over() {
    let plain = tcp_over_ipv4();
    let mut packet = plain[..20].to_vec();
    packet[3] += 12;
    packet[9] = 51;
    packet.extend([6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
    packet.extend(&plain[20..]);
    let layers = Layers::decode(LinkType::RAW, &packet);
    assert_eq!(layers.tcp().expect("behind the header").dst_port(), 51234);
    assert_eq!((layers.transport_offset, layers.payload_len(), layers.missing()), (32, 33, 0));
}

#[test]
fn what_is_not_decoded_is_named() {
    let unsupported = |link, data: &[u8]| match Layers::decode(link, data).stop {
        Some(Error::Unsupported { layer, number }) => (layer, number),
        other => panic!("{other:?}"),
    };
    assert_eq!(unsupported(LinkType(999), &[1]), (Layer::Link, 999));
    assert_eq!(unsupported(LinkType::ETHERNET, &[0x99; 20]), (Layer::Ethernet, 0x9999));
    assert_eq!(unsupported(LinkType::NULL, &[7, 0, 0, 0]), (Layer::Null, 7));
    let mut gre = tcp_over_ipv4();
    gre[9] = 47;
    assert_eq!(unsupported(LinkType::RAW, &gre), (Layer::Ipv4, 47));
}

#[test]
fn shows_itself_from_the_outside_in() {
    let frame = with(&with(&[2; 12], &[0x81, 0, 0, 7, 8, 0]), &tcp_over_ipv4());
    assert_eq!(
        Layers::decode(LinkType::ETHERNET, &frame).to_string(),
        "02:02:02:02:02:02 > 02:02:02:02:02:02 VLAN: vlan 7 p 0 IPV4: \
         10.0.0.1 > 10.0.0.2 TCP ttl 64 id 0 length 85: 443 > 51234 ACK seq 7 ack 9 win 1024 length 33"
    );
    assert_eq!(
        Layers::decode(LinkType::ETHERNET, &frame[..40]).to_string(),
        "02:02:02:02:02:02 > 02:02:02:02:02:02 VLAN: vlan 7 p 0 IPV4: \
         10.0.0.1 > 10.0.0.2 TCP ttl 64 id 0 length 85: (Tcp: 2 bytes captured of 20)"
    );
}

/// Calls everything there is to call on what was decoded.
fn exercise(layers: &Layers<'_>, frame: &[u8]) {
    assert!(layers.payload_offset + layers.payload.len() <= frame.len(), "{layers:?}");
    assert_eq!(layers.payload, &frame[layers.payload_offset..][..layers.payload.len()], "{layers:?}");
    assert!(layers.network_offset <= layers.transport_offset);
    assert!(layers.transport_offset <= layers.payload_offset);
    let _ = (layers.to_string(), format!("{layers:?}"), layers.llc(), layers.vlans().count());
    let _ = (layers.payload_len(), layers.missing(), layers.transport_len(), layers.is_later_fragment());
    match layers.network {
        Some(Network::Ipv4(ip)) => {
            let _ = (ip.options_iter().count(), ip.final_dst(), etherparse::Ipv4Header::try_from(ip).is_ok());
        }
        Some(Network::Ipv6(ip)) => {
            let _ = (ip.extensions().count(), etherparse::Ipv6Header::from(ip));
        }
        Some(Network::Arp(arp)) => {
            let _ = (arp.sender_ipv4(), etherparse::ArpPacket::try_from(arp).is_ok());
        }
        None => {}
    }
    match layers.transport {
        Some(Transport::Tcp(tcp)) => {
            let _ = (tcp.options_iter().count(), etherparse::TcpHeader::try_from(tcp).is_ok());
        }
        Some(Transport::Icmpv4(icmp)) => {
            let _ = (icmp.typed(), icmp.quoted().map(|l| l.to_string()));
        }
        Some(Transport::Icmpv6(icmp)) => {
            let _ = (icmp.typed(), icmp.quoted().map(|l| l.to_string()));
        }
        _ => {}
    }
    if let Some(inner) = layers.inner() {
        exercise(&inner, frame);
    }
}

/// A frame that leads somewhere, before it is damaged.
fn frame(links: impl Strategy<Value = LinkType>) -> impl Strategy<Value = (LinkType, Vec<u8>)> {
    let ip = prop_oneof![
        Just(tcp_over_ipv4()),
        proptest::collection::vec(any::<u8>(), 0..60).prop_map(|payload| {
            let mut out = Vec::new();
            PacketBuilder::ipv6([1; 16], [2; 16], 3).udp(53, 54).write(&mut out, &payload).unwrap();
            out
        }),
        Just({
            let mut out = Vec::new();
            let quoted = tcp_over_ipv4();
            PacketBuilder::ipv4([1; 4], [2; 4], 3).icmpv4_raw(3, 1, [0; 4]).write(&mut out, &quoted).unwrap();
            out
        }),
        (any::<[u8; 40]>(), prop_oneof![Just(0u8), Just(43), Just(44), Just(60), Just(51)]).prop_map(
            |(chain, next)| {
                let mut out = vec![0x60, 0, 0, 0, 0, 40, next, 1];
                out.extend([7; 32]);
                out.extend(chain);
                out[41] &= 1;
                out
            }
        ),
    ];
    (links, ip).prop_map(|(link, ip)| {
        let version: u8 = if ip[0] >> 4 == 4 { 0 } else { 1 };
        let ether_type = [[8, 0], [0x86, 0xdd]][usize::from(version)];
        let header = match link {
            LinkType::ETHERNET => with(&[2; 12], &ether_type),
            LinkType::LINUX_SLL => with(&[0; 14], &ether_type),
            LinkType::LINUX_SLL2 => with(&ether_type, &[0; 18]),
            LinkType::NULL | LinkType::LOOP => vec![0, 0, 0, [2, 28][usize::from(version)]],
            _ => vec![],
        };
        (link, with(&header, &ip))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_bytes_at_all_panic(i in 0..LINKS.len(), data in proptest::collection::vec(any::<u8>(), 0..200)) {
        exercise(&Layers::decode(LINKS[i], &data), &data);
    }

    #[test]
    fn no_damage_panics(
        (link, mut data) in frame(proptest::sample::select(&LINKS[..])),
        hits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        for (at, byte) in hits {
            let at = at.index(data.len());
            data[at] = byte;
        }
        exercise(&Layers::decode(link, &data), &data);
        let cut = &data[..cut.index(data.len() + 1)];
        exercise(&Layers::decode(link, cut), cut);
    }

    #[test]
    fn agrees_with_etherparse_on_damaged_frames(
        (link, mut data) in frame(Just(LinkType::ETHERNET)),
        hits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
        cut in 0usize..30,
    ) {
        use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};

        for (at, byte) in hits {
            let at = at.index(data.len());
            data[at] = byte;
        }
        data.truncate(data.len().saturating_sub(cut));
        let ours = Layers::decode(link, &data);
        let Ok(theirs) = LaxSlicedPacket::from_ethernet(&data) else { return Ok(()) };
        // It trusts a header length over a shorter total length, where ours stops, and the
        // version over the EtherType.
        let lies = matches!(ours.stop, Some(Error::Invalid { layer: Layer::Ipv4 | Layer::Ipv6Extension, .. }));
        let is = |kind| ours.ether_type == Some(kind) && !lies;
        if let (Some(LaxNetSlice::Ipv4(their)), true) = (&theirs.net, is(EtherType::IPV4)) {
            let Some(Network::Ipv4(our)) = ours.network else { panic!("{ours:?}\n{theirs:?}") };
            let header = their.header();
            prop_assert_eq!(our.src(), header.source_addr());
            prop_assert_eq!(our.dst(), header.destination_addr());
            prop_assert_eq!(our.total_len(), header.total_len());
            prop_assert_eq!(our.options(), header.options());
            prop_assert_eq!(our.fragment_offset(), header.fragments_offset().value() << 3);
        }
        if let (Some(LaxNetSlice::Ipv6(their)), true) = (&theirs.net, is(EtherType::IPV6)) {
            let Some(Network::Ipv6(our)) = ours.network else { panic!("{ours:?}\n{theirs:?}") };
            prop_assert_eq!(our.src(), their.header().source_addr());
            prop_assert_eq!(our.flow_label(), their.header().flow_label().value());
            prop_assert_eq!(our.payload_len(), their.header().payload_length());
        }
        match (&theirs.transport, ours.transport) {
            (Some(TransportSlice::Tcp(their)), Some(Transport::Tcp(our))) => {
                prop_assert_eq!(our.src_port(), their.source_port());
                prop_assert_eq!(our.seq().0, their.sequence_number());
                prop_assert_eq!(our.window(), their.window_size());
                prop_assert_eq!(our.options(), their.options());
                prop_assert_eq!(ours.payload, their.payload());
            }
            (Some(TransportSlice::Udp(their)), Some(Transport::Udp(our))) => {
                prop_assert_eq!(our.dst_port(), their.destination_port());
                prop_assert_eq!(our.len(), their.length());
            }
            _ => {}
        }
    }
}
