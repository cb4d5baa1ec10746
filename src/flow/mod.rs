//! What is remembered per connection, and what each packet was.
//!
//! [`FlowTable`] takes packets one after the other and tells of each segment what it is
//! ([`Verdict`]: a retransmission, a late original, a copy, a duplicate ACK …), on what
//! evidence, and what state both ends are in. It does no I/O and reads no clock: time is
//! the packet's stamp. Its memory is bounded by [`Limits`].
//!
//! | file | holds |
//! | --- | --- |
//! | `observe`, `track` | the table of connections; the way of a segment through its own: gaps, windows, checksums |
//! | `judge`, `facts`, `cause`, `spurious`, `artefact` | data, SYN, FIN: sent again, late or copied; why; whether needed |
//! | `ack`, `path` | what ACKs are and tell; the way between the hosts |
//! | `key`, `segment` | what tells connections apart; what is read of a segment |
//! | `connection`, `half`, `rtt` | the record of a connection, of one direction, of times |
//! | `lifecycle`, `reset` | states by RFC 9293; how it ended and why |
//! | `history`, `order`, `permits` | segments and ACKs that passed; clocks and counters of a host; how soon it answers |
//! | `verdict` | the words |
//! | `judged` | a packet with all that was found of it |
//! | `limits`, `table` | bounds, and the bounded table itself |
//! | `relative` | the numbers of tcpdump's text, a table of its own |
mod ack;
mod artefact;
mod cause;
mod connection;
mod facts;
mod half;
mod history;
mod judge;
mod judged;
mod key;
mod lifecycle;
mod limits;
mod observe;
mod order;
mod path;
mod permits;
pub mod relative;
mod reset;
mod rtt;
mod segment;
mod spurious;
mod table;
#[cfg(test)]
mod tests;
mod track;
mod verdict;

pub use connection::{ConnId, Connection, Direction, Ended, Endpoint, Opened, ResetCause, State};
pub use half::{Counts, Half, Vantage};
pub use judged::Judged;
pub use limits::{Evicted, Limits};
pub use observe::{Change, FlowTable, Observation};
pub use rtt::Rtt;
pub use verdict::{Between, Cause, Confidence, Correction, Evidence, Kind, MadeBy, Verdict};
