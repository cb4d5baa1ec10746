//! UDP: lengths that lie, checksums, cuts. Ports that tcpdump dissects are avoided.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6, RAW};

fn lies() -> Vec<Vec<u8>> {
    let (v4, v6) = (ip4(17), ip6(17));
    let mut packets = Vec::new();
    for len in [0u16, 1, 7, 8, 9, 15, 16, 17, 100, 65535] {
        for sum in [0u16, 0x1234, 0xffff] {
            let datagram = udp_bare(4000, 4001, Some(len), sum, b"datagram");
            packets.push(v4.carry(&datagram));
            packets.push(v6.carry(&datagram));
            packets.push(Ip4 { frag: 0x2000, ..v4.clone() }.carry(&datagram));
            packets.push(cat(&[&v4.carry(&datagram), &[0; 20]]));
        }
    }
    for payload in 0..10usize {
        packets.push(v4.carry(&udp4(&v4, 4000, 4001, &bytes(1, payload))));
        packets.push(v6.carry(&udp6(&v6, 4000, 4001, &bytes(1, payload))));
        packets.push(Ip4 { total: Some(20 + payload as u16), ..v4.clone() }.carry(&udp4(
            &v4,
            4000,
            4001,
            b"datagram",
        )));
        packets.push(Ip6 { len: Some(payload as u16), ..v6.clone() }.carry(&udp6(
            &v6,
            4000,
            4001,
            b"datagram",
        )));
    }
    for (sport, dport) in [(0u16, 0u16), (65535, 65535), (1, 2), (443, 50000), (137, 138), (139, 445)] {
        packets.push(v4.carry(&udp4(&v4, sport, dport, &bytes(3, 30))));
        packets.push(v6.carry(&udp6(&v6, sport, dport, &bytes(3, 30))));
    }
    packets
}

pub(crate) fn captures() -> Vec<Capture> {
    let four = ip4(17).carry(&udp4(&ip4(17), 4000, 4001, b"datagram"));
    let six = ip6(17).carry(&udp6(&ip6(17), 4000, 4001, b"datagram"));
    vec![
        Capture::new("udp-lies", RAW, lies()),
        Capture::new(
            "udp-lies-ethernet",
            EN10MB,
            lies().iter().map(|p| eth(if p[0] >> 4 == 6 { 0x86dd } else { 0x0800 }, p)).collect(),
        ),
        Capture::cut("udp-cut", IPV4, vec![four]),
        Capture::cut("udp-cut-six", IPV6, vec![six]),
    ]
}
