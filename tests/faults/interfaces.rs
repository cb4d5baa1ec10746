//! Interfaces that come, go and are captured together, and the raw engine shut in.
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use super::{Dir, Running, Sink, numbers, program_on, until};
use crate::live::accounting::TcpSender;
use crate::live::{in_namespace, ip, veth};
use crate::needs;
use synack::sys::inject::Injector;

/// An Ethernet frame of no protocol that ends with `number`.
fn numbered(number: u32) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5];
    frame.extend([0; 46]);
    frame.extend(number.to_be_bytes());
    frame
}

#[test]
fn packets_of_several_interfaces_are_written_in_the_order_of_time() {
    in_namespace(
        "faults::interfaces::packets_of_several_interfaces_are_written_in_the_order_of_time",
        || {
            veth();
            let dir = Dir::new();
            let file = dir.path("two.pcapng");
            let sink = Sink::new();
            let near = Injector::open("v0").expect("injector");
            let running = Running::capture("v0", &["-i", "lo", "-w", file.to_str().expect("UTF-8")]);
            for number in 0..600_u32 {
                if number.is_multiple_of(2) {
                    near.send(&numbered(number)).expect("sent");
                } else {
                    sink.send(number..number + 1, 0);
                }
            }
            let ended = running.stop();
            assert_eq!(ended.code(), Some(0), "{}", ended.said);
            assert_eq!(numbers(&file), (0..600).collect::<Vec<_>>());
            assert_eq!(ended.number("received by filter"), 600);
        },
    );
}

#[test]
fn one_of_several_interfaces_may_go() {
    in_namespace("faults::interfaces::one_of_several_interfaces_may_go", || {
        veth();
        let dir = Dir::new();
        let file = dir.path("two.pcapng");
        let sink = Sink::new();
        let near = Injector::open("v0").expect("injector");
        let mut running = Running::capture("v0", &["-i", "lo", "-w", file.to_str().expect("UTF-8")]);
        running.wait_for("listening on lo");
        for number in 0..300 {
            near.send(&numbered(number)).expect("sent");
        }
        ip("link del v0");
        running.wait_for("v0: the interface disappeared");
        sink.send(300..310, 0);
        let ended = running.stop();
        assert_eq!(ended.code(), Some(1), "{}", ended.said);
        assert_eq!(numbers(&file), (0..310).collect::<Vec<_>>());
        assert_eq!(ended.number("received by filter"), 310);
    });
}

#[test]
fn an_interface_that_comes_later_or_is_renamed_is_called_by_its_name() {
    let name = "faults::interfaces::an_interface_that_comes_later_or_is_renamed_is_called_by_its_name";
    in_namespace(name, || {
        let dir = Dir::new();
        let text = dir.path("text");
        let mut command = program_on("any", &["-e", "-l"]);
        command.stdout(fs::File::create(&text).expect("a file"));
        let running = Running::listening(command);
        let read = || fs::read_to_string(&text).expect("text");
        veth();
        Injector::open("v0").expect("injector").send(&numbered(1)).expect("sent");
        until("the new interface is named", || read().contains("v0    Out"));
        ip("link set v0 down");
        ip("link set v0 name other0");
        ip("link set other0 up");
        until("the new name is used", || {
            // Not before it is up again does it send.
            let _down = Injector::open("other0").expect("injector").send(&numbered(2));
            read().contains("other0 Out")
        });
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert!(!read().contains("? "), "{}", read());
    });
}

#[test]
fn the_raw_engine_loses_nothing_inside_the_sandbox() {
    in_namespace("faults::interfaces::the_raw_engine_loses_nothing_inside_the_sandbox", || {
        let sender = TcpSender::new();
        for args in [&["-X"][..], &["-w", "r.pcap"], &["-w", "r.pcapng", "-C", "10k"]] {
            let dir = Dir::new();
            let mut command = program_on("lo", &["--engine", "raw"]);
            command.args(args).current_dir(&dir.0).stdout(Stdio::piped());
            let mut running = Running::listening(command);
            let output = super::gather(running.child.stdout.take().expect("piped"));
            (0..500).for_each(|number| sender.send(number));
            running.signal(nix::sys::signal::Signal::SIGUSR1);
            let ended = running.stop();
            assert_eq!(ended.code(), Some(0), "{args:?}: {}", ended.said);
            assert_eq!(ended.number("captured"), 500, "{}", ended.said);
            let text = String::from_utf8(output.join().expect("read")).expect("ASCII");
            if args[0] == "-w" {
                let kept: usize = dir.names().iter().map(|name| numbers(&dir.path(name)).len()).sum();
                assert_eq!(kept, 500);
            } else {
                assert_eq!(text.lines().filter(|line| line.contains("Flags [R]")).count(), 500);
            }
        }
    });
}

#[test]
fn the_raw_engine_notices_that_its_interface_is_gone() {
    in_namespace("faults::interfaces::the_raw_engine_notices_that_its_interface_is_gone", || {
        veth();
        let running = Running::capture("v0", &["--engine", "raw"]);
        ip("link del v0");
        let ended = running.end();
        assert_eq!(ended.code(), Some(1), "{}", ended.said);
        assert!(ended.said.contains("v0: the interface disappeared"), "{}", ended.said);
        assert_eq!(ended.number("captured"), 0);
    });
}

/// A process, a file and a name stand for a network; what is none is refused by name.
#[test]
fn another_network_namespace_is_captured_by_process_and_by_file() {
    if !needs::program("bash") {
        return;
    }
    in_namespace("faults::interfaces::another_network_namespace_is_captured_by_process_and_by_file", || {
        let script =
            "ip link set lo up; echo ready; while read -r go; do echo $go >/dev/udp/127.0.0.1/9; done";
        let mut other = Command::new("unshare")
            .args(["-n", "bash", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare");
        let mut ready = String::new();
        BufReader::new(other.stdout.take().expect("piped")).read_line(&mut ready).expect("it says so");
        let mut go = other.stdin.take().expect("piped");
        for name in [other.id().to_string(), format!("/proc/{}/ns/net", other.id())] {
            let dir = Dir::new();
            let file = dir.path("x.pcap");
            let file = file.to_str().expect("UTF-8");
            let mut command = program_on("lo", &["-w", file, "-c", "1", "--netns", &name]);
            command.arg("udp port 9");
            let running = Running::listening(command);
            // Not of this network, so not captured.
            Sink::new().send(0..5, 0);
            go.write_all(b"there\n").expect("it reads");
            let ended = running.end();
            assert_eq!(ended.code(), Some(0), "{}", ended.said);
            let bytes = std::fs::read(file).expect("written");
            assert!(bytes.windows(5).any(|part| part == b"there"), "{name}");
        }
        drop(go);
        other.wait().expect("it ends");
        for name in ["no-such-network", "4194304", "/dev/null", "", ".."] {
            let done = program_on("lo", &["--netns", name]).output().expect("run");
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.code() == Some(1) && said.contains(&format!("--netns {name}: ")), "{said}");
        }
    });
}

/// Without `-v`: another expression of the same meaning may be short enough.
#[test]
fn a_filter_too_long_for_the_kernel_is_told() {
    let name = "faults::interfaces::a_filter_too_long_for_the_kernel_is_told";
    in_namespace(name, || {
        let dir = Dir::new();
        let file = dir.path("u.pcap");
        let hosts = |n: u32| {
            let hosts: Vec<_> =
                (0..n).map(|i| format!("host 10.{}.{}.{}", i * 7 % 250, i / 250, i % 250)).collect();
            hosts.join(" or ")
        };
        for (words, told) in [(hosts(3000), true), (hosts(30), false), ("ip protochain 17".into(), false)] {
            let mut command = program_on("lo", &["-w", file.to_str().expect("UTF-8")]);
            command.arg(words);
            let ended = Running::listening(command).stop();
            assert_eq!(ended.code(), Some(0), "{}", ended.said);
            assert_eq!(ended.said.contains("longer than the 4,096 instructions"), told, "{}", ended.said);
        }
    });
}

#[test]
fn why_a_filter_runs_in_user_space_is_told_and_its_refusals_are_counted() {
    let name = "faults::interfaces::why_a_filter_runs_in_user_space_is_told_and_its_refusals_are_counted";
    in_namespace(name, || {
        let dir = Dir::new();
        let file = dir.path("u.pcap");
        let sink = Sink::new();
        let file = file.to_str().expect("UTF-8");
        let mut command = program_on("lo", &["-v", "-c", "10", "-w", file]);
        command.args(["ip", "protochain", "17"]);
        let mut running = Running::start(command);
        running.wait_for("'protochain' needs a loop, which the kernel does not run");
        running.wait_for("listening on");
        sink.send(0..50, 0);
        let ended = running.end();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert!(
            ended.said.contains("10 packets seen = 10 written + 0 filtered in user space"),
            "{}",
            ended.said
        );
    });
}
