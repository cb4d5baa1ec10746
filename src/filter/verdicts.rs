//! libpcap's verdicts on packets of many link types, kept in a table that `tests/filter/verdicts.rs` writes.
use std::net::Ipv4Addr;

use super::Filter;
use crate::wire::LinkType;

/// What `ip broadcast` is asked about.
const NETMASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

/// The bytes of a packet in hexadecimal digits.
fn bytes(digits: &str) -> Vec<u8> {
    let digits = digits.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

#[test]
fn filters_select_what_libpcap_selects() {
    let (mut link, mut packets, mut expressions) = (LinkType::NULL, Vec::new(), 0);
    for (line, n) in include_str!("../../tests/data/filter/verdicts.txt").lines().zip(1..) {
        let (kind, rest) = line.split_once(' ').unwrap();
        match kind {
            "=" => (link, packets) = (LinkType(rest.parse().unwrap()), Vec::new()),
            "p" => {
                let (wire_len, data) = rest.split_once(' ').unwrap();
                packets.push((wire_len.parse().unwrap(), bytes(data)));
            }
            verdicts => {
                expressions += 1;
                assert_eq!(verdicts.len(), packets.len(), "line {n}");
                let filter = Filter::builder().netmask(Some(NETMASK)).compile(rest, link).unwrap();
                let ours: String = packets
                    .iter()
                    .map(|(wire_len, data)| if filter.matches(data, *wire_len) { '1' } else { '0' })
                    .collect();
                assert_eq!(ours, verdicts, "line {n}: {rest}");
            }
        }
    }
    assert!(expressions > 800, "only {expressions} expressions");
}
