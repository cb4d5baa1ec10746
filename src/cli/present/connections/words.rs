//! How times, states and ends are written for people.
use synack::flow::{Connection, Direction, Ended};

/// A time in three or four figures: `1.234 s`, `12.3 ms`, `45 us`, `2 h 03 min`.
///
/// Digits that are not shown are cut, so that no time is called longer than it was.
pub(super) fn time(ns: u64) -> String {
    let (us, ms, seconds) = (ns / 1000, ns / 1_000_000, ns / 1_000_000_000);
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{us} us"),
        1_000_000..10_000_000 => format!("{ms}.{:02} ms", us % 1000 / 10),
        10_000_000..100_000_000 => format!("{ms}.{} ms", us % 1000 / 100),
        100_000_000..1_000_000_000 => format!("{ms} ms"),
        1_000_000_000..100_000_000_000 => format!("{seconds}.{:02} s", ms % 1000 / 10),
        100_000_000_000..6_000_000_000_000 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// The round trip, as good as it is known: the handshake's, or the sum of the shortest of both loops.
pub(super) fn rtt(connection: &Connection) -> Option<u64> {
    let loops = || Some(connection.c2s().rtt().min()? + connection.s2c().rtt().min()?);
    connection
        .handshake_rtt_ns()
        .or_else(loops)
        .or_else(|| connection.c2s().rtt().min().max(connection.s2c().rtt().min()))
}

/// The states of both ends: one word where they are the same.
pub(super) fn states(connection: &Connection) -> String {
    let (client, server) = (connection.state(Direction::C2s), connection.state(Direction::S2c));
    if client == server { client.name().to_owned() } else { format!("{}/{}", client.name(), server.name()) }
}

/// How it ended, who began it, and why if it was a reset.
pub(super) fn end(connection: &Connection) -> String {
    let mut text = connection.ended().name().to_owned();
    if connection.ended() == Ended::Open {
        return text;
    }
    if let Some(by) = connection.ended_by() {
        text.push_str(" by ");
        text.push_str(by.sender());
    }
    if let Some(cause) = connection.reset_cause() {
        text.push_str(": ");
        text.push_str(cause.name());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_that_fits() {
        for (ns, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (45_678, "45 us"),
            (1_239_999, "1.23 ms"),
            (12_399_999, "12.3 ms"),
            (999_999_999, "999 ms"),
            (1_239_000_000, "1.23 s"),
            (100_000_000_000, "1 min 40 s"),
            (7_380_000_000_000, "2 h 03 min"),
        ] {
            assert_eq!(time(ns), text);
        }
    }
}
