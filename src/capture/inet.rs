//! The raw engine: an `AF_INET` socket of type `SOCK_RAW` for TCP, as the classic tutorials use.
//!
//! It exists for what it teaches and for places that have nothing else; [`RawCapture::limits`]
//! says what it cannot see. See `raw(7)`.
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::builder::refused;
use super::filter::{FilterMode, RETURN};
use super::interface::{self, Interface};
use super::stats::{Stats, Tally};
use super::stop::{Shared, StopHandle};
use super::waits::Waits;
use crate::bpf::{Program, RawInsn};
use crate::error::{Error, ErrorKind};
use crate::packet::{ChecksumStatus, MAX_SNAPLEN, Packet, PacketDirection, Source, Step, Timestamp};
use crate::sys::inet::{InetSocket, Received};
use crate::sys::netlink::Netlink;
use crate::sys::poll::{self, Event, Poll};
use crate::wire::LinkType;

/// How often a waiting capture looks whether its interface is still there: the kernel doesn't
/// tell a raw socket.
const LOOK: Duration = Duration::from_millis(250);

/// Bytes of room in the socket unless asked otherwise.
const BUFFER_SIZE: usize = 32 << 20;

/// A live capture of TCP over IPv4 through a raw socket. Packets begin with the IPv4 header
/// ([`LinkType::RAW`]).
///
/// ```no_run
/// use synack::capture::RawCapture;
/// use synack::Source;
///
/// let mut capture = RawCapture::builder("any").open()?;
/// eprintln!("{}", RawCapture::limits());
/// while let Some(packet) = capture.next_packet()? {
///     println!("{} bytes", packet.wire_len);
/// }
/// # Ok::<(), synack::Error>(())
/// ```
#[derive(Debug)]
pub struct RawCapture {
    interface: Interface,
    shared: Arc<Shared<InetSocket>>,
    netlink: Netlink,
    /// The filter to run here when the kernel didn't take it.
    remainder: Option<Program>,
    buffer: Vec<u8>,
    current: Received,
    tally: Tally,
    /// When to look for the interface next.
    look: Instant,
    gone: bool,
    ended: bool,
}

/// How a raw capture is opened; made by [`RawCapture::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct RawBuilder {
    interface: String,
    snaplen: u32,
    buffer_size: usize,
    filter: Option<Program>,
}

impl RawBuilder {
    /// Most bytes kept of a packet; 0 and everything above [`MAX_SNAPLEN`] mean that much.
    pub fn snaplen(mut self, bytes: u32) -> Self {
        self.snaplen = if bytes == 0 { MAX_SNAPLEN } else { bytes.min(MAX_SNAPLEN) };
        self
    }

    /// Bytes of room in the socket for packets that wait. Without `CAP_NET_ADMIN` the system's
    /// limit holds (`net.core.rmem_max`).
    pub fn buffer_size(mut self, bytes: usize) -> Self {
        self.buffer_size = bytes;
        self
    }

    /// Captures only what `program`, compiled for [`LinkType::RAW`], accepts.
    pub fn filter(mut self, program: &Program) -> Self {
        self.filter = Some(program.clone());
        self
    }

    /// Opens the capture; from here on packets gather in the socket.
    ///
    /// # Errors
    /// As [`CaptureBuilder::open`](super::CaptureBuilder::open).
    pub fn open(self) -> Result<RawCapture, Error> {
        let mut netlink = Netlink::new().map_err(|e| Error::io("open a route netlink socket", e))?;
        let interface = interface::find(&mut netlink, &self.interface)?;
        let name = interface.label();
        let fail = |what: &'static str| move |e| Error::io(format!("{name}: {what}"), e);
        let socket = InetSocket::new().map_err(|e| refused(name, "raw", e))?;
        // Unlike the packet socket this one receives from its birth on: drop that first.
        socket.freeze().map_err(fail("attach a filter"))?;
        if interface.index != 0 {
            socket.bind_device(&interface.name).map_err(fail("bind the raw socket"))?;
        }
        socket.set_buffer(self.buffer_size).map_err(fail("set the socket's buffer"))?;
        let mut buffer = vec![0; usize::try_from(self.snaplen).unwrap_or(usize::MAX)];
        while socket.receive(&mut buffer).map_err(fail("empty the socket"))?.is_some() {}
        let remainder = attach(&socket, self.filter.as_ref()).map_err(fail("attach the filter"))?;
        let event = Event::new().map_err(fail("open an event"))?;
        Ok(RawCapture {
            interface,
            shared: Arc::new(Shared::new(socket, event)),
            netlink,
            remainder,
            buffer,
            current: Received::default(),
            tally: Tally::default(),
            look: Instant::now() + LOOK,
            gone: false,
            ended: false,
        })
    }
}

/// Attaches `program`; gives it back when the kernel won't have it.
fn attach(socket: &InetSocket, program: Option<&Program>) -> std::io::Result<Option<Program>> {
    let keep = [RawInsn { code: RETURN, jt: 0, jf: 0, k: u32::MAX }];
    if let Some(program) = program.filter(|program| !program.user_space_only()) {
        // The length on the wire is asked of the kernel by `MSG_TRUNC`, so nothing may be cut
        // by the filter: what it keeps, it keeps whole.
        let whole = |insn: &RawInsn| match *insn {
            RawInsn { code: RETURN, k: 1.., .. } => keep[0],
            other => other,
        };
        let insns: Vec<RawInsn> = program.raw().iter().map(whole).collect();
        if socket.attach(&insns).is_ok() {
            return Ok(None);
        }
    }
    socket.attach(&keep)?;
    Ok(program.cloned())
}

impl RawCapture {
    /// Begins the description of a capture on `interface`: a name, `any` for all, or a number
    /// in the list [`interfaces`](super::interfaces) gives, counted from 1.
    pub fn builder(interface: impl Into<String>) -> RawBuilder {
        RawBuilder {
            interface: interface.into(),
            snaplen: MAX_SNAPLEN,
            buffer_size: BUFFER_SIZE,
            filter: None,
        }
    }

    /// What this engine cannot see, in one sentence for the user.
    pub fn limits() -> &'static str {
        "the raw engine sees only TCP over IPv4 that arrives at this host: no packet this host \
         sends (except over loopback), no IPv6, no other protocol, no link header or VLAN tag, \
         fragments only reassembled"
    }

    /// The interface, as it was when the capture was opened.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// Bytes of room that the socket was granted, as the kernel counts (with its overhead).
    ///
    /// # Errors
    /// The kernel does not say.
    pub fn buffer_size(&self) -> Result<usize, Error> {
        self.shared.socket.buffer().map_err(|e| self.error("read the socket's buffer size", e))
    }

    /// Where the filter runs.
    pub fn filter_mode(&self) -> FilterMode {
        match self.remainder {
            None => FilterMode::Kernel,
            Some(_) => FilterMode::UserSpace,
        }
    }

    /// What became of the packets so far. What still waits in the socket is not known and not
    /// counted; drops are exact, those since the last packet included.
    ///
    /// # Errors
    /// The kernel does not give its counters.
    pub fn stats(&mut self) -> Result<Stats, Error> {
        let now = self.shared.socket.dropped().map_err(|e| self.error("read the statistics", e))?;
        self.tally.count_drops(now);
        Ok(self.tally.stats())
    }

    /// Freezes the capture: no packet is received from now on; those that were are still given,
    /// and then [`Step::End`].
    pub fn stop(&mut self) {
        self.shared.freeze_and_wake();
    }

    /// A handle that can do the same from elsewhere.
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle::new(&self.shared)
    }

    /// Nothing ever happens to a raw socket that the user should know and an error does not say.
    pub fn take_notice(&mut self) -> Option<String> {
        None
    }

    /// How somebody who waits for several captures at once waits for this one.
    pub(super) fn waits(&self) -> Waits<'_> {
        Waits {
            wakers: [self.shared.socket.as_fd(), self.shared.event.as_fd()],
            look: match self.interface.index {
                0 => None,
                _ => Some(self.look.saturating_duration_since(Instant::now())),
            },
            // A packet can be read as soon as it was received.
            patience: Duration::ZERO,
            notice: false,
        }
    }

    /// When it is time: whether the interface is still there.
    fn look_for_interface(&mut self) {
        let now = Instant::now();
        if self.interface.index != 0 && now >= self.look {
            self.look = now + LOOK;
            self.gone |= matches!(self.netlink.link(self.interface.index), Ok(None));
        }
    }

    fn error(&self, what: &str, error: std::io::Error) -> Error {
        Error::io(format!("{}: {what}", self.interface.label()), error)
    }

    /// Reads the next packet; false when none waits.
    fn receive(&mut self) -> Result<bool, Error> {
        loop {
            let received = match self.shared.socket.receive(&mut self.buffer) {
                Ok(received) => received,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(self.error("receive", e)),
            };
            let Some(received) = received else { return Ok(false) };
            if let Some(dropped) = received.dropped {
                self.tally.count_drops(dropped);
            }
            self.current = received;
            if let Some(program) = &self.remainder {
                let packet = self.packet();
                if program.run(packet.data, packet.wire_len) == 0 {
                    self.tally.filtered += 1;
                    continue;
                }
            }
            if self.current.time.is_none() {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let secs = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                self.current.time = Some((secs, now.subsec_nanos().into()));
            }
            self.tally.delivered += 1;
            return Ok(true);
        }
    }
}

impl Source for RawCapture {
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            // Asked before the socket is found empty: what came before the stop was queued then,
            // and nothing comes any more when the interface is gone.
            let (stopping, gone) = (self.shared.is_stopping(), self.gone);
            if !self.ended && self.receive()? {
                return Ok(Step::Packet);
            }
            self.current = Received::default();
            if self.ended {
                return Ok(Step::End);
            }
            if gone {
                self.ended = true;
                return Err(Error::new(
                    ErrorKind::InterfaceGone,
                    format!("{}: the interface disappeared", self.interface.label()),
                ));
            }
            if stopping {
                self.ended = true;
                return Ok(Step::End);
            }
            self.look_for_interface();
            if self.gone {
                continue;
            }
            let whole = until.map(|until| until.saturating_duration_since(Instant::now()));
            let wait = [whole, self.waits().look].into_iter().flatten().min();
            let mut polls =
                [Poll::readable(self.shared.socket.as_fd()), Poll::readable(self.shared.event.as_fd())];
            match poll::wait(&mut polls, wait) {
                Ok(0) if wait == whole => return Ok(Step::Idle),
                Ok(0) => {}
                Ok(_) => {
                    if polls[1].is_readable() {
                        self.shared.event.lower();
                    }
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => return Ok(Step::Idle),
                Err(e) => return Err(self.error("wait for packets", e)),
            }
        }
    }

    fn packet(&self) -> Packet<'_> {
        let data = self.buffer.get(..self.current.len).unwrap_or(&self.buffer);
        let (secs, nanos) = self.current.time.unwrap_or_default();
        Packet {
            time: Timestamp::new(secs, nanos),
            link: LinkType::RAW,
            data,
            wire_len: u32::try_from(self.current.len).unwrap_or(u32::MAX),
            cap_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
            interface: self.current.ifindex.unwrap_or(self.interface.index),
            direction: PacketDirection::In,
            checksum: ChecksumStatus::Unknown,
        }
    }

    fn link_type(&self) -> LinkType {
        LinkType::RAW
    }

    fn snaplen(&self) -> u32 {
        u32::try_from(self.buffer.len()).unwrap_or(u32::MAX)
    }
}

impl AsFd for RawCapture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.shared.socket.as_fd()
    }
}
