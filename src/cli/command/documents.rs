//! The manual page and the shell completions, made from the command line's own definition.
use std::io::{self, Write};
use std::process::ExitCode;

use clap_mangen::roff::{Roff, bold, roman};

use super::reading;
use crate::cli::args::typed;
use crate::cli::failure::Failure;

/// What the manual page says under its options: headings, each with lines of a term and its text.
const SECTIONS: [(&str, &[(&str, &str)]); 6] = [
    (
        "COMMANDS",
        &[
            ("synack conns", "The TCP connections, and how each went."),
            ("synack follow", "What the programs on both ends of a connection said."),
            ("synack explain", "Every segment in words, with its numbers and the reason."),
            ("synack ladder", "The sequence diagram of every connection."),
            ("synack plot", "Graphs of every connection over time."),
            (
                "synack report -o FILE.html",
                "A page to open in any browser: segments in words beside their bytes.",
            ),
            (
                "synack lab -- COMMAND",
                "Run a command in a network of its own, and explain what it sent and received.",
            ),
            ("synack schema", "Print the JSON Schema that --json keeps to."),
            ("synack demo", "A small client and server in a private network, captured live, without root."),
            ("synack man [COMMAND]", "Print this page, or the one of a command."),
            ("synack completions SHELL", "Print completions for bash, zsh, fish, elvish or powershell."),
            ("synack repair IN OUT", "Write the intact records of the damaged capture file IN to OUT."),
        ],
    ),
    (
        "SIGNALS",
        &[
            (
                "SIGINT, SIGTERM, SIGHUP",
                "Stop: the capture is frozen, what it holds is written or printed, and the statistics \
                 follow. A second one ends the program at once. SIGHUP is left alone under nohup.",
            ),
            ("SIGUSR1", "Print the statistics so far, and go on."),
            ("SIGUSR2", "Write out what is buffered for the capture file, and go on."),
        ],
    ),
    (
        "EXAMPLES",
        &[
            ("sudo synack -i eth0 -nn tcp port 80", "HTTP as it passes, numbers only."),
            ("synack -Xnr trace.pcap", "A capture file, with its packets in hex and ASCII."),
            (
                "sudo synack -i any -w trace.pcap --for 10m 'host 10.0.0.1 and not port 22'",
                "Ten minutes of one host into a file.",
            ),
            (
                "sudo synack -w 't-%H%M.pcap.zst' -G 60 --ring 60",
                "The last hour, a compressed file a minute.",
            ),
            ("synack -d 'port 80 and not vlan'", "The program that the filter compiles to."),
        ],
    ),
    (
        "EXIT STATUS",
        &[
            ("0", "Done; a reader of the output that went away is no error."),
            ("1", "An error, said on standard error."),
            ("74", "The output could not be written; what the file holds is whole."),
            ("77", "Permission denied."),
        ],
    ),
    (
        "DIFFERENCES FROM TCPDUMP",
        &[
            ("Length 0 in an IP header", "The segment is printed; -v says what was presumed of its length."),
            ("Times after 2038", "They are printed, in every form of -t."),
            ("A connection that is refused where its ports were used before", "Its numbers are its own."),
            ("Times in copies (-r, -w)", "They keep their nanoseconds."),
            ("All of them, each with its test", "docs/differences.md of the source."),
        ],
    ),
    ("SEE ALSO", &[("tcpdump(8), pcap-filter(7), pcap-savefile(5), packet(7)", "")]),
];

/// Prints the options used most, of the sniffer or of a command.
pub(crate) fn brief(command: Option<&str>) -> Result<ExitCode, Failure> {
    match command.and_then(typed::brief) {
        Some(mut own) => print(own.render_help().to_string().as_bytes()),
        None => print(typed::BRIEF.as_bytes()),
    }
}

/// Prints the manual page, of the sniffer or of a command.
pub(crate) fn manual(command: Option<&str>) -> Result<ExitCode, Failure> {
    let mut page = Vec::new();
    let rendered = match command {
        None => render_manual(&mut page),
        Some(name) => {
            let all = typed::with_commands();
            let Some(found) = all.find_subcommand(name) else {
                let names: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
                let names = names.join(", ");
                return Err(Failure::new(format!(
                    "there is no command {}: {names}",
                    crate::cli::failure::printable(name)
                )));
            };
            let title = format!("synack-{name}");
            clap_mangen::Man::new(found.clone().disable_help_flag(true))
                .title(title)
                .section("8")
                .render(&mut page)
        }
    };
    rendered.map_err(|e| Failure::write("manual page", &e))?;
    print(&page)
}

/// Prints the schema of JSON lines.
pub(crate) fn schema() -> Result<ExitCode, Failure> {
    print(synack::json::SCHEMA.as_bytes())
}

fn render_manual(page: &mut Vec<u8>) -> io::Result<()> {
    let man = clap_mangen::Man::new(typed::described()).section("8");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    let mut roff = Roff::new();
    for (heading, entries) in SECTIONS {
        if heading == "EXIT STATUS" {
            reading::section(&mut roff);
        }
        roff.control("SH", [heading]);
        for (term, text) in entries {
            if text.is_empty() {
                roff.text([roman(*term)]);
            } else {
                roff.control("TP", []).text([bold(*term)]).text([roman(*text)]);
            }
        }
    }
    roff.to_writer(page)
}

/// Prints the completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut typed::completed(), "synack", &mut script);
    let script = String::from_utf8_lossy(&script);
    let script = match shell {
        clap_complete::Shell::Bash | clap_complete::Shell::Zsh => {
            script.replace(typed::INTERFACES, "$(ls /sys/class/net) any")
        }
        // A bare # begins a comment there.
        clap_complete::Shell::Fish => {
            script.replace(typed::INTERFACES, "(ls /sys/class/net) any").replace(" -s # ", " -s '#' ")
        }
        _ => script.replace(typed::INTERFACES, "any"),
    };
    print(script.as_bytes())
}

fn print(text: &[u8]) -> Result<ExitCode, Failure> {
    let mut out = io::stdout();
    out.write_all(text).and_then(|()| out.flush()).map_err(|e| Failure::write("standard output", &e))?;
    Ok(ExitCode::SUCCESS)
}
