//! Reading capture files.
use std::path::Path;
use std::process::ExitCode;

use synack::print::NoNames;
use synack::savefile::{self, Savefile};
use synack::{LinkType, Source, Step};

use super::super::config::{Config, Input, Task};
use super::super::failure::{self, Failure, say};
use super::super::pipeline::{Next, Pipeline};
use super::super::{linktype, output, screen};

/// Reads the files of the command line.
pub(super) fn run(config: Config) -> Result<ExitCode, Failure> {
    let paths = match &config.input {
        Input::Files(paths) => paths.clone(),
        _ => Vec::new(),
    };
    let mut pipeline: Option<Pipeline> = None;
    let mut code = failure::OK;
    for path in &paths {
        let mut file = savefile::open(path)?;
        announce(path, &file);
        if let Task::DumpFilter(times) = config.task {
            return super::dump_filter(&config, times, file.link_type(), file.snaplen(), false);
        }
        let pipeline = match &mut pipeline {
            Some(pipeline) => pipeline,
            None => pipeline.insert(prepare(&config, &file)?),
        };
        match read(&mut file, pipeline) {
            Ok(Next::More) => {}
            Ok(Next::Enough) => break,
            Err(failure) => {
                code = failure.code;
                if code == failure::ERROR {
                    pipeline.flush()?;
                }
                let _code = failure.report();
                break;
            }
        }
    }
    if let Some(mut pipeline) = pipeline {
        pipeline.flush()?;
        if config.display.count_only {
            let n = pipeline.counters.captured();
            let plural = if n == 1 { "" } else { "s" };
            output::print(format!("{n} packet{plural}\n").as_bytes())?;
        }
    }
    Ok(ExitCode::from(code))
}

/// tcpdump's banner.
fn announce(path: &Path, file: &Savefile) {
    let link = file.link_type();
    say(format_args!(
        "reading from file {}, link-type {}, snapshot length {}",
        path.display(),
        linktype::banner(link),
        file.snaplen()
    ));
    if link == LinkType::LINUX_SLL2 {
        say(format_args!("Warning: interface names might be incorrect"));
    }
}

fn prepare(config: &Config, file: &Savefile) -> Result<Pipeline, Failure> {
    let mut select = super::select(config, file.snaplen())?;
    let select = if select.is_empty() {
        None
    } else {
        select.filter(file.link_type(), false)?;
        Some(select)
    };
    let display = &config.display;
    let screen = if display.count_only {
        None
    } else {
        let each = display.line_buffered || output::is_terminal();
        Some(screen::screen(display, Box::new(NoNames), each)?)
    };
    Ok(Pipeline {
        select,
        screen,
        writer: None,
        unbuffered: false,
        left: config.max_packets,
        counters: std::sync::Arc::default(),
    })
}

fn read(file: &mut Savefile, pipeline: &mut Pipeline) -> Result<Next, Failure> {
    loop {
        match file.advance(None) {
            Ok(Step::Packet) => {
                if pipeline.take(&file.packet())? == Next::Enough {
                    return Ok(Next::Enough);
                }
            }
            Ok(Step::Idle) => {}
            Ok(Step::End) => return Ok(Next::More),
            Err(e) => return Err(Failure::new(format!("pcap_loop: {e}"))),
        }
    }
}
