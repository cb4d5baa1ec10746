//! How a run ends: exit codes, and the one way to say something on standard error.
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

pub(crate) use synack::error::{printable, reason};

use crate::cli::output::messages;

/// Done.
pub(super) const OK: u8 = 0;
/// Usage, opening, compiling or reading failed.
pub(super) const ERROR: u8 = 1;
/// Output could not be written (`EX_IOERR` of sysexits.h).
pub(super) const WRITE: u8 = 74;
/// A privilege is missing (`EX_NOPERM` of sysexits.h).
pub(super) const PERMISSION: u8 = 77;

/// Why a run ends early: the message to print and the code to exit with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { code: ERROR, message: message.into() }
    }

    /// The same with advice in a line of its own.
    pub(super) fn with_hint(mut self, hint: impl fmt::Display) -> Self {
        self.message = format!("{}\nhint: {hint}", self.message);
        self
    }

    /// Output failed. A pipe that was closed downstream is no failure: code 0 and nothing to say.
    pub(super) fn write(what: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { code: OK, message: String::new() };
        }
        Self { code: WRITE, message: format!("{what}: {}", reason(error)) }
    }

    /// An interface could not be opened.
    pub(super) fn from_capture(error: &synack::Error) -> Self {
        let code = if error.is_permission_denied() { PERMISSION } else { ERROR };
        Self { code, message: error.to_string() }
    }

    /// A capture file could not be made.
    pub(super) fn from_making(error: synack::Error) -> Self {
        // It could be made, or would have been, but not written.
        let writing = |e: &io::Error| {
            use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull, WriteZero};
            matches!(e.kind(), StorageFull | FileTooLarge | QuotaExceeded | WriteZero)
                || e.raw_os_error() == Some(libc::EIO)
        };
        if error.io_error().is_some_and(writing) {
            return Self::from_writer(error);
        }
        Self::from(error)
    }

    /// A capture file could not be written.
    pub(super) fn from_writer(error: synack::Error) -> Self {
        if error.io_error().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
            return Self { code: OK, message: String::new() };
        }
        Self { code: WRITE, message: error.to_string() }
    }

    /// Says it on standard error (if there is anything to say) and gives the exit code.
    pub(super) fn report(&self) -> ExitCode {
        if !self.message.is_empty() {
            say(format_args!("synack: {}", self.message));
        }
        ExitCode::from(self.code)
    }
}

impl From<synack::Error> for Failure {
    fn from(error: synack::Error) -> Self {
        // Of the one file that is read tcpdump does not say the name; of several, whoever reads them does.
        Self::new(error.unnamed().to_string())
    }
}

/// A path for messages.
pub(crate) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// One line on standard error, in one write. That it cannot be written is nobody's business:
/// unlike `eprintln!` this never panics. A live capture does not wait for it either. Whatever
/// words of others are in it, they do not command the terminal.
pub(super) fn say(line: fmt::Arguments<'_>) {
    say_as_is(lines_printable(&format!("{line}\n")));
}

/// Text in which nothing but printable ASCII, ends of lines and tabs is left as it is.
pub(super) fn lines_printable(text: &str) -> String {
    let harmless = |b: u8| matches!(b, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(harmless) {
        return text.to_owned();
    }
    let parts = text.split_inclusive(['\n', '\t']).map(|part| match part.strip_suffix(['\n', '\t']) {
        Some(words) => printable(words) + part.get(words.len()..).unwrap_or_default(),
        None => printable(part),
    });
    parts.collect()
}

/// The same without an end of line.
pub(super) fn say_as_is(text: String) {
    if let Err(text) = messages::say(text.into_bytes()) {
        drop(io::stderr().write_all(&text));
    }
}

/// The ending of a noun that is counted.
pub(crate) fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}
