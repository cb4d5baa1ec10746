//! The dumps after a packet, and those of payloads nothing knows.

/// Appends tcpdump's `-x` layout: `indent`, offset, eight groups of two bytes.
pub(super) fn hex(out: &mut Vec<u8>, indent: &str, bytes: &[u8]) {
    for (row, chunk) in bytes.chunks(16).enumerate() {
        start(out, indent, row);
        groups(out, chunk);
    }
}

/// Appends tcpdump's `-X` layout: as [`hex`], then the bytes that are visible ASCII.
pub(super) fn hex_ascii(out: &mut Vec<u8>, bytes: &[u8]) {
    for (row, chunk) in bytes.chunks(16).enumerate() {
        start(out, "\n\t", row);
        let from = out.len();
        groups(out, chunk);
        out.resize(from + 40, b' ');
        out.extend_from_slice(b"  ");
        out.extend(chunk.iter().map(|&b| if b.is_ascii_graphic() { b } else { b'.' }));
    }
}

/// Appends tcpdump's `-A` layout.
pub(super) fn ascii(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'\n');
    let mut rest = bytes;
    while let Some((&b, after)) = rest.split_first() {
        match b {
            // tcpdump drops a carriage return that a line feed follows, and one that is
            // the last or last but one byte.
            b'\r' => {
                if after.len() > 1 && after.first() != Some(&b'\n') {
                    out.push(b'.');
                }
            }
            b'\n' | b'\t' | b' '..=b'~' => out.push(b),
            _ => out.push(b'.'),
        }
        rest = after;
    }
}

fn start(out: &mut Vec<u8>, indent: &str, row: usize) {
    out.extend_from_slice(indent.as_bytes());
    out.extend_from_slice(b"0x");
    super::dissect::push_hex(out, row as u64 * 16, 4);
    out.extend_from_slice(b": ");
}

fn groups(out: &mut Vec<u8>, chunk: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (i, &b) in chunk.iter().enumerate() {
        if i % 2 == 0 {
            out.push(b' ');
        }
        out.push(DIGITS[usize::from(b >> 4)]);
        out.push(DIGITS[usize::from(b & 0xf)]);
    }
}
