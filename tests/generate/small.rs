//! Many hosts that say little at a time: keystrokes, queries, telemetry.
use super::frame::{ACK, End, Frame, PSH, SYN, Talk};
use super::{START, mix};

/// A port whose payloads no printer looks into.
const SERVER: End = End { address: 0x0a00_0003, port: 5_001 };

/// So many packets of 54 to 200 octets: handshakes of so many hosts in 10.1/16 with one server, then
/// segments of a host or of the server by chance. Nobody closes.
pub(crate) fn talk(packets: u64, hosts: u32, each: &mut dyn FnMut(u64, &[u8])) {
    let hosts = hosts.clamp(1, 65_000);
    let end = |n: u32| End { address: 0x0a01_0001 + n, port: 20_000 + (n % 40_000) as u16 };
    let mut talks: Vec<Talk> = (0..hosts).map(|n| Talk::new(end(n), SERVER, n.into())).collect();
    let handshakes =
        (0..hosts as usize).flat_map(|n| [(0, SYN), (1, SYN | ACK), (0, ACK)].map(|said| (n, said)));
    let mut handshakes = handshakes.fuse();
    let text: Vec<u8> = (0..=255).collect();
    let mut frame = Frame::default();
    let (mut time, mut random) = (START, 1);
    for _ in 0..packets {
        random = mix(random);
        time += 1_000 + random % 5_000;
        let segment = match handshakes.next() {
            Some((n, (from, flags))) => talks[n].say(from, flags, &[]),
            None => {
                let len = (random >> 32) as usize % 147;
                let flags = if len == 0 { ACK } else { ACK | PSH };
                talks[random as usize % hosts as usize].say((random >> 63) as usize, flags, &text[..len])
            }
        };
        each(time, frame.write(&segment));
    }
}
