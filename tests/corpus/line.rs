//! Lines and ports: PPP over Ethernet and in tunnels, EAP at a port, Ethernet loopback.
use super::build::*;
use super::{Capture, EN10MB, IPV4};

/// The link type of serial lines.
const PPP: u32 = 9;

/// A message that sets a line up; `lie` is added to its length.
fn control(code: u8, options: &[u8], lie: i16) -> Vec<u8> {
    let len = (options.len() as i16 + 4 + lie) as u16;
    cat(&[&[code, 7], &len.to_be_bytes(), options])
}

/// An option whose length is `len`, with as many bytes of value.
fn option(kind: u8, len: u8, value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    value.resize(usize::from(len.max(2)) - 2, 0x41);
    cat(&[&[kind, len], &value])
}

/// Options of every kind below 34 and at the ends of the tables, in likely lengths.
fn options(protocol: u16) -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for kind in (0..34u8).chain([128, 129, 130, 131, 132, 133, 254, 255]) {
        for len in [0u8, 1, 2, 3, 4, 5, 6, 7, 9, 10, 14, 15, 20] {
            list.push(option(kind, len, &[0xc2, 0x23, 5, 9, 8, 7, 6, 5]));
        }
    }
    if protocol == 0xc021 {
        for algorithm in [5u8, 128, 129, 6] {
            list.push(option(3, 5, &[0xc2, 0x23, algorithm]));
        }
        for method in [0xc023u16, 0xc025, 0xc027, 0xc123, 0xc227, 0xc223, 0x1234] {
            list.push(option(3, 4, &method.to_be_bytes()));
            list.push(option(4, 8, &method.to_be_bytes()));
        }
        for class in 0..8u8 {
            for len in [3u8, 7, 9] {
                list.push(option(19, len, &[class, 10, 9, 8, 7, 6, 5]));
            }
            list.push(option(13, 3, &[class]));
        }
    }
    if protocol == 0x8021 {
        for method in [0x2du16, 0x61, 0x37] {
            let head = cat(&[&method.to_be_bytes(), &bytes(0, 10)]);
            for rest in [&[][..], &[1, 2, 2, 2, 3, 2], &[1, 4, 9, 9, 0, 0], &[2, 9], &[2, 0], &[1]] {
                let value = cat(&[&head, rest]);
                list.push(option(2, value.len() as u8 + 2, &value));
            }
        }
    }
    list
}

/// What PPP carries, each after its protocol number.
fn payloads() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    let mut add = |protocol: u16, payload: &[u8]| list.push(cat(&[&protocol.to_be_bytes(), payload]));
    let four = tcp(ACK, 1, 2).payload(b"inside").over4(&ip4(6));
    let six = tcp(ACK, 1, 2).payload(b"inside").over6(&ip6(6));
    for protocol in [0x21, 0x2f, 0x800] {
        add(protocol, &four);
    }
    add(0x57, &six);
    add(0x86dd, &six);
    for protocol in [0x281, 0x283] {
        add(protocol, &cat(&[&[0, 1, 0x11, 64], &four]));
    }
    for protocol in [
        0x25, 0x27, 0x29, 0x2d, 0x31, 0x33, 0x35, 0x3d, 0xfd, 0x201, 0x231, 0x233, 0x4021, 0x8025, 0x8027,
        0x8029, 0x802b, 0x8033, 0x8035, 0xc025, 0xc027, 0xc02d, 0xc03d, 0xc123, 0xc227, 0x9999, 0x0002,
    ] {
        add(protocol, &bytes(0x30, 21));
        add(protocol, &[]);
    }
    for flags in [0xc0u8, 0x80, 0x40, 0, 0x3f] {
        add(0x3d, &[flags, 1, 2, 3]);
    }
    for protocol in [0xc021u16, 0x8021, 0x8023, 0x8057, 0x80fd, 0x8281, 0xc02b] {
        for code in 0..18u8 {
            for len in [0usize, 1, 2, 4, 7, 8, 9, 20] {
                add(protocol, &control(code, &bytes(b'A', len), 0));
            }
            for lie in [-9, -3, -1, 1, 40] {
                add(protocol, &control(code, &bytes(2, 12), lie));
            }
        }
        for number in [0xc223u16, 0x21, 0x1234] {
            add(protocol, &control(8, &cat(&[&number.to_be_bytes(), &bytes(1, 9)]), 0));
        }
        for (n, one) in options(protocol).iter().enumerate() {
            add(protocol, &control(1 + (n % 4) as u8, one, 0));
            add(protocol, &control(1, &cat(&[&option(1, 4, &[5, 0xdc]), one, &option(5, 6, &[])]), 0));
        }
    }
    for code in 0..6u8 {
        for length in [0u16, 3, 4, 5, 6, 12, 17, 18, 19, 60] {
            for size in [0u8, 4, 9, 10, 200] {
                let body = cat(&[&[code, 1], &length.to_be_bytes(), &[size], b"user\x04pa\x1bs", b"!tail"]);
                add(0xc223, &body);
                add(0xc023, &body);
            }
        }
        for len in 0..6usize {
            add(0xc223, &[code, 1, 0, 9, 1, 2][..len]);
            add(0xc023, &[code, 1, 0, 9, 1, 2][..len]);
        }
    }
    // As escaped on a serial line: the flag is taken for a protocol number.
    let escape = |packet: &[u8]| {
        let mut out = Vec::new();
        for &byte in packet {
            if byte < 0x20 || matches!(byte, 0x7d | 0x7e) {
                out.extend([0x7d, byte ^ 0x20]);
            } else {
                out.push(byte);
            }
        }
        out
    };
    for inner in [
        cat(&[&[0x21], &four]),
        cat(&[&[0x57], &six]),
        cat(&[&[0, 0x21], &four]),
        cat(&[&[0xff, 3, 0, 0x21], &four]),
        cat(&[&[0xff, 3, 0xc0, 0x21], &control(1, &option(1, 4, &[5, 0xdc]), 0)]),
        cat(&[&[0xff, 3, 0x7e], &four]),
        vec![0x7e, 1, 2, 3, 4],
        vec![0xff, 3, 0xc0],
        vec![0xff, 3],
        vec![0xff],
    ] {
        list.push(cat(&[&[0x7e], &escape(&inner)]));
        list.push(cat(&[&[0x7e], &escape(&inner), &[0x7d]]));
    }
    list
}

fn session(code: u8, id: u16, lie: i16, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as i16 + lie) as u16;
    cat(&[&[0x11, code], &id.to_be_bytes(), &len.to_be_bytes(), payload])
}

fn sessions() -> Vec<Vec<u8>> {
    let mut list: Vec<Vec<u8>> = payloads().iter().map(|p| session(0, 0x11, 0, p)).collect();
    let lcp = cat(&[&[0xc0, 0x21], &control(9, &[0, 0, 0, 1, 1, 2, 3], 0)]);
    for prefix in [&[0xff, 3][..], &[0, 3], &[1, 3], &[0xff, 2]] {
        list.push(session(0, 1, 0, &cat(&[prefix, &lcp])));
        list.push(session(0, 1, 0, prefix));
    }
    // One byte of protocol number.
    let four = tcp(ACK, 1, 2).payload(b"inside").over4(&ip4(6));
    list.push(session(0, 1, 0, &cat(&[&[0x21], &four])));
    list.push(cat(&[&session(0, 1, 0, &cat(&[&[0, 0x21], &four])), &[0; 12]]));
    for lie in [-40, -2, -1, 1, 2000] {
        list.push(session(0, 1, lie, &cat(&[&[0, 0x21], &four])));
    }
    for first in [0x10u8, 0x01, 0x21, 0x12, 0xff] {
        list.push(cat(&[&[first, 0, 0, 1, 0, 9], &lcp]));
    }
    list
}

fn discoveries() -> Vec<Vec<u8>> {
    let tag =
        |kind: u16, value: &[u8]| cat(&[&kind.to_be_bytes(), &(value.len() as u16).to_be_bytes(), value]);
    let mut list = Vec::new();
    let long = bytes(b' ', 120);
    let values: [&[u8]; 9] =
        [b"", b"isp", b"\x01\x02\x03", b"a\x01", b"ab\x01", b"a]\"\\", &long, &[b'x'; 200], &[7; 90]];
    for code in [0x09u8, 0x07, 0x19, 0x65, 0xa7, 1, 0xff] {
        for kind in [0u16, 0x101, 0x102, 0x103, 0x104, 0x105, 0x110, 0x120, 0x201, 0x202, 0x203, 0x999] {
            for value in values.iter().skip(usize::from(code) % 2).step_by(2) {
                let tags = cat(&[&tag(0x101, b""), &tag(kind, value), &tag(0x103, b"host")]);
                list.push(session(code, u16::from(code) >> 5, 0, &tags));
            }
        }
        for lie in [-9, -3, 1, 3, 1600] {
            list.push(session(code, 0, lie, &tag(0x102, b"access")));
        }
        list.push(session(code, 0, 0, &cat(&[&tag(0x102, b"access"), &[1, 2, 0]])));
        list.push(session(code, 0, 0, &[1, 2, 0, 200, 1]));
        list.push(session(code, 0, 1490, &bytes(0, 8)));
    }
    for len in 0..7usize {
        list.push(session(9, 0, 0, &tag(0x101, b""))[..len].to_vec());
    }
    list
}

fn ports() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for kind in 0..6u8 {
        for len in [0u16, 4, 95] {
            list.push(cat(&[&[2, kind], &len.to_be_bytes(), &bytes(1, usize::from(len))]));
        }
    }
    let eap = |code: u8, lie: i16, body: &[u8]| {
        let len = body.len() as u16 + 4;
        let said = (len as i16 + lie) as u16;
        cat(&[&[1, 0], &len.to_be_bytes(), &[code, 5], &said.to_be_bytes(), body])
    };
    for code in 0..6u8 {
        for method in (0..26u8).chain([43, 254, 255]) {
            for flags in [0u8, 1, 2, 4, 5, 10, 11, 12, 13, 14, 0x20, 0x40, 0x80, 0xe7] {
                list.push(eap(code, 0, &[method, flags, 0, 0, 5, 0xdc, b'x']));
            }
            list.push(eap(code, 0, &[method]));
            list.push(eap(code, 0, &[method, 0x80, 1]));
            list.push(eap(code, 0, &cat(&[&[method], b"us\x1b\xe9er\0hidden"])));
        }
        list.push(eap(code, 0, &[]));
        list.push(eap(code, 1, b"\x01user"));
        list.push(cat(&[&[1, 0, 0, 3, code, 5, 0, 3], b"\x01user"]));
        list.push(cat(&[&[1, 0, 0, 90, code, 5, 0, 90], b"\x01user"]));
    }
    list
}

fn loops() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for skip in [0u16, 1, 8, 16, 40, 0xfff8] {
        for function in [0u16, 1, 2, 3, 256] {
            let rest = cat(&[&bytes(0, usize::from(skip.min(40))), &function.to_le_bytes(), &bytes(1, 12)]);
            for len in [0, 1, 2, 3, 4, 7, 8, 14, 50] {
                list.push(cat(&[&skip.to_le_bytes(), &rest[..rest.len().min(len)]]));
            }
            list.push(cat(&[&skip.to_le_bytes(), &rest]));
        }
    }
    list.push(vec![]);
    list.push(vec![0]);
    list
}

pub(crate) fn captures() -> Vec<Capture> {
    let frames = |kinds: &[u16], bodies: &[Vec<u8>]| -> Vec<Vec<u8>> {
        bodies.iter().enumerate().map(|(n, body)| eth(kinds[n % kinds.len()], body)).collect()
    };
    let every = |packets: &[Vec<u8>], step: usize| packets.iter().step_by(step).cloned().collect::<Vec<_>>();
    let calls: Vec<Vec<u8>> = payloads()
        .iter()
        .enumerate()
        .map(|(n, payload)| {
            let len = payload.len() as u16;
            let head = cat(&[&[0x30, 0x01, 0x88, 0x0b], &len.to_be_bytes(), &[0, 9], &[0, 0, 0, n as u8]]);
            ip4(47).carry(&cat(&[&head, payload]))
        })
        .collect();
    let sessions = frames(&[0x8864, 0x3c13], &sessions());
    let discoveries = frames(&[0x8863, 0x3c12], &discoveries());
    let ports = frames(&[0x888e], &ports());
    let loops = frames(&[0x9000], &loops());
    let bare = frames(&[0x880b], &payloads());
    let tagged = every(&payloads(), 31).iter().map(|p| eth(0x8100, &tag(7, 0x880b, p))).collect();
    vec![
        Capture::cut("line-session-cut", EN10MB, every(&sessions, 29)),
        Capture::new("line-session", EN10MB, sessions),
        Capture::cut("line-discovery-cut", EN10MB, every(&discoveries, 23)),
        Capture::new("line-discovery", EN10MB, discoveries),
        Capture::cut("line-port-cut", EN10MB, every(&ports, 61)),
        Capture::new("line-port", EN10MB, ports),
        Capture::cut("line-loop-cut", EN10MB, every(&loops, 7)),
        Capture::new("line-loop", EN10MB, loops),
        Capture::cut("line-serial-cut", PPP, every(&payloads(), 37)),
        Capture::new("line-serial", PPP, payloads()),
        Capture::new("line-bare", EN10MB, bare),
        Capture::new("line-tagged", EN10MB, tagged),
        Capture::cut("line-call-cut", IPV4, every(&calls, 47)),
        Capture::new("line-call", IPV4, calls),
    ]
}
