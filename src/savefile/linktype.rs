//! Link types as capture files number them, and the limits that go with them.
pub use crate::packet::MAX_SNAPLEN;
use crate::wire::LinkType;

/// The most bytes a packet of this type can have in a file; a longer record is damage.
pub fn max_snaplen(link: LinkType) -> u32 {
    match link.0 {
        // D-Bus messages may have 128 MiB.
        231 => 128 << 20,
        // USB as Windows captures it.
        249 => 1 << 20,
        // Elektrobit's automotive capture hardware.
        279 => 8 << 20,
        _ => MAX_SNAPLEN,
    }
}

/// The snapshot length to believe: 0 and negative ones are replaced by the maximum.
pub(crate) fn believable_snaplen(link: LinkType, snaplen: u32) -> u32 {
    if snaplen == 0 || snaplen > i32::MAX as u32 { max_snaplen(link) } else { snaplen }
}
