//! Explanations of segments that nobody should send.
use super::*;
use crate::flow::{FlowTable, Limits};
use crate::packet::{Packet, Source};
use crate::savefile;
use crate::wire::Layers;

const STYLES: [Style; 3] = [Style::Terse, Style::Normal, Style::Plain];

/// The packets of a capture of a lab session.
fn seed(name: &str) -> Vec<(Vec<u8>, crate::Timestamp, crate::LinkType)> {
    let mut source = savefile::open(format!("tests/data/seeds/{name}.pcap")).unwrap();
    let mut packets = Vec::new();
    while let Some(packet) = source.next_packet().unwrap() {
        packets.push((packet.data.to_vec(), packet.time, packet.link));
    }
    packets
}

fn explain(packets: &[(Vec<u8>, crate::Timestamp, crate::LinkType)], style: Style) -> String {
    let mut flows = FlowTable::new(Limits::default());
    let (mut explainer, mut layout, mut text) = (Explainer::new(style), Text::new(), String::new());
    for (data, time, link) in packets {
        let packet = Packet { time: *time, ..Packet::new(*link, data) };
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        let Some(segment) = explainer.explain(&packet, &layers, &seen) else { continue };
        assert!(!segment.clauses.is_empty(), "packet {}", segment.packet);
        layout.segment(&mut text, &segment);
    }
    text
}

#[test]
fn damaged_packets_are_explained_in_printable_words() {
    // A generator with a fixed seed (Numerical Recipes' constants): the bytes are any bytes.
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for name in ["lab_v0", "lab_v2", "lab_v3", "lottery"] {
        let whole = seed(name);
        for round in 0..60 {
            let mut packets = whole.clone();
            for (data, _, _) in &mut packets {
                for _ in 0..next() % 4 {
                    let at = next() as usize % data.len();
                    data[at] = next() as u8;
                }
                if next() % 8 == 0 {
                    data.truncate(next() as usize % data.len());
                }
            }
            let text = explain(&packets, STYLES[round % 3]);
            let ours = ['\n', '→', '…', 'µ'];
            assert!(text.chars().all(|c| (' '..='~').contains(&c) || ours.contains(&c)), "{text}");
        }
    }
}

#[test]
fn lines_are_broken_between_words() {
    let mut text = String::new();
    Text::new().with_width(Some(24)).lines(&mut text, &["one two three four five six seven".to_owned()]);
    assert_eq!(text, "one two three four five\n  six seven\n");
}

#[test]
fn colour_is_all_that_colour_adds() {
    let packets = seed("lab_v3");
    let plain = explain(&packets, Style::Normal);
    let mut flows = FlowTable::new(Limits::default());
    let mut explainer = Explainer::new(Style::Normal);
    let (mut layout, mut text) = (Text::new().with_colour(true), String::new());
    for (data, time, link) in &packets {
        let packet = Packet { time: *time, ..Packet::new(*link, data) };
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        layout.segment(&mut text, &explainer.explain(&packet, &layers, &seen).unwrap());
    }
    assert!(text.contains("\x1b[38;5;198m"));
    let mut bare = String::new();
    for (n, part) in text.split('\x1b').enumerate() {
        bare.push_str(if n == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(bare, plain);
}
