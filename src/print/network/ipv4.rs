//! IPv4 (RFC 791).

use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::network::ip::{self, Carrier, Inner};
use crate::wire::{Ipv4Header, checksum};

/// Prints an IPv4 packet of `len` bytes at `at`, and what it carries.
#[inline]
pub(in crate::print) fn packet(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    ip::packets(d, Inner::V4 { at, len })
}

/// Prints one header and its payload; gives a packet inside it back instead.
pub(in crate::print) fn header(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Option<Inner>, Truncated> {
    d.protocol = "ip";
    let version = d.u8(at)? >> 4;
    if version != 4 {
        wrong_version(d, version);
        return Ok(None);
    }
    if !d.opts.link_header {
        d.str("IP ");
    }
    let Ok(header) = d.array(at).map(Ipv4Header) else {
        d.trunc();
        return Ok(None);
    };
    if len < 20 {
        put!(d, "truncated-ip {len}");
        return Ok(None);
    }
    let header_len = header.header_len() as u32;
    if header_len < 20 {
        put!(d, "bad-hlen {header_len}");
        return Ok(None);
    }
    let mut total = u32::from(header.total_len());
    if total == 0 && header_len <= len {
        total = len;
    }
    if len < total {
        put!(d, "truncated-ip - {} bytes missing! ", total - len);
    }
    if total < header_len {
        put!(d, "bad-len {total}");
        return Ok(None);
    }
    d.push_end(at, total);
    if d.verbose() > 0
        && let Err(stop) = verbose_header(d, at, header, total)
    {
        return d.stop(stop).map(|()| None);
    }
    let protocol = header.protocol().0;
    if header.fragment_offset() != 0 {
        later_fragment(d, at, protocol)?;
        return Ok(None);
    }
    if !ip::names_its_hosts(protocol) {
        d.pair4(at)?;
        d.str(": ");
    }
    if !d.has(at, header_len as usize) {
        put!(d, " [remaining caplen({}) < header length({header_len})]", d.left(at));
        return Err(Truncated);
    }
    let carrier = Carrier { at, v6: false, fragmented: header.more_fragments(), hop_limit: header.ttl() };
    ip::payload(d, at + header_len as usize, total - header_len, carrier, protocol)
}

#[cold]
fn wrong_version(d: &mut Dissect<'_>, version: u8) {
    match version {
        6 => d.str("IP6, wrong link-layer encapsulation"),
        version => put!(d, "IP{version}"),
    }
    d.invalid();
}

/// Prints what is told of a fragment that is not the first.
fn later_fragment(d: &mut Dissect<'_>, at: usize, protocol: u8) -> Result<(), Truncated> {
    if d.opts.quiet < 2 {
        d.pair4(at)?;
        d.char(b':');
        match number::protocol_name(protocol) {
            Some(name) if !d.opts.numeric => put!(d, " {name}"),
            _ => put!(d, " ip-proto-{protocol}"),
        }
    }
    Ok(())
}

/// What `-v` shows, in parentheses. `total` is the total length, or what is presumed of it.
fn verbose_header(d: &mut Dissect<'_>, at: usize, header: Ipv4Header<'_>, total: u32) -> Result<(), Stop> {
    let tos = header.tos();
    d.str("(tos 0x");
    d.hex(tos, 1);
    d.str(match tos & 3 {
        1 => ",ECT(1)",
        2 => ",ECT(0)",
        3 => ",CE",
        _ => "",
    });
    if header.ttl() >= 1 {
        d.str(", ttl ");
        d.dec(header.ttl());
    }
    d.str(", id ");
    d.dec(header.id());
    d.str(", offset ");
    d.dec(header.fragment_offset());
    d.str(", flags [");
    d.str(match header.flags_fragment() >> 13 {
        0 => "none",
        1 => "+",
        2 => "DF",
        3 => "+, DF",
        4 => "rsvd",
        5 => "+, rsvd",
        6 => "DF, rsvd",
        _ => "+, DF, rsvd",
    });
    d.str("], proto ");
    d.str(number::ip_protocol(header.protocol().0).unwrap_or("unknown"));
    d.str(" (");
    d.dec(header.protocol().0);
    d.str("), length ");
    match header.total_len() {
        0 => ip::push_presumed(d, total),
        len => d.dec(len),
    }
    let whole = bracketed_options(d, at, header);
    if whole == Err(Stop::Truncated) {
        return whole;
    }
    if d.opts.verify_checksums {
        push_bad_checksum(d, at, header);
    }
    d.str(")\n    ");
    if whole.is_err() {
        d.pair4(at)?;
        d.str(": ");
    }
    whole
}

/// Appends what is wrong with the header's checksum, if the header was captured.
fn push_bad_checksum(d: &mut Dissect<'_>, at: usize, header: Ipv4Header<'_>) {
    let Ok(bytes) = d.bytes(at, header.header_len()) else { return };
    let sum = checksum::ipv4_header(bytes);
    if sum != 0 {
        let found = header.checksum();
        put!(d, ", bad cksum {found:x} (->{:x})!", checksum::expected(found, sum));
    }
}

/// Prints the options, if there are any.
fn bracketed_options(d: &mut Dissect<'_>, at: usize, header: Ipv4Header<'_>) -> Result<(), Stop> {
    let len = header.header_len() as u32 - 20;
    if len == 0 {
        return Ok(());
    }
    d.str(", options (");
    let whole = options(d, at + 20, len);
    match whole {
        Err(Stop::Truncated) => return whole,
        Err(_) => d.str(" [truncated-option]"),
        Ok(()) => {}
    }
    d.char(b')');
    whole
}

/// Prints `len` bytes of options; each must be captured whole.
fn options(d: &mut Dissect<'_>, mut at: usize, mut len: u32) -> Result<(), Stop> {
    let mut separator = "";
    while len > 0 {
        d.str(separator);
        separator = ",";
        let kind = d.u8(at)?;
        match kind {
            0 => d.str("EOL"),
            1 => d.str("NOP"),
            7 => d.str("RR"),
            68 => d.str("timestamp"),
            82 => d.str("traceroute"),
            130 => d.str("security"),
            131 => d.str("LSRR"),
            137 => d.str("SSRR"),
            148 => d.str("RA"),
            _ => put!(d, "unknown {kind}"),
        }
        let option_len = if kind <= 1 { 1 } else { u32::from(d.u8(at + 1)?) };
        if kind > 1 && option_len < 2 || option_len > len {
            put!(d, " [bad length {option_len}]");
            return Ok(());
        }
        d.check(at, option_len as usize)?;
        match kind {
            0 => break,
            68 => timestamps(d, at, option_len)?,
            7 | 131 | 137 => route(d, at, option_len)?,
            148 if option_len < 4 => put!(d, " [bad length {option_len}]"),
            148 => {
                let value = d.u16(at + 2)?;
                if value != 0 {
                    put!(d, " value {value}");
                }
            }
            _ => {}
        }
        at += option_len as usize;
        len -= option_len;
    }
    Ok(())
}

/// Record route and the source routes: addresses, with a comma after those passed.
fn route(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len < 3 {
        put!(d, " [bad length {len}]");
        return Ok(());
    }
    if (len + 1) & 3 != 0 {
        put!(d, " [bad length {len}]");
    }
    let pointer = d.u8(at + 2)?;
    let next = u32::from(pointer).wrapping_sub(1);
    if next < 3 || next.wrapping_add(1) & 3 != 0 || next > len + 1 {
        put!(d, " [bad ptr {pointer}]");
    }
    for i in (3..len).step_by(4) {
        d.check(at + i as usize, 4)?;
        let hop = d.ipv4(at + i as usize)?;
        d.char(b' ');
        d.addr4(hop);
        if next > i {
            d.char(b',');
        }
    }
    Ok(())
}

/// Internet timestamps (RFC 791 page 22), `^` before the one that is next.
fn timestamps(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len < 4 {
        put!(d, "[bad length {len}]");
        return Ok(());
    }
    d.str(" TS{");
    let (pointer, overflow_flags) = (d.u8(at + 2)?, d.u8(at + 3)?);
    let kind = overflow_flags & 0xf;
    let hop_len: u32 = if kind == 0 { 4 } else { 8 };
    if (len - 4) & (hop_len - 1) != 0 {
        put!(d, "[bad length {len}]");
    }
    let next = u32::from(pointer).wrapping_sub(1);
    if next < 4 || (next - 4) & (hop_len - 1) != 0 || next > len + 1 {
        put!(d, "[bad ptr {pointer}]");
    }
    let mut i = 0;
    match kind {
        0 => d.str("TSONLY"),
        1 => d.str("TS+ADDR"),
        3 => d.str("PRESPEC"),
        _ => put!(d, "[bad ts type {kind}]"),
    }
    if matches!(kind, 0 | 1 | 3) {
        i = 4;
        while i < len {
            let hop = at + i as usize;
            d.check(hop, hop_len as usize)?;
            let value = d.u32(hop + hop_len as usize - 4)?;
            d.str(if next == i { " ^ " } else { " " });
            put!(d, "{value}@");
            if hop_len == 8 {
                let addr = d.ipv4(hop)?;
                d.addr4(addr);
            }
            i += hop_len;
        }
    }
    if next == i {
        d.str(" ^ ");
    }
    match overflow_flags >> 4 {
        0 => d.char(b'}'),
        n => put!(d, " [{n} hops not recorded]}} "),
    }
    Ok(())
}
