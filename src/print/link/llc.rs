//! LLC and SNAP (IEEE 802.2).
use crate::print::dissect::flags::push_name;
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Known, Truncated, put};
use crate::print::link::ether_type::ether_type;
use crate::print::link::ethernet::{Macs, ethernet};
use crate::print::link::{cdp, dtp, stp, udld};
use crate::print::network::ipv4;
use crate::wire::EtherType;

/// What became of an LLC header.
pub(in crate::print) struct Llc {
    /// Whether its payload was printed; otherwise the caller dumps all of it.
    pub(in crate::print) payload: Known,
    /// Bytes of LLC and SNAP header.
    pub(in crate::print) header_len: usize,
}

impl Llc {
    fn known(header_len: u32) -> Self {
        Self { payload: Known::Yes, header_len: header_len as usize }
    }

    fn unknown(header_len: u32) -> Self {
        Self { payload: Known::No, header_len: header_len as usize }
    }
}

/// Service access points, without their lowest bit.
const SAP_IP: u8 = 0x06;
const SAP_STP: u8 = 0x42;
const SAP_SNAP: u8 = 0xaa;

/// Control fields of unnumbered frames: information, and identification.
const CONTROL_UI: u16 = 0x03;
const CONTROL_XID: u16 = 0xaf;
/// The poll or final bit of an unnumbered frame, and of the others.
const POLL: u16 = 0x10;
const LONG_POLL: u16 = 0x0100;

/// Protocols in SNAP: with Cisco's organisation code, and AppleTalk with its own.
const CISCO_CDP: u16 = 0x2000;
const CISCO_DTP: u16 = 0x2004;
const CISCO_UDLD: u16 = 0x0111;
const CISCO_PVST: u16 = 0x010b;
const CISCO_VLAN_BRIDGE: u16 = 0x010c;
const APPLETALK: u16 = EtherType::APPLETALK.0;

/// Prints LLC at `at`; SNAP goes on with [`ether_type`](ether_type).
pub(in crate::print) fn llc(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    cap_len: u32,
    macs: Option<Macs>,
) -> Result<Llc, Truncated> {
    d.protocol = "llc";
    if cap_len < 3 || len < 3 {
        return too_short(d, at, len, cap_len, 3);
    }
    let (dsap, ssap) = (d.u8(at)?, d.u8(at + 1)?);
    let mut control = u16::from(d.u8(at + 2)?);
    let unnumbered = control & 3 == 3;
    let header = if unnumbered { 3 } else { 4 };
    if !unnumbered {
        if cap_len < 4 || len < 4 {
            return too_short(d, at, len, cap_len, 4);
        }
        control = u16::from_le_bytes(*d.array(at + 2)?);
    }
    if d.opts.link_header {
        push_header(d, dsap, ssap, control, unnumbered);
    }
    let response = ssap & 1 != 0;
    let (dsap, ssap) = (dsap & !1, ssap & !1);
    let (body, rest, cap_rest) = (at + header as usize, len - header, cap_len - header);
    if control == CONTROL_UI && dsap == ssap {
        match dsap {
            SAP_SNAP => {
                let payload = snap(d, body, rest, cap_rest, macs)?;
                return Ok(Llc { payload, header_len: header as usize + 5 });
            }
            SAP_STP => {
                stp::stp(d, body, rest)?;
                return Ok(Llc::known(header));
            }
            SAP_IP => {
                ipv4::packet(d, body, rest)?;
                return Ok(Llc::known(header));
            }
            _ => {}
        }
    }
    if !d.opts.link_header {
        push_parties(d, dsap, ssap, macs);
    }
    let frame = Frame { body, len, header, rest, cap_rest, control, response };
    if unnumbered { unnumbered_frame(d, frame) } else { Ok(numbered_frame(d, &frame)) }
}

/// Prints what there is of a header that needs `need` bytes.
fn too_short(d: &mut Dissect<'_>, at: usize, len: u32, cap_len: u32, need: u32) -> Result<Llc, Truncated> {
    d.trunc();
    d.default_dump(at, cap_len)?;
    Ok(Llc::known(if cap_len < need { cap_len } else { len }))
}

/// What `-e` shows.
fn push_header(d: &mut Dissect<'_>, dsap: u8, ssap: u8, control: u16, unnumbered: bool) {
    put!(
        d,
        "LLC, dsap {} (0x{:02x}) {}, ssap {} (0x{:02x}) {}, ctrl 0x",
        sap_name(dsap & !1).unwrap_or("Unknown"),
        dsap & !1,
        if dsap & 1 != 0 { "Group" } else { "Individual" },
        sap_name(ssap & !1).unwrap_or("Unknown"),
        ssap & !1,
        if ssap & 1 != 0 { "Response" } else { "Command" },
    );
    d.hex(control, if unnumbered { 2 } else { 4 });
    d.str(": ");
}

/// A frame on its way to be printed.
struct Frame {
    body: usize,
    len: u32,
    header: u32,
    rest: u32,
    cap_rest: u32,
    control: u16,
    response: bool,
}

/// Prints a supervisory or an information frame.
fn numbered_frame(d: &mut Dissect<'_>, frame: &Frame) -> Llc {
    let &Frame { len, header, control, response, .. } = frame;
    let flags = flags(response, control & LONG_POLL != 0);
    let received = control >> 9;
    if control & 1 != 0 {
        let command = match control >> 2 & 3 {
            0 => "Receiver Ready",
            1 => "Receiver not Ready",
            2 => "Reject",
            _ => "?",
        };
        put!(d, "Supervisory, {command}, rcv seq {received}, Flags [{flags}], length {len}");
        return Llc::known(header);
    }
    let sent = control >> 1 & 0x7f;
    put!(d, "Information, send seq {sent}, rcv seq {received}, Flags [{flags}], length {len}");
    Llc::unknown(header)
}

fn unnumbered_frame(d: &mut Dissect<'_>, frame: Frame) -> Result<Llc, Truncated> {
    let command = match frame.control & !POLL {
        0x03 => Some("ui"),
        0xe3 => Some("test"),
        0xaf => Some("xid"),
        0x63 => Some("ua"),
        0x43 => Some("disc"),
        0x0f => Some("dm"),
        0x6f => Some("sabme"),
        0x87 => Some("frmr"),
        _ => None,
    };
    d.str("Unnumbered, ");
    match command {
        Some(name) => d.str(name),
        None => d.hex(frame.control & !POLL, 2),
    }
    put!(d, ", Flags [{}], length {}", flags(frame.response, frame.control & POLL != 0), frame.len);
    if frame.control & !POLL != CONTROL_XID {
        return Ok(Llc::unknown(frame.header));
    }
    if frame.rest == 0 {
        return Ok(Llc::known(frame.header));
    }
    if frame.cap_rest < 1 {
        d.trunc();
        return Ok(Llc::known(frame.header));
    }
    // IEEE 802.2: the basic format identifier.
    if d.u8(frame.body)? != 0x81 {
        return Ok(Llc::unknown(frame.header));
    }
    if frame.cap_rest < 3 || frame.rest < 3 {
        d.trunc();
        d.default_dump(frame.body, frame.cap_rest)?;
    } else {
        let (class, window) = (d.u8(frame.body + 1)?, d.u8(frame.body + 2)?);
        put!(d, ": {class:02x} {window:02x}");
    }
    Ok(Llc::known(frame.header))
}

/// Appends who talks to whom.
fn push_parties(d: &mut Dissect<'_>, dsap: u8, ssap: u8, macs: Option<Macs>) {
    if let Some(macs) = macs {
        d.mac_addr(macs.src);
        d.char(b' ');
        if ssap != dsap {
            push_sap(d, ssap, "Unknown SSAP 0x");
            d.char(b' ');
        }
        d.str("> ");
        d.mac_addr(macs.dst);
        d.char(b' ');
    } else if ssap != dsap {
        push_sap(d, ssap, "Unknown SSAP 0x");
        d.str(" > ");
    }
    push_sap(d, dsap, "Unknown DSAP 0x");
    d.char(b' ');
}

fn push_sap(d: &mut Dissect<'_>, sap: u8, unknown: &str) {
    match sap_name(sap) {
        Some(name) => d.str(name),
        None => put!(d, "{unknown}{sap:02x}"),
    }
}

fn sap_name(sap: u8) -> Option<&'static str> {
    Some(match sap {
        0x00 => "Null",
        0x02 => "802.1B I",
        0x04 => "SNA",
        0x06 => "IP",
        0x0e => "ProWay NM",
        0x42 => "STP",
        0x4e => "RS511",
        0x7e => "ISO8208",
        0x8e => "ProWay",
        0xaa => "SNAP",
        0xe0 => "IPX",
        0xf0 => "NetBeui",
        0xfe => "OSI",
        _ => return None,
    })
}

fn flags(response: bool, poll: bool) -> &'static str {
    match (response, poll) {
        (false, false) => "Command",
        (true, false) => "Response",
        (false, true) => "Poll",
        (true, true) => "Final",
    }
}

/// Organisations whose protocol numbers are known.
const OUI_ETHERNET: u32 = 0x00_0000;
const OUI_CISCO: u32 = 0x00_000c;
const OUI_CISCO_BRIDGED: u32 = 0x00_00f8;
const OUI_BRIDGED: u32 = 0x00_80c2;
const OUI_APPLETALK: u32 = 0x08_0007;

/// Prints SNAP at `at`, and what it announces.
fn snap(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    cap_len: u32,
    macs: Option<Macs>,
) -> Result<Known, Truncated> {
    d.protocol = "snap";
    if !d.has(at, 5) || cap_len < 5 || len < 5 {
        d.trunc();
        return Ok(Known::Yes);
    }
    let (oui, protocol) = (d.u24(at)?, d.u16(at + 3)?);
    let (body, rest, cap_rest) = (at + 5, len - 5, cap_len - 5);
    if d.opts.link_header {
        let kind = if oui == OUI_ETHERNET { "ethertype" } else { "pid" };
        put!(d, "oui {} (0x{oui:06x}), {kind} ", organisation(oui).unwrap_or("Unknown"));
        put!(d, "{} (0x{protocol:04x}), length {rest}: ", protocol_name(oui, protocol).unwrap_or("Unknown"));
    }
    let known = snap_payload(d, oui, protocol, (body, rest, cap_rest))?;
    if known == Known::No && !d.opts.link_header {
        if let Some(macs) = macs {
            d.mac_addr(macs.src);
            d.str(" > ");
            d.mac_addr(macs.dst);
            d.char(b' ');
        }
        d.str("SNAP, ");
        if oui == OUI_ETHERNET {
            d.str("ethertype ");
        } else {
            put!(d, "oui {} (0x{oui:06x}), pid ", organisation(oui).unwrap_or("Unknown"));
        }
        push_name(d, protocol_name(oui, protocol).or(Some("Unknown")), "", 0, "");
        put!(d, " (0x{protocol:04x}), length {rest}: ");
    }
    Ok(known)
}

/// Prints what an organisation's protocol number announces: to print another one, add its row
/// here. `body` is where it is, its length on the wire and how much of it was captured.
fn snap_payload(
    d: &mut Dissect<'_>,
    oui: u32,
    protocol: u16,
    body: (usize, u32, u32),
) -> Result<Known, Truncated> {
    let (body, rest, cap_rest) = body;
    match (oui, protocol) {
        (OUI_ETHERNET | OUI_CISCO_BRIDGED, _) | (OUI_APPLETALK, APPLETALK) => {
            return ether_type(d, protocol, body, rest, cap_rest);
        }
        (OUI_CISCO, CISCO_CDP) => cdp::cdp(d, body, rest)?,
        (OUI_CISCO, CISCO_DTP) => dtp::dtp(d, body, rest)?,
        (OUI_CISCO, CISCO_UDLD) => udld::udld(d, body, rest)?,
        (OUI_CISCO, CISCO_PVST | CISCO_VLAN_BRIDGE) | (OUI_BRIDGED, 0x000e) => stp::stp(d, body, rest)?,
        // RFC 2684 §5.2: two bytes of padding, then a whole Ethernet frame.
        (OUI_BRIDGED, 0x0001 | 0x0007) if d.has(body, 2) => {
            d.nested(|d| ethernet(d, body + 2, rest.wrapping_sub(2), cap_rest.saturating_sub(2)).map(drop))?
        }
        // The printers of Token Ring and FDDI are not here.
        (OUI_BRIDGED, 0x0001 | 0x0007 | 0x0003 | 0x0009) if !d.has(body, 2) => d.trunc(),
        (OUI_BRIDGED, 0x0004 | 0x000a) if !d.has(body, 3) => d.trunc(),
        _ => return Ok(Known::No),
    }
    Ok(Known::Yes)
}

fn protocol_name(oui: u32, protocol: u16) -> Option<&'static str> {
    match oui {
        OUI_ETHERNET | OUI_CISCO_BRIDGED | OUI_APPLETALK => number::ether_type(protocol),
        OUI_CISCO => Some(match protocol {
            CISCO_CDP => "CDP",
            0x2003 => "VTP",
            CISCO_DTP => "DTP",
            CISCO_UDLD => "UDLD",
            CISCO_PVST => "PVST",
            CISCO_VLAN_BRIDGE => "VLAN Bridge",
            _ => return None,
        }),
        OUI_BRIDGED => Some(match protocol {
            0x01 => "Ethernet + FCS",
            0x07 => "Ethernet w/o FCS",
            0x02 => "802.4 + FCS",
            0x08 => "802.4 w/o FCS",
            0x03 => "Token Ring + FCS",
            0x09 => "Token Ring w/o FCS",
            0x04 => "FDDI + FCS",
            0x0a => "FDDI w/o FCS",
            0x05 => "802.6 + FCS",
            0x0b => "802.6 w/o FCS",
            0x0e => "BPDU",
            _ => return None,
        }),
        _ => None,
    }
}

fn organisation(oui: u32) -> Option<&'static str> {
    Some(match oui {
        0x00_0000 => "Ethernet",
        0x00_000c => "Cisco",
        0x00_005e => "IANA",
        0x00_0081 => "Nortel Networks SONMP",
        0x00_00f8 => "Cisco bridged",
        0x00_80c2 => "Ethernet bridged",
        0x00_a03e => "ATM Forum",
        0x00_e02f => "DOCSIS Spanning Tree",
        0x08_0007 => "Appletalk",
        0x00_9069 => "Juniper",
        0x08_0009 => "Hewlett-Packard",
        0x00_120f => "IEEE 802.3 Private",
        0x00_12bb => "ANSI/TIA",
        0x00_1b21 => "DCBX",
        0x00_2320 => "Nicira Networks",
        0x5c_16c7 => "Big Switch Networks",
        0xb0_d2f5 => "Vello Systems",
        0x00_2481 => "HP",
        0x00_04ea => "HP-Labs",
        0x74_8771 => "Infoblox Inc",
        0xa4_2305 => "Open Networking Lab",
        0x00_049f => "Freescale",
        0x00_15ad => "Netronome",
        0x00_1018 => "Broadcom",
        0x00_e004 => "PMC-Sierra",
        0xd0_f0db => "Ericsson",
        _ => return None,
    })
}
