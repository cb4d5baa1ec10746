//! What lines look like; that they keep to the schema is checked on every capture by the tests of the binary.
use super::*;
use crate::flow::{FlowTable, Limits};
use crate::wire::LinkType;

/// The line of a frame.
fn line_of(link: LinkType, data: &[u8]) -> String {
    let packet = Packet { time: Timestamp::new(1, 5), ..Packet::new(link, data) };
    let layers = Layers::decode(link, data);
    let mut flows = FlowTable::new(Limits::default());
    let seen = flows.observe(&packet, &layers);
    let mut out = Vec::new();
    Lines::new().with_payload(true).packet(&mut out, &packet, &layers, &seen);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_segment_has_its_numbers_and_its_payload() {
    let line = line_of(
        LinkType::RAW,
        b"E\0\0\x2e\0\x07@\0@\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\
          \x04\x01\0P\0\0\0\x09\0\0\0\x05\x60\x18\x10\0\0\0\0\0\x01\x01\x01\x01\x1b\"",
    );
    for part in [
        r#""time":"1970-01-01T00:00:01.000000005Z","t":"0.000000000""#,
        r#""link":{"type":101,"name":"RAW","ether_type":2048}"#,
        r#""ip":{"version":4,"src":"10.0.0.1","dst":"10.0.0.2","protocol":6,"ttl":64"#,
        r#""tcp":{"src_port":1025,"dst_port":80,"flags":["PSH","ACK"],"seq":9,"ack":5"#,
        r#""options":[{"kind":"nop"},{"kind":"nop"},{"kind":"nop"},{"kind":"nop"}],"len":2}"#,
        r#""conn":1,"dir":"c2s""#,
        r#""payload":"GyI="}"#,
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(line.ends_with("}\n") && line.bytes().filter(|byte| *byte == b'\n').count() == 1);
}

#[test]
fn what_is_no_tcp_has_its_line_too() {
    let udp =
        line_of(LinkType::RAW, b"E\0\0\x1e\0\0\0\0@\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x07\0\x09\0\x0a\0\0hi");
    assert!(udp.contains(r#""udp":{"src_port":7,"dst_port":9,"len":2},"verdicts":[]"#), "{udp}");
    let none = line_of(LinkType::ETHERNET, b"cut");
    assert!(none.contains(r#""stop":"#) && !none.contains("\"ip\""), "{none}");
}
