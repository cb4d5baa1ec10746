//! The classic pcap format: a file header of 24 bytes, then records.
//!
//! ```text
//!  file header                          record header
//!  magic          4  a1b2c3d4 (µs)      seconds         4
//!                    a1b23c4d (ns)      fraction        4  µs or ns
//!  version    2 + 2  2.4                captured length 4
//!  time zone      4  unused             original length 4
//!  accuracy       4  unused             data
//!  snapshot len   4
//!  link type      4  upper 6 bits: FCS
//! ```
//!
//! See <https://www.tcpdump.org/manpages/pcap-savefile.5.html>. Texts of errors and the
//! set of files refused are those of libpcap 1.10.3.
mod reader;
#[cfg(test)]
mod tests;
mod writer;

#[cfg(feature = "compress")]
pub(crate) use reader::read_error;
pub use reader::{PcapHeader, PcapReader};
pub(crate) use reader::{Record, fill, patient};
pub use writer::{PcapOptions, PcapWriter};

/// Normal files, fractions in microseconds.
pub(crate) const MAGIC_MICRO: u32 = 0xa1b2_c3d4;
/// The same with nanoseconds.
pub(crate) const MAGIC_NANO: u32 = 0xa1b2_3c4d;
/// Kuznetzov's variant: 8 more bytes in each record header.
pub(crate) const MAGIC_MODIFIED: u32 = 0xa1b2_cd34;
/// Length of the file header in bytes.
pub(crate) const FILE_HEADER: usize = 24;
/// Length of a record header in bytes.
pub(crate) const RECORD_HEADER: usize = 16;

/// Bit of the link type field: the length of the frame check sequence is known.
const FCS_KNOWN: u32 = 0x0400_0000;

/// The upper six bits of the link type field of a file whose packets end with a frame check
/// sequence of this many bytes.
pub fn link_extra(fcs_len: u8) -> u32 {
    // The field counts words of 16 bits.
    FCS_KNOWN | u32::from(fcs_len / 2).min(15) << 28
}

/// Unit of the fraction of a second in a file's time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// Microseconds.
    #[default]
    Micro,
    /// Nanoseconds.
    Nano,
}

impl Precision {
    /// Nanoseconds in one unit.
    pub(crate) const fn unit(self) -> u64 {
        match self {
            Self::Micro => 1000,
            Self::Nano => 1,
        }
    }
}
