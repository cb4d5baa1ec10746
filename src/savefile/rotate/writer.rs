//! A capture written into one file after another.
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::plan::{Calendar, Rotation, RotationReason, Rotator};
use crate::error::{Error, ErrorKind};
use crate::packet::{Packet, Timestamp};
use crate::savefile::destination::{Folder, Found, Ownership};
use crate::savefile::{InterfaceStatistics, PacketWriter};
use crate::wire::LinkType;

/// Where the time comes from: rotation must not depend on a clock that can be set.
pub trait Clock: Send {
    /// Time since any fixed moment, never going back.
    fn monotonic(&self) -> Duration;
    /// The time of day, for names.
    fn wall(&self) -> Timestamp;
}

/// The clocks of the system.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// What happened to files, for messages and for programs to be run on them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileEvent {
    /// A file is complete and closed. Not given for the last file of a capture.
    Closed(PathBuf),
    /// The oldest file of a ring was deleted, with so many packets.
    Deleted(PathBuf, u64),
    /// A name could not be used, for this reason; the capture went on in another.
    Avoided(String, PathBuf),
    /// All files that were allowed are there: nothing more is written.
    LimitReached(u32),
}

/// Begins a capture file: writes its header into the new, empty file.
pub type Begin = Box<dyn FnMut(File, &Path) -> Result<Box<dyn PacketWriter>, Error> + Send>;

/// Adds what belongs at the end of a file that is about to be closed.
pub type Conclude = Box<dyn FnMut(&mut dyn PacketWriter) -> Result<(), Error> + Send>;

/// What a [`RotatingWriter`] needs of its surroundings.
pub struct Surroundings {
    /// Where the files are made.
    pub folder: Box<dyn Folder>,
    /// Which files may be written over, and whom new ones belong to.
    pub ownership: Ownership,
    /// Makes a writer of a new file.
    pub begin: Begin,
    /// Called before each file is closed.
    pub conclude: Option<Conclude>,
    /// Expands names.
    pub calendar: Box<dyn Calendar>,
    /// Tells the time.
    pub clock: Box<dyn Clock>,
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("ownership", &self.ownership).finish_non_exhaustive()
    }
}

/// Writes packets into one file after another.
///
/// Call [`tick`](Self::tick) when [`deadline`](Self::deadline) has come, packets or not.
/// [`PacketWriter::written`] counts over all files.
///
/// ```
/// use synack::savefile::pcap::{PcapOptions, PcapWriter};
/// use synack::savefile::{Calendar, Ownership, PacketWriter, PathFolder, RotatingWriter, Rotation};
/// use synack::savefile::{Surroundings, SystemClock};
/// use synack::{LinkType, Packet, Timestamp};
///
/// /// Names are as they are given: nothing in them stands for a time.
/// struct Plain;
///
/// impl Calendar for Plain {
///     fn expand(&self, template: &str, _time: Timestamp) -> String {
///         template.into()
///     }
/// }
///
/// let folder = std::env::temp_dir().join(format!("synack-rotating-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let around = Surroundings {
///     folder: Box::new(PathFolder::new(&folder)),
///     ownership: Ownership::of_process()?,
///     begin: Box::new(|file, path| {
///         let options = PcapOptions::new(LinkType::ETHERNET);
///         Ok(Box::new(PcapWriter::new(file, path.display().to_string(), options)?))
///     }),
///     conclude: None,
///     calendar: Box::new(Plain),
///     clock: Box::new(SystemClock::default()),
/// };
/// // Of files of a thousand bytes the newest three.
/// let rotation = Rotation { size: Some(1000), ring: Some(3), ..Rotation::default() };
/// let mut writer = RotatingWriter::new(rotation, "packets.pcap", around)?;
/// for _ in 0..100 {
///     writer.write(&Packet::new(LinkType::ETHERNET, &[0; 100]))?;
/// }
/// writer.close()?;
/// assert_eq!((writer.written(), writer.deleted()), (100, 81));
/// assert_eq!(std::fs::read_dir(&folder)?.count(), 3);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RotatingWriter {
    rotation: Rotation,
    rotator: Rotator,
    around: Surroundings,
    current: Option<Current>,
    /// Packets in files that are closed.
    closed: u64,
    /// Packets in files that were deleted or overwritten.
    deleted: u64,
    /// Closed files of a ring, oldest first, with their packets.
    ring: VecDeque<(PathBuf, u64)>,
    /// Packets in files whose names will be used again.
    reused: HashMap<PathBuf, u64>,
    /// Waits that are left for the room of the file that was deleted last.
    waits: std::ops::Range<u32>,
    events: VecDeque<FileEvent>,
    /// Whether the first file has been asked for.
    began: bool,
    finished: bool,
}

impl std::fmt::Debug for RotatingWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.current.as_ref().map(|current| &current.name);
        f.debug_struct("RotatingWriter").field("current", &name).finish_non_exhaustive()
    }
}

struct Current {
    name: PathBuf,
    writer: Box<dyn PacketWriter>,
}

/// Names remembered whose files will be written over, lest a capture that goes on for ever grows.
const REMEMBERED: usize = 100_000;

/// Waits for the room of a deleted file, each twice as long as the one before, from 1 ms: 63 ms in
/// all, and 1 s where no other can be deleted.
const WAITS: u32 = 6;
const LAST_WAITS: u32 = 10;

/// Names tried when those wanted cannot be used.
const ATTEMPTS: u32 = 1000;

impl RotatingWriter {
    /// Makes the first file. `template` is relative to the folder.
    ///
    /// # Errors
    /// The file cannot be made; nothing is avoided here, the person can choose another name.
    pub fn new(rotation: Rotation, template: &str, around: Surroundings) -> Result<Self, Error> {
        let (now, wall) = (around.clock.monotonic(), around.clock.wall());
        let rotator = Rotator::new(rotation, template, now, wall, &*around.calendar);
        let mut writer = Self {
            rotation,
            rotator,
            around,
            current: None,
            closed: 0,
            deleted: 0,
            ring: VecDeque::new(),
            reused: HashMap::new(),
            waits: 0..0,
            events: VecDeque::new(),
            began: false,
            finished: false,
        };
        writer.open()?;
        Ok(writer)
    }

    /// When [`tick`](Self::tick) has something to do, on the clock's monotonic time.
    pub fn deadline(&self) -> Option<Duration> {
        self.rotator.deadline().filter(|_| !self.finished)
    }

    /// Rotates if time is over.
    ///
    /// # Errors
    /// The old file cannot be completed or the new one made.
    pub fn tick(&mut self) -> Result<(), Error> {
        let now = self.around.clock.monotonic();
        if self.finished || self.rotator.due(now, 0) != Some(RotationReason::Time) {
            return Ok(());
        }
        if self.rotator.is_last() {
            self.close()?;
            self.finished = true;
            let files = self.rotation.files.unwrap_or_default();
            self.events.push_back(FileEvent::LimitReached(files));
            return Ok(());
        }
        self.rotate(RotationReason::Time)
    }

    /// Whether all files that were allowed have been written.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Takes the oldest event.
    pub fn next_event(&mut self) -> Option<FileEvent> {
        self.events.pop_front()
    }

    /// Packets that were in files deleted from the ring, or overwritten when their name came
    /// again.
    pub fn deleted(&self) -> u64 {
        self.deleted
    }

    /// Packets in the files that are closed.
    pub fn completed(&self) -> u64 {
        self.closed
    }

    /// The file being written, with its folder.
    pub fn path(&self) -> Option<PathBuf> {
        Some(self.around.folder.path(&self.current.as_ref()?.name))
    }

    /// Completes the last file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn close(&mut self) -> Result<(), Error> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if let Some(conclude) = &mut self.around.conclude {
            conclude(&mut *current.writer)?;
        }
        let flushed = current.writer.flush();
        self.make_room(flushed)?;
        if let Some(current) = self.current.take() {
            let packets = current.writer.written();
            self.closed += packets;
            if self.rotation.ring.is_some() {
                self.ring.push_back((current.name, packets));
            } else if self.rotator.takes_turns() && self.reused.len() < REMEMBERED {
                self.reused.insert(current.name, packets);
            }
        }
        Ok(())
    }

    fn rotate(&mut self, reason: RotationReason) -> Result<(), Error> {
        let path = self.path();
        self.close()?;
        self.events.extend(path.map(FileEvent::Closed));
        let (now, wall) = (self.around.clock.monotonic(), self.around.clock.wall());
        self.rotator.rotate(reason, now, wall, &*self.around.calendar);
        let room = self.rotation.ring.map_or(usize::MAX, |files| files.max(1) as usize);
        while self.ring.len() >= room && self.delete_oldest() {}
        self.open()
    }

    /// Makes the file the rotator names; a rotated one may get another name.
    fn open(&mut self) -> Result<(), Error> {
        let first = !std::mem::replace(&mut self.began, true);
        let mut refused = None;
        let mut attempt = 0;
        loop {
            let name = PathBuf::from(self.rotator.name());
            let (folder, ownership) = (&*self.around.folder, &self.around.ownership);
            let made = match self.rotator.may_be_ours() {
                true => ownership.create_new_file(folder, &name),
                false => ownership.create_file(folder, &name),
            };
            let begun = made.and_then(|file| {
                let path = self.around.folder.path(&name);
                (self.around.begin)(file, &path).inspect_err(|_| {
                    // Without its header it is no capture file, and never was one.
                    if matches!(self.around.folder.look(&name), Ok(Found::File)) {
                        let _stays_empty = self.around.folder.remove(&name);
                    }
                })
            });
            match begun {
                Ok(writer) => {
                    self.waits = 0..0;
                    let path = self.around.folder.path(&name);
                    self.events.extend(refused.map(|why| FileEvent::Avoided(why, path)));
                    self.deleted += self.reused.remove(&name).unwrap_or(0);
                    self.rotator.take_name();
                    self.current = Some(Current { name, writer });
                    return Ok(());
                }
                Err(e) if is_full(&e) && self.may_have_room() => {}
                Err(e) if self.rotator.may_be_ours() && attempt < ATTEMPTS && is_there(&e) => {
                    attempt += 1;
                    self.rotator.count_on();
                }
                Err(e) if !first && attempt < ATTEMPTS && is_occupied(&e) => {
                    attempt += 1;
                    refused.get_or_insert_with(|| e.to_string());
                    self.rotator.dodge(attempt);
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Deletes old files of a ring until what failed for want of room succeeds.
    fn make_room(&mut self, mut result: Result<(), Error>) -> Result<(), Error> {
        while let Err(e) = &result {
            if !is_full(e) || !self.may_have_room() {
                break;
            }
            let Some(current) = &mut self.current else { break };
            result = current.writer.retry();
        }
        if result.is_ok() {
            self.waits = 0..0;
        }
        result
    }

    /// Whether a full disk is worth another try. The room of a deleted file comes when nobody has it
    /// open any more, and with some file systems later still: until then no other is deleted.
    fn may_have_room(&mut self) -> bool {
        if let Some(wait) = self.waits.next() {
            std::thread::sleep(Duration::from_millis(1 << wait));
            return true;
        }
        if !self.delete_oldest() {
            return false;
        }
        self.waits = 0..if self.ring.is_empty() { LAST_WAITS } else { WAITS };
        true
    }

    fn delete_oldest(&mut self) -> bool {
        if self.rotation.ring.is_none() {
            return false;
        }
        let Some((name, packets)) = self.ring.pop_front() else { return false };
        // One that is gone already makes no room, but the next may.
        if self.around.folder.remove(&name).is_ok() {
            self.deleted += packets;
            self.rotator.free_name(&name.to_string_lossy());
            self.events.push_back(FileEvent::Deleted(self.around.folder.path(&name), packets));
        }
        true
    }

    fn writer(&mut self) -> Result<&mut dyn PacketWriter, Error> {
        match &mut self.current {
            Some(current) => Ok(&mut *current.writer),
            None => Err(Error::new(ErrorKind::Unsupported, "no capture file is open")),
        }
    }
}

/// Whether an error says that there is no room on the disk.
fn is_full(error: &Error) -> bool {
    let kind = error.io_error().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
}

/// Whether an error says that there is a file of this name.
fn is_there(error: &Error) -> bool {
    error.io_error().is_some_and(|e| e.kind() == io::ErrorKind::AlreadyExists)
}

/// Whether an error is about what stands in the way under this very name.
fn is_occupied(error: &Error) -> bool {
    error.kind() == ErrorKind::Unsupported
        || error.io_error().is_some_and(|e| {
            use io::ErrorKind::{AlreadyExists, IsADirectory, PermissionDenied};
            matches!(e.kind(), AlreadyExists | IsADirectory | PermissionDenied)
        })
}

impl PacketWriter for RotatingWriter {
    fn write(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        if self.rotator.is_full(self.len()) {
            self.rotate(RotationReason::Size)?;
        }
        loop {
            let result = self.writer()?.write(packet);
            match result {
                Ok(()) => return Ok(()),
                Err(e) => self.make_room(Err(e))?,
            }
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let result = self.current.as_mut().map_or(Ok(()), |current| current.writer.flush());
        self.make_room(result)
    }

    fn retry(&mut self) -> Result<(), Error> {
        let result = self.current.as_mut().map_or(Ok(()), |current| current.writer.retry());
        self.make_room(result)
    }

    fn written(&self) -> u64 {
        self.closed + self.current.as_ref().map_or(0, |current| current.writer.written())
    }

    fn len(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.writer.len())
    }

    fn held(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.writer.held())
    }

    fn statistics(&mut self, statistics: &InterfaceStatistics) -> Result<(), Error> {
        self.writer()?.statistics(statistics)
    }

    fn lost(&mut self, interface: u32, link: LinkType, count: u64) -> Result<(), Error> {
        self.writer()?.lost(interface, link, count)
    }
}
