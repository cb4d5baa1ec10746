//! Kerberos in UDP: the version, and messages of the fourth.
use crate::print::dissect::{Dissect, Truncated, put};

/// Prints a message at `at`.
pub(in crate::print) fn kerberos(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    d.protocol = "krb";
    if d.left(at) == 0 {
        d.trunc();
        return Ok(());
    }
    match d.u8(at)? {
        version @ 1..=3 => put!(d, " v{version}"),
        4 => {
            d.str(" v4");
            return version_four(d, at);
        }
        // The fifth begins with a tag of ASN.1: a request or a reply.
        106 | 107 => d.str(" v5"),
        _ => {}
    }
    Ok(())
}

/// Prints text up to a NUL and gives the offset after it; marks where there is none.
fn text(d: &mut Dissect<'_>, at: usize) -> Option<usize> {
    let len = d.until_nul(at, u32::MAX);
    if len.is_none() {
        d.trunc();
    }
    Some(at + len? as usize)
}

/// Prints who it is about, `name.instance@realm`.
fn principal(d: &mut Dissect<'_>, at: usize) -> Option<usize> {
    let at = text(d, at + 2)?;
    d.char(b'.');
    let at = text(d, at)?;
    d.char(b'@');
    text(d, at)
}

fn version_four(d: &mut Dissect<'_>, start: usize) -> Result<(), Truncated> {
    let kind = d.u8(start + 1)?;
    let little = kind & 1 != 0;
    d.str(if little { " le " } else { " be " });
    match kind >> 1 {
        1 => d.str("KDC_REQUEST"),
        2 => d.str("KDC_REPLY"),
        3 => d.str("APPL_REQUEST"),
        4 => d.str("APPL_REQUEST_MUTUAL"),
        5 => d.str("ERR_REPLY"),
        6 => d.str("PRIVATE"),
        7 => d.str("SAFE"),
        8 => d.str("APPL_ERR"),
        63 => d.str("DIE"),
        _ => put!(d, "#{}", kind & 0xfe),
    }
    d.str(": ");
    let number = |d: &Dissect<'_>, at| d.u16(at).map(|n: u16| if little { n.swap_bytes() } else { n });
    match kind >> 1 {
        1 => {
            let Some(at) = principal(d, start) else { return Ok(()) };
            put!(d, " {}min ", u32::from(d.u8(at + 4)?) * 5);
            let Some(at) = text(d, at + 5) else { return Ok(()) };
            d.char(b'.');
            text(d, at);
        }
        2 => {
            let Some(at) = principal(d, start) else { return Ok(()) };
            put!(d, " ({})", number(d, at + 10)?);
        }
        3 => {
            put!(d, "v{} ", d.u8(start + 2)?);
            let Some(at) = text(d, start + 3) else { return Ok(()) };
            put!(d, " ({})", d.u8(at)?);
            put!(d, " ({})", d.u8(at + 1)?);
        }
        5 => {
            let Some(at) = principal(d, start) else { return Ok(()) };
            let code = number(d, at + 4)?;
            match ERRORS.get(usize::from(code)) {
                Some(name) => put!(d, " {name} "),
                None => put!(d, " #{code} "),
            }
            text(d, at + 8);
        }
        _ => d.str("(unknown)"),
    }
    Ok(())
}

const ERRORS: [&str; 11] = [
    "OK",
    "NAME_EXP",
    "SERVICE_EXP",
    "AUTH_EXP",
    "PKT_VER",
    "NAME_MAST_KEY_VER",
    "SERV_MAST_KEY_VER",
    "BYTE_ORDER",
    "PRINCIPAL_UNKNOWN",
    "PRINCIPAL_NOT_UNIQUE",
    "NULL_KEY",
];
