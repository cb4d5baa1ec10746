//! How far text goes: sixteen bytes are judged at once, because most text is longer than that.

/// Bytes judged at once: as many as the narrowest vector register holds.
const LANE: usize = 16;

/// How many bytes at the front are printable ASCII other than space.
#[inline]
pub(in crate::print) fn graphic(bytes: &[u8]) -> usize {
    front(bytes, |byte| byte.is_ascii_graphic())
}

/// How many bytes at the front are printable ASCII or tabs.
#[inline]
pub(in crate::print) fn line(bytes: &[u8]) -> usize {
    front(bytes, |byte| matches!(byte, b' '..=b'~' | b'\t'))
}

#[inline(always)]
fn front(bytes: &[u8], fits: impl Fn(u8) -> bool) -> usize {
    // No way out of the inner loop: so it becomes a comparison of vectors.
    let whole = |lane: &&[u8; LANE]| lane.iter().fold(true, |all, byte| all & fits(*byte));
    let judged = bytes.as_chunks().0.iter().take_while(whole).count() * LANE;
    let rest = bytes.get(judged..).unwrap_or_default();
    judged + rest.iter().position(|byte| !fits(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_the_first_byte_that_is_no_text() {
        for byte in 0..=255_u8 {
            for at in 0..50 {
                let mut bytes = [b'x'; 50];
                bytes[at] = byte;
                let is_text = byte == b'\t' || (32..127).contains(&byte);
                assert_eq!(line(&bytes), if is_text { 50 } else { at }, "{byte} at {at}");
                let is_graphic = (33..127).contains(&byte);
                assert_eq!(graphic(&bytes), if is_graphic { 50 } else { at }, "{byte} at {at}");
            }
        }
        assert_eq!((line(b""), graphic(b"")), (0, 0));
    }
}
