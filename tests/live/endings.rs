//! How connections begin and end, and why they are reset: real sockets do it, so it is known, and the
//! table of connections must say so. `SYNACK_ENDINGS_DUMP=DIR` keeps what passed, a file for each kind.
use std::fs;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::socket::{MsgFlags, setsockopt, sockopt};
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use synack::Layers;
use synack::LinkType;
use synack::flow::{Connection, Direction, Ended, FlowTable, Limits, Opened, ResetCause};
use synack::savefile::PacketWriter as _;
use synack::savefile::pcap::{PcapOptions, PcapWriter};
use synack::sys::inject::Injector;
use synack::wire::{TcpFlags, Transport};

use super::*;

/// What is true of a connection.
type Truth = (Opened, SocketAddr, Ended, Option<Direction>, Option<ResetCause>);

const C: Option<Direction> = Some(Direction::C2s);
const S: Option<Direction> = Some(Direction::S2c);

/// Whoever answers nobody, and takes the time it needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sockets of both ends, and whom they belong to.
struct Pair {
    _listener: TcpListener,
    client: TcpStream,
    server: TcpStream,
    opener: SocketAddr,
}

fn pair_at(address: &str) -> Pair {
    let listener = TcpListener::bind(address).expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    let (server, opener) = listener.accept().expect("it connected");
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    }
    Pair { _listener: listener, client, server, opener }
}

fn pair() -> Pair {
    pair_at("127.0.0.1:0")
}

impl Pair {
    fn truth(&self, ended: Ended, by: Option<Direction>, cause: Option<ResetCause>) -> Vec<Truth> {
        vec![(Opened::Seen, self.opener, ended, by, cause)]
    }

    /// Something one way, and something back.
    fn talk(&mut self) {
        send(&mut self.client, &mut self.server, b"question");
        send(&mut self.server, &mut self.client, b"answer");
    }
}

fn send(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) {
    from.write_all(bytes).expect("sent");
    to.read_exact(&mut vec![0; bytes.len()]).expect("arrives");
}

/// Reads until the other end closes.
fn drained(stream: &mut TcpStream) {
    stream.read_to_end(&mut Vec::new()).expect("it closes");
}

/// One end closes its half, then the other.
fn close(first: &mut TcpStream, second: &mut TcpStream) {
    first.shutdown(Shutdown::Write).expect("open");
    drained(second);
    second.shutdown(Shutdown::Write).expect("open");
    drained(first);
}

/// The reset is here.
fn was_reset(stream: &mut TcpStream) {
    let error = stream.read_to_end(&mut Vec::new()).expect_err("it was reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

/// Closes with a reset.
fn hard(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("an option");
    drop(stream);
}

/// Nothing is said, and nothing is known any more: as after a power cut.
fn vanish(stream: TcpStream) {
    setsockopt(&stream, sockopt::TcpRepair, &1).expect("root may");
    drop(stream);
}

/// A socket at this port, which may have been used before.
fn from_port(port: u16) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("an option");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], port)).into()).expect("a free port");
    socket
}

/// The last segment between these two, as `forge` changes it, sent to whoever got it.
fn forged(client: &TcpStream, server: &TcpStream, act: impl FnOnce(), forge: impl FnOnce(&mut Vec<u8>)) {
    let ports = [client, server].map(|s| s.local_addr().expect("bound").port());
    let mut capture = Capture::builder("lo").open().expect("capture");
    act();
    capture.stop();
    let mut last = None;
    while let Some(packet) = capture.next_packet().expect("capture") {
        let layers = Layers::decode(packet.link, packet.data);
        if let Some(Transport::Tcp(tcp)) = layers.transport
            && tcp.src_port() == ports[0]
            && tcp.dst_port() == ports[1]
        {
            last = Some(packet.data.to_vec());
        }
    }
    let mut frame = last.expect("it was captured");
    forge(&mut frame);
    Injector::open("lo").expect("injector").send(&frame).expect("sent");
}

/// Makes an Ethernet frame with IPv4 a reset without data at `seq` more than it has, with a TTL; its
/// checksums are right.
fn as_reset(frame: &mut Vec<u8>, seq: u32, ttl: u8) {
    let start = 14 + usize::from(frame[14] & 15) * 4;
    let number = u32::from_be_bytes(frame[start + 4..start + 8].try_into().unwrap()).wrapping_add(seq);
    frame.truncate(start + 20);
    frame[16..18].copy_from_slice(&((start + 20 - 14) as u16).to_be_bytes());
    frame[22] = ttl;
    frame[start + 4..start + 8].copy_from_slice(&number.to_be_bytes());
    frame[start + 8..start + 12].fill(0);
    frame[start + 12] = 5 << 4;
    frame[start + 13] = 4;
    frame[24..26].fill(0);
    frame[start + 16..start + 18].fill(0);
    let sum = |parts: &[&[u8]]| {
        let mut total = 0_u32;
        for pair in parts.concat().chunks(2) {
            total += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
        }
        while total > 0xffff {
            total = (total & 0xffff) + (total >> 16);
        }
        (!(total as u16)).to_be_bytes()
    };
    let tcp = sum(&[&frame[26..34], &[0, 6, 0, 20], &frame[start..]]);
    frame[start + 16..start + 18].copy_from_slice(&tcp);
    let ip = sum(&[&frame[14..start]]);
    frame[24..26].copy_from_slice(&ip);
}

/// Where what passes at `interface` is kept, if anywhere.
fn kept(interface: &str) -> Option<PcapWriter<fs::File>> {
    static KINDS: AtomicUsize = AtomicUsize::new(0);
    let folder = PathBuf::from(std::env::var_os("SYNACK_ENDINGS_DUMP")?);
    let name = format!("{:02}-{interface}.pcap", KINDS.fetch_add(1, Ordering::Relaxed));
    let file = fs::File::create(folder.join(&name)).expect("the folder is there");
    Some(PcapWriter::new(file, &name, PcapOptions::new(LinkType::ETHERNET)).expect("a header"))
}

/// What the table says after all that passed at `interface` while `work` was done.
fn found(interface: &str, work: impl FnOnce() -> Vec<Truth>) -> (Vec<Truth>, Vec<Truth>) {
    let mut capture = Capture::builder(interface).open().expect("capture");
    let truth = work();
    // The answer to what was sent last may be on its way.
    let mut flows = FlowTable::new(Limits::default());
    let mut found = Vec::new();
    let say = |c: &Connection| {
        let client = SocketAddr::new(c.client().addr, c.client().port);
        (c.id(), (c.opened(), client, c.ended(), c.ended_by(), c.reset_cause()))
    };
    capture.stop();
    let mut kept = kept(interface);
    while let Some(packet) = capture.next_packet().expect("capture") {
        if let Some(kept) = &mut kept {
            kept.write(&packet).expect("written");
        }
        let seen = flows.observe(&packet, &Layers::decode(packet.link, packet.data));
        found.extend(seen.retired().map(say));
    }
    if let Some(kept) = &mut kept {
        kept.flush().expect("written");
    }
    flows.finish();
    found.extend(flows.connections().map(say));
    found.sort_by_key(|(id, _)| *id);
    (truth, found.into_iter().map(|(_, one)| one).collect())
}

/// A kind of connection: what it is, and how it is made.
type Kind = (&'static str, fn() -> Vec<Truth>);

const ON_LOOPBACK: &[Kind] = &[
    ("the client closes first", || {
        let mut p = pair();
        p.talk();
        close(&mut p.client, &mut p.server);
        p.truth(Ended::Fin, C, None)
    }),
    ("the server closes first", || {
        let mut p = pair();
        p.talk();
        close(&mut p.server, &mut p.client);
        p.truth(Ended::Fin, S, None)
    }),
    ("closed in three segments", || {
        let mut p = pair();
        p.talk();
        SockRef::from(&p.server).set_tcp_quickack(false).unwrap();
        p.client.shutdown(Shutdown::Write).unwrap();
        drained(&mut p.server);
        p.server.shutdown(Shutdown::Both).unwrap();
        drained(&mut p.client);
        p.truth(Ended::Fin, C, None)
    }),
    ("half closed, and the server goes on", || {
        let mut p = pair();
        p.client.shutdown(Shutdown::Write).unwrap();
        drained(&mut p.server);
        let (server, client) = (&mut p.server, &mut p.client);
        send(server, client, &[7; 3000]);
        server.shutdown(Shutdown::Write).unwrap();
        drained(client);
        p.truth(Ended::Fin, C, None)
    }),
    ("opened and closed without a byte", || {
        let mut p = pair();
        close(&mut p.client, &mut p.server);
        p.truth(Ended::Fin, C, None)
    }),
    ("over IPv6", || {
        let mut p = pair_at("[::1]:0");
        p.talk();
        close(&mut p.server, &mut p.client);
        p.truth(Ended::Fin, S, None)
    }),
    ("left open", || {
        let mut p = pair();
        p.talk();
        let truth = p.truth(Ended::Open, None, None);
        // Until the capture is over.
        std::mem::forget(p);
        truth
    }),
    ("half closed and left open", || {
        let mut p = pair();
        p.talk();
        p.client.shutdown(Shutdown::Write).unwrap();
        drained(&mut p.server);
        let truth = p.truth(Ended::Open, None, None);
        std::mem::forget(p);
        truth
    }),
    ("nobody listens", || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        drop(listener);
        let socket = from_port(0);
        let client = socket.local_addr().unwrap().as_socket().unwrap();
        socket.connect(&server.into()).unwrap_err();
        vec![(Opened::Seen, client, Ended::Reset, S, Some(ResetCause::ClosedPort))]
    }),
    ("the client closes with data unread", || {
        let mut p = pair();
        send(&mut p.client, &mut p.server, b"question");
        p.server.write_all(&[b'x'; 15_000]).unwrap();
        p.client.peek(&mut [0; 1]).unwrap();
        let truth = p.truth(Ended::Reset, C, Some(ResetCause::UnreadData));
        drop(p.client);
        was_reset(&mut p.server);
        truth
    }),
    ("the server closes with a little unread", || {
        let mut p = pair();
        p.talk();
        p.client.write_all(b"quit\n").unwrap();
        p.server.peek(&mut [0; 1]).unwrap();
        let truth = p.truth(Ended::Reset, S, Some(ResetCause::UnreadData));
        drop(p.server);
        was_reset(&mut p.client);
        truth
    }),
    ("the client closes with data unread after the server closed", || {
        let mut p = pair();
        p.server.write_all(&[b'x'; 5000]).unwrap();
        p.server.shutdown(Shutdown::Write).unwrap();
        p.client.peek(&mut [0; 1]).unwrap();
        let truth = p.truth(Ended::Reset, C, Some(ResetCause::UnreadData));
        drop(p.client);
        was_reset(&mut p.server);
        truth
    }),
    ("the client resets on purpose", || {
        let mut p = pair();
        p.talk();
        let truth = p.truth(Ended::Reset, C, Some(ResetCause::Abort));
        hard(p.client);
        was_reset(&mut p.server);
        truth
    }),
    ("the server resets on purpose", || {
        let mut p = pair();
        p.talk();
        let truth = p.truth(Ended::Reset, S, Some(ResetCause::Abort));
        hard(p.server);
        was_reset(&mut p.client);
        truth
    }),
    ("reset before a byte", || {
        let mut p = pair();
        let truth = p.truth(Ended::Reset, C, Some(ResetCause::Abort));
        hard(p.client);
        was_reset(&mut p.server);
        truth
    }),
    ("reset on purpose after the other end closed", || {
        let mut p = pair();
        p.talk();
        p.client.shutdown(Shutdown::Write).unwrap();
        drained(&mut p.server);
        let truth = p.truth(Ended::Reset, S, Some(ResetCause::Abort));
        hard(p.server);
        was_reset(&mut p.client);
        truth
    }),
    ("nobody ever accepts", || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        drop(listener);
        was_reset(&mut client);
        let client = client.local_addr().unwrap();
        vec![(Opened::Seen, client, Ended::Reset, S, Some(ResetCause::Abort))]
    }),
    ("data for a socket that is closed", || {
        let mut p = pair();
        p.talk();
        let truth = p.truth(Ended::Reset, C, Some(ResetCause::LateData));
        drop(p.client);
        drained(&mut p.server);
        p.server.write_all(b"too late").unwrap();
        while p.server.write_all(b"x").is_ok() {}
        truth
    }),
    ("the server knows nothing of it any more", || {
        let mut p = pair();
        p.talk();
        let truth = p.truth(Ended::Reset, S, Some(ResetCause::HalfOpen));
        vanish(p.server);
        p.client.write_all(b"are you there").unwrap();
        was_reset(&mut p.client);
        truth
    }),
    ("the client knows nothing of it any more", || {
        let mut p = pair();
        p.talk();
        let truth = p.truth(Ended::Reset, C, Some(ResetCause::HalfOpen));
        vanish(p.client);
        p.server.write_all(b"are you there").unwrap();
        was_reset(&mut p.server);
        truth
    }),
    ("a forged reset is taken", || {
        let mut p = pair();
        p.talk();
        let (mut client, mut server) = (p.client.try_clone().unwrap(), p.server.try_clone().unwrap());
        forged(&p.client, &p.server, || send(&mut client, &mut server, b"more"), |f| as_reset(f, 4, 47));
        was_reset(&mut p.server);
        p.truth(Ended::Reset, C, Some(ResetCause::Middlebox))
    }),
    ("a forged reset out of the window is not", || {
        let mut p = pair();
        p.talk();
        let (mut client, mut server) = (p.client.try_clone().unwrap(), p.server.try_clone().unwrap());
        forged(&p.client, &p.server, || send(&mut client, &mut server, b"more"), |f| as_reset(f, 3000, 47));
        p.talk();
        close(&mut p.client, &mut p.server);
        p.truth(Ended::Fin, C, None)
    }),
    ("a SYN from nobody is answered", || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (client, mut server) = (from_port(0), listener.local_addr().unwrap());
        let from = client.local_addr().unwrap().as_socket().unwrap();
        let mut capture = Capture::builder("lo").open().unwrap();
        // A SYN of its own, seen and sent again from a port that has no socket.
        client.connect(&server.into()).unwrap();
        capture.stop();
        let mut syn = capture.next_packet().unwrap().unwrap().data.to_vec();
        drop((listener.accept().unwrap(), client));
        let other = from.port().wrapping_add(1).max(1024);
        syn[34..36].copy_from_slice(&other.to_be_bytes());
        server.set_port(u16::from_be_bytes([syn[36], syn[37]]));
        // The pseudo header did not change, and the port did by one.
        fix_checksum(&mut syn);
        let mut capture = Capture::builder("lo").open().unwrap();
        Injector::open("lo").unwrap().send(&syn).unwrap();
        until(&mut capture, |tcp| tcp.contains(TcpFlags::RST));
        let scan = SocketAddr::new(from.ip(), other);
        vec![
            (Opened::Seen, from, Ended::Fin, S, None),
            (Opened::Seen, scan, Ended::Reset, C, Some(ResetCause::HalfOpen)),
        ]
    }),
    ("the same ports again after a close", || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let mut truths = Vec::new();
        let mut port = 0;
        for _ in 0..2 {
            let socket = from_port(port);
            socket.connect(&server.into()).unwrap();
            let mut client = TcpStream::from(socket);
            port = client.local_addr().unwrap().port();
            let (mut accepted, from) = listener.accept().unwrap();
            send(&mut client, &mut accepted, b"hello");
            accepted.shutdown(Shutdown::Write).unwrap();
            drained(&mut client);
            drop(client);
            drained(&mut accepted);
            truths.push((Opened::Seen, from, Ended::Fin, S, None));
        }
        truths
    }),
    ("data in the SYN", || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = from_port(0);
        let to = match listener.local_addr().unwrap() {
            SocketAddr::V4(to) => nix::sys::socket::SockaddrIn::from(to),
            SocketAddr::V6(_) => unreachable!("bound to IPv4"),
        };
        // MSG_FASTOPEN
        let flag = MsgFlags::from_bits_retain(0x2000_0000);
        let fd = std::os::fd::AsRawFd::as_raw_fd(&socket);
        nix::sys::socket::sendto(fd, b"early", &to, flag).unwrap();
        let (mut server, from) = listener.accept().unwrap();
        server.read_exact(&mut [0; 5]).unwrap();
        let mut client = TcpStream::from(socket);
        client.shutdown(Shutdown::Write).unwrap();
        drained(&mut server);
        drop(server);
        drained(&mut client);
        vec![(Opened::Seen, from, Ended::Fin, C, None)]
    }),
    ("a window that closes and opens", || {
        let mut p = pair();
        p.client.set_write_timeout(Some(Duration::from_millis(600))).unwrap();
        let mut sent = 0;
        while let Ok(n) = p.client.write(&[b'x'; 65_536]) {
            sent += n;
        }
        p.server.read_exact(&mut vec![0; sent]).unwrap();
        close(&mut p.client, &mut p.server);
        p.truth(Ended::Fin, C, None)
    }),
    ("kept alive, then closed by the server", || {
        let mut p = pair();
        p.talk();
        let often = TcpKeepalive::new().with_time(Duration::from_secs(1));
        SockRef::from(&p.client).set_tcp_keepalive(&often).unwrap();
        p.server.set_read_timeout(Some(Duration::from_millis(1300))).unwrap();
        p.server.read(&mut [0; 1]).unwrap_err();
        close(&mut p.server, &mut p.client);
        p.truth(Ended::Fin, S, None)
    }),
];

/// Makes the checksum of TCP over IPv4 without options right.
fn fix_checksum(frame: &mut [u8]) {
    frame[50..52].fill(0);
    let mut total = 6 + (frame.len() - 34) as u32;
    for pair in frame[26..].chunks(2) {
        total += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    frame[50..52].copy_from_slice(&(!(total as u16)).to_be_bytes());
}

/// Waits for a segment with such flags.
fn until(capture: &mut Capture, wanted: impl Fn(TcpFlags) -> bool) {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if capture.advance(Some(Duration::from_millis(100))).unwrap() != Step::Packet {
            continue;
        }
        let packet = capture.packet();
        if let Some(Transport::Tcp(tcp)) = Layers::decode(packet.link, packet.data).transport
            && wanted(tcp.flags())
        {
            return;
        }
    }
    panic!("it never came");
}

#[test]
fn openers_closers_and_why_are_right_on_loopback() {
    in_namespace("live::endings::openers_closers_and_why_are_right_on_loopback", || {
        // What is injected is taken like any other.
        for what in ["route_localnet", "accept_local"] {
            fs::write(format!("/proc/sys/net/ipv4/conf/all/{what}"), "1").expect("a namespace has its own");
        }
        // With data in the SYN, by anybody, without a cookie.
        fs::write("/proc/sys/net/ipv4/tcp_fastopen", "1543").expect("a namespace has its own");
        let mut wrong = Vec::new();
        for (kind, work) in ON_LOOPBACK {
            let (truth, found) = found("lo", work);
            if truth != found {
                wrong.push(format!("{kind}:\n  is   {truth:?}\n  said {found:?}"));
            }
        }
        assert!(ON_LOOPBACK.len() >= 26, "{}", ON_LOOPBACK.len());
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    });
}

/// A connection of ours to the other host, from which nothing comes any more.
fn cut_off(peer: &Peer) -> (TcpStream, SocketAddr) {
    let (give, port) = mpsc::channel();
    let accepted = peer.start(move || {
        let listener = TcpListener::bind("10.9.0.2:0").expect("a port");
        give.send(listener.local_addr().expect("bound").port()).expect("somebody waits");
        let accepted = listener.accept().expect("it connects");
        ip("route add blackhole 10.9.0.1/32");
        // Open until the namespace is gone.
        std::mem::forget(accepted);
    });
    let client = TcpStream::connect(("10.9.0.2", port.recv().expect("a port"))).expect("it listens");
    accepted.recv().expect("it did");
    let address = client.local_addr().expect("bound");
    (client, address)
}

fn timed_out(client: &mut TcpStream) {
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let error = client.read(&mut [0; 1]).expect_err("nothing comes");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

#[test]
fn who_gave_up_waiting_is_right() {
    in_namespace("live::endings::who_gave_up_waiting_is_right", || {
        let peer = Peer::new();
        let check = |kind: &str, work: &dyn Fn() -> Vec<Truth>| {
            let (truth, found) = found("v0", work);
            assert_eq!(found, truth, "{kind}");
            peer.run(|| ip("route del blackhole 10.9.0.1/32"));
        };
        check("data is never acknowledged", &|| {
            let (mut client, address) = cut_off(&peer);
            SockRef::from(&client).set_tcp_user_timeout(Some(Duration::from_millis(2500))).unwrap();
            client.write_all(b"hello").unwrap();
            timed_out(&mut client);
            vec![(Opened::Seen, address, Ended::Timeout, None, None)]
        });
        check("keep-alives are never answered", &|| {
            let (mut client, address) = cut_off(&peer);
            let second = Duration::from_secs(1);
            let often = TcpKeepalive::new().with_time(second).with_interval(second).with_retries(2);
            SockRef::from(&client).set_tcp_keepalive(&often).unwrap();
            timed_out(&mut client);
            vec![(Opened::Seen, address, Ended::Reset, C, Some(ResetCause::Timeout))]
        });
        check("a SYN is never answered", &|| {
            peer.run(|| ip("route add blackhole 10.9.0.1/32"));
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.bind(&SocketAddr::from(([10, 9, 0, 1], 0)).into()).unwrap();
            let address = socket.local_addr().unwrap().as_socket().unwrap();
            let far = SocketAddr::from(([10, 9, 0, 2], 80));
            socket.connect_timeout(&far.into(), Duration::from_millis(3500)).unwrap_err();
            vec![(Opened::Seen, address, Ended::Timeout, None, None)]
        });
    });
}
