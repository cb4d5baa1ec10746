//! ICMP for IPv4 (RFC 792).
use core::fmt;

use super::{Error, Layer, Layers};

/// An ICMP header and its body.
#[derive(Clone, Copy)]
pub struct Icmpv4<'a> {
    fixed: &'a [u8; 4],
    message: &'a [u8],
}

impl<'a> Icmpv4<'a> {
    /// Bytes common to all types: type, code, checksum.
    pub const HEADER_LEN: usize = 4;
    /// Bytes between the common header and a quoted packet.
    const UNUSED_LEN: usize = 4;

    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// Fewer than four bytes.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        match data.first_chunk() {
            Some(fixed) => Ok(Self { fixed, message: data }),
            None => Err(Error::Truncated { layer: Layer::Icmpv4, need: Self::HEADER_LEN, have: data.len() }),
        }
    }

    /// Message type.
    pub const fn kind(self) -> u8 {
        self.fixed[0]
    }
    /// Message code.
    pub const fn code(self) -> u8 {
        self.fixed[1]
    }
    /// Checksum as it stands.
    pub const fn checksum(self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }
    /// Everything after type, code and checksum: the "rest of header" and the data.
    pub fn payload(self) -> &'a [u8] {
        self.message.get(Self::HEADER_LEN..).unwrap_or_default()
    }
    /// Header and body: what the checksum covers.
    pub const fn message(self) -> &'a [u8] {
        self.message
    }
    /// The second word of the header.
    pub fn rest_of_header(self) -> Option<[u8; 4]> {
        self.payload().first_chunk().copied()
    }
    /// Whether the message reports an error, and so quotes the packet that caused it
    /// (RFC 1122 §3.2.2).
    pub const fn is_error(self) -> bool {
        matches!(self.kind(), 3 | 4 | 5 | 11 | 12)
    }
    /// The packet an error quotes.
    pub fn quoted(self) -> Option<Layers<'a>> {
        let quoted = self.payload().get(Self::UNUSED_LEN..)?;
        self.is_error().then(|| Layers::decode_network(quoted))
    }
}

debug_view!(Icmpv4: kind, code, checksum; payload);

impl fmt::Display for Icmpv4<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type {} code {} length {}", self.kind(), self.code(), self.message.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Ports;

    #[test]
    fn an_error_quotes_the_packet_that_caused_it() {
        let mut message = vec![3, 3, 0xab, 0xcd, 0, 0, 0, 0];
        message.extend(*b"E\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x35\0\x36\0\x08\0\0");
        let icmp = Icmpv4::parse(&message).unwrap();
        assert_eq!((icmp.kind(), icmp.code(), icmp.checksum()), (message[0], message[1], 0xabcd));
        assert_eq!((icmp.message(), icmp.payload()), (&message[..], &message[4..]));
        assert_eq!(icmp.rest_of_header(), Some([0; 4]));
        let quoted = icmp.quoted().unwrap();
        assert_eq!(quoted.transport.unwrap().ports(), Some(Ports { src_port: 53, dst_port: 54 }));
    }

    #[test]
    fn an_echo_quotes_nothing() {
        let message = [8, 0, 0, 0, 0, 0, 0, 0, 0x45];
        assert!(Icmpv4::parse(&message).unwrap().quoted().is_none());
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..4 {
            let error = Error::Truncated { layer: Layer::Icmpv4, need: 4, have };
            assert_eq!(Icmpv4::parse(&[0; 4][..have]).unwrap_err(), error);
        }
        assert_eq!(Icmpv4::parse(&[3; 7]).unwrap().rest_of_header(), None);
    }
}
