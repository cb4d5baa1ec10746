//! A progress bar for long reads: only where someone watches, and not in the middle of the output.
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::cli::output;

/// Bytes between two looks at the clock.
const STEP: u64 = 8 << 20;

/// What takes no longer than this needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far the files have been read.
pub(super) struct Meter {
    read: Arc<AtomicU64>,
    shown: AtomicU64,
    begun: Instant,
    bar: Option<ProgressBar>,
}

impl Meter {
    /// A bar for all of these files, if standard error is a terminal and standard output is not.
    pub(super) fn new<'a>(files: impl Iterator<Item = &'a File>) -> Self {
        let total: u64 = files.filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum();
        let wanted = io::stderr().is_terminal() && !output::is_terminal() && total > STEP;
        let bar = wanted.then(|| {
            // What is asked of the system when a bar is first drawn can't be asked for any more later:
            // so the first is drawn here, and not seen.
            let first = bar(total, Plain { hidden: true });
            first.tick();
            first.finish_and_clear();
            bar(total, Plain { hidden: false })
        });
        Self { read: Arc::default(), shown: AtomicU64::new(0), begun: Instant::now(), bar }
    }

    /// Counts what is read of a file, where that is shown.
    pub(super) fn wrap(&self, file: File) -> Box<dyn Read + Send> {
        match &self.bar {
            Some(_) => Box::new(Counted { file, read: Arc::clone(&self.read) }),
            None => Box::new(file),
        }
    }

    /// Draws the bar now and then.
    #[inline]
    pub(super) fn show(&self) {
        if let Some(bar) = &self.bar {
            self.draw(bar);
        }
    }

    fn draw(&self, bar: &ProgressBar) {
        let read = self.read.load(Ordering::Relaxed);
        if read >= self.shown.load(Ordering::Relaxed) + STEP && self.begun.elapsed() > PATIENCE {
            self.shown.store(read, Ordering::Relaxed);
            bar.set_position(read);
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64, term: Plain) -> ProgressBar {
    // The size of the terminal can't be asked for any more when the bar is drawn.
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::term_like(Box::new(term)));
    let style = ProgressStyle::with_template("{bar:30} {percent}% of {total_bytes}, {eta} to go");
    // Not every terminal shows blocks.
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=>-"));
    bar
}

/// A file, and how much of it was read.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Standard error as a terminal of which only the line is used.
#[derive(Debug)]
struct Plain {
    hidden: bool,
}

impl TermLike for Plain {
    fn width(&self) -> u16 {
        79
    }

    fn move_cursor_up(&self, _n: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _n: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _n: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _n: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.write_str("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if self.hidden { Ok(()) } else { io::stderr().write_all(text.as_bytes()) }
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write_str("\r\x1b[K")
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
