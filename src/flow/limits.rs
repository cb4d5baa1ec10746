//! How much may be remembered.

/// Bounds on memory. What does not fit is forgotten, and counted in [`super::Evicted`].
///
/// ```
/// use synack::flow::{FlowTable, Limits};
///
/// let table = FlowTable::new(Limits { flows: 1000, ..Limits::default() });
/// assert_eq!((table.connections().count(), table.evicted().flows), (0, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at a time, at least one and at most 1,048,575. Beyond it connections
    /// give way that only one side was heard of, or that ended; then the idle ones.
    pub flows: usize,
    /// Most bytes for what was seen of segments and ACKs, over all connections. Beyond it
    /// a segment is judged by fewer of those before it.
    pub bytes: usize,
    /// Most holes remembered of one direction. Beyond it the oldest one counts as missing.
    pub holes: usize,
    /// Most segments remembered of one direction.
    pub segments: usize,
}

impl Default for Limits {
    /// 131,072 connections, 64 MiB, 1,024 holes and 16,384 segments.
    fn default() -> Self {
        Self { flows: 1 << 17, bytes: 64 << 20, holes: 1 << 10, segments: 1 << 14 }
    }
}

/// What was forgotten because of [`Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Evicted {
    /// Connections.
    pub flows: u64,
    /// Histories of segments given up for [`Limits::bytes`].
    pub histories: u64,
    /// Holes.
    pub holes: u64,
}

#[cfg(test)]
mod tests {
    use super::super::FlowTable;
    use super::*;
    use crate::packet::{Packet, Timestamp};
    use crate::wire::{Layers, LinkType};

    /// Data of 100 bytes that nobody acknowledges: `segments` of each of so many connections.
    fn table(limits: Limits, connections: u16, segments: u32) -> FlowTable {
        let mut flows = FlowTable::new(limits);
        for n in 0..segments {
            for port in 0..connections {
                let mut bytes = vec![0x45, 0, 0, 140, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
                bytes.extend((1000 + port).to_be_bytes());
                bytes.extend([0, 80]);
                bytes.extend((1 + 100 * n).to_be_bytes());
                bytes.extend([0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
                bytes.resize(140, b'x');
                let time = Timestamp::new(i64::from(n), u64::from(port));
                let packet = Packet { time, ..Packet::new(LinkType::RAW, &bytes) };
                flows.observe(&packet, &Layers::decode(packet.link, packet.data));
            }
        }
        flows
    }

    #[test]
    fn what_is_remembered_of_segments_fits_and_what_is_given_up_is_counted() {
        let whole = table(Limits::default(), 100, 50);
        assert_eq!((whole.connections().count(), whole.evicted()), (100, Evicted::default()));
        // A segment takes some 40 bytes at least: of a hundred histories thirty fit.
        let few = table(Limits { bytes: 64 << 10, ..Limits::default() }, 100, 50);
        let evicted = few.evicted();
        assert_eq!(few.connections().count(), 100);
        assert!(evicted.histories >= 70, "{evicted:?}");
        assert_eq!((evicted.flows, evicted.holes), (0, 0));
    }

    #[test]
    fn connections_beyond_the_bound_give_way() {
        let flows = table(Limits { flows: 16, ..Limits::default() }, 100, 1);
        assert_eq!((flows.connections().count(), flows.evicted().flows), (16, 84));
    }
}
