//! Both halves of a connection as streams: byte for byte what each end's application reads.
//!
//! Sans-IO: packets in, events out; time only as the packets' times. Bounded by [`StreamLimits`].
//!
//! | to change | look in | never |
//! | --- | --- | --- |
//! | whose bytes count where segments overlap | `policy`, `queue` (Linux), `pieces` (the others) | asks whether a segment is acceptable |
//! | what is next, what waits, what is a gap, what comes again | `assembler`, `part`, `history` | knows sequence numbers |
//! | what a receiver accepts | `receiver` | holds data |
//! | handshake, direction, what is drawn from acknowledgments | `pair`, `half`, `doubt` | reads headers |
//! | what a receiver may take or not, until it answers | `held` | holds more than one segment |
//! | what a host drops for its headers alone | `segment` | knows the connection |
//! | IP fragments | `fragments` | knows TCP |
//!
//! The packets of one connection go to a [`Pair`], whole: fragments go through [`Fragments`] first.
//!
//! ```
//! use synack::stream::{Event, Fragment, Fragments, StreamLimits, Pair, Policy, Side};
//! use synack::{Layers, Source, savefile};
//!
//! let mut source = savefile::open("tests/data/seeds/lottery.pcap")?;
//! let mut fragments = Fragments::new(StreamLimits::default());
//! let mut pair = Pair::new(StreamLimits::default(), Policy::Linux);
//! let (mut number, mut asked) = (0, Vec::new());
//! let mut take = |event: Event<'_>| match event {
//!     Event::Data { from: Side::Client, bytes, delivered: true, .. } => asked.extend_from_slice(bytes),
//!     Event::Gap { from: Side::Client, range, .. } => println!("{} bytes missing", range.end - range.start),
//!     _ => {}
//! };
//! while let Some(packet) = source.next_packet()? {
//!     number += 1;
//!     let layers = Layers::decode(packet.link, packet.data);
//!     match fragments.push(&packet, &layers) {
//!         Fragment::None => pair.push(number, &packet, &layers, &mut take),
//!         Fragment::Complete(whole) => {
//!             let layers = Layers::decode(whole.link, whole.data);
//!             pair.push(number, &whole, &layers, &mut take);
//!         }
//!         _ => {}
//!     }
//! }
//! pair.finish(&mut take);
//! # Ok::<(), synack::Error>(())
//! ```
#![forbid(unsafe_code)]

mod assembler;
mod doubt;
mod event;
mod fragments;
mod half;
mod held;
mod history;
mod limits;
mod opening;
mod pair;
mod part;
mod pieces;
mod policy;
mod queue;
mod receiver;
mod segment;
#[cfg(test)]
mod tests;

pub use event::{Event, Ignored, Limit, Origin, Side};
pub use fragments::{Fragment, FragmentDrop, FragmentStats, Fragments};
pub use limits::StreamLimits;
pub use pair::Pair;
pub use policy::{Policy, UnknownPolicy};
