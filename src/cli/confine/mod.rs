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
    if sandbox {
        confine_files(policy);
    } else {
        say(format_args!("synack: warning: --no-sandbox: system calls and files are not confined"));
    }
    let started = signals.watch(farewell).and_then(|()| threads());
    started.map_err(|e| Failure::new(format!("cannot start a thread: {}", reason(&e))))?;
    if sandbox {
        confine_calls(policy);
    }
    Ok(())
}

/// Shuts away files, or says why that cannot be: the kernel is old, or whoever started this has taken the
/// means. There still are the other walls, and privileges are gone.
pub(crate) fn confine_files(policy: &Policy<'_>) {
    match sandbox::confine_files(policy) {
        Ok(true) => {}
        Ok(false) => say(format_args!("synack: files are not confined: there is no Landlock here")),
        Err(e) => say(format_args!("synack: files are not confined: Landlock: {}", reason(&e))),
    }
}

/// The same with system calls.
pub(crate) fn confine_calls(policy: &Policy<'_>) {
    if let Err(e) = sandbox::confine_calls(policy) {
        say(format_args!("synack: system calls are not confined: seccomp: {}", reason(&e)));
    }
}

/// What is said when output is blocked and the process ends all the same.
pub(crate) fn blocked(counters: &Counters) -> u8 {
    let captured = counters.captured();
    say(format_args!(
        "synack: stopped while output was blocked: of {captured} packets captured the last were not written"
    ));
    crate::cli::failure::WRITE
}
