//! DVMRP, the first routing protocol for multicast, which IGMP carries (RFC 1075; version 3 was never an RFC).
use crate::print::dissect::{Dissect, Stop, Truncated, put};

/// Bytes before the body, those of IGMP among them.
const HEADER: u32 = 8;

/// What a neighbour is like: the bit, and its name.
const FLAGS: [(u8, &str); 5] =
    [(0x01, "/tunnel"), (0x02, "/srcrt"), (0x40, "/querier"), (0x20, "/disabled"), (0x10, "/down")];

/// Prints a message of `len` bytes at `at`, the header of IGMP among them.
pub(in crate::print) fn dvmrp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    d.protocol = "dvmrp";
    let Some(rest) = len.checked_sub(HEADER) else {
        put!(d, " [len {len}]");
        return Ok(());
    };
    let body = (at + HEADER as usize, rest);
    match d.u8(at + 1)? {
        1 => {
            d.str(" Probe");
            if d.verbose() > 0 {
                probe(d, body).or_else(|stop| d.stop(stop))?;
            }
        }
        2 => {
            d.str(" Report");
            if d.verbose() > 1 {
                report(d, body).or_else(|stop| d.stop(stop))?;
            }
        }
        3 => d.str(" Ask-neighbors(old)"),
        4 => {
            d.str(" Neighbors(old)");
            neighbours(d, body).or_else(|stop| d.stop(stop))?;
        }
        5 => d.str(" Ask-neighbors2"),
        6 => {
            d.str(" Neighbors2");
            let [minor, major] = *d.array(at + 6)?;
            put!(d, " (v {major}.{minor}):");
            neighbours2(d, body).or_else(|stop| d.stop(stop))?;
        }
        7 => {
            pair(d, " Prune", body.0)?;
            d.str(" timer ");
            let timer = d.u32(body.0 + 8)?;
            d.duration(timer);
        }
        8 => pair(d, " Graft", body.0)?,
        9 => pair(d, " Graft-ACK", body.0)?,
        kind => put!(d, " [type {kind}]"),
    }
    Ok(())
}

/// A source and a group.
fn pair(d: &mut Dissect<'_>, kind: &str, at: usize) -> Result<(), Truncated> {
    d.str(kind);
    let (source, group) = (d.ipv4(at)?, d.ipv4(at + 4)?);
    d.str(" src ");
    d.addr4(source);
    d.str(" grp ");
    d.addr4(group);
    Ok(())
}

fn probe(d: &mut Dissect<'_>, (mut at, mut len): (usize, u32)) -> Result<(), Stop> {
    if len < 4 {
        put!(d, " [full length {len} < 4]");
        return Err(Stop::Invalid);
    }
    d.str(if d.verbose() > 1 { "\n\t" } else { " " });
    put!(d, "genid {}", d.u32(at)?);
    if d.verbose() <= 1 {
        return Ok(());
    }
    loop {
        (at, len) = (at + 4, len - 4);
        if len == 0 {
            return Ok(());
        }
        if len < 4 {
            put!(d, "[remaining length {len} < 4]");
            return Err(Stop::Invalid);
        }
        let neighbour = d.ipv4(at)?;
        d.str("\n\tneighbor ");
        d.addr4(neighbour);
    }
}

/// Networks with their metrics, behind one mask for several.
fn report(d: &mut Dissect<'_>, (mut at, mut len): (usize, u32)) -> Result<(), Stop> {
    while len > 0 {
        if len < 3 {
            put!(d, " [length {len} < 3]");
            return Err(Stop::Invalid);
        }
        let mask: [u8; 3] = *d.array(at)?;
        let [a, b, c] = mask;
        put!(d, "\n\tMask 255.{a}.{b}.{c}");
        // Of an address there are as many bytes as the mask has.
        let width = 1 + mask.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        (at, len) = (at + 3, len - 3);
        loop {
            let size = width as u32 + 1;
            if len < size {
                d.str("\n\t  [Truncated Report]");
                return Err(Stop::Invalid);
            }
            let mut origin = [0; 4];
            for (n, byte) in origin.iter_mut().take(width).enumerate() {
                *byte = d.u8(at + n)?;
            }
            let metric = d.u8(at + width)?;
            let [a, b, c, e] = origin;
            put!(d, "\n\t  {a}.{b}.{c}.{e} metric {}", metric & 0x7f);
            (at, len) = (at + width + 1, len - size);
            if metric & 0x80 != 0 {
                break;
            }
        }
    }
    Ok(())
}

fn neighbours(d: &mut Dissect<'_>, (mut at, mut len): (usize, u32)) -> Result<(), Stop> {
    while len > 0 {
        if len < 7 {
            put!(d, " [length {len} < 7]");
            return Err(Stop::Invalid);
        }
        let own = d.ipv4(at)?;
        let [metric, threshold, count] = *d.array(at + 4)?;
        (at, len) = (at + 7, len - 7);
        for _ in 0..count {
            if len < 4 {
                put!(d, " [length {len} < 4]");
                return Err(Stop::Invalid);
            }
            d.str(" [");
            d.addr4(own);
            d.str(" ->");
            let other = d.ipv4(at)?;
            d.char(b' ');
            d.addr4(other);
            put!(d, ", ({metric}/{threshold})]");
            (at, len) = (at + 4, len - 4);
        }
    }
    Ok(())
}

fn neighbours2(d: &mut Dissect<'_>, (mut at, mut len): (usize, u32)) -> Result<(), Stop> {
    while len > 0 {
        if len < 8 {
            put!(d, " [length {len} < 8]");
            return Err(Stop::Invalid);
        }
        let own = d.ipv4(at)?;
        let [metric, threshold, flags, count] = *d.array(at + 4)?;
        (at, len) = (at + 8, len - 8);
        for _ in 0..count {
            match len {
                0 => d.str(" [invalid ncount]"),
                1..4 => put!(d, " [length {len} < 4]"),
                _ => {}
            }
            if len < 4 {
                return Err(Stop::Invalid);
            }
            d.str(" [");
            d.addr4(own);
            d.str(" -> ");
            let other = d.ipv4(at)?;
            d.addr4(other);
            put!(d, " ({metric}/{threshold}");
            for (_, name) in FLAGS.iter().filter(|flag| flags & flag.0 != 0) {
                d.str(name);
            }
            d.str(")]");
            (at, len) = (at + 4, len - 4);
        }
    }
    Ok(())
}
