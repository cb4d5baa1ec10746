//! The captures of a run as one source: of one interface, or of several merged by time.
use std::time::Duration;

use synack::capture::{Live, Multi, Stats};
use synack::{Error, LinkType, Packet, Source, Step};

/// One capture, or several.
pub(super) enum Sources {
    One(Box<dyn Live>),
    Several(Multi<Box<dyn Live>>),
}

/// What is known of one interface.
pub(super) struct Account {
    /// The kernel's number of it; 0 is all of them.
    pub(super) number: u32,
    pub(super) link: LinkType,
    pub(super) stats: Stats,
}

impl Sources {
    /// `None` when there is not one.
    pub(super) fn new(mut captures: Vec<Box<dyn Live>>) -> Option<Self> {
        match captures.len() {
            0 | 1 => captures.pop().map(Self::One),
            _ => Some(Self::Several(Multi::new(captures))),
        }
    }

    /// As [`Source::advance`].
    #[inline]
    pub(super) fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        match self {
            Self::One(capture) => capture.advance(timeout),
            Self::Several(captures) => captures.advance(timeout),
        }
    }

    /// As [`Source::packet`].
    #[inline]
    pub(super) fn packet(&self) -> Packet<'_> {
        match self {
            Self::One(capture) => capture.packet(),
            Self::Several(captures) => captures.packet(),
        }
    }

    /// Whether others go on after an error of one.
    pub(super) fn has_others(&self) -> bool {
        matches!(self, Self::Several(_))
    }

    /// Freezes all: what was received is still given.
    pub(super) fn stop(&mut self) {
        match self {
            Self::One(capture) => capture.stop(),
            Self::Several(captures) => captures.stop(),
        }
    }

    /// News for the user.
    pub(super) fn notice(&mut self) -> Option<String> {
        match self {
            Self::One(capture) => capture.take_notice(),
            Self::Several(captures) => captures.take_notice(),
        }
    }

    /// The captures, in the order of the command line.
    pub(super) fn each(&self) -> impl Iterator<Item = &dyn Live> {
        let (one, several) = match self {
            Self::One(capture) => (Some(&**capture), None),
            Self::Several(captures) => (None, Some(captures.captures().map(|capture| &**capture))),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// The captures themselves, to be closed.
    pub(super) fn into_captures(self) -> impl Iterator<Item = Box<dyn Live>> {
        let (one, several) = match self {
            Self::One(capture) => (Some(capture), None),
            Self::Several(captures) => (None, Some(captures.into_captures())),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// What became of the packets of each interface.
    pub(super) fn accounts(&mut self) -> Result<Vec<Account>, Error> {
        let stats = match self {
            Self::One(capture) => vec![capture.stats()?],
            Self::Several(captures) => captures.stats_each()?,
        };
        let of = |(capture, stats): (&dyn Live, Stats)| Account {
            number: capture.interface().index,
            link: capture.link_type(),
            stats,
        };
        Ok(self.each().zip(stats).map(of).collect())
    }
}
