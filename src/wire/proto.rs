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
        /// GRE.
        GRE = 47;
        /// IPsec ESP.
        ESP = 50;
        /// IPsec AH.
        AH = 51;
        /// ICMPv6 (RFC 4443).
        ICMPV6 = 58;
        /// IPv6: no next header.
        NO_NEXT_HEADER = 59;
        /// IPv6 destination options.
        DEST_OPTIONS = 60;
        /// OSPF.
        OSPF = 89;
        /// PIM.
        PIM = 103;
        /// SCTP.
        SCTP = 132;
        /// UDP-Lite (RFC 3828).
        UDP_LITE = 136;
        /// IPv6 mobility header.
        MOBILITY = 135;
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
