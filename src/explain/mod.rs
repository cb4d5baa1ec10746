//! Every segment in words: what it does, with which numbers, and why.
//!
//! [`Explainer`] takes packets with what [`FlowTable`](crate::flow::FlowTable) said of them and
//! gives an [`Explained`]: clauses that a person can read, the numbers of the segment three ways
//! ([`Number`]), and the state of both ends after it. It claims no more than the verdicts: what is
//! likely is called so, what is open stays open. It does no I/O; whatever comes from the wire is
//! escaped ([`Preview`]).
//!
//! | to change | look in |
//! | --- | --- |
//! | the order of clauses, what is remembered when | `segment` |
//! | SYNs, options, Fast Open | `opening` |
//! | payload | `data` |
//! | acknowledgments, SACK | `ack` |
//! | FIN and RST | `closing`, `reset` |
//! | retransmissions, copies, windows: the verdicts | `verdict`, `again` |
//! | names of evidence | `evidence` |
//! | how it looks as text | `text` |
//! | what is said of a whole connection | `summary` |
//! | which packet is named | `memory` |
//! | X, Y and durations | `number`; payload as text: `preview` |
//!
//! ```
//! use synack::explain::{Explainer, Style};
//! use synack::flow::{FlowTable, Limits};
//! use synack::{Layers, Source, savefile};
//!
//! let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
//! let mut flows = FlowTable::new(Limits::default());
//! let mut explainer = Explainer::new(Style::Normal);
//! let mut said = Vec::new();
//! while let Some(packet) = source.next_packet()? {
//!     let layers = Layers::decode(packet.link, packet.data);
//!     let seen = flows.observe(&packet, &layers);
//!     if let Some(segment) = explainer.explain(&packet, &layers, &seen) {
//!         said.push(segment.clauses[0].text.clone());
//!     }
//! }
//! assert_eq!(said[3], "carries 9 bytes \"Ido Zeira\": Seq = X+1 … X+9, next expected X+10");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod ack;
mod again;
mod closing;
mod data;
mod evidence;
mod memory;
mod number;
mod opening;
mod preview;
mod reset;
mod segment;
mod summary;
mod text;
mod verdict;

pub use number::{Elapsed, Full, Number};
pub use preview::Preview;
pub use segment::{Explained, Explainer};
pub use summary::summary;
pub use text::Text;

/// For whom the words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Style {
    /// A line of numbers, then a clause for each thing that the segment does.
    #[default]
    Normal,
    /// Whole sentences for beginners.
    Plain,
    /// One line a segment, for people who know.
    Terse,
}

/// What a clause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// A SYN or what it offers, or the end of the handshake.
    Opening,
    /// Payload.
    Data,
    /// What is acknowledged.
    Ack,
    /// Windows.
    Window,
    /// A FIN, or the end.
    Closing,
    /// A RST.
    Reset,
    /// Sent again, late, copied, lost: what did not go as it should.
    Trouble,
    /// What the packet shows of an earlier one.
    Correction,
}

impl Topic {
    /// The name in use as a class of HTML.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Data => "data",
            Self::Ack => "ack",
            Self::Window => "window",
            Self::Closing => "closing",
            Self::Reset => "reset",
            Self::Trouble => "trouble",
            Self::Correction => "correction",
        }
    }
}

/// One thing that is said of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause {
    /// What it is about.
    pub topic: Topic,
    /// The words: printable, one line. No capital and no full stop but in [`Style::Plain`].
    pub text: String,
}

/// Collects clauses in one style.
#[derive(Debug)]
struct Tale {
    style: Style,
    clauses: Vec<Clause>,
}

impl Tale {
    /// Adds a clause: for people who know, for all, for beginners.
    fn tell(
        &mut self,
        topic: Topic,
        terse: std::fmt::Arguments<'_>,
        normal: std::fmt::Arguments<'_>,
        plain: std::fmt::Arguments<'_>,
    ) {
        let text = match self.style {
            Style::Terse => terse,
            Style::Normal => normal,
            Style::Plain => plain,
        };
        self.clauses.push(Clause { topic, text: text.to_string() });
    }
}

#[cfg(test)]
mod tests;
