//! How packets and connections are shown: one [`Presenter`] a run, chosen in one place.
//!
//! | to change | look in |
//! | --- | --- |
//! | which presenter a command line gets | [`choose`] |
//! | tcpdump's lines | `text` |
//! | what `-a` puts at their end | `marks` |
//! | dumps in layouts of our own | `dump` |
//! | JSON Lines | `json`; the records themselves are the library's |
//! | the table of connections, CSV, one in full | `connections/` |
//! | followed streams | `streams/` |
//! | explained segments | `words` |
//! | sequence diagrams | `ladders` |
//! | colours | `palette` |
mod connections;
mod dump;
mod json;
mod ladders;
mod marks;
mod palette;
mod streams;
mod text;
mod words;

use std::os::fd::BorrowedFd;

use synack::Packet;
use synack::flow::{Connection, FlowTable};
use synack::json::Loss;
use synack::print::Names;

use super::args::checked::{Config, DumpStyle};
use super::args::view::View;
use super::confine::privilege::Target;
use super::failure::Failure;
use super::run::analysis::Seen;

/// What becomes of a packet on standard output. Text is appended to a buffer; who owns that
/// buffer decides when it is written.
pub(crate) trait Presenter {
    /// Appends what is shown of the next packet. `seen`: what was found of it, where the run looks
    /// at connections.
    ///
    /// # Errors
    /// Something other than standard output could not be written.
    fn packet(
        &mut self,
        packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure>;

    /// A packet that is not to be shown, but that others may be told relative to.
    ///
    /// # Errors
    /// As [`Presenter::packet`].
    fn pass_over(
        &mut self,
        _packet: &Packet<'_>,
        _seen: &Seen<'_>,
        _out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        Ok(())
    }

    /// Appends how connections stand: once a second, live.
    fn refresh(&mut self, _table: &FlowTable, _out: &mut Vec<u8>) {}

    /// Appends what is known in the end.
    ///
    /// # Errors
    /// As [`Presenter::packet`].
    fn finish(&mut self, _ending: &Ending<'_>, _out: &mut Vec<u8>) -> Result<(), Failure> {
        Ok(())
    }

    /// Of the packets that come, whether their seconds are counted without sign: see
    /// [`synack::print::Printer::set_unsigned_seconds`].
    fn set_unsigned_seconds(&mut self, _unsigned: bool) {}

    /// Whether an interrupted run ends with an empty line, as tcpdump's does.
    fn is_tcpdumps(&self) -> bool {
        false
    }

    /// Whether it shows nothing but TCP: then an empty result is explained.
    fn needs_tcp(&self) -> bool {
        false
    }

    /// A directory in which it makes files.
    fn directory(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// The end of a run.
pub(crate) struct Ending<'a> {
    pub(crate) table: &'a FlowTable,
    /// What a live capture lost.
    pub(crate) loss: Option<Loss>,
}

impl<'a> Ending<'a> {
    /// The connections that are remembered, in the order of their numbers.
    pub(crate) fn sorted(&self) -> Vec<&'a Connection> {
        let mut all: Vec<&Connection> = self.table.connections().collect();
        all.sort_unstable_by_key(|connection| connection.id());
        all
    }
}

/// The presenter that the command line asks for. `target`: who this process will become.
///
/// # Errors
/// The options ask for what cannot be shown, or a directory cannot be written to.
pub(crate) fn choose(
    config: &Config,
    names: Box<dyn Names>,
    live: bool,
    target: Option<&Target>,
) -> Result<Box<dyn Presenter>, Failure> {
    Ok(match &config.view {
        View::Text { marks } => Box::new(text::Text::new(&config.display, names, *marks)?),
        View::Json => Box::new(json::Json::new(
            live.then_some(names),
            config.display.dump != DumpStyle::None,
            config.wanted.is_narrow(),
        )),
        View::Connections(table) => {
            Box::new(connections::Connections::new(*table, config.wanted.clone(), live))
        }
        View::Streams(streams) => Box::new(streams::Follow::new(streams, target)?),
        View::Words(words) => Box::new(words::Words::new(*words)),
        View::Ladders(drawing) => Box::new(ladders::Ladders::new(*drawing, live)),
    })
}
