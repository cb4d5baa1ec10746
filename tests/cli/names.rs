//! A resolver that never answers: printing goes on, and `-n` asks nothing. The names in the system's files are
//! those that the C library finds there.
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

/// Entries of every shape that is written into these files, right and wrong; of hosts and ethers, none without a
/// name.
const FILES: [(&str, &str); 6] = [
    ("passwd", "root:x:0:0::/:/bin/sh\ntcpdump:x:1:1::/:/bin/sh\n"),
    ("group", "root:x:0:\ntcpdump:x:1:\n"),
    ("nsswitch.conf", "hosts: files\nservices: files\nethers: files\n"),
    (
        "services",
        "hexadecimal 0x50/tcp\noctal 010/tcp\nlarge 70000/tcp\nsign +99/tcp\nspace 98 /tcp\nminus -5/tcp\n\
         aliased 97/tcp alias\nfirst 96/tcp\nsecond 96/tcp\nupper 95/TCP\nudp 94/udp\nodd 93x/tcp\n\
         comma 91,tcp\ncomment 90/tcp#c\n",
    ),
    (
        "hosts",
        "10.0.0.1 alpha beta\n10.0.0.2 one\n10.0.0.2 two\n 10.0.0.3 indented\n10.0.0.5 un_der\n10.0.0.6 CAPS\n",
    ),
    (
        "ethers",
        "00:11:22:33:44:01 colon\n00-11-22-33-44-02 dash\n00.11.22.33.44.03 dot\n0:11:22:33:44:4 short\n\
         0011.2233.4405 cisco\n00:11:22:33:44:06:07 long\n00:11:22:33:44:08 eight # c\n\
         00:11:22:33:44:08 again\n  00:11:22:33:44:09 indented\n00:11:22:33:44:0A CAPS\n\
         00:11:22:33:144:0c large\n",
    ),
];

#[test]
fn the_names_in_files_are_those_that_the_c_library_finds() {
    if !needs::tcpdump() {
        return;
    }
    in_namespaces("nm", "cli::names::the_names_in_files_are_those_that_the_c_library_finds", || {
        let dir = Scratch::new();
        let path = dir.path("names.pcap");
        let file = std::fs::File::create(&path).unwrap();
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let mut writer = pcap::PcapWriter::new(file, "names.pcap", options).unwrap();
        for (i, port) in [80_u16, 8, 4464, 99, 98, 65531, 97, 96, 95, 94, 93, 91, 90].into_iter().enumerate()
        {
            let mac = [2, 0, 0, 0, 0, 1, 0, 0x11, 0x22, 0x33, 0x44, i as u8 + 1, 8, 0];
            let mut frame = [&mac[..], &segment(1)].concat();
            frame[26..30].copy_from_slice(&[10, 0, 0, i as u8 + 1]);
            frame[34..36].copy_from_slice(&port.to_be_bytes());
            writer.write(&Packet::new(LinkType::ETHERNET, &frame)).unwrap();
        }
        writer.flush().unwrap();
        // There may be no ethers file to put another in place of: so all of /etc is another.
        let etc = dir.path("etc");
        std::fs::create_dir(&etc).unwrap();
        for (name, text) in FILES {
            std::fs::write(etc.join(name), text).unwrap();
        }
        let mounted =
            Command::new("mount").args(["--bind".as_ref(), etc.as_os_str(), "/etc".as_ref()]).status();
        if !needs::allowed("to replace /etc", mounted.is_ok_and(|status| status.success())) {
            return;
        }
        let flags = |path| ["-e".as_ref(), "-t".as_ref(), "-r".as_ref(), path];
        let ours = run(flags(path.as_os_str()));
        let theirs = Command::new("tcpdump").args(flags(path.as_os_str())).output().unwrap();
        assert_eq!(text(&ours.stdout), text(&theirs.stdout));
        assert!(text(&ours.stdout).contains("colon > "), "{}", text(&ours.stdout));
        let names = FILES.iter().flat_map(|(_, text)| text.split_ascii_whitespace());
        for name in names.filter(|name| name.chars().all(char::is_alphabetic)) {
            for kind in ["ether host", "tcp port"] {
                let expression = [kind, name].join(" ");
                // Cooked by hand: what a name stands for is in the listing.
                let flags = ["-ddd", "-y", "EN10MB", &expression];
                let ours = run(flags);
                let theirs = Command::new("tcpdump").args(flags).output().unwrap();
                assert_eq!(text(&ours.stdout), text(&theirs.stdout), "{expression}");
            }
        }
    });
}
