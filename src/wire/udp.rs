//! UDP (RFC 768).
use super::{Error, Layer};

/// A UDP header and its payload.
#[derive(Debug, Clone, Copy)]
pub struct Udp<'a> {
    fixed: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Udp<'a> {
    /// Bytes in the header.
    pub const HEADER_LEN: usize = 8;

    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// Fewer than eight bytes.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        match data.split_first_chunk() {
            Some((fixed, payload)) => Ok(Self { fixed, payload }),
            None => Err(Error::Truncated { layer: Layer::Udp, need: 8, have: data.len() }),
        }
    }

    /// Source port.
    pub const fn src_port(self) -> u16 {
        u16::from_be_bytes([self.fixed[0], self.fixed[1]])
    }
    /// Destination port.
    pub const fn dst_port(self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }
    /// Length of header and payload in bytes as the header says.
    pub const fn len(self) -> u16 {
        u16::from_be_bytes([self.fixed[4], self.fixed[5]])
    }
    /// Whether the header declares no payload.
    pub const fn is_empty(self) -> bool {
        self.len() <= 8
    }
    /// Checksum as it stands; zero means none (IPv4).
    pub const fn checksum(self) -> u16 {
        u16::from_be_bytes([self.fixed[6], self.fixed[7]])
    }
    /// Everything captured after the header.
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}
