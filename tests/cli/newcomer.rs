//! What somebody types who has not read the README: each thing goes, or says in its first lines how.
use super::{Scratch, run, seed, text};

/// Typed, where `@` is a capture file and `%` a name that is free; the exit code; what is said or shown.
const TYPED: [(&str, i32, &str); 26] = [
    ("-h", 0, "synack COMMAND --help"),
    ("--version", 0, "synack "),
    ("-D", 0, "any (Pseudo-device"),
    ("-r @", 0, "Flags [S]"),
    ("@", 1, "hint: to read a file: synack -r "),
    ("-r @ -c 2 tcp port 12345", 0, "Flags [S.]"),
    ("-r @ tcp prot 80", 1, "did you mean 'port'?"),
    ("-r @ http", 1, "port http"),
    ("-r @ syn", 1, "tcp[tcpflags] & tcp-syn != 0"),
    ("-r @ TCP", 1, "tcp"),
    ("-r @ tcp.port == 80", 1, "Wireshark display filter"),
    ("-r @ foo", 1, "such as 'host foo'"),
    ("-r @ lo", 1, "hint: to capture from an interface: synack -i lo"),
    ("-r @ repiar", 1, "hint: did you mean the command: synack repair"),
    ("-r @ icmp and vlan", 1, "vlan"),
    ("-r nosuch.pcap", 1, "nosuch.pcap: No such file or directory"),
    ("-r @ -w % tcp", 0, "10 packets written to "),
    ("-r @ -C 1", 1, "-C needs -w"),
    ("-w", 1, "hint: -w FILE: Write packets to FILE"),
    ("-r @ --verbose", 1, "-v"),
    ("conns -r @", 0, "192.168.1.13:52138"),
    ("explain -r @ --conn 1", 0, "connection 1"),
    ("follow -r @", 0, "connection 1"),
    ("repair @ %", 0, "10 packets kept"),
    ("-i nosuch0", 1, "there are "),
    ("-r @ -A --payload --max-bytes 10k", 0, "length"),
];

#[test]
fn what_newcomers_type_goes_or_says_how() {
    let file = seed("lab_v1.pcap");
    let file = file.to_str().expect("UTF-8");
    for (typed, code, said) in TYPED {
        let dir = Scratch::new();
        let free = dir.path("new.pcap");
        let words = typed.split(' ').map(|word| match word {
            "@" => file,
            "%" => free.to_str().expect("UTF-8"),
            word => word,
        });
        let done = run(words.collect::<Vec<_>>());
        let all = [text(&done.stdout), text(&done.stderr)].concat();
        assert_eq!(done.status.code(), Some(code), "synack {typed}: {all}");
        assert!(all.contains(said), "synack {typed}: {all}");
        assert!(code == 0 || text(&done.stderr).lines().count() <= 6, "synack {typed}: {all}");
    }
}
