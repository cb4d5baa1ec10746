//! Hex and ASCII dumps: tcpdump's three layouts, and the [styles](DumpStyle) that others use.
//!
//! Every function appends to a buffer and puts a newline *before* each line, because a dump
//! follows the line that describes its packet. Nothing is appended for no bytes.
//!
//! | to change | look in |
//! | --- | --- |
//! | tcpdump's `-x -X -A` | here, `row` |
//! | another layout, its name | `style` |
//! | digits, bytes a line | `digit` |
//!
//! ```
//! let mut out = Vec::new();
//! synack::hex::hex_ascii(&mut out, b"GET / HTTP/1.1\r\n\r\n");
//! assert_eq!(
//!     String::from_utf8_lossy(&out),
//!     "\n\t0x0000:  4745 5420 2f20 4854 5450 2f31 2e31 0d0a  GET./.HTTP/1.1..\
//!      \n\t0x0010:  0d0a                                     .."
//! );
//! ```
mod digit;
mod row;
mod style;

use digit::{CHUNK, GROUPS_LEN, graphic, graphic_or_dot, groups, push_offset, short_groups};
use row::{ROW, ROWS};
pub use style::{DumpStyle, UnknownDumpStyle, canonical, hexdump, sn, wireshark};

/// What tcpdump puts before each line of a dump.
const INDENT: &[u8] = b"\n\t";

/// tcpdump's `-x`: offset and hex digits in groups of four, sixteen bytes a line.
///
/// ```
/// let mut out = Vec::new();
/// synack::hex::hex(&mut out, b"abc");
/// assert_eq!(out, b"\n\t0x0000:  6162 63");
/// ```
pub fn hex(out: &mut Vec<u8>, data: &[u8]) {
    hex_at(out, INDENT, data, 0);
}

/// tcpdump's `-X`: [`hex`] with an ASCII column, where everything but printable characters is
/// a dot, spaces too.
pub fn hex_ascii(out: &mut Vec<u8>, data: &[u8]) {
    // Of longer data the offsets have more digits, and the rows have not all the same length.
    let rows = data.as_chunks::<CHUNK>().0.len().min(ROWS);
    let start = out.len();
    // Rows are written where they stay, over blanks: only what differs from row to row.
    out.resize(start + rows * ROW, b' ');
    let room = out.get_mut(start..).unwrap_or_default().as_chunks_mut::<ROW>().0;
    for ((row, chunk), n) in room.iter_mut().zip(data.as_chunks::<CHUNK>().0).zip(0_u16..) {
        row::write(row, chunk, n);
    }
    let written = rows * CHUNK;
    hex_ascii_at(out, INDENT, data.get(written..).unwrap_or_default(), written);
}

/// [`hex`] with other bytes before each line, and offsets that start at `offset`.
pub fn hex_at(out: &mut Vec<u8>, indent: &[u8], data: &[u8], mut offset: usize) {
    out.reserve(data.len().div_ceil(CHUNK).saturating_mul(GROUPS_LEN + 8 + indent.len()));
    let (chunks, tail) = data.as_chunks::<CHUNK>();
    for chunk in chunks {
        push_line_start(out, indent, offset);
        out.extend_from_slice(&groups(chunk));
        offset += CHUNK;
    }
    if !tail.is_empty() {
        push_line_start(out, indent, offset);
        let (column, len) = short_groups(tail);
        out.extend_from_slice(&column[..len]);
    }
}

/// [`hex_ascii`] with other bytes before each line, and offsets that start at `offset`.
pub fn hex_ascii_at(out: &mut Vec<u8>, indent: &[u8], data: &[u8], mut offset: usize) {
    out.reserve(data.len().div_ceil(CHUNK).saturating_mul(GROUPS_LEN + 10 + CHUNK + indent.len()));
    let (chunks, tail) = data.as_chunks::<CHUNK>();
    for chunk in chunks {
        push_line_start(out, indent, offset);
        let mut line = [b' '; GROUPS_LEN + 2 + CHUNK];
        line[..GROUPS_LEN].copy_from_slice(&groups(chunk));
        line[GROUPS_LEN + 2..].copy_from_slice(&graphic(chunk));
        out.extend_from_slice(&line);
        offset += CHUNK;
    }
    if !tail.is_empty() {
        push_line_start(out, indent, offset);
        out.extend_from_slice(&short_groups(tail).0);
        out.extend_from_slice(b"  ");
        out.extend(tail.iter().map(|&b| graphic_or_dot(b)));
    }
}

/// tcpdump's `-A`: the bytes themselves after a newline. Printable characters, tabs, spaces
/// and newlines stay; a carriage return is dropped before a newline and at the end; the rest
/// become dots.
///
/// ```
/// let mut out = Vec::new();
/// synack::hex::ascii(&mut out, b"a\tb c\r\nd\re\x1b[2J\xff\r\n");
/// assert_eq!(out, b"\na\tb c\nd.e.[2J.\n");
/// ```
pub fn ascii(out: &mut Vec<u8>, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    out.reserve(data.len() + 1);
    out.push(b'\n');
    for (i, &byte) in data.iter().enumerate() {
        match byte {
            b'\r' => match data.get(i + 1..) {
                // tcpdump looks at the next byte only when two more follow.
                None | Some([] | [_] | [b'\n', ..]) => {}
                Some(_) => out.push(b'.'),
            },
            b'\t' | b' ' | b'\n' => out.push(byte),
            _ => out.push(graphic_or_dot(byte)),
        }
    }
}

/// The start of a line of tcpdump's: `0x0010: `.
fn push_line_start(out: &mut Vec<u8>, indent: &[u8], offset: usize) {
    out.extend_from_slice(indent);
    out.extend_from_slice(b"0x");
    push_offset(out, offset, 4);
    out.extend_from_slice(b": ");
}

#[cfg(test)]
mod tests;
