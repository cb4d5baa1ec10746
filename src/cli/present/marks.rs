//! What `-a` says at the end of a packet's line.
use std::io::Write;

use synack::flow::{Change, Evidence, Kind, Verdict};

use crate::cli::run::analysis::Seen;

/// Puts a mark for each verdict, and for what the packet showed of earlier ones, at the end of the
/// packet's own line: the one with its flags, or else the last. `start`: where its text begins.
pub(super) fn push(out: &mut Vec<u8>, start: usize, seen: &Seen<'_>) {
    let mut verdicts = seen.verdicts.iter().filter(|verdict| is_news(verdict)).peekable();
    let corrections = if seen.settled { &[][..] } else { seen.observation.corrections() };
    if verdicts.peek().is_none() && corrections.is_empty() && !ends(seen) {
        return;
    }
    let text = out.get(start..).unwrap_or_default();
    let flags = memchr::memmem::find(text, b": Flags [");
    let end = flags.and_then(|at| Some(at + memchr::memchr(b'\n', text.get(at..)?)?));
    let rest = out.split_off(end.map_or(out.len(), |end| start + end));
    // A vector takes all that is written to it.
    for verdict in verdicts {
        let _ = write!(out, " [{verdict}]");
    }
    for correction in corrections {
        match correction.verdicts() {
            [] => {
                let _ = write!(out, " [{} was nothing unusual]", correction.packet);
            }
            [first, ..] => {
                let _ = write!(out, " [{} was: {first}]", correction.packet);
            }
        }
    }
    if ends(seen)
        && let Some(connection) = seen.observation.connection()
        && let Some(cause) = connection.reset_cause()
    {
        let _ = write!(out, " [reset: {}", cause.name());
        let mut separator = ", by ";
        for name in connection.reset_evidence().into_iter().flat_map(|evidence| evidence.names()) {
            let _ = write!(out, "{separator}{name}");
            separator = ", ";
        }
        out.push(b']');
    }
    out.extend_from_slice(&rest);
}

/// Whether a verdict tells something of the connection. That checksums are left to the card is so of
/// every segment that this machine sends.
fn is_news(verdict: &Verdict) -> bool {
    verdict.kind != Kind::Offloaded || !verdict.evidence.contains(Evidence::CHECKSUM)
}

/// Whether this is the reset that ended its connection.
fn ends(seen: &Seen<'_>) -> bool {
    let observation = &seen.observation;
    observation.change().contains(Change::CLOSED)
        && observation.connection().is_some_and(|connection| connection.reset_cause().is_some())
}
