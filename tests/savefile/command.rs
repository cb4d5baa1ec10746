//! The command, where it copies capture files.
use std::fs;
use std::process::Command;

use super::craft::{END, File, frame};
use super::oracle::{Dir, installed};

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
    if !installed("tcpdump") {
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
    for precision in [&[][..], &["--nano"]] {
        let theirs = super::oracle::tcpdump(&dir, &input, !precision.is_empty());
        let output = dir.path().join("out.pcap");
        let mut args = vec!["-r", input.to_str().unwrap(), "-w", output.to_str().unwrap()];
        args.extend(precision);
        assert!(synack(&args).status.success());
        assert!(fs::read(output).unwrap() == theirs.copy, "{precision:?}");
    }
}
