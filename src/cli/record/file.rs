//! A capture file on the disk while it is written: locked, and looked at after each write, because
//! somebody may remove it or cut it meanwhile. What is written goes to its end wherever that is now,
//! so that a cut leaves no hole, which a reader would take for packets.
use std::cmp::Ordering::{Equal, Greater, Less};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{OFlags, fcntl_setfl};
use synack::Source as _;
use synack::savefile::{Savefile, Sink, tail};

use super::disk::Disk;

/// A regular file as those who look after it share it.
pub(crate) struct Held {
    pub(super) file: File,
    /// Whose failure it is, for messages.
    pub(super) name: String,
    /// Where the file ends, as far as it was written here.
    end: AtomicU64,
    /// Some file systems know of no names.
    had_name: bool,
}

/// What somebody else did to a file that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// Its last name is gone, and with the process its bytes will be.
    Removed,
    /// It is shorter than what was written.
    Cut,
    /// It is longer.
    Grown,
}

impl Harm {
    pub(super) fn error(self) -> io::Error {
        io::Error::other(match self {
            Self::Removed => "it was removed while it was written",
            Self::Cut => "it was cut while it was written",
            Self::Grown => "somebody else wrote to it while it was written",
        })
    }
}

impl Held {
    /// Whether it has no name any more.
    pub(super) fn is_deleted(&self) -> bool {
        self.had_name && self.file.metadata().is_ok_and(|data| data.nlink() == 0)
    }

    /// What was done to the file behind our back.
    pub(super) fn harm(&self) -> io::Result<Option<Harm>> {
        let data = self.file.metadata()?;
        if self.had_name && data.nlink() == 0 {
            return Ok(Some(Harm::Removed));
        }
        Ok(match data.len().cmp(&self.end.load(Ordering::Relaxed)) {
            Less => Some(Harm::Cut),
            Equal => None,
            Greater => Some(Harm::Grown),
        })
    }

    /// Nothing, or what was done to the file as an error.
    fn check(&self) -> io::Result<()> {
        self.harm()?.map_or(Ok(()), |harm| Err(harm.error()))
    }

    /// Takes back bytes that were written at a place, when the file had been cut before it a moment
    /// ago, with the zeros that are there instead of what was cut.
    #[cold]
    fn close_hole(&self, at: u64, written: usize) {
        let beyond = at.saturating_add(written as u64);
        if self.file.metadata().is_ok_and(|data| data.len() > beyond) {
            return;
        }
        let mut end = at;
        let mut bytes = [0; 4096];
        while let length = end.min(4096)
            && let Some(bytes) = bytes.get_mut(..usize::try_from(length).unwrap_or(0))
            && self.file.read_exact_at(bytes, end - length).is_ok()
        {
            let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count() as u64;
            end -= zeros;
            if zeros < length || end == 0 {
                break;
            }
        }
        let _shorter = self.file.set_len(end);
    }

    /// Cuts a file that somebody has cut back to its last whole record, and counts its packets.
    pub(super) fn mend(self: &Arc<Self>) -> u64 {
        let mut less = 1;
        loop {
            // A file that may not be read back keeps its torn end: then nothing in it is certain.
            if !matches!(tail::mend(&self.file, 0), Ok(tail::Tail::Whole)) {
                return 0;
            }
            let (packets, damage) = self.count();
            // What was on its way when the file was cut may lie behind the cut, as a piece among pieces
            // whose content is wrong: then the end is before what was read so far.
            let Some(read) = damage else { return packets };
            let Ok(data) = self.file.metadata() else { return 0 };
            let end = data.len().min(read).saturating_sub(less);
            if self.file.set_len(end).is_err() || end == 0 {
                return 0;
            }
            // Each look is at the whole file: there are few.
            less *= 2;
        }
    }

    /// How many packets can be read, and how far was read when that ended with an error.
    fn count(self: &Arc<Self>) -> (u64, Option<u64>) {
        let at = Arc::<AtomicU64>::default();
        let bytes = Box::new(Bytes { file: Arc::clone(self), at: Arc::clone(&at) });
        let Ok(mut file) = Savefile::from_stream("", bytes) else { return (0, Some(0)) };
        let mut packets = 0;
        loop {
            match file.next_packet() {
                Ok(Some(_)) => packets += 1,
                Ok(None) => return (packets, None),
                Err(_) => return (packets, Some(at.load(Ordering::Relaxed))),
            }
        }
    }
}

/// The bytes of a file from a place on, whatever its own position is.
struct Bytes {
    file: Arc<Held>,
    at: Arc<AtomicU64>,
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.file.file.read_at(buffer, self.at.load(Ordering::Relaxed))?;
        self.at.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// A regular file that is locked until it is let go.
pub(super) struct CaptureFile {
    held: Arc<Held>,
    disk: Disk,
}

impl CaptureFile {
    /// A file as [`Ownership`](synack::savefile::Ownership) gives it: locked and empty. `disk` is
    /// asked whether it keeps what is written.
    pub(super) fn new(file: File, name: String, disk: Disk) -> Self {
        let _or_where_it_ended = fcntl_setfl(&file, OFlags::APPEND);
        let had_name = file.metadata().is_ok_and(|data| data.nlink() > 0);
        Self { held: Arc::new(Held { file, name, end: AtomicU64::new(0), had_name }), disk }
    }

    /// The file for those who look after it.
    pub(super) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held)
    }
}

impl Write for CaptureFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = (&self.held.file).write(bytes)?;
        let end = self.held.end.fetch_add(written as u64, Ordering::Relaxed);
        self.held.check().inspect_err(|_| {
            // These bytes are in the wrong place.
            if let Ok(data) = self.held.file.metadata() {
                let _shorter = self.held.file.set_len(data.len().saturating_sub(written as u64));
            }
            self.held.end.store(end, Ordering::Relaxed);
        })?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for CaptureFile {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        // Never longer: what somebody else has cut stays so.
        self.held.end.fetch_min(len, Ordering::Relaxed);
        (&self.held.file).cut(len)
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return (&self.held.file).overwrite(at, bytes);
        }
        // Otherwise Linux appends these bytes too (BUGS in pwrite(2)).
        fcntl_setfl(&self.held.file, OFlags::empty())?;
        let done = self.held.check().and_then(|()| self.held.file.write_all_at(bytes, at));
        fcntl_setfl(&self.held.file, OFlags::APPEND)?;
        done?;
        // What somebody adds is noticed at the next write: these bytes are where they belong.
        match self.held.harm()? {
            Some(harm @ Harm::Cut) => {
                self.held.close_hole(at, bytes.len());
                Err(harm.error())
            }
            _ => Ok(()),
        }
    }
}

impl Drop for CaptureFile {
    fn drop(&mut self) {
        // A helper may have it open for longer, and with it the lock.
        let _unlocked = self.held.file.unlock();
        self.disk.ask(&self.held, None);
    }
}
