//! Every dump layout on the same bytes: `cargo run --example hexdump_styles [FILE]`.
use std::io::{self, Write as _};

use synack::hex::DumpStyle;

fn main() -> io::Result<()> {
    let data = match std::env::args_os().nth(1) {
        Some(path) => std::fs::read(path)?,
        None => b"GET /lottery HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
    };
    let mut out = Vec::new();
    for style in DumpStyle::ALL {
        out.extend_from_slice(format!("{style}:").as_bytes());
        style.append(&mut out, &data);
        out.extend_from_slice(b"\n\n");
    }
    match io::stdout().write_all(&out) {
        // A reader like `head` that has seen enough is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
