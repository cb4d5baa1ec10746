//! DNS messages (RFC 1035), over UDP, over TCP and as mDNS (RFC 6762).
pub(in crate::print) mod domain_name;
pub(in crate::print) mod record;

use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::print) enum Transport {
    /// In a UDP datagram.
    Udp,
    /// In a TCP segment, after its length.
    Tcp,
    /// In a UDP datagram to everybody.
    Multicast,
}

/// Bytes of the fixed header.
const HEADER_LEN: usize = 12;

const OPCODES: [&str; 16] = [
    "",
    " inv_q",
    " stat",
    " op3",
    " notify",
    " update",
    " op6",
    " op7",
    " op8",
    " updateA",
    " updateD",
    " updateDA",
    " updateM",
    " updateMA",
    " zoneInit",
    " zoneRef",
];

/// The inverse query, long obsolete (RFC 3425).
const INVERSE_QUERY: usize = 1;

// Three of them lack the space in tcpdump.
const RESPONSE_CODES: [&str; 24] = [
    "",
    " FormErr",
    " ServFail",
    " NXDomain",
    " NotImp",
    " Refused",
    " YXDomain",
    " YXRRSet",
    " NXRRSet",
    " NotAuth",
    " NotZone",
    " Resp11",
    " Resp12",
    " Resp13",
    " Resp14",
    " NoChange",
    " BadVers",
    "Resp17",
    " Resp18",
    " Resp19",
    " Resp20",
    "Resp21",
    " Resp22",
    " BadCookie",
];

/// A message being printed.
#[derive(Clone, Copy)]
pub(in crate::print) struct Message {
    /// Where it starts, and what pointers in names count from.
    pub(in crate::print) at: usize,
    pub(in crate::print) multicast: bool,
}

/// Prints a message in `len` bytes at `at`.
pub(in crate::print) fn message(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    transport: Transport,
) -> Result<(), Truncated> {
    d.protocol = "domain";
    let (mut at, mut len) = (at, len);
    if transport == Transport::Tcp {
        if len < 2 {
            put!(d, " [DNS over TCP: length {len} < 2] (invalid)");
            return Ok(());
        }
        len -= 2;
        let prefix = d.u16(at)?;
        if u32::from(prefix) != len {
            put!(d, " [prefix length({prefix}) != length({len})] (invalid)");
            return Ok(());
        }
        at += 2;
        d.char(b' ');
    }
    if len < HEADER_LEN as u32 {
        put!(d, "domain [length {len} < 12] (invalid)");
        return Ok(());
    }
    let message = Message { at, multicast: transport == Transport::Multicast };
    if d.attempt(|d| question_or_answer(d, message))?.is_some() {
        put!(d, " ({len})");
    }
    Ok(())
}

fn question_or_answer(d: &mut Dissect<'_>, message: Message) -> Result<(), Stop> {
    d.check(message.at, HEADER_LEN)?;
    let header = d.array(message.at)?;
    if header[2] & 0x80 != 0 { response(d, message, header) } else { request(d, message, header) }
}

/// The four counts of a header: questions, answers, authorities, additional records.
fn counts(header: &[u8; HEADER_LEN]) -> [u16; 4] {
    let [_, _, _, _, a, b, c, d, e, f, g, h] = *header;
    [[a, b], [c, d], [e, f], [g, h]].map(u16::from_be_bytes)
}

/// Prints a response.
fn response(d: &mut Dissect<'_>, message: Message, header: &[u8; HEADER_LEN]) -> Result<(), Stop> {
    let [questions, answers, authorities, additional] = counts(header);
    let flags = u16::from_be_bytes([header[2], header[3]]);
    d.dec(u16::from_be_bytes([header[0], header[1]]));
    d.str(OPCODES[usize::from(flags >> 11 & 0xf)]);
    let code = flags & 0xf | extended_code(d, message, header)? << 4;
    match RESPONSE_CODES.get(usize::from(code)) {
        Some(name) => d.str(name),
        None => put!(d, " Resp{code}"),
    }
    for (bit, set, clear) in [(0x0400, "*", ""), (0x0080, "", "-"), (0x0200, "|", ""), (0x0020, "$", "")] {
        d.str(if flags & bit != 0 { set } else { clear });
    }
    if questions != 1 {
        put!(d, " [{questions}q]");
    }
    let mut here = message.at + HEADER_LEN;
    for i in 0..questions {
        if i != 0 {
            d.char(b',');
        }
        here = if d.verbose() > 1 {
            d.str(" q:");
            question(d, here, message)?
        } else {
            skip_name(d, here)?.ok_or(Stop::Missing)? + 4
        };
    }
    put!(d, " {answers}/{authorities}/{additional}");
    let here = section(d, here, message, "", answers)?;
    if d.verbose() < 2 {
        return Ok(());
    }
    let here = section(d, here, message, " ns:", authorities)?;
    section(d, here, message, " ar:", additional)?;
    Ok(())
}

/// Prints a request.
fn request(d: &mut Dissect<'_>, message: Message, header: &[u8; HEADER_LEN]) -> Result<(), Stop> {
    let [questions, answers, authorities, additional] = counts(header);
    let flags = u16::from_be_bytes([header[2], header[3]]);
    let opcode = usize::from(flags >> 11 & 0xf);
    d.dec(u16::from_be_bytes([header[0], header[1]]));
    d.str(OPCODES[opcode]);
    d.str(if flags & 0x0100 != 0 { "+" } else { "" });
    d.str(if flags & 0x0010 != 0 { "%" } else { "" });
    if flags & 0x06cf != 0 {
        put!(d, " [b2&3=0x{flags:x}]");
    }
    if opcode == INVERSE_QUERY {
        if questions != 0 {
            put!(d, " [{questions}q]");
        }
        if answers != 1 {
            put!(d, " [{answers}a]");
        }
    } else {
        if answers != 0 {
            put!(d, " [{answers}a]");
        }
        if questions != 1 {
            put!(d, " [{questions}q]");
        }
    }
    if authorities != 0 {
        put!(d, " [{authorities}n]");
    }
    if additional != 0 {
        put!(d, " [{additional}au]");
    }
    let mut here = message.at + HEADER_LEN;
    for i in 0..questions {
        if i > 0 && here >= d.end {
            return Err(Stop::Missing);
        }
        here = question(d, here, message)?;
    }
    if d.verbose() < 2 {
        return Ok(());
    }
    let here = section(d, here, message, "", answers)?;
    let here = section(d, here, message, " ns:", authorities)?;
    section(d, here, message, " ar:", additional)?;
    Ok(())
}

/// Prints a section of records; gives where the next one starts. `label` is what stands before the section; answers have none, and are tried
/// even where no byte is left.
fn section(d: &mut Dissect<'_>, at: usize, message: Message, label: &str, count: u16) -> Result<usize, Stop> {
    let mut here = at;
    for i in 0..count {
        if here >= d.end && (i > 0 || !label.is_empty()) {
            return Err(Stop::Missing);
        }
        d.str(if i == 0 { label } else { "," });
        here = record::record(d, here, message)?;
    }
    Ok(here)
}

/// Prints a question; gives where the next one starts.
fn question(d: &mut Dissect<'_>, at: usize, message: Message) -> Result<usize, Stop> {
    let after = skip_name(d, at)?.ok_or(Stop::Missing)?;
    d.check(after, 4)?;
    let kind = d.u16(after)?;
    d.char(b' ');
    record::push_type(d, kind);
    let class = d.u16(after + 2)?;
    record::push_class(d, if message.multicast { class & 0x7fff } else { class });
    if message.multicast {
        d.str(if class & 0x8000 != 0 { " (QU)" } else { " (QM)" });
    }
    d.str("? ");
    Ok(domain_name::print(d, at, message.at)? + 4)
}

/// The upper bits of the response code, from the OPT record (RFC 6891) if there is one.
fn extended_code(d: &Dissect<'_>, message: Message, header: &[u8; HEADER_LEN]) -> Result<u16, Truncated> {
    let [questions, answers, authorities, additional] = counts(header);
    let mut here = message.at + HEADER_LEN;
    for _ in 0..questions {
        let Some(after) = skip_name(d, here)? else { return Ok(0) };
        here = after + 4;
        if here >= d.end {
            return Ok(0);
        }
    }
    for i in 0..u32::from(answers) + u32::from(authorities) + u32::from(additional) {
        let Some(after) = skip_name(d, here)? else { return Ok(0) };
        if i >= u32::from(answers) + u32::from(authorities) {
            if after + 2 > d.end {
                return Ok(0);
            }
            let kind = d.u16(after)?;
            if after + 5 > d.end {
                return Ok(0);
            }
            if kind == record::OPT {
                return Ok(d.u8(after + 4)?.into());
            }
        }
        if after + 10 > d.end {
            return Ok(0);
        }
        here = after + 10 + usize::from(d.u16(after + 8)?);
        if here >= d.end {
            return Ok(0);
        }
    }
    Ok(0)
}

/// Where the name at `at` ends, if its labels make sense.
pub(in crate::print) fn skip_name(d: &Dissect<'_>, at: usize) -> Result<Option<usize>, Truncated> {
    let mut here = at;
    loop {
        if !d.has(here, 1) {
            return Ok(None);
        }
        let byte = d.u8(here)?;
        here += 1;
        match byte >> 6 {
            _ if byte == 0 => return Ok(Some(here)),
            0 => here += usize::from(byte),
            3 => return Ok(Some(here + 1)),
            // A string of bits (RFC 2673).
            1 if byte & 0x3f == 1 && d.has(here, 1) => {
                let bits = match d.u8(here)? {
                    0 => 256,
                    bits => usize::from(bits),
                };
                here += 1 + bits.div_ceil(8);
            }
            _ => return Ok(None),
        }
    }
}
