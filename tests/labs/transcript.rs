//! What the lab programs say to their users.
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::*;

#[allow(dead_code, reason = "only its calendar is wanted")]
#[path = "../../examples/daytime.rs"]
mod daytime;

/// A date as another calendar writes it.
fn date(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).expect("in range");
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[test]
fn daytime_tells_the_time() {
    let before = date(jiff::Timestamp::now().as_second());
    let pair = run_pair("daytime", &["server", ANYWHERE, "1"], &["client", ADDRESS], "");
    let after = date(jiff::Timestamp::now().as_second());
    let told = pair.client.out.trim_end();
    assert!((before.as_str()..=after.as_str()).contains(&told), "{before} {told} {after}");
    pair.client.assert_well(&format!("{told}\n"));
    pair.server.assert_well("");
}

#[test]
fn the_calendar_of_daytime_is_the_gregorian() {
    let mut random = crate::random::Random::new(7);
    // To the year 9999, and the days around every turn of year of two centuries.
    let wide = (0..20_000).map(|_| random.below(253_402_207_200) as u64).collect::<Vec<_>>();
    let years = (0..230).flat_map(|year| [-1, 0, 59 * 86_400].map(|off| year * 31_556_952 + off));
    for seconds in wide.into_iter().chain(years.map(|s: i64| s.max(0) as u64)) {
        assert_eq!(daytime::date(seconds), date(seconds as i64));
    }
}

#[test]
fn echo_gives_back_every_line_of_every_client() {
    let (server, address) = Running::serve("echo", &["server", ANYWHERE, "4"]);
    let mut clients: Vec<Running> = (0..3).map(|_| client("echo", &["client", ADDRESS], &address)).collect();
    // The first has come first and says something last: nobody waits for it.
    for round in 0..3 {
        for (number, client) in clients.iter_mut().enumerate().rev() {
            let line = format!("round {round} of {number}");
            client.tell(&line);
            assert_eq!(client.line(), line);
        }
    }
    for client in clients {
        client.finish().assert_well("");
    }
    let long = "x".repeat(32_767);
    let said =
        client("echo", &["client", ADDRESS, "", " a\tb ", "\u{202e}\x1b[2J", &long], &address).finish();
    said.assert_well(&format!("\n a\\tb \n\\xe2\\x80\\xae\\x1b[2J\n{long}\n"));
    server.finish().assert_well("");
}

#[test]
fn adder_answers_sums_and_what_is_none() {
    let lines = "2 40\n\n -3 +4 \nx 2\n1.5\n9223372036854775807 1\n9223372036854775807 -1\n";
    let pair = run_pair("adder", &["server", ANYWHERE, "1"], &["client", ADDRESS], lines);
    pair.client.assert_well(
        "42\n0\n1\nerror: whole numbers only, between spaces\nerror: whole numbers only, between spaces\n\
         error: the sum does not fit into 64 bits\n9223372036854775806\n",
    );
    pair.server.assert_well("");
}

#[test]
fn lottery_draws_six_different_numbers_for_each_client() {
    let (server, address) = Running::serve("lottery", &["server", ANYWHERE, "8"]);
    let mut requests = vec!["LIST"];
    requests.extend(["GEN"; 8]);
    requests.extend(["gen", "LIST", "END", "GEN"]);
    let words: Vec<&str> = ["client", ADDRESS].into_iter().chain(requests).collect();
    let clients: Vec<Running> = (0..8).map(|_| client("lottery", &words, &address)).collect();
    let mut tickets = BTreeSet::new();
    for client in clients {
        let said = client.finish();
        let drawn: Vec<u32> = said
            .out
            .lines()
            .filter_map(|line| line.strip_prefix("New number generated: ")?.parse().ok())
            .collect();
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 6, "{drawn:?}");
        assert!(drawn.iter().all(|number| (1..=45).contains(number)), "{drawn:?}");
        let list: Vec<String> = drawn.iter().map(u32::to_string).collect();
        let generated: String =
            list.iter().map(|number| format!("New number generated: {number}\n")).collect();
        said.assert_well(&format!(
            "Numbers: none yet\n{generated}Full\nFull\nUnknown request: GEN, LIST or END\nNumbers: {}\n",
            list.join(", ")
        ));
        tickets.insert(drawn);
    }
    // Eight equal draws of six of 45 would be no draws.
    assert!(tickets.len() > 1);
    server.finish().assert_well("");
}

/// An empty directory for a test.
pub(super) fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("labs").join(name);
    let _not_there = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a directory");
    path
}

#[test]
fn file_transfer_gives_what_is_in_the_folder_and_nothing_else() {
    let top = directory("transfer");
    let (folder, into) = (top.join("folder"), top.join("into"));
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::create_dir(&into).unwrap();
    fs::write(top.join("secret"), "secret").unwrap();
    fs::write(folder.join("small.txt"), "Hello World!\n").unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    fs::write(folder.join("sub/with space"), "below").unwrap();
    let mut random = crate::random::Random::new(20);
    let large = random.bytes(9_000_001);
    fs::write(folder.join("large"), &large).unwrap();
    symlink("../secret", folder.join("leak")).unwrap();
    symlink("..", folder.join("up")).unwrap();
    symlink("sub/with space", folder.join("link")).unwrap();
    symlink("loop", folder.join("loop")).unwrap();
    nix::unistd::mkfifo(&folder.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::write(into.join("empty"), "mine").unwrap();

    let asked = [
        ("small.txt", "13 bytes"),
        ("nothing", "no such file"),
        ("large", "9000001 bytes"),
        ("sub/with space", "5 bytes"),
        ("./link", "5 bytes"),
        ("leak", "outside the folder"),
        ("up/secret", "outside the folder"),
        ("../secret", "outside the folder"),
        ("../nothing", "outside the folder"),
        ("sub/../../secret", "outside the folder"),
        ("/etc/hostname", "outside the folder"),
        ("loop", "Too many levels of symbolic links (os error 40)"),
        ("pipe", "not a regular file"),
        ("sub", "not a regular file"),
        ("", "not a regular file"),
        ("small.txt/x", "Not a directory (os error 20)"),
        ("empty", "not saved: File exists (os error 17)"),
        ("small.txt", "not saved: File exists (os error 17)"),
    ];
    let input: String = asked.iter().map(|(path, _)| format!("{path}\n")).collect();
    let expected: String = asked.iter().map(|(path, answer)| format!("{path}: {answer}\n")).collect();
    let (folder, saved) = (folder.to_str().unwrap(), into.to_str().unwrap());
    let pair =
        run_pair("file_transfer", &["server", ANYWHERE, folder, "1"], &["client", ADDRESS, saved], &input);
    pair.client.assert_well(&expected);
    pair.server.assert_well("");
    assert_eq!(fs::read(into.join("small.txt")).unwrap(), b"Hello World!\n");
    assert!(fs::read(into.join("large")).unwrap() == large, "the large file arrived otherwise");
    assert_eq!(fs::read(into.join("with space")).unwrap(), b"below");
    assert_eq!(fs::read(into.join("link")).unwrap(), b"below");
    assert_eq!(fs::read(into.join("empty")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(&into).unwrap().count(), 5);
}

#[test]
fn uppercase_answers_in_capitals_once_and_until_quit() {
    let words = ["client", "once", ADDRESS, "Hello World!\n"];
    let pair = run_pair("uppercase", &["server", "once", ANYWHERE, "1"], &words, "");
    pair.client.assert_well("HELLO WORLD!\\n\n");
    pair.server.assert_well("");

    let texts = "Ido Zeira\n\n322607177\nquit\nnot sent\n";
    let words = ["client", "loop", ADDRESS];
    let pair = run_pair("uppercase", &["server", "loop", ANYWHERE, "1"], &words, texts);
    pair.client.assert_well("IDO ZEIRA\n\n322607177\n");
    pair.server.assert_well("");
}

/// The server goes on after a client that reset its connection, and says so.
#[track_caller]
fn assert_was_reset(server: &Said, out: &str) {
    assert_eq!((server.out.as_str(), server.code), (out, Some(0)), "{}", server.err);
    assert!(server.err.starts_with("127.0.0.1:"), "{}", server.err);
    assert!(server.err.ends_with(": Connection reset by peer (os error 104)\n"), "{}", server.err);
}

#[test]
fn uppercase_leaves_unread_what_it_has_no_room_for() {
    let words = ["client", "five", ADDRESS, "World! Hello, World!"];
    let pair = run_pair("uppercase", &["server", "five", ANYWHERE, "1"], &words, "");
    pair.client.assert_well("WORLD\nread 5 of 20 bytes\n");
    assert_was_reset(&pair.server, &"read 5 bytes\n".repeat(4));

    let words = ["client", "thousand", ADDRESS, "Hello World!\n"];
    let pair = run_pair("uppercase", &["server", "thousand", ANYWHERE, "1"], &words, "");
    let begin = &"HELLO WORLD!\n".repeat(1000)[..1024];
    pair.client.assert_well(&format!("{}\nread 1024 of 13000 bytes\n", begin.replace('\n', "\\n")));
    assert_was_reset(&pair.server, "");

    // An answer that has room is read, and nothing is reset.
    let pair =
        run_pair("uppercase", &["server", "five", ANYWHERE, "1"], &["client", "five", ADDRESS, "Hi"], "");
    pair.client.assert_well("HI\nread 2 of 2 bytes\n");
    pair.server.assert_well("read 2 bytes\n");
}

/// The numbers that the slow server read.
pub(super) fn reads(server: &Said) -> Vec<usize> {
    let number = |line: &str| line.strip_prefix("read ")?.strip_suffix(" bytes")?.parse().ok();
    server.out.lines().map(|line| number(line).expect("a number of bytes")).collect()
}

#[test]
fn uppercase_waits_for_a_slow_server() {
    let words = ["client", "slow", ADDRESS, "Hello World!\n"];
    let pair = run_pair("uppercase", &["server", "slow", ANYWHERE, "1"], &words, "");
    pair.client.assert_well("4 writes of 130 bytes, 520 bytes read\n");
    assert_eq!(reads(&pair.server).iter().sum::<usize>(), 520);
    assert_eq!((pair.server.err.as_str(), pair.server.code), ("", Some(0)));
}
