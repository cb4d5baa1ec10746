//! What somebody who watches several captures at once watches.
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// What a capture waits for when it has no packet.
#[doc(hidden)]
#[derive(Debug)]
pub struct Waits<'a> {
    /// Readable when it should be asked again.
    pub(super) wakers: [BorrowedFd<'a>; 2],
    /// In which time it must be asked again though nothing wakes it.
    pub(super) look: Option<Duration>,
    /// The longest that a packet can be received and not be seen.
    pub(super) patience: Duration,
    /// Whether there is a notice to take.
    pub(super) notice: bool,
}
