//! The one integration binary: an annotated table of contents.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on should stop")]

/// Allocations of decoding and printing, counted.
mod allocation;
/// The program from outside: command line, exit codes, files, pipes, the demonstration.
mod cli;
/// Captures made by rule.
mod corpus;
/// What is printed otherwise than by tcpdump on purpose, row by row.
mod differences;
/// The printer against the installed tcpdump.
mod differential;
/// Segments in words: the lab sessions, and scenarios whose numbers are derived again.
mod explain;
/// The program under every fault of the table in SECURITY.md.
mod faults;
/// The filter language against libpcap and the kernel.
mod filter;
/// Packets by rule, for scale and for malice.
#[allow(dead_code, reason = "the benches and an example use the rest")]
mod generate;
/// Text kept in files that the command must print.
mod golden;
/// Dump layouts against the programs that define them.
mod hex;
/// Texts kept in files, and what becomes of those that changed.
mod kept;
/// The lab programs of `examples/`: what they say, and what a student sees on the wire.
mod labs;
/// Sequence diagrams: kept drawings in every format.
mod ladder;
/// Live captures in network namespaces: order, accounting, stops, vanishing interfaces.
mod live;
/// What the machine must have for a test, and what happens where it has not.
mod needs;
/// Text formatted out of order against text printed in order.
mod out_of_order;
/// Numbers that look random.
mod random;
/// JSON Lines against their schema.
mod records;
/// Verdicts against a relay that knows what happened to every frame.
mod relay;
/// Pages of HTML: kept ones, their form, and what they account for.
mod report;
/// Capture files against other programs, damage, full disks and planted links.
mod savefile;
/// Reassembly beside a real Linux receiver.
mod stream;
/// The source's own shape: who uses whom, what is unsafe, how long files are.
mod tidy;
