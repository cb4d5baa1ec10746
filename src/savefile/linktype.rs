//! Link types as capture files number them, and the limits that go with them.
pub use crate::packet::MAX_SNAPLEN;
use crate::wire::LinkType;

/// The link type a number in a file means.
///
/// Some old files hold the number of the system that wrote them (`DLT_RAW` is 12 on
/// Linux) in place of the one for files (101). libpcap takes both, so both are folded
/// into the file's number here.
pub(crate) fn from_file(number: u32) -> LinkType {
    LinkType(match number {
        11 => 100,
        12 => 101,
        15 => 102,
        16 => 103,
        19 => 106,
        other => other,
    })
}

/// The number to write into a file for `link`.
pub(crate) fn to_file(link: LinkType) -> u32 {
    from_file(link.0).0
}

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
