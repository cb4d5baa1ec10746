//! A bounded hash table with a seed: what every table of conversations here is made of.
//!
//! It never holds more than its limit. When it is full, a new entry takes the place of one
//! that was not looked up since the hand of the clock last passed it (second chance), and
//! not of a held one while there are enough others.
use std::hash::{BuildHasher, Hash};

use foldhash::quality::RandomState;

/// Looked up since the hand of the clock last passed.
const USED: u32 = 1 << 31;

/// Worth more than others: see [`Table::hold`].
const HELD: u32 = 1 << 30;

/// Bits of a slot that hold the index of an entry plus one; a slot of zero is empty.
/// The others hold a tag from the hash, so that few entries are looked at in vain.
const INDEX_BITS: u32 = 20;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

const FEWEST_SLOTS: usize = 1 << 10;

/// Where a key belongs: its hash, computed once for a search and the insertion after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// 30 bits to choose a slot by.
    hash: u32,
    /// More bits, where slots have them.
    tag: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry<K, V> {
    key: K,
    value: V,
    /// 30 bits of the key's hash, [`USED`] and [`HELD`].
    hash: u32,
}

/// A hash table with linear probing whose slots are apart from its entries: a new
/// conversation costs one access at random, and its entry goes next to the last one.
/// There are only as many slots as its entries need: as long as those fit a
/// processor's cache, a flood of new ones stays cheap.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    /// A power of two, at least twice as many as entries: runs of full slots stay short.
    slots: Vec<u32>,
    entries: Vec<Entry<K, V>>,
    limit: usize,
    /// Where the search for something to forget goes on.
    hand: usize,
    held: usize,
    evicted: u64,
    hasher: RandomState,
}

impl<K: Hash + Eq + Copy, V> Table<K, V> {
    /// Most entries that a table can have.
    pub(super) const MAX_LIMIT: usize = INDEX_MASK as usize;

    /// A table of at most `limit` entries, between one and [`Table::MAX_LIMIT`].
    pub(super) fn new(limit: usize, hasher: RandomState) -> Self {
        let limit = limit.clamp(1, Self::MAX_LIMIT);
        Self { slots: Vec::new(), entries: Vec::new(), limit, hand: 0, held: 0, evicted: 0, hasher }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many entries gave way to others.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Where `key` belongs.
    #[inline]
    pub(super) fn place(&self, key: &K) -> Place {
        let hash = self.hasher.hash_one(key);
        Place { hash: hash as u32 & !(USED | HELD), tag: (hash >> 32) as u32 & !INDEX_MASK }
    }

    /// The index of the entry with this key; looking it up is using it.
    #[inline]
    pub(super) fn find(&mut self, place: Place, key: &K) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = place.hash as usize & mask;
        loop {
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                return None;
            }
            if slot & !INDEX_MASK == place.tag {
                let index = (slot & INDEX_MASK) as usize - 1;
                if let Some(entry) = self.entries.get_mut(index).filter(|entry| entry.key == *key) {
                    entry.hash |= USED;
                    return Some(index);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The value of the entry with this key; looking it up is using it.
    #[inline]
    pub(super) fn get_mut(&mut self, place: Place, key: &K) -> Option<&mut V> {
        let index = self.find(place, key)?;
        Some(&mut self.entries.get_mut(index)?.value)
    }

    /// The value at an index that [`Table::find`] or [`Table::insert`] gave, until the next insertion.
    #[inline]
    pub(super) fn at(&self, index: usize) -> &V {
        &self.entries[index].value
    }

    /// As [`Table::at`], to be changed.
    #[inline]
    pub(super) fn at_mut(&mut self, index: usize) -> &mut V {
        &mut self.entries[index].value
    }

    /// All values, to be changed.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|entry| &mut entry.value)
    }

    /// All values, in no order that means something.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|entry| &entry.value)
    }

    /// Whether the entry at `index` is worth more than others: it gives way to a new one
    /// only when more than three in four are held.
    pub(super) fn hold(&mut self, index: usize, held: bool) {
        let entry = &mut self.entries[index];
        if (entry.hash & HELD != 0) != held {
            entry.hash ^= HELD;
            self.held = if held { self.held + 1 } else { self.held - 1 };
        }
    }

    /// Adds an entry for a key that has none: its index, and the value that gave way to it.
    pub(super) fn insert(&mut self, place: Place, key: K, value: V) -> (usize, Option<V>) {
        let entry = Entry { key, value, hash: place.hash };
        let (index, evicted) = if self.entries.len() < self.limit {
            self.make_room();
            self.entries.push(entry);
            (self.entries.len() - 1, None)
        } else {
            let index = self.forget();
            let old = std::mem::replace(&mut self.entries[index], entry);
            (index, Some(old.value))
        };
        self.fill(place.hash, place.tag | (index as u32 + 1));
        (index, evicted)
    }

    /// Puts a slot where a search from its hash finds it.
    fn fill(&mut self, hash: u32, slot: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }

    /// Makes room for one more entry, and twice as many slots where they would get full.
    fn make_room(&mut self) {
        if self.entries.len() == self.entries.capacity() {
            let more = self.entries.len().max(FEWEST_SLOTS / 16).min(self.limit - self.entries.len());
            self.entries.reserve_exact(more);
        }
        if self.entries.len() * 2 < self.slots.len() {
            return;
        }
        self.slots = vec![0; (self.slots.len() * 2).max(FEWEST_SLOTS)];
        for index in 0..self.entries.len() {
            let Place { hash, tag } = self.place(&self.entries[index].key);
            self.fill(hash, tag | (index as u32 + 1));
        }
    }

    /// Frees the index of an entry not used since the hand last passed it.
    fn forget(&mut self) -> usize {
        // As long as one in four is not held, four steps find one of those, on average.
        let spare_held = self.held <= self.entries.len() / 4 * 3;
        let index = loop {
            let index = self.hand;
            self.hand = if index + 1 == self.entries.len() { 0 } else { index + 1 };
            let entry = &mut self.entries[index];
            if entry.hash & USED == 0 && !(spare_held && entry.hash & HELD != 0) {
                break index;
            }
            entry.hash &= !USED;
        };
        self.hold(index, false);
        self.empty_slot_of(index);
        self.evicted += 1;
        index
    }

    /// Empties the slot of an entry and moves back those after it that had to give way,
    /// so that a search may still stop at the first empty one.
    fn empty_slot_of(&mut self, index: usize) {
        let mask = self.slots.len() - 1;
        let mut hole = self.entries[index].hash as usize & mask;
        while (self.slots[hole] & INDEX_MASK) as usize != index + 1 {
            hole = (hole + 1) & mask;
        }
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let next = self.slots[at];
            if next == 0 {
                break;
            }
            let home = self.entries[(next & INDEX_MASK) as usize - 1].hash as usize & mask;
            // It may move into the hole unless its home lies behind the hole.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(hole) & mask) {
                self.slots[hole] = next;
                hole = at;
            }
        }
        self.slots[hole] = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Look(u16),
        Hold(u16, bool),
    }

    /// Looks a key up and adds it where it is missing; what gave way.
    fn look(table: &mut Table<u16, (u16, u32)>, key: u16, stamp: u32) -> (u32, Option<u16>) {
        let place = table.place(&key);
        if let Some(value) = table.get_mut(place, &key) {
            return (value.1, None);
        }
        let (index, evicted) = table.insert(place, key, (key, stamp));
        assert_eq!(*table.at(index), (key, stamp));
        (stamp, evicted.map(|(key, _)| key))
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let key = 0..400_u16;
        let step = prop_oneof![
            6 => key.clone().prop_map(Step::Look),
            1 => (key, any::<bool>()).prop_map(|(key, held)| Step::Hold(key, held)),
        ];
        prop::collection::vec(step, 0..3000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A map without limit, from which is taken what the table says it gave up.
        #[test]
        fn answers_as_a_plain_map_does(steps in steps(), limit in 1..300_usize) {
            let mut table = Table::new(limit, RandomState::default());
            let mut map = HashMap::new();
            let mut held: HashMap<u16, bool> = HashMap::new();
            let mut evicted = 0;
            for (step, stamp) in steps.into_iter().zip(0..) {
                match step {
                    Step::Look(key) => {
                        let (found, gone) = look(&mut table, key, stamp);
                        if let Some(gone) = gone {
                            prop_assert!(map.remove(&gone).is_some(), "{} was not there", gone);
                            let all = held.values().filter(|held| **held).count();
                            if held.remove(&gone) == Some(true) {
                                prop_assert!(all > limit / 4 * 3, "a held one went, of {}", all);
                            }
                            evicted += 1;
                        }
                        prop_assert_eq!(found, *map.entry(key).or_insert(stamp));
                    }
                    Step::Hold(key, hold) => {
                        let place = table.place(&key);
                        let found = table.find(place, &key);
                        prop_assert_eq!(found.is_some(), map.contains_key(&key));
                        if let Some(index) = found {
                            table.hold(index, hold);
                            held.insert(key, hold);
                        }
                    }
                }
                prop_assert!(table.len() <= limit);
                prop_assert_eq!(table.len(), map.len());
                prop_assert_eq!(table.evicted(), evicted);
            }
            for (key, stamp) in &map {
                let place = table.place(key);
                prop_assert_eq!(table.get_mut(place, key).copied(), Some((*key, *stamp)));
            }
            let mut all: Vec<_> = table.values().map(|(key, _)| *key).collect();
            let mut expected: Vec<_> = map.keys().copied().collect();
            all.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(all, expected);
        }
    }

    #[test]
    fn what_is_used_survives_a_flood_and_so_does_what_is_held() {
        let mut table = Table::new(100, RandomState::default());
        for key in 0..3 {
            look(&mut table, key, key.into());
        }
        let place = table.place(&1);
        let index = table.find(place, &1).unwrap();
        table.hold(index, true);
        for i in 100..20_000 {
            look(&mut table, i, i.into());
            assert_eq!(look(&mut table, 0, 99).0, 0);
        }
        assert_eq!(look(&mut table, 1, 99), (1, None));
        assert_eq!(look(&mut table, 2, 99).0, 99);
        assert_eq!((table.len(), table.evicted()), (100, 19_804));
    }
}
