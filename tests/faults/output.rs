//! Closed pipes and closed standard files.
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::{Dir, Running, numbers, program, small_capture};

/// A file of `count` packets.
fn long_capture(path: &std::path::Path, count: usize) {
    small_capture(path);
    let one = std::fs::read(path).expect("there");
    let mut bytes = one.clone();
    for _ in 1..count {
        bytes.extend(&one[24..]);
    }
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn a_reader_that_goes_away_is_success_and_silence() {
    let dir = Dir::new();
    let input = dir.path("in.pcap");
    long_capture(&input, 50_000);
    for args in [&["-n"][..], &["-n", "-l"], &["-w", "-"]] {
        let mut command = program();
        command.arg("-r").arg(&input).args(args).stdout(Stdio::piped());
        let mut running = Running::start(command);
        let mut output = BufReader::new(running.child.stdout.take().expect("piped"));
        output.fill_buf().expect("a first piece");
        drop(output);
        let ended = running.end();
        assert_eq!(ended.code(), Some(0), "{args:?}: {}", ended.said);
        assert!(!ended.said.contains("anic") && !ended.said.contains("Broken"), "{}", ended.said);
    }
}

#[test]
fn closed_standard_files_do_not_end_up_in_the_capture_file() {
    let dir = Dir::new();
    let (input, output) = (dir.path("in.pcap"), dir.path("out.pcap"));
    small_capture(&input);
    let status = Command::new("sh")
        .args(["-c", "exec \"$@\" <&- >&- 2>&-", "sh"])
        .arg(env!("CARGO_BIN_EXE_synack"))
        .arg("-r")
        .arg(&input)
        .arg("-w")
        .arg(&output)
        .status()
        .expect("sh runs");
    assert!(status.success());
    assert_eq!(numbers(&output), [7]);
}
