//! Sequence numbers three ways: as they stand, relative, and symbolic (X for the client's first, Y
//! for the server's); and times as people say them.
use std::fmt;

use crate::flow::Direction;

/// A sequence or acknowledgment number.
///
/// `Display` is symbolic where it can be: `X`, `X+10`, `Y-1`; else the number as it stands.
///
/// ```
/// use synack::explain::Number;
/// use synack::flow::Direction;
///
/// let number = Number { absolute: 650532454, relative: Some(10), of: Direction::C2s };
/// assert_eq!(number.to_string(), "X+10");
/// assert_eq!(number.full().to_string(), "X+10 (650532454, relative 10)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The number in the segment.
    pub absolute: u32,
    /// How far from the first of its side; `None` when nothing of that side was captured yet.
    pub relative: Option<u32>,
    /// Whose octets it counts.
    pub of: Direction,
}

/// Numbers within this below the first are below it, not four thousand million above.
const BELOW: u32 = 1 << 16;

impl Number {
    /// The number `n` octets further.
    #[must_use]
    pub const fn plus(self, n: u32) -> Self {
        Self {
            absolute: self.absolute.wrapping_add(n),
            relative: match self.relative {
                Some(relative) => Some(relative.wrapping_add(n)),
                None => None,
            },
            of: self.of,
        }
    }

    /// The number before it.
    #[must_use]
    pub const fn before(self) -> Self {
        self.plus(u32::MAX)
    }

    /// All three ways.
    pub const fn full(self) -> Full {
        Full(self)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = match self.of {
            Direction::C2s => 'X',
            Direction::S2c => 'Y',
        };
        match self.relative {
            None => write!(f, "{}", self.absolute),
            Some(0) => write!(f, "{symbol}"),
            Some(n) if n.wrapping_neg() < BELOW => write!(f, "{symbol}-{}", n.wrapping_neg()),
            Some(n) => write!(f, "{symbol}+{n}"),
        }
    }
}

/// A number symbolic, as it stands and relative: `X+10 (650532454, relative 10)`.
#[derive(Debug, Clone, Copy)]
pub struct Full(Number);

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Number { absolute, relative, .. } = self.0;
        match relative {
            None => write!(f, "{absolute}"),
            Some(n) if n.wrapping_neg() < BELOW && n != 0 => {
                write!(f, "{} ({absolute}, relative -{})", self.0, n.wrapping_neg())
            }
            Some(n) => write!(f, "{} ({absolute}, relative {n})", self.0),
        }
    }
}

/// The octets from one number up to, not including, another: `X+1 … X+9`, `X+1` when it is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Octets(pub(crate) Number, pub(crate) Number);

impl fmt::Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.1.before();
        if last.absolute == self.0.absolute {
            return self.0.fmt(f);
        }
        write!(f, "{} … {last}", self.0)
    }
}

/// Nanoseconds as a person says them, cut to the microsecond: `90 µs`, `220.000 ms`, `1.500 s`.
///
/// ```
/// assert_eq!(synack::explain::Elapsed(150_900).to_string(), "150 µs");
/// assert_eq!(synack::explain::Elapsed(220_012_000).to_string(), "220.012 ms");
/// assert_eq!(synack::explain::Elapsed(61_500_000_000).to_string(), "61.500 s");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed(pub u64);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0 / 1000;
        match us {
            0..1000 => write!(f, "{us} µs"),
            1000..1_000_000 => write!(f, "{}.{:03} ms", us / 1000, us % 1000),
            _ => write!(f, "{}.{:03} s", us / 1_000_000, us / 1000 % 1000),
        }
    }
}

/// A count and its noun: `1 byte`, `15 bytes`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count(pub(crate) u64, pub(crate) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}

/// Bytes, counted.
pub(crate) fn bytes(n: impl Into<u64>) -> Count {
    Count(n.into(), "byte")
}

/// The number of a packet, or that there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet(pub(crate) u64);

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "packet {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(relative: u32) -> Number {
        Number { absolute: relative.wrapping_add(0xffff_fff0), relative: Some(relative), of: Direction::S2c }
    }

    #[test]
    fn goes_on_past_the_end_of_numbers() {
        let n = number(0x10);
        assert_eq!(n.full().to_string(), "Y+16 (0, relative 16)");
        assert_eq!(n.before().full().to_string(), "Y+15 (4294967295, relative 15)");
    }

    #[test]
    fn below_the_first_is_minus() {
        assert_eq!(number(0).before().full().to_string(), "Y-1 (4294967279, relative -1)");
    }

    #[test]
    fn one_octet_is_no_range() {
        assert_eq!(Octets(number(1), number(2)).to_string(), "Y+1");
        assert_eq!(Octets(number(1), number(10)).to_string(), "Y+1 … Y+9");
    }

    #[test]
    fn times_change_their_unit() {
        for (ns, text) in [
            (0, "0 µs"),
            (999_999, "999 µs"),
            (1_000_000, "1.000 ms"),
            (999_999_999, "999.999 ms"),
            (1_000_000_000, "1.000 s"),
        ] {
            assert_eq!(Elapsed(ns).to_string(), text);
        }
    }
}
