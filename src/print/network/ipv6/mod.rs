//! IPv6 (RFC 8200): the header and the way through its extension headers.
pub(in crate::print) mod extension;
pub(in crate::print) mod mobility;

use std::net::Ipv6Addr;

use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Truncated, put};
use crate::print::network::ip::{self, Carrier, Inner};
use crate::wire::{IpProtocol, Ipv6Header};

/// Bytes of the fixed header.
const HEADER_LEN: u32 = 40;

/// Prints an IPv6 packet of `len` bytes at `at`, and what it carries.
pub(in crate::print) fn packet(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    ip::packets(d, Inner::V6 { at, len })
}

/// Prints one header with its extensions and its payload; gives a packet inside it
/// back instead.
pub(in crate::print) fn header(
    d: &mut Dissect<'_>,
    at: usize,
    wire_len: u32,
) -> Result<Option<Inner>, Truncated> {
    d.protocol = "ip6";
    let Ok(header) = d.array(at).map(Ipv6Header) else {
        d.trunc();
        return Ok(None);
    };
    if wire_len < HEADER_LEN {
        put!(d, "truncated-ip6 {wire_len}");
        return Ok(None);
    }
    if !d.opts.link_header {
        d.str("IP6 ");
    }
    if header.version() != 6 {
        put!(d, "version error: {} != 6", header.version());
        return Ok(None);
    }
    let mut payload_len = u32::from(header.payload_len());
    // Merged beyond what the field can tell; without a Jumbo Payload option, as newer Linux does.
    let presumed =
        payload_len == 0 && header.next_header() == IpProtocol::TCP && wire_len > HEADER_LEN + ip::LONGEST;
    if presumed {
        payload_len = wire_len - HEADER_LEN;
    }
    // Without a payload length the extension headers may run to the end of the packet:
    // one of them may be a Jumbo Payload option.
    let len = if payload_len != 0 { payload_len } else { wire_len }.wrapping_add(HEADER_LEN);
    if payload_len != 0 && wire_len < len {
        put!(d, "truncated-ip6 - {} bytes missing!", len - wire_len);
    }
    if d.verbose() > 0 {
        verbose_header(d, header, presumed.then_some(payload_len));
    }
    d.push_end(at, len);
    let walk = Walk { at, wire_len, len, payload_len, jumbo: false };
    walk.extensions(d, header.next_header().0, header.hop_limit())
}

/// What `-v` shows, in parentheses; with the payload length that is presumed.
fn verbose_header(d: &mut Dissect<'_>, header: Ipv6Header<'_>, presumed: Option<u32>) {
    d.char(b'(');
    if header.traffic_class() != 0 {
        d.str("class 0x");
        d.hex(header.traffic_class(), 2);
        d.str(", ");
    }
    if header.flow_label() != 0 {
        d.str("flowlabel 0x");
        d.hex(header.flow_label(), 5);
        d.str(", ");
    }
    d.str("hlim ");
    d.dec(header.hop_limit());
    d.str(", next-header ");
    d.str(number::ip_protocol(header.next_header().0).unwrap_or("unknown"));
    d.str(" (");
    d.dec(header.next_header().0);
    d.str(") payload length: ");
    match presumed {
        Some(len) => ip::push_presumed(d, len),
        None => d.dec(header.payload_len()),
    }
    d.str(") ");
}

/// The way from the fixed header to the payload.
struct Walk {
    /// Offset of the fixed header.
    at: usize,
    /// Length of the packet as the layer below has it.
    wire_len: u32,
    /// Length with the fixed header, less what was walked already.
    len: u32,
    /// From the fixed header, or a Jumbo Payload option.
    payload_len: u32,
    /// Whether such an option was found.
    jumbo: bool,
}

impl Walk {
    fn extensions(
        mut self,
        d: &mut Dissect<'_>,
        mut next: u8,
        hop_limit: u8,
    ) -> Result<Option<Inner>, Truncated> {
        let mut here = self.at;
        let mut advance = HEADER_LEN;
        let mut walked = 0_u32;
        let mut fragmented = false;
        let (mut any, mut hop_by_hop) = (false, false);
        while here < d.end {
            if self.len < advance {
                d.trunc();
                return Ok(None);
            }
            here += advance as usize;
            self.len -= advance;
            walked = walked.wrapping_add(advance);
            if walked == HEADER_LEN && !ip::names_its_hosts(next) {
                d.pair6(self.at)?;
                d.str(": ");
            }
            let length = match next {
                0 => {
                    if hop_by_hop {
                        d.str("[The Hop-by-Hop Options header was already found] (invalid)");
                        return Ok(None);
                    }
                    if any {
                        d.str("[The Hop-by-Hop Options header don't follow the IPv6 header] (invalid)");
                        return Ok(None);
                    }
                    let length = extension::hop_by_hop(d, here, &mut self.payload_len, &mut self.jumbo)?;
                    if self.payload_len == 0 && !self.jumbo {
                        d.str("[No valid Jumbo Payload Hop-by-Hop option found] (invalid)");
                        return Ok(None);
                    }
                    hop_by_hop = true;
                    length
                }
                60 => extension::destination(d, here)?,
                44 => {
                    let length = extension::fragment(d, here, self.at)?;
                    if length.is_some() && d.end <= here + 8 {
                        return Ok(None);
                    }
                    fragmented = true;
                    length
                }
                62 | 135 => {
                    extension::mobility(d, here)?;
                    return Ok(None);
                }
                43 => {
                    if !d.has(here, 1) {
                        d.trunc();
                        return Ok(None);
                    }
                    extension::routing(d, here)?
                }
                _ => return self.payload(d, next, hop_limit, fragmented, any, walked),
            };
            let Some(length) = length else { return Ok(None) };
            any = true;
            next = d.u8(here)?;
            advance = length;
            d.protocol = "ip6";
        }
        Ok(None)
    }

    fn payload(
        mut self,
        d: &mut Dissect<'_>,
        protocol: u8,
        hop_limit: u8,
        fragmented: bool,
        any: bool,
        walked: u32,
    ) -> Result<Option<Inner>, Truncated> {
        if self.jumbo {
            self.len = self.payload_len.wrapping_add(HEADER_LEN);
            if self.len < walked {
                d.trunc();
                return Ok(None);
            }
            if self.wire_len < self.len {
                put!(d, "truncated-ip6 - {} bytes missing!", self.len - self.wire_len);
            }
            d.change_end(self.at, self.len);
            self.len -= walked;
        } else if self.payload_len == 0 {
            if any {
                d.trunc();
                return Ok(None);
            }
            // No payload at all: what follows is padding.
            d.change_end(self.at, HEADER_LEN);
            self.len = HEADER_LEN.wrapping_sub(walked);
        }
        let carrier = Carrier { at: self.at, v6: true, fragmented, hop_limit };
        ip::payload(d, self.at + walked as usize, self.len, carrier, protocol)
    }
}

/// The last hop's address: in a routing header, if there is one, or in the fixed one.
/// It is what transport checksums cover.
pub(in crate::print) fn final_destination(d: &Dissect<'_>, at: usize) -> Result<Ipv6Addr, Truncated> {
    let mut dst = d.ipv6(at + 24)?;
    let mut here = at;
    let mut advance = HEADER_LEN as usize;
    let mut next = d.u8(at + 6)?;
    while here < d.end {
        here += advance;
        match next {
            0 | 60 | 62 | 135 => {
                advance = (usize::from(d.u8(here + 1)?) + 1) * 8;
                next = d.u8(here)?;
            }
            44 => {
                advance = 8;
                next = d.u8(here)?;
            }
            43 => {
                let Ok(&[_, len, kind, _]) = d.array::<4>(here) else { break };
                match kind {
                    0 | 2 if len % 2 == 0 => {
                        for i in 0..usize::from(len / 2) {
                            let Ok(hop) = d.ipv6(here + 8 + 16 * i) else { break };
                            dst = hop;
                        }
                    }
                    // Segments are listed from the last to the first (RFC 8754).
                    4 if len % 2 == 0 => dst = d.ipv6(here + 8).unwrap_or(dst),
                    _ => {}
                }
                break;
            }
            _ => break,
        }
    }
    Ok(dst)
}
