//! Ladders of crafted arrows.
use super::*;

fn arrow(packet: u64, direction: Direction, len: u32) -> Arrow {
    Arrow {
        packet,
        at_ns: i64::try_from(packet).unwrap() * 1_000_000,
        direction,
        flags: TcpFlags::ACK,
        seq: 1,
        ack: Some(1),
        len,
        marks: Vec::new(),
        states: None,
    }
}

/// What is drawn of a run of `n` plain segments, as packet numbers; a fold is what it holds.
fn folded(n: u64) -> Vec<String> {
    let (mut folder, mut ready) = (Folder::new(), Vec::new());
    for packet in 1..=n {
        let direction = if packet % 2 == 0 { Direction::C2s } else { Direction::S2c };
        folder.push(arrow(packet, direction, if packet % 2 == 0 { 0 } else { 1448 }), &mut ready);
    }
    folder.flush(&mut ready);
    let name = |item: &Item| match item {
        Item::Arrow(arrow) => arrow.packet.to_string(),
        Item::Fold(fold) => format!("{}..{} {}", fold.packets.0, fold.packets.1, fold.label()),
        Item::Pause(_) => "pause".into(),
    };
    ready.iter().map(name).collect()
}

#[test]
fn the_middle_of_a_long_run_is_folded() {
    assert_eq!(folded(7), ["1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(folded(8), ["1", "2", "3", "4", "5..6 2 segments, 1.4 kB to the client", "7", "8"]);
    assert_eq!(
        folded(1000),
        ["1", "2", "3", "4", "5..998 994 segments, 719 kB to the client", "999", "1000"]
    );
}

#[test]
fn nothing_is_lost_by_folding() {
    for n in 0..40 {
        let mut counted = 0;
        for line in folded(n) {
            counted += match line.split_once("..") {
                Some((_, rest)) => {
                    rest.split_once(' ').unwrap().1.split(' ').next().unwrap().parse::<u64>().unwrap()
                }
                None => 1,
            };
        }
        assert_eq!(counted, n);
    }
}

#[test]
fn what_is_to_be_said_is_never_folded() {
    let (mut folder, mut ready) = (Folder::new(), Vec::new());
    for packet in 1..=50 {
        let mut arrow = arrow(packet, Direction::C2s, 10);
        if packet == 30 {
            arrow.marks.push(Mark { weight: Weight::Bad, text: "lost".into() });
        }
        folder.push(arrow, &mut ready);
    }
    folder.flush(&mut ready);
    assert!(ready.iter().any(|item| matches!(item, Item::Arrow(arrow) if arrow.packet == 30)));
    let folds = ready.iter().filter(|item| matches!(item, Item::Fold(_))).count();
    assert_eq!(folds, 2);
}

#[test]
fn sizes_are_said_in_powers_of_a_thousand() {
    for (n, text) in [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (596_000, "596 kB"),
        (1_250_000, "1.2 MB"),
        (u64::MAX, "18446744073 GB"),
    ] {
        assert_eq!(Size(n).to_string(), text);
    }
}

#[test]
fn lines_are_never_wider_than_asked() {
    let long = Arrow {
        seq: u32::MAX,
        ack: Some(u32::MAX),
        len: u32::MAX,
        flags: TcpFlags::all(),
        marks: vec![Mark { weight: Weight::Bad, text: "x".repeat(200) }],
        states: Some((State::SynReceived, State::SynReceived)),
        ..arrow(1, Direction::S2c, 0)
    };
    for width in [0, 32, 40, 79, 80, 120] {
        for text in [LadderText::ascii(width), LadderText::unicode(width)] {
            let mut out = String::new();
            text.item(&mut out, &Item::Arrow(long.clone()));
            text.item(&mut out, &Item::Pause(u64::MAX));
            for line in out.lines() {
                assert!(line.chars().count() <= width.max(32), "{line}");
            }
        }
    }
}
