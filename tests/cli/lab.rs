//! `synack lab`: a command in a network of its own, the table, the quiz.
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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

#[test]
fn the_host_has_its_own_network() {
    if !needs::root("to capture on loopback") {
        return;
    }
    // A namespace of the test's stands for the host: nobody else is on its loopback.
    crate::live::in_namespace("cli::lab::the_host_has_its_own_network", || {
        let scratch = Scratch::new();
        let output = Command::new(SYNACK)
            .args(["lab", "--host", "table", "port", "4000", "--", "sh", "-c"])
            .arg(script(&scratch, &program("daytime")))
            .output()
            .expect("the program runs");
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
