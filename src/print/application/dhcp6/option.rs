//! Options of DHCP for IPv6 (RFC 8415 and many others).
use crate::print::application::dhcp6;
use crate::print::application::dns::domain_name;
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Prints the options from `at` to `end`, and says where they do not fit.
pub(in crate::print) fn options(d: &mut Dissect<'_>, at: usize, end: usize) -> Result<(), Truncated> {
    list(d, at, end).or_else(|stop| d.stop(stop))
}

fn list(d: &mut Dissect<'_>, mut at: usize, end: usize) -> Result<(), Stop> {
    while at < end {
        if end < at + 4 {
            return Err(Stop::Missing);
        }
        d.check(at, 4)?;
        let (kind, len) = (d.u16(at)?, usize::from(d.u16(at + 2)?));
        at += 4;
        if end < at + len {
            return Err(Stop::Missing);
        }
        d.str(" (");
        push_name(d, kind);
        d.check(at, len)?;
        value(d, kind, at, len)?;
        d.char(b')');
        at += len;
    }
    Ok(())
}

/// Prints the value of an option, `len` captured bytes at `at`; a question mark where it has not
/// the length it should have.
fn value(d: &mut Dissect<'_>, kind: u16, at: usize, len: usize) -> Result<(), Stop> {
    let fits = match kind {
        6 | 43 => len.is_multiple_of(2),
        7 | 19 => len == 1,
        8 => len == 2,
        32 | 46 => len == 4,
        22 | 23 | 27 | 28 | 31 | 34 | 40 | 48 => len.is_multiple_of(16),
        _ => len >= least(kind),
    };
    if !fits {
        d.str(" ?");
        return Ok(());
    }
    let end = at + len;
    match kind {
        1 | 2 => identifier(d, at, len)?,
        3 | 25 => {
            put!(d, " IAID:{} T1:{} T2:{}", d.u32(at)?, d.u32(at + 4)?, d.u32(at + 8)?);
            inner(d, at + 12, end)?;
        }
        4 => {
            put!(d, " IAID:{}", d.u32(at)?);
            inner(d, at + 4, end)?;
        }
        5 => {
            address(d, at)?;
            put!(d, " pltime:{} vltime:{}", d.u32(at + 16)?, d.u32(at + 20)?);
            inner(d, at + 24, end)?;
        }
        6 | 43 => requested(d, at, len)?,
        7 => put!(d, " {}", d.u8(at)?),
        8 => put!(d, " {}", d.u16(at)?),
        9 => relayed(d, at, len)?,
        11 => authentication(d, at, len)?,
        13 => status(d, at)?,
        18 | 38 => shortened(d, at, len)?,
        19 => match d.u8(at)? {
            5 => d.str(" for renew"),
            11 => d.str(" for inf-req"),
            other => put!(d, " for ???({other:02x})"),
        },
        21 | 24 => names(d, at, end)?,
        22 | 23 | 27 | 28 | 31 | 34 | 40 | 48 => addresses(d, at, len)?,
        26 => {
            address(d, at + 9)?;
            put!(d, "/{}", d.u8(at + 8)?);
            put!(d, " pltime:{} vltime:{}", d.u32(at)?, d.u32(at + 4)?);
            inner(d, at + 25, end)?;
        }
        32 | 46 => put!(d, " {}", d.u32(at)?),
        37 => {
            put!(d, " {}", d.u32(at)?);
            shortened(d, at + 4, len - 4)?;
        }
        41 | 42 | 112 => {
            d.char(b' ');
            d.padded_text(at, len)?;
        }
        44 => {
            match d.u8(at)? {
                1 => d.str(" by-address"),
                2 => d.str(" by-clientID"),
                other => put!(d, " type_{other}"),
            }
            address(d, at + 1)?;
            inner(d, at + 17, end)?;
        }
        45 => inner(d, at, end)?,
        47 => {
            address(d, at)?;
            shortened(d, at + 16, len - 16)?;
        }
        56 => time_servers(d, at, end)?,
        64 => tunnel_name(d, at, len)?,
        _ => {}
    }
    Ok(())
}

/// The options that are asked for.
fn requested(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Truncated> {
    for n in (0..len).step_by(2) {
        let asked = d.u16(at + n)?;
        d.char(b' ');
        push_name(d, asked);
    }
    Ok(())
}

/// A message within the message.
fn relayed(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Truncated> {
    d.str(" (");
    d.push_end(at, len as u32);
    let relayed = d.nested(|d| dhcp6::dhcp6(d, at, len as u32));
    d.pop_end();
    relayed
}

/// The first bytes of an opaque value.
fn shortened(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Truncated> {
    d.char(b' ');
    octets(d, at, len.min(10))?;
    d.str("...");
    Ok(())
}

fn names(d: &mut Dissect<'_>, mut at: usize, end: usize) -> Result<(), Stop> {
    while at < end {
        d.char(b' ');
        at = domain_name::print(d, at, end)?;
    }
    Ok(())
}

/// The least length of an option's value.
fn least(kind: u16) -> usize {
    match kind {
        1 | 2 | 13 => 2,
        3 | 25 => 12,
        4 | 37 | 56 => 4,
        5 => 24,
        11 => 11,
        26 => 25,
        41 | 42 | 112 => 5,
        44 => 17,
        47 => 16,
        64 => 3,
        _ => 0,
    }
}

/// Options within an option, if there are any.
fn inner(d: &mut Dissect<'_>, at: usize, end: usize) -> Result<(), Truncated> {
    if at < end { d.nested(|d| options(d, at, end)) } else { Ok(()) }
}

fn address(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let address = d.ipv6(at)?;
    d.char(b' ');
    d.addr6(address);
    Ok(())
}

fn addresses(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Truncated> {
    for n in (0..len).step_by(16) {
        address(d, at + n)?;
    }
    Ok(())
}

fn octets(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Truncated> {
    for &byte in d.bytes(at, len)? {
        d.hex(byte, 2);
    }
    Ok(())
}

/// A unique identifier of a client or server.
fn identifier(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Truncated> {
    match d.u16(at)? {
        1 if len >= 8 => {
            put!(d, " hwaddr/time type {} time {} ", d.u16(at + 2)?, d.u32(at + 4)?);
            octets(d, at + 8, len - 8)?;
        }
        2 if len >= 10 => {
            d.str(" vid ");
            octets(d, at + 2, 8)?;
        }
        3 if len >= 4 => {
            put!(d, " hwaddr type {} ", d.u16(at + 2)?);
            octets(d, at + 4, len - 4)?;
        }
        1..=3 => d.str(" ?"),
        other => put!(d, " type {other}"),
    }
    Ok(())
}

fn authentication(d: &mut Dissect<'_>, at: usize, len: usize) -> Result<(), Truncated> {
    let protocol = d.u8(at)?;
    match protocol {
        2 => d.str(" proto: delayed"),
        3 => d.str(" proto: reconfigure"),
        other => put!(d, " proto: {other}"),
    }
    match d.u8(at + 1)? {
        1 => d.str(", alg: HMAC-MD5"),
        other => put!(d, ", alg: {other}"),
    }
    match d.u8(at + 2)? {
        0 => d.str(", RDM: mono"),
        other => put!(d, ", RDM: {other}"),
    }
    d.str(", RD:");
    for n in 0..4 {
        put!(d, " {:04x}", d.u16(at + 3 + 2 * n)?);
    }
    let (mut at, len) = (at + 11, len - 11);
    match (protocol, len) {
        (2, 0) => return Ok(()),
        (2, 20..) => {
            if len > 20 {
                d.str(", realm: ");
                octets(d, at, len - 20)?;
            }
            at += len - 20;
            put!(d, ", key ID: {:08x}", d.u32(at)?);
            d.str(", HMAC-MD5:");
            at += 4;
        }
        (3, 17) => {
            d.str(match d.u8(at)? {
                1 => " reconfig-key",
                2 => " type: HMAC-MD5",
                _ => " type: ??",
            });
            d.str(" value:");
            at += 1;
        }
        _ => {
            d.str(" ??");
            return Ok(());
        }
    }
    for n in 0..4 {
        put!(d, " {:08x}", d.u32(at + 4 * n)?);
    }
    Ok(())
}

fn status(d: &mut Dissect<'_>, at: usize) -> Result<(), Truncated> {
    let name = match d.u16(at)? {
        0 => " Success",
        1 => " UnspecFail",
        2 => " NoAddrsAvail",
        3 => " NoBinding",
        4 => " NotOnLink",
        5 => " UseMulticast",
        6 => " NoPrefixAvail",
        7 => " UnknownQueryType",
        8 => " MalformedQuery",
        9 => " NotConfigured",
        10 => " NotAllowed",
        256.. => " INVALID code",
        other => {
            put!(d, " code{other}");
            return Ok(());
        }
    };
    d.str(name);
    Ok(())
}

/// Time servers (RFC 5908): options of their own within the option.
fn time_servers(d: &mut Dissect<'_>, mut at: usize, end: usize) -> Result<(), Stop> {
    while at + 4 < end {
        let (kind, len) = (d.u16(at)?, usize::from(d.u16(at + 2)?));
        at += 4;
        if at + len > end {
            return Err(Stop::Missing);
        }
        put!(d, " subopt:{kind}");
        match kind {
            1 | 2 if len == 16 => address(d, at)?,
            3 => {
                d.char(b' ');
                domain_name::print(d, at, at + len)?;
            }
            _ => d.str(" ?"),
        }
        at += len;
    }
    Ok(())
}

/// The other end of a tunnel (RFC 6334): a name without compression.
fn tunnel_name(d: &mut Dissect<'_>, mut at: usize, mut len: usize) -> Result<(), Truncated> {
    d.char(b' ');
    while len > 0 {
        let label = usize::from(d.u8(at)?);
        if label == 0 {
            break;
        }
        at += 1;
        if label >= len - 1 {
            d.str(" ?");
            break;
        }
        d.padded_text(at, label)?;
        at += label;
        len -= label + 1;
        if d.u8(at)? != 0 {
            d.char(b'.');
        }
    }
    Ok(())
}

fn push_name(d: &mut Dissect<'_>, kind: u16) {
    let name = match kind {
        1 => "client-ID",
        2 => "server-ID",
        3 => "IA_NA",
        4 => "IA_TA",
        5 => "IA_ADDR",
        6 => "option-request",
        7 => "preference",
        8 => "elapsed-time",
        9 => "relay-message",
        11 => "authentication",
        12 => "server-unicast",
        13 => "status-code",
        14 => "rapid-commit",
        15 => "user-class",
        16 => "vendor-class",
        17 => "vendor-specific-info",
        18 => "interface-ID",
        19 => "reconfigure-message",
        20 => "reconfigure-accept",
        21 => "SIP-servers-domain",
        22 => "SIP-servers-address",
        23 => "DNS-server",
        24 => "DNS-search-list",
        25 => "IA_PD",
        26 => "IA_PD-prefix",
        31 => "SNTP-servers",
        32 => "lifetime",
        27 => "NIS-server",
        28 => "NIS+-server",
        29 => "NIS-domain-name",
        30 => "NIS+-domain-name",
        33 => "BCMCS-domain-name",
        34 => "BCMCS-server",
        36 => "Geoconf-Civic",
        37 => "Remote-ID",
        38 => "Subscriber-ID",
        39 => "Client-FQDN",
        40 => "PANA-agent",
        41 => "POSIX-timezone",
        42 => "POSIX-tz-database",
        43 => "Echo-request-option",
        44 => "Lease-query",
        45 => "LQ-client-data",
        46 => "Clt-time",
        47 => "LQ-relay-data",
        48 => "LQ-client-link",
        56 => "NTP-server",
        64 => "AFTR-Name",
        112 => "MUD-URL",
        other => {
            put!(d, "opt_{other}");
            return;
        }
    };
    d.str(name);
}
