//! The table of connections for people.
use std::io::Write;

use synack::flow::{Connection, Half, Opened};

use super::words;
use crate::cli::present::palette::Palette;

/// Between cells of a row that is not laid out yet; nothing printed holds it.
const SEPARATOR: char = '\t';

/// Headings, and whether a column is one of numbers, which end below one another.
const COLUMNS: [(&str, bool); 14] = [
    ("conn", true),
    ("client", false),
    ("server", false),
    ("state", false),
    ("time", true),
    ("bytes>", true),
    ("<bytes", true),
    ("rtt", true),
    ("rexmit", true),
    ("reord", true),
    ("dup", true),
    ("0win", true),
    ("miss", true),
    ("ended", false),
];

/// The first column that counts something wrong, and the first after them.
const WRONG: std::ops::Range<usize> = 8..13;

/// Appends the cells of a connection.
pub(super) fn push(out: &mut Vec<u8>, connection: &Connection) {
    let (c2s, s2c) = (connection.c2s(), connection.s2c());
    let sum = |of: fn(&Half) -> u64| of(c2s) + of(s2c);
    let guessed = if connection.opened() == Opened::Guessed { "~" } else { "" };
    let rtt = words::rtt(connection).map_or_else(|| "-".to_owned(), words::time);
    // A vector takes all that is written to it.
    let _ = write!(
        out,
        "{}\t{guessed}{}\t{}\t{}\t{}\t{}\t{}\t{rtt}\t{}\t{}\t{}\t{}\t{}\t{}",
        connection.id(),
        connection.client(),
        connection.server(),
        words::states(connection),
        words::time(connection.duration_ns()),
        c2s.counts().bytes,
        s2c.counts().bytes,
        sum(|half| half.counts().retransmissions_total()),
        sum(|half| half.counts().reordered.into()),
        sum(|half| half.counts().duplicates.into()),
        sum(|half| half.counts().zero_windows.into()),
        sum(|half| half.missing_bytes()),
        words::end(connection),
    );
}

/// Appends rows below their headings, each column as wide as it must be. `width`: where lines are
/// cut, because a line that wraps would spoil a screen that is drawn again.
pub(super) fn table(out: &mut Vec<u8>, rows: &[&str], palette: Palette, width: Option<usize>) {
    let mut widths = COLUMNS.map(|(heading, _)| heading.len());
    for row in rows {
        for (cell, width) in row.split(SEPARATOR).zip(&mut widths) {
            *width = cell.len().max(*width);
        }
    }
    let mut line = Vec::new();
    let cut = width.unwrap_or(usize::MAX);
    lay(&mut line, COLUMNS.iter().map(|column| column.0), &widths);
    line.truncate(cut);
    out.extend_from_slice(palette.strong.as_bytes());
    out.extend_from_slice(&line);
    out.extend_from_slice(palette.end.as_bytes());
    out.push(b'\n');
    for row in rows {
        line.clear();
        lay(&mut line, row.split(SEPARATOR), &widths);
        line.truncate(cut);
        let wrong = row.split(SEPARATOR).enumerate().any(|(at, cell)| WRONG.contains(&at) && cell != "0");
        if wrong {
            out.extend_from_slice(palette.wrong.as_bytes());
        }
        out.extend_from_slice(&line);
        if wrong {
            out.extend_from_slice(palette.end.as_bytes());
        }
        out.push(b'\n');
    }
}

/// Appends cells, two spaces between them.
fn lay<'a>(line: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>, widths: &[usize]) {
    for ((cell, width), (_, is_number)) in cells.zip(widths).zip(COLUMNS) {
        if !line.is_empty() {
            line.extend_from_slice(b"  ");
        }
        let _ = match is_number {
            true => write!(line, "{cell:>width$}"),
            false => write!(line, "{cell:width$}"),
        };
    }
    while line.last() == Some(&b' ') {
        line.pop();
    }
}
