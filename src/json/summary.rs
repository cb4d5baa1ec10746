//! What the capture lost, and the last line.
use serde::Serialize;

use crate::flow::{Evicted, FlowTable};

/// What a live capture knows it lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "loss")]
pub struct Loss {
    /// Packets that were delivered.
    pub captured: u64,
    /// Packets that the kernel's filter passed.
    pub received: u64,
    /// Of these, how many the kernel had no room for.
    pub dropped_by_kernel: u64,
    /// Packets the interface itself dropped, where it counts them.
    pub dropped_by_interface: u64,
}

/// Totals: always the last line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "end")]
pub struct End {
    /// Packets of the input.
    pub packets: u64,
    /// Connections seen, those forgotten included.
    pub connections: u64,
    /// What was forgotten because of limits.
    pub evicted: Forgotten,
}

/// What was forgotten because of limits: see [`Evicted`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Connections.
    pub flows: u64,
    /// What was remembered of a direction's segments.
    pub histories: u64,
    /// Holes of a direction.
    pub holes: u64,
}

impl End {
    /// The totals of a table.
    pub fn of(table: &FlowTable) -> Self {
        let Evicted { flows, histories, holes, .. } = table.evicted();
        Self {
            packets: table.packets(),
            connections: table.opened(),
            evicted: Forgotten { flows, histories, holes },
        }
    }
}
