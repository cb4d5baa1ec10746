//! Bytes to hex digits and to printable characters, sixteen at a time.

/// Bytes on a line of every layout.
pub(super) const CHUNK: usize = 16;

/// Length of tcpdump's hex column: eight groups of a space and four digits.
pub(super) const GROUPS_LEN: usize = CHUNK / 2 * 5;

/// The two lower-case digits of every byte. A load from it is cheaper than the arithmetic, which compilers
/// do not always do for sixteen bytes at once.
static PAIRS: [[u8; 2]; 256] = {
    const fn digit(nibble: usize) -> u8 {
        b"0123456789abcdef"[nibble]
    }
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = [digit(byte >> 4), digit(byte & 0x0f)];
        byte += 1;
    }
    table
};

/// The two hex digits of a byte.
#[inline]
pub(super) fn pair(byte: u8) -> [u8; 2] {
    PAIRS[usize::from(byte)]
}

/// Sixteen bytes as eight groups of a space and four digits.
#[inline]
pub(super) fn groups(chunk: &[u8; CHUNK]) -> [u8; GROUPS_LEN] {
    let mut out = [0; GROUPS_LEN];
    for (group, [first, second]) in out.as_chunks_mut::<5>().0.iter_mut().zip(chunk.as_chunks::<2>().0) {
        let ([a, b], [c, d]) = (pair(*first), pair(*second));
        *group = [b' ', a, b, c, d];
    }
    out
}

/// As [`groups`] for the fewer bytes of a last line: the column, padded with spaces, and how
/// much of it is filled.
pub(super) fn short_groups(tail: &[u8]) -> ([u8; GROUPS_LEN], usize) {
    let mut chunk = [0; CHUNK];
    let n = tail.len().min(CHUNK);
    chunk[..n].copy_from_slice(&tail[..n]);
    let mut out = groups(&chunk);
    let filled = n / 2 * 5 + n % 2 * 3;
    out[filled..].fill(b' ');
    (out, filled)
}

/// A byte as tcpdump's ASCII column shows it: printable and not a space, else a dot.
#[inline]
pub(super) const fn graphic_or_dot(byte: u8) -> u8 {
    // One comparison, of which compilers make one of sixteen bytes.
    if byte.wrapping_sub(b'!') <= b'~' - b'!' { byte } else { b'.' }
}

/// Sixteen bytes as tcpdump's ASCII column shows them.
#[inline]
pub(super) fn graphic(chunk: &[u8; CHUNK]) -> [u8; CHUNK] {
    chunk.map(graphic_or_dot)
}

/// A byte as the other layouts show it: printable or a space, else a dot.
pub(super) const fn printable_or_dot(byte: u8) -> u8 {
    if matches!(byte, b' '..=b'~') { byte } else { b'.' }
}

/// `offset` in at least `width` hex digits.
#[inline]
pub(super) fn push_offset(out: &mut Vec<u8>, offset: usize, width: usize) {
    if width == 4
        && let Ok(small) = u16::try_from(offset)
    {
        let [high, low] = small.to_be_bytes();
        let ([a, b], [c, d]) = (pair(high), pair(low));
        out.extend_from_slice(&[a, b, c, d]);
        return;
    }
    let bytes = (offset as u64).to_be_bytes();
    let mut all = [0; 16];
    for (two, byte) in all.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *two = pair(byte);
    }
    let zeros = all.iter().take_while(|&&d| d == b'0').count();
    out.extend_from_slice(&all[zeros.min(16usize.saturating_sub(width))..]);
}
