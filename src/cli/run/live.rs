//! Capturing: shut in, loop, drain, account for every packet.
use std::process::ExitCode;
use std::time::{Duration, Instant};

use signal_hook::low_level;
use synack::capture::{self, Live};
use synack::savefile::{InterfaceStatistics, pcapng};
use synack::{Error, LinkType, Step, Timestamp};

use super::crew::Closers;
use super::filter::Origin;
use super::open;
use super::pipeline::{Next, Pipeline};
use super::report::{Report, Totals};
use super::setup::Setup;
use super::source::{Account, Sources};
use crate::cli::args::checked::{Config, Engine, Input, Task};
use crate::cli::args::view::View;
use crate::cli::failure::{self, Failure, say};
use crate::cli::output;
use crate::cli::output::messages;
use crate::cli::output::nonblocking::{GLANCE, blocked};
use crate::cli::record::Header;
use crate::cli::signal::{Signals, Starting};
use crate::cli::urgency::GIVEN_UP_AT_ONCE;

/// Longest wait before signals and clocks are looked at again.
const TICK: Duration = Duration::from_millis(100);

/// Packets taken before signals and clocks have their turn.
const TURN: u32 = 256;

/// How soon a reader who fell behind is asked whether it takes more.
const AGAIN: Duration = Duration::from_millis(5);

/// Captures from the interfaces of the command line.
pub(super) fn run(config: Config) -> Result<ExitCode, Failure> {
    let Input::Live(wanted) = &config.input else { return Err(Failure::new("nothing to capture from")) };
    let names = open::interfaces(wanted)?;
    let many = names.len() > 1;
    if many {
        capture::share_heaps();
    }
    let starting = many.then(|| Starting::watch().ok()).flatten();
    let sources = open::each(&config, &names, starting.as_ref())?;
    if config.capture.engine == Engine::Packet
        && let Some(link) = config.filter.link.or_else(|| open::cooked(wanted))
    {
        let name = link.name().map_or_else(|| link.0.to_string(), str::to_owned);
        say(format_args!("synack: data link type {name}"));
    }
    let Some(first) = sources.first() else { return Err(Failure::new("nothing to capture from")) };
    let (link, snaplen) = (first.link_type(), config.capture.snaplen);
    if let Task::DumpFilter(times) = config.task {
        return super::dump_filter(&config, times, link, snaplen, Origin::Live);
    }
    open::refuse_mixture(&config, &sources)?;
    let cooked = sources.iter().any(|source| source.link_type() == LinkType::LINUX_SLL2);
    let signals = Signals::take_over()?;
    drop(starting);
    let mut setup = Setup::open(&config, true, cooked, Vec::new(), true, signals)?;
    // Whether somebody looks at it can't be asked later.
    let report = Report::new(&config);
    let mut closers = None;
    setup.confine(&config, || {
        closers = Closers::start(sources.len());
        Ok(())
    })?;
    let made = setup.pipeline(&config, header(&config, &sources), None);
    let (pipeline, signals) = made.unwrap_or_else(|failure| {
        let _code = failure.report();
        leave(failure.code)
    });
    announce(&config, &sources);
    let deadline = config.duration.map(|d| Instant::now() + d);
    let told = vec![0; sources.len()];
    let Some(sources) = Sources::new(sources) else { leave(failure::ERROR) };
    Session {
        config: &config,
        sources,
        closers,
        told,
        pipeline,
        signals,
        report,
        deadline,
        start: Timestamp::now(),
        unread: None,
        ended: false,
        enough: false,
        code: failure::OK,
    }
    .run()
}

/// Ends the process, which has shut itself in. Returning from `main` would take system calls that
/// nothing else needs; everything is written by now.
fn leave(code: u8) -> ! {
    messages::settle(GIVEN_UP_AT_ONCE);
    low_level::exit(code.into())
}

/// What a file that is written begins with.
fn header(config: &Config, sources: &[Box<dyn Live>]) -> Header {
    let snaplen = config.capture.snaplen;
    let describe = |source: &dyn Live| {
        let number = source.interface().index;
        let options = pcapng::InterfaceOptions {
            snaplen,
            name: Some(source.interface().label().to_owned()),
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
        uneven: false,
        cut: usize::MAX,
    }
}

/// tcpdump's banner.
fn announce(config: &Config, sources: &[Box<dyn Live>]) {
    let lines = matches!(config.view, View::Text { .. });
    let hint = lines && config.display.verbose == 0 && config.write.is_none();
    if hint {
        say(format_args!("synack: verbose output suppressed, use -v[v]... for full protocol decode"));
    }
    let prefix = if hint { "" } else { "synack: " };
    for source in sources {
        say(format_args!(
            "{prefix}listening on {}, link-type {}, snapshot length {} bytes",
            source.interface().label(),
            source.link_type(),
            config.capture.snaplen
        ));
    }
}

/// A capture under way.
struct Session<'a> {
    config: &'a Config,
    sources: Sources,
    closers: Option<Closers>,
    /// Drops of each interface that the capture file was told of.
    told: Vec<u64>,
    pipeline: Pipeline,
    signals: Signals,
    report: Report,
    deadline: Option<Instant>,
    start: Timestamp,
    /// After a signal to stop: since when the reader of our output took nothing, and how much it
    /// had taken.
    unread: Option<(Instant, u64)>,
    /// No more packets come.
    ended: bool,
    /// `-c` is reached.
    enough: bool,
    code: u8,
}

impl Session<'_> {
    fn run(mut self) -> ! {
        let ended = self.capture();
        self.sources.stop();
        let totals = self.totals();
        let ended = match ended {
            Ok(()) => self.finish(&totals),
            // The file is completed also when it is the screen that failed, and what is wrong
            // with the file itself is known by now.
            Err(failure) => {
                let _known = self.pipeline.close_file();
                Err(failure)
            }
        };
        self.report.close(&totals, &self.pipeline);
        if let Err(failure) = ended {
            let failure = self.pipeline.account_for(failure);
            let _code = failure.report();
            self.code = self.code.max(failure.code);
        }
        self.hand_over();
        if let Some(closers) = self.closers {
            closers.close(self.sources.into_captures());
        }
        leave(self.code)
    }

    /// Waits for whoever reads standard error and whoever runs a command on files, but not for
    /// ever once a signal asks to stop.
    fn hand_over(&mut self) {
        let since = Instant::now();
        loop {
            let told = messages::settle(GLANCE);
            let left = self.pipeline.hand_over(GLANCE);
            if told && left == 0 {
                return;
            }
            let late = self.signals.stopped() && since.elapsed() >= self.signals.urgency().patience();
            if self.is_reader_given_up() || late {
                if left > 0 {
                    say(format_args!("synack: -z: not run on the last {left} files"));
                }
                return;
            }
        }
    }

    /// Takes packets until something ends it, and then those that were received before.
    fn capture(&mut self) -> Result<(), Failure> {
        let mut frozen = false;
        while !self.enough && !self.ended {
            let late = self.deadline.is_some_and(|d| Instant::now() >= d);
            if !frozen && (late || self.signals.stopped()) {
                frozen = true;
                self.sources.stop();
                // From here on the end is what comes next: it flushes all that is left.
                self.pipeline.unbuffered = false;
            }
            if self.is_reader_given_up() && self.pipeline.is_full() {
                return Err(output::failed(&blocked()));
            }
            self.on_signals()?;
            let busy = !self.pipeline.is_full() && self.turn(Duration::ZERO)?;
            self.tick()?;
            if !busy && !self.enough {
                // Nothing more for now: whoever reads along sees all there is.
                self.pipeline.flush_screen()?;
                self.wait()?;
            }
        }
        Ok(())
    }

    /// Prints what is left and completes the file. The reader has as long as it reads, or until a
    /// signal says otherwise.
    fn finish(&mut self, totals: &Totals) -> Result<(), Failure> {
        self.pipeline.show_end(Some(totals.loss(self.pipeline.counters.captured())))?;
        if self.signals.stopped() && self.config.write.is_none() {
            self.pipeline.end_line()?;
        }
        self.pipeline.close()?;
        while self.pipeline.is_behind() {
            if self.is_reader_given_up() {
                return Err(output::failed(&blocked()));
            }
            self.pipeline.wait_for_reader(GLANCE)?;
        }
        Ok(())
    }

    /// After a signal to stop: whether a reader who takes nothing was waited for long enough.
    fn is_reader_given_up(&mut self) -> bool {
        if !self.signals.stopped() {
            return false;
        }
        let urgency = self.signals.urgency();
        urgency.beat();
        let (now, taken) = (Instant::now(), self.pipeline.taken());
        let (since, before) = self.unread.get_or_insert((now, taken));
        if *before != taken || !self.pipeline.is_behind() && messages::settle(Duration::ZERO) {
            (*since, *before) = (now, taken);
        }
        since.elapsed() >= urgency.patience()
    }

    /// Takes what there is, up to a limit, and waits for the first packet if told to.
    /// Whether there was any.
    fn turn(&mut self, mut wait: Duration) -> Result<bool, Failure> {
        for taken in 0..TURN {
            match self.sources.advance(Some(wait)) {
                Ok(Step::Packet) => {
                    if self.pipeline.take(&self.sources.packet())? == Next::Enough {
                        self.enough = true;
                        return Ok(true);
                    }
                }
                Ok(Step::Idle) => return Ok(taken > 0),
                Ok(Step::End) => {
                    self.ended = true;
                    return Ok(taken > 0);
                }
                Err(e) => {
                    self.on_error(&e);
                    return Ok(true);
                }
            }
            wait = Duration::ZERO;
        }
        Ok(true)
    }

    /// An interface failed, or is gone: the others go on.
    fn on_error(&mut self, error: &Error) {
        say(format_args!("synack: {error}"));
        self.code = failure::ERROR;
        self.ended = !self.sources.has_others();
    }

    /// Waits for packets, a signal or the next look at the clock.
    fn wait(&mut self) -> Result<(), Failure> {
        let left = self.deadline.map_or(TICK, |d| d.saturating_duration_since(Instant::now()).min(TICK));
        if self.pipeline.is_full() {
            return self.pipeline.wait_for_reader(left.min(GLANCE));
        }
        if self.pipeline.is_behind() {
            self.turn(left.min(AGAIN))?;
            return self.pipeline.wait_for_reader(Duration::ZERO);
        }
        // The engine itself knows best what to wait for.
        self.turn(left).map(drop)
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
        messages::settle(Duration::ZERO);
        while let Some(notice) = self.sources.notice() {
            say(format_args!("synack: {notice}"));
        }
        if self.report.is_due() {
            // A kill takes at most a second of packets with it.
            self.pipeline.flush_file()?;
            self.pipeline.look_after_file()?;
            let totals = self.totals();
            self.report.progress(&totals, &self.pipeline);
            self.pipeline.refresh()?;
        }
        Ok(())
    }

    /// The counts of all interfaces together.
    fn totals(&mut self) -> Totals {
        let accounts = self.sources.accounts().unwrap_or_else(|e| {
            say(format_args!("synack: {e}"));
            Vec::new()
        });
        let mut all = Totals::default();
        let mut each = Vec::with_capacity(accounts.len());
        for (Account { number, link, mut stats }, told) in accounts.into_iter().zip(&mut self.told) {
            if self.enough {
                // What came after the last packet wanted is not part of the capture.
                let beyond = stats.waiting();
                all.beyond += beyond;
                stats.received -= beyond;
            }
            all.add(&stats);
            let fresh = stats.dropped.saturating_sub(*told);
            if let Some(writer) = self.pipeline.writer.as_mut().filter(|_| fresh > 0)
                && writer.lost(number, link, fresh).is_ok()
            {
                *told = stats.dropped;
            }
            each.push(InterfaceStatistics {
                interface: number,
                link,
                start: self.start,
                end: Timestamp::now(),
                received: None,
                dropped_by_interface: Some(stats.if_dropped),
                accepted: Some(stats.received),
                dropped_by_kernel: Some(stats.dropped),
                delivered: Some(stats.delivered),
            });
        }
        if let Some(writer) = &self.pipeline.writer {
            writer.set_statistics(each);
        }
        all
    }
}
