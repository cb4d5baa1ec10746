//! DHCP for IPv6 (RFC 8415, RFC 5007).
pub(in crate::print) mod option;

use crate::print::dissect::{Dissect, Truncated, put};

const RELAY_FORWARD: u8 = 12;
const RELAY_REPLY: u8 = 13;

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn dhcp6(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "dhcp6";
    d.str("dhcp6");
    let end = d.end.min(at.saturating_add(len as usize));
    if !d.has(at, 4) {
        d.trunc();
        return Ok(());
    }
    let kind = d.u8(at)?;
    match kind.checked_sub(1).and_then(|n| KINDS.get(usize::from(n))) {
        Some(name) => put!(d, " {name}"),
        None => put!(d, " msgtype-{kind}"),
    }
    if d.verbose() == 0 {
        return Ok(());
    }
    d.str(" (");
    if matches!(kind, RELAY_FORWARD | RELAY_REPLY) {
        let link = d.ipv6(at + 2)?;
        d.str("linkaddr=");
        d.addr6(link);
        let peer = d.ipv6(at + 18)?;
        d.str(" peeraddr=");
        d.addr6(peer);
        option::options(d, at + 34, end)?;
    } else {
        put!(d, "xid={:x}", d.u24(at + 1)?);
        option::options(d, at + 4, end)?;
    }
    d.char(b')');
    Ok(())
}

/// Message types, from 1 on.
const KINDS: [&str; 15] = [
    "solicit",
    "advertise",
    "request",
    "confirm",
    "renew",
    "rebind",
    "reply",
    "release",
    "decline",
    "reconfigure",
    "inf-req",
    "relay-fwd",
    "relay-reply",
    "leasequery",
    "leasequery-reply",
];
