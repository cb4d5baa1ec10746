//! What a seed stands for: path, hosts, programs.
use super::traffic::Scenario;
use crate::random::Random;

/// Nanoseconds in a millisecond.
pub(crate) const MS: u64 = 1_000_000;

/// Whose frames: the index of everything that there is once a direction.
pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;

/// One run: everything that is chosen.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) v6: bool,
    pub(crate) mtu: usize,
    /// Round-trip time without any impairment, in nanoseconds.
    pub(crate) rtt: u64,
    /// What a router or a host between does to the IPv4 identification before the first tap.
    pub(crate) ip_id: IpId,
    /// Ticks of a host's millisecond clock that make one tick of TSval on the wire.
    pub(crate) tick: u32,
    pub(crate) scenario: Scenario,
    pub(crate) trouble: Trouble,
    /// By sender, then in the order in which its frames pass them.
    pub(crate) stages: [[Stage; 2]; 2],
    pub(crate) hosts: [Host; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IpId {
    AsMade,
    Zero,
    Random,
}

/// How bad the path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// None at all.
    None,
    /// Nothing is later than one round-trip time.
    Ordinary,
    /// Reordering and copies up to two round-trip times late.
    Hard,
}

/// One half of the path in one direction. Chances are in ten-thousandths.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stage {
    /// Nanoseconds.
    pub(crate) delay: u64,
    pub(crate) jitter: u64,
    pub(crate) loss: usize,
    /// Chances that a burst of losses begins, and that it ends.
    pub(crate) burst: (usize, usize),
    /// Chance of being late, and by how many nanoseconds at most.
    pub(crate) late: (usize, u64),
    /// Chance of a copy, how late it is at most, and whether it went by one router more.
    pub(crate) copy: (usize, u64, bool),
    /// Bytes a second, and bytes that may wait.
    pub(crate) rate: Option<(u64, u64)>,
}

/// The system parameters of one host.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) sack: bool,
    pub(crate) dsack: bool,
    pub(crate) timestamps: bool,
    pub(crate) scaling: bool,
    pub(crate) ecn: bool,
    pub(crate) congestion: &'static str,
    /// Greatest receive and send buffer, in bytes.
    pub(crate) buffers: (u32, u32),
    /// `tcp_early_retrans` and `tcp_recovery`.
    pub(crate) tail_probes: bool,
    pub(crate) rack: bool,
    pub(crate) offload: bool,
}

/// Which delays are allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    /// Round-trip times in milliseconds.
    pub(crate) rtt: (u64, u64),
    /// Whether programs may wait for seconds.
    pub(crate) patient: bool,
}

/// Everything that the set is made of.
pub(crate) const WIDE: Range = Range { rtt: (1, 200), patient: true };
/// What ends soon.
pub(crate) const SHORT: Range = Range { rtt: (2, 25), patient: false };

impl Plan {
    pub(crate) fn new(seed: u64, range: Range) -> Self {
        let mut random = Random::new(seed ^ 0x5eed_5eed);
        let rtt = logarithmic(&mut random, range.rtt.0 * MS, range.rtt.1 * MS);
        let trouble = match random.below(20) {
            0 | 1 => Trouble::None,
            2..=12 => Trouble::Ordinary,
            _ => Trouble::Hard,
        };
        let timestamps = !random.one_in(3);
        let v6 = random.one_in(6);
        let ip_id = random.of(&[IpId::AsMade, IpId::AsMade, IpId::Zero, IpId::Zero, IpId::Random]);
        let hosts = [(); 2].map(|()| Host::new(&mut random, timestamps));
        let tick = if random.one_in(8) { random.of(&[4, 10, 100]) } else { 1 };
        let stages = stages(&mut random, rtt, trouble);
        let scenario = Scenario::new(&mut random, range.patient, rtt);
        let mtu = random.of(&[1500, 1500, 1500, 1400, 576, 1280]).max(if v6 { 1280 } else { 0 });
        Self { seed, v6, mtu, rtt, ip_id, tick, scenario, trouble, stages, hosts }
    }
}

impl Host {
    fn new(random: &mut Random, timestamps: bool) -> Self {
        Self {
            sack: !random.one_in(4),
            dsack: !random.one_in(4),
            timestamps,
            scaling: !random.one_in(8),
            ecn: random.one_in(4),
            congestion: random.of(&["cubic", "cubic", "reno", "bbr"]),
            buffers: (
                random.of(&[1 << 14, 1 << 16, 1 << 20, 6 << 20]),
                random.of(&[1 << 15, 1 << 18, 4 << 20]),
            ),
            tail_probes: !random.one_in(4),
            rack: !random.one_in(4),
            offload: random.one_in(3),
        }
    }
}

/// A number between two, as likely between 1 and 10 as between 10 and 100.
fn logarithmic(random: &mut Random, low: u64, high: u64) -> u64 {
    let part = random.below(10_000) as f64 / 10_000.0;
    (low as f64 * (high as f64 / low as f64).powf(part)) as u64
}

fn stages(random: &mut Random, rtt: u64, trouble: Trouble) -> [[Stage; 2]; 2] {
    // How much of the way lies between the client and the middle.
    let split = random.of(&[10, 30, 50, 50, 70, 90]);
    let mut stages: [[Stage; 2]; 2] = Default::default();
    for (sender, pair) in stages.iter_mut().enumerate() {
        for (n, stage) in pair.iter_mut().enumerate() {
            let near_client = (sender == CLIENT) == (n == 0);
            let share = if near_client { split } else { 100 - split };
            stage.delay = rtt / 2 * share / 100;
        }
    }
    if trouble == Trouble::None {
        return stages;
    }
    let late = if trouble == Trouble::Hard { rtt * 2 } else { rtt * 8 / 10 };
    let kinds: Vec<usize> = (0..5).filter(|_| random.one_in(2)).collect();
    for (sender, n, kind) in
        kinds.into_iter().flat_map(|kind| [(0, 0, kind), (0, 1, kind), (1, 0, kind), (1, 1, kind)])
    {
        // Three of four places know each trouble, so that one direction or half is clean at times.
        if random.one_in(4) {
            continue;
        }
        let stage = &mut stages[sender][n];
        match kind {
            0 => stage.loss = random.of(&[20, 50, 100, 200, 400]),
            1 => stage.burst = (random.of(&[10, 30, 60]), random.of(&[1500, 3000, 5000])),
            // Both halves together are not later than `late`.
            2 => stage.late = (random.of(&[100, 300, 800, 2000]), late / 2),
            3 => stage.copy = (random.of(&[100, 300, 800]), late / 2, random.one_in(2)),
            _ => {
                let rate = random.of(&[200_000, 500_000, 1_000_000, 4_000_000]);
                let queue = (rate * rtt / 1_000_000_000).max(6_000) * random.of(&[1, 2, 3]) / 2;
                stage.rate = Some((rate, queue));
            }
        }
        stage.jitter = random.of(&[0, 0, rtt / 50, rtt / 10]);
    }
    stages
}
