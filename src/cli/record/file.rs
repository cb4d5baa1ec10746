//! A capture file on the disk while it is written.
use std::fs::File;
use std::io::{self, Write};

use synack::savefile::Sink;

/// A regular file that is locked until it is let go.
pub(super) struct CaptureFile(File);

impl CaptureFile {
    /// A file as [`Ownership`](synack::savefile::Ownership) gives it: locked.
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }
}

impl Write for CaptureFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for CaptureFile {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.0.cut(len)
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.overwrite(at, bytes)
    }
}

impl Drop for CaptureFile {
    fn drop(&mut self) {
        // A helper may have it open for longer, and with it the lock.
        let _unlocked = self.0.unlock();
    }
}
