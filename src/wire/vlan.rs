//! VLAN tags (IEEE 802.1Q, 802.1ad).
use super::{Error, EtherType, Layer};
use core::fmt;

/// The tag control information of a VLAN tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VlanTag(pub u16);

impl VlanTag {
    /// VLAN identifier, 0..=4095.
    #[inline]
    pub const fn id(self) -> u16 {
        self.0 & 0x0fff
    }
    /// Priority code point, 0..=7.
    #[inline]
    pub const fn priority(self) -> u16 {
        self.0 >> 13
    }
    /// Drop eligible indicator.
    #[inline]
    pub const fn drop_eligible(self) -> bool {
        self.0 & 0x1000 != 0
    }
}

impl fmt::Display for VlanTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dei = if self.drop_eligible() { " DEI" } else { "" };
        write!(f, "vlan {} p {}{dei}", self.id(), self.priority())
    }
}

/// A VLAN tag (after its EtherType) and what follows it.
#[derive(Clone, Copy)]
pub struct Vlan<'a> {
    fixed: &'a [u8; 4],
    payload: &'a [u8],
}

impl<'a> Vlan<'a> {
    /// Bytes in the tag.
    pub const HEADER_LEN: usize = 4;

    /// Reads the tag control information and the EtherType after it.
    ///
    /// # Errors
    /// Fewer than four bytes.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        match data.split_first_chunk() {
            Some((fixed, payload)) => Ok(Self { fixed, payload }),
            None => Err(Error::Truncated { layer: Layer::Vlan, need: 4, have: data.len() }),
        }
    }

    /// Priority, drop eligibility and identifier.
    #[inline]
    pub const fn tag(self) -> VlanTag {
        let [a, b, ..] = *self.fixed;
        VlanTag(u16::from_be_bytes([a, b]))
    }

    /// The EtherType of the payload.
    #[inline]
    pub const fn ether_type(self) -> EtherType {
        let [.., a, b] = *self.fixed;
        EtherType(u16::from_be_bytes([a, b]))
    }

    /// Everything after the tag.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}

/// VLAN tags in the order they stand, outermost first.
#[derive(Debug, Clone)]
pub struct Vlans<'a> {
    rest: &'a [u8],
}

impl<'a> Vlans<'a> {
    /// The tags in `bytes`, four each: tag control information, then EtherType.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Vlans<'a> {
    type Item = Vlan<'a>;

    #[inline]
    fn next(&mut self) -> Option<Vlan<'a>> {
        let vlan = Vlan::parse(self.rest).ok()?;
        self.rest = vlan.payload();
        Some(vlan)
    }
}

impl core::iter::FusedIterator for Vlans<'_> {}

debug_view!(Vlan: tag, ether_type; payload);

impl fmt::Display for Vlan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.tag(), self.ether_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_field() {
        let vlan = Vlan::parse(&[0xb0, 0x2a, 0x86, 0xdd, 7]).unwrap();
        assert_eq!((vlan.tag().id(), vlan.tag().priority(), vlan.tag().drop_eligible()), (42, 5, true));
        assert_eq!(vlan.ether_type(), EtherType::IPV6);
        assert_eq!(vlan.payload(), [7]);
        assert_eq!(vlan.to_string(), "vlan 42 p 5 DEI IPV6");
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..4 {
            let error = Error::Truncated { layer: Layer::Vlan, need: 4, have };
            assert_eq!(Vlan::parse(&[0; 4][..have]).unwrap_err(), error);
        }
    }

    #[test]
    fn tags_come_outermost_first() {
        let ids: Vec<u16> = Vlans::new(&[0, 1, 0x81, 0, 0, 2, 8, 0]).map(|v| v.tag().id()).collect();
        assert_eq!(ids, [1, 2]);
    }
}
