//! The decoder alone, with no features: `cargo run --example embed_decoder --no-default-features`.
//!
//! Reads a frame given as hex on the command line, or decodes a SYN of its own.
use synack::wire::{Layers, LinkType, Network, Transport};

const SYN: &str = "020000000002 020000000001 0800 \
    4500003c1c4640004006 9bc4 7f0000017f000001 c822 01bb 00000001 00000000 a002 ffff 0000 0000 \
    020405b4 0402 080a 0000000a 00000000 01 030307";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text: String = std::env::args().skip(1).collect();
    let frame = bytes(if text.is_empty() { SYN } else { &text })?;

    let layers = Layers::decode(LinkType::ETHERNET, &frame);
    println!("{layers}");
    for vlan in layers.vlans() {
        println!("  {}", vlan.tag());
    }
    match layers.network {
        Some(Network::Ipv4(ip)) => println!("  from {} to {}, ttl {}", ip.src(), ip.dst(), ip.ttl()),
        Some(Network::Ipv6(ip)) => println!("  from {} to {}, hlim {}", ip.src(), ip.dst(), ip.hop_limit()),
        Some(other) => println!("  {other:?}"),
        None => println!("  no network layer"),
    }
    if let Some(Transport::Tcp(tcp)) = layers.transport {
        for option in tcp.options_iter() {
            match option {
                Ok(option) => println!("  option {option}"),
                Err(error) => println!("  {error}"),
            }
        }
    }
    println!("  {} bytes of payload, {} more not captured", layers.payload.len(), layers.missing());
    Ok(())
}

/// Bytes from hex digits; spaces are skipped.
fn bytes(hex: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let digits: Vec<u32> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).ok_or_else(|| format!("{c:?} is no hex digit")))
        .collect::<Result<_, _>>()?;
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, &d| byte << 4 | d as u8)).collect())
}
