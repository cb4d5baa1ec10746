//! Pages and drawings in a browser, driven as people do: by mouse and by keyboard. What drives it comes by
//! npm (`package.json` beside this file); CONTRIBUTING.md says how to get it.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::{SYNACK, Scratch, seed};
use crate::needs;

/// Where `npm install` put what drives the browser; set where it must be there.
const MODULES: &str = "SYNACK_BROWSER_MODULES";

/// The folder of the modules, where node and a browser are here as well.
fn modules() -> Option<PathBuf> {
    let asked = std::env::var_os(MODULES).map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser/node_modules");
    let there = |folder: &Path| folder.join("puppeteer-core").is_dir() && folder.join("axe-core").is_dir();
    match asked {
        Some(folder) => {
            let all = needs::installed("what drives a browser", there(&folder));
            (all && needs::program("node") && needs::program("chromium")).then_some(folder)
        }
        None if there(&beside) => Some(beside),
        None => {
            needs::optional("a browser, and what drives it");
            None
        }
    }
}

/// Runs a script of this folder on files.
#[track_caller]
fn run(script: &str, modules: &Path, files: &[PathBuf]) {
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report").join(script))
        .args(files)
        .env("NODE_PATH", modules)
        // A page is seen within 2 s on an idle machine, which is what the script asks for by hand; tests
        // run side by side with others.
        .env("SOON", "8000")
        .output()
        .expect("node runs");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}");
    assert_eq!(
        said.lines().filter(|line| line.ends_with(": well") || line.contains(" arrows, ")).count(),
        files.len(),
        "{said}"
    );
}

fn made(arguments: &[&str], input: &Path, output: &Path) {
    let mut command = Command::new(SYNACK);
    command.args(arguments).arg("-r").arg(input).stderr(Stdio::null()).env("TZ", "UTC");
    if arguments[0] == "report" {
        command.arg("-o").arg(output);
    } else {
        command.stdout(std::fs::File::create(output).expect("a new file"));
    }
    assert!(command.status().expect("the program runs").success(), "{arguments:?}");
}

#[test]
fn pages_are_driven_by_mouse_and_keyboard_and_axe_finds_nothing() {
    let Some(modules) = modules() else { return };
    let scratch = Scratch::new();
    // One with resets, one that begins inside of a connection, and one with more than a hundred of them.
    let mut pages = Vec::new();
    for name in ["lab_v2", "lottery_exchange"] {
        let page = scratch.path(&format!("{name}.html"));
        made(&["report"], &seed(&format!("{name}.pcap")), &page);
        pages.push(page);
    }
    let many = scratch.path("many.pcap");
    let mut frames = Vec::new();
    crate::generate::http::file(8_000, &mut |_, frame| frames.push(frame.to_vec()));
    super::write(&many, &frames);
    let page = scratch.path("many.html");
    made(&["report", "--plain"], &many, &page);
    pages.push(page);
    run("drive.js", &modules, &pages);
}

#[test]
fn mermaids_own_parser_reads_and_draws_ladders() {
    let Some(modules) = modules() else { return };
    let scratch = Scratch::new();
    let mut files = Vec::new();
    for name in ["lab_v0", "lab_v1", "lab_v2", "lab_v3", "lab_v4", "lottery", "lottery_exchange"] {
        let file = scratch.path(&format!("{name}.mmd"));
        made(&["ladder", "--format", "mermaid"], &seed(&format!("{name}.pcap")), &file);
        files.push(file);
    }
    // Several connections are one diagram.
    let both = scratch.path("both.mmd");
    let second = seed("lab_v3.pcap");
    let second = second.to_str().expect("ASCII");
    made(&["ladder", "--format", "mermaid", "-r", second], &seed("lab_v0.pcap"), &both);
    files.push(both);
    run("mermaid.js", &modules, &files);
}
