//! What a drawing says of a segment, in few words.
use crate::flow::{Confidence, Kind, Verdict};

/// How much a mark matters: what went well, what is odd, what went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Weight {
    /// Part of how TCP works.
    Note,
    /// Not as it should be, and no harm.
    Odd,
    /// Something was lost, or sent twice.
    Bad,
}

impl Weight {
    /// The name in use as a class of SVG.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Odd => "odd",
            Self::Bad => "bad",
        }
    }
}

/// A few words on a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mark {
    /// How much it matters.
    pub weight: Weight,
    /// The words.
    pub text: String,
}

/// The marks of verdicts. That a checksum is left to the card is none: it would be on every arrow.
pub(super) fn marks(verdicts: &[Verdict]) -> Vec<Mark> {
    verdicts.iter().filter_map(mark).collect()
}

fn mark(verdict: &Verdict) -> Option<Mark> {
    let (weight, text) = match verdict.kind {
        Kind::Offloaded => return None,
        Kind::Retransmission { of, cause, spurious } => {
            let of = of.map_or_else(String::new, |of| format!(" of {of}"));
            let needless = if spurious == Some(true) { ", not needed" } else { "" };
            (Weight::Bad, format!("retransmission{of} ({}{needless})", cause.name().replace('_', " ")))
        }
        Kind::Reordered { late_by_packets, .. } => {
            (Weight::Odd, format!("late: overtaken by {late_by_packets}"))
        }
        Kind::Duplicate { of, made_by } => {
            let of = of.map_or_else(String::new, |of| format!(" of {of}"));
            (Weight::Odd, format!("copy{of} (by {})", made_by.name()))
        }
        Kind::Ambiguous { between } => {
            let names: Vec<&str> = between.names().collect();
            (Weight::Bad, format!("{}?", names.join(" or ").replace('_', " ")))
        }
        Kind::DupAck { n } => (Weight::Odd, format!("duplicate ACK {n}")),
        Kind::Gap { missing } => (Weight::Bad, format!("{missing} bytes missing before")),
        Kind::AckUnseen { missing } => (Weight::Bad, format!("acknowledges {missing} bytes not captured")),
        Kind::PortReused { of } => (Weight::Note, format!("ports of connection {of} again")),
        Kind::WindowUpdate => (Weight::Note, "window update".to_owned()),
        Kind::KeepAlive | Kind::KeepAliveAck | Kind::ZeroWindowProbe | Kind::ZeroWindowProbeAck => {
            (Weight::Note, verdict.kind.name().replace('_', " "))
        }
        Kind::BadChecksum | Kind::OutOfWindow => (Weight::Bad, verdict.kind.name().replace('_', " ")),
        _ => (Weight::Odd, verdict.kind.name().replace('_', " ")),
    };
    let maybe = match verdict.confidence {
        Confidence::Likely if !matches!(verdict.kind, Kind::Ambiguous { .. }) => "probably ",
        _ => "",
    };
    Some(Mark { weight, text: format!("{maybe}{text}") })
}
