//! What can be asked of a capture, and opening it.
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::direction::{Refuse, Ways};
use super::interface::{self, Interface};
use super::stop::Shared;
use super::{Capture, cooked, filter};
use crate::bpf::Program;
use crate::error::{Error, ErrorKind};
use crate::packet::MAX_SNAPLEN;
use crate::sys::netlink::Netlink;
use crate::sys::poll::Event;
use crate::sys::ring::{Layout, Ring};
use crate::sys::socket::PacketSocket;
use crate::sys::uapi::BLOCK_OVERHEAD;
use crate::wire::LinkType;

/// What a cooked capture may be presented as. Types that begin with the header of the first are themselves.
const COOKED: [LinkType; 2] = [LinkType::LINUX_SLL, LinkType::LINUX_SLL2];

/// Bytes of ring unless asked otherwise: at the default timeout it holds half a second of
/// traffic even when every block is closed with one packet in it.
const BUFFER_SIZE: usize = 32 << 20;

/// Bytes of a block unless packets can be longer: few enough that one is soon full, so many that
/// a reader is not woken too often.
const BLOCK_SIZE: usize = 128 << 10;

/// A ring smaller than this has as many blocks as it can have.
const SMALL_BUFFER: usize = 8 << 20;

/// What the size of a block must be a multiple of, on most machines.
const PAGE: usize = 4096;

/// How long a block with packets in it may stay open unless asked otherwise. The kernel closes
/// it after this long, at the latest after twice as long: a lone packet is seen within 4 ms.
const TIMEOUT: Duration = Duration::from_millis(2);

/// How a capture is opened; made by [`Capture::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct CaptureBuilder {
    interface: String,
    snaplen: u32,
    promiscuous: bool,
    buffer_size: usize,
    timeout: Duration,
    ways: Ways,
    link: Option<LinkType>,
    filter: Option<Program>,
}

impl CaptureBuilder {
    /// Bytes of the ring unless asked otherwise.
    pub const BUFFER_SIZE: usize = BUFFER_SIZE;

    pub(super) fn new(interface: String) -> Self {
        Self {
            interface,
            snaplen: MAX_SNAPLEN,
            promiscuous: false,
            buffer_size: BUFFER_SIZE,
            timeout: TIMEOUT,
            ways: Ways::InOut,
            link: None,
            filter: None,
        }
    }

    /// Most bytes kept of a packet; 0 and everything above [`MAX_SNAPLEN`] mean that much.
    pub fn snaplen(mut self, bytes: u32) -> Self {
        self.snaplen = if bytes == 0 { MAX_SNAPLEN } else { bytes.min(MAX_SNAPLEN) };
        self
    }

    /// Whether the interface also receives what is addressed to others. Lasts no longer than
    /// the capture, even when the process is killed. Means nothing for `any`.
    pub fn promiscuous(mut self, on: bool) -> Self {
        self.promiscuous = on;
        self
    }

    /// Bytes of the ring that holds packets until they are read. Blocks of the ring have room
    /// for the longest packet, 128 KiB in a large one, and there are two at least; taken from locked kernel memory, less when there isn't so much.
    pub fn buffer_size(mut self, bytes: usize) -> Self {
        self.buffer_size = bytes;
        self
    }

    /// How long the kernel may gather packets before it hands them over, in milliseconds of
    /// resolution; twice as long at most. A stopped capture may take as long to end.
    ///
    /// 2 ms unless asked otherwise, for somebody who looks on. Longer wakes the reader less
    /// often and uses the ring better: however few packets a block holds when it is closed, it
    /// is used up until it is read. 50 ms are good for writing files.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Which way packets must go.
    pub fn direction(mut self, ways: Ways) -> Self {
        self.ways = ways;
        self
    }

    /// The link type to present. Only cooked captures have a choice, between
    /// [`LinkType::LINUX_SLL`] and [`LinkType::LINUX_SLL2`].
    pub fn link_type(mut self, link: LinkType) -> Self {
        self.link = Some(link);
        self
    }

    /// Captures only what `program` accepts, from the first packet on. The program must be
    /// compiled for the capture's link type: see [`CaptureBuilder::resolve_link_type`].
    pub fn filter(mut self, program: &Program) -> Self {
        self.filter = Some(program.clone());
        self
    }

    /// The link type that the capture will have: what its filter must be compiled for.
    ///
    /// # Errors
    /// As [`CaptureBuilder::open`], as far as they concern the interface's name and link type.
    pub fn resolve_link_type(&self) -> Result<LinkType, Error> {
        let mut netlink = Netlink::new().map_err(|e| Error::io("open a route netlink socket", e))?;
        self.choose_link(&interface::find(&mut netlink, &self.interface)?)
    }

    /// Opens the capture; from here on packets gather in the ring.
    ///
    /// # Errors
    /// Of kind [`PermissionDenied`](ErrorKind::PermissionDenied) without `CAP_NET_RAW`,
    /// [`NoSuchInterface`](ErrorKind::NoSuchInterface) for an unknown name,
    /// [`InterfaceGone`](ErrorKind::InterfaceGone) when the interface is down,
    /// [`Unsupported`](ErrorKind::Unsupported) for a link type it doesn't have.
    pub fn open(self) -> Result<Capture, Error> {
        let mut netlink = Netlink::new().map_err(|e| Error::io("open a route netlink socket", e))?;
        let interface = interface::find(&mut netlink, &self.interface)?;
        let link = self.choose_link(&interface)?;
        let name = interface.label();
        let fail = |what: &'static str| move |e| Error::io(format!("{name}: {what}"), e);

        let header = cooked::header_len(link);
        let socket = PacketSocket::new(header > 0).map_err(|e| refused(name, "packet", e))?;
        // Room before each packet for a VLAN tag; cooked frames leave 16 bytes by themselves.
        let reserve: u32 = if header > 0 { 8 } else { 4 };
        socket.reserve(reserve).map_err(fail("reserve room in the ring"))?;
        let refuse = Refuse::new(self.ways, interface.index);
        if refuse == Refuse::Outgoing {
            // Saves the kernel a copy; where it is too old to know this, the filter refuses them.
            let _optional = socket.ignore_outgoing();
        }
        let mode = filter::attach(&socket, link, refuse, self.filter.as_ref(), self.snaplen)
            .map_err(fail("attach the filter"))?;
        let retire = u32::try_from(self.timeout.as_millis()).unwrap_or(u32::MAX).clamp(1, 60_000);
        let ring = self.open_ring(&socket, &interface, retire).map_err(fail("set up the ring"))?;
        if self.promiscuous && interface.index != 0 {
            socket.promiscuous(interface.index).map_err(fail("set promiscuous mode"))?;
        }
        socket.bind(interface.index).map_err(fail("bind the packet socket"))?;
        if let Some(error) = socket.take_error().map_err(fail("read the socket's state"))? {
            let error = fail("interface is not up")(error);
            return Err(error.with_kind(ErrorKind::InterfaceGone));
        }
        let event = Event::new().map_err(fail("open an event"))?;
        let shared = Arc::new(Shared::new(socket, event));
        let retire = Duration::from_millis(retire.into());
        Ok(Capture::new(interface, link, self.snaplen, refuse, mode, ring, shared, netlink, retire))
    }

    fn choose_link(&self, interface: &Interface) -> Result<LinkType, Error> {
        let own = interface.link_type();
        match self.link {
            None => Ok(own),
            Some(asked) if asked == own => Ok(own),
            Some(asked) if [own, asked].iter().all(|link| COOKED.contains(link)) => Ok(asked),
            Some(asked) => Err(Error::new(
                ErrorKind::Unsupported,
                format!("{}: link type {asked:?} is not one of this interface's", interface.label()),
            )),
        }
    }

    fn open_ring(&self, socket: &PacketSocket, interface: &Interface, retire: u32) -> io::Result<Ring> {
        // A packet must fit a block with its headers. GRO merges up to 64 KiB, more only where
        // it was allowed to (BIG TCP), so a smaller block and more of them is the better use.
        let packet = self.snaplen.min(interface.max_packet.max(65_536) + 64);
        let packet = usize::try_from(packet).unwrap_or(usize::MAX);
        let needed = packet + BLOCK_OVERHEAD;
        let mut block_size = needed.next_power_of_two().max(BLOCK_SIZE);
        if self.buffer_size < SMALL_BUFFER {
            // However few packets a block holds when its time is over, it is used up: the less
            // room there is, the more blocks it should be.
            block_size = needed.next_multiple_of(PAGE);
        }
        let mut block_count = self.buffer_size.div_ceil(block_size).clamp(2, (1 << 31) / block_size);
        loop {
            match socket.ring(Layout { block_size, block_count }, retire) {
                // EAGAIN: more memory would be locked than this process may.
                Err(e)
                    if matches!(e.raw_os_error(), Some(libc::ENOMEM | libc::EAGAIN)) && block_count > 2 =>
                {
                    block_count = (block_count / 2).max(2);
                }
                // Pages are larger here.
                Err(e) if e.raw_os_error() == Some(libc::EINVAL) && !block_size.is_power_of_two() => {
                    block_size = block_size.next_power_of_two();
                    block_count = self.buffer_size.div_ceil(block_size).max(2);
                }
                done => return done,
            }
        }
    }
}

/// Why no socket of this kind could be made.
pub(super) fn refused(interface: &str, kind: &str, error: io::Error) -> Error {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return Error::io(format!("{interface}: open a {kind} socket"), error);
    }
    let program =
        std::env::current_exe().map_or_else(|_| "PROGRAM".into(), |path| path.display().to_string());
    Error::io(
        format!(
            "{interface}: capturing needs the capability CAP_NET_RAW: \
             run with sudo, or once `sudo setcap cap_net_raw+ep {program}`"
        ),
        error,
    )
}
