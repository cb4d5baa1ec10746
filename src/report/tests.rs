//! Bounds of the page, on connections made here.
use super::*;
use crate::flow::{self, FlowTable};
use crate::packet::Timestamp;
use crate::wire::LinkType;

/// A segment in IPv4: from the client of a connection, or to it.
fn segment(client: u16, back: bool, flags: u8, seq: u32, ack: u32, data: &[u8]) -> Vec<u8> {
    let total = u16::try_from(40 + data.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, 6, 0, 0]);
    let (a, b) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    packet.extend(if back { [b, a].concat() } else { [a, b].concat() });
    let ports = if back { [80, client] } else { [client, 80] };
    packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    packet.extend([seq.to_be_bytes(), ack.to_be_bytes()].concat());
    packet.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    packet.extend(data);
    packet
}

/// Connections with `n` segments of data each.
fn packets(connections: u16, n: u32, data: &[u8]) -> Vec<Vec<u8>> {
    let len = u32::try_from(data.len()).unwrap();
    let mut all = Vec::new();
    for client in 1000..1000 + connections {
        all.push(segment(client, false, 2, 100, 0, b""));
        all.push(segment(client, true, 0x12, 500, 101, b""));
        all.push(segment(client, false, 0x10, 101, 501, b""));
        for k in 0..n {
            all.push(segment(client, false, 0x10, 101 + k * len, 501, data));
        }
    }
    all
}

fn page(packets: &[Vec<u8>], limits: ReportLimits) -> String {
    let mut flows = FlowTable::new(flow::Limits::default());
    let mut report = Report::new("a test", Style::Normal).with_limits(limits);
    for (data, at) in packets.iter().zip(1..) {
        let packet = Packet { time: Timestamp::new(at, 0), ..Packet::new(LinkType::RAW, data) };
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        report.push(&packet, &layers, &seen);
    }
    let mut page = Vec::new();
    report.write(flows.connections(), &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// The data of a block of the page.
fn block(page: &str, id: &str) -> Option<serde_json::Value> {
    let start = format!("<script type=\"application/json\" id=\"{id}\">");
    let rest = page.split_once(&start)?.1;
    Some(serde_json::from_str(rest.split_once("</script>")?.0).unwrap())
}

/// Segments of a connection: explained and folded.
fn counts(page: &str, id: &str) -> [u64; 2] {
    let data = block(page, id).unwrap();
    let lines = data["lines"].as_array().unwrap();
    let explained = lines.iter().filter(|line| line["p"].is_u64()).count() as u64;
    let folded: u64 = lines.iter().filter_map(|line| line["fold"][2].as_u64()).sum();
    let said: Vec<u64> = data["counts"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!(said, [explained, folded]);
    // The drawing has as many arrows as there are segments, and no two folds side by side.
    let ladder = data["ladder"].as_str().unwrap();
    assert_eq!(ladder.matches("data-packet").count() as u64, explained);
    assert!(lines.windows(2).all(|two| two.iter().any(|line| line["p"].is_u64())), "{lines:?}");
    [explained, folded]
}

#[test]
fn every_segment_is_explained_folded_or_counted() {
    // One second apart there is a pause before each, which ends a run: nothing is folded.
    let all = packets(1, 40, b"12345");
    assert_eq!(counts(&page(&all, ReportLimits::default()), "data-1"), [43, 0]);
    for lines in [0, 1, 2, 5, 42, 43, 44] {
        let page = page(&all, ReportLimits { lines, ..ReportLimits::default() });
        let explained = lines.min(43) as u64;
        assert_eq!(counts(&page, "data-1"), [explained, 43 - explained], "{lines}");
        assert_eq!(page.contains("There is room to explain 8,000 segments"), lines < 43, "{lines}");
    }
    let all = packets(5, 2, b"x");
    for segments in [0, 7, 24, 25, 26] {
        let page = page(&all, ReportLimits { segments, ..ReportLimits::default() });
        let sums = (1..=5).map(|n| counts(&page, &format!("data-{n}")));
        let sum = sums.fold([0; 2], |sum, [a, b]| [sum[0] + a, sum[1] + b]);
        let explained = segments.min(25) as u64;
        assert_eq!(sum, [explained, 25 - explained], "{segments}");
    }
}

/// Numbers of the packets that are explained.
fn explained(page: &str, id: &str) -> Vec<u64> {
    let data = block(page, id).unwrap();
    data["lines"].as_array().unwrap().iter().filter_map(|line| line["p"].as_u64()).collect()
}

#[test]
fn room_is_shared_and_ends_and_verdicts_come_first() {
    // A long connection before a short one: the short one has all of its segments.
    let mut all = packets(1, 400, b"12345");
    let again = all[203].clone();
    all.insert(300, again.clone());
    all.push(segment(1000, false, 0x11, 101 + 5 * 400, 501, b""));
    let long = all.len() as u64;
    all.extend(packets(2, 4, b"x").split_off(7));
    let limits = ReportLimits { segments: 40, ..ReportLimits::default() };
    let page = page(&all, limits);
    assert_eq!(counts(&page, "data-2"), [7, 0]);
    assert_eq!(counts(&page, "data-1"), [33, long - 33]);
    let kept = explained(&page, "data-1");
    assert_eq!(kept[..4], [1, 2, 3, 4]);
    assert_eq!(kept[29..], [long - 3, long - 2, long - 1, long]);
    assert!(kept.contains(&301), "the retransmission: {kept:?}");
    assert!(page.contains("There is room to explain 40 segments"), "{page}");
}

/// What is of note and found no room is counted in the line that stands for it.
#[test]
fn a_fold_says_how_many_are_of_note() {
    let mut all = packets(1, 4, b"12345");
    (0..20).for_each(|_| all.push(all[3].clone()));
    all.extend(packets(1, 8, b"12345").split_off(7));
    let page = page(&all, ReportLimits { segments: 12, ..ReportLimits::default() });
    let data = block(&page, "data-1").unwrap();
    let folds = data["lines"].as_array().unwrap().iter().filter_map(|line| line["fold"][3].as_str());
    let of_note: u64 =
        folds.filter_map(|label| label.split(", ").nth(2)?.split(' ').next()?.parse::<u64>().ok()).sum();
    // 20 were sent again, and 4 of the 12 that are shown lie between the ends.
    assert_eq!(of_note, 20 - 4, "{page}");
}

#[test]
fn connections_without_room_are_in_the_table_and_counted() {
    let all = packets(5, 2, b"x");
    let page = page(&all, ReportLimits { connections: 2, rows: 4, ..ReportLimits::default() });
    assert!(block(&page, "data-2").is_some() && block(&page, "data-3").is_none());
    assert_eq!(block(&page, "data").unwrap()["rows"].as_array().unwrap().len(), 4);
    assert!(page.contains("Of 25 packets 10 explained one by one and 15 left out."), "{page}");
    assert!(page.contains("The table has 4 of 5 connections."));
}

#[test]
fn what_is_no_tcp_is_counted() {
    let page = page(&[vec![0; 20], Vec::new()], ReportLimits::default());
    assert!(page.contains("Of 2 packets 0 explained one by one and 2 are no segment of a TCP connection."));
    assert!(page.contains("0 TCP connections."));
}

#[test]
fn bytes_beyond_the_bound_are_told_by_their_number() {
    let page = page(&packets(1, 1, &[7; 100]), ReportLimits { bytes: 64, ..ReportLimits::default() });
    let data = block(&page, "data-1").unwrap();
    let last = data["lines"][3].clone();
    assert_eq!(last["l"], serde_json::json!([140, 140]));
    assert_eq!(last["b"].as_str().unwrap().len(), 128);
}

#[test]
fn what_comes_from_outside_stays_text() {
    let title = "</title><script>alert(1)</script>\u{202e}\x1b[31m & \"'";
    let mut report = Report::new(title, Style::Normal);
    report.set_began("<!-- <script>".to_owned());
    let hostile = b"</script><script>alert(2)</script><!--\x1b[2J\xe2\x80\xae]]>&quot;";
    let packets = packets(1, 1, hostile);
    let mut flows = FlowTable::new(flow::Limits::default());
    for data in &packets {
        let packet = Packet::new(LinkType::RAW, data);
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        report.push(&packet, &layers, &seen);
    }
    let mut page = Vec::new();
    report.write(flows.connections(), &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    // Two blocks of data and the page's own script, and nothing that would begin another.
    assert_eq!(page.to_lowercase().matches("<script").count(), 3);
    assert_eq!(page.to_lowercase().matches("</script").count(), 3);
    assert!(!page.contains("<!--") && !page.contains("alert(2)<"));
    assert!(page.chars().all(|c| c == '\n' || !crate::markup::acts(c)), "{page}");
    // The payload is there all the same, as hex digits.
    let hex: String = hostile.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(block(&page, "data-1").unwrap()["lines"][3]["b"].as_str().unwrap().ends_with(&hex));
}

#[test]
fn the_policy_names_the_script_and_the_style_that_are_there() {
    let page = page(&packets(1, 1, b"x"), ReportLimits::default());
    let between = |start: &str, end: &str| page.split_once(start).unwrap().1.split_once(end).unwrap().0;
    let style = between("<style>", "</style>");
    let script = between("<script>", "</script>");
    let policy = between("Content-Security-Policy\" content=\"", "\">");
    for (kind, code) in [("script", script), ("style", style)] {
        let source = format!("{kind}-src &#39;sha256-{}&#39;", digest::sha256(code));
        assert!(policy.contains(&source), "{policy}");
    }
    assert!(policy.starts_with("default-src &#39;none&#39;"));
    // Nothing else may stand where a script or a style could.
    assert!(!page.contains(" style=") && !page.contains(" onclick=") && !script.contains("innerHTML"));
}
