//! What the binary decides.
pub(crate) fn run() {}
