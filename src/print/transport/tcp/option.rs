//! TCP options, each as tcpdump names it.
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::network::ip::Carrier;
use crate::print::sequence::{Number, Shown};
use crate::print::transport::tcp::mptcp;
use crate::wire::TcpFlags;

/// The segment that options belong to.
#[derive(Clone, Copy)]
pub(in crate::print) struct Segment {
    pub(in crate::print) at: usize,
    /// Bytes of header and payload on the wire.
    pub(in crate::print) len: u32,
    pub(in crate::print) header_len: u32,
    pub(in crate::print) flags: TcpFlags,
    pub(in crate::print) shown: Shown,
    pub(in crate::print) ip: Carrier,
}

/// One option's data: where it is, what its length byte leaves for it, and how many
/// bytes of header there are from it on.
#[derive(Clone, Copy)]
struct Data {
    at: usize,
    /// From the length byte.
    len: u32,
    /// To the end of the header.
    left: u32,
}

impl Data {
    /// The option must have `n` bytes inside the header, and they must be captured.
    fn need(self, d: &Dissect<'_>, n: u32) -> Result<(), Stop> {
        if n > self.left { Err(Stop::Invalid) } else { d.check(self.at, n as usize) }
    }
}

/// Prints `, options [...]`; stops when the line ends there.
pub(in crate::print) fn list(d: &mut Dissect<'_>, segment: Segment) -> Result<(), Stop> {
    d.str(", options [");
    let (mut at, mut left) = (segment.at + 20, segment.header_len - 20);
    let mut separated = false;
    while left > 0 {
        if separated {
            d.char(b',');
        }
        let used = match one(d, at, left, segment) {
            Ok(used) => used,
            Err(stop) => return Err(close(d, stop, separated)),
        };
        separated = true;
        // End of options: what follows is padding.
        if d.u8(at)? == 0 {
            break;
        }
        at += used as usize;
        left -= used;
    }
    d.char(b']');
    Ok(())
}

/// Says why the list ends with an option that is not printed whole.
fn close(d: &mut Dissect<'_>, stop: Stop, separated: bool) -> Stop {
    match stop {
        Stop::Truncated | Stop::Done => return stop,
        Stop::Missing => {
            d.trunc();
            if separated {
                d.char(b'>');
            }
        }
        Stop::Invalid => {
            d.str("[bad opt]");
            if separated {
                d.char(b']');
            }
        }
    }
    Stop::Done
}

/// Prints the option at `at` and gives how many bytes of the header it used, which is
/// what the printer of its kind takes, not what its length byte says.
fn one(d: &mut Dissect<'_>, at: usize, left: u32, segment: Segment) -> Result<u32, Stop> {
    let kind = d.u8(at)?;
    if kind <= 1 {
        d.str(if kind == 0 { "eol" } else { "nop" });
        return Ok(1);
    }
    let len = u32::from(d.u8(at + 1)?);
    if len < 2 || len > left {
        return Err(Stop::Invalid);
    }
    let data = Data { at: at + 2, len: len - 2, left: left - 2 };
    match name(kind) {
        Some(name) => d.str(name),
        None => {
            d.str("unknown-");
            d.dec(kind);
        }
    }
    let used = value(d, kind, data, segment)?;
    if used != data.len {
        put!(d, "[len {len}]");
    }
    Ok(used + 2)
}

/// Prints the data of an option; gives how many bytes of it there are.
#[inline]
fn value(d: &mut Dissect<'_>, kind: u8, data: Data, segment: Segment) -> Result<u32, Stop> {
    match kind {
        2 => {
            data.need(d, 2)?;
            let value = d.u16(data.at)?;
            d.char(b' ');
            d.dec(value);
            return Ok(2);
        }
        3 => {
            data.need(d, 1)?;
            let value = d.u8(data.at)?;
            d.char(b' ');
            d.dec(value);
            return Ok(1);
        }
        4 => return Ok(0),
        5 => sack(d, data, segment.shown)?,
        // Echo, CC and their like (RFC 1072, RFC 1644): one number.
        6 | 7 | 11..=13 => {
            data.need(d, 4)?;
            let value = d.u32(data.at)?;
            d.char(b' ');
            d.dec(value);
            return Ok(4);
        }
        8 => {
            timestamps(d, data)?;
            return Ok(8);
        }
        19 => {
            data.need(d, 16)?;
            d.char(b' ');
            signature(d, data.at, segment)?;
            return Ok(16);
        }
        20 => {
            data.need(d, 2)?;
            put!(d, " cap {:02x} id {}", d.u8(data.at)?, d.u8(data.at + 1)?);
            return Ok(2);
        }
        28 => {
            data.need(d, 2)?;
            let value = d.u16(data.at)?;
            let unit = if value & 1 != 0 { 60 } else { 1 };
            put!(d, " 0x{value:x} {}", u32::from(value >> 1) * unit);
            return Ok(2);
        }
        29 => authentication(d, data)?,
        30 => multipath(d, data, segment.flags)?,
        34 => {
            data.need(d, data.len)?;
            d.char(b' ');
            fast_open(d, data.at, data.len)?;
        }
        254 => experiment(d, data)?,
        _ => {
            if data.len > 0 {
                d.str(" 0x");
            }
            push_checked_bytes(d, data, 0)?;
        }
    }
    Ok(data.len)
}

fn name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        2 => "mss",
        3 => "wscale",
        4 => "sackOK",
        5 => "sack",
        6 => "echo",
        7 => "echoreply",
        8 => "TS",
        11 => "cc",
        12 => "ccnew",
        13 => "",
        19 => "md5",
        20 => "scps",
        28 => "uto",
        29 => "tcp-ao",
        30 => "mptcp",
        34 => "tfo",
        254 => "exp",
        _ => return None,
    })
}

/// Timestamps (RFC 7323).
#[inline]
fn timestamps(d: &mut Dissect<'_>, data: Data) -> Result<(), Stop> {
    data.need(d, 8)?;
    let (value, echo) = (d.u32(data.at)?, d.u32(data.at + 4)?);
    d.str(" val ");
    d.dec(value);
    d.str(" ecr ");
    d.dec(echo);
    Ok(())
}

/// SACK blocks (RFC 2018).
fn sack(d: &mut Dissect<'_>, data: Data, shown: Shown) -> Result<(), Stop> {
    if !data.len.is_multiple_of(8) {
        d.str(" invalid sack");
        return Ok(());
    }
    d.char(b' ');
    d.dec(data.len / 8);
    d.char(b' ');
    for i in (0..data.len).step_by(8) {
        data.need(d, i + 4)?;
        let left = d.u32(data.at + i as usize)?;
        data.need(d, i + 8)?;
        let right = d.u32(data.at + i as usize + 4)?;
        d.char(b'{');
        d.relative(shown, Number::SackEdge(left));
        d.char(b':');
        d.relative(shown, Number::SackEdge(right));
        d.char(b'}');
    }
    Ok(())
}

/// The signature of a segment (RFC 2385) at `at`, checked if there is a secret for it.
fn signature(d: &mut Dissect<'_>, at: usize, segment: Segment) -> Result<(), Truncated> {
    let Segment { ip, len, header_len, .. } = segment;
    let payload = d.bytes(segment.at + header_len as usize, len.wrapping_sub(header_len) as usize);
    let (Some(secret), Ok(payload)) = (&d.opts.md5_secret, payload) else {
        d.str(match payload {
            Ok(_) => "shared secret not supplied with -M, ",
            Err(Truncated) => "snaplen too short, ",
        });
        d.str("can't check - ");
        return push_bytes(d, at, 16);
    };
    // Without its options, and without its checksum.
    let mut header = *d.array::<20>(segment.at)?;
    header[16] = 0;
    header[17] = 0;
    let mut hash = md5::Context::new();
    if ip.v6 {
        hash.consume(d.bytes(ip.at + 8, 32)?);
        hash.consume(u32::from(d.u16(ip.at + 4)?).to_be_bytes());
        hash.consume([0, 0, 0, 6]);
    } else {
        let header_len = u16::from(d.u8(ip.at)? & 0xf) * 4;
        hash.consume(d.bytes(ip.at + 12, 8)?);
        hash.consume([0, d.u8(ip.at + 9)?]);
        hash.consume(d.u16(ip.at + 2)?.wrapping_sub(header_len).to_be_bytes());
    }
    for part in [&header[..], payload, secret] {
        hash.consume(part);
    }
    if d.bytes(at, 16)? == hash.finalize().0 {
        d.str("valid");
    } else {
        d.invalid();
    }
    Ok(())
}

/// TCP-AO (RFC 5925).
fn authentication(d: &mut Dissect<'_>, data: Data) -> Result<(), Stop> {
    if data.len < 2 {
        d.invalid();
        return Ok(());
    }
    data.need(d, 1)?;
    put!(d, " keyid {}", d.u8(data.at)?);
    data.need(d, 2)?;
    put!(d, " rnextkeyid {}", d.u8(data.at + 1)?);
    if data.len > 2 {
        d.str(" mac 0x");
        push_checked_bytes(d, data, 2)?;
    }
    Ok(())
}

/// Multipath TCP (RFC 8684).
fn multipath(d: &mut Dissect<'_>, data: Data, flags: TcpFlags) -> Result<(), Stop> {
    data.need(d, data.len)?;
    // What MPTCP may read ends with the option.
    let end = d.end;
    d.end = end.min(data.at + data.len as usize);
    let result = mptcp::option(d, data.at - 2, data.len + 2, flags);
    d.end = end;
    result
}

/// Experiments (RFC 6994), told apart by a number.
fn experiment(d: &mut Dissect<'_>, data: Data) -> Result<(), Stop> {
    data.need(d, data.len)?;
    if data.len < 2 {
        return Err(Stop::Invalid);
    }
    let magic = d.u16(data.at)?;
    d.char(b'-');
    if magic == 0xf989 {
        d.str("tfo");
        fast_open(d, data.at + 2, data.len - 2)?;
    } else {
        d.hex(magic, 4);
    }
    Ok(())
}

/// Fast Open cookie (RFC 7413).
fn fast_open(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if len == 0 {
        d.str(" cookiereq");
    } else if !len.is_multiple_of(2) || !(4..=16).contains(&len) {
        d.invalid();
    } else {
        d.str(" cookie ");
        push_bytes(d, at, len)?;
    }
    Ok(())
}

/// Appends bytes in hex.
fn push_bytes(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    for i in 0..len as usize {
        let byte = d.u8(at + i)?;
        d.hex(byte, 2);
    }
    Ok(())
}

/// Appends the option's bytes from `from` on in hex, until one is missing.
fn push_checked_bytes(d: &mut Dissect<'_>, data: Data, from: u32) -> Result<(), Stop> {
    for i in from..data.len {
        data.need(d, i + 1)?;
        let byte = d.u8(data.at + i as usize)?;
        d.hex(byte, 2);
    }
    Ok(())
}
