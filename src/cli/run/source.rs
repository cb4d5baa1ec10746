//! Live sources behind one trait: the packet ring and the raw socket.
use std::os::fd::{AsFd, BorrowedFd};

use synack::capture::{self, Stats};
use synack::{Error, Source};

/// A live capture, whatever the engine.
pub(super) trait Live: Source {
    /// The interface's name, escaped for messages.
    fn name(&self) -> &str;
    /// The kernel's number of the interface; 0 is all of them.
    fn number(&self) -> u32;
    /// Counts up to now.
    fn stats(&mut self) -> Result<Stats, Error>;
    /// Freezes it: what was received is still given.
    fn stop(&mut self);
    /// News for the user.
    fn notice(&mut self) -> Option<String>;
    /// Readable when there are packets.
    fn fd(&self) -> BorrowedFd<'_>;
}

impl Live for capture::Capture {
    fn name(&self) -> &str {
        self.interface().label()
    }

    fn number(&self) -> u32 {
        self.interface().index
    }

    fn stats(&mut self) -> Result<Stats, Error> {
        Self::stats(self)
    }

    fn stop(&mut self) {
        Self::stop(self);
    }

    fn notice(&mut self) -> Option<String> {
        self.take_notice()
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }
}

impl Live for capture::RawCapture {
    fn name(&self) -> &str {
        self.interface().label()
    }

    fn number(&self) -> u32 {
        self.interface().index
    }

    fn stats(&mut self) -> Result<Stats, Error> {
        Self::stats(self)
    }

    fn stop(&mut self) {
        Self::stop(self);
    }

    fn notice(&mut self) -> Option<String> {
        None
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }
}
