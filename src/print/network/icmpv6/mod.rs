//! ICMPv6 (RFC 4443): errors, echo, and the way to neighbour discovery and the rest.
pub(in crate::print) mod listener;
pub(in crate::print) mod nd;
pub(in crate::print) mod node;
pub(in crate::print) mod rpl;

use crate::print::dissect::flags::{push_bits, push_name};
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::network::ip::Carrier;
use crate::print::transport::tcp;
use crate::wire::checksum;

/// The protocol number in the pseudo header.
const PROTOCOL: u8 = 58;
/// Where an error message quotes the packet that caused it.
const QUOTED: usize = 8;

/// Prints ICMPv6 at `at`.
pub(in crate::print) fn icmp6(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    ip: Carrier,
) -> Result<(), Truncated> {
    d.protocol = "icmp6";
    packet(d, at, len, ip).or_else(|stop| d.stop(stop))
}

fn packet(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Stop> {
    if len == 0 {
        d.str("ICMP6, length 0");
        return Err(Stop::Invalid);
    }
    if d.verbose() > 0 && !ip.fragmented && d.has(at, len as usize) {
        let found = d.u16(at + 2)?;
        let sum = tcp::pseudo_header(d, ip, len, PROTOCOL)?.over(d.bytes(at, len as usize)?).residual();
        if sum == 0 {
            d.str("[icmp6 sum ok] ");
        } else {
            put!(d, "[bad icmp6 cksum 0x{found:04x} -> 0x{:04x}!] ", checksum::expected(found, sum));
        }
    }
    let kind = d.u8(at)?;
    d.str("ICMP6, ");
    push_name(d, type_name(kind), "unknown icmp6 type (", kind.into(), ")");
    if d.verbose() > 0 && matches!(kind, 133..=137 | 145 | 147) {
        put!(d, ", length {len}");
    }
    let code = d.u8(at + 1)?;
    message(d, at, len, kind, code)?;
    if d.verbose() == 0 {
        put!(d, ", length {len}");
    }
    Ok(())
}

/// Prints what a message says. Its length comes after it, unless it stops.
fn message(d: &mut Dissect<'_>, at: usize, len: u32, kind: u8, code: u8) -> Result<(), Stop> {
    match kind {
        1 => unreachable(d, at, len, code)?,
        2 => put!(d, ", mtu {}", d.u32(at + 4)?),
        3 => match code {
            0 => {
                let dst = d.ipv6(at + QUOTED + 24)?;
                d.str(" for ");
                d.addr6(dst);
            }
            1 => d.str(" (reassembly)"),
            _ => put!(d, ", unknown code ({code})"),
        },
        4 => {
            d.check(at + QUOTED + 24, 16)?;
            let what = match code {
                0 => "erroneous",
                1 => "next header",
                2 => "option",
                3 => "incomplete header chain",
                _ => {
                    put!(d, ", code-#{code}");
                    return Ok(());
                }
            };
            put!(d, ", {what} - octet {}", d.u32(at + 4)?);
        }
        128 | 129 => put!(d, ", id {}, seq {}", d.u16(at + 4)?, d.u16(at + 6)?),
        130 => listener::query(d, at, len)?,
        131 | 132 => listener::version_one(d, at)?,
        133..=137 | 147 => discovery(d, at, len, kind)?,
        138 => node::renumbering(d, at, code)?,
        139 | 140 => node::information(d, at, len, kind, code)?,
        141 | 142 => {}
        143 => listener::report(d, at, len)?,
        144 | 146 => put!(d, ", id 0x{:04x}", d.u16(at + 4)?),
        145 => {
            if d.verbose() > 0 {
                put!(d, ", id 0x{:04x}", d.u16(at + 4)?);
                // As many home agents as the length says, whole or not.
                for n in 0..(len.saturating_sub(8) as usize).div_ceil(16) {
                    let agent = d.ipv6(at + 8 + 16 * n)?;
                    d.str(", ");
                    d.addr6(agent);
                }
            }
        }
        155 => rpl::rpl(d, at + 4, len.wrapping_sub(4), code)?,
        _ => {
            put!(d, ", length {len}");
            if d.verbose() <= 1 {
                d.unknown_data(at, "\n\t", len);
            }
            return Err(Stop::Done);
        }
    }
    Ok(())
}

fn unreachable(d: &mut Dissect<'_>, at: usize, len: u32, code: u8) -> Result<(), Stop> {
    let name = match code {
        0 => Some("unreachable route"),
        // tcpdump prints two spaces here.
        1 => Some(" unreachable prohibited"),
        2 => Some("beyond scope"),
        3 => Some("unreachable address"),
        4 => Some("unreachable port"),
        _ => None,
    };
    d.str(", ");
    push_name(d, name, "unknown unreach code (", code.into(), ")");
    let (src, dst) = (at + QUOTED + 8, at + QUOTED + 24);
    match code {
        0 | 1 | 3 => {
            let dst = d.ipv6(dst)?;
            d.char(b' ');
            d.addr6(dst);
        }
        2 => {
            let (dst, src) = (d.ipv6(dst)?, d.ipv6(src)?);
            d.char(b' ');
            d.addr6(dst);
            d.str(", source address ");
            d.addr6(src);
        }
        4 => {
            let (protocol, transport) = upper_layer(d, at + QUOTED)?;
            let port = d.u16(transport + 2)?;
            let dst = d.ipv6(dst)?;
            d.str(", ");
            d.addr6(dst);
            if protocol == 6 {
                d.str(" tcp port ");
                d.tcp_port(port);
            } else {
                d.str(" udp port ");
                d.udp_port(port);
            }
        }
        _ if d.verbose() <= 1 => {
            d.unknown_data(at, "\n\t", len);
            return Err(Stop::Done);
        }
        _ => {}
    }
    Ok(())
}

/// TCP or UDP at the end of the header chain of a quoted packet.
fn upper_layer(d: &Dissect<'_>, at: usize) -> Result<(u8, usize), Stop> {
    d.check(at + 6, 1)?;
    let mut next = d.u8(at + 6)?;
    let mut here = at;
    let mut advance = 40;
    while here < d.end {
        here += advance;
        match next {
            6 | 17 => {
                d.check(here + 2, 2)?;
                return Ok((next, here));
            }
            0 | 43 | 60 if d.has(here + 1, 1) => {
                next = d.u8(here)?;
                advance = (usize::from(d.u8(here + 1)?) + 1) * 8;
            }
            // Later fragments have no transport header.
            44 if d.has(here + 2, 2) && d.u16(here + 2)? & 0xfff8 == 0 => {
                next = d.u8(here)?;
                advance = 8;
            }
            51 if d.has(here + 1, 1) => {
                next = d.u8(here)?;
                advance = (usize::from(d.u8(here + 1)?) + 2) * 4;
            }
            _ => break,
        }
    }
    Err(Stop::Missing)
}

/// Router and neighbour discovery, and mobile prefixes: fixed fields, then options.
fn discovery(d: &mut Dissect<'_>, at: usize, len: u32, kind: u8) -> Result<(), Stop> {
    let verbose = d.verbose() > 0;
    let fixed = match kind {
        133 => 8,
        134 => {
            if verbose {
                router_advertisement(d, at)?;
            }
            16
        }
        135 => {
            let target = d.ipv6(at + 8)?;
            d.str(", who has ");
            d.addr6(target);
            24
        }
        136 => {
            let target = d.ipv6(at + 8)?;
            d.str(", tgt is ");
            d.addr6(target);
            if verbose {
                let flags = d.u32(at + 4)?;
                d.str(", Flags [");
                push_bits(
                    d,
                    flags,
                    &[(0x8000_0000, "router"), (0x4000_0000, "solicited"), (0x2000_0000, "override")],
                );
                d.char(b']');
            }
            24
        }
        137 => {
            let dst = d.ipv6(at + 24)?;
            d.str(", ");
            d.addr6(dst);
            let target = d.ipv6(at + 8)?;
            d.str(" to ");
            d.addr6(target);
            40
        }
        _ => {
            if verbose {
                put!(d, ", id 0x{:04x}", d.u16(at + 4)?);
                match d.u16(at + 6)? >> 14 {
                    0 => {}
                    1 => d.str(" O"),
                    2 => d.str(" M"),
                    _ => d.str(" MO"),
                }
            }
            8
        }
    };
    if verbose {
        nd::options(d, at + fixed, len.wrapping_sub(fixed as u32))?;
    }
    Ok(())
}

fn router_advertisement(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let (hops, flags, lifetime) = (d.u8(at + 4)?, d.u8(at + 5)?, d.u16(at + 6)?);
    let (reachable, retransmit) = (d.u32(at + 8)?, d.u32(at + 12)?);
    put!(d, "\n\thop limit {hops}, Flags [");
    push_bits(
        d,
        flags.into(),
        &[(0x80, "managed"), (0x40, "other stateful"), (0x20, "home agent"), (0x02, "ipv6 only")],
    );
    put!(
        d,
        "], pref {}, router lifetime {lifetime}s, reachable time {reachable}ms, retrans timer {retransmit}ms",
        nd::preference(flags)
    );
    Ok(())
}

fn type_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "destination unreachable",
        2 => "packet too big",
        3 => "time exceeded in-transit",
        4 => "parameter problem",
        128 => "echo request",
        129 => "echo reply",
        130 => "multicast listener query",
        131 => "multicast listener report",
        132 => "multicast listener done",
        133 => "router solicitation",
        134 => "router advertisement",
        135 => "neighbor solicitation",
        136 => "neighbor advertisement",
        137 => "redirect",
        138 => "router renumbering",
        139 => "who-are-you request",
        140 => "who-are-you reply",
        141 => "inverse neighbor solicitation",
        142 => "inverse neighbor advertisement",
        143 => "multicast listener report v2",
        144 => "ha discovery request",
        145 => "ha discovery reply",
        146 => "mobile router solicitation",
        147 => "mobile router advertisement",
        155 => "RPL",
        200 => "mtrace response",
        201 => "mtrace message",
        _ => return None,
    })
}
