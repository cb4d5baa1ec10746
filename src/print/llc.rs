//! LLC and SNAP (IEEE 802.2).
use super::dissect::{Dissect, Truncated};
use super::link::Macs;

/// What became of an LLC header.
pub(super) struct Llc {
    /// Whether its payload was printed; otherwise the caller dumps all of it.
    pub(super) known: bool,
    /// Bytes of LLC and SNAP header.
    pub(super) header_len: usize,
}

/// Prints LLC at `at`; SNAP goes on with [`ether_type`](super::link::ether_type).
pub(super) fn llc(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    cap_len: u32,
    macs: Option<Macs>,
) -> Result<Llc, Truncated> {
    d.protocol = "llc";
    let _ = (at, len, cap_len, macs);
    Ok(Llc { known: false, header_len: 0 })
}
