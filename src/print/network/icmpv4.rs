//! ICMP (RFC 792), with the extensions of RFC 4884 and RFC 4950.

use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::network::ip::Carrier;
use crate::print::network::ipv4;
use crate::wire::checksum;

const UNREACHABLE: u8 = 3;
const SOURCE_QUENCH: u8 = 4;
const REDIRECT: u8 = 5;
const ROUTER_ADVERTISEMENT: u8 = 9;
const TIME_EXCEEDED: u8 = 11;
const PARAMETER_PROBLEM: u8 = 12;

/// tcpdump has room for so much text before the length.
const MAX_TEXT: usize = 163;

/// Offsets from the start of the message: the quoted packet, its protocol and its
/// destination; and, after 128 bytes of it, the extensions.
const QUOTED: usize = 8;
const QUOTED_PROTOCOL: usize = QUOTED + 9;
const QUOTED_DST: usize = QUOTED + 16;
const EXTENSIONS: usize = 136;

/// Prints ICMP at `at`. Quoted packets go through [`ipv4::packet`] inside
/// [`Dissect::nested`].
pub(in crate::print) fn icmp(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "icmp";
    // The text comes first and its length last, so it is taken back where bytes that
    // it needs are missing.
    let start = d.out.len();
    let (kind, code) = (d.u8(at)?, d.u8(at + 1)?);
    d.str("ICMP ");
    let text = d.out.len();
    if let Err(stop) = describe(d, at, kind, code) {
        d.out.truncate(start);
        return d.stop(stop);
    }
    d.out.truncate(text + MAX_TEXT);
    put!(d, ", length {len}");
    if d.verbose() == 0 {
        return Ok(());
    }
    if !ip.fragmented && d.has(at, len as usize) {
        let sum = checksum::message(d.bytes(at, len as usize)?);
        if sum != 0 {
            let found = d.u16(at + 2)?;
            put!(d, " (wrong icmp cksum {found:x} (->{:x})!)", checksum::expected(found, sum));
        }
    }
    if matches!(kind, UNREACHABLE | SOURCE_QUENCH | REDIRECT | TIME_EXCEEDED | PARAMETER_PROBLEM) {
        d.str("\n\t");
        let quoted = at + QUOTED;
        let quoted_len = u32::from(d.u16(quoted + 2)?);
        d.push_end(quoted, quoted_len);
        // tcpdump reads the length again, and it may now lie beyond the end.
        d.u16(quoted + 2)?;
        d.nested(|d| ipv4::packet(d, quoted, quoted_len))?;
        d.pop_end();
        d.protocol = "icmp";
    }
    if matches!(kind, UNREACHABLE | TIME_EXCEEDED | PARAMETER_PROBLEM) && len > EXTENSIONS as u32 {
        return extensions(d, at, len).or_else(|stop| d.stop(stop));
    }
    Ok(())
}

/// Appends what the message says.
fn describe(d: &mut Dissect<'_>, at: usize, kind: u8, code: u8) -> Result<(), Stop> {
    match kind {
        0 | 8 => {
            let what = if kind == 8 { "request" } else { "reply" };
            put!(d, "echo {what}, id {}, seq {}", d.u16(at + 4)?, d.u16(at + 6)?);
        }
        UNREACHABLE => return unreachable(d, at, code),
        REDIRECT => {
            let (dst, gateway) = (d.ipv4(at + QUOTED_DST)?, d.ipv4(at + 4)?);
            match code {
                0 | 1 => d.str("redirect "),
                2 | 3 => d.str("redirect-tos "),
                _ => put!(d, "redirect-#{code} "),
            }
            d.addr4(dst);
            d.str(match code {
                0 | 2 => " to net ",
                1 | 3 => " to host ",
                _ => " to ",
            });
            d.addr4(gateway);
        }
        ROUTER_ADVERTISEMENT => return router_advertisement(d, at),
        TIME_EXCEEDED => {
            d.check(at + QUOTED_DST, 4)?;
            match code {
                0 => d.str("time exceeded in-transit"),
                1 => d.str("ip reassembly time exceeded"),
                _ => put!(d, "time exceeded-#{code}"),
            }
        }
        PARAMETER_PROBLEM if code != 0 => put!(d, "parameter problem - code {code}"),
        PARAMETER_PROBLEM => put!(d, "parameter problem - octet {}", d.u8(at + 4)?),
        18 => put!(d, "address mask is 0x{:08x}", d.u32(at + 8)?),
        13 => put!(d, "time stamp query id {} seq {}", d.u16(at + 4)?, d.u16(at + 6)?),
        14 => {
            d.check(at + 16, 4)?;
            put!(d, "time stamp reply id {} seq {}", d.u16(at + 4)?, d.u16(at + 6)?);
            for (n, name) in [": org ", ", recv ", ", xmit "].iter().enumerate() {
                let time = d.u32(at + 8 + 4 * n)?;
                d.str(name);
                push_time(d, time);
            }
        }
        SOURCE_QUENCH => d.str("source quench"),
        10 => d.str("router solicitation"),
        15 => d.str("information request"),
        16 => d.str("information reply"),
        17 => d.str("address mask request"),
        _ => put!(d, "type-#{kind}"),
    }
    Ok(())
}

fn unreachable(d: &mut Dissect<'_>, at: usize, code: u8) -> Result<(), Stop> {
    if code == 3 {
        return port_unreachable(d, at);
    }
    let mtu = if code == 4 { d.u16(at + 6)? } else { 0 };
    let dst = d.ipv4(at + QUOTED_DST)?;
    match code {
        0 | 6 | 9 | 11 => d.str("net "),
        1 | 7 | 10 | 12..=15 => d.str("host "),
        _ => {}
    }
    d.addr4(dst);
    match code {
        0 | 1 => d.str(" unreachable"),
        2 => put!(d, " protocol {} unreachable", d.u8(at + QUOTED_PROTOCOL)?),
        4 if mtu != 0 => put!(d, " unreachable - need to frag (mtu {mtu})"),
        4 => d.str(" unreachable - need to frag"),
        5 => d.str(" unreachable - source route failed"),
        6 | 7 => d.str(" unreachable - unknown"),
        8 => d.str(" unreachable - source host isolated"),
        9 | 10 => d.str(" unreachable - admin prohibited"),
        11 | 12 => d.str(" unreachable - tos prohibited"),
        13 => d.str(" unreachable - admin prohibited filter"),
        14 => d.str(" unreachable - host precedence violation"),
        15 => d.str(" unreachable - precedence cutoff"),
        _ => put!(d, " unreachable - #{code}"),
    }
    Ok(())
}

fn port_unreachable(d: &mut Dissect<'_>, at: usize) -> Result<(), Stop> {
    d.check(at + QUOTED_PROTOCOL, 1)?;
    let header_len = usize::from(d.u8(at + QUOTED)? & 0xf) * 4;
    let port = d.u16(at + QUOTED + header_len + 2)?;
    let (protocol, dst) = (d.u8(at + QUOTED_PROTOCOL)?, d.ipv4(at + QUOTED_DST)?);
    d.addr4(dst);
    match protocol {
        6 => {
            d.str(" tcp port ");
            d.tcp_port(port);
        }
        17 => {
            d.str(" udp port ");
            d.udp_port(port);
        }
        _ => put!(d, " protocol {protocol} port {port}"),
    }
    d.str(" unreachable");
    Ok(())
}

/// RFC 1256.
fn router_advertisement(d: &mut Dissect<'_>, at: usize) -> Result<(), Stop> {
    d.str("router advertisement");
    d.check(at + 4, 4)?;
    let lifetime = d.u16(at + 6)?;
    d.str(" lifetime ");
    match lifetime {
        0..60 => d.dec(lifetime),
        60..3600 => put!(d, "{}:{:02}", lifetime / 60, lifetime % 60),
        _ => put!(d, "{}:{:02}:{:02}", lifetime / 3600, lifetime % 3600 / 60, lifetime % 60),
    }
    let (count, size) = (d.u8(at + 4)?, d.u8(at + 5)?);
    put!(d, " {count}:");
    if size != 2 {
        put!(d, " [size {size}]");
        return Ok(());
    }
    for n in 0..usize::from(count) {
        let entry = at + 8 + 8 * n;
        d.check(entry, 8)?;
        let (addr, preference) = (d.ipv4(entry)?, d.u32(entry + 4)?);
        d.str(" {");
        d.addr4(addr);
        put!(d, " {preference}}}");
    }
    Ok(())
}

/// Appends a time of day given in milliseconds.
fn push_time(d: &mut Dissect<'_>, millis: u32) {
    let (secs, millis) = (millis / 1000, millis % 1000);
    put!(d, "{:02}:{:02}:{:02}.{millis:03}", secs / 3600, secs / 60 % 60, secs % 60);
}

/// Appends the objects after 128 bytes of quoted packet (RFC 4884 §7).
fn extensions(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    let start = at + EXTENSIONS;
    // tcpdump asks for the header and one byte of the first object.
    d.check(at, EXTENSIONS + 5)?;
    let rest = len - EXTENSIONS as u32;
    let sum = d.has(start, rest as usize).then(|| d.bytes(start, rest as usize)).transpose()?;
    let sum = sum.map(checksum::message);
    // Without a length of the quoted packet there may be no extensions at all: the
    // checksum tells (RFC 4884 §5.5).
    if d.u8(at + 5)? == 0 && sum.is_some_and(|sum| sum != 0) {
        return Ok(());
    }
    let version = d.u8(start)? >> 4;
    put!(d, "\n\tICMP Multi-Part extension v{version}");
    if version != 2 {
        d.str(" packet not supported");
        return Ok(());
    }
    if let Some(sum) = sum {
        let verdict = if sum == 0 { "correct" } else { "incorrect" };
        put!(d, ", checksum 0x{:04x} ({verdict}), length {rest}", d.u16(start + 2)?);
    }
    objects(d, start + 4, rest.wrapping_sub(4))
}

fn objects(d: &mut Dissect<'_>, mut at: usize, mut rest: u32) -> Result<(), Stop> {
    while rest > 4 {
        d.check(at, 4)?;
        let (len, class, kind) = (u32::from(d.u16(at)?), d.u8(at + 2)?, d.u8(at + 3)?);
        at += 4;
        rest -= 4;
        let name = match class {
            1 => "MPLS Stack Entry",
            2 => "Interface Identification",
            _ => "unknown",
        };
        put!(d, "\n\t  {name} Object ({class}), Class-Type: {kind}, length {len}");
        if class == 0 || len < 4 {
            break;
        }
        let body_len = len - 4;
        if (class, kind) == (1, 1) {
            let entry = d.u32(at)?;
            put!(d, "\n\t    label {}, tc {}", entry >> 12, entry >> 9 & 7);
            if entry & 0x100 != 0 {
                d.str(", [S]");
            }
            put!(d, ", ttl {}", entry & 0xff);
        } else {
            d.unknown_data(at, "\n\t    ", body_len);
        }
        if rest < body_len {
            break;
        }
        rest -= body_len;
        at += body_len as usize;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::print::{Printer, TimeStyle};
    use crate::{LinkType, Packet};

    fn line(verbose: u8, icmp: &[u8]) -> String {
        let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
        packet.extend_from_slice(icmp);
        packet[3] = u8::try_from(packet.len()).unwrap();
        let mut printer =
            Printer::builder().numeric(true).verbose(verbose).time(TimeStyle::None).build(Vec::new());
        printer.print(&Packet::new(LinkType::RAW, &packet)).unwrap();
        String::from_utf8(printer.into_inner()).unwrap()
    }

    #[test]
    fn shows_identifier_and_sequence_of_an_echo() {
        let text = line(0, &[8, 0, 0, 0, 0, 7, 0, 9]);
        assert_eq!(text, "IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 7, seq 9, length 8\n");
    }

    #[test]
    fn says_which_checksum_would_be_right() {
        assert!(line(1, &[8, 0, 0, 0, 0, 7, 0, 9]).ends_with(" (wrong icmp cksum 0 (->f7ef)!)\n"));
        assert!(!line(1, &[8, 0, 0xf7, 0xef, 0, 7, 0, 9]).contains("wrong"));
    }

    #[test]
    fn prints_nothing_of_a_text_whose_bytes_are_missing() {
        assert_eq!(line(0, &[8, 0, 0, 0, 0, 7]), "IP 192.0.2.1 > 192.0.2.2:  [|icmp]\n");
        assert_eq!(line(0, &[11, 0, 0, 0, 0, 0, 0, 0]), "IP 192.0.2.1 > 192.0.2.2:  [|icmp]\n");
    }
}
