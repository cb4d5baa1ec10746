//! Decimal digits without a loop and without a branch for their number: eight at a time in one register.
//!
//! A piece of text of any length is appended as an array that is longer, of which the end is taken back:
//! so the compiler copies it with one or two instructions of fixed width instead of a call.

/// Ten to the eighth: what eight digits can count.
const EIGHT: u32 = 100_000_000;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Appends the first `len` bytes of an array.
#[inline(always)]
pub(crate) fn push_some<const N: usize>(out: &mut Vec<u8>, text: &[u8; N], len: usize) {
    out.extend_from_slice(text);
    out.truncate(out.len() - N + len.min(N));
}

/// Appends a number in decimal.
#[inline]
pub(crate) fn push_decimal(out: &mut Vec<u8>, n: u32) {
    if n < 10_000 {
        // The first digit is the lowest byte; the last one stays, though it is zero.
        let digits = four_digits(n);
        let skipped = (digits.trailing_zeros() / 8).min(3);
        let text = (digits >> (8 * skipped)) | ZEROS as u32;
        push_some(out, &text.to_le_bytes(), 4 - skipped as usize);
    } else {
        push_large(out, n);
    }
}

/// Appends a number of five to ten digits.
fn push_large(out: &mut Vec<u8>, n: u32) {
    if n < EIGHT {
        let digits = eight_digits(n);
        let skipped = digits.trailing_zeros() / 8;
        let text = (digits >> (8 * skipped)) | ZEROS;
        push_some(out, &text.to_le_bytes(), 8 - skipped as usize);
    } else {
        let [tens, ones] = two_digits(n / EIGHT);
        let text = (eight_digits(n % EIGHT) | ZEROS).to_le_bytes();
        let skipped = usize::from(tens == b'0');
        out.extend_from_slice(&[tens, ones][skipped..]);
        out.extend_from_slice(&text);
    }
}

/// Appends a dot and the six digits of a number below a million: the fraction of a time.
#[inline]
pub(crate) fn push_micros(out: &mut Vec<u8>, micros: u32) {
    let text = (eight_digits(micros % 1_000_000) | ZEROS) >> 8;
    push_some(out, &(text & !0xff | u64::from(b'.')).to_le_bytes(), 7);
}

/// The digits of a number below a hundred.
const fn two_digits(n: u32) -> [u8; 2] {
    [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]
}

/// The values of four decimal digits, as [`eight_digits`] has them.
#[inline]
fn four_digits(n: u32) -> u32 {
    let hundreds = n.wrapping_mul(10_486) >> 20;
    let twos = hundreds | n.wrapping_sub(hundreds.wrapping_mul(100)) << 16;
    let tens = (twos.wrapping_mul(103) >> 10) & 0x000f_000f;
    tens | twos.wrapping_sub(tens.wrapping_mul(10)) << 8
}

/// The values of eight decimal digits, the first in the lowest byte. Each step splits all numbers in the
/// register at once: by 10,000, by 100, by 10. A quotient is a product and a shift, exact for such numbers.
#[inline]
fn eight_digits(n: u32) -> u64 {
    let fours = u64::from(n / 10_000) | u64::from(n % 10_000) << 32;
    let hundreds = (fours.wrapping_mul(10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | fours.wrapping_sub(hundreds.wrapping_mul(100)) << 16;
    let tens = (twos.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f;
    tens | twos.wrapping_sub(tens.wrapping_mul(10)) << 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(n: u32) -> String {
        let mut out = b"x".to_vec();
        push_decimal(&mut out, n);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_of_every_length_have_their_digits() {
        for power in 0..10 {
            let n = 10_u32.pow(power);
            for n in [n - 1, n, n + 1, n.saturating_mul(9), n.saturating_mul(7) / 2] {
                assert_eq!(decimal(n), format!("x{n}"));
            }
        }
        assert_eq!(decimal(u32::MAX), "x4294967295");
        (0..=u16::MAX).for_each(|n| assert_eq!(decimal(n.into()), format!("x{n}")));
    }

    #[test]
    fn fractions_have_six_digits() {
        for n in (0..1_000_000).step_by(997).chain([9, 10, 99, 100, 123_456, 999_999]) {
            let mut out = Vec::new();
            push_micros(&mut out, n);
            assert_eq!(String::from_utf8(out).unwrap(), format!(".{n:06}"));
        }
    }

    #[test]
    fn some_of_an_array_is_appended() {
        let mut out = b"a".to_vec();
        push_some(&mut out, b"bcd", 2);
        push_some(&mut out, b"bcd", 0);
        push_some(&mut out, b"bcd", 9);
        assert_eq!(out, b"abcbcd");
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_standard_library(n: u32) {
            prop_assert_eq!(decimal(n), format!("x{}", n));
        }
    }
}
