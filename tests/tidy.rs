//! The source keeps the shape that `ARCHITECTURE.md` draws: read as text and held to it.
mod circles;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

/// Every module of the library, and which others it may name. A module may always name itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("text", &[]),
    ("bpf", &[]),
    ("error", &[]),
    ("packet", &["wire", "error"]),
    ("sys", &["bpf", "error"]),
    ("filter", &["wire", "bpf"]),
    ("capture", &["sys", "bpf", "packet", "wire", "error"]),
    ("savefile", &["packet", "wire", "error"]),
    ("flow", &["wire", "packet"]),
    ("stream", &["wire", "packet"]),
    ("hex", &[]),
    ("print", &["wire", "text", "packet", "flow", "hex"]),
    ("etc", &["wire", "filter", "print"]),
    ("json", &["wire", "text", "packet", "flow"]),
    ("markup", &[]),
    ("plot", &["wire", "packet", "flow", "markup"]),
    ("ladder", &["wire", "packet", "flow", "markup"]),
    ("explain", &["wire", "packet", "flow"]),
    ("report", &["wire", "packet", "flow", "markup", "plot", "ladder", "explain"]),
    ("fuzzing", &["wire", "etc", "bpf", "packet", "filter", "savefile", "stream", "print"]),
];

/// Modules that belong to the binary, which uses the public API.
const BINARY: &[&str] = &["main", "cli"];

/// Names that say nothing about what is inside.
const FORBIDDEN: &[&str] = &["util", "utils", "helpers", "common", "misc", "types"];

/// Types that are called by their module: `wire::Error`, `filter::ErrorKind`.
const CALLED_BY_MODULE: &[&str] = &["Error", "ErrorKind"];

/// Lines that are neither blank, comment nor test, above which a file must be split.
const MAX_LINES: usize = 600;

/// Lines of a function above which it must be taken apart.
const MAX_FUNCTION_LINES: usize = 60;

/// Functions above that: tables, a row for each kind of thing. Exactly these.
const TABLES: &[(&str, &str)] = &[
    ("bpf/dump.rs", "assembly"),
    ("bpf/vm.rs", "run"),
    ("filter/lower/link_type.rs", "link_type"),
    ("filter/optimize/value.rs", "step"),
    ("json/tcp_option.rs", "serialize"),
    ("print/application/dhcp/option.rs", "option"),
    ("print/application/dhcp6/option.rs", "value"),
    ("print/transport/tcp/option.rs", "value"),
];

/// Functions above that which are no tables, and are still to be taken apart.
const TO_TAKE_APART: &[(&str, &str)] = &[("cli/run/file.rs", "run"), ("report/sentences.rs", "account")];

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
    let out = rust_files("src");
    assert!(out.len() > 30, "only {} source files found", out.len());
    out
}

/// The Rust files of a folder of the crate and the folders in it.
fn rust_files(folder: &str) -> Vec<Source> {
    fn walk(dir: &Path, root: &Path, out: &mut Vec<Source>) {
        let mut entries: Vec<_> =
            fs::read_dir(dir).expect("it is there").map(|e| e.expect("readable").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, root, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("source is UTF-8");
                let path = path.strip_prefix(root).expect("below it").to_path_buf();
                let first = path.components().next().expect("a name").as_os_str().to_string_lossy();
                let module = first.trim_end_matches(".rs").to_owned();
                out.push(Source { path, module, text });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut out = Vec::new();
    walk(&root, &root, &mut out);
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
    let mut used = std::collections::BTreeSet::new();
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
                used.insert((source.module.clone(), module.to_owned()));
            }
        }
    }
    let allowed =
        MAY_USE.iter().flat_map(|(module, others)| others.iter().map(move |other| (*module, *other)));
    for (module, other) in allowed.filter(|(m, o)| !used.contains(&((*m).to_owned(), (*o).to_owned()))) {
        faults.push(format!("{module} may use {other} and does not"));
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

/// Who imports two of them must not have to rename one.
#[test]
fn no_two_public_types_have_one_name() {
    let mut found = std::collections::BTreeMap::<String, Vec<String>>::new();
    for source in sources().iter().filter(|source| !BINARY.contains(&source.module.as_str())) {
        for (n, line) in source.lines() {
            let mut words = line.split_whitespace();
            // What stands deeper is a method's or a macro's.
            if !line.starts_with("pub ")
                || !["struct", "enum", "trait", "type"].map(Some).contains(&words.nth(1))
            {
                continue;
            }
            let name = words.next().unwrap_or_default();
            let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            found.entry(name.to_owned()).or_default().push(format!("{}:{n}", source.path.display()));
        }
    }
    assert!(found.len() > 100, "{} types found", found.len());
    found.retain(|name, places| places.len() > 1 && !CALLED_BY_MODULE.contains(&name.as_str()));
    fail_with(
        &found.iter().map(|(name, places)| format!("{name}: {}", places.join(", "))).collect::<Vec<_>>(),
    );
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

/// The functions of formatted source with their lines: each begins at `fn` and ends with the brace that is
/// indented as it is.
fn functions(code: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim_start();
        let Some((before, after)) = bare.split_once("fn ") else { continue };
        let qualifiers = match before.strip_prefix("pub") {
            Some(rest) => rest.split_once(") ").map_or(rest, |(_, rest)| rest),
            None => before,
        };
        let known = ["const", "async", "unsafe", "extern", "\"C\""];
        if !qualifiers.split_whitespace().all(|word| known.contains(&word)) || bare.ends_with([';', '}']) {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - bare.len()]);
        let name = after.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
        if let Some(n) = lines[at..].iter().position(|line| *line == end) {
            out.push((name, n + 1));
        }
    }
    out
}

#[test]
fn functions_are_measured_from_their_name_to_their_brace() {
    let code = "impl X {\n    pub(in crate::a) const fn one(\n        self,\n    ) -> u8 {\n        1\n    }\n}\n\nfn two() {}\nfn \
                three() {\n}\n// the fn of it\ntype F = fn(u8);\n";
    assert_eq!(functions(code), [("one", 5), ("three", 2)]);
}

#[test]
fn functions_are_short_but_for_tables() {
    let mut allowed: Vec<_> = TABLES.iter().chain(TO_TAKE_APART).copied().collect();
    let mut faults = Vec::new();
    for source in sources() {
        for (name, lines) in functions(source.code()) {
            if lines <= MAX_FUNCTION_LINES {
                continue;
            }
            match allowed.iter().position(|row| (Path::new(row.0), row.1) == (source.path.as_path(), name)) {
                Some(row) => _ = allowed.swap_remove(row),
                None => faults.push(format!("{}: `{name}` has {lines} lines", source.path.display())),
            }
        }
    }
    faults.extend(
        allowed.iter().map(|(path, name)| format!("{path}: `{name}` is short: take it off the list")),
    );
    fail_with(&faults);
}

/// The file of a test's module, and the test if the name has one: `a::b::test` is in `tests/a/b.rs`
/// or, a unit test, in `src/a/b.rs`.
fn find_test(name: &str) -> Result<(PathBuf, Option<&str>), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = |module: &str| {
        let path = module.strip_suffix("::tests").unwrap_or(module).replace("::", "/");
        let inside =
            [format!("{}.rs", module.replace("::", "/")), format!("{path}.rs"), format!("{path}/mod.rs")];
        let places = ["tests", "src"].map(|top| inside.each_ref().map(|name| root.join(top).join(name)));
        places.into_iter().flatten().find(|path| path.is_file())
    };
    if let Some(path) = file(name) {
        return Ok((path, None));
    }
    let (module, test) = name.rsplit_once("::").ok_or("there is no such module")?;
    let path = file(module).ok_or_else(|| format!("there is no module {module}"))?;
    let text = fs::read_to_string(&path).expect("source is UTF-8");
    let line = format!("fn {test}() {{");
    let attribute = text
        .lines()
        .zip(text.lines().skip(1))
        .any(|(before, at)| before.trim().starts_with('#') && at.trim() == line);
    if attribute { Ok((path, Some(test))) } else { Err(format!("{module} has no test {test}")) }
}

#[test]
fn the_tests_that_the_fault_table_names_are_there() {
    let named = named_tests("SECURITY.md");
    assert!(named > 60, "only {named} tests named");
}

#[test]
fn the_tests_that_hold_the_differences_from_tcpdump_are_there() {
    let named = named_tests("docs/differences.md");
    assert!(named > 20, "only {named} tests named");
}

/// How many tests the tables of a page name in their last column; fails where one is not there.
fn named_tests(page: &str) -> usize {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("UTF-8");
    let lines = || text.lines();
    // Not the row above a table's ruler, nor that.
    let ruler = |line: &str| line.starts_with("| --- |");
    let below = lines().skip(1).map(ruler).chain([false]);
    let rows = lines().zip(below).filter(|(line, below)| line.starts_with("| ") && !below && !ruler(line));
    let mut faults = Vec::new();
    let mut named = 0;
    for (row, _) in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().expect("a cell");
        let mut module = String::new();
        for name in tests.split('`').skip(1).step_by(2) {
            named += 1;
            if let Some(bench) = name.strip_prefix("cargo bench --bench ") {
                if !Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/{bench}.rs")).is_file() {
                    faults.push(format!("{bench}: there is no such bench"));
                }
                continue;
            }
            // A test alone is in the module of the one before.
            let whole = if name.contains("::") || module.is_empty() {
                name.to_owned()
            } else {
                format!("{module}::{name}")
            };
            match find_test(&whole).or_else(|error| find_test(name).map_err(|_| error)) {
                Ok((_, Some(_))) => {
                    whole.rsplit_once("::").map_or("", |parts| parts.0).clone_into(&mut module)
                }
                Ok((_, None)) => whole.clone_into(&mut module),
                Err(error) => faults.push(format!("{whole}: {error}")),
            }
        }
        if !tests.contains('`') {
            faults.push(format!("no test is named: {row}"));
        }
    }
    fail_with(&faults);
    named
}

#[test]
fn a_test_that_is_not_there_is_not_found() {
    for (name, there) in [
        ("tidy::names_say_what_is_inside", true),
        ("faults::disk", true),
        ("savefile::tail::tests", true),
        ("tidy::sources", false),
        ("tidy::no_such_test", false),
        ("faults::no_such_module", false),
        ("no_such_module", false),
    ] {
        assert_eq!(find_test(name).is_ok(), there, "{name}");
    }
}

#[test]
fn no_test_is_left_out_unsaid() {
    // What is printed in a test that passes is not seen; `needs` says it so that it is.
    let says = |line: &str| line.contains("\"skipped");
    let mut faults = Vec::new();
    for source in rust_files("tests").iter().chain(&sources()) {
        if source.module == "needs" || source.module == "tidy" {
            continue;
        }
        for (line, n) in source.text.lines().zip(1..).filter(|(line, _)| says(line)) {
            faults.push(format!("{}:{n}: {} is not seen", source.path.display(), line.trim()));
        }
    }
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
