//! A resolver that never answers.
use std::fs;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Dir, Running, program};
use crate::live::in_namespaces;
use crate::needs;

/// Makes the machine's name server, for this mount namespace, a socket that stays silent.
fn silent_resolver(dir: &Dir) -> Option<UdpSocket> {
    let conf = dir.path("resolv.conf");
    fs::write(&conf, "nameserver 127.0.0.1\n").expect("written");
    let status = Command::new("mount").arg("--bind").arg(&conf).arg("/etc/resolv.conf").status();
    if !needs::allowed("to replace /etc/resolv.conf", status.is_ok_and(|s| s.success())) {
        return None;
    }
    let socket = UdpSocket::bind("127.0.0.1:53").expect("root may have port 53");
    socket.set_nonblocking(true).expect("a flag");
    Some(socket)
}

/// Sixty packets, each from an address of its own.
fn many_hosts(path: &std::path::Path) {
    let mut bytes = Vec::new();
    bytes.extend(0xa1b2_c3d4_u32.to_le_bytes());
    bytes.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    for host in 1..=60 {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        etherparse::PacketBuilder::ipv4([203, 0, 113, host], [203, 0, 113, 254], 64)
            .udp(4000, 5000)
            .write(&mut frame, &[])
            .expect("built in memory");
        let len = u32::try_from(frame.len()).expect("short").to_le_bytes();
        bytes.extend([1, 0, 0, 0, 2, 0, 0, 0]);
        bytes.extend(len);
        bytes.extend(len);
        bytes.extend(frame);
    }
    fs::write(path, bytes).expect("written");
}

#[test]
fn a_silent_resolver_costs_seconds_not_minutes_and_n_asks_nothing() {
    let test = "faults::names::a_silent_resolver_costs_seconds_not_minutes_and_n_asks_nothing";
    in_namespaces("nm", test, || {
        let dir = Dir::new();
        let Some(resolver) = silent_resolver(&dir) else { return };
        let input = dir.path("hosts.pcap");
        many_hosts(&input);

        let mut command = program();
        command.arg("-nr").arg(&input).stdout(Stdio::null());
        assert_eq!(Running::start(command).end().code(), Some(0));
        let asked = resolver.recv(&mut [0; 512]).map_err(|e| e.kind());
        assert_eq!(asked, Err(ErrorKind::WouldBlock), "-n asks nothing");

        let start = Instant::now();
        let mut command = program();
        command.arg("-r").arg(&input).stdout(Stdio::piped());
        let mut running = Running::start(command);
        let output = super::gather(running.child.stdout.take().expect("piped"));
        assert_eq!(running.end().code(), Some(0));
        let text = String::from_utf8(output.join().expect("read")).expect("ASCII");
        assert_eq!(text.lines().filter(|line| line.contains("203.0.113.")).count(), 60);
        assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
        assert!(resolver.recv(&mut [0; 512]).is_ok(), "without -n it did ask");
    });
}

#[test]
fn a_silent_resolver_costs_a_live_capture_no_packet() {
    in_namespaces("nm", "faults::names::a_silent_resolver_costs_a_live_capture_no_packet", || {
        let dir = Dir::new();
        let Some(resolver) = silent_resolver(&dir) else { return };
        crate::live::ip("route add local 203.0.113.0/24 dev lo");
        let taker = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        let port = taker.local_addr().expect("an address").port();
        let mut command = program();
        command.args(["-l", "-i", "lo", &format!("udp and dst port {port}")]).stdout(Stdio::piped());
        let mut running = Running::listening(command);
        let output = super::gather(running.child.stdout.take().expect("piped"));
        let sender = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        // New addresses all the time, over more time than the ring holds.
        let start = Instant::now();
        for n in 0..20_000_u32 {
            let host = [203, 0, 113, u8::try_from(n / 100).expect("below 200")];
            sender.send_to(b"x", (std::net::Ipv4Addr::from(host), port)).expect("sent");
            while start.elapsed() < Duration::from_micros(u64::from(n) * 100) {
                std::thread::yield_now();
            }
        }
        let ended = running.stop();
        let text = String::from_utf8(output.join().expect("read")).expect("ASCII");
        assert_eq!(ended.number("dropped by kernel"), 0, "{}", ended.said);
        assert_eq!(text.lines().filter(|line| line.contains("203.0.113.")).count(), 20_000);
        assert!(resolver.recv(&mut [0; 512]).is_ok(), "it did ask");
    });
}
