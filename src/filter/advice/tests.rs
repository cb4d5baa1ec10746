//! Advice, tried: every suggestion compiles, and no refusal changes.
use super::display::{FIELDS, Field};
use super::table::{FLAGS, INDICES, KINDS, NICKNAMES, REMARKS, SYNONYMS};
use super::*;
use crate::etc::EtcNames;
use crate::filter::{Filter, Resolver};
use proptest::prelude::*;

/// A resolver with a few names of each kind.
fn names() -> EtcNames {
    EtcNames::new()
        .services("http 80/tcp\nhttps 443/tcp\nssh 22/tcp\ndomain 53/tcp\ndomain 53/udp\n")
        .protocols("tcp 6 TCP\nudp 17 UDP\ngre 47 GRE\n")
        .hosts("10.9.8.7 box\n")
}

fn refused(text: &str, resolver: &dyn Resolver) -> Error {
    Filter::builder().resolver(resolver).compile(text, LinkType::ETHERNET).expect_err(text)
}

/// The expression suggested instead of another, for somebody who has names.
fn instead(text: &str) -> String {
    let names = names();
    let error = refused(text, &names);
    let suggestion = error.suggestion().unwrap_or_else(|| panic!("{text}: {error}")).to_owned();
    Filter::builder().resolver(&names).compile(&suggestion, LinkType::ETHERNET).expect(&suggestion);
    suggestion
}

#[test]
fn leads_from_what_people_type_to_what_they_mean() {
    for (typed, meant) in [
        // Protocols without a word.
        ("http", "port http"),
        ("dns", "port 53"),
        ("not http", "not port http"),
        ("http or dns", "port http or port 53"),
        ("tcp http", "tcp port http"),
        ("port dns", "port 53"),
        ("gre", "ip proto 47"),
        ("vxlan", "udp port 4789"),
        ("dhcp and host 10.0.0.1", "(udp port 67 or udp port 68) and host 10.0.0.1"),
        ("lldp", "ether proto 0x88cc"),
        ("ether proto lldp", "ether proto 0x88cc"),
        ("ipv6 and tcp", "ip6 and tcp"),
        // Flags.
        ("syn", "tcp[tcpflags] & tcp-syn != 0"),
        ("tcp syn", "tcp[tcpflags] & tcp-syn != 0"),
        ("tcp flags syn", "tcp[tcpflags] & tcp-syn != 0"),
        ("SYN and port 80", "tcp[tcpflags] & tcp-syn != 0 and port 80"),
        ("tcp[flags] & syn != 0", "tcp[tcpflags] & tcp-syn != 0"),
        ("tcp-rst", "tcp[tcpflags] & tcp-rst != 0"),
        ("synack", "tcp[tcpflags] & (tcp-syn|tcp-ack) = (tcp-syn|tcp-ack)"),
        ("tcp[tcpflags] & tcp-syn", "tcp[tcpflags] & tcp-syn != 0"),
        // Fields.
        ("icmp[type] = 8", "icmp[icmptype] = 8"),
        ("icmp6[type] = 135", "icmp6[icmp6type] = 135"),
        ("icmp type 8", "icmp[icmptype] = 8"),
        ("ip ttl < 5", "ip[8] < 5"),
        ("arp request", "arp[6:2] = 1"),
        // Capitals.
        ("TCP", "tcp"),
        ("TCP PORT 80", "tcp port 80"),
        ("HOST 10.0.0.1 AND NOT (PORT 80)", "host 10.0.0.1 and not (port 80)"),
        // Names that are words.
        ("ip proto tcp", "ip proto \\tcp"),
        ("proto udp and port 53", "proto \\udp and port 53"),
        // Ranges and lists.
        ("port 80-90", "portrange 80-90"),
        ("tcp port 80-90 or udp", "tcp portrange 80-90 or udp"),
        ("port 80 - 90", "portrange 80-90"),
        ("port 80 to 90", "portrange 80-90"),
        ("portrange 80 90", "portrange 80-90"),
        ("port > 1024", "portrange 1025-65535"),
        ("port 80,443", "port 80 or 443"),
        ("port {80, 443}", "port (80 or 443)"),
        ("port 80 443", "port 80 or 443"),
        // Addresses.
        ("192.168.1.0/24", "net 192.168.1.0/24"),
        ("net 10.0.0.1/24", "net 10.0.0.0/24"),
        ("host 10.0.0.0/24", "net 10.0.0.0/24"),
        ("host 192.168.*.*", "net 192.168"),
        ("10.0.0.1:80", "host 10.0.0.1 and port 80"),
        ("host 10.0.0.1.443", "host 10.0.0.1 and port 443"),
        ("src 10.0.0.1:80", "src host 10.0.0.1 and src port 80"),
        ("[fe80::1]:80", "host fe80::1 and port 80"),
        ("host 00:11:22:33:44:55", "ether host 00:11:22:33:44:55"),
        ("ip 10.0.0.1", "ip host 10.0.0.1"),
        ("tcp 10.0.0.1", "tcp and host 10.0.0.1"),
        ("tcp 80", "tcp port 80"),
        ("80/tcp", "tcp port 80"),
        ("port80", "port 80"),
        // Words and signs of other languages.
        ("dport 53", "dst port 53"),
        ("tcp dport 80", "tcp dst port 80"),
        ("src ip 10.0.0.1", "src host 10.0.0.1"),
        ("traffic from 10.0.0.1 to 10.0.0.2", "src 10.0.0.1 and dst 10.0.0.2"),
        ("port = 80", "port 80"),
        ("tcp port != 22", "tcp and not port 22"),
        ("tcp port 80 & host 10.0.0.1", "tcp port 80 and host 10.0.0.1"),
        ("\u{201c}tcp port 80\u{201d}", "tcp port 80"),
        ("tcp port 80 \u{2013} 90", "tcp portrange 80-90"),
        // Grammar.
        ("host 10.0.0.1 port 80", "host 10.0.0.1 and port 80"),
        ("tcp or or udp", "tcp or udp"),
        ("tcp and", "tcp"),
        ("(tcp or udp", "(tcp or udp)"),
        ("tcp or udp)", "tcp or udp"),
        ("port htpp", "port http"),
    ] {
        assert_eq!(instead(typed), meant, "{typed}");
    }
}

#[test]
fn recognises_display_filters() {
    for (typed, meant) in [
        ("tcp.port == 80", "tcp port 80"),
        ("ip.addr == 10.0.0.1", "host 10.0.0.1"),
        ("ip.addr==10.0.0.0/8 && !(tcp.port==22)", "net 10.0.0.0/8 and not tcp port 22"),
        ("tcp.port != 80", "tcp and not tcp port 80"),
        (
            "tcp.port in {80, 443} and ip.src == 10.0.0.1",
            "(tcp port 80 or tcp port 443) and src host 10.0.0.1",
        ),
        (
            "tcp.flags.syn == 1 && tcp.flags.ack == 0",
            "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack = 0",
        ),
        ("tcp.flags.reset", "tcp[tcpflags] & tcp-rst != 0"),
        ("frame.len > 100", "len > 100"),
        ("tcp.dstport >= 1024", "tcp dst portrange 1024-65535"),
        ("ipv6.addr eq fe80::1 or arp", "host fe80::1 or arp"),
        ("tcp.port == 80 and tcp[13] & 2 != 0", "tcp port 80 and tcp[13] & 2 != 0"),
        ("http.host contains \"example\"", "tcp port 80"),
        ("tcp && !tcp.analysis.retransmission", "tcp"),
        ("tcp.srcport 80", "tcp src port 80"),
    ] {
        assert_eq!(instead(typed), meant, "{typed}");
        assert!(refused(typed, &names()).to_string().contains("Wireshark display filter"), "{typed}");
    }
    let beyond = refused("http.host contains \"example\"", &names()).to_string();
    assert!(beyond.contains("no capture filter looks at http.host"), "{beyond}");
    // The names of hosts have dots too.
    assert!(!refused("host www.example.com", &names()).to_string().contains("Wireshark"));
}

#[test]
fn every_field_of_a_display_filter_leads_somewhere() {
    for (name, field) in FIELDS {
        let value = match field {
            Field::Host(_) if name.starts_with("ipv6") => "fe80::1",
            Field::Host(_) => "10.0.0.1",
            Field::Ether(_) => "00:11:22:33:44:55",
            Field::Port(_) | Field::Number(_) | Field::Value(_) => "80",
            Field::Bits(_) => "1",
        };
        let order = matches!(field, Field::Port(_) | Field::Value(_)).then_some(">");
        for operator in ["==", "!=", "eq", "ne"].into_iter().chain(order) {
            let text = format!("{name} {operator} {value}");
            let error = refused(&text, &names());
            assert!(error.suggestion().is_some(), "{error}");
        }
        assert!(refused(name, &names()).hint().is_some(), "{name}");
    }
}

#[test]
fn every_nickname_leads_to_an_expression_with_names_and_without() {
    for (name, _) in NICKNAMES {
        for text in
            [name.to_string(), name.to_uppercase(), format!("not {name}"), format!("greater 100 and {name}")]
        {
            instead(&text);
            let error = Filter::compile(&text, LinkType::ETHERNET).unwrap_err();
            let suggestion = error.suggestion().unwrap_or_else(|| panic!("{error}"));
            Filter::compile(suggestion, LinkType::ETHERNET).expect(suggestion);
        }
    }
    for (name, _) in FLAGS {
        instead(name);
        instead(&format!("tcp {name}"));
    }
    for (proto, name, index) in INDICES {
        assert!(
            Filter::compile(&format!("{proto}[{index}] = 1"), LinkType::ETHERNET).is_ok(),
            "{proto} {name}"
        );
    }
    for (proto, name, _) in KINDS {
        instead(&format!("{proto} {name}"));
    }
}

#[test]
fn says_which_parts_exclude_each_other() {
    for (typed, said, meant) in [
        (
            "icmp and vlan",
            "'icmp' and 'vlan' exclude each other: what stands before 'vlan'",
            Some("vlan and icmp"),
        ),
        ("host 10.0.0.1 and arp and tcp port 80", "'arp' and 'tcp port 80' exclude", None),
        ("tcp and udp", "'tcp' and 'udp' exclude each other; if either will do", Some("tcp or udp")),
        ("src host 1.2.3.4 and src host 1.2.3.5", "exclude", Some("src host 1.2.3.4 or src host 1.2.3.5")),
        (
            "ip6 and tcp[tcpflags] & tcp-syn != 0",
            "reads IPv4 packets only",
            Some("ip6 and (ip6 proto 6 and ip6[40 + tcpflags] & tcp-syn != 0)"),
        ),
        (
            "host 1.1.1.1 and 2.2.2.2 and 3.3.3.3",
            "no packet is all of 'host 1.1.1.1', 'host 2.2.2.2', 'host 3.3.3.3'",
            Some("host 1.1.1.1 or host 2.2.2.2 or host 3.3.3.3"),
        ),
        ("arp and not arp", "'arp' and 'not arp' exclude", None),
        ("(ip and arp) or (tcp and udp)", "'ip' and 'arp' exclude", None),
    ] {
        let error = refused(typed, &names());
        assert_eq!(error.message(), "expression rejects all packets");
        assert!(error.hint().is_some_and(|hint| hint.contains(said)), "{error}");
        assert_eq!(error.suggestion(), meant, "{error}");
    }
    let error = Filter::compile("arp", LinkType::RAW).unwrap_err();
    assert!(
        error.hint().is_some_and(|hint| hint.contains("'arp' is in no packet of link type RAW")),
        "{error}"
    );
}

#[test]
fn says_that_nobody_was_there_to_look_names_up() {
    let error = Filter::compile("port http", LinkType::ETHERNET).unwrap_err();
    assert_eq!(error.suggestion(), Some("port 80"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("no resolver")), "{error}");
    for text in ["host nosuch", "port nosuch", "ip proto ospfx", "net loopback"] {
        let error = Filter::compile(text, LinkType::ETHERNET).unwrap_err();
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("no resolver") || hint.contains("resolver, and none")),
            "{error}"
        );
        let error = refused(text, &names());
        assert!(!error.hint().unwrap_or_default().contains("resolver"), "{error}");
    }
}

#[test]
fn says_what_is_missing_at_the_end() {
    for text in ["port", "tcp dst port", "host", "net", "src", "ip proto", "greater"] {
        let error = refused(text, &names());
        assert!(error.hint().is_some_and(|hint| hint.contains("missing")), "{error}");
    }
    for (word, _) in REMARKS.iter().filter(|row| row.0 != "*") {
        assert!(refused(word, &names()).hint().is_some(), "{word}");
    }
}

/// Words that meet in expressions, right and wrong.
fn any_word() -> impl Strategy<Value = String> {
    let mut words: Vec<String> =
        ["and", "or", "not", "(", ")", "[", "]", "=", "==", "!=", "&", "|", "&&", ",", "{", "}"]
            .into_iter()
            .chain([
                "80",
                "80-90",
                "10.0.0.1",
                "10.0.0.1:80",
                "10.0.0.0/8",
                "fe80::1",
                "00:11:22:33:44:55",
                "*",
                "\u{2013}",
                "\"",
                "$x",
                "\\",
            ])
            .chain([
                "tcp",
                "udp",
                "ip",
                "ip6",
                "arp",
                "vlan",
                "mpls",
                "host",
                "port",
                "portrange",
                "net",
                "proto",
                "src",
                "dst",
            ])
            .map(str::to_owned)
            .collect();
    words.extend(NICKNAMES.iter().chain(&[]).map(|row| row.0.to_owned()));
    words.extend(FIELDS.iter().map(|row| row.0.to_owned()));
    words.extend(SYNONYMS.iter().map(|row| row.0.to_uppercase()));
    prop::sample::select(words)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_suggested_compiles_and_the_refusal_stays_what_it_was(words in prop::collection::vec(any_word(), 1..9)) {
        let text = words.join(" ");
        let names = names();
        let builder = Filter::builder().resolver(&names);
        let bare = builder.compile_inner(&text, LinkType::ETHERNET).map(drop);
        match (builder.compile(&text, LinkType::ETHERNET), bare) {
            (Ok(_), bare) => prop_assert!(bare.is_ok()),
            (Err(error), bare) => {
                let bare = bare.unwrap_err();
                prop_assert_eq!((error.kind(), error.message(), error.span()), (bare.kind(), bare.message(), bare.span()));
                if let Some(suggestion) = error.suggestion() {
                    prop_assert!(builder.compile(suggestion, LinkType::ETHERNET).is_ok(), "{} from {}", suggestion, text);
                }
                prop_assert!(!error.hint().unwrap_or_default().contains('\n'));
            }
        }
    }

    #[test]
    fn no_text_is_too_wild_for_advice(text in "\\PC{0,60}") {
        drop(Filter::compile(&text, LinkType::ETHERNET));
    }
}
