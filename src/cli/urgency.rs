//! How pressing it is to end, for all who may have to wait.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How long a reader is waited for after a signal to stop, and after a second.
const GIVEN_UP: Duration = Duration::from_millis(700);
pub(super) const GIVEN_UP_AT_ONCE: Duration = Duration::from_millis(100);

/// How pressing it is to end, and the sign of life of who is told to.
#[derive(Debug, Clone, Default)]
pub(super) struct Urgency {
    pub(super) stop: Arc<AtomicBool>,
    pub(super) pressing: Arc<AtomicBool>,
    pub(super) beats: Arc<AtomicU64>,
}

impl Urgency {
    /// Whether to stop.
    #[inline]
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// How long whoever reads our output may take nothing, now that a signal asks to stop: at a
    /// second signal hardly at all. Others are waited for as long as they read.
    pub(super) fn patience(&self) -> Duration {
        if self.pressing.load(Ordering::Relaxed) { GIVEN_UP_AT_ONCE } else { GIVEN_UP }
    }

    /// Whether it was asked to stop a second time.
    pub(super) fn is_pressing(&self) -> bool {
        self.pressing.load(Ordering::Relaxed)
    }

    /// Lets the watching thread know that this one is not stuck.
    pub(super) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }
}
