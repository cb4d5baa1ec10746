//! The tables "to change …, look in …" name files that are there.
use std::path::{Path, PathBuf};

use super::{fail_with, sources};

/// How such a table begins.
const HEAD: &str = "| to change | look in |";

/// Every file that the last cells of a text's tables name, with braces written out: `a/{b,c}` is two.
fn named(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim_start_matches("//!").trim());
    let rows = lines.skip_while(|line| *line != HEAD).skip(2).take_while(|line| line.starts_with('|'));
    let cells =
        rows.filter_map(|row| row.trim_end_matches('|').rsplit_once(" | ")).map(|(_, cell)| cell.to_owned());
    // What is in brackets is a link to an item.
    let words = cells.flat_map(|cell| {
        let words = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let links = cell.matches("[`").count();
        if links > 0 { Vec::new() } else { words }
    });
    words.flat_map(|word| expand(&word)).collect()
}

fn expand(word: &str) -> Vec<String> {
    let Some((before, rest)) = word.split_once('{') else { return vec![word.to_owned()] };
    let (list, after) = rest.split_once('}').expect("a brace is closed");
    list.split(',').map(|part| format!("{before}{part}{after}")).collect()
}

/// Whether a name stands for a file or a folder, seen from a folder of the source or from the top.
fn is_there(name: &str, from: &Path) -> bool {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = name.trim_end_matches('/');
    let files = [name.to_owned(), format!("{name}.rs"), format!("{name}/mod.rs")];
    let folders: [PathBuf; 3] = [top.join("src").join(from), top.join("src"), top.to_owned()];
    folders.iter().any(|folder| files.iter().any(|file| folder.join(file).exists()))
}

#[test]
fn what_the_tables_name_is_there() {
    let architecture = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let mut texts = vec![(PathBuf::new(), std::fs::read_to_string(architecture).expect("UTF-8"))];
    texts.extend(sources().into_iter().map(|source| (source.path, source.text)));
    let mut faults = Vec::new();
    let mut tables = 0;
    for (path, text) in texts {
        let names = named(&text);
        tables += usize::from(!names.is_empty());
        let from = path.parent().unwrap_or(Path::new(""));
        let gone = names.iter().filter(|name| !is_there(name, from));
        faults.extend(gone.map(|name| format!("{}: there is no {name}", path.display())));
    }
    assert!(tables > 12, "only {tables} tables");
    fail_with(&faults);
}

#[test]
fn a_file_that_is_not_there_is_not_found() {
    let table =
        "//! x\n//! | to change | look in |\n//! | --- | --- |\n//! | a | `mod`, `{b,c}/d` |\n\nuse `x`";
    assert_eq!(named(table), ["mod", "b/d", "c/d"]);
    assert!(is_there("mod", Path::new("wire")) && is_there("wire/tcp", Path::new("cli")));
    assert!(!is_there("no_such_file", Path::new("wire")));
}
