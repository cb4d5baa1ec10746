//! Damaged packets as part of the corpus, so that they too are compared under every flag set.
use super::{Capture, mutate};

/// Rounds of mutations; those that find a difference belong here.
const SEEDS: [u64; 2] = [1, 3];

pub(crate) fn captures() -> Vec<Capture> {
    let mut sources = super::tcp::captures();
    sources.extend(super::ip::captures());
    sources.extend(super::icmp::captures());
    let mut list = Vec::new();
    for seed in SEEDS {
        for capture in sources.iter().step_by(5) {
            list.push(mutate::mutate(capture, seed, 60));
        }
    }
    list
}
