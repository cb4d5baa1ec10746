//! Planted links, files of others, the input as output, modes and owners.
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::{Dir, Running, Sink, numbers, program, program_on, small_capture};
use crate::live::in_namespace;
use crate::needs;

#[test]
fn a_planted_symbolic_or_hard_link_is_not_followed() {
    let dir = Dir::new();
    let (input, secret) = (dir.path("in.pcap"), dir.path("secret"));
    small_capture(&input);
    fs::write(&secret, "secret").expect("written");
    symlink(&secret, dir.path("link.pcap")).expect("a link");
    fs::hard_link(&secret, dir.path("hard.pcap")).expect("a link");
    for name in ["link.pcap", "hard.pcap"] {
        let mut command = program();
        command.arg("-r").arg(&input).arg("-w").arg(dir.path(name));
        let ended = Running::start(command).end();
        assert_ne!(ended.code(), Some(0), "{name}: {}", ended.said);
        assert!(ended.said.contains(name), "{}", ended.said);
        assert_eq!(fs::read(&secret).expect("there"), b"secret");
    }
}

#[test]
fn the_input_is_not_overwritten() {
    let dir = Dir::new();
    let input = dir.path("in.pcap");
    small_capture(&input);
    let before = fs::read(&input).expect("there");
    let mut command = program();
    command.arg("-r").arg(&input).arg("-w").arg(dir.path("./in.pcap"));
    let ended = Running::start(command).end();
    assert_ne!(ended.code(), Some(0), "{}", ended.said);
    assert_eq!(fs::read(&input).expect("there"), before);
}

#[test]
fn a_new_file_is_private_and_the_persons() {
    let dir = Dir::new();
    let (input, output) = (dir.path("in.pcap"), dir.path("out.pcap"));
    small_capture(&input);
    fs::set_permissions(&input, fs::Permissions::from_mode(0o644)).expect("mode");
    let mut command = program();
    command.arg("-r").arg(&input).arg("-w").arg(&output);
    if needs::is_real_root() {
        command.env("SUDO_UID", "12345").env("SUDO_GID", "12346");
    }
    let ended = Running::start(command).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.said);
    let metadata = fs::metadata(&output).expect("there");
    assert_eq!(metadata.mode() & 0o777, 0o600);
    if needs::is_real_root() {
        assert_eq!((metadata.uid(), metadata.gid()), (12345, 12346));
    }
    assert_eq!(numbers(&output), [7]);
}

#[test]
fn a_link_planted_at_a_rotated_name_gets_nothing() {
    in_namespace("faults::files::a_link_planted_at_a_rotated_name_gets_nothing", || {
        let dir = Dir::new();
        let secret = dir.path("secret");
        fs::write(&secret, "secret").expect("written");
        for name in ["c.pcap1", "c.pcap2"] {
            symlink(&secret, dir.path(name)).expect("a link");
        }
        let file = dir.path("c.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-C", "20k", "-w", file.to_str().expect("UTF-8")]);
        sink.send(0..2000, 100);
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        assert_eq!(fs::read(&secret).expect("there"), b"secret");
        let mut kept = Vec::new();
        for name in dir.names() {
            let path = dir.path(&name);
            if !path.is_symlink() && name != "secret" {
                kept.extend(numbers(&path));
            }
        }
        kept.sort_unstable();
        assert_eq!(kept.len() as u64 + ended.number("dropped by kernel"), 2000, "{}", ended.said);
    });
}

#[test]
fn a_pipe_is_allowed_as_output() {
    let dir = Dir::new();
    let (input, fifo) = (dir.path("in.pcap"), dir.path("fifo"));
    small_capture(&input);
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::from_bits_truncate(0o666)).expect("a pipe");
    fs::set_permissions(&fifo, fs::Permissions::from_mode(0o666)).expect("mode");
    let reader = super::open_fifo(&fifo);
    let mut command = program();
    command.arg("-r").arg(&input).arg("-w").arg(&fifo);
    let ended = Running::start(command).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.said);
    let copy = dir.path("copy.pcap");
    let mut reader = reader;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut bytes).expect("read");
    fs::write(&copy, bytes).expect("written");
    assert_eq!(numbers(&copy), [7]);
}

#[test]
fn no_file_is_made_when_the_interface_is_missing() {
    in_namespace("faults::files::no_file_is_made_when_the_interface_is_missing", || {
        let dir = Dir::new();
        let command = program_on("nosuch0", &["-w", dir.path("x.pcap").to_str().expect("UTF-8")]);
        let ended = Running::start(command).end();
        assert_eq!(ended.code(), Some(1), "{}", ended.said);
        assert!(ended.said.contains("nosuch0") && ended.said.contains("lo"), "{}", ended.said);
        assert_eq!(dir.names(), Vec::<String>::new());
    });
}

#[test]
fn what_is_refused_stays_as_it_was_to_the_byte() {
    let dir = Dir::new();
    let (input, tiny) = (dir.path("torn.pcap"), dir.path("tiny"));
    small_capture(&input);
    // A record that is cut, and a file too short to be a capture: neither is ours to mend.
    let mut torn = fs::read(&input).expect("there");
    torn.extend([7; 9]);
    fs::write(&input, &torn).expect("written");
    fs::write(&tiny, "ab").expect("written");
    fs::hard_link(&tiny, dir.path("other name")).expect("a link");
    for target in [&input, &tiny] {
        let mut command = program();
        command.arg("-r").arg(&input).arg("-w").arg(target);
        let ended = Running::start(command).end();
        assert_eq!(ended.code(), Some(1), "{}", ended.said);
        assert!(ended.said.contains("not overwritten"), "{}", ended.said);
    }
    assert_eq!(fs::read(&input).expect("there"), torn);
    assert_eq!(fs::read(&tiny).expect("there"), b"ab");
}

#[test]
fn a_file_that_another_capture_writes_is_refused_until_that_one_ends() {
    in_namespace("faults::files::a_file_that_another_capture_writes_is_refused_until_that_one_ends", || {
        let dir = Dir::new();
        let input = dir.path("in.pcap");
        small_capture(&input);
        let sink = Sink::new();
        for name in ["x.pcap", "x.pcapng", "x.pcap.gz", "x.pcap.zst", "x.pcap.lz4"] {
            let file = dir.path(name);
            let path = file.to_str().expect("UTF-8");
            let first = Running::capture("lo", &["-w", path]);
            sink.send(0..500, 100);
            let mut copy = program();
            copy.arg("-r").arg(&input).args(["-w", path]);
            for second in [program_on("lo", &["-w", path]), copy] {
                let refused = Running::start(second).end();
                assert_eq!(refused.code(), Some(1), "{name}: {}", refused.said);
                assert!(refused.said.contains("another process is writing it"), "{}", refused.said);
                assert!(refused.said.contains(name), "{}", refused.said);
            }
            sink.send(500..1000, 100);
            let ended = first.stop();
            assert_eq!(ended.code(), Some(0), "{name}: {}", ended.said);
            assert!(numbers(&file).into_iter().eq(0..1000), "{name}");
            // Nothing keeps the name once it is let go, by whatever end.
            Running::capture("lo", &["-w", path]).signal(nix::sys::signal::Signal::SIGKILL);
            let again = Running::capture("lo", &["-w", path]);
            sink.send(0..10, 100);
            assert_eq!(again.stop().code(), Some(0));
            assert!(numbers(&file).into_iter().eq(0..10), "{name}");
        }
    });
}

#[test]
fn a_rotated_file_that_another_capture_writes_is_passed_over() {
    in_namespace("faults::files::a_rotated_file_that_another_capture_writes_is_passed_over", || {
        let (dir, sink) = (Dir::new(), Sink::new());
        let name = |name: &str| dir.path(name).to_str().expect("UTF-8").to_owned();
        let other = Running::capture("lo", &["-w", &name("w2")]);
        let rotating = Running::capture("lo", &["-C", "20k", "-w", &name("w")]);
        sink.send(0..2000, 100);
        // In this order: the name is taken when its turn comes.
        let (rotating, other) = (rotating.stop(), other.stop());
        assert_eq!((other.code(), rotating.code()), (Some(0), Some(0)), "{}{}", other.said, rotating.said);
        assert!(rotating.said.contains("another process is writing it"), "{}", rotating.said);
        assert!(numbers(&dir.path("w2")).into_iter().eq(0..2000));
        let files = dir.names().into_iter().filter(|name| name != "w2");
        let mut kept: Vec<u32> = files.flat_map(|name| numbers(&dir.path(&name))).collect();
        kept.sort_unstable();
        assert!(kept.into_iter().eq(0..2000), "{}", rotating.said);
    });
}

#[test]
fn a_pipe_of_somebody_else_that_nobody_reads_is_refused_at_once() {
    if !crate::needs::root("to give a pipe away") {
        return;
    }
    let dir = Dir::new();
    let (input, fifo) = (dir.path("in.pcap"), dir.path("fifo"));
    small_capture(&input);
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::from_bits_truncate(0o666)).expect("a pipe");
    std::os::unix::fs::chown(&fifo, Some(12345), None).expect("given away");
    let mut command = program();
    command.arg("-r").arg(&input).arg("-w").arg(&fifo);
    let ended = Running::start(command).end();
    assert_eq!(ended.code(), Some(1), "{}", ended.said);
    assert!(
        ended.said.contains("fifo: not overwritten: the pipe belongs to somebody else"),
        "{}",
        ended.said
    );
}
