//! Explains every segment of a capture file: `cargo run --example explain_file FILE [plain|terse]`.
use std::io::Write;

use synack::explain::{Explainer, Style, Text, summary};
use synack::flow::{FlowTable, Limits};
use synack::{Layers, Source, savefile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args_os().skip(1);
    let file = words.next().ok_or("usage: explain_file FILE [plain|terse]")?;
    let style = match words.next().as_ref().and_then(|word| word.to_str()) {
        Some("plain") => Style::Plain,
        Some("terse") => Style::Terse,
        _ => Style::Normal,
    };
    let mut source = savefile::open(file)?;
    let mut flows = FlowTable::new(Limits::default());
    let (mut explainer, mut layout) = (Explainer::new(style), Text::new());
    let mut text = String::new();
    while let Some(packet) = source.next_packet()? {
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        if let Some(segment) = explainer.explain(&packet, &layers, &seen) {
            layout.segment(&mut text, &segment);
        }
    }
    flows.finish();
    for connection in flows.connections() {
        layout.lines(&mut text, &summary(connection));
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
