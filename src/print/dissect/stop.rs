//! How a printer ends before its time, and what is printed then.
use crate::print::dissect::Dissect;

/// A fetch went beyond the captured bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::print) struct Truncated;

/// Why a part of a printer goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::print) enum Stop {
    /// A fetch went beyond the captured bytes: nothing more of the packet is printed.
    Truncated,
    /// A check found that bytes are missing, from the capture or from the room that a length
    /// leaves: ` [|protocol]`, and outer printers go on.
    Missing,
    /// A value that cannot be: ` (invalid)`, and outer printers go on.
    Invalid,
    /// What there is to say has been said; outer printers go on.
    Done,
}

impl From<Truncated> for Stop {
    #[inline]
    fn from(Truncated: Truncated) -> Self {
        Self::Truncated
    }
}

/// Whether a table has a printer for what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::print) enum Known {
    /// It has, and that has printed.
    Yes,
    /// It has not: the caller says what it is, and dumps it.
    No,
}

impl Dissect<'_> {
    /// Asks whether `n` bytes from `at` were captured; [`Stop::Missing`] if not.
    #[inline]
    pub(in crate::print) fn check(&self, at: usize, n: usize) -> Result<(), Stop> {
        if self.has(at, n) { Ok(()) } else { Err(Stop::Missing) }
    }

    /// Prints what a printer that ended so prints last; only a truncation goes further up.
    pub(in crate::print) fn stop(&mut self, stop: Stop) -> Result<(), Truncated> {
        match stop {
            Stop::Truncated => return Err(Truncated),
            Stop::Missing => self.trunc(),
            Stop::Invalid => self.invalid(),
            Stop::Done => {}
        }
        Ok(())
    }

    /// Says that a message of `len` bytes at `at` cannot be, and asks after that whether it was captured.
    pub(in crate::print) fn invalid_message(&mut self, at: usize, len: u32) -> Result<(), Truncated> {
        self.invalid();
        self.bytes(at, len as usize).map(drop)
    }

    /// As [`Dissect::stop`], of a message with [`Dissect::invalid_message`].
    pub(in crate::print) fn stop_message(
        &mut self,
        stop: Stop,
        at: usize,
        len: u32,
    ) -> Result<(), Truncated> {
        match stop {
            Stop::Invalid => self.invalid_message(at, len),
            other => self.stop(other),
        }
    }

    /// Runs `inner`, and gives what it gives; where it stops, nothing, after [`Dissect::stop`].
    #[inline]
    pub(in crate::print) fn attempt<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<Option<T>, Truncated> {
        match inner(self) {
            Ok(value) => Ok(Some(value)),
            Err(stop) => self.stop(stop).map(|()| None),
        }
    }
}
