//! IPv6 (RFC 8200).
//!
//! ```text
//! version(4 bits) traffic class(1) flow label(20 bits)
//! payload length(2) next header(1) hop limit(1) source(16) destination(16)
//! ```
use core::fmt;
use core::net::Ipv6Addr;
use core::ops::Deref;

use super::{Error, IpProtocol, Ipv6Extensions, Layer, Tcp};

/// The 40 bytes of an IPv6 fixed header, captured whole; nothing is asked of what they say.
#[derive(Clone, Copy)]
pub struct Ipv6Header<'a>(pub &'a [u8; 40]);

impl Ipv6Header<'_> {
    /// Bytes in the fixed header.
    pub const LEN: usize = 40;

    /// IP version: 6, if this is one.
    #[inline]
    pub const fn version(self) -> u8 {
        self.0[0] >> 4
    }
    /// Traffic class: DSCP and ECN.
    #[inline]
    pub const fn traffic_class(self) -> u8 {
        (self.0[0] << 4) | (self.0[1] >> 4)
    }
    /// Flow label, 20 bits (RFC 6437).
    #[inline]
    pub const fn flow_label(self) -> u32 {
        u32::from_be_bytes([0, self.0[1] & 0x0f, self.0[2], self.0[3]])
    }
    /// Payload length in bytes as the header says.
    #[inline]
    pub const fn payload_len(self) -> u16 {
        u16::from_be_bytes([self.0[4], self.0[5]])
    }
    /// What follows: an extension header or the transport.
    #[inline]
    pub const fn next_header(self) -> IpProtocol {
        IpProtocol(self.0[6])
    }
    /// Hop limit.
    #[inline]
    pub const fn hop_limit(self) -> u8 {
        self.0[7]
    }
    /// Source address.
    #[inline]
    pub fn src(self) -> Ipv6Addr {
        let [_, _, _, _, _, _, _, _, s @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *self.0;
        Ipv6Addr::from(s)
    }
    /// Destination address.
    #[inline]
    pub fn dst(self) -> Ipv6Addr {
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, d @ ..] = *self.0;
        Ipv6Addr::from(d)
    }
}

debug_view!(Ipv6Header: traffic_class, flow_label, payload_len, next_header, hop_limit, src, dst);

/// An IPv6 fixed header and its payload (extension headers included).
#[derive(Clone, Copy)]
pub struct Ipv6<'a> {
    header: Ipv6Header<'a>,
    payload: &'a [u8],
    missing: usize,
}

impl<'a> Ipv6<'a> {
    /// Bytes in the fixed header.
    pub const HEADER_LEN: usize = 40;

    /// Reads the fixed header at the start of `data`. A payload length of zero with a jumbo
    /// payload option (RFC 2675) takes its length from that; one that TCP follows (segments merged
    /// beyond 65,535 bytes, or left to the card) leaves it at the captured end.
    ///
    /// # Errors
    /// Fewer than 40 bytes, or a version other than 6.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let layer = Layer::Ipv6;
        let Some((fixed, rest)) = data.split_first_chunk::<40>() else {
            return Err(Error::Truncated { layer, need: 40, have: data.len() });
        };
        if fixed[0] >> 4 != 6 {
            return Err(Error::Invalid { layer, reason: "version is not 6" });
        }
        let declared = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
        let declared = if declared == 0 { hidden_len(IpProtocol(fixed[6]), rest) } else { declared };
        let payload = rest.get(..declared).unwrap_or(rest);
        Ok(Self { header: Ipv6Header(fixed), payload, missing: declared.saturating_sub(rest.len()) })
    }

    /// The extension headers; the iterator then knows what follows them.
    #[inline]
    pub fn extensions(self) -> Ipv6Extensions<'a> {
        Ipv6Extensions::new(self.next_header(), self.payload)
    }
    /// Whether this is a fragment other than the first.
    #[inline]
    pub fn is_later_fragment(self) -> bool {
        self.extensions().any(|e| e.is_ok_and(|e| e.fragment().is_some_and(|f| f.offset != 0)))
    }
    /// Captured payload, without link padding.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
    /// Bytes of payload the header declares but the capture lacks.
    #[inline]
    pub const fn missing(self) -> usize {
        self.missing
    }
}

/// The length that a payload length of zero stands for: all there is where that can be a TCP segment
/// and not link padding, else the jumbo payload length (RFC 2675 §2), when `data` starts with a
/// hop-by-hop header that has one.
#[cold]
fn hidden_len(next: IpProtocol, data: &[u8]) -> usize {
    const JUMBO: u8 = 0xc2;
    if next == IpProtocol::TCP && data.len() >= Tcp::MIN_HEADER_LEN {
        return data.len();
    }
    if next != IpProtocol::HOP_BY_HOP {
        return 0;
    }
    let Some(&[_, len8, ..]) = data.first_chunk::<2>() else { return 0 };
    let header_len = usize::from(len8).saturating_add(1) << 3;
    let mut options = data.get(2..header_len).or(data.get(2..)).unwrap_or_default();
    loop {
        match options {
            [0, rest @ ..] => options = rest,
            [JUMBO, 4, a, b, c, d, ..] => {
                return usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
            }
            [_, len, rest @ ..] => options = rest.get(usize::from(*len)..).unwrap_or_default(),
            [] | [_] => return 0,
        }
    }
}

/// The fields of the fixed header.
impl<'a> Deref for Ipv6<'a> {
    type Target = Ipv6Header<'a>;

    #[inline]
    fn deref(&self) -> &Ipv6Header<'a> {
        &self.header
    }
}

debug_view!(Ipv6: traffic_class, flow_label, payload_len, next_header, hop_limit, src, dst, missing; payload);

impl fmt::Display for Ipv6<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} > {} {:?} hlim {} length {}",
            self.src(),
            self.dst(),
            self.next_header(),
            self.hop_limit(),
            self.payload_len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: [u8; 43] = {
        let mut p = [0; 43];
        (p[0], p[1], p[2], p[3], p[5], p[6], p[7]) = (0x6a, 0x5b, 0xcd, 0xef, 3, 6, 64);
        (p[8], p[23], p[24], p[39]) = (0xfe, 1, 0xff, 2);
        (p[40], p[41], p[42]) = (7, 8, 9);
        p
    };

    #[test]
    fn parses_every_field() {
        let ip = Ipv6::parse(&PACKET).unwrap();
        assert_eq!((ip.traffic_class(), ip.flow_label(), ip.payload_len()), (0xa5, 0xbcdef, 3));
        assert_eq!((ip.next_header(), ip.hop_limit()), (IpProtocol::TCP, 64));
        assert_eq!((ip.src().to_string(), ip.dst().to_string()), ("fe00::1".into(), "ff00::2".into()));
        assert_eq!((ip.payload(), ip.missing()), (&[7, 8, 9][..], 0));
        assert_eq!(ip.to_string(), "fe00::1 > ff00::2 TCP hlim 64 length 3");
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..40 {
            let error = Error::Truncated { layer: Layer::Ipv6, need: 40, have };
            assert_eq!(Ipv6::parse(&PACKET[..have]).unwrap_err(), error);
        }
        for have in 40..43 {
            assert_eq!(Ipv6::parse(&PACKET[..have]).unwrap().missing(), 43 - have);
        }
    }

    #[test]
    fn another_version_is_invalid() {
        let mut packet = PACKET;
        packet[0] = 0x45;
        let error = Error::Invalid { layer: Layer::Ipv6, reason: "version is not 6" };
        assert_eq!(Ipv6::parse(&packet).unwrap_err(), error);
    }

    #[test]
    fn a_jumbo_option_gives_the_length_that_zero_hides() {
        let mut packet = [0u8; 40 + 8 + 5];
        packet[0] = 0x60;
        assert!(Ipv6::parse(&packet).unwrap().payload().is_empty());
        packet[40..48].copy_from_slice(&[6, 0, 0xc2, 4, 0, 0, 0, 20]);
        let ip = Ipv6::parse(&packet).unwrap();
        assert_eq!((ip.payload().len(), ip.missing()), (13, 7));
        // Behind padding, too.
        packet[40..53].copy_from_slice(&[6, 1, 0, 1, 1, 0, 0xc2, 4, 0, 0, 0, 13, 0]);
        assert_eq!(Ipv6::parse(&packet).unwrap().payload().len(), 13);
    }

    #[test]
    fn zero_before_tcp_takes_all_but_not_padding() {
        let mut packet = [0u8; 40 + 20 + 9];
        (packet[0], packet[6]) = (0x60, 6);
        assert_eq!(Ipv6::parse(&packet).unwrap().payload().len(), 29);
        assert!(Ipv6::parse(&packet[..46]).unwrap().payload().is_empty());
        packet[6] = 17;
        assert!(Ipv6::parse(&packet).unwrap().payload().is_empty());
    }
}
