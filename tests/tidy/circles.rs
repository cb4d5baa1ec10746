//! Which files name one another in a circle: only those below, each for its reason.
//!
//! A file may always name what the `mod.rs` above it declares: a folder and its files are one thing.
use std::collections::{BTreeMap, BTreeSet};

use super::{Source, sources};

/// The circles that are there, by the files in them.
const CIRCLES: &[(&str, &[&str])] = &[
    (
        "protocols contain one another",
        &[
            "print::link::ether_type",
            "print::link::ethernet",
            "print::link::llc",
            "print::link::macsec",
            "print::link::ppp",
            "print::link::pppoe",
            "print::network::icmpv4",
            "print::network::icmpv6",
            "print::network::ip",
            "print::network::ipv4",
            "print::network::ipv6",
            "print::network::protocol",
            "print::network::vrrp",
            "print::transport::dccp",
            "print::transport::sctp",
            "print::transport::tcp",
            "print::transport::tcp::option",
            "print::transport::udp",
            "print::tunnel::gre",
            "print::tunnel::mpls",
            "print::tunnel::overlay",
        ],
    ),
    (
        "a connection is judged with all that is known of it, and what is judged is known from then on",
        &[
            "flow::ack",
            "flow::cause",
            "flow::connection",
            "flow::facts",
            "flow::half",
            "flow::judge",
            "flow::lifecycle",
            "flow::path",
            "flow::reset",
            "flow::spurious",
            "flow::track",
        ],
    ),
    ("a copy of what was sent is asked about itself", &["flow::history", "flow::permits"]),
    (
        "a sentence about a segment is made of sentences about its parts",
        &[
            "explain::ack",
            "explain::again",
            "explain::closing",
            "explain::data",
            "explain::opening",
            "explain::reset",
            "explain::segment",
            "explain::verdict",
        ],
    ),
    (
        "the options of all commands are one type, which has a command, which has them",
        &["cli::args::command", "cli::args::drawn", "cli::args::lab", "cli::args::typed", "cli::args::view"],
    ),
    ("a disk is asked for a file, which has its disk", &["cli::record::disk", "cli::record::file"]),
];

/// Files by their module paths, and whom each names.
type Graph = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// `print::link` for `print/link/mod.rs`.
fn module_path(source: &Source) -> Vec<String> {
    let path = source.path.with_extension("");
    let mut names: Vec<String> = path.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    names.pop_if(|last| last == "mod");
    names
}

/// Every path of a `use` declaration: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let Some((before, list)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let list = list.trim_end().trim_end_matches('}');
    let mut depth = 0;
    let parts = list.split(|c: char| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    });
    // A brace inside was cut off with the outer one's.
    let whole = |part: &str| {
        let missing = part.matches('{').count().saturating_sub(part.matches('}').count());
        format!("{part}{}", "}".repeat(missing))
    };
    parts.flat_map(|part| expand(&whole(part))).map(|path| format!("{}{path}", before.trim_start())).collect()
}

/// The paths that a file names, but for what it only passes on (`pub use`).
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        let start = statement.rfind("use ").filter(|at| {
            let before = statement[..*at].trim_end();
            statement.ends_with(';') && (before.is_empty() || before.ends_with([';', '}', ']', ')', 'b']))
        });
        match start {
            Some(at) => {
                let before = statement[..at].trim_end();
                if !before.ends_with("pub")
                    && !before.ends_with("pub(crate)")
                    && !before.ends_with("pub(super)")
                {
                    found.extend(expand(statement[at + 4..].trim_end_matches(';')));
                }
                rest.push_str(&statement[..at]);
            }
            None => rest.push_str(statement),
        }
    }
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    found.extend(rest.split(|c| !is_path(c)).filter(|word| word.contains("::")).map(str::to_owned));
    found
}

fn graph() -> Graph {
    let sources: Vec<(Vec<String>, String)> = sources()
        .iter()
        .filter(|source| !["lib", "main"].contains(&source.module.as_str()))
        .map(|source| {
            let code: String = source.lines().flat_map(|(_, line)| [line, "\n"]).collect();
            (module_path(source), code.replace("#[cfg(test)]\nuse ", "#[cfg(test)]\npub use "))
        })
        .collect();
    let files: BTreeSet<&[String]> = sources.iter().map(|(path, _)| &path[..]).collect();
    let mut graph = Graph::new();
    for (file, code) in &sources {
        let mut named = BTreeSet::new();
        for path in paths(code) {
            let mut words = path.split("::").peekable();
            let mut place: Vec<String> = match words.peek().copied() {
                Some("crate") => Vec::new(),
                Some("super") => file[..file.len() - 1].to_vec(),
                Some("self") => file.clone(),
                Some(child) if files.contains(&[&file[..], &[child.to_owned()]].concat()[..]) => file.clone(),
                _ => continue,
            };
            if ["crate", "super", "self"].contains(&words.peek().copied().unwrap_or_default()) {
                words.next();
            }
            while words.next_if_eq(&"super").is_some() {
                place.pop();
            }
            for word in words {
                place.push(word.to_owned());
                if !files.contains(&place[..]) {
                    place.pop();
                    break;
                }
            }
            if files.contains(&place[..]) && !file.starts_with(&place) {
                named.insert(place);
            }
        }
        graph.insert(file.clone(), named);
    }
    graph
}

/// Whom a file names, whom those name, and so on.
fn reached<'a>(graph: &'a Graph, from: &[String]) -> BTreeSet<&'a [String]> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&[String]> = graph[from].iter().map(Vec::as_slice).collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(graph[file].iter().map(Vec::as_slice));
        }
    }
    reached
}

/// The largest sets of files that all reach one another.
fn circles(graph: &Graph) -> BTreeSet<Vec<String>> {
    let reach: BTreeMap<&[String], _> = graph.keys().map(|file| (&file[..], reached(graph, file))).collect();
    let circle = |file: &[String]| {
        let others = reach[file].iter().filter(|other| reach[**other].contains(file));
        others.map(|other| other.join("::")).collect::<Vec<_>>()
    };
    graph.keys().map(|file| circle(file)).filter(|circle| !circle.is_empty()).collect()
}

#[test]
fn no_files_name_one_another_in_a_circle_but_these() {
    let found = circles(&graph());
    let known: BTreeSet<Vec<String>> =
        CIRCLES.iter().map(|(_, files)| files.iter().map(|&file| file.to_owned()).collect()).collect();
    let new: Vec<_> =
        found.difference(&known).map(|circle| format!("a circle: {}", circle.join(" "))).collect();
    let gone: Vec<_> =
        known.difference(&found).map(|c| format!("no such circle any more: {}", c.join(" "))).collect();
    super::fail_with(&[new, gone].concat());
}

#[test]
fn reads_the_paths_a_file_names() {
    let code = "use std::io;\nuse super::{a, b::{C, d::E}};\npub use self::x::Y;\nfn f() { crate::g::h(super::i::J) }";
    let expected = ["std::io", "super::a", "super::b::C", "super::b::d::E", "crate::g::h", "super::i::J"];
    assert_eq!(paths(code), expected);
    let name = |name: &str| vec![name.to_owned()];
    let graph =
        [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")].map(|(from, to)| (name(from), [name(to)].into()));
    assert_eq!(circles(&graph.into()), [vec!["b".to_owned(), "c".to_owned()]].into());
}
