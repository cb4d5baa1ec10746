//! The program as its users meet it.
mod advice;
mod analysis;
mod colours;
mod copies;
mod drawn;
mod files;
mod lab;
mod link_types;
mod names;
mod newcomer;
mod readme;
mod terminal;
mod threads;
mod usage;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The program.
pub(crate) const SYNACK: &str = env!("CARGO_BIN_EXE_synack");

/// Runs the program with words separated by spaces, in UTC, without input.
fn synack(words: &str) -> Output {
    run(words.split(' '))
}

pub(crate) fn run<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    Command::new(SYNACK).args(args).env("TZ", "UTC").stdin(Stdio::null()).output().expect("the program runs")
}

/// Text of an output, which is ASCII.
pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("ASCII")
}

/// A capture that comes with the tests.
pub(crate) fn seed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/seeds").join(name)
}

/// A directory that goes with the test.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("synack-test-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("a new directory");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
