//! What a graph consists of: series of points, made of a trace.
use super::{Half, Trace};
use crate::flow::Direction;

/// What is drawn over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Graph {
    /// Sequence numbers: data, ACKs, the edge of the window, what was sent again, SACK.
    Sequence,
    /// Round trips.
    Rtt,
    /// New bytes a second.
    Throughput,
    /// Bytes sent and not acknowledged, as seen at the capture point.
    InFlight,
}

impl Graph {
    /// All graphs.
    pub const ALL: [Self; 4] = [Self::Sequence, Self::Rtt, Self::Throughput, Self::InFlight];

    /// The name in use on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequence => "sequence",
            Self::Rtt => "rtt",
            Self::Throughput => "throughput",
            Self::InFlight => "in-flight",
        }
    }
}

/// What the vertical axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Octets.
    Bytes,
    /// Octets a second.
    BytesPerSecond,
    /// Nanoseconds.
    Nanoseconds,
}

/// How the points of a series are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// Each is a vertical stroke, from one value to another.
    Strokes,
    /// Each holds until the next.
    Steps,
    /// Each is a dot.
    Dots,
}

/// Points of one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Series {
    /// What it is.
    pub name: &'static str,
    /// How it is drawn.
    pub shape: Shape,
    /// Nanoseconds since the first packet; lower and upper value, the same but for strokes.
    pub points: Vec<(i64, i64, i64)>,
}

/// A graph, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figure {
    /// What it shows.
    pub title: String,
    /// What its values are.
    pub unit: Unit,
    /// Nanoseconds from left to right.
    pub duration_ns: i64,
    /// The greatest value.
    pub most: i64,
    /// What is drawn; never empty, but series may be.
    pub series: Vec<Series>,
}

/// Parts of the time in which throughput is counted.
const BINS: i64 = 60;

impl Trace {
    /// A graph of one direction.
    pub fn figure(&self, graph: Graph, direction: Direction) -> Figure {
        let half = &self.halves[direction as usize];
        let side = match direction {
            Direction::C2s => "client to server",
            Direction::S2c => "server to client",
        };
        let (what, unit, series) = match graph {
            Graph::Sequence => ("sequence numbers", Unit::Bytes, sequence(half)),
            Graph::Rtt => ("round trips", Unit::Nanoseconds, vec![values("ACK", Shape::Dots, &half.rtt)]),
            Graph::Throughput => ("throughput", Unit::BytesPerSecond, self.throughput(half)),
            Graph::InFlight => ("bytes in flight", Unit::Bytes, in_flight(half)),
        };
        let top = series.iter().flat_map(|series| series.points.iter().map(|point| point.2)).max();
        Figure {
            title: format!("{what}, {side}"),
            unit,
            duration_ns: self.last.max(1),
            most: top.unwrap_or(0).max(1),
            series,
        }
    }

    fn throughput(&self, half: &Half) -> Vec<Series> {
        let width = (self.last / BINS).max(1_000_000);
        let bins = usize::try_from(self.last / width + 1).unwrap_or(1);
        let mut bytes = vec![0_i64; bins];
        for span in &half.fresh {
            let bin = usize::try_from(span.at.max(0) / width).unwrap_or(0);
            if let Some(bytes) = bytes.get_mut(bin) {
                *bytes += span.to - span.from;
            }
        }
        let points = bytes.iter().zip(0_i64..).map(|(n, bin)| {
            let rate = i128::from(*n) * 1_000_000_000 / i128::from(width);
            (bin * width, i64::try_from(rate).unwrap_or(i64::MAX))
        });
        vec![values("new bytes a second", Shape::Steps, &points.collect::<Vec<_>>())]
    }
}

fn values(name: &'static str, shape: Shape, points: &[(i64, i64)]) -> Series {
    Series { name, shape, points: points.iter().map(|(at, value)| (*at, *value, *value)).collect() }
}

fn sequence(half: &Half) -> Vec<Series> {
    let strokes = |name, spans: &[super::Span]| Series {
        name,
        shape: Shape::Strokes,
        points: spans.iter().map(|span| (span.at, span.from, span.to)).collect(),
    };
    vec![
        strokes("data", &half.fresh),
        strokes("sent again", &half.resent),
        values("acknowledged", Shape::Steps, &half.acked),
        values("edge of the window", Shape::Steps, &half.window),
        strokes("SACK", &half.sacked),
    ]
}

/// What was sent and not acknowledged, after each segment and each ACK.
fn in_flight(half: &Half) -> Vec<Series> {
    let mut events: Vec<(i64, bool, i64)> = half.fresh.iter().map(|span| (span.at, true, span.to)).collect();
    events.extend(half.acked.iter().map(|(at, ack)| (*at, false, *ack)));
    events.sort_by_key(|(at, ..)| *at);
    let (mut sent, mut acked) = (0, 0);
    let mut points = Vec::with_capacity(events.len());
    for (at, is_data, number) in events {
        if is_data {
            sent = sent.max(number);
        } else {
            acked = acked.max(number);
        }
        points.push((at, (sent - acked).max(0)));
    }
    vec![values("bytes in flight", Shape::Steps, &points)]
}

impl Unit {
    /// A value as a person reads it: `12.3 kB`, `150 µs`.
    pub fn show(self, value: i64) -> String {
        let n = value.unsigned_abs();
        let scaled = |units: [(&str, u64); 4]| {
            let (unit, size) = units.into_iter().find(|(_, size)| n >= *size).unwrap_or(units[3]);
            if size == 1 {
                format!("{n} {unit}")
            } else {
                format!("{}.{} {unit}", n / size, n / (size / 10) % 10)
            }
        };
        match self {
            Self::Bytes => scaled([("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1)]),
            Self::BytesPerSecond => {
                scaled([("GB/s", 1_000_000_000), ("MB/s", 1_000_000), ("kB/s", 1000), ("B/s", 1)])
            }
            Self::Nanoseconds => scaled([("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1000), ("ns", 1)]),
        }
    }
}
