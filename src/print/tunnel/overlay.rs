//! Ethernet in UDP: VXLAN (RFC 7348), Geneve (RFC 8926) and OTV.
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Known, Stop, Truncated, put};
use crate::print::link::ether_type::ether_type;
use crate::print::link::ethernet::ethernet;
use crate::wire::EtherType;

/// Prints a VXLAN packet of `len` bytes at `at`.
pub(in crate::print) fn vxlan(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "vxlan";
    d.str("VXLAN");
    if len < 8 {
        d.invalid();
        return Ok(());
    }
    let flags = d.u8(at)?;
    put!(d, ", flags [{}] (0x{flags:02x}), ", if flags & 8 == 0 { "invalid" } else { "I" });
    put!(d, "vni {}\n", d.u24(at + 4)?);
    d.u8(at + 7)?;
    frame(d, at + 8, len - 8)
}

/// Prints an OTV packet of `len` bytes at `at`. Early VXLAN, which Linux still uses when not
/// told otherwise, has the same port and layout.
pub(in crate::print) fn otv(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "otv";
    d.str("OTV, ");
    if len < 8 {
        put!(d, "[length {len} < 8]");
        return d.invalid_message(at, len);
    }
    let flags = d.u8(at)?;
    put!(d, "flags [{}] (0x{flags:02x}), ", if flags & 8 == 0 { "." } else { "I" });
    put!(d, "overlay {}, ", d.u24(at + 1)?);
    put!(d, "instance {}\n", d.u24(at + 4)?);
    d.u8(at + 7)?;
    frame(d, at + 8, len - 8)
}

fn frame(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let cap_len = d.left(at);
    d.nested(|d| ethernet(d, at, len, cap_len).map(drop))
}

/// EtherType of a bridged frame.
const BRIDGED: u16 = EtherType::BRIDGED.0;

/// Prints a Geneve packet of `len` bytes at `at`.
pub(in crate::print) fn geneve(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "geneve";
    let Some((protocol, header_len)) = d.attempt(|d| geneve_header(d, at, len))? else { return Ok(()) };
    let (at, len) = (at + header_len as usize, len - header_len);
    d.str(if d.verbose() > 0 { "\n\t" } else { ": " });
    let cap_len = d.left(at);
    let mut known = Known::No;
    d.nested(|d| {
        known = ether_type(d, protocol, at, len, cap_len)?;
        Ok(())
    })?;
    if known == Known::Yes {
        return Ok(());
    }
    if protocol == BRIDGED {
        return frame(d, at, len);
    }
    put!(d, "geneve-proto-0x{protocol:x}");
    Ok(())
}

/// Prints Geneve's header with its options; gives the protocol and the length of both.
fn geneve_header(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(u16, u32), Stop> {
    d.str("Geneve");
    if len < 8 {
        put!(d, " [length {len} < 8]");
        return Err(Stop::Invalid);
    }
    d.check(at, 8)?;
    let first = d.u8(at)?;
    if first >> 6 != 0 {
        put!(d, " ERROR: unknown-version {}", first >> 6);
        return Err(Stop::Done);
    }
    let (flags, protocol) = (d.u8(at + 1)?, d.u16(at + 2)?);
    let (network, reserved) = (d.u24(at + 4)?, d.u8(at + 7)?);
    d.str(", Flags [");
    if flags == 0 {
        d.str("none");
    }
    for (bit, name) in [(7, "O"), (6, "C"), (5, "R1"), (4, "R2"), (3, "R3"), (2, "R4"), (1, "R5"), (0, "R6")]
    {
        if flags >> bit & 1 != 0 {
            d.str(name);
        }
    }
    put!(d, "], vni 0x{network:x}");
    if reserved != 0 {
        put!(d, ", rsvd 0x{reserved:x}");
    }
    if d.opts.link_header {
        put!(d, ", proto {} (0x{protocol:04x})", number::ether_type(protocol).unwrap_or("unknown"));
    }
    let options = u32::from(first & 0x3f) * 4;
    if len - 8 < options {
        put!(d, " truncated-geneve - {} bytes missing", options - (len - 8));
        return Err(Stop::Done);
    }
    d.check(at + 8, options as usize)?;
    if options > 0 {
        d.str(", options [");
        if d.verbose() > 0 {
            geneve_options(d, at + 8, options)?;
        } else {
            put!(d, "{options} bytes");
        }
        d.char(b']');
    }
    Ok((protocol, 8 + options))
}

fn geneve_options(d: &mut Dissect<'_>, mut at: usize, mut len: u32) -> Result<(), Truncated> {
    let mut first = true;
    while len > 0 {
        if !first {
            d.str(", ");
        }
        first = false;
        let (class, kind) = (d.u16(at)?, d.u8(at + 2)?);
        let size = 4 + u32::from(d.u8(at + 3)? & 0x1f) * 4;
        let name = match class {
            0x0100 => "Linux",
            0x0101 => "Open vSwitch",
            0x0102 => "Open Virtual Networking (OVN)",
            0x0103 => "In-band Network Telemetry (INT)",
            0x0104 => "VMware",
            ..=0x00ff => "Standard",
            0xfff0.. => "Experimental",
            _ => "Unknown",
        };
        let critical = if kind & 0x80 == 0 { "" } else { "(C)" };
        put!(d, "class {name} (0x{class:x}) type 0x{kind:x}{critical} len {size}");
        if size > len {
            d.str(" [bad length]");
            return Ok(());
        }
        if d.verbose() > 1 && size > 4 {
            d.str(" data");
            for i in (4..size as usize).step_by(4) {
                put!(d, " {:08x}", d.u32(at + i)?);
            }
        }
        at += size as usize;
        len -= size;
    }
    Ok(())
}
