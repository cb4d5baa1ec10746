//! The numbers tcpdump's relative sequence and acknowledgment numbers are relative to.
//!
//! A segment with ACK set looks its conversation up. When it is not there yet, or the
//! segment has SYN set too, its numbers become the conversation's bases and are printed
//! as they stand; otherwise the bases are subtracted. tcpdump never forgets a
//! conversation; here the table has a limit, so that a flood of invented connections
//! costs neither memory without bound nor time: beyond it the conversation that was
//! not used for longest (by second chance) is forgotten, and counted.
use std::hash::Hash;
use std::net::{Ipv4Addr, Ipv6Addr};

use foldhash::quality::RandomState;

use super::table::Table;

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
    v4: Table<(u32, u32, u32), Bases>,
    v6: Table<(u128, u128, u32), Bases>,
}

impl RelativeTable {
    /// Most conversations that can be remembered, for each of IPv4 and IPv6.
    pub const MAX_LIMIT: usize = Table::<u32, Bases>::MAX_LIMIT;

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
        self.v4.len() + self.v6.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many conversations were forgotten because of the limit.
    pub fn evicted(&self) -> u64 {
        self.v4.evicted() + self.v6.evicted()
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

/// Where a conversation's numbers start.
#[derive(Debug, Clone, Copy)]
struct Bases {
    /// Base of what the key's first side sends.
    first: u32,
    /// Base of what the other side sends.
    second: u32,
}

impl<K: Hash + Eq + Copy> Table<K, Bases> {
    #[inline]
    fn observe(&mut self, key: K, reverse: bool, segment: Segment) -> Relative {
        let Segment { seq, ack, .. } = segment;
        let (first, second) = if reverse { (ack.wrapping_sub(1), seq) } else { (seq, ack.wrapping_sub(1)) };
        let place = self.place(&key);
        if let Some(bases) = self.get_mut(place, &key) {
            if !segment.syn {
                let Bases { first, second } = *bases;
                let (own, other) = if reverse { (second, first) } else { (first, second) };
                return Relative {
                    seq: seq.wrapping_sub(own),
                    ack: ack.wrapping_sub(other),
                    sack_base: other,
                };
            }
            *bases = Bases { first, second };
        } else {
            self.insert(place, key, Bases { first, second });
        }
        Relative { seq, ack, sack_base: if reverse { first } else { second } }
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

    /// The rule of the module's head, once more, with a map that has no limit.
    #[test]
    fn answers_as_a_plain_map_does_while_below_the_limit() {
        let mut t = RelativeTable::new(1 << 16);
        let mut bases: HashMap<u16, (u32, u32)> = HashMap::new();
        let mut x = 1_u32;
        for _ in 0..50_000 {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (port, seq, ack) = ((x >> 16) as u16 % 3000 + 1, x, x.rotate_left(7));
            let expected = match bases.get(&port) {
                Some((own, other)) => (seq.wrapping_sub(*own), ack.wrapping_sub(*other)),
                None => {
                    bases.insert(port, (seq, ack.wrapping_sub(1)));
                    (seq, ack)
                }
            };
            let shown = t.observe_v6(Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST, segment(0, port, seq, ack));
            assert_eq!((shown.seq, shown.ack), expected);
        }
        assert_eq!(t.len(), bases.len());
        assert_eq!(t.evicted(), 0);
    }
}
