//! The table of expressions, packets and libpcap's verdicts that the filter's unit tests hold without it.
//!
//! `BLESS=1 cargo test verdicts` writes `tests/data/filter/verdicts.txt` anew; review it as a diff. Lines begin
//! with `=`, a link type; `p`, a packet: length on the wire, bytes; or with a digit for each packet, 1 for one that
//! the expression behind them selects.
use std::fmt::Write as _;
use std::path::Path;

use synack::LinkType;
use synack::bpf::Program;
use synack::filter::Filter;

use super::expressions::Expressions;
use super::libpcap::{Answer, Libpcap};
use super::packets::packets;
use super::semantics::NETMASK;
use crate::random::Random;

/// Each with how many packets, every how-manieth of the listed expressions, and how many generated ones.
const PARTS: [(LinkType, usize, usize, usize); 14] = [
    (LinkType::ETHERNET, 120, 1, 200),
    (LinkType::RAW, 40, 9, 20),
    (LinkType::IPV4, 30, 20, 20),
    (LinkType::IPV6, 30, 20, 20),
    (LinkType::NULL, 30, 20, 20),
    (LinkType::LOOP, 30, 20, 20),
    (LinkType::LINUX_SLL, 40, 9, 20),
    (LinkType::LINUX_SLL2, 40, 9, 20),
    (LinkType(9), 30, 20, 20),
    (LinkType(50), 30, 20, 20),
    (LinkType(51), 30, 20, 20),
    (LinkType(105), 40, 5, 40),
    (LinkType(107), 30, 20, 20),
    (LinkType(127), 40, 5, 40),
];

/// The table as libpcap fills it; `None` without it.
fn table() -> Option<String> {
    let listed = include_str!("../data/filter/expressions.txt");
    let mut table = String::new();
    for (link, count, step, generated) in PARTS {
        let packets = packets(link, count);
        let mut libpcap = Libpcap::start(link, &packets)?;
        let _ = writeln!(table, "= {}", link.0);
        for (data, wire_len) in &packets {
            let digits: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(table, "p {wire_len} {digits}");
        }
        let mut expressions = Expressions::new(Random::new(u64::from(link.0)), link);
        let listed = listed.lines().filter(|line| !line.starts_with("# ")).step_by(step).map(str::to_owned);
        let texts: Vec<String> = listed.chain((0..generated).map(|_| expressions.expression())).collect();
        for text in texts {
            // Names differ from machine to machine; the comparison with libpcap has them.
            let named = Filter::builder().netmask(Some(NETMASK)).compile(&text, link).is_err();
            let Answer::Accepted { verdicts, program } = libpcap.ask(&text, true) else { continue };
            // A program that reads memory it never wrote has no verdict.
            if named || Program::new(program).is_err() || verdicts.iter().all(|one| *one == verdicts[0]) {
                continue;
            }
            table.extend(verdicts.iter().map(|verdict| if *verdict { '1' } else { '0' }));
            let _ = writeln!(table, " {text}");
        }
    }
    Some(table)
}

#[test]
fn the_table_of_verdicts_is_libpcaps() {
    let Some(table) = table() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/filter/verdicts.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &table).expect("write the table");
    }
    let kept = std::fs::read_to_string(&path).expect("read the table");
    let different = kept.lines().zip(table.lines()).find(|(kept, now)| kept != now);
    assert_eq!(different, None);
    assert_eq!(kept.len(), table.len());
}
