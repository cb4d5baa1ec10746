//! ICMP for IPv4 (RFC 792).
use core::fmt;

use super::icmp::icmp_view;
use super::{Error, Layer, Layers};

icmp_view! {
    /// An ICMP header and its body.
    Icmpv4
}

impl Icmpv4<'_> {
    /// Whether the message reports an error, and so quotes the packet that caused it
    /// (RFC 1122 §3.2.2).
    pub const fn is_error(self) -> bool {
        matches!(self.kind(), 3 | 4 | 5 | 11 | 12)
    }
    const fn quotes(self) -> bool {
        self.is_error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Ports;

    #[test]
    fn an_error_quotes_the_packet_that_caused_it() {
        let mut message = vec![3, 3, 0xab, 0xcd, 0, 0, 0, 0];
        message.extend(*b"E\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x35\0\x36\0\x08\0\0");
        let icmp = Icmpv4::parse(&message).unwrap();
        assert_eq!((icmp.kind(), icmp.code(), icmp.checksum()), (message[0], message[1], 0xabcd));
        assert_eq!((icmp.message(), icmp.payload()), (&message[..], &message[4..]));
        assert_eq!(icmp.rest_of_header(), Some([0; 4]));
        let quoted = icmp.quoted().unwrap();
        assert_eq!(quoted.transport.unwrap().ports(), Some(Ports { src_port: 53, dst_port: 54 }));
    }

    #[test]
    fn an_echo_quotes_nothing() {
        let message = [8, 0, 0, 0, 0, 0, 0, 0, 0x45];
        assert!(Icmpv4::parse(&message).unwrap().quoted().is_none());
    }

    #[test]
    fn truncated_at_every_length() {
        for have in 0..4 {
            let error = Error::Truncated { layer: Layer::Icmpv4, need: 4, have };
            assert_eq!(Icmpv4::parse(&[0; 4][..have]).unwrap_err(), error);
        }
        assert_eq!(Icmpv4::parse(&[3; 7]).unwrap().rest_of_header(), None);
    }
}
