//! RIP (RFC 1058, RFC 2453).
use crate::print::dissect::{Dissect, Truncated, put};

/// Bytes of a route.
const ROUTE_LEN: u32 = 20;

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;

/// Prints a message of `length` bytes at `at`.
pub(in crate::print) fn rip(d: &mut Dissect<'_>, at: usize, length: u32) -> Result<(), Truncated> {
    d.protocol = "rip";
    let Some(left) = d.left(at).min(length).checked_sub(4) else {
        d.trunc();
        return Ok(());
    };
    let (command, version) = (d.u8(at)?, d.u8(at + 1)?);
    if d.verbose() > 0 {
        d.str("\n\t");
    }
    put!(d, "RIPv{version}");
    if version == 0 {
        d.unknown_data(at, "\n\t", length);
        return Ok(());
    }
    d.str(", ");
    match command {
        REQUEST => d.str("Request"),
        RESPONSE => d.str("Response"),
        3 => d.str("Trace on"),
        4 => d.str("Trace off"),
        5 => d.str("Poll"),
        6 => d.str("Poll Entry"),
        _ => put!(d, "unknown command ({command})"),
    }
    put!(d, ", length: {length}");
    if d.verbose() == 0 {
        return Ok(());
    }
    match (command, version) {
        (REQUEST | RESPONSE, 1) => {
            put!(d, ", routes: {}", length / ROUTE_LEN);
            routes(d, at + 4, left, route_v1)?;
        }
        (REQUEST | RESPONSE, 2) => {
            put!(d, ", routes: {} or less", length / ROUTE_LEN);
            routes(d, at + 4, left, route_v2)?;
        }
        (REQUEST | RESPONSE, _) => d.str(", unknown version"),
        (4..=6, _) => {}
        _ if d.verbose() < 2 => d.unknown_data(at, "\n\t", length),
        _ => {}
    }
    if d.verbose() > 1 {
        d.unknown_data(at, "\n\t", length);
    }
    Ok(())
}

/// Prints an entry of the message, of whose bytes so many are left; gives how many it
/// takes, `None` where it is cut.
type Entry = fn(&mut Dissect<'_>, usize, u32) -> Result<Option<u32>, Truncated>;

fn routes(d: &mut Dissect<'_>, mut at: usize, mut left: u32, entry: Entry) -> Result<(), Truncated> {
    while left > 0 {
        let Some(size) = entry(d, at, left)? else {
            d.trunc();
            break;
        };
        if left < size {
            put!(d, " [remaining entries length {left} < {size}]");
            d.invalid();
            break;
        }
        at += size as usize;
        left -= size;
    }
    Ok(())
}

fn route_v1(d: &mut Dissect<'_>, at: usize, left: u32) -> Result<Option<u32>, Truncated> {
    if left < ROUTE_LEN || !d.has(at, ROUTE_LEN as usize) {
        return Ok(None);
    }
    let family = d.u16(at)?;
    let (address, metric) = (d.ipv4(at + 4)?, d.u32(at + 16)?);
    if family != 2 && family != 0 {
        d.str("\n\t AFI ");
        push_family(d, family);
        d.str(", ");
        d.unknown_data(at + 4, "\n\t  ", ROUTE_LEN - 4);
    } else if d.u16(at + 2)? != 0 || d.u64(at + 8)? != 0 {
        d.unknown_data(at, "\n\t  ", ROUTE_LEN);
    } else {
        d.str(if family == 0 { "\n\t  AFI 0, " } else { "\n\t  " });
        d.addr4(address);
        put!(d, ", metric: {metric}");
    }
    Ok(Some(ROUTE_LEN))
}

fn route_v2(d: &mut Dissect<'_>, at: usize, left: u32) -> Result<Option<u32>, Truncated> {
    if left < 4 || !d.has(at, 4) {
        return Ok(None);
    }
    let (family, tag) = (d.u16(at)?, d.u16(at + 2)?);
    match family {
        0xffff => return authentication(d, tag, at + 4, left),
        0 | 2 if !d.has(at, ROUTE_LEN as usize) || left < ROUTE_LEN => return Ok(None),
        0 | 2 => {
            let (address, mask) = (d.ipv4(at + 4)?, d.u32(at + 8)?);
            let (router, metric) = (d.ipv4(at + 12)?, d.u32(at + 16)?);
            d.str(if family == 0 { "\n\t  AFI 0, " } else { "\n\t  AFI IPv4, " });
            let start = d.out.len();
            d.addr4(address);
            while d.out.len() < start + 15 {
                d.out.insert(start, b' ');
            }
            // Not every mask is the length of a prefix.
            let ones = mask.leading_ones();
            if ones == mask.count_ones() {
                put!(d, "/{ones:<2}");
            } else {
                d.str("/-1");
            }
            put!(d, ", tag 0x{tag:04x}, metric: {metric}, next-hop: ");
            if router.is_unspecified() {
                d.str("self");
            } else {
                d.addr4(router);
            }
        }
        _ => {
            d.str("\n\t  AFI ");
            push_family(d, family);
            d.unknown_data(at + 4, "\n\t  ", ROUTE_LEN - 4);
        }
    }
    Ok(Some(ROUTE_LEN))
}

/// Prints what proves who sent the message, at `at`; `left` counts the four bytes before.
fn authentication(d: &mut Dissect<'_>, kind: u16, at: usize, left: u32) -> Result<Option<u32>, Truncated> {
    match kind {
        2 => {
            d.str("\n\t  Simple Text Authentication data: ");
            d.padded_text(at, 16)?;
        }
        3 if !d.has(at, 16) || left < 20 => return Ok(None),
        3 => {
            put!(d, "\n\t  Auth header: Packet Len {},", d.u16(at)?);
            put!(d, " Key-ID {}, Auth Data Len {},", d.u8(at + 2)?, d.u8(at + 3)?);
            put!(d, " SeqNo {}, MBZ {}, MBZ {}", d.u32(at + 4)?, d.u32(at + 8)?, d.u32(at + 12)?);
        }
        _ => {
            if kind == 1 {
                d.str("\n\t  Auth trailer:");
            } else {
                put!(d, "\n\t  Unknown ({kind}) Authentication data:");
            }
            d.unknown_data(at, "\n\t  ", left - 4);
            return Ok(Some(left));
        }
    }
    Ok(Some(ROUTE_LEN))
}

fn push_family(d: &mut Dissect<'_>, family: u16) {
    let name = match family {
        6 => "NS",
        7 => "ISO",
        16 => "Appletalk",
        23 => "IPX",
        24 | 28 | 30 => "IPv6",
        _ => return put!(d, "Unknown ({family})"),
    };
    d.str(name);
}
