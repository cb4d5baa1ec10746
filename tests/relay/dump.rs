//! Runs as files: captures, truth, and what the run was, for looking at by hand and by other programs.
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::plan::{CLIENT, Host, Plan};
use super::run::{Passage, Run, TAPS};
use super::truth::{self, Class, Truth};

/// A capture file: pcap with nanoseconds, Ethernet.
pub(crate) fn pcap<'a>(packets: impl Iterator<Item = (u64, &'a [u8])>) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_3c4d_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    for (time, frame) in packets {
        let (seconds, rest) = (time / 1_000_000_000, time % 1_000_000_000);
        for word in [seconds, rest, frame.len() as u64, frame.len() as u64] {
            file.extend((word as u32).to_le_bytes());
        }
        file.extend_from_slice(frame);
    }
    file
}

pub(crate) fn tap_pcap(passages: &[Passage]) -> Vec<u8> {
    pcap(passages.iter().map(|passage| (passage.time, passage.frame.as_slice())))
}

/// Writes `SEED-TAP.pcap` and `SEED-TAP.jsonl` for each tap, and gives the line that describes the run.
pub(crate) fn write(directory: &Path, run: &Run) -> String {
    let all = truth::emitted(run);
    for (n, (tap, passages)) in TAPS.iter().zip(&run.taps).enumerate() {
        let truths = truth::at_tap(run, &all, n);
        let name = |end: &str| directory.join(format!("{:04}-{tap}.{end}", run.plan.seed));
        fs::write(name("pcap"), tap_pcap(passages)).expect("the directory is there");
        let lines: String = truths.iter().zip(1..).map(|(t, n)| line(run, n, t, &passages[n - 1])).collect();
        fs::write(name("jsonl"), lines).expect("the directory is there");
    }
    describe(run)
}

fn line(run: &Run, number: usize, truth: &Truth, passage: &Passage) -> String {
    let emission = &run.emissions[truth.emission];
    let class = match truth.class {
        Class::Data => "data",
        Class::Ack => "ack",
        Class::Reset => "reset",
    };
    let also: Vec<String> = truth.also.iter().map(|kind| format!("{:?}", kind.word())).collect();
    let or_null = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
    let mut out = String::new();
    writeln!(
        out,
        "{{\"packet\":{number},\"t\":{},\"dir\":\"{}\",\"conn\":{},\"emission\":{},\"emitted_t\":{},\"class\":\"{class}\",\
         \"kind\":\"{}\",\"also\":[{}],\"of\":{},\"spurious\":{},\"cause\":{},\"traceless\":{},\
         \"zero_window\":{},\"ack_unseen\":{},\"port_reused\":{}}}",
        passage.time,
        if emission.from == CLIENT { "c2s" } else { "s2c" },
        truth.connection,
        truth.emission,
        emission.time,
        truth.kind.word(),
        also.join(","),
        or_null(truth.of.map(|of| of.to_string())),
        or_null(truth.spurious.map(|spurious| spurious.to_string())),
        or_null(truth.cause.map(|cause| format!("{cause:?}"))),
        truth.traceless,
        truth.zero_window,
        truth.ack_unseen,
        truth.port_reused,
    )
    .expect("a string grows");
    out
}

/// One line of JSON about a run.
fn describe(run: &Run) -> String {
    let plan = &run.plan;
    let Plan { seed, v6, mtu, rtt, ip_id, tick, scenario, trouble, stages, hosts } = plan;
    let both = |get: fn(&Host) -> bool| get(&hosts[0]) && get(&hosts[1]);
    let mut out = String::new();
    writeln!(
        out,
        "{{\"seed\":{seed},\"class\":\"{}\",\"v6\":{v6},\"mtu\":{mtu},\"rtt_us\":{},\"ip_id\":\"{ip_id:?}\",\"tick\":{tick},\
         \"trouble\":\"{trouble:?}\",\"timestamps\":{},\"sack\":{},\"scenario\":\"{scenario:?}\",\
         \"packets\":[{},{},{}],\"retransmitted\":[{},{}],\"hosts\":{:?},\"stages\":{:?}}}",
        class(plan),
        rtt / 1_000,
        both(|host| host.timestamps),
        both(|host| host.sack),
        run.taps[0].len(),
        run.taps[1].len(),
        run.taps[2].len(),
        run.retransmitted[0],
        run.retransmitted[1],
        format!("{hosts:?}"),
        format!("{stages:?}"),
    )
    .expect("a string grows");
    out
}

/// The evidence that there is: what the figures are split by.
pub(crate) fn class(plan: &Plan) -> &'static str {
    use super::plan::{IpId, Trouble};
    let hosts = &plan.hosts;
    let stamps = hosts[0].timestamps && hosts[1].timestamps;
    let counter = !plan.v6 && plan.ip_id == IpId::AsMade;
    match (counter, stamps && plan.tick == 1, stamps, plan.trouble) {
        (true, ..) => "counter",
        (_, true, ..) => "timestamps",
        (_, _, true, _) => "coarse",
        (.., Trouble::Hard) => "neither, hard",
        _ => "neither",
    }
}
