//! Network Time Protocol (RFC 5905).
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::time;

/// Length of a time message without anything optional.
const HEADER: u32 = 48;
/// The same of a control message.
const CONTROL_HEADER: u32 = 12;

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn ntp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "ntp";
    let status = d.u8(at)?;
    let mode = match status & 7 {
        0 => "unspecified",
        1 => "symmetric active",
        2 => "symmetric passive",
        3 => "Client",
        4 => "Server",
        5 => "Broadcast",
        6 => "Control Message",
        _ => "Reserved",
    };
    put!(d, "NTPv{}, {mode}, length {len}", status >> 3 & 7);
    if d.verbose() == 0 {
        return Ok(());
    }
    let leap = match status >> 6 {
        0 => "",
        1 => "+1s",
        2 => "-1s",
        _ => "clock unsynchronized",
    };
    put!(d, "\n\tLeap indicator: {leap} ({})", status & 0xc0);
    let (body, least) = match status & 7 {
        6 => (control(d, at, len), CONTROL_HEADER),
        7 => return Ok(()),
        _ => (times(d, at, len), HEADER),
    };
    if let Err(stop) = body {
        return d.stop(stop);
    }
    if len < least {
        short(d, at, len);
    }
    Ok(())
}

/// Says that a message is too short for what it is.
fn short(d: &mut Dissect<'_>, at: usize, len: u32) {
    d.invalid();
    if !d.has(at, len as usize) {
        d.trunc();
    }
}

/// Prints the fields of a time message.
fn times(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len < HEADER {
        return Ok(());
    }
    let stratum = d.u8(at + 1)?;
    clock(d, at, stratum)?;
    d.check(at + 12, 4)?;
    d.str(", Reference-ID: ");
    match stratum {
        0 => d.str("(unspec)"),
        1 => d.text(at + 12, 4),
        62 | 63 => {
            let address = d.ipv4(at + 12)?;
            d.addr4(address);
            d.str(if stratum == 62 { " INFO_QUERY" } else { " INFO_REPLY" });
            return Ok(());
        }
        _ => put!(d, "0x{:08x}", d.u32(at + 12)?),
    }
    let stamps = [
        (16, "\n\t  Reference Timestamp:  "),
        (24, "\n\t  Originator Timestamp: "),
        (32, "\n\t  Receive Timestamp:    "),
        (40, "\n\t  Transmit Timestamp:   "),
    ];
    for (offset, name) in stamps {
        d.check(at + offset, 8)?;
        d.str(name);
        let stamp = d.u64(at + offset)?;
        push_time(d, stamp);
    }
    let sent = d.u64(at + 24)?;
    d.str("\n\t    Originator - Receive Timestamp:  ");
    let other = d.u64(at + 32)?;
    push_difference(d, sent, other);
    d.str("\n\t    Originator - Transmit Timestamp: ");
    let other = d.u64(at + 40)?;
    push_difference(d, sent, other);
    authentication(d, at + HEADER as usize, len - HEADER)
}

/// How good the sender's clock is.
fn clock(d: &mut Dissect<'_>, at: usize, stratum: u8) -> Result<(), Stop> {
    let meaning = match stratum {
        0 => "unspecified",
        1 => "primary reference",
        2..=15 => "secondary reference",
        _ => "reserved",
    };
    put!(d, ", Stratum {stratum} ({meaning})");
    let poll = d.u8(at + 2)?.cast_signed();
    put!(d, ", poll {poll}");
    match poll {
        0..32 => put!(d, " ({}s)", 1_u32 << poll),
        -31..0 => put!(d, " (1/{}s)", 1_u32 << -poll),
        _ => {}
    }
    put!(d, ", precision {}", d.u8(at + 3)?.cast_signed());
    for (at, name) in [(at + 4, "\n\tRoot Delay: "), (at + 8, ", Root dispersion: ")] {
        d.check(at, 4)?;
        d.str(name);
        // Parts of a million, cut.
        let parts = (u64::from(d.u16(at + 2)?) * 1_000_000) >> 16;
        put!(d, "{}.{parts:06}", d.u16(at)?);
    }
    Ok(())
}

/// A key identifier, and a digest of 16 or 20 bytes.
fn authentication(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    match len {
        0 => {}
        4 | 20 | 24 => {
            put!(d, "\n\tKey id: {}", d.u32(at)?);
            if len > 4 {
                d.check(at + 4, len as usize - 4)?;
                d.str("\n\tAuthentication: ");
                for &byte in d.bytes(at + 4, len as usize - 4)? {
                    d.hex(byte, 2);
                }
            }
        }
        _ => put!(d, "\n\t({len} more bytes after the header)"),
    }
    Ok(())
}

/// Prints the fields of a control message.
fn control(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if len < CONTROL_HEADER {
        return Ok(());
    }
    let control = d.u8(at + 1)?;
    let pick = |bit: u8, set, clear| if control & bit == 0 { clear } else { set };
    put!(
        d,
        ", {}, {}, {}, OpCode={}\n",
        pick(0x80, "Response", "Request"),
        pick(0x40, "Error", "OK"),
        pick(0x20, "More", "Last"),
        control & 0x1f
    );
    put!(d, "\tSequence={}", d.u16(at + 2)?);
    match d.u16(at + 4)? {
        0 => d.str(", Status=0"),
        status => put!(d, ", Status=0x{status:x}"),
    }
    put!(d, ", Assoc.={}", d.u16(at + 6)?);
    put!(d, ", Offset={}", d.u16(at + 8)?);
    let count = u32::from(d.u16(at + 10)?);
    put!(d, ", Count={count}");
    if CONTROL_HEADER + count > len {
        short(d, at, len);
    } else if count != 0 {
        d.check(at + 12, count as usize)?;
        d.str("\n\tTO-BE-DONE: data not interpreted");
    }
    Ok(())
}

/// Seconds between 1900 and 1970.
const EPOCH: i64 = 2_208_988_800;

/// Appends a time as seconds since 1900 and, unless it is 0, as a date.
fn push_time(d: &mut Dissect<'_>, stamp: u64) {
    let secs = stamp >> 32;
    put!(d, "{secs}.{:09}", billionths(stamp));
    if secs != 0 {
        d.str(" (");
        time::push_universal(d.out, secs.cast_signed() - EPOCH);
        d.char(b')');
    }
}

/// Appends how much later `to` is, or the whole of it if there is nothing to compare.
fn push_difference(d: &mut Dissect<'_>, from: u64, to: u64) {
    if from == 0 {
        return push_time(d, to);
    }
    // No difference counts as negative.
    let sign = if to > from { '+' } else { '-' };
    let difference = to.abs_diff(from);
    put!(d, "{sign}{}.{:09}", difference >> 32, billionths(difference));
}

/// The lower half of a time, parts of 2^32, in billionths.
fn billionths(stamp: u64) -> u64 {
    ((stamp & 0xffff_ffff) * 1_000_000_000) >> 32
}
