//! A Linux receiver on one end of a cable, and who makes up the other end.
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::ops::Range;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use synack::savefile::PacketWriter;
use synack::savefile::pcap::{PcapOptions, PcapWriter};
use synack::stream::{Event, Fragment, Fragments, Pair, Policy, Side, StreamLimits};
use synack::sys::inject::Injector;
use synack::wire::{Tcp, TcpFlags, TcpOption, Transport};
use synack::{Layers, LinkType, Packet, Timestamp};

use super::frame::{self, ACK, INJECTOR_MAC, KERNEL_MAC, SYN, Segment};
use crate::live::ip;

const ETH_P_IP: u16 = 0x0800;
const ETH_P_IPV6: u16 = 0x86dd;

/// The cable and the kernel's end of it.
pub(crate) struct Lab {
    injector: Injector,
    /// What the kernel sends, by protocol. (A socket for all would share the frames that are sent,
    /// and the kernel treats what is shared differently.)
    replies: [Socket; 2],
    barrier: UdpSocket,
    crossed: u32,
    /// Frames that came while the barrier was awaited.
    heard: Vec<Vec<u8>>,
    /// Ordinary, and with little room.
    listeners: [TcpListener; 2],
    next_port: u16,
    /// What waits of the fragments of one talk must not meet those of another.
    next_id: u16,
}

impl Lab {
    /// Makes the cable: to be called in a namespace of its own.
    pub(crate) fn new() -> Self {
        stay_on_one_processor();
        ip("link add v0 type veth peer name v1");
        for (name, mac) in [("v0", INJECTOR_MAC), ("v1", KERNEL_MAC)] {
            let mac: Vec<String> = mac.iter().map(|b| format!("{b:02x}")).collect();
            ip(&format!("link set {name} addrgenmode none"));
            ip(&format!("link set {name} address {}", mac.join(":")));
            ip(&format!("link set {name} up"));
        }
        ip("addr add 10.9.0.2/24 dev v1");
        ip("addr add fd09::2/64 dev v1 nodad");
        ip("neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev v1 nud permanent");
        ip("neigh add fd09::1 lladdr 02:00:00:00:00:01 dev v1 nud permanent");
        crate::live::wait_until_running(&["v0", "v1"]);
        // IPv6 gets ready after that, in a thread of the kernel's.
        let ready =
            || UdpSocket::bind("[fd09::2]:0").is_ok_and(|socket| socket.connect("[fd09::1]:9").is_ok());
        while !ready() {
            std::thread::yield_now();
        }
        let listeners = [None, Some(16 << 10)].map(|room| {
            let socket = Socket::new(Domain::IPV6, Type::STREAM, None).expect("a socket");
            if let Some(room) = room {
                socket.set_recv_buffer_size(room).expect("room");
            }
            let any: std::net::SocketAddr = "[::]:0".parse().expect("an address");
            socket.bind(&any.into()).expect("bind");
            // Room for requests that nobody finishes, and for connections that begin anew after a reset.
            socket.listen(4096).expect("listen");
            socket.set_nonblocking(true).expect("non-blocking");
            TcpListener::from(socket)
        });
        let replies = [ETH_P_IP, ETH_P_IPV6].map(|protocol| {
            let protocol = Protocol::from(i32::from(protocol.to_be()));
            Socket::new(Domain::PACKET, Type::RAW, Some(protocol)).expect("a packet socket")
        });
        replies[0].set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        replies[1].set_nonblocking(true).expect("non-blocking");
        let barrier = UdpSocket::bind("10.9.0.2:0").expect("a port");
        barrier.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        let injector = Injector::open("v0").expect("injector");
        Self {
            injector,
            replies,
            barrier,
            crossed: 0,
            heard: Vec::new(),
            listeners,
            next_port: 1024,
            next_id: 1,
        }
    }

    /// Sends a frame and waits until the kernel has dealt with it.
    fn send(&mut self, frame: &[u8]) {
        self.injector.send(frame).expect("sent");
        self.settle();
    }

    /// Waits until what was sent in either direction has arrived: a datagram goes there, and one comes
    /// back. On one processor nothing overtakes.
    fn settle(&mut self) {
        self.crossed += 1;
        let port = self.barrier.local_addr().expect("bound").port();
        let number = self.crossed.to_be_bytes();
        self.injector.send(&frame::datagram(port, &number)).expect("sent");
        let mut answer = [0; 4];
        while answer != number {
            self.barrier.recv(&mut answer).expect("what was sent arrives");
        }
        self.barrier.send_to(&number, "10.9.0.1:4000").expect("sent");
        let mut frame = vec![0; 70_000];
        loop {
            let len = (&self.replies[0]).read(&mut frame).expect("what was sent back arrives");
            if frame[..6] != INJECTOR_MAC {
                continue;
            }
            let layers = Layers::decode(LinkType::ETHERNET, &frame[..len]);
            match layers.transport {
                Some(Transport::Udp(udp)) if udp.payload() == number => break,
                _ => self.heard.push(frame[..len].to_vec()),
            }
        }
        while let Ok(len) = (&self.replies[1]).read(&mut frame) {
            if frame[..6] == INJECTOR_MAC {
                self.heard.push(frame[..len].to_vec());
            }
        }
    }
}

/// Keeps this thread on one processor.
fn stay_on_one_processor() {
    let me = nix::unistd::Pid::from_raw(0);
    let allowed = nix::sched::sched_getaffinity(me).expect("the processors");
    let first = (0..nix::sched::CpuSet::count()).find(|&cpu| allowed.is_set(cpu).is_ok_and(|set| set));
    let mut one = nix::sched::CpuSet::new();
    one.set(first.expect("at least one")).expect("a processor");
    nix::sched::sched_setaffinity(me, &one).expect("one of ours");
}

/// How a client opens a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) v6: bool,
    pub(crate) isn: u32,
    pub(crate) timestamps: bool,
    pub(crate) sack: bool,
    pub(crate) scale: Option<u8>,
    /// The kernel has little room for data.
    pub(crate) small: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self { v6: false, isn: 1000, timestamps: false, sack: true, scale: Some(7), small: false }
    }
}

/// What the application saw last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Open,
    Eof,
    Reset,
}

/// One connection to the kernel, made up on this side.
pub(crate) struct Talk<'l> {
    lab: &'l mut Lab,
    pub(crate) opening: Opening,
    port: u16,
    /// Every frame of the connection in order.
    pub(crate) log: Vec<Vec<u8>>,
    /// What was done, in words.
    pub(crate) story: Vec<String>,
    application: Option<TcpStream>,
    /// Whether the application reads what comes at once.
    pub(crate) reading: bool,
    pub(crate) read: Vec<u8>,
    pub(crate) end: End,
    /// What the kernel said last: its next number, its acknowledgment, the right edge of its window.
    pub(crate) kernel_next: u32,
    pub(crate) kernel_ack: u32,
    pub(crate) kernel_edge: u32,
    kernel_shift: u8,
    kernel_clock: u32,
    pub(crate) clock: u32,
}

impl<'l> Talk<'l> {
    pub(crate) fn new(lab: &'l mut Lab, opening: Opening) -> Self {
        lab.next_port = if lab.next_port > 60_000 { 1024 } else { lab.next_port + 1 };
        let port = lab.next_port;
        Self {
            lab,
            opening,
            port,
            log: Vec::new(),
            story: Vec::new(),
            application: None,
            reading: true,
            read: Vec::new(),
            end: End::Open,
            kernel_next: 0,
            kernel_ack: opening.isn,
            kernel_edge: 0,
            kernel_shift: 0,
            kernel_clock: 0,
            clock: 5000,
        }
    }

    /// A segment with nothing special about it; `offset` counts from the first byte of data.
    pub(crate) fn segment(&mut self, offset: i64, payload: &[u8], flags: u8) -> Segment {
        let mut options = Vec::new();
        if self.opening.timestamps {
            options.extend_from_slice(&[1, 1, 8, 10]);
            options.extend_from_slice(&self.clock.to_be_bytes());
            options.extend_from_slice(&self.kernel_clock.to_be_bytes());
        }
        Segment {
            v6: self.opening.v6,
            src_port: self.port,
            dst_port: self.lab.listeners[usize::from(self.opening.small)].local_addr().expect("bound").port(),
            seq: self.opening.isn.wrapping_add(1).wrapping_add(offset as u32),
            ack: self.kernel_next,
            flags,
            window: 8000,
            urgent: 0,
            options,
            payload: payload.to_vec(),
            wrong: 0,
            offset: 0,
            ttl: 64,
            ip_options: Vec::new(),
            id: 1,
            back: false,
        }
    }

    pub(crate) fn syn(&mut self) -> Segment {
        let mut syn = self.segment(-1, &[], SYN);
        syn.ack = 0;
        syn.options = vec![2, 4, 5, 0xb4];
        if self.opening.sack {
            syn.options.extend_from_slice(&[4, 2]);
        }
        if self.opening.timestamps {
            syn.options.extend_from_slice(&[8, 10]);
            syn.options.extend_from_slice(&self.clock.to_be_bytes());
            syn.options.extend_from_slice(&[0; 4]);
        }
        if let Some(scale) = self.opening.scale {
            syn.options.extend_from_slice(&[1, 3, 3, scale]);
        }
        syn
    }

    /// Sends a frame; then the application reads, if it does.
    pub(crate) fn send_frame(&mut self, frame: Vec<u8>) {
        self.lab.send(&frame);
        self.log.push(frame);
        self.take_replies();
        if self.application.is_none() {
            self.accept();
        }
        if self.reading {
            self.read_all();
        }
    }

    pub(crate) fn send(&mut self, segment: &Segment) {
        let at = self.relative(segment.seq);
        let flags: String = [(SYN, 'S'), (ACK, 'A'), (1, 'F'), (4, 'R'), (8, 'P'), (32, 'U')]
            .iter()
            .filter(|(bit, _)| segment.flags & bit != 0)
            .map(|(_, letter)| letter)
            .collect();
        let ack = segment.ack.wrapping_sub(self.kernel_next).cast_signed();
        self.story.push(format!(
            "{at}+{} {flags} ack {ack:+} win {} urg {}",
            segment.payload.len(),
            segment.window,
            segment.urgent
        ));
        self.send_frame(segment.frame());
    }

    /// Sends a segment in fragments, see [`Segment::fragments`].
    pub(crate) fn send_fragments(&mut self, segment: &Segment, ranges: &[(Range<usize>, bool)], spoil: bool) {
        self.lab.next_id = self.lab.next_id.wrapping_add(1);
        let segment = Segment { id: self.lab.next_id, ..segment.clone() };
        let at = self.relative(segment.seq);
        let len = segment.segment_len();
        self.story.push(format!("fragments of {len}: {ranges:?} at {at}, spoilt {spoil}"));
        for frame in segment.fragments(ranges, spoil) {
            self.send_frame(frame);
        }
    }

    /// The offset of a sequence number.
    fn relative(&self, seq: u32) -> i32 {
        seq.wrapping_sub(self.opening.isn.wrapping_add(1)).cast_signed()
    }

    /// Three segments, and the application has the connection.
    pub(crate) fn handshake(&mut self) {
        let syn = self.syn();
        self.send(&syn);
        assert_ne!(self.kernel_next, 0, "the kernel answers a SYN: {:?} port {}", self.opening, self.port);
        let ack = self.segment(0, &[], ACK);
        self.send(&ack);
        assert!(self.application.is_some(), "the kernel accepts");
    }

    /// Plain data.
    pub(crate) fn data(&mut self, offset: i64, payload: &[u8]) {
        let segment = self.segment(offset, payload, ACK);
        self.send(&segment);
    }

    /// Takes the connection if it is there. Others are of talks that ended before they were accepted.
    fn accept(&mut self) {
        while let Ok((stream, peer)) = self.lab.listeners[usize::from(self.opening.small)].accept() {
            if peer.port() != self.port {
                continue;
            }
            stream.set_nonblocking(true).expect("non-blocking");
            self.application = Some(stream);
            return;
        }
    }

    fn take_replies(&mut self) {
        for bytes in std::mem::take(&mut self.lab.heard) {
            let layers = Layers::decode(LinkType::ETHERNET, &bytes);
            let Some(tcp) = layers.tcp().filter(|tcp| tcp.dst_port() == self.port) else { continue };
            self.note(tcp, layers.payload_len() as u32);
            self.log.push(bytes);
        }
    }

    fn note(&mut self, tcp: Tcp<'_>, len: u32) {
        if tcp.flags().contains(TcpFlags::RST) {
            return;
        }
        let syn = tcp.flags().contains(TcpFlags::SYN);
        let next = tcp.seq().0.wrapping_add(len + u32::from(syn));
        if syn || next.wrapping_sub(self.kernel_next).cast_signed() > 0 {
            self.kernel_next = next;
        }
        for option in tcp.options_iter().map_while(Result::ok) {
            match option {
                TcpOption::Timestamps { value, .. } => self.kernel_clock = value,
                TcpOption::WindowScale(shift) if syn => self.kernel_shift = shift,
                _ => {}
            }
        }
        let shift = if syn { 0 } else { self.kernel_shift };
        self.kernel_ack = tcp.ack().0;
        self.kernel_edge = tcp.ack().0.wrapping_add(u32::from(tcp.window()) << shift);
    }

    /// The offset that the kernel expects next, by its last acknowledgment.
    pub(crate) fn expected(&self) -> i64 {
        self.relative(self.kernel_ack).into()
    }

    /// The offset behind the kernel's window.
    pub(crate) fn edge(&self) -> i64 {
        self.relative(self.kernel_edge).into()
    }

    /// The application reads all there is.
    pub(crate) fn read_all(&mut self) {
        let Some(stream) = &mut self.application else { return };
        let mut bytes = [0; 8192];
        loop {
            match stream.read(&mut bytes) {
                // After the error, reads say that there is no more.
                Ok(0) if self.end == End::Reset => break,
                Ok(0) => {
                    self.end = End::Eof;
                    break;
                }
                Ok(len) => self.read.extend_from_slice(&bytes[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.end = End::Reset;
                    break;
                }
            }
        }
        self.lab.settle();
        self.take_replies();
    }

    /// The application writes.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if let Some(stream) = &mut self.application {
            // The error of a reset is told once, to whoever asks first.
            if stream.write(bytes).is_err_and(|error| error.kind() == ErrorKind::ConnectionReset) {
                self.end = End::Reset;
            }
        }
        self.lab.settle();
        self.take_replies();
        self.story.push(format!("the application writes {}", bytes.len()));
    }

    /// The application has read all, and its end is gone. What it read equals what reassembly gives.
    pub(crate) fn compare(mut self) -> Result<(), Difference> {
        self.read_all();
        let ours = reassemble(&self.log);
        if let Some(stream) = self.application.take() {
            let socket = Socket::from(stream);
            socket.set_linger(Some(Duration::ZERO)).expect("linger");
            drop(socket);
        }
        self.lab.settle();
        self.take_replies();
        let ended = match self.end {
            End::Eof => ours.fin,
            End::Reset => ours.reset,
            End::Open => !ours.fin && !ours.reset,
        };
        if ours.client == self.read && ended {
            return Ok(());
        }
        self.save();
        let same = ours.client.iter().zip(&self.read).take_while(|(a, b)| a == b).count();
        let differing = self.read.iter().zip(&ours.client).enumerate().filter(|(_, (a, b))| a != b);
        let told = |at: usize| ours.conflicts.iter().any(|range| range.contains(&at));
        let only_told =
            ended && self.read.len() == ours.client.len() && differing.into_iter().all(|(at, _)| told(at));
        let text = format!(
            "{:?}\n  {}\nkernel: {} bytes {:?}; ours: {} bytes fin {} reset {}; the first {same} agree\n{}",
            self.opening,
            self.story.join("\n  "),
            self.read.len(),
            self.end,
            ours.client.len(),
            ours.fin,
            ours.reset,
            ours.log,
        );
        Err(Difference { only_told, text })
    }
}

/// What an application read otherwise than we do.
#[derive(Debug)]
pub(crate) struct Difference {
    /// Only bytes of which reassembly tells that two copies differ.
    pub(crate) only_told: bool,
    pub(crate) text: String,
}

impl Talk<'_> {
    /// Writes the frames where `SYNACK_STREAM_SAVE` says, for a look at them.
    fn save(&self) {
        let Some(path) = std::env::var_os("SYNACK_STREAM_SAVE") else { return };
        let file = std::fs::File::create(path).expect("a file");
        let options = PcapOptions::new(LinkType::ETHERNET);
        let mut writer = PcapWriter::new(file, "frames", options).expect("a header");
        for frame in &self.log {
            writer.write(&Packet::new(LinkType::ETHERNET, frame)).expect("room");
        }
        writer.flush().expect("room");
    }
}

/// What reassembly makes of the frames of one connection.
#[derive(Debug, Default)]
pub(crate) struct Reassembled {
    pub(crate) client: Vec<u8>,
    pub(crate) fin: bool,
    pub(crate) reset: bool,
    /// Where copies differ, counted without the bytes that were taken out.
    pub(crate) conflicts: Vec<Range<usize>>,
    taken_out: usize,
    pub(crate) log: String,
}

pub(crate) fn reassemble(frames: &[Vec<u8>]) -> Reassembled {
    let mut pair = Pair::new(StreamLimits::default(), Policy::Linux);
    let mut fragments = Fragments::new(StreamLimits::default());
    let mut all = Reassembled::default();
    for (number, frame) in frames.iter().enumerate() {
        let packet = Packet {
            time: Timestamp::new(0, number as u64 * 1000),
            ..Packet::new(LinkType::ETHERNET, frame)
        };
        let layers = Layers::decode(packet.link, packet.data);
        let mut take = |event: Event<'_>| note(&mut all, event);
        match fragments.push(&packet, &layers) {
            Fragment::None => pair.push(number as u64, &packet, &layers, &mut take),
            Fragment::Complete(whole) => {
                let layers = Layers::decode(whole.link, whole.data);
                pair.push(number as u64, &whole, &layers, &mut take);
            }
            _ => {}
        }
    }
    all.log.push_str(&format!("{pair}\n"));
    pair.finish(&mut |event| note(&mut all, event));
    all
}

fn note(all: &mut Reassembled, event: Event<'_>) {
    match &event {
        Event::Data { from: Side::Client, bytes, delivered: true, .. } => all.client.extend_from_slice(bytes),
        Event::Fin { from: Side::Client, delivered: true, .. } => all.fin = true,
        Event::Reset { from: Side::Client, .. } => all.reset = true,
        Event::Conflict { from: Side::Client, range, .. } => {
            let start = (range.start as usize).saturating_sub(all.taken_out);
            all.conflicts.push(start..range.end as usize);
        }
        Event::Urgent { from: Side::Client, .. } => all.taken_out += 1,
        Event::Data { .. } => return,
        _ => {}
    }
    let text = format!("{event:?}");
    all.log.push_str(&format!("  {}\n", text.get(..200).unwrap_or(&text)));
}
