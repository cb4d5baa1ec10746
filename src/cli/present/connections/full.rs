//! One connection in full.
use std::io::Write;

use synack::flow::{Cause, Connection, Direction, Half, Opened, Rtt};

use super::words;
use crate::cli::present::palette::Palette;

/// Appends all that is known of a connection.
pub(super) fn push(out: &mut Vec<u8>, connection: &Connection, palette: Palette) {
    let Palette { strong, end, .. } = palette;
    // A vector takes all that is written to it.
    let _ = writeln!(
        out,
        "{strong}connection {}: {} > {}{end}",
        connection.id(),
        connection.client(),
        connection.server()
    );
    let mut field = |name: &str, text: &str| {
        let _ = writeln!(out, "  {name:24}{text}");
    };
    field("opened", opened(connection));
    field(
        "first packet",
        &format!("{} at {}", connection.first_packet(), synack::json::Rfc3339(connection.first())),
    );
    field(
        "last packet",
        &format!("{} at {}", connection.last_packet(), synack::json::Rfc3339(connection.last())),
    );
    field("duration", &words::time(connection.duration_ns()));
    field("state of the client", connection.state(Direction::C2s).name());
    field("state of the server", connection.state(Direction::S2c).name());
    let mut ended = words::end(connection);
    if let Some(evidence) = connection.reset_evidence().filter(|evidence| !evidence.is_empty()) {
        ended.push_str(", by ");
        ended.push_str(&evidence.names().collect::<Vec<_>>().join(", "));
    }
    field("ended", &ended);
    field("round trip of handshake", &known(connection.handshake_rtt_ns().map(words::time)));
    let _ = writeln!(out, "  {:24}{strong}{:>16}{:>16}{end}", "", "client", "server");
    let halves = [connection.c2s(), connection.s2c()];
    for (name, of) in FIELDS {
        let [client, server] = halves.map(of);
        let _ = writeln!(out, "  {name:24}{client:>16}{server:>16}");
    }
    for (at, cause) in Cause::ALL.iter().enumerate() {
        let [client, server] =
            halves.map(|half| half.counts().retransmissions.get(at).copied().unwrap_or_default());
        if client + server > 0 {
            let _ = writeln!(out, "    by cause: {:12}{client:>16}{server:>16}", cause.name());
        }
    }
    out.push(b'\n');
}

fn opened(connection: &Connection) -> &'static str {
    match (connection.opened(), connection.midstream()) {
        (Opened::Seen, false) => "by the client: its SYN or the answer was captured",
        (Opened::Seen, true) => "before the capture began; by the client, as a SYN shows",
        (Opened::Guessed, _) => "before the capture began; by whom is guessed from the ports",
    }
}

/// The name of something known of a side, and how it is found.
type Field = (&'static str, fn(&Half) -> String);

/// What is known of each side.
const FIELDS: [Field; 22] = [
    ("packets", |half| half.counts().packets.to_string()),
    ("bytes", |half| half.counts().bytes.to_string()),
    ("bytes without repeats", |half| half.counts().unique_bytes.to_string()),
    ("bytes not captured", |half| half.missing_bytes().to_string()),
    ("initial sequence number", |half| known(half.initial_seq())),
    ("MSS", |half| known(half.mss())),
    ("window scale", |half| known(half.window_scale())),
    ("SACK", |half| yes(half.sack())),
    ("timestamps", |half| yes(half.timestamps())),
    ("captured at its", |half| half.vantage().name().to_owned()),
    ("reordered", |half| half.counts().reordered.to_string()),
    ("duplicates", |half| half.counts().duplicates.to_string()),
    ("undecided", |half| half.counts().ambiguous.to_string()),
    ("duplicate ACKs", |half| half.counts().dup_acks.to_string()),
    ("zero windows", |half| half.counts().zero_windows.to_string()),
    ("time with zero window", |half| words::time(half.counts().zero_window_ns)),
    ("bad checksums", |half| half.counts().bad_checksums.to_string()),
    ("RTT min", |half| known(half.rtt().min().map(words::time))),
    ("RTT median", |half| known(quantile(half.rtt(), 0.5))),
    ("RTT 95 %", |half| known(quantile(half.rtt(), 0.95))),
    ("retransmissions", |half| half.counts().retransmissions_total().to_string()),
    ("  spurious", |half| half.counts().spurious.to_string()),
];

fn quantile(rtt: &Rtt, q: f64) -> Option<String> {
    (rtt.count() > 0).then(|| rtt.quantile(q)).flatten().map(words::time)
}

fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn yes(value: bool) -> String {
    if value { "yes".to_owned() } else { "no".to_owned() }
}
