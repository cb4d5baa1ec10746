//! Captures that see more, or later, than passed: the verdicts must be those of the plain capture.
use synack::flow::{Kind, MadeBy, Verdict};

use super::ours;
use super::plan::{CLIENT, IpId, Plan};
use super::run::{Passage, Run};
use super::segment;

/// A packet of a changed capture.
#[derive(Debug, Clone)]
struct Taken {
    time: u64,
    frame: Vec<u8>,
    interface: u32,
    /// Number of the packet that it is, from 0, in the plain capture.
    of: usize,
    copy: bool,
}

/// How a capture is changed.
type Change = fn(&Run, &Passage, Taken) -> Vec<Taken>;

/// Every packet once more, 40 us later, as another interface sees it behind a router.
fn behind_a_router(_: &Run, _: &Passage, plain: Taken) -> Vec<Taken> {
    let mut copy = Taken { time: plain.time + 40_000, interface: 1, copy: true, ..plain.clone() };
    route(&mut copy.frame);
    vec![plain, copy]
}

/// Every packet once more, at another interface.
fn at_another_interface(_: &Run, _: &Passage, plain: Taken) -> Vec<Taken> {
    let copy = Taken { time: plain.time + 40_000, interface: 1, copy: true, ..plain.clone() };
    vec![plain, copy]
}

/// Every packet once more, with a VLAN tag.
fn with_a_tag(_: &Run, _: &Passage, plain: Taken) -> Vec<Taken> {
    let mut copy = Taken { time: plain.time + 40_000, copy: true, ..plain.clone() };
    copy.frame.splice(12..12, [0x81, 0x00, 0x00, 0x07]);
    vec![plain, copy]
}

/// What the server sends is captured 3 ms late.
fn one_way_late(run: &Run, passage: &Passage, mut plain: Taken) -> Vec<Taken> {
    if run.emissions[passage.emission].from != CLIENT {
        plain.time += 3_000_000;
    }
    vec![plain]
}

/// The same segments over IPv6.
fn over_ipv6(_: &Run, _: &Passage, mut plain: Taken) -> Vec<Taken> {
    segment::to_v6(&mut plain.frame);
    vec![plain]
}

/// TTL or hop limit one less, the header checksum with it, other link addresses.
fn route(frame: &mut [u8]) {
    if frame[12] == 8 {
        frame[22] -= 1;
        let sum = u32::from(u16::from_be_bytes([frame[24], frame[25]])) + 0x100;
        frame[24..26].copy_from_slice(&((sum + (sum >> 16)) as u16).to_be_bytes());
    } else {
        frame[21] -= 1;
    }
    frame[0] ^= 2;
    frame[6] ^= 2;
}

/// Changed captures and their verdicts beside those of the plain ones.
#[derive(Debug, Default)]
struct Compared {
    originals: usize,
    changed: usize,
    copies: usize,
    not_called_copies: usize,
    ack_unseen: usize,
    connections_in_disorder: usize,
}

impl Compared {
    fn take(&mut self, run: &Run, tap: usize, change: Change) {
        let passages = &run.taps[tap];
        let plain = ours::verdicts(passages.iter().map(|p| (p.time, p.frame.as_slice(), 0)));
        let mut taken: Vec<Taken> = Vec::new();
        for (of, passage) in passages.iter().enumerate() {
            let frame = passage.frame.as_ref().clone();
            let packet = Taken { time: passage.time, frame, interface: 0, of, copy: false };
            taken.extend(change(run, passage, packet));
        }
        taken.sort_by_key(|packet| packet.time);
        let found = ours::verdicts(taken.iter().map(|p| (p.time, p.frame.as_slice(), p.interface)));
        for (packet, found) in taken.iter().zip(&found) {
            let count = |is: fn(&Kind) -> bool| found.iter().filter(|verdict| is(&verdict.kind)).count();
            self.ack_unseen += count(|kind| matches!(kind, Kind::AckUnseen { .. }));
            self.connections_in_disorder += count(|kind| matches!(kind, Kind::Disorder));
            if packet.copy {
                self.copies += 1;
                let copy = count(|kind| matches!(kind, Kind::Duplicate { made_by: MadeBy::Capture, .. }));
                self.not_called_copies += usize::from(copy == 0);
            } else {
                self.originals += 1;
                self.changed += usize::from(names(found) != names(&plain[packet.of]));
            }
        }
    }
}

/// The kinds of segments with octets that are said of a packet.
fn names(verdicts: &[Verdict]) -> Vec<&'static str> {
    let of_octets = |kind: &Kind| {
        matches!(
            kind,
            Kind::Retransmission { .. }
                | Kind::Reordered { .. }
                | Kind::Duplicate { .. }
                | Kind::Ambiguous { .. }
                | Kind::PortReused { .. }
        )
    };
    verdicts.iter().map(|verdict| verdict.kind).filter(of_octets).map(|kind| kind.name()).collect()
}

/// Changes what every tap of all runs saw.
fn compare(runs: &[Run], change: Change) -> Compared {
    compare_some(runs, change, |_| true)
}

fn compare_some(runs: &[Run], change: Change, which: impl Fn(&Plan) -> bool) -> Compared {
    let mut compared = Compared::default();
    for run in runs.iter().filter(|run| which(&run.plan)) {
        for tap in 0..run.taps.len() {
            compared.take(run, tap, change);
        }
    }
    compared
}

/// Holds the verdicts of changed captures to those of the plain ones.
pub(crate) fn assert_seen_through(runs: &[Run]) {
    let twice: [(&str, Change); 3] =
        [("router", behind_a_router), ("interface", at_another_interface), ("tag", with_a_tag)];
    for (name, change) in twice {
        let compared = compare(runs, change);
        println!("twice, {name}: {compared:?}");
        assert!(compared.changed * 500 <= compared.originals, "{name}: {compared:?}");
        assert!(compared.not_called_copies * 1000 <= compared.copies, "{name}: {compared:?}");
    }
    let late = compare(runs, one_way_late);
    println!("one way late: {late:?}");
    assert!(late.changed * 200 <= late.originals, "{late:?}");
    assert!(late.ack_unseen * 500 <= late.originals, "{late:?}");
    // Without an identification nothing is told that IPv6 does not tell as well.
    let twin = compare_some(runs, over_ipv6, |plan| !plan.v6 && plan.ip_id == IpId::Zero);
    println!("over IPv6: {twin:?}");
    assert_eq!(twin.changed, 0, "{twin:?}");
    let stamps = |plan: &Plan| plan.hosts.iter().all(|host| host.timestamps) && plan.tick == 1;
    let twin = compare_some(runs, over_ipv6, |plan| !plan.v6 && stamps(plan));
    println!("over IPv6, with timestamps: {twin:?}");
    // Mostly ACKs that are the same in one tick: sent twice, or copied.
    assert!(twin.changed * 250 <= twin.originals, "{twin:?}");
}
