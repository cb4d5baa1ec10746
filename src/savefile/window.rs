//! A sliding window over a byte stream: large reads, and records borrowed in place.
use std::io::{self, Read};

/// Bytes asked of the stream at a time. Small enough to stay in the second-level cache.
pub(crate) const CHUNK: usize = 256 * 1024;

/// A buffer over a stream, of which the unread front can be borrowed as one slice.
///
/// It grows only when half of it is full of bytes that have really arrived, so a length
/// field in a damaged file can never make it allocate.
#[derive(Debug)]
pub(crate) struct Window<R> {
    stream: R,
    /// Always initialised to its full length; `start..end` is unread.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// Bytes consumed so far: the stream offset of `start`.
    offset: u64,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(stream: R) -> Self {
        Self::with_room(stream, CHUNK)
    }

    /// One that begins with less room, or more, in bytes.
    pub(crate) fn with_room(stream: R, room: usize) -> Self {
        Self { stream, buffer: vec![0; room.max(64)], start: 0, end: 0, ended: false, offset: 0 }
    }

    /// The bytes read from the stream and not consumed.
    #[inline]
    pub(crate) fn peek(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The same, to be changed in place.
    pub(crate) fn peek_mut(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.start..self.end).unwrap_or_default()
    }

    /// Makes `n` bytes available if the stream has so many; gives how many there are.
    ///
    /// # Errors
    /// What the stream gives. Nothing is lost: after an interruption the call can be repeated.
    #[inline]
    pub(crate) fn fill(&mut self, n: usize) -> io::Result<usize> {
        let available = self.end - self.start;
        if available >= n { Ok(available) } else { self.read(n) }
    }

    #[cold]
    fn read(&mut self, n: usize) -> io::Result<usize> {
        while self.end - self.start < n && !self.ended {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            // Half of the room is free after a move, so that bytes are not moved for few new
            // ones each time.
            if self.end > self.buffer.len() / 2 {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            let got = self.stream.read(room)?.min(room.len());
            self.ended = got == 0;
            self.end += got;
        }
        Ok(self.end - self.start)
    }

    /// Passes over `n` bytes, or over all there are.
    #[inline]
    pub(crate) fn consume(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.start += n;
        self.offset += n as u64;
    }

    /// How far into the stream the window's front is.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut room[..1])
        }
    }

    #[test]
    fn gives_what_there_is_at_the_end() {
        let mut w = Window::new(Drip(b"abcdef"));
        assert_eq!(w.fill(4).unwrap(), 4);
        w.consume(2);
        assert_eq!(w.fill(100).unwrap(), 4);
        assert_eq!(w.peek(), b"cdef");
        assert_eq!(w.offset(), 2);
    }

    #[test]
    fn does_not_allocate_for_bytes_that_never_come() {
        let mut w = Window::new(&b"abc"[..]);
        assert_eq!(w.fill(1 << 40).unwrap(), 3);
        assert_eq!(w.buffer.len(), CHUNK);
    }

    #[test]
    fn grows_to_hold_one_large_record() {
        let data: Vec<u8> = (0..CHUNK * 3).map(|i| i as u8).collect();
        let mut w = Window::new(&data[..]);
        assert_eq!(w.fill(5).unwrap(), CHUNK);
        w.consume(5);
        assert!(w.fill(data.len() - 5).unwrap() == data.len() - 5);
        assert_eq!(w.peek(), &data[5..]);
    }
}
