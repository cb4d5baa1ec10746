//! What the kernel's headers define and libc lacks, and proof that libc's structs have the kernel's sizes.
//!
//! The ring's structs are libc's; the assertions below fail the build should one ever
//! differ from the header it copies, since every read from the ring relies on them.
use std::mem::{offset_of, size_of};

/// Space between the start of a ring frame and its link-layer address
/// (`TPACKET_ALIGN(sizeof(struct tpacket3_hdr))`).
/// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/linux/if_packet.h#L210>
pub(crate) const FRAME_ADDRESS: usize = 48;

/// First byte of a frame that holds no header: the room for a re-inserted tag or a cooked header.
pub(crate) const FRAME_ROOM: usize = FRAME_ADDRESS + size_of::<libc::sockaddr_ll>();

/// Offset of `block_status`, the word that says whose a block is.
/// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/linux/if_packet.h#L178>
pub(crate) const BLOCK_STATUS: usize =
    offset_of!(libc::tpacket_block_desc, hdr) + offset_of!(libc::tpacket_hdr_v1, block_status);

/// Offset of `num_pkts` in a block.
pub(crate) const BLOCK_PACKETS: usize =
    offset_of!(libc::tpacket_block_desc, hdr) + offset_of!(libc::tpacket_hdr_v1, num_pkts);

/// Offset of `offset_to_first_pkt` in a block.
pub(crate) const BLOCK_FIRST: usize =
    offset_of!(libc::tpacket_block_desc, hdr) + offset_of!(libc::tpacket_hdr_v1, offset_to_first_pkt);

/// Most that the headers before a packet's bytes take: block descriptor, frame header,
/// address, alignment, link header and reserve, rounded up.
pub(crate) const BLOCK_OVERHEAD: usize = 512;

/// Wanted of the kernel: whether the link is up (`ETHTOOL_GLINK`).
/// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/linux/ethtool.h#L1851>
pub(crate) const ETHTOOL_GLINK: u32 = 0x0000_000a;

/// Largest IPv4 packet the stack builds (BIG TCP), netlink attribute of a link.
/// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/linux/if_link.h#L374>
pub(crate) const IFLA_GSO_IPV4_MAX_SIZE: u16 = 63;

/// Largest IPv4 packet the stack merges (BIG TCP), netlink attribute of a link.
/// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/linux/if_link.h#L375>
pub(crate) const IFLA_GRO_IPV4_MAX_SIZE: u16 = 64;

/// Position of `rx_fifo_errors` among the 64-bit counters of `struct rtnl_link_stats64`.
/// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/linux/if_link.h#L216>
pub(crate) const STATS64_RX_FIFO_ERRORS: usize = 14;

/// Position of `rx_missed_errors` in the same.
pub(crate) const STATS64_RX_MISSED_ERRORS: usize = 15;

/// `struct ethtool_value`: a command and its one-word answer.
/// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/linux/ethtool.h#L143>
#[repr(C)]
pub(crate) struct EthtoolValue {
    pub(crate) cmd: u32,
    pub(crate) data: u32,
}

const _: () = {
    assert!(size_of::<EthtoolValue>() == 8);
    assert!(size_of::<libc::tpacket3_hdr>() == 48);
    assert!(size_of::<libc::tpacket_block_desc>() == 48);
    assert!(size_of::<libc::tpacket_req3>() == 28);
    assert!(size_of::<libc::tpacket_stats_v3>() == 12);
    assert!(size_of::<libc::packet_mreq>() == 16);
    assert!(size_of::<libc::sockaddr_ll>() == 20);
    assert!(BLOCK_STATUS == 8);
    assert!(BLOCK_PACKETS == 12);
    assert!(BLOCK_FIRST == 16);
    assert!(size_of::<libc::ifinfomsg>() == 16);
    assert!(size_of::<libc::nlmsghdr>() == 16);
};
