//! Scenarios, each proved from its bytes: real sockets in a namespace, the relay's losses, and
//! crafted frames where sockets cannot be made to do it.
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use synack::capture::Capture;
use synack::explain::{Explainer, Style, Text};
use synack::flow::{FlowTable, Limits};
use synack::{Layers, LinkType, Packet, Source, Timestamp};

use super::bytes::{ACK, FIN, RST, SYN};
use super::checker;
use super::frames::Script;
use crate::live::in_namespace;
use crate::relay;

/// Frames and their times in nanoseconds.
pub(super) type Frames = Vec<(u64, Vec<u8>)>;

/// The explanation of frames, in the normal style.
pub(super) fn explained(frames: &Frames) -> String {
    let mut flows = FlowTable::new(Limits::default());
    let (mut explainer, mut layout) = (Explainer::new(Style::Normal), Text::new());
    let mut text = String::new();
    for (time, frame) in frames {
        let mut packet = Packet::new(LinkType::ETHERNET, frame);
        packet.time = Timestamp::new((time / 1_000_000_000) as i64, time % 1_000_000_000);
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        if let Some(segment) = explainer.explain(&packet, &layers, &seen) {
            layout.segment(&mut text, &segment);
        }
    }
    text
}

/// Explains frames, has every line proved, and looks for what the scenario is about.
#[track_caller]
pub(super) fn prove(frames: &Frames, about: &[&str]) -> String {
    let text = explained(frames);
    let found = checker::check(frames, &text);
    assert!(found.faults.is_empty(), "{} faults:\n{}\n\n{text}", found.faults.len(), found.faults.join("\n"));
    assert!(found.lines > frames.len(), "only {} lines proved", found.lines);
    for words in about {
        assert!(text.contains(words), "nothing says {words:?}:\n{text}");
    }
    text
}

/// What passed at an interface while `work` was done.
fn record(interface: &str, work: impl FnOnce()) -> Frames {
    let mut capture = Capture::builder(interface).open().expect("capture");
    work();
    capture.stop();
    let mut frames = Vec::new();
    while let Some(packet) = capture.next_packet().expect("capture") {
        let time = packet.time.secs as u64 * 1_000_000_000 + packet.time.nanos;
        frames.push((time, packet.data.to_vec()));
    }
    frames
}

/// A listener and both ends of a connection to it.
fn pair() -> (TcpListener, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    let (server, _) = listener.accept().expect("it connected");
    (listener, client, server)
}

fn read(stream: &mut TcpStream, n: usize) {
    stream.read_exact(&mut vec![0; n]).expect("it was sent");
}

/// Waits until the other end has nothing more to say: its FIN came.
fn drain(stream: &mut TcpStream) {
    stream.read_to_end(&mut Vec::new()).expect("it closes");
}

fn ip(words: &str) {
    let status = Command::new("ip").args(words.split(' ')).status().expect("ip is there");
    assert!(status.success(), "ip {words}");
}

#[test]
fn real_sockets_open_talk_and_close() {
    in_namespace("explain::scenarios::real_sockets_open_talk_and_close", || {
        // Data both ways, the client closes first.
        let frames = record("lo", || {
            let (_listener, mut client, mut server) = pair();
            client.write_all(b"GEN\n").unwrap();
            read(&mut server, 4);
            server.write_all(b"New number generated: 8\n").unwrap();
            read(&mut client, 24);
            client.shutdown(Shutdown::Write).unwrap();
            drain(&mut server);
            drop(server);
            drain(&mut client);
        });
        let about =
            ["opens the connection", "accepts", "carries 4 bytes \"GEN\\n\"", "the client closed first"];
        prove(&frames, &about);

        // Half closed: the server goes on.
        let frames = record("lo", || {
            let (_listener, mut client, mut server) = pair();
            client.shutdown(Shutdown::Write).unwrap();
            drain(&mut server);
            server.write_all(&[b'x'; 3000]).unwrap();
            read(&mut client, 3000);
            drop(server);
            drain(&mut client);
        });
        prove(&frames, &["the server may still send", "carries 3000 bytes", "closes its half too"]);
    });
}

#[test]
fn real_sockets_refuse_abort_and_reset() {
    in_namespace("explain::scenarios::real_sockets_refuse_abort_and_reset", || {
        let frames = record("lo", || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            TcpStream::connect(address).unwrap_err();
        });
        prove(&frames, &["refuses the SYN of packet 1: nobody listens", "Ack = X+1 is X plus 1"]);

        // Closed with data unread.
        let frames = record("lo", || {
            let (_listener, client, mut server) = pair();
            server.write_all(&[b'x'; 15_000]).unwrap();
            client.peek(&mut [0; 1]).unwrap();
            while nix::sys::socket::recv(
                std::os::fd::AsRawFd::as_raw_fd(&client),
                &mut vec![0; 20_000],
                nix::sys::socket::MsgFlags::MSG_PEEK,
            )
            .unwrap()
                < 15_000
            {}
            drop(client);
            let mut rest = Vec::new();
            let _reset = server.read_to_end(&mut rest).unwrap_err();
        });
        prove(&frames, &["aborts", "with data unread"]);

        // A reset because the program wants it.
        let frames = record("lo", || {
            let (_listener, mut client, mut server) = pair();
            client.write_all(b"hello").unwrap();
            read(&mut server, 5);
            setsockopt(&client, sockopt::Linger, &nix::libc::linger { l_onoff: 1, l_linger: 0 }).unwrap();
            drop(client);
            let _reset = server.read(&mut [0; 1]).unwrap_err();
        });
        prove(&frames, &["aborts the connection, because its program closed the socket hard"]);

        // Data for a socket that is closed.
        let frames = record("lo", || {
            let (_listener, client, mut server) = pair();
            drop(client);
            assert_eq!(server.read(&mut [0; 1]).unwrap(), 0);
            server.write_all(b"too late").unwrap();
            while server.write_all(b"x").is_ok() {}
        });
        prove(&frames, &["refuses the 8 bytes Y+1 … Y+8 of packet", "Seq = X+2 is the Ack of packet"]);

        // The same ports again.
        let frames = record("lo", || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let server: SocketAddr = listener.local_addr().unwrap();
            let mut port = None;
            for _ in 0..2 {
                let client = again(port, server);
                port = Some(client.local_addr().unwrap().port());
                let (mut accepted, _) = listener.accept().unwrap();
                setsockopt(&client, sockopt::Linger, &nix::libc::linger { l_onoff: 1, l_linger: 0 }).unwrap();
                drop(client);
                let _reset = accepted.read(&mut [0; 1]).unwrap_err();
            }
        });
        prove(&frames, &["uses the addresses and ports of connection 1 again"]);
    });
}

/// Connects, from a port that is given.
fn again(port: Option<u16>, server: SocketAddr) -> TcpStream {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
    use std::os::fd::AsRawFd;
    let Some(port) = port else { return TcpStream::connect(server).expect("it listens") };
    let fd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).expect("a socket");
    setsockopt(&fd, sockopt::ReuseAddr, &true).expect("a socket");
    bind(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, port)).expect("a free port");
    connect(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, server.port())).expect("it listens");
    TcpStream::from(fd)
}

#[test]
fn real_sockets_close_windows_probe_and_keep_alive() {
    in_namespace("explain::scenarios::real_sockets_close_windows_probe_and_keep_alive", || {
        fs::write("/proc/sys/net/ipv4/tcp_rmem", "4096 8192 8192").expect("a namespace has its own");
        ip("link set lo mtu 1500");
        let frames = record("lo", || {
            let (_listener, mut client, mut server) = pair();
            client.set_write_timeout(Some(Duration::from_millis(1500))).unwrap();
            // Until nothing fits any more, and then as long as two probes take.
            let mut sent = 0;
            while let Ok(n) = client.write(&[b'x'; 4096]) {
                sent += n;
            }
            client.set_write_timeout(None).unwrap();
            server.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            read(&mut server, sent);
            client.shutdown(Shutdown::Write).unwrap();
            drain(&mut server);
        });
        let about =
            ["has no room left: window 0", "probes with", "answers the zero window probe", "bytes; Ack ="];
        prove(&frames, &about);

        let frames = record("lo", || {
            let (_listener, mut client, mut server) = pair();
            client.write_all(b"hello").unwrap();
            read(&mut server, 5);
            setsockopt(&client, sockopt::KeepAlive, &true).unwrap();
            setsockopt(&client, sockopt::TcpKeepIdle, &1).unwrap();
            setsockopt(&client, sockopt::TcpKeepInterval, &1).unwrap();
            // The kernel's probe takes a second: nothing else tells that it was sent.
            server.set_read_timeout(Some(Duration::from_millis(1500))).unwrap();
            server.read(&mut [0; 1]).unwrap_err();
        });
        prove(&frames, &["(keep-alive)", "answers the keep-alive of packet"]);

        // Giants: the card would cut them.
        let frames = record("lo", || {
            let (_listener, mut client, mut server) = pair();
            let sender = std::thread::spawn(move || server.write_all(&[b'x'; 100_000]).map(|()| server));
            read(&mut client, 100_000);
            drop(sender.join().unwrap().unwrap());
            drain(&mut client);
        });
        prove(&frames, &["is more than the MSS of 1460", "has no checksum, and needs none"]);
    });
}

#[test]
fn a_black_hole_answers_nothing() {
    in_namespace("explain::scenarios::a_black_hole_answers_nothing", || {
        ip("link add hole type veth peer name far");
        ip("link set far up");
        ip("addr add 192.0.2.1/24 dev hole");
        ip("link set hole up");
        ip("neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev hole");
        let frames = record("hole", || {
            let address = "192.0.2.9:80".parse().unwrap();
            TcpStream::connect_timeout(&address, Duration::from_millis(3300)).unwrap_err();
        });
        prove(
            &frames,
            &["repeats its SYN, Seq = X of packet 1, 1.0", "because no answer of the server came"],
        );
    });
}

#[test]
fn what_the_relay_loses_delays_and_copies_is_proved() {
    in_namespace("explain::scenarios::what_the_relay_loses_delays_and_copies_is_proved", || {
        let seeds = std::env::var("SYNACK_EXPLAIN_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
        let faults = Mutex::new(Vec::new());
        let kinds = Mutex::new(std::collections::BTreeMap::<&str, usize>::new());
        relay::runs(0..seeds, relay::plan::SHORT, Duration::from_secs(6), |run| {
            for (tap, name) in run.taps.iter().zip(relay::run::TAPS) {
                let frames: Frames = tap.iter().map(|p| (p.time, p.frame.to_vec())).collect();
                let found = checker::check(&frames, &explained(&frames));
                let of = |fault: String| format!("seed {} at {name}: {fault}", run.plan.seed);
                faults.lock().unwrap().extend(found.faults.into_iter().map(of));
                for (kind, n) in found.kinds {
                    *kinds.lock().unwrap().entry(kind).or_default() += n;
                }
            }
        });
        let (faults, kinds) = (faults.into_inner().unwrap(), kinds.into_inner().unwrap());
        let lines: usize = kinds.values().sum();
        println!("{lines} lines proved, {} wrong: {kinds:#?}", faults.len());
        assert!(faults.is_empty(), "{} of {lines} wrong:\n{}", faults.len(), faults.join("\n"));
    });
}

/// SYN, SYN-ACK, ACK.
pub(super) fn open(script: &mut Script) {
    script.send(0, SYN, 0, 0, b"").send(1, SYN | ACK, 0, 1, b"").send(0, ACK, 1, 1, b"");
}

#[test]
fn both_open_at_once() {
    let mut script = Script::new();
    script.send(0, SYN, 0, 0, b"").send(1, SYN, 0, 0, b"").send(0, SYN | ACK, 0, 1, b"");
    script.send(1, SYN | ACK, 0, 1, b"").send(0, ACK, 1, 1, b"hello").send(1, ACK, 1, 6, b"");
    prove(
        &script.frames,
        &[
            "(simultaneous open)",
            "answers the SYN of packet 2, which crossed its own",
            "carries 5 bytes \"hello\"",
        ],
    );
}

#[test]
fn a_window_that_opens_with_the_reset_was_full_of_unread_data() {
    let mut script = Script::new();
    open(&mut script);
    script.send(1, ACK, 1, 1, &[b'x'; 4000]).window(2000).send(0, ACK, 1, 4001, b"");
    script.window(8192).send(0, RST | ACK, 1, 4001, b"");
    prove(
        &script.frames,
        &["with data unread: 4000 bytes had arrived, and its window opens from 2000 bytes"],
    );
}

#[test]
fn both_close_at_once() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, FIN | ACK, 1, 1, b"").send(1, FIN | ACK, 1, 1, b"");
    script.send(0, ACK, 2, 2, b"").send(1, ACK, 2, 2, b"");
    prove(&script.frames, &["(simultaneous close)", "client CLOSING, server CLOSING", "client TIME-WAIT"]);
}

#[test]
fn a_close_in_three_segments_and_one_in_four() {
    let mut script = Script::new();
    open(&mut script);
    script.send(1, FIN | ACK, 1, 1, b"").send(0, FIN | ACK, 1, 2, b"").send(1, ACK, 2, 2, b"");
    prove(&script.frames, &["the server closed first", "client LAST-ACK"]);
    let mut script = Script::new();
    open(&mut script);
    script.send(0, FIN | ACK, 1, 1, b"").send(1, ACK, 1, 2, b"");
    script.send(1, FIN | ACK, 1, 2, b"").send(0, ACK, 2, 2, b"");
    prove(&script.frames, &["the client closed first", "client FIN-WAIT-2, server CLOSE-WAIT"]);
}

#[test]
fn data_in_the_syn() {
    let mut script = Script::new();
    script.options(&[2, 4, 5, 0xb4, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1]).send(0, SYN, 0, 0, b"GET");
    script.options(&[2, 4, 5, 0xb4]).send(1, SYN | ACK, 0, 4, b"").options(&[]);
    script.send(0, ACK, 4, 1, b"").send(1, ACK, 1, 4, b"data").send(0, ACK, 4, 5, b"");
    let about =
        ["shows a cookie of 8 bytes", "carries 3 bytes in the SYN already \"GET\"", "what follows it is X+1"];
    prove(&script.frames, &about);
}

#[test]
fn numbers_go_round() {
    let mut script = Script::new();
    script.base = [u32::MAX - 3, u32::MAX];
    open(&mut script);
    script.send(0, ACK, 1, 1, b"0123456789").send(1, ACK, 1, 11, b"abc").send(0, ACK, 11, 4, b"");
    let text =
        prove(&script.frames, &["goes past the greatest number: from 4294967293 by 4294967295 and 0 to 6"]);
    assert!(text.contains("Seq = X+1 (4294967293, relative 1)"), "{text}");
}

#[test]
fn the_capture_begins_in_the_middle() {
    let mut script = Script::new();
    script.send(1, ACK, 5000, 300, b"abc").send(0, ACK, 300, 5003, b"").send(0, ACK, 300, 5003, b"more");
    script.send(1, ACK, 5003, 304, b"");
    prove(&script.frames, &["guessed by the ports", "is one less than", "acknowledges 3 bytes, Y+1 … Y+3"]);
}

#[test]
fn one_direction_was_captured() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, ACK, 1, 1, b"GET").send(1, ACK, 1, 4, b"data").send(0, ACK, 4, 5, b"more");
    script.send(1, ACK, 5, 8, b"again").send(0, FIN | ACK, 8, 10, b"");
    script.frames.retain(|(_, frame)| frame[26..30] == [10, 0, 0, 1]);
    prove(&script.frames, &["nothing of the server was captured before"]);
}

#[test]
fn the_capture_lost_some() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, ACK, 1, 1, b"one").send(0, ACK, 4, 1, b"two").send(1, ACK, 1, 7, b"");
    script.send(0, ACK, 7, 1, b"three").send(0, ACK, 12, 1, b"four").send(1, ACK, 1, 16, b"");
    // Once an ACK covers what never passed; once there is a hole.
    let mut frames = script.frames.clone();
    frames.remove(4);
    prove(&frames, &["acknowledges 3 bytes, X+4 … X+6, that never passed here"]);
    let mut frames = script.frames;
    frames.remove(6);
    prove(&frames, &["comes after a hole: X+7 … X+11, 5 bytes"]);
}

#[test]
fn a_damaged_segment_counts_for_nothing() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, ACK, 1, 1, b"hello");
    let last = script.frames.last_mut().unwrap();
    *last.1.last_mut().unwrap() ^= 1;
    script.wait(300).send(0, ACK, 1, 1, b"hello").send(1, ACK, 1, 6, b"");
    prove(&script.frames, &["is damaged: its checksum 0x", "carries 5 bytes \"hello\""]);
}

#[test]
fn a_forged_reset_is_challenged() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, ACK, 1, 1, b"hello").send(1, ACK, 1, 6, b"");
    script.send(0, RST, 1006, 0, b"").send(1, ACK, 1, 6, b"").send(0, ACK, 6, 1, b"more");
    let text = prove(
        &script.frames,
        &["ends nothing: Seq = X+1006 is not X+6", "is the Ack of no segment here", "(challenge ACK)"],
    );
    assert!(text.contains("carries 4 bytes \"more\""));
}

#[test]
fn a_syn_ack_is_lost_on_the_way() {
    let mut script = Script::new();
    script.send(0, SYN, 0, 0, b"").send(1, SYN | ACK, 0, 1, b"");
    script.wait(1000).send(0, SYN, 0, 0, b"").send(1, SYN | ACK, 0, 1, b"");
    script.send(0, ACK, 1, 1, b"").send(0, ACK, 1, 1, b"hello").send(1, ACK, 1, 6, b"");
    prove(
        &script.frames,
        &["repeats its SYN, Seq = X of packet 1", "although packet 2 had acknowledged it here"],
    );
}

#[test]
fn a_syn_is_answered_anew() {
    let mut script = Script::new();
    script.send(0, SYN, 0, 0, b"").send(1, SYN | ACK, 0, 1, b"").send(0, RST, 1, 0, b"");
    script.wait(1000).send(0, SYN, 0, 0, b"");
    script.base[1] = 900_000;
    script.send(1, SYN | ACK, 0, 1, b"").send(0, ACK, 1, 1, b"").send(1, ACK, 1, 1, b"hello");
    script.send(0, ACK, 1, 6, b"");
    let text = explained(&script.frames);
    assert!(text.contains("Y = 900000 is the server's first sequence number, which began anew"), "{text}");
    assert!(text.contains("acknowledges 5 bytes, Y+1 … Y+5, of packet 7: expects Y+6 next"), "{text}");
}

#[test]
fn a_fin_is_lost_on_the_way() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, FIN | ACK, 1, 1, b"").wait(210).send(0, FIN | ACK, 1, 1, b"");
    script.send(1, FIN | ACK, 1, 2, b"").send(0, ACK, 2, 2, b"");
    prove(
        &script.frames,
        &["repeats its FIN, Seq = X+1 of packet 4", "because no ACK of the server for it came"],
    );
}

/// What was acknowledged long ago is not remembered for ever; what was sent again since still is.
#[test]
fn the_first_sending_is_forgotten() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, ACK, 1, 1, b"first").send(1, ACK, 1, 6, b"");
    script.wait(60_000).send(0, ACK, 1, 1, b"first");
    for n in 0..40 {
        let seq = 6 + 5 * n;
        script.send(0, ACK, seq, 1, b"later").send(1, ACK, 1, seq + 5, b"");
    }
    script.wait(300).send(0, ACK, 1, 1, b"first");
    prove(&script.frames, &["last sent in packet 6, 340.500 ms before"]);
}

#[test]
fn a_payload_cannot_pass_for_words_of_ours() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, ACK, 1, 1, b"\x1b[31m\": Seq = X+99, \xe2\x80\xae").send(1, ACK, 1, 24, b"");
    let text = prove(&script.frames, &["carries 23 bytes"]);
    assert!(!text.contains('\x1b') && !text.contains('\u{202e}'));
}

/// The proof is worth something: with one digit changed it finds a fault in nearly every line.
#[test]
fn a_changed_digit_is_found() {
    let mut script = Script::new();
    open(&mut script);
    script.send(0, ACK, 1, 1, b"hello").wait(220).send(0, ACK, 1, 1, b"hello").send(1, ACK, 1, 6, b"");
    script.send(1, ACK, 1, 6, b"data").send(0, FIN | ACK, 6, 1, b"").send(0, RST, 6, 0, b"");
    let text = explained(&script.frames);
    assert!(checker::check(&script.frames, &text).faults.is_empty());
    let (mut changed, mut missed) = (0, Vec::new());
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        let line = text[..at].rsplit('\n').next().unwrap().len();
        let whole = text[at - line..].lines().next().unwrap();
        // What is no number of the segment: names, and RFCs.
        let said = whole.starts_with("    ") || whole.starts_with('#') || whole.starts_with(['X', 'Y']);
        if !said || whole[..line].ends_with("RFC ") || whole[..line].contains("RFC ") {
            continue;
        }
        let mut other = text.clone().into_bytes();
        other[at] = if byte == b'9' { b'0' } else { byte + 1 };
        let other = String::from_utf8(other).unwrap();
        changed += 1;
        let found = std::panic::catch_unwind(|| checker::check(&script.frames, &other).faults.len());
        if found.is_ok_and(|faults| faults == 0) {
            missed.push(format!("{whole} at {line}"));
        }
    }
    assert!(changed > 250, "only {changed} digits");
    assert!(missed.is_empty(), "{} of {changed} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Numbers of somebody who only refuses are nobody's own: none is called Y.
#[test]
fn a_refusal_has_no_numbers_of_its_own() {
    let mut script = Script::new();
    script.base[1] = 0;
    script.send(0, SYN, 0, 0, b"").send(1, RST | ACK, 0, 1, b"");
    let text = prove(&script.frames, &["refuses the SYN of packet 1: nobody listens on port"]);
    assert!(!text.contains("Y =") && !text.contains("Y+"), "{text}");
    // A SYN-ACK that nobody asked for.
    let mut script = Script::new();
    script.send(1, SYN | ACK, 0, 1, b"").send(0, RST, 1, 0, b"");
    prove(&script.frames, &["says that the client knows of no such connection"]);
}
