//! What is said of a command line that could not be read: getopt's words, and what to type instead.
use clap::error::{ContextKind, ContextValue, ErrorKind};
use synack::filter::nearest;

use super::typed;
use crate::cli::failure::{Failure, printable};

/// Long options that people type, which have other names here.
const ELSEWHERE: [(&str, &str); 34] = [
    ("verbose", "-v"),
    ("quiet", "-q"),
    ("read", "-r FILE"),
    ("read-file", "-r FILE"),
    ("input", "-r FILE"),
    ("file", "-r FILE, or -w FILE to write"),
    ("write", "-w FILE"),
    ("write-file", "-w FILE"),
    ("output", "-w FILE"),
    ("filter", "the filter is not an option: it is what stands behind the options"),
    ("expression", "the filter is not an option: it is what stands behind the options"),
    ("numeric", "-n"),
    ("no-dns", "-n"),
    ("no-resolve", "-n"),
    ("snaplen", "-s N"),
    ("packet-count", "-c N"),
    ("max-packets", "-c N"),
    ("limit", "-c N"),
    ("hex", "-x, or -X with ASCII"),
    ("ascii", "-A"),
    ("hexdump", "--dump hexdump, or -X"),
    ("ethernet", "-e"),
    ("link-level", "-e"),
    ("timestamp", "-t, -tt, -ttt, -tttt or -ttttt"),
    ("promiscuous", "it is the default; -p turns it off"),
    ("no-promisc", "-p"),
    ("buffer", "-B KIB"),
    ("timeout", "--for DURATION"),
    ("duration", "--for DURATION"),
    ("device", "-i IF; -D lists the interfaces"),
    ("list", "-D lists the interfaces"),
    ("interfaces", "-D lists the interfaces"),
    ("user", "-Z USER"),
    ("tail", "--follow, with -r FILE"),
];

/// The failure that clap's error about `command` or the sniffer is; `None` for help, version, and what clap says best itself.
pub(crate) fn failure(error: &clap::Error, command: Option<&str>) -> Option<Failure> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let argument = context(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::UnknownArgument => argument.map(|argument| unknown(argument, command)),
        // An empty value is what clap has for none at all.
        ErrorKind::InvalidValue if context(ContextKind::InvalidValue).is_none_or(str::is_empty) => {
            argument.map(without_value)
        }
        ErrorKind::TooManyValues => {
            argument.map(|option| Failure::new(format!("option '{option}' doesn't allow an argument")))
        }
        _ => None,
    }
}

fn unknown(argument: &str, command: Option<&str>) -> Failure {
    let Some(typed) = argument.strip_prefix("--") else {
        if !argument.starts_with('-') {
            let failure = Failure::new(format!("there is no place for the word '{}'", printable(argument)));
            let name = command.map(|name| format!(" {name}")).unwrap_or_default();
            return failure.with_hint(format!("synack{name} --help says what may follow"));
        }
        let letter = argument.trim_start_matches('-');
        let hint = "synack -h lists the options; a filter that begins with a dash stands behind --";
        return Failure::new(format!("invalid option -- '{}'", printable(letter))).with_hint(hint);
    };
    let typed = typed.split('=').next().unwrap_or(typed);
    let failure = Failure::new(format!("unrecognized option '--{}'", printable(typed)));
    let elsewhere = ELSEWHERE.iter().find(|row| row.0.eq_ignore_ascii_case(typed));
    let options = typed::long_options(command);
    let begun: Vec<String> = options
        .iter()
        .filter(|option| option.starts_with(typed))
        .map(|option| format!("--{option}"))
        .collect();
    failure.with_hint(match (elsewhere, begun.is_empty()) {
        (Some((_, here)), _) if here.starts_with('-') => format!("here that is {here}"),
        (Some((_, here)), _) => (*here).to_owned(),
        (None, false) => format!("which one is meant: {}", begun.join(", ")),
        (None, true) => match nearest(typed, options.iter().map(String::as_str)) {
            Some(option) => format!("did you mean --{option}?"),
            None => "synack -h lists the options".to_owned(),
        },
    })
}

fn without_value(argument: &str) -> Failure {
    // `--interface <IF>`, `-c <N>`.
    let (option, value) = argument.split_once(' ').unwrap_or((argument, ""));
    let value = value.trim_matches(['<', '>']);
    let failure = Failure::new(format!("option requires an argument: {option}"));
    match typed::help_of(option.trim_start_matches('-')) {
        Some(help) => failure.with_hint(format!("{option} {value}: {help}")),
        None => failure.with_hint(format!("{option} {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str) -> String {
        let argv = std::iter::once("synack").chain(words.split(' ')).map(Into::into).collect();
        let command = words.split(' ').next();
        failure(&typed::parse(argv).expect_err(words), command).expect(words).message
    }

    #[test]
    fn leads_from_an_unknown_option_to_one_that_is_offered() {
        for (words, hint) in [
            ("--verbose", "here that is -v"),
            ("--snaplen 5", "here that is -s N"),
            ("--read=x", "here that is -r FILE"),
            ("--time", "which one is meant: --time-stamp-type, --time-stamp-precision"),
            ("--directoin in", "did you mean --direction?"),
            ("--frobnicate", "synack -h lists the options"),
            ("-%", "a filter that begins with a dash stands behind --"),
            ("-c", "-c N: Stop after N packets"),
            ("-w x -z", "-z CMD: Run"),
            ("conns --srot x", "did you mean --sort?"),
            ("schema x", "synack schema --help says what may follow"),
            ("--tail x", "here that is --follow, with -r FILE"),
        ] {
            let said = said(words);
            assert!(said.contains(&format!("hint: {hint}")) || said.contains(hint), "{words}: {said}");
        }
        assert!(said("--print=yes").contains("'--print' doesn't allow an argument"));
    }

    #[test]
    fn never_leads_to_an_option_that_is_refused() {
        let offered = typed::long_options(None);
        for option in [
            "fp-type",
            "lengths",
            "time-t-size",
            "monitor-mode",
            "debug-filter-parser",
            "list-remote-interfaces",
        ] {
            assert!(!offered.iter().any(|known| known == option), "{option}");
        }
        // A mistyped one of these does not either.
        for words in ["--lengtsh", "--fp-typ0", "--monitor-mod0"] {
            assert!(!said(words).contains("did you mean"), "{words}");
        }
        for (typed, here) in ELSEWHERE {
            assert!(!offered.iter().any(|known| known == typed), "{typed} is offered");
            let option = here.split([' ', ',', ';']).next().unwrap_or_default();
            if let Some(long) = option.strip_prefix("--") {
                assert!(offered.iter().any(|known| known == long), "{here}");
            }
        }
    }
}
