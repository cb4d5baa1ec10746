//! The last bytes that were given, to see whether a later copy of them differs.
use std::collections::VecDeque;
use std::ops::Range;

use super::part::Piece;

/// Bytes up to `end`, as many as are remembered.
#[derive(Debug, Default)]
pub(super) struct History {
    bytes: VecDeque<u8>,
    /// Offset behind the last one.
    end: u64,
}

impl History {
    /// Adds the bytes at `offset`, and forgets the oldest beyond `limit`.
    #[inline]
    pub(super) fn push(&mut self, offset: u64, bytes: &[u8], limit: usize) {
        if offset != self.end {
            self.bytes.clear();
        }
        self.end = offset + bytes.len() as u64;
        let kept = bytes.get(bytes.len().saturating_sub(limit)..).unwrap_or(bytes);
        let surplus = (self.bytes.len() + kept.len()).saturating_sub(limit);
        self.bytes.drain(..surplus.min(self.bytes.len()));
        self.bytes.extend(kept);
    }

    /// From the first to the last byte of `piece`, at `start`, that was given otherwise.
    pub(super) fn differs(&self, start: u64, piece: Piece<'_>) -> Option<Range<u64>> {
        let first = self.end - self.bytes.len() as u64;
        let from = start.max(first);
        let ours = self.bytes.iter().skip(usize::try_from(from - first).ok()?);
        let pairs = ours.zip(piece.skip(from - start).bytes);
        let mut found: Option<Range<u64>> = None;
        for (at, _) in (from..).zip(pairs).filter(|(_, (ours, theirs))| ours != theirs) {
            found = Some(found.map_or(at, |found| found.start)..at + 1);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Origin;
    use super::*;

    fn piece(bytes: &[u8]) -> Piece<'_> {
        Piece { bytes, missing: 0, fin: false, origin: Origin::default() }
    }

    #[test]
    fn the_last_bytes_are_compared() {
        let mut history = History::default();
        history.push(0, b"abcd", 8);
        history.push(4, b"efghij", 8);
        assert_eq!(history.differs(0, piece(b"XXcdefghij")), None, "what is forgotten is not compared");
        assert_eq!(history.differs(2, piece(b"cdEfGhij")), Some(4..7));
        assert_eq!(history.differs(8, piece(b"ijXX")), None, "nor is what was not given");
        history.push(20, b"uv", 8);
        assert_eq!(history.differs(4, piece(b"XXXX")), None, "a gap begins anew");
        assert_eq!(history.differs(19, piece(b"tuV")), Some(21..22));
        history.push(22, b"0123456789", 8);
        assert_eq!(history.differs(24, piece(b"2345678X")), Some(31..32));
    }
}
