//! Routing protocols on IP: their first line. What their messages say is not shown, but of OSPF version 2.
use crate::print::dissect::{Dissect, Truncated, put};
use crate::wire::checksum;

/// OSPF version 3, for IPv6 (RFC 5340).
pub(in crate::print) fn ospf6(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "ospf3";
    ospf_header(d, at, len, "packet type (", ")").map(drop)
}

/// Prints the first line of OSPF and gives the type of the packet; `before` and `after`
/// stand around one that is not known.
pub(in crate::print) fn ospf_header(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    before: &str,
    after: &str,
) -> Result<u8, Truncated> {
    let kind = d.u8(at + 1)?;
    put!(d, "OSPFv{}, ", d.u8(at)?);
    match kind {
        1 => d.str("Hello"),
        2 => d.str("Database Description"),
        3 => d.str("LS-Request"),
        4 => d.str("LS-Update"),
        5 => d.str("LS-Ack"),
        _ => put!(d, "unknown {before}{kind}{after}"),
    }
    put!(d, ", length {len}");
    Ok(kind)
}

/// PIM (RFC 7761).
pub(in crate::print) fn pim(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "pim";
    let first = d.u8(at)?;
    let version = first >> 4;
    let name = match first & 0xf {
        0 => "Hello",
        1 => "Register",
        2 => "Register Stop",
        3 => "Join / Prune",
        4 => "Bootstrap",
        5 => "Assert",
        6 => "Graft",
        7 => "Graft Acknowledgement",
        8 => "Candidate RP Advertisement",
        9 => "Prune Refresh",
        10 => "DF Election",
        11 => "ECMP Redirect",
        _ => "Unknown Type",
    };
    if version != 2 {
        put!(d, "PIMv{version}, length {len}");
    } else if d.verbose() == 0 {
        put!(d, "PIMv2, {name}, length {len}");
    } else {
        put!(d, "PIMv2, length {len}\n\t{name}");
    }
    Ok(())
}

/// EIGRP (RFC 7868).
pub(in crate::print) fn eigrp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "eigrp";
    let Ok(&[version, code, ..]) = d.array::<20>(at) else {
        d.trunc();
        return Ok(());
    };
    if version != 2 {
        put!(d, "EIGRP version {version} packet not supported");
        return Ok(());
    }
    match code {
        1 => d.str("EIGRP Update"),
        3 => d.str("EIGRP Query"),
        4 => d.str("EIGRP Reply"),
        5 => d.str("EIGRP Hello"),
        6 => d.str("EIGRP IPX SAP"),
        7 => d.str("EIGRP Probe"),
        _ => put!(d, "EIGRP unknown ({code})"),
    }
    put!(d, ", length: {len}");
    Ok(())
}

/// RSVP (RFC 2205).
pub(in crate::print) fn rsvp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "rsvp";
    let Ok(&[first, code, ..]) = d.array::<8>(at) else {
        d.trunc();
        return Ok(());
    };
    if first >> 4 != 1 {
        put!(d, "ERROR: RSVP version {} packet not supported", first >> 4);
        return Ok(());
    }
    d.str("RSVPv1 ");
    match code {
        1 => d.str("Path"),
        2 => d.str("Resv"),
        3 => d.str("PathErr"),
        4 => d.str("ResvErr"),
        5 => d.str("PathTear"),
        6 => d.str("ResvTear"),
        7 => d.str("ResvConf"),
        12 => d.str("Bundle"),
        13 => d.str("Acknowledgement"),
        14 => d.str("Hello (Old)"),
        15 => d.str("Refresh"),
        20 => d.str("Hello"),
        _ => put!(d, "unknown ({code})"),
    }
    put!(d, " Message, length: {len}");
    Ok(())
}

/// EGP (RFC 904).
pub(in crate::print) fn egp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    const HEADER_LEN: usize = 16;
    d.protocol = "egp";
    if len < HEADER_LEN as u32 || !d.has(at, HEADER_LEN) {
        d.trunc();
        return Ok(());
    }
    let version = d.u8(at)?;
    if d.verbose() == 0 {
        put!(d, "EGPv{version}, AS {}, seq {}, length {len}", d.u16(at + 6)?, d.u16(at + 8)?);
        return Ok(());
    }
    put!(d, "EGPv{version}, length {len}");
    if version != 2 {
        put!(d, "[version {version}]");
    }
    Ok(())
}

/// Cisco's IGRP: a header and the routes in it.
pub(in crate::print) fn igrp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "igrp";
    d.str("igrp:");
    let (mut interior, mut system, mut exterior) = (d.u16(at + 4)?, d.u16(at + 6)?, d.u16(at + 8)?);
    let first = d.u8(at)?;
    let (edition, system_number) = (d.u8(at + 1)?, d.u16(at + 2)?);
    match first & 0xf {
        1 => d.str(" update"),
        2 => d.str(" request"),
        code => put!(d, " op-#{code}"),
    }
    put!(d, " V{} edit={edition} AS={system_number} ({interior}/{system}/{exterior})", first >> 4);
    let checksum = d.u16(at + 10)?;
    if d.verbose() > 0 {
        put!(d, " checksum=0x{checksum:04x}");
    }
    let mut left = len.wrapping_sub(12);
    let mut here = at + 12;
    while left >= 14 {
        let &[a, b, c] = d.array(here)?;
        let count = if interior > 0 {
            put!(d, " *.{a}.{b}.{c}");
            &mut interior
        } else if system > 0 {
            put!(d, " {a}.{b}.{c}.0");
            &mut system
        } else if exterior > 0 {
            put!(d, " X{a}.{b}.{c}.0");
            &mut exterior
        } else {
            put!(d, " [extra bytes {left}]");
            break;
        };
        *count -= 1;
        let (delay, bandwidth) = (d.u24(here + 3)?, d.u24(here + 6)?);
        let (mtu, reliability, load, hops) =
            (d.u16(here + 9)?, d.u8(here + 11)?, d.u8(here + 12)?, d.u8(here + 13)?);
        let metric = (bandwidth + delay).min(0xff_ffff);
        let kilobits = 10_000_000_u32.checked_div(bandwidth).unwrap_or(0);
        put!(
            d,
            " d={} b={kilobits} r={reliability} l={load} M={metric} mtu={mtu} in {hops} hops",
            10 * delay
        );
        here += 14;
        left -= 14;
    }
    if interior != 0 || system != 0 || exterior != 0 || left != 0 {
        d.invalid();
    }
    Ok(())
}

/// Minimal encapsulation (RFC 2004).
pub(in crate::print) fn minimal_encapsulation(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
) -> Result<(), Truncated> {
    d.protocol = "mobile";
    if len < 8 || !d.has(at, 12) {
        d.trunc();
        return Ok(());
    }
    d.str("mobile: ");
    let (protocol, found) = (d.u16(at)?, d.u16(at + 2)?);
    let has_source = protocol & 0x80 != 0;
    if has_source {
        d.str("[S] ");
        if d.verbose() > 0 {
            let source = d.ipv4(at + 8)?;
            d.addr4(source);
            d.char(b' ');
        }
    } else {
        d.str("[] ");
    }
    if d.verbose() > 0 {
        let destination = d.ipv4(at + 4)?;
        d.str("> ");
        d.addr4(destination);
        put!(d, " (oproto={})", protocol >> 8);
    }
    if checksum::message(d.bytes(at, if has_source { 12 } else { 8 })?) != 0 {
        put!(d, " (bad checksum {found})");
    }
    Ok(())
}
