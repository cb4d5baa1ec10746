//! Logical link control (IEEE 802.2) and SNAP (RFC 1042): what follows an 802.3 length.
use super::{Error, EtherType, Layer};
use core::fmt;

/// An LLC header, with its SNAP extension where it has one.
#[derive(Clone, Copy)]
pub struct Llc<'a> {
    fixed: &'a [u8; 3],
    control_high: Option<u8>,
    snap: Option<&'a [u8; 5]>,
    payload: &'a [u8],
}

impl<'a> Llc<'a> {
    /// Service access point of a SNAP header.
    pub const SNAP: u8 = 0xaa;
    /// Control field of unnumbered information.
    const UI: u8 = 0x03;

    /// Reads the header at the start of `data`: three bytes for unnumbered frames, four for
    /// others, eight for SNAP.
    ///
    /// # Errors
    /// Fewer bytes than that.
    #[inline(never)]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let cut = |need| Error::Truncated { layer: Layer::Llc, need, have: data.len() };
        let Some((fixed, payload)) = data.split_first_chunk::<3>() else { return Err(cut(3)) };
        let llc = Self { fixed, control_high: None, snap: None, payload };
        let [dsap, ssap, control] = *fixed;
        if control & 0x03 != 0x03 {
            // 802.2 §5.2: information and supervisory frames have a two-byte control field.
            let Some((&high, payload)) = payload.split_first() else { return Err(cut(4)) };
            return Ok(Self { control_high: Some(high), payload, ..llc });
        }
        if dsap == Self::SNAP && ssap == Self::SNAP && control == Self::UI {
            let Some((snap, payload)) = payload.split_first_chunk::<5>() else { return Err(cut(8)) };
            return Ok(Self { snap: Some(snap), payload, ..llc });
        }
        Ok(llc)
    }

    /// Destination service access point.
    pub const fn dsap(self) -> u8 {
        self.fixed[0]
    }
    /// Source service access point.
    pub const fn ssap(self) -> u8 {
        self.fixed[1]
    }
    /// Control field: one byte for unnumbered frames, else two with the first one low.
    pub const fn control(self) -> u16 {
        match self.control_high {
            Some(high) => u16::from_le_bytes([self.fixed[2], high]),
            None => u16::from_le_bytes([self.fixed[2], 0]),
        }
    }
    /// The organization of the SNAP header.
    pub const fn oui(self) -> Option<[u8; 3]> {
        match self.snap {
            Some([a, b, c, ..]) => Some([*a, *b, *c]),
            None => None,
        }
    }
    /// The protocol of the SNAP header, in that organization's numbering.
    pub const fn protocol_id(self) -> Option<u16> {
        match self.snap {
            Some([.., a, b]) => Some(u16::from_be_bytes([*a, *b])),
            None => None,
        }
    }
    /// The EtherType, when the SNAP header carries one (organization 00-00-00 or 00-00-f8).
    pub const fn ether_type(self) -> Option<EtherType> {
        match self.snap {
            Some([0, 0, 0 | 0xf8, a, b]) => Some(EtherType(u16::from_be_bytes([*a, *b]))),
            _ => None,
        }
    }
    /// Bytes in the header: 3, 4 or 8.
    pub const fn header_len(self) -> usize {
        match (self.snap, self.control_high) {
            (Some(_), _) => 8,
            (None, Some(_)) => 4,
            (None, None) => 3,
        }
    }
    /// Everything after the header, up to the 802.3 length.
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}

debug_view!(Llc: dsap, ssap, control, oui, protocol_id; payload);

impl fmt::Display for Llc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dsap {:#04x} ssap {:#04x} control {:#04x}", self.dsap(), self.ssap(), self.control())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_field() {
        let bytes = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0, 0x45];
        let llc = Llc::parse(&bytes).unwrap();
        assert_eq!((llc.dsap(), llc.ssap(), llc.control(), llc.header_len()), (0xaa, 0xaa, 3, 8));
        assert_eq!((llc.oui(), llc.protocol_id()), (Some([0, 0, 0]), Some(0x0800)));
        assert_eq!((llc.ether_type(), llc.payload()), (Some(EtherType::IPV4), &[0x45][..]));
    }

    #[test]
    fn the_control_field_is_one_byte_only_for_unnumbered_frames() {
        let unnumbered = Llc::parse(&[0x42, 0x42, 3, 9, 9]).unwrap();
        assert_eq!((unnumbered.control(), unnumbered.header_len(), unnumbered.oui()), (3, 3, None));
        let information = Llc::parse(&[0xfe, 0xfe, 2, 4, 9]).unwrap();
        assert_eq!((information.control(), information.header_len()), (0x0402, 4));
        assert_eq!(information.payload(), [9]);
    }

    #[test]
    fn truncated_at_every_length() {
        let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        for have in 0..8 {
            let need = if have < 3 { 3 } else { 8 };
            let error = Error::Truncated { layer: Layer::Llc, need, have };
            assert_eq!(Llc::parse(&snap[..have]).unwrap_err(), error);
        }
    }

    #[test]
    fn a_foreign_organization_has_no_ether_type() {
        let llc = Llc::parse(&[0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0]).unwrap();
        assert_eq!((llc.ether_type(), llc.protocol_id()), (None, Some(0x2000)));
    }
}
