//! SNMP: messages of every version, with everything that may be wrong in them.
use super::build::*;
use super::{Capture, EN10MB, IPV4};

/// An element in the basic encoding rules.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let len = contents.len();
    let head = if len < 0x80 { vec![len as u8] } else { cat(&[&[0x82], &(len as u16).to_be_bytes()]) };
    cat(&[&[tag], &head, contents])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &cat(parts))
}

fn integer(n: i16) -> Vec<u8> {
    element(2, &n.to_be_bytes())
}

fn text(value: &[u8]) -> Vec<u8> {
    element(4, value)
}

/// Encodings of object identifiers.
fn objects() -> Vec<Vec<u8>> {
    [
        &b"\x2b\x06\x01\x02\x01\x01\x03\x00"[..],
        b"\x2b\x06\x01\x02\x01\x02\x02\x01\x0a\x81\x00",
        b"\x2b\x06\x01\x04\x01\x09\x02\x01",
        b"\x2b\x06\x01\x04\x01\xbf\x08\x03\x02",
        b"\x2b\x06\x01\x03\x3c\x01",
        b"\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00",
        b"\x2b\x06\x01\x05",
        b"\x88\x37\x03",
        b"\x51\x01\x02",
        b"\x2b",
        b"\x2b\x06",
        b"",
        b"\x2b\xff\xff\xff\xff\xff\x7f\x01",
        b"\xff\xff\xff\xff\x7f\x01",
        b"\x2b\x86",
    ]
    .iter()
    .map(|o| element(6, o))
    .collect()
}

/// Values of every kind, good and bad.
fn values() -> Vec<Vec<u8>> {
    let mut values = vec![element(5, b"")];
    for tag in (0..0x20u8)
        .chain(0x40..0x4a)
        .chain(0x80..0x8b)
        .chain(0xa0..0xac)
        .chain([0x30, 0x31, 0x60, 0xc0, 0xc1, 0xe0])
    {
        for contents in [&b""[..], b"\x01", b"\xff\x01", b"text", b"\x80\x01\x02\x03\x04\x05\x06\x07\x08"] {
            values.push(element(tag, contents));
        }
    }
    values.extend(objects());
    values.push(text(&bytes(0, 140)));
    values.push(text(&[b'x'; 140]));
    for long in
        [&b"\x1f\x04\x01\x55"[..], b"\x1f\x84\x02\x01\x55", b"\x5f\x81\x82\x03\x01\x55", b"\x1f\x84", b"\x1f"]
    {
        values.push(long.to_vec());
    }
    for size in [
        &b"\x02\x81\x01\x07"[..],
        b"\x02\x84\0\0\0\x01\x07",
        b"\x02\x84\xff\xff\xff\xff",
        b"\x02\x80",
        b"\x02\x05\x01",
        b"\x04\x89\x01",
    ] {
        values.push(size.to_vec());
    }
    values
}

fn pdu(kind: u8, status: i16, index: i16, bindings: &[u8]) -> Vec<u8> {
    element(0xa0 | kind, &cat(&[&integer(77), &integer(status), &integer(index), bindings]))
}

fn message(version: i16, community: &[u8], pdu: &[u8]) -> Vec<u8> {
    sequence(&[&integer(version), &text(community), pdu])
}

fn communities() -> Vec<Vec<u8>> {
    let name = &objects()[0];
    let plain = sequence(&[&sequence(&[name, &element(5, b"")])]);
    let mut list = Vec::new();
    for version in [0i16, 1, 2, 3, 9, -1] {
        for kind in 0..10u8 {
            for (status, index) in [(0, 0), (2, 1), (0, 1), (5, 0), (18, 2), (19, -1), (-3, 3)] {
                list.push(message(version, b"public", &pdu(kind, status, index, &plain)));
            }
        }
        list.push(message(version, b"secret", &[]));
        list.push(message(version, b"bin\x01", &element(4, b"x")));
    }
    for value in values() {
        for kind in [0u8, 2] {
            let pair = sequence(&[name, &value]);
            list.push(message(1, b"public", &pdu(kind, 0, 0, &sequence(&[&pair, &pair]))));
        }
    }
    // Something else where an element of one kind must be.
    for wrong in
        [&element(5, b"")[..], &integer(1), &text(b"t"), &element(0x41, b"\x01"), &sequence(&[]), b"\x04"]
    {
        list.push(wrong.to_vec());
        list.push(sequence(&[wrong, &text(b"public")]));
        list.push(sequence(&[&integer(0), wrong]));
        list.push(sequence(&[&integer(0), &text(b"public"), wrong]));
        for parts in 0..4 {
            let good = [integer(1), integer(0), integer(0), plain.clone()];
            let mut pieces: Vec<Vec<u8>> = good[..parts].to_vec();
            pieces.push(wrong.to_vec());
            list.push(message(1, b"public", &element(0xa2, &pieces.concat())));
        }
        list.push(message(1, b"public", &pdu(2, 0, 0, &sequence(&[wrong]))));
        list.push(message(1, b"public", &pdu(2, 0, 0, &sequence(&[&sequence(&[wrong])]))));
    }
    for object in objects() {
        let pair = sequence(&[&object, &integer(1)]);
        list.push(message(1, b"public", &pdu(2, 0, 0, &sequence(&[&pair]))));
        list.push(message(1, b"public", &pdu(5, 0, 0, &sequence(&[&pair]))));
        for generic in [0i16, 3, 6, 7, -1] {
            let agent = element(0x40, &[192, 0, 2, 1]);
            let parts =
                [object.clone(), agent, integer(generic), integer(generic & 1), element(0x43, &[1, 2])];
            for count in 1..=parts.len() {
                let trap = cat(&[&parts[..count].concat(), &plain]);
                list.push(message(0, b"public", &element(0xa4, &trap)));
            }
        }
    }
    // More than there should be, at every level.
    list.push(cat(&[&message(1, b"public", &pdu(2, 0, 0, &plain)), b"\0\0"]));
    list.push(message(1, b"public", &cat(&[&pdu(2, 0, 0, &plain), b"\0"])));
    list.push(message(1, b"public", &pdu(2, 0, 0, &cat(&[&plain, b"\x05\0"]))));
    list.push(vec![]);
    list
}

fn third_version() -> Vec<Vec<u8>> {
    let name = &objects()[2];
    let inner = pdu(0, 0, 0, &sequence(&[&sequence(&[name, &element(5, b"")])]));
    let scoped = sequence(&[&text(b"\x80\0\x01"), &text(b"context"), &inner]);
    let user = sequence(&[
        &text(b"\x80\0\x01"),
        &integer(4),
        &integer(300),
        &text(b"user"),
        &text(&bytes(0xa0, 12)),
        &text(b""),
    ]);
    let header = |flags: &[u8], model: i16, more: &[u8]| {
        sequence(&[&integer(9), &integer(1500), &text(flags), &integer(model), more])
    };
    let mut list = Vec::new();
    let mut add = |header: &[u8], security: &[u8], scoped: &[u8]| {
        list.push(sequence(&[&integer(3), header, security, scoped]));
    };
    for flags in 0..9u8 {
        add(&header(&[flags], 3, &[]), &text(&user), &scoped);
    }
    for (flags, model) in [(&b""[..], 3), (b"\x01\x02", 3), (b"\x01", 2), (b"\x01", 0)] {
        add(&header(flags, model, &[]), &text(&user), &scoped);
    }
    for more in [&b"\x05\0"[..], b"\x05\0\x05\0\x05\0", b"\0"] {
        add(&header(&[4], 3, more), &text(&user), &scoped);
        add(&header(&[4], 3, &[]), &text(&cat(&[&user, more])), &cat(&[&scoped, more]));
    }
    for wrong in [&element(5, b"")[..], &integer(1), &text(b"encrypted\x01"), &sequence(&[]), b"\x30\x09"] {
        add(wrong, &text(&user), &scoped);
        add(&header(&[4], 3, &[]), wrong, &scoped);
        add(&header(&[4], 3, &[]), &text(wrong), &scoped);
        add(&header(&[4], 3, &[]), &text(&user), wrong);
        add(&sequence(&[wrong]), &text(&user), &scoped);
        add(&sequence(&[&integer(1), &integer(1), wrong]), &text(&user), &scoped);
        for count in 0..6 {
            let parts = [&text(b"e")[..], &integer(1), &integer(2), &text(b"u"), &text(b"a"), &text(b"p")];
            let short = sequence(&[&parts[..count].concat(), wrong]);
            add(&header(&[1], 3, &[]), &text(&short), &scoped);
        }
        for count in 0..3 {
            let parts = [&text(b"e")[..], &text(b"c\x1b"), &inner];
            add(&header(&[1], 3, &[]), &text(&user), &sequence(&[&parts[..count].concat(), wrong]));
        }
    }
    list
}

pub(crate) fn captures() -> Vec<Capture> {
    let frames = |messages: &[Vec<u8>]| -> Vec<Vec<u8>> {
        let v4 = ip4(17);
        let v6 = ip6(17);
        let frame = |(n, m): (usize, &Vec<u8>)| match n % 3 {
            0 => eth(0x86dd, &v6.carry(&udp6(&v6, 162, 40_000, m))),
            n => eth(0x0800, &v4.carry(&udp4(&v4, 40_000, 160 + n as u16, m))),
        };
        messages.iter().enumerate().map(frame).collect()
    };
    let cut = |messages: &[Vec<u8>], step: usize| -> Vec<Vec<u8>> {
        messages.iter().step_by(step).map(|m| ip4(17).carry(&udp4(&ip4(17), 161, 9, m))).collect()
    };
    vec![
        Capture::new("snmp-communities", EN10MB, frames(&communities())),
        Capture::cut("snmp-communities-cut", IPV4, cut(&communities(), 61)),
        Capture::new("snmp-third-version", EN10MB, frames(&third_version())),
        Capture::cut("snmp-third-version-cut", IPV4, cut(&third_version(), 17)),
    ]
}
