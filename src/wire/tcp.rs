//! TCP (RFC 9293).
//!
//! ```text
//! source port(2) destination port(2) sequence(4) acknowledgment(4)
//! data offset(4 bits) reserved(3 bits) flags(9 bits) window(2) checksum(2) urgent pointer(2) options
//! ```
use super::{Error, Layer, Seq, TcpOptions};
use core::fmt;
use core::ops::Deref;

bitflags::bitflags! {
    /// The control bits of a TCP header.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct TcpFlags: u16 {
        /// No more data from the sender.
        const FIN = 0x001;
        /// Synchronize sequence numbers.
        const SYN = 0x002;
        /// Reset the connection.
        const RST = 0x004;
        /// Push.
        const PSH = 0x008;
        /// The acknowledgment field is significant.
        const ACK = 0x010;
        /// The urgent pointer is significant.
        const URG = 0x020;
        /// ECN echo (RFC 3168).
        const ECE = 0x040;
        /// Congestion window reduced (RFC 3168).
        const CWR = 0x080;
        /// Accurate ECN (RFC 9768), once the nonce sum.
        const AE = 0x100;
    }
}

impl fmt::Display for TcpFlags {
    /// Names joined by a bar: `SYN|ACK`; `none` when no bit is set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (i, (name, _)) in self.iter_names().enumerate() {
            f.write_str(if i == 0 { "" } else { "|" })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// Source and destination port: what is left of a transport header cut after four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ports {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
}

impl Ports {
    /// Reads the first four bytes of `data`.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let [a, b, c, d] = *data.first_chunk()?;
        Some(Self { src_port: u16::from_be_bytes([a, b]), dst_port: u16::from_be_bytes([c, d]) })
    }
}

/// The 20 bytes every TCP header starts with, captured whole; nothing is asked of what they say.
///
/// ```
/// use synack::wire::{TcpFlags, TcpHeader};
///
/// let header = TcpHeader(b"\xc8\x22\x01\xbb\0\0\0\x01\0\0\0\0\x40\x02\xff\xff\0\0\0\0");
/// assert_eq!((header.dst_port(), header.flags()), (443, TcpFlags::SYN));
/// assert_eq!(header.header_len(), 16); // which `Tcp::parse` refuses
/// ```
#[derive(Clone, Copy)]
pub struct TcpHeader<'a>(pub &'a [u8; 20]);

impl TcpHeader<'_> {
    /// Source port.
    #[inline]
    pub const fn src_port(self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }
    /// Destination port.
    #[inline]
    pub const fn dst_port(self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]])
    }
    /// Sequence number.
    #[inline]
    pub const fn seq(self) -> Seq {
        let f = self.0;
        Seq(u32::from_be_bytes([f[4], f[5], f[6], f[7]]))
    }
    /// Acknowledgment number.
    #[inline]
    pub const fn ack(self) -> Seq {
        let f = self.0;
        Seq(u32::from_be_bytes([f[8], f[9], f[10], f[11]]))
    }
    /// Header length in bytes as the header says, 20..=60.
    #[inline]
    pub fn header_len(self) -> usize {
        usize::from(self.0[12] >> 4) << 2
    }
    /// Control bits.
    #[inline]
    pub const fn flags(self) -> TcpFlags {
        TcpFlags::from_bits_truncate(u16::from_be_bytes([self.0[12] & 0x01, self.0[13]]))
    }
    /// Window as it stands, unscaled.
    #[inline]
    pub const fn window(self) -> u16 {
        u16::from_be_bytes([self.0[14], self.0[15]])
    }
    /// Checksum as it stands.
    #[inline]
    pub const fn checksum(self) -> u16 {
        u16::from_be_bytes([self.0[16], self.0[17]])
    }
    /// Urgent pointer.
    #[inline]
    pub const fn urgent_pointer(self) -> u16 {
        u16::from_be_bytes([self.0[18], self.0[19]])
    }
}

/// A TCP header, its options and its payload.
///
/// ```
/// use synack::wire::{Tcp, TcpFlags, TcpOption};
///
/// let segment = b"\xc8\x22\x01\xbb\0\0\0\x01\0\0\0\0\x60\x02\xff\xff\0\0\0\0\x02\x04\x05\xb4";
/// let tcp = Tcp::parse(segment)?;
/// assert_eq!(tcp.flags(), TcpFlags::SYN);
/// assert_eq!(tcp.options_iter().next(), Some(Ok(TcpOption::Mss(1460))));
/// assert_eq!(tcp.to_string(), "51234 > 443 SYN seq 1 ack 0 win 65535 length 0");
/// # Ok::<(), synack::wire::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Tcp<'a> {
    header: TcpHeader<'a>,
    options: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Tcp<'a> {
    /// Bytes in the header without options.
    pub const MIN_HEADER_LEN: usize = 20;

    /// Reads the header at the start of `data`, which ends where the IP payload does.
    /// Options may be cut by the capture or by the end of the segment, see
    /// [`Tcp::options_missing`].
    ///
    /// # Errors
    /// Fewer than 20 bytes, or a data offset below 5.
    #[inline]
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let layer = Layer::Tcp;
        let Some((fixed, rest)) = data.split_first_chunk::<20>() else {
            return Err(Error::Truncated { layer, need: 20, have: data.len() });
        };
        let header_len = usize::from(fixed[12] >> 4) << 2;
        let Some(options_len) = header_len.checked_sub(20) else {
            return Err(Error::Invalid { layer, reason: "data offset below 5" });
        };
        let (options, payload) = rest.split_at_checked(options_len).unwrap_or((rest, &[]));
        Ok(Self { header: TcpHeader(fixed), options, payload })
    }

    /// As [`Tcp::parse`], only for a header captured whole: fewer questions for the common segment.
    #[inline]
    pub(super) fn parse_plain(data: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = data.split_first_chunk::<20>()?;
        let header_len = usize::from(fixed[12] >> 4) << 2;
        let (options, payload) = rest.split_at_checked(header_len.checked_sub(20)?)?;
        Some(Self { header: TcpHeader(fixed), options, payload })
    }

    /// The options, typed.
    #[inline]
    pub fn options_iter(self) -> TcpOptions<'a> {
        TcpOptions::with_missing(self.options, self.options_missing())
    }
    /// The options' captured bytes.
    #[inline]
    pub const fn options(self) -> &'a [u8] {
        self.options
    }
    /// Bytes of options the header declares but the capture or the segment lacks.
    #[inline]
    pub fn options_missing(self) -> usize {
        self.header_len().saturating_sub(self.options.len().saturating_add(20))
    }
    /// Captured payload.
    #[inline]
    pub const fn payload(self) -> &'a [u8] {
        self.payload
    }
}

/// The fields of the fixed header.
impl<'a> Deref for Tcp<'a> {
    type Target = TcpHeader<'a>;

    #[inline]
    fn deref(&self) -> &TcpHeader<'a> {
        &self.header
    }
}

debug_view!(TcpHeader: src_port, dst_port, seq, ack, header_len, flags, window, checksum, urgent_pointer);
debug_view!(Tcp: src_port, dst_port, seq, ack, header_len, flags, window, checksum, urgent_pointer; options, payload);

impl fmt::Display for Tcp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} > {} {} seq {} ack {} win {} length {}",
            self.src_port(),
            self.dst_port(),
            self.flags(),
            self.seq().0,
            self.ack().0,
            self.window(),
            self.payload.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const SEGMENT: [u8; 26] = [
        1, 187, 200, 34, 1, 2, 3, 4, 5, 6, 7, 8, 0x61, 0x12, 0xff, 0xfe, 0xab, 0xcd, 0, 9,
        2, 4, 5, 0xb4, b'h', b'i',
    ];

    #[test]
    fn parses_every_field() {
        let tcp = Tcp::parse(&SEGMENT).unwrap();
        assert_eq!((tcp.src_port(), tcp.dst_port()), (443, 51234));
        assert_eq!((tcp.seq(), tcp.ack()), (Seq(0x0102_0304), Seq(0x0506_0708)));
        assert_eq!((tcp.header_len(), tcp.window(), tcp.checksum()), (24, 0xfffe, 0xabcd));
        assert_eq!(tcp.flags(), TcpFlags::SYN | TcpFlags::ACK | TcpFlags::AE);
        assert_eq!(tcp.urgent_pointer(), 9);
        assert_eq!((tcp.options(), tcp.payload()), (&SEGMENT[20..24], &b"hi"[..]));
        assert_eq!(tcp.to_string(), "443 > 51234 SYN|ACK|AE seq 16909060 ack 84281096 win 65534 length 2");
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..20 {
            let error = Error::Truncated { layer: Layer::Tcp, need: 20, have };
            assert_eq!(Tcp::parse(&SEGMENT[..have]).unwrap_err(), error);
            assert_eq!(Ports::parse(&SEGMENT[..have]).is_some(), have >= 4);
        }
        for have in 20..24 {
            let tcp = Tcp::parse(&SEGMENT[..have]).unwrap();
            assert_eq!((tcp.options_missing(), tcp.payload()), (24 - have, &[][..]));
            assert_eq!(tcp.urgent_pointer(), 9);
        }
    }

    #[test]
    fn impossible_data_offsets() {
        let mut segment = SEGMENT;
        for offset in 0..5 {
            segment[12] = offset << 4;
            let error = Error::Invalid { layer: Layer::Tcp, reason: "data offset below 5" };
            assert_eq!(Tcp::parse(&segment).unwrap_err(), error);
        }
        segment[12] = 0xf0;
        let tcp = Tcp::parse(&segment).unwrap();
        assert_eq!((tcp.header_len(), tcp.options_missing()), (60, 34));
    }

    proptest::proptest! {
        #[test]
        fn the_plain_way_agrees_with_the_general_one(data: [u8; 64], len in 0usize..64) {
            if let Some(plain) = Tcp::parse_plain(&data[..len]) {
                let general = Tcp::parse(&data[..len]).unwrap();
                proptest::prop_assert_eq!(format!("{plain:?}"), format!("{general:?}"));
            }
        }
    }
}
