//! Where a capture file's bytes go: only whole records, and a cut back when a write fails.
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

#[cfg(feature = "compress")]
use super::compress::{Compression, Encoder};
use crate::error::Error;

/// A destination of bytes that may be able to take back the last of them.
pub trait Sink: Write + Send {
    /// Makes the destination end after its first `len` bytes.
    ///
    /// # Errors
    /// It cannot, as a pipe cannot.
    fn cut(&mut self, len: u64) -> io::Result<()>;

    /// Replaces the bytes from `at` on, which the destination has; the next write goes to its end
    /// all the same. Of no bytes: whether that is possible.
    ///
    /// # Errors
    /// It cannot, as a pipe cannot.
    fn overwrite(&mut self, _at: u64, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Sink for &File {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        if !self.metadata()?.is_file() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.set_len(len)?;
        self.seek(SeekFrom::Start(len)).map(|_| ())
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        if !self.metadata()?.is_file() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let end = self.stream_position()?;
        self.seek(SeekFrom::Start(at))?;
        let done = self.write_all(bytes);
        self.seek(SeekFrom::Start(end))?;
        done
    }
}

impl Sink for File {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        (&*self).cut(len)
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        (&*self).overwrite(at, bytes)
    }
}

impl Sink for Vec<u8> {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        Ok(())
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let place = at.checked_add(bytes.len()).and_then(|end| self.get_mut(at..end));
        place.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        (**self).cut(len)
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        (**self).overwrite(at, bytes)
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        (**self).cut(len)
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        (**self).overwrite(at, bytes)
    }
}

/// Any writer as a [`Sink`] that cannot take bytes back.
#[derive(Debug)]
pub struct Stream<W>(pub W);

impl<W: Write + Send> Write for Stream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write + Send> Sink for Stream<W> {
    fn cut(&mut self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Bytes gathered before they are written.
const GATHER: usize = 128 * 1024;
/// The same before compression: more bytes together become smaller.
#[cfg(feature = "compress")]
const GATHER_COMPRESSED: usize = 1024 * 1024;
/// First bytes of a compressed piece that are written last: without them it is none.
#[cfg(feature = "compress")]
const HEAD: usize = 4;

/// The end of a record in the buffer.
#[derive(Debug, Clone, Copy)]
struct End {
    at: usize,
    /// How many packets it is: 1, or 0 for descriptions and statistics.
    packets: u64,
}

/// Gathers whole records and hands them to the sink in one write.
///
/// When a write fails part of the way, the sink is cut back to the end of the last whole
/// record, and [`written`](Self::written) says exactly how many records it holds.
/// What is gathered when it is dropped is handed over too, if all went well until then.
#[derive(Debug)]
pub(crate) struct Records<S: Sink> {
    /// Taken away by [`finish`](Self::finish) alone.
    sink: Option<S>,
    /// How many bytes are gathered.
    gather: usize,
    #[cfg(feature = "compress")]
    encoder: Option<Encoder>,
    /// Whether what is gathered has been compressed, but not yet taken by the sink.
    #[cfg(feature = "compress")]
    encoded: bool,
    /// What ends the compressed stream, after the bytes the sink holds: the next go over it.
    tail: &'static [u8],
    /// Whether bytes the sink holds can be written over.
    #[cfg(feature = "compress")]
    joined: bool,
    /// Whose failure it is, for the message.
    name: String,
    buffer: Vec<u8>,
    /// Where each gathered record ends in `buffer`.
    ends: Vec<End>,
    /// Bytes and records the sink holds for certain.
    committed: u64,
    written: u64,
    state: State,
}

/// Whether records are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Sound,
    /// A write failed; what is gathered can be tried again.
    Failed,
    /// A write failed and the sink ends inside a record.
    Torn,
}

impl<S: Sink> Records<S> {
    pub(crate) fn new(sink: S, name: String) -> Self {
        Self {
            sink: Some(sink),
            gather: GATHER,
            #[cfg(feature = "compress")]
            encoder: None,
            #[cfg(feature = "compress")]
            encoded: false,
            tail: &[],
            #[cfg(feature = "compress")]
            joined: false,
            name,
            buffer: Vec::with_capacity(GATHER + 4096),
            ends: Vec::new(),
            committed: 0,
            written: 0,
            state: State::Sound,
        }
    }

    /// The same, compressed. After each write the sink holds a whole compressed stream, or
    /// several.
    #[cfg(feature = "compress")]
    pub(crate) fn compressed(mut self, compression: Compression) -> Result<Self, Error> {
        self.joined = self.sink().and_then(|sink| sink.overwrite(0, &[])).is_ok();
        let encoder = Encoder::new(compression, self.joined);
        self.encoder = Some(encoder.map_err(|e| Error::io(self.name.clone(), e))?);
        self.gather = GATHER_COMPRESSED;
        Ok(self)
    }

    /// Writes what belongs to no record, at once: a file header.
    pub(crate) fn preamble(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.flush()?;
        self.buffer.extend_from_slice(bytes);
        self.send()
    }

    /// Adds one packet's record, made of `parts`.
    #[inline]
    pub(crate) fn push(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        self.add(parts, 1)
    }

    /// Adds a record that is not a packet.
    pub(crate) fn push_other(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.add(&[bytes], 0)
    }

    #[inline]
    fn add(&mut self, parts: &[&[u8]], packets: u64) -> Result<(), Error> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if self.state != State::Sound {
            return Err(self.gave_up());
        }
        if !self.buffer.is_empty() && self.buffer.len() + length > self.gather {
            self.send()?;
        }
        for part in parts {
            self.buffer.extend_from_slice(part);
        }
        self.ends.push(End { at: self.buffer.len(), packets });
        Ok(())
    }

    /// Hands everything gathered to the sink.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if self.state != State::Sound {
            return Err(self.gave_up());
        }
        if self.buffer.is_empty() { Ok(()) } else { self.send() }
    }

    /// Records the sink holds.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Bytes the sink holds and will be given.
    pub(crate) fn len(&self) -> u64 {
        self.committed + self.buffer.len() as u64
    }

    /// Bytes the sink holds, without what ends a compressed stream.
    pub(crate) fn held(&self) -> u64 {
        self.committed
    }

    #[cfg(test)]
    pub(crate) fn sink_mut(&mut self) -> &mut S {
        self.sink.as_mut().unwrap()
    }

    fn sink(&mut self) -> io::Result<&mut S> {
        self.sink.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The sink, after a last flush.
    pub(crate) fn finish(mut self) -> Result<S, Error> {
        self.flush()?;
        self.sink.take().ok_or_else(|| self.gave_up())
    }

    #[cold]
    #[inline(never)]
    fn send(&mut self) -> Result<(), Error> {
        #[cfg(feature = "compress")]
        self.encode()?;
        // A sink that panics is not asked again.
        self.state = State::Torn;
        let (sent, failure) = self.hand_over();
        self.state = State::Sound;
        let whole = self.ends.iter().take_while(|end| end.at <= sent);
        let (kept, packets) = whole.fold((0, 0), |(_, packets), end| (end.at, packets + end.packets));
        self.written += packets;
        let Some(source) = failure else {
            #[cfg(feature = "compress")]
            if let Some(encoder) = &self.encoder {
                self.tail = encoder.tail();
            }
            self.committed += (sent - self.tail.len()) as u64;
            self.buffer.clear();
            self.ends.clear();
            #[cfg(feature = "compress")]
            {
                self.encoded = false;
            }
            return Ok(());
        };
        self.committed += kept as u64;
        self.state = State::Failed;
        if sent > kept + self.tail.len() && self.take_back().is_err() {
            // A pipe cannot take bytes back: its reader sees a cut record, the last.
            self.state = State::Torn;
        }
        // What the sink does not hold stays for another attempt.
        self.buffer.drain(..kept);
        self.ends.retain_mut(|end| {
            end.at = end.at.saturating_sub(kept);
            end.at > 0
        });
        Err(Error::io(self.name.clone(), source))
    }

    /// Writes what is gathered: how far that went, and what ended it.
    fn hand_over(&mut self) -> (usize, Option<io::Error>) {
        #[cfg(feature = "compress")]
        if self.joined && self.encoder.is_some() {
            return self.hand_over_piece();
        }
        self.write_from(0)
    }

    /// The same with a compressed piece, whose first bytes go into the file when the others are
    /// there: in place of what ended the stream before, or of zeros. A piece that was cut short, and
    /// could not be cut back, is then none: nobody reads packets out of it that were not counted.
    #[cfg(feature = "compress")]
    fn hand_over_piece(&mut self) -> (usize, Option<io::Error>) {
        let late = if self.tail.is_empty() { HEAD } else { self.tail.len() };
        let Some(place) = self.buffer.get_mut(..late) else { return self.write_from(0) };
        let head = place.to_vec();
        place.fill(0);
        let (sent, mut failure) = self.write_from(self.tail.len());
        if failure.is_none() {
            let at = self.committed;
            failure = self.sink().and_then(|sink| sink.overwrite(at, &head)).err();
        }
        if let Some(place) = self.buffer.get_mut(..late) {
            place.copy_from_slice(&head);
        }
        // The whole piece or nothing.
        let all = if failure.is_some() { self.buffer.len().saturating_sub(1) } else { usize::MAX };
        (sent.min(all), failure)
    }

    fn write_from(&mut self, from: usize) -> (usize, Option<io::Error>) {
        let mut sent = from;
        let Some(sink) = &mut self.sink else { return (sent, Some(io::ErrorKind::NotConnected.into())) };
        while let Some(rest) = self.buffer.get(sent..).filter(|rest| !rest.is_empty()) {
            match sink.write(rest) {
                Ok(0) => return (sent, Some(io::ErrorKind::WriteZero.into())),
                Ok(n) => sent += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return (sent, Some(e)),
            }
        }
        (sent, None)
    }

    /// Compresses what is gathered, unless it was compressed already: from then on it is one
    /// record that holds all of them, with what ends the stream.
    #[cfg(feature = "compress")]
    fn encode(&mut self) -> Result<(), Error> {
        let Some(encoder) = self.encoder.as_mut() else { return Ok(()) };
        if !self.encoded {
            if let Err(e) = encoder.encode(&mut self.buffer) {
                self.state = State::Failed;
                return Err(Error::io(self.name.clone(), e));
            }
            self.buffer.extend_from_slice(encoder.tail());
            let packets = self.ends.iter().map(|end| end.packets).sum();
            self.ends.clear();
            self.ends.push(End { at: self.buffer.len(), packets });
            self.encoded = true;
        }
        Ok(())
    }

    /// After a write that failed part of the way: makes the sink end with what it held before.
    fn take_back(&mut self) -> io::Result<()> {
        let (committed, tail) = (self.committed, self.tail);
        let sink = self.sink()?;
        if !tail.is_empty() {
            // Perhaps a part of it was written over.
            sink.overwrite(committed, tail)?;
        }
        sink.cut(committed + tail.len() as u64)
    }

    /// Tries again what the last error left: after room has been made.
    pub(crate) fn retry(&mut self) -> Result<(), Error> {
        if self.state == State::Failed {
            self.state = State::Sound;
        }
        self.flush()
    }

    #[cold]
    fn gave_up(&self) -> Error {
        Error::io(self.name.clone(), io::Error::other("an earlier write failed"))
    }
}

/// Nobody is left to be told of a failure: who wants to know of it flushes before.
impl<S: Sink> Drop for Records<S> {
    fn drop(&mut self) {
        if self.sink.is_some() && self.state == State::Sound {
            let _nobody_to_tell = self.flush();
        }
    }
}
