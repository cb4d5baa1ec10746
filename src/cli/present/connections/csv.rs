//! Connections as comma-separated values (RFC 4180): numbers, addresses and words, none of which
//! needs quotes or begins like a formula.
use std::io::Write;

use synack::flow::{Cause, Connection, Direction, Half, Rtt};

/// Fields of a connection as a whole.
const WHOLE: [&str; 20] = [
    "conn",
    "client_addr",
    "client_port",
    "server_addr",
    "server_port",
    "opened",
    "midstream",
    "client_state",
    "server_state",
    "first",
    "last",
    "first_packet",
    "last_packet",
    "duration_ns",
    "ended",
    "ended_by",
    "reset_cause",
    "handshake_rtt_ns",
    "client_initial_seq",
    "server_initial_seq",
];

/// Fields of each direction, before those of retransmissions by cause.
const EACH: [&str; 22] = [
    "packets",
    "bytes",
    "unique_bytes",
    "missing_bytes",
    "retransmissions",
    "spurious",
    "reordered",
    "duplicates",
    "ambiguous",
    "dup_acks",
    "zero_windows",
    "zero_window_ns",
    "bad_checksums",
    "mss",
    "window_scale",
    "sack",
    "timestamps",
    "vantage",
    "rtt_min_ns",
    "rtt_p50_ns",
    "rtt_p95_ns",
    "rtt_max_ns",
];

/// Appends the heading.
pub(super) fn heading(out: &mut Vec<u8>) {
    let mut names: Vec<String> = WHOLE.iter().map(|name| (*name).to_owned()).collect();
    for direction in [Direction::C2s, Direction::S2c] {
        let prefix = direction.name();
        names.extend(EACH.iter().map(|name| format!("{prefix}_{name}")));
        names.extend(Cause::ALL.iter().map(|cause| format!("{prefix}_retransmissions_{}", cause.name())));
    }
    out.extend_from_slice(names.join(",").as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Appends the line of a connection. What is not known is empty.
pub(super) fn push(out: &mut Vec<u8>, connection: &Connection) {
    let (client, server) = (connection.client(), connection.server());
    let by = connection.ended_by().map(Direction::sender);
    let cause = connection.reset_cause().map(|cause| cause.name());
    // A vector takes all that is written to it.
    let _ = write!(
        out,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        connection.id(),
        client.addr,
        client.port,
        server.addr,
        server.port,
        connection.opened().name(),
        connection.midstream(),
        connection.state(Direction::C2s).name(),
        connection.state(Direction::S2c).name(),
        synack::json::Rfc3339(connection.first()),
        synack::json::Rfc3339(connection.last()),
        connection.first_packet(),
        connection.last_packet(),
        connection.duration_ns(),
        connection.ended().name(),
        by.unwrap_or_default(),
        cause.unwrap_or_default(),
        known(connection.handshake_rtt_ns()),
        known(connection.c2s().initial_seq()),
        known(connection.s2c().initial_seq()),
    );
    half(out, connection.c2s());
    half(out, connection.s2c());
    out.extend_from_slice(b"\r\n");
}

/// Appends what one side sent.
fn half(out: &mut Vec<u8>, half: &Half) {
    let (counts, rtt) = (half.counts(), half.rtt());
    let quantile = |q| if rtt.count() == 0 { None } else { Rtt::quantile(rtt, q) };
    let _ = write!(
        out,
        ",{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        counts.packets,
        counts.bytes,
        counts.unique_bytes,
        half.missing_bytes(),
        counts.retransmissions_total(),
        counts.spurious,
        counts.reordered,
        counts.duplicates,
        counts.ambiguous,
        counts.dup_acks,
        counts.zero_windows,
        counts.zero_window_ns,
        counts.bad_checksums,
        known(half.mss()),
        known(half.window_scale()),
        half.sack(),
        half.timestamps(),
        half.vantage().name(),
        known(rtt.min()),
        known(quantile(0.5)),
        known(quantile(0.95)),
        known(rtt.max()),
    );
    for n in &counts.retransmissions {
        let _ = write!(out, ",{n}");
    }
}

/// A number, or nothing.
fn known<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use synack::flow::{FlowTable, Limits};
    use synack::{Layers, Source, savefile};

    use super::*;

    #[test]
    fn every_line_has_as_many_fields_as_the_heading() {
        let mut source = savefile::open("tests/data/seeds/lottery.pcap").unwrap();
        let mut table = FlowTable::new(Limits::default());
        while let Some(packet) = source.next_packet().unwrap() {
            table.observe(&packet, &Layers::decode(packet.link, packet.data));
        }
        table.finish();
        let mut text = Vec::new();
        heading(&mut text);
        table.connections().for_each(|connection| push(&mut text, connection));
        let text = String::from_utf8(text).unwrap();
        let counts: Vec<usize> = text.lines().map(|line| line.matches(',').count()).collect();
        assert!(counts.len() > 1 && counts.iter().all(|n| *n == counts[0]), "{counts:?}");
        assert!(text.lines().all(|line| !line.starts_with(['=', '+', '-', '@'])));
    }
}
