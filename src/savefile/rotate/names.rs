//! The names that a run has used: none is taken twice, or what was written before would be lost.
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Names remembered, lest a run that goes on for ever grows: those of a day of seconds, and more.
const REMEMBERED: usize = 100_000;

/// Names used, by their hash, with the number that comes next where one is asked for again: a clock
/// that is set back, the hour that comes twice in autumn, `%H` on the next day.
#[derive(Debug, Clone, Default)]
pub(super) struct UsedNames {
    next: HashMap<u64, u64>,
    seed: RandomState,
}

impl UsedNames {
    /// Whether `name` was used. When there are too many to know: see [`is_full`](Self::is_full).
    pub(super) fn contains(&self, name: &str) -> bool {
        self.next.contains_key(&self.seed.hash_one(name))
    }

    /// The number to go on with for this beginning of a name, where it is known.
    pub(super) fn number(&self, base: &str) -> Option<u64> {
        self.next.get(&self.seed.hash_one(base)).copied()
    }

    /// `name` is used from now on.
    pub(super) fn insert(&mut self, name: &str) {
        if !self.is_full() {
            self.next.entry(self.seed.hash_one(name)).or_insert(1);
        }
    }

    /// The next number for this beginning of a name.
    pub(super) fn set_number(&mut self, base: &str, number: u64) {
        let full = self.is_full();
        let key = self.seed.hash_one(base);
        match self.next.get_mut(&key) {
            Some(next) => *next = number,
            None if full => {}
            None => drop(self.next.insert(key, number)),
        }
    }

    /// The file of this name is gone.
    pub(super) fn forget(&mut self, name: &str) {
        self.next.remove(&self.seed.hash_one(name));
    }

    /// Whether some names may have been forgotten: what is there may be ours, whatever its name.
    pub(super) fn is_full(&self) -> bool {
        self.next.len() >= REMEMBERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_is_known_stays_known() {
        let mut names = UsedNames::default();
        for n in 0..3 * REMEMBERED {
            names.insert(&n.to_string());
        }
        assert!(names.is_full() && names.next.len() == REMEMBERED);
        assert!(names.contains("0") && !names.contains(&(2 * REMEMBERED).to_string()));
        names.set_number("7", 5);
        names.set_number("unheard of", 9);
        assert_eq!((names.number("7"), names.number("unheard of")), (Some(5), None));
        names.forget("7");
        assert!(!names.is_full() && !names.contains("7"));
    }
}
