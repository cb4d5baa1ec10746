//! Everything the program does besides sniffing: one file a command.
pub(crate) mod demo;
pub(crate) mod documents;
pub(crate) mod list;
pub(crate) mod repair;

use std::process::ExitCode;

use crate::cli::args::typed::Command;
use crate::cli::failure::Failure;

/// Runs a subcommand.
pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Demo => demo::run(),
        Command::Repair { input, output } => repair::run(&input, &output),
        Command::Man => documents::manual(),
        Command::Completions { shell } => documents::completions(shell),
    }
}
