//! The page in a browser, where one is installed: nothing that CI must have.
use std::process::{Command, Stdio};

use crate::cli::{SYNACK, Scratch, seed};

/// What Chromium makes of a page: its document after the script ran.
fn dumped(page: &std::path::Path, fragment: &str) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let chromium =
        std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|path| path.is_file())?;
    let profile = Scratch::new();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path("profile").display()))
        .arg(format!("file://{}{fragment}", page.display()))
        .stderr(Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn chromium_shows_the_connection_that_is_asked_for() {
    let scratch = Scratch::new();
    let page = scratch.path("page.html");
    let mut command = Command::new(SYNACK);
    command.arg("report").arg("-o").arg(&page).arg("-r").arg(seed("lottery_exchange.pcap"));
    assert!(command.stderr(Stdio::null()).status().expect("the program runs").success());
    let Some(dom) = dumped(&page, "#c1") else {
        return crate::needs::optional("chromium");
    };
    for part in
        ["id=\"connection-heading\"", "class=\"ladder\"", "role=\"grid\"", "sequence number", "aria-sort"]
    {
        assert!(dom.contains(part), "no {part}");
    }
    // The segments themselves, and the bytes of the first.
    assert!(dom.contains("<li id=\"p1\"") && dom.contains("byte 0: "), "{}", dom.len());
}
