//! Ethernet in UDP: VXLAN (RFC 7348), Geneve (RFC 8926) and OTV.
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Known, Truncated, put};
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
        d.invalid();
        return d.bytes(at, len as usize).map(drop);
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
    d.str("Geneve");
    if len < 8 {
        put!(d, " [length {len} < 8]");
        d.invalid();
        return Ok(());
    }
    if !d.has(at, 8) {
        d.trunc();
        return Ok(());
    }
    let first = d.u8(at)?;
    if first >> 6 != 0 {
        put!(d, " ERROR: unknown-version {}", first >> 6);
        return Ok(());
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
    let (at, len) = (at + 8, len - 8);
    let options = u32::from(first & 0x3f) * 4;
    if len < options {
        put!(d, " truncated-geneve - {} bytes missing", options - len);
        return Ok(());
    }
    if !d.has(at, options as usize) {
        d.trunc();
        return Ok(());
    }
    if options > 0 {
        d.str(", options [");
        if d.verbose() > 0 {
            geneve_options(d, at, options)?;
        } else {
            put!(d, "{options} bytes");
        }
        d.char(b']');
    }
    let (at, len) = (at + options as usize, len - options);
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
