//! From our views to `etherparse`'s owned headers, for those who edit or write packets with it.
//!
//! ```
//! use synack::wire::{Layers, LinkType};
//!
//! let packet = b"E\0\0(\0\x01@\0@\x06\0\0\x7f\0\0\x01\x7f\0\0\x01\
//!                \x04\x01\0\x50\0\0\0\x07\0\0\0\0\x50\x02\xff\xff\0\0\0\0";
//! let tcp = Layers::decode(LinkType::RAW, packet).tcp().unwrap();
//! let mut header = etherparse::TcpHeader::try_from(tcp).unwrap();
//! assert!(header.syn);
//! header.destination_port = 8080;
//! ```
use etherparse::{
    ArpPacket, Ethernet2Header, Icmpv4Type, Icmpv6Type, IpFragOffset, Ipv4Header, Ipv6FlowLabel, Ipv6Header,
    SingleVlanHeader, TcpHeader, UdpHeader, VlanId, VlanPcp,
};

use super::{Arp, Error, Ethernet, Icmpv4, Icmpv6, Ipv4, Ipv6, Layer, Tcp, TcpFlags, Udp, Vlan};

impl From<Ethernet<'_>> for Ethernet2Header {
    fn from(ethernet: Ethernet<'_>) -> Self {
        Self {
            source: ethernet.src().0,
            destination: ethernet.dst().0,
            ether_type: etherparse::EtherType(ethernet.ether_type().0),
        }
    }
}

impl From<Vlan<'_>> for SingleVlanHeader {
    fn from(vlan: Vlan<'_>) -> Self {
        let tag = vlan.tag();
        // Both were masked to their width: the defaults are never taken.
        Self {
            pcp: u8::try_from(tag.priority()).ok().and_then(|p| VlanPcp::try_new(p).ok()).unwrap_or_default(),
            drop_eligible_indicator: tag.drop_eligible(),
            vlan_id: VlanId::try_new(tag.id()).unwrap_or_default(),
            ether_type: etherparse::EtherType(vlan.ether_type().0),
        }
    }
}

impl TryFrom<Ipv4<'_>> for Ipv4Header {
    type Error = Error;

    /// # Errors
    /// The capture cut the options.
    fn try_from(ip: Ipv4<'_>) -> Result<Self, Error> {
        let options = ip.options().try_into().map_err(|_| cut(Layer::Ipv4Options, ip.options_missing()))?;
        if ip.options_missing() != 0 {
            return Err(cut(Layer::Ipv4Options, ip.options_missing()));
        }
        Ok(Self {
            dscp: etherparse::IpDscp::try_new(ip.tos() >> 2).unwrap_or_default(),
            ecn: etherparse::IpEcn::try_new(ip.tos() & 3).unwrap_or_default(),
            total_len: ip.total_len(),
            identification: ip.id(),
            dont_fragment: ip.dont_fragment(),
            more_fragments: ip.more_fragments(),
            fragment_offset: IpFragOffset::try_new(ip.fragment_offset() >> 3).unwrap_or_default(),
            time_to_live: ip.ttl(),
            protocol: etherparse::IpNumber(ip.protocol().0),
            header_checksum: ip.checksum(),
            source: ip.src().octets(),
            destination: ip.dst().octets(),
            options,
        })
    }
}

impl From<Ipv6<'_>> for Ipv6Header {
    fn from(ip: Ipv6<'_>) -> Self {
        Self {
            traffic_class: ip.traffic_class(),
            flow_label: Ipv6FlowLabel::try_new(ip.flow_label()).unwrap_or_default(),
            payload_length: ip.payload_len(),
            next_header: etherparse::IpNumber(ip.next_header().0),
            hop_limit: ip.hop_limit(),
            source: ip.src().octets(),
            destination: ip.dst().octets(),
        }
    }
}

impl TryFrom<Tcp<'_>> for TcpHeader {
    type Error = Error;

    /// # Errors
    /// The capture cut the options.
    fn try_from(tcp: Tcp<'_>) -> Result<Self, Error> {
        let flags = tcp.flags();
        let mut header = Self::new(tcp.src_port(), tcp.dst_port(), tcp.seq().0, tcp.window());
        header.acknowledgment_number = tcp.ack().0;
        header.ns = flags.contains(TcpFlags::AE);
        header.fin = flags.contains(TcpFlags::FIN);
        header.syn = flags.contains(TcpFlags::SYN);
        header.rst = flags.contains(TcpFlags::RST);
        header.psh = flags.contains(TcpFlags::PSH);
        header.ack = flags.contains(TcpFlags::ACK);
        header.urg = flags.contains(TcpFlags::URG);
        header.ece = flags.contains(TcpFlags::ECE);
        header.cwr = flags.contains(TcpFlags::CWR);
        header.checksum = tcp.checksum();
        header.urgent_pointer = tcp.urgent_pointer();
        let missing = tcp.options_missing();
        match header.set_options_raw(tcp.options()) {
            Ok(()) if missing == 0 => Ok(header),
            _ => Err(cut(Layer::TcpOptions, missing)),
        }
    }
}

impl From<Udp<'_>> for UdpHeader {
    fn from(udp: Udp<'_>) -> Self {
        Self {
            source_port: udp.src_port(),
            destination_port: udp.dst_port(),
            length: udp.len(),
            checksum: udp.checksum(),
        }
    }
}

impl TryFrom<Arp<'_>> for ArpPacket {
    type Error = Error;

    /// # Errors
    /// Never for a view of [`Arp::parse`], which has all the bytes.
    fn try_from(arp: Arp<'_>) -> Result<Self, Error> {
        let invalid = |_| Error::Invalid { layer: Layer::Arp, reason: "addresses of different lengths" };
        Self::new(
            etherparse::ArpHardwareId(arp.hardware_type()),
            etherparse::EtherType(arp.protocol_type().0),
            etherparse::ArpOperation(arp.operation()),
            arp.sender_hardware(),
            arp.sender_protocol(),
            arp.target_hardware(),
            arp.target_protocol(),
        )
        .map_err(invalid)
    }
}

impl Icmpv4<'_> {
    /// The message's type, code and parameters, typed; `None` when the capture cut them.
    pub fn typed(self) -> Option<Icmpv4Type> {
        Some(etherparse::Icmpv4Slice::from_slice(self.message()).ok()?.icmp_type())
    }
}

impl Icmpv6<'_> {
    /// The message's type, code and parameters, typed; `None` when the capture cut them.
    pub fn typed(self) -> Option<Icmpv6Type> {
        Some(etherparse::Icmpv6Slice::from_slice(self.message()).ok()?.icmp_type())
    }
}

fn cut(layer: Layer, missing: usize) -> Error {
    Error::Truncated { layer, need: missing, have: 0 }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::wire::{Layers, Link, LinkType, Network, Transport};

    #[test]
    fn a_built_packet_survives_the_round_trip() {
        let mut bytes = Vec::new();
        PacketBuilder::ethernet2([1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12])
            .single_vlan(VlanId::try_new(77).unwrap())
            .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 63)
            .tcp(443, 51234, 0xdead_beef, 1024)
            .syn()
            .ack(99)
            .options(&[etherparse::TcpOptionElement::MaximumSegmentSize(1460)])
            .unwrap()
            .write(&mut bytes, b"data")
            .unwrap();
        let layers = Layers::decode(LinkType::ETHERNET, &bytes);
        let (Some(Link::Ethernet(eth)), Some(Network::Ipv4(ip)), Some(Transport::Tcp(tcp))) =
            (layers.link, layers.network, layers.transport)
        else {
            panic!("{layers:?}");
        };
        let mut again = Ethernet2Header::from(eth).to_bytes().to_vec();
        again.extend(SingleVlanHeader::from(layers.vlans().next().unwrap()).to_bytes());
        again.extend(Ipv4Header::try_from(ip).unwrap().to_bytes());
        again.extend(TcpHeader::try_from(tcp).unwrap().to_bytes());
        again.extend(layers.payload);
        assert_eq!(again, bytes);
    }

    #[test]
    fn cut_options_do_not_convert() {
        let mut header = Ipv4Header::new(0, 1, etherparse::IpNumber::TCP, [0; 4], [1; 4]).unwrap();
        header.options = [1; 8].into();
        header.total_len = 28;
        let bytes = header.to_bytes();
        assert!(Ipv4Header::try_from(Ipv4::parse(&bytes).unwrap()).is_ok());
        assert!(Ipv4Header::try_from(Ipv4::parse(&bytes[..24]).unwrap()).is_err());
    }

    #[test]
    fn icmp_messages_are_typed() {
        let echo = [8, 0, 0, 0, 0x12, 0x34, 0, 7];
        let header = etherparse::IcmpEchoHeader { id: 0x1234, seq: 7 };
        assert_eq!(Icmpv4::parse(&echo).unwrap().typed(), Some(Icmpv4Type::EchoRequest(header)));
        assert_eq!(Icmpv4::parse(&echo[..6]).unwrap().typed(), None);
        let echo6 = [129, 0, 0, 0, 0x12, 0x34, 0, 7];
        assert_eq!(Icmpv6::parse(&echo6).unwrap().typed(), Some(Icmpv6Type::EchoReply(header)));
    }
}
