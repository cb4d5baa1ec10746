//! What the page keeps of one connection: its ladder, and those of its segments that the ladder draws
//! one by one, explained. What the ladder folds is counted, so that both tell the same; a segment for
//! which there is no room is folded in both.
use std::collections::{HashMap, VecDeque};

use super::json::Json;
use super::segment::{Names, Segment};
use super::share;
use crate::explain::{Explained, summary};
use crate::flow::{Connection, Direction, Judged};
use crate::ladder::{self, Item, Ladder};
use crate::plot::{self, Graph, Trace};

/// Segments with data that a direction must have for its graphs to show anything.
pub(super) const LEAST_FOR_GRAPHS: u64 = 4;

/// A line of the page.
#[derive(Debug)]
enum Line {
    Segment(Box<Segment>),
    /// A run that is folded: its first and last packet, how many, in words.
    Fold(u64, u64, u64, String),
}

/// A connection in detail.
#[derive(Debug)]
pub(super) struct Kept {
    heading: String,
    ladder: Ladder,
    /// Lines of the ladder that are lines of the page, too.
    taken: usize,
    lines: Vec<Line>,
    /// Segments that the ladder may still fold.
    waiting: VecDeque<Segment>,
    /// Lines of the page that are segments.
    explained: usize,
    folded: u64,
    /// Some were folded because there was no room.
    squeezed: bool,
    trace: Trace,
    pub(super) untraced: u64,
    data_segments: [u64; 2],
    payload: u64,
    sentences: Vec<String>,
}

impl Kept {
    pub(super) fn new(conn: &Connection) -> Self {
        Self {
            heading: format!("Connection {}: {} and {}", conn.id(), conn.client(), conn.server()),
            ladder: Ladder::new(conn),
            taken: 0,
            lines: Vec::new(),
            waiting: VecDeque::new(),
            explained: 0,
            folded: 0,
            squeezed: false,
            trace: Trace::default(),
            untraced: 0,
            data_segments: [0; 2],
            payload: 0,
            sentences: Vec::new(),
        }
    }

    /// What the graphs need of a segment.
    pub(super) fn trace(&mut self, judged: &Judged<'_>) {
        self.trace.push_with(judged);
    }

    /// Takes a segment.
    pub(super) fn push(
        &mut self,
        judged: &Judged<'_>,
        explained: Explained,
        bytes: usize,
        names: &mut Names,
    ) {
        if explained.len > 0 {
            self.data_segments[explained.direction as usize] += 1;
            self.payload += u64::from(explained.len);
        }
        self.waiting.push_back(Segment::new(judged.packet, judged.layers, explained, bytes, names));
        self.ladder.push_with(judged);
        self.take();
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self) {
        self.ladder.flush();
        self.take();
        if self.squeezed {
            // Folds that have come to lie side by side are one.
            self.fold(self.explained);
        }
    }

    /// Lines of the page that are segments.
    pub(super) const fn explained(&self) -> usize {
        self.explained
    }

    /// Folds so many of its segments that `room` are left.
    pub(super) fn shrink(&mut self, room: usize) {
        if self.explained > room {
            self.squeezed = true;
            self.fold(room);
        }
    }

    fn fold(&mut self, room: usize) {
        let of_note: Vec<bool> = self
            .ladder
            .items()
            .iter()
            .filter_map(|item| match item {
                Item::Arrow(arrow) => Some(arrow.is_of_note() || arrow.states.is_some()),
                _ => None,
            })
            .collect();
        let mut chosen = share::choice(&of_note, room).into_iter();
        self.ladder.fold(|_| chosen.next().unwrap_or(false));
        let lines = std::mem::take(&mut self.lines).into_iter();
        let mut segments: HashMap<u64, Box<Segment>> = lines
            .filter_map(|line| match line {
                Line::Segment(segment) => Some((segment.explained.packet, segment)),
                Line::Fold(..) => None,
            })
            .collect();
        (self.taken, self.explained, self.folded) = (0, 0, 0);
        self.lines_of(|packet| segments.remove(&packet));
    }

    /// Makes lines of what the ladder has drawn since.
    fn take(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.lines_of(|packet| {
            // The ladder draws them in order; what is before is folded.
            while waiting.front().is_some_and(|segment| segment.explained.packet < packet) {
                waiting.pop_front();
            }
            waiting.pop_front().map(Box::new)
        });
        // What is being folded needs to wait no longer.
        while waiting.len() > ladder::HELD {
            waiting.pop_front();
        }
        self.waiting = waiting;
    }

    /// Makes lines of what the ladder has drawn since; `segment` gives that of a packet.
    fn lines_of(&mut self, mut segment: impl FnMut(u64) -> Option<Box<Segment>>) {
        for item in self.ladder.items().get(self.taken..).unwrap_or_default() {
            match item {
                Item::Arrow(arrow) => {
                    self.lines.extend(segment(arrow.packet).map(Line::Segment));
                    self.explained += 1;
                }
                Item::Fold(fold) => {
                    let (first, last) = fold.packets;
                    let n = fold.segments.iter().sum();
                    self.folded += n;
                    self.lines.push(Line::Fold(first, last, n, fold.label()));
                }
                Item::Pause(_) => {}
            }
            self.taken += 1;
        }
    }

    /// Takes what is said of the whole connection, when it is known.
    pub(super) fn settle(&mut self, conn: &Connection) {
        self.sentences = summary(conn);
    }

    pub(super) fn data_segments(&self) -> u64 {
        self.data_segments.into_iter().max().unwrap_or(0)
    }

    pub(super) const fn payload_bytes(&self) -> u64 {
        self.payload
    }

    /// Segments explained, and folded.
    pub(super) const fn counts(&self) -> [u64; 2] {
        [self.explained as u64, self.folded]
    }

    /// The data of the connection; `graphs`: with them.
    pub(super) fn json(&self, graphs: bool) -> String {
        let mut json = Json::new();
        json.begin('{');
        json.key("heading");
        json.text(&self.heading);
        json.key("says");
        json.begin('[');
        self.sentences.iter().for_each(|line| json.text(line));
        json.end(']');
        json.key("counts");
        json.begin('[');
        self.counts().into_iter().for_each(|n| json.number(n));
        json.end(']');
        json.key("ladder");
        json.markup(&ladder::embedded(&self.ladder));
        json.key("graphs");
        json.begin('[');
        if graphs {
            self.graphs(&mut json);
        }
        json.end(']');
        json.key("untraced");
        json.number(self.untraced);
        json.key("lines");
        json.begin('[');
        for line in &self.lines {
            match line {
                Line::Segment(segment) => segment.push(&mut json),
                Line::Fold(first, last, n, label) => {
                    json.begin('{');
                    json.key("fold");
                    json.begin('[');
                    json.number(*first);
                    json.number(*last);
                    json.number(*n);
                    json.text(label);
                    json.end(']');
                    json.end('}');
                }
            }
        }
        json.end(']');
        json.end('}');
        json.into_string()
    }

    fn graphs(&self, json: &mut Json) {
        for direction in [Direction::C2s, Direction::S2c] {
            if self.data_segments[direction as usize] < LEAST_FOR_GRAPHS {
                continue;
            }
            for graph in Graph::ALL {
                let figure = self.trace.figure(graph, direction);
                if figure.series.iter().any(|series| !series.points.is_empty()) {
                    json.begin('[');
                    json.text(&figure.title);
                    json.markup(&plot::embedded(&figure));
                    json.end(']');
                }
            }
        }
    }
}
