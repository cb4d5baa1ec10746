//! Packets for filters to disagree about, on every link type: each rule of the language has packets on both
//! sides of it, whole and cut.
use crate::random::Random;
use synack::LinkType;

pub(crate) const LINKS: [LinkType; 8] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
];

/// Every number that libpcap 1.10.3 compiles filters for, but those above.
pub(crate) fn other_links() -> impl Iterator<Item = LinkType> {
    let numbers = (6..=10).chain([50, 51, 99, 100]).chain(102..=289).filter(|number| *number != 111);
    numbers.map(LinkType).filter(|link| !LINKS.contains(link))
}

pub(crate) const ADDRESSES: [[u8; 4]; 8] = [
    [10, 0, 0, 1],
    [10, 0, 0, 2],
    [10, 1, 2, 3],
    [192, 168, 1, 1],
    [127, 0, 0, 1],
    [224, 0, 0, 251],
    [255, 255, 255, 255],
    [10, 0, 0, 255],
];
pub(crate) const PORTS: [u16; 8] = [80, 443, 53, 22, 1000, 65535, 0, 6081];
pub(crate) const MACS: [[u8; 6]; 4] =
    [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [1, 0, 0x5e, 0, 0, 0xfb], [0xff; 6]];

/// IPv6 addresses: two hosts of a net, one of another, loopback, two multicast groups.
pub(crate) fn address6(i: usize) -> [u8; 16] {
    let mut addr = [0; 16];
    match i % 6 {
        0 | 1 => (addr[0], addr[1], addr[2], addr[3], addr[15]) = (0x20, 0x01, 0x0d, 0xb8, i as u8 % 6 + 1),
        2 => (addr[0], addr[1], addr[15]) = (0xfe, 0x80, 9),
        3 => addr[15] = 1,
        4 => (addr[0], addr[1], addr[15]) = (0xff, 2, 1),
        _ => (addr[0], addr[1], addr[15]) = (0xff, 5, 2),
    }
    addr
}

fn transport(protocol: u8, random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    let ports = [random.of(&PORTS), random.of(&PORTS)];
    match protocol {
        6 => {
            ports.iter().for_each(|port| bytes.extend(port.to_be_bytes()));
            bytes.extend(random.bytes(8));
            bytes.extend([0x50, random.below(256) as u8, 0x10, 0, 0, 0, 0, 0]);
        }
        17 => {
            ports.iter().for_each(|port| bytes.extend(port.to_be_bytes()));
            bytes.extend([0, 20, 0, 0]);
        }
        132 => {
            ports.iter().for_each(|port| bytes.extend(port.to_be_bytes()));
            bytes.extend(random.bytes(8));
        }
        1 => bytes.extend([random.of(&[0, 3, 5, 8, 11, 13]), random.below(4) as u8, 0, 0, 0, 1, 0, 1]),
        58 => bytes.extend([random.of(&[1, 128, 129, 133, 135, 136]), random.below(3) as u8, 0, 0]),
        51 => bytes.extend([random.of(&[6, 17, 51]), random.below(3) as u8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]),
        _ => {}
    }
    bytes.extend(random.bytes(12));
    bytes
}

pub(crate) fn ipv4(random: &mut Random) -> Vec<u8> {
    let protocol = random.of(&[6, 6, 6, 17, 17, 132, 1, 2, 9, 103, 112, 50, 51, 58, 255]);
    let ihl = random.of(&[5, 5, 5, 5, 6, 15, 4, 0]);
    let frag: u16 = random.of(&[0, 0, 0, 0x4000, 0x2000, 0x2001, 0x0001, 0x1fff, 0x8000]);
    let mut packet = vec![0x40 | ihl, random.of(&[0, 0x10, 0xb8]), 0, 0, 0, 1];
    packet.extend(frag.to_be_bytes());
    packet.extend([random.of(&[1, 64, 255]), protocol, 0, 0]);
    packet.extend(random.of(&ADDRESSES));
    packet.extend(random.of(&ADDRESSES));
    packet.resize(usize::from(ihl).max(5) * 4, 1);
    packet.extend(transport(protocol, random));
    let len = packet.len() as u16;
    packet[2..4].copy_from_slice(&len.to_be_bytes());
    packet
}

pub(crate) fn ipv6(random: &mut Random) -> Vec<u8> {
    let mut next = random.of(&[6, 6, 6, 17, 17, 132, 58, 58, 44, 44, 0, 60, 43, 51, 59, 103, 1]);
    let mut packet = vec![0x60, 0, 0, 0, 0, 0, next, 64];
    packet.extend(address6(random.below(6)));
    packet.extend(address6(random.below(6)));
    // Extension headers, a few of them; the chain ends in a transport protocol.
    for _ in 0..random.below(3) {
        let after = random.of(&[6, 17, 58, 60, 0, 51, 44, 59]);
        match next {
            44 => packet.extend([after, 0, 0, random.of(&[0, 1, 8]), 0, 0, 0, 1]),
            0 | 60 | 43 => packet.extend([after, 0, 1, 4, 0, 0, 0, 0]),
            51 => packet.extend([after, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]),
            _ => break,
        }
        next = after;
    }
    packet.extend(transport(next, random));
    let len = (packet.len() - 40) as u16;
    packet[4..6].copy_from_slice(&len.to_be_bytes());
    packet
}

fn arp(random: &mut Random) -> Vec<u8> {
    let mut packet = vec![0, 1, 8, 0, 6, 4, 0, random.of(&[1, 2, 3, 4])];
    packet.extend(random.of(&MACS));
    packet.extend(random.of(&ADDRESSES));
    packet.extend(random.of(&MACS));
    packet.extend(random.of(&ADDRESSES));
    packet
}

fn ip(random: &mut Random) -> (u16, Vec<u8>) {
    if random.one_in(3) { (0x86dd, ipv6(random)) } else { (0x0800, ipv4(random)) }
}

/// An EtherType (or for 802.3 a length) and what it announces.
fn network(random: &mut Random, depth: usize) -> (u16, Vec<u8>) {
    match random.below(if depth > 3 { 12 } else { 20 }) {
        0..=4 => (0x0800, ipv4(random)),
        5..=7 => (0x86dd, ipv6(random)),
        8 => (random.of(&[0x0806, 0x0806, 0x8035]), arp(random)),
        9 => {
            let odd =
                [0x6000, 0x6001, 0x6002, 0x6003, 0x6004, 0x6007, 0x80f3, 0x809b, 0x8137, 0x9000, 0x88cc];
            (random.of(&odd), random.bytes(24))
        }
        10 | 11 => {
            // 802.2: OSI, spanning tree, IPX, NetBEUI, SNAP; information, supervisory and unnumbered frames.
            let sap = random.of(&[0xfe, 0x42, 0xe0, 0xf0, 0xaa, 0xff, 0x06]);
            let mut frame = vec![sap, sap, random.of(&[0x03, 0x00, 0x01, 0x05, 0x09, 0x7f, 0x63, 0xe3])];
            let next = random.of(&[0x0800_u16, 0x809b, 0x80f3]);
            frame.extend([random.of(&[0, 8, 0x83, 0x82]), random.of(&[0, 0, 7]), random.of(&[0, 7])]);
            frame.extend(next.to_be_bytes());
            frame.extend(ipv4(random));
            (frame.len() as u16, frame)
        }
        12..=14 => {
            let (next, inner) = network(random, depth + 1);
            let tci: u16 = random.of(&[7, 0x6007, 100, 4095, 0]);
            let mut frame = tci.to_be_bytes().to_vec();
            frame.extend(next.to_be_bytes());
            frame.extend(inner);
            (random.of(&[0x8100, 0x8100, 0x88a8, 0x9100]), frame)
        }
        15 | 16 => {
            let mut frame = Vec::new();
            let labels = random.below(3);
            for i in 0..=labels {
                let label = random.of(&[16_u32, 100, 1024]) << 12 | u32::from(i == labels) << 8 | 64;
                frame.extend(label.to_be_bytes());
            }
            frame.extend(ip(random).1);
            (0x8847, frame)
        }
        17 => (0x8863, random.bytes(20)),
        18 => {
            let (protocol, inner) = match random.below(4) {
                0 => (0x0057_u16, ipv6(random)),
                1 => (0xc021, random.bytes(8)),
                _ => (0x0021, ipv4(random)),
            };
            let session = random.of(&[1_u16, 7, 0]);
            let mut frame = vec![0x11, 0];
            frame.extend(session.to_be_bytes());
            frame.extend((inner.len() as u16 + 2).to_be_bytes());
            frame.extend(protocol.to_be_bytes());
            frame.extend(inner);
            (0x8864, frame)
        }
        _ => geneve(random, depth),
    }
}

/// Geneve over UDP over either IP, with and without options, carrying Ethernet or something else.
fn geneve(random: &mut Random, depth: usize) -> (u16, Vec<u8>) {
    let options = random.below(3) as u8;
    let mut bytes = vec![0, 99, random.of(&[0x17, 0x17, 0]), random.of(&[0xc1, 0xc1, 0]), 0, 60, 0, 0];
    let (inner_type, inner) = match random.below(3) {
        0 => ip(random),
        _ => (0x6558, ethernet(random, depth + 2)),
    };
    bytes.push(options);
    bytes.push(0);
    bytes.extend(inner_type.to_be_bytes());
    bytes.extend([0, 0, random.of(&[7, 9]), 0]);
    bytes.extend(random.bytes(4 * usize::from(options)));
    bytes.extend(inner);
    if random.one_in(3) {
        let mut packet = vec![0x60, 0, 0, 0, 0, bytes.len() as u8, 17, 64];
        packet.extend(address6(0));
        packet.extend(address6(1));
        packet.extend(bytes);
        return (0x86dd, packet);
    }
    let ihl = random.of(&[5, 6]);
    let mut packet = vec![0x40 | ihl, 0, 0, 200, 0, 1, 0, 0, 64, 17, 0, 0];
    packet.extend(ADDRESSES[0]);
    packet.extend(ADDRESSES[1]);
    packet.resize(usize::from(ihl) * 4, 1);
    packet.extend(bytes);
    (0x0800, packet)
}

fn ethernet(random: &mut Random, depth: usize) -> Vec<u8> {
    let (protocol, payload) = network(random, depth);
    let mut frame = random.of(&MACS).to_vec();
    frame.extend(random.of(&MACS));
    frame.extend(protocol.to_be_bytes());
    frame.extend(payload);
    frame
}

/// An 802.2 header with or without SNAP, and what follows.
fn llc(protocol: u16, payload: &[u8], random: &mut Random) -> Vec<u8> {
    if protocol <= 1500 {
        // The payload starts with its own.
        return payload.to_vec();
    }
    let organisation = if random.one_in(6) { [8, 0, 7] } else { [0; 3] };
    let ui = if random.one_in(6) { random.of(&[0, 1, 3]) } else { 3 };
    let mut bytes = vec![0xaa, 0xaa, ui];
    bytes.extend(organisation);
    bytes.extend(protocol.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// An 802.11 frame: data, data with a service class, management or control, all four ways.
fn wireless(padded: bool, llc: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let kind: u8 = random.of(&[0x08, 0x08, 0x88, 0x88, 0x00, 0x80, 0xb4, 0x0c, 0xa4, 0x48]);
    let mut frame = vec![kind, random.of(&[0, 1, 2, 3, 0x41]), 0, 0];
    for _ in 0..3 {
        frame.extend(random.of(&MACS));
    }
    frame.extend([0x10, 0]);
    if kind & 0x88 == 0x88 {
        frame.extend([0, 0]);
    }
    if padded {
        frame.resize(frame.len().next_multiple_of(4), 0);
    }
    if random.one_in(6) {
        frame.extend(random.of(&MACS));
    }
    frame.extend(llc);
    frame
}

/// A radiotap header of some kind, and whether it says that the 802.11 header is padded.
fn radiotap(random: &mut Random) -> (Vec<u8>, bool) {
    let (mut present, flags) = (0_u32, random.of(&[0, 0x20, 0x10]));
    let mut fields = Vec::new();
    if random.one_in(2) {
        present |= 1;
        fields.extend(random.bytes(8));
    }
    let padded = random.one_in(2);
    if padded {
        present |= 2;
        fields.push(flags);
    }
    if random.one_in(8) {
        present |= 1 << 31;
    }
    fields.extend(random.bytes(3));
    let mut bytes = vec![0, 0];
    bytes.extend((8 + fields.len() as u16).to_le_bytes());
    bytes.extend(present.to_le_bytes());
    bytes.extend(fields);
    (bytes, padded && flags == 0x20)
}

/// The number that PPP has for an EtherType.
fn ppp(protocol: u16, random: &mut Random) -> u16 {
    match protocol {
        0x0800 => random.of(&[0x21, 0x21, 0x21, 0x2d, 0x2f]),
        0x86dd => 0x57,
        0x8847 => 0x281,
        0x809b => 0x29,
        _ => random.of(&[0xc021, 0x23, 0x31, 0x2b, protocol]),
    }
}

/// A packet of a link type that the others are not made for; of one that nobody filters, just anything.
fn foreign(link: u32, protocol: u16, payload: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let mut frame = Vec::new();
    let typed = |frame: &mut Vec<u8>, header: Vec<u8>, protocol: u16| {
        frame.extend(header);
        frame.extend(protocol.to_be_bytes());
    };
    let ip = match protocol {
        0x0800 => Some(true),
        0x86dd => Some(false),
        _ => None,
    };
    match link {
        9 | 50 | 166 => {
            let number = ppp(protocol, random);
            typed(&mut frame, vec![random.of(&[0xff, 0, 1]), 3], number);
        }
        51 => {
            let number = ppp(protocol, random);
            typed(&mut frame, vec![0x11, 0, 0, 7, 0, 60], number);
        }
        103 => {
            let number = ppp(protocol, random);
            typed(&mut frame, random.bytes(5), number);
            frame.extend(random.bytes(17));
        }
        109 => {
            let family = if ip == Some(true) { 2_u32 } else { random.of(&[7, 24, 28, 30]) };
            let here = !random.one_in(6);
            frame.extend(if here { family.to_ne_bytes() } else { family.to_be_bytes() });
            frame.extend(random.bytes(8));
        }
        6 | 10 | 122 | 100 | 106 | 123 => {
            match link {
                6 | 122 => frame.extend([0x10, 0x40]),
                10 => frame.push(0x50),
                123 => frame.extend([random.of(&[2, 2, 0x82, 1, 5]), 0, 0, 7]),
                _ => {}
            }
            if matches!(link, 6 | 10 | 122) {
                frame.extend(random.of(&MACS));
                frame.extend(random.of(&MACS));
                frame.resize(frame.len() + if link == 122 { 2 } else { 0 }, 0);
            }
            frame.extend(llc(protocol, &payload, random));
            return frame;
        }
        105 | 119 | 127 | 163 | 192 => {
            let mut padded = false;
            match link {
                119 if random.one_in(2) => {
                    frame.extend([0, 0, 0, 0x44]);
                    frame.extend(random.bytes(140));
                }
                119 | 163 => {
                    frame.extend([0x80, 0x21, 0x10, random.of(&[1, 2]), 0, 0, 0, 64]);
                    frame.extend(random.bytes(56));
                }
                127 => (frame, padded) = radiotap(random),
                192 => frame.extend([0, 0, 12, 0, random.of(&[105, 105, 105, 1]), 0, 0, 0, 1, 2, 3, 4]),
                _ => {}
            }
            let llc = llc(protocol, &payload, random);
            frame.extend(wireless(padded, llc, random));
            return frame;
        }
        7 | 129 => {
            frame.extend([1, random.of(&[0, 0, 5])]);
            frame.resize(if link == 7 { 2 } else { 4 }, 9);
            frame.push(match protocol {
                0x0800 => random.of(&[0xd4, 0xf0]),
                0x0806 => random.of(&[0xd5, 0xf1]),
                0x8035 => 0xd6,
                0x86dd => 0xc4,
                _ => random.of(&[0xdd, 0xd4]),
            });
            frame.extend([0, 0, 1]);
        }
        8 | 102 => {
            frame.push(match ip {
                Some(true) => random.of(&[0x40, 0x45, 0]),
                Some(false) => random.of(&[0x60, 1]),
                None => random.of(&[0, 0x40, 1]),
            });
            frame.resize(if link == 8 { 16 } else { 24 }, 3);
        }
        99 => {
            typed(&mut frame, random.bytes(6), protocol);
            frame.resize(44, 4);
        }
        104 | 112 => {
            let protocol = if random.one_in(8) { 0xfefe } else { protocol };
            typed(&mut frame, vec![random.of(&[0x0f, 0x8f]), 0], protocol);
            if protocol == 0xfefe {
                frame.extend([3, random.of(&[0x81, 0x82, 0x83]), 5, 4, 15, 16, 18]);
            }
        }
        138 => typed(&mut frame, random.bytes(16), protocol),
        107 => {
            frame.extend([0x18, 0x41, random.of(&[3, 3, 3, 0])]);
            frame.push(match ip {
                Some(true) => 0xcc,
                Some(false) => 0x8e,
                None => random.of(&[0x80, 0x81, 0x82, 0x83]),
            });
            if random.one_in(2) {
                // libpcap looks for the network header where the frame starts.
                frame.clear();
            }
        }
        117 => {
            let family = match ip {
                Some(true) => 2,
                Some(false) => random.of(&[10, 24]),
                None => 7,
            };
            let length = random.of(&[61, 64, 100]);
            frame.extend([length, family, 0, 0]);
            frame.resize(usize::from(length).next_multiple_of(4), random.of(&[1, 2, 5]));
        }
        226 => {
            let family = match ip {
                Some(true) => 2,
                Some(false) => random.of(&[26, 26, 10]),
                None => 7,
            };
            frame.extend([1, family, 0, random.of(&[1, 2, 3])]);
            frame.resize(24, 0);
        }
        130..=138 | 164 | 167 | 168 | 174 | 178..=183 | 194 | 200 | 232..=234 | 238 => {
            frame.extend([0x4d, 0x47, random.of(&[0x43, 0x43, 0x43, 0]), random.of(&[0, 1, 0x80])]);
            let length = random.of(&[4, 6, 8, 12, 32]);
            frame.resize(length, 6);
        }
        165 => frame.extend([0x55, 0xff, random.of(&[5, 0]), 1, 2, 0, 0, 0]),
        240 | 241 => {
            frame = random.bytes(if link == 240 { 4 } else { 12 });
            frame.extend(ethernet(random, 0));
            return frame;
        }
        _ if random.one_in(2) => return random.bytes(payload.len()),
        _ => {}
    }
    frame.extend(payload);
    frame
}

fn packet(link: LinkType, random: &mut Random) -> Vec<u8> {
    let (protocol, payload) = match link {
        LinkType::ETHERNET => return ethernet(random, 0),
        LinkType::IPV4 if !random.one_in(8) => return ipv4(random),
        LinkType::IPV6 if !random.one_in(8) => return ipv6(random),
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => return ip(random).1,
        _ if random.one_in(2) => ip(random),
        _ => network(random, 0),
    };
    if !LINKS.contains(&link) {
        return foreign(link.0, protocol, payload, random);
    }
    let mut frame = Vec::new();
    match link {
        LinkType::NULL | LinkType::LOOP => {
            let family: u32 = match protocol {
                0x0800 => 2,
                0x86dd => random.of(&[10, 24, 28, 30]),
                _ => random.of(&[2, 7, 16, 30]),
            };
            let here = (link == LinkType::NULL) != random.one_in(8);
            frame.extend(if here { family.to_ne_bytes() } else { family.to_be_bytes() });
        }
        LinkType::LINUX_SLL => {
            let kind = random.of(&[0_u16, 0, 1, 2, 3, 4, 4]);
            frame.extend(kind.to_be_bytes());
            frame.extend([0, 1, 0, 6]);
            frame.extend(random.of(&MACS));
            frame.extend([0, 0]);
            // 802.2 frames have a type of their own, and so do some 802.3 ones.
            let protocol = if protocol <= 1500 { random.of(&[4, 4, 1]) } else { protocol };
            frame.extend(protocol.to_be_bytes());
        }
        _ => {
            let protocol = if protocol <= 1500 { random.of(&[4, 4, 1]) } else { protocol };
            frame.extend(protocol.to_be_bytes());
            frame.extend([0, 0, 0, 0, 0, random.of(&[1, 2, 3])]);
            frame.extend([0, 1, random.of(&[0, 0, 1, 2, 3, 4, 4]), 6]);
            frame.extend(random.of(&MACS));
            frame.extend([0, 0]);
        }
    }
    frame.extend(payload);
    frame
}

/// Packets of a link type with their lengths on the wire, the same ones every time.
pub(crate) fn packets(link: LinkType, count: usize) -> Vec<(Vec<u8>, u32)> {
    let mut random = Random::new(u64::from(link.0) + 1);
    let mut packets = vec![(Vec::new(), 0)];
    while packets.len() < count {
        let mut data = packet(link, &mut random);
        data.truncate(400);
        let wire_len = data.len() as u32;
        match random.below(5) {
            0 => {
                let cut = random.below(data.len() + 1);
                // Cut by a snap length, or really short.
                let wire_len = if random.one_in(2) { wire_len } else { cut as u32 };
                data.truncate(cut);
                packets.push((data, wire_len));
            }
            1 => {
                let at = random.below(data.len());
                data[at] ^= 1 << random.below(8);
                packets.push((data, wire_len));
            }
            _ => packets.push((data, wire_len)),
        }
    }
    packets
}
