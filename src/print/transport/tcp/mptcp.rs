//! The Multipath TCP option (RFC 8684).
use crate::print::dissect::{Dissect, Stop, put};
use crate::wire::TcpFlags;

const SYN: TcpFlags = TcpFlags::SYN;
const ACK: TcpFlags = TcpFlags::ACK;
const SYN_ACK: TcpFlags = SYN.union(ACK);

/// Prints the option of `len` bytes at `at`, after its name; stops when it is not one that may be.
pub(in crate::print) fn option(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    flags: TcpFlags,
) -> Result<(), Stop> {
    d.protocol = "mptcp";
    if len < 3 {
        return Err(Stop::Invalid);
    }
    let subtype = d.u8(at + 2)? >> 4;
    let name = match subtype {
        0 => "capable",
        1 => "join",
        2 => "dss",
        3 => "add-addr",
        4 => "rem-addr",
        5 => "prio",
        6 => "fail",
        7 => "fast-close",
        _ => "unknown",
    };
    put!(d, " {len} {name}");
    match subtype {
        0 => capable(d, at, len, flags),
        1 => join(d, at, len, flags),
        2 => data_sequence_signal(d, at, len, flags),
        3 => add_address(d, at, len),
        4 => remove_address(d, at, len),
        5 => priority(d, at, len),
        6 if len == 12 => {
            put!(d, " seq {}", d.u64(at + 4)?);
            Ok(())
        }
        7 if len == 12 => {
            put!(d, " key 0x{:x}", d.u64(at + 4)?);
            Ok(())
        }
        6 | 7 => Err(Stop::Invalid),
        _ => Ok(()),
    }
}

fn capable(d: &mut Dissect<'_>, at: usize, len: u32, flags: TcpFlags) -> Result<(), Stop> {
    let opening = matches!(len, 4 | 12) && flags.contains(SYN);
    let third = matches!(len, 20 | 22) && flags & SYN_ACK == ACK;
    if !opening && !third {
        return Err(Stop::Invalid);
    }
    let version = d.u8(at + 2)? & 0xf;
    if version > 1 {
        put!(d, " Unknown Version ({version})");
        return Ok(());
    }
    put!(d, " v{version}");
    if d.u8(at + 3)? & 0x80 != 0 {
        d.str(" csum");
    }
    if len >= 12 {
        put!(d, " {{0x{:x}", d.u64(at + 4)?);
        if len >= 20 {
            put!(d, ",0x{:x}", d.u64(at + 12)?);
        }
        d.char(b'}');
    }
    Ok(())
}

fn join(d: &mut Dissect<'_>, at: usize, len: u32, flags: TcpFlags) -> Result<(), Stop> {
    let fits = match len {
        12 => flags.contains(SYN),
        16 => flags.contains(SYN_ACK),
        24 => flags.contains(ACK),
        _ => false,
    };
    if !fits {
        return Err(Stop::Invalid);
    }
    if len != 24 {
        if d.u8(at + 2)? & 1 != 0 {
            d.str(" backup");
        }
        put!(d, " id {}", d.u8(at + 3)?);
    }
    match len {
        12 => put!(d, " token 0x{:x} nonce 0x{:x}", d.u32(at + 4)?, d.u32(at + 8)?),
        16 => put!(d, " hmac 0x{:x} nonce 0x{:x}", d.u64(at + 4)?, d.u32(at + 12)?),
        _ => {
            d.str(" hmac 0x");
            for i in 4..24 {
                let byte = d.u8(at + i)?;
                d.hex(byte, 2);
            }
        }
    }
    Ok(())
}

fn data_sequence_signal(d: &mut Dissect<'_>, at: usize, len: u32, flags: TcpFlags) -> Result<(), Stop> {
    if len < 4 || flags.contains(SYN) {
        return Err(Stop::Invalid);
    }
    let bits = d.u8(at + 3)?;
    if bits & 0x10 != 0 {
        d.str(" fin");
    }
    let (mut here, mut left) = (at + 4, len - 4);
    // A number of eight bytes if `long` is set, of four otherwise.
    let mut number = |d: &mut Dissect<'_>, label: &str, long: bool| -> Result<(), Stop> {
        d.str(label);
        let size = if long { 8 } else { 4 };
        if left < size {
            return Err(Stop::Invalid);
        }
        if long {
            let n = d.u64(here)?;
            put!(d, "{n}");
        } else {
            let n = d.u32(here)?;
            d.dec(n);
        }
        here += size as usize;
        left -= size;
        Ok(())
    };
    if bits & 0x01 != 0 {
        number(d, " ack ", bits & 0x02 != 0)?;
    }
    if bits & 0x04 != 0 {
        number(d, " seq ", bits & 0x08 != 0)?;
        if left < 4 {
            return Err(Stop::Invalid);
        }
        put!(d, " subseq {}", d.u32(here)?);
        if left < 6 {
            return Err(Stop::Invalid);
        }
        put!(d, " len {}", d.u16(here + 4)?);
        left -= 6;
        if left >= 2 {
            put!(d, " csum 0x{:x}", d.u16(here + 6)?);
            left -= 2;
        }
    }
    if left == 0 { Ok(()) } else { Err(Stop::Invalid) }
}

fn add_address(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    let v6 = match len {
        8 | 10 | 16 | 18 => false,
        20 | 22 | 28 | 30 => true,
        _ => return Err(Stop::Invalid),
    };
    d.str(match d.u8(at + 2)? & 0xf {
        6 => " v0-ip6",
        4 => " v0-ip4",
        1 => " v1-echo",
        0 => " v1",
        _ => " [bad version/echo]",
    });
    put!(d, " id {}", d.u8(at + 3)?);
    let mut here = at + 4;
    if v6 {
        let address = d.ipv6(here)?;
        d.char(b' ');
        d.addr6(address);
        here += 16;
    } else {
        let address = d.ipv4(here)?;
        d.char(b' ');
        d.addr4(address);
        here += 4;
    }
    if matches!(len, 10 | 18 | 22 | 30) {
        put!(d, ":{}", d.u16(here)?);
        here += 2;
    }
    if matches!(len, 16 | 18 | 28 | 30) {
        put!(d, " hmac 0x{:x}", d.u64(here)?);
    }
    Ok(())
}

fn remove_address(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len < 4 {
        return Err(Stop::Invalid);
    }
    d.str(" id");
    for i in 3..len as usize {
        put!(d, " {}", d.u8(at + i)?);
    }
    Ok(())
}

fn priority(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if !matches!(len, 3 | 4) {
        return Err(Stop::Invalid);
    }
    d.str(if d.u8(at + 2)? & 1 != 0 { " backup" } else { " non-backup" });
    if len == 4 {
        put!(d, " id {}", d.u8(at + 3)?);
    }
    Ok(())
}
