//! The assembler under every policy against models that know nothing of it.
use std::ops::Range;

use super::assembler::Assembler;
use super::event::{Event, Limit, Origin, Side};
use super::limits::StreamLimits;
use super::part::Piece;
use super::policy::Policy;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below.max(1)
    }
}

/// What came out, told apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Out {
    bytes: Vec<u8>,
    gaps: Vec<Range<u64>>,
    conflicts: Vec<(Range<u64>, bool)>,
    limits: Vec<Limit>,
    fin: Option<u64>,
    next: u64,
}

impl Out {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Data { offset, bytes, .. } => {
                assert_eq!(*offset, self.next, "data comes in order");
                self.next += bytes.len() as u64;
                self.bytes.extend_from_slice(bytes);
            }
            Event::Gap { range, .. } => {
                assert_eq!(range.start, self.next, "gaps come in order");
                self.next = range.end;
                self.gaps.push(range.clone());
            }
            Event::Conflict { range, newer_wins, .. } => self.conflicts.push((range.clone(), *newer_wins)),
            Event::Limit { limit, .. } => self.limits.push(*limit),
            Event::Fin { offset, .. } => self.fin = Some(*offset),
            _ => {}
        }
    }
}

type Sent = (u64, Vec<u8>);

/// Sends the segments, and last what fills the hole before them.
fn assemble(policy: Policy, segments: &[Sent], filler: &[u8], limits: &StreamLimits) -> Out {
    let mut assembler = Assembler::new(Side::Client, policy);
    let mut out = Out::default();
    let filler = [(0, filler.to_vec())];
    for (start, bytes) in segments.iter().chain(&filler) {
        let piece = Piece { bytes, missing: 0, fin: false, origin: Origin::default() };
        assembler.insert(*start, piece, limits, &mut |event| out.take(&event));
    }
    assert_eq!(assembler.next(), out.next);
    out
}

/// Byte by byte: each remembers the extent of the segment that it is from.
fn by_byte(policy: Policy, segments: &[Sent]) -> Vec<Option<u8>> {
    let mut all: Vec<Option<(u8, Range<u64>)>> = vec![None; 64];
    for (start, bytes) in segments {
        let new = *start..start + bytes.len() as u64;
        for (at, byte) in new.clone().zip(bytes) {
            let place = &mut all[at as usize];
            let wins = place.as_ref().is_none_or(|(_, old)| match policy {
                Policy::Last => true,
                Policy::Bsd | Policy::Windows => new.start < old.start,
                Policy::Solaris => new.end > old.end || (new.end == old.end && new.start <= old.start),
                _ => false,
            });
            if wins {
                *place = Some((*byte, new.clone()));
            }
        }
    }
    all.into_iter().map(|place| place.map(|(byte, _)| byte)).collect()
}

/// Linux's queue as a list: a segment inside the one that starts before it (or with it) is dropped; else it
/// goes in, and what it covers goes. What starts first gives its bytes; segments that touched are one.
fn linux(segments: &[Sent]) -> Vec<Option<u8>> {
    let mut queue: Vec<Sent> = Vec::new();
    let end = |sent: &Sent| sent.0 + sent.1.len() as u64;
    for new in segments {
        let before = queue.iter().rposition(|old| old.0 <= new.0);
        if queue.last().is_some_and(|last| end(last) == new.0) {
            queue.last_mut().unwrap().1.extend_from_slice(&new.1);
            continue;
        }
        match before.map(|at| (at, end(&queue[at]))) {
            Some((_, old_end)) if end(new) <= old_end => continue,
            Some((at, old_end)) if old_end == new.0 => {
                queue[at].1.extend_from_slice(&new.1);
                cover(&mut queue, at, end(new));
            }
            Some((at, _)) if queue[at].0 == new.0 => {
                queue[at] = new.clone();
                cover(&mut queue, at, end(new));
            }
            before => {
                let at = before.map_or(0, |(at, _)| at + 1);
                queue.insert(at, new.clone());
                cover(&mut queue, at, end(new));
            }
        }
    }
    let mut all = vec![None; 64];
    for (start, bytes) in &queue {
        for (at, byte) in (*start..).zip(bytes) {
            all[at as usize].get_or_insert(*byte);
        }
    }
    all
}

/// Drops the neighbours to the right that end by `end`, as long as they do.
fn cover(queue: &mut Vec<Sent>, at: usize, end: u64) {
    while queue.get(at + 1).is_some_and(|next| next.0 + next.1.len() as u64 <= end) {
        queue.remove(at + 1);
    }
}

#[test]
fn every_policy_gives_the_bytes_of_its_model() {
    let mut dice = Dice(1);
    for round in 0..4000 {
        let segments: Vec<Sent> = (0..2 + dice.roll(9))
            .map(|_| {
                let start = 1 + dice.roll(24);
                let len = 1 + dice.roll(9);
                (start, (0..len).map(|_| dice.roll(256) as u8).collect())
            })
            .collect();
        for policy in Policy::ALL {
            let model = if policy == Policy::Linux { linux(&segments) } else { by_byte(policy, &segments) };
            let expected: Vec<u8> = model[1..].iter().map_while(|byte| *byte).collect();
            let out = assemble(policy, &segments, b"!", &StreamLimits::default());
            assert_eq!(out.bytes[0], b'!');
            assert_eq!(out.bytes[1..], expected, "{policy}, round {round}: {segments:?}");
        }
    }
}

#[test]
fn the_six_pieces_of_active_mapping_tell_hosts_apart() {
    // The example of Shankar and Paxson 2003: six pieces, each of one digit; the strings are what is
    // published for their `first`, `last`, `BSD` and, as Solaris, `BSD-right`.
    let pieces = [(0, "111"), (4, "22"), (6, "333"), (1, "4444"), (6, "555"), (9, "666")];
    let segments: Vec<Sent> = pieces.map(|(at, digits)| (1 + at, digits.into())).to_vec();
    for (policy, expected) in [
        (Policy::First, "111422333666"),
        (Policy::Last, "144442555666"),
        (Policy::Bsd, "111442333666"),
        (Policy::Windows, "111442333666"),
        (Policy::Solaris, "144422555666"),
        // Since 4.9 an equal segment keeps the old bytes: what they called `Linux` ended in 555666.
        (Policy::Linux, "111442333666"),
    ] {
        let out = assemble(policy, &segments, b"!", &StreamLimits::default());
        assert_eq!(String::from_utf8_lossy(&out.bytes[1..]), expected, "{policy}");
    }
}

#[test]
fn a_conflict_is_told_exactly_when_copies_differ() {
    let mut dice = Dice(7);
    for _ in 0..2000 {
        let honest = dice.roll(2) == 0;
        let source: Vec<u8> = (0..40).map(|_| dice.roll(256) as u8).collect();
        let segments: Vec<Sent> = (0..8)
            .map(|_| {
                let start = 1 + dice.roll(30);
                let len = 2 + dice.roll(7);
                (start, source[start as usize..(start + len) as usize].to_vec())
            })
            .collect();
        for policy in Policy::ALL {
            let mut sent = segments.clone();
            if !honest {
                // The last one says something else of a byte that an earlier one has.
                let (start, bytes) = sent[0].clone();
                sent.push((start, bytes.iter().map(|byte| !byte).collect()));
            }
            let out = assemble(policy, &sent, b"!", &StreamLimits::default());
            assert_eq!(out.conflicts.is_empty(), honest, "{policy}: {sent:?} {:?}", out.conflicts);
        }
    }
}

#[test]
fn what_was_given_already_never_changes_and_a_differing_copy_is_told() {
    for policy in Policy::ALL {
        let mut assembler = Assembler::new(Side::Client, policy);
        let mut out = Out::default();
        for (start, bytes) in [(0, "abcdef"), (2, "cdef"), (1, "bXYe"), (4, "EFgh"), (3, "d")] {
            let piece = Piece { bytes: bytes.as_bytes(), missing: 0, fin: false, origin: Origin::default() };
            assembler.insert(start, piece, &StreamLimits::default(), &mut |event| out.take(&event));
        }
        assert_eq!(out.bytes, b"abcdefgh", "{policy}");
        assert_eq!(out.conflicts, [(2..4, false), (4..6, false)], "{policy}");
    }
}

#[test]
fn a_limit_gives_up_the_hole_and_says_so() {
    let small = StreamLimits { parked: 1000, ..StreamLimits::default() };
    let few = StreamLimits { segments: 10, ..StreamLimits::default() };
    for policy in Policy::ALL {
        for (limits, limit) in [(small, Limit::Parked), (few, Limit::Segments)] {
            let segments: Vec<Sent> = (0..40).map(|i| (2 + 3 * i, vec![b'x'; 2])).collect();
            let out = assemble(policy, &segments, b"", &limits);
            assert!(out.limits.iter().all(|&told| told == limit), "{policy}: {:?}", out.limits);
            assert_eq!(out.gaps.len(), out.limits.len());
            assert_eq!(out.gaps.first(), Some(&(0..2)), "{policy}");
        }
    }
}

#[test]
fn a_fin_ends_the_half_once_all_before_it_is_there() {
    for policy in Policy::ALL {
        let mut assembler = Assembler::new(Side::Client, policy);
        let mut out = Out::default();
        let origin = Origin::default();
        for (start, bytes, fin) in [(4, "ef", true), (2, "cd", false), (0, "ab", false), (7, "no", false)] {
            let piece = Piece { bytes: bytes.as_bytes(), missing: 0, fin, origin };
            assembler.insert(start, piece, &StreamLimits::default(), &mut |event| out.take(&event));
        }
        assert_eq!((&out.bytes[..], out.fin), (&b"abcdef"[..], Some(6)), "{policy}");
        assert!(assembler.is_finished() && assembler.is_empty());
    }
}
