//! The command, where it copies capture files.
use std::fs;
use std::process::Command;

use super::craft::{END, File, frame};
use super::oracle::Dir;
use crate::needs;

fn synack(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_synack")).args(args).output().unwrap()
}

#[test]
fn a_filtered_pcapng_copy_keeps_comments_secrets_and_custom_blocks() {
    let dir = Dir::new();
    let mut file = File::new(cfg!(target_endian = "big"));
    file.section(&[(1, b"whole"), END]).interface(1, 0, &[(2, b"eth0"), END]);
    file.block(0xbad, &[1; 8]).packet(0, 1, &frame(1), &[(1, b"short"), END]);
    file.block(10, b"KSLT\0\0\0\0").packet(0, 2, &frame(30), &[(1, b"long"), END]);
    let input = dir.file("in.pcapng", &file.bytes);
    let output = dir.path().join("out.pcapng");
    let done = synack(&["-r", input.to_str().unwrap(), "-w", output.to_str().unwrap(), "greater 30"]);
    assert!(done.status.success(), "{done:?}");
    let copy = fs::read(output).unwrap();
    let has = |needle: &[u8]| copy.windows(needle.len()).any(|window| window == needle);
    assert!(has(b"whole") && has(&[1; 8]) && has(b"KSLT") && has(b"long") && !has(b"short"));
}

#[test]
fn a_classic_copy_is_the_same_as_tcpdumps() {
    if !needs::tcpdump() {
        return;
    }
    let dir = Dir::new();
    // The upper bits say that frames end with a check sequence of 4 bytes.
    let mut file = File::pcap(true, 0xa1b2_3c4d, (2, 4), 1000, 0x2400_0001);
    for n in 0..9 {
        let data = frame(n);
        file.record(1_700_000_000, 999_999_999, data.len() as u32, 1500, &data);
    }
    let input = dir.file("in.pcap", &file.bytes);
    // Without a word tcpdump cuts the times to microseconds, and says nothing of it.
    for (precision, nanos) in [(&[][..], true), (&["--nano"], true), (&["--micro"], false)] {
        let theirs = super::oracle::tcpdump(&dir, &input, nanos);
        let output = dir.path().join("out.pcap");
        let mut args = vec!["-r", input.to_str().unwrap(), "-w", output.to_str().unwrap()];
        args.extend(precision);
        assert!(synack(&args).status.success());
        assert!(fs::read(output).unwrap() == theirs.copy, "{precision:?}");
    }
}

#[test]
fn a_pcap_copy_of_interfaces_that_keep_different_lengths_loses_no_byte() {
    let dir = Dir::new();
    let output = dir.path().join("out.pcap");
    let big = cfg!(target_endian = "big");
    let mut file = File::new(big);
    file.section(&[END]).interface(1, 100, &[END]).interface(1, 65_535, &[END]);
    file.packet(0, 1, &[7; 46], &[]).packet(1, 2, &[7; 900], &[]);
    let input = dir.file("in.pcapng", &file.bytes);
    assert!(synack(&["-r", input.to_str().unwrap(), "-w", output.to_str().unwrap()]).status.success());
    let mut copy = synack::savefile::open(&output).unwrap();
    let mut lengths = Vec::new();
    while let Some(packet) = synack::Source::next_packet(&mut copy).unwrap() {
        lengths.push(packet.data.len());
    }
    assert_eq!(lengths, [46, 900]);

    // When the longer one comes later, what a reader would cut is refused.
    let mut file = File::new(big);
    file.section(&[END]).interface(1, 100, &[END]).packet(0, 1, &[7; 46], &[]);
    file.interface(1, 65_535, &[END]).packet(1, 2, &[7; 900], &[]);
    let input = dir.file("in.pcapng", &file.bytes);
    let done = synack(&["-r", input.to_str().unwrap(), "-w", output.to_str().unwrap()]);
    let message = String::from_utf8(done.stderr).unwrap();
    assert!(message.contains("can't go into a pcap file of at most 100; use --pcapng"), "{message}");
    assert_eq!(done.status.code(), Some(1));

    // So is one that no reader takes.
    let mut file = File::new(big);
    file.section(&[END]).interface(1, 1 << 20, &[END]).packet(0, 1, &[7; 300_000], &[]);
    let input = dir.file("in.pcapng", &file.bytes);
    let done = synack(&["-r", input.to_str().unwrap(), "-w", output.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
}

#[test]
fn a_pcap_copy_of_a_list_of_files_loses_no_byte() {
    let dir = Dir::new();
    let big = cfg!(target_endian = "big");
    let file = |snaplen: u32, data: &[u8]| {
        let mut file = File::pcap(big, 0xa1b2_c3d4, (2, 4), snaplen, 1);
        file.record(1, 0, data.len() as u32, data.len() as u32, data);
        file.bytes
    };
    let (short, long) = ([7; 46], [7; 900]);
    let names = [dir.file("1.pcap", &file(100, &short)), dir.file("2.pcap", &file(65_535, &long))];
    let list = names.iter().map(|name| format!("{}\n", name.display())).collect::<String>();
    let list = dir.file("list", list.as_bytes());
    let output = dir.path().join("out.pcap");
    assert!(synack(&["-V", list.to_str().unwrap(), "-w", output.to_str().unwrap()]).status.success());
    let mut copy = synack::savefile::open(&output).unwrap();
    let mut kept = Vec::new();
    while let Some(packet) = synack::Source::next_packet(&mut copy).unwrap() {
        kept.push(packet.data.len());
    }
    assert_eq!(kept, [short.len(), long.len()]);
}
