//! DHCP options (RFC 2132 and later): names and formats.
use crate::print::dissect::{Dissect, Truncated, put};

/// Prints the options at `at`, behind their magic number; false where the capture ends
/// too early.
pub(in crate::print) fn options(d: &mut Dissect<'_>, mut at: usize) -> Result<bool, Truncated> {
    d.str("\n\t  Vendor-rfc1048 Extensions");
    put!(d, "\n\t    Magic Cookie 0x{:08x}", d.u32(at)?);
    at += 4;
    let everything = d.verbose() > 2;
    while d.has(at, 1) {
        let tag = d.u8(at)?;
        at += 1;
        if tag == PAD && !everything {
            continue;
        }
        if tag == END && !everything {
            break;
        }
        let len = if tag == PAD || tag == END {
            0
        } else {
            at += 1;
            u32::from(d.u8(at - 1)?)
        };
        let (format, name) = option(tag);
        put!(d, "\n\t    {name} ({tag}), length {len}{}", if len > 0 { ": " } else { "" });
        if tag == PAD {
            let more = d.rest(at).iter().take_while(|byte| **byte == PAD).count();
            if more > 0 {
                put!(d, ", occurs {}", more + 1);
            }
            at += more;
        }
        if !d.has(at, len as usize) {
            return Ok(false);
        }
        let used = value(d, tag, format, at, len)?;
        if used < len {
            put!(d, "\n\t  trailing data length {}", len - used);
        }
        at += len as usize;
    }
    Ok(true)
}

/// Prints the value of an option, all of which was captured; gives how much of it was used.
fn value(d: &mut Dissect<'_>, tag: u8, format: u8, at: usize, len: u32) -> Result<u32, Truncated> {
    let format = match format {
        // What is not known is shown by its length.
        b'?' if len % 2 == 1 => b'b',
        b'?' if len % 4 == 2 => b's',
        b'?' => b'l',
        known => known,
    };
    match (tag, format) {
        (MESSAGE_TYPE, _) if len == 1 => message_type(d, at)?,
        (REQUESTED, _) => requested(d, at, len)?,
        (_, b'$') => return special(d, tag, at, len),
        (_, b'a') => quoted(d, at, len),
        (_, b'i' | b'l' | b'L') => return words(d, format, at, len),
        (_, b'p') => {
            for pair in 0..len / 8 {
                let here = at + pair as usize * 8;
                d.str(if pair == 0 { "(" } else { ",(" });
                address(d, here)?;
                d.char(b':');
                address(d, here + 4)?;
                d.char(b')');
            }
            return Ok(len / 8 * 8);
        }
        (_, b's') => {
            for n in 0..len / 2 {
                separate(d, n, b',');
                put!(d, "{}", d.u16(at + n as usize * 2)?);
            }
            return Ok(len / 2 * 2);
        }
        (_, b'B') => {
            for n in 0..len {
                separate(d, n, b',');
                match d.u8(at + n as usize)? {
                    0 => d.char(b'N'),
                    1 => d.char(b'Y'),
                    other => put!(d, "{other}?"),
                }
            }
        }
        _ => {
            for n in 0..len {
                separate(d, n, b'.');
                put!(d, "{}", d.u8(at + n as usize)?);
            }
        }
    }
    Ok(len)
}

fn separate(d: &mut Dissect<'_>, n: u32, by: u8) {
    if n > 0 {
        d.char(by);
    }
}

fn address(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let address = d.ipv4(at)?;
    d.addr4(address);
    Ok(())
}

fn quoted(d: &mut Dissect<'_>, at: usize, len: u32) {
    d.char(b'"');
    d.text(at, len);
    d.char(b'"');
}

/// Addresses, or numbers of 32 bits.
fn words(d: &mut Dissect<'_>, format: u8, at: usize, len: u32) -> Result<u32, Truncated> {
    for n in 0..len / 4 {
        let here = at + n as usize * 4;
        separate(d, n, b',');
        match format {
            b'i' => address(d, here)?,
            b'L' => put!(d, "{}", d.u32(here)?.cast_signed()),
            _ => put!(d, "{}", d.u32(here)?),
        }
    }
    Ok(len / 4 * 4)
}

fn message_type(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let name = match d.u8(at)? {
        1 => "Discover",
        2 => "Offer",
        3 => "Request",
        4 => "Decline",
        5 => "ACK",
        6 => "NACK",
        7 => "Release",
        8 => "Inform",
        10 => "LeaseQuery",
        11 => "LeaseUnassigned",
        12 => "LeaseUnknown",
        13 => "LeaseActive",
        other => {
            put!(d, "Unknown ({other})");
            return Ok(());
        }
    };
    d.str(name);
    Ok(())
}

/// The names of the options a client asks for, four a line.
fn requested(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    for n in 0..len {
        let tag = d.u8(at + n as usize)?;
        d.str(if n % 4 == 0 { "\n\t      " } else { ", " });
        put!(d, "{} ({tag})", option(tag).1);
    }
    Ok(())
}

/// Options with a format of their own; gives how much of the value was used.
fn special(d: &mut Dissect<'_>, tag: u8, at: usize, len: u32) -> Result<u32, Truncated> {
    let least = match tag {
        NODE_TYPE | OVERLOAD | CLIENT_ID => 1,
        USER_CLASS => 2,
        NAME => 3,
        ROUTES | MICROSOFT_ROUTES => 5,
        _ => 0,
    };
    if len < least {
        put!(d, "[ERROR: length < {least} bytes]");
        return Ok(len);
    }
    match tag {
        NODE_TYPE | OVERLOAD => {
            let name = match (tag, d.u8(at)?) {
                (NODE_TYPE, 1) => "b-node",
                (NODE_TYPE, 2) => "p-node",
                (NODE_TYPE, 4) => "m-node",
                (NODE_TYPE, 8) => "h-node",
                (OVERLOAD, 1) => "file",
                (OVERLOAD, 2) => "sname",
                (OVERLOAD, 3) => "file+sname",
                (_, other) => {
                    put!(d, "#{other}");
                    return Ok(1);
                }
            };
            d.str(name);
            return Ok(1);
        }
        NAME => name(d, at, len)?,
        CLIENT_ID => client_id(d, at, len)?,
        AGENT => return agent(d, at, len),
        USER_CLASS => user_class(d, at, len)?,
        _ => routes(d, at, len)?,
    }
    Ok(len)
}

/// The client's full name (RFC 4702).
fn name(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let flags = d.u8(at)?;
    if flags & 0xf0 != 0 {
        put!(d, "[ERROR: MBZ nibble 0x{:x} != 0] ", flags >> 4);
    }
    if flags & 0x0f != 0 {
        d.char(b'[');
        for (bit, letter) in [(1, b'S'), (2, b'O'), (4, b'E'), (8, b'N')] {
            if flags & bit != 0 {
                d.char(letter);
            }
        }
        d.str("] ");
    }
    let codes = (d.u8(at + 1)?, d.u8(at + 2)?);
    if codes != (0, 0) {
        put!(d, "{}/{} ", codes.0, codes.1);
    }
    quoted(d, at + 3, len - 3);
    Ok(())
}

fn client_id(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    match d.u8(at)? {
        0 => {
            quoted(d, at + 1, len - 1);
            return Ok(());
        }
        1 => d.str("ether "),
        6 => d.str("ieee802 "),
        7 => d.str("arcnet "),
        15 => d.str("frelay "),
        23 => d.str("strip "),
        24 => d.str("ieee1394 "),
        other => put!(d, "hardware-type {other}, "),
    }
    for n in 1..len {
        separate(d, n - 1, b':');
        put!(d, "{:02x}", d.u8(at + n as usize)?);
    }
    Ok(())
}

/// What a relay agent adds (RFC 3046).
fn agent(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<u32, Truncated> {
    let mut used = 0;
    while used + 2 <= len {
        let here = at + used as usize;
        let (code, size) = (d.u8(here)?, u32::from(d.u8(here + 1)?));
        used += 2;
        let name = match code {
            1 => "Circuit-ID",
            2 => "Remote-ID",
            6 => "Subscriber-ID",
            _ => "Unknown",
        };
        put!(d, "\n\t      {name} SubOption {code}, length {size}: ");
        if size > len - used {
            d.str("length goes past end of option");
            return Ok(len);
        }
        if matches!(code, 1 | 2 | 6) {
            d.text(here + 2, size);
        } else {
            d.unknown_data(here + 2, "\n\t\t", size);
        }
        used += size;
    }
    Ok(used)
}

/// Kinds of users (RFC 3004).
fn user_class(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let mut used = 0;
    let mut number = 1;
    while used < len {
        let size = u32::from(d.u8(at + used as usize)?);
        used += 1;
        put!(d, "\n\t      instance#{number}: ");
        if size == 0 {
            d.str("[ERROR: suboption length must be non-zero]");
            break;
        }
        if len - used < size {
            d.str("[ERROR: invalid option]");
            break;
        }
        quoted(d, at + used as usize, size);
        put!(d, ", length {size}");
        used += size;
        number += 1;
    }
    Ok(())
}

/// Routes with a mask of any length (RFC 3442).
fn routes(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let mut used = 0;
    while used < len {
        separate(d, used, b',');
        let width = u32::from(d.u8(at + used as usize)?);
        used += 1;
        if width > 32 {
            put!(d, "[ERROR: Mask width ({width}) > 32]");
            break;
        }
        let octets = width.div_ceil(8);
        if len - used < octets + 4 {
            put!(d, "[ERROR: Remaining length ({}) < {} bytes]", len - used, octets + 4);
            break;
        }
        d.char(b'(');
        if width == 0 {
            d.str("default");
        } else {
            for n in 0..4 {
                separate(d, n, b'.');
                let octet = if n < octets { d.u8(at + (used + n) as usize)? } else { 0 };
                d.dec(octet);
            }
            put!(d, "/{width}");
        }
        used += octets;
        d.char(b':');
        address(d, at + used as usize)?;
        d.char(b')');
        used += 4;
    }
    Ok(())
}

const PAD: u8 = 0;
const NODE_TYPE: u8 = 46;
const OVERLOAD: u8 = 52;
const MESSAGE_TYPE: u8 = 53;
const REQUESTED: u8 = 55;
const CLIENT_ID: u8 = 61;
const USER_CLASS: u8 = 77;
const NAME: u8 = 81;
const AGENT: u8 = 82;
const ROUTES: u8 = 121;
const MICROSOFT_ROUTES: u8 = 249;
const END: u8 = 255;

/// Format and name of an option. Formats: `i` addresses, `p` pairs of them, `l` and `L`
/// numbers of 32 bits without and with sign, `s` of 16 bits, `b` bytes, `B` yes or no, `a`
/// text, `$` its own, a space none.
fn option(tag: u8) -> (u8, &'static str) {
    match tag {
        0 => (b' ', "PAD"),
        1 => (b'i', "Subnet-Mask"),
        2 => (b'L', "Time-Zone"),
        3 => (b'i', "Default-Gateway"),
        4 => (b'i', "Time-Server"),
        5 => (b'i', "IEN-Name-Server"),
        6 => (b'i', "Domain-Name-Server"),
        7 => (b'i', "LOG"),
        8 => (b'i', "CS"),
        9 => (b'i', "LPR-Server"),
        10 => (b'i', "IM"),
        11 => (b'i', "RL"),
        12 => (b'a', "Hostname"),
        13 => (b's', "BS"),
        14 => (b'a', "DP"),
        15 => (b'a', "Domain-Name"),
        16 => (b'i', "SS"),
        17 => (b'a', "RP"),
        18 => (b'a', "EP"),
        19 => (b'B', "IPF"),
        20 => (b'B', "SRT"),
        21 => (b'p', "PF"),
        22 => (b's', "RSZ"),
        23 => (b'b', "TTL"),
        24 => (b'l', "MTU-Timeout"),
        25 => (b's', "MTU-Table"),
        26 => (b's', "MTU"),
        27 => (b'B', "LSN"),
        28 => (b'i', "BR"),
        29 => (b'B', "MD"),
        30 => (b'B', "MS"),
        31 => (b'B', "Router-Discovery"),
        32 => (b'i', "RSA"),
        33 => (b'p', "Static-Route"),
        34 => (b'B', "UT"),
        35 => (b'l', "AT"),
        36 => (b'B', "IE"),
        37 => (b'b', "TT"),
        38 => (b'l', "KI"),
        39 => (b'B', "KG"),
        40 => (b'a', "YD"),
        41 => (b'i', "YS"),
        42 => (b'i', "NTP"),
        43 => (b'b', "Vendor-Option"),
        44 => (b'i', "Netbios-Name-Server"),
        45 => (b'i', "WDD"),
        46 => (b'$', "Netbios-Node"),
        47 => (b'a', "Netbios-Scope"),
        48 => (b'i', "XFS"),
        49 => (b'i', "XDM"),
        50 => (b'i', "Requested-IP"),
        51 => (b'l', "Lease-Time"),
        52 => (b'$', "OO"),
        53 => (b' ', "DHCP-Message"),
        54 => (b'i', "Server-ID"),
        55 => (b'b', "Parameter-Request"),
        56 => (b'a', "MSG"),
        57 => (b's', "MSZ"),
        58 => (b'l', "RN"),
        59 => (b'l', "RB"),
        60 => (b'a', "Vendor-Class"),
        61 => (b'$', "Client-ID"),
        64 => (b's', "N+D"),
        65 => (b'i', "N+S"),
        66 => (b'a', "TFTP"),
        67 => (b'a', "BF"),
        68 => (b'i', "MH"),
        69 => (b'i', "SMTP"),
        70 => (b'i', "POP3"),
        71 => (b'i', "NNTP"),
        72 => (b'i', "WWW"),
        73 => (b'i', "FG"),
        74 => (b'i', "IRC"),
        75 => (b'i', "STS"),
        76 => (b'i', "STDA"),
        77 => (b'$', "User-Class"),
        78 => (b'b', "SLP-DA"),
        79 => (b'b', "SLP-SCOPE"),
        80 => (b'a', "SLP-NA"),
        81 => (b'$', "FQDN"),
        82 => (b'$', "Agent-Information"),
        83 => (b'b', "ARMT"),
        88 => (b'a', "TZSTR"),
        89 => (b'b', "FQDNS"),
        90 => (b'b', "AUTH"),
        91 => (b'L', "Last-Transaction-Time"),
        92 => (b'i', "Associated-IP"),
        93 => (b's', "ARCH"),
        94 => (b'b', "NDI"),
        95 => (b'a', "LDAP"),
        97 => (b'b', "GUID"),
        98 => (b'a', "UAP"),
        100 => (b'a', "POSIX-TZ"),
        101 => (b'a', "TZ-Name"),
        112 => (b'i', "NI"),
        113 => (b'a', "NITAG"),
        114 => (b'a', "URL"),
        116 => (b'B', "NOAUTO"),
        117 => (b's', "NSSEARCH"),
        118 => (b'i', "SUBNET"),
        121 => (b'$', "Classless-Static-Route"),
        150 => (b'i', "TFTP-Server-Address"),
        161 => (b'a', "MUD-URL"),
        249 => (b'$', "Classless-Static-Route-Microsoft"),
        255 => (b' ', "END"),
        _ => (b'?', "Unknown"),
    }
}
