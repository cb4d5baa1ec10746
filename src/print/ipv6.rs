//! IPv6.
use super::dissect::{Dissect, Truncated};
use super::ip::{self, Inner};

/// Prints an IPv6 packet of `len` bytes at `at`.
pub(super) fn packet(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    ip::packets(d, Inner::V6 { at, len })
}

pub(super) fn header(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Option<Inner>, Truncated> {
    let _ = (d, at, len);
    Ok(None)
}
