//! Text that must be printed, kept in files, so that it is checked without tcpdump: one
//! row of `golden.list` each for the command, and every capture of the corpus for the library.
//!
//! The texts are tcpdump's. `BLESS=1 cargo test golden` asks the installed one again and writes what
//! is new; review it as a diff, the compressed texts with
//! `git -c diff.zstd.textconv='zstd -dcq' diff tests/data`.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use synack::flow::{FlowTable, Limits};
use synack::json::{self, Lines};
use synack::savefile::Savefile;
use synack::{Layers, Source};

use crate::corpus::{self, Capture};
use crate::{differential, needs};

/// Under these every line of text is printed once at least; dumps are a sample's.
const CORPUS_FLAG_SETS: [&str; 3] = ["-n", "-nevvv", "-nqS"];

/// What the sample is printed under.
const SAMPLE_FLAG_SETS: [&str; 1] = ["-neX"];

/// A row of the list: `name capture expected flags`.
struct Case {
    name: String,
    capture: String,
    expected: String,
    flags: String,
    /// Holds what differs on purpose (`docs/differences.md`): the text is ours.
    own: bool,
}

fn cases() -> Vec<Case> {
    include_str!("golden.list")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let mut next = || words.next().unwrap_or_else(|| panic!("a word is missing in `{line}`"));
            let (name, capture, expected, flags) = (next(), next(), next(), next());
            Case { name, capture, expected, flags, own: words.next().is_some() }
        })
        .collect()
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// Whether the texts are to be written anew; only tcpdump may say what they are.
fn bless() -> bool {
    let asked = std::env::var_os("BLESS").is_some();
    assert!(!asked || needs::tcpdump(), "texts are blessed from tcpdump");
    asked
}

fn printed(program: &str, case: &Case) -> String {
    let output = Command::new(program)
        .env("TZ", "UTC")
        .args([case.flags.as_str(), "-r"])
        .arg(data().join(&case.capture))
        .output()
        .expect("run the command");
    assert!(output.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("ASCII")
}

#[test]
fn prints_every_golden_case() {
    let bless = bless();
    let mut wrong = String::new();
    for case in cases() {
        let path = data().join(&case.expected);
        if bless {
            let program = if case.own { env!("CARGO_BIN_EXE_synack") } else { "tcpdump" };
            fs::write(&path, printed(program, &case)).expect("write the expected text");
        }
        let got = printed(env!("CARGO_BIN_EXE_synack"), &case);
        let want = fs::read_to_string(&path).expect("read the expected text");
        if want != got {
            wrong += &format!("== {} ({})\n-- expected\n{want}-- got\n{got}\n", case.name, case.flags);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn lists_every_expected_file_once() {
    let mut listed: Vec<_> = cases().into_iter().map(|case| case.expected).collect();
    listed.sort();
    let mut found = Vec::new();
    for dir in ["crafted", "seeds"] {
        for entry in data().join(dir).read_dir().expect("the test data") {
            let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
            if !name.ends_with(".pcap") {
                found.push(format!("{dir}/{name}"));
            }
        }
    }
    found.sort();
    assert_eq!(listed, found);
}

/// A capture's text under several sets of flags, each behind a line that names them.
fn texts(capture: &Capture, flag_sets: &[&str], print: fn(&Capture, &str) -> Vec<u8>) -> String {
    let one = |flags: &&str| {
        let text = String::from_utf8(print(capture, flags)).expect("ASCII");
        format!("== {flags}\n{text}")
    };
    flag_sets.iter().map(one).collect()
}

#[test]
fn prints_the_whole_corpus_as_kept() {
    let folder = data().join("corpus");
    let bless = bless();
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    let samples = corpus::sample().into_iter().map(|mut capture| {
        capture.name.insert_str(0, "sample-");
        (capture, &SAMPLE_FLAG_SETS[..])
    });
    for (capture, flag_sets) in
        corpus::all().into_iter().map(|capture| (capture, &CORPUS_FLAG_SETS[..])).chain(samples)
    {
        let name = format!("{}.txt.zst", capture.name);
        let path = folder.join(&name);
        let kept = fs::read(&path).ok().map(|packed| zstd::decode_all(&packed[..]).expect("a whole file"));
        let mut want = String::from_utf8(kept.unwrap_or_default()).expect("ASCII");
        if bless {
            let theirs = texts(&capture, flag_sets, differential::theirs);
            // The same text need not pack to the same bytes with another version of the packer.
            if want != theirs {
                let packed = zstd::encode_all(theirs.as_bytes(), 19).expect("packing in memory");
                fs::write(&path, packed).expect("write the expected text");
                want = theirs;
            }
        }
        let got = texts(&capture, flag_sets, differential::ours);
        if want != got {
            let line = want.lines().zip(got.lines()).find(|(want, got)| want != got);
            let (want, got) = line.unwrap_or(("(fewer or more lines)", ""));
            wrong.push(format!("{}\n  kept: {want}\n  now:  {got}", capture.name));
        }
        names.insert(name);
    }
    assert!(wrong.is_empty(), "{} captures differ\n{}", wrong.len(), wrong.join("\n"));
    let there: BTreeSet<_> = fs::read_dir(&folder)
        .expect("the texts")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    assert_eq!(names, there, "a text for each capture, and no more");
}

/// What the analysis says of a capture: the lines of packets that there is a verdict on, of corrections and of
/// connections.
fn findings(mut source: Savefile) -> String {
    let mut flows = FlowTable::new(Limits::default());
    let mut writer = Lines::new();
    let mut out = Vec::new();
    while let Some(packet) = source.next_packet().expect("a whole file") {
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        let start = out.len();
        writer.packet(&mut out, &packet, &layers, &seen);
        if seen.verdicts().is_empty() {
            out.truncate(start);
        }
        seen.corrections().iter().for_each(|correction| json::correction(&mut out, correction));
        if let Some(retired) = seen.retired() {
            json::connection(&mut out, retired);
        }
    }
    flows.finish();
    flows.connections().for_each(|connection| json::connection(&mut out, connection));
    String::from_utf8(out).expect("UTF-8")
}

/// Captures at three places of paths that lose, repeat and reorder, made by the relay of these tests. Its truth
/// judges the analysis there; here the analysis is held where it is, without programs and namespaces.
///
/// `BLESS=1` writes these anew from what is said now: no other program says it. NUMBER-TAP is a run of the relay's
/// (`SYNACK_RELAY_DUMP`), cut to 96 bytes a packet by editcap, `endings-…` what `live::endings` keeps
/// (`SYNACK_ENDINGS_DUMP`), and the others are seeds.
#[test]
fn connections_are_judged_as_they_were() {
    let folder = data().join("analysis");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the captures")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter_map(|name| name.strip_suffix(".pcap.zst").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() > 10, "{} captures", names.len());
    let mut wrong = Vec::new();
    for name in names {
        let source = synack::savefile::open(folder.join(format!("{name}.pcap.zst"))).expect("a capture");
        let got = findings(source);
        let path = folder.join(format!("{name}.jsonl.zst"));
        let kept = fs::read(&path).ok().map(|packed| zstd::decode_all(&packed[..]).expect("a whole file"));
        let want = String::from_utf8(kept.unwrap_or_default()).expect("UTF-8");
        if want != got && std::env::var_os("BLESS").is_some() {
            fs::write(&path, zstd::encode_all(got.as_bytes(), 19).expect("packing in memory"))
                .expect("written");
        } else if want != got {
            let line = want.lines().zip(got.lines()).find(|(want, got)| want != got);
            let (want, got) = line.unwrap_or(("(fewer or more lines)", ""));
            wrong.push(format!("{name}\n  kept: {want}\n  now:  {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} captures differ\n{}", wrong.len(), wrong.join("\n"));
}
