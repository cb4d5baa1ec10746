//! What LLDP carries for bridges: IEEE 802.1 elements, and DCBX of data centres.
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Known, Truncated, put};
use crate::print::link::lldp::{name, subtype};

const SUBTYPES: [&str; 15] = [
    "",
    "Port VLAN Id",
    "Port and Protocol VLAN ID",
    "VLAN name",
    "Protocol Identity",
    "",
    "",
    "Link aggregation",
    "Congestion Notification",
    "ETS Configuration",
    "ETS Recommendation",
    "Priority Flow Control Configuration",
    "Application Priority",
    "EVB",
    "CDCP",
];

/// Prints an IEEE 802.1 element of `len` bytes at `at`, where the organisation is.
pub(in crate::print) fn ieee_bridge(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Known, Truncated> {
    if len < 4 {
        return Ok(Known::Yes);
    }
    let kind = subtype(d, &SUBTYPES, at)?;
    let need = match kind {
        1 | 3 | 8 | 11 => 6,
        2 => 7,
        4 | 12 => 5,
        7 | 13 => 9,
        9 | 10 => 25,
        14 => 8,
        _ => return Ok(Known::No),
    };
    if len < need {
        return Ok(Known::Yes);
    }
    let value = at + 4;
    match kind {
        1 => put!(d, "\n\t    port vlan id (PVID): {}", d.u16(value)?),
        2 => {
            let (flags, vlan) = (d.u8(value)?, d.u16(value + 1)?);
            put!(d, "\n\t    port and protocol vlan id (PPVID): {vlan}, flags [");
            push_bits(d, flags.into(), &[(2, "supported"), (4, "enabled")]);
            put!(d, "] (0x{flags:02x})");
        }
        3 => {
            put!(d, "\n\t    vlan id (VID): {}", d.u16(value)?);
            counted(d, "vlan name", at, 6, len)?;
        }
        4 => counted(d, "protocol identity", at, 4, len)?,
        7 => aggregation(d, value)?,
        8 => {
            d.str("\n\t    Pre-Priority CNPV Indicator");
            priorities(d, value)?;
            d.str("\n\t    Pre-Priority Ready Indicator");
            priorities(d, value + 1)?;
        }
        9 | 10 => transmission_selection(d, kind, value)?,
        11 => flow_control(d, value)?,
        12 => applications(d, value, len - 4)?,
        13 => virtual_bridging(d, value)?,
        _ => channels(d, value, len - 4)?,
    }
    Ok(Known::Yes)
}

/// Enhanced transmission selection: as configured, and as recommended.
fn transmission_selection(d: &mut Dissect<'_>, kind: u8, at: usize) -> Result<(), Truncated> {
    let first = d.u8(at)?;
    if kind == 9 {
        put!(
            d,
            "\n\t    Willing:{}, CBS:{}, RES:{}, Max TCs:{}",
            first >> 7,
            first >> 6 & 2,
            first >> 3 & 7,
            first & 7
        );
    } else {
        put!(d, "\n\t    RES: {first}");
    }
    traffic_classes(d, at + 1)
}

/// Flow control by priority.
fn flow_control(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let first = d.u8(at)?;
    put!(
        d,
        "\n\t    Willing: {}, MBC: {}, RES: {}, PFC cap:{} \n\t    PFC Enable",
        first >> 7,
        first >> 6 & 1,
        first >> 4 & 3,
        first & 0xf
    );
    priorities(d, at + 1)
}

/// Prints the text whose length is `offset` bytes into an element, if it fits.
fn counted(d: &mut Dissect<'_>, title: &str, at: usize, offset: u32, len: u32) -> Result<(), Truncated> {
    if len <= offset {
        return Ok(());
    }
    let start = at + offset as usize;
    let size = d.u8(start)?;
    if len > offset + u32::from(size) {
        put!(d, "\n\t    {title}: ");
        d.padded_text(start + 1, size.into())?;
    }
    Ok(())
}

/// Prints whether links are bundled, and into which.
pub(in crate::print) fn aggregation(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let (status, port) = (d.u8(at)?, d.u32(at + 1)?);
    d.str("\n\t    aggregation status [");
    push_bits(d, status.into(), &[(1, "supported"), (2, "enabled")]);
    put!(d, "], aggregation port ID {port}");
    Ok(())
}

/// Prints a bit for each priority.
fn priorities(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let bits = d.u8(at)?;
    d.str("\n\t     Priority : 0  1  2  3  4  5  6  7\n\t     Value    : ");
    for n in 0..8 {
        put!(d, "{:<2} ", bits >> n & 1);
    }
    Ok(())
}

fn traffic_classes(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let row = |d: &mut Dissect<'_>, title: &str, values: [u8; 8]| {
        d.str(title);
        for (n, value) in values.iter().enumerate() {
            if n < 7 {
                put!(d, "{value:<3} ");
            } else {
                put!(d, "{value:<3}");
            }
        }
    };
    let nibbles = d.u32(at)?;
    let assigned = std::array::from_fn(|n| (nibbles >> (28 - 4 * n) & 0xf) as u8);
    row(
        d,
        "\n\t    Priority Assignment Table\
         \n\t     Priority : 0   1   2   3   4   5   6   7\n\t     Value    : ",
        assigned,
    );
    let shares = *d.array(at + 4)?;
    row(
        d,
        "\n\t    TC Bandwidth Table\n\t     TC%   : 0   1   2   3   4   5   6   7\n\t     Value : ",
        shares,
    );
    let algorithms = *d.array(at + 12)?;
    row(
        d,
        "\n\t    TSA Assignment Table\
         \n\t     Traffic Class: 0   1   2   3   4   5   6   7\n\t     Value        : ",
        algorithms,
    );
    Ok(())
}

fn applications(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    put!(d, "\n\t    RES: {}", d.u8(at)?);
    let len = len - 1;
    if len == 0 || !len.is_multiple_of(3) {
        return Ok(());
    }
    d.str("\n\t    Application Priority Table");
    for at in (at + 1..).step_by(3).take(len as usize / 3) {
        let (bits, protocol) = (d.u8(at)?, d.u16(at + 1)?);
        put!(
            d,
            "\n\t      Priority: {}, RES: {}, Sel: {}, Protocol ID: {protocol}",
            bits >> 5,
            bits >> 3 & 3,
            bits & 7
        );
    }
    Ok(())
}

fn virtual_bridging(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let [bridge, station, retry, mode, alive] = *d.array(at)?;
    put!(
        d,
        "\n\t    EVB Bridge Status\n\t      RES: {}, BGID: {}, RRCAP: {}, RRCTR: {}",
        bridge >> 3,
        bridge >> 2 & 1,
        bridge >> 1 & 1,
        bridge & 1
    );
    put!(
        d,
        "\n\t    EVB Station Status\n\t      RES: {}, SGID: {}, RRREQ: {},RRSTAT: {}",
        station >> 4,
        station >> 3 & 1,
        station >> 2 & 1,
        station & 3
    );
    put!(d, "\n\t    R: {}, RTE: {}, ", retry >> 5, retry & 0x1f);
    let modes = ["Not Supported", "EVB Bridge", "EVB Station", "Reserved for future Standardization"];
    put!(d, "EVB Mode: {} [{}]", name(&modes, mode >> 6), mode >> 6);
    put!(d, "\n\t    ROL: {}, RWD: {}, ", mode >> 5 & 1, mode & 0x1f);
    put!(d, "RES: {}, ROL: {}, RKA: {}", alive >> 6, alive >> 5 & 1, alive & 0x1f);
    Ok(())
}

fn channels(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let first = d.u8(at)?;
    put!(d, "\n\t    Role: {}, RES: {}, Scomp: {} ", first >> 7, first >> 4 & 7, first >> 3 & 1);
    put!(d, "ChnCap: {}", d.u16(at + 2)? & 0xfff);
    let len = len - 4;
    if !len.is_multiple_of(3) {
        return Ok(());
    }
    for at in (at + 4..).step_by(3).take(len as usize / 3) {
        let pair = d.u24(at)?;
        put!(d, "\n\t    SCID: {}, SVID: {}", pair >> 12, pair & 0xfff);
    }
    Ok(())
}

/// Prints an element of DCBX of `len` bytes at `at`, where the organisation is.
pub(in crate::print) fn data_centre(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Known, Truncated> {
    if len < 4 {
        return Ok(Known::Yes);
    }
    let names = ["", "DCB Capability Exchange Protocol Rev 1", "DCB Capability Exchange Protocol Rev 1.01"];
    if subtype(d, &names, at)? == 1 {
        return Ok(Known::No);
    }
    let mut known = Known::Yes;
    let (mut at, mut left) = (at + 4, len - 4);
    while left >= 2 {
        let head = d.u16(at)?;
        let (kind, size) = (head >> 9, u32::from(head & 0x1ff));
        at += 2;
        left -= 2;
        known = Known::Yes;
        if kind == 0 || size == 0 || !d.has(at, size as usize) || left < size {
            break;
        }
        let (title, need) = match kind {
            1 => ("\n\t    Control - Protocol Control", 10),
            2 => ("\n\t    Feature - Priority Group", 17),
            3 => ("\n\t    Feature - Priority Flow Control", 6),
            4 => ("\n\t    Feature - Application", 4),
            _ => ("", 0),
        };
        if size < need {
            break;
        }
        if need == 0 {
            known = Known::No;
        } else {
            put!(d, "{title} (type 0x{kind:x}, length {size})");
            put!(d, "\n\t      Oper_Version: {}", d.u8(at)?);
            put!(d, "\n\t      Max_Version: {}", d.u8(at + 1)?);
            feature(d, kind, at, size)?;
        }
        if d.verbose() > 1 || known == Known::No {
            d.unknown_data(at, "\n\t    ", size);
        }
        left -= size;
        at += size as usize;
    }
    Ok(known)
}

/// Prints what follows the versions.
fn feature(d: &mut Dissect<'_>, kind: u16, at: usize, len: u32) -> Result<(), Truncated> {
    if kind == 1 {
        put!(d, "\n\t      Sequence Number: {}", d.u32(at + 2)?);
        put!(d, "\n\t      Acknowledgement Number: {}", d.u32(at + 6)?);
        return Ok(());
    }
    let bits = d.u8(at + 2)?;
    put!(
        d,
        "\n\t      Info block(0x{bits:02X}): Enable bit: {}, Willing bit: {}, Error Bit: {}",
        bits >> 7,
        bits >> 6 & 1,
        bits >> 5 & 1
    );
    put!(d, "\n\t      SubType: {}", d.u8(at + 3)?);
    match kind {
        2 => {
            d.str("\n\t      Priority Allocation");
            let groups = d.u32(at + 4)?;
            for n in 0..8 {
                put!(d, "\n\t          PgId_{n}: {}", groups >> (28 - 4 * n) & 0xf);
            }
            d.str("\n\t      Priority Group Allocation");
            for n in 0..8 {
                put!(d, "\n\t          Pg percentage[{n}]: {}", d.u8(at + 8 + n)?);
            }
            put!(d, "\n\t      NumTCsSupported: {}", d.u8(at + 16)?);
        }
        3 => {
            let bits = d.u8(at + 4)?;
            put!(d, "\n\t      PFC Config (0x{bits:02X})");
            for n in 0..8 {
                let state = if bits >> n & 1 == 0 { "Disabled" } else { "Enabled" };
                put!(d, "\n\t          Priority Bit {n}: {state}");
            }
            put!(d, "\n\t      NumTCPFCSupported: {}", d.u8(at + 5)?);
        }
        _ => {
            for at in (at + 4..).step_by(6).take((len as usize - 4) / 6) {
                d.str("\n\t      Application Value");
                put!(d, "\n\t          Application Protocol ID: 0x{:04x}", d.u16(at)?);
                let value = d.u24(at + 2)?;
                let selector = value >> 22;
                let what = if selector == 0 { "L2 EtherType" } else { "Socket Number" };
                put!(d, "\n\t          SF (0x{selector:x}) Application Protocol ID is {what}");
                put!(d, "\n\t          OUI: 0x{:06x}", value & 0x3f_ffff);
                put!(d, "\n\t          User Priority Map: 0x{:02x}", d.u8(at + 5)?);
            }
        }
    }
    Ok(())
}
