//! A command that is watched: its output is its own, signals reach it, and the capture goes on until its
//! connections are closed.
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
use synack::capture::{Capture, Ends};

use super::group::Group;
use crate::cli::failure::{Failure, reason, shown};

/// How long connections may take to close after the command ended.
const CLOSING: Duration = Duration::from_secs(3);

/// The same where it is not known which connections are the command's.
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

/// Where the command runs.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// In this machine's own network.
    pub(super) host: bool,
    /// What tells there which connections are the command's.
    pub(super) group: Option<&'a Group>,
}

impl Place<'_> {
    fn start(self, command: &mut Command) -> Result<Child, Failure> {
        let program = command.get_program().to_owned();
        let unstarted = |e: &io::Error| unstarted(&program, e);
        let Some(group) = self.group else { return command.spawn().map_err(|e| unstarted(&e)) };
        group.start(|| command.spawn()).map_err(Failure::new)?.map_err(|e| unstarted(&e))
    }

    /// Connections of the command that are open, where that is known.
    fn open_connections(self) -> Option<u64> {
        match (self.host, self.group) {
            (false, _) => Some(open_connections(|_| true)),
            (true, None) => None,
            (true, Some(group)) => {
                let own = group.connections().unwrap_or_default();
                Some(open_connections(|ends| own.contains(ends)))
            }
        }
    }
}

/// Runs the command while `record` writes what passes; that one is given what to call after each step.
pub(super) fn run(
    program: &OsString,
    words: &[OsString],
    place: Place<'_>,
    record: impl FnOnce(&mut dyn FnMut(&Capture)) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let passed =
        Passed::install().map_err(|e| Failure::new(format!("cannot handle signals: {}", reason(&e))))?;
    let mut child = place.start(Command::new(program).args(words))?;
    let mut ended: Option<(ExitStatus, Instant)> = None;
    let (mut left, mut is_over) = (0, false);
    let recorded = record(&mut |capture| {
        passed.pass_on(&child);
        let Some((_, since)) = ended else {
            if let Ok(Some(status)) = child.try_wait() {
                ended = Some((status, Instant::now()));
            }
            return;
        };
        if is_over {
            // What was captured until then is still to be written.
            return;
        }
        let open = place.open_connections();
        left = open.unwrap_or(0);
        is_over = match open {
            None => since.elapsed() >= QUIET,
            Some(open) => open == 0 || since.elapsed() >= CLOSING,
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

/// Connections of this network namespace that are wanted and still have something to say: neither those
/// that listen nor those that only wait for the time to pass.
fn open_connections(wanted: impl Fn(&Ends) -> bool) -> u64 {
    let of = |path: &str| {
        let table = fs::read_to_string(path).unwrap_or_default();
        table.lines().skip(1).filter_map(open_ends).filter(&wanted).count() as u64
    };
    of("/proc/thread-self/net/tcp") + of("/proc/thread-self/net/tcp6")
}

/// The ends of a line of /proc/net/tcp, if it is of an open connection.
fn open_ends(line: &str) -> Option<Ends> {
    // include/net/tcp_states.h
    const TIME_WAIT: &str = "06";
    const CLOSE: &str = "07";
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace().skip(1);
    let (local, remote, state) = (fields.next()?, fields.next()?, fields.next()?);
    if [TIME_WAIT, CLOSE, LISTEN].contains(&state) {
        return None;
    }
    Some(Ends::new(end(local)?, end(remote)?))
}

/// `0100007F:04D2`: an address as words of this machine, and a port.
fn end(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let address = if address.len() == 8 {
        IpAddr::V4(Ipv4Addr::from(word(0)?))
    } else {
        let mut bytes = [0; 16];
        for (four, at) in bytes.chunks_exact_mut(4).zip((0..32).step_by(8)) {
            four.copy_from_slice(&word(at)?);
        }
        // A socket of version 6 may speak version 4: then that is what passes.
        Ipv6Addr::from(bytes).to_canonical()
    };
    Some((address, u16::from_str_radix(port, 16).ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernels_table_is_read() {
        let line = |local: &str, remote: &str, state: &str| {
            open_ends(&format!("   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000"))
        };
        let ends = |a: &str, b: &str| Some(Ends::new(a.parse().unwrap(), b.parse().unwrap()));
        let word = |bytes: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(bytes));
        let (here, there) = (word([127, 0, 0, 1]), word([10, 0, 0, 2]));
        let open = line(&format!("{here}:04D2"), &format!("{there}:0050"), "01");
        assert_eq!(open, ends("127.0.0.1:1234", "10.0.0.2:80"));
        assert_eq!(line(&format!("{here}:04D2"), &format!("{there}:0050"), "0A"), None);
        let zero = word([0; 4]);
        let six = format!("{zero}{zero}{zero}{}:0050", word([0, 0, 0, 1]));
        assert_eq!(line(&six, &six, "08"), ends("[::1]:80", "[::1]:80"));
        let mapped = format!("{zero}{zero}{}{here}:0050", word([0, 0, 255, 255]));
        assert_eq!(line(&mapped, &mapped, "01"), ends("127.0.0.1:80", "127.0.0.1:80"));
        assert_eq!(line("x", "y", "01"), None);
        assert_eq!(open_ends(""), None);
    }
}
