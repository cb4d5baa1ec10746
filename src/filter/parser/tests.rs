//! What the parser makes of texts, printed back.
use super::parse;
use crate::filter::ErrorKind;

fn ok(text: &str, printed: &str) {
    let ast = parse(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ast.to_string(), printed, "{text}");
    let again = parse(printed).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again.to_string(), printed, "{text}, printed and read again");
}

fn refused(text: &str) -> ErrorKind {
    match parse(text) {
        Ok(ast) => panic!("{text} was accepted as {ast}"),
        Err(error) => {
            assert_eq!(error.text(), text);
            let range = error.span().unwrap().range();
            assert!(text.get(range.clone()).is_some(), "{text}: span {range:?}");
            error.kind()
        }
    }
}

#[test]
fn reads_the_empty_expression() {
    ok("", "");
    ok(" \n\t", "");
}

#[test]
fn and_and_or_bind_equally_and_to_the_left() {
    ok("tcp or udp and icmp", "tcp or udp and icmp");
    ok("tcp or (udp and icmp)", "tcp or (udp and icmp)");
    ok("(tcp or udp) and icmp", "tcp or udp and icmp");
    ok("not tcp or udp", "not tcp or udp");
    ok("not (tcp or udp)", "not (tcp or udp)");
    ok("! ! tcp && udp || ip6", "not not tcp and udp or ip6");
}

#[test]
fn carries_qualifiers_to_the_right() {
    ok("port 80 or 443", "port 80 or port 443");
    ok("tcp src port 80 or 81", "tcp src port 80 or tcp src port 81");
    ok("port (80 or 443)", "port 80 or port 443");
    ok("host \\a or (\\b and \\c)", "host \\a or (host \\b and host \\c)");
    ok("host a or b and port 80 or 81", "host \\a or host \\b and port 80 or port 81");
    ok("port not 80", "not port 80");
    ok("port not (80 or 81)", "not (port 80 or port 81)");
    ok("port 80 or (81)", "port 80 or port 81");
    ok("port 80 or not 81", "port 80 or not port 81");
    ok("port 80 or (tcp) or 81", "port 80 or tcp or port 81");
    ok("port 80 and (tcp or port 7 or 8) or 81", "port 80 and (tcp or port 7 or port 8) or port 81");
    ok("port 80 and ((81) or 82)", "port 80 and (port 81 or port 82)");
    ok("src 1.2.3.4 or 5", "src 1.2.3.4 or src 5");
    ok("src or dst port 80 and 81", "src or dst port 80 and src or dst port 81");
    ok("dst and src net 10.1", "src and dst net 10.1");
}

#[test]
fn refuses_identifiers_without_qualifiers() {
    for text in [
        "1.2.3.4",
        "80",
        "(80)",
        "foo",
        "tcp 80",
        "ip 1.2.3.4",
        "tcp or 80",
        "port 80 or tcp or 81",
        "(port 80) or 81",
        "port 80 or 1 < 2 or 81",
        "port ((1 or 2) or 3)",
        "port ((1 or 2))",
        "port (80 or tcp)",
        "port tcp",
        "port 80 or (81 or tcp)",
        "vlan or 5",
        "1 < 2 or 80",
    ] {
        assert_eq!(refused(text), ErrorKind::Syntax, "{text}");
    }
}

#[test]
fn groups_arithmetic() {
    ok("1 + 2 * 3 > 4", "(1 + (2 * 3)) > 4");
    ok("1 * 2 + 3 > 4", "((1 * 2) + 3) > 4");
    ok("1 - 2 - 3 = 4", "((1 - 2) - 3) = 4");
    ok("1 | 2 & 3 << 4 + 5 = 6", "(1 | (2 & (3 << (4 + 5)))) = 6");
    ok("ip[0] % 3 + 1 = 2", "(ip[0] % (3 + 1)) = 2");
    ok("1 + 2 % 3 = 2", "(1 + (2 % 3)) = 2");
    ok("1 ^ 2 | 3 ^ 4 = 2", "(1 ^ (2 | (3 ^ 4))) = 2");
    ok("1 * 2 % 3 * 4 = 2", "(1 * (2 % (3 * 4))) = 2");
    ok("- 5 + 3 > 1", "((- 5) + 3) > 1");
    ok("- 5 % 3 > 1", "(- (5 % 3)) > 1");
    ok("- - 5 > 1", "(- (- 5)) > 1");
    ok("(1 + 2) * 3 <= ((4))", "((1 + 2) * 3) <= 4");
    ok("(1) > 2 and (len) != 3", "1 > 2 and len != 3");
    ok("ip[ip[0] & 0xf << 2 : 2] == tcp-syn", "ip[(ip[0] & (15 << 2)):2] = 2");
    ok("not 1 > 2 or 3 < 4", "not 1 > 2 or 3 < 4");
    ok("not (1) > 2", "not 1 > 2");
    ok("(tcp[0] > 1)", "tcp[0] > 1");
    ok("port 80 and (443 > 3)", "port 80 and 443 > 3");
    ok("((443) > 3)", "443 > 3");
    ok("ether[0] & 1 = 0", "(ether[0] & 1) = 0");
    ok("tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn", "(tcp[13] & (2 | 16)) = 2");
}

#[test]
fn refuses_broken_arithmetic() {
    for text in [
        "1",
        "1 +",
        "1 + 2",
        "(1 + 2)",
        "1 < 2 < 3",
        "1 < (2 < 3)",
        "1 + tcp > 2",
        "ip[0",
        "ip[0]",
        "ip[]",
        "ip[0:1",
        "ip[0:len]",
        "- > 2",
        "1 > not 2",
        "port 80 + 3",
        "port - 3",
        "1 2 > 3",
        "len",
        "len len",
        "- tcp",
        "(1 +)",
        "ip[1 < 2] > 3",
        "1 = 2 3",
    ] {
        assert_eq!(refused(text), ErrorKind::Syntax, "{text}");
    }
    assert_eq!(refused("ip[0:3] > 1"), ErrorKind::Value);
}

#[test]
fn reads_every_primitive() {
    for text in [
        "broadcast",
        "ether broadcast",
        "ip multicast",
        "ip6 multicast",
        "less 100",
        "greater 100",
        "byte 0 & 1",
        "byte 7 = 9",
        "inbound",
        "outbound",
        "ifindex 3",
        "vlan",
        "vlan 7",
        "mpls",
        "mpls 100000",
        "pppoed",
        "pppoes",
        "pppoes 3",
        "geneve",
        "geneve 4",
        "llc",
        "llc i",
        "llc rnr",
        "llc xid",
        "ether host 01:02:03:04:05:06",
        "ether src \\box",
        "ip6 net 2001:db8::/32",
        "ip6 host ::1",
        "net 10.0.0.0 mask 255.0.255.0",
        "net 10.1",
        "net 10",
        "ip proto 6",
        "proto \\tcp",
        "ip6 protochain 6",
        "ether proto \\ip",
        "tcp portrange \\80-90",
        "decnet host 1.2",
        "l1",
        "is-is",
        "es-is",
        "iso proto \\esis",
        "atalk",
        "netbeui",
        "link[0] = 1",
    ] {
        parse(text).unwrap_or_else(|error| panic!("{error}"));
    }
    ok("vlan (7)", "vlan 7");
    ok("mpls ((7)) and tcp", "mpls 7 and tcp");
    ok("net 10.0.0.0/8", "net 10.0.0.0 mask 255.0.0.0");
    ok("net 0.0.0.0/0", "net 0.0.0.0 mask 0.0.0.0");
    ok("net 10.1 mask 255.255", "net 10.1.0.0 mask 255.255.0.0");
    ok("llc RNR or llc Test", "llc rnr or llc test");
    ok("host ::1/128", "host ::1");
    ok("net ::/0", "net ::/0");
    ok("host 001.002.3.4", "host 1.2.3.4");
    ok("byte 3 == 4", "byte 3 = 4");
    ok("length > 3", "len > 3");
    ok("portrange ftp-data-http", "portrange \\ftp-data-http");
}

#[test]
fn refuses_what_does_not_go_together() {
    for (text, kind) in [
        ("port 65536", ErrorKind::Value),
        ("portrange 70000", ErrorKind::Value),
        ("ip port 80", ErrorKind::Qualifier),
        ("icmp port http", ErrorKind::Qualifier),
        ("port 1.2.3.4", ErrorKind::Qualifier),
        ("proto 1.2", ErrorKind::Qualifier),
        ("port ::1", ErrorKind::Qualifier),
        ("host aa:bb:cc:dd:ee:ff", ErrorKind::Qualifier),
        ("ether net aa:bb:cc:dd:ee:ff", ErrorKind::Qualifier),
        ("ether host 1.2.3.4", ErrorKind::Qualifier),
        ("ether host 5", ErrorKind::Qualifier),
        ("ether", ErrorKind::Qualifier),
        ("host 10.0.0.0/8", ErrorKind::Qualifier),
        ("net 10.0.0.1/8", ErrorKind::Value),
        ("net 10.0.0.0/33", ErrorKind::Value),
        ("net 10.0.0.0/4294967295", ErrorKind::Value),
        ("net 10.0.0.1 mask 255.0.0.0", ErrorKind::Value),
        ("host 1.2.3.256", ErrorKind::Value),
        ("host 1.2.0x3.4", ErrorKind::Value),
        ("net ::1/64", ErrorKind::Value),
        ("net ::/129", ErrorKind::Value),
        ("host fe80::/64", ErrorKind::Qualifier),
        ("net 10/8", ErrorKind::Syntax),
        ("net 10.0.0.0/(8)", ErrorKind::Syntax),
        ("gateway box", ErrorKind::Unsupported),
        ("type mgt", ErrorKind::Unsupported),
        ("wlan addr1 aa:bb:cc:dd:ee:ff", ErrorKind::Unsupported),
        ("vpi 3", ErrorKind::Unsupported),
        ("on eth0", ErrorKind::Unsupported),
        ("sio 3", ErrorKind::Unsupported),
        ("ether host $7", ErrorKind::Unsupported),
        ("radio", ErrorKind::Unsupported),
        ("llc foo", ErrorKind::UnknownName),
    ] {
        assert_eq!(refused(text), kind, "{text}");
    }
}

#[test]
fn refuses_broken_structure() {
    for text in [
        "(",
        ")",
        "()",
        "(tcp",
        "tcp)",
        "tcp and",
        "and tcp",
        "tcp udp",
        "not",
        "tcp not udp",
        "src",
        "src or host a",
        "src or src a",
        "src src a",
        "host",
        "host and",
        "port",
        "src proto 6",
        "vlan (tcp)",
        "vlan ()",
        "vlan (1",
        "less",
        "less tcp",
        "less (5)",
        "byte 1",
        "byte 1 ! 2",
        "byte 1 & ",
        "ifindex",
        "tcp tcp",
        "tcp vlan",
        "ip less 5",
        "net 1.2.3.4 mask",
        "net 1.2.3.4 mask 5",
        "net 1.2.3.4/",
        "host 1.2.3.4 mask 2",
        "host tcp",
        "mask 5",
        "tcp host",
        "port 80,81",
        "tcp[",
        "tcp]",
        "tcp port 80 443",
        "=",
        "tcp = 3",
        "ip[0] = ",
        "((tcp)",
        "not ()",
    ] {
        let kind = refused(text);
        assert!(matches!(kind, ErrorKind::Syntax | ErrorKind::Token), "{text}: {kind:?}");
    }
}

#[test]
fn suggests_the_word_that_was_meant() {
    let message = |text: &str| parse(text).unwrap_err().message().to_owned();
    assert!(message("tcp prot 80").contains("did you mean 'port'?"));
    assert!(message("hots 1.2.3.4").contains("did you mean 'host'?"));
    assert!(message("1.2.3.4").contains("'host 1.2.3.4'"));
    assert!(message("80").contains("'port 80'"));
    assert!(!message("tcp xyzzyx").contains("did you mean"));
}

#[test]
fn nesting_is_bounded_and_costs_no_call_frames() {
    let nested = |n: usize| "(".repeat(n) + "tcp" + &")".repeat(n);
    assert!(parse(&nested(5_000)).is_ok());
    assert_eq!(refused(&nested(10_000)), ErrorKind::TooDeep);
    assert!(parse(&("not ".repeat(5_000) + "tcp")).is_ok());
    assert_eq!(refused(&("!".repeat(60_000) + "tcp")), ErrorKind::TooDeep);
    assert_eq!(refused(&("-".repeat(60_000) + "1 > 2")), ErrorKind::TooDeep);
    assert_eq!(refused(&("ip[".repeat(20_000))), ErrorKind::TooDeep);
    assert_eq!(refused(&("vlan ".to_owned() + &"(".repeat(20_000))), ErrorKind::TooDeep);
    let tower = "tcp and (".repeat(3_000) + "udp or ip" + &")".repeat(3_000);
    let ast = parse(&tower).unwrap();
    assert!(ast.to_string() == tower, "printing a tower changes it");
    let chain = vec!["port 80"; 8_000].join(" or ");
    assert_eq!(parse(&chain).unwrap().nodes().len(), 15_999);
    let sum = vec!["1"; 20_000].join("+") + " > 2";
    assert_eq!(parse(&sum).unwrap().arith_nodes().len(), 40_000);
}

#[test]
fn spans_cover_their_node() {
    let text = "tcp and (port 80 or not 443)";
    let ast = parse(text).unwrap();
    let spans: Vec<&str> = ast.nodes().iter().map(|node| &text[node.span.range()]).collect();
    assert_eq!(spans, ["tcp", "80", "443", "not 443", "port 80 or not 443", "tcp and (port 80 or not 443)"]);
}
