//! The capture as a whole, in sentences.
use super::Report;
use super::row::Row;
use crate::explain::Elapsed;
use crate::flow::{Connection, Ended, ResetCause};
use crate::packet::Packet;

/// What is counted of the whole capture.
#[derive(Debug, Default)]
pub(super) struct Totals {
    packets: u64,
    /// Packets that are no segment of a connection.
    pub(super) other: u64,
    /// Segments of connections for which there was no room.
    pub(super) left_out: u64,
    pub(super) passed_over: u64,
    first: Option<i64>,
    last: i64,
    connections: u64,
    in_order: u64,
    timeouts: u64,
    open: u64,
    /// Resets by their cause.
    resets: Vec<(Option<ResetCause>, u64)>,
    resent: u64,
    spurious: u64,
    late: u64,
    copies: u64,
    zero_windows: u64,
    missing: u64,
    bad_checksums: u64,
    largest: Option<(u64, String)>,
}

impl Totals {
    pub(super) fn packet(&mut self, packet: &Packet<'_>) {
        let at = packet.time.saturating_nanos();
        self.packets += 1;
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = if self.packets == 1 { at } else { self.last.max(at) };
    }

    pub(super) fn connection(&mut self, conn: &Connection) {
        self.connections += 1;
        match conn.ended() {
            Ended::Fin => self.in_order += 1,
            Ended::Timeout => self.timeouts += 1,
            Ended::Open => self.open += 1,
            Ended::Reset => {
                let cause = conn.reset_cause();
                match self.resets.iter_mut().find(|(known, _)| *known == cause) {
                    Some((_, n)) => *n += 1,
                    None => self.resets.push((cause, 1)),
                }
            }
        }
        let mut bytes = 0;
        for half in [conn.c2s(), conn.s2c()] {
            let counts = half.counts();
            bytes += counts.unique_bytes;
            self.resent += counts.retransmissions_total();
            self.spurious += u64::from(counts.spurious);
            self.late += u64::from(counts.reordered);
            self.copies += u64::from(counts.duplicates);
            self.zero_windows += u64::from(counts.zero_windows);
            self.missing += half.missing_bytes();
            self.bad_checksums += u64::from(counts.bad_checksums);
        }
        if self.largest.as_ref().is_none_or(|(most, _)| bytes > *most) {
            let name = format!("connection {}, {} to {}", conn.id(), conn.client(), conn.server());
            self.largest = Some((bytes, name));
        }
    }
}

/// A number and its noun.
fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Digits in groups of three, as people read them.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Words in a row: `a, b and c`.
fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// What happened, a sentence a line.
pub(super) fn summary(report: &Report) -> Vec<String> {
    let totals = &report.totals;
    let mut lines = Vec::new();
    let lasted = Elapsed(u64::try_from(totals.last.saturating_sub(totals.first.unwrap_or(0))).unwrap_or(0));
    let began = report.began.as_ref().map_or_else(String::new, |began| format!(", from {began} on"));
    lines.push(if totals.packets == 0 {
        "There were no packets.".to_owned()
    } else {
        let connections = count(totals.connections, "TCP connection");
        format!("{} in {lasted}{began}; {connections}.", count(totals.packets, "packet"))
    });
    if totals.connections > 0 {
        lines.push(endings(totals));
        lines.push(troubles(totals));
    }
    if totals.connections > 1
        && let Some((bytes, name)) = totals.largest.as_ref().filter(|(bytes, _)| *bytes > 0)
    {
        lines.push(format!("Most was carried by {name}: {}.", count(*bytes, "byte")));
    }
    lines
}

fn endings(totals: &Totals) -> String {
    let mut parts = Vec::new();
    let mut add = |n: u64, what: &str| {
        if n > 0 {
            let noun = if parts.is_empty() { count(n, "connection") } else { grouped(n) };
            parts.push(format!("{noun} {what}"));
        }
    };
    add(totals.in_order, "ended in order");
    for (cause, n) in &totals.resets {
        add(*n, &format!("ended by a reset ({})", cause.map_or("nothing tells why", why)));
    }
    add(totals.timeouts, "never got an answer");
    add(totals.open, if totals.open == 1 { "was open at the end" } else { "were open at the end" });
    format!("{}.", joined(&parts))
}

const fn why(cause: ResetCause) -> &'static str {
    match cause {
        ResetCause::ClosedPort => "nobody listened",
        ResetCause::UnreadData => "closed with data unread",
        ResetCause::Abort => "closed hard",
        ResetCause::LateData => "data came for a closed socket",
        ResetCause::HalfOpen => "no such connection",
        ResetCause::Timeout => "no answer came",
        ResetCause::Middlebox => "sent by something between the ends",
        _ => "nothing tells why",
    }
}

fn troubles(totals: &Totals) -> String {
    let mut parts = Vec::new();
    let mut add = |n: u64, one: &str, many: &str| {
        if n > 0 {
            parts.push(format!("{} {}", grouped(n), if n == 1 { one } else { many }));
        }
    };
    add(totals.resent, "segment was sent again", "segments were sent again");
    add(totals.spurious, "of them without need", "of them without need");
    add(totals.late, "came late", "came late");
    add(totals.copies, "was a copy", "were copies");
    add(totals.zero_windows, "window closed", "windows closed");
    add(totals.bad_checksums, "checksum is wrong", "checksums are wrong");
    add(totals.missing, "byte of data is not in the capture", "bytes of data are not in the capture");
    if parts.is_empty() {
        return "Nothing was sent again, nothing came late, and nothing is missing.".to_owned();
    }
    format!("{}.", joined(&parts))
}

/// What is on the page and what is not, so that every packet is accounted for; and the rules.
pub(super) fn account(report: &Report, rows: &[Row]) -> Vec<String> {
    let totals = &report.totals;
    let limits = &report.limits;
    let [explained, folded] = report.connections.values().fold([0; 2], |sum, kept| {
        let [a, b] = kept.counts();
        [sum[0] + a, sum[1] + b]
    });
    let left_out = totals.left_out;
    let mut parts = vec![format!("{} explained one by one", grouped(explained))];
    let mut add = |n: u64, what: &str| {
        if n > 0 {
            parts.push(format!("{} {what}", grouped(n)));
        }
    };
    add(folded, "folded into lines that count them");
    add(left_out, "left out");
    add(totals.other, "no segment of a TCP connection");
    let mut lines = vec![format!(
        "Of {} {}.",
        count(totals.packets, "packet"),
        joined(&parts).replace(" no segment", " are no segment")
    )];
    if folded > 0 {
        lines.push(
            "Folded is the middle of a run of segments of which nothing is to be said: data and \
             acknowledgments as they should be. The first four of a run and the last two are explained."
                .to_owned(),
        );
    }
    let full = explained >= limits.segments as u64
        || report.connections.values().any(|kept| kept.explained() >= limits.of_one());
    if folded > 0 && full {
        lines.push(format!(
            "There is room to explain {} segments, and {} of one connection. It is shared evenly: what a \
             connection does not need goes to the others. Within it come first the beginning of the \
             connection and its end, then what opens, closes or resets it or has a verdict (sent again, late, \
             a window that closed …), then the rest. What found no room is folded, too.",
            grouped(limits.segments as u64),
            grouped(limits.of_one() as u64),
        ));
    }
    if left_out > 0 {
        lines.push(format!(
            "Explained are the first {} connections; of those after them there is the line in the table alone.",
            grouped(limits.connections as u64),
        ));
    }
    if left_out > 0 || (folded > 0 && full) {
        lines.push("A filter, or --conn N, makes a page of less that shows more of it.".to_owned());
    }
    if totals.connections > rows.len() as u64 && totals.passed_over == 0 {
        lines.push(format!(
            "The table has {} of {} connections.",
            grouped(rows.len() as u64),
            grouped(totals.connections)
        ));
    }
    if totals.passed_over > 0 {
        lines.push(format!("{} passed over, as was asked for.", count(totals.passed_over, "packet")));
    }
    lines.push(format!("Of each packet the first {} bytes are shown.", limits.bytes));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(n), text);
        }
    }
}
