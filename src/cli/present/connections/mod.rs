//! The connections of a run: a table, CSV, JSON Lines, or one in full.
//!
//! | to change | look in |
//! | --- | --- |
//! | what is kept, sorted, refreshed | `mod` |
//! | the columns of the table | `columns`; what help says of them: `cli/args/command`; what they are sorted by: `cli/args/view`, `mod` |
//! | the fields of CSV | `csv` |
//! | one connection in full | `full` |
//! | how times and states are written | `words` |
mod columns;
mod csv;
mod full;
mod words;

use std::collections::HashSet;

use synack::Packet;
use synack::flow::{ConnId, Connection, FlowTable};
use synack::json::{self, End};

use super::palette::Palette;
use super::{Ending, Presenter};
use crate::cli::args::view::{SortKey, Table, TableForm, Wanted};
use crate::cli::failure::{Failure, plural, say};
use crate::cli::output;
use crate::cli::run::analysis::Seen;

/// Bytes of the rows of connections that the table has forgotten.
const KEPT: usize = 48 << 20;

/// What a row takes beside its text, in bytes.
const ROW: usize = 64;

/// A connection as it will be printed.
struct Row {
    rank: u64,
    number: u64,
    line: Box<str>,
}

/// Shows connections.
pub(super) struct Connections {
    table: Table,
    wanted: Wanted,
    /// Connections with a packet that `--verdict` chose.
    chosen: HashSet<ConnId>,
    /// Those that are no longer in the table, and the bytes they take.
    rows: Vec<Row>,
    bytes: usize,
    /// What comes after this has no room here.
    limit: Option<(u64, u64)>,
    /// How many had none.
    left_out: u64,
    /// Something was printed.
    begun: bool,
    /// Size of the terminal that is drawn on again and again: columns and lines.
    screen: Option<(usize, usize)>,
    palette: Palette,
}

impl Connections {
    pub(super) fn new(table: Table, wanted: Wanted, live: bool, palette: Palette) -> Self {
        let redrawn = live && table.form == TableForm::Columns && output::is_terminal();
        Self {
            table,
            wanted,
            chosen: HashSet::new(),
            rows: Vec::new(),
            bytes: 0,
            limit: None,
            left_out: 0,
            begun: false,
            screen: redrawn.then(output::size),
            palette,
        }
    }

    /// Whether lines may go out as connections are forgotten.
    fn streams(&self) -> bool {
        let unsorted = self.table.sort == SortKey::Number && self.table.top.is_none();
        match self.table.form {
            TableForm::Columns => false,
            TableForm::Full | TableForm::Csv | TableForm::Json => unsorted,
        }
    }

    fn shows(&self, connection: &Connection) -> bool {
        self.wanted.has(connection)
            && (self.wanted.verdicts.is_empty() || self.chosen.contains(&connection.id()))
    }

    fn row(&self, connection: &Connection) -> Row {
        let mut text = Vec::new();
        match self.table.form {
            TableForm::Columns => columns::push(&mut text, connection),
            TableForm::Full => full::push(&mut text, connection, self.palette),
            TableForm::Csv => csv::push(&mut text, connection),
            TableForm::Json => json::connection(&mut text, connection),
        }
        let line = String::from_utf8_lossy(&text).into();
        Row { rank: rank(self.table.sort, connection), number: connection.id().0, line }
    }

    /// Keeps a connection that the table forgets.
    fn keep(&mut self, connection: &Connection, out: &mut Vec<u8>) {
        if !self.shows(connection) {
            return;
        }
        if self.streams() {
            self.begin(out);
            out.extend_from_slice(self.row(connection).line.as_bytes());
            return;
        }
        // In a flood most would be written down only to be forgotten.
        let place = (rank(self.table.sort, connection), connection.id().0);
        if self.limit.is_some_and(|limit| place > limit) {
            self.left_out += u64::from(self.table.top.is_none());
            return;
        }
        let row = self.row(connection);
        self.bytes += row.line.len() + ROW;
        self.rows.push(row);
        let most = self.table.top.map_or(usize::MAX, |top| top.saturating_mul(2).max(1024));
        if self.rows.len() > most || self.bytes > KEPT {
            self.prune();
        }
    }

    /// Forgets what would come last.
    #[cold]
    fn prune(&mut self) {
        self.rows.sort_by_key(|row| (row.rank, row.number));
        let most = match self.table.top {
            Some(top) if self.bytes <= KEPT => top,
            _ => self.rows.len() / 2,
        };
        if self.table.top.is_none() {
            self.left_out += (self.rows.len().saturating_sub(most)) as u64;
        }
        self.rows.truncate(most);
        self.limit = self.rows.last().map(|row| (row.rank, row.number));
        self.bytes = self.rows.iter().map(|row| row.line.len() + ROW).sum();
    }

    /// The heading of CSV, once.
    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.table.form == TableForm::Csv && !self.begun {
            csv::heading(out);
        }
        self.begun = true;
    }

    /// Rows of connections still in the table, and of those that no longer are, sorted.
    fn all<'a>(&'a self, live: &'a [Row]) -> Vec<&'a Row> {
        let mut all: Vec<&Row> = self.rows.iter().chain(live).collect();
        all.sort_by_key(|row| (row.rank, row.number));
        all.truncate(self.table.top.unwrap_or(usize::MAX));
        all
    }
}

impl Presenter for Connections {
    fn packet(
        &mut self,
        _packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let Some(seen) = seen else { return Ok(()) };
        if !self.wanted.verdicts.is_empty()
            && let Some(conn) = seen.observation.conn()
        {
            self.chosen.insert(conn);
        }
        if let Some(connection) = seen.observation.retired() {
            self.keep(connection, out);
        }
        Ok(())
    }

    fn pass_over(&mut self, _packet: &Packet<'_>, seen: &Seen<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        if let Some(connection) = seen.observation.retired() {
            self.keep(connection, out);
        }
        Ok(())
    }

    fn refresh(&mut self, table: &FlowTable, out: &mut Vec<u8>) {
        let Some((width, height)) = self.screen else { return };
        let mut ranked: Vec<(u64, &Connection)> = table
            .connections()
            .filter(|connection| self.shows(connection))
            .map(|connection| (rank(self.table.sort, connection), connection))
            .collect();
        ranked.sort_by_key(|(rank, connection)| (*rank, connection.id()));
        let (room, shown) = (height.saturating_sub(3).max(1), ranked.len());
        let room = room.min(self.table.top.unwrap_or(room));
        // In the order of their numbers the newest are of interest.
        let skipped = if self.table.sort == SortKey::Number { shown.saturating_sub(room) } else { 0 };
        let rows: Vec<Row> =
            ranked.iter().skip(skipped).take(room).map(|(_, connection)| self.row(connection)).collect();
        out.extend_from_slice(b"\x1b[H\x1b[J");
        let rows: Vec<&Row> = rows.iter().collect();
        columns::table(
            out,
            &rows.iter().map(|row| &*row.line).collect::<Vec<_>>(),
            self.palette,
            Some(width),
        );
        let more = if shown > rows.len() { format!(", {} shown", rows.len()) } else { String::new() };
        out.extend_from_slice(format!("{shown} connection{}{more}\n", plural(shown as u64)).as_bytes());
    }

    fn finish(&mut self, ending: &Ending<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        if self.screen.is_some() {
            out.extend_from_slice(b"\x1b[H\x1b[J");
        }
        self.begin(out);
        let mut ranked: Vec<(u64, &Connection)> = ending
            .sorted()
            .into_iter()
            .filter(|connection| self.shows(connection))
            .map(|connection| (rank(self.table.sort, connection), connection))
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.truncate(self.table.top.unwrap_or(usize::MAX));
        let live: Vec<Row> = ranked.into_iter().map(|(_, connection)| self.row(connection)).collect();
        let all = self.all(&live);
        match self.table.form {
            TableForm::Columns => {
                let lines: Vec<&str> = all.iter().map(|row| &*row.line).collect();
                columns::table(out, &lines, self.palette, None);
            }
            _ => all.iter().for_each(|row| out.extend_from_slice(row.line.as_bytes())),
        }
        if self.table.form == TableForm::Json {
            if let Some(loss) = &ending.loss {
                json::loss(out, loss);
            }
            json::end(out, &End::of(ending.table));
        }
        if self.left_out > 0 {
            let n = self.left_out;
            say(format_args!(
                "synack: {n} connection{} left out for want of memory: --csv prints all",
                plural(n)
            ));
        }
        Ok(())
    }

    fn needs_tcp(&self) -> bool {
        true
    }
}

/// Where a connection stands in an order: what is smaller comes first.
fn rank(sort: SortKey, connection: &Connection) -> u64 {
    let halves = [connection.c2s(), connection.s2c()];
    let sum = |of: fn(&synack::flow::Half) -> u64| halves.iter().map(|half| of(half)).sum::<u64>();
    let size = match sort {
        SortKey::Number => return connection.id().0,
        SortKey::First => return connection.first_packet(),
        SortKey::Duration => connection.duration_ns(),
        SortKey::Bytes => sum(|half| half.counts().bytes),
        SortKey::Packets => sum(|half| half.counts().packets),
        SortKey::Rtt => words::rtt(connection).unwrap_or(0),
        SortKey::Retransmissions => sum(|half| half.counts().retransmissions_total()),
        SortKey::Reordered => sum(|half| half.counts().reordered.into()),
        SortKey::Duplicates => sum(|half| half.counts().duplicates.into()),
        SortKey::ZeroWindows => sum(|half| half.counts().zero_windows.into()),
        SortKey::Missing => sum(|half| half.missing_bytes()),
    };
    u64::MAX - size
}
