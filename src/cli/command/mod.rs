//! Everything the program does besides sniffing: one file a command.
pub(crate) mod demo;
pub(crate) mod documents;
pub(crate) mod lab;
pub(crate) mod list;
mod namespace;
mod reading;
pub(crate) mod repair;

use std::process::ExitCode;

use crate::cli::args::checked::Config;
use crate::cli::args::command::Command;
use crate::cli::failure::Failure;
use crate::cli::run as sniffer;

/// Runs a subcommand.
pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    if let Some(name) = command.wants_brief() {
        return documents::brief(Some(name));
    }
    match command {
        Command::Conns(conns) => Config::from_conns(*conns).and_then(sniffer::run),
        Command::Follow(follow) => Config::from_follow(*follow).and_then(sniffer::run),
        Command::Explain(explain) => Config::from_explain(*explain).and_then(sniffer::run),
        Command::Ladder(ladder) => Config::from_ladder(*ladder).and_then(sniffer::run),
        Command::Plot(plot) => Config::from_plot(*plot).and_then(sniffer::run),
        Command::Report(report) => Config::from_report(*report).and_then(sniffer::run),
        Command::Lab(lab) => lab::run(*lab),
        Command::Schema => documents::schema(),
        Command::Demo => demo::run(),
        Command::Repair { input, output, force } => repair::run(&input, &output, force),
        Command::Man { command } => documents::manual(command.as_deref()),
        Command::Completions { shell } => documents::completions(shell),
    }
}
