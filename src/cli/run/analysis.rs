//! What is found of each packet: its connection, its verdicts, and whether it is one of those wanted.
use std::collections::HashMap;

use synack::flow::{Connection, Direction, FlowTable, Judged, Limits, Observation, Verdict};
use synack::stream::{self, Fragment, Fragments};
use synack::wire::TcpFlags;
use synack::{Layers, Packet};

use crate::cli::args::view::{Chosen, RESET, Wanted};

/// A packet and what was found of it.
pub(crate) struct Seen<'a> {
    /// As captured.
    pub(crate) layers: &'a Layers<'a>,
    /// The IP datagram that is complete with this packet, or the packet itself; `None` while
    /// fragments wait for others.
    pub(crate) whole: Option<(&'a Packet<'a>, &'a Layers<'a>)>,
    pub(crate) observation: Observation<'a>,
    /// The observation's, or those that corrections left in the end.
    pub(crate) verdicts: &'a [Verdict],
    /// Whether corrections are in `verdicts` already.
    pub(crate) settled: bool,
}

impl Seen<'_> {
    /// What is to be said of the datagram, where it is complete.
    pub(crate) fn judged(&self) -> Option<Judged<'_>> {
        let (packet, layers) = self.whole?;
        let judged = Judged::new(packet, layers, &self.observation);
        Some(if self.settled { judged.settled(self.verdicts) } else { judged })
    }
}

/// What later packets showed of earlier ones, over a whole input.
pub(crate) type Corrections = HashMap<u64, Vec<Verdict>>;

/// The connections of a run.
pub(crate) struct Analysis {
    table: FlowTable,
    fragments: Fragments,
    wanted: Wanted,
    /// Of a first look at the whole input.
    corrections: Option<Corrections>,
    /// Packets that were segments of TCP.
    segments: u64,
    selected: u64,
}

impl Analysis {
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self {
            table: FlowTable::new(Limits::default()),
            fragments: Fragments::new(stream::StreamLimits::default()),
            wanted,
            corrections: None,
            segments: 0,
            selected: 0,
        }
    }

    /// What a first look at the same packets showed.
    pub(super) fn set_corrections(&mut self, corrections: Corrections) {
        self.corrections = Some(corrections);
    }

    /// Takes a packet, and gives what was found to `then` with whether it is wanted.
    pub(super) fn take<T>(&mut self, packet: &Packet<'_>, then: impl FnOnce(&Seen<'_>, bool) -> T) -> T {
        let Self { table, fragments, wanted, corrections, segments, selected } = self;
        let layers = Layers::decode(packet.link, packet.data);
        let fragment = fragments.push(packet, &layers);
        let inner;
        let whole = match &fragment {
            Fragment::None => Some((packet, &layers)),
            Fragment::Complete(datagram) => {
                inner = Layers::decode(datagram.link, datagram.data);
                Some((datagram, &inner))
            }
            _ => None,
        };
        let nothing = Layers::decode(packet.link, &[]);
        let (of, its) = whole.unwrap_or((packet, &nothing));
        let observation = table.observe(of, its);
        let found = corrections.as_ref().map(|all| all.get(&observation.packet()));
        let settled = found.is_some();
        let verdicts = found.flatten().map_or(observation.verdicts(), Vec::as_slice);
        *segments += u64::from(observation.connection().is_some());
        let seen = Seen { layers: &layers, whole, observation, verdicts, settled };
        let is_wanted = !wanted.is_narrow() || wanted.takes(&seen);
        *selected += u64::from(is_wanted);
        then(&seen, is_wanted)
    }

    /// The end of the input.
    pub(super) fn finish(&mut self) {
        self.table.finish();
    }

    pub(crate) fn table(&self) -> &FlowTable {
        &self.table
    }

    /// Why there is nothing to show, if that is so.
    pub(super) fn emptiness(&self, seen: u64) -> Option<String> {
        let passed = self.table.packets();
        let refused = seen.saturating_sub(passed);
        let plural = crate::cli::failure::plural;
        Some(match () {
            () if seen == 0 => "there were no packets".to_owned(),
            () if passed == 0 => {
                format!("the filter let none of {seen} packet{} pass", plural(seen))
            }
            () if self.segments == 0 && refused > 0 => {
                format!("none of the {passed} packet{} that the filter let pass is TCP", plural(passed))
            }
            () if self.segments == 0 => format!("none of {passed} packet{} is TCP", plural(passed)),
            () if self.selected == 0 && self.wanted.is_narrow() => {
                let connections = self.table.opened();
                format!(
                    "--conn or --verdict chose none of {passed} packet{} in {connections} connection{}",
                    plural(passed),
                    plural(connections)
                )
            }
            () => return None,
        })
    }
}

impl Wanted {
    /// Whether a packet is among those chosen.
    fn takes(&self, seen: &Seen<'_>) -> bool {
        let Some(connection) = seen.observation.connection() else { return false };
        (self.connections.is_empty() || self.connections.iter().any(|chosen| chosen.is(connection)))
            && (self.verdicts.is_empty() || self.verdicts.iter().any(|name| has(seen, name)))
    }

    /// Whether a connection may be among those chosen.
    pub(crate) fn has(&self, connection: &Connection) -> bool {
        self.connections.is_empty() || self.connections.iter().any(|chosen| chosen.is(connection))
    }
}

/// Whether a packet is what a word of `--verdict` says.
fn has(seen: &Seen<'_>, name: &str) -> bool {
    if name == RESET {
        let segment = seen.whole.and_then(|(_, layers)| layers.segment());
        return segment.is_some_and(|(_, tcp)| tcp.flags().contains(TcpFlags::RST));
    }
    seen.verdicts.iter().any(|verdict| verdict.kind.name() == name)
}

impl Chosen {
    fn is(self, connection: &Connection) -> bool {
        let end = |direction| {
            let end = match direction {
                Direction::C2s => connection.client(),
                Direction::S2c => connection.server(),
            };
            (end.addr, end.port)
        };
        let (client, server) = (end(Direction::C2s), end(Direction::S2c));
        match self {
            Self::Number(number) => connection.id().0 == number,
            Self::Ends(a, b) => {
                let (a, b) = ((a.ip(), a.port()), (b.ip(), b.port()));
                (a, b) == (client, server) || (b, a) == (client, server)
            }
        }
    }
}
