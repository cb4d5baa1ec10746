//! Printing on several threads: the same bytes in the same order, whatever the machine has.
use std::fs;
use std::process::{Command, Stdio};

use super::{SYNACK, Scratch, run, synack, text};
use crate::corpus::{self, Capture, EN10MB};

/// Every packet made by rule that comes on Ethernet, several times: many batches.
fn long_file(dir: &Scratch) -> std::path::PathBuf {
    let mut long = Capture::new("long", EN10MB, Vec::new());
    for capture in corpus::all().iter().filter(|capture| capture.link == EN10MB) {
        for record in &capture.records {
            long.push(record.data.clone(), record.wire_len as usize);
        }
    }
    assert!(long.records.len() > 5_000, "only {} packets", long.records.len());
    let path = dir.path("long.pcap");
    fs::write(&path, long.to_pcap()).unwrap();
    path
}

#[test]
fn any_number_of_threads_prints_the_same() {
    let dir = Scratch::new();
    let path = long_file(&dir);
    for options in ["-nn", "-nn#ttt", "-nnvvX", "-nneSA", "-nnttttt -c 1500", "-nnv tcp"] {
        let with = |threads: &str| {
            let mut words: Vec<&str> = options.split(' ').collect();
            words.extend(["--threads", threads, "-r", path.to_str().unwrap()]);
            let output = run(words);
            assert_eq!(output.status.code(), Some(0), "{options}: {}", text(&output.stderr));
            output.stdout
        };
        let one = with("1");
        assert!(one.len() > 100_000, "{options}");
        for threads in ["2", "7"] {
            assert!(with(threads) == one, "{options} --threads {threads}");
        }
    }
}

#[test]
fn what_came_before_an_error_is_printed() {
    let dir = Scratch::new();
    let path = long_file(&dir);
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 7);
    fs::write(&path, bytes).unwrap();
    let with = |threads: &str| run(["-nn", "--threads", threads, "-r", path.to_str().unwrap()]);
    let (one, two) = (with("1"), with("2"));
    assert_eq!((one.status.code(), two.status.code()), (Some(1), Some(1)));
    assert!(one.stdout == two.stdout && !one.stdout.is_empty());
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let dir = Scratch::new();
    let path = long_file(&dir);
    let script = r#""$0" -nnX --threads 3 -r "$1" | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}""#;
    let output =
        Command::new("bash").args(["-c", script, SYNACK]).arg(&path).stderr(Stdio::null()).output().unwrap();
    assert_eq!(text(&output.stdout), "0\n");
}

#[test]
fn a_number_of_threads_is_at_least_one() {
    for wrong in ["0", "x", "-1", "65"] {
        let output = synack(&format!("-nn --threads {wrong} -r x"));
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(&format!("invalid number of threads {wrong}")));
    }
}
