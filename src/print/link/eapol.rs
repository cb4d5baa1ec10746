//! Authentication at a port: EAP over LAN (IEEE 802.1X) and EAP (RFC 3748).
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::{Dissect, Truncated, put};

/// Prints the frame at `at`.
pub(in crate::print) fn eapol(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    d.protocol = "eap";
    if !d.has(at, 4) {
        d.trunc();
        return Ok(());
    }
    let (version, kind, len) = (d.u8(at)?, d.u8(at + 1)?, d.u16(at + 2)?);
    let name = match kind {
        0 => "EAP packet",
        1 => "EAPOL start",
        2 => "EAPOL logoff",
        3 => "EAPOL key",
        4 => "Encapsulated ASF alert",
        _ => "unknown",
    };
    put!(d, "{name} ({kind}) v{version}, len {len}");
    if d.verbose() == 0 || kind != 0 {
        return Ok(());
    }
    if len == 0 {
        d.trunc();
        return Ok(());
    }
    d.str(", ");
    eap(d, at + 4, len)
}

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;

fn eap(d: &mut Dissect<'_>, at: usize, length: u16) -> Result<(), Truncated> {
    let (code, len) = (d.u8(at)?, d.u16(at + 2)?);
    if len != length {
        d.str("EAP fragment?");
        return Ok(());
    }
    let name = match code {
        REQUEST => "Request",
        RESPONSE => "Response",
        3 => "Success",
        4 => "Failure",
        _ => "unknown",
    };
    put!(d, "{name} ({code}), id {}, len {len}", d.u8(at + 1)?);
    if len < 4 {
        d.str(" (too short for EAP header)");
        return Ok(());
    }
    if !d.has(at, len.into()) {
        d.trunc();
        return Ok(());
    }
    if !matches!(code, REQUEST | RESPONSE) {
        return Ok(());
    }
    if len < 5 {
        d.str(" (too short for EAP request/response)");
        return Ok(());
    }
    let method = d.u8(at + 4)?;
    d.str("\n\t\t Type ");
    push_method(d, method);
    body(d, method, at, len)
}

/// Prints what a method says; all of it was captured.
fn body(d: &mut Dissect<'_>, method: u8, at: usize, len: u16) -> Result<(), Truncated> {
    let name = match method {
        1 => {
            if len > 5 {
                d.str(", Identity: ");
                d.padded_text(at + 5, usize::from(len) - 5)?;
            }
            return Ok(());
        }
        2 => "Notification",
        3 => "Legacy NAK",
        13 | 21 => "TLS/TTLS",
        43 => "FAST",
        18 | 23 => "SIM/AKA",
        _ => return Ok(()),
    };
    if len < 6 {
        put!(d, " (too short for EAP {name} request/response)");
        return Ok(());
    }
    let flags = d.u8(at + 5)?;
    match method {
        2 => {
            d.str(", Notification: ");
            d.padded_text(at + 5, usize::from(len) - 5)?;
        }
        3 => {
            for n in 5..usize::from(len) {
                let wanted = d.u8(at + n)?;
                d.str(if n == 5 { " " } else { ", " });
                push_method(d, wanted);
            }
        }
        18 | 23 => {
            let name = match flags {
                1 | 11 => "Challenge",
                2 => "Auth reject",
                4 => "Sync failure",
                5 => "Identity",
                10 => "Start",
                12 => "Notification",
                13 => "Reauth",
                14 => "Client error",
                _ => "unknown",
            };
            put!(d, " subtype [{name}] 0x{flags:02x}");
        }
        _ => tunnelled(d, method, name, at, len)?,
    }
    Ok(())
}

/// Prints what the methods that carry TLS have in common.
fn tunnelled(d: &mut Dissect<'_>, method: u8, name: &str, at: usize, len: u16) -> Result<(), Truncated> {
    let flags = d.u8(at + 5)?;
    match method {
        21 => put!(d, " TTLSv{}", flags & 7),
        43 => put!(d, " FASTv{}", flags & 7),
        _ => {}
    }
    d.str(" flags [");
    push_bits(d, flags.into(), &[(0x80, "L bit"), (0x40, "More fragments bit"), (0x20, "Start bit")]);
    put!(d, "] 0x{flags:02x}");
    if flags & 0x80 == 0 {
        return Ok(());
    }
    if len < 10 {
        put!(d, " (too short for EAP {name} request/response with length)");
    } else {
        put!(d, ", len {}", d.u32(at + 6)?);
    }
    Ok(())
}

fn push_method(d: &mut Dissect<'_>, method: u8) {
    let name = match method {
        0 => "No proposed",
        1 => "Identity",
        2 => "Notification",
        3 => "Nak",
        4 => "MD5-challenge",
        5 => "OTP",
        6 => "GTC",
        13 => "TLS",
        18 => "SIM",
        21 => "TTLS",
        23 => "AKA",
        43 => "FAST",
        254 => "Expanded types",
        255 => "Experimental",
        _ => "unknown",
    };
    put!(d, "{name} ({method})");
}
