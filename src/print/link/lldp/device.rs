//! What LLDP carries of devices: IEEE 802.3 elements, those for media endpoints
//! (ANSI/TIA-1057), and IANA's (RFC 8520).
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Known, Truncated, put};
use crate::print::link::lldp::bridge::aggregation;
use crate::print::link::lldp::{name, subtype};

/// Prints an IEEE 802.3 element of `len` bytes at `at`, where the organisation is.
pub(in crate::print) fn ieee_medium(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Known, Truncated> {
    if len < 4 {
        return Ok(Known::Yes);
    }
    let names = ["", "MAC/PHY configuration/status", "Power via MDI", "Link aggregation", "Max frame size"];
    let kind = subtype(d, &names, at)?;
    let need = match kind {
        1 | 3 => 9,
        2 => 7,
        4 => 6,
        _ => return Ok(Known::No),
    };
    if len < need {
        return Ok(Known::Yes);
    }
    let value = at + 4;
    match kind {
        1 => {
            let (status, offered, medium) = (d.u8(value)?, d.u16(value + 1)?, d.u16(value + 3)?);
            d.str("\n\t    autonegotiation [");
            push_bits(d, status.into(), &[(1, "supported"), (2, "enabled")]);
            put!(d, "] (0x{status:02x})\n\t    PMD autoneg capability [");
            if offered & 0x7fff == 0 {
                d.str("unknown");
            } else {
                push_bits(d, offered.into(), &OFFERED);
            }
            put!(d, "] (0x{offered:04x})\n\t    MAU type {} (0x{medium:04x})", name(&MEDIA, medium));
        }
        2 => {
            let (bits, pairs, class) = (d.u8(value)?, d.u8(value + 1)?, d.u8(value + 2)?);
            d.str("\n\t    MDI power support [");
            push_bits(
                d,
                bits.into(),
                &[(1, "PSE"), (2, "supported"), (4, "enabled"), (8, "can be controlled")],
            );
            let pairs = name(&["", "signal", "spare"], pairs);
            let class = name(&["", "class0", "class1", "class2", "class3", "class4"], class);
            put!(d, "], power pair {pairs}, power class {class}");
        }
        3 => aggregation(d, value)?,
        _ => put!(d, "\n\t    MTU size {}", d.u16(value)?),
    }
    Ok(Known::Yes)
}

const OFFERED: [(u32, &str); 15] = [
    (0x4000, "10BASE-T hdx"),
    (0x2000, "10BASE-T fdx"),
    (0x1000, "100BASE-T4"),
    (0x0800, "100BASE-TX hdx"),
    (0x0400, "100BASE-TX fdx"),
    (0x0200, "100BASE-T2 hdx"),
    (0x0100, "100BASE-T2 fdx"),
    (0x0080, "Pause for fdx links"),
    (0x0040, "Asym PAUSE for fdx"),
    (0x0020, "Sym PAUSE for fdx"),
    (0x0010, "Asym and Sym PAUSE for fdx"),
    (0x0008, "1000BASE-{X LX SX CX} hdx"),
    (0x0004, "1000BASE-{X LX SX CX} fdx"),
    (0x0002, "1000BASE-T hdx"),
    (0x0001, "1000BASE-T fdx"),
];

/// Types of attachment unit (RFC 3636).
const MEDIA: [&str; 41] = [
    "Unknown",
    "AUI",
    "10BASE_5",
    "FOIRL",
    "10BASE2",
    "10BASET duplex mode unknown",
    "10BASEFP",
    "10BASEFB",
    "10BASEFL duplex mode unknown",
    "10BROAD36",
    "10BASET hdx",
    "10BASET fdx",
    "10BASEFL hdx",
    "10BASEFL fdx",
    "100BASET4",
    "100BASETX hdx",
    "100BASETX fdx",
    "100BASEFX hdx",
    "100BASEFX fdx",
    "100BASET2 hdx",
    "100BASET2 fdx",
    "1000BASEX hdx",
    "1000BASEX fdx",
    "1000BASELX hdx",
    "1000BASELX fdx",
    "1000BASESX hdx",
    "1000BASESX fdx",
    "1000BASECX hdx",
    "1000BASECX fdx",
    "1000BASET hdx",
    "1000BASET fdx",
    "10GBASEX",
    "10GBASELX4",
    "10GBASER",
    "10GBASEER",
    "10GBASELR",
    "10GBASESR",
    "10GBASEW",
    "10GBASEEW",
    "10GBASELW",
    "10GBASESW",
];

/// Prints an element of IANA's of `len` bytes at `at`, where the organisation is.
pub(in crate::print) fn assigned_numbers(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
) -> Result<Known, Truncated> {
    if len < 8 {
        return Ok(Known::Yes);
    }
    if subtype(d, &["", "MUD-URL"], at)? != 1 {
        return Ok(Known::No);
    }
    d.str("\n\t  MUD-URL=");
    for n in 4..len as usize {
        let byte = d.u8(at + n)?;
        d.visible(byte);
    }
    Ok(Known::Yes)
}

const ENDPOINT_SUBTYPES: [&str; 12] = [
    "",
    "LLDP-MED Capabilities",
    "Network policy",
    "Location identification",
    "Extended power-via-MDI",
    "Inventory - hardware revision",
    "Inventory - firmware revision",
    "Inventory - software revision",
    "Inventory - serial number",
    "Inventory - manufacturer name",
    "Inventory - model name",
    "Inventory - asset ID",
];

/// Prints an element of a media endpoint of `len` bytes at `at`, where the organisation is.
pub(in crate::print) fn media_endpoint(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<Known, Truncated> {
    if len < 4 {
        return Ok(Known::Yes);
    }
    let kind = subtype(d, &ENDPOINT_SUBTYPES, at)?;
    let need = match kind {
        1 | 4 => 7,
        2 => 8,
        3 => 5,
        5..=11 => 4,
        _ => return Ok(Known::No),
    };
    if len < need {
        return Ok(Known::Yes);
    }
    let value = at + 4;
    match kind {
        1 => {
            let (bits, device) = (d.u16(value)?, d.u8(value + 2)?);
            d.str("\n\t    Media capabilities [");
            push_bits(d, bits.into(), &CAPABILITIES);
            let names =
                ["", "endpoint class 1", "endpoint class 2", "endpoint class 3", "network connectivity"];
            put!(d, "] (0x{bits:04x})\n\t    Device type [{}] (0x{device:02x})", name(&names, device));
        }
        2 => policy(d, value)?,
        3 => location(d, value, len - 4)?,
        4 => power(d, value)?,
        _ => {
            let title = [
                "Hardware revision",
                "Firmware revision",
                "Software revision",
                "Serial number",
                "Manufacturer name",
                "Model name",
                "Asset ID",
            ];
            put!(d, "\n\t  {} ", name(&title, kind - 5));
            d.padded_text(value, len as usize - 4)?;
        }
    }
    Ok(Known::Yes)
}

const CAPABILITIES: [(u32, &str); 6] = [
    (0x01, "LLDP-MED capabilities"),
    (0x02, "network policy"),
    (0x04, "location identification"),
    (0x08, "extended power via MDI-PSE"),
    (0x10, "extended power via MDI-PD"),
    (0x20, "Inventory"),
];

fn policy(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let (application, flags, low) = (d.u8(at)?, d.u16(at + 1)?, d.u16(at + 2)?);
    let names = [
        "none",
        "voice",
        "voice signaling",
        "guest voice",
        "guest voice signaling",
        "softphone voice",
        "video conferencing",
        "streaming video",
        "video signaling",
    ];
    let named = names.get(usize::from(application)).unwrap_or(&"none");
    put!(d, "\n\t    Application type [{named}] (0x{application:02x}), Flags [");
    push_bits(d, u32::from(flags >> 8), &[(0x80, "Unknown"), (0x40, "Tagged"), (0x20, "reserved")]);
    put!(
        d,
        "]\n\t    Vlan id {}, L2 priority {}, DSCP value {}",
        flags >> 1 & 0xfff,
        low >> 6 & 7,
        low & 0x3f
    );
    Ok(())
}

fn power(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let (bits, value) = (d.u8(at)?, d.u16(at + 1)?);
    // tcpdump looks at the lowest two bits, for want of a parenthesis.
    let device = if bits & 3 == 0 { "PSE device" } else { "PD device" };
    let source = match bits >> 4 & 3 {
        1 => "PSE - primary power source",
        2 => "local - backup power source",
        3 => "PSE+local - reserved",
        _ => "none",
    };
    let priority = match bits & 0xf {
        1 => "critical",
        2 => "high",
        3 => "low",
        _ => "none",
    };
    put!(d, "\n\t    Power type [{device}], Power source [{source}]");
    put!(d, "\n\t    Power priority [{priority}] (0x{:02x})", bits & 0xf);
    if value < 1024 {
        put!(d, ", Power {:.1} Watts", f32::from(value) / 10.0);
    } else {
        put!(d, ", Power {value} (Reserved)");
    }
    Ok(())
}

fn location(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    let format = d.u8(at)?;
    let named = name(&["", "coordinate-based LCI", "civic address LCI", "ECS ELIN"], format);
    put!(d, "\n\t    Location data format {named} (0x{format:02x})");
    let (at, len) = (at + 1, len - 1);
    match format {
        1 if len < 16 => Ok(()),
        1 => coordinates(d, at),
        2 => civic_address(d, at, len),
        3 => {
            d.str("\n\t    ECS ELIN id ");
            d.padded_text(at, len as usize)
        }
        _ => {
            d.str("\n\t    Location ID ");
            d.unknown_data(at, "\n\t      ", len);
            Ok(())
        }
    }
}

/// A place on Earth (RFC 6225).
fn coordinates(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    for (title, value, at) in [("Latitude", "latitude", at), ("Longitude", "longitude", at + 5)] {
        let first = d.u8(at)?;
        let degrees = u64::from(first & 3) << 32 | u64::from(d.u32(at + 1)?);
        put!(d, "\n\t    {title} resolution {}, {value} value {degrees}", first >> 2);
    }
    let kind = d.u8(at + 10)? >> 4;
    put!(d, "\n\t    Altitude type {} ({kind})", name(&["", "meters", "floors"], kind));
    put!(
        d,
        "\n\t    Altitude resolution {}, altitude value 0x{:x}",
        d.u16(at + 10)? >> 6 & 0x3f,
        d.u32(at + 11)? & 0x3fff_ffff
    );
    let datum = d.u8(at + 15)?;
    let names = [
        "",
        "World Geodesic System 1984",
        "North American Datum 1983 (NAVD88)",
        "North American Datum 1983 (MLLW)",
    ];
    put!(d, "\n\t    Datum {} (0x{datum:02x})", name(&names, datum));
    Ok(())
}

/// A postal address (RFC 4776).
fn civic_address(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if len < 1 {
        return Ok(());
    }
    let size = u32::from(d.u8(at)?);
    if size < 3 || len < 2 + size {
        return Ok(());
    }
    let what = d.u8(at + 1)?;
    let names = [
        "location of DHCP server",
        "location of the network element believed to be closest to the client",
        "location of the client",
    ];
    put!(d, "\n\t    LCI length {size}, LCI what {} (0x{what:02x}), Country-code ", name(&names, what));
    d.padded_text(at + 2, 2)?;
    let (mut at, mut left) = (at + 4, size - 3);
    while left >= 2 {
        let (kind, size) = (d.u8(at)?, d.u8(at + 1)?);
        at += 2;
        left -= 2;
        put!(d, "\n\t      CA type '{}' ({kind}), length {size}: ", name(&PARTS, kind));
        if kind == 0 || size == 0 || left < size.into() {
            break;
        }
        d.padded_text(at, size.into())?;
        at += usize::from(size);
        left -= u32::from(size);
    }
    Ok(())
}

const PARTS: [&str; 7] = [
    "",
    "national subdivisions (state,canton,region,province,prefecture)",
    "county, parish, gun, district",
    "city, township, shi",
    "city division, borough, city district, ward chou",
    "neighborhood, block",
    "street",
];
