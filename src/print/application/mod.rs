//! What UDP and TCP carry.
pub(in crate::print) mod bfd;
pub(in crate::print) mod dhcp;
pub(in crate::print) mod dhcp6;
pub(in crate::print) mod dns;
pub(in crate::print) mod hsrp;
pub(in crate::print) mod kerberos;
pub(in crate::print) mod ntp;
pub(in crate::print) mod ptp;
pub(in crate::print) mod resp;
pub(in crate::print) mod rip;
pub(in crate::print) mod ripng;
pub(in crate::print) mod snmp;
pub(in crate::print) mod syslog;
pub(in crate::print) mod telnet;
pub(in crate::print) mod tftp;
