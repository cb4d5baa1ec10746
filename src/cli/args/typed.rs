//! The command line as typed: every option, its help, and nothing decided yet.
use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::command::Command;
use super::values;

const CAPTURE: &str = "Capture";
const FILES: &str = "Capture files";
const ROTATION: &str = "Rotation";
const FILTER: &str = "Filter";
const OUTPUT: &str = "Output";
const TCP: &str = "TCP analysis";
const TIME: &str = "Time stamps";
const NAMES: &str = "Names";
const SAFETY: &str = "Privileges";
const LISTS: &str = "Lists";

/// What the manual page says before the options.
const DESCRIPTION: &str = "\
Prints the packets of a network interface, or of a capture file, in the text of tcpdump(8); or writes \
them to a capture file. A filter expression, in the language of pcap-filter(7), selects which.

Interfaces and files are opened with the rights the program is started with. Then, before the first \
packet is looked at, it becomes the user who called sudo(8), gives up every capability, and confines \
itself to the output directory and to the system calls it needs.

What the kernel had to drop is counted exactly, shown while it grows, and given in the closing \
statistics.";

/// What `-h` prints: a screen.
pub(crate) const BRIEF: &str = "\
synack [OPTIONS] [FILTER]      a TCP sniffer; --help lists every option
synack COMMAND --help          conns, follow, explain, ladder, plot, report,
                               lab, repair, demo, schema, man, completions

  -i IF      capture from IF (-D lists them)    -n      numbers, no names
  -r FILE    read a capture file                -v      more detail; -vv, -vvv
  -w FILE    write packets, print none          -e      link headers
  -c N       stop after N packets               -x -X   hex; hex and ASCII
  --for 10m  stop after this time               -A      ASCII
  -s N       keep N bytes of each packet        -t      no times; -tttt: dates
  -C, -G     new files by size, by time         -S      absolute seq numbers
  --ring N   keep the newest N of them          -q      less detail
  -Q DIR     in, out or inout                   -l      write each line at once
  -F FILE    the filter, in a file            -a      what each segment is
  --count    count, print none                  --json  JSON Lines

Filters:  tcp port 80      host 10.0.0.1 and not port 22      net 10.0.0.0/8
          'tcp[tcpflags] & tcp-syn != 0'      portrange 8000-8999      icmp
Examples: sudo synack -i eth0 -nn tcp port 80
          sudo synack -w trace.pcapng --for 10m
          synack -Xnr trace.pcap host 10.0.0.1
";

/// Lines of examples in the short help of a command, their heading among them.
const EXAMPLES: usize = 5;

/// The options that a command has of its own, and its first examples.
pub(crate) fn brief(command: &str) -> Option<clap::Command> {
    let found = Command::augment_subcommands(clap::Command::new("synack")).find_subcommand(command)?.clone();
    let own =
        found.get_arguments().filter(|argument| argument.get_help_heading() == Some(super::command::SHOWN));
    let own: Vec<_> = own.cloned().collect();
    let usage = format!(
        "synack {command} [OPTIONS] [EXPRESSION]...\n       synack {command} --help lists every option"
    );
    // What would make it more than a screen is in the long help.
    let examples = found.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples: Vec<&str> = examples.lines().take(EXAMPLES).take_while(|line| !line.is_empty()).collect();
    Some(
        clap::Command::new(command.to_owned())
            .about(found.get_about().cloned().unwrap_or_default())
            .after_help(examples.join("\n"))
            .override_usage(usage)
            .disable_help_flag(true)
            .max_term_width(80)
            .args(own),
    )
}

/// What follows the options in `--help`.
const AFTER_HELP: &str = "\
Commands (only as the first word; `host demo` filters on a host of that name):
  synack conns                The TCP connections, and how each went
  synack follow               What the programs on both ends of a connection said
  synack explain              Every segment in words, with its numbers and the reason
  synack ladder               The sequence diagram of every connection
  synack plot                 Graphs of every connection over time
  synack report -o FILE.html  A page to open in any browser: segments beside their bytes
  synack lab -- COMMAND       Run it in a network of its own, and explain what passed
  synack schema               Print the JSON Schema that --json keeps to
  synack demo                 A small client and server, captured live, without root
  synack man                  Print the manual page (roff)
  synack completions SHELL    Print completions for bash, zsh, fish, elvish or powershell
  synack repair IN OUT        Write the intact records of a damaged capture file to OUT

Examples:
  sudo synack -i eth0 -nn tcp port 80
  sudo synack -i any -w trace.pcap --for 10m 'host 10.0.0.1 and not port 22'
  synack -Xnr trace.pcap
  synack -a -nr trace.pcap --verdict retransmission

Exit status: 0 done, 1 error, 74 output could not be written, 77 permission denied.";

/// A TCP sniffer: tcpdump's text, the pcap filter language, and captures that lose nothing.
#[derive(Debug, Parser)]
#[command(
    name = "synack",
    version,
    about,
    after_help = AFTER_HELP,
    args_override_self = true,
    infer_long_args = true,
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 80,
    override_usage = "synack [OPTIONS] [EXPRESSION]...\n       synack conns | follow | explain | ladder | plot | report [OPTIONS] [EXPRESSION]...\n       synack demo | man | schema | completions SHELL | repair IN OUT"
)]
pub(crate) struct Args {
    /// Listen on this interface: a name, a number from -D, `any`, or `nflog:N` for what netfilter rules log to
    /// group N; may be repeated [default: the first of -D]
    #[arg(short = 'i', long = "interface", value_name = "IF", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) interfaces: Vec<String>,
    /// Stop after N packets have passed the filter
    #[arg(short = 'c', value_name = "N", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) max_packets: Option<String>,
    /// Stop after this time (30s, 10m, 1h30m, 500ms; a bare number is seconds)
    #[arg(long = "for", value_name = "DURATION", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) duration: Option<String>,
    /// Stop after SIZE bytes of packets (a number, or with a unit: k, M, G are powers of 1024)
    #[arg(long = "max-bytes", value_name = "SIZE", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) max_bytes: Option<String>,
    /// Capture in another network namespace: a name of `ip netns`, the number of a process in it, or
    /// a file
    #[arg(long = "netns", value_name = "NAME|PID", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) namespace: Option<OsString>,
    /// Keep at most N bytes of each packet (0: the default, 262144)
    #[arg(short = 's', long = "snapshot-length", value_name = "N", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) snaplen: Option<String>,
    /// Do not put the interface into promiscuous mode
    #[arg(short = 'p', long = "no-promiscuous-mode", help_heading = CAPTURE)]
    pub(crate) no_promiscuous: bool,
    /// Capture only packets of this direction: in, out or inout
    #[arg(short = 'Q', long = "direction", value_name = "DIR", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) direction: Option<String>,
    /// Size of the capture buffer in KiB
    #[arg(short = 'B', long = "buffer-size", value_name = "KIB", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) buffer_kib: Option<String>,
    /// Deliver each packet at once, not in batches
    #[arg(long = "immediate-mode", help_heading = CAPTURE)]
    pub(crate) immediate: bool,
    /// How to capture: `packet` (a ring shared with the kernel) or `raw` (incoming IPv4 TCP only)
    #[arg(long = "engine", value_name = "ENGINE", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) engine: Option<String>,
    /// Kind of time stamp asked of the kernel (only `host`)
    #[arg(short = 'j', long = "time-stamp-type", value_name = "TYPE", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) timestamp_type: Option<String>,
    /// Link type to use: a name such as EN10MB, RAW, LINUX_SLL or LINUX_SLL2, or a number; -L lists
    /// those of the interface
    #[arg(short = 'y', long = "linktype", value_name = "NAME", help_heading = CAPTURE, allow_hyphen_values = true)]
    pub(crate) link_type: Option<String>,

    /// Read packets from FILE (pcap or pcapng, also .gz .zst .lz4 .xz .bz2; - is standard input); may be
    /// repeated, the files are merged by time
    #[arg(short = 'r', value_name = "FILE", help_heading = FILES, allow_hyphen_values = true)]
    pub(crate) read: Vec<PathBuf>,
    /// Go on reading FILE as others write it, and then the file that takes its name (as `tail -F`)
    #[arg(long = "follow", help_heading = FILES)]
    pub(crate) follow: bool,
    /// Read the files named in FILE, one a line
    #[arg(short = 'V', value_name = "FILE", help_heading = FILES, allow_hyphen_values = true)]
    pub(crate) read_list: Option<PathBuf>,
    /// Write packets to FILE instead of printing them (- is standard output; the ending chooses
    /// .pcapng and .gz .zst .lz4)
    #[arg(short = 'w', value_name = "FILE", help_heading = FILES, allow_hyphen_values = true)]
    pub(crate) write: Option<PathBuf>,
    /// Write pcapng whatever the name of the file
    #[arg(long = "pcapng", help_heading = FILES)]
    pub(crate) pcapng: bool,
    /// With -w, print packets as well
    #[arg(long = "print", help_heading = FILES)]
    pub(crate) print: bool,
    /// Write each packet to the file as it comes
    #[arg(short = 'U', long = "packet-buffered", help_heading = FILES)]
    pub(crate) packet_buffered: bool,

    /// Start a new file when this one is larger than SIZE: millions of bytes, or with a unit
    /// (k, M, G: powers of 1024)
    #[arg(short = 'C', value_name = "SIZE", help_heading = ROTATION, allow_hyphen_values = true)]
    pub(crate) rotate_size: Option<String>,
    /// Start a new file every SECONDS; the name goes through strftime
    #[arg(short = 'G', value_name = "SECONDS", help_heading = ROTATION, allow_hyphen_values = true)]
    pub(crate) rotate_seconds: Option<String>,
    /// With -C, reuse the names of N files; with -G, stop after N files
    #[arg(short = 'W', value_name = "N", help_heading = ROTATION, allow_hyphen_values = true)]
    pub(crate) rotate_files: Option<String>,
    /// Run `CMD FILE` on each file closed by rotation
    #[arg(short = 'z', value_name = "CMD", help_heading = ROTATION, allow_hyphen_values = true)]
    pub(crate) postrotate: Option<OsString>,
    /// Keep the newest N files and delete older ones, also when the disk is full
    #[arg(long = "ring", value_name = "N", help_heading = ROTATION, allow_hyphen_values = true)]
    pub(crate) ring: Option<String>,
    /// With -G, change files at multiples of the period, not counted from the start
    #[arg(long = "align", help_heading = ROTATION)]
    pub(crate) align: bool,

    /// Read the filter expression from FILE; the one on the command line is then ignored
    #[arg(short = 'F', value_name = "FILE", help_heading = FILTER, allow_hyphen_values = true)]
    pub(crate) filter_file: Option<PathBuf>,
    /// Do not optimise the compiled filter
    #[arg(short = 'O', long = "no-optimize", help_heading = FILTER)]
    pub(crate) no_optimize: bool,
    /// Print the compiled filter and stop: -d as text, -dd as a C array, -ddd as numbers
    #[arg(short = 'd', action = ArgAction::Count, help_heading = FILTER)]
    pub(crate) dump_filter: u8,

    /// More detail: -v, -vv, -vvv
    #[arg(short = 'v', action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) verbose: u8,
    /// Less detail
    #[arg(short = 'q', action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) quiet: u8,
    /// Print the link header
    #[arg(short = 'e', action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) link_header: u8,
    /// Print absolute TCP sequence numbers
    #[arg(short = 'S', long = "absolute-tcp-sequence-numbers", help_heading = OUTPUT)]
    pub(crate) absolute_seq: bool,
    /// Number the packets
    #[arg(short = '#', long = "number", help_heading = OUTPUT)]
    pub(crate) number: bool,
    /// Do not verify IP, TCP and UDP checksums
    #[arg(short = 'K', long = "dont-verify-checksums", help_heading = OUTPUT)]
    pub(crate) no_checksums: bool,
    /// Dump the packet in hex; -xx with the link header
    #[arg(short = 'x', action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) hex: u8,
    /// Dump the packet in hex and ASCII; -XX with the link header
    #[arg(short = 'X', action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) hex_ascii: u8,
    /// Dump the packet in ASCII; -AA with the link header
    #[arg(short = 'A', action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) ascii: u8,
    /// Colours: auto (on a terminal, unless NO_COLOR is set; also with CLICOLOR_FORCE), always or never
    #[arg(id = "colour", long = "color", value_name = "WHEN", help_heading = OUTPUT, allow_hyphen_values = true)]
    pub(crate) colour: Option<String>,
    /// Another dump layout: sn, hexdump, canonical or wireshark (for text2pcap)
    #[arg(long = "dump", value_name = "STYLE", help_heading = OUTPUT, allow_hyphen_values = true)]
    pub(crate) dump: Option<String>,
    /// Dump from the payload on, without the headers before it (with -x, -X, -A or --dump; else as -X)
    #[arg(long = "payload", help_heading = OUTPUT)]
    pub(crate) payload: bool,
    /// Take the payload for this protocol: domain, resp; or one that TCP does not carry: aodv, carp,
    /// cnfp, lmp, pgm, pgm_zmtp1, ptp, radius, rpc, rtcp, rtp, snmp, someip, tftp, vat, vxlan, wb
    #[arg(short = 'T', value_name = "TYPE", help_heading = OUTPUT, allow_hyphen_values = true)]
    pub(crate) payload_type: Option<String>,
    /// Check the signatures of TCP segments (TCP-MD5) with this secret
    #[arg(short = 'M', value_name = "SECRET", help_heading = OUTPUT, allow_hyphen_values = true)]
    pub(crate) md5_secret: Option<OsString>,
    /// Print no packets; when reading files, their number at the end
    #[arg(long = "count", help_heading = OUTPUT)]
    pub(crate) count: bool,
    /// Print files on N threads: the same text in the same order [default: as many as the machine has]
    #[arg(long = "threads", value_name = "N", help_heading = OUTPUT, allow_hyphen_values = true)]
    pub(crate) threads: Option<String>,
    /// Write out each line as it is printed
    #[arg(short = 'l', help_heading = OUTPUT)]
    pub(crate) line_buffered: bool,

    /// Say at the end of a line what its TCP segment is: a retransmission of which packet, a late
    /// original, a copy, a duplicate ACK …, and on what evidence
    #[arg(short = 'a', long = "analyze", help_heading = TCP)]
    pub(crate) analyze: bool,
    /// Print JSON Lines: packets, corrections, connections (see `synack schema`)
    #[arg(long = "json", help_heading = TCP)]
    pub(crate) json: bool,
    /// Read the files twice, so that a packet's verdicts are the last word and no correction follows
    #[arg(long = "final", help_heading = TCP)]
    pub(crate) settled: bool,
    /// Only packets of these connections: numbers, or the two ends as 10.0.0.1:1025-10.0.0.2:80
    #[arg(long = "conn", value_name = "N", value_delimiter = ',', help_heading = TCP, allow_hyphen_values = true)]
    pub(crate) connections: Vec<String>,
    /// Only packets with one of these verdicts: retransmission, reordered, duplicate, reset …
    #[arg(long = "verdict", value_name = "KIND", value_delimiter = ',', help_heading = TCP, allow_hyphen_values = true)]
    pub(crate) verdicts: Vec<String>,

    /// -t none, -tt seconds, -ttt since the last packet, -tttt with the date, -ttttt since the first
    #[arg(short = 't', action = ArgAction::Count, help_heading = TIME)]
    pub(crate) time: u8,
    /// Microseconds (the default)
    #[arg(long = "micro", help_heading = TIME, overrides_with_all = ["nano", "precision"])]
    pub(crate) micro: bool,
    /// Nanoseconds
    #[arg(long = "nano", help_heading = TIME, overrides_with_all = ["micro", "precision"])]
    pub(crate) nano: bool,
    /// micro or nano
    #[arg(
        id = "precision",
        long = "time-stamp-precision",
        value_name = "P",
        help_heading = TIME,
        allow_hyphen_values = true,
        overrides_with_all = ["micro", "nano"]
    )]
    pub(crate) precision: Option<String>,

    /// No names: addresses and ports as numbers, no lookups at all
    #[arg(short = 'n', action = ArgAction::Count, help_heading = NAMES)]
    pub(crate) numeric: u8,
    /// Host names without their domain
    #[arg(short = 'N', help_heading = NAMES)]
    pub(crate) no_domain: bool,

    /// Become this user once sockets and files are open [default: who called sudo]
    #[arg(short = 'Z', long = "relinquish-privileges", value_name = "USER", help_heading = SAFETY, allow_hyphen_values = true)]
    pub(crate) user: Option<String>,
    /// Do not confine the process after opening (no seccomp, no Landlock)
    #[arg(long = "no-sandbox", help_heading = SAFETY)]
    pub(crate) no_sandbox: bool,

    /// List the interfaces and stop
    #[arg(short = 'D', long = "list-interfaces", help_heading = LISTS)]
    pub(crate) list_interfaces: bool,
    /// List the link types of the interface and stop
    #[arg(short = 'L', long = "list-data-link-types", help_heading = LISTS)]
    pub(crate) list_link_types: bool,
    /// List the time stamp types of the interface and stop
    #[arg(short = 'J', long = "list-time-stamp-types", help_heading = LISTS)]
    pub(crate) list_timestamp_types: bool,
    /// Print the options used most and stop
    #[arg(short = 'h', help_heading = LISTS)]
    pub(crate) brief: bool,
    /// Print this help and stop
    #[arg(long = "help", action = ArgAction::Help, help_heading = LISTS)]
    help: Option<bool>,
    /// Print the version and stop
    #[arg(long = "version", action = ArgAction::Version, help_heading = LISTS)]
    version: Option<bool>,

    #[command(flatten)]
    pub(crate) refused: Refused,

    /// Which packets: a pcap-filter(7) expression; the words are joined by spaces
    #[arg(value_name = "EXPRESSION")]
    pub(crate) expression: Vec<OsString>,
}

/// Options of tcpdump's that are known, and refused by name.
#[derive(Debug, clap::Args)]
pub(crate) struct Refused {
    #[arg(short = 'b', hide = true)]
    as_dot: bool,
    #[arg(short = 'E', hide = true, allow_hyphen_values = true)]
    esp_secret: Option<OsString>,
    #[arg(short = 'f', hide = true)]
    pub(crate) foreign: bool,
    #[arg(short = 'H', hide = true)]
    mesh: bool,
    #[arg(short = 'I', long = "monitor-mode", hide = true)]
    monitor: bool,
    #[arg(short = 'm', hide = true, allow_hyphen_values = true)]
    mib_module: Option<OsString>,
    #[arg(short = 'u', hide = true)]
    nfs_handles: bool,
    #[arg(short = 'Y', long = "debug-filter-parser", hide = true)]
    parser_debug: bool,
    #[arg(long = "fp-type", hide = true)]
    fp_type: bool,
    #[arg(short = 'g', long = "ip-oneline", hide = true)]
    one_line: bool,
    #[arg(long = "lengths", hide = true)]
    lengths: bool,
    #[arg(long = "time-t-size", hide = true)]
    time_size: bool,
    #[arg(long = "list-remote-interfaces", hide = true, allow_hyphen_values = true)]
    remote: Option<OsString>,
}

impl Refused {
    /// The first of these that was given, and why it is not done.
    pub(crate) fn reason(&self) -> Option<(&'static str, &'static str)> {
        let given = [
            (self.as_dot, "-b", "BGP is not printed, nor the AS numbers in it"),
            (self.esp_secret.is_some(), "-E", "IPsec payload is not decrypted"),
            (self.foreign, "-f", "use -n to print addresses as numbers"),
            (self.mesh, "-H", "802.11s mesh headers are not decoded"),
            (self.monitor, "-I", "802.11 monitor mode is not supported"),
            (
                self.mib_module.is_some(),
                "-m",
                "SNMP is printed with the numbers of its objects, no MIB modules are loaded",
            ),
            (self.nfs_handles, "-u", "NFS is not printed"),
            (self.parser_debug, "-Y", "the filter parser has no debug output; see -d"),
            (self.fp_type, "--fp-type", "there is no floating-point arithmetic to test"),
            (self.one_line, "-g", "without -v each packet is one line"),
            (self.lengths, "--lengths", "it is of a later tcpdump than 4.99.3"),
            (self.time_size, "--time-t-size", "times are kept in 64 bits"),
            (self.remote.is_some(), "--list-remote-interfaces", "there is no remote capture"),
        ];
        given.into_iter().find(|g| g.0).map(|g| (g.1, g.2))
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// The sniffer.
    Sniff(Box<Args>),
    /// One of the commands.
    Command(Command),
}

/// Reads an argument vector, program name included.
///
/// A command is recognised only as the very first word. Anywhere else, and so after any option,
/// the same word belongs to the filter expression.
///
/// # Errors
/// clap's error: also how `--help` and `--version` come back.
pub(crate) fn parse(argv: Vec<OsString>) -> Result<Invocation, clap::Error> {
    let commands = Command::augment_subcommands(clap::Command::new("synack").subcommand_required(true))
        .version(env!("CARGO_PKG_VERSION"))
        .max_term_width(80);
    if argv.get(1).and_then(|a| a.to_str()).is_some_and(|a| commands.find_subcommand(a).is_some()) {
        let matches = commands.try_get_matches_from(argv)?;
        return Ok(Invocation::Command(Command::from_arg_matches(&matches)?));
    }
    let matches = Args::command().try_get_matches_from(argv)?;
    Ok(Invocation::Sniff(Box::new(Args::from_arg_matches(&matches)?)))
}

/// The sniffer's command line: what the manual page describes.
pub(crate) fn described() -> clap::Command {
    Args::command().long_about(DESCRIPTION)
}

/// The long options that are offered, by a command or by the sniffer.
pub(crate) fn long_options(command: Option<&str>) -> Vec<String> {
    let all = with_commands();
    let asked = command.and_then(|name| all.find_subcommand(name)).unwrap_or(&all);
    asked.get_arguments().filter_map(|option| option.get_long().map(str::to_owned)).collect()
}

/// What an option does, in a line.
pub(crate) fn help_of(option: &str) -> Option<String> {
    let is = |argument: &&clap::Arg| {
        argument.get_long() == Some(option)
            || argument.get_short().is_some_and(|short| option == short.to_string())
    };
    with_commands().get_arguments().find(is)?.get_help().map(|help| help.to_string().replace('\n', " "))
}

/// The same without what is only there to be refused.
fn visible(command: clap::Command) -> clap::Command {
    let shown = command.get_arguments().filter(|argument| !argument.is_hide_set()).cloned();
    let shown: Vec<_> = shown.map(with_values).collect();
    clap::Command::new(command.get_name().to_owned())
        .version(env!("CARGO_PKG_VERSION"))
        .about(command.get_about().cloned().unwrap_or_default())
        .after_help(command.get_after_help().cloned().unwrap_or_default())
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args(shown)
}

/// An option with the names that its value may have.
fn with_values(argument: clap::Arg) -> clap::Arg {
    let id = argument.get_id().as_str();
    if let Some(named) = values::ALL.iter().find(|named| named.id == id) {
        return argument.value_parser(PossibleValuesParser::new(named.names.iter().copied()));
    }
    if id == values::LINK_ID {
        return argument.value_parser(PossibleValuesParser::new(values::link_types()));
    }
    argument
}

/// What stands in completions for the interfaces of the machine they are used on.
pub(crate) const INTERFACES: &str = "@INTERFACES@";

/// The whole command line for the completions of a shell.
pub(crate) fn completed() -> clap::Command {
    let interfaces = |command: clap::Command| {
        let has = command.get_arguments().any(|argument| argument.get_id() == "interfaces");
        if !has {
            return command;
        }
        command
            .mut_arg("interfaces", |argument| argument.value_parser(PossibleValuesParser::new([INTERFACES])))
    };
    let all = interfaces(with_commands());
    let names: Vec<String> = all.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    names.into_iter().fold(all, |all, name| all.mut_subcommand(name, interfaces))
}

/// The whole command line, commands included: what completions and their manual pages are made of.
pub(crate) fn with_commands() -> clap::Command {
    let all = Command::augment_subcommands(visible(Args::command()));
    let names: Vec<String> = all.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    names.into_iter().fold(all, |all, name| all.mut_subcommand(name, visible))
}

/// The commands, and what follows them at least.
pub(crate) fn commands() -> Vec<(String, String)> {
    let all = with_commands();
    let usage = |command: &clap::Command| {
        let reads = command.get_arguments().any(|argument| argument.get_short() == Some('r'));
        let required = command.get_positionals().filter(|argument| argument.is_required_set());
        let names = required.map(|argument| match argument.get_value_names() {
            Some([name, ..]) => format!(" {name}"),
            _ => String::new(),
        });
        if reads { " -r FILE".to_owned() } else { names.collect() }
    };
    all.get_subcommands().map(|command| (command.get_name().to_owned(), usage(command))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(words: &str) -> Args {
        let argv = std::iter::once("synack").chain(words.split(' ')).map(OsString::from).collect();
        match parse(argv).expect("parses") {
            Invocation::Sniff(args) => *args,
            Invocation::Command(c) => panic!("a command: {c:?}"),
        }
    }

    #[test]
    fn definition_is_consistent() {
        Args::command().debug_assert();
        with_commands().debug_assert();
    }

    #[test]
    fn the_brief_help_is_a_screen_of_options_that_exist() {
        assert!(BRIEF.lines().count() <= 24 && BRIEF.lines().all(|line| line.len() <= 80), "{BRIEF}");
        let all = with_commands();
        let known: Vec<String> = all
            .get_arguments()
            .flat_map(|a| {
                [a.get_long().map(|long| format!("--{long}")), a.get_short().map(|short| format!("-{short}"))]
            })
            .flatten()
            .collect();
        let words = BRIEF.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':'));
        for word in words.filter(|word| word.starts_with('-') && word.len() <= 2 || word.starts_with("--")) {
            assert!(known.iter().any(|option| option == word), "{word}");
        }
        for command in all.get_subcommands() {
            assert!(BRIEF.contains(command.get_name()), "{}", command.get_name());
        }
    }

    #[test]
    fn the_help_lists_every_value() {
        let help =
            Args::command().render_long_help().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        for name in values::ALL.iter().flat_map(|named| named.names) {
            assert!(help.contains(name), "{name}");
        }
    }

    #[test]
    fn clusters_read_as_people_type_them() {
        let args = sniff("-nnvvXSs0 -c5 -i any tcp port 80");
        assert_eq!((args.numeric, args.verbose, args.hex_ascii, args.absolute_seq), (2, 2, 1, true));
        assert_eq!(args.snaplen.as_deref(), Some("0"));
        assert_eq!(args.max_packets.as_deref(), Some("5"));
        assert_eq!(args.interfaces, ["any"]);
        assert_eq!(args.expression, ["tcp", "port", "80"]);
    }

    #[test]
    fn options_may_follow_the_expression() {
        let args = sniff("tcp -n port 80 -c 3 -#");
        assert_eq!(args.expression, ["tcp", "port", "80"]);
        assert_eq!((args.numeric, args.number), (1, true));
    }

    #[test]
    fn values_may_look_like_options() {
        let args = sniff("-c -5 -r - -w -n");
        assert_eq!(args.max_packets.as_deref(), Some("-5"));
        assert_eq!(args.read, [PathBuf::from("-")]);
        assert_eq!((args.write, args.numeric), (Some(PathBuf::from("-n")), 0));
    }

    #[test]
    fn everything_after_two_dashes_is_expression() {
        let args = sniff("-n -- -c tcp");
        assert_eq!(args.expression, ["-c", "tcp"]);
    }

    #[test]
    fn the_last_of_a_single_option_wins() {
        assert_eq!(sniff("-c 5 -c 3 -p -p").max_packets.as_deref(), Some("3"));
        let args = sniff("--nano --micro");
        assert_eq!((args.nano, args.micro), (false, true));
    }

    #[test]
    fn inputs_add_up() {
        let args = sniff("-r a -r b -i x -i y");
        assert_eq!((args.read.len(), args.interfaces.len()), (2, 2));
    }

    #[test]
    fn long_options_take_unique_prefixes() {
        assert!(sniff("--list-inter").list_interfaces);
        assert_eq!(sniff("--snap=96").snaplen.as_deref(), Some("96"));
    }

    #[test]
    fn a_command_is_one_only_as_the_first_word() {
        let argv = |w: &str| w.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(matches!(parse(argv("synack demo")), Ok(Invocation::Command(Command::Demo))));
        assert!(matches!(parse(argv("synack -n demo")), Ok(Invocation::Sniff(_))));
        assert!(matches!(parse(argv("synack host demo")), Ok(Invocation::Sniff(_))));
    }

    #[test]
    fn refused_options_are_named() {
        assert_eq!(sniff("-nE secret").refused.reason().map(|r| r.0), Some("-E"));
    }
}
