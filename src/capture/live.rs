//! The capture itself: packets out of the ring, and what can happen to a capture meanwhile.
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::builder::CaptureBuilder;
use super::direction::Refuse;
use super::filter::{self, FilterMode, Remainder};
use super::finish::{Finish, Finished};
use super::interface::Interface;
use super::stats::Stats;
use super::stop::{Shared, StopHandle, Totals};
use super::waits::Waits;
use crate::bpf::Program;
use crate::error::{Error, ErrorKind};
use crate::packet::{Packet, Source, Step};
use crate::sys::frame::{Frame, Walk};
use crate::sys::link::Link;
use crate::sys::netlink::Netlink;
use crate::sys::poll::{self, Poll};
use crate::sys::ring::{Block, Ring};
use crate::sys::socket::PacketSocket;
use crate::wire::LinkType;

/// How often a capture whose interface is down looks whether it came back or was deleted: the
/// kernel tells of neither.
const LOOK: Duration = Duration::from_millis(50);

/// How long after the last packet was accounted for the kernel may still be busy with one that
/// passed the filter before the freeze.
const SETTLE: Duration = Duration::from_millis(1);

/// A live capture on one interface, or on all.
///
/// It is [`Send`], gives its descriptor for `epoll` and the like ([`AsFd`]; readable when there
/// are packets), and does not block when [`Source::advance`] is given a zero timeout:
/// `examples/tokio.rs` waits for it beside other tasks.
///
/// ```no_run
/// use std::time::Duration;
/// use synack::capture::Capture;
/// use synack::filter::Filter;
/// use synack::{Source, Step};
///
/// let builder = Capture::builder("eth0").promiscuous(true);
/// let filter = Filter::builder().live(true).compile("tcp port 80", builder.resolve_link_type()?)?;
/// let mut capture = builder.filter(filter.program()).open()?;
/// for _ in 0..10 {
///     match capture.advance(Some(Duration::from_secs(1)))? {
///         Step::Packet => println!("{} bytes", capture.packet().wire_len),
///         Step::Idle => println!("nothing for a second"),
///         Step::End => break,
///     }
/// }
/// let stats = capture.stats()?;
/// println!("{} received, {} dropped", stats.received, stats.dropped);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Capture {
    interface: Interface,
    finish: Finish,
    refuse: Refuse,
    /// The filter to run here.
    remainder: Remainder,
    ring: Ring,
    /// The block being read, and how far.
    block: Option<Block>,
    walk: Walk,
    current: Finished,
    shared: Arc<Shared<PacketSocket>>,
    netlink: Netlink,
    /// What the interface had lost when the capture began.
    lost_before: u64,
    retire: Duration,
    state: State,
    /// The interface is down, as far as is known.
    down: Option<Down>,
    notices: VecDeque<String>,
    blocks: u64,
    delivered: u64,
    filtered: u64,
    /// The totals once the capture has ended: nothing after that counts.
    ended_with: Option<Totals>,
}

/// Where a capture is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// Frozen or its interface gone; gives what is in the ring, until `limit` at the latest.
    Draining {
        limit: Instant,
        gone: bool,
    },
    /// The interface is gone and the ring is empty; the error was not given yet.
    Gone,
    Ended,
}

/// An interface that is down.
#[derive(Debug, Clone, Copy)]
struct Down {
    since: Instant,
    /// Whether the user was told.
    told: bool,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// There is something to look at.
    Ready,
    /// The time is over.
    Time,
    /// A signal was handled.
    Signal,
}

impl Capture {
    /// Begins the description of a capture on `interface`: a name, `any` for all, or a number
    /// in the list [`interfaces`](super::interfaces) gives, counted from 1.
    pub fn builder(interface: impl Into<String>) -> CaptureBuilder {
        CaptureBuilder::new(interface.into())
    }

    #[expect(clippy::too_many_arguments, reason = "the one caller is `CaptureBuilder::open`")]
    pub(super) fn new(
        interface: Interface,
        link: LinkType,
        snaplen: u32,
        refuse: Refuse,
        remainder: Remainder,
        ring: Ring,
        shared: Arc<Shared<PacketSocket>>,
        netlink: Netlink,
        retire: Duration,
    ) -> Self {
        let mut capture = Self {
            interface,
            finish: Finish { link, snaplen },
            refuse,
            remainder,
            ring,
            block: None,
            walk: Walk::default(),
            current: Finished::default(),
            shared,
            netlink,
            lost_before: 0,
            retire,
            state: State::Running,
            down: None,
            notices: VecDeque::new(),
            blocks: 0,
            delivered: 0,
            filtered: 0,
            ended_with: None,
        };
        capture.lost_before = capture.lost();
        capture
    }

    /// The interface, as it was when the capture was opened.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// Bytes of the ring that was granted.
    pub fn buffer_size(&self) -> usize {
        self.ring.layout().len()
    }

    /// Where the filter runs.
    pub fn filter_mode(&self) -> FilterMode {
        match self.remainder {
            None => FilterMode::Kernel,
            Some(_) => FilterMode::UserSpace,
        }
    }

    /// What became of the packets so far.
    ///
    /// # Errors
    /// The kernel does not give its counters.
    pub fn stats(&mut self) -> Result<Stats, Error> {
        let totals = match self.ended_with {
            Some(totals) => totals,
            None => self.totals()?,
        };
        Ok(Stats {
            received: totals.received,
            dropped: totals.dropped,
            if_dropped: self.lost().saturating_sub(self.lost_before),
            delivered: self.delivered,
            filtered: self.filtered,
        })
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

    /// Something that happened and the user should know, once: the interface went down, or
    /// came back.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notices.pop_front()
    }

    /// How somebody who waits for several captures at once waits for this one.
    pub(super) fn waits(&self) -> Waits<'_> {
        Waits {
            wakers: [self.shared.socket.as_fd(), self.shared.event.as_fd()],
            look: match self.state {
                State::Running if self.down.is_none() => None,
                State::Running => Some(LOOK),
                State::Draining { .. } => Some(SETTLE),
                State::Gone | State::Ended => Some(Duration::ZERO),
            },
            patience: self.retire * 2,
            notice: !self.notices.is_empty(),
        }
    }

    /// Captures only what `program` accepts from now on. Packets that are in the ring already
    /// came by the old filter: they are passed over and counted as filtered.
    ///
    /// # Errors
    /// The kernel accepts no filter at all. One that it can't run is run here, see
    /// [`Capture::filter_mode`].
    pub fn set_filter(&mut self, program: &Program) -> Result<(), Error> {
        self.freeze()?;
        let limit = Instant::now() + self.drain_limit();
        while !self.is_drained(limit)? {
            while self.next_frame().is_some() {
                self.filtered += 1;
            }
            let _woken = self.poll(Some(SETTLE))?;
        }
        let socket = &self.shared.socket;
        let attached =
            filter::attach(socket, self.finish.link, self.refuse, Some(program), self.finish.snaplen);
        self.remainder = attached.map_err(|e| self.error("attach the filter", e))?;
        if self.shared.is_stopping() {
            // Stopped meanwhile: the new filter must not undo that.
            self.freeze()?;
        }
        Ok(())
    }

    fn freeze(&self) -> Result<(), Error> {
        self.shared.socket.freeze().map_err(|e| self.error("freeze the capture", e))
    }

    fn error(&self, what: &str, error: std::io::Error) -> Error {
        Error::io(format!("{}: {what}", self.interface.label()), error)
    }

    fn totals(&self) -> Result<Totals, Error> {
        self.shared.totals().map_err(|e| self.error("read the statistics", e))
    }

    /// Packets the interface itself lost, ever; unknown counts as none.
    fn lost(&mut self) -> u64 {
        match self.interface.index {
            0 => 0,
            index => self.netlink.link(index).ok().flatten().map_or(0, |link| link.lost),
        }
    }

    /// How long the kernel may keep packets in a block it has not closed.
    fn drain_limit(&self) -> Duration {
        self.retire * 2 + Duration::from_millis(50)
    }

    /// The next frame of the ring, if there is one.
    #[inline]
    fn next_frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(block) = &self.block {
                if let Some(frame) = self.walk.next(block.bytes()) {
                    return Some(frame);
                }
                // What the block announced and doesn't hold is refused, not forgotten.
                self.filtered += u64::from(self.walk.left());
                self.block = None;
            }
            let block = self.ring.next_block()?;
            self.blocks = self.blocks.wrapping_add(1);
            if self.blocks.is_multiple_of(1024) {
                // The kernel counts in 32 bits: add up long before they come round. A failure
                // shows when somebody asks for the statistics.
                let _kept_inside = self.shared.totals();
            }
            self.walk = Walk::over(block.bytes());
            self.block = Some(block);
        }
    }

    /// Makes `frame` the packet at hand; false when it is refused.
    #[inline]
    fn take(&mut self, frame: &Frame) -> bool {
        let found = match &mut self.block {
            Some(block) if !self.refuse.refuses(&frame.address) => {
                self.finish.packet(block.bytes_mut(), frame, self.remainder.as_ref())
            }
            _ => None,
        };
        match found {
            Some(found) => {
                self.current = found;
                self.delivered += 1;
                true
            }
            None => {
                self.filtered += 1;
                false
            }
        }
    }

    /// Waits for a block, an error or a stop.
    fn poll(&mut self, timeout: Option<Duration>) -> Result<Woken, Error> {
        let mut polls =
            [Poll::readable(self.shared.socket.as_fd()), Poll::readable(self.shared.event.as_fd())];
        let ready = match poll::wait(&mut polls, timeout) {
            Ok(ready) => ready,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => return Ok(Woken::Signal),
            Err(e) => return Err(self.error("wait for packets", e)),
        };
        if polls[1].is_readable() {
            self.shared.event.lower();
        }
        if polls[0].is_failed() {
            self.look_at_error()?;
        }
        Ok(if ready > 0 { Woken::Ready } else { Woken::Time })
    }

    /// The socket reports an error: the interface went down, or is gone.
    fn look_at_error(&mut self) -> Result<(), Error> {
        let taken = self.shared.socket.take_error();
        match taken.map_err(|e| self.error("read the socket's state", e))? {
            None => Ok(()),
            Some(e) if e.raw_os_error() == Some(libc::ENETDOWN) => {
                // Also the first sign of its deletion, so wait a moment before saying so.
                self.down.get_or_insert(Down { told: false, since: Instant::now() });
                Ok(())
            }
            Some(e) => Err(self.error("capture", e)),
        }
    }

    /// While the interface is down: whether it is gone, came back, or stays down.
    fn look_for_interface(&mut self) -> Result<(), Error> {
        if self.down.is_none() {
            return Ok(());
        }
        let link = match self.netlink.link(self.interface.index) {
            // Nobody to ask: it may come up again, or be gone.
            Err(e) if e.kind() == std::io::ErrorKind::Unsupported => Some(Link::default()),
            link => link.map_err(|e| self.error("look for the interface", e))?,
        };
        let Some(down) = &mut self.down else { return Ok(()) };
        let name = self.interface.label();
        match link {
            None => {
                self.down = None;
                if self.state == State::Running {
                    let limit = Instant::now() + self.drain_limit();
                    self.state = State::Draining { limit, gone: true };
                }
            }
            Some(link) if link.has(libc::IFF_UP) => {
                let what = if down.told { "is up again" } else { "went down and up again" };
                self.notices.push_back(format!("{name}: interface {what}"));
                self.down = None;
            }
            Some(_) if !down.told && down.since.elapsed() >= LOOK => {
                down.told = true;
                self.notices.push_back(format!("{name}: interface went down; waiting for it"));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Whether every packet the kernel counted came out of the ring. Given up at `limit`.
    fn is_drained(&mut self, limit: Instant) -> Result<bool, Error> {
        let totals = self.totals()?;
        let kept = totals.received.saturating_sub(totals.dropped);
        let waiting = kept > self.delivered + self.filtered;
        Ok(!waiting || Instant::now() >= limit)
    }

    /// The ring is empty and the capture is ending: `Some` when that is so for good.
    fn drain(&mut self, limit: Instant, gone: bool) -> Result<bool, Error> {
        if !self.is_drained(limit)? {
            return Ok(false);
        }
        // A packet that had passed the filter just before the freeze may not be counted yet.
        let before = self.totals()?;
        let _woken = poll::wait(&mut [], Some(SETTLE));
        let totals = self.totals()?;
        if totals != before && Instant::now() < limit {
            return Ok(false);
        }
        self.ended_with = Some(totals);
        self.state = if gone { State::Gone } else { State::Ended };
        Ok(true)
    }
}

impl Source for Capture {
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        let mut until: Option<Instant> = None;
        loop {
            while let Some(frame) = self.next_frame() {
                if self.take(&frame) {
                    return Ok(Step::Packet);
                }
            }
            self.current = Finished::default();
            match self.state {
                State::Running if self.shared.is_stopping() => {
                    let limit = Instant::now() + self.drain_limit();
                    self.state = State::Draining { limit, gone: false };
                    continue;
                }
                State::Running => {}
                State::Draining { limit, gone } => {
                    if self.drain(limit, gone)? {
                        continue;
                    }
                }
                State::Gone => {
                    self.state = State::Ended;
                    return Err(Error::new(
                        ErrorKind::InterfaceGone,
                        format!("{}: the interface disappeared", self.interface.label()),
                    ));
                }
                State::Ended => return Ok(Step::End),
            }
            let mut wait = match (timeout, until) {
                (None, _) => None,
                (Some(Duration::ZERO), _) => Some(Duration::ZERO),
                (Some(timeout), None) => {
                    until = Instant::now().checked_add(timeout);
                    Some(timeout)
                }
                (Some(_), Some(until)) => Some(until.saturating_duration_since(Instant::now())),
            };
            let whole = wait;
            if self.state != State::Running {
                wait = Some(wait.map_or(SETTLE, |wait| wait.min(SETTLE)));
            } else if self.down.is_some() {
                wait = Some(wait.map_or(LOOK, |wait| wait.min(LOOK)));
            }
            let woken = self.poll(wait)?;
            self.look_for_interface()?;
            match woken {
                Woken::Signal => return Ok(Step::Idle),
                // A wait that was cut short to look at something isn't over yet.
                Woken::Time if wait == whole => return Ok(Step::Idle),
                Woken::Time | Woken::Ready => {}
            }
            if !self.notices.is_empty() {
                return Ok(Step::Idle);
            }
        }
    }

    fn packet(&self) -> Packet<'_> {
        let bytes = self.block.as_ref().map_or(&[][..], Block::bytes);
        self.current.packet(bytes, self.finish.link)
    }

    fn link_type(&self) -> LinkType {
        self.finish.link
    }

    fn snaplen(&self) -> u32 {
        self.finish.snaplen
    }
}

impl AsFd for Capture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.shared.socket.as_fd()
    }
}
