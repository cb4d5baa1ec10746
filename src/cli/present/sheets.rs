//! The table that lab sheets ask for: of every segment who sent it, its flags and numbers, and the states
//! after it; with blanks for its numbers, or with answers marked.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};

use rustix::process::geteuid;
use synack::Packet;
use synack::explain::{Explained, Explainer, Number, Style};
use synack::flow::{ConnId, Direction};
use synack::savefile::{self, Ownership};
use synack::wire::{Layers, TcpOption};

use super::{Ending, Presenter};
use crate::cli::args::lab::{Sheet, SheetKind};
use crate::cli::command::lab::answers::{self, Answers};
use crate::cli::confine::privilege::Target;
use crate::cli::failure::{Failure, plural, reason, say, shown};
use crate::cli::run::analysis::Seen;

/// Segments that are kept: what comes after is counted.
const MOST: usize = 100_000;

/// Prints the table.
pub(super) struct Sheets {
    explainer: Explainer,
    absolute: bool,
    purpose: Purpose,
    connections: BTreeMap<ConnId, Vec<Line>>,
    kept: usize,
    left_out: u64,
}

enum Purpose {
    Table,
    /// The form, its name, and whether the answers are written into it.
    Quiz(File, String, bool),
    Check(Answers),
}

/// A segment.
struct Line {
    explained: Explained,
    mss: Option<u16>,
}

impl Line {
    /// Blanks of it: what is asked, and the number. Where each side begins is given.
    fn asked(&self) -> impl Iterator<Item = (&'static str, Number)> {
        let seq = Some(self.explained.seq).filter(|seq| seq.relative != Some(0)).map(|seq| ("seq", seq));
        seq.into_iter().chain(self.explained.ack.map(|ack| ("ack", ack)))
    }
}

impl Sheets {
    /// Opens the form before nothing can be opened any more.
    pub(super) fn new(sheet: &Sheet, target: Option<&Target>) -> Result<Self, Failure> {
        let purpose = match &sheet.kind {
            SheetKind::Table => Purpose::Table,
            SheetKind::Quiz(path, key) => {
                let own = geteuid().as_raw();
                let give_to = target.map(|t| (t.uid.as_raw(), t.gid.as_raw()));
                let trusted = vec![own, give_to.map_or(own, |ids| ids.0)];
                let ownership = Ownership { trusted, give_to, inputs: Vec::new() };
                let file = savefile::create(path, &ownership).map_err(Failure::from_making)?;
                Purpose::Quiz(file, shown(path), *key)
            }
            SheetKind::Check(path) => {
                let failed = |why: &str| Failure::new(format!("{}: {why}", shown(path)));
                let mut text = String::new();
                let file = File::open(path).map_err(|e| failed(&reason(&e)))?;
                let read = file.take(answers::LONGEST).read_to_string(&mut text);
                read.map_err(|e| failed(&reason(&e)))?;
                Purpose::Check(answers::parse(&text).map_err(|why| failed(&why))?)
            }
        };
        Ok(Self {
            explainer: Explainer::new(Style::Normal),
            absolute: sheet.absolute,
            purpose,
            connections: BTreeMap::new(),
            kept: 0,
            left_out: 0,
        })
    }

    fn number(&self, number: Number) -> String {
        match number.relative.filter(|_| !self.absolute) {
            Some(relative) => relative.cast_signed().to_string(),
            None => number.absolute.to_string(),
        }
    }

    /// The tables, with a blank's number where `blank` gives one.
    fn tables(&self, mut blank: impl FnMut() -> Option<u32>) -> String {
        let mut text = String::new();
        let heads =
            ["no", "from", "flags", "seq", "ack", "len", "window", "MSS", "client then", "server then"];
        for (id, lines) in &self.connections {
            if let Some(first) = lines.first() {
                text.push_str(if text.is_empty() { "" } else { "\n" });
                let heading = first.explained.introduction.first();
                text.push_str(&heading.cloned().unwrap_or_else(|| format!("connection {id}")));
                text.push('\n');
            }
            let mut rows = vec![heads.map(str::to_owned)];
            for line in lines {
                let mut cells = BTreeMap::new();
                for (what, number) in line.asked() {
                    let cell = blank().map_or_else(|| self.number(number), |n| format!("[{n}]"));
                    cells.insert(what, cell);
                }
                let e = &line.explained;
                let mut cell = |what| cells.remove(what);
                rows.push([
                    e.packet.to_string(),
                    e.direction.sender().to_owned(),
                    e.flag_words(),
                    cell("seq").unwrap_or_else(|| self.number(e.seq)),
                    cell("ack").unwrap_or_else(|| "-".to_owned()),
                    e.len.to_string(),
                    e.window.to_string(),
                    line.mss.map_or_else(|| "-".to_owned(), |mss| mss.to_string()),
                    e.states.0.rfc_name().to_owned(),
                    e.states.1.rfc_name().to_owned(),
                ]);
            }
            lay(&mut text, &rows);
        }
        text
    }

    /// Marks answers, a line each; and how many are right.
    fn marked(&self, answers: &Answers) -> String {
        let mut text = String::new();
        let (mut right, mut asked) = (0_u64, 0_u32);
        let lines = self.connections.values().flatten();
        for (line, what, number) in
            lines.flat_map(|line| line.asked().map(move |(what, number)| (line, what, number)))
        {
            asked += 1;
            let packet = line.explained.packet;
            let answer = answers.get(&asked).map_or("", |answer| answer.trim());
            let verdict = match answer {
                "" => "not answered".to_owned(),
                answer if is(answer, number) => {
                    right += 1;
                    "right".to_owned()
                }
                answer => {
                    let answer = crate::cli::failure::printable(answer);
                    let because: Vec<&str> =
                        line.explained.clauses.iter().map(|clause| clause.text.as_str()).collect();
                    format!("{answer} is wrong, it is {}: {}", number.full(), because.join("; "))
                }
            };
            text.push_str(&format!("[{asked}] packet {packet}, {what}: {verdict}\n"));
        }
        let unknown = answers.keys().filter(|blank| **blank == 0 || **blank > asked).count();
        if unknown > 0 {
            text.push_str(&format!("{unknown} answer{} to no blank\n", plural(unknown as u64)));
        }
        text.push_str(&format!("{right} of {asked} right\n"));
        text
    }
}

/// Whether an answer is the number: as it stands, relative, or by X and Y.
fn is(answer: &str, number: Number) -> bool {
    let relative = number.relative.map(|relative| relative.cast_signed().to_string());
    let spaceless: String = answer.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    spaceless == number.absolute.to_string()
        || relative.is_some_and(|relative| relative == spaceless)
        || number.to_string() == spaceless.to_ascii_uppercase()
}

/// Rows below one another, each column as wide as it must be.
fn lay(text: &mut String, rows: &[[String; 10]]) {
    let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    for row in rows {
        let mut line = String::new();
        for (n, cell) in row.iter().enumerate() {
            let width = width(n);
            match n {
                0 | 3..=7 => line.push_str(&format!("{cell:>width$}  ")),
                _ => line.push_str(&format!("{cell:width$}  ")),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// What a SYN offers.
fn mss(layers: &Layers<'_>) -> Option<u16> {
    let (_, tcp) = layers.segment()?;
    tcp.options_iter().map_while(Result::ok).find_map(|option| match option {
        TcpOption::Mss(mss) => Some(mss),
        _ => None,
    })
}

impl Presenter for Sheets {
    fn packet(
        &mut self,
        _packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        _out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let Some(judged) = seen.and_then(Seen::judged) else { return Ok(()) };
        let Some(explained) = self.explainer.explain_with(&judged) else { return Ok(()) };
        if self.kept >= MOST {
            self.left_out += 1;
            return Ok(());
        }
        self.kept += 1;
        let lines = self.connections.entry(explained.conn).or_default();
        let mss = mss(judged.layers);
        debug_assert!(matches!(explained.direction, Direction::C2s | Direction::S2c));
        lines.push(Line { explained, mss });
        Ok(())
    }

    fn finish(&mut self, _ending: &Ending<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        let text = match &self.purpose {
            Purpose::Table => self.tables(|| None),
            Purpose::Quiz(file, name, key) => {
                let mut n = 0;
                let text = self.tables(|| {
                    n += 1;
                    Some(n)
                });
                let numbers = self.connections.values().flatten().flat_map(Line::asked);
                let right = |number: Number| if *key { self.number(number) } else { String::new() };
                let all: Vec<(u32, String)> = (1..).zip(numbers.map(|(_, number)| right(number))).collect();
                let form = answers::form(all.iter().map(|(n, answer)| (*n, answer.as_str())));
                let mut file = file;
                file.write_all(form.as_bytes()).map_err(|e| Failure::write(name, &e))?;
                say(format_args!("synack: fill in {name}; --check marks it"));
                text
            }
            Purpose::Check(answers) => self.marked(answers),
        };
        out.extend_from_slice(text.as_bytes());
        if self.left_out > 0 {
            say(format_args!("{} more segment{} not shown", self.left_out, plural(self.left_out)));
        }
        Ok(())
    }

    fn needs_tcp(&self) -> bool {
        true
    }
}
