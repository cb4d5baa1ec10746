//! The kernel boundary: the only unsafe code.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `uapi` | kernel structs and constants that libc lacks, sizes asserted |
//! | `socket` | the packet socket and its options |
//! | `mmap`, `ring` | the memory-mapped ring and who may touch which block |
//! | `frame` | what a block holds, parsed from plain bytes |
//! | `netlink` | what the kernel knows of the interfaces |
//! | `ethtool` | whether a link is up |
//! | `poll` | waiting, and being woken |
#![allow(unsafe_code)]
pub(crate) mod ethtool;
pub(crate) mod frame;
pub(crate) mod mmap;
pub(crate) mod netlink;
pub(crate) mod poll;
pub(crate) mod ring;
pub(crate) mod socket;
pub(crate) mod uapi;
