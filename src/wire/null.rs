//! BSD loopback: an address family before the packet
//! (<https://www.tcpdump.org/linktypes/LINKTYPE_NULL.html>).
use super::{Error, EtherType, Layer};
use core::fmt;

/// A four-byte address family and what follows it.
#[derive(Clone, Copy)]
pub struct Null<'a> {
    fixed: &'a [u8; 4],
    payload: &'a [u8],
}

impl<'a> Null<'a> {
    /// Bytes in the header.
    pub const HEADER_LEN: usize = 4;
    /// `AF_INET` everywhere.
    pub const AF_INET: u32 = 2;

    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// Fewer than four bytes.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        match data.split_first_chunk() {
            Some((fixed, payload)) => Ok(Self { fixed, payload }),
            None => Err(Error::Truncated { layer: Layer::Null, need: Self::HEADER_LEN, have: data.len() }),
        }
    }

    /// The address family. It stands in the byte order of the host that captured, which is
    /// told by the half that is zero: families are small.
    pub const fn family(self) -> u32 {
        let family = u32::from_ne_bytes(*self.fixed);
        if family & 0xffff_0000 == 0 { family } else { family.swap_bytes() }
    }

    /// IPv4 or IPv6, by the family. IPv6 is 24, 28 or 30: NetBSD, FreeBSD and macOS never agreed.
    pub const fn ether_type(self) -> Option<EtherType> {
        match self.family() {
            Self::AF_INET => Some(EtherType::IPV4),
            24 | 28 | 30 => Some(EtherType::IPV6),
            _ => None,
        }
    }

    /// Everything after the header.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}

debug_view!(Null: family; payload);

impl fmt::Display for Null<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "family {}", self.family())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_read_in_either_byte_order() {
        for (family, ether_type) in [
            (2, Some(EtherType::IPV4)),
            (24, Some(EtherType::IPV6)),
            (28, Some(EtherType::IPV6)),
            (30, Some(EtherType::IPV6)),
            (7, None),
        ] {
            for bytes in [u32::to_be_bytes(family), u32::to_le_bytes(family)] {
                let null = Null::parse(&bytes).unwrap();
                assert_eq!((null.family(), null.ether_type()), (family, ether_type));
            }
        }
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..4 {
            let error = Error::Truncated { layer: Layer::Null, need: 4, have };
            assert_eq!(Null::parse(&[0; 4][..have]).unwrap_err(), error);
        }
    }
}
