//! A capture file that grows, is cut, renamed and replaced while it is read (`--follow`).
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use nix::sys::signal::Signal;

use super::{Dir, PATIENCE, Running, program, until};
use crate::cli::{seed, text};
use crate::needs;

/// A run that follows a file, and the lines it prints.
struct Follower {
    running: Running,
    lines: mpsc::Receiver<String>,
}

impl Follower {
    fn start(path: &Path, args: &[&str]) -> Self {
        let mut command = program();
        command.arg("-nr").arg(path).arg("--follow").args(args);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        let mut running = Running::start(command);
        let output = running.child.stdout.take().expect("piped");
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { running, lines }
    }

    /// The next lines that it prints, waited for.
    fn take(&self, count: usize) -> Vec<String> {
        (0..count).map(|n| self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("line {n}"))).collect()
    }

    /// Stops it: what it printed beside what was taken, and what it said.
    fn stop(self) -> (Vec<String>, String) {
        self.running.signal(Signal::SIGINT);
        self.ended()
    }

    fn ended(self) -> (Vec<String>, String) {
        let ended = self.running.end();
        assert_eq!(ended.code(), Some(0), "{}", ended.said);
        (self.lines.iter().filter(|line| !line.is_empty()).collect(), ended.said)
    }
}

/// The lines of a file that does not grow.
fn printed(path: &Path) -> Vec<String> {
    let output = program().arg("-nr").arg(path).output().expect("it runs");
    text(&output.stdout).lines().map(str::to_owned).collect()
}

/// A capture in bytes, and the ends of its header and of each of its records.
fn capture(dir: &Dir, ending: &str) -> (Vec<u8>, Vec<usize>) {
    let path = dir.path(&format!("whole.{ending}"));
    let copied =
        program().arg("-r").arg(seed("lottery.pcap")).arg("-w").arg(&path).output().expect("it runs");
    assert!(copied.status.success());
    let bytes = fs::read(&path).expect("read");
    let word = |at: usize| u32::from_le_bytes(*bytes[at..].first_chunk().expect("inside")) as usize;
    let mut ends = Vec::new();
    let mut at = if ending == "pcap" { 24 } else { word(4) };
    if ending == "pcapng" {
        // The description of the interface belongs to what comes before the first packet.
        at += word(at + 4);
    }
    ends.push(at);
    while at < bytes.len() {
        at += if ending == "pcap" { 16 + word(at + 8) } else { word(at + 4) };
        ends.push(at);
    }
    assert_eq!(ends.len(), 8, "seven packets");
    (bytes, ends)
}

/// Opens a file that is not there.
fn made(path: &Path) -> File {
    OpenOptions::new().create_new(true).write(true).open(path).expect("a new file")
}

#[test]
fn records_are_printed_as_they_are_appended_and_not_before_they_are_whole() {
    let dir = Dir::new();
    for ending in ["pcap", "pcapng"] {
        let (bytes, ends) = capture(&dir, ending);
        let whole = printed(&dir.path(&format!("whole.{ending}")));
        let path = dir.path(&format!("grows.{ending}"));
        let mut file = made(&path);
        let follower = Follower::start(&path, &[]);
        // The header too comes in pieces.
        let mut written = 0;
        for (n, end) in ends.iter().enumerate() {
            for part in [written + 3, *end - 1, *end] {
                file.write_all(&bytes[written..part]).expect("written");
                written = part;
                if part < *end {
                    assert_eq!(follower.lines.try_recv().ok(), None, "{ending} {n}");
                }
            }
            if n > 0 {
                assert_eq!(follower.take(1), whole[n - 1..n], "{ending} {n}");
            }
        }
        let (more, said) = follower.stop();
        assert_eq!(more, [""; 0]);
        assert!(said.contains("7 packets captured\n"), "{said}");
        assert!(said.contains("7 packets seen = 7 printed + 0 filtered"), "{said}");
        assert_eq!(said.matches("reading from file").count(), 1, "{said}");
    }
}

#[test]
fn compressed_files_grow_by_members() {
    let dir = Dir::new();
    let (bytes, ends) = capture(&dir, "pcap");
    let whole = printed(&dir.path("whole.pcap"));
    for ending in ["gz", "zst", "lz4"] {
        let path = dir.path(&format!("grows.pcap.{ending}"));
        let mut file = made(&path);
        let follower = Follower::start(&path, &[]);
        let mut lines = Vec::new();
        let mut written = 0;
        for (piece, count) in [(40, 0), (ends[3] + 5, 3), (bytes.len(), 4)] {
            file.write_all(&compressed(ending, &bytes[written..piece])).expect("written");
            lines.extend(follower.take(count));
            written = piece;
        }
        assert_eq!(lines, whole, "{ending}");
        let _stopped = follower.stop();
    }
}

/// A member of a compressed file.
fn compressed(ending: &str, bytes: &[u8]) -> Vec<u8> {
    match ending {
        "gz" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect("in memory");
            encoder.finish().expect("in memory")
        }
        "zst" => zstd::encode_all(bytes, 1).expect("in memory"),
        _ => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(bytes).expect("in memory");
            encoder.finish().expect("in memory")
        }
    }
}

#[test]
fn a_file_that_is_rotated_away_is_read_to_its_end_and_then_the_new_one() {
    let dir = Dir::new();
    let (bytes, ends) = capture(&dir, "pcap");
    let whole = printed(&dir.path("whole.pcap"));
    let path = dir.path("x.pcap");
    let mut old = made(&path);
    old.write_all(&bytes[..ends[3]]).expect("written");
    let mut follower = Follower::start(&path, &[]);
    assert_eq!(follower.take(3), whole[..3]);
    // Renamed, the old one still grows; what it ends with is no whole record.
    fs::rename(&path, dir.path("x.pcap.1")).expect("renamed");
    old.write_all(&bytes[ends[3]..ends[5]]).expect("written");
    assert_eq!(follower.take(2), whole[3..5]);
    follower.running.wait_for("no file has this name any more; waiting for a new one");
    old.write_all(&bytes[ends[5]..ends[5] + 20]).expect("written");
    let mut new = made(&path);
    follower.running.wait_for("another file has this name now; reading that one");
    new.write_all(&bytes).expect("written");
    assert_eq!(follower.take(7), whole);
    // A third is put over it at once.
    let third = dir.path("third");
    fs::write(&third, &bytes[..ends[2]]).expect("written");
    fs::rename(&third, &path).expect("renamed");
    assert_eq!(follower.take(2), whole[..2]);
    let (more, said) = follower.stop();
    assert_eq!(more, [""; 0]);
    assert!(said.contains("14 packets captured\n"), "{said}");
    assert_eq!(said.matches("another file has this name now").count(), 2, "{said}");
    assert_eq!(said.lines().count(), 1 + 3 + 4, "{said}");
}

#[test]
fn a_file_that_is_cut_and_written_anew_is_read_from_its_beginning() {
    let dir = Dir::new();
    let (bytes, ends) = capture(&dir, "pcap");
    let whole = printed(&dir.path("whole.pcap"));
    let path = dir.path("x.pcap");
    fs::write(&path, &bytes[..ends[4]]).expect("written");
    let mut follower = Follower::start(&path, &[]);
    assert_eq!(follower.take(4), whole[..4]);
    // Shorter than what was read.
    let mut file = File::create(&path).expect("emptied");
    follower.running.wait_for("was cut or written anew; reading it from its beginning");
    file.write_all(&bytes[..ends[2]]).expect("written");
    assert_eq!(follower.take(2), whole[..2]);
    // Longer, by the time anybody looks: told by what stands where the end was.
    let mut other = bytes[..24].to_vec();
    other.extend(&bytes[ends[2]..]);
    follower.running.signal(Signal::SIGSTOP);
    fs::write(&path, &other).expect("written");
    follower.running.signal(Signal::SIGCONT);
    assert_eq!(follower.take(5), whole[2..]);
    let (more, said) = follower.stop();
    assert_eq!(more, [""; 0]);
    assert_eq!(said.matches("was cut or written anew").count(), 2, "{said}");
}

#[test]
fn a_followed_file_ends_as_a_capture_does() {
    let dir = Dir::new();
    let (bytes, ends) = capture(&dir, "pcap");
    let path = dir.path("x.pcap");
    fs::write(&path, &bytes[..ends[3]]).expect("written");
    let mut file = OpenOptions::new().append(true).open(&path).expect("opened");
    let counted = Follower::start(&path, &["-c", "4"]);
    assert_eq!(counted.take(3).len(), 3);
    file.write_all(&bytes[ends[3]..ends[5]]).expect("written");
    let (lines, said) = counted.ended();
    assert_eq!((lines.len(), said.contains("4 packets captured")), (1, true), "{said}");
    let (lines, said) = Follower::start(&path, &["--max-bytes", "100"]).ended();
    assert_eq!((lines.len(), said.contains("2 packets captured")), (2, true), "{said}");
    let (lines, said) = Follower::start(&path, &["--for", "3s"]).ended();
    assert_eq!((lines.len(), said.contains("5 packets captured")), (5, true), "{said}");
    // With nothing in it yet.
    let empty = dir.path("empty.pcap");
    fs::write(&empty, &bytes[..10]).expect("written");
    let (lines, _) = Follower::start(&empty, &["--for", "200ms"]).ended();
    assert_eq!(lines, [""; 0]);
}

#[test]
fn what_is_followed_is_filtered_and_written_too() {
    let dir = Dir::new();
    let (bytes, ends) = capture(&dir, "pcap");
    for (ending, filter) in [("pcap", ""), ("pcapng", ""), ("pcap", "src port 12345")] {
        let (path, copy) = (dir.path("x.pcap"), dir.path(&format!("copy.{ending}")));
        fs::write(&path, &bytes[..ends[3]]).expect("written");
        let args = ["--print", "-w", copy.to_str().expect("UTF-8"), filter];
        let follower = Follower::start(&path, &args[..if filter.is_empty() { 3 } else { 4 }]);
        let mut lines = follower.take(1);
        let next = dir.path("next");
        fs::write(&next, &bytes).expect("written");
        fs::rename(&next, &path).expect("renamed");
        // Of each file the server sent the second packet, and of the second file three more.
        lines.extend(follower.take(if filter.is_empty() { 9 } else { 4 }));
        let (more, said) = follower.stop();
        lines.extend(more);
        assert_eq!(printed(&copy), lines, "{ending} {filter}: {said}");
        fs::remove_file(&copy).expect("removed");
    }
}

#[test]
fn a_pipe_is_not_followed() {
    let dir = Dir::new();
    let path = dir.path("pipe");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let _writer = OpenOptions::new().read(true).write(true).open(&path).expect("both ends");
    let output = program().arg("-r").arg(&path).arg("--follow").output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("pipe: --follow needs a file\nhint: what comes by a pipe is read"), "{said}");
}

#[test]
fn a_file_that_only_root_may_read_is_followed_after_root_is_given_up() {
    if !needs::root("to give it up") {
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new();
    fs::set_permissions(&dir.0, fs::Permissions::from_mode(0o700)).expect("mode");
    let (bytes, _) = capture(&dir, "pcap");
    let whole = printed(&dir.path("whole.pcap"));
    let path = dir.path("x.pcap");
    fs::write(&path, &bytes).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");
    let follower = Follower::start(&path, &[]);
    assert_eq!(follower.take(7), whole);
    let next = dir.path("next");
    fs::write(&next, &bytes).expect("written");
    fs::set_permissions(&next, fs::Permissions::from_mode(0o600)).expect("mode");
    fs::rename(&next, &path).expect("renamed");
    assert_eq!(follower.take(7), whole);
    // The helper has worked, so it is shut in by now.
    for process in processes(&follower.running) {
        let field = |name: &str| {
            let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
            status.lines().find_map(|line| line.strip_prefix(name)).expect("a field").trim().to_owned()
        };
        assert!(!field("Uid:").split_whitespace().any(|uid| uid == "0"), "{}", field("Uid:"));
        assert_eq!(field("Seccomp:"), "2");
        assert!(matches!(field("CapPrm:").trim_start_matches('0'), "" | "4"), "{}", field("CapPrm:"));
        // It may read; nothing is in force of that while it waits.
        until("it waits", || field("CapEff:").trim_start_matches('0').is_empty());
    }
    let (_, said) = follower.stop();
    assert!(said.contains("14 packets captured"), "{said}");
}

/// The process and its helper.
fn processes(running: &Running) -> Vec<String> {
    let own = running.pid().to_string();
    let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).expect("it runs");
    let all: Vec<String> = children.split_whitespace().map(str::to_owned).chain([own]).collect();
    assert_eq!(all.len(), 2, "{all:?}");
    all
}
