//! What a running capture has left: no user but its own, no capability, few system calls.
use std::collections::HashMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{Dir, Running, Sink, is_root, numbers, program, program_on};
use crate::live::in_namespace;
use crate::needs;

/// The fields of `/proc/PID/status`, of every thread.
fn status(running: &Running) -> Vec<HashMap<String, String>> {
    let tasks = fs::read_dir(format!("/proc/{}/task", running.pid())).expect("it runs");
    tasks
        .map(|task| {
            let text = fs::read_to_string(task.expect("task").path().join("status")).expect("status");
            let field = |line: &str| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_owned(), value.trim().to_owned()))
            };
            text.lines().filter_map(field).collect()
        })
        .collect()
}

#[test]
fn nothing_is_left_to_steal_after_opening() {
    in_namespace("faults::privilege::nothing_is_left_to_steal_after_opening", || {
        let dir = Dir::new();
        let file = dir.path("p.pcap");
        let sink = Sink::new();
        let file = file.to_str().expect("UTF-8");
        for args in [&["-w", file][..], &[], &["-w", file, "-C", "1"]] {
            let mut command = program_on("lo", args);
            command.stdout(std::process::Stdio::null());
            let running = Running::listening(command);
            sink.send(0..1, 0);
            super::until("it is confined", || status(&running).iter().all(|t| t["Seccomp"] == "2"));
            for thread in status(&running) {
                for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                    assert_eq!(thread[set].trim_start_matches('0'), "", "{set} of {args:?}");
                }
                assert_eq!(thread["NoNewPrivs"], "1");
                if needs::is_real_root() {
                    assert!(!thread["Uid"].split_whitespace().any(|uid| uid == "0"), "{}", thread["Uid"]);
                    assert!(!thread["Gid"].split_whitespace().any(|gid| gid == "0"), "{}", thread["Gid"]);
                    assert!(!thread["Groups"].split_whitespace().any(|gid| gid == "0"));
                }
            }
            let ended = running.stop();
            assert_eq!(ended.code(), Some(0), "{}", ended.said);
        }
    });
}

#[test]
fn rotation_goes_on_in_a_directory_that_only_root_may_write() {
    in_namespace("faults::privilege::rotation_goes_on_in_a_directory_that_only_root_may_write", || {
        use std::os::unix::fs::PermissionsExt;
        let dir = Dir::new();
        fs::set_permissions(&dir.0, fs::Permissions::from_mode(0o700)).expect("mode");
        let file = dir.path("r.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-C", "20k", "-w", file.to_str().expect("UTF-8")]);
        sink.send(0..2000, 100);
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert!(dir.names().len() > 5, "{:?}", dir.names());
        let kept: usize = dir.names().iter().map(|name| numbers(&dir.path(name)).len()).sum();
        assert_eq!(kept as u64 + ended.number("dropped by kernel"), 2000);
    });
}

#[test]
fn without_permission_the_way_out_is_named() {
    let program = std::env::temp_dir().join(format!("synack-plain-{}", std::process::id()));
    fs::copy(env!("CARGO_BIN_EXE_synack"), &program).expect("a copy that others may run");
    let mut command = Command::new(&program);
    command.args(["-i", "lo"]).stdin(std::process::Stdio::null());
    if is_root() {
        command.uid(54321).gid(54321);
    }
    let ended = Running::start(command).end();
    fs::remove_file(&program).expect("removed");
    assert_eq!(ended.code(), Some(77), "{}", ended.said);
    for words in ["CAP_NET_RAW", "sudo", "setcap cap_net_raw+ep"] {
        assert!(ended.said.to_lowercase().contains(&words.to_lowercase()), "{words} in: {}", ended.said);
    }
}

#[test]
fn root_with_one_capability_captures_as_in_a_container() {
    if !needs::root("to give up all rights but one") || !needs::program("setpriv") {
        return;
    }
    in_namespace("faults::privilege::root_with_one_capability_captures_as_in_a_container", || {
        let dir = Dir::new();
        let file = dir.path("container.pcap");
        let contained = |args: &[&str]| {
            let all = program_on("lo", args);
            let mut command = Command::new("setpriv");
            let only = "-all,+net_raw";
            command.args(["--bounding-set", only, "--inh-caps", only]).arg(all.get_program());
            command.args(all.get_args()).env_remove("SUDO_UID").env_remove("SUDO_GID");
            command
        };
        let sink = Sink::new();
        let running = Running::listening(contained(&["-Z", "root", "-w", file.to_str().expect("UTF-8")]));
        sink.send(0..100, 0);
        for thread in status(&running) {
            assert_eq!(thread["CapPrm"].trim_start_matches('0'), "");
            assert_eq!((&*thread["NoNewPrivs"], &*thread["Seccomp"]), ("1", "2"));
        }
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert!(numbers(&file).into_iter().eq(0..100));
        // Nobody else can be become: that is said, with the way out.
        let ended = Running::start(contained(&[])).end();
        assert_eq!(ended.code(), Some(1), "{}", ended.said);
        assert!(ended.said.contains("-Z root"), "{}", ended.said);
    });
}

#[test]
fn helpers_are_confined_like_the_capture() {
    in_namespace("faults::privilege::helpers_are_confined_like_the_capture", || {
        let dir = Dir::new();
        let file = dir.path("h.pcap");
        let file = file.to_str().expect("UTF-8");
        // Names; the files of one that rotates, and its commands; the one file of one that does not.
        for (args, kept) in [
            (&[][..], ""),
            (&["-w", file, "-C", "1", "-z", "true", "--print"], "2"),
            (&["-w", file, "--print"], ""),
        ] {
            let mut command = program();
            command.args(["-i", "lo"]).args(args).stdout(std::process::Stdio::null());
            let running = Running::listening(command);
            let children = || {
                let path = format!("/proc/{0}/task/{0}/children", running.pid());
                fs::read_to_string(path).expect("it runs")
            };
            let wanted = if args.contains(&"-z") { 3 } else { 1 + usize::from(!args.is_empty()) };
            let confined = |pid: &str| {
                let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                let value = |name: &str| {
                    let line = status.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or("?").trim().trim_start_matches('0').to_owned()
                };
                // What is permitted is in force only while a file is made.
                let capabilities = value("CapPrm:");
                let idle = value("CapEff:").is_empty();
                value("Seccomp:") == "2"
                    && value("NoNewPrivs:") == "1"
                    && value("CapBnd:").is_empty()
                    && idle
                    && (capabilities.is_empty() || capabilities == kept)
            };
            super::until("all helpers are confined", || {
                let children = children();
                children.split_whitespace().count() == wanted && children.split_whitespace().all(confined)
            });
            let ended = running.stop();
            assert_eq!(ended.code(), Some(0), "{}", ended.said);
        }
    });
}
