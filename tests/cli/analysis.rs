//! What is found of TCP: marks, JSON Lines, connections, streams; held against tshark where it has an answer.
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use synack::flow::{FlowTable, Limits};
use synack::{Layers, Source, savefile};

use super::{Scratch, run, seed, text};
use crate::corpus::{self, Capture, mutate};
use crate::needs;

/// Runs the program on a file, with words separated by spaces.
fn on(path: &Path, words: &str) -> Output {
    let words: Vec<&str> = words.split(' ').collect();
    let mut args: Vec<&std::ffi::OsStr> = words.iter().map(|word| word.as_ref()).collect();
    args.extend(["-r".as_ref(), path.as_os_str()]);
    run(args)
}

/// The captures of real connections.
fn seeds() -> Vec<PathBuf> {
    let entries = fs::read_dir(seed("")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "pcap")).collect();
    paths.sort();
    assert!(paths.len() >= 8, "only {} seeds", paths.len());
    paths
}

/// The lines of JSON, by type.
fn records(output: &Output) -> HashMap<String, Vec<Value>> {
    let mut records: HashMap<String, Vec<Value>> = HashMap::new();
    for line in text(&output.stdout).lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        records.entry(value["type"].as_str().expect("a type").to_owned()).or_default().push(value);
    }
    records
}

#[test]
fn marks_are_all_that_analyze_adds_to_a_line() {
    let mut marks = 0;
    for path in seeds() {
        for options in ["-n", "-nv", "-nX", "-ne", "-nq", "-nvvX"] {
            let plain = on(&path, options);
            let marked = on(&path, &format!("{options} -a"));
            let (plain, marked) = (text(&plain.stdout), text(&marked.stdout));
            assert_eq!(plain.lines().count(), marked.lines().count(), "{}", path.display());
            for (plain, marked) in plain.lines().zip(marked.lines()) {
                let mark = marked.strip_prefix(plain).unwrap_or_else(|| panic!("{plain}\n{marked}"));
                assert!(mark.is_empty() || mark.starts_with(" [") && mark.ends_with(']'), "{marked}");
                marks += usize::from(!mark.is_empty());
            }
        }
    }
    assert!(marks > 20, "only {marks} marks");
}

#[test]
fn a_mark_stands_behind_the_flags_whatever_else_is_printed() {
    for options in ["-na", "-nav", "-naX", "-navvXX"] {
        let output = on(&seed("lab_v3.pcap"), options);
        let marked: Vec<&str> =
            text(&output.stdout).lines().filter(|line| line.contains("[retransmission of")).collect();
        assert!(!marked.is_empty() && marked.iter().all(|line| line.contains("Flags [")), "{marked:?}");
    }
}

#[test]
fn a_verdict_chooses_the_lines_that_carry_its_mark() {
    for path in seeds() {
        let all = on(&path, "-na# --final");
        for verdict in ["retransmission", "dup_ack", "zero_window", "out_of_window", "window_update"] {
            let chosen = on(&path, &format!("-na# --final --verdict {verdict}"));
            let mark = format!("[{verdict}");
            let wanted: Vec<&str> = text(&all.stdout)
                .lines()
                .filter(|line| line.split_once(&mark).is_some_and(|(_, rest)| !rest.starts_with('_')))
                .collect();
            assert_eq!(
                text(&chosen.stdout).lines().collect::<Vec<_>>(),
                wanted,
                "{verdict} {}",
                path.display()
            );
        }
    }
}

#[test]
fn chosen_packets_can_be_written() {
    let dir = Scratch::new();
    let out = dir.path("resets.pcap");
    let output = on(&seed("lab_v2.pcap"), &format!("--verdict reset -w {}", out.display()));
    assert_eq!(output.status.code(), Some(0));
    let count = on(&out, "--count");
    assert_eq!(text(&count.stdout), "2 packets\n");
}

#[test]
fn json_has_a_line_a_packet_and_connection_and_ends_with_totals() {
    for path in seeds() {
        let output = on(&path, "--json");
        assert_eq!(output.status.code(), Some(0));
        let records = records(&output);
        let packets = records["packet"].len();
        let count = on(&path, "--count");
        assert!(text(&count.stdout).starts_with(&format!("{packets} packet")), "{}", path.display());
        assert!(records["packet"].iter().zip(1..).all(|(packet, n)| packet["packet"] == n));
        let end = &records["end"][0];
        assert_eq!(end["packets"], packets);
        assert_eq!(end["connections"], records.get("connection").map_or(0, Vec::len));
        assert!(text(&output.stdout).lines().last().unwrap().contains(r#""type":"end""#));
    }
}

#[test]
fn final_folds_corrections_into_their_packets() {
    for path in seeds() {
        let first = records(&on(&path, "--json"));
        let last = records(&on(&path, "--json --final"));
        assert!(!last.contains_key("correction"));
        let mut verdicts: Vec<Value> =
            first["packet"].iter().map(|packet| packet["verdicts"].clone()).collect();
        for correction in first.get("correction").into_iter().flatten() {
            let at = usize::try_from(correction["packet"].as_u64().unwrap()).unwrap() - 1;
            verdicts[at] = correction["verdicts"].clone();
        }
        let folded: Vec<Value> = last["packet"].iter().map(|packet| packet["verdicts"].clone()).collect();
        assert_eq!(folded, verdicts, "{}", path.display());
    }
}

#[test]
fn final_needs_something_that_can_be_read_twice() {
    let output = Command::new("sh")
        .args(["-c", r#"cat "$1" | "$0" --json --final -r -"#, super::SYNACK])
        .arg(seed("lab_v0.pcap"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--final reads twice"), "{}", text(&output.stderr));
}

/// Both directions of a conversation, by tshark: frames and bytes of frames.
fn conversations(path: &Path) -> Vec<(String, String, [u64; 2])> {
    let output = Command::new("tshark").args(["-nqz", "conv,tcp", "-r"]).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().filter_map(|line| {
        let (a, rest) = line.split_once("<->")?;
        let mut words = rest.split_whitespace();
        let b = words.next()?;
        // Frames with their bytes and the unit of those, from b to a and then from a to b.
        let words: Vec<&str> = words.collect();
        let frames: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        let units = words.iter().filter(|word| matches!(**word, "bytes" | "kB" | "MB")).count();
        assert_eq!(units, 3, "{line}");
        Some((a.trim().to_owned(), b.to_owned(), [*frames.get(2)?, *frames.first()?]))
    });
    rows.collect()
}

#[test]
fn conversations_have_as_many_packets_as_in_tshark() {
    if !needs::program("tshark") {
        return;
    }
    let mut compared = 0;
    for path in seeds() {
        let mut ours: Vec<(String, String, [u64; 2])> = records(&on(&path, "conns --json"))
            .get("connection")
            .into_iter()
            .flatten()
            .map(|connection| {
                let end = |side: &str| {
                    let end = &connection[side];
                    format!("{}:{}", end["addr"].as_str().unwrap(), end["port"])
                };
                let packets = |half: &str| connection[half]["packets"].as_u64().unwrap();
                (end("client"), end("server"), [packets("c2s"), packets("s2c")])
            })
            .collect();
        let mut theirs = conversations(&path);
        // Which end comes first is a matter of taste.
        for (a, b, packets) in ours.iter_mut().chain(&mut theirs) {
            if a > b {
                std::mem::swap(a, b);
                packets.reverse();
            }
        }
        ours.sort();
        theirs.sort();
        compared += ours.len();
        assert_eq!(ours, theirs, "{}", path.display());
    }
    assert!(compared >= 8, "only {compared}");
}

/// Of each packet the round trip that it ended, in nanoseconds, and that of its connection's handshake.
type RoundTrips = HashMap<u64, (Option<u64>, Option<u64>)>;

fn round_trips(path: &Path) -> RoundTrips {
    let mut source = savefile::open(path).unwrap();
    let mut flows = FlowTable::new(Limits::default());
    let mut found = RoundTrips::new();
    while let Ok(Some(packet)) = source.next_packet() {
        let seen = flows.observe(&packet, &Layers::decode(packet.link, packet.data));
        let handshake = seen.connection().and_then(|connection| connection.handshake_rtt_ns());
        found.insert(seen.packet(), (seen.rtt_ns(), handshake));
    }
    found
}

fn round_trips_by_tshark(path: &Path) -> RoundTrips {
    let fields = ["frame.number", "tcp.analysis.ack_rtt", "tcp.analysis.initial_rtt"];
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-Y", "tcp", "-T", "fields", "-r"]).arg(path);
    for field in fields {
        tshark.args(["-e", field]);
    }
    let output = tshark.output().unwrap();
    let nanos = |seconds: &str| -> Option<u64> {
        let (whole, part) = seconds.split_once('.')?;
        Some(whole.parse::<u64>().ok()? * 1_000_000_000 + format!("{part:0<9}").parse::<u64>().ok()?)
    };
    let rows = text(&output.stdout).lines().map(|line| {
        let mut words = line.split('\t');
        let packet = words.next().unwrap().parse().unwrap();
        (packet, (words.next().and_then(nanos), words.next().and_then(nanos)))
    });
    rows.collect()
}

#[test]
fn round_trips_are_tsharks_where_both_know_one() {
    if !needs::program("tshark") {
        return;
    }
    let (mut data, mut handshakes) = (0, 0);
    let mut wrong = Vec::new();
    let more = std::env::var("SYNACK_RTT_FILES").unwrap_or_default();
    for path in seeds().into_iter().chain(more.split_whitespace().map(PathBuf::from)) {
        let ours = round_trips(&path);
        for (packet, (rtt, handshake)) in round_trips_by_tshark(&path) {
            let (our_rtt, our_handshake) = ours[&packet];
            for (ours, theirs, count) in
                [(our_rtt, rtt, &mut data), (our_handshake, handshake, &mut handshakes)]
            {
                let Some((ours, theirs)) = ours.zip(theirs) else { continue };
                *count += 1;
                if ours != theirs {
                    wrong.push(format!("{}, packet {packet}: {ours} and {theirs}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(data > 20 && handshakes > 50, "only {data} and {handshakes}");
}

#[test]
fn followed_bytes_are_tsharks() {
    if !needs::program("tshark") {
        return;
    }
    let dir = Scratch::new();
    let mut compared = 0;
    for name in ["lab_v0", "lab_v1", "lottery", "lottery_exchange"] {
        let path = seed(&format!("{name}.pcap"));
        let folder = dir.path(name);
        let output = on(&path, &format!("follow --raw both -o {}", folder.display()));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let connections = records(&on(&path, "conns --json"))["connection"].len();
        for stream in 0..connections {
            let follow = format!("follow,tcp,raw,{stream}");
            let output = Command::new("tshark").args(["-nqz", &follow, "-r"]).arg(&path).output().unwrap();
            let hex = |line: &str| -> Vec<u8> {
                let digit = |at: usize| u8::from_str_radix(&line[at..at + 2], 16).unwrap();
                (0..line.len()).step_by(2).map(digit).collect()
            };
            // The second side's lines begin with a tab.
            let (mut first, mut second) = (Vec::new(), Vec::new());
            let all = String::from_utf8(output.stdout).unwrap();
            for line in all.lines().skip_while(|line| !line.starts_with("Node 1")).skip(1) {
                match line.strip_prefix('\t') {
                    Some(line) => second.extend(hex(line)),
                    None if line.starts_with('=') => break,
                    None => first.extend(hex(line)),
                }
            }
            let prefix = format!("{:06}-", stream + 1);
            let side = |ending: &str| {
                let mut files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
                let named = |path: &PathBuf| {
                    let name = path.file_name().unwrap().to_string_lossy();
                    name.starts_with(&prefix) && name.ends_with(ending)
                };
                files.find(named).map(|path| fs::read(path).unwrap()).unwrap_or_default()
            };
            let mut ours = [side(".client"), side(".server")];
            let mut theirs = [first, second];
            ours.sort();
            theirs.sort();
            assert_eq!(ours, theirs, "{name} {stream}");
            compared += ours.concat().len();
        }
    }
    assert!(compared > 50, "only {compared} bytes");
}

#[test]
fn an_empty_result_says_why() {
    let path = seed("lab_v0.pcap");
    for (words, why) in [
        ("conns udp", "the filter let none of 13 packets pass"),
        ("follow udp", "the filter let none of 13 packets pass"),
        ("conns --conn 7", "--conn or --verdict chose none of 13 packets in 1 connection"),
    ] {
        let output = on(&path, words);
        assert_eq!(output.status.code(), Some(0), "{words}");
        assert!(text(&output.stderr).contains(why), "{words}: {}", text(&output.stderr));
    }
}

#[test]
fn what_means_nothing_here_is_refused_by_name() {
    let path = seed("lab_v0.pcap");
    for (words, message) in [
        ("conns -X", "-X has no meaning for conns"),
        ("follow -w x", "-w has no meaning for follow"),
        ("conns --sort size", "--sort knows no `size': conn, first, duration"),
        ("conns --csv --json", "--csv and --json are mutually exclusive"),
        ("follow --raw both", "--raw both needs -o DIR"),
        ("follow --hex --raw client", "--hex and --raw are mutually exclusive"),
        ("follow --overlap never", "--overlap knows no `never': "),
        ("--json -a", "--json has the verdicts anyway"),
        ("-n --conn x", "unknown connection x"),
        ("-n --verdict lost", "--verdict knows no `lost': retransmission"),
    ] {
        let output = on(&path, words);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(text(&output.stderr).contains(message), "{words}: {}", text(&output.stderr));
    }
}

#[test]
fn the_table_is_sorted_and_cut_as_asked() {
    let path = seed("lottery.pcap");
    let rows = |words: &str| -> Vec<Vec<String>> {
        let output = on(&path, words);
        let rows = text(&output.stdout).lines().skip(1);
        rows.map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let bytes = |row: &Vec<String>| row[21].parse::<u64>().unwrap() + row[49].parse::<u64>().unwrap();
    let all = rows("conns --csv");
    let sorted = rows("conns --csv --sort bytes");
    assert_eq!(all.len(), sorted.len());
    assert!(sorted.windows(2).all(|pair| bytes(&pair[0]) >= bytes(&pair[1])));
    assert_eq!(rows("conns --csv --sort bytes --top 1")[..], sorted[..1]);
}

#[test]
fn the_schema_is_printed_and_is_json() {
    let output = run(["schema"]);
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn commands_have_help_and_manual_pages_of_their_own() {
    for command in ["conns", "follow", "explain", "ladder", "plot"] {
        let help = run([command, "--help"]);
        assert!(text(&help.stdout).contains(&format!("Usage: synack {command}")), "{command}");
        assert!(text(&help.stdout).contains("Examples:"), "{command}");
        let page = run(["man", command]);
        assert!(text(&page.stdout).contains(&format!(".TH synack-{command} 8")), "{command}");
    }
    let unknown = run(["man", "nothing"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("conns"));
}

/// The seeds and the made captures, damaged: as many as asked for.
fn damaged(count: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut captures = corpus::all();
    for path in seeds() {
        let mut source = savefile::open(&path).unwrap();
        let link = source.link_type().0;
        let mut capture = Capture::new(&path.to_string_lossy(), link, Vec::new());
        while let Some(packet) = source.next_packet().unwrap() {
            capture.push(packet.data.to_vec(), packet.wire_len as usize);
        }
        captures.push(capture);
    }
    (0..count).map(move |seed| {
        // The real connections come as often as everything else together.
        let at = if seed % 2 == 0 { captures.len() - 1 - seed as usize / 2 % 8 } else { seed as usize * 7 };
        mutate::mutate(&captures[at % captures.len()], seed, 60).to_pcap()
    })
}

#[test]
fn damage_makes_no_command_panic_or_send_a_control_character() {
    const COMMANDS: [&str; 6] =
        ["-na", "--json -X", "conns", "conns --csv --conn 1,2,3", "follow", "follow --hex --overlap last"];
    let count = std::env::var("SYNACK_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let dir = Scratch::new();
    let path = dir.path("damaged.pcap");
    for bytes in damaged(count) {
        fs::write(&path, bytes).unwrap();
        for command in COMMANDS {
            let output = on(&path, &format!("{command} --no-sandbox"));
            assert!(matches!(output.status.code(), Some(0 | 1)), "{command}: {}", text(&output.stderr));
            assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
            let shown = std::str::from_utf8(&output.stdout).expect("UTF-8");
            let odd = shown.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
            assert_eq!(odd, None, "{command}");
            if command.starts_with("--json") {
                records(&output);
            }
        }
    }
}

#[test]
fn the_largest_of_a_flood_are_kept_though_they_are_forgotten_by_the_table() {
    let dir = Scratch::new();
    let path = dir.path("flood.pcap");
    let mut flood = Capture::new("flood", 101, Vec::new());
    let (client, server) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    // More connections than the table holds; every thousandth carries as many bytes as its port says.
    let mut wanted = Vec::new();
    for n in 0..140_000_u32 {
        let port = 1_024 + (n % 60_000) as u16;
        let mut packet = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0];
        packet.extend([client[0], client[1], (n / 60_000) as u8, client[3]]);
        packet.extend(server);
        packet.extend(port.to_be_bytes());
        packet.extend([0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0]);
        if n % 1_000 == 0 {
            packet.resize(40 + 10 + n as usize / 1_000, b'x');
            let len = packet.len() as u16;
            packet[2..4].copy_from_slice(&len.to_be_bytes());
            wanted.push(10 + n / 1_000);
        }
        let len = packet.len();
        flood.push(packet, len);
    }
    fs::write(&path, flood.to_pcap()).unwrap();
    let output = on(&path, "conns --csv --sort bytes --top 140");
    let rows = text(&output.stdout).lines().skip(1);
    let bytes: Vec<u32> = rows.map(|row| row.split(',').nth(21).unwrap().parse().unwrap()).collect();
    wanted.reverse();
    assert_eq!(bytes, wanted);
}

#[test]
fn a_reset_in_a_tunnel_is_one() {
    let dir = Scratch::new();
    let path = dir.path("tunnel.pcap");
    let carry = |protocol: u8, payload: &[u8]| {
        let mut packet = vec![0x45, 0, 0, (20 + payload.len()) as u8, 0, 0, 0, 0, 64, protocol, 0, 0];
        packet.extend([10, 0, 0, 1, 10, 0, 0, 2]);
        packet.extend_from_slice(payload);
        packet
    };
    let segment = |flags: u8| {
        let tcp = [4, 1, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, flags, 16, 0, 0, 0, 0, 0];
        carry(4, &carry(6, &tcp))
    };
    fs::write(&path, Capture::new("tunnel", 101, vec![segment(2), segment(4)]).to_pcap()).unwrap();
    let output = on(&path, "-nt# --verdict reset");
    assert_eq!(text(&output.stdout).lines().count(), 1, "{}", text(&output.stdout));
    assert!(text(&output.stdout).starts_with("    2  IP"), "{}", text(&output.stdout));
}
