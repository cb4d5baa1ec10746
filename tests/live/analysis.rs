//! What is found of TCP while it passes: verdicts with their lines, connections as they stand.
use super::*;
use crate::cli::SYNACK;

/// A run of the program that captures on the loopback and is stopped by hand.
fn started(words: &str) -> std::process::Child {
    let mut child = Command::new(SYNACK)
        .args(words.split(' '))
        .args(["-i", "lo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // What is said first is that it listens.
    let mut errors = child.stderr.take().expect("a pipe");
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("snapshot length") {
        let mut byte = [0];
        assert_eq!(errors.read(&mut byte).expect("reads"), 1, "{}", String::from_utf8_lossy(&said));
        said.push(byte[0]);
    }
    // Nobody writes to it for long, but a pipe that is closed is an error.
    thread::spawn(move || drop(std::io::copy(&mut errors, &mut std::io::sink())));
    child
}

/// Stops it, and gives all it printed.
fn stopped(child: std::process::Child) -> String {
    let id = nix::unistd::Pid::from_raw(child.id().try_into().expect("a process"));
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).expect("stops");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// An exchange between two threads here.
fn exchange() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
    let server = listener.local_addr().expect("address");
    let serving = thread::spawn(move || serve(&listener));
    talk(server);
    serving.join().expect("server");
    server
}

#[test]
fn a_live_capture_ends_with_its_connections_and_what_it_lost() {
    in_namespace("live::analysis::a_live_capture_ends_with_its_connections_and_what_it_lost", || {
        let run = started("--json");
        let server = exchange();
        let text = stopped(run);
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
        assert_eq!(of("connection").len(), 1);
        assert_eq!(of("connection")[0]["server"]["port"], server.port());
        assert_eq!(of("connection")[0]["ended"], "fin");
        assert_eq!(of("loss")[0]["captured"], of("packet").len());
        assert_eq!(of("loss")[0]["dropped_by_kernel"], 0);
        assert_eq!(of("packet")[0]["interface_name"], "lo");
        assert_eq!(lines.last().expect("a line")["type"], "end");
    });
}

#[test]
fn a_stream_is_followed_while_it_grows() {
    in_namespace("live::analysis::a_stream_is_followed_while_it_grows", || {
        let run = started("follow");
        exchange();
        let text = stopped(run);
        assert!(text.starts_with("connection 1: 127.0.0.1:"), "{text}");
        for said in SAID {
            let said = String::from_utf8_lossy(said);
            assert!(text.contains(said.trim_end()), "{said}: {text}");
        }
    });
}
