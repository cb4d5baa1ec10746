//! One connection that is bad for reassembly.
use super::START;
use super::frame::{ACK, End, Frame, SYN, Segment, Talk};

const CLIENT: End = End { address: 0x0a00_0001, port: 40_000 };
const SERVER: End = End { address: 0x0a00_0002, port: 80 };
const STEP: u64 = 1_000;

/// What one octet of the stream is.
pub(crate) fn octet(at: u64) -> u8 {
    super::mix(at) as u8
}

/// A handshake, then the segments that `plan` wants: place in the client's stream, and length.
fn connection(plan: impl Iterator<Item = (u32, usize)>, each: &mut dyn FnMut(u64, &[u8])) {
    let mut frame = Frame::default();
    let mut talk = Talk::new(CLIENT, SERVER, 1);
    let mut time = START;
    let mut send = |segment: &Segment<'_>| {
        time += STEP;
        each(time, frame.write(segment));
    };
    for (from, flags) in [(0, SYN), (1, SYN | ACK), (0, ACK)] {
        send(&talk.say(from, flags, &[]));
    }
    for (at, len) in plan {
        let payload: Vec<u8> = (0..len as u64).map(|n| octet(u64::from(at) + n)).collect();
        let mut there = talk;
        there.skip(0, at);
        send(&there.say(0, ACK, &payload));
    }
}

/// `count` segments of 100 octets in their order, behind one of 100 that never comes.
pub(crate) fn behind(count: u32, each: &mut dyn FnMut(u64, &[u8])) {
    connection((1..=count).map(|n| (n * 100, 100)), each);
}

/// `count` segments of 100 octets from the last to the first, none beside the one before: each
/// opens a hole of its own, until the other half of them fills the holes.
pub(crate) fn backwards(count: u32, each: &mut dyn FnMut(u64, &[u8])) {
    let odd = (0..count / 2).rev().map(|n| (n * 200 + 100, 100));
    connection(odd.chain((1..=count - count / 2).rev().map(|n| (n * 200, 100))), each);
}

/// `count` segments of two octets, each overlapping the one before by one, behind a hole.
pub(crate) fn overlapping(count: u32, each: &mut dyn FnMut(u64, &[u8])) {
    connection((0..count).map(|n| (n + 100, 2)), each);
}
