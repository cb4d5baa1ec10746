//! Sequence diagrams: of a file one connection after the other, live line by line as they grow.
use synack::Packet;
use synack::flow::{ConnId, FlowTable};
use synack::ladder::{self, Ladder, LadderText};

use super::palette::Palette;
use super::{Ending, Presenter};
use crate::cli::args::drawn::{Drawing, Form};
use crate::cli::failure::{Failure, plural, say};
use crate::cli::output;
use crate::cli::run::analysis::Seen;

/// The width of a page where nobody looks.
const PAGE: usize = 80;

/// Draws connections.
pub(super) struct Ladders {
    form: Form,
    ladders: ladder::Ladders,
    layout: LadderText,
    /// Lines go out as they come.
    grows: bool,
    /// The connection drawn last.
    current: Option<ConnId>,
    text: String,
}

impl Ladders {
    pub(super) fn new(drawing: Drawing, live: bool, palette: Palette) -> Self {
        let width = drawing.width.unwrap_or_else(|| {
            let columns = if output::is_terminal() { output::size().0 } else { PAGE };
            columns.min(PAGE)
        });
        let layout =
            if drawing.form == Form::Ascii { LadderText::ascii(width) } else { LadderText::unicode(width) };
        let ladders = if drawing.all { ladder::Ladders::unfolded() } else { ladder::Ladders::default() };
        Self {
            form: drawing.form,
            ladders,
            layout: layout.with_colour(palette.is_coloured()),
            grows: live && matches!(drawing.form, Form::Ascii | Form::Unicode),
            current: None,
            text: String::new(),
        }
    }

    fn draw(&mut self, ladder: &Ladder) {
        match self.form {
            Form::Ascii | Form::Unicode => {
                if !self.text.is_empty() {
                    self.text.push('\n');
                }
                self.layout.draw(&mut self.text, ladder);
            }
            // One document, however many they are.
            Form::Mermaid | Form::Svg => {}
        }
    }

    fn give(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text.as_bytes());
        self.text.clear();
    }

    /// The lines of a ladder that are ready, under its head where another was drawn before.
    fn grow(text: &mut String, current: &mut Option<ConnId>, layout: &LadderText, ladder: &mut Ladder) {
        let items = ladder.take_items();
        if items.is_empty() {
            return;
        }
        if *current != Some(ladder.conn()) {
            *current = Some(ladder.conn());
            layout.head(text, ladder);
        }
        items.iter().for_each(|item| layout.item(text, item));
    }
}

impl Presenter for Ladders {
    fn packet(
        &mut self,
        _packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let Some(seen) = seen else { return Ok(()) };
        let Some(judged) = seen.judged() else { return Ok(()) };
        let Some(ladder) = self.ladders.of(&seen.observation) else { return Ok(()) };
        ladder.push_with(&judged);
        if self.grows {
            Self::grow(&mut self.text, &mut self.current, &self.layout, ladder);
            self.give(out);
        }
        Ok(())
    }

    fn refresh(&mut self, _table: &FlowTable, out: &mut Vec<u8>) {
        if !self.grows {
            return;
        }
        for ladder in self.ladders.iter_mut() {
            ladder.flush();
            Self::grow(&mut self.text, &mut self.current, &self.layout, ladder);
        }
        self.give(out);
    }

    fn finish(&mut self, _ending: &Ending<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        let left_out = self.ladders.left_out();
        let ladders: Vec<Ladder> = std::mem::take(&mut self.ladders).finish().collect();
        match self.form {
            Form::Svg if !ladders.is_empty() => self.text.push_str(&ladder::svg(&ladders)),
            Form::Mermaid if !ladders.is_empty() => self.text.push_str(&ladder::mermaid(&ladders)),
            _ => {}
        }
        for mut ladder in ladders {
            if self.grows {
                Self::grow(&mut self.text, &mut self.current, &self.layout, &mut ladder);
            } else {
                self.draw(&ladder);
            }
        }
        self.give(out);
        if left_out > 0 {
            say(format_args!("{left_out} more connection{} not drawn", plural(left_out)));
        }
        Ok(())
    }

    fn needs_tcp(&self) -> bool {
        true
    }
}
