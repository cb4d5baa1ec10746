//! The headers of a packet field by field, each with the bytes it stands in.
//!
//! ```
//! use synack::wire::{Layers, LinkType, Part};
//!
//! let packet = b"E\0\0\x28\0\x01\0\0@\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\
//!     \xc8\x22\x01\xbb\0\0\0\x01\0\0\0\0\x50\x02\xff\xff\0\0\0\0";
//! let layers = Layers::decode(LinkType::RAW, packet);
//! let mut found = Vec::new();
//! layers.parts(&mut |part| {
//!     if let Part::Field { name: name @ ("source port" | "flags"), value, range } = part {
//!         found.push((name, value.to_string(), range));
//!     }
//! });
//! // Of IPv4, then of TCP.
//! assert_eq!(found[0], ("flags", "none".into(), 6..7));
//! assert_eq!(found[1], ("source port", "51234".into(), 20..22));
//! assert_eq!(found[2], ("flags", "SYN".into(), 32..34));
//! ```
use core::fmt;
use core::ops::Range;

use super::{
    EtherType, Ethernet, IpProtocol, Ipv4, Ipv4Option, Ipv6, Ipv6Extension, Layers, Link, LinuxSll,
    LinuxSll2, Llc, Network, Null, Tcp, TcpOption, TcpOptionKind, Transport, Udp, Vlan,
};

/// A header, or a field of the header before it. Ranges count from the first byte of the frame, end at
/// what was captured, and two fields of a header may share a byte.
#[non_exhaustive]
pub enum Part<'v> {
    /// A header begins.
    Header {
        /// The protocol, or what it is.
        name: &'static str,
        /// Its bytes.
        range: Range<usize>,
    },
    /// A field, in the words of its RFC.
    Field {
        /// What it is called.
        name: &'static str,
        /// What it holds: printable ASCII.
        value: &'v dyn fmt::Display,
        /// Its bytes.
        range: Range<usize>,
    },
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { name, range } => write!(f, "{name} at {range:?}"),
            Self::Field { name, value, range } => write!(f, "{name} = {value} at {range:?}"),
        }
    }
}

/// Who looks at the parts.
type Visit<'v> = &'v mut dyn FnMut(Part<'_>);

/// Gives parts away, from a place on.
struct Walk<'v> {
    visit: Visit<'v>,
    at: usize,
}

impl Walk<'_> {
    fn header(&mut self, name: &'static str, len: usize) {
        let range = self.at..self.at.saturating_add(len);
        (self.visit)(Part::Header { name, range });
    }

    /// A field `from` bytes after the header's first, `len` long.
    fn field(&mut self, name: &'static str, from: usize, len: usize, value: impl fmt::Display) {
        let start = self.at.saturating_add(from);
        (self.visit)(Part::Field { name, value: &value, range: start..start.saturating_add(len) });
    }

    fn skip(&mut self, len: usize) {
        self.at = self.at.saturating_add(len);
    }
}

impl Layers<'_> {
    /// Gives every header that was read and every field of it to `visit`, from the outside in; then
    /// the payload, if there is any. Tunnels of IP in IP are entered as [`Layers::segment`] does.
    pub fn parts(&self, visit: Visit<'_>) {
        let mut walk = Walk { visit, at: 0 };
        self.link_parts(&mut walk);
        let mut layers = *self;
        for _ in 0..=4 {
            walk.at = layers.network_offset;
            layers.network_parts(&mut walk);
            walk.at = layers.transport_offset;
            layers.transport_parts(&mut walk);
            let Some(inner) = layers.inner().filter(|inner| inner.network.is_some()) else { break };
            layers = inner;
        }
        if !layers.payload.is_empty() {
            walk.at = layers.payload_offset;
            let len = layers.payload.len();
            walk.header("payload", len);
            walk.field("data", 0, len, Bytes(len));
        }
    }

    fn link_parts(&self, walk: &mut Walk<'_>) {
        match self.link {
            Some(Link::Ethernet(ethernet)) => {
                walk.header("Ethernet", Ethernet::HEADER_LEN);
                walk.field("destination", 0, 6, ethernet.dst());
                walk.field("source", 6, 6, ethernet.src());
                ether_type(walk, 12, ethernet.ether_type());
                walk.skip(Ethernet::HEADER_LEN);
            }
            Some(Link::LinuxSll(sll)) => {
                walk.header("Linux cooked capture", LinuxSll::HEADER_LEN);
                walk.field("packet type", 0, 2, Name(sll.packet_type()));
                walk.field("hardware type", 2, 2, sll.hardware_type());
                walk.field("address length", 4, 2, sll.address_len());
                walk.field("address", 6, 8, Hex(sll.address()));
                ether_type(walk, 14, sll.protocol());
                walk.skip(LinuxSll::HEADER_LEN);
            }
            Some(Link::LinuxSll2(sll)) => {
                walk.header("Linux cooked capture 2", LinuxSll2::HEADER_LEN);
                ether_type(walk, 0, sll.protocol());
                walk.field("interface index", 4, 4, sll.interface_index());
                walk.field("hardware type", 8, 2, sll.hardware_type());
                walk.field("packet type", 10, 1, Name(sll.packet_type()));
                walk.field("address length", 11, 1, sll.address_len());
                walk.field("address", 12, 8, Hex(sll.address()));
                walk.skip(LinuxSll2::HEADER_LEN);
            }
            Some(Link::Null(null)) => {
                walk.header("BSD loopback", Null::HEADER_LEN);
                walk.field("address family", 0, 4, null.family());
                walk.skip(Null::HEADER_LEN);
            }
            Some(Link::Raw) | None => {}
        }
        for vlan in self.vlans() {
            walk.header("VLAN tag", Vlan::HEADER_LEN);
            let tag = vlan.tag();
            walk.field("priority", 0, 1, tag.priority());
            walk.field("drop eligible", 0, 1, YesNo(tag.drop_eligible()));
            walk.field("VLAN", 0, 2, tag.id());
            ether_type(walk, 2, vlan.ether_type());
            walk.skip(Vlan::HEADER_LEN);
        }
        if let Some(llc) = self.llc() {
            llc_parts(walk, llc);
        }
    }

    fn network_parts(&self, walk: &mut Walk<'_>) {
        match self.network {
            Some(Network::Ipv4(ip)) => {
                ipv4_parts(walk, ip);
                // What stands before the transport is an authentication header, or nothing.
                let rest = ip.payload();
                walk.skip(Ipv4::MIN_HEADER_LEN.saturating_add(ip.options().len()));
                if ip.protocol() == IpProtocol::AH
                    && let Ok(Some(header)) = Ipv6Extension::parse(IpProtocol::AH, rest)
                {
                    extension_parts(walk, header);
                }
            }
            Some(Network::Ipv6(ip)) => {
                ipv6_parts(walk, ip);
                walk.skip(Ipv6::HEADER_LEN);
                for extension in ip.extensions().map_while(Result::ok) {
                    extension_parts(walk, extension);
                    walk.skip(extension.bytes().len());
                }
            }
            Some(Network::Arp(arp)) => walk.header("ARP", arp.len()),
            None => {}
        }
    }

    fn transport_parts(&self, walk: &mut Walk<'_>) {
        match self.transport {
            Some(Transport::Tcp(tcp)) => tcp_parts(walk, tcp),
            Some(Transport::Udp(udp)) => {
                walk.header("UDP", Udp::HEADER_LEN);
                walk.field("source port", 0, 2, udp.src_port());
                walk.field("destination port", 2, 2, udp.dst_port());
                walk.field("length", 4, 2, udp.len());
                walk.field("checksum", 6, 2, Word(udp.checksum()));
            }
            Some(Transport::Icmpv4(icmp)) => {
                walk.header("ICMP", 8);
                walk.field("type", 0, 1, icmp.kind());
                walk.field("code", 1, 1, icmp.code());
                walk.field("checksum", 2, 2, Word(icmp.checksum()));
            }
            Some(Transport::Icmpv6(icmp)) => {
                walk.header("ICMPv6", 4);
                walk.field("type", 0, 1, icmp.kind());
                walk.field("code", 1, 1, icmp.code());
                walk.field("checksum", 2, 2, Word(icmp.checksum()));
            }
            Some(Transport::Ports(ports)) => {
                walk.header("ports", 4);
                walk.field("source port", 0, 2, ports.src_port);
                walk.field("destination port", 2, 2, ports.dst_port);
            }
            None => {}
        }
    }
}

fn ether_type(walk: &mut Walk<'_>, from: usize, value: EtherType) {
    if value.is_length() {
        walk.field("length", from, 2, value.0);
    } else {
        walk.field("type", from, 2, format_args!("{value:?} (0x{:04x})", value.0));
    }
}

fn llc_parts(walk: &mut Walk<'_>, llc: Llc<'_>) {
    walk.header("LLC", llc.header_len());
    walk.field("DSAP", 0, 1, format_args!("0x{:02x}", llc.dsap()));
    walk.field("SSAP", 1, 1, format_args!("0x{:02x}", llc.ssap()));
    if let Some(oui) = llc.oui() {
        walk.field("organization", 3, 3, Hex(&oui));
    }
    if let Some(protocol) = llc.protocol_id() {
        walk.field("protocol", 6, 2, Word(protocol));
    }
}

fn ipv4_parts(walk: &mut Walk<'_>, ip: Ipv4<'_>) {
    let len = Ipv4::MIN_HEADER_LEN.saturating_add(ip.options().len());
    walk.header("IPv4", len);
    walk.field("version", 0, 1, ip.version());
    walk.field("header length", 0, 1, Bytes(ip.header_len()));
    walk.field("type of service", 1, 1, format_args!("0x{:02x}", ip.tos()));
    walk.field("total length", 2, 2, Bytes(ip.total_len().into()));
    walk.field("identification", 4, 2, ip.id());
    let flags = match (ip.dont_fragment(), ip.more_fragments()) {
        (false, false) => "none",
        (true, false) => "don't fragment",
        (false, true) => "more fragments",
        (true, true) => "don't fragment, more fragments",
    };
    walk.field("flags", 6, 1, flags);
    walk.field("fragment offset", 6, 2, ip.fragment_offset());
    walk.field("time to live", 8, 1, ip.ttl());
    walk.field("protocol", 9, 1, Protocol(ip.protocol()));
    walk.field("header checksum", 10, 2, Word(ip.checksum()));
    walk.field("source address", 12, 4, ip.src());
    walk.field("destination address", 16, 4, ip.dst());
    let mut list = List::new(ip.options(), Ipv4::MIN_HEADER_LEN);
    for option in ip.options_iter() {
        let (from, len) = list.next();
        match option {
            Ok(option) => walk.field("option", from, len, format_args!("{option:?}")),
            Err(error) => return walk.field("options, damaged", from, list.left(from), error),
        }
        if option == Ok(Ipv4Option::Eol) {
            break;
        }
    }
    padding(walk, &list);
}

fn ipv6_parts(walk: &mut Walk<'_>, ip: Ipv6<'_>) {
    walk.header("IPv6", Ipv6::HEADER_LEN);
    walk.field("version", 0, 1, ip.version());
    walk.field("traffic class", 0, 2, format_args!("0x{:02x}", ip.traffic_class()));
    walk.field("flow label", 1, 3, format_args!("0x{:05x}", ip.flow_label()));
    walk.field("payload length", 4, 2, Bytes(ip.payload_len().into()));
    walk.field("next header", 6, 1, Protocol(ip.next_header()));
    walk.field("hop limit", 7, 1, ip.hop_limit());
    walk.field("source address", 8, 16, ip.src());
    walk.field("destination address", 24, 16, ip.dst());
}

fn extension_parts(walk: &mut Walk<'_>, header: Ipv6Extension<'_>) {
    let name = match header.protocol() {
        IpProtocol::HOP_BY_HOP => "IPv6 hop-by-hop options",
        IpProtocol::ROUTING => "IPv6 routing header",
        IpProtocol::DEST_OPTIONS => "IPv6 destination options",
        IpProtocol::MOBILITY => "IPv6 mobility header",
        IpProtocol::FRAGMENT => "IPv6 fragment header",
        IpProtocol::AH => "authentication header",
        _ => "extension header",
    };
    let len = header.bytes().len();
    walk.header(name, len);
    walk.field("next header", 0, 1, Protocol(header.next_header()));
    if let Some(fragment) = header.fragment() {
        walk.field("fragment offset", 2, 2, fragment.offset);
        walk.field("more fragments", 3, 1, YesNo(fragment.more));
        walk.field("identification", 4, 4, fragment.id);
        return;
    }
    walk.field("header length", 1, 1, Bytes(len));
    let rest = header.bytes().get(2..).unwrap_or_default();
    walk.field("contents", 2, rest.len(), Hex(rest));
}

fn tcp_parts(walk: &mut Walk<'_>, tcp: Tcp<'_>) {
    walk.header("TCP", Tcp::MIN_HEADER_LEN.saturating_add(tcp.options().len()));
    walk.field("source port", 0, 2, tcp.src_port());
    walk.field("destination port", 2, 2, tcp.dst_port());
    walk.field("sequence number", 4, 4, tcp.seq().0);
    walk.field("acknowledgment number", 8, 4, tcp.ack().0);
    walk.field("data offset", 12, 1, Bytes(tcp.header_len()));
    walk.field("flags", 12, 2, tcp.flags());
    walk.field("window", 14, 2, tcp.window());
    walk.field("checksum", 16, 2, Word(tcp.checksum()));
    walk.field("urgent pointer", 18, 2, tcp.urgent_pointer());
    let mut list = List::new(tcp.options(), Tcp::MIN_HEADER_LEN);
    for option in tcp.options_iter() {
        let (from, len) = list.next();
        match option {
            Ok(option) => walk.field(option_name(option.kind()), from, len, option),
            Err(error) => return walk.field("options, damaged", from, list.left(from), error),
        }
        if option == Ok(TcpOption::Eol) {
            break;
        }
    }
    padding(walk, &list);
}

/// What an option of TCP is called.
const fn option_name(kind: TcpOptionKind) -> &'static str {
    match kind {
        TcpOptionKind::EOL => "option: end of list",
        TcpOptionKind::NOP => "option: no-operation",
        TcpOptionKind::MSS => "option: maximum segment size",
        TcpOptionKind::WINDOW_SCALE => "option: window scale",
        TcpOptionKind::SACK_PERMITTED => "option: SACK permitted",
        TcpOptionKind::SACK => "option: SACK",
        TcpOptionKind::TIMESTAMPS => "option: timestamps",
        TcpOptionKind::MD5 => "option: MD5 signature",
        TcpOptionKind::USER_TIMEOUT => "option: user timeout",
        TcpOptionKind::AUTHENTICATION => "option: authentication",
        TcpOptionKind::MPTCP => "option: Multipath TCP",
        TcpOptionKind::FAST_OPEN => "option: Fast Open",
        _ => "option",
    }
}

/// What follows the end of a list of options.
fn padding(walk: &mut Walk<'_>, list: &List<'_>) {
    let from = list.at();
    let len = list.left(from);
    if len > 0 {
        walk.field("padding", from, len, Bytes(len));
    }
}

/// Where the options of a list stand, as they are read one after the other.
struct List<'a> {
    rest: &'a [u8],
    end: usize,
}

impl<'a> List<'a> {
    /// A list that begins `from` bytes after the header's first.
    fn new(bytes: &'a [u8], from: usize) -> Self {
        Self { rest: bytes, end: from.saturating_add(bytes.len()) }
    }

    fn at(&self) -> usize {
        self.end.saturating_sub(self.rest.len())
    }

    /// Place and length of the next option.
    fn next(&mut self) -> (usize, usize) {
        let at = self.at();
        let len = match *self.rest {
            [0 | 1, ..] => 1,
            [_, len, ..] => usize::from(len).max(1),
            _ => 1,
        };
        let len = len.min(self.rest.len());
        self.rest = self.rest.get(len..).unwrap_or_default();
        (at, len)
    }

    /// Bytes from a place to the end of the list.
    fn left(&self, from: usize) -> usize {
        self.end.saturating_sub(from)
    }
}

/// A number of bytes.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} byte{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

/// A word that is looked at bit by bit.
struct Word(u16);

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04x}", self.0)
    }
}

/// Bytes in hex.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What has a name in Rust only.
struct Name<T>(T);

impl<T: fmt::Debug> fmt::Display for Name<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The number of a protocol and its name.
struct Protocol(IpProtocol);

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({})", self.0, self.0.0)
    }
}

struct YesNo(bool);

impl fmt::Display for YesNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "yes" } else { "no" })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::{String, ToString};
    use std::vec;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::wire::LinkType;

    type Fields = Vec<(&'static str, String, Range<usize>)>;

    /// Headers, each with its fields.
    fn read(link: LinkType, data: &[u8]) -> Vec<(&'static str, Range<usize>, Fields)> {
        let mut all: Vec<(&'static str, Range<usize>, Fields)> = Vec::new();
        Layers::decode(link, data).parts(&mut |part| match part {
            Part::Header { name, range } => all.push((name, range, Vec::new())),
            Part::Field { name, value, range } => {
                all.last_mut().expect("a header comes first").2.push((name, value.to_string(), range));
            }
        });
        all
    }

    fn hold(link: LinkType, data: &[u8]) {
        let mut last = 0;
        for (name, range, fields) in read(link, data) {
            assert!(range.start >= last && range.end <= data.len(), "{name} {range:?} of {}", data.len());
            last = range.start;
            for (field, value, place) in &fields {
                // Of options that were cut off nothing need be there.
                let is_there = !place.is_empty() || field.ends_with("damaged");
                assert!(
                    place.start >= range.start && place.end <= range.end && is_there,
                    "{name} {range:?}: {field} {place:?}"
                );
                assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{value:?}");
            }
        }
    }

    /// Ethernet, two tags, IPv6 with a destination option, TCP with options and one byte of data.
    const NESTED: &[u8] = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x81\0\0\x2a\x81\0\x60\x07\x86\xdd\
        \x60\x01\x23\x45\0\x25\x3c\x40\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\
        \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x06\0\x01\x04\0\0\0\0\
        \x01\xbb\xc8\x22\x01\x02\x03\x04\x05\x06\x07\x08\x70\x12\xff\xfe\xab\xcd\0\0\
        \x01\x02\x04\x05\xb4\0\0\0!";

    #[test]
    fn every_byte_of_a_header_is_in_a_field_with_its_value() {
        let all = read(LinkType::ETHERNET, NESTED);
        let names: Vec<_> = all.iter().map(|(name, range, _)| (*name, range.clone())).collect();
        assert_eq!(
            names,
            [
                ("Ethernet", 0..14),
                ("VLAN tag", 14..18),
                ("VLAN tag", 18..22),
                ("IPv6", 22..62),
                ("IPv6 destination options", 62..70),
                ("TCP", 70..98),
                ("payload", 98..99)
            ]
        );
        for (name, range, fields) in &all {
            for at in range.clone() {
                assert!(fields.iter().any(|(.., place)| place.contains(&at)), "{name}: byte {at}");
            }
        }
        let tcp: Vec<_> =
            all[5].2.iter().map(|(name, value, range)| (*name, value.as_str(), range.clone())).collect();
        assert_eq!(tcp[2], ("sequence number", "16909060", 74..78));
        assert_eq!(tcp[5], ("flags", "SYN|ACK", 82..84));
        assert_eq!(
            tcp[9..],
            [
                ("option: no-operation", "nop", 90..91),
                ("option: maximum segment size", "mss 1460", 91..95),
                ("option: end of list", "eol", 95..96),
                ("padding", "2 bytes", 96..98)
            ]
        );
        assert_eq!(all[2].2[2], ("VLAN", "7".to_string(), 18..20));
    }

    #[test]
    fn damaged_options_are_one_field_to_the_end() {
        let mut data = NESTED.to_vec();
        data[92] = 40;
        let all = read(LinkType::ETHERNET, &data);
        let last = all[5].2.last().expect("options");
        assert_eq!((last.0, last.2.clone()), ("options, damaged", 91..98));
    }

    #[test]
    fn a_tunnel_is_entered() {
        let mut data = vec![0x45, 0, 0, 60, 0, 1, 0, 0, 64, 4, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        data.extend([0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
        data.extend([0, 80, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 9, 0, 0, 0, 0]);
        let names: Vec<_> =
            read(LinkType::RAW, &data).iter().map(|(name, range, _)| (*name, range.start)).collect();
        assert_eq!(names, [("IPv4", 0), ("IPv4", 20), ("TCP", 40)]);
    }

    #[test]
    fn truncated_at_every_length() {
        for len in 0..NESTED.len() {
            hold(LinkType::ETHERNET, &NESTED[..len]);
        }
    }

    proptest! {
        #[test]
        fn parts_stay_within_what_was_captured(
            data in proptest::collection::vec(any::<u8>(), 0..120),
            at in 0..NESTED.len(),
            byte: u8,
            link in proptest::sample::select(vec![0_u32, 1, 101, 113, 276, 228]),
        ) {
            hold(LinkType(link), &data);
            let mut damaged = NESTED.to_vec();
            damaged[at] = byte;
            hold(LinkType::ETHERNET, &damaged);
            let mut inside = vec![0x45, 0, 0, 120, 0, 1, 0, 0, 64, 4, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
            inside.extend(data);
            hold(LinkType::RAW, &inside);
        }
    }
}
