//! Live captures in network namespaces the tests make: no real interface is touched.
//!
//! A test runs again in a process of its own inside a fresh namespace, made with privilege or,
//! without, in a fresh user namespace. Where neither is allowed it says so and is skipped.
pub(crate) mod accounting;
mod analysis;
mod endings;
mod exchange;
mod faults;
mod filters;
mod link_types;
mod logged;
mod several;
mod stop;
mod wire;

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use synack::capture::{Capture, InterfaceFlags, RawCapture, Stats};
use synack::wire::{Ipv4, Tcp};
use synack::{Packet, Source, Step};

use crate::needs;

/// Set in the process that is inside the namespace.
const INSIDE: &str = "SYNACK_TEST_NAMESPACE";

/// Runs `body` in a network namespace of its own, with only a loopback in it, which is up.
/// `test` is the path of the calling test.
pub(crate) fn in_namespace(test: &str, body: impl FnOnce()) {
    in_namespaces("n", test, body);
}

/// The same with other namespaces beside: `kinds` are letters of unshare(1).
pub(crate) fn in_namespaces(kinds: &str, test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        ip("link set lo up");
        body();
        return;
    }
    let user = if nix::unistd::Uid::effective().is_root() { "-" } else { "-Ur" };
    let user = format!("{user}{kinds}");
    if !needs::program("unshare") || !needs::program("ip") {
        return;
    }
    let possible = Command::new("unshare")
        .args([&user, "ip", "link", "set", "lo", "up"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !needs::allowed("network namespaces", possible) {
        return;
    }
    let output = Command::new("unshare")
        .arg(&user)
        .arg(std::env::current_exe().expect("this program's path"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .expect("unshare ran a moment ago");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "in the namespace:\n{text}{errors}");
    assert!(text.contains("1 passed"), "{test} names no test:\n{text}{errors}");
    needs::pass_on(&errors);
    // What it reports, for whoever asks with --nocapture.
    print!("{text}");
}

/// Runs `ip` with these words.
pub(crate) fn ip(words: &str) {
    let status = Command::new("ip").args(words.split(' ')).status().expect("ip runs");
    assert!(status.success(), "ip {words}");
}

/// A pair of virtual interfaces, `v0` and `v1`, both here, up and without address.
pub(crate) fn veth() {
    ip("link add v0 type veth peer name v1");
    for name in ["v0", "v1"] {
        ip(&format!("link set {name} addrgenmode none"));
        ip(&format!("link set {name} up"));
    }
    wait_until_running(&["v0", "v1"]);
}

/// Waits until these interfaces carry packets: that comes a little after they were set up, and
/// what is sent before is dropped.
pub(crate) fn wait_until_running(names: &[&str]) {
    let running = |name: &str| {
        let list = synack::capture::interfaces().expect("the interfaces");
        let found = list.iter().find(|interface| interface.name == name);
        found.is_some_and(|found| found.flags.contains(InterfaceFlags::RUNNING))
    };
    while !names.iter().all(|name| running(name)) {
        thread::yield_now();
    }
}

/// A thread in a second namespace: another host, at the other end of a cable.
struct Peer {
    work: mpsc::Sender<Box<dyn FnOnce() + Send>>,
    /// The thread, by which `ip` finds the namespace.
    id: nix::unistd::Pid,
}

impl Peer {
    /// This host has `v0` with 10.9.0.1, the other `v1` with 10.9.0.2.
    fn new() -> Self {
        let (work, jobs) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        let (send_id, id) = mpsc::channel();
        thread::spawn(move || {
            nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).expect("a namespace");
            send_id.send(nix::unistd::gettid()).expect("the test waits for it");
            for job in jobs {
                job();
            }
        });
        let id = id.recv().expect("the thread's id");
        ip("link add v0 type veth peer name v1");
        ip(&format!("link set v1 netns {id}"));
        ip("addr add 10.9.0.1/24 dev v0");
        ip("link set v0 addrgenmode none");
        ip("link set v0 up");
        let peer = Self { work, id };
        peer.run(|| {
            ip("addr add 10.9.0.2/24 dev v1");
            ip("link set v1 addrgenmode none");
            ip("link set v1 up");
            ip("link set lo up");
            wait_until_running(&["v1"]);
        });
        wait_until_running(&["v0"]);
        peer
    }

    /// Starts `job` over there.
    fn start<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> mpsc::Receiver<T> {
        let (give, result) = mpsc::channel();
        let job = Box::new(move || drop(give.send(job())));
        self.work.send(job).expect("the peer lives");
        result
    }

    /// Runs `job` over there and waits for it.
    fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        self.start(job).recv().expect("the peer's job ended well")
    }
}

/// Both engines, and files, as the tests need them.
trait Live: Source {
    fn stats_now(&mut self) -> Stats;
    fn stop_now(&mut self);
}

impl Live for Capture {
    fn stats_now(&mut self) -> Stats {
        self.stats().expect("statistics")
    }
    fn stop_now(&mut self) {
        self.stop();
    }
}

impl Live for RawCapture {
    fn stats_now(&mut self) -> Stats {
        self.stats().expect("statistics")
    }
    fn stop_now(&mut self) {
        self.stop();
    }
}

/// Stops the capture and gives what `look` makes of each packet it still has.
fn drain<T>(capture: &mut dyn Live, mut look: impl FnMut(Packet<'_>) -> T) -> Vec<T> {
    capture.stop_now();
    let mut seen = Vec::new();
    while let Some(packet) = capture.next_packet().expect("capture") {
        seen.push(look(packet));
    }
    seen
}

/// Waits for one packet, at most five seconds.
fn one<T>(capture: &mut dyn Live, look: impl FnOnce(Packet<'_>) -> T) -> T {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        match capture.advance(Some(Duration::from_secs(1))).expect("capture") {
            Step::Packet => return look(capture.packet()),
            Step::Idle => {}
            Step::End => break,
        }
    }
    panic!("no packet in five seconds");
}

/// The sums that must hold at the end of every capture.
fn assert_conserved(stats: &Stats) {
    let sum = stats.delivered + stats.filtered + stats.dropped;
    assert_eq!(stats.received, sum, "{stats:?}");
}

/// Sends datagrams numbered from 0 to `count` to a port that somebody holds open.
fn send_numbered(to: SocketAddr, count: u32) {
    let from = UdpSocket::bind(SocketAddr::new(unspecified(to), 0)).expect("a socket");
    for number in 0..count {
        // The receiver's buffer may be full, which is none of the sender's business.
        let _sent = from.send_to(&number.to_be_bytes(), to);
    }
}

fn unspecified(like: SocketAddr) -> IpAddr {
    match like {
        SocketAddr::V4(_) => IpAddr::from([0; 4]),
        SocketAddr::V6(_) => IpAddr::from([0; 16]),
    }
}

/// The number in the last four bytes.
fn number(packet: Packet<'_>) -> u32 {
    u32::from_be_bytes(*packet.data.last_chunk().expect("four bytes"))
}

/// An Ethernet frame from one made-up station to another: IPv4, UDP, the number as payload.
fn frame(number: u32) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    etherparse::PacketBuilder::ipv4([10, 8, 0, 1], [10, 8, 0, 2], 64)
        .udp(4000, 5000)
        .write(&mut frame, &number.to_be_bytes())
        .expect("built in memory");
    frame
}

/// What a TCP segment says, for comparing what two ends and two engines saw.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    from: u16,
    flags: u16,
    payload: Vec<u8>,
}

/// The TCP segment in an IPv4 packet that begins at `at`.
fn segment(packet: Packet<'_>, at: usize) -> Segment {
    let ip = Ipv4::parse(packet.data.get(at..).expect("longer")).expect("IPv4");
    let tcp = Tcp::parse(ip.payload()).expect("TCP");
    Segment { from: tcp.src_port(), flags: tcp.flags().bits(), payload: tcp.payload().to_vec() }
}

/// A small exchange: the server greets, the client answers, the server takes leave.
fn serve(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().expect("accept");
    stream.set_nodelay(true).expect("nodelay");
    stream.write_all(b"hello").expect("write");
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).expect("read");
    stream.write_all(b"goodbye").expect("write");
}

/// The other side of [`serve`].
fn talk(server: SocketAddr) {
    let mut stream = TcpStream::connect(server).expect("connect");
    stream.set_nodelay(true).expect("nodelay");
    let mut greeting = [0; 5];
    stream.read_exact(&mut greeting).expect("read");
    stream.write_all(b"howdy").expect("write");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("read");
}

/// What the exchange says, in order, as payloads that aren't empty.
const SAID: [&[u8]; 3] = [b"hello", b"howdy", b"goodbye"];
