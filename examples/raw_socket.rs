//! The classic tutorial, safely: TCP packets off a raw IPv4 socket, with their flags.
//! `cargo build --example raw_socket && sudo target/debug/examples/raw_socket`
use std::process::ExitCode;

use synack::capture::RawCapture;
use synack::wire::{Ipv4, Tcp};
use synack::{Error, Source};

fn main() -> ExitCode {
    match watch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("raw_socket: {error}");
            ExitCode::FAILURE
        }
    }
}

fn watch() -> Result<(), Error> {
    let interface = std::env::args().nth(1).unwrap_or_else(|| "any".into());
    let mut capture = RawCapture::builder(interface).open()?;
    eprintln!("note: {}", RawCapture::limits());
    while let Some(packet) = capture.next_packet()? {
        let Ok(ip) = Ipv4::parse(packet.data) else { continue };
        match Tcp::parse(ip.payload()) {
            Ok(tcp) => println!(
                "{}:{} > {}:{} {} seq {} {} bytes",
                ip.src(),
                tcp.src_port(),
                ip.dst(),
                tcp.dst_port(),
                tcp.flags(),
                tcp.seq().0,
                tcp.payload().len(),
            ),
            Err(error) => println!("{} > {}: {error}", ip.src(), ip.dst()),
        }
    }
    Ok(())
}
