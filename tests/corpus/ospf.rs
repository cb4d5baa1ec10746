//! OSPF version 2: packets of every type, advertisements of every kind.
use super::build::*;
use super::{Capture, IPV4};

/// A packet; `lie` is added to its length, `after` follows it.
fn packet(kind: u8, authentication: u16, body: &[u8], lie: i16, after: &[u8]) -> Vec<u8> {
    let len = (body.len() as i16 + 24 + lie) as u16;
    let head = cat(&[&[2, kind], &len.to_be_bytes(), &[192, 0, 2, 1, 0, 0, 0, kind & 1, 0x12, 0x34]]);
    let data: [u8; 8] = if authentication == 2 { [0, 0, 1, 16, 0, 0, 0, 9] } else { *b"pa\x1bss\0ab" };
    cat(&[&head, &authentication.to_be_bytes(), &data, body, after])
}

fn carried(packet: &[u8]) -> Vec<u8> {
    Ip4 { ttl: 1, ..ip4(89) }.carry(packet)
}

/// An advertisement; `lie` is added to its length.
fn advertisement(kind: u8, id: [u8; 4], body: &[u8], lie: i16) -> Vec<u8> {
    let len = (body.len() as i16 + 20 + lie) as u16;
    let head = cat(&[&[0, 9, 0x22, kind], &id, &[10, 0, 0, kind], &[0x80, 0, 0, 1, 0xab, 0xcd]]);
    cat(&[&head, &len.to_be_bytes(), body])
}

fn element(kind: u16, value: &[u8], lie: i16) -> Vec<u8> {
    let len = (value.len() as i16 + lie) as u16;
    let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
    cat(&[&kind.to_be_bytes(), &len.to_be_bytes(), value, &padding])
}

fn opaque() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    let mut add = |kind: u8, body: &[u8]| list.push(advertisement(10, [kind, 0, 1, 2], body, 0));
    let floats = |n: usize| {
        let mut values = Vec::new();
        for bits in
            [0x4cbe_bc20u32, 0x4998_9680, 0, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_0001, 0x0000_0001]
        {
            values.extend(bits.to_be_bytes());
        }
        values[..n].to_vec()
    };
    for kind in 0..4u16 {
        for len in [0usize, 1, 2, 3, 4, 5, 8] {
            add(3, &cat(&[&element(kind, &bytes(1, len), 0), &element(1, &[0, 0, 0, 120], 0)]));
            add(4, &cat(&[&element(kind, &bytes(0xf0, len), 0), &element(1, &[0, 0, 3, 0xf0], 0)]));
            add(1, &cat(&[&element(kind, &bytes(1, len), 0), &element(1, &[192, 0, 2, 9], 0)]));
        }
        for lie in [-1, 1, 90] {
            for opaque in [1u8, 3, 4] {
                add(opaque, &element(kind, &[0, 0, 0, 1], lie));
            }
        }
    }
    for reason in 0..5u8 {
        add(3, &element(2, &[reason], 0));
    }
    for kind in 0..20u16 {
        for len in [0usize, 1, 2, 3, 4, 5, 6, 8, 12, 32] {
            let inner = cat(&[&element(kind, &floats(len), 0), &element(5, &[0, 0, 0, 7], 0)]);
            add(1, &element(2, &inner, 0));
        }
        for len in [36usize, 40] {
            let value = cat(&[&[kind as u8, 2, 0, 0], &floats(32), &[0; 4]]);
            add(1, &cat(&[&element(2, &element(kind, &value[..len], 0), 0), &element(1, &[1, 2, 3, 4], 0)]));
        }
        add(1, &element(2, &element(kind, &[1, 2, 3, 4], 7), 0));
        add(1, &element(2, &cat(&[&element(kind, &[kind as u8; 4], 0), &[0, 1]]), 0));
    }
    for code in [0u8, 1, 2, 3, 4, 51, 100, 150, 200, 254, 255] {
        add(1, &element(2, &element(15, &cat(&[&[code, code & 15, 0, 0], &floats(32)]), 0), 0));
        add(1, &element(2, &element(17, &cat(&[&[code, 0, 0, 0], &floats(16)]), 0), 0));
        add(1, &element(2, &element(1, &[code], 0), 0));
        add(1, &element(2, &element(14, &[code, 0, 0, 0], 0), 0));
    }
    for kind in [0u8, 2, 5, 9] {
        add(kind, &bytes(kind, 9));
        add(kind, &[]);
    }
    for id in [1u8, 3, 4] {
        add(id, &[0, 1]);
    }
    list
}

fn advertisements() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    let link = |kind: u8, metrics: u8| {
        let own = cat(&[&[10, 1, 2, 3], &[255, 255, 255, 0], &[kind, metrics, 0, 10]]);
        cat(&[&own, &[1, 0, 0, 20, 2, 0, 0, 30, 9, 0, 0, 40][..4 * usize::from(metrics.min(3))]])
    };
    for kind in 0..6u8 {
        for metrics in [0u8, 1, 3, 200] {
            let links = cat(&[&[0x93, 0, 0, 2], &link(kind, metrics), &link(3, 0)]);
            list.push(advertisement(1, [10, 0, 0, 1], &links, 0));
        }
    }
    list.push(advertisement(1, [10, 0, 0, 1], &[0, 0, 0, 9, 1, 2], 0));
    for kind in 0..13u8 {
        for len in [0usize, 3, 4, 8, 12, 16, 28, 40] {
            let mut body =
                cat(&[&[255, 255, 255, 0], &[0x82, 0xff, 0xff, 0xff, 10, 0, 0, 9, 0, 0, 1, 2], &[1; 4]]);
            body.extend([0; 28]);
            list.push(advertisement(kind, [kind, 0, 0, 7], &body[..len], 0));
        }
        for lie in [-30, -3, 3, 400] {
            list.push(advertisement(kind, [kind, 0, 0, 7], &bytes(0, 16), lie));
        }
    }
    for vertex in 0..4u8 {
        list.push(advertisement(
            6,
            [224, 1, 2, 3],
            &[0, 0, 0, vertex, 10, 0, 0, 1, 0, 0, 0, 2, 10, 0, 0, 2],
            0,
        ));
    }
    list.extend(opaque());
    list
}

fn packets() -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    let hello = |options: u8, routers: u8, neighbours: usize| {
        let head = [255, 255, 255, 0, 0, 10, options, 1, 0, 0, 0, 40, 10, 0, 0, routers, 10, 0, 0, routers];
        let mut body = head.to_vec();
        if routers == 0 {
            body[12..].fill(0);
        }
        cat(&[&body, &bytes(10, 4 * neighbours)])
    };
    let block = |elements: &[u8]| cat(&[&[0xff, 0xf6, 0, 3], elements]);
    let extended = cat(&[&[0, 1, 0, 4, 0, 0, 0, 1], &[0, 1, 0, 4, 0, 0, 0, 3]]);
    let digest = cat(&[&[0, 2, 0, 20], &bytes(1, 20)]);
    for authentication in 0..4u16 {
        for options in [0u8, 0x02, 0x12, 0xff] {
            for routers in [0u8, 7] {
                list.push(packet(1, authentication, &hello(options, routers, 2), 0, &bytes(0xd0, 16)));
                list.push(packet(1, authentication, &hello(options, routers, 0), 0, &[]));
            }
            for elements in
                [&extended[..], &digest, &[0, 1, 0, 2, 0, 0, 0, 0], &[0, 2, 0, 4], &[0, 9, 0, 0], &[]]
            {
                let after = cat(&[&bytes(0xd0, if authentication == 2 { 16 } else { 0 }), &block(elements)]);
                list.push(packet(1, authentication, &hello(options, 7, 1), 0, &cat(&[&after, &[0; 16]])));
                list.push(packet(1, authentication, &hello(options, 7, 1), 0, &after));
            }
        }
    }
    for lie in [-44, -20, -2, 2, 90] {
        list.push(packet(1, 0, &hello(0x12, 7, 3), lie, &[]));
    }
    for version in [0u8, 1, 3, 9] {
        let mut other = packet(1, 0, &hello(2, 7, 1), 0, &[]);
        other[0] = version;
        list.push(other);
    }
    let all = advertisements();
    for (n, one) in all.iter().enumerate() {
        let count = [0, 0, 0, 2];
        list.push(packet(4, 0, &cat(&[&count, one, &all[0]]), 0, &[]));
        if n % 5 == 0 {
            list.push(packet(5, 0, &cat(&[&one[..20], &all[1][..20]]), 0, &[]));
            let description = [5, 0xdc, 0x52, n as u8, 0, 0, 0x10, 1];
            list.push(packet(2, 0, &cat(&[&description, &one[..20], &all[1][..20]]), 0, &block(&extended)));
        }
    }
    for kind in 0..13u8 {
        list.push(packet(3, 0, &[0, 0, 0, kind, kind, 0, 1, 2, 10, 0, 0, 1, 0, 0, 0, 1], 0, &[]));
        list.push(packet(kind, 0, &[0; 9], 0, &[]));
    }
    list.push(packet(4, 0, &[0, 0, 0, 1], 0, &[]));
    list.push(packet(4, 0, &[0, 0, 0, 0], 0, &[]));
    list
}

pub(crate) fn captures() -> Vec<Capture> {
    let cut = packets().iter().step_by(31).map(|p| carried(p)).collect();
    vec![
        Capture::new("ospf", IPV4, packets().iter().map(|p| carried(p)).collect()),
        Capture::cut("ospf-cut", IPV4, cut),
    ]
}
