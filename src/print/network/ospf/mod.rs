//! OSPF version 2 (RFC 2328) with its link-local signalling (RFC 5613).
pub(in crate::print) mod opaque;

use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Stop, Truncated, put};

use crate::print::network::routing::ospf_header;

const HELLO: u8 = 1;
const DATABASE: u8 = 2;
const REQUEST: u8 = 3;
const UPDATE: u8 = 4;
const ACKNOWLEDGEMENT: u8 = 5;

const DIGEST: u16 = 2;
/// Bytes of the digest that follows a message.
const DIGEST_LEN: u32 = 16;

/// Bytes of the header of a link state advertisement.
const ADVERTISEMENT_LEN: usize = 20;

/// Whether the options say that a block of link-local signalling follows.
const HAS_BLOCK: u8 = 0x10;

const OPTIONS: [(u32, &str); 8] = [
    (0x01, "MultiTopology"),
    (0x02, "External"),
    (0x04, "Multicast"),
    (0x08, "NSSA"),
    (0x10, "LLS"),
    (0x20, "Demand Circuit"),
    (0x40, "Opaque"),
    (0x80, "Up/Down"),
];

/// Prints a packet of `len` bytes at `at`.
pub(in crate::print) fn ospf(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "ospf2";
    let authentication = d.u16(at + 14)?;
    let mut len = len;
    if authentication == DIGEST {
        len = len.wrapping_sub(DIGEST_LEN);
        d.end = d.end.saturating_sub(DIGEST_LEN as usize);
    }
    let kind = ospf_header(d, at, len, "LS-type ", "")?;
    if d.verbose() == 0 || !(HELLO..=ACKNOWLEDGEMENT).contains(&kind) {
        return Ok(());
    }
    let declared = u32::from(d.u16(at + 2)?);
    if declared != len {
        put!(d, " [len {declared}]");
    }
    let (router, area) = (d.ipv4(at + 4)?, d.ipv4(at + 8));
    d.str("\n\tRouter-ID ");
    d.addr4(router);
    let area = area?;
    if area.is_unspecified() {
        d.str(", Backbone Area");
    } else {
        d.str(", Area ");
        d.addr4(area);
    }
    d.bytes(at + 16, 8)?;
    let name = ["none", "simple", "MD5"].get(usize::from(authentication)).unwrap_or(&"unknown");
    put!(d, ", Authentication Type: {name} ({authentication})");
    match authentication {
        0 => {}
        1 => {
            d.str("\n\tSimple text password: ");
            d.padded_text(at + 16, 8)?;
        }
        DIGEST => {
            put!(d, "\n\tKey-ID: {}, Auth-Length: {}", d.u8(at + 18)?, d.u8(at + 19)?);
            put!(d, ", Crypto Sequence Number: 0x{:08x}", d.u32(at + 20)?);
        }
        _ => return Ok(()),
    }
    let version = d.u8(at)?;
    if version != 2 {
        put!(d, " ospf [version {version}]");
        return Ok(());
    }
    body(d, kind, at, at + declared.min(len) as usize).or_else(|stop| d.stop(stop))?;
    if len > declared { signalling(d, kind, at, len, declared) } else { Ok(()) }
}

/// Prints what a message says, up to `end` where that counts.
fn body(d: &mut Dissect<'_>, kind: u8, start: usize, end: usize) -> Result<(), Stop> {
    match kind {
        HELLO => hello(d, start, end)?,
        DATABASE => {
            options(d, "\n\tOptions [", start + 26)?;
            d.char(b']');
            let flags = d.u8(start + 27)?;
            d.str(", DD Flags [");
            push_bits(d, flags.into(), &[(4, "Init"), (2, "More"), (1, "Master"), (8, "OOBResync")]);
            d.char(b']');
            let mtu = d.u16(start + 24)?;
            if mtu != 0 {
                put!(d, ", MTU: {mtu}");
            }
            put!(d, ", Sequence: 0x{:08x}", d.u32(start + 28)?);
            for at in (start + 32..end).step_by(ADVERTISEMENT_LEN) {
                header(d, at)?;
            }
        }
        REQUEST => {
            for at in (start + 24..end).step_by(12) {
                request(d, at)?;
            }
        }
        UPDATE => {
            let count = d.u32(start + 24)?;
            put!(d, ", {count} LSA{}", if count == 1 { "" } else { "s" });
            let mut at = start + 28;
            for n in 1..=count {
                put!(d, "\n\t  LSA #{n}");
                at = advertisement(d, at)?;
            }
        }
        _ => {
            // As many as were captured.
            for at in (start + 24..).step_by(ADVERTISEMENT_LEN) {
                header(d, at)?;
            }
        }
    }
    Ok(())
}

/// Prints which advertisement is asked for.
fn request(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    d.bytes(at, 12)?;
    let (kind, router) = (d.u32(at)?, d.ipv4(at + 8)?);
    d.str("\n\t  Advertising Router: ");
    d.addr4(router);
    put!(d, ", {} LSA ({kind})", type_name(kind));
    if matches!(kind, 9..=11) {
        let opaque = d.u8(at + 4)?;
        put!(d, ", Opaque-Type: {} LSA ({opaque})", opaque::type_name(opaque));
        put!(d, ", Opaque-ID: {}", d.u24(at + 5)?);
    } else {
        let id = d.ipv4(at + 4)?;
        d.str(", LSA-ID: ");
        d.addr4(id);
    }
    Ok(())
}

fn options(d: &mut Dissect<'_>, title: &str, at: usize) -> Result<(), Truncated> {
    let bits = d.u8(at)?;
    d.str(title);
    push_bits(d, bits.into(), &OPTIONS);
    Ok(())
}

fn hello(d: &mut Dissect<'_>, start: usize, end: usize) -> Result<(), Truncated> {
    options(d, "\n\tOptions [", start + 30)?;
    d.char(b']');
    let (interval, dead, mask) = (d.u16(start + 28)?, d.u32(start + 32)?, d.ipv4(start + 24)?);
    put!(d, "\n\t  Hello Timer {interval}s, Dead Timer {dead}s, Mask ");
    d.addr4(mask);
    put!(d, ", Priority {}", d.u8(start + 31)?);
    for (title, at) in [("\n\t  Designated Router ", start + 36), (", Backup Designated Router ", start + 40)]
    {
        let router = d.ipv4(at)?;
        if !router.is_unspecified() {
            d.str(title);
            d.addr4(router);
        }
    }
    list(d, "\n\t  Neighbor List:", "\n\t    ", start + 44, end)
}

/// Prints the addresses from `at` to `end`, after `title` if there is one.
fn list(d: &mut Dissect<'_>, title: &str, indent: &str, at: usize, end: usize) -> Result<(), Truncated> {
    if at < end {
        d.str(title);
    }
    for at in (at..end).step_by(4) {
        let address = d.ipv4(at)?;
        d.str(indent);
        d.addr4(address);
    }
    Ok(())
}

fn type_name(kind: u32) -> &'static str {
    match kind {
        1 => "Router",
        2 => "Network",
        3 => "Summary",
        4 => "ASBR Summary",
        5 => "External",
        6 => "Multicast Group",
        7 => "NSSA",
        9 => "Link Local Opaque",
        10 => "Area Local Opaque",
        11 => "Domain Wide Opaque",
        _ => "unknown",
    }
}

/// Prints an advertisement's header; gives the length it says, if that can be.
fn header(d: &mut Dissect<'_>, at: usize) -> Result<u16, Stop> {
    let len = d.u16(at + 18)?;
    let Some(rest) = len.checked_sub(ADVERTISEMENT_LEN as u16) else {
        put!(d, "\n\t    Bogus length {len} < header (20)");
        return Err(Stop::Done);
    };
    let (router, sequence, age) = (d.ipv4(at + 8)?, d.u32(at + 12)?, d.u16(at)?);
    d.str("\n\t  Advertising Router ");
    d.addr4(router);
    put!(d, ", seq 0x{sequence:08x}, age {age}s, length {rest}");
    let kind = d.u8(at + 3)?;
    put!(d, "\n\t    {} LSA ({kind}), ", type_name(kind.into()));
    if matches!(kind, 9..=11) {
        let opaque = d.u8(at + 4)?;
        put!(d, "Opaque-Type {} LSA ({opaque})", opaque::type_name(opaque));
        put!(d, ", Opaque-ID {}", d.u24(at + 5)?);
    } else {
        let id = d.ipv4(at + 4)?;
        d.str("LSA-ID: ");
        d.addr4(id);
    }
    options(d, "\n\t    Options: [", at + 2)?;
    d.char(b']');
    Ok(len)
}

/// Prints an advertisement; gives the offset after it. What is wrong in one with a header does
/// not keep the next from being printed.
fn advertisement(d: &mut Dissect<'_>, start: usize) -> Result<usize, Truncated> {
    let len = header(d, start).map_err(|_| Truncated)?;
    contents(d, start, len).or_else(|stop| d.stop(stop))?;
    Ok(start + usize::from(len))
}

/// Prints what an advertisement of `len` bytes holds after its header.
fn contents(d: &mut Dissect<'_>, start: usize, len: u16) -> Result<(), Stop> {
    let (end, at) = (start + usize::from(len), start + ADVERTISEMENT_LEN);
    let rest = u32::from(len) - ADVERTISEMENT_LEN as u32;
    match d.u8(start + 3)? {
        1 => router_links(d, at)?,
        2 => {
            mask(d, at)?;
            d.str("\n\t    Connected Routers:");
            list(d, "", "\n\t      ", at + 4, end)?;
        }
        3 => {
            mask(d, at)?;
            summary(d, at + 4, end)?;
        }
        4 => summary(d, at + 4, end)?,
        5 | 7 => {
            mask(d, at)?;
            external(d, at + 4, end)?;
        }
        6 => {
            for at in (at..end).step_by(8) {
                let kind = d.u32(at)?;
                let title = match kind {
                    1 => "Router Router-ID ",
                    2 => "Network Designated Router ",
                    _ => {
                        put!(d, "\n\t    unknown VertexType ({kind})");
                        continue;
                    }
                };
                let vertex = d.ipv4(at + 4)?;
                put!(d, "\n\t    {title}");
                d.addr4(vertex);
            }
        }
        9..=11 => {
            let opaque = d.u8(start + 4)?;
            opaque::contents(d, opaque, at, rest)?;
        }
        _ => {}
    }
    if d.verbose() > 1 {
        d.unknown_data(at, "\n\t    ", rest);
    }
    Ok(())
}

fn mask(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let mask = d.ipv4(at)?;
    d.str("\n\t    Mask ");
    d.addr4(mask);
    Ok(())
}

fn push_topology(d: &mut Dissect<'_>, topology: u32) {
    let name = ["default", "multicast", "management"].get(topology as usize).unwrap_or(&"Unknown");
    put!(d, "\n\t\ttopology {name} ({topology})");
}

/// Prints a router's links, up to one of a type that is not known.
fn router_links(d: &mut Dissect<'_>, start: usize) -> Result<(), Stop> {
    let flags = d.u8(start)?;
    d.str("\n\t    Router LSA Options: [");
    push_bits(
        d,
        flags.into(),
        &[(0x01, "ABR"), (0x02, "ASBR"), (0x04, "Virtual"), (0x08, "Wildcard"), (0x10, "Nt"), (0x80, "Host")],
    );
    d.char(b']');
    let count = d.u16(start + 2)?;
    let mut at = start + 4;
    d.bytes(at, 12)?;
    for _ in 0..count {
        d.bytes(at, 12)?;
        let kind = d.u8(at + 8)?;
        let (title, data) = match kind {
            1 => ("Neighbor Router-ID: ", ", Interface Address: "),
            2 => ("Neighbor Network-ID: ", ", Interface Address: "),
            3 => ("Stub Network: ", ", Mask: "),
            4 => ("Virtual Link: Neighbor Router-ID: ", ", Interface Address: "),
            _ => {
                put!(d, "\n\t      Unknown Router Link Type ({kind})");
                return Err(Stop::Done);
            }
        };
        let (id, value) = (d.ipv4(at)?, d.ipv4(at + 4)?);
        put!(d, "\n\t      {title}");
        d.addr4(id);
        d.str(data);
        d.addr4(value);
        let metrics = usize::from(d.u8(at + 9)?);
        for n in 0..=metrics {
            let here = at + 8 + 4 * n;
            // The first is of the link itself, and its type that of the link.
            let topology = if n == 0 { 0 } else { d.u8(here)? };
            let metric = d.u16(here + 2)?;
            push_topology(d, topology.into());
            put!(d, ", metric {metric}");
        }
        at += 12 + 4 * metrics;
    }
    Ok(())
}

fn summary(d: &mut Dissect<'_>, at: usize, end: usize) -> Result<(), Truncated> {
    d.bytes(at, 4)?;
    for at in (at..end).step_by(4) {
        let value = d.u32(at)?;
        push_topology(d, value >> 24 & 0x7f);
        put!(d, " metric {}", value & 0xff_ffff);
    }
    Ok(())
}

fn external(d: &mut Dissect<'_>, at: usize, end: usize) -> Result<(), Truncated> {
    d.bytes(at, 4)?;
    for at in (at..end).step_by(12) {
        let value = d.u32(at)?;
        push_topology(d, value >> 24 & 0x7f);
        put!(d, ", type {}, metric", if value >> 31 == 0 { 1 } else { 2 });
        match value & 0xff_ffff {
            0xff_ffff => d.str(" infinite"),
            metric => put!(d, " {metric}"),
        }
        for (title, at) in [(", forward ", at + 4), (", tag ", at + 8)] {
            let address = d.ipv4(at)?;
            if !address.is_unspecified() {
                d.str(title);
                d.addr4(address);
            }
        }
    }
    Ok(())
}

/// Prints the block of link-local signalling after a message of `declared` bytes.
fn signalling(d: &mut Dissect<'_>, kind: u8, start: usize, len: u32, declared: u32) -> Result<(), Truncated> {
    let options = match kind {
        HELLO => d.u8(start + 30)?,
        DATABASE => d.u8(start + 26)?,
        _ => return Ok(()),
    };
    if options & HAS_BLOCK == 0 {
        return Ok(());
    }
    let digest = if d.u16(start + 14)? == DIGEST { d.u8(start + 19)? } else { 0 };
    let before = declared + u32::from(digest);
    if before >= len {
        d.str("\n\t[LLS truncated]");
        return Ok(());
    }
    let (mut at, end) = (start + before as usize, start + len as usize);
    put!(d, "\n\t  LLS: checksum: 0x{:04x}", d.u16(at)?);
    put!(d, ", length: {}", d.u16(at + 2)?);
    at += 4;
    while at < end {
        let kind = d.u16(at)?;
        let (name, need) = match kind {
            1 => ("Extended Options", Some(4)),
            2 => ("MD5 Authentication", Some(20)),
            _ => ("Unknown TLV", None),
        };
        put!(d, "\n\t    {name} ({kind})");
        let mut size = d.u16(at + 2)?;
        put!(d, ", length: {size}");
        at += 4;
        if let Some(need) = need
            && size != need
        {
            put!(d, " [should be {need}]");
            size = need;
        }
        match kind {
            1 => {
                let bits = d.u32(at)?;
                put!(d, "\n\t      Options: 0x{bits:08x} [");
                if bits & 3 == 0 {
                    d.char(b'?');
                } else {
                    push_bits(d, bits, &[(1, "LSDB resync"), (2, "Restart")]);
                }
                d.char(b']');
            }
            2 => put!(d, "\n\t      Sequence number: 0x{:08x}", d.u32(at)?),
            _ => {}
        }
        at += usize::from(size);
    }
    Ok(())
}
