//! `synack lab -- COMMAND`: runs a command in a network of its own, keeps what passes on its loopback
//! interface, and explains it when the command has ended. With `--host` it runs in this network, and what is
//! kept are the command's own connections.
//!
//! | to change | look in |
//! | --- | --- |
//! | the order of things | here |
//! | the command: its start, signals, its end | `session` |
//! | which connections are the command's, with `--host` | `group` |
//! | the form of `--quiz`, and reading it | `answers` |
pub(crate) mod answers;
mod group;
mod session;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, MemfdFlags, Mode, OFlags};
use rustix::process::geteuid;
use synack::capture::{ANY, Capture, Ends, GroupWatch};
use synack::filter::Filter;
use synack::savefile::pcap::{PcapOptions, PcapWriter, Precision};
use synack::savefile::{self, Ownership, PacketWriter};
use synack::{Layers, LinkType, Source};

use super::namespace;
use crate::cli::args::checked::Config;
use crate::cli::args::lab::Lab;
use crate::cli::confine::privilege::Target;
use crate::cli::failure::{self, Failure, plural, reason, say, shown};
use crate::cli::run as sniffer;

/// How long the capture may gather before it hands packets over.
const GATHER: Duration = Duration::from_millis(10);

/// Runs the command, and shows what passed.
///
/// # Errors
/// The command, the network or the capture cannot be had, or output fails.
pub(crate) fn run(mut lab: Lab) -> Result<ExitCode, Failure> {
    let command = std::mem::take(&mut lab.command);
    let Some((program, words)) = command.split_first() else {
        if lab.args.read.is_empty() {
            let failure = Failure::new("lab needs a command to run, or a capture to look at");
            return Err(failure.with_hint("synack lab -- COMMAND, or synack lab -r FILE"));
        }
        return Config::from_lab(lab, None).and_then(sniffer::run);
    };
    if !lab.args.read.is_empty() {
        return Err(Failure::new("-r and a command are mutually exclusive"));
    }
    let kept = lab.args.write.take();
    if lab.makes_form() && kept.is_none() {
        let failure =
            Failure::new("--quiz of a command needs -w FILE: --check marks answers by that capture");
        return Err(failure.with_hint("synack lab --quiz form.json -w lab.pcap -- COMMAND"));
    }
    // What is wrong with the options is said before anything runs.
    let host = lab.host;
    let room = || unnamed().map_err(|e| Failure::new(format!("no room for the capture: {}", reason(&e))));
    let capture_file = room()?;
    let config = Config::from_lab(lab, Some(path_of(&capture_file)))?;
    let copy = kept.map(|path| output(&path).map(|file| (file, path))).transpose()?;
    let group = if host { watched() } else { None };
    let mut capture = open(host, group.is_some())?;
    let place = session::Place { host, group: group.as_ref() };
    let outcome = if let Some(group) = &group {
        let everything = room()?;
        let outcome = session::run(program, words, place, |stop| record(&mut capture, &everything, stop))?;
        pick(&everything, &capture_file, group)?;
        outcome
    } else {
        session::run(program, words, place, |stop| record(&mut capture, &capture_file, stop))?
    };
    drop(group);
    tell(program, &outcome);
    if let Some((mut file, path)) = copy {
        let failed = |e: io::Error| Failure::write(&shown(&path), &e);
        (&capture_file).rewind().map_err(failed)?;
        io::copy(&mut &capture_file, &mut file).map_err(failed)?;
    }
    drop(capture);
    let code = sniffer::run(config)?;
    Ok(if outcome.code == failure::OK { code } else { ExitCode::from(outcome.code) })
}

/// A group that tells which connections are the command's; where there can be none, that is said.
fn watched() -> Option<group::Group> {
    group::Group::new()
        .inspect_err(|why| {
            say(format_args!(
                "synack: this system does not tell which connections are the command's ({}): what follows is all TCP on loopback meanwhile",
                crate::cli::failure::printable(why)
            ));
        })
        .ok()
}

/// A capture of loopback, in a network of its own or in this one; or of every interface of this one,
/// where the command's connections are `known`.
fn open(host: bool, known: bool) -> Result<Capture, Failure> {
    if !host {
        namespace::enter().map_err(|why| {
            let failure = Failure {
                code: failure::PERMISSION,
                message: format!("this system lets no user make a network of one's own ({why})"),
            };
            failure.with_hint(
                "sudo synack lab -- COMMAND; or sudo synack lab --host -- COMMAND, on this machine's loopback",
            )
        })?;
    }
    let (interface, link) = if known { (ANY, LinkType::LINUX_SLL2) } else { ("lo", LinkType::ETHERNET) };
    let filter =
        Filter::compile("tcp", link).map_err(|e| Failure::new(format!("the filter of a lab: {e}")))?;
    let builder = Capture::builder(interface).filter(filter.program()).timeout(GATHER);
    let builder = if known { builder.link_type(link) } else { builder };
    builder.open().map_err(|e| Failure::from_capture(&e))
}

/// Copies the segments of the command's own connections.
fn pick(from: &File, to: &File, group: &group::Group) -> Result<(), Failure> {
    let own = group.connections().map_err(|e| Failure::new(format!("bpf: {}", reason(&e))))?;
    if own.len() * 2 >= GroupWatch::MOST {
        say(format_args!("synack: only the first {} connections are told apart", own.len()));
    }
    let failed = |e: io::Error| Failure::write("the capture", &e);
    let sink = to.try_clone().map_err(failed)?;
    let mut source = savefile::open(path_of(from))?;
    let options = PcapOptions { precision: Precision::Nano, ..PcapOptions::new(LinkType::LINUX_SLL2) };
    let mut writer = PcapWriter::new(sink, "the capture", options).map_err(Failure::from_writer)?;
    while let Some(packet) = source.next_packet()? {
        if Ends::of(&Layers::decode(packet.link, packet.data)).is_some_and(|ends| own.contains(&ends)) {
            writer.write(&packet).map_err(Failure::from_writer)?;
        }
    }
    writer.flush().map_err(Failure::from_writer)
}

/// Writes what passes into the file until the capture is stopped and drained.
fn record(capture: &mut Capture, file: &File, stop: &mut dyn FnMut(&Capture)) -> Result<(), Failure> {
    let options = PcapOptions { precision: Precision::Nano, ..PcapOptions::new(capture.link_type()) };
    let sink = file.try_clone().map_err(|e| Failure::write("the capture", &e))?;
    let mut writer = PcapWriter::new(sink, "the capture", options).map_err(Failure::from_writer)?;
    let mut looked = Instant::now();
    loop {
        match capture.advance(Some(GATHER))? {
            synack::Step::Packet => writer.write(&capture.packet()).map_err(Failure::from_writer)?,
            synack::Step::Idle => {}
            synack::Step::End => break,
        }
        if looked.elapsed() >= GATHER {
            stop(capture);
            // After it: what it looks at may be long.
            looked = Instant::now();
        }
    }
    writer.flush().map_err(Failure::from_writer)?;
    let stats = capture.stats()?;
    if stats.dropped > 0 {
        say(format_args!("synack: the kernel dropped {} packet{}", stats.dropped, plural(stats.dropped)));
    }
    Ok(())
}

/// A file without a name, on a disk if there is one.
fn unnamed() -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    match rustix::fs::openat(CWD, std::env::temp_dir(), flags, mode) {
        Ok(file) => Ok(file.into()),
        Err(_) => Ok(rustix::fs::memfd_create("synack lab", MemfdFlags::CLOEXEC)?.into()),
    }
}

fn path_of(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The file of `-w`, for who called.
fn output(path: &Path) -> Result<File, Failure> {
    let target = Target::choose(None)?;
    let own = geteuid().as_raw();
    let give_to = target.as_ref().map(|t| (t.uid.as_raw(), t.gid.as_raw()));
    let trusted = vec![own, give_to.map_or(own, |ids| ids.0)];
    let ownership = Ownership { trusted, give_to, inputs: Vec::new() };
    savefile::create(path, &ownership).map_err(Failure::from_making)
}

/// How the command ended, if not well.
fn tell(program: &OsString, outcome: &session::Outcome) {
    let name = shown(Path::new(program));
    match outcome.signal {
        Some(signal) => say(format_args!("synack: {name} was ended by {signal}")),
        None if outcome.code != failure::OK => {
            say(format_args!("synack: {name} ended with exit code {}", outcome.code));
        }
        None => {}
    }
    if outcome.left > 0 {
        let n = outcome.left;
        say(format_args!("synack: {n} connection{} open when the capture ended", plural(n)));
    }
}
