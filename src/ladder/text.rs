//! Ladders as lines of text, in ASCII or with Unicode's line drawings.
use super::{Arrow, Fold, Item, Ladder, Weight, pause, seconds};
use crate::flow::{Direction, Opened};

/// Characters to draw with.
#[derive(Debug)]
struct Pen {
    rail: &'static str,
    line: &'static str,
    right: &'static str,
    left: &'static str,
    dots: &'static str,
    cut: &'static str,
}

const ASCII: Pen = Pen { rail: "|", line: "-", right: ">", left: "<", dots: "...", cut: "~" };
const UNICODE: Pen = Pen { rail: "│", line: "─", right: "▶", left: "◀", dots: "…", cut: "…" };

/// Draws ladders as lines of at most so many characters.
#[derive(Debug, Clone)]
pub struct LadderText {
    width: usize,
    pen: &'static Pen,
    colour: bool,
}

/// The narrowest that can be drawn.
const NARROWEST: usize = 32;
/// The widest that reads well.
const WIDEST: usize = 120;
/// Columns of the time, with a blank behind.
const TIME: usize = 11;

const RESET: &str = "\x1b[0m";
/// Grey, and not what terminals make of dim.
const DIM: &str = "\x1b[38;5;102m";

impl LadderText {
    /// Nothing but ASCII, in so many columns (at least 32, at most 120).
    pub fn ascii(width: usize) -> Self {
        Self { width: width.clamp(NARROWEST, WIDEST), pen: &ASCII, colour: false }
    }

    /// With Unicode's line drawings.
    pub fn unicode(width: usize) -> Self {
        Self { pen: &UNICODE, ..Self::ascii(width) }
    }

    /// Whether there is colour, by the escape sequences of ECMA-48.
    #[must_use]
    pub const fn with_colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// Appends a whole ladder.
    pub fn draw(&self, out: &mut String, ladder: &Ladder) {
        self.head(out, ladder);
        ladder.items().iter().for_each(|item| self.item(out, item));
        if ladder.left_out() > 0 {
            self.middle(out, &format!("{} more lines", ladder.left_out()), "");
        }
    }

    /// Appends the names of the ends.
    pub fn head(&self, out: &mut String, ladder: &Ladder) {
        let guessed = if ladder.opened() == Opened::Guessed { " (guessed by the ports)" } else { "" };
        self.line(out, &format!("connection {}{guessed}", ladder.conn()), "");
        let (client, server) = (ladder.client().to_string(), ladder.server().to_string());
        self.ends(out, "client", "server", "");
        if client.len() + server.len() < self.inner() + 2 {
            self.ends(out, &client, &server, "");
        } else {
            // Long addresses get a line each.
            self.ends(out, &client, "", "");
            self.ends(out, "", &server, "");
        }
    }

    /// Appends one line of a ladder, and what belongs to it.
    pub fn item(&self, out: &mut String, item: &Item) {
        match item {
            Item::Arrow(arrow) => self.arrow(out, arrow),
            Item::Fold(fold) => self.fold(out, fold),
            Item::Pause(ns) => self.middle(out, &format!("{} later", pause(*ns)), DIM),
        }
    }

    /// Columns between the rails.
    const fn inner(&self) -> usize {
        self.width - TIME - 2
    }

    fn arrow(&self, out: &mut String, arrow: &Arrow) {
        let time = seconds(arrow.at_ns);
        let label = self.fit(&arrow.label(), self.inner().saturating_sub(6));
        let used = label.chars().count() + 2;
        // One column is the arrow's head.
        let free = self.inner() - 1 - used;
        let (before, after) = (free / 2, free - free / 2);
        let line = |n: usize| self.pen.line.repeat(n);
        let body = match arrow.direction {
            Direction::C2s => format!("{} {label} {}{}", line(before), line(after), self.pen.right),
            Direction::S2c => format!("{}{} {label} {}", self.pen.left, line(before), line(after)),
        };
        let colour = self.colour(arrow.weight());
        let rail = self.pen.rail;
        self.line(out, &format!("{time:>10} {rail}{body}{rail}"), colour);
        for mark in &arrow.marks {
            self.middle(out, &mark.text, self.colour(Some(mark.weight)));
        }
        if let Some((client, server)) = arrow.states {
            self.ends(out, client.rfc_name(), server.rfc_name(), DIM);
        }
    }

    fn fold(&self, out: &mut String, fold: &Fold) {
        let dots = self.pen.dots;
        self.middle(out, &format!("{dots} {} {dots}", fold.label()), "");
    }

    const fn colour(&self, weight: Option<Weight>) -> &'static str {
        match weight {
            None => "",
            Some(Weight::Note) => "\x1b[38;5;30m",
            Some(Weight::Odd) => "\x1b[38;5;136m",
            Some(Weight::Bad) => "\x1b[38;5;198m",
        }
    }

    /// Words between the rails, in the middle.
    fn middle(&self, out: &mut String, words: &str, colour: &str) {
        let words = self.fit(words, self.inner());
        let rail = self.pen.rail;
        let inner = self.inner();
        self.line(out, &format!("{:TIME$}{rail}{words:^inner$}{rail}", ""), colour);
    }

    /// Words at both ends: at the rails, below one another.
    fn ends(&self, out: &mut String, left: &str, right: &str, colour: &str) {
        let room = self.inner() + 2;
        let left = self.fit(left, room);
        let gap = room.saturating_sub(left.chars().count() + 1);
        let right = if right.is_empty() { String::new() } else { self.fit(right, gap) };
        let pad = room - left.chars().count();
        let text = format!("{:TIME$}{left}{right:>pad$}", "");
        self.line(out, text.trim_end(), colour);
    }

    /// As much of a text as there is room for.
    fn fit(&self, text: &str, room: usize) -> String {
        if text.chars().count() <= room {
            return text.to_owned();
        }
        let kept: String = text.chars().take(room.saturating_sub(1)).collect();
        kept + self.pen.cut
    }

    fn line(&self, out: &mut String, text: &str, colour: &str) {
        if self.colour && !colour.is_empty() {
            out.push_str(colour);
            out.push_str(text);
            out.push_str(RESET);
        } else {
            out.push_str(text);
        }
        out.push('\n');
    }
}
