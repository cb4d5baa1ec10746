//! Each pair of lab programs run by `synack lab`, as a student would: what they said to their users is
//! there, what passed is captured, and every line of the explanation is proved.
use std::fs;

use synack::{Source, savefile};

use super::program;
use crate::cli::{SYNACK, Scratch};
use crate::explain::checker;
use crate::needs;

/// A pair: the program, the words of its server and of its client, what the client reads from its user,
/// what it tells them, and what the explanation must say.
type Pair = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const PAIRS: [Pair; 10] = [
    ("daytime", "ADDRESS 1", "ADDRESS", "", &[" UTC\n"], &["carries 25 bytes \"", "the server closed first"]),
    (
        "echo",
        "ADDRESS 1",
        "ADDRESS one two",
        "",
        &["one\ntwo\n"],
        &[
            "carries 4 bytes \"one\\n\": Seq = X+1 … X+4",
            "carries 4 bytes \"one\\n\": Seq = Y+1 … Y+4",
            "the client closed first",
        ],
    ),
    (
        "adder",
        "ADDRESS 1",
        "ADDRESS '2 40' '-1 1'",
        "",
        &["42\n0\n"],
        &["carries 5 bytes \"2 40\\n\"", "carries 3 bytes \"42\\n\"", "the client closed first"],
    ),
    (
        "lottery",
        "ADDRESS 1",
        "ADDRESS GEN LIST END",
        "",
        &[],
        &[
            "carries 4 bytes \"GEN\\n\"",
            "carries 5 bytes \"LIST\\n\"",
            "carries 4 bytes \"END\\n\"",
            "the server closed first",
        ],
    ),
    (
        "file_transfer",
        "ADDRESS FOLDER 1",
        "ADDRESS FOLDER/into large ../secret nothing",
        "",
        &["large: 200000 bytes", "no such file"],
        &["carries 6 bytes \"large\\n\"", "carries 8 bytes \"nothing\\n\"", "the client closed first"],
    ),
    (
        "uppercase",
        "once ADDRESS 1",
        "once ADDRESS Hello",
        "",
        &["HELLO"],
        &["carries 5 bytes \"Hello\"", "carries 5 bytes \"HELLO\"", "the client closed first"],
    ),
    (
        "uppercase",
        "loop ADDRESS 1",
        "loop ADDRESS",
        "Ido Zeira\\nquit\\n",
        &["IDO ZEIRA"],
        &["carries 9 bytes \"Ido Zeira\": Seq = X+1 … X+9, next expected X+10", "the client closed first"],
    ),
    (
        "uppercase",
        "five ADDRESS 1",
        "five ADDRESS 'World! Hello, World!'",
        "",
        &[],
        &["carries 20 bytes \"World! Hello, World!\"", "carries 5 bytes \"WORLD\"", "with data unread"],
    ),
    (
        "uppercase",
        "thousand ADDRESS 1",
        "thousand ADDRESS 'Hello World!'",
        "",
        &[],
        &["carries 12 bytes \"Hello World!\"", "with data unread"],
    ),
    (
        "uppercase",
        "slow ADDRESS 1",
        "slow ADDRESS 'Hello World!' 60",
        "",
        &["bytes read"],
        &["the client closed first"],
    ),
];

/// A script that starts a server, waits until it listens, and runs a client.
fn script(pair: &Pair, folder: &std::path::Path) -> String {
    let (name, server, client, input, ..) = pair;
    let words = |words: &str| {
        words.replace("ADDRESS", "127.0.0.1:4000").replace("FOLDER", &folder.display().to_string())
    };
    let (program, out) = (program(name), folder.join("server.out"));
    let (program, out) = (program.display(), out.display());
    // How the client ends is in the explanation.
    format!(
        "{program} server {} > {out} 2>&1 & \
         until grep -q listening {out} 2> /dev/null; do :; done; \
         printf '{input}' | {program} client {}; wait; true",
        words(server),
        words(client)
    )
}

#[test]
fn every_pair_is_captured_live_and_explained() {
    let allowed = std::process::Command::new(SYNACK).args(["lab", "--", "true"]).output().expect("it runs");
    if !needs::allowed("network namespaces", allowed.status.success()) {
        return;
    }
    for pair in &PAIRS {
        let (name, server, _, _, told, says) = pair;
        let scratch = Scratch::new();
        let folder = scratch.path("folder");
        fs::create_dir_all(folder.join("into")).expect("a new folder");
        fs::write(folder.join("large"), vec![b'x'; 200_000]).expect("room");
        let capture = scratch.path("lab.pcap");
        let output = std::process::Command::new(SYNACK)
            .args(["lab", "-w"])
            .arg(&capture)
            .args(["--", "sh", "-c", &script(pair, &folder)])
            .output()
            .expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let errors = String::from_utf8_lossy(&output.stderr);
        let who = format!("{name} {server}: {text}{errors}");
        assert_eq!(output.status.code(), Some(0), "{who}");
        let (own, explained) =
            text.split_at(text.find("connection 1: client ").unwrap_or_else(|| panic!("{who}")));
        told.iter().for_each(|words| assert!(own.contains(words), "{words} of {who}"));
        says.iter().for_each(|words| assert!(explained.contains(words), "{words} of {who}"));
        // The capture that is kept is what was explained.
        let mut source = savefile::open(&capture).expect("it was kept");
        let mut frames = Vec::new();
        while let Some(packet) = source.next_packet().expect("it is whole") {
            let time = u64::try_from(packet.time.secs).expect("after 1970") * 1_000_000_000;
            frames.push((time + u64::from(packet.time.nanos as u32), packet.data.to_vec()));
        }
        let found = checker::check(&frames, explained);
        assert!(found.faults.is_empty(), "{}\n{who}", found.faults.join("\n"));
        assert!(found.lines > 20, "{who}");
    }
}
