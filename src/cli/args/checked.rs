//! The command line, checked: every value parsed, every contradiction refused with tcpdump's words.
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use synack::packet::MAX_SNAPLEN;
use synack::{LinkType, hex};

use super::command::{Conns, Follow};
use super::drawn::{self, Explain, Ladder, Plot, Report};
use super::lab::{self, Lab};
use super::quantity::{self, parsed};
use super::typed::Args;
use super::values;
use super::view::{self, View, Wanted};
use super::written;
pub(crate) use super::written::Write;
use crate::cli::failure::{Failure, printable};

/// What `--max-bytes` and `--for` take.
const MOST_BYTES: &str =
    "--max-bytes takes a number above 0, alone or with k, M or G, such as --max-bytes 100M";
const DURATION: &str = "--for takes seconds, or numbers with units, such as --for 30s, 10m, 1h30m or 500ms";

/// More threads than this have nothing to do.
const MOST_THREADS: usize = 64;

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    /// `-D`.
    ListInterfaces,
    /// `-L`.
    ListLinkTypes,
    /// `-J`.
    ListTimestampTypes,
    /// `-d`, `-dd`, `-ddd`: how many.
    DumpFilter(u8),
    /// Capture, or read files.
    Run,
}

/// Where packets come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Interfaces as named by the user; none: the first there is.
    Live(Vec<String>),
    /// Files, merged by time when several.
    Files(Vec<PathBuf>),
    /// A file that lists files.
    List(PathBuf),
}

/// The kind of socket to capture with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// `AF_PACKET` with a ring.
    Packet,
    /// `AF_INET`, `SOCK_RAW`, TCP.
    Raw,
}

/// Which packets of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ways {
    In,
    Out,
    Both,
}

/// How a live capture is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Capture {
    pub(crate) engine: Engine,
    pub(crate) snaplen: u32,
    pub(crate) promiscuous: bool,
    pub(crate) ways: Ways,
    /// Bytes.
    pub(crate) buffer: Option<usize>,
    pub(crate) immediate: bool,
    /// `--netns`.
    pub(crate) namespace: Option<OsString>,
}

/// The filter, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterText {
    pub(crate) file: Option<PathBuf>,
    pub(crate) words: String,
    pub(crate) optimize: bool,
    pub(crate) link: Option<LinkType>,
}

/// A dump after each packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DumpStyle {
    None,
    /// `-x` or `-xx`: with the link header?
    Hex(bool),
    /// `-X`.
    HexAscii(bool),
    /// `-A`.
    Ascii(bool),
    /// `--dump`.
    Other(hex::DumpStyle),
}

/// What `-T` forces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PayloadType {
    /// A protocol that is not carried by TCP: TCP payload is then not looked at.
    NotTcp,
    Zmtp1,
    Resp,
    Domain,
}

/// How packets are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Display {
    pub(crate) numeric: bool,
    pub(crate) no_domain: bool,
    pub(crate) verbose: u8,
    /// How often `-q` was given.
    pub(crate) quiet: u8,
    pub(crate) link_header: bool,
    pub(crate) absolute_seq: bool,
    pub(crate) number: bool,
    pub(crate) verify_checksums: bool,
    /// How often `-t` was given, at most 5.
    pub(crate) time: u8,
    pub(crate) nanos: bool,
    /// Microseconds were asked for expressly.
    pub(crate) micros: bool,
    pub(crate) dump: DumpStyle,
    /// `--payload`: dumps begin at it.
    pub(crate) payload: bool,
    pub(crate) payload_type: Option<PayloadType>,
    /// `-M`.
    pub(crate) md5_secret: Option<OsString>,
    /// `--count`.
    pub(crate) count_only: bool,
    pub(crate) line_buffered: bool,
    /// Several interfaces: each line says which.
    pub(crate) interfaces: bool,
    /// `--color`.
    pub(crate) colour: Colour,
}

/// Whether text has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

/// A checked command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) task: Task,
    pub(crate) input: Input,
    pub(crate) max_packets: Option<u64>,
    /// `--max-bytes`.
    pub(crate) max_bytes: Option<u64>,
    pub(crate) duration: Option<Duration>,
    pub(crate) capture: Capture,
    pub(crate) filter: FilterText,
    pub(crate) write: Option<Write>,
    pub(crate) display: Display,
    /// `-Z`.
    pub(crate) user: Option<String>,
    pub(crate) sandbox: bool,
    pub(crate) view: View,
    pub(crate) wanted: Wanted,
    /// How many threads may work, the first included.
    pub(crate) threads: usize,
    /// `--follow`.
    pub(crate) follow: bool,
    /// The input is a capture made a moment ago: nothing is said of it.
    pub(crate) unnamed: bool,
}

impl Config {
    /// Checks what was typed after `synack conns`.
    ///
    /// # Errors
    /// As [`Config::from_args`].
    pub(crate) fn from_conns(conns: Conns) -> Result<Self, Failure> {
        let view = view::of_conns(&conns)?;
        Ok(Self { view, ..Self::from_args(conns.args)? })
    }

    /// Checks what was typed after `synack follow`.
    ///
    /// # Errors
    /// As [`Config::from_args`].
    pub(crate) fn from_follow(follow: Follow) -> Result<Self, Failure> {
        let view = view::of_follow(&follow)?;
        Ok(Self { view, ..Self::from_args(follow.args)? })
    }

    /// Checks what was typed after `synack explain`.
    ///
    /// # Errors
    /// As [`Config::from_args`].
    pub(crate) fn from_explain(explain: Explain) -> Result<Self, Failure> {
        let view = drawn::of_explain(&explain)?;
        Ok(Self { view, ..Self::from_args(explain.args)? })
    }

    /// Checks what was typed after `synack ladder`.
    ///
    /// # Errors
    /// As [`Config::from_args`].
    pub(crate) fn from_ladder(ladder: Ladder) -> Result<Self, Failure> {
        let view = drawn::of_ladder(&ladder)?;
        Ok(Self { view, ..Self::from_args(ladder.args)? })
    }

    /// Checks what was typed after `synack plot`.
    ///
    /// # Errors
    /// As [`Config::from_args`].
    pub(crate) fn from_plot(plot: Plot) -> Result<Self, Failure> {
        let view = drawn::of_plot(&plot)?;
        Ok(Self { view, ..Self::from_args(plot.args)? })
    }

    /// Checks what was typed after `synack report`.
    ///
    /// # Errors
    /// As [`Config::from_args`].
    pub(crate) fn from_report(report: Report) -> Result<Self, Failure> {
        let view = drawn::of_report(&report)?;
        Ok(Self { view, ..Self::from_args(report.args)? })
    }

    /// Checks what was typed after `synack lab`. `made`: the capture made of the command, which has no
    /// name that says anything.
    ///
    /// # Errors
    /// As [`Config::from_args`].
    pub(crate) fn from_lab(mut lab: Lab, made: Option<PathBuf>) -> Result<Self, Failure> {
        let view = lab::of_lab(&mut lab)?;
        let unnamed = made.is_some();
        lab.args.read.extend(made);
        Ok(Self { view, unnamed, ..Self::from_args(lab.args)? })
    }

    /// Whether connections must be known.
    pub(crate) fn needs_flows(&self) -> bool {
        self.view.needs_flows() || self.wanted.is_narrow()
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// A value that means nothing, an option that is refused, options that contradict each other.
    pub(crate) fn from_args(args: Args) -> Result<Self, Failure> {
        let task = task(&args);
        if args.refused.foreign && (!args.read.is_empty() || args.read_list.is_some()) {
            return Err(Failure::new("-f can not be used with -V or -r"));
        }
        if let Some((option, reason)) = args.refused.reason() {
            return Err(Failure::new(format!("option {option} is not supported: {reason}")));
        }
        let capture = capture(&args)?;
        let max_packets = parsed(
            &args.max_packets,
            "invalid packet count",
            "-c takes a number above 0, such as -c 100",
            quantity::positive,
        )?;
        let max_bytes = parsed(&args.max_bytes, "invalid number of bytes", MOST_BYTES, quantity::bytes)?;
        let duration = parsed(&args.duration, "invalid duration", DURATION, quantity::duration)?;
        if args.time > 5 {
            return Err(Failure::new("only -t, -tt, -ttt, -tttt and -ttttt are supported"));
        }
        let display = display(&args)?;
        let filter = filter_text(&args)?;
        let write = written::checked(&args)?;
        let view = view::of_sniffer(&args)?;
        let wanted = view::wanted(&args)?;
        let threads = threads(&args)?;
        refuse_capture_options(&args)?;
        refuse_following(&args)?;
        let input = match (args.read_list, args.read.is_empty()) {
            (Some(_), false) => return Err(Failure::new("-V and -r are mutually exclusive.")),
            (Some(list), true) => Input::List(list),
            (None, false) => Input::Files(args.read),
            (None, true) => Input::Live(args.interfaces),
        };
        let sandbox = !args.no_sandbox;
        if wanted.settled && matches!(input, Input::Live(_)) {
            return Err(Failure::new("--final needs -r: a capture under way has no last word"));
        }
        Ok(Self {
            task,
            input,
            max_packets,
            max_bytes,
            duration,
            capture,
            filter,
            write,
            display,
            user: args.user,
            sandbox,
            view,
            wanted,
            threads,
            follow: args.follow,
            unnamed: false,
        })
    }
}

fn filter_text(args: &Args) -> Result<FilterText, Failure> {
    let link = match &args.link_type {
        Some(name) => Some(name.parse().map_err(|_| values::unknown_link_type(name))?),
        None => None,
    };
    let words: Vec<_> = args.expression.iter().map(|w| w.to_string_lossy()).collect();
    let (words, optimize) = (words.join(" "), !args.no_optimize);
    Ok(FilterText { file: args.filter_file.clone(), words, optimize, link })
}

/// As many threads as asked for, or as there are processors.
fn threads(args: &Args) -> Result<usize, Failure> {
    let asked = parsed(&args.threads, "invalid number of threads", "--threads takes 1 to 64", |text| {
        quantity::positive(text).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= MOST_THREADS)
    })?;
    Ok(asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get().min(MOST_THREADS))))
}

/// Options of a capture do nothing for a file. That promiscuous mode is not wanted (`-p`) is true of one.
fn refuse_capture_options(args: &Args) -> Result<(), Failure> {
    let file = match (&args.read_list, args.read.first()) {
        (Some(_), _) => "-V",
        (None, Some(_)) => "-r",
        (None, None) => return Ok(()),
    };
    let useless = [
        (!args.interfaces.is_empty(), "-i"),
        (args.direction.is_some(), "-Q"),
        (args.buffer_kib.is_some(), "-B"),
        (args.timestamp_type.is_some(), "-j"),
        (args.engine.is_some(), "--engine"),
        (args.immediate, "--immediate-mode"),
        (args.duration.is_some() && !args.follow, "--for"),
        (args.namespace.is_some(), "--netns"),
    ];
    match useless.into_iter().find(|option| option.0) {
        Some((_, option)) => {
            Err(Failure::new(format!("{option} is for a capture: it does nothing with {file}")))
        }
        None => Ok(()),
    }
}

/// `--follow` is for one file with a name.
fn refuse_following(args: &Args) -> Result<(), Failure> {
    let refused = match args.read.as_slice() {
        _ if !args.follow => return Ok(()),
        _ if args.read_list.is_some() => "--follow takes one file: -r FILE, not -V",
        [] => "--follow needs -r FILE: a capture goes on by itself",
        [file] if file.as_os_str() == "-" => {
            "--follow needs a file with a name: standard input is read as it comes without it"
        }
        [_] if args.settled => "--final reads twice, and a file that grows has no end for that",
        [_] => return Ok(()),
        _ => "--follow takes one file: of several it can't be said which packet is next",
    };
    Err(Failure::new(refused))
}

fn task(args: &Args) -> Task {
    if args.list_interfaces {
        Task::ListInterfaces
    } else if args.list_timestamp_types {
        Task::ListTimestampTypes
    } else if args.list_link_types {
        Task::ListLinkTypes
    } else if args.dump_filter > 0 {
        Task::DumpFilter(args.dump_filter)
    } else {
        Task::Run
    }
}

/// Whether this kind of time stamp is one that there is.
fn check_stamps(kind: &str) -> Result<(), Failure> {
    match kind {
        "host" => Ok(()),
        "host_lowprec" | "host_hiprec" | "adapter" | "adapter_unsynced" | "host_hiprec_unsynced" => {
            let refused = Failure::new(format!("time stamp type {kind} is not supported: only host is"));
            Err(refused.with_hint("-j takes host, which is the default"))
        }
        _ => {
            let message = format!("invalid time stamp type {}", printable(kind));
            Err(values::STAMPS.unknown(&message, kind))
        }
    }
}

fn capture(args: &Args) -> Result<Capture, Failure> {
    args.timestamp_type.as_deref().map_or(Ok(()), check_stamps)?;
    let kib = parsed(
        &args.buffer_kib,
        "invalid packet buffer size",
        "-B takes a number of KiB above 0, such as -B 4096",
        |t| quantity::positive(t).and_then(|n| usize::try_from(n).ok()?.checked_mul(1024)),
    )?;
    let snaplen = match &args.snaplen {
        None => MAX_SNAPLEN,
        Some(text) => match quantity::any_base(text).filter(|n| *n <= u64::from(MAX_SNAPLEN)) {
            None => {
                let range = format!("(must be >= 0 and <= {MAX_SNAPLEN})");
                let hint = "-s takes a number of bytes, such as -s 96; 0 is the default";
                return Err(
                    Failure::new(format!("invalid snaplen {} {range}", printable(text))).with_hint(hint)
                );
            }
            Some(0) => MAX_SNAPLEN,
            Some(n) => u32::try_from(n).unwrap_or(MAX_SNAPLEN),
        },
    };
    let ways = match args.direction.as_deref() {
        None => Ways::Both,
        Some(text) => match text.to_ascii_lowercase().as_str() {
            "in" => Ways::In,
            "out" => Ways::Out,
            "inout" => Ways::Both,
            _ => {
                let message = format!("unknown capture direction `{}'", printable(text));
                return Err(values::DIRECTIONS.unknown(&message, text));
            }
        },
    };
    let engine = match args.engine.as_deref() {
        None | Some("packet") => Engine::Packet,
        Some("raw") => Engine::Raw,
        Some(other) => {
            let message = format!("unknown engine `{}'", printable(other));
            return Err(values::ENGINES.unknown(&message, other));
        }
    };
    let promiscuous = !args.no_promiscuous;
    Ok(Capture {
        engine,
        snaplen,
        promiscuous,
        ways,
        buffer: kib,
        immediate: args.immediate,
        namespace: args.namespace.clone(),
    })
}

fn display(args: &Args) -> Result<Display, Failure> {
    let nanos = match args.precision.as_deref() {
        None => args.nano,
        // tcpdump compares as many bytes as its own words have.
        Some(p) if p.starts_with("micro") => false,
        Some(p) if p.starts_with("nano") => true,
        Some(p) => return Err(values::PRECISIONS.unknown("unsupported time stamp precision", p)),
    };
    let colour = match args.colour.as_deref() {
        None | Some("auto") => Colour::Auto,
        Some("always") => Colour::Always,
        Some("never") => Colour::Never,
        Some(other) => {
            return Err(
                values::COLOURS.unknown(&format!("unknown colour choice `{}'", printable(other)), other)
            );
        }
    };
    let payload_type = match args.payload_type.as_deref() {
        None => None,
        Some(name) => Some(payload_type(name)?),
    };
    Ok(Display {
        numeric: args.numeric > 0,
        no_domain: args.no_domain,
        verbose: args.verbose,
        quiet: args.quiet,
        link_header: args.link_header > 0,
        absolute_seq: args.absolute_seq,
        number: args.number,
        verify_checksums: !args.no_checksums,
        time: args.time,
        nanos,
        micros: args.micro || args.precision.is_some() && !nanos,
        dump: dump(args)?,
        payload: args.payload,
        payload_type,
        md5_secret: args.md5_secret.clone(),
        count_only: args.count,
        // What is printed is buffered by packets too.
        line_buffered: args.line_buffered || args.packet_buffered,
        interfaces: args.interfaces.len() > 1,
        colour,
    })
}

/// Which dump: an own style if asked for, else tcpdump's order: -X before -x before -A.
fn dump(args: &Args) -> Result<DumpStyle, Failure> {
    Ok(match args.dump.as_deref() {
        Some(name) => DumpStyle::Other(name.parse().map_err(|_| {
            values::DUMPS.unknown(&format!("unknown dump style `{}'", printable(name)), name)
        })?),
        None if args.hex_ascii > 0 => DumpStyle::HexAscii(args.hex_ascii > 1),
        None if args.hex > 0 => DumpStyle::Hex(args.hex > 1),
        None if args.ascii > 0 => DumpStyle::Ascii(args.ascii > 1),
        None if args.payload => DumpStyle::HexAscii(false),
        None => DumpStyle::None,
    })
}

fn payload_type(name: &str) -> Result<PayloadType, Failure> {
    match name.to_ascii_lowercase().as_str() {
        "zmtp1" => Ok(PayloadType::Zmtp1),
        "resp" => Ok(PayloadType::Resp),
        "domain" => Ok(PayloadType::Domain),
        other if values::PAYLOADS.names.contains(&other) => Ok(PayloadType::NotTcp),
        _ => Err(values::PAYLOADS.unknown(&format!("unknown packet type `{}'", printable(name)), name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::typed::{self, Invocation};

    fn config(words: &str) -> Result<Config, String> {
        let argv = std::iter::once("synack").chain(words.split(' ')).map(OsString::from).collect();
        match typed::parse(argv).expect("parses") {
            Invocation::Sniff(args) => Config::from_args(*args).map_err(|f| f.message),
            Invocation::Command(c) => panic!("a command: {c:?}"),
        }
    }

    #[test]
    fn refuses_bad_values_with_tcpdumps_words() {
        for (words, message) in [
            ("-c 0", "invalid packet count 0"),
            ("-c -5", "invalid packet count -5"),
            ("-c x", "invalid packet count x"),
            ("-s -1", "invalid snaplen -1 (must be >= 0 and <= 262144)"),
            ("-s 262145", "invalid snaplen 262145 (must be >= 0 and <= 262144)"),
            ("-s 1x", "invalid snaplen 1x (must be >= 0 and <= 262144)"),
            ("-B 0", "invalid packet buffer size 0"),
            ("-C 0", "invalid file size 0"),
            ("-C 1.5", "invalid file size 1.5"),
            ("-C 9223372036854775807", "file size 9223372036854775807 is too large"),
            ("-G -1", "invalid number of seconds -1"),
            ("-W 0", "invalid number of output files 0"),
            ("-Q sideways", "unknown capture direction `sideways'"),
            ("-tttttt", "only -t, -tt, -ttt, -tttt and -ttttt are supported"),
            ("-y nonsense", "invalid data link type nonsense"),
            ("-T nonsense", "unknown packet type `nonsense'"),
            ("-j nonsense", "invalid time stamp type nonsense"),
            ("--time-stamp-precision=pico", "unsupported time stamp precision"),
            ("-r a -V b", "-V and -r are mutually exclusive."),
            ("-f -r a", "-f can not be used with -V or -r"),
            ("-I", "option -I is not supported: 802.11 monitor mode is not supported"),
        ] {
            let refused = config(words).expect_err(words);
            assert_eq!(refused.lines().next(), Some(message), "{words}");
        }
    }

    #[test]
    fn a_wrong_number_names_its_option_and_what_it_takes() {
        for words in [
            "-c 0",
            "-s x",
            "-B 0",
            "-C 1.5",
            "-C 9223372036854775807",
            "-G -1",
            "-W 0",
            "--ring 0",
            "--for x",
            "--max-bytes x",
            "--threads 65",
            "-j adapter",
            "-Q x",
            "-T x",
            "-y x",
            "--dump x",
            "--engine x",
        ] {
            let refused = config(words).expect_err(words);
            let option = words.split(' ').next().unwrap();
            assert!(
                refused.contains("\nhint: ") && refused.contains(&format!("{option} takes ")),
                "{refused}"
            );
        }
    }

    #[test]
    fn lists_the_values_an_option_takes() {
        for (named, wrong) in values::ALL.iter().map(|named| (named, "nonsense")) {
            let refused = config(&format!("{} {wrong}", named.option)).expect_err(named.option);
            for name in named.names {
                assert!(refused.contains(name), "{name} in: {refused}");
                assert!(
                    named.option == "-j" || config(&format!("{} {name}", named.option)).is_ok(),
                    "{name}"
                );
            }
        }
        assert!(config("-y nonsense").unwrap_err().contains("EN10MB"));
        assert!(config("-y EN10M").unwrap_err().contains("did you mean EN10MB?"));
        assert!(config("-Q \u{1b}[1m").unwrap_err().contains("\\u{1b}"));
    }

    #[test]
    fn options_that_would_do_nothing_are_refused_by_name() {
        for (words, option) in [
            ("-C 1", "-C"),
            ("-G 1", "-G"),
            ("-W 1", "-W"),
            ("-z gzip", "-z"),
            ("--pcapng", "--pcapng"),
            ("-w x -W 3", "-W"),
            ("-w x -z gzip", "-z"),
            ("-w x -G 0 -z gzip", "-z"),
            ("-w x --ring 3", "--ring"),
            ("-w x -C 1 --align", "--align"),
            ("-r x -i lo", "-i"),
            ("-V x -i lo", "-i"),
            ("-r x -Q in", "-Q"),
            ("-r x -B 4096", "-B"),
            ("-r x --engine raw", "--engine"),
            ("-r x --for 10s", "--for"),
            ("--follow", "--follow"),
            ("--follow -i lo", "--follow"),
            ("--follow -r -", "--follow"),
            ("--follow -r a -r b", "--follow"),
            ("--follow -V a", "--follow"),
            ("--follow -r a --final", "--final"),
        ] {
            let refused = config(words).expect_err(words);
            assert!(refused.starts_with(&format!("{option} ")), "{words}: {refused}");
        }
        assert!(config("-r x --follow --for 10s -c 3").is_ok_and(|config| config.follow));
        assert!(config("-r x -p").is_ok() && config("-w x -C 1 -W 3 -z gzip").is_ok());
    }

    #[test]
    fn snaplen_takes_any_base_and_zero_means_the_default() {
        for (words, snaplen) in
            [("-s 0", 262_144), ("-s 0x40", 64), ("-s 010", 8), ("-s96", 96), ("-n", 262_144)]
        {
            assert_eq!(config(words).unwrap().capture.snaplen, snaplen, "{words}");
        }
    }

    #[test]
    fn file_sizes_are_millions_unless_they_have_a_unit() {
        for (size, bytes) in [("1", 1_000_000), ("2k", 2048), ("3M", 3 << 20), ("1G", 1 << 30)] {
            let write = config(&format!("-w x -C {size}")).unwrap().write.unwrap();
            assert_eq!(write.rotate_bytes, Some(bytes), "{size}");
        }
    }

    #[test]
    fn the_stronger_dump_wins() {
        assert_eq!(config("-Xx").unwrap().display.dump, DumpStyle::HexAscii(false));
        assert_eq!(config("-AxX -X").unwrap().display.dump, DumpStyle::HexAscii(true));
        assert_eq!(config("-xxA").unwrap().display.dump, DumpStyle::Hex(true));
        assert_eq!(config("--dump sn").unwrap().display.dump, DumpStyle::Other(hex::DumpStyle::Sn));
    }

    #[test]
    fn options_that_do_nothing_alone_are_refused() {
        for words in ["--ring 3", "--ring 3 -w x", "--align -w x", "--pcapng"] {
            assert!(config(words).is_err(), "{words}");
        }
    }

    #[test]
    fn expression_words_are_joined_by_single_spaces() {
        assert_eq!(config("tcp -n port 80").unwrap().filter.words, "tcp port 80");
    }
}
