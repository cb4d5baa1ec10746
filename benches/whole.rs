//! How long do whole programs take over one capture file, with tcpdump in turn?
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on should stop")]
mod race;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A classroom conversation, over and over.
const CONVERSATION: &[u8] = include_bytes!("../tests/data/seeds/lab_v3.pcap");
/// Length of a capture file's header.
const HEADER: usize = 24;
const COPIES: usize = 2500;

fn main() {
    if Command::new("tcpdump").arg("--version").output().is_err() {
        println!("skipped: tcpdump is not installed");
        return;
    }
    let path = std::env::temp_dir().join(format!("synack-bench-{}.pcap", std::process::id()));
    let (header, records) = CONVERSATION.split_at(HEADER);
    let mut file = fs::File::create(&path).expect("a file in the temporary directory");
    file.write_all(header).expect("written");
    for _ in 0..COPIES {
        file.write_all(records).expect("written");
    }
    drop(file);
    let packets = COPIES * count(records);
    for (question, flags) in [
        ("-n: one line a packet", &["-n"][..]),
        ("-nvv: every field, checksums verified", &["-nvv"]),
        ("-nX: lines and dumps", &["-nX"]),
        ("-w: copied through a filter", &["-w", "-", "tcp port 12345"]),
    ] {
        let (ours, theirs) = (env!("CARGO_BIN_EXE_synack"), "tcpdump");
        let same = output(ours, &path, flags) == output(theirs, &path, flags);
        assert!(same, "{flags:?}: the programs write different bytes");
        race::race(
            question,
            packets,
            &mut [
                ("synack", Box::new(|| run(ours, &path, flags))),
                ("tcpdump", Box::new(|| run(theirs, &path, flags))),
            ],
        );
    }
    fs::remove_file(&path).expect("removed");
}

/// The records in the body of a little-endian capture file.
fn count(mut records: &[u8]) -> usize {
    let mut count = 0;
    while let Some((head, rest)) = records.split_first_chunk::<16>() {
        let len = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
        records = &rest[usize::try_from(len).expect("fits")..];
        count += 1;
    }
    count
}

fn command(program: &str, path: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.arg("-r").arg(path).args(flags).stderr(Stdio::null());
    command
}

fn run(program: &str, path: &Path, flags: &[&str]) -> u64 {
    let status = command(program, path, flags).stdout(Stdio::null()).status();
    u64::from(status.expect("the program runs").success())
}

fn output(program: &str, path: &Path, flags: &[&str]) -> Vec<u8> {
    command(program, path, flags).output().expect("the program runs").stdout
}
