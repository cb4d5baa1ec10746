//! How a stream looks: lines of text, hex, or the bytes as they are.
use std::io::Write;

use synack::flow::{ConnId, Direction};
use synack::stream::{Event, Side};

use crate::cli::args::view::StreamForm;
use crate::cli::present::palette::Palette;

/// Bytes in a line of hex.
const ROW: usize = 16;

/// What a connection is called.
pub(super) struct Whose {
    /// On a line of its own, where connections take turns.
    pub(super) title: String,
    /// In the names of files.
    pub(super) name: String,
}

/// How to show one event of one connection.
pub(super) struct Form<'a> {
    pub(super) form: StreamForm,
    pub(super) palette: Palette,
    pub(super) whose: &'a Whose,
}

/// Who sent what an event tells of; `None` of events that are not shown.
pub(super) fn side(event: &Event<'_>) -> Option<Side> {
    let shown = matches!(
        event,
        Event::Data { .. }
            | Event::Gap { .. }
            | Event::Conflict { .. }
            | Event::Fin { .. }
            | Event::Reset { .. }
    );
    shown.then(|| event.from())
}

/// The side that sends in a direction.
pub(super) const fn side_of(direction: Direction) -> Side {
    match direction {
        Direction::C2s => Side::Client,
        Direction::S2c => Side::Server,
    }
}

impl Form<'_> {
    /// Appends what an event shows. `last`: whose bytes came last, and whether their line has not
    /// ended yet.
    pub(super) fn push(
        &self,
        out: &mut Vec<u8>,
        id: ConnId,
        event: &Event<'_>,
        last: &mut Option<(ConnId, Side, bool)>,
    ) {
        let Some(from) = side(event) else { return };
        match (self.form, event) {
            (StreamForm::Raw(_), Event::Data { bytes, delivered: true, .. }) => out.extend_from_slice(bytes),
            (StreamForm::Raw(_), _) => {}
            (StreamForm::Text, Event::Data { bytes, .. }) => {
                let open = self.begin(out, id, from, last, false);
                let open = self.text(out, from, bytes, open);
                *last = Some((id, from, open));
            }
            (StreamForm::Hex, Event::Data { bytes, offset, .. }) => {
                self.begin(out, id, from, last, true);
                self.hex(out, from, bytes, *offset);
                *last = Some((id, from, false));
            }
            (_, Event::Gap { range, acknowledged, .. }) => {
                let n = range.end - range.start;
                let had = if *acknowledged { ", though the other side has them" } else { "" };
                self.note(out, id, from, last, true, &format!("{n} bytes are not in the capture{had}"));
            }
            (_, Event::Conflict { range, origin, newer_wins, .. }) => {
                let taken = if *newer_wins { "the later copy counts" } else { "the earlier copy counts" };
                let n = range.end - range.start;
                let text = format!("packet {} gives {n} bytes otherwise than before: {taken}", origin.packet);
                self.note(out, id, from, last, true, &text);
            }
            (_, Event::Fin { delivered: true, .. }) => self.note(out, id, from, last, false, "end"),
            (_, Event::Fin { .. }) => {
                self.note(out, id, from, last, false, "end, which the other side never acknowledged");
            }
            (_, Event::Reset { .. }) => self.note(out, id, from, last, true, "reset"),
            _ => {}
        }
    }

    /// The mark of a side, at the beginning of its lines.
    fn mark(&self, from: Side) -> (&'static str, char) {
        match from {
            Side::Client => (self.palette.client, '>'),
            Side::Server => (self.palette.server, '<'),
        }
    }

    /// Ends the line of another side or connection, and names the connection when it changes.
    /// Whether a line of this side goes on.
    fn begin(
        &self,
        out: &mut Vec<u8>,
        id: ConnId,
        from: Side,
        last: &Option<(ConnId, Side, bool)>,
        fresh: bool,
    ) -> bool {
        let goes_on = matches!(last, Some((conn, side, true)) if (*conn, *side) == (id, from)) && !fresh;
        if goes_on {
            return true;
        }
        if let Some((.., true)) = last {
            out.push(b'\n');
        }
        if last.is_none_or(|(conn, ..)| conn != id) {
            let Palette { strong, end, .. } = self.palette;
            // A vector takes all that is written to it.
            let _ = writeln!(out, "{strong}{}{end}", self.whose.title);
        }
        false
    }

    /// Appends bytes as text; whether the last line has not ended. What is not printable ASCII, a tab
    /// or UTF-8 that stands for itself is a dot.
    fn text(&self, out: &mut Vec<u8>, from: Side, bytes: &[u8], mut open: bool) -> bool {
        let (colour, mark) = self.mark(from);
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let _ = match open {
                true => write!(out, "{colour}"),
                false => write!(out, "{colour}{mark} "),
            };
            let content = line.strip_suffix(b"\n").unwrap_or(line);
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            out.extend(content.iter().map(|&byte| match byte {
                b' '..=b'~' | b'\t' => byte,
                _ => b'.',
            }));
            open = !line.ends_with(b"\n");
            out.extend_from_slice(self.palette.end.as_bytes());
            if !open {
                out.push(b'\n');
            }
        }
        open
    }

    /// Appends bytes in hex and ASCII, after their offset.
    fn hex(&self, out: &mut Vec<u8>, from: Side, bytes: &[u8], offset: u64) {
        let (colour, mark) = self.mark(from);
        for (row, at) in bytes.chunks(ROW).zip((0_u64..).step_by(ROW)) {
            let _ = write!(out, "{colour}{mark} {:08x} ", offset + at);
            for column in 0..ROW {
                if column == ROW / 2 {
                    out.push(b' ');
                }
                let _ = match row.get(column) {
                    Some(byte) => write!(out, " {byte:02x}"),
                    None => write!(out, "   "),
                };
            }
            out.extend_from_slice(b"  ");
            out.extend(row.iter().map(|&byte| if matches!(byte, b' '..=b'~') { byte } else { b'.' }));
            out.extend_from_slice(self.palette.end.as_bytes());
            out.push(b'\n');
        }
    }

    /// Appends a line of our own, in brackets.
    fn note(
        &self,
        out: &mut Vec<u8>,
        id: ConnId,
        from: Side,
        last: &mut Option<(ConnId, Side, bool)>,
        wrong: bool,
        text: &str,
    ) {
        self.begin(out, id, from, last, true);
        let (colour, mark) = self.mark(from);
        let colour = if wrong { self.palette.wrong } else { colour };
        let _ = writeln!(out, "{colour}{mark} [{text}]{}", self.palette.end);
        *last = Some((id, from, false));
    }
}
