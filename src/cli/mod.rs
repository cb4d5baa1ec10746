//! The command line program: what to do with packets is decided here, and only here.
mod args;
mod clock;
mod config;
mod confine;
mod demo;
mod documents;
mod dump;
mod failure;
mod folder;
mod helper;
mod linktype;
mod mend;
mod names;
mod output;
mod patient;
mod pipeline;
mod privilege;
mod quantity;
mod resolve;
mod run;
mod sandbox;
mod screen;
mod select;
mod signal;
mod sink;
mod tail;
mod voice;

use std::process::ExitCode;

use args::{Command, Invocation};
use config::Config;
use failure::Failure;

/// Runs the program with the process's arguments.
pub(crate) fn run() -> ExitCode {
    let argv: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if argv.get(1).is_some_and(|first| first == helper::COMMAND) {
        return helper::serve(argv.get(2..).unwrap_or_default());
    }
    let done = match args::parse(argv) {
        Ok(Invocation::Sniff(args)) => Config::from_args(*args).and_then(run::run),
        Ok(Invocation::Command(command)) => run_command(command),
        Err(error) => {
            let failed = error.print().err();
            if error.use_stderr() {
                return ExitCode::from(failure::ERROR);
            }
            // A help text nobody reads to the end is no failure.
            failed.map_or(Ok(ExitCode::SUCCESS), |e| Err(output::failed(&e)))
        }
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run_command(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Demo => demo::run(),
        Command::Repair { input, output } => mend::run(&input, &output),
        Command::Man => documents::manual(),
        Command::Completions { shell } => documents::completions(shell),
    }
}
