//! Filters in the kernel and, where it takes none, here.
