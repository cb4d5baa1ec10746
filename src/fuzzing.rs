//! What the fuzz targets do, as functions that ordinary tests call too.
//!
//! Each takes any bytes and must not panic, hang or allocate without bound.
use std::io::Cursor;

use crate::bpf::{Ancillary, Program, RawInsn};
use crate::etc::EtcNames;
use crate::filter::{Ast, Filter};
use crate::packet::{Packet, Source, Step, Timestamp};
use crate::print::{Dump, Printer};
use crate::savefile::{self, PacketWriter, Savefile, pcap, pcapng};
use crate::stream;
use crate::wire::{Layers, LinkType, Transport};

/// Time, lengths and bytes of a packet.
type Seen = (Timestamp, LinkType, u32, Vec<u8>);

/// Reads to the end or an error; gives the packets and whether the end was clean.
fn drain(source: &mut dyn Source) -> (Vec<Seen>, bool) {
    let mut seen = Vec::new();
    let clean = loop {
        match source.advance(None) {
            Ok(Step::Packet) => {
                let packet = source.packet();
                assert_eq!(packet.data.len(), packet.cap_len as usize);
                seen.push((packet.time, packet.link, packet.wire_len, packet.data.to_vec()));
            }
            Ok(Step::Idle) => {}
            Ok(Step::End) => break true,
            Err(_) => break false,
        }
    };
    // An ended source stays ended.
    assert!(matches!(source.advance(None), Ok(Step::End)));
    (seen, clean)
}

/// Any bytes as a capture file of any format, compressed ones too.
pub fn read_savefile(bytes: &[u8]) {
    if let Ok(mut file) = Savefile::from_stream("fuzz", Box::new(Cursor::new(bytes.to_vec()))) {
        drain(&mut file);
    }
}

/// Any bytes as classic pcap: what is read can be written and is read back the same.
pub fn read_pcap(bytes: &[u8]) {
    let Ok(mut reader) = pcap::PcapReader::new(bytes) else { return };
    let options = pcap::PcapOptions {
        link: reader.link_type(),
        snaplen: reader.snaplen(),
        precision: reader.header().precision,
        link_extra: reader.header().link_extra,
    };
    let (seen, _) = drain(&mut reader);
    let Ok(mut writer) = pcap::PcapWriter::new(Vec::new(), "fuzz", options) else { return };
    rewrite(&mut writer, &seen);
    let copy = writer.into_sink().unwrap_or_default();
    if let Ok(mut reader) = pcap::PcapReader::new(&copy[..]) {
        assert_eq!(drain(&mut reader), (seen, true));
    }
}

/// Any bytes as pcapng: read, copied block by block, and written anew.
pub fn read_pcapng(bytes: &[u8]) {
    let Ok(mut reader) = pcapng::PcapngReader::new(bytes) else { return };
    let (seen, clean) = drain(&mut reader);
    let mut copy = Vec::new();
    let (copied, result) = pcapng::copy(bytes, &mut copy, "fuzz", |_| true);
    assert_eq!((copied.written, result.is_ok()), (seen.len() as u64, clean));
    if let Ok(mut reader) = pcapng::PcapngReader::new(&copy[..]) {
        assert_eq!(drain(&mut reader), (seen.clone(), true));
    }
    let section = pcapng::SectionOptions::default();
    let Ok(mut writer) = pcapng::PcapngWriter::new(Vec::new(), "fuzz", &section) else { return };
    rewrite(&mut writer, &seen);
    let anew = writer.into_sink().unwrap_or_default();
    if let Ok(mut reader) = pcapng::PcapngReader::new(&anew[..]) {
        let (again, clean) = drain(&mut reader);
        // A packet longer than any snapshot length is written and refused when read.
        assert!(!clean || again.len() == seen.len());
        assert!(again.iter().zip(&seen).all(|(a, b)| a.3 == b.3));
    }
}

fn rewrite(writer: &mut dyn PacketWriter, seen: &[Seen]) {
    for (time, link, wire_len, data) in seen {
        let packet = Packet { time: *time, wire_len: *wire_len, ..Packet::new(*link, data) };
        assert!(writer.write(&packet).is_ok(), "memory is never full");
    }
}

/// Any bytes as a damaged file: what comes out is sound, and repairing it changes nothing.
pub fn repair(bytes: &[u8]) {
    let mut out = Vec::new();
    let (report, result) = savefile::repair(bytes, &mut out, "fuzz");
    if result.is_err() || report.packets == 0 {
        return;
    }
    let source = Savefile::from_stream("fuzz", Box::new(Cursor::new(out)));
    let Ok(mut source) = source else { panic!("the repaired file cannot be opened") };
    let (seen, clean) = drain(&mut source);
    assert!(clean, "the repaired file is damaged");
    assert_eq!(seen.len() as u64, report.packets);
}

/// Any bytes as a filter: the first chooses the link type and settings, a line is the expression, what
/// follows is a packet.
///
/// What compiles prints back to the same expression, and fits the kernel if it says so.
pub fn filter(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let line = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    let text = String::from_utf8_lossy(&rest[..line]);
    let packet = rest.get(line + 1..).unwrap_or_default();
    if let Ok(ast) = text.parse::<Ast>() {
        let printed = ast.to_string();
        let again = printed.parse::<Ast>().map(|ast| ast.to_string());
        assert_eq!(again.as_ref(), Ok(&printed));
    }
    let names = EtcNames::new().services("http 80/tcp\nhttp 80/udp\n").protocols("tcp 6\nudp 17\n");
    let builder = Filter::builder()
        .resolver(&names)
        .optimize(first & 8 == 0)
        .live(first & 16 != 0)
        .netmask((first & 32 != 0).then_some(std::net::Ipv4Addr::new(255, 255, 255, 0)));
    // The other bits of the first byte are the settings.
    match builder.compile(&text, LINKS[usize::from(first % 8)]) {
        Ok(filter) => {
            if !filter.user_space_only() {
                assert!(Program::new(filter.program().raw()).is_ok());
            }
            filter.matches(packet, 60);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Any bytes as a BPF program, eight for each instruction, run on themselves.
pub fn program(bytes: &[u8]) {
    let insns: Vec<RawInsn> = bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|&[a, b, jt, jf, c, d, e, f]| RawInsn {
            code: u16::from_ne_bytes([a, b]),
            jt,
            jf,
            k: u32::from_ne_bytes([c, d, e, f]),
        })
        .collect();
    if let Ok(program) = Program::for_user_space(insns) {
        assert_eq!(Program::new(program.raw()).is_err(), program.user_space_only());
        program.run(bytes, 60);
        program.run_with(bytes, 60, &Ancillary::default());
        assert_eq!(program.listing().to_string().lines().count(), program.raw().len());
    }
}

/// The link types whose headers are decoded.
const LINKS: [LinkType; 9] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::DLT_RAW,
];

/// Any bytes as a packet printed: the first three choose link type and options, the rest is printed
/// twice by the same printer, which remembers the conversation.
///
/// No control character gets through, and every packet ends its line.
pub fn print(bytes: &[u8]) {
    let Some((&[link, detail, options], data)) = bytes.split_first_chunk() else { return };
    let link = LINKS[usize::from(link) % LINKS.len()];
    let dump = match options >> 5 {
        0 => Dump::Hex { link: options & 16 != 0 },
        1 => Dump::HexAscii { link: options & 16 != 0 },
        2 => Dump::Ascii { link: options & 16 != 0 },
        _ => Dump::None,
    };
    let mut printer = Printer::builder()
        .numeric(detail & 4 == 0)
        .verbose(detail & 3)
        .quiet(u8::from(detail & 8 != 0))
        .link_header(detail & 16 != 0)
        .absolute_seq(detail & 32 != 0)
        .number(detail & 64 != 0)
        .verify_checksums(detail & 128 == 0)
        .nanos(options & 1 != 0)
        .dump(dump)
        .build(Vec::new());
    for secs in [0, 1] {
        let wire_len = u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_add(u32::from(options & 15));
        let packet = Packet { time: Timestamp::new(secs, 5), wire_len, ..Packet::new(link, data) };
        assert!(printer.print(&packet).is_ok(), "memory is never full");
    }
    let text = printer.into_inner();
    assert!(text.ends_with(b"\n"));
    let clean = |&byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    assert!(text.iter().all(clean), "{}", text.escape_ascii());
}

/// Any bytes as a packet decoded: the first chooses the link type.
///
/// Offsets stay inside the packet, and every header, tag and option can be asked for.
pub fn layers(bytes: &[u8]) {
    let Some((&first, data)) = bytes.split_first() else { return };
    let mut next = Some(Layers::decode(LINKS[usize::from(first) % LINKS.len()], data));
    while let Some(layers) = next {
        assert!(layers.network_offset <= data.len());
        assert!(layers.transport_offset <= data.len());
        assert!(layers.payload_offset + layers.payload.len() <= data.len());
        assert_eq!(layers.missing() > 0, layers.payload_len() > layers.payload.len());
        assert!(layers.vlans().count() <= data.len() / 4);
        assert!(!format!("{layers} {layers:?}").is_empty());
        if let Some(Transport::Tcp(tcp)) = layers.transport {
            // What the capture lacks of the options is one error.
            assert!(tcp.options_iter().count() <= tcp.options().len() + 1);
        }
        next = layers.inner();
    }
}

/// Any bytes as the packets of one connection: the first is the policy, then each packet has its length
/// in a byte before it.
///
/// What comes out of a half is in order and apart, and what waits keeps the limits.
pub fn stream(bytes: &[u8]) {
    let Some((&first, mut rest)) = bytes.split_first() else { return };
    let limits = stream::StreamLimits {
        parked: 4096,
        segments: 32,
        fragment_bytes: 8192,
        ..stream::StreamLimits::default()
    };
    let policy = stream::Policy::ALL[usize::from(first) % stream::Policy::ALL.len()];
    let (mut pair, mut fragments) = (stream::Pair::new(limits, policy), stream::Fragments::new(limits));
    pair.set_verify_checksums(first & 0x80 != 0);
    let mut next = [0; 2];
    let mut take = |event: stream::Event<'_>| {
        let next = &mut next[usize::from(event.from() == stream::Side::Server)];
        match event {
            stream::Event::Data { offset, bytes, .. } => {
                assert!(offset >= *next && !bytes.is_empty());
                *next = offset + bytes.len() as u64;
            }
            stream::Event::Gap { range, .. } => {
                assert!(range.start >= *next && range.end > range.start);
                *next = range.end;
            }
            stream::Event::Fin { offset, .. } => assert!(offset >= *next),
            _ => {}
        }
    };
    let mut number = 0u32;
    while let Some((&len, packets)) = rest.split_first() {
        let (packet, after) = packets.split_at_checked(len.into()).unwrap_or((packets, &[]));
        rest = after;
        number += 1;
        let time = Timestamp::new(i64::from(number) / 4, 0);
        let packet = Packet { time, ..Packet::new(LinkType::RAW, packet) };
        let layers = Layers::decode(packet.link, packet.data);
        match fragments.push(&packet, &layers) {
            stream::Fragment::None => pair.push(number.into(), &packet, &layers, &mut take),
            stream::Fragment::Complete(whole) => {
                let layers = Layers::decode(whole.link, whole.data);
                pair.push(number.into(), &whole, &layers, &mut take);
            }
            _ => {}
        }
        assert!(pair.parked() <= 2 * limits.parked);
    }
    pair.finish(&mut take);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same in each run.
    struct Dice(u64);
    impl Dice {
        fn roll(&mut self, below: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % below.max(1)
        }
    }

    fn seeds() -> Vec<Vec<u8>> {
        let mut seeds = vec![b"".to_vec()];
        let mut classic =
            pcap::PcapWriter::new(Vec::new(), "x", pcap::PcapOptions::new(LinkType::ETHERNET)).unwrap();
        let mut modern =
            pcapng::PcapngWriter::new(Vec::new(), "x", &pcapng::SectionOptions::default()).unwrap();
        for n in 0..8u8 {
            let time = Timestamp::new(i64::from(n), 5);
            let data = [n; 30];
            let packet = Packet { time, ..Packet::new(LinkType::ETHERNET, &data) };
            classic.write(&packet).unwrap();
            modern.write(&Packet { interface: u32::from(n / 3), ..packet }).unwrap();
        }
        let classic = classic.into_sink().unwrap();
        // The same in the other byte order and the other variants of the format.
        for magic in [0xa1b2_3c4du32, 0xa1b2_cd34] {
            let mut seed = classic.clone();
            seed[..4].copy_from_slice(&magic.to_ne_bytes());
            seeds.push(seed);
        }
        seeds.push(classic);
        seeds.push(modern.into_sink().unwrap());
        #[cfg(feature = "compress")]
        for compression in
            [savefile::Compression::Gzip, savefile::Compression::Zstd, savefile::Compression::Lz4]
        {
            let options = pcap::PcapOptions::new(LinkType::ETHERNET);
            let mut packed = pcap::PcapWriter::compressed(Vec::new(), "x", options, compression).unwrap();
            packed.write(&Packet::new(LinkType::ETHERNET, b"packed")).unwrap();
            seeds.push(packed.into_sink().unwrap());
        }
        seeds
    }

    fn run(body: fn(&[u8]), rounds: usize) {
        run_from(&seeds(), body, rounds);
    }

    fn run_from(seeds: &[Vec<u8>], body: fn(&[u8]), rounds: usize) {
        let mut dice = Dice(1);
        for _ in 0..rounds {
            let mut bytes = seeds[dice.roll(seeds.len())].clone();
            for _ in 0..dice.roll(6) {
                let at = dice.roll(bytes.len());
                match dice.roll(6) {
                    _ if bytes.is_empty() => bytes.push(dice.roll(256) as u8),
                    0 => bytes[at] = dice.roll(256) as u8,
                    1 => bytes[at] ^= 1 << dice.roll(8),
                    2 => bytes.truncate(at),
                    3 => drop(bytes.drain(at..(at + dice.roll(40)).min(bytes.len()))),
                    4 => {
                        let other = &seeds[dice.roll(seeds.len())];
                        bytes.splice(at..at, other.iter().copied().take(dice.roll(200)));
                    }
                    _ => {
                        let number = [0u32, 1, 12, 16, 28, 0x7fff_ffff, u32::MAX, 0x00ff_fffc][dice.roll(8)];
                        let end = (at + 4).min(bytes.len());
                        bytes[at..end].copy_from_slice(&number.to_ne_bytes()[..end - at]);
                    }
                }
            }
            body(&bytes);
        }
    }

    #[test]
    fn any_bytes_can_be_read_as_a_savefile() {
        run(read_savefile, 2000);
    }

    #[test]
    fn any_bytes_can_be_read_as_pcap() {
        run(read_pcap, 3000);
    }

    #[test]
    fn any_bytes_can_be_read_as_pcapng() {
        run(read_pcapng, 3000);
    }

    /// The packets that come with the tests, each behind `choices` bytes.
    fn packets(choices: usize) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for (link, file) in [
            (0, &include_bytes!("../tests/data/seeds/lab_v3.pcap")[..]),
            (4, include_bytes!("../tests/data/seeds/lottery.pcap")),
        ] {
            let mut reader = pcap::PcapReader::new(file).unwrap();
            while let Some(packet) = reader.next_packet().unwrap() {
                let mut seed = vec![link];
                seed.resize(choices, 0x37);
                seed.extend_from_slice(packet.data);
                seeds.push(seed);
            }
        }
        seeds
    }

    #[test]
    fn any_bytes_can_be_printed() {
        run_from(&packets(3), super::print, 3000);
    }

    #[test]
    fn any_bytes_can_be_decoded() {
        run_from(&packets(1), layers, 3000);
    }

    #[test]
    fn any_bytes_can_be_repaired() {
        run(repair, 300);
    }

    #[test]
    fn any_bytes_can_be_compiled_as_a_filter() {
        let seeds = [
            "\0tcp port 80 and host 10.0.0.1\nE",
            "\x01not (ip[0] & 0xf > 5 or ip6 net 2001:db8::/32)\n",
            "\x08vlan 7 and (port 443 or 80) && len <= 100\n",
            "\x07inbound and ifindex 3 or src portrange 1-http",
            "\x10ether host 02:00:00:00:00:01 or ether proto \\ip\n",
            "\x20ip broadcast or geneve 7 and icmp6[icmp6type] = 1",
            "\0mpls 7 and ip protochain 6 or pppoes 3 and arp[6:2] % 3 = - 1 << 2",
        ];
        let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
        run_from(&seeds, filter, 5000);
    }

    #[test]
    fn any_bytes_can_be_a_stream() {
        /// IPv4 without a right checksum, TCP.
        fn packet(back: bool, seq: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
            let total = 40 + payload.len() as u8;
            let mut packet = vec![total, 0x45, 0, 0, total, 0, 1, 0, 0, 64, 6, 0, 0];
            let (ends, ports) = if back { ([2, 1], [80, 9]) } else { ([1, 2], [9, 80]) };
            packet.extend([10, 0, 0, ends[0], 10, 0, 0, ends[1], 0, ports[0], 0, ports[1]]);
            packet.extend([0, 0, 0, seq, 0, 0, 0, 20, 0x50, flags, 0xff, 0xff, 0, 0, 0, 2]);
            packet.extend(payload);
            packet
        }
        let mut seeds = Vec::new();
        for policy in 0..12u8 {
            let mut seed = vec![policy];
            seed.extend(packet(false, 9, 2, b""));
            seed.extend(packet(true, 19, 18, b""));
            for (seq, flags, payload) in [
                (10, 16, "ab"),
                (16, 24, "ghij"),
                (14, 16, "EFGH"),
                (13, 48, "d"),
                (20, 17, "k"),
                (12, 16, "c"),
            ] {
                seed.extend(packet(policy % 5 == 4 && seq == 12, seq, flags, payload.as_bytes()));
            }
            seeds.push(seed);
        }
        run_from(&seeds, super::stream, 20_000);
    }

    #[test]
    fn any_bytes_can_be_run_as_a_program() {
        let insns = [
            [0x28, 0, 0, 12],
            [0x15, 0, 3, 0x800],
            [0x30, 0, 0, 23],
            [0x02, 0, 0, 1],
            [0x61, 0, 0, 1],
            [0xb1, 0, 0, 14],
            [0x48, 0, 0, 14],
            [0x0c, 0, 0, 0],
            [0x05, 0, 0, 1],
            [0x25, 2, 0, 80],
            [0x6, 0, 0, 9],
            [0x05, 0, 0, -4],
            [0x6, 0, 0, 0],
        ];
        let seed: Vec<u8> = insns
            .iter()
            .flat_map(|&[code, jt, jf, k]: &[i32; 4]| {
                let [a, b] = (code as u16).to_ne_bytes();
                let [c, d, e, f] = k.to_ne_bytes();
                [a, b, jt as u8, jf as u8, c, d, e, f]
            })
            .collect();
        run_from(&[seed], program, 3000);
    }
}
