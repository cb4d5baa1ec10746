//! The file itself: byte orders, nanoseconds, times that cannot be, records that lie.
use super::build::*;
use super::{Capture, EN10MB, Record};

fn base() -> Vec<Vec<u8>> {
    vec![
        tcp(SYN, 1, 0).frame(),
        tcp(SYN | ACK, 100, 2).back().frame_back(),
        tcp(ACK, 2, 101).frame(),
        tcp(PSH | ACK, 2, 101).payload(b"data").frame(),
    ]
}

fn times() -> Vec<(u32, u32)> {
    let mut list = Vec::new();
    for secs in [0u32, 1, 59, 3_600, 86_399, 951_782_399, 951_868_800, 1_709_164_800, 0x7fff_ffff] {
        for frac in [0u32, 1, 999_999] {
            list.push((secs, frac));
        }
    }
    // Backwards and impossible fractions. Seconds with the top bit are those of `differences`.
    list.extend([
        (100, 0),
        (50, 500_000),
        (50, 499_999),
        (7, 1_000_000),
        (7, 4_294_967_295),
        (8, 999_999_999),
    ]);
    list.extend([
        // libpcap takes these as signed or not, by the byte order of the file.
        (0x7fff_fff0, 0x8000_0000),
        (0x7fff_fff2, 0xffff_fc18),
        (0x7fff_ffff, 0xffff_fc17),
        (9, 0x7fff_ffff),
        (5, 5),
        (1_700_000_000, 123_456),
    ]);
    list
}

fn timed(name: &str, big_endian: bool, nanos: bool) -> Capture {
    let data = &base()[2];
    let records = times()
        .into_iter()
        .map(|(secs, frac)| Record { secs, frac, wire_len: data.len() as u32, data: data.clone() })
        .collect();
    Capture { big_endian, nanos, records, ..Capture::new(name, EN10MB, Vec::new()) }
}

/// CAN frames in a cooked header: their identifiers are in the order of the host that captured.
fn can(name: &str, link: u32, big_endian: bool) -> Capture {
    let (header, kind_at) = if link == 113 { (16, 14) } else { (20, 0) };
    let frame = |kind: u16, len: usize| {
        let mut data = bytes(3, header + len);
        data[kind_at..kind_at + 2].copy_from_slice(&kind.to_be_bytes());
        data
    };
    let frames = vec![frame(0x0c, 16), frame(0x0d, 4), frame(0x0c, 3), frame(0x0e, 16), frame(4, 16)];
    Capture { big_endian, ..Capture::new(name, link, frames) }
}

/// Records no capture should hold: nothing captured, less on the wire than captured, too long.
fn odd_records() -> Capture {
    let mut capture = Capture::new("file-odd-records", EN10MB, base());
    let frame = base()[3].clone();
    for (captured, wire) in [
        (0usize, 60usize),
        (0, 0),
        (frame.len(), 0),
        (frame.len(), 1),
        (frame.len(), 19),
        (frame.len(), frame.len() - 1),
        (20, 19),
        (frame.len(), 262_144),
        (frame.len(), 262_145),
        (0, 300_000),
        (frame.len(), 0xffff_ffff),
    ] {
        capture.push(frame[..captured].to_vec(), wire);
        capture.push(frame.clone(), frame.len());
    }
    capture
}

fn large() -> Capture {
    let giant = tcp(ACK, 1, 1).payload(&bytes(0, 65_000));
    let frames = vec![
        giant.frame(),
        eth(0x86dd, &giant.over6(&ip6(6))),
        // More than the length field can say; without this option they are those of `differences`.
        eth(
            0x86dd,
            &Ip6 { len: Some(0), ..ip6(0) }.carry(&cat(&[
                &[6, 0, 0xc2, 4, 0, 1, 0x11, 0x8c],
                &tcp(ACK, 1, 1).payload(&bytes(0, 70_000)).bare(),
            ])),
        ),
    ];
    Capture::new("file-large", EN10MB, frames)
}

pub(crate) fn captures() -> Vec<Capture> {
    let plain = Capture::new("file-big-endian", EN10MB, base());
    vec![
        Capture { big_endian: true, ..plain.clone() },
        Capture { name: "file-nanos".into(), nanos: true, ..plain.clone() },
        Capture { name: "file-big-endian-nanos".into(), big_endian: true, nanos: true, ..plain },
        timed("file-times", false, false),
        timed("file-times-nanos", false, true),
        timed("file-times-big-endian", true, false),
        timed("file-times-big-endian-nanos", true, true),
        can("file-can", 113, false),
        can("file-can-big-endian", 113, true),
        can("file-can-big-endian-two", 276, true),
        odd_records(),
        large(),
        Capture::new("file-empty", EN10MB, Vec::new()),
    ]
}
