//! Expressions by rule: most mean something, some do not.
use super::packets::{ADDRESSES, MACS, PORTS, address6};
use crate::random::Random;
use std::net::{Ipv4Addr, Ipv6Addr};
use synack::LinkType;

const NUMBERS: [&str; 14] =
    ["0", "1", "2", "4", "6", "7", "13", "0x0f", "017", "64", "255", "1500", "0x800", "4294967295"];

/// Builds texts from the grammar.
pub(crate) struct Expressions {
    pub(crate) random: Random,
    link: LinkType,
}

impl Expressions {
    pub(crate) fn new(random: Random, link: LinkType) -> Self {
        Self { random, link }
    }

    /// A whole expression.
    pub(crate) fn expression(&mut self) -> String {
        let depth = self.random.of(&[0, 0, 1, 1, 2, 2, 3, 4]);
        self.list(depth)
    }

    /// An expression that asks for no header that a link type could lack: only for lengths, bytes, and what is
    /// said about a packet.
    pub(crate) fn headerless(&mut self) -> String {
        let mut text = self.headerless_test();
        for _ in 0..self.random.below(3) {
            text += self.random.of(&[" and ", " or ", " and not ", " or not "]);
            text += &self.headerless_test();
        }
        text
    }

    fn headerless_test(&mut self) -> String {
        let number = self.random.of(&NUMBERS);
        let op = self.random.of(&["=", "!=", "<", "<=", ">", ">="]);
        match self.random.below(9) {
            0 => format!("less {number}"),
            1 => format!("greater {}", self.random.of(&[0, 40, 60, 74, 100, 400])),
            2 => format!("len {op} {number}"),
            3 => format!("{number} {op} {}", self.random.of(&NUMBERS)),
            4 => format!("byte {} {} {}", self.random.below(20), self.random.of(&["=", "<", ">"]), number),
            5 => self.random.of(&["inbound", "outbound", "ifindex 2", "len - 4 > 60"]).to_owned(),
            6 => format!("({})", self.headerless_test()),
            _ => {
                let proto = self.random.of(&["link", "ether", "ppp", "slip", "wlan"]);
                let size = self.random.of(&["", ":1", ":2", ":4"]);
                format!("{proto}[{}{size}] & {number} {op} {}", self.random.below(24), self.random.below(256))
            }
        }
    }

    fn list(&mut self, depth: usize) -> String {
        let mut text = self.term(depth);
        for _ in 0..self.random.of(&[0, 0, 1, 1, 2, 3]) {
            text += self.random.of(&[" and ", " or ", " && ", " || "]);
            text += &if self.random.one_in(6) { self.bare_id() } else { self.term(depth) };
        }
        text
    }

    fn term(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 6 } else { 9 }) {
            0 => format!("{}{}", self.random.of(&["not ", "! "]), self.term(0)),
            1..=5 => self.primitive(depth),
            6 => format!("not ({})", self.list(depth - 1)),
            _ => format!("({})", self.list(depth - 1)),
        }
    }

    /// An identifier that hopes for qualifiers to carry over.
    fn bare_id(&mut self) -> String {
        match self.random.below(3) {
            0 => self.random.of(&PORTS).to_string(),
            1 => self.address(),
            _ => format!("({} or {})", self.random.of(&PORTS), self.random.of(&PORTS)),
        }
    }

    fn address(&mut self) -> String {
        match self.random.below(5) {
            0 => Ipv6Addr::from(address6(self.random.below(6))).to_string(),
            _ => Ipv4Addr::from(self.random.of(&ADDRESSES)).to_string(),
        }
    }

    fn direction(&mut self) -> &'static str {
        self.random.of(&["", "", "", "src ", "dst ", "src or dst ", "src and dst ", "dst or src "])
    }

    fn primitive(&mut self, depth: usize) -> String {
        match self.random.below(27) {
            0..=3 => self.protocol().to_owned(),
            4 | 5 => {
                let proto = self.random.of(&["", "", "", "ip ", "arp ", "rarp ", "ip6 "]);
                let proto = if proto == "ip6 " && !self.random.one_in(4) { "" } else { proto };
                format!("{proto}{}host {}", self.direction(), self.address())
            }
            6 | 7 => format!("{}net {}", self.direction(), self.net()),
            8..=10 => {
                let proto = self.random.of(&["", "", "tcp ", "udp ", "sctp "]);
                format!("{proto}{}port {}", self.direction(), self.random.of(&PORTS))
            }
            11 => {
                let proto = self.random.of(&["", "tcp ", "udp "]);
                let (low, high) = (self.random.of(&PORTS), self.random.of(&PORTS));
                format!("{proto}{}portrange {low}-{high}", self.direction())
            }
            12 => {
                let proto = self.random.of(&["", "ip ", "ip6 "]);
                format!("{proto}proto {}", self.random.of(&[1, 2, 6, 17, 44, 51, 58, 132]))
            }
            13 => {
                let mac = self.random.of(&MACS).map(|byte| format!("{byte:02x}")).join(":");
                format!("ether {}{mac}", self.random.of(&["host ", "src ", "dst ", "src host "]))
            }
            14 => {
                let name = self
                    .random
                    .of(&["0x800", "0x86dd", "0x0806", "\\ip", "\\arp", "0x42", "\\stp", "0x8847"]);
                format!("ether proto {name}")
            }
            15 => {
                let words = [
                    "broadcast",
                    "multicast",
                    "ether multicast",
                    "ip multicast",
                    "ip6 multicast",
                    "ether broadcast",
                ];
                self.random.of(&words).to_owned()
            }
            16 => format!(
                "{} {}",
                self.random.of(&["less", "greater"]),
                self.random.of(&[0, 40, 60, 74, 100, 400])
            ),
            17 if self.link == LinkType::LINUX_SLL || self.link == LinkType::LINUX_SLL2 => {
                self.random.of(&["inbound", "outbound", "ifindex 2"]).to_owned()
            }
            17 => format!(
                "byte {} {} {}",
                self.random.below(20),
                self.random.of(&["=", "<", ">"]),
                self.random.below(256)
            ),
            18 => self.encapsulation(),
            19 => self.rare().to_owned(),
            _ => self.relation(depth),
        }
    }

    fn rare(&mut self) -> &'static str {
        self.random.of(&[
            "ip6 protochain 6",
            "ip protochain 17",
            "protochain 58",
            "decnet host 1.2",
            "iso proto 129",
            "isis proto 18",
            "llc i",
            "llc s",
            "llc u",
            "llc ui",
            "llc rr",
            "llc xid",
            "port http",
            "port domain",
            "tcp port ssh",
            "portrange ftp-http",
            "host localhost",
            "net loopback",
            "proto \\tcp",
            "ip6 proto \\udp",
            "ip proto igmp",
            "ether proto \\stp",
            "byte 0 & 1",
            "byte 3 | 2",
            "portrange 80",
            "host 10.1",
            "net 0xa",
            "src 5",
            "dst net 10.0.0.0 mask 255.0.0.3",
            "ether proto loopback",
            "iso proto \\clnp",
            "ether src or dst 02:00:00:00:00:01",
            "ether src and dst 02:00:00:00:00:01",
            "icmp6[icmp6type] = icmp6-echo",
            "icmp[icmpcode] != 1",
            "tcp[12] >> 4 > 5",
            "ip[6:2] & 0x1fff != 0",
            "ip[0] & 0xf > 5",
            "ip6[6] = 44",
        ])
    }

    fn protocol(&mut self) -> &'static str {
        self.random.of(&[
            "ip", "ip6", "arp", "rarp", "tcp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "igrp", "pim",
            "vrrp", "carp", "ah", "esp", "atalk", "aarp", "decnet", "lat", "sca", "moprc", "mopdl", "iso",
            "stp", "ipx", "netbeui", "esis", "isis", "clnp", "llc", "l1", "iih",
        ])
    }

    fn net(&mut self) -> String {
        let nets = [
            "10",
            "10.0",
            "10.1.2",
            "10.0.0.0/8",
            "10.0.0.0/31",
            "192.168.0.0/16",
            "127",
            "0.0.0.0/0",
            "10.0.0.1/32",
            "2001:db8::/32",
            "ff02::/16",
            "fe80::/10",
            "::/0",
            "2001:db8::1/128",
            "224.0.0.0/4",
            "10.0.0.0 mask 255.0.0.255",
            "10.0.0.1",
            "0xa000001",
            "2001:db8::/33",
            "10.0.0.0/255",
        ];
        self.random.of(&nets).to_owned()
    }

    fn encapsulation(&mut self) -> String {
        // They change what comes behind, also in ways that libpcap refuses: mostly once is enough.
        let tests = [
            "vlan",
            "vlan 7",
            "vlan 100",
            "vlan",
            "vlan 7 and tcp",
            "vlan and vlan 7",
            "mpls",
            "mpls 100",
            "mpls 1024 and ip",
            "pppoed",
            "pppoes",
            "pppoes 7",
            "pppoes and ip6",
            "geneve",
            "geneve 7",
            "geneve and tcp",
            "vlan 4096",
        ];
        self.random.of(&tests).to_owned()
    }

    fn relation(&mut self, depth: usize) -> String {
        let op = self.random.of(&["=", "==", "!=", "<", "<=", ">", ">="]);
        let left = self.arith(depth);
        let right =
            if self.random.one_in(3) { self.arith(depth) } else { self.random.of(&NUMBERS).to_owned() };
        format!("{left} {op} {right}")
    }

    fn arith(&mut self, depth: usize) -> String {
        let operand = |this: &mut Self| if depth == 0 { this.value() } else { this.arith(depth - 1) };
        match self.random.below(6) {
            0 => format!("({})", operand(self)),
            1 if self.random.one_in(3) => format!("- {}", operand(self)),
            2 | 3 => {
                let op = self.random.of(&["+", "-", "*", "/", "%", "&", "&", "&", "|", "^", "<<", ">>"]);
                format!("{} {op} {}", operand(self), self.value())
            }
            _ => self.value(),
        }
    }

    fn value(&mut self) -> String {
        match self.random.below(8) {
            0..=2 => self.random.of(&NUMBERS).to_owned(),
            3 => "len".to_owned(),
            4 => {
                self.random.of(&["tcp[tcpflags]", "icmp[icmptype]", "icmp6[icmp6type]", "tcp[13]"]).to_owned()
            }
            _ => {
                let protos = [
                    "ether", "ip", "ip", "ip", "tcp", "tcp", "udp", "ip6", "ip6", "arp", "icmp", "icmp6",
                    "sctp", "link", "igmp",
                ];
                let proto = self.random.of(&protos);
                let index = match self.random.below(6) {
                    0 => "len".to_owned(),
                    1 => format!("ip[{}] & 0xf", self.random.below(20)),
                    2 => format!("{} - {}", self.random.below(8), self.random.below(8)),
                    _ => self.random.below(24).to_string(),
                };
                format!("{proto}[{index}{}]", self.random.of(&["", "", ":1", ":2", ":2", ":4"]))
            }
        }
    }

    /// A run of words with little regard to grammar.
    pub(crate) fn soup(&mut self) -> String {
        const WORDS: [&str; 62] = [
            "tcp",
            "ip",
            "ether",
            "src",
            "dst",
            "host",
            "net",
            "port",
            "portrange",
            "proto",
            "and",
            "or",
            "not",
            "(",
            ")",
            "(",
            ")",
            "[",
            "]",
            ":",
            "+",
            "-",
            "*",
            "%",
            "&",
            "|",
            "^",
            "<<",
            "=",
            "!=",
            "<",
            ">=",
            "80",
            "443",
            "1.2.3.4",
            "10.1",
            "::1",
            "aa:bb:cc:dd:ee:ff",
            "http",
            "len",
            "vlan",
            "mpls",
            "less",
            "greater",
            "byte",
            "broadcast",
            "multicast",
            "inbound",
            "mask",
            "/",
            "/ 8",
            "tcp[0]",
            "ip[0:2]",
            "&&",
            "||",
            "!",
            "and",
            "or",
            "llc",
            "80-90",
            "ip6",
            "tcpflags",
        ];
        let count = 1 + self.random.below(8);
        (0..count).map(|_| self.random.of(&WORDS)).collect::<Vec<_>>().join(" ")
    }

    /// A good expression with a word lost, doubled or exchanged.
    pub(crate) fn damaged(&mut self) -> String {
        let text = self.expression();
        let mut words: Vec<&str> = text.split(' ').collect();
        let at = self.random.below(words.len());
        match self.random.below(3) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[self.random.below(words.len())]),
            _ => words.swap(at, self.random.below(text.split(' ').count())),
        }
        words.join(" ")
    }
}
