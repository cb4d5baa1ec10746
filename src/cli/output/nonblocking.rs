//! Writing to whoever may not read for a while: never longer in one write than it takes.
//!
//! A write to a full pipe sleeps until somebody reads, and no clock, count or signal is looked at
//! meanwhile. So pipes and terminals are opened once more for us alone, without waiting (the flag
//! belongs to an open file, and others may have this one open too), or written to in small pieces.
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use synack::savefile::Sink;

use crate::cli::urgency::Urgency;

/// Longest wait before urgency is looked at again.
pub(crate) const GLANCE: Duration = Duration::from_millis(20);

/// Bytes a pipe takes without sleeping when it takes any (`PIPE_BUF` of `pipe(7)`).
const PIECE: usize = 4096;

/// A file that is written to without sleeping.
pub(crate) struct Channel {
    file: File,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A file or a device: takes all at once.
    Ready,
    /// Says when it would sleep.
    NonBlocking,
    /// Is asked whether it takes a piece.
    Asked,
}

impl Channel {
    /// Looks at the file and may open it once more: before the process shuts itself in.
    pub(crate) fn new(file: File) -> Self {
        let slow = file.metadata().is_ok_and(|data| {
            let kind = data.file_type();
            kind.is_fifo() || kind.is_socket() || rustix::termios::isatty(&file)
        });
        if !slow {
            return Self { file, kind: Kind::Ready };
        }
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        let flags = i32::try_from(flags.bits()).unwrap_or(0);
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        match OpenOptions::new().write(true).custom_flags(flags).open(path) {
            Ok(file) => Self { file, kind: Kind::NonBlocking },
            // A socket cannot be opened again, and somebody else's pipe may not be.
            Err(_) => Self { file, kind: Kind::Asked },
        }
    }

    /// The same when no file can be opened any more.
    pub(crate) fn confined(file: File) -> Self {
        Self { file, kind: Kind::Asked }
    }

    /// Writes what is taken at once; `WouldBlock` when that is nothing.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.kind != Kind::Asked {
            return self.file.write(bytes);
        }
        if !self.is_ready(Duration::ZERO)? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.file.write(bytes.get(..PIECE).unwrap_or(bytes))
    }

    /// Waits until something is taken, an error is there, `time` is over or a signal came.
    pub(crate) fn wait(&self, time: Duration) -> io::Result<()> {
        match self.is_ready(time) {
            Err(e) if e.kind() != io::ErrorKind::Interrupted => Err(e),
            _ => Ok(()),
        }
    }

    fn is_ready(&self, time: Duration) -> io::Result<bool> {
        let mut polls = [PollFd::new(&self.file, PollFlags::OUT)];
        // What is too long to be said is for ever.
        let time = Timespec::try_from(time).ok();
        Ok(rustix::event::poll(&mut polls, time.as_ref())? > 0)
    }
}

/// A pipe that a capture file is written to: waits for its reader, but not for ever once the
/// capture is to end.
pub(crate) struct Stream {
    channel: Channel,
    urgency: Urgency,
}

impl Stream {
    pub(crate) fn new(channel: Channel, urgency: Urgency) -> Self {
        Self { channel, urgency }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stopped: Option<Instant> = None;
        loop {
            match self.channel.write(bytes) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            self.urgency.beat();
            if self.urgency.is_stopping() {
                let since = *stopped.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.urgency.patience() {
                    return Err(blocked());
                }
            }
            self.channel.wait(GLANCE)?;
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Stream {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.channel.file.cut(len)
    }
}

/// Why the end of the output is missing.
pub(crate) fn blocked() -> io::Error {
    io::Error::other("stopped while it was blocked: nobody reads it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    /// Writes until nothing is taken any more; how much that was.
    fn fill(channel: &mut Channel) -> usize {
        let mut all = 0;
        loop {
            match channel.write(&[b'x'; 10_000]) {
                Ok(n) => all += n,
                Err(e) => {
                    assert_eq!(e.kind(), io::ErrorKind::WouldBlock);
                    return all;
                }
            }
        }
    }

    #[test]
    fn a_full_pipe_is_told_at_once_and_takes_more_when_it_was_read() {
        for kind in [Kind::NonBlocking, Kind::Asked] {
            let (mut reader, writer) = io::pipe().unwrap();
            let file = File::from(std::os::fd::OwnedFd::from(writer));
            let mut channel = Channel { file, kind };
            if kind == Kind::NonBlocking {
                channel = Channel::new(channel.file);
            }
            let all = fill(&mut channel);
            assert!(all >= PIECE);
            let mut read = vec![0; all];
            reader.read_exact(&mut read).unwrap();
            assert!(fill(&mut channel) >= PIECE);
        }
    }

    #[test]
    fn a_socket_never_keeps_its_writer_waiting() {
        let (writer, _reader) = std::os::unix::net::UnixStream::pair().unwrap();
        let mut channel = Channel::new(File::from(std::os::fd::OwnedFd::from(writer)));
        assert!(channel.kind == Kind::Asked);
        assert!(fill(&mut channel) > 0);
    }
}
