//! What filters mean: the same verdict as libpcap's on every packet, and the kernel's on what it can run.
use super::expressions::Expressions;
use super::kernel::Kernel;
use super::libpcap::{Answer, Libpcap};
use super::machine::{Semantics, naive};
use super::packets::{LINKS, other_links, packets};
use super::seed;
use crate::random::Random;
use std::fs;
use std::net::Ipv4Addr;
use synack::LinkType;
use synack::bpf::{Program, Reason};
use synack::etc::EtcNames;
use synack::filter::{ErrorKind, Filter};

/// The names that libpcap finds on this machine too.
fn names() -> EtcNames {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    EtcNames::new()
        .hosts(&read("/etc/hosts"))
        .services(&read("/etc/services"))
        .protocols(&read("/etc/protocols"))
        .networks(&read("/etc/networks"))
        .ethers(&read("/etc/ethers"))
}

/// For `ip broadcast`.
pub(super) const NETMASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

/// What became of one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// How much longer our program is.
    Same(i64),
    BothRefuse,
    /// Words for 802.11, ATM, SS7 and the like, which are not in the language here.
    Unsupported,
    /// libpcap reads scratch memory that it never wrote.
    Undefined,
}

struct Comparison {
    link: LinkType,
    packets: Vec<(Vec<u8>, u32)>,
    libpcap: Libpcap,
    kernel: Option<Kernel>,
    names: EtcNames,
}

impl Comparison {
    fn new(link: LinkType, count: usize) -> Option<Self> {
        let packets = packets(link, count);
        let libpcap = Libpcap::start(link, &packets)?;
        Some(Self { link, packets, libpcap, kernel: Kernel::new(), names: names() })
    }

    /// Compares one expression; `Err` says how we differ.
    fn compare(&mut self, text: &str, optimize: bool) -> Result<Outcome, String> {
        let ours = Filter::builder()
            .resolver(&self.names)
            .netmask(Some(NETMASK))
            .optimize(optimize)
            .compile(text, self.link);
        let (verdicts, theirs) = match (self.libpcap.ask(text, optimize), &ours) {
            (Answer::Refused(_), Err(_)) => return Ok(Outcome::BothRefuse),
            (Answer::Refused(message), Ok(_)) => {
                return Err(format!("accepted, but libpcap says: {message}"));
            }
            (Answer::Accepted { .. }, Err(error)) if error.kind() == ErrorKind::Unsupported => {
                return Ok(Outcome::Unsupported);
            }
            (Answer::Accepted { .. }, Err(error)) => return Err(format!("libpcap accepts it: {error}")),
            (Answer::Accepted { verdicts, program }, Ok(_)) => (verdicts, program),
        };
        let filter = ours.map_err(|error| error.to_string())?;
        let theirs_len = theirs.len() as i64;
        let undefined = |reason| reason == Reason::ScratchNotWritten;
        if Program::new(theirs).is_err_and(|error| undefined(error.reason)) {
            return Ok(Outcome::Undefined);
        }
        for (index, ((data, wire_len), verdict)) in self.packets.iter().zip(verdicts).enumerate() {
            if filter.matches(data, *wire_len) != verdict {
                return Err(format!(
                    "libpcap says {verdict} to packet {index}, {wire_len} bytes: {data:02x?}\n{:?}",
                    filter.program()
                ));
            }
        }
        self.compare_with_kernel(filter.program())?;
        Ok(Outcome::Same(filter.program().raw().len() as i64 - theirs_len))
    }

    fn compare_with_kernel(&self, program: &Program) -> Result<(), String> {
        let Some(kernel) = self.kernel.as_ref().filter(|_| !program.user_space_only()) else { return Ok(()) };
        kernel
            .attach(program.raw())
            .map_err(|error| format!("the kernel refuses it: {error}\n{program:?}"))?;
        for (data, _) in self.packets.iter().filter(|(data, _)| !data.is_empty()) {
            let expected = naive(program.raw(), data, data.len() as u32, Semantics::Kernel) as usize;
            let kept = kernel.run(data);
            if kept != data.len().min(expected) {
                return Err(format!("the kernel keeps {kept} of {data:02x?}, not {expected}\n{program:?}"));
            }
        }
        Ok(())
    }
}

/// Panics with all differences, not only the first.
fn report(problems: &[String]) {
    let shown: Vec<&String> = problems.iter().take(20).collect();
    for problem in &shown {
        println!("{problem}\n");
    }
    assert!(problems.is_empty(), "{} differences", problems.len());
}

#[test]
fn every_listed_expression_means_what_libpcap_means() {
    let list = include_str!("../data/filter/expressions.txt");
    let expressions: Vec<&str> = list.lines().filter(|line| !line.starts_with("# ")).collect();
    let mut problems = Vec::new();
    for link in LINKS {
        let Some(mut comparison) = Comparison::new(link, 250) else { return };
        let (mut same, mut refused) = (0, 0);
        for text in &expressions {
            for optimize in [true, false] {
                match comparison.compare(text, optimize) {
                    Ok(Outcome::Same(longer)) => {
                        same += 1;
                        if longer > 0 && optimize {
                            let problem = format!("{longer} instructions more than libpcap's");
                            problems.push(format!("{link:?}: {text:?}\n{problem}"));
                        }
                    }
                    Ok(Outcome::BothRefuse) => refused += 1,
                    Ok(Outcome::Undefined | Outcome::Unsupported) => {}
                    Err(problem) => {
                        problems.push(format!("{link:?}, optimize {optimize}: {text:?}\n{problem}"))
                    }
                }
            }
        }
        println!("{link:?}: {same} the same, {refused} refused by both");
    }
    report(&problems);
}

#[test]
fn generated_expressions_mean_what_libpcap_and_the_kernel_mean() {
    let count: u32 =
        std::env::var("FILTER_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let seed = seed();
    let mut problems = Vec::new();
    let (mut same, mut undefined, mut longer) = (0, 0, 0);
    for (number, link) in LINKS.into_iter().enumerate() {
        let Some(mut comparison) = Comparison::new(link, 60) else { return };
        let mut expressions = Expressions::new(Random::new(seed.wrapping_mul(1000) + number as u64), link);
        // Half of them on Ethernet, which has the most rules.
        let share = if link == LinkType::ETHERNET { count / 2 } else { count / 14 };
        for round in 0..share {
            let text = expressions.expression();
            match comparison.compare(&text, round % 4 != 0) {
                Ok(Outcome::Same(more)) => {
                    same += 1;
                    longer += u32::from(more > 0);
                }
                Ok(Outcome::BothRefuse | Outcome::Unsupported) => {}
                Ok(Outcome::Undefined) => undefined += 1,
                Err(problem) => {
                    problems.push(format!("{link:?}, optimize {}: {text:?}\n{problem}", round % 4 != 0))
                }
            }
        }
    }
    println!("{same} the same, {longer} longer, {undefined} undefined in libpcap");
    report(&problems);
    assert!(same > count / 4, "only {same} of {count} expressions could be compared");
}

#[test]
fn every_link_type_is_filtered_as_libpcap_filters_it() {
    let count: usize =
        std::env::var("FILTER_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let seed = seed();
    let list = include_str!("../data/filter/expressions.txt");
    let listed: Vec<&str> = list.lines().filter(|line| !line.starts_with("# ")).collect();
    let mut problems = Vec::new();
    let (mut same, mut refused, mut undefined) = (0, 0, 0);
    for link in other_links() {
        let Some(mut comparison) = Comparison::new(link, 80) else { return };
        let mut random = Random::new(seed.wrapping_mul(1000) + u64::from(link.0));
        let share = if link.is_filtered() { count / 50 } else { count / 400 };
        let taken: Vec<String> = (0..share).map(|_| random.of(&listed).to_owned()).collect();
        let mut expressions = Expressions::new(random, link);
        let generated = (0..share).map(|round| match round % 3 {
            0 => expressions.headerless(),
            _ => expressions.expression(),
        });
        for (round, text) in taken.into_iter().chain(generated).enumerate() {
            let optimize = round % 4 != 0;
            match comparison.compare(&text, optimize) {
                Ok(Outcome::Same(_)) => same += 1,
                Ok(Outcome::BothRefuse) => refused += 1,
                Ok(Outcome::Unsupported) => {}
                Ok(Outcome::Undefined) => undefined += 1,
                Err(problem) => problems.push(format!("{link:?}, optimize {optimize}: {text:?}\n{problem}")),
            }
        }
    }
    println!("{same} the same, {refused} refused by both, {undefined} undefined in libpcap");
    report(&problems);
    assert!(same > count / 4, "only {same} expressions could be compared");
}
