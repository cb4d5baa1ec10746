//! Whether the disk keeps what was written: a write that succeeded is in memory, and fails later,
//! when nobody looks. So the disk is asked, once a second and at the end, by a thread that may wait
//! for it as long as it takes.
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::file::Held;
use crate::cli::failure::{self, Failure, reason};
use crate::cli::output::nonblocking::GLANCE;
use crate::cli::urgency::Urgency;

/// Files that wait to be asked for. Where they are rotated faster than a disk answers it is not
/// asked for each of them: when it fails, it does so for more than one.
const WAITING: usize = 4;

/// When somebody who waits for the end would like to know why.
const LONG: Duration = Duration::from_secs(1);

/// The thread that asks, if it was started, and what it has heard.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether a disk failed: looked at for each packet.
    failed: AtomicBool,
}

#[derive(Default)]
struct State {
    running: bool,
    questions: VecDeque<Question>,
    /// One is being asked.
    busy: bool,
    /// Packets of all files that are on a disk for certain.
    kept: u64,
    failure: Option<(String, io::Error)>,
}

/// Whether the disk has all of a file.
struct Question {
    file: Arc<Held>,
    /// Packets that were written to all files by then, if that is known.
    packets: Option<u64>,
}

impl Disk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the thread: after files and before system calls are confined.
    ///
    /// # Errors
    /// The system has no room for it.
    pub(crate) fn start(&self) -> io::Result<()> {
        let disk = self.clone();
        let (ready, started) = mpsc::channel();
        thread::Builder::new().name("disk".into()).stack_size(128 * 1024).spawn(move || {
            // A starting thread makes system calls that it will not be allowed later.
            let _heard = ready.send(());
            disk.serve();
        })?;
        started.recv().map_err(io::Error::other)?;
        self.lock().running = true;
        Ok(())
    }

    fn serve(&self) -> ! {
        let mut state = self.lock();
        loop {
            let Some(question) = state.questions.pop_front() else {
                state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            // A disk need not keep what was deleted, and its room is wanted.
            if question.file.is_deleted() {
                self.0.changed.notify_all();
                continue;
            }
            state.busy = true;
            drop(state);
            let answer = question.file.file.sync_data();
            state = self.lock();
            state.busy = false;
            match answer {
                Err(e) if is_loss(&e) => {
                    let name = question.file.name.clone();
                    state.failure.get_or_insert((name, e));
                    self.0.failed.store(true, Ordering::Relaxed);
                }
                _ => state.kept = state.kept.max(question.packets.unwrap_or(0)),
            }
            drop(question);
            self.0.changed.notify_all();
        }
    }

    /// Has the disk asked whether it keeps a file, to which `packets` with all files before it were
    /// written by now. Never waits.
    pub(super) fn ask(&self, file: &Arc<Held>, packets: Option<u64>) {
        let mut state = self.lock();
        if !state.running || state.failure.is_some() {
            return;
        }
        match state.questions.iter_mut().find(|question| Arc::ptr_eq(&question.file, file)) {
            Some(question) => question.packets = packets.or(question.packets),
            None => state.questions.push_back(Question { file: Arc::clone(file), packets }),
        }
        if state.questions.len() > WAITING {
            state.questions.pop_front();
        }
        self.0.changed.notify_all();
    }

    /// What a disk did not keep.
    #[inline]
    pub(super) fn failure(&self) -> Option<Failure> {
        if self.0.failed.load(Ordering::Relaxed) { self.lost() } else { None }
    }

    #[cold]
    fn lost(&self) -> Option<Failure> {
        let state = self.lock();
        let (name, error) = state.failure.as_ref()?;
        let message = format!("{name}: {}: the disk did not keep what was written", reason(error));
        Some(Failure { code: failure::WRITE, message })
    }

    /// After a failure: packets that are on a disk for certain.
    pub(super) fn kept(&self) -> Option<u64> {
        let state = self.lock();
        state.failure.as_ref().map(|_| state.kept)
    }

    /// Waits until the disk has answered, unless a second signal to stop comes. When that takes long
    /// it says so.
    ///
    /// # Errors
    /// It has not.
    pub(super) fn settle(&self, urgency: &Urgency) -> io::Result<()> {
        let mut state = self.lock();
        let mut told = false;
        let start = Instant::now();
        while state.busy || !state.questions.is_empty() {
            if urgency.is_pressing() {
                return Err(io::Error::other("stopped before the disk said that it keeps all of it"));
            }
            urgency.beat();
            if !told && start.elapsed() >= LONG {
                told = true;
                failure::say(format_args!(
                    "synack: all is written; waiting for the disk to keep it (another signal ends the wait)"
                ));
            }
            let waited = self.0.changed.wait_timeout(state, GLANCE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }
}

/// Whether an error says that bytes are lost, and not that this cannot be known here.
fn is_loss(error: &io::Error) -> bool {
    let harmless = [Errno::INVAL, Errno::ROFS, Errno::NOSYS, Errno::OPNOTSUPP, Errno::INTR, Errno::BADF];
    error.raw_os_error().is_some_and(|number| !harmless.contains(&Errno::from_raw_os_error(number)))
}
