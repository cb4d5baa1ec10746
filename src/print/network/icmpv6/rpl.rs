//! RPL, routing for low-power networks (RFC 6550 §6).
use crate::hex;
use crate::print::dissect::flags::push_name;
use crate::print::dissect::{Dissect, Truncated, put};

/// Bytes of an information object, and of the identifier of a graph.
const OBJECT_LEN: u32 = 24;
const GRAPH_LEN: u32 = 16;

/// Prints the base object at `at`.
pub(in crate::print) fn rpl(d: &mut Dissect<'_>, at: usize, len: u32, code: u8) -> Result<(), Truncated> {
    if code & 0x80 != 0 {
        d.str(", (SEC) [worktodo]");
        return Ok(());
    }
    d.str(", (CLR)");
    let body = match code {
        0 => {
            d.str("DODAG Information Solicitation");
            return Ok(());
        }
        1 => {
            d.str("DODAG Information Object");
            information
        }
        2 => {
            d.str("Destination Advertisement Object");
            advertisement
        }
        3 => {
            d.str("Destination Advertisement Object Ack");
            acknowledgement
        }
        _ => {
            put!(d, "RPL message, unknown code {code}");
            return Ok(());
        }
    };
    if d.verbose() > 0 { body(d, at, len) } else { Ok(()) }
}

fn information(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if len < OBJECT_LEN {
        put!(d, " [length {len} < {OBJECT_LEN}]");
        d.invalid();
        return Ok(());
    }
    let (instance, rank, mode, sequence) = (d.u8(at)?, d.u16(at + 2)?, d.u8(at + 4)?, d.u8(at + 5)?);
    let graph = d.ipv6(at + 8)?;
    d.str(" [dagid:");
    d.addr6(graph);
    put!(d, ",seq:{sequence},instance:{instance},rank:{rank},");
    if mode & 0x80 != 0 {
        d.str("grounded,");
    }
    d.str("mop:");
    let operation = mode >> 3 & 7;
    let name = match operation {
        0 => Some("nonstoring"),
        1 => Some("storing"),
        2 => Some("nonstoring-multicast"),
        3 => Some("storing-multicast"),
        _ => None,
    };
    push_name(d, name, "mop", operation.into(), "");
    put!(d, ",prf:{}]", mode & 7);
    options(d, at + OBJECT_LEN as usize, len - OBJECT_LEN)
}

fn advertisement(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    // tcpdump wants the identifier captured even where there is none.
    if !d.has(at, 20) {
        d.trunc();
        return Ok(());
    }
    if len < 4 {
        d.str(" [|length too short]");
        return Ok(());
    }
    let flags = d.u8(at + 1)?;
    let Some(graph_len) = graph_len(d, at, len, flags & 0x40 != 0, " [|length too short]") else {
        return Ok(());
    };
    push_graph(d, at, graph_len)?;
    put!(d, ",seq:{},instance:{}", d.u8(at + 3)?, d.u8(at)?);
    if flags & 0x80 != 0 {
        d.str(",acK");
    }
    if flags & 0x40 != 0 {
        d.str(",Dagid");
    }
    put!(d, ",{flags:02x}]");
    options(d, at + 4 + graph_len as usize, len - 4 - graph_len)
}

fn acknowledgement(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
    if !d.has(at, 4) {
        d.trunc();
        return Ok(());
    }
    if len < 4 {
        d.str(" [|dao-length too short]");
        return Ok(());
    }
    let flags = d.u8(at + 1)?;
    let Some(graph_len) = graph_len(d, at, len, flags & 0x80 != 0, " [|dao-length too short]") else {
        return Ok(());
    };
    push_graph(d, at, graph_len)?;
    put!(d, ",seq:{},instance:{},status:{}]", d.u8(at + 2)?, d.u8(at)?, d.u8(at + 3)?);
    options(d, at + 4 + graph_len as usize, len - 4 - graph_len)
}

/// Bytes of the identifier after the four fixed ones; `None`, and said, if they are missing.
fn graph_len(d: &mut Dissect<'_>, at: usize, len: u32, present: bool, too_short: &str) -> Option<u32> {
    if !present {
        return Some(0);
    }
    if !d.has(at + 4, GRAPH_LEN as usize) {
        d.trunc();
        return None;
    }
    if len - 4 < GRAPH_LEN {
        d.str(too_short);
        return None;
    }
    Some(GRAPH_LEN)
}

fn push_graph(d: &mut Dissect<'_>, at: usize, graph_len: u32) -> Result<(), Truncated> {
    d.str(" [dagid:");
    if graph_len == 0 {
        d.str("<elided>");
    } else {
        let graph = d.ipv6(at + 4)?;
        d.addr6(graph);
    }
    Ok(())
}

/// Options, with `-vv`.
fn options(d: &mut Dissect<'_>, mut at: usize, mut len: u32) -> Result<(), Truncated> {
    if d.verbose() < 2 {
        return Ok(());
    }
    while len != 0 {
        let kind = d.u8(at)?;
        if kind == 0 {
            d.str(" opt:pad1");
            at += 1;
            len -= 1;
            continue;
        }
        if len < 2 {
            d.trunc();
            return Ok(());
        }
        let option_len = u32::from(d.u8(at + 1)?) + 2;
        let name = match kind {
            1 => Some("padN"),
            2 => Some("metrics"),
            3 => Some("routinginfo"),
            4 => Some("config"),
            5 => Some("rpltarget"),
            6 => Some("transitinfo"),
            8 => Some("destprefix"),
            9 => Some("rpltargetdesc"),
            _ => None,
        };
        d.str(" opt:");
        push_name(d, name, "subopt:", kind.into(), "");
        put!(d, " len:{option_len} ");
        if !d.has(at, option_len as usize) || len < option_len {
            d.trunc();
            return Ok(());
        }
        if d.verbose() > 2 {
            let body = d.bytes(at + 2, option_len as usize - 2)?;
            hex::hex_at(d.out, b" ", body, 0);
        }
        at += option_len as usize;
        len -= option_len;
    }
    Ok(())
}
