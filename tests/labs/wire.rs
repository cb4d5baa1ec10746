//! What a student sees of the lab programs on the wire, each captured in a namespace of its own.
use std::fs;

use super::transcript::{directory, reads};
use super::*;
use crate::live::in_namespace;

/// Runs a pair and gives the segments of its connection too.
fn watch(name: &str, server: &[&str], client: &[&str], input: &str) -> (Pair, Vec<Segment>) {
    let (pair, frames) = record(|| run_pair(name, server, client, input));
    let segments = segments(&frames, pair.port());
    assert_opens(&segments);
    (pair, segments)
}

/// SYN, SYN-ACK and ACK come first; a SYN counts as one.
fn assert_opens(segments: &[Segment]) {
    let open: Vec<_> = segments.iter().take(3).map(|s| (s.from_server, s.flags, s.seq, s.ack)).collect();
    let (syn, ack) = (TcpFlags::SYN, TcpFlags::ACK);
    assert_eq!(open, [(false, syn, 0, 0), (true, syn | ack, 0, 1), (false, ack, 1, 1)]);
}

/// The payloads of one side in the order of their numbers, each once: a busy machine may send a segment
/// again, and a sender that moves to another processor may have two captured in the other order.
fn payloads(segments: &[Segment], from_server: bool) -> Vec<&[u8]> {
    let mut next = 1;
    let mut found = Vec::new();
    let with_data = |s: &&Segment| s.from_server == from_server && !s.payload.is_empty();
    let mut sent: Vec<&Segment> = segments.iter().filter(with_data).collect();
    sent.sort_by_key(|segment| segment.seq);
    for segment in sent {
        if segment.seq == next {
            found.push(&segment.payload[..]);
            next += segment.payload.len() as u32;
        }
    }
    found
}

/// The flags of what has FIN or RST, and who sent it.
fn ends(segments: &[Segment]) -> Vec<(bool, TcpFlags)> {
    let ending = TcpFlags::FIN | TcpFlags::RST;
    let ends = segments.iter().filter(|segment| segment.flags.intersects(ending));
    ends.map(|segment| (segment.from_server, segment.flags & ending)).collect()
}

/// Both FINs, the first by the server or by the client, and each acknowledged.
fn assert_closes(segments: &[Segment], server_first: bool) {
    assert_eq!(ends(segments), [(server_first, TcpFlags::FIN), (!server_first, TcpFlags::FIN)]);
    for side in [true, false] {
        let bytes: usize = payloads(segments, side).iter().map(|payload| payload.len()).sum();
        let after_fin = bytes as u32 + 2;
        assert!(segments.iter().any(|s| s.from_server != side && s.ack == after_fin), "{segments:#?}");
    }
}

#[test]
fn daytime_speaks_and_closes_first() {
    in_namespace("labs::wire::daytime_speaks_and_closes_first", || {
        let (pair, segments) = watch("daytime", &["server", ANYWHERE, "1"], &["client", ADDRESS], "");
        assert_eq!(
            payloads(&segments, true).concat(),
            format!("{}\r\n", pair.client.out.trim_end()).as_bytes()
        );
        assert!(payloads(&segments, false).is_empty());
        assert_closes(&segments, true);
    });
}

#[test]
fn echo_and_adder_answer_each_segment_and_the_client_closes() {
    in_namespace("labs::wire::echo_and_adder_answer_each_segment_and_the_client_closes", || {
        let client = ["client", ADDRESS, "2 40", "-1 1", ""];
        let asked: [&[u8]; 3] = [b"2 40\n", b"-1 1\n", b"\n"];
        for (name, answers) in [("echo", asked), ("adder", [&b"42\n"[..], b"0\n", b"0\n"])] {
            let (_, segments) = watch(name, &["server", ANYWHERE, "1"], &client, "");
            assert_eq!(payloads(&segments, false), asked);
            assert_eq!(payloads(&segments, true), answers);
            assert_closes(&segments, false);
        }
    });
}

#[test]
fn lottery_requests_are_small_segments_and_the_server_closes() {
    in_namespace("labs::wire::lottery_requests_are_small_segments_and_the_server_closes", || {
        let client = ["client", ADDRESS, "GEN", "LIST", "END"];
        let (pair, segments) = watch("lottery", &["server", ANYWHERE, "1"], &client, "");
        assert_eq!(payloads(&segments, false), [&b"GEN\n"[..], b"LIST\n", b"END\n"]);
        assert_eq!(payloads(&segments, true).concat(), pair.client.out.as_bytes());
        assert_eq!(payloads(&segments, true).len(), 2);
        assert_closes(&segments, true);
    });
}

#[test]
fn file_transfer_fills_segments_and_keeps_its_connection() {
    in_namespace("labs::wire::file_transfer_fills_segments_and_keeps_its_connection", || {
        let folder = directory("wire");
        let into = directory("wire_into");
        fs::write(folder.join("large"), vec![b'x'; 1_000_000]).unwrap();
        let server = ["server", ANYWHERE, folder.to_str().unwrap(), "1"];
        let client = ["client", ADDRESS, into.to_str().unwrap(), "large", "nothing"];
        let (_, segments) = watch("file_transfer", &server, &client, "");
        assert_eq!(payloads(&segments, false), [&b"large\n"[..], b"nothing\n"]);
        let sent = payloads(&segments, true);
        assert_eq!(sent.concat().len(), "OK 1000000\n".len() + 1_000_000 + "NO no such file\n".len());
        // Loopback's maximum segment size, once the window allows it.
        assert!(sent.iter().any(|payload| payload.len() > 20_000));
        assert_closes(&segments, false);
    });
}

#[test]
fn uppercase_closes_in_order_when_all_was_read() {
    in_namespace("labs::wire::uppercase_closes_in_order_when_all_was_read", || {
        let client = ["client", "once", ADDRESS, "Hello World!\n"];
        let (_, segments) = watch("uppercase", &["server", "once", ANYWHERE, "1"], &client, "");
        assert_eq!(payloads(&segments, false), [b"Hello World!\n"]);
        assert_eq!(payloads(&segments, true), [b"HELLO WORLD!\n"]);
        assert_closes(&segments, false);

        let client = ["client", "loop", ADDRESS];
        let server = ["server", "loop", ANYWHERE, "1"];
        let (_, segments) = watch("uppercase", &server, &client, "Ido Zeira\n322607177\nquit\n");
        assert_eq!(payloads(&segments, false), [b"Ido Zeira", b"322607177"]);
        assert_eq!(payloads(&segments, true), [b"IDO ZEIRA", b"322607177"]);
        assert_closes(&segments, false);
    });
}

/// The client's last word is RST, after it acknowledged all `sent` bytes of the answer, of which its
/// program read only some; there is no FIN of its, and nothing after.
fn assert_resets(segments: &[Segment], sent: u32) {
    assert_eq!(ends(segments), [(false, TcpFlags::RST)], "{segments:#?}");
    let last = segments.last().unwrap();
    assert_eq!((last.flags, last.ack), (TcpFlags::RST | TcpFlags::ACK, 1 + sent));
}

#[test]
fn uppercase_resets_when_the_answer_was_not_read() {
    in_namespace("labs::wire::uppercase_resets_when_the_answer_was_not_read", || {
        let client = ["client", "five", ADDRESS, "World! Hello, World!"];
        let (pair, segments) = watch("uppercase", &["server", "five", ANYWHERE, "1"], &client, "");
        assert_eq!(reads(&pair.server), [5, 5, 5, 5]);
        assert_eq!(payloads(&segments, false), [b"World! Hello, World!"]);
        let answers = payloads(&segments, true);
        assert_eq!(answers.concat(), b"WORLD! HELLO, WORLD!");
        assert_eq!(answers[0], b"WORLD");
        assert_resets(&segments, 20);

        let client = ["client", "thousand", ADDRESS, "Hello World!\n"];
        let (_, segments) = watch("uppercase", &["server", "thousand", ANYWHERE, "1"], &client, "");
        assert_eq!(payloads(&segments, true).concat(), b"HELLO WORLD!\n".repeat(1000));
        assert_resets(&segments, 13_000);
    });
}

#[test]
fn uppercase_closes_the_window_of_a_slow_reader() {
    in_namespace("labs::wire::uppercase_closes_the_window_of_a_slow_reader", || {
        let (server, text) = (["server", "slow", ANYWHERE, "1"], "Hello World!\n");
        let (pair, segments) = watch("uppercase", &server, &["client", "slow", ADDRESS, text], "");
        let (sent, answers) = (payloads(&segments, false), payloads(&segments, true));
        assert_eq!(sent.concat(), text.repeat(40).as_bytes());
        assert_eq!(answers.concat(), text.repeat(40).to_ascii_uppercase().as_bytes());
        // A read takes what has come meanwhile, whatever the writes were.
        assert_eq!(reads(&pair.server).iter().sum::<usize>(), 520);
        assert!(answers.len() <= sent.len());
        assert_closes(&segments, false);

        // Room for a few kilobytes only.
        fs::write("/proc/sys/net/ipv4/tcp_rmem", "4096 4096 4096").expect("a namespace has its own");
        let (pair, segments) = watch("uppercase", &server, &["client", "slow", ADDRESS, text, "200"], "");
        pair.client.assert_well("200 writes of 130 bytes, 26000 bytes read\n");
        // Each read but the first waits after the first write for its 5 ms.
        let first = segments.iter().find(|s| !s.payload.is_empty()).expect("a write").time;
        let last = segments.iter().rfind(|s| s.from_server && !s.payload.is_empty()).expect("an answer").time;
        let since = |time: Timestamp| Duration::new(time.secs as u64, time.nanos as u32);
        let pauses = reads(&pair.server).len() as u32 - 1;
        assert!(since(last) - since(first) >= Duration::from_millis(5) * pauses, "{pauses} pauses");
        let zero = segments.iter().position(|s| s.from_server && s.window == 0).expect("a closed window");
        assert!(segments[zero..].iter().any(|s| s.from_server && s.window > 0), "it opens again");
        assert_eq!(payloads(&segments, false).concat().len(), 26_000);
    });
}

#[test]
fn packet_dump_shows_the_segments_of_a_pair() {
    in_namespace("labs::wire::packet_dump_shows_the_segments_of_a_pair", || {
        // SYN, SYN-ACK, ACK, and the text that comes after.
        let dump = Running::start("packet_dump", &["lo", "4"]);
        let started = dump.error_line();
        assert!(started.starts_with("listening on lo: "), "{started}");
        let pair = run_pair("daytime", &["server", ANYWHERE, "1"], &["client", ADDRESS], "");
        let said = dump.finish();
        assert_eq!(said.code, Some(0), "{}", said.err);
        let packets: Vec<&str> = said.out.split("\n\n").filter(|packet| !packet.trim().is_empty()).collect();
        assert_eq!(packets.len(), 4, "{}", said.out);
        for (packet, flags) in packets.iter().zip(["SYN", "SYN|ACK", "ACK", "PSH|ACK"]) {
            assert!(packet.contains(&format!(" bytes, {flags}, seq ")), "{packet}");
            assert!(packet.contains(&pair.address), "{packet}");
        }
        assert!(
            packets[3].contains(&format!("{} bytes of data", pair.client.out.len() + 1)),
            "{}",
            packets[3]
        );
    });
}

#[test]
fn packet_dump_shows_a_file_as_the_tutorials_do() {
    let said = run("packet_dump", &["-r", "tests/data/seeds/raw_socket_five.pcap"]);
    assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
    assert_eq!(said.out.matches("Packet ").count(), 5);
    let first = "Packet 1: 99.67.214.221:2031 > 211.43.148.136:22\n    \
        IP header 20 bytes, ttl 116, id 34798, total length 40\n    \
        TCP header 20 bytes, ACK, seq 3317488012, ack 2881931816, window 64099, 0 bytes of data\n\
        45 00 00 28 87 ee 40 00 74 06 dd 0c 63 43 d6 dd | E..(..@.t...cC..\n\
        d3 2b 94 88 07 ef 00 16 c5 bc d9 8c ab c6 ca 28 | .+.............(\n\
        50 10 fa 63 f6 5d 00 00                         | P..c.]..\n\n";
    assert!(said.out.starts_with(first), "{}", said.out);
    run("packet_dump", &["-r", "tests/data/seeds/raw_socket_five.pcap", "1"]).assert_well(first);
    assert_eq!(run("packet_dump", &["-r", "/nothing"]).code, Some(1));
}
