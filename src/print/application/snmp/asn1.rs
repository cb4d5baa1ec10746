//! Values in the basic encoding rules (X.690) as SNMP uses them.
use crate::print::application::snmp::mib;
use crate::print::dissect::{Dissect, Stop, put};

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::print) enum Value {
    Octets,
    Null,
    Object,
    Integer(i32),
    Unsigned(u32),
    Unsigned64(u64),
    Text,
    Sequence,
    Address,
    /// Of the protocol, by its number.
    Pdu(u8),
    /// `noSuchObject`, `noSuchInstance`, `endOfMibView`.
    Exception(u8),
    Other,
}

/// An element: its value, and where its contents are.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) struct Element {
    pub(in crate::print) value: Value,
    pub(in crate::print) at: usize,
    pub(in crate::print) len: u32,
    /// Bytes of it with its header.
    pub(in crate::print) whole: u32,
}

/// Elements still to be read.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) struct Contents {
    pub(in crate::print) at: usize,
    pub(in crate::print) len: u32,
}

impl Element {
    /// What is in it.
    pub(in crate::print) fn contents(&self) -> Contents {
        Contents { at: self.at, len: self.len }
    }
}

const UNIVERSAL: [&str; 18] = [
    "U-0",
    "Boolean",
    "Integer",
    "Bitstring",
    "String",
    "Null",
    "ObjID",
    "ObjectDes",
    "U-8",
    "U-9",
    "U-10",
    "U-11",
    "U-12",
    "U-13",
    "U-14",
    "U-15",
    "Sequence",
    "Set",
];
const APPLICATION: [&str; 7] = ["IpAddress", "Counter", "Gauge", "TimeTicks", "Opaque", "C-5", "Counter64"];
const PDUS: [&str; 9] = [
    "GetRequest",
    "GetNextRequest",
    "GetResponse",
    "SetRequest",
    "Trap",
    "GetBulk",
    "Inform",
    "V2Trap",
    "Report",
];
const PRIVATE: [&str; 1] = ["P-0"];
const EXCEPTIONS: [&str; 3] = ["noSuchObject", "noSuchInstance", "endOfMibView"];

impl Contents {
    /// Takes the next element off; `wanted` decides whether it will do, and if not,
    /// `complaint` and the element are printed.
    pub(in crate::print) fn expect<T>(
        &mut self,
        d: &mut Dissect<'_>,
        complaint: &str,
        wanted: impl FnOnce(Value) -> Option<T>,
    ) -> Result<(Element, T), Stop> {
        let element = self.next(d)?;
        if let Some(value) = wanted(element.value) {
            return Ok((element, value));
        }
        put!(d, "[{complaint}]");
        print(d, &element)?;
        Err(Stop::Done)
    }

    /// Takes the next element off.
    pub(in crate::print) fn next(&mut self, d: &mut Dissect<'_>) -> Result<Element, Stop> {
        let element = parse(d, self.at, self.len)?;
        self.at += element.whole as usize;
        self.len -= element.whole;
        Ok(element)
    }

    /// [`Contents::expect`] an integer.
    pub(in crate::print) fn integer(&mut self, d: &mut Dissect<'_>, complaint: &str) -> Result<i32, Stop> {
        let integer = |value| if let Value::Integer(n) = value { Some(n) } else { None };
        Ok(self.expect(d, complaint, integer)?.1)
    }

    /// [`Contents::expect`] an element of one kind.
    pub(in crate::print) fn only(
        &mut self,
        d: &mut Dissect<'_>,
        complaint: &str,
        kind: Value,
    ) -> Result<Element, Stop> {
        Ok(self.expect(d, complaint, |value| (value == kind).then_some(()))?.0)
    }
}

/// The class, the number and the form of an element.
struct Tag {
    class: u8,
    id: u8,
    constructed: bool,
}

/// Where reading is, and how many bytes there are from there.
struct Rest {
    at: usize,
    left: u32,
}

impl Rest {
    fn skip(&mut self, n: u32) {
        self.at += n as usize;
        self.left -= n;
    }

    fn tag(&mut self, d: &mut Dissect<'_>) -> Result<Tag, Stop> {
        if self.left < 1 {
            return wrong(d, "[nothing to parse]");
        }
        let first = d.u8(self.at)?;
        let (mut id, constructed, class) = (first & 0x1f, first & 0x20 != 0, first >> 6);
        self.skip(1);
        if id == 0x1f {
            // Only the last eight bits of a long number are kept, as in tcpdump.
            id = 0;
            loop {
                let byte = d.u8(self.at)?;
                if self.left < 1 {
                    return wrong(d, "[Xtagfield?]");
                }
                id = id << 7 | if byte & 0x80 == 0 { byte } else { byte & 0x7f };
                self.skip(1);
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        Ok(Tag { class, id, constructed })
    }

    fn size(&mut self, d: &mut Dissect<'_>) -> Result<u32, Stop> {
        if self.left < 1 {
            return wrong(d, "[no asnlen]");
        }
        let mut size = u32::from(d.u8(self.at)?);
        self.skip(1);
        if size & 0x80 != 0 {
            let count = size % 0x80;
            if self.left < count {
                put!(d, "[asnlen? {}<{count}]", self.left);
                return Err(Stop::Done);
            }
            d.check(self.at, count as usize)?;
            let bytes = d.bytes(self.at, count as usize)?;
            size = bytes.iter().fold(0, |size, byte| size << 8 | u32::from(*byte));
            self.skip(count);
        }
        if self.left < size {
            put!(d, "[len{}<asnlen{size}]", self.left);
            return Err(Stop::Done);
        }
        Ok(size)
    }
}

/// Says what is wrong with an encoding.
fn wrong<T>(d: &mut Dissect<'_>, text: &str) -> Result<T, Stop> {
    d.str(text);
    Err(Stop::Done)
}

fn parse(d: &mut Dissect<'_>, start: usize, len: u32) -> Result<Element, Stop> {
    let mut rest = Rest { at: start, left: len };
    let tag = rest.tag(d)?;
    let size = rest.size(d)?;
    let names: &[&str] = match tag.class {
        0 => &UNIVERSAL,
        1 => &APPLICATION,
        2 => &PDUS,
        _ => &PRIVATE,
    };
    let Some(name) = names.get(usize::from(tag.id)) else {
        // tcpdump prints no name of a class, but the parameter of its macro.
        put!(d, "[id?{}/x/{}]", if tag.constructed { 'C' } else { 'P' }, tag.id);
        return Err(Stop::Done);
    };
    d.check(rest.at, size as usize)?;
    let bytes = d.bytes(rest.at, size as usize)?;
    let value = value(d, &tag, name, bytes)?;
    Ok(Element { value, at: rest.at, len: size, whole: len - (rest.left - size) })
}

/// What an element of this tag holds; of one that is not known its kind is said.
fn value(d: &mut Dissect<'_>, tag: &Tag, name: &str, bytes: &[u8]) -> Result<Value, Stop> {
    Ok(match (tag.constructed, tag.class, tag.id) {
        (false, 0, 2) => match bytes.first() {
            None => return wrong(d, "[asnlen=0]"),
            Some(first) => {
                let sign = if first & 0x80 == 0 { 0 } else { -1 };
                Value::Integer(bytes.iter().fold(sign, |n, byte| n << 8 | i32::from(*byte)))
            }
        },
        (false, 0, 4) => Value::Text,
        (false, 0, 5) => Value::Null,
        (false, 0, 6) => Value::Object,
        (false, 1, 0) => Value::Address,
        (false, 1, 1..=3) => Value::Unsigned(bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte))),
        (false, 1, 6) => Value::Unsigned64(bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))),
        (false, 2, 0..=2) => Value::Exception(tag.id),
        (false, 2, _) => Value::Other,
        (true, 0, 16) => Value::Sequence,
        (true, 2, _) => Value::Pdu(tag.id),
        _ => {
            match (tag.constructed, tag.class) {
                (false, 0) => put!(d, "[P/U/{name}]"),
                (false, 1) => put!(d, "[P/A/{name}]"),
                (false, _) => put!(d, "[P/x/{name}]"),
                (true, 0) => put!(d, "C/U/{name}"),
                (true, _) => put!(d, "C/x/{name}"),
            }
            Value::Octets
        }
    })
}

/// Prints an element.
pub(in crate::print) fn print(d: &mut Dissect<'_>, element: &Element) -> Result<(), Stop> {
    let bytes = d.bytes(element.at, element.len as usize)?;
    match element.value {
        Value::Octets => octets(d, element)?,
        Value::Null => {}
        Value::Object => object(d, bytes),
        Value::Integer(n) => put!(d, "{n}"),
        Value::Unsigned(n) => put!(d, "{n}"),
        Value::Unsigned64(n) => put!(d, "{n}"),
        Value::Text => text(d, element)?,
        Value::Sequence => put!(d, "Seq({})", element.len),
        Value::Address => {
            if element.len != 4 {
                d.str("[inetaddr len!=4]");
            }
            for (n, byte) in bytes.iter().enumerate() {
                put!(d, "{}{byte}", if n == 0 { "" } else { "." });
            }
        }
        Value::Pdu(id) => put!(d, "{}({})", PDUS.get(usize::from(id)).unwrap_or(&""), element.len),
        Value::Exception(id) => put!(d, "[{}]", EXCEPTIONS.get(usize::from(id)).unwrap_or(&"")),
        Value::Other => d.str("[BE_ANY!?]"),
    }
    Ok(())
}

/// Prints an element's bytes.
pub(in crate::print) fn octets(d: &mut Dissect<'_>, element: &Element) -> Result<(), Stop> {
    for byte in d.bytes(element.at, element.len as usize)? {
        put!(d, "_{byte:02x}");
    }
    Ok(())
}

/// Prints an element's text, or its bytes where it is none.
pub(in crate::print) fn text(d: &mut Dissect<'_>, element: &Element) -> Result<(), Stop> {
    let bytes = d.bytes(element.at, element.len as usize)?;
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        d.char(b'"');
        d.out.extend_from_slice(bytes);
        d.char(b'"');
    } else {
        for (n, byte) in bytes.iter().enumerate() {
            put!(d, "{}{byte:02x}", if n == 0 { "" } else { "_" });
        }
    }
    Ok(())
}

/// Beginnings of object identifiers that are shortened: their encoding, what stands for
/// them, and their path.
const SHORTENED: [(&[u8], &str, &[i32]); 4] = [
    (&[0x2b, 6, 1, 2, 1], "", &[3, 6, 1, 2, 1]),
    (&[0x2b, 6, 1, 4, 1], "E:", &[3, 6, 1, 4, 1]),
    (&[0x2b, 6, 1, 3], "X:", &[3, 6, 1, 3]),
    (&[0x2b, 6, 1, 6, 3], "S:", &[3, 6, 1, 6, 3]),
];

/// Where in the tree of names an object identifier is.
enum Place {
    /// Before its first number.
    Start,
    Below(mib::Object),
    /// Where nothing has a name.
    Nowhere,
}

/// Prints an object identifier.
fn object(d: &mut Dissect<'_>, bytes: &[u8]) {
    let named = !d.opts.numeric;
    let mut place = if named { Place::Start } else { Place::Nowhere };
    let mut rest = bytes;
    let mut first = true;
    // The dot before the first number after an abbreviation is left out.
    let mut dot = true;
    if named && bytes.len() > 2 {
        for (encoding, prefix, path) in SHORTENED {
            if let Some(after) = bytes.strip_prefix(encoding) {
                d.str(prefix);
                place = mib::ISO.descend(path).map_or(Place::Nowhere, Place::Below);
                rest = after;
                (first, dot) = (false, false);
                break;
            }
        }
    }
    let mut number = 0_i32;
    for byte in rest {
        number = (number << 7).wrapping_add(i32::from(byte & 0x7f));
        if byte & 0x80 != 0 {
            continue;
        }
        if first {
            // The first number holds two (X.690 §8.19.4).
            first = false;
            let upper = (number / 40).min(2);
            step(d, &mut place, upper, true);
            number -= upper * 40;
        }
        step(d, &mut place, number, dot);
        dot = true;
        number = 0;
    }
}

/// Prints one number of an object identifier, or its name.
fn step(d: &mut Dissect<'_>, place: &mut Place, number: i32, dot: bool) {
    if dot {
        d.char(b'.');
    }
    let object = match *place {
        Place::Start => (number == 1).then_some(mib::ISO),
        Place::Below(object) => object.child(number),
        Place::Nowhere => None,
    };
    if let Some(object) = object {
        d.str(object.name());
        *place = Place::Below(object);
    } else {
        put!(d, "{}", number.cast_unsigned());
        *place = Place::Nowhere;
    }
}
