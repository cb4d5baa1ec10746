//! IPv6 extension headers (RFC 8200 §4): each gives its length in bytes, or nothing
//! when what follows cannot be printed.
pub(in crate::print) use super::mobility::mobility;
use crate::print::dissect::{Dissect, Truncated, put};

/// Hop-by-hop options; a valid Jumbo Payload option (RFC 2675) replaces a payload
/// length of zero.
pub(in crate::print) fn hop_by_hop(
    d: &mut Dissect<'_>,
    at: usize,
    payload_len: &mut u32,
    jumbo: &mut bool,
) -> Result<Option<u32>, Truncated> {
    d.protocol = "hbhopt";
    let len = (u32::from(d.u8(at + 1)?) + 1) * 8;
    if !d.has(at, len as usize) {
        d.trunc();
        return Ok(None);
    }
    d.str("HBH ");
    if !options(d, at + 2, len as usize - 2, Some((payload_len, jumbo)))? {
        d.trunc();
        return Ok(None);
    }
    Ok(Some(len))
}

/// Destination options; looked into only with `-v`.
pub(in crate::print) fn destination(d: &mut Dissect<'_>, at: usize) -> Result<Option<u32>, Truncated> {
    d.protocol = "dstopt";
    let len = (u32::from(d.u8(at + 1)?) + 1) * 8;
    if !d.has(at, len as usize) {
        d.trunc();
        return Ok(None);
    }
    d.str("DSTOPT ");
    if d.verbose() > 0 && !options(d, at + 2, len as usize - 2, None)? {
        d.trunc();
        return Ok(None);
    }
    Ok(Some(len))
}

/// Prints options; false when one is impossible. `hop_by_hop` is where the payload
/// length of a Jumbo Payload option goes.
fn options(
    d: &mut Dissect<'_>,
    at: usize,
    len: usize,
    mut hop_by_hop: Option<(&mut u32, &mut bool)>,
) -> Result<bool, Truncated> {
    let verbose = d.verbose() > 0;
    let mut jumbo_seen = false;
    let mut i = 0;
    while i < len {
        let kind = d.u8(at + i)?;
        if kind == 0 {
            if verbose {
                d.str("(pad1)");
            }
            i += 1;
            continue;
        }
        if i + 1 >= len {
            return Ok(false);
        }
        let data_len = d.u8(at + i + 1)?;
        let option_len = usize::from(data_len) + 2;
        if i + option_len > len {
            return Ok(false);
        }
        match kind {
            1 => {
                if verbose {
                    d.str("(padn)");
                }
            }
            0x05 => {
                if len - i < 4 {
                    d.str("(rtalert: trunc)");
                    return Ok(false);
                }
                if data_len != 2 {
                    put!(d, "(rtalert: invalid len {data_len})");
                    return Ok(false);
                }
                if verbose {
                    put!(d, "(rtalert: 0x{:04x}) ", d.u16(at + i + 2)?);
                }
            }
            0xc2 => {
                if len - i < 6 {
                    d.str("(jumbo: trunc)");
                    return Ok(false);
                }
                if data_len != 4 {
                    put!(d, "(jumbo: invalid len {data_len})");
                    return Ok(false);
                }
                let value = d.u32(at + i + 2)?;
                let remark = match &mut hop_by_hop {
                    _ if jumbo_seen => " - already seen",
                    None => " - not a hop-by-hop option",
                    Some((payload_len, _)) if **payload_len != 0 => " - payload len != 0",
                    Some(_) if value < 65_536 => " - < 65536",
                    Some((payload_len, jumbo)) => {
                        **payload_len = value;
                        **jumbo = true;
                        ""
                    }
                };
                jumbo_seen = true;
                if verbose {
                    put!(d, "(jumbo: {value}{remark}) ");
                }
            }
            0xc9 => {
                if len - i < 18 {
                    d.str("(homeaddr: trunc)");
                    return Ok(false);
                }
                if data_len < 16 {
                    put!(d, "(homeaddr: invalid len {data_len})");
                    return Ok(false);
                }
                if verbose {
                    let home = d.ipv6(at + i + 2)?;
                    d.str("(homeaddr: ");
                    d.addr6(home);
                    if data_len > 16 && !sub_options(d, at + i + 18, option_len - 18)? {
                        return Ok(false);
                    }
                    d.char(b')');
                }
            }
            _ => {
                if verbose {
                    put!(d, "(opt_type 0x{kind:02x}: len={data_len})");
                }
            }
        }
        i += option_len;
    }
    if verbose && len > 0 {
        d.char(b' ');
    }
    Ok(true)
}

/// Options inside a Home Address option; false when one is impossible.
fn sub_options(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<bool, Truncated> {
    let mut i = 0;
    while i < len {
        let kind = d.u8(at + i)?;
        if kind == 0 {
            d.str(", pad1");
            i += 1;
            continue;
        }
        if i + 1 >= len {
            return Ok(false);
        }
        let data_len = d.u8(at + i + 1)?;
        let option_len = usize::from(data_len) + 2;
        if i + option_len > len {
            return Ok(false);
        }
        if kind == 1 {
            d.str(", padn");
        } else {
            put!(d, ", sopt_type 0x{kind:02x}: len={data_len}");
        }
        i += option_len;
    }
    Ok(true)
}

/// Fragment header of the packet at `packet_at`; nothing to go on with unless it is the
/// first fragment.
pub(in crate::print) fn fragment(
    d: &mut Dissect<'_>,
    at: usize,
    packet_at: usize,
) -> Result<Option<u32>, Truncated> {
    d.protocol = "frag6";
    let payload_len = d.u16(packet_at + 4)?;
    let offset = d.u16(at + 2)? & 0xfff8;
    // tcpdump does not notice that this may be below zero.
    let rest = (40 + u64::from(payload_len)).wrapping_sub((at - packet_at) as u64 + 8);
    if d.verbose() > 0 {
        put!(d, "frag (0x{:08x}:{offset}|{rest})", d.u32(at + 4)?);
    } else {
        put!(d, "frag ({offset}|{rest})");
    }
    if offset != 0 {
        return Ok(None);
    }
    d.char(b' ');
    Ok(Some(8))
}

/// Routing header: types 0, 2 (RFC 6275) and 4 (RFC 8754).
pub(in crate::print) fn routing(d: &mut Dissect<'_>, at: usize) -> Result<Option<u32>, Truncated> {
    d.protocol = "rt6";
    d.str("RT6");
    let len = d.u8(at + 1)?;
    put!(d, " (len={len}");
    let kind = d.u8(at + 2)?;
    put!(d, ", type={kind}");
    if kind == 0 {
        d.str(" [Deprecated]");
    }
    put!(d, ", segleft={}", d.u8(at + 3)?);
    match kind {
        0 | 2 => {
            let reserved = d.u32(at + 4)?;
            if reserved != 0 || d.verbose() > 0 {
                put!(d, ", rsv=0x{reserved:x}");
            }
        }
        4 => {
            put!(d, ", last-entry={}", d.u8(at + 4)?);
            let flags = d.u8(at + 5)?;
            if flags != 0 || d.verbose() > 0 {
                put!(d, ", flags=0x{flags:x}");
            }
            put!(d, ", tag={:x}", d.u16(at + 6)?);
        }
        _ => {
            d.str(" (unknown type) (invalid)");
            return Ok(None);
        }
    }
    if len % 2 == 1 {
        put!(d, " (invalid length {len}) (invalid)");
        return Ok(None);
    }
    for i in 0..usize::from(len / 2) {
        let hop = d.ipv6(at + 8 + 16 * i)?;
        put!(d, ", [{i}]");
        d.addr6(hop);
    }
    d.str(") ");
    Ok(Some((u32::from(len) + 1) * 8))
}
