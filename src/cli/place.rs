//! The directory capture files are written to, and the rules for what may be overwritten in it.
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};

use super::failure::{self, Failure, reason, shown};
use super::helper;
use super::privilege::Target;

/// Files this process may not write to: those it reads, by device and inode.
pub(super) type Inputs = Vec<(u64, u64)>;

/// What a path of `-w` is.
pub(super) enum Destination {
    /// A name in a directory, where regular files are made.
    Directory(Place, OsString),
    /// A pipe, a terminal, `/dev/null`, standard output: opened, and never rotated.
    Stream(File),
}

/// A directory to make files in, kept open from before privileges are given up.
pub(super) struct Place {
    path: PathBuf,
    hands: Hands,
    /// Who may own a file that is overwritten.
    owners: [u32; 2],
    inputs: Inputs,
}

/// Who makes the files.
enum Hands {
    /// This process: it may write there itself.
    Own(File),
    /// A helper that kept the right to, because this process becomes somebody who may not.
    Helper(helper::Files),
}

impl Destination {
    /// Finds out what `path` is, before privileges are given up.
    pub(super) fn open(path: &Path, target: Option<&Target>, inputs: Inputs) -> Result<Self, Failure> {
        let fail = |e: io::Error| cannot_open(path, &e);
        if path.as_os_str() == "-" || path == Path::new("/dev/stdout") {
            return Ok(Self::Stream(super::output::stdout_file()?));
        }
        let Some(name) = path.file_name() else {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        };
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let dir =
            rustix::fs::open(parent, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
                .map_err(|e| fail(e.into()))?;
        let dir = File::from(dir);
        if let Ok(found) = rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW)
            && matches!(
                FileType::from_raw_mode(found.st_mode),
                FileType::Fifo | FileType::CharacterDevice | FileType::Socket
            )
        {
            let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
            let file =
                File::from(rustix::fs::openat(&dir, name, flags, Mode::empty()).map_err(|e| fail(e.into()))?);
            let kind = file.metadata().map_err(fail)?.file_type();
            // It may have been replaced in between; a regular file goes through the rules below.
            if kind.is_fifo() || kind.is_char_device() {
                return Ok(Self::Stream(file));
            }
        }
        let own = geteuid().as_raw();
        let owners = [own, target.map_or(own, |t| t.uid.as_raw())];
        let hands = match target {
            Some(target) => Hands::Helper(helper::Files::spawn(Some(target), &dir).map_err(fail)?),
            None => Hands::Own(dir),
        };
        Ok(Self::Directory(Place { path: parent.to_owned(), hands, owners, inputs }, name.to_owned()))
    }
}

impl Place {
    /// The directory, where this process must go on being allowed to write.
    pub(super) fn own_directory(&self) -> Option<BorrowedFd<'_>> {
        match &self.hands {
            Hands::Own(dir) => Some(dir.as_fd()),
            Hands::Helper(_) => None,
        }
    }

    /// Whether files are made by a helper process.
    pub(super) fn has_helper(&self) -> bool {
        matches!(self.hands, Hands::Helper(_))
    }

    /// The path of a file in it.
    pub(super) fn path_of(&self, name: &OsStr) -> PathBuf {
        if self.path == Path::new(".") { PathBuf::from(name) } else { self.path.join(name) }
    }

    /// An empty file to write, new or overwritten.
    ///
    /// # Errors
    /// What is there is not a regular file with one name that belongs to us, or it is being read.
    pub(super) fn create(&self, name: &OsStr) -> io::Result<File> {
        match self.create_new(name) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            done => return done,
        }
        let file = self.open_existing(name)?;
        self.check(&file.metadata()?)?;
        file.set_len(0)?;
        Ok(file)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// As `unlink(2)`.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        match &self.hands {
            Hands::Own(dir) => Ok(rustix::fs::unlinkat(dir, name, AtFlags::empty())?),
            Hands::Helper(helper) => helper.remove(name),
        }
    }

    /// A new file; nothing may be there, not even a link to nowhere.
    ///
    /// # Errors
    /// As `open(2)`.
    pub(super) fn create_new(&self, name: &OsStr) -> io::Result<File> {
        match &self.hands {
            Hands::Own(dir) => open_at(dir, name, OFlags::CREATE | OFlags::EXCL),
            Hands::Helper(helper) => helper.create_new(name),
        }
    }

    fn open_existing(&self, name: &OsStr) -> io::Result<File> {
        let opened = match &self.hands {
            Hands::Own(dir) => open_at(dir, name, OFlags::NONBLOCK),
            Hands::Helper(helper) => helper.open_existing(name),
        };
        opened.map_err(|e| match e.raw_os_error() {
            Some(libc::ELOOP) => io::Error::other("it is a symbolic link; not followed"),
            _ => e,
        })
    }

    fn check(&self, found: &Metadata) -> io::Result<()> {
        let objection = if self.inputs.contains(&(found.dev(), found.ino())) {
            "it is the file being read"
        } else if !found.is_file() {
            "it is not a regular file"
        } else if found.nlink() != 1 {
            "it has other names (hard links); not overwritten"
        } else if !self.owners.contains(&found.uid()) {
            "it belongs to another user; not overwritten"
        } else {
            return Ok(());
        };
        Err(io::Error::other(objection))
    }
}

fn open_at(dir: &File, name: &OsStr, extra: OFlags) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY | extra;
    Ok(File::from(rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR)?))
}

/// An output file that cannot be opened.
pub(super) fn cannot_open(path: &Path, error: &io::Error) -> Failure {
    let code = if error.kind() == io::ErrorKind::StorageFull { failure::WRITE } else { failure::ERROR };
    Failure { code, message: format!("{}: {}", shown(path), reason(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("synack-place-{name}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn place(&self, inputs: Inputs) -> Place {
            match Destination::open(&self.0.join("x"), None, inputs).unwrap() {
                Destination::Directory(place, _) => place,
                Destination::Stream(_) => panic!("a stream"),
            }
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn refusal(place: &Place, name: &str) -> String {
        place.create(name.as_ref()).unwrap_err().to_string()
    }

    #[test]
    fn a_planted_link_is_never_written_through() {
        let dir = Scratch::new("links");
        fs::write(dir.0.join("victim"), "precious").unwrap();
        std::os::unix::fs::symlink("victim", dir.0.join("soft")).unwrap();
        fs::hard_link(dir.0.join("victim"), dir.0.join("hard")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.0.join("dangling")).unwrap();
        let place = dir.place(Vec::new());
        assert!(refusal(&place, "soft").contains("symbolic link"));
        assert!(refusal(&place, "hard").contains("hard link"));
        assert!(refusal(&place, "dangling").contains("symbolic link"));
        assert_eq!(fs::read_to_string(dir.0.join("victim")).unwrap(), "precious");
        assert!(!dir.0.join("nowhere").exists());
    }

    #[test]
    fn the_file_being_read_is_never_overwritten() {
        let dir = Scratch::new("input");
        fs::write(dir.0.join("in"), "precious").unwrap();
        let found = fs::metadata(dir.0.join("in")).unwrap();
        let place = dir.place(vec![(found.dev(), found.ino())]);
        assert!(refusal(&place, "in").contains("being read"));
        assert_eq!(fs::read_to_string(dir.0.join("in")).unwrap(), "precious");
    }

    #[test]
    fn an_own_file_is_overwritten_and_a_new_one_is_private() {
        let dir = Scratch::new("own");
        fs::write(dir.0.join("old"), "old text").unwrap();
        let place = dir.place(Vec::new());
        assert_eq!(place.create("old".as_ref()).unwrap().metadata().unwrap().len(), 0);
        assert_eq!(place.create("new".as_ref()).unwrap().metadata().unwrap().mode() & 0o777, 0o600);
        assert!(refusal(&place, ".").len() > 1);
    }
}
