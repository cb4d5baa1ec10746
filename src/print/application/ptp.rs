//! The Precision Time Protocol (IEEE 1588), on Ethernet and in UDP.
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Truncated, put};

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn ptp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "ptp";
    if len < 34 {
        put!(d, " [length {len} < 34]");
        d.invalid();
        return Ok(());
    }
    let version = d.u16(at)? & 0xff;
    put!(d, "PTPv{version}");
    match version {
        1 => {
            d.str(" (not implemented)");
            Ok(())
        }
        2 => message(d, at),
        _ => Ok(()),
    }
}

fn message(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let first = d.u8(at)?;
    let kind = first & 0xf;
    let name = type_name(kind);
    put!(d, ", v1 compat : {}, msg type : {name}", if first & 0x10 == 0 { "no" } else { "yes" });
    put!(d, ", length : {}", d.u16(at + 2)?);
    let domain = d.u16(at + 4)?;
    put!(d, ", domain : {}, reserved1 : {}", domain >> 8, domain & 0xff);
    let flags = d.u16(at + 6)?;
    d.str(", Flags [");
    push_bits(d, flags.into(), &FLAGS);
    if flags & UNKNOWN_FLAGS == UNKNOWN_FLAGS {
        d.str(", unknown");
    }
    d.char(b']');
    put!(d, ", NS correction : {}", u48(d, at + 8)?);
    put!(d, ", sub NS correction : {}", d.u16(at + 14)?);
    put!(d, ", reserved2 : {}", d.u32(at + 16)?);
    put!(d, ", clock identity : 0x{:x}", d.u64(at + 20)?);
    put!(d, ", port id : {}", d.u16(at + 28)?);
    put!(d, ", seq id : {}", d.u16(at + 30)?);
    let control = d.u8(at + 32)?;
    let name = match control {
        0 => "Sync",
        1 => "Delay_Req",
        2 => "Follow_Up",
        3 => "Delay_Resp",
        4 => "Management",
        5 => "Other",
        _ => "Reserved",
    };
    put!(d, ", control : {control} ({name})");
    put!(d, ", log message interval : {}", d.u16(at + 32)? & 0xff);
    body(d, kind, at + 34)
}

fn type_name(kind: u8) -> &'static str {
    match kind {
        0x0 => "sync msg",
        0x1 => "delay req msg",
        0x2 => "peer delay req msg",
        0x3 => "peer delay resp msg",
        0x8 => "follow up msg",
        0x9 => "delay resp msg",
        0xa => "pdelay resp fup msg",
        0xb => "announce msg",
        0xc => "signalling msg",
        0xd => "management msg",
        _ => "Reserved",
    }
}

/// Prints what follows the header that all messages have.
fn body(d: &mut Dissect<'_>, kind: u8, at: usize) -> Result<(), Truncated> {
    match kind {
        0x0 | 0x1 => timestamp(d, "originTimeStamp", ",", at),
        0x8 => timestamp(d, "preciseOriginTimeStamp", ",", at),
        0x2 | 0xa => {
            timestamp(d, "preciseOriginTimeStamp", ",", at)?;
            port(d, at + 10)
        }
        0x3 | 0x9 => {
            timestamp(d, "receiveTimeStamp", ",", at)?;
            port(d, at + 10)
        }
        0xb => announcement(d, at),
        0xc => port(d, at),
        0xd => {
            port(d, at)?;
            // tcpdump prints the first byte after the address four times: it does not go on.
            for (title, prefix) in
                [("start boundary hops", ""), ("boundary hops", ""), ("flags", "0x"), ("reserved", "0x")]
            {
                let value = d.u8(at)?;
                put!(d, ", , {title}  {prefix}");
                if prefix.is_empty() { d.dec(value) } else { d.hex(value, 0) }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

const FLAGS: [(u32, &str); 12] = [
    (0x0001, "l1 61"),
    (0x0002, "l1 59"),
    (0x0004, "utc reasonable"),
    (0x0008, "timescale"),
    (0x0010, "time tracable"),
    (0x0020, "frequency tracable"),
    (0x0100, "alternate master"),
    (0x0200, "two step"),
    (0x0400, "unicast"),
    (0x1000, "profile specific 1"),
    (0x2000, "profile specific 2"),
    (0x4000, "security mask"),
];

/// Said to be unknown where all of them are set; one has a name, so a comma comes before.
const UNKNOWN_FLAGS: u16 = 0x18c0;

fn u48(d: &Dissect<'_>, at: usize) -> Result<u64, Truncated> {
    Ok(u64::from(d.u16(at)?) << 32 | u64::from(d.u32(at + 2)?))
}

fn timestamp(d: &mut Dissect<'_>, title: &str, comma: &str, at: usize) -> Result<(), Truncated> {
    put!(d, ", {title} :");
    put!(d, " {} seconds{comma}", u48(d, at)?);
    put!(d, " {} nanoseconds", d.u32(at + 6)?);
    Ok(())
}

fn port(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    put!(d, ", port identity : 0x{:x}", d.u64(at)?);
    put!(d, ", port id : {}", d.u16(at + 8)?);
    Ok(())
}

fn announcement(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    timestamp(d, "originTimeStamp", "", at)?;
    put!(d, ", origin cur utc :{}", d.u16(at + 10)?);
    put!(d, ", rsvd : {}", d.u8(at + 12)?);
    put!(d, ", gm priority_1 : {}", d.u8(at + 13)?);
    put!(d, ", gm clock class : {}", d.u8(at + 14)?);
    put!(d, ", gm clock accuracy : {}", d.u8(at + 15)?);
    put!(d, ", gm clock variance : {}", d.u16(at + 16)?);
    put!(d, ", gm priority_2 : {}", d.u8(at + 18)?);
    put!(d, ", gm clock id : 0x{:x}", d.u64(at + 19)?);
    put!(d, ", steps removed : {}", d.u16(at + 27)?);
    put!(d, ", time source : 0x{:x}", d.u8(at + 29)?);
    Ok(())
}
