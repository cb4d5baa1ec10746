//! Opaque advertisements of OSPF (RFC 5250): what a router can do (RFC 7770), graceful
//! restart (RFC 3623), and traffic engineering (RFC 3630, RFC 4203, RFC 4124).
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// What an advertisement of this opaque type is about.
pub(in crate::print) fn type_name(kind: u8) -> &'static str {
    match kind {
        1 => "Traffic Engineering",
        3 => "Graceful restart",
        4 => "Router Information",
        _ => "unknown",
    }
}

/// Prints what an advertisement of `len` bytes after its header holds; stops where the rest
/// of it is not to be looked at.
pub(in crate::print) fn contents(d: &mut Dissect<'_>, kind: u8, at: usize, len: u32) -> Result<(), Stop> {
    match kind {
        1 => engineering(d, at, len),
        3 => graceful_restart(d, at, len),
        4 => information(d, at, len),
        _ => {
            unknown(d, "\n\t    ", at, len);
            Ok(())
        }
    }
}

/// A check that ends the advertisement without a word.
fn check(d: &Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    if d.has(at, len as usize) { Ok(()) } else { Err(Stop::Done) }
}

/// Dumps what is not known, unless `-vv` dumps it anyway.
fn unknown(d: &mut Dissect<'_>, indent: &str, at: usize, len: u32) {
    if d.verbose() < 2 {
        d.unknown_data(at, indent, len);
    }
}

/// The type and length of an element, if there are bytes for them.
fn element(d: &mut Dissect<'_>, at: usize, left: u32) -> Result<(u16, u32), Stop> {
    if left < 4 {
        put!(d, "\n\t    Remaining LS length {left} < 4");
        return Err(Stop::Done);
    }
    Ok((d.u16(at)?, d.u16(at + 2)?.into()))
}

/// Says so if an element has not the length it must have.
fn exactly(d: &mut Dissect<'_>, len: u32, need: u32) -> Result<(), Stop> {
    if len == need {
        return Ok(());
    }
    put!(d, "\n\t    Bogus length {len} != {need}");
    Err(Stop::Done)
}

fn information(d: &mut Dissect<'_>, mut at: usize, mut left: u32) -> Result<(), Stop> {
    while left > 0 {
        d.bytes(at, 4)?;
        let (kind, size) = element(d, at, left)?;
        at += 4;
        left -= 4;
        let name = if kind == 1 { "Router Capabilities" } else { "unknown" };
        put!(d, "\n\t    {name} TLV ({kind}), length: {size}, value: ");
        if size > left {
            put!(d, "\n\t    Bogus length {size} > remaining LS length {left}");
            return Err(Stop::Done);
        }
        d.bytes(at, size as usize)?;
        if kind == 1 {
            exactly(d, size, 4)?;
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
    Ok(())
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

fn graceful_restart(d: &mut Dissect<'_>, mut at: usize, mut left: u32) -> Result<(), Stop> {
    while left > 0 {
        check(d, at, 4)?;
        let (kind, size) = element(d, at, left)?;
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
            return Err(Stop::Done);
        }
        if kind == 0 || size == 0 {
            return Err(Stop::Done);
        }
        check(d, at, size)?;
        match kind {
            1 => {
                exactly(d, size, 4)?;
                put!(d, "{}s", d.u32(at)?);
            }
            2 => {
                exactly(d, size, 1)?;
                let reason = d.u8(at)?;
                let names =
                    ["Unknown", "Software Restart", "Software Reload/Upgrade", "Control Processor Switch"];
                put!(d, "{} ({reason})", names.get(usize::from(reason)).unwrap_or(&"Unknown"));
            }
            3 => {
                exactly(d, size, 4)?;
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
    Ok(())
}

fn engineering(d: &mut Dissect<'_>, mut at: usize, mut left: u32) -> Result<(), Stop> {
    while left > 0 {
        check(d, at, 4)?;
        let (kind, size) = element(d, at, left)?;
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
            return Err(Stop::Done);
        }
        if kind == 0 || size == 0 {
            return Err(Stop::Done);
        }
        let size = match kind {
            1 if size < 4 => {
                put!(d, "\n\t    TLV length {size} < 4");
                return Err(Stop::Done);
            }
            1 => {
                let address = d.ipv4(at)?;
                d.str(", ");
                d.addr4(address);
                size
            }
            2 => {
                at = link(d, at, size)?;
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
            return Err(Stop::Done);
        }
        left -= size;
        at += size as usize;
    }
    Ok(())
}

/// Prints the properties of a link; gives the offset after them.
fn link(d: &mut Dissect<'_>, mut at: usize, mut left: u32) -> Result<usize, Stop> {
    while left > 0 {
        if left < 4 {
            put!(d, "\n\t    Remaining TLV length {left} < 4");
            return Err(Stop::Done);
        }
        let (kind, size) = (d.u16(at)?, u32::from(d.u16(at + 2)?));
        at += 4;
        left -= 4;
        if kind == 0 || size == 0 {
            return Err(Stop::Invalid);
        }
        put!(d, "\n\t      {} subTLV ({kind}), length: {size}", property_name(kind));
        fits(d, left, size)?;
        check(d, at, size)?;
        let skipped = property(d, kind, at, size)?;
        let size = size.next_multiple_of(4);
        fits(d, left, size)?;
        left -= size;
        at += (size + skipped) as usize;
    }
    Ok(at)
}

/// Says so if a property is longer than what is left.
fn fits(d: &mut Dissect<'_>, left: u32, size: u32) -> Result<(), Stop> {
    if left >= size {
        return Ok(());
    }
    put!(d, "\n\t    Remaining TLV length {} < {}", left + 4, size + 4);
    Err(Stop::Done)
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

/// Says what length a property must have, if it has not.
fn property_fits(d: &mut Dissect<'_>, kind: u16, len: u32) -> Result<(), Stop> {
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
    if wrong.is_empty() {
        return Ok(());
    }
    d.str(wrong);
    Err(Stop::Invalid)
}

/// Prints a property; gives how many bytes more than its own tcpdump goes on by.
fn property(d: &mut Dissect<'_>, kind: u16, at: usize, len: u32) -> Result<u32, Stop> {
    property_fits(d, kind, len)?;
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
        15 => switching(d, at)?,
        16 => {
            for n in (0..len as usize).step_by(4) {
                let group = d.u32(at + n)?;
                d.str(if n == 0 { "\n\t\t  Shared risk group: " } else { ", " });
                d.dec(group);
            }
            // tcpdump counts these bytes twice.
            return Ok(len);
        }
        17 => constraints(d, at, len)?,
        _ => unknown(d, "\n\t\t", at, len),
    }
    Ok(0)
}

fn switching(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let (capability, encoding) = (d.u8(at)?, d.u8(at + 1)?);
    put!(d, "\n\t\tInterface Switching Capability: {}", capability_name(capability));
    let encoding = ENCODINGS.get(usize::from(encoding)).unwrap_or(&"Unknown");
    put!(d, "\n\t\tLSP Encoding: {encoding}\n\t\tMax LSP Bandwidth:");
    for n in 0..8 {
        bandwidth(d, format_args!("\n\t\t  priority level {n}: "), at + 4 + 4 * n)?;
    }
    Ok(())
}

fn constraints(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
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
        return Err(Stop::Invalid);
    }
    if len > 36 {
        put!(d, "\n\t\tlength {len} > 36");
        return Err(Stop::Invalid);
    }
    for n in 0..(len as usize - 4) / 4 {
        bandwidth(d, format_args!("\n\t\t  Bandwidth constraint CT{n}: "), at + 4 + 4 * n)?;
    }
    Ok(())
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

fn capability_name(capability: u8) -> &'static str {
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
