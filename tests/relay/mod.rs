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
//! | `dump` | captures and truth as files |
//!
//! `SYNACK_RELAY_SEEDS=200` runs more than the few that every test run can wait for;
//! `SYNACK_RELAY_DUMP=DIR` keeps captures and truth.
mod dump;
mod host;
mod path;
pub(crate) mod plan;
mod run;
mod segment;
mod traffic;
mod truth;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use plan::{Plan, Range};
use run::Run;

use crate::live::in_namespace;

/// Does the runs of these seeds, several at a time because they mostly wait.
fn runs(seeds: std::ops::Range<u64>, range: Range, patience: Duration, each: impl Fn(Run) + Sync) {
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

fn keep(directory: &Path, described: &mut [(u64, String)]) {
    described.sort();
    let text: String = described.iter().map(|(_, line)| line.as_str()).collect();
    fs::write(directory.join("runs.jsonl"), text).expect("the directory is there");
}

/// The truth must agree with what the kernels counted.
fn assert_accounted(run: &Run) {
    let all = truth::emitted(run);
    assert_eq!(truth::retransmissions(run, &all), run.retransmitted, "{:#?}", run.plan);
}

#[test]
fn the_account_agrees_with_the_kernels_counters() {
    in_namespace("relay::the_account_agrees_with_the_kernels_counters", || {
        let (seeds, range, patience) = asked();
        let directory = kept();
        let described = Mutex::new(Vec::new());
        runs(seeds, range, patience, |run| {
            assert_accounted(&run);
            if let Some(directory) = &directory {
                described.lock().unwrap().push((run.plan.seed, dump::write(directory, &run)));
            }
        });
        if let Some(directory) = directory {
            keep(&directory, &mut described.into_inner().unwrap());
        }
    });
}
