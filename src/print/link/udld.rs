//! Unidirectional Link Detection (RFC 5171).
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Type and length before a value; the length counts them. As many bytes come before the first.
const HEADER: u32 = 4;

const CODES: [&str; 4] = ["Reserved", "Probe message", "Echo message", "Flush message"];

const FLAGS: &[(u32, &str)] = &[
    (0x01, "RT"),
    (0x02, "RSY"),
    (0x04, "MBZ-2"),
    (0x08, "MBZ-3"),
    (0x10, "MBZ-4"),
    (0x20, "MBZ-5"),
    (0x40, "MBZ-6"),
    (0x80, "MBZ-7"),
];

const MESSAGE_INTERVAL: u16 = 4;
const TIMEOUT_INTERVAL: u16 = 5;
const SEQUENCE_NUMBER: u16 = 7;

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn udld(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "udld";
    message(d, at, len).or_else(|stop| d.stop_message(stop, at, len))
}

fn message(d: &mut Dissect<'_>, mut at: usize, len: u32) -> Result<(), Stop> {
    let mut left = len.checked_sub(HEADER).ok_or(Stop::Invalid)?;
    let [first, flags] = *d.array(at)?;
    put!(d, "UDLDv{}, Code ", first >> 5);
    let code = first & 0x1f;
    let name = CODES.get(usize::from(code)).unwrap_or(&CODES[0]);
    put!(d, "{name} ({code:x}), Flags [");
    push_bits(d, flags.into(), FLAGS);
    put!(d, "] (0x{flags:02x}), length {len}");
    if d.verbose() < 1 {
        d.bytes(at, len as usize)?;
        return Ok(());
    }
    put!(d, "\n\tChecksum 0x{:04x} (unverified)", d.u16(at + 2)?);
    at += HEADER as usize;
    while left > 0 {
        if left < HEADER {
            return Err(Stop::Invalid);
        }
        let (kind, length) = (d.u16(at)?, d.u16(at + 2)?);
        let name = match kind {
            1 => "Device-ID TLV",
            2 => "Port-ID TLV",
            3 => "Echo TLV",
            MESSAGE_INTERVAL => "Message Interval TLV",
            TIMEOUT_INTERVAL => "Timeout Interval TLV",
            6 => "Device Name TLV",
            SEQUENCE_NUMBER => "Sequence Number TLV",
            _ => "Unknown",
        };
        put!(d, "\n\t{name} (0x{kind:04x}) TLV, length {length}");
        let length = u32::from(length);
        if length <= HEADER || length > left {
            return Err(Stop::Invalid);
        }
        value(d, kind, at + HEADER as usize, length - HEADER)?;
        at += length as usize;
        left -= length;
    }
    Ok(())
}

fn value(d: &mut Dissect<'_>, kind: u16, at: usize, len: u32) -> Result<(), Stop> {
    match (kind, len) {
        (1 | 2 | 3 | 6, _) => {
            d.str(", ");
            // Echo holds names with their lengths, and is shown like a name.
            for n in 0..len as usize {
                let byte = d.u8(at + n)?;
                if byte == 0 && kind != 3 {
                    break;
                }
                d.visible(byte);
            }
        }
        (MESSAGE_INTERVAL | TIMEOUT_INTERVAL, 1) => put!(d, ", {}s", d.u8(at)?),
        (SEQUENCE_NUMBER, 4) => put!(d, ", {}", d.u32(at)?),
        (MESSAGE_INTERVAL | TIMEOUT_INTERVAL | SEQUENCE_NUMBER, _) => return Err(Stop::Invalid),
        _ => {
            d.bytes(at, len as usize)?;
        }
    }
    Ok(())
}
