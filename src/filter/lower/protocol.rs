//! Protocols: a name alone, and `proto`.
use super::super::ir::Test;
use super::super::link::{Base, Width, ether};
use super::super::{Error, ErrorKind, Proto, Quals};
use super::Lower;
use crate::wire::Headers;

const IPV6_FRAGMENT: u32 = 44;
/// Network-layer protocol identifiers of ISO.
const CLNP: u32 = 0x81;
const ESIS: u32 = 0x82;
const ISIS: u32 = 0x83;

impl Lower<'_> {
    /// A protocol name alone.
    pub(super) fn protocol(&mut self, proto: Proto) -> Result<Test, Error> {
        /// IS-IS packet types.
        mod pdu {
            pub(super) const L1_HELLO: u32 = 15;
            pub(super) const L2_HELLO: u32 = 16;
            pub(super) const POINT_TO_POINT_HELLO: u32 = 17;
            pub(super) const L1_LSP: u32 = 18;
            pub(super) const L2_LSP: u32 = 20;
            pub(super) const L1_CSNP: u32 = 24;
            pub(super) const L2_CSNP: u32 = 25;
            pub(super) const L1_PSNP: u32 = 26;
            pub(super) const L2_PSNP: u32 = 27;
        }
        use pdu::*;
        match proto {
            Proto::Sctp => self.ip_protocol(132),
            Proto::Tcp => self.ip_protocol(6),
            Proto::Udp => self.ip_protocol(17),
            Proto::Pim => self.ip_protocol(103),
            Proto::Ah => self.ip_protocol(51),
            Proto::Esp => self.ip_protocol(50),
            Proto::Icmp => self.ipv4_protocol(1),
            Proto::Igmp => self.ipv4_protocol(2),
            Proto::Igrp => self.ipv4_protocol(9),
            // CARP took VRRP's number.
            Proto::Vrrp | Proto::Carp => self.ipv4_protocol(112),
            Proto::Icmp6 => self.ipv6_protocol(58),
            Proto::Ip => self.link_type(ether::IPV4),
            Proto::Ip6 => self.link_type(ether::IPV6),
            Proto::Arp => self.link_type(ether::ARP),
            Proto::Rarp => self.link_type(ether::REVARP),
            Proto::Atalk => self.link_type(ether::ATALK),
            Proto::Aarp => self.link_type(ether::AARP),
            Proto::Decnet => self.link_type(ether::DECNET),
            Proto::Sca => self.link_type(ether::SCA),
            Proto::Lat => self.link_type(ether::LAT),
            Proto::Mopdl => self.link_type(ether::MOPDL),
            Proto::Moprc => self.link_type(ether::MOPRC),
            Proto::Iso => self.link_type(ether::SAP_ISO),
            Proto::Stp => self.link_type(ether::SAP_STP),
            Proto::Ipx => self.link_type(ether::SAP_IPX),
            Proto::Netbeui => self.link_type(ether::SAP_NETBEUI),
            Proto::Clnp => self.iso_protocol(CLNP),
            Proto::Esis => self.iso_protocol(ESIS),
            Proto::Isis => self.iso_protocol(ISIS),
            Proto::IsisL1 => self.isis(&[L1_HELLO, POINT_TO_POINT_HELLO, L1_LSP, L1_CSNP, L1_PSNP]),
            Proto::IsisL2 => self.isis(&[L2_HELLO, POINT_TO_POINT_HELLO, L2_LSP, L2_CSNP, L2_PSNP]),
            Proto::IsisIih => self.isis(&[L1_HELLO, L2_HELLO, POINT_TO_POINT_HELLO]),
            Proto::IsisLsp => self.isis(&[L1_LSP, L2_LSP]),
            Proto::IsisSnp => self.isis(&[L1_CSNP, L2_CSNP, L1_PSNP, L2_PSNP]),
            Proto::IsisCsnp => self.isis(&[L1_CSNP, L2_CSNP]),
            Proto::IsisPsnp => self.isis(&[L1_PSNP, L2_PSNP]),
            Proto::Link | Proto::Radio => {
                Err(self.error(ErrorKind::Qualifier, format!("'{proto}' alone says nothing")))
            }
        }
    }

    /// `[proto] proto n`.
    pub(super) fn carries(&mut self, quals: Quals, number: u32) -> Result<Test, Error> {
        match quals.proto {
            None => self.ip_protocol(number),
            Some(Proto::Ip) => self.ipv4_protocol(number),
            Some(Proto::Ip6) => self.ipv6_protocol(number),
            Some(Proto::Link) => self.link_type(number),
            Some(Proto::Iso) => self.iso_protocol(number),
            Some(Proto::Isis) => self.isis_type(number),
            Some(proto) => {
                Err(self.error(ErrorKind::Qualifier, format!("'{proto} proto' is not something to test for")))
            }
        }
    }

    /// The number behind a protocol's name, at the layer that the qualifier says.
    pub(super) fn protocol_number(&mut self, quals: Quals, name: &str) -> Result<u32, Error> {
        let number = match quals.proto {
            None | Some(Proto::Ip | Proto::Ip6) => self.settings.resolver.protocol(name),
            Some(Proto::Link) => ether_protocol(name),
            Some(Proto::Iso) => match name {
                "esis" => Some(ESIS),
                "isis" => Some(ISIS),
                "clnp" => Some(CLNP),
                _ => None,
            },
            Some(_) => None,
        };
        number.ok_or_else(|| self.unknown("unknown protocol", name))
    }

    /// Over IPv4 or IPv6.
    fn ip_protocol(&mut self, number: u32) -> Result<Test, Error> {
        let ipv4 = self.ipv4_protocol(number)?;
        let ipv6 = self.ipv6_protocol(number)?;
        Ok(self.graph.or(ipv4, ipv6))
    }

    fn ipv4_protocol(&mut self, number: u32) -> Result<Test, Error> {
        let ipv4 = self.link_type(ether::IPV4)?;
        let protocol = self.equals(Base::Network, 9, Width::Byte, number);
        Ok(self.graph.and(ipv4, protocol))
    }

    /// The next header, or the one after a fragment header; other extension headers are not followed.
    fn ipv6_protocol(&mut self, number: u32) -> Result<Test, Error> {
        let ipv6 = self.link_type(ether::IPV6)?;
        let fragment = self.equals(Base::Network, 6, Width::Byte, IPV6_FRAGMENT);
        let after = self.equals(Base::Network, 40, Width::Byte, number);
        let after = self.graph.and(fragment, after);
        let next = self.equals(Base::Network, 6, Width::Byte, number);
        let either = self.graph.or(next, after);
        Ok(self.graph.and(ipv6, either))
    }

    fn iso_protocol(&mut self, number: u32) -> Result<Test, Error> {
        let skipped = match self.layout.headers {
            // Its network layer starts with the identifier, and the link type test has looked at that.
            Headers::FrameRelay => return Ok(self.frame_relay(number)),
            Headers::CiscoHdlc => 1,
            _ => 0,
        };
        let iso = self.link_type(ether::SAP_ISO)?;
        let protocol = self.equals(Base::NetworkAfterLlc, skipped, Width::Byte, number);
        Ok(self.graph.and(iso, protocol))
    }

    fn isis_type(&mut self, number: u32) -> Result<Test, Error> {
        let isis = self.iso_protocol(ISIS)?;
        let kind = self.equals(Base::NetworkAfterLlc, 4, Width::Byte, number);
        Ok(self.graph.and(isis, kind))
    }

    /// IS-IS of any of some types. Each further type is looked at before those listed earlier.
    fn isis(&mut self, types: &[u32]) -> Result<Test, Error> {
        let mut any: Option<Test> = None;
        for (position, &number) in types.iter().enumerate() {
            let test = self.isis_type(number)?;
            any = Some(match any {
                None => test,
                Some(before) if position == 1 => self.graph.or(before, test),
                Some(before) => self.graph.or(test, before),
            });
        }
        any.ok_or_else(|| self.error(ErrorKind::Qualifier, "no packet type"))
    }
}

/// The EtherType or service access point behind a name.
fn ether_protocol(name: &str) -> Option<u32> {
    Some(match name {
        "aarp" => ether::AARP,
        "arp" => ether::ARP,
        "atalk" => ether::ATALK,
        "decnet" => ether::DECNET,
        "ip" => ether::IPV4,
        "ip6" => ether::IPV6,
        "lat" => ether::LAT,
        "loopback" => ether::LOOPBACK,
        "mopdl" => ether::MOPDL,
        "moprc" => ether::MOPRC,
        "rarp" => ether::REVARP,
        "sca" => ether::SCA,
        "iso" => ether::SAP_ISO,
        "stp" => ether::SAP_STP,
        "ipx" => ether::SAP_IPX,
        "netbeui" => ether::SAP_NETBEUI,
        _ => return None,
    })
}
