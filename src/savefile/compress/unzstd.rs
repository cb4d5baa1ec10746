//! A Zstandard frame decoded (RFC 8878).
use std::io::{self, BufRead};

use zstd::stream::raw::{Decoder, Operation};

use super::member::Got;

/// A Zstandard frame, decoded block by block: so damage in one does not cost the ones before.
pub(super) struct ZstdFrame {
    decoder: Decoder<'static>,
    /// How many bytes the next step needs; 0 at the end of the frame.
    wanted: usize,
}

impl ZstdFrame {
    /// After the first bytes of the frame.
    pub(super) fn new(magic: [u8; 4]) -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        let status = decoder.run_on_buffers(&magic, &mut [0; 0])?;
        Ok(Self { decoder, wanted: status.remaining })
    }

    pub(super) fn read(&mut self, stream: &mut impl BufRead, room: &mut [u8]) -> io::Result<Got> {
        loop {
            if self.wanted == 0 {
                return Ok(Got::End(None));
            }
            // What is decoded first: a call that finds damage gives nothing.
            let status = self.decoder.run_on_buffers(&[], room)?;
            if status.bytes_written > 0 {
                self.wanted = status.remaining;
                return Ok(Got::Bytes(status.bytes_written));
            }
            let input = stream.fill_buf()?;
            let at_end = input.is_empty();
            let input = input.get(..self.wanted).unwrap_or(input);
            let status = self.decoder.run_on_buffers(input, room)?;
            stream.consume(status.bytes_read);
            self.wanted = status.remaining;
            if status.bytes_written > 0 {
                return Ok(Got::Bytes(status.bytes_written));
            }
            if at_end {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
