//! Prints what goes over an interface: `cargo build --example sniff && sudo target/debug/examples/sniff lo`.
use synack::capture::Capture;
use synack::{Layers, Source};

fn main() -> Result<(), synack::Error> {
    let interface = std::env::args().nth(1).unwrap_or_else(|| "any".into());
    let mut capture = Capture::builder(interface).promiscuous(true).open()?;
    eprintln!("listening on {} ({:?})", capture.interface(), capture.link_type());
    while let Some(packet) = capture.next_packet()? {
        let layers = Layers::decode(packet.link, packet.data);
        println!("{}.{:09} {} bytes", packet.time.secs, packet.time.nanos, packet.wire_len);
        let _ = layers;
    }
    Ok(())
}
