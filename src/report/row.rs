//! A row of the table of connections.
use super::json::Json;
use crate::explain::Elapsed;
use crate::flow::{ConnId, Connection, Direction, Ended, Half, Opened};
use crate::markup::Markup;

/// What the table shows of a connection, and sorts by.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: ConnId,
    client: String,
    server: String,
    ended: String,
    duration_ns: u64,
    packets: u64,
    bytes: [u64; 2],
    rtt_ns: Option<u64>,
    resent: u64,
    late: u64,
    copies: u64,
    zero_windows: u64,
    missing: u64,
}

/// A column: its heading, what it means, and whether it holds numbers.
pub(super) struct Column {
    pub(super) heading: &'static str,
    pub(super) meaning: &'static str,
    pub(super) is_number: bool,
}

const fn column(heading: &'static str, meaning: &'static str, is_number: bool) -> Column {
    Column { heading, meaning, is_number }
}

/// The columns, in the order of a row's cells.
pub(super) const COLUMNS: [Column; 13] = [
    column("No.", "number of the connection", true),
    column("Client", "who opened it; ~ is guessed, because its beginning was not captured", false),
    column("Server", "to whom", false),
    column("Ended", "how it ended, and by whom", false),
    column("Lasted", "from its first packet to its last", true),
    column("Packets", "of both sides", true),
    column("To server", "bytes of data, each once", true),
    column("To client", "bytes of data, each once", true),
    column("Round trip", "of the handshake, or else the shortest time to an ACK", true),
    column("Again", "segments sent again", true),
    column("Late", "originals that came late", true),
    column("Closed", "windows that closed", true),
    column("Missing", "bytes that the capture does not have", true),
];

impl Row {
    pub(super) fn of(conn: &Connection) -> Self {
        let (c2s, s2c) = (conn.c2s(), conn.s2c());
        let sum = |of: fn(&Half) -> u64| of(c2s) + of(s2c);
        let guessed = if conn.opened() == Opened::Guessed { "~" } else { "" };
        Self {
            id: conn.id(),
            client: format!("{guessed}{}", conn.client()),
            server: conn.server().to_string(),
            ended: ended(conn),
            duration_ns: conn.duration_ns(),
            packets: sum(|half| half.counts().packets),
            bytes: [c2s.counts().unique_bytes, s2c.counts().unique_bytes],
            rtt_ns: conn
                .handshake_rtt_ns()
                .or_else(|| c2s.rtt().min().into_iter().chain(s2c.rtt().min()).max()),
            resent: sum(|half| half.counts().retransmissions_total()),
            late: sum(|half| half.counts().reordered.into()),
            copies: sum(|half| half.counts().duplicates.into()),
            zero_windows: sum(|half| half.counts().zero_windows.into()),
            missing: sum(Half::missing_bytes),
        }
    }

    /// Whether something went wrong.
    fn is_odd(&self) -> bool {
        self.resent + self.late + self.copies + self.zero_windows + self.missing > 0
            || self.ended.starts_with("reset")
    }

    /// The cells as people read them.
    fn cells(&self) -> [String; COLUMNS.len()] {
        let span = |ns: u64| Elapsed(ns).to_string();
        [
            self.id.to_string(),
            self.client.clone(),
            self.server.clone(),
            self.ended.clone(),
            span(self.duration_ns),
            self.packets.to_string(),
            self.bytes[0].to_string(),
            self.bytes[1].to_string(),
            self.rtt_ns.map_or_else(|| "–".to_owned(), span),
            self.resent.to_string(),
            self.late.to_string(),
            self.zero_windows.to_string(),
            self.missing.to_string(),
        ]
    }

    /// The row as the script has it: `[cells …, odd, duration, round trip]`, numbers as numbers; the
    /// times once more, for sorting.
    pub(super) fn push(&self, json: &mut Json) {
        json.begin('[');
        json.number(self.id.0);
        json.text(&self.client);
        json.text(&self.server);
        json.text(&self.ended);
        json.text(Elapsed(self.duration_ns));
        json.number(self.packets);
        json.number(self.bytes[0]);
        json.number(self.bytes[1]);
        json.text(self.rtt_ns.map_or_else(|| "–".to_owned(), |ns| Elapsed(ns).to_string()));
        json.number(self.resent);
        json.number(self.late);
        json.number(self.zero_windows);
        json.number(self.missing);
        json.number(u8::from(self.is_odd()));
        json.number(self.duration_ns);
        json.maybe(self.rtt_ns);
        json.end(']');
    }

    /// The row as it stands in the document.
    pub(super) fn draw(&self, markup: &mut Markup) {
        let class = if self.is_odd() { "odd" } else { "plain" };
        markup.open("tr", &[("class", &class)]);
        for (n, (cell, column)) in self.cells().iter().zip(&COLUMNS).enumerate() {
            let class = if column.is_number { "n" } else { "w" };
            if n == 0 {
                markup.open("th", &[("scope", &"row"), ("class", &class)]);
                let label = format!("Connection {cell}");
                markup.element("a", &[("href", &format_args!("#c{cell}")), ("aria-label", &label)], cell);
                markup.close();
            } else {
                markup.element("td", &[("class", &class)], cell);
            }
        }
        markup.close();
        markup.newline();
    }
}

/// How it ended, in few words.
fn ended(conn: &Connection) -> String {
    let by = conn.ended_by().map_or("somebody", Direction::sender);
    match conn.ended() {
        Ended::Fin => format!("in order, by the {by}"),
        Ended::Reset => {
            let why = conn.reset_cause().map_or("", |cause| cause.name()).replace('_', " ");
            let separator = if why.is_empty() { "" } else { ": " };
            format!("reset by the {by}{separator}{why}")
        }
        Ended::Timeout => "without an answer".to_owned(),
        Ended::Open => "open".to_owned(),
    }
}
