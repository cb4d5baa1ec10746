//! The commands beside the sniffer itself, as typed.
use std::path::PathBuf;

use clap::Subcommand;

use super::drawn::{self, Explain, Ladder, Plot, Report};
use super::lab::{self, Lab};
use super::typed::Args;

/// What is special to a command that shows packets in another way.
pub(super) const SHOWN: &str = "What is shown";

const CONNS_EXAMPLES: &str = "\
Examples:
  synack conns -r trace.pcap                   Every connection of a file
  synack conns -r trace.pcap --sort rexmit --top 10
  synack conns -r trace.pcap --conn 3          All that is known of one
  synack conns -r trace.pcap --csv > conns.csv
  sudo synack conns -i eth0 port 443           Live; on a terminal the table refreshes

Columns: opened `~` marks a client that is guessed, because no SYN was captured; rexmit are segments
sent again, reord originals that came late, dup copies, 0win announcements of a closed window, miss
bytes that the capture does not have.";

const FOLLOW_EXAMPLES: &str = "\
Examples:
  synack follow -r trace.pcap --conn 1         What both sides said, `>` the client, `<` the server
  synack follow -r trace.pcap --hex port 80    All connections that a filter leaves, in hex
  synack follow -r trace.pcap --conn 1 --raw server > body.bin
  synack follow -r trace.pcap --raw both -o streams
  sudo synack follow -i lo port 8080           Live

What a receiver ignores (bad checksums, segments out of its window, copies) is left out; bytes that the
capture does not have are marked.";

/// The commands beside the sniffer itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The TCP connections: ends, state, bytes, round trips, what was lost or sent again, how each ended
    #[command(override_usage = "synack conns [OPTIONS] [EXPRESSION]...", after_help = CONNS_EXAMPLES, long_about = None)]
    Conns(Box<Conns>),
    /// What the programs on both ends of a connection said to each other
    #[command(override_usage = "synack follow [OPTIONS] [EXPRESSION]...", after_help = FOLLOW_EXAMPLES, long_about = None)]
    Follow(Box<Follow>),
    /// Every segment in words: what it does, with which numbers, and why
    #[command(override_usage = "synack explain [OPTIONS] [EXPRESSION]...", after_help = drawn::EXPLAIN_EXAMPLES, long_about = None)]
    Explain(Box<Explain>),
    /// The sequence diagram of every connection, on the terminal, as SVG or Mermaid
    #[command(override_usage = "synack ladder [OPTIONS] [EXPRESSION]...", after_help = drawn::LADDER_EXAMPLES, long_about = None)]
    Ladder(Box<Ladder>),
    /// Graphs of every connection over time: sequence numbers, round trips, throughput, bytes in flight
    #[command(override_usage = "synack plot [OPTIONS] [EXPRESSION]...", after_help = drawn::PLOT_EXAMPLES, long_about = None)]
    Plot(Box<Plot>),
    /// A page of HTML to open in any browser: connections, ladders, graphs, segments beside their bytes
    #[command(override_usage = "synack report -o FILE.html [OPTIONS] [EXPRESSION]...", after_help = drawn::REPORT_EXAMPLES, long_about = None)]
    Report(Box<Report>),
    /// Run a command in a network of its own, and explain every segment it sent or received
    #[command(override_usage = "synack lab [OPTIONS] [table] [EXPRESSION]... -- COMMAND...\n       synack lab [OPTIONS] [table] -r FILE [EXPRESSION]...", after_help = lab::LAB_EXAMPLES, long_about = None)]
    Lab(Box<Lab>),
    /// Print the JSON Schema that the lines of --json keep to
    Schema,
    /// A small client and server in a private network namespace, captured live, without root
    Demo,
    /// Print the manual page, of the sniffer or of a command
    Man {
        /// Which command
        command: Option<String>,
    },
    /// Print completions for a shell
    Completions {
        /// Which shell
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// Write the intact records of a damaged capture file to a new one
    Repair {
        /// The damaged file
        #[arg(value_name = "IN")]
        input: PathBuf,
        /// The file to write
        #[arg(value_name = "OUT")]
        output: PathBuf,
        /// Overwrite a file that exists
        #[arg(long = "force")]
        force: bool,
    },
}

/// `synack conns`.
#[derive(Debug, clap::Args)]
pub(crate) struct Conns {
    /// Order of the table: conn, first, duration, bytes, packets, rtt, rexmit, reordered,
    /// duplicates, zero-windows or missing; largest first, but for conn and first [default: conn]
    #[arg(long = "sort", value_name = "KEY", help_heading = SHOWN, allow_hyphen_values = true)]
    pub(crate) sort: Option<String>,
    /// Only the first N of that order
    #[arg(long = "top", value_name = "N", help_heading = SHOWN, allow_hyphen_values = true)]
    pub(crate) top: Option<String>,
    /// Comma-separated values with a heading, every figure (RFC 4180)
    #[arg(long = "csv", help_heading = SHOWN)]
    pub(crate) csv: bool,
    #[command(flatten)]
    pub(crate) args: Args,
}

/// `synack follow`.
#[derive(Debug, clap::Args)]
pub(crate) struct Follow {
    /// Bytes in hex and ASCII, with their offset in the stream
    #[arg(long = "hex", help_heading = SHOWN)]
    pub(crate) in_hex: bool,
    /// The bytes as they are, of one side: client or server; with -o also both
    #[arg(long = "raw", value_name = "SIDE", help_heading = SHOWN, allow_hyphen_values = true)]
    pub(crate) raw: Option<String>,
    /// Write a file per connection (with --raw: per side) into this directory
    #[arg(short = 'o', value_name = "DIR", help_heading = SHOWN, allow_hyphen_values = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Whose bytes count where segments overlap: linux, first, last, bsd, windows or solaris
    /// [default: linux]
    #[arg(long = "overlap", value_name = "POLICY", help_heading = SHOWN, allow_hyphen_values = true)]
    pub(crate) overlap: Option<String>,
    #[command(flatten)]
    pub(crate) args: Args,
}

impl Command {
    /// The name of a command whose options `-h` asks for.
    pub(crate) fn wants_brief(&self) -> Option<&'static str> {
        let (name, args) = match self {
            Self::Conns(conns) => ("conns", &conns.args),
            Self::Follow(follow) => ("follow", &follow.args),
            Self::Explain(explain) => ("explain", &explain.args),
            Self::Ladder(ladder) => ("ladder", &ladder.args),
            Self::Plot(plot) => ("plot", &plot.args),
            Self::Report(report) => ("report", &report.args),
            Self::Lab(lab) => ("lab", &lab.args),
            _ => return None,
        };
        args.brief.then_some(name)
    }
}
