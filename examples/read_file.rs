//! Counts the packets and bytes of a capture file: `cargo run --example read_file -- x.pcap`.
use std::collections::BTreeMap;
use std::process::ExitCode;

use synack::{Source, savefile};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: read_file FILE  (or - for the standard input)");
        return ExitCode::from(2);
    };
    match count(path.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("read_file: {e}");
            ExitCode::FAILURE
        }
    }
}

fn count(path: &std::path::Path) -> Result<(), synack::Error> {
    let mut file = savefile::open(path)?;
    let mut lengths = BTreeMap::<u32, u64>::new();
    let (mut packets, mut bytes) = (0u64, 0u64);
    // Packets before any damage are counted and shown; then the error is reported.
    let result = loop {
        match file.next_packet() {
            Ok(Some(packet)) => {
                packets += 1;
                bytes += u64::from(packet.wire_len);
                *lengths.entry(packet.wire_len.checked_ilog2().unwrap_or(0)).or_default() += 1;
            }
            Ok(None) => break Ok(()),
            Err(e) => break Err(e),
        }
    };
    println!("{}: link type {:?}, {packets} packets, {bytes} bytes", file.name(), file.link_type());
    for (power, count) in lengths {
        println!("{:>7} bytes and more: {count}", 1u64 << power);
    }
    result
}
