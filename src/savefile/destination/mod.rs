//! Making the files that are written: never through what somebody else has planted.
//!
//! A new file is made exclusively, for its owner alone. One that exists is taken only if
//! it is a regular file with one name that belongs to the person capturing; a FIFO or a
//! device such as `/dev/null` is written to as it is. Symbolic links are not followed. A file
//! that somebody is writing, and has locked as we do, is not emptied under their hands.
#[cfg(all(target_os = "linux", feature = "cli"))]
mod held;

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(all(target_os = "linux", feature = "cli"))]
pub use held::HeldFolder;

use crate::error::{Error, ErrorKind};
use crate::savefile::open::display_name;

/// What is wrong with a symbolic link.
const LINK: &str = "it is a symbolic link";

/// What is wrong with a pipe of somebody else.
const STRANGE: &str = "the pipe belongs to somebody else";

/// How often a file that was there and is gone is tried again.
const RACES: u32 = 16;

/// How often, and after how long each time, a file that is being written is tried again: what was
/// killed a moment ago may have left somebody who mends the end of its file.
const BUSY: (u32, Duration) = (10, Duration::from_millis(20));

/// A place in which files are made, however it is reached.
///
/// Names are relative to it. The three operations must not follow a symbolic link in the
/// last part of a name.
pub trait Folder: Send {
    /// Makes a file that does not exist, readable and writable by its owner only.
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything of that name, also a dangling link.
    fn create_new(&self, name: &Path) -> io::Result<File>;

    /// Opens what exists for writing, and changes nothing. `wait` for a reader if it is a FIFO.
    ///
    /// # Errors
    /// There is nothing, it is a symbolic link, or the system refuses.
    fn open_existing(&self, name: &Path, wait: bool) -> io::Result<File>;

    /// What is known of a name, of a link itself.
    ///
    /// # Errors
    /// There is nothing of that name.
    fn look(&self, name: &Path) -> io::Result<Found>;

    /// Whom a FIFO belongs to, if the name stands for one: known before it is opened, which may take
    /// until somebody reads it.
    ///
    /// # Errors
    /// There is nothing of that name.
    fn fifo_owner(&self, name: &Path) -> io::Result<Option<u32>>;

    /// Removes a file.
    ///
    /// # Errors
    /// As the system says.
    fn remove(&self, name: &Path) -> io::Result<()>;

    /// The name with the folder's, for messages and for programs to be run on the file.
    fn path(&self, name: &Path) -> PathBuf;
}

/// What sort of thing a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A regular file.
    File,
    /// A FIFO or a character device: written to as it is.
    Stream,
    /// A symbolic link.
    Link,
    /// Anything else.
    Other,
}

impl From<std::fs::FileType> for Found {
    fn from(kind: std::fs::FileType) -> Self {
        if kind.is_file() {
            Self::File
        } else if kind.is_fifo() || kind.is_char_device() {
            Self::Stream
        } else if kind.is_symlink() {
            Self::Link
        } else {
            Self::Other
        }
    }
}

/// A folder reached by its path each time: needs the right to it as long as files are made.
#[derive(Debug, Clone)]
pub struct PathFolder(PathBuf);

impl PathFolder {
    /// The folder of this path; empty is the current one.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Folder for PathFolder {
    fn create_new(&self, name: &Path) -> io::Result<File> {
        // O_EXCL does not follow a link, not even one that leads nowhere.
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.0.join(name))
    }

    fn open_existing(&self, name: &Path, _wait: bool) -> io::Result<File> {
        let path = self.0.join(name);
        let before = path.symlink_metadata()?;
        let file = OpenOptions::new().write(true).open(&path)?;
        let after = file.metadata()?;
        // Without O_NOFOLLOW, which std does not name: what was opened is what was there.
        if (before.dev(), before.ino()) == (after.dev(), after.ino()) {
            Ok(file)
        } else {
            Err(io::Error::other(LINK))
        }
    }

    fn look(&self, name: &Path) -> io::Result<Found> {
        Ok(self.0.join(name).symlink_metadata()?.file_type().into())
    }

    fn fifo_owner(&self, name: &Path) -> io::Result<Option<u32>> {
        let data = self.0.join(name).symlink_metadata()?;
        Ok(data.file_type().is_fifo().then(|| data.uid()))
    }

    fn remove(&self, name: &Path) -> io::Result<()> {
        std::fs::remove_file(self.0.join(name))
    }

    fn path(&self, name: &Path) -> PathBuf {
        self.0.join(name)
    }
}

/// What may be of a name to be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A regular file of ours, new or not, or a pipe or device.
    AsItIs,
    /// A regular file of ours, new or not.
    File,
    /// Nothing: a new file.
    New,
}

/// Whose files may be written over, whom new ones belong to, and which are never written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ownership {
    /// Users whose existing files may be written over.
    pub trusted: Vec<u32>,
    /// User and group new files are given to: `None` leaves them with the process.
    pub give_to: Option<(u32, u32)>,
    /// Device and inode of files that are being read.
    pub inputs: Vec<(u64, u64)>,
}

impl Ownership {
    /// The effective user of this process; nothing is given away.
    ///
    /// # Errors
    /// The system does not tell who that is.
    pub fn of_process() -> io::Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let user = status.lines().find_map(|line| {
            // Real, effective, saved and file system user.
            line.strip_prefix("Uid:")?.split_whitespace().nth(1)?.parse().ok()
        });
        let user = user.ok_or_else(|| io::Error::other("/proc/self/status names no user"))?;
        Ok(Self { trusted: vec![user], ..Self::default() })
    }

    /// Adds a file that is read and must not be written; what is not a regular file is no matter.
    pub fn read_from(&mut self, path: &Path) {
        if let Ok(data) = path.metadata()
            && data.is_file()
        {
            self.inputs.push((data.dev(), data.ino()));
        }
    }

    /// Makes or opens `name` for writing, and empties it. A regular file is locked (`flock(2)`)
    /// until it is closed, by all who have it open from here.
    ///
    /// # Errors
    /// What is there is not ours to write, or is being written ([`ErrorKind::Unsupported`]), or the
    /// system refuses.
    pub fn create(&self, folder: &dyn Folder, name: &Path) -> Result<File, Error> {
        self.make(folder, name, Wanted::AsItIs)
    }

    /// The same, but only a regular file will do: for a name that nobody asked for as it is, at
    /// which somebody may have put a pipe to read along.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_file(&self, folder: &dyn Folder, name: &Path) -> Result<File, Error> {
        self.make(folder, name, Wanted::File)
    }

    /// The same, but nothing may be there yet.
    ///
    /// # Errors
    /// As [`create`](Self::create); something is there.
    pub(crate) fn create_new_file(&self, folder: &dyn Folder, name: &Path) -> Result<File, Error> {
        self.make(folder, name, Wanted::New)
    }

    fn make(&self, folder: &dyn Folder, name: &Path, wanted: Wanted) -> Result<File, Error> {
        let shown = || display_name(&folder.path(name));
        let failed = |e| Error::io(shown(), e);
        let refuse =
            |why: &str| Error::new(ErrorKind::Unsupported, format!("{}: not overwritten: {why}", shown()));
        for _ in 0..RACES {
            match folder.create_new(name) {
                Ok(file) => {
                    if let Some((user, group)) = self.give_to {
                        // By its descriptor: the name can mean something else by now.
                        fchown(file.as_fd(), Some(user), Some(group)).map_err(failed)?;
                    }
                    lock(&file).map_err(refuse)?;
                    return Ok(file);
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && wanted != Wanted::New => {}
                Err(e) => return Err(failed(e)),
            }
            let found = match folder.look(name) {
                Ok(Found::Link) => return Err(refuse(LINK)),
                Ok(Found::Stream) if wanted == Wanted::AsItIs => Found::Stream,
                Ok(Found::File) => Found::File,
                Ok(Found::Stream | Found::Other) => return Err(refuse("it is not a file")),
                // Somebody removed it meanwhile.
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(failed(e)),
            };
            if found == Found::Stream
                && let Ok(Some(owner)) = folder.fifo_owner(name)
                && self.is_strange(owner)
            {
                return Err(refuse(STRANGE));
            }
            let file = match folder.open_existing(name, found == Found::Stream) {
                Ok(file) => file,
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) if is_link(&e) => return Err(refuse(LINK)),
                Err(e) => return Err(failed(e)),
            };
            let data = file.metadata().map_err(failed)?;
            if Found::from(data.file_type()) != found {
                return Err(refuse("it changed while it was opened"));
            }
            if found == Found::File {
                self.check(&data).map_err(refuse)?;
                lock(&file).map_err(refuse)?;
                if file.metadata().map_err(failed)?.nlink() == 0 {
                    // Who wrote it until now has removed it.
                    continue;
                }
                file.set_len(0).map_err(failed)?;
            } else if data.file_type().is_fifo() && self.is_strange(data.uid()) {
                return Err(refuse(STRANGE));
            }
            return Ok(file);
        }
        Err(refuse("it comes and goes"))
    }

    /// Whether a pipe of this user is not written to: neither root's nor one of those who are trusted.
    fn is_strange(&self, user: u32) -> bool {
        user != 0 && !self.trusted.contains(&user)
    }

    /// Why an existing regular file is not to be written over.
    fn check(&self, data: &Metadata) -> Result<(), &'static str> {
        if self.inputs.contains(&(data.dev(), data.ino())) {
            Err("it is being read")
        } else if data.nlink() != 1 {
            Err("it has more than one name (hard links)")
        } else if !self.trusted.contains(&data.uid()) {
            Err("it belongs to somebody else")
        } else {
            Ok(())
        }
    }
}

/// Locks a file against others who write it, as long as it is open.
fn lock(file: &File) -> Result<(), &'static str> {
    for _ in 0..BUSY.0 {
        match file.try_lock() {
            // A file system without locks keeps nobody from writing.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
            // Not a sleep: a capture's sandbox has no call for it.
            Err(TryLockError::WouldBlock) => std::thread::park_timeout(BUSY.1),
        }
    }
    Err("another process is writing it: choose another name, or stop that one first")
}

/// Whether a file was not opened because its name is a symbolic link: `ELOOP`, which std names
/// only on its nightly channel, or what [`PathFolder`] says.
fn is_link(error: &io::Error) -> bool {
    const ELOOP: i32 = 40;
    error.raw_os_error() == Some(ELOOP) || error.to_string() == LINK
}

/// Opens the output that `path` names, once: `-` and `/dev/stdout` are the standard output,
/// `/dev/fd/N` is a descriptor this process was given.
///
/// # Errors
/// As [`Ownership::create`].
///
/// ```
/// use std::path::Path;
/// use synack::savefile::{Ownership, create};
///
/// let directory = std::env::temp_dir().join(format!("synack-create-{}", std::process::id()));
/// std::fs::create_dir_all(&directory).unwrap();
/// let file = directory.join("a.pcap");
/// let owner = Ownership::of_process().unwrap();
/// assert!(create(&file, &owner).is_ok());
///
/// std::os::unix::fs::symlink("a.pcap", directory.join("b.pcap")).unwrap();
/// let refused = create(&directory.join("b.pcap"), &owner).unwrap_err();
/// assert!(refused.to_string().ends_with("not overwritten: it is a symbolic link"));
/// std::fs::remove_dir_all(directory).unwrap();
/// ```
pub fn create(path: &Path, ownership: &Ownership) -> Result<File, Error> {
    let failed = |e| Error::io(display_name(path), e);
    if is_standard_output(path) {
        return io::stdout().as_fd().try_clone_to_owned().map(File::from).map_err(failed);
    }
    if is_own_descriptor(path) {
        return OpenOptions::new().write(true).open(path).map_err(failed);
    }
    let (folder, name) = split(path);
    let folder = PathFolder::new(folder);
    ownership.create(&folder, &name)
}

/// Whether a name is that of the standard output.
pub fn is_standard_output(path: &Path) -> bool {
    path.as_os_str() == "-" || path.as_os_str() == "/dev/stdout"
}

/// `/dev/fd/N`: shells give such names for `>(command)`.
fn is_own_descriptor(path: &Path) -> bool {
    let folders = ["/dev/fd", "/proc/self/fd"].map(Path::new);
    let number = |name: &OsStr| name.to_str().is_some_and(|name| name.parse::<u16>().is_ok());
    path == Path::new("/dev/stderr")
        || (path.parent().is_some_and(|parent| folders.contains(&parent))
            && path.file_name().is_some_and(number))
}

/// The folder files are made in and the name in it. Parts with a `%` belong to the name:
/// they can change with time.
pub fn split(path: &Path) -> (PathBuf, PathBuf) {
    let mut folder = PathBuf::new();
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next() {
        let part = part.as_os_str();
        if parts.peek().is_none() || part.as_encoded_bytes().contains(&b'%') {
            let name = Path::new(part).iter().chain(parts.map(|part| part.as_os_str()));
            return (folder, name.collect());
        }
        folder.push(part);
    }
    (folder, PathBuf::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_before_its_first_conversion() {
        for (path, folder, name) in [
            ("a.pcap", "", "a.pcap"),
            ("/tmp/x/a.pcap", "/tmp/x", "a.pcap"),
            ("/tmp/%Y/%m/a.pcap", "/tmp", "%Y/%m/a.pcap"),
            ("../%H.pcap", "..", "%H.pcap"),
            ("/a.pcap", "/", "a.pcap"),
        ] {
            assert_eq!(split(Path::new(path)), (folder.into(), name.into()), "{path}");
        }
    }

    #[test]
    fn descriptors_given_by_the_shell_are_known() {
        for (path, own) in [
            ("/dev/fd/63", true),
            ("/proc/self/fd/3", true),
            ("/dev/fd/../null", false),
            ("/dev/fdx", false),
            ("/proc/1/fd/3", false),
        ] {
            assert_eq!(is_own_descriptor(Path::new(path)), own, "{path}");
        }
    }
}
