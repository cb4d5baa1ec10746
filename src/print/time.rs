//! Timestamps in tcpdump's five styles.
//!
//! tcpdump 4.99.3 refuses seconds with bit 31 set, takes those of most files as negative, and prints
//! no more than 32 bits of them. Here times go on after 2038 and 2106: `docs/differences.md`.
use crate::packet::Timestamp;
use crate::text::decimal::{push_decimal, push_micros, push_some};

/// How the time of a packet is shown (`-t` … `-ttttt`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TimeStyle {
    /// `HH:MM:SS.ffffff`, local time.
    #[default]
    TimeOfDay,
    /// Nothing (`-t`).
    None,
    /// Seconds since the epoch (`-tt`).
    Unix,
    /// Time since the previous packet (`-ttt`).
    SincePrevious,
    /// `YYYY-MM-DD HH:MM:SS.ffffff`, local time (`-tttt`).
    DateTime,
    /// Time since the first packet (`-ttttt`).
    SinceFirst,
}

/// The local time zone.
pub trait LocalTime: Send + Sync {
    /// Seconds to add to UTC to get local time, at a moment given in seconds since the
    /// Unix epoch.
    fn utc_offset(&self, unix: i64) -> i32;
}

/// Universal time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Utc;

impl LocalTime for Utc {
    fn utc_offset(&self, _unix: i64) -> i32 {
        0
    }
}

/// When a packet was captured, as libpcap has it: seconds and nanoseconds, both signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::print) struct Moment {
    secs: i64,
    nanos: i64,
}

impl From<Timestamp> for Moment {
    #[inline]
    fn from(time: Timestamp) -> Self {
        Self { secs: time.secs, nanos: time.nanos.cast_signed() }
    }
}

/// Seconds and a fraction in the unit that is printed; both signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Time {
    secs: i64,
    fraction: i64,
}

/// A second in local time, and its text: of so many bytes, at most a date with a year of ten digits.
#[derive(Debug, Clone, Default)]
pub(in crate::print) struct Second(Option<(i64, [u8; 32], usize)>);

/// Prints timestamps.
pub(in crate::print) struct Clock {
    style: TimeStyle,
    nanos: bool,
    zone: Box<dyn LocalTime>,
}

impl Clock {
    pub(in crate::print) fn new(style: TimeStyle, nanos: bool, zone: Box<dyn LocalTime>) -> Self {
        Self { style, nanos, zone }
    }

    /// What the next packet's time is shown relative to. `last` is what that of the packet
    /// before was, and becomes that of the packet after.
    #[inline]
    pub(in crate::print) fn reference(&self, time: Moment, last: &mut Moment) -> Moment {
        if !matches!(self.style, TimeStyle::SincePrevious | TimeStyle::SinceFirst) {
            return Moment::default();
        }
        // As for tcpdump a reference of 0 is none.
        if self.time(*last) == Time::default() {
            *last = time;
        }
        let reference = *last;
        if self.style == TimeStyle::SincePrevious {
            *last = time;
        }
        reference
    }

    /// Appends the time and the space after it. `second` is the last one shown.
    #[inline]
    pub(in crate::print) fn print(
        &self,
        out: &mut Vec<u8>,
        time: Moment,
        reference: Moment,
        second: &mut Second,
    ) {
        let time = self.time(time);
        match self.style {
            TimeStyle::None => return,
            TimeStyle::TimeOfDay | TimeStyle::DateTime => self.local(out, time, second),
            TimeStyle::Unix => self.unix(out, time),
            TimeStyle::SincePrevious | TimeStyle::SinceFirst => {
                self.delta(out, time, self.time(reference));
            }
        }
        out.push(b' ');
    }

    #[inline]
    fn time(&self, Moment { secs, nanos }: Moment) -> Time {
        Time { secs, fraction: if self.nanos { nanos } else { nanos / 1000 } }
    }

    /// What was before 1970 has a sign, and a fraction that counts away from it.
    #[inline]
    fn unix(&self, out: &mut Vec<u8>, Time { mut secs, mut fraction }: Time) {
        if secs < 0 && (1..self.unit()).contains(&fraction) {
            (secs, fraction) = (secs.saturating_add(1), self.unit() - fraction);
            if secs == 0 {
                out.push(b'-');
            }
        }
        match u32::try_from(secs) {
            Ok(secs) => push_decimal(out, secs),
            Err(_) => out.extend_from_slice(itoa::Buffer::new().format(secs).as_bytes()),
        }
        self.fraction(out, fraction);
    }

    #[inline]
    fn local(&self, out: &mut Vec<u8>, time: Time, second: &mut Second) {
        match &second.0 {
            Some((secs, text, len)) if *secs == time.secs => push_some(out, text, *len),
            _ => {
                let local = time.secs.saturating_add(self.zone.utc_offset(time.secs).into());
                if !CALENDAR.contains(&local) {
                    return out.extend_from_slice(UNCONVERTIBLE);
                }
                let start = out.len();
                if self.style == TimeStyle::DateTime {
                    push_date(out, local.div_euclid(86_400));
                    out.push(b' ');
                }
                push_time_of_day(out, local.rem_euclid(86_400));
                let shown = out.get(start..).unwrap_or_default();
                let mut text = [0; 32];
                if let Some(room) = text.get_mut(..shown.len()) {
                    room.copy_from_slice(shown);
                    second.0 = Some((time.secs, text, shown.len()));
                }
            }
        }
        self.fraction(out, time.fraction);
    }

    fn delta(&self, out: &mut Vec<u8>, time: Time, reference: Time) {
        let negative = (time.secs, time.fraction) < (reference.secs, reference.fraction);
        let (later, earlier) = if negative { (reference, time) } else { (time, reference) };
        let mut secs = later.secs.wrapping_sub(earlier.secs);
        let mut fraction = later.fraction.wrapping_sub(earlier.fraction);
        if fraction < 0 {
            secs = secs.wrapping_sub(1);
            fraction += self.unit();
        }
        out.push(if negative { b'-' } else { b' ' });
        push_time_of_day(out, secs.rem_euclid(86_400));
        self.fraction(out, fraction);
    }

    /// How many fractions are a second.
    fn unit(&self) -> i64 {
        if self.nanos { 1_000_000_000 } else { 1_000_000 }
    }

    /// The fraction unchecked: what is out of range has more digits.
    #[inline]
    fn fraction(&self, out: &mut Vec<u8>, fraction: i64) {
        match u32::try_from(fraction) {
            Ok(micros @ 0..1_000_000) if !self.nanos => push_micros(out, micros),
            _ => self.long_fraction(out, fraction),
        }
    }

    /// The same for nanoseconds, and for what is out of range.
    fn long_fraction(&self, out: &mut Vec<u8>, fraction: i64) {
        let width = if self.nanos { 9 } else { 6 };
        let mut text = [b'0'; 20];
        let mut at = text.len();
        let mut rest = fraction as u32;
        while rest > 0 {
            at -= 1;
            text[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        at = at.min(text.len() - width) - 1;
        text[at] = b'.';
        out.extend_from_slice(&text[at..]);
    }
}

const UNCONVERTIBLE: &[u8] = b"[Error converting time]";

/// The seconds of which localtime(3) can tell the date: its years have 32 bits.
const CALENDAR: std::ops::RangeInclusive<i64> = -67_768_040_609_740_800..=67_768_036_191_676_799;

fn push_two(out: &mut Vec<u8>, n: i64) {
    out.push(b'0' + (n / 10 % 10) as u8);
    out.push(b'0' + (n % 10) as u8);
}

fn push_time_of_day(out: &mut Vec<u8>, secs: i64) {
    push_two(out, secs / 3600);
    out.push(b':');
    push_two(out, secs / 60 % 60);
    out.push(b':');
    push_two(out, secs % 60);
}

/// Appends a moment in universal time, as RFC 3339 writes it.
pub(in crate::print) fn push_universal(out: &mut Vec<u8>, unix: i64) {
    push_date(out, unix.div_euclid(86_400));
    out.push(b'T');
    push_time_of_day(out, unix.rem_euclid(86_400));
    out.push(b'Z');
}

/// Appends the Gregorian date of a day counted from 1970-01-01.
fn push_date(out: &mut Vec<u8>, days: i64) {
    // Years that begin in March put the leap day last; eras of 400 years all have the
    // same 146,097 days. 719,468 days lie between 0000-03-01 and 1970-01-01.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    out.push(b'-');
    push_two(out, month);
    out.push(b'-');
    push_two(out, day);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock and what it remembers.
    struct Running {
        clock: Clock,
        last: Moment,
        second: Second,
    }

    fn show(running: &mut Running, secs: i64, nanos: u64) -> String {
        let mut out = Vec::new();
        let Running { clock, last, second } = running;
        let time = Timestamp::new(secs, nanos).into();
        let reference = clock.reference(time, last);
        clock.print(&mut out, time, reference, second);
        String::from_utf8(out).unwrap()
    }

    fn running(style: TimeStyle, nanos: bool, zone: Box<dyn LocalTime>) -> Running {
        let clock = Clock::new(style, nanos, zone);
        Running { clock, last: Moment::default(), second: Second::default() }
    }

    fn clock(style: TimeStyle) -> Running {
        running(style, false, Box::new(Utc))
    }

    #[test]
    fn shows_each_style() {
        assert_eq!(show(&mut clock(TimeStyle::TimeOfDay), 1_700_000_000, 5_000), "22:13:20.000005 ");
        assert_eq!(show(&mut clock(TimeStyle::None), 1_700_000_000, 5_000), "");
        assert_eq!(show(&mut clock(TimeStyle::Unix), 1_700_000_000, 5_000), "1700000000.000005 ");
        assert_eq!(show(&mut clock(TimeStyle::DateTime), 951_827_696, 0), "2000-02-29 12:34:56.000000 ");
    }

    #[test]
    fn deltas_may_be_negative() {
        let mut c = clock(TimeStyle::SincePrevious);
        assert_eq!(show(&mut c, 100, 900_000_000), " 00:00:00.000000 ");
        assert_eq!(show(&mut c, 102, 100_000_000), " 00:00:01.200000 ");
        assert_eq!(show(&mut c, 101, 0), "-00:00:01.100000 ");
        let mut c = clock(TimeStyle::SinceFirst);
        show(&mut c, 100, 0);
        show(&mut c, 150, 0);
        assert_eq!(show(&mut c, 160, 0), " 00:01:00.000000 ");
    }

    #[test]
    fn wild_fractions_are_kept() {
        assert_eq!(show(&mut clock(TimeStyle::TimeOfDay), 0, 1_234_567_000_000), "00:00:00.1234567000 ");
        assert_eq!(show(&mut clock(TimeStyle::Unix), 1, 4_294_967_295_000), "1.4294967295 ");
        // As two's complement, and in the other unit.
        assert_eq!(show(&mut clock(TimeStyle::Unix), 1, u64::MAX), "1.000000 ");
        assert_eq!(show(&mut clock(TimeStyle::Unix), 1, -1_000_i64 as u64), "1.4294967295 ");
        let mut c = running(TimeStyle::Unix, true, Box::new(Utc));
        assert_eq!(show(&mut c, 1, u64::MAX), "1.4294967295 ");
    }

    #[test]
    fn times_go_on_after_2038_and_2106_and_begin_before_1970() {
        for (secs, nanos, unix, date) in [
            (0x7fff_ffff, 0, "2147483647.000000 ", "2038-01-19 03:14:07.000000 "),
            (0x8000_0000, 0, "2147483648.000000 ", "2038-01-19 03:14:08.000000 "),
            (0xffff_ffff, 999_999_999, "4294967295.999999 ", "2106-02-07 06:28:15.999999 "),
            (0x1_0000_0000, 1_000, "4294967296.000001 ", "2106-02-07 06:28:16.000001 "),
            (253_402_300_800, 0, "253402300800.000000 ", "10000-01-01 00:00:00.000000 "),
            (-1, 0, "-1.000000 ", "1969-12-31 23:59:59.000000 "),
            (-1, 250_000_000, "-0.750000 ", "1969-12-31 23:59:59.250000 "),
            (-2, 250_000_000, "-1.750000 ", "1969-12-31 23:59:58.250000 "),
        ] {
            assert_eq!(show(&mut clock(TimeStyle::Unix), secs, nanos), unix);
            assert_eq!(show(&mut clock(TimeStyle::DateTime), secs, nanos), date);
            let (_, time_of_day) = date.split_once(' ').unwrap();
            assert_eq!(show(&mut clock(TimeStyle::TimeOfDay), secs, nanos), time_of_day);
        }
        for last in [0x7fff_ffff, 0xffff_ffff] {
            for style in [TimeStyle::SincePrevious, TimeStyle::SinceFirst] {
                let mut c = clock(style);
                show(&mut c, last, 0);
                assert_eq!(show(&mut c, last + 1, 500_000_000), " 00:00:01.500000 ");
                show(&mut c, last + 1, 0);
                let back = if style == TimeStyle::SinceFirst { 1 } else { 2 };
                assert_eq!(show(&mut c, last - 1, 0), format!("-00:00:0{back}.000000 "));
            }
        }
    }

    #[test]
    fn refuses_years_beyond_32_bits() {
        let last = 67_768_036_191_676_799;
        assert_eq!(show(&mut clock(TimeStyle::DateTime), last, 0), "2147485547-12-31 23:59:59.000000 ");
        assert_eq!(show(&mut clock(TimeStyle::DateTime), last + 1, 0), "[Error converting time] ");
        assert_eq!(
            show(&mut clock(TimeStyle::TimeOfDay), i64::MAX & !0x8000_0000, 0),
            "[Error converting time] "
        );
    }

    #[test]
    fn negative_nanoseconds_are_divided_with_their_sign() {
        let lowest = i64::from(i32::MIN).cast_unsigned();
        assert_eq!(show(&mut clock(TimeStyle::Unix), 1, lowest), "1.4292819813 ");
        let mut c = running(TimeStyle::Unix, true, Box::new(Utc));
        assert_eq!(show(&mut c, 1, lowest), "1.2147483648 ");
    }

    #[test]
    fn nanoseconds_have_nine_digits() {
        let mut c = running(TimeStyle::Unix, true, Box::new(Utc));
        assert_eq!(show(&mut c, 1, 42), "1.000000042 ");
    }

    #[test]
    fn adds_the_offset_of_the_zone() {
        struct India;
        impl LocalTime for India {
            fn utc_offset(&self, _: i64) -> i32 {
                19_800
            }
        }
        let mut c = running(TimeStyle::DateTime, false, Box::new(India));
        assert_eq!(show(&mut c, 86_399, 0), "1970-01-02 05:29:59.000000 ");
    }
}
