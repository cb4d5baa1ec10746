//! The source keeps the shape that `ARCHITECTURE.md` draws: read as text and held to it.
use std::fs;
use std::path::{Path, PathBuf};

/// Every module of the library, and which others it may name. A module may always name itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("bpf", &[]),
    ("error", &["wire"]),
    ("packet", &["wire", "error"]),
    ("sys", &["bpf", "error"]),
    ("filter", &["wire", "bpf"]),
    ("capture", &["sys", "bpf", "filter", "packet", "wire", "error"]),
    ("savefile", &["packet", "wire", "error"]),
    ("flow", &["wire", "packet"]),
    ("stream", &["wire", "packet", "flow"]),
    ("hex", &["wire", "packet", "flow"]),
    ("print", &["wire", "packet", "flow", "hex", "error"]),
    ("json", &["wire", "packet", "flow"]),
    ("ladder", &["wire", "packet", "flow"]),
    ("explain", &["wire", "packet", "flow"]),
    ("fuzzing", &["wire", "bpf", "packet", "error", "filter", "savefile", "flow", "hex", "print"]),
];

/// Modules that belong to the binary, which uses the public API.
const BINARY: &[&str] = &["main", "cli"];

/// Names that say nothing about what is inside.
const FORBIDDEN: &[&str] = &["util", "utils", "helpers", "common", "misc", "types"];

/// Lines that are neither blank, comment nor test, above which a file must be split.
const MAX_LINES: usize = 600;

/// A source file: path below `src`, module at the top of it, and its text.
struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

impl Source {
    /// The text before unit tests at the bottom; nothing of a file that is all tests.
    fn code(&self) -> &str {
        if self.path.file_stem().is_some_and(|s| s == "tests")
            || self.path.components().any(|c| c.as_os_str() == "tests")
        {
            return "";
        }
        match self.text.find("#[cfg(test)]\nmod ") {
            Some(at) if !self.text[at..].lines().nth(1).is_some_and(|l| l.ends_with(';')) => &self.text[..at],
            _ => &self.text,
        }
    }

    /// The code's lines without comments, numbered from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code().lines().zip(1..).map(|(line, n)| {
            let end = line.find("//").unwrap_or(line.len());
            (n, &line[..end])
        })
    }
}

fn sources() -> Vec<Source> {
    fn walk(dir: &Path, root: &Path, out: &mut Vec<Source>) {
        let mut entries: Vec<_> =
            fs::read_dir(dir).expect("src is there").map(|e| e.expect("readable").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, root, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("source is UTF-8");
                let path = path.strip_prefix(root).expect("below src").to_path_buf();
                let first = path.components().next().expect("a name").as_os_str().to_string_lossy();
                let module = first.trim_end_matches(".rs").to_owned();
                out.push(Source { path, module, text });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    walk(&root, &root, &mut out);
    assert!(out.len() > 30, "only {} source files found", out.len());
    out
}

/// The crate's modules that a line names: `crate::x` and `crate::{x, y::z}`.
fn named_modules(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &line[at + "crate::".len()..];
        let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 0;
                let mut start = true;
                for (i, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && c.is_alphanumeric() => {
                            names.push(word(&list[i..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
            None => names.push(word(rest)),
        }
    }
    names
}

fn fail_with(faults: &[String]) {
    assert!(faults.is_empty(), "{} fault(s):\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn reads_the_modules_a_line_names() {
    assert_eq!(named_modules("use crate::wire::{Tcp, Udp};"), ["wire"]);
    assert_eq!(
        named_modules("use crate::{Error, bpf::{RawInsn, Program}, packet};"),
        ["Error", "bpf", "packet"]
    );
    assert_eq!(named_modules("let x = crate::hex::ascii; othercrate::y"), ["hex"]);
}

#[test]
fn modules_use_only_those_below_them() {
    // What `lib.rs` lifts to the top.
    let lifted = [("Error", "error"), ("Packet", "packet"), ("Source", "packet"), ("Step", "packet")];
    let lifted = [&lifted[..], &[("Timestamp", "packet"), ("Layers", "wire"), ("LinkType", "wire")]].concat();
    let mut faults = Vec::new();
    for source in sources() {
        if source.module == "lib" || BINARY.contains(&source.module.as_str()) {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(module, _)| *module == source.module) else {
            faults.push(format!("{}: module `{}` has no row here", source.path.display(), source.module));
            continue;
        };
        for (n, line) in source.lines() {
            for name in named_modules(line) {
                let module = lifted.iter().find(|(l, _)| *l == name).map_or(name.as_str(), |(_, m)| m);
                if module != source.module && !allowed.contains(&module) {
                    faults.push(format!("{}:{n}: {} uses {module}", source.path.display(), source.module));
                }
            }
        }
    }
    fail_with(&faults);
}

#[test]
fn the_binary_uses_the_public_api() {
    let library: Vec<&str> = MAY_USE.iter().map(|(module, _)| *module).collect();
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| BINARY.contains(&s.module.as_str())) {
        for (n, line) in source.lines() {
            for name in named_modules(line).into_iter().filter(|m| library.contains(&m.as_str())) {
                faults.push(format!("{}:{n}: crate::{name} is not the public API", source.path.display()));
            }
        }
    }
    fail_with(&faults);
}

#[test]
fn only_sys_is_unsafe() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| s.module != "sys") {
        for (n, line) in source.lines() {
            let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            if words.any(|word| word == "unsafe") {
                faults.push(format!("{}:{n}: unsafe outside sys", source.path.display()));
            }
        }
    }
    fail_with(&faults);
}

#[test]
fn every_file_says_what_it_is_for() {
    let faults: Vec<String> = sources()
        .iter()
        .filter(|s| !s.text.starts_with("//! "))
        .map(|s| format!("{}: the first line is no `//! `", s.path.display()))
        .collect();
    fail_with(&faults);
}

#[test]
fn files_are_short_enough_to_read() {
    let faults: Vec<String> = sources()
        .iter()
        .map(|s| (s, s.code().lines().count()))
        .filter(|(s, lines)| *lines > MAX_LINES && !s.code().contains("// tidy: a table"))
        .map(|(s, lines)| format!("{}: {lines} lines without tests, at most {MAX_LINES}", s.path.display()))
        .collect();
    fail_with(&faults);
}

#[test]
fn names_say_what_is_inside() {
    let mut faults = Vec::new();
    for source in sources() {
        for part in &source.path {
            let part = part.to_string_lossy();
            if FORBIDDEN.contains(&part.trim_end_matches(".rs")) {
                faults.push(format!("{}: `{part}` says nothing", source.path.display()));
            }
        }
    }
    fail_with(&faults);
}
