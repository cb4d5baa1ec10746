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

/// The counts of a socket that hands packets over one by one: what still waits in it is not known.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) delivered: u64,
    pub(super) filtered: u64,
    /// Added up here: the kernel's counter has 32 bits.
    dropped: u64,
}

impl Tally {
    /// The kernel's counter of drops stands, or stood when a packet was queued, at `now`.
    pub(super) fn count_drops(&mut self, now: u32) {
        let grown = now.wrapping_sub(self.dropped as u32);
        // One from a packet can be older than one already asked for.
        if grown < 1 << 31 {
            self.dropped += u64::from(grown);
        }
    }

    pub(super) fn stats(&self) -> Stats {
        let Self { delivered, filtered, dropped } = *self;
        Stats { received: delivered + filtered + dropped, dropped, if_dropped: 0, delivered, filtered }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_go_on_past_32_bits_and_never_back() {
        let mut tally = Tally { delivered: 5, filtered: 2, dropped: u64::from(u32::MAX) - 1 };
        for (now, dropped) in
            [(u32::MAX, 0xffff_ffff), (3, 0x1_0000_0003), (1, 0x1_0000_0003), (4, 0x1_0000_0004)]
        {
            tally.count_drops(now);
            assert_eq!(tally.stats().dropped, dropped);
        }
        let stats = tally.stats();
        assert_eq!((stats.received, stats.waiting()), (0x1_0000_0004 + 7, 0));
    }
}
