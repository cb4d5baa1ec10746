//! UDP (RFC 768).
//!
//! ```text
//! source port(2) destination port(2) length(2) checksum(2)
//! ```
use super::{Error, Layer};
use core::fmt;

/// A UDP header and its payload.
#[derive(Clone, Copy)]
pub struct Udp<'a> {
    fixed: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Udp<'a> {
    /// Bytes in the header.
    pub const HEADER_LEN: usize = 8;

    /// Reads the header at the start of `data`, which ends where the IP payload does. The
    /// payload ends where the length field says, unless that is below eight (RFC 2675 §4: jumbo).
    ///
    /// # Errors
    /// Fewer than eight bytes.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        match data.split_first_chunk::<8>() {
            Some((fixed, rest)) => {
                let [_, _, _, _, a, b, ..] = *fixed;
                let declared = usize::from(u16::from_be_bytes([a, b])).checked_sub(Self::HEADER_LEN);
                let payload = declared.and_then(|n| rest.get(..n)).unwrap_or(rest);
                Ok(Self { fixed, payload })
            }
            None => Err(Error::Truncated { layer: Layer::Udp, need: 8, have: data.len() }),
        }
    }

    /// Source port.
    #[inline]
    pub const fn src_port(self) -> u16 {
        u16::from_be_bytes([self.fixed[0], self.fixed[1]])
    }
    /// Destination port.
    #[inline]
    pub const fn dst_port(self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }
    /// Length of header and payload in bytes as the header says.
    #[inline]
    pub const fn len(self) -> u16 {
        u16::from_be_bytes([self.fixed[4], self.fixed[5]])
    }
    /// Whether the header declares no payload.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len() <= 8
    }
    /// Checksum as it stands; zero means none (IPv4).
    #[inline]
    pub const fn checksum(self) -> u16 {
        u16::from_be_bytes([self.fixed[6], self.fixed[7]])
    }
    /// Captured payload.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}

debug_view!(Udp: src_port, dst_port, len, checksum; payload);

impl fmt::Display for Udp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} > {} length {}", self.src_port(), self.dst_port(), self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATAGRAM: [u8; 11] = [0, 53, 0x30, 0x39, 0, 10, 0xab, 0xcd, 1, 2, 3];

    #[test]
    fn parses_every_field() {
        let udp = Udp::parse(&DATAGRAM).unwrap();
        assert_eq!((udp.src_port(), udp.dst_port(), udp.len(), udp.checksum()), (53, 12345, 10, 0xabcd));
        assert!(!udp.is_empty());
        assert_eq!(udp.payload(), [1, 2]);
        assert_eq!(udp.to_string(), "53 > 12345 length 10");
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..8 {
            let error = Error::Truncated { layer: Layer::Udp, need: 8, have };
            assert_eq!(Udp::parse(&DATAGRAM[..have]).unwrap_err(), error);
        }
    }

    #[test]
    fn impossible_lengths_leave_what_was_captured() {
        for len in [0, 7, 200] {
            let mut datagram = DATAGRAM;
            datagram[5] = len;
            assert_eq!(Udp::parse(&datagram).unwrap().payload(), [1, 2, 3]);
        }
    }
}
