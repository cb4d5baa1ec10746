//! ICMP for IPv6 (RFC 4443).
use core::fmt;

use super::icmp::icmp_view;
use super::{Error, Layer, Layers};

icmp_view! {
    /// An ICMPv6 header and its body.
    Icmpv6
}

impl Icmpv6<'_> {
    /// Whether the message reports an error: types below 128 (RFC 4443 §2.1).
    pub const fn is_error(self) -> bool {
        self.kind() < 128
    }
    /// An error of a type not known may hold anything.
    const fn quotes(self) -> bool {
        matches!(self.kind(), 1..=4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Ports;

    #[test]
    fn an_error_quotes_the_packet_that_caused_it() {
        let mut message = vec![1, 4, 0xab, 0xcd, 0, 0, 0, 0];
        message.extend(*b"E\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x35\0\x36\0\x08\0\0");
        let icmp = Icmpv6::parse(&message).unwrap();
        assert_eq!((icmp.kind(), icmp.code(), icmp.checksum()), (message[0], message[1], 0xabcd));
        assert_eq!((icmp.message(), icmp.payload()), (&message[..], &message[4..]));
        assert_eq!(icmp.rest_of_header(), Some([0; 4]));
        let quoted = icmp.quoted().unwrap();
        assert_eq!(quoted.transport.unwrap().ports(), Some(Ports { src_port: 53, dst_port: 54 }));
    }

    #[test]
    fn an_echo_quotes_nothing() {
        let message = [128, 0, 0, 0, 0, 0, 0, 0, 0x45];
        assert!(Icmpv6::parse(&message).unwrap().quoted().is_none());
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..4 {
            let error = Error::Truncated { layer: Layer::Icmpv6, need: 4, have };
            assert_eq!(Icmpv6::parse(&[0; 4][..have]).unwrap_err(), error);
        }
        assert_eq!(Icmpv6::parse(&[3; 7]).unwrap().rest_of_header(), None);
    }
}
