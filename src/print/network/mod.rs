//! IP and what goes beside it or on it without ports: ARP, ICMP, IGMP, routing protocols.
pub(in crate::print) mod arp;
pub(in crate::print) mod dvmrp;
pub(in crate::print) mod group_record;
pub(in crate::print) mod icmpv4;
pub(in crate::print) mod icmpv6;
pub(in crate::print) mod igmp;
pub(in crate::print) mod ip;
pub(in crate::print) mod ipsec;
pub(in crate::print) mod ipv4;
pub(in crate::print) mod ipv6;
pub(in crate::print) mod ospf;
pub(in crate::print) mod protocol;
pub(in crate::print) mod routing;
pub(in crate::print) mod vrrp;
