//! The capture file being written: opened by the rules, in the format its name asks for.
use std::path::Path;

use synack::LinkType;
use synack::savefile::{PacketWriter, pcap};

use super::config::{Config, Write};
use super::failure::{Failure, shown};
use super::place::{Destination, Inputs, Place, cannot_open};
use super::privilege::Target;

/// Where a capture file goes, open but for the file itself.
pub(super) struct Sink {
    destination: Destination,
}

impl Sink {
    /// Opens the place of `-w`, before privileges are given up.
    pub(super) fn open(write: &Write, target: Option<&Target>, inputs: Inputs) -> Result<Self, Failure> {
        Ok(Self { destination: Destination::open(&write.path, target, inputs)? })
    }

    /// The directory in which files will go on being made.
    pub(super) fn place(&self) -> Option<&Place> {
        match &self.destination {
            Destination::Directory(place, _) => Some(place),
            Destination::Stream(_) => None,
        }
    }

    /// Makes the (first) file.
    pub(super) fn writer(
        self,
        config: &Config,
        write: &Write,
        link: LinkType,
        snaplen: u32,
    ) -> Result<Box<dyn PacketWriter>, Failure> {
        let file = match &self.destination {
            Destination::Stream(file) => file.try_clone(),
            Destination::Directory(place, name) => place.create(name),
        };
        let file = file.map_err(|e| cannot_open(&write.path, &e))?;
        let mut options = pcap::Options::new(link);
        options.snaplen = snaplen;
        if config.display.nanos {
            options.precision = pcap::Precision::Nano;
        }
        let writer = pcap::Writer::new(file, label(&write.path), options).map_err(Failure::from_writer)?;
        Ok(Box::new(writer))
    }
}

/// A path for messages.
fn label(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard output".into() } else { shown(path) }
}
