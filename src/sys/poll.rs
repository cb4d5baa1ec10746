//! Waiting for descriptors, and an event that wakes a waiter.
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// What a descriptor is waited for, and what it came to.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Poll(libc::pollfd);

impl Poll {
    /// Waits until `fd` can be read. The descriptor must stay open while waiting; a closed
    /// one is reported as failed, never touched.
    pub(crate) fn readable(fd: BorrowedFd<'_>) -> Self {
        Self(libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 })
    }

    /// Whether it can be read.
    pub(crate) fn is_readable(&self) -> bool {
        self.0.revents & libc::POLLIN != 0
    }

    /// Whether it reports an error or hung up.
    pub(crate) fn is_failed(&self) -> bool {
        self.0.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0
    }
}

/// Waits until one is ready or `timeout` is over (`None`: for ever); returns how many are.
/// A signal ends the wait with `ErrorKind::Interrupted`.
pub(crate) fn wait(polls: &mut [Poll], timeout: Option<Duration>) -> io::Result<usize> {
    let timeout = timeout.map(|t| libc::timespec {
        tv_sec: t.as_secs().try_into().unwrap_or(i32::MAX.into()),
        tv_nsec: t.subsec_nanos().into(),
    });
    let pointer = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let count = polls.len() as libc::nfds_t;
    // SAFETY: `Poll` is a transparent `pollfd`, so `polls` is an array of `count` of them;
    // `pointer` is null or a live timespec; a null mask changes no signal.
    let ready = unsafe { libc::ppoll(polls.as_mut_ptr().cast(), count, pointer, std::ptr::null()) };
    usize::try_from(ready).map_err(|_| io::Error::last_os_error())
}

/// A flag other threads and signal handlers can raise and a poll can wait for (`eventfd(2)`).
#[derive(Debug)]
pub(crate) struct Event(File);

impl Event {
    /// A lowered flag.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: takes two integers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just opened, and nobody else's.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self(File::from(fd)))
    }

    /// Raises it. Raised often enough it stays raised, which is as good.
    pub(crate) fn raise(&self) {
        let _full_means_raised = (&self.0).write(&1u64.to_ne_bytes());
    }

    /// Lowers it.
    pub(crate) fn lower(&self) {
        let _empty_means_lowered = (&self.0).read(&mut [0; 8]);
    }
}

impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_event_ends_a_wait_and_a_lowered_one_does_not() {
        let event = Event::new().expect("eventfd");
        let ready = |event: &Event| {
            let mut polls = [Poll::readable(event.as_fd())];
            wait(&mut polls, Some(Duration::ZERO)).expect("poll");
            polls[0].is_readable() && !polls[0].is_failed()
        };
        assert!(!ready(&event));
        event.raise();
        event.raise();
        assert!(ready(&event));
        event.lower();
        assert!(!ready(&event));
    }
}
