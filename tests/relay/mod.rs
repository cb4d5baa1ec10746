//! Verdicts against the truth: real sockets joined by a relay that knows what happened to every
//! frame.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `plan` | what a seed stands for: path, hosts, programs |
//! | `host`, `traffic` | the namespaces, and what the programs say to one another |
//! | `segment` | frames read and repaired, apart from the library that is judged |
//! | `path`, `run` | loss, delay, copies; the relay and its account |
//! | `truth` | from the account to what is true of each packet at each tap |
//! | `score` | what an analyser says against what is true |
//! | `ours`, `tshark` | what our own analyser says, and tshark of the same captures |
//! | `artefacts` | captures that see packets twice, or one direction late |
//! | `dump` | captures and truth as files |
//!
//! `SYNACK_RELAY_SEEDS=200` runs more than the few that every test run can wait for;
//! `SYNACK_RELAY_DUMP=DIR` keeps captures and truth.
mod artefacts;
mod dump;
pub(crate) mod host;
mod ours;
mod path;
pub(crate) mod plan;
pub(crate) mod run;
mod score;
mod segment;
mod traffic;
mod truth;
mod tshark;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use plan::{Plan, Range};
use run::Run;

use crate::live::in_namespace;
use crate::needs;

/// Does the runs of these seeds, several at a time because they mostly wait.
pub(crate) fn runs(seeds: std::ops::Range<u64>, range: Range, patience: Duration, each: impl Fn(Run) + Sync) {
    let next = AtomicU64::new(seeds.start);
    let each = &each;
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    each(run::run(&Plan::new(seed, range), patience));
                }
            });
        }
    });
}

/// The seeds, delays and patience that were asked for: a few quick runs, or `SYNACK_RELAY_SEEDS`
/// of all kinds (`200`, or `1000..1200`).
fn asked() -> (std::ops::Range<u64>, Range, Duration) {
    let Some(seeds) = std::env::var("SYNACK_RELAY_SEEDS").ok() else {
        return (0..12, plan::SHORT, Duration::from_secs(6));
    };
    let (first, end) = seeds.split_once("..").unwrap_or(("0", &seeds));
    let number = |text: &str| text.parse().expect("SYNACK_RELAY_SEEDS is a count or a range");
    (number(first)..number(end), plan::WIDE, Duration::from_secs(10))
}

/// Where captures and truth are kept, if anywhere.
fn kept() -> Option<PathBuf> {
    let directory = PathBuf::from(std::env::var_os("SYNACK_RELAY_DUMP")?);
    fs::create_dir_all(&directory).expect("SYNACK_RELAY_DUMP can be made");
    Some(directory)
}

/// The truth must agree with what the kernels counted.
fn assert_accounted(run: &Run) {
    let all = truth::emitted(run);
    assert_eq!(truth::retransmissions(run, &all), run.retransmitted, "{:#?}", run.plan);
}

#[test]
fn verdicts_agree_with_the_relays_account() {
    in_namespace("relay::verdicts_agree_with_the_relays_account", || {
        let (seeds, range, patience) = asked();
        let directory = kept();
        let done = Mutex::new(Vec::new());
        runs(seeds, range, patience, |run| {
            assert_accounted(&run);
            done.lock().unwrap().push(run);
        });
        let mut done = done.into_inner().unwrap();
        done.sort_by_key(|run| run.plan.seed);
        if let Some(directory) = &directory {
            let described: String = done.iter().map(|run| dump::write(directory, run)).collect();
            fs::write(directory.join("runs.jsonl"), described).expect("the directory is there");
        }
        let ours = score(&done, |run, tap, _| Some(ours::said(&run.taps[tap]))).expect("always there");
        let mut all = vec![("synack", ours)];
        if needs::program("tshark") {
            all.extend(tshark_score(&done).map(|scored| ("tshark", scored)));
        }
        for (who, (report, misses)) in &all {
            println!("{}", report.text(who));
            if let Some(directory) = &directory {
                fs::write(directory.join(format!("{who}.misses")), misses).expect("the directory is there");
            }
        }
        // Last: whoever asks for the scores sees them also where they are not good enough.
        artefacts::assert_seen_through(&done);
        assert_good(&all[0].1.0, seeds_asked());
    });
}

/// Whether more runs were asked for than every test run makes.
fn seeds_asked() -> bool {
    std::env::var_os("SYNACK_RELAY_SEEDS").is_some()
}

/// What the verdicts are held to: shares in per cent of what is marked, by evidence and place. No two
/// runs of a seed are the same, and a few say little of shares.
fn assert_good(report: &score::Report, many: bool) {
    use truth::Place::{Middle, Receiver, Sender};
    let text = report.text("synack");
    let decided = |class: &str| matches!(class, "counter" | "timestamps");
    let score = report.total(|class, place| decided(class) || place == Sender);
    assert!(score.wrong_percent() <= if many { 0.1 } else { 2.0 }, "{text}");
    if !many {
        return;
    }
    assert!(report.total(|class, _| decided(class)).open_percent() <= 1.0, "{text}");
    for (class, place, wrong, open) in [
        ("neither", Middle, 0.5, 15.0),
        ("neither", Receiver, 1.0, 20.0),
        ("neither, hard", Middle, 1.0, 30.0),
        ("neither, hard", Receiver, 1.5, 35.0),
        ("coarse", Middle, 0.6, 15.0),
        ("coarse", Receiver, 0.6, 20.0),
    ] {
        let score = report.total(|c, p| (c, p) == (class, place));
        // Of a hundred packets, a few say little of shares.
        let few = score.wrong <= 3 || score.wrong_percent() <= wrong;
        assert!(few && score.open_percent() <= open, "{class}, {place:?}: {text}");
    }
    let spurious = report.total(|class, place| place == Receiver && class != "coarse").words[8];
    assert!(spurious.precision() >= 99.5 && spurious.recall() >= 98.5, "{text}");
    for word in [0, 1] {
        let found = report.whole().words[word];
        assert!(found.precision() >= 99.8 && found.recall() >= 99.8, "{text}");
    }
}

/// A report, and line by line what was wrong.
type Scored = (score::Report, String);

/// The scores of an analyser, that says of a run's packets at a tap (and of how many) what they are.
fn score(
    runs: &[Run],
    mut said: impl FnMut(&Run, usize, usize) -> Option<Vec<score::Said>>,
) -> Option<Scored> {
    let (mut report, mut misses) = Scored::default();
    for (n, tap) in run::TAPS.into_iter().enumerate() {
        for run in runs {
            let truths = truth::at_tap(run, &truth::emitted(run), n);
            let said = said(run, n, truths.len())?;
            for miss in report.take(dump::class(&run.plan), &truths, &said) {
                writeln!(misses, "{:04}-{tap} {} {}", run.plan.seed, miss.packet, miss.text)
                    .expect("a string grows");
            }
        }
    }
    Some((report, misses))
}

/// The scores of tshark, from one file a tap with all runs in it.
fn tshark_score(runs: &[Run]) -> Option<Scored> {
    let mut taps = Vec::new();
    for (n, tap) in run::TAPS.into_iter().enumerate() {
        let mut packets = Vec::new();
        for (run, number) in runs.iter().zip(0..) {
            for passage in &run.taps[n] {
                let mut frame = passage.frame.as_ref().clone();
                segment::readdress(&mut frame, number);
                packets.push((passage.time, frame));
            }
        }
        let path = std::env::temp_dir().join(format!("synack-relay-{}-{tap}.pcap", std::process::id()));
        let bytes = dump::pcap(packets.iter().map(|(time, frame)| (*time, frame.as_slice())));
        fs::write(&path, bytes).expect("the directory for temporary files");
        let said = tshark::said(&path);
        let _gone = fs::remove_file(&path);
        taps.push(said?.into_iter());
    }
    score(runs, |_, tap, packets| Some(taps[tap].by_ref().take(packets).collect()))
}
