//! A first word that is no filter: the name of a file, of a command, of an interface.
use std::path::Path;

use synack::capture;
use synack::filter::{Error, ErrorKind, nearest};
use synack::savefile::Compression;

use crate::cli::args::typed;
use crate::cli::failure::printable;

/// What other programs have as commands or options, and what to type here.
const ELSEWHERE: [(&str, &str); 20] = [
    ("help", "the options: synack --help"),
    ("usage", "the options: synack --help"),
    ("version", "the version: synack --version"),
    ("list", "the interfaces: synack -D"),
    ("interfaces", "the interfaces: synack -D"),
    ("devices", "the interfaces: synack -D"),
    ("capture", "capturing needs no command: synack -i INTERFACE"),
    ("sniff", "capturing needs no command: synack -i INTERFACE"),
    ("listen", "capturing needs no command: synack -i INTERFACE"),
    ("live", "capturing needs no command: synack -i INTERFACE"),
    ("dump", "capturing needs no command: synack -i INTERFACE"),
    ("start", "capturing needs no command: synack -i INTERFACE"),
    ("run", "capturing needs no command: synack -i INTERFACE"),
    ("read", "to read a file: synack -r FILE"),
    ("open", "to read a file: synack -r FILE"),
    ("print", "to read a file: synack -r FILE"),
    ("write", "to write a file: synack -w FILE"),
    ("save", "to write a file: synack -w FILE"),
    ("fix", "to repair a file: synack repair IN OUT"),
    ("filter", "the words after the options are the filter: synack -r FILE tcp port 80"),
];

/// Whether the first word of an expression is what is wrong: then it may be something else.
pub(crate) fn is_in_question(expression: &str, error: &Error) -> bool {
    let Some(first) = expression.split_whitespace().next() else { return false };
    let Some(start) = expression.find(first) else { return false };
    let here = error.span().is_some_and(|span| (start..start + first.len()).contains(&span.start));
    here && matches!(error.kind(), ErrorKind::Syntax | ErrorKind::Token)
}

/// Advice where the first word of an expression is something else. Looks for files and interfaces,
/// which a process that has shut itself in may not.
pub(crate) fn advise(expression: &str) -> Option<String> {
    let first = expression.split_whitespace().next()?;
    file(expression, first).or_else(|| command(first)).or_else(|| interface(first))
}

fn file(expression: &str, first: &str) -> Option<String> {
    // A name with blanks in it is one word for the shell.
    let path = [expression.trim(), first].into_iter().map(Path::new).find(|path| is_capture(path))?;
    let name = printable(&path.to_string_lossy());
    let quoted = if name.contains(' ') { format!("'{name}'") } else { name };
    Some(format!("to read a file: synack -r {quoted}"))
}

/// Whether a file is there, or would be a capture by its name.
fn is_capture(path: &Path) -> bool {
    let ending_of =
        |path: &Path| path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_owned();
    // Of these no file is written, and so they are no kind of compression here.
    let only_read = ["xz", "bz2"].contains(&ending_of(path).to_ascii_lowercase().as_str());
    let inner = match Compression::by_name(path) {
        None if !only_read => path,
        _ => Path::new(path.file_stem().unwrap_or_default()),
    };
    let ending = ending_of(inner);
    ["pcap", "pcapng", "cap", "dmp", "ntar"].iter().any(|known| ending.eq_ignore_ascii_case(known))
        || path.is_file()
}

fn command(first: &str) -> Option<String> {
    let commands = typed::commands();
    let names = || commands.iter().map(|command| command.0.as_str());
    if let Some((name, rest)) = commands.iter().find(|command| command.0 == first) {
        return Some(format!("a command stands before all options: synack {name}{rest}"));
    }
    if let Some((_, advice)) = ELSEWHERE.iter().find(|row| row.0.eq_ignore_ascii_case(first)) {
        return Some((*advice).to_owned());
    }
    // Of three letters one is too much: `mac` is nearer to an address than to `man`.
    if first.len() <= 3 {
        return None;
    }
    let near = nearest(&first.to_ascii_lowercase(), names())?;
    let rest = commands.iter().find(|command| command.0 == near).map_or("", |command| &command.1);
    Some(format!("did you mean the command: synack {near}{rest}"))
}

fn interface(first: &str) -> Option<String> {
    let there = capture::interfaces().ok()?.into_iter().any(|interface| interface.name == first);
    there.then(|| format!("to capture from an interface: synack -i {first}"))
}
