//! Dump layouts against the programs that define them: tcpdump, hexdump, text2pcap.
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use etherparse::PacketBuilder;
use synack::Source as _;
use synack::hex;

use crate::needs;

/// Bytes of every class a layout treats differently, in a fixed but mixed order.
fn mixed(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let step = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    };
    (0..len)
        .map(|_| match step(&mut state) % 8 {
            0 => b'\r',
            1 => b'\n',
            2 => b' ',
            3 => b'\t',
            4 => 0x7f,
            _ => (step(&mut state) & 0xff) as u8,
        })
        .collect()
}

/// A UDP datagram that tcpdump describes in one line.
fn datagram(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .udp(40000, 40001)
        .write(&mut packet, payload)
        .expect("it fits");
    packet
}

/// A file in a directory of its own, gone when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().expect("in a directory"));
    }
}

/// A capture of raw IP packets, where a program running as another user can read it.
fn write_pcap(name: &str, packets: &[Vec<u8>]) -> Scratch {
    let dir = std::env::temp_dir().join(format!("synack-hex-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary directory");
    let path = dir.join("in.pcap");
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 101] {
        file.extend(word.to_le_bytes());
    }
    for packet in packets {
        let len = u32::try_from(packet.len()).expect("small");
        for word in [1, 0, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    std::fs::write(&path, file).expect("written");
    Scratch(path)
}

/// What a program prints, given `input`; `None` where it is not installed.
fn output_of(program: &str, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    if !needs::program(program) {
        return None;
    }
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it is installed");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ran");
    // A program that does not read its input closes it.
    let _ = writer.join().expect("no panic");
    Some(output.stdout)
}

#[test]
fn layouts_equal_tcpdumps_at_every_length() {
    type Layout = fn(&mut Vec<u8>, &[u8]);
    let packets: Vec<_> = (0..200usize).map(|n| datagram(&mixed(n % 67, n as u64))).collect();
    let file = write_pcap("tcpdump", &packets);
    let path = file.path();
    for (flag, layout) in [("-x", hex::hex as Layout), ("-X", hex::hex_ascii), ("-A", hex::ascii)] {
        let Some(theirs) = output_of("tcpdump", &["-Z", "root", "-tnK", flag, "-r", path], &[]) else {
            return;
        };
        let theirs = if theirs.is_empty() {
            // Without root there is no user to change to.
            output_of("tcpdump", &["-tnK", flag, "-r", path], &[]).unwrap_or_default()
        } else {
            theirs
        };
        let mut ours = Vec::new();
        for packet in &packets {
            let len = packet.len() - 28;
            ours.extend(format!("IP 10.0.0.1.40000 > 10.0.0.2.40001: UDP, length {len}").bytes());
            layout(&mut ours, packet);
            ours.push(b'\n');
        }
        assert_eq!(String::from_utf8_lossy(&theirs), String::from_utf8_lossy(&ours), "{flag}");
    }
}

#[test]
fn canonical_equals_hexdump_c() {
    let mut cases: Vec<Vec<u8>> = (0..70).map(|n| mixed(n, 1)).collect();
    cases.extend((0..70).map(|n| vec![0; n]));
    cases.push([vec![1; 16], vec![0; 48], vec![1; 40]].concat());
    cases.push(mixed(5000, 3));
    for data in cases {
        let Some(theirs) = output_of("hexdump", &["-C"], &data) else { return };
        let mut ours = Vec::new();
        hex::canonical(&mut ours, &data);
        if !ours.is_empty() {
            ours.remove(0);
            ours.push(b'\n');
        }
        assert_eq!(String::from_utf8_lossy(&theirs), String::from_utf8_lossy(&ours), "{data:x?}");
    }
}

#[test]
fn text2pcap_reads_the_wireshark_layout_back() {
    let packets: Vec<_> =
        (1..60).map(|n| mixed(n, 7)).chain([mixed(1500, 8), b"0000   41".to_vec()]).collect();
    let mut text = Vec::new();
    for packet in &packets {
        hex::wireshark(&mut text, packet);
        text.push(b'\n');
    }
    let file = write_pcap("text2pcap", &[]);
    let out = file.path();
    if output_of("text2pcap", &["-q", "-F", "pcap", "-", out], &text).is_none() {
        return;
    }
    let mut source = synack::savefile::open(out).expect("text2pcap wrote a capture");
    for packet in &packets {
        let read = source.next_packet().expect("readable").expect("as many as were written");
        assert_eq!(read.data, packet);
    }
    assert!(source.next_packet().expect("readable").is_none());
}
