//! Derives from the bytes what an explanation says, and says what is not so.
//!
//! It reads the text of the normal style line by line. Every number must be what the bytes give,
//! every reason must hold, and every line must be one of those that are known here.
use std::collections::BTreeMap;

use super::bytes::{ACK, FIN, RST, SYN, Seg, before};
use super::claims;

/// A connection as far as the checker has come.
#[derive(Debug, Default)]
pub(crate) struct Conn {
    pub(crate) ends: [String; 2],
    pub(crate) guessed: bool,
    pub(crate) base: [Option<u32>; 2],
    pub(crate) isn: [Option<u32>; 2],
    /// All segments, the one in hand last.
    pub(crate) segs: Vec<Seg>,
    pub(crate) scale: [Option<u8>; 2],
    pub(crate) reset: bool,
    /// Segments that a packet of the other side must not take.
    pub(crate) refused: Vec<u64>,
}

impl Conn {
    /// The segment in hand.
    pub(crate) fn now(&self) -> &Seg {
        self.segs.last().expect("a segment is in hand")
    }

    /// Those before it of one side that count.
    pub(crate) fn earlier(&self, side: usize) -> impl DoubleEndedIterator<Item = &Seg> {
        let last = self.segs.len() - 1;
        self.segs[..last].iter().filter(move |seg| seg.side == side && !seg.void)
    }

    /// Those of them with octets.
    pub(crate) fn sent(&self, side: usize) -> impl DoubleEndedIterator<Item = &Seg> {
        self.earlier(side).filter(|seg| seg.span() > 0 && !seg.has(RST))
    }

    /// Those before it of one side that share octets.
    pub(crate) fn sharing(&self, side: usize, from: u32, to: u32) -> Vec<&Seg> {
        self.sent(side).filter(|seg| before(seg.seq, to) && before(from, seg.end())).collect()
    }

    /// The number after the highest octet of a side before the segment in hand.
    pub(crate) fn next(&self, side: usize) -> Option<u32> {
        self.sent(side).map(Seg::end).fold(None, |next, end| match next {
            Some(next) if !before(next, end) => Some(next),
            _ => Some(end),
        })
    }

    /// The greatest number that a side had acknowledged before, and by which packet.
    pub(crate) fn acked(&self, side: usize) -> Option<(u32, u64)> {
        let acks = self.earlier(side).filter(|seg| seg.has(ACK) && !seg.has(RST));
        acks.fold(None, |most, seg| match most {
            Some((ack, packet)) if !before(ack, seg.ack) => Some((ack, packet)),
            _ => Some((seg.ack, seg.packet)),
        })
    }

    /// Whether both FINs were acknowledged before the segment in hand.
    fn is_over(&self) -> bool {
        let done = |side: usize| {
            let fin = self.fin(side).map(|(end, _)| end);
            fin.zip(self.acked(1 - side)).is_some_and(|(end, (ack, _))| !before(ack, end))
        };
        done(0) && done(1)
    }

    pub(crate) fn fin(&self, side: usize) -> Option<(u32, u64)> {
        self.sent(side).find(|seg| seg.has(FIN)).map(|seg| (seg.end(), seg.packet))
    }

    /// The window of a segment in bytes.
    pub(crate) fn window(&self, seg: &Seg) -> u32 {
        match (self.scale[seg.side], self.scale[1 - seg.side]) {
            (Some(shift), Some(_)) if !seg.has(SYN) => u32::from(seg.window) << shift.min(14),
            _ => seg.window.into(),
        }
    }

    /// A number as it is written: `X+9`, `Y`, `X-1`, or as it stands.
    pub(crate) fn number(&self, text: &str) -> Result<u32, String> {
        let unknown = || format!("{text} is no number that is known");
        let side = match text.as_bytes().first() {
            Some(b'X') => 0,
            Some(b'Y') => 1,
            _ => return text.parse().map_err(|_| unknown()),
        };
        let base = self.base[side].ok_or_else(unknown)?;
        match text[1..].split_at_checked(1) {
            None => Ok(base),
            Some(("+", n)) => Ok(base.wrapping_add(n.parse().map_err(|_| unknown())?)),
            Some(("-", n)) => Ok(base.wrapping_sub(n.parse().map_err(|_| unknown())?)),
            Some(_) => Err(unknown()),
        }
    }

    /// `X+1 … X+9` as the first octet and the number after the last.
    pub(crate) fn octets(&self, text: &str) -> Result<(u32, u32), String> {
        let (first, last) = text.split_once(" … ").unwrap_or((text, text));
        Ok((self.number(first)?, self.number(last)?.wrapping_add(1)))
    }
}

/// The parts of `text` that stand for `{}` in `pattern`.
pub(crate) fn matches<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    let pieces: Vec<&str> = pieces.collect();
    for (n, piece) in pieces.iter().enumerate() {
        let at = if n + 1 == pieces.len() && piece.is_empty() {
            rest.len()
        } else if n + 1 == pieces.len() {
            rest.strip_suffix(piece)?.len()
        } else {
            rest.find(piece)?
        };
        found.push(&rest[..at]);
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty().then_some(found)
}

pub(crate) fn same<T: PartialEq + std::fmt::Display>(what: &str, said: T, is: T) -> Result<(), String> {
    if said == is { Ok(()) } else { Err(format!("{what} is {is}, not {said}")) }
}

pub(crate) fn holds(what: &str, is: bool) -> Result<(), String> {
    if is { Ok(()) } else { Err(format!("not so: {what}")) }
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) faults: Vec<String>,
    /// Lines that were proved.
    pub(crate) lines: usize,
    /// How often each kind of line was.
    pub(crate) kinds: BTreeMap<&'static str, usize>,
}

/// Checks the explanation of `frames`: every frame with a segment must have its own.
pub(crate) fn check(frames: &[(u64, Vec<u8>)], text: &str) -> Found {
    let mut found = Found::default();
    let mut conns: BTreeMap<u64, Conn> = BTreeMap::new();
    let mut intro: Vec<&str> = Vec::new();
    let mut lines = text.lines().peekable();
    let mut explained = Vec::new();
    let first = frames.first().map_or(0, |frame| frame.0);
    let mut one = None;
    while let Some(line) = lines.next() {
        let Some(head) = line.strip_prefix('#') else {
            intro.push(line);
            continue;
        };
        let (packet, rest) = head.split_once("  ").expect("a head");
        let packet: u64 = packet.parse().expect("a packet's number");
        explained.push(packet);
        let fault = |what: Result<(), String>, line: &str, found: &mut Found| {
            found.lines += 1;
            if let Err(why) = what {
                found.faults.push(format!("packet {packet}: {line}\n    {why}"));
            }
        };
        let (time, frame) = &frames[packet as usize - 1];
        let Some(seg) = Seg::read(packet, *time, frame) else {
            found.faults.push(format!("packet {packet} holds no segment"));
            continue;
        };
        let number = rest.split_once("(connection ").map(|(_, n)| n.split(')').next().unwrap());
        let mut id = number.map_or(one.unwrap_or(1), |n| n.parse().expect("a number"));
        for line in intro.drain(..) {
            if let Some(parts) =
                matches("connection {}: client {}, server {}", line).filter(|parts| !parts[1].contains(' '))
            {
                id = parts[0].parse().expect("a number");
                one = Some(one.unwrap_or(id));
                let (server, guessed) = parts[2].split_once(" (").map_or((parts[2], false), |p| (p.0, true));
                let ends = [parts[1].to_owned(), server.to_owned()];
                conns.insert(id, Conn { ends, guessed, ..Conn::default() });
            } else if let Some((symbol, rest)) = line.split_once(" = ") {
                let side = usize::from(symbol == "Y");
                let base: u32 = rest.split(' ').next().unwrap().parse().expect("a number");
                conns.get_mut(&id).expect("it was introduced").base[side] = Some(base);
            }
        }
        let Some(conn) = conns.get_mut(&id) else {
            found.faults.push(format!("packet {packet}: connection {id} was not introduced"));
            continue;
        };
        take(conn, seg);
        fault(head_line(conn, rest, first), line, &mut found);
        let mut clauses = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("    ")) {
            clauses.push(line.trim_start());
        }
        fault(numbers_line(conn, clauses[0]), clauses[0], &mut found);
        let last = clauses.len() - 1;
        if last < 2 {
            found.faults.push(format!("packet {packet}: nothing is said"));
        }
        for line in &clauses[1..last] {
            let (kind, what) = claims::check(conn, line);
            *found.kinds.entry(kind).or_default() += 1;
            fault(what, line, &mut found);
        }
        let ends_nothing = clauses
            .iter()
            .any(|line| line.starts_with("ends nothing") || line.starts_with("is not acceptable"));
        conn.reset |= conn.now().has(RST) && !ends_nothing && !conn.is_over();
        fault(states_line(conn, clauses[last]), clauses[last], &mut found);
        *found.kinds.entry("state").or_default() += 1;
    }
    let all: Vec<u64> = (1..=frames.len() as u64)
        .filter(|n| Seg::read(*n, 0, &frames[*n as usize - 1].1).is_some())
        .collect();
    if explained != all {
        found.faults.push(format!("explained are {explained:?}, there are {all:?}"));
    }
    found
}

/// Takes a segment into its connection.
fn take(conn: &mut Conn, mut seg: Seg) {
    seg.side = usize::from(seg.ends.0 == conn.ends[1]);
    seg.void = !seg.sound && !seg.partial;
    let side = seg.side;
    let anew = conn.isn[side].is_some_and(|isn| isn != seg.seq) && conn.base[side] == Some(seg.seq);
    if seg.has(SYN) && !seg.void && anew {
        // It begins anew with other numbers: what was before counts no more.
        let old = |other: &&mut Seg| other.side == side || other.has(ACK) || other.has(RST);
        conn.segs.iter_mut().filter(old).for_each(|seg| seg.void = true);
    }
    // A SYN opens it anew after a reset; the answer to an earlier one, sent again or copied, does not.
    if seg.has(SYN) && !seg.void && (anew || !seg.has(ACK)) {
        conn.reset = false;
    }
    if seg.has(SYN) && !seg.void && (anew || conn.isn[side].is_none()) {
        conn.isn[side] = Some(seg.seq);
        conn.scale[side] = seg.option(3).map(|body| body[0]);
    }
    conn.segs.push(seg);
}

fn head_line(conn: &Conn, rest: &str, first: u64) -> Result<(), String> {
    let seg = conn.now();
    let parts = matches("{} s  {}  {} [{}]", rest).ok_or("no head")?;
    let us = seg.time / 1000 - first as i64 / 1000;
    let exact = (seg.time - first as i64) / 1000;
    let text = |us: i64| format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    holds("the time", parts[0] == text(us) || parts[0] == text(exact))?;
    let way = parts[1].split(" (").next().unwrap();
    same("the way", way, ["client → server", "server → client"][seg.side])?;
    holds("the ends", seg.ends == (conn.ends[seg.side].clone(), conn.ends[1 - seg.side].clone()))?;
    let names = [(FIN, "FIN"), (SYN, "SYN"), (RST, "RST"), (8, "PSH"), (ACK, "ACK"), (32, "URG")];
    for (bit, name) in names {
        same(name, parts[2].split(", ").any(|word| word == name), seg.has(bit))?;
    }
    for (bit, letter) in [(FIN, 'F'), (SYN, 'S'), (RST, 'R'), (8, 'P'), (ACK, '.')] {
        same("a letter", parts[3].contains(letter), seg.has(bit))?;
    }
    Ok(())
}

/// A number in all three forms.
fn full(conn: &Conn, text: &str, is: u32) -> Result<(), String> {
    if let Some(parts) = matches("{} ({}, relative {})", text) {
        same("the number", conn.number(parts[0])?, is)?;
        same("it, as it stands,", parts[1], &is.to_string())?;
        let relative: i64 = parts[2].parse().map_err(|_| "no number")?;
        let side = usize::from(parts[0].starts_with('Y'));
        return same("it, relative,", relative as u32, is.wrapping_sub(conn.base[side].ok_or("no base")?));
    }
    same("the number", text, &is.to_string())
}

fn numbers_line(conn: &Conn, line: &str) -> Result<(), String> {
    let seg = conn.now();
    let rest = line.strip_prefix("Seq = ").ok_or("no numbers")?;
    let (seq, rest) = match rest.split_once(", Ack = ") {
        Some((seq, rest)) => {
            let at = rest.rfind(" byte").and_then(|at| rest[..at].rfind(", ")).ok_or("no length")?;
            holds("the ACK flag", seg.has(ACK))?;
            full(conn, &rest[..at], seg.ack)?;
            (seq, &rest[at + 2..])
        }
        None => {
            let at = rest.rfind(" byte").and_then(|at| rest[..at].rfind(", ")).ok_or("no length")?;
            holds("no ACK flag", !seg.has(ACK))?;
            (&rest[..at], &rest[at + 2..])
        }
    };
    full(conn, seq, seg.seq)?;
    let (len, window) = rest.split_once(", window ").ok_or("no window")?;
    same("the length", len.split(' ').next().unwrap(), &seg.len.to_string())?;
    let window: u32 = window.split(' ').next().unwrap().parse().map_err(|_| "no window")?;
    if conn.isn.iter().all(Option::is_some) || conn.scale == [None, None] {
        same("the window", window, conn.window(seg))?;
    }
    Ok(())
}

/// The states, by what was sent and acknowledged; where both SYNs were captured.
fn states_line(conn: &mut Conn, line: &str) -> Result<(), String> {
    let parts = matches("state: client {}, server {}", line).ok_or("no state")?;
    if conn.reset {
        return holds("a reset closes both", parts == ["CLOSED", "CLOSED"]);
    }
    if conn.guessed || conn.isn[0].is_none() {
        return Ok(());
    }
    // With the segment in hand.
    let acked = |side: usize| {
        let acks = conn.segs.iter().filter(|s| s.side == side && !s.void && s.has(ACK) && !s.has(RST));
        acks.map(|s| s.ack).reduce(|a, b| if before(a, b) { b } else { a })
    };
    let fin = |side: usize| conn.segs.iter().find(|s| s.side == side && !s.void && s.has(FIN));
    let syn_acked =
        |side: usize| conn.isn[side].is_some_and(|isn| acked(1 - side).is_some_and(|ack| before(isn, ack)));
    if conn.isn[1].is_none() && conn.segs.iter().any(|s| s.side == 1 || s.len > 0 || s.has(FIN)) {
        // One direction only: what the other end did cannot be derived.
        return Ok(());
    }
    let open = syn_acked(0) && syn_acked(1);
    for side in 0..2 {
        let (mine, theirs) = (conn.isn[side].is_some(), conn.isn[1 - side].is_some());
        let is = match (fin(side), fin(1 - side)) {
            _ if !open => match (mine, theirs) {
                (true, false) => "SYN-SENT",
                (true, true) if syn_acked(side) => "ESTABLISHED",
                (_, true) => "SYN-RECEIVED",
                _ => "LISTEN",
            },
            (None, None) => "ESTABLISHED",
            (None, Some(_)) => "CLOSE-WAIT",
            (Some(own), other) => {
                let done = acked(1 - side).is_some_and(|ack| !before(ack, own.end()));
                let passive = other.is_some_and(|o| own.has(ACK) && !before(own.ack, o.end()));
                match (other.is_some(), done) {
                    (false, false) => "FIN-WAIT-1",
                    (false, true) => "FIN-WAIT-2",
                    (true, false) if passive => "LAST-ACK",
                    (true, false) => "CLOSING",
                    (true, true) if passive => "CLOSED",
                    (true, true) => "TIME-WAIT",
                }
            }
        };
        same(["the client's state", "the server's state"][side], parts[side], is)?;
    }
    Ok(())
}
