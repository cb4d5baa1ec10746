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
