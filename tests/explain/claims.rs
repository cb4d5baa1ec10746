//! The lines that are known, and what must hold for each.
use super::bytes::{ACK, FIN, RST, SYN, Seg, before};
use super::checker::{Conn, holds, matches, same};

type Answer = Result<(), String>;

/// A line's pattern, and what proves it.
type Claim = (&'static str, fn(&mut Conn, &[&str]) -> Answer);

/// Every line that there is.
const CLAIMS: &[Claim] = &[
    (
        "opens the connection: Seq = {} ({}), the first byte of data will be {}, because a SYN counts as one byte",
        opens,
    ),
    (
        "opens too: Seq = {} ({}), and acknowledges nothing, because it was sent before the SYN of packet {} arrived (simultaneous open)",
        opens_too,
    ),
    (
        "accepts the connection: Seq = {} ({}), the first byte of data will be {}, because a SYN counts as one byte",
        accepts,
    ),
    (
        "is a SYN in the middle of the connection, Seq = {} ({}): the {} must not take it, but answer with an ACK (RFC 5961 section 4)",
        inside,
    ),
    ("offers {}", offers),
    ("asks for a cookie, to send data in the SYN the next time (TCP Fast Open)", cookie_wanted),
    ("shows a cookie of {} that the {} once gave it (TCP Fast Open)", cookie),
    ("gives a cookie of {} for data in the SYN the next time (TCP Fast Open)", cookie),
    ("completes the handshake: both ends may send data now", established),
    ("carries {} that are new as well: Seq = {}, next expected {}", fresh),
    ("carries {}", carries),
    (
        "goes past the greatest number: from {} by 4294967295 and 0 to {}, because sequence numbers have 32 bits",
        wraps,
    ),
    (
        "is more than the MSS of {} that the {} announced: at least {} segments on the wire, which the card cuts after this point or has joined before it",
        giant,
    ),
    (
        "closes its half: no more data from the {}, Seq = {} is the FIN, next expected {}, because a FIN counts as one byte; the {} may still send",
        closes,
    ),
    (
        "closes its half too, after the {}'s FIN of packet {}: Seq = {} is the FIN, next expected {}, because a FIN counts as one byte",
        closes_too,
    ),
    ("ends the connection: both FINs are acknowledged; the {} closed first", ended),
    ("acknowledges the {} of {}, Seq = {}: {}, because a {} counts as one byte", acks_number),
    ("acknowledges nothing new: Ack = {} as in packet {}", acks_again),
    (
        "acknowledges {}, {}, that never passed here: the {} has them, so the capture lost them and not the path",
        unseen,
    ),
    ("acknowledges {}, {}, of {}: expects {} next", acks_octets),
    ("acknowledges nothing of this connection: Ack = {} lies before {}, the {}'s first", stray),
    ("is not acceptable to the {}: its numbers fit nothing of this connection", unfit),
    ("expects {} next; nothing of the {} was captured before", expects),
    ("expects {} next: nothing that was captured here is acknowledged", expects),
    ("comes {} after what it acknowledges passed here", round_trip),
    ("has {} as well (SACK): before that {} is missing, {}", sack),
    ("reports {} as received twice (D-SACK)", dsack),
    ("repeats {}", repeats),
    ("probably repeats {}", repeats),
    ("was not needed: an earlier sending of every byte of it had arrived", needless),
    ("comes late: {} was sent first and overtaken by {} of the {}, the first of them {} ago; {}", late),
    (
        "probably comes late: {} was sent first and overtaken by {} of the {}, the first of them {} ago; {}",
        late,
    ),
    ("is a copy of packet {}, {}: it counts for nothing; {}", copy),
    ("is probably a copy of packet {}, {}: it counts for nothing; {}", copy),
    ("{}: is {}; the capture does not tell which", open),
    (
        "uses the addresses and ports of connection {} again, which is over: this is another connection",
        reused,
    ),
    (
        "is damaged: its checksum {} does not fit its bytes, so the {} drops it and nothing in it counts",
        damaged,
    ),
    (
        "has no checksum yet, because the {}'s machine leaves it to its network card, after this capture point (said of the first such packet only)",
        offloaded,
    ),
    (
        "has no checksum yet, because the {}'s machine too leaves it to its network card (said of the first such packet only)",
        offloaded_too,
    ),
    (
        "has no checksum, and needs none, because what these two send never leaves the machine (said of the first such packet only)",
        offloaded_inside,
    ),
    (
        "comes after a hole: {}, {}, did not pass here yet, because they were lost, come later, or the capture missed them",
        hole,
    ),
    (
        "ends nothing: Seq = {} is not {}, which the {} expects, so it must not take this RST (RFC 5961 section 3)",
        no_end,
    ),
    (
        "answers packet {}, which was not acceptable, with what it expects: Seq = {}, Ack = {} (challenge ACK)",
        challenge,
    ),
    ("lies outside the window: Seq = {} ({}), while the {} takes from {} up to {}", outside),
    (
        "repeats Ack = {} of packet {} (duplicate ACK {}): it still waits for {}, although {} from there on have passed here",
        dup_ack,
    ),
    ("is an old ACK: {} is below {} of packet {}, so it was sent before that and came later", old_ack),
    ("was acknowledged before it passed: the capture has the two directions out of order", disorder),
    ("has no room left: window 0, so the {} must wait", zero_window),
    ("tells another window from {} to {} bytes; Ack = {} as before", window_update),
    ("fills the {}'s window: {} plus the window of {} is {}, so the {} must wait", window_full),
    ("probes with {}: Seq = {} is one below {}, which is expected; {}", probe),
    ("probes with {}: Seq = {} is the one expected; {}", probe_at),
    ("answers the {} of packet {}: {}, Ack = {} as before", probe_answer),
    ("refuses the SYN of packet {}: nobody listens on port {}", refuses_syn),
    (
        "Ack = {} is {} plus 1{}, because a SYN counts as one byte; Seq = 0, because the SYN had no Ack to take it from",
        refusal_numbers,
    ),
    (
        "Seq = {} is the Ack of {}, because a RST that answers a segment with an Ack takes that as its Seq",
        reset_seq,
    ),
    (
        "refuses the {} byte{} of packet {}: the {}'s program had closed its socket (FIN, packet {}) and nobody is left to read them; they were never acknowledged",
        refuses_data,
    ),
    (
        "refuses {}: the {}'s program had closed its socket (FIN, packet {}) and nobody is left to take it",
        refuses_closed,
    ),
    ("refuses {}: the connection is gone on this side", gone),
    (
        "answers nothing that was captured: Seq = {} is the Ack of no segment here, so it is forged, or late, or answers one that is missing",
        answers_nothing,
    ),
    (
        "answers the SYN of packet {}, which crossed its own: its SYN goes again, Seq = {} as in packet {}, now with an Ack (simultaneous open)",
        answers_crossed,
    ),
    (
        "aborts, because the {}'s program closed its socket with data unread: {} had arrived, but the right edge of its window had moved by {} only",
        unread,
    ),
    (
        "aborts, because the {}'s program closed its socket with data unread: {} had arrived, and its window opens from {} to {} only now",
        unread_opens,
    ),
    (
        "aborts, most likely because the {}'s program closed its socket with data unread: {} had arrived, and it sent no data after the last of them{}",
        most_likely_unread,
    ),
    ("aborts the connection, because its program closed the socket hard (linger of 0){}", aborts),
    ("gives the connection up: what it sent again and again had no answer of the {}", gives_up),
    ("says that the {} knows of no such connection (any more)", half_open),
    ("says once more that there is no connection: it had ended before", reset_again),
    ("shows of packet {}: {}", shows),
];

/// Which line it is, and whether it is so.
pub(super) fn check(conn: &mut Conn, line: &str) -> (&'static str, Answer) {
    for (pattern, proof) in CLAIMS {
        if let Some(parts) = matches(pattern, line) {
            // Several patterns begin alike: the one whose words all fit is meant.
            if *pattern == "repeats {}" && line.starts_with("repeats Ack = ") {
                continue;
            }
            return (pattern, proof(conn, &parts));
        }
    }
    ("unknown", Err("no such line is known".to_owned()))
}

fn count(text: &str) -> Result<u32, String> {
    text.split(' ').next().and_then(|n| n.parse().ok()).ok_or_else(|| format!("{text}: no count"))
}

fn packet(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text}: no packet"))
}

const NAMES: [&str; 2] = ["client", "server"];

fn opens(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    holds("a SYN alone", seg.has(SYN) && !seg.has(ACK))?;
    holds("the first SYN", conn.earlier(1 - seg.side).all(|s| !s.has(SYN)))?;
    same("Seq", conn.number(parts[0])?, seg.seq)?;
    same("Seq", parts[1], &seg.seq.to_string())?;
    same("the first byte", conn.number(parts[2])?, seg.seq.wrapping_add(1))
}

fn opens_too(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    holds("a SYN alone", seg.has(SYN) && !seg.has(ACK))?;
    let first = conn.earlier(1 - seg.side).find(|s| s.has(SYN)).ok_or("no SYN before")?;
    same("the other SYN", packet(parts[2])?, first.packet)?;
    same("Seq", conn.number(parts[0])?, seg.seq)?;
    same("Seq", parts[1], &seg.seq.to_string())
}

fn accepts(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    holds("a SYN with ACK", seg.has(SYN | ACK))?;
    same("Seq", conn.number(parts[0])?, seg.seq)?;
    same("Seq", parts[1], &seg.seq.to_string())?;
    same("the first byte", conn.number(parts[2])?, seg.seq.wrapping_add(1))
}

fn inside(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    holds("a SYN when both had one", seg.has(SYN) && conn.isn.iter().all(Option::is_some))?;
    same("Seq", conn.number(parts[0])?, seg.seq)?;
    same("the other", parts[2], NAMES[1 - seg.side])
}

fn offers(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (list, scaled) = parts[0].split_once("; ").unwrap_or((parts[0], ""));
    let mut is = Vec::new();
    for (kind, body) in &seg.options {
        match kind {
            2 => is.push(format!("MSS {}", u16::from_be_bytes([body[0], body[1]]))),
            3 => is.push(format!("window scale {}", body[0])),
            4 => is.push("SACK".to_owned()),
            8 => is.push("timestamps".to_owned()),
            _ => {}
        }
    }
    match (seg.flags & 0x40 != 0, seg.flags & 0x80 != 0) {
        (true, true) if !seg.has(ACK) => is.push("ECN".to_owned()),
        (true, false) if seg.has(ACK) => is.push("ECN (agreed)".to_owned()),
        _ => {}
    }
    same("the offer", list, &is.join(", "))?;
    let (own, peer) = (conn.scale[seg.side], conn.scale[1 - seg.side]);
    if let Some(parts) = matches("from now on the {}'s windows count times {}, the {}'s times {}", scaled) {
        same("the other", parts[0], NAMES[1 - seg.side])?;
        same("its factor", count(parts[1])?, 1 << peer.ok_or("no scale")?)?;
        return same("the factor", count(parts[3])?, 1 << own.ok_or("no scale")?);
    }
    if scaled.starts_with("windows are not scaled") {
        return holds("one did not offer it", own.is_none() || peer.is_none());
    }
    holds("nothing more", scaled.is_empty())
}

fn cookie_wanted(conn: &mut Conn, _: &[&str]) -> Answer {
    holds("an empty cookie", conn.now().option(34).is_some_and(<[u8]>::is_empty))
}

fn cookie(conn: &mut Conn, parts: &[&str]) -> Answer {
    same("the cookie", count(parts[0])?, conn.now().option(34).ok_or("no cookie")?.len() as u32)
}

fn established(conn: &mut Conn, _: &[&str]) -> Answer {
    let seg = conn.now();
    let theirs = conn.isn[1 - seg.side].ok_or("no SYN")?;
    let mine = conn.isn[seg.side].ok_or("no SYN")?;
    holds("it acknowledges the other's SYN", seg.has(ACK) && before(theirs, seg.ack))?;
    holds("its own was acknowledged", conn.acked(1 - seg.side).is_some_and(|(ack, _)| before(mine, ack)))
}

fn data(seg: &Seg) -> u32 {
    seg.seq.wrapping_add(u32::from(seg.has(SYN)))
}

fn carries(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (before_numbers, numbers) = parts[0].rsplit_once(": Seq = ").ok_or("no numbers")?;
    same("the length", count(before_numbers)?, seg.len)?;
    let early = before_numbers.contains(" in the SYN already ");
    same("a SYN", early, seg.has(SYN))?;
    let (octets, next) = numbers.split_once(", next expected ").ok_or("no numbers")?;
    let (from, to) = conn.octets(octets)?;
    same("the first byte", from, data(seg))?;
    same("after the last byte", to, data(seg).wrapping_add(seg.len))?;
    same("the next", conn.number(next)?, to)?;
    let shown = before_numbers.split_once(if early { " already " } else { " " }).ok_or("no text")?.1;
    let shown = if early { shown } else { shown.split_once(' ').ok_or("no text")?.1 };
    text(shown, &seg.payload)
}

/// The beginning of a payload, as it is shown.
fn text(shown: &str, payload: &[u8]) -> Answer {
    let mut bytes = Vec::new();
    if let Some(inside) = shown.strip_prefix('"').and_then(|s| s.strip_suffix('"')) {
        let mut chars = inside.trim_end_matches('…').chars();
        while let Some(c) = chars.next() {
            bytes.push(match (c, c == '\\') {
                (_, true) => match chars.next().ok_or("a lone backslash")? {
                    'n' => b'\n',
                    'r' => b'\r',
                    't' => b'\t',
                    'x' => {
                        let digits: String = chars.by_ref().take(2).collect();
                        u8::from_str_radix(&digits, 16).map_err(|_| "no digits")?
                    }
                    other => other as u8,
                },
                (c, false) => c as u8,
            });
        }
    } else {
        for digits in shown.split(' ').filter(|digits| *digits != "…") {
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| "no digits")?);
        }
    }
    holds("the payload begins so", payload.starts_with(&bytes))?;
    holds("it goes on", shown.contains('…') == (bytes.len() < payload.len()))
}

fn fresh(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (from, to) = conn.octets(parts[1])?;
    same("the first new byte", from, conn.next(seg.side).ok_or("nothing before")?)?;
    same("after the last", to, data(seg).wrapping_add(seg.len))?;
    same("the count", count(parts[0])?, to.wrapping_sub(from))?;
    same("the next", conn.number(parts[2])?, to)
}

fn wraps(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let last = data(seg).wrapping_add(seg.len).wrapping_sub(1);
    holds("it wraps", last < data(seg))?;
    same("the first", count(parts[0])?, data(seg))?;
    same("the last", count(parts[1])?, last)
}

fn giant(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let syn = conn.segs.iter().find(|s| s.side != seg.side && s.has(SYN)).ok_or("no SYN")?;
    let mss = syn.option(2).map(|body| u16::from_be_bytes([body[0], body[1]])).ok_or("no MSS")?;
    same("the MSS", count(parts[0])?, mss.into())?;
    holds("it is more", seg.len > mss.into())?;
    same("the segments", count(parts[2])?, seg.len.div_ceil(mss.into()))
}

fn closes(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("who", parts[0], NAMES[seg.side])?;
    holds("the other has not closed", conn.fin(1 - seg.side).is_none())?;
    fin_numbers(conn, parts[1], parts[2])
}

fn fin_numbers(conn: &Conn, fin: &str, next: &str) -> Answer {
    let seg = conn.now();
    holds("a FIN", seg.has(FIN))?;
    same("the FIN", conn.number(fin)?, seg.seq.wrapping_add(seg.len))?;
    same("the next", conn.number(next)?, seg.end())
}

fn closes_too(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("the other", parts[0], NAMES[1 - seg.side])?;
    let (end, by) = conn.fin(1 - seg.side).ok_or("no FIN before")?;
    let (number, crossing) =
        parts[1].split_once(", and it had not").map_or((parts[1], false), |p| (p.0, true));
    same("the other's FIN", packet(number)?, by)?;
    same("the FINs cross", crossing, !seg.has(ACK) || before(seg.ack, end))?;
    fin_numbers(conn, parts[2], parts[3])
}

fn ended(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let all = |side: usize| conn.segs.iter().find(|s| s.side == side && s.has(FIN) && !s.void);
    for side in 0..2 {
        let end = all(side).ok_or("no FIN")?.end();
        let acked = conn.segs.iter().any(|s| s.side != side && !s.void && s.has(ACK) && !before(s.ack, end));
        holds("both are acknowledged", acked)?;
    }
    let _ = seg;
    let first = conn.segs.iter().find(|s| s.has(FIN) && !s.void).ok_or("no FIN")?;
    same("who closed first", parts[0], NAMES[first.side])
}

/// What a side had acknowledged before, or where the other side's numbers begin.
fn acked_before(conn: &Conn) -> Result<u32, String> {
    let seg = conn.now();
    let acked = conn.acked(seg.side).map(|(ack, _)| ack);
    acked.or(conn.isn[1 - seg.side]).ok_or_else(|| "nothing was acknowledged before".to_owned())
}

fn acks_number(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let of = conn.number(parts[2])?;
    same("what", parts[0], parts[4])?;
    let flag = if parts[0] == "SYN" { SYN } else { FIN };
    let is = |s: &&Seg| {
        s.has(flag) && s.end().wrapping_sub(1).wrapping_sub(if flag == SYN { s.len } else { 0 }) == of
    };
    let sent: Vec<&Seg> = conn.sent(1 - seg.side).filter(is).collect();
    // A FIN is named by its first packet, a SYN by all that carried it.
    packets(parts[1], if flag == SYN { &sent } else { sent.get(..1).ok_or("there was none")? })?;
    let next = conn.number(parts[3].rsplit(' ').next().unwrap())?;
    same("after it", next, of.wrapping_add(1))?;
    holds("it is covered", !before(seg.ack, next) && before(acked_before(conn)?, next))
}

fn acks_again(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("Ack", conn.number(parts[0])?, seg.ack)?;
    let (ack, by) = conn.acked(seg.side).ok_or("no ACK before")?;
    same("the packet", packet(parts[1])?, by)?;
    holds("nothing new", !before(ack, seg.ack))
}

fn acks_octets(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (from, to) = conn.octets(parts[1])?;
    same("the count", count(parts[0])?, to.wrapping_sub(from))?;
    same("what is expected", conn.number(parts[3])?, to)?;
    let fin = conn.fin(1 - seg.side).is_some_and(|(end, _)| end == seg.ack && to.wrapping_add(1) == end);
    holds("Ack is what is expected", to == seg.ack || fin)?;
    let start = match acked_before(conn) {
        Ok(start) if Some(start) == conn.isn[1 - seg.side] => start.wrapping_add(1),
        Ok(start) => start,
        Err(_) => conn.base[1 - seg.side].ok_or("no base")?.wrapping_add(1),
    };
    same("the first", from, start)?;
    packets(parts[2], &conn.sharing(1 - seg.side, from, to))
}

/// `packet 4`, `packets 4, 6 and 7`, `9 packets from 6 to 14`.
fn packets(said: &str, are: &[&Seg]) -> Answer {
    let numbers: Vec<u64> = are.iter().map(|seg| seg.packet).collect();
    let is = match numbers.as_slice() {
        [] => "no packet captured here".to_owned(),
        [one] => format!("packet {one}"),
        [head @ .., last] if numbers.len() <= 4 => {
            let head: Vec<String> = head.iter().map(u64::to_string).collect();
            format!("packets {} and {last}", head.join(", "))
        }
        [first, .., last] => format!("{} packets from {first} to {last}", numbers.len()),
    };
    same("the packets", said, &is)
}

fn expects(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("Ack", conn.number(parts[0])?, seg.ack)?;
    let peer = 1 - seg.side;
    holds(
        "nothing captured is covered",
        conn.sent(peer).all(|s| !before(s.seq, seg.ack)) || conn.acked(seg.side).is_none(),
    )
}

fn stray(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("Ack", count(parts[0])?, seg.ack)?;
    same("the first", count(parts[1])?, conn.isn[1 - seg.side].ok_or("no SYN")?)?;
    holds("it lies before", !before(count(parts[1])?, seg.ack))
}

fn unfit(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("the other", parts[0], NAMES[1 - seg.side])?;
    holds("a RST or data before any ACK of the other", conn.acked(1 - seg.side).is_none())
}

fn unseen(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (from, to) = conn.octets(parts[1])?;
    same("the count", count(parts[0])?, to.wrapping_sub(from))?;
    same("Ack", to, seg.ack)?;
    holds("none of it passed", conn.sharing(1 - seg.side, from, to).is_empty())
}

/// A time as it is said, in microseconds; what is cut off stays open.
fn span(text: &str) -> Result<(i64, i64), String> {
    let (number, unit) = text.split_once(' ').ok_or("no unit")?;
    let value: f64 = number.parse().map_err(|_| format!("{text}: no time"))?;
    let (scale, step) = match unit {
        "µs" => (1.0, 1),
        "ms" => (1000.0, 1),
        "s" => (1_000_000.0, 1000),
        _ => return Err(format!("{text}: no unit")),
    };
    Ok(((value * scale).round() as i64, step))
}

fn is_span(what: &str, text: &str, ns: i64) -> Answer {
    let (us, step) = span(text)?;
    holds(what, ns / 1000 / step * step == us)
}

fn round_trip(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    // From a segment that ends where this one acknowledges; a SYN's data may be left out.
    let sent = conn.sent(1 - seg.side);
    let ends = |s: &&Seg| s.end() == seg.ack || s.has(SYN) && s.seq.wrapping_add(1) == seg.ack;
    let fits = sent.filter(ends).any(|s| is_span("", parts[0], seg.time - s.time).is_ok());
    holds("a segment that ends there passed so long ago", fits)
}

fn sack(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let blocks = seg.blocks();
    for range in parts[0].split(" and ") {
        let range = conn.octets(range)?;
        holds("such a block", blocks.contains(&range) && before(seg.ack, range.1))?;
    }
    let (from, to) = conn.octets(parts[1])?;
    same("the hole begins at Ack", from, seg.ack)?;
    same("the count", count(parts[2])?, to.wrapping_sub(from))?;
    let lowest = blocks.iter().filter(|b| before(seg.ack, b.1) && before(b.0, b.1)).map(|b| b.0);
    let lowest = lowest.reduce(|a, b| if before(a, b) { a } else { b }).ok_or("no block")?;
    holds(
        "the hole ends at a block",
        blocks.iter().any(|b| b.0 == to) && (to == lowest || before(lowest, to)),
    )
}

fn dsack(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let range = conn.octets(parts[0])?;
    let blocks = seg.blocks();
    same("the first block", format!("{range:?}"), format!("{:?}", blocks.first().ok_or("no block")?))?;
    let within = blocks.get(1).is_some_and(|b| !before(range.0, b.0) && !before(b.1, range.1));
    holds("it lies below Ack or within the second", before(range.0, seg.ack) || within)
}

fn repeats(conn: &mut Conn, parts: &[&str]) -> Answer {
    let (said, known) = parts[0].rsplit_once("; ").ok_or("no evidence")?;
    let seg = conn.now().clone();
    // What is sent again.
    let next = conn.next(seg.side);
    let end = match next {
        Some(next) if before(next, seg.end()) && before(seg.seq, next) => next,
        _ => seg.end(),
    };
    let rest =
        if let Some(rest) = said.strip_prefix("its SYN, Seq = ").or(said.strip_prefix("its FIN, Seq = ")) {
            let flag = if said.starts_with("its SYN") { SYN } else { FIN };
            holds("the flag", seg.has(flag))?;
            let cut = rest.find([' ', ',']).unwrap_or(rest.len());
            same("Seq", conn.number(&rest[..cut])?, seg.seq)?;
            &rest[cut..]
        } else {
            let (n, rest) = said.split_once(", ").ok_or("no numbers")?;
            let cut = [" and its FIN", " of packet ", " last sent ", " whose first "];
            let cut = cut.iter().filter_map(|word| rest.find(word)).min().ok_or("no origin")?;
            let (from, to) = conn.octets(&rest[..cut])?;
            let fin = rest[cut..].starts_with(" and its FIN");
            same("the first", from, seg.seq)?;
            same("after the last", to.wrapping_add(u32::from(fin)), end)?;
            same("the count", count(n)?, to.wrapping_sub(from))?;
            rest[cut..].trim_start_matches(" and its FIN")
        };
    let (origin, reason) = split_reason(rest)?;
    let all = conn.sharing(seg.side, seg.seq, seg.end());
    let last = all.last();
    let waited = |packet: u64| all.iter().find(|s| s.packet == packet).map(|s| seg.time - s.time);
    if let Some(parts) = matches(" of packet {}, {} after that and {} after packet {}", origin) {
        same("the first sending", packet(parts[0])?, all.first().ok_or("none before")?.packet)?;
        is_span("the wait", parts[1], waited(packet(parts[0])?).ok_or("no such packet")?)?;
        same("the last sending", packet(parts[3])?, last.ok_or("none before")?.packet)?;
        is_span("the wait", parts[2], waited(packet(parts[3])?).ok_or("no such packet")?)?;
    } else if let Some(parts) = matches(" of packet {}, {} after it", origin) {
        same("the first sending", packet(parts[0])?, all.first().ok_or("none before")?.packet)?;
        is_span("the wait", parts[1], waited(packet(parts[0])?).ok_or("no such packet")?)?;
    } else if let Some(parts) = matches(" last sent in packet {}, {} before", origin) {
        is_span("the wait", parts[1], waited(packet(parts[0])?).ok_or("no such packet")?)?;
    } else {
        holds("none of it passed before", origin.starts_with(" whose first") && all.is_empty())?;
    }
    because(conn, &seg, end, reason)?;
    evidence(conn, &seg, known)
}

fn split_reason(text: &str) -> Result<(&str, &str), String> {
    let cut = [", because ", ", although ", ", after its timer", ", and nothing here tells why"];
    let at = cut.iter().filter_map(|word| text.find(word)).min().ok_or("no reason")?;
    Ok((&text[..at], text[at..].trim_start_matches(", ")))
}

fn because(conn: &Conn, seg: &Seg, end: u32, reason: &str) -> Answer {
    let peer = 1 - seg.side;
    let acked = conn.acked(peer);
    let covered = acked.is_some_and(|(ack, _)| !before(ack, end));
    if reason.starts_with("because SACK, duplicate ACKs or an ACK up to it told the") {
        let above = conn.earlier(peer).flat_map(Seg::blocks).any(|b| before(seg.seq, b.1));
        let again = conn.earlier(peer).filter(|s| s.has(ACK) && s.span() == 0 && !s.has(RST));
        let acks: Vec<u32> = again.map(|s| s.ack).collect();
        let twice = acks.iter().any(|ack| acks.iter().filter(|other| *other == ack).count() >= 2);
        return holds(
            "SACK above it, an ACK twice, or one up to it",
            above || twice || acks.contains(&seg.seq),
        );
    }
    if let Some(parts) =
        matches("because {} duplicate ACKs told the {} that it was missing (fast retransmission)", reason)
    {
        let (ack, _) = acked.ok_or("no ACK before")?;
        let pure = |s: &&Seg| s.has(ACK) && s.span() == 0 && !s.has(RST) && s.ack == ack;
        holds(
            "so many ACKs say the same",
            conn.earlier(peer).filter(pure).count() as u32 > count(parts[0])? - 1,
        )?;
        return same("who", parts[1], NAMES[seg.side]);
    }
    if reason.starts_with("because it is the last that the") {
        holds("it is the last", conn.next(seg.side) == Some(end))?;
        return holds("no ACK covered it", !covered);
    }
    if let Some((_, although)) = reason.split_once("although packet ") {
        let (ack, by) = acked.ok_or("no ACK before")?;
        same("the packet", packet(although.split(' ').next().unwrap())?, by)?;
        return holds("its ACK covers it", !before(ack, end));
    }
    if reason.starts_with("because no ") {
        return holds("no ACK covered it", !covered);
    }
    holds("a reason that is known", reason == "and nothing here tells why")
}

/// What a verdict rests on, as far as single packets show it.
fn evidence(conn: &Conn, seg: &Seg, known: &str) -> Answer {
    let words = known.strip_prefix("known by ").or(known.strip_prefix("most likely, by "));
    let words = words.ok_or("no evidence")?;
    let earlier: Vec<&Seg> = conn.sent(seg.side).collect();
    for word in words.split(", ").flat_map(|word| word.split(" and ")) {
        let is = match word {
            "the IP identification" => seg.id != 0,
            "the timestamp" => seg.stamps().is_some(),
            "its Ack field" => seg.has(ACK),
            "which bytes had passed" => true,
            "being the same segment bit for bit" => {
                conn.segs[..conn.segs.len() - 1].iter().any(|s| s.packet_bytes == seg.packet_bytes)
            }
            "the duplicate ACKs or SACK before" => conn.earlier(1 - seg.side).any(|s| s.has(ACK)),
            "the time between"
            | "where the capture was made"
            | "where it was seen"
            | "their number"
            | "the ACK"
            | "SACK"
            | "the TTL"
            | "the echoed timestamp"
            | "the D-SACK" => !earlier.is_empty(),
            _ => return Err(format!("{word}: no evidence that is known")),
        };
        holds(word, is)?;
    }
    Ok(())
}

fn needless(conn: &mut Conn, _: &[&str]) -> Answer {
    let seg = conn.now();
    let peer = 1 - seg.side;
    let end = match conn.next(seg.side) {
        Some(next) if before(next, seg.end()) => next,
        _ => seg.end(),
    };
    let covered = conn.acked(peer).is_some_and(|(ack, _)| !before(ack, end));
    let blocks: Vec<(u32, u32)> = conn.earlier(peer).flat_map(Seg::blocks).collect();
    let mut at = seg.seq;
    while let Some(block) = blocks.iter().find(|b| !before(at, b.0) && before(at, b.1)) {
        at = block.1;
    }
    // Or it was captured at the receiver: then the octets had passed.
    let mut passed = seg.seq;
    while let Some(s) = conn.sent(seg.side).find(|s| !before(passed, s.seq) && before(passed, s.end())) {
        passed = s.end();
    }
    holds(
        "all of it had been acknowledged, or had passed",
        covered || !before(at, end) || !before(passed, end),
    )
}

fn late(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let range = parts[0].strip_prefix("the FIN, Seq = ").unwrap_or(parts[0]);
    same("the first", conn.octets(range)?.0, seg.seq)?;
    let higher: Vec<&Seg> = conn.sent(seg.side).filter(|s| before(seg.seq, s.seq)).collect();
    holds("so many passed before", !higher.is_empty() && count(parts[1])? as usize <= higher.len())?;
    same("who", parts[2], NAMES[seg.side])?;
    let fits = higher.iter().any(|s| is_span("", parts[3], seg.time - s.time).is_ok());
    holds("one of them passed so long ago", fits)?;
    evidence(conn, seg, parts[4])
}

fn copy(conn: &mut Conn, parts: &[&str]) -> Answer {
    let of = packet(parts[0])?;
    let bytes = conn.now().packet_bytes.clone();
    let first = conn.segs.iter().find(|s| s.packet == of).ok_or("no such packet")?;
    let same_bytes = first.packet_bytes == bytes;
    conn.segs.last_mut().expect("in hand").void = true;
    holds("the same bytes", same_bytes)
}

fn open(conn: &mut Conn, parts: &[&str]) -> Answer {
    let words = ["sent again", "late", "a copy made on the way", "an ACK of its own"];
    holds("kinds that are known", parts[1].split(" or ").all(|word| words.contains(&word)))?;
    holds("more than one", parts[1].contains(" or "))?;
    let seg = conn.now();
    let number = parts[0].split_once(" = ").map_or(parts[0], |(_, number)| number);
    let is = if parts[0].starts_with("Ack") { seg.ack } else { seg.seq };
    same("the number", conn.octets(number)?.0, is)
}

fn reused(conn: &mut Conn, _: &[&str]) -> Answer {
    holds("its first packet, a SYN", conn.segs.len() == 1 && conn.now().has(SYN))
}

fn damaged(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("the checksum", parts[0], &format!("0x{:04x}", seg.checksum))?;
    holds("it is wrong", !seg.sound)
}

fn offloaded(conn: &mut Conn, parts: &[&str]) -> Answer {
    same("who sent it", parts[0], ["client", "server"][conn.now().side])?;
    unsummed(conn)?;
    holds(
        "ends on two machines",
        conn.ends[0].rsplit_once(':').map(|end| end.0) != conn.ends[1].rsplit_once(':').map(|end| end.0),
    )
}

fn offloaded_too(conn: &mut Conn, parts: &[&str]) -> Answer {
    offloaded(conn, parts)?;
    let other = 1 - conn.now().side;
    holds("one of the other side before", conn.earlier(other).any(|seg| !seg.sound && seg.partial))
}

fn offloaded_inside(conn: &mut Conn, _: &[&str]) -> Answer {
    unsummed(conn)?;
    let other = 1 - conn.now().side;
    holds("the first of the connection", !conn.earlier(other).any(|seg| !seg.sound && seg.partial))?;
    let machine = |end: &str| end.rsplit_once(':').map(|(address, _)| address.to_owned());
    let [client, server] = [0, 1].map(|side: usize| machine(&conn.ends[side]).unwrap_or_default());
    let inside = |address: &str| address.starts_with("127.") || address == "[::1]";
    holds("one machine", client == server || (inside(&client) && inside(&server)))
}

/// No checksum of its bytes, and the first such packet of its side.
fn unsummed(conn: &Conn) -> Answer {
    let now = conn.now();
    holds("the checksum is not that of the bytes", !now.sound && now.partial)?;
    holds("the first such packet", !conn.earlier(now.side).any(|seg| !seg.sound && seg.partial))
}

fn hole(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (from, to) = conn.octets(parts[0])?;
    same("its end", to, seg.seq)?;
    same("its beginning", from, conn.next(seg.side).map_or(from, |next| next))?;
    same("the count", count(parts[1])?, to.wrapping_sub(from))
}

fn answers_nothing(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("Seq", conn.number(parts[0])?, seg.seq)?;
    holds("a RST without ACK", seg.has(RST) && !seg.has(ACK))?;
    holds("no such Ack", !conn.earlier(1 - seg.side).any(|s| s.has(ACK) && s.ack == seg.seq))
}

fn answers_crossed(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    holds("SYN and ACK", seg.has(SYN) && seg.has(ACK))?;
    same("Seq", conn.number(parts[1])?, seg.seq)?;
    let syn = |side: usize, number: u64| {
        conn.earlier(side).find(|s| s.packet == number && s.has(SYN) && !s.has(ACK)).ok_or("no such SYN")
    };
    same("the Ack", seg.ack, syn(1 - seg.side, packet(parts[0])?)?.seq.wrapping_add(1))?;
    same("its own SYN", seg.seq, syn(seg.side, packet(parts[2])?)?.seq)
}

fn no_end(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("Seq", conn.number(parts[0])?, seg.seq)?;
    let (ack, _) = conn.acked(1 - seg.side).ok_or("no ACK before")?;
    same("what is expected", conn.number(parts[1])?, ack)?;
    holds("they differ", ack != seg.seq)?;
    let packet = seg.packet;
    conn.refused.push(packet);
    Ok(())
}

fn challenge(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    holds(
        "such a packet of the other side",
        conn.refused.contains(&packet(parts[0])?) || conn.earlier(1 - seg.side).any(|s| s.has(SYN)),
    )?;
    same("Seq", conn.number(parts[1])?, seg.seq)?;
    same("Ack", conn.number(parts[2])?, seg.ack)
}

fn outside(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now().clone();
    same("Seq", conn.number(parts[0])?, seg.seq)?;
    let right = conn.number(parts[4])?;
    holds("it lies beyond", before(right, seg.seq) || before(seg.seq, conn.number(parts[3])?))?;
    conn.refused.push(seg.packet);
    conn.segs.last_mut().expect("in hand").void = true;
    Ok(())
}

fn dup_ack(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (ack, by) = conn.acked(seg.side).ok_or("no ACK before")?;
    same("Ack", conn.number(parts[0])?, seg.ack)?;
    same("Ack", seg.ack, ack)?;
    same("the packet", packet(parts[1])?, by)?;
    same("what it waits for", conn.number(parts[3])?, ack)?;
    holds("no octets", seg.span() == 0)?;
    let out = conn.next(1 - seg.side).map_or(0, |next| next.wrapping_sub(ack));
    same("what is out", count(parts[4])?, out)?;
    // As many ACKs without octets say the same, in the same window.
    let same_ack = conn.earlier(seg.side).filter(|s| s.has(ACK) && s.ack == ack).count();
    holds("there are so many", same_ack as u32 >= count(parts[2])?)
}

fn old_ack(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (ack, by) = conn.acked(seg.side).ok_or("no ACK before")?;
    same("Ack", conn.number(parts[0])?, seg.ack)?;
    same("the greatest", conn.number(parts[1])?, ack)?;
    same("the packet", packet(parts[2])?, by)?;
    holds("it is below", before(seg.ack, ack))
}

fn disorder(conn: &mut Conn, _: &[&str]) -> Answer {
    let seg = conn.now();
    holds("it was acknowledged", conn.acked(1 - seg.side).is_some_and(|(ack, _)| before(seg.seq, ack)))
}

fn zero_window(conn: &mut Conn, parts: &[&str]) -> Answer {
    same("the window", conn.now().window, 0)?;
    same("the other", parts[0], NAMES[1 - conn.now().side])
}

fn window_update(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let old = conn.earlier(seg.side).rfind(|s| s.has(ACK) && !s.has(RST) && !s.has(SYN) && s.ack == seg.ack);
    same("the old window", count(parts[0])?, conn.window(old.ok_or("no ACK before")?))?;
    same("the new window", count(parts[1])?, conn.window(seg))?;
    same("Ack", conn.number(parts[2])?, seg.ack)
}

fn window_full(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let (acked, window, end) = (conn.number(parts[1])?, count(parts[2])?, conn.number(parts[3])?);
    same("the sum", end, acked.wrapping_add(window))?;
    same("its end", end, seg.end())?;
    let fits = conn.earlier(1 - seg.side).any(|s| s.has(ACK) && s.ack == acked && conn.window(s) == window);
    holds("such a window", fits)
}

fn probe(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("the length", count(parts[0])?, seg.len)?;
    same("Seq", conn.number(parts[1])?, seg.seq)?;
    let (ack, _) = conn.acked(1 - seg.side).ok_or("no ACK before")?;
    same("what is expected", conn.number(parts[2])?, ack)?;
    same("one below", seg.seq.wrapping_add(1), ack)?;
    let last = conn.earlier(1 - seg.side).rfind(|s| s.has(ACK) && s.ack == ack).ok_or("no ACK")?;
    holds("the window is closed, or not", parts[3].starts_with("the window is closed") == (last.window == 0))
}

fn probe_at(conn: &mut Conn, parts: &[&str]) -> Answer {
    same("Seq", conn.number(parts[1])?, conn.now().seq)
}

fn probe_answer(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("Ack", conn.number(parts[3])?, seg.ack)?;
    holds("such a packet", conn.earlier(1 - seg.side).any(|s| s.packet.to_string() == parts[1]))?;
    if let Some(n) = matches("there is room for {} bytes", parts[2]) {
        return same("the window", count(n[0])?, conn.window(seg));
    }
    same("the window is closed", parts[2] == "the window is still closed", seg.window == 0)
}

fn refuses_syn(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let syn = conn.sent(1 - seg.side).find(|s| s.has(SYN)).ok_or("no SYN")?;
    same("the SYN", packet(parts[0])?, syn.packet)?;
    holds("no SYN of its own", conn.isn[seg.side].is_none())?;
    same("the port", parts[1], seg.ends.0.rsplit(':').next().unwrap())
}

fn refusal_numbers(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let syn = conn.isn[1 - seg.side].ok_or("no SYN")?;
    same("Seq", seg.seq, 0)?;
    same("Ack", conn.number(parts[0])?, seg.ack)?;
    same("the SYN", conn.number(parts[1])?, syn)?;
    let data = matches(" and {} of data", parts[2]).map_or(Ok(0), |n| count(n[0]))?;
    same("the sum", seg.ack, syn.wrapping_add(1).wrapping_add(data))
}

/// The packets of the other side whose Ack is the Seq of the reset in hand.
fn asked(conn: &Conn) -> Vec<&Seg> {
    let seg = conn.now();
    conn.earlier(1 - seg.side).filter(|s| s.has(ACK) && s.ack == seg.seq).collect()
}

fn reset_seq(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    holds("a RST without ACK", seg.has(RST) && !seg.has(ACK))?;
    same("Seq", conn.number(parts[0])?, seg.seq)?;
    named(conn, parts[1])
}

/// Every packet that is named has an Ack that is the Seq of the reset.
fn named(conn: &Conn, text: &str) -> Answer {
    let asked: Vec<u64> = asked(conn).iter().map(|s| s.packet).collect();
    let numbers: Vec<u64> =
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    let numbers = if text.contains("packets from") { numbers[1..].to_vec() } else { numbers };
    if text == "a segment that was not captured" {
        return holds("there is none", asked.is_empty());
    }
    holds("packets are named", !numbers.is_empty())?;
    holds("their Ack is that", numbers.iter().all(|n| asked.contains(n)))
}

fn refuses_data(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    let range = parts[1].trim_start_matches(['s', ' ']);
    let of = packet(parts[2])?;
    let data = conn.sent(1 - seg.side).find(|s| s.packet == of).ok_or("no such packet")?;
    same("the count", count(parts[0])?, data.len)?;
    same("the first", conn.octets(range)?.0, data.seq)?;
    same("after the last", conn.octets(range)?.1, data.seq.wrapping_add(data.len))?;
    let (_, fin) = conn.fin(seg.side).ok_or("no FIN")?;
    same("the FIN", packet(parts[4])?, fin)?;
    let (ack, _) = conn.acked(seg.side).ok_or("no ACK")?;
    holds("never acknowledged", before(ack, data.end()))
}

fn refuses_closed(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    named(conn, parts[0])?;
    same("who", parts[1], NAMES[seg.side])?;
    same("the FIN", packet(parts[2])?, conn.fin(seg.side).ok_or("no FIN")?.1)
}

fn gone(conn: &mut Conn, parts: &[&str]) -> Answer {
    named(conn, parts[0])
}

fn unread(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("who", parts[0], NAMES[seg.side])?;
    let isn = conn.isn[1 - seg.side].ok_or("no SYN")?;
    same("what had arrived", count(parts[1])?, seg.ack.wrapping_sub(isn).wrapping_sub(1))?;
    let first = conn.earlier(seg.side).find(|s| s.has(ACK)).ok_or("no ACK")?;
    let edge = |s: &Seg| s.ack.wrapping_add(conn.window(s));
    let moved = edge(seg).wrapping_sub(edge(first)) as i32;
    same("how far the edge moved", count(parts[2])?, moved.max(0) as u32)
}

fn unread_opens(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("who", parts[0], NAMES[seg.side])?;
    let isn = conn.isn[1 - seg.side].ok_or("no SYN")?;
    same("what had arrived", count(parts[1])?, seg.ack.wrapping_sub(isn).wrapping_sub(1))?;
    let last = conn.earlier(seg.side).rfind(|s| s.has(ACK)).ok_or("no ACK")?;
    same("the window before", count(parts[2])?, conn.window(last))?;
    same("the window now", count(parts[3])?, conn.window(seg))?;
    holds("it opens", conn.window(seg) >= 2 * conn.window(last))?;
    same("what was acknowledged", last.ack, seg.ack)
}

fn most_likely_unread(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    same("who", parts[0], NAMES[seg.side])?;
    let isn = conn.isn[1 - seg.side].ok_or("no SYN")?;
    same("what had arrived", count(parts[1])?, seg.ack.wrapping_sub(isn).wrapping_sub(1))?;
    let fin = conn.fin(1 - seg.side).is_some_and(|(end, _)| end == seg.ack);
    let end = seg.ack.wrapping_sub(u32::from(fin));
    let answers = |s: &Seg| s.len > 0 && !before(s.ack, end);
    holds("it sent no data since", !conn.earlier(seg.side).any(answers))?;
    not_acknowledged(conn, parts[2])
}

fn aborts(conn: &mut Conn, parts: &[&str]) -> Answer {
    let seg = conn.now();
    holds("a RST", seg.has(RST))?;
    let nothing = conn.isn[1 - seg.side].is_some_and(|isn| seg.ack == isn.wrapping_add(1));
    let why = if nothing {
        ": nothing had arrived that could lie unread"
    } else {
        " or with data unread, and the numbers do not tell which"
    };
    let left = parts[0].strip_prefix(why).ok_or("another reason")?;
    not_acknowledged(conn, left)
}

/// What of the other side was not acknowledged by the reset in hand: `; 5 bytes, Y+1 … Y+5, of the …`.
fn not_acknowledged(conn: &mut Conn, left: &str) -> Answer {
    let seg = conn.now();
    let out = conn.next(1 - seg.side).map_or(0, |next| next.wrapping_sub(seg.ack) as i32);
    match matches("; {}, {}, of the {} that passed here were not acknowledged", left) {
        Some(parts) => {
            same("the count", count(parts[0])? as i32, out)?;
            let (from, to) = conn.octets(parts[1])?;
            same("the first", from, seg.ack)?;
            same("after the last", to, seg.ack.wrapping_add(out as u32))
        }
        None => holds("nothing is out", out <= 0 && left.is_empty()),
    }
}

fn gives_up(conn: &mut Conn, _: &[&str]) -> Answer {
    holds("a RST", conn.now().has(RST))
}

fn half_open(conn: &mut Conn, _: &[&str]) -> Answer {
    let seg = conn.now();
    holds("a RST without ACK", seg.has(RST) && !seg.has(ACK))
}

fn reset_again(conn: &mut Conn, _: &[&str]) -> Answer {
    holds("it had ended", conn.reset || conn.segs.iter().any(|s| s.has(FIN)))
}

fn shows(conn: &mut Conn, parts: &[&str]) -> Answer {
    let of = packet(parts[0])?;
    holds("an earlier packet", conn.segs.iter().any(|s| s.packet == of && s.packet < conn.now().packet))
}
