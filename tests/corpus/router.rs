//! What routers, clocks and ticket servers send: RIP, BFD, PTP, Kerberos.
use super::build::*;
use super::{Capture, EN10MB, IPV4};

fn routes() -> Vec<Vec<u8>> {
    let entry = |family: u16, tag: u16, mask: [u8; 4], next: [u8; 4]| {
        cat(&[&family.to_be_bytes(), &tag.to_be_bytes(), &[10, 1, 2, 0], &mask, &next, &[0, 0, 0, 2]])
    };
    let mut entries = Vec::new();
    for family in [0u16, 1, 2, 6, 7, 16, 23, 24, 28, 30, 9999] {
        entries.push(entry(family, 0, [0; 4], [0; 4]));
        entries.push(entry(family, 7, [255, 255, 255, 0], [192, 0, 2, 9]));
        entries.push(entry(family, 0, [255, 0, 255, 0], [0; 4]));
    }
    for kind in 0..5u16 {
        entries.push(cat(&[&[0xff, 0xff], &kind.to_be_bytes(), b"secret\x1b\0and more"]));
    }
    let mut list = Vec::new();
    for version in 0..4u8 {
        for command in 0..8u8 {
            list.push(cat(&[&[command, version, 0, 0], &entries[6], &entries[7]]));
        }
        for one in &entries {
            for len in [0usize, 3, 4, 19, 20] {
                list.push(cat(&[&[2, version, 0, 0], &entries[7], &one[..len]]));
            }
            list.push(cat(&[&[1, version, 0, 0], one, &entries[7]]));
        }
    }
    list.extend([vec![], vec![2], vec![2, 2, 0]]);
    list
}

fn paths() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for version in 0..4u8 {
        for (n, flags) in
            [0u8, 0x40, 0x80, 0xc0, 0x20, 0x10, 0x08, 0x02, 0x01, 0xfb, 0x3f].into_iter().enumerate()
        {
            let head = [version << 5 | n as u8, flags, 3, 24];
            list.push(cat(&[&head, &bytes(1, 8), &[0, 15, 66, 64, 0, 0, 3, 232, 0x80, 1, 2, 3], &[0; 4]]));
        }
        for kind in 0..7u8 {
            for len in [0u8, 3, 4, 8, 19, 20, 24, 28] {
                let head = [version << 5, 0xc4, 255, 24];
                let authentication = cat(&[&[kind, len, 9], b"pa\x1bss", &bytes(3, 22)]);
                list.push(cat(&[&head, &bytes(0xf0, 20), &authentication]));
            }
        }
    }
    list.push(bytes(0x20, 23));
    list
}

fn clocks() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for kind in 0..16u8 {
        for (n, flags) in [0u16, 1, 0x0302, 0x3c, 0x7400, 0x18c0, 0xffff].into_iter().enumerate() {
            let head = cat(&[
                &[kind | (n as u8) << 4, 2, 0, 64, n as u8, 5],
                &flags.to_be_bytes(),
                &bytes(1, 24),
                &[kind, n as u8],
            ]);
            list.push(cat(&[&head, &bytes(0x11, 40)]));
        }
    }
    for version in [0u8, 1, 3, 0x12, 0xff] {
        list.push(cat(&[&[0, version], &bytes(0, 60)]));
    }
    list.extend([vec![], vec![0], bytes(2, 33), bytes(2, 34)]);
    list
}

fn tickets() -> Vec<Vec<u8>> {
    let mut list: Vec<Vec<u8>> = (0..8u8).chain([106, 107, 108]).map(|v| vec![v, 1, 2, 3]).collect();
    let who = b"us\x1ber\0inst\0REALM\0";
    for kind in (0..20u8).chain([126, 127, 200]) {
        for code in [0u16, 1, 8, 10, 11, 0x0800] {
            let head = cat(&[&[4, kind], who, &[1, 2, 3, 4], &code.to_be_bytes(), b"\x01\x02text\0more\0"]);
            list.push(head);
        }
        list.push(cat(&[&[4, kind], who, &[1, 2, 3, 4, 12], b"service\0instance\0"]));
        list.push(cat(&[&[4, kind, 3], b"REALM\0", &[7, 9]]));
        list.push(cat(&[&[4, kind], &who[..9]]));
        list.push(vec![4, kind]);
    }
    list.extend([vec![], vec![4]]);
    list
}

/// What is taken for a shim by its source port.
fn shims() -> Vec<Vec<u8>> {
    let four = tcp(ACK, 1, 2).payload(b"inside").over4(&ip4(6));
    let six = tcp(ACK, 1, 2).payload(b"inside").over6(&ip6(6));
    let frame = eth(0x0800, &four);
    let mut list = vec![vec![], vec![1, 2, 3]];
    for kind in 0..16u32 {
        for (n, inside) in [&four, &six, &frame, &vec![0x12; 9], &vec![]].into_iter().enumerate() {
            let word = (n as u32 * 2) << 29 | kind << 25 | (n as u32) << 22 | (kind * 4711);
            list.push(cat(&[&word.to_be_bytes(), inside]));
        }
    }
    list
}

pub(crate) fn captures() -> Vec<Capture> {
    let services: [(&str, u16, Vec<Vec<u8>>); 9] = [
        ("rip", 520, routes()),
        ("bfd-control", 3784, paths()),
        ("bfd-echo", 3785, paths()[..4].to_vec()),
        ("bfd-multihop", 4784, paths()[..20].to_vec()),
        ("bfd-bundle", 6784, paths()[..20].to_vec()),
        ("ptp-event", 319, clocks()),
        ("ptp-general", 320, clocks()[..9].to_vec()),
        ("kerberos", 88, tickets()),
        ("kerberos-old", 750, tickets()[..20].to_vec()),
    ];
    let mut list = Vec::new();
    for (name, port, messages) in services {
        let (v4, v6) = (ip4(17), ip6(17));
        let frame = |(n, m): (usize, &Vec<u8>)| match n % 4 {
            0 => eth(0x86dd, &v6.carry(&udp6(&v6, 40_000, port, m))),
            // The echo back: BFD goes by the destination only.
            1 if n % 8 == 1 => eth(0x0800, &v4.carry(&udp4(&v4, port, 40_000, m))),
            _ => eth(0x0800, &v4.carry(&udp4(&v4, 40_000, port, m))),
        };
        list.push(Capture::new(
            &format!("router-{name}"),
            EN10MB,
            messages.iter().enumerate().map(frame).collect(),
        ));
        let cut = messages.iter().step_by(23).map(|m| v4.carry(&udp4(&v4, 40_000, port, m))).collect();
        list.push(Capture::cut(&format!("router-{name}-cut"), IPV4, cut));
    }
    let v4 = ip4(17);
    let shims: Vec<_> = shims().iter().map(|m| v4.carry(&udp4(&v4, 49_152, 40_000, m))).collect();
    list.push(Capture::cut("router-shim-cut", IPV4, shims.iter().step_by(9).cloned().collect()));
    list.push(Capture::new("router-shim", IPV4, shims));
    list.push(Capture::new("router-ptp-ethernet", EN10MB, clocks().iter().map(|m| eth(0x88f7, m)).collect()));
    list
}
