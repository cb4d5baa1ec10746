//! The manual page and the shell completions, made from the command line's own definition.
use std::io::{self, Write};
use std::process::ExitCode;

use super::args;
use super::failure::Failure;

/// Prints the manual page.
pub(super) fn manual() -> Result<ExitCode, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(args::described())
        .section("8")
        .render(&mut page)
        .map_err(|e| Failure::write("manual page", &e))?;
    print(&page)
}

/// Prints the completions for a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::described(), "synack", &mut script);
    print(&script)
}

fn print(text: &[u8]) -> Result<ExitCode, Failure> {
    let mut out = io::stdout();
    out.write_all(text).and_then(|()| out.flush()).map_err(|e| Failure::write("standard output", &e))?;
    Ok(ExitCode::SUCCESS)
}
