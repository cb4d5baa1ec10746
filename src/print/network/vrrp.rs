//! VRRP (RFC 3768, RFC 5798).
use crate::print::dissect::flags::push_name;
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::network::ip::Carrier;
use crate::print::transport::tcp;
use crate::wire::checksum::Checksum;

/// The protocol number in the pseudo header of version 3.
const PROTOCOL: u8 = 112;
const SIMPLE_PASSWORD: u8 = 1;

/// Prints VRRP at `at`.
pub(in crate::print) fn vrrp(d: &mut Dissect<'_>, at: usize, len: u32, ip: Carrier) -> Result<(), Truncated> {
    d.protocol = "vrrp";
    d.protocol_caps();
    let first = d.u8(at)?;
    let (version, kind) = (first >> 4, first & 0xf);
    put!(d, "v{version}, ");
    push_name(d, (kind == 1).then_some("Advertisement"), "unknown type (", kind.into(), ")");
    if ip.hop_limit != 255 {
        put!(d, ", (ttl {})", ip.hop_limit);
    }
    if !matches!(version, 2 | 3) || kind != 1 {
        return Ok(());
    }
    put!(d, ", vrid {}, prio {}", d.u8(at + 1)?, d.u8(at + 2)?);
    let mut password = false;
    if version == 2 {
        let auth = d.u8(at + 4)?;
        password = auth == SIMPLE_PASSWORD;
        d.str(", authtype ");
        let name = match auth {
            0 => Some("none"),
            SIMPLE_PASSWORD => Some("simple"),
            2 => Some("ah"),
            _ => None,
        };
        push_name(d, name, "#", auth.into(), "");
        put!(d, ", intvl {}s, length {len}", d.u8(at + 5)?);
    } else {
        put!(d, ", intvl {}cs, length {len}", d.u16(at + 4)? & 0x0fff);
    }
    if d.verbose() > 0 { advertised(d, at, len, ip, version, password) } else { Ok(()) }
}

/// What `-v` shows of an advertisement.
fn advertised(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    ip: Carrier,
    version: u8,
    password: bool,
) -> Result<(), Truncated> {
    let count = d.u8(at + 3)?;
    if d.has(at, len as usize) {
        let pseudo = if version == 2 { Checksum::new() } else { tcp::pseudo_header(d, ip, len, PROTOCOL)? };
        if pseudo.over(d.bytes(at, len as usize)?).residual() != 0 {
            put!(d, ", (bad vrrp cksum {:x})", d.u16(at + 6)?);
        }
    }
    d.str(", addrs");
    if count > 1 {
        put!(d, "({count})");
    }
    d.char(b':');
    let mut here = at + 8;
    for n in 0..count {
        let separator = if n == 0 { b' ' } else { b',' };
        if ip.v6 {
            let addr = d.ipv6(here)?;
            d.char(separator);
            d.addr6(addr);
            here += 16;
        } else {
            let addr = d.ipv4(here)?;
            d.char(separator);
            d.addr4(addr);
            here += 4;
        }
    }
    if password {
        d.str(" auth \"");
        // RFC 2338 §5.3.10: eight bytes, filled with zeros.
        d.padded_text(here, 8)?;
        d.char(b'"');
    }
    Ok(())
}
