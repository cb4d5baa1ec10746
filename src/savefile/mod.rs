//! Capture files, read and written.
mod linktype;
mod open;
mod order;
pub mod pcap;
mod sink;
mod window;

pub use linktype::MAX_SNAPLEN;
pub use open::{Savefile, open};
pub use order::ByteOrder;
pub use sink::{Sink, Stream};

use crate::error::Error;
use crate::packet::Packet;

/// What writes packets into a capture file, whatever its format.
pub trait PacketWriter: Send {
    /// Adds a packet. It may stay in memory until the next [`flush`](Self::flush).
    ///
    /// # Errors
    /// The file cannot take it: the disk is full, the reader of a pipe has gone. The
    /// file then ends with the last whole record, and nothing more can be added.
    fn write(&mut self, packet: &Packet<'_>) -> Result<(), Error>;

    /// Hands everything to the system.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn flush(&mut self) -> Result<(), Error>;

    /// How many packets the file holds for certain: exact, also after an error.
    fn written(&self) -> u64;

    /// Length of the file in bytes, with what the next flush will add.
    fn len(&self) -> u64;

    /// Whether the file has no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
