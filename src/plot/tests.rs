//! Graphs of crafted traces.
use super::*;

fn trace() -> Trace {
    let mut trace = Trace { last: 1_000_000_000, ..Trace::default() };
    let half = &mut trace.halves[1];
    half.fresh = vec![Span { at: 0, from: 1, to: 1001 }, Span { at: 500_000_000, from: 1001, to: 3001 }];
    half.resent = vec![Span { at: 900_000_000, from: 1, to: 1001 }];
    half.acked = vec![(250_000_000, 1001), (1_000_000_000, 3001)];
    half.rtt = vec![(250_000_000, 250_000_000)];
    half.next = 3001;
    trace
}

#[test]
fn bytes_in_flight_are_what_was_sent_and_not_acknowledged() {
    let figure = trace().figure(Graph::InFlight, Direction::S2c);
    let values: Vec<i64> = figure.series[0].points.iter().map(|point| point.1).collect();
    assert_eq!(values, [1001, 0, 2000, 0]);
}

#[test]
fn throughput_adds_up_to_what_was_new() {
    let figure = trace().figure(Graph::Throughput, Direction::S2c);
    let width = 1_000_000_000 / 60;
    let bytes: i64 = figure.series[0].points.iter().map(|point| point.1 * width / 1_000_000_000).sum();
    assert!((2990..=3000).contains(&bytes), "{bytes}");
}

#[test]
fn numbers_go_on_beyond_32_bits() {
    let half = Half { next: i64::from(u32::MAX) - 10, ..Half::default() };
    assert_eq!(half.unwrap(5), i64::from(u32::MAX) + 6);
    assert_eq!(half.unwrap(u32::MAX - 20), i64::from(u32::MAX) - 20);
}

#[test]
fn a_stroke_stands_where_it_belongs() {
    let mut trace = Trace { last: 100, ..Trace::default() };
    trace.halves[0].fresh = vec![Span { at: 0, from: 0, to: 100 }];
    let text = braille(&trace.figure(Graph::Sequence, Direction::C2s), 30, 4);
    let lines: Vec<&str> = text.lines().skip(1).take(4).collect();
    assert!(lines.iter().all(|line| line.chars().nth(NUMBERS_END) == Some('\u{2847}')), "{text}");
}

/// Behind the numbers at the left.
const NUMBERS_END: usize = 10;

#[test]
fn extremes_are_drawn_without_a_fault() {
    let mut trace = Trace { last: i64::MAX, ..Trace::default() };
    trace.halves[0].fresh = vec![Span { at: i64::MIN, from: i64::MIN / 2, to: i64::MAX / 2 }];
    trace.halves[0].rtt = vec![(i64::MAX, i64::MAX)];
    for graph in Graph::ALL.into_iter().filter(|graph| *graph != Graph::Throughput) {
        let figure = trace.figure(graph, Direction::C2s);
        assert!(braille(&figure, 0, 0).lines().count() >= 6);
        assert!(svg([&figure]).ends_with("</svg>\n"));
    }
}

#[test]
fn values_are_shown_in_a_unit_that_fits() {
    assert_eq!(Unit::Bytes.show(13_001), "13.0 kB");
    assert_eq!(Unit::Nanoseconds.show(150_000), "150.0 µs");
    assert_eq!(Unit::BytesPerSecond.show(999), "999 B/s");
}

/// A window that is filled and emptied a thousand times: an outline with nothing in it, not a block.
#[test]
fn what_is_dense_is_drawn_as_its_envelope() {
    let mut trace = Trace { last: 1_000_000, ..Trace::default() };
    let half = &mut trace.halves[0];
    for n in 0..5000_i64 {
        half.fresh.push(Span { at: n * 200, from: n * 1000, to: (n + 10) * 1000 });
        half.acked.push((n * 200 + 100, (n + 2) * 1000));
    }
    let figure = trace.figure(Graph::InFlight, Direction::C2s);
    let drawing = svg([&figure]);
    assert!(drawing.contains("class=\"s0 band\"") && drawing.contains("bytes in flight, least to most"));
    assert!(drawing.len() < 40_000, "{}", drawing.len());
    // From 8 kB to 9 kB, rows 4 to 8: no dot inside, and none below.
    let text = braille(&figure, 80, 40);
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let empty = rows[5..8].iter().chain(&rows[10..38]);
    let inside = empty.flat_map(|line| line.chars().skip(20).take(50));
    let dots: u32 = inside.map(|c| (u32::from(c).saturating_sub(0x2800) & 0xff).count_ones()).sum();
    assert_eq!(dots, 0, "{text}");
}
