//! DHCP options (RFC 2132 and later): names and formats.
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Prints the options at `at`, behind their magic number.
pub(in crate::print) fn options(d: &mut Dissect<'_>, mut at: usize) -> Result<(), Stop> {
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
        d.check(at, len as usize)?;
        let used = value(d, tag, format, at, len)?;
        if used < len {
            put!(d, "\n\t  trailing data length {}", len - used);
        }
        at += len as usize;
    }
    Ok(())
}

/// Prints the value of an option, all of which was captured; gives how much of it was used.
fn value(d: &mut Dissect<'_>, tag: u8, format: Format, at: usize, len: u32) -> Result<u32, Truncated> {
    let format = match format {
        // What is not known is shown by its length.
        Format::Unknown if len % 2 == 1 => Format::Octets,
        Format::Unknown if len % 4 == 2 => Format::Shorts,
        Format::Unknown => Format::Longs,
        known => known,
    };
    match (tag, format) {
        (MESSAGE_TYPE, _) if len == 1 => message_type(d, at)?,
        (REQUESTED, _) => requested(d, at, len)?,
        (_, Format::Special) => return special(d, tag, at, len),
        (_, Format::Text) => quoted(d, at, len),
        (_, Format::Addresses | Format::Longs | Format::SignedLongs) => return words(d, format, at, len),
        (_, Format::AddressPairs) => {
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
        (_, Format::Shorts) => {
            for n in 0..len / 2 {
                separate(d, n, b',');
                put!(d, "{}", d.u16(at + n as usize * 2)?);
            }
            return Ok(len / 2 * 2);
        }
        (_, Format::Booleans) => {
            for n in 0..len {
                separate(d, n, b',');
                match d.u8(at + n as usize)? {
                    0 => d.char(b'N'),
                    1 => d.char(b'Y'),
                    other => put!(d, "{other}?"),
                }
            }
        }
        (_, Format::Octets | Format::None | Format::Unknown) => {
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
fn words(d: &mut Dissect<'_>, format: Format, at: usize, len: u32) -> Result<u32, Truncated> {
    for n in 0..len / 4 {
        let here = at + n as usize * 4;
        separate(d, n, b',');
        match format {
            Format::Addresses => address(d, here)?,
            Format::SignedLongs => put!(d, "{}", d.u32(here)?.cast_signed()),
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

/// What an option's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// There is none.
    None,
    /// Not known: told by its length.
    Unknown,
    /// Numbers of 8 bits, with dots between them.
    Octets,
    /// Numbers of 16 bits.
    Shorts,
    /// Numbers of 32 bits.
    Longs,
    /// Numbers of 32 bits with a sign.
    SignedLongs,
    /// `Y` or `N`, a byte each.
    Booleans,
    /// In quotation marks.
    Text,
    /// IPv4 addresses.
    Addresses,
    /// Pairs of them.
    AddressPairs,
    /// One of its own: [`special`].
    Special,
}

/// Format and name of an option.
fn option(tag: u8) -> (Format, &'static str) {
    use Format as F;
    match tag {
        0 => (F::None, "PAD"),
        1 => (F::Addresses, "Subnet-Mask"),
        2 => (F::SignedLongs, "Time-Zone"),
        3 => (F::Addresses, "Default-Gateway"),
        4 => (F::Addresses, "Time-Server"),
        5 => (F::Addresses, "IEN-Name-Server"),
        6 => (F::Addresses, "Domain-Name-Server"),
        7 => (F::Addresses, "LOG"),
        8 => (F::Addresses, "CS"),
        9 => (F::Addresses, "LPR-Server"),
        10 => (F::Addresses, "IM"),
        11 => (F::Addresses, "RL"),
        12 => (F::Text, "Hostname"),
        13 => (F::Shorts, "BS"),
        14 => (F::Text, "DP"),
        15 => (F::Text, "Domain-Name"),
        16 => (F::Addresses, "SS"),
        17 => (F::Text, "RP"),
        18 => (F::Text, "EP"),
        19 => (F::Booleans, "IPF"),
        20 => (F::Booleans, "SRT"),
        21 => (F::AddressPairs, "PF"),
        22 => (F::Shorts, "RSZ"),
        23 => (F::Octets, "TTL"),
        24 => (F::Longs, "MTU-Timeout"),
        25 => (F::Shorts, "MTU-Table"),
        26 => (F::Shorts, "MTU"),
        27 => (F::Booleans, "LSN"),
        28 => (F::Addresses, "BR"),
        29 => (F::Booleans, "MD"),
        30 => (F::Booleans, "MS"),
        31 => (F::Booleans, "Router-Discovery"),
        32 => (F::Addresses, "RSA"),
        33 => (F::AddressPairs, "Static-Route"),
        34 => (F::Booleans, "UT"),
        35 => (F::Longs, "AT"),
        36 => (F::Booleans, "IE"),
        37 => (F::Octets, "TT"),
        38 => (F::Longs, "KI"),
        39 => (F::Booleans, "KG"),
        40 => (F::Text, "YD"),
        41 => (F::Addresses, "YS"),
        42 => (F::Addresses, "NTP"),
        43 => (F::Octets, "Vendor-Option"),
        44 => (F::Addresses, "Netbios-Name-Server"),
        45 => (F::Addresses, "WDD"),
        46 => (F::Special, "Netbios-Node"),
        47 => (F::Text, "Netbios-Scope"),
        48 => (F::Addresses, "XFS"),
        49 => (F::Addresses, "XDM"),
        50 => (F::Addresses, "Requested-IP"),
        51 => (F::Longs, "Lease-Time"),
        52 => (F::Special, "OO"),
        53 => (F::None, "DHCP-Message"),
        54 => (F::Addresses, "Server-ID"),
        55 => (F::Octets, "Parameter-Request"),
        56 => (F::Text, "MSG"),
        57 => (F::Shorts, "MSZ"),
        58 => (F::Longs, "RN"),
        59 => (F::Longs, "RB"),
        60 => (F::Text, "Vendor-Class"),
        61 => (F::Special, "Client-ID"),
        64 => (F::Shorts, "N+D"),
        65 => (F::Addresses, "N+S"),
        66 => (F::Text, "TFTP"),
        67 => (F::Text, "BF"),
        68 => (F::Addresses, "MH"),
        69 => (F::Addresses, "SMTP"),
        70 => (F::Addresses, "POP3"),
        71 => (F::Addresses, "NNTP"),
        72 => (F::Addresses, "WWW"),
        73 => (F::Addresses, "FG"),
        74 => (F::Addresses, "IRC"),
        75 => (F::Addresses, "STS"),
        76 => (F::Addresses, "STDA"),
        77 => (F::Special, "User-Class"),
        78 => (F::Octets, "SLP-DA"),
        79 => (F::Octets, "SLP-SCOPE"),
        80 => (F::Text, "SLP-NA"),
        81 => (F::Special, "FQDN"),
        82 => (F::Special, "Agent-Information"),
        83 => (F::Octets, "ARMT"),
        88 => (F::Text, "TZSTR"),
        89 => (F::Octets, "FQDNS"),
        90 => (F::Octets, "AUTH"),
        91 => (F::SignedLongs, "Last-Transaction-Time"),
        92 => (F::Addresses, "Associated-IP"),
        93 => (F::Shorts, "ARCH"),
        94 => (F::Octets, "NDI"),
        95 => (F::Text, "LDAP"),
        97 => (F::Octets, "GUID"),
        98 => (F::Text, "UAP"),
        100 => (F::Text, "POSIX-TZ"),
        101 => (F::Text, "TZ-Name"),
        112 => (F::Addresses, "NI"),
        113 => (F::Text, "NITAG"),
        114 => (F::Text, "URL"),
        116 => (F::Booleans, "NOAUTO"),
        117 => (F::Shorts, "NSSEARCH"),
        118 => (F::Addresses, "SUBNET"),
        121 => (F::Special, "Classless-Static-Route"),
        150 => (F::Addresses, "TFTP-Server-Address"),
        161 => (F::Text, "MUD-URL"),
        249 => (F::Special, "Classless-Static-Route-Microsoft"),
        255 => (F::None, "END"),
        _ => (F::Unknown, "Unknown"),
    }
}
