//! IPv6 extension headers (RFC 8200 §4): each gives its length in bytes, and stops when
//! what follows cannot be printed.
pub(in crate::print) use super::mobility::mobility;
use crate::print::dissect::{Dissect, Stop, put};

/// The payload length of a packet, which hop-by-hop options may tell (RFC 2675).
pub(in crate::print) struct PayloadLen {
    /// From the fixed header, or a Jumbo Payload option.
    pub(in crate::print) len: u32,
    /// Whether such an option was found.
    pub(in crate::print) jumbo: bool,
}

/// Hop-by-hop options; a valid Jumbo Payload option replaces a payload length of zero.
pub(in crate::print) fn hop_by_hop(
    d: &mut Dissect<'_>,
    at: usize,
    payload: &mut PayloadLen,
) -> Result<u32, Stop> {
    d.protocol = "hbhopt";
    let len = (u32::from(d.u8(at + 1)?) + 1) * 8;
    d.check(at, len as usize)?;
    d.str("HBH ");
    options(d, at + 2, len as usize - 2, Some(payload))?;
    Ok(len)
}

/// Destination options; looked into only with `-v`.
pub(in crate::print) fn destination(d: &mut Dissect<'_>, at: usize) -> Result<u32, Stop> {
    d.protocol = "dstopt";
    let len = (u32::from(d.u8(at + 1)?) + 1) * 8;
    d.check(at, len as usize)?;
    d.str("DSTOPT ");
    if d.verbose() > 0 {
        options(d, at + 2, len as usize - 2, None)?;
    }
    Ok(len)
}

const PAD1: u8 = 0;
const PADN: u8 = 1;
const ROUTER_ALERT: u8 = 0x05;
const JUMBO_PAYLOAD: u8 = 0xc2;
const HOME_ADDRESS: u8 = 0xc9;

/// Prints `len` bytes of options. `payload` is where a Jumbo Payload option goes: only
/// among hop-by-hop options.
fn options(
    d: &mut Dissect<'_>,
    at: usize,
    len: usize,
    mut payload: Option<&mut PayloadLen>,
) -> Result<(), Stop> {
    let verbose = d.verbose() > 0;
    let mut jumbo_seen = false;
    let mut i = 0;
    while i < len {
        let kind = d.u8(at + i)?;
        if kind == PAD1 {
            if verbose {
                d.str("(pad1)");
            }
            i += 1;
            continue;
        }
        let data_len = data_len(d, at + i, len - i)?;
        well_formed(d, kind, data_len, len - i)?;
        let here = at + i;
        match kind {
            JUMBO_PAYLOAD => {
                let payload = if jumbo_seen { Err(" - already seen") } else { Ok(payload.as_deref_mut()) };
                jumbo_payload(d, here, payload)?;
                jumbo_seen = true;
            }
            _ if !verbose => {}
            PADN => d.str("(padn)"),
            ROUTER_ALERT => put!(d, "(rtalert: 0x{:04x}) ", d.u16(here + 2)?),
            HOME_ADDRESS => {
                let home = d.ipv6(here + 2)?;
                d.str("(homeaddr: ");
                d.addr6(home);
                sub_options(d, here + 18, usize::from(data_len) - 16)?;
                d.char(b')');
            }
            _ => put!(d, "(opt_type 0x{kind:02x}: len={data_len})"),
        }
        i += usize::from(data_len) + 2;
    }
    if verbose && len > 0 {
        d.char(b' ');
    }
    Ok(())
}

/// The length of the data of an option at `at`, all of which is within the `left` bytes.
fn data_len(d: &Dissect<'_>, at: usize, left: usize) -> Result<u8, Stop> {
    if left < 2 {
        return Err(Stop::Missing);
    }
    let data_len = d.u8(at + 1)?;
    if usize::from(data_len) + 2 > left { Err(Stop::Missing) } else { Ok(data_len) }
}

/// Says so if an option of a known kind has not the length it must have.
fn well_formed(d: &mut Dissect<'_>, kind: u8, data_len: u8, left: usize) -> Result<(), Stop> {
    let (name, least, fits) = match kind {
        ROUTER_ALERT => ("rtalert", 4, data_len == 2),
        JUMBO_PAYLOAD => ("jumbo", 6, data_len == 4),
        HOME_ADDRESS => ("homeaddr", 18, data_len >= 16),
        _ => return Ok(()),
    };
    if left < least {
        put!(d, "({name}: trunc)");
    } else if !fits {
        put!(d, "({name}: invalid len {data_len})");
    } else {
        return Ok(());
    }
    Err(Stop::Missing)
}

/// Prints a Jumbo Payload option (RFC 2675), and what is wrong with it where nothing is done
/// by it; that may be known before.
fn jumbo_payload(
    d: &mut Dissect<'_>,
    at: usize,
    payload: Result<Option<&mut PayloadLen>, &str>,
) -> Result<(), Stop> {
    let value = d.u32(at + 2)?;
    let remark = match payload {
        Err(remark) => remark,
        Ok(None) => " - not a hop-by-hop option",
        Ok(Some(payload)) if payload.len != 0 => " - payload len != 0",
        Ok(Some(_)) if value < 65_536 => " - < 65536",
        Ok(Some(payload)) => {
            *payload = PayloadLen { len: value, jumbo: true };
            ""
        }
    };
    if d.verbose() > 0 {
        put!(d, "(jumbo: {value}{remark}) ");
    }
    Ok(())
}

/// Options inside a Home Address option.
fn sub_options(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Stop> {
    let mut i = 0;
    while i < len {
        let kind = d.u8(at + i)?;
        if kind == PAD1 {
            d.str(", pad1");
            i += 1;
            continue;
        }
        let data_len = data_len(d, at + i, len - i)?;
        if kind == PADN {
            d.str(", padn");
        } else {
            put!(d, ", sopt_type 0x{kind:02x}: len={data_len}");
        }
        i += usize::from(data_len) + 2;
    }
    Ok(())
}

/// Fragment header of the packet at `packet_at`; nothing to go on with unless it is the
/// first fragment.
pub(in crate::print) fn fragment(d: &mut Dissect<'_>, at: usize, packet_at: usize) -> Result<u32, Stop> {
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
        return Err(Stop::Done);
    }
    d.char(b' ');
    Ok(8)
}

/// Routing header: types 0, 2 (RFC 6275) and 4 (RFC 8754).
pub(in crate::print) fn routing(d: &mut Dissect<'_>, at: usize) -> Result<u32, Stop> {
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
            d.str(" (unknown type)");
            return Err(Stop::Invalid);
        }
    }
    if len % 2 == 1 {
        put!(d, " (invalid length {len})");
        return Err(Stop::Invalid);
    }
    for i in 0..usize::from(len / 2) {
        let hop = d.ipv6(at + 8 + 16 * i)?;
        put!(d, ", [{i}]");
        d.addr6(hop);
    }
    d.str(") ");
    Ok((u32::from(len) + 1) * 8)
}
