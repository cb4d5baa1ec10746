//! The printer against the installed tcpdump, byte for byte: the whole corpus under many
//! flag sets, then the corpus damaged by seeded mutations.
//!
//! `SYNACK_ROUNDS=n` runs n rounds of mutations instead of one, `SYNACK_SEED=n` begins with
//! another seed; `SYNACK_ONLY=dns` compares only captures with that in their name.
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use synack::Source as _;
use synack::print::{Dump, Printer, PrinterBuilder, TimeStyle};
use synack::savefile::pcap::PcapReader;

use crate::corpus::{self, Capture, Record, mutate};
use crate::needs;

/// Each is compared on every capture of the corpus.
pub(crate) const FLAG_SETS: [&str; 30] = [
    "-n",
    "-nq",
    "-nqq",
    "-nv",
    "-nvv",
    "-nvvv",
    "-ne",
    "-neq",
    "-nev",
    "-nevv",
    "-nS",
    "-nSvv",
    "-nK",
    "-nvvK",
    "-nt",
    "-ntt",
    "-nttt",
    "-ntttt",
    "-nttttt",
    "-n#",
    "-nx",
    "-nxx",
    "-nX",
    "-nXX",
    "-nA",
    "-nAA",
    "-nevvXX#tttt",
    "-nvvqxe",
    "-nvvvX",
    "-ntt --nano",
];

/// What the mutations are compared under: between them they reach every line.
const MUTATION_FLAG_SETS: [&str; 6] = ["-n", "-nvvX", "-nevvvAA", "-neq", "-nvS", "-nx"];

/// A fresh directory that an unprivileged tcpdump can read from.
fn scratch() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("synack-differential-{}-{n}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("make a scratch directory");
    dir
}

/// The printer that a cluster of tcpdump's flags asks for.
pub(crate) fn builder(flags: &str) -> PrinterBuilder {
    let (cluster, long) = flags.split_once(' ').unwrap_or((flags, ""));
    let count = |c: char| cluster.chars().filter(|x| *x == c).count();
    let twice = |c: char| count(c) > 1;
    let dump = if count('X') > 0 {
        Dump::HexAscii { link: twice('X') }
    } else if count('x') > 0 {
        Dump::Hex { link: twice('x') }
    } else if count('A') > 0 {
        Dump::Ascii { link: twice('A') }
    } else {
        Dump::None
    };
    Printer::builder()
        .numeric(count('n') > 0)
        .verbose(count('v') as u8)
        .quiet(count('q') as u8)
        .link_header(count('e') > 0)
        .absolute_seq(count('S') > 0)
        .number(count('#') > 0)
        .verify_checksums(count('K') == 0)
        .dump(dump)
        .nanos(long == "--nano")
        .time(match count('t') {
            0 => TimeStyle::TimeOfDay,
            1 => TimeStyle::None,
            2 => TimeStyle::Unix,
            3 => TimeStyle::SincePrevious,
            4 => TimeStyle::DateTime,
            _ => TimeStyle::SinceFirst,
        })
}

/// What the library prints for a capture.
pub(crate) fn ours(capture: &Capture, flags: &str) -> Vec<u8> {
    let mut printer = builder(flags).build(Vec::new());
    let file = capture.to_pcap();
    let mut reader = PcapReader::new(&file[..]).expect("the header is right");
    while let Some(packet) = reader.next_packet().expect("the records are right") {
        printer.print(&packet).expect("writing to memory");
    }
    printer.into_inner()
}

/// What tcpdump prints for a capture.
pub(crate) fn theirs(capture: &Capture, flags: &str) -> Vec<u8> {
    run_each(&["tcpdump"], &capture.to_pcap(), flags).remove(0).stdout
}

/// Runs each program on a file of these bytes.
fn run_each(programs: &[&str], file: &[u8], flags: &str) -> Vec<Output> {
    let dir = scratch();
    let path = dir.join("capture.pcap");
    std::fs::write(&path, file).expect("write the capture");
    let run = |program: &&str| {
        let mut command = Command::new(program);
        command.env("TZ", "UTC").args(flags.split(' ')).arg("-r").arg(&path);
        command.output().expect("run the program")
    };
    let outputs = programs.iter().map(run).collect();
    std::fs::remove_dir_all(&dir).expect("remove the scratch directory");
    outputs
}

/// Splits numbered output (`-#`) into packets.
fn packets(text: &[u8]) -> Vec<String> {
    let mut list: Vec<Vec<u8>> = Vec::new();
    for line in text.split_inclusive(|b| *b == b'\n') {
        let number = format!("{:5}  ", list.len() + 1);
        match list.last_mut() {
            Some(last) if !line.starts_with(number.as_bytes()) => last.extend_from_slice(line),
            _ => list.push(line.to_vec()),
        }
    }
    list.iter().map(|p| String::from_utf8_lossy(p).into_owned()).collect()
}

/// The first line on which two texts of one packet differ.
fn first_difference(expected: &str, got: &str) -> (String, String) {
    let (mut e, mut g) = (expected.lines(), got.lines());
    loop {
        match (e.next(), g.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return ("(the same lines)".into(), "(but other bytes)".into()),
            (a, b) => return (a.unwrap_or("(nothing)").into(), b.unwrap_or("(nothing)").into()),
        }
    }
}

/// Whether tcpdump gave up on a packet whose length is 0, where ours is presumed: `differences`
/// says what is right then.
fn is_presumed(capture: &Capture, record: &Record, theirs: &str) -> bool {
    let alone = Capture { records: vec![record.clone()], ..capture.clone() };
    let gave_up = ["bad-len 0", "[|tcp]", "too long, > 0"].iter().any(|words| theirs.contains(words));
    gave_up && String::from_utf8_lossy(&ours(&alone, "-nvv")).contains("[was 0, presumed ")
}

/// Every packet of `capture` that prints otherwise than with tcpdump; empty when all agree.
pub(crate) fn differences(capture: &Capture, flags: &str) -> Vec<String> {
    if ours(capture, flags) == theirs(capture, flags) {
        return Vec::new();
    }
    let numbered = flags.replacen("-n", "-n#", 1);
    let (expected, got) = (packets(&theirs(capture, &numbered)), packets(&ours(capture, &numbered)));
    let (mut list, mut presumed) = (Vec::new(), 0);
    for (n, record) in capture.records.iter().enumerate() {
        let (e, g) = (expected.get(n).map_or("", |s| s), got.get(n).map_or("", |s| s));
        if e == g {
            continue;
        }
        if is_presumed(capture, record, e) {
            presumed += 1;
            continue;
        }
        let (want, have) = first_difference(e, g);
        let mut hex = String::new();
        for byte in record.data.iter().take(300) {
            let _ = write!(hex, "{byte:02x}");
        }
        list.push(format!(
            "{} packet {} of link type {}, {} of {} bytes, tcpdump {flags}\n  tcpdump: {want}\n  synack:  {have}\n  {hex}",
            capture.name,
            n + 1,
            capture.link,
            record.data.len(),
            record.wire_len,
        ));
    }
    if list.is_empty() && presumed == 0 {
        list.push(format!("{}: only the text without -# differs, tcpdump {flags}", capture.name));
    }
    list
}

/// Compares all of `work` on two threads and panics with the first few differences.
fn compare_all(work: &[(Capture, &str)]) {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<Vec<String>>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((capture, flags)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let list = differences(capture, flags);
                    if !list.is_empty() {
                        found.lock().expect("no thread panicked").push(list);
                    }
                }
            });
        }
    });
    let found = found.into_inner().expect("no thread panicked");
    if found.is_empty() {
        return;
    }
    let total: usize = found.iter().map(Vec::len).sum();
    let mut text = format!("{total} packets differ in {} of {} runs\n", found.len(), work.len());
    let name = |one: &String| one.split(' ').next().unwrap_or_default().to_owned();
    let mut seen = BTreeSet::new();
    for list in &found {
        // One run of a capture says enough.
        if list.iter().any(|one| seen.insert(name(one))) {
            let _ = writeln!(text, "-- {} packets", list.len());
            for one in list.iter().take(3) {
                text.push_str(one);
                text.push('\n');
            }
        }
    }
    panic!("{text}");
}

/// The captures to compare: all, or those that `SYNACK_ONLY` names a part of.
fn chosen() -> Vec<Capture> {
    let part = std::env::var("SYNACK_ONLY").unwrap_or_default();
    corpus::all().into_iter().filter(|capture| capture.name.contains(&part)).collect()
}

fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[test]
fn prints_the_whole_corpus_as_tcpdump_does_under_every_flag_set() {
    if !needs::tcpdump() {
        return;
    }
    let captures = chosen();
    let mut work = Vec::new();
    for capture in captures.iter().chain(&corpus::sample()) {
        for flags in FLAG_SETS {
            work.push((capture.clone(), flags));
        }
    }
    compare_all(&work);
}

#[test]
fn prints_damaged_packets_as_tcpdump_does() {
    if !needs::tcpdump() {
        return;
    }
    let captures = chosen();
    let mut work = Vec::new();
    let first = number_from("SYNACK_SEED", 0);
    for seed in first..first + number_from("SYNACK_ROUNDS", 1) {
        for (n, capture) in captures.iter().enumerate() {
            let damaged = mutate::mutate(capture, seed, 60);
            let flags = MUTATION_FLAG_SETS[(n + seed as usize) % MUTATION_FLAG_SETS.len()];
            work.push((damaged, flags));
        }
    }
    compare_all(&work);
}

/// Messages without what synack says beyond tcpdump: which file it is, and what to do next.
fn as_tcpdump_says(said: &str) -> String {
    let lines = said.split_inclusive('\n').filter(|line| !line.starts_with("hint: "));
    let plain =
        lines.map(|line| match line.strip_prefix("synack: /").and_then(|rest| rest.split_once(": ")) {
            Some((_, message)) => format!("synack: {message}"),
            None => line.to_owned(),
        });
    plain.collect()
}

/// What differs between the programs on one file: text, messages, exit status.
fn command_difference(name: &str, file: &[u8], flags: &str) -> Option<String> {
    let outputs = run_each(&["tcpdump", env!("CARGO_BIN_EXE_synack")], file, flags);
    let [theirs, ours] = outputs.as_slice() else { return None };
    let messages = String::from_utf8_lossy(&theirs.stderr).replace("tcpdump: ", "synack: ");
    let said = as_tcpdump_says(&String::from_utf8_lossy(&ours.stderr));
    if theirs.stdout == ours.stdout && theirs.status.code() == ours.status.code() && messages == said {
        return None;
    }
    Some(format!(
        "{name} {flags}: same text {}, exit {:?} and {:?}, messages\n{messages}and\n{said}",
        theirs.stdout == ours.stdout,
        theirs.status.code(),
        ours.status.code(),
    ))
}

#[test]
fn the_command_prints_says_and_exits_as_tcpdump_does() {
    if !needs::tcpdump() {
        return;
    }
    let captures = chosen();
    let mut work: Vec<(String, Vec<u8>, &str)> = Vec::new();
    for (n, capture) in captures.iter().enumerate() {
        work.push((capture.name.clone(), capture.to_pcap(), FLAG_SETS[n % FLAG_SETS.len()]));
    }
    // A file cut at every byte, and one whose header says anything else.
    let whole = captures[0].to_pcap();
    for len in 0..200 {
        work.push((format!("the first {len} bytes"), whole[..len].to_vec(), "-n"));
    }
    // Not the link type: of one that it has no name for, tcpdump prints nothing, synack a dump.
    for at in (0..20).chain(24..40) {
        let mut file = whole.clone();
        file[at] ^= 0x41;
        work.push((format!("byte {at} changed"), file, "-n"));
    }
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, file, flags)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let difference = command_difference(name, file, flags);
                    found.lock().expect("no thread panicked").extend(difference);
                }
            });
        }
    });
    let found = found.into_inner().expect("no thread panicked");
    assert!(found.is_empty(), "{} of {}:\n{}", found.len(), work.len(), found.join("\n"));
}
