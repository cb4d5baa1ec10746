//! An xz stream decoded (the .xz file format 1.2.1).
use std::io::{self, BufRead};

use lzma_rust2::{Action, Status, XzStream as Decoder};

use super::member::Got;

/// Most memory for what a block refers back to, in KiB: 64 MiB, which `xz -9` asks for, and the decoder's own.
const MOST: u32 = (64 << 10) + 1024;

/// An xz stream: what is decoded before damage is given, then the error.
pub(super) struct XzStream {
    decoder: Box<Decoder>,
    /// What is wrong after the bytes given last.
    failure: Option<io::Error>,
}

impl XzStream {
    /// After the first bytes of the stream.
    pub(super) fn new(magic: [u8; 4]) -> io::Result<Self> {
        let mut decoder = Box::new(Decoder::new_mem_limit(false, MOST));
        decoder.process(&magic, &mut [], Action::Run)?;
        Ok(Self { decoder, failure: None })
    }

    pub(super) fn read(&mut self, stream: &mut impl BufRead, room: &mut [u8]) -> io::Result<Got> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let decoder = &mut self.decoder;
        loop {
            let input = stream.fill_buf()?;
            let at_end = input.is_empty();
            let (taken, given) = (decoder.total_in(), decoder.total_out());
            let result = decoder.process(input, room, Action::Run);
            let passed = usize::try_from(decoder.total_in() - taken).unwrap_or(0);
            let got = usize::try_from(decoder.total_out() - given).unwrap_or(0);
            stream.consume(passed);
            match result {
                Err(e) if got == 0 => return Err(self.explain(e)),
                Err(e) => self.failure = Some(e),
                Ok(done) if done.status == Status::StreamEnd && got == 0 => return Ok(Got::End(None)),
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

    /// That a block refers further back than memory is given for.
    fn explain(&self, error: io::Error) -> io::Error {
        match self.decoder.memory_usage() {
            Some(needed) if needed > MOST => {
                let text =
                    format!("a block of it needs {} MiB of memory, more than {}", needed >> 10, MOST >> 10);
                io::Error::new(io::ErrorKind::InvalidData, text)
            }
            _ => error,
        }
    }
}
