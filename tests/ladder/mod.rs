//! Sequence diagrams of the lab sessions: kept drawings in every format (`BLESS=1` writes them).
mod plots;

use synack::flow::{FlowTable, Limits};
use synack::ladder::{LadderText, Ladders, mermaid, svg};
use synack::{Layers, Source, savefile};

use crate::kept::Kept;

/// The captures of which drawings are kept.
const SEEDS: [&str; 7] = ["lab_v0", "lab_v1", "lab_v2", "lab_v3", "lab_v4", "lottery", "lottery_exchange"];

/// The formats, by the ending of their files.
const FORMATS: [&str; 4] = ["ascii", "unicode", "mmd", "svg"];

fn ladders(name: &str, unfolded: bool) -> Vec<synack::ladder::Ladder> {
    let mut source = savefile::open(format!("tests/data/seeds/{name}.pcap")).expect("the capture opens");
    let mut flows = FlowTable::new(Limits::default());
    let mut ladders = if unfolded { Ladders::unfolded() } else { Ladders::default() };
    while let Some(packet) = source.next_packet().expect("the capture is whole") {
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        ladders.push(&packet, &layers, &seen);
    }
    ladders.finish().collect()
}

fn drawn(name: &str, format: &str) -> String {
    let mut out = String::new();
    match format {
        "svg" => return svg(&ladders(name, false)),
        "mmd" => return mermaid(&ladders(name, false)),
        _ => {}
    }
    for ladder in ladders(name, false) {
        match format {
            "ascii" => LadderText::ascii(72).draw(&mut out, &ladder),
            _ => LadderText::unicode(80).draw(&mut out, &ladder),
        }
    }
    out
}

#[test]
fn the_lab_sessions_look_as_kept() {
    let mut kept = Kept::default();
    for name in SEEDS {
        for format in FORMATS {
            let path = format!("tests/data/ladder/{name}.{format}");
            kept.hold(&path, || drawn(name, format));
        }
    }
    kept.assert_all();
}

#[test]
fn ascii_is_ascii_and_lines_fit() {
    for name in SEEDS {
        assert!(drawn(name, "ascii").is_ascii());
        for line in drawn(name, "unicode").lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

/// Every segment is there, or counted in a fold; what was said of one is never folded away.
#[test]
fn every_segment_is_drawn_or_counted() {
    use synack::ladder::Item;
    for name in SEEDS {
        let all: Vec<_> = ladders(name, true).iter().flat_map(|ladder| ladder.items().to_vec()).collect();
        let arrows = all.iter().filter(|item| matches!(item, Item::Arrow(_))).count() as u64;
        let count = |item: &Item| match item {
            Item::Arrow(_) => 1,
            Item::Fold(fold) => fold.segments.iter().sum(),
            Item::Pause(_) => 0,
        };
        let folded: u64 = ladders(name, false).iter().flat_map(|ladder| ladder.items()).map(count).sum();
        assert_eq!(folded, arrows, "{name}");
        let marked = |items: &[Item]| {
            let marked = |item: &&Item| matches!(item, Item::Arrow(arrow) if !arrow.marks.is_empty());
            items.iter().filter(marked).count()
        };
        let kept: usize = ladders(name, false).iter().map(|ladder| marked(ladder.items())).sum();
        assert_eq!(kept, marked(&all), "{name}");
    }
}
