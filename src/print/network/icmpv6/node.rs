//! Node information (RFC 4620) and router renumbering (RFC 2894).
use crate::print::dissect::name::push_ipv6;
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Bytes of a node information message before its data.
const HEADER_LEN: usize = 16;

/// What a query asks for.
const NO_OPERATION: u16 = 0;
const SUPPORTED_TYPES: u16 = 1;
const DOMAIN_NAME: u16 = 2;
const ADDRESSES: u16 = 3;

/// Prints a node information query or reply. Lengths are those of the captured bytes:
/// tcpdump looks at no others.
pub(in crate::print) fn information(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    kind: u8,
    code: u8,
) -> Result<(), Truncated> {
    let result = if kind == 139 { asked(d, at, code) } else { answered(d, at, len, code) };
    result.or_else(|stop| d.stop(stop))
}

fn asked(d: &mut Dissect<'_>, at: usize, code: u8) -> Result<(), Stop> {
    let size = d.left(at);
    if size == 12 {
        d.str(" who-are-you request");
        return Ok(());
    }
    d.str(" node information query");
    d.check(at, HEADER_LEN)?;
    d.str(" (");
    query(d, at, code, size as usize)?;
    d.char(b')');
    Ok(())
}

fn answered(d: &mut Dissect<'_>, at: usize, len: u32, code: u8) -> Result<(), Stop> {
    let size = d.left(at);
    if len > size {
        return Err(Stop::Missing);
    }
    d.check(at, HEADER_LEN)?;
    d.str(" node information reply (");
    reply(d, at, code, size as usize)?;
    d.char(b')');
    Ok(())
}

fn query(d: &mut Dissect<'_>, at: usize, code: u8, size: usize) -> Result<(), Truncated> {
    let (wanted, flags) = (d.u16(at + 4)?, d.u16(at + 6)?);
    let verbose = d.verbose() > 0;
    match wanted {
        NO_OPERATION => d.str("noop"),
        SUPPORTED_TYPES => supported_types(d, flags),
        DOMAIN_NAME => d.str("DNS name"),
        ADDRESSES => {
            d.str("node addresses");
            address_flags(d, flags, false);
        }
        _ => d.str("unknown"),
    }
    if matches!(wanted, NO_OPERATION | SUPPORTED_TYPES) {
        if size != HEADER_LEN && verbose {
            d.str(", invalid len");
        }
        return Ok(());
    }
    if size == HEADER_LEN {
        d.str(", 03 draft");
        return Ok(());
    }
    let subject = at + HEADER_LEN;
    let subject_len = match code {
        0 => 16,
        2 => 4,
        1 => {
            d.str(", subject=DNS name");
            return name(d, subject);
        }
        _ => {
            d.str(", unknown subject");
            return Ok(());
        }
    };
    if !d.has(subject, subject_len) {
        return Ok(());
    }
    if size != HEADER_LEN + subject_len {
        if verbose {
            d.str(", invalid subject len");
        }
        return Ok(());
    }
    d.str(", subject=");
    if code == 0 {
        let addr = d.ipv6(subject)?;
        d.addr6(addr);
    } else {
        let addr = d.ipv4(subject)?;
        d.addr4(addr);
    }
    Ok(())
}

fn reply(d: &mut Dissect<'_>, at: usize, code: u8, size: usize) -> Result<(), Truncated> {
    let verbose = d.verbose() > 0;
    let odd_length = size != HEADER_LEN && verbose;
    let refused = match code {
        1 => Some("refused"),
        2 => Some("unknown"),
        0 => None,
        _ => return Ok(()),
    };
    if let Some(text) = refused {
        d.str(text);
        if odd_length {
            d.str(", invalid length");
        }
        return Ok(());
    }
    if verbose {
        d.str("success, ");
    }
    let (wanted, flags) = (d.u16(at + 4)?, d.u16(at + 6)?);
    match wanted {
        NO_OPERATION => {
            d.str("noop");
            if odd_length {
                d.str(", invalid length");
            }
        }
        SUPPORTED_TYPES => supported_types(d, flags),
        DOMAIN_NAME => {
            d.str("DNS name");
            name(d, at + HEADER_LEN + 4)?;
            if flags & 1 != 0 {
                put!(d, " [TTL={}]", d.u32(at + HEADER_LEN)?);
            }
        }
        ADDRESSES => {
            d.str("node addresses");
            let mut entry = HEADER_LEN;
            while entry + 20 <= size {
                let (addr, ttl) = (d.ipv6(at + entry + 4)?, d.u32(at + entry)?);
                d.char(b' ');
                d.addr6(addr);
                put!(d, "({ttl})");
                entry += 20;
            }
            address_flags(d, flags, true);
        }
        _ => d.str("unknown"),
    }
    Ok(())
}

fn supported_types(d: &mut Dissect<'_>, flags: u16) {
    d.str("supported qtypes");
    if flags != 0 {
        d.str(if flags & 1 != 0 { " [C]" } else { " []" });
    }
}

fn address_flags(d: &mut Dissect<'_>, flags: u16, reply: bool) {
    if flags == 0 {
        return;
    }
    d.str(" [");
    for (bit, letter) in
        [(0x40, b'a'), (0x20, b'G'), (0x10, b'S'), (0x08, b'L'), (0x04, b'C'), (0x02, b'A'), (0x01, b'T')]
    {
        if flags & bit != 0 && (reply || letter != b'T') {
            d.char(letter);
        }
    }
    d.char(b']');
}

/// Prints a name that runs to the end of the captured bytes: a counted string, as an
/// old draft had it, or labels.
fn name(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    if u32::from(d.u8(at)?) + 1 == d.left(at) {
        if d.verbose() > 0 {
            d.str(", 03 draft");
        }
        d.str(", \"");
        for &byte in d.rest(at + 1) {
            d.visible(byte);
        }
        d.char(b'"');
        return Ok(());
    }
    d.str(", \"");
    let mut rest = d.rest(at);
    while let Some((&len, after)) = rest.split_first() {
        if len == 0 {
            match after {
                [] => d.char(b'.'),
                [0] => {}
                _ => d.str("???"),
            }
            break;
        }
        let Some((label, after)) = after.split_at_checked(len.into()) else {
            d.str("???");
            break;
        };
        for &byte in label {
            d.visible(byte);
        }
        if let [next, _, ..] = after
            && *next != 0
        {
            d.char(b'.');
        }
        rest = after;
    }
    d.char(b'"');
    Ok(())
}

/// Prints a router renumbering message.
pub(in crate::print) fn renumbering(d: &mut Dissect<'_>, at: usize, code: u8) -> Result<(), Truncated> {
    change(d, at, code).or_else(|stop| d.stop(stop))
}

fn change(d: &mut Dissect<'_>, at: usize, code: u8) -> Result<(), Stop> {
    d.check(at + 12, 4)?;
    match code {
        0 => d.str(", command"),
        1 => d.str(", result"),
        255 => d.str(", sequence number reset"),
        _ => put!(d, ", code-#{code}"),
    }
    put!(d, ", seq={}", d.u32(at + 4)?);
    if d.verbose() > 0 {
        let (segment, flags, delay) = (d.u8(at + 8)?, d.u8(at + 9)?, d.u16(at + 10)?);
        d.char(b'[');
        if flags != 0 {
            for (bit, letter) in [(0x80, b'T'), (0x40, b'R'), (0x20, b'A'), (0x10, b'S'), (0x08, b'P')] {
                if flags & bit != 0 {
                    d.char(letter);
                }
            }
            d.char(b',');
        }
        put!(d, "seg={segment},maxdelay={delay}");
        let reserved = d.u32(at + 12)?;
        if reserved != 0 {
            put!(d, "rsvd=0x{reserved:x}");
        }
        d.char(b']');
    }
    if code == 0 { prefix_change(d, at + 16) } else { Ok(()) }
}

/// Prints a prefix control operation.
fn prefix_change(d: &mut Dissect<'_>, at: usize) -> Result<(), Stop> {
    d.check(at + 8, 16)?;
    let verbose = d.verbose();
    let indent = if verbose > 1 { "\n\t" } else { " " };
    let operation = d.u8(at)?;
    put!(d, "{indent}match(");
    match operation {
        1 => d.str("add"),
        2 => d.str("change"),
        3 => d.str("setglobal"),
        _ => put!(d, "#{operation}"),
    }
    if verbose > 0 {
        put!(d, ",ord={},min={},max={}", d.u8(at + 2)?, d.u8(at + 4)?, d.u8(at + 5)?);
    }
    let (prefix, bits) = (d.ipv6(at + 8)?, d.u8(at + 3)?);
    d.char(b',');
    push_ipv6(d.out, prefix);
    put!(d, "/{bits})");
    // RFC 2894 §3.2.1: four units for each new prefix, three for this part.
    let Some(units) = d.u8(at + 1)?.checked_sub(3).filter(|units| units.is_multiple_of(4)) else {
        return Err(Stop::Missing);
    };
    for n in 0..usize::from(units / 4) {
        use_prefix(d, at + 24 + 32 * n, indent)?;
    }
    Ok(())
}

/// Prints a prefix that is to be used.
fn use_prefix(d: &mut Dissect<'_>, at: usize, indent: &str) -> Result<(), Stop> {
    d.check(at + 16, 16)?;
    put!(d, "{indent}use(");
    let flags = d.u8(at + 12)?;
    if flags != 0 {
        if flags & 0x80 != 0 {
            d.char(b'V');
        }
        if flags & 0x40 != 0 {
            d.char(b'P');
        }
        d.char(b',');
    }
    if d.verbose() > 0 {
        put!(d, "mask=0x{:x},raflags=0x{:x},", d.u8(at + 2)?, d.u8(at + 3)?);
        for (name, lifetime) in [("vltime", d.u32(at + 4)?), ("pltime", d.u32(at + 8)?)] {
            if lifetime == u32::MAX {
                put!(d, "{name}=infty,");
            } else {
                put!(d, "{name}={lifetime},");
            }
        }
    }
    let (prefix, used, kept) = (d.ipv6(at + 16)?, d.u8(at)?, d.u8(at + 1)?);
    push_ipv6(d.out, prefix);
    put!(d, "/{used}/{kept})");
    Ok(())
}
