//! Multicast listener discovery (RFC 2710, RFC 3810).
use super::dissect::{Dissect, Truncated, put};
use super::flags::push_name;

/// Bytes of a version 1 message, and fewest of a version 2 query.
const LEN_V1: u32 = 24;
const LEN_V2: u32 = 28;

/// Prints a query of either version.
pub(super) fn query(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    match len {
        LEN_V1 => version_one(d, at),
        LEN_V2.. => {
            d.str(" v2");
            query_v2(d, at, len)
        }
        _ => {
            put!(d, " unknown-version (len {len}) ");
            Ok(())
        }
    }
}

/// Prints a version 1 message; nothing of one that was not captured whole.
pub(super) fn version_one(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    if !d.has(at, LEN_V1 as usize) {
        return Ok(());
    }
    put!(d, "max resp delay: {} addr: ", d.u16(at + 4)?);
    let group = d.ipv6(at + 8)?;
    d.addr6(group);
    Ok(())
}

fn query_v2(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let code = u32::from(d.u16(at + 4)?);
    if d.verbose() > 0 {
        // RFC 3810 §5.1.3: a float above 32767.
        let delay = if code < 0x8000 { code } else { (code & 0xfff | 0x1000) << ((code >> 12 & 7) + 3) };
        put!(d, " [max resp delay={delay}]");
    }
    let group = d.ipv6(at + 8)?;
    d.str(" [gaddr ");
    d.addr6(group);
    if d.verbose() > 0 {
        let flags = d.u8(at + 24)?;
        if flags & 8 != 0 {
            d.str(" sflag");
        }
        if flags & 7 != 0 {
            put!(d, " robustness={}", flags & 7);
        }
        let code = u32::from(d.u8(at + 25)?);
        // RFC 3810 §5.1.9: a float above 127.
        let interval = if code < 0x80 { code } else { (code & 0xf | 0x10) << ((code >> 4 & 7) + 3) };
        put!(d, " qqi={interval}");
    }
    let sources = d.u16(at + 26)?;
    if sources > 0 {
        if len < LEN_V2 + 16 * u32::from(sources) {
            d.str(" [invalid number of sources]");
        } else if d.verbose() > 1 {
            push_addresses(d, at + 28, sources)?;
        } else {
            put!(d, ", {sources} source(s)");
        }
    }
    d.char(b']');
    Ok(())
}

/// Prints a version 2 report.
pub(super) fn report(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if len < 8 {
        put!(d, " [invalid len {len}]");
        return Ok(());
    }
    let groups = d.u16(at + 6)?;
    put!(d, ", {groups} group record(s)");
    if d.verbose() == 0 {
        return Ok(());
    }
    let mut offset = 8_u32;
    for _ in 0..groups {
        if len < offset + 20 {
            d.str(" [invalid number of groups]");
            return Ok(());
        }
        let record = at + offset as usize;
        let group = d.ipv6(record + 4)?;
        d.str(" [gaddr ");
        d.addr6(group);
        d.char(b' ');
        let kind = d.u8(record)?;
        let name = match kind {
            1 => Some("is_in"),
            2 => Some("is_ex"),
            3 => Some("to_in"),
            4 => Some("to_ex"),
            5 => Some("allow"),
            6 => Some("block"),
            _ => None,
        };
        push_name(d, name, " [v2-report-#", kind.into(), "]");
        let sources = d.u16(record + 2)?;
        let record_len = 20 + 16 * u32::from(sources);
        if len < offset + record_len {
            put!(d, " [invalid number of sources {sources}]");
            return Ok(());
        }
        if d.verbose() == 1 {
            put!(d, ", {sources} source(s)");
        } else {
            push_addresses(d, record + 20, sources)?;
        }
        offset += record_len;
        d.char(b']');
    }
    Ok(())
}

fn push_addresses(d: &mut Dissect<'_>, at: usize, count: u16) -> Result<(), Truncated> {
    d.str(" {");
    for n in 0..usize::from(count) {
        let source = d.ipv6(at + 16 * n)?;
        d.char(b' ');
        d.addr6(source);
    }
    d.str(" }");
    Ok(())
}
