//! Multicast listener discovery (RFC 2710, RFC 3810).
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::network::group_record::{self, Family};

/// Bytes of a version 1 message, and fewest of a version 2 query.
const LEN_V1: u32 = 24;
const LEN_V2: u32 = 28;

/// Prints a query of either version.
pub(in crate::print) fn query(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
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
pub(in crate::print) fn version_one(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
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
            group_record::sources_at(d, at + 28, sources, Family::V6)?;
        } else {
            put!(d, ", {sources} source(s)");
        }
    }
    d.char(b']');
    Ok(())
}

/// Prints a version 2 report.
pub(in crate::print) fn report(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if len < 8 {
        put!(d, " [invalid len {len}]");
        return Ok(());
    }
    group_record::records(d, at, len, Family::V6, " [v2-report-#")
}
