//! Poor surroundings: what a capture is started in on small, locked down or broken machines.
use std::process::Command;

use nix::sys::signal::Signal;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::{Dir, Running, Sink, numbers, program, program_on};
use crate::live::{in_namespace, in_namespaces};
use crate::needs;

/// A capture into a file, started by this shell script, that records all it is sent and ends at a signal.
fn captures(what: &str, script: &str) {
    let dir = Dir::new();
    let file = dir.path("x.pcap");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{script}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_synack")]);
    // Little else in the environment, as it takes its room from the stack: beside two kilobytes of it
    // one start of /bin/true in forty fails with a stack of 16 KiB, beside five every other.
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TZ", "UTC").args(["-n", "-i", "lo", "-w"]).arg(&file);
    let running = Running::listening(command);
    Sink::new().send(0..500, 100);
    let ended = running.stop();
    assert_eq!(ended.code(), Some(0), "{what}: {}", ended.said);
    assert!(numbers(&file).into_iter().eq(0..500), "{what}: {}", ended.said);
}

#[test]
fn a_machine_without_much_captures_all_the_same() {
    in_namespaces("nm", "faults::surroundings::a_machine_without_much_captures_all_the_same", || {
        for script in ["ulimit -v 40000", "ulimit -s 16", "ulimit -n 20", "exec 0<&-", "umask 0777"] {
            captures(script, script);
        }
        if needs::root("to hide /proc and /dev") {
            captures("an empty /dev", "mount -t tmpfs tmpfs /dev");
            captures("no /proc", "mount -t tmpfs tmpfs /proc");
        }
    });
}

#[test]
fn a_signal_that_was_blocked_at_the_start_ends_it() {
    in_namespace("faults::surroundings::a_signal_that_was_blocked_at_the_start_ends_it", || {
        let block = nix::sys::signal::SigSet::all();
        let before = block.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK).expect("blocked");
        // What is started here has them blocked, too.
        let running = Running::capture("lo", &[]);
        before.thread_set_mask().expect("as before");
        assert_eq!(running.stop().code(), Some(0));
    });
}

#[test]
fn files_that_never_end_are_refused() {
    let dir = Dir::new();
    let (input, long) = (dir.path("in.pcap"), dir.path("long"));
    super::small_capture(&input);
    std::fs::write(&long, "port 80 or ".repeat(600_000)).expect("written");
    let long = long.to_str().expect("UTF-8");
    let input = input.to_str().expect("UTF-8");
    for (zone, args, refused) in [
        ("/dev/zero", vec!["-r", input], None),
        ("UTC", vec!["-V", "/dev/zero"], Some("is no list of files")),
        ("UTC", vec!["-r", input, "-F", "/dev/zero"], Some("is too large for a filter")),
        ("UTC", vec!["-r", input, "-F", long], Some("is too large for a filter")),
    ] {
        let mut command = Command::new("sh");
        // Bounded in memory: 200 MB of addresses are more than the program, and no more.
        command.args(["-c", "ulimit -v 200000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_synack"), "-n"]);
        command.args(&args).env("TZ", zone).stdout(std::process::Stdio::null());
        let ended = Running::start(command).end();
        assert_eq!(ended.code(), Some(i32::from(refused.is_some())), "{args:?}: {}", ended.said);
        assert!(refused.is_none_or(|words| ended.said.contains(words)), "{args:?}: {}", ended.said);
    }
}

#[test]
fn many_interfaces_share_one_buffer() {
    in_namespace("faults::surroundings::many_interfaces_share_one_buffer", || {
        let mut args = vec!["-w".to_owned(), "/dev/null".to_owned()];
        for n in 0..25 {
            crate::live::ip(&format!("link add a{n} type veth peer name b{n}"));
            for name in [format!("a{n}"), format!("b{n}")] {
                crate::live::ip(&format!("link set {name} up"));
                args.extend(["-i".into(), name]);
            }
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let running = Running::capture("lo", &args);
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).expect("a size");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        assert!(kib < 400 * 1024, "{kib} KiB");
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert!(ended.said.contains("51 interfaces share 128 MiB of buffer"), "{}", ended.said);
    });
}

/// Some sandboxes know no netlink. From here on this process, and what it starts, has none either.
#[test]
fn without_netlink_interfaces_are_asked_one_by_one() {
    in_namespace("faults::surroundings::without_netlink_interfaces_are_asked_one_by_one", || {
        crate::live::ip("link add nine0 type veth peer name nine1");
        let netlink = SeccompCondition::new(
            0,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::Eq,
            libc::AF_NETLINK.unsigned_abs().into(),
        );
        let rule = SeccompRule::new(vec![netlink.expect("a condition")]).expect("a rule");
        let filter = SeccompFilter::new(
            [(libc::SYS_socket, vec![rule])].into_iter().collect(),
            SeccompAction::Allow,
            SeccompAction::Errno(libc::EAFNOSUPPORT.unsigned_abs()),
            std::env::consts::ARCH.try_into().expect("known"),
        );
        let program: BpfProgram = filter.expect("a filter").try_into().expect("a program");
        seccompiler::apply_filter(&program).expect("applied");
        captures("no netlink", "true");
        let listed = Command::new(env!("CARGO_BIN_EXE_synack")).arg("-D").output().expect("run");
        let listed = String::from_utf8_lossy(&listed.stdout);
        assert!(["lo ", "nine0 ", "nine1 ", "any "].iter().all(|name| listed.contains(name)), "{listed}");
        // A lone interface that goes is down for all that can be known.
        let sink = Sink::new();
        let running = Running::listening(program_on("any", &[]));
        sink.send(0..3, 0);
        assert_eq!(running.stop().code(), Some(0));
    });
}

/// The kernel closes the interfaces of a process that is killed one after the other, each after a wait. A
/// signal to stop takes no such time, also while more are opened. Both are timed here, beside one another.
#[test]
fn a_signal_while_many_interfaces_are_opened_is_obeyed_sooner_than_a_kill() {
    let name = "faults::surroundings::a_signal_while_many_interfaces_are_opened_is_obeyed_sooner_than_a_kill";
    in_namespace(name, || {
        let mut args = Vec::new();
        for n in 0..60 {
            crate::live::ip(&format!("link add a{n} up type veth peer name b{n}"));
            crate::live::ip(&format!("link set b{n} up"));
            args.extend(["-i".to_owned(), format!("a{n}"), "-i".to_owned(), format!("b{n}")]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let took = |signal| {
            let running = Running::start(program_on("lo", &args));
            let open = format!("/proc/{}/fd", running.pid());
            // Two or three descriptors for each interface.
            super::until("half of them are open", || {
                std::fs::read_dir(&open).is_ok_and(|files| files.count() > 120)
            });
            running.signal(signal);
            let ended = running.end();
            // None where it was still starting.
            (ended.took, matches!(ended.code(), None | Some(0)), ended.said)
        };
        let mut times = Vec::new();
        for _ in 0..5 {
            let (kill, ..) = took(Signal::SIGKILL);
            let (stop, well, said) = took(Signal::SIGTERM);
            assert!(well, "{said}");
            times.push((kill, stop));
            if stop * 2 < kill {
                return;
            }
        }
        panic!("killed and stopped within {times:?}");
    });
}

/// Wherever in its start a signal meets it.
#[test]
fn a_signal_while_many_interfaces_are_opened_ends_it() {
    in_namespace("faults::surroundings::a_signal_while_many_interfaces_are_opened_ends_it", || {
        let dir = Dir::new();
        let file = dir.path("x.pcap");
        let mut args = vec!["-w".to_owned(), file.to_str().expect("UTF-8").to_owned()];
        for n in 0..20 {
            crate::live::ip(&format!("link add a{n} type veth peer name b{n}"));
            for name in [format!("a{n}"), format!("b{n}")] {
                crate::live::ip(&format!("link set {name} up"));
                args.extend(["-i".into(), name]);
            }
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        for after in [0, 5, 20, 50, 100] {
            let running = Running::start(program_on("lo", &args));
            // Not for the test to hold, but to meet other parts of the start.
            std::thread::sleep(std::time::Duration::from_millis(after));
            running.signal(Signal::SIGTERM);
            let ended = running.end();
            assert!(matches!(ended.code(), None | Some(0)), "{}", ended.said);
            // What was made of the file is a file.
            if let Ok(bytes) = std::fs::read(&file) {
                assert!(bytes.len() >= 24, "{} bytes", bytes.len());
                std::fs::remove_file(&file).expect("removed");
            }
        }
    });
}

/// Answers these system calls with an error, of this thread and what it starts from here on.
fn refuse_calls(calls: &[i64], error: i32) {
    let filter = SeccompFilter::new(
        calls.iter().map(|call| (*call, Vec::new())).collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(error.unsigned_abs()),
        std::env::consts::ARCH.try_into().expect("known"),
    );
    let program: BpfProgram = filter.expect("a filter").try_into().expect("a program");
    seccompiler::apply_filter(&program).expect("applied");
}

/// Shuts this thread, and what it starts, into as many Landlock domains as the kernel puts into one another.
/// False where it has none.
fn fill_with_domains() -> bool {
    use landlock::{AccessFs, Ruleset, RulesetAttr, RulesetStatus};
    for domain in 0..16 {
        let rules = Ruleset::default().handle_access(AccessFs::MakeChar).and_then(Ruleset::create);
        let done = rules.and_then(|rules| rules.restrict_self()).expect("room for one more");
        if domain == 0 && done.ruleset == RulesetStatus::NotEnforced {
            return false;
        }
    }
    true
}

/// Somebody who shuts the program in may have taken the means by which it would shut itself in.
#[test]
fn walls_that_cannot_be_built_are_told_of_and_do_not_end_the_capture() {
    in_namespace(
        "faults::surroundings::walls_that_cannot_be_built_are_told_of_and_do_not_end_the_capture",
        || {
            let landlock = [
                libc::SYS_landlock_create_ruleset,
                libc::SYS_landlock_add_rule,
                libc::SYS_landlock_restrict_self,
            ];
            let none = "files are not confined: there is no Landlock here";
            let refused = "files are not confined: Landlock: ";
            walled("no Landlock", none, || refuse_calls(&landlock, libc::ENOSYS));
            walled("Landlock not permitted", none, || refuse_calls(&landlock, libc::EPERM));
            walled("its last step refused", refused, || refuse_calls(&landlock[2..], libc::EPERM));
            if std::thread::spawn(fill_with_domains).join().expect("tried") {
                walled("as many domains as there can be", refused, || {
                    fill_with_domains();
                });
            }
            walled("no seccomp", "system calls are not confined: seccomp: ", || {
                refuse_calls(&[libc::SYS_seccomp], libc::ENOSYS);
            });
        },
    );
}

/// Captures, reads and mends in walls that `build` puts up around a thread: that is said in one line.
fn walled(what: &str, told: &str, build: impl FnOnce() + Send) {
    let walled = || {
        build();
        let dir = Dir::new();
        let said_once = |ended: &super::Ended| {
            assert_eq!(ended.code(), Some(0), "{what}: {}", ended.said);
            assert_eq!(ended.said.matches(told).count(), 1, "{what}: {}", ended.said);
            assert_eq!(ended.said.matches("confined").count(), 1, "{what}: {}", ended.said);
        };
        let file = dir.path("x.pcap");
        let file = file.to_str().expect("UTF-8");
        for args in
            [&["-w", file][..], &["-w", file, "-C", "20k"], &["-z", "true", "-w", file, "-C", "1M"], &[]]
        {
            let mut command = program();
            command.args(["-i", "lo"]).args(args).stdout(std::process::Stdio::null());
            let running = Running::listening(command);
            Sink::new().send(0..500, 100);
            let ended = running.stop();
            said_once(&ended);
            let kept: usize = dir.names().iter().map(|name| numbers(&dir.path(name)).len()).sum();
            assert_eq!(kept, if args.is_empty() { 0 } else { 500 }, "{what} {args:?}: {}", ended.said);
            for name in dir.names() {
                std::fs::remove_file(dir.path(&name)).expect("removed");
            }
        }
        let (input, output) = (dir.path("in.pcap"), dir.path("out.pcap"));
        super::small_capture(&input);
        let mut command = program();
        command.arg("-nr").arg(&input).stdout(std::process::Stdio::null());
        said_once(&Running::start(command).end());
        let mut command = program();
        command.arg("repair").arg(&input).arg(&output).stdout(std::process::Stdio::null());
        said_once(&Running::start(command).end());
        assert_eq!(numbers(&output), [7]);
    };
    std::thread::scope(|threads| threads.spawn(walled).join().expect("as said"));
}
