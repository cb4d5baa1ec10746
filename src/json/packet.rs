//! The line of a packet: what the decoder knows of each layer, and what was said of it.
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::bytes::Base64;
use super::connection::States;
use super::tcp_option::Options;
use super::time::{Elapsed, Rfc3339};
use super::verdict::Verdicts;
use super::{Plain, RECORD};
use crate::flow::{Observation, Verdict};
use crate::packet::{Packet, Timestamp};
use crate::wire::{Arp, Ipv4, Ipv6, Layers, Link, MacAddr, Network, Tcp, TcpFlags, Transport};

/// Everything known of a packet.
pub(super) struct Record<'a> {
    pub(super) packet: &'a Packet<'a>,
    pub(super) layers: &'a Layers<'a>,
    pub(super) seen: &'a Observation<'a>,
    pub(super) verdicts: &'a [Verdict],
    pub(super) interface_name: Option<&'a str>,
    pub(super) since: Timestamp,
    pub(super) payload: bool,
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Packet { time, interface, wire_len, cap_len, .. } = *self.packet;
        let mut map = s.serialize_struct(RECORD, 1)?;
        map.serialize_field("type", &Plain("packet"))?;
        map.serialize_field("packet", &self.seen.packet())?;
        map.serialize_field("time", &Rfc3339(time))?;
        map.serialize_field("t", &Elapsed { time, since: self.since })?;
        map.serialize_field("interface", &interface)?;
        if let Some(name) = self.interface_name {
            map.serialize_field("interface_name", name)?;
        }
        map.serialize_field("len", &wire_len)?;
        map.serialize_field("cap_len", &cap_len)?;
        map.serialize_field("link", &LinkLayer(self.packet, self.layers))?;
        self.network(&mut map)?;
        if let Some(stop) = self.layers.stop {
            map.serialize_field("stop", &Text(stop))?;
        }
        if let Some(connection) = self.seen.connection() {
            map.serialize_field("conn", &connection.id().0)?;
            map.serialize_field("dir", &Plain(self.seen.direction().name()))?;
            map.serialize_field("state", &States(connection))?;
        }
        map.serialize_field("verdicts", &Verdicts(self.verdicts))?;
        if self.payload {
            map.serialize_field("payload", &Base64(innermost(self.layers).payload))?;
        }
        map.end()
    }
}

/// The packet in the packets: the one that carries something other than IP.
fn innermost<'a>(layers: &Layers<'a>) -> Layers<'a> {
    /// As deep as connections are looked for.
    const DEEPEST: usize = 4;
    let mut last = *layers;
    for _ in 0..DEEPEST {
        match last.inner() {
            Some(inner) => last = inner,
            None => break,
        }
    }
    last
}

impl Record<'_> {
    /// The network header and what it carries. Of packets in packets the outermost header is
    /// `outer`, and `ip` the innermost.
    fn network<M: SerializeStruct>(&self, map: &mut M) -> Result<(), M::Error> {
        let layers = innermost(self.layers);
        if layers.network_offset != self.layers.network_offset {
            match self.layers.network {
                Some(Network::Ipv4(ip)) => map.serialize_field("outer", &V4(ip))?,
                Some(Network::Ipv6(ip)) => map.serialize_field("outer", &V6(ip, self.layers))?,
                _ => {}
            }
        }
        match layers.network {
            Some(Network::Ipv4(ip)) => map.serialize_field("ip", &V4(ip))?,
            Some(Network::Ipv6(ip)) => map.serialize_field("ip", &V6(ip, &layers))?,
            Some(Network::Arp(arp)) => map.serialize_field("arp", &Resolution(arp))?,
            _ => {}
        }
        let len = layers.payload_len();
        match layers.transport {
            Some(Transport::Tcp(tcp)) => map.serialize_field("tcp", &Segment { tcp, len, seen: self.seen }),
            Some(Transport::Udp(udp)) => {
                let (src_port, dst_port) = (udp.src_port(), udp.dst_port());
                map.serialize_field("udp", &Datagram { src_port, dst_port, len })
            }
            Some(Transport::Icmpv4(icmp)) => {
                map.serialize_field("icmp", &Message { kind: icmp.kind(), code: icmp.code(), len })
            }
            Some(Transport::Icmpv6(icmp)) => {
                map.serialize_field("icmpv6", &Message { kind: icmp.kind(), code: icmp.code(), len })
            }
            Some(Transport::Ports(ports)) => {
                let (src_port, dst_port) = (ports.src_port, ports.dst_port);
                map.serialize_field("ports", &Datagram { src_port, dst_port, len })
            }
            None => Ok(()),
        }
    }
}

/// What a type's `Display` says.
struct Text<T>(T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

/// A hardware address as six octets in hex.
struct Mac(MacAddr);

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"00:00:00:00:00:00";
        for (at, byte) in text.chunks_mut(3).zip(self.0.0) {
            if let [high, low, ..] = at {
                *high = DIGITS[usize::from(byte >> 4)];
                *low = DIGITS[usize::from(byte & 0xf)];
            }
        }
        s.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// The link header: its type, and of Ethernet its addresses and tags.
struct LinkLayer<'a>(&'a Packet<'a>, &'a Layers<'a>);

impl Serialize for LinkLayer<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Self(packet, layers) = self;
        let mut map = s.serialize_struct(RECORD, 1)?;
        map.serialize_field("type", &packet.link.0)?;
        map.serialize_field("name", &packet.link.name())?;
        if let Some(Link::Ethernet(ethernet)) = layers.link {
            map.serialize_field("src", &Mac(ethernet.src()))?;
            map.serialize_field("dst", &Mac(ethernet.dst()))?;
        }
        if let Some(ether_type) = layers.ether_type {
            map.serialize_field("ether_type", &ether_type.0)?;
        }
        if !layers.vlan_bytes.is_empty() {
            map.serialize_field("vlans", &layers.vlans().map(|vlan| vlan.tag().id()).collect::<Vec<_>>())?;
        }
        map.end()
    }
}

struct V4<'a>(Ipv4<'a>);

impl Serialize for V4<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let ip = self.0;
        let mut map = s.serialize_struct(RECORD, 1)?;
        map.serialize_field("version", &4)?;
        map.serialize_field("src", &ip.src())?;
        map.serialize_field("dst", &ip.dst())?;
        map.serialize_field("protocol", &ip.protocol().0)?;
        map.serialize_field("ttl", &ip.ttl())?;
        map.serialize_field("tos", &ip.tos())?;
        map.serialize_field("id", &ip.id())?;
        map.serialize_field("dont_fragment", &ip.dont_fragment())?;
        map.serialize_field("more_fragments", &ip.more_fragments())?;
        map.serialize_field("fragment_offset", &ip.fragment_offset())?;
        map.serialize_field("len", &ip.total_len())?;
        map.end()
    }
}

struct V6<'a>(Ipv6<'a>, &'a Layers<'a>);

impl Serialize for V6<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Self(ip, layers) = self;
        let mut map = s.serialize_struct(RECORD, 1)?;
        map.serialize_field("version", &6)?;
        map.serialize_field("src", &ip.src())?;
        map.serialize_field("dst", &ip.dst())?;
        map.serialize_field("protocol", &layers.protocol.unwrap_or(ip.next_header()).0)?;
        map.serialize_field("hop_limit", &ip.hop_limit())?;
        map.serialize_field("traffic_class", &ip.traffic_class())?;
        map.serialize_field("flow_label", &ip.flow_label())?;
        map.serialize_field("len", &ip.payload_len())?;
        map.end()
    }
}

struct Resolution<'a>(Arp<'a>);

impl Serialize for Resolution<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let arp = self.0;
        let mut map = s.serialize_struct(RECORD, 1)?;
        map.serialize_field("operation", &arp.operation())?;
        map.serialize_field("sender", &arp.sender_ipv4())?;
        map.serialize_field("target", &arp.target_ipv4())?;
        map.end()
    }
}

#[derive(Serialize)]
struct Datagram {
    src_port: u16,
    dst_port: u16,
    len: usize,
}

#[derive(Serialize)]
struct Message {
    #[serde(rename = "type")]
    kind: u8,
    code: u8,
    len: usize,
}

/// A segment: numbers as they stand and relative to where each side began.
struct Segment<'a> {
    tcp: Tcp<'a>,
    len: usize,
    seen: &'a Observation<'a>,
}

impl Serialize for Segment<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Self { tcp, len, seen } = self;
        let flags = tcp.flags();
        let mut map = s.serialize_struct(RECORD, 1)?;
        map.serialize_field("src_port", &tcp.src_port())?;
        map.serialize_field("dst_port", &tcp.dst_port())?;
        map.serialize_field("flags", &Flags(flags))?;
        map.serialize_field("seq", &tcp.seq().0)?;
        map.serialize_field("ack", &flags.contains(TcpFlags::ACK).then_some(tcp.ack().0))?;
        if seen.conn().is_some() {
            map.serialize_field("relative_seq", &seen.seq())?;
            map.serialize_field("relative_ack", &seen.ack())?;
        }
        map.serialize_field("window", &tcp.window())?;
        if seen.conn().is_some() {
            map.serialize_field("scaled_window", &seen.window())?;
        }
        if flags.contains(TcpFlags::URG) {
            map.serialize_field("urgent_pointer", &tcp.urgent_pointer())?;
        }
        map.serialize_field("checksum", &tcp.checksum())?;
        map.serialize_field("header_len", &tcp.header_len())?;
        map.serialize_field("options", &Options(tcp.options_iter()))?;
        map.serialize_field("len", len)?;
        map.end()
    }
}

struct Flags(TcpFlags);

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.iter_names().map(|(name, _)| Plain(name)))
    }
}
