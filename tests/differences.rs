//! What is printed otherwise than by tcpdump 4.99.3 on purpose: the rows of `docs/differences.md`. Where
//! it can, tcpdump says what is right, of the same packets with the cause of its fault taken away.
use std::path::Path;
use std::process::Command;

use synack::print::Printer;
use synack::savefile::{PacketWriter, pcap, pcapng};
use synack::{LinkType, Packet, Timestamp};

use crate::cli::{Scratch, run, text};
use crate::corpus::build::*;
use crate::corpus::{Capture, EN10MB, IPV4, IPV6, RAW};
use crate::{differential, needs, out_of_order};

/// Seconds around those of which 32 bits with and without a sign are the last, and others.
const LATE: [i64; 8] = [
    0x7fff_ffff,
    0x8000_0000,
    2_500_000_000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    0x1_8000_0000,
    // Nanoseconds of pcapng, which have 64 bits, end in 2554.
    18_000_000_000,
];

/// Summer time by a rule that holds for ever.
const ZONES: [&str; 2] = ["UTC0", "CET-1CEST,M3.5.0,M10.5.0/3"];

fn frame() -> Vec<u8> {
    tcp(PSH | ACK, 2, 101).payload(b"data").frame()
}

/// A file with a packet at each of these times.
fn write(path: &Path, times: &[Timestamp]) {
    let file = std::fs::File::create(path).expect("a file");
    let mut writer: Box<dyn PacketWriter> = if path.extension().is_some_and(|e| e == "pcapng") {
        let section = pcapng::SectionOptions::default();
        Box::new(pcapng::PcapngWriter::new(file, "x", &section).expect("written"))
    } else {
        let options = pcap::PcapOptions {
            precision: pcap::Precision::Nano,
            ..pcap::PcapOptions::new(LinkType::ETHERNET)
        };
        Box::new(pcap::PcapWriter::new(file, "x", options).expect("written"))
    };
    let data = frame();
    for &time in times {
        writer.write(&Packet { time, ..Packet::new(LinkType::ETHERNET, &data) }).expect("written");
    }
    writer.flush().expect("written");
}

/// The lines that synack prints of a file.
fn lines(flags: &str, path: &Path, zone: &str) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synack"));
    let done = command.env("TZ", zone).args(flags.split(' ')).arg("-r").arg(path).output().expect("run");
    assert!(done.status.success(), "{}", text(&done.stderr));
    text(&done.stdout).lines().map(str::to_owned).collect()
}

/// A time as date(1) has it.
fn date(time: Timestamp, zone: &str, format: &str) -> String {
    let mut command = Command::new("date");
    let at = format!("@{}.{:09}", time.secs, time.nanos);
    let done = command.env("TZ", zone).args(["-d", &at, format]).output().expect("date");
    assert!(done.status.success(), "{}", text(&done.stderr));
    text(&done.stdout).trim_end().to_owned()
}

#[test]
fn times_after_2038_and_2106_are_those_of_the_calendar() {
    let dir = Scratch::new();
    for (name, until) in [("late.pcap", 1 << 32), ("late.pcapng", i64::MAX)] {
        let times: Vec<_> = LATE
            .iter()
            .filter(|secs| **secs < until)
            .enumerate()
            .map(|(n, &secs)| Timestamp::new(secs, 123_456_000 + n as u64))
            .collect();
        let path = dir.path(name);
        write(&path, &times);
        for zone in ZONES {
            for (flags, format) in [
                ("-n", "+%T.%6N"),
                ("-ntt", "+%s.%6N"),
                ("-ntttt", "+%F %T.%6N"),
                ("-n --nano", "+%T.%N"),
                ("-ntt --nano", "+%s.%N"),
                ("-ntttt --nano", "+%F %T.%N"),
            ] {
                let plain = lines("-nt", &path, zone);
                let want: Vec<_> = times
                    .iter()
                    .zip(&plain)
                    .map(|(t, line)| format!("{} {line}", date(*t, zone, format)))
                    .collect();
                assert_eq!(lines(flags, &path, zone), want, "{flags} {name} {zone}");
            }
        }
        let json = lines("--json -n", &path, "UTC0");
        for (time, line) in times.iter().zip(&json) {
            let want = format!("\"time\":\"{}\"", date(*time, "UTC0", "+%FT%T.%NZ"));
            assert!(line.contains(&want), "{want}: {line}");
        }
    }
}

/// Differences do not change when all times are earlier by the same: then tcpdump can print them.
#[test]
fn times_since_the_packet_before_go_on_after_2038_and_2106() {
    if !needs::tcpdump() {
        return;
    }
    let steps = [0_i64, 1_500_000_000, 400, -2_000_000_000, 3_599_999_999_000, 86_399_000_000_000, -1];
    let times = |from: i64| -> Vec<Timestamp> {
        let mut nanos = i128::from(from) * 1_000_000_000;
        let at = steps.iter().map(|step| {
            nanos += i128::from(*step);
            let secs = nanos.div_euclid(1_000_000_000);
            Timestamp::new(secs as i64, nanos.rem_euclid(1_000_000_000) as u64)
        });
        at.collect()
    };
    let dir = Scratch::new();
    let early = dir.path("early.pcap");
    write(&early, &times(1_000_000_000));
    for (name, from) in [("late.pcap", 0x7fff_ffff), ("later.pcapng", 0xffff_ffff), ("last.pcapng", 1 << 34)]
    {
        let path = dir.path(name);
        write(&path, &times(from));
        for flags in ["-nttt", "-nttttt", "-nttt --nano", "-nttttt --nano"] {
            let mut command = Command::new("tcpdump");
            let theirs = command.args(flags.split(' ')).arg("-r").arg(&early).output().expect("tcpdump");
            let ours = lines(flags, &path, "UTC0");
            assert_eq!(ours, text(&theirs.stdout).lines().collect::<Vec<_>>(), "{flags} {name}");
        }
    }
}

/// Both byte orders of a classic file hold seconds without a sign.
#[test]
fn both_byte_orders_have_the_same_late_times() {
    let mut capture = Capture::new("late", EN10MB, vec![frame(); 3]);
    for (record, secs) in capture.records.iter_mut().zip([0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
        record.secs = secs;
    }
    for flags in ["-n", "-ntt", "-nttt", "-ntttt", "-nttttt"] {
        let little = differential::ours(&capture, flags);
        let big = differential::ours(&Capture { big_endian: true, ..capture.clone() }, flags);
        assert_eq!(text(&little), text(&big), "{flags}");
        assert!(!text(&little).contains("Error"), "{}", text(&little));
    }
}

/// A packet as it was, and with the length that its header leaves out.
fn merged(payload: usize) -> [(u32, Vec<u8>, Vec<u8>); 4] {
    let segment =
        tcp(PSH | ACK, 1, 2).options(&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]).payload(&bytes(b'A', payload));
    let four = Ip4 { total: Some(0), ..ip4(6) };
    let datagram = udp4(&ip4(17), 4000, 4001, &bytes(b'A', payload));
    [
        (IPV4, segment.over4(&four), segment.over4(&ip4(6))),
        // In a tunnel.
        (IPV4, ip4(4).carry(&segment.over4(&four)), ip4(4).carry(&segment.over4(&ip4(6)))),
        (IPV6, ip6(4).carry(&segment.over4(&four)), ip6(4).carry(&segment.over4(&ip4(6)))),
        (IPV4, Ip4 { total: Some(0), ..ip4(17) }.carry(&datagram), ip4(17).carry(&datagram)),
    ]
}

/// What our text of a packet whose length was presumed says beyond that of one with its length.
fn without_the_remark(text: &str) -> String {
    text.replace(" [was 0, presumed TSO]", "")
}

#[test]
fn merged_segments_are_printed_as_if_their_length_were_there() {
    if !needs::tcpdump() {
        return;
    }
    for payload in [0, 1, 100, 1448, 2896, 40_000] {
        for (n, (link, without, with)) in merged(payload).into_iter().enumerate() {
            for flags in ["-n", "-nq", "-nS", "-nv", "-nvv", "-nevvK", "-nvvv"] {
                let without = Capture::new("merged", link, vec![without.clone()]);
                let with = Capture::new("merged", link, vec![with.clone()]);
                let (ours, theirs) =
                    (differential::ours(&without, flags), differential::theirs(&with, flags));
                let (ours, theirs) = (text(&ours), text(&theirs));
                assert_eq!(without_the_remark(ours), theirs, "packet {n} of {payload}, {flags}");
                assert_eq!(ours.contains("[was 0, presumed TSO]"), flags.contains('v'), "{n} {ours}");
            }
        }
    }
}

#[test]
fn what_no_length_field_can_tell_is_big_tcp() {
    let payload = 180_000;
    let [(_, four, _), ..] = merged(payload);
    let six = tcp(ACK, 1, 2).payload(&bytes(b'A', payload)).over6(&Ip6 { len: Some(0), ..ip6(6) });
    let text_of = |link, packet: &Vec<u8>, flags| {
        text(&differential::ours(&Capture::new("merged", link, vec![packet.clone()]), flags)).to_owned()
    };
    let end = format!("length {payload}\n");
    for (link, packet, header, word) in
        [(IPV4, &four, 0, "length "), (RAW, &four, 0, "length "), (IPV6, &six, 40, "payload length: ")]
    {
        assert!(text_of(link, packet, "-n").ends_with(&end));
        let verbose = text_of(link, packet, "-nvv");
        let presumed = format!("{word}{} [was 0, presumed BIG TCP]", packet.len() - header);
        assert!(verbose.contains(&presumed) && verbose.ends_with(&end), "{verbose}");
    }
    // Of link padding nothing is presumed, nor of a length that is not even that of the header.
    let padded = [Ip6 { len: Some(0), ..ip6(6) }.carry(b""), vec![0; 6]].concat();
    assert!(!text_of(IPV6, &padded, "-nvv").contains("presumed"));
    let short = Ip4 { total: Some(0), options: vec![1; 40], ..ip4(6) }.carry(b"");
    assert!(text_of(IPV4, &short[..40].to_vec(), "-nvv").contains("bad-len 0"));
}

/// Of a merged packet longer than any snapshot tcpdump says that its record is invalid.
#[test]
fn merged_packets_beyond_every_snapshot_are_printed() {
    let segment = tcp(ACK, 1, 1).payload(&vec![0; 524_000]);
    let four = Ip4 { total: Some(0), ..ip4(6) }.carry(&segment.bare());
    let mut printer = Printer::builder().numeric(true).build(Vec::new());
    let (wire_len, cut) = (four.len() as u32, &four[..262_144]);
    printer.print(&Packet { wire_len, ..Packet::new(LinkType(IPV4), cut) }).expect("memory");
    let printed = printer.into_inner();
    assert!(text(&printed).ends_with("length 524000\n"), "{}", text(&printed));
}

/// A connection that was opened and closed, and what comes after between the same ports.
fn reused(six: bool, after: &[(bool, Segment)]) -> (Capture, Capture) {
    let first = [
        (false, tcp(SYN, 70_000, 0)),
        (true, tcp(SYN | ACK, 900_000, 70_001)),
        (false, tcp(ACK, 70_001, 900_001)),
        (false, tcp(FIN | ACK, 70_001, 900_001)),
        (true, tcp(FIN | ACK, 900_001, 70_002)),
        (false, tcp(ACK, 70_002, 900_002)),
    ];
    let packet = |(back, segment): &(bool, Segment)| match (six, back) {
        (false, false) => segment.over4(&ip4(6)),
        (false, true) => segment.clone().back().over4(&ip4(6).back()),
        (true, false) => segment.over6(&ip6(6)),
        (true, true) => segment.clone().back().over6(&ip6(6).back()),
    };
    let all = first.iter().chain(after).map(packet).collect();
    (Capture::new("all", RAW, all), Capture::new("alone", RAW, after.iter().map(packet).collect()))
}

/// The second connection between the same ports has the text it has when nothing was before it.
#[test]
fn a_refusal_after_ports_were_used_again_has_its_own_numbers() {
    if !needs::tcpdump() {
        return;
    }
    let syn = || (false, tcp(SYN, 5_000_000, 0));
    let followings = [
        vec![syn(), (true, tcp(RST | ACK, 0, 5_000_001))],
        // The SYN twice, and refused twice; then taken.
        vec![syn(), syn(), (true, tcp(RST | ACK, 0, 5_000_001)), (true, tcp(RST | ACK, 0, 5_000_001))],
        vec![
            syn(),
            (true, tcp(RST | ACK, 0, 5_000_001)),
            (false, tcp(SYN, 6_000_000, 0)),
            (true, tcp(RST | ACK, 0, 6_000_001)),
        ],
        // Bytes in the SYN are acknowledged too.
        vec![(false, tcp(SYN, 5_000_000, 0).payload(b"early")), (true, tcp(RST | ACK, 0, 5_000_006))],
        // Given up by the client.
        vec![syn(), (false, tcp(RST | ACK, 5_000_001, 0))],
        vec![(true, tcp(SYN, 5_000_000, 0)), (false, tcp(RST | ACK, 0, 5_000_001))],
    ];
    for (n, after) in followings.iter().enumerate() {
        for six in [false, true] {
            let (all, alone) = reused(six, after);
            for flags in ["-nt", "-ntvv"] {
                let theirs = differential::theirs(&alone, flags);
                // What tcpdump has as bases is of the refusal before, where there was one.
                let expected: Vec<_> = if n == 2 {
                    let second = Capture { records: alone.records[2..].to_vec(), ..alone.clone() };
                    let first = Capture { records: alone.records[..2].to_vec(), ..alone.clone() };
                    [differential::theirs(&first, flags), differential::theirs(&second, flags)].concat()
                } else {
                    theirs
                };
                for ours in [differential::ours(&all, flags), out_of_order::drafted(&all, flags)] {
                    let (ours, expected) = (text(&ours), text(&expected));
                    assert!(
                        ours.ends_with(expected),
                        "{n} {flags}\n{ours}-- expected at the end\n{expected}"
                    );
                }
            }
        }
    }
}

/// What is not of the new connection stays as tcpdump has it.
#[test]
fn a_challenge_after_ports_were_used_again_is_tcpdumps() {
    if !needs::tcpdump() {
        return;
    }
    let after =
        [(false, tcp(SYN, 5_000_000, 0)), (true, tcp(ACK, 900_002, 70_002)), (false, tcp(RST, 70_002, 0))];
    for six in [false, true] {
        let (all, _) = reused(six, &after);
        assert_eq!(differential::differences(&all, "-nt"), Vec::<String>::new());
    }
}

/// Every capture of the corpus is compared whole: nothing of what differs on purpose is in it.
#[test]
fn the_corpus_holds_no_difference() {
    for capture in crate::corpus::all() {
        let printed = differential::ours(&capture, "-nvv");
        assert!(!text(&printed).contains("presumed"), "{}", capture.name);
        assert!(capture.records.iter().all(|record| record.secs <= 0x7fff_ffff), "{}", capture.name);
    }
}

/// Of a link type that it cannot print tcpdump prints nothing, and fails.
#[test]
fn packets_of_a_link_type_without_a_printer_are_dumped() {
    let dir = Scratch::new();
    let path = dir.path("unknown.pcap");
    std::fs::write(&path, Capture::new("unknown", 252, vec![b"not ours".to_vec()]).to_pcap())
        .expect("written");
    let done = run(["-nt", "-r", path.to_str().expect("UTF-8")]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("6e6f 7420 6f75 7273"), "{}", text(&done.stdout));
}
