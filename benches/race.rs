//! Runs contenders in turns on the same work and reports how they compare.
use std::hint::black_box;
use std::time::{Duration, Instant};

/// One contender: its name and one round of the work.
pub(crate) type Lane<'a> = (&'a str, Box<dyn FnMut() -> u64 + 'a>);

/// Runs every lane in turns, so that a noisy moment hits all of them, and prints the best
/// round of each and its ratio to the first lane's.
///
/// Each lane's result is a digest of the work: where two differ, they did not do the same.
pub(crate) fn race(question: &str, items: usize, lanes: &mut [Lane<'_>]) {
    println!("\nQ: {question}");
    let mut best = vec![Duration::MAX; lanes.len()];
    let mut digests = vec![0; lanes.len()];
    let end = Instant::now() + Duration::from_secs(3);
    let mut rounds = 0;
    while rounds < 20 || Instant::now() < end {
        for (i, (_, work)) in lanes.iter_mut().enumerate() {
            let start = Instant::now();
            digests[i] = black_box(work());
            best[i] = best[i].min(start.elapsed());
        }
        rounds += 1;
    }
    for (i, (name, _)) in lanes.iter().enumerate() {
        let per_item = best[i].as_secs_f64() * 1e9 / items.max(1) as f64;
        let ratio = best[i].as_secs_f64() / best[0].as_secs_f64();
        let note = if digests[i] == digests[0] { "" } else { "  (other result)" };
        println!("  {name:<28} {per_item:>9.2} ns each  {ratio:>6.2}x{note}");
    }
}
