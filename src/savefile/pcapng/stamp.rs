//! The time stamps that are written: nanoseconds since 1970 in two halves, the higher first.
use crate::packet::Timestamp;

/// A time stamp in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) high: u32,
    pub(super) low: u32,
}

impl Stamp {
    /// Times before 1970 become 0, those after 2554 the last.
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of 64 bits")]
    #[inline]
    pub(super) fn of(time: Timestamp) -> Self {
        let secs = u64::try_from(time.secs).unwrap_or(0);
        let nanos = secs.saturating_mul(1_000_000_000).saturating_add_signed(time.nanos.cast_signed());
        Self { high: (nanos >> 32) as u32, low: nanos as u32 }
    }

    /// As it stands in an option.
    pub(super) fn bytes(self) -> [u8; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (self.high.to_ne_bytes(), self.low.to_ne_bytes());
        [a, b, c, d, e, f, g, h]
    }
}
