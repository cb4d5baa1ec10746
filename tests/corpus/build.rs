//! Headers put together by hand, so that any field can lie.
use std::net::{Ipv4Addr, Ipv6Addr};

pub(crate) const MAC_A: [u8; 6] = [0x02, 0, 0, 0, 0, 1];
pub(crate) const MAC_B: [u8; 6] = [0x02, 0, 0, 0, 0, 2];
pub(crate) const FIN: u16 = 1;
pub(crate) const SYN: u16 = 2;
pub(crate) const RST: u16 = 4;
pub(crate) const PSH: u16 = 8;
pub(crate) const ACK: u16 = 16;
pub(crate) const URG: u16 = 32;

/// Joins byte strings.
pub(crate) fn cat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// `n` bytes counting up from `from`.
pub(crate) fn bytes(from: u8, n: usize) -> Vec<u8> {
    (0..n).map(|i| from.wrapping_add(i as u8)).collect()
}

/// The Internet checksum (RFC 1071) of the parts laid end to end.
pub(crate) fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0u32;
    for pair in cat(parts).chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// An Ethernet frame from B to A.
pub(crate) fn eth(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    cat(&[&MAC_A, &MAC_B, &ethertype.to_be_bytes(), payload])
}

/// An 802.3 frame: the length of the payload in place of the type.
pub(crate) fn ether_llc(payload: &[u8]) -> Vec<u8> {
    eth(payload.len() as u16, payload)
}

/// One VLAN tag and what it carries.
pub(crate) fn tag(tci: u16, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    cat(&[&tci.to_be_bytes(), &ethertype.to_be_bytes(), payload])
}

/// An IPv4 header; what is `None` is computed.
#[derive(Clone)]
pub(crate) struct Ip4 {
    pub(crate) tos: u8,
    pub(crate) id: u16,
    pub(crate) frag: u16,
    pub(crate) ttl: u8,
    pub(crate) proto: u8,
    pub(crate) src: Ipv4Addr,
    pub(crate) dst: Ipv4Addr,
    pub(crate) options: Vec<u8>,
    pub(crate) total: Option<u16>,
    pub(crate) version_ihl: Option<u8>,
    pub(crate) sum: Option<u16>,
}

pub(crate) fn ip4(proto: u8) -> Ip4 {
    Ip4 {
        tos: 0,
        id: 0x1234,
        frag: 0x4000,
        ttl: 64,
        proto,
        src: Ipv4Addr::new(10, 0, 0, 1),
        dst: Ipv4Addr::new(10, 0, 0, 2),
        options: Vec::new(),
        total: None,
        version_ihl: None,
        sum: None,
    }
}

impl Ip4 {
    /// The same, the other way.
    pub(crate) fn back(&self) -> Self {
        Self { src: self.dst, dst: self.src, ..self.clone() }
    }

    /// The header and a payload.
    pub(crate) fn carry(&self, payload: &[u8]) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 0);
        let header_len = 20 + options.len();
        let total = self.total.unwrap_or((header_len + payload.len()) as u16);
        let first = self.version_ihl.unwrap_or(0x40 | (header_len / 4) as u8 & 15);
        let mut header = vec![first, self.tos];
        header.extend(total.to_be_bytes());
        header.extend(self.id.to_be_bytes());
        header.extend(self.frag.to_be_bytes());
        header.extend([self.ttl, self.proto, 0, 0]);
        header.extend(self.src.octets());
        header.extend(self.dst.octets());
        header.extend(options);
        let sum = self.sum.unwrap_or_else(|| checksum(&[&header]));
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        header.extend(payload);
        header
    }

    fn pseudo(&self, proto: u8, len: usize) -> Vec<u8> {
        cat(&[&self.src.octets(), &self.dst.octets(), &[0, proto], &(len as u16).to_be_bytes()])
    }
}

/// An IPv6 header; what is `None` is computed.
#[derive(Clone)]
pub(crate) struct Ip6 {
    pub(crate) word: u32,
    pub(crate) next: u8,
    pub(crate) hops: u8,
    pub(crate) src: Ipv6Addr,
    pub(crate) dst: Ipv6Addr,
    pub(crate) len: Option<u16>,
}

pub(crate) fn ip6(next: u8) -> Ip6 {
    Ip6 {
        word: 0x6000_0000,
        next,
        hops: 64,
        src: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
        dst: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2),
        len: None,
    }
}

impl Ip6 {
    /// The same, the other way.
    pub(crate) fn back(&self) -> Self {
        Self { src: self.dst, dst: self.src, ..self.clone() }
    }

    /// The header and a payload.
    pub(crate) fn carry(&self, payload: &[u8]) -> Vec<u8> {
        let len = self.len.unwrap_or(payload.len() as u16);
        cat(&[
            &self.word.to_be_bytes(),
            &len.to_be_bytes(),
            &[self.next, self.hops],
            &self.src.octets(),
            &self.dst.octets(),
            payload,
        ])
    }

    fn pseudo(&self, proto: u8, len: usize) -> Vec<u8> {
        cat(&[&self.src.octets(), &self.dst.octets(), &(len as u32).to_be_bytes(), &[0, 0, 0, proto]])
    }

    /// `message` with its checksum at `at` filled in.
    pub(crate) fn summed(&self, proto: u8, at: usize, message: &[u8]) -> Vec<u8> {
        fill(&self.pseudo(proto, message.len()), at, message)
    }
}

fn fill(pseudo: &[u8], at: usize, message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    message[at..at + 2].fill(0);
    let sum = checksum(&[pseudo, &message]);
    message[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    message
}

/// A TCP segment; what is `None` is computed.
#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) sport: u16,
    pub(crate) dport: u16,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u16,
    pub(crate) win: u16,
    pub(crate) urg: u16,
    pub(crate) options: Vec<u8>,
    pub(crate) offset: Option<u8>,
    pub(crate) sum_error: u16,
    pub(crate) payload: Vec<u8>,
}

pub(crate) fn tcp(flags: u16, seq: u32, ack: u32) -> Segment {
    Segment {
        sport: 40000,
        dport: 9999,
        seq,
        ack,
        flags,
        win: 29200,
        urg: 0,
        options: Vec::new(),
        offset: None,
        sum_error: 0,
        payload: Vec::new(),
    }
}

impl Segment {
    pub(crate) fn ports(mut self, sport: u16, dport: u16) -> Self {
        (self.sport, self.dport) = (sport, dport);
        self
    }

    pub(crate) fn back(mut self) -> Self {
        std::mem::swap(&mut self.sport, &mut self.dport);
        self
    }

    pub(crate) fn options(mut self, options: &[u8]) -> Self {
        self.options = options.to_vec();
        self
    }

    pub(crate) fn payload(mut self, payload: &[u8]) -> Self {
        self.payload = payload.to_vec();
        self
    }

    /// The segment without a checksum.
    pub(crate) fn bare(&self) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 0);
        let offset = self.offset.unwrap_or((5 + options.len() / 4) as u8);
        let mut out = Vec::new();
        out.extend(self.sport.to_be_bytes());
        out.extend(self.dport.to_be_bytes());
        out.extend(self.seq.to_be_bytes());
        out.extend(self.ack.to_be_bytes());
        out.extend((u16::from(offset) << 12 | self.flags).to_be_bytes());
        out.extend(self.win.to_be_bytes());
        out.extend([0, 0]);
        out.extend(self.urg.to_be_bytes());
        out.extend(options);
        out.extend(&self.payload);
        out
    }

    fn spoil(&self, mut segment: Vec<u8>) -> Vec<u8> {
        let sum = u16::from_be_bytes([segment[16], segment[17]]) ^ self.sum_error;
        segment[16..18].copy_from_slice(&sum.to_be_bytes());
        segment
    }

    /// The segment in an IPv4 packet.
    pub(crate) fn over4(&self, ip: &Ip4) -> Vec<u8> {
        let bare = self.bare();
        ip.carry(&self.spoil(fill(&ip.pseudo(6, bare.len()), 16, &bare)))
    }

    /// The segment in an IPv6 packet.
    pub(crate) fn over6(&self, ip: &Ip6) -> Vec<u8> {
        let bare = self.bare();
        ip.carry(&self.spoil(fill(&ip.pseudo(6, bare.len()), 16, &bare)))
    }

    /// In IPv4 in Ethernet, the default addresses.
    pub(crate) fn frame(&self) -> Vec<u8> {
        eth(0x0800, &self.over4(&ip4(6)))
    }

    /// In IPv4 in Ethernet, the other way.
    pub(crate) fn frame_back(&self) -> Vec<u8> {
        eth(0x0800, &self.over4(&ip4(6).back()))
    }
}

/// A UDP datagram with its checksum for this IPv4 header.
pub(crate) fn udp4(ip: &Ip4, sport: u16, dport: u16, payload: &[u8]) -> Vec<u8> {
    let bare = udp_bare(sport, dport, None, 0, payload);
    fill(&ip.pseudo(17, bare.len()), 6, &bare)
}

/// A UDP datagram with its checksum for this IPv6 header.
pub(crate) fn udp6(ip: &Ip6, sport: u16, dport: u16, payload: &[u8]) -> Vec<u8> {
    let bare = udp_bare(sport, dport, None, 0, payload);
    ip.summed(17, 6, &bare)
}

/// A UDP datagram as told.
pub(crate) fn udp_bare(sport: u16, dport: u16, len: Option<u16>, sum: u16, payload: &[u8]) -> Vec<u8> {
    cat(&[
        &sport.to_be_bytes(),
        &dport.to_be_bytes(),
        &len.unwrap_or(8 + payload.len() as u16).to_be_bytes(),
        &sum.to_be_bytes(),
        payload,
    ])
}

/// An ICMP message with its checksum.
pub(crate) fn icmp4(kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let bare = cat(&[&[kind, code, 0, 0], rest]);
    fill(&[], 2, &bare)
}

/// A message with an Internet checksum over itself at `at` (IGMP, VRRP, PIM, OSPF …).
pub(crate) fn self_summed(at: usize, message: &[u8]) -> Vec<u8> {
    fill(&[], at, message)
}

/// An ICMPv6 message in its packet, checksum right.
pub(crate) fn icmp6(ip: &Ip6, kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let bare = cat(&[&[kind, code, 0, 0], rest]);
    ip.carry(&ip.summed(58, 2, &bare))
}

/// Packets of many kinds, as bare IP, for wrapping in every link layer.
pub(crate) fn assorted() -> Vec<Vec<u8>> {
    let v4 = ip4(6);
    let v6 = ip6(6);
    let mss = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7];
    vec![
        tcp(SYN, 1000, 0).options(&mss).over4(&v4),
        tcp(SYN | ACK, 5000, 1001).options(&mss).back().over4(&v4.back()),
        tcp(ACK, 1001, 5001).over4(&v4),
        tcp(PSH | ACK, 1001, 5001).payload(b"hello, world").over4(&v4),
        tcp(FIN | ACK, 1013, 5001).over4(&v4),
        tcp(SYN, 7, 0).options(&mss).over6(&v6),
        tcp(SYN | ACK, 9, 8).options(&mss).back().over6(&v6.back()),
        tcp(PSH | ACK, 8, 10).payload(b"over six").over6(&v6),
        ip4(17).carry(&udp4(&ip4(17), 4000, 4001, b"datagram")),
        ip6(17).carry(&udp6(&ip6(17), 4000, 4001, b"datagram")),
        ip4(1).carry(&icmp4(8, 0, &cat(&[&[0, 7, 0, 1], &bytes(0, 56)]))),
        icmp6(&ip6(58), 128, 0, &cat(&[&[0, 7, 0, 1], &bytes(0, 56)])),
        ip4(250).carry(b"unknown"),
        ip6(250).carry(b"unknown"),
        Ip4 { frag: 0x2000, ..ip4(17) }.carry(&udp4(&ip4(17), 4000, 4001, &bytes(0, 40))),
        Ip4 { frag: 0x0005, ..ip4(17) }.carry(&bytes(0, 40)),
        ip4(4).carry(&tcp(ACK, 1, 2).over4(&ip4(6))),
        ip4(41).carry(&tcp(ACK, 1, 2).over6(&ip6(6))),
    ]
}
