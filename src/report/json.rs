//! JSON that stands in a page: text in which nothing is left that a parser of HTML would act on, and
//! no character that acts where it is shown.
use std::fmt::{Display, Write as _};

use crate::markup::acts;

/// A value that is being written.
#[derive(Debug, Default, Clone)]
pub(super) struct Json(String);

impl Json {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// A comma, where something stands before.
    fn separate(&mut self) {
        if !matches!(self.0.as_bytes().last(), None | Some(b'[' | b'{' | b':')) {
            self.0.push(',');
        }
    }

    /// Begins a list or an object; [`Json::end`] ends it.
    pub(super) fn begin(&mut self, bracket: char) {
        self.separate();
        self.0.push(bracket);
    }

    /// Ends a list (`]`) or an object (`}`).
    pub(super) fn end(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    /// A key of our own.
    pub(super) fn key(&mut self, key: &'static str) {
        self.separate();
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    /// A number.
    pub(super) fn number(&mut self, number: impl Into<i128>) {
        self.separate();
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{}", number.into());
    }

    /// A number, or null.
    pub(super) fn maybe(&mut self, number: Option<u64>) {
        match number {
            Some(number) => self.number(number),
            None => {
                self.separate();
                self.0.push_str("null");
            }
        }
    }

    /// Text for people: what would act is shown by its number.
    pub(super) fn text(&mut self, text: impl Display) {
        self.separate();
        self.0.push('"');
        let _ = write!(Shown(&mut self.0), "{text}");
        self.0.push('"');
    }

    /// Markup that [`Markup`](crate::markup::Markup) made, as text: newlines stay.
    pub(super) fn markup(&mut self, markup: &str) {
        self.separate();
        self.0.push('"');
        for c in markup.chars() {
            match c {
                '\n' => self.0.push_str("\\n"),
                c => push(&mut self.0, c),
            }
        }
        self.0.push('"');
    }

    /// Bytes as hex digits.
    pub(super) fn hex(&mut self, bytes: &[u8]) {
        self.separate();
        self.0.push('"');
        for byte in bytes {
            let digit = |n: u8| char::from_digit(n.into(), 16).unwrap_or('0');
            self.0.push(digit(byte >> 4));
            self.0.push(digit(byte & 15));
        }
        self.0.push('"');
    }

    /// A value made before.
    pub(super) fn value(&mut self, json: &str) {
        self.separate();
        self.0.push_str(json);
    }
}

struct Shown<'a>(&'a mut String);

impl std::fmt::Write for Shown<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for c in text.chars() {
            if acts(c) {
                c.escape_unicode().for_each(|c| push(self.0, c));
            } else {
                push(self.0, c);
            }
        }
        Ok(())
    }
}

/// A character inside of quotes.
fn push(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        // No tag, no comment and no reference begins in a script element that has none of these.
        '<' | '>' | '&' => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c if acts(c) => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_comes_back_or_is_shown_by_its_number() {
        for c in (0..0x3000).chain(0xfe00..=0xffff).chain(0xe_0000..0xe_0100).filter_map(char::from_u32) {
            let mut json = Json::new();
            json.text(c);
            let text = json.into_string();
            assert!(!text.contains(['<', '>', '&']) && !text.chars().any(acts), "{text}");
            let back: String = serde_json::from_str(&text).unwrap();
            let shown = if acts(c) { c.escape_unicode().to_string() } else { c.to_string() };
            assert_eq!(back, shown);
            let mut json = Json::new();
            json.markup(&c.to_string());
            assert_eq!(serde_json::from_str::<String>(&json.into_string()).unwrap(), c.to_string());
        }
    }

    #[test]
    fn commas_stand_between_values() {
        let mut json = Json::new();
        json.begin('{');
        json.key("a");
        json.begin('[');
        json.number(1_u32);
        json.maybe(None);
        json.hex(&[0x0a, 0xff]);
        json.end(']');
        json.key("b");
        json.text("x");
        json.end('}');
        assert_eq!(json.into_string(), r#"{"a":[1,null,"0aff"],"b":"x"}"#);
    }
}
