//! Text that must be printed, kept in files, so that it is checked without tcpdump: one
//! row of `golden.list` each for the command, and a sample of the corpus for the library.
//!
//! `BLESS=1` writes what the command prints now into the files; review it as a diff.
use std::path::Path;
use std::process::Command;

use crate::{corpus, differential};

/// A row of the list: `name capture expected flags`, with `later` before what is not
/// printed yet.
struct Case {
    later: bool,
    name: String,
    capture: String,
    expected: String,
    flags: String,
}

fn cases() -> Vec<Case> {
    include_str!("golden.list")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let mut next = || words.next().unwrap_or_else(|| panic!("a word is missing in `{line}`"));
            let mut name = next();
            let later = name == "later";
            if later {
                name = next();
            }
            Case { later, name, capture: next(), expected: next(), flags: next() }
        })
        .collect()
}

fn printed(case: &Case, data: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_synack"))
        .env("TZ", "UTC")
        .args([case.flags.as_str(), "-r"])
        .arg(data.join(&case.capture))
        .output()
        .expect("run the command");
    assert!(output.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("ASCII")
}

#[test]
fn prints_every_golden_case() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for case in cases().iter().filter(|case| !case.later) {
        let got = printed(case, &data);
        let path = data.join(&case.expected);
        if bless {
            std::fs::write(&path, got).expect("write the expected text");
            continue;
        }
        let want = std::fs::read_to_string(&path).expect("read the expected text");
        if want != got {
            wrong += &format!("== {} ({})\n-- expected\n{want}-- got\n{got}\n", case.name, case.flags);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn lists_every_expected_file_once() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut listed: Vec<_> = cases().into_iter().map(|case| case.expected).collect();
    listed.sort();
    let mut found = Vec::new();
    for dir in ["crafted", "seeds"] {
        for entry in data.join(dir).read_dir().expect("the test data") {
            let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
            if !name.ends_with(".pcap") {
                found.push(format!("{dir}/{name}"));
            }
        }
    }
    found.sort();
    assert_eq!(listed, found);
}

#[test]
fn prints_a_sample_of_the_corpus_as_kept() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus");
    let bless = std::env::var_os("BLESS").is_some();
    for capture in corpus::sample() {
        for flags in ["-nvv", "-neX"] {
            let path = data.join(format!("{}.{flags}.out", capture.name));
            let got = String::from_utf8(differential::ours(&capture, flags)).expect("ASCII");
            if bless {
                std::fs::create_dir_all(&data).expect("make the directory");
                std::fs::write(&path, &got).expect("write the expected text");
            }
            let want = std::fs::read_to_string(&path).expect("read the expected text");
            let different = want.lines().zip(got.lines()).find(|(want, got)| want != got);
            assert_eq!(different, None, "{} {flags}", capture.name);
            assert_eq!(want.len(), got.len(), "{} {flags}", capture.name);
        }
    }
}
