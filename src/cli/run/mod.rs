//! What a checked command line makes happen.
//!
//! | to change | look in |
//! | --- | --- |
//! | opening a capture, and its loop | `live` |
//! | files: opened, and what is said where that fails; read | `input`; `file` |
//! | a file that grows | `growing` |
//! | one packet's way | `pipeline` |
//! | what is found of a packet | `analysis` |
//! | which packets a filter chooses | `filter` |
//! | counts and words at the end | `report` |
//! | helpers, the sandbox | `setup` |
pub(crate) mod analysis;
mod crew;
mod file;
pub(crate) mod filter;
mod growing;
mod input;
mod live;
mod namespace;
mod open;
pub(crate) mod pipeline;
pub(crate) mod progress;
mod report;
mod scout;
mod setup;
mod source;

use std::process::ExitCode;

use synack::LinkType;

use crate::cli::args::checked::{Config, Input, Task};
use crate::cli::command::list;
use crate::cli::failure::{Failure, say};
use crate::cli::names::expression::SystemResolver;
use crate::cli::output;
use filter::{Origin, Select};

/// Runs the sniffer.
pub(super) fn run(config: Config) -> Result<ExitCode, Failure> {
    if let Some(name) = &config.capture.namespace {
        namespace::enter(name)?;
    }
    match (&config.task, &config.input) {
        (Task::DumpFilter(times), Input::Live(interfaces)) if interfaces.is_empty() => {
            let link = config.filter.link.unwrap_or_else(|| {
                say(format_args!("Warning: assuming Ethernet"));
                LinkType::ETHERNET
            });
            dump_filter(&config, *times, link, config.capture.snaplen, Origin::Nowhere)
        }
        (Task::ListInterfaces, _) => list::interfaces(),
        (Task::ListTimestampTypes, _) => list::timestamp_types(&config),
        (_, Input::Files(_) | Input::List(_)) => file::run(config),
        (Task::ListLinkTypes, _) => list::link_types(&config),
        (Task::DumpFilter(_) | Task::Run, Input::Live(_)) => live::run(config),
    }
}

/// The filter of this command line, for packets of at most `snaplen` bytes.
fn select(config: &Config, snaplen: u32) -> Result<Select, Failure> {
    let text = filter::text(&config.filter)?;
    Ok(Select::new(text, config.filter.optimize, snaplen, Box::new(SystemResolver::default())))
}

/// Prints the compiled filter.
fn dump_filter(
    config: &Config,
    times: u8,
    link: LinkType,
    snaplen: u32,
    origin: Origin,
) -> Result<ExitCode, Failure> {
    print_filter(&mut select(config, snaplen)?, times, link, origin)
}

/// Prints a compiled filter.
fn print_filter(select: &mut Select, times: u8, link: LinkType, origin: Origin) -> Result<ExitCode, Failure> {
    let program = select.filter(link, origin)?.program();
    let text = match times {
        1 => program.listing().to_string(),
        2 => program.c_fragment().to_string(),
        _ => program.decimal().to_string(),
    };
    output::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
