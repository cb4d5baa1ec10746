//! When a capture goes on in a new file, and what that file is called.
//!
//! This is arithmetic only: time and the calendar come in, names come out.
//! [`RotatingWriter`](super::RotatingWriter) does the rest.
use std::time::Duration;

use super::names::UsedNames;
use crate::packet::Timestamp;

/// When and into how many files to divide a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotation {
    /// A new file when the current one is longer than this, in bytes (`-C`).
    pub size: Option<u64>,
    /// A new file each time this much time has passed (`-G`), packets or not.
    pub every: Option<Duration>,
    /// Rotate at multiples of `every` on the clock on the wall, not from the start.
    pub align: bool,
    /// With `size`: this many names, used again in turn. With `every` alone: stop after
    /// so many files (`-W`).
    pub files: Option<u32>,
    /// Keep this many of the newest files and delete older ones, also when the disk is full.
    pub ring: Option<u32>,
}

impl Rotation {
    /// Whether there will be more than one file.
    pub fn is_active(&self) -> bool {
        self.size.is_some() || self.every.is_some()
    }
}

/// Puts times into names: the local calendar, which the standard library does not know.
pub trait Calendar: Send {
    /// `template` with the conversions of strftime(3) replaced.
    fn expand(&self, template: &str, time: Timestamp) -> String;

    /// Seconds by which local time is ahead of UTC, so that a day begins at midnight.
    fn utc_offset(&self, _time: Timestamp) -> i64 {
        0
    }
}

/// Why a file size is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeError {
    /// It is not a number above zero with one of the units, or none.
    Invalid,
    /// It is more than a file can have.
    TooLarge,
}

/// A size in bytes as `-C` takes it: millions, or with `k`, `m`, `g` (either case) the binary
/// units that tcpdump 5 has.
///
/// # Errors
/// It is no size, or too large a one.
///
/// ```
/// use synack::savefile::{SizeError, parse_size};
///
/// assert_eq!(parse_size("2"), Ok(2_000_000));
/// assert_eq!(parse_size("64k"), Ok(65_536));
/// assert_eq!(parse_size("0"), Err(SizeError::Invalid));
/// ```
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (text.len() - 1, 1 << 10),
        Some(b'm' | b'M') => (text.len() - 1, 1 << 20),
        Some(b'g' | b'G') => (text.len() - 1, 1 << 30),
        _ => (text.len(), 1_000_000),
    };
    // Signed, as offsets into files are.
    let number = text.get(..digits).and_then(|t| t.parse::<i64>().ok()).filter(|n| *n > 0);
    let number = number.ok_or(SizeError::Invalid)?;
    number.checked_mul(unit).map(i64::unsigned_abs).ok_or(SizeError::TooLarge)
}

/// Why a file is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotationReason {
    /// It is long enough.
    Size,
    /// Its time is over.
    Time,
}

/// Decides about files; owns no file.
///
/// ```
/// use std::time::Duration;
/// use synack::Timestamp;
/// use synack::savefile::{Calendar, RotationReason, Rotation, Rotator};
///
/// struct Plain;
/// impl Calendar for Plain {
///     fn expand(&self, template: &str, time: Timestamp) -> String {
///         template.replace("%s", &time.secs.to_string())
///     }
/// }
///
/// let rotation = Rotation { every: Some(Duration::from_secs(2)), ..Rotation::default() };
/// let start = Timestamp::new(1000, 0);
/// let mut rotator = Rotator::new(rotation, "web-%s.pcap", Duration::ZERO, start, &Plain);
/// assert_eq!(rotator.name(), "web-1000.pcap");
/// assert_eq!(rotator.due(Duration::from_millis(1999), 5000), None);
/// assert_eq!(rotator.due(Duration::from_secs(2), 0), Some(RotationReason::Time));
/// rotator.rotate(RotationReason::Time, Duration::from_secs(2), Timestamp::new(1002, 0), &Plain);
/// assert_eq!(rotator.name(), "web-1002.pcap");
/// ```
#[derive(Debug, Clone)]
pub struct Rotator {
    rotation: Rotation,
    template: String,
    /// The template with the time in it.
    base: String,
    name: String,
    /// Files of this base so far, not counting the first.
    number: u64,
    /// Files begun because time was over, with the first.
    periods: u32,
    /// When the current period ends, on the monotonic clock.
    deadline: Option<Duration>,
    /// Those whose files are there.
    used: UsedNames,
}

impl Rotator {
    /// The state at the start. `now` is of a monotonic clock, `wall` the time of day.
    pub fn new(
        rotation: Rotation,
        template: impl Into<String>,
        now: Duration,
        wall: Timestamp,
        calendar: &dyn Calendar,
    ) -> Self {
        let template = template.into();
        let mut rotator = Self {
            rotation,
            base: String::new(),
            name: String::new(),
            number: 0,
            periods: 1,
            deadline: None,
            used: UsedNames::default(),
            template,
        };
        rotator.base = rotator.expand(wall, calendar);
        rotator.deadline = rotator.after(now, now, wall, calendar);
        rotator.name = rotator.numbered();
        rotator
    }

    /// Name of the current file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When time will next be over, on the monotonic clock: be there, packets or not.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Whether the current file, now `length` bytes long, should be closed.
    #[inline]
    pub fn due(&self, now: Duration, length: u64) -> Option<RotationReason> {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            Some(RotationReason::Time)
        } else if self.is_full(length) {
            Some(RotationReason::Size)
        } else {
            None
        }
    }

    /// Whether a file of this length is long enough.
    #[inline]
    pub fn is_full(&self, length: u64) -> bool {
        self.rotation.size.is_some_and(|size| length > size)
    }

    /// Whether no further file may be begun when time is over (`-W` with `-G` alone).
    pub fn is_last(&self) -> bool {
        self.rotation.size.is_none()
            && self.rotation.every.is_some()
            && self.rotation.files.is_some_and(|files| self.periods >= files)
    }

    /// Goes on to the next file: [`name`](Self::name) is new afterwards.
    pub fn rotate(
        &mut self,
        reason: RotationReason,
        now: Duration,
        wall: Timestamp,
        calendar: &dyn Calendar,
    ) {
        match reason {
            RotationReason::Size => self.number += 1,
            RotationReason::Time => {
                self.periods = self.periods.saturating_add(1);
                let due = self.deadline.unwrap_or(now);
                self.deadline = self.after(due, now, wall, calendar);
                let base = self.expand(wall, calendar);
                self.number += 1;
                if base != self.base {
                    // The clock may have been set back since, or it is that time of day again.
                    self.used.set_number(&self.base, self.number);
                    self.number = self.used.number(&base).unwrap_or(0);
                    self.base = base;
                }
            }
        }
        self.name = self.numbered();
        // tcpdump writes over what it has written before.
        while !self.takes_turns() && self.used.contains(&self.name) {
            self.count_on();
        }
    }

    /// Another name for the current file, because this one cannot be used.
    pub fn dodge(&mut self, attempt: u32) {
        self.name = format!("{}.{attempt}", self.numbered());
    }

    /// The next number for the current file, because this one may have been used before.
    pub(super) fn count_on(&mut self) {
        self.number += 1;
        self.name = self.numbered();
    }

    /// The current name has its file now, and is not given again.
    pub(super) fn take_name(&mut self) {
        if !self.takes_turns() {
            self.used.insert(&self.name);
        }
    }

    /// The file of this name was deleted.
    pub(super) fn free_name(&mut self, name: &str) {
        self.used.forget(name);
    }

    /// Whether names come again in turn, and their files are written over, as `-C` with `-W` asks.
    pub(super) fn takes_turns(&self) -> bool {
        let Rotation { size, files, ring, .. } = self.rotation;
        size.is_some() && files.is_some_and(|files| files > 0) && ring.is_none()
    }

    /// Whether a file of the current name may be this run's, for all that is remembered.
    pub(super) fn may_be_ours(&self) -> bool {
        !self.takes_turns() && self.used.is_full()
    }

    fn expand(&self, wall: Timestamp, calendar: &dyn Calendar) -> String {
        match self.rotation.every {
            Some(_) => calendar.expand(&self.template, wall),
            // Without -G a percent sign means itself.
            None => self.template.clone(),
        }
    }

    /// The first end of a period after `now`, counted from `due`.
    fn after(
        &self,
        due: Duration,
        now: Duration,
        wall: Timestamp,
        calendar: &dyn Calendar,
    ) -> Option<Duration> {
        let every = self.rotation.every.filter(|every| !every.is_zero())?;
        let period = every.as_nanos();
        let wait = if self.rotation.align {
            let local = i128::from(wall.secs) + i128::from(calendar.utc_offset(wall));
            let local = local * 1_000_000_000 + i128::from(wall.nanos % 1_000_000_000);
            period - local.rem_euclid(period.cast_signed()).unsigned_abs()
        } else {
            // Periods that passed unseen (a stopped process) are not made up for.
            let late = now.saturating_sub(due).as_nanos() % period;
            period - late
        };
        let wait = u64::try_from(wait).map_or(every, Duration::from_nanos);
        Some(now.saturating_add(wait))
    }

    fn numbered(&self) -> String {
        let base = &self.base;
        match self.rotation.files {
            // As many digits as the last number has, then again from 0.
            Some(files) if self.takes_turns() => {
                let digits = (files - 1).checked_ilog10().unwrap_or(0) as usize + 1;
                let number = self.number % u64::from(files);
                format!("{base}{number:0digits$}")
            }
            _ if self.number == 0 => base.clone(),
            _ => format!("{base}{}", self.number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Knows `%s`, seconds since 1970, and `%M`, minutes of the hour.
    struct Clock(i64);
    impl Calendar for Clock {
        fn expand(&self, template: &str, time: Timestamp) -> String {
            let minutes = format!("{:02}", (time.secs + self.0) / 60 % 60);
            template.replace("%s", &time.secs.to_string()).replace("%M", &minutes)
        }
        fn utc_offset(&self, _: Timestamp) -> i64 {
            self.0
        }
    }

    fn names(rotation: Rotation, template: &str, reasons: &[RotationReason]) -> Vec<String> {
        let mut wall = Timestamp::new(600, 0);
        let mut rotator = Rotator::new(rotation, template, Duration::ZERO, wall, &Clock(0));
        let mut names = vec![rotator.name().to_owned()];
        for &reason in reasons {
            wall.secs += 20;
            rotator.rotate(reason, Duration::ZERO, wall, &Clock(0));
            names.push(rotator.name().to_owned());
        }
        names
    }

    const SIZE: Rotation = Rotation { size: Some(1), every: None, align: false, files: None, ring: None };
    const TIME: Rotation = Rotation { size: None, every: Some(Duration::from_secs(20)), ..SIZE };
    use RotationReason::{Size, Time};

    #[test]
    fn files_are_named_as_tcpdump_names_them() {
        assert_eq!(names(SIZE, "f%M", &[Size; 3]), ["f%M", "f%M1", "f%M2", "f%M3"]);
        let three = Rotation { files: Some(3), ..SIZE };
        assert_eq!(names(three, "f", &[Size; 4]), ["f0", "f1", "f2", "f0", "f1"]);
        let ten = Rotation { files: Some(10), ..SIZE };
        assert_eq!(names(ten, "f", &[Size; 1]), ["f0", "f1"]);
        let eleven = Rotation { files: Some(11), ..SIZE };
        assert_eq!(names(eleven, "f", &[Size; 11]).concat(), "f00f01f02f03f04f05f06f07f08f09f10f00");
        let hundred = Rotation { files: Some(101), ..SIZE };
        assert_eq!(names(hundred, "f", &[]), ["f000"]);
        let one = Rotation { files: Some(1), ..SIZE };
        assert_eq!(names(one, "f", &[Size]), ["f0", "f0"]);
        assert_eq!(names(TIME, "f-%s", &[Time; 2]), ["f-600", "f-620", "f-640"]);
        let both = Rotation { size: Some(1), ..TIME };
        assert_eq!(
            names(both, "f-%s.", &[Size, Size, Time, Size]),
            ["f-600.", "f-600.1", "f-600.2", "f-660.", "f-660.1"]
        );
        let both = Rotation { files: Some(2), ..both };
        assert_eq!(names(both, "f-%s.", &[Size, Size, Time]), ["f-600.0", "f-600.1", "f-600.0", "f-660.0"]);
    }

    #[test]
    fn a_name_that_does_not_change_with_time_is_counted_not_overwritten() {
        assert_eq!(names(TIME, "f", &[Time; 2]), ["f", "f1", "f2"]);
        // Three rotations in one minute, one in the next.
        assert_eq!(names(TIME, "f-%M.", &[Time; 4]), ["f-10.", "f-10.1", "f-10.2", "f-11.", "f-11.1"]);
    }

    #[test]
    fn a_ring_never_uses_a_name_twice() {
        let ring = Rotation { ring: Some(2), files: Some(2), ..SIZE };
        assert_eq!(names(ring, "f", &[Size; 3]), ["f", "f1", "f2", "f3"]);
    }

    #[test]
    fn time_alone_stops_after_its_files() {
        let mut rotator = Rotator::new(
            Rotation { files: Some(2), ..TIME },
            "f%s",
            Duration::ZERO,
            Timestamp::default(),
            &Clock(0),
        );
        assert!(!rotator.is_last());
        rotator.rotate(Time, Duration::from_secs(20), Timestamp::new(20, 0), &Clock(0));
        assert!(rotator.is_last());
        let both = Rotation { size: Some(1), files: Some(1), ..TIME };
        assert!(!Rotator::new(both, "f", Duration::ZERO, Timestamp::default(), &Clock(0)).is_last());
    }

    #[test]
    fn deadlines_do_not_drift_and_missed_ones_are_skipped() {
        let secs = Duration::from_secs;
        let mut rotator = Rotator::new(TIME, "f%s", secs(100), Timestamp::default(), &Clock(0));
        assert_eq!(rotator.deadline(), Some(secs(120)));
        assert_eq!(rotator.due(secs(119), u64::MAX), None);
        // Half a second late.
        rotator.rotate(Time, secs(120) + Duration::from_millis(500), Timestamp::default(), &Clock(0));
        assert_eq!(rotator.deadline(), Some(secs(140)));
        rotator.rotate(Time, secs(199), Timestamp::default(), &Clock(0));
        assert_eq!(rotator.deadline(), Some(secs(200)));
    }

    #[test]
    fn aligned_deadlines_follow_the_local_clock_on_the_wall() {
        let hour = Rotation { every: Some(Duration::from_secs(3600)), align: true, ..TIME };
        // 20:59:30.25 UTC where clocks are half an hour ahead: 30 minutes and 29.75 s to go.
        let wall = Timestamp::new(20 * 3600 + 59 * 60 + 30, 250_000_000);
        let rotator = Rotator::new(hour, "f%s", Duration::from_secs(7), wall, &Clock(1800));
        let wait = Duration::from_secs(30 * 60 + 29) + Duration::from_millis(750);
        assert_eq!(rotator.deadline(), Some(Duration::from_secs(7) + wait));
    }

    #[test]
    fn sizes_have_units() {
        use SizeError::{Invalid, TooLarge};
        for (text, size) in [
            ("1", Ok(1_000_000)),
            ("+1", Ok(1_000_000)),
            ("3m", Ok(3 << 20)),
            ("1G", Ok(1 << 30)),
            ("", Err(Invalid)),
            ("k", Err(Invalid)),
            ("-1", Err(Invalid)),
            ("1x", Err(Invalid)),
            ("é", Err(Invalid)),
            ("99999999999999999999", Err(Invalid)),
            ("9223372036854775807g", Err(TooLarge)),
        ] {
            assert_eq!(parse_size(text), size, "{text}");
        }
    }
}
