//! IPv6 (RFC 8200).
use core::net::Ipv6Addr;

use super::{Error, IpProtocol, Layer};

/// An IPv6 fixed header and its payload (extension headers included).
#[derive(Debug, Clone, Copy)]
pub struct Ipv6<'a> {
    fixed: &'a [u8; 40],
    payload: &'a [u8],
    missing: usize,
}

impl<'a> Ipv6<'a> {
    /// Bytes in the fixed header.
    pub const HEADER_LEN: usize = 40;

    /// Reads the fixed header at the start of `data`.
    ///
    /// # Errors
    /// Fewer than 40 bytes, or a version other than 6.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let layer = Layer::Ipv6;
        let Some((fixed, rest)) = data.split_first_chunk::<40>() else {
            return Err(Error::Truncated { layer, need: 40, have: data.len() });
        };
        if fixed[0] >> 4 != 6 {
            return Err(Error::Invalid { layer, reason: "version is not 6" });
        }
        let declared = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
        let payload = rest.get(..declared).unwrap_or(rest);
        Ok(Self { fixed, payload, missing: declared.saturating_sub(rest.len()) })
    }

    /// Traffic class: DSCP and ECN.
    pub const fn traffic_class(self) -> u8 {
        (self.fixed[0] << 4) | (self.fixed[1] >> 4)
    }
    /// Flow label, 20 bits (RFC 6437).
    pub const fn flow_label(self) -> u32 {
        u32::from_be_bytes([0, self.fixed[1] & 0x0f, self.fixed[2], self.fixed[3]])
    }
    /// Payload length in bytes as the header says.
    pub const fn payload_len(self) -> u16 {
        u16::from_be_bytes([self.fixed[4], self.fixed[5]])
    }
    /// What follows: an extension header or the transport.
    pub const fn next_header(self) -> IpProtocol {
        IpProtocol(self.fixed[6])
    }
    /// Hop limit.
    pub const fn hop_limit(self) -> u8 {
        self.fixed[7]
    }
    /// Source address.
    pub fn src(self) -> Ipv6Addr {
        let [_, _, _, _, _, _, _, _, s @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *self.fixed;
        Ipv6Addr::from(s)
    }
    /// Destination address.
    pub fn dst(self) -> Ipv6Addr {
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, d @ ..] = *self.fixed;
        Ipv6Addr::from(d)
    }
    /// Captured payload, without link padding.
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
    /// Bytes of payload the header declares but the capture lacks.
    pub const fn missing(self) -> usize {
        self.missing
    }
}
