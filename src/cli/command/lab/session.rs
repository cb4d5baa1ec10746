//! A command that is watched: its output is its own, signals reach it, and the capture goes on until its
//! connections are closed.
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;
use signal_hook::flag;
use synack::capture::Capture;

use crate::cli::failure::{Failure, reason, shown};

/// How long connections may take to close after the command ended.
const CLOSING: Duration = Duration::from_secs(3);

/// The same in this machine's own network, where it is not known whose connections are open.
const QUIET: Duration = Duration::from_millis(200);

/// How the command ended.
pub(super) struct Outcome {
    /// Its exit code; of one that a signal ended 128 and the signal's number, as shells have it.
    pub(super) code: u8,
    pub(super) signal: Option<&'static str>,
    /// Connections that were open at the end.
    pub(super) left: u64,
}

/// Signals that this process passes on, and whether they came.
struct Passed(Vec<(Signal, Arc<AtomicBool>)>);

impl Passed {
    fn install() -> io::Result<Self> {
        let signals = [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGHUP];
        let with_flag = |signal: Signal| {
            let came = Arc::<AtomicBool>::default();
            // A signal that is caught here is as it was for the command: caught ones are reset at exec.
            flag::register(signal as i32, Arc::clone(&came)).map(|_| (signal, came))
        };
        signals.into_iter().map(with_flag).collect::<io::Result<_>>().map(Self)
    }

    fn pass_on(&self, child: &Child) {
        let Ok(pid) = i32::try_from(child.id()) else { return };
        for (signal, came) in &self.0 {
            if came.swap(false, Ordering::Relaxed) && !(is_of_keyboard(*signal) && has_keyboard()) {
                let _gone = kill(Pid::from_raw(pid), *signal);
            }
        }
    }
}

/// Whether a terminal sends it, and then to every process that is in front.
fn is_of_keyboard(signal: Signal) -> bool {
    matches!(signal, Signal::SIGINT | Signal::SIGQUIT)
}

fn has_keyboard() -> bool {
    io::stdin().is_terminal() && tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
}

/// Runs the command while `record` writes what passes; that one is given what to call after each step.
pub(super) fn run(
    program: &OsString,
    words: &[OsString],
    host: bool,
    record: impl FnOnce(&mut dyn FnMut(&Capture)) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let passed =
        Passed::install().map_err(|e| Failure::new(format!("cannot handle signals: {}", reason(&e))))?;
    let mut child = Command::new(program).args(words).spawn().map_err(|e| unstarted(program, &e))?;
    let mut ended: Option<(ExitStatus, Instant)> = None;
    let mut left = 0;
    let recorded = record(&mut |capture| {
        passed.pass_on(&child);
        let Some((_, since)) = ended else {
            if let Ok(Some(status)) = child.try_wait() {
                ended = Some((status, Instant::now()));
            }
            return;
        };
        left = if host { 0 } else { open_connections() };
        let is_over = match host {
            true => since.elapsed() >= QUIET,
            false => left == 0 || since.elapsed() >= CLOSING,
        };
        if is_over {
            capture.stop_handle().stop();
        }
    });
    if recorded.is_err() {
        // Nobody watches any more: it may end as it likes.
        let _status = child.wait();
    }
    recorded?;
    let status = match ended {
        Some((status, _)) => status,
        // The interface went away before the command did.
        None => child.wait().map_err(|e| Failure::new(format!("the command: {}", reason(&e))))?,
    };
    let signal = status.signal().and_then(|n| Signal::try_from(n).ok());
    let code = status.code().or_else(|| status.signal().map(|n| 128 + n)).unwrap_or(1);
    Ok(Outcome { code: u8::try_from(code).unwrap_or(1), signal: signal.map(Signal::as_str), left })
}

/// As env(1) has it: 127 where there is no such program, 126 where it does not start.
fn unstarted(program: &OsStr, error: &io::Error) -> Failure {
    let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    Failure { code, message: format!("{}: {}", shown(program.as_ref()), reason(error)) }
}

/// Connections of this network namespace that still have something to say: neither those that listen nor
/// those that only wait for the time to pass.
fn open_connections() -> u64 {
    // include/net/tcp_states.h
    const TIME_WAIT: &str = "06";
    const CLOSE: &str = "07";
    const LISTEN: &str = "0A";
    let of = |path: &str| {
        let table = fs::read_to_string(path).unwrap_or_default();
        let states = table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(3));
        states.filter(|state| ![TIME_WAIT, CLOSE, LISTEN].contains(state)).count() as u64
    };
    of("/proc/thread-self/net/tcp") + of("/proc/thread-self/net/tcp6")
}
