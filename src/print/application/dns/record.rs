//! DNS resource records (RFC 1035 §3.2.1 and many others).
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::print::application::dns::domain_name;
use crate::print::application::dns::{Message, skip_name};
use crate::print::dissect::name;
use crate::print::dissect::{Dissect, Stop, put};

/// The pseudo record of EDNS (RFC 6891).
pub(in crate::print) const OPT: u16 = 41;

/// Appends the name of a record type.
pub(in crate::print) fn push_type(d: &mut Dissect<'_>, kind: u16) {
    match TYPES.binary_search_by_key(&kind, |(number, _)| *number) {
        Ok(i) => d.str(TYPES[i].1),
        Err(_) => put!(d, "Type{kind}"),
    }
}

/// Appends a class, unless it is the Internet's.
pub(in crate::print) fn push_class(d: &mut Dissect<'_>, class: u16) {
    match class {
        1 => {}
        3 => d.str(" CHAOS"),
        4 => d.str(" HS"),
        255 => d.str(" ANY"),
        _ => put!(d, " (Class {class})"),
    }
}

/// By number.
#[rustfmt::skip]
const TYPES: [(u16, &str); 62] = [
    (1, "A"), (2, "NS"), (3, "MD"), (4, "MF"), (5, "CNAME"), (6, "SOA"), (7, "MB"), (8, "MG"), (9, "MR"),
    (10, "NULL"), (11, "WKS"), (12, "PTR"), (13, "HINFO"), (14, "MINFO"), (15, "MX"), (16, "TXT"), (17, "RP"),
    (18, "AFSDB"), (19, "X25"), (20, "ISDN"), (21, "RT"), (22, "NSAP"), (23, "NSAP_PTR"), (24, "SIG"),
    (25, "KEY"), (26, "PX"), (27, "GPOS"), (28, "AAAA"), (29, "LOC"), (30, "NXT"), (31, "EID"), (32, "NIMLOC"),
    (33, "SRV"), (34, "ATMA"), (35, "NAPTR"), (36, "KX"), (37, "CERT"), (38, "A6"), (39, "DNAME"), (40, "SINK"),
    (41, "OPT"), (42, "APL"), (43, "DS"), (44, "SSHFP"), (45, "IPSECKEY"), (46, "RRSIG"), (47, "NSEC"),
    (48, "DNSKEY"), (99, "SPF"), (100, "UINFO"), (101, "UID"), (102, "GID"), (103, "UNSPEC"), (104, "UNSPECA"),
    (249, "TKEY"), (250, "TSIG"), (251, "IXFR"), (252, "AXFR"), (253, "MAILB"), (254, "MAILA"), (255, "ANY"),
    (256, "URI"),
];

/// Prints a record; gives where the next one starts.
pub(in crate::print) fn record(d: &mut Dissect<'_>, at: usize, message: Message) -> Result<usize, Stop> {
    let after_name = if d.verbose() > 0 {
        d.char(b' ');
        Some(domain_name::print(d, at, message.at)?)
    } else {
        skip_name(d, at)?
    };
    let Some(fixed) = after_name.filter(|&here| d.has(here, 10)) else { return Ok(d.end) };
    let kind = d.u16(fixed)?;
    let class_and_flush = d.u16(fixed + 2)?;
    let class = if message.multicast { class_and_flush & 0x7fff } else { class_and_flush };
    if kind != OPT {
        push_class(d, class);
    }
    if message.multicast && class_and_flush & 0x8000 != 0 {
        d.str(" (Cache flush)");
    }
    if kind != OPT && d.verbose() > 2 {
        let lifetime = d.u32(fixed + 4)?;
        d.str(" [");
        d.duration(lifetime);
        d.char(b']');
    }
    let len = usize::from(d.u16(fixed + 8)?);
    let at = fixed + 10;
    let end = at + len;
    d.char(b' ');
    push_type(d, kind);
    if end > d.end {
        return Err(Stop::Missing);
    }
    if kind == OPT {
        put!(d, " UDPsize={class}");
        if d.u16(fixed + 6)? & 0x8000 != 0 {
            d.str(" DO");
        }
        extensions(d, at, end)?;
    } else {
        data(d, kind, at, end, message)?;
    }
    Ok(end)
}

/// Prints what is in a record.
fn data(d: &mut Dissect<'_>, kind: u16, at: usize, end: usize, message: Message) -> Result<(), Stop> {
    match kind {
        1 => {
            d.check(at, 4)?;
            let address = d.ipv4(at)?;
            d.char(b' ');
            name::push_ipv4(d.out, address);
        }
        28 => {
            d.check(at, 16)?;
            let address = d.ipv6(at)?;
            d.char(b' ');
            name::push_ipv6(d.out, address);
        }
        // NS, CNAME, PTR, DNAME.
        2 | 5 | 12 | 39 => {
            spaced_name(d, at, message)?;
        }
        6 if d.verbose() > 0 => authority(d, at, message)?,
        15 => {
            d.char(b' ');
            d.check(at, 2)?;
            domain_name::print(d, at + 2, message.at)?;
            put!(d, " {}", d.u16(at)?);
        }
        16 => strings(d, at, end)?,
        33 => {
            d.char(b' ');
            d.check(at, 6)?;
            domain_name::print(d, at + 6, message.at)?;
            put!(d, ":{} {} {}", d.u16(at + 4)?, d.u16(at)?, d.u16(at + 2)?);
        }
        38 => address_with_prefix(d, at, message)?,
        104 => text(d, at, (end - at) as u32)?,
        256 => {
            put!(d, " {} {} ", d.u16(at)?, d.u16(at + 2)?);
            // A record too short for its numbers makes tcpdump go on to the end.
            let len = (end - at).checked_sub(4).map_or(u32::MAX, |len| len as u32);
            text(d, at + 4, len)?;
        }
        250 if d.verbose() > 0 => signature(d, at, message)?,
        _ => {}
    }
    Ok(())
}

/// Appends a space and a name; gives where it ends.
fn spaced_name(d: &mut Dissect<'_>, at: usize, message: Message) -> Result<usize, Stop> {
    d.char(b' ');
    domain_name::print(d, at, message.at)
}

/// Appends text as far as it was captured, which it must be.
fn text(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    d.text(at, len);
    d.check(at, len as usize)
}

/// SOA: two names and five numbers.
fn authority(d: &mut Dissect<'_>, at: usize, message: Message) -> Result<(), Stop> {
    let here = spaced_name(d, at, message)?;
    let here = spaced_name(d, here, message)?;
    d.check(here, 20)?;
    for i in 0..5 {
        put!(d, " {}", d.u32(here + 4 * i)?);
    }
    Ok(())
}

/// TXT: texts in quotes.
fn strings(d: &mut Dissect<'_>, mut at: usize, end: usize) -> Result<(), Stop> {
    while at < end {
        d.str(" \"");
        d.check(at, 1)?;
        let len = d.u8(at)?;
        text(d, at + 1, len.into())?;
        at += 1 + usize::from(len);
        d.char(b'"');
    }
    Ok(())
}

/// A6 (RFC 2874): the end of an address, and the name of its beginning.
fn address_with_prefix(d: &mut Dissect<'_>, at: usize, message: Message) -> Result<(), Stop> {
    d.check(at, 1)?;
    let bits = d.u8(at)?;
    if bits > 128 {
        put!(d, " {bits}(bad plen)");
        return Ok(());
    }
    let skipped = usize::from(bits / 8);
    if bits < 128 {
        let mut octets = [0; 16];
        octets[skipped..].copy_from_slice(d.bytes(at + 1, 16 - skipped)?);
        put!(d, " {bits} ");
        name::push_ipv6(d.out, Ipv6Addr::from(octets));
    }
    if bits > 0 {
        spaced_name(d, at + 17 - skipped, message)?;
    }
    Ok(())
}

/// TSIG (RFC 8945).
fn signature(d: &mut Dissect<'_>, at: usize, message: Message) -> Result<(), Stop> {
    let mut here = spaced_name(d, at, message)? + 6;
    for label in [" fudge=", " maclen=", " origid=", " error=", " otherlen="] {
        d.check(here, 2)?;
        let value = d.u16(here)?;
        d.str(label);
        d.dec(value);
        here += 2;
        if label == " maclen=" {
            here += usize::from(value);
        }
    }
    Ok(())
}

/// Options of EDNS (RFC 6891 §6.1.2), in brackets.
fn extensions(d: &mut Dissect<'_>, at: usize, end: usize) -> Result<(), Stop> {
    let mut here = at;
    if here < end {
        d.str(" [");
        while here < end {
            here = extension(d, here)?;
            if here < end {
                d.char(b',');
            }
        }
        d.char(b']');
    }
    Ok(())
}

fn extension_name(code: u16) -> Option<&'static str> {
    Some(match code {
        1 => "LLQ",
        2 => "UL",
        3 => "NSID",
        5 => "DAU",
        6 => "DHU",
        7 => "N3U",
        8 => "ECS",
        9 => "EXPIRE",
        10 => "COOKIE",
        11 => "KEEPALIVE",
        12 => "PADDING",
        13 => "CHAIN",
        14 => "KEY-TAG",
        16 => "CLIENT-TAG",
        17 => "SERVER-TAG",
        _ => return None,
    })
}

/// Prints an option; gives where the next one starts.
fn extension(d: &mut Dissect<'_>, at: usize) -> Result<usize, Stop> {
    d.check(at, 2)?;
    let code = d.u16(at)?;
    match extension_name(code) {
        Some(name) => d.str(name),
        None => put!(d, "Opt{code}"),
    }
    d.check(at + 2, 2)?;
    let len = usize::from(d.u16(at + 2)?);
    let at = at + 4;
    d.check(at, len)?;
    let bytes = d.bytes(at, len)?;
    if bytes.is_empty() {
        return Ok(at);
    }
    d.char(b' ');
    match code {
        5..=7 => algorithms(d, code, bytes),
        8 => client_subnet(d, bytes),
        9 => match bytes {
            [a, b, c, e] => put!(d, "{} sec", u32::from_be_bytes([*a, *b, *c, *e])),
            _ => d.invalid(),
        },
        10 => cookie(d, bytes),
        // Tenths of a second.
        11 => match bytes {
            [a, b] => {
                let tenths = u16::from_be_bytes([*a, *b]);
                put!(d, "{}.{} sec", tenths / 10, tenths % 10);
            }
            _ => d.invalid(),
        },
        12 => put!(d, "({len})"),
        // tcpdump lets pointers count from the end of the option, and goes on whatever it is.
        13 => {
            if let Err(Stop::Truncated) = domain_name::print(d, at, at + len) {
                return Err(Stop::Truncated);
            }
        }
        14 if len % 2 != 0 => d.invalid(),
        14 => {
            for (i, tag) in bytes.as_chunks::<2>().0.iter().enumerate() {
                if i > 0 {
                    d.char(b' ');
                }
                d.dec(u16::from_be_bytes(*tag));
            }
        }
        _ => {
            for &byte in bytes {
                d.hex(byte, 2);
            }
        }
    }
    Ok(at + len)
}

/// Algorithms that are understood (RFC 6975).
fn algorithms(d: &mut Dissect<'_>, code: u16, bytes: &[u8]) {
    for (i, &algorithm) in bytes.iter().enumerate() {
        if i > 0 {
            d.char(b' ');
        }
        let known = match code {
            5 => signing_algorithm(algorithm),
            6 => digest(algorithm),
            _ => (algorithm == 1).then_some("SHA-1"),
        };
        match known {
            Some(known) => d.str(known),
            None => put!(d, "Alg_{algorithm}"),
        }
    }
}

/// A cookie of the client, and one of the server (RFC 7873).
fn cookie(d: &mut Dissect<'_>, bytes: &[u8]) {
    if !matches!(bytes.len(), 8 | 16..=40) {
        return d.invalid();
    }
    for (i, &byte) in bytes.iter().enumerate() {
        if i == 8 {
            d.char(b' ');
        }
        d.hex(byte, 2);
    }
}

/// EDNS client subnet (RFC 7871).
fn client_subnet(d: &mut Dissect<'_>, bytes: &[u8]) {
    let [f0, f1, source, scope, address @ ..] = bytes else { return d.invalid() };
    let (source, scope) = (*source, *scope);
    let max = match u16::from_be_bytes([*f0, *f1]) {
        1 => 4,
        2 => 16,
        _ => return d.invalid(),
    };
    let bits = u32::from(source.max(scope));
    if address.len() > max || bits > max as u32 * 8 || usize::from(source).div_ceil(8) != address.len() {
        return d.invalid();
    }
    let mut padded = [0; 16];
    padded[..address.len()].copy_from_slice(address);
    let [a, b, c, e, ..] = padded;
    if max == 4 {
        name::push_ipv4(d.out, Ipv4Addr::new(a, b, c, e));
    } else {
        name::push_ipv6(d.out, Ipv6Addr::from(padded));
    }
    put!(d, "/{source}/{scope}");
}

fn signing_algorithm(value: u8) -> Option<&'static str> {
    Some(match value {
        0 => "DELETE",
        1 => "RSAMD5",
        2 => "DH",
        3 => "DS",
        5 => "RSASHA1",
        6 => "DSA-NSEC3-SHA1",
        7 => "RSASHA1-NSEC3-SHA1",
        8 => "RSASHA256",
        10 => "RSASHA512",
        12 => "ECC-GOST",
        13 => "ECDSAP256SHA256",
        14 => "ECDSAP384SHA384",
        15 => "ED25519",
        16 => "ED448",
        252 => "INDIRECT",
        253 => "PRIVATEDNS",
        254 => "PRIVATEOID",
        _ => return None,
    })
}

fn digest(value: u8) -> Option<&'static str> {
    Some(match value {
        1 => "SHA-1",
        2 => "SHA-256",
        3 => "GOST_R_34.11-94",
        4 => "SHA-384",
        _ => return None,
    })
}
