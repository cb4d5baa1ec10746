//! DHCP and BOOTP (RFC 2131, RFC 951).
pub(in crate::print) mod option;

use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Magic numbers before the options: RFC 1048, and Carnegie Mellon's own.
const OPTIONS: u32 = 0x6382_5363;
const CARNEGIE_MELLON: u32 = 0x434d_5500;

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn dhcp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "bootp";
    let operation = d.u8(at)?;
    match operation {
        1 => d.str("BOOTP/DHCP, Request"),
        2 => d.str("BOOTP/DHCP, Reply"),
        other => put!(d, "BOOTP/DHCP, unknown (0x{other:02x})"),
    }
    let (kind, size) = (d.u8(at + 1)?, d.u8(at + 2)?);
    let ethernet = kind == 1 && size == 6;
    if ethernet && operation == 1 {
        let address = d.mac(at + 28)?;
        d.str(" from ");
        d.mac_addr(address);
    }
    put!(d, ", length {len}");
    if d.verbose() > 0 { details(d, at, kind, size).or_else(|stop| d.stop(stop)) } else { Ok(()) }
}

/// What `-v` shows.
fn details(d: &mut Dissect<'_>, at: usize, kind: u8, size: u8) -> Result<(), Stop> {
    d.check(at + 8, 2)?;
    let ethernet = kind == 1 && size == 6;
    if kind != 1 {
        put!(d, ", htype {kind}");
    }
    if !ethernet {
        put!(d, ", hlen {size}");
    }
    let (hops, transaction, seconds) = (d.u8(at + 3)?, d.u32(at + 4)?, d.u16(at + 8)?);
    if hops != 0 {
        put!(d, ", hops {hops}");
    }
    if transaction != 0 {
        put!(d, ", xid 0x{transaction:x}");
    }
    if seconds != 0 {
        put!(d, ", secs {seconds}");
    }
    let flags = d.u16(at + 10)?;
    put!(d, ", Flags [{}]", if flags & 0x8000 == 0 { "none" } else { "Broadcast" });
    if d.verbose() > 1 {
        put!(d, " (0x{flags:04x})");
    }
    for (offset, name) in [(12, "Client"), (16, "Your"), (20, "Server"), (24, "Gateway")] {
        let address = d.ipv4(at + offset)?;
        if !address.is_unspecified() {
            put!(d, "\n\t  {name}-IP ");
            d.addr4(address);
        }
    }
    if ethernet {
        let address = d.mac(at + 28)?;
        d.str("\n\t  Client-Ethernet-Address ");
        d.mac_addr(address);
    }
    for (offset, size, name) in [(44, 64, "sname"), (108, 128, "file")] {
        if d.u8(at + offset)? != 0 {
            put!(d, "\n\t  {name} \"");
            let len = d.until_nul(at + offset, size);
            d.char(b'"');
            len.ok_or(Stop::Missing)?;
        }
    }
    d.check(at + 236, 4)?;
    match d.u32(at + 236)? {
        OPTIONS => return option::options(d, at + 236),
        CARNEGIE_MELLON => return carnegie_mellon(d, at + 236),
        0 => {}
        other => put!(d, "\n\t  Vendor-#0x{other:x}"),
    }
    Ok(())
}

/// Servers in the fixed places of Carnegie Mellon's vendor area.
fn carnegie_mellon(d: &mut Dissect<'_>, at: usize) -> Result<(), Stop> {
    d.str(" vend-cmu");
    d.check(at + 4, 4)?;
    let flags = d.u8(at + 4)?;
    if flags & !1 != 0 {
        put!(d, " F:0x{flags:x}");
    }
    let mask = if flags & 1 == 0 { "SM*" } else { "SM" };
    let servers = [
        (12, "DG"),
        (8, mask),
        (16, "NS1"),
        (20, "NS2"),
        (24, "IEN1"),
        (28, "IEN2"),
        (32, "TS1"),
        (36, "TS2"),
    ];
    for (offset, name) in servers {
        d.check(at + offset, 4)?;
        let address = d.ipv4(at + offset)?;
        if !address.is_unspecified() {
            put!(d, " {name}:");
            d.addr4(address);
        }
    }
    Ok(())
}
