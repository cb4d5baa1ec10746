//! SCTP (RFC 9260): ports and chunks.
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::network::ip::Carrier;

const HEADER_LEN: u32 = 12;
const CHUNK_HEADER_LEN: u32 = 4;

const DATA: u8 = 0;
const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
const SACK: u8 = 3;

/// Bytes of a chunk's fixed fields after its header.
const DATA_LEN: u32 = 12;
const INIT_LEN: u32 = 16;
const SACK_LEN: u32 = 12;

/// Prints SCTP at `at`.
pub(in crate::print) fn sctp(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "sctp";
    packet(d, at, len, ip).or_else(|stop| d.stop(stop))
}

fn packet(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Stop> {
    if len < HEADER_LEN {
        put!(d, "truncated-sctp - {} bytes missing!", HEADER_LEN - len);
        return Err(Stop::Done);
    }
    d.check(at, HEADER_LEN as usize)?;
    let (src, dst) = (d.u16(at)?, d.u16(at + 2)?);
    push_hosts(d, ip, src, dst)?;
    for port in [src, dst] {
        if let Some(name) = forces_channel(port) {
            put!(d, "[{name}]");
        }
    }
    let mut at = at + HEADER_LEN as usize;
    // Wraps where the last chunk claims more than there is, as tcpdump's does.
    let mut rest = len - HEADER_LEN;
    let mut count = 0;
    while rest != 0 {
        count += 1;
        let used = chunk(d, count, at, rest)?;
        at += used as usize;
        rest = rest.wrapping_sub(used);
    }
    Ok(())
}

/// Prints a chunk; gives its length with its padding.
fn chunk(d: &mut Dissect<'_>, number: u32, at: usize, rest: u32) -> Result<u32, Stop> {
    let before = match (d.verbose() >= 2, number) {
        (true, _) => "\n\t",
        (false, 1) => " (",
        (false, _) => ", (",
    };
    if rest < CHUNK_HEADER_LEN {
        put!(d, "{before}{number}) [chunk descriptor cut off at end of packet]");
        return Err(Stop::Done);
    }
    d.check(at, CHUNK_HEADER_LEN as usize)?;
    let len = u32::from(d.u16(at + 2)?);
    if len < CHUNK_HEADER_LEN {
        put!(d, "{before}{number}) [Bad chunk length {len}, < size of chunk descriptor]");
        return Err(Stop::Done);
    }
    let padding = len.wrapping_neg() % 4;
    if rest < padding {
        put!(d, "{before}{number}) [Bad chunk length {len}, > remaining data in packet]");
        return Err(Stop::Done);
    }
    d.check(at, len as usize)?;
    let kind = d.u8(at)?;
    put!(d, "{before}{number}) [");
    match chunk_name(kind) {
        Some(name) => d.str(name),
        None => put!(d, "Unknown chunk type: 0x{kind:x}"),
    }
    d.str("] ");
    match body(d, at, kind, len) {
        Err(Stop::Invalid) => {
            put!(d, "bogus chunk length {len}]");
            return Err(Stop::Done);
        }
        result => result?,
    }
    d.check(at + len as usize, padding as usize)?;
    Ok(len + padding)
}

fn push_hosts(d: &mut Dissect<'_>, ip: Carrier, src: u16, dst: u16) -> Result<(), Truncated> {
    if ip.v6 {
        let (from, to) = (d.ipv6(ip.at + 8)?, d.ipv6(ip.at + 24)?);
        d.addr6(from);
        put!(d, ".{src} > ");
        d.addr6(to);
    } else {
        let (from, to) = (d.ipv4(ip.at + 12)?, d.ipv4(ip.at + 16)?);
        d.addr4(from);
        put!(d, ".{src} > ");
        d.addr4(to);
    }
    put!(d, ".{dst}: sctp");
    Ok(())
}

/// Prints what is in a chunk of `chunk_len` bytes, which must leave room for it.
fn body(d: &mut Dissect<'_>, at: usize, kind: u8, chunk_len: u32) -> Result<(), Stop> {
    let (body, rest) = (at + CHUNK_HEADER_LEN as usize, chunk_len - CHUNK_HEADER_LEN);
    match kind {
        DATA => data(d, at, body, rest),
        INIT | INIT_ACK => {
            if rest < INIT_LEN {
                return Err(Stop::Invalid);
            }
            put!(d, "[init tag: {}] [rwnd: {}] ", d.u32(body)?, d.u32(body + 4)?);
            put!(d, "[OS: {}] [MIS: {}] ", d.u16(body + 8)?, d.u16(body + 10)?);
            put!(d, "[init TSN: {}] ", d.u32(body + 12)?);
            Ok(())
        }
        SACK => sack(d, body, rest),
        _ => Ok(()),
    }
}

fn sack(d: &mut Dissect<'_>, body: usize, rest: u32) -> Result<(), Stop> {
    if rest < SACK_LEN {
        return Err(Stop::Invalid);
    }
    let (cumulative, gaps, duplicates) = (d.u32(body)?, d.u16(body + 8)?, d.u16(body + 10)?);
    put!(d, "[cum ack {cumulative}] [a_rwnd {}] ", d.u32(body + 4)?);
    put!(d, "[#gap acks {gaps}] [#dup tsns {duplicates}] ");
    let mut entry = body + SACK_LEN as usize;
    let mut rest = rest - SACK_LEN;
    for n in 0..u32::from(gaps) + u32::from(duplicates) {
        if rest == 0 {
            break;
        }
        if rest < 4 {
            return Err(Stop::Invalid);
        }
        if n < gaps.into() {
            let (start, end) = (d.u16(entry)?, d.u16(entry + 2)?);
            let start = cumulative.wrapping_add(start.into());
            let end = cumulative.wrapping_add(end.into());
            put!(d, "\n\t\t[gap ack block #{}: start = {start}, end = {end}] ", n + 1);
        } else {
            put!(d, "\n\t\t[dup TSN #{}: {}] ", n - u32::from(gaps) + 1, d.u32(entry)?);
        }
        entry += 4;
        rest -= 4;
    }
    Ok(())
}

fn data(d: &mut Dissect<'_>, at: usize, body: usize, rest: u32) -> Result<(), Stop> {
    let flags = d.u8(at + 1)?;
    for (bit, text) in [(4, "(U)"), (2, "(B)"), (1, "(E)")] {
        if flags & bit != 0 {
            d.str(text);
        }
    }
    if flags & 7 != 0 {
        d.char(b' ');
    }
    if rest < DATA_LEN {
        return Err(Stop::Invalid);
    }
    let protocol = d.u32(body + 8)?;
    put!(d, "[TSN: {}] [SID: {}] [SSEQ {}] ", d.u32(body)?, d.u16(body + 4)?, d.u16(body + 6)?);
    d.str("[PPID ");
    match payload_name(protocol) {
        Some(name) => d.str(name),
        None => put!(d, "0x{protocol:x}"),
    }
    d.str("] ");
    let payload_len = rest - DATA_LEN;
    if payload_len == 0 {
        return Err(Stop::Invalid);
    }
    if d.verbose() >= 2 {
        d.str("[Payload");
        if d.opts.default_dump {
            d.char(b':');
            d.default_dump(body + DATA_LEN as usize, payload_len)?;
        }
        d.char(b']');
    }
    Ok(())
}

/// Ports of ForCES (RFC 5811).
fn forces_channel(port: u16) -> Option<&'static str> {
    Some(match port {
        6704 => "ForCES HP",
        6705 => "ForCES MP",
        6706 => "ForCES LP",
        _ => return None,
    })
}

fn chunk_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        DATA => "DATA",
        INIT => "INIT",
        INIT_ACK => "INIT ACK",
        SACK => "SACK",
        0x04 => "HB REQ",
        0x05 => "HB ACK",
        0x06 => "ABORT",
        0x07 => "SHUTDOWN",
        0x08 => "SHUTDOWN ACK",
        0x09 => "OP ERR",
        0x0a => "COOKIE ECHO",
        0x0b => "COOKIE ACK",
        0x0c => "ECN ECHO",
        0x0d => "ECN CWR",
        0x0e => "SHUTDOWN COMPLETE",
        0xc0 => "FOR CUM TSN",
        0xc1 => "REL CTRL",
        0xc2 => "REL CTRL ACK",
        _ => return None,
    })
}

fn payload_name(protocol: u32) -> Option<&'static str> {
    const NAMES: [&str; 25] = [
        "ISDN Q.921",
        "M2UA",
        "M3UA",
        "SUA",
        "M2PA",
        "V5.2",
        "H.248",
        "BICC",
        "TALI",
        "DUA",
        "ASAP",
        "ENRP",
        "H.323",
        "Q.IPC",
        "SIMCO",
        "DDPSC",
        "DDPSSC",
        "S1AP",
        "RUA",
        "HNBAP",
        "ForCES HP",
        "ForCES MP",
        "ForCES LP",
        "SBc-AP",
        "NBAP",
    ];
    match protocol {
        27 => Some("X2AP"),
        _ => NAMES.get(usize::try_from(protocol.checked_sub(1)?).ok()?).copied(),
    }
}
