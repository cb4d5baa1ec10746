//! Dump layouts other than tcpdump's own.
use std::fmt;
use std::str::FromStr;

use super::digit::{CHUNK, pair, printable_or_dot, push_offset};

/// A dump layout, by the name the command line knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DumpStyle {
    /// tcpdump's `-x`.
    Hex,
    /// tcpdump's `-X`.
    HexAscii,
    /// tcpdump's `-A`.
    Ascii,
    /// Bytes, a bar and ASCII, as in the classic raw-socket tutorials: see [`sn`].
    Sn,
    /// The layout of the `hexdump` crate: see [`hexdump()`].
    Hexdump,
    /// As `hexdump -C` of util-linux and BSD: see [`canonical`].
    Canonical,
    /// As Wireshark's packet bytes, which `text2pcap` reads back: see [`wireshark`].
    Wireshark,
}

impl DumpStyle {
    /// Every style, in the order of the declaration.
    pub const ALL: [Self; 7] =
        [Self::Hex, Self::HexAscii, Self::Ascii, Self::Sn, Self::Hexdump, Self::Canonical, Self::Wireshark];

    /// The name that [`FromStr`] reads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::HexAscii => "hex-ascii",
            Self::Ascii => "ascii",
            Self::Sn => "sn",
            Self::Hexdump => "hexdump",
            Self::Canonical => "canonical",
            Self::Wireshark => "wireshark",
        }
    }

    /// Appends `data` in this style.
    ///
    /// ```
    /// use synack::hex::DumpStyle;
    ///
    /// let style: DumpStyle = "wireshark".parse()?;
    /// let mut out = Vec::new();
    /// style.append(&mut out, b"Hi!");
    /// assert_eq!(
    ///     String::from_utf8_lossy(&out),
    ///     "\n0000   48 69 21                                          Hi!"
    /// );
    /// # Ok::<(), synack::hex::UnknownDumpStyle>(())
    /// ```
    pub fn append(self, out: &mut Vec<u8>, data: &[u8]) {
        match self {
            Self::Hex => super::hex(out, data),
            Self::HexAscii => super::hex_ascii(out, data),
            Self::Ascii => super::ascii(out, data),
            Self::Sn => sn(out, data),
            Self::Hexdump => hexdump(out, data),
            Self::Canonical => canonical(out, data),
            Self::Wireshark => wireshark(out, data),
        }
    }
}

impl fmt::Display for DumpStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no [`DumpStyle`]'s.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown dump style '{0}' (one of hex, hex-ascii, ascii, sn, hexdump, canonical, wireshark)")]
pub struct UnknownDumpStyle(String);

impl FromStr for DumpStyle {
    type Err = UnknownDumpStyle;

    fn from_str(name: &str) -> Result<Self, UnknownDumpStyle> {
        Self::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| UnknownDumpStyle(name.to_owned()))
    }
}

/// Sixteen bytes, a bar, the same in ASCII: `45 00 00 28 … | E..(`. The bar of a short last
/// line stands below the others.
///
/// ```
/// let mut out = Vec::new();
/// synack::hex::sn(&mut out, b"0123456789abcdef!\0");
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "\n30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 | 0123456789abcdef\
///      \n21 00                                           | !."
/// );
/// ```
pub fn sn(out: &mut Vec<u8>, data: &[u8]) {
    for chunk in data.chunks(CHUNK) {
        out.push(b'\n');
        push_bytes(out, chunk, CHUNK);
        out.extend_from_slice(b"| ");
        out.extend(chunk.iter().map(|&b| printable_or_dot(b)));
    }
}

/// As the `hexdump` crate lays it out: four words, ASCII, the offset last, and a line with the
/// length.
///
/// ```
/// let mut out = Vec::new();
/// synack::hex::hexdump(&mut out, b"E\0\0(");
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "\n|45000028|                            E..(             00000000\
///      \n                                                       00000004"
/// );
/// ```
pub fn hexdump(out: &mut Vec<u8>, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    for line in hexdump::hexdump_iter(data) {
        out.push(b'\n');
        out.extend_from_slice(line.as_bytes());
    }
}

/// As `hexdump -C` (hexdump(1)): lines equal to the one before are replaced by one `*`, and
/// the length ends the dump.
///
/// ```
/// let mut out = Vec::new();
/// synack::hex::canonical(&mut out, &[0x20; 50]);
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "\n00000000  20 20 20 20 20 20 20 20  20 20 20 20 20 20 20 20  |                |\
///      \n*\
///      \n00000030  20 20                                             |  |\
///      \n00000032"
/// );
/// ```
pub fn canonical(out: &mut Vec<u8>, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    let mut before: Option<&[u8]> = None;
    let mut squeezing = false;
    let mut offset = 0;
    for chunk in data.chunks(CHUNK) {
        if before == Some(chunk) {
            if !squeezing {
                out.extend_from_slice(b"\n*");
            }
            squeezing = true;
        } else {
            squeezing = false;
            before = Some(chunk);
            out.push(b'\n');
            push_offset(out, offset, 8);
            out.extend_from_slice(b"  ");
            let (left, right) = chunk.split_at_checked(CHUNK / 2).unwrap_or((chunk, &[]));
            push_bytes(out, left, CHUNK / 2);
            out.push(b' ');
            push_bytes(out, right, CHUNK / 2);
            out.extend_from_slice(b" |");
            out.extend(chunk.iter().map(|&b| printable_or_dot(b)));
            out.push(b'|');
        }
        offset += CHUNK;
    }
    out.push(b'\n');
    push_offset(out, data.len(), 8);
}

/// As Wireshark shows and exports packet bytes: offset, sixteen bytes, ASCII.
/// `text2pcap` makes a capture of it again.
pub fn wireshark(out: &mut Vec<u8>, data: &[u8]) {
    let mut offset = 0;
    for chunk in data.chunks(CHUNK) {
        out.push(b'\n');
        push_offset(out, offset, 4);
        out.extend_from_slice(b"   ");
        push_bytes(out, chunk, CHUNK);
        out.extend_from_slice(b"  ");
        out.extend(chunk.iter().map(|&b| printable_or_dot(b)));
        offset += CHUNK;
    }
}

/// `bytes` in hex, each followed by a space, padded with spaces as if they were `width`.
fn push_bytes(out: &mut Vec<u8>, bytes: &[u8], width: usize) {
    for &byte in bytes {
        let [a, b] = pair(byte);
        out.extend_from_slice(&[a, b, b' ']);
    }
    out.resize(out.len() + 3 * width.saturating_sub(bytes.len()), b' ');
}
