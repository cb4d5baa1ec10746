//! ARP (RFC 826).
use super::dissect::{Dissect, Truncated};

/// Prints ARP at `at`.
pub(super) fn arp(d: &mut Dissect<'_>, at: usize, len: u32, cap_len: u32) -> Result<(), Truncated> {
    d.protocol = "arp";
    let _ = (at, len, cap_len);
    Ok(())
}
