//! IPv6 (RFC 8200): the header and the way through its extension headers.
pub(in crate::print) mod extension;
pub(in crate::print) mod mobility;

use std::net::Ipv6Addr;

use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::network::ip::{self, Carrier, Inner};
use crate::print::network::ipv6::extension::PayloadLen;
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
    d.attempt(|d| fixed_header(d, at, wire_len)).map(Option::flatten)
}

fn fixed_header(d: &mut Dissect<'_>, at: usize, wire_len: u32) -> Result<Option<Inner>, Stop> {
    d.check(at, HEADER_LEN as usize)?;
    let header = Ipv6Header(d.array(at)?);
    if wire_len < HEADER_LEN {
        put!(d, "truncated-ip6 {wire_len}");
        return Err(Stop::Done);
    }
    if !d.opts.link_header {
        d.str("IP6 ");
    }
    if header.version() != 6 {
        put!(d, "version error: {} != 6", header.version());
        return Err(Stop::Done);
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
    let payload = PayloadLen { len: payload_len, jumbo: false };
    let walk = Walk { at, wire_len, len, payload, walked: 0, extended: false, fragmented: false };
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
    payload: PayloadLen,
    /// Bytes of the headers so far.
    walked: u32,
    /// Whether there was an extension header, and one of a fragment.
    extended: bool,
    fragmented: bool,
}

impl Walk {
    fn extensions(mut self, d: &mut Dissect<'_>, mut next: u8, hop_limit: u8) -> Result<Option<Inner>, Stop> {
        let mut here = self.at;
        let mut advance = HEADER_LEN;
        let mut hop_by_hop = false;
        while here < d.end {
            if self.len < advance {
                return Err(Stop::Missing);
            }
            here += advance as usize;
            self.len -= advance;
            self.walked = self.walked.wrapping_add(advance);
            if self.walked == HEADER_LEN && !ip::names_its_hosts(next) {
                d.pair6(self.at)?;
                d.str(": ");
            }
            advance = match next {
                0 => self.hop_by_hop(d, here, &mut hop_by_hop)?,
                60 => extension::destination(d, here)?,
                44 => self.fragment(d, here)?,
                62 | 135 => {
                    extension::mobility(d, here)?;
                    return Ok(None);
                }
                43 => {
                    d.check(here, 1)?;
                    extension::routing(d, here)?
                }
                _ => return self.carried(d, next, hop_limit),
            };
            self.extended = true;
            next = d.u8(here)?;
            d.protocol = "ip6";
        }
        Ok(None)
    }

    fn hop_by_hop(&mut self, d: &mut Dissect<'_>, at: usize, found: &mut bool) -> Result<u32, Stop> {
        if *found {
            d.str("[The Hop-by-Hop Options header was already found]");
            return Err(Stop::Invalid);
        }
        if self.extended {
            d.str("[The Hop-by-Hop Options header don't follow the IPv6 header]");
            return Err(Stop::Invalid);
        }
        let length = d.attempt(|d| extension::hop_by_hop(d, at, &mut self.payload))?;
        // Said even of options that are cut.
        if self.payload.len == 0 && !self.payload.jumbo {
            d.str("[No valid Jumbo Payload Hop-by-Hop option found]");
            return Err(Stop::Invalid);
        }
        *found = true;
        length.ok_or(Stop::Done)
    }

    fn fragment(&mut self, d: &mut Dissect<'_>, at: usize) -> Result<u32, Stop> {
        let length = extension::fragment(d, at, self.at)?;
        if d.end <= at + 8 {
            return Err(Stop::Done);
        }
        self.fragmented = true;
        Ok(length)
    }

    /// What the extension headers lead to.
    fn carried(mut self, d: &mut Dissect<'_>, protocol: u8, hop_limit: u8) -> Result<Option<Inner>, Stop> {
        if self.payload.jumbo {
            self.len = self.payload.len.wrapping_add(HEADER_LEN);
            if self.len < self.walked {
                return Err(Stop::Missing);
            }
            if self.wire_len < self.len {
                put!(d, "truncated-ip6 - {} bytes missing!", self.len - self.wire_len);
            }
            d.change_end(self.at, self.len);
            self.len -= self.walked;
        } else if self.payload.len == 0 {
            if self.extended {
                return Err(Stop::Missing);
            }
            // No payload at all: what follows is padding.
            d.change_end(self.at, HEADER_LEN);
            self.len = HEADER_LEN.wrapping_sub(self.walked);
        }
        let carrier = Carrier { at: self.at, v6: true, fragmented: self.fragmented, hop_limit };
        Ok(ip::payload(d, self.at + self.walked as usize, self.len, carrier, protocol)?)
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
