//! Who speaks to whom, as text: `10.9.0.1.35812 > 10.9.0.2.80: `. Every segment of a connection begins
//! with it, and copying it costs a sixth of writing two addresses and two ports.
//!
//! A place for each pair by a hash, and the last pair there stays: one that lost its place is written as
//! before, so nobody's choice of addresses costs more than a copy in vain.
use std::fmt;

use crate::text::decimal::push_some;

/// Places: enough for a busy server's connections of a moment, few enough for a core's cache.
const PLACES: usize = 1024;

/// Two dotted quads of 15, two ports of 5, and what stands between and after them.
const LONGEST: usize = 15 + 1 + 5 + 3 + 15 + 1 + 5 + 2;

/// Texts of pairs over IPv4 by their numbers; empty until the first is asked for.
#[derive(Clone, Default)]
pub(in crate::print) struct Pairs(Vec<Pair>);

#[derive(Clone, Copy)]
struct Pair {
    key: Key,
    /// 0: nobody has this place.
    len: u8,
    text: [u8; LONGEST],
}

/// Both addresses and both ports as they stand in the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::print) struct Key {
    pub(in crate::print) addresses: u64,
    pub(in crate::print) ports: u32,
}

impl Key {
    #[inline]
    fn place(self) -> usize {
        let mixed = (self.addresses ^ u64::from(self.ports) << 16).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 54) as usize % PLACES
    }
}

impl Pairs {
    /// Appends the text of a pair, by `write` if it is not remembered.
    #[inline]
    pub(in crate::print) fn push(&mut self, out: &mut Vec<u8>, key: Key, write: impl FnOnce(&mut Vec<u8>)) {
        match self.0.get(key.place()) {
            Some(pair) if pair.key == key && pair.len > 0 => push_some(out, &pair.text, pair.len.into()),
            _ => self.learn(out, key, write),
        }
    }

    #[inline(never)]
    fn learn(&mut self, out: &mut Vec<u8>, key: Key, write: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        write(out);
        if self.0.is_empty() {
            let nobody = Pair { key: Key { addresses: 0, ports: 0 }, len: 0, text: [0; LONGEST] };
            self.0.resize(PLACES, nobody);
        }
        let written = out.get(start..).unwrap_or_default();
        if let Some(pair) = self.0.get_mut(key.place())
            && let Some(text) = pair.text.get_mut(..written.len())
        {
            text.copy_from_slice(written);
            (pair.key, pair.len) = (key, written.len() as u8);
        }
    }
}

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pairs").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_its_own_text_though_others_take_its_place() {
        let mut pairs = Pairs::default();
        for n in (0..5_000_u32).chain(0..5_000).chain([7, 7, 7]) {
            let key = Key { addresses: u64::from(n / 3), ports: n };
            let mut out = b"before ".to_vec();
            pairs.push(&mut out, key, |out| out.extend_from_slice(format!("{n} > {n}: ").as_bytes()));
            assert_eq!(String::from_utf8(out).unwrap(), format!("before {n} > {n}: "));
        }
    }

    #[test]
    fn what_is_remembered_is_not_written_again() {
        let (mut pairs, mut out, mut written) = (Pairs::default(), Vec::new(), 0);
        for _ in 0..3 {
            pairs.push(&mut out, Key { addresses: 0, ports: 0 }, |out| {
                written += 1;
                out.push(b'x');
            });
        }
        assert_eq!((&out[..], written), (&b"xxx"[..], 1));
    }

    #[test]
    fn text_that_is_too_long_is_not_remembered() {
        let (mut pairs, mut out) = (Pairs::default(), Vec::new());
        let key = Key { addresses: 1, ports: 2 };
        (0..2).for_each(|_| pairs.push(&mut out, key, |out| out.extend_from_slice(&[b'x'; 100])));
        assert_eq!(out, [b'x'; 200]);
    }
}
