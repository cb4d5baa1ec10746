//! Lab programs whose other side is missing, leaves, or says what it should not.
use std::fs;
use std::net::{TcpListener, TcpStream};

use super::transcript::directory;
use super::*;

/// Each pair's words for a server at `address`, or a client of it.
fn words<'a>(side: &'a str, variant: &[&'a str], address: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [side].iter().chain(variant).chain([&address]).chain(rest).copied().collect()
}

#[test]
fn a_second_server_on_the_port_says_that_it_is_taken() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let pairs = PAIRS.map(|(name, variant)| (name, variant, &[][..]));
    for (name, variant, rest) in pairs.into_iter().chain([("file_transfer", &[][..], &[folder][..])]) {
        let (mut server, address) = Running::serve(name, &words("server", variant, ANYWHERE, rest));
        let second = run(name, &words("server", variant, &address, rest));
        second.assert_failed("", &format!("{address}: another server has this port"));
        server.kill();
    }
}

#[test]
fn a_client_without_a_server_says_that_it_is_refused() {
    // Nobody gets this port while it is bound, and nobody listens there.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap().to_string();
    let text = |variant: &[&str]| if variant.is_empty() { &[][..] } else { &["text"][..] };
    let pairs = PAIRS.map(|(name, variant)| (name, variant, text(variant)));
    for (name, variant, rest) in pairs.into_iter().chain([("file_transfer", &[][..], &["."][..])]) {
        let client = run(name, &words("client", variant, &address, rest));
        client.assert_failed("", &format!("{address}: refused: no server listens there"));
    }
}

#[test]
fn words_that_are_not_understood_are_answered_with_the_usage() {
    for name in ["daytime", "echo", "adder", "lottery", "uppercase", "file_transfer"] {
        for words in [&[][..], &["server"], &["serve", ANYWHERE], &["client"]] {
            let said = run(name, words);
            assert_eq!((said.out.as_str(), said.code), ("", Some(2)), "{name} {words:?}");
            assert!(said.err.starts_with(&format!("usage: {name} server ")), "{}", said.err);
        }
    }
    for (words, error) in [
        (["server", ANYWHERE, "many"], "\"many\" is no number of clients"),
        (["server", "nowhere", "1"], "nowhere: invalid socket address"),
    ] {
        run("echo", &words).assert_failed("", error);
    }
    run("file_transfer", &["server", ANYWHERE, "/nothing"])
        .assert_failed("", "/nothing: No such file or directory (os error 2)");
    run("uppercase", &["client", "slow", ANYWHERE, "x", "many"])
        .assert_failed("", "WRITES is a number up to 65535");
}

#[test]
fn a_client_whose_server_leaves_says_so() {
    for (name, line, answer) in
        [("echo", "one", "one"), ("adder", "1 2", "3"), ("lottery", "LIST", "Numbers: none yet")]
    {
        let (mut server, address) = Running::serve(name, &["server", ANYWHERE]);
        let mut client = client(name, &["client", ADDRESS], &address);
        client.tell(line);
        assert_eq!(client.line(), answer);
        server.kill();
        client.tell(line);
        // Its FIN was in time, or the request was answered by RST.
        let said = client.finish();
        assert_eq!((said.out.as_str(), said.code), ("", Some(1)), "{name}");
        let known = [
            "the server closed the connection instead of answering\n",
            "Connection reset by peer (os error 104)\n",
            "Broken pipe (os error 32)\n",
        ];
        assert!(known.contains(&said.err.as_str()), "{name}: {}", said.err);
    }
}

/// What a client says to a server that sends `answer` and closes when it was asked.
fn answered(name: &str, words: &[&str], answer: &[u8]) -> Said {
    let listener = TcpListener::bind(ANYWHERE).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let client = client(name, words, &address);
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(answer).unwrap();
    // Only the writing end: closed with requests unread, the answer would be lost to a RST. A client
    // that has seen enough may be gone by now.
    let _gone = stream.shutdown(std::net::Shutdown::Write);
    client.finish()
}

#[test]
fn a_client_takes_no_part_for_the_whole_and_no_escape_to_the_terminal() {
    answered("daytime", &["client", ADDRESS], b"2001-0").assert_failed("", "the server told no whole line");
    answered("daytime", &["client", ADDRESS], &[b'x'; 5000])
        .assert_failed("", "the server told no whole line");
    answered("daytime", &["client", ADDRESS], b"\x1b[2J\x9b\r\n").assert_well("\\x1b[2J\\x9b\n");
    let client = ["client", ADDRESS, "1"];
    answered("adder", &client, b"")
        .assert_failed("", "the server closed the connection instead of answering");
    answered("adder", &client, b"4").assert_failed("", "closed in the middle of a line");
    answered("adder", &client, &[b'4'; 40_000]).assert_failed("", "a line of 32768 bytes or more");
    answered("adder", &client, "4\u{202e}\r\n".as_bytes()).assert_well("4\\xe2\\x80\\xae\n");
    answered("echo", &client, b"2\n").assert_failed("2\n", "that is not what was sent");
    answered("lottery", &["client", ADDRESS, "END"], b"more\n")
        .assert_failed("", "the server answered after END");
    for variant in ["once", "five", "slow"] {
        let said = answered("uppercase", &["client", variant, ADDRESS, "text"], b"TE");
        said.assert_failed("", "failed to fill whole buffer");
    }
}

#[test]
fn a_transfer_that_stops_leaves_no_part_and_keeps_what_was_there() {
    let into = directory("stopped");
    let words = ["client", ADDRESS, into.to_str().unwrap(), "a/file"];
    let stopped = answered("file_transfer", &words, b"OK 100\n0123456789");
    stopped.assert_failed("", "the server stopped 90 bytes before the end");
    assert!(!into.join("file").exists());
    fs::write(into.join("file"), "mine").unwrap();
    let stopped = answered("file_transfer", &words, b"OK 100\n0123456789");
    stopped.assert_failed("", "the server stopped 90 bytes before the end");
    assert_eq!(fs::read(into.join("file")).unwrap(), b"mine");
    for (answer, error) in [
        (&b"OK many\n"[..], "the server's length is no number"),
        (b"PERHAPS\n", "the server does not speak this protocol"),
    ] {
        answered("file_transfer", &words, answer).assert_failed("", error);
    }
    answered("file_transfer", &words, b"NO \x1b[2J\n").assert_well("a/file: \\x1b[2J\n");
}

#[test]
fn a_server_survives_clients_that_do_not_speak_its_protocol() {
    let wild: [&[u8]; 4] = [b"\xff\xfe\n", b"no end", &[b'x'; 40_000], b"\0\n"];
    let folder = directory("wild");
    let folder = [folder.to_str().unwrap()];
    for (name, rest) in [("adder", &[][..]), ("lottery", &[]), ("file_transfer", &folder), ("echo", &[])] {
        let count = (wild.len() + 1).to_string();
        let (server, address) =
            Running::serve(name, &words("server", &[], ANYWHERE, &[rest, &[&count]].concat()));
        for bytes in wild {
            let mut stream = TcpStream::connect(&address).unwrap();
            let mut answer = Vec::new();
            // A server that gives up on the client resets, maybe before the client is ready.
            let _reset = stream
                .write_all(bytes)
                .and_then(|()| stream.shutdown(std::net::Shutdown::Write))
                .and_then(|()| stream.read_to_end(&mut answer));
        }
        let (words, answer) = match name {
            "adder" => (["client", ADDRESS, "1 2"], "3\n"),
            "lottery" => (["client", ADDRESS, "LIST"], "Numbers: none yet\n"),
            "echo" => (["client", ADDRESS, "1 2"], "1 2\n"),
            _ => (["client", ADDRESS, "."], ""),
        };
        client(name, &words, &address).finish().assert_well(answer);
        let said = server.finish();
        assert_eq!((said.out.as_str(), said.code), ("", Some(0)), "{name}: {}", said.err);
        let complaints = if name == "echo" { 0 } else { 3 };
        assert_eq!(said.err.lines().count(), complaints, "{name}: {}", said.err);
    }
}
