//! Capture files as they are opened: before privileges are given up, but read only after.
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use synack::savefile::Savefile;
use synack::{LinkType, Source};

use super::growing::{Followed, Growing};
use super::progress::Meter;
use crate::cli::args::checked::Input;
use crate::cli::failure::{Failure, reason, say, shown};

/// How often a silent pipe is looked away from to see what else is due.
const TICK: Duration = Duration::from_millis(100);

/// Bytes of a file that are held.
const BUFFER: usize = 256 * 1024;
/// Most bytes of a list of names.
const LIST: u64 = 16 << 20;
/// Bytes of all files together, as far as their packets allow.
const BUFFERS: usize = 16 << 20;

/// Lets this process have as many files open as the system allows: it may be given more than the
/// thousand that is usual.
pub(super) fn allow_many() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // If not, the file that is too many says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// A file of the command line, open or not.
pub(super) struct Opened {
    pub(super) name: String,
    pub(super) file: io::Result<File>,
    /// Device and inode, of a regular file.
    pub(super) identity: Option<(u64, u64)>,
}

/// The files to read.
pub(super) fn paths(input: &Input) -> Result<Vec<PathBuf>, Failure> {
    let list = match input {
        Input::Files(paths) => return Ok(paths.clone()),
        Input::List(list) => list,
        Input::Live(_) => return Ok(Vec::new()),
    };
    let failed = |e: &io::Error| unopened(&shown(list), e);
    let source: Box<dyn Read> = if list.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(list).map_err(|e| failed(&e))?)
    };
    let mut text = String::new();
    source.take(LIST + 1).read_to_string(&mut text).map_err(|e| failed(&e))?;
    if text.len() as u64 > LIST {
        let (name, most) = (shown(list), LIST >> 20);
        return Err(Failure::new(format!("{name} is no list of files: it has more than {most} MiB")));
    }
    let paths: Vec<PathBuf> = text.lines().filter(|line| !line.is_empty()).map(PathBuf::from).collect();
    if paths.is_empty() {
        return Err(Failure::new(format!("Nothing in {}", shown(list))));
    }
    Ok(paths)
}

pub(super) fn open(path: &Path) -> Opened {
    let file = if path.as_os_str() == "-" {
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    } else {
        File::open(path)
    };
    let identity = file.as_ref().ok().and_then(identity);
    if let (Ok(file), Some(_)) = (&file, identity) {
        // Read ahead as far as the system does that; if it does not, nothing is lost.
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Sequential);
    }
    Opened { name: shown(path), file, identity }
}

/// The file that has a followed name now.
pub(super) fn next(followed: &Followed) -> Option<Opened> {
    let file = followed.next()?;
    let identity = identity(&file);
    Some(Opened { name: followed.name().to_owned(), file: Ok(file), identity })
}

pub(super) fn unopened(name: &str, error: &io::Error) -> Failure {
    Failure::new(format!("{name}: {}", reason(error)))
}

/// A file whose beginning cannot be read: which, and what may be done.
fn unreadable(name: &str, error: &synack::Error) -> Failure {
    let text = error.to_string();
    let named = if text.contains(name) { text.clone() } else { format!("{name}: {text}") };
    let failure = Failure::new(named);
    match error.io_error() {
        None if text.contains("unknown file format") => failure
            .with_hint("that is no pcap or pcapng file, nor one compressed by gzip, zstd, lz4, xz or bzip2"),
        None if !text.contains("file header bytes") => failure.with_hint(save_what_is_intact(Some(name))),
        _ => failure,
    }
}

/// A file that cannot be read to its end, in libpcap's words, and what may be done.
pub(super) fn torn(error: &synack::Error, said: &dyn fmt::Display) -> Failure {
    let failure = Failure::new(format!("pcap_loop: {said}"));
    if error.io_error().is_some() { failure } else { failure.with_hint(save_what_is_intact(error.file())) }
}

fn save_what_is_intact(name: Option<&str>) -> String {
    let name = name.filter(|name| *name != "-").unwrap_or("FILE");
    let quoted = if name.contains(' ') { format!("'{name}'") } else { name.to_owned() };
    format!("what is intact can be saved: synack repair {quoted} NEW-FILE")
}

/// Device and inode of a regular file.
fn identity(file: &File) -> Option<(u64, u64)> {
    let found = file.metadata().ok().filter(|found| found.is_file())?;
    Some((found.dev(), found.ino()))
}

/// How files are read.
pub(super) struct Manner<'a> {
    pub(super) stop: &'a Arc<AtomicBool>,
    pub(super) meter: &'a Meter,
    /// As they grow.
    pub(super) followed: Option<&'a Arc<Followed>>,
}

/// Reads a file's header.
/// `others` are read at the same time.
pub(super) fn start(opened: Opened, others: usize, manner: &Manner<'_>) -> Result<Savefile, Failure> {
    let file = opened.file.map_err(|e| unopened(&opened.name, &e))?;
    let stream: Box<dyn Read + Send> = match (opened.identity, manner.followed) {
        (Some(identity), Some(followed)) => Box::new(Growing::new(file, identity, Arc::clone(followed))),
        (Some(_), None) => manner.meter.wrap(file),
        (None, _) => Box::new(Pipe { file, stop: Arc::clone(manner.stop), silent: false }),
    };
    let share = (BUFFERS / (others + 1)).clamp(4096, BUFFER);
    let name = opened.name.clone();
    Savefile::with_buffer(opened.name, stream, share).map_err(|e| unreadable(&name, &e))
}

/// A stream that may be silent for long: that interrupts the read, at once and then with every
/// [`TICK`], so that what is due meanwhile is done. A stop ends it as if the writer had closed it.
struct Pipe {
    file: File,
    stop: Arc<AtomicBool>,
    /// Whether the reader knows that nothing is there.
    silent: bool,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(0);
        }
        let wait = if self.silent { TICK } else { Duration::ZERO };
        let wait = Timespec::try_from(wait).map_err(io::Error::other)?;
        match rustix::event::poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&wait)) {
            Ok(0) => {
                self.silent = true;
                Err(io::ErrorKind::Interrupted.into())
            }
            Ok(_) => {
                self.silent = false;
                self.file.read(buffer)
            }
            Err(e) => Err(e.into()),
        }
    }
}

/// tcpdump's banner.
pub(super) fn announce(file: &Savefile) {
    let link = file.link_type();
    say(format_args!(
        "reading from file {}, link-type {}, snapshot length {}",
        file.name(),
        link,
        file.snaplen()
    ));
    if link == LinkType::LINUX_SLL2 {
        say(format_args!("Warning: interface names might be incorrect"));
    }
}
