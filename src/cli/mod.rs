//! The command line program: what to do with packets is decided here, and only here.
//!
//! | to change | look in |
//! | --- | --- |
//! | an option (help, man page and completions follow `args/typed`), its meaning, how a size is typed | `args/` |
//! | a subcommand, `-D` and `-L` | `command/` |
//! | the way packets take in a run, counts at its end | `run/` |
//! | how packets are shown on standard output | `present/` |
//! | how text reaches standard output and error, or waits | `output/` |
//! | the capture files of `-w`, rotation (its rules: `src/savefile/rotate/plan.rs`) | `record/` |
//! | names printed and names in expressions | `names/` |
//! | what a process with rights does for the capture | `helper/` |
//! | users, capabilities; Landlock, system calls (SECURITY.md counts them); which a run needs | `confine/privilege`; `confine/sandbox`; `run/setup` |
//! | signals | `signal.rs` |
//! | limits and blocked signals that it is started with | `surroundings.rs` |
//! | local time | `zone.rs` |
//! | exit codes, the form of messages; about files that are missing or damaged | `failure.rs`; `run/input.rs` |
mod args;
mod command;
mod confine;
mod failure;
mod helper;
mod names;
mod output;
mod present;
mod record;
mod run;
mod signal;
mod surroundings;
mod urgency;
mod zone;

use std::process::ExitCode;

use args::checked::Config;
use args::typed::{self, Invocation};

/// Runs the program with the process's arguments.
pub(crate) fn run() -> ExitCode {
    surroundings::prepare();
    surroundings::on_a_stack(run_here)
}

fn run_here() -> ExitCode {
    let argv: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if argv.get(1).is_some_and(|first| first == helper::COMMAND) {
        return helper::serve(argv.get(2..).unwrap_or_default());
    }
    let first = argv.get(1).and_then(|first| first.to_str()).map(str::to_owned);
    let done = match typed::parse(argv) {
        Ok(Invocation::Sniff(args)) if args.brief => command::documents::brief(None),
        Ok(Invocation::Sniff(args)) => Config::from_args(*args).and_then(run::run),
        Ok(Invocation::Command(command)) => command::run(command),
        Err(error) => match args::refusal::failure(&error, first.as_deref()) {
            Some(failure) => Err(failure),
            None => shown(&error),
        },
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Shows a help text, or a refusal in clap's words.
fn shown(error: &clap::Error) -> Result<ExitCode, failure::Failure> {
    let text = error.render().to_string();
    if error.use_stderr() && failure::lines_printable(&text) != text {
        // It has words of the command line in it.
        failure::say_as_is(failure::lines_printable(&text));
        return Ok(ExitCode::from(failure::ERROR));
    }
    let failed = error.print().err();
    if error.use_stderr() {
        return Ok(ExitCode::from(failure::ERROR));
    }
    // A help text nobody reads to the end is no failure.
    failed.map_or(Ok(ExitCode::SUCCESS), |e| Err(output::failed(&e)))
}
