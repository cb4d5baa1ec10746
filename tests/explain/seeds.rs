//! The captures of the lab sessions, explained: texts that are kept (`BLESS=1` writes them), and
//! the questions that their reports answer.
use std::path::Path;

use synack::explain::{Explainer, Style, Text, summary};
use synack::flow::{FlowTable, Limits};
use synack::{Layers, Source, savefile};

use crate::kept::Kept;

/// All of them.
const SEEDS: [&str; 8] =
    ["lab_v0", "lab_v1", "lab_v2", "lab_v3", "lab_v4", "lottery", "lottery_exchange", "raw_socket_five"];

/// A capture file explained.
fn explained(path: &Path, style: Style, width: Option<usize>) -> String {
    let mut source = savefile::open(path).expect("the capture opens");
    let mut flows = FlowTable::new(Limits::default());
    let mut explainer = Explainer::new(style);
    let (mut layout, mut text) = (Text::new().with_width(width), String::new());
    while let Some(packet) = source.next_packet().expect("the capture is whole") {
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        if let Some(segment) = explainer.explain(&packet, &layers, &seen) {
            layout.segment(&mut text, &segment);
        }
    }
    flows.finish();
    flows.connections().for_each(|connection| layout.lines(&mut text, &summary(connection)));
    text
}

fn seed(name: &str, style: Style) -> String {
    explained(Path::new(&format!("tests/data/seeds/{name}.pcap")), style, None)
}

#[test]
fn the_lab_sessions_read_as_kept() {
    let mut kept = Kept::default();
    for name in SEEDS {
        for (style, ending) in [(Style::Normal, "txt"), (Style::Plain, "plain"), (Style::Terse, "terse")] {
            let path = format!("tests/data/explain/{name}.{ending}");
            kept.hold(&path, || seed(name, style));
        }
    }
    kept.assert_all();
}

/// The clauses said of a packet, one a line.
fn of(text: &str, packet: u64) -> String {
    let head = format!("#{packet} ");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&head));
    let first = lines.next().unwrap_or_default();
    let rest = lines.take_while(|line| line.starts_with(' '));
    std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn says(text: &str, packet: u64, words: &[&str]) {
    let said = of(text, packet);
    for word in words {
        assert!(said.contains(word), "packet {packet} does not say {word:?}:\n{said}");
    }
}

#[test]
fn who_opened_and_who_closed_is_right() {
    for (name, opened, ended) in [
        ("lab_v0", "client 192.168.1.13:52060 opened it", "it ended in order: the client closed first"),
        ("lab_v1", "client 192.168.1.13:52138 opened it", "it ended in order: the client closed first"),
        (
            "lab_v2",
            "client 192.168.1.13:52176 opened it",
            "it was reset by the client: data came for a socket",
        ),
        ("lab_v3", "client 192.168.1.13:52196 opened it", "it was reset by the client"),
        ("lab_v4", "client 192.168.1.13:47458 opened it", "it ended in order: the client closed first"),
        ("lottery", "client 127.0.0.1:52875 opened it", "it was open when the capture ended"),
        ("lottery_exchange", "its beginning was not captured", "it was open when the capture ended"),
    ] {
        let text = seed(name, Style::Normal);
        assert!(text.contains(opened) && text.contains(ended), "{name}:\n{text}");
    }
}

#[test]
fn lab_v2_tells_why_the_resets_came() {
    let text = seed("lab_v2", Style::Normal);
    says(&text, 9, &["closes its half", "Seq = X+21 is the FIN"]);
    says(&text, 11, &["refuses the 15 bytes Y+6 … Y+20 of packet 8", "Seq = X+21 is the Ack of packet 8"]);
    says(&text, 12, &["refuses packet 10", "Seq = X+22 is the Ack of packet 10"]);
    let plain = seed("lab_v2", Style::Plain);
    assert!(
        plain.contains("its program had closed the socket (FIN, packet 9), so nobody will ever read them")
    );
}

#[test]
fn lab_v3_tells_what_was_sent_twice_and_why() {
    let text = seed("lab_v3", Style::Normal);
    let words = ["repeats 1416 bytes, Y+11585 … Y+13000 of packet 14, 220.000 ms after it", "no ACK"];
    says(&text, 15, &words);
    let again = text.lines().filter(|line| line.trim().starts_with("repeats")).count();
    assert_eq!(again, 1);
    says(&text, 16, &["acknowledges 7240 bytes, Y+1 … Y+7240, of 5 packets from 6 to 10"]);
    says(&text, 17, &["aborts", "5760 bytes, Y+7241 … Y+13000, of the server"]);
    says(&text, 18, &["Seq = X+14 is the Ack of one of 5 packets from 11 to 15"]);
}

#[test]
fn lab_v4_shows_four_writes_in_two_segments() {
    let text = seed("lab_v4", Style::Normal);
    says(&text, 4, &["carries 130 bytes"]);
    says(&text, 6, &["carries 390 bytes"]);
    says(&text, 8, &["carries 520 bytes", "Seq = Y+1 … Y+520"]);
}
