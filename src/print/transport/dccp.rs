//! DCCP (RFC 4340).
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::network::ip::Carrier;
use crate::print::transport::tcp::pseudo_header;
use crate::wire::checksum::expected;

const REQUEST: u8 = 0;
const RESPONSE: u8 = 1;
const DATA: u8 = 2;
const RESET: u8 = 7;

/// Name of a packet type, and the bytes of its header after the generic one.
const TYPES: [(&str, u32); 10] = [
    ("Request", 4),
    ("Response", 12),
    ("Data", 0),
    ("Ack", 8),
    ("DataAck", 8),
    ("CloseReq", 8),
    ("Close", 8),
    ("Reset", 12),
    ("Sync", 8),
    ("SyncAck", 8),
];

const RESET_CODES: [&str; 12] = [
    "unspecified",
    "closed",
    "aborted",
    "no_connection",
    "packet_error",
    "option_error",
    "mandatory_error",
    "connection_refused",
    "bad_service_code",
    "too_busy",
    "bad_init_cookie",
    "aggression_penalty",
];

/// Prints a packet of `len` bytes at `at`.
pub(in crate::print) fn dccp(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "dccp";
    if !d.has(at, 12) {
        d.trunc();
        return Ok(());
    }
    if len < 12 {
        put!(d, "truncated-dccp - {} bytes missing!", 12 - len);
        return Ok(());
    }
    let last = d.u8(at + 8)?;
    let long = last & 1 != 0;
    let kind = last >> 1 & 0xf;
    let basic = if long { 16 } else { 12 };
    if len < basic {
        put!(d, "truncated-dccp - {} bytes missing!", basic - len);
        return Ok(());
    }
    if !d.has(at, basic as usize) {
        d.trunc();
        return Ok(());
    }
    hosts_and_ports(d, at, ip)?;
    d.str("DCCP");
    let header = u32::from(d.u8(at + 4)?) * 4;
    if d.opts.quiet > 0 {
        put!(d, " {}", len.wrapping_sub(header));
        if header > len {
            put!(d, " [bad hdr length {header} - too long, > {len}]");
        }
        return Ok(());
    }
    if d.verbose() > 0 {
        let fields = d.u8(at + 5)?;
        put!(d, " (CCVal {}, CsCov {}", fields >> 4, fields & 0xf);
        checksum(d, at, len, ip)?;
        d.char(b')');
    }
    d.char(b' ');
    let Some(fixed) = packet_type(d, at, len, kind, basic)? else { return Ok(()) };
    if kind != DATA && kind != REQUEST {
        let ack = at + basic as usize;
        let number = if long { d.u64(ack)? & 0xffff_ffff_ffff } else { d.u24(ack + 1)?.into() };
        put!(d, "(ack={number}) ");
    }
    if d.verbose() < 2 {
        return Ok(());
    }
    let sequence = if long { d.u64(at + 8)? & 0xffff_ffff_ffff } else { d.u24(at + 9)?.into() };
    put!(d, "seq {sequence}");
    if header > fixed {
        d.str(" <");
        options(d, at + fixed as usize, header - fixed)?;
        d.char(b'>');
    }
    Ok(())
}

fn hosts_and_ports(d: &mut Dissect<'_>, at: usize, ip: Carrier) -> Result<(), Truncated> {
    let (src, dst) = (d.u16(at)?, d.u16(at + 2)?);
    let (from, to) = if ip.v6 {
        (d.ipv6(ip.at + 8)?.into(), d.ipv6(ip.at + 24)?.into())
    } else {
        (d.ipv4(ip.at + 12)?.into(), d.ipv4(ip.at + 16)?.into())
    };
    d.addr(from);
    put!(d, ".{src} > ");
    d.addr(to);
    put!(d, ".{dst}: ");
    Ok(())
}

/// Appends the checksum if the whole packet was captured; it may cover less (RFC 4340 §9.2).
fn checksum(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    let Ok(packet) = d.bytes(at, len as usize) else { return Ok(()) };
    let (words, coverage) = (u32::from(d.u8(at + 4)?), u32::from(d.u8(at + 5)? & 0xf));
    let covered =
        if coverage == 0 { len } else { (words + coverage).wrapping_sub(1).wrapping_mul(4).min(len) };
    let found = d.u16(at + 6)?;
    put!(d, ", cksum 0x{found:04x} ");
    let covered = packet.get(..covered as usize).unwrap_or(packet);
    let sum = pseudo_header(d, ip, len, 33)?.over(covered).residual();
    if sum == 0 {
        d.str("(correct)");
    } else {
        put!(d, "(incorrect -> 0x{:04x})", expected(found, sum));
    }
    Ok(())
}

/// Prints what kind of packet it is; gives the length of its header without options,
/// `None` where that is cut.
fn packet_type(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    kind: u8,
    basic: u32,
) -> Result<Option<u32>, Truncated> {
    let Some((name, more)) = TYPES.get(usize::from(kind)) else {
        put!(d, "unknown-type-{kind} ");
        return Ok(Some(basic));
    };
    let (fixed, own) = (basic + more, at + basic as usize);
    if len < fixed {
        put!(d, "truncated-DCCP-{name} - {} bytes missing!", fixed - len);
        return Ok(None);
    }
    if matches!(kind, REQUEST | RESPONSE | RESET) && !d.has(own, *more as usize) {
        d.trunc();
        return Ok(None);
    }
    put!(d, "DCCP-{name} ");
    match kind {
        REQUEST => put!(d, "(service={}) ", d.u32(own)?),
        RESPONSE => put!(d, "(service={}) ", d.u32(own + 8)?),
        RESET => {
            let code = RESET_CODES.get(usize::from(d.u8(own + 8)?)).unwrap_or(&"invalid");
            put!(d, "(code={code}) ");
        }
        _ => {}
    }
    Ok(Some(fixed))
}

fn options(d: &mut Dissect<'_>, mut at: usize, mut left: u32) -> Result<(), Truncated> {
    loop {
        let size = u32::from(option(d, at, left)?);
        if size == 0 || left <= size {
            return Ok(());
        }
        left -= size;
        at += size as usize;
        d.str(", ");
    }
}

/// Prints an option; gives its length, 0 where the options end.
fn option(d: &mut Dissect<'_>, at: usize, left: u32) -> Result<u8, Truncated> {
    let kind = d.u8(at)?;
    let len = if kind < 32 { 1 } else { d.u8(at + 1)? };
    if len < 1 || kind >= 32 && len < 2 {
        push_name(d, kind);
        d.str(" optlen too short");
        return Ok(0);
    }
    if left < len.into() {
        push_name(d, kind);
        d.str(" optlen goes past header length");
        return Ok(0);
    }
    if !d.has(at, len.into()) {
        d.trunc();
        return Ok(0);
    }
    push_name(d, kind);
    match (kind, len) {
        (32..=35, ..3) => d.str(" optlen too short"),
        (32..=35, _) => {
            if let Some(feature) = FEATURES.get(usize::from(d.u8(at + 2)?)) {
                put!(d, " {feature}");
                numbers(d, at + 3, len - 3)?;
            }
        }
        (36 | 38..=40, 3..) => {
            d.str(" 0x");
            digits(d, at, len)?;
        }
        (37, _) => numbers(d, at + 2, len - 2)?,
        (41, 6) | (42, 6) | (43, 6) | (128.., 6) => put!(d, " {}", d.u32(at + 2)?),
        (43, 4) | (128.., 4) => put!(d, " {}", d.u16(at + 2)?),
        (41, _) => d.str(" [optlen != 6]"),
        (42, 8) => put!(d, " {} (elapsed time {})", d.u32(at + 2)?, d.u16(at + 6)?),
        (42, 10) => put!(d, " {} (elapsed time {})", d.u32(at + 2)?, d.u32(at + 6)?),
        (42, _) => d.str(" [optlen != 6 or 8 or 10]"),
        (43, _) => d.str(" [optlen != 4 or 6]"),
        (44, 3..) => {
            d.char(b' ');
            digits(d, at, len)?;
        }
        _ => {}
    }
    Ok(len)
}

fn numbers(d: &mut Dissect<'_>, at: usize, count: u8) -> Result<(), Truncated> {
    for n in 0..usize::from(count) {
        put!(d, " {}", d.u8(at + n)?);
    }
    Ok(())
}

fn digits(d: &mut Dissect<'_>, at: usize, len: u8) -> Result<(), Truncated> {
    for byte in d.bytes(at + 2, usize::from(len) - 2)? {
        put!(d, "{byte:02x}");
    }
    Ok(())
}

fn push_name(d: &mut Dissect<'_>, kind: u8) {
    let name = match kind {
        0 => "nop",
        1 => "mandatory",
        2 => "slowreceiver",
        32 => "change_l",
        33 => "confirm_l",
        34 => "change_r",
        35 => "confirm_r",
        36 => "initcookie",
        37 => "ndp_count",
        38 => "ack_vector0",
        39 => "ack_vector1",
        40 => "data_dropped",
        41 => "timestamp",
        42 => "timestamp_echo",
        43 => "elapsed_time",
        44 => "data_checksum",
        128.. => return put!(d, "CCID option {kind}"),
        _ => return put!(d, "Option {kind}"),
    };
    d.str(name);
}

const FEATURES: [&str; 10] = [
    "reserved",
    "ccid",
    "allow_short_seqno",
    "sequence_window",
    "ecn_incapable",
    "ack_ratio",
    "send_ack_vector",
    "send_ndp_count",
    "minimum checksum coverage",
    "check data checksum",
];
