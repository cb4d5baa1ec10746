//! `explain` and `ladder` as commands: what the library keeps, and the options around it.
use std::fs;

use super::{run, seed, synack, text};
use crate::labs::{ADDRESS, ANYWHERE, Running, client};
use crate::live::in_namespace;

/// What a command says of a capture of a lab session.
fn of(command: &str, name: &str) -> String {
    let path = seed(&format!("{name}.pcap"));
    let mut args: Vec<&str> = command.split(' ').collect();
    let path = path.to_str().expect("an ASCII path");
    args.extend(["-r", path]);
    let output = run(args);
    assert_eq!(output.status.code(), Some(0), "{command} {name}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_commands_print_what_the_library_says() {
    for name in ["lab_v0", "lab_v2", "lab_v3", "lottery", "lottery_exchange"] {
        for (command, file) in [
            ("explain", format!("explain/{name}.txt")),
            ("explain --plain", format!("explain/{name}.plain")),
            ("explain --terse", format!("explain/{name}.terse")),
            ("ladder --format ascii --width 72", format!("ladder/{name}.ascii")),
            ("ladder --format unicode --width 80", format!("ladder/{name}.unicode")),
            ("ladder --format mermaid", format!("ladder/{name}.mmd")),
            ("ladder --format svg", format!("ladder/{name}.svg")),
            ("plot --width 80", format!("plot/{name}-sequence.braille")),
            ("plot --format svg --graph in-flight", format!("plot/{name}-in-flight.svg")),
        ] {
            if file.starts_with("plot/") && !["lab_v0", "lab_v3", "lottery"].contains(&name) {
                continue;
            }
            let kept = fs::read_to_string(format!("tests/data/{file}")).expect("it is kept");
            let mut said = of(command, name);
            if file.ends_with("braille") {
                // On a terminal the connection is named first.
                said = said.split_off(said.find('\n').expect("a line") + 1);
            }
            assert_eq!(said, kept, "{command} {name}");
        }
    }
}

#[test]
fn a_connection_is_introduced_with_the_first_of_its_segments_that_is_shown() {
    let said = of("explain --verdict retransmission", "lab_v3");
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("connection 1: client "), "{said}");
    assert!(lines[1].starts_with("X = ") && lines[2].starts_with("Y = "), "{said}");
    assert!(lines[3].starts_with("#15 "), "{said}");
    assert!(said.contains("of packet 14, 220.000 ms after it"), "{said}");
}

#[test]
fn lines_are_broken_where_asked() {
    for line in of("explain --width 60", "lab_v2").lines() {
        assert!(line.chars().count() <= 60, "{line}");
    }
}

#[test]
fn what_means_nothing_is_refused_by_name() {
    for (words, message) in [
        ("explain --json", "explain has no --json"),
        ("explain -X", "-X has no meaning for explain"),
        ("explain --width none", "invalid width none"),
        ("ladder -w x", "-w has no meaning for ladder"),
        ("plot --graph pie", "--graph knows no `pie': sequence, rtt, throughput, in-flight"),
        ("ladder --format gif", "--format knows no `gif': unicode, ascii, mermaid, svg"),
    ] {
        let output = synack(&format!("{words} -r tests/data/seeds/lab_v0.pcap"));
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(text(&output.stderr).contains(message), "{words}: {}", text(&output.stderr));
    }
}

#[test]
fn a_live_capture_is_explained_and_drawn_as_it_passes() {
    in_namespace("cli::drawn::a_live_capture_is_explained_and_drawn_as_it_passes", || {
        // Compiled before the time of the capture runs.
        let _there = crate::labs::program("daytime");
        for (command, first, last) in [
            ("explain", "opens the connection: Seq = X", "ends the connection: both FINs are acknowledged"),
            ("ladder", "SYN seq 0", "FIN, ACK seq"),
        ] {
            let mut sniffer = std::process::Command::new(super::SYNACK)
                .args([command, "-i", "lo", "--for", "20s", "--immediate-mode"])
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .expect("the program runs");
            // It says that it listens before the first packet can pass.
            let mut errors = std::io::BufReader::new(sniffer.stderr.take().expect("a pipe"));
            let mut line = String::new();
            while !line.contains("listening on lo") {
                line.clear();
                let read = std::io::BufRead::read_line(&mut errors, &mut line).expect("it says something");
                assert!(read > 0, "it ended");
            }
            let (server, address) = Running::serve("daytime", &["server", ANYWHERE, "1"]);
            client("daytime", &["client", ADDRESS], &address).finish();
            server.finish();
            nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(i32::try_from(sniffer.id()).expect("a pid")),
                nix::sys::signal::Signal::SIGINT,
            )
            .expect("it runs");
            let output = sniffer.wait_with_output().expect("it ends");
            let said = String::from_utf8(output.stdout).expect("UTF-8");
            assert!(said.contains(first) && said.contains(last), "{said}");
        }
    });
}
