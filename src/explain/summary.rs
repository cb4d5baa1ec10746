//! A whole connection in a few sentences.
use super::evidence::Words;
use super::number::{Count, Elapsed, bytes};
use crate::flow::{Cause, Connection, Direction, Ended, Evidence, Half, Opened, ResetCause};

/// Who opened a connection, what it carried, what went wrong, who ended it and why.
///
/// ```
/// use synack::flow::{FlowTable, Limits};
/// use synack::{Layers, Source, explain, savefile};
///
/// let mut source = savefile::open("tests/data/seeds/lab_v1.pcap")?;
/// let mut flows = FlowTable::new(Limits::default());
/// while let Some(packet) = source.next_packet()? {
///     flows.observe(&packet, &Layers::decode(packet.link, packet.data));
/// }
/// let connection = flows.connections().next().ok_or("no connection")?;
/// let lines = explain::summary(connection);
/// assert!(lines[0].starts_with("connection 1: the client 192.168.1.13:52138 opened it"));
/// assert_eq!(lines.last().map(String::as_str), Some("it ended in order: the client closed first"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn summary(conn: &Connection) -> Vec<String> {
    let mut lines = vec![opening(conn)];
    for direction in [Direction::C2s, Direction::S2c] {
        lines.push(half(conn, direction));
    }
    lines.push(ending(conn));
    lines
}

fn opening(conn: &Connection) -> String {
    let (client, server) = (conn.client(), conn.server());
    let opened = match conn.opened() {
        Opened::Seen => format!("the client {client} opened it to {server}"),
        Opened::Guessed => format!(
            "its beginning was not captured; {client} is taken for the client, {server} for the server, by their ports"
        ),
    };
    let rtt = conn
        .handshake_rtt_ns()
        .map_or_else(String::new, |ns| format!("; from its SYN to the end of the handshake {}", Elapsed(ns)));
    let lasted = Elapsed(conn.duration_ns());
    format!("connection {}: {opened}{rtt}; it lasted {lasted}", conn.id())
}

fn half(conn: &Connection, direction: Direction) -> String {
    let half = conn.half(direction);
    let counts = half.counts();
    if counts.packets == 0 {
        return format!("the {} sent nothing that was captured", direction.sender());
    }
    let mut text = format!(
        "the {} sent {} with {}",
        direction.sender(),
        Count(counts.packets, "packet"),
        bytes(counts.unique_bytes)
    );
    if let Some(rtt) = half.rtt().min() {
        text.push_str(&format!("; the quickest ACK came {} after what it acknowledges", Elapsed(rtt)));
    }
    for trouble in troubles(half) {
        text.push_str("; ");
        text.push_str(&trouble);
    }
    text
}

/// What did not go as it should.
fn troubles(half: &Half) -> Vec<String> {
    let counts = half.counts();
    let mut said = Vec::new();
    let total = counts.retransmissions_total();
    if total > 0 {
        let causes: Vec<String> = Cause::ALL
            .iter()
            .zip(counts.retransmissions)
            .filter(|(_, n)| *n > 0)
            .map(|(cause, n)| format!("{n} {}", cause.name().replace('_', " ")))
            .collect();
        let needless =
            if counts.spurious > 0 { format!(", {} not needed", counts.spurious) } else { String::new() };
        said.push(format!("{} ({}{needless})", Count(total, "retransmission"), causes.join(", ")));
    }
    for (n, what) in [
        (u64::from(counts.reordered), "late segment"),
        (u64::from(counts.duplicates), "copy"),
        (u64::from(counts.ambiguous), "segment of unknown kind"),
        (u64::from(counts.dup_acks), "duplicate ACK"),
        (u64::from(counts.zero_windows), "closed window"),
        (u64::from(counts.bad_checksums), "wrong checksum"),
    ] {
        match (n, what) {
            (0, _) => {}
            (2.., "copy") => said.push(format!("{n} copies")),
            _ => said.push(Count(n, what).to_string()),
        }
    }
    if half.missing_bytes() > 0 {
        said.push(format!("{} never captured", bytes(half.missing_bytes())));
    }
    said
}

fn ending(conn: &Connection) -> String {
    let by = conn.ended_by().map_or("somebody", Direction::sender);
    match conn.ended() {
        Ended::Fin => format!("it ended in order: the {by} closed first"),
        Ended::Reset => {
            let evidence = conn.reset_evidence().filter(|evidence| !evidence.is_empty());
            let mut why = conn.reset_cause().map_or("nothing tells why", why).to_owned();
            if conn.reset_cause() == Some(ResetCause::UnreadData)
                && !evidence.is_some_and(|evidence| evidence.contains(Evidence::WINDOW))
            {
                why.insert_str(0, "most likely ");
            }
            let known = evidence.map_or_else(String::new, |evidence| format!(" (by {})", Words(evidence)));
            format!("it was reset by the {by}: {why}{known}")
        }
        Ended::Timeout => "it ended without a word: what was sent last was never answered".to_owned(),
        Ended::Open => "it was open when the capture ended".to_owned(),
    }
}

/// Why a reset came.
const fn why(cause: ResetCause) -> &'static str {
    match cause {
        ResetCause::ClosedPort => "nobody listened on the port",
        ResetCause::UnreadData => "its program closed the socket with data unread",
        ResetCause::Abort => "its program closed the socket hard (linger of 0) or with data unread",
        ResetCause::LateData => "data came for a socket that its program had closed",
        ResetCause::HalfOpen => "it knew of no such connection",
        ResetCause::Timeout => "it had no answer to what it sent again and again",
        ResetCause::Middlebox => "the reset came from something between the ends",
        _ => "nothing tells why",
    }
}
