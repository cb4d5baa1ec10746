//! Graphs over time, one connection after the other.
use std::collections::BTreeMap;

use synack::Packet;
use synack::flow::ConnId;
use synack::plot::{Trace, braille, svg};

use super::{Ending, Presenter};
use crate::cli::args::drawn;
use crate::cli::failure::{Failure, plural, say};
use crate::cli::output;
use crate::cli::run::analysis::Seen;

/// Connections that are drawn: each may take some megabytes.
const MOST: usize = 100;

/// The width of a page where nobody looks, and the height of a graph in characters.
const PAGE: usize = 80;
const ROWS: usize = 16;

/// Draws graphs.
pub(super) struct Graphs {
    graphs: drawn::Graphs,
    width: usize,
    traces: BTreeMap<ConnId, (String, Trace)>,
    left_out: u64,
}

impl Graphs {
    pub(super) fn new(graphs: drawn::Graphs) -> Self {
        // Once confined, the terminal cannot be asked any more.
        let columns = if output::is_terminal() { output::size().0 } else { PAGE };
        let width = graphs.width.unwrap_or(columns.min(PAGE));
        Self { graphs, width, traces: BTreeMap::new(), left_out: 0 }
    }
}

impl Presenter for Graphs {
    fn packet(
        &mut self,
        _packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        _out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let Some(seen) = seen else { return Ok(()) };
        let (Some(judged), Some(conn)) = (seen.judged(), seen.observation.connection()) else {
            return Ok(());
        };
        if self.traces.len() >= MOST && !self.traces.contains_key(&conn.id()) {
            self.left_out += u64::from(seen.observation.opened());
            return Ok(());
        }
        let (_, trace) = self.traces.entry(conn.id()).or_insert_with(|| {
            let name = format!("connection {}: {} and {}", conn.id(), conn.client(), conn.server());
            (name, Trace::default())
        });
        trace.push_with(&judged);
        Ok(())
    }

    fn finish(&mut self, _ending: &Ending<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        let several = self.traces.len() > 1;
        let mut figures = Vec::new();
        for (id, (name, trace)) in &self.traces {
            let side = self.graphs.side.unwrap_or_else(|| trace.busier());
            let mut figure = trace.figure(self.graphs.graph, side);
            if self.graphs.svg {
                if several {
                    figure.title = format!("connection {id}: {}", figure.title);
                }
                figures.push(figure);
            } else {
                out.extend_from_slice(format!("{name}\n{}", braille(&figure, self.width, ROWS)).as_bytes());
            }
            if trace.left_out() > 0 {
                let n = trace.left_out();
                say(format_args!("{name}: {n} segment{} not drawn", plural(n)));
            }
        }
        if !figures.is_empty() {
            // One document, however many they are.
            out.extend_from_slice(svg(&figures).as_bytes());
        }
        if self.left_out > 0 {
            say(format_args!("{} more connection{} not drawn", self.left_out, plural(self.left_out)));
        }
        Ok(())
    }

    fn needs_tcp(&self) -> bool {
        true
    }
}
