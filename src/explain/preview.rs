//! The beginning of a payload as text that is safe anywhere: printable ASCII and nothing else.
use std::fmt;

/// Most bytes shown.
const MOST_TEXT: usize = 32;
const MOST_HEX: usize = 8;

/// A payload, shortened and escaped: `"GEN\n"`, or hex digits when it is no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    text: String,
}

impl Preview {
    /// The preview of a payload of which `captured` is there, out of `len` bytes.
    ///
    /// ```
    /// use synack::explain::Preview;
    ///
    /// assert_eq!(Preview::new(b"GEN\n", 4).to_string(), r#""GEN\n""#);
    /// assert_eq!(Preview::new(&[0x16, 3, 1], 517).to_string(), "16 03 01 …");
    /// ```
    pub fn new(captured: &[u8], len: usize) -> Self {
        let shown = captured.get(..MOST_TEXT).unwrap_or(captured);
        let plain = shown.iter().filter(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')).count();
        let mut text = String::new();
        if plain * 4 >= shown.len() * 3 && !shown.is_empty() {
            text.push('"');
            shown.iter().for_each(|byte| escape(&mut text, *byte));
            text.push_str(if shown.len() < len { "…\"" } else { "\"" });
        } else {
            let shown = captured.get(..MOST_HEX).unwrap_or(captured);
            for (n, byte) in shown.iter().enumerate() {
                if n > 0 {
                    text.push(' ');
                }
                hex(&mut text, *byte);
            }
            if shown.len() < len {
                text.push_str(if shown.is_empty() { "…" } else { " …" });
            }
        }
        Self { text }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn hex(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 0xf)]));
}

fn escape(text: &mut String, byte: u8) {
    match byte {
        b'\n' => text.push_str("\\n"),
        b'\r' => text.push_str("\\r"),
        b'\t' => text.push_str("\\t"),
        b'"' | b'\\' => {
            text.push('\\');
            text.push(char::from(byte));
        }
        b' '..=b'~' => text.push(char::from(byte)),
        _ => {
            text.push_str("\\x");
            hex(text, byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_comes_through_that_a_terminal_could_obey() {
        for byte in 0..=u8::MAX {
            // Among letters, so that it is taken for text, and alone.
            for payload in [[&b"abcdef"[..], &[byte]].concat(), vec![byte; 4]] {
                let shown = Preview::new(&payload, payload.len()).to_string();
                assert!(shown.chars().all(|c| (' '..='~').contains(&c)), "{shown:?}");
            }
        }
    }

    #[test]
    fn says_that_there_is_more() {
        assert_eq!(Preview::new(b"abc", 9).to_string(), "\"abc…\"");
        assert_eq!(Preview::new(&[b'x'; 40], 40).to_string(), format!("\"{}…\"", "x".repeat(32)));
        assert_eq!(Preview::new(&[0; 9], 9).to_string(), "00 00 00 00 00 00 00 00 …");
        assert_eq!(Preview::new(&[], 9).to_string(), "…");
    }

    #[test]
    fn quotes_inside_do_not_end_it() {
        assert_eq!(Preview::new(br#"a"b\"#, 4).to_string(), r#""a\"b\\""#);
    }
}
