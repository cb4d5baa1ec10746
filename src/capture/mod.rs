//! Live capture on Linux.
//!
//! [`Capture`] is the default engine: a packet socket (`AF_PACKET`, every protocol, both
//! directions) whose packets arrive in a memory-mapped ring and are handed out where they lie.
//!
//! ```no_run
//! use synack::capture::Capture;
//! use synack::Source;
//!
//! let mut capture = Capture::builder("eth0").promiscuous(true).open()?;
//! while let Some(packet) = capture.next_packet()? {
//!     println!("{} bytes", packet.wire_len);
//! }
//! # Ok::<(), synack::Error>(())
//! ```
//!
//! [`RawCapture`] is the raw engine: an `AF_INET` raw socket, which sees much less. [`LogCapture`] gives what
//! netfilter rules log.
//!
//! Nothing is lost without being counted: [`Capture::stats`] adds up. A capture that is
//! stopped, by [`Capture::stop`] or a [`StopHandle`], first gives every packet that the socket
//! had received.
mod builder;
mod cooked;
mod direction;
mod engine;
mod filter;
mod finish;
mod group;
mod inet;
mod interface;
mod live;
mod log_group;
mod multi;
mod nflog;
mod stats;
mod stop;
mod waits;

pub use crate::packet::MAX_SNAPLEN;
pub use builder::CaptureBuilder;
pub use direction::Ways;
pub use engine::Live;
pub use filter::FilterMode;
pub use group::{Ends, GroupWatch};
pub use inet::{RawBuilder, RawCapture};
pub use interface::{
    ANY, ConnectionStatus, Directory, Interface, InterfaceFlags, bring_up_loopback, interface, interfaces,
};
pub use live::Capture;
pub use multi::Multi;
pub use nflog::{LogBuilder, LogCapture};
pub use stats::Stats;
pub use stop::StopHandle;
#[doc(hidden)]
pub use waits::Waits;

/// Has the threads of this process share two heaps from here on, for who opens or closes many captures
/// side by side: opening and closing wait for the kernel, some ten milliseconds each, and glibc
/// reserves 64 MiB of addresses for the heap of nearly each thread. Elsewhere it does nothing.
pub fn share_heaps() {
    crate::sys::heap::share();
}
