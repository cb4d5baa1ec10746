//! A bzip2 stream decoded.
use std::io::{self, BufRead};

use bzip2::{Decompress, Status};

use super::member::Got;

/// A bzip2 stream: blocks before damage are given, then the error. One block is held, of 900,000 bytes at most.
pub(super) struct BzipStream {
    decoder: Decompress,
    /// What follows the bytes given last: the end, or what is wrong.
    verdict: Option<io::Result<()>>,
}

impl BzipStream {
    /// After the first bytes of the stream.
    pub(super) fn new(magic: [u8; 4]) -> io::Result<Self> {
        let mut decoder = Decompress::new(false);
        decoder.decompress(&magic, &mut [])?;
        Ok(Self { decoder, verdict: None })
    }

    pub(super) fn read(&mut self, stream: &mut impl BufRead, room: &mut [u8]) -> io::Result<Got> {
        let decoder = &mut self.decoder;
        loop {
            if let Some(verdict) = self.verdict.take() {
                return verdict.map(|()| Got::End(None));
            }
            let input = stream.fill_buf()?;
            let at_end = input.is_empty();
            let (taken, given) = (decoder.total_in(), decoder.total_out());
            let result = decoder.decompress(input, room);
            let passed = usize::try_from(decoder.total_in() - taken).unwrap_or(0);
            let got = usize::try_from(decoder.total_out() - given).unwrap_or(0);
            stream.consume(passed);
            self.verdict = match result {
                Err(e) => Some(Err(e.into())),
                Ok(Status::StreamEnd) => Some(Ok(())),
                Ok(Status::MemNeeded) => Some(Err(io::ErrorKind::OutOfMemory.into())),
                Ok(_) => None,
            };
            if got > 0 {
                return Ok(Got::Bytes(got));
            }
            if self.verdict.is_none() && (at_end || passed == 0) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
