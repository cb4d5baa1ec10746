//! In which order a host emitted what passed: its IP identification and its timestamp clock.

/// Steps of a counter this small, either way, are those of one socket (RFC 6864 lets a host do
/// as it likes; Linux counts each packet of a socket, and a giant of the card as its segments).
const SMALL_STEP: u16 = 256;

/// Of random ones, hardly any two are so near.
const NEIGHBOURS: u16 = 16;

/// Most steps that are kept count of; then both counts are halved, so that they follow changes.
const ENOUGH: u16 = 256;

/// What the identifications of one end look like.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ids {
    last: u16,
    any: bool,
    steps: u16,
    small: u16,
    same: u16,
}

impl Ids {
    /// Takes the identification of a packet that is no copy; zero says nothing.
    #[inline]
    pub(super) fn add(&mut self, id: u16) {
        if id == 0 {
            return;
        }
        if self.any {
            let step = id.wrapping_sub(self.last).cast_signed().unsigned_abs();
            if self.steps >= ENOUGH {
                (self.steps, self.small, self.same) = (self.steps / 2, self.small / 2, self.same / 2);
            }
            self.steps += 1;
            self.small += u16::from(step != 0 && step <= SMALL_STEP);
            self.same += u16::from(step == 0);
        }
        self.any = true;
        self.last = id;
    }

    /// Whether they count packets: nine of ten steps are small.
    pub(super) fn count(&self) -> bool {
        self.steps >= 3 && u32::from(self.small) * 10 >= u32::from(self.steps) * 9
    }

    /// Whether two of them are in the order of emission: they count, or seem to and are neighbours.
    pub(super) fn order(&self, a: u16, b: u16) -> bool {
        let near = a.wrapping_sub(b).cast_signed().unsigned_abs() <= NEIGHBOURS;
        self.count() || self.steps == self.small && self.steps > 0 && near
    }

    /// Whether equal ones mean the same packet: they are not all the same.
    pub(super) fn tell_copies(&self) -> bool {
        self.same * 2 <= self.steps
    }

    /// How far an identification is from the newest one; `None` when they do not count.
    pub(super) fn distance(&self, id: u16) -> Option<u16> {
        self.count().then(|| id.wrapping_sub(self.last).cast_signed().unsigned_abs())
    }
}

/// What the timestamps of one end look like: how long a tick is, and whether they are a clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    first: u32,
    first_time: i64,
    last: u32,
    last_time: i64,
    any: bool,
    steps: u16,
    wild: u16,
    /// The longest time over which a value stayed the same, as packets passed that may have been
    /// late.
    stood: u64,
}

/// The longest tick that RFC 7323 §5.4 lets a clock have, and the shortest of which Linux knows.
const LONGEST_TICK: u64 = 1_000_000_000;
/// What Linux has used since 2017, and most have.
const MILLISECOND: u64 = 1_000_000;
const SHORTEST_TICK: u64 = 1_000;
/// Of so many ticks, one is known.
const ENOUGH_TICKS: u32 = 16;
/// One, four and ten milliseconds were those of Linux, the others those of other systems.
const USUAL_TICKS: [u64; 5] = [MILLISECOND, 4_000_000, 10_000_000, 100_000_000, 500_000_000];

impl Clock {
    /// Takes the timestamp of a packet that is no copy.
    #[inline]
    pub(super) fn add(&mut self, value: u32, time: i64) {
        if !self.any {
            *self = Self { first: value, first_time: time, last: value, last_time: time, any: true, ..*self };
            return;
        }
        let step = value.wrapping_sub(self.last).cast_signed();
        if step == 0 {
            let stood = u64::try_from(time.saturating_sub(self.last_time)).unwrap_or(0);
            self.stood = self.stood.max(stood);
            return;
        }
        let elapsed = u64::try_from(time.saturating_sub(self.last_time)).unwrap_or(0);
        // No clock ticks faster than a microsecond; late packets step back by some round trips.
        let most = elapsed / 1000 + 10_000_000;
        if self.steps == u16::MAX {
            (self.steps, self.wild) = (self.steps / 2, self.wild / 2);
        }
        self.steps += 1;
        self.wild += u16::from(u64::from(step.unsigned_abs()) > most);
        if step > 0 {
            (self.last, self.last_time) = (value, time);
        }
    }

    /// Whether the values go up with time.
    pub(super) fn runs(&self) -> bool {
        self.any && u32::from(self.wild) * 10 <= u32::from(self.steps)
    }

    /// Whether so many ticks passed that their length is known.
    pub(super) fn is_measured(&self) -> bool {
        self.runs() && self.last.wrapping_sub(self.first) >= ENOUGH_TICKS
    }

    /// How long packets of one tick may take to pass, in nanoseconds.
    pub(super) fn spread(&self) -> u64 {
        self.tick().max(self.stood)
    }

    /// Nanoseconds of a tick, rather too long than too short: of the ticks that were seen, the first
    /// and the last may have been nearly over. While there are few, a millisecond is believed of what
    /// can be one.
    pub(super) fn tick(&self) -> u64 {
        let ticks = u64::from(self.last.wrapping_sub(self.first));
        let elapsed = u64::try_from(self.last_time.saturating_sub(self.first_time)).unwrap_or(0);
        if ticks < u64::from(ENOUGH_TICKS) && elapsed / (ticks + 1) <= MILLISECOND / 10 * 12 {
            return MILLISECOND;
        }
        // Of clocks that tick as they mostly do, the tick is known better.
        let is = |tick: &u64| elapsed.abs_diff(ticks * tick) <= tick + ticks * tick / 50;
        if let Some(tick) = USUAL_TICKS.into_iter().find(|tick| ticks >= 4 && is(tick)) {
            return tick;
        }
        match ticks.checked_sub(1).and_then(|whole| elapsed.checked_div(whole)) {
            Some(tick) => tick.clamp(SHORTEST_TICK, LONGEST_TICK),
            None => LONGEST_TICK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(all: &[u16]) -> Ids {
        let mut ids = Ids::default();
        all.iter().for_each(|id| ids.add(*id));
        ids
    }

    #[test]
    fn a_counter_is_one_though_packets_pass_it_out_of_order_and_it_wraps() {
        assert!(ids(&[65_530, 65_533, 65_532, 1, 3, 2]).count());
        assert!(!ids(&[1, 2]).count(), "too early to tell");
        assert!(!ids(&[1, 30_000, 500, 61_000, 12_000]).count());
        let constant = ids(&[7, 7, 7, 7]);
        assert!(!constant.count() && !constant.tell_copies());
        assert!(ids(&[1, 30_000, 500]).tell_copies());
        assert!(!ids(&[0, 0, 0, 0]).count());
    }

    #[test]
    fn ticks_are_measured() {
        let run = |tick_ns: i64| {
            let mut clock = Clock::default();
            for i in 0..1000_i64 {
                clock.add((i * 300_000 / tick_ns) as u32, i * 300_000);
            }
            (clock.runs(), clock.tick())
        };
        for tick in [1000, 1_000_000, 10_000_000] {
            let (runs, told) = run(tick);
            assert!(runs);
            assert!(told.abs_diff(tick as u64) <= tick as u64 / 5, "{told} for {tick}");
        }
    }

    #[test]
    fn random_timestamps_are_no_clock() {
        let mut clock = Clock::default();
        let mut x = 1_u32;
        for i in 0..100 {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            clock.add(x, i * 1_000_000);
        }
        assert!(!clock.runs());
    }
}
