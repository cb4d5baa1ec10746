//! BFD, which routers use to see at once that a path is gone (RFC 5880, RFC 5881).
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Truncated, put};

/// Ports that packets are sent to.
const CONTROL: u16 = 3784;
const ECHO: u16 = 3785;
const MULTIHOP: u16 = 4784;
const BUNDLE: u16 = 6784;

/// Whether `port` is one of those this is for.
pub(in crate::print) fn is_destination(port: u16) -> bool {
    matches!(port, CONTROL | ECHO | MULTIHOP | BUNDLE)
}

/// Prints a packet of `len` bytes at `at`, sent to `port`.
pub(in crate::print) fn bfd(d: &mut Dissect<'_>, at: usize, len: u32, port: u16) -> Result<(), Truncated> {
    d.protocol = "bfd";
    let name = match port {
        MULTIHOP => "Multihop",
        BUNDLE => "Lag",
        ECHO => {
            put!(d, "BFD, Echo, length: {len}");
            return rest(d, at, len);
        }
        _ => "Control",
    };
    d.bytes(at, 24)?;
    let (first, flags) = (d.u8(at)?, d.u8(at + 1)?);
    let (version, diagnostic) = (first >> 5, first & 0x1f);
    if version > 1 {
        put!(d, "BFDv{version}, Control, length: {len}");
        return rest(d, at, len);
    }
    put!(d, "BFDv{version}");
    let verbose = d.verbose() > 0;
    if verbose {
        put!(d, ", length: {len}\n\t");
    } else {
        d.str(", ");
    }
    if version == 0 {
        d.str("Control, Flags: [");
        push_bits(d, flags.into(), &FLAGS_V0);
    } else {
        let state = match flags >> 6 {
            0 => "AdminDown",
            1 => "Down",
            2 => "Init",
            _ => "Up",
        };
        put!(d, "{name}, State {state}, Flags: [");
        push_bits(d, (flags & 0x3f).into(), &FLAGS_V1);
    }
    d.char(b']');
    if !verbose {
        put!(d, ", length: {len}");
        return Ok(());
    }
    let reason = DIAGNOSTICS.get(usize::from(diagnostic)).unwrap_or(&"unknown");
    put!(d, ", Diagnostic: {reason} (0x{diagnostic:02x})");
    intervals(d, at)?;
    if flags & 4 != 0 {
        authentication(d, at + 24)?;
    }
    Ok(())
}

/// Shows the bytes with `-v`.
fn rest(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if d.verbose() > 0 {
        d.unknown_data(at, "\n\t", len);
    }
    Ok(())
}

const FLAGS_V0: [(u32, &str); 8] = [
    (0x80, "I Hear You"),
    (0x40, "Demand"),
    (0x20, "Poll"),
    (0x10, "Final"),
    (0x08, "Control Plane Independent"),
    (0x04, "Authentication Present"),
    (0x02, "Reserved"),
    (0x01, "Reserved"),
];

const FLAGS_V1: [(u32, &str); 6] = [
    (0x20, "Poll"),
    (0x10, "Final"),
    (0x08, "Control Plane Independent"),
    (0x04, "Authentication Present"),
    (0x02, "Demand"),
    (0x01, "Multipoint"),
];

const DIAGNOSTICS: [&str; 9] = [
    "No Diagnostic",
    "Control Detection Time Expired",
    "Echo Function Failed",
    "Neighbor Signaled Session Down",
    "Forwarding Plane Reset",
    "Path Down",
    "Concatenated Path Down",
    "Administratively Down",
    "Reverse Concatenated Path Down",
];

fn intervals(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let (multiplier, transmit) = (d.u8(at + 2)?, d.u32(at + 12)?);
    let detection = u32::from(multiplier).wrapping_mul(transmit) / 1000;
    put!(d, "\n\tDetection Timer Multiplier: {multiplier} ({detection} ms Detection time)");
    put!(d, ", BFD Length: {}", d.u8(at + 3)?);
    put!(d, "\n\tMy Discriminator: 0x{:08x}", d.u32(at + 4)?);
    put!(d, ", Your Discriminator: 0x{:08x}", d.u32(at + 8)?);
    put!(d, "\n\t  Desired min Tx Interval:    {:>4} ms", transmit / 1000);
    put!(d, "\n\t  Required min Rx Interval:   {:>4} ms", d.u32(at + 16)? / 1000);
    put!(d, "\n\t  Required min Echo Interval: {:>4} ms", d.u32(at + 20)? / 1000);
    Ok(())
}

fn authentication(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    d.bytes(at, 4)?;
    let (kind, len) = (d.u8(at)?, d.u8(at + 1)?);
    let name = match kind {
        1 => "Simple Password",
        2 => "Keyed MD5",
        3 => "Meticulous Keyed MD5",
        4 => "Keyed SHA1",
        5 => "Meticulous Keyed SHA1",
        _ => "Unknown",
    };
    put!(d, "\n\tAuthentication: {name} ({kind}), length: {len}");
    put!(d, "\n\t  Auth Key ID: {}", d.u8(at + 2)?);
    let (title, size) = match kind {
        1 if (4..=19).contains(&len) => {
            d.str(", Password: ");
            for n in 3..usize::from(len) {
                let byte = d.u8(at + n)?;
                d.visible(byte);
            }
            return Ok(());
        }
        2 | 3 if len == 24 => ("Digest", 16),
        4 | 5 if len == 28 => ("Hash", 20),
        1..=5 => {
            put!(d, "[invalid length {len}]");
            return Ok(());
        }
        _ => return Ok(()),
    };
    put!(d, ", Sequence Number: 0x{:08x}", d.u32(at + 4)?);
    let digest = d.bytes(at + 8, size)?;
    put!(d, "\n\t  {title}: ");
    for byte in digest {
        put!(d, "{byte:02x}");
    }
    Ok(())
}
