//! One run: two hosts, and the relay between them that keeps account of every frame.
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{IoSliceMut, Read, Seek};
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, bind, recvmsg,
    send, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeSpec;

use super::host::{Host, counter, ip_batch, running, server_address};
use super::path::{Exit, Path};
use super::plan::{CLIENT, IpId, MS, Plan, SERVER};
use super::segment::{self, Segment};
use super::traffic;
use crate::random::Random;

/// A frame as a host emitted it.
#[derive(Debug, Clone)]
pub(crate) struct Emission {
    pub(crate) time: u64,
    /// Who emitted it.
    pub(crate) from: usize,
    pub(crate) segment: Segment,
    /// When the first of it reached the other host.
    pub(crate) reached: Option<u64>,
    /// The kernel's own word why it retransmitted.
    pub(crate) cause: Option<&'static str>,
}

/// A frame as it passed a tap.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    pub(crate) time: u64,
    pub(crate) emission: usize,
    pub(crate) frame: Arc<Vec<u8>>,
}

/// The places where frames are noted.
pub(crate) const TAPS: [&str; 3] = ["client", "middle", "server"];

/// What is known after a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) emissions: Vec<Emission>,
    /// By tap, in the order of their times.
    pub(crate) taps: [Vec<Passage>; 3],
    /// The kernels' `RetransSegs`.
    pub(crate) retransmitted: [u64; 2],
    /// Octets that the programs read.
    pub(crate) read: [usize; 2],
}

/// The sockets of the relay, and where its own time is noted.
struct Relay {
    plan: Plan,
    sockets: [OwnedFd; 2],
    paths: [[Path; 2]; 2],
    random: Random,
    waiting: BinaryHeap<Reverse<(u64, u64)>>,
    passing: Vec<Passing>,
    causes: [Causes; 2],
    run: Run,
}

/// A frame on its way: through the first half, and through both.
struct Passing {
    passage: Passage,
    halves: usize,
}

/// Does one run.
pub(crate) fn run(plan: &Plan, patience: Duration) -> Run {
    let plan = plan.clone();
    // A thread, because the relay has a namespace of its own too.
    thread::spawn(move || {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).expect("a namespace");
        let hosts = [Host::new(), Host::new()];
        ip_batch(&format!(
            "link add c0 type veth peer name e0 netns {}\n\
             link add s0 type veth peer name e0 netns {}\n\
             link set dev c0 mtu 9000 addrgenmode none\n\
             link set dev s0 mtu 9000 addrgenmode none\n\
             link set c0 up\n\
             link set s0 up\n",
            hosts[CLIENT].id, hosts[SERVER].id
        ));
        for (side, host) in hosts.iter().enumerate() {
            host.configure(side, &plan);
        }
        let sockets = ["c0", "s0"].map(|name| open(&running(name)));
        for host in &hosts {
            host.run(|| running("e0"));
        }
        Relay::new(plan, sockets, &hosts).go(&hosts, patience)
    })
    .join()
    .expect("the relay")
}

/// A packet socket on this interface, with the kernel's times.
fn open(interface: &LinkAddr) -> OwnedFd {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket =
        socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll).expect("privilege");
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true).expect("an option of every socket");
    let _larger = setsockopt(&socket, sockopt::RcvBufForce, &(32 << 20));
    bind(socket.as_raw_fd(), interface).expect("the interface is there");
    socket
}

pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(now.as_nanos()).expect("before 2554")
}

impl Relay {
    fn new(plan: Plan, sockets: [OwnedFd; 2], hosts: &[Host; 2]) -> Self {
        let mut random = Random::new(plan.seed);
        let paths = [0, 1]
            .map(|from| [0, 1].map(|n: usize| Path::new(&plan.stages[from][n], Random::new(random.next()))));
        let run = Run {
            plan: plan.clone(),
            emissions: Vec::new(),
            taps: Default::default(),
            retransmitted: [0; 2],
            read: [0; 2],
        };
        let causes = [0, 1].map(|side: usize| Causes::new(&hosts[side]));
        Self { plan, sockets, paths, random, waiting: BinaryHeap::new(), passing: Vec::new(), causes, run }
    }

    /// Lets the programs talk and relays until they are done and all is quiet.
    fn go(mut self, hosts: &[Host; 2], patience: Duration) -> Run {
        let address = server_address(&self.plan);
        let until = Instant::now() + patience;
        let scenario = self.plan.scenario.clone();
        let listener = hosts[SERVER].run(move || {
            let refused = matches!(scenario, traffic::Scenario::Refused { .. });
            (!refused).then(|| TcpListener::bind(address).expect("the address is free"))
        });
        let before = hosts.each_ref().map(retransmitted);
        let scenario = self.plan.scenario.clone();
        let serving =
            hosts[SERVER].start(move || listener.map_or(0, |l| traffic::serve(&l, &scenario, until)));
        let scenario = self.plan.scenario.clone();
        let asking = hosts[CLIENT].start(move || traffic::talk(address, &scenario, until));
        let mut read = [None, None];
        // A host may resend the last of it for a while.
        let rest = Duration::from_nanos(self.plan.rtt * 2) + Duration::from_millis(350);
        let mut last = Instant::now();
        let end = until + Duration::from_secs(2);
        while Instant::now() < end && (read.contains(&None) || last.elapsed() < rest) {
            if self.step() || read.contains(&None) {
                last = Instant::now();
            }
            for (side, result) in [&asking, &serving].into_iter().enumerate() {
                match result.try_recv() {
                    Ok(bytes) => read[side] = Some(bytes),
                    Err(TryRecvError::Empty) => {}
                    Err(TryRecvError::Disconnected) => assert!(read[side].is_some(), "a program failed"),
                }
            }
        }
        self.account(hosts, before);
        self.run.read = read.map(|read| read.unwrap_or(0));
        for tap in &mut self.run.taps {
            tap.sort_by_key(|passage| passage.time);
        }
        self.run
    }

    /// Reads the kernels' counters at a moment when no frame is under way to the relay.
    fn account(&mut self, hosts: &[Host; 2], before: [u64; 2]) {
        loop {
            let first = hosts.each_ref().map(retransmitted);
            self.take();
            let second = hosts.each_ref().map(retransmitted);
            if first == second {
                self.run.retransmitted = [0, 1].map(|side| first[side] - before[side]);
                return;
            }
        }
    }

    /// One turn: what is due leaves, what has come is taken. Whether there was anything.
    fn step(&mut self) -> bool {
        let busy = self.leave() | self.take();
        let next =
            self.waiting.peek().map_or(20 * MS, |Reverse((at, _))| at.saturating_sub(now()).min(20 * MS));
        if next > 0 {
            let [client, server] = &self.sockets;
            let mut polled = [client, server].map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN));
            let _ready = ppoll(&mut polled, Some(TimeSpec::from_duration(Duration::from_nanos(next))), None);
        }
        busy
    }

    /// What is due passes the next tap.
    fn leave(&mut self) -> bool {
        let mut any = false;
        while let Some(&Reverse((at, index))) = self.waiting.peek() {
            let time = now();
            if at > time {
                return any;
            }
            any = true;
            self.waiting.pop();
            let Passing { passage, halves } = &self.passing[index as usize];
            let passage = Passage { time, ..passage.clone() };
            let from = self.run.emissions[passage.emission].from;
            if *halves == 1 {
                self.run.taps[1].push(passage.clone());
                self.enter(passage, 1);
            } else {
                self.arrive(passage, from);
            }
        }
        any
    }

    /// Sends a frame that has passed both halves to its host.
    fn arrive(&mut self, passage: Passage, from: usize) {
        let to = 1 - from;
        let time = now();
        let mut frame = passage.frame.as_ref().clone();
        if self.plan.tick > 1 {
            let tick = self.plan.tick;
            segment::change_stamps(&mut frame, |value, echo| (value, echo.wrapping_mul(tick)));
            segment::repair(&mut frame);
        }
        // Without room the frame is lost beyond the last tap, which no host here does to us.
        send(self.sockets[to].as_raw_fd(), &frame, MsgFlags::empty()).expect("the interface takes it");
        let tap = if to == CLIENT { 0 } else { 2 };
        self.run.emissions[passage.emission].reached.get_or_insert(time);
        self.run.taps[tap].push(Passage { time, ..passage });
    }

    /// Takes what the hosts have emitted.
    fn take(&mut self) -> bool {
        let mut any = false;
        let mut buffer = vec![0; 70_000];
        loop {
            // In the order of their times, as far as both are known.
            let mut came: Vec<(u64, usize, Vec<u8>)> = Vec::new();
            for from in [CLIENT, SERVER] {
                while let Some((time, len)) = receive(&self.sockets[from], &mut buffer) {
                    came.push((time, from, buffer[..len].to_vec()));
                }
            }
            if came.is_empty() {
                return any;
            }
            any = true;
            came.sort_by_key(|(time, ..)| *time);
            for (time, from, mut frame) in came {
                segment::trim(&mut frame);
                let mtu = self.plan.mtu;
                for frame in segment::cut(frame, mtu) {
                    self.emit(time, from, frame);
                }
            }
        }
    }

    fn emit(&mut self, time: u64, from: usize, mut frame: Vec<u8>) {
        match self.plan.ip_id {
            IpId::AsMade => {}
            IpId::Zero => segment::set_ip_id(&mut frame, 0),
            IpId::Random => segment::set_ip_id(&mut frame, self.random.next() as u16 | 1),
        }
        if self.plan.tick > 1 {
            let tick = self.plan.tick;
            segment::change_stamps(&mut frame, |value, echo| (value / tick, echo));
        }
        segment::repair(&mut frame);
        let Some(segment) = Segment::parse(&frame) else { return };
        let cause = self.causes[from].sample();
        let emission = self.run.emissions.len();
        self.run.emissions.push(Emission { time, from, segment, reached: None, cause });
        let passage = Passage { time, emission, frame: Arc::new(frame) };
        self.run.taps[from * 2].push(passage.clone());
        self.enter(passage, 0);
    }

    /// A frame comes to the first (0) or second half of its way.
    fn enter(&mut self, passage: Passage, half: usize) {
        let from = self.run.emissions[passage.emission].from;
        for Exit { at, aged, crowded, .. } in self.paths[from][half].pass(passage.frame.len(), passage.time) {
            let mut frame = passage.frame.as_ref().clone();
            if crowded {
                segment::mark_congestion(&mut frame);
            }
            segment::age(&mut frame);
            if aged {
                segment::age(&mut frame);
            }
            let index = self.passing.len() as u64;
            let frame = Arc::new(frame);
            self.passing.push(Passing { passage: Passage { frame, ..passage.clone() }, halves: half + 1 });
            self.waiting.push(Reverse((at, index)));
        }
    }
}

/// A frame and the time at which the kernel had it; `None` when none waits.
fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> Option<(u64, usize)> {
    let mut control = nix::cmsg_space!(TimeSpec);
    let mut slices = [IoSliceMut::new(buffer)];
    let message = recvmsg::<LinkAddr>(socket.as_raw_fd(), &mut slices, Some(&mut control), MsgFlags::empty());
    let message = message.ok()?;
    let time = message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(time) => {
            Some(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
        }
        _ => None,
    });
    Some((time.unwrap_or_else(now), message.bytes))
}

/// The kernel's count of retransmitted segments.
fn retransmitted(host: &Host) -> u64 {
    host.run(|| {
        let text = fs::read_to_string("/proc/thread-self/net/snmp").expect("the kernel's counters");
        counter(&text, "RetransSegs").expect("a counter of every kernel")
    })
}

/// The kernel's counters of why it retransmits, read after each frame of a host.
struct Causes {
    file: File,
    last: [u64; 4],
}

const CAUSES: [(&str, &str); 4] = [
    ("TCPFastRetrans", "fast"),
    ("TCPSlowStartRetrans", "timeout"),
    ("TCPTimeouts", "timeout"),
    ("TCPLossProbes", "tail_probe"),
];

impl Causes {
    fn new(host: &Host) -> Self {
        let file = host.run(|| File::open("/proc/thread-self/net/netstat").expect("the kernel's counters"));
        let mut causes = Self { file, last: [0; 4] };
        causes.sample();
        causes
    }

    /// The one cause that was counted since the last time; `None` when there were several or none.
    fn sample(&mut self) -> Option<&'static str> {
        let mut text = String::new();
        self.file.rewind().and_then(|()| self.file.read_to_string(&mut text)).ok()?;
        let count = CAUSES.map(|(name, _)| counter(&text, name).unwrap_or(0));
        let mut grown = (0..4).filter(|&n| count[n] > self.last[n]).map(|n| CAUSES[n].1);
        let cause = grown.next().filter(|cause| grown.all(|other| other == *cause));
        self.last = count;
        cause
    }
}
