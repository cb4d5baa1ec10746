//! LLDP (IEEE 802.1AB), by which neighbours on an Ethernet tell who they are.
pub(in crate::print) mod bridge;
pub(in crate::print) mod device;

use crate::print::dissect::flags::push_bits;
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Known, Stop, Truncated, put};

/// Prints a frame's payload of `len` bytes at `at`.
pub(in crate::print) fn lldp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "lldp";
    put!(d, "LLDP, length {len}");
    elements(d, at, len).or_else(|stop| d.stop(stop))
}

fn elements(d: &mut Dissect<'_>, mut at: usize, len: u32) -> Result<(), Stop> {
    let mut left = len;
    while left >= 2 {
        d.check(at, 2)?;
        let head = d.u16(at)?;
        let (kind, size) = (head >> 9, u32::from(head & 0x1ff));
        at += 2;
        left -= 2;
        if d.verbose() > 0 {
            put!(d, "\n\t{} TLV ({kind}), length {size}", element_name(kind));
        }
        if kind == 0 || size == 0 {
            break;
        }
        d.check(at, size as usize)?;
        at_least(left, size)?;
        let known = element(d, kind, at, size)?;
        if d.verbose() > 1 || d.verbose() > 0 && known == Known::No {
            d.unknown_data(at, "\n\t  ", size);
        }
        left -= size;
        at += size as usize;
    }
    Ok(())
}

/// What is said where an element is too short for what it must hold.
fn at_least(len: u32, need: u32) -> Result<(), Stop> {
    if len < need { Err(Stop::Missing) } else { Ok(()) }
}

fn element_name(kind: u16) -> &'static str {
    match kind {
        0 => "End",
        1 => "Chassis ID",
        2 => "Port ID",
        3 => "Time to Live",
        4 => "Port Description",
        5 => "System Name",
        6 => "System Description",
        7 => "System Capabilities",
        8 => "Management Address",
        127 => "Organization specific",
        _ => "Unknown",
    }
}

/// How an identifier is to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Mac,
    Network,
}

/// Prints an element of `len` bytes at `at`.
fn element(d: &mut Dissect<'_>, kind: u16, at: usize, len: u32) -> Result<Known, Stop> {
    let known = if matches!(kind, 1..=8 | 127) { Known::Yes } else { Known::No };
    if d.verbose() == 0 && kind != 5 || known == Known::No {
        return Ok(known);
    }
    match kind {
        1 | 2 => {
            at_least(len, 2)?;
            let subtype = d.u8(at)?;
            let (name, form) = if kind == 1 { chassis(subtype) } else { port(subtype) };
            put!(d, "\n\t  Subtype {name} ({subtype}): ");
            return identifier(d, form, at + 1, len - 1);
        }
        3 => {
            at_least(len, 2)?;
            put!(d, ": TTL {}s", d.u16(at)?);
        }
        4 | 5 => {
            d.str(": ");
            d.padded_text(at, len as usize)?;
        }
        6 => {
            d.str("\n\t  ");
            d.padded_text(at, len as usize)?;
        }
        7 => {
            at_least(len, 4)?;
            capabilities(d, " Capabilities", "System ", at)?;
            capabilities(d, "Capabilities", "Enabled ", at + 2)?;
        }
        8 => management(d, at, len)?,
        _ => {
            at_least(len, 3)?;
            let organisation = d.u24(at)?;
            put!(d, ": OUI {} (0x{organisation:06x})", number::oui(organisation).unwrap_or("Unknown"));
            return Ok(match organisation {
                0x00_80c2 => bridge::ieee_bridge(d, at, len)?,
                0x00_120f => device::ieee_medium(d, at, len)?,
                0x00_005e => device::assigned_numbers(d, at, len)?,
                0x00_12bb => device::media_endpoint(d, at, len)?,
                0x00_1b21 => bridge::data_centre(d, at, len)?,
                _ => Known::No,
            });
        }
    }
    Ok(Known::Yes)
}

fn chassis(subtype: u8) -> (&'static str, Option<Form>) {
    let (name, form) = match subtype {
        1 => ("Chassis component", Form::Text),
        2 => ("Interface alias", Form::Text),
        3 => ("Port component", Form::Text),
        4 => ("MAC address", Form::Mac),
        5 => ("Network address", Form::Network),
        6 => ("Interface name", Form::Text),
        7 => ("Local", Form::Text),
        _ => return ("Unknown", None),
    };
    (name, Some(form))
}

fn port(subtype: u8) -> (&'static str, Option<Form>) {
    let (name, form) = match subtype {
        1 => ("Interface alias", Form::Text),
        2 => ("Port component", Form::Text),
        3 => ("MAC address", Form::Mac),
        4 => ("Network Address", Form::Network),
        5 => ("Interface Name", Form::Text),
        6 => ("Agent circuit ID", Form::Text),
        7 => ("Local", Form::Text),
        _ => return ("Unknown", None),
    };
    (name, Some(form))
}

fn identifier(d: &mut Dissect<'_>, form: Option<Form>, at: usize, len: u32) -> Result<Known, Stop> {
    match form {
        None => return Ok(Known::No),
        Some(Form::Mac) => {
            at_least(len, 6)?;
            let address = d.mac(at)?;
            d.mac_addr(address);
        }
        Some(Form::Text) => d.padded_text(at, len as usize)?,
        Some(Form::Network) => network_address(d, at, len)?,
    }
    Ok(Known::Yes)
}

fn capabilities(d: &mut Dissect<'_>, title: &str, which: &str, at: usize) -> Result<(), Truncated> {
    let bits = d.u16(at)?;
    put!(d, "\n\t  {which}{title} [");
    push_bits(
        d,
        bits.into(),
        &[
            (0x01, "Other"),
            (0x02, "Repeater"),
            (0x04, "Bridge"),
            (0x08, "WLAN AP"),
            (0x10, "Router"),
            (0x20, "Telephone"),
            (0x40, "Docsis"),
            (0x80, "Station Only"),
        ],
    );
    put!(d, "] (0x{bits:04x})");
    Ok(())
}

/// Prints an address of `len` bytes with its family.
fn network_address(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    at_least(len, 1)?;
    let family = d.u8(at)?;
    let need = match family {
        1 => 4,
        2 => 16,
        6 => 6,
        _ => 0,
    };
    at_least(len - 1, need)?;
    put!(d, "AFI {} ({family})", family_name(family));
    let at = at + 1;
    d.str(if need == 0 { ", no AF printer !" } else { ": " });
    match family {
        1 => {
            let address = d.ipv4(at)?;
            d.addr4(address);
        }
        2 => {
            let address = d.ipv6(at)?;
            d.addr6(address);
        }
        6 => {
            let address = d.mac(at)?;
            d.mac_addr(address);
        }
        _ => {}
    }
    Ok(())
}

/// Address families of the Internet Assigned Numbers Authority.
fn family_name(family: u8) -> &'static str {
    const NAMES: [&str; 16] = [
        "Reserved",
        "IPv4",
        "IPv6",
        "NSAP",
        "HDLC",
        "BBN 1822",
        "802",
        "E.163",
        "E.164",
        "F.69",
        "X.121",
        "Novell IPX",
        "Appletalk",
        "Decnet IV",
        "Banyan Vines",
        "E.164 with NSAP subaddress",
    ];
    match family {
        25 => "VPLS",
        196 => "Layer-2 VPN",
        _ => NAMES.get(usize::from(family)).unwrap_or(&"Unknown"),
    }
}

fn management(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    let size = u32::from(d.u8(at)?);
    let (mut at, mut left) = (at + 1, len - 1);
    at_least(left, size)?;
    let start = d.out.len();
    put!(d, "\n\t  Management Address length {size}, ");
    let address = network_address(d, at, size);
    if address == Err(Stop::Missing) {
        d.out.truncate(start);
    }
    address?;
    at += size as usize;
    left -= size;
    at_least(left, 5)?;
    let (subtype, index) = (d.u8(at)?, d.u32(at + 1)?);
    let name = match subtype {
        2 => "Interface Index",
        3 => "System Port Number",
        _ => "Unknown",
    };
    put!(d, "\n\t  {name} Interface Numbering ({subtype}): {index}");
    at += 5;
    left -= 5;
    if left > 0 {
        let size = d.u8(at)?;
        at_least(left, 1 + u32::from(size))?;
        if size > 0 {
            put!(d, "\n\t  OID length {size}");
            d.padded_text(at + 1, size.into())?;
        }
    }
    Ok(())
}

/// The name at `index`, or `unknown`.
pub(in crate::print) fn name(names: &[&'static str], index: impl Into<usize>) -> &'static str {
    names.get(index.into()).filter(|name| !name.is_empty()).copied().unwrap_or("unknown")
}

/// Prints what an organisation's element is about; gives its subtype.
pub(in crate::print) fn subtype(
    d: &mut Dissect<'_>,
    names: &[&'static str],
    at: usize,
) -> Result<u8, Truncated> {
    let subtype = d.u8(at + 3)?;
    put!(d, "\n\t  {} Subtype ({subtype})", name(names, subtype));
    Ok(subtype)
}
