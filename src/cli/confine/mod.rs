//! The order in which a run shuts itself in, once everything is open.
pub(crate) mod privilege;
pub(crate) mod sandbox;

use crate::cli::failure::{Failure, reason, say};
use crate::cli::run::pipeline::Counters;
use crate::cli::signal::Signals;
use privilege::Target;
use sandbox::Policy;

/// Gives up privileges and everything not needed any more: user, capabilities, files; then starts
/// the thread that watches for signals, and what other `threads` there are; then system calls. After
/// this nothing can be opened.
pub(crate) fn confine(
    sandbox: bool,
    target: Option<&Target>,
    policy: &Policy<'_>,
    signals: &mut Signals,
    farewell: impl FnOnce() -> u8 + Send + 'static,
    threads: impl FnOnce() -> std::io::Result<()>,
) -> Result<(), Failure> {
    privilege::drop_to(target)?;
    let refused = |what: &str, e: &std::io::Error| {
        Failure::new(format!("cannot set up the sandbox ({what}: {}); --no-sandbox runs without", reason(e)))
    };
    if sandbox {
        // Without Landlock there still are the other walls.
        match sandbox::confine_files(policy) {
            Ok(true) => {}
            Ok(false) => say(format_args!("synack: files are not confined: there is no Landlock here")),
            Err(e) => say(format_args!("synack: files are not confined: Landlock: {}", reason(&e))),
        }
    } else {
        say(format_args!("synack: warning: --no-sandbox: system calls and files are not confined"));
    }
    let started = signals.watch(farewell).and_then(|()| threads());
    started.map_err(|e| Failure::new(format!("cannot start a thread: {}", reason(&e))))?;
    if sandbox {
        sandbox::confine_calls(policy).map_err(|e| refused("seccomp", &e))?;
    }
    Ok(())
}

/// What is said when output is blocked and the process ends all the same.
pub(crate) fn blocked(counters: &Counters) -> u8 {
    let captured = counters.captured();
    say(format_args!(
        "synack: stopped while output was blocked: of {captured} packets captured the last were not written"
    ));
    crate::cli::failure::WRITE
}
