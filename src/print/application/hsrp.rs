//! Hot Standby Router Protocol, version 0 (RFC 2281).
use crate::print::dissect::{Dissect, Truncated, put};

/// Prints a packet of `len` bytes at `at`.
pub(in crate::print) fn hsrp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "hsrp";
    let version = d.u8(at)?;
    put!(d, "HSRPv{version}");
    if version != 0 {
        return Ok(());
    }
    d.char(b'-');
    match d.u8(at + 1)? {
        0 => d.str("hello "),
        1 => d.str("coup "),
        2 => d.str("resign "),
        other => put!(d, "unknown ({other}) "),
    }
    put!(d, "{len}: ");
    match d.u8(at + 2)? {
        0 => d.str("state=initial "),
        1 => d.str("state=learn "),
        2 => d.str("state=listen "),
        4 => d.str("state=speak "),
        8 => d.str("state=standby "),
        16 => d.str("state=active "),
        other => put!(d, "state=Unknown ({other}) "),
    }
    put!(d, "group={} ", d.u8(at + 6)?);
    let reserved = d.u8(at + 7)?;
    if reserved != 0 {
        put!(d, "[reserved={reserved}!] ");
    }
    let address = d.ipv4(at + 16)?;
    d.str("addr=");
    d.addr4(address);
    if d.verbose() > 0 {
        d.str(" hellotime=");
        d.duration(d.u8(at + 3)?.into());
        d.str(" holdtime=");
        d.duration(d.u8(at + 4)?.into());
        put!(d, " priority={}", d.u8(at + 5)?);
        d.str(" auth=\"");
        d.padded_text(at + 8, 8)?;
        d.char(b'"');
    }
    Ok(())
}
