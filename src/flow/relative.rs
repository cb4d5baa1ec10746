//! The numbers tcpdump's relative sequence and acknowledgment numbers are relative to.
//!
//! A segment with ACK set looks its conversation up. When it is not there yet, or the
//! segment has SYN set too, its numbers become the conversation's bases and are printed
//! as they stand; otherwise the bases are subtracted. tcpdump never forgets a
//! conversation; here the table has a limit, so that a flood of invented connections
//! costs neither memory without bound nor time: beyond it the conversation that was
//! not used for longest (by second chance) is forgotten, and counted.
use std::hash::{BuildHasher, Hash};
use std::net::{Ipv4Addr, Ipv6Addr};

use foldhash::quality::RandomState;

/// What to print for one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Relative {
    /// The sequence number.
    pub seq: u32,
    /// The acknowledgment number.
    pub ack: u32,
    /// What the edges of SACK blocks are relative to.
    pub sack_base: u32,
}

/// The numbers of one segment as they stand in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number.
    pub ack: u32,
    /// Whether SYN is set.
    pub syn: bool,
}

/// The bases of every conversation seen, up to a limit.
///
/// ```
/// use std::net::Ipv4Addr;
/// use synack::flow::relative::{RelativeTable, Segment};
///
/// let (client, server) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
/// let mut table = RelativeTable::new(1000);
/// let syn_ack = Segment { src_port: 80, dst_port: 1025, seq: 7000, ack: 501, syn: true };
/// assert_eq!(table.observe_v4(server, client, syn_ack).seq, 7000);
/// let ack = Segment { src_port: 1025, dst_port: 80, seq: 501, ack: 7001, syn: false };
/// let shown = table.observe_v4(client, server, ack);
/// assert_eq!((shown.seq, shown.ack), (1, 1));
/// ```
#[derive(Debug)]
pub struct RelativeTable {
    v4: Table<(u32, u32, u32)>,
    v6: Table<(u128, u128, u32)>,
}

impl RelativeTable {
    /// Most conversations that can be remembered, for each of IPv4 and IPv6.
    pub const MAX_LIMIT: usize = INDEX_MASK as usize;

    /// Conversations remembered by default, for each of IPv4 and IPv6: all there is room
    /// for, about a million, so that the text of a large capture is tcpdump's too.
    pub const DEFAULT_LIMIT: usize = Self::MAX_LIMIT;

    /// A table of at most `limit` conversations for each of IPv4 and IPv6, between one
    /// and [`RelativeTable::MAX_LIMIT`]. When full it has taken about 40 (IPv4) or 80
    /// (IPv6) bytes for each.
    pub fn new(limit: usize) -> Self {
        let hasher = RandomState::default();
        Self { v4: Table::new(limit, hasher.clone()), v6: Table::new(limit, hasher) }
    }

    /// The numbers to print for a segment over IPv4 that has ACK set.
    #[inline]
    pub fn observe_v4(&mut self, src: Ipv4Addr, dst: Ipv4Addr, segment: Segment) -> Relative {
        let (src, dst) = (u32::from(src), u32::from(dst));
        let (reverse, ports) = orient(segment, src > dst);
        let key = if reverse { (dst, src, ports) } else { (src, dst, ports) };
        self.v4.observe(key, reverse, segment)
    }

    /// The numbers to print for a segment over IPv6 that has ACK set.
    pub fn observe_v6(&mut self, src: Ipv6Addr, dst: Ipv6Addr, segment: Segment) -> Relative {
        let (src, dst) = (u128::from(src), u128::from(dst));
        let (reverse, ports) = orient(segment, src > dst);
        let key = if reverse { (dst, src, ports) } else { (src, dst, ports) };
        self.v6.observe(key, reverse, segment)
    }

    /// How many conversations are remembered.
    pub fn len(&self) -> usize {
        self.v4.entries.len() + self.v6.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many conversations were forgotten because of the limit.
    pub fn evicted(&self) -> u64 {
        self.v4.evicted + self.v6.evicted
    }
}

impl Default for RelativeTable {
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

/// Both directions of a conversation share a key: the lower port comes first, and with
/// equal ports the lower address. Whether the segment goes the other way, and its ports
/// in the order of the key.
#[inline]
fn orient(segment: Segment, src_above_dst: bool) -> (bool, u32) {
    let (src, dst) = (u32::from(segment.src_port), u32::from(segment.dst_port));
    let reverse = src > dst || src == dst && src_above_dst;
    (reverse, if reverse { dst << 16 | src } else { src << 16 | dst })
}

#[derive(Debug, Clone, Copy)]
struct Entry<K> {
    key: K,
    /// Base of what the key's first side sends.
    seq: u32,
    /// Base of what the other side sends.
    ack: u32,
    /// 31 bits of the key's hash, and [`USED`].
    hash: u32,
}

/// Looked up since the hand of the clock last passed.
const USED: u32 = 1 << 31;

/// Bits of a slot that hold the index of an entry plus one; a slot of zero is empty.
/// The others hold a tag from the hash, so that few entries are looked at in vain.
const INDEX_BITS: u32 = 20;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

const FEWEST_SLOTS: usize = 1 << 10;

/// A hash table with linear probing whose slots are apart from its entries: a new
/// conversation costs one access at random, and its entry goes next to the last one.
/// There are only as many slots as its conversations need: as long as those fit a
/// processor's cache, a flood of new ones stays cheap.
#[derive(Debug)]
struct Table<K> {
    /// A power of two, at least twice as many as entries: runs of full slots stay short.
    slots: Vec<u32>,
    entries: Vec<Entry<K>>,
    limit: usize,
    /// Where the search for something to forget goes on.
    hand: usize,
    evicted: u64,
    hasher: RandomState,
}

impl<K: Hash + Eq + Copy> Table<K> {
    fn new(limit: usize, hasher: RandomState) -> Self {
        let limit = limit.clamp(1, RelativeTable::MAX_LIMIT);
        Self { slots: Vec::new(), entries: Vec::new(), limit, hand: 0, evicted: 0, hasher }
    }

    #[inline]
    fn observe(&mut self, key: K, reverse: bool, segment: Segment) -> Relative {
        let Segment { seq, ack, .. } = segment;
        let (first, second) = if reverse { (ack.wrapping_sub(1), seq) } else { (seq, ack.wrapping_sub(1)) };
        let (hash, tag) = self.hash(&key);
        if let Some(entry) = self.find(hash, tag, &key) {
            entry.hash |= USED;
            if !segment.syn {
                let (own, other) = if reverse { (entry.ack, entry.seq) } else { (entry.seq, entry.ack) };
                return Relative {
                    seq: seq.wrapping_sub(own),
                    ack: ack.wrapping_sub(other),
                    sack_base: other,
                };
            }
            (entry.seq, entry.ack) = (first, second);
        } else {
            self.insert(tag, Entry { key, seq: first, ack: second, hash });
        }
        Relative { seq, ack, sack_base: if reverse { first } else { second } }
    }

    /// 31 bits to choose a slot by, and a tag where slots have it.
    #[inline]
    fn hash(&self, key: &K) -> (u32, u32) {
        let hash = self.hasher.hash_one(key);
        (hash as u32 & !USED, (hash >> 32) as u32 & !INDEX_MASK)
    }

    #[inline]
    fn find(&mut self, hash: u32, tag: u32, key: &K) -> Option<&mut Entry<K>> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                return None;
            }
            if slot & !INDEX_MASK == tag {
                let index = (slot & INDEX_MASK) as usize - 1;
                if self.entries.get(index).is_some_and(|entry| entry.key == *key) {
                    return self.entries.get_mut(index);
                }
            }
            at = (at + 1) & mask;
        }
    }

    fn insert(&mut self, tag: u32, entry: Entry<K>) {
        if self.entries.len() < self.limit && self.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let index = if self.entries.len() < self.limit {
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            let index = self.forget();
            self.entries[index] = entry;
            index
        };
        self.place(entry.hash, tag | (index as u32 + 1));
    }

    /// Puts a slot where a search from its hash finds it.
    fn place(&mut self, hash: u32, slot: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }

    /// Makes twice as many slots.
    fn grow(&mut self) {
        self.slots = vec![0; (self.slots.len() * 2).max(FEWEST_SLOTS)];
        for index in 0..self.entries.len() {
            let entry = self.entries[index];
            let (_, tag) = self.hash(&entry.key);
            self.place(entry.hash, tag | (index as u32 + 1));
        }
    }

    /// Frees the index of an entry not used since the hand last passed it.
    fn forget(&mut self) -> usize {
        let index = loop {
            let index = self.hand;
            self.hand = if index + 1 == self.entries.len() { 0 } else { index + 1 };
            let entry = &mut self.entries[index];
            if entry.hash & USED == 0 {
                break index;
            }
            entry.hash &= !USED;
        };
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

    use super::*;

    const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

    fn segment(src_port: u16, dst_port: u16, seq: u32, ack: u32) -> Segment {
        Segment { src_port, dst_port, seq, ack, syn: false }
    }

    #[test]
    fn first_segment_of_a_conversation_is_absolute_and_becomes_the_base() {
        let mut t = RelativeTable::new(10);
        assert_eq!(
            t.observe_v4(A, B, segment(9, 80, 100, 500)),
            Relative { seq: 100, ack: 500, sack_base: 499 }
        );
        assert_eq!(
            t.observe_v4(A, B, segment(9, 80, 110, 505)),
            Relative { seq: 10, ack: 6, sack_base: 499 }
        );
        assert_eq!(
            t.observe_v4(B, A, segment(80, 9, 510, 110)),
            Relative { seq: 11, ack: 10, sack_base: 100 }
        );
        // Data from before the base wraps.
        assert_eq!(t.observe_v4(A, B, segment(9, 80, 99, 505)).seq, u32::MAX);
    }

    #[test]
    fn syn_starts_the_conversation_over() {
        let mut t = RelativeTable::new(10);
        t.observe_v4(A, B, segment(9, 80, 100, 500));
        let again = Segment { syn: true, ..segment(80, 9, 7000, 41) };
        assert_eq!(t.observe_v4(B, A, again), Relative { seq: 7000, ack: 41, sack_base: 40 });
        assert_eq!(
            t.observe_v4(A, B, segment(9, 80, 41, 7001)),
            Relative { seq: 1, ack: 1, sack_base: 7000 }
        );
        assert_eq!(t.len(), 1);
    }

    #[test]
    fn equal_ports_are_told_apart_by_address() {
        let mut t = RelativeTable::new(10);
        t.observe_v4(B, A, segment(5, 5, 100, 500));
        assert_eq!(t.observe_v4(A, B, segment(5, 5, 501, 101)), Relative { seq: 2, ack: 1, sack_base: 100 });
        assert_eq!(t.len(), 1);
    }

    #[test]
    fn limit_holds_and_what_is_used_survives_a_flood() {
        let mut t = RelativeTable::new(100);
        t.observe_v4(A, B, segment(9, 80, 100, 500));
        for i in 0..10_000_u32 {
            t.observe_v4(Ipv4Addr::from(i), B, segment(1, 2, i, i));
            assert_eq!(t.observe_v4(A, B, segment(9, 80, 101 + i, 500)).seq, 1 + i);
        }
        assert_eq!(t.len(), 100);
        assert_eq!(t.evicted(), 9_901);
    }

    #[test]
    fn answers_as_a_plain_map_does_while_below_the_limit() {
        let mut t = RelativeTable::new(1 << 16);
        let mut map = HashMap::new();
        let mut x = 1_u32;
        for _ in 0..50_000 {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (ports, seq) = ((x >> 16) as u16 % 3000 + 1, x);
            let base = *map.entry(ports).or_insert(seq);
            let shown = t.observe_v6(Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST, segment(0, ports, seq, 1));
            let expected = if base == seq && shown.seq == seq { seq } else { seq.wrapping_sub(base) };
            assert_eq!(shown.seq, expected);
        }
        assert_eq!(t.len(), map.len());
    }

    #[test]
    fn every_conversation_is_found_again_after_evictions() {
        let mut t = Table::new(1000, RandomState::default());
        for i in 0..20_000_u32 {
            t.observe((i, i, i), false, segment(1, 2, i, i));
            let entries: Vec<u32> = t.entries.iter().map(|e| e.key.0).collect();
            if i % 1009 == 0 {
                for key in entries {
                    let (hash, tag) = t.hash(&(key, key, key));
                    assert!(t.find(hash, tag, &(key, key, key)).is_some());
                }
            }
        }
    }
}
