//! Standard output: buffered, flushed when nothing more is there to print, never a panic. Live, it
//! never waits for its reader either: what the reader does not take yet is kept.
pub(crate) mod messages;
pub(crate) mod nonblocking;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use crate::cli::failure::Failure;
use nonblocking::Channel;

/// Bytes gathered before they are written.
const GATHER: usize = 128 * 1024;

/// Memory of the buffer that is not given back.
const ROOM: usize = 4 << 20;

/// Bytes kept for a reader that is slow; then no more packets are taken from the kernel.
const KEPT: usize = 64 << 20;

/// Where lines go.
pub(crate) struct Output {
    channel: Channel,
    /// Whether to wait for the reader: when packets come out of files, nothing is lost meanwhile.
    waits: bool,
    /// Text; what is before `sent` was written.
    buffer: Vec<u8>,
    sent: usize,
    /// Bytes written before those in `buffer`.
    before: u64,
    /// Where the text of each packet ends that was not all written, counted from the first byte.
    ends: VecDeque<u64>,
    printed: u64,
}

impl Output {
    /// Standard output with a large buffer, without the line splitting of [`io::Stdout`]. `waits`
    /// for the reader, or keeps text for it.
    pub(crate) fn new(waits: bool) -> Result<Self, Failure> {
        Ok(Self {
            channel: Channel::new(stdout_file()?),
            waits,
            buffer: Vec::with_capacity(GATHER + 4096),
            sent: 0,
            before: 0,
            ends: VecDeque::new(),
            printed: 0,
        })
    }

    /// Where the text of the next packet is appended.
    #[inline]
    pub(crate) fn text(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// What was appended since the last call is the text of a packet.
    ///
    /// # Errors
    /// The reader is gone, or the file system is full.
    #[inline]
    pub(crate) fn end_packet(&mut self) -> io::Result<()> {
        if !self.waits {
            self.ends.push_back(self.before + self.buffer.len() as u64);
        }
        self.end_piece()
    }

    /// What was appended belongs to no packet.
    ///
    /// # Errors
    /// As [`Output::end_packet`].
    #[inline]
    pub(crate) fn end_piece(&mut self) -> io::Result<()> {
        match (self.buffer.len() >= GATHER, self.waits) {
            (false, _) => Ok(()),
            (true, true) => self.flush(),
            (true, false) => self.push(),
        }
    }

    /// Gives the reader all there is, as far as it may be waited for.
    ///
    /// # Errors
    /// As [`Output::end_packet`].
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.push()?;
        while self.waits && self.is_behind() {
            self.channel.wait(Duration::MAX)?;
            self.push()?;
        }
        Ok(())
    }

    /// Packets whose text was taken whole by the system; not counted where the reader is waited for.
    pub(crate) fn printed(&self) -> Option<u64> {
        (!self.waits).then_some(self.printed)
    }

    /// Whether there is text that the reader did not take yet.
    pub(crate) fn is_behind(&self) -> bool {
        self.sent < self.buffer.len()
    }

    /// Bytes the system has taken.
    pub(crate) fn taken(&self) -> u64 {
        self.before + self.sent as u64
    }

    /// Whether as much is kept as may be.
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() - self.sent >= KEPT
    }

    /// Waits for the reader, for so long at most, and gives it what it takes.
    pub(crate) fn wait(&mut self, time: Duration) -> io::Result<()> {
        if self.is_behind() {
            self.channel.wait(time)?;
        }
        self.push()
    }

    /// Writes what the reader takes without waiting.
    fn push(&mut self) -> io::Result<()> {
        while let Some(rest) = self.buffer.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.channel.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => self.sent += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => {
                    self.tidy();
                    return Err(e);
                }
            }
        }
        self.tidy();
        Ok(())
    }

    /// Counts the packets that were written, and forgets their text.
    fn tidy(&mut self) {
        let written = self.taken();
        while self.ends.front().is_some_and(|end| *end <= written) {
            self.ends.pop_front();
            self.printed += 1;
        }
        // Moving what is left costs: not each time when there is much of it.
        if self.sent == self.buffer.len() || self.sent >= KEPT / 4 {
            self.before += self.sent as u64;
            self.buffer.drain(..self.sent);
            self.sent = 0;
            // Memory that was given back would come again page by page.
            if self.buffer.capacity() > ROOM {
                self.buffer.shrink_to(GATHER + 4096);
            }
        }
    }
}

/// Standard output as a file without a buffer.
fn stdout_file() -> Result<File, Failure> {
    let fd = io::stdout().as_fd().try_clone_to_owned().map_err(|e| failed(&e))?;
    Ok(File::from(fd))
}

/// What a failed write to standard output means.
pub(crate) fn failed(error: &io::Error) -> Failure {
    Failure::write("standard output", error)
}

/// Whether someone watches standard output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Columns and lines of the terminal that standard output is; 80 and 24 where it does not say.
pub(crate) fn size() -> (usize, usize) {
    let size =
        rustix::termios::tcgetwinsize(io::stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    size.map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()))
}

/// Writes a whole text to standard output and flushes it.
pub(crate) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = stdout_file()?;
    out.write_all(text).map_err(|e| failed(&e))
}
