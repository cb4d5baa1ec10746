//! What precedes the packets of a BSD loopback interface (NULL, LOOP): their address family.
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::link::ethernet::push_length;
use crate::print::network::{ipv4, ipv6};

/// NULL and LOOP: four bytes of address family, in one byte order or the other.
pub(in crate::print) fn family(d: &mut Dissect<'_>, len: u32) -> Result<usize, Truncated> {
    d.protocol = "null";
    let mut family = u32::from_le_bytes(*d.array(0)?);
    if family & 0xffff_0000 != 0 {
        family = family.swap_bytes();
    }
    if d.opts.link_header {
        push_family(d, family, len);
    }
    match family {
        2 => ipv4::packet(d, 4, len.wrapping_sub(4))?,
        24 | 28 | 30 => ipv6::packet(d, 4, len.wrapping_sub(4))?,
        _ => {
            if !d.opts.link_header {
                push_family(d, family, len);
            }
            d.unknown_dump(4, d.left(4))?;
        }
    }
    Ok(4)
}

fn push_family(d: &mut Dissect<'_>, family: u32, len: u32) {
    let name = match family {
        2 => Some("IPv4"),
        6 => Some("NS"),
        7 => Some("ISO"),
        16 => Some("Appletalk"),
        23 => Some("IPX"),
        24 | 28 | 30 => Some("IPv6"),
        _ => None,
    };
    match name {
        _ if d.opts.quiet == 0 => put!(d, "AF {} ({family})", name.unwrap_or("Unknown")),
        Some(name) => d.str(name),
        None => put!(d, "Unknown AF {family}"),
    }
    push_length(d, len);
}
