//! Numbers, sizes and durations as people type them.
use std::time::Duration;

use crate::cli::failure::{Failure, printable};

/// A decimal number above zero.
pub(crate) fn positive(text: &str) -> Option<u64> {
    // Like atoi, a plus sign is taken; unlike atoi, nothing may follow the digits.
    text.parse::<u64>().ok().filter(|n| *n > 0)
}

/// A number in decimal, in hex after `0x`, in octal after `0`.
pub(crate) fn any_base(text: &str) -> Option<u64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match (hex, text.strip_prefix('0')) {
        (Some(digits), _) => u64::from_str_radix(digits, 16).ok(),
        (None, Some(digits)) if !digits.is_empty() => u64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// A number of bytes above zero, with or without a unit: powers of 1024.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.to_ascii_lowercase();
    let power = match unit.strip_suffix('b').map_or(&*unit, |unit| unit.strip_suffix('i').unwrap_or(unit)) {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    positive(number)?.checked_mul(1 << power)
}

/// A duration: numbers with `ms`, `s`, `m`, `h` or `d` one after the other, or bare seconds. Not zero.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at(letters);
        let seconds = match unit {
            "ms" => 0.001,
            // Only the whole text may be without a unit: `1h30` says too little.
            "" if rest.len() == text.len() => 1.0,
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        total = total.checked_add(part)?;
        rest = next;
    }
    Some(total).filter(|d| !d.is_zero())
}

/// A value that may be missing, or be refused with `complaint`, the text as typed, and what the option `takes`.
pub(super) fn parsed<T>(
    text: &Option<String>,
    complaint: &str,
    takes: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Failure> {
    match text {
        None => Ok(None),
        Some(text) => match parse(text) {
            Some(value) => Ok(Some(value)),
            None => Err(Failure::new(format!("{complaint} {}", printable(text))).with_hint(takes)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_type_them() {
        for (text, millis) in [
            ("30", 30_000),
            ("30s", 30_000),
            ("1.5", 1_500),
            ("500ms", 500),
            ("1h30m", 5_400_000),
            ("2d", 172_800_000),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "0", "-1", "1x", "s", "1h30", "1..2s", "ms", "99999999999999999999999d", "é"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn bytes_have_units() {
        for (text, number) in [
            ("1", 1),
            ("1000", 1000),
            ("2k", 2048),
            ("3KiB", 3072),
            ("1M", 1 << 20),
            ("2gb", 2 << 30),
            ("7B", 7),
        ] {
            assert_eq!(bytes(text), Some(number), "{text}");
        }
        for text in ["", "0", "k", "-1", "1x", "1.5M", "1ki", "99999999999G", "é"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_of_any_base() {
        assert_eq!(
            (any_base("0x1F"), any_base("017"), any_base("17"), any_base("0")),
            (Some(31), Some(15), Some(17), Some(0))
        );
        assert_eq!((any_base("08"), any_base(""), any_base("0x"), any_base("-1")), (None, None, None, None));
    }
}
