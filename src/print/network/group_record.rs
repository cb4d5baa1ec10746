//! What version 3 of IGMP (RFC 3376) and version 2 of MLD (RFC 3810) share but for the length of an address.
use crate::print::dissect::flags::push_name;
use crate::print::dissect::{Dissect, Truncated, put};

/// The IP version of groups and sources.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::print) enum Family {
    V4,
    V6,
}

impl Family {
    const fn address_len(self) -> usize {
        match self {
            Self::V4 => 4,
            Self::V6 => 16,
        }
    }

    /// Prints the address at `at` behind some text, if it was captured.
    fn push(self, d: &mut Dissect<'_>, at: usize, before: &str) -> Result<(), Truncated> {
        match self {
            Self::V4 => {
                let address = d.ipv4(at)?;
                d.str(before);
                d.addr4(address);
            }
            Self::V6 => {
                let address = d.ipv6(at)?;
                d.str(before);
                d.addr6(address);
            }
        }
        Ok(())
    }
}

/// Prints the group records of the report of `len` bytes at `at`; `version` is the name of its kind.
pub(in crate::print) fn records(
    d: &mut Dissect<'_>,
    at: usize,
    len: u32,
    family: Family,
    version: &str,
) -> Result<(), Truncated> {
    let groups = d.u16(at + 6)?;
    put!(d, ", {groups} group record(s)");
    if d.verbose() == 0 {
        return Ok(());
    }
    let fixed = 4 + family.address_len() as u32;
    let mut offset = 8_u32;
    for _ in 0..groups {
        if len < offset + fixed {
            d.str(" [invalid number of groups]");
            return Ok(());
        }
        let record = at + offset as usize;
        family.push(d, record + 4, " [gaddr ")?;
        d.char(b' ');
        let kind = d.u8(record)?;
        let name = match kind {
            1 => Some("is_in"),
            2 => Some("is_ex"),
            3 => Some("to_in"),
            4 => Some("to_ex"),
            5 => Some("allow"),
            6 => Some("block"),
            _ => None,
        };
        push_name(d, name, version, kind.into(), "]");
        let sources = d.u16(record + 2)?;
        let record_len = fixed + family.address_len() as u32 * u32::from(sources);
        if len < offset + record_len {
            put!(d, " [invalid number of sources {sources}]");
            return Ok(());
        }
        if d.verbose() == 1 {
            put!(d, ", {sources} source(s)");
        } else {
            sources_at(d, record + fixed as usize, sources, family)?;
        }
        offset += record_len;
        d.char(b']');
    }
    Ok(())
}

/// Prints the addresses of `count` sources.
pub(in crate::print) fn sources_at(
    d: &mut Dissect<'_>,
    at: usize,
    count: u16,
    family: Family,
) -> Result<(), Truncated> {
    d.str(" {");
    for n in 0..usize::from(count) {
        family.push(d, at + family.address_len() * n, " ")?;
    }
    d.str(" }");
    Ok(())
}
