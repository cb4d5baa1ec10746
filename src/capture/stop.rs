//! Stopping a capture from another thread or a signal handler.
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::sys::inet::InetSocket;
use crate::sys::nflog::LogSocket;
use crate::sys::poll::Event;
use crate::sys::socket::PacketSocket;

/// What a capture shares with its stop handles.
#[derive(Debug)]
pub(super) struct Shared<S> {
    pub(super) socket: S,
    pub(super) event: Event,
    stopping: AtomicBool,
    totals: Mutex<Totals>,
}

/// A socket that can be told to receive no more.
pub(super) trait Freeze: fmt::Debug + Send + Sync {
    fn freeze(&self) -> io::Result<()>;
}

impl Freeze for PacketSocket {
    fn freeze(&self) -> io::Result<()> {
        PacketSocket::freeze(self)
    }
}

impl Freeze for InetSocket {
    fn freeze(&self) -> io::Result<()> {
        InetSocket::freeze(self)
    }
}

impl Freeze for LogSocket {
    fn freeze(&self) -> io::Result<()> {
        LogSocket::freeze(self)
    }
}

/// The kernel's counters, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) received: u64,
    pub(super) dropped: u64,
}

impl<S: Freeze> Shared<S> {
    pub(super) fn new(socket: S, event: Event) -> Self {
        Self { socket, event, stopping: AtomicBool::new(false), totals: Mutex::new(Totals::default()) }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(super) fn freeze_and_wake(&self) {
        self.stopping.store(true, Ordering::Release);
        // Should the kernel refuse, packets go on coming and the drain ends by its time limit.
        let _best_effort = self.socket.freeze();
        self.event.raise();
    }
}

impl Shared<PacketSocket> {
    /// The totals up to now. Reading clears the kernel's counters, hence under the lock.
    pub(super) fn totals(&self) -> io::Result<Totals> {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = self.socket.counters()?;
        totals.received += u64::from(counters.packets);
        totals.dropped += u64::from(counters.drops);
        Ok(*totals)
    }
}

/// Lets a handle hold captures of either engine.
trait Stop: fmt::Debug + Send + Sync {
    fn stop(&self);
}

impl<S: Freeze> Stop for Shared<S> {
    fn stop(&self) {
        self.freeze_and_wake();
    }
}

/// Stops a capture from anywhere: another thread, a signal handler.
#[derive(Debug, Clone)]
pub struct StopHandle(Arc<dyn Stop>);

impl StopHandle {
    pub(super) fn new<S: Freeze + 'static>(shared: &Arc<Shared<S>>) -> Self {
        Self(Arc::clone(shared) as Arc<dyn Stop>)
    }

    /// Freezes the capture: no packet is received from now on. Those that were are still
    /// given, and then [`Step::End`](crate::Step::End). A capture that is waiting wakes.
    ///
    /// Makes two system calls and takes no lock, so a signal handler may call it.
    pub fn stop(&self) {
        self.0.stop();
    }
}
