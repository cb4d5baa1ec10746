//! Explained segments as text.
use std::fmt::Write as _;

use super::segment::Explained;
use super::{Style, Topic};
use crate::flow::{ConnId, Direction};
use crate::wire::TcpFlags;

/// Lays explained segments out as lines of text.
///
/// ```
/// use synack::explain::Text;
///
/// let text = Text::new().with_width(Some(80));
/// # let _ = text;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Text {
    width: Option<usize>,
    colour: bool,
    first: Option<ConnId>,
    several: bool,
}

const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";
/// Grey, and not what terminals make of dim.
const DIM: &str = "\x1b[38;5;102m";

/// The colour of what a clause is about: one that can be read on dark and on light ground.
const fn colour(topic: Topic) -> &'static str {
    match topic {
        Topic::Opening => "\x1b[38;5;64m",
        Topic::Data => "\x1b[38;5;30m",
        Topic::Ack => "",
        Topic::Window => "\x1b[38;5;136m",
        Topic::Closing => "\x1b[38;5;134m",
        Topic::Reset | Topic::Trouble => "\x1b[38;5;198m",
        Topic::Correction => "\x1b[38;5;33m",
    }
}

impl Text {
    /// Lines as long as they get, without colour.
    pub fn new() -> Self {
        Self::default()
    }

    /// Breaks lines between words after at most so many characters.
    #[must_use]
    pub const fn with_width(mut self, width: Option<usize>) -> Self {
        self.width = width;
        self
    }

    /// Whether there is colour, by the escape sequences of ECMA-48.
    #[must_use]
    pub const fn with_colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// Appends the lines of a segment.
    pub fn segment(&mut self, out: &mut String, segment: &Explained) {
        self.several |= *self.first.get_or_insert(segment.conn) != segment.conn;
        for line in &segment.introduction {
            self.line(out, "", line, BOLD);
        }
        match segment.style {
            Style::Terse => self.terse(out, segment),
            Style::Normal => self.normal(out, segment),
            Style::Plain => self.plain(out, segment),
        }
    }

    /// Appends lines of a connection as a whole.
    pub fn lines(&self, out: &mut String, lines: &[String]) {
        for line in lines {
            self.line(out, "", line, "");
        }
    }

    fn terse(&self, out: &mut String, segment: &Explained) {
        let Explained { packet, seq, ack, len, window, .. } = segment;
        let mut line = format!("{packet} {} {} ", Seconds(segment.since_first_ns), self.way(segment, true));
        let _ = write!(line, "[{}] seq {seq} {}", letters(segment.flags), seq.absolute);
        if let Some(ack) = ack {
            let _ = write!(line, " ack {ack} {}", ack.absolute);
        }
        let _ = write!(line, " len {len} win {window}:");
        for (n, clause) in segment.clauses.iter().enumerate() {
            let _ = write!(line, "{} {}", if n > 0 { ";" } else { "" }, clause.text);
        }
        let (client, server) = segment.states;
        let _ = write!(line, " | {} {}", client.rfc_name(), server.rfc_name());
        self.line(out, "", &line, segment.clauses.first().map_or("", |clause| colour(clause.topic)));
    }

    fn normal(&self, out: &mut String, segment: &Explained) {
        let (packet, flags) = (segment.packet, words(segment.flags));
        let head = format!(
            "#{packet}  {} s  {}  {flags}",
            Seconds(segment.since_first_ns),
            self.way(segment, false)
        );
        self.line(out, "", &head, BOLD);
        self.line(out, "    ", &numbers(segment), DIM);
        for clause in &segment.clauses {
            self.line(out, "    ", &clause.text, colour(clause.topic));
        }
        let (client, server) = segment.states;
        let states = format!("state: client {}, server {}", client.rfc_name(), server.rfc_name());
        self.line(out, "    ", &states, DIM);
    }

    fn plain(&self, out: &mut String, segment: &Explained) {
        let head = format!(
            "Packet {}, after {} s, {}, {}:",
            segment.packet,
            Seconds(segment.since_first_ns),
            self.way(segment, false),
            words(segment.flags)
        );
        self.line(out, "", &head, BOLD);
        for clause in &segment.clauses {
            self.line(out, "  ", &clause.text, colour(clause.topic));
        }
        self.line(out, "  ", &format!("Its numbers: {}.", numbers(segment)), DIM);
        let (client, server) = segment.states;
        let states =
            format!("Now the client is in {}, the server in {}.", client.rfc_name(), server.rfc_name());
        self.line(out, "  ", &states, DIM);
        out.push('\n');
    }

    fn way(&self, segment: &Explained, short: bool) -> String {
        let way = match (segment.direction, short) {
            (Direction::C2s, false) => "client → server",
            (Direction::S2c, false) => "server → client",
            (Direction::C2s, true) => "C→S",
            (Direction::S2c, true) => "S→C",
        };
        if self.several {
            return format!("{way} (connection {})", segment.conn);
        }
        way.to_owned()
    }

    /// One line, broken if it is too long; what goes on is indented further.
    fn line(&self, out: &mut String, indent: &str, text: &str, colour: &str) {
        let colour = if self.colour { colour } else { "" };
        let close = if colour.is_empty() { "" } else { RESET };
        let width = self.width.unwrap_or(usize::MAX).max(20);
        let mut used = 0;
        for (n, word) in text.split(' ').enumerate() {
            let len = word.chars().count();
            if n == 0 {
                out.push_str(indent);
                out.push_str(colour);
                used = indent.len();
            } else if used.saturating_add(1 + len) > width {
                out.push_str(close);
                out.push('\n');
                out.push_str(indent);
                out.push_str("  ");
                out.push_str(colour);
                used = indent.len() + 2;
            } else {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += len;
        }
        out.push_str(close);
        out.push('\n');
    }
}

impl Explained {
    /// Its numbers in one line, each symbolic, as it stands and relative, with length and window.
    pub fn numbers(&self) -> String {
        numbers(self)
    }

    /// Its flags as words and as tcpdump's letters: `SYN, ACK [S.]`.
    pub fn flag_words(&self) -> String {
        words(self.flags)
    }
}

/// The numbers of a segment, each as it stands, relative and symbolic.
fn numbers(segment: &Explained) -> String {
    let mut text = format!("Seq = {}", segment.seq.full());
    if let Some(ack) = segment.ack {
        let _ = write!(text, ", Ack = {}", ack.full());
    }
    let scaled = if segment.window_is_scaled && segment.window > 0 { " (scaled)" } else { "" };
    let _ = write!(text, ", {}, window {}{scaled}", super::number::bytes(segment.len), segment.window);
    text
}

/// Nanoseconds as seconds with six decimals.
struct Seconds(i64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let us = self.0.unsigned_abs() / 1000;
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:06}", us / 1_000_000, us % 1_000_000)
    }
}

/// The flags as words and as tcpdump's letters: `SYN, ACK [S.]`.
fn words(flags: TcpFlags) -> String {
    let mut text = String::new();
    let order = [TcpFlags::SYN, TcpFlags::FIN, TcpFlags::RST, TcpFlags::PSH, TcpFlags::ACK, TcpFlags::URG];
    let rest = [TcpFlags::ECE, TcpFlags::CWR, TcpFlags::AE];
    for one in order.into_iter().chain(rest).filter(|one| flags.contains(*one)) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.extend(one.iter_names().map(|(name, _)| name));
    }
    let letters = letters(flags);
    if text.is_empty() { format!("no flags [{letters}]") } else { format!("{text} [{letters}]") }
}

/// The flags as tcpdump writes them.
fn letters(flags: TcpFlags) -> String {
    let all = [
        (TcpFlags::FIN, 'F'),
        (TcpFlags::SYN, 'S'),
        (TcpFlags::RST, 'R'),
        (TcpFlags::PSH, 'P'),
        (TcpFlags::ACK, '.'),
        (TcpFlags::URG, 'U'),
        (TcpFlags::ECE, 'E'),
        (TcpFlags::CWR, 'W'),
        (TcpFlags::AE, 'e'),
    ];
    let letters: String = all.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, c)| c).collect();
    if letters.is_empty() { "none".to_owned() } else { letters }
}
