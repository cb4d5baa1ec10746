//! Local time, by the system's zone and `TZ`, at the price of a comparison per second printed.
use std::cell::Cell;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use synack::print::LocalTime;

/// A time zone, and the stretch of time for which the last answer holds.
pub(super) struct Zone {
    zone: TimeZone,
    /// First second, first second after, and the offset between them.
    cached: Cell<(i64, i64, i32)>,
}

impl Zone {
    /// The system's zone. One that is unknown is UTC, as in the C library.
    pub(super) fn system() -> Self {
        Self::new(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    fn new(zone: TimeZone) -> Self {
        Self { zone, cached: Cell::new((0, 0, 0)) }
    }
}

impl LocalTime for Zone {
    fn utc_offset(&self, unix: i64) -> i32 {
        let (from, until, offset) = self.cached.get();
        if (from..until).contains(&unix) {
            return offset;
        }
        // A time jiff cannot hold (before the year -9999, after 9999) has no zone either.
        let Ok(moment) = Timestamp::from_second(unix) else { return 0 };
        let offset = self.zone.to_offset(moment).seconds();
        // `preceding` gives the transitions before the moment, not the one at it.
        let after = Timestamp::from_second(unix.saturating_add(1)).unwrap_or(moment);
        let from = self.zone.preceding(after).next().map_or(i64::MIN, |t| t.timestamp().as_second());
        let until = self.zone.following(moment).next().map_or(i64::MAX, |t| t.timestamp().as_second());
        self.cached.set((from, until, offset));
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_summer_time_to_the_second() {
        let posix = Zone::new(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("POSIX zone"));
        // 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC.
        for (unix, offset) in [
            (1_774_745_999, 3600),
            (1_774_746_000, 7200),
            (1_792_889_999, 7200),
            (1_792_890_000, 3600),
            (1_774_745_999, 3600),
            (1_774_746_000, 7200),
        ] {
            assert_eq!(posix.utc_offset(unix), offset, "{unix}");
        }
    }

    #[test]
    fn is_zero_where_there_is_no_calendar() {
        let utc = Zone::new(TimeZone::UTC);
        assert_eq!((utc.utc_offset(i64::MAX), utc.utc_offset(i64::MIN), utc.utc_offset(0)), (0, 0, 0));
    }
}
