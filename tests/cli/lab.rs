//! `synack lab`: a command in a network of its own, the table, the quiz.
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{SYNACK, Scratch, seed, text};
use crate::kept::Kept;
use crate::labs::program;
use crate::needs;

/// What a user reads who may not make a network.
const REFUSED: &str = "this system lets no user make a network of one's own";

/// Whether this process may make a network, or why a test is left out.
fn may_make_networks() -> bool {
    let output = Command::new(SYNACK).args(["lab", "--", "true"]).output().expect("the program runs");
    needs::allowed("network namespaces", !String::from_utf8_lossy(&output.stderr).contains(REFUSED))
}

/// A script that runs a server, waits until it listens, runs a client, and ends with code 3.
fn script(scratch: &Scratch, daytime: &Path) -> String {
    let (daytime, out) = (daytime.display(), scratch.path("out"));
    let out = out.display();
    format!(
        "{daytime} server 127.0.0.1:4000 1 > {out} & \
         until grep -q listening {out} 2> /dev/null; do :; done; \
         {daytime} client 127.0.0.1:4000 && echo done; wait; exit 3"
    )
}

/// Cells of the rows of a table: who sent it, its flags, and its numbers.
fn rows(table: &str) -> Vec<Vec<String>> {
    let rows = table.lines().skip_while(|line| !line.starts_with("no")).skip(1);
    rows.map(|row| row.replace(", ", ",").split_whitespace().map(str::to_owned).collect()).collect()
}

/// Holds what `synack lab table` said of the script against the session.
#[track_caller]
fn assert_daytime(output: &Output) {
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{said}{errors}");
    // The command's own words first, and untouched.
    let (own, shown) = said.split_once("done\n").unwrap_or_else(|| panic!("{said}{errors}"));
    assert!(own.ends_with(" UTC\n") && own.lines().count() == 1, "{own}");
    assert!(shown.starts_with("connection 1: client 127.0.0.1:"), "{shown}");
    let rows = rows(shown);
    let of = |row: &[String]| row.get(1..3).map(<[String]>::to_vec).unwrap_or_default();
    assert_eq!(of(&rows[0]), ["client", "SYN"]);
    assert_eq!(of(&rows[1]), ["server", "SYN,ACK"]);
    let bytes: Vec<&str> = rows.iter().map(|row| row[6].as_str()).collect();
    assert_eq!(bytes.iter().filter(|len| **len != "0").collect::<Vec<_>>(), [&"25"], "{shown}");
    // Nothing is lost at the end: both FINs and the last ACK are there.
    let fins = rows.iter().filter(|row| row[2].starts_with("FIN"));
    assert_eq!(fins.count(), 2, "{shown}");
    let last = rows.last().expect("rows");
    assert_eq!((last[2].as_str(), last.iter().any(|cell| cell == "TIME-WAIT")), ("ACK", true), "{shown}");
}

#[test]
fn a_command_is_run_and_its_segments_are_told() {
    if !may_make_networks() {
        return;
    }
    let scratch = Scratch::new();
    let capture = scratch.path("lab.pcap");
    let output = Command::new(SYNACK)
        .args(["lab", "table", "-w"])
        .arg(&capture)
        .args(["--", "sh", "-c", &script(&scratch, &program("daytime"))])
        .output()
        .expect("the program runs");
    assert_daytime(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("sh ended with exit code 3"));
    // The capture that is kept says the same.
    let again = Command::new(SYNACK).args(["lab", "table", "-r"]).arg(&capture).output().expect("it runs");
    let (first, again) = (text(&output.stdout), text(&again.stdout));
    assert!(first.ends_with(again) && rows(again).len() >= 7, "{first}\n{again}");
    assert_eq!(fs::metadata(&capture).expect("it is there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_user_without_rights_runs_it_or_reads_what_to_do() {
    if !needs::root("to become somebody else") {
        return;
    }
    let scratch = Scratch::new();
    let folder = scratch.path("open");
    fs::create_dir(&folder).expect("a new folder");
    let all = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("ours");
    all(folder.parent().expect("the scratch folder"));
    all(&folder);
    let [synack, daytime] = ["synack", "daytime"].map(|name| folder.join(name));
    fs::copy(SYNACK, &synack).expect("a copy");
    fs::copy(program("daytime"), &daytime).expect("a copy");
    let output = Command::new(&synack)
        .args(["lab", "table", "--", "sh", "-c", &script(&scratch, &daytime)])
        .uid(65_534)
        .gid(65_534)
        .current_dir(&folder)
        .output()
        .expect("the program runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains(REFUSED) {
        assert_eq!(output.status.code(), Some(77), "{errors}");
        assert!(errors.contains("hint: sudo synack lab -- COMMAND"), "{errors}");
        return;
    }
    assert_daytime(&output);
}

/// The table of what passes while `daytime` is asked in the network that is there.
fn daytime_on_the_host() -> Output {
    let scratch = Scratch::new();
    Command::new(SYNACK)
        .args(["lab", "--host", "table", "port", "4000", "--", "sh", "-c"])
        .arg(script(&scratch, &program("daytime")))
        .output()
        .expect("the program runs")
}

#[test]
fn the_host_has_its_own_network() {
    if !needs::root("to capture on loopback") {
        return;
    }
    // A namespace of the test's stands for the host: nobody else is on its loopback.
    crate::live::in_namespace("cli::lab::the_host_has_its_own_network", || {
        let output = daytime_on_the_host();
        assert_daytime(&output);
    });
}

/// What the program says where connections cannot be told apart.
const ALL_OF_LOOPBACK: &str = "does not tell which connections are the command's";

/// Connects to a server and says a word.
fn exchange(server: SocketAddr) {
    let mut stream = TcpStream::connect(server).expect("it listens");
    stream.write_all(b"noise").expect("it is open");
    stream.shutdown(Shutdown::Write).expect("it is open");
    stream.read_to_end(&mut Vec::new()).expect("it ends");
}

/// Sends back what comes, to one after the other, until it is told to stop.
fn serve(listener: &TcpListener, stop: &AtomicBool) {
    while let Ok((stream, _)) = listener.accept()
        && !stop.load(Ordering::Relaxed)
    {
        let _gone = io::copy(&mut &stream, &mut &stream);
    }
}

#[test]
fn only_the_commands_connections_are_shown() {
    if !needs::root("to capture in this machine's network") {
        return;
    }
    crate::live::in_namespace("cli::lab::only_the_commands_connections_are_shown", || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = listener.local_addr().expect("it is bound");
        let (stop, over) = (AtomicBool::new(false), AtomicBool::new(false));
        let (started, begun) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| serve(&listener, &over));
            let noisy = scope.spawn(|| {
                exchange(server);
                started.send(()).expect("somebody waits");
                // Not as fast as it can: the others are to be heard, and ports are to last.
                let again = || {
                    exchange(server);
                    thread::sleep(Duration::from_millis(2));
                };
                std::iter::repeat_with(again).take_while(|()| !stop.load(Ordering::Relaxed)).count()
            });
            begun.recv().expect("it began");
            // Short ones to somebody else's server, and one that nobody takes.
            let scratch = Scratch::new();
            let client = program("echo");
            let words = format!(
                "for n in 1 2 3 4 5; do echo word | {0} client {server} > {1}; done; {0} client 127.0.0.1:9; true",
                client.display(),
                scratch.path("out").display()
            );
            let running = Command::new(SYNACK)
                .args(["lab", "--host", "table", "--", "sh", "-c", &words])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program runs");
            let lab = running.id();
            let output = running.wait_with_output().expect("it ends");
            stop.store(true, Ordering::Relaxed);
            let many = noisy.join().expect("it ends");
            over.store(true, Ordering::Relaxed);
            TcpStream::connect(server).expect("it listens");
            let errors = String::from_utf8_lossy(&output.stderr);
            if !needs::allowed("control groups of version 2 and bpf(2)", !errors.contains(ALL_OF_LOOPBACK)) {
                return;
            }
            let shown = text(&output.stdout);
            let heads: Vec<&str> = shown.lines().filter(|line| line.starts_with("connection ")).collect();
            assert!(many > 5, "it was quiet: {many}");
            assert_eq!(heads.len(), 6, "{shown}{errors}");
            let to = |place: &str| heads.iter().filter(|head| head.ends_with(place)).count();
            assert_eq!((to(&format!("server {server}")), to("server 127.0.0.1:9")), (5, 1), "{shown}");
            // Whole, from the SYN to the last ACK.
            let tables = shown.split("\n\n");
            let whole = tables.filter(|table| {
                let rows = rows(table);
                rows.first().is_some_and(|row| row[2] == "SYN")
                    && rows.iter().filter(|row| row[2].starts_with("FIN")).count() == 2
            });
            assert_eq!(whole.count(), 5, "{shown}");
            // Nothing is left behind.
            let groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(fs::read_dir);
            let mut groups = groups.into_iter().flatten().flatten().flatten();
            assert!(groups.all(|group| group.file_name() != *format!("synack-lab-{lab}")));
        });
    });
}

#[test]
fn where_connections_cannot_be_told_apart_it_is_said() {
    if !needs::root("to capture on loopback") {
        return;
    }
    // Without a mount of control groups in sight.
    crate::live::in_namespaces("nm", "cli::lab::where_connections_cannot_be_told_apart_it_is_said", || {
        let _unmounted = Command::new("umount").args(["-l", "-R", "/sys/fs/cgroup"]).status();
        let output = daytime_on_the_host();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(ALL_OF_LOOPBACK) && errors.contains("all TCP on loopback"), "{errors}");
        assert_daytime(&output);
    });
}

#[test]
fn the_end_of_the_command_is_told() {
    if !may_make_networks() {
        return;
    }
    for (command, code, said) in [
        (&["true"][..], 0, "there were no packets"),
        (&["no-such-program-here"], 127, "no-such-program-here: No such file or directory"),
        (&["/"], 126, "/: Permission denied"),
        (&["sh", "-c", "kill -9 $$"], 137, "sh was ended by SIGKILL"),
    ] {
        let output = Command::new(SYNACK).args(["lab", "--"]).args(command).output().expect("it runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{command:?}: {errors}");
        assert!(errors.contains(said), "{errors}");
    }
}

#[test]
fn a_signal_reaches_the_command() {
    if !may_make_networks() {
        return;
    }
    let mut lab = Command::new(SYNACK)
        .args(["lab", "--", "sh", "-c", "echo ready; exec sleep 60"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut out = BufReader::new(lab.stdout.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("it says something");
    assert_eq!(line, "ready\n");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(lab.id()).expect("a pid"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
    let status = lab.wait().expect("it ends");
    let mut errors = String::new();
    lab.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");
    assert_eq!(status.code(), Some(128 + 15), "{errors}");
    assert!(errors.contains("sh was ended by SIGTERM"), "{errors}");
}

/// `synack lab` on a capture of a lab session.
fn of(name: &str, more: &[&str]) -> Output {
    let path = seed(&format!("{name}.pcap"));
    Command::new(SYNACK).arg("lab").args(more).arg("-r").arg(path).output().expect("the program runs")
}

#[test]
fn tables_and_quizzes_are_as_kept() {
    let mut kept = Kept::default();
    for name in ["lab_v2", "lottery"] {
        kept.hold(&format!("tests/data/lab/{name}.table"), || text(&of(name, &["table"]).stdout).to_owned());
    }
    let scratch = Scratch::new();
    let form = scratch.path("form.json");
    let form = form.to_str().expect("ASCII");
    kept.hold("tests/data/lab/lab_v2.quiz", || text(&of("lab_v2", &["--quiz", form]).stdout).to_owned());
    kept.hold("tests/data/lab/lab_v2.form", || fs::read_to_string(form).expect("it was written"));
    kept.hold("tests/data/lab/lab_v2.marks", || {
        let answers = "{\"1\": 1, \"2\": \"X+2\", \"3\": \" y + 1 \", \"4\": 2427279625, \"99\": \"?\"}";
        let filled = scratch.path("filled.json");
        fs::write(&filled, answers).expect("a file");
        let marked = of("lab_v2", &["--check", filled.to_str().expect("ASCII")]);
        String::from_utf8(marked.stdout).expect("UTF-8")
    });
    kept.assert_all();
}

#[test]
fn the_key_is_all_right_and_an_empty_form_is_not_answered() {
    for name in ["lab_v0", "lab_v3", "lottery", "lottery_exchange"] {
        let scratch = Scratch::new();
        for absolute in [false, true] {
            for (key, mark) in [(true, ": right"), (false, ": not answered")] {
                let form = scratch.path(&format!("form-{absolute}-{key}"));
                let form = form.to_str().expect("ASCII");
                let mut words = vec!["--quiz", form];
                words.extend(if key { &["--key"][..] } else { &[] });
                words.extend(if absolute { &["-S"][..] } else { &[] });
                let quiz = of(name, &words);
                let blanks =
                    text(&quiz.stdout).matches('[').count() - text(&quiz.stdout).matches("[S").count();
                assert!(blanks > 10, "{quiz:?}");
                let marks = of(name, &["--check", form]);
                let marks = String::from_utf8(marks.stdout).expect("UTF-8");
                let (lines, score) = marks.trim_end().rsplit_once('\n').expect("lines");
                assert!(lines.lines().all(|line| line.ends_with(mark)), "{marks}");
                let asked = lines.lines().count();
                let right = if key { asked } else { 0 };
                assert_eq!(score, format!("{right} of {asked} right"));
            }
        }
    }
}

#[test]
fn a_form_that_cannot_be_read_is_an_error() {
    let scratch = Scratch::new();
    let form = scratch.path("form.json");
    fs::write(&form, "{\n\"1\" 2}").expect("a file");
    let form = form.to_str().expect("ASCII");
    let output = of("lab_v0", &["--check", form]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("line 2: a : stands between"), "{output:?}");
    for (words, said) in [
        (&["lab"][..], "lab needs a command to run, or a capture to look at"),
        (&["lab", "-r", "x", "--", "true"], "-r and a command are mutually exclusive"),
        (&["lab", "--quiz", "x.json", "--", "true"], "--quiz of a command needs -w FILE"),
        (&["lab", "--json", "--", "true"], "lab has no --json"),
    ] {
        let output = Command::new(SYNACK).args(words).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(text(&output.stderr).contains(said), "{output:?}");
    }
    assert!(!Path::new("x.json").exists());
}
