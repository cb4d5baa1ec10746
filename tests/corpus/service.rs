//! What UDP and labels carry besides DNS: network services and tunnels.
use super::build::*;
use super::{Capture, EN10MB, IPV4, IPV6};

/// A service: its name, its port, and messages of it, the richest first.
struct Service {
    name: &'static str,
    port: u16,
    messages: Vec<Vec<u8>>,
}

/// A DHCP message of operation `op` for hardware of `kind`, with `vendor` at its end.
fn dhcp_of(op: u8, kind: u8, size: u8, names: (&[u8], &[u8]), vendor: &[u8]) -> Vec<u8> {
    let padded = |text: &[u8], n: usize| {
        let mut text = text.to_vec();
        text.resize(n, 0);
        text
    };
    cat(&[
        &[op, kind, size, op - 1, 0xde, 0xad, 0, op, 0, op, op << 7, 0],
        &[0, 0, 0, 0, 192, 0, 2, 50, 192, 0, 2, 1, 0, 0, 0, op - 1],
        &padded(&MAC_A, 16),
        &padded(names.0, 64),
        &padded(names.1, 128),
        vendor,
    ])
}

fn option(tag: u8, value: &[u8]) -> Vec<u8> {
    cat(&[&[tag, value.len() as u8], value])
}

fn dhcp() -> Vec<Vec<u8>> {
    let mut options = b"\x63\x82\x53\x63".to_vec();
    let values: [(u8, &[u8]); 30] = [
        (53, &[1]),
        (53, &[99]),
        (53, &[1, 2]),
        (1, &[255, 255, 255, 0]),
        (3, &[192, 0, 2, 1, 192, 0, 2, 2, 9]),
        (2, &[0xff, 0xff, 0x8f, 0x80]),
        (12, b"host\x1b\xe9"),
        (33, &bytes(1, 17)),
        (20, &[0, 1, 2]),
        (46, &[8]),
        (46, &[3, 4]),
        (46, &[]),
        (51, &[0, 1, 0x51, 0x80]),
        (52, &[3]),
        (55, &[1, 3, 6, 15, 31, 200, 255]),
        (57, &[5, 0xdc]),
        (61, &[1, 2, 0, 0, 0, 0, 1]),
        (61, b"\0name"),
        (61, &[255, 1, 2]),
        (77, b"\x03abc\x02de"),
        (77, b"\x09abc"),
        (81, b"\x35\x01\x02host.example"),
        (81, b"\0"),
        (82, b"\x01\x02ab\x02\x01z\x09\x03\x01\x02\x03\x06\x09"),
        (82, b"\x01\x01ab"),
        (121, &[24, 198, 51, 100, 192, 0, 2, 1, 0, 192, 0, 2, 2]),
        (121, &[33, 1, 2, 3, 4]),
        (249, &[24, 1, 2, 3, 4]),
        (150, &[192, 0, 2, 9]),
        (224, &bytes(7, 6)),
    ];
    for (tag, value) in values {
        options.extend(option(tag, value));
    }
    options.extend([0, 0, 0]);
    options.extend(option(225, &bytes(0, 5)));
    options.extend(option(226, &bytes(0, 8)));
    options.push(255);
    let carnegie = cat(&[b"CMU\0\x02\0\0\0", &bytes(0, 32)]);
    vec![
        dhcp_of(1, 1, 6, (b"server", b"boot/file"), &options),
        dhcp_of(2, 1, 6, (b"", &[b'x'; 128]), &options),
        dhcp_of(2, 6, 6, (&[b'y'; 64], b""), &options),
        dhcp_of(3, 1, 16, (b"", b""), &carnegie),
        dhcp_of(1, 1, 6, (b"", b""), &[0; 4]),
        dhcp_of(1, 1, 6, (b"", b""), &[1, 2, 3, 4]),
        dhcp_of(1, 1, 6, (b"", b""), &cat(&[b"\x63\x82\x53\x63", &[12, 9, 1]])),
    ]
}

fn option6(code: u16, value: &[u8]) -> Vec<u8> {
    cat(&[&code.to_be_bytes(), &(value.len() as u16).to_be_bytes(), value])
}

fn dhcp6() -> Vec<Vec<u8>> {
    let address = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let leased = option6(5, &cat(&[&address, &[0, 0, 0, 9, 0, 0, 1, 0], &option6(13, &[0, 2])]));
    let prefix = option6(26, &cat(&[&[0, 0, 0, 9, 0, 0, 1, 0, 56], &address]));
    let name = b"\x07example\x03com\0";
    let values: Vec<(u16, Vec<u8>)> = vec![
        (1, vec![0, 1, 0, 1, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1]),
        (2, vec![0, 2, 0, 0, 0, 9, 1, 2, 3, 4]),
        (1, vec![0, 3, 0, 1, 2, 0, 0, 0, 0, 1]),
        (1, vec![0, 4, 1]),
        (1, vec![0, 1, 0, 1]),
        (3, cat(&[&[0; 12], &leased])),
        (4, cat(&[&[0, 0, 0, 1], &leased])),
        (25, cat(&[&[0xff; 12], &prefix])),
        (6, vec![0, 23, 0, 24, 0xff, 0xff]),
        (6, vec![0]),
        (7, vec![255]),
        (8, vec![1, 0]),
        (11, cat(&[&[2, 1, 0], &[7; 8], &bytes(0, 23)])),
        (11, cat(&[&[3, 2, 1], &[7; 8], &[2], &bytes(0, 16)])),
        (11, vec![9; 11]),
        (13, vec![0, 11]),
        (13, vec![1, 0]),
        (14, vec![]),
        (18, bytes(0, 12)),
        (19, vec![5]),
        (19, vec![9]),
        (23, cat(&[&address, &address])),
        (24, cat(&[name, name])),
        (32, vec![0, 0, 0, 60]),
        (37, bytes(0, 16)),
        (38, vec![1]),
        (41, b"EST5\x1bEDT\0x".to_vec()),
        (44, cat(&[&[1], &address, &leased])),
        (45, leased.clone()),
        (47, cat(&[&address, &bytes(0, 12)])),
        (56, cat(&[&option6(1, &address), &option6(3, name), &option6(2, &[1]), &option6(9, &[])])),
        (64, name.to_vec()),
        (64, b"\x09toolong".to_vec()),
        (99, vec![1, 2]),
    ];
    let options: Vec<u8> = values.iter().flat_map(|(code, value)| option6(*code, value)).collect();
    let relayed = cat(&[&[1, 0, 0, 7], &option6(8, &[0, 0])]);
    let mut list = vec![
        cat(&[&[7, 0x12, 0x34, 0x56], &options]),
        cat(&[&[12, 1], &address, &address, &option6(9, &relayed), &option6(18, b"port")]),
        cat(&[&[1, 0, 0, 0], &option6(24, b"\x05ab")]),
        cat(&[&[1, 0, 0, 0], &option6(56, &[0, 1, 0, 9, 1])]),
        vec![1, 0, 0, 0, 0, 1, 0],
        vec![1, 0, 0, 0, 0, 1, 0, 9],
        vec![1, 0, 0],
    ];
    list.extend((0..17u8).map(|kind| vec![kind, 0, 0, 0]));
    list
}

fn ntp() -> Vec<Vec<u8>> {
    let time = |status: u8, stratum: u8, poll: u8, tail: usize| {
        cat(&[
            &[status, stratum, poll, 0xec, 0, 1, 0x80, 0, 0, 0, 0xff, 0xff],
            b"GPS\0",
            &[0xe8, 0xd4, 0xa5, 0x10, 0x80, 0, 0, 0],
            &if poll == 6 { [0; 8] } else { [0xe8, 0xd4, 0xa5, 0x11, 0, 0, 0, 9] },
            &[0xe8, 0xd4, 0xa5, 0x11, 0xff, 0xff, 0xff, 0xff],
            &[0xe8, 0xd4, 0xa5, 0x10, 0x12, 0x34, 0x56, 0x78],
            &bytes(0, tail),
        ])
    };
    let mut list = Vec::new();
    for (n, tail) in [20usize, 0, 4, 24, 7].into_iter().enumerate() {
        list.push(time(0x24, 1, 6 + n as u8, tail));
    }
    for (status, stratum, poll) in
        [(0xe3, 0, 0xfa), (0x63, 2, 31), (0xa5, 16, 32), (0x09, 62, 0xe1), (0x12, 63, 0xe0), (0x20, 15, 0)]
    {
        list.push(time(status, stratum, poll, 0));
    }
    list.push(time(0x27, 1, 6, 0));
    list.push(bytes(0x23, 20));
    for count in [0u8, 4, 200] {
        list.push(cat(&[&[0x16, 0xe2, 0, 1, count, 0, 0, 7, 0, 0, 0, count], b"data"]));
    }
    list.push(vec![0x16, 1, 2]);
    list
}

fn tftp() -> Vec<Vec<u8>> {
    [
        &b"\0\x01boot/a\x1b\0octet\0blksize\x001428\0\0"[..],
        b"\0\x02name\0netascii\0",
        b"\0\x02name\0",
        b"\0\x02name",
        b"\0\x01",
        b"\0\x03\0\x07data",
        b"\0\x04\xff\xff",
        b"\0\x04\xff",
        b"\0\x05\0\x01no such file\0",
        b"\0\x05\0\x09other",
        b"\0\x05\0\x09",
        b"\0\x06tsize\x009\0",
        b"\0\x07x",
        b"\0",
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

fn syslog() -> Vec<Vec<u8>> {
    [
        &b"<34>Oct 11 22:14:15 host su: \x1b[31mfailed\xe9"[..],
        b"<191>",
        b"<999>x",
        b"<1234>x",
        b"<0>1 - - -",
        b"<>x",
        b"<1x>",
        b"none",
        b"<12",
        b"",
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

fn sip() -> Vec<Vec<u8>> {
    [
        &b"INVITE sip:bob@example.org SIP/2.0\r\nMax-Forwards: 70\r\n\r\nv=0\r\n"[..],
        b"SIP/2.0 180 Ringing\r\n\r\n",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n",
        b"publish x\n",
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

fn frame() -> Vec<u8> {
    tcp(SYN, 1, 0).frame()
}

fn vxlan() -> Vec<Vec<u8>> {
    vec![
        cat(&[&[8, 0, 0, 0, 0, 1, 2, 0], &frame()]),
        cat(&[&[0x80, 1, 2, 3, 255, 255, 255, 9], &frame()]),
        vec![8, 0, 0, 0, 0, 1, 2],
        vec![8, 0, 0, 0, 0, 1, 2, 0],
    ]
}

fn geneve() -> Vec<Vec<u8>> {
    let header = |first: u8, flags: u8, kind: u16, last: u8| {
        cat(&[&[first, flags], &kind.to_be_bytes(), &[0, 0x12, 0x34, last]])
    };
    let options = [1, 2, 0x81, 1, 1, 2, 3, 4, 0xff, 0xf0, 1, 0];
    let mut list = vec![
        cat(&[&header(3, 0xff, 0x6558, 7), &options, &frame()]),
        cat(&[&header(0, 0, 0x0800, 0), &tcp(ACK, 1, 1).over4(&ip4(6))]),
        cat(&[&header(1, 0x40, 0x86dd, 0), &[0, 1, 0, 5], &tcp(ACK, 1, 1).over6(&ip6(6))]),
        header(0, 0x80, 0x1234, 0),
        header(1, 0x80, 0x1234, 0),
        header(0x40, 0, 0x6558, 0),
        vec![0; 7],
    ];
    for class in [0x00ffu16, 0x0100, 0x0101, 0x0103, 0x0104, 0x0105, 0xffef] {
        list.push(cat(&[&header(1, 0, 0x6558, 0), &class.to_be_bytes(), &[1, 0xe0], &frame()]));
    }
    list
}

fn hsrp() -> Vec<Vec<u8>> {
    let message = |version: u8, code: u8, state: u8, reserved: u8| {
        cat(&[&[version, code, state, 3, 70, 120, 1, reserved], b"cisco\0\0\x1b", &[192, 0, 2, 254]])
    };
    let mut list = vec![message(0, 0, 16, 9)];
    for (n, state) in [0u8, 1, 2, 3, 4, 8, 16].into_iter().enumerate() {
        list.push(message(0, n as u8, state, 0));
    }
    list.push(message(1, 0, 0, 0));
    list
}

/// Label stacks: the last entry has the bottom bit.
fn mpls() -> Vec<Vec<u8>> {
    let (four, six) = (tcp(SYN, 1, 0).over4(&ip4(6)), tcp(SYN, 1, 0).over6(&ip6(6)));
    let stack = |labels: &[u32], payload: &[u8]| {
        let last = labels.len() - 1;
        let entries = labels.iter().enumerate().map(|(n, label)| {
            let bottom = if n == last { 0x100 } else { 0 };
            (label << 12 | (n as u32) << 9 | bottom | 64).to_be_bytes().to_vec()
        });
        cat(&[&entries.flatten().collect::<Vec<u8>>(), payload])
    };
    vec![
        stack(&[1, 15, 16, 1_048_575], &four),
        stack(&[0], &four),
        stack(&[3], &four),
        stack(&[2], &six),
        stack(&[100], &six),
        stack(&[100], &[0x11, 2, 3]),
        stack(&[100], &[]),
        vec![0, 1, 0, 64],
        vec![0, 1, 0],
    ]
}

fn services() -> Vec<Service> {
    let service = |name, port, messages| Service { name, port, messages };
    vec![
        service("dhcp", 67, dhcp()),
        service("dhcp6", 547, dhcp6()),
        service("ntp", 123, ntp()),
        service("tftp", 69, tftp()),
        service("syslog", 514, syslog()),
        service("sip", 5060, sip()),
        service("vxlan", 4789, vxlan()),
        service("geneve", 6081, geneve()),
        service("hsrp", 1985, hsrp()),
        service("mpls", 6635, mpls()),
    ]
}

pub(crate) fn captures() -> Vec<Capture> {
    let mut list = Vec::new();
    for Service { name, port, messages } in services() {
        let (v4, v6) = (ip4(17), ip6(17));
        let mut frames = Vec::new();
        for message in &messages {
            frames.push(eth(0x0800, &v4.carry(&udp4(&v4, 40_000, port, message))));
            frames.push(eth(0x86dd, &v6.carry(&udp6(&v6, port, 40_000, message))));
        }
        list.push(Capture::new(&format!("service-{name}"), EN10MB, frames));
        let four = v4.carry(&udp4(&v4, port, port, &messages[0]));
        list.push(Capture::cut(&format!("service-{name}-cut"), IPV4, vec![four]));
    }
    let labelled: Vec<Vec<u8>> = mpls().iter().map(|stack| eth(0x8847, stack)).collect();
    list.push(Capture::new("service-labels", EN10MB, labelled.clone()));
    list.push(Capture::cut("service-labels-cut", EN10MB, labelled));
    let tunnelled = mpls().iter().map(|stack| ip6(47).carry(&cat(&[&[0, 0, 0x88, 0x47], stack]))).collect();
    list.push(Capture::new("service-labels-tunnel", IPV6, tunnelled));
    list
}
