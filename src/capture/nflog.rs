//! Packets that netfilter rules log: `nflog:GROUP`, as libpcap's device of that name.
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::filter::FilterMode;
use super::interface::Interface;
use super::log_group;
use super::stats::{Stats, Tally};
use super::stop::{Shared, StopHandle};
use super::waits::Waits;
use crate::bpf::Program;
use crate::error::Error;
use crate::packet::{ChecksumStatus, MAX_SNAPLEN, Packet, PacketDirection, Source, Step, Timestamp};
use crate::sys::nflog::{LogSocket, Logged};
use crate::sys::poll::{self, Event, Poll};
use crate::wire::LinkType;

/// Bytes of room in the socket unless asked otherwise.
const BUFFER_SIZE: usize = 32 << 20;

/// Bytes of messages that are received together.
const GATHERED: usize = 1 << 20;

/// A live capture of what netfilter rules log to a group (`nft … log group 5`, `iptables … -j NFLOG`), before and
/// after address translation, by the kernel's own choice. Packets begin with the message's header
/// ([`LinkType::NFLOG`]); filters know nothing of them but their bytes and lengths.
///
/// ```no_run
/// use synack::capture::LogCapture;
/// use synack::Source;
///
/// let mut capture = LogCapture::builder("nflog:5").open()?;
/// while let Some(packet) = capture.next_packet()? {
///     println!("{} bytes", packet.wire_len);
/// }
/// # Ok::<(), synack::Error>(())
/// ```
#[derive(Debug)]
pub struct LogCapture {
    interface: Interface,
    shared: Arc<Shared<LogSocket>>,
    filter: Option<Program>,
    snaplen: u32,
    /// Messages that were received together.
    buffer: Vec<u8>,
    /// Those of them that were not given yet.
    waiting: VecDeque<Logged>,
    current: Logged,
    tally: Tally,
    ended: bool,
}

/// How a capture of logged packets is opened; made by [`LogCapture::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct LogBuilder {
    name: String,
    snaplen: u32,
    buffer_size: usize,
    filter: Option<Program>,
}

impl LogBuilder {
    /// Most bytes kept of a packet; 0 and everything above [`MAX_SNAPLEN`] mean that much.
    pub fn snaplen(mut self, bytes: u32) -> Self {
        self.snaplen = if bytes == 0 { MAX_SNAPLEN } else { bytes.min(MAX_SNAPLEN) };
        self
    }

    /// Bytes of room in the socket for packets that wait.
    pub fn buffer_size(mut self, bytes: usize) -> Self {
        self.buffer_size = bytes;
        self
    }

    /// Captures only what `program`, compiled for [`LinkType::NFLOG`], accepts.
    pub fn filter(mut self, program: &Program) -> Self {
        self.filter = Some(program.clone());
        self
    }

    /// Opens the capture; from here on packets gather in the socket.
    ///
    /// # Errors
    /// The name has no groups that exist, another program has one of them, the privilege (`CAP_NET_ADMIN`) or the
    /// kernel's part (`nfnetlink_log`) is missing.
    pub fn open(self) -> Result<LogCapture, Error> {
        let groups = log_group::groups(&self.name)?;
        let interface = Interface::of_log(&self.name)?;
        let name = interface.label();
        let fail = |what: &'static str| move |e| Error::io(format!("{name}: {what}"), e);
        let socket = LogSocket::new().map_err(fail("open a netlink socket for netfilter's log"))?;
        socket.set_buffer(self.buffer_size).map_err(fail("set the socket's buffer"))?;
        for group in groups {
            socket.join(group, self.snaplen).map_err(|e| refused(name, group, e))?;
        }
        socket.never_wait().map_err(fail("set up the socket"))?;
        let event = Event::new().map_err(fail("open an event"))?;
        Ok(LogCapture {
            interface,
            shared: Arc::new(Shared::new(socket, event)),
            filter: self.filter,
            snaplen: self.snaplen,
            buffer: Vec::new(),
            waiting: VecDeque::new(),
            current: Logged::default(),
            tally: Tally::default(),
            ended: false,
        })
    }
}

/// Why a group cannot be had.
fn refused(name: &str, group: u16, error: io::Error) -> Error {
    let what = match error.raw_os_error() {
        Some(libc::EPERM) => {
            format!("{name}: listening to netfilter's log needs the capability CAP_NET_ADMIN")
        }
        Some(libc::EBUSY) => format!("{name}: another program listens to group {group}"),
        Some(libc::EINVAL) => format!("{name}: this kernel has no log of netfilter's (nfnetlink_log)"),
        _ => format!("{name}: join group {group}"),
    };
    Error::io(what, error)
}

impl LogCapture {
    /// Whether a name means this: `nflog`, or with groups after a colon.
    pub fn is_meant(name: &str) -> bool {
        log_group::is_meant(name)
    }

    /// The name of what packets with this interface number were captured from, if that was such a capture.
    pub fn name_of(interface: u32) -> Option<String> {
        log_group::name_of(interface)
    }

    /// Begins the description of a capture: `nflog` (group 0), `nflog:5`, `nflog:1,2`.
    pub fn builder(name: impl Into<String>) -> LogBuilder {
        LogBuilder { name: name.into(), snaplen: MAX_SNAPLEN, buffer_size: BUFFER_SIZE, filter: None }
    }

    /// What is captured from.
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
        FilterMode::UserSpace
    }

    /// What became of the packets so far. What still waits in the socket is not known and not counted; drops are
    /// exact.
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

    /// Nothing ever happens that the user should know and an error does not say.
    pub fn take_notice(&mut self) -> Option<String> {
        None
    }

    /// How somebody who waits for several captures at once waits for this one.
    pub(super) fn waits(&self) -> Waits<'_> {
        Waits {
            wakers: [self.shared.socket.as_fd(), self.shared.event.as_fd()],
            look: None,
            // A packet can be read as soon as it was logged.
            patience: Duration::ZERO,
            notice: false,
        }
    }

    fn error(&self, what: &str, error: io::Error) -> Error {
        Error::io(format!("{}: {what}", self.interface.label()), error)
    }

    /// Receives what waits: at once, for of most packets nobody says when they came but who receives them.
    fn gather(&mut self) -> Result<(), Error> {
        self.buffer.clear();
        while self.buffer.len() < GATHERED {
            let received = self.shared.socket.receive(&mut self.buffer);
            let Some(mut logged) = received.map_err(|e| self.error("receive", e))? else { break };
            let now = || {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                (i64::try_from(now.as_secs()).unwrap_or(i64::MAX), u64::from(now.subsec_nanos()))
            };
            logged.time = Some(logged.time.unwrap_or_else(now));
            self.waiting.push_back(logged);
        }
        Ok(())
    }

    /// Reads the next packet; false when none waits.
    fn receive(&mut self) -> Result<bool, Error> {
        loop {
            if self.waiting.is_empty() {
                self.gather()?;
            }
            let Some(next) = self.waiting.pop_front() else { return Ok(false) };
            self.current = next;
            let packet = self.packet();
            if self.filter.as_ref().is_some_and(|program| program.run(packet.data, packet.wire_len) == 0) {
                self.tally.filtered += 1;
                continue;
            }
            self.tally.delivered += 1;
            return Ok(true);
        }
    }
}

impl Source for LogCapture {
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            // Asked before the socket is found empty: what came before the stop was queued then.
            let stopping = self.shared.is_stopping();
            if !self.ended && self.receive()? {
                return Ok(Step::Packet);
            }
            self.current = Logged::default();
            if self.ended || stopping {
                self.ended = true;
                return Ok(Step::End);
            }
            let wait = until.map(|until| until.saturating_duration_since(Instant::now()));
            let mut polls =
                [Poll::readable(self.shared.socket.as_fd()), Poll::readable(self.shared.event.as_fd())];
            match poll::wait(&mut polls, wait) {
                Ok(0) => return Ok(Step::Idle),
                Ok(_) => {
                    if polls[1].is_readable() {
                        self.shared.event.lower();
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(Step::Idle),
                Err(e) => return Err(self.error("wait for packets", e)),
            }
        }
    }

    fn packet(&self) -> Packet<'_> {
        let whole = self.buffer.get(self.current.start..self.current.end).unwrap_or_default();
        let data = whole.get(..self.snaplen as usize).unwrap_or(whole);
        let (secs, nanos) = self.current.time.unwrap_or_default();
        Packet {
            time: Timestamp::new(secs, nanos),
            link: LinkType::NFLOG,
            data,
            wire_len: u32::try_from(whole.len()).unwrap_or(u32::MAX),
            cap_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
            interface: self.interface.index,
            direction: PacketDirection::Unknown,
            checksum: ChecksumStatus::Unknown,
        }
    }

    fn link_type(&self) -> LinkType {
        LinkType::NFLOG
    }

    fn snaplen(&self) -> u32 {
        self.snaplen
    }
}

impl AsFd for LogCapture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.shared.socket.as_fd()
    }
}
