//! Times as text: RFC 3339 in UTC, and seconds since the first packet.
use std::fmt;

use serde::{Serialize, Serializer};

use crate::packet::Timestamp;

const NANOS: i128 = 1_000_000_000;

/// As RFC 3339 has it, with nanoseconds: `2026-11-29T02:46:33.000000000Z`. Years beyond 9999, which
/// only damaged files have, keep all their digits.
///
/// ```
/// use synack::{Timestamp, json::Rfc3339};
///
/// assert_eq!(Rfc3339(Timestamp::new(86_400, 5)).to_string(), "1970-01-02T00:00:00.000000005Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rfc3339(pub Timestamp);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.as_nanos();
        let (seconds, nanos) = (total.div_euclid(NANOS), total.rem_euclid(NANOS));
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Seconds have 64 bits, so days have fewer.
        let (year, month, day) = civil(days as i64);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        if year < 0 {
            return write!(
                f,
                "-{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z",
                -year
            );
        }
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        // The common case is digits at fixed places; what is left goes the general way.
        match self.digits() {
            Some(text) => s.serialize_str(std::str::from_utf8(&text).unwrap_or_default()),
            None => s.collect_str(self),
        }
    }
}

impl Rfc3339 {
    /// The text of a time between 1970 and 9999.
    fn digits(&self) -> Option<[u8; 30]> {
        let Timestamp { secs, nanos } = self.0;
        if !(0..253_402_300_800).contains(&secs) || nanos >= 1_000_000_000 {
            return None;
        }
        let (days, of_day) = (secs / 86_400, secs % 86_400);
        let (year, month, day) = civil(days);
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        let mut put = |from: usize, to: usize, mut value: i64| {
            for at in (from..to).rev() {
                if let Some(digit) = text.get_mut(at) {
                    *digit = b'0' + (value % 10) as u8;
                }
                value /= 10;
            }
        };
        put(0, 4, year);
        put(5, 7, month);
        put(8, 10, day);
        put(11, 13, of_day / 3600);
        put(14, 16, of_day / 60 % 60);
        put(17, 19, of_day % 60);
        put(20, 29, nanos as i64);
        Some(text)
    }
}

/// Year, month and day of a day since 1970-01-01 in the Gregorian calendar, which repeats every
/// 400 years of 146,097 days. Years are counted from March, so that the leap day is the last.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Seconds from `since`, a decimal with nine places.
pub(super) struct Elapsed {
    pub(super) time: Timestamp,
    pub(super) since: Timestamp,
}

impl Serialize for Elapsed {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if let Some((text, start)) = self.digits() {
            let text = text.get(start..).unwrap_or_default();
            return s.serialize_str(std::str::from_utf8(text).unwrap_or_default());
        }
        let ns = self.time.as_nanos() - self.since.as_nanos();
        let sign = if ns < 0 { "-" } else { "" };
        let ns = ns.unsigned_abs();
        let (seconds, nanos) = (ns / NANOS.unsigned_abs(), ns % NANOS.unsigned_abs());
        s.collect_str(&format_args!("{sign}{seconds}.{nanos:09}"))
    }
}

impl Elapsed {
    /// The text of what 63 bits of nanoseconds count, 292 years, and where it begins.
    fn digits(&self) -> Option<([u8; 20], usize)> {
        let seconds = self.time.secs.checked_sub(self.since.secs)?.checked_mul(1_000_000_000)?;
        let nanos =
            i64::try_from(self.time.nanos).ok()?.checked_sub(i64::try_from(self.since.nanos).ok()?)?;
        let mut rest = u64::try_from(seconds.checked_add(nanos)?).ok()?;
        let mut text = [b'0'; 20];
        let (whole, fraction) = text.split_at_mut(11);
        for digit in fraction.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let [digits @ .., dot] = whole else { return None };
        *dot = b'.';
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            if rest == 0 && start < 10 {
                break;
            }
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            start -= 1;
        }
        (rest == 0).then_some((text, start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_to_elapsed_time_says_what_the_long_one_does() {
        let since = Timestamp::new(1_700_000_000, 999_999_999);
        for (secs, nanos) in [(0, 0), (0, 5), (1, 0), (9, 999_999_999), (10, 1), (4_000_000_000, 7)] {
            let time = Timestamp::new(since.secs + secs, nanos);
            let ns = time.as_nanos() - since.as_nanos();
            let digits = Elapsed { time, since }.digits();
            let text = digits.map(|(text, start)| String::from_utf8_lossy(&text[start..]).into_owned());
            let long = format!("{}.{:09}", ns / NANOS, ns % NANOS);
            assert_eq!(text, (ns >= 0).then_some(long), "{ns}");
        }
        let wild = Timestamp::new(i64::MAX, u64::MAX);
        assert!(Elapsed { time: wild, since }.digits().is_none());
    }

    #[test]
    fn times_are_what_other_calendars_say() {
        for (secs, nanos, text) in [
            (0, 0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
            (951_868_799, 999_999_999, "2000-02-29T23:59:59.999999999Z"),
            (1_542_748_800, 150_000, "2018-11-20T21:20:00.000150000Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000000000Z"),
            (253_402_300_799, 0, "9999-12-31T23:59:59.000000000Z"),
            (253_402_300_800, 0, "10000-01-01T00:00:00.000000000Z"),
            (-1, 0, "1969-12-31T23:59:59.000000000Z"),
            (0, 1_500_000_000, "1970-01-01T00:00:01.500000000Z"),
        ] {
            let time = Rfc3339(Timestamp::new(secs, nanos));
            assert_eq!(time.to_string(), text);
            assert_eq!(serde_json::to_string(&time).unwrap(), format!("\"{text}\""));
        }
    }

    #[test]
    fn every_day_is_the_day_after_the_one_before() {
        let mut before = civil(-800_000);
        for day in -799_999..800_000 {
            let now = civil(day);
            let next = now.2 == before.2 + 1 && (now.0, now.1) == (before.0, before.1)
                || now.2 == 1 && (28..=31).contains(&before.2);
            assert!(next, "{before:?} {now:?}");
            before = now;
        }
    }

    #[test]
    fn elapsed_time_may_go_back() {
        let text = |secs, nanos| {
            let since = Timestamp::new(10, 500_000_000);
            serde_json::to_string(&Elapsed { time: Timestamp::new(secs, nanos), since }).unwrap()
        };
        assert_eq!(text(12, 500_000_001), "\"2.000000001\"");
        assert_eq!(text(10, 0), "\"-0.500000000\"");
    }
}
