//! How packets and connections are shown: one [`Presenter`] a run, chosen in one place.
//!
//! | to change | look in |
//! | --- | --- |
//! | which presenter a command line gets | [`choose`] |
//! | tcpdump's lines | `text` |
//! | what `-a` puts at their end | `marks` |
//! | where a dump of `--dump` begins (its layouts: `src/hex/style.rs`) | `dump` |
//! | JSON Lines | `json`; the records themselves are the library's |
//! | the table of connections, CSV, one in full | `connections/` |
//! | followed streams | `streams/` |
//! | explained segments | `words` |
//! | sequence diagrams | `ladders` |
//! | graphs over time | `graphs` |
//! | the page of `report` | `pages` |
//! | the tables of `lab` | `sheets` |
//! | tcpdump's lines on several threads | `parallel` |
//! | colours; where tcpdump's lines have them (explained segments: `src/explain/text.rs`, ladders: `src/ladder/text.rs`) | `palette`, `paint` |
mod connections;
mod dump;
mod graphs;
mod json;
mod ladders;
mod marks;
mod pages;
mod paint;
mod palette;
mod parallel;
mod sheets;
mod streams;
mod text;
mod words;

use std::io;
use std::os::fd::BorrowedFd;

use synack::Packet;
use synack::flow::{Connection, FlowTable};
use synack::json::Loss;
use synack::print::Names;

use palette::Palette;

use super::args::checked::{Config, DumpStyle};
use super::args::view::View;
use super::confine::privilege::Target;
use super::failure::Failure;
use super::output;
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

    /// Appends all that is still being made of packets that were taken.
    fn flush(&mut self, _out: &mut Vec<u8>) {}

    /// Starts threads, at the only moment when that is possible.
    ///
    /// # Errors
    /// There can be no more threads.
    fn start(&self) -> io::Result<()> {
        Ok(())
    }

    /// Whether an interrupted run ends with an empty line, as tcpdump's does.
    fn is_tcpdumps(&self) -> bool {
        false
    }

    /// Whether it shows nothing but TCP: then an empty result is explained.
    fn needs_tcp(&self) -> bool {
        false
    }

    /// Whether it writes to a file that it has made.
    fn writes_file(&self) -> bool {
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

/// The presenter that the command line asks for. `target`: who this process will become; `inputs`:
/// device and inode of the files being read.
///
/// # Errors
/// The options ask for what cannot be shown, or a directory cannot be written to.
pub(crate) fn choose(
    config: &Config,
    names: Box<dyn Names>,
    live: bool,
    target: Option<&Target>,
    inputs: &[(u64, u64)],
) -> Result<Box<dyn Presenter>, Failure> {
    let palette = Palette::of_output(config.display.colour);
    let grows = live || config.follow;
    Ok(match &config.view {
        View::Text { marks: false } if !palette.is_coloured() && threads(config, live) > 1 => {
            let formatter = text::formatter(&config.display, names)?;
            Box::new(parallel::Parallel::new(formatter, threads(config, live)))
        }
        View::Text { marks } => Box::new(text::Text::new(&config.display, names, *marks, palette)?),
        View::Json => Box::new(json::Json::new(
            live.then_some(names),
            config.display.dump != DumpStyle::None,
            config.wanted.is_narrow(),
        )),
        View::Connections(table) => {
            Box::new(connections::Connections::new(*table, config.wanted.clone(), grows, palette))
        }
        View::Streams(streams) => Box::new(streams::Follow::new(streams, target, palette)?),
        View::Words(words) => Box::new(words::Words::new(*words, palette)),
        View::Ladders(drawing) => Box::new(ladders::Ladders::new(*drawing, grows, palette)),
        View::Graphs(graphs) => Box::new(graphs::Graphs::new(*graphs)),
        View::Sheet(sheet) => Box::new(sheets::Sheets::new(sheet, target)?),
        View::Page(page) => Box::new(pages::Pages::new(page, config, target, inputs)?),
    })
}

/// How many threads may format packets. One, where somebody waits for each line, or where what one
/// packet shows depends on others in more than their relative numbers; also where names are looked up,
/// for they are found one after the other.
fn threads(config: &Config, live: bool) -> usize {
    let display = &config.display;
    let in_turn = live
        || config.needs_flows()
        || display.line_buffered
        || output::is_terminal()
        || !display.numeric
        || matches!(display.dump, DumpStyle::Other(_));
    if in_turn { 1 } else { config.threads }
}
