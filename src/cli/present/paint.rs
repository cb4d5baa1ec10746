//! Colour in tcpdump's lines: escape sequences put between their bytes, and nothing else.
//!
//! The text is painted after it is made, so that it can't depend on whether it will be: what is
//! left without the sequences are the same bytes.
use memchr::memmem;

use super::palette::Palette;

/// Words that say that something is wrong; they are painted to the end of the word or bracket.
const WRONG: [&[u8]; 12] = [
    b"[bad",
    b"bad ",
    b"(incorrect",
    b"incorrect",
    b"(invalid",
    b"[Invalid",
    b"invalid",
    b"truncated-",
    b"[|",
    b"unreachable",
    b"(wrong",
    b"missing",
];

/// Appends lines with colour.
pub(super) fn lines(text: &[u8], palette: &Palette, out: &mut Vec<u8>) {
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let (line, end) = match line.split_last() {
            Some((b'\n', rest)) => (rest, &b"\n"[..]),
            _ => (line, &b""[..]),
        };
        match dump_columns(line) {
            Some((hex, ascii)) => dump(line, hex, ascii, palette, out),
            None => summary(line, palette, out),
        }
        out.extend_from_slice(end);
    }
}

/// Where the hex digits and the characters of a line of a dump begin.
fn dump_columns(line: &[u8]) -> Option<(usize, usize)> {
    let digits = line.strip_prefix(b"\t0x")?;
    let colon = digits.iter().position(|&byte| byte == b':')?;
    if colon == 0 || !digits.get(..colon)?.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let hex = colon + 4;
    // Two blanks begin the hex digits, two or more end them.
    let start = hex + line.get(hex..)?.iter().take_while(|&&byte| byte == b' ').count();
    let ascii = memmem::find(line.get(start..)?, b"  ").map_or(line.len(), |at| start + at);
    Some((hex, ascii))
}

fn dump(line: &[u8], hex: usize, ascii: usize, palette: &Palette, out: &mut Vec<u8>) {
    let (offset, rest) = line.split_at(hex.min(line.len()));
    let (digits, characters) = rest.split_at(ascii.saturating_sub(hex).min(rest.len()));
    painted(offset, palette.server, palette, out);
    out.extend_from_slice(digits);
    painted(characters, palette.client, palette, out);
}

fn painted(text: &[u8], colour: &str, palette: &Palette, out: &mut Vec<u8>) {
    if text.is_empty() || colour.is_empty() {
        out.extend_from_slice(text);
        return;
    }
    out.extend_from_slice(colour.as_bytes());
    out.extend_from_slice(text);
    out.extend_from_slice(palette.end.as_bytes());
}

/// A line about a packet: its ends, its flags, what is wrong with it.
fn summary(line: &[u8], palette: &Palette, out: &mut Vec<u8>) {
    let mut rest = line;
    if let Some([before, from, to, after]) = ends(line) {
        out.extend_from_slice(before);
        painted(from, palette.client, palette, out);
        out.extend_from_slice(b" > ");
        painted(to, palette.server, palette, out);
        rest = after;
    }
    while let Some((at, len, colour)) = next(rest, palette) {
        let (before, from) = rest.split_at(at);
        let (word, after) = from.split_at(len);
        out.extend_from_slice(before);
        painted(word, colour, palette, out);
        rest = after;
    }
    out.extend_from_slice(rest);
}

/// What is before the ends of a packet, the ends, and what follows: `IP a > b: …`.
fn ends(line: &[u8]) -> Option<[&[u8]; 4]> {
    let arrow = memmem::find(line, b" > ")?;
    let (before, after) = (line.get(..arrow)?, line.get(arrow + 3..)?);
    let start = before.iter().rposition(|&byte| byte == b' ').map_or(0, |blank| blank + 1);
    let end = after.iter().position(|&byte| byte == b' ' || byte == b',').unwrap_or(after.len());
    let to = after.get(..end)?;
    let to = to.strip_suffix(b":").unwrap_or(to);
    Some([before.get(..start)?, before.get(start..)?, to, after.get(to.len()..)?])
}

/// The next words to paint: where, how long, and how.
fn next(text: &[u8], palette: &Palette) -> Option<(usize, usize, &'static str)> {
    let wrong = WRONG.iter().filter_map(|word| memmem::find(text, word).map(|at| (at, word.len()))).min();
    let wrong = wrong.map(|(at, len)| {
        let ends = |byte: &u8| matches!(byte, b' ' | b',' | b']' | b')');
        let more = text.get(at + len..).and_then(|rest| rest.iter().position(ends));
        (at, more.map_or(text.len() - at, |more| len + more), palette.wrong)
    });
    let flags = memmem::find(text, b"Flags [").and_then(|at| {
        let inside = text.get(at + 7..)?;
        let len = inside.iter().position(|&byte| byte == b']')?;
        let reset = inside.get(..len)?.contains(&b'R');
        Some((at + 7, len, if reset { palette.wrong } else { palette.strong }))
    });
    [wrong, flags].into_iter().flatten().filter(|found| found.1 > 0).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut out = Vec::new();
        lines(text.as_bytes(), &Palette::COLOURS, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paints_ends_flags_and_what_is_wrong() {
        let line = "12:00:00.000001 IP 10.0.0.1.80 > 10.0.0.2.1025: Flags [R.], cksum 0x0001 (incorrect -> 0x0002), length 0\n";
        let shown = shown(line);
        for part in [
            "\x1b[38;5;33m10.0.0.1.80\x1b[0m > \x1b[38;5;136m10.0.0.2.1025\x1b[0m: ",
            "[\x1b[1;38;5;198mR.\x1b[0m]",
            "\x1b[1;38;5;198m(incorrect\x1b[0m -> ",
        ] {
            assert!(shown.contains(part), "{part:?} in {shown:?}");
        }
    }

    #[test]
    fn paints_the_columns_of_a_dump() {
        let shown = shown("\t0x0010:  4500 003c                                E..<\n");
        assert!(shown.starts_with("\x1b[38;5;136m\t0x0010:\x1b[0m  4500 003c\x1b[38;5;33m"), "{shown:?}");
        assert!(shown.ends_with("E..<\x1b[0m\n"));
    }

    #[test]
    fn without_the_sequences_every_byte_is_there() {
        for text in [
            "",
            "\n",
            "x",
            " > ",
            "a > b",
            "\t0x",
            "\t0x:",
            "\t0x0:",
            "\t0x0000:  ",
            "Flags []",
            "[|",
            "IP \u{e9} > :\n",
        ] {
            let plain = ["\x1b[38;5;33m", "\x1b[38;5;136m", "\x1b[1;38;5;198m", "\x1b[1m", "\x1b[0m"];
            let bare = plain.iter().fold(shown(text), |bare, sequence| bare.replace(sequence, ""));
            assert_eq!(bare, text);
        }
    }
}
