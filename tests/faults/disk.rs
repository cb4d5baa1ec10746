//! Full disks, size limits, failing writes.
use std::fs;
use std::process::Command;

use super::{Dir, Running, Sink, Tmpfs, numbers, program, small_capture};
use crate::live::in_namespace;
use crate::needs;

#[test]
fn a_full_disk_leaves_whole_records_and_a_true_count() {
    in_namespace("faults::disk::a_full_disk_leaves_whole_records_and_a_true_count", || {
        let sink = Sink::new();
        for round in 0..12_u64 {
            let Some(disk) = Tmpfs::new(65_536 + round * 40_960) else { return };
            let file = disk.0.path("full.pcap");
            let running = Running::capture("lo", &["-w", file.to_str().expect("UTF-8")]);
            sink.send(0..20_000, 80 + usize::try_from(round).expect("small") * 13);
            // It ends by itself, before anybody stops it.
            let ended = running.end();
            assert_eq!(ended.code(), Some(74), "{}", ended.said);
            assert!(ended.said.contains("full.pcap"), "{}", ended.said);
            assert!(ended.said.contains("No space left on device"), "{}", ended.said);
            let kept = numbers(&file);
            assert!(!kept.is_empty() && kept.iter().copied().eq(0..kept.len() as u32));
            assert!(ended.said.contains(&kept.len().to_string()), "{} in: {}", kept.len(), ended.said);
        }
    });
}

#[test]
fn a_file_size_limit_is_an_error_not_a_signal() {
    in_namespace("faults::disk::a_file_size_limit_is_an_error_not_a_signal", || {
        let dir = Dir::new();
        let file = dir.path("limit.pcap");
        let sink = Sink::new();
        let mut command = Command::new("sh");
        // Blocks of 512 bytes.
        command
            .args(["-c", "ulimit -f 128; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_synack"))
            .args(["-n", "-i", "lo", "-w"])
            .arg(&file);
        let running = Running::listening(command);
        sink.send(0..5000, 100);
        let ended = running.end();
        assert_eq!(ended.code(), Some(74), "{}", ended.said);
        let kept = numbers(&file).len();
        assert!(kept > 0 && fs::metadata(&file).expect("a file").len() <= 65_536);
        assert!(ended.said.contains(&kept.to_string()), "{kept} in: {}", ended.said);
    });
}

#[test]
fn a_file_that_cannot_even_begin_is_not_left_behind() {
    in_namespace("faults::disk::a_file_that_cannot_even_begin_is_not_left_behind", || {
        for name in ["b.pcap", "b.pcapng", "b.pcap.gz"] {
            let dir = Dir::new();
            let mut command = Command::new("sh");
            command
                .args(["-c", "ulimit -f 0; exec \"$@\"", "sh"])
                .arg(env!("CARGO_BIN_EXE_synack"))
                .args(["-n", "-i", "lo", "-w"])
                .arg(dir.path(name));
            let ended = Running::start(command).end();
            assert_eq!(ended.code(), Some(74), "{name}: {}", ended.said);
            assert!(ended.said.contains("File too large"), "{}", ended.said);
            assert!(dir.names().is_empty(), "{:?}", dir.names());
        }
    });
}

#[test]
fn a_device_that_is_full_is_noticed() {
    let dir = Dir::new();
    let input = dir.path("in.pcap");
    small_capture(&input);
    for target in ["/dev/full", "-"] {
        let mut command = program();
        command.arg("-r").arg(&input).args(["-w", target]);
        command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full"));
        let ended = Running::start(command).end();
        assert_eq!(ended.code(), Some(74), "-w {target}: {}", ended.said);
        assert!(ended.said.contains("No space left on device"), "{}", ended.said);
        assert!(!ended.said.contains("panicked"), "{}", ended.said);
    }
}

#[test]
fn printing_to_a_full_device_says_so_once() {
    let dir = Dir::new();
    let input = dir.path("in.pcap");
    small_capture(&input);
    let mut command = program();
    command.arg("-nr").arg(&input);
    command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full"));
    let ended = Running::start(command).end();
    assert_eq!(ended.code(), Some(74), "{}", ended.said);
    assert_eq!(ended.said.matches("No space left").count(), 1, "{}", ended.said);
}

#[test]
fn a_ring_of_files_goes_on_when_the_disk_is_full() {
    in_namespace("faults::disk::a_ring_of_files_goes_on_when_the_disk_is_full", || {
        let Some(disk) = Tmpfs::new(400 * 1024) else { return };
        let file = disk.0.path("ring.pcap");
        let sink = Sink::new();
        let running =
            Running::capture("lo", &["-C", "100k", "--ring", "100", "-w", file.to_str().expect("UTF-8")]);
        for burst in 0..20 {
            sink.send(burst * 500..(burst + 1) * 500, 100);
        }
        sink.send(10_000..10_001, 0);
        let ended = running.stop();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        let mut kept: Vec<u32> = disk.0.names().iter().flat_map(|name| numbers(&disk.0.path(name))).collect();
        kept.sort_unstable();
        assert_eq!(kept.last(), Some(&10_000), "the newest packet is kept");
        assert!(kept.windows(2).all(|w| w[0] + 1 == w[1]), "only the oldest are gone");
    });
}

/// A file system on a file, which can be frozen; gone with the value. Needs root, a loop device
/// and the programs for it.
struct Freezer {
    dir: Dir,
    frozen: bool,
}

impl Freezer {
    fn new() -> Option<Self> {
        let dir = Dir::new();
        let image = dir.path("image");
        fs::File::create(&image).expect("a file").set_len(64 << 20).expect("its length");
        fs::create_dir(dir.path("mounted")).expect("a directory");
        let run = |program: &str, args: &[&std::ffi::OsStr]| {
            let output = Command::new(program).args(args).output();
            output.is_ok_and(|output| output.status.success())
        };
        let (at, option) = (dir.path("mounted"), ["-o", "loop"].map(std::ffi::OsStr::new));
        if !needs::root("to freeze a file system")
            || !needs::program("fsfreeze")
            || !needs::program("mkfs.ext4")
        {
            return None;
        }
        assert!(run("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), image.as_ref()]));
        let mounted = run("mount", &[option[0], option[1], image.as_ref(), at.as_ref()]);
        if !needs::allowed("a loop device", mounted) {
            return None;
        }
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&at, fs::Permissions::from_mode(0o1777)).expect("mode");
        Some(Self { dir, frozen: false })
    }

    fn freeze(&mut self, frozen: bool) {
        let flag = if frozen { "-f" } else { "-u" };
        let status = Command::new("fsfreeze").arg(flag).arg(self.dir.path("mounted")).status();
        assert!(status.expect("fsfreeze runs").success());
        self.frozen = frozen;
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        if self.frozen {
            self.freeze(false);
        }
        let _done = Command::new("umount").arg(self.dir.path("mounted")).status();
    }
}

#[test]
fn a_frozen_file_system_loses_nothing_uncounted_even_when_stopped_meanwhile() {
    let name = "faults::disk::a_frozen_file_system_loses_nothing_uncounted_even_when_stopped_meanwhile";
    in_namespace(name, || {
        let Some(mut disk) = Freezer::new() else { return };
        let file = disk.dir.path("mounted/f.pcap");
        let sink = Sink::new();
        let running = Running::capture("lo", &["-w", file.to_str().expect("UTF-8")]);
        sink.send(0..1000, 100);
        super::until("some are on disk", || numbers_so_far(&file) > 0);
        disk.freeze(true);
        sink.send(1000..11_000, 400);
        running.signal(nix::sys::signal::Signal::SIGTERM);
        // Longer than a process that is merely blocked would be left alive.
        let start = std::time::Instant::now();
        while start.elapsed() < std::time::Duration::from_millis(1500) {
            assert!(fs::metadata(format!("/proc/{}", running.pid())).is_ok(), "it waits for the thaw");
            std::thread::yield_now();
        }
        disk.freeze(false);
        let ended = running.end();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        let kept = numbers(&file).len() as u64;
        assert_eq!(kept, ended.number("captured"), "{}", ended.said);
        assert_eq!(kept + ended.number("dropped by kernel"), 11_000, "{}", ended.said);
    });
}

/// A disk that takes three seconds to answer.
const SLOW: &str = r#"
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int fdatasync(int file) {
    struct timespec time = {3, 0};
    nanosleep(&time, 0);
    return syscall(SYS_fdatasync, file);
}
"#;

#[test]
fn a_disk_that_keeps_the_end_waiting_is_told_of() {
    in_namespace("faults::disk::a_disk_that_keeps_the_end_waiting_is_told_of", || {
        let (tools, dir, sink) = (Dir::new(), Dir::new(), Sink::new());
        let Some(shim) = super::shim(&tools, SLOW) else { return };
        let file = dir.path("slow.pcap");
        for impatient in [false, true] {
            let mut command = super::program_on("lo", &["-w", file.to_str().expect("UTF-8")]);
            command.env("LD_PRELOAD", &shim);
            let mut running = Running::listening(command);
            sink.send(0..100, 100);
            running.signal(nix::sys::signal::Signal::SIGTERM);
            running.wait_for("waiting for the disk to keep it (another signal ends the wait)");
            if impatient {
                running.signal(nix::sys::signal::Signal::SIGTERM);
            }
            let ended = running.end();
            assert_eq!(ended.code(), Some(if impatient { 74 } else { 0 }), "{}", ended.said);
            assert_eq!(numbers(&file).len(), 100, "{}", ended.said);
        }
    });
}

fn numbers_so_far(file: &std::path::Path) -> usize {
    super::numbers_until_damage(file).0.len()
}

/// A file system on a file in memory that has less room than it promises; gone with the value.
struct Promising {
    memory: Tmpfs,
    at: std::path::PathBuf,
}

impl Promising {
    fn new() -> Option<Self> {
        let memory = Tmpfs::new(6 << 20)?;
        let (image, at) = (memory.0.path("image"), memory.0.path("mounted"));
        fs::File::create(&image).expect("a file").set_len(32 << 20).expect("its length");
        fs::create_dir(&at).expect("a directory");
        let run = |program: &str, args: &[&std::ffi::OsStr]| {
            Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
        };
        if !needs::program("mkfs.ext4") {
            return None;
        }
        assert!(run("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), image.as_ref()]));
        let mounted = run("mount", &["-o".as_ref(), "loop".as_ref(), image.as_ref(), at.as_ref()]);
        if !needs::allowed("a loop device", mounted) {
            return None;
        }
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&at, fs::Permissions::from_mode(0o1777)).expect("mode");
        Some(Self { memory, at })
    }

    /// From here on nothing that was not written before can be.
    fn fill(&self) {
        let mut fill = fs::File::create(self.memory.0.path("fill")).expect("a file");
        while std::io::Write::write(&mut fill, &[0; 4096]).is_ok() {}
    }
}

impl Drop for Promising {
    fn drop(&mut self) {
        let _done = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

#[test]
fn a_disk_that_fails_after_the_write_is_noticed() {
    in_namespace("faults::disk::a_disk_that_fails_after_the_write_is_noticed", || {
        for stopped in [false, true] {
            let Some(disk) = Promising::new() else { return };
            let file = disk.at.join("late.pcap");
            let sink = Sink::new();
            let running = Running::capture("lo", &["-w", file.to_str().expect("UTF-8")]);
            disk.fill();
            sink.send(0..20_000, 300);
            // At the end at the latest; without one within a second or two.
            let ended = if stopped { running.stop() } else { running.end() };
            assert_eq!(ended.code(), Some(74), "{}", ended.said);
            assert!(ended.said.contains("late.pcap: "), "{}", ended.said);
            assert!(ended.said.contains("the disk did not keep what was written"), "{}", ended.said);
            assert!(ended.said.contains("on the disk for certain + "), "{}", ended.said);
            let captured = ended.number("captured");
            assert!(!ended.said.contains(&format!("= {captured} written")), "{}", ended.said);
        }
    });
}

/// What somebody else does to a file that is being written.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Remove,
    Cut(u64),
    Add(&'static [u8]),
}

#[test]
fn a_file_that_is_removed_or_cut_while_it_is_written_is_noticed() {
    use Harm::{Add, Cut, Remove};
    in_namespace("faults::disk::a_file_that_is_removed_or_cut_while_it_is_written_is_noticed", || {
        let sink = Sink::new();
        for name in ["h.pcap", "h.pcapng", "h.pcap.gz", "h.pcap.zst", "h.pcap.lz4"] {
            for harm in [Remove, Cut(0), Cut(10), Cut(1234), Cut(3000), Add(b"else")] {
                let dir = Dir::new();
                let file = dir.path(name);
                let running = Running::capture("lo", &["-U", "-w", file.to_str().expect("UTF-8")]);
                // It is written to meanwhile, in small pieces.
                sink.send(0..200, 100);
                super::until("some are on disk", || fs::metadata(&file).expect("there").len() > 4000);
                let open = || fs::OpenOptions::new().append(true).open(&file).expect("there");
                let what = match harm {
                    Remove => {
                        fs::remove_file(&file).expect("removed");
                        "it was removed"
                    }
                    Cut(length) => {
                        open().set_len(length).expect("cut");
                        "it was cut"
                    }
                    Add(bytes) => {
                        std::io::Write::write_all(&mut open(), bytes).expect("written");
                        "somebody else wrote to it"
                    }
                };
                // By itself, also when nothing more comes.
                let ended = running.end();
                assert_eq!(ended.code(), Some(74), "{name} {harm:?}: {}", ended.said);
                let said = format!("{name}: {what} while it was written");
                assert!(ended.said.contains(&said), "{}", ended.said);
                let kept = match harm {
                    Cut(1234 | 3000) => numbers(&file).len(),
                    Add(_) => super::numbers_until_damage(&file).0.len(),
                    _ => 0,
                };
                assert!(ended.said.contains(&format!("= {kept} in the file + ")), "{name}: {}", ended.said);
                assert!(ended.said.contains(&format!("= {kept} written")), "{}", ended.said);
            }
        }
    });
}
