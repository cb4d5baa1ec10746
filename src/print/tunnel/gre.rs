//! GRE (RFC 1701, RFC 2784, RFC 2890) and its enhanced form for PPTP (RFC 2637).
use crate::print::dissect::flags::push_bits;
use crate::print::dissect::name::push_ipv4;
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::link::ethernet::ethernet;
use crate::print::link::ppp;
use crate::print::network::{ipv4, ipv6};
use crate::print::tunnel::mpls;
use crate::wire::EtherType;

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const SOURCE_ROUTE: u16 = 0x0800;
const ACK: u16 = 0x0080;

/// Families of source routes (RFC 1702): addresses, and numbers of autonomous systems.
const FAMILY_IP: u16 = 0x0800;
const FAMILY_AS: u16 = 0xfffe;

/// A header, field by field.
struct Fields {
    at: usize,
    len: u32,
}

impl Fields {
    /// The offset of the next `n` bytes, which neither wire nor capture may lack.
    fn take(&mut self, d: &Dissect<'_>, n: u8) -> Result<usize, Stop> {
        let at = self.at;
        d.check(at, n.into())?;
        self.len = self.len.checked_sub(n.into()).ok_or(Stop::Missing)?;
        self.at += usize::from(n);
        Ok(at)
    }
}

/// Prints GRE at `at`.
pub(in crate::print) fn gre(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "gre";
    header(d, at, len).or_else(|stop| d.stop(stop))
}

fn header(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Stop> {
    let mut fields = Fields { at, len };
    let start = fields.take(d, 2)?;
    let flags = d.u16(start)?;
    let version = flags & 7;
    put!(d, "GREv{version}");
    if version > 1 {
        d.str(" ERROR: unknown-version");
        return Ok(());
    }
    if d.verbose() > 0 {
        push_flags(d, flags);
    }
    let protocol = if version == 0 {
        optional_fields(d, &mut fields, flags)?
    } else {
        enhanced_fields(d, &mut fields, flags)?
    };
    if d.opts.link_header {
        put!(d, ", proto {} (0x{protocol:04x})", number::ether_type(protocol).unwrap_or("unknown"));
    }
    put!(d, ", length {len}");
    if version == 1 && flags & SEQUENCE == 0 {
        return Ok(());
    }
    d.str(if d.verbose() == 0 { ": " } else { "\n\t" });
    Ok(payload(d, version, protocol, fields)?)
}

fn push_flags(d: &mut Dissect<'_>, flags: u16) {
    let names = [
        (CHECKSUM.into(), "checksum present"),
        (ROUTING.into(), "routing present"),
        (KEY.into(), "key present"),
        (SEQUENCE.into(), "sequence# present"),
        (SOURCE_ROUTE.into(), "source routing present"),
        (ACK.into(), "ack present"),
    ];
    d.str(", Flags [");
    push_bits(d, flags.into(), &names);
    d.char(b']');
}

/// Prints what is carried.
fn payload(d: &mut Dissect<'_>, version: u16, protocol: u16, rest: Fields) -> Result<(), Truncated> {
    let Fields { at, len } = rest;
    match (version, EtherType(protocol)) {
        (0, EtherType::IPV4) => d.nested(|d| ipv4::packet(d, at, len)),
        (0, EtherType::IPV6) => d.nested(|d| ipv6::packet(d, at, len)),
        (0, EtherType::BRIDGED) => {
            let cap_len = d.left(at);
            d.nested(|d| ethernet(d, at, len, cap_len).map(drop))
        }
        (1, EtherType::PPP) => ppp::ppp(d, at, len),
        (0, EtherType::MPLS) => mpls::mpls(d, at, len),
        _ => {
            put!(d, "gre-proto-0x{protocol:x}");
            Ok(())
        }
    }
}

/// Prints the fields of version 0 that are there; gives the protocol.
fn optional_fields(d: &mut Dissect<'_>, fields: &mut Fields, flags: u16) -> Result<u16, Stop> {
    let protocol = fields.take(d, 2)?;
    if flags & (CHECKSUM | ROUTING) != 0 {
        let sum = fields.take(d, 2)?;
        if d.verbose() > 0 {
            put!(d, ", sum 0x{:x}", d.u16(sum)?);
        }
        let offset = fields.take(d, 2)?;
        put!(d, ", off 0x{:x}", d.u16(offset)?);
    }
    if flags & KEY != 0 {
        let key = fields.take(d, 4)?;
        put!(d, ", key=0x{:x}", d.u32(key)?);
    }
    if flags & SEQUENCE != 0 {
        let sequence = fields.take(d, 4)?;
        put!(d, ", seq {}", d.u32(sequence)?);
    }
    if flags & ROUTING != 0 {
        loop {
            let entry = fields.take(d, 4)?;
            let (family, offset, len) = (d.u16(entry)?, d.u8(entry + 2)?, d.u8(entry + 3)?);
            if family == 0 && len == 0 {
                break;
            }
            source_route(d, fields, family, offset, len)?;
            fields.len = fields.len.checked_sub(len.into()).ok_or(Stop::Missing)?;
            fields.at += usize::from(len);
        }
    }
    Ok(d.u16(protocol)?)
}

/// Prints one source route entry.
fn source_route(d: &mut Dissect<'_>, fields: &Fields, family: u16, offset: u8, len: u8) -> Result<(), Stop> {
    let hop_len = match family {
        FAMILY_IP => {
            d.str(", (rtaf=ip");
            4
        }
        FAMILY_AS => {
            d.str(", (rtaf=asn");
            2
        }
        _ => {
            put!(d, ", (rtaf=0x{family:x})");
            return Ok(());
        }
    };
    let mut whole = Ok(());
    if !offset.is_multiple_of(hop_len) {
        put!(d, ", badoffset={offset}");
    } else if !len.is_multiple_of(hop_len) {
        put!(d, ", badlength={len}");
    } else if offset >= len {
        put!(d, ", badoff/len={offset}/{len}");
    } else {
        whole = hops(d, Fields { ..*fields }, hop_len, offset, len);
    }
    d.char(b')');
    whole
}

/// Prints the hops of a source route, `*` before the one that is next.
fn hops(d: &mut Dissect<'_>, mut rest: Fields, hop_len: u8, offset: u8, len: u8) -> Result<(), Stop> {
    for n in 0..len / hop_len {
        let hop = rest.take(d, hop_len)?;
        d.str(if n * hop_len == offset { " *" } else { " " });
        if hop_len == 4 {
            push_ipv4(d.out, d.ipv4(hop)?);
        } else {
            put!(d, "{:x}", d.u16(hop)?);
        }
    }
    Ok(())
}

/// As [`optional_fields`], for version 1.
fn enhanced_fields(d: &mut Dissect<'_>, fields: &mut Fields, flags: u16) -> Result<u16, Stop> {
    let protocol = fields.take(d, 2)?;
    if flags & KEY != 0 {
        let key = fields.take(d, 4)?;
        put!(d, ", call {}", d.u16(key + 2)?);
    }
    if flags & SEQUENCE != 0 {
        let sequence = fields.take(d, 4)?;
        put!(d, ", seq {}", d.u32(sequence)?);
    }
    if flags & ACK != 0 {
        let ack = fields.take(d, 4)?;
        put!(d, ", ack {}", d.u32(ack)?);
    }
    if flags & SEQUENCE == 0 {
        d.str(", no-payload");
    }
    Ok(d.u16(protocol)?)
}
