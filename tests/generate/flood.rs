//! Floods: of SYNs around real connections, of ACKs, of keys chosen to collide.
use super::frame::{ACK, End, FIN, Frame, PSH, SYN, SYN_OPTIONS, Segment, Talk};
use super::{START, mix};

const SERVER: End = End { address: 0x0a00_0002, port: 80 };

/// Nanoseconds between packets: a million a second.
const STEP: u64 = 1_000;

/// The end that floods with number `n`: all are different, and none begins with 192.168.
fn flooder(n: u64) -> End {
    // An odd factor: a bijection of 32 bits.
    let number = (n as u32).wrapping_mul(0x9e37_79b1);
    End { address: 0x2000_0000 | (mix(n) as u32 & 0x1fff) << 16 | number >> 16, port: number as u16 }
}

/// `flows` SYNs, each from another end, with `long` connections among them that shake hands first,
/// send `segments` segments each in turn while the flood goes on, and close after it.
pub(crate) fn syn(flows: u64, long: u64, segments: u64, each: &mut dyn FnMut(u64, &[u8])) {
    let mut frame = Frame::default();
    let mut time = START;
    let mut send = |segment: &Segment<'_>| {
        time += STEP;
        each(time, frame.write(segment));
    };
    let client =
        |n: u64| End { address: 0xc0a8_0000 + (n / 60_000) as u32, port: 1_024 + (n % 60_000) as u16 };
    let mut talks: Vec<Talk> = (0..long).map(|n| Talk::new(client(n), SERVER, n)).collect();
    for talk in &mut talks {
        for (from, flags) in [(0, SYN), (1, SYN | ACK), (0, ACK)] {
            send(&talk.say(from, flags, &[]));
        }
    }
    let payload = [b'x'; 100];
    let turns = long * segments;
    let mut turn = 0;
    for n in 0..flows {
        send(&Segment {
            from: flooder(n),
            to: SERVER,
            seq: mix(n) as u32,
            ack: 0,
            flags: SYN,
            id: 0,
            options: &SYN_OPTIONS,
            payload: &[],
        });
        while turn * flows < turns * (n + 1) {
            let talk = &mut talks[(turn % long) as usize];
            send(&talk.say(1, ACK | PSH, &payload));
            send(&talk.say(0, ACK, &[]));
            turn += 1;
        }
    }
    for talk in &mut talks {
        for (from, flags) in [(0, FIN | ACK), (1, FIN | ACK), (0, ACK)] {
            send(&talk.say(from, flags, &[]));
        }
    }
}

/// Pure ACKs, each of another connection that nobody saw begin.
pub(crate) fn ack(flows: u64, each: &mut dyn FnMut(u64, &[u8])) {
    let mut frame = Frame::default();
    for n in 0..flows {
        let number = mix(n);
        let (seq, ack) = (number as u32, (number >> 32) as u32);
        let from = flooder(n);
        let segment = Segment { from, to: SERVER, seq, ack, flags: ACK, id: 0, options: &[], payload: &[] };
        each(START + n * STEP, frame.write(&segment));
    }
}

/// Keys that sums and exclusive ors of their fields, without a secret, take for one: addresses and
/// ports that go against one another, and each connection's mirror image.
pub(crate) fn collisions(flows: u64, each: &mut dyn FnMut(u64, &[u8])) {
    let mut frame = Frame::default();
    for n in 0..flows {
        let n16 = (n / 2 % 0x1_0000) as u16;
        let high = (n / 2 / 0x1_0000) as u32;
        let one = End { address: 0x0b00_0000 | high << 16 | u32::from(n16), port: n16 };
        let other = End { address: 0x0c00_0000 | high << 16 | u32::from(!n16), port: !n16 };
        let (from, to) = if n % 2 == 0 { (one, other) } else { (swap(one, other), swap(other, one)) };
        let segment =
            Segment { from, to, seq: 1, ack: 0, flags: SYN, id: 0, options: &SYN_OPTIONS, payload: &[] };
        each(START + n * STEP, frame.write(&segment));
    }
}

/// The address of one with the port of the other.
fn swap(address: End, port: End) -> End {
    End { address: address.address, port: port.port }
}
