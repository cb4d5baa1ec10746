//! What netfilter rules log, captured from `nflog:N`.
use std::io::Write as _;

use synack::LinkType;
use synack::capture::{LogCapture, Multi};
use synack::filter::Filter;

use super::*;
use crate::cli::{SYNACK, text};

/// Has the kernel log what is sent to these ports, each to the group of the same number; false where it cannot.
fn log(ports: &[u16]) -> bool {
    if !needs::program("nft") {
        return false;
    }
    let rules: Vec<String> =
        ports.iter().map(|port| format!("udp dport {port} log prefix \"t\" group {port}\n")).collect();
    let table = format!(
        "table inet t {{\nchain o {{\ntype filter hook output priority 0\n{}}}\n}}\n",
        rules.concat()
    );
    let mut nft = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn().expect("nft runs");
    nft.stdin.take().expect("piped").write_all(table.as_bytes()).expect("written");
    needs::allowed("nftables with a log to groups", nft.wait().expect("nft ends").success())
}

/// Sends datagrams numbered `range` to a port that nobody listens on.
fn send(port: u16, range: std::ops::Range<u32>) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    for number in range {
        let _refused = socket.send_to(&number.to_be_bytes(), ("127.0.0.1", port));
    }
}

/// The number in the packet that a message holds: its last bytes.
fn logged(packet: Packet<'_>) -> u32 {
    assert_eq!(packet.link, LinkType::NFLOG);
    u32::from_be_bytes(*packet.data.last_chunk().expect("four bytes"))
}

#[test]
fn what_rules_log_comes_whole_and_in_order_and_is_counted() {
    in_namespace("live::logged::what_rules_log_comes_whole_and_in_order_and_is_counted", || {
        if !log(&[7001, 7002]) {
            return;
        }
        let mut capture = LogCapture::builder("nflog:7001,7002").open().expect("capture");
        send(7001, 0..500);
        send(7002, 500..600);
        send(7003, 0..5);
        for want in 0..600 {
            let packet = capture.next_packet().expect("capture").expect("a packet");
            // Family, version, group.
            let group = if want < 500 { 7001u16 } else { 7002 };
            assert_eq!(packet.data[..2], [2, 0]);
            assert_eq!(packet.data[2..4], group.to_be_bytes());
            assert_eq!(logged(packet), want);
        }
        assert_eq!(capture.advance(Some(Duration::ZERO)).expect("capture"), Step::Idle);
        // What came before the stop is given, what comes later is not.
        send(7001, 600..620);
        capture.stop();
        send(7001, 620..630);
        for want in 600..620 {
            assert_eq!(capture.next_packet().expect("capture").map(logged), Some(want));
        }
        assert_eq!(capture.next_packet().expect("capture").map(logged), None);
        let stats = capture.stats().expect("statistics");
        assert_eq!((stats.received, stats.delivered, stats.dropped), (620, 620, 0));
    });
}

#[test]
fn logged_packets_that_there_is_no_room_for_are_counted() {
    in_namespace("live::logged::logged_packets_that_there_is_no_room_for_are_counted", || {
        if !log(&[7001]) {
            return;
        }
        let filter = Filter::compile("len > 40", LinkType::NFLOG).expect("compiles");
        let builder = LogCapture::builder("nflog:7001").buffer_size(20_000).filter(filter.program());
        let mut capture = builder.open().expect("capture");
        send(7001, 0..2000);
        capture.stop();
        let mut given = 0;
        while capture.next_packet().expect("capture").is_some() {
            given += 1;
        }
        let stats = capture.stats().expect("statistics");
        assert!(given > 0 && stats.dropped > 0, "{stats:?}");
        assert_eq!(
            (stats.received, stats.delivered, given + stats.dropped),
            (2000, given, 2000),
            "{stats:?}"
        );
    });
}

#[test]
fn a_group_has_one_listener_and_a_reason_why_not() {
    in_namespace("live::logged::a_group_has_one_listener_and_a_reason_why_not", || {
        let first = LogCapture::builder("nflog:7001").open();
        if !needs::allowed("netfilter's log", first.is_ok()) {
            return;
        }
        let busy = LogCapture::builder("nflog:7001").open().map(|_| ()).expect_err("it is taken");
        assert!(busy.to_string().starts_with("nflog:7001: another program listens to group 7001"), "{busy}");
        drop(first);
        assert!(LogCapture::builder("nflog:7001").open().is_ok());
        let mut command = Command::new("setpriv");
        if needs::program("setpriv") {
            command.args(["--bounding-set", "-all", "--inh-caps", "-all", SYNACK, "-i", "nflog:7001"]);
            let refused = command.output().expect("it runs");
            assert_eq!(refused.status.code(), Some(77));
            assert!(text(&refused.stderr).contains("CAP_NET_ADMIN"), "{}", text(&refused.stderr));
        }
    });
}

#[test]
fn the_program_prints_what_rules_log_beside_an_interface() {
    in_namespace("live::logged::the_program_prints_what_rules_log_beside_an_interface", || {
        if !log(&[7001]) {
            return;
        }
        let args = ["-nti", "nflog:7001", "-i", "lo", "-c", "20", "udp or len > 0"];
        let wrong = Command::new(SYNACK).args(args).output().expect("it runs");
        assert!(text(&wrong.stderr).contains("NFLOG link-layer type filtering not implemented"));
        let mut child = Command::new(SYNACK)
            .args(["-nti", "nflog:7001", "-i", "lo", "-c", "60", "len > 0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let errors = child.stderr.take().expect("piped");
        let mut errors = std::io::BufRead::lines(std::io::BufReader::new(errors));
        while !errors.next().expect("a line").expect("text").contains("listening on lo") {}
        // The filter looks at bytes of either: of each datagram the log, itself, and that nobody listens.
        send(7001, 0..20);
        let output = child.wait_with_output().expect("it ends");
        let lines: Vec<&str> = text(&output.stdout).lines().collect();
        assert_eq!(lines.len(), 60, "{lines:?}");
        for (beginning, count) in [("nflog:7001 ?   IP 127.0.0.1.", 20), ("lo    In  IP 127.0.0.1", 40)] {
            let of_it = lines.iter().filter(|line| line.starts_with(beginning)).count();
            assert_eq!(of_it, count, "{beginning}: {lines:?}");
        }
        let alone = Command::new(SYNACK).args(["-i", "nflog:7001", "-Q", "in"]).output().expect("it runs");
        assert!(text(&alone.stderr).contains("nflog:7001: -Q means nothing"));
    });
}

#[test]
fn what_is_logged_while_others_are_silent_does_not_wait_for_each_packet() {
    in_namespace(
        "live::logged::what_is_logged_while_others_are_silent_does_not_wait_for_each_packet",
        || {
            if !log(&[7001]) {
                return;
            }
            let logs = LogCapture::builder("nflog:7001").open().expect("capture");
            veth();
            let silent = Capture::builder("v0").timeout(Duration::from_secs(1)).open().expect("capture");
            let mut multi =
                Multi::new(vec![Box::new(logs) as Box<dyn synack::capture::Live>, Box::new(silent)]);
            send(7001, 0..300);
            let start = Instant::now();
            for want in 0..300 {
                assert_eq!(multi.next_packet().expect("capture").map(logged), Some(want));
            }
            // One by one it would be five minutes.
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
        },
    );
}
