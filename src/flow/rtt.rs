//! Round-trip times in a compact histogram.

/// Steps a doubling is cut into: a value is told to within 1/16 of itself.
const STEPS: u32 = 8;

/// Times between a nanosecond and 17 minutes, counted by size: least, mean and greatest are
/// exact, quantiles to within 1/16.
///
/// ```
/// use synack::flow::Rtt;
///
/// let mut rtt = Rtt::default();
/// (1..=1000_u64).for_each(|ms| rtt.add(ms * 1_000_000));
/// assert_eq!((rtt.count(), rtt.min(), rtt.max()), (1000, Some(1_000_000), Some(1_000_000_000)));
/// assert_eq!(rtt.avg(), Some(500_500_000));
/// let median = rtt.quantile(0.5).unwrap();
/// assert!(median.abs_diff(500_000_000) < 500_000_000 / 16);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Rtt {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
    /// Index of the first bucket and the buckets from there, as far as there are values.
    first: u16,
    buckets: Vec<u32>,
}

impl Rtt {
    /// Nothing measured.
    pub(super) const NONE: Self = Self { count: 0, sum: 0, min: 0, max: 0, first: 0, buckets: Vec::new() };

    /// Adds a time in nanoseconds.
    pub fn add(&mut self, ns: u64) {
        self.min = if self.count == 0 { ns } else { self.min.min(ns) };
        self.max = self.max.max(ns);
        self.count += 1;
        self.sum = self.sum.saturating_add(ns);
        let bucket = bucket_of(ns);
        if self.buckets.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            let more = usize::from(self.first - bucket);
            self.buckets.splice(0..0, std::iter::repeat_n(0, more));
            self.first = bucket;
        }
        let at = usize::from(bucket - self.first);
        if at >= self.buckets.len() {
            self.buckets.resize(at + 1, 0);
        }
        if let Some(count) = self.buckets.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }

    /// How many were added.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The least, in nanoseconds; `None` when there is none.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest, in nanoseconds.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// The mean, in nanoseconds.
    pub fn avg(&self) -> Option<u64> {
        self.sum.checked_div(self.count)
    }

    /// The value below which a share `q` (0 to 1) of them lies, in nanoseconds.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let mut left = (self.count as f64 * q.clamp(0.0, 1.0)).ceil().max(1.0) as u64;
        for (bucket, count) in (self.first..).zip(&self.buckets) {
            left = left.saturating_sub(u64::from(*count));
            if left == 0 {
                return Some(middle_of(bucket).clamp(self.min, self.max));
            }
        }
        self.max()
    }
}

/// The bucket of a time: its highest bit, and the three below.
fn bucket_of(ns: u64) -> u16 {
    let ns = ns.clamp(u64::from(STEPS), (1 << 40) - 1);
    let top = ns.ilog2();
    let step = (ns >> (top - 3)) as u32 & (STEPS - 1);
    ((top - 3) * STEPS + step) as u16
}

/// The middle of a bucket.
fn middle_of(bucket: u16) -> u64 {
    let (top, step) = (u32::from(bucket) / STEPS, u64::from(u32::from(bucket) % STEPS));
    let low = (u64::from(STEPS) + step) << top;
    low + (1 << top) / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_list(all in prop::collection::vec(1000..1_000_000_000_000_u64, 1..300), q in 0.0..=1.0_f64) {
            let mut all: Vec<u64> = all;
            let mut rtt = Rtt::default();
            all.iter().for_each(|ns| rtt.add(*ns));
            all.sort_unstable();
            let at = ((all.len() as f64 * q).ceil() as usize).max(1) - 1;
            let exact = all[at];
            let told = rtt.quantile(q).unwrap();
            prop_assert!(told.abs_diff(exact) <= exact / 15, "{} for {}", told, exact);
            prop_assert_eq!(rtt.min(), Some(all[0]));
            prop_assert_eq!(rtt.max(), all.last().copied());
            prop_assert_eq!(rtt.avg(), Some(all.iter().sum::<u64>() / all.len() as u64));
        }
    }

    #[test]
    fn nothing_was_measured() {
        let rtt = Rtt::default();
        assert_eq!((rtt.count(), rtt.min(), rtt.avg(), rtt.quantile(0.5)), (0, None, None, None));
    }
}
