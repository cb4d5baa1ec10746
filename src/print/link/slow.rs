//! The slow protocols of IEEE 802.3: link aggregation (LACP), its markers, and OAM.
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Truncated, put};

const AGGREGATION: u8 = 1;
const MARKER: u8 = 2;
const MAINTENANCE: u8 = 3;

/// Prints a frame's payload of `len` bytes at `at`.
pub(in crate::print) fn slow(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "slow";
    let too_short = |d: &mut Dissect<'_>| {
        d.str(if d.verbose() == 0 { " (packet is too short)" } else { SHORT });
        Ok(())
    };
    if len < 1 {
        return too_short(d);
    }
    let kind = d.u8(at)?;
    let name = match kind {
        AGGREGATION => "LACP",
        MARKER => "MARKER",
        MAINTENANCE => {
            put!(d, "OAM, length {len}");
            return if d.verbose() > 0 { maintenance(d, at + 1, len - 1) } else { Ok(()) };
        }
        _ => {
            put!(d, "unknown ({kind}), length {len}");
            d.unknown_data(at, "\n\t", len);
            return Ok(());
        }
    };
    if len < 2 {
        return too_short(d);
    }
    let version = d.u8(at + 1)?;
    if version != 1 {
        put!(d, "{name} version {version} packet not supported");
        return Ok(());
    }
    put!(d, "{name}v1, length {len}");
    if d.verbose() > 0 { elements(d, kind, at + 2, len - 2) } else { Ok(()) }
}

const SHORT: &str = "\n\t\t packet is too short";

/// Elements, as all three have them: their length counts their header of two bytes.
struct Elements {
    at: usize,
    left: u32,
}

impl Elements {
    /// Prints the header of the next element with `name` and gives its type and length;
    /// `None` where there is none, or what there is will not do.
    fn header(
        &self,
        d: &mut Dissect<'_>,
        name: impl FnOnce(&mut Dissect<'_>, u8, u8),
    ) -> Result<Option<(u8, u32)>, Truncated> {
        if self.left == 0 {
            return Ok(None);
        }
        if self.left < 2 {
            d.str(SHORT);
            return Ok(None);
        }
        let (kind, len) = (d.u8(self.at)?, d.u8(self.at + 1)?);
        name(d, kind, len);
        if kind == 0 {
            return Ok(None);
        }
        if len < 2 {
            d.str("\n\t    ERROR: illegal length - should be >= 2");
            return Ok(None);
        }
        if self.left < len.into() {
            d.str(SHORT);
            return Ok(None);
        }
        d.bytes(self.at, len.into())?;
        Ok(Some((kind, len.into())))
    }

    fn skip(&mut self, len: u32) {
        self.at += len as usize;
        self.left -= len;
    }
}

/// Whether an element has the length it must have; says so if not.
fn has_length(d: &mut Dissect<'_>, len: u32, need: u32) -> bool {
    if len != need {
        put!(d, "\n\t    ERROR: illegal length - should be {need}");
    }
    len == need
}

/// Prints the elements of link aggregation or a marker.
fn elements(d: &mut Dissect<'_>, protocol: u8, at: usize, left: u32) -> Result<(), Truncated> {
    let mut rest = Elements { at, left };
    let title = |d: &mut Dissect<'_>, kind: u8, len: u8| {
        let name = match (protocol, kind) {
            (_, 0) => "Terminator",
            (AGGREGATION, 1) => "Actor Information",
            (AGGREGATION, 2) => "Partner Information",
            (AGGREGATION, 3) => "Collector Information",
            (MARKER, 1) => "Marker Information",
            _ => "Unknown",
        };
        put!(d, "\n\t{name} TLV (0x{kind:02x}), length {len}");
    };
    while let Some((kind, len)) = rest.header(d, title)? {
        let at = rest.at + 2;
        match (protocol, kind) {
            (AGGREGATION, 1 | 2) if has_length(d, len, 20) => system(d, at)?,
            (AGGREGATION, 3) if has_length(d, len, 16) => put!(d, "\n\t  Max Delay {}", d.u16(at)?),
            (MARKER, 1) if has_length(d, len, 16) => {
                let (port, address, transaction) = (d.u16(at)?, d.mac(at + 2)?, d.u32(at + 8)?);
                d.str("\n\t  Request System ");
                d.mac_addr(address);
                put!(d, ", Request Port {port}, Request Transaction ID 0x{transaction:08x}");
            }
            (AGGREGATION, 1..=3) | (MARKER, 1) => {}
            _ if d.verbose() < 2 => d.unknown_data(at, "\n\t  ", len - 2),
            _ => {}
        }
        if d.verbose() > 1 {
            d.unknown_data(at, "\n\t  ", len - 2);
        }
        rest.skip(len);
    }
    Ok(())
}

fn system(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let (priority, address, key) = (d.u16(at)?, d.mac(at + 2)?, d.u16(at + 8)?);
    let (port_priority, port, state) = (d.u16(at + 10)?, d.u16(at + 12)?, d.u8(at + 14)?);
    d.str("\n\t  System ");
    d.mac_addr(address);
    put!(d, ", System Priority {priority}, Key {key}, Port {port}, Port Priority {port_priority}");
    d.str("\n\t  State Flags [");
    push_bits(
        d,
        state.into(),
        &[
            (0x01, "Activity"),
            (0x02, "Timeout"),
            (0x04, "Aggregation"),
            (0x08, "Synchronization"),
            (0x10, "Collecting"),
            (0x20, "Distributing"),
            (0x40, "Default"),
            (0x80, "Expired"),
        ],
    );
    d.char(b']');
    Ok(())
}

/// Prints a message of operations, administration and maintenance of `len` bytes at `at`.
fn maintenance(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if len < 3 {
        d.str(SHORT);
        return Ok(());
    }
    d.bytes(at, 3)?;
    let (flags, code) = (d.u16(at)?, d.u8(at + 2)?);
    d.str("\n\tCode ");
    match code {
        0x00 => d.str("Information"),
        0x01 => d.str("Event Notification"),
        0x02 => d.str("Variable Request"),
        0x03 => d.str("Variable Response"),
        0x04 => d.str("Loopback Control"),
        0xfe => d.str("Vendor Private"),
        _ => put!(d, "Unknown ({code})"),
    }
    d.str(" OAM PDU, Flags [");
    push_bits(
        d,
        flags.into(),
        &[
            (0x01, "Link Fault"),
            (0x02, "Dying Gasp"),
            (0x04, "Critical Event"),
            (0x08, "Local Evaluating"),
            (0x10, "Local Stable"),
            (0x20, "Remote Evaluating"),
            (0x40, "Remote Stable"),
        ],
    );
    d.char(b']');
    let rest = Elements { at: at + 3, left: len - 3 };
    match code {
        0 => information(d, rest),
        1 => events(d, rest),
        4 if rest.left < 1 => {
            d.str(SHORT);
            Ok(())
        }
        4 => {
            let command = d.u8(rest.at)?;
            let name = match command {
                1 => "Enable OAM Remote Loopback",
                2 => "Disable OAM Remote Loopback",
                _ => "Unknown",
            };
            put!(d, "\n\t  Command {name} ({command})");
            Ok(())
        }
        _ => {
            if d.verbose() < 2 {
                d.unknown_data(rest.at, "\n\t  ", rest.left);
            }
            Ok(())
        }
    }
}

fn information(d: &mut Dissect<'_>, mut rest: Elements) -> Result<(), Truncated> {
    let title = |d: &mut Dissect<'_>, kind: u8, len: u8| {
        let name = match kind {
            0 => "End of TLV marker",
            1 => "Local",
            2 => "Remote",
            0xfe => "Organization specific",
            _ => "Reserved",
        };
        put!(d, "\n\t  {name} Information Type ({kind}), length {len}");
    };
    while let Some((kind, len)) = rest.header(d, title)? {
        let at = rest.at;
        let known = matches!(kind, 1 | 2) && has_length(d, len, 16);
        if known {
            put!(d, "\n\t    OAM-Version {}, Revision {}", d.u8(at + 2)?, d.u16(at + 3)?);
            let state = d.u8(at + 5)?;
            let parser = ["forwarding", "looping back", "discarding", "reserved"];
            put!(
                d,
                "\n\t    State-Parser-Action {}, State-MUX-Action {}",
                parser.get(usize::from(state & 3)).unwrap_or(&""),
                if state & 4 == 0 { "forwarding" } else { "discarding" }
            );
            let (configuration, size) = (d.u8(at + 6)?, d.u16(at + 7)?);
            d.str("\n\t    OAM-Config Flags [");
            push_bits(
                d,
                configuration.into(),
                &[
                    (0x01, "Active"),
                    (0x02, "Unidirectional"),
                    (0x04, "Remote-Loopback"),
                    (0x08, "Link-Events"),
                    (0x10, "Variable-Retrieval"),
                ],
            );
            put!(d, "], OAM-PDU-Config max-PDU size {}", size & 0x7ff);
            let (vendor, private) = (d.u24(at + 9)?, d.u32(at + 12)?);
            let name = number::oui(vendor).unwrap_or("Unknown");
            put!(d, "\n\t    OUI {name} (0x{vendor:06x}), Vendor-Private 0x{private:08x}");
        }
        if d.verbose() > 1 || !known {
            d.unknown_data(at, "\n\t  ", len);
        }
        rest.skip(len);
    }
    Ok(())
}

fn events(d: &mut Dissect<'_>, mut rest: Elements) -> Result<(), Truncated> {
    if rest.left < 2 {
        d.str(SHORT);
        return Ok(());
    }
    put!(d, "\n\t  Sequence Number {}", d.u16(rest.at)?);
    rest.skip(2);
    let title = |d: &mut Dissect<'_>, kind: u8, len: u8| {
        let name = match kind {
            0 => "End of TLV marker",
            1 => "Errored Symbol Period Event",
            2 => "Errored Frame Event",
            3 => "Errored Frame Period Event",
            4 => "Errored Frame Seconds Summary Event",
            0xfe => "Organization specific",
            _ => "Reserved",
        };
        put!(d, "\n\t  {name} Link Event Type ({kind}), length {len}");
    };
    while let Some((kind, len)) = rest.header(d, title)? {
        let at = rest.at;
        let known = matches!(kind, 1..=4) && has_length(d, len, 40);
        if known {
            let time = u32::from(d.u16(at + 2)?) * 100;
            put!(d, "\n\t    Timestamp {time} ms, Errored Window {}", d.u64(at + 4)?);
            put!(d, "\n\t    Errored Threshold {}", d.u64(at + 12)?);
            put!(d, "\n\t    Errors {}", d.u64(at + 20)?);
            put!(d, "\n\t    Error Running Total {}", d.u64(at + 28)?);
            put!(d, "\n\t    Event Running Total {}", d.u32(at + 36)?);
        }
        if d.verbose() > 1 || !known {
            d.unknown_data(at, "\n\t  ", len);
        }
        rest.skip(len);
    }
    Ok(())
}
