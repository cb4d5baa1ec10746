//! Protocols with ports.
pub(in crate::print) mod dccp;
pub(in crate::print) mod sctp;
pub(in crate::print) mod tcp;
pub(in crate::print) mod udp;
