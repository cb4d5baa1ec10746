//! UDP.
use super::dissect::{Dissect, Truncated};
use super::ip::Carrier;

/// Prints a datagram at `at`.
pub(super) fn udp(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "udp";
    let _ = (at, len, ip);
    Ok(())
}
