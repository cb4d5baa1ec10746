//! Capture files, read and written.
//!
//! | to | use |
//! | --- | --- |
//! | read a file of any format, compressed or not | [`open()`], [`Savefile`] |
//! | read or write one format | [`pcap`], [`pcapng`] |
//! | make an output file that nobody planted | [`create()`], [`Ownership`], `HeldFolder` |
//! | write one file after another | [`RotatingWriter`]; its decisions alone: [`Rotator`] |
//! | read several files in the order of time | [`Merge`] |
//! | copy pcapng with all that is not understood | [`pcapng::copy`], [`pcapng::PcapngWriter::carry`] |
//! | save what is intact of a damaged file | [`repair()`] |
//!
//! What a reader promises: packets before any damage are given, then the error in libpcap's
//! words; memory is taken only for bytes that have come. What a [`PacketWriter`] promises:
//! the system is given whole records only, a failed write leaves the file whole, and
//! [`PacketWriter::written`] is the number of packets in it.
//!
//! | to change | look in |
//! | --- | --- |
//! | which format a file has, several files in the order of time | `open`, `merge` |
//! | how bytes come in, in which order | `window`, `byte_order` |
//! | the classic format, pcapng | `pcap/`, `pcapng/` |
//! | what a packet's pseudo header says of it | `pseudo` |
//! | how long packets of a link type may be (the types: `src/wire/link_type.rs`) | `linktype` |
//! | how records go out whole, or back | `sink` |
//! | where a file may be made, and through what it is not | `destination/` |
//! | when the next file begins and what it is called; doing it; names used before | `rotate/plan`, `rotate/writer`, `rotate/names` |
//! | compression | `compress/` |
//! | damaged files; the torn end of one whose writer was killed | `repair/`, `tail` |
mod byte_order;
#[cfg(feature = "compress")]
mod compress;
#[cfg(unix)]
mod destination;
mod linktype;
mod merge;
mod open;
pub mod pcap;
pub mod pcapng;
mod pseudo;
mod repair;
mod rotate;
mod sink;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod tail;
mod window;

pub use byte_order::ByteOrder;
#[cfg(feature = "compress")]
pub use compress::Compression;
#[cfg(all(target_os = "linux", feature = "cli"))]
pub use destination::HeldFolder;
#[cfg(unix)]
pub use destination::{Folder, Found, Ownership, PathFolder, create, is_standard_output, split};
pub use linktype::{MAX_SNAPLEN, max_snaplen};
pub use merge::Merge;
pub use open::{Savefile, open, open_bytes};
pub use repair::{Gap, Repaired, repair};
#[cfg(unix)]
pub use rotate::{Begin, Clock, Conclude, FileEvent, RotatingWriter, Surroundings, SystemClock};
pub use rotate::{Calendar, Rotation, RotationReason, Rotator, SizeError, parse_size};
pub use sink::{Sink, Stream};

use crate::error::Error;
use crate::packet::{Packet, Timestamp};
use crate::wire::LinkType;

/// What writes packets into a capture file, whatever its format.
///
/// A writer that is dropped hands over what it gathered, but has nobody to tell of a failure:
/// [`flush`](Self::flush) before, or take the destination back with `into_sink`.
pub trait PacketWriter: Send {
    /// Adds a packet. It may stay in memory until the next [`flush`](Self::flush).
    ///
    /// # Errors
    /// The file cannot take it: the disk is full, the reader of a pipe has gone. The
    /// file then ends with the last whole record, this packet is not taken, and nothing
    /// more is until [`retry`](Self::retry) succeeds.
    fn write(&mut self, packet: &Packet<'_>) -> Result<(), Error>;

    /// Hands everything to the system.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn flush(&mut self) -> Result<(), Error>;

    /// Tries again what the last error left unwritten: after room has been made on a full
    /// disk. Only the file itself has to be as the error left it.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn retry(&mut self) -> Result<(), Error>;

    /// How many packets the file holds for certain: exact, also after an error.
    fn written(&self) -> u64;

    /// Length of the file in bytes, with what the next flush will add: compressed, that may become
    /// fewer.
    fn len(&self) -> u64;

    /// Length in bytes of what the file holds for certain: a whole record ends there. What ends a
    /// compressed stream may follow, and be written over by the next record.
    fn held(&self) -> u64;

    /// Adds what is known at the end of a capture, where the format has a place for it.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn statistics(&mut self, _statistics: &InterfaceStatistics) -> Result<(), Error> {
        Ok(())
    }

    /// Reports packets lost on an interface since the last report, where the format has a place
    /// for it: with the next packet of that interface.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn lost(&mut self, _interface: u32, _link: LinkType, _count: u64) -> Result<(), Error> {
        Ok(())
    }

    /// Whether the file has no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Counts of one interface over a whole capture. What is `None` is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceStatistics {
    /// The interface, as [`Packet::interface`] numbers it.
    pub interface: u32,
    /// Its link type.
    pub link: LinkType,
    /// When the capture began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// Packets the interface received.
    pub received: Option<u64>,
    /// Packets the interface lost.
    pub dropped_by_interface: Option<u64>,
    /// Packets the filter accepted.
    pub accepted: Option<u64>,
    /// Packets the kernel lost for want of room.
    pub dropped_by_kernel: Option<u64>,
    /// Packets given to the program.
    pub delivered: Option<u64>,
}
