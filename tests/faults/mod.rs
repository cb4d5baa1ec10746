//! The program under every fault of the table in SECURITY.md: signals, full disks, planted
//! links, closed pipes, vanishing interfaces. Each test injects its fault and looks at what is left.
mod disk;
mod files;
mod following;
mod interfaces;
mod names;
mod output;
mod privilege;
mod rotation;
mod stop;
mod surroundings;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use synack::{Source, savefile};

use crate::needs;

/// Longer than anything here may take, also the commands of `-z`, which run at the lowest priority, on a busy
/// machine; a test that waits so long has found a hang.
const PATIENCE: Duration = Duration::from_secs(180);

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synack"));
    command.stdin(Stdio::null()).env("TZ", "UTC").env_remove("SUDO_UID").env_remove("SUDO_GID");
    command
}

fn is_root() -> bool {
    Uid::effective().is_root()
}

/// A directory for one test, that anybody may enter, removed with what is in it.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("synack-faults-{}-{next}", std::process::id()));
        fs::create_dir(&path).expect("a directory");
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o1777)).expect("its mode");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names in it, sorted.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the directory");
        let name = |e: std::io::Result<fs::DirEntry>| e.expect("entry").file_name().into_string();
        let mut names: Vec<String> = entries.map(|e| name(e).expect("UTF-8")).collect();
        names.sort();
        names
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// A running program, its standard error gathered as it comes.
struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    said: Vec<String>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let errors = child.stderr.take().expect("piped");
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
                if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, said: Vec::new() }
    }

    /// A live capture on `interface` that listens by now.
    fn capture(interface: &str, args: &[&str]) -> Self {
        Self::listening(program_on(interface, args))
    }

    fn listening(command: Command) -> Self {
        let mut running = Self::start(command);
        running.wait_for("listening on");
        running
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it runs");
    }

    /// Waits for a line on standard error that contains `text`, and gives it.
    fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(_) => panic!("never said {text:?}, but:\n{}", self.said.join("\n")),
            }
        }
    }

    /// Waits for the end; gives status, standard error and how long it took.
    fn end(mut self) -> Ended {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("wait") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                self.child.kill().expect("it runs");
                panic!("did not end; said:\n{}", self.said.join("\n"));
            }
            thread::sleep(Duration::from_millis(1));
        };
        let took = start.elapsed();
        // The reader ends with the pipe: all that was said arrives. A helper may hold it longer.
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(1)) {
            self.said.push(line);
        }
        Ended { status, took, said: self.said.join("\n") }
    }

    /// Asks it to stop and waits for the end.
    fn stop(self) -> Ended {
        self.signal(Signal::SIGTERM);
        self.end()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[derive(Debug)]
struct Ended {
    status: ExitStatus,
    took: Duration,
    said: String,
}

impl Ended {
    fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The number in the closing line that ends with `what`, as `12 packets captured`.
    fn number(&self, what: &str) -> u64 {
        for line in self.said.lines() {
            let Some((number, rest)) = line.trim_start().split_once(' ') else { continue };
            if rest.strip_prefix("packets ").or(rest.strip_prefix("packet ")) == Some(what) {
                return number.parse().expect("a number");
            }
        }
        panic!("no line {what:?} in:\n{}", self.said)
    }
}

fn program_on(interface: &str, args: &[&str]) -> Command {
    let mut command = program();
    command.args(["-n", "-i", interface]).args(args);
    command
}

/// Where numbered datagrams go: a socket that is held open, so that nothing answers.
struct Sink {
    _socket: UdpSocket,
    address: SocketAddr,
}

impl Sink {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = socket.local_addr().expect("an address");
        Self { _socket: socket, address }
    }

    /// Sends datagrams numbered `range`, with `fill` bytes before the number.
    fn send(&self, range: std::ops::Range<u32>, fill: usize) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        for number in range {
            let mut payload = vec![b'.'; fill];
            payload.extend(number.to_be_bytes());
            socket.send_to(&payload, self.address).expect("sent");
        }
    }
}

/// The numbers of the datagrams in a capture file, which must be whole.
fn numbers(path: &Path) -> Vec<u32> {
    let (numbers, error) = numbers_until_damage(path);
    assert_eq!(error, None, "{}", path.display());
    numbers
}

/// The numbers, and what was wrong after the last.
fn numbers_until_damage(path: &Path) -> (Vec<u32>, Option<String>) {
    let mut numbers = Vec::new();
    let mut file = match savefile::open(path) {
        Ok(file) => file,
        Err(e) => return (numbers, Some(e.to_string())),
    };
    loop {
        match file.next_packet() {
            Ok(Some(packet)) => {
                numbers.push(u32::from_be_bytes(*packet.data.last_chunk().expect("four bytes")));
            }
            Ok(None) => return (numbers, None),
            Err(e) => return (numbers, Some(e.to_string())),
        }
    }
}

/// A library to be loaded before the system's (`LD_PRELOAD`), which replaces what `source` (in C)
/// defines; in `dir`.
fn shim(dir: &Dir, source: &str) -> Option<PathBuf> {
    // A program that is linked statically (musl) loads none.
    if cfg!(target_feature = "crt-static") || !needs::program("cc") {
        return None;
    }
    let (text, shim) = (dir.path("shim.c"), dir.path("shim.so"));
    fs::write(&text, source).expect("written");
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(&text).status();
    assert!(made.expect("cc runs").success());
    Some(shim)
}

/// Waits until `done`.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// All of a child's standard output, read on a thread of its own.
fn gather(mut output: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes).expect("read");
        bytes
    })
}

/// A small file system, gone with the value. Only root can mount one.
struct Tmpfs(Dir);

impl Tmpfs {
    fn new(bytes: u64) -> Option<Self> {
        if !needs::root("to mount a file system") {
            return None;
        }
        let dir = Dir::new();
        let options = format!("size={bytes},mode=1777");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(&dir.0)
            .status()
            .expect("mount runs");
        assert!(status.success());
        Some(Self(dir))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _done = Command::new("umount").arg("-l").arg(&self.0.0).status();
    }
}

/// A file with one numbered datagram in it, for tests that need an input.
fn small_capture(path: &Path) {
    let mut bytes = Vec::new();
    bytes.extend(0xa1b2_c3d4_u32.to_le_bytes());
    bytes.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    etherparse::PacketBuilder::ipv4([10, 8, 0, 1], [10, 8, 0, 2], 64)
        .udp(4000, 5000)
        .write(&mut frame, &7_u32.to_be_bytes())
        .expect("built in memory");
    let len = u32::try_from(frame.len()).expect("short").to_le_bytes();
    bytes.extend([1, 0, 0, 0, 2, 0, 0, 0]);
    bytes.extend(len);
    bytes.extend(len);
    bytes.extend(frame);
    fs::write(path, bytes).expect("written");
}

/// Opens a pipe at `path` for reading without waiting for a writer.
fn open_fifo(path: &Path) -> File {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new()
        .read(true)
        .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
        .open(path)
        .expect("a pipe")
}
