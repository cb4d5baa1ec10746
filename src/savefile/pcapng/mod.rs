//! The pcapng format: blocks, each with its type and its length before and after.
//!
//! ```text
//! type      4   0a0d0d0a section, 1 interface, 6 packet, 3 simple packet, 2 old packet,
//!               4 names, 5 statistics, 0a secrets, 0bad custom …
//! length    4   of the whole block, a multiple of 4
//! body
//! length    4   again
//! ```
//!
//! A section sets the byte order of its blocks and begins a new numbering of interfaces.
//! See <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html>. Texts of errors
//! and the set of files refused are those of libpcap 1.10.3, with these exceptions: here a
//! file may have interfaces of different link types, snapshot lengths and resolutions, and
//! sections of different byte orders.
pub(crate) mod block;
mod carry;
mod code;
mod copy;
mod describe;
mod interface;
pub(crate) mod option;
mod reader;
mod stamp;
#[cfg(test)]
mod tests;
mod writer;

pub use carry::Carried;
pub use copy::{Copied, copy};
pub use describe::{InterfaceOptions, SectionOptions};
pub use interface::InterfaceDescription;
pub use option::{BlockOptions, Value};
pub use reader::PcapngReader;
pub use writer::PcapngWriter;

pub(crate) use block::SECTION;
pub(crate) use copy::open_ended;
