//! How fast are packets decoded, compared with the crates people use for it?
//!
//! Every contender reads the same fields of the same Ethernet, IPv4 and TCP headers of a real
//! packet mix, and digests them; the digests are compared.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a bench may stop")]
mod race;

use criterion::{Criterion, Throughput};
use race::{Lane, race};
use synack::Source as _;
use synack::wire::{
    EtherType, Ethernet, IpProtocol, Ipv4, Layers, Link, LinkType, Network, Tcp, TcpOption, Transport,
};

/// Adds up what is read, so that nothing is optimised away and results can be compared.
#[derive(Default)]
struct Digest(u64);

impl Digest {
    #[inline(always)]
    fn add(&mut self, n: impl Into<u64>) {
        self.0 = self.0.wrapping_add(n.into());
    }
    #[inline(always)]
    fn mac(&mut self, [a, b, c, d, e, f]: [u8; 6]) {
        self.add(u64::from_be_bytes([0, 0, a, b, c, d, e, f]));
    }
    #[inline(always)]
    fn bytes(&mut self, bytes: &[u8]) {
        self.add(bytes.len() as u64);
    }
}

fn main() {
    let packets = packets();
    let options = packets.iter().filter(|p| p[46] >> 4 > 5).count();
    println!("{} packets of Ethernet, IPv4 and TCP, {options} of them with options", packets.len());

    let mut criterion = Criterion::default()
        .measurement_time(std::time::Duration::from_secs(1))
        .warm_up_time(std::time::Duration::from_millis(300))
        .configure_from_args();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(packets.len() as u64));
    for (name, mut work) in fields(&packets) {
        group.bench_function(name, |b| b.iter(&mut work));
    }
    group.finish();
    if std::env::args().any(|a| a == "--test") {
        return;
    }

    let n = packets.len();
    race("what does it cost to read every field of Ethernet, IPv4 and TCP?", n, &mut fields(&packets));
    race("and to walk the TCP options, typed?", n, &mut typed_options(&packets));
}

fn fields(packets: &[Vec<u8>]) -> Vec<Lane<'_>> {
    fn lane<'a>(
        packets: &'a [Vec<u8>],
        one: impl Fn(&mut Digest, &'a [u8]) + 'a,
    ) -> Box<dyn FnMut() -> u64 + 'a> {
        Box::new(move || {
            let mut digest = Digest::default();
            for packet in packets {
                one(&mut digest, packet);
            }
            digest.0
        })
    }
    vec![
        ("synack Layers::decode", lane(packets, synack_layers)),
        ("synack views", lane(packets, synack_views)),
        ("etherparse slices", lane(packets, etherparse_slices)),
        ("etherparse SlicedPacket", lane(packets, etherparse_sliced)),
        ("etherparse LaxSlicedPacket", lane(packets, etherparse_lax)),
        ("pnet_packet", lane(packets, pnet)),
        ("smoltcp", lane(packets, smoltcp)),
    ]
}

#[inline(always)]
fn digest_synack(d: &mut Digest, eth: Ethernet<'_>, ip: Ipv4<'_>, tcp: Tcp<'_>, payload: &[u8]) {
    d.mac(eth.dst().0);
    d.mac(eth.src().0);
    d.add(eth.ether_type().0);
    d.add(ip.header_len() as u64);
    d.add(ip.tos());
    d.add(ip.total_len());
    d.add(ip.id());
    d.add(ip.dont_fragment());
    d.add(ip.more_fragments());
    d.add(ip.fragment_offset());
    d.add(ip.ttl());
    d.add(ip.protocol().0);
    d.add(ip.checksum());
    d.add(u32::from(ip.src()));
    d.add(u32::from(ip.dst()));
    d.bytes(ip.options());
    d.add(tcp.src_port());
    d.add(tcp.dst_port());
    d.add(tcp.seq().0);
    d.add(tcp.ack().0);
    d.add(tcp.header_len() as u64);
    d.add(tcp.flags().bits() & 0xff);
    d.add(tcp.window());
    d.add(tcp.checksum());
    d.add(tcp.urgent_pointer());
    d.bytes(tcp.options());
    d.bytes(payload);
}

fn synack_layers(d: &mut Digest, data: &[u8]) {
    let layers = Layers::decode(LinkType::ETHERNET, data);
    if let (Some(Link::Ethernet(eth)), Some(Network::Ipv4(ip)), Some(Transport::Tcp(tcp))) =
        (layers.link, layers.network, layers.transport)
    {
        digest_synack(d, eth, ip, tcp, layers.payload);
    }
}

fn synack_views(d: &mut Digest, data: &[u8]) {
    let Ok(eth) = Ethernet::parse(data) else { return };
    if eth.ether_type() != EtherType::IPV4 {
        return;
    }
    let Ok(ip) = Ipv4::parse(eth.payload()) else { return };
    if ip.protocol() != IpProtocol::TCP {
        return;
    }
    let Ok(tcp) = Tcp::parse(ip.payload()) else { return };
    digest_synack(d, eth, ip, tcp, tcp.payload());
}

#[inline(always)]
fn digest_etherparse(
    d: &mut Digest,
    (dst, src, ether_type): ([u8; 6], [u8; 6], u16),
    ip: &etherparse::Ipv4HeaderSlice<'_>,
    tcp: &etherparse::TcpSlice<'_>,
) {
    d.mac(dst);
    d.mac(src);
    d.add(ether_type);
    d.add(u64::from(ip.ihl()) * 4);
    d.add(ip.dcp().value() << 2 | ip.ecn().value());
    d.add(ip.total_len());
    d.add(ip.identification());
    d.add(ip.dont_fragment());
    d.add(ip.more_fragments());
    d.add(ip.fragments_offset().value() << 3);
    d.add(ip.ttl());
    d.add(ip.protocol().0);
    d.add(ip.header_checksum());
    d.add(u32::from_be_bytes(ip.source()));
    d.add(u32::from_be_bytes(ip.destination()));
    d.bytes(ip.options());
    d.add(tcp.source_port());
    d.add(tcp.destination_port());
    d.add(tcp.sequence_number());
    d.add(tcp.acknowledgment_number());
    d.add(u64::from(tcp.data_offset()) * 4);
    let flags = [tcp.fin(), tcp.syn(), tcp.rst(), tcp.psh(), tcp.ack(), tcp.urg(), tcp.ece(), tcp.cwr()];
    d.add(flags.into_iter().enumerate().fold(0u64, |sum, (i, f)| sum | u64::from(f) << i));
    d.add(tcp.window_size());
    d.add(tcp.checksum());
    d.add(tcp.urgent_pointer());
    d.bytes(tcp.options());
    d.bytes(tcp.payload());
}

fn etherparse_slices(d: &mut Digest, data: &[u8]) {
    let Ok(eth) = etherparse::Ethernet2Slice::from_slice_without_fcs(data) else { return };
    if eth.ether_type() != etherparse::EtherType::IPV4 {
        return;
    }
    let Ok(ip) = etherparse::LaxIpv4Slice::from_slice(eth.payload_slice()) else { return };
    let ip = ip.0;
    if ip.header().protocol() != etherparse::IpNumber::TCP {
        return;
    }
    let Ok(tcp) = etherparse::TcpSlice::from_slice(ip.payload().payload) else { return };
    digest_etherparse(d, (eth.destination(), eth.source(), eth.ether_type().0), &ip.header(), &tcp);
}

fn etherparse_sliced(d: &mut Digest, data: &[u8]) {
    use etherparse::{LinkSlice, NetSlice, TransportSlice};
    let Ok(p) = etherparse::SlicedPacket::from_ethernet(data) else { return };
    if let (Some(LinkSlice::Ethernet2(eth)), Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Tcp(tcp))) =
        (&p.link, &p.net, &p.transport)
    {
        digest_etherparse(d, (eth.destination(), eth.source(), eth.ether_type().0), &ip.header(), tcp);
    }
}

fn etherparse_lax(d: &mut Digest, data: &[u8]) {
    use etherparse::{LaxNetSlice, LinkSlice, TransportSlice};
    let Ok(p) = etherparse::LaxSlicedPacket::from_ethernet(data) else { return };
    if let (Some(LinkSlice::Ethernet2(eth)), Some(LaxNetSlice::Ipv4(ip)), Some(TransportSlice::Tcp(tcp))) =
        (&p.link, &p.net, &p.transport)
    {
        digest_etherparse(d, (eth.destination(), eth.source(), eth.ether_type().0), &ip.header(), tcp);
    }
}

fn pnet(d: &mut Digest, data: &[u8]) {
    use pnet_packet::Packet as _;
    use pnet_packet::ethernet::{EtherTypes, EthernetPacket};
    use pnet_packet::ip::IpNextHeaderProtocols;
    use pnet_packet::ipv4::Ipv4Packet;
    use pnet_packet::tcp::TcpPacket;

    let Some(eth) = EthernetPacket::new(data) else { return };
    if eth.get_ethertype() != EtherTypes::Ipv4 {
        return;
    }
    let Some(ip) = Ipv4Packet::new(eth.payload()) else { return };
    if ip.get_next_level_protocol() != IpNextHeaderProtocols::Tcp {
        return;
    }
    let Some(tcp) = TcpPacket::new(ip.payload()) else { return };
    let mac = |m: pnet_packet::ethernet::EthernetPacket<'_>| (m.get_destination(), m.get_source());
    let (dst, src) = mac(EthernetPacket::new(data).unwrap());
    d.mac(dst.octets());
    d.mac(src.octets());
    d.add(eth.get_ethertype().0);
    d.add(u64::from(ip.get_header_length()) * 4);
    d.add(ip.get_dscp() << 2 | ip.get_ecn());
    d.add(ip.get_total_length());
    d.add(ip.get_identification());
    d.add(ip.get_flags() >> 1 & 1);
    d.add(ip.get_flags() & 1);
    d.add(ip.get_fragment_offset() << 3);
    d.add(ip.get_ttl());
    d.add(ip.get_next_level_protocol().0);
    d.add(ip.get_checksum());
    d.add(u32::from(ip.get_source()));
    d.add(u32::from(ip.get_destination()));
    d.bytes(ip.get_options_raw());
    d.add(tcp.get_source());
    d.add(tcp.get_destination());
    d.add(tcp.get_sequence());
    d.add(tcp.get_acknowledgement());
    d.add(u64::from(tcp.get_data_offset()) * 4);
    d.add(tcp.get_flags());
    d.add(tcp.get_window());
    d.add(tcp.get_checksum());
    d.add(tcp.get_urgent_ptr());
    d.bytes(tcp.get_options_raw());
    d.bytes(tcp.payload());
}

fn smoltcp(d: &mut Digest, data: &[u8]) {
    use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpPacket};

    let Ok(eth) = EthernetFrame::new_checked(data) else { return };
    if eth.ethertype() != EthernetProtocol::Ipv4 {
        return;
    }
    let Ok(ip) = Ipv4Packet::new_checked(eth.payload()) else { return };
    if ip.next_header() != IpProtocol::Tcp {
        return;
    }
    let Ok(tcp) = TcpPacket::new_checked(ip.payload()) else { return };
    d.mac(eth.dst_addr().0);
    d.mac(eth.src_addr().0);
    d.add(u16::from(eth.ethertype()));
    d.add(u64::from(ip.header_len()));
    d.add(ip.dscp() << 2 | ip.ecn());
    d.add(ip.total_len());
    d.add(ip.ident());
    d.add(ip.dont_frag());
    d.add(ip.more_frags());
    d.add(ip.frag_offset());
    d.add(ip.hop_limit());
    d.add(u8::from(ip.next_header()));
    d.add(ip.checksum());
    d.add(u32::from(ip.src_addr()));
    d.add(u32::from(ip.dst_addr()));
    d.add(u64::from(ip.header_len()) - 20);
    d.add(tcp.src_port());
    d.add(tcp.dst_port());
    d.add(tcp.seq_number().0 as u32);
    d.add(tcp.ack_number().0 as u32);
    d.add(tcp.header_len());
    let flags = [tcp.fin(), tcp.syn(), tcp.rst(), tcp.psh(), tcp.ack(), tcp.urg(), tcp.ece(), tcp.cwr()];
    d.add(flags.into_iter().enumerate().fold(0u64, |sum, (i, f)| sum | u64::from(f) << i));
    d.add(tcp.window_len());
    d.add(tcp.checksum());
    d.add(tcp.urgent_at());
    d.bytes(tcp.options());
    d.bytes(tcp.payload());
}

/// The options every contender knows, digested.
fn typed_options(packets: &[Vec<u8>]) -> Vec<Lane<'_>> {
    let lists: Vec<&[u8]> =
        packets.iter().map(|p| Layers::decode(LinkType::ETHERNET, p).tcp().unwrap().options()).collect();
    let (ours, etherparse, smoltcp) = (lists.clone(), lists.clone(), lists);
    vec![
        (
            "synack",
            Box::new(move || {
                let mut d = Digest::default();
                for option in ours.iter().flat_map(|o| synack::wire::TcpOptions::new(o)) {
                    match option {
                        Ok(TcpOption::Mss(n)) => d.add(n),
                        Ok(TcpOption::WindowScale(n)) => d.add(n),
                        Ok(TcpOption::SackPermitted) => d.add(1u8),
                        Ok(TcpOption::Timestamps { value, echo_reply }) => {
                            d.add(value);
                            d.add(echo_reply);
                        }
                        _ => {}
                    }
                }
                d.0
            }),
        ),
        (
            "etherparse",
            Box::new(move || {
                use etherparse::TcpOptionElement as E;
                let mut d = Digest::default();
                for option in etherparse.iter().flat_map(|o| etherparse::TcpOptionsIterator::from_slice(o)) {
                    match option {
                        Ok(E::MaximumSegmentSize(n)) => d.add(n),
                        Ok(E::WindowScale(n)) => d.add(n),
                        Ok(E::SelectiveAcknowledgementPermitted) => d.add(1u8),
                        Ok(E::Timestamp(value, echo_reply)) => {
                            d.add(value);
                            d.add(echo_reply);
                        }
                        _ => {}
                    }
                }
                d.0
            }),
        ),
        (
            "smoltcp",
            Box::new(move || {
                use smoltcp::wire::TcpOption as O;
                let mut d = Digest::default();
                for &(mut rest) in &smoltcp {
                    while !rest.is_empty() {
                        let Ok((after, option)) = O::parse(rest) else { break };
                        rest = after;
                        match option {
                            O::MaxSegmentSize(n) => d.add(n),
                            O::WindowScale(n) => d.add(n),
                            O::SackPermitted => d.add(1u8),
                            O::TimeStamp { tsval, tsecr } => {
                                d.add(tsval);
                                d.add(tsecr);
                            }
                            O::EndOfList => break,
                            _ => {}
                        }
                    }
                }
                d.0
            }),
        ),
    ]
}

/// The whole Ethernet, IPv4 and TCP packets of the captures in `tests/data`.
fn packets() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    for dir in ["seeds", "crafted"] {
        let mut files: Vec<_> =
            std::fs::read_dir(format!("{data}/{dir}")).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for file in files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "pcap")) {
            let mut source = synack::savefile::open(&file).unwrap();
            while let Ok(Some(packet)) = source.next_packet() {
                let layers = Layers::decode(packet.link, packet.data);
                // What every contender can read: no tags, no LLC, no fragment, nothing cut.
                let plain =
                    packet.link == LinkType::ETHERNET && layers.network_offset == Ethernet::HEADER_LEN;
                let whole = layers.tcp().is_some() && layers.stop.is_none() && layers.missing() == 0;
                let tcp_in_ipv4 = matches!(layers.network, Some(Network::Ipv4(ip))
                    if ip.protocol() == IpProtocol::TCP && !ip.more_fragments() && ip.total_len() != 0);
                if plain && whole && tcp_in_ipv4 {
                    packets.push(packet.data.to_vec());
                }
            }
        }
    }
    assert!(!packets.is_empty(), "no captures in {data}");
    packets
}
