//! JSON Lines: every line of every test capture, whole or damaged, is what the schema says.
mod schema;

use std::fs;
use std::io::Cursor;
use std::path::Path;

use serde_json::{Value, json};
use synack::flow::{FlowTable, Limits};
use synack::json::{self as lines, End, Lines, Loss, SCHEMA};
use synack::savefile::Savefile;
use synack::stream::{Fragment, Fragments, Pair, Policy, StreamLimits};
use synack::{Layers, Source};

use crate::corpus::{self, mutate};

/// How many damaged captures are written down; `SYNACK_MUTATIONS` says otherwise.
const DAMAGED: u64 = 150;

/// All lines of a capture; the packets go through reassembly too.
fn write_down(capture: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let Ok(mut source) = Savefile::from_stream("capture", Box::new(Cursor::new(capture.to_vec()))) else {
        return out;
    };
    let mut flows = FlowTable::new(Limits::default());
    let mut writer = Lines::new().with_payload(true);
    let mut fragments = Fragments::new(StreamLimits::default());
    let mut pair = Pair::new(StreamLimits::default(), Policy::Linux);
    while let Ok(Some(packet)) = source.next_packet() {
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        writer.packet(&mut out, &packet, &layers, &seen);
        seen.corrections().iter().for_each(|correction| lines::correction(&mut out, correction));
        if let Some(retired) = seen.retired() {
            lines::connection(&mut out, retired);
        }
        // Packets of all connections in one: worse than what can be.
        let number = seen.packet();
        match fragments.push(&packet, &layers) {
            Fragment::None => pair.push(number, &packet, &layers, &mut |_| {}),
            Fragment::Complete(whole) => {
                let layers = Layers::decode(whole.link, whole.data);
                pair.push(number, &whole, &layers, &mut |_| {});
            }
            _ => {}
        }
    }
    pair.finish(&mut |_| {});
    flows.finish();
    flows.connections().for_each(|connection| lines::connection(&mut out, connection));
    lines::loss(&mut out, &Loss { captured: 1, received: 2, dropped_by_kernel: 1, dropped_by_interface: 0 });
    lines::end(&mut out, &End::of(&flows));
    out
}

/// Checks all lines; gives how many there are.
fn validate(schema: &Value, name: &str, text: &[u8]) -> usize {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n') || *byte >= 0x80;
    assert!(text.iter().all(is_plain), "{name}: a control byte");
    let text = std::str::from_utf8(text).expect("UTF-8");
    for line in text.lines() {
        assert!(!line.chars().any(char::is_control), "{name}: a control character in {line}");
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
        if let Err(why) = schema::check(schema, schema, &value) {
            panic!("{name}: {why}\n{line}");
        }
    }
    text.lines().count()
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("JSON")
}

#[test]
fn every_line_of_every_test_capture_keeps_to_the_schema() {
    let schema = schema();
    let mut count = 0;
    for mut capture in corpus::all() {
        // One has packets by the hundred thousand, all alike.
        capture.records.truncate(3000);
        count += validate(&schema, &capture.name, &write_down(&capture.to_pcap()));
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files = 0;
    for folder in ["seeds", "crafted"] {
        for entry in fs::read_dir(data.join(folder)).expect("the captures") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "pcap") {
                let capture = fs::read(&path).expect("readable");
                count += validate(&schema, &path.to_string_lossy(), &write_down(&capture));
                files += 1;
            }
        }
    }
    assert!(count > 3000 && files > 15, "only {count} lines, {files} files");
}

#[test]
fn lines_of_damaged_captures_keep_to_it_too() {
    let damaged = std::env::var("SYNACK_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(DAMAGED);
    let schema = schema();
    let captures = corpus::all();
    for seed in 0..damaged {
        let capture = mutate::mutate(&captures[seed as usize % captures.len()], seed, 20);
        let mut bytes = capture.to_pcap();
        // Every fourth file is damaged as a file too.
        if seed % 4 == 3 {
            let at = 24 + (seed as usize * 7919) % (bytes.len() - 24).max(1);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (seed % 8);
            }
        }
        validate(&schema, &capture.name, &write_down(&bytes));
    }
}

#[test]
fn the_schema_refuses_what_is_not_of_it() {
    let schema = schema();
    let capture = corpus::all().into_iter().find(|capture| capture.link == corpus::EN10MB).expect("one");
    let text = String::from_utf8(write_down(&capture.to_pcap())).expect("UTF-8");
    let line: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(schema::check(&schema, &schema, &line), Ok(()));
    for (name, value) in [
        ("packet", json!("1")),
        ("packet", json!(-1)),
        ("time", json!("yesterday")),
        ("type", json!("packets")),
        ("surprise", json!(1)),
        ("verdicts", json!([{"kind": "guess"}])),
    ] {
        let mut wrong = line.clone();
        wrong[name] = value;
        assert!(schema::check(&schema, &schema, &wrong).is_err(), "{name}");
    }
}
