//! Rotation by size and by the clock, names, and commands on closed files.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Dir, Running, Sink, numbers, until};
use crate::live::in_namespace;

#[test]
fn rotation_by_size_loses_and_doubles_nothing() {
    in_namespace("faults::rotation::rotation_by_size_loses_and_doubles_nothing", || {
        let dir = Dir::new();
        let file = dir.path("s.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-C", "1", "-w", file.to_str().expect("UTF-8")]);
        for burst in 0..10 {
            sink.send(burst * 1000..(burst + 1) * 1000, 400);
        }
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        let names = dir.names();
        assert_eq!(names, ["s.pcap", "s.pcap1", "s.pcap2", "s.pcap3", "s.pcap4"]);
        let kept: Vec<u32> = names.iter().flat_map(|name| numbers(&dir.path(name))).collect();
        assert!(kept.windows(2).all(|w| w[0] < w[1]), "in order, none twice");
        assert_eq!(kept.len() as u64 + ended.number("dropped by kernel"), 10_000);
    });
}

#[test]
fn what_is_overwritten_when_names_come_again_is_said() {
    in_namespace("faults::rotation::what_is_overwritten_when_names_come_again_is_said", || {
        let dir = Dir::new();
        let file = dir.path("w.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-C", "20k", "-W", "3", "-w", file.to_str().expect("UTF-8")]);
        sink.send(0..1000, 100);
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert_eq!(dir.names(), ["w.pcap0", "w.pcap1", "w.pcap2"]);
        let kept: usize = dir.names().iter().map(|name| numbers(&dir.path(name)).len()).sum();
        let gone = 1000 - kept as u64 - ended.number("dropped by kernel");
        assert!(gone > 0);
        let said = format!("of those written, {gone} were in files deleted or overwritten since");
        assert!(ended.said.contains(&said), "{said}: {}", ended.said);
    });
}

#[test]
fn an_idle_link_rotates_by_the_clock() {
    in_namespace("faults::rotation::an_idle_link_rotates_by_the_clock", || {
        let dir = Dir::new();
        let file = dir.path("g-%s.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-G", "1", "-w", file.to_str().expect("UTF-8")]);
        sink.send(0..1, 0);
        until("three files are there", || dir.names().len() >= 3);
        // The first is closed and whole while the capture runs.
        assert_eq!(numbers(&dir.path(&dir.names()[0])), [0]);
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        let kept: usize = dir.names().iter().map(|name| numbers(&dir.path(name)).len()).sum();
        assert_eq!(kept, 1);
    });
}

#[test]
fn a_command_gets_each_closed_file_whole() {
    in_namespace("faults::rotation::a_command_gets_each_closed_file_whole", || {
        let dir = Dir::new();
        let script = dir.path("move.sh");
        fs::write(&script, "#!/bin/sh\nmv \"$1\" \"$1.done\"\n").expect("written");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("mode");
        let file = dir.path("z.pcap");
        let sink = Sink::new();
        let script = script.to_str().expect("UTF-8");
        let running =
            Running::capture("lo", &["-C", "50k", "-z", script, "-w", file.to_str().expect("UTF-8")]);
        sink.send(0..2000, 100);
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        // The last file is not handed over; the others are, some after the end.
        until("all but one are done", || {
            let names = dir.names();
            let open = names.iter().filter(|n| n.starts_with("z.pcap") && !n.ends_with(".done"));
            open.count() == 1 && names.len() > 4
        });
        let names = dir.names();
        let files = names.iter().filter(|n| n.starts_with("z.pcap"));
        let kept: usize = files.map(|name| numbers(&dir.path(name)).len()).sum();
        assert_eq!(kept as u64 + ended.number("dropped by kernel"), 2000);
    });
}

#[test]
fn a_command_that_is_not_started_at_once_keeps_nothing_waiting() {
    in_namespace("faults::rotation::a_command_that_is_not_started_at_once_keeps_nothing_waiting", || {
        let dir = Dir::new();
        let file = dir.path("z.pcap");
        let sink = Sink::new();
        let args = ["-C", "1k", "-z", "rm", "-w", file.to_str().expect("UTF-8")];
        let running = Running::capture("lo", &args);
        let runner = helper(&running, "run");
        kill(runner, Signal::SIGSTOP).expect("it runs");
        // More than the socket between the two holds.
        sink.send(0..600, 1000);
        until("there is a file for each packet", || dir.names().len() == 600);
        kill(runner, Signal::SIGCONT).expect("it runs");
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        // The last is not rotated away. The commands are run for the lowest priority there is.
        let mut left = dir.names().len();
        while left > 1 {
            until("the command was run on another file", || dir.names().len() < left);
            left = dir.names().len();
        }
        assert_eq!(dir.names(), ["z.pcap599"]);
    });
}

#[test]
fn a_rotation_that_fails_for_want_of_its_helper_is_an_error_with_true_counts() {
    let name = "faults::rotation::a_rotation_that_fails_for_want_of_its_helper_is_an_error_with_true_counts";
    in_namespace(name, || {
        let dir = Dir::new();
        let file = dir.path("h.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-C", "5k", "-w", file.to_str().expect("UTF-8")]);
        kill(helper(&running, "files"), Signal::SIGKILL).expect("it runs");
        sink.send(0..300, 200);
        let ended = running.end();
        assert_eq!(ended.code(), Some(74), "{}", ended.said);
        assert!(ended.said.contains("h.pcap1: the process that makes files is gone"), "{}", ended.said);
        let written = numbers(&file).len();
        assert!(ended.said.contains(&format!(" seen = {written} written + ")), "{}", ended.said);
    });
}

/// The helper process of a capture with this job.
fn helper(running: &Running, job: &str) -> Pid {
    let pid = running.pid();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("its children");
    let of_job = |child: &&str| {
        let words = fs::read(format!("/proc/{child}/cmdline")).expect("its words");
        words.split(|byte| *byte == 0).any(|word| word == job.as_bytes())
    };
    let child = children.split_whitespace().find(of_job).expect("a helper");
    Pid::from_raw(child.parse().expect("a process id"))
}

#[test]
fn a_constant_name_does_not_overwrite_what_was_kept() {
    in_namespace("faults::rotation::a_constant_name_does_not_overwrite_what_was_kept", || {
        let dir = Dir::new();
        let file = dir.path("const.pcap");
        let sink = Sink::new();
        let command = super::program_on("lo", &["-G", "1", "-w", file.to_str().expect("UTF-8")]);
        let mut running = Running::start(command);
        // Refusing is right as well.
        let first = running.lines.recv_timeout(super::PATIENCE).expect("it says something");
        let refused = !first.contains("listening");
        running.said.push(first);
        if !refused {
            for number in 0..25 {
                sink.send(number..number + 1, 0);
                std::thread::sleep(Duration::from_millis(100));
            }
            running.signal(nix::sys::signal::Signal::SIGTERM);
        }
        let ended = running.end();
        if refused {
            assert_eq!(ended.code(), Some(1), "{}", ended.said);
            return;
        }
        let kept: usize = dir.names().iter().map(|name| numbers(&dir.path(name)).len()).sum();
        assert_eq!(kept, 25, "{:?}", dir.names());
    });
}

/// A clock of the day that is set back by three seconds after two, or runs through the hour of autumn
/// that comes twice, half an hour a second.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *t) {
    static struct timespec first;
    int r = syscall(SYS_clock_gettime, id, t);
    if (r || id != CLOCK_REALTIME) return r;
    if (!first.tv_sec) first = *t;
    if (getenv("AUTUMN")) {
        double since = (t->tv_sec - first.tv_sec) + (t->tv_nsec - first.tv_nsec) / 1e9;
        t->tv_sec = 1792886400 + (long)(since * 1800);
    } else if (t->tv_sec - first.tv_sec >= 2) {
        t->tv_sec -= 3;
    }
    return r;
}
"#;

#[test]
fn a_clock_that_goes_back_overwrites_nothing() {
    in_namespace("faults::rotation::a_clock_that_goes_back_overwrites_nothing", || {
        let tools = Dir::new();
        let Some(shim) = super::shim(&tools, CLOCK) else { return };
        for (autumn, name) in [(false, "g-%H%M%S.pcap"), (true, "g-%H%M.pcap")] {
            let (dir, sink) = (Dir::new(), Sink::new());
            let mut command =
                super::program_on("lo", &["-G", "1", "-w", dir.path(name).to_str().expect("UTF-8")]);
            command.env("LD_PRELOAD", &shim).env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3");
            if autumn {
                command.env("AUTUMN", "1");
            }
            let running = Running::listening(command);
            let start = std::time::Instant::now();
            let mut sent = 0;
            while start.elapsed() < std::time::Duration::from_millis(6500) {
                sink.send(sent..sent + 1, 50);
                sent += 1;
                std::thread::yield_now();
            }
            let ended = running.stop();
            assert_eq!(ended.code(), Some(0), "{}", ended.said);
            let kept: usize = dir.names().iter().map(|name| numbers(&dir.path(name)).len()).sum();
            assert_eq!(kept as u64, ended.number("captured"), "{:?}: {}", dir.names(), ended.said);
            let numbered = |name: &String| !name.ends_with(".pcap");
            assert!(dir.names().iter().any(numbered), "no name came again: {:?}", dir.names());
        }
    });
}
