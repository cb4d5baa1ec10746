//! MACsec (IEEE 802.1AE): the tag before a frame's type that protects what follows.
use crate::print::dissect::{Dissect, Stop, Truncated, put};
use crate::print::link::ethernet::Macs;

/// Bytes of the integrity check at the end of a frame.
const CHECK_LEN: u32 = 16;

const VERSION: u8 = 0x80;
const CHANNEL: u8 = 0x20;
const ENCRYPTED: u8 = 0x08;
const CHANGED: u8 = 0x04;

/// What follows a tag.
pub(in crate::print) enum Tagged {
    /// A type and its payload, after so many bytes of tag.
    Clear(u32),
    /// What nobody can read, after so many bytes of tag.
    Secret(u32),
    /// Nothing: the tag is cut or wrong.
    Nothing,
}

/// Prints the tag at `at`, with `rest` bytes from there on of which `cap_rest` were
/// captured, and takes it and the check off both.
pub(in crate::print) fn tag(
    d: &mut Dissect<'_>,
    at: usize,
    rest: &mut u32,
    cap_rest: &mut u32,
    macs: Macs,
) -> Result<Tagged, Truncated> {
    let outer = std::mem::replace(&mut d.protocol, "macsec");
    let tagged = d.attempt(|d| security_tag(d, at, rest, cap_rest, macs))?;
    d.protocol = outer;
    Ok(tagged.unwrap_or(Tagged::Nothing))
}

fn security_tag(
    d: &mut Dissect<'_>,
    at: usize,
    rest: &mut u32,
    cap_rest: &mut u32,
    macs: Macs,
) -> Result<Tagged, Stop> {
    let at_least = |rest: u32, cap_rest: u32, need: u32| {
        if rest < need || cap_rest < need { Err(Stop::Missing) } else { Ok(()) }
    };
    at_least(*rest, *cap_rest, 6)?;
    let (control, short_len) = (d.u8(at)?, d.u8(at + 1)?);
    let header = if control & CHANNEL == 0 { 6 } else { 14 };
    at_least(*rest, *cap_rest, header)?;
    if short_len & 0xc0 != 0 || control & VERSION != 0 {
        return Err(Stop::Invalid);
    }
    if d.opts.link_header {
        fields(d, at, control, short_len)?;
    }
    *rest -= header;
    *cap_rest -= header;
    if control & (ENCRYPTED | CHANGED) != 0 {
        if !d.opts.link_header {
            d.mac_addr(macs.src);
            d.str(" > ");
            d.mac_addr(macs.dst);
            d.str(" 802.1AE MACsec, ");
            fields(d, at, control, short_len)?;
        }
        return Ok(Tagged::Secret(header));
    }
    at_least(*rest, *cap_rest, CHECK_LEN)?;
    *rest -= CHECK_LEN;
    *cap_rest -= CHECK_LEN;
    d.end = d.end.saturating_sub(CHECK_LEN as usize);
    if short_len != 0 {
        at_least(*rest, *cap_rest, short_len.into())?;
        *rest = short_len.into();
        *cap_rest = short_len.into();
    }
    Ok(Tagged::Clear(header))
}

fn fields(d: &mut Dissect<'_>, at: usize, control: u8, short_len: u8) -> Result<(), Truncated> {
    put!(d, "an {}, pn {}, flags ", control & 3, d.u32(at + 2)?);
    let before = d.out.len();
    for (bit, name) in [(ENCRYPTED, b'E'), (CHANGED, b'C'), (0x40, b'S'), (0x10, b'B'), (CHANNEL, b'I')] {
        if control & bit != 0 {
            d.char(name);
        }
    }
    if d.out.len() == before {
        d.str("none");
    }
    if short_len != 0 {
        put!(d, ", sl {short_len}");
    }
    if control & CHANNEL != 0 {
        put!(d, ", sci {:016x}", d.u64(at + 6)?);
    }
    d.str(", ");
    Ok(())
}
