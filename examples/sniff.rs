//! A small tcpdump: `cargo build --example sniff && sudo target/debug/examples/sniff lo tcp port 80`
use std::io::{self, Write};
use std::process::ExitCode;

use synack::capture::Capture;
use synack::filter::Filter;
use synack::print::Printer;
use synack::{Source, Step};

fn main() -> ExitCode {
    match sniff() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sniff: {error}");
            ExitCode::FAILURE
        }
    }
}

fn sniff() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let interface = words.next().unwrap_or_else(|| "any".into());
    let expression = words.collect::<Vec<_>>().join(" ");

    let mut capture = Capture::builder(interface).promiscuous(true);
    if !expression.is_empty() {
        let link = capture.resolve_link_type()?;
        let filter = Filter::builder().live(true).compile(&expression, link)?;
        capture = capture.filter(filter.program());
    }
    let mut capture = capture.open()?;
    eprintln!("listening on {}, link type {:?}", capture.interface(), capture.link_type());

    let mut printer = Printer::builder().numeric(true).build(io::stdout().lock());
    loop {
        match capture.advance(None)? {
            Step::Packet => {
                let packet = capture.packet();
                printer.print(&packet)?;
                // Somebody looks on: show the line before waiting for the next packet.
                printer.flush()?;
            }
            Step::Idle => {
                while let Some(notice) = capture.take_notice() {
                    writeln!(io::stderr(), "sniff: {notice}")?;
                }
            }
            Step::End => return Ok(()),
        }
    }
}
