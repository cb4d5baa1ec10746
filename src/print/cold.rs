//! Protocols off the main road: by EtherType and by IP protocol number.
use super::dissect::{Dissect, Truncated};
use super::ip::Carrier;
use super::link::Macs;

/// Prints what an EtherType other than IPv4, IPv6 and ARP announces; false when it is
/// not known here: the caller then shows the link header and dumps the payload.
pub(super) fn ether_type(
    d: &mut Dissect<'_>,
    kind: u16,
    at: usize,
    len: u32,
    cap_len: u32,
    macs: Option<Macs>,
) -> Result<bool, Truncated> {
    let _ = (d, kind, at, len, cap_len, macs);
    Ok(false)
}

/// Prints the payload of an IP packet that is not TCP, UDP, ICMP or IP; false when it
/// is not known here: the caller then prints ` ip-proto-N LENGTH`.
pub(super) fn ip_protocol(
    d: &mut Dissect<'_>,
    protocol: u8,
    at: usize,
    len: u32,
    ip: Carrier,
) -> Result<bool, Truncated> {
    let _ = (d, protocol, at, len, ip);
    Ok(false)
}
