//! Help, lists, documents and everything that is refused before work begins.
use super::{synack, text};
use crate::live::in_namespace;

#[test]
fn wrong_values_are_one_line_and_exit_one() {
    for (words, message) in [
        ("-c 0", "synack: invalid packet count 0\n"),
        ("-s 999999", "synack: invalid snaplen 999999 (must be >= 0 and <= 262144)\n"),
        ("-Q up", "synack: unknown capture direction `up'\n"),
        ("-tttttt -r x", "synack: only -t, -tt, -ttt, -tttt and -ttttt are supported\n"),
        ("-r a -V b", "synack: -V and -r are mutually exclusive.\n"),
        ("-Z no-such-user -r /dev/null", "synack: Couldn't find user 'no-such-user'\n"),
        ("-I", "synack: option -I is not supported: 802.11 monitor mode is not supported\n"),
        ("-r /nonexistent", "synack: /nonexistent: No such file or directory\n"),
        ("-r tests/data/seeds/lottery.pcap -w /", "synack: /: Is a directory\n"),
        ("-r tests/data/seeds/lottery.pcap -w /tmp", "synack: /tmp: Is a directory\n"),
        ("-d frobnicate(", "Warning: assuming Ethernet\n"),
    ] {
        let output = synack(words);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
        let errors = text(&output.stderr);
        assert!(errors.starts_with(message), "{words}: {errors}");
    }
}

#[test]
fn an_unknown_option_exits_one_and_names_it() {
    let output = synack("--frobnicate");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--frobnicate"));
}

#[test]
fn help_is_grouped_and_goes_to_standard_output() {
    {
        let output = synack("--help");
        assert_eq!(output.status.code(), Some(0));
        let help = text(&output.stdout);
        for heading in
            ["Capture:", "Capture files:", "Rotation:", "Filter:", "Output:", "Privileges:", "Commands"]
        {
            assert!(help.contains(heading), "{heading} in:\n{help}");
        }
        assert!(!help.contains("Not supported"), "what is refused is not offered");
        assert!(!help.contains('\u{1b}'), "no colour into a pipe");
    }
}

#[test]
fn version_is_that_of_the_package() {
    let output = synack("--version");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_manual_page_describes_every_option_and_command() {
    let output = synack("man");
    assert_eq!(output.status.code(), Some(0));
    let page = text(&output.stdout);
    assert!(page.contains("synack \\- A TCP sniffer"), "{page}");
    for word in
        [".TH", "SIGUSR1", "EXIT STATUS", "snapshot\\-length", "relinquish\\-privileges", "repair", "demo"]
    {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn completions_exist_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = synack(&format!("completions {shell}"));
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = text(&output.stdout);
        assert!(script.contains("snapshot-length"), "{shell}");
        assert!(!script.contains("debug-filter-parser"), "{shell} offers what is refused");
    }
    // There, a bare # would begin a comment.
    assert!(text(&synack("completions fish").stdout).contains(" -s '#' -l number"));
    assert_eq!(synack("completions nosuchshell").status.code(), Some(1));
}

#[test]
fn interfaces_are_listed_without_privilege() {
    let output = synack("-D");
    assert_eq!(output.status.code(), Some(0));
    let list = text(&output.stdout);
    assert!(list.starts_with("1."), "{list}");
    assert!(list.lines().any(|line| line.contains(".any (Pseudo-device")), "{list}");
}

#[test]
fn link_types_are_listed_by_name_by_number_and_for_all_interfaces() {
    let any = synack("-L -i any");
    assert_eq!(any.status.code(), Some(0));
    assert_eq!(
        text(&any.stderr),
        "Data link types for any (use option -y to set):\n  LINUX_SLL (Linux cooked v1)\n  \
         LINUX_SLL2 (Linux cooked v2)\n"
    );
    let first = synack("-L");
    assert_eq!(text(&first.stderr), text(&synack("-Li1").stderr));
    for words in ["-L -i nosuch0", "-J -i 0"] {
        let unknown = synack(words);
        assert_eq!(unknown.status.code(), Some(1));
        assert!(text(&unknown.stderr).contains(": No such device exists; there are "), "{words}");
    }
}

#[test]
fn a_compiled_filter_is_printed_in_three_forms() {
    let output = synack("-d -y RAW ip");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("(000) "));
    assert!(output.stderr.is_empty());
    assert!(text(&synack("-dd ip").stdout).starts_with("{ 0x"));
    let decimal = synack("-ddd ip");
    let lines: Vec<&str> = text(&decimal.stdout).lines().collect();
    assert_eq!(lines.first().and_then(|n| n.parse().ok()), Some(lines.len() - 1));
}

#[test]
fn a_filter_shown_for_no_capture_may_ask_the_kernel_but_finds_tags_in_the_packet() {
    for (arguments, first_line) in [
        ("-d -y EN10MB inbound", "(000) ldh      [type]"),
        ("-d -y RAW ifindex 7", "(000) ld       [ifidx]"),
        ("-d -y EN10MB vlan", "(000) ldh      [12]"),
    ] {
        let output = synack(arguments);
        assert_eq!(text(&output.stdout).lines().next(), Some(first_line), "{}", text(&output.stderr));
    }
    assert!(text(&synack("-d -y NULL ip6").stdout).contains("#0xa000000 "), "Linux's number for IPv6");
}

#[test]
fn an_unknown_interface_is_named_beside_those_there_are() {
    in_namespace("cli::usage::an_unknown_interface_is_named_beside_those_there_are", || {
        let output = synack("-i nosuch0");
        assert_eq!(output.status.code(), Some(1));
        let errors = text(&output.stderr);
        assert!(errors.contains("nosuch0: No such device exists") && errors.contains("lo"), "{errors}");
    });
}

#[test]
fn the_demonstration_shows_a_handshake_whoever_runs_it() {
    let output = synack("demo");
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let shown = text(&output.stdout);
    assert!(shown.contains("Flags [S") && shown.contains("0x0000:"), "{shown}{errors}");
    assert!(shown.contains("GEN"), "{shown}");
}

#[test]
fn words_of_the_command_line_do_not_command_the_terminal() {
    let hostile = "\x1b[31m\u{9b}\nx";
    let file = super::seed("lottery.pcap");
    let file = file.to_str().expect("UTF-8");
    for option in
        ["-y", "-c", "-s", "-Q", "-B", "-C", "-G", "-W", "-Z", "-i", "-r", "-V", "-F", "-T", "-M", "-z"]
    {
        for more in [&["-d"][..], &["-r", file, "-c", "1"]] {
            let output = super::run([&[option, hostile][..], more].concat());
            text(&output.stdout);
            let errors = text(&output.stderr);
            assert!(!errors.contains('\x1b'), "{option}: {errors:?}");
            // Nor do they end a line, to begin another.
            assert!(!errors.contains("\nx"), "{option}: {errors:?}");
        }
    }
    let word = format!("--{hostile}");
    for words in [
        &[hostile][..],
        &["-r", file, hostile],
        &[&word],
        &["repair", hostile, hostile],
        &["-w", &word, "-r", file],
    ] {
        // One of them makes a file of that name.
        let scratch = super::Scratch::new();
        let mut command = std::process::Command::new(super::SYNACK);
        let output = command.args(words).current_dir(scratch.path("")).output().expect("the program runs");
        assert!(!text(&output.stderr).contains('\x1b'), "{words:?}");
    }
}

/// Whatever of the expression is shown, the caret is under what is wrong.
#[test]
fn the_caret_is_under_the_fault_of_a_long_or_foreign_expression() {
    for (before, wrong) in
        [("", "prot"), ("host m", "?"), (&*"tcp or ".repeat(40), "prot"), (&*"udp or ".repeat(40), "?")]
    {
        let before = before.to_owned() + if wrong == "?" { "ü \u{4e2d} " } else { "" };
        let words = format!("{before}tcp prot 80 or {}udp", "udp or ".repeat(40));
        let output = super::run(["-r", super::seed("lottery.pcap").to_str().expect("UTF-8"), &words]);
        let said = text(&output.stderr);
        let lines: Vec<&str> = said.lines().collect();
        let caret = lines.iter().position(|line| line.trim_start().starts_with('^')).expect("a caret");
        let at = lines[caret].find('^').expect("there");
        assert!(said.is_ascii() && lines[caret - 1][at..].starts_with(wrong), "{said}");
    }
}

#[test]
fn the_demonstration_is_as_live_with_capabilities_of_the_file_as_without() {
    use std::os::unix::process::CommandExt;
    if !crate::needs::root("run as nobody") || !crate::needs::program("setcap") {
        return;
    }
    let scratch = super::Scratch::new();
    let [plain, capable] = ["plain", "capable"].map(|name| scratch.path(name));
    std::fs::copy(super::SYNACK, &plain).expect("a copy");
    std::fs::copy(super::SYNACK, &capable).expect("a copy");
    let set = std::process::Command::new("setcap").arg("cap_net_raw+ep").arg(&capable).status();
    assert!(set.is_ok_and(|status| status.success()), "setcap");
    let first_line = |program: &std::path::Path| {
        // By way of a shell: only a second execve starts from a user who has no capability.
        let mut demo = std::process::Command::new("sh");
        let output = demo.args(["-c", "\"$0\" demo; true"]).arg(program).uid(65_534).gid(65_534).output();
        let output = output.expect("it runs");
        let errors = text(&output.stderr);
        // The port is another each time.
        errors.lines().next().unwrap_or_default().replace(|c: char| c.is_ascii_digit(), "")
    };
    assert_eq!(first_line(&capable), first_line(&plain));
}
