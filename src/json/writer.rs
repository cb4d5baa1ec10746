//! Serde's data model as one line of JSON, for records whose keys need no escape.
//!
//! Keys are this module's own names, so they are copied as they are; texts are looked through for what
//! must be escaped. Beside what RFC 8259 §7 asks for that is every control character and every one that
//! changes the direction of text, so that a line may be printed on a terminal.
use std::fmt::{self, Write as _};

use serde::Serialize;
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};

use crate::text::decimal::{push_decimal, push_some};
use crate::text::run::is_plain;

/// The largest integer that every reader of JSON keeps exact (RFC 8259 §6): what is larger is written so.
/// In nanoseconds it is 104 days.
const MAX: u64 = (1 << 53) - 1;

/// Appends to a line.
pub(super) struct Writer<'a>(pub(super) &'a mut Vec<u8>);

/// Appends what is before a key, the key, which needs no escape, and the colon after it.
struct Key<'a>(&'a mut Vec<u8>, u8);

/// A record uses what no record uses; or a text of its own cannot be formatted.
#[derive(Debug)]
pub(super) struct Unwritable;

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not representable")
    }
}

impl std::error::Error for Unwritable {}

impl serde::ser::Error for Unwritable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl Writer<'_> {
    /// Appends text without its quotes.
    fn escaped(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.0.extend_from_slice(text.as_bytes());
            return;
        }
        self.escaped_each(text);
    }

    /// The same a character at a time.
    #[cold]
    fn escaped_each(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '"' => self.0.extend_from_slice(b"\\\""),
                '\\' => self.0.extend_from_slice(b"\\\\"),
                _ if c.is_control() || is_directional(c) => {
                    // A vector takes all that is written to it; none of these is beyond 16 bits.
                    let _ = write!(self, "\\u{:04x}", u32::from(c));
                }
                _ => self.0.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
}

/// Characters that reorder what stands beside them (Unicode UAX #9).
const fn is_directional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Text that is escaped as it is formatted.
struct Escaped<'a>(Writer<'a>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.escaped(text);
        Ok(())
    }
}

/// Appends `,"key":` with another byte for the comma. Where this is inlined a key is a constant, and the
/// whole is two stores.
#[inline(always)]
fn push_key(out: &mut Vec<u8>, lead: u8, key: &str) {
    let mut text = [lead, b'"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let end = 2 + key.len();
    if let Some([room @ .., quote, colon]) = text.get_mut(2..end + 2) {
        room.copy_from_slice(key.as_bytes());
        (*quote, *colon) = (b'"', b':');
        push_some(out, &text, end + 2);
    } else {
        out.extend_from_slice(&[lead, b'"']);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\":");
    }
}

/// An object or a list that is being written.
pub(super) struct Items<'a> {
    out: &'a mut Vec<u8>,
    /// What the next item begins with: the bracket, and after it commas.
    lead: u8,
    end: u8,
}

impl<'a> Items<'a> {
    fn begin(out: &'a mut Vec<u8>, [lead, end]: [u8; 2]) -> Self {
        Self { out, lead, end }
    }

    #[inline]
    fn separate(&mut self) {
        self.out.push(std::mem::replace(&mut self.lead, b','));
    }

    fn close(self) {
        if self.lead != b',' {
            self.out.push(self.lead);
        }
        self.out.push(self.end);
    }
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.separate();
        value.serialize(Writer(self.out))
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), Unwritable> {
        SerializeSeq::end(self)
    }
}

impl SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Unwritable;

    #[inline(always)]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritable> {
        key.serialize(Key(self.out, std::mem::replace(&mut self.lead, b',')))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        value.serialize(Writer(self.out))
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

impl SerializeStruct for Items<'_> {
    type Ok = ();
    type Error = Unwritable;

    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        push_key(self.out, std::mem::replace(&mut self.lead, b','), key);
        value.serialize(Writer(self.out))
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

/// Serializer methods that no record needs.
macro_rules! unused {
    ($($name:ident($($of:ty),*) -> $result:ty;)*) => {
        $(fn $name(self, $(_: $of),*) -> Result<$result, Unwritable> {
            Err(Unwritable)
        })*
    };
}

/// What neither a key nor a value of a record can be.
macro_rules! unused_by_all {
    () => {
        type Ok = ();
        type Error = Unwritable;
        type SerializeTupleStruct = Impossible<(), Unwritable>;
        type SerializeTupleVariant = Impossible<(), Unwritable>;
        type SerializeStructVariant = Impossible<(), Unwritable>;

        unused! {
            serialize_f32(f32) -> ();
            serialize_f64(f64) -> ();
            serialize_char(char) -> ();
            serialize_bytes(&[u8]) -> ();
            serialize_unit() -> ();
            serialize_unit_struct(&'static str) -> ();
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            value: &T,
        ) -> Result<(), Unwritable> {
            value.serialize(self)
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<(), Unwritable> {
            Err(Unwritable)
        }
    };
}

impl Serializer for Key<'_> {
    unused_by_all!();
    unused! {
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
    }
    type SerializeSeq = Impossible<(), Unwritable>;
    type SerializeTuple = Impossible<(), Unwritable>;
    type SerializeMap = Impossible<(), Unwritable>;
    type SerializeStruct = Impossible<(), Unwritable>;

    #[inline(always)]
    fn serialize_str(self, text: &str) -> Result<(), Unwritable> {
        push_key(self.0, self.1, text);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Unwritable> {
        Err(Unwritable)
    }

    unused! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_none() -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
    }
}

/// Integers with a sign.
macro_rules! integers {
    ($($name:ident: $of:ty),*) => {
        $(#[inline]
        fn $name(self, value: $of) -> Result<(), Unwritable> {
            self.0.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    unused_by_all!();
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeMap = Items<'a>;
    type SerializeStruct = Items<'a>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Result<(), Unwritable> {
        self.serialize_u32(value.into())
    }

    #[inline]
    fn serialize_u16(self, value: u16) -> Result<(), Unwritable> {
        self.serialize_u32(value.into())
    }

    #[inline]
    fn serialize_u32(self, value: u32) -> Result<(), Unwritable> {
        push_decimal(self.0, value);
        Ok(())
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Result<(), Unwritable> {
        match u32::try_from(value) {
            Ok(value) => push_decimal(self.0, value),
            Err(_) => self.0.extend_from_slice(itoa::Buffer::new().format(value.min(MAX)).as_bytes()),
        }
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    #[inline]
    fn serialize_str(mut self, text: &str) -> Result<(), Unwritable> {
        self.0.push(b'"');
        self.escaped(text);
        self.0.push(b'"');
        Ok(())
    }

    /// A name, which needs no escape.
    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), Unwritable> {
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(b'"');
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        self.0.push(b'"');
        write!(Escaped(Writer(self.0)), "{value}").map_err(|_| Unwritable)?;
        self.0.push(b'"');
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Unwritable> {
        Ok(Items::begin(self.0, *b"[]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Unwritable> {
        self.serialize_seq(None)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'a>, Unwritable> {
        Ok(Items::begin(self.0, *b"{}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Unwritable> {
        self.serialize_map(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(value: impl Serialize) -> String {
        let mut out = Vec::new();
        value.serialize(Writer(&mut out)).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn texts_are_read_back_by_another_parser_and_hold_nothing_that_moves_a_cursor() {
        for text in [
            "",
            "plain",
            "a\"b\\c",
            "\u{0}\u{1b}[31m\u{7f}",
            "\u{85}\u{9b}",
            "\u{202e}abc\u{2069}",
            "\u{e9}\u{1f600}\n",
        ] {
            let written = line(text);
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
            assert!(!written.chars().any(|c| c.is_control() || is_directional(c)), "{written}");
        }
    }

    #[test]
    fn records_are_those_of_another_writer() {
        #[derive(Serialize)]
        struct Record {
            number: u64,
            less: i32,
            yes: bool,
            none: Option<u8>,
            some: Option<&'static str>,
            list: Vec<Vec<u16>>,
            pairs: Vec<[u32; 2]>,
        }
        let record = Record {
            number: MAX,
            less: i32::MIN,
            yes: true,
            none: None,
            some: Some("x"),
            list: vec![vec![], vec![1, 2]],
            pairs: vec![[3, 4]],
        };
        assert_eq!(line(&record), serde_json::to_string(&record).unwrap());
        assert_eq!(line(u64::MAX), line(MAX), "no more than others can read");
    }
}
