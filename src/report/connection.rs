//! What the page keeps of one connection: its ladder, and those of its segments that the ladder draws
//! one by one, explained. What the ladder folds is counted, so that both tell the same.
use std::collections::VecDeque;

use super::ReportLimits;
use super::json::Json;
use super::segment::{Names, Segment};
use crate::explain::{Explained, summary};
use crate::flow::{Connection, Direction, Judged};
use crate::ladder::{self, Item, Ladder};
use crate::plot::{self, Graph, Trace};

/// Segments with data that a direction must have for its graphs to show anything.
pub(super) const LEAST_FOR_GRAPHS: u64 = 4;

/// What there still is room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) lines: usize,
    pub(super) segments: usize,
    pub(super) bytes: usize,
}

impl Room {
    /// What is left when so many segments are on the page.
    pub(super) fn of(limits: &ReportLimits, explained: usize) -> Self {
        Self {
            // A ladder keeps some more.
            lines: limits.lines.min(5000),
            segments: limits.segments.saturating_sub(explained),
            bytes: limits.bytes,
        }
    }
}

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
    /// There was no room any more.
    full: bool,
    /// Segments of which there is nothing on the page but this number.
    left_out: u64,
    folded: u64,
    explained: u64,
    news: usize,
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
            full: false,
            left_out: 0,
            folded: 0,
            explained: 0,
            news: 0,
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
    pub(super) fn push(&mut self, judged: &Judged<'_>, explained: Explained, room: Room, names: &mut Names) {
        if explained.len > 0 {
            self.data_segments[explained.direction as usize] += 1;
            self.payload += u64::from(explained.len);
        }
        if self.full {
            self.left_out += 1;
            return;
        }
        self.waiting.push_back(Segment::new(judged.packet, judged.layers, explained, room.bytes, names));
        self.ladder.push_with(judged);
        self.take(room);
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self, room: Room) {
        self.ladder.flush();
        if !self.full {
            self.take(room);
        }
        // What the ladder did not draw.
        self.left_out += std::mem::take(&mut self.waiting).len() as u64;
    }

    /// Makes lines of what the ladder has drawn.
    fn take(&mut self, room: Room) {
        let mut segments = room.segments;
        while let Some(item) = self.ladder.items().get(self.taken) {
            let has_room = self.lines.len() < room.lines && segments > 0;
            if !has_room && !matches!(item, Item::Pause(_)) {
                self.fill();
                return;
            }
            match item {
                Item::Arrow(arrow) => {
                    let packet = arrow.packet;
                    // Fragments and the like: what has no words is no line.
                    while let Some(segment) = self.waiting.pop_front() {
                        if segment.explained.packet == packet {
                            self.lines.push(Line::Segment(Box::new(segment)));
                            segments -= 1;
                            self.news += 1;
                            self.explained += 1;
                            break;
                        }
                    }
                }
                Item::Fold(fold) => {
                    let (first, last) = fold.packets;
                    let n = fold.segments.iter().sum();
                    self.folded += n;
                    self.lines.push(Line::Fold(first, last, n, fold.label()));
                    self.waiting.retain(|segment| !(first..=last).contains(&segment.explained.packet));
                }
                Item::Pause(_) => {}
            }
            self.taken += 1;
        }
        // What is being folded needs to wait no longer.
        while self.waiting.len() > ladder::HELD {
            self.waiting.pop_front();
        }
    }

    /// The end of what is shown: the ladder ends with it.
    fn fill(&mut self) {
        self.full = true;
        let mut counted = 0;
        for item in self.ladder.cut(self.taken) {
            counted += match item {
                Item::Arrow(_) => 1,
                Item::Fold(fold) => fold.segments.iter().sum(),
                Item::Pause(_) => 0,
            };
        }
        self.left_out += counted;
        self.waiting.clear();
    }

    /// Segments explained since the last call.
    pub(super) fn take_news(&mut self) -> usize {
        std::mem::take(&mut self.news)
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

    /// Segments explained, folded, and left out.
    pub(super) const fn counts(&self) -> [u64; 3] {
        [self.explained, self.folded, self.left_out]
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
