//! What an analyser said against what is true.
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::truth::{Class, Kind, Place, Truth};

/// What an analyser said of one packet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub(crate) kinds: Vec<Kind>,
    /// It says that the evidence does not decide.
    pub(crate) open: bool,
    pub(crate) of: Option<usize>,
    pub(crate) spurious: Option<bool>,
    pub(crate) cause: Option<String>,
    pub(crate) zero_window: bool,
    pub(crate) ack_unseen: bool,
    pub(crate) port_reused: bool,
}

impl Said {
    fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The one kind of a segment with octets.
    fn of_data(&self) -> Kind {
        let known = [Kind::Retransmission, Kind::Reordered, Kind::Duplicate];
        self.kinds.iter().copied().find(|kind| known.contains(kind)).unwrap_or(Kind::First)
    }
}

/// What was there and what was said to be there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Found {
    pub(crate) right: u64,
    /// Said where it is not.
    pub(crate) invented: u64,
    /// Not said where it is.
    pub(crate) missed: u64,
}

impl Found {
    fn count(&mut self, is: bool, said: bool) {
        self.right += u64::from(is && said);
        self.invented += u64::from(!is && said);
        self.missed += u64::from(is && !said);
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.invented += other.invented;
        self.missed += other.missed;
    }

    /// Share of what was said that is so, in per cent.
    pub(crate) fn precision(&self) -> f64 {
        share(self.right, self.right + self.invented)
    }

    /// Share of what is so that was said, in per cent.
    pub(crate) fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }
}

/// Per cent; all of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 100.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// The words that are there or not.
pub(crate) const WORDS: [&str; 10] = [
    "dup_ack",
    "window_update",
    "keep_alive",
    "zero_window_probe",
    "ack copies",
    "zero_window",
    "ack_unseen",
    "port_reused",
    "spurious",
    "spurious, with DSACK",
];

/// One class of runs at one tap.
#[derive(Debug, Clone, Default)]
pub(crate) struct Score {
    pub(crate) packets: u64,
    /// Segments with octets that are no plain first transmissions by truth or by verdict.
    pub(crate) marked: u64,
    pub(crate) wrong: u64,
    pub(crate) open: u64,
    /// Segments with octets by truth and verdict.
    confusion: BTreeMap<(Kind, &'static str), u64>,
    pub(crate) words: [Found; WORDS.len()],
    /// Retransmissions that are spurious or not, where the analyser does not say which.
    pub(crate) undecided: u64,
    /// The packet that is repeated: right and wrong.
    pub(crate) of: (u64, u64),
    pub(crate) cause: (u64, u64),
}

/// Something that is wrong or missing, for people.
#[derive(Debug)]
pub(crate) struct Miss {
    pub(crate) packet: usize,
    pub(crate) text: String,
}

impl Score {
    /// Takes a packet's verdicts into account; gives what was wrong.
    fn take(&mut self, truth: &Truth, said: &Said) -> Option<String> {
        let before = self.wrongs();
        self.packets += 1;
        match truth.class {
            Class::Data => self.data(truth, said),
            Class::Ack => self.ack(truth, said),
            Class::Reset => {}
        }
        self.words[5].count(truth.zero_window, said.zero_window);
        self.words[6].count(truth.ack_unseen, said.ack_unseen);
        self.words[7].count(truth.port_reused, said.port_reused);
        let after = self.wrongs();
        let names = NAMES.iter().zip(before.iter().zip(after)).filter(|(_, (b, a))| **b != *a);
        let names: Vec<&str> = names.map(|(name, _)| *name).collect();
        if names.is_empty() {
            return None;
        }
        Some(format!(
            "{}: is {:?}{}{} of {:?} spurious {:?} cause {:?}; said {:?}{} of {:?} spurious {:?} cause {:?}",
            names.join(", "),
            truth.kind,
            if truth.also.is_empty() { String::new() } else { format!(" also {:?}", truth.also) },
            if truth.traceless { " traceless" } else { "" },
            truth.of,
            truth.spurious,
            truth.cause,
            said.kinds,
            if said.open { " open" } else { "" },
            said.of,
            said.spurious,
            said.cause,
        ))
    }

    fn wrongs(&self) -> [u64; NAMES.len()] {
        let word = |n: usize| self.words[n].invented + self.words[n].missed;
        [
            self.wrong,
            self.open,
            self.of.1,
            self.cause.1,
            word(8),
            word(0),
            word(1),
            word(2),
            word(3),
            word(4),
            word(5),
            word(6),
            word(7),
        ]
    }

    fn data(&mut self, truth: &Truth, said: &Said) {
        let verdict = said.of_data();
        let right = verdict == truth.kind || truth.also.contains(&verdict);
        let plain =
            verdict == Kind::First && (truth.kind == Kind::First || truth.also.contains(&Kind::First));
        if said.open || !plain {
            self.marked += 1;
        }
        if said.open {
            self.open += 1;
        } else if !right {
            self.wrong += 1;
        }
        let word = if said.open { "ambiguous" } else { verdict.word() };
        *self.confusion.entry((truth.kind, word)).or_default() += 1;
        if said.open || !right {
            return;
        }
        if matches!(verdict, Kind::Retransmission | Kind::Duplicate) && truth.of.is_some() {
            if said.of == truth.of { self.of.0 += 1 } else { self.of.1 += 1 }
        }
        if verdict == Kind::Retransmission && truth.kind == Kind::Retransmission {
            self.retransmission(truth, said);
        }
    }

    fn retransmission(&mut self, truth: &Truth, said: &Said) {
        let is = truth.spurious == Some(true);
        self.words[8].count(is, said.spurious == Some(true));
        if truth.dsack {
            self.words[9].count(is, said.spurious == Some(true));
        }
        self.undecided += u64::from(said.spurious.is_none());
        if let (Some(is), Some(said)) = (truth.cause, said.cause.as_deref())
            && said != "unknown"
        {
            if is == said { self.cause.0 += 1 } else { self.cause.1 += 1 }
        }
    }

    fn ack(&mut self, truth: &Truth, said: &Said) {
        if truth.kind == Kind::Duplicate {
            self.words[4].count(true, said.has(Kind::Duplicate));
        } else {
            self.words[4].count(false, said.has(Kind::Duplicate));
        }
        for (n, kind) in
            [Kind::DupAck, Kind::WindowUpdate, Kind::KeepAlive, Kind::ZeroWindowProbe].into_iter().enumerate()
        {
            // Where two words are as right, either will do.
            if truth.kind == kind && truth.also.is_empty() {
                self.words[n].count(true, said.has(kind));
            } else if truth.kind == kind || truth.also.contains(&kind) {
                self.words[n].right += u64::from(said.has(kind));
            } else {
                self.words[n].count(false, said.has(kind));
            }
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        self.marked += other.marked;
        self.wrong += other.wrong;
        self.open += other.open;
        for (key, count) in &other.confusion {
            *self.confusion.entry(*key).or_default() += count;
        }
        for (word, more) in self.words.iter_mut().zip(other.words) {
            word.add(more);
        }
        self.undecided += other.undecided;
        self.of = (self.of.0 + other.of.0, self.of.1 + other.of.1);
        self.cause = (self.cause.0 + other.cause.0, self.cause.1 + other.cause.1);
    }

    pub(crate) fn wrong_percent(&self) -> f64 {
        if self.marked == 0 { 0.0 } else { share(self.wrong, self.marked) }
    }

    pub(crate) fn open_percent(&self) -> f64 {
        if self.marked == 0 { 0.0 } else { share(self.open, self.marked) }
    }
}

/// What can be wrong of a packet, in the order of [`Score::wrongs`].
const NAMES: [&str; 13] = [
    "kind",
    "open",
    "of",
    "cause",
    "spurious",
    "dup_ack",
    "window_update",
    "keep_alive",
    "zero_window_probe",
    "ack copy",
    "zero_window",
    "ack_unseen",
    "port_reused",
];

/// Scores by class of run and where the tap is, seen from a packet's sender.
#[derive(Debug, Default)]
pub(crate) struct Report(BTreeMap<(&'static str, Place), Score>);

impl Report {
    /// Takes a capture's verdicts into account; gives what was wrong.
    pub(crate) fn take(&mut self, class: &'static str, truths: &[Truth], said: &[Said]) -> Vec<Miss> {
        let mut misses = Vec::new();
        for (packet, (truth, said)) in (1..).zip(truths.iter().zip(said)) {
            let score = self.0.entry((class, truth.place)).or_default();
            misses.extend(score.take(truth, said).map(|text| Miss { packet, text }));
        }
        misses
    }

    /// Everything in one.
    pub(crate) fn whole(&self) -> Score {
        self.total(|_, _| true)
    }

    pub(crate) fn total(&self, of: impl Fn(&str, Place) -> bool) -> Score {
        let mut whole = Score::default();
        for ((class, place), score) in &self.0 {
            if of(class, *place) {
                whole.add(score);
            }
        }
        whole
    }

    /// The table for people.
    pub(crate) fn text(&self, who: &str) -> String {
        let mut out = format!(
            "{who}\n{:<24}{:>8} {:>7} {:>7} {:>7}",
            "class, tap at", "packets", "marked", "wrong%", "open%"
        );
        let rates = [
            ("spurious", 8),
            ("with DSACK", 9),
            ("dup_ack", 0),
            ("win_upd", 1),
            ("keepal", 2),
            ("zwprobe", 3),
            ("ackcopy", 4),
            ("unseen", 6),
        ];
        let columns: String = rates.iter().map(|(name, _)| format!(" {name:>13}")).collect();
        writeln!(out, "{columns} {:>9} {:>9}", "of", "cause").expect("a string grows");
        let whole = self.whole();
        let rows = self.0.iter().map(|((class, place), score)| (format!("{class}, {}", place.word()), score));
        for (name, score) in rows.chain([("all".to_owned(), &whole)]) {
            write!(
                out,
                "{name:<24}{:>8} {:>7} {:>7.2} {:>7.2}",
                score.packets,
                score.marked,
                score.wrong_percent(),
                score.open_percent()
            )
            .expect("a string grows");
            for (_, n) in rates {
                let found = score.words[n];
                let text = if found.right + found.invented + found.missed == 0 {
                    "-".to_owned()
                } else {
                    format!("{:.1}/{:.1}", found.precision(), found.recall())
                };
                write!(out, " {text:>13}").expect("a string grows");
            }
            let pair = |(right, wrong): (u64, u64)| format!("{wrong}/{}", right + wrong);
            writeln!(out, " {:>9} {:>9}", pair(score.of), pair(score.cause)).expect("a string grows");
        }
        out.push_str("(precise/found in per cent; of, cause: wrong/told)\ntruth \\ verdict:\n");
        for ((truth, verdict), count) in &whole.confusion {
            writeln!(out, "  {:<16} {verdict:<16} {count:>7}", truth.word()).expect("a string grows");
        }
        out
    }
}
