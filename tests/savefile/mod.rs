//! Capture files against tcpdump, tshark, capinfos, other crates, full disks and planted links.
mod carried;
mod command;
mod compressed;
pub(crate) mod craft;
mod damaged;
mod edge;
mod full;
mod only_read;
mod oracle;
mod planted;
mod rotation;
mod written;
