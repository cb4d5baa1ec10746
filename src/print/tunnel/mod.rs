//! Protocols that carry frames or packets of other networks.
pub(in crate::print) mod gre;
pub(in crate::print) mod mpls;
pub(in crate::print) mod overlay;
