//! IGMP (RFC 1112, RFC 2236, RFC 3376) and the multicast traceroute that rides on it.
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::network::dvmrp;
use crate::print::network::group_record::{self, Family};
use crate::wire::checksum;

/// The response time every query has unless told otherwise, in tenths of a second.
const USUAL_RESPONSE_TIME: u8 = 100;

/// Prints IGMP at `at`.
pub(in crate::print) fn igmp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "igmp";
    if d.opts.quiet > 0 {
        d.str("igmp");
        return Ok(());
    }
    let kind = d.u8(at)?;
    match kind {
        0x11 => {
            d.str("igmp query");
            if len >= 12 { query_v3(d, at, len)? } else { query(d, at, len)? }
        }
        0x12 => {
            push_group(d, at, "igmp v1 report ")?;
            if len != 8 {
                put!(d, " [len {len}]");
            }
        }
        0x13 => {
            d.str("igmp dvmrp");
            dvmrp::dvmrp(d, at, len)?;
        }
        0x16 => push_group(d, at, "igmp v2 report ")?,
        0x17 => push_group(d, at, "igmp leave ")?,
        0x22 => {
            d.str("igmp v3 report");
            report_v3(d, at, len)?;
        }
        0x1e => trace(d, at, len, "mresp")?,
        0x1f => trace(d, at, len, "mtrace")?,
        _ => put!(d, "igmp-{kind}"),
    }
    if d.verbose() > 0
        && len >= 4
        && d.has(at, len as usize)
        && checksum::message(d.bytes(at, len as usize)?) != 0
    {
        put!(d, " bad igmp cksum {:x}!", d.u16(at + 2)?);
    }
    Ok(())
}

fn push_group(d: &mut Dissect<'_>, at: usize, before: &str) -> Result<(), Truncated> {
    let group = d.ipv4(at + 4)?;
    d.str(before);
    d.addr4(group);
    Ok(())
}

fn query(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    match d.u8(at + 1)? {
        0 => d.str(" v1"),
        USUAL_RESPONSE_TIME => d.str(" v2"),
        time => put!(d, " v2 [max resp time {time}]"),
    }
    if d.u32(at + 4)? != 0 {
        push_group(d, at, " [gaddr ")?;
        d.char(b']');
    }
    if len != 8 {
        put!(d, " [len {len}]");
    }
    Ok(())
}

fn query_v3(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.str(" v3");
    if !len.is_multiple_of(4) {
        put!(d, " [invalid len {len}]");
        return Ok(());
    }
    let code = d.u8(at + 1)?;
    if code != USUAL_RESPONSE_TIME {
        // RFC 3376 §4.1.1: a float above 127, in tenths of a second.
        let wide = u32::from(code);
        let time = if wide < 0x80 { wide } else { (wide & 0xf | 0x10) << ((wide >> 4 & 7) + 3) };
        d.str(" [max resp time ");
        if time < 600 {
            put!(d, "{}.{}s", time / 10, time % 10);
        } else {
            d.duration(time / 10);
        }
        d.char(b']');
    }
    if d.u32(at + 4)? == 0 {
        return Ok(());
    }
    push_group(d, at, " [gaddr ")?;
    let sources = d.u16(at + 10)?;
    if sources > 0 {
        if len < 12 + 4 * u32::from(sources) {
            d.str(" [invalid number of sources]");
        } else if d.verbose() > 1 {
            group_record::sources_at(d, at + 12, sources, Family::V4)?;
        } else {
            put!(d, ", {sources} source(s)");
        }
    }
    d.char(b']');
    Ok(())
}

fn report_v3(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if len < 16 || !len.is_multiple_of(4) {
        put!(d, " [invalid len {len}]");
        return Ok(());
    }
    group_record::records(d, at, len, Family::V4, " [v3-report-#")
}

fn trace(d: &mut Dissect<'_>, at: usize, len: u32, name: &str) -> Result<(), Truncated> {
    if len < 24 {
        put!(d, " [invalid len {len}]");
        return Ok(());
    }
    let (src, dst, reply_to) = (d.ipv4(at + 8)?, d.ipv4(at + 12)?, d.ipv4(at + 16)?);
    put!(d, "{name} {}: ", d.u24(at + 21)?);
    d.addr4(src);
    d.str(" to ");
    d.addr4(dst);
    d.str(" reply-to ");
    d.addr4(reply_to);
    if reply_to.is_multicast() {
        put!(d, " with-ttl {}", d.u8(at + 20)?);
    }
    Ok(())
}
