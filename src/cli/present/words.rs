//! Explained segments: the library's words, laid out for who looks at them.
use std::collections::HashMap;

use synack::Packet;
use synack::explain::{Explained, Explainer, Text, summary};
use synack::flow::{ConnId, Connection};

use super::palette::Palette;
use super::{Ending, Presenter};
use crate::cli::args::drawn;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::run::analysis::Seen;

/// Introductions of connections that are kept until one of their packets is shown.
const MOST_KEPT: usize = 10_000;

/// Shows segments in words.
pub(super) struct Words {
    explainer: Explainer,
    layout: Text,
    text: String,
    /// What was said of connections in packets that were not shown.
    waiting: HashMap<ConnId, Vec<String>>,
    /// Connections with a packet that was shown.
    shown: HashMap<ConnId, ()>,
}

impl Words {
    pub(super) fn new(words: drawn::Words, palette: Palette) -> Self {
        let terminal = output::is_terminal();
        let width = words.width.or_else(|| terminal.then(|| output::size().0));
        let layout = Text::new().with_width(width).with_colour(palette.is_coloured());
        Self {
            explainer: Explainer::new(words.style),
            layout,
            text: String::new(),
            waiting: HashMap::new(),
            shown: HashMap::new(),
        }
    }

    fn explained(&mut self, seen: &Seen<'_>) -> Option<Explained> {
        self.explainer.explain_with(&seen.judged()?)
    }

    /// What is left to say of a connection.
    fn summary(&mut self, connection: &Connection) {
        if self.shown.remove(&connection.id()).is_some() {
            self.layout.lines(&mut self.text, &summary(connection));
        }
    }

    fn retired(&mut self, seen: &Seen<'_>) {
        if let Some(connection) = seen.observation.retired() {
            self.summary(connection);
            self.waiting.remove(&connection.id());
        }
    }

    fn give(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text.as_bytes());
        self.text.clear();
    }
}

impl Presenter for Words {
    fn packet(
        &mut self,
        _packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let Some(seen) = seen else { return Ok(()) };
        self.retired(seen);
        if let Some(mut segment) = self.explained(seen) {
            if let Some(mut lines) = self.waiting.remove(&segment.conn) {
                lines.append(&mut segment.introduction);
                segment.introduction = lines;
            }
            self.shown.insert(segment.conn, ());
            self.layout.segment(&mut self.text, &segment);
        }
        self.give(out);
        Ok(())
    }

    fn pass_over(&mut self, _packet: &Packet<'_>, seen: &Seen<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        self.retired(seen);
        if let Some(segment) = self.explained(seen)
            && !segment.introduction.is_empty()
            && (self.waiting.len() < MOST_KEPT || self.waiting.contains_key(&segment.conn))
        {
            self.waiting.entry(segment.conn).or_default().extend(segment.introduction);
        }
        self.give(out);
        Ok(())
    }

    fn finish(&mut self, ending: &Ending<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        ending.sorted().into_iter().for_each(|connection| self.summary(connection));
        self.give(out);
        Ok(())
    }

    fn needs_tcp(&self) -> bool {
        true
    }
}
