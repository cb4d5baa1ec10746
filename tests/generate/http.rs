//! Many connections of request and answer, as a busy server sees them.
use super::frame::{ACK, End, FIN, Frame, PSH, SYN, Segment, Talk};
use super::{START, mix};

const SERVER: End = End { address: 0x0a00_0002, port: 80 };
const MSS: usize = 1_460;
/// Connections that are open at the same time.
const OPEN: usize = 64;

/// What a connection says next.
#[derive(Debug, Clone, Copy)]
enum Next {
    /// One of the three of the handshake.
    Shake(u8),
    Ask,
    /// So many octets of the answer are left.
    Answer(usize),
    /// The client acknowledges; then so many octets are left.
    Acknowledge(usize),
    Close(u8),
}

struct Connection {
    talk: Talk,
    next: Next,
    /// Segments of the answer since the last ACK.
    unacknowledged: u32,
    /// Requests that are still to come.
    requests: u64,
    random: u64,
}

impl Connection {
    fn new(number: u64) -> Self {
        let random = mix(number);
        let client =
            End { address: 0x0a01_0000 | (number / 50_000) as u32, port: 10_000 + (number % 50_000) as u16 };
        Self {
            talk: Talk::new(client, SERVER, number),
            next: Next::Shake(0),
            unacknowledged: 0,
            requests: 1 + random % 4,
            random,
        }
    }

    /// Octets of the next answer: most are small, some are large.
    fn answer(&mut self) -> usize {
        self.random = mix(self.random);
        let few = 1_000 + self.random as usize % 15_000;
        if self.random >> 60 == 0 { few * 30 } else { few }
    }

    /// The next segment; `None` after the last.
    fn say<'a>(&mut self, texts: &'a Texts) -> Option<Segment<'a>> {
        match self.next {
            Next::Shake(n) => {
                self.next = if n == 2 { Next::Ask } else { Next::Shake(n + 1) };
                let (from, flags) = [(0, SYN), (1, SYN | ACK), (0, ACK)][usize::from(n)];
                Some(self.talk.say(from, flags, &[]))
            }
            Next::Ask => {
                self.next = Next::Answer(self.answer());
                let len = 200 + self.random as usize % 500;
                Some(self.talk.say(0, ACK | PSH, texts.request.get(..len).unwrap_or_default()))
            }
            Next::Answer(left) => {
                let len = left.min(MSS);
                let last = left == len;
                self.unacknowledged += 1;
                self.next = if last || self.unacknowledged == 2 {
                    Next::Acknowledge(left - len)
                } else {
                    Next::Answer(left - len)
                };
                let flags = if last { ACK | PSH } else { ACK };
                Some(self.talk.say(1, flags, texts.answer.get(..len).unwrap_or_default()))
            }
            Next::Acknowledge(left) => {
                self.unacknowledged = 0;
                self.requests -= u64::from(left == 0);
                self.next = match (left, self.requests) {
                    (0, 0) => Next::Close(0),
                    (0, _) => Next::Ask,
                    _ => Next::Answer(left),
                };
                Some(self.talk.say(0, ACK, &[]))
            }
            Next::Close(n) => {
                let (from, flags) = *[(1, FIN | ACK), (0, FIN | ACK), (1, ACK)].get(usize::from(n))?;
                self.next = Next::Close(n + 1);
                Some(self.talk.say(from, flags, &[]))
            }
        }
    }
}

/// What the payloads are cut from.
struct Texts {
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Texts {
    fn new() -> Self {
        let request = "GET /images/logo.png HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: demo/1.0\r\n\
                       Accept: */*\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef; theme=dark; ";
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: demo\r\n\
                      Cache-Control: max-age=60\r\n\r\n<!doctype html><title>Demo</title><p>Some text of no meaning. ";
        let repeat = |text: &str, len| text.bytes().cycle().take(len).collect();
        Self { request: repeat(request, 1_000), answer: repeat(answer, MSS) }
    }
}

/// So many packets, 64 connections at a time; the last ones are cut by the end.
pub(crate) fn file(packets: u64, each: &mut dyn FnMut(u64, &[u8])) {
    let texts = Texts::new();
    let mut frame = Frame::default();
    let mut opened = OPEN as u64;
    let mut open: Vec<Connection> = (0..opened).map(Connection::new).collect();
    let (mut time, mut count) = (START, 0);
    let mut choice = 1;
    while count < packets {
        choice = mix(choice);
        let at = choice as usize % open.len();
        match open[at].say(&texts) {
            Some(segment) => {
                time += 1_000 + choice % 20_000;
                count += 1;
                each(time, frame.write(&segment));
            }
            None => {
                open[at] = Connection::new(opened);
                opened += 1;
            }
        }
    }
}
