//! Address resolution (RFC 826), for addresses of any length.
//!
//! ```text
//! hardware type(2) protocol type(2) hardware length(1) protocol length(1) operation(2)
//! sender hardware, sender protocol, target hardware, target protocol address
//! ```
use core::fmt;
use core::net::Ipv4Addr;

use etherparse::ArpPacketSlice;

use super::{Error, EtherType, Layer, MacAddr};

/// An ARP or RARP message.
#[derive(Clone, Copy)]
pub struct Arp<'a> {
    fixed: &'a [u8; 8],
    sender: (&'a [u8], &'a [u8]),
    target: (&'a [u8], &'a [u8]),
}

impl<'a> Arp<'a> {
    /// Bytes before the addresses.
    pub const FIXED_LEN: usize = 8;

    /// Reads the message at the start of `data`.
    ///
    /// # Errors
    /// Fewer bytes than the two address lengths ask for.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let slice = ArpPacketSlice::from_slice(data).map_err(|e| Error::Truncated {
            layer: Layer::Arp,
            need: e.required_len,
            have: data.len(),
        })?;
        let Some(fixed) = data.first_chunk() else {
            return Err(Error::Truncated { layer: Layer::Arp, need: Self::FIXED_LEN, have: data.len() });
        };
        // The slice borrows from itself, not from the packet, hence its lengths and our bytes.
        let hardware = usize::from(slice.hw_addr_size());
        let protocol = usize::from(slice.proto_addr_size());
        let pair = |from: &'a [u8]| {
            let (hw, rest) = from.split_at_checked(hardware)?;
            let (proto, rest) = rest.split_at_checked(protocol)?;
            Some(((hw, proto), rest))
        };
        let addresses = data.get(Self::FIXED_LEN..).unwrap_or_default();
        let parts = pair(addresses).and_then(|(sender, rest)| Some((sender, pair(rest)?.0)));
        let Some((sender, target)) = parts else {
            return Err(Error::Invalid { layer: Layer::Arp, reason: "addresses exceed the message" });
        };
        Ok(Self { fixed, sender, target })
    }

    /// Hardware type: 1 is Ethernet.
    pub const fn hardware_type(self) -> u16 {
        u16::from_be_bytes([self.fixed[0], self.fixed[1]])
    }
    /// Protocol whose addresses are asked for.
    pub const fn protocol_type(self) -> EtherType {
        EtherType(u16::from_be_bytes([self.fixed[2], self.fixed[3]]))
    }
    /// Length of a hardware address in bytes.
    pub const fn hardware_len(self) -> u8 {
        self.fixed[4]
    }
    /// Length of a protocol address in bytes.
    pub const fn protocol_len(self) -> u8 {
        self.fixed[5]
    }
    /// Operation: 1 request, 2 reply.
    pub const fn operation(self) -> u16 {
        u16::from_be_bytes([self.fixed[6], self.fixed[7]])
    }
    /// Hardware address of the sender.
    pub const fn sender_hardware(self) -> &'a [u8] {
        self.sender.0
    }
    /// Protocol address of the sender.
    pub const fn sender_protocol(self) -> &'a [u8] {
        self.sender.1
    }
    /// Hardware address of the target.
    pub const fn target_hardware(self) -> &'a [u8] {
        self.target.0
    }
    /// Protocol address of the target.
    pub const fn target_protocol(self) -> &'a [u8] {
        self.target.1
    }
    /// IPv4 address of the sender, if that is what the message is about.
    pub fn sender_ipv4(self) -> Option<Ipv4Addr> {
        self.ipv4(self.sender.1)
    }
    /// IPv4 address of the target, if that is what the message is about.
    pub fn target_ipv4(self) -> Option<Ipv4Addr> {
        self.ipv4(self.target.1)
    }
    /// Bytes in the message.
    pub const fn len(self) -> usize {
        let addresses = self.sender.0.len().saturating_add(self.sender.1.len()).saturating_mul(2);
        addresses.saturating_add(Self::FIXED_LEN)
    }
    /// Whether the message carries no addresses.
    pub const fn is_empty(self) -> bool {
        self.len() == Self::FIXED_LEN
    }

    fn ipv4(self, address: &[u8]) -> Option<Ipv4Addr> {
        let address = <[u8; 4]>::try_from(address).ok()?;
        (self.protocol_type() == EtherType::IPV4).then_some(Ipv4Addr::from(address))
    }
}

debug_view!(Arp: hardware_type, protocol_type, operation; sender_hardware, sender_protocol, target_hardware, target_protocol);

impl fmt::Display for Arp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.operation(), self.sender_ipv4(), self.target_ipv4()) {
            (1, Some(sender), Some(target)) => write!(f, "who has {target}? tell {sender}"),
            (2, Some(sender), _) => match self.sender_hardware().try_into().map(MacAddr) {
                Ok(mac) => write!(f, "{sender} is at {mac}"),
                Err(_) => write!(f, "{sender} is at an address of {} bytes", self.hardware_len()),
            },
            (operation, ..) => write!(f, "operation {operation}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const REQUEST: [u8; 28] = [
        0, 1, 8, 0, 6, 4, 0, 1, 1, 2, 3, 4, 5, 6, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
    ];

    #[test]
    fn parses_every_field() {
        let arp = Arp::parse(&REQUEST).unwrap();
        assert_eq!((arp.hardware_type(), arp.protocol_type(), arp.operation()), (1, EtherType::IPV4, 1));
        assert_eq!((arp.hardware_len(), arp.protocol_len(), arp.len()), (6, 4, 28));
        assert_eq!((arp.sender_hardware(), arp.target_hardware()), (&[1, 2, 3, 4, 5, 6][..], &[0; 6][..]));
        assert_eq!((arp.sender_protocol(), arp.target_protocol()), (&[10, 0, 0, 1][..], &[10, 0, 0, 2][..]));
        assert_eq!(arp.to_string(), "who has 10.0.0.2? tell 10.0.0.1");
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..28 {
            let need = if have < 8 { 8 } else { 28 };
            let error = Error::Truncated { layer: Layer::Arp, need, have };
            assert_eq!(Arp::parse(&REQUEST[..have]).unwrap_err(), error);
        }
    }

    #[test]
    fn addresses_may_have_any_length() {
        let arp = Arp::parse(&[0, 7, 8, 0, 1, 0, 0, 2, 0xaa, 0xbb]).unwrap();
        assert_eq!((arp.sender_hardware(), arp.target_hardware()), (&[0xaa][..], &[0xbb][..]));
        assert_eq!((arp.sender_ipv4(), arp.len()), (None, 10));
        assert!(Arp::parse(&[0, 1, 8, 0, 255, 255, 0, 1, 0, 0]).is_err());
    }
}
