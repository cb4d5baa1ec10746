//! Graphs of the lab sessions: kept drawings in both formats (`BLESS=1` writes them).

use synack::flow::{FlowTable, Limits};
use synack::plot::{Graph, Trace, braille, svg};
use synack::{Layers, Source, savefile};

use crate::kept::Kept;

fn drawn(name: &str, graph: Graph, format: &str) -> String {
    let mut source = savefile::open(format!("tests/data/seeds/{name}.pcap")).expect("the capture opens");
    let mut flows = FlowTable::new(Limits::default());
    let mut trace = Trace::default();
    while let Some(packet) = source.next_packet().expect("the capture is whole") {
        let layers = Layers::decode(packet.link, packet.data);
        let seen = flows.observe(&packet, &layers);
        trace.push(&packet, &layers, &seen);
    }
    let figure = trace.figure(graph, trace.busier());
    if format == "svg" { svg([&figure]) } else { braille(&figure, 80, 16) }
}

#[test]
fn the_graphs_of_the_lab_sessions_look_as_kept() {
    let mut kept = Kept::default();
    for name in ["lab_v0", "lab_v3", "lottery"] {
        for graph in Graph::ALL {
            for format in ["svg", "braille"] {
                let path = format!("tests/data/plot/{name}-{}.{format}", graph.name());
                kept.hold(&path, || drawn(name, graph, format));
            }
        }
    }
    kept.assert_all();
}

#[test]
fn the_last_byte_is_at_the_top() {
    let text = drawn("lab_v3", Graph::Sequence, "braille");
    assert!(text.starts_with("sequence numbers, server to client\n"), "{text}");
    // The window reaches beyond the 13,000 bytes of the answer.
    assert!(text.lines().nth(1).is_some_and(|line| line.trim_start().starts_with("51.")), "{text}");
}
