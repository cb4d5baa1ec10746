//! `synack lab`, as typed and checked.
use std::ffi::OsString;
use std::path::PathBuf;

use super::command::SHOWN;
use super::drawn::{self, WordOptions};
use super::typed::Args;
use super::view::{View, refuse_text_options};
use crate::cli::failure::Failure;

pub(super) const LAB_EXAMPLES: &str = "\
Examples:
  synack lab -- ./my_lab.sh              In a network of its own, then explained
  synack lab table -- ./my_lab.sh        The table that lab sheets ask for
  synack lab table -r lab.pcap -S        The same of a capture, absolute numbers
  synack lab --quiz f.json -w lab.pcap -- ./my_lab.sh     With blanks, and a form
  synack lab --check f.json -r lab.pcap  Marks the form
  sudo synack lab --host -- ./client     In this machine's own network

The command has a loopback interface and nothing else. What it prints is its own; its exit code is that
of synack. With --host it has this machine's network, and its own connections are shown, on whatever
interface; a filter before the -- chooses among them.";

/// `synack lab`.
#[derive(Debug, clap::Args)]
pub(crate) struct Lab {
    /// Run the command in this machine's own network
    #[arg(long = "host", help_heading = SHOWN)]
    pub(crate) host: bool,
    #[command(flatten)]
    words: WordOptions,
    /// Print the table with blanks, and write a form for them
    #[arg(long = "quiz", value_name = "FORM", help_heading = SHOWN, allow_hyphen_values = true)]
    quiz: Option<PathBuf>,
    /// With --quiz, write the right answers into the form
    #[arg(long = "key", help_heading = SHOWN, requires = "quiz")]
    key: bool,
    /// Mark the answers of a form
    #[arg(long = "check", value_name = "FORM", help_heading = SHOWN, conflicts_with = "quiz", allow_hyphen_values = true)]
    check: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) args: Args,
    /// What to run, and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

impl Lab {
    /// Whether a form is written, which is marked later.
    pub(crate) fn makes_form(&self) -> bool {
        self.quiz.is_some()
    }
}

/// A table of segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) kind: SheetKind,
    /// `-S`.
    pub(crate) absolute: bool,
}

/// What becomes of its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SheetKind {
    /// They are there.
    Table,
    /// Blanks, and a form for the answers; with them in it?
    Quiz(PathBuf, bool),
    /// The answers of a form are marked.
    Check(PathBuf),
}

/// What `synack lab` shows; the word `table` is taken from before the filter.
pub(super) fn of_lab(lab: &mut Lab) -> Result<View, Failure> {
    drawn::refuse("lab", &lab.args)?;
    refuse_text_options("lab", &lab.args)?;
    let table = lab.args.expression.first().is_some_and(|word| word == "table");
    if table {
        lab.args.expression.remove(0);
    }
    let sheet = |kind| View::Sheet(Sheet { kind, absolute: lab.args.absolute_seq });
    Ok(match (&lab.quiz, &lab.check) {
        (Some(form), _) => sheet(SheetKind::Quiz(form.clone(), lab.key)),
        (_, Some(form)) => sheet(SheetKind::Check(form.clone())),
        _ if table => sheet(SheetKind::Table),
        _ => lab.words.view()?,
    })
}
