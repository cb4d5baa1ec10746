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

#[cfg(test)]
mod tests {
    use super::*;

    /// Hop-by-hop, routing, fragment (first), destination options, then TCP.
    #[rustfmt::skip]
    const CHAIN: [u8; 34] = [
        43, 0, 1, 4, 0, 0, 0, 0,
        44, 0, 4, 0, 0, 0, 0, 0,
        60, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef,
        6, 0, 1, 4, 0, 0, 0, 0,
        0xaa, 0xbb,
    ];

    #[test]
    fn a_chain_leads_to_the_transport() {
        let mut chain = Ipv6Extensions::new(IpProtocol::HOP_BY_HOP, &CHAIN);
        let seen: Vec<_> = chain.by_ref().map(|e| e.unwrap().protocol()).collect();
        let whole =
            [IpProtocol::HOP_BY_HOP, IpProtocol::ROUTING, IpProtocol::FRAGMENT, IpProtocol::DEST_OPTIONS];
        assert_eq!(seen, whole);
        assert_eq!((chain.next_header(), chain.payload()), (IpProtocol::TCP, &[0xaa, 0xbb][..]));
        assert!(!chain.is_later_fragment());
    }

    #[test]
    fn a_fragment_header_gives_its_fields() {
        let header = Ipv6Extension::parse(IpProtocol::FRAGMENT, &CHAIN[16..]).unwrap().unwrap();
        assert_eq!(header.fragment(), Some(Ipv6Fragment { offset: 0, more: true, id: 0xdead_beef }));
        let later = [6, 0, 0x05, 0xa8, 0, 0, 0, 1, 43, 0, 0, 0, 0, 0, 0, 0];
        let mut chain = Ipv6Extensions::new(IpProtocol::FRAGMENT, &later);
        assert_eq!(chain.next().unwrap().unwrap().fragment().unwrap().offset, 0x05a8);
        assert!(chain.next().is_none() && chain.is_later_fragment());
        assert_eq!(chain.payload().len(), 8);
    }

    #[test]
    fn truncated_at_every_length_is_one_error_and_the_end() {
        for have in 0..32 {
            let items: Vec<_> = Ipv6Extensions::new(IpProtocol::HOP_BY_HOP, &CHAIN[..have]).collect();
            assert_eq!(items.iter().filter(|i| i.is_ok()).count(), have / 8);
            assert!(matches!(items.last(), Some(Err(Error::Truncated { need: 8, .. }))), "{have}");
        }
    }

    #[test]
    fn an_authentication_header_counts_in_words_of_four() {
        let mut auth = [0; 24];
        (auth[0], auth[1]) = (6, 4);
        let header = Ipv6Extension::parse(IpProtocol::AH, &auth).unwrap().unwrap();
        assert_eq!((header.bytes().len(), header.next_header()), (24, IpProtocol::TCP));
        auth[1] = 0;
        assert!(matches!(Ipv6Extension::parse(IpProtocol::AH, &auth), Err(Error::Invalid { .. })));
    }

    #[test]
    fn two_hundred_headers_are_no_limit() {
        let mut chain = [60, 0, 1, 4, 0, 0, 0, 0].repeat(200);
        chain[199 * 8] = 59;
        let mut headers = Ipv6Extensions::new(IpProtocol::DEST_OPTIONS, &chain);
        assert_eq!(headers.by_ref().filter(|h| h.is_ok()).count(), 200);
        assert_eq!(headers.next_header(), IpProtocol::NO_NEXT_HEADER);
    }
}
