//! What two ends of a PPP line agree on (RFC 1661, RFC 1332, RFC 5072, RFC 1962, RFC 2125).
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::link::ppp;
use crate::wire::PppProtocol;

const COMPRESSION: u16 = PppProtocol::CCP.0;
const BANDWIDTH: u16 = PppProtocol::BACP.0;
const IPV4: u16 = PppProtocol::IPCP.0;
const IPV6: u16 = PppProtocol::IPV6CP.0;
const LINK: u16 = PppProtocol::LCP.0;

/// Prints the options at `at` of a message of `len` bytes with its header of four.
pub(in crate::print) fn options(
    d: &mut Dissect<'_>,
    protocol: u16,
    mut at: usize,
    len: u32,
) -> Result<(), Truncated> {
    let title = match protocol {
        LINK => "lcp",
        IPV4 => "ipcp",
        IPV6 => "ip6cp",
        COMPRESSION => "ccp",
        BANDWIDTH => "bacp",
        _ => return Ok(()),
    };
    let mut left = len - 4;
    loop {
        if !d.has(at, 2) {
            put!(d, "[|{title}]");
            return Ok(());
        }
        // The header is forgotten here, as in tcpdump.
        let size = u32::from(d.u8(at + 1)?);
        if len < size || d.attempt(|d| option(d, protocol, at, size))?.is_none() {
            return Ok(());
        }
        if left < size {
            put!(d, " [remaining options length {left} < {size}]");
            d.invalid();
            return Ok(());
        }
        left -= size;
        at += size as usize;
        if left == 0 {
            return Ok(());
        }
    }
}

/// What to do after the value of an option.
enum After {
    /// Show its bytes, from two after this on, with `-vv`.
    Known(usize),
    /// Show them always.
    Unknown,
    /// Go on with the next one.
    Next,
}

/// Prints one option of `len` bytes; stops if it is the last to be looked at.
fn option(d: &mut Dissect<'_>, protocol: u16, at: usize, len: u32) -> Result<(), Stop> {
    let kind = d.u8(at)?;
    let name = match option_name(protocol, kind) {
        Some(name) => name,
        None if protocol == LINK => {
            put!(d, "\n\tunknown LCP option 0x{kind:02x}");
            return if len < 2 { Err(Stop::Done) } else { Ok(()) };
        }
        None if matches!(protocol, COMPRESSION | BANDWIDTH) => "Unknown",
        None => "unknown",
    };
    put!(d, "\n\t  {name} Option (0x{kind:02x}), length {len}");
    if len < 2 {
        d.str(" (length bogus, should be >= 2)");
        return Err(Stop::Done);
    }
    let after = match protocol {
        LINK => link(d, kind, at, len)?,
        IPV4 => ipv4(d, kind, at, len)?,
        IPV6 => interface(d, kind, at, len)?,
        COMPRESSION => compression(d, kind, at, len)?,
        _ => favoured_peer(d, kind, at, len)?,
    };
    let from = match after {
        After::Known(from) => (d.verbose() > 1).then_some(from),
        After::Unknown => Some(at),
        After::Next => None,
    };
    if let Some(from) = from {
        d.unknown_data(from + 2, "\n\t    ", len - 2);
    }
    Ok(())
}

/// Says what length an option should have; the next one is printed.
fn bogus(d: &mut Dissect<'_>, wanted: &str) -> Result<After, Stop> {
    put!(d, " (length bogus, should be {wanted})");
    Ok(After::Next)
}

/// Says what length an option should have, and ends the list.
fn fatal(d: &mut Dissect<'_>, wanted: &str) -> Result<After, Stop> {
    put!(d, " (length bogus, should be {wanted})");
    Err(Stop::Done)
}

fn link(d: &mut Dissect<'_>, kind: u8, at: usize, len: u32) -> Result<After, Stop> {
    match kind {
        0 if len < 6 => return bogus(d, ">= 6"),
        0 => {
            let vendor = d.u24(at + 2)?;
            put!(d, ": Vendor: {} ({vendor})", number::oui(vendor).unwrap_or("Unknown"));
        }
        1 if len != 4 => return bogus(d, "= 4"),
        2 if len != 6 => return bogus(d, "= 6"),
        3 if len < 4 => return bogus(d, ">= 4"),
        3 => authentication(d, at, len)?,
        4 if len < 4 => return fatal(d, ">= 4"),
        4 => d.str(if PppProtocol(d.u16(at + 2)?) == PppProtocol::LQR { ": LQR" } else { ": unknown" }),
        5 if len != 6 => return fatal(d, "= 6"),
        7 | 8 => {}
        13 if len < 3 => return fatal(d, ">= 3"),
        13 => {
            d.str(": ");
            let operation = d.u8(at + 2)?;
            let name = match operation {
                0 => "UserAuth",
                1 => "DialString",
                2 => "LocalID",
                3 => "E.164",
                4 => "X.500",
                6 => "CBCP",
                _ => "Unknown",
            };
            put!(d, ": Callback Operation {name} ({operation})");
        }
        17 | 23 if len != 4 => return fatal(d, "= 4"),
        1 | 17 => put!(d, ": {}", d.u16(at + 2)?),
        2 | 5 => put!(d, ": 0x{:08x}", d.u32(at + 2)?),
        23 => put!(d, ": 0x{:04x}", d.u16(at + 2)?),
        19 if len < 3 => return fatal(d, ">= 3"),
        19 => return endpoint(d, at, len),
        _ => return Ok(After::Unknown),
    }
    Ok(After::Known(at))
}

fn authentication(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let protocol = d.u16(at + 2)?;
    // tcpdump means to print the number of an unknown one, but does not.
    put!(d, ": {}", ppp::name(protocol).unwrap_or("Unknown Auth Proto (0x04x)"));
    match PppProtocol(protocol) {
        PppProtocol::CHAP => match d.u8(at + 4)? {
            5 => d.str(", MD5"),
            128 => d.str(", MS-CHAPv1"),
            129 => d.str(", MS-CHAPv2"),
            other => put!(d, ", Unknown Auth Alg {other}"),
        },
        PppProtocol::PAP | PppProtocol::EAP | PppProtocol::SPAP | PppProtocol::SPAP_OLD => {}
        _ => d.unknown_data(at, "\n\t", len),
    }
    Ok(())
}

/// Which end of a bundle of lines this is.
fn endpoint(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<After, Stop> {
    match d.u8(at + 2)? {
        0 => d.str(": Null"),
        1 => d.str(": Local"),
        2 if len != 7 => return fatal(d, "= 7"),
        2 => {
            let address = d.ipv4(at + 3)?;
            d.str(": IPv4 ");
            d.addr4(address);
        }
        3 if len != 9 => return fatal(d, "= 9"),
        3 => {
            let address = d.mac(at + 3)?;
            d.str(": MAC ");
            d.mac_addr(address);
        }
        4 => d.str(": Magic-Num-Block"),
        5 => d.str(": PSNDN"),
        other => put!(d, ": Unknown class {other}"),
    }
    Ok(After::Known(at))
}

fn ipv4(d: &mut Dissect<'_>, kind: u8, at: usize, len: u32) -> Result<After, Stop> {
    match kind {
        1 if len != 10 => return bogus(d, "= 10"),
        1 => {
            let (from, to) = (d.ipv4(at + 2)?, d.ipv4(at + 6)?);
            d.str(": src ");
            d.addr4(from);
            d.str(", dst ");
            d.addr4(to);
        }
        2 if len < 4 => return fatal(d, ">= 4"),
        2 => return header_compression(d, at, len),
        3 | 4 | 129..=132 if len != 6 => return fatal(d, "= 6"),
        3 | 4 | 129..=132 => {
            let address = d.ipv4(at + 2)?;
            d.str(": ");
            d.addr4(address);
        }
        _ => return Ok(After::Unknown),
    }
    Ok(After::Known(at))
}

/// Length of the option for RFC 3544 without options of its own.
const HEADER_COMPRESSION: u32 = 14;

fn header_compression(d: &mut Dissect<'_>, mut at: usize, len: u32) -> Result<After, Stop> {
    let protocol = d.u16(at + 2)?;
    let name = match protocol {
        0x2d => "VJ-Comp",
        0x61 => "IP Header Compression",
        _ => "Unknown",
    };
    put!(d, ": {name} (0x{protocol:02x}):");
    if protocol != 0x61 {
        return Ok(After::Known(at));
    }
    if len < HEADER_COMPRESSION {
        return fatal(d, ">= 14");
    }
    if !d.has(at + 2, HEADER_COMPRESSION as usize) {
        d.str("[|ipcp]");
        return Err(Stop::Done);
    }
    let names = ["\n\t    TCP Space", ", non-TCP Space", ", maxPeriod", ", maxTime", ", maxHdr"];
    for (n, name) in names.into_iter().enumerate() {
        put!(d, "{name} {}", d.u16(at + 4 + 2 * n)?);
    }
    let mut left = len - HEADER_COMPRESSION;
    if left == 0 {
        return Ok(After::Known(at));
    }
    at += HEADER_COMPRESSION as usize;
    put!(d, "\n\t      Suboptions, length {left}");
    while left >= 2 {
        if !d.has(at, 2) {
            d.str("[|ipcp]");
            return Err(Stop::Done);
        }
        let (kind, size) = (d.u8(at)?, u32::from(d.u8(at + 1)?));
        if kind == 0 || size == 0 {
            break;
        }
        let name = match kind {
            1 => "RTP-Compression",
            2 => "Enhanced RTP-Compression",
            _ => "Unknown",
        };
        put!(d, "\n\t\t{name} Suboption #{kind}, length {size}");
        if left < size {
            put!(d, " [remaining suboptions length {left} < {size}]");
            d.invalid();
            break;
        }
        left -= size;
        at += size as usize;
    }
    Ok(After::Known(at))
}

fn interface(d: &mut Dissect<'_>, kind: u8, at: usize, len: u32) -> Result<After, Stop> {
    if kind != 1 {
        return Ok(After::Unknown);
    }
    if len != 10 {
        return bogus(d, "= 10");
    }
    if !d.has(at + 2, 8) {
        d.str("[|ip6cp]");
        return Err(Stop::Done);
    }
    for n in 0..4 {
        d.str(if n == 0 { ": " } else { ":" });
        put!(d, "{:04x}", d.u16(at + 2 + 2 * n)?);
    }
    Ok(After::Known(at))
}

fn compression(d: &mut Dissect<'_>, kind: u8, at: usize, len: u32) -> Result<After, Stop> {
    match kind {
        21 if len < 3 => return bogus(d, ">= 3"),
        24 | 26 if len < 4 => return bogus(d, ">= 4"),
        21 => {
            let value = d.u8(at + 2)?;
            put!(d, ": Version: {}, Dictionary Bits: {}", value >> 5, value & 0x1f);
        }
        24 => {
            let (value, context) = (d.u8(at + 2)?, d.u8(at + 3)?);
            let per_packet = if value & 0x20 == 0 { "Disabled" } else { "Enabled" };
            put!(
                d,
                ": Features: {}, PxP: {per_packet}, History: {}, #CTX-ID: {context}",
                value >> 6,
                value & 0x1f
            );
        }
        26 => {
            let (value, check) = (d.u8(at + 2)?, d.u8(at + 3)?);
            let (window, method) = (value >> 4, value & 0xf);
            let name = if method == 8 { "zlib" } else { "unknown" };
            put!(
                d,
                ": Window: {window}K, Method: {name} (0x{method:x}), MBZ: {}, CHK: {}",
                check >> 2,
                check & 3
            );
        }
        _ => return Ok(After::Unknown),
    }
    Ok(After::Known(at))
}

fn favoured_peer(d: &mut Dissect<'_>, kind: u8, at: usize, len: u32) -> Result<After, Stop> {
    if kind != 1 {
        return Ok(After::Unknown);
    }
    if len != 6 {
        return bogus(d, "= 6");
    }
    put!(d, ": Magic-Num 0x{:08x}", d.u32(at + 2)?);
    Ok(After::Known(at))
}

/// Options of the link itself, by number.
const LINK_OPTIONS: [&str; 31] = [
    "Vend-Ext",
    "MRU",
    "ACCM",
    "Auth-Prot",
    "Qual-Prot",
    "Magic-Num",
    "deprecated(6)",
    "PFC",
    "ACFC",
    "FCS-Alt",
    "SDP",
    "Num-Mode",
    "deprecated(12)",
    "Call-Back",
    "deprecated(14)",
    "deprecated(15)",
    "deprecated(16)",
    "MRRU",
    "12-Bit seq #",
    "End-Disc",
    "Proprietary",
    "DCE-Id",
    "MP+",
    "Link-Disc",
    "LCP-Auth-Opt",
    "COBS",
    "Prefix-elision",
    "Multilink-header-Form",
    "I18N",
    "SDL-over-SONET/SDH",
    "PPP-Muxing",
];

fn option_name(protocol: u16, kind: u8) -> Option<&'static str> {
    Some(match (protocol, kind) {
        (LINK, _) => LINK_OPTIONS.get(usize::from(kind))?,
        (IPV4, 1) => "IP-Addrs",
        (IPV4, 2) => "IP-Comp",
        (IPV4, 3) => "IP-Addr",
        (IPV4, 4) => "Home-Addr",
        (IPV4, 129) => "Pri-DNS",
        (IPV4, 130) => "Pri-NBNS",
        (IPV4, 131) => "Sec-DNS",
        (IPV4, 132) => "Sec-NBNS",
        (IPV6, 1) => "Interface-ID",
        (COMPRESSION, 0) => "OUI",
        (COMPRESSION, 1) => "Pred-1",
        (COMPRESSION, 2) => "Pred-2",
        (COMPRESSION, 3) => "Puddle",
        (COMPRESSION, 16) => "HP-PPC",
        (COMPRESSION, 17) => "Stac-LZS",
        (COMPRESSION, 18) => "MPPC",
        (COMPRESSION, 19) => "Gand-FZA",
        (COMPRESSION, 20) => "V.42bis",
        (COMPRESSION, 21) => "BSD-Comp",
        (COMPRESSION, 23) => "LZS-DCP",
        (COMPRESSION, 24) => "MVRCA",
        (COMPRESSION, 25) => "DEC",
        (COMPRESSION, 26) => "Deflate",
        (COMPRESSION, 255) => "Reserved",
        (BANDWIDTH, 1) => "Favored-Peer",
        _ => return None,
    })
}
