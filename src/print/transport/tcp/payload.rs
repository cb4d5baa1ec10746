//! What TCP carries, chosen by port: text protocols show their first line, or with `-v`
//! all lines.
use crate::print::application::{dns, resp, telnet};
use crate::print::dissect::{Dissect, Truncated};
use crate::text::run;

/// Most bytes of a reset's reason that are shown.
const MAX_REASON: u32 = 30;

/// Prints the data of a segment with RST set (RFC 9293 §3.5.3), with `-v`.
pub(in crate::print) fn reset_reason(d: &mut Dissect<'_>, at: usize, len: u32) {
    d.str(if d.has(at, len as usize) { " [RST" } else { " [!RST" });
    if len > MAX_REASON {
        d.char(b'+');
    }
    d.char(b' ');
    let shown = d.rest(at);
    for &byte in shown.iter().take(len.min(MAX_REASON) as usize) {
        d.visible(byte);
    }
    d.char(b']');
}

/// Prints the payload of a segment between two ports; nothing if neither is known.
#[inline]
pub(in crate::print) fn payload(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    src: u16,
    dst: u16,
) -> Result<(), Truncated> {
    let is = |port: u16| src == port || dst == port;
    if is(23) {
        telnet::telnet(d, at, len)
    } else if is(25) {
        text(d, at, len, "smtp", None)
    } else if is(43) {
        text(d, at, len, "whois", None)
    } else if is(179) {
        bgp(d)
    } else if is(1723) {
        // PPTP is not looked into.
        Ok(())
    } else if is(6379) {
        resp::resp(d, at, len)
    } else if is(22) {
        ssh(d, at, len)
    } else if is(10_288) {
        beep(d, at, len);
        Ok(())
    } else if is(6633) || is(6653) {
        // Nor is OpenFlow.
        Ok(())
    } else if is(21) {
        text(d, at, len, "ftp", None)
    } else if is(80) || is(8080) {
        text(d, at, len, "http", Some(HTTP_METHODS))
    } else if is(554) || is(8554) {
        text(d, at, len, "rtsp", Some(RTSP_METHODS))
    } else if is(53) {
        dns::message(d, at, len, dns::Transport::Tcp)
    } else {
        Ok(())
    }
}

/// By length, as [`is_method`] wants them.
const HTTP_METHODS: &[&str] = &[
    "GET",
    "PUT",
    "COPY",
    "HEAD",
    "LOCK",
    "MOVE",
    "POLL",
    "POST",
    "BCOPY",
    "BMOVE",
    "MKCOL",
    "TRACE",
    "LABEL",
    "MERGE",
    "DELETE",
    "SEARCH",
    "UNLOCK",
    "REPORT",
    "UPDATE",
    "NOTIFY",
    "BDELETE",
    "CONNECT",
    "OPTIONS",
    "CHECKIN",
    "PROPFIND",
    "CHECKOUT",
    "CCM_POST",
    "SUBSCRIBE",
    "PROPPATCH",
    "BPROPFIND",
    "BPROPPATCH",
    "UNCHECKOUT",
    "MKACTIVITY",
    "MKWORKSPACE",
    "UNSUBSCRIBE",
    "RPC_CONNECT",
    "VERSION-CONTROL",
    "BASELINE-CONTROL",
];

const RTSP_METHODS: &[&str] = &[
    "PLAY",
    "PAUSE",
    "SETUP",
    "RECORD",
    "OPTIONS",
    "ANNOUNCE",
    "DESCRIBE",
    "REDIRECT",
    "TEARDOWN",
    "GET_PARAMETER",
    "SET_PARAMETER",
];

/// Prints `: PROTOCOL` and text lines. With `methods`, only if the first word is one of
/// them or the second is a response code.
fn text(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    protocol: &'static str,
    methods: Option<&[&str]>,
) -> Result<(), Truncated> {
    d.str(": ");
    lines(d, at, len, protocol, methods)
}

/// [`text`] without the colon.
pub(in crate::print) fn lines(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    protocol: &'static str,
    methods: Option<&[&str]>,
) -> Result<(), Truncated> {
    d.protocol = protocol;
    let begins = methods.is_none_or(|methods| is_request_or_response(d, at, len as usize, methods));
    d.protocol_caps();
    if !begins {
        return Ok(());
    }
    if d.verbose() == 0 {
        line(d, ": ", at, 0, len as usize)?;
        return Ok(());
    }
    d.str(", length: ");
    d.dec(len);
    let mut from = 0;
    while from < len as usize {
        match line(d, "\n\t", at, from, len as usize)? {
            Some(next) => from = next,
            None => break,
        }
    }
    Ok(())
}

/// Whether a request or response line starts here, not the middle of a body.
fn is_request_or_response(d: &Dissect<'_>, at: usize, len: usize, methods: &[&str]) -> bool {
    let Some((first, next)) = word(d, at, 0, len) else { return false };
    // Most lines are of answers.
    word(d, at, next, len)
        .is_some_and(|(second, _)| second.len() == 3 && second.iter().all(u8::is_ascii_digit))
        || is_method(first, methods)
}

/// Whether a word is one of these, which are in the order of their lengths.
fn is_method(word: &[u8], methods: &[&str]) -> bool {
    debug_assert!(methods.is_sorted_by_key(|method| method.len()));
    let from = methods.partition_point(|method| method.len() < word.len());
    let rest = methods.get(from..).unwrap_or_default();
    let as_long = rest.iter().take_while(|method| method.len() == word.len());
    as_long.into_iter().any(|method| word.eq_ignore_ascii_case(method.as_bytes()))
}

/// Longest word that is looked at.
const MAX_WORD: usize = 128;

/// The word at `from`, and where the next one starts.
fn word<'p>(d: &Dissect<'p>, at: usize, from: usize, len: usize) -> Option<(&'p [u8], usize)> {
    let captured = d.rest(at);
    let data = captured.get(..len).unwrap_or(captured);
    let rest = data.get(from..)?;
    // One byte more than a word may have: then it is too long.
    let n = run::graphic(rest.get(..=MAX_WORD).unwrap_or(rest));
    let (word, after) = rest.split_at_checked(n)?;
    let ends = match after.first() {
        Some(byte) => matches!(byte, b' ' | b'\t' | b'\r' | b'\n'),
        // Without an end the word is cut, unless the payload ends there.
        None => data.len() == len,
    };
    if n == 0 || n > MAX_WORD || !ends {
        return None;
    }
    // A tab is white space that stops the search, like any other control character.
    let blanks = after.iter().take_while(|b| **b == b' ').count();
    Some((word, from + n + blanks))
}

/// Prints a line after `prefix`; gives where the next one starts. Nothing is printed of
/// a line that is not printable ASCII to its end.
fn line(
    d: &mut Dissect<'_>,
    prefix: &str,
    at: usize,
    from: usize,
    len: usize,
) -> Result<Option<usize>, Truncated> {
    let captured = d.rest(at);
    let data = captured.get(..len).unwrap_or(captured);
    let i = from + run::line(data.get(from..).unwrap_or_default());
    let next = if i >= len {
        None
    } else {
        match d.u8(at + i)? {
            b'\n' => Some(i + 1),
            b'\r' if i + 1 < len && d.u8(at + i + 1)? == b'\n' => Some(i + 2),
            _ => return Ok(None),
        }
    };
    let text = d.bytes(at + from, i - from)?;
    d.str(prefix);
    d.out.extend_from_slice(text);
    if next.is_none() {
        d.trunc();
    }
    Ok(next)
}

/// SSH's identification line (RFC 4253 §4.2), if the segment starts with one.
fn ssh(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "ssh";
    for (i, expected) in b"SSH-".iter().enumerate() {
        if d.u8(at + i)? != *expected {
            return Ok(());
        }
    }
    let len = len as usize;
    let mut i = 4;
    while i < len {
        match d.u8(at + i)? {
            b'\n' => break,
            b'\r' if i + 1 < len && d.u8(at + i + 1)? == b'\n' => break,
            b' '..=b'~' => i += 1,
            _ => return Ok(()),
        }
    }
    if i >= len {
        return Ok(());
    }
    let text = d.bytes(at, i)?;
    d.str(": SSH: ");
    d.out.extend_from_slice(text);
    Ok(())
}

/// BGP's name (RFC 4271); its messages are not looked into.
fn bgp(d: &mut Dissect<'_>) -> Result<(), Truncated> {
    d.protocol = "bgp";
    d.str(": BGP");
    Ok(())
}

/// The kind of a BEEP frame (RFC 3080).
fn beep(d: &mut Dissect<'_>, at: usize, len: u32) {
    let kind = if len < 4 { None } else { d.bytes(at, 4).ok() };
    d.str(match kind {
        Some(b"MSG\0") => " BEEP MSG",
        Some(b"RPY ") => " BEEP RPY",
        Some(b"ERR ") => " BEEP ERR",
        Some(b"ANS ") => " BEEP ANS",
        Some(b"NUL ") => " BEEP NUL",
        Some(b"SEQ ") => " BEEP SEQ",
        Some(b"END\0") => " BEEP END",
        _ => " BEEP (payload or undecoded)",
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_whatever_their_length_and_case() {
        for methods in [HTTP_METHODS, RTSP_METHODS] {
            assert!(methods.is_sorted_by_key(|method| method.len()));
            for method in methods {
                assert!(is_method(method.as_bytes(), methods));
                assert!(is_method(method.to_ascii_lowercase().as_bytes(), methods));
                let other = [b"1", &method.as_bytes()[1..]].concat();
                assert!(!is_method(&other, methods), "{method}");
            }
            assert!(!is_method(b"", methods) && !is_method(&[b'x'; 99], methods));
        }
    }
}
