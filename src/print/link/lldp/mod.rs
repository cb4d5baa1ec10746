//! LLDP (IEEE 802.1AB), by which neighbours on an Ethernet tell who they are.
pub(in crate::print) mod bridge;
pub(in crate::print) mod device;

use crate::print::dissect::flags::push_bits;
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Truncated, put};

/// Says where an element does not hold what it must.
pub(in crate::print) struct TooShort;

/// What to do after an element: show its bytes with `-v`, or only with `-vv`.
pub(in crate::print) type Unknown = bool;

/// Prints a frame's payload of `len` bytes at `at`.
pub(in crate::print) fn lldp(d: &mut Dissect<'_>, mut at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "lldp";
    put!(d, "LLDP, length {len}");
    let mut left = len;
    while left >= 2 {
        if !d.has(at, 2) {
            d.trunc();
            return Ok(());
        }
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
        if !d.has(at, size as usize) || left < size {
            d.trunc();
            return Ok(());
        }
        let unknown = match element(d, kind, at, size)? {
            Ok(unknown) => unknown,
            Err(TooShort) => {
                d.trunc();
                return Ok(());
            }
        };
        if d.verbose() > 1 || d.verbose() > 0 && unknown {
            d.unknown_data(at, "\n\t  ", size);
        }
        left -= size;
        at += size as usize;
    }
    Ok(())
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

fn element(
    d: &mut Dissect<'_>,
    kind: u16,
    at: usize,
    len: u32,
) -> Result<Result<Unknown, TooShort>, Truncated> {
    let known = matches!(kind, 1..=8 | 127);
    if d.verbose() == 0 && kind != 5 || !known {
        return Ok(Ok(!known));
    }
    match kind {
        1 | 2 => {
            if len < 2 {
                return Ok(Err(TooShort));
            }
            let subtype = d.u8(at)?;
            let (name, form) = if kind == 1 { chassis(subtype) } else { port(subtype) };
            put!(d, "\n\t  Subtype {name} ({subtype}): ");
            return identifier(d, form, at + 1, len - 1);
        }
        3 if len < 2 => return Ok(Err(TooShort)),
        3 => put!(d, ": TTL {}s", d.u16(at)?),
        4 | 5 => {
            d.str(": ");
            d.padded_text(at, len as usize)?;
        }
        6 => {
            d.str("\n\t  ");
            d.padded_text(at, len as usize)?;
        }
        7 if len < 4 => return Ok(Err(TooShort)),
        7 => {
            capabilities(d, " Capabilities", "System ", at)?;
            capabilities(d, "Capabilities", "Enabled ", at + 2)?;
        }
        8 => return Ok(management(d, at, len)?.map(|()| false)),
        _ => {
            if len < 3 {
                return Ok(Err(TooShort));
            }
            let organisation = d.u24(at)?;
            put!(d, ": OUI {} (0x{organisation:06x})", number::oui(organisation).unwrap_or("Unknown"));
            return Ok(Ok(match organisation {
                0x00_80c2 => bridge::ieee_bridge(d, at, len)?,
                0x00_120f => device::ieee_medium(d, at, len)?,
                0x00_005e => device::assigned_numbers(d, at, len)?,
                0x00_12bb => device::media_endpoint(d, at, len)?,
                0x00_1b21 => bridge::data_centre(d, at, len)?,
                _ => true,
            }));
        }
    }
    Ok(Ok(false))
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

fn identifier(
    d: &mut Dissect<'_>,
    form: Option<Form>,
    at: usize,
    len: u32,
) -> Result<Result<Unknown, TooShort>, Truncated> {
    match form {
        None => return Ok(Ok(true)),
        Some(Form::Mac) if len < 6 => return Ok(Err(TooShort)),
        Some(Form::Mac) => {
            let address = d.mac(at)?;
            d.mac_addr(address);
        }
        Some(Form::Text) => d.padded_text(at, len as usize)?,
        Some(Form::Network) => {
            if let Err(short) = network_address(d, "", at, len)? {
                return Ok(Err(short));
            }
        }
    }
    Ok(Ok(false))
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

/// Prints an address of `len` bytes with its family, after `title`.
fn network_address(
    d: &mut Dissect<'_>,
    title: &str,
    at: usize,
    len: u32,
) -> Result<Result<(), TooShort>, Truncated> {
    if len < 1 {
        return Ok(Err(TooShort));
    }
    let family = d.u8(at)?;
    let need = match family {
        1 => 4,
        2 => 16,
        6 => 6,
        _ => 0,
    };
    if len - 1 < need {
        return Ok(Err(TooShort));
    }
    put!(d, "{title}AFI {} ({family})", family_name(family));
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
    Ok(Ok(()))
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

fn management(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Result<(), TooShort>, Truncated> {
    let size = u32::from(d.u8(at)?);
    let (mut at, mut left) = (at + 1, len - 1);
    if left < size {
        return Ok(Err(TooShort));
    }
    let start = d.out.len();
    put!(d, "\n\t  Management Address length {size}, ");
    if network_address(d, "", at, size)?.is_err() {
        d.out.truncate(start);
        return Ok(Err(TooShort));
    }
    at += size as usize;
    left -= size;
    if left < 5 {
        return Ok(Err(TooShort));
    }
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
        if left < 1 + u32::from(size) {
            return Ok(Err(TooShort));
        }
        if size > 0 {
            put!(d, "\n\t  OID length {size}");
            d.padded_text(at + 1, size.into())?;
        }
    }
    Ok(Ok(()))
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
