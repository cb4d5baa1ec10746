//! The commands that explain and draw connections: as typed, and checked.
use std::path::PathBuf;

use synack::explain::Style;
use synack::flow::Direction;
use synack::plot::Graph;

use super::command::SHOWN;
use super::quantity;
use super::typed::Args;
use super::view::{View, one_of, refuse_text_options};
use crate::cli::failure::Failure;

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  synack explain -r lab.pcap                   What each segment does, and why
  synack explain -r lab.pcap --plain           The same for beginners
  synack explain -r trace.pcap --conn 3 --terse
  synack explain -r trace.pcap --verdict retransmission
  sudo synack explain -i lo port 12345         Live

X is the client's first sequence number, Y the server's; X+1 is the client's first byte of data.
Numbers are given as they stand in the segment, relative to the first one, and by X and Y. The states
are those of RFC 9293, as if what passes the capture point arrives.";

pub(super) const LADDER_EXAMPLES: &str = "\
Examples:
  synack ladder -r lab.pcap
  synack ladder -r trace.pcap --conn 3 --format svg > conn3.svg
  synack ladder -r trace.pcap --conn 3 --format mermaid
  sudo synack ladder -i lo port 12345          Live; it grows

Numbers are relative: seq 0 is the SYN, seq 1 the first byte. Of long runs of segments of which nothing
is to be said the middle is folded into one line; --all draws every segment.";

pub(super) const PLOT_EXAMPLES: &str = "\
Examples:
  synack plot -r trace.pcap --conn 3
  synack plot -r trace.pcap --conn 3 --graph throughput
  synack plot -r trace.pcap --conn 3 --format svg > conn3.svg

A stroke of the sequence graph is a segment, from its first byte to its last; the lines are what the
other side acknowledged, and where its window ended. Of the two directions the busier is drawn.";

pub(super) const REPORT_EXAMPLES: &str = "\
Examples:
  synack report -r lab.pcap -o lab.html
  synack report -r lab.pcap -o lab.html --plain        In whole sentences, for beginners
  synack report -r trace.pcap -o conn3.html --conn 3   Of one connection
  sudo synack report -i lo -o live.html port 12345     Live, until Ctrl-C

The page is one file that needs no network: a table of the connections, and of each its sequence diagram,
graphs, and every segment in words beside its headers and bytes. Of large captures it shows a part, and
says which.";

/// For whom the words are, as typed.
#[derive(Debug, clap::Args)]
struct StyleOptions {
    /// Whole sentences, for beginners
    #[arg(long = "plain", help_heading = SHOWN)]
    plain: bool,
    /// Few words, for people who know; in text one line a segment
    #[arg(long = "terse", help_heading = SHOWN, conflicts_with = "plain")]
    terse: bool,
}

impl StyleOptions {
    const fn style(&self) -> Style {
        match (self.plain, self.terse) {
            (true, _) => Style::Plain,
            (_, true) => Style::Terse,
            _ => Style::Normal,
        }
    }
}

/// How segments are explained in text, as typed.
#[derive(Debug, clap::Args)]
pub(super) struct WordOptions {
    #[command(flatten)]
    style: StyleOptions,
    /// Break lines after at most N characters [default: the terminal's width]
    #[arg(long = "width", value_name = "N", help_heading = SHOWN, allow_hyphen_values = true)]
    width: Option<String>,
}

impl WordOptions {
    /// Segments in words, as the options have it.
    pub(super) fn view(&self) -> Result<View, Failure> {
        Ok(View::Words(Words { style: self.style.style(), width: width(self.width.as_deref())? }))
    }
}

/// `synack report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// The page to write (- is standard output)
    #[arg(short = 'o', value_name = "FILE", help_heading = SHOWN, allow_hyphen_values = true)]
    output: Option<PathBuf>,
    #[command(flatten)]
    style: StyleOptions,
    #[command(flatten)]
    pub(crate) args: Args,
}

/// The page that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) style: Style,
}

/// `synack explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    words: WordOptions,
    #[command(flatten)]
    pub(crate) args: Args,
}

/// `synack ladder`.
#[derive(Debug, clap::Args)]
pub(crate) struct Ladder {
    /// unicode, ascii, mermaid or svg [default: unicode, or ascii where the locale has no UTF-8]
    #[arg(long = "format", value_name = "FORMAT", help_heading = SHOWN, allow_hyphen_values = true)]
    format: Option<String>,
    /// Width in characters, 32 to 120 [default: the terminal's, at most 80]
    #[arg(long = "width", value_name = "N", help_heading = SHOWN, allow_hyphen_values = true)]
    width: Option<String>,
    /// Draw every segment: fold nothing
    #[arg(long = "all", help_heading = SHOWN)]
    all: bool,
    #[command(flatten)]
    pub(crate) args: Args,
}

/// `synack plot`.
#[derive(Debug, clap::Args)]
pub(crate) struct Plot {
    /// sequence, rtt, throughput or in-flight [default: sequence]
    #[arg(long = "graph", value_name = "GRAPH", help_heading = SHOWN, allow_hyphen_values = true)]
    graph: Option<String>,
    /// braille or svg [default: braille]
    #[arg(long = "format", value_name = "FORMAT", help_heading = SHOWN, allow_hyphen_values = true)]
    format: Option<String>,
    /// What one side sent: client or server [default: the one that sent more]
    #[arg(long = "side", value_name = "SIDE", help_heading = SHOWN, allow_hyphen_values = true)]
    side: Option<String>,
    /// Width in characters [default: the terminal's, at most 80]
    #[arg(long = "width", value_name = "N", help_heading = SHOWN, allow_hyphen_values = true)]
    width: Option<String>,
    #[command(flatten)]
    pub(crate) args: Args,
}

/// Which graphs are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Graphs {
    pub(crate) graph: Graph,
    pub(crate) svg: bool,
    /// `--side`.
    pub(crate) side: Option<Direction>,
    /// `--width`.
    pub(crate) width: Option<usize>,
}

/// How segments are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) style: Style,
    /// `--width`.
    pub(crate) width: Option<usize>,
}

/// How connections are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drawing {
    pub(crate) form: Form,
    /// `--width`.
    pub(crate) width: Option<usize>,
    /// `--all`.
    pub(crate) all: bool,
}

/// In what form connections are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Unicode,
    Ascii,
    Mermaid,
    Svg,
}

/// What `synack explain` shows.
pub(super) fn of_explain(explain: &Explain) -> Result<View, Failure> {
    refuse("explain", &explain.args)?;
    explain.words.view()
}

/// What `synack report` makes.
pub(super) fn of_report(report: &Report) -> Result<View, Failure> {
    refuse("report", &report.args)?;
    let Some(path) = &report.output else {
        let failure = Failure::new("report needs -o FILE: the page to write");
        return Err(failure.with_hint("synack report -r trace.pcap -o trace.html"));
    };
    Ok(View::Page(Page { path: path.clone(), style: report.style.style() }))
}

/// What `synack ladder` shows.
pub(super) fn of_ladder(ladder: &Ladder) -> Result<View, Failure> {
    refuse("ladder", &ladder.args)?;
    let forms =
        [("unicode", Form::Unicode), ("ascii", Form::Ascii), ("mermaid", Form::Mermaid), ("svg", Form::Svg)];
    let form = match &ladder.format {
        Some(name) => one_of("--format", name, &forms)?,
        None if is_utf8() => Form::Unicode,
        None => Form::Ascii,
    };
    Ok(View::Ladders(Drawing { form, width: width(ladder.width.as_deref())?, all: ladder.all }))
}

/// What `synack plot` shows.
pub(super) fn of_plot(plot: &Plot) -> Result<View, Failure> {
    refuse("plot", &plot.args)?;
    let graph = match &plot.graph {
        None => Graph::Sequence,
        Some(name) => one_of("--graph", name, &Graph::ALL.map(|graph| (graph.name(), graph)))?,
    };
    let svg = match &plot.format {
        None => false,
        Some(name) => one_of("--format", name, &[("braille", false), ("svg", true)])?,
    };
    let sides = [("client", Direction::C2s), ("server", Direction::S2c)];
    let side = plot.side.as_deref().map(|name| one_of("--side", name, &sides)).transpose()?;
    Ok(View::Graphs(Graphs { graph, svg, side, width: width(plot.width.as_deref())? }))
}

pub(super) fn refuse(command: &str, args: &Args) -> Result<(), Failure> {
    refuse_text_options(command, args)?;
    if args.json {
        let instead = "`synack --json` prints packets and connections";
        return Err(Failure::new(format!("{command} has no --json: {instead}")));
    }
    Ok(())
}

fn width(text: Option<&str>) -> Result<Option<usize>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let width = quantity::positive(text).and_then(|n| usize::try_from(n).ok());
    width.map(Some).ok_or_else(|| {
        Failure::new(format!("invalid width {}: --width N", crate::cli::failure::printable(text)))
    })
}

/// Whether the locale's characters are those of Unicode, as setlocale(3) finds it.
fn is_utf8() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
