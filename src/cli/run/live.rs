//! Capturing: open, shut in, loop, drain, account for every packet.
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec};
use synack::capture::{self, FilterMode, Stats};
use synack::savefile::{InterfaceStatistics, pcapng};
use synack::{LinkType, Step, Timestamp};

use super::super::config::{Config, Engine, Input, Task, Ways};
use super::super::failure::{self, Failure, say};
use super::super::pipeline::{Next, Pipeline};
use super::super::signal::Signals;
use super::super::sink::Header;
use super::super::{linktype, output};
use super::report::Report;
use super::setup::Setup;
use super::source::Live;

/// Longest wait before signals and clocks are looked at again.
const TICK: Duration = Duration::from_millis(100);

/// Packets taken from one interface before the others have their turn.
const TURN: u32 = 256;

/// How long packets may gather in the kernel when they are only written to a file; a stop waits
/// as long at most.
const UNSEEN: Duration = Duration::from_millis(50);

/// Captures from the interfaces of the command line.
pub(super) fn run(config: Config) -> Result<ExitCode, Failure> {
    let Input::Live(wanted) = &config.input else { return Err(Failure::new("nothing to capture from")) };
    let mut sources = Vec::new();
    for name in interfaces(wanted)? {
        sources.push(open(&config, &name)?);
    }
    if config.capture.engine == Engine::Packet
        && let Some(link) = config.filter.link.or_else(|| cooked(wanted))
    {
        let name = linktype::describe(link).map_or_else(|| link.0.to_string(), |d| d.0.to_owned());
        say(format_args!("synack: data link type {name}"));
    }
    let Some(first) = sources.first() else { return Err(Failure::new("nothing to capture from")) };
    let (link, snaplen) = (first.link_type(), config.capture.snaplen);
    if let Task::DumpFilter(times) = config.task {
        return super::dump_filter(&config, times, link, snaplen, true);
    }
    if let Some(write) = &config.write
        && !write.is_pcapng()
        && let Some(other) = sources.iter().find(|s| s.link_type() != link)
    {
        let (a, b) = (linktype::banner(link), linktype::banner(other.link_type()));
        return Err(Failure::new(format!(
            "{} has link type {b}, {} has {a}: a pcap file can't hold both; use --pcapng",
            other.name(),
            first.name()
        )));
    }
    let setup = Setup::open(&config, true, link == LinkType::LINUX_SLL2, Vec::new())?;
    setup.confine(&config)?;
    let (pipeline, signals) = setup.pipeline(&config, header(&config, &sources), None)?;
    announce(&config, &sources);
    let report = Report::new(&config);
    let deadline = config.duration.map(|d| Instant::now() + d);
    let sources = sources.into_iter().map(|source| Running { source, alive: true, told: 0 }).collect();
    let (start, code) = (now(), failure::OK);
    Session { config: &config, sources, pipeline, signals, report, deadline, start, enough: false, code }
        .run()
}

/// The interfaces to capture from: those named, or the first of the list.
fn interfaces(wanted: &[String]) -> Result<Vec<String>, Failure> {
    if !wanted.is_empty() {
        return Ok(wanted.to_vec());
    }
    let first = capture::interfaces()?.into_iter().next();
    first.map(|i| vec![i.name]).ok_or_else(|| Failure::new("no interfaces available for capture"))
}

/// tcpdump captures cooked frames of version 2 from `any` unless told otherwise.
fn cooked(wanted: &[String]) -> Option<LinkType> {
    wanted.iter().any(|name| name == capture::ANY).then_some(LinkType::LINUX_SLL2)
}

fn open(config: &Config, name: &str) -> Result<Box<dyn Live>, Failure> {
    let options = &config.capture;
    if options.engine == Engine::Raw {
        return open_raw(config, name);
    }
    let mut builder = capture::Capture::builder(name)
        .snaplen(options.snaplen)
        .promiscuous(options.promiscuous)
        .direction(match options.ways {
            Ways::In => capture::Ways::In,
            Ways::Out => capture::Ways::Out,
            Ways::Both => capture::Ways::InOut,
        });
    if let Some(bytes) = options.buffer {
        builder = builder.buffer_size(bytes);
    }
    if options.immediate {
        builder = builder.timeout(Duration::from_millis(1));
    }
    if let Some(link) = config.filter.link {
        builder = builder.link_type(link);
    }
    if config.write.as_ref().is_some_and(|write| !write.print && !options.immediate) {
        // Nobody looks on: fuller blocks hold more in the ring when the disk stalls.
        builder = builder.timeout(UNSEEN);
    }
    let mut select = super::select(config, options.snaplen)?;
    let filtered = config.task == Task::Run && !select.is_empty();
    if filtered {
        // In place before the first packet, so that nothing else is counted.
        let link = builder.resolve_link_type().map_err(|e| Failure::from_capture(&e))?;
        builder = builder.filter(select.filter(link, true)?.program());
    }
    let capture = builder.open().map_err(|e| Failure::from_capture(&e))?;
    if filtered && config.display.verbose > 0 && capture.filter_mode() == FilterMode::UserSpace {
        say(format_args!("synack: {name}: the kernel can't run this filter; it runs in this process"));
    }
    Ok(Box::new(capture))
}

/// Opens the raw socket, which has a choice of nothing.
fn open_raw(config: &Config, name: &str) -> Result<Box<dyn Live>, Failure> {
    let options = &config.capture;
    if options.ways == Ways::Out {
        return Err(Failure::new("--engine raw sees no outgoing packets: -Q out would show nothing"));
    }
    let mut builder = capture::RawCapture::builder(name).snaplen(options.snaplen);
    if let Some(bytes) = options.buffer {
        builder = builder.buffer_size(bytes);
    }
    let mut select = super::select(config, options.snaplen)?;
    if config.task == Task::Run && !select.is_empty() {
        builder = builder.filter(select.filter(LinkType::RAW, false)?.program());
    }
    let capture = builder.open().map_err(|e| Failure::from_capture(&e))?;
    say(format_args!("synack: {}", capture::RawCapture::limits()));
    Ok(Box::new(capture))
}

/// What a file that is written begins with.
fn header(config: &Config, sources: &[Box<dyn Live>]) -> Header {
    let snaplen = config.capture.snaplen;
    let describe = |source: &dyn Live| {
        let number = source.number();
        let options = pcapng::InterfaceOptions {
            snaplen,
            name: Some(source.name().to_owned()),
            filter: Some(config.filter.words.clone()),
            os: Some("Linux".into()),
            ..pcapng::InterfaceOptions::new(source.link_type())
        };
        ((number != 0).then_some(number), options)
    };
    Header {
        link: sources.first().map_or(LinkType::ETHERNET, |s| s.link_type()),
        snaplen,
        nanos: config.display.nanos,
        interfaces: sources.iter().map(|source| describe(&**source)).collect(),
        section: None,
        carried: None,
        link_extra: 0,
    }
}

/// tcpdump's banner.
fn announce(config: &Config, sources: &[Box<dyn Live>]) {
    let hint = config.display.verbose == 0 && config.write.is_none();
    if hint {
        say(format_args!("synack: verbose output suppressed, use -v[v]... for full protocol decode"));
    }
    let prefix = if hint { "" } else { "synack: " };
    for source in sources {
        say(format_args!(
            "{prefix}listening on {}, link-type {}, snapshot length {} bytes",
            source.name(),
            linktype::banner(source.link_type()),
            config.capture.snaplen
        ));
    }
}

/// A capture under way.
struct Session<'a> {
    config: &'a Config,
    sources: Vec<Running>,
    pipeline: Pipeline,
    signals: Signals,
    report: Report,
    deadline: Option<Instant>,
    start: Timestamp,
    /// `-c` is reached.
    enough: bool,
    code: u8,
}

/// An interface, and whether it may have more packets.
struct Running {
    source: Box<dyn Live>,
    alive: bool,
    /// Drops that the capture file was told of.
    told: u64,
}

impl Session<'_> {
    fn run(mut self) -> Result<ExitCode, Failure> {
        let ended = self.capture();
        self.stop();
        let totals = self.totals();
        let ended = ended.and_then(|()| self.pipeline.close());
        if self.signals.stopped() && self.config.write.is_none() && ended.is_ok() {
            // tcpdump ends interrupted output with an empty line.
            let _nobody_reads = output::print(b"\n");
        }
        self.report.close(&totals, &self.pipeline);
        if let Err(failure) = ended {
            let failure = self.pipeline.account_for(failure);
            let _code = failure.report();
            self.code = self.code.max(failure.code);
        }
        Ok(ExitCode::from(self.code))
    }

    /// Takes packets until something ends it, and then those that were received before.
    fn capture(&mut self) -> Result<(), Failure> {
        let mut stopping = false;
        while !self.enough && self.sources.iter().any(|s| s.alive) {
            let late = self.deadline.is_some_and(|d| Instant::now() >= d);
            if !stopping && (late || self.signals.stopped()) {
                stopping = true;
                self.stop();
            }
            self.on_signals()?;
            let mut busy = false;
            for i in 0..self.sources.len() {
                busy |= self.turn(i, Duration::ZERO)?;
            }
            self.tick()?;
            if !busy && !self.enough {
                // Nothing more for now: whoever reads along sees all there is.
                self.pipeline.flush_screen()?;
                self.wait()?;
            }
        }
        Ok(())
    }

    /// Freezes every source.
    fn stop(&mut self) {
        self.sources.iter_mut().for_each(|s| s.source.stop());
    }

    /// Takes what one interface has, up to a limit, and waits for the first packet if told to.
    /// Whether there was any.
    fn turn(&mut self, i: usize, mut wait: Duration) -> Result<bool, Failure> {
        let Some(running) = self.sources.get_mut(i).filter(|s| s.alive) else { return Ok(false) };
        for taken in 0..TURN {
            match running.source.advance(Some(wait)) {
                Ok(Step::Packet) => {
                    if self.pipeline.take(&running.source.packet())? == Next::Enough {
                        self.enough = true;
                        return Ok(true);
                    }
                }
                Ok(Step::Idle) => return Ok(taken > 0),
                Ok(Step::End) => {
                    running.alive = false;
                    return Ok(taken > 0);
                }
                Err(e) => {
                    say(format_args!("synack: {e}"));
                    self.code = failure::ERROR;
                    running.alive = false;
                    return Ok(taken > 0);
                }
            }
            wait = Duration::ZERO;
        }
        Ok(true)
    }

    /// Waits for packets, a signal or the next look at the clock.
    fn wait(&mut self) -> Result<(), Failure> {
        let left = self.deadline.map_or(TICK, |d| d.saturating_duration_since(Instant::now()).min(TICK));
        if self.sources.len() == 1 {
            // The engine itself knows best what to wait for.
            return self.turn(0, left).map(drop);
        }
        let alive = self.sources.iter().filter(|s| s.alive);
        let mut fds: Vec<PollFd<'_>> =
            alive.map(|s| PollFd::from_borrowed_fd(s.source.fd(), PollFlags::IN)).collect();
        let timeout = Timespec::try_from(left).map_err(|e| Failure::new(e.to_string()))?;
        match rustix::event::poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(Failure::new(format!("cannot wait for packets: {e}"))),
        }
    }

    fn on_signals(&mut self) -> Result<(), Failure> {
        if self.signals.take_statistics() {
            let totals = self.totals();
            self.report.line(&totals, &self.pipeline);
        }
        if self.signals.take_flush() {
            self.pipeline.flush_file()?;
        }
        Ok(())
    }

    /// What is due by the clock.
    fn tick(&mut self) -> Result<(), Failure> {
        if !self.pipeline.tick()? {
            self.enough = true;
        }
        for Running { source, .. } in &mut self.sources {
            while let Some(notice) = source.notice() {
                say(format_args!("synack: {notice}"));
            }
        }
        if self.report.is_due() {
            // A kill takes at most a second of packets with it.
            self.pipeline.flush_file()?;
            self.pipeline.mark_file();
            let totals = self.totals();
            self.report.progress(&totals, &self.pipeline);
        }
        Ok(())
    }

    /// The counts of all interfaces together.
    fn totals(&mut self) -> Stats {
        let mut all = Stats::default();
        let mut each = Vec::with_capacity(self.sources.len());
        for Running { source, told, .. } in &mut self.sources {
            match source.stats() {
                Ok(stats) => {
                    all.received += stats.received;
                    all.dropped += stats.dropped;
                    all.if_dropped += stats.if_dropped;
                    all.delivered += stats.delivered;
                    all.filtered += stats.filtered;
                    let fresh = stats.dropped.saturating_sub(*told);
                    if let Some(writer) = self.pipeline.writer.as_mut().filter(|_| fresh > 0)
                        && writer.lost(source.number(), source.link_type(), fresh).is_ok()
                    {
                        *told = stats.dropped;
                    }
                    each.push(InterfaceStatistics {
                        interface: source.number(),
                        link: source.link_type(),
                        start: self.start,
                        end: now(),
                        received: None,
                        dropped_by_interface: Some(stats.if_dropped),
                        accepted: Some(stats.received),
                        dropped_by_kernel: Some(stats.dropped),
                        delivered: Some(stats.delivered),
                    });
                }
                Err(e) => say(format_args!("synack: {e}")),
            }
        }
        if let Some(writer) = &self.pipeline.writer {
            writer.set_statistics(each);
        }
        all
    }
}

/// The time of day.
fn now() -> Timestamp {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::new(time.as_secs().try_into().unwrap_or(i64::MAX), time.subsec_nanos().into())
}
