//! Reading capture files: one after the other, or merged by time.
use std::process::ExitCode;

use synack::savefile::{ByteOrder, Merge, Savefile, pcapng};
use synack::{LinkType, Source, Step};

use super::super::config::{Config, Input, MAX_SNAPLEN, Task, Write};
use super::super::failure::{self, Failure};
use super::super::pipeline::{Next, Pipeline};
use super::super::signal::Signals;
use super::super::sink::Header;
use super::super::{linktype, output};
use super::input::{self, Opened};
use super::progress::Meter;
use super::setup::Setup;

/// Reads the files of the command line.
pub(super) fn run(config: Config) -> Result<ExitCode, Failure> {
    let files: Vec<Opened> = input::paths(&config.input)?.iter().map(|path| input::open(path)).collect();
    if let Some(Opened { name, file: Err(e), .. }) = files.first() {
        return Err(input::unopened(name, e));
    }
    let inputs = files.iter().filter_map(|f| f.identity).collect();
    let mut select = super::select(&config, MAX_SNAPLEN)?;
    select.look_names_up();
    let setup = Setup::open(&config, false, true, inputs)?;
    let meter = Meter::new(files.iter().filter_map(|f| f.file.as_ref().ok()));
    setup.confine(&config)?;
    // Not before here is a byte of a file looked at.
    let stop = setup.signals.stop_flag();
    let merged = matches!(config.input, Input::Files(_)) && files.len() > 1;
    let mut opened = files.into_iter();
    let mut start = || -> Option<Result<Savefile, Failure>> {
        let next = opened.next()?;
        let name = next.name.clone();
        let started = input::start(next, &stop, &meter).inspect(input::announce);
        Some(started.map_err(|mut failure| {
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
        first => first?,
    };
    let (link, snaplen) = (first.link_type(), first.snaplen());
    select.set_snaplen(snaplen);
    select.set_swapped(first.byte_order() != ByteOrder::NATIVE);
    if let Task::DumpFilter(times) = config.task {
        return super::print_filter(&mut select, times, link, false);
    }
    // An empty expression, too, is refused for a link type that nobody knows.
    select.filter(link, false)?;
    let select = (!select.is_empty()).then_some(select);
    if merged {
        let mut files = vec![first];
        while let Some(next) = start() {
            files.push(next?);
        }
        let header = header(&config, &files)?;
        let (pipeline, signals) = setup.pipeline(&config, header, select)?;
        let mut reading = Reading { pipeline, signals, meter: &meter };
        let ended = reading.all(&mut Merge::new(files), true);
        return reading.finish(&config, ended);
    }
    let mut file = first;
    let header = header(&config, std::slice::from_ref(&file))?;
    let (pipeline, signals) = setup.pipeline(&config, header, select)?;
    let mut reading = Reading { pipeline, signals, meter: &meter };
    let mut ended = reading.whole(&mut file);
    while let Ok(Next::More) = ended
        && let Some(next) = start()
    {
        ended = next.and_then(|next| {
            file = next;
            if config.write.as_ref().is_some_and(|w| !w.is_pcapng()) && file.link_type() != link {
                return Err(Failure::new(format!("{}: new dlt does not match original", file.name())));
            }
            reading.whole(&mut file)
        });
    }
    reading.finish(&config, ended)
}

/// Files being read.
struct Reading<'a> {
    pipeline: Pipeline,
    signals: Signals,
    meter: &'a Meter,
}

impl Reading<'_> {
    /// Flushes, counts, and says what went wrong.
    fn finish(self, config: &Config, ended: Result<Next, Failure>) -> Result<ExitCode, Failure> {
        let Self { mut pipeline, signals, meter } = self;
        meter.clear();
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

    /// Takes every packet of one file.
    fn whole(&mut self, file: &mut Savefile) -> Result<Next, Failure> {
        if let Some(screen) = &mut self.pipeline.screen {
            let classic = file.pcap_header();
            let signed = classic.is_some_and(|header| header.order == ByteOrder::NATIVE);
            screen.printer.set_unsigned_seconds(!signed);
        }
        self.all(file, false)
    }

    /// Takes every packet of a source; `others`: after an error there may be more.
    fn all(&mut self, source: &mut dyn Source, others: bool) -> Result<Next, Failure> {
        let Self { pipeline, signals, meter } = self;
        let clocked = pipeline.writer.as_ref().is_some_and(|w| w.has_deadline() || w.has_runner());
        let mut damaged = None;
        while !signals.stopped() {
            match source.advance(None) {
                Ok(Step::Packet) => {
                    if pipeline.take(&source.packet())? == Next::Enough {
                        return Ok(Next::Enough);
                    }
                }
                Ok(Step::Idle) => {}
                Ok(Step::End) => return damaged.map_or(Ok(Next::More), Err),
                // The end of a pipe that was cut short by a stop is no error.
                Err(_) if signals.stopped() => break,
                Err(e) => {
                    let failure = Failure::new(format!("pcap_loop: {e}"));
                    if !others {
                        return Err(failure);
                    }
                    // Two messages for two damaged files: this one now, the last at the end.
                    if let Some(earlier) = damaged.replace(failure) {
                        let _code = earlier.report();
                    }
                }
            }
            meter.show();
            if signals.take_flush() {
                pipeline.flush_file()?;
            }
            if clocked && !pipeline.tick()? {
                return Ok(Next::Enough);
            }
        }
        Ok(Next::Enough)
    }
}

/// What a file that is written begins with.
fn header(config: &Config, files: &[Savefile]) -> Result<Header, Failure> {
    let link = files.first().map_or(LinkType::ETHERNET, Source::link_type);
    let snaplen = files.iter().map(Source::snaplen).max().unwrap_or(MAX_SNAPLEN);
    let other = files.iter().find(|file| file.link_type() != link);
    if let Some(file) = other
        && config.write.as_ref().is_some_and(|w| !w.is_pcapng())
    {
        let (a, b) = (linktype::banner(link), linktype::banner(file.link_type()));
        let name = file.name();
        return Err(Failure::new(format!(
            "{name} has link type {b}, others {a}: a pcap file can't hold both; use --pcapng"
        )));
    }
    let interfaces = match files {
        // The interfaces of a single file keep their numbers and what is known of them.
        [file] => file
            .interfaces()
            .iter()
            .zip(0..)
            .map(|(known, number)| {
                let owned = |text: Option<&str>| text.map(str::to_owned);
                let options = pcapng::InterfaceOptions {
                    snaplen: known.snaplen,
                    name: owned(known.name()),
                    description: owned(known.description()),
                    filter: owned(known.filter()),
                    os: owned(known.os()),
                    ..pcapng::InterfaceOptions::new(known.link)
                };
                (Some(number), options)
            })
            .collect(),
        _ => Vec::new(),
    };
    // Of several files nothing is kept but packets.
    let single = match files {
        [file] => Some(file),
        _ => None,
    };
    let pcapng = config.write.as_ref().is_some_and(Write::is_pcapng);
    Ok(Header {
        link,
        snaplen,
        nanos: config.display.nanos,
        interfaces,
        section: single.and_then(Savefile::section).cloned(),
        carried: single.filter(|_| pcapng).and_then(Savefile::carried),
        link_extra: single.and_then(Savefile::pcap_header).map_or(0, |header| header.link_extra),
    })
}
