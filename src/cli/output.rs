//! Standard output: buffered, flushed when nothing more is there to print, never a panic.
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;

use super::failure::Failure;

/// Bytes gathered before they are written.
const GATHER: usize = 128 * 1024;

/// Where lines go.
pub(super) type Output = BufWriter<File>;

/// Standard output with a large buffer, without the line splitting of [`io::Stdout`].
pub(super) fn stdout() -> Result<Output, Failure> {
    Ok(BufWriter::with_capacity(GATHER, stdout_file()?))
}

/// Standard output as a file without a buffer.
pub(super) fn stdout_file() -> Result<File, Failure> {
    let fd = io::stdout().as_fd().try_clone_to_owned().map_err(|e| failed(&e))?;
    Ok(File::from(fd))
}

/// What a failed write to standard output means.
pub(super) fn failed(error: &io::Error) -> Failure {
    Failure::write("standard output", error)
}

/// Whether someone watches standard output.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Writes a whole text to standard output and flushes it.
pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = stdout_file()?;
    out.write_all(text).map_err(|e| failed(&e))
}
