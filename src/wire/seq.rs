//! TCP sequence numbers: arithmetic modulo 2^32 (RFC 9293 §3.4).
use core::ops::{Add, Sub};

/// A TCP sequence or acknowledgment number. It has no total order, hence no `Ord`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Seq(pub u32);

impl Seq {
    /// Whether `self` comes before `other` within half the number space.
    pub const fn before(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0).cast_signed() < 0
    }

    /// Whether `self` comes after `other` within half the number space.
    pub const fn after(self, other: Self) -> bool {
        other.before(self)
    }
}

impl Add<u32> for Seq {
    type Output = Self;
    fn add(self, n: u32) -> Self {
        Self(self.0.wrapping_add(n))
    }
}

impl Sub for Seq {
    type Output = i32;
    /// The signed distance from `other` to `self`.
    fn sub(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap() {
        assert_eq!(Seq(u32::MAX) + 2, Seq(1));
        assert_eq!(Seq(1) - Seq(u32::MAX), 2);
        assert_eq!(Seq(u32::MAX) - Seq(1), -2);
        assert!(Seq(u32::MAX).before(Seq(0)) && Seq(0).after(Seq(u32::MAX)));
        assert!(!Seq(5).before(Seq(5)) && !Seq(5).after(Seq(5)));
    }
}
