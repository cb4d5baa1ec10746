//! JSON Lines: packets as they pass, corrections and connections as they are known.
use std::collections::HashSet;

use synack::Packet;
use synack::flow::{ConnId, Connection};
use synack::json::{self, End, Lines};
use synack::print::Names;

use super::{Ending, Presenter};
use crate::cli::failure::Failure;
use crate::cli::run::analysis::Seen;

/// Prints a line a packet, a correction and a connection.
pub(super) struct Json {
    lines: Lines,
    /// Names of interfaces, where they are this machine's.
    names: Option<Box<dyn Names>>,
    /// Connections with a packet that was shown, where not all are.
    chosen: Option<HashSet<ConnId>>,
}

impl Json {
    /// `payload`: lines hold what packets carry; `narrow`: not all packets are shown.
    pub(super) fn new(names: Option<Box<dyn Names>>, payload: bool, narrow: bool) -> Self {
        let lines = Lines::new().with_payload(payload);
        Self { lines, names, chosen: narrow.then(HashSet::new) }
    }

    fn connection(&self, connection: &Connection, out: &mut Vec<u8>) {
        if self.chosen.as_ref().is_none_or(|chosen| chosen.contains(&connection.id())) {
            json::connection(out, connection);
        }
    }

    fn retired(&mut self, seen: &Seen<'_>, out: &mut Vec<u8>) {
        if let Some(connection) = seen.observation.retired() {
            self.connection(connection, out);
            if let Some(chosen) = &mut self.chosen {
                chosen.remove(&connection.id());
            }
        }
    }
}

impl Presenter for Json {
    fn packet(
        &mut self,
        packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        // A run that shows JSON looks at connections.
        let Some(seen) = seen else { return Ok(()) };
        self.retired(seen, out);
        if let (Some(chosen), Some(conn)) = (&mut self.chosen, seen.observation.conn()) {
            chosen.insert(conn);
        }
        let name = self.names.as_ref().and_then(|names| names.interface(packet.interface));
        let (observation, verdicts) = (&seen.observation, seen.verdicts);
        self.lines.packet_with(out, packet, seen.layers, observation, verdicts, name.as_deref());
        if !seen.settled {
            observation.corrections().iter().for_each(|correction| json::correction(out, correction));
        }
        Ok(())
    }

    fn pass_over(&mut self, packet: &Packet<'_>, seen: &Seen<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        self.lines.start(packet.time);
        self.retired(seen, out);
        Ok(())
    }

    fn finish(&mut self, ending: &Ending<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        ending.sorted().into_iter().for_each(|connection| self.connection(connection, out));
        if let Some(loss) = &ending.loss {
            json::loss(out, loss);
        }
        json::end(out, &End::of(ending.table));
        Ok(())
    }
}
