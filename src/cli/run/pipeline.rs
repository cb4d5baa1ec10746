//! What happens to each packet: filtered, written, printed, counted.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use synack::Packet;

use super::filter::Select;
use crate::cli::failure::{self, Failure};
use crate::cli::output::{self, Output};
use crate::cli::present::Presenter;
use crate::cli::record::Recorder;

/// Numbers of packets, readable by another thread at any moment.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Came out of the source.
    pub(crate) seen: AtomicU64,
    /// Of these, were refused by the filter in this process.
    pub(crate) filtered: AtomicU64,
}

impl Counters {
    /// Packets the filter in this process refused.
    pub(crate) fn filtered(&self) -> u64 {
        self.filtered.load(Ordering::Relaxed)
    }

    /// Packets that passed the filter.
    pub(crate) fn captured(&self) -> u64 {
        self.seen.load(Ordering::Relaxed) - self.filtered.load(Ordering::Relaxed)
    }
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    More,
    /// `-c` is reached.
    Enough,
}

/// Standard output, and how packets are shown there.
pub(crate) struct Screen {
    pub(crate) presenter: Box<dyn Presenter>,
    pub(crate) output: Output,
    /// Flush after each packet.
    pub(crate) line_buffered: bool,
}

impl Screen {
    fn show(&mut self, packet: &Packet<'_>) -> Result<(), Failure> {
        self.presenter.packet(packet, self.output.text())?;
        self.output.end_packet().map_err(|e| output::failed(&e))?;
        if self.line_buffered { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.output.flush().map_err(|e| output::failed(&e))
    }
}

/// Where packets go.
pub(crate) struct Pipeline {
    pub(crate) select: Option<Select>,
    pub(crate) screen: Option<Screen>,
    pub(crate) writer: Option<Recorder>,
    /// Flush the file after each packet.
    pub(crate) unbuffered: bool,
    /// How many more packets may pass.
    pub(crate) left: Option<u64>,
    pub(crate) counters: Arc<Counters>,
}

impl Pipeline {
    /// Takes one packet.
    ///
    /// # Errors
    /// Output failed.
    #[inline]
    pub(crate) fn take(&mut self, packet: &Packet<'_>) -> Result<Next, Failure> {
        let seen = self.counters.seen.load(Ordering::Relaxed) + 1;
        self.counters.seen.store(seen, Ordering::Relaxed);
        if let Some(select) = &mut self.select
            && !select.matches(packet)
        {
            let filtered = self.counters.filtered.load(Ordering::Relaxed) + 1;
            self.counters.filtered.store(filtered, Ordering::Relaxed);
            return Ok(Next::More);
        }
        if let Some(writer) = &mut self.writer {
            writer.write(packet)?;
            if self.unbuffered {
                writer.flush()?;
            }
        }
        if let Some(screen) = &mut self.screen {
            screen.show(packet)?;
        }
        match &mut self.left {
            Some(left) => {
                *left = left.saturating_sub(1);
                Ok(if *left == 0 { Next::Enough } else { Next::More })
            }
            None => Ok(Next::More),
        }
    }

    /// Packets whose text the system has taken.
    pub(crate) fn printed(&self) -> u64 {
        match &self.screen {
            Some(screen) => screen.output.printed(),
            None => self.counters.captured(),
        }
    }

    /// Whether the reader of standard output has text waiting for it.
    pub(crate) fn is_behind(&self) -> bool {
        self.screen.as_ref().is_some_and(|screen| screen.output.is_behind())
    }

    /// Whether no more text can be kept for it.
    pub(crate) fn is_full(&self) -> bool {
        self.screen.as_ref().is_some_and(|screen| screen.output.is_full())
    }

    /// Bytes that reader has taken.
    pub(crate) fn taken(&self) -> u64 {
        self.screen.as_ref().map_or(0, |screen| screen.output.taken())
    }

    /// Waits for that reader, and gives it what it takes.
    pub(crate) fn wait_for_reader(&mut self, time: Duration) -> Result<(), Failure> {
        match &mut self.screen {
            Some(screen) => screen.output.wait(time).map_err(|e| output::failed(&e)),
            None => Ok(()),
        }
    }

    /// Ends interrupted output with an empty line, as tcpdump does.
    pub(crate) fn end_line(&mut self) -> Result<(), Failure> {
        match &mut self.screen {
            Some(screen) => {
                screen.output.text().push(b'\n');
                screen.output.end_piece().map_err(|e| output::failed(&e))
            }
            None => output::print(b"\n"),
        }
    }

    /// Prints and writes what is left, and completes the file.
    pub(crate) fn close(&mut self) -> Result<(), Failure> {
        let closed = self.close_file();
        self.flush_screen().and(closed)
    }

    /// Completes the file.
    pub(crate) fn close_file(&mut self) -> Result<(), Failure> {
        match &mut self.writer {
            Some(writer) => writer.close(),
            None => Ok(()),
        }
    }

    /// Waits so long at most for whoever runs a command on files. How many it does not know of.
    pub(crate) fn hand_over(&mut self, time: Duration) -> usize {
        self.writer.as_mut().map_or(0, |writer| writer.hand_over(time))
    }

    /// Adds to a failure of the capture file how much of the capture it holds.
    pub(crate) fn account_for(&self, mut failure: Failure) -> Failure {
        if let Some(writer) = &self.writer
            && failure.code == failure::WRITE
        {
            let (captured, written) = (self.counters.captured(), writer.written());
            let lost = captured.saturating_sub(written);
            failure.message.push_str(&format!("; {captured} captured = {written} in the file + {lost} lost"));
        }
        failure
    }

    /// What is due by the clock. False when there is no more file to write to.
    pub(crate) fn tick(&mut self) -> Result<bool, Failure> {
        match &mut self.writer {
            Some(writer) => writer.tick(),
            None => Ok(true),
        }
    }

    /// Flushes what is printed.
    pub(crate) fn flush_screen(&mut self) -> Result<(), Failure> {
        match &mut self.screen {
            Some(screen) => screen.flush(),
            None => Ok(()),
        }
    }

    /// After a flush: the file is whole up to here.
    pub(crate) fn mark_file(&self) {
        if let Some(writer) = &self.writer {
            writer.mark();
        }
    }

    /// Flushes the capture file.
    pub(crate) fn flush_file(&mut self) -> Result<(), Failure> {
        match &mut self.writer {
            Some(writer) => writer.flush(),
            None => Ok(()),
        }
    }
}
