//! What is said to mistakes, and what a person at a terminal sees.
use std::process::Command;

use super::{SYNACK, Scratch, run, seed, synack, text};
use crate::live::{in_namespace, veth};

/// The advice under a refusal.
fn hint(words: &[&str]) -> String {
    let output = run(words);
    assert_eq!(output.status.code(), Some(1), "{words:?}");
    let errors = text(&output.stderr);
    let hint = errors.lines().find_map(|line| line.strip_prefix("hint: "));
    hint.unwrap_or_else(|| panic!("{words:?}: {errors}")).to_owned()
}

#[test]
fn a_first_word_that_is_no_filter_leads_to_the_option_or_command_that_was_meant() {
    let file = seed("lab_v1.pcap");
    let file = file.to_str().unwrap();
    for (words, advice) in [
        (&[file][..], format!("synack -r {file}")),
        (&["nowhere.pcapng.gz", "tcp"], "synack -r nowhere.pcapng.gz".into()),
        (&["trace.pcap.xz"], "synack -r trace.pcap.xz".into()),
        (&["a.pcapng.bz2"], "synack -r a.pcapng.bz2".into()),
        (&["-d", "repiar"], "synack repair IN OUT".into()),
        (&["-d", "cons"], "synack conns -r FILE".into()),
        (&["-n", "-d", "demo"], "a command stands before all options: synack demo".into()),
        (&["-d", "help"], "synack --help".into()),
        (&["-d", "version"], "synack --version".into()),
        (&["-d", "interfaces"], "synack -D".into()),
        (&["-d", "capture"], "synack -i".into()),
        (&["-d", "lo"], "synack -i lo".into()),
    ] {
        let hint = hint(words);
        assert!(hint.contains(&advice), "{words:?}: {hint}");
    }
    // What is a filter, or nearly one, is none of these.
    assert!(hint(&["-d", "http"]).ends_with("here: port http"));
    assert!(hint(&["-d", "mac 00:11:22:33:44:55"]).ends_with("here: ether host 00:11:22:33:44:55"));
    assert!(hint(&["-d", "rtp"]).ends_with("here: udp"));
    assert!(hint(&["-d", "arp-request"]).ends_with("here: arp[6:2] = 1"));
}

#[test]
fn a_torn_file_leads_to_repair_and_an_unreadable_one_is_named() {
    let scratch = Scratch::new();
    let whole = std::fs::read(seed("lab_v1.pcap")).unwrap();
    let torn = scratch.path("torn.pcap");
    std::fs::write(&torn, &whole[..whole.len() - 3]).unwrap();
    let torn = torn.to_str().unwrap();
    for words in [vec!["-nr", torn], vec!["-nr", torn, "-w", "/dev/null"], vec!["--count", "-r", torn]] {
        let advice = hint(&words);
        assert!(advice.contains(&format!("synack repair {torn} NEW-FILE")), "{words:?}: {advice}");
    }
    std::fs::write(scratch.path("text"), "hello, this is text").unwrap();
    let list = scratch.path("missing");
    for (words, named) in [
        (vec!["-r".into(), scratch.path("text")], "text: unknown file format"),
        (vec!["-V".into(), list], "missing: No such file or directory"),
        (vec!["-r".into(), "/tmp".into()], "/tmp: "),
        (
            vec!["repair".into(), scratch.path("text"), scratch.path("out")],
            "text: nothing in the file looks like",
        ),
    ] {
        let output = run(&words);
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(text(&output.stderr).contains(named), "{}", text(&output.stderr));
    }
}

#[test]
fn repair_does_not_overwrite_unless_told() {
    let scratch = Scratch::new();
    let (from, to) = (seed("lab_v1.pcap"), scratch.path("kept.pcap"));
    std::fs::write(&to, "mine").unwrap();
    let words = ["repair".into(), from.clone(), to.clone()];
    let output = run(&words);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("it exists\nhint: --force"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
    assert_eq!(run(["repair".into(), "--force".into(), from, to.clone()]).status.code(), Some(0));
    assert!(std::fs::read(&to).unwrap().len() > 100);
}

#[test]
fn what_reads_and_writes_ends_with_a_count() {
    let scratch = Scratch::new();
    let (from, to) = (seed("lab_v1.pcap"), scratch.path("some.pcap"));
    let words = [
        "-r".as_ref(),
        from.as_os_str(),
        "-w".as_ref(),
        to.as_os_str(),
        "tcp[tcpflags] & tcp-syn != 0".as_ref(),
    ];
    let errors = run(words).stderr;
    let last = text(&errors).lines().last().unwrap().to_owned();
    assert_eq!(last, format!("2 packets written to {}, 8 left out by the filter", to.display()));
    let quiet = run(["-q".as_ref()].into_iter().chain(words));
    assert!(!text(&quiet.stderr).contains("written"), "{}", text(&quiet.stderr));
}

#[test]
fn a_program_for_closed_files_is_looked_for_at_the_start() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path("plain"), "").unwrap();
    let plain = scratch.path("plain");
    let plain = plain.to_str().unwrap();
    for (program, why) in [
        ("no-such-program", "no such program in PATH"),
        ("/no/such/program", "No such file or directory"),
        (plain, "cannot be executed"),
    ] {
        let to = scratch.path("x.pcap");
        let output = run([
            "-r",
            seed("lab_v1.pcap").to_str().unwrap(),
            "-w",
            to.to_str().unwrap(),
            "-C",
            "1",
            "-z",
            program,
        ]);
        assert_eq!(output.status.code(), Some(1), "{program}");
        let errors = text(&output.stderr);
        assert!(errors.contains(&format!("-z {program}: ")) && errors.contains(why), "{errors}");
        assert!(!to.exists());
    }
}

/// What the program shows on a terminal.
fn on_a_terminal(command: &str) -> Option<String> {
    let output =
        Command::new("script").args(["-qec", command, "/dev/null"]).env("TZ", "UTC").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Text without escape sequences.
fn bare(text: &[u8]) -> Vec<u8> {
    let mut bare = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == 0x1b {
            let end = rest.iter().position(|&byte| byte == b'm').expect("an SGR sequence");
            assert!(rest[..end].iter().all(|b| matches!(b, b'[' | b'0'..=b'9' | b';')), "{rest:?}");
            rest = &rest[end + 1..];
        } else {
            bare.push(byte);
        }
    }
    bare
}

#[test]
fn colours_are_added_and_nothing_is_changed() {
    let seeds = std::fs::read_dir(seed("")).unwrap().map(|entry| entry.unwrap().path());
    let mut coloured = 0;
    for file in seeds.filter(|path| path.extension().is_some_and(|e| e == "pcap" || e == "pcapng")) {
        for flags in ["-n", "-nvv", "-nXX", "-nev", "-nA"] {
            let words = [flags.as_ref(), "-r".as_ref(), file.as_os_str()];
            let plain = run(words).stdout;
            assert!(!plain.contains(&0x1b), "no colour in a pipe");
            let painted = run(["--color".as_ref(), "always".as_ref()].into_iter().chain(words)).stdout;
            coloured += usize::from(painted.contains(&0x1b));
            assert!(bare(&painted) == plain, "{flags} {}", file.display());
        }
    }
    assert!(coloured > 10);
}

/// Of every byte of the corpus nothing commands a terminal but the colours, and those say no colour by
/// number of a background, nor white or black: they can be read on a dark and on a light one.
#[test]
fn the_corpus_shows_no_control_character_in_colours() {
    let dir = Scratch::new();
    let path = dir.path("corpus.pcap");
    let mut looks = std::collections::BTreeSet::new();
    // Those that are cut everywhere have the same bytes many times.
    let captures = crate::corpus::all().into_iter().filter(|capture| !capture.name.ends_with("-cut"));
    for (n, capture) in captures.enumerate() {
        std::fs::write(&path, capture.to_pcap()).unwrap();
        for flags in [["-nvv", "-neX", "-nvA"][n % 3]] {
            let words = ["--color", "always", flags, "-r", path.to_str().unwrap()];
            let painted = run(words).stdout;
            for part in painted.split(|&byte| byte == 0x1b).skip(1) {
                let end = part.iter().position(|&byte| byte == b'm').expect("the end of a sequence");
                looks.insert(String::from_utf8(part[..end].to_vec()).unwrap());
            }
            let left = bare(&painted);
            let wild = left.iter().find(|byte| !matches!(byte, b' '..=b'~' | b'\n' | b'\t'));
            assert_eq!(wild, None, "{} {flags}", capture.name);
        }
    }
    for look in &looks {
        let codes = look.strip_prefix('[').expect("CSI");
        let codes = codes.strip_prefix("1;").unwrap_or(codes);
        // Which colours those may be: `colours`.
        assert!(matches!(codes, "0" | "1") || codes.starts_with("38;5;"), "{look}");
    }
    assert!(looks.len() > 3, "{looks:?}");
}

#[test]
fn colours_follow_the_option_then_the_environment() {
    let file = seed("lab_v1.pcap");
    let coloured = |option: &[&str], set: &[(&str, &str)]| {
        let mut command = Command::new(SYNACK);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(set.iter().copied());
        let output = command.args(option).arg("-nr").arg(&file).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    for (option, set, want) in [
        (&[][..], &[][..], false),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "0")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&["--color=always"], &[("NO_COLOR", "1")], true),
        (&["--color=never"], &[("CLICOLOR_FORCE", "1")], false),
        (&["--color", "auto"], &[], false),
    ] {
        assert_eq!(coloured(option, set), want, "{option:?} {set:?}");
    }
}

#[test]
fn a_capture_is_not_written_to_a_terminal() {
    let file = seed("lab_v1.pcap");
    let Some(shown) = on_a_terminal(&format!("{SYNACK} -r {} -w -", file.display())) else {
        return;
    };
    assert!(shown.contains("standard output is a terminal") && shown.contains("hint: pipe it"), "{shown}");
    let piped = run(["-r".as_ref(), file.as_os_str(), "-w".as_ref(), "-".as_ref()]);
    assert_eq!(piped.status.code(), Some(0));
}

#[test]
fn shells_complete_values_and_interfaces() {
    let script = synack("completions bash").stdout;
    let scratch = Scratch::new();
    std::fs::write(scratch.path("synack.bash"), &script).unwrap();
    let complete = |words: &str, begun: &str| {
        let count = words.split(' ').count();
        let commands = format!(
            "source {}; COMP_WORDS=({words} '{begun}'); COMP_CWORD={count}; _synack synack '{begun}' \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\"",
            scratch.path("synack.bash").display()
        );
        let output = Command::new("bash").args(["-c", &commands]).output().unwrap();
        text(&output.stdout).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    for (words, values) in [
        ("synack -Q", &["in", "out", "inout"][..]),
        ("synack --engine", &["packet", "raw"]),
        ("synack --dump", &["sn", "hexdump", "canonical", "wireshark"]),
        ("synack -T", &["domain", "resp", "snmp"]),
        ("synack -y", &["EN10MB", "RAW", "LINUX_SLL2"]),
        ("synack -j", &["host"]),
        ("synack -i", &["any", "lo"]),
        ("synack conns -i", &["any", "lo"]),
    ] {
        let offered = complete(words, "");
        for value in values {
            assert!(offered.iter().any(|word| word == value), "{words}: {value} in {offered:?}");
        }
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let output = synack(&format!("completions {shell}"));
        let script = text(&output.stdout);
        assert!(script.contains("canonical") && script.contains("inout"), "{shell}");
        assert!(!script.contains("@INTERFACES@"), "{shell}");
    }
}

#[test]
fn with_several_interfaces_each_line_says_which() {
    in_namespace("cli::advice::with_several_interfaces_each_line_says_which", || {
        veth();
        let mut capture = Command::new(SYNACK)
            .args(["-i", "v0", "-i", "lo", "-n", "-c", "2", "udp and port 9"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // Both interfaces are open when the banner of the second is there.
        let mut errors = std::io::BufReader::new(capture.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on lo") {
            line.clear();
            assert!(std::io::BufRead::read_line(&mut errors, &mut line).unwrap() > 0, "no banner");
        }
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..2 {
            socket.send_to(b"x", "127.0.0.1:9").unwrap();
        }
        let output = capture.wait_with_output().unwrap();
        let shown = text(&output.stdout);
        assert_eq!(shown.lines().count(), 2, "{shown}");
        assert!(
            shown.lines().all(|line| line.contains(" lo    ") && line.contains(" IP 127.0.0.1.")),
            "{shown}"
        );
    });
}
