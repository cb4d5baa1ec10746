//! Files with packets of several link types, and filters that have a meaning for some of them.
use super::*;
use crate::savefile::craft::File;

const ETHERNET: u16 = 1;
const SLL: u16 = 113;
const NETLINK: u16 = 253;

/// UDP between two ports, in IPv4.
fn udp(port: u8) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0x66, 0xce, 10, 0, 0, 1, 10, 0, 0, 2];
    packet.extend([0, 7, 0, port, 0, 8, 0, 0]);
    packet
}

/// A frame of this link type; with a VLAN tag where it can have one.
fn frame(link: u16, port: u8) -> Vec<u8> {
    let mut frame = match link {
        ETHERNET => [&[2; 12][..], &[0x81, 0, 0, 5, 8, 0]].concat(),
        SLL => [&[0, 0, 0, 1, 0, 6][..], &[2; 8], &[8, 0]].concat(),
        _ => vec![0; 16],
    };
    frame.extend(udp(port));
    frame
}

/// A pcapng file of these packets, each on an interface of its link type.
fn mixed(path: &Path, links: &[u16]) {
    let mut file = File::new(false);
    file.section(&[]);
    let mut known: Vec<u16> = Vec::new();
    for (link, port) in links.iter().zip(1..) {
        let id = known.iter().position(|each| each == link).unwrap_or_else(|| {
            known.push(*link);
            file.interface(*link, 0, &[]);
            known.len() - 1
        });
        file.packet(id as u32, 1_000_000 * u64::from(port), &frame(*link, port), &[]);
    }
    std::fs::write(path, file.bytes).expect("written");
}

/// Exit code, number of packets printed, what `--count` says, and the messages but the banner.
fn filtered(path: &Path, filter: &str) -> (Option<i32>, usize, String, Vec<String>) {
    let path = path.to_str().expect("UTF-8");
    let printed = run(["-n", "-r", path, filter]);
    let counted = run(["-n", "--count", "-r", path, filter]);
    assert_eq!(printed.status.code(), counted.status.code());
    let messages = text(&printed.stderr).lines().skip(1).map(str::to_owned).collect();
    let count = text(&counted.stdout).trim_end().to_owned();
    // What is not decoded is dumped below its line.
    let packets = text(&printed.stdout).lines().filter(|line| !line.starts_with('\t')).count();
    (printed.status.code(), packets, count, messages)
}

#[test]
fn a_packet_that_the_filter_has_no_meaning_for_does_not_match_and_the_rest_is_read() {
    let scratch = Scratch::new();
    let path = scratch.path("mixed.pcapng");
    mixed(&path, &[ETHERNET, SLL, NETLINK, ETHERNET, SLL, NETLINK, ETHERNET]);
    let (code, lines, count, messages) = filtered(&path, "vlan 5");
    assert_eq!((code, lines, count.as_str()), (Some(0), 3, "3 packets"));
    assert_eq!(messages.len(), 2, "{messages:?}");
    for (message, link) in messages.iter().zip(["LINUX_SLL (Linux cooked v1)", "NETLINK (Linux netlink)"]) {
        assert!(
            message.starts_with(&format!("synack: no packet of link type {link} matches: ")),
            "{message}"
        );
    }
    let (code, lines, count, messages) = filtered(&path, "greater 60 or len = 44");
    assert_eq!((code, lines, count.as_str(), messages.len()), (Some(0), 4, "4 packets", 0));
    let (code, lines, count, messages) = filtered(&path, "ip");
    assert_eq!((code, lines, count.as_str(), messages.len()), (Some(0), 2, "2 packets", 1));
}

#[test]
fn the_first_packet_may_be_the_one_without_meaning() {
    let scratch = Scratch::new();
    let path = scratch.path("first.pcapng");
    mixed(&path, &[NETLINK, SLL, NETLINK, SLL]);
    let (code, lines, count, messages) = filtered(&path, "udp dst port 4");
    assert_eq!((code, lines, count.as_str(), messages.len()), (Some(0), 1, "1 packet", 1), "{messages:?}");
}

#[test]
fn a_filter_without_meaning_for_any_packet_is_an_error() {
    let scratch = Scratch::new();
    let path = scratch.path("none.pcapng");
    mixed(&path, &[NETLINK, NETLINK]);
    let (code, lines, count, messages) = filtered(&path, "udp");
    assert_eq!((code, lines, count.as_str()), (Some(1), 0, "0 packets"));
    let last = messages.iter().find(|line| line.starts_with("synack: Linux netlink")).expect("the reason");
    assert_eq!(last, "synack: Linux netlink link-layer type filtering not implemented");
    // What is wrong for every type is wrong at once.
    let (code, lines, ..) = filtered(&path, "udp and");
    assert_eq!((code, lines), (Some(1), 0));
}
