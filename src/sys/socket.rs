//! The packet socket (`packet(7)`): making it, its options, its counters.
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use socket2::{Domain, Protocol, SockAddr, SockFilter, Socket, Type};

use super::mmap::Map;
use super::ring::{Layout, Ring};
use crate::bpf::RawInsn;

/// A packet socket that receives nothing until [`PacketSocket::bind`].
#[derive(Debug)]
pub(crate) struct PacketSocket(Socket);

/// The kernel's counters since they were last read, which clears them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Packets that passed the filter, dropped ones included.
    pub(crate) packets: u32,
    /// Packets that passed the filter and found the ring full.
    pub(crate) drops: u32,
}

impl PacketSocket {
    /// A socket whose packets begin with the link header, or, `cooked`, after it.
    pub(crate) fn new(cooked: bool) -> io::Result<Self> {
        let kind = if cooked { Type::DGRAM } else { Type::RAW };
        // Protocol 0: no packet is received before the ring and the filter stand.
        Socket::new(Domain::PACKET, kind, Some(Protocol::from(0))).map(Self)
    }

    /// Bytes to leave free before each packet.
    pub(crate) fn reserve(&self, bytes: libc::c_uint) -> io::Result<()> {
        self.set(libc::PACKET_RESERVE, &bytes)
    }

    /// Leaves outgoing packets out.
    pub(crate) fn ignore_outgoing(&self) -> io::Result<()> {
        self.set(libc::PACKET_IGNORE_OUTGOING, &1)
    }

    /// Makes the kernel set up a receive ring (`TPACKET_V3`) and maps it. The kernel closes a
    /// block that has a packet after `retire_ms` milliseconds, at the latest twice that.
    pub(crate) fn ring(&self, layout: Layout, retire_ms: u32) -> io::Result<Ring> {
        let size =
            |n: usize| libc::c_uint::try_from(n).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
        let version = libc::tpacket_versions::TPACKET_V3 as libc::c_int;
        self.set(libc::PACKET_VERSION, &version)?;
        // One frame a block: in this version frames have no fixed size, and the kernel only
        // checks that the numbers agree.
        let request = libc::tpacket_req3 {
            tp_block_size: size(layout.block_size)?,
            tp_block_nr: size(layout.block_count)?,
            tp_frame_size: size(layout.block_size)?,
            tp_frame_nr: size(layout.block_count)?,
            tp_retire_blk_tov: retire_ms,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        self.set(libc::PACKET_RX_RING, &request)?;
        match Map::of_socket(self.as_fd(), layout.len()) {
            Ok(map) => Ok(Ring::new(map, layout)),
            Err(e) => {
                // There is memory for it, but no room to map it: the kernel gives no other ring
                // while it has this one.
                let nothing = libc::tpacket_req3 { tp_block_nr: 0, tp_frame_nr: 0, ..request };
                self.set(libc::PACKET_RX_RING, &nothing)?;
                Err(e)
            }
        }
    }

    /// Has the interface receive what is addressed to others, until the socket closes.
    /// By membership, not by the interface's flag: the kernel takes it back whatever happens.
    pub(crate) fn promiscuous(&self, ifindex: u32) -> io::Result<()> {
        let request = libc::packet_mreq {
            mr_ifindex: signed(ifindex)?,
            // PACKET_MR_PROMISC is 1, the field is 16 bits wide.
            mr_type: libc::PACKET_MR_PROMISC as libc::c_ushort,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        self.set(libc::PACKET_ADD_MEMBERSHIP, &request)
    }

    /// Starts receiving packets of every protocol on `ifindex`; 0 is every interface.
    pub(crate) fn bind(&self, ifindex: u32) -> io::Result<()> {
        self.0.bind(&address(ifindex)?)
    }

    /// Sends `frame`, link header included, by `ifindex`.
    pub(crate) fn send(&self, ifindex: u32, frame: &[u8]) -> io::Result<()> {
        self.0.send_to(frame, &address(ifindex)?).map(drop)
    }

    /// Replaces the filter; the kernel checks the program.
    pub(crate) fn attach(&self, program: &[RawInsn]) -> io::Result<()> {
        let filter: Vec<SockFilter> =
            program.iter().map(|i| SockFilter::new(i.code, i.jt, i.jf, i.k)).collect();
        self.0.attach_filter(&filter)
    }

    /// From here on no packet is received. Makes one system call and allocates nothing.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        // `ret #0`.
        self.0.attach_filter(&[SockFilter::new(0x06, 0, 0, 0)])
    }

    /// The counters since the last call.
    pub(crate) fn counters(&self) -> io::Result<Counters> {
        let mut stats = MaybeUninit::<libc::tpacket_stats_v3>::zeroed();
        let mut len = size_of::<libc::tpacket_stats_v3>() as libc::socklen_t;
        // SAFETY: `stats` is `len` bytes of writable memory.
        let status = unsafe {
            libc::getsockopt(
                self.0.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                stats.as_mut_ptr().cast(),
                &raw mut len,
            )
        };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: zeroed before, and every value of its integers is valid.
        let stats = unsafe { stats.assume_init() };
        Ok(Counters { packets: stats.tp_packets, drops: stats.tp_drops })
    }

    /// The error the socket holds, cleared by asking.
    pub(crate) fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.0.take_error()
    }

    /// `setsockopt` at the packet level.
    fn set<T>(&self, option: libc::c_int, value: &T) -> io::Result<()> {
        let len = libc::socklen_t::try_from(size_of::<T>()).unwrap_or(libc::socklen_t::MAX);
        // SAFETY: `value` is `len` readable bytes; the kernel copies them and keeps no pointer.
        let status = unsafe {
            libc::setsockopt(
                self.0.as_raw_fd(),
                libc::SOL_PACKET,
                option,
                std::ptr::from_ref(value).cast(),
                len,
            )
        };
        if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The packet socket address of an interface, for every protocol.
fn address(ifindex: u32) -> io::Result<SockAddr> {
    let mut storage = socket2::SockAddrStorage::zeroed();
    // SAFETY: every `sockaddr_ll` is valid whatever its bytes are.
    let address = unsafe { storage.view_as::<libc::sockaddr_ll>() };
    // AF_PACKET is 17, ETH_P_ALL 3: both fit 16 bits.
    address.sll_family = libc::AF_PACKET as libc::c_ushort;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = signed(ifindex)?;
    let len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the first `len` bytes are the initialised `sockaddr_ll` above.
    Ok(unsafe { SockAddr::new(storage, len) })
}

/// An interface index as the kernel's structs hold it.
fn signed(ifindex: u32) -> io::Result<libc::c_int> {
    libc::c_int::try_from(ifindex).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}
