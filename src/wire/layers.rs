//! One packet, described once.
use core::fmt;
use core::net::SocketAddr;

use super::{
    Arp, Error, EtherType, Ethernet, Icmpv4, Icmpv6, IpProtocol, Ipv4, Ipv6, Ipv6Extension, Layer, Link,
    LinkType, LinuxSll, LinuxSll2, Llc, Network, Null, Ports, Tcp, Transport, Udp, Vlans,
};

/// What could be read of a packet, from the outside in.
///
/// Every offset counts from the first byte of the frame.
///
/// ```
/// use synack::wire::{IpProtocol, Layers, LinkType};
///
/// // Ethernet, one VLAN tag, IPv4, and the first 24 bytes of a TCP header of 32.
/// let frame = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x81\0\0\x2a\x08\0\
///     E\0\0\x3c\0\x01@\0@\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\
///     \xc8\x22\x01\xbb\0\0\0\x01\0\0\0\x02\x80\x10\xff\xff\0\0\0\0\x01\x01\x08\x0a";
/// let layers = Layers::decode(LinkType::ETHERNET, frame);
///
/// assert_eq!(layers.vlans().next().unwrap().tag().id(), 42);
/// assert_eq!(layers.protocol, Some(IpProtocol::TCP));
/// let tcp = layers.tcp().unwrap();
/// assert_eq!((tcp.src_port(), tcp.dst_port(), tcp.ack().0), (51234, 443, 2));
/// let (client, server) = layers.endpoints().unwrap();
/// assert_eq!((client.to_string(), server.to_string()), ("10.0.0.1:51234".into(), "10.0.0.2:443".into()));
/// // Headers say how long the segment was; the capture stopped in the options.
/// assert_eq!((layers.payload_len(), layers.missing()), (8, 8));
/// assert_eq!(layers.stop.unwrap().to_string(), "TcpOptions: 24 bytes captured of 32");
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Layers<'a> {
    /// The link header; `None` when it could not be read or its type is not known.
    pub link: Option<Link<'a>>,
    /// The tags' bytes, four each, from the first tag control information on.
    pub vlan_bytes: &'a [u8],
    /// What follows the length of an 802.3 frame.
    llc_bytes: &'a [u8],
    /// What the innermost link header says of the network layer.
    pub ether_type: Option<EtherType>,
    /// The outermost network header.
    pub network: Option<Network<'a>>,
    /// What the network layer carries, after IPv6 extension headers.
    pub protocol: Option<IpProtocol>,
    /// The transport header in the outermost network layer. A fragment other than the first has none.
    pub transport: Option<Transport<'a>>,
    /// Captured bytes after the innermost header that was read, without link padding.
    pub payload: &'a [u8],
    /// Where the network header starts: the length of all link headers.
    pub network_offset: usize,
    /// Where the transport header starts: after IPv4 options and IPv6 extension headers.
    pub transport_offset: usize,
    /// Where `payload` starts.
    pub payload_offset: usize,
    /// Where and why decoding stopped early.
    pub stop: Option<Error>,
}

impl<'a> Layers<'a> {
    /// Reads what can be read of `data`; never fails.
    #[inline]
    pub fn decode(link: LinkType, data: &'a [u8]) -> Self {
        // The common packet gets a straight line of code, which hands out values only: a
        // reference to `Self` would keep all of it in memory. Everything else goes the general way.
        match Self::decode_common(link, data) {
            Some(layers) => layers,
            None => Self::decode_any(link, data),
        }
    }

    /// A whole TCP segment in IPv4 on Ethernet, and nothing else.
    #[inline(always)]
    fn decode_common(link: LinkType, data: &'a [u8]) -> Option<Self> {
        if link != LinkType::ETHERNET {
            return None;
        }
        let ethernet = Ethernet::parse(data).ok()?;
        if ethernet.ether_type() != EtherType::IPV4 {
            return None;
        }
        let ip = Ipv4::parse_plain(ethernet.payload())?;
        if ip.protocol() != IpProtocol::TCP || ip.fragment_offset() != 0 {
            return None;
        }
        let tcp = Tcp::parse_plain(ip.payload())?;
        let transport_offset = Ethernet::HEADER_LEN.wrapping_add(ip.header_len());
        Some(Self {
            link: Some(Link::Ethernet(ethernet)),
            vlan_bytes: &[],
            llc_bytes: &[],
            ether_type: Some(EtherType::IPV4),
            network: Some(Network::Ipv4(ip)),
            protocol: Some(IpProtocol::TCP),
            transport: Some(Transport::Tcp(tcp)),
            payload: tcp.payload(),
            network_offset: Ethernet::HEADER_LEN,
            transport_offset,
            payload_offset: transport_offset.wrapping_add(tcp.header_len()),
            stop: None,
        })
    }

    /// Reads a packet that starts with an IP header, as tunnels carry and ICMP errors quote.
    /// Offsets count from the start of `data`.
    #[inline]
    pub fn decode_network(data: &'a [u8]) -> Self {
        let mut layers = Self::default();
        layers.read_ip(data);
        layers
    }

    /// The packet inside, when this one carries IP in IP (RFC 2003, RFC 2473, RFC 4213).
    /// Its offsets count from the start of the outer frame.
    #[inline]
    pub fn inner(&self) -> Option<Self> {
        if !matches!(self.protocol?, IpProtocol::IPV4 | IpProtocol::IPV6) || self.is_later_fragment() {
            return None;
        }
        let at = self.payload_offset;
        let mut inner = Self::default();
        inner.start_network(self.payload, at);
        inner.read_ip(self.payload);
        Some(inner)
    }

    /// The packet that holds a TCP header: this one, or one that it carries, up to four deep
    /// (RFC 2473 section 6.6 lets four be); its layers and the header.
    pub fn segment(&self) -> Option<(Self, Tcp<'a>)> {
        let mut layers = *self;
        for _ in 0..4 {
            if let Some(tcp) = layers.tcp() {
                return Some((layers, tcp));
            }
            layers = layers.inner()?;
        }
        layers.tcp().map(|tcp| (layers, tcp))
    }

    /// Addresses and ports: where it comes from, and where it goes to. `None` where one is not known.
    #[inline]
    pub fn endpoints(&self) -> Option<(SocketAddr, SocketAddr)> {
        let (network, ports) = (self.network?, self.transport?.ports()?);
        Some((
            SocketAddr::new(network.src()?, ports.src_port),
            SocketAddr::new(network.dst()?, ports.dst_port),
        ))
    }

    /// The VLAN tags, outermost first.
    #[inline]
    pub const fn vlans(&self) -> Vlans<'a> {
        Vlans::new(self.vlan_bytes)
    }

    /// The LLC header of an 802.3 frame.
    pub fn llc(&self) -> Option<Llc<'a>> {
        Llc::parse(self.llc_bytes).ok()
    }

    /// The TCP header.
    #[inline]
    pub const fn tcp(&self) -> Option<Tcp<'a>> {
        match self.transport {
            Some(Transport::Tcp(tcp)) => Some(tcp),
            _ => None,
        }
    }

    /// Whether this is a fragment other than the first, which has no transport header.
    #[inline]
    pub fn is_later_fragment(&self) -> bool {
        match self.network {
            Some(Network::Ipv4(ip)) => ip.fragment_offset() != 0,
            Some(Network::Ipv6(ip)) => ip.is_later_fragment(),
            _ => false,
        }
    }

    /// Length of transport header and payload in bytes, as the network header declares it.
    #[inline]
    pub fn transport_len(&self) -> usize {
        let Some(network) = self.network else { return self.payload.len() };
        let before = self.transport_offset.saturating_sub(self.network_offset);
        let extensions = match network {
            Network::Ipv4(ip) => before.saturating_sub(ip.header_len()),
            Network::Ipv6(_) => before.saturating_sub(Ipv6::HEADER_LEN),
            Network::Arp(_) => 0,
        };
        network.payload().len().saturating_add(network.missing()).saturating_sub(extensions)
    }

    /// Length of the payload in bytes, as the headers declare it: `payload` and what the
    /// capture lacks of it.
    #[inline]
    pub fn payload_len(&self) -> usize {
        let len = self.transport_len();
        match self.transport {
            Some(Transport::Tcp(tcp)) => len.saturating_sub(tcp.header_len()),
            Some(Transport::Udp(udp)) => match usize::from(udp.len()) {
                declared @ 8.. => declared.min(len).saturating_sub(Udp::HEADER_LEN),
                _ => len.saturating_sub(Udp::HEADER_LEN),
            },
            Some(Transport::Icmpv4(_) | Transport::Icmpv6(_)) => len.saturating_sub(Icmpv4::HEADER_LEN),
            Some(Transport::Ports(_)) | None => len,
        }
    }

    /// Bytes of payload that the headers declare but the capture lacks.
    #[inline]
    pub fn missing(&self) -> usize {
        self.payload_len().saturating_sub(self.payload.len())
    }

    #[cold]
    #[inline(never)]
    fn decode_any(link: LinkType, data: &'a [u8]) -> Self {
        let mut layers = Self { payload: data, ..Self::default() };
        if let Err(error) = layers.read_link(link, data) {
            layers.stop = Some(error);
        }
        layers
    }

    fn read_link(&mut self, link: LinkType, data: &'a [u8]) -> Result<(), Error> {
        match link {
            LinkType::ETHERNET => {
                let ethernet = Ethernet::parse(data)?;
                self.link = Some(Link::Ethernet(ethernet));
                self.read_typed(
                    ethernet.ether_type(),
                    ethernet.payload(),
                    Ethernet::HEADER_LEN,
                    Layer::Ethernet,
                )
            }
            LinkType::LINUX_SLL => {
                let sll = LinuxSll::parse(data)?;
                self.link = Some(Link::LinuxSll(sll));
                self.read_cooked(sll.protocol(), sll.payload(), LinuxSll::HEADER_LEN, Layer::LinuxSll)
            }
            LinkType::LINUX_SLL2 => {
                let sll = LinuxSll2::parse(data)?;
                self.link = Some(Link::LinuxSll2(sll));
                self.read_cooked(sll.protocol(), sll.payload(), LinuxSll2::HEADER_LEN, Layer::LinuxSll2)
            }
            LinkType::NULL | LinkType::LOOP => {
                let null = Null::parse(data)?;
                self.link = Some(Link::Null(null));
                self.start_network(null.payload(), Null::HEADER_LEN);
                match null.ether_type() {
                    Some(EtherType::IPV4) => self.read_ipv4(null.payload()),
                    Some(_) => self.read_ipv6(null.payload()),
                    None => {
                        return Err(Error::Unsupported { layer: Layer::Null, number: null.family() });
                    }
                }
                self.ether_type = null.ether_type();
                Ok(())
            }
            LinkType::RAW | LinkType::DLT_RAW | LinkType::IPV4 | LinkType::IPV6 => {
                self.link = Some(Link::Raw);
                self.read_ip(data);
                self.ether_type = match self.network {
                    Some(Network::Ipv4(_)) => Some(EtherType::IPV4),
                    Some(Network::Ipv6(_)) => Some(EtherType::IPV6),
                    _ => None,
                };
                Ok(())
            }
            LinkType(number) => Err(Error::Unsupported { layer: Layer::Link, number }),
        }
    }

    /// What follows a cooked header: an EtherType, or a Linux number for frames without one.
    fn read_cooked(&mut self, kind: EtherType, data: &'a [u8], at: usize, layer: Layer) -> Result<(), Error> {
        /// Linux `ETH_P_802_2`: an LLC header follows.
        const ETH_P_802_2: EtherType = EtherType(4);
        if kind == ETH_P_802_2 {
            return self.read_llc(data, at);
        }
        if kind.is_length() {
            self.start_network(data, at);
            return Err(Error::Unsupported { layer, number: kind.0.into() });
        }
        self.read_typed(kind, data, at, layer)
    }

    /// VLAN tags, then an EtherType or an 802.3 length.
    fn read_typed(
        &mut self,
        mut kind: EtherType,
        data: &'a [u8],
        mut at: usize,
        mut layer: Layer,
    ) -> Result<(), Error> {
        let mut rest = data;
        while kind.is_vlan() {
            let Some((tag, after)) = rest.split_first_chunk::<4>() else {
                self.start_network(rest, at);
                return Err(Error::Truncated { layer: Layer::Vlan, need: 4, have: rest.len() });
            };
            let [_, _, a, b] = *tag;
            kind = EtherType(u16::from_be_bytes([a, b]));
            rest = after;
            at = at.wrapping_add(4);
            layer = Layer::Vlan;
            self.vlan_bytes = data.get(..data.len().wrapping_sub(rest.len())).unwrap_or_default();
        }
        if kind.is_length() {
            return self.read_llc(rest.get(..usize::from(kind.0)).unwrap_or(rest), at);
        }
        self.read_network(kind, rest, at, layer)
    }

    fn read_llc(&mut self, data: &'a [u8], at: usize) -> Result<(), Error> {
        self.start_network(data, at);
        let llc = Llc::parse(data)?;
        self.llc_bytes = data;
        let at = at.wrapping_add(llc.header_len());
        match llc.ether_type() {
            Some(kind) => self.read_network(kind, llc.payload(), at, Layer::Llc),
            None => {
                self.start_network(llc.payload(), at);
                Err(Error::Unsupported { layer: Layer::Llc, number: llc.dsap().into() })
            }
        }
    }

    fn read_network(
        &mut self,
        kind: EtherType,
        data: &'a [u8],
        at: usize,
        layer: Layer,
    ) -> Result<(), Error> {
        self.start_network(data, at);
        self.ether_type = Some(kind);
        match kind {
            EtherType::IPV4 => self.read_ipv4(data),
            EtherType::IPV6 => self.read_ipv6(data),
            EtherType::ARP | EtherType::REVARP => {
                let arp = Arp::parse(data)?;
                self.network = Some(Network::Arp(arp));
                self.payload = &[];
                self.payload_offset = at.wrapping_add(arp.len());
                self.transport_offset = self.payload_offset;
            }
            EtherType(number) => return Err(Error::Unsupported { layer, number: number.into() }),
        }
        Ok(())
    }

    fn start_network(&mut self, data: &'a [u8], at: usize) {
        self.payload = data;
        self.network_offset = at;
        self.transport_offset = at;
        self.payload_offset = at;
    }

    fn read_ip(&mut self, data: &'a [u8]) {
        match data.first().map(|b| b >> 4) {
            Some(4) => self.read_ipv4(data),
            Some(6) => self.read_ipv6(data),
            _ => {
                self.payload = data;
                self.stop = Network::decode(data).err();
            }
        }
    }

    fn read_ipv4(&mut self, data: &'a [u8]) {
        let ip = match Ipv4::parse(data) {
            Ok(ip) => ip,
            Err(error) => return self.stop_at_network(data, error),
        };
        self.network = Some(Network::Ipv4(ip));
        self.protocol = Some(ip.protocol());
        self.payload = ip.payload();
        if ip.options_missing() != 0 {
            return self.stop_in_ipv4_options(ip);
        }
        self.transport_offset = self.network_offset.wrapping_add(ip.header_len());
        self.payload_offset = self.transport_offset;
        if ip.fragment_offset() == 0 {
            self.read_transport(ip.protocol(), ip.payload());
        }
    }

    fn stop_at_network(&mut self, data: &'a [u8], error: Error) {
        self.payload = data;
        self.transport_offset = self.network_offset;
        self.payload_offset = self.network_offset;
        self.stop = Some(error);
    }

    fn stop_in_ipv4_options(&mut self, ip: Ipv4<'a>) {
        let have = ip.header_len().saturating_sub(ip.options_missing());
        self.transport_offset = self.network_offset.wrapping_add(have);
        self.payload_offset = self.transport_offset;
        self.stop = Some(Error::Truncated { layer: Layer::Ipv4Options, need: ip.header_len(), have });
    }

    fn read_ipv6(&mut self, data: &'a [u8]) {
        let ip = match Ipv6::parse(data) {
            Ok(ip) => ip,
            Err(error) => return self.stop_at_network(data, error),
        };
        self.network = Some(Network::Ipv6(ip));
        let mut extensions = ip.extensions();
        let error = extensions.find_map(Result::err);
        let upper = extensions.payload();
        self.protocol = Some(extensions.next_header());
        self.payload = upper;
        self.transport_offset = self
            .network_offset
            .wrapping_add(Ipv6::HEADER_LEN)
            .wrapping_add(ip.payload().len().saturating_sub(upper.len()));
        self.payload_offset = self.transport_offset;
        if error.is_some() {
            self.stop = error;
        } else if !extensions.is_later_fragment() {
            self.read_transport(extensions.next_header(), upper);
        }
    }

    fn read_transport(&mut self, protocol: IpProtocol, data: &'a [u8]) {
        if protocol == IpProtocol::TCP {
            match Tcp::parse(data) {
                Ok(tcp) => {
                    self.transport = Some(Transport::Tcp(tcp));
                    self.payload = tcp.payload();
                    let missing = tcp.options_missing();
                    let captured = tcp.header_len().wrapping_sub(missing);
                    self.payload_offset = self.transport_offset.wrapping_add(captured);
                    if missing != 0 {
                        self.stop = Some(Error::Truncated {
                            layer: Layer::TcpOptions,
                            need: tcp.header_len(),
                            have: captured,
                        });
                    }
                }
                Err(error) => self.stop_at_ports(data, error),
            }
        } else {
            self.read_other_transport(protocol, data);
        }
    }

    fn stop_at_ports(&mut self, data: &'a [u8], error: Error) {
        self.transport = Ports::parse(data).map(Transport::Ports);
        self.stop = Some(error);
    }

    /// The transport behind an authentication header in IPv4 (RFC 4302 §3.1.1).
    fn read_authenticated(&mut self, data: &'a [u8]) {
        match Ipv6Extension::parse(IpProtocol::AH, data) {
            Ok(Some(header)) => {
                let rest = data.get(header.bytes().len()..).unwrap_or_default();
                self.transport_offset = self.transport_offset.wrapping_add(header.bytes().len());
                self.payload_offset = self.transport_offset;
                self.payload = rest;
                self.protocol = Some(header.next_header());
                // Headers get shorter each time: the recursion ends with the packet, but a
                // chain of them is nothing that IPv4 has.
                if header.next_header() != IpProtocol::AH {
                    self.read_transport(header.next_header(), rest);
                }
            }
            Ok(None) => {}
            Err(error) => self.stop = Some(error),
        }
    }

    fn read_other_transport(&mut self, protocol: IpProtocol, data: &'a [u8]) {
        let header_len = match protocol {
            IpProtocol::UDP => match Udp::parse(data) {
                Ok(udp) => {
                    self.transport = Some(Transport::Udp(udp));
                    self.payload = udp.payload();
                    Udp::HEADER_LEN
                }
                Err(error) => return self.stop_at_ports(data, error),
            },
            IpProtocol::ICMP => match Icmpv4::parse(data) {
                Ok(icmp) => {
                    self.transport = Some(Transport::Icmpv4(icmp));
                    self.payload = icmp.payload();
                    Icmpv4::HEADER_LEN
                }
                Err(error) => {
                    self.stop = Some(error);
                    return;
                }
            },
            IpProtocol::ICMPV6 => match Icmpv6::parse(data) {
                Ok(icmp) => {
                    self.transport = Some(Transport::Icmpv6(icmp));
                    self.payload = icmp.payload();
                    Icmpv6::HEADER_LEN
                }
                Err(error) => {
                    self.stop = Some(error);
                    return;
                }
            },
            // In IPv6 it was read as an extension header.
            IpProtocol::AH => return self.read_authenticated(data),
            // RFC 2003, RFC 2473, RFC 8200 §4.7: what follows is a packet of its own, or nothing.
            IpProtocol::IPV4 | IpProtocol::IPV6 | IpProtocol::NO_NEXT_HEADER => 0,
            IpProtocol(number) => {
                if matches!(protocol, IpProtocol::SCTP | IpProtocol::DCCP | IpProtocol::UDP_LITE) {
                    self.transport = Ports::parse(data).map(Transport::Ports);
                }
                let layer = match self.network {
                    Some(Network::Ipv6(_)) => Layer::Ipv6,
                    _ => Layer::Ipv4,
                };
                self.stop = Some(Error::Unsupported { layer, number: number.into() });
                return;
            }
        };
        self.payload_offset = self.transport_offset.wrapping_add(header_len);
    }
}

impl fmt::Display for Layers<'_> {
    /// The headers from the outside in, one colon apart; then why there are no more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut show = |f: &mut fmt::Formatter<'_>, header: &dyn fmt::Display| {
            f.write_str(core::mem::replace(&mut separator, ": "))?;
            header.fmt(f)
        };
        match &self.link {
            Some(Link::Ethernet(header)) => show(f, header)?,
            Some(Link::LinuxSll(header)) => show(f, header)?,
            Some(Link::LinuxSll2(header)) => show(f, header)?,
            Some(Link::Null(header)) => show(f, header)?,
            Some(Link::Raw) | None => {}
        }
        for vlan in self.vlans() {
            show(f, &vlan)?;
        }
        if let Some(llc) = self.llc() {
            show(f, &llc)?;
        }
        match &self.network {
            Some(Network::Ipv4(header)) => show(f, header)?,
            Some(Network::Ipv6(header)) => show(f, header)?,
            Some(Network::Arp(header)) => show(f, header)?,
            None => {}
        }
        match &self.transport {
            Some(Transport::Tcp(header)) => show(f, header)?,
            Some(Transport::Udp(header)) => show(f, header)?,
            Some(Transport::Icmpv4(header)) => show(f, header)?,
            Some(Transport::Icmpv6(header)) => show(f, header)?,
            Some(Transport::Ports(ports)) => {
                show(f, &format_args!("{} > {}", ports.src_port, ports.dst_port))?
            }
            None => {}
        }
        match &self.stop {
            Some(error) => show(f, &format_args!("({error})")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment of four bytes in IPv4 on Ethernet, padded.
    const PLAIN: &[u8] =
        b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0E\0\0\x2c\0\x01@\0@\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\
        \xc8\x22\x01\xbb\0\0\0\x01\0\0\0\x02\x50\x10\xff\xff\0\0\0\0abcd\0\0";

    #[test]
    fn the_common_packet_goes_the_short_way_and_arrives_where_the_long_one_does() {
        let short = Layers::decode_common(LinkType::ETHERNET, PLAIN).expect("a plain segment");
        let long = Layers::decode_any(LinkType::ETHERNET, PLAIN);
        assert_eq!(format!("{short:?}"), format!("{long:?}"));
        assert_eq!((short.payload, short.transport_offset, short.payload_offset), (&b"abcd"[..], 34, 54));
    }

    #[test]
    fn what_is_not_common_goes_the_long_way() {
        assert!(Layers::decode_common(LinkType::RAW, PLAIN).is_none());
        for (at, byte) in [(13, 6), (23, 17), (20, 0x20), (21, 1), (14, 0x46), (46, 0x60)] {
            let mut frame = PLAIN.to_vec();
            frame[at] = byte;
            let short = Layers::decode_common(LinkType::ETHERNET, &frame);
            let long = Layers::decode_any(LinkType::ETHERNET, &frame);
            // Where both ways are open they lead to the same.
            assert!(short.is_none_or(|short| format!("{short:?}") == format!("{long:?}")), "byte {at}");
        }
        let fragment = [&PLAIN[..21], &[1], &PLAIN[22..]].concat();
        assert!(Layers::decode_common(LinkType::ETHERNET, &fragment).is_none());
        for len in 0..PLAIN.len() - 6 {
            assert!(Layers::decode_common(LinkType::ETHERNET, &PLAIN[..len]).is_none(), "{len} bytes");
        }
    }
}
