//! Reading capture files: one after the other, or merged by time.
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use synack::error::ErrorKind;
use synack::savefile::pcapng::Carried;
use synack::savefile::{ByteOrder, Merge, Savefile, pcap};
use synack::{Error, LinkType, Packet, Source, Step};

use super::filter::{Origin, Select};
use super::growing::Followed;
use super::input::{self, Manner, Opened};
use super::pipeline::{Next, Pipeline};
use super::progress::Meter;
use super::report::{Report, Totals};
use super::scout::Scout;
use super::setup::Setup;
use crate::cli::args::checked::{Config, Input, MAX_SNAPLEN, Task, Write};
use crate::cli::args::view::View;
use crate::cli::failure::{self, Failure, say};
use crate::cli::output;
use crate::cli::output::nonblocking::GLANCE;
use crate::cli::record::Header;
use crate::cli::signal::Signals;

/// How long packets of a slow pipe may wait to be written: a kill takes no more with it.
const FLUSH: Duration = Duration::from_secs(1);

/// Most files that a followed name can have stood for in one pcapng file that is written.
const MOST_FOLLOWED: usize = 4096;

/// Reads the files of the command line.
pub(super) fn run(config: Config) -> Result<ExitCode, Failure> {
    let paths = input::paths(&config.input)?;
    if paths.len() > 500 {
        input::allow_many();
    }
    let files: Vec<Opened> = paths.iter().map(|path| input::open(path)).collect();
    let again = again(&config, &paths)?;
    // The first that is missing ends it at once, others when it is their turn; but where there are
    // too many nothing else can be opened either.
    let too_many = |e: &io::Error| e.raw_os_error() == Some(Errno::MFILE.raw_os_error());
    for (n, opened) in files.iter().enumerate() {
        if let Err(e) = &opened.file
            && (n == 0 || too_many(e))
        {
            return Err(input::unopened(&opened.name, e));
        }
    }
    let inputs: Vec<_> = files.iter().filter_map(|f| f.identity).collect();
    // What comes by a pipe is nowhere else.
    let only = inputs.len() < files.len();
    let mut select = super::select(&config, MAX_SNAPLEN)?;
    select.look_names_up();
    let mut setup = Setup::open(&config, false, true, inputs, only, Signals::take_over()?)?;
    let stop = setup.signals.stop_flag();
    let followed = match (paths.first(), files.first()) {
        (Some(path), Some(file)) => {
            let is_pipe = file.file.is_ok() && file.identity.is_none();
            Followed::begin(&config, path, is_pipe, &stop)?
        }
        _ => None,
    };
    setup.has_helper |= followed.is_some();
    let moves = prints(&config) || followed.is_some();
    let meter = Meter::new(files.iter().filter_map(|f| f.file.as_ref().ok()), moves);
    // Whether somebody looks at it can't be asked later.
    let report = followed.is_some().then(|| Report::new(&config));
    setup.confine(&config, || Ok(()))?;
    // Not before here is a byte of a file looked at.
    let manner = Manner { stop: &stop, meter: &meter, followed: followed.as_ref() };
    let merged = matches!(config.input, Input::Files(_)) && files.len() > 1;
    let count = if followed.is_some() { MOST_FOLLOWED } else { files.len() };
    let others = if merged { count - 1 } else { 0 };
    let mut opened = files.into_iter();
    let mut announced = None;
    let mut start = || -> Option<Result<Savefile, Failure>> {
        let (name, started) = loop {
            let next = opened.next().or_else(|| input::next(followed.as_ref()?))?;
            let name = next.name.clone();
            match input::start(next, others, &manner) {
                // Replaced by another before it had a beginning.
                Err(_) if followed.as_ref().is_some_and(|followed| followed.has_next()) => {}
                started => break (name, started),
            }
        };
        let mut told = |file: &Savefile| {
            // Of a followed name it was said that there is another file.
            let again = followed.is_some() && announced.replace(file.link_type()) == Some(file.link_type());
            if !config.unnamed && !again {
                input::announce(file);
            }
        };
        Some(started.inspect(|file| told(file)).map_err(|mut failure| {
            // Which of several is meant must be said.
            if merged && !failure.message.starts_with(&name) {
                failure.message = format!("{name}: {}", failure.message);
            }
            failure
        }))
    };
    let Some(first) = start() else { return Err(Failure::new("nothing to read")) };
    let first = match first {
        // Stopped before a pipe gave anything: nothing is wrong.
        Err(_) if setup.signals.stopped() => return Ok(ExitCode::SUCCESS),
        Err(_) if followed.as_ref().is_some_and(|followed| followed.is_over()) => {
            return Ok(ExitCode::SUCCESS);
        }
        first => first?,
    };
    let (link, snaplen) = (first.link_type(), first.snaplen());
    select.set_snaplen(snaplen);
    select.set_swapped(first.byte_order() != ByteOrder::NATIVE);
    if let Task::DumpFilter(times) = config.task {
        return super::print_filter(&mut select, times, link, Origin::File);
    }
    // An empty expression, too, is refused for a link type that nobody knows.
    select.begin(link, count > 1 || first.pcap_header().is_none())?;
    let mut select = (!select.is_empty()).then_some(select);
    let corrections = again.map(|again| {
        let left = config.max_packets.filter(|_| !config.wanted.is_narrow());
        Scout { select: select.as_mut(), stop: &stop, meter: &meter, left }.look(again, merged)
    });
    // What is no packet, for a pcapng file.
    let carried =
        config.write.as_ref().is_some_and(Write::is_pcapng).then(|| Carried::new(count).cut_to(cut(&config)));
    let carry = |file: &mut Savefile, source: usize| {
        if let Some(carried) = &carried {
            file.carry(carried, source);
        }
    };
    if merged {
        let mut files = vec![first];
        while let Some(next) = start() {
            files.push(next?);
        }
        files.iter_mut().zip(0..).for_each(|(file, source)| carry(file, source));
        let header = header(&config, &files, carried)?;
        let (mut pipeline, signals) = setup.pipeline(&config, header, select)?;
        pipeline.settle(corrections);
        let mut reading = Reading { pipeline, signals, meter: &meter, followed: None };
        let ended = reading.all(&mut Merge::new(files), true);
        return reading.finish(&config, ended);
    }
    let mut file = first;
    carry(&mut file, 0);
    let mut header = header(&config, std::slice::from_ref(&file), carried.clone())?;
    if count > 1 {
        // What the files of a list keep of a packet is known when it is their turn.
        header.snaplen = header.snaplen.max(MAX_SNAPLEN).min(cut(&config));
    }
    let (mut pipeline, signals) = setup.pipeline(&config, header, select)?;
    pipeline.settle(corrections);
    let followed = followed.as_deref().zip(report);
    let mut reading = Reading { pipeline, signals, meter: &meter, followed };
    let mut source = 0;
    let mut ended = reading.whole(&mut file, source, carried.as_ref());
    while let Ok(Next::More) = ended
        && let Some(next) = start()
    {
        source += 1;
        ended = next.and_then(|next| {
            file = next;
            if source >= count && config.write.as_ref().is_some_and(Write::is_pcapng) {
                return Err(Failure::new(format!("more than {count} files cannot become one pcapng file")));
            }
            carry(&mut file, source);
            if config.write.as_ref().is_some_and(|w| !w.is_pcapng()) && file.link_type() != link {
                return Err(Failure::new(format!("{}: new dlt does not match original", file.name())));
            }
            reading.whole(&mut file, source, carried.as_ref())
        });
        if ended.is_err() && reading.is_over() {
            // Stopped before the file had a beginning.
            ended = Ok(Next::Enough);
        }
    }
    reading.finish(&config, ended)
}

/// The files a second time, where what packets are is known only at the end: `--final`, what
/// `--verdict` chooses, and a page that shows each packet once.
fn again(config: &Config, paths: &[PathBuf]) -> Result<Option<Vec<Opened>>, Failure> {
    let wanted = &config.wanted;
    let prefers = matches!(config.view, View::Page(_));
    if config.follow || config.task != Task::Run || !wanted.settled && wanted.verdicts.is_empty() && !prefers
    {
        return Ok(None);
    }
    let files: Vec<Opened> = paths.iter().map(|path| input::open(path)).collect();
    if let Some(pipe) = files.iter().find(|file| file.file.is_ok() && file.identity.is_none()) {
        return match wanted.settled {
            true => Err(Failure::new(format!(
                "{}: --final reads twice, and this can be read only once",
                pipe.name
            ))),
            // What was found when a packet passed must do.
            false => Ok(None),
        };
    }
    Ok(Some(files))
}

/// One of several files read one after the other: its interfaces are not those of the others.
struct Numbered<'a> {
    file: &'a mut Savefile,
    source: usize,
    carried: &'a Carried,
}

impl Source for Numbered<'_> {
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        self.file.advance(timeout)
    }

    fn packet(&self) -> Packet<'_> {
        let packet = self.file.packet();
        Packet { interface: self.carried.number(self.source, packet.interface), ..packet }
    }

    fn link_type(&self) -> LinkType {
        self.file.link_type()
    }

    fn snaplen(&self) -> u32 {
        self.file.snaplen()
    }
}

/// Files being read.
struct Reading<'a> {
    pipeline: Pipeline,
    signals: Signals,
    meter: &'a Meter,
    /// What is read as it grows, and the account that is given of it.
    followed: Option<(&'a Followed, Report)>,
}

impl Reading<'_> {
    /// Flushes, counts, and says what went wrong.
    fn finish(self, config: &Config, ended: Result<Next, Failure>) -> Result<ExitCode, Failure> {
        let Self { mut pipeline, signals, meter, followed } = self;
        meter.clear();
        if ended.as_ref().is_err_and(|failure| failure.code != failure::ERROR) {
            // Output is broken: nothing more can be written.
            return ended.map(|_| ExitCode::SUCCESS).map_err(|failure| pipeline.account_for(failure));
        }
        pipeline.show_end(None).map_err(|failure| pipeline.account_for(failure))?;
        if signals.stopped() && config.write.is_none() {
            pipeline.end_line()?;
        }
        pipeline.close().map_err(|failure| pipeline.account_for(failure))?;
        while pipeline.hand_over(GLANCE) > 0 && !signals.stopped() {}
        tell_what_was_written(config, &pipeline);
        if let Some((_, report)) = followed {
            report.close(&totals(&pipeline), &pipeline);
        }
        let unfit = pipeline.select.as_mut().and_then(Select::end);
        let code = match ended.map_or_else(Some, |_| unfit) {
            None => ExitCode::SUCCESS,
            Some(failure) => failure.report(),
        };
        if config.display.count_only {
            let n = pipeline.counters.captured();
            output::print(format!("{n} packet{}\n", failure::plural(n)).as_bytes())?;
        }
        Ok(code)
    }

    /// Whether a followed file is left by a signal or `--for`.
    fn is_over(&self) -> bool {
        self.followed.as_ref().is_some_and(|(followed, _)| followed.is_over())
    }

    /// Whether its end is that of the run, or the beginning of another file.
    fn is_left(&self) -> bool {
        self.is_over() || self.followed.as_ref().is_some_and(|(followed, _)| followed.has_next())
    }

    /// What is due each second while nothing comes.
    fn look_around(&mut self) -> Result<(), Failure> {
        let Self { pipeline, followed, .. } = self;
        pipeline.flush_file()?;
        pipeline.look_after_file()?;
        if let Some((_, report)) = followed {
            report.progress(&totals(pipeline), pipeline);
            pipeline.refresh()?;
        }
        Ok(())
    }

    /// Takes every packet of one file.
    fn whole(
        &mut self,
        file: &mut Savefile,
        source: usize,
        carried: Option<&Carried>,
    ) -> Result<Next, Failure> {
        match carried {
            Some(carried) => self.all(&mut Numbered { file, source, carried }, false),
            None => self.all(file, false),
        }
    }

    /// Takes every packet of a source; `others`: after an error there may be more.
    fn all(&mut self, source: &mut dyn Source, others: bool) -> Result<Next, Failure> {
        let clocked = self.pipeline.writer.as_ref().is_some_and(|w| w.has_deadline() || w.has_runner());
        let mut damaged = None;
        let mut flushed = Instant::now();
        while !self.signals.stopped() {
            match source.advance(None) {
                Ok(Step::Packet) => {
                    if self.pipeline.take(&source.packet())? == Next::Enough {
                        return Ok(Next::Enough);
                    }
                }
                // A pipe that is silent: who reads us may wait for what it gave before.
                Ok(Step::Idle) => {
                    self.pipeline.flush_screen()?;
                    if flushed.elapsed() >= FLUSH {
                        self.look_around()?;
                        flushed = Instant::now();
                    }
                }
                Ok(Step::End) => return damaged.map_or(Ok(Next::More), Err),
                // The end of a pipe that was cut short by a stop is no error.
                Err(_) if self.signals.stopped() => break,
                // A record that its writer never ended.
                Err(e) if e.kind() == ErrorKind::Truncated && self.is_left() => return Ok(Next::More),
                Err(e) => {
                    if !others {
                        return Err(input::torn(&e, &e.unnamed()));
                    }
                    let failure = input::torn(&e, &e);
                    // Two messages for two damaged files: this one now, the last at the end.
                    if let Some(earlier) = damaged.replace(failure) {
                        let _code = earlier.report();
                    }
                }
            }
            if self.signals.take_flush() {
                self.pipeline.flush_file()?;
            }
            if let Some((_, report)) = &self.followed
                && self.signals.take_statistics()
            {
                report.line(&totals(&self.pipeline), &self.pipeline);
            }
            if clocked && !self.pipeline.tick()? {
                return Ok(Next::Enough);
            }
        }
        Ok(Next::Enough)
    }
}

/// The counts of a followed file.
fn totals(pipeline: &Pipeline) -> Totals {
    Totals::of_file(pipeline.counters.seen.load(Ordering::Relaxed))
}

/// Whether packets are printed as they come.
fn prints(config: &Config) -> bool {
    let silent = config.display.count_only || config.write.as_ref().is_some_and(|write| !write.print);
    !silent && !config.view.is_printed_at_the_end()
}

/// How many packets of the files read went into the one written.
fn tell_what_was_written(config: &Config, pipeline: &Pipeline) {
    let (Some(write), Some(writer)) = (&config.write, &pipeline.writer) else { return };
    if config.display.quiet > 0 {
        return;
    }
    let (written, refused) = (writer.written(), pipeline.counters.filtered());
    let left = if refused > 0 { format!(", {refused} left out by the filter") } else { String::new() };
    let s = failure::plural(written);
    say(format_args!("{written} packet{s} written to {}{left}", failure::shown(&write.path)));
}

/// What a classic file has beside its link type: the length of the frame check sequence.
fn link_extra(file: &Savefile) -> u32 {
    if let Some(header) = file.pcap_header() {
        return header.link_extra;
    }
    let fcs_len = file.interfaces().first().and_then(|interface| interface.fcs_len);
    fcs_len.map_or(0, pcap::link_extra)
}

/// Most bytes that are written of a packet: those of `-s`, or all.
fn cut(config: &Config) -> u32 {
    Some(config.capture.snaplen).filter(|snaplen| *snaplen < MAX_SNAPLEN).unwrap_or(u32::MAX)
}

/// What a file that is written begins with.
fn header(config: &Config, files: &[Savefile], carried: Option<Carried>) -> Result<Header, Failure> {
    let link = files.first().map_or(LinkType::ETHERNET, Source::link_type);
    let cut = cut(config);
    let snaplen = files.iter().map(Savefile::largest_snaplen).max().unwrap_or(MAX_SNAPLEN).min(cut);
    let finer = files.iter().any(|file| file.finest_precision() == pcap::Precision::Nano);
    let other = files.iter().find(|file| file.link_type() != link);
    if let Some(file) = other
        && config.write.as_ref().is_some_and(|w| !w.is_pcapng())
    {
        let (a, b) = (link, file.link_type());
        let name = file.name();
        return Err(Failure::new(format!(
            "{name} has link type {b}, others {a}: a pcap file can't hold both; use --pcapng"
        )));
    }
    let single = match files {
        [file] => Some(file),
        _ => None,
    };
    Ok(Header {
        link,
        snaplen,
        nanos: config.display.nanos || finer && !config.display.micros,
        interfaces: Vec::new(),
        // What is not known of the machine that captured is not made up.
        section: Some(single.and_then(Savefile::section).cloned().unwrap_or_default()),
        carried,
        link_extra: single.map_or(0, link_extra),
        uneven: true,
        cut: cut as usize,
    })
}
