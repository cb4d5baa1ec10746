//! An interface as the kernel tells of it, by whichever way it was asked.
use std::ffi::OsString;

/// An interface as the kernel describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Link {
    /// Number of the interface.
    pub(crate) index: u32,
    /// Its name; the kernel allows any byte but `/`, NUL and white space.
    pub(crate) name: OsString,
    /// `ARPHRD_*`.
    pub(crate) hardware: u16,
    /// `IFF_*`.
    pub(crate) flags: u32,
    /// Largest packet the stack may build or merge for it, in bytes.
    pub(crate) max_packet: u32,
    /// Packets the interface itself lost: missed by the card or overrun in its queue.
    pub(crate) lost: u64,
}

impl Link {
    /// Whether all `flags` (`IFF_*`) are set.
    pub(crate) fn has(&self, flags: libc::c_int) -> bool {
        let flags = flags.cast_unsigned();
        self.flags & flags == flags
    }
}
