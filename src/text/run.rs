//! How far text goes: eight bytes are judged at once in one register, because most text is longer.

/// Bytes judged at once.
const LANE: usize = 8;
/// The same value in each byte of a register is a multiple of this.
const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * EACH;

/// How many bytes at the front are printable ASCII other than space.
#[inline]
pub(crate) fn graphic(bytes: &[u8]) -> usize {
    front::<b'!'>(bytes)
}

/// How many bytes at the front are printable ASCII or tabs.
#[inline]
pub(crate) fn line(bytes: &[u8]) -> usize {
    let mut n = 0;
    loop {
        n += front::<b' '>(bytes.get(n..).unwrap_or_default());
        match bytes.get(n) {
            Some(b'\t') => n += 1,
            _ => return n,
        }
    }
}

/// Whether all bytes are printable ASCII that JSON takes as it is (RFC 8259 §7).
#[cfg(any(test, feature = "json"))]
#[inline]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    let (lanes, rest) = bytes.as_chunks::<LANE>();
    let special = |lane: u64| others::<b' '>(lane) | equal::<b'"'>(lane) | equal::<b'\\'>(lane);
    let all = lanes.iter().all(|lane| special(u64::from_le_bytes(*lane)) == 0);
    if let Some(last) = bytes.last_chunk() {
        // Some of these are judged again.
        return all && special(u64::from_le_bytes(*last)) == 0;
    }
    all && rest.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

/// Not zero where one of the bytes is this one: where taking one away borrows.
#[cfg(any(test, feature = "json"))]
#[inline]
fn equal<const BYTE: u8>(lane: u64) -> u64 {
    let zero = lane ^ (u64::from(BYTE) * EACH);
    zero.wrapping_sub(EACH) & !zero & HIGH_BITS
}

/// How many bytes at the front are between `FIRST` and the last printable character.
#[inline]
fn front<const FIRST: u8>(bytes: &[u8]) -> usize {
    let (lanes, rest) = bytes.as_chunks::<LANE>();
    for (lane, at) in lanes.iter().zip((0..).step_by(LANE)) {
        let others = others::<FIRST>(u64::from_le_bytes(*lane));
        if others != 0 {
            return at + (others.trailing_zeros() / 8) as usize;
        }
    }
    let fits = |byte: &u8| (FIRST..=b'~').contains(byte);
    bytes.len() - rest.len() + rest.iter().take_while(|byte| fits(byte)).count()
}

/// The high bit of each byte that is not between `FIRST` and `~`. No byte carries into the next: all are
/// below 128 where one is added, and not below it where at most 127 is taken away.
#[inline]
fn others<const FIRST: u8>(lane: u64) -> u64 {
    let low = lane & !HIGH_BITS;
    let below = !(low | HIGH_BITS).wrapping_sub(u64::from(FIRST) * EACH);
    let above = low.wrapping_add(EACH);
    (below | above | lane) & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_that_must_be_escaped_is_found_anywhere() {
        for byte in 0..=255_u8 {
            for at in 0..30 {
                let mut bytes = [b'#'; 30];
                bytes[at] = byte;
                let plain = (32..127).contains(&byte) && byte != b'"' && byte != b'\\';
                assert_eq!(is_plain(&bytes), plain, "{byte} at {at}");
            }
        }
        assert!(is_plain(b""));
    }

    #[test]
    fn a_run_ends_at_the_first_byte_that_is_no_text() {
        for byte in 0..=255_u8 {
            for at in 0..50 {
                for around in [b'x', b'~', b'!'] {
                    let mut bytes = [around; 50];
                    bytes[at] = byte;
                    let is_text = byte == b'\t' || (32..127).contains(&byte);
                    assert_eq!(line(&bytes), if is_text { 50 } else { at }, "{byte} at {at}");
                    let is_graphic = (33..127).contains(&byte);
                    assert_eq!(graphic(&bytes), if is_graphic { 50 } else { at }, "{byte} at {at}");
                }
            }
        }
        assert_eq!((line(b""), graphic(b""), line(b"\t\t"), graphic(b"\t")), (0, 0, 2, 0));
    }
}
