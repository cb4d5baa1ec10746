//! Opaque advertisements of OSPF (RFC 5250): what a router can do (RFC 7770), graceful
//! restart (RFC 3623), and traffic engineering (RFC 3630, RFC 4203, RFC 4124).
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Truncated, put};

/// What an advertisement of this opaque type is about.
pub(in crate::print) fn type_name(kind: u8) -> &'static str {
    match kind {
        1 => "Traffic Engineering",
        3 => "Graceful restart",
        4 => "Router Information",
        _ => "unknown",
    }
}

/// Prints what an advertisement of `len` bytes after its header holds; false where the
/// rest of it is not to be looked at.
pub(in crate::print) fn contents(
    d: &mut Dissect<'_>,
    kind: u8,
    at: usize,
    len: u32,
) -> Result<bool, Truncated> {
    match kind {
        1 => engineering(d, at, len),
        3 => graceful_restart(d, at, len),
        4 => information(d, at, len),
        _ => {
            unknown(d, "\n\t    ", at, len);
            Ok(true)
        }
    }
}

/// Dumps what is not known, unless `-vv` dumps it anyway.
fn unknown(d: &mut Dissect<'_>, indent: &str, at: usize, len: u32) {
    if d.verbose() < 2 {
        d.unknown_data(at, indent, len);
    }
}

/// The type and length of an element, if there are bytes for them.
fn element(d: &mut Dissect<'_>, at: usize, left: u32) -> Result<Option<(u16, u32)>, Truncated> {
    if left < 4 {
        put!(d, "\n\t    Remaining LS length {left} < 4");
        return Ok(None);
    }
    Ok(Some((d.u16(at)?, d.u16(at + 2)?.into())))
}

/// Says that an element has not the length it must have.
fn bogus(d: &mut Dissect<'_>, len: u32, need: u32) -> bool {
    if len != need {
        put!(d, "\n\t    Bogus length {len} != {need}");
    }
    len != need
}

fn information(d: &mut Dissect<'_>, mut at: usize, mut left: u32) -> Result<bool, Truncated> {
    while left > 0 {
        d.bytes(at, 4)?;
        let Some((kind, size)) = element(d, at, left)? else { return Ok(false) };
        at += 4;
        left -= 4;
        let name = if kind == 1 { "Router Capabilities" } else { "unknown" };
        put!(d, "\n\t    {name} TLV ({kind}), length: {size}, value: ");
        if size > left {
            put!(d, "\n\t    Bogus length {size} > remaining LS length {left}");
            return Ok(false);
        }
        d.bytes(at, size as usize)?;
        if kind == 1 {
            if bogus(d, size, 4) {
                return Ok(false);
            }
            let bits = d.u32(at)?;
            d.str("Capabilities: ");
            if bits & 0x3ff == 0 {
                d.str("Unknown");
            } else {
                push_bits(d, bits, &CAPABILITIES);
            }
        } else {
            unknown(d, "\n\t      ", at, size);
        }
        at += size as usize;
        left -= size;
    }
    Ok(true)
}

const CAPABILITIES: [(u32, &str); 10] = [
    (0x001, "Reserved"),
    (0x002, "Reserved"),
    (0x004, "Reserved"),
    (0x008, "Reserved"),
    (0x010, "graceful restart capable"),
    (0x020, "graceful restart helper"),
    (0x040, "Stub router support"),
    (0x080, "Traffic engineering"),
    (0x100, "p2p over LAN"),
    (0x200, "path computation server"),
];

pub(in crate::print) fn graceful_restart(
    d: &mut Dissect<'_>,
    mut at: usize,
    mut left: u32,
) -> Result<bool, Truncated> {
    while left > 0 {
        if !d.has(at, 4) {
            return Ok(false);
        }
        let Some((kind, size)) = element(d, at, left)? else { return Ok(false) };
        at += 4;
        left -= 4;
        let name = match kind {
            1 => "Grace Period",
            2 => "Graceful restart Reason",
            3 => "IPv4 interface address",
            _ => "unknown",
        };
        put!(d, "\n\t    {name} TLV ({kind}), length {size}, value: ");
        if size > left {
            put!(d, "\n\t    Bogus length {size} > {left}");
            return Ok(false);
        }
        if kind == 0 || size == 0 || !d.has(at, size as usize) {
            return Ok(false);
        }
        match kind {
            1 | 3 if bogus(d, size, 4) => return Ok(false),
            2 if bogus(d, size, 1) => return Ok(false),
            1 => put!(d, "{}s", d.u32(at)?),
            2 => {
                let reason = d.u8(at)?;
                let names =
                    ["Unknown", "Software Restart", "Software Reload/Upgrade", "Control Processor Switch"];
                put!(d, "{} ({reason})", names.get(usize::from(reason)).unwrap_or(&"Unknown"));
            }
            3 => {
                let address = d.ipv4(at)?;
                d.addr4(address);
            }
            _ => unknown(d, "\n\t      ", at, size),
        }
        let size = size.next_multiple_of(4);
        // The padding may be more than is left: it then goes on, as tcpdump does, until
        // the captured bytes end.
        left = left.wrapping_sub(size);
        at += size as usize;
    }
    Ok(true)
}

fn engineering(d: &mut Dissect<'_>, mut at: usize, mut left: u32) -> Result<bool, Truncated> {
    while left > 0 {
        if !d.has(at, 4) {
            return Ok(false);
        }
        let Some((kind, size)) = element(d, at, left)? else { return Ok(false) };
        at += 4;
        left -= 4;
        let name = match kind {
            1 => "Router Address",
            2 => "Link",
            _ => "unknown",
        };
        put!(d, "\n\t    {name} TLV ({kind}), length: {size}");
        if size > left {
            put!(d, "\n\t    Bogus length {size} > {left}");
            return Ok(false);
        }
        if kind == 0 || size == 0 {
            return Ok(false);
        }
        let size = match kind {
            1 if size < 4 => {
                put!(d, "\n\t    TLV length {size} < 4");
                return Ok(false);
            }
            1 => {
                let address = d.ipv4(at)?;
                d.str(", ");
                d.addr4(address);
                size
            }
            2 => {
                let Some(next) = link(d, at, size)? else { return Ok(false) };
                at = next;
                // tcpdump takes nothing off for a link: its count is used up.
                0
            }
            _ => {
                unknown(d, "\n\t      ", at, size);
                size
            }
        };
        let size = size.next_multiple_of(4);
        if size > left {
            put!(d, "\n\t    Bogus padded length {size} > {left}");
            return Ok(false);
        }
        left -= size;
        at += size as usize;
    }
    Ok(true)
}

/// Prints the properties of a link; gives the offset after them.
fn link(d: &mut Dissect<'_>, mut at: usize, mut left: u32) -> Result<Option<usize>, Truncated> {
    while left > 0 {
        if left < 4 {
            put!(d, "\n\t    Remaining TLV length {left} < 4");
            return Ok(None);
        }
        let (kind, size) = (d.u16(at)?, u32::from(d.u16(at + 2)?));
        at += 4;
        left -= 4;
        if kind == 0 || size == 0 {
            d.invalid();
            return Ok(None);
        }
        put!(d, "\n\t      {} subTLV ({kind}), length: {size}", property_name(kind));
        let short = |d: &mut Dissect<'_>, size: u32| {
            let short = left < size;
            if short {
                put!(d, "\n\t    Remaining TLV length {} < {}", left + 4, size + 4);
            }
            short
        };
        if short(d, size) || !d.has(at, size as usize) {
            return Ok(None);
        }
        let Some(skipped) = property(d, kind, at, size)? else {
            d.invalid();
            return Ok(None);
        };
        let size = size.next_multiple_of(4);
        if short(d, size) {
            return Ok(None);
        }
        left -= size;
        at += (size + skipped) as usize;
    }
    Ok(Some(at))
}

fn property_name(kind: u16) -> &'static str {
    match kind {
        1 => "Link Type",
        2 => "Link ID",
        3 => "Local Interface IP address",
        4 => "Remote Interface IP address",
        5 => "Traffic Engineering Metric",
        6 => "Maximum Bandwidth",
        7 => "Maximum Reservable Bandwidth",
        8 => "Unreserved Bandwidth",
        9 => "Administrative Group",
        11 => "Link Local/Remote Identifier",
        14 => "Link Protection Type",
        15 => "Interface Switching Capability",
        16 => "Shared Risk Link Group",
        17 => "Bandwidth Constraints",
        _ => "unknown",
    }
}

/// Prints a property; gives how many bytes more than its own tcpdump goes on by, `None`
/// where it has not the length it must have.
fn property(d: &mut Dissect<'_>, kind: u16, at: usize, len: u32) -> Result<Option<u32>, Truncated> {
    let wrong = match kind {
        1 if len != 1 => " != 1",
        3..=7 | 9 | 14 if len != 4 => " != 4",
        2 | 11 if len != 4 && len != 8 => " != 4 && != 8",
        8 if len != 32 => " != 32",
        15 if len < 36 => " < 36",
        16 if !len.is_multiple_of(4) => " != N x 4",
        17 if len < 4 => " < 4",
        _ => "",
    };
    if !wrong.is_empty() {
        d.str(wrong);
        return Ok(None);
    }
    match kind {
        1 => {
            let link = d.u8(at)?;
            let name = match link {
                1 => "Point-to-point",
                2 => "Multi-Access",
                _ => "unknown",
            };
            put!(d, ", {name} ({link})");
        }
        2 | 11 => {
            for n in (0..len as usize).step_by(4) {
                let (address, number) = (d.ipv4(at + n)?, d.u32(at + n)?);
                d.str(", ");
                d.addr4(address);
                put!(d, " (0x{number:08x})");
            }
        }
        3 | 4 => {
            let address = d.ipv4(at)?;
            d.str(", ");
            d.addr4(address);
        }
        5 => put!(d, ", Metric {}", d.u32(at)?),
        6 | 7 => bandwidth(d, format_args!(", "), at)?,
        8 => {
            for n in 0..8 {
                bandwidth(d, format_args!("\n\t\tTE-Class {n}: "), at + 4 * n)?;
            }
        }
        9 => put!(d, ", 0x{:08x}", d.u32(at)?),
        14 => {
            let bits = d.u8(at)?;
            d.str(", ");
            push_bits(d, bits.into(), &PROTECTION);
        }
        15 => {
            let (capability, encoding) = (d.u8(at)?, d.u8(at + 1)?);
            put!(d, "\n\t\tInterface Switching Capability: {}", switching(capability));
            let encoding = ENCODINGS.get(usize::from(encoding)).unwrap_or(&"Unknown");
            put!(d, "\n\t\tLSP Encoding: {encoding}\n\t\tMax LSP Bandwidth:");
            for n in 0..8 {
                bandwidth(d, format_args!("\n\t\t  priority level {n}: "), at + 4 + 4 * n)?;
            }
        }
        16 => {
            for n in (0..len as usize).step_by(4) {
                let group = d.u32(at + n)?;
                d.str(if n == 0 { "\n\t\t  Shared risk group: " } else { ", " });
                d.dec(group);
            }
            // tcpdump counts these bytes twice.
            return Ok(Some(len));
        }
        17 => return constraints(d, at, len),
        _ => unknown(d, "\n\t\t", at, len),
    }
    Ok(Some(0))
}

fn constraints(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Option<u32>, Truncated> {
    let model = d.u8(at)?;
    let name = match model {
        0 => "Russian dolls",
        1 => "Maximum allocation",
        254 => "Maximum allocation with E-LSP support",
        _ => "unknown",
    };
    put!(d, "\n\t\tBandwidth Constraints Model ID: {name} ({model})");
    if !len.is_multiple_of(4) {
        put!(d, "\n\t\tlength {len} != N x 4");
        return Ok(None);
    }
    if len > 36 {
        put!(d, "\n\t\tlength {len} > 36");
        return Ok(None);
    }
    for n in 0..(len as usize - 4) / 4 {
        bandwidth(d, format_args!("\n\t\t  Bandwidth constraint CT{n}: "), at + 4 + 4 * n)?;
    }
    Ok(Some(0))
}

/// Prints bytes per second in a floating-point number, as megabits.
fn bandwidth(d: &mut Dissect<'_>, title: std::fmt::Arguments<'_>, at: usize) -> Result<(), Truncated> {
    let value = f32::from_bits(d.u32(at)?) * 8.0 / 1_000_000.0;
    d.fmt(title);
    if value.is_nan() {
        d.str(if value.is_sign_negative() { "-nan Mbps" } else { "nan Mbps" });
    } else {
        put!(d, "{value:.3} Mbps");
    }
    Ok(())
}

const PROTECTION: [(u32, &str); 8] = [
    (0x01, "Extra Traffic"),
    (0x02, "Unprotected"),
    (0x04, "Shared"),
    (0x08, "Dedicated 1:1"),
    (0x10, "Dedicated 1+1"),
    (0x20, "Enhanced"),
    (0x40, "Reserved"),
    (0x80, "Reserved"),
];

fn switching(capability: u8) -> &'static str {
    match capability {
        1 => "Packet-Switch Capable-1",
        2 => "Packet-Switch Capable-2",
        3 => "Packet-Switch Capable-3",
        4 => "Packet-Switch Capable-4",
        51 => "Layer-2 Switch Capable",
        100 => "Time-Division-Multiplex",
        150 => "Lambda-Switch Capable",
        200 => "Fiber-Switch Capable",
        _ => "Unknown",
    }
}

const ENCODINGS: [&str; 12] = [
    "Unknown",
    "Packet",
    "Ethernet V2/DIX",
    "ANSI/ETSI PDH",
    "Reserved",
    "SDH ITU-T G.707/SONET ANSI T1.105",
    "Reserved",
    "Digital Wrapper",
    "Lambda (photonic)",
    "Fiber",
    "Reserved",
    "FiberChannel",
];
