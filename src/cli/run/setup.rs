//! From an open source to a pipeline: everything else is opened, then the process shuts itself in.
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::Access;
use synack::savefile::is_standard_output;

use synack::print::Names;

use super::analysis::Analysis;
use super::filter::Select;
use super::pipeline::{Counters, Pipeline, Screen};
use crate::cli::args::checked::{Config, Engine, Write};
use crate::cli::args::view::View;
use crate::cli::confine;
use crate::cli::confine::privilege::Target;
use crate::cli::confine::sandbox::Policy;
use crate::cli::failure::{Failure, reason, shown};
use crate::cli::helper;
use crate::cli::names::printed::{self, Interfaces, SystemNames};
use crate::cli::output;
use crate::cli::output::messages;
use crate::cli::present;
use crate::cli::record::{Header, Sink};
use crate::cli::signal::Signals;

/// Everything a run needs besides its source, open.
pub(super) struct Setup {
    target: Option<Target>,
    sink: Option<Sink>,
    screen: Option<Screen>,
    counters: Arc<Counters>,
    pub(super) has_helper: bool,
    live: bool,
    pub(super) signals: Signals,
}

impl Setup {
    /// Opens what `config` asks for. `live`: packets come from interfaces; `cooked`: they may
    /// carry interface numbers; `inputs`: files that must not be written to; `only`: what is written
    /// is all there is of these packets.
    pub(super) fn open(
        config: &Config,
        live: bool,
        cooked: bool,
        inputs: Vec<(u64, u64)>,
        only: bool,
        signals: Signals,
    ) -> Result<Self, Failure> {
        if let Some(write) = &config.write {
            check_writing(write)?;
        }
        let target = Target::choose(config.user.as_deref())?;
        let sink = match &config.write {
            Some(write) => Some(Sink::open(write, target.as_ref(), inputs.clone(), only)?),
            None => None,
        };
        let mut has_helper = sink.as_ref().is_some_and(Sink::has_helper);
        let screen = if !config.display.count_only && config.write.as_ref().is_none_or(|w| w.print) {
            let named = cooked || config.display.interfaces || live && config.view == View::Json;
            let interfaces = if named { Interfaces::read(live) } else { Interfaces::default() };
            let names: Box<dyn Names> = if config.display.numeric {
                Box::new(interfaces)
            } else {
                // Without a helper there are the names of the files.
                let resolver = helper::Names::spawn(target.as_ref()).ok();
                has_helper |= resolver.is_some();
                Box::new(SystemNames::new(printed::of_files(), interfaces, resolver, live))
            };
            Some(Screen {
                presenter: present::choose(config, names, live, target.as_ref(), &inputs)?,
                output: output::Output::new(!live)?,
                line_buffered: config.display.line_buffered || output::is_terminal(),
            })
        } else {
            None
        };
        if live {
            messages::install().map_err(|e| Failure::new(format!("standard error: {}", reason(&e))))?;
        }
        let counters = Arc::default();
        Ok(Self { target, sink, screen, counters, has_helper, live, signals })
    }

    /// Gives up what is not needed any more; from here on nothing can be opened.
    /// `more` starts the threads of whoever asks.
    pub(super) fn confine(
        &mut self,
        config: &Config,
        more: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), Failure> {
        let own = self.sink.as_ref().and_then(Sink::own_directory);
        let shown = self.screen.as_ref().and_then(|screen| screen.presenter.directory());
        let writes = self.screen.as_ref().is_some_and(|screen| screen.presenter.writes_file());
        let policy = Policy {
            write_dirs: own.into_iter().chain(shown).collect(),
            reads_back: false,
            live: self.live,
            raw: self.live && config.capture.engine == Engine::Raw,
            writes_file: config.write.is_some() || shown.is_some() || writes,
            has_helper: self.has_helper,
            follows: config.follow,
            reopens: false,
        };
        let counters = Arc::clone(&self.counters);
        let farewell = move || confine::blocked(&counters);
        let disk = self.sink.as_ref().and_then(Sink::disk);
        let presenter = self.screen.as_ref().map(|screen| &screen.presenter);
        let threads = || {
            disk.map_or(Ok(()), |disk| disk.start())?;
            presenter.map_or(Ok(()), |presenter| presenter.start())?;
            more()
        };
        confine::confine(config.sandbox, self.target.as_ref(), &policy, &mut self.signals, farewell, threads)
    }

    /// Makes the output file and the way packets take.
    pub(super) fn pipeline(
        self,
        config: &Config,
        header: Header,
        select: Option<Select>,
    ) -> Result<(Pipeline, Signals), Failure> {
        let writer = match (self.sink, &config.write) {
            (Some(sink), Some(write)) => Some(sink.start(write, header, self.signals.urgency())?),
            _ => None,
        };
        let pipeline = Pipeline {
            select,
            analysis: config.needs_flows().then(|| Box::new(Analysis::new(config.wanted.clone()))),
            screen: self.screen,
            writer,
            unbuffered: config.write.as_ref().is_some_and(|w| w.unbuffered),
            left: config.max_packets,
            bytes_left: config.max_bytes,
            counters: self.counters,
        };
        Ok((pipeline, self.signals))
    }
}

/// What is wrong with `-w` and `-z` is said before anything is captured.
fn check_writing(write: &Write) -> Result<(), Failure> {
    if is_standard_output(&write.path) && output::is_terminal() {
        let failure = Failure::new("-w -: standard output is a terminal, and a capture is no text");
        return Err(failure.with_hint("pipe it into a program, or name a file: -w trace.pcap"));
    }
    let Some(command) = &write.postrotate else { return Ok(()) };
    let name = shown(Path::new(command));
    // As execvp finds it.
    let places: Vec<PathBuf> = if command.as_bytes().contains(&b'/') {
        vec![PathBuf::from(command)]
    } else {
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
        std::env::split_paths(&path).map(|folder| folder.join(command)).collect()
    };
    let runnable = |place: &PathBuf| place.is_file() && rustix::fs::access(place, Access::EXEC_OK).is_ok();
    if places.iter().any(runnable) {
        return Ok(());
    }
    let failure = if places.iter().any(|place| place.is_file()) {
        Failure::new(format!("-z {name}: it cannot be executed"))
    } else if places.len() == 1 {
        Failure::new(format!("-z {name}: No such file or directory"))
    } else {
        Failure::new(format!("-z {name}: no such program in PATH"))
    };
    let blank = command.as_bytes().contains(&b' ');
    Err(if blank {
        failure.with_hint("-z takes one word, the program; a script may have more")
    } else {
        failure
    })
}
