//! A progress bar for long reads: only where someone watches, and not in the middle of what is printed.
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
pub(crate) struct Meter {
    shown: Option<Arc<Shown>>,
}

/// A bar, and what it shows.
struct Shown {
    read: AtomicU64,
    /// How far it had come when it was last drawn.
    drawn: AtomicU64,
    begun: Instant,
    bar: ProgressBar,
}

impl Meter {
    /// A bar for all of these files, if somebody looks at standard error and nothing that is
    /// `printed` moves there.
    pub(crate) fn new<'a>(files: impl Iterator<Item = &'a File>, printed: bool) -> Self {
        let total: u64 = files.filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum();
        let unseen = !(printed && output::is_terminal());
        let wanted = io::stderr().is_terminal() && unseen && total > STEP;
        let shown = wanted.then(|| {
            // What is asked of the system when a bar is first drawn can't be asked for any more later:
            // so the first is drawn here, and not seen.
            let first = bar(total, Plain { hidden: true });
            first.tick();
            first.finish_and_clear();
            let bar = bar(total, Plain { hidden: false });
            Arc::new(Shown { read: AtomicU64::new(0), drawn: AtomicU64::new(0), begun: Instant::now(), bar })
        });
        Self { shown }
    }

    /// Counts what is read of a file, where that is shown, and draws the bar now and then.
    pub(crate) fn wrap(&self, file: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        match &self.shown {
            Some(shown) => Box::new(Counted { file, shown: Arc::clone(shown) }),
            None => Box::new(file),
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        if let Some(shown) = &self.shown {
            shown.bar.finish_and_clear();
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
struct Counted<R> {
    file: R,
    shown: Arc<Shown>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        let Shown { read, drawn, begun, bar } = &*self.shown;
        let now = read.fetch_add(n as u64, Ordering::Relaxed) + n as u64;
        if now >= drawn.load(Ordering::Relaxed) + STEP && begun.elapsed() > PATIENCE {
            drawn.store(now, Ordering::Relaxed);
            bar.set_position(now);
        }
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
