//! Helper processes: started before root is given up, each with one small job that the
//! sandboxed capture can no longer do itself.
//!
//! * [`Names`] asks the resolver for host names: it needs sockets and files.
//! * [`Files`] creates and removes files in the one directory a capture is written to, which
//!   the person the files belong to may not be allowed to write: it keeps a single capability.
//!   When the capture is killed, it cuts the last file back to its last whole record.
//! * [`Opener`] opens what the name of `--follow` stands for by now: it may read any file.
//! * [`Runner`] runs `-z`'s command on closed files: it needs to start programs.
//!
//! Each speaks over a `SOCK_SEQPACKET` pair, one message a request, and ends when the other
//! end is closed. It has a process group of its own, so that Ctrl-C reaches only the capture.
pub(crate) mod folder;
mod opener;
mod runner;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};
use rustix::thread::{CapabilitySet, CapabilitySets};
use synack::etc::is_host_name;
use synack::savefile::{Found, tail};

pub(crate) use opener::{Looked, Opener};
pub(crate) use runner::Runner;

use crate::cli::confine::privilege::{self, Target};
use crate::cli::confine::sandbox;
use crate::cli::failure;

/// The hidden first word that makes the program a helper.
pub(crate) const COMMAND: &str = "__helper";

/// Longest message: an operation letter and a path.
const MESSAGE: usize = 4200;

/// Look-ups under way at once; more wait in the socket.
const LOOKUPS: usize = 8;

/// This program: by the system's word, or where there is no `/proc` by that of who started it.
fn own_program() -> OsString {
    let own = OsString::from("/proc/self/exe");
    let named = || std::env::args_os().next().filter(|name| !name.is_empty());
    if Path::new(&own).exists() { own } else { named().unwrap_or(own) }
}

/// One end of the pair, and the process at the other.
#[derive(Debug)]
struct Link {
    socket: OwnedFd,
    /// Reaped when it ends; never killed: `-z` commands outlive the capture.
    _child: Child,
}

impl Link {
    fn spawn(role: &str, target: Option<&Target>, extra: &[&OsStr], stdout: Stdio) -> io::Result<Self> {
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let ids = target.map_or_else(|| "-".into(), |t| format!("{}:{}", t.uid, t.gid));
        let child = Command::new(own_program())
            .args([COMMAND, role, &ids])
            .args(extra)
            .stdin(Stdio::from(theirs))
            .stdout(stdout)
            .process_group(0)
            .spawn()?;
        Ok(Self { socket: ours, _child: child })
    }

    /// Sends one message; a helper that is gone is an error, not a signal.
    fn send(&self, message: &[u8]) -> io::Result<()> {
        rustix::net::send(&self.socket, message, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Whether a message is there within `timeout`.
    fn readable(&self, timeout: Duration) -> io::Result<bool> {
        self.ready(PollFlags::IN, timeout)
    }

    /// Whether a message is taken within `timeout`.
    fn writable(&self, timeout: Duration) -> io::Result<bool> {
        self.ready(PollFlags::OUT, timeout)
    }

    fn ready(&self, flags: PollFlags, timeout: Duration) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.socket, flags)];
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        match rustix::event::poll(&mut fds, Some(&timeout)) {
            Err(Errno::INTR) => Ok(false),
            ready => Ok(ready? > 0),
        }
    }

    /// The next message, and the file that came with it.
    fn receive<'b>(&self, buffer: &'b mut [u8]) -> io::Result<(&'b [u8], Option<OwnedFd>)> {
        receive(self.socket.as_fd(), buffer)
    }
}

fn receive<'b>(socket: BorrowedFd<'_>, buffer: &'b mut [u8]) -> io::Result<(&'b [u8], Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(buffer)];
    let got = rustix::net::recvmsg(socket, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let file = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut files) => files.next(),
        _ => None,
    });
    Ok((buffer.get(..got.bytes).unwrap_or_default(), file))
}

/// Looks up host names for a capture that may not.
#[derive(Debug)]
pub(crate) struct Names(Link);

impl Names {
    /// Starts the helper, which becomes `target`.
    ///
    /// # Errors
    /// The process cannot be started.
    pub(crate) fn spawn(target: Option<&Target>) -> io::Result<Self> {
        Link::spawn("names", target, &[], Stdio::null()).map(Self)
    }

    /// Asks for the name of `address`; the answer comes by [`Names::answer`]. Never waits.
    ///
    /// # Errors
    /// The helper is gone, or `WouldBlock`: too many questions have no answer yet.
    pub(crate) fn ask(&self, address: IpAddr) -> io::Result<()> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        rustix::net::send(&self.0.socket, address.to_string().as_bytes(), flags)?;
        Ok(())
    }

    /// The next answer within `timeout`: which address, and its name if it has one.
    ///
    /// # Errors
    /// The helper is gone.
    pub(crate) fn answer(&self, timeout: Duration) -> io::Result<Option<(IpAddr, Option<String>)>> {
        if !self.0.readable(timeout)? {
            return Ok(None);
        }
        let mut buffer = [0; MESSAGE];
        let (message, _) = self.0.receive(&mut buffer)?;
        if message.is_empty() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let text = str::from_utf8(message).map_err(io::Error::other)?;
        let (address, name) = text.split_once(' ').unwrap_or((text, ""));
        let address = address.parse().map_err(io::Error::other)?;
        Ok(Some((address, (!name.is_empty()).then(|| name.to_owned()))))
    }
}

/// Creates and removes files in one directory.
#[derive(Debug)]
pub(crate) struct Files(Link);

impl Files {
    /// Starts the helper for the directory `dir`; files it creates belong to `target`.
    ///
    /// # Errors
    /// The process cannot be started.
    pub(crate) fn spawn(target: Option<&Target>, dir: BorrowedFd<'_>) -> io::Result<Self> {
        // A descriptor that only names the directory looks closed to a program that starts, and
        // where there is no /dev/null to put in its place, that is its end.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::openat(dir, ".", flags, Mode::empty()).or_else(|_| rustix::io::dup(dir))?;
        Link::spawn("files", target, &[], Stdio::from(dir)).map(Self)
    }

    /// Creates `name`, which must not exist in any form, for writing, with mode 0600.
    ///
    /// # Errors
    /// As `openat(2)`.
    pub(crate) fn create_new(&self, name: &OsStr) -> io::Result<File> {
        self.ask(b'c', name)?.1.ok_or(Errno::MFILE.into())
    }

    /// Opens `name` for writing as it is, not through a symbolic link, not truncated.
    ///
    /// # Errors
    /// As `openat(2)`.
    pub(crate) fn open_existing(&self, name: &OsStr) -> io::Result<File> {
        self.ask(b'o', name)?.1.ok_or(Errno::MFILE.into())
    }

    /// What `name` stands for, itself and not what a link leads to.
    ///
    /// # Errors
    /// As `fstatat(2)`.
    pub(crate) fn look(&self, name: &OsStr) -> io::Result<Found> {
        let (code, _) = self.ask(b'l', name)?;
        Ok(KINDS.iter().find(|kind| kind.0 == code).map_or(Found::Other, |kind| kind.1))
    }

    /// Removes `name`.
    ///
    /// # Errors
    /// As `unlinkat(2)`.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        self.ask(b'r', name).map(drop)
    }

    /// Tells that the file made last holds whole records up to here. Never waits: the next time
    /// will do as well.
    pub(crate) fn mark(&self, length: u64) {
        let mut message = [b'k', 0, 0, 0, 0, 0, 0, 0, 0];
        message[1..].copy_from_slice(&length.to_ne_bytes());
        let _busy_or_gone =
            rustix::net::send(&self.0.socket, &message, SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
    }

    /// Tells that no other file will be made: the right to make any is given up.
    pub(crate) fn forgo(&self) {
        let _gone = self.0.send(b"d");
    }

    /// Tells that the file made last is complete: nobody's end cuts anything off it any more.
    pub(crate) fn release(&self) {
        let _gone = self.0.send(b"e");
    }

    /// The helper's answer: an error's number, or one that is not above zero, and a file.
    fn ask(&self, operation: u8, name: &OsStr) -> io::Result<(i32, Option<File>)> {
        let mut message = vec![operation];
        message.extend_from_slice(name.as_bytes());
        // Not a broken pipe: that is a reader who has seen enough.
        let gone = |_| io::Error::other("the process that makes files is gone");
        self.0.send(&message).map_err(gone)?;
        let mut buffer = [0; 8];
        let (answer, file) = self.0.receive(&mut buffer)?;
        let code: [u8; 4] = answer.try_into().map_err(|_| gone(io::ErrorKind::BrokenPipe.into()))?;
        match i32::from_ne_bytes(code) {
            code @ ..=0 => Ok((code, file.map(File::from))),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }
}

/// How the helper says what a name stands for.
const KINDS: [(i32, Found); 4] =
    [(-1, Found::File), (-2, Found::Stream), (-3, Found::Link), (-4, Found::Other)];

/// The helper's own `main`: `args` are what followed [`COMMAND`]. Where walls cannot be built it works
/// without, as the capture does, which meets the same and says so.
pub(crate) fn serve(args: &[OsString]) -> ExitCode {
    let Some((role, rest)) = args.split_first() else { return ExitCode::from(failure::ERROR) };
    let Some((ids, rest)) = rest.split_first() else { return ExitCode::from(failure::ERROR) };
    let target = ids.to_str().and_then(|text| {
        let (uid, gid) = text.split_once(':')?;
        Some(Target::from_ids(uid.parse().ok()?, gid.parse().ok()?))
    });
    let done = match (role.to_str(), rest) {
        (Some("names"), []) => privilege::drop_to(target.as_ref()).map(|()| {
            let _the_capture_says_so = sandbox::confine_names();
            serve_names();
        }),
        (Some("files"), []) => {
            // Root's right to write in the directory is all that is kept, and only for it.
            privilege::keep_capabilities(CapabilitySet::DAC_OVERRIDE, target.as_ref()).map(|()| serve_files())
        }
        (Some("open"), [path]) => {
            // Root's right to read is all that is kept: what the name stands for now was opened with it too.
            privilege::keep_capabilities(CapabilitySet::DAC_READ_SEARCH, target.as_ref()).map(|()| {
                let _the_capture_says_so = sandbox::confine_opening();
                opener::serve(Path::new(path));
            })
        }
        (Some("run"), [command]) => privilege::drop_to(target.map(Target::with_groups).as_ref()).map(|()| {
            let _the_capture_says_so = sandbox::confine_commands();
            runner::serve(command);
        }),
        _ => return ExitCode::from(failure::ERROR),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// The next request; `None` when the capture has ended.
fn request(buffer: &mut [u8]) -> Option<&[u8]> {
    loop {
        match rustix::net::recv(io::stdin().as_fd(), &mut *buffer, RecvFlags::empty()) {
            Ok((0, _)) => return None,
            Ok((n, _)) => return buffer.get(..n),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}

/// Ends this process when the capture has ended, however much is under way or waits in the
/// socket. A parent-death signal would not do: the capture's sandbox lets no signal out.
fn end_with_the_capture() {
    let stdin = io::stdin();
    // A hangup is reported unasked, and nothing else is.
    while let Err(rustix::io::Errno::INTR) =
        rustix::event::poll(&mut [PollFd::new(&stdin, PollFlags::empty())], None)
    {}
    std::process::exit(0)
}

fn serve_names() {
    std::thread::spawn(end_with_the_capture);
    let free = std::sync::Arc::new((std::sync::Mutex::new(LOOKUPS), std::sync::Condvar::new()));
    let mut buffer = [0; MESSAGE];
    while let Some(message) = request(&mut buffer) {
        let Some(address) = str::from_utf8(message).ok().and_then(|text| text.parse::<IpAddr>().ok()) else {
            continue;
        };
        let (count, freed) = &*free;
        let Ok(waiting) = count.lock() else { return };
        let Ok(mut slots) = freed.wait_while(waiting, |slots| *slots == 0) else { return };
        *slots -= 1;
        drop(slots);
        let free = std::sync::Arc::clone(&free);
        std::thread::spawn(move || {
            let numeric = address.to_string();
            let name = dns_lookup::lookup_addr(&address).unwrap_or_default();
            let name = if name == numeric || !is_host_name(&name) { "" } else { &name };
            let answer = format!("{numeric} {name}");
            // The capture may have ended meanwhile: then nobody wants the answer.
            let _ = rustix::net::send(io::stdin().as_fd(), answer.as_bytes(), SendFlags::NOSIGNAL);
            let (count, freed) = &*free;
            if let Ok(mut slots) = count.lock() {
                *slots += 1;
                freed.notify_one();
            }
        });
    }
}

fn serve_files() {
    // The directory came as standard output.
    let stdout = io::stdout();
    let dir = stdout.as_fd();
    let policy = sandbox::Policy {
        write_dirs: vec![dir],
        reads_back: true,
        writes_file: true,
        has_helper: true,
        ..sandbox::Policy::default()
    };
    let _the_capture_says_so = sandbox::confine_files(&policy);
    let _the_capture_says_so = sandbox::confine_calls(&policy);
    set_right(false);
    let mut buffer = [0; MESSAGE];
    let mut last: Option<Last> = None;
    while let Some(message) = request(&mut buffer) {
        if let Some((b'k', length)) = message.split_first() {
            if let (Some(last), Ok(length)) = (&mut last, length.try_into()) {
                last.whole = Some(u64::from_ne_bytes(length));
            }
            continue;
        }
        if message == b"e" {
            last = None;
            continue;
        }
        if message == b"d" {
            let none = CapabilitySet::empty();
            let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
            let _had_none = rustix::thread::set_capabilities(None, sets);
            continue;
        }
        let made = message.first() == Some(&b'c');
        let name = message.get(1..).unwrap_or_default().to_vec();
        let done = with_right(|| perform(dir, message));
        let (code, file) = match done {
            Ok(done) => done,
            Err(e) => (e.raw_os_error().unwrap_or(libc::EINVAL), None),
        };
        let told = answer(&code.to_ne_bytes(), file.as_ref());
        if let Some(file) = file {
            let file = File::from(file);
            // What was there before is the capture's business only once it says so, or empties it.
            let full = !made && file.metadata().is_ok_and(|data| data.is_file() && data.len() > 0);
            last = Some(Last { file, name, made, full, whole: made.then_some(0) });
        }
        if told.is_err() {
            break;
        }
    }
    // The capture has ended. If it was killed, it may have been in the middle of a write.
    if let Some(last) = last
        && let Err(e) = with_right(|| mend(dir, &last))
    {
        failure::say(format_args!("synack: cannot mend the end of the capture file: {e}"));
    }
}

/// Does one operation with what is left of root's right to write, which no other time is in force.
fn with_right<T>(operation: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    set_right(true);
    let done = operation();
    set_right(false);
    done
}

/// Puts the capability in force that is permitted, if one is; or out of force.
fn set_right(on: bool) {
    let Ok(CapabilitySets { permitted, inheritable, .. }) = rustix::thread::capabilities(None) else {
        return;
    };
    let effective = if on { permitted } else { CapabilitySet::empty() };
    // To be without it is no error here: the operation says what it lacks.
    let _there_is_none =
        rustix::thread::set_capabilities(None, CapabilitySets { effective, permitted, inheritable });
}

/// The file opened last.
struct Last {
    file: File,
    name: Vec<u8>,
    /// It was made here, and was not there before.
    made: bool,
    /// It was there, and not empty.
    full: bool,
    /// Up to where it is known to be whole; `None`: it is not known to be a capture's.
    whole: Option<u64>,
}

/// Cuts the file back to its last whole record. Removes it when it has not even a beginning and is
/// still what its name stands for, if it was made or emptied here.
fn mend(dir: BorrowedFd<'_>, last: &Last) -> io::Result<()> {
    let remove = match last.whole {
        Some(whole) => tail::mend(&last.file, whole)? == tail::Tail::Nothing && last.made,
        None => last.full && last.file.metadata()?.len() == 0,
    };
    if remove {
        let ours = rustix::fs::fstat(&last.file)?;
        let there = rustix::fs::statat(dir, &last.name, AtFlags::SYMLINK_NOFOLLOW);
        if there.is_ok_and(|there| (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)) {
            rustix::fs::unlinkat(dir, &last.name, AtFlags::empty())?;
        }
    }
    Ok(())
}

/// One operation in `dir`, which cannot be left: a name has only plain components, and none of
/// those before the last is a symbolic link.
fn perform(dir: BorrowedFd<'_>, message: &[u8]) -> io::Result<(i32, Option<OwnedFd>)> {
    let (operation, name) = message.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let plain = |part: &[u8]| !part.is_empty() && part != b"." && part != b"..";
    if !name.split(|b| *b == b'/').all(plain) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let below;
    let (dir, name) = match name.iter().rposition(|b| *b == b'/') {
        None => (dir, name),
        Some(at) => {
            let (parent, name) = (name.get(..at).unwrap_or_default(), name.get(at + 1..).unwrap_or_default());
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            below = rustix::fs::openat2(dir, parent, flags, Mode::empty(), inside)?;
            (below.as_fd(), name)
        }
    };
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let mode = Mode::RUSR | Mode::WUSR;
    match operation {
        b'c' => Ok((0, Some(rustix::fs::openat(dir, name, flags | OFlags::CREATE | OFlags::EXCL, mode)?))),
        b'o' => Ok((0, Some(rustix::fs::openat(dir, name, flags, mode)?))),
        b'r' => Ok(rustix::fs::unlinkat(dir, name, AtFlags::empty()).map(|()| (0, None))?),
        b'l' => {
            let mode = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode;
            let found = match FileType::from_raw_mode(mode) {
                FileType::RegularFile => Found::File,
                FileType::Fifo | FileType::CharacterDevice => Found::Stream,
                FileType::Symlink => Found::Link,
                _ => Found::Other,
            };
            Ok((KINDS.iter().find(|kind| kind.1 == found).map_or(0, |kind| kind.0), None))
        }
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

fn answer(message: &[u8], file: Option<&OwnedFd>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let files = file.map(|f| [f.as_fd()]);
    if let Some(files) = &files {
        control.push(SendAncillaryMessage::ScmRights(files));
    }
    rustix::net::sendmsg(io::stdin().as_fd(), &[IoSlice::new(message)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_operation_cannot_leave_its_directory() {
        let dir = File::open(std::env::temp_dir()).unwrap();
        for name in ["c", "c.", "c..", "c../x", "o/etc/passwd", "ra/../b", "ra//b", "ca/", "", "x"] {
            let kind = perform(dir.as_fd(), name.as_bytes()).unwrap_err().kind();
            assert_eq!(kind, io::ErrorKind::InvalidInput, "{name}");
        }
    }

    #[test]
    fn a_file_that_was_emptied_and_no_more_is_removed() {
        let path = std::env::temp_dir().join(format!("synack-emptied-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let dir = File::open(&path).unwrap();
        for (full, emptied, is_left) in [(true, true, false), (true, false, true), (false, true, true)] {
            std::fs::write(path.join("x"), if emptied { "" } else { "packets" }).unwrap();
            let file = File::from(perform(dir.as_fd(), b"ox").unwrap().1.unwrap());
            mend(dir.as_fd(), &Last { file, name: b"x".into(), made: false, full, whole: None }).unwrap();
            assert_eq!(path.join("x").exists(), is_left, "{full} {emptied}");
        }
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_directory_below_is_entered_but_no_link_to_one() {
        let path = std::env::temp_dir().join(format!("synack-below-{}", std::process::id()));
        std::fs::create_dir_all(path.join("real")).unwrap();
        std::os::unix::fs::symlink("real", path.join("link")).unwrap();
        let dir = File::open(&path).unwrap();
        assert!(perform(dir.as_fd(), b"creal/x").unwrap().1.is_some());
        assert_eq!(perform(dir.as_fd(), b"lreal/x").unwrap().0, -1);
        assert!(perform(dir.as_fd(), b"clink/y").is_err() && perform(dir.as_fd(), b"cmissing/y").is_err());
        assert!(perform(dir.as_fd(), b"rreal/x").is_ok());
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_new_file_is_private_and_never_an_existing_one() {
        use std::os::unix::fs::MetadataExt;
        let path = std::env::temp_dir().join(format!("synack-helper-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        let dir = File::open(&path).unwrap();
        let file = File::from(perform(dir.as_fd(), b"cnew").unwrap().1.unwrap());
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
        let again = perform(dir.as_fd(), b"cnew").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        std::os::unix::fs::symlink("new", path.join("link")).unwrap();
        assert!(perform(dir.as_fd(), b"olink").is_err());
        assert_eq!(perform(dir.as_fd(), b"llink").unwrap().0, -3);
        assert_eq!(perform(dir.as_fd(), b"lnew").unwrap().0, -1);
        assert!(perform(dir.as_fd(), b"onew").unwrap().1.is_some());
        assert!(perform(dir.as_fd(), b"rnew").unwrap().1.is_none());
        std::fs::remove_dir_all(&path).unwrap();
    }
}
