//! A resolver that never answers: printing goes on, and `-n` asks nothing.
use std::io::Write;
use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, Instant};

use synack::savefile::{PacketWriter, pcap};
use synack::{LinkType, Packet};

use super::{Scratch, run, text};
use crate::live::in_namespaces;
use crate::needs;

/// A TCP segment between two addresses that no file of the system names.
fn segment(host: u8) -> Vec<u8> {
    let mut bytes = vec![0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, host, 198, 51, 100, host];
    bytes.extend([0x04, 0x01, 0, 80, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 2, 0x10, 0, 0, 0, 0, 0]);
    bytes
}

#[test]
fn a_resolver_that_never_answers_costs_seconds_not_minutes() {
    in_namespaces("nm", "cli::names::a_resolver_that_never_answers_costs_seconds_not_minutes", || {
        let dir = Scratch::new();
        let conf = dir.path("resolv.conf");
        std::fs::File::create(&conf).unwrap().write_all(b"nameserver 127.0.0.1\n").unwrap();
        let mounted = Command::new("mount")
            .args(["--bind".as_ref(), conf.as_os_str(), "/etc/resolv.conf".as_ref()])
            .status();
        if !needs::allowed("to replace /etc/resolv.conf", mounted.is_ok_and(|status| status.success())) {
            return;
        }
        let resolver = UdpSocket::bind("127.0.0.1:53").unwrap();
        resolver.set_nonblocking(true).unwrap();
        let path = dir.path("many.pcap");
        let file = std::fs::File::create(&path).unwrap();
        let mut writer =
            pcap::PcapWriter::new(file, "many.pcap", pcap::PcapOptions::new(LinkType::RAW)).unwrap();
        for host in 1..=100 {
            writer.write(&Packet::new(LinkType::RAW, &segment(host))).unwrap();
        }
        writer.flush().unwrap();

        let output = run(["-n".as_ref(), "-r".as_ref(), path.as_os_str()]);
        assert_eq!(text(&output.stdout).lines().count(), 100);
        assert!(resolver.recv(&mut [0; 512]).is_err(), "-n asked for a name");

        let begun = Instant::now();
        let output = run(["-r".as_ref(), path.as_os_str()]);
        assert_eq!(text(&output.stdout).lines().count(), 100);
        assert!(resolver.recv(&mut [0; 512]).is_ok(), "nothing was asked");
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    });
}
