//! What people call things, and what the filter language calls them. // tidy: a table
use super::super::token::WORDS;

/// What traffic a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traffic {
    /// A port, and the protocol in front of it.
    Port(&'static str, u16),
    /// A number of the IP header's protocol field.
    IpProto(u8),
    /// An Ethernet type.
    EtherType(u16),
    /// Anything else, as an expression.
    Expression(&'static str),
}

use Traffic::{EtherType, Expression, IpProto, Port};

impl Traffic {
    /// The filter for it.
    pub(super) fn expression(self) -> String {
        match self {
            Port(transport, port) => format!("{transport} {port}"),
            IpProto(number) => format!("ip proto {number}"),
            EtherType(number) => format!("ether proto {number:#06x}"),
            Expression(text) => text.to_owned(),
        }
    }
}

/// Protocols that have no word of their own. A name that is also a service is in the resolver's
/// tables too, but not every caller has one.
#[rustfmt::skip]
pub(super) const NICKNAMES: &[(&str, Traffic)] = &[
    ("http", Port("tcp port", 80)), ("www", Port("tcp port", 80)), ("http2", Port("tcp port", 443)),
    ("https", Port("tcp port", 443)), ("tls", Port("tcp port", 443)), ("ssl", Port("tcp port", 443)),
    ("quic", Port("udp port", 443)), ("http3", Port("udp port", 443)), ("websocket", Port("tcp port", 80)),
    ("dns", Port("port", 53)), ("domain", Port("port", 53)), ("mdns", Port("udp port", 5353)),
    ("bonjour", Port("udp port", 5353)), ("llmnr", Port("udp port", 5355)), ("dot", Port("tcp port", 853)),
    ("ssh", Port("tcp port", 22)), ("scp", Port("tcp port", 22)), ("sftp", Port("tcp port", 22)),
    ("telnet", Port("tcp port", 23)), ("ftp", Port("tcp port", 21)), ("tftp", Port("udp port", 69)),
    ("smtp", Port("tcp port", 25)), ("mail", Port("tcp port", 25)), ("smtps", Port("tcp port", 465)),
    ("submission", Port("tcp port", 587)), ("pop3", Port("tcp port", 110)), ("pop", Port("tcp port", 110)),
    ("imap", Port("tcp port", 143)), ("imaps", Port("tcp port", 993)), ("pop3s", Port("tcp port", 995)),
    ("dhcp", Expression("udp port 67 or udp port 68")), ("bootp", Expression("udp port 67 or udp port 68")),
    ("dhcpv4", Expression("udp port 67 or udp port 68")), ("dhcp6", Expression("udp port 546 or udp port 547")),
    ("dhcpv6", Expression("udp port 546 or udp port 547")), ("ntp", Port("udp port", 123)),
    ("snmp", Expression("udp port 161 or udp port 162")), ("syslog", Port("udp port", 514)),
    ("sip", Port("port", 5060)), ("sips", Port("tcp port", 5061)), ("rtsp", Port("tcp port", 554)),
    ("rtp", Expression("udp")), ("rtcp", Expression("udp")),
    ("arp-request", Expression("arp[6:2] = 1")), ("arp-reply", Expression("arp[6:2] = 2")),
    ("stun", Port("udp port", 3478)), ("radius", Expression("udp port 1812 or udp port 1813")),
    ("tacacs", Port("tcp port", 49)), ("diameter", Port("port", 3868)), ("ldap", Port("tcp port", 389)),
    ("ldaps", Port("tcp port", 636)), ("kerberos", Port("port", 88)), ("krb5", Port("port", 88)),
    ("smb", Port("tcp port", 445)), ("smb2", Port("tcp port", 445)), ("cifs", Port("tcp port", 445)),
    ("samba", Port("tcp port", 445)), ("nbns", Port("udp port", 137)), ("nbdgm", Port("udp port", 138)),
    ("nbss", Port("tcp port", 139)), ("netbios", Expression("port 137 or port 138 or port 139")),
    ("nfs", Port("port", 2049)), ("iscsi", Port("tcp port", 3260)), ("rpc", Port("port", 111)),
    ("portmap", Port("port", 111)), ("sunrpc", Port("port", 111)), ("rsync", Port("tcp port", 873)),
    ("rdp", Port("port", 3389)), ("vnc", Port("tcp port", 5900)), ("rfb", Port("tcp port", 5900)),
    ("x11", Port("tcp port", 6000)), ("mysql", Port("tcp port", 3306)), ("mariadb", Port("tcp port", 3306)),
    ("postgres", Port("tcp port", 5432)), ("postgresql", Port("tcp port", 5432)),
    ("pgsql", Port("tcp port", 5432)), ("mssql", Port("tcp port", 1433)), ("tds", Port("tcp port", 1433)),
    ("oracle", Port("tcp port", 1521)), ("tns", Port("tcp port", 1521)), ("redis", Port("tcp port", 6379)),
    ("resp", Port("tcp port", 6379)), ("mongo", Port("tcp port", 27017)), ("mongodb", Port("tcp port", 27017)),
    ("memcached", Port("port", 11211)), ("memcache", Port("port", 11211)), ("mqtt", Port("tcp port", 1883)),
    ("amqp", Port("tcp port", 5672)), ("rabbitmq", Port("tcp port", 5672)), ("kafka", Port("tcp port", 9092)),
    ("nats", Port("tcp port", 4222)), ("zookeeper", Port("tcp port", 2181)), ("etcd", Port("tcp port", 2379)),
    ("elasticsearch", Port("tcp port", 9200)), ("cassandra", Port("tcp port", 9042)),
    ("prometheus", Port("tcp port", 9090)), ("consul", Port("port", 8500)), ("docker", Port("tcp port", 2375)),
    ("kubernetes", Port("tcp port", 6443)), ("grpc", Port("tcp port", 50051)), ("git", Port("tcp port", 9418)),
    ("irc", Port("tcp port", 6667)), ("xmpp", Port("tcp port", 5222)), ("jabber", Port("tcp port", 5222)),
    ("nntp", Port("tcp port", 119)), ("whois", Port("tcp port", 43)), ("finger", Port("tcp port", 79)),
    ("gopher", Port("tcp port", 70)), ("ident", Port("tcp port", 113)), ("daytime", Port("port", 13)),
    ("echo", Port("port", 7)), ("discard", Port("port", 9)), ("chargen", Port("port", 19)),
    ("socks", Port("tcp port", 1080)), ("proxy", Port("tcp port", 3128)), ("tor", Port("tcp port", 9001)),
    ("bittorrent", Port("port", 6881)), ("bgp", Port("tcp port", 179)), ("ldp", Port("port", 646)),
    ("rip", Port("udp port", 520)), ("ripng", Port("udp port", 521)), ("hsrp", Port("udp port", 1985)),
    ("glbp", Port("udp port", 3222)), ("bfd", Port("udp port", 3784)), ("babel", Port("udp port", 6696)),
    ("olsr", Port("udp port", 698)), ("netflow", Port("udp port", 2055)), ("cflow", Port("udp port", 2055)),
    ("ipfix", Port("udp port", 4739)), ("sflow", Port("udp port", 6343)), ("statsd", Port("udp port", 8125)),
    ("ssdp", Port("udp port", 1900)), ("upnp", Port("udp port", 1900)), ("coap", Port("udp port", 5683)),
    ("wsd", Port("udp port", 3702)), ("vxlan", Port("udp port", 4789)), ("gtp", Port("udp port", 2152)),
    ("gtpu", Port("udp port", 2152)), ("gtpc", Port("udp port", 2123)), ("l2tp", Port("udp port", 1701)),
    ("pptp", Port("tcp port", 1723)), ("wireguard", Port("udp port", 51820)), ("wg", Port("udp port", 51820)),
    ("openvpn", Port("udp port", 1194)), ("teredo", Port("udp port", 3544)), ("lisp", Port("udp port", 4341)),
    ("isakmp", Expression("udp port 500 or udp port 4500")), ("ike", Expression("udp port 500 or udp port 4500")),
    ("ikev2", Expression("udp port 500 or udp port 4500")),
    ("ipsec", Expression("esp or ah or udp port 500 or udp port 4500")), ("modbus", Port("tcp port", 502)),
    ("s7comm", Port("tcp port", 102)), ("dnp3", Port("tcp port", 20000)), ("bacnet", Port("udp port", 47808)),
    ("opcua", Port("tcp port", 4840)), ("enip", Port("tcp port", 44818)), ("zabbix", Port("tcp port", 10051)),
    ("gre", IpProto(47)), ("ipip", IpProto(4)), ("ipencap", IpProto(4)), ("sit", IpProto(41)),
    ("6in4", IpProto(41)), ("6to4", IpProto(41)), ("ospf", IpProto(89)), ("ospfv2", IpProto(89)),
    ("ospfigp", IpProto(89)), ("ospf3", Expression("ip6 proto 89")), ("ospfv3", Expression("ip6 proto 89")),
    ("eigrp", IpProto(88)), ("dccp", IpProto(33)), ("rsvp", IpProto(46)), ("udplite", IpProto(136)),
    ("udp-lite", IpProto(136)), ("ipcomp", IpProto(108)), ("etherip", IpProto(97)), ("egp", IpProto(8)),
    ("l2tpv3", IpProto(115)), ("hip", IpProto(139)), ("igmpv2", Expression("igmp")), ("igmpv3", Expression("igmp")),
    ("icmpv4", Expression("icmp")), ("icmp4", Expression("icmp")), ("icmpv6", Expression("icmp6")),
    ("ipv4", Expression("ip")), ("ip4", Expression("ip")), ("inet", Expression("ip")), ("ipv6", Expression("ip6")),
    ("inet6", Expression("ip6")), ("ah4", Expression("ah")), ("ipsec-esp", Expression("esp")),
    
    ("ping", Expression("icmp or icmp6")), ("ping6", Expression("icmp6")), ("traceroute", Expression("icmp or icmp6")),
    ("echo-request", Expression("icmp[icmptype] = icmp-echo")), ("echo-reply", Expression("icmp[icmptype] = icmp-echoreply")),
    ("unreachable", Expression("icmp[icmptype] = icmp-unreach")),
    ("nd", Expression("icmp6[icmp6type] >= 133 and icmp6[icmp6type] <= 137")),
    ("ndp", Expression("icmp6[icmp6type] >= 133 and icmp6[icmp6type] <= 137")),
    ("slaac", Expression("icmp6[icmp6type] >= 133 and icmp6[icmp6type] <= 137")),
    ("mld", Expression("icmp6[icmp6type] >= 130 and icmp6[icmp6type] <= 132 or icmp6[icmp6type] = 143")),
    ("lldp", EtherType(0x88cc)), ("eapol", EtherType(0x888e)), ("802.1x", EtherType(0x888e)),
    ("dot1x", EtherType(0x888e)), ("eap", EtherType(0x888e)), ("lacp", EtherType(0x8809)), ("slow", EtherType(0x8809)),
    ("macsec", EtherType(0x88e5)), ("wol", EtherType(0x0842)), ("profinet", EtherType(0x8892)),
    ("ethercat", EtherType(0x88a4)), ("goose", EtherType(0x88b8)), ("fcoe", EtherType(0x8906)),
    ("batman", EtherType(0x4305)), ("loopback", EtherType(0x9000)), ("avtp", EtherType(0x22f0)),
    ("ptp", Expression("ether proto 0x88f7 or udp port 319 or udp port 320")),
    ("ptp4l", Expression("ether proto 0x88f7 or udp port 319 or udp port 320")),
    ("cdp", Expression("ether dst 01:00:0c:cc:cc:cc")), ("vtp", Expression("ether dst 01:00:0c:cc:cc:cc")),
    ("dtp", Expression("ether dst 01:00:0c:cc:cc:cc")), ("udld", Expression("ether dst 01:00:0c:cc:cc:cc")),
    ("bpdu", Expression("stp")), ("rstp", Expression("stp")), ("mstp", Expression("stp")),
    ("pppoe", Expression("pppoed or pppoes")), ("qinq", Expression("vlan and vlan")),
    ("dot1q", Expression("vlan")), ("802.1q", Expression("vlan")), ("802.1ad", Expression("vlan and vlan")),
    ("vlans", Expression("vlan")), ("tagged", Expression("vlan")), ("untagged", Expression("not vlan")),
    ("frag", Expression("ip[6:2] & 0x3fff != 0")), ("frags", Expression("ip[6:2] & 0x3fff != 0")),
    ("fragment", Expression("ip[6:2] & 0x3fff != 0")), ("fragments", Expression("ip[6:2] & 0x3fff != 0")),
    ("jumbo", Expression("greater 1515")), ("bcast", Expression("broadcast")), ("mcast", Expression("multicast")),
    ("unicast", Expression("not broadcast and not multicast")),
    ("get", Expression("tcp[(tcp[12] & 0xf0) >> 2:4] = 0x47455420")),
    ("post", Expression("tcp[(tcp[12] & 0xf0) >> 2:4] = 0x504f5354")),
];

/// The traffic that a name stands for, in whatever case.
pub(super) fn nickname(word: &str) -> Option<Traffic> {
    NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|row| row.1)
}

/// Whether a word belongs to the language, or names traffic in the table.
pub(in crate::filter) fn is_known(word: &str) -> bool {
    nickname(word).is_some()
        || flag(word).is_some()
        || REMARKS.iter().any(|row| row.0.eq_ignore_ascii_case(word))
        || SYNONYMS.iter().any(|row| row.0.eq_ignore_ascii_case(word))
        || WORDS.iter().any(|row| row.0.eq_ignore_ascii_case(word))
}

/// TCP flags as people call them: the bits, as an expression of the language's constants.
pub(super) const FLAGS: &[(&str, &str)] = &[
    ("syn", "tcp-syn"),
    ("ack", "tcp-ack"),
    ("fin", "tcp-fin"),
    ("rst", "tcp-rst"),
    ("reset", "tcp-rst"),
    ("psh", "tcp-push"),
    ("push", "tcp-push"),
    ("urg", "tcp-urg"),
    ("ece", "tcp-ece"),
    ("ecn", "tcp-ece"),
    ("cwr", "tcp-cwr"),
    ("tcp-syn", "tcp-syn"),
    ("tcp-ack", "tcp-ack"),
    ("tcp-fin", "tcp-fin"),
    ("tcp-rst", "tcp-rst"),
    ("tcp-push", "tcp-push"),
    ("tcp-psh", "tcp-push"),
    ("tcp-urg", "tcp-urg"),
    ("tcp-ece", "tcp-ece"),
    ("tcp-cwr", "tcp-cwr"),
    ("synack", "(tcp-syn|tcp-ack)"),
    ("syn-ack", "(tcp-syn|tcp-ack)"),
    ("syn_ack", "(tcp-syn|tcp-ack)"),
    ("finack", "(tcp-fin|tcp-ack)"),
    ("fin-ack", "(tcp-fin|tcp-ack)"),
    ("rstack", "(tcp-rst|tcp-ack)"),
    ("rst-ack", "(tcp-rst|tcp-ack)"),
    ("pshack", "(tcp-push|tcp-ack)"),
    ("psh-ack", "(tcp-push|tcp-ack)"),
];

/// The bits of a TCP flag, or of several.
pub(super) fn flag(word: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|row| row.1)
}

/// The test for a TCP flag, or for all of several.
pub(super) fn flag_test(bits: &str) -> String {
    let rest = if bits.contains('|') { format!("= {bits}") } else { "!= 0".to_owned() };
    format!("tcp[tcpflags] & {bits} {rest}")
}

/// Fields of headers that people name inside of brackets: protocol, name, and the index there.
#[rustfmt::skip]
pub(super) const INDICES: &[(&str, &str, &str)] = &[
    ("icmp", "type", "icmptype"), ("icmp", "code", "icmpcode"), ("icmp6", "type", "icmp6type"),
    ("icmp6", "code", "icmp6code"), ("icmp", "icmp6type", "icmptype"), ("tcp", "flags", "tcpflags"),
    ("tcp", "flag", "tcpflags"), ("tcp", "tcpflag", "tcpflags"), ("tcp", "tcp-flags", "tcpflags"),
    ("tcp", "sport", "0:2"), ("tcp", "srcport", "0:2"), ("tcp", "dport", "2:2"), ("tcp", "dstport", "2:2"),
    ("tcp", "seq", "4:4"), ("tcp", "ack", "8:4"), ("tcp", "off", "12"), ("tcp", "doff", "12"),
    ("tcp", "win", "14:2"), ("tcp", "window", "14:2"), ("tcp", "checksum", "16:2"), ("tcp", "urgptr", "18:2"),
    ("udp", "sport", "0:2"), ("udp", "srcport", "0:2"), ("udp", "dport", "2:2"), ("udp", "dstport", "2:2"),
    ("udp", "length", "4:2"), ("udp", "checksum", "6:2"), ("ip", "version", "0"), ("ip", "tos", "1"),
    ("ip", "dscp", "1"), ("ip", "id", "4:2"), ("ip", "flags", "6"), ("ip", "frag", "6:2"), ("ip", "off", "6:2"),
    ("ip", "ttl", "8"), ("ip", "proto", "9"), ("ip", "protocol", "9"), ("ip", "checksum", "10:2"),
    ("ip", "src", "12:4"), ("ip", "dst", "16:4"), ("ip6", "nxt", "6"), ("ip6", "next", "6"), ("ip6", "proto", "6"),
    ("ip6", "hlim", "7"), ("ip6", "hoplimit", "7"), ("arp", "op", "6:2"), ("arp", "opcode", "6:2"),
    ("arp", "oper", "6:2"), ("ether", "type", "12:2"), ("ether", "dst", "0:4"), ("ether", "src", "6:4"),
];

/// Values of fields that people name beside their protocol.
#[rustfmt::skip]
pub(super) const KINDS: &[(&str, &str, &str)] = &[
    ("icmp", "echo", "icmp[icmptype] = icmp-echo"), ("icmp", "request", "icmp[icmptype] = icmp-echo"),
    ("icmp", "ping", "icmp[icmptype] = icmp-echo"), ("icmp", "echo-request", "icmp[icmptype] = icmp-echo"),
    ("icmp", "reply", "icmp[icmptype] = icmp-echoreply"), ("icmp", "echo-reply", "icmp[icmptype] = icmp-echoreply"),
    ("icmp", "unreachable", "icmp[icmptype] = icmp-unreach"), ("icmp", "unreach", "icmp[icmptype] = icmp-unreach"),
    ("icmp", "redirect", "icmp[icmptype] = icmp-redirect"), ("icmp", "ttl-exceeded", "icmp[icmptype] = icmp-timxceed"),
    ("icmp6", "echo", "icmp6[icmp6type] = icmp6-echo"), ("icmp6", "echo-request", "icmp6[icmp6type] = icmp6-echo"),
    ("icmp6", "request", "icmp6[icmp6type] = icmp6-echo"), ("icmp6", "reply", "icmp6[icmp6type] = icmp6-echoreply"),
    ("icmp6", "echo-reply", "icmp6[icmp6type] = icmp6-echoreply"),
    ("icmp6", "neighbor-solicitation", "icmp6[icmp6type] = icmp6-neighborsolicit"),
    ("arp", "request", "arp[6:2] = 1"), ("arp", "who-has", "arp[6:2] = 1"), ("arp", "reply", "arp[6:2] = 2"),
    ("arp", "is-at", "arp[6:2] = 2"),
];

const TWO_PACKETS: &str = "that is said of several packets of a connection; a filter sees one at a time";
const EVERYTHING: &str = "to take every packet leave the expression out";

/// Words that nothing can be suggested for, and what to say of them.
pub(super) const REMARKS: &[(&str, &str)] = &[
    ("retransmission", TWO_PACKETS),
    ("retransmissions", TWO_PACKETS),
    ("retransmit", TWO_PACKETS),
    ("retrans", TWO_PACKETS),
    ("dupack", TWO_PACKETS),
    ("out-of-order", TWO_PACKETS),
    ("reordered", TWO_PACKETS),
    ("handshake", TWO_PACKETS),
    ("stream", TWO_PACKETS),
    ("established", TWO_PACKETS),
    ("related", TWO_PACKETS),
    ("new", TWO_PACKETS),
    ("any", EVERYTHING),
    ("all", EVERYTHING),
    ("everything", EVERYTHING),
    ("anything", EVERYTHING),
    ("*", EVERYTHING),
];

/// Words of other languages, and the words here that mean the same.
#[rustfmt::skip]
pub(super) const SYNONYMS: &[(&str, &str)] = &[
    ("source", "src"), ("from", "src"), ("destination", "dst"), ("dest", "dst"), ("to", "dst"),
    ("sport", "src port"), ("srcport", "src port"), ("src-port", "src port"), ("src_port", "src port"),
    ("src.port", "src port"), ("source-port", "src port"), ("--sport", "src port"), ("dport", "dst port"),
    ("dstport", "dst port"), ("dst-port", "dst port"), ("dst_port", "dst port"), ("dst.port", "dst port"),
    ("destination-port", "dst port"), ("saddr", "src host"), ("srcip", "src host"), ("src-ip", "src host"),
    ("src_ip", "src host"), ("daddr", "dst host"), ("dstip", "dst host"), ("dst-ip", "dst host"),
    ("dst_ip", "dst host"), ("address", "host"), ("addr", "host"), ("ipaddr", "host"), ("hostname", "host"),
    ("hosts", "host"), ("server", "host"), ("client", "host"), ("ports", "port"), ("service", "port"),
    ("port-range", "portrange"), ("port_range", "portrange"), ("ports-range", "portrange"), ("network", "net"),
    ("subnet", "net"), ("cidr", "net"), ("netmask", "mask"), ("protocol", "proto"), ("hwaddr", "ether host"), ("eth", "ether"), ("ethernet", "ether"),
    ("mac", "ether host"), ("lladdr", "ether host"), ("smac", "ether src"), ("dmac", "ether dst"),
    ("ethertype", "ether proto"), ("except", "and not"), ("without", "and not"), ("exclude", "not"),
    ("no", "not"), ("but", "and"), ("with", "and"), ("plus", "and"), ("larger", "greater"), ("bigger", "greater"),
    ("over", "greater"), ("smaller", "less"), ("under", "less"), ("incoming", "inbound"), ("ingress", "inbound"),
    ("outgoing", "outbound"), ("egress", "outbound"), ("vlanid", "vlan"), ("vlan-id", "vlan"), ("vlan_id", "vlan"),
    ("than", ""), ("is", ""), ("equals", ""), ("eq", ""), ("number", ""), ("only", ""),
    ("traffic", ""), ("packets", ""), ("packet", ""),
];

/// The words here for a word of another language.
pub(super) fn synonym(word: &str) -> Option<&'static str> {
    SYNONYMS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|row| row.1)
}
