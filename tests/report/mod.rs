//! The page of `synack report`: kept pages, their form, what they account for, and the file they go to.
mod browser;
mod html;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use synack::explain::Style;
use synack::flow::{self, FlowTable};
use synack::report::Report;
use synack::savefile::{self, PacketWriter};
use synack::{Layers, LinkType, Packet, Source, Timestamp};

use crate::cli::{SYNACK, Scratch, seed};
use crate::corpus;
use crate::corpus::build::{eth, ip4, ip6, tcp, udp4};
use crate::kept::Kept;

const SEEDS: [&str; 7] = ["lab_v0", "lab_v1", "lab_v2", "lab_v3", "lab_v4", "lottery", "lottery_exchange"];

fn report(input: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(SYNACK);
    command.arg("report").arg("-r").arg(input).args(more).env("TZ", "UTC");
    command.output().expect("the program runs")
}

/// The page of a capture, on standard output.
fn page(input: &Path, more: &[&str]) -> String {
    let output = report(input, &[&["-o", "-"], more].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The blocks of data of a page, by their names; its form is held on the way.
fn data(page: &str) -> Vec<(String, Value)> {
    let all = html::read(page).unwrap_or_else(|error| panic!("{error}\n{page}"));
    let is_data = |element: &&html::Element| element.attribute("type") == Some("application/json");
    let blocks = all.iter().filter(is_data).map(|element| {
        let id = element.attribute("id").expect("a name").to_owned();
        (id, serde_json::from_str(&element.text).expect("JSON"))
    });
    blocks.collect()
}

/// Writes frames of Ethernet into a capture.
fn write(path: &Path, frames: &[Vec<u8>]) {
    let file = fs::File::create(path).expect("a new file");
    let options = savefile::pcap::PcapOptions::new(LinkType::ETHERNET);
    let mut writer = savefile::pcap::PcapWriter::new(file, "a test", options).expect("a header");
    for (frame, at) in frames.iter().zip(0..) {
        let time = Timestamp::new(1_700_000_000, at * 1_000_000);
        writer.write(&Packet { time, ..Packet::new(LinkType::ETHERNET, frame) }).expect("room");
    }
    writer.flush().expect("room");
}

#[test]
fn the_pages_of_lab_sessions_are_as_kept() {
    let mut kept = Kept::default();
    for name in ["lab_v0", "lab_v2"] {
        kept.hold(&format!("tests/data/report/{name}.html"), || {
            let page = page(&seed(&format!("{name}.pcap")), &[]);
            // Script and style are files of their own, and their digests change with them.
            let (head, rest) = page.split_once("<style>").expect("a style");
            let head = head.split("sha256-").map(|part| part.trim_start_matches(|c| c != '&'));
            let head: Vec<&str> = head.collect();
            let body = rest.split_once("</style>").expect("its end").1;
            let body = body.split_once("<script>").expect("a script").0;
            let head = format!("<!DOCTYPE{}", head.join("sha256-…"));
            let text = format!("{head}{body}").replace(env!("CARGO_PKG_VERSION"), "VERSION");
            // A line a segment, so that a change can be read.
            text.replace("{\"p\":", "\n{\"p\":")
        });
    }
    kept.assert_all();
}

#[test]
fn every_packet_is_on_the_page_or_counted() {
    for name in SEEDS {
        let path = seed(&format!("{name}.pcap"));
        let mut source = savefile::open(&path).expect("the capture opens");
        let mut packets = 0;
        while source.next_packet().expect("it is whole").is_some() {
            packets += 1;
        }
        let page = page(&path, &[]);
        let mut found = 0;
        for (id, block) in data(&page) {
            if id == "data" {
                continue;
            }
            let lines = block["lines"].as_array().expect("lines");
            let folded: u64 = lines.iter().filter_map(|line| line["fold"][2].as_u64()).sum();
            let explained = lines.iter().filter(|line| line["p"].is_u64()).count() as u64;
            found += folded + explained;
        }
        let others = page.split(" are no segment").next().and_then(|text| text.rsplit(' ').next());
        let others: u64 = others.and_then(|n| n.parse().ok()).unwrap_or(0);
        assert_eq!(found + others, packets, "{name}");
    }
}

/// The bytes of a field are those of the packet, and the value is what stands in them.
#[test]
fn fields_hold_what_stands_in_their_bytes() {
    let scratch = Scratch::new();
    let path = scratch.path("a.pcap");
    let options = [2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0];
    let frames = [
        tcp(2, 0x0102_0304, 0).ports(50_000, 80).options(&options).frame(),
        tcp(0x12, 9, 0x0102_0305).ports(50_000, 80).back().frame_back(),
        tcp(0x18, 0x0102_0305, 10).ports(50_000, 80).payload(b"hello").frame(),
        eth(0x86dd, &tcp(2, 0xfeed_beef, 0).ports(50_001, 443).options(&[1, 1]).over6(&ip6(6))),
    ];
    write(&path, &frames);
    let blocks = data(&page(&path, &[]));
    let names = &blocks.iter().find(|(id, _)| id == "data").expect("the index").1["names"];
    let mut checked = 0;
    for (_, block) in blocks.iter().filter(|(id, _)| id != "data") {
        for line in block["lines"].as_array().expect("lines").iter().filter(|line| line["p"].is_u64()) {
            let frame = &frames[line["p"].as_u64().expect("a number") as usize - 1];
            let hex: String = frame.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(line["b"], hex);
            for header in line["h"].as_array().expect("headers") {
                for field in header[3].as_array().expect("fields") {
                    let number = |n: usize| field[n].as_u64().expect("a number") as usize;
                    let name = names[number(0)].as_str().expect("a name");
                    let value = field[3].as_str().expect("a value");
                    let bytes = &frame[number(1)..number(2)];
                    let word = bytes.iter().fold(0_u128, |word, byte| word << 8 | u128::from(*byte));
                    let stands = match name {
                        "source port"
                        | "destination port"
                        | "sequence number"
                        | "acknowledgment number"
                        | "window"
                        | "urgent pointer"
                        | "identification"
                        | "time to live"
                        | "hop limit" => word.to_string(),
                        "checksum" | "header checksum" => format!("{word:#06x}"),
                        "total length" => format!("{word} bytes"),
                        "option: maximum segment size" => format!("mss {}", word & 0xffff),
                        "option: window scale" => format!("wscale {}", word & 0xff),
                        "data" => format!("{} bytes", bytes.len()),
                        _ => continue,
                    };
                    assert_eq!(value, stands, "{name} of packet {}", line["p"]);
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn words_of_the_wire_are_inert() {
    let scratch = Scratch::new();
    let path = scratch.path("<img src=x onerror=alert(1)>&\".pcap");
    let payloads: [&[u8]; 4] = [
        b"</script><script>alert(1)</script>",
        b"<!--<script>",
        "\u{202e}\u{2066}evil\u{2069}\u{feff}".as_bytes(),
        b"\x1b]0;title\x07\x1b[2J\0\r\n",
    ];
    let mut frames = vec![tcp(2, 100, 0).frame(), tcp(0x12, 9, 101).back().frame_back()];
    let mut seq = 101;
    for payload in payloads {
        frames.push(tcp(0x18, seq, 10).payload(payload).frame());
        seq += payload.len() as u32;
    }
    // What is no TCP is counted.
    frames.push(eth(0x0800, &udp4(&ip4(17), 53, 53, b"<script>")));
    write(&path, &frames);
    let page = page(&path, &[]);
    let all = html::read(&page).unwrap_or_else(|error| panic!("{error}"));
    let scripts = all.iter().filter(|element| element.name == "script");
    let running = scripts.filter(|script| script.attribute("type").is_none()).count();
    assert_eq!(running, 1);
    assert!(all.iter().all(|element| element.name != "img"));
    assert!(
        all.iter().flat_map(|e| &e.attributes).all(|(name, _)| !name.starts_with("on") && name != "style")
    );
    let title = all.iter().find(|element| element.name == "h1").expect("a heading");
    assert_eq!(title.text, "TCP in <img src=x onerror=alert(1)>&\".pcap");
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()) && !page.contains('\u{202e}'));
    assert!(page.contains("1 are no segment of a TCP connection"));
}

#[test]
fn the_file_is_private_and_nothing_is_written_through_a_link() {
    let scratch = Scratch::new();
    let (input, output) = (seed("lab_v0.pcap"), scratch.path("page.html"));
    let to = |path: &Path| report(&input, &["-o", path.to_str().expect("ASCII")]);
    let done = to(&output);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(done.stdout.is_empty());
    assert_eq!(fs::metadata(&output).expect("it is there").permissions().mode() & 0o777, 0o600);
    let first = fs::read(&output).expect("readable");
    html::read(std::str::from_utf8(&first).expect("UTF-8")).expect("well-formed");
    // Again, into the same file: the same page.
    assert_eq!(to(&output).status.code(), Some(0));
    assert_eq!(fs::read(&output).expect("readable"), first);
    let victim = scratch.path("victim");
    fs::write(&victim, "mine").expect("a new file");
    let link = scratch.path("link.html");
    symlink(&victim, &link).expect("a link");
    let refused = to(&link);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("symbolic link"), "{refused:?}");
    assert_eq!(fs::read(&victim).expect("readable"), b"mine");
    // Not over what is read.
    let copy = scratch.path("copy.pcap");
    fs::copy(&input, &copy).expect("a copy");
    let refused = report(&copy, &["-o", copy.to_str().expect("ASCII")]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("it is being read"), "{refused:?}");
    assert_eq!(fs::read(&copy).expect("readable"), fs::read(&input).expect("readable"));
}

#[test]
fn a_full_disk_is_said_and_half_a_page_is_none() {
    let output = report(&seed("lab_v0.pcap"), &["-o", "/dev/full"]);
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("/dev/full: No space left on device"));
}

#[test]
fn options_choose_what_is_on_the_page() {
    let path = seed("lab_v2.pcap");
    let without = report(&path, &[]);
    assert_eq!(without.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&without.stderr).contains("report needs -o FILE"));
    let resets = page(&path, &["--verdict", "reset"]);
    let lines = |page: &str| data(page)[0].1["lines"].as_array().expect("lines").len();
    assert_eq!((lines(&resets), lines(&page(&path, &[]))), (2, 12));
    assert!(resets.contains("10 packets passed over, as was asked for."), "{resets}");
    assert!(page(&path, &["--plain"]).contains("The client"));
    let none = report(&path, &["-o", "-", "udp"]);
    assert!(String::from_utf8_lossy(&none.stdout).contains("There were no packets."));
    html::read(&String::from_utf8_lossy(&none.stdout)).expect("well-formed");
}

/// Drawings of several connections are one document, which an XML parser takes.
#[test]
fn several_connections_are_one_drawing() {
    for command in ["ladder", "plot"] {
        let mut both = Command::new(SYNACK);
        both.args([command, "--format", "svg"]).env("TZ", "UTC");
        for name in ["lab_v0", "lab_v3"] {
            both.arg("-r").arg(seed(&format!("{name}.pcap")));
        }
        let output = both.output().expect("the program runs");
        let svg = String::from_utf8(output.stdout).expect("UTF-8");
        let all =
            html::read(&format!("<!DOCTYPE html>{svg}")).unwrap_or_else(|error| panic!("{error}\n{svg}"));
        assert_eq!(all.iter().filter(|element| element.name == "svg").count(), 1, "{command}");
        let ids: Vec<&str> = all.iter().filter_map(|element| element.attribute("id")).collect();
        assert!(ids.is_empty(), "{ids:?}");
        let moved = all.iter().filter(|element| element.attribute("transform").is_some()).count();
        assert_eq!(moved, 2, "{command}");
    }
}

/// The page of packets, through the library.
fn made(capture: &corpus::Capture) -> (String, u64) {
    let mut flows = FlowTable::new(flow::Limits::default());
    let mut report = Report::new("damaged", Style::Normal);
    let mut packets = 0;
    for (record, at) in capture.records.iter().zip(0..) {
        let time = Timestamp::new(1_700_000_000, at * 400_000_000);
        let packet = Packet { time, ..Packet::new(LinkType(capture.link), &record.data) };
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        report.push(&packet, &layers, &seen);
        packets += 1;
    }
    let mut page = Vec::new();
    report.write(flows.connections(), &mut page).expect("a vector takes all");
    (String::from_utf8(page).expect("UTF-8"), packets)
}

/// The number before some words of the account; 0 where they are not there.
fn counted(page: &str, words: &str) -> u64 {
    let before = page.split_once(words).map_or("", |(before, _)| before);
    let digits: String = before.chars().rev().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    digits.chars().rev().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

#[test]
fn damage_makes_no_page_that_is_not_well_formed_or_that_forgets_a_packet() {
    let rounds = std::env::var("SYNACK_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_u64);
    let mut connections = 0;
    for capture in corpus::all() {
        for round in 0..=rounds {
            let damaged = corpus::mutate::mutate(&capture, round, 60);
            let (page, packets) = made(if round == 0 { &capture } else { &damaged });
            let blocks = data(&page);
            let mut found = 0;
            for (id, block) in &blocks {
                if id != "data" {
                    found += block["counts"]
                        .as_array()
                        .expect("counts")
                        .iter()
                        .filter_map(Value::as_u64)
                        .sum::<u64>();
                    connections += 1;
                }
            }
            let others = counted(&page, " are no segment of a TCP connection");
            assert_eq!(found + others, packets, "{} {round}:\n{page}", capture.name);
            assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{}", capture.name);
        }
    }
    assert!(connections > 100, "{connections}");
}
