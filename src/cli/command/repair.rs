//! `synack repair`: the intact records of a damaged capture file, in a new one.
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use rustix::process::geteuid;
use synack::savefile::{self, Ownership, Repaired};

use crate::cli::confine;
use crate::cli::confine::privilege::{self, Target};
use crate::cli::confine::sandbox::Policy;
use crate::cli::failure::{Failure, plural, say, shown};
use crate::cli::run::progress::Meter;

/// Copies what is intact of `input` to `output`, and says what is not.
///
/// # Errors
/// A file cannot be opened, nothing in the input is a record, or the output cannot be written.
pub(crate) fn run(input: &Path, output: &Path, force: bool) -> Result<ExitCode, Failure> {
    if !force && output.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() > 0) {
        let failure = Failure::new(format!("{}: not overwritten: it exists", shown(output)));
        return Err(failure.with_hint("--force overwrites it"));
    }
    let target = Target::choose(None)?;
    let own = geteuid().as_raw();
    let give_to = target.as_ref().map(|t| (t.uid.as_raw(), t.gid.as_raw()));
    let mut ownership =
        Ownership { trusted: vec![own, give_to.map_or(own, |ids| ids.0)], give_to, inputs: Vec::new() };
    ownership.read_from(input);
    let damaged = savefile::open_bytes(input)?;
    let size = File::open(input);
    let meter = Meter::new(size.iter(), false);
    let damaged = meter.wrap(damaged);
    let file = savefile::create(output, &ownership).map_err(Failure::from_making)?;
    // What is damaged may be so on purpose.
    privilege::drop_to(target.as_ref())?;
    let policy = Policy { writes_file: true, ..Policy::default() };
    confine::confine_files(&policy);
    confine::confine_calls(&policy);
    let (report, done) = savefile::repair(damaged, file, &shown(output));
    meter.clear();
    if done.is_ok() || report.packets > 0 {
        tell(&report);
    }
    match done {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(e) if e.io_error().is_some() => Err(Failure::from_writer(e)),
        // Which file it is that holds nothing.
        Err(e) => Err(Failure::new(format!("{}: {e}", shown(input)))),
    }
}

fn tell(report: &Repaired) {
    let (packets, skipped, places) = (report.packets, report.skipped, report.gap_count);
    say(format_args!(
        "{packets} packet{} kept, {skipped} byte{} left out in {places} place{}",
        plural(packets),
        plural(skipped),
        plural(places)
    ));
    for gap in &report.gaps {
        say(format_args!("  {} byte{} at offset {}", gap.length, plural(gap.length), gap.offset));
    }
    if places > report.gaps.len() as u64 {
        say(format_args!("  ..."));
    }
    for assumption in &report.assumed {
        say(format_args!("  supposed: {assumption}"));
    }
}
