//! What the README shows is what the program says.
use std::path::Path;
use std::process::Command;

use super::{SYNACK, text};

const README: &str = include_str!("../../README.md");

/// Each `$ synack …` of the README, and the lines shown below it.
fn shown() -> Vec<(&'static str, String)> {
    let mut shown: Vec<(&str, String)> = Vec::new();
    let mut inside = false;
    for line in README.lines() {
        if line.starts_with("```") {
            inside = false;
        } else if let Some(command) = line.strip_prefix("$ ") {
            shown.push((command, String::new()));
            inside = true;
        } else if inside && let Some((_, output)) = shown.last_mut() {
            output.push_str(line);
            output.push('\n');
        }
    }
    shown
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let programs = Path::new(SYNACK).parent().unwrap().display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let shown = shown();
    assert!(shown.len() >= 2, "the README shows no output any more");
    for (command, expected) in shown {
        assert!(command.starts_with("synack "), "{command}");
        let output = Command::new("sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PATH", &path)
            .env("TZ", "UTC")
            .output()
            .unwrap();
        assert_eq!(text(&output.stdout), expected, "{command}");
    }
}
