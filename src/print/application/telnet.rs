//! Telnet commands (RFC 854, RFC 855); the text between them is not shown.
use crate::hex;
use crate::print::Dump;
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Interpret as command.
const IAC: u8 = 255;
/// End and begin of a subnegotiation.
const SE: u8 = 240;
const SB: u8 = 250;

/// The commands from 236 on.
const COMMANDS: [&str; 20] = [
    "EOF", "SUSP", "ABORT", "EOR", "SE", "NOP", "DMARK", "BRK", "IP", "AO", "AYT", "EC", "EL", "GA", "SB",
    "WILL", "WONT", "DO", "DONT", "IAC",
];

const OPTIONS: [&str; 40] = [
    "BINARY",
    "ECHO",
    "RCP",
    "SUPPRESS GO AHEAD",
    "NAME",
    "STATUS",
    "TIMING MARK",
    "RCTE",
    "NAOL",
    "NAOP",
    "NAOCRD",
    "NAOHTS",
    "NAOHTD",
    "NAOFFD",
    "NAOVTS",
    "NAOVTD",
    "NAOLFD",
    "EXTEND ASCII",
    "LOGOUT",
    "BYTE MACRO",
    "DATA ENTRY TERMINAL",
    "SUPDUP",
    "SUPDUP OUTPUT",
    "SEND LOCATION",
    "TERMINAL TYPE",
    "END OF RECORD",
    "TACACS UID",
    "OUTPUT MARKING",
    "TTYLOC",
    "3270 REGIME",
    "X.3 PAD",
    "NAWS",
    "TSPEED",
    "LFLOW",
    "LINEMODE",
    "XDISPLOC",
    "OLD-ENVIRON",
    "AUTHENTICATION",
    "ENCRYPT",
    "NEW-ENVIRON",
];

/// First words of a subnegotiation: of authentication, of encryption, of others.
const AUTHENTICATION: [&str; 4] = ["IS", "SEND", "REPLY", "NAME"];
const ENCRYPTION: [&str; 9] =
    ["IS", "SUPPORT", "REPLY", "START", "END", "REQUEST-START", "REQUEST-END", "END_KEYID", "DEC_KEYID"];
const OTHER: [&str; 3] = ["IS", "SEND", "INFO"];

/// Second words; empty where there is none.
const AUTHENTICATION_TYPES: [&str; 16] = [
    "NULL",
    "KERBEROS_V4",
    "KERBEROS_V5",
    "SPX",
    "MINK",
    "SRP",
    "RSA",
    "SSL",
    "",
    "",
    "LOKI",
    "SSA",
    "KEA_SJ",
    "KEA_SJ_INTEG",
    "DSS",
    "NTLM",
];
const ENCRYPTION_TYPES: [&str; 10] = [
    "NULL",
    "DES_CFB64",
    "DES_OFB64",
    "DES3_CFB64",
    "DES3_OFB64",
    "",
    "CAST5_40_CFB64",
    "CAST5_40_OFB64",
    "CAST128_CFB64",
    "CAST128_OFB64",
];

/// Prints the commands at the start of `len` bytes at `at`.
pub(in crate::print) fn telnet(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "telnet";
    // With -X and -vvv each command is dumped, too.
    let dump = d.verbose() > 2 && matches!(d.opts.dump, Dump::HexAscii { .. });
    let (mut here, mut left) = (at, len);
    let mut first = true;
    while left > 0 && d.u8(here)? == IAC {
        let Some(used) = d.attempt(|d| command(d, here, left, false))? else { break };
        if dump {
            if first {
                d.str("\nTelnet:");
            }
            let bytes = d.bytes(here, used as usize).unwrap_or(d.rest(here));
            hex::hex_at(d.out, b"\n", bytes, here - at);
            if bytes.len() < used as usize {
                return Err(Truncated);
            }
            match used {
                9.. => d.str("\n\t\t\t\t"),
                _ => put!(d, "{:1$}\t", "", (8 - used as usize) * 3),
            }
        } else {
            d.str(if first { " [telnet " } else { ", " });
        }
        d.attempt(|d| command(d, here, left, true))?;
        first = false;
        here += used as usize;
        left = left.wrapping_sub(used);
    }
    if !first {
        d.char(if dump { b'\n' } else { b']' });
    }
    Ok(())
}

/// Takes bytes one by one as long as the payload has any.
struct Bytes {
    at: usize,
    left: u32,
}

impl Bytes {
    fn next(&mut self, d: &Dissect<'_>) -> Result<u8, Stop> {
        if self.left < 1 {
            return Err(Stop::Done);
        }
        let byte = d.u8(self.at)?;
        self.at += 1;
        self.left -= 1;
        Ok(byte)
    }
}

/// Reads, and if wanted prints, one command; gives its length. Of one that is not complete or not
/// known nothing is said.
fn command(d: &mut Dissect<'_>, at: usize, left: u32, print: bool) -> Result<u32, Stop> {
    let mut bytes = Bytes { at, left };
    if bytes.next(d)? != IAC {
        return Err(Stop::Done);
    }
    let code = bytes.next(d)?;
    let name = code.checked_sub(236).and_then(|i| COMMANDS.get(usize::from(i))).ok_or(Stop::Done)?;
    match code {
        IAC if print => d.str("IAC IAC"),
        250..=254 => {
            let option = bytes.next(d)?;
            if print {
                d.str(name);
                push_word(d, &OPTIONS, option);
            }
            if code == SB {
                subnegotiation(d, &mut bytes, option, print)?;
            }
        }
        _ if print => d.str(name),
        _ => {}
    }
    Ok((bytes.at - at) as u32)
}

/// What stands between SB and SE.
fn subnegotiation(d: &mut Dissect<'_>, bytes: &mut Bytes, option: u8, print: bool) -> Result<(), Stop> {
    let mut end = bytes.at;
    while bytes.left as usize > end + 1 - bytes.at {
        if d.u8(end)? == IAC && d.u8(end + 1)? == SE {
            break;
        }
        end += 1;
    }
    if d.u8(end)? != IAC {
        return Err(Stop::Done);
    }
    let words: &[&[&str]] = match option {
        37 => &[&AUTHENTICATION, &AUTHENTICATION_TYPES],
        38 => &[&ENCRYPTION, &ENCRYPTION_TYPES],
        _ => &[&OTHER],
    };
    let mut words = words.iter();
    while end > bytes.at {
        let byte = bytes.next(d)?;
        if print {
            push_word(d, words.next().copied().unwrap_or_default(), byte);
        }
    }
    if print {
        d.str(" SE");
    }
    bytes.at += 2;
    Ok(())
}

/// Appends a space and a word, or a number in hex.
fn push_word(d: &mut Dissect<'_>, words: &[&str], value: u8) {
    match words.get(usize::from(value)) {
        Some(word) if !word.is_empty() => put!(d, " {word}"),
        _ if value == 0 => d.str(" 0"),
        _ => put!(d, " {value:#x}"),
    }
}
