//! Linux cooked captures, versions 1 and 2: what `-i any` gives
//! (<https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>,
//! <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>).
//!
//! ```text
//! v1  packet type(2) ARPHRD(2) address length(2) address(8) protocol(2)
//! v2  protocol(2) reserved(2) interface index(4) ARPHRD(2) packet type(1) address length(1) address(8)
//! ```
use super::{Error, EtherType, Layer};
use core::fmt;

/// Which way a cooked packet went (Linux `PACKET_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PacketType {
    /// To this host.
    Host,
    /// Broadcast by somebody else.
    Broadcast,
    /// Multicast by somebody else.
    Multicast,
    /// From somebody else to somebody else.
    OtherHost,
    /// Sent by this host.
    Outgoing,
    /// Any other number.
    Other(u16),
}

impl From<u16> for PacketType {
    fn from(number: u16) -> Self {
        match number {
            0 => Self::Host,
            1 => Self::Broadcast,
            2 => Self::Multicast,
            3 => Self::OtherHost,
            4 => Self::Outgoing,
            n => Self::Other(n),
        }
    }
}

/// A version 1 header and what follows it.
#[derive(Clone, Copy)]
pub struct LinuxSll<'a> {
    fixed: &'a [u8; 16],
    payload: &'a [u8],
}

impl<'a> LinuxSll<'a> {
    /// Bytes in the header.
    pub const HEADER_LEN: usize = 16;

    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// Fewer than 16 bytes.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        match data.split_first_chunk() {
            Some((fixed, payload)) => Ok(Self { fixed, payload }),
            None => {
                Err(Error::Truncated { layer: Layer::LinuxSll, need: Self::HEADER_LEN, have: data.len() })
            }
        }
    }

    /// Which way the packet went.
    pub fn packet_type(self) -> PacketType {
        u16::from_be_bytes([self.fixed[0], self.fixed[1]]).into()
    }
    /// The device's hardware type, Linux `ARPHRD_*`.
    pub const fn hardware_type(self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }
    /// Length of the sender's address as the header says; it may exceed the eight bytes there are.
    pub const fn address_len(self) -> u16 {
        u16::from_be_bytes([self.fixed[4], self.fixed[5]])
    }
    /// The sender's link-layer address: at most eight bytes.
    pub fn address(self) -> &'a [u8] {
        let [_, _, _, _, _, _, address @ .., _, _] = self.fixed;
        address.get(..usize::from(self.address_len())).unwrap_or(address)
    }
    /// The EtherType, or a Linux `ETH_P_*` number for frames that have none.
    pub const fn protocol(self) -> EtherType {
        EtherType(u16::from_be_bytes([self.fixed[14], self.fixed[15]]))
    }
    /// Everything after the header.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}

/// A version 2 header and what follows it.
#[derive(Clone, Copy)]
pub struct LinuxSll2<'a> {
    fixed: &'a [u8; 20],
    payload: &'a [u8],
}

impl<'a> LinuxSll2<'a> {
    /// Bytes in the header.
    pub const HEADER_LEN: usize = 20;

    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// Fewer than 20 bytes.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        match data.split_first_chunk() {
            Some((fixed, payload)) => Ok(Self { fixed, payload }),
            None => {
                Err(Error::Truncated { layer: Layer::LinuxSll2, need: Self::HEADER_LEN, have: data.len() })
            }
        }
    }

    /// The EtherType, or a Linux `ETH_P_*` number for frames that have none.
    pub const fn protocol(self) -> EtherType {
        EtherType(u16::from_be_bytes([self.fixed[0], self.fixed[1]]))
    }
    /// Index of the interface on the host that captured.
    pub const fn interface_index(self) -> u32 {
        let f = self.fixed;
        u32::from_be_bytes([f[4], f[5], f[6], f[7]])
    }
    /// The device's hardware type, Linux `ARPHRD_*`.
    pub const fn hardware_type(self) -> u16 {
        u16::from_be_bytes([self.fixed[8], self.fixed[9]])
    }
    /// Which way the packet went.
    pub fn packet_type(self) -> PacketType {
        u16::from(self.fixed[10]).into()
    }
    /// Length of the sender's address as the header says; it may exceed the eight bytes there are.
    pub const fn address_len(self) -> u8 {
        self.fixed[11]
    }
    /// The sender's link-layer address: at most eight bytes.
    pub fn address(self) -> &'a [u8] {
        let [_, _, _, _, _, _, _, _, _, _, _, _, address @ ..] = self.fixed;
        address.get(..usize::from(self.address_len())).unwrap_or(address)
    }
    /// Everything after the header.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}

debug_view!(LinuxSll: packet_type, hardware_type, address_len, protocol; address, payload);

impl fmt::Display for LinuxSll<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.packet_type(), self.protocol())
    }
}

debug_view!(LinuxSll2: protocol, interface_index, hardware_type, packet_type, address_len; address, payload);

impl fmt::Display for LinuxSll2<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interface {} {:?} {:?}", self.interface_index(), self.packet_type(), self.protocol())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_field_of_version_1() {
        let bytes = [0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0xee, 0xee, 0x86, 0xdd, 9];
        let sll = LinuxSll::parse(&bytes).unwrap();
        assert_eq!((sll.packet_type(), sll.hardware_type()), (PacketType::Outgoing, 1));
        assert_eq!((sll.address(), sll.protocol()), (&[1, 2, 3, 4, 5, 6][..], EtherType::IPV6));
        assert_eq!(sll.payload(), [9]);
        for have in 0..16 {
            let error = Error::Truncated { layer: Layer::LinuxSll, need: 16, have };
            assert_eq!(LinuxSll::parse(&bytes[..have]).unwrap_err(), error);
        }
    }

    #[test]
    fn parses_every_field_of_version_2() {
        let bytes = [8, 0, 0, 0, 0, 0, 0, 7, 3, 4, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 9];
        let sll = LinuxSll2::parse(&bytes).unwrap();
        assert_eq!((sll.protocol(), sll.interface_index(), sll.hardware_type()), (EtherType::IPV4, 7, 772));
        assert_eq!((sll.packet_type(), sll.address()), (PacketType::Host, &[1, 2, 3, 4, 5, 6][..]));
        assert_eq!(sll.payload(), [9]);
        for have in 0..20 {
            let error = Error::Truncated { layer: Layer::LinuxSll2, need: 20, have };
            assert_eq!(LinuxSll2::parse(&bytes[..have]).unwrap_err(), error);
        }
    }

    #[test]
    fn an_impossible_address_length_gives_the_eight_bytes_there_are() {
        let mut bytes = [0xff; 20];
        bytes[11] = 200;
        assert_eq!(LinuxSll2::parse(&bytes).unwrap().address().len(), 8);
        assert_eq!(LinuxSll::parse(&bytes).unwrap().address().len(), 8);
    }
}
