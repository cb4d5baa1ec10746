//! MPLS label stacks (RFC 3032) and what they carry, guessed from its first byte.
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::network::{ipv4, ipv6};

/// Prints the stack of labels at `at`, and the packet after it.
pub(in crate::print) fn mpls(d: &mut Dissect<'_>, mut at: usize, mut len: u32) -> Result<(), Truncated> {
    d.protocol = "mpls";
    d.str("MPLS");
    let mut first = true;
    let label = loop {
        if len < 4 {
            d.invalid();
            return if d.has(at, len as usize) { Ok(()) } else { Err(Truncated) };
        }
        let entry = d.u32(at)?;
        d.str(if first || d.verbose() == 0 { " " } else { "\n\t" });
        first = false;
        let label = entry >> 12;
        put!(d, "(label {label}");
        if d.verbose() > 0 {
            match label {
                0 => d.str(" (IPv4 explicit NULL)"),
                1 => d.str(" (router alert)"),
                2 => d.str(" (IPv6 explicit NULL)"),
                3 => d.str(" (implicit NULL)"),
                4..16 => d.str(" (rsvd)"),
                _ => {}
            }
        }
        put!(d, ", tc {}", entry >> 9 & 7);
        let last = entry & 0x100 != 0;
        if last {
            d.str(", [S]");
        }
        put!(d, ", ttl {})", entry & 0xff);
        at += 4;
        len -= 4;
        if last {
            break label;
        }
    };
    let first = match label {
        0 | 3 => 0x45,
        2 => 0x60,
        _ if len == 0 => return Ok(()),
        _ => d.u8(at)?,
    };
    match first {
        0x45..=0x4f => {
            gap(d);
            d.nested(|d| ipv4::packet(d, at, len))
        }
        0x60..=0x6f => {
            gap(d);
            d.nested(|d| ipv6::packet(d, at, len))
        }
        _ => d.unknown_dump(at, len),
    }
}

fn gap(d: &mut Dissect<'_>) {
    d.str(if d.verbose() > 0 { "\n\t" } else { " " });
}
