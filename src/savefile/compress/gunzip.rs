//! A gzip member inflated (RFC 1952).
use std::io::{self, BufRead};

use flate2::{Decompress, FlushDecompress, Status};

use super::member::Got;

/// A gzip member: bytes before damage are given, then the error.
pub(super) struct Inflater {
    inflate: Box<Decompress>,
    /// What is wrong after the bytes given last.
    failure: Option<io::Error>,
}

impl Inflater {
    /// After the first bytes of the member.
    pub(super) fn new(magic: [u8; 4]) -> io::Result<Self> {
        let mut inflate = Box::new(Decompress::new_gzip(15));
        inflate.decompress(&magic, &mut [], FlushDecompress::None)?;
        Ok(Self { inflate, failure: None })
    }

    pub(super) fn read(&mut self, stream: &mut impl BufRead, room: &mut [u8]) -> io::Result<Got> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let inflate = &mut self.inflate;
        loop {
            let input = stream.fill_buf()?;
            let at_end = input.is_empty();
            let (taken, given) = (inflate.total_in(), inflate.total_out());
            let result = inflate.decompress(input, room, FlushDecompress::None);
            let passed = usize::try_from(inflate.total_in() - taken).unwrap_or(0);
            let got = usize::try_from(inflate.total_out() - given).unwrap_or(0);
            stream.consume(passed);
            match result {
                Err(e) if got == 0 => return Err(e.into()),
                Err(e) => self.failure = Some(e.into()),
                // The checksum is right, which is all that is left to be said.
                Ok(Status::StreamEnd) if got == 0 => return Ok(Got::End(None)),
                Ok(_) => {}
            }
            if got > 0 {
                return Ok(Got::Bytes(got));
            }
            if at_end || passed == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
