//! The raw-socket tutorial, safely: each TCP packet that a raw IPv4 socket gives, with its bytes.
//!
//! `cargo build --example packet_dump && sudo target/debug/examples/packet_dump [INTERFACE [COUNT]]`,
//! and without root `cargo run --example packet_dump -- -r tests/data/seeds/raw_socket_five.pcap`.
use std::io::{self, Write};
use std::process::ExitCode;

use synack::capture::RawCapture;
use synack::wire::{Layers, LinkType, Network};
use synack::{Source, hex, savefile};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args_os().skip(1).map(|w| w.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["-r", file] => from_file(file, u64::MAX),
        ["-r", file, count] => number(count).and_then(|count| from_file(file, count)),
        [] => live("any", u64::MAX),
        [interface] => live(interface, u64::MAX),
        [interface, count] => number(count).and_then(|count| live(interface, count)),
        _ => Err("usage: packet_dump [INTERFACE [COUNT]] | packet_dump -r FILE [COUNT]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _unseen = writeln!(io::stderr(), "packet_dump: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number(count: &str) -> Result<u64, Box<dyn std::error::Error>> {
    count.parse().map_err(|_| format!("{count:?} is no number of packets").into())
}

fn from_file(path: &str, count: u64) -> Outcome {
    dump(&mut savefile::open(path)?, count)
}

fn live(interface: &str, count: u64) -> Outcome {
    let mut capture = RawCapture::builder(interface).open()?;
    // After this line nothing is missed that the socket can see.
    writeln!(io::stderr(), "listening on {interface}: {}", RawCapture::limits())?;
    dump(&mut capture, count)
}

/// Prints up to `count` packets of either source: a line, and the bytes from the IP header on.
fn dump(source: &mut dyn Source, count: u64) -> Outcome {
    let mut text = Vec::new();
    for number in 1..=count {
        let Some(packet) = source.next_packet()? else { break };
        text.clear();
        describe(&mut text, number, packet.link, packet.data)?;
        text.extend_from_slice(b"\n\n");
        // One write for a packet, seen at once: `println!` would make one of each line.
        let mut out = io::stdout().lock();
        out.write_all(&text)?;
        out.flush()?;
    }
    Ok(())
}

fn describe(text: &mut Vec<u8>, number: u64, link: LinkType, data: &[u8]) -> io::Result<()> {
    let layers = Layers::decode(link, data);
    match (layers.network, layers.tcp()) {
        (Some(Network::Ipv4(ip)), Some(tcp)) => {
            let (from, to) = (ip.src(), ip.dst());
            writeln!(text, "Packet {number}: {from}:{} > {to}:{}", tcp.src_port(), tcp.dst_port())?;
            writeln!(
                text,
                "    IP header {} bytes, ttl {}, id {}, total length {}",
                ip.header_len(),
                ip.ttl(),
                ip.id(),
                ip.total_len()
            )?;
            write!(
                text,
                "    TCP header {} bytes, {}, seq {}, ack {}, window {}, {} bytes of data",
                tcp.header_len(),
                tcp.flags(),
                tcp.seq().0,
                tcp.ack().0,
                tcp.window(),
                layers.payload_len()
            )?;
        }
        _ => write!(text, "Packet {number}: {layers}")?,
    }
    // The layout of the tutorials: sixteen bytes, a bar, the same in ASCII.
    hex::sn(text, data.get(layers.network_offset..).unwrap_or(data));
    Ok(())
}
