//! What happens to each packet: filtered, written, printed, counted.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use synack::Packet;
use synack::json::Loss;

use super::analysis::{Analysis, Corrections, Seen};
use super::filter::Select;
use crate::cli::failure::{self, Failure};
use crate::cli::output::{self, Output};
use crate::cli::present::{Ending, Presenter};
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
    /// `-c` or `--max-bytes` is reached.
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
    fn show(&mut self, packet: &Packet<'_>, seen: Option<&Seen<'_>>) -> Result<(), Failure> {
        self.presenter.packet(packet, seen, self.output.text())?;
        self.output.end_packet().map_err(|e| output::failed(&e))?;
        if self.line_buffered { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.presenter.flush(self.output.text());
        self.output.flush().map_err(|e| output::failed(&e))
    }
}

/// Where packets go.
pub(crate) struct Pipeline {
    pub(crate) select: Option<Select>,
    /// Connections, where something asks for them.
    pub(crate) analysis: Option<Box<Analysis>>,
    pub(crate) screen: Option<Screen>,
    pub(crate) writer: Option<Recorder>,
    /// Flush the file after each packet.
    pub(crate) unbuffered: bool,
    /// How many more packets may pass.
    pub(crate) left: Option<u64>,
    /// How many more bytes of packets may pass.
    pub(crate) bytes_left: Option<u64>,
    pub(crate) counters: Arc<Counters>,
}

impl Pipeline {
    /// Gives what a first look at the packets showed.
    pub(crate) fn settle(&mut self, corrections: Option<Corrections>) {
        if let (Some(analysis), Some(corrections)) = (&mut self.analysis, corrections) {
            analysis.set_corrections(corrections);
        }
    }

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
        match self.analysis.take() {
            None => self.deliver(packet, None),
            Some(mut analysis) => {
                let next = analysis.take(packet, |seen, wanted| {
                    if wanted { self.deliver(packet, Some(seen)) } else { self.pass_over(packet, seen) }
                });
                self.analysis = Some(analysis);
                next
            }
        }
    }

    /// Writes and shows a packet.
    fn deliver(&mut self, packet: &Packet<'_>, seen: Option<&Seen<'_>>) -> Result<Next, Failure> {
        if let Some(writer) = &mut self.writer {
            writer.write(packet)?;
            if self.unbuffered {
                writer.flush()?;
            }
        }
        if let Some(screen) = &mut self.screen {
            screen.show(packet, seen)?;
        }
        let enough = |left: &mut Option<u64>, taken: u64| match left {
            Some(left) => {
                *left = left.saturating_sub(taken);
                *left == 0
            }
            None => false,
        };
        let enough = enough(&mut self.left, 1)
            | enough(&mut self.bytes_left, packet.data.len().try_into().unwrap_or(u64::MAX));
        Ok(if enough { Next::Enough } else { Next::More })
    }

    /// A packet that the filter let pass, but not `--conn` or `--verdict`.
    #[cold]
    fn pass_over(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<Next, Failure> {
        let filtered = self.counters.filtered.load(Ordering::Relaxed) + 1;
        self.counters.filtered.store(filtered, Ordering::Relaxed);
        if let Some(screen) = &mut self.screen {
            screen.presenter.pass_over(packet, seen, screen.output.text())?;
            screen.output.end_piece().map_err(|e| output::failed(&e))?;
        }
        Ok(Next::More)
    }

    /// Shows what is new of connections: once a second, live.
    pub(crate) fn refresh(&mut self) -> Result<(), Failure> {
        if let (Some(screen), Some(analysis)) = (&mut self.screen, &self.analysis) {
            screen.presenter.refresh(analysis.table(), screen.output.text());
            screen.output.end_piece().map_err(|e| output::failed(&e))?;
        }
        Ok(())
    }

    /// No more packets come: shows what is known in the end.
    pub(crate) fn show_end(&mut self, loss: Option<Loss>) -> Result<(), Failure> {
        let Some(analysis) = &mut self.analysis else { return Ok(()) };
        analysis.finish();
        let Some(screen) = &mut self.screen else { return Ok(()) };
        let ending = Ending { table: analysis.table(), loss };
        screen.presenter.finish(&ending, screen.output.text())?;
        screen.output.end_piece().map_err(|e| output::failed(&e))?;
        if screen.presenter.needs_tcp()
            && let Some(why) = analysis.emptiness(self.counters.seen.load(Ordering::Relaxed))
        {
            failure::say(format_args!("synack: nothing to show: {why}"));
        }
        Ok(())
    }

    /// Packets whose text the system has taken.
    pub(crate) fn printed(&self) -> u64 {
        let counted = self.screen.as_ref().and_then(|screen| screen.output.printed());
        counted.unwrap_or_else(|| self.counters.captured())
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
            Some(screen) if !screen.presenter.is_tcpdumps() => Ok(()),
            Some(screen) => {
                screen.presenter.flush(screen.output.text());
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
            let [kept, gone] = if writer.is_uncertain() {
                ["on the disk for certain", "perhaps lost"]
            } else {
                ["in the file", "lost"]
            };
            failure.message.push_str(&format!("; {captured} captured = {written} {kept} + {lost} {gone}"));
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

    /// After a flush: whether the file is still there, and kept.
    pub(crate) fn look_after_file(&mut self) -> Result<(), Failure> {
        self.writer.as_mut().map_or(Ok(()), Recorder::look_after)
    }

    /// Flushes the capture file.
    pub(crate) fn flush_file(&mut self) -> Result<(), Failure> {
        match &mut self.writer {
            Some(writer) => writer.flush(),
            None => Ok(()),
        }
    }
}
