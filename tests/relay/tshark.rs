//! What tshark says of the same captures: a report beside ours, nothing to be held to.
use std::path::Path;
use std::process::{Command, Stdio};

use super::score::Said;
use super::truth::Kind;

const FIELDS: [(&str, Option<Kind>); 12] = [
    ("retransmission", Some(Kind::Retransmission)),
    ("spurious_retransmission", None),
    ("out_of_order", Some(Kind::Reordered)),
    ("duplicate_ack", Some(Kind::DupAck)),
    ("window_update", Some(Kind::WindowUpdate)),
    ("keep_alive", Some(Kind::KeepAlive)),
    ("zero_window_probe", Some(Kind::ZeroWindowProbe)),
    ("fast_retransmission", None),
    ("zero_window", None),
    ("ack_lost_segment", None),
    ("reused_ports", None),
    ("rto", None),
];

/// What it says of each packet of a file; `None` where it isn't installed.
pub(crate) fn said(file: &Path) -> Option<Vec<Said>> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-Q", "-T", "fields", "-E", "separator=,", "-E", "occurrence=f", "-r"]).arg(file);
    for (field, _) in FIELDS {
        command.args(["-e", &format!("tcp.analysis.{field}")]);
    }
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.lines().map(line).collect())
}

fn line(line: &str) -> Said {
    let set: Vec<bool> = line.split(',').map(|value| !value.is_empty()).collect();
    let is = |name: &str| {
        let at = FIELDS.iter().position(|(field, _)| *field == name);
        at.and_then(|at| set.get(at)).is_some_and(|set| *set)
    };
    let mut said = Said {
        kinds: FIELDS.iter().zip(&set).filter(|(_, set)| **set).filter_map(|((_, kind), _)| *kind).collect(),
        zero_window: is("zero_window"),
        ack_unseen: is("ack_lost_segment"),
        port_reused: is("reused_ports"),
        ..Said::default()
    };
    if said.kinds.contains(&Kind::Retransmission) {
        said.spurious = Some(is("spurious_retransmission"));
        said.cause = is("fast_retransmission").then(|| "fast".to_owned());
    }
    said
}
