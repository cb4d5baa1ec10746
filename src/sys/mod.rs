//! The kernel boundary: the only unsafe code.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `uapi` | kernel structs and constants that libc lacks, sizes asserted |
//! | `socket` | the packet socket and its options |
//! | `mmap`, `ring` | the memory-mapped ring and who may touch which block |
//! | `frame` | what a block holds, parsed from plain bytes |
//! | `inet` | the raw IPv4 socket and its control messages |
//! | `nflog` | what netfilter logs |
//! | `inject` | frames sent as they are, for tests |
//! | `netlink`, `ifreq` | what the kernel knows of the interfaces; where there is no netlink |
//! | `ethtool` | whether a link is up |
//! | `cgroup` | which connections the processes of a control group have |
//! | `loopback` | bringing `lo` up in a new namespace |
//! | `poll` | waiting, and being woken |
//! | `heap` | how many heaps the allocator has |
#![allow(unsafe_code)]
pub(crate) mod cgroup;
pub(crate) mod ethtool;
pub(crate) mod frame;
pub(crate) mod heap;
pub(crate) mod ifreq;
pub(crate) mod inet;
pub mod inject;
pub(crate) mod link;
pub(crate) mod loopback;
pub(crate) mod mmap;
pub(crate) mod netlink;
pub(crate) mod nflog;
pub(crate) mod poll;
pub(crate) mod ring;
pub(crate) mod socket;
pub(crate) mod uapi;
