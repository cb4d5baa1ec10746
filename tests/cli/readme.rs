//! What the README and the pages of `docs/` show is what the program says (`BLESS=1` writes it).
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{SYNACK, text};

/// What shows output, and how many commands at least.
const PAGES: [(&str, usize); 3] = [("README.md", 4), ("docs/reading.md", 2), ("docs/lab.md", 9)];

/// What a command prints, both outputs together.
fn printed(command: &str) -> String {
    assert!(command.starts_with("synack "), "{command}");
    let programs = Path::new(SYNACK).parent().expect("a directory").display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", &format!("{command} 2>&1")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", &path)
        .env("TZ", "UTC")
        .env_remove("LC_ALL")
        .env("LANG", "C.UTF-8")
        .output()
        .expect("there is a shell");
    text(&output.stdout).to_owned()
}

/// The page with what its commands print now in place of what it shows, and their number.
fn renewed(page: &str) -> (String, usize) {
    let (mut out, mut commands, mut inside) = (String::new(), 0, false);
    for line in page.lines() {
        if line.starts_with("```") {
            inside = false;
        } else if let Some(command) = line.strip_prefix("$ ") {
            out.push_str(&format!("{line}\n{}", printed(command)));
            commands += 1;
            inside = true;
            continue;
        }
        if !inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    (out, commands)
}

#[test]
fn the_pages_show_what_the_program_prints() {
    for (name, least) in PAGES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let page = fs::read_to_string(&path).expect("the page is there");
        let (now, commands) = renewed(&page);
        assert!(commands >= least, "{name} shows no output any more");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &now).expect("the page is there");
        } else {
            assert_eq!(page, now, "{name}");
        }
    }
}

#[test]
fn the_drawing_in_docs_is_drawn_by_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ladder.svg");
    let output = Command::new(SYNACK)
        .args(["ladder", "--format", "svg", "-r", "tests/data/seeds/lab_v2.pcap"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program runs");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &output.stdout).expect("the folder is there");
    }
    assert_eq!(fs::read(&path).expect("it is kept"), output.stdout);
}
