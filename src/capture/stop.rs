//! Stopping a capture from another thread or a signal handler.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::sys::poll::Event;
use crate::sys::socket::PacketSocket;

/// What a capture shares with its stop handles.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) socket: PacketSocket,
    pub(super) event: Event,
    stopping: AtomicBool,
    totals: Mutex<Totals>,
}

/// The kernel's counters, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) received: u64,
    pub(super) dropped: u64,
}

impl Shared {
    pub(super) fn new(socket: PacketSocket, event: Event) -> Self {
        Self { socket, event, stopping: AtomicBool::new(false), totals: Mutex::new(Totals::default()) }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        // Should the kernel refuse, packets go on coming and the drain ends by its time limit.
        let _best_effort = self.socket.freeze();
        self.event.raise();
    }

    /// The totals up to now. Reading clears the kernel's counters, hence under the lock.
    pub(super) fn totals(&self) -> std::io::Result<Totals> {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = self.socket.counters()?;
        totals.received += u64::from(counters.packets);
        totals.dropped += u64::from(counters.drops);
        Ok(*totals)
    }
}

/// Stops a [`Capture`](super::Capture) from anywhere: another thread, a signal handler.
#[derive(Debug, Clone)]
pub struct StopHandle(pub(super) Arc<Shared>);

impl StopHandle {
    /// Freezes the capture: no packet is received from now on. Those that were are still
    /// given, and then [`Step::End`](crate::Step::End). A capture that is waiting wakes.
    ///
    /// Makes two system calls and takes no lock, so a signal handler may call it.
    pub fn stop(&self) {
        self.0.stop();
    }
}
