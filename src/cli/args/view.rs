//! What a run shows, and which of the packets: the part of the command line that speaks of
//! connections and verdicts, checked.
use std::net::SocketAddr;
use std::path::PathBuf;

use synack::flow::{Direction, Kind};
use synack::stream::Policy;

use super::command::{Conns, Follow};
use super::drawn::{Drawing, Graphs, Page, Words};
use super::lab::Sheet;
use super::quantity;
use super::typed::Args;
use crate::cli::failure::Failure;

/// In what form packets and what was found of them are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum View {
    /// tcpdump's lines; with `-a` what each segment is at their end.
    Text {
        /// `-a`.
        marks: bool,
    },
    /// `--json`: a line a packet, correction and connection.
    Json,
    /// `synack conns`.
    Connections(Table),
    /// `synack follow`.
    Streams(Streams),
    /// `synack explain`.
    Words(Words),
    /// `synack ladder`.
    Ladders(Drawing),
    /// `synack plot`.
    Graphs(Graphs),
    /// `synack report`.
    Page(Page),
    /// `synack lab table`, `--quiz`, `--check`.
    Sheet(Sheet),
}

impl View {
    /// Whether it shows nothing before it has seen everything, when it reads files.
    pub(crate) fn is_printed_at_the_end(&self) -> bool {
        matches!(self, Self::Connections(_) | Self::Page(_))
    }

    /// Whether connections must be known for it.
    pub(crate) fn needs_flows(&self) -> bool {
        *self != Self::Text { marks: false }
    }
}

/// How connections are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) form: TableForm,
    pub(crate) sort: SortKey,
    /// `--top`.
    pub(crate) top: Option<usize>,
}

/// In what form connections are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableForm {
    /// A table for people.
    Columns,
    /// One connection in full.
    Full,
    /// `--csv`.
    Csv,
    /// `--json`.
    Json,
}

/// What connections are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortKey {
    Number,
    First,
    Duration,
    Bytes,
    Packets,
    Rtt,
    Retransmissions,
    Reordered,
    Duplicates,
    ZeroWindows,
    Missing,
}

impl SortKey {
    const ALL: [(&'static str, Self); 11] = [
        ("conn", Self::Number),
        ("first", Self::First),
        ("duration", Self::Duration),
        ("bytes", Self::Bytes),
        ("packets", Self::Packets),
        ("rtt", Self::Rtt),
        ("rexmit", Self::Retransmissions),
        ("reordered", Self::Reordered),
        ("duplicates", Self::Duplicates),
        ("zero-windows", Self::ZeroWindows),
        ("missing", Self::Missing),
    ];
}

/// How streams are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Streams {
    pub(crate) form: StreamForm,
    pub(crate) policy: Policy,
    /// `-o`.
    pub(crate) directory: Option<PathBuf>,
}

/// In what form streams are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamForm {
    Text,
    Hex,
    /// `--raw`: one side, or both to files.
    Raw(Option<Direction>),
}

/// Which packets are shown and written, by what was found of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// `--conn`; empty: all.
    pub(crate) connections: Vec<Chosen>,
    /// `--verdict`: names of kinds, and `reset`; empty: all.
    pub(crate) verdicts: Vec<&'static str>,
    /// `--final`.
    pub(crate) settled: bool,
}

impl Wanted {
    /// Whether anything is left out.
    pub(crate) fn is_narrow(&self) -> bool {
        !self.connections.is_empty() || !self.verdicts.is_empty()
    }
}

/// A connection as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    Number(u64),
    /// Its ends, in either order.
    Ends(SocketAddr, SocketAddr),
}

/// The word for segments with the RST flag, which is no verdict of its own.
pub(crate) const RESET: &str = "reset";

/// What the sniffer itself shows.
pub(super) fn of_sniffer(args: &Args) -> Result<View, Failure> {
    if args.json && args.analyze {
        return Err(Failure::new("-a marks lines of text; --json has the verdicts anyway"));
    }
    Ok(if args.json { View::Json } else { View::Text { marks: args.analyze } })
}

/// What `synack conns` shows.
pub(super) fn of_conns(conns: &Conns) -> Result<View, Failure> {
    refuse_text_options("conns", &conns.args)?;
    if conns.csv && conns.args.json {
        return Err(Failure::new("--csv and --json are mutually exclusive"));
    }
    let form = match (conns.csv, conns.args.json, conns.args.connections.is_empty()) {
        (true, ..) => TableForm::Csv,
        (_, true, _) => TableForm::Json,
        (.., false) => TableForm::Full,
        _ => TableForm::Columns,
    };
    let top = match &conns.top {
        None => None,
        Some(text) => {
            let n = quantity::positive(text).and_then(|n| usize::try_from(n).ok());
            Some(n.ok_or_else(|| {
                Failure::new(format!(
                    "invalid number of connections {}: --top N",
                    crate::cli::failure::printable(text)
                ))
            })?)
        }
    };
    let sort = match &conns.sort {
        None => SortKey::Number,
        Some(name) => one_of("--sort", name, &SortKey::ALL)?,
    };
    Ok(View::Connections(Table { form, sort, top }))
}

/// What `synack follow` shows.
pub(super) fn of_follow(follow: &Follow) -> Result<View, Failure> {
    refuse_text_options("follow", &follow.args)?;
    if follow.args.json {
        return Err(Failure::new("follow has no --json: `synack --json` prints packets and connections"));
    }
    let form = match (follow.in_hex, follow.raw.as_deref()) {
        (true, Some(_)) => return Err(Failure::new("--hex and --raw are mutually exclusive")),
        (true, None) => StreamForm::Hex,
        (false, None) => StreamForm::Text,
        (false, Some(side)) => {
            let sides = [("client", Some(Direction::C2s)), ("server", Some(Direction::S2c)), ("both", None)];
            StreamForm::Raw(one_of("--raw", side, &sides)?)
        }
    };
    if form == StreamForm::Raw(None) && follow.directory.is_none() {
        return Err(Failure::new("--raw both needs -o DIR: on standard output the sides would mix"));
    }
    let policies = Policy::ALL.map(|policy| (policy.name(), policy));
    let policy = match &follow.overlap {
        None => Policy::Linux,
        Some(name) => one_of("--overlap", name, &policies)?,
    };
    Ok(View::Streams(Streams { form, policy, directory: follow.directory.clone() }))
}

/// Which packets `--conn`, `--verdict` and `--final` leave.
pub(super) fn wanted(args: &Args) -> Result<Wanted, Failure> {
    let connections = args.connections.iter().map(|text| chosen(text)).collect::<Result<_, _>>()?;
    let words = Kind::NAMES.iter().chain(&[RESET]).map(|name| (*name, *name)).collect::<Vec<_>>();
    let word = |text: &String| one_of("--verdict", &text.replace('-', "_"), &words);
    let verdicts = args.verdicts.iter().map(word).collect::<Result<_, _>>()?;
    Ok(Wanted { connections, verdicts, settled: args.settled })
}

/// A number, or two ends with `-` or `>` between them.
fn chosen(text: &str) -> Result<Chosen, Failure> {
    if let Some(number) = quantity::positive(text) {
        return Ok(Chosen::Number(number));
    }
    let ends = text.split_once(['-', '>']);
    let ends = ends.and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
    let (a, b) = ends.ok_or_else(|| {
        Failure::new(format!(
            "unknown connection {text}: a number of `synack conns`, or 10.0.0.1:1025-10.0.0.2:80"
        ))
    })?;
    Ok(Chosen::Ends(a, b))
}

/// Options of the packets' text mean nothing here.
pub(super) fn refuse_text_options(command: &str, args: &Args) -> Result<(), Failure> {
    let text = [
        (args.analyze, "-a"),
        (args.hex > 0, "-x"),
        (args.hex_ascii > 0, "-X"),
        (args.ascii > 0, "-A"),
        (args.dump.is_some(), "--dump"),
        (args.count, "--count"),
        (args.print, "--print"),
        (args.write.is_some(), "-w"),
    ];
    match text.into_iter().find(|option| option.0) {
        Some((_, option)) => Err(Failure::new(format!("{option} has no meaning for {command}"))),
        None => Ok(()),
    }
}

/// The value that has this name; a refusal lists the names.
pub(super) fn one_of<T: Copy>(option: &str, name: &str, values: &[(&str, T)]) -> Result<T, Failure> {
    if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
        return Ok(*value);
    }
    let names: Vec<&str> = values.iter().map(|(known, _)| *known).collect();
    Err(Failure::new(format!(
        "{option} knows no `{}': {}",
        crate::cli::failure::printable(name),
        names.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_named_by_number_or_by_its_ends() {
        assert_eq!(chosen("3").unwrap(), Chosen::Number(3));
        let (a, b) = ("10.0.0.1:1025".parse().unwrap(), "10.0.0.2:80".parse().unwrap());
        assert_eq!(chosen("10.0.0.1:1025-10.0.0.2:80").unwrap(), Chosen::Ends(a, b));
        assert_eq!(chosen("10.0.0.1:1025 > 10.0.0.2:80").unwrap(), Chosen::Ends(a, b));
        assert!(matches!(chosen("[::1]:1-[::1]:2").unwrap(), Chosen::Ends(..)));
        for wrong in ["0", "x", "10.0.0.1-10.0.0.2", "1-2", ""] {
            assert!(chosen(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_that_is_not_known_is_answered_with_those_that_are() {
        let failure = one_of("--sort", "size", &SortKey::ALL).unwrap_err();
        assert!(failure.message.starts_with("--sort knows no `size': conn, first,"), "{}", failure.message);
    }
}
