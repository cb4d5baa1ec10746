//! RIP for IPv6 (RFC 2080).
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Bytes before the routes, and of a route.
const HEADER: u32 = 4;
const ROUTE: u32 = 20;

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;

/// The metric of what cannot be reached.
const INFINITY: u8 = 16;

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn ripng(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "ripng";
    message(d, at, len).or_else(|stop| d.stop(stop))
}

fn message(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    let (command, version) = (d.u8(at)?, d.u8(at + 1)?);
    if version != 1 {
        put!(d, " [vers {version}]");
        return Err(Stop::Invalid);
    }
    let rest = len.checked_sub(HEADER).ok_or(Stop::Invalid)?;
    let (count, at) = (rest / ROUTE, at + HEADER as usize);
    match command {
        REQUEST => {
            // Of one route to everywhere that is none: all routes are asked for.
            if count == 1 && d.u8(at + 19)? == INFINITY && d.ipv6(at)?.is_unspecified() {
                d.str(" ripng-req dump");
                return Ok(());
            }
            put!(d, " ripng-req {count}");
        }
        RESPONSE => put!(d, " ripng-resp {count}"),
        _ => {
            put!(d, " ripng-{command} ?? {len}");
            return Err(Stop::Invalid);
        }
    }
    let odd = !rest.is_multiple_of(ROUTE);
    if odd {
        put!(d, "[{len}]");
    }
    d.char(b':');
    for n in 0..count {
        d.str(if d.verbose() > 1 { "\n\t" } else { " " });
        route(d, at + (n * ROUTE) as usize, command == RESPONSE)?;
    }
    if odd { Err(Stop::Invalid) } else { Ok(()) }
}

fn route(d: &mut Dissect<'_>, at: usize, with_metric: bool) -> Result<(), Truncated> {
    let (prefix, length) = (d.ipv6(at)?, d.u8(at + 18)?);
    d.addr6(prefix);
    put!(d, "/{length}");
    let tag = d.u16(at + 16)?;
    if tag != 0 {
        put!(d, " [{tag}]");
    }
    let metric = if with_metric { d.u8(at + 19)? } else { 0 };
    if metric != 0 {
        put!(d, " ({metric})");
    }
    Ok(())
}
