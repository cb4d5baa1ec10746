//! What became of the packets of a capture.

/// Counts since the capture was opened. They add up:
///
/// `received = delivered + filtered + dropped + waiting`
///
/// where `waiting` is what the ring still holds; it is 0 once [`Step::End`](crate::Step::End)
/// was given, and then the sum is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Packets that passed the filter in the kernel, dropped ones included.
    pub received: u64,
    /// Packets lost because the ring was full.
    pub dropped: u64,
    /// Packets lost by the interface itself before the kernel saw them.
    pub if_dropped: u64,
    /// Packets given by [`Source::advance`](crate::Source::advance).
    pub delivered: u64,
    /// Packets refused after they came out of the ring: by a filter that the kernel can't run,
    /// for their direction, or because they came before a new filter.
    pub filtered: u64,
}

impl Stats {
    /// Packets that are in the ring and were not looked at yet.
    pub fn waiting(&self) -> u64 {
        self.received.saturating_sub(self.delivered + self.filtered + self.dropped)
    }
}
