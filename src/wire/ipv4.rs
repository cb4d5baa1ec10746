//! IPv4 (RFC 791).
//!
//! ```text
//! version(4 bits) header length(4 bits) type of service(1) total length(2)
//! identification(2) flags(3 bits) fragment offset(13 bits)
//! time to live(1) protocol(1) checksum(2) source(4) destination(4) options
//! ```
use core::fmt;
use core::net::Ipv4Addr;
use core::ops::Deref;

use super::{Error, IpProtocol, Ipv4Options, Layer};

/// The 20 bytes every IPv4 header starts with, captured whole; nothing is asked of what they say.
#[derive(Clone, Copy)]
pub struct Ipv4Header<'a>(pub &'a [u8; 20]);

impl Ipv4Header<'_> {
    /// Bytes in the header without options.
    pub const LEN: usize = 20;

    /// IP version: 4, if this is one.
    #[inline]
    pub const fn version(self) -> u8 {
        self.0[0] >> 4
    }
    /// Header length in bytes as the header says: a multiple of four up to 60.
    #[inline]
    pub fn header_len(self) -> usize {
        usize::from(self.0[0] & 0x0f) << 2
    }
    /// Type of service: DSCP and ECN (RFC 2474, RFC 3168).
    #[inline]
    pub const fn tos(self) -> u8 {
        self.0[1]
    }
    /// Total length in bytes as the header says.
    #[inline]
    pub const fn total_len(self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]])
    }
    /// Identification.
    #[inline]
    pub const fn id(self) -> u16 {
        u16::from_be_bytes([self.0[4], self.0[5]])
    }
    /// Flags and fragment offset as they stand in the header.
    #[inline]
    pub const fn flags_fragment(self) -> u16 {
        u16::from_be_bytes([self.0[6], self.0[7]])
    }
    /// The don't-fragment flag.
    #[inline]
    pub const fn dont_fragment(self) -> bool {
        self.0[6] & 0x40 != 0
    }
    /// The more-fragments flag.
    #[inline]
    pub const fn more_fragments(self) -> bool {
        self.0[6] & 0x20 != 0
    }
    /// Fragment offset in bytes.
    #[inline]
    pub const fn fragment_offset(self) -> u16 {
        (self.flags_fragment() & 0x1fff) << 3
    }
    /// Time to live.
    #[inline]
    pub const fn ttl(self) -> u8 {
        self.0[8]
    }
    /// Protocol of the payload.
    #[inline]
    pub const fn protocol(self) -> IpProtocol {
        IpProtocol(self.0[9])
    }
    /// Header checksum as it stands.
    #[inline]
    pub const fn checksum(self) -> u16 {
        u16::from_be_bytes([self.0[10], self.0[11]])
    }
    /// Source address.
    #[inline]
    pub const fn src(self) -> Ipv4Addr {
        let f = self.0;
        Ipv4Addr::new(f[12], f[13], f[14], f[15])
    }
    /// Destination address.
    #[inline]
    pub const fn dst(self) -> Ipv4Addr {
        let f = self.0;
        Ipv4Addr::new(f[16], f[17], f[18], f[19])
    }
}

debug_view!(Ipv4Header: header_len, tos, total_len, id, dont_fragment, more_fragments, fragment_offset, ttl, protocol, checksum, src, dst);

/// An IPv4 header, its options and its payload.
///
/// ```
/// use synack::wire::{IpProtocol, Ipv4};
///
/// // 100 bytes declared, two of the payload's 80 captured.
/// let ip = Ipv4::parse(b"E\0\0\x64\0\x01@\0@\x11\0\0\x0a\0\0\x01\x0a\0\0\x02hi")?;
/// assert_eq!((ip.protocol(), ip.ttl(), ip.payload()), (IpProtocol::UDP, 64, &b"hi"[..]));
/// assert_eq!(ip.missing(), 78);
/// # Ok::<(), synack::wire::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Ipv4<'a> {
    header: Ipv4Header<'a>,
    options: &'a [u8],
    payload: &'a [u8],
    missing: usize,
}

impl<'a> Ipv4<'a> {
    /// Bytes in the header without options.
    pub const MIN_HEADER_LEN: usize = 20;

    /// Reads the header at the start of `data`. The payload ends where the total length
    /// says, or where the captured bytes do; a total length of zero (segmentation
    /// offload) leaves it at the captured end. Options may be cut by the capture, see
    /// [`Ipv4::options_missing`].
    ///
    /// # Errors
    /// Fewer than 20 bytes, a version other than 4, a header length below 20, or a total
    /// length below the header length.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let layer = Layer::Ipv4;
        let Some((fixed, rest)) = data.split_first_chunk::<20>() else {
            return Err(Error::Truncated { layer, need: 20, have: data.len() });
        };
        let [vihl, _, t0, t1, ..] = *fixed;
        if vihl >> 4 != 4 {
            return Err(Error::Invalid { layer, reason: "version is not 4" });
        }
        let header_len = usize::from(vihl & 0x0f) << 2;
        let Some(options_len) = header_len.checked_sub(20) else {
            return Err(Error::Invalid { layer, reason: "header length below 20" });
        };
        let (options, rest) = rest.split_at_checked(options_len).unwrap_or((rest, &[]));
        let total = usize::from(u16::from_be_bytes([t0, t1]));
        let (payload, missing) = match total.checked_sub(header_len) {
            Some(n) => (rest.get(..n).unwrap_or(rest), n.saturating_sub(rest.len())),
            None if total == 0 => (rest, 0),
            None => return Err(Error::Invalid { layer, reason: "total length below header length" }),
        };
        Ok(Self { header: Ipv4Header(fixed), options, payload, missing })
    }

    /// As [`Ipv4::parse`], only for a header captured whole with a total length that can be:
    /// fewer questions for the common packet.
    #[inline]
    pub(super) fn parse_plain(data: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = data.split_first_chunk::<20>()?;
        if fixed[0] >> 4 != 4 {
            return None;
        }
        let header_len = usize::from(fixed[0] & 0x0f) << 2;
        let (options, rest) = rest.split_at_checked(header_len.checked_sub(20)?)?;
        let declared = usize::from(u16::from_be_bytes([fixed[2], fixed[3]])).checked_sub(header_len)?;
        let payload = rest.get(..declared).unwrap_or(rest);
        Some(Self {
            header: Ipv4Header(fixed),
            options,
            payload,
            missing: declared.saturating_sub(rest.len()),
        })
    }

    /// Where the packet ends up: the last hop of a source route, or [`Ipv4Header::dst`]. This is
    /// the address of the pseudo header (RFC 1122 §4.1.3.4, §4.2.2.6).
    pub fn final_dst(self) -> Ipv4Addr {
        Ipv4Options::new(self.options).final_hop().unwrap_or_else(|| self.dst())
    }
    /// The options, typed.
    #[inline]
    pub fn options_iter(self) -> Ipv4Options<'a> {
        Ipv4Options::with_missing(self.options, self.options_missing())
    }
    /// The options' captured bytes.
    #[inline]
    pub const fn options(self) -> &'a [u8] {
        self.options
    }
    /// Bytes of options the header declares but the capture lacks.
    #[inline]
    pub fn options_missing(self) -> usize {
        self.header_len().saturating_sub(self.options.len().saturating_add(20))
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

/// The fields of the fixed header.
impl<'a> Deref for Ipv4<'a> {
    type Target = Ipv4Header<'a>;

    #[inline]
    fn deref(&self) -> &Ipv4Header<'a> {
        &self.header
    }
}

debug_view!(Ipv4: header_len, tos, total_len, id, dont_fragment, more_fragments, fragment_offset, ttl, protocol, checksum, src, dst, missing; options, payload);

impl fmt::Display for Ipv4<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} > {} {:?} ttl {} id {} length {}",
            self.src(),
            self.dst(),
            self.protocol(),
            self.ttl(),
            self.id(),
            self.total_len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ipv4Option;
    use super::*;

    #[rustfmt::skip]
    const PACKET: [u8; 30] = [
        0x46, 0xb9, 0, 30, 0x12, 0x34, 0x40, 0, 63, 6, 0xab, 0xcd, 10, 0, 0, 1, 192, 168, 0, 2,
        148, 4, 0, 0, 1, 2, 3, 4, 5, 6,
    ];

    #[test]
    fn parses_every_field() {
        let ip = Ipv4::parse(&PACKET).unwrap();
        assert_eq!((ip.header_len(), ip.tos(), ip.total_len(), ip.id()), (24, 0xb9, 30, 0x1234));
        assert_eq!((ip.dont_fragment(), ip.more_fragments(), ip.fragment_offset()), (true, false, 0));
        assert_eq!((ip.ttl(), ip.protocol(), ip.checksum()), (63, IpProtocol::TCP, 0xabcd));
        assert_eq!((ip.src(), ip.dst()), (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(192, 168, 0, 2)));
        assert_eq!((ip.options(), ip.payload(), ip.missing()), (&PACKET[20..24], &PACKET[24..], 0));
        assert_eq!(ip.options_iter().next(), Some(Ok(Ipv4Option::RouterAlert(0))));
        assert_eq!(ip.to_string(), "10.0.0.1 > 192.168.0.2 TCP ttl 63 id 4660 length 30");
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..20 {
            let error = Error::Truncated { layer: Layer::Ipv4, need: 20, have };
            assert_eq!(Ipv4::parse(&PACKET[..have]).unwrap_err(), error);
        }
        for have in 20..30 {
            let ip = Ipv4::parse(&PACKET[..have]).unwrap();
            assert_eq!(ip.options_missing(), 24usize.saturating_sub(have));
            assert_eq!(ip.payload().len() + ip.missing(), 6);
            assert_eq!(ip.dst(), Ipv4Addr::new(192, 168, 0, 2));
        }
    }

    #[test]
    fn impossible_lengths_are_invalid() {
        for (at, byte, reason) in [
            (0, 0x66, "version is not 4"),
            (0, 0x44, "header length below 20"),
            (3, 23, "total length below header length"),
        ] {
            let mut packet = PACKET;
            packet[at] = byte;
            assert_eq!(Ipv4::parse(&packet).unwrap_err(), Error::Invalid { layer: Layer::Ipv4, reason });
        }
    }

    #[test]
    fn padding_is_no_payload_but_a_total_length_of_zero_takes_all() {
        let mut packet = PACKET;
        packet[3] = 27;
        assert_eq!(Ipv4::parse(&packet).unwrap().payload(), &PACKET[24..27]);
        packet[3] = 0;
        assert_eq!(Ipv4::parse(&packet).unwrap().payload(), &PACKET[24..]);
    }

    #[test]
    fn a_source_route_names_the_final_destination() {
        let with = |options: &[u8]| {
            let mut packet = PACKET[..20].to_vec();
            packet[0] = 0x45 + u8::try_from(options.len() / 4).unwrap();
            packet[3] = 20 + u8::try_from(options.len()).unwrap();
            packet.extend_from_slice(options);
            Ipv4::parse(&packet).unwrap().final_dst()
        };
        let dst = Ipv4Addr::new(192, 168, 0, 2);
        assert_eq!(Ipv4::parse(&PACKET).unwrap().final_dst(), dst);
        assert_eq!(with(&[131, 7, 4, 172, 16, 0, 9, 0]), Ipv4Addr::new(172, 16, 0, 9));
        // Two hops: the last one counts, wherever the pointer is.
        assert_eq!(with(&[1, 137, 11, 4, 172, 16, 0, 9, 10, 9, 8, 7]), Ipv4Addr::new(10, 9, 8, 7));
        // A length that is no whole number of addresses: the last four bytes, as tcpdump has it.
        assert_eq!(with(&[131, 8, 4, 172, 16, 0, 9, 5]), Ipv4Addr::new(16, 0, 9, 5));
        // Too short for an address, after the end, beyond the options, or a recorded route.
        for none in [
            [131, 6, 4, 172, 16, 0, 1, 1],
            [0, 131, 7, 4, 1, 2, 3, 4],
            [131, 9, 4, 1, 2, 3, 4, 0],
            [7, 7, 4, 1, 2, 3, 4, 0],
        ] {
            assert_eq!(with(&none), dst, "{none:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_plain_way_agrees_with_the_general_one(data: [u8; 64], len in 0usize..64, vihl in 0x40u8..0x50) {
            let mut data = data;
            data[0] = vihl;
            data[2] = 0;
            if let Some(plain) = Ipv4::parse_plain(&data[..len]) {
                let general = Ipv4::parse(&data[..len]).unwrap();
                proptest::prop_assert_eq!(format!("{plain:?}"), format!("{general:?}"));
            }
        }
    }
}
