//! The allocator's heaps: how many there are.

/// Has threads share two heaps from here on. glibc reserves 64 MiB of addresses for a heap, and makes
/// one for nearly each thread; other libraries have no such limit to set.
pub(crate) fn share() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt only sets a number that the allocator looks at when it makes a heap.
    let _done = unsafe { libc::mallopt(libc::M_ARENA_MAX, 2) };
}
