//! Reading capture files.
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use synack::savefile::{Savefile, pcapng};
use synack::{LinkType, Source, Step};

use super::super::config::{Config, Input, Task};
use super::super::failure::{self, Failure, reason, say, shown};
use super::super::pipeline::{Next, Pipeline};
use super::super::signal::Signals;
use super::super::sink::Header;
use super::super::{linktype, output};
use super::setup::Setup;

/// How often a silent pipe is looked away from to see whether to stop.
const TICK: Duration = Duration::from_millis(100);

/// A file of the command line, open or not.
struct Opened {
    name: String,
    file: io::Result<File>,
    /// Device and inode, of a regular file.
    identity: Option<(u64, u64)>,
}

/// Reads the files of the command line.
pub(super) fn run(config: Config) -> Result<ExitCode, Failure> {
    let mut files: Vec<Opened> = paths(&config.input)?.iter().map(|path| open(path)).collect();
    if let Some(Opened { name, file: Err(e), .. }) = files.first() {
        return Err(unopened(name, e));
    }
    let inputs = files.iter().filter_map(|f| f.identity).collect();
    let mut select = super::select(&config, super::super::config::MAX_SNAPLEN)?;
    select.look_names_up();
    let setup = Setup::open(&config, false, true, inputs)?;
    setup.confine(&config)?;
    // Not before here is a byte of a file looked at.
    let stop = setup.signals.stop_flag();
    let mut opened = files.drain(..);
    let Some(first) = opened.next() else { return Err(Failure::new("nothing to read")) };
    let mut file = start(first, &stop)?;
    announce(&file);
    let (link, snaplen) = (file.link_type(), file.snaplen());
    select.set_snaplen(snaplen);
    if let Task::DumpFilter(times) = config.task {
        return super::print_filter(&mut select, times, link, false);
    }
    let select = if select.is_empty() {
        None
    } else {
        select.filter(link, false)?;
        Some(select)
    };
    let (mut pipeline, signals) = setup.pipeline(&config, header(&config, &file), select)?;
    let mut ended = read(&mut file, &mut pipeline, &signals);
    while let Ok(Next::More) = ended
        && !signals.stopped()
        && let Some(next) = opened.next()
    {
        ended = start(next, &stop).and_then(|next| {
            file = next;
            if config.write.is_some() && file.link_type() != link {
                return Err(Failure::new(format!("{}: new dlt does not match original", file.name())));
            }
            announce(&file);
            read(&mut file, &mut pipeline, &signals)
        });
    }
    finish(&config, pipeline, &signals, ended)
}

/// Flushes, counts, and says what went wrong.
fn finish(
    config: &Config,
    mut pipeline: Pipeline,
    signals: &Signals,
    ended: Result<Next, Failure>,
) -> Result<ExitCode, Failure> {
    if ended.as_ref().is_err_and(|failure| failure.code != failure::ERROR) {
        // Output is broken: nothing more can be written.
        return ended.map(|_| ExitCode::SUCCESS).map_err(|failure| pipeline.account_for(failure));
    }
    pipeline.close().map_err(|failure| pipeline.account_for(failure))?;
    if signals.stopped() && config.write.is_none() {
        // tcpdump ends interrupted output with an empty line.
        output::print(b"\n")?;
    }
    let code = match ended {
        Ok(_) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    };
    if config.display.count_only {
        let n = pipeline.counters.captured();
        let plural = if n == 1 { "" } else { "s" };
        output::print(format!("{n} packet{plural}\n").as_bytes())?;
    }
    Ok(code)
}

/// The files to read.
fn paths(input: &Input) -> Result<Vec<PathBuf>, Failure> {
    let list = match input {
        Input::Files(paths) => return Ok(paths.clone()),
        Input::List(list) => list,
        Input::Live(_) => return Ok(Vec::new()),
    };
    let text =
        if list.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { fs::read_to_string(list) };
    let text = text.map_err(|e| Failure::new(format!("Unable to open file: {}", reason(&e))))?;
    let paths: Vec<PathBuf> = text.lines().filter(|line| !line.is_empty()).map(PathBuf::from).collect();
    if paths.is_empty() {
        return Err(Failure::new(format!("Nothing in {}", shown(list))));
    }
    Ok(paths)
}

fn open(path: &Path) -> Opened {
    let file = if path.as_os_str() == "-" {
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    } else {
        File::open(path)
    };
    let identity = file.as_ref().ok().and_then(identity);
    Opened { name: shown(path), file, identity }
}

fn unopened(name: &str, error: &io::Error) -> Failure {
    Failure::new(format!("{name}: {}", reason(error)))
}

/// Device and inode of a regular file.
fn identity(file: &File) -> Option<(u64, u64)> {
    let found = file.metadata().ok().filter(|found| found.is_file())?;
    Some((found.dev(), found.ino()))
}

/// Reads a file's header.
fn start(opened: Opened, stop: &Arc<AtomicBool>) -> Result<Savefile, Failure> {
    let file = opened.file.map_err(|e| unopened(&opened.name, &e))?;
    let stream: Box<dyn Read + Send> = match opened.identity {
        Some(_) => Box::new(file),
        None => Box::new(Pipe { file, stop: Arc::clone(stop) }),
    };
    Ok(Savefile::from_stream(opened.name, stream)?)
}

/// A stream that may be silent for long: a stop ends it as if the writer had closed it.
struct Pipe {
    file: File,
    stop: Arc<AtomicBool>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let tick = Timespec::try_from(TICK).map_err(io::Error::other)?;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(0);
            }
            match rustix::event::poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&tick)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return self.file.read(buffer),
                Err(e) => return Err(e.into()),
            }
        }
    }
}

/// What a file that is written begins with.
fn header(config: &Config, file: &Savefile) -> Header {
    let (link, snaplen) = (file.link_type(), file.snaplen());
    let interface = pcapng::InterfaceOptions { snaplen, ..pcapng::InterfaceOptions::new(link) };
    Header { link, snaplen, nanos: config.display.nanos, interfaces: vec![(None, interface)] }
}

/// tcpdump's banner.
fn announce(file: &Savefile) {
    let link = file.link_type();
    say(format_args!(
        "reading from file {}, link-type {}, snapshot length {}",
        file.name(),
        linktype::banner(link),
        file.snaplen()
    ));
    if link == LinkType::LINUX_SLL2 {
        say(format_args!("Warning: interface names might be incorrect"));
    }
}

fn read(file: &mut Savefile, pipeline: &mut Pipeline, signals: &Signals) -> Result<Next, Failure> {
    let clocked = pipeline.writer.as_ref().is_some_and(|w| w.has_deadline() || w.has_runner());
    while !signals.stopped() {
        match file.advance(None) {
            Ok(Step::Packet) => {
                if pipeline.take(&file.packet())? == Next::Enough {
                    return Ok(Next::Enough);
                }
            }
            Ok(Step::Idle) => {}
            Ok(Step::End) => return Ok(Next::More),
            // The end of a pipe that was cut short by a stop is no error.
            Err(_) if signals.stopped() => break,
            Err(e) => return Err(Failure::new(format!("pcap_loop: {e}"))),
        }
        if signals.take_flush() {
            pipeline.flush_file()?;
        }
        if clocked && !pipeline.tick()? {
            return Ok(Next::Enough);
        }
    }
    Ok(Next::Enough)
}
