//! The filter language against libpcap and the kernel.
mod expressions;
mod kernel;
mod libpcap;
mod limits;
mod machine;
mod packets;
mod semantics;
mod verdicts;

use crate::random::Random;
use expressions::Expressions;
use libpcap::{Answer, Libpcap};
use synack::LinkType;
use synack::filter::Ast;

/// Seeds are printed, so that a failure can be repeated.
fn seed() -> u64 {
    let seed = std::env::var("FILTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("FILTER_SEED={seed}");
    seed
}

#[test]
fn the_parser_accepts_exactly_what_libpcaps_grammar_accepts() {
    let Some(mut libpcap) = Libpcap::start(LinkType::ETHERNET, &[]) else { return };
    let mut expressions = Expressions::new(Random::new(seed()), LinkType::ETHERNET);
    let mut accepted = 0;
    for round in 0..20_000 {
        let text = match round % 4 {
            0 => expressions.expression(),
            1 => expressions.damaged(),
            _ => expressions.soup(),
        };
        let ours = text.parse::<Ast>();
        match libpcap.ask(&text, true) {
            Answer::Accepted { .. } => {
                accepted += 1;
                assert!(ours.is_ok(), "libpcap accepts {text:?}\n{}", ours.unwrap_err());
            }
            Answer::Refused(message) if message.contains("syntax error") => {
                assert!(ours.is_err(), "libpcap has a syntax error in {text:?}, read as {}", ours.unwrap());
            }
            // It may have stopped at a meaning, in front of a syntax error that we report.
            Answer::Refused(_) => {}
        }
    }
    assert!(accepted > 2_000, "only {accepted} expressions were any good");
}
