//! RESP, the protocol of Redis: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
use crate::print::dissect::{Dissect, Stop, Truncated};

/// Deepest array in an array that is looked into.
const MAX_DEPTH: u32 = 100;

/// What stands before a string or an array.
enum Length {
    Null,
    Some(u32),
    TooLarge,
    Negative,
    Invalid,
}

/// Where reading is, and how many bytes the segment has from there.
#[derive(Clone, Copy)]
struct Cursor {
    at: usize,
    left: i64,
}

impl Cursor {
    fn skip(&mut self, n: usize) {
        self.at += n;
        self.left -= n as i64;
    }

    /// Moves to the next CR LF.
    fn seek_line_end(&mut self, d: &Dissect<'_>) -> Result<(), Stop> {
        loop {
            if self.left < 2 || !d.has(self.at, 2) {
                return Err(Stop::Missing);
            }
            if d.u16(self.at)? == u16::from_be_bytes(*b"\r\n") {
                return Ok(());
            }
            self.skip(1);
        }
    }

    /// Moves past CRs and LFs; at the very end there must have been one.
    fn skip_line_ends(&mut self, d: &Dissect<'_>) -> Result<(), Stop> {
        let mut found = false;
        loop {
            if self.left == 0 || !d.has(self.at, 1) {
                return if found { Ok(()) } else { Err(Stop::Missing) };
            }
            if !matches!(d.u8(self.at)?, b'\r' | b'\n') {
                return Ok(());
            }
            found = true;
            self.skip(1);
        }
    }
}

/// Prints what `len` bytes at `at` hold.
pub(in crate::print) fn resp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "resp";
    d.str(": RESP");
    let mut cursor = Cursor { at, left: len.into() };
    while cursor.left > 0 && d.attempt(|d| value(d, &mut cursor, 0))?.is_some() {}
    Ok(())
}

fn value(d: &mut Dissect<'_>, cursor: &mut Cursor, depth: u32) -> Result<(), Stop> {
    if cursor.left < 1 || depth > MAX_DEPTH {
        return Err(Stop::Missing);
    }
    match d.u8(cursor.at)? {
        b'+' | b'-' | b':' => {
            cursor.skip(1);
            let start = cursor.at;
            cursor.seek_line_end(d)?;
            quoted(d, start, cursor.at - start)?;
            cursor.skip(2);
        }
        b'$' => {
            cursor.skip(1);
            if let Some(len) = length(d, cursor)? {
                if len == 0 {
                    d.str(" empty");
                } else {
                    if cursor.left < i64::from(len) || !d.has(cursor.at, len as usize) {
                        return Err(Stop::Missing);
                    }
                    quoted(d, cursor.at, len as usize)?;
                    cursor.skip(len as usize);
                }
                cursor.seek_line_end(d)?;
                cursor.skip(2);
            }
        }
        b'*' => {
            cursor.skip(1);
            match length(d, cursor)? {
                Some(0) => d.str(" empty"),
                Some(items) => {
                    for _ in 0..items {
                        value(d, cursor, depth + 1)?;
                    }
                }
                None => {}
            }
        }
        _ => {
            // A command as somebody types it.
            cursor.skip_line_ends(d)?;
            let start = cursor.at;
            loop {
                if cursor.left < 1 {
                    return Err(Stop::Missing);
                }
                if matches!(d.u8(cursor.at)?, b'\r' | b'\n') {
                    break;
                }
                cursor.skip(1);
            }
            quoted(d, start, cursor.at - start)?;
            cursor.skip_line_ends(d)?;
        }
    }
    Ok(())
}

/// Appends bytes in quotes.
fn quoted(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Stop> {
    d.str(" \"");
    let captured = d.rest(at);
    for &byte in captured.iter().take(len) {
        d.visible(byte);
    }
    if captured.len() < len {
        return Err(Stop::Missing);
    }
    d.char(b'"');
    Ok(())
}

/// Reads a length and its line end; says what is wrong with one that is not a number of
/// bytes or items.
fn length(d: &mut Dissect<'_>, cursor: &mut Cursor) -> Result<Option<u32>, Stop> {
    match read_length(d, cursor)? {
        Length::Some(n) => return Ok(Some(n)),
        Length::Null => d.str(" null"),
        Length::TooLarge => d.str(" length too large"),
        Length::Negative => d.str(" length negative and not -1"),
        Length::Invalid => d.str(" invalid"),
    }
    Ok(None)
}

fn read_length(d: &Dissect<'_>, cursor: &mut Cursor) -> Result<Length, Stop> {
    if cursor.left == 0 {
        return Err(Stop::Missing);
    }
    let negative = d.u8(cursor.at)? == b'-';
    if negative {
        cursor.skip(1);
    }
    let mut number = Some(0_i32);
    let mut digits = false;
    loop {
        if cursor.left == 0 {
            return Err(Stop::Missing);
        }
        let byte = d.u8(cursor.at)?;
        if !byte.is_ascii_digit() {
            if !digits {
                cursor.skip(1);
                return Ok(Length::Invalid);
            }
            break;
        }
        number = number.and_then(|n| n.checked_mul(10)?.checked_add(i32::from(byte - b'0')));
        cursor.skip(1);
        digits = true;
    }
    for expected in *b"\r\n" {
        if cursor.left == 0 {
            return Err(Stop::Missing);
        }
        let byte = d.u8(cursor.at)?;
        cursor.skip(1);
        if byte != expected {
            return Ok(Length::Invalid);
        }
    }
    Ok(match number {
        Some(1) if negative => Length::Null,
        _ if negative => Length::Negative,
        Some(n) => Length::Some(n.unsigned_abs()),
        None => Length::TooLarge,
    })
}
