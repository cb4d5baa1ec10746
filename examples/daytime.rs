//! Daytime (RFC 867): whoever connects is told the time, and the server closes.
//!
//! `cargo run --example daytime -- server 127.0.0.1:7013`, and `… -- client 127.0.0.1:7013`.
//! To watch: the server's FIN comes first, so the server's port stays in TIME-WAIT.
mod lab;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

const USAGE: &str = "daytime server ADDRESS [CLIENTS] | daytime client ADDRESS";

fn main() -> ExitCode {
    lab::run(USAGE, |words| match words {
        ["server", address, clients @ ..] => Some(lab::serve(address, clients, tell)),
        ["client", address] => Some(ask(address)),
        _ => None,
    })
}

fn tell(mut client: &TcpStream) -> io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    client.write_all(format!("{}\r\n", date(now.as_secs())).as_bytes())
}

fn ask(address: &str) -> lab::Outcome {
    let mut told = Vec::new();
    // The end of the stream ends the answer. A server that never ends must not fill the memory.
    lab::connect(address)?.take(1024).read_to_end(&mut told)?;
    let time = told.strip_suffix(b"\r\n").ok_or("the server told no whole line")?;
    Ok(lab::say(format_args!("{}", lab::printable(time)))?)
}

/// `seconds` since 1970, in UTC, as `2001-09-09 01:46:40 UTC`.
pub(crate) fn date(seconds: u64) -> String {
    let (mut days, time) = (seconds / 86_400, seconds % 86_400);
    // Every 400 years have the same number of days (the Gregorian rule).
    let mut year = 1970 + days / 146_097 * 400;
    days %= 146_097;
    while days >= 365 + leap(year) {
        days -= 365 + leap(year);
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02} UTC", days + 1)
}

/// How many days more than 365 the year has.
fn leap(year: u64) -> u64 {
    u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
}
