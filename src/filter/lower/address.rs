//! Addresses: hosts, networks, Ethernet addresses; and which identifier means what.
use super::super::ir::Test;
use super::super::link::{Base, Width, ether};
use super::super::{Dir, Error, ErrorKind, Id, IdType, Proto, Quals};
use super::Lower;
use crate::wire::Headers;
use std::net::{IpAddr, Ipv6Addr};

impl Lower<'_> {
    /// Anything with qualifiers in front.
    pub(super) fn identifier(&mut self, quals: Quals, id: &Id) -> Result<Test, Error> {
        match id {
            Id::Name(name) => self.name(quals, name),
            Id::Number(n) => self.number(quals, *n),
            Id::Ipv4(addr, bits) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0);
                self.ipv4(quals, u32::from(*addr), mask)
            }
            Id::Ipv4Net(addr, mask) => self.ipv4(quals, u32::from(*addr), u32::from(*mask)),
            Id::Ipv6(addr) => self.ipv6(quals, *addr, u128::MAX),
            Id::Ipv6Net(addr, bits) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(*bits)).unwrap_or(0);
                self.ipv6(quals, *addr, mask)
            }
            Id::Mac(addr) => self.mac(quals.dir, addr),
            Id::Decnet(addr) => self.decnet(quals.dir, *addr),
        }
    }

    fn number(&mut self, quals: Quals, n: u32) -> Result<Test, Error> {
        match quals.kind {
            IdType::Port => self.port_number(quals, n, false),
            IdType::PortRange => self.port_number(quals, n, true),
            IdType::Proto => self.carries(quals, n),
            IdType::ProtoChain => self.protochain(quals, n),
            IdType::Default | IdType::Host | IdType::Net => match quals.proto {
                Some(Proto::Decnet) => self.decnet(quals.dir, n as u16),
                Some(Proto::Link) => Err(self.error(ErrorKind::Value, "a number is no link-layer address")),
                _ if quals.kind == IdType::Net => {
                    let (addr, mask) = left_justified(n);
                    self.ipv4(quals, addr, mask)
                }
                _ => self.ipv4(quals, n, u32::MAX),
            },
        }
    }

    fn name(&mut self, quals: Quals, name: &str) -> Result<Test, Error> {
        match quals.kind {
            IdType::Net => {
                let network =
                    self.settings.resolver.network(name).filter(|network| !network.is_unspecified());
                let Some(network) = network else { return Err(self.unknown("unknown network", name)) };
                let (addr, mask) = left_justified(u32::from(network));
                self.ipv4(quals, addr, mask)
            }
            IdType::Port => self.port_name(quals, name),
            IdType::PortRange => self.port_range_name(quals, name),
            IdType::Proto => {
                let number = self.protocol_number(quals, name)?;
                self.carries(quals, number)
            }
            IdType::ProtoChain => {
                let number = self.protocol_number(quals, name)?;
                self.protochain(quals, number)
            }
            IdType::Default | IdType::Host => match quals.proto {
                Some(Proto::Link) => {
                    if !self.has_mac_addresses() {
                        return Err(self.no_such_test("link-layer host name"));
                    }
                    let Some(addr) = self.settings.resolver.ether(name) else {
                        return Err(self.unknown("unknown Ethernet host", name));
                    };
                    self.mac(quals.dir, &addr)
                }
                Some(Proto::Decnet) => Err(self.unknown("unknown DECnet host", name)),
                _ => self.host_name(quals, name),
            },
        }
    }

    /// A host name stands for all its addresses.
    fn host_name(&mut self, quals: Quals, name: &str) -> Result<Test, Error> {
        let (mut v4, mut v6) = (quals.proto, quals.proto);
        if self.layout.link_type.is_none() && quals.proto.is_none() {
            // No type field, so no ARP either.
            (v4, v6) = (Some(Proto::Ip), Some(Proto::Ip6));
        }
        let mut any: Option<Test> = None;
        for addr in self.settings.resolver.host(name) {
            let test = match addr {
                IpAddr::V4(_) if v4 == Some(Proto::Ip6) => continue,
                IpAddr::V6(_) if v6 == Some(Proto::Ip) => continue,
                IpAddr::V4(addr) => self.ipv4(Quals { proto: v4, ..quals }, u32::from(addr), u32::MAX)?,
                IpAddr::V6(addr) => self.ipv6(Quals { proto: v6, ..quals }, addr, u128::MAX)?,
            };
            any = Some(match any {
                Some(before) => self.graph.or(before, test),
                None => test,
            });
        }
        any.ok_or_else(|| self.unknown("unknown host", name))
    }

    /// An IPv4 address or network: of IP, and unless a protocol says which, of ARP and RARP.
    fn ipv4(&mut self, quals: Quals, addr: u32, mask: u32) -> Result<Test, Error> {
        const IP: (u32, u32, u32) = (ether::IPV4, 12, 16);
        const ARP: (u32, u32, u32) = (ether::ARP, 14, 24);
        const RARP: (u32, u32, u32) = (ether::REVARP, 14, 24);
        match quals.proto {
            None => {
                let ip = self.ipv4_in(IP, quals.dir, addr, mask)?;
                if self.layout.mpls_labels > 0 {
                    return Ok(ip);
                }
                let arp = self.ipv4_in(ARP, quals.dir, addr, mask)?;
                let either = self.graph.or(ip, arp);
                let rarp = self.ipv4_in(RARP, quals.dir, addr, mask)?;
                Ok(self.graph.or(either, rarp))
            }
            Some(Proto::Ip) => self.ipv4_in(IP, quals.dir, addr, mask),
            Some(Proto::Arp) => self.ipv4_in(ARP, quals.dir, addr, mask),
            Some(Proto::Rarp) => self.ipv4_in(RARP, quals.dir, addr, mask),
            Some(Proto::Decnet) => self.decnet(quals.dir, addr as u16),
            Some(proto) => Err(self.misplaced(proto, quals.kind, "an IPv4")),
        }
    }

    fn ipv4_in(&mut self, place: (u32, u32, u32), dir: Dir, addr: u32, mask: u32) -> Result<Test, Error> {
        let (protocol, src, dst) = place;
        self.by_direction(dir, |lower, is_dst| {
            let carried = lower.link_type(protocol)?;
            let offset = if is_dst { dst } else { src };
            let test = lower.masked(Base::Network, offset, Width::Word, addr, mask);
            Ok(lower.graph.and(carried, test))
        })
    }

    fn ipv6(&mut self, quals: Quals, addr: Ipv6Addr, mask: u128) -> Result<Test, Error> {
        if !matches!(quals.proto, None | Some(Proto::Ip6)) {
            let proto = quals.proto.unwrap_or(Proto::Ip6);
            return Err(self.misplaced(proto, quals.kind, "an IPv6"));
        }
        let addr = u128::from(addr);
        self.by_direction(quals.dir, |lower, is_dst| {
            let start = if is_dst { 24 } else { 8 };
            let [w0, w1, w2, w3] = [0, 4, 8, 12].map(|at| {
                let word = |bits: u128| (bits >> (96 - 8 * at)) as u32;
                lower.masked(Base::Network, start + at, Width::Word, word(addr), word(mask))
            });
            let carried = lower.link_type(ether::IPV6)?;
            let graph = &mut lower.graph;
            let last = graph.and(w2, w3);
            let last = graph.and(w1, last);
            let all = graph.and(w0, last);
            Ok(graph.and(carried, all))
        })
    }

    fn misplaced(&self, proto: Proto, kind: IdType, family: &str) -> Error {
        let what = if kind == IdType::Net { "network" } else { "host" };
        self.error(ErrorKind::Qualifier, format!("'{proto}' cannot qualify {family} {what}"))
    }

    /// A MAC address.
    fn mac(&mut self, dir: Dir, addr: &[u8; 6]) -> Result<Test, Error> {
        if !self.has_mac_addresses() {
            return Err(self.no_such_test("Ethernet address"));
        }
        let there = self.link_header_is_there();
        let test = self.mac_address(dir, addr)?;
        Ok(self.graph.and_maybe(there, test))
    }

    pub(super) fn mac_address(&mut self, dir: Dir, addr: &[u8; 6]) -> Result<Test, Error> {
        self.by_direction(dir, |lower, is_dst| {
            let Some((dst, src)) = lower.mac_offsets() else { return Ok(lower.wireless_mac(is_dst, addr)) };
            Ok(lower.bytes(Base::LinkHeader, if is_dst { dst } else { src }, addr))
        })
    }

    /// The link layer has MAC addresses of six bytes.
    pub(super) fn has_mac_addresses(&self) -> bool {
        self.mac_offsets().is_some() || matches!(self.layout.headers, Headers::Wireless(_))
    }

    /// Where destination and source are, if they are always there.
    pub(super) fn mac_offsets(&self) -> Option<(u32, u32)> {
        match self.layout.headers {
            Headers::Ethernet { .. } => Some((0, 6)),
            Headers::Addressed { dst, src, .. } => Some((dst.into(), src.into())),
            _ => None,
        }
    }

    /// A DECnet address, in the long or the short packet format, each with or without a padding byte.
    fn decnet(&mut self, dir: Dir, addr: u16) -> Result<Test, Error> {
        let addr = u32::from(addr.swap_bytes());
        self.by_direction(dir, |lower, is_dst| {
            let (long, short) = if is_dst { (7, 1) } else { (15, 3) };
            let carried = lower.link_type(ether::DECNET)?;
            let padded_long = lower.masked(Base::Network, 2, Width::Half, 0x8106, 0xff07);
            let any = lower.equals(Base::Network, 3 + long, Width::Half, addr);
            let mut any = lower.graph.and(padded_long, any);
            let mut add = |lower: &mut Self, flags: Test, at: u32| {
                let test = lower.equals(Base::Network, at, Width::Half, addr);
                let format = lower.graph.and(flags, test);
                any = lower.graph.or(format, any);
            };
            let plain_long = lower.masked(Base::Network, 2, Width::Byte, 0x06, 0x07);
            add(lower, plain_long, 2 + long);
            let padded_short = lower.masked(Base::Network, 2, Width::Half, 0x8102, 0xff07);
            add(lower, padded_short, 3 + short);
            let plain_short = lower.masked(Base::Network, 2, Width::Byte, 0x02, 0x07);
            add(lower, plain_short, 2 + short);
            Ok(lower.graph.and(carried, any))
        })
    }

    /// A test of the source, the destination, either or both. `one` is told whether it is the destination's.
    fn by_direction(
        &mut self,
        dir: Dir,
        mut one: impl FnMut(&mut Self, bool) -> Result<Test, Error>,
    ) -> Result<Test, Error> {
        match dir {
            Dir::Src => one(self, false),
            Dir::Dst => one(self, true),
            Dir::Default | Dir::Either | Dir::Both => {
                let (src, dst) = (one(self, false)?, one(self, true)?);
                Ok(if dir == Dir::Both { self.graph.and(src, dst) } else { self.graph.or(src, dst) })
            }
        }
    }
}

/// A network given as a number: `net 10` is 10.0.0.0/8. Address and mask.
fn left_justified(number: u32) -> (u32, u32) {
    let missing = (number.leading_zeros() / 8).min(3) * 8;
    if number == 0 { (0, u32::MAX) } else { (number << missing, u32::MAX << missing) }
}
