//! A capture file on the disk while it is written: locked, and looked at after each write, because
//! somebody may remove it or cut it meanwhile. What is written goes to its end wherever that is now,
//! so that a cut leaves no hole, which a reader would take for packets.
use std::cmp::Ordering::{Equal, Greater, Less};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::fs::{OFlags, fcntl_setfl};
use synack::Source as _;
use synack::savefile::tail::{self, Tail};
use synack::savefile::{Savefile, Sink};

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
    /// The last bytes that were written, and where.
    last: Mutex<(u64, Vec<u8>)>,
    /// What was found to be done to the file stays so, however long it becomes.
    harmed: OnceLock<Harm>,
}

/// How many bytes of what was written last are remembered.
const LAST: usize = 64;

/// What somebody else did to a file that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// Its last name is gone, and with the process its bytes will be.
    Removed,
    /// It is shorter than what was written.
    Cut,
    /// It is longer.
    Grown,
    /// What was written is not in it any more.
    Replaced,
}

impl Harm {
    pub(super) fn error(self) -> io::Error {
        io::Error::other(match self {
            Self::Removed => "it was removed while it was written",
            Self::Cut => "it was cut while it was written",
            Self::Grown => "somebody else wrote to it while it was written",
            Self::Replaced => "something else was written in its place while it was written",
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
        if let Some(harm) = self.harmed.get() {
            return Ok(Some(*harm));
        }
        meanwhile();
        let data = self.file.metadata()?;
        let harm = match data.len().cmp(&self.end.load(Ordering::Relaxed)) {
            _ if self.had_name && data.nlink() == 0 => Harm::Removed,
            Less => Harm::Cut,
            Equal => return Ok(None),
            Greater if self.keeps_last() => Harm::Grown,
            Greater => Harm::Replaced,
        };
        Ok(Some(*self.harmed.get_or_init(|| harm)))
    }

    /// Nothing, or what was done to the file as an error.
    fn check(&self) -> io::Result<()> {
        self.harm()?.map_or(Ok(()), |harm| Err(harm.error()))
    }

    /// Remembers some of what was written at a place.
    fn remember(&self, place: u64, bytes: &[u8]) {
        let from = bytes.len().saturating_sub(LAST);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.0 = place + from as u64;
        last.1.clear();
        last.1.extend_from_slice(bytes.get(from..).unwrap_or_default());
    }

    fn keeps_last(&self) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        self.holds(last.0, &last.1)
    }

    fn length(&self) -> io::Result<u64> {
        meanwhile();
        Ok(self.file.metadata()?.len())
    }

    /// The last byte before a place that is not zero, and where it is: once it is gone, the file has
    /// been cut there. Nothing where it cannot be told.
    fn witness(&self, mut before: u64) -> Option<(u64, u8)> {
        let mut bytes = [0; 4096];
        while before > 0 {
            let bytes = bytes.get_mut(..usize::try_from(before.min(4096)).ok()?)?;
            before -= bytes.len() as u64;
            meanwhile();
            self.file.read_exact_at(bytes, before).ok()?;
            if let Some(at) = bytes.iter().rposition(|byte| *byte != 0) {
                return Some((before + at as u64, *bytes.get(at)?));
            }
        }
        None
    }

    /// Ends the file at a place, if it is longer. No system call does nothing but cut: where somebody
    /// has cut it more at this moment, it does not become longer for that.
    fn shorten(&self, end: u64) -> io::Result<()> {
        let witness = self.witness(end);
        if self.length()? <= end {
            return Ok(());
        }
        meanwhile();
        self.file.set_len(end)?;
        self.close_hole(witness, end)
    }

    /// Where the file has been cut before a place, and made longer again by what was done there, ends it
    /// before the zeros that are there instead of what was cut. `witness`: of a moment before.
    fn close_hole(&self, witness: Option<(u64, u8)>, end: u64) -> io::Result<()> {
        let Some((at, byte)) = witness else { return Ok(()) };
        if self.holds(at, &[byte]) {
            return Ok(());
        }
        let end = end.min(self.length()?);
        let end = self.witness(end).map_or(0, |(last, _)| last + 1);
        meanwhile();
        self.file.set_len(end)
    }

    /// Takes back bytes that were written to the end, where that was not the place for them. False when
    /// they are in their place: what was done to the file was done after that.
    fn withdraw(&self, place: u64, bytes: &[u8]) -> io::Result<bool> {
        if self.holds(place, bytes) {
            return Ok(false);
        }
        if let Some(last) = self.length()?.checked_sub(bytes.len() as u64)
            && self.holds(last, bytes)
        {
            self.shorten(last)?;
        }
        Ok(true)
    }

    fn holds(&self, mut place: u64, bytes: &[u8]) -> bool {
        let mut there = [0; 4096];
        bytes.chunks(there.len()).all(|chunk| {
            let same = there.get_mut(..chunk.len()).is_some_and(|there| {
                meanwhile();
                self.file.read_exact_at(there, place).is_ok() && there == chunk
            });
            place += chunk.len() as u64;
            same
        })
    }

    /// Packets in a file that somebody has harmed, where those are not as many as were written; one that
    /// was cut is cut back to its last whole record.
    pub(super) fn salvage(self: &Arc<Self>) -> Option<u64> {
        match self.harm() {
            Ok(Some(Harm::Removed | Harm::Replaced)) => Some(0),
            Ok(Some(Harm::Cut)) => Some(self.mend()),
            _ => None,
        }
    }

    fn mend(self: &Arc<Self>) -> u64 {
        let mut less = 1;
        loop {
            let mended = tail::mend(&self.file, 0);
            // A file that may not be read back keeps its torn end: then nothing in it is certain.
            let (Ok(tail), Ok(length)) = (mended, self.length()) else { return 0 };
            let mut first = [0];
            if length == 0 || self.file.read_exact_at(&mut first, 0).is_err() {
                return 0;
            }
            let (packets, damage) = match tail {
                Tail::Whole => self.count(),
                // Something else was written in its place, unless it begins with a piece without its head.
                Tail::Other if first != [0] => return 0,
                Tail::Other | Tail::Nothing => (0, Some(length)),
            };
            match damage {
                // Unless it was cut again meanwhile.
                None if self.length().is_ok_and(|now| now == length) => return packets,
                None => {}
                // Where pieces are compressed their number and lengths may look right, and what is in them
                // is not: then the end is before what was read so far. Each look is at the whole file:
                // there are few.
                Some(read) => {
                    if self.shorten(length.min(read).saturating_sub(less)).is_err() {
                        return 0;
                    }
                    less *= 2;
                }
            }
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
        Self {
            held: Arc::new(Held {
                file,
                name,
                end: AtomicU64::new(0),
                had_name,
                last: Mutex::default(),
                harmed: OnceLock::new(),
            }),
            disk,
        }
    }

    /// The file for those who look after it.
    pub(super) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held)
    }
}

impl Write for CaptureFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        meanwhile();
        let written = (&self.held.file).write(bytes)?;
        let place = self.held.end.fetch_add(written as u64, Ordering::Relaxed);
        let bytes = bytes.get(..written).unwrap_or(bytes);
        let Some(harm) = self.held.harm()? else {
            self.held.remember(place, bytes);
            return Ok(written);
        };
        let lost = self.held.withdraw(place, bytes)?;
        if !lost && harm == Harm::Grown {
            // These bytes are where they belong: that somebody adds some is noticed at the next write.
            return Ok(written);
        }
        Err(harm.error())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for CaptureFile {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        if self.held.length()? >= len {
            self.held.shorten(len)?;
        }
        if self.held.length()? < len {
            // What somebody else has cut stays so.
            return Err(Harm::Cut.error());
        }
        self.held.end.fetch_min(len, Ordering::Relaxed);
        Ok(())
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return (&self.held.file).overwrite(at, bytes);
        }
        let witness = self.held.witness(at);
        // Otherwise Linux appends these bytes too (BUGS in pwrite(2)).
        fcntl_setfl(&self.held.file, OFlags::empty())?;
        let done = self.held.check().and_then(|()| {
            meanwhile();
            self.held.file.write_all_at(bytes, at)
        });
        fcntl_setfl(&self.held.file, OFlags::APPEND)?;
        done?;
        // What somebody adds is noticed at the next write: these bytes are where they belong.
        match self.held.harm()? {
            Some(harm @ Harm::Cut) => {
                if self.held.length()? <= at.saturating_add(bytes.len() as u64) {
                    self.held.shorten(at)?;
                }
                self.held.close_hole(witness, at)?;
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

/// Before each system call on a file that is written: where tests let somebody harm it.
#[inline]
fn meanwhile() {
    #[cfg(test)]
    tests::meanwhile();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::fs;
    use std::path::Path;
    use std::rc::Rc;
    use synack::savefile::{self, Compression, PacketWriter, pcap};
    use synack::{LinkType, Packet};

    /// Told of each system call by its number.
    type Other = Box<dyn FnMut(u32)>;

    thread_local! {
        static OTHER: RefCell<(u32, Option<Other>)> = const { RefCell::new((0, None)) };
    }

    pub(super) fn meanwhile() {
        let other = OTHER.with_borrow_mut(|(calls, other)| {
            *calls += 1;
            Some((*calls, other.take()?))
        });
        if let Some((call, mut other)) = other {
            other(call);
            OTHER.with_borrow_mut(|place| place.1 = Some(other));
        }
    }

    /// What somebody else does to a file.
    #[derive(Debug, Clone, Copy)]
    enum Deed {
        /// Takes so many bytes off its end.
        CutOff(u64),
        /// Leaves so many.
        Leave(u64),
        Add(usize),
        /// Empties it and writes so many others.
        Replace(usize),
    }

    impl Deed {
        fn to(self, path: &Path) {
            let mut file = File::options().append(true).open(path).unwrap();
            let length = file.metadata().unwrap().len();
            match self {
                Self::CutOff(bytes) => file.set_len(length.saturating_sub(bytes)).unwrap(),
                Self::Leave(bytes) => file.set_len(length.min(bytes)).unwrap(),
                Self::Add(bytes) => file.write_all(&vec![b'x'; bytes]).unwrap(),
                Self::Replace(bytes) => {
                    file.set_len(0).unwrap();
                    file.write_all(&vec![b'x'; bytes]).unwrap();
                }
            }
        }
    }

    /// How many packets can be read, and what ended that.
    fn readable(path: &Path) -> (u64, Option<String>) {
        let mut file = match savefile::open(path) {
            Ok(file) => file,
            Err(e) => return (0, Some(e.to_string())),
        };
        let mut packets = 0;
        loop {
            match file.next_packet() {
                Ok(Some(_)) => packets += 1,
                Ok(None) => return (packets, None),
                Err(e) => return (packets, Some(e.to_string())),
            }
        }
    }

    /// Writes two packets, each at once, into a file that somebody harms before the system call of
    /// this number. Whether there was one.
    fn write_into(path: &Path, compression: Option<Compression>, deed: Deed, moment: u32) -> bool {
        let what = format!("{compression:?} {deed:?} before {moment}");
        let _there_is_none = fs::remove_file(path);
        let file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
        let file = CaptureFile::new(file, "x".into(), Disk::default());
        let held = file.held();
        let done = Rc::new(Cell::new(false));
        let (target, did) = (path.to_owned(), Rc::clone(&done));
        let other: Other = Box::new(move |call| {
            if call == moment {
                deed.to(&target);
                did.set(true);
            }
        });
        OTHER.set((0, Some(other)));
        let options = pcap::PcapOptions::new(LinkType::ETHERNET);
        let writer = match compression {
            None => pcap::PcapWriter::new(file, "x", options),
            Some(compression) => pcap::PcapWriter::compressed(file, "x", options, compression),
        };
        // Without its header it is no capture file, and is removed.
        let Ok(mut writer) = writer else { return done.get() };
        let mut marks = vec![0];
        for n in 0..2 {
            let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8 ^ n;
            let bytes: Vec<u8> = (0..60 + 40 * u32::from(n)).map(noise).collect();
            let written = writer.write(&Packet::new(LinkType::ETHERNET, &bytes));
            if written.and_then(|()| writer.flush()).is_err() || held.harm().unwrap().is_some() {
                break;
            }
            marks.push(writer.held());
        }
        let said = held.salvage().unwrap_or(writer.written());
        drop(writer);
        for mark in marks {
            let (packets, damage) = readable(path);
            assert_eq!(packets, said, "{what}: {damage:?}");
            let theirs = matches!(deed, Deed::Add(_) | Deed::Replace(_));
            assert!(damage.is_none() || theirs || said == 0, "{what}: {damage:?}");
            if !theirs {
                // What a helper does that outlives the capture changes nothing.
                let _nothing_left = tail::mend(&held.file, mark).unwrap();
            }
        }
        OTHER.set((0, None));
        done.get()
    }

    #[test]
    fn whatever_somebody_does_in_between_what_is_said_can_be_read() {
        use Deed::{Add, CutOff, Leave, Replace};
        let path = std::env::temp_dir().join(format!("synack-harm-{}", std::process::id()));
        for compression in [None, Some(Compression::Gzip), Some(Compression::Zstd), Some(Compression::Lz4)] {
            for deed in [CutOff(1), CutOff(100), CutOff(250), Leave(90), Add(200), Replace(4), Replace(2000)]
            {
                let moments =
                    (1..).take_while(|moment| write_into(&path, compression, deed, *moment)).count();
                assert!(moments >= 6, "{compression:?} {deed:?} {moments}");
            }
        }
        fs::remove_file(&path).unwrap();
    }
}
