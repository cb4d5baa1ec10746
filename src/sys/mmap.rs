//! A memory mapping that is shared with the kernel, and the few ways to touch it.
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicU32;

/// `len` bytes mapped readable and writable; unmapped on drop.
///
/// Nothing here decides who may touch which byte when: that is [`super::ring`]'s,
/// by the status word of each block.
#[derive(Debug)]
pub(crate) struct Map {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread; the accessors below state
// what their callers must keep, and none of it depends on the thread.
unsafe impl Send for Map {}
// SAFETY: as above; through `&Map` only atomic words and caller-guarded slices are reachable.
unsafe impl Sync for Map {}

impl Map {
    /// Maps the ring of a packet socket.
    pub(crate) fn of_socket(socket: BorrowedFd<'_>, len: usize) -> io::Result<Self> {
        Self::new(len, libc::MAP_SHARED, socket.as_raw_fd())
    }

    /// Zeroed memory of the process's own, for tests that play the kernel.
    #[cfg(test)]
    pub(crate) fn anonymous(len: usize) -> io::Result<Self> {
        Self::new(len, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
    }

    fn new(len: usize, flags: libc::c_int, fd: libc::c_int) -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a null hint lets the kernel choose the place, so no existing mapping is replaced.
        let base = unsafe { libc::mmap(ptr::null_mut(), len, protection, flags, fd, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        match NonNull::new(base.cast()) {
            Some(base) => Ok(Self { base, len }),
            None => Err(io::Error::from(io::ErrorKind::OutOfMemory)),
        }
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The word at `at`, to be read and written atomically because the kernel does too.
    ///
    /// # Panics
    /// When `at` is not a multiple of four inside the mapping.
    pub(crate) fn word(&self, at: usize) -> &AtomicU32 {
        assert!(at.is_multiple_of(4) && at < self.len && self.len - at >= 4);
        // SAFETY: the assertion keeps the result inside the mapping.
        let word = unsafe { self.base.as_ptr().add(at) };
        // SAFETY: mapped as long as `self` lives, aligned (page-aligned base, `at` a multiple
        // of four), and while it is shared with the kernel only accessed atomically.
        unsafe { AtomicU32::from_ptr(word.cast()) }
    }

    /// `len` bytes at `at`.
    ///
    /// # Safety
    /// Until the result is dropped neither the kernel nor anybody in this process may write them.
    ///
    /// # Panics
    /// When the range leaves the mapping.
    pub(crate) unsafe fn slice(&self, at: usize, len: usize) -> &[u8] {
        assert!(at <= self.len && len <= self.len - at);
        // SAFETY: the assertion keeps the result inside the mapping.
        let start = unsafe { self.base.as_ptr().add(at) };
        // SAFETY: inside the mapping and initialised (the kernel zeroes what it maps);
        // the caller vouches that nobody writes.
        unsafe { std::slice::from_raw_parts(start, len) }
    }

    /// `len` bytes at `at`, to be changed.
    ///
    /// # Safety
    /// Until the result is dropped nobody else, kernel or process, may read or write them.
    ///
    /// # Panics
    /// When the range leaves the mapping.
    #[expect(
        clippy::mut_from_ref,
        reason = "exclusive by the caller's promise, as the kernel's status word says"
    )]
    pub(crate) unsafe fn slice_mut(&self, at: usize, len: usize) -> &mut [u8] {
        assert!(at <= self.len && len <= self.len - at);
        // SAFETY: the assertion keeps the result inside the mapping.
        let start = unsafe { self.base.as_ptr().add(at) };
        // SAFETY: inside the mapping and initialised; the caller vouches for exclusiveness.
        unsafe { std::slice::from_raw_parts_mut(start, len) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: this mapping was made by `new` with this length and nothing borrows from it
        // any more. It can't fail for a range that was mapped.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}
