//! Ethernet II frames (IEEE 802.3).
use super::{Error, EtherType, Layer};
use core::fmt;

/// A 48-bit hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct MacAddr(pub [u8; 6]);

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// An Ethernet header and what follows it.
#[derive(Clone, Copy)]
pub struct Ethernet<'a> {
    fixed: &'a [u8; 14],
    payload: &'a [u8],
}

impl<'a> Ethernet<'a> {
    /// Bytes in the header.
    pub const HEADER_LEN: usize = 14;

    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// Fewer than 14 bytes.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        match data.split_first_chunk() {
            Some((fixed, payload)) => Ok(Self { fixed, payload }),
            None => Err(Error::Truncated { layer: Layer::Ethernet, need: 14, have: data.len() }),
        }
    }

    /// Destination address.
    #[inline]
    pub const fn dst(self) -> MacAddr {
        let [a, b, c, d, e, f, ..] = *self.fixed;
        MacAddr([a, b, c, d, e, f])
    }

    /// Source address.
    #[inline]
    pub const fn src(self) -> MacAddr {
        let [_, _, _, _, _, _, a, b, c, d, e, f, ..] = *self.fixed;
        MacAddr([a, b, c, d, e, f])
    }

    /// EtherType, or the payload length of an 802.3 frame when at most 1500.
    #[inline]
    pub const fn ether_type(self) -> EtherType {
        let [.., a, b] = *self.fixed;
        EtherType(u16::from_be_bytes([a, b]))
    }

    /// Everything after the header, padding included.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}

debug_view!(Ethernet: dst, src, ether_type; payload);

impl fmt::Display for Ethernet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {} {:?}", self.src(), self.dst(), self.ether_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x08, 0x00, 0xaa, 0xbb];

    #[test]
    fn parses_every_field() {
        let eth = Ethernet::parse(&FRAME).unwrap();
        assert_eq!(eth.dst(), MacAddr([1, 2, 3, 4, 5, 6]));
        assert_eq!(eth.src(), MacAddr([7, 8, 9, 10, 11, 12]));
        assert_eq!(eth.ether_type(), EtherType::IPV4);
        assert_eq!(eth.payload(), [0xaa, 0xbb]);
        assert_eq!(eth.to_string(), "07:08:09:0a:0b:0c > 01:02:03:04:05:06 IPV4");
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..14 {
            let error = Error::Truncated { layer: Layer::Ethernet, need: 14, have };
            assert_eq!(Ethernet::parse(&FRAME[..have]).unwrap_err(), error);
        }
    }
}
