//! A folder held open: files can be made in it after the right to its path is given up.
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{Mode, SFlag, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::{Folder, Found};
use crate::error::Error;
use crate::savefile::open::display_name;

/// A folder as a descriptor.
#[derive(Debug)]
pub struct HeldFolder {
    descriptor: File,
    path: PathBuf,
}

impl HeldFolder {
    /// Opens the folder; an empty path is the current one.
    ///
    /// # Errors
    /// There is none, or it may not be searched.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let place = if path.as_os_str().is_empty() { Path::new(".") } else { &path };
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let descriptor = OpenOptions::new().read(true).custom_flags(flags.bits()).open(place);
        Ok(Self { descriptor: descriptor.map_err(|e| Error::io(display_name(place), e))?, path })
    }
}

impl AsFd for HeldFolder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Never through a link, never inherited by a program that is run.
const SAFE: OFlag = OFlag::O_WRONLY.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

impl Folder for HeldFolder {
    fn create_new(&self, name: &Path) -> io::Result<File> {
        let flags = SAFE | OFlag::O_CREAT | OFlag::O_EXCL;
        Ok(openat(self, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?.into())
    }

    fn open_existing(&self, name: &Path, wait: bool) -> io::Result<File> {
        // A regular file that becomes a FIFO between look and open must not block us.
        let flags = if wait { SAFE } else { SAFE | OFlag::O_NONBLOCK };
        Ok(openat(self, name, flags, Mode::empty())?.into())
    }

    fn look(&self, name: &Path) -> io::Result<Found> {
        let mode = fstatat(self, name, AtFlags::AT_SYMLINK_NOFOLLOW)?.st_mode;
        Ok(match SFlag::from_bits_truncate(mode & SFlag::S_IFMT.bits()) {
            SFlag::S_IFREG => Found::File,
            SFlag::S_IFIFO | SFlag::S_IFCHR => Found::Stream,
            SFlag::S_IFLNK => Found::Link,
            _ => Found::Other,
        })
    }

    fn fifo_owner(&self, name: &Path) -> io::Result<Option<u32>> {
        let found = fstatat(self, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let kind = SFlag::from_bits_truncate(found.st_mode & SFlag::S_IFMT.bits());
        Ok((kind == SFlag::S_IFIFO).then_some(found.st_uid))
    }

    fn remove(&self, name: &Path) -> io::Result<()> {
        Ok(unlinkat(self, name, UnlinkatFlags::NoRemoveDir)?)
    }

    fn path(&self, name: &Path) -> PathBuf {
        self.path.join(name)
    }
}
