//! Syslog (RFC 3164, RFC 5424).
use crate::print::dissect::{Dissect, Truncated, put};

/// Most digits of a priority.
const MAX_DIGITS: usize = 3;

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn syslog(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "syslog";
    let Some((priority, text)) = priority(d, at)? else {
        d.invalid();
        return Ok(());
    };
    let (facility, severity) = (priority >> 3 & 0x7f, priority & 7);
    if d.verbose() == 0 {
        d.str("SYSLOG ");
        name(d, &FACILITIES, facility);
        d.char(b'.');
        name(d, &SEVERITIES, severity);
        put!(d, ", length: {len}");
        return Ok(());
    }
    put!(d, "SYSLOG, length: {len}\n\tFacility ");
    name(d, &FACILITIES, facility);
    put!(d, " ({facility}), Severity ");
    name(d, &SEVERITIES, severity);
    put!(d, " ({severity})\n\tMsg: ");
    for i in text..len as usize {
        let byte = d.u8(at + i)?;
        d.visible(byte);
    }
    if d.verbose() > 1 {
        d.unknown_data(at, "\n\t", len);
    }
    Ok(())
}

/// The number in angle brackets, and where the text after it starts.
fn priority(d: &Dissect<'_>, at: usize) -> Result<Option<(u16, usize)>, Truncated> {
    if d.u8(at)? != b'<' {
        return Ok(None);
    }
    let mut priority = 0;
    let mut i = 1;
    while i <= MAX_DIGITS {
        let byte = d.u8(at + i)?;
        if !byte.is_ascii_digit() {
            break;
        }
        priority = priority * 10 + u16::from(byte - b'0');
        i += 1;
    }
    Ok((d.u8(at + i)? == b'>').then_some((priority, i + 1)))
}

fn name(d: &mut Dissect<'_>, names: &[&str], value: u16) {
    match names.get(usize::from(value)) {
        Some(name) => d.str(name),
        None => put!(d, "unknown ({value})"),
    }
}

const SEVERITIES: [&str; 8] =
    ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"];

const FACILITIES: [&str; 24] = [
    "kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "security", "console", "cron", "local0", "local1", "local2", "local3", "local4", "local5",
    "local6", "local7",
];
