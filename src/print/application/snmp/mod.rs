//! SNMP, versions 1 to 3 (RFC 1157, RFC 3416, RFC 3412, RFC 3414).
pub(in crate::print) mod asn1;
pub(in crate::print) mod mib;

use self::asn1::{Contents, Value};
use crate::print::dissect::{Dissect, Stop, Truncated, put};

const V1: i32 = 0;
const V2: i32 = 1;
const V3: i32 = 3;

const GET: u8 = 0;
const GET_NEXT: u8 = 1;
const SET: u8 = 3;
const TRAP: u8 = 4;
const GET_BULK: u8 = 5;
const INFORM: u8 = 6;
const TRAP_V2: u8 = 7;
const REPORT: u8 = 8;

/// Prints a message of `len` bytes at `at`.
pub(in crate::print) fn snmp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "snmp";
    d.char(b' ');
    message(d, Contents { at, len }).or_else(|stop| d.stop(stop))
}

fn message(d: &mut Dissect<'_>, mut outside: Contents) -> Result<(), Stop> {
    let mut rest = outside.only(d, "!init SEQ", Value::Sequence)?.contents();
    extra(d, outside, "iSEQ");
    let version = rest.integer(d, "version!=INT")?;
    let name = match version {
        V1 => "SNMPv1",
        V2 => "SNMPv2c",
        V3 => "SNMPv3",
        _ => {
            put!(d, "SNMP [version = {version}]");
            return Ok(());
        }
    };
    verbose(d, "{ ");
    verbose(d, name);
    verbose(d, " ");
    // What is wrong within does not leave the bracket open.
    let result = if version == V3 { version_three(d, rest) } else { community(d, rest, version) };
    result.or_else(|stop| d.stop(stop))?;
    verbose(d, "} ");
    Ok(())
}

/// Prints what only `-v` shows.
fn verbose(d: &mut Dissect<'_>, text: &str) {
    if d.verbose() > 0 {
        d.str(text);
    }
}

/// Says how many bytes follow what should be the last.
fn extra(d: &mut Dissect<'_>, rest: Contents, what: &str) {
    if rest.len > 0 {
        put!(d, "[{} extra after {what}]", rest.len);
    }
}

fn community(d: &mut Dissect<'_>, mut rest: Contents, version: i32) -> Result<(), Stop> {
    let community = rest.only(d, "comm!=STR", Value::Text)?;
    if d.bytes(community.at, community.len as usize)? != b"public" {
        d.str("C=");
        asn1::text(d, &community)?;
        d.char(b' ');
    }
    pdu(d, rest, version)
}

fn pdu(d: &mut Dissect<'_>, mut outside: Contents, version: i32) -> Result<(), Stop> {
    let element = outside.next(d)?;
    let Value::Pdu(kind) = element.value else {
        d.str("[no PDU]");
        return Err(Stop::Done);
    };
    extra(d, outside, "PDU");
    verbose(d, "{ ");
    asn1::print(d, &element)?;
    d.char(b' ');
    if version == V1 && matches!(kind, GET_BULK..=REPORT) {
        d.str("[v2 PDU in v1 message]");
        return Err(Stop::Done);
    }
    if version == V2 && kind == TRAP {
        d.str("[v1 PDU in v2 message]");
        return Err(Stop::Done);
    }
    let result =
        if kind == TRAP { trap(d, element.contents()) } else { request(d, element.contents(), kind) };
    result.or_else(|stop| d.stop(stop))?;
    verbose(d, " } ");
    Ok(())
}

/// Prints every PDU but the first version's trap.
fn request(d: &mut Dissect<'_>, mut rest: Contents, kind: u8) -> Result<(), Stop> {
    let asks = matches!(kind, GET | GET_NEXT | SET | INFORM | TRAP_V2 | REPORT);
    let id = rest.integer(d, "reqId!=INT")?;
    if d.verbose() > 0 {
        put!(d, "R={id} ");
    }
    let status = rest.integer(d, "errorStatus!=INT")?;
    if asks && status != 0 {
        d.str("[errorStatus(");
        push_status(d, status);
        d.str(")!=0]");
    } else if kind == GET_BULK {
        put!(d, " N={status}");
    } else if status != 0 {
        d.char(b' ');
        push_status(d, status);
    }
    let failed = !asks && kind != GET_BULK && status != 0;
    let index = rest.integer(d, "errorIndex!=INT")?;
    if asks && index != 0 {
        put!(d, "[errorIndex({index})!=0]");
    } else if kind == GET_BULK {
        put!(d, " M={index}");
    } else if index != 0 && failed {
        put!(d, "@{index}");
    } else if index != 0 {
        put!(d, "[errorIndex({index}) w/o errorStatus]");
    } else if failed {
        d.str("[errorIndex==0]");
    }
    bindings(d, rest, kind)
}

fn push_status(d: &mut Dissect<'_>, status: i32) {
    const NAMES: [&str; 19] = [
        "noError",
        "tooBig",
        "noSuchName",
        "badValue",
        "readOnly",
        "genErr",
        "noAccess",
        "wrongType",
        "wrongLength",
        "wrongEncoding",
        "wrongValue",
        "noCreation",
        "inconsistentValue",
        "resourceUnavailable",
        "commitFailed",
        "undoFailed",
        "authorizationError",
        "notWritable",
        "inconsistentName",
    ];
    match usize::try_from(status).ok().and_then(|n| NAMES.get(n)) {
        Some(name) => d.str(name),
        None => put!(d, "err={}", status.cast_unsigned()),
    }
}

fn trap(d: &mut Dissect<'_>, mut rest: Contents) -> Result<(), Stop> {
    const NAMES: [&str; 7] = [
        "coldStart",
        "warmStart",
        "linkDown",
        "linkUp",
        "authenticationFailure",
        "egpNeighborLoss",
        "enterpriseSpecific",
    ];
    d.char(b' ');
    let enterprise = rest.only(d, "enterprise!=OID", Value::Object)?;
    asn1::print(d, &enterprise)?;
    d.char(b' ');
    let agent = rest.only(d, "agent-addr!=INETADDR", Value::Address)?;
    asn1::print(d, &agent)?;
    let generic = rest.integer(d, "generic-trap!=INT")?;
    match usize::try_from(generic).ok().and_then(|n| NAMES.get(n)) {
        Some(name) => put!(d, " {name}"),
        None => put!(d, " gt={generic}"),
    }
    let specific = rest.integer(d, "specific-trap!=INT")?;
    if generic == 6 {
        put!(d, " s={specific}");
    } else if specific != 0 {
        put!(d, "[specific-trap({specific})!=0]");
    }
    d.char(b' ');
    let is_time = |value| matches!(value, Value::Unsigned(_)).then_some(());
    let (time, ()) = rest.expect(d, "time-stamp!=TIMETICKS", is_time)?;
    asn1::print(d, &time)?;
    bindings(d, rest, TRAP)
}

/// Prints variables and their values.
fn bindings(d: &mut Dissect<'_>, mut outside: Contents, kind: u8) -> Result<(), Stop> {
    let mut rest = outside.only(d, "!SEQ of varbind", Value::Sequence)?.contents();
    extra(d, outside, "SEQ of varbind");
    let asks = matches!(kind, GET | GET_NEXT | GET_BULK);
    while rest.len > 0 {
        d.char(b' ');
        let mut pair = rest.only(d, "!varbind", Value::Sequence)?.contents();
        let name = pair.only(d, "objName!=OID", Value::Object)?;
        asn1::print(d, &name)?;
        if !asks {
            d.char(b'=');
        }
        let value = pair.next(d)?;
        if value.value != Value::Null {
            if asks {
                d.str("[objVal!=NULL]");
            }
            asn1::print(d, &value)?;
        }
    }
    Ok(())
}

fn version_three(d: &mut Dissect<'_>, mut outside: Contents) -> Result<(), Stop> {
    let mut rest = outside.only(d, "!message", Value::Sequence)?.contents();
    verbose(d, "{ ");
    rest.integer(d, "msgID!=INT")?;
    rest.integer(d, "msgMaxSize!=INT")?;
    let flags = rest.only(d, "msgFlags!=STR", Value::Text)?;
    if flags.len != 1 {
        put!(d, "[msgFlags size {}]", flags.len);
        return Err(Stop::Done);
    }
    let flags = d.u8(flags.at)?;
    if !matches!(flags, 0 | 1 | 3 | 4 | 5 | 7) {
        put!(d, "[msgFlags=0x{flags:02X}]");
        return Err(Stop::Done);
    }
    d.str("F=");
    for (bit, letter) in [(1, b'a'), (2, b'p'), (4, b'r')] {
        if flags & bit != 0 {
            d.char(letter);
        }
    }
    d.char(b' ');
    let before = rest.len;
    let model = rest.integer(d, "msgSecurityModel!=INT")?;
    last_extra(d, rest, before, "message SEQ");
    verbose(d, "} ");
    if model != 3 {
        put!(d, "[security model {model}]");
        return Err(Stop::Done);
    }
    verbose(d, "{ USM ");
    // What follows the last element read, wherever the sequence ends.
    let end = outside.at + outside.len as usize;
    let mut rest = Contents { at: rest.at, len: u32::try_from(end.saturating_sub(rest.at)).unwrap_or(0) };
    let security = rest.only(d, "msgSecurityParameters!=STR", Value::Text)?;
    user_security(d, security.contents()).or_else(|stop| d.stop(stop))?;
    verbose(d, "} ");
    verbose(d, "{ ScopedPDU ");
    scoped(d, rest).or_else(|stop| d.stop(stop))?;
    verbose(d, "} ");
    Ok(())
}

/// [`extra`], as tcpdump counts it here: only where more is left than was last read.
fn last_extra(d: &mut Dissect<'_>, rest: Contents, before: u32, what: &str) {
    let read = before - rest.len;
    if read < rest.len {
        put!(d, "[{} extra after {what}]", rest.len - read);
    }
}

fn user_security(d: &mut Dissect<'_>, mut outside: Contents) -> Result<(), Stop> {
    let mut rest = outside.only(d, "!usm", Value::Sequence)?.contents();
    rest.only(d, "msgAuthoritativeEngineID!=STR", Value::Text)?;
    let boots = rest.integer(d, "msgAuthoritativeEngineBoots!=INT")?;
    if d.verbose() > 0 {
        put!(d, "B={boots} ");
    }
    let time = rest.integer(d, "msgAuthoritativeEngineTime!=INT")?;
    if d.verbose() > 0 {
        put!(d, "T={time} ");
    }
    let user = rest.only(d, "msgUserName!=STR", Value::Text)?;
    d.str("U=");
    asn1::text(d, &user)?;
    d.char(b' ');
    rest.only(d, "msgAuthenticationParameters!=STR", Value::Text)?;
    let before = rest.len;
    rest.only(d, "msgPrivacyParameters!=STR", Value::Text)?;
    last_extra(d, rest, before, "usm SEQ");
    Ok(())
}

fn scoped(d: &mut Dissect<'_>, mut outside: Contents) -> Result<(), Stop> {
    let mut rest = outside.only(d, "!scoped PDU", Value::Sequence)?.contents();
    let engine = rest.only(d, "contextEngineID!=STR", Value::Text)?;
    d.str("E=");
    asn1::octets(d, &engine)?;
    d.char(b' ');
    let name = rest.only(d, "contextName!=STR", Value::Text)?;
    d.str("C=");
    asn1::text(d, &name)?;
    d.char(b' ');
    pdu(d, rest, V3)
}
