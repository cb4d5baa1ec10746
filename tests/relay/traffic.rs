//! What the two programs do with their sockets.
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};

use super::plan::MS;
use crate::random::Random;

/// Who does what. Sizes in bytes, times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// The server sends, in writes of `write` bytes.
    Download {
        bytes: usize,
        write: usize,
    },
    Upload {
        bytes: usize,
        write: usize,
    },
    /// Requests and answers in turn.
    Requests {
        count: usize,
        ask: usize,
        answer: usize,
    },
    /// Both send at the same time.
    Both {
        bytes: usize,
    },
    /// Small writes without waiting (Nagle off), with pauses between.
    Trickle {
        count: usize,
        write: usize,
        pause: u64,
    },
    /// Nothing to say for a while: keep-alives.
    Idle {
        pause: u64,
    },
    /// The client reads nothing for a while: zero window.
    Slow {
        bytes: usize,
        pause: u64,
    },
    /// The client has enough in the middle of it (`SO_LINGER` of zero): RST.
    Abort {
        bytes: usize,
        read: usize,
    },
    /// The client closes with data unread: RST.
    Unread {
        bytes: usize,
    },
    /// The client closes its half, then the server sends.
    HalfClosed {
        bytes: usize,
    },
    /// The same client port again and again.
    Reuse {
        count: usize,
        bytes: usize,
    },
    /// Nobody listens there.
    Refused {
        count: usize,
    },
    /// Several connections at once.
    Several {
        count: usize,
        bytes: usize,
    },
}

impl Scenario {
    /// One of them; `patient` allows those that take seconds, and more bytes.
    pub(crate) fn new(random: &mut Random, patient: bool, rtt: u64) -> Self {
        // What a window of some ten segments carries in about twenty round trips.
        let most = if patient { 300_000 } else { 120_000 };
        let bytes = random.of(&[3_000, 20_000, 60_000, 100_000, most]);
        let write = random.of(&[100, 1_000, 1_448, 8_192, 65_536]);
        let stall = (rtt / MS * 4).max(if patient { random.of(&[450, 1_200, 2_000]) } else { 450 });
        match random.below(24) {
            0..=3 => Self::Download { bytes, write: write.max(1_000) },
            4..=6 => Self::Upload { bytes, write: write.max(1_000) },
            7 | 8 => Self::Requests {
                count: 1 + random.below(12),
                ask: random.of(&[20, 400, 3_000]),
                answer: random.of(&[50, 1_500, 9_000]),
            },
            9..=11 => Self::Both { bytes: bytes.min(100_000) },
            12 | 13 => Self::Trickle {
                count: 20 + random.below(60),
                write: write.min(1_000),
                pause: random.of(&[0, 2, 11]),
            },
            14 | 22 if patient => Self::Idle { pause: 2_300 },
            14 | 15 | 22 | 23 => Self::Slow { bytes: bytes.max(60_000), pause: stall },
            16 => Self::Abort { bytes: bytes.max(20_000), read: 5_000 },
            17 => Self::Unread { bytes: bytes.max(20_000) },
            18 => Self::HalfClosed { bytes },
            19 => Self::Reuse { count: 2 + random.below(3), bytes: random.of(&[100, 4_000, 20_000]) },
            20 if random.one_in(2) => Self::Refused { count: 1 + random.below(3) },
            _ => Self::Several { count: 2 + random.below(4), bytes: bytes.min(30_000) },
        }
    }

    /// Connections that the client opens and the server serves.
    fn served(&self) -> usize {
        match self {
            Self::Refused { .. } => 0,
            Self::Reuse { count, .. } | Self::Several { count, .. } => *count,
            _ => 1,
        }
    }
}

/// The octet at this place of every stream, of which each program checks what it reads.
pub(crate) fn octet(at: usize) -> u8 {
    (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[1]
}

/// A socket on which this program is patient until a deadline, and no longer.
struct Talk {
    stream: TcpStream,
    until: Instant,
    sent: usize,
    read: usize,
}

impl Talk {
    fn new(stream: TcpStream, until: Instant) -> Self {
        Self { stream, until, sent: 0, read: 0 }
    }

    fn patience(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    /// Sends so many octets in writes of `write`.
    fn send(&mut self, bytes: usize, write: usize) -> io::Result<()> {
        let end = self.sent + bytes;
        while self.sent < end {
            let chunk: Vec<u8> = (self.sent..end.min(self.sent + write)).map(octet).collect();
            self.stream.set_write_timeout(Some(self.patience()?))?;
            self.stream.write_all(&chunk)?;
            self.sent += chunk.len();
        }
        Ok(())
    }

    /// Reads so many octets, or all that come.
    fn receive(&mut self, bytes: usize) -> io::Result<()> {
        let end = self.read.saturating_add(bytes);
        let mut buffer = [0; 16_384];
        while self.read < end {
            self.stream.set_read_timeout(Some(self.patience()?))?;
            let room = buffer.len().min(end - self.read);
            let len = self.stream.read(&mut buffer[..room])?;
            if len == 0 {
                return Ok(());
            }
            for (n, &byte) in buffer[..len].iter().enumerate() {
                assert_eq!(byte, octet(self.read + n), "the stream is not what was sent");
            }
            self.read += len;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.receive(usize::MAX)
    }

    /// Sends and receives at the same time.
    fn both(&mut self, bytes: usize) -> io::Result<()> {
        let mut sender = Self::new(self.stream.try_clone()?, self.until);
        thread::scope(|scope| {
            let sending = scope.spawn(move || {
                let sent = sender.send(bytes, 8_192);
                let _closed = sender.stream.shutdown(Shutdown::Write);
                sent
            });
            let received = self.receive(usize::MAX);
            sending.join().expect("it ends")?;
            received
        })
    }

    /// Closes with RST.
    fn abort(&self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }
}

/// The server: a listener, and a thread for each connection, until all are served or time is up.
pub(crate) fn serve(listener: &TcpListener, scenario: &Scenario, until: Instant) -> usize {
    listener.set_nonblocking(true).expect("a listener");
    let mut handlers = Vec::new();
    while handlers.len() < scenario.served() && Instant::now() < until {
        let Ok((stream, _)) = listener.accept() else {
            // What there is to wait for is the network.
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        stream.set_nonblocking(false).expect("a socket");
        let scenario = scenario.clone();
        handlers.push(thread::spawn(move || {
            let mut talk = Talk::new(stream, until);
            let _failed = answer(&mut talk, &scenario);
            talk.read
        }));
    }
    handlers.into_iter().map(|handler| handler.join().expect("the server's thread")).sum()
}

/// One connection at the server.
fn answer(talk: &mut Talk, scenario: &Scenario) -> io::Result<()> {
    match *scenario {
        Scenario::Download { bytes, write } => talk.send(bytes, write)?,
        Scenario::Upload { .. } => {}
        Scenario::Requests { count, ask, answer } => {
            for _ in 0..count {
                talk.receive(ask)?;
                talk.send(answer, answer)?;
            }
        }
        Scenario::Both { bytes } => return talk.both(bytes),
        Scenario::Trickle { count, write, pause } => {
            talk.stream.set_nodelay(true)?;
            for _ in 0..count {
                talk.send(write, write)?;
                thread::sleep(Duration::from_millis(pause));
            }
        }
        Scenario::Idle { .. } => {
            keep_alive(&talk.stream)?;
            talk.receive(1_000)?;
            talk.send(1_000, 1_000)?;
            talk.receive(1_000)?;
        }
        Scenario::Slow { bytes, .. } | Scenario::Abort { bytes, .. } | Scenario::Unread { bytes } => {
            talk.send(bytes, 8_192)?;
        }
        Scenario::HalfClosed { bytes } => {
            talk.receive(usize::MAX)?;
            talk.send(bytes, 8_192)?;
        }
        Scenario::Reuse { bytes, .. } => {
            talk.receive(10)?;
            talk.send(bytes, 8_192)?;
        }
        Scenario::Several { bytes, .. } => {
            talk.receive(10)?;
            talk.send(bytes, 3_000)?;
        }
        Scenario::Refused { .. } => {}
    }
    talk.finish()
}

fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let every = Duration::from_secs(1);
    SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(every).with_interval(every))
}

/// The client, until all is said or time is up: how many octets it read.
pub(crate) fn talk(server: SocketAddr, scenario: &Scenario, until: Instant) -> usize {
    match *scenario {
        Scenario::Several { count, .. } => {
            thread::scope(|scope| {
                // Connected here, one after another, because a socket is of its thread's namespace.
                let talks: Vec<Talk> =
                    (0..count).filter_map(|_| connect(server, 0, scenario, until).ok()).collect();
                let threads: Vec<_> = talks
                    .into_iter()
                    .map(|mut talk| {
                        scope.spawn(move || {
                            let _failed = converse(&mut talk, scenario);
                            talk.read
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().expect("the client's thread")).sum()
            })
        }
        Scenario::Reuse { count, .. } => {
            let mut read = 0;
            let mut done = 0;
            while done < count && Instant::now() < until {
                match ask(server, 45_678, scenario, until) {
                    Ok(more) => {
                        read += more;
                        done += 1;
                    }
                    // The port is still in use: the last ACK is on its way.
                    Err(_) => thread::sleep(Duration::from_millis(3)),
                }
            }
            read
        }
        Scenario::Refused { count } => {
            for _ in 0..count {
                let _refused = ask(server, 0, scenario, until);
            }
            0
        }
        _ => ask(server, 0, scenario, until).unwrap_or(0),
    }
}

fn connect(server: SocketAddr, port: u16, scenario: &Scenario, until: Instant) -> io::Result<Talk> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    if port != 0 {
        socket.set_reuse_address(true)?;
        let any = if server.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
        let mut local: SocketAddr = any.parse().expect("an address");
        local.set_port(port);
        socket.bind(&local.into())?;
    }
    if matches!(scenario, Scenario::Slow { .. }) {
        socket.set_recv_buffer_size(8_000)?;
    }
    let left = until.saturating_duration_since(Instant::now());
    socket.connect_timeout(&server.into(), left.max(Duration::from_millis(1)))?;
    Ok(Talk::new(socket.into(), until))
}

fn ask(server: SocketAddr, port: u16, scenario: &Scenario, until: Instant) -> io::Result<usize> {
    let mut talk = connect(server, port, scenario, until)?;
    let _failed = converse(&mut talk, scenario);
    Ok(talk.read)
}

/// One connection at the client.
fn converse(talk: &mut Talk, scenario: &Scenario) -> io::Result<()> {
    match *scenario {
        Scenario::Upload { bytes, write } => talk.send(bytes, write)?,
        Scenario::Requests { count, ask, answer } => {
            for _ in 0..count {
                talk.send(ask, ask)?;
                talk.receive(answer)?;
            }
        }
        Scenario::Both { bytes } => return talk.both(bytes),
        Scenario::Idle { pause } => {
            keep_alive(&talk.stream)?;
            talk.send(1_000, 1_000)?;
            talk.receive(1_000)?;
            thread::sleep(Duration::from_millis(pause));
            talk.send(1_000, 1_000)?;
        }
        Scenario::Slow { pause, .. } => thread::sleep(Duration::from_millis(pause)),
        Scenario::Abort { read, .. } => {
            talk.receive(read)?;
            return talk.abort();
        }
        Scenario::Unread { .. } => return talk.receive(1_000),
        Scenario::Reuse { .. } | Scenario::Several { .. } => {
            talk.send(10, 10)?;
            // The server closes first, so that the port is free here.
            talk.receive(usize::MAX)?;
        }
        Scenario::Download { .. }
        | Scenario::Trickle { .. }
        | Scenario::HalfClosed { .. }
        | Scenario::Refused { .. } => {}
    }
    talk.finish()
}
