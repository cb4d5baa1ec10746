//! The Ethernet Configuration Testing Protocol, which switches send to themselves.
use crate::print::dissect::{Dissect, Truncated, put};

/// Prints a frame's payload of `len` bytes at `at`.
pub(in crate::print) fn loopback(d: &mut Dissect<'_>, mut at: usize, mut len: u32) -> Result<(), Truncated> {
    d.protocol = "loopback";
    d.str("Loopback");
    if len < 2 {
        return d.invalid_message(at, len);
    }
    let skip = little(d, at)?;
    at += 2;
    len -= 2;
    put!(d, ", skipCount {skip}");
    if skip % 8 != 0 {
        d.str(" (bogus)");
    }
    if u32::from(skip) > len {
        return d.invalid_message(at, len);
    }
    d.bytes(at, skip.into())?;
    message(d, at + usize::from(skip), len - u32::from(skip))
}

fn message(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if len < 2 {
        return d.invalid_message(at, len);
    }
    let function = little(d, at)?;
    let (at, len) = (at + 2, len - 2);
    let fixed = match function {
        1 => {
            d.str(", Reply");
            2
        }
        2 => {
            d.str(", Forward Data");
            6
        }
        other => {
            put!(d, ",  invalid ({other})");
            return d.bytes(at, len as usize).map(drop);
        }
    };
    if len < fixed {
        return d.invalid_message(at, len);
    }
    if function == 1 {
        put!(d, ", receipt number {}", little(d, at)?);
    } else {
        let address = d.mac(at)?;
        d.str(", forwarding address ");
        d.mac_addr(address);
    }
    put!(d, ", data ({} octets)", len - fixed);
    d.bytes(at, len as usize).map(drop)
}

/// The numbers are the only little-endian ones on an Ethernet.
fn little(d: &Dissect<'_>, at: usize) -> Result<u16, Truncated> {
    d.u16(at).map(u16::swap_bytes)
}
