//! The options of neighbour discovery (RFC 4861 §4.6, RFC 4191, RFC 6275, RFC 8106).
use crate::print::application::dns::domain_name;
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::name::push_octets;
use crate::print::dissect::{Dissect, Known, Stop, put};

/// Prints options from `at` on, `len` bytes of them (as a signed number: tcpdump's), up to one
/// that is not whole.
pub(in crate::print) fn options(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    let mut here = at;
    // A message shorter than its fixed part gives a negative rest.
    let mut rest = i64::from(len.cast_signed());
    while here < d.end {
        d.check(here + 1, 1)?;
        if rest <= 0 {
            return Ok(());
        }
        let (kind, units) = (d.u8(here)?, d.u8(here + 1)?);
        let option_len = usize::from(units) * 8;
        if units == 0 {
            return Err(Stop::Missing);
        }
        d.check(here, option_len)?;
        let name = kind_name(kind).unwrap_or("unknown");
        put!(d, "\n\t  {name} option ({kind}), length {option_len} ({units}): ");
        let body_len = u32::from(units) * 8 - 2;
        if option(d, here, kind, units, at)? == Known::No && d.verbose() <= 1 {
            d.unknown_data(here + 2, "\n\t  ", body_len);
            return Ok(());
        }
        if d.verbose() > 1 {
            d.unknown_data(here + 2, "\n\t    ", body_len);
        }
        here += option_len;
        rest -= i64::from(units) * 8;
    }
    Ok(())
}

/// Prints one option of `units` of eight bytes; `first` is where the first one is.
fn option(d: &mut Dissect<'_>, at: usize, kind: u8, units: u8, first: usize) -> Result<Known, Stop> {
    match kind {
        1 | 2 => {
            let address = d.bytes(at + 2, usize::from(units) * 8 - 2)?;
            push_octets(d.out, address);
        }
        3 => prefix(d, at, units)?,
        // tcpdump dumps from the first option on, not from this one.
        4 => d.unknown_data(first, "\n\t    ", u32::from(units) * 8),
        5 => {
            let mtu = d.u32(at + 4)?;
            put!(d, " {mtu}{}", if units == 1 { "" } else { "bad option length" });
        }
        7 => put!(d, " {}ms", d.u32(at + 4)?),
        8 => put!(d, " preference {}, lifetime {}", d.u16(at + 4)?, d.u16(at + 6)?),
        24 => route(d, at, units)?,
        25 => {
            put!(d, " lifetime {}s,", d.u32(at + 4)?);
            for n in 0..usize::from(units - 1) / 2 {
                let server = d.ipv6(at + 8 + 16 * n)?;
                d.str(" addr: ");
                d.addr6(server);
            }
        }
        31 => {
            put!(d, " lifetime {}s, domain(s):", d.u32(at + 4)?);
            let end = at + usize::from(units) * 8;
            let mut name = at + 8;
            while name < end && d.u8(name)? != 0 {
                d.char(b' ');
                name = domain_name::print(d, name, first)?;
            }
        }
        _ => return Ok(Known::No),
    }
    Ok(Known::Yes)
}

fn prefix(d: &mut Dissect<'_>, at: usize, units: u8) -> Result<(), Stop> {
    let (bits, flags) = (d.u8(at + 2)?, d.u8(at + 3)?);
    let (valid, preferred) = (d.u32(at + 4)?, d.u32(at + 8)?);
    let prefix = d.ipv6(at + 16)?;
    d.addr6(prefix);
    put!(d, "/{bits}{}, Flags [", if units == 4 { "" } else { "badlen" });
    push_bits(d, flags.into(), &[(0x80, "onlink"), (0x40, "auto"), (0x20, "router")]);
    d.str("], valid time ");
    push_lifetime(d, valid);
    d.str(", pref. time ");
    push_lifetime(d, preferred);
    Ok(())
}

/// A route (RFC 4191); its prefix may be left out, or half of it.
fn route(d: &mut Dissect<'_>, at: usize, units: u8) -> Result<(), Stop> {
    d.check(at + 4, 4)?;
    let mut prefix = [0; 16];
    match units {
        1 => {}
        2 => prefix[..8].copy_from_slice(d.bytes(at + 8, 8)?),
        3 => prefix.copy_from_slice(d.bytes(at + 8, 16)?),
        _ => return Err(Stop::Missing),
    }
    let (bits, flags, lifetime) = (d.u8(at + 2)?, d.u8(at + 3)?, d.u32(at + 4)?);
    d.char(b' ');
    d.addr6(prefix.into());
    put!(d, "/{bits}, pref={}, lifetime=", preference(flags));
    push_lifetime(d, lifetime);
    Ok(())
}

/// A router's or route's preference (RFC 4191 §2.1).
pub(in crate::print) fn preference(flags: u8) -> &'static str {
    match flags >> 3 & 3 {
        0 => "medium",
        1 => "high",
        2 => "rsv",
        _ => "low",
    }
}

fn push_lifetime(d: &mut Dissect<'_>, seconds: u32) {
    if seconds == u32::MAX {
        d.str("infinity");
    } else {
        put!(d, "{seconds}s");
    }
}

fn kind_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "source link-address",
        2 => "destination link-address",
        3 => "prefix info",
        4 => "redirected header",
        5 => "mtu",
        7 => "advertisement interval",
        8 => "homeagent information",
        24 => "route info",
        25 => "rdnss",
        31 => "dnssl",
        _ => return None,
    })
}
