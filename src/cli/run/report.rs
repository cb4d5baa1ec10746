//! What is said about a capture while it runs and when it ends.
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use synack::capture::Stats;
use synack::json::Loss;

use super::pipeline::Pipeline;
use crate::cli::args::checked::Config;
use crate::cli::args::view::View;
use crate::cli::failure::{plural, say, say_as_is};
use crate::cli::record::Recorder;

/// How often drops and counts are shown.
const PERIOD: Duration = Duration::from_secs(1);

/// The counts of all interfaces together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    received: u64,
    dropped: u64,
    if_dropped: u64,
    filtered: u64,
    /// Packets that came after the last that was wanted, and are not in the other counts.
    pub(super) beyond: u64,
}

impl Totals {
    /// Those of a file: nothing of it is dropped.
    pub(super) fn of_file(seen: u64) -> Self {
        Self { received: seen, ..Self::default() }
    }

    pub(super) fn add(&mut self, stats: &Stats) {
        self.received += stats.received;
        self.dropped += stats.dropped;
        self.if_dropped += stats.if_dropped;
        self.filtered += stats.filtered;
    }

    /// The same as a record.
    pub(super) fn loss(&self, captured: u64) -> Loss {
        Loss {
            captured,
            received: self.received,
            dropped_by_kernel: self.dropped,
            dropped_by_interface: self.if_dropped,
        }
    }
}

/// The account of a capture.
pub(super) struct Report {
    /// Nothing is printed: a running count.
    counting: bool,
    /// Say when the kernel drops packets (not with `-q`).
    drops: bool,
    /// What the packets were, when they were not lost.
    fate: &'static str,
    next: Instant,
    shown_drops: u64,
    shown_count: u64,
}

impl Report {
    pub(super) fn new(config: &Config) -> Self {
        let writes = config.write.as_ref();
        let watched = config.display.quiet == 0 && io::stderr().is_terminal();
        Self {
            // tcpdump counts with -v only; who looks at a terminal on which nothing moves sees it anyway.
            counting: match writes {
                Some(write) => !write.print && (config.display.verbose > 0 || watched),
                None => config.display.count_only && watched,
            },
            drops: config.display.quiet == 0,
            fate: match writes {
                Some(_) => "written",
                None if config.display.count_only => "counted",
                None if matches!(config.view, View::Text { .. } | View::Json) => "printed",
                None => "looked at",
            },
            next: Instant::now() + PERIOD,
            shown_drops: 0,
            shown_count: 0,
        }
    }

    /// Whether a second has passed since the last time.
    pub(super) fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = now >= self.next;
        if due {
            self.next = now + PERIOD;
        }
        due
    }

    /// Shows what has changed.
    pub(super) fn progress(&mut self, totals: &Totals, pipeline: &Pipeline) {
        let captured = pipeline.counters.captured();
        if self.counting && captured != self.shown_count {
            self.shown_count = captured;
            // Each count overwrites the one before.
            say_as_is(format!("Got {captured}\r"));
        }
        if self.drops && totals.dropped > self.shown_drops {
            let more = totals.dropped - self.shown_drops;
            say(format_args!(
                "synack: the kernel dropped {more} more packet{}, {} altogether",
                plural(more),
                totals.dropped
            ));
        }
        self.shown_drops = totals.dropped;
    }

    /// The answer to SIGUSR1: all on one line.
    pub(super) fn line(&self, totals: &Totals, pipeline: &Pipeline) {
        say(format_args!("synack: {}", counts(totals, pipeline).join(", ")));
    }

    /// The end of a capture.
    pub(super) fn close(&self, totals: &Totals, pipeline: &Pipeline) {
        let lines = counts(totals, pipeline).join("\n");
        say(format_args!("{lines}\n{}", self.balance(totals, pipeline)));
    }

    /// What became of every packet that reached the socket.
    fn balance(&self, totals: &Totals, pipeline: &Pipeline) -> String {
        let seen = totals.received;
        let kept = match &pipeline.writer {
            Some(writer) => writer.written(),
            None => pipeline.printed(),
        };
        let filtered = totals.filtered + pipeline.counters.filtered();
        let rest = seen.saturating_sub(kept + filtered + totals.dropped);
        let fate = self.fate;
        let mut text = format!(
            "{seen} packet{} seen = {kept} {fate} + {filtered} filtered in user space + {} dropped by kernel",
            plural(seen),
            totals.dropped
        );
        let deleted = pipeline.writer.as_ref().map_or(0, Recorder::deleted);
        if deleted > 0 {
            text.push_str(&format!(
                " (of those written, {deleted} were in files deleted or overwritten since)"
            ));
        }
        if rest > 0 {
            let perhaps =
                if pipeline.writer.as_ref().is_some_and(Recorder::is_uncertain) { "perhaps " } else { "" };
            text.push_str(&format!(" + {rest} {perhaps}not {fate}"));
        }
        if totals.beyond > 0 {
            text.push_str(&format!(" ({} came after the last that was wanted)", totals.beyond));
        }
        text
    }
}

/// tcpdump's counts.
fn counts(totals: &Totals, pipeline: &Pipeline) -> Vec<String> {
    let mut counts = vec![
        (pipeline.counters.captured(), "captured"),
        (totals.received, "received by filter"),
        (totals.dropped, "dropped by kernel"),
    ];
    if totals.if_dropped > 0 {
        counts.push((totals.if_dropped, "dropped by interface"));
    }
    counts.into_iter().map(|(n, what)| format!("{n} packet{} {what}", plural(n))).collect()
}
