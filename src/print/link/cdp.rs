//! CDP, by which Cisco's devices tell their neighbours who they are.
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Stop, Truncated, put};

const DEVICE: u16 = 1;

/// What an element is, and how long its value may be.
fn element(kind: u16) -> (&'static str, std::ops::RangeInclusive<u32>) {
    const ANY: u32 = u32::MAX;
    match kind {
        DEVICE => ("Device-ID", 0..=ANY),
        0x02 => ("Address", 0..=ANY),
        0x03 => ("Port-ID", 0..=ANY),
        0x04 => ("Capability", 4..=4),
        0x05 => ("Version String", 0..=ANY),
        0x06 => ("Platform", 0..=ANY),
        0x07 => ("Prefixes", 0..=ANY),
        0x08 => ("Protocol-Hello option", 0..=ANY),
        0x09 => ("VTP Management Domain", 0..=ANY),
        0x0a => ("Native VLAN ID", 2..=2),
        0x0b => ("Duplex", 1..=1),
        0x0e => ("ATA-186 VoIP VLAN assignment", 3..=3),
        0x0f => ("ATA-186 VoIP VLAN request", 2..=3),
        0x10 => ("power consumption", 1..=3),
        0x11 => ("MTU", 4..=4),
        0x12 => ("AVVID trust bitmap", 1..=1),
        0x13 => ("AVVID untrusted ports CoS", 1..=1),
        0x14 => ("System Name", 0..=ANY),
        0x15 => ("System Object ID (not decoded)", 0..=ANY),
        0x16 => ("Management Addresses", 4..=ANY),
        0x17 => ("Physical Location", 1..=ANY),
        _ => ("unknown field type", 0..=ANY),
    }
}

/// Last element that tcpdump has a row for.
const LAST: u16 = 0x17;

/// Prints a packet of `length` bytes at `at`.
pub(in crate::print) fn cdp(d: &mut Dissect<'_>, mut at: usize, length: u32) -> Result<(), Truncated> {
    d.protocol = "cdp";
    if length < 4 {
        put!(d, " (packet length {length} < 4)");
        return d.invalid_message(at, length);
    }
    put!(d, "CDPv{}, ttl: {}s", d.u8(at)?, d.u8(at + 1)?);
    let checksum = d.u16(at + 2)?;
    let verbose = d.verbose() > 0;
    if verbose {
        put!(d, ", checksum: 0x{checksum:04x} (unverified), length {length}");
    }
    at += 4;
    let mut left = length - 4;
    while left > 0 {
        if left < 4 {
            put!(d, " (remaining packet length {left} < 4)");
            return d.invalid_message(at, left);
        }
        let (kind, len) = (d.u16(at)?, u32::from(d.u16(at + 2)?));
        let (name, lengths) = element(kind);
        if len < 4 {
            if verbose {
                put!(d, "\n\t{name} (0x{kind:02x}), TLV length: {len} byte{} (too short)", plural(len));
            } else {
                put!(d, ", {name} TLV length {len} too short");
            }
            return d.invalid_message(at, left);
        }
        if len > left {
            put!(d, " (TLV length {len} > {left})");
            return d.invalid_message(at, left);
        }
        at += 4;
        left -= len;
        let len = len - 4;
        if verbose {
            put!(d, "\n\t{name} (0x{kind:02x}), value length: {len} byte{}: ", plural(len));
        } else if kind == DEVICE {
            d.str(", Device-ID ");
        }
        let fits = lengths.contains(&len);
        if !fits {
            d.str(" (malformed TLV)");
        }
        if kind <= LAST && fits && (verbose || kind == DEVICE) {
            value(d, kind, at, len)?;
        } else {
            d.bytes(at, len as usize)?;
            d.unknown_data(at, "\n\t  ", len);
        }
        at += len as usize;
    }
    if !verbose {
        put!(d, ", length {length}");
    }
    Ok(())
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn text(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    for n in 0..len as usize {
        let byte = d.u8(at + n)?;
        d.visible(byte);
    }
    Ok(())
}

fn value(d: &mut Dissect<'_>, kind: u16, at: usize, len: u32) -> Result<(), Truncated> {
    match kind {
        DEVICE | 0x03 | 0x06 | 0x09 | 0x14 => {
            d.char(b'\'');
            text(d, at, len)?;
            d.char(b'\'');
        }
        0x02 | 0x16 => addresses(d, at, len).or_else(|stop| d.stop(stop))?,
        0x04 => {
            let bits = d.u32(at)?;
            put!(d, "(0x{bits:08x}): ");
            push_bits(d, bits, &CAPABILITIES);
        }
        0x05 => {
            d.str("\n\t  ");
            for n in 0..len as usize {
                match d.u8(at + n)? {
                    b'\n' => d.str("\n\t  "),
                    byte => d.visible(byte),
                }
            }
        }
        0x07 => prefixes(d, at, len)?,
        0x0a => put!(d, "{}", d.u16(at)?),
        0x0b => d.str(if d.u8(at)? == 0 { "half" } else { "full" }),
        0x0e | 0x0f if len == 2 => put!(d, "unknown 0x{:04x}", d.u16(at)?),
        0x0e | 0x0f => put!(d, "app {}, vlan {}", d.u8(at)?, d.u16(at + 1)?),
        0x10 => {
            let mut milliwatts = 0;
            for byte in d.bytes(at, len as usize)? {
                milliwatts = milliwatts << 8 | u32::from(*byte);
            }
            put!(d, "{:.2}W", f64::from(milliwatts) / 1000.0);
        }
        0x11 => put!(d, "{} bytes", d.u32(at)?),
        0x12 | 0x13 => put!(d, "0x{:02x}", d.u8(at)?),
        0x17 => {
            put!(d, "0x{:02x}", d.u8(at)?);
            if len > 1 {
                d.char(b'/');
                text(d, at + 1, len - 1)?;
            }
        }
        _ => {
            d.bytes(at, len as usize)?;
        }
    }
    Ok(())
}

const CAPABILITIES: [(u32, &str); 7] = [
    (0x01, "Router"),
    (0x02, "Transparent Bridge"),
    (0x04, "Source Route Bridge"),
    (0x08, "L2 Switch"),
    (0x10, "L3 capable"),
    (0x20, "IGMP snooping"),
    (0x40, "L1 capable"),
];

/// IPv6 as LLC and SNAP name it.
const IPV6: [u8; 8] = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00, 0x86, 0xdd];

/// What is left of a value.
struct Rest {
    at: usize,
    len: u32,
}

impl Rest {
    /// Says what there is no space for, unless there is.
    fn need(&self, d: &mut Dissect<'_>, need: u32, what: &str) -> Result<(), Stop> {
        if self.len >= need {
            return Ok(());
        }
        put!(d, " (not enough space for {what})");
        d.bytes(self.at, self.len as usize)?;
        Err(Stop::Done)
    }

    fn skip(&mut self, len: u32) {
        self.at += len as usize;
        self.len -= len;
    }
}

fn addresses(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    let mut rest = Rest { at, len };
    rest.need(d, 4, "num")?;
    let mut count = d.u32(at)?;
    rest.skip(4);
    while count > 0 {
        rest.need(d, 2, "PT+PL")?;
        let (kind, size) = (d.u8(rest.at)?, d.u8(rest.at + 1)?);
        rest.skip(2);
        rest.need(d, u32::from(size) + 2, "P+AL")?;
        let len = d.u16(rest.at + usize::from(size))?;
        let protocol = d.bytes(rest.at, size.into())?;
        let (v4, v6) =
            (kind == 1 && protocol == [0xcc] && len == 4, kind == 2 && protocol == IPV6 && len == 16);
        if !v4 && !v6 {
            put!(d, "pt=0x{kind:02x}, pl={size}, pb=");
            digits(d, protocol);
            put!(d, ", al={len}, a=");
        }
        rest.skip(u32::from(size) + 2);
        rest.need(d, len.into(), "A")?;
        if v4 {
            let address = d.ipv4(rest.at)?;
            put!(d, "IPv4 ({count}) ");
            d.addr4(address);
        } else if v6 {
            let address = d.ipv6(rest.at)?;
            put!(d, "IPv6 ({count}) ");
            d.addr6(address);
        } else {
            for n in 0..usize::from(len) {
                put!(d, " {:02x}", d.u8(rest.at + n)?);
            }
        }
        rest.skip(len.into());
        count -= 1;
        if count > 0 {
            d.char(b' ');
        }
    }
    if rest.len > 0 {
        put!(d, " ({} bytes of stray data)", rest.len);
    }
    Ok(())
}

fn digits(d: &mut Dissect<'_>, bytes: &[u8]) {
    for byte in bytes {
        put!(d, " {byte:02x}");
    }
}

fn prefixes(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if !len.is_multiple_of(5) {
        put!(d, " [length {len} is not a multiple of 5]");
        return d.bytes(at, len as usize).map(drop);
    }
    put!(d, " IPv4 Prefixes ({}):", len / 5);
    for n in (0..len as usize).step_by(5) {
        let [a, b, c, e, bits] = *d.array(at + n)?;
        put!(d, " {a}.{b}.{c}.{e}/{bits}");
    }
    Ok(())
}
