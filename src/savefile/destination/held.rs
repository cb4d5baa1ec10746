//! A folder held open: files can be made in it after the right to its path is given up.
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat, unlinkat};

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
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        let descriptor = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(place);
        Ok(Self { descriptor: descriptor.map_err(|e| Error::io(display_name(place), e))?, path })
    }
}

impl AsFd for HeldFolder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Never through a link, never inherited by a program that is run.
const SAFE: OFlags = OFlags::WRONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Folder for HeldFolder {
    fn create_new(&self, name: &Path) -> io::Result<File> {
        let flags = SAFE | OFlags::CREATE | OFlags::EXCL;
        Ok(openat(self, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    fn open_existing(&self, name: &Path, wait: bool) -> io::Result<File> {
        // A regular file that becomes a FIFO between look and open must not block us.
        let flags = if wait { SAFE } else { SAFE | OFlags::NONBLOCK };
        Ok(openat(self, name, flags, Mode::empty())?.into())
    }

    fn look(&self, name: &Path) -> io::Result<Found> {
        let mode = statat(self, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode;
        Ok(match FileType::from_raw_mode(mode) {
            FileType::RegularFile => Found::File,
            FileType::Fifo | FileType::CharacterDevice => Found::Stream,
            FileType::Symlink => Found::Link,
            _ => Found::Other,
        })
    }

    fn fifo_owner(&self, name: &Path) -> io::Result<Option<u32>> {
        let found = statat(self, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(found.st_mode);
        Ok((kind == FileType::Fifo).then_some(found.st_uid))
    }

    fn remove(&self, name: &Path) -> io::Result<()> {
        Ok(unlinkat(self, name, AtFlags::empty())?)
    }

    fn path(&self, name: &Path) -> PathBuf {
        self.path.join(name)
    }
}
