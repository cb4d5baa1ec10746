//! A whole row of tcpdump's `-X`, written in place.
use super::digit::{CHUNK, GROUPS_LEN, graphic, groups, pair};

/// Length of a row: line start, `0x`, four digits, `: `, eight groups, two blanks, sixteen characters.
pub(super) const ROW: usize = COLUMN + 2 + CHUNK;
/// Where the first group begins, with its blank.
const GROUPS: usize = 10;
/// Where the last group ends.
const COLUMN: usize = GROUPS + GROUPS_LEN;

/// Rows whose offset has four digits.
pub(super) const ROWS: usize = 0x1_0000 / CHUNK;

/// Writes row number `n` over blanks.
#[inline]
pub(super) fn write(row: &mut [u8; ROW], chunk: &[u8; CHUNK], n: u16) {
    let [high, low] = (n << 4).to_be_bytes();
    let ([a, b], [c, d]) = (pair(high), pair(low));
    let (start, rest) = row.split_at_mut(GROUPS);
    start.copy_from_slice(&[b'\n', b'\t', b'0', b'x', a, b, c, d, b':', b' ']);
    let (column, text) = rest.split_at_mut(GROUPS_LEN);
    column.copy_from_slice(&groups(chunk));
    text[2..].copy_from_slice(&graphic(chunk));
}
