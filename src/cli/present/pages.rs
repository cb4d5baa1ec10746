//! The page of `synack report`: gathered while packets pass, written in the end.
use std::fs::File;
use std::io::Write;
use std::path::Path;

use rustix::process::geteuid;
use synack::Packet;
use synack::json::Rfc3339;
use synack::report::Report;
use synack::savefile::{self, Ownership, is_standard_output};

use super::{Ending, Presenter};
use crate::cli::args::checked::{Config, Input};
use crate::cli::args::drawn::Page;
use crate::cli::confine::privilege::Target;
use crate::cli::failure::{Failure, printable, say, shown};
use crate::cli::output;
use crate::cli::run::analysis::Seen;

/// Gathers a page.
pub(super) struct Pages {
    report: Option<Report>,
    /// Where it goes: a file and its name, or standard output.
    file: Option<(File, String)>,
    began: bool,
}

impl Pages {
    /// Makes the file. `inputs`: device and inode of the files being read.
    pub(super) fn new(
        page: &Page,
        config: &Config,
        target: Option<&Target>,
        inputs: &[(u64, u64)],
    ) -> Result<Self, Failure> {
        let file = if is_standard_output(&page.path) {
            if output::is_terminal() {
                let failure =
                    Failure::new("-o -: standard output is a terminal, and a page is for a browser");
                return Err(failure.with_hint("name a file: -o report.html"));
            }
            None
        } else {
            let own = geteuid().as_raw();
            let give_to = target.map(|t| (t.uid.as_raw(), t.gid.as_raw()));
            let trusted = vec![own, give_to.map_or(own, |ids| ids.0)];
            let ownership = Ownership { trusted, give_to, inputs: inputs.to_vec() };
            let file = savefile::create(&page.path, &ownership).map_err(Failure::from_making)?;
            Some((file, shown(&page.path)))
        };
        let report = Report::new(&title(&config.input), page.style);
        Ok(Self { report: Some(report), file, began: false })
    }
}

/// What the page is about.
fn title(input: &Input) -> String {
    let name = |path: &Path| printable(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
    match input {
        Input::Files(paths) => match paths.as_slice() {
            [one] if is_standard_output(one) => "standard input".to_owned(),
            [one] => name(one),
            [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
            [] => "nothing".to_owned(),
        },
        Input::List(path) => format!("the files of {}", name(path)),
        Input::Live(names) if names.is_empty() => "a live capture".to_owned(),
        Input::Live(names) => format!("a live capture on {}", printable(&names.join(", "))),
    }
}

impl Presenter for Pages {
    fn packet(
        &mut self,
        packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        _out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let (Some(report), Some(seen)) = (&mut self.report, seen) else { return Ok(()) };
        if !std::mem::replace(&mut self.began, true) {
            report.set_began(Rfc3339(packet.time).to_string());
        }
        match seen.judged() {
            Some(judged) => report.push_with(&judged),
            None => report.fragment(packet, &seen.observation),
        }
        Ok(())
    }

    fn pass_over(
        &mut self,
        _packet: &Packet<'_>,
        seen: &Seen<'_>,
        _out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        if let Some(report) = &mut self.report {
            report.pass_over(&seen.observation);
        }
        Ok(())
    }

    fn finish(&mut self, ending: &Ending<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some(report) = self.report.take() else { return Ok(()) };
        let failed = |e| Failure::write("standard output", &e);
        let Some((file, name)) = &mut self.file else {
            return report.write(ending.sorted(), out).map_err(failed);
        };
        let mut page = Vec::new();
        report.write(ending.sorted(), &mut page).map_err(failed)?;
        file.write_all(&page).map_err(|e| {
            // Half a page would look like all of it.
            let _emptied = file.set_len(0);
            Failure::write(name, &e)
        })?;
        say(format_args!("synack: page written to {name}"));
        Ok(())
    }

    fn needs_tcp(&self) -> bool {
        true
    }

    fn writes_file(&self) -> bool {
        self.file.is_some()
    }
}
