//! The numbers tcpdump's relative sequence and acknowledgment numbers are relative to.
//!
//! A segment with ACK set looks its conversation up. When it is not there yet, or the
//! segment has SYN set too, its numbers become the conversation's bases and are printed
//! as they stand; otherwise the bases are subtracted. A SYN alone says that the ports are
//! used again: a RST that answers or follows it begins anew too, where tcpdump 4.99.3 goes
//! on with the bases of the connection before (`docs/differences.md`). tcpdump never forgets a
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
    /// Whether ACK is set.
    pub acks: bool,
    /// Whether RST is set.
    pub rst: bool,
}

/// The bases of every conversation seen, up to a limit.
///
/// ```
/// use std::net::Ipv4Addr;
/// use synack::flow::relative::{RelativeTable, Segment};
///
/// let (client, server) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
/// let mut table = RelativeTable::new(1000);
/// let syn_ack = Segment { src_port: 80, dst_port: 1025, seq: 7000, ack: 501, syn: true, acks: true, rst: false };
/// assert_eq!(table.observe_v4(server, client, syn_ack).seq, 7000);
/// let ack = Segment { src_port: 1025, dst_port: 80, seq: 501, ack: 7001, syn: false, ..syn_ack };
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
    /// and [`RelativeTable::MAX_LIMIT`]. When full it has taken about 45 (IPv4) or 95
    /// (IPv6) bytes for each.
    pub fn new(limit: usize) -> Self {
        let hasher = RandomState::default();
        Self { v4: Table::new(limit, hasher.clone()), v6: Table::new(limit, hasher) }
    }

    /// The numbers to print for a segment over IPv4; those without ACK are as they stand.
    #[inline]
    pub fn observe_v4(&mut self, src: Ipv4Addr, dst: Ipv4Addr, segment: Segment) -> Relative {
        let (src, dst) = (u32::from(src), u32::from(dst));
        let (reverse, ports) = orient(segment, src > dst);
        let key = if reverse { (dst, src, ports) } else { (src, dst, ports) };
        self.v4.observe(key, reverse, segment)
    }

    /// The numbers to print for a segment over IPv6; those without ACK are as they stand.
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
    /// A SYN that was not answered yet, of a connection that is not the one of the bases.
    again: Option<Syn>,
}

/// A SYN alone.
#[derive(Debug, Clone, Copy)]
struct Syn {
    /// Whether the other side of the key sent it.
    reverse: bool,
    seq: u32,
}

/// Most bytes that a SYN is taken to carry where its refusal acknowledges them.
const MOST_SYN_DATA: u32 = 1 << 16;

impl Bases {
    /// Remembers a SYN of another connection. That of this one may come twice, or late.
    fn note(&mut self, syn: Syn) {
        let own = if syn.reverse { self.second } else { self.first };
        if syn.seq != own && syn.seq.wrapping_add(1) != own {
            self.again = Some(syn);
        }
    }

    /// Whether a segment ends the connection of the SYN that was noted before it began: its sender
    /// gives up with the next number, or the other side refuses it. A refusal begins at 0 and
    /// acknowledges data in the SYN too (RFC 9293 section 3.5.2).
    fn begin_again(&self, reverse: bool, segment: Segment) -> bool {
        let Some(syn) = self.again.filter(|_| segment.rst) else { return false };
        let next = syn.seq.wrapping_add(1);
        if reverse == syn.reverse {
            return segment.seq == next;
        }
        let beyond = segment.ack.wrapping_sub(next);
        beyond == 0 || segment.seq == 0 && beyond < MOST_SYN_DATA
    }
}

impl<K: Hash + Eq + Copy> Table<K, Bases> {
    #[inline]
    fn observe(&mut self, key: K, reverse: bool, segment: Segment) -> Relative {
        let Segment { seq, ack, .. } = segment;
        if !segment.acks {
            if segment.syn {
                self.note(key, Syn { reverse, seq });
            }
            return Relative { seq, ack, sack_base: 0 };
        }
        let (first, second) = if reverse { (ack.wrapping_sub(1), seq) } else { (seq, ack.wrapping_sub(1)) };
        let place = self.place(&key);
        if let Some(bases) = self.get_mut(place, &key) {
            if !segment.syn && !bases.begin_again(reverse, segment) {
                let Bases { first, second, .. } = *bases;
                let (own, other) = if reverse { (second, first) } else { (first, second) };
                return Relative {
                    seq: seq.wrapping_sub(own),
                    ack: ack.wrapping_sub(other),
                    sack_base: other,
                };
            }
            *bases = Bases { first, second, again: None };
        } else {
            self.insert(place, key, Bases { first, second, again: None });
        }
        Relative { seq, ack, sack_base: if reverse { first } else { second } }
    }

    /// A SYN alone makes no entry: a flood of them takes no memory.
    fn note(&mut self, key: K, syn: Syn) {
        let place = self.place(&key);
        if let Some(bases) = self.get_mut(place, &key) {
            bases.note(syn);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

    fn segment(src_port: u16, dst_port: u16, seq: u32, ack: u32) -> Segment {
        Segment { src_port, dst_port, seq, ack, syn: false, acks: true, rst: false }
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

    /// A connection between ports 9 and 80 that began at 100 and 500.
    fn established() -> RelativeTable {
        let mut t = RelativeTable::new(10);
        t.observe_v4(B, A, Segment { syn: true, ..segment(80, 9, 500, 101) });
        t
    }

    fn syn(seq: u32) -> Segment {
        Segment { syn: true, acks: false, ..segment(9, 80, seq, 0) }
    }

    #[test]
    fn a_refusal_of_the_syn_of_another_connection_is_absolute() {
        // Refused, without and with data in the SYN, or by what knows numbers; given up.
        for (answer, reverse) in [
            (segment(80, 9, 0, 9001), true),
            (segment(80, 9, 0, 9101), true),
            (segment(80, 9, 77, 9001), true),
            (segment(9, 80, 9001, 78), false),
        ] {
            let mut t = established();
            assert_eq!(t.observe_v4(A, B, syn(9000)), Relative { seq: 9000, ack: 0, sack_base: 0 });
            let (src, dst) = if reverse { (B, A) } else { (A, B) };
            let answer = Segment { rst: true, ..answer };
            let shown = t.observe_v4(src, dst, answer);
            assert_eq!((shown.seq, shown.ack), (answer.seq, answer.ack), "{answer:?}");
            // And is what the next one is relative to.
            let shown = t.observe_v4(src, dst, answer);
            assert_eq!((shown.seq, shown.ack), (0, 1), "{answer:?}");
        }
    }

    #[test]
    fn what_belongs_to_the_connection_before_stays_relative_to_it() {
        let mut t = established();
        t.observe_v4(A, B, syn(9000));
        // A challenge ACK, data that comes late, and its end.
        let shown = t.observe_v4(B, A, segment(80, 9, 511, 121));
        assert_eq!((shown.seq, shown.ack), (11, 21));
        let shown = t.observe_v4(A, B, segment(9, 80, 121, 511));
        assert_eq!((shown.seq, shown.ack), (21, 11));
        let rst = Segment { rst: true, ..segment(80, 9, 511, 121) };
        assert_eq!(t.observe_v4(B, A, rst).ack, 21);
        // The SYN of this connection again, before its data: they are of one connection.
        for isn in [100, 99] {
            let mut t = established();
            t.observe_v4(A, B, syn(isn));
            assert_eq!(t.observe_v4(A, B, segment(9, 80, 101, 501)).seq, 1);
        }
        // A SYN alone makes no entry.
        let mut t = RelativeTable::new(10);
        t.observe_v4(A, B, syn(9000));
        assert!(t.is_empty());
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
