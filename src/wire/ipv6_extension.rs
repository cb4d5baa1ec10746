//! IPv6 extension headers (RFC 8200 §4, RFC 4302, RFC 6275), read lazily and without a cap.
use etherparse::{IpAuthHeaderSlice, Ipv6FragmentHeaderSlice, Ipv6RawExtHeaderSlice};

use super::{Error, IpProtocol, Layer};

/// One extension header, whole.
#[derive(Debug, Clone, Copy)]
pub struct Ipv6Extension<'a> {
    protocol: IpProtocol,
    bytes: &'a [u8],
}

/// The fields of a fragment header (RFC 8200 §4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv6Fragment {
    /// Offset of this fragment in bytes.
    pub offset: u16,
    /// Whether more fragments follow.
    pub more: bool,
    /// Identification.
    pub id: u32,
}

impl<'a> Ipv6Extension<'a> {
    /// Reads the extension header of type `protocol` at the start of `data`;
    /// `Ok(None)` when `protocol` is no extension header.
    ///
    /// # Errors
    /// Fewer bytes than the header says it has.
    pub fn parse(protocol: IpProtocol, data: &'a [u8]) -> Result<Option<Self>, Error> {
        let cut = |need| Error::Truncated { layer: Layer::Ipv6Extension, need, have: data.len() };
        let bytes = match protocol {
            IpProtocol::HOP_BY_HOP
            | IpProtocol::ROUTING
            | IpProtocol::DEST_OPTIONS
            | IpProtocol::MOBILITY => {
                Ipv6RawExtHeaderSlice::from_slice(data).map_err(|e| cut(e.required_len))?.slice()
            }
            IpProtocol::FRAGMENT => {
                Ipv6FragmentHeaderSlice::from_slice(data).map_err(|e| cut(e.required_len))?.slice()
            }
            IpProtocol::AH => {
                use etherparse::err::ip_auth::HeaderSliceError as E;
                match IpAuthHeaderSlice::from_slice(data) {
                    Ok(auth) => auth.slice(),
                    Err(E::Len(e)) => return Err(cut(e.required_len)),
                    Err(E::Content(_)) => {
                        let reason = "authentication header length is zero";
                        return Err(Error::Invalid { layer: Layer::Ipv6Extension, reason });
                    }
                }
            }
            _ => return Ok(None),
        };
        Ok(Some(Self { protocol, bytes }))
    }

    /// Which extension header this is.
    pub const fn protocol(self) -> IpProtocol {
        self.protocol
    }
    /// What follows it.
    pub fn next_header(self) -> IpProtocol {
        self.bytes.first().map_or(IpProtocol::NO_NEXT_HEADER, |&n| IpProtocol(n))
    }
    /// The whole header.
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }
    /// The fields of a fragment header.
    pub fn fragment(self) -> Option<Ipv6Fragment> {
        if self.protocol != IpProtocol::FRAGMENT {
            return None;
        }
        let [_, _, hi, lo, a, b, c, d] = *self.bytes.first_chunk()?;
        let word = u16::from_be_bytes([hi, lo]);
        Some(Ipv6Fragment {
            offset: word & 0xfff8,
            more: word & 1 != 0,
            id: u32::from_be_bytes([a, b, c, d]),
        })
    }
}

/// The extension headers of a packet in order; one `Err`, then the end, where one is cut.
///
/// Nothing is read beyond a fragment header with an offset: what follows is not a header.
#[derive(Debug, Clone)]
pub struct Ipv6Extensions<'a> {
    next: IpProtocol,
    rest: &'a [u8],
    later_fragment: bool,
    failed: bool,
}

impl<'a> Ipv6Extensions<'a> {
    /// The chain that starts at `data` with a header of type `next`.
    #[inline]
    pub const fn new(next: IpProtocol, data: &'a [u8]) -> Self {
        Self { next, rest: data, later_fragment: false, failed: false }
    }

    /// Type of what follows the headers given so far: the transport once iteration has ended.
    #[inline]
    pub const fn next_header(&self) -> IpProtocol {
        self.next
    }
    /// Captured bytes after the headers given so far.
    #[inline]
    pub const fn payload(&self) -> &'a [u8] {
        self.rest
    }
    /// Whether a fragment header with an offset was among the headers given so far.
    #[inline]
    pub const fn is_later_fragment(&self) -> bool {
        self.later_fragment
    }
}

impl<'a> Iterator for Ipv6Extensions<'a> {
    type Item = Result<Ipv6Extension<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.later_fragment {
            return None;
        }
        match Ipv6Extension::parse(self.next, self.rest) {
            Ok(None) => None,
            Ok(Some(header)) => {
                self.next = header.next_header();
                self.rest = self.rest.get(header.bytes.len()..).unwrap_or_default();
                self.later_fragment = header.fragment().is_some_and(|f| f.offset != 0);
                Some(Ok(header))
            }
            Err(error) => {
                self.failed = true;
                Some(Err(error))
            }
        }
    }
}

impl core::iter::FusedIterator for Ipv6Extensions<'_> {}
