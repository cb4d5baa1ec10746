//! Signals: stop, statistics, flush; and the promise that a stop is obeyed even when output is blocked.
use std::fs::{self, File};
use std::io::{self, PipeReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::{SigId, flag, low_level};

use crate::cli::failure::{Failure, reason};
use crate::cli::output::messages;
use crate::cli::urgency::{GIVEN_UP_AT_ONCE, Urgency};

/// How long a stopped program may give no sign of life while it drains, writes and says goodbye.
const PATIENCE: Duration = Duration::from_millis(850);

/// The same when it is told to stop a second time.
const HURRY: Duration = Duration::from_millis(150);

/// What signals have asked for.
pub(super) struct Signals {
    urgency: Urgency,
    statistics: Arc<AtomicBool>,
    flush: Arc<AtomicBool>,
    /// One byte for each signal that asks to stop.
    stops: PipeReader,
    worker: Worker,
}

impl Signals {
    /// Takes over the signals.
    ///
    /// # Errors
    /// The system refuses handlers, or has no descriptors left.
    pub(super) fn take_over() -> Result<Self, Failure> {
        Self::install().map_err(|e| Failure::new(format!("cannot handle signals: {}", reason(&e))))
    }

    fn install() -> io::Result<Self> {
        let (statistics, flush) = <(Arc<AtomicBool>, Arc<AtomicBool>)>::default();
        let urgency = Urgency::default();
        let (stops, sender) = io::pipe()?;
        for signal in ending() {
            // The flag first: who is woken by the byte finds it set.
            flag::register(signal, Arc::clone(&urgency.stop))?;
            low_level::pipe::register(signal, sender.try_clone()?)?;
        }
        flag::register(SIGUSR1, Arc::clone(&statistics))?;
        flag::register(SIGUSR2, Arc::clone(&flush))?;
        // A file over the size limit is then an error of the write, not the end of the process.
        flag::register(SIGXFSZ, Arc::default())?;
        // Here and not when the watch begins: by then no file can be opened.
        let worker = Worker::this_thread();
        Ok(Self { urgency, statistics, flush, stops, worker })
    }

    /// Whether to stop.
    #[inline]
    pub(super) fn stopped(&self) -> bool {
        self.urgency.is_stopping()
    }

    /// The same for others, and more.
    pub(super) fn urgency(&self) -> &Urgency {
        &self.urgency
    }

    /// The flag behind [`Signals::stopped`].
    pub(super) fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.urgency.stop)
    }

    /// Whether statistics were asked for since the last call.
    pub(super) fn take_statistics(&self) -> bool {
        self.statistics.swap(false, Ordering::Relaxed)
    }

    /// Whether a flush was asked for since the last call.
    pub(super) fn take_flush(&self) -> bool {
        // Asked for each packet of a file: the swap alone would cost more than to read one.
        self.flush.load(Ordering::Relaxed) && self.flush.swap(false, Ordering::Relaxed)
    }

    /// Starts the thread that ends the process when a stop takes too long, or when a second one
    /// comes. Then `farewell` is called and its answer is the exit code.
    pub(super) fn watch(&mut self, farewell: impl FnOnce() -> u8 + Send + 'static) -> io::Result<()> {
        let mut stops = self.stops.try_clone()?;
        let worker = Worker(self.worker.0.take());
        let urgency = self.urgency.clone();
        let (ready, started) = mpsc::channel();
        thread::Builder::new().name("signals".into()).stack_size(128 * 1024).spawn(move || {
            // A starting thread makes system calls that it will not be allowed later.
            let _heard = ready.send(());
            let mut byte = [0; 1];
            while let Err(e) = stops.read_exact(&mut byte) {
                if e.kind() != io::ErrorKind::Interrupted {
                    return;
                }
            }
            // While it gives signs of life it is not stuck: it drains, or its reader is slow. And in
            // a wait that nothing interrupts (a frozen file system) the process could not end
            // anyway; when that is over, everything is still written and counted.
            loop {
                let before = urgency.beats.load(Ordering::Relaxed);
                if second_within(&stops, PATIENCE) {
                    urgency.pressing.store(true, Ordering::Relaxed);
                    // Not a timed lock: it would need another system call after SIGSTOP.
                    let _time_is_over = rustix::event::poll(&mut [], Timespec::try_from(HURRY).ok().as_ref());
                }
                if urgency.beats.load(Ordering::Relaxed) == before && !worker.is_busy() {
                    break;
                }
            }
            // Whoever is stuck may be so in saying something.
            messages::install_late();
            let code = farewell();
            messages::settle(GIVEN_UP_AT_ONCE);
            low_level::exit(code.into());
        })?;
        started.recv().map_err(io::Error::other)
    }
}

/// Whether another signal to stop comes within `time`.
fn second_within(stops: &PipeReader, time: Duration) -> bool {
    let deadline = Instant::now() + time;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(timeout) = Timespec::try_from(left) else { return true };
        match rustix::event::poll(&mut [PollFd::new(stops, PollFlags::IN)], Some(&timeout)) {
            Err(rustix::io::Errno::INTR) if !left.is_zero() => {}
            Ok(0) => return false,
            Ok(_) | Err(_) => return true,
        }
    }
}

/// How long what is being opened may take to be told of a signal, before the process ends as it is.
const OPENING: Duration = Duration::from_secs(1);

/// Signals that end the process while it opens many interfaces. The system alone would close them one
/// after the other, each after a wait of its own: seconds. So whoever opens them closes them; where it
/// hangs, the process ends all the same.
pub(super) struct Starting {
    handlers: Vec<SigId>,
    signal: Arc<AtomicUsize>,
    closing: Arc<AtomicBool>,
    watch: Option<thread::JoinHandle<()>>,
}

impl Starting {
    /// From here on signals are asked for.
    ///
    /// # Errors
    /// There can be no handler or no thread: then signals end the process at once, as before.
    pub(super) fn watch() -> io::Result<Self> {
        let (mut stops, sender) = io::pipe()?;
        let mut starting =
            Self { handlers: Vec::new(), signal: Arc::default(), closing: Arc::default(), watch: None };
        for signal in ending() {
            let number = usize::try_from(signal).unwrap_or(0);
            starting.handlers.push(flag::register_usize(signal, Arc::clone(&starting.signal), number)?);
            starting.handlers.push(low_level::pipe::register(signal, sender.try_clone()?)?);
        }
        let (signal, closing) = (Arc::clone(&starting.signal), Arc::clone(&starting.closing));
        let watch =
            thread::Builder::new().name("signals".into()).stack_size(128 * 1024).spawn(move || {
                // No byte, but the end: all are open.
                while !matches!(stops.read(&mut [0]), Ok(0)) {
                    if signal.load(Ordering::Relaxed) != 0 {
                        thread::sleep(OPENING);
                        if !closing.load(Ordering::Relaxed) {
                            end_by(signal.load(Ordering::Relaxed));
                        }
                    }
                }
            })?;
        starting.watch = Some(watch);
        Ok(starting)
    }

    /// Whether to open no more.
    pub(super) fn is_stopped(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// Where a signal came, closes what was opened by calling `close`, and ends the process as the signal
    /// would have.
    pub(super) fn obey(&self, close: impl FnOnce()) {
        if self.is_stopped() {
            self.closing.store(true, Ordering::Relaxed);
            close();
            end_by(self.signal.load(Ordering::Relaxed));
        }
    }
}

/// Others watch for signals from here on: they do so by now.
impl Drop for Starting {
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            let _was_there = low_level::unregister(handler);
        }
        if let Some(watch) = self.watch.take() {
            let _ended = watch.join();
        }
    }
}

fn end_by(signal: usize) {
    if let Ok(signal) = signal.try_into() {
        let _not_one_that_ends = low_level::emulate_default_handler(signal);
    }
}

/// The signals that end it. Cooperate with nohup(1): a hang-up that was ignored stays ignored.
fn ending() -> impl Iterator<Item = i32> {
    [SIGINT, SIGTERM].into_iter().chain(Some(SIGHUP).filter(|signal| !is_ignored(*signal)))
}

/// The thread that does the work, as `/proc` shows it.
struct Worker(Option<File>);

impl Worker {
    fn this_thread() -> Self {
        Self(File::open("/proc/thread-self/stat").ok())
    }

    /// Whether it computes, or is in a wait that not even a kill ends: it is not blocked by a reader.
    fn is_busy(&self) -> bool {
        let mut text = [0; 128];
        let read = self.0.as_ref().and_then(|file| file.read_at(&mut text, 0).ok());
        // The state follows the program's name, which is in brackets.
        let text = read.and_then(|n| text.get(..n)).unwrap_or_default();
        let end = text.iter().rposition(|b| *b == b')');
        matches!(end.and_then(|end| text.get(end + 2)), Some(b'D' | b'R'))
    }
}

/// Whether a signal was ignored when the process started.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    signal.checked_sub(1).is_some_and(|bit| mask >> bit & 1 == 1)
}
