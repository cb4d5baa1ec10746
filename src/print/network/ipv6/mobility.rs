//! The IPv6 mobility header (RFC 6275 §6.1).
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Prints a mobility header. Nothing follows one.
pub(in crate::print) fn mobility(d: &mut Dissect<'_>, at: usize) -> Result<(), Stop> {
    d.protocol = "mobility";
    d.check(at + 1, 1)?;
    message(d, at)?;
    // The next header field is read, and not used.
    d.u8(at)?;
    Ok(())
}

/// Prints a message and its options.
fn message(d: &mut Dissect<'_>, at: usize) -> Result<(), Stop> {
    let units = d.u8(at + 1)?;
    let len = (usize::from(units) + 1) * 8;
    let kind = d.u8(at + 2)?;
    let (name, min_len) = match kind {
        0 => ("BRR", 8),
        1 => ("HoTI", 16),
        2 => ("CoTI", 16),
        3 => ("HoT", 24),
        4 => ("CoT", 24),
        5 => ("BU", 12),
        6 => ("BA", 12),
        7 => ("BE", 24),
        _ => {
            put!(d, "mobility: type-#{kind}");
            put!(d, " len={units}");
            return Ok(());
        }
    };
    if len < min_len {
        put!(d, "(header length {len} is too small for type {kind})");
        return Err(Stop::Missing);
    }
    d.str("mobility: ");
    d.str(name);
    match kind {
        1..=4 => return_routability(d, kind, at)?,
        5 => binding_update(d, at)?,
        6 => {
            put!(d, " status={}", d.u8(at + 6)?);
            if d.u8(at + 7)? & 0x80 != 0 {
                d.str(" K");
            }
            put!(d, " seq#={}", d.u16(at + 8)?);
            put!(d, " lifetime={}", u32::from(d.u16(at + 10)?) * 4);
        }
        7 => {
            put!(d, " status={}", d.u8(at + 6)?);
            let home = d.ipv6(at + 8)?;
            d.str(" homeaddr ");
            d.addr6(home);
        }
        _ => {}
    }
    if d.verbose() > 0 { options(d, at + min_len, len - min_len) } else { Ok(()) }
}

/// The messages that prove that both addresses are the mobile node's.
fn return_routability(d: &mut Dissect<'_>, kind: u8, at: usize) -> Result<(), Truncated> {
    let place = if matches!(kind, 1 | 3) { "Home" } else { "Care-of" };
    if kind >= 3 {
        put!(d, " nonce id=0x{:x}", d.u16(at + 6)?);
    }
    if d.verbose() > 0 {
        put!(d, " {place} Init Cookie={:08x}:{:08x}", d.u32(at + 8)?, d.u32(at + 12)?);
        if kind >= 3 {
            put!(d, " {place} Keygen Token={:08x}:{:08x}", d.u32(at + 16)?, d.u32(at + 20)?);
        }
    }
    Ok(())
}

fn binding_update(d: &mut Dissect<'_>, at: usize) -> Result<(), Stop> {
    put!(d, " seq#={}", d.u16(at + 6)?);
    d.check(at + 8, 2)?;
    let bits = d.u8(at + 8)? >> 4;
    if bits != 0 {
        d.char(b' ');
        for (bit, letter) in [(8, b'A'), (4, b'H'), (2, b'L'), (1, b'K')] {
            if bits & bit != 0 {
                d.char(letter);
            }
        }
    }
    put!(d, " lifetime={}", u32::from(d.u16(at + 10)?) * 4);
    Ok(())
}

/// Prints mobility options.
fn options(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Stop> {
    let mut i = 0;
    while i < len {
        let kind = d.u8(at + i)?;
        let option_len = match kind {
            0 => 1,
            _ if i + 1 < len => usize::from(d.u8(at + i + 1)?) + 2,
            _ => return Err(Stop::Missing),
        };
        // tcpdump wants the byte after the option to be captured as well.
        if i + option_len > len {
            return Err(Stop::Missing);
        }
        d.check(at + i + option_len, 1)?;
        let (min_len, cut) = match kind {
            2 => (4, "(refresh: trunc)"),
            3 => (18, "(altcoa: trunc)"),
            4 => (6, "(ni: trunc)"),
            5 => (12, "(auth: trunc)"),
            _ => (0, ""),
        };
        if len - i < min_len {
            d.str(cut);
            return Err(Stop::Missing);
        }
        match kind {
            0 => d.str("(pad1)"),
            1 => d.str("(padn)"),
            2 => put!(d, "(refresh: {})", u32::from(d.u16(at + i + 2)?) * 4),
            3 => {
                let address = d.ipv6(at + i + 2)?;
                d.str("(alt-CoA: ");
                d.addr6(address);
                d.char(b')');
            }
            4 => put!(d, "(ni: ho=0x{:04x} co=0x{:04x})", d.u16(at + i + 2)?, d.u16(at + i + 4)?),
            5 => d.str("(auth)"),
            _ => put!(d, "(type-0x{kind:02x}: len={})", option_len - 2),
        }
        i += option_len;
    }
    Ok(())
}
