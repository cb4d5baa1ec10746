//! What a person at a terminal sees: how far long work has come, and help that fits the screen.
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::{SYNACK, Scratch, seed, synack, text};

/// Lines and columns of the smallest terminal that people use.
const SCREEN: (usize, usize) = (24, 80);

/// A terminal: what programs write to it is gathered.
struct Terminal {
    name: String,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn new() -> Self {
        let controller =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&controller).expect("granted");
        unlockpt(&controller).expect("unlocked");
        let name = ptsname(&controller, Vec::new()).expect("a name").into_string().expect("ASCII");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let gathered = Arc::clone(&shown);
        // Held open, so that the end of one program is not the end of the terminal.
        let held = File::options().read(true).write(true).open(&name).expect("the other end");
        std::thread::spawn(move || {
            let _held = held;
            let mut controller = File::from(controller);
            let mut room = [0; 4096];
            while let Ok(n @ 1..) = controller.read(&mut room) {
                gathered.lock().expect("whole").extend(&room[..n]);
            }
        });
        Self { name, shown }
    }

    /// A program whose messages go to it.
    fn run(&self, words: &[&str], stdout: Stdio) -> Child {
        let end = File::options().write(true).open(&self.name).expect("the other end");
        let mut command = Command::new(SYNACK);
        command.args(words).stdin(Stdio::null()).stdout(stdout).stderr(end);
        command.spawn().expect("the program runs")
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("whole")).into_owned()
    }
}

/// A capture of so many packets of 256 KiB, most of it holes.
fn large(path: &Path, packets: u64) {
    use std::os::unix::fs::FileExt;
    let file = File::create(path).expect("a new file");
    let header = std::fs::read(seed("lab_v1.pcap")).expect("read");
    file.write_all_at(&header[..24], 0).expect("written");
    let record: Vec<u8> = [1, 0, 262_144, 262_144u32].iter().flat_map(|word| word.to_le_bytes()).collect();
    for n in 0..packets {
        file.write_all_at(&record, 24 + n * (262_144 + 16)).expect("written");
    }
    file.set_len(24 + packets * (262_144 + 16)).expect("long");
}

/// Lets a program work for a moment now and then only, so that it has long work; what it showed in the end.
fn slowly(terminal: &Terminal, mut child: Child) -> String {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    while child.try_wait().expect("wait").is_none() && !terminal.shown().contains("to go") {
        let _ended = kill(pid, Signal::SIGSTOP);
        std::thread::sleep(Duration::from_millis(40));
        let _ended = kill(pid, Signal::SIGCONT);
        std::thread::sleep(Duration::from_millis(1));
    }
    let ended = child.wait().expect("it ends");
    let shown = terminal.shown();
    assert!(ended.success(), "{shown}");
    shown
}

#[test]
fn long_work_that_prints_nothing_shows_how_far_it_has_come() {
    let dir = Scratch::new();
    let input = dir.path("large.pcap");
    large(&input, 2048);
    let input = input.to_str().expect("UTF-8");
    for words in [
        &["-r", input, "-w", "/dev/null"][..],
        &["-r", input, "--count"],
        &["conns", "-r", input],
        &["report", "-r", input, "-o", "/dev/null"],
        &["repair", "--force", input, "/dev/null"],
    ] {
        let terminal = Terminal::new();
        let shown = slowly(&terminal, terminal.run(words, Stdio::null()));
        assert!(shown.contains("% of 512."), "{words:?}: {shown:?}");
        // It is taken away at the end. What was written last may not have been gathered yet.
        let start = Instant::now();
        let is_taken_away = || {
            let shown = terminal.shown();
            shown.rfind("to go").is_some_and(|last| shown[last..].contains("\r\u{1b}[K"))
        };
        while !is_taken_away() {
            assert!(start.elapsed() < Duration::from_secs(60), "{words:?}: {:?}", terminal.shown());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn progress_is_not_shown_in_the_middle_of_what_is_printed() {
    let dir = Scratch::new();
    let input = dir.path("large.pcap");
    large(&input, 200);
    let input = input.to_str().expect("UTF-8");
    for (words, to_terminal) in
        [(&["-nr", input][..], true), (&["-nr", input, "-w", "/dev/null", "--print"], true)]
    {
        let terminal = Terminal::new();
        let end = File::options().write(true).open(&terminal.name).expect("the other end");
        let stdout = if to_terminal { Stdio::from(end) } else { Stdio::null() };
        let shown = slowly(&terminal, terminal.run(words, stdout));
        assert!(!shown.contains("to go"), "{words:?}");
    }
}

#[test]
fn the_short_help_is_a_screen_and_the_long_one_the_whole() {
    let commands =
        ["", "conns", "follow", "explain", "ladder", "plot", "report", "lab", "repair", "man", "demo"];
    for command in commands {
        let words = format!("{command} -h");
        let help = synack(words.trim());
        assert_eq!(help.status.code(), Some(0), "{words}");
        let lines: Vec<&str> = text(&help.stdout).lines().collect();
        assert!(lines.len() <= SCREEN.0, "{words}: {} lines\n{}", lines.len(), lines.join("\n"));
        assert!(lines.iter().all(|line| line.chars().count() <= SCREEN.1), "{words}");
        assert!(lines.iter().any(|line| line.contains("--help")) || lines.len() < 12, "{words}");
    }
    let help = synack("--help");
    let help = text(&help.stdout);
    let script = synack("completions bash");
    let script = text(&script.stdout);
    let offered = script.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 4);
    let missing: Vec<&str> = offered
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-'))
        .filter(|word| !help.contains(word))
        .collect();
    let of_commands = synack("conns --help");
    let all: String = ["conns", "follow", "explain", "ladder", "plot", "report", "lab", "repair"]
        .iter()
        .map(|command| text(&synack(&format!("{command} --help")).stdout).to_owned())
        .collect();
    assert!(of_commands.status.success());
    for word in missing {
        assert!(all.contains(word), "{word} is offered by the shells and is in no help");
    }
}
