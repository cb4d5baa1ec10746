//! What was received is delivered, filtered or dropped, to the packet.
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::*;
use synack::capture::Ways;
use synack::sys::inject::Injector;

/// Sends numbered TCP segments to the loopback address. They are resets, which nobody answers.
pub(crate) struct TcpSender(Socket);

impl TcpSender {
    pub(crate) fn new() -> Self {
        Self(Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::TCP)).expect("raw socket"))
    }

    pub(crate) fn send(&self, number: u32) {
        let mut segment = [0u8; 20];
        segment[..4].copy_from_slice(&[0x0f, 0xa0, 0x13, 0x88]);
        segment[4..8].copy_from_slice(&number.to_be_bytes());
        segment[12..14].copy_from_slice(&[0x50, 0x04]);
        let to = SocketAddr::from(([127, 0, 0, 1], 0));
        self.0.send_to(&segment, &SockAddr::from(to)).expect("sent");
    }
}

/// The number a [`TcpSender`] gave the segment.
pub(super) fn sequence(packet: Packet<'_>) -> u32 {
    let ip = Ipv4::parse(packet.data).expect("IPv4");
    Tcp::parse(ip.payload()).expect("TCP").seq().0
}

#[test]
fn drops_of_an_unread_ring_are_counted_exactly() {
    in_namespace("live::accounting::drops_of_an_unread_ring_are_counted_exactly", || {
        const COUNT: u32 = 50_000;
        veth();
        let mut capture = Capture::builder("v0").buffer_size(1 << 20).open().expect("capture");
        let out = Injector::open("v0").expect("injector");
        for number in 0..COUNT {
            out.send(&frame(number)).expect("sent");
        }
        let waiting = capture.stats().expect("statistics");
        assert_eq!(waiting.received, u64::from(COUNT));
        assert_eq!(waiting.waiting() + waiting.dropped, u64::from(COUNT));
        let seen = drain(&mut capture, number);
        let stats = capture.stats().expect("statistics");
        assert_conserved(&stats);
        assert_eq!(stats.received, u64::from(COUNT));
        assert_eq!(stats.delivered, seen.len() as u64);
        assert!(stats.dropped > 0, "the ring was meant to overflow: {stats:?}");
        assert!(seen.is_sorted_by(|a, b| a < b));
        assert_eq!(stats.waiting(), 0);
    });
}

#[test]
fn drops_of_an_unread_raw_socket_are_counted_exactly() {
    in_namespace("live::accounting::drops_of_an_unread_raw_socket_are_counted_exactly", || {
        const COUNT: u32 = 20_000;
        let mut capture = RawCapture::builder("lo").buffer_size(1 << 16).open().expect("capture");
        let sender = TcpSender::new();
        for number in 0..COUNT {
            sender.send(number);
        }
        let seen = drain(&mut capture, sequence);
        let stats = capture.stats().expect("statistics");
        assert_conserved(&stats);
        assert_eq!(stats.received, u64::from(COUNT));
        assert_eq!(stats.delivered, seen.len() as u64);
        assert!(stats.dropped > 0, "the buffer was meant to overflow: {stats:?}");
    });
}

#[test]
fn a_small_ring_that_is_read_meanwhile_adds_up() {
    in_namespace("live::accounting::a_small_ring_that_is_read_meanwhile_adds_up", || {
        const COUNT: u32 = 30_000;
        veth();
        let mut capture = Capture::builder("v0").buffer_size(1).open().expect("capture");
        let size = capture.buffer_size();
        assert!((128 << 10..=256 << 10).contains(&size), "two blocks of the longest packet: {size}");
        let handle = capture.stop_handle();
        let sending = thread::spawn(move || {
            let out = Injector::open("v0").expect("injector");
            for number in 0..COUNT {
                out.send(&frame(number)).expect("sent");
            }
            handle.stop();
        });
        let mut last = None;
        while let Some(packet) = capture.next_packet().expect("capture") {
            let number = number(packet);
            assert!(last < Some(number));
            last = Some(number);
        }
        sending.join().expect("sender");
        let stats = capture.stats().expect("statistics");
        assert_conserved(&stats);
        assert_eq!(stats.received, u64::from(COUNT));
    });
}

#[test]
fn the_unwanted_direction_never_reaches_the_ring() {
    in_namespace("live::accounting::the_unwanted_direction_never_reaches_the_ring", || {
        veth();
        let open = |ways| Capture::builder("v0").direction(ways).open().expect("capture");
        let mut captures = [Ways::In, Ways::Out, Ways::InOut].map(open);
        let [near, far] = ["v0", "v1"].map(|name| Injector::open(name).expect("injector"));
        for number in 0..10 {
            near.send(&frame(number)).expect("sent");
            far.send(&frame(100 + number)).expect("sent");
        }
        let outgoing: Vec<u32> = (0..10).collect();
        let incoming: Vec<u32> = (100..110).collect();
        // What the far end sends arrives by a queue: wait for it before the freeze.
        let mut seen = captures.each_mut().map(|capture| {
            let wanted = if capture.stats_now().received > 10 { 20 } else { 10 };
            (0..wanted).map(|_| one(capture, number)).collect::<Vec<u32>>()
        });
        seen.iter_mut().for_each(|seen| seen.sort_unstable());
        assert_eq!(seen[0], incoming);
        assert_eq!(seen[1], outgoing);
        assert_eq!(seen[2], [outgoing, incoming].concat());
        for capture in &mut captures {
            assert!(drain(capture, number).is_empty());
            let stats = capture.stats().expect("statistics");
            assert_conserved(&stats);
            assert_eq!(stats.filtered, 0);
        }
    });
}

#[test]
fn loopback_packets_are_received_once_on_all_interfaces_too() {
    in_namespace("live::accounting::loopback_packets_are_received_once_on_all_interfaces_too", || {
        let mut captures = ["lo", "any"].map(|name| Capture::builder(name).open().expect("capture"));
        let port = UdpSocket::bind("127.0.0.1:0").expect("a port");
        send_numbered(port.local_addr().expect("address"), 100);
        for capture in &mut captures {
            let seen: Vec<u32> = (0..100).map(|_| one(capture, number)).collect();
            assert_eq!(seen, (0..100).collect::<Vec<_>>());
            assert!(drain(capture, number).is_empty());
            let stats = capture.stats().expect("statistics");
            assert_eq!((stats.received, stats.filtered), (100, 0));
        }
    });
}

#[test]
fn a_reader_that_does_not_wait_gets_idle_then_packets() {
    in_namespace("live::accounting::a_reader_that_does_not_wait_gets_idle_then_packets", || {
        veth();
        let mut capture = Capture::builder("v0").open().expect("capture");
        assert_eq!(capture.advance(Some(Duration::ZERO)).expect("capture"), Step::Idle);
        assert!(capture.packet().data.is_empty());
        Injector::open("v0").expect("injector").send(&frame(7)).expect("sent");
        while capture.advance(Some(Duration::ZERO)).expect("capture") == Step::Idle {
            thread::yield_now();
        }
        assert_eq!(number(capture.packet()), 7);
        let seen = thread::spawn(move || capture.stats_now().delivered).join();
        assert_eq!(seen.expect("a capture moves between threads"), 1);
    });
}
