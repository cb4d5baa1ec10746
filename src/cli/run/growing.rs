//! A capture file that somebody still writes (`--follow`): what is appended is read as it comes, and when
//! its name stands for another file, that one is next.
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustix::event::Timespec;

use crate::cli::args::checked::Config;
use crate::cli::confine::privilege::Target;
use crate::cli::failure::{Failure, reason, say, shown};
use crate::cli::helper::{Looked, Opener};

/// How often a file that gives nothing is asked whether it has grown.
const TICK: Duration = Duration::from_millis(50);

/// How often it is asked what a name stands for of which nothing has changed, as far as its file tells.
const AGAIN: Duration = Duration::from_secs(1);

/// Bytes before the end that are compared: a file that was written anew has others there.
const REMEMBERED: usize = 64;

/// The name that is followed, and the file it stands for next.
pub(super) struct Followed {
    name: String,
    stop: Arc<AtomicBool>,
    deadline: Option<Instant>,
    inner: Mutex<Inner>,
}

struct Inner {
    opener: Opener,
    /// The name stands for another file, and all of the one before was read.
    next: Option<File>,
    /// Since when nothing has that name.
    missing: Option<Instant>,
    /// What was said last of a file that cannot be opened.
    said: Option<String>,
}

impl Followed {
    /// Starts the process that opens what `path` will stand for, where `config` asks for it; now that is a pipe
    /// if it `is_pipe`.
    pub(super) fn begin(
        config: &Config,
        path: &Path,
        is_pipe: bool,
        stop: &Arc<AtomicBool>,
    ) -> Result<Option<Arc<Self>>, Failure> {
        if !config.follow {
            return Ok(None);
        }
        let name = shown(path);
        if is_pipe {
            let hint = "what comes by a pipe is read as it comes without --follow";
            return Err(Failure::new(format!("{name}: --follow needs a file")).with_hint(hint));
        }
        let target = Target::choose(config.user.as_deref())?;
        let opener = Opener::spawn(target.as_ref(), path)
            .map_err(|e| Failure::new(format!("cannot start a process for --follow: {}", reason(&e))))?;
        let inner = Inner { opener, next: None, missing: None, said: None };
        let deadline = config.duration.map(|time| Instant::now() + time);
        Ok(Some(Arc::new(Self { name, stop: Arc::clone(stop), deadline, inner: Mutex::new(inner) })))
    }

    /// Whether the run ends here: by a signal or by `--for`.
    pub(super) fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Whether another file is to be read now.
    pub(super) fn has_next(&self) -> bool {
        self.inner().next.is_some()
    }

    /// The file to be read now.
    pub(super) fn next(&self) -> Option<File> {
        self.inner().next.take()
    }

    /// What it is called in messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Whoever panicked left it whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another file than this one that has the name now.
    fn look(&self, device: u64, inode: u64) -> io::Result<Option<File>> {
        let mut inner = self.inner();
        match inner.opener.look(device, inode)? {
            Looked::Same => (inner.missing, inner.said) = (None, None),
            Looked::Another(file) => {
                (inner.missing, inner.said) = (None, None);
                return Ok(Some(file));
            }
            Looked::Failed(e) if e.kind() == io::ErrorKind::NotFound => {
                let since = *inner.missing.get_or_insert_with(Instant::now);
                if since.elapsed() >= AGAIN {
                    inner.say_once(format!(
                        "{}: no file has this name any more; waiting for a new one",
                        self.name
                    ));
                }
            }
            Looked::Failed(e) => {
                let why = reason(&e);
                inner.say_once(format!("{}: another file has this name now, but {why}", self.name));
            }
        }
        Ok(None)
    }

    /// Goes on with this file, because of that.
    fn go_on(&self, file: File, why: &str) {
        say(format_args!("synack: {}: {why}", self.name));
        self.inner().next = Some(file);
    }
}

impl Inner {
    fn say_once(&mut self, text: String) {
        if self.said.as_ref() != Some(&text) {
            say(format_args!("synack: {text}"));
            self.said = Some(text);
        }
    }
}

/// The bytes of one file, to the end that it has now and on: a wait for more is an interruption. It ends when
/// the run ends, or when there is another file to read.
pub(super) struct Growing {
    file: File,
    identity: (u64, u64),
    followed: Arc<Followed>,
    position: u64,
    /// The last bytes before the position.
    before: Vec<u8>,
    /// Nothing was there at the last look.
    at_end: bool,
    /// Length, time of the last change and number of names, when last looked at.
    state: Option<State>,
    /// When the name was last looked at.
    looked: Instant,
    /// The file that has the name now: read once nothing more comes of this one.
    replaced: Option<File>,
}

/// What changes in a file that is written to or renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    length: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64),
    names: u64,
}

impl Growing {
    pub(super) fn new(file: File, identity: (u64, u64), followed: Arc<Followed>) -> Self {
        Self {
            file,
            identity,
            followed,
            position: 0,
            before: Vec::new(),
            at_end: false,
            state: None,
            looked: Instant::now(),
            replaced: None,
        }
    }

    /// Waits, and then looks at what became of the file. Whether it is to be left for another.
    fn look_again(&mut self) -> io::Result<bool> {
        let wait = Timespec::try_from(TICK).map_err(io::Error::other)?;
        let _woken_by_a_signal = rustix::event::poll(&mut [], Some(&wait));
        let found = self.file.metadata()?;
        let state = State {
            length: found.len(),
            modified: found.modified().ok(),
            changed: (found.ctime(), found.ctime_nsec()),
            names: found.nlink(),
        };
        let changed = self.state.replace(state) != Some(state);
        if changed && self.is_written_anew(state.length)? {
            let again = self.file.try_clone()?;
            self.followed.go_on(again, "was cut or written anew; reading it from its beginning");
            return Ok(true);
        }
        if self.replaced.is_none() && (changed || self.looked.elapsed() >= AGAIN || self.is_missing()) {
            self.looked = Instant::now();
            self.replaced = self.followed.look(self.identity.0, self.identity.1)?;
        }
        Ok(false)
    }

    fn is_missing(&self) -> bool {
        self.followed.inner().missing.is_some()
    }

    /// Whether the file is not the one that was read up to here.
    fn is_written_anew(&self, length: u64) -> io::Result<bool> {
        if length < self.position {
            return Ok(true);
        }
        let mut room = [0; REMEMBERED];
        let now = room.get_mut(..self.before.len()).unwrap_or_default();
        let at = self.position - self.before.len() as u64;
        match self.file.read_exact_at(now, at) {
            Ok(()) => Ok(*now != *self.before),
            // Cut since.
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(true),
            Err(e) => Err(e),
        }
    }

    fn remember(&mut self, bytes: &[u8]) {
        let new = bytes.get(bytes.len().saturating_sub(REMEMBERED)..).unwrap_or_default();
        let kept = REMEMBERED - new.len();
        self.before.drain(..self.before.len().saturating_sub(kept));
        self.before.extend(new);
    }
}

impl Read for Growing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.followed.is_over() {
            return Ok(0);
        }
        if self.at_end && self.look_again()? {
            return Ok(0);
        }
        let n = self.file.read_at(buffer, self.position)?;
        self.at_end = n == 0;
        if n > 0 {
            self.position += n as u64;
            self.remember(buffer.get(..n).unwrap_or_default());
            return Ok(n);
        }
        if let Some(next) = self.replaced.take() {
            self.followed.go_on(next, "another file has this name now; reading that one");
            return Ok(0);
        }
        Err(io::ErrorKind::Interrupted.into())
    }
}
