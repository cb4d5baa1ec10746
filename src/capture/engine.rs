//! What both engines can do, so that a program need not know which one it holds.
use std::os::fd::AsFd;
use std::time::Duration;

use super::inet::RawCapture;
use super::interface::Interface;
use super::live::Capture;
use super::nflog::LogCapture;
use super::stats::Stats;
use super::stop::StopHandle;
use super::waits::Waits;
use crate::error::Error;
use crate::packet::{Packet, Source, Step};
use crate::wire::LinkType;

/// A live capture, whichever engine makes it: [`Capture`], [`RawCapture`] or [`LogCapture`].
///
/// ```no_run
/// use synack::capture::{Capture, Live, Multi, RawCapture};
///
/// let engines: Vec<Box<dyn Live>> = vec![
///     Box::new(Capture::builder("eth0").open()?),
///     Box::new(RawCapture::builder("lo").open()?),
/// ];
/// let together = Multi::new(engines);
/// assert_eq!(together.captures().count(), 2);
/// # Ok::<(), synack::Error>(())
/// ```
pub trait Live: Source + AsFd {
    /// The interface, as it was when the capture was opened.
    fn interface(&self) -> &Interface;

    /// What became of the packets so far.
    ///
    /// # Errors
    /// The kernel does not give its counters.
    fn stats(&mut self) -> Result<Stats, Error>;

    /// Freezes the capture: no packet is received from now on; those that were are still given.
    fn stop(&mut self);

    /// A handle that can do the same from elsewhere.
    fn stop_handle(&self) -> StopHandle;

    /// Something that happened and the user should know, once.
    fn take_notice(&mut self) -> Option<String>;

    /// How somebody who waits for several captures at once waits for this one.
    #[doc(hidden)]
    fn waits(&self) -> Waits<'_>;
}

macro_rules! live {
    ($($engine:ty),*) => {
        $(impl Live for $engine {
            fn interface(&self) -> &Interface {
                Self::interface(self)
            }
            fn stats(&mut self) -> Result<Stats, Error> {
                Self::stats(self)
            }
            fn stop(&mut self) {
                Self::stop(self);
            }
            fn stop_handle(&self) -> StopHandle {
                Self::stop_handle(self)
            }
            fn take_notice(&mut self) -> Option<String> {
                Self::take_notice(self)
            }
            fn waits(&self) -> Waits<'_> {
                Self::waits(self)
            }
        })*
    };
}
live!(Capture, RawCapture, LogCapture);

impl Source for Box<dyn Live> {
    #[inline]
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        (**self).advance(timeout)
    }

    #[inline]
    fn packet(&self) -> Packet<'_> {
        (**self).packet()
    }

    fn link_type(&self) -> LinkType {
        (**self).link_type()
    }

    fn snaplen(&self) -> u32 {
        (**self).snaplen()
    }
}

impl Live for Box<dyn Live> {
    fn interface(&self) -> &Interface {
        (**self).interface()
    }

    fn stats(&mut self) -> Result<Stats, Error> {
        (**self).stats()
    }

    fn stop(&mut self) {
        (**self).stop();
    }

    fn stop_handle(&self) -> StopHandle {
        (**self).stop_handle()
    }

    fn take_notice(&mut self) -> Option<String> {
        (**self).take_notice()
    }

    fn waits(&self) -> Waits<'_> {
        (**self).waits()
    }
}
