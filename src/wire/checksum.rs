//! The Internet checksum (RFC 1071).
//!
//! Everything here gives the *residual*: the complement of the sum over data that includes
//! its checksum field. It is zero where the checksum is right, and [`expected`] makes of it
//! what should have stood in the field.
//!
//! ```
//! use synack::wire::checksum;
//!
//! let mut header = *b"\x45\0\0\x28\0\0\x40\0\x40\x06\0\0\x7f\0\0\x01\x7f\0\0\x01";
//! let right = checksum::expected(0, checksum::ipv4_header(&header));
//! assert_eq!(right, 0x3cce);
//! header[10..12].copy_from_slice(&right.to_be_bytes());
//! assert_eq!(checksum::ipv4_header(&header), 0);
//! ```
use core::net::{Ipv4Addr, Ipv6Addr};

use super::IpProtocol;

/// A sum in progress, over as many slices as there are; any of them may be of odd length.
///
/// ```
/// use synack::wire::checksum::Checksum;
///
/// // The example of RFC 1071 §3.
/// let whole = Checksum::new().over(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
/// assert_eq!(whole.residual(), !0xddf2);
/// let parts = Checksum::new().over(&[0x00]).over(&[0x01, 0xf2]).over(&[0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
/// assert_eq!(parts.residual(), whole.residual());
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use]
pub struct Checksum {
    /// In the machine's byte order: RFC 1071 §2 (B), the sum does not care.
    sum: u64,
    /// Whether an odd number of bytes was added, so that the next one is a low one.
    odd: bool,
}

impl Checksum {
    /// The sum of nothing.
    #[inline]
    pub const fn new() -> Self {
        Self { sum: 0, odd: false }
    }

    /// Goes on over `data`.
    #[inline]
    pub fn over(self, data: &[u8]) -> Self {
        let part = sum(data);
        let part = if self.odd { part.swap_bytes() } else { part };
        // A u64 holds the sum of 2^48 parts.
        Self { sum: self.sum.wrapping_add(part.into()), odd: self.odd ^ (data.len() & 1 == 1) }
    }

    /// Goes on over the pseudo header of TCP and UDP over IPv4 (RFC 9293 §3.1): `len` is the length of
    /// transport header and payload.
    #[inline]
    pub fn over_pseudo_v4(self, src: Ipv4Addr, dst: Ipv4Addr, protocol: IpProtocol, len: u32) -> Self {
        self.over(&src.octets()).over(&dst.octets()).over_pseudo_end(protocol, len)
    }

    /// Goes on over the pseudo header of every transport over IPv6 (RFC 8200 §8.1): `dst` is the final
    /// destination where there is a routing header.
    #[inline]
    pub fn over_pseudo_v6(self, src: Ipv6Addr, dst: Ipv6Addr, protocol: IpProtocol, len: u32) -> Self {
        self.over(&src.octets()).over(&dst.octets()).over_pseudo_end(protocol, len)
    }

    fn over_pseudo_end(self, protocol: IpProtocol, len: u32) -> Self {
        self.over(&len.to_be_bytes()).over(&[0, protocol.0])
    }

    /// The complement of the sum: zero over data with a correct checksum in it.
    #[inline]
    pub fn residual(self) -> u16 {
        !u16::from_be(fold(self.sum))
    }
}

/// The residual of a whole message without pseudo header: ICMP, IGMP.
#[inline]
pub fn message(data: &[u8]) -> u16 {
    Checksum::new().over(data).residual()
}

/// The residual of an IPv4 header, options included.
#[inline]
pub fn ipv4_header(header: &[u8]) -> u16 {
    message(header)
}

/// The residual of a transport header and its whole payload over IPv4.
#[inline]
pub fn transport_v4(src: Ipv4Addr, dst: Ipv4Addr, protocol: IpProtocol, segment: &[u8]) -> u16 {
    let len = u32::try_from(segment.len()).unwrap_or(u32::MAX);
    Checksum::new().over_pseudo_v4(src, dst, protocol, len).over(segment).residual()
}

/// The residual of a transport header and its whole payload over IPv6.
#[inline]
pub fn transport_v6(src: Ipv6Addr, dst: Ipv6Addr, protocol: IpProtocol, segment: &[u8]) -> u16 {
    let len = u32::try_from(segment.len()).unwrap_or(u32::MAX);
    Checksum::new().over_pseudo_v6(src, dst, protocol, len).over(segment).residual()
}

/// Whether a residual says that the checksum is right.
#[inline]
pub const fn is_correct(residual: u16) -> bool {
    residual == 0
}

/// What should stand in the checksum field, where `field` does and the residual over it is
/// `residual`: taking the field out of the sum is adding it to the complement.
#[inline]
pub fn expected(field: u16, residual: u16) -> u16 {
    fold(u64::from(field).wrapping_add(residual.into()))
}

/// The one's complement sum of `data` as 16-bit words of the machine's byte order, an odd
/// last byte padded with zero.
#[inline]
fn sum(data: &[u8]) -> u16 {
    // Four 32-bit words at a time into 64-bit lanes, which carry on their own.
    let mut lanes = [0u64; 4];
    let (blocks, rest) = data.as_chunks::<16>();
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<4>().0) {
            *lane = lane.wrapping_add(u32::from_ne_bytes(*word).into());
        }
    }
    let (words, tail) = rest.as_chunks::<2>();
    let mut total = lanes.iter().fold(0u64, |a, &lane| a.wrapping_add(lane));
    for word in words {
        total = total.wrapping_add(u16::from_ne_bytes(*word).into());
    }
    if let [last] = tail {
        total = total.wrapping_add(u16::from_ne_bytes([*last, 0]).into());
    }
    fold(total)
}

/// Adds the carries back in until 16 bits are left.
#[inline]
const fn fold(sum: u64) -> u16 {
    let sum = (sum >> 32).wrapping_add(sum & 0xffff_ffff);
    let sum = (sum >> 16).wrapping_add(sum & 0xffff);
    let sum = (sum >> 16).wrapping_add(sum & 0xffff);
    let sum = (sum >> 16).wrapping_add(sum & 0xffff);
    let [low, high, ..] = sum.to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 1071 §4.1 word for word: one 16-bit word after the other.
    fn naive(data: &[u8]) -> u16 {
        let mut sum = 0u32;
        for word in data.chunks(2) {
            sum += u32::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
            sum = (sum >> 16) + (sum & 0xffff);
        }
        !u16::try_from(sum).unwrap()
    }

    #[test]
    fn carries_of_a_giant_are_not_lost() {
        let giant = vec![0xff; 262_145];
        assert_eq!(message(&giant), naive(&giant));
    }

    #[test]
    fn an_offset_of_one_changes_the_sum() {
        assert_ne!(message(&[1, 2]), message(&[2, 1]));
        assert_eq!(message(&[]), 0xffff);
    }

    proptest! {
        #[test]
        fn equals_the_naive_sum(data in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(message(&data), naive(&data));
        }

        #[test]
        fn does_not_depend_on_where_slices_end(
            data in proptest::collection::vec(any::<u8>(), 0..200),
            cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|i| i.index(data.len() + 1)).collect();
            cuts.sort_unstable();
            let mut sum = Checksum::new();
            let mut at = 0;
            for cut in cuts {
                sum = sum.over(&data[at..cut]);
                at = cut;
            }
            prop_assert_eq!(sum.over(&data[at..]).residual(), naive(&data));
        }

        #[test]
        fn transports_agree_with_etherparse(
            src: [u8; 4], dst: [u8; 4], src6: [u8; 16], dst6: [u8; 16], wrong: u16,
            payload in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let mut tcp = etherparse::TcpHeader::new(1, 2, 3, 4);
            let segment = |tcp: &etherparse::TcpHeader| [&tcp.to_bytes(), payload.as_slice()].concat();
            let right = tcp.calc_checksum_ipv4_raw(src, dst, &payload).unwrap();
            tcp.checksum = right;
            prop_assert_eq!(transport_v4(src.into(), dst.into(), IpProtocol::TCP, &segment(&tcp)), 0);
            tcp.checksum = wrong;
            let residual = transport_v4(src.into(), dst.into(), IpProtocol::TCP, &segment(&tcp));
            // Both zeros of one's complement are right.
            prop_assert!(expected(wrong, residual) == right || matches!(right, 0 | 0xffff));

            tcp.checksum = tcp.calc_checksum_ipv6_raw(src6, dst6, &payload).unwrap();
            prop_assert_eq!(transport_v6(src6.into(), dst6.into(), IpProtocol::TCP, &segment(&tcp)), 0);
        }
    }
}
