//! The two hosts: a thread in a network namespace of its own each, with one end of a cable to the relay.
use std::fs;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::LinkAddr;
use nix::unistd::{Pid, gettid};

use super::plan::{self, Plan};

type Job = Box<dyn FnOnce() + Send>;

/// A host, which runs jobs one after another.
pub(crate) struct Host {
    work: mpsc::Sender<Job>,
    /// The thread, by which its namespace is found.
    pub(crate) id: Pid,
}

impl Host {
    pub(crate) fn new() -> Self {
        let (work, jobs) = mpsc::channel::<Job>();
        let (send_id, id) = mpsc::channel();
        thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET).expect("a namespace");
            send_id.send(gettid()).expect("somebody waits for it");
            for job in jobs {
                job();
            }
        });
        Self { work, id: id.recv().expect("the thread's id") }
    }

    /// Starts `job` over there.
    pub(crate) fn start<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> mpsc::Receiver<T> {
        let (give, result) = mpsc::channel();
        self.work.send(Box::new(move || drop(give.send(job())))).expect("the host lives");
        result
    }

    /// Runs `job` over there and waits for it.
    pub(crate) fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        self.start(job).recv().expect("the host's job ended well")
    }

    /// Gives interface `e0`, which is here already, its addresses, and the kernel its parameters.
    pub(crate) fn configure(&self, side: usize, plan: &Plan) {
        let plan = plan.clone();
        self.run(move || {
            let host = &plan.hosts[side];
            set_parameters(host);
            let (here, there) = (side + 1, 2 - side);
            let segments = if host.offload { 64 } else { 1 };
            // An interface with a small MTU knows no IPv6.
            let (prefix, length) = if plan.v6 { ("fd00::", "64 nodad") } else { ("10.8.0.", "24") };
            let quiet = if plan.mtu < 1_280 { "" } else { " addrgenmode none" };
            ip_batch(&format!(
                "link set lo up\n\
                 link set e0 address 02:00:00:00:00:0{here}\n\
                 link set dev e0 mtu {} gso_max_segs {segments}{quiet}\n\
                 addr add {prefix}{here}/{length} dev e0\n\
                 link set e0 up\n\
                 neigh add {prefix}{there} lladdr 02:00:00:00:00:0{there} dev e0 nud permanent\n",
                plan.mtu
            ));
        });
    }
}

/// The server's address and port.
pub(crate) fn server_address(plan: &Plan) -> SocketAddr {
    let address: IpAddr = if plan.v6 { "fd00::2" } else { "10.8.0.2" }.parse().expect("an address");
    SocketAddr::new(address, 5_001)
}

fn set_parameters(host: &plan::Host) {
    let (receive, send) = host.buffers;
    let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
    for (name, value) in [
        ("tcp_sack", flag(host.sack)),
        ("tcp_dsack", flag(host.dsack)),
        ("tcp_timestamps", flag(host.timestamps)),
        ("tcp_window_scaling", flag(host.scaling)),
        ("tcp_ecn", flag(host.ecn)),
        ("tcp_congestion_control", host.congestion.to_owned()),
        ("tcp_rmem", format!("4096 {} {}", receive.min(131_072), receive)),
        ("tcp_wmem", format!("4096 {} {}", send.min(16_384), send)),
        ("tcp_early_retrans", if host.tail_probes { "3" } else { "0" }.to_owned()),
        ("tcp_recovery", flag(host.rack)),
        ("tcp_no_metrics_save", flag(true)),
    ] {
        // An old kernel may not know one of them; what was set is no matter of truth.
        let _known = fs::write(format!("/proc/sys/net/ipv4/{name}"), value);
    }
}

/// Runs these commands of `ip` in this thread's namespace.
pub(crate) fn ip_batch(commands: &str) {
    let mut child =
        Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn().expect("ip is installed");
    child.stdin.take().expect("piped").write_all(commands.as_bytes()).expect("ip reads");
    assert!(child.wait().expect("ip ends").success(), "{commands}");
}

/// The link-layer address of an interface that carries packets, waiting until it does.
pub(crate) fn running(name: &str) -> LinkAddr {
    loop {
        let mut all = getifaddrs().expect("the interfaces");
        let found = all.find_map(|found| {
            let link = found.address.as_ref().and_then(|address| address.as_link_addr().copied());
            let ready = found.flags.contains(InterfaceFlags::IFF_RUNNING);
            link.filter(|_| ready && found.interface_name == name)
        });
        match found {
            Some(link) => return link,
            None => thread::yield_now(),
        }
    }
}

/// A counter of this thread's namespace in `/proc/net/snmp` or `/proc/net/netstat`: two lines a
/// group, names and values.
pub(crate) fn counter(text: &str, name: &str) -> Option<u64> {
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(2).find_map(|pair| {
        let mut both = pair.first()?.split(' ').zip(pair.get(1)?.split(' '));
        both.find(|(found, _)| *found == name).and_then(|(_, value)| value.parse().ok())
    })
}
