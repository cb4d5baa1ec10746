//! The capture files being written: opened by the rules, in the format the name asks for,
//! one after another where rotation is asked for.
pub(crate) mod disk;
mod file;

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::geteuid;
use synack::savefile::{
    self, Begin, Compression, Conclude, FileEvent, Folder, Found, HeldFolder, InterfaceStatistics, Ownership,
    PacketWriter, RotatingWriter, Rotation, Surroundings, SystemClock, create, is_standard_output, pcap,
    pcapng, split,
};
use synack::{Error, LinkType, Packet};

use crate::cli::args::checked::Write;
use crate::cli::confine::privilege::Target;
use crate::cli::failure::{Failure, reason, say, shown};
use crate::cli::helper::folder::HelperFolder;
use crate::cli::helper::{self, Runner};
use crate::cli::output::nonblocking::{Channel, Stream};
use crate::cli::urgency::Urgency;
use crate::cli::zone::Zone;
use disk::Disk;
use file::{CaptureFile, Held};

/// Counts to put at the end of each file that has a place for them.
pub(crate) type Statistics = Arc<Mutex<Vec<InterfaceStatistics>>>;

/// The file being written.
type Current = Arc<Mutex<Option<Arc<Held>>>>;

/// Where capture files go, open but for the files themselves.
pub(crate) struct Sink {
    destination: Destination,
    runner: Option<Runner>,
    /// Read here, because later no file can be.
    zone: Zone,
    /// Asked whether it keeps what is written, where that is all there is of it.
    disk: Option<Disk>,
}

enum Destination {
    /// A pipe, a terminal, `/dev/null`, standard output: never rotated.
    Stream(Channel),
    /// A directory this process may write in.
    Held { folder: HeldFolder, template: PathBuf, ownership: Ownership },
    /// A directory in which a helper makes the files: this process may become somebody who may
    /// not, and the helper outlives it when it is killed.
    Helped { folder: HelperFolder, template: PathBuf, ownership: Ownership },
}

/// What goes into the header of each file.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) link: LinkType,
    pub(crate) snaplen: u32,
    pub(crate) nanos: bool,
    /// Interfaces by number, for pcapng.
    pub(crate) interfaces: Vec<(Option<u32>, pcapng::InterfaceOptions)>,
    /// What a pcapng file that is read says of itself, for pcapng.
    pub(crate) section: Option<pcapng::SectionOptions>,
    /// What it holds beside packets, for pcapng.
    pub(crate) carried: Option<pcapng::Carried>,
    /// Upper bits of the link type field of a pcap file that is read, for pcap.
    pub(crate) link_extra: u32,
    /// Whether packets may be longer than `snaplen` for all that, and their times finer.
    pub(crate) uneven: bool,
    /// Most bytes written of a packet.
    pub(crate) cut: usize,
}

impl Sink {
    /// Opens the place of `-w`, before privileges are given up. `inputs`: device and inode of the
    /// files being read; `only`: what is written is all there is of it.
    pub(crate) fn open(
        write: &Write,
        target: Option<&Target>,
        inputs: Vec<(u64, u64)>,
        only: bool,
    ) -> Result<Self, Failure> {
        let own = geteuid().as_raw();
        let ownership =
            Ownership { trusted: vec![own, target.map_or(own, |t| t.uid.as_raw())], give_to: None, inputs };
        let destination = destination(&write.path, target, ownership)?;
        let runner = match &write.postrotate {
            Some(command) => Some(
                Runner::spawn(target, command)
                    .map_err(|e| Failure::new(format!("cannot start a process for -z: {}", reason(&e))))?,
            ),
            None => None,
        };
        let disk = (only && !matches!(destination, Destination::Stream(_))).then(Disk::default);
        Ok(Self { destination, runner, zone: Zone::system(), disk })
    }

    /// The disk, if it will be asked.
    pub(crate) fn disk(&self) -> Option<Disk> {
        self.disk.clone()
    }

    /// The directory in which this process must go on being allowed to make files.
    pub(crate) fn own_directory(&self) -> Option<BorrowedFd<'_>> {
        match &self.destination {
            Destination::Held { folder, .. } => Some(folder.as_fd()),
            Destination::Stream(_) | Destination::Helped { .. } => None,
        }
    }

    /// Whether helper processes are spoken to.
    pub(crate) fn has_helper(&self) -> bool {
        self.runner.is_some() || matches!(self.destination, Destination::Helped { .. })
    }

    /// Makes the (first) file.
    pub(crate) fn start(self, write: &Write, header: Header, urgency: &Urgency) -> Result<Recorder, Failure> {
        let (bounds, cut) = ((!write.is_pcapng()).then(|| Bounds::of(&header)), header.cut);
        let shared = Shared { statistics: Statistics::default(), current: Current::default() };
        let disk = self.disk.unwrap_or_default();
        let mut keeper = None;
        let (folder, template, ownership): (Box<dyn Folder>, _, _) = match self.destination {
            Destination::Stream(channel) => {
                let files = stream(channel, write, &header, urgency)?;
                return Ok(Recorder::new(files, bounds, cut, shared, urgency));
            }
            Destination::Held { folder, template, ownership } => (Box::new(folder), template, ownership),
            Destination::Helped { folder, template, ownership } => {
                keeper = Some(folder.helper());
                (Box::new(folder), template, ownership)
            }
        };
        let around = Surroundings {
            folder,
            ownership,
            begin: beginning(write, header, keeper.clone(), disk.clone(), &shared.current),
            conclude: Some(concluding(&shared.statistics)),
            calendar: Box::new(self.zone),
            clock: Box::new(SystemClock::default()),
        };
        let rotation = rotation(write);
        let template = template.to_string_lossy().into_owned();
        let writer = RotatingWriter::new(rotation, &template, around).map_err(Failure::from_making)?;
        if let Some(keeper) = keeper.as_ref().filter(|_| rotation.size.is_none() && rotation.every.is_none())
        {
            keeper.forgo();
        }
        let mut recorder = Recorder::new(Files::Rotating(Box::new(writer)), bounds, cut, shared, urgency);
        (recorder.runner, recorder.keeper, recorder.disk) = (self.runner, keeper, disk);
        Ok(recorder)
    }
}

/// What a recorder shares with those who begin and end its files.
struct Shared {
    statistics: Statistics,
    current: Current,
}

fn rotation(write: &Write) -> Rotation {
    Rotation {
        size: write.rotate_bytes,
        every: write.rotate_period,
        align: write.align,
        files: write.rotate_files,
        ring: write.ring,
    }
}

/// Begins what is never rotated.
fn stream(channel: Channel, write: &Write, header: &Header, urgency: &Urgency) -> Result<Files, Failure> {
    let standard = is_standard_output(&write.path);
    let name = if standard { "standard output".into() } else { shown(&write.path) };
    let stream = Stream::new(channel, urgency.clone());
    let writer = begin(stream, &name, &write.path, write.is_pcapng(), header);
    Ok(Files::Stream(writer.map_err(Failure::from_writer)?))
}

/// How each file is begun, and who is told of it.
fn beginning(
    write: &Write,
    header: Header,
    helper: Option<Arc<helper::Files>>,
    disk: Disk,
    current: &Current,
) -> Begin {
    let (path, pcapng) = (write.path.clone(), write.is_pcapng());
    let current = Arc::clone(current);
    Box::new(move |file, named| {
        let name = shown(named);
        let file = CaptureFile::new(file, name.clone(), disk.clone());
        *current.lock().unwrap_or_else(PoisonError::into_inner) = Some(file.held());
        let writer = begin(file, &name, &path, pcapng, &header)?;
        if let Some(helper) = &helper {
            // From here on what the file holds is ours.
            helper.mark(writer.held());
        }
        Ok(writer)
    })
}

/// How each file is ended.
fn concluding(statistics: &Statistics) -> Conclude {
    let counts = Arc::clone(statistics);
    Box::new(move |writer| conclude(writer, &counts))
}

fn destination(path: &Path, target: Option<&Target>, ownership: Ownership) -> Result<Destination, Failure> {
    let stream = path.symlink_metadata().is_ok_and(|found| Found::from(found.file_type()) == Found::Stream);
    if stream || is_standard_output(path) || path.starts_with("/dev/fd") || path == Path::new("/dev/stderr") {
        return Ok(Destination::Stream(Channel::new(create(path, &ownership)?)));
    }
    let (parent, template) = split(path);
    if template.as_os_str().is_empty() || path.is_dir() {
        return Err(Failure::new(format!("{}: Is a directory", shown(path))));
    }
    let folder = HeldFolder::open(parent.clone())?;
    // The helper makes files in one directory only; names with others below it need no helper
    // unless privileges are given up.
    let below = template.components().count() > 1;
    if below && target.is_none() {
        return Ok(Destination::Held { folder, template, ownership });
    }
    match helper::Files::spawn(target, folder.as_fd()) {
        Ok(helper) => {
            Ok(Destination::Helped { folder: HelperFolder::new(helper, parent), template, ownership })
        }
        // Without it a killed capture can leave half a record, and that is all.
        Err(_) if target.is_none() => Ok(Destination::Held { folder, template, ownership }),
        Err(e) => Err(Failure::new(format!("cannot start a process for files: {}", reason(&e)))),
    }
}

/// Writes the header of a file. `pattern` is the name as the user gave it: its ending chooses the
/// compression.
fn begin<S: savefile::Sink + 'static>(
    file: S,
    name: &str,
    pattern: &Path,
    pcapng: bool,
    header: &Header,
) -> Result<Box<dyn PacketWriter>, Error> {
    let compression = Compression::by_name(pattern);
    if pcapng {
        let application = Some(concat!("synack ", env!("CARGO_PKG_VERSION")).into());
        let section = match &header.section {
            // Where the packets were captured, not where they are copied.
            Some(section) => pcapng::SectionOptions { application, ..section.clone() },
            None => pcapng::SectionOptions {
                hardware: Some(std::env::consts::ARCH.into()),
                os: Some("Linux".into()),
                application,
                ..pcapng::SectionOptions::default()
            },
        };
        let mut writer = match compression {
            Some(compression) => pcapng::PcapngWriter::compressed(file, name, &section, compression)?,
            None => pcapng::PcapngWriter::new(file, name, &section)?,
        };
        for (number, options) in &header.interfaces {
            writer.describe(*number, options)?;
        }
        if let Some(carried) = &header.carried {
            writer.carry(carried.clone())?;
        }
        // What the file begins with is whole, and its length told, before any packet.
        writer.flush()?;
        return Ok(Box::new(writer));
    }
    let mut options = pcap::PcapOptions::new(header.link);
    options.snaplen = header.snaplen;
    options.link_extra = header.link_extra;
    if header.nanos {
        options.precision = pcap::Precision::Nano;
    }
    Ok(match compression {
        Some(compression) => Box::new(pcap::PcapWriter::compressed(file, name, options, compression)?),
        None => Box::new(pcap::PcapWriter::new(file, name, options)?),
    })
}

fn conclude(writer: &mut dyn PacketWriter, statistics: &Statistics) -> Result<(), Error> {
    let counts = statistics.lock().unwrap_or_else(PoisonError::into_inner);
    counts.iter().try_for_each(|interface| writer.statistics(interface))
}

/// Writes packets into capture files.
pub(crate) struct Recorder {
    files: Files,
    /// What a pcap file can hold.
    bounds: Option<Bounds>,
    /// Most bytes written of a packet.
    cut: usize,
    runner: Option<Runner>,
    statistics: Statistics,
    /// Who mends the file if this process is killed.
    keeper: Option<Arc<helper::Files>>,
    current: Current,
    /// Packets in the file that was being written when somebody harmed it.
    salvaged: Option<u64>,
    disk: Disk,
    urgency: Urgency,
}

/// The packets that fit into a pcap file with one header for all.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    link: LinkType,
    /// Readers cut longer ones, or refuse the file.
    longest: usize,
    /// Times are cut to microseconds, which was not asked for and not said yet.
    narrows: bool,
    /// A time had more seconds than a record has room for, and it was said.
    overflowed: bool,
}

impl Bounds {
    fn of(header: &Header) -> Self {
        let longest =
            if header.uneven { header.snaplen.min(savefile::max_snaplen(header.link)) } else { u32::MAX };
        Self {
            link: header.link,
            longest: longest as usize,
            narrows: header.uneven && !header.nanos,
            overflowed: false,
        }
    }

    fn hold(self, packet: &Packet<'_>) -> bool {
        self.link == packet.link && packet.data.len() <= self.longest
    }
}

enum Files {
    Stream(Box<dyn PacketWriter>),
    Rotating(Box<RotatingWriter>),
}

#[cold]
fn misfit(bounds: Bounds, packet: &Packet<'_>) -> Failure {
    let (own, other) = (bounds.link, packet.link);
    Failure::new(if bounds.link == packet.link {
        let (length, longest) = (packet.data.len(), bounds.longest);
        format!("a packet of {length} bytes can't go into a pcap file of at most {longest}; use --pcapng")
    } else {
        format!("a packet of link type {other} can't go into a pcap file of {own}; use --pcapng")
    })
}

/// The seconds that a record of a pcap file can hold: until 2106.
const SECONDS: std::ops::Range<i64> = 0..1 << 32;

#[cold]
fn tell_of_seconds() {
    say(format_args!(
        "synack: times before 1970 or after 2106 do not fit into a pcap file, whose seconds have 32 bits; \
         a name in .pcapng keeps them"
    ));
}

#[cold]
fn tell_of_times() {
    say(format_args!("synack: times are cut to microseconds; --nano keeps them, and a name in .pcapng does"));
}

impl Recorder {
    fn new(files: Files, bounds: Option<Bounds>, cut: usize, shared: Shared, urgency: &Urgency) -> Self {
        let Shared { statistics, current } = shared;
        Self {
            files,
            bounds,
            cut,
            runner: None,
            statistics,
            keeper: None,
            current,
            salvaged: None,
            disk: Disk::default(),
            urgency: urgency.clone(),
        }
    }

    #[inline]
    pub(crate) fn write(&mut self, packet: &Packet<'_>) -> Result<(), Failure> {
        let cut;
        let packet = match packet.data.get(..self.cut) {
            Some(data) if data.len() < packet.data.len() => {
                cut = Packet { data, cap_len: u32::try_from(data.len()).unwrap_or(u32::MAX), ..*packet };
                &cut
            }
            _ => packet,
        };
        if let Some(bounds) = &mut self.bounds {
            if !bounds.hold(packet) {
                return Err(misfit(*bounds, packet));
            }
            if bounds.narrows && !packet.time.nanos.is_multiple_of(1000) {
                bounds.narrows = false;
                tell_of_times();
            }
            if !bounds.overflowed && !SECONDS.contains(&packet.time.secs) {
                bounds.overflowed = true;
                tell_of_seconds();
            }
        }
        let done = match &mut self.files {
            Files::Stream(writer) => writer.write(packet),
            Files::Rotating(writer) => writer.write(packet),
        };
        done.map_err(|e| self.failed(e))
    }

    /// Hands everything to the system.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let done = match &mut self.files {
            Files::Stream(writer) => writer.flush(),
            Files::Rotating(writer) => writer.flush(),
        };
        done.map_err(|e| self.failed(e))
    }

    /// The file cannot be written. When somebody has cut or removed it, what it still holds is counted.
    #[cold]
    fn failed(&mut self, error: Error) -> Failure {
        if self.salvaged.is_none()
            && let Some(file) = self.current()
        {
            self.salvaged = file.salvage();
        }
        Failure::from_writer(error)
    }

    fn current(&self) -> Option<Arc<Held>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether somebody has cut or removed the file.
    fn look(&mut self) -> Result<(), Failure> {
        let Some(file) = self.current() else { return Ok(()) };
        match file.harm() {
            Ok(Some(harm)) => Err(self.failed(Error::io(file.name.clone(), harm.error()))),
            _ => Ok(()),
        }
    }

    /// After a flush: whether the file is still there, and the disk keeps it; and the helper is told
    /// up to where it is whole.
    pub(crate) fn look_after(&mut self) -> Result<(), Failure> {
        self.look()?;
        let Files::Rotating(writer) = &self.files else { return Ok(()) };
        if let Some(keeper) = &self.keeper {
            keeper.mark(writer.held());
        }
        if let Some(file) = self.current() {
            self.disk.ask(&file, Some(writer.written()));
        }
        Ok(())
    }

    /// Rotates when it is time, and tells what happened. False when the last file is full.
    pub(crate) fn tick(&mut self) -> Result<bool, Failure> {
        if let Some(failure) = self.disk.failure() {
            return Err(failure);
        }
        let Files::Rotating(writer) = &mut self.files else { return Ok(true) };
        let done = writer.tick();
        let goes_on = !writer.is_finished();
        done.map_err(|e| self.failed(e))?;
        self.tell();
        Ok(goes_on)
    }

    /// Tells what happened to files, also whoever runs a command on them.
    fn tell(&mut self) {
        let Files::Rotating(writer) = &mut self.files else { return };
        while let Some(event) = writer.next_event() {
            match event {
                FileEvent::Closed(path) => {
                    if let Some(runner) = &mut self.runner {
                        runner.run(&path);
                    }
                }
                FileEvent::Avoided(why, path) => {
                    say(format_args!("synack: {why}; going on in {}", shown(&path)));
                }
                FileEvent::LimitReached(files) => {
                    say(format_args!("Maximum file limit reached: {files}"));
                }
                _ => {}
            }
        }
        self.hand_over(Duration::ZERO);
    }

    /// Waits so long at most until the command is being run on every file it is meant for. How
    /// many there still are.
    pub(crate) fn hand_over(&mut self, time: Duration) -> usize {
        let Some(runner) = &mut self.runner else { return 0 };
        if let Err(e) = runner.push(time) {
            say(format_args!("synack: -z: {}", reason(&e)));
        }
        runner.waiting()
    }

    /// Whether files change by the clock.
    pub(crate) fn has_deadline(&self) -> bool {
        matches!(&self.files, Files::Rotating(writer) if writer.deadline().is_some())
    }

    /// Whether a command is run on files.
    pub(crate) fn has_runner(&self) -> bool {
        self.runner.is_some()
    }

    /// Completes the file.
    pub(crate) fn close(&mut self) -> Result<(), Failure> {
        self.look()?;
        let done = match &mut self.files {
            Files::Stream(writer) => conclude(&mut **writer, &self.statistics).and_then(|()| writer.flush()),
            Files::Rotating(writer) => writer.close(),
        };
        done.map_err(|e| self.failed(e))?;
        self.tell();
        if let Some(keeper) = &self.keeper {
            keeper.release();
        }
        let settled = self.disk.settle(&self.urgency);
        let file = self.current.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (self.disk.failure(), settled, file) {
            (Some(failure), _, _) => Err(failure),
            (None, Err(e), Some(file)) => Err(Failure::write(&file.name, &e)),
            _ => Ok(()),
        }
    }

    /// Packets that are in the files for certain.
    pub(crate) fn written(&self) -> u64 {
        let written = match (&self.files, self.salvaged) {
            (Files::Stream(writer), _) => writer.written(),
            (Files::Rotating(writer), None) => writer.written(),
            (Files::Rotating(writer), Some(salvaged)) => writer.completed() + salvaged,
        };
        self.disk.kept().map_or(written, |kept| written.min(kept))
    }

    /// Whether a disk failed after it had taken packets: some of them may be there all the same.
    pub(crate) fn is_uncertain(&self) -> bool {
        self.disk.kept().is_some()
    }

    /// Packets that were in files deleted or overwritten since.
    pub(crate) fn deleted(&self) -> u64 {
        match &self.files {
            Files::Stream(_) => 0,
            Files::Rotating(writer) => writer.deleted(),
        }
    }

    /// Packets the kernel dropped on an interface since the last report.
    pub(crate) fn lost(&mut self, interface: u32, link: LinkType, count: u64) -> Result<(), Failure> {
        match &mut self.files {
            Files::Stream(writer) => writer.lost(interface, link, count),
            Files::Rotating(writer) => writer.lost(interface, link, count),
        }
        .map_err(Failure::from_writer)
    }

    /// What is known of the interfaces now, for the end of the file.
    pub(crate) fn set_statistics(&self, counts: Vec<InterfaceStatistics>) {
        *self.statistics.lock().unwrap_or_else(PoisonError::into_inner) = counts;
    }
}
