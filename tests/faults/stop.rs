//! Stopping: by signal at once after traffic, by count, by time, with output blocked, killed.
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Dir, Running, Sink, numbers, numbers_until_damage, program_on, until};
use crate::live::in_namespace;
use crate::needs;

#[test]
fn a_stop_right_after_traffic_loses_nothing() {
    in_namespace("faults::stop::a_stop_right_after_traffic_loses_nothing", || {
        let dir = Dir::new();
        let sink = Sink::new();
        let mut signals = vec![Signal::SIGINT, Signal::SIGTERM];
        // Where hanging up is ignored, as under nohup, it stops nothing, and should not.
        if !is_ignored(Signal::SIGHUP) {
            signals.push(Signal::SIGHUP);
        }
        for (round, signal) in signals.into_iter().cycle().take(30).enumerate() {
            let file = dir.path(&format!("{round}.pcap"));
            let running = Running::capture("lo", &["-w", file.to_str().expect("UTF-8")]);
            let count = 100 + u32::try_from(round).expect("small") * 37;
            sink.send(0..count, 20);
            running.signal(signal);
            let ended = running.end();
            assert_eq!(ended.code(), Some(0), "{}", ended.said);
            assert!(ended.took < Duration::from_secs(5), "took {:?}", ended.took);
            let kept = numbers(&file);
            let dropped = ended.number("dropped by kernel");
            assert_eq!(kept.len() as u64, ended.number("captured"), "{}", ended.said);
            assert_eq!(kept.len() as u64 + dropped, u64::from(count), "round {round}: {}", ended.said);
            assert!(kept.is_sorted());
        }
    });
}

/// Whether programs that are started here ignore a signal.
fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("what is ignored");
    let mask = u64::from_str_radix(mask.trim(), 16).expect("a mask");
    mask >> (signal as i32 - 1) & 1 == 1
}

#[test]
fn a_detached_run_outlives_the_hang_up_of_its_terminal() {
    if !needs::program("nohup") || !needs::program("setsid") {
        return;
    }
    in_namespace("faults::stop::a_detached_run_outlives_the_hang_up_of_its_terminal", || {
        let dir = Dir::new();
        let sink = Sink::new();
        // As in a shell's background, and with nothing open but where the messages go.
        for (n, closed) in ["", "<&- >&-"].into_iter().enumerate() {
            let file = dir.path(&format!("{n}.pcap"));
            let all = program_on("lo", &["-w", file.to_str().expect("UTF-8")]);
            let mut command = Command::new("sh");
            command.args(["-c", &format!("exec setsid nohup \"$@\" {closed}"), "sh"]);
            command.arg(all.get_program()).args(all.get_args()).stdin(Stdio::null());
            let running = Running::listening(command);
            sink.send(0..100, 10);
            running.signal(Signal::SIGHUP);
            sink.send(100..200, 10);
            running.signal(Signal::SIGHUP);
            running.signal(Signal::SIGTERM);
            let ended = running.end();
            assert_eq!(ended.code(), Some(0), "{}", ended.said);
            let dropped = ended.number("dropped by kernel");
            assert_eq!(numbers(&file).len() as u64 + dropped, 200, "{}", ended.said);
        }
    });
}

#[test]
fn printed_lines_are_all_there_after_a_stop() {
    in_namespace("faults::stop::printed_lines_are_all_there_after_a_stop", || {
        let sink = Sink::new();
        let mut command = program_on("lo", &[]);
        command.stdout(Stdio::piped());
        let mut running = Running::listening(command);
        let output = super::gather(running.child.stdout.take().expect("piped"));
        sink.send(0..500, 10);
        let ended = running.stop();
        let text = String::from_utf8(output.join().expect("read")).expect("ASCII");
        let lines = text.lines().filter(|line| line.contains("UDP, length 14")).count();
        assert_eq!(lines as u64 + ended.number("dropped by kernel"), 500, "{}", ended.said);
    });
}

#[test]
fn a_count_ends_the_run_with_exactly_so_many() {
    in_namespace("faults::stop::a_count_ends_the_run_with_exactly_so_many", || {
        let dir = Dir::new();
        let file = dir.path("c.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-c", "7", "-w", file.to_str().expect("UTF-8")]);
        sink.send(0..50, 0);
        let ended = running.end();
        assert_eq!(ended.code(), Some(0));
        assert_eq!(ended.number("captured"), 7);
        assert_eq!(numbers(&file), [0, 1, 2, 3, 4, 5, 6]);
        // What came after them is not counted as seen.
        assert_eq!(balance(&ended)[..4], [7, 7, 0, 0], "{}", ended.said);
        assert!(!ended.said.contains("not written"), "{}", ended.said);
    });
}

#[test]
fn a_duration_ends_the_run_on_an_idle_link() {
    in_namespace("faults::stop::a_duration_ends_the_run_on_an_idle_link", || {
        let running = Running::capture("lo", &["--for", "300ms"]);
        let ended = running.end();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert!(ended.took < Duration::from_secs(3));
        assert_eq!(ended.number("captured"), 0);
    });
}

#[test]
fn a_blocked_reader_does_not_keep_it_alive() {
    in_namespace("faults::stop::a_blocked_reader_does_not_keep_it_alive", || {
        let dir = Dir::new();
        let file = dir.path("beside.pcap");
        let sink = Sink::new();
        let beside = file.to_str().expect("UTF-8");
        for (args, whole) in
            [(&["-l", "-X"][..], true), (&["-X", "-w", beside, "--print"], true), (&["-w", "-"], false)]
        {
            let mut command = program_on("lo", args);
            command.stdout(Stdio::piped());
            let mut running = Running::listening(command);
            // More than a pipe holds, and nobody reads.
            sink.send(0..2000, 200);
            if whole {
                // Packets are taken and signals answered all the same.
                for _ in 0..200 {
                    running.signal(Signal::SIGUSR1);
                    if running.wait_for("packets captured").contains("2000 packets captured") {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            let ended = running.stop();
            assert!(ended.took < Duration::from_secs(5), "took {:?}", ended.took);
            assert_eq!(ended.code(), Some(74), "{}", ended.said);
            assert!(ended.said.contains("blocked"), "{}", ended.said);
            let [seen, kept, filtered, dropped, lost] = balance(&ended);
            assert_eq!(seen, kept + filtered + dropped + lost, "{}", ended.said);
            assert_eq!(seen, 2000);
            if args.contains(&"--print") {
                assert_eq!((kept, numbers(&file).len()), (2000, 2000), "the file is whole");
            } else {
                assert!(lost > 0 && kept > 0, "{}", ended.said);
            }
        }
    });
}

/// What the closing line says: seen, kept, filtered, dropped, lost.
fn balance(ended: &super::Ended) -> [u64; 5] {
    let line = ended.said.lines().find(|line| line.contains(" seen = ")).expect("a balance");
    let numbers = line.split(' ').filter_map(|word| word.parse().ok());
    let mut all = [0; 5];
    for (place, number) in all.iter_mut().zip(numbers) {
        *place = number;
    }
    all
}

#[test]
fn a_slow_reader_gets_everything_and_a_second_signal_does_not_cut_it_short() {
    let name = "faults::stop::a_slow_reader_gets_everything_and_a_second_signal_does_not_cut_it_short";
    in_namespace(name, || {
        let sink = Sink::new();
        let mut command = program_on("lo", &["-X"]);
        command.stdout(Stdio::piped());
        let mut running = Running::listening(command);
        let mut output = running.child.stdout.take().expect("piped");
        sink.send(0..1000, 400);
        running.signal(Signal::SIGINT);
        running.signal(Signal::SIGINT);
        let slow = std::thread::spawn(move || {
            let (mut text, mut piece) = (Vec::new(), [0; 40_000]);
            loop {
                match std::io::Read::read(&mut output, &mut piece).expect("read") {
                    0 => return text,
                    n => text.extend_from_slice(&piece[..n]),
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let ended = running.end();
        let text = String::from_utf8(slow.join().expect("read")).expect("ASCII");
        let lines = text.lines().filter(|line| line.contains("UDP, length 404")).count() as u64;
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert_eq!(lines + ended.number("dropped by kernel"), 1000, "{}", ended.said);
    });
}

#[test]
fn statistics_and_flushing_go_on_under_a_storm_of_signals() {
    in_namespace("faults::stop::statistics_and_flushing_go_on_under_a_storm_of_signals", || {
        let dir = Dir::new();
        let file = dir.path("storm.pcap");
        let sink = Sink::new();
        let mut running = Running::capture("lo", &["-w", file.to_str().expect("UTF-8")]);
        for round in 0..1000_u32 {
            sink.send(round..round + 1, 0);
            for signal in [Signal::SIGUSR1, Signal::SIGUSR2] {
                running.signal(signal);
            }
        }
        running.wait_for("packets captured");
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        let kept = numbers(&file).len() as u64;
        assert_eq!(kept + ended.number("dropped by kernel"), 1000);
    });
}

#[test]
fn a_flush_on_request_leaves_a_whole_file_at_once() {
    in_namespace("faults::stop::a_flush_on_request_leaves_a_whole_file_at_once", || {
        let dir = Dir::new();
        let file = dir.path("flush.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-w", file.to_str().expect("UTF-8")]);
        sink.send(0..10, 0);
        until("ten records are in the file", || {
            running.signal(Signal::SIGUSR2);
            numbers_until_damage(&file).0.len() == 10
        });
        assert_eq!(numbers(&file).len(), 10);
        running.stop();
    });
}

#[test]
fn a_killed_capture_leaves_whole_records() {
    in_namespace("faults::stop::a_killed_capture_leaves_whole_records", || {
        let dir = Dir::new();
        let sink = Sink::new();
        for round in 0..20_u32 {
            let file = dir.path(&format!("{round}.pcap"));
            let running = Running::capture("lo", &["-w", file.to_str().expect("UTF-8")]);
            sink.send(0..500 + round * 211, 100 + round as usize * 50);
            running.signal(Signal::SIGKILL);
            running.end();
            let (kept, damage) = numbers_until_damage(&file);
            assert_eq!(damage, None, "round {round} after {} records", kept.len());
        }
    });
}

#[test]
fn a_capture_killed_while_it_rotates_leaves_only_files_that_can_be_read() {
    in_namespace(
        "faults::stop::a_capture_killed_while_it_rotates_leaves_only_files_that_can_be_read",
        || {
            let sink = Sink::new();
            for round in 0..20_u32 {
                let dir = Dir::new();
                let name = if round.is_multiple_of(2) { "r.pcap" } else { "r.pcapng" };
                let file = dir.path(name);
                let running =
                    Running::capture("lo", &["-U", "-C", "2k", "-w", file.to_str().expect("UTF-8")]);
                sink.send(0..100 + round * 37, 700);
                running.signal(Signal::SIGKILL);
                running.end();
                for name in dir.names() {
                    let (kept, damage) = numbers_until_damage(&dir.path(&name));
                    assert_eq!(damage, None, "{name} after {} records", kept.len());
                }
            }
        },
    );
}

#[test]
fn a_packet_is_on_disk_within_a_second_and_at_once_with_unbuffered() {
    in_namespace("faults::stop::a_packet_is_on_disk_within_a_second_and_at_once_with_unbuffered", || {
        let dir = Dir::new();
        let sink = Sink::new();
        // A second, and what a busy machine adds to it.
        for (flags, limit) in [(&["-w"][..], 5000), (&["-U", "-w"][..], 3000)] {
            let file = dir.path(&format!("{limit}.pcap"));
            let mut args = flags.to_vec();
            args.push(file.to_str().expect("UTF-8"));
            let running = Running::capture("lo", &args);
            sink.send(0..3, 0);
            let start = std::time::Instant::now();
            until("three records are in the file", || numbers_until_damage(&file).0.len() == 3);
            assert!(start.elapsed() < Duration::from_millis(limit), "{flags:?}: {:?}", start.elapsed());
            running.signal(Signal::SIGKILL);
            running.end();
            assert_eq!(numbers(&file).len(), 3);
        }
    });
}

#[test]
fn a_vanished_interface_gives_up_all_it_had() {
    in_namespace("faults::stop::a_vanished_interface_gives_up_all_it_had", || {
        crate::live::veth();
        let dir = Dir::new();
        let file = dir.path("gone.pcap");
        let running = Running::capture("v0", &["-w", file.to_str().expect("UTF-8"), "udp"]);
        crate::live::ip("addr add 10.9.9.1/24 dev v1");
        crate::live::ip("neigh add 10.9.9.2 lladdr 02:00:00:00:00:09 dev v1");
        let socket = std::net::UdpSocket::bind("10.9.9.1:0").expect("a socket");
        for number in 0..1000_u32 {
            socket.send_to(&number.to_be_bytes(), "10.9.9.2:9").expect("sent");
        }
        crate::live::ip("link del v0");
        let ended = running.end();
        assert_eq!(ended.code(), Some(1), "{}", ended.said);
        assert!(ended.said.contains("v0"), "{}", ended.said);
        let kept = numbers(&file).len() as u64;
        assert_eq!(kept + ended.number("dropped by kernel"), 1000, "{}", ended.said);
        assert_eq!(kept, ended.number("captured"));
    });
}

#[test]
fn what_the_kernel_drops_is_counted_exactly() {
    in_namespace("faults::stop::what_the_kernel_drops_is_counted_exactly", || {
        let dir = Dir::new();
        let file = dir.path("drops.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-B", "1024", "-w", file.to_str().expect("UTF-8")]);
        running.signal(Signal::SIGSTOP);
        sink.send(0..20_000, 100);
        running.signal(Signal::SIGCONT);
        let ended = running.stop();
        let kept = numbers(&file).len() as u64;
        let dropped = ended.number("dropped by kernel");
        assert!(dropped > 0, "{}", ended.said);
        assert_eq!(kept + dropped, 20_000, "{}", ended.said);
        assert_eq!(kept, ended.number("captured"));
    });
}

/// The drops a pcapng file of this machine's byte order tells of: between its packets, and in its
/// interface statistics.
fn told_drops(path: &std::path::Path) -> (u64, u64) {
    let bytes = std::fs::read(path).expect("the file");
    let number = |at: usize| u32::from_ne_bytes(*bytes[at..].first_chunk().expect("four bytes"));
    let (mut between, mut statistics, mut at) = (0, 0, 0);
    while at < bytes.len() {
        let (kind, length) = (number(at), number(at + 4) as usize);
        // Enhanced packet: options after the padded data. Statistics: after the time.
        let (mut option, wanted) = match kind {
            6 => (at + 28 + (number(at + 20) as usize).next_multiple_of(4), 4),
            5 => (at + 20, 7),
            _ => (at + length, 0),
        };
        while option + 4 < at + length - 4 {
            let (code, size) = (number(option) & 0xffff, number(option) >> 16);
            if code == wanted {
                let count = u64::from_ne_bytes(*bytes[option + 4..].first_chunk().expect("eight bytes"));
                if kind == 6 { between += count } else { statistics += count }
            }
            option += 4 + (size as usize).next_multiple_of(4);
        }
        at += length;
    }
    (between, statistics)
}

#[test]
fn drops_are_told_while_they_grow_and_in_the_file() {
    in_namespace("faults::stop::drops_are_told_while_they_grow_and_in_the_file", || {
        let dir = Dir::new();
        let sink = Sink::new();
        for quiet in [false, true] {
            let file = dir.path(if quiet { "quiet.pcapng" } else { "loud.pcapng" });
            let mut args = vec!["-U", "-B", "256", "-w", file.to_str().expect("UTF-8")];
            args.extend(quiet.then_some("-q"));
            let mut running = Running::capture("lo", &args);
            running.signal(Signal::SIGSTOP);
            sink.send(0..10_000, 100);
            running.signal(Signal::SIGCONT);
            if quiet {
                // The statistics asked for are told all the same.
                running.signal(Signal::SIGUSR1);
                running.wait_for("dropped by kernel");
            } else {
                running.wait_for("the kernel dropped");
            }
            // Some of these may be dropped too, even after one that is in the file.
            until("a packet after the flood is there", || {
                sink.send(10_000..10_001, 0);
                numbers_until_damage(&file).0.last() == Some(&10_000)
            });
            // Then the ring has room, and all drops lie before this one.
            sink.send(10_001..10_002, 0);
            until("the last packet is there", || numbers_until_damage(&file).0.last() == Some(&10_001));
            let ended = running.stop();
            assert_eq!(ended.said.contains("the kernel dropped"), !quiet, "{}", ended.said);
            let dropped = ended.number("dropped by kernel");
            assert!(dropped > 0, "{}", ended.said);
            let (between, statistics) = told_drops(&file);
            assert_eq!(statistics, dropped, "{}", ended.said);
            // Between packets it is told when the counters are looked at: once a second, and when asked for. What
            // was dropped after the last look, while the flood was taken out of the ring, is in the statistics.
            assert!((dropped.saturating_sub(64)..=dropped).contains(&between), "{between} of {}", ended.said);
        }
    });
}

#[test]
fn nobody_reading_what_it_says_neither_stops_nor_keeps_it() {
    in_namespace("faults::stop::nobody_reading_what_it_says_neither_stops_nor_keeps_it", || {
        let dir = Dir::new();
        let sink = Sink::new();
        // Standard error alone, then with the lines in the same pipe.
        for (name, printed) in [("silent.pcap", false), ("both.pcap", true)] {
            let file = dir.path(name);
            let (reader, mut writer) = std::io::pipe().expect("a pipe");
            fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("set");
            while writer.write(&[b'.'; 4096]).is_ok() {}
            fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).expect("set");
            let mut command = program_on("lo", &["-U", "-w", file.to_str().expect("UTF-8")]);
            if printed {
                command.arg("--print").stdout(writer.try_clone().expect("a copy"));
            } else {
                command.stdout(Stdio::null());
            }
            let mut child = command.stderr(writer).spawn().expect("the program starts");
            drop(command);
            let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
            until("it captures", || {
                sink.send(0..1, 0);
                fs::metadata(&file).is_ok_and(|data| data.len() > 24)
            });
            kill(pid, Signal::SIGUSR1).expect("it runs");
            sink.send(1..2001, 100);
            let start = Instant::now();
            kill(pid, Signal::SIGTERM).expect("it runs");
            until("it ends", || child.try_wait().expect("wait").is_some());
            let took = start.elapsed();
            assert!(took < Duration::from_secs(1), "{took:?}");
            let numbers = numbers(&file);
            assert!(numbers.ends_with(&(1..2001).collect::<Vec<u32>>()), "{} packets", numbers.len());
            drop(reader);
        }
    });
}
