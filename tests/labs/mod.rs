//! The lab programs of `examples/`, run in pairs as students run them, and captured.
//!
//! [`run_pair`] gives what both sides said, [`record`] the frames that passed meanwhile, and
//! [`segments`] what they hold, numbered from each side's SYN.
mod explained;
mod faults;
mod transcript;
mod wire;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, SystemTime};

use synack::capture::Capture;
use synack::wire::{Layers, LinkType, TcpFlags};
use synack::{Source, Timestamp};

/// The programs that are server and client in one, and what their server needs before an address.
pub(crate) const PAIRS: [(&str, &[&str]); 9] = [
    ("daytime", &[]),
    ("echo", &[]),
    ("adder", &[]),
    ("lottery", &[]),
    ("uppercase", &["once"]),
    ("uppercase", &["loop"]),
    ("uppercase", &["five"]),
    ("uppercase", &["thousand"]),
    ("uppercase", &["slow"]),
];

/// Stands for the server's address among a client's words.
pub(crate) const ADDRESS: &str = "ADDRESS";

/// Any port of loopback.
pub(crate) const ANYWHERE: &str = "127.0.0.1:0";

/// A program that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the examples are: beside this program, built by `cargo test` before it, or else now.
pub(crate) fn program(name: &str) -> PathBuf {
    static EXAMPLES: OnceLock<PathBuf> = OnceLock::new();
    let examples = EXAMPLES.get_or_init(|| {
        let this = std::env::current_exe().expect("this program's path");
        let profile = this.ancestors().nth(2).expect("in target/PROFILE/deps");
        let examples = profile.join("examples");
        let programs = ["daytime", "echo", "adder", "lottery", "uppercase", "file_transfer", "packet_dump"];
        if programs.iter().any(|program| is_stale(&examples, program)) {
            let profile = match profile.file_name().and_then(|name| name.to_str()) {
                Some("debug") | None => "dev",
                Some(name) => name,
            };
            let status = Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--locked", "--examples", "--profile", profile])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status();
            assert!(status.expect("cargo runs").success(), "the examples do not compile");
        }
        examples
    });
    examples.join(name)
}

/// Whether a program is not there or older than what it is made of.
fn is_stale(examples: &Path, program: &str) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let sources =
        [format!("{program}.rs"), "lab/mod.rs".into(), "lab/lines.rs".into()].map(|s| sources.join(s));
    let built = changed(&examples.join(program)).unwrap_or(SystemTime::UNIX_EPOCH);
    sources.iter().any(|source| changed(source).is_some_and(|changed| changed > built))
}

/// What a program said, and its exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    /// What it should have said on standard output, and nothing else.
    #[track_caller]
    pub(crate) fn assert_well(&self, out: &str) {
        assert_eq!(*self, Self { out: out.into(), err: String::new(), code: Some(0) });
    }

    /// The one line it should have said of its failure.
    #[track_caller]
    pub(crate) fn assert_failed(&self, out: &str, err: &str) {
        assert_eq!(*self, Self { out: out.into(), err: format!("{err}\n"), code: Some(1) });
    }
}

/// A lab program that runs; it is killed when nobody wants it any more.
pub(crate) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

/// The lines of a pipe, as they come.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = mpsc::channel();
    let pipe = BufReader::new(pipe);
    thread::spawn(move || pipe.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    lines
}

/// The lines to come, until the pipe is closed.
#[track_caller]
fn rest(lines: &Receiver<String>) -> String {
    let mut text = String::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                text.push_str(&line);
                text.push('\n');
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return text,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the program hangs after {text:?}"),
        }
    }
}

impl Running {
    /// Starts example `name` with `words`.
    pub(crate) fn start(name: &str, words: &[&str]) -> Self {
        let mut child = Command::new(program(name))
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example runs");
        let out = lines(child.stdout.take().expect("a pipe"));
        let errors = lines(child.stderr.take().expect("a pipe"));
        Self { input: child.stdin.take(), child, lines: out, errors }
    }

    /// Starts a server, and gives the address that it says.
    pub(crate) fn serve(name: &str, words: &[&str]) -> (Self, String) {
        let server = Self::start(name, words);
        let first = server.line();
        let address = first.strip_prefix("listening on ").expect("the first line is the address").to_owned();
        (server, address)
    }

    /// Types a line.
    pub(crate) fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("the input is open");
        writeln!(input, "{line}").expect("the program reads");
    }

    /// The next line it says.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the program says something")
    }

    /// The next line of its messages.
    #[track_caller]
    pub(crate) fn error_line(&self) -> String {
        self.errors.recv_timeout(PATIENCE).expect("the program says something")
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the program can be killed");
        self.child.wait().expect("the program was there");
    }

    /// Ends its input, waits for its end, and gives what it has not said before.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Said {
        drop(self.input.take());
        let (out, err) = (rest(&self.lines), rest(&self.errors));
        Said { out, err, code: self.child.wait().expect("the program was there").code() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Runs a program to its end.
#[track_caller]
pub(crate) fn run(name: &str, words: &[&str]) -> Said {
    Running::start(name, words).finish()
}

/// Starts a client of the server at `address`.
pub(crate) fn client(name: &str, words: &[&str], address: &str) -> Running {
    let words: Vec<&str> = words.iter().map(|word| if *word == ADDRESS { address } else { word }).collect();
    Running::start(name, &words)
}

/// What both sides of a pair said. The server's first line, its address, is apart.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) address: String,
    pub(crate) server: Said,
    pub(crate) client: Said,
}

impl Pair {
    /// The server's port.
    pub(crate) fn port(&self) -> u16 {
        self.address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("an address with a port")
    }
}

/// Runs example `name` as a server with the words `server`, which make it serve one client, and as
/// a client with the words `client`, which types `input`.
#[track_caller]
pub(crate) fn run_pair(name: &str, server: &[&str], words: &[&str], input: &str) -> Pair {
    let (server, address) = Running::serve(name, server);
    let mut client = client(name, words, &address);
    let typed = client.input.take().expect("a pipe").write_all(input.as_bytes());
    let client = client.finish();
    typed.unwrap_or_else(|error| panic!("{error}: {client:?}"));
    Pair { address, server: server.finish(), client }
}

/// A frame that passed on loopback.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) time: Timestamp,
    pub(crate) data: Vec<u8>,
}

/// Does `work` and gives what passed on loopback meanwhile. Only in a namespace of one's own.
pub(crate) fn record<T>(work: impl FnOnce() -> T) -> (T, Vec<Frame>) {
    let mut capture = Capture::builder("lo").open().expect("capture");
    assert_eq!(capture.link_type(), LinkType::ETHERNET);
    let done = work();
    capture.stop();
    let mut frames = Vec::new();
    while let Some(packet) = capture.next_packet().expect("capture") {
        frames.push(Frame { time: packet.time, data: packet.data.to_vec() });
    }
    (done, frames)
}

/// A segment of the one connection to a server; numbers are relative to each side's SYN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) time: Timestamp,
    pub(crate) from_server: bool,
    pub(crate) flags: TcpFlags,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) window: u16,
    pub(crate) payload: Vec<u8>,
}

/// The segments from and to `port`, in order.
pub(crate) fn segments(frames: &[Frame], port: u16) -> Vec<Segment> {
    // The first number of each side: client, server.
    let mut first = [None; 2];
    let mut found = Vec::new();
    for frame in frames {
        let layers = Layers::decode(LinkType::ETHERNET, &frame.data);
        let Some(tcp) = layers.tcp().filter(|tcp| [tcp.src_port(), tcp.dst_port()].contains(&port)) else {
            continue;
        };
        let from_server = tcp.src_port() == port;
        let side = usize::from(from_server);
        let mine = *first[side].get_or_insert(tcp.seq().0);
        found.push(Segment {
            time: frame.time,
            from_server,
            flags: tcp.flags(),
            seq: tcp.seq().0.wrapping_sub(mine),
            ack: first[1 - side].map_or(0, |other| tcp.ack().0.wrapping_sub(other)),
            window: tcp.window(),
            payload: layers.payload.to_vec(),
        });
    }
    found
}
