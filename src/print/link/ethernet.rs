//! Ethernet (IEEE 802.3) with its tags (IEEE 802.1Q), on its own or inside tunnels.
use crate::print::dissect::{Dissect, Known, Truncated, number, put};
use crate::print::link::ether_type::ether_type;
use crate::print::link::llc;
use crate::print::link::macsec::{self, Tagged};
use crate::wire::{EtherType, MacAddr};

/// Largest value of an Ethernet type field that is a length (IEEE 802.3).
pub(in crate::print) const MAX_LENGTH: u16 = 1500;

/// Source and destination hardware address of a frame.
#[derive(Debug, Clone, Copy)]
pub(in crate::print) struct Macs {
    pub(in crate::print) src: MacAddr,
    pub(in crate::print) dst: MacAddr,
}

/// Ethernet, at `at`; `cap_len` of its `len` bytes were captured. Also found inside
/// tunnels. Gives the length of the header with its tags.
pub(in crate::print) fn ethernet(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    cap_len: u32,
) -> Result<usize, Truncated> {
    d.protocol = "ether";
    if len < cap_len {
        put!(d, "[length {len} < caplen {cap_len}]");
        d.invalid();
        return Ok(len as usize);
    }
    if cap_len < HEADER_LEN {
        d.trunc();
        return Ok(cap_len as usize);
    }
    let macs = Macs { src: d.mac(at + 6)?, dst: d.mac(at)? };
    if d.opts.link_header {
        push_macs(d, macs);
    }
    let mut frame = Frame {
        at,
        len,
        macs,
        kind: d.u16(at + 12)?,
        header: HEADER_LEN as usize,
        rest: len - HEADER_LEN,
        cap_rest: cap_len - HEADER_LEN,
        printed_length: false,
    };
    if EtherType(frame.kind) == EtherType::MACSEC
        && let Some(header) = frame.security_tag(d)?
    {
        return Ok(header);
    }
    while EtherType(frame.kind).is_vlan() {
        if frame.cap_rest < TAG_LEN {
            d.protocol = "vlan";
            d.trunc();
            return Ok(frame.header + frame.cap_rest as usize);
        }
        frame.vlan_tag(d)?;
    }
    if frame.kind <= MAX_LENGTH {
        frame.with_length(d)
    } else if EtherType(frame.kind) == EtherType::JUMBO {
        // Jumbo frames put a type where the length does not fit; LLC follows.
        frame.logical_link(d)
    } else {
        frame.with_type(d)
    }
}

/// Bytes of a header without tags, and of a tag.
const HEADER_LEN: u32 = 14;
const TAG_LEN: u32 = 4;

/// A frame on its way to be printed.
struct Frame {
    at: usize,
    /// Bytes on the wire.
    len: u32,
    macs: Macs,
    /// The type or length after the tags so far, and the bytes up to its end.
    kind: u16,
    header: usize,
    /// Bytes after that: on the wire, and captured.
    rest: u32,
    cap_rest: u32,
    /// Whether `-e` has shown the length.
    printed_length: bool,
}

impl Frame {
    /// Prints the tag of MACsec; gives the length of the header where nothing readable follows.
    fn security_tag(&mut self, d: &mut Dissect<'_>) -> Result<Option<usize>, Truncated> {
        if d.opts.link_header {
            push_type(d, self.kind);
            push_length(d, self.len);
            self.printed_length = true;
        }
        let (tag, frame_end) = (self.at + self.header, self.header + self.cap_rest as usize);
        match macsec::tag(d, tag, &mut self.rest, &mut self.cap_rest, self.macs)? {
            Tagged::Nothing => return Ok(Some(frame_end)),
            Tagged::Secret(n) => {
                d.unknown_dump(tag + n as usize, self.cap_rest)?;
                return Ok(Some(self.header + n as usize));
            }
            Tagged::Clear(n) => self.header += n as usize,
        }
        self.kind = d.u16(self.at + self.header)?;
        if self.cap_rest < 2 {
            put!(d, " [caplen {} < 2]", self.cap_rest);
            return Ok(Some(self.header));
        }
        self.header += 2;
        self.rest -= 2;
        self.cap_rest -= 2;
        Ok(None)
    }

    fn vlan_tag(&mut self, d: &mut Dissect<'_>) -> Result<(), Truncated> {
        let tag = d.u16(self.at + self.header)?;
        let inner = d.u16(self.at + self.header + 2)?;
        if d.opts.link_header {
            push_type(d, self.kind);
            if self.printed_length {
                d.str(", ");
            } else {
                push_length(d, self.len);
                self.printed_length = true;
            }
            push_tag(d, tag);
        }
        self.kind = inner;
        self.header += TAG_LEN as usize;
        self.rest -= TAG_LEN;
        self.cap_rest -= TAG_LEN;
        Ok(())
    }

    /// Prints what follows a length, which may be less than there is: the rest is padding.
    fn with_length(mut self, d: &mut Dissect<'_>) -> Result<usize, Truncated> {
        if u32::from(self.kind) < self.rest {
            self.rest = self.kind.into();
            self.cap_rest = self.cap_rest.min(self.rest);
        }
        d.push_end(self.at + self.header, self.rest);
        if d.opts.link_header {
            d.str("802.3");
            if !self.printed_length {
                push_length(d, self.rest);
            }
        }
        let header = self.logical_link(d)?;
        d.pop_end();
        Ok(header)
    }

    fn logical_link(&self, d: &mut Dissect<'_>) -> Result<usize, Truncated> {
        let body = self.at + self.header;
        let inner = llc::llc(d, body, self.rest, self.cap_rest, Some(self.macs))?;
        if inner.payload == Known::No {
            d.unknown_dump(body, self.cap_rest)?;
        }
        Ok(self.header + inner.header_len)
    }

    #[inline]
    fn with_type(&self, d: &mut Dissect<'_>) -> Result<usize, Truncated> {
        let body = self.at + self.header;
        if d.opts.link_header {
            push_type(d, self.kind);
            if self.printed_length {
                d.str(", ");
            } else {
                push_length(d, self.len);
            }
        }
        if ether_type(d, self.kind, body, self.rest, self.cap_rest)? == Known::No {
            if !d.opts.link_header {
                push_macs(d, self.macs);
                push_type(d, self.kind);
                push_length(d, self.len);
            }
            d.unknown_dump(body, self.cap_rest)?;
        }
        Ok(self.header)
    }
}

/// Appends `SRC > DST, `.
pub(in crate::print) fn push_macs(d: &mut Dissect<'_>, macs: Macs) {
    d.mac_addr(macs.src);
    d.str(" > ");
    d.mac_addr(macs.dst);
    d.str(", ");
}

fn push_type(d: &mut Dissect<'_>, kind: u16) {
    let name = number::ether_type(kind);
    if d.opts.quiet == 0 {
        push_long_type(d, kind);
    } else if let Some(name) = name {
        d.str(name);
    } else {
        put!(d, "Unknown Ethertype (0x{kind:04x})");
    }
}

pub(in crate::print) fn push_long_type(d: &mut Dissect<'_>, kind: u16) {
    d.str("ethertype ");
    d.str(number::ether_type(kind).unwrap_or("Unknown"));
    d.str(" (0x");
    d.hex(kind, 4);
    d.char(b')');
}

pub(in crate::print) fn push_length(d: &mut Dissect<'_>, len: u32) {
    d.str(", length ");
    d.dec(len);
    d.str(": ");
}

/// Appends an 802.1Q tag control field and the comma after it.
pub(in crate::print) fn push_tag(d: &mut Dissect<'_>, tag: u16) {
    d.str("vlan ");
    d.dec(tag & 0xfff);
    d.str(", p ");
    d.dec(tag >> 13);
    if tag & 0x1000 != 0 {
        d.str(", DEI");
    }
    d.str(", ");
}
