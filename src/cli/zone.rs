//! Local time, by the system's zone and `TZ`, at the price of a comparison per second printed.
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use synack::print::LocalTime;
use synack::savefile::Calendar;

/// Where the C library keeps its zones, unless `TZDIR` says otherwise.
const ZONES: &str = "/usr/share/zoneinfo";

/// Where the system's own zone is.
const LOCAL: &str = "/etc/localtime";

/// Most bytes of a zone: a thousand times those of a long one.
const LONGEST: u64 = 4 << 20;

/// A time zone, and the stretch of time for which the last answer holds.
pub(crate) struct Zone {
    zone: TimeZone,
    /// First second, first second after, and the offset between them.
    cached: Mutex<(i64, i64, i32)>,
}

impl Zone {
    /// The system's zone. One that is unknown is UTC, as in the C library.
    pub(crate) fn system() -> Self {
        let named = std::env::var("TZ").ok().filter(|name| !name.is_empty());
        let directory = std::env::var_os("TZDIR").unwrap_or_else(|| ZONES.into());
        let zone = match named {
            Some(name) => Self::named(&name, Path::new(&directory)).or_else(|| TimeZone::get(&name).ok()),
            // What is no file (a device) is not read.
            None if Path::new(LOCAL).metadata().is_ok_and(|data| !data.is_file()) => None,
            None => TimeZone::try_system().ok(),
        };
        Self::new(zone.unwrap_or(TimeZone::UTC))
    }

    /// What the C library makes of a `TZ`: a file, else a rule, else UTC. `None` if the
    /// system has no zones to look in.
    fn named(name: &str, directory: &Path) -> Option<TimeZone> {
        let name = name.strip_prefix(':').unwrap_or(name);
        if let Some(zone) =
            zone_file(&directory.join(name)).and_then(|bytes| TimeZone::tzif(name, &bytes).ok())
        {
            return Some(zone);
        }
        // Summer time without its dates has those of the United States.
        let rule = TimeZone::posix(name).or_else(|_| TimeZone::posix(&format!("{name},M3.2.0,M11.1.0")));
        rule.ok().or_else(|| directory.is_dir().then_some(TimeZone::UTC))
    }

    fn new(zone: TimeZone) -> Self {
        Self { zone, cached: Mutex::new((0, 0, 0)) }
    }
}

impl LocalTime for Zone {
    fn utc_offset(&self, unix: i64) -> i32 {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, until, offset) = *cached;
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
        *cached = (from, until, offset);
        offset
    }
}

/// A file that may hold a zone, if it is one and not too long.
fn zone_file(path: &Path) -> Option<Vec<u8>> {
    // Looked at before it is opened: a pipe would be waited for.
    let length = path.metadata().ok().filter(|data| data.is_file())?.len();
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok().filter(|_| length <= LONGEST)?;
    file.take(LONGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Names of rotated files.
impl Calendar for Zone {
    fn expand(&self, template: &str, time: synack::Timestamp) -> String {
        let Ok(moment) = Timestamp::from_second(time.secs) else { return template.to_owned() };
        let local = moment.to_zoned_datetime(self.zone.clone());
        let config = strtime::Config::new().lenient(true);
        let format = as_in_c(template);
        let text = strtime::BrokenDownTime::from(&local).to_string_with_config(&config, format);
        text.unwrap_or_else(|_| template.to_owned())
    }

    fn utc_offset(&self, time: synack::Timestamp) -> i64 {
        LocalTime::utc_offset(self, time.secs).into()
    }
}

/// A format of strftime(3) in which every conversion means the same to jiff, which knows others too:
/// those of the C library stay or are taken apart, as in its locale "C", and all else means itself.
fn as_in_c(template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let plain = after.trim_start_matches(['-', '_', '0', '^', '#']);
        let plain = plain.trim_start_matches(|c: char| c.is_ascii_digit());
        let prefix = after.get(..after.len() - plain.len()).unwrap_or_default();
        // Of another calendar or in other digits: there are none in this locale.
        let plain = plain.strip_prefix(['E', 'O']).unwrap_or(plain);
        let mut letters = plain.chars();
        let letter = letters.next();
        rest = letters.as_str();
        let whole = after.get(..after.len() - rest.len()).unwrap_or_default();
        match letter {
            Some('c') => out.push_str("%a %b %e %H:%M:%S %Y"),
            Some('D' | 'x') => out.push_str("%m/%d/%y"),
            Some('F') => out.push_str("%Y-%m-%d"),
            Some('r') => out.push_str("%I:%M:%S %p"),
            Some('R') => out.push_str("%H:%M"),
            Some('T' | 'X') => out.push_str("%H:%M:%S"),
            Some('h') => out.extend(["%", prefix, "b"]),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('%') => out.push_str("%%"),
            Some(letter) if OWN.contains(letter) => {
                out.extend(["%", prefix]);
                out.push(letter);
            }
            _ => out.extend(["%%", whole]),
        }
    }
    out.push_str(rest);
    out
}

/// Conversions that mean the same to the C library and to jiff.
const OWN: &str = "aAbBCdegGHIjklmMpPsSuUVwWyYzZ";

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
            assert_eq!(LocalTime::utc_offset(&posix, unix), offset, "{unix}");
        }
    }

    #[test]
    fn a_zone_is_a_file_else_a_rule_else_universal_time() {
        let empty = Path::new("/nonexistent");
        let offset = |name, at| {
            let zone = Zone::named(name, empty).map(Zone::new)?;
            Some(LocalTime::utc_offset(&zone, at))
        };
        // 2023-03-20: between the second Sunday of March and the last one.
        let spring = 1_679_300_000;
        assert_eq!(offset("CET-1CEST,M3.5.0,M10.5.0/3", spring), Some(3600));
        assert_eq!(offset("CET-1CEST", spring), Some(7200));
        assert_eq!(offset(":XYZ3", spring), Some(-10_800));
        assert_eq!(offset("Nowhere/Land", spring), None);
        assert_eq!(Zone::named("Nowhere/Land", Path::new("/")), Some(TimeZone::UTC));
    }

    #[test]
    fn names_are_expanded_in_local_time() {
        let zone = Zone::new(TimeZone::posix("CET-1").expect("POSIX zone"));
        let time = synack::Timestamp::new(86_399, 0);
        assert_eq!(zone.expand("a-%Y%m%d_%H%M%S-%s.pcap", time), "a-19700102_005959-86399.pcap");
        assert_eq!(zone.expand("100%%-%!", time), "100%-%!");
    }

    #[test]
    fn is_zero_where_there_is_no_calendar() {
        let utc = Zone::new(TimeZone::UTC);
        assert_eq!([i64::MAX, i64::MIN, 0].map(|unix| LocalTime::utc_offset(&utc, unix)), [0; 3]);
    }

    /// bash prints times by the C library's strftime(3).
    #[test]
    fn names_are_expanded_as_the_c_library_does() {
        let zone = Zone::new(TimeZone::posix("CET-1").expect("POSIX zone"));
        let letters = ('!'..='~').filter(|c| !c.is_ascii_digit() && !"EO-_#^()".contains(*c));
        let mut formats: Vec<String> = letters.map(|letter| format!("a%{letter}b")).collect();
        for modified in
            ["-d", "_d", "0e", "^a", "5d", "Ey", "Od", "EY", "Ec", "_H", "-H", "3j", "^b", "EQ", "-Q"]
        {
            formats.push(format!("a%{modified}b%Hc"));
        }
        for time in [0, 951_827_696, 1_709_251_509, 1_735_689_599, 4_102_444_800] {
            for format in &formats {
                let mut command = std::process::Command::new("bash");
                command.env("TZ", "CET-1").env("LC_ALL", "C").args(["-c", "printf \"%($1)T\" $2", "bash"]);
                let Ok(output) = command.arg(format).arg(time.to_string()).output() else { return };
                let theirs = String::from_utf8(output.stdout).expect("ASCII");
                assert_eq!(
                    zone.expand(format, synack::Timestamp::new(time, 0)),
                    theirs,
                    "{format} at {time}"
                );
            }
        }
    }
}
