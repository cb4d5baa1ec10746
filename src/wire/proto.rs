//! Protocol numbers: EtherTypes and IP protocols.
use core::fmt;

macro_rules! numbers {
    ($(#[$meta:meta])* $name:ident($int:ty) { $($(#[$m:meta])* $const:ident = $value:expr;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $int);

        impl $name {
            $($(#[$m])* pub const $const: Self = Self($value);)*
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {
                    $(Self::$const => f.write_str(stringify!($const)),)*
                    Self(n) => write!(f, concat!(stringify!($name), "({:#x})"), n),
                }
            }
        }
    };
}

pub(super) use numbers;

numbers! {
    /// What an Ethernet frame carries, <https://www.iana.org/assignments/ieee-802-numbers>.
    EtherType(u16) {
        /// IPv4.
        IPV4 = 0x0800;
        /// Address resolution (RFC 826).
        ARP = 0x0806;
        /// Reverse address resolution (RFC 903).
        REVARP = 0x8035;
        /// 802.1Q tag.
        VLAN = 0x8100;
        /// IPv6.
        IPV6 = 0x86dd;
        /// 802.1ad service tag.
        QINQ = 0x88a8;
        /// Pre-standard double tag.
        VLAN_9100 = 0x9100;
        /// Pre-standard double tag.
        VLAN_9200 = 0x9200;
        /// Transparent Ethernet bridging: a frame in GRE or Geneve (RFC 1701).
        BRIDGED = 0x6558;
        /// IPX.
        IPX = 0x8137;
        /// AppleTalk.
        APPLETALK = 0x809b;
        /// Slow protocols (IEEE 802.3 annex 57A).
        SLOW = 0x8809;
        /// PPP (RFC 7042).
        PPP = 0x880b;
        /// MPLS, a packet for one (RFC 5332).
        MPLS = 0x8847;
        /// MPLS, a packet for many (RFC 5332).
        MPLS_MULTICAST = 0x8848;
        /// PPP over Ethernet, finding the other end (RFC 2516).
        PPPOE_DISCOVERY = 0x8863;
        /// PPP over Ethernet, in a session (RFC 2516).
        PPPOE_SESSION = 0x8864;
        /// PPPOE_DISCOVERY before it had a number of its own.
        PPPOE_DISCOVERY_OLD = 0x3c12;
        /// PPPOE_SESSION before it had a number of its own.
        PPPOE_SESSION_OLD = 0x3c13;
        /// LLC behind a type, where the length does not fit (jumbo frames).
        JUMBO = 0x8870;
        /// EAP over LAN (IEEE 802.1X).
        EAPOL = 0x888e;
        /// LLDP (IEEE 802.1AB).
        LLDP = 0x88cc;
        /// MACsec (IEEE 802.1AE).
        MACSEC = 0x88e5;
        /// Precision time protocol (IEEE 1588).
        PTP = 0x88f7;
        /// Ethernet configuration testing.
        LOOPBACK = 0x9000;
    }
}

numbers! {
    /// What an IP datagram carries, <https://www.iana.org/assignments/protocol-numbers>.
    IpProtocol(u8) {
        /// IPv6 hop-by-hop options.
        HOP_BY_HOP = 0;
        /// ICMP (RFC 792).
        ICMP = 1;
        /// IGMP.
        IGMP = 2;
        /// IPv4 in IP.
        IPV4 = 4;
        /// TCP (RFC 9293).
        TCP = 6;
        /// EGP (RFC 904).
        EGP = 8;
        /// IGRP.
        IGRP = 9;
        /// UDP (RFC 768).
        UDP = 17;
        /// DCCP.
        DCCP = 33;
        /// IPv6 in IP.
        IPV6 = 41;
        /// IPv6 routing header.
        ROUTING = 43;
        /// IPv6 fragment header.
        FRAGMENT = 44;
        /// RSVP (RFC 2205).
        RSVP = 46;
        /// GRE.
        GRE = 47;
        /// IPsec ESP.
        ESP = 50;
        /// IPsec AH.
        AH = 51;
        /// Minimal encapsulation (RFC 2004).
        MINIMAL_ENCAPSULATION = 55;
        /// ICMPv6 (RFC 4443).
        ICMPV6 = 58;
        /// IPv6: no next header.
        NO_NEXT_HEADER = 59;
        /// IPv6 destination options.
        DEST_OPTIONS = 60;
        /// Network disk, of early diskless machines.
        ND = 77;
        /// EIGRP (RFC 7868).
        EIGRP = 88;
        /// OSPF.
        OSPF = 89;
        /// PIM.
        PIM = 103;
        /// IPComp (RFC 3173).
        IPCOMP = 108;
        /// VRRP (RFC 5798).
        VRRP = 112;
        /// SCTP.
        SCTP = 132;
        /// UDP-Lite (RFC 3828).
        UDP_LITE = 136;
        /// IPv6 mobility header.
        MOBILITY = 135;
        /// Ethernet in IP (RFC 8986).
        ETHERNET = 143;
    }
}

numbers! {
    /// What a PPP frame carries, <https://www.iana.org/assignments/ppp-numbers>.
    PppProtocol(u16) {
        /// IPv4 (RFC 1332).
        IPV4 = 0x0021;
        /// OSI network layer (RFC 1377).
        OSI = 0x0023;
        /// A TCP header that the other end is to remember (RFC 1144).
        VJ_UNCOMPRESSED = 0x002f;
        /// A fragment of a packet sent over several lines (RFC 1990).
        MULTILINK = 0x003d;
        /// IPv6 (RFC 5072).
        IPV6 = 0x0057;
        /// Compressed (RFC 1962).
        COMPRESSED = 0x00fd;
        /// MPLS, a packet for one (RFC 3032).
        MPLS = 0x0281;
        /// MPLS, a packet for many (RFC 3032).
        MPLS_MULTICAST = 0x0283;
        /// Setting up IPv4 (RFC 1332).
        IPCP = 0x8021;
        /// Setting up OSI (RFC 1377).
        OSICP = 0x8023;
        /// Setting up IPv6 (RFC 5072).
        IPV6CP = 0x8057;
        /// Setting up compression (RFC 1962).
        CCP = 0x80fd;
        /// Setting up MPLS (RFC 3032).
        MPLSCP = 0x8281;
        /// Setting up the line (RFC 1661).
        LCP = 0xc021;
        /// Who is there, by password (RFC 1334).
        PAP = 0xc023;
        /// How good the line is (RFC 1989).
        LQR = 0xc025;
        /// Shiva's password protocol.
        SPAP = 0xc027;
        /// Setting up bandwidth allocation (RFC 2125).
        BACP = 0xc02b;
        /// Bandwidth allocation (RFC 2125).
        BAP = 0xc02d;
        /// Shiva's password protocol before.
        SPAP_OLD = 0xc123;
        /// Who is there, by challenge (RFC 1994).
        CHAP = 0xc223;
        /// Who is there, by EAP (RFC 3748).
        EAP = 0xc227;
    }
}

impl EtherType {
    /// Whether this is no type but the length of an 802.3 frame (IEEE 802.3 §3.2.6).
    #[inline]
    pub const fn is_length(self) -> bool {
        self.0 <= 1500
    }
    /// Whether a VLAN tag follows.
    #[inline]
    pub const fn is_vlan(self) -> bool {
        matches!(self, Self::VLAN | Self::QINQ | Self::VLAN_9100 | Self::VLAN_9200)
    }
}
